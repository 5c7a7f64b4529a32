//! Judged articles and subscribers become messages. Pure.

pub mod alert;
mod list_alert;

mod line;
mod words;

pub use alert::alerts;
pub use list_alert::{ListNews, list_alerts};
