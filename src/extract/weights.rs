//! The weights the program ships, made by `cargo run --release --bin train-reader`.

use std::sync::LazyLock;

use crate::extract::fast_trees::FastTrees;
use crate::extract::trees::{Trees, WeightsError};

const SHIPPED: &str = include_str!("weights.txt");

/// The trees of both opinions.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Weights {
    /// Judges a passage by its measures.
    pub first: Trees,
    /// Judges it again, knowing what was thought of its neighbours.
    pub second: Trees,
}

static WEIGHTS: LazyLock<Weights> =
    LazyLock::new(|| Weights::read(SHIPPED).expect("the weights that ship are read by a test"));

/// Both opinions laid out for speed; none where the trees are too large for that.
struct Fast {
    first: Option<FastTrees>,
    second: Option<FastTrees>,
}

static FAST: LazyLock<Fast> = LazyLock::new(|| Fast {
    first: FastTrees::of(&WEIGHTS.first),
    second: FastTrees::of(&WEIGHTS.second),
});

/// The first opinion of many rows by the weights compiled into the program.
pub(in crate::extract) fn first_opinion(rows: &[&[f32]]) -> Vec<f32> {
    match &FAST.first {
        Some(trees) => trees.probabilities(rows),
        None => WEIGHTS.first.probabilities(rows),
    }
}

/// The second opinion, likewise.
pub(in crate::extract) fn second_opinion(rows: &[&[f32]]) -> Vec<f32> {
    match &FAST.second {
        Some(trees) => trees.probabilities(rows),
        None => WEIGHTS.second.probabilities(rows),
    }
}

impl Weights {
    /// The weights compiled into the program.
    pub fn shipped() -> &'static Weights {
        &WEIGHTS
    }

    /// The file: names of the measures, one a line, then the trees of each opinion.
    pub fn write(&self, names: &[String]) -> String {
        let mut text = String::from("measures\n");
        for name in names {
            text.push_str(&format!(" {name}\n"));
        }
        text.push_str("first\n");
        text.push_str(&self.first.write(names));
        text.push_str("second\n");
        text.push_str(&self.second.write(names));
        text
    }

    /// Reads what [`Weights::write`] wrote.
    ///
    /// # Errors
    /// When a line is malformed; the error names it.
    pub fn read(text: &str) -> Result<Weights, WeightsError> {
        let (head, trees) = text.split_once("first\nbase").unwrap_or((text, ""));
        let names: Vec<String> = head.lines().skip(1).map(|line| line.trim().to_owned()).collect();
        let (first, second) = trees.split_once("second\nbase").unwrap_or((trees, ""));
        Ok(Weights {
            first: Trees::read(&format!("base{first}"), &names)?,
            second: Trees::read(&format!("base{second}"), &names)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use crate::extract::Reading;
    use crate::extract::weights::{SHIPPED, Weights};
    use crate::model::fetched::{Fetched, Validators};
    use crate::model::source::Recipe;
    use crate::parse::page;

    /// The columns of the file are those the program measures, in the same order.
    #[test]
    fn the_weights_that_ship_fit_the_measures() {
        let weights = Weights::read(SHIPPED).unwrap();
        assert!(!weights.first.roots.is_empty() && !weights.second.roots.is_empty());
        let fetched = Fetched {
            requested: String::new(),
            url: String::new(),
            redirects: Vec::new(),
            status: 200,
            content_type: None,
            validators: Validators::default(),
            body: b"<p>One line.".to_vec(),
            at: chrono::DateTime::UNIX_EPOCH,
            served: None,
        };
        let page = page::read(&fetched).0;
        let recipe = Recipe::default();
        let reading = Reading::of(&page, &recipe);
        let table = reading.measure();
        let again = reading.measure_again(&table, &[0.5]);
        let names: Vec<&str> = SHIPPED
            .lines()
            .skip(1)
            .take_while(|line| line.starts_with(' '))
            .map(str::trim)
            .collect();
        assert_eq!(again.names, names);
    }
}
