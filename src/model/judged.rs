//! What the pure middle says of an article: where it belongs, whether it is about sanctions, and
//! which legal identifiers and facts it holds.

use crate::model::article::Article;
use crate::model::facts::Facts;
use crate::model::matched::Match;
use crate::model::stamp::Stamp;

/// Which text a span points into.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Field {
    Title,
    Text,
}

/// Words that speak for or against, with their place.
#[derive(Debug, Clone, PartialEq)]
pub struct Evidence {
    /// The words as they stand in the field.
    pub text: String,
    /// UTF-8 byte offsets into the field: `field[start..end] == text`.
    pub start: usize,
    pub end: usize,
    pub field: Field,
    /// The rule that matched, e.g. `en.strong.sanctions-on`.
    pub rule: String,
    /// What the rule added to the score; negative for counter-evidence.
    pub weight: f64,
}

/// Is it about sanctions, how sure, and which words said so.
#[derive(Debug, Clone, PartialEq)]
pub struct Verdict {
    pub relevant: bool,
    /// 0 (surely not) to 1 (surely).
    pub score: f64,
    /// Strongest first.
    pub evidence: Vec<Evidence>,
}

/// A legal identifier found in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Instrument {
    /// The name of its kind, e.g. `executive-order`.
    pub kind: &'static str,
    /// Its one form, e.g. `E.O. 14024` however the text writes it.
    pub id: String,
    /// As the text writes it: `text[start..end]`.
    pub text: String,
    /// UTF-8 byte offsets into the text.
    pub start: usize,
    pub end: usize,
    /// Where the document itself can be read, where its address follows from the identifier.
    pub link: Option<String>,
    /// Belongs to sanctions or export control by itself, whatever the text around it.
    pub of_sanctions: bool,
}

/// An identifier and the field it stands in.
#[derive(Debug, Clone, PartialEq)]
pub struct Cited {
    pub field: Field,
    pub instrument: Instrument,
}

/// What the keys of an article are made of.
#[derive(Debug, Clone, Copy)]
pub struct Wording<'t> {
    pub title: &'t str,
    /// The blocks joined by blank lines.
    pub text: &'t str,
    pub byline: &'t [String],
    pub published: Option<Stamp>,
}

/// What an article is looked up by, and what it is compared by once found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Keys {
    /// The address in its one form: see `parse::address::key`.
    pub address: String,
    /// Hash of the folded title and text: equal for equal wording.
    pub wording: u64,
    /// A sample of the text's word runs by which neighbours are looked up: sorted, without repeats.
    pub shingles: Vec<u64>,
    /// Every run of words of the text in order, one hash for the word it begins with: odd for a run
    /// of five characters of a script without spaces, even for one of three words, 0 where a run
    /// says nothing.
    pub runs: Vec<u32>,
    /// Hashes of the numbers in title and text, years left out: sorted, without repeats.
    pub numbers: Vec<u32>,
    /// Those of them that stand in the title.
    pub title_numbers: Vec<u32>,
    /// Hashes of the names (capitals inside sentences) in title and text: sorted, without repeats.
    pub names: Vec<u32>,
    pub published: Option<Stamp>,
    /// The news agency that byline or dateline name.
    pub agency: Option<String>,
}

/// How neighbours are looked up, in memory as in the store.
#[derive(Debug)]
pub struct LookUp;

impl LookUp {
    /// Sampled runs in common that make a neighbour.
    pub const SHARED_MIN: usize = 3;
    /// A run known to more articles within the window than this says nothing about a copy.
    pub const BEARERS_MAX: usize = 20;
    /// Neighbours compared, those with most runs in common.
    pub const NEIGHBOURS_MAX: usize = 8;
    /// Seconds within which an article finds its copies: 14 days.
    pub const WINDOW_SECONDS: i64 = 14 * 24 * 3600;
}

/// A stored article that may be the same one.
#[derive(Debug, Clone)]
pub struct Neighbour<'k> {
    /// Row number of the stored article.
    pub article: i64,
    pub address: Address,
    /// Whether it was published on the same site (registrable domain).
    pub same_site: bool,
    pub keys: &'k Keys,
}

/// What a neighbour's address has to do with the new article's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Address {
    /// Found by its words alone.
    Other,
    /// It lives where the new text was found.
    Same,
    /// It lives at the canonical address that the new page claims.
    Claimed,
}

/// Which of two texts is the original.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Original {
    /// The stored one: published earlier, or seen earlier where nothing else tells.
    Stored,
    /// The new one, published earlier than the stored.
    Found,
    /// Neither: byline or dateline name an agency, and the dates do not tell.
    Agency(String),
}

impl Original {
    /// The form in the database and in JSON lines: `stored`, `found`, `agency:AFP`.
    pub fn label(&self) -> String {
        match self {
            Original::Stored => "stored".to_owned(),
            Original::Found => "found".to_owned(),
            Original::Agency(name) => format!("agency:{name}"),
        }
    }

    /// Back from [`Original::label`].
    pub fn from_label(label: &str) -> Option<Original> {
        match label {
            "stored" => Some(Original::Stored),
            "found" => Some(Original::Found),
            other => other.strip_prefix("agency:").map(|name| Original::Agency(name.to_owned())),
        }
    }
}

/// Where an article belongs among those already stored.
#[derive(Debug, Clone, PartialEq)]
pub enum Placed {
    /// Never seen.
    New,
    /// The same address and the same wording: nothing to store.
    Same { article: i64 },
    /// The same address, another wording.
    Revision { article: i64 },
    /// Another address, the same text; `share` (0 to 1) is the part of the shorter text's words
    /// that stands in the longer.
    Copy { article: i64, share: f64, original: Original },
    /// An article of its own that has a good part of its words, or all of the other's, in common
    /// with a stored one.
    Derived { article: i64, share: f64, original: Original },
}

/// How two texts at one address differ.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// Not at all.
    None,
    /// In white space, case, accents and punctuation, or in lines that change by themselves: dates
    /// of printing, counters.
    Noise,
    /// In wording or order, in nothing listed under [`Matter`].
    Edited,
    /// In what a reader acts on.
    Material(Vec<Matter>),
}

/// What a reader acts on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Matter {
    /// The headline.
    Title,
    /// Numbers, dates, and identifiers with digits: every legal instrument has one.
    Number,
    /// "Not", "no longer", "except" and their like came or went.
    Negation,
    /// A word with a capital inside a sentence came or went. German nouns count too, and every word
    /// of a script without capitals.
    Name,
    /// A passage came or went.
    Passage,
}

impl Change {
    /// The word used in the database and in JSON lines.
    pub fn name(&self) -> &'static str {
        match self {
            Change::None => "none",
            Change::Noise => "noise",
            Change::Edited => "edited",
            Change::Material(_) => "material",
        }
    }

    /// In what it matters; empty unless it is material.
    pub fn matters(&self) -> &[Matter] {
        match self {
            Change::Material(matters) => matters,
            _ => &[],
        }
    }
}

impl Matter {
    /// Every matter, for parsing.
    pub const ALL: [Matter; 5] =
        [Matter::Title, Matter::Number, Matter::Negation, Matter::Name, Matter::Passage];

    /// The word used in the database, in JSON lines and in mails.
    pub fn name(self) -> &'static str {
        match self {
            Matter::Title => "title",
            Matter::Number => "number",
            Matter::Negation => "negation",
            Matter::Name => "name",
            Matter::Passage => "passage",
        }
    }
}

/// One state of a text at an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Version<'t> {
    pub title: &'t str,
    /// The blocks joined by blank lines.
    pub text: &'t str,
}

/// An article with everything the pure middle knows of it: what `store` commits.
///
/// Where it belongs ([`Placed`]) is decided inside the commit, where no copy can slip in between.
#[derive(Debug, Clone, PartialEq)]
pub struct Judged {
    pub article: Article,
    pub keys: Keys,
    pub verdict: Verdict,
    /// The title's before the text's, each in order.
    pub instruments: Vec<Cited>,
    /// Empty where the article is not about sanctions.
    pub facts: Facts,
    /// Listed parties it names, the title's mentions first, each in order.
    pub named: Vec<Match>,
}
