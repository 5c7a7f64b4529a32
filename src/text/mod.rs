//! Strings to strings and numbers: folding, words, language, similarity. Pure.

pub mod language;
pub mod search;
pub mod sentence;
pub mod tokens;
