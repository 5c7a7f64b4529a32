//! From places to matches: does the case fit, does the article support the name, which of several
//! names at one place stays.

use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};

use crate::model::designation::{Issuer, NameQuality, PartyKind};
use crate::model::matched::{Class, Match};
use crate::screen::explain::{Recognised, explain};
use crate::screen::forms::{Reading, is_particle};
use crate::screen::grade::{Grade, SINGLE_MIN, is_connecting};
use crate::screen::nearly;
use crate::screen::spot::{Hit, Spotted};
use crate::screen::surroundings::{Surroundings, is_among_ships};
use crate::screen::{Ending, Index, folded_name};
use crate::text::legal_forms;
use crate::text::names::{Case, folded, words};

/// A place and the form that stands there.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Candidate {
    /// Index of the field among the spotted ones.
    pub(crate) field: usize,
    pub(crate) first: usize,
    pub(crate) last: usize,
    pub(crate) ending: Ending,
    pub(crate) spelling: Spelling,
    pub(crate) class: Class,
}

/// Whether the article spells the name as the list does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Spelling {
    Listed,
    /// Another romanisation, script or case of declension.
    Other,
}

/// Forms looked at for one place; no real name has as many bearers.
const ENDINGS_MAX: usize = 64;
/// Parties named for one place.
const PARTIES_MAX: usize = 4;

/// The matches of an article.
pub(crate) fn matches<F: FnOnce() -> bool>(
    index: &Index,
    spotted: &[Spotted],
    surroundings: &mut Surroundings<F>,
) -> Vec<Match> {
    let mut candidates = Vec::new();
    for (field, of_field) in spotted.iter().enumerate() {
        for hit in &of_field.hits {
            collect(index, of_field, field, hit, &mut candidates);
        }
    }
    let named: HashSet<u32> = candidates
        .iter()
        .filter(|candidate| candidate.ending.grade == Grade::Firm)
        .map(|candidate| index.parties[candidate.ending.listed as usize])
        .collect();
    candidates.retain_mut(|candidate| {
        let party = index.parties[candidate.ending.listed as usize];
        let of_field = &spotted[candidate.field];
        let class = class(index, of_field, candidate, named.contains(&party), surroundings);
        candidate.class = class.unwrap_or(Class::Possible);
        class.is_some()
    });
    let Kept { mut candidates, mut covered } = without_nested(index, candidates);
    for (field, of_field) in spotted.iter().enumerate() {
        for at in &of_field.anchored {
            if covered.contains_key(&(field, *at)) {
                continue;
            }
            let Some(near) = nearly::candidate(index, of_field, field, *at) else { continue };
            covered.extend((near.first..=near.last).map(|word| ((field, word), candidates.len())));
            candidates.push(near);
        }
    }
    let mut recognised: Vec<Recognised> = candidates.into_iter().map(Recognised::Name).collect();
    for (field, of_field) in spotted.iter().enumerate() {
        let numbers = of_field.numbered.iter();
        recognised.extend(numbers.map(|number| Recognised::Identifier { field, number: *number }));
    }
    recognised.retain(|one| !is_suppressed(index, spotted, one));
    recognised.sort_by_key(|one| one.place());
    recognised.iter().map(|one| explain(index, spotted, one, surroundings)).collect()
}

/// Adds what a hit may name: for each party the form that proves most.
fn collect(
    index: &Index,
    spotted: &Spotted,
    field: usize,
    hit: &Hit,
    candidates: &mut Vec<Candidate>,
) {
    let from = candidates.len();
    for ending in index.endings_at(hit.state).iter().take(ENDINGS_MAX) {
        let kind = index.listed[ending.listed as usize].designation.kind;
        if !hit.comma_fits(ending, kind == PartyKind::Person)
            || !case_fits(index, spotted, hit, ending)
        {
            continue;
        }
        let Some(spelling) = spelling(index, spotted, hit, ending) else { continue };
        let candidate = Candidate {
            field,
            first: hit.first,
            last: hit.last,
            ending: *ending,
            spelling,
            class: Class::Possible,
        };
        let party = index.parties[ending.listed as usize];
        let known = candidates[from..]
            .iter_mut()
            .find(|known| index.parties[known.ending.listed as usize] == party);
        match known {
            Some(known) if worth(index, known) < worth(index, &candidate) => *known = candidate,
            Some(_) => {}
            None => candidates.push(candidate),
        }
    }
}

/// What a candidate proves, comparable: the grade, a name the issuer does not call weak, the
/// listed spelling, and of equal entries the first.
fn worth(index: &Index, candidate: &Candidate) -> (Grade, bool, bool, Reverse<u32>) {
    let strong = index.alias(&candidate.ending).quality != NameQuality::Weak;
    let listed = candidate.spelling == Spelling::Listed;
    (candidate.ending.grade, strong, listed, Reverse(candidate.ending.listed))
}

/// Whether the words are written as a name would be.
fn case_fits(index: &Index, spotted: &Spotted, hit: &Hit, ending: &Ending) -> bool {
    let words = &spotted.words[hit.first..=hit.last];
    let kind = index.listed[ending.listed as usize].designation.kind;
    if words.len() == 1 && ending.grade <= Grade::Single {
        return match ending.grade {
            Grade::InCompany if kind == PartyKind::Organisation => {
                words[0].case.may_name() && has_legal_form(spotted, hit.first)
            }
            _ => single_fits(spotted, hit.first),
        };
    }
    if spotted.caseless {
        return ending.grade != Grade::Ordinary;
    }
    let small = |at: &usize| {
        let word = &spotted.words[*at];
        let letters = || folded(spotted.text, word);
        word.case == Case::Lower
            && !is_particle(&letters())
            && !spotted.is_article(*at)
            && !is_connecting(&letters())
            && legal_forms::group(&[letters()]).is_none()
    };
    let small_words = (hit.first..=hit.last).filter(small).count();
    match kind {
        PartyKind::Person => small_words == 0,
        // French and Spanish write "Banque centrale de Syrie"; nobody writes "green light" so.
        _ if ending.grade == Grade::Firm => {
            spotted.words[hit.first].case.may_name() && small_words * 2 <= words.len()
        }
        _ => small_words == 0 && words.iter().any(|word| word.case.may_name()),
    }
}

/// One word is a name where it has a capital; an acronym where all letters are capitals, unless
/// all words around it are written so too.
fn single_fits(spotted: &Spotted, at: usize) -> bool {
    let word = &spotted.words[at];
    let letters = spotted.written(at, at).chars().filter(|c| c.is_alphanumeric()).count();
    if spotted.caseless || SINGLE_MIN <= letters {
        return word.case.may_name();
    }
    let neighbours = [at.checked_sub(1), Some(at + 1)].into_iter().flatten();
    let mut around = neighbours.filter_map(|near| spotted.words.get(near)).peekable();
    let shouted = around.peek().is_some() && around.all(|near| near.case == Case::Upper);
    word.case == Case::Upper && !shouted
}

/// How the article spells the name; none where it is another word.
fn spelling(index: &Index, spotted: &Spotted, hit: &Hit, ending: &Ending) -> Option<Spelling> {
    match ending.reading {
        Reading::Joined | Reading::Fused => return Some(Spelling::Listed),
        // Its words stand in the list in other pieces.
        Reading::Romanised => return Some(Spelling::Other),
        _ => {}
    }
    let alias = words(&index.alias(ending).text);
    let other = (hit.first..=hit.last).filter(|at| {
        let word = &spotted.words[*at];
        !alias.iter().any(|listed| listed.hash == word.hash)
    });
    let other: Vec<usize> = other.collect();
    // Words that were passed over stand in no list.
    if other.len() <= usize::from(hit.skipped) {
        return Some(Spelling::Listed);
    }
    let is_ordinary = |at: &usize| {
        !spotted.is_article(*at) && index.background.is_ordinary(spotted.words[*at].hash)
    };
    let ordinary = other.iter().any(is_ordinary);
    (!ordinary && !is_lone_latin(index, spotted, hit, ending)).then_some(Spelling::Other)
}

/// Whether the name is one word in Latin letters that is not spelled as listed: there are too many
/// others. A watched one may be, where it is long and news knows no such word: somebody chose it, and
/// its namesakes are few.
fn is_lone_latin(index: &Index, spotted: &Spotted, hit: &Hit, ending: &Ending) -> bool {
    let written = spotted.written(hit.first, hit.last);
    let watched = index.listed[ending.listed as usize].designation.issuer == Issuer::WatchList;
    let rare = || !index.background.knows(spotted.words[hit.first].hash);
    hit.first == hit.last
        && written.is_ascii()
        && !(watched && SINGLE_MIN < written.len() && rare())
}

/// The class of a name in this article; none where it means nothing here.
fn class<F: FnOnce() -> bool>(
    index: &Index,
    spotted: &Spotted,
    candidate: &Candidate,
    named_elsewhere: bool,
    surroundings: &mut Surroundings<F>,
) -> Option<Class> {
    let Ending { grade, reading, .. } = candidate.ending;
    let designation = &index.listed[candidate.ending.listed as usize].designation;
    let weak = index.alias(&candidate.ending).quality == NameQuality::Weak;
    let vessel = matches!(designation.kind, PartyKind::Vessel | PartyKind::Aircraft);
    let at_sea = vessel && is_among_ships(spotted, candidate.first, candidate.last);
    if vessel && !at_sea {
        return (grade == Grade::Firm && !weak).then_some(Class::Weak);
    }
    match grade {
        Grade::Firm if weak => Some(Class::Weak),
        Grade::Firm if is_uncertain(index, spotted, candidate) => {
            Some(if surroundings.about_sanctions() { Class::Medium } else { Class::Weak })
        }
        Grade::Firm => Some(Class::Strong),
        Grade::Shared => {
            let supported = surroundings.about_sanctions();
            match (supported, weak) {
                (true, false) => Some(Class::Medium),
                (false, true) => None,
                _ => Some(Class::Weak),
            }
        }
        Grade::Ordinary => (!weak && surroundings.about_sanctions()).then_some(Class::Weak),
        Grade::InCompany if vessel => {
            (!weak && surroundings.about_sanctions()).then_some(Class::Medium)
        }
        Grade::InCompany => {
            let ordinary = index.background.is_ordinary(spotted.words[candidate.first].hash);
            Some(if ordinary { Class::Weak } else { Class::Medium })
        }
        Grade::Single if reading == Reading::Fused => Some(Class::Strong),
        Grade::Single
            if reading == Reading::Stripped && has_legal_form(spotted, candidate.first) =>
        {
            Some(Class::Strong)
        }
        Grade::Single if designation.issuer == Issuer::WatchList || named_elsewhere => {
            Some(if weak { Class::Weak } else { Class::Medium })
        }
        Grade::Single => (!weak && surroundings.about_sanctions()).then_some(Class::Medium),
    }
}

/// Whether two words that name a person are part of another's longer name, or are spelled otherwise
/// and one of them is a name of thousands.
fn is_uncertain(index: &Index, spotted: &Spotted, candidate: &Candidate) -> bool {
    let Candidate { first, last, ending, spelling, .. } = *candidate;
    let person = index.listed[ending.listed as usize].designation.kind == PartyKind::Person;
    if !person || first + 1 != last {
        return false;
    }
    let common =
        (first..=last).any(|at| index.shared_max < index.vocabulary.uses(spotted.numbers[at][0]));
    (common && spelling == Spelling::Other)
        || (ending.reading != Reading::AsListed && is_in_longer_name(index, spotted, first, last))
}

/// Whether the word before or after is one more name: Cheng (You Quan), (Ahmed Zaki) Yamani.
fn is_in_longer_name(index: &Index, spotted: &Spotted, first: usize, last: usize) -> bool {
    let is_name = |at: usize| {
        let word = &spotted.words[at];
        matches!(word.case, Case::Capital | Case::Upper) && !index.background.is_ordinary(word.hash)
    };
    let between = |left: usize| {
        let (from, to) = (spotted.words[left].end, spotted.words[left + 1].start);
        &spotted.text[from as usize..to as usize]
    };
    let after = last + 1 < spotted.words.len() && between(last) == " " && is_name(last + 1);
    let before = 0 < first
        && between(first - 1) == " "
        && is_name(first - 1)
        && index.vocabulary.uses(spotted.numbers[first - 1][0]) != 0;
    after || before
}

/// Whether a legal form stands before or after a word, though not the listed one.
fn has_legal_form(spotted: &Spotted, at: usize) -> bool {
    let near = [at.checked_sub(1), Some(at + 1)];
    let is_form = |at: usize| {
        spotted.words.get(at).is_some_and(|word| {
            let form = folded(spotted.text, word);
            word.case != Case::Lower && 2 <= form.len() && legal_forms::group(&[form]).is_some()
        })
    };
    near.into_iter().flatten().any(is_form)
}

/// What is left of the candidates.
struct Kept {
    candidates: Vec<Candidate>,
    /// For each word of each field that belongs to a name, the first candidate there.
    covered: HashMap<(usize, usize), usize>,
}

/// Drops names inside longer ones, and what is worth less at the same place.
fn without_nested(index: &Index, mut candidates: Vec<Candidate>) -> Kept {
    let rank = |one: &Candidate| (Class::Medium <= one.class, one.last - one.first, one.class);
    candidates
        .sort_by(|a, b| rank(b).cmp(&rank(a)).then_with(|| worth(index, b).cmp(&worth(index, a))));
    let mut kept: Vec<Candidate> = Vec::new();
    let mut covered: HashMap<(usize, usize), usize> = HashMap::new();
    let mut bearers: HashMap<usize, usize> = HashMap::new();
    for candidate in candidates {
        let places = (candidate.first..=candidate.last).map(|word| (candidate.field, word));
        let over: HashSet<usize> =
            places.clone().filter_map(|place| covered.get(&place).copied()).collect();
        let same_place = over.iter().all(|other| {
            let other = &kept[*other];
            (other.first, other.last, other.class)
                == (candidate.first, candidate.last, candidate.class)
        });
        let first = over.into_iter().next().unwrap_or(kept.len());
        let named = bearers.entry(first).or_default();
        if !same_place || PARTIES_MAX <= *named {
            continue;
        }
        *named += 1;
        for place in places {
            covered.entry(place).or_insert(kept.len());
        }
        kept.push(candidate);
    }
    Kept { candidates: kept, covered }
}

fn is_suppressed(index: &Index, spotted: &[Spotted], one: &Recognised) -> bool {
    if index.suppressed.is_empty() {
        return false;
    }
    let listed = &index.listed[one.listed() as usize].designation;
    let (field, first, last) = one.place();
    index.suppressed.contains(&folded_name(spotted[field].written(first, last)))
        || index.suppressed.contains(&folded_name(listed.name()))
}
