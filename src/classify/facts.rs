//! What a text shows of a sanctions action: authority, action, measure, programme, country, counts,
//! money and dates. Each value comes with its words and its sentence; nothing is guessed. Pure.
//!
//! A fact wants a sentence that asserts it. [`actions`] reads who did what from headline and lead,
//! where news says what happened, and leaves what is possible, denied, or long ago; counts, sums and
//! dates hang on those actions or on words that say what they are.

mod actions;
mod countries;
mod counts;
mod dates;
mod marks;
mod money;
mod programmes;

use crate::classify::facts::actions::{Asserted, Setting};
pub(crate) use crate::classify::facts::marks::Looked;
use crate::classify::facts::marks::{Guard, Mark, Marked};
use crate::model::facts::{Action, Facts, Measure, Shown};
use crate::model::stamp::Stamp;

pub(crate) use crate::classify::facts::programmes::of_party as programmes_of;

/// Facts of one kind beyond this many are left out.
const MOST: usize = 24;

/// Reads the facts of an article from its title and its text.
///
/// `language` is an ISO 639-1 code, `published` the day that "today", weekdays and dates without a
/// year are counted from; without it those are left out.
pub(crate) fn read(
    fields: [Looked<'_>; 2],
    language: Option<&str>,
    published: Option<Stamp>,
) -> Facts {
    let fields = fields.map(|field| Marked::of(field, language));
    let setting = Setting { language, published };
    let asserted = fields.each_ref().map(|field| actions::asserted(field, setting));
    let done: Vec<Action> = asserted.iter().flatten().map(|found| found.action).collect();
    let mut facts = Facts::default();
    for (marked, asserted) in fields.iter().zip(&asserted) {
        for found in asserted {
            facts.actions.push(marked.shown(found.action, found.first, found.last));
            facts.authorities.extend(found.actors.iter().filter_map(|index| actor(marked, *index)));
        }
        facts.measures.extend(measures(marked, setting, asserted));
        facts.countries.extend(countries::find(marked, asserted));
        facts.programmes.extend(programmes::find(marked));
        facts.counts.extend(counts::find(marked, asserted));
        facts.money.extend(money::find(marked, setting, &done));
        facts.dates.extend(dates::find(marked, setting, asserted));
    }
    settle(facts)
}

fn actor(marked: &Marked, index: usize) -> Option<Shown<String>> {
    let mark = &marked.marks[index];
    match mark.kind {
        Mark::Authority(id) => Some(marked.shown(id.to_owned(), mark.first, mark.last)),
        _ => None,
    }
}

/// Measures in sentences of the lead that assert an action, or that nothing weakens.
fn measures(marked: &Marked, setting: Setting, asserted: &[Asserted]) -> Vec<Shown<Measure>> {
    let mut found = Vec::new();
    for mark in marked.marks.iter().filter(|mark| mark.first < marked.lead) {
        let Mark::Measure(measure) = mark.kind else { continue };
        let sentence = marked.sentence(mark.first);
        let marks = marked.marks_of(sentence);
        let done: Vec<Action> = asserted
            .iter()
            .filter(|action| action.sentence == sentence)
            .map(|action| action.action)
            .collect();
        let guards: &[Guard] = match done.contains(&Action::Proposal) {
            true => &[Guard::Not],
            false => &[Guard::Not, Guard::Maybe],
        };
        let plain = actions::is_plain(marks, setting, mark.first, mark.last, guards);
        let weakened = marks.iter().any(|mark| weakens(mark.kind));
        let shown = if done.is_empty() { !weakened } else { plain };
        if shown {
            found.push(marked.shown(measure, mark.first, mark.last));
        }
    }
    found
}

fn weakens(mark: Mark) -> bool {
    matches!(mark, Mark::Guard(Guard::Maybe | Guard::Not | Guard::Past))
}

/// Each value once, where it stands first; an authority in general goes where a part of it is named.
fn settle(mut facts: Facts) -> Facts {
    let named: Vec<String> = facts.authorities.iter().map(|shown| shown.value.clone()).collect();
    facts.authorities.retain(|shown| !named.iter().any(|other| is_part(other, &shown.value)));
    // A fine or a charge is for the breach it names: one event, not two.
    let punished = facts
        .actions
        .iter()
        .any(|shown| matches!(shown.value, Action::Penalty | Action::Indictment));
    facts.actions.retain(|shown| !punished || shown.value != Action::Evasion);
    once(&mut facts.authorities);
    once(&mut facts.actions);
    once(&mut facts.measures);
    once(&mut facts.programmes);
    once(&mut facts.countries);
    once(&mut facts.counts);
    once(&mut facts.money);
    once(&mut facts.dates);
    facts
}

/// Whether `part` names a body of what `whole` names in general.
fn is_part(part: &str, whole: &str) -> bool {
    let office =
        [("us-ofac", "us-treasury"), ("us-bis", "us-commerce"), ("uk-ofsi", "uk-treasury")];
    let state = part.split_once('-').is_some_and(|(state, _)| state == whole);
    state || office.contains(&(part, whole))
}

fn once<T: PartialEq>(list: &mut Vec<Shown<T>>) {
    let mut kept: Vec<Shown<T>> = Vec::new();
    for shown in list.drain(..) {
        if kept.len() < MOST && !kept.iter().any(|other| other.value == shown.value) {
            kept.push(shown);
        }
    }
    *list = kept;
}
