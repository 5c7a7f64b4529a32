//! What keeps the service from its work, and what of it is over.

use chrono::{DateTime, Utc};

/// Something that wants the operator's hand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    /// What is in trouble: `mail`, `disk`, `source:us/bis`.
    pub subject: String,
    /// Since when.
    pub since: DateTime<Utc>,
    /// What is wrong and what to do: the thing, the value, the remedy.
    pub detail: String,
}

impl Trouble {
    /// What is in trouble, for people.
    pub fn title(&self) -> String {
        match self.subject.split_once(':') {
            Some((kind, name)) => format!("{kind} {name}"),
            None => match self.subject.as_str() {
                "mail" => "mails wait",
                "disk" => "the disk is nearly full",
                "backup" => "no recent backup",
                "network" => "the network is down",
                "database" => "the database could not be written",
                "clock" => "the clock jumped",
                "stop" => "the service was killed",
                other => other,
            }
            .to_owned(),
        }
    }
}

/// What the operator is told in one mail.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// New since the last mail.
    pub fresh: Vec<Trouble>,
    /// Told before, and still so.
    pub lasting: Vec<Trouble>,
    /// Told before, and over.
    pub over: Vec<Trouble>,
}

impl Report {
    /// Whether there is nothing to tell.
    pub fn is_empty(&self) -> bool {
        self.fresh.is_empty() && self.lasting.is_empty() && self.over.is_empty()
    }
}
