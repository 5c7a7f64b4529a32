//! The words that facts are read from: one lexicon of fifteen languages, and an article's field with
//! everything it marks there.

use std::ops::Range;
use std::sync::LazyLock;

use crate::classify::features;
use crate::classify::instruments;
use crate::classify::lexicon::{Lexicon, Section};
use crate::classify::matches::{self, Match};
use crate::model::facts::{Action, Bound, DateRole, Measure, MoneyRole, Place, Shown, Unit};
use crate::model::judged::{Field, Instrument};
use crate::text::tokens::Folded;

/// What a rule of the lexicon of facts marks. A section is called by the group and what it stands
/// for: `[action delist]`, `[authority us-ofac]`, `[month 3]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Mark {
    /// A body that acts, by its id.
    Authority(&'static str),
    /// An action that needs nobody to be named.
    Action(Action),
    /// A verb that is an action where an authority does it.
    Verb(Action),
    Measure(Measure),
    /// ISO 3166-1.
    Country(&'static str),
    /// A programme by its id in `programmes.txt`.
    Programme(&'static str),
    Unit(Unit),
    Number(u32),
    /// Million, billion.
    Scale(u64),
    Bound(Bound),
    /// What a number before it counts, where that is no target: years, per cent.
    Stop,
    /// ISO 4217.
    Currency(&'static str),
    Role(MoneyRole),
    Month(u32),
    /// 1 is Monday.
    Weekday(u32),
    Today,
    Date(DateRole),
    /// A time zone as the IANA or an offset names it.
    Zone(&'static str),
    Guard(Guard),
    /// The next words are whom it hits.
    Target,
    /// The next words are who does it.
    Agent,
    /// The words before are who says it.
    Says,
    /// The next words are a place where something happens.
    Where,
    /// A class of words that other rules name; marks nothing itself.
    Word(&'static str),
}

/// What keeps an action from being a fact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Guard {
    /// Possible, planned, asked for.
    Maybe,
    Not,
    /// Long ago.
    Past,
    /// The authority before only speaks about it.
    Other,
    /// Looks like one of the others and is none: "the largest since".
    Void,
}

impl Section for Mark {
    fn named(name: &'static str) -> Option<Self> {
        let (group, rest) = name.split_once(' ').unwrap_or((name, ""));
        let number = || rest.parse().ok();
        match group {
            "authority" => Some(Mark::Authority(rest)),
            "action" => action(rest).map(Mark::Action),
            "verb" => action(rest).map(Mark::Verb),
            "measure" => Measure::ALL.into_iter().find(|m| m.name() == rest).map(Mark::Measure),
            "country" => Some(Mark::Country(rest)),
            "programme" => Some(Mark::Programme(rest)),
            "unit" => Unit::ALL.into_iter().find(|unit| unit.name() == rest).map(Mark::Unit),
            "number" => number().map(Mark::Number),
            "scale" => rest.parse().ok().map(Mark::Scale),
            "bound" => [Bound::AtLeast, Bound::About]
                .into_iter()
                .find(|bound| bound.name() == rest)
                .map(Mark::Bound),
            "stop" => Some(Mark::Stop),
            "currency" => Some(Mark::Currency(rest)),
            "role" => MoneyRole::ALL.into_iter().find(|role| role.name() == rest).map(Mark::Role),
            "month" => number().map(Mark::Month),
            "weekday" => number().map(Mark::Weekday),
            "today" => Some(Mark::Today),
            "date" => DateRole::ALL.into_iter().find(|role| role.name() == rest).map(Mark::Date),
            "zone" => Some(Mark::Zone(rest)),
            "guard" => guard(rest).map(Mark::Guard),
            "target" => Some(Mark::Target),
            "agent" => Some(Mark::Agent),
            "says" => Some(Mark::Says),
            "where" => Some(Mark::Where),
            "word" => Some(Mark::Word(rest)),
            _ => None,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Mark::Authority(_) => "authority",
            Mark::Action(_) => "action",
            Mark::Verb(_) => "verb",
            Mark::Measure(_) => "measure",
            Mark::Country(_) => "country",
            Mark::Programme(_) => "programme",
            Mark::Unit(_) => "unit",
            Mark::Number(_) => "number",
            Mark::Scale(_) => "scale",
            Mark::Bound(_) => "bound",
            Mark::Stop => "stop",
            Mark::Currency(_) => "currency",
            Mark::Role(_) => "role",
            Mark::Month(_) => "month",
            Mark::Weekday(_) => "weekday",
            Mark::Today => "today",
            Mark::Date(_) => "date",
            Mark::Zone(_) => "zone",
            Mark::Guard(_) => "guard",
            Mark::Target => "target",
            Mark::Agent => "agent",
            Mark::Says => "says",
            Mark::Where => "where",
            Mark::Word(class) => class,
        }
    }
}

fn action(name: &str) -> Option<Action> {
    Action::ALL.into_iter().find(|action| action.name() == name)
}

fn guard(name: &str) -> Option<Guard> {
    match name {
        "maybe" => Some(Guard::Maybe),
        "not" => Some(Guard::Not),
        "past" => Some(Guard::Past),
        "other" => Some(Guard::Other),
        "void" => Some(Guard::Void),
        _ => None,
    }
}

/// The files, each with its language.
const FILES: [(&str, &str); 16] = [
    ("any", include_str!("any.txt")),
    ("en", include_str!("en.txt")),
    ("fr", include_str!("fr.txt")),
    ("de", include_str!("de.txt")),
    ("es", include_str!("es.txt")),
    ("it", include_str!("it.txt")),
    ("pt", include_str!("pt.txt")),
    ("nl", include_str!("nl.txt")),
    ("pl", include_str!("pl.txt")),
    ("tr", include_str!("tr.txt")),
    ("ru", include_str!("ru.txt")),
    ("uk", include_str!("uk.txt")),
    ("zh", include_str!("zh.txt")),
    ("ja", include_str!("ja.txt")),
    ("ar", include_str!("ar.txt")),
    ("fa", include_str!("fa.txt")),
];

pub(crate) fn shipped() -> &'static Lexicon<Mark> {
    static SHIPPED: LazyLock<Lexicon<Mark>> =
        LazyLock::new(|| Lexicon::read(&FILES).expect("a test reads every shipped file"));
    &SHIPPED
}

/// One field of an article, marked.
pub(crate) struct Marked<'a> {
    pub(crate) field: Field,
    pub(crate) original: &'a str,
    pub(crate) folded: Folded,
    /// In order; of authorities, of countries and of counted things that overlap, the longest.
    pub(crate) marks: Vec<Match<Mark>>,
    pub(crate) instruments: Vec<Instrument>,
    /// Tokens of the headline or of the first paragraphs: news says there what happened.
    pub(crate) lead: usize,
}

/// What is looked at of one sentence: every pair of marks may be compared, and a hostile page can
/// be one sentence of a megabyte.
const MARKS: usize = 256;
const TOKENS: usize = 512;
/// Tokens of a sentence kept to each side of what it shows.
const AROUND: usize = 120;
/// Words of the lead.
const LEAD_WORDS: usize = 110;

/// A field of an article, folded, with the legal identifiers in it.
pub(crate) struct Looked<'a> {
    pub(crate) field: Field,
    pub(crate) original: &'a str,
    pub(crate) folded: Folded,
    pub(crate) instruments: Vec<Instrument>,
}

impl<'a> Looked<'a> {
    /// Folds a field and looks for identifiers.
    pub(crate) fn at(field: Field, original: &'a str) -> Self {
        let (folded, instruments) = (Folded::of(original), instruments::find(original));
        Self { field, original, folded, instruments }
    }
}

impl<'a> Marked<'a> {
    pub(crate) fn of(looked: Looked<'a>, language: Option<&str>) -> Self {
        let Looked { field, original, folded, instruments } = looked;
        let lexicon = shipped();
        let mut marks = matches::all(lexicon, &folded, original, &lexicon.heard(language));
        marks.retain(|mark| !matches!(mark.kind, Mark::Word(_)));
        longest_of_each_group(&mut marks);
        marks.sort_by_key(|mark| (mark.first, mark.kind, mark.last));
        let lead = features::within(&folded, folded.tokens(), LEAD_WORDS);
        let mut marked = Self { field, original, folded, marks: Vec::new(), instruments, lead };
        // The "No" of "Regulation (EU) No 269/2014" denies nothing, and its "EU" does nothing.
        marks.retain(|mark| {
            let named = matches!(mark.kind, Mark::Guard(_) | Mark::Country(_) | Mark::Authority(_));
            !named || !marked.in_instrument(mark.first)
        });
        let voids: Vec<Match<Mark>> =
            marks.iter().filter(|mark| mark.kind == Mark::Guard(Guard::Void)).copied().collect();
        marks.retain(|mark| !covered(mark, &voids));
        // Of ways to read one phrase, the shortest: "issued GL 8 and revoked GL 7" is no revoking of GL 8.
        let mut before: Option<Match<Mark>> = None;
        marks.retain(|mark| {
            let verb = matches!(mark.kind, Mark::Action(_) | Mark::Verb(_));
            let longer = before.is_some_and(|b| b.kind == mark.kind && b.first == mark.first);
            if verb && !longer {
                before = Some(*mark);
            }
            !verb || !longer
        });
        marked.marks = marks;
        marked
    }

    /// The sentence a token stands in.
    pub(crate) fn sentence(&self, token: usize) -> u32 {
        self.folded.tokens()[token].sentence
    }

    /// The folded letters of a token.
    pub(crate) fn word(&self, token: usize) -> &str {
        let token = &self.folded.tokens()[token];
        &self.folded.text()[token.start..token.end]
    }

    /// The marks of one sentence, in order; of a sentence without end, the first [`MARKS`].
    pub(crate) fn marks_of(&self, sentence: u32) -> &[Match<Mark>] {
        let from = self.marks.partition_point(|mark| self.sentence(mark.first) < sentence);
        let to = self.marks.partition_point(|mark| self.sentence(mark.first) <= sentence);
        &self.marks[from..to.min(from + MARKS)]
    }

    /// The tokens of one sentence; of a sentence without end, the first [`TOKENS`].
    pub(crate) fn tokens_of(&self, sentence: u32) -> Range<usize> {
        let tokens = self.folded.tokens();
        let first = tokens.partition_point(|token| token.sentence < sentence);
        let after = tokens.partition_point(|token| token.sentence <= sentence);
        first..after.min(first + TOKENS)
    }

    /// The bytes of the original from token `first` to token `last`.
    pub(crate) fn bytes(&self, first: usize, last: usize) -> Range<usize> {
        let tokens = self.folded.tokens();
        self.folded.origin(tokens[first].start..tokens[last].end)
    }

    /// The characters between a token and the next.
    pub(crate) fn between(&self, token: usize) -> &'a str {
        match token + 1 < self.folded.tokens().len() {
            true => {
                let (end, start) =
                    (self.bytes(token, token).end, self.bytes(token + 1, token + 1).start);
                self.original.get(end..start).unwrap_or_default()
            }
            false => "",
        }
    }

    /// Tokens that stand in a legal identifier: its numbers are no counts, years or sums.
    pub(crate) fn in_instrument(&self, token: usize) -> bool {
        let Range { start, end } = self.bytes(token, token);
        self.instruments.iter().any(|found| found.start < end && start < found.end)
    }

    /// `value` as shown by the tokens `first` to `last`.
    pub(crate) fn shown<T>(&self, value: T, first: usize, last: usize) -> Shown<T> {
        let Range { start, end } = self.bytes(first, last);
        Shown { value, place: self.place(start, end, first) }
    }

    /// The place of the bytes `start..end`, whose first token is `token`.
    pub(crate) fn place(&self, start: usize, end: usize, token: usize) -> Place {
        let sentence = self.sentence_around(token);
        let whole = sentence.start.min(start)..sentence.end.max(end);
        let sentence = self.original.get(whole).unwrap_or_default().to_owned();
        Place { field: self.field, start, end, sentence }
    }

    fn sentence_around(&self, token: usize) -> Range<usize> {
        let tokens = self.folded.tokens();
        let number = tokens[token].sentence;
        let first = tokens.partition_point(|token| token.sentence < number);
        let after = tokens.partition_point(|token| token.sentence <= number);
        let first = first.max(token.saturating_sub(AROUND));
        let Range { start, end } = self.bytes(first, (after - 1).min(token + AROUND));
        let rest = &self.original[end..];
        let marks = rest.find(|c: char| c.is_whitespace() || c.is_alphanumeric());
        let close = &rest[..marks.unwrap_or(rest.len()).min(rest.floor_char_boundary(8))];
        start..end + close.len()
    }
}

/// Whether one of `voids`, which are in order, overlaps the mark.
fn covered(mark: &Match<Mark>, voids: &[Match<Mark>]) -> bool {
    // No rule spans more than a few dozen tokens: only the voids that begin just before can reach.
    let from = voids.partition_point(|void| void.first + 64 < mark.first);
    voids[from..]
        .iter()
        .take_while(|void| void.first <= mark.last)
        .any(|void| mark.first <= void.last)
}

/// Of marks of one group that overlap, the longest stays, where a longer name holds a shorter.
fn longest_of_each_group(marks: &mut Vec<Match<Mark>>) {
    let group = |mark: Mark| match mark {
        Mark::Authority(_) => 1,
        Mark::Country(_) => 2,
        Mark::Unit(_) => 3,
        Mark::Number(_) => 4,
        Mark::Zone(_) => 5,
        _ => 0,
    };
    marks.sort_by_key(|mark| (group(mark.kind), mark.first, usize::MAX - mark.last));
    let mut before: Option<Match<Mark>> = None;
    marks.retain(|mark| {
        let same = |b: &Match<Mark>| group(b.kind) == group(mark.kind) && mark.first <= b.last;
        let clear = group(mark.kind) == 0 || !before.as_ref().is_some_and(same);
        if clear {
            before = Some(*mark);
        }
        clear
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shipped_file_is_read_and_marks_the_main_groups() {
        let lexicon = Lexicon::<Mark>::read(&FILES).unwrap();
        for (language, code) in lexicon.languages.iter().enumerate().skip(1) {
            for group in ["authority", "action", "measure", "country", "unit", "guard"] {
                let has = lexicon
                    .rules
                    .iter()
                    .any(|rule| rule.language == language && rule.kind.name() == group);
                assert!(has, "{code} has no rule of {group}");
            }
        }
    }

    #[test]
    fn of_names_within_names_the_longest_stays() {
        let marked = Marked::of(
            Looked::at(Field::Text, "The US Department of State and South Sudan"),
            Some("en"),
        );
        let names: Vec<Mark> = marked
            .marks
            .iter()
            .map(|mark| mark.kind)
            .filter(|mark| matches!(mark, Mark::Authority(_) | Mark::Country(_)))
            .collect();
        let expected = [Mark::Authority("us"), Mark::Authority("us-state"), Mark::Country("ss")];
        assert_eq!(names, expected);
    }

    #[test]
    fn a_sentence_keeps_its_full_stop() {
        let looked = Looked::at(Field::Text, "It rained. The EU acted! So?");
        let marked = Marked::of(looked, Some("en"));
        let sentences: Vec<&str> =
            [0, 3, 5].map(|token| &marked.original[marked.sentence_around(token)]).to_vec();
        assert_eq!(sentences, ["It rained.", "The EU acted!", "So?"]);
    }
}
