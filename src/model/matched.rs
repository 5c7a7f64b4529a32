//! Who is named: a span of a text, and the listed party it may be.

use chrono::NaiveDate;

use crate::model::designation::{Issuer, NameQuality};
use crate::model::judged::Field;

/// A span in a text that names a party.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mention {
    pub field: Field,
    /// UTF-8 byte offsets into the field: `field[start..end] == text`.
    pub start: usize,
    pub end: usize,
    pub text: String,
}

/// How much a match is worth, from least to most.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Class {
    /// Spelled nearly like a listed name, or with an initial for a given name.
    Possible,
    /// A name of ordinary words or shared by many, or an alias the issuer calls weak.
    Weak,
    /// One rare word, or a name of common words in an article about sanctions.
    Medium,
    /// A name of two or more words of which one is rare, or an identifier.
    Strong,
}

impl Class {
    /// The word used in JSON lines and in the database.
    pub fn name(self) -> &'static str {
        match self {
            Class::Possible => "possible",
            Class::Weak => "weak",
            Class::Medium => "medium",
            Class::Strong => "strong",
        }
    }

    /// The class of that name.
    pub fn named(name: &str) -> Option<Self> {
        [Class::Possible, Class::Weak, Class::Medium, Class::Strong]
            .into_iter()
            .find(|class| class.name() == name)
    }
}

/// A mention and the listed party it may be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Match {
    pub mention: Mention,
    pub class: Class,
    pub issuer: Issuer,
    /// The issuer's own number of the party.
    pub designation: String,
    /// The name the party is listed under.
    pub name: String,
    /// The listed name or identifier that the mention was recognised by.
    pub alias: String,
    pub quality: NameQuality,
    pub programmes: Vec<String>,
    pub listed_on: Option<NaiveDate>,
    /// The day of removal, where the party is no longer listed.
    pub removed_on: Option<NaiveDate>,
    /// What else in the article agrees with the list; empty: the same name, not confirmed.
    pub agrees: Vec<String>,
    /// Sentences for a person, in order: the name, the listing, other lists, what agrees.
    pub explanation: Vec<String>,
}

impl Match {
    /// Worth telling a reader: the name is a strong one, or something besides the name agrees.
    pub fn is_sure(&self) -> bool {
        self.class == Class::Strong || (self.class == Class::Medium && !self.agrees.is_empty())
    }
}

/// A name the operator does not want to hear of, with the reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suppression {
    /// A name as articles or the list print it; compared by its folded words.
    pub name: String,
    pub reason: String,
}
