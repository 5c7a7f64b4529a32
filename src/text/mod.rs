//! Strings to strings and numbers: folding, words, language, similarity. Pure.

pub mod agencies;
pub mod checksum;
pub mod countries;
pub mod edits;
pub mod fold;
pub mod language;
pub mod legal_forms;
pub mod likeness;
pub mod names;
pub mod overlap;
pub mod phrases;
pub mod quick_hash;
pub mod repair;
pub mod search;
pub mod seen;
pub mod sentence;
pub mod spelling;
pub mod tokens;
pub mod words;
