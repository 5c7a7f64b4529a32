//! What happened to a listed party between two editions of a list.

use chrono::{DateTime, Utc};

use crate::model::designation::Designation;

/// One party that is not the same in both editions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    pub kind: ChangeKind,
    /// As the later edition has it; of a removed party, as the earlier had it.
    pub party: Designation,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ChangeKind {
    Added,
    Removed,
    /// The fields that differ, at least one.
    Amended(Vec<FieldChange>),
}

impl ChangeKind {
    /// The word used in JSON lines and in the database.
    pub fn name(&self) -> &'static str {
        match self {
            ChangeKind::Added => "added",
            ChangeKind::Removed => "removed",
            ChangeKind::Amended(_) => "amended",
        }
    }
}

/// A field and the values that came and went, each in the order of its edition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldChange {
    /// The field's word in JSON lines: `names`, `programmes`, `births` …
    pub field: &'static str,
    pub added: Vec<String>,
    pub removed: Vec<String>,
}

impl Change {
    /// Names that no edition before had: all of a party that was added, the new ones of a party
    /// that was amended. Names the issuer calls weak are among them.
    pub fn new_names(&self) -> Vec<&str> {
        match &self.kind {
            ChangeKind::Added => self.party.names.iter().map(|name| name.text.as_str()).collect(),
            ChangeKind::Removed => Vec::new(),
            ChangeKind::Amended(fields) => {
                let names = fields.iter().find(|change| change.field == "names");
                names.map_or_else(Vec::new, |change| {
                    change.added.iter().map(String::as_str).collect()
                })
            }
        }
    }
}

/// A party some edition of a list named, and when we knew it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    /// The list, by its id: `ofac-sdn`.
    pub list: String,
    /// As the last edition that had it describes it.
    pub party: Designation,
    /// When the first edition that named it was fetched. The first edition of a list says nothing
    /// of when its parties were listed.
    pub first_seen: DateTime<Utc>,
    /// When the first edition without it was fetched; none where it is in force.
    pub removed_on: Option<DateTime<Utc>>,
}

/// A change with the edition that brought it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DatedChange {
    pub list: String,
    /// When the edition was fetched.
    pub at: DateTime<Utc>,
    pub change: Change,
}

/// A list as downloaded at one moment and taken over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edition {
    /// Row number in the store; grows with time.
    pub id: i64,
    pub list: String,
    pub fetched_at: DateTime<Utc>,
    pub parties: usize,
    /// Of the first edition of a list, all of its parties.
    pub added: usize,
    pub amended: usize,
    pub removed: usize,
}
