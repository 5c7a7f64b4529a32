//! The countries an action is aimed at: those its sentence names near it that do not act themselves.

use crate::classify::facts::actions::Asserted;
use crate::classify::facts::marks::{Mark, Marked};
use crate::classify::matches::Match;
use crate::model::facts::{Action, Shown};

/// Tokens from an action to the country it is aimed at.
const NEAR: usize = 12;

/// The countries the asserted actions of a field are aimed at.
pub(crate) fn find(marked: &Marked, asserted: &[Asserted]) -> Vec<Shown<String>> {
    let mut found = Vec::new();
    // A fine names the breach it is for, beside the country of whoever pays.
    let fined = asserted.iter().any(|action| action.action == Action::Penalty);
    let breach = |action: &Asserted| fined && action.action == Action::Evasion;
    for action in
        asserted.iter().filter(|action| aims_at_somebody(action.action) && !breach(action))
    {
        let marks = marked.marks_of(action.sentence);
        for mark in marks {
            if let Mark::Country(code) = mark.kind
                && may_be_target(action, mark)
                && (code != "us" || aims_at_america(marked, action))
                && !acts(marked, action, mark)
                && !is_something_else(marks, mark)
            {
                found.push(marked.shown(code.to_owned(), mark.first, mark.last));
            }
        }
    }
    found
}

fn aims_at_somebody(action: Action) -> bool {
    !matches!(action, Action::Guidance | Action::Amend)
}

fn may_be_target(action: &Asserted, mark: &Match<Mark>) -> bool {
    let near = mark.first <= action.last + NEAR && action.first <= mark.last + NEAR;
    // Before "fined" stands the country of the fined bank.
    near && (action.action != Action::Penalty || action.first <= mark.first)
}

/// American officials and banks stand in most news; rivals alone aim at them.
fn aims_at_america(marked: &Marked, action: &Asserted) -> bool {
    let rival = |index: &usize| match marked.marks[*index].kind {
        Mark::Authority(id) => matches!(id.split('-').next(), Some("cn" | "ru" | "ir")),
        _ => false,
    };
    action.action == Action::CounterSanction || action.actors.iter().any(rival)
}

/// Whether these words are, or are part of, the name of who took the action.
fn acts(marked: &Marked, action: &Asserted, mark: &Match<Mark>) -> bool {
    action.actors.iter().map(|index| &marked.marks[*index]).any(|actor| overlap(actor, mark))
}

/// A part of a body's name, a place where something happens, or who is quoted.
fn is_something_else(marks: &[Match<Mark>], mark: &Match<Mark>) -> bool {
    marks.iter().any(|other| match other.kind {
        Mark::Authority(_) => {
            overlap(other, mark) && mark.last - mark.first < other.last - other.first
        }
        Mark::Where => other.last < mark.first && mark.first - other.last == 1,
        Mark::Says => mark.last < other.first && other.first - mark.last <= 2,
        _ => false,
    })
}

fn overlap(one: &Match<Mark>, other: &Match<Mark>) -> bool {
    one.first <= other.last && other.first <= one.last
}
