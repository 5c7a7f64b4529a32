//! How much each feature counts: a small file that a person can read and `train-judge` writes.

use std::fmt::Write as _;
use std::sync::LazyLock;

use crate::classify::features::{self, Present};

/// A weight for every feature, and what an article without any scores.
#[derive(Debug, Clone, PartialEq)]
pub struct Weights {
    /// The score, in log-odds, of an article with no feature.
    pub bias: f64,
    /// In the order of [`features::all`].
    pub features: Vec<f64>,
}

/// The weights that ship.
pub fn shipped() -> &'static Weights {
    static SHIPPED: LazyLock<Weights> = LazyLock::new(|| {
        Weights::read(include_str!("weights.txt")).expect("a test reads the shipped weights")
    });
    &SHIPPED
}

impl Weights {
    /// Reads lines `name weight`; `#` begins a comment. Features without a line weigh nothing.
    ///
    /// # Errors
    /// A line of another form or with an unknown name: a sentence with the line number.
    pub fn read(text: &str) -> Result<Self, String> {
        let names: Vec<String> =
            features::all().into_iter().map(|feature| feature.name()).collect();
        let mut weights = Self { bias: 0.0, features: vec![0.0; names.len()] };
        for (number, line) in text.lines().enumerate() {
            let line = line.split('#').next().unwrap_or_default().trim();
            if line.is_empty() {
                continue;
            }
            let at = |fault: String| format!("weights, line {}: {fault}", number + 1);
            let (name, weight) = line
                .split_once(char::is_whitespace)
                .ok_or_else(|| at(format!("{line:?} is not a name and a weight")))?;
            let weight: f64 = weight
                .trim()
                .parse()
                .ok()
                .filter(|weight: &f64| weight.is_finite())
                .ok_or_else(|| at(format!("{weight:?} is not a number")))?;
            if name == "bias" {
                weights.bias = weight;
            } else {
                let index = names.iter().position(|known| known == name);
                weights.features
                    [index.ok_or_else(|| at(format!("no feature is called {name:?}")))?] = weight;
            }
        }
        Ok(weights)
    }

    /// The file, heaviest first within each zone.
    pub fn write(&self) -> String {
        let mut out = format!("bias {:.3}\n", self.bias);
        for (feature, weight) in features::all().into_iter().zip(&self.features) {
            writeln!(out, "{} {weight:.3}", feature.name()).expect("writing to a string succeeds");
        }
        out
    }

    /// The log-odds that an article with these features is about sanctions.
    pub fn log_odds(&self, present: &[Present]) -> f64 {
        self.bias + present.iter().map(|p| self.features[p.feature] * p.value).sum::<f64>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_weights_are_read_and_keep_their_sign() {
        let weights = Weights::read(include_str!("weights.txt")).unwrap();
        for (feature, weight) in features::all().into_iter().zip(&weights.features) {
            let wrong = if feature.speaks_against() { 0.0 < *weight } else { *weight < 0.0 };
            assert!(!wrong, "{} weighs {weight}", feature.name());
        }
        assert_eq!(Weights::read(&weights.write()).unwrap(), weights);
    }

    #[test]
    fn faults_name_the_line() {
        let cases = [
            ("bias 1\ntitle.strong", "line 2: \"title.strong\" is not a name and a weight"),
            ("title.strong much", "line 1: \"much\" is not a number"),
            ("bias inf", "line 1: \"inf\" is not a number"),
            ("title.loud 1", "line 1: no feature is called \"title.loud\""),
        ];
        for (text, expected) in cases {
            let fault = Weights::read(text).unwrap_err();
            assert!(fault.contains(expected), "{fault}");
        }
    }
}
