//! Judged articles and subscribers become messages. Pure.

pub mod alert;
pub mod follow_up;
mod list_alert;
mod notice;

mod line;
mod summary;
mod words;

pub use alert::alerts;
pub use follow_up::{Known, News, Reader, follow_ups};
pub use list_alert::{EarlierNews, ListNews, earlier_alerts, list_alerts};
pub use notice::notice;
