//! Boosted regression trees: a small readable file of weights, and what they say of a row.

use std::fmt::Write;

/// An ensemble of trees; the sum of their leaves is the log-odds.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Trees {
    /// Log-odds before any tree speaks.
    pub base: f32,
    /// The nodes of all trees; children stand after their parents.
    pub nodes: Vec<TreeNode>,
    /// Index of each tree's first node.
    pub roots: Vec<u32>,
}

/// A question or an answer.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum TreeNode {
    /// `row[feature] <= threshold` goes to `low`, else to `high`.
    Split { feature: u32, threshold: f32, low: u32, high: u32 },
    /// What the tree adds to the log-odds.
    Leaf(f32),
}

/// The file of weights does not fit the program.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line} of the reader's weights: {text:?} {why}")]
pub struct WeightsError {
    pub line: usize,
    pub text: String,
    pub why: &'static str,
}

impl Trees {
    /// The log-odds of a row.
    pub fn odds(&self, row: &[f32]) -> f32 {
        self.base + self.roots.iter().map(|root| self.leaf(*root, row)).sum::<f32>()
    }

    fn leaf(&self, root: u32, row: &[f32]) -> f32 {
        let mut at = root;
        loop {
            match self.nodes[at as usize] {
                TreeNode::Split { feature, threshold, low, high } => {
                    at = if row[feature as usize] <= threshold { low } else { high };
                }
                TreeNode::Leaf(value) => return value,
            }
        }
    }

    /// The probabilities of many rows: tree by tree over a few rows, so that both stay in the cache.
    pub fn probabilities(&self, rows: &[&[f32]]) -> Vec<f32> {
        const ROWS_AT_A_TIME: usize = 128;
        let mut odds = vec![self.base; rows.len()];
        for (odds, rows) in odds.chunks_mut(ROWS_AT_A_TIME).zip(rows.chunks(ROWS_AT_A_TIME)) {
            for root in &self.roots {
                for (odds, row) in odds.iter_mut().zip(rows) {
                    *odds += self.leaf(*root, row);
                }
            }
        }
        odds.into_iter().map(|odds| 1.0 / (1.0 + (-odds).exp())).collect()
    }

    /// The probability of a row.
    pub fn probability(&self, row: &[f32]) -> f32 {
        1.0 / (1.0 + (-self.odds(row)).exp())
    }

    /// Writes the trees, one question or answer a line: `link share <= 0.25`, indented by depth,
    /// first the branch for yes, then the branch for no.
    pub fn write(&self, names: &[String]) -> String {
        let mut text = format!("base {}\n", self.base);
        for root in &self.roots {
            text.push_str("tree\n");
            let mut waiting = vec![(*root, 1)];
            while let Some((at, depth)) = waiting.pop() {
                let pad = " ".repeat(depth);
                let line = match self.nodes[at as usize] {
                    TreeNode::Split { feature, threshold, low, high } => {
                        waiting.push((high, depth + 1));
                        waiting.push((low, depth + 1));
                        format!("{pad}{} <= {threshold}", names[feature as usize])
                    }
                    TreeNode::Leaf(value) => format!("{pad}= {value}"),
                };
                writeln!(text, "{line}").expect("writing to a string cannot fail");
            }
        }
        text
    }

    /// Reads what [`Trees::write`] wrote.
    ///
    /// # Errors
    /// When a line is malformed, names a feature that is not among `names`, or a tree is unfinished.
    pub fn read(text: &str, names: &[String]) -> Result<Trees, WeightsError> {
        let mut trees = Trees::default();
        // Branches still to be filled: the split and whether it is the high one.
        let mut open: Vec<(u32, bool)> = Vec::new();
        for (number, line) in text.lines().enumerate() {
            let fault = |why| WeightsError { line: number + 1, text: line.to_owned(), why };
            let content = line.trim();
            if let Some(base) = content.strip_prefix("base ") {
                trees.base = base.parse().map_err(|_| fault("is no number"))?;
                continue;
            }
            let at = trees.nodes.len() as u32;
            if content == "tree" {
                if !open.is_empty() {
                    return Err(fault("begins before the last tree has ended"));
                }
                trees.roots.push(at);
                continue;
            }
            match open.pop() {
                Some((split, is_high)) => trees.attach(split, is_high, at),
                None if trees.roots.last() == Some(&at) => {}
                None => return Err(fault("belongs to no tree")),
            }
            if let Some(value) = content.strip_prefix("= ") {
                let value = value.parse().map_err(|_| fault("is no number"))?;
                trees.nodes.push(TreeNode::Leaf(value));
            } else {
                let (name, threshold) =
                    content.rsplit_once(" <= ").ok_or_else(|| fault("is no question"))?;
                let feature = names
                    .iter()
                    .position(|known| known == name)
                    .ok_or_else(|| fault("asks for a feature that is not measured"))?;
                let threshold = threshold.parse().map_err(|_| fault("is no number"))?;
                let feature = feature as u32;
                trees.nodes.push(TreeNode::Split { feature, threshold, low: 0, high: 0 });
                open.push((at, true));
                open.push((at, false));
            }
        }
        if open.is_empty() {
            Ok(trees)
        } else {
            Err(WeightsError { line: 0, text: String::new(), why: "ends inside a tree" })
        }
    }

    fn attach(&mut self, split: u32, is_high: bool, child: u32) {
        if let TreeNode::Split { low, high, .. } = &mut self.nodes[split as usize] {
            *(if is_high { high } else { low }) = child;
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::extract::trees::{TreeNode, Trees};

    fn names() -> Vec<String> {
        vec!["link share".to_owned(), "words".to_owned()]
    }

    #[test]
    fn what_is_written_is_read() {
        let trees = Trees {
            base: -0.5,
            nodes: vec![
                TreeNode::Split { feature: 0, threshold: 0.25, low: 1, high: 4 },
                TreeNode::Split { feature: 1, threshold: 7.0, low: 2, high: 3 },
                TreeNode::Leaf(-1.0),
                TreeNode::Leaf(2.0),
                TreeNode::Leaf(-3.0),
                TreeNode::Leaf(0.125),
            ],
            roots: vec![0, 5],
        };
        assert_eq!(Trees::read(&trees.write(&names()), &names()).unwrap(), trees);
        for (row, odds) in [([0.1, 9.0], 1.625), ([0.1, 7.0], -1.375), ([0.9, 9.0], -3.375)] {
            assert_eq!(trees.odds(&row), odds, "{row:?}");
            assert_eq!(trees.probabilities(&[&row]), [trees.probability(&row)], "{row:?}");
        }
    }

    #[test]
    fn faults_name_the_line() {
        for (text, expected) in [
            ("base x", "line 1"),
            ("base 0\ntree\n gossip <= 1\n", "line 3"),
            ("base 0\ntree\n words <= 1\n  = 1\n", "ends inside"),
            ("base 0\n= 1", "belongs to no tree"),
        ] {
            let error = Trees::read(text, &names()).unwrap_err().to_string();
            assert!(error.contains(expected), "{text:?}: {error}");
        }
    }
}
