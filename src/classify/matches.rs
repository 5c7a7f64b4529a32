//! One pass over a folded text: where which rules of the lexicon hold.

use crate::classify::lexicon::{Kind, Lexicon, Section, Use, Word};
use crate::text::tokens::{Folded, Token};

/// A rule that holds from token `first` to token `last`, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Match<S = Kind> {
    /// Index into the lexicon's rules.
    pub rule: usize,
    pub kind: S,
    pub first: usize,
    pub last: usize,
}

/// A word of some rules at a place in the text.
struct Hit<'a> {
    first: usize,
    last: usize,
    uses: &'a [Use],
}

/// How far a rule has come: its words up to some slot, the latest such place.
#[derive(Clone, Copy)]
struct Reached {
    first: usize,
    last: usize,
}

/// What the verdict's lexicon finds in a text: of rules of one kind that overlap, the longest stays;
/// what a trap covers goes; a weak word inside a stronger phrase goes.
pub fn find(lexicon: &Lexicon, folded: &Folded, original: &str, heard: &[bool]) -> Vec<Match> {
    settle(all(lexicon, folded, original, heard), folded.tokens().len())
}

/// Every place where a rule of a heard language holds, in order of its last word. Linear in the
/// text times the rules that share a word.
pub fn all<S: Section>(
    lexicon: &Lexicon<S>,
    folded: &Folded,
    original: &str,
    heard: &[bool],
) -> Vec<Match<S>> {
    let mut reached: Vec<Option<Reached>> = vec![None; lexicon.states];
    let mut found = Vec::new();
    for hit in hits(lexicon, folded, original) {
        for used in hit.uses {
            let rule = &lexicon.rules[used.rule];
            if !heard[rule.language] {
                continue;
            }
            let state = rule.first_state + used.slot;
            let first = if used.slot == 0 {
                hit.first
            } else {
                match reached[state - 1] {
                    Some(before)
                        if follows(before, &hit, rule.gaps[used.slot], folded.tokens()) =>
                    {
                        before.first
                    }
                    _ => continue,
                }
            };
            reached[state] = Some(Reached { first, last: hit.last });
            if used.slot + 1 == rule.gaps.len() {
                found.push(Match { rule: used.rule, kind: rule.kind, first, last: hit.last });
            }
        }
    }
    found
}

/// Whether `hit` may be the next word after `before`.
fn follows(before: Reached, hit: &Hit, gap: usize, tokens: &[Token]) -> bool {
    before.last < hit.first
        && hit.first - before.last - 1 <= gap
        && tokens[before.last].sentence == tokens[hit.first].sentence
}

/// The words of the lexicon in the text, in order of their last token.
fn hits<'a, S>(lexicon: &'a Lexicon<S>, folded: &Folded, original: &str) -> Vec<Hit<'a>> {
    let tokens = folded.tokens();
    let mut hits: Vec<Hit> = Vec::new();
    let mut at = 0;
    for found in lexicon.automaton.find_overlapping_iter(folded.text()) {
        while at < tokens.len() && tokens[at].end < found.end() {
            at += 1;
        }
        for &number in &lexicon.written[found.pattern().as_usize()] {
            let word = &lexicon.words[number];
            if let Some(first) = stands(word, found.start()..found.end(), at, folded)
                && has_capitals(word, &original[folded.origin(found.start()..found.end())])
            {
                hits.push(Hit { first, last: at, uses: &lexicon.uses[number] });
            }
        }
    }
    if !lexicon.name_uses.is_empty() {
        let names = tokens.iter().enumerate().filter(|(_, token)| token.capital);
        hits.extend(names.map(|(at, _)| Hit { first: at, last: at, uses: &lexicon.name_uses }));
        hits.sort_by_key(|hit| hit.last);
    }
    hits
}

/// The first token of `word` where it ends in token `at`, if it may stand so.
fn stands(word: &Word, range: std::ops::Range<usize>, at: usize, folded: &Folded) -> Option<usize> {
    let tokens = folded.tokens();
    let token = tokens.get(at)?;
    if word.unspaced {
        let first = (at + 1).checked_sub(word.text.chars().count())?;
        return (tokens[first].start == range.start && token.end == range.end).then_some(first);
    }
    let left = word.open_left || token.start == range.start || {
        let before = folded.text().get(token.start..range.start)?;
        word.clitics && CLITICS.contains(&before)
    };
    let right = word.open_right || token.end == range.end;
    (token.start <= range.start && left && right).then_some(at)
}

/// The article, conjunctions and prepositions that Arabic writes onto the next word.
const CLITICS: [&str; 17] = [
    "ال", "و", "ف", "ب", "ل", "ک", "س", "وال", "فال", "بال", "کال", "لل", "ولل", "وبال", "وب",
    "ول", "فل",
];

fn has_capitals(word: &Word, original: &str) -> bool {
    word.capitals.iter().all(|at| original.chars().nth(*at).is_some_and(char::is_uppercase))
}

/// Applies the rules of precedence between overlapping matches.
fn settle(found: Vec<Match>, tokens: usize) -> Vec<Match> {
    let covered = |kinds: &[Kind]| {
        let mut cover = vec![false; tokens];
        for found in found.iter().filter(|found| kinds.contains(&found.kind)) {
            cover[found.first..=found.last].fill(true);
        }
        cover
    };
    let trapped = covered(&[Kind::Trap]);
    let shadowed = covered(&[Kind::Strong, Kind::Object, Kind::Act]);
    let inside = |cover: &[bool], found: &Match| cover[found.first..=found.last].contains(&true);
    let mut kept: Vec<Match> = found
        .iter()
        .filter(|found| found.kind != Kind::Trap && !inside(&trapped, found))
        .filter(|found| found.kind != Kind::Weak || !inside(&shadowed, found))
        .copied()
        .collect();
    longest_of_each_kind(&mut kept);
    kept
}

/// Where matches of one kind overlap, keeps the one that begins first, and of those the longest.
fn longest_of_each_kind(found: &mut Vec<Match>) {
    found.sort_by_key(|found| (found.kind, found.first, usize::MAX - found.last));
    let mut before: Option<Match> = None;
    found.retain(|found| {
        let clear = before.is_none_or(|b| b.kind != found.kind || b.last < found.first);
        if clear {
            before = Some(*found);
        }
        clear
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The words matched by a lexicon of these lines, as `kind:words`.
    fn check(rules: &'static str, text: &str, expected: &[&str]) {
        let lexicon = Lexicon::<Kind>::read(&[("en", rules)]).unwrap();
        let folded = Folded::of(text);
        let found: Vec<String> = find(&lexicon, &folded, text, &[true])
            .iter()
            .map(|found| {
                let tokens = folded.tokens();
                let range = tokens[found.first].start..tokens[found.last].end;
                format!("{}:{}", found.kind.name(), &text[folded.origin(range)])
            })
            .collect();
        assert_eq!(found, expected, "{rules:?} on {text:?}");
    }

    #[test]
    fn words_stems_compounds_and_capitals() {
        check("[weak]\nban", "A ban on urban bans", &["weak:ban"]);
        check(
            "[weak]\nsanct*",
            "Sanctions, sanctity, insanct",
            &["weak:Sanctions", "weak:sanctity"],
        );
        check("[weak]\n*sanktion*", "Wirtschaftssanktionen", &["weak:Wirtschaftssanktionen"]);
        check("[issuer]\nOFAC", "Petrofac, ofac, OFAC's", &["issuer:OFAC"]);
        check(
            "[authority]\nTreasury",
            "treasury bonds; the Treasury; TREASURY",
            &["authority:Treasury", "authority:TREASURY"],
        );
    }

    #[test]
    fn gaps_stay_inside_the_sentence() {
        let rule = "[measure]\nfreez*|froze ~3 assets";
        check(rule, "It froze all of the assets.", &["measure:froze all of the assets"]);
        check(rule, "It froze one two three four assets.", &[]);
        check(rule, "Lakes froze. Assets fell.", &[]);
    }

    #[test]
    fn places_and_names() {
        let rule = "[place]\niran*\n[object]\nsanctions on ~2 @place\n[act]\nlisted @name";
        check(
            rule,
            "new sanctions on the Iranian navy",
            &["object:sanctions on the Iranian", "place:Iranian"],
        );
        check(rule, "sanctions on Malta", &[]);
        check(rule, "listed Rosneft, listed it", &["act:listed Rosneft"]);
    }

    #[test]
    fn traps_take_their_words_away_and_strong_phrases_shadow_weak_words() {
        check("[weak]\nembargo\n[trap]\nsin embargo", "Sin embargo, el embargo", &["weak:embargo"]);
        check(
            "[weak]\nsanctions\n[strong]\neconomic sanctions",
            "economic sanctions",
            &["strong:economic sanctions"],
        );
    }

    #[test]
    fn scripts_without_spaces_and_joined_arabic_words() {
        check("[strong]\n制裁 ~3 名单", "美国的制裁企业名单公布", &["strong:制裁企业名单"]);
        check("[weak]\nعقوبات", "والعقوبات للعقوبات", &["weak:والعقوبات", "weak:للعقوبات"]);
        check("[weak]\nتحریم*", "تحريم‌های", &["weak:تحريم‌های"]);
    }
}
