//! What the matches of an article amount to: a fixed list of numbers, each with the matches
//! behind it.

use std::ops::RangeInclusive;

use crate::classify::instruments;
use crate::classify::lexicon::{Kind, Lexicon, Section as _};
use crate::classify::matches;
use crate::model::judged::{Cited, Field};
use crate::text::tokens::{Folded, Token};

/// Where in an article a match stands; position carries most of the signal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Zone {
    Title,
    /// The first words of the text: what it is about, if the title does not say.
    Opening,
    /// The rest of the first paragraphs.
    Lead,
    Body,
}

/// One number of an article, nameable in the weights file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Feature {
    /// Matches of a kind in a zone.
    Some(Zone, Kind),
    /// Two kinds in one sentence of a zone.
    Pair(Zone, Kind, Kind),
    /// Words of another world before the body, and nothing firm for sanctions there.
    OnlyAgainst,
}

/// Words that say something, with their place.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Found {
    pub kind: Kind,
    pub source: Source,
    /// First and last token, both included.
    pub first: usize,
    pub last: usize,
    pub field: Field,
    pub zone: Zone,
    sentence: u32,
}

/// What found the words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// A rule of the lexicon, by index.
    Rule(usize),
    /// One of [`Seen::instruments`], by index.
    Instrument(usize),
}

/// A feature that is not zero: its value, and the matches (by index) that made it so.
#[derive(Debug, Clone, PartialEq)]
pub struct Present {
    /// Index into [`all`].
    pub feature: usize,
    pub value: f64,
    pub because: Vec<usize>,
}

/// An article seen through the lexicon.
#[derive(Debug)]
pub struct Seen {
    pub title: Folded,
    pub text: Folded,
    pub found: Vec<Found>,
    /// Every identifier, the title's before the text's.
    pub instruments: Vec<Cited>,
    /// Words of the text after the lead; in unspaced scripts two characters make a word.
    body_words: usize,
}

/// Words of the opening: a sentence or two.
const OPENING_WORDS: usize = 35;
/// Words of the lead after it.
const LEAD_WORDS: usize = 40;
/// A text without a title often begins with its headline; longer first sentences are prose.
const HEADLINE_WORDS: usize = 25;
/// A body of this many words counts a mention half.
const BODY_SCALE: f64 = 150.0;
/// More than this (in doublings) of one kind in one zone says nothing new.
const ENOUGH: f64 = 2.0;

/// Kinds that count by themselves. Authorities, their verbs and places are in all political news:
/// they count in company only.
const KINDS: [Kind; 9] = [
    Kind::Strong,
    Kind::Object,
    Kind::Act,
    Kind::Sanction,
    Kind::Weak,
    Kind::Issuer,
    Kind::Measure,
    Kind::Against,
    Kind::Instrument,
];

/// Kinds that say more together, in one sentence before the body.
const PAIRS: [(Kind, Kind); 11] = [
    (Kind::Authority, Kind::Aim),
    (Kind::Authority, Kind::Measure),
    (Kind::Authority, Kind::Sanction),
    (Kind::Authority, Kind::Weak),
    (Kind::Aim, Kind::Place),
    (Kind::Measure, Kind::Place),
    (Kind::Sanction, Kind::Place),
    (Kind::Weak, Kind::Place),
    (Kind::Sanction, Kind::Measure),
    (Kind::Sanction, Kind::Aim),
    (Kind::Against, Kind::Sanction),
];

/// Tokens from the end of one match to the start of another that keeps it company.
const CLOSE: usize = 14;

/// Kinds that settle the matter against a stray word of another world.
const FIRM: [Kind; 4] = [Kind::Strong, Kind::Object, Kind::Issuer, Kind::Instrument];

/// Every feature, in the order of the weights.
pub fn all() -> Vec<Feature> {
    let zones = [Zone::Title, Zone::Opening, Zone::Lead, Zone::Body];
    let single = zones.into_iter().flat_map(|zone| KINDS.map(|kind| Feature::Some(zone, kind)));
    let pairs = zones
        .into_iter()
        .take(3)
        .flat_map(|zone| PAIRS.map(|(one, other)| Feature::Pair(zone, one, other)));
    single.chain(pairs).chain([Feature::OnlyAgainst]).collect()
}

impl Feature {
    /// Its name in the weights file, e.g. `title.strong`, `lead.authority+aim`.
    pub fn name(self) -> String {
        match self {
            Feature::Some(zone, kind) => format!("{}.{}", zone.name(), kind.name()),
            Feature::Pair(zone, one, other) => {
                format!("{}.{}+{}", zone.name(), one.name(), other.name())
            }
            Feature::OnlyAgainst => "only-against".to_owned(),
        }
    }

    /// Whether it can only speak against: the trainer keeps its weight at or below zero, and every
    /// other at or above, so that no word ever counts for the opposite of what it says.
    pub fn speaks_against(self) -> bool {
        match self {
            Feature::Some(_, kind) => kind == Kind::Against,
            Feature::Pair(_, one, other) => [one, other].contains(&Kind::Against),
            Feature::OnlyAgainst => true,
        }
    }
}

impl Zone {
    fn name(self) -> &'static str {
        match self {
            Zone::Title => "title",
            Zone::Opening => "opening",
            Zone::Lead => "lead",
            Zone::Body => "body",
        }
    }
}

/// Finds everything the lexicon knows in an article.
pub fn see(lexicon: &Lexicon, title: &str, text: &str, language: Option<&str>) -> Seen {
    let heard = lexicon.heard(language);
    let (folded_title, folded_text) = (Folded::of(title), Folded::of(text));
    let zones = Zones::of(&folded_title, &folded_text);
    let mut instruments = Vec::new();
    let mut found = Vec::new();
    for (field, folded, original) in
        [(Field::Title, &folded_title, title), (Field::Text, &folded_text, text)]
    {
        let place = Place { zones: &zones, field, folded };
        let matches = matches::find(lexicon, folded, original, &heard);
        found.extend(matches.iter().map(|matched| {
            place.found(matched.kind, Source::Rule(matched.rule), matched.first..=matched.last)
        }));
        for instrument in instruments::find(original) {
            let tokens = folded.tokens_within(instrument.start..instrument.end);
            if let (true, Some(tokens)) = (instrument.of_sanctions, tokens) {
                let source = Source::Instrument(instruments.len());
                found.push(place.found(Kind::Instrument, source, tokens));
            }
            instruments.push(Cited { field, instrument });
        }
    }
    let body_words = zones.body_words;
    Seen { title: folded_title, text: folded_text, found, instruments, body_words }
}

/// One field of the article, to place what is found in it.
struct Place<'a> {
    zones: &'a Zones,
    field: Field,
    folded: &'a Folded,
}

impl Place<'_> {
    fn found(&self, kind: Kind, source: Source, tokens: RangeInclusive<usize>) -> Found {
        let (first, last) = tokens.into_inner();
        let zone = match self.field {
            Field::Title => Zone::Title,
            Field::Text => self.zones.of_token(first),
        };
        let sentence = self.folded.tokens()[first].sentence;
        Found { kind, source, first, last, field: self.field, zone, sentence }
    }
}

impl Seen {
    /// The features that are not zero.
    pub fn features(&self) -> Vec<Present> {
        let all = all();
        let mut present = Vec::new();
        for (feature, kind) in all.into_iter().enumerate() {
            let because = self.because(kind);
            if !because.is_empty() {
                let value = self.value(kind, because.len());
                present.push(Present { feature, value, because });
            }
        }
        present
    }

    fn because(&self, feature: Feature) -> Vec<usize> {
        match feature {
            Feature::Some(zone, kind) => {
                self.indices(|found| found.zone == zone && found.kind == kind)
            }
            Feature::Pair(zone, one, other) => self.pair(zone, one, other),
            Feature::OnlyAgainst => {
                let opening = |found: &Found| found.zone != Zone::Body;
                let firm = self.indices(|found| opening(found) && FIRM.contains(&found.kind));
                let against = self.indices(|found| opening(found) && found.kind == Kind::Against);
                if firm.is_empty() { against } else { Vec::new() }
            }
        }
    }

    fn value(&self, feature: Feature, count: usize) -> f64 {
        let count = match feature {
            Feature::Some(Zone::Body, _) => {
                count as f64 / (1.0 + self.body_words as f64 / BODY_SCALE)
            }
            Feature::Pair(..) => 1.0,
            _ => count as f64,
        };
        (1.0 + count).log2().min(ENOUGH)
    }

    /// The matches of two kinds in the zone that stand with one of the other kind in a sentence.
    fn pair(&self, zone: Zone, one: Kind, other: Kind) -> Vec<usize> {
        let of = |kind: Kind| self.indices(|found| found.zone == zone && found.kind == kind);
        let (ones, others) = (of(one), of(other));
        let among = |index: usize, partners: &[usize]| {
            partners.iter().any(|partner| self.together(index, *partner))
        };
        let mut both: Vec<usize> = ones.iter().copied().filter(|i| among(*i, &others)).collect();
        both.extend(others.iter().copied().filter(|i| among(*i, &ones)));
        both
    }

    /// Whether two matches stand close by in a sentence and share no word: no word is company for
    /// itself.
    fn together(&self, one: usize, other: usize) -> bool {
        let (one, other) = (&self.found[one], &self.found[other]);
        one.field == other.field
            && one.sentence == other.sentence
            && (follows(one, other) || follows(other, one))
    }

    fn indices(&self, holds: impl Fn(&Found) -> bool) -> Vec<usize> {
        (0..self.found.len()).filter(|index| holds(&self.found[*index])).collect()
    }
}

/// Whether `next` begins at most [`CLOSE`] tokens after the end of `before`.
fn follows(before: &Found, next: &Found) -> bool {
    before.last < next.first && next.first - before.last <= CLOSE
}

/// Where the opening, the lead and the body of a text begin, in tokens.
struct Zones {
    opening: usize,
    lead: usize,
    body: usize,
    body_words: usize,
}

impl Zones {
    fn of(title: &Folded, text: &Folded) -> Self {
        let tokens = text.tokens();
        let opening = if title.tokens().is_empty() { headline(text) } else { 0 };
        let lead = opening + within(text, &tokens[opening..], OPENING_WORDS);
        let body = lead + within(text, &tokens[lead..], LEAD_WORDS);
        Self { opening, lead, body, body_words: words(text, &tokens[body..]) }
    }

    fn of_token(&self, token: usize) -> Zone {
        match token {
            _ if token < self.opening => Zone::Title,
            _ if token < self.lead => Zone::Opening,
            _ if token < self.body => Zone::Lead,
            _ => Zone::Body,
        }
    }
}

/// Tokens of the first sentence where it is as short as a headline, else none.
fn headline(text: &Folded) -> usize {
    let tokens = text.tokens();
    let first = tokens.iter().take_while(|token| token.sentence == 0).count();
    if within(text, tokens, HEADLINE_WORDS) < first { 0 } else { first }
}

/// How many of `tokens` make up the first `limit` words.
pub(crate) fn within(text: &Folded, tokens: &[Token], limit: usize) -> usize {
    let mut halves = 0;
    tokens
        .iter()
        .take_while(|token| {
            halves += half_words(text, token);
            halves <= 2 * limit
        })
        .count()
}

fn words(text: &Folded, tokens: &[Token]) -> usize {
    tokens.iter().map(|token| half_words(text, token)).sum::<usize>() / 2
}

fn half_words(text: &Folded, token: &Token) -> usize {
    let unspaced =
        text.text()[token.start..token.end].starts_with(crate::text::tokens::is_unspaced);
    if unspaced { 1 } else { 2 }
}
