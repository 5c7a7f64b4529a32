//! What a text shows of a sanctions action: authority, action, measure, programme, country, counts,
//! money and dates. Each value comes with its words and its sentence; nothing is guessed. Pure.
//!
//! A fact wants a sentence that asserts it. [`actions`] reads who did what from headline and lead,
//! where news says what happened, and leaves what is possible, denied, or long ago; counts, sums and
//! dates hang on those actions or on words that say what they are.

mod actions;
mod counts;
mod dates;
mod marks;
mod money;
mod programmes;

use crate::classify::facts::actions::{Asserted, Setting};
use crate::classify::facts::marks::{Guard, Mark, Marked};
use crate::model::facts::{Action, Facts, Shown};
use crate::model::judged::Field;
use crate::model::stamp::Stamp;

/// Facts of one kind beyond this many are left out.
const MOST: usize = 24;

/// Reads the facts of an article.
///
/// `language` is an ISO 639-1 code, `published` the day that "today", weekdays and dates without a
/// year are counted from; without it those are left out.
pub(crate) fn read(
    title: &str,
    text: &str,
    language: Option<&str>,
    published: Option<Stamp>,
) -> Facts {
    let fields =
        [Marked::of(Field::Title, title, language), Marked::of(Field::Text, text, language)];
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
        facts.countries.extend(countries(marked, asserted));
        facts.programmes.extend(programmes::find(marked));
        facts.counts.extend(counts::counts(marked, asserted));
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
fn measures(
    marked: &Marked,
    setting: Setting,
    asserted: &[Asserted],
) -> Vec<Shown<crate::model::facts::Measure>> {
    let mut found = Vec::new();
    for mark in marked.marks.iter().filter(|mark| mark.first < marked.lead) {
        let Mark::Measure(measure) = mark.kind else { continue };
        let sentence = marked.sentence(mark.first);
        let marks = marked.marks_of(sentence);
        let acted = asserted.iter().any(|action| action.sentence == sentence);
        let guards = [Guard::Maybe, Guard::Not, Guard::Past];
        let weak = marks.iter().any(|mark| matches!(mark.kind, Mark::Guard(guard) if guards.contains(&guard)));
        let plain = actions::is_plain(marks, setting, mark.first, mark.last, &[Guard::Not]);
        let proposed = asserted.iter().any(|action| {
            action.sentence == sentence && action.action == Action::Proposal
        });
        let maybe = !actions::is_plain(marks, setting, mark.first, mark.last, &[Guard::Maybe]);
        if plain && (proposed || !maybe) && (acted || !weak) {
            found.push(marked.shown(measure, mark.first, mark.last));
        }
    }
    found
}

/// Countries in the sentences of asserted actions that do not act there themselves.
fn countries(marked: &Marked, asserted: &[Asserted]) -> Vec<Shown<String>> {
    let mut found = Vec::new();
    for action in asserted.iter().filter(|action| aims_at_a_country(action.action)) {
        let marks = marked.marks_of(action.sentence);
        for mark in marks {
            let Mark::Country(code) = mark.kind else { continue };
            let acts = marks.iter().any(|other| {
                let names = matches!(other.kind, Mark::Authority(id) if id.split('-').next() == Some(code) || id.contains('-'));
                names && other.first <= mark.last && mark.first <= other.last
                    && action.actors.iter().any(|index| marked.marks[*index] == *other)
            });
            let inside_name = marks.iter().any(|other| {
                matches!(other.kind, Mark::Authority(_))
                    && other.first <= mark.first
                    && mark.last <= other.last
                    && mark.last - mark.first < other.last - other.first
            });
            let place = marks.iter().any(|other| {
                other.kind == Mark::Where && other.last < mark.first && mark.first - other.last == 1
            });
            let says = marks.iter().any(|other| {
                other.kind == Mark::Says && mark.last < other.first && other.first - mark.last <= 2
            });
            let near = mark.first <= action.last + 8 && action.first <= mark.last + 8;
            if near && !acts && !inside_name && !place && !says {
                found.push(marked.shown(code.to_owned(), mark.first, mark.last));
            }
        }
    }
    found
}

fn aims_at_a_country(action: Action) -> bool {
    !matches!(action, Action::Guidance | Action::Amend)
}

/// Each value once, where it stands first; an authority in general goes where a part of it is named.
fn settle(mut facts: Facts) -> Facts {
    let named: Vec<String> = facts.authorities.iter().map(|shown| shown.value.clone()).collect();
    facts.authorities.retain(|shown| !named.iter().any(|other| is_part(other, &shown.value)));
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
    let office = [("us-ofac", "us-treasury"), ("us-bis", "us-commerce"), ("uk-ofsi", "uk-treasury")];
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
