//! How late items are seen at a fixed number of looks: uniform polling, miniflux's rule, rates in
//! proportion to √rate, and the rhythm that sources without a schedule have in production.
//!
//! `cargo run --release --example measure_rhythm [FOLDER]`
//!
//! Without FOLDER the traces are generated (seeded, always the same): 20 sources of eight manners
//! over 39 weeks. The generator shares nothing with the model it tests: office hours on clocks that
//! change twice a year, news cycles, noon releases, weekly bulletins, rates that drift from week to
//! week, holidays, and bursts of log-normal spread rather than exponential wakes. With FOLDER each
//! file in it is a source: one moment a line, RFC 3339 or milliseconds since 1970. The first third
//! of the time teaches, the rest is measured.
//!
//! Delay is from publication to the next look, over all items of all sources. The bound D* is the
//! best any fixed gaps could do knowing each source's true rate in the measured time.
//!
//! Where `corpora/stories` is found, a second table takes its real titles: a day and a half, so
//! nothing but bursts and the usual rhythm can help.

#![expect(clippy::print_stdout, reason = "figures are this program's output")]

use std::collections::{BTreeMap, BinaryHeap};
use std::path::{Path, PathBuf};
use std::{cmp, env, fs};

use chrono::{DateTime, Datelike, Offset, TimeDelta, TimeZone, Timelike, Utc};
use chrono_tz::Tz;
use sanctionwatch::model::rhythm::{Gaps, Rhythm, Sighting};
use sanctionwatch::model::source::SourceKind;
use sanctionwatch::rhythm::{Rates, Terms, fair_price, learn, plan, weight};

const MINUTE: i64 = 60_000;
const DAY: i64 = 1440 * MINUTE;
/// Generated weeks.
const WEEKS: i64 = 39;
/// Looks a day and source that the policies get in turn.
const BUDGETS: [f64; 2] = [24.0, 6.0];

/// One source's publication moments, milliseconds since 1970, in order.
struct Trace {
    name: String,
    moments: Vec<i64>,
}

/// Time that teaches, then time that is measured.
#[derive(Clone, Copy)]
struct Span {
    start: i64,
    measured: i64,
    end: i64,
}

fn main() -> anyhow::Result<()> {
    match env::args().nth(1) {
        Some(folder) => {
            let traces = read_folder(Path::new(&folder))?;
            let start = traces.iter().map(|trace| trace.moments[0]).min().unwrap_or(0);
            let end = traces.iter().filter_map(|trace| trace.moments.last()).max();
            let end = *end.unwrap_or(&0);
            let span = Span { start, measured: start + (end - start) / 3, end };
            compare(&format!("traces of {folder}"), &traces, span);
        }
        None => {
            let start = millis("2025-09-01T00:00:00Z");
            let end = start + WEEKS * 7 * DAY;
            let span = Span { start, measured: start + (end - start) / 3, end };
            compare("generated traces", &generated(span), span);
            compare_titles()?;
        }
    }
    Ok(())
}

/// The real titles, by site: the first hours teach.
fn compare_titles() -> anyhow::Result<()> {
    let corpora =
        env::var_os("SANCTIONWATCH_CORPORA").map_or("../shared/corpora".into(), PathBuf::from);
    let path = corpora.join("stories/uci-titles-dev.jsonl");
    let Ok(text) = fs::read_to_string(&path) else {
        println!("{} is absent: no table of real titles", path.display());
        return Ok(());
    };
    let mut by_site: BTreeMap<String, Vec<i64>> = BTreeMap::new();
    for line in text.lines() {
        let row: serde_json::Value = serde_json::from_str(line)?;
        if let (Some(host), Some(at)) = (row["host"].as_str(), row["published_ms"].as_i64()) {
            by_site.entry(host.to_owned()).or_default().push(at);
        }
    }
    let mut traces: Vec<Trace> = by_site
        .into_iter()
        .map(|(name, mut moments)| {
            moments.sort_unstable();
            Trace { name, moments }
        })
        .collect();
    traces.sort_by_key(|trace| cmp::Reverse(trace.moments.len()));
    traces.truncate(40);
    let start = traces.iter().map(|trace| trace.moments[0]).min().unwrap_or(0);
    let end = traces.iter().filter_map(|trace| trace.moments.last()).max().copied().unwrap_or(0);
    let span = Span { start, measured: start + (end - start) / 3, end };
    compare("real titles of 40 sites, 36 hours", &traces, span);
    Ok(())
}

fn compare(title: &str, traces: &[Trace], span: Span) {
    let days = (span.end - span.measured) as f64 / DAY as f64;
    let items: usize = traces.iter().map(|trace| measured(trace, span).len()).sum();
    println!("## {title}: {} sources, {items} items in {days:.0} measured days\n", traces.len());
    println!("| looks a day and source | policy | looks made | mean, min | p95, min | mean / D* |");
    println!("|---:|---|---:|---:|---:|---:|");
    for budget in BUDGETS {
        let bound = bound(traces, span, budget);
        let rows = [
            ("uniform", fixed(traces, span, &vec![budget; traces.len()])),
            ("miniflux entry frequency", miniflux(traces, span, budget)),
            ("√rate", fixed(traces, span, &root_rates(traces, span, budget))),
            ("sanctionwatch", learned(traces, span, budget)),
        ];
        for (policy, outcome) in rows {
            println!(
                "| {budget} | {policy} | {:.2} | {:.1} | {:.1} | {:.2} |",
                outcome.looks as f64 / days / traces.len() as f64,
                outcome.mean(),
                outcome.quantile(0.95),
                outcome.mean() / bound,
            );
        }
        println!("| {budget} | D*, the best fixed gaps | {budget:.2} | {bound:.1} | | 1.00 |");
    }
    println!();
}

/// What a policy did in the measured time.
#[derive(Default)]
struct Outcome {
    looks: usize,
    /// Minutes, of every item.
    delays: Vec<f64>,
}

impl Outcome {
    fn mean(&self) -> f64 {
        self.delays.iter().sum::<f64>() / self.delays.len().max(1) as f64
    }

    fn quantile(&self, share: f64) -> f64 {
        let mut sorted = self.delays.clone();
        sorted.sort_by(f64::total_cmp);
        let index = (sorted.len() as f64 * share) as usize;
        sorted.get(index.min(sorted.len().saturating_sub(1))).copied().unwrap_or(f64::NAN)
    }

    /// A look at `now`, the one before it at `last`.
    fn look(&mut self, trace: &Trace, span: Span, last: i64, now: i64) {
        if span.measured <= now && now < span.end {
            self.looks += 1;
        }
        for moment in between(trace, last, now) {
            if span.measured <= *moment {
                self.delays.push((now - moment) as f64 / MINUTE as f64);
            }
        }
    }
}

/// Items after `last`, up to `now`.
fn between(trace: &Trace, last: i64, now: i64) -> &[i64] {
    let from = trace.moments.partition_point(|moment| *moment <= last);
    let to = trace.moments.partition_point(|moment| *moment <= now);
    &trace.moments[from..to.max(from)]
}

fn measured(trace: &Trace, span: Span) -> &[i64] {
    between(trace, span.measured, span.end)
}

/// D* = (Σ√λ)² / (2 B Σλ), in minutes.
fn bound(traces: &[Trace], span: Span, budget: f64) -> f64 {
    let days = (span.end - span.measured) as f64 / DAY as f64;
    let rates = traces.iter().map(|trace| measured(trace, span).len() as f64 / days);
    let (roots, sum) =
        rates.fold((0.0, 0.0), |(roots, sum), rate| (roots + rate.sqrt(), sum + rate));
    1440.0 * roots * roots / (2.0 * budget * traces.len() as f64 * sum)
}

/// Looks a day in proportion to the root of the rate while learning.
fn root_rates(traces: &[Trace], span: Span, budget: f64) -> Vec<f64> {
    let taught = |trace: &Trace| between(trace, span.start - 1, span.measured).len().max(1) as f64;
    let roots: Vec<f64> = traces.iter().map(|trace| taught(trace).sqrt()).collect();
    let sum: f64 = roots.iter().sum();
    roots.iter().map(|root| budget * traces.len() as f64 * root / sum).collect()
}

/// Fixed gaps, each source with a phase of its own.
fn fixed(traces: &[Trace], span: Span, per_day: &[f64]) -> Outcome {
    let mut outcome = Outcome::default();
    let mut dice = Dice(7);
    for (trace, per_day) in traces.iter().zip(per_day) {
        let gap = DAY as f64 / per_day;
        let mut last = span.measured;
        let mut at = span.measured as f64 + gap * dice.unit();
        while last < span.end {
            outcome.look(trace, span, last, at as i64);
            last = at as i64;
            at += gap;
        }
    }
    outcome
}

/// The week divided by the items of the past week, within 5 minutes and a day, as miniflux's
/// `entry_frequency` scheduler does; its factor is chosen so that the budget is met.
fn miniflux(traces: &[Trace], span: Span, budget: f64) -> Outcome {
    let days = (span.end - span.measured) as f64 / DAY as f64;
    let wanted = budget * traces.len() as f64 * days;
    let (mut low, mut high) = (-8.0_f64, 8.0_f64);
    for _ in 0..40 {
        let middle = (low + high) / 2.0;
        let looks = by_frequency(traces, span, middle.exp()).looks as f64;
        if looks < wanted { low = middle } else { high = middle }
    }
    by_frequency(traces, span, high.exp())
}

fn by_frequency(traces: &[Trace], span: Span, factor: f64) -> Outcome {
    let mut outcome = Outcome::default();
    for trace in traces {
        let (mut last, mut at) = (span.measured, span.measured);
        while last < span.end {
            outcome.look(trace, span, last, at);
            last = at;
            let in_week = between(trace, at - 7 * DAY, at).len();
            let gap = match in_week {
                0 => DAY,
                count => ((7 * DAY) as f64 / (count as f64 * factor)) as i64,
            };
            at += gap.clamp(5 * MINUTE, DAY);
        }
    }
    outcome
}

/// The production code: learn at every look, plan the next at the common price.
fn learned(traces: &[Trace], span: Span, budget: f64) -> Outcome {
    let kind = SourceKind::News;
    let start = at(span.start);
    let mut outcome = Outcome::default();
    let per_day = budget * traces.len() as f64;
    let mut rhythms: Vec<Rhythm> =
        traces.iter().map(|_| learn(None, kind, start, &Sighting::default())).collect();
    let terms = |price| Terms { kind, gaps: Gaps::default(), requests: 1, price };
    let expected: Vec<(Rates, f64)> =
        rhythms.iter().map(|rhythm| (Rates::of(rhythm, kind), weight(rhythm, kind))).collect();
    let mut price = fair_price(&expected, per_day, start);
    let mut due: BinaryHeap<cmp::Reverse<(i64, usize)>> = rhythms
        .iter()
        .enumerate()
        .map(|(index, rhythm)| {
            cmp::Reverse((plan(rhythm, &terms(price))[0].timestamp_millis(), index))
        })
        .collect();
    while let Some(cmp::Reverse((now, index))) = due.pop() {
        let last = rhythms[index].until.timestamp_millis();
        outcome.look(&traces[index], span, last, now);
        if span.end <= now {
            continue;
        }
        let items =
            between(&traces[index], last, now).iter().map(|moment| Some(at(*moment))).collect();
        let sighting = Sighting { items, ..Sighting::default() };
        rhythms[index] = learn(Some(rhythms[index].clone()), kind, at(now), &sighting);
        price = price.after(1, per_day, at(now));
        let next = plan(&rhythms[index], &terms(price))[0];
        due.push(cmp::Reverse((next.timestamp_millis(), index)));
    }
    if env::var_os("SHOW").is_some() {
        for (trace, rhythm) in traces.iter().zip(&rhythms) {
            let rates = Rates::of(rhythm, kind);
            println!("{:<30} {:>8.2} a day, share {:.2}", trace.name, rates.per_day(), rates.share);
        }
    }
    outcome
}

fn read_folder(folder: &Path) -> anyhow::Result<Vec<Trace>> {
    let mut traces = Vec::new();
    let mut paths: Vec<PathBuf> = fs::read_dir(folder)?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<_, _>>()?;
    paths.sort();
    for path in paths {
        let text = fs::read_to_string(&path)?;
        let lines = text.lines().filter(|line| !line.trim().is_empty());
        let moment = |line: &str| line.trim().parse().unwrap_or_else(|_| millis(line.trim()));
        let mut moments: Vec<i64> = lines.map(moment).collect();
        moments.sort_unstable();
        anyhow::ensure!(!moments.is_empty(), "{} holds no moments", path.display());
        traces.push(Trace { name: path.display().to_string(), moments });
    }
    anyhow::ensure!(!traces.is_empty(), "{} holds no traces", folder.display());
    Ok(traces)
}

fn millis(text: &str) -> i64 {
    DateTime::parse_from_rfc3339(text).expect("a moment is written in RFC 3339").timestamp_millis()
}

fn at(millis: i64) -> DateTime<Utc> {
    DateTime::from_timestamp_millis(millis).expect("the traces lie in our century")
}

/// How a generated source publishes.
#[derive(Clone, Copy)]
enum Manner {
    /// Working hours, rarely otherwise.
    Office,
    /// All day, less at night and at weekends.
    Newsroom,
    /// All round the clock.
    Wire,
    /// One time of day, give or take minutes, several at once.
    Noon,
    /// One day of the week.
    Weekly,
}

fn generated(span: Span) -> Vec<Trace> {
    use chrono_tz::{America, Asia, Australia, Europe};
    let sources: [(&str, Manner, Tz, f64, f64); 20] = [
        ("office us", Manner::Office, America::New_York, 3.0, 0.4),
        ("office uk", Manner::Office, Europe::London, 1.2, 0.2),
        ("office eu", Manner::Office, Europe::Brussels, 6.0, 0.5),
        ("office ch", Manner::Office, Europe::Zurich, 0.4, 0.1),
        ("office au", Manner::Office, Australia::Sydney, 0.8, 0.3),
        ("office ua", Manner::Office, Europe::Kyiv, 9.0, 0.5),
        ("office jp", Manner::Office, Asia::Tokyo, 2.0, 0.3),
        ("newsroom us", Manner::Newsroom, America::New_York, 60.0, 0.5),
        ("newsroom de", Manner::Newsroom, Europe::Berlin, 35.0, 0.3),
        ("newsroom fr", Manner::Newsroom, Europe::Paris, 20.0, 0.6),
        ("newsroom in", Manner::Newsroom, Asia::Kolkata, 90.0, 0.4),
        ("newsroom ru", Manner::Newsroom, Europe::Moscow, 45.0, 0.5),
        ("newsroom small", Manner::Newsroom, Europe::Vienna, 5.0, 0.4),
        ("wire", Manner::Wire, chrono_tz::UTC, 110.0, 0.6),
        ("wire small", Manner::Wire, chrono_tz::UTC, 14.0, 0.7),
        ("noon us", Manner::Noon, America::New_York, 2.5, 0.0),
        ("noon de", Manner::Noon, Europe::Berlin, 1.0, 0.0),
        ("weekly uk", Manner::Weekly, Europe::London, 0.5, 0.3),
        ("weekly us", Manner::Weekly, America::New_York, 0.8, 0.5),
        ("quiet", Manner::Wire, chrono_tz::UTC, 0.15, 0.3),
    ];
    let trace =
        |(seed, (name, manner, zone, per_day, share)): (usize, (&str, Manner, Tz, f64, f64))| {
            let mut dice = Dice(0x9e37_79b9 * (seed as u64 + 3));
            let moments = publish(manner, zone, per_day, share, span, &mut dice);
            Trace { name: name.to_owned(), moments }
        };
    sources.into_iter().enumerate().map(trace).collect()
}

fn publish(
    manner: Manner,
    zone: Tz,
    per_day: f64,
    share: f64,
    span: Span,
    dice: &mut Dice,
) -> Vec<i64> {
    let mut moments = Vec::new();
    let mut drift = 0.0;
    let step = 10 * MINUTE;
    for at_step in 0..(span.end - span.start) / step {
        let start = span.start + at_step * step;
        if start % (7 * DAY) < step {
            drift = 0.8 * drift + 0.25 * dice.normal();
        }
        let utc = at(start).naive_utc();
        let local = utc
            + TimeDelta::seconds(
                zone.offset_from_utc_datetime(&utc).fix().local_minus_utc().into(),
            );
        let hour = f64::from(local.hour()) + f64::from(local.minute()) / 60.0;
        let weekday = local.weekday().num_days_from_monday();
        let holiday =
            (local.month() == 12 && 23 < local.day()) || (local.month() == 1 && local.day() == 1);
        let factor = factor(manner, hour, weekday) * if holiday { 0.15 } else { 1.0 };
        let rate = per_day * (1.0 - share) * factor * f64::exp(drift);
        for _ in 0..dice.poisson(rate * step as f64 / DAY as f64) {
            let first = start + (dice.unit() * step as f64) as i64;
            burst(first, share, dice, &mut moments);
            if matches!(manner, Manner::Noon) {
                for _ in 0..dice.poisson(1.5) {
                    moments.push(first + (dice.unit() * 60_000.0) as i64);
                }
            }
        }
    }
    moments.retain(|moment| *moment < span.end);
    moments.sort_unstable();
    moments
}

/// How much more than on average is published at this hour of a local day; 0 is Monday.
fn factor(manner: Manner, hour: f64, weekday: u32) -> f64 {
    let weekend = 4 < weekday;
    match manner {
        Manner::Office if weekend => 0.05,
        Manner::Office if (9.0..12.0).contains(&hour) => 4.5,
        Manner::Office if (12.0..17.5).contains(&hour) => 3.2,
        Manner::Office if (7.0..20.0).contains(&hour) => 0.6,
        Manner::Office => 0.05,
        Manner::Newsroom => {
            let day = 1.0 + 0.9 * ((hour - 13.0) / 24.0 * std::f64::consts::TAU).cos();
            day * if weekend { 0.55 } else { 1.18 }
        }
        Manner::Wire => 1.0,
        Manner::Noon if weekend => 0.0,
        Manner::Noon if (11.5..12.5).contains(&hour) => 13.0,
        Manner::Noon => 0.02,
        Manner::Weekly if weekday == 3 && (8.0..18.0).contains(&hour) => 15.0,
        Manner::Weekly => 0.1,
    }
}

/// An item and what it draws after it: log-normal gaps with a median of 40 minutes.
fn burst(first: i64, share: f64, dice: &mut Dice, moments: &mut Vec<i64>) {
    let mut waiting = vec![first];
    while let Some(moment) = waiting.pop() {
        moments.push(moment);
        for _ in 0..dice.poisson(share) {
            let gap = (40.0 * (1.1 * dice.normal()).exp() * MINUTE as f64) as i64;
            waiting.push(moment + gap);
        }
    }
}

/// A small generator (splitmix64): the same traces in every run.
struct Dice(u64);

impl Dice {
    fn unit(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (bits ^ (bits >> 31)) as f64 / u64::MAX as f64
    }

    fn normal(&mut self) -> f64 {
        let sum: f64 = (0..12).map(|_| self.unit()).sum();
        sum - 6.0
    }

    fn poisson(&mut self, mean: f64) -> usize {
        let limit = (-mean).exp();
        let mut product = self.unit();
        let mut count = 0;
        while limit < product {
            product *= self.unit();
            count += 1;
        }
        count
    }
}
