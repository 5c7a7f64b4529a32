//! What happened to a listed party between two editions of a list.

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
