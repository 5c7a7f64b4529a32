//! Strings to strings and numbers: folding, words, language, similarity. Pure.

pub mod repair;
pub mod fold;
pub mod language;
pub mod overlap;
pub mod phrases;
pub mod seen;
pub mod words;
