//! Which story a report joins as it arrives: the one with the largest average similarity, if that is
//! large enough for its length.

use std::collections::HashMap;

use crate::stories::features::Features;

/// Average similarity with the reports of a story from which a report joins it: for a report of
/// [`SHORT`] words, and by how much more for each e-fold of its length.
const JOIN: f32 = 0.14;
const JOIN_SLOPE: f32 = 0.03;
const SHORT: f32 = 10.0;
/// A feature that so many open stories bear does not tell them apart.
const BEARERS_MOST: usize = 200;
/// Stories a report may join: the latest ones.
const OPEN_MOST: usize = 8192;
/// Seconds of the Gaussian by which similarity fades with the time between report and story.
const FADE_SECONDS: f32 = 72.0 * 3600.0;

/// The open stories and how common each feature is.
#[derive(Debug, Default)]
pub(crate) struct Joiner {
    /// Reports seen.
    reports: usize,
    /// In how many reports a feature stood.
    documents: HashMap<u64, u32>,
    open: Vec<Open>,
    /// Where a story stands in `open`.
    places: HashMap<usize, usize>,
    bearers: HashMap<u64, Vec<usize>>,
    /// The unit vectors of the reports that may still be regrouped, by number.
    vectors: Vec<Vector>,
    first_vector: usize,
}

#[derive(Debug, Default)]
struct Open {
    story: usize,
    /// The sum of its reports' unit vectors.
    sum: HashMap<u64, f32>,
    size: f32,
    latest: Option<i64>,
}

/// A unit vector and its moment.
#[derive(Debug, Default, Clone)]
struct Vector {
    weights: Vec<(u64, f32)>,
    at: Option<i64>,
}

impl Joiner {
    /// The story that report `number` joins: a known one, or a new one with its own number.
    pub(crate) fn join(&mut self, features: &Features, at: Option<i64>, number: usize) -> usize {
        self.reports += 1;
        for feature in &features.counts {
            *self.documents.entry(feature.hash).or_default() += 1;
        }
        let vector = Vector { weights: self.unit(features), at };
        let threshold = JOIN + JOIN_SLOPE * (features.words.max(1) as f32 / SHORT).ln().max(0.0);
        let best = self.best(&vector).filter(|(_, similarity)| threshold <= *similarity);
        let story = best.map_or(number, |(place, _)| self.open[place].story);
        self.put(story, &vector);
        self.vectors.push(vector);
        story
    }

    /// Takes over what settling decided for the reports from `first` on. Stories without any of
    /// them are closed.
    pub(crate) fn regroup(&mut self, first: usize, stories: &[usize]) {
        self.vectors.drain(..first - self.first_vector);
        self.first_vector = first;
        self.open.clear();
        self.places.clear();
        self.bearers.clear();
        let vectors = std::mem::take(&mut self.vectors);
        for (vector, story) in vectors.iter().zip(stories) {
            self.put(*story, vector);
        }
        self.vectors = vectors;
    }

    fn put(&mut self, story: usize, vector: &Vector) {
        let place = *self.places.entry(story).or_insert_with(|| {
            self.open.push(Open { story, ..Open::default() });
            self.open.len() - 1
        });
        let open = &mut self.open[place];
        for (hash, weight) in &vector.weights {
            let sum = open.sum.entry(*hash).or_insert_with(|| {
                self.bearers.entry(*hash).or_default().push(place);
                0.0
            });
            *sum += weight;
        }
        open.size += 1.0;
        open.latest = open.latest.max(vector.at);
    }

    fn best(&self, vector: &Vector) -> Option<(usize, f32)> {
        let oldest = self.open.len().saturating_sub(OPEN_MOST);
        let mut shared: HashMap<usize, f32> = HashMap::new();
        for (hash, weight) in &vector.weights {
            let Some(bearers) = self.bearers.get(hash) else { continue };
            if BEARERS_MOST < bearers.len() {
                continue;
            }
            for place in bearers.iter().filter(|place| oldest <= **place) {
                let open = &self.open[*place];
                *shared.entry(*place).or_default() += weight * open.sum[hash] / open.size;
            }
        }
        let fading = |place: usize| fade(vector.at, self.open[place].latest);
        let faded = shared.into_iter().map(|(place, shared)| (place, shared * fading(place)));
        faded.max_by(|one, other| one.1.total_cmp(&other.1).then(other.0.cmp(&one.0)))
    }

    /// The features weighed by how rare they are, scaled to length 1.
    fn unit(&self, features: &Features) -> Vec<(u64, f32)> {
        let mut weights: Vec<(u64, f32)> = features
            .counts
            .iter()
            .map(|feature| {
                let documents = self.documents[&feature.hash] as f32;
                (feature.hash, feature.weight * ((self.reports as f32 + 1.0) / documents).ln())
            })
            .collect();
        let length = weights.iter().map(|(_, weight)| weight * weight).sum::<f32>().sqrt();
        if 0.0 < length {
            weights.iter_mut().for_each(|(_, weight)| *weight /= length);
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
