//! Judged articles and subscribers become messages. Pure.

pub mod alert;

mod line;
mod summary;
mod words;

pub use alert::alerts;
