//! The article as every later stage shares it, and the claims of a page it was cleaned from.

use crate::model::stamp::Stamp;

/// What a block of text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum BlockKind {
    /// A heading of level 1 to 6.
    Heading { level: u8 },
    /// Running text.
    Paragraph,
    /// One item of a list; `depth` is 0 for a top-level list.
    ListItem { depth: u8, ordered: bool },
    /// Text quoted from somebody else: a block quotation or an embedded post.
    Quotation,
    /// A table: rows are lines of the text, cells are separated by ` | `.
    Table,
    /// Preformatted text; line breaks count.
    Code,
    /// A caption or credit of an image, video or chart.
    Caption,
}

impl BlockKind {
    /// The name used in JSON lines and in the database.
    pub fn name(self) -> &'static str {
        match self {
            BlockKind::Heading { .. } => "heading",
            BlockKind::Paragraph => "paragraph",
            BlockKind::ListItem { .. } => "list",
            BlockKind::Quotation => "quotation",
            BlockKind::Table => "table",
            BlockKind::Code => "code",
            BlockKind::Caption => "caption",
        }
    }
}

/// One block of an article: white space normalised, never empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    pub kind: BlockKind,
    pub text: String,
}

/// A block that was on the page but is not the article's, kept with the reason it went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Removed {
    pub text: String,
    pub reason: Reason,
}

/// Why a block was taken away. One word each, stored and shown as [`Reason::name`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Reason {
    /// Says the headline again.
    TitleEcho,
    /// Says the byline or the date again.
    BylineEcho,
    /// A caption or credit line of a picture.
    Caption,
    /// A caption or title repeated, with or without a trailing number.
    RepeatedCaption,
    /// An image's alt or title text that leaked into the text.
    AltText,
    /// "Follow us", "subscribe", "share": asks the reader to do something for the site.
    CallToAction,
    /// The AMP or mobile version switcher.
    VersionSwitcher,
    /// Links to other articles.
    Related,
    /// Tags, categories, breadcrumbs, menus.
    Navigation,
    /// Copyright, agency and syndication lines.
    Copyright,
    /// Cookie and consent text.
    Consent,
    /// The reader's comments and the form for them.
    Comments,
    /// The biography of the author.
    AuthorBox,
    /// Asks for payment or registration to read on.
    Paywall,
    /// Advertisement and its label.
    Advertisement,
    /// Stands on other pages of the same site too.
    SiteRepeat,
    /// The recipe of the source says so.
    Recipe,
    /// Lay outside the article, by its words, links and place.
    Outside,
}

impl Reason {
    /// Every reason, for tests over the table and for parsing.
    pub const ALL: [Reason; 18] = [
        Reason::TitleEcho,
        Reason::BylineEcho,
        Reason::Caption,
        Reason::RepeatedCaption,
        Reason::AltText,
        Reason::CallToAction,
        Reason::VersionSwitcher,
        Reason::Related,
        Reason::Navigation,
        Reason::Copyright,
        Reason::Consent,
        Reason::Comments,
        Reason::AuthorBox,
        Reason::Paywall,
        Reason::Advertisement,
        Reason::SiteRepeat,
        Reason::Recipe,
        Reason::Outside,
    ];

    /// The word used in JSON lines, in the database and on screen.
    pub fn name(self) -> &'static str {
        match self {
            Reason::TitleEcho => "title echo",
            Reason::BylineEcho => "byline echo",
            Reason::Caption => "caption",
            Reason::RepeatedCaption => "repeated caption",
            Reason::AltText => "alt text",
            Reason::CallToAction => "call to action",
            Reason::VersionSwitcher => "version switcher",
            Reason::Related => "related links",
            Reason::Navigation => "navigation",
            Reason::Copyright => "copyright",
            Reason::Consent => "consent",
            Reason::Comments => "comments",
            Reason::AuthorBox => "author box",
            Reason::Paywall => "paywall",
            Reason::Advertisement => "advertisement",
            Reason::SiteRepeat => "repeated on the site",
            Reason::Recipe => "recipe",
            Reason::Outside => "outside the article",
        }
    }
}

/// A clean text at one address. The noun that everything after `clean` shares.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Article {
    /// The canonical address the page claims, else the address that answered.
    pub url: String,
    /// The headline, without the site's name.
    pub title: String,
    /// Persons and organisations who sign, in order.
    pub byline: Vec<String>,
    pub published: Option<Stamp>,
    pub modified: Option<Stamp>,
    /// ISO 639-1 code of the text itself, e.g. `en`.
    pub language: Option<String>,
    /// What the site calls itself.
    pub site: Option<String>,
    /// The article's blocks in reading order.
    pub blocks: Vec<Block>,
    /// What was taken away, in page order.
    pub removed: Vec<Removed>,
    /// Hashes of the page's repeatable lines, kept and removed, for the memory of what a site repeats.
    pub lines: Vec<u64>,
    /// The page shows only a part of the article (a paywall stub).
    pub incomplete: bool,
    /// Where the page files itself.
    pub about: About,
}

/// What a page says of itself besides the fields every stage needs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct About {
    /// The part of the site the page belongs to.
    pub section: Option<String>,
    /// Keywords, each once, in the page's order.
    pub tags: Vec<String>,
    /// Absolute address of the lead image.
    pub image: Option<String>,
    /// What each name of the byline is, in its order.
    pub signatories: Vec<Signatory>,
}

/// Who signs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signatory {
    Person,
    /// A newsroom, an agency, an authority.
    Organisation,
}

impl Signatory {
    /// The word used in JSON lines.
    pub fn name(self) -> &'static str {
        match self {
            Signatory::Person => "person",
            Signatory::Organisation => "organisation",
        }
    }
}

impl Article {
    /// The blocks joined by blank lines.
    pub fn text(&self) -> String {
        let texts: Vec<&str> = self.blocks.iter().map(|block| block.text.as_str()).collect();
        texts.join("\n\n")
    }
}

/// How often a host has shown each repeatable line: what `clean` may ask about a site.
///
/// Keys are line hashes as in [`Article::lines`]; values are numbers of distinct other documents.
#[derive(Debug, Clone, Default)]
pub struct SiteMemory {
    /// Distinct documents of this host that bore the line.
    pub on_host: std::collections::HashMap<u64, u32>,
    /// Lines that other hosts bear too: syndicated text, never a site's own furniture.
    pub elsewhere: std::collections::HashSet<u64>,
}
