//! The next looks at a source: those whose waiting and requests together cost least.
//!
//! A request costs the [`Price`], the same for every source; an item that waits for the next look
//! costs its waiting times the source's weight. Asking of every source alone what costs least, at
//! one price for all, spends a budget where it saves most: the price is the budget's Lagrange
//! multiplier. (For a source without hours or bursts the answer is a fixed gap with a rate in
//! proportion to √(weight × items per day), the known optimum.) Rates differ by hour and after each
//! item, so the cheapest sequence of looks over the next day and a half is found by dynamic
//! programming over a grid of moments; only its first look is kept, and the next visit, which
//! knows more, plans again.
//!
//! Long waits count a little more than in proportion ([`PATIENCE`]): readers bear two waits of an
//! hour better than one of two.

use chrono::{DateTime, TimeDelta, Utc};

use crate::model::rhythm::{Gaps, Price, Rhythm};
use crate::model::source::SourceKind;
use crate::rhythm::learned::{Rates, WAKE, days, weight};

/// A wait of so many days counts double.
const PATIENCE: f64 = 0.5;
/// Steps of the grid: this many of the finest, then of the middle, then of the coarse length.
const FINE_STEPS: u32 = 36;
const MIDDLE_STEPS: u32 = 30;
const COARSE_STEPS: u32 = 56;
/// The plan reaches so far, and half as far again as the longest gap.
const REACH: TimeDelta = TimeDelta::hours(36);
/// The finest step is never shorter than this, the usual never longer.
const FINEST: TimeDelta = TimeDelta::minutes(1);
const FINE: TimeDelta = TimeDelta::minutes(5);

/// What the planning of a source's looks depends on.
#[derive(Debug, Clone, Copy)]
pub struct Terms {
    pub kind: SourceKind,
    pub gaps: Gaps,
    /// Requests of one look: the source's listings.
    pub requests: usize,
    pub price: Price,
}

/// The next looks at a source whose rhythm was brought up to date at its last look, in order; at
/// least one.
///
/// ```
/// use sanctionwatch::model::rhythm::{Gaps, Price, Sighting};
/// use sanctionwatch::model::source::SourceKind;
/// use sanctionwatch::rhythm::{learn, plan, Terms};
/// let now = "2026-03-02T09:00:00Z".parse().unwrap();
/// let kind = SourceKind::Government;
/// let rhythm = learn(None, kind, now, &Sighting::default());
/// let price = Price { log: -6.0, at: now, since: now };
/// let terms = Terms { kind, gaps: Gaps::default(), requests: 1, price };
/// let looks = plan(&rhythm, &terms);
/// assert!(now < looks[0] && looks.is_sorted());
/// ```
pub fn plan(rhythm: &Rhythm, terms: &Terms) -> Vec<DateTime<Utc>> {
    let Gaps { shortest, longest } = terms.gaps;
    let longest = longest.max(shortest);
    let grid = Grid::new(rhythm, terms);
    let last = grid.at.len() - 1;
    let look = terms.price.value() * terms.requests.max(1) as f64;
    // Backwards: what all looks after a look at `from` cost, and where the first of them is.
    let mut cost = vec![0.0; grid.at.len()];
    let mut next = vec![last; grid.at.len()];
    for from in (0..last).rev() {
        let first = grid.first_from(from, grid.at[from] + days(shortest)).min(last);
        let until = grid.at[from] + days(longest);
        let mut best = f64::INFINITY;
        for (to, later) in cost.iter().enumerate().skip(first.max(from + 1)) {
            if until < grid.at[to] && best.is_finite() {
                break;
            }
            let total = look + grid.waiting(from, to) + later;
            if total < best {
                (best, next[from]) = (total, to);
            }
        }
        cost[from] = best;
    }
    let path = std::iter::successors(Some(next[0]), |at| (*at < last).then(|| next[*at]));
    let moment = |index: usize| {
        let gap = TimeDelta::milliseconds((grid.at[index] * 86_400_000.0) as i64);
        rhythm.until + gap
    };
    let mut looks: Vec<DateTime<Utc>> = path.map(moment).collect();
    if let Some(first) = looks.first_mut() {
        *first = (*first).clamp(rhythm.until + shortest, rhythm.until + longest);
    }
    looks
}

/// Moments at which one may look, and the items expected until each.
struct Grid {
    weight: f64,
    /// Days from the last look; the first is zero.
    at: Vec<f64>,
    /// Integrals from the last look of the expected rate, of rate × time, of rate × time².
    items: Vec<f64>,
    moments: Vec<f64>,
    squares: Vec<f64>,
}

impl Grid {
    fn new(rhythm: &Rhythm, terms: &Terms) -> Self {
        let rates = Rates::of(rhythm, terms.kind);
        let at = marks(terms.gaps);
        let mut grid = Self {
            weight: weight(rhythm, terms.kind),
            items: Vec::with_capacity(at.len()),
            moments: Vec::with_capacity(at.len()),
            squares: Vec::with_capacity(at.len()),
            at,
        };
        let (mut items, mut moments, mut squares) = (0.0, 0.0, 0.0);
        let mut wake = rates.share * rhythm.wake;
        let mut before = 0.0;
        for now in &grid.at {
            let step = now - before;
            let middle = before + step / 2.0;
            let moment = rhythm.until + TimeDelta::seconds((middle * 86_400.0) as i64);
            let alone = rates.alone_at(moment);
            // The wake dies down, and items to come have wakes of their own.
            let rest = rates.share * alone / (1.0 - rates.share);
            let later = rest + (wake - rest) * (-(1.0 - rates.share) * step / WAKE).exp();
            let expected = (alone + (wake + later) / 2.0) * step;
            items += expected;
            moments += expected * middle;
            squares += expected * middle * middle;
            grid.items.push(items);
            grid.moments.push(moments);
            grid.squares.push(squares);
            (wake, before) = (later, *now);
        }
        grid
    }

    /// What the items that come between two looks cost by waiting for the second.
    fn waiting(&self, from: usize, to: usize) -> f64 {
        let end = self.at[to];
        let items = self.items[to] - self.items[from];
        let moments = self.moments[to] - self.moments[from];
        let squares = self.squares[to] - self.squares[from];
        let waits = end * items - moments;
        let squared = end * end * items - 2.0 * end * moments + squares;
        self.weight * (waits + squared / PATIENCE)
    }

    fn first_from(&self, from: usize, time: f64) -> usize {
        from + self.at[from..].partition_point(|at| *at < time - 1e-9)
    }
}

/// Days from the last look to each moment of the grid: fine at first, coarser further on.
fn marks(gaps: Gaps) -> Vec<f64> {
    let fine = gaps.shortest.clamp(FINEST, FINE);
    let middle = fine * 2;
    let near = fine * FINE_STEPS.cast_signed() + middle * MIDDLE_STEPS.cast_signed();
    let coarse = (REACH.max(gaps.longest * 3 / 2) - near) / COARSE_STEPS.cast_signed();
    let steps = [(FINE_STEPS, fine), (MIDDLE_STEPS, middle), (COARSE_STEPS, coarse)];
    let mut at = vec![0.0];
    let mut time = 0.0;
    for (count, step) in steps {
        for _ in 0..count {
            time += days(step);
            at.push(time);
        }
    }
    at
}

/// The price at which sources with these rates and weights take about `per_day` requests a day:
/// where a budget begins, before [`Price::after`] corrects it.
///
/// Takes every hour's rate for constant, which makes the cheapest gap the one whose waiting grows
/// by the price.
pub fn fair_price(sources: &[(Rates, f64)], per_day: f64, now: DateTime<Utc>) -> Price {
    let requests = |log: f64| -> f64 {
        let of_source = |(rates, weight): &(Rates, f64)| {
            let looks = rates
                .alone
                .iter()
                .map(|alone| looks_per_day(log.exp(), weight * alone / (1.0 - rates.share)));
            looks.sum::<f64>() / rates.alone.len() as f64
        };
        sources.iter().map(of_source).sum()
    };
    let (mut low, mut high) = Price::BOUNDS;
    for _ in 0..30 {
        let middle = f64::midpoint(low, high);
        if requests(middle) < per_day { high = middle } else { low = middle }
    }
    Price { log: f64::midpoint(low, high), at: now, since: now }
}

/// The cheapest looks a day where `rate` weighted items a day come evenly.
fn looks_per_day(price: f64, rate: f64) -> f64 {
    let Gaps { shortest, longest } = Gaps::default();
    // A gap costs price / gap + rate × (gap / 2 + gap² / (3 patience)) a day. Its minimum solves
    // price = rate × gap² × (1 / 2 + 2 gap / (3 patience)); a few rounds come close enough.
    let mut gap = (2.0 * price / rate).sqrt();
    for _ in 0..4 {
        gap = (price / (rate * (0.5 + 2.0 * gap / (3.0 * PATIENCE)))).sqrt();
    }
    1.0 / gap.clamp(days(shortest), days(longest))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::rhythm::Sighting;
    use crate::rhythm::learn;

    const KIND: SourceKind = SourceKind::News;

    fn start() -> DateTime<Utc> {
        "2026-03-02T00:00:00Z".parse().unwrap()
    }

    fn terms(log: f64, gaps: Gaps) -> Terms {
        Terms { kind: KIND, gaps, requests: 1, price: Price { log, at: start(), since: start() } }
    }

    fn unknown() -> Rhythm {
        learn(None, KIND, start(), &Sighting::default())
    }

    #[test]
    fn the_dearer_a_request_the_later_the_look() {
        let gaps = Gaps { shortest: TimeDelta::minutes(1), longest: TimeDelta::days(3) };
        let looks: Vec<_> =
            (-14..4).map(|log| plan(&unknown(), &terms(f64::from(log), gaps))[0]).collect();
        assert!(looks.is_sorted(), "{looks:?}");
        assert!(looks[0] < looks[17]);
    }

    #[test]
    fn every_look_keeps_the_gaps() {
        let cases = [(1, 5), (5, 720), (60, 60), (600, 900), (1440, 44_640)];
        for (shortest, longest) in
            cases.map(|(a, b)| (TimeDelta::minutes(a), TimeDelta::minutes(b)))
        {
            for log in [-20.0, -8.0, -4.0, 0.0, 5.0] {
                let looks = plan(&unknown(), &terms(log, Gaps { shortest, longest }));
                let gap = looks[0] - start();
                assert!(shortest <= gap && gap <= longest, "{shortest} {gap} {longest} at {log}");
                assert!(looks.is_sorted_by(|a, b| a < b), "{looks:?}");
            }
        }
    }

    #[test]
    fn an_item_just_seen_brings_the_next_look_nearer() {
        let now = start() + TimeDelta::days(10);
        let known = |items: Vec<_>| {
            learn(Some(unknown()), KIND, now, &Sighting { items, ..Sighting::default() })
        };
        let calm = plan(&known(Vec::new()), &terms(-5.0, Gaps::default()))[0];
        let items = vec![Some(now - TimeDelta::minutes(2)); 3];
        let stirred = plan(&known(items), &terms(-5.0, Gaps::default()))[0];
        assert!(stirred < calm, "{stirred} {calm}");
    }

    #[test]
    fn a_fair_price_meets_the_budget() {
        let rhythm = unknown();
        let expected = vec![(Rates::of(&rhythm, KIND), weight(&rhythm, KIND)); 10];
        for per_day in [240.0, 480.0, 960.0] {
            let price = fair_price(&expected, per_day, start());
            let looks = plan(&rhythm, &terms(price.log, Gaps::default()));
            // Within the fine part of the grid.
            let reach = start() + TimeDelta::hours(8);
            let made = 30.0 * looks.iter().filter(|look| **look <= reach).count() as f64;
            assert!((0.75..1.35).contains(&(made / per_day)), "{made} for {per_day}");
        }
    }
}
