//! The words that speak for or against sanctions, from the files under `lexicon/`, compiled once.
//!
//! A file is named after its language (`any` holds for all). A line `[kind]` opens a section, and may
//! hold its first rule; every other line is one rule: words in order, each of which may be
//!
//! | written | matches |
//! |---|---|
//! | `word` | the whole word in any case, accents or not |
//! | `Word`, `OFAC` | the whole word with capitals where the rule has them |
//! | `word*` `*word` `*word*` | words that begin with, end with, contain it |
//! | `a\|b\|c` | any one of these |
//! | `~3` | at most three words in between (never across the end of a sentence) |
//! | `@place` `@sanction` | any one-word rule of the file's `[place]` or `[sanction]` section |
//! | `@name` | any word that begins with a capital |
//!
//! In scripts without spaces a word matches wherever its characters stand, and a gap counts
//! characters. Arabic words may carry the article and the one-letter words joined to them.

use std::collections::{BTreeMap, HashMap};
use std::sync::LazyLock;

use aho_corasick::AhoCorasick;

use crate::text::tokens::{fold_char, is_unspaced};

/// What the sections of a set of files are called: the verdict's [`Kind`]s, or the marks that facts
/// are read from.
pub trait Section: Copy + Ord {
    /// The section of this name, if there is one.
    fn named(name: &'static str) -> Option<Self>;

    /// Its name as the files and the ids of rules write it.
    fn name(self) -> &'static str;
}

/// What a rule's words say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// Sanctions by themselves: "asset freeze", "SDN list".
    Strong,
    /// Sanctions aimed at a place or a name: "sanctions on Iran".
    Object,
    /// Something done with sanctions: "lifts sanctions".
    Act,
    /// The words for sanctions, in need of company: "sanctions", "embargo".
    Sanction,
    /// Words near to sanctions, in need of more company: "blacklist", "designation".
    Weak,
    /// A body that does hardly anything else: "OFAC".
    Issuer,
    /// A body that does many things: "Treasury".
    Authority,
    /// What is done to somebody: "ban the sale", "wind down".
    Measure,
    /// The verb of a designation: "targets", "blacklists".
    Aim,
    /// A country, people or party that sanctions are about.
    Place,
    /// Another sense or another world: sport, courts, welfare.
    Against,
    /// A phrase that only looks like one of the others; nothing inside it counts.
    Trap,
    /// A legal identifier that belongs to sanctions or export control; found by pattern, not here.
    Instrument,
}

impl Kind {
    /// Every kind, for tests over the table.
    pub const ALL: [Kind; 13] = [
        Kind::Strong,
        Kind::Object,
        Kind::Act,
        Kind::Sanction,
        Kind::Weak,
        Kind::Issuer,
        Kind::Authority,
        Kind::Measure,
        Kind::Aim,
        Kind::Place,
        Kind::Against,
        Kind::Trap,
        Kind::Instrument,
    ];
}

impl Section for Kind {
    fn named(name: &'static str) -> Option<Self> {
        Kind::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// Also the word in rule names and in feature names.
    fn name(self) -> &'static str {
        match self {
            Kind::Strong => "strong",
            Kind::Object => "object",
            Kind::Act => "act",
            Kind::Sanction => "sanction",
            Kind::Weak => "weak",
            Kind::Issuer => "issuer",
            Kind::Authority => "authority",
            Kind::Measure => "measure",
            Kind::Aim => "aim",
            Kind::Place => "place",
            Kind::Against => "against",
            Kind::Trap => "trap",
            Kind::Instrument => "instrument",
        }
    }
}

/// One rule: words in order.
#[derive(Debug, Clone)]
pub struct Rule<S> {
    /// Language, kind and words, e.g. `en.strong.asset-freeze`.
    pub id: String,
    pub kind: S,
    /// Index into [`Lexicon::languages`].
    pub language: usize,
    /// For each word, how many others may stand before it.
    pub(crate) gaps: Vec<usize>,
    /// Where the rule's words begin in the matcher's memory.
    pub(crate) first_state: usize,
}

/// One word of a rule and how it may stand in a text.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Word {
    /// Folded.
    pub(crate) text: String,
    pub(crate) open_left: bool,
    pub(crate) open_right: bool,
    /// Positions, in characters, where the text must show a capital.
    pub(crate) capitals: Vec<usize>,
    /// Written without spaces: may stand anywhere.
    pub(crate) unspaced: bool,
    /// May carry the Arabic article and joined prepositions.
    pub(crate) clitics: bool,
}

/// Where a word is used: slot `slot` of rule `rule`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Use {
    pub(crate) rule: usize,
    pub(crate) slot: usize,
}

/// All rules of all languages and the automaton that finds their words in one pass.
#[derive(Debug)]
pub struct Lexicon<S = Kind> {
    /// ISO 639-1 codes, and `any`.
    pub languages: Vec<&'static str>,
    pub rules: Vec<Rule<S>>,
    pub(crate) words: Vec<Word>,
    pub(crate) uses: Vec<Vec<Use>>,
    /// Uses of `@name`.
    pub(crate) name_uses: Vec<Use>,
    /// Finds the distinct folded words; each leads to the [`Word`]s written so.
    pub(crate) automaton: AhoCorasick,
    pub(crate) written: Vec<Vec<usize>>,
    /// Slots of all rules together: the size of the matcher's memory.
    pub(crate) states: usize,
}

/// The files, each with its language.
const FILES: [(&str, &str); 16] = [
    ("any", include_str!("lexicon/any.txt")),
    ("en", include_str!("lexicon/en.txt")),
    ("fr", include_str!("lexicon/fr.txt")),
    ("de", include_str!("lexicon/de.txt")),
    ("es", include_str!("lexicon/es.txt")),
    ("it", include_str!("lexicon/it.txt")),
    ("pt", include_str!("lexicon/pt.txt")),
    ("nl", include_str!("lexicon/nl.txt")),
    ("pl", include_str!("lexicon/pl.txt")),
    ("tr", include_str!("lexicon/tr.txt")),
    ("ru", include_str!("lexicon/ru.txt")),
    ("uk", include_str!("lexicon/uk.txt")),
    ("zh", include_str!("lexicon/zh.txt")),
    ("ja", include_str!("lexicon/ja.txt")),
    ("ar", include_str!("lexicon/ar.txt")),
    ("fa", include_str!("lexicon/fa.txt")),
];

/// Languages in Latin letters, whose words look alike: only the text's own is heard.
const LATIN: [&str; 9] = ["en", "fr", "de", "es", "it", "pt", "nl", "pl", "tr"];

/// The lexicon that ships.
pub fn shipped() -> &'static Lexicon {
    static SHIPPED: LazyLock<Lexicon> =
        LazyLock::new(|| Lexicon::read(&FILES).expect("a test reads every shipped file"));
    &SHIPPED
}

impl<S: Section> Lexicon<S> {
    /// Reads files, each with its language.
    ///
    /// # Errors
    /// A line that is no rule: a sentence with language and line number.
    pub fn read(files: &[(&'static str, &'static str)]) -> Result<Self, String> {
        let mut reader = Reader::default();
        for (index, (language, text)) in files.iter().enumerate() {
            reader
                .read_file(index, language, text)
                .map_err(|fault| format!("lexicon {language}: {fault}"))?;
        }
        reader.finish(files.iter().map(|(language, _)| *language).collect())
    }

    /// Which languages' rules are heard in a text of `language`: an entry per [`Lexicon::languages`].
    ///
    /// Other scripts cannot be confused with Latin and are always heard, since a page's claim may
    /// be wrong. In a text of no known language every rule is heard.
    pub fn heard(&self, language: Option<&str>) -> Vec<bool> {
        let known = language.filter(|code| LATIN.contains(code));
        let foreign = language.is_some_and(|code| self.languages.contains(&code));
        self.languages
            .iter()
            .map(|code| match known {
                _ if !LATIN.contains(code) => true,
                Some(known) => known == *code,
                // A text in another script may quote English.
                None => !foreign || *code == "en",
            })
            .collect()
    }
}

#[derive(Debug)]
struct Reader<S> {
    rules: Vec<Rule<S>>,
    words: Vec<Word>,
    numbers: HashMap<Word, usize>,
    uses: Vec<Vec<Use>>,
    name_uses: Vec<Use>,
    states: usize,
}

impl<S> Default for Reader<S> {
    fn default() -> Self {
        Self {
            rules: Vec::new(),
            words: Vec::new(),
            numbers: HashMap::new(),
            uses: Vec::new(),
            name_uses: Vec::new(),
            states: 0,
        }
    }
}

impl<S: Section> Reader<S> {
    fn read_file(&mut self, language: usize, code: &str, text: &'static str) -> Result<(), String> {
        let mut kind = None;
        let mut classes = Classes::default();
        for (number, line) in text.lines().enumerate() {
            let mut line = line.trim();
            let at = |fault: String| format!("line {}: {fault}", number + 1);
            if let Some((name, rest)) = line.strip_prefix('[').and_then(|rest| rest.split_once(']'))
            {
                let found = S::named(name);
                kind = Some(found.ok_or_else(|| at(format!("no kind is called {name:?}")))?);
                line = rest.trim();
            }
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let kind =
                kind.ok_or_else(|| at("a rule stands before the first [kind]".to_owned()))?;
            let rule = self.read_rule(language, code, kind, line, &mut classes).map_err(at)?;
            if rule.gaps.len() == 1 {
                classes.entry(kind.name()).or_default().members.push(self.rules.len());
            }
            self.states += rule.gaps.len();
            self.rules.push(rule);
        }
        for class in classes.values() {
            self.lend(&class.members, &class.wanted);
        }
        Ok(())
    }

    fn read_rule(
        &mut self,
        language: usize,
        code: &str,
        kind: S,
        line: &'static str,
        classes: &mut Classes,
    ) -> Result<Rule<S>, String> {
        let rule = self.rules.len();
        let mut gaps = Vec::new();
        let mut gap = 0;
        let mut slug: Vec<&str> = Vec::new();
        for part in line.split_whitespace() {
            if let Some(width) = part.strip_prefix('~') {
                gap = width.parse().map_err(|_| format!("{part:?} is no gap: write ~3"))?;
                continue;
            }
            let place = Use { rule, slot: gaps.len() };
            for written in part.split('|') {
                match written.strip_prefix('@') {
                    Some("name") => self.name_uses.push(place),
                    Some(class) => classes.entry(class).or_default().wanted.push(place),
                    None => {
                        let word = self.number(read_word(written)?);
                        self.uses[word].push(place);
                    }
                }
            }
            slug.push(part.split('|').next().unwrap_or(part).trim_matches(['*', '@']));
            gaps.push(gap);
            gap = 0;
        }
        if gaps.is_empty() {
            return Err(format!("{line:?} holds no word"));
        }
        let id = format!("{code}.{}.{}", kind.name(), slug.join("-").to_lowercase());
        Ok(Rule { id, kind, language, gaps, first_state: self.states })
    }

    fn number(&mut self, word: Word) -> usize {
        *self.numbers.entry(word).or_insert_with_key(|word| {
            self.words.push(word.clone());
            self.uses.push(Vec::new());
            self.words.len() - 1
        })
    }

    /// Every one-word rule of a class may stand where the file's rules name the class.
    fn lend(&mut self, members: &[usize], wanted: &[Use]) {
        for uses in &mut self.uses {
            if uses.iter().any(|used| members.contains(&used.rule)) {
                uses.extend_from_slice(wanted);
            }
        }
    }

    fn finish(self, languages: Vec<&'static str>) -> Result<Lexicon<S>, String> {
        let mut written: Vec<Vec<usize>> = Vec::new();
        let mut distinct: HashMap<&str, usize> = HashMap::new();
        for (number, word) in self.words.iter().enumerate() {
            let index = *distinct.entry(&word.text).or_insert_with(|| {
                written.push(Vec::new());
                written.len() - 1
            });
            written[index].push(number);
        }
        let patterns = written.iter().map(|words| &self.words[words[0]].text);
        let automaton = AhoCorasick::new(patterns).map_err(|error| error.to_string())?;
        Ok(Lexicon {
            languages,
            rules: self.rules,
            words: self.words,
            uses: self.uses,
            name_uses: self.name_uses,
            automaton,
            written,
            states: self.states,
        })
    }
}

/// The classes of words of one file, by the name of their section.
type Classes = BTreeMap<&'static str, Class>;

/// One-word rules that other rules may name together.
#[derive(Debug, Default)]
struct Class {
    members: Vec<usize>,
    /// Where the file's rules name the class.
    wanted: Vec<Use>,
}

fn read_word(written: &str) -> Result<Word, String> {
    let bare = written.trim_matches('*');
    let mut text = String::new();
    bare.chars().for_each(|c| fold_char(c, &mut text));
    let fits = |c: char| c.is_alphanumeric();
    if text.is_empty() || !text.chars().all(fits) {
        return Err(format!("{written:?} is not one word of letters and digits"));
    }
    Ok(Word {
        open_left: written.starts_with('*'),
        open_right: written.ends_with('*'),
        capitals: bare
            .chars()
            .enumerate()
            .filter(|(_, c)| c.is_uppercase())
            .map(|(at, _)| at)
            .collect(),
        unspaced: text.chars().any(is_unspaced),
        clitics: text.chars().next().is_some_and(|c| ('\u{0620}'..='\u{06ff}').contains(&c)),
        text,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shipped_file_is_read_and_has_every_kind_it_needs() {
        let lexicon = Lexicon::<Kind>::read(&FILES).unwrap();
        for (language, code) in lexicon.languages.iter().enumerate() {
            let needed = [
                Kind::Strong,
                Kind::Object,
                Kind::Act,
                Kind::Sanction,
                Kind::Authority,
                Kind::Measure,
                Kind::Aim,
                Kind::Place,
                Kind::Against,
            ];
            for kind in needed.into_iter().filter(|_| *code != "any") {
                assert!(
                    lexicon.rules.iter().any(|rule| rule.language == language && rule.kind == kind),
                    "{code} has no rule of kind {}",
                    kind.name()
                );
            }
        }
    }

    #[test]
    fn faults_name_language_line_and_word() {
        let cases = [
            ("[strong]\nasset ~x freeze", "line 2: \"~x\" is no gap"),
            ("[loud]\nshout", "line 1: no kind is called \"loud\""),
            ("sanctions", "line 1: a rule stands before the first [kind]"),
            ("[weak]\nfoo a.b", "line 2: \"a.b\" is not one word"),
            ("[weak]\n~3", "line 2: \"~3\" holds no word"),
        ];
        for (text, expected) in cases {
            let fault = Lexicon::<Kind>::read(&[("en", text)]).unwrap_err();
            assert!(fault.contains(expected) && fault.starts_with("lexicon en"), "{fault}");
        }
    }

    #[test]
    fn only_the_texts_own_latin_language_is_heard() {
        let heard = |language| {
            let lexicon = shipped();
            let heard = lexicon.heard(language);
            lexicon
                .languages
                .iter()
                .zip(heard)
                .filter(|(_, on)| *on)
                .map(|(code, _)| *code)
                .collect::<Vec<_>>()
        };
        assert_eq!(heard(Some("es")), ["any", "es", "ru", "uk", "zh", "ja", "ar", "fa"]);
        assert_eq!(heard(Some("ru")), ["any", "en", "ru", "uk", "zh", "ja", "ar", "fa"]);
        assert_eq!(heard(Some("sv")).len(), 16);
        assert_eq!(heard(None).len(), 16);
    }
}
