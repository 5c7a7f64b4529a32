//! Which story a report joins as it arrives: the one with the largest average similarity, if that is
//! large enough for its length.

use std::collections::VecDeque;

use crate::stories::features::Features;
use crate::text::quick_hash::QuickMap;

/// Average similarity with the reports of a story from which a report joins it: for a report of
/// [`SHORT`] words, and by how much more for each e-fold of its length.
const JOIN: f32 = 0.04;
const JOIN_SLOPE: f32 = 0.02;
const SHORT: f32 = 10.0;
/// A feature that so many open stories bear does not tell them apart.
const BEARERS_MOST: usize = 200;
/// Features whose commonness is remembered; beyond, all counts are halved, and what is then at zero is
/// forgotten.
const FEATURES_MOST: usize = 1 << 18;
/// Seconds of the Gaussian by which similarity fades with the time between report and story.
const FADE_SECONDS: f32 = 24.0 * 3600.0;

/// The open stories and how common each feature is.
#[derive(Debug, Default)]
pub(crate) struct Joiner {
    /// Reports seen.
    reports: usize,
    features: QuickMap<u64, Known>,
    open: Vec<Open>,
    /// Where a story stands in `open`.
    places: QuickMap<usize, usize>,
    /// The latest reports, which may still be regrouped.
    vectors: VecDeque<Vector>,
    /// The number of the first of them.
    first: usize,
    /// What the report at hand has in common with each open story; zero between reports.
    shared: Vec<f32>,
}

/// A feature: in how many reports it stood, and its weight in the open stories that bear it.
#[derive(Debug, Default)]
struct Known {
    reports: u32,
    bearers: Vec<Bearer>,
}

#[derive(Debug, Clone, Copy)]
struct Bearer {
    place: usize,
    /// The sum over the story's reports.
    weight: f32,
}

#[derive(Debug)]
struct Open {
    story: usize,
    reports: f32,
    latest: Option<i64>,
}

/// A report as a vector of length 1, and its moment.
#[derive(Debug)]
struct Vector {
    weights: Vec<Weight>,
    at: Option<i64>,
}

#[derive(Debug, Clone, Copy)]
struct Weight {
    hash: u64,
    weight: f32,
}

impl Joiner {
    /// The story that report `number` joins: an open one, or a new one with its own number.
    pub(crate) fn join(&mut self, features: &Features, at: Option<i64>, number: usize) -> usize {
        self.reports += 1;
        let vector = Vector { weights: self.unit(features), at };
        let longer = (features.words.max(1) as f32 / SHORT).ln().max(0.0);
        let threshold = JOIN + JOIN_SLOPE * longer;
        let best = self.best(&vector).filter(|(_, similarity)| threshold <= *similarity);
        let story = best.map_or(number, |(place, _)| self.open[place].story);
        self.put(story, &vector);
        self.vectors.push_back(vector);
        story
    }

    /// Takes over what settling decided for the reports from `first` on. Stories without any of
    /// them are closed.
    pub(crate) fn regroup(&mut self, first: usize, stories: &[usize]) {
        self.vectors.drain(..first - self.first);
        self.first = first;
        self.open.clear();
        self.places.clear();
        if FEATURES_MOST < self.features.len() {
            self.reports /= 2;
            self.features.retain(|_, known| {
                known.reports /= 2;
                0 < known.reports
            });
        }
        self.features.values_mut().for_each(|known| known.bearers.clear());
        let vectors = std::mem::take(&mut self.vectors);
        for (vector, story) in vectors.iter().zip(stories) {
            self.put(*story, vector);
        }
        self.vectors = vectors;
    }

    fn put(&mut self, story: usize, vector: &Vector) {
        let place = *self.places.entry(story).or_insert_with(|| {
            self.open.push(Open { story, reports: 0.0, latest: None });
            self.open.len() - 1
        });
        for Weight { hash, weight } in &vector.weights {
            let bearers = &mut self.features.entry(*hash).or_default().bearers;
            // Stories that were joined lately stand at the end.
            match bearers.iter().rposition(|bearer| bearer.place == place) {
                Some(known) => bearers[known].weight += weight,
                None if bearers.len() <= BEARERS_MOST => {
                    bearers.push(Bearer { place, weight: *weight });
                }
                None => {}
            }
        }
        self.open[place].reports += 1.0;
        self.open[place].latest = self.open[place].latest.max(vector.at);
    }

    fn best(&mut self, vector: &Vector) -> Option<(usize, f32)> {
        self.shared.resize(self.open.len(), 0.0);
        let mut touched: Vec<usize> = Vec::new();
        for Weight { hash, weight } in &vector.weights {
            let Some(known) = self.features.get(hash) else { continue };
            if BEARERS_MOST < known.bearers.len() {
                continue;
            }
            for bearer in &known.bearers {
                if self.shared[bearer.place] == 0.0 {
                    touched.push(bearer.place);
                }
                self.shared[bearer.place] += weight * bearer.weight;
            }
        }
        let mut best: Option<(usize, f32)> = None;
        for place in touched {
            let open = &self.open[place];
            let similarity = self.shared[place] / open.reports * fade(vector.at, open.latest);
            self.shared[place] = 0.0;
            if best.is_none_or(|(_, most)| most < similarity) {
                best = Some((place, similarity));
            }
        }
        best
    }

    /// The features weighed by how rare they are, scaled to length 1; counts the report.
    fn unit(&mut self, features: &Features) -> Vec<Weight> {
        let total = self.reports as f32 + 1.0;
        let mut weights: Vec<Weight> = Vec::with_capacity(features.counts.len());
        for feature in &features.counts {
            let known = self.features.entry(feature.hash).or_default();
            known.reports += 1;
            let rarity = (total / known.reports as f32).ln().max(0.0);
            weights.push(Weight { hash: feature.hash, weight: feature.weight * rarity });
        }
        let length = weights.iter().map(|entry| entry.weight * entry.weight).sum::<f32>().sqrt();
        if 0.0 < length {
            weights.iter_mut().for_each(|entry| entry.weight /= length);
        }
        weights
    }
}

/// How much of a similarity remains over the time between two moments; all where one is unknown.
pub(crate) fn fade(one: Option<i64>, other: Option<i64>) -> f32 {
    let (Some(one), Some(other)) = (one, other) else { return 1.0 };
    let apart = one.abs_diff(other) as f32 / FADE_SECONDS;
    (-apart * apart / 2.0).exp()
}
