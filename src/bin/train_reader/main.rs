//! Trains the reader's weights on pages whose text is known, and says how well they do on pages
//! of hosts they have not seen.
//!
//! ```text
//! cargo run --release --bin train-reader -- [CORPORA/extraction] [--out src/extract/weights.txt] [--dump FILE]
//!     [--verdicts FILE | --reuse FILE]
//! ```
#![expect(clippy::print_stdout, reason = "a trainer reports its progress")]

mod boost;
mod pages;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::{env, fs, thread};

use anyhow::Context;
use sanctionwatch::clean;
use sanctionwatch::extract::{Reading, Table, Trees, Weights};
use sanctionwatch::model::article::SiteMemory;
use sanctionwatch::model::source::Recipe;
use sanctionwatch::text::overlap::overlap;

use crate::boost::{Matrix, Plan};
use crate::pages::Sample;

const FOLDS: usize = 5;

const FIRST: Plan = Plan {
    trees: 150,
    leaves: 20,
    rate: 0.1,
    leaf_weight: 30.0,
    ridge: 10.0,
    features: 0.3,
    rows: 0.7,
};
const SECOND: Plan = Plan { trees: 100, leaves: 12, rate: 0.1, ..FIRST };

fn main() -> anyhow::Result<()> {
    let wanted = arguments()?;
    let samples = pages::load(&wanted.folder)?;
    println!("{} pages", samples.len());
    let recipe = Recipe::default();
    let readings: Vec<Reading<'_>> =
        samples.iter().map(|sample| Reading::of(&sample.page, &recipe)).collect();
    if let Some(file) = &wanted.reuse {
        let verdicts: Vec<Vec<f32>> = serde_json::from_str(&fs::read_to_string(file)?)?;
        return report(&samples, readings, &verdicts, wanted.dump.as_deref());
    }
    let examples: Vec<Examples> = samples
        .iter()
        .zip(&readings)
        .map(|(sample, reading)| Examples::of(sample, reading, reading.measure()))
        .collect();
    println!("{} passages", examples.iter().map(|e| e.labels.len()).sum::<usize>());

    let first = fit_folds(&samples, &examples, FIRST, "first");
    let opinions = judge(&samples, &examples, &first);
    let again: Vec<Examples> = samples
        .iter()
        .zip(&readings)
        .zip(examples.iter().zip(&opinions))
        .map(|((sample, reading), (examples, opinion))| {
            Examples::of(sample, reading, reading.measure_again(&examples.table, opinion))
        })
        .collect();
    let second = fit_folds(&samples, &again, SECOND, "second");
    let verdicts = judge(&samples, &again, &second);
    if let Some(file) = &wanted.verdicts {
        fs::write(file, serde_json::to_string(&verdicts)?)?;
    }
    for shift in [-0.4, 0.4, 0.8, 0.0] {
        println!("log-odds shifted by {shift}");
        let file = wanted.dump.as_deref().filter(|_| shift == 0.0);
        report(&samples, readings.clone(), &shifted(&verdicts, shift), file)?;
    }

    let weights = Weights {
        first: first.into_iter().next_back().context("one fit is for all pages")?,
        second: second.into_iter().next_back().context("one fit is for all pages")?,
    };
    let names = &again.iter().find(|e| !e.table.is_empty()).context("no passages")?.table.names;
    fs::write(&wanted.out, weights.write(names))
        .with_context(|| format!("cannot write {}", wanted.out.display()))?;
    println!("wrote {}", wanted.out.display());
    Ok(())
}

struct Wanted {
    folder: PathBuf,
    out: PathBuf,
    dump: Option<PathBuf>,
    /// Where to keep the cross-validated opinions, and where to take them from instead of
    /// training: to try what is done with them.
    verdicts: Option<PathBuf>,
    reuse: Option<PathBuf>,
}

fn arguments() -> anyhow::Result<Wanted> {
    let corpora = env::var("SANCTIONWATCH_CORPORA").unwrap_or("../shared/corpora".to_owned());
    let mut wanted = Wanted {
        folder: PathBuf::from(corpora).join("extraction"),
        out: PathBuf::from("src/extract/weights.txt"),
        dump: None,
        verdicts: None,
        reuse: None,
    };
    let mut arguments = env::args().skip(1);
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().with_context(|| format!("{argument} wants a file"));
        match argument.as_str() {
            "--out" => wanted.out = PathBuf::from(value()?),
            "--verdicts" => wanted.verdicts = Some(PathBuf::from(value()?)),
            "--reuse" => wanted.reuse = Some(PathBuf::from(value()?)),
            "--dump" => wanted.dump = Some(PathBuf::from(value()?)),
            folder => wanted.folder = PathBuf::from(folder),
        }
    }
    Ok(wanted)
}

/// The rows of one page with labels and weights.
struct Examples {
    table: Table,
    labels: Vec<f32>,
    weights: Vec<f32>,
}

impl Examples {
    fn of(sample: &Sample, reading: &Reading<'_>, table: Table) -> Self {
        let (labels, weights) = pages::label(sample, reading);
        Examples { table, labels, weights }
    }
}

/// One fit per fold without its pages, then one on all pages.
fn fit_folds(samples: &[Sample], examples: &[Examples], plan: Plan, name: &str) -> Vec<Trees> {
    let folds: Vec<usize> = samples.iter().map(|sample| sample.fold).collect();
    let fits: Vec<usize> = (0..=FOLDS).collect();
    let workers = thread::available_parallelism().map_or(1, usize::from);
    let mut trees = Vec::new();
    for batch in fits.chunks(workers) {
        let folds = &folds;
        let fitted: Vec<Trees> = thread::scope(|scope| {
            let handles: Vec<_> = batch
                .iter()
                .map(|left_out| scope.spawn(move || fit_without(folds, *left_out, examples, plan)))
                .collect();
            handles.into_iter().map(|handle| handle.join().expect("a fit does not panic")).collect()
        });
        trees.extend(fitted);
    }
    println!("{name} opinion: {} fits", trees.len());
    trees
}

fn fit_without(folds: &[usize], left_out: usize, examples: &[Examples], plan: Plan) -> Trees {
    let mut values = Vec::new();
    let mut labels = Vec::new();
    let mut weights = Vec::new();
    let mut width = 1;
    for (fold, examples) in folds.iter().zip(examples) {
        if *fold == left_out || examples.table.is_empty() {
            continue;
        }
        width = examples.table.names.len();
        for at in 0..examples.labels.len() {
            if examples.weights[at] > 0.0 {
                values.extend_from_slice(examples.table.row(at));
                labels.push(examples.labels[at]);
                weights.push(examples.weights[at]);
            }
        }
    }
    let mean = weights.iter().sum::<f32>() / weights.len() as f32;
    for weight in &mut weights {
        *weight /= mean;
    }
    boost::learn(&Matrix::of(&values, width), &labels, &weights, plan, 7 + left_out as u64)
}

/// Each page judged by the fit that has not seen its host.
fn judge(samples: &[Sample], examples: &[Examples], trees: &[Trees]) -> Vec<Vec<f32>> {
    samples
        .iter()
        .zip(examples)
        .map(|(sample, examples)| {
            let trees = &trees[sample.fold];
            (0..examples.table.len()).map(|at| trees.probability(examples.table.row(at))).collect()
        })
        .collect()
}

/// The same opinions, stricter by `shift` in log-odds: shows whether the threshold is right.
fn shifted(verdicts: &[Vec<f32>], shift: f32) -> Vec<Vec<f32>> {
    let move_one = |p: &f32| {
        let odds = (p / (1.0 - p).max(1e-6)).max(1e-6).ln() - shift;
        1.0 / (1.0 + (-odds).exp())
    };
    verdicts.iter().map(|page| page.iter().map(move_one).collect()).collect()
}

#[derive(Default)]
struct Tally {
    pages: f64,
    precision: f64,
    recall: f64,
    hits: f64,
    misses: f64,
    false_hits: f64,
}

/// Whole pages read with the cross-validated opinions, scored as the benchmark does.
fn report(
    samples: &[Sample],
    readings: Vec<Reading<'_>>,
    verdicts: &[Vec<f32>],
    dump: Option<&std::path::Path>,
) -> anyhow::Result<()> {
    let mut tallies: BTreeMap<&str, Tally> = BTreeMap::new();
    let mut dumped = String::new();
    for ((sample, reading), verdict) in samples.iter().zip(readings).zip(verdicts) {
        let (extracted, _) = reading.finish(verdict);
        let (article, _) = clean::article(extracted, &SiteMemory::default());
        let text = article.map(|article| article.text()).unwrap_or_default();
        dumped.push_str(&serde_json::json!({"id": sample.id, "text": text}).to_string());
        dumped.push('\n');
        let mut names = vec![sample.dataset.as_str()];
        if let Some(truth) = &sample.text {
            names.push("all with full text");
            if sample.government {
                names.push("government");
            }
            let overlap = overlap(truth, &text);
            for name in names {
                let tally = tallies.entry(name).or_default();
                tally.pages += 1.0;
                tally.precision += overlap.precision;
                tally.recall += overlap.recall;
            }
        } else {
            let tally = tallies.entry(&sample.dataset).or_default();
            let has = |snippet: &&String| text.contains(snippet.as_str());
            let hits = sample.with.iter().filter(has).count();
            tally.hits += hits as f64;
            tally.misses += (sample.with.len() - hits) as f64;
            tally.false_hits += sample.without.iter().filter(has).count() as f64;
        }
    }
    if let Some(file) = dump {
        fs::write(file, dumped)?;
    }
    println!("on hosts not seen in training:      F1      P      R");
    for (name, tally) in &tallies {
        let (precision, recall) = if tally.pages > 0.0 {
            (tally.precision / tally.pages, tally.recall / tally.pages)
        } else {
            let positives = (tally.hits + tally.false_hits).max(1.0);
            (tally.hits / positives, tally.hits / (tally.hits + tally.misses).max(1.0))
        };
        let f1 = 2.0 * precision * recall / (precision + recall).max(1e-9);
        println!("  {name:<28} {:>5}  {f1:.4} {precision:.4} {recall:.4}", tally.pages);
    }
    Ok(())
}
