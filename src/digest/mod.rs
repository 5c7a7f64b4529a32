//! Judged articles and subscribers become messages. Pure.

pub mod alert;
pub mod follow_up;
mod list_alert;

mod line;
mod summary;
mod words;

pub use alert::alerts;
pub use follow_up::{Known, News, Reader, follow_ups};
pub use list_alert::{ListNews, list_alerts};
