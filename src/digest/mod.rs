//! Judged articles and subscribers become messages. Pure.

pub mod alert;
pub mod follow_up;
mod letterhead;
mod letters;
mod list_alert;
mod notice;

mod line;
mod periodic;
mod summary;
mod words;

pub(crate) use crate::digest::words::{
    authority, cadence as cadence_in_words, criteria as criteria_in_words, direction, language,
};
pub use alert::{Reason, Recipient, alerts};
pub use follow_up::{Known, News, Reader, follow_ups};
pub use letterhead::Letterhead;
pub use letters::{Letter, letter};
pub use list_alert::{EarlierNews, ListNews, earlier_alerts, list_alerts};
pub use notice::notice;
pub use periodic::{
    Composed, Digest, DigestGroup, DigestItem, DigestLine, DigestList, DigestListLine, DigestPage,
    ITEMS, Mark, Unread, digest,
};
