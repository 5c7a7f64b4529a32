//! The first half of an article's way: bytes → page → claims → article. Pure.

use crate::clean;
use crate::extract;
use crate::model::article::{Article, SiteMemory};
use crate::model::fetched::Fetched;
use crate::model::note::Note;
use crate::model::source::Recipe;
use crate::parse::page;

/// Reads one answer. None where the page bears no article; the notes say what happened either way.
pub fn read(
    fetched: &Fetched,
    recipe: &Recipe,
    memory: &SiteMemory,
) -> (Option<Article>, Vec<Note>) {
    let (page, mut notes) = page::read(fetched);
    let (extracted, more) = extract::article(&page, recipe);
    notes.extend(more);
    let (article, more) = clean::article(extracted, memory);
    notes.extend(more);
    (article, notes)
}
