//! What was done and by whom: the actions a text asserts, with the authorities that took them.
//!
//! A verb is a fact where nothing before it makes it possible, denied or past ([`Guard`]), and an
//! authority is one where it stands as the actor of such a verb.

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
    Action::Designate,
    Action::Rule,
];

/// Tokens from a guard to the words it weakens.
const GUARDED: usize = 6;
/// Tokens from an actor to its verb.
const ACTING: usize = 16;
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
    !marks.iter().any(|mark| {
        let Mark::Guard(guard) = mark.kind else { return false };
        let before = mark.first < first && first.saturating_sub(mark.last) <= GUARDED;
        let inside = first < mark.first && mark.last < last;
        let behind = after && last < mark.first && mark.first - last <= GUARDED;
        guards.contains(&guard) && (before || inside || behind)
    })
}

fn of_sentence(marked: &Marked, setting: Setting, from: usize, to: usize) -> Vec<Asserted> {
    let marks = without_void(&marked.marks[from..to]);
    let actors: Vec<usize> = (from..to).filter(|index| is_actor(marked, &marks, *index)).collect();
    let mut found: Vec<Asserted> = Vec::new();
    for mark in marks.iter().filter(|mark| mark.first < marked.lead) {
        let (action, alone) = match mark.kind {
            Mark::Action(action) => (action, true),
            Mark::Verb(action) => (action, false),
            _ => continue,
        };
        let actors = actors_of(marked, &marks, setting, &actors, mark);
        if !alone && actors.is_empty() {
            continue;
        }
        let guards: &[Guard] = match action {
            Action::Proposal => &[Guard::Not],
            _ => &[Guard::Maybe, Guard::Not],
        };
        if is_plain(&marks, setting, mark.first, mark.last, guards) {
            let (first, last) = (mark.first, mark.last);
            let sentence = marked.sentence(first);
            found.push(Asserted { action, first, last, sentence, actors });
        }
    }
    drop_past(marked, &marks, setting, &mut found);
    first_in_precedence(found)
}

/// The marks that nothing voids.
fn without_void(marks: &[Match<Mark>]) -> Vec<Match<Mark>> {
    let voids: Vec<&Match<Mark>> =
        marks.iter().filter(|mark| mark.kind == Mark::Guard(Guard::Void)).collect();
    let void = |mark: &Match<Mark>| {
        voids.iter().any(|void| void.first <= mark.last && mark.first <= void.last)
    };
    marks.iter().filter(|mark| !void(mark)).copied().collect()
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
        Mark::Target => before(other, 2),
        Mark::Guard(Guard::Other) => after(other, 3),
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
    let following = |index: &usize| {
        verb.last < at(*index).first && at(*index).first - verb.last <= ACTING / 2
    };
    let agent = actors.iter().copied().find(|index| following(index) && by(*index));
    let inside = actors
        .iter()
        .copied()
        .find(|index| verb.first < at(*index).first && at(*index).last < verb.last);
    let preceding = actors.iter().copied().rev().find(|index| {
        at(*index).last < verb.first && verb.first - at(*index).last <= ACTING
            || at(*index).first == verb.first
    });
    let behind = actors.iter().copied().find(|index| first_verb && following(index));
    let chosen = agent.or(inside).or(preceding).or(behind);
    chosen.map(|chosen| in_one_breath(marked, actors, chosen)).unwrap_or_default()
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
    let mut gone = vec![false; found.len()];
    for span in past {
        let nearest = found.iter().map(|found| distance(found, span)).min();
        for (found, gone) in found.iter().zip(&mut gone) {
            let at = distance(found, span);
            *gone |= at <= PAST && Some(at) == nearest;
        }
    }
    let mut gone = gone.into_iter();
    found.retain(|_| !gone.next().unwrap_or(false));
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
        let day = crate::classify::facts::dates::day_ending_at(marked, marks, token);
        match (year, day, setting.published) {
            (None, ..) => false,
            (_, Some(day), Some(published)) => OLD < (published.day() - day).num_days(),
            (_, Some(_), None) => false,
            (Some(year), None, Some(published)) => {
                year < chrono::Datelike::year(&published.day()) && stands_free(marked, token)
            }
            (Some(_), None, None) => stands_free(marked, token),
        }
    };
    marked.tokens_of(sentence).filter(|token| old(*token)).collect()
}

/// Whether a number is no part of an identifier, a name of a law or a longer number.
fn stands_free(marked: &Marked, token: usize) -> bool {
    const LAWS: [&str; 9] = [
        "regulations", "act", "order", "no", "nr", "law", "agenda", "resolution", "horizon",
    ];
    let tight = |between: &str| between.contains(['/', '-', '–', '(']);
    let before = token.checked_sub(1);
    !marked.in_instrument(token)
        && !before.is_some_and(|b| tight(marked.between(b)) || LAWS.contains(&marked.word(b)))
        && !marked.between(token).contains('/')
}

/// Of actions that overlap, the one that says most; in order of the text.
fn first_in_precedence(mut found: Vec<Asserted>) -> Vec<Asserted> {
    let rank = |action: Action| PRECEDENCE.iter().position(|known| *known == action);
    found.sort_by_key(|found| (rank(found.action), found.first));
    let mut kept: Vec<Asserted> = Vec::new();
    for one in found {
        if !kept.iter().any(|other| other.first <= one.last && one.first <= other.last) {
            kept.push(one);
        }
    }
    kept.sort_by_key(|found| found.first);
    kept
}
