//! Strings to strings and numbers: folding, words, language, similarity. Pure.

pub mod fold;
pub mod language;
pub mod overlap;
pub mod phrases;
pub mod quick_hash;
pub mod repair;
pub mod search;
pub mod seen;
pub mod sentence;
pub mod tokens;
pub mod words;
