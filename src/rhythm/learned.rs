//! What a source's publication moments say about the next ones.
//!
//! Items are taken to come in two ways (a Hawkes process): by themselves, at a rate that depends
//! on the hour of the week, and in the wake of another item, since news comes in bursts. An item
//! draws `share` further ones on average, [`WAKE`] after it on average. Each new item is split
//! between the two explanations in proportion to the rates they gave it (one step of expectation
//! maximisation); the first part is counted in its hour of the week.
//!
//! The counts are few (168 hours, and many sources publish twice a day), so they are read with
//! caution: the rate of an hour is the overall rate times a factor for the day times one for the
//! hour of the day, and leaves that product only as far as its own count insists. Each of these is
//! pulled towards what is usual by a few imagined items.
//!
//! The shape (rate × hour of the week + self-excitation, .6 and 120 minutes to begin with) is the
//! one that did best in a comparison of polling policies; see `docs/figures/rhythm.md`.

use chrono::{DateTime, TimeDelta, Utc};

use crate::model::rhythm::{Rhythm, Sighting, WEEK_HOURS};
use crate::model::source::SourceKind;

/// Mean time from an item to one in its wake, in days.
pub(crate) const WAKE: f64 = 120.0 / 1440.0;
/// Items in the wake of one, where nothing is known yet …
const SHARE: f64 = 0.6;
/// … and how many items must say otherwise to be half believed.
const SHARE_DOUBT: f64 = 20.0;
/// More than this and a burst would never end.
const SHARE_MOST: f64 = 0.85;
/// Days after which a count has faded to 1/e.
const MEMORY: f64 = 365.0;
/// A first look learns from items this old at most.
const FIRST_REACH: TimeDelta = TimeDelta::days(28);
/// Items of a first look that are learned from; more are an archive.
const FIRST_MOST: usize = 500;
/// Days of watching that what is usual for a kind of source is worth.
const USUAL_DAYS: f64 = 2.0;
/// Imagined items behind the usual factors of a day, of an hour of the day, and of an hour of the
/// week.
const DAY_DOUBT: f64 = 4.0;
const HOUR_DOUBT: f64 = 3.0;
const CELL_DOUBT: f64 = 12.0;
/// Usual factors of the days, Monday first: offices and newsrooms rest at weekends.
const USUAL_DAY: [f64; 7] = [1.15, 1.2, 1.2, 1.2, 1.1, 0.6, 0.55];
/// Articles that what is usual for a kind of source is worth when its weight is told.
const WEIGHT_DOUBT: f64 = 10.0;
/// No source weighs less: one that never brought sanctions news may do so tomorrow.
const WEIGHT_LEAST: f64 = 0.02;

/// The rhythm after a look at `now` that brought `sighting`.
///
/// An item's moment is believed where the item can have come in since the last look; another (a
/// day without a time, midnight for want of better, an old item announced late) is replaced by
/// one between the two looks. The first look takes what the listing tells of the past four weeks.
pub fn learn(
    rhythm: Option<Rhythm>,
    kind: SourceKind,
    now: DateTime<Utc>,
    sighting: &Sighting,
) -> Rhythm {
    let mut rhythm = match rhythm {
        Some(rhythm) => {
            let moments = moments(rhythm.until, now, &sighting.items);
            observe(rhythm, kind, now, &moments)
        }
        None => begin(kind, now, &sighting.items),
    };
    rhythm.articles += sighting.articles as f64;
    rhythm.relevant += sighting.relevant as f64;
    rhythm
}

/// How much a minute of waiting for an item of this source matters, 0 to 1: the share of its
/// articles that are about sanctions.
pub fn weight(rhythm: &Rhythm, kind: SourceKind) -> f64 {
    let usual = match kind {
        SourceKind::Government => 0.4,
        SourceKind::News => 0.1,
    };
    let share = (rhythm.relevant + usual * WEIGHT_DOUBT) / (rhythm.articles + WEIGHT_DOUBT);
    share.clamp(WEIGHT_LEAST, 1.0)
}

/// The rates that a rhythm foretells, in items per day.
#[derive(Debug, Clone, PartialEq)]
pub struct Rates {
    /// Of items that come by themselves, by hour of the week.
    pub alone: Vec<f64>,
    /// Items in the wake of each item.
    pub share: f64,
}

impl Rates {
    /// What `rhythm` foretells for a source of this kind.
    pub fn of(rhythm: &Rhythm, kind: SourceKind) -> Self {
        let share = (rhythm.items - rhythm.hours.iter().sum::<f64>() + SHARE * SHARE_DOUBT)
            / (rhythm.items + SHARE_DOUBT);
        let share = share.clamp(0.0, SHARE_MOST);
        Self { alone: profile(rhythm, usual_rate(kind) * (1.0 - SHARE)), share }
    }

    /// Items per day, all in all, over a week.
    pub fn per_day(&self) -> f64 {
        self.alone.iter().sum::<f64>() / WEEK_HOURS as f64 / (1.0 - self.share)
    }

    /// Items per day that come by themselves at `moment`.
    pub(crate) fn alone_at(&self, moment: DateTime<Utc>) -> f64 {
        self.alone[hour_of_week(moment)]
    }
}

/// Items per day of a source nobody has watched yet.
fn usual_rate(kind: SourceKind) -> f64 {
    match kind {
        SourceKind::Government => 3.0,
        SourceKind::News => 20.0,
    }
}

/// Which hour of the UTC week `moment` lies in; 0 is the first of Monday.
pub fn hour_of_week(moment: DateTime<Utc>) -> usize {
    // The epoch was a Thursday.
    let hour = (moment.timestamp().div_euclid(3600) + 72).rem_euclid(WEEK_HOURS as i64);
    usize::try_from(hour).expect("a remainder of a positive number is not negative")
}

/// The first look: the listing's own history, as far as it has moments.
fn begin(kind: SourceKind, now: DateTime<Utc>, items: &[Option<DateTime<Utc>>]) -> Rhythm {
    let mut moments: Vec<DateTime<Utc>> = items
        .iter()
        .flatten()
        .copied()
        .filter(|moment| now - FIRST_REACH < *moment && *moment <= now)
        .collect();
    moments.sort_unstable();
    moments.drain(..moments.len().saturating_sub(FIRST_MOST));
    // The oldest tells only from when on the listing remembers.
    let since = moments.first().copied().unwrap_or(now);
    let rhythm = Rhythm {
        since,
        until: since,
        items: 0.0,
        hours: vec![0.0; WEEK_HOURS],
        wake: 0.0,
        articles: 0.0,
        relevant: 0.0,
    };
    observe(rhythm, kind, now, moments.get(1..).unwrap_or_default())
}

/// Moments of `items` between two looks, in order.
fn moments(
    last: DateTime<Utc>,
    now: DateTime<Utc>,
    items: &[Option<DateTime<Utc>>],
) -> Vec<DateTime<Utc>> {
    let is_credible = |moment: &DateTime<Utc>| last < *moment && *moment <= now;
    let told = items.iter().flatten().copied().filter(is_credible);
    let mut moments: Vec<DateTime<Utc>> = told.collect();
    let untold = items.len() - moments.len();
    for index in 0..untold {
        let share = (index as f64 + 0.5) / untold as f64;
        let millis = (now - last).num_milliseconds().max(0) as f64 * share;
        moments.push(last + TimeDelta::milliseconds(millis as i64));
    }
    moments.sort_unstable();
    moments
}

/// Counts `moments`, all between the last look and `now`, in order.
fn observe(
    mut rhythm: Rhythm,
    kind: SourceKind,
    now: DateTime<Utc>,
    moments: &[DateTime<Utc>],
) -> Rhythm {
    let now = now.max(rhythm.until);
    let rates = (!moments.is_empty()).then(|| Rates::of(&rhythm, kind));
    let faded = fading(now - rhythm.until);
    rhythm.items *= faded;
    rhythm.articles *= faded;
    rhythm.relevant *= faded;
    rhythm.hours.iter_mut().for_each(|hour| *hour *= faded);
    let mut at = rhythm.until;
    for moment in moments {
        let rates = rates.as_ref().expect("rates were made because there are moments");
        rhythm.wake *= (-days(*moment - at) / WAKE).exp();
        at = *moment;
        let alone = rates.alone_at(*moment);
        let by_itself = alone / (alone + rates.share * rhythm.wake);
        let counts = fading(now - *moment);
        rhythm.items += counts;
        rhythm.hours[hour_of_week(*moment)] += counts * by_itself;
        rhythm.wake += 1.0 / WAKE;
    }
    rhythm.wake *= (-days(now - at) / WAKE).exp();
    rhythm.until = now;
    rhythm
}

/// Items per day that come by themselves, for each hour of the week.
fn profile(rhythm: &Rhythm, usual: f64) -> Vec<f64> {
    let watched = watched(rhythm);
    let sum = |values: &[f64]| values.iter().sum::<f64>();
    let overall = (sum(&rhythm.hours) + usual * USUAL_DAYS) / (sum(&watched) + USUAL_DAYS);
    let days: Vec<f64> = USUAL_DAY
        .iter()
        .enumerate()
        .map(|(day, factor)| {
            let hours = day * 24..(day + 1) * 24;
            (sum(&rhythm.hours[hours.clone()]) + factor * DAY_DOUBT)
                / (overall * sum(&watched[hours]) + DAY_DOUBT)
        })
        .collect();
    let of_hour = |hour: usize| (0..7).map(move |day| day * 24 + hour % 24);
    let came: Vec<f64> =
        (0..24).map(|hour| of_hour(hour).map(|cell| rhythm.hours[cell]).sum()).collect();
    let awaited: Vec<f64> = (0..24)
        .map(|hour| of_hour(hour).map(|cell| overall * days[cell / 24] * watched[cell]).sum())
        .collect();
    let hours: Vec<f64> = (0..24)
        .map(|hour| (blurred(&came, hour) + HOUR_DOUBT) / (blurred(&awaited, hour) + HOUR_DOUBT))
        .collect();
    let product: Vec<f64> =
        (0..WEEK_HOURS).map(|cell| overall * days[cell / 24] * hours[cell % 24]).collect();
    let awaited: Vec<f64> = product.iter().zip(&watched).map(|(rate, days)| rate * days).collect();
    let insist = |cell: usize| {
        (blurred(&rhythm.hours, cell) + CELL_DOUBT) / (blurred(&awaited, cell) + CELL_DOUBT)
    };
    (0..WEEK_HOURS).map(|cell| product[cell] * insist(cell)).collect()
}

/// A value and half of each neighbour's, around the end of the circle: an office that opens at
/// nine publishes at ten to nine one day.
fn blurred(values: &[f64], index: usize) -> f64 {
    let count = values.len();
    let before = values[(index + count - 1) % count];
    let after = values[(index + 1) % count];
    0.25 * before + 0.5 * values[index] + 0.25 * after
}

/// Days each hour of the week has been watched, fading as the counts do.
fn watched(rhythm: &Rhythm) -> Vec<f64> {
    let hours = (rhythm.until - rhythm.since).num_minutes().max(0) as f64 / 60.0;
    let last = hour_of_week(rhythm.until);
    let a_week = fading(TimeDelta::weeks(1));
    (0..WEEK_HOURS)
        .map(|cell| {
            let age = ((last + WEEK_HOURS - cell) % WEEK_HOURS) as f64;
            let times = ((hours - age) / WEEK_HOURS as f64).ceil().max(0.0);
            let faded = (-age / 24.0 / MEMORY).exp();
            faded * (1.0 - a_week.powf(times)) / (1.0 - a_week) / 24.0
        })
        .collect()
}

fn fading(passed: TimeDelta) -> f64 {
    (-days(passed) / MEMORY).exp()
}

pub(crate) fn days(delta: TimeDelta) -> f64 {
    delta.as_seconds_f64() / 86_400.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    /// Looks every two hours for `weeks` at a source that publishes at nine on working days.
    fn office(weeks: i64) -> Rhythm {
        let start = at("2026-01-05T00:00:00Z");
        let mut rhythm = learn(None, SourceKind::Government, start, &Sighting::default());
        for look in 1..=weeks * 84 {
            let now = start + TimeDelta::hours(2 * look);
            let nine = now.date_naive().and_hms_opt(9, 0, 0).unwrap().and_utc();
            let came = rhythm.until < nine && nine <= now && hour_of_week(now) < 5 * 24;
            let items = if came { vec![Some(nine)] } else { Vec::new() };
            let sighting = Sighting { items, ..Sighting::default() };
            rhythm = learn(Some(rhythm), SourceKind::Government, now, &sighting);
        }
        rhythm
    }

    #[test]
    fn the_hours_of_the_week_begin_on_monday() {
        assert_eq!(hour_of_week(at("2026-03-02T00:59:59Z")), 0);
        assert_eq!(hour_of_week(at("2026-03-08T23:00:00Z")), 167);
        assert_eq!(hour_of_week(at("1970-01-01T05:00:00Z")), 77);
        assert_eq!(hour_of_week(at("1969-12-31T23:00:00Z")), 71);
    }

    #[test]
    fn an_office_that_publishes_at_nine_is_known_as_one() {
        let rhythm = office(12);
        let rates = Rates::of(&rhythm, SourceKind::Government);
        let nine = 24 + 9;
        assert!((0..24).all(|hour| rates.alone[24 + hour] <= rates.alone[nine]));
        assert!(5.0 * rates.alone[3] < rates.alone[nine], "{:?}", &rates.alone[24..48]);
        assert!(5.0 * rates.alone[5 * 24 + 9] < rates.alone[nine], "saturday is no working day");
        let per_day = rates.per_day();
        assert!((0.5..1.3).contains(&per_day), "5 a week, told as {per_day} a day");
    }

    #[test]
    fn a_new_source_is_taken_for_what_is_usual_and_believed_step_by_step() {
        let kind = SourceKind::Government;
        let start = at("2026-01-05T00:00:00Z");
        let new = learn(None, kind, start, &Sighting::default());
        let first = Rates::of(&new, kind).per_day();
        assert!((first - usual_rate(kind)).abs() < 0.3, "{first}");
        let rates: Vec<f64> = (1..8).map(|n| Rates::of(&office(n), kind).per_day()).collect();
        assert!(rates.is_sorted_by(|a, b| b <= a), "{rates:?}");
        assert_eq!(weight(&new, kind), 0.4);
        let told = Sighting { articles: 90, relevant: 0, ..Sighting::default() };
        let dull = learn(Some(new), kind, start, &told);
        assert!(weight(&dull, kind) < 0.05);
    }

    #[test]
    fn the_first_look_learns_from_what_the_listing_remembers() {
        let now = at("2026-03-02T12:00:00Z");
        let mut items: Vec<_> = (1..=20).map(|n| Some(now - TimeDelta::hours(6 * n))).collect();
        // Neither an archive nor a lie nor a silence counts.
        items.extend([Some(now - TimeDelta::days(900)), Some(now + TimeDelta::days(2)), None]);
        let sighting = Sighting { items, ..Sighting::default() };
        let rhythm = learn(None, SourceKind::News, now, &sighting);
        assert_eq!(rhythm.since, now - TimeDelta::hours(120));
        assert!((18.0..=19.0).contains(&rhythm.items), "{}", rhythm.items);
    }

    #[test]
    fn a_moment_that_cannot_be_is_put_between_the_looks() {
        let (last, now) = (at("2026-03-02T08:00:00Z"), at("2026-03-02T12:00:00Z"));
        let told = [Some(at("2026-03-02T00:00:00Z")), None, Some(at("2026-03-02T11:00:00Z"))];
        let expect = ["2026-03-02T09:00:00Z", "2026-03-02T11:00:00Z", "2026-03-02T11:00:00Z"];
        assert_eq!(moments(last, now, &told), expect.map(at));
        assert_eq!(moments(now, last, &[None]), [now], "a clock set back is no panic");
    }

    #[test]
    fn a_burst_is_told_from_as_many_single_items() {
        let start = at("2026-01-05T00:00:00Z");
        let day = |n: i64| start + TimeDelta::days(n);
        let grown = |gap: TimeDelta| {
            (1..60).fold(learn(None, SourceKind::News, start, &Sighting::default()), |known, n| {
                let items = (0..6).map(|i| Some(day(n - 1) + gap * i + gap / 2)).collect();
                let sighting = Sighting { items, ..Sighting::default() };
                learn(Some(known), SourceKind::News, day(n), &sighting)
            })
        };
        let bursts = Rates::of(&grown(TimeDelta::minutes(5)), SourceKind::News);
        let even = Rates::of(&grown(TimeDelta::hours(4)), SourceKind::News);
        assert!(even.share + 0.2 < bursts.share, "{} {}", even.share, bursts.share);
        for rates in [bursts, even] {
            assert!((4.0..9.0).contains(&rates.per_day()), "{}", rates.per_day());
        }
    }
}
