//! Gradient boosting of regression trees on weighted yes/no labels, by histograms.
//!
//! Friedman's gradient boosting with second-order leaves as in XGBoost (Chen and Guestrin 2016),
//! grown best leaf first on quantised features as in LightGBM (Ke et al. 2017).

use sanctionwatch::extract::{TreeNode, Trees};

/// Quantiles a feature is cut into.
const BINS: usize = 48;

/// How to learn.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Plan {
    pub(crate) trees: usize,
    pub(crate) leaves: usize,
    pub(crate) rate: f64,
    /// Least sum of second derivatives in a leaf.
    pub(crate) leaf_weight: f64,
    /// Shrinks leaves towards 0.
    pub(crate) ridge: f64,
    /// Share of the features each tree may ask.
    pub(crate) features: f64,
    /// Share of the rows each tree sees.
    pub(crate) rows: f64,
}

/// Rows for learning, column by column.
pub(crate) struct Matrix {
    /// Upper edges of each feature's bins.
    edges: Vec<Vec<f32>>,
    /// `bins[feature][row]`.
    bins: Vec<Vec<u8>>,
    rows: usize,
}

impl Matrix {
    /// Quantises rows of `width` features.
    pub(crate) fn of(values: &[f32], width: usize) -> Self {
        let rows = values.len() / width;
        let mut edges = Vec::with_capacity(width);
        let mut bins = Vec::with_capacity(width);
        for feature in 0..width {
            let column: Vec<f32> = (0..rows).map(|row| values[row * width + feature]).collect();
            let edge = quantiles(&column);
            bins.push(
                column
                    .iter()
                    .map(|value| edge.partition_point(|edge| edge < value) as u8)
                    .collect(),
            );
            edges.push(edge);
        }
        Matrix { edges, bins, rows }
    }
}

fn quantiles(column: &[f32]) -> Vec<f32> {
    let mut sorted = column.to_vec();
    sorted.sort_by(f32::total_cmp);
    let mut distinct = sorted.clone();
    distinct.dedup();
    if distinct.len() <= BINS {
        return distinct.windows(2).map(|pair| (pair[0] + pair[1]) / 2.0).collect();
    }
    let mut edges: Vec<f32> = (1..BINS).map(|bin| sorted[bin * sorted.len() / BINS]).collect();
    edges.dedup();
    edges
}

/// Learns from rows with labels 0 to 1 and weights.
pub(crate) fn learn(
    matrix: &Matrix,
    labels: &[f32],
    weights: &[f32],
    plan: Plan,
    seed: u64,
) -> Trees {
    let mut random = Random(seed | 1);
    let positive: f64 = labels.iter().zip(weights).map(|(y, w)| f64::from(y * w)).sum();
    let all: f64 = weights.iter().map(|w| f64::from(*w)).sum();
    let share = (positive / all).clamp(0.01, 0.99);
    let base = (share / (1.0 - share)).ln();
    let mut odds = vec![base; matrix.rows];
    let mut trees = Trees { base: base as f32, ..Trees::default() };
    for _ in 0..plan.trees {
        let slopes: Vec<Slope> = (0..matrix.rows)
            .map(|row| {
                let p = 1.0 / (1.0 + (-odds[row]).exp());
                let weight = f64::from(weights[row]);
                Slope {
                    first: weight * (p - f64::from(labels[row])),
                    second: weight * (p * (1.0 - p)).max(1e-6),
                }
            })
            .collect();
        let features: Vec<usize> =
            (0..matrix.bins.len()).filter(|_| random.share() < plan.features).collect();
        let rows: Vec<u32> =
            (0..matrix.rows as u32).filter(|_| random.share() < plan.rows).collect();
        let tree = grow(matrix, &slopes, &features, rows, plan);
        for (row, odds) in odds.iter_mut().enumerate() {
            *odds += f64::from(tree.value(matrix, row));
        }
        tree.append_to(matrix, &mut trees);
    }
    trees
}

#[derive(Clone, Copy, Default)]
struct Slope {
    first: f64,
    second: f64,
}

impl Slope {
    fn add(&mut self, other: Slope) {
        self.first += other.first;
        self.second += other.second;
    }

    fn minus(self, other: Slope) -> Slope {
        Slope { first: self.first - other.first, second: self.second - other.second }
    }

    fn gain(self, ridge: f64) -> f64 {
        self.first * self.first / (self.second + ridge)
    }
}

struct Tree {
    nodes: Vec<Grown>,
}

enum Grown {
    Split { feature: usize, bin: u8, low: usize, high: usize },
    Leaf(f32),
}

impl Tree {
    fn value(&self, matrix: &Matrix, row: usize) -> f32 {
        let mut at = 0;
        loop {
            match self.nodes[at] {
                Grown::Split { feature, bin, low, high } => {
                    at = if matrix.bins[feature][row] <= bin { low } else { high };
                }
                Grown::Leaf(value) => return value,
            }
        }
    }

    fn append_to(&self, matrix: &Matrix, trees: &mut Trees) {
        let root = trees.nodes.len() as u32;
        trees.roots.push(root);
        for node in &self.nodes {
            trees.nodes.push(match *node {
                Grown::Split { feature, bin, low, high } => TreeNode::Split {
                    feature: feature as u32,
                    threshold: matrix.edges[feature][usize::from(bin)],
                    low: root + low as u32,
                    high: root + high as u32,
                },
                Grown::Leaf(value) => TreeNode::Leaf(value),
            });
        }
    }
}

/// A leaf that may still be split, with the best way to do so.
struct Open {
    node: usize,
    rows: Vec<u32>,
    histogram: Vec<[Slope; BINS]>,
    sum: Slope,
    best: Option<Cut>,
}

#[derive(Clone, Copy)]
struct Cut {
    gain: f64,
    /// Index into the features of this tree.
    column: usize,
    bin: u8,
}

fn grow(matrix: &Matrix, slopes: &[Slope], features: &[usize], rows: Vec<u32>, plan: Plan) -> Tree {
    let mut tree = Tree { nodes: vec![Grown::Leaf(0.0)] };
    let histogram = histogram(matrix, slopes, features, &rows);
    let mut leaves = vec![open(0, rows, histogram, slopes, plan)];
    while leaves.len() < plan.leaves {
        let best = (0..leaves.len())
            .filter_map(|at| leaves[at].best.map(|cut| (at, cut)))
            .max_by(|a, b| a.1.gain.total_cmp(&b.1.gain));
        let Some((at, cut)) = best else { break };
        let leaf = leaves.swap_remove(at);
        let column = &matrix.bins[features[cut.column]];
        let (low_rows, high_rows): (Vec<u32>, Vec<u32>) =
            leaf.rows.iter().partition(|row| column[**row as usize] <= cut.bin);
        let low = tree.nodes.len();
        tree.nodes.push(Grown::Leaf(0.0));
        tree.nodes.push(Grown::Leaf(0.0));
        tree.nodes[leaf.node] =
            Grown::Split { feature: features[cut.column], bin: cut.bin, low, high: low + 1 };
        // Count the smaller side, subtract for the larger.
        let low_is_small = low_rows.len() < high_rows.len();
        let small = if low_is_small { &low_rows } else { &high_rows };
        let counted = crate::boost::histogram(matrix, slopes, features, small);
        let rest: Vec<[Slope; BINS]> = leaf
            .histogram
            .iter()
            .zip(&counted)
            .map(|(whole, part)| std::array::from_fn(|bin| whole[bin].minus(part[bin])))
            .collect();
        let (low_histogram, high_histogram) =
            if low_is_small { (counted, rest) } else { (rest, counted) };
        leaves.push(open(low, low_rows, low_histogram, slopes, plan));
        leaves.push(open(low + 1, high_rows, high_histogram, slopes, plan));
    }
    for leaf in leaves {
        let value = -leaf.sum.first / (leaf.sum.second + plan.ridge) * plan.rate;
        // Four digits are enough and keep the file small.
        tree.nodes[leaf.node] = Grown::Leaf((value * 1e4).round() as f32 / 1e4);
    }
    tree
}

fn open(
    node: usize,
    rows: Vec<u32>,
    histogram: Vec<[Slope; BINS]>,
    slopes: &[Slope],
    plan: Plan,
) -> Open {
    let mut sum = Slope::default();
    for row in &rows {
        sum.add(slopes[*row as usize]);
    }
    let mut best: Option<Cut> = None;
    for (column, bins) in histogram.iter().enumerate() {
        let mut low = Slope::default();
        for (bin, slope) in bins.iter().enumerate().take(BINS - 1) {
            low.add(*slope);
            let high = sum.minus(low);
            if low.second < plan.leaf_weight || high.second < plan.leaf_weight {
                continue;
            }
            let gain = low.gain(plan.ridge) + high.gain(plan.ridge) - sum.gain(plan.ridge);
            if gain > 1e-3 && best.is_none_or(|cut| gain > cut.gain) {
                best = Some(Cut { gain, column, bin: bin as u8 });
            }
        }
    }
    Open { node, rows, histogram, sum, best }
}

fn histogram(
    matrix: &Matrix,
    slopes: &[Slope],
    features: &[usize],
    rows: &[u32],
) -> Vec<[Slope; BINS]> {
    features
        .iter()
        .map(|feature| {
            let column = &matrix.bins[*feature];
            let mut bins = [Slope::default(); BINS];
            for row in rows {
                bins[usize::from(column[*row as usize])].add(slopes[*row as usize]);
            }
            bins
        })
        .collect()
}

/// Marsaglia's xorshift: the same trees for the same seed.
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn share(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }
}
