//! The lines that sites put around their articles, in the languages they publish in.
//!
//! `phrases.txt` is the table; this file reads it once and looks lines up in it.

use std::borrow::Cow;
use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, MatchKind};

use crate::model::article::Reason;
use crate::text::fold::fold;
use crate::text::quick_hash::QuickMap;
use crate::text::words::{count_up_to, ends_sentence, is_spaceless};

const TABLE: &str = include_str!("phrases.txt");

/// A line of more words than this is prose, whatever it begins with.
const SHORT: usize = 30;

/// How a phrase matched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Match {
    /// The line is just the phrase.
    Whole,
    /// A sentence of the line begins with the phrase.
    Start,
    /// The line contains the phrase.
    Has,
}

/// What the table says of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Known {
    pub reason: Reason,
    pub how: Match,
}

struct Lexicon {
    whole: QuickMap<String, Reason>,
    /// Phrases with a space on either side, so that only whole words match.
    inside: AhoCorasick,
    entries: Vec<Entry>,
}

struct Entry {
    reason: Reason,
    how: Match,
}

static LEXICON: LazyLock<Lexicon> = LazyLock::new(|| Lexicon::read(TABLE));

/// Looks a line up; the strongest match wins: the whole line, then the start of a sentence, then
/// anywhere. Words inside quotation marks are somebody's and do not count.
///
/// ```
/// use sanctionwatch::model::article::Reason;
/// use sanctionwatch::text::phrases::look_up;
/// assert_eq!(look_up("Exit mobile version").unwrap().reason, Reason::VersionSwitcher);
/// assert_eq!(look_up("Lesen Sie auch: Neue Sanktionen").unwrap().reason, Reason::Related);
/// assert_eq!(look_up("“Follow us on this path,” he said to the allies."), None);
/// ```
pub fn look_up(line: &str) -> Option<Known> {
    look_up_folded(line, &fold(line))
}

/// [`look_up`] of a line whose folded form is at hand.
pub fn look_up_folded(line: &str, folded: &str) -> Option<Known> {
    if count_up_to(line, SHORT + 1) > SHORT {
        return None;
    }
    if line.starts_with(['©', 'ⓒ']) {
        return Some(Known { reason: Reason::Copyright, how: Match::Start });
    }
    let lexicon = &*LEXICON;
    if let Some(reason) =
        lexicon.whole.get(folded.trim_matches(|c: char| c.is_numeric() || c == ' '))
    {
        return Some(Known { reason: *reason, how: Match::Whole });
    }
    let plain = without_quotations(line);
    let line = match &plain {
        Cow::Borrowed(_) => padded(folded),
        Cow::Owned(plain) => padded(&fold(plain)),
    };
    // Whatever a sentence of the line holds, the line holds as well.
    if !lexicon.inside.is_match(&line) {
        return None;
    }
    for sentence in sentences(&plain) {
        let padded = padded(&fold(sentence));
        let mut hits = lexicon.inside.find_overlapping_iter(&padded);
        let start = hits.find(|hit| hit.start() == 0 && lexicon.entry(hit).how == Match::Start);
        if let Some(hit) = start {
            return Some(Known { reason: lexicon.entry(&hit).reason, how: Match::Start });
        }
    }
    let mut hits = lexicon.inside.find_overlapping_iter(&line);
    let anywhere = hits.find(|hit| lexicon.entry(hit).how == Match::Has)?;
    Some(Known { reason: lexicon.entry(&anywhere).reason, how: Match::Has })
}

/// A folded text with a space on either side, as the phrases have.
fn padded(folded: &str) -> String {
    [" ", folded, " "].concat()
}

/// The line without what stands between quotation marks.
fn without_quotations(line: &str) -> Cow<'_, str> {
    if !line.contains(OPENING) {
        return Cow::Borrowed(line);
    }
    let mut plain = String::with_capacity(line.len());
    let mut closing = None;
    for c in line.chars() {
        match closing {
            Some(end) if c == end => closing = None,
            Some(_) => continue,
            None => {
                closing = match c {
                    '“' => Some('”'),
                    '„' => Some('“'),
                    '«' => Some('»'),
                    '"' => Some('"'),
                    '「' => Some('」'),
                    _ => None,
                };
                plain.push(if closing.is_some() { '\u{fffc}' } else { c });
            }
        }
    }
    // A quotation mark that never closes hides nothing.
    if closing.is_some() { Cow::Borrowed(line) } else { Cow::Owned(plain) }
}

const OPENING: [char; 5] = ['“', '„', '«', '"', '「'];

/// Parts of a line that could stand alone: cut after the marks that end sentences and at bars.
fn sentences(line: &str) -> impl Iterator<Item = &str> {
    let mut rest = line;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let mut ended = false;
        let end = rest.char_indices().find_map(|(at, c)| {
            let cut = matches!(c, '|' | '•' | '。' | '！' | '？') || (ended && c.is_whitespace());
            ended = ends_sentence(c);
            cut.then_some(at + c.len_utf8())
        });
        let (sentence, after) = rest.split_at(end.unwrap_or(rest.len()));
        rest = after;
        Some(sentence)
    })
}

impl Lexicon {
    fn entry(&self, hit: &aho_corasick::Match) -> &Entry {
        &self.entries[hit.pattern().as_usize()]
    }

    fn read(table: &str) -> Self {
        let mut whole = QuickMap::default();
        let mut inside = Vec::new();
        let mut entries = Vec::new();
        for line in table.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
            let mut parts = line.splitn(4, ' ');
            let (Some(reason), Some(how), Some(_language), Some(phrases)) =
                (parts.next(), parts.next(), parts.next(), parts.next())
            else {
                unreachable!("each line of the table has four parts: {line}");
            };
            let reason = reason_named(reason);
            for phrase in phrases.split(" | ") {
                let folded = fold(phrase);
                if folded.is_empty() {
                    // The copyright signs; look_up knows them.
                    continue;
                }
                let how = match how {
                    "whole" => {
                        whole.entry(folded).or_insert(reason);
                        continue;
                    }
                    "start" => Match::Start,
                    _ => Match::Has,
                };
                let spaceless = folded.chars().next_back().is_some_and(is_spaceless);
                inside.push(if spaceless { format!(" {folded}") } else { format!(" {folded} ") });
                entries.push(Entry { reason, how });
            }
        }
        let inside = AhoCorasick::builder()
            .match_kind(MatchKind::Standard)
            .build(inside)
            .expect("the table is far below the limits of the automaton");
        Lexicon { whole, inside, entries }
    }
}

fn reason_named(name: &str) -> Reason {
    match name {
        "call" => Reason::CallToAction,
        "version" => Reason::VersionSwitcher,
        "related" => Reason::Related,
        "navigation" => Reason::Navigation,
        "copyright" => Reason::Copyright,
        "consent" => Reason::Consent,
        "comments" => Reason::Comments,
        "author" => Reason::AuthorBox,
        "paywall" => Reason::Paywall,
        "advert" => Reason::Advertisement,
        "caption" => Reason::Caption,
        other => unreachable!("the table names the reason {other}"),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use crate::model::article::Reason;
    use crate::text::fold::fold;
    use crate::text::phrases::{TABLE, look_up};

    #[test]
    fn every_row_is_well_formed_and_every_phrase_is_found() {
        let mut languages = HashSet::new();
        for line in TABLE.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
            let parts: Vec<&str> = line.splitn(4, ' ').collect();
            assert_eq!(parts.len(), 4, "{line}");
            assert!(["whole", "start", "has"].contains(&parts[1]), "{line}");
            assert_eq!(parts[2].len(), 2, "{line}");
            languages.insert(parts[2]);
            for phrase in parts[3].split(" | ") {
                if fold(phrase).is_empty() {
                    assert!(phrase.contains(['©', 'ⓒ']), "{phrase} folds to nothing");
                    continue;
                }
                assert!(look_up(phrase).is_some(), "{phrase} is not found");
            }
        }
        assert!(languages.len() >= 15, "{languages:?}");
    }

    #[test]
    fn furniture_is_known_and_prose_is_not() {
        let cases = [
            ("If you like the article please follow on THE HERALD.", Some(Reason::CallToAction)),
            ("Выйти из мобильной версии", Some(Reason::VersionSwitcher)),
            ("Подписывайтесь на наш канал в Telegram", Some(Reason::CallToAction)),
            ("READ MORE: Treasury names three banks", Some(Reason::Related)),
            ("Photo by Jane Doe", Some(Reason::Caption)),
            ("Comments (12)", Some(Reason::Comments)),
            ("“Follow us”, the general told the border guards.", None),
            ("The council asked ships to follow a route away from the port.", None),
            ("Share prices fell by a tenth in Frankfurt.", None),
            ("More than forty vessels were listed on Tuesday.", None),
        ];
        for (line, expected) in cases {
            assert_eq!(look_up(line).map(|known| known.reason), expected, "{line}");
        }
    }
}
