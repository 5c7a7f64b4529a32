//! The pages to learn from, and which of their passages the known text holds.

use std::collections::HashSet;
use std::fs;
use std::io::Read;
use std::path::Path;

use anyhow::{Context, bail};
use chrono::DateTime;
use sanctionwatch::extract::Reading;
use sanctionwatch::model::fetched::{Fetched, Validators};
use sanctionwatch::parse::page::{self, Page};
use sanctionwatch::text::fold::{fold, line_hash};
use sanctionwatch::text::overlap;
use sanctionwatch::text::seen::as_seen;
use serde_json::Value;

use crate::FOLDS;

/// A page with what is known of it.
pub(crate) struct Sample {
    pub(crate) id: String,
    pub(crate) dataset: String,
    pub(crate) government: bool,
    /// The fold in which its host is left out.
    pub(crate) fold: usize,
    pub(crate) page: Page,
    /// The whole true text.
    pub(crate) text: Option<String>,
    /// Snippets that belong to the article, and snippets that do not.
    pub(crate) with: Vec<String>,
    pub(crate) without: Vec<String>,
}

/// Reads `gold.jsonl` and the pages it names.
pub(crate) fn load(folder: &Path) -> anyhow::Result<Vec<Sample>> {
    let gold = folder.join("gold.jsonl");
    let lines = fs::read_to_string(&gold).with_context(|| format!("no {}", gold.display()))?;
    let mut samples = Vec::new();
    for line in lines.lines() {
        let gold: Value = serde_json::from_str(line)?;
        let field = |name: &str| gold[name].as_str().unwrap_or_default().to_owned();
        let strings = |name: &str| -> Vec<String> {
            let values = gold[name].as_array().into_iter().flatten();
            values.filter_map(Value::as_str).map(str::to_owned).collect()
        };
        let text = gold["text"].as_str().map(str::to_owned);
        let (id, url) = (field("id"), field("url"));
        if text.is_none() && strings("with").is_empty() {
            continue;
        }
        let file = folder.join("pages").join(format!("{id}.html.gz"));
        let packed = fs::File::open(&file).with_context(|| format!("no {}", file.display()))?;
        let mut body = Vec::new();
        flate2::read::MultiGzDecoder::new(packed).read_to_end(&mut body)?;
        samples.push(Sample {
            fold: (line_hash(&host(&url, &id)) % FOLDS as u64) as usize,
            page: page::read(&fetched(&url, body)).0,
            dataset: field("dataset"),
            government: gold["gov"].as_bool().unwrap_or(false),
            text,
            with: strings("with"),
            without: strings("without"),
            id,
        });
    }
    if samples.is_empty() {
        bail!("{} has no page with a known text", gold.display());
    }
    Ok(samples)
}

/// The host a page counts for: archived copies count for the site they copy.
fn host(url: &str, id: &str) -> String {
    let original = url.rfind("http").map_or(url, |at| &url[at..]);
    let host = original.split('/').nth(2).unwrap_or(id);
    let host = host.trim_start_matches("www.");
    // The last three labels: near enough to the registrable domain to keep sites together.
    let labels: Vec<&str> = host.rsplit('.').take(2).collect();
    labels.join(".")
}

fn fetched(url: &str, body: Vec<u8>) -> Fetched {
    Fetched {
        requested: url.to_owned(),
        url: url.to_owned(),
        redirects: Vec::new(),
        status: 200,
        content_type: None,
        validators: Validators::default(),
        body,
        at: DateTime::UNIX_EPOCH,
        served: None,
    }
}

/// For each passage: the share of it that the known text holds, and how much it counts.
pub(crate) fn label(sample: &Sample, reading: &Reading<'_>) -> (Vec<f32>, Vec<f32>) {
    match &sample.text {
        Some(text) => label_by_text(text, reading, set_weight(&sample.dataset)),
        None => label_by_snippets(sample, reading),
    }
}

/// How far a set's idea of an article is ours: cleanportal counts headlines and captions in.
fn set_weight(dataset: &str) -> f32 {
    match dataset {
        "cleanportal" => 0.3,
        "scrapinghub" | "fundus_tests" => 1.5,
        _ => 1.0,
    }
}

fn label_by_text(truth: &str, reading: &Reading<'_>, set: f32) -> (Vec<f32>, Vec<f32>) {
    // Some truths keep soft hyphens and the like, which a reader does not see.
    let truth: String = truth.lines().map(|line| as_seen(line) + "\n").collect();
    let truth_tokens = overlap::token_hashes(&truth).len() as f32;
    let runs: HashSet<u64> = runs_of(&truth);
    let tokens: Vec<Vec<u64>> = reading.texts().map(overlap::token_hashes).collect();
    let mut labels: Vec<f32> = tokens.iter().map(|tokens| share_found(tokens, &runs)).collect();
    label_short_ones(&truth, reading, &tokens, &runs, &mut labels);
    let mut weights: Vec<f32> = tokens
        .iter()
        .map(|tokens| set * ((tokens.len() as f32).min(400.0) + 3.0) / (truth_tokens + 60.0))
        .collect();
    // A page of endless comments must not outweigh its article.
    let outside: f32 = labels.iter().zip(&weights).map(|(y, w)| (1.0 - y) * w).sum();
    if outside > 1.5 * set {
        for (label, weight) in labels.iter().zip(&mut weights) {
            *weight *= 1.0 - (1.0 - label) * (1.0 - 1.5 * set / outside);
        }
    }
    (labels, weights)
}

/// Tokens in a row that are looked up in the known text.
const RUN: usize = 4;

fn runs_of(text: &str) -> HashSet<u64> {
    overlap::token_hashes(text).windows(RUN).map(overlap::run_hash).collect()
}

/// The share of the runs of a passage that the known text has; 0 for one shorter than a run.
fn share_found(tokens: &[u64], runs: &HashSet<u64>) -> f32 {
    let found = tokens.windows(RUN).filter(|run| runs.contains(&overlap::run_hash(run))).count();
    found as f32 / tokens.windows(RUN).count().max(1) as f32
}

/// A passage shorter than a run belongs to the known text where it stands in it just so between
/// the passages around it, or, where no copy of it does, as a line of its own.
fn label_short_ones(
    truth: &str,
    reading: &Reading<'_>,
    tokens: &[Vec<u64>],
    runs: &HashSet<u64>,
    labels: &mut [f32],
) {
    let lines: HashSet<String> = truth.lines().map(fold).collect();
    let texts: Vec<String> = reading.texts().map(fold).collect();
    let stands = |run: &[u64]| run.len() >= RUN && share_found(run, runs) == 1.0;
    let is_short = |at: usize| (1..RUN).contains(&tokens[at].len());
    let mut in_place: Vec<bool> = vec![false; tokens.len()];
    let mut last: Vec<u64> = Vec::new();
    for at in 0..tokens.len() {
        if is_short(at) {
            let run = [&last[last.len().saturating_sub(3)..], &tokens[at]].concat();
            in_place[at] = stands(&run);
        }
        if in_place[at] || labels[at] > 0.5 {
            last.extend(&tokens[at]);
            last.drain(..last.len().saturating_sub(RUN));
        }
    }
    let mut next: Vec<u64> = Vec::new();
    for at in (0..tokens.len()).rev() {
        if is_short(at) {
            let run = [&tokens[at], &next[..next.len().min(3)]].concat();
            in_place[at] |= stands(&run);
        }
        if in_place[at] || labels[at] > 0.5 {
            next = [&tokens[at], &next[..]].concat();
            next.truncate(RUN);
        }
    }
    let placed: HashSet<&str> =
        (0..texts.len()).filter(|at| in_place[*at]).map(|at| texts[at].as_str()).collect();
    for at in (0..tokens.len()).filter(|at| is_short(*at)) {
        let alone = lines.contains(&texts[at]) && !placed.contains(texts[at].as_str());
        labels[at] = f32::from(u8::from(in_place[at] || alone));
    }
}

fn label_by_snippets(sample: &Sample, reading: &Reading<'_>) -> (Vec<f32>, Vec<f32>) {
    const WEIGHT: f32 = 0.1;
    let holds = |text: &str, snippets: &[String]| {
        snippets.iter().any(|snippet| {
            let snippet = snippet.trim();
            text.contains(snippet) || (text.len() > 15 && snippet.contains(text))
        })
    };
    reading
        .texts()
        .map(|text| match (holds(text, &sample.with), holds(text, &sample.without)) {
            (true, false) => (1.0, WEIGHT),
            (false, true) => (0.0, WEIGHT),
            _ => (0.0, 0.0),
        })
        .unzip()
}
