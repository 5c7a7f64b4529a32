//! Settling: reports that are all at hand are parted into stories.
//!
//! Features are weighed by how rare they are among these reports. Each report then takes over some of
//! the features of its nearest neighbours: two headlines about one event may share no word, but they
//! share neighbours (a step of diffusion on the graph of nearest neighbours). Average-link clustering
//! of the result is cut where the similarity falls below what reports of their length need.
//!
//! The clustering follows chains of nearest neighbours (Murtagh 1983, A survey of recent advances in
//! hierarchical clustering algorithms), which for average linkage gives what the greedy way gives,
//! in time and memory of the square of the reports.

use std::mem::take;

use crate::stories::features::{Feature, Features};
use crate::text::quick_hash::QuickMap;

/// Nearest neighbours a report learns from: short reports need more of them.
const NEIGHBOURS_SHORT: usize = 20;
const NEIGHBOURS_LONG: usize = 6;
/// From so many words on a report is long.
const LONG: usize = 40;
/// Average similarity of two reports of one story: for reports of [`SHORT`] words, and by how much
/// more for each e-fold of their length, up to [`LENGTH_MOST`] words.
const SAME: f32 = 0.12;
const SAME_SLOPE: f32 = 0.07;
const SHORT: f32 = 9.0;
const LENGTH_MOST: usize = 400;
/// A feature on more than this share of the reports tells nothing, if it is on more than a few.
const COMMON: f32 = 0.25;
const FEW: usize = 20;
/// Seconds of the Gaussian by which similarity fades with the time between two reports.
const FADE_SECONDS: f32 = 24.0 * 3600.0;
/// Features a report is described by after it has learnt from its neighbours.
const FEATURES_MOST: usize = 400;

/// One report to be settled.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Report<'a> {
    pub(crate) features: &'a Features,
    /// Seconds since 1970.
    pub(crate) at: Option<i64>,
}

/// A sparse vector of length 1 or less: features by number.
type Vector = Vec<Entry>;

#[derive(Debug, Clone, Copy)]
struct Entry {
    feature: u32,
    weight: f32,
}

/// For each report the group it belongs to.
pub(crate) fn groups(reports: &[Report<'_>]) -> Vec<usize> {
    let vectors = unit_vectors(reports);
    let features = 1 + vectors.iter().flatten().map(|entry| entry.feature).max().unwrap_or(0);
    let near = Similarities::between(&vectors, features, reports);
    let mut sum = Sum::over(features);
    let learnt: Vec<Vector> = (0..reports.len())
        .map(|report| learn(report, reports, &vectors, &near, &mut sum))
        .collect();
    drop(near);
    let mut excess = Similarities::between(&learnt, features, reports);
    excess.subtract_needs(reports);
    cluster(excess)
}

/// The reports as vectors, features weighed by their rarity.
fn unit_vectors(reports: &[Report<'_>]) -> Vec<Vector> {
    // Features are numbered as they come, so that each is looked up once.
    let mut numbers: QuickMap<u64, u32> = QuickMap::default();
    let mut bearers: Vec<usize> = Vec::new();
    let mut numbered = |feature: &Feature| {
        let next = u32::try_from(bearers.len()).expect("fewer features than 2^32");
        let number = *numbers.entry(feature.hash).or_insert(next);
        if number == next {
            bearers.push(0);
        }
        bearers[number as usize] += 1;
        Entry { feature: number, weight: feature.weight }
    };
    let vectors: Vec<Vector> = reports
        .iter()
        .map(|report| report.features.counts.iter().map(&mut numbered).collect())
        .collect();
    let total = reports.len() as f32;
    let most = ((COMMON * total) as usize).max(FEW);
    let rarity: Vec<f32> =
        bearers.iter().map(|bearers| (total / *bearers as f32).ln().max(f32::EPSILON)).collect();
    // Those that count are numbered anew, without gaps.
    let mut shared: Vec<Option<u32>> = vec![None; bearers.len()];
    let mut next = 0..;
    let mut vector = |all: Vector| {
        let mut vector: Vector = Vec::with_capacity(all.len());
        let mut square = 0.0;
        for Entry { feature, weight } in all {
            let feature = feature as usize;
            if most < bearers[feature] {
                continue;
            }
            let weight = weight * rarity[feature];
            square += weight * weight;
            // What one report alone says joins it with nobody, but it is part of what it says.
            if 1 < bearers[feature] {
                let number = *shared[feature].get_or_insert_with(|| next.next().expect("endless"));
                vector.push(Entry { feature: number, weight });
            }
        }
        scaled(vector, square)
    };
    vectors.into_iter().map(&mut vector).collect()
}

/// The vector divided by the square root of `square`.
fn scaled(mut vector: Vector, square: f32) -> Vector {
    let length = square.sqrt();
    if 0.0 < length {
        vector.iter_mut().for_each(|entry| entry.weight /= length);
    }
    vector
}

/// A report with some of what its nearest neighbours say, each weighed by its similarity.
fn learn(
    report: usize,
    reports: &[Report<'_>],
    vectors: &[Vector],
    near: &Similarities,
    sum: &mut Sum,
) -> Vector {
    let short = reports[report].features.words < LONG;
    let wanted = if short { NEIGHBOURS_SHORT } else { NEIGHBOURS_LONG };
    let mut neighbours: Vec<(usize, f32)> = (0..reports.len())
        .filter(|other| *other != report)
        .map(|other| (other, near.get(report, other)))
        .filter(|(_, similarity)| 0.0 < *similarity)
        .collect();
    let nearest = |one: &(usize, f32), other: &(usize, f32)| {
        other.1.total_cmp(&one.1).then(one.0.cmp(&other.0))
    };
    if wanted < neighbours.len() {
        neighbours.select_nth_unstable_by(wanted, nearest);
        neighbours.truncate(wanted);
    }
    for (other, share) in neighbours.into_iter().chain([(report, 1.0)]) {
        sum.add(&vectors[other], share);
    }
    let mut learnt = sum.take();
    let heaviest = |one: &Entry, other: &Entry| {
        other.weight.total_cmp(&one.weight).then(one.feature.cmp(&other.feature))
    };
    if FEATURES_MOST < learnt.len() {
        learnt.select_nth_unstable_by(FEATURES_MOST, heaviest);
        learnt.truncate(FEATURES_MOST);
    }
    learnt.sort_unstable_by_key(|entry| entry.feature);
    // What it alone says it goes on saying.
    let own = (1.0 - square(&vectors[report])).max(0.0);
    let all = square(&learnt) + own;
    scaled(learnt, all)
}

/// A sum of vectors. It has a place for every feature, and is used again and again.
struct Sum {
    weights: Vec<f32>,
    /// The features whose place is not zero.
    touched: Vec<u32>,
}

impl Sum {
    fn over(features: u32) -> Self {
        Self { weights: vec![0.0; features as usize], touched: Vec::new() }
    }

    /// Weights are above zero, and so is `share`.
    fn add(&mut self, vector: &[Entry], share: f32) {
        for entry in vector {
            let weight = &mut self.weights[entry.feature as usize];
            if *weight == 0.0 {
                self.touched.push(entry.feature);
            }
            *weight += share * entry.weight;
        }
    }

    /// The sum in no order; what is left is zero.
    fn take(&mut self) -> Vector {
        let weights = &mut self.weights;
        let entry = |feature| Entry { feature, weight: take(&mut weights[feature as usize]) };
        self.touched.drain(..).map(entry).collect()
    }
}

fn square(vector: &[Entry]) -> f32 {
    vector.iter().map(|entry| entry.weight * entry.weight).sum()
}

/// A number for each pair of reports.
#[derive(Debug)]
struct Similarities {
    size: usize,
    /// Rows one after the other; the matrix is symmetric.
    values: Vec<f32>,
}

impl Similarities {
    /// Dot products of the vectors, faded by the time between the reports.
    fn between(vectors: &[Vector], features: u32, reports: &[Report<'_>]) -> Self {
        let size = vectors.len();
        let mut values = vec![0.0; size * size];
        let mut bearers: Vec<Vec<(u32, f32)>> = vec![Vec::new(); features as usize];
        for (row, vector) in vectors.iter().enumerate() {
            let line = &mut values[row * size..(row + 1) * size];
            for entry in vector {
                for (column, weight) in &bearers[entry.feature as usize] {
                    line[*column as usize] += entry.weight * weight;
                }
            }
            for (value, report) in line.iter_mut().zip(&reports[..row]) {
                if 0.0 < *value {
                    *value *= fade(reports[row].at, report.at);
                }
            }
            let number = u32::try_from(row).expect("fewer reports than 2^32");
            for entry in vector {
                bearers[entry.feature as usize].push((number, entry.weight));
            }
        }
        let mut similarities = Self { size, values };
        similarities.mirror();
        similarities
    }

    /// Copies what is below the diagonal above it, square by square: a column of a large matrix has each
    /// number on a cache line of its own.
    fn mirror(&mut self) {
        const SIDE: usize = 32;
        let size = self.size;
        for top in (0..size).step_by(SIDE) {
            for left in (0..=top).step_by(SIDE) {
                for row in top..size.min(top + SIDE) {
                    for column in left..row.min(left + SIDE) {
                        self.values[column * size + row] = self.values[row * size + column];
                    }
                }
            }
        }
    }

    fn get(&self, one: usize, other: usize) -> f32 {
        self.values[one * self.size + other]
    }

    /// Takes off what two reports of their lengths need to be of one story: what is left above zero
    /// speaks for it, below zero against it.
    fn subtract_needs(&mut self, reports: &[Report<'_>]) {
        let need = |report: &Report<'_>| {
            let words = report.features.words.clamp(1, LENGTH_MOST) as f32;
            (SAME + SAME_SLOPE * (words / SHORT).ln()) / 2.0
        };
        let needs: Vec<f32> = reports.iter().map(need).collect();
        for (row, line) in self.values.chunks_mut(self.size.max(1)).enumerate() {
            for (value, need) in line.iter_mut().zip(&needs) {
                *value -= needs[row] + need;
            }
        }
    }
}

/// How much of a similarity remains over the time between two moments; all where one is unknown.
fn fade(one: Option<i64>, other: Option<i64>) -> f32 {
    let (Some(one), Some(other)) = (one, other) else { return 1.0 };
    let apart = one.abs_diff(other) as f32 / FADE_SECONDS;
    (-apart * apart / 2.0).exp()
}

/// Average-link clustering of what speaks for two reports being one story, as long as something
/// does. Gives each report the number of its cluster's first report.
fn cluster(mut excess: Similarities) -> Vec<usize> {
    let size = excess.size;
    let mut parents: Vec<usize> = (0..size).collect();
    let mut sizes = vec![1.0_f32; size];
    let mut active: Vec<usize> = (0..size).collect();
    let mut chain: Vec<usize> = Vec::new();
    while let Some(&last) = active.last() {
        let tip = *chain.last().unwrap_or(&last);
        if chain.is_empty() {
            chain.push(tip);
        }
        let before = chain.len().checked_sub(2).map(|place| chain[place]);
        let nearest = nearest(&excess, &active, tip, before);
        match nearest {
            // Nobody is near enough: this cluster is complete, and so its chain begins anew.
            None => {
                chain.pop();
                active.retain(|cluster| *cluster != tip);
            }
            Some(other) if Some(other) == before => {
                chain.truncate(chain.len() - 2);
                merge(&mut excess, &mut sizes, &active, tip.min(other), tip.max(other));
                parents[tip.max(other)] = tip.min(other);
                active.retain(|cluster| *cluster != tip.max(other));
            }
            Some(other) => chain.push(other),
        }
    }
    // A parent has a smaller number than its child, so it is complete when the child is reached.
    for report in 0..size {
        parents[report] = parents[parents[report]];
    }
    parents
}

/// The active cluster nearest to `tip`, if anything speaks for one; on a tie the one before it in
/// the chain, without which chains would run in circles.
fn nearest(
    excess: &Similarities,
    active: &[usize],
    tip: usize,
    before: Option<usize>,
) -> Option<usize> {
    let line = &excess.values[tip * excess.size..(tip + 1) * excess.size];
    let mut best = before;
    let mut most = before.map_or(0.0, |before| line[before]);
    for other in active.iter().copied().filter(|other| *other != tip) {
        if most < line[other] {
            (best, most) = (Some(other), line[other]);
        }
    }
    best.filter(|_| 0.0 < most)
}

/// Puts cluster `gone` into cluster `kept`.
fn merge(excess: &mut Similarities, sizes: &mut [f32], active: &[usize], kept: usize, gone: usize) {
    let size = excess.size;
    let (one, other) = (sizes[kept], sizes[gone]);
    for cluster in active.iter().copied().filter(|cluster| *cluster != kept && *cluster != gone) {
        let sum = one * excess.values[kept * size + cluster]
            + other * excess.values[gone * size + cluster];
        let average = sum / (one + other);
        excess.values[kept * size + cluster] = average;
        excess.values[cluster * size + kept] = average;
    }
    sizes[kept] += other;
}
