//! What a subscriber wants to hear of, and how often.

use chrono::{NaiveTime, Weekday};

/// One wish of one subscriber. A subscriber without any wish gets every alert at once.
#[derive(Debug, Clone, PartialEq)]
pub struct Interest {
    /// Row number in the store.
    pub id: i64,
    /// The subscriber's row.
    pub subscriber: i64,
    /// What the subscriber calls it; shown as the reason for a mail.
    pub label: String,
    pub filter: Filter,
    pub cadence: Cadence,
}

/// Which articles an interest takes. An empty list asks nothing; lists are joined by "and", the
/// entries of one list by "or".
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Filter {
    /// Actions, as the facts of an article name them, e.g. `designate`, `penalty`.
    pub actions: Vec<String>,
    /// Programme tags or regimes, e.g. `RUSSIA-EO14024`.
    pub programmes: Vec<String>,
    /// ISO 3166-1 alpha-2 codes in lower case of the countries aimed at.
    pub countries: Vec<String>,
    /// Authorities by id, e.g. `us-ofac`.
    pub authorities: Vec<String>,
    /// Source ids, or a folder of them with a closing slash: `us/ofac-recent-actions`, `us/`.
    pub sources: Vec<String>,
    /// ISO 639-1 codes of the article's language.
    pub languages: Vec<String>,
    /// Names of the subscriber's own watch-list.
    pub names: Vec<String>,
    /// Least score of the verdict, 0 to 1. Zero leaves it to the verdict itself.
    pub certainty: f64,
    /// A full-text expression as `search` takes it, or empty.
    pub search: String,
}

/// How often mails go out for an interest, on the wall clock of the subscriber's time zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cadence {
    /// An alert for each event, as soon as it is known.
    Instant,
    /// A digest on each full hour that brought something.
    Hourly,
    /// A digest each day at this time.
    Daily { at: NaiveTime },
    /// A digest each week on this day at this time.
    Weekly { day: Weekday, at: NaiveTime },
}

/// What a subscriber wants to hear no more of, whatever the interests say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mute {
    /// A story by its row.
    Story(i64),
    /// A source by its id.
    Source(String),
    /// A listed or watched name.
    Name(String),
}
