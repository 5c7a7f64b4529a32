//! `source plan`: what was learned of each source's rhythm, and the next looks.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};

use crate::cli::Exit;
use crate::cli::setup::open_store;
use crate::cli::source::{FAINT, GOOD, HEAD};
use crate::clock::Clock;
use crate::config::Settings;
use crate::jobs::looks::{is_adaptive, requests_per_day, terms};
use crate::model::rhythm::{Price, Rhythm, WEEK_HOURS};
use crate::model::source::{Schedule, Source, SourceId};
use crate::rhythm::{self, Rates};
use crate::store::{SourceState, Store};

/// Looks shown of each source.
const LOOKS: usize = 6;
const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
const DAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

/// Prints the plan of `sources`.
pub(crate) async fn run(
    settings: &Settings,
    sources: &[Arc<Source>],
    all: &[Arc<Source>],
) -> anyhow::Result<Exit> {
    let store = open_store(settings)?;
    let now = Clock::System.now();
    let known = Known::read(&store).await?;
    anstream::println!(
        "{HEAD}budget{HEAD:#}  {:.0} requests a day for sources without a schedule{}",
        requests_per_day(all, settings.crawl.interval),
        known.price.map_or_else(String::new, |price| format!(
            "; a request must save {:.1} item-minutes of waiting for sanctions news",
            price.value() * 1440.0
        )),
    );
    for source in sources {
        anstream::println!("\n{HEAD}{}{HEAD:#}  {FAINT}{}{FAINT:#}", source.id, source.title);
        let rhythm = known.rhythms.get(&source.id);
        match rhythm {
            Some(rhythm) => show_rhythm(source, rhythm),
            None => anstream::println!("  {FAINT}nothing learned yet: never visited{FAINT:#}"),
        }
        let looks = looks(settings, source, &known, now);
        let shown: Vec<String> = looks.iter().map(|look| spoken(*look, now)).collect();
        let how = if is_adaptive(source) { "by its rhythm" } else { "by its schedule" };
        anstream::println!("  next looks, {how}: {GOOD}{}{GOOD:#}", shown.join(", "));
    }
    Ok(Exit::Done)
}

/// What the database knows of all sources.
struct Known {
    rhythms: BTreeMap<SourceId, Rhythm>,
    states: BTreeMap<SourceId, SourceState>,
    price: Option<Price>,
}

impl Known {
    async fn read(store: &Store) -> anyhow::Result<Self> {
        let states = store.source_states().await?;
        Ok(Self {
            rhythms: store.rhythms().await?.into_iter().collect(),
            states: states.into_iter().map(|state| (state.id.clone(), state)).collect(),
            price: store.price().await?,
        })
    }
}

fn show_rhythm(source: &Source, rhythm: &Rhythm) {
    let rates = Rates::of(rhythm, source.kind);
    anstream::println!(
        "  {:.1} items a day; each draws {:.2} more after it; {:.0} % about sanctions; learned \
         from {:.0} items since {}",
        rates.per_day(),
        rates.share,
        100.0 * rhythm::weight(rhythm, source.kind),
        rhythm.items,
        rhythm.since.format("%Y-%m-%d"),
    );
    anstream::println!(
        "  hours of the day, UTC   {}  {}",
        bars(&(0..24).map(|hour| of_hour(&rates, hour)).collect::<Vec<_>>()),
        best_hours(&rates),
    );
    let days: Vec<f64> =
        (0..7).map(|day| rates.alone[day * 24..(day + 1) * 24].iter().sum()).collect();
    let busiest = (0..7).max_by(|a, b| days[*a].total_cmp(&days[*b])).unwrap_or(0);
    anstream::println!("  days from Monday        {}  most on {}", bars(&days), DAYS[busiest]);
}

fn of_hour(rates: &Rates, hour: usize) -> f64 {
    (hour..WEEK_HOURS).step_by(24).map(|cell| rates.alone[cell]).sum()
}

/// The three hours in which most comes, in order.
fn best_hours(rates: &Rates) -> String {
    let mut hours: Vec<usize> = (0..24).collect();
    hours.sort_by(|a, b| of_hour(rates, *b).total_cmp(&of_hour(rates, *a)));
    let mut best = hours[..3].to_vec();
    best.sort_unstable();
    let spoken: Vec<String> = best.iter().map(|hour| format!("{hour:02}h")).collect();
    format!("most at {}", spoken.join(", "))
}

/// One bar a value, as high as its share of the largest.
fn bars(values: &[f64]) -> String {
    let most = values.iter().copied().fold(f64::MIN_POSITIVE, f64::max);
    values.iter().map(|value| BARS[((value / most * 7.0).round() as usize).min(7)]).collect()
}

/// The next looks: the one that is stored, then those planned after it.
fn looks(
    settings: &Settings,
    source: &Source,
    known: &Known,
    now: DateTime<Utc>,
) -> Vec<DateTime<Utc>> {
    let stored = known.states.get(&source.id).map(|state| state.next_look);
    let first = stored.unwrap_or(now).max(now);
    let mut looks = vec![first];
    match (&source.schedule, known.rhythms.get(&source.id), known.price) {
        (Some(Schedule::Cron(cron)), ..) => {
            while looks.len() < LOOKS
                && let Ok(next) = rhythm::next_look(cron, looks[looks.len() - 1])
            {
                looks.push(next);
            }
        }
        (_, Some(rhythm), Some(price)) => {
            let planned = rhythm::plan(rhythm, &terms(source, settings.crawl.interval, price));
            looks.extend(planned.into_iter().filter(|look| first < *look).take(LOOKS - 1));
        }
        _ => {}
    }
    looks
}

/// A look within a day by its time, a later one with its day.
fn spoken(look: DateTime<Utc>, now: DateTime<Utc>) -> String {
    if look <= now {
        "now".to_owned()
    } else if (look - now).num_hours() < 20 {
        look.format("%H:%M").to_string()
    } else {
        look.format("%a %H:%M").to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_stand_for_shares_of_the_largest() {
        assert_eq!(bars(&[0.0, 1.0, 2.0]), "▁▅█");
        assert_eq!(bars(&[0.0, 0.0]), "▁▁");
    }

    #[test]
    fn a_look_far_off_has_its_day() {
        let now = "2026-03-02T08:00:00Z".parse().unwrap();
        let cases = [
            ("2026-03-02T07:59:00Z", "now"),
            ("2026-03-02T09:30:00Z", "09:30"),
            ("2026-03-03T09:30:00Z", "Tue 09:30"),
        ];
        for (look, said) in cases {
            assert_eq!(spoken(look.parse().unwrap(), now), said);
        }
    }
}
