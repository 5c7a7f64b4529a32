//! Strings to strings and numbers: folding, words, language, similarity. Pure.

pub mod repair;
