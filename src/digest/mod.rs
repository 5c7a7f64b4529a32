//! Judged articles and subscribers become messages. Pure.

pub mod alert;
pub mod follow_up;

mod line;
mod words;

pub use alert::alerts;
pub use follow_up::{Known, News, Reader, follow_ups};
