//! What a page claims: the fields with their witnesses, and every block of its text with its place.

use crate::model::article::{About, BlockKind, Reason};
use crate::model::stamp::Stamp;

/// Everything `extract` found on one page; `clean` makes an article of it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Extracted {
    /// The canonical address the page claims, else the address that answered.
    pub url: String,
    /// The headline without the site's name; empty where the page has none.
    pub title: String,
    /// Persons and organisations who sign, in order.
    pub byline: Vec<String>,
    pub published: Option<Stamp>,
    pub modified: Option<Stamp>,
    /// ISO 639-1 code of the text itself.
    pub language: Option<String>,
    /// What the site calls itself.
    pub site: Option<String>,
    /// The page's own summary of itself, from its head.
    pub description: Option<String>,
    /// Every block of the page, in document order.
    pub blocks: Vec<RawBlock>,
    /// Alternative and title texts of the page's images, each once.
    pub image_texts: Vec<String>,
    /// The page shows only a part of the article.
    pub incomplete: bool,
    /// Who said what: one entry for each filled field.
    pub witnesses: Vec<Witness>,
    /// Where the page files itself.
    pub about: About,
    /// Whether the captions of the article's own pictures belong to it.
    pub captions: Captions,
    /// What surrounds the text.
    pub surroundings: Surroundings,
}

/// What becomes of the captions of an article's own pictures.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Captions {
    #[default]
    Dropped,
    /// They stay, as blocks of their own kind.
    Kept,
}

/// What surrounds a text where it stands.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Surroundings {
    /// A site: menus, calls, other articles.
    #[default]
    Site,
    /// Nothing: the document is the text, as a PDF is.
    None,
}

/// A block as it stands on the page.
#[derive(Debug, Clone, PartialEq)]
pub struct RawBlock {
    pub kind: BlockKind,
    /// The text as a reader sees it; lines are parted by `\n` only in code and tables.
    pub text: String,
    /// The text in its one form: lower case, without accents and punctuation.
    pub folded: String,
    /// Share of the characters that stand in links, 0 to 1.
    pub linked: f32,
    pub setting: Setting,
    /// Why the block is none of the article's; none where it belongs to the body.
    pub outside: Option<Reason>,
}

/// What encloses a block, as far as cleaning must know.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Setting {
    /// In a figure, gallery or picture caption.
    pub figure: bool,
    /// In an aside, or a box named after its purpose: related, share, newsletter.
    pub aside: bool,
    /// In a mobile or AMP version switcher.
    pub switcher: bool,
    /// In an element that says it holds the byline, the author or the date.
    pub byline: bool,
    /// The block is a date with the words that go with one, and nothing else.
    pub date: bool,
    /// In an element that the recipe keeps, however often the site repeats it.
    pub kept: bool,
}

/// The place on the page that supports a field's value.
#[derive(Debug, Clone, PartialEq)]
pub struct Witness {
    /// The field of [`Extracted`]: `title`, `published`, …
    pub field: &'static str,
    /// Where it stood, e.g. `json-ld datePublished`, `meta og:title`, `h1`, `recipe`.
    pub place: &'static str,
    /// The value as it stood there.
    pub value: String,
    /// 0 (a guess) to 1 (the page says so for machines).
    pub confidence: f32,
}
