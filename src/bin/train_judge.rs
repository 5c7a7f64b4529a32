//! `train-judge`: learns the weights of the verdict from labelled texts.
//!
//! ```text
//! cargo run --release --bin train-judge                       # the texts under training/judge
//! cargo run --release --bin train-judge -- --check FILE...    # how the learned weights do on others
//! cargo run --release --bin train-judge -- --out FILE FILE... # an operator's own texts
//! ```
//!
//! A line of a file is `{"language","label","kind","title","text"}` with label `yes`, `no` (anything
//! else is left out), or `passing`: a sentence that mentions sanctions without making an article
//! about them. Every text is seen in several guises, since the real ones are longer and often bare
//! of a title: see [`guises`]. The model is a logistic regression whose weights keep their sign
//! (`Feature::speaks_against`), fitted by projected gradient descent; same texts, same weights.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command for people")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::{env, fs};

use anyhow::Context;
use sanctionwatch::classify::features::{self, Present};
use sanctionwatch::classify::see;
use sanctionwatch::classify::weights::Weights;
use serde::Deserialize;

/// Pull of every weight towards zero, per text.
const RIDGE: f64 = 0.002;
const STEPS: usize = 2500;
const STEP: f64 = 0.5;
/// How a false alarm weighs against a miss, given as many texts of both labels, where `--caution`
/// does not say.
const CAUTION: f64 = 1.0;
const FOLDS: usize = 5;

#[derive(Debug, Clone, Deserialize)]
struct Labelled {
    #[serde(alias = "lang")]
    language: String,
    label: String,
    #[serde(default)]
    kind: String,
    #[serde(default)]
    title: String,
    text: String,
}

/// A text as the model sees it.
struct Sample {
    language: String,
    kind: String,
    title: String,
    yes: bool,
    present: Vec<Present>,
    /// Guises of one text share its fold, so that no text is judged by its own twin.
    fold: usize,
}

struct Arguments {
    files: Vec<PathBuf>,
    check: Vec<PathBuf>,
    out: PathBuf,
    caution: f64,
}

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("train-judge: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> anyhow::Result<()> {
    let arguments = arguments(env::args().skip(1))?;
    let texts = read(&arguments.files)?;
    let samples = samples(&texts);
    anyhow::ensure!(
        samples.iter().any(|sample| sample.yes) && samples.iter().any(|sample| !sample.yes),
        "the files hold no texts of both labels: give lines with \"label\":\"yes\" and \"no\""
    );
    let mut held_out = Score::default();
    for fold in 0..FOLDS {
        let weights = fit(samples.iter().filter(|sample| sample.fold != fold), arguments.caution);
        held_out.take(&weights, samples.iter().filter(|sample| sample.fold == fold));
    }
    println!("{} guises of {} texts", samples.len(), texts.len());
    println!("cross-validated over {FOLDS} folds: {}", held_out.line());
    let weights = fit(samples.iter(), arguments.caution);
    fs::write(&arguments.out, file(&weights, samples.len()))
        .with_context(|| format!("cannot write {}", arguments.out.display()))?;
    println!("wrote {}", arguments.out.display());
    check(&weights, &arguments.check)
}

fn arguments(given: impl Iterator<Item = String>) -> anyhow::Result<Arguments> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut arguments = Arguments {
        files: Vec::new(),
        check: Vec::new(),
        out: root.join("src/classify/weights.txt"),
        caution: CAUTION,
    };
    let mut checking = false;
    let mut given = given;
    while let Some(argument) = given.next() {
        match argument.as_str() {
            "--check" => checking = true,
            "--out" => arguments.out = given.next().context("--out wants a file")?.into(),
            "--caution" => {
                let given = given.next().context("--caution wants a number")?;
                let number: Option<f64> = given.parse().ok();
                arguments.caution = number
                    .filter(|caution| (0.01..=100.0).contains(caution))
                    .with_context(|| format!("{given:?} is no caution: give 0.01 to 100"))?;
            }
            "--help" | "-h" => {
                anyhow::bail!(
                    "usage: train-judge [--out FILE] [--caution NUMBER] [FILE...] [--check FILE...]"
                )
            }
            other if other.starts_with('-') => {
                anyhow::bail!("unknown option {other:?}: see --help")
            }
            file if checking => arguments.check.push(file.into()),
            file => arguments.files.push(file.into()),
        }
    }
    if arguments.files.is_empty() {
        arguments.files = shipped_files(&root.join("training/judge"))?;
    }
    Ok(arguments)
}

fn shipped_files(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let entries =
        fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))?;
    let mut files = Vec::new();
    for entry in entries {
        let path = entry?.path();
        if path.extension().is_some_and(|ending| ending == "jsonl") {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

fn read(files: &[PathBuf]) -> anyhow::Result<Vec<Labelled>> {
    let mut texts = Vec::new();
    for file in files {
        let content =
            fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
        for (number, line) in
            content.lines().enumerate().filter(|(_, line)| !line.trim().is_empty())
        {
            let at = || format!("{}:{}: not a labelled text", file.display(), number + 1);
            texts.push(serde_json::from_str(line).with_context(at)?);
        }
    }
    Ok(texts)
}

fn samples(texts: &[Labelled]) -> Vec<Sample> {
    let mut by_language: BTreeMap<&str, Vec<&Labelled>> = BTreeMap::new();
    for text in texts {
        by_language.entry(&text.language).or_default().push(text);
    }
    let mut samples = Vec::new();
    for texts in by_language.values() {
        let with = |label: &str| -> Vec<&Labelled> {
            texts.iter().copied().filter(|text| text.label == label).collect()
        };
        let (yes, no, passing) = (with("yes"), with("no"), with("passing"));
        for (number, text) in yes.iter().chain(&no).enumerate() {
            let fold = number % FOLDS;
            let same = if text.label == "yes" { &yes } else { &no };
            for (title, body) in guises(text, number, same, &no, &passing) {
                let seen = see(&title, &body, Some(&text.language));
                samples.push(Sample {
                    language: text.language.clone(),
                    kind: text.kind.clone(),
                    title: text.title.clone(),
                    yes: text.label == "yes",
                    present: seen.features(),
                    fold,
                });
            }
        }
    }
    samples
}

/// The guises of a text: as it is; long, other news following in its body; without a title; and,
/// in the long one, a passing mention (not about sanctions) or more on the matter (about them).
///
/// Texts longer than a few paragraphs are articles already and stay as they are.
fn guises(
    text: &Labelled,
    number: usize,
    same: &[&Labelled],
    no: &[&Labelled],
    passing: &[&Labelled],
) -> Vec<(String, String)> {
    let bare = (text.title.clone(), text.text.clone());
    if 600 < text.text.len() || no.is_empty() {
        return vec![bare];
    }
    let pick = |from: &[&Labelled], step: usize| -> String {
        let index = (number * 7 + step * 13 + 5) % from.len().max(1);
        from.get(index).map(|text| text.text.clone()).unwrap_or_default()
    };
    let other_news: Vec<String> = (0..6).map(|step| pick(no, step)).collect();
    let own = std::slice::from_ref(&text.text);
    let long = [own, &other_news[..]].concat().join("\n\n");
    let more: Vec<String> = match text.label.as_str() {
        "yes" => (1..9).map(|step| pick(same, step)).collect(),
        _ => vec![pick(passing, 1)],
    };
    let before = if text.label == "yes" { &other_news[..1] } else { &other_news[..4] };
    let with_more = [own, before, &more, &other_news[4..]].concat().join("\n\n");
    let passing_by = pick(passing, 2);
    let untitled = format!("{}. {}", text.title, text.text);
    let headlines: Vec<&Labelled> =
        no.iter().copied().filter(|text| text.kind == "politics").collect();
    let beside = headlines.get((number * 11 + 3) % headlines.len().max(1));
    let beside = beside.map(|text| text.title.clone()).unwrap_or_default();
    let mut guises = vec![
        bare,
        (text.title.clone(), long),
        (text.title.clone(), with_more.clone()),
        (String::new(), untitled.clone()),
        (beside.clone(), untitled.clone()),
        (beside, format!("{}. {with_more}", text.title)),
    ];
    if text.label == "no" {
        let mention = [own, &other_news[..1], &[passing_by], &other_news[1..]];
        guises.push((text.title.clone(), mention.concat().join("\n\n")));
    }
    guises
}

/// Projected gradient descent on the logistic loss, a false alarm weighing `caution` times a miss.
fn fit<'a>(samples: impl Iterator<Item = &'a Sample>, caution: f64) -> Weights {
    let names = features::all();
    // A text about sanctions in which the lexicon sees nothing that speaks for it can only teach
    // that any text may be about sanctions.
    let mute = |sample: &Sample| {
        sample.present.iter().all(|present| names[present.feature].speaks_against())
    };
    let samples: Vec<&Sample> = samples.filter(|sample| !sample.yes || !mute(sample)).collect();
    let yes = samples.iter().filter(|sample| sample.yes).count().max(1) as f64;
    let no = (samples.len() as f64 - yes).max(1.0);
    let mut weights = Weights { bias: 0.0, features: vec![0.0; names.len()] };
    for step in 0..STEPS {
        let rate = STEP / (1.0 + step as f64 / 1000.0);
        let mut slope = Weights { bias: 0.0, features: vec![0.0; names.len()] };
        for sample in &samples {
            let chance = 1.0 / (1.0 + (-weights.log_odds(&sample.present)).exp());
            let part = if sample.yes { (chance - 1.0) / yes } else { caution * chance / no };
            slope.bias += part;
            for present in &sample.present {
                slope.features[present.feature] += part * present.value;
            }
        }
        weights.bias -= rate * slope.bias;
        for (index, feature) in names.iter().enumerate() {
            let pull = RIDGE * weights.features[index];
            let next = weights.features[index] - rate * (slope.features[index] + pull);
            weights.features[index] =
                if feature.speaks_against() { next.min(0.0) } else { next.max(0.0) };
        }
    }
    weights
}

/// The weights with a word on what they are.
fn file(weights: &Weights, samples: usize) -> String {
    format!(
        "# How much each feature counts, in log-odds; written by train-judge from {samples} texts.\n\
         # zone.kind: words of that kind in title, lead or body (log2 of 1 + how many, at most 2;\n\
         # in the body, per 150 words). zone.a+b: both in one sentence. Positive speaks for sanctions.\n{}",
        weights.write()
    )
}

fn check(weights: &Weights, files: &[PathBuf]) -> anyhow::Result<()> {
    for file in files {
        let texts = read(std::slice::from_ref(file))?;
        let samples: Vec<Sample> = texts
            .iter()
            .filter(|text| ["yes", "no"].contains(&text.label.as_str()))
            .map(|text| Sample {
                language: text.language.clone(),
                kind: text.kind.clone(),
                title: text.title.clone(),
                yes: text.label == "yes",
                present: see(&text.title, &text.text, Some(&text.language)).features(),
                fold: 0,
            })
            .collect();
        let mut score = Score::default();
        score.take(weights, samples.iter());
        println!("{}: {}", file.display(), score.line());
    }
    Ok(())
}

/// Right and wrong verdicts; the wrong ones are named on standard error.
#[derive(Debug, Default)]
struct Score {
    found: usize,
    missed: usize,
    alarmed: usize,
    quiet: usize,
}

impl Score {
    fn take<'a>(&mut self, weights: &Weights, samples: impl Iterator<Item = &'a Sample>) {
        for sample in samples {
            let odds = weights.log_odds(&sample.present);
            match (sample.yes, 0.0 <= odds) {
                (true, true) => self.found += 1,
                (false, false) => self.quiet += 1,
                (yes, _) => {
                    if yes {
                        self.missed += 1
                    } else {
                        self.alarmed += 1
                    }
                    let Sample { language, kind, title, .. } = sample;
                    let wrong = if yes { "missed" } else { "false alarm" };
                    eprintln!("{wrong} {language} {kind} {odds:+.1}: {title}");
                }
            }
        }
    }

    fn line(&self) -> String {
        let Score { found, missed, alarmed, quiet } = *self;
        let share = |part: usize, whole: usize| part as f64 / whole.max(1) as f64;
        let precision = share(found, found + alarmed);
        let recall = share(found, found + missed);
        format!(
            "precision {precision:.3}, recall {recall:.3}, F1 {:.3}, false alarms {:.3} ({found} found, {missed} missed, {alarmed} false alarms, {quiet} quiet)",
            2.0 * precision * recall / (precision + recall).max(f64::MIN_POSITIVE),
            share(alarmed, alarmed + quiet),
        )
    }
}
