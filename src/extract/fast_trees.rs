//! Boosted trees laid out for speed: the answers of [`Trees`], for 32 rows at a time.
//!
//! After Lucchese et al., "QuickScorer" (SIGIR 2015), in the vectorised form of 2016. Each leaf of
//! a tree has a bit. Every question that a row answers with no clears the bits of the leaves below
//! its yes; the lowest bit left is that of the leaf the row reaches. All questions are put, but none
//! waits for another, nothing branches, and one instruction compares several rows.

use crate::extract::trees::{TreeNode, Trees};

/// Rows that are asked together. A loop over as few as sixteen is unrolled by the compiler before it
/// thinks of comparing several rows in one instruction, and takes four times as long.
const LANES: usize = 32;
/// Bits of a mask.
const MOST_LEAVES: usize = 32;

/// An ensemble whose trees all have at most 32 leaves.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::extract) struct FastTrees {
    base: f32,
    /// The columns of a row that some question asks for.
    columns: Vec<u32>,
    questions: Vec<Question>,
    leaves: Vec<f32>,
    trees: Vec<Tree>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
struct Question {
    /// Index into [`FastTrees::columns`].
    column: u32,
    threshold: f32,
    /// The leaves that can still be reached after a no.
    after_no: u32,
}

/// Where the questions of a tree end and its leaves begin.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Tree {
    questions_end: u32,
    first_leaf: u32,
}

impl FastTrees {
    /// Lays an ensemble out; none where a tree has too many leaves.
    pub(in crate::extract) fn of(trees: &Trees) -> Option<Self> {
        let mut fast = FastTrees {
            base: trees.base,
            columns: Vec::new(),
            questions: Vec::new(),
            leaves: Vec::new(),
            trees: Vec::new(),
        };
        for root in &trees.roots {
            let first_leaf = fast.leaves.len();
            fast.add(trees, *root, first_leaf);
            if fast.leaves.len() - first_leaf > MOST_LEAVES {
                return None;
            }
            let questions_end = fast.questions.len() as u32;
            fast.trees.push(Tree { questions_end, first_leaf: first_leaf as u32 });
        }
        Some(fast)
    }

    /// Adds a subtree, its leaves from left to right.
    fn add(&mut self, trees: &Trees, node: u32, first_leaf: usize) {
        match trees.nodes[node as usize] {
            TreeNode::Leaf(value) => self.leaves.push(value),
            TreeNode::Split { feature, threshold, low, high } => {
                let column = self.column(feature);
                let place = self.questions.len();
                self.questions.push(Question { column, threshold, after_no: 0 });
                let before = self.leaves.len() - first_leaf;
                self.add(trees, low, first_leaf);
                let yes = self.leaves.len() - first_leaf - before;
                let below_yes = (1_u64 << yes.min(MOST_LEAVES)) - 1;
                self.questions[place].after_no = !((below_yes << before.min(MOST_LEAVES)) as u32);
                self.add(trees, high, first_leaf);
            }
        }
    }

    fn column(&mut self, feature: u32) -> u32 {
        let known = self.columns.iter().position(|column| *column == feature);
        known.unwrap_or_else(|| {
            self.columns.push(feature);
            self.columns.len() - 1
        }) as u32
    }

    /// The probabilities of many rows, equal to the last bit to those of [`Trees::probabilities`].
    pub(in crate::extract) fn probabilities(&self, rows: &[&[f32]]) -> Vec<f32> {
        let mut columns = vec![[0.0; LANES]; self.columns.len()];
        let mut probabilities = Vec::with_capacity(rows.len());
        for rows in rows.chunks(LANES) {
            for (lane, row) in rows.iter().enumerate() {
                for (column, feature) in columns.iter_mut().zip(&self.columns) {
                    column[lane] = row[*feature as usize];
                }
            }
            let odds = self.odds(&columns);
            probabilities.extend(odds[..rows.len()].iter().map(|odds| 1.0 / (1.0 + (-odds).exp())));
        }
        probabilities
    }

    fn odds(&self, columns: &[[f32; LANES]]) -> [f32; LANES] {
        let mut odds = [self.base; LANES];
        let mut from = 0;
        for tree in &self.trees {
            let to = tree.questions_end as usize;
            let mut left = [u32::MAX; LANES];
            for question in &self.questions[from..to] {
                let Question { column, threshold, after_no } = *question;
                // Written without a branch, so that the compiler compares four rows at once.
                for (left, value) in left.iter_mut().zip(&columns[column as usize]) {
                    *left &= u32::from(*value <= threshold).wrapping_neg() | after_no;
                }
            }
            from = to;
            let leaves = &self.leaves[tree.first_leaf as usize..];
            for (odds, left) in odds.iter_mut().zip(left) {
                *odds += leaves[left.trailing_zeros() as usize];
            }
        }
        odds
    }
}

#[cfg(test)]
mod tests {
    use crate::extract::fast_trees::FastTrees;
    use crate::extract::weights::Weights;

    #[test]
    fn the_weights_that_ship_give_the_same_answers() {
        let weights = Weights::shipped();
        let mut state = 88_172_645_463_325_252_u64;
        let mut random = || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state >> 40
        };
        for trees in [&weights.first, &weights.second] {
            // Values among and on the thresholds of each feature.
            let mut thresholds = vec![vec![0.0_f32, 1.0, -1.0, f32::NAN]; 400];
            for node in &trees.nodes {
                if let crate::extract::trees::TreeNode::Split { feature, threshold, .. } = node {
                    thresholds[*feature as usize].extend([*threshold, threshold + 0.01]);
                }
            }
            let mut row = || -> Vec<f32> {
                thresholds.iter().map(|of| of[random() as usize % of.len()]).collect()
            };
            let rows: Vec<Vec<f32>> = (0..500).map(|_| row()).collect();
            let rows: Vec<&[f32]> = rows.iter().map(Vec::as_slice).collect();
            let fast = FastTrees::of(trees).expect("the trainer grows at most 32 leaves");
            assert_eq!(fast.probabilities(&rows), trees.probabilities(&rows));
        }
    }
}
