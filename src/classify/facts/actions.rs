//! What was done and by whom: the actions a text asserts, with the authorities that took them.
//!
//! A verb is a fact where nothing before it makes it possible, denied or past ([`Guard`]), and an
//! authority is one where it stands as the actor of such a verb.

use chrono::Datelike;

use crate::classify::facts::dates::day_ending_at;
use crate::classify::facts::marks::{Guard, Mark, Marked};
use crate::classify::matches::Match;
use crate::model::facts::Action;
use crate::model::stamp::Stamp;

/// An action the text asserts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Asserted {
    pub(crate) action: Action,
    pub(crate) first: usize,
    pub(crate) last: usize,
    pub(crate) sentence: u32,
    /// Who did it: indices into [`Marked::marks`].
    pub(crate) actors: Vec<usize>,
}

/// Where phrases overlap, the one that stands first here says more: "annuls sanctions imposed on"
/// is a ruling, "threatens to impose" a threat.
const PRECEDENCE: [Action; 17] = [
    Action::CourtRuling,
    Action::CounterSanction,
    Action::Indictment,
    Action::Penalty,
    Action::Proposal,
    Action::LicenceRevoked,
    Action::LicenceAmended,
    Action::LicenceIssued,
    Action::Guidance,
    Action::Delist,
    Action::Relief,
    Action::Renewal,
    Action::Evasion,
    Action::Seizure,
    Action::Amend,
    Action::Rule,
    Action::Designate,
];

/// Tokens from a guard to the words it weakens.
const GUARDED: usize = 6;
/// The same where a token is a character.
const GUARDED_CHARACTERS: usize = 14;
/// Tokens from an actor to its verb.
const ACTING: usize = 16;
/// Tokens from an actor to a verb in its own clause; beyond them a comma parts the two.
const COMMA: usize = 7;
/// Tokens between two actors named together: "the US and the EU".
const TOGETHER: usize = 3;
/// Tokens from words of the past to the action they push there.
const PAST: usize = 14;
/// A full date this many days before publication is history.
const OLD: i64 = 45;

/// The languages whose helping verbs and negations follow the verb, too.
const VERB_LAST: [&str; 5] = ["de", "nl", "ja", "tr", "fa"];
/// The languages whose verb stands before its subject.
const VERB_FIRST: [&str; 1] = ["ar"];

/// The languages that may put the subject between the verb and its object: "verhängte die EU".
const VERB_AROUND: [&str; 11] = ["de", "nl", "fr", "es", "it", "pt", "pl", "ru", "uk", "ar", "fa"];

/// The setting of a text that its sentences do not show.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Setting<'a> {
    pub(crate) language: Option<&'a str>,
    pub(crate) published: Option<Stamp>,
}

/// The actions that headline or lead assert, in order.
pub(crate) fn asserted(marked: &Marked, setting: Setting) -> Vec<Asserted> {
    let mut found = Vec::new();
    let mut from = 0;
    while from < marked.marks.len() && marked.marks[from].first < marked.lead {
        let sentence = marked.sentence(marked.marks[from].first);
        let to = from + marked.marks_of(sentence).len();
        found.extend(of_sentence(marked, setting, from, to.max(from + 1)));
        from = to.max(from + 1);
    }
    found
}

/// Whether an unguarded statement may stand at these tokens: nothing near makes it possible or
/// denied. `marks` are those of its sentence.
pub(crate) fn is_plain(
    marks: &[Match<Mark>],
    setting: Setting,
    first: usize,
    last: usize,
    guards: &[Guard],
) -> bool {
    let after = setting.language.is_some_and(|code| VERB_LAST.contains(&code));
    let reach = match setting.language {
        Some("zh" | "ja") => GUARDED_CHARACTERS,
        _ => GUARDED,
    };
    !marks.iter().any(|mark| {
        let Mark::Guard(guard) = mark.kind else { return false };
        let before = mark.first < first && first.saturating_sub(mark.last) <= reach;
        let inside = first < mark.first && mark.last < last;
        let behind = after && last < mark.first && mark.first - last <= reach;
        guards.contains(&guard) && (before || inside || behind)
    })
}

fn of_sentence(marked: &Marked, setting: Setting, from: usize, to: usize) -> Vec<Asserted> {
    let marks = &marked.marks[from..to];
    let actors: Vec<usize> = (from..to).filter(|index| is_actor(marked, marks, *index)).collect();
    let mut found: Vec<Asserted> = Vec::new();
    let mut possible = false;
    for mark in marks.iter().filter(|mark| mark.first < marked.lead) {
        let (action, alone) = match mark.kind {
            Mark::Action(action) => (action, true),
            Mark::Verb(action) => (action, false),
            _ => continue,
        };
        // Who evades sanctions is no authority.
        let actors = match action {
            Action::Evasion => Vec::new(),
            _ => actors_of(marked, marks, setting, &actors, mark),
        };
        if !alone && actors.is_empty() {
            continue;
        }
        let guards: &[Guard] = match action {
            Action::Proposal => &[Guard::Not],
            _ => &[Guard::Maybe, Guard::Not],
        };
        if is_plain(marks, setting, mark.first, mark.last, guards) {
            let (first, last) = (mark.first, mark.last);
            let sentence = marked.sentence(first);
            found.push(Asserted { action, first, last, sentence, actors });
        } else {
            possible = true;
        }
    }
    // "Could be fined for evading sanctions" says of nobody that they evaded any.
    found.retain(|found| !possible || found.action != Action::Evasion);
    drop_past(marked, marks, setting, &mut found);
    first_in_precedence(found)
}

/// Whether the authority at `index` may act: it is not what the measure is aimed at, nor one that
/// only speaks about it.
fn is_actor(marked: &Marked, marks: &[Match<Mark>], index: usize) -> bool {
    let mark = &marked.marks[index];
    if !matches!(mark.kind, Mark::Authority(_)) {
        return false;
    }
    let before = |other: &Match<Mark>, reach: usize| {
        other.last < mark.first && mark.first - other.last <= reach
    };
    let after = |other: &Match<Mark>, reach: usize| {
        mark.last < other.first && other.first - mark.last <= reach
    };
    !marks.iter().any(|other| match other.kind {
        // "on the EU": an article may stand between.
        Mark::Target => {
            before(other, 1) || before(other, 2) && marked.word(mark.first - 1).len() <= 3
        }
        Mark::Guard(Guard::Other) => after(other, 3),
        // The "US" of "US companies", where the lexicon knows that as a target.
        Mark::Country(_) => {
            let longer = mark.last - mark.first < other.last - other.first;
            longer && other.first <= mark.first && mark.last <= other.last
        }
        _ => false,
    })
}

/// Who did it: whoever stands behind "by", else inside the phrase, else last before it; where the
/// verb comes first, whoever follows. With those named in one breath.
fn actors_of(
    marked: &Marked,
    marks: &[Match<Mark>],
    setting: Setting,
    actors: &[usize],
    verb: &Match<Mark>,
) -> Vec<usize> {
    let at = |index: usize| &marked.marks[index];
    let by = |index: usize| {
        marks.iter().any(|mark| {
            let near = mark.last < at(index).first && at(index).first - mark.last <= 3;
            mark.kind == Mark::Agent && near && verb.first < mark.first
        })
    };
    let first_verb = setting.language.is_some_and(|code| VERB_FIRST.contains(&code));
    let following =
        |index: &usize| verb.last < at(*index).first && at(*index).first - verb.last <= ACTING / 2;
    let agent = actors.iter().copied().find(|index| following(index) && by(*index));
    let bracket = setting.language.is_some_and(|code| VERB_AROUND.contains(&code));
    let inside = actors
        .iter()
        .copied()
        .find(|index| bracket && verb.first < at(*index).first && at(*index).last < verb.last);
    let preceding = actors.iter().copied().rev().find(|index| {
        let last = at(*index).last;
        let leads = last < verb.first && verb.first - last <= ACTING;
        // Far behind a comma stands another subject.
        let apart = leads && COMMA < verb.first - last && comma_between(marked, last, verb.first);
        leads && !apart || at(*index).first <= verb.first && verb.first <= last
    });
    let behind = actors.iter().copied().find(|index| first_verb && following(index));
    let chosen = agent.or(inside).or(preceding).or(behind);
    chosen.map(|chosen| in_one_breath(marked, actors, chosen)).unwrap_or_default()
}

fn comma_between(marked: &Marked, from: usize, to: usize) -> bool {
    (from..to).any(|token| marked.between(token).contains([',', '，', '،', '、', ';']))
}

/// The actors around `chosen` with hardly a word in between.
fn in_one_breath(marked: &Marked, actors: &[usize], chosen: usize) -> Vec<usize> {
    let place = actors.iter().position(|index| *index == chosen).unwrap_or_default();
    let near = |one: usize, next: usize| {
        let (one, next) = (&marked.marks[one], &marked.marks[next]);
        next.first <= one.last + TOGETHER
    };
    let mut first = place;
    while 0 < first && near(actors[first - 1], actors[first]) {
        first -= 1;
    }
    let mut last = place;
    while last + 1 < actors.len() && near(actors[last], actors[last + 1]) {
        last += 1;
    }
    actors[first..=last].to_vec()
}

/// Takes away the actions that words of the past or an old year stand nearest to.
fn drop_past(marked: &Marked, marks: &[Match<Mark>], setting: Setting, found: &mut Vec<Asserted>) {
    let Some(sentence) = found.first().map(|found| found.sentence) else { return };
    let mut past: Vec<(usize, usize)> = marks
        .iter()
        .filter(|mark| mark.kind == Mark::Guard(Guard::Past))
        .map(|mark| (mark.first, mark.last))
        .collect();
    past.extend(old_years(marked, marks, setting, sentence).into_iter().map(|year| (year, year)));
    let distance = |found: &Asserted, (first, last): (usize, usize)| {
        found.first.saturating_sub(last).max(first.saturating_sub(found.last))
    };
    let mut gone: Vec<Asserted> = Vec::new();
    for span in past {
        let nearest = found.iter().min_by_key(|found| distance(found, span));
        gone.extend(nearest.filter(|found| distance(found, span) <= PAST).cloned());
    }
    // Two rules may have found one action.
    let same = |one: &Asserted, other: &Asserted| {
        one.action == other.action && one.first <= other.last + 1 && other.first <= one.last + 1
    };
    found.retain(|found| !gone.iter().any(|gone| same(found, gone)));
}

/// Tokens of the sentence that are a year before that of publication.
fn old_years(
    marked: &Marked,
    marks: &[Match<Mark>],
    setting: Setting,
    sentence: u32,
) -> Vec<usize> {
    let old = |token: usize| {
        let year: Option<i32> = Some(marked.word(token))
            .filter(|word| word.len() == 4)
            .and_then(|word| word.parse().ok())
            .filter(|year| (1900..2100).contains(year));
        let day = day_ending_at(marked, marks, token);
        match (year, day, setting.published) {
            (None, ..) => false,
            (_, Some(day), Some(published)) => OLD < (published.day() - day).num_days(),
            (_, Some(_), None) => false,
            (Some(year), None, Some(published)) => {
                year < published.day().year() && stands_free(marked, token)
            }
            (Some(_), None, None) => stands_free(marked, token),
        }
    };
    marked.tokens_of(sentence).filter(|token| old(*token)).collect()
}

/// Whether a number is no part of an identifier, a name of a law or a longer number.
fn stands_free(marked: &Marked, token: usize) -> bool {
    const LAWS: [&str; 9] =
        ["regulations", "act", "order", "no", "nr", "law", "agenda", "resolution", "horizon"];
    let tight = |between: &str| between.contains(['/', '-', '–', '(']);
    let before = token.checked_sub(1);
    !marked.in_instrument(token)
        && !before.is_some_and(|b| tight(marked.between(b)) || LAWS.contains(&marked.word(b)))
        && !marked.between(token).contains('/')
}

/// Of actions that overlap, the one that says most; in order of the text.
fn first_in_precedence(found: Vec<Asserted>) -> Vec<Asserted> {
    let rank = |action: Action| PRECEDENCE.iter().position(|known| *known == action);
    let overlap =
        |one: &Asserted, other: &Asserted| other.first <= one.last && one.first <= other.last;
    let mut merged: Vec<Asserted> = Vec::new();
    for one in found {
        // Two rules may have found parts of one phrase.
        match merged.iter_mut().find(|other| other.action == one.action && overlap(&one, other)) {
            Some(other) => {
                other.first = other.first.min(one.first);
                other.last = other.last.max(one.last);
                if other.actors.is_empty() {
                    other.actors = one.actors;
                }
            }
            None => merged.push(one),
        }
    }
    merged.sort_by_key(|found| (rank(found.action), found.first));
    let mut kept: Vec<Asserted> = Vec::new();
    for one in merged {
        if !kept.iter().any(|other| overlap(&one, other)) {
            kept.push(one);
        }
    }
    kept.sort_by_key(|found| found.first);
    kept
}
