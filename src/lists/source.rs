//! Where a list comes from and what a whole edition of it holds: data an operator can write.

use core::time::Duration;

use crate::lists::{Bounds, Format};

/// One list that can be fetched.
#[derive(Debug, Clone, PartialEq)]
pub struct ListSource {
    /// Short and stable: `ofac-sdn`.
    pub id: String,
    /// For people.
    pub title: String,
    pub format: Format,
    pub location: Location,
    pub bounds: Bounds,
    /// Most bytes of one file, unpacked.
    pub body_limit: usize,
    /// Time between two looks.
    pub every: Duration,
}

/// Where the files are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Location {
    /// At these addresses.
    Files(Vec<String>),
    /// At the first link on a page that matches a CSS selector: the address changes with each
    /// edition.
    Page { url: String, selector: String },
}
