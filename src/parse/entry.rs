//! One entry of a listing as the document gives it, before anything is chosen.

use crate::model::stamp::Stamp;

/// Entries read from one document; the sitemap protocol's own limit for a file.
pub(crate) const ENTRIES_MAX: usize = 50_000;

/// Characters of a title that are kept.
const TITLE_MAX: usize = 1_000;

/// Bytes of an address beyond which it is none: servers refuse longer ones.
const ADDRESS_MAX: usize = 8 << 10;

/// Characters of a summary that are kept.
const SUMMARY_MAX: usize = 2_000;

/// One entry of a listing. Titles and summaries are plain text on one line.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Entry {
    /// Absolute web address; `None` if the entry gives none.
    pub url: Option<String>,
    /// Empty if the entry gives none.
    pub title: String,
    pub published: Option<Stamp>,
    pub summary: Option<String>,
}

impl Entry {
    /// The entry with over-long texts cut: a listing is an announcement, not the article.
    pub(crate) fn cut(mut self) -> Entry {
        cut(&mut self.title, TITLE_MAX);
        if let Some(summary) = &mut self.summary {
            cut(summary, SUMMARY_MAX);
        }
        self.summary = self.summary.filter(|summary| !summary.is_empty());
        self.url = self.url.filter(|url| url.len() <= ADDRESS_MAX);
        self
    }

    /// Whether the entry says nothing at all.
    pub(crate) fn is_blank(&self) -> bool {
        self.url.is_none()
            && self.title.is_empty()
            && self.summary.is_none()
            && self.published.is_none()
    }
}

fn cut(text: &mut String, characters: usize) {
    if let Some((at, _)) = text.char_indices().nth(characters) {
        text.truncate(at);
    }
    text.shrink_to_fit();
}
