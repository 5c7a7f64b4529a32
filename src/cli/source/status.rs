//! `source status`: how each source has been doing, and what to do about the ones that are sick.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};

use crate::cli::Exit;
use crate::cli::setup::open_store;
use crate::cli::source::{BAD, FAINT, GOOD, HEAD};
use crate::clock::Clock;
use crate::config::Settings;
use crate::model::source::{Source, SourceId};
use crate::model::visit::{Outcome, Visit};
use crate::store::SourceState;

/// Visits looked back upon.
const VISITS: usize = 20;

/// Prints a line for each of `sources`, and the advice of its last outcome below.
pub(crate) async fn run(settings: &Settings, sources: &[Arc<Source>]) -> anyhow::Result<Exit> {
    let store = open_store(settings)?;
    let now = Clock::System.now();
    if let Some(began) = store.outage().await? {
        let advice = Outcome::Offline.advice();
        anstream::println!("{BAD}network down{BAD:#} for {}: {advice}\n", span(now - began));
    }
    let states: BTreeMap<SourceId, SourceState> =
        store.source_states().await?.into_iter().map(|state| (state.id.clone(), state)).collect();
    let width = sources.iter().map(|source| source.id.0.len()).max().unwrap_or(0).max(6);
    anstream::println!(
        "{HEAD}{:<width$}  {:<VISITS$}  {:>8}  {:>8}  {:>8}  {:>6}  {:>9}  last outcome{HEAD:#}",
        "source",
        "visits",
        "success",
        "next",
        "lag",
        "new",
        "sanctions"
    );
    let mut exit = Exit::Done;
    for source in sources {
        let visits = store.visits(Some(source.id.clone()), VISITS).await?;
        let state = states.get(&source.id);
        let lag = store.lag(source.id.clone()).await?;
        anstream::println!("{:<width$}  {}", source.id.0, line(state, &visits, lag, now));
        let last = visits.first().filter(|visit| !visit.outcome.advice().is_empty());
        if let Some(visit) = last {
            anstream::println!("  {FAINT}{}{FAINT:#}", visit.detail);
            anstream::println!("  {FAINT}to do: {}{FAINT:#}", visit.outcome.advice());
            if !visit.outcome.is_healthy() {
                exit = Exit::Partly;
            }
        }
    }
    Ok(exit)
}

fn line(
    state: Option<&SourceState>,
    visits: &[Visit],
    lag: Option<TimeDelta>,
    now: DateTime<Utc>,
) -> String {
    let success = state.and_then(|state| state.last_success);
    let success = success.map_or("never".to_owned(), |last| span(now - last));
    let next = state.map_or("now".to_owned(), |state| span(state.next_look - now));
    let lag = lag.map_or("-".to_owned(), length);
    let fresh: usize = visits.iter().map(|visit| visit.counts.fresh).sum();
    let relevant: usize = visits.iter().map(|visit| visit.counts.relevant).sum();
    let last = visits.first().map_or("not yet visited", |visit| visit.outcome.name());
    let style =
        if visits.first().is_none_or(|visit| visit.outcome.is_healthy()) { GOOD } else { BAD };
    let failures = match state.map_or(0, |state| state.failures) {
        0 | 1 => String::new(),
        failures => format!(", {failures} times in a row"),
    };
    let history = history(visits);
    format!(
        "{history:<VISITS$}  {success:>8}  {next:>8}  {lag:>8}  {fresh:>6}  {relevant:>9}  \
         {style}{last}{style:#}{failures}"
    )
}

/// A mark a visit, the oldest first: how much it brought, or that it failed.
fn history(visits: &[Visit]) -> String {
    visits.iter().rev().map(mark).collect()
}

fn mark(visit: &Visit) -> char {
    match (visit.outcome, visit.counts.fresh) {
        (Outcome::Offline, _) => '~',
        (outcome, _) if !outcome.is_healthy() => '×',
        (_, 0) => '·',
        (_, 1..=2) => '▂',
        (_, 3..=9) => '▄',
        (_, 10..=29) => '▆',
        _ => '█',
    }
}

/// A span of time in its largest unit; `now` where it is over.
fn span(span: TimeDelta) -> String {
    if span < TimeDelta::minutes(1) { "now".to_owned() } else { length(span) }
}

/// How long something took, in its largest unit.
fn length(span: TimeDelta) -> String {
    let minutes = span.num_minutes();
    match minutes {
        ..1 => "< 1 min".to_owned(),
        1..120 => format!("{minutes} min"),
        120..2880 => format!("{} h", minutes / 60),
        _ => format!("{} d", minutes / 1440),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::visit::Counts;

    #[test]
    fn the_history_reads_from_left_to_right() {
        let start: DateTime<Utc> = "2026-03-02T08:00:00Z".parse().unwrap();
        let visit = |outcome, fresh| Visit {
            source: SourceId("int/a".to_owned()),
            started: start,
            ended: start,
            outcome,
            detail: String::new(),
            counts: Counts { fresh, ..Counts::default() },
        };
        let newest_first = [
            visit(Outcome::Gone, 0),
            visit(Outcome::Offline, 0),
            visit(Outcome::Ok, 40),
            visit(Outcome::Ok, 1),
            visit(Outcome::Unchanged, 0),
        ];
        assert_eq!(history(&newest_first), "·▂█~×");
    }

    #[test]
    fn spans_are_told_in_their_largest_unit() {
        let cases = [(-5, "now"), (0, "now"), (59, "59 min"), (300, "5 h"), (4400, "3 d")];
        for (minutes, said) in cases {
            assert_eq!(span(TimeDelta::minutes(minutes)), said);
        }
    }
}
