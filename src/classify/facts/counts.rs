//! Counts of targets: a number before what it counts, in a sentence that asserts an action.

use crate::classify::facts::actions::Asserted;
use crate::classify::facts::dates::number;
use crate::classify::facts::marks::{Mark, Marked};
use crate::classify::matches::Match;
use crate::model::facts::{Action, Bound, Count, Shown};

/// Tokens from a number to what it counts; in scripts without spaces a token is a character.
const NEAR: usize = 5;
/// Tokens from a bound ("more than") to its number.
const BOUND: usize = 2;
/// Nobody lists more at once: a larger number counts something else.
const MOST: u32 = 20_000;

/// Actions whose objects are counted.
const COUNTED: [Action; 8] = [
    Action::Designate,
    Action::Delist,
    Action::Amend,
    Action::Rule,
    Action::Renewal,
    Action::Relief,
    Action::Seizure,
    Action::CounterSanction,
];

/// A number as tokens write it.
#[derive(Debug, Clone, Copy)]
struct Figure {
    value: f64,
    first: usize,
    last: usize,
}

/// How many of what the asserted actions hit.
pub(crate) fn find(marked: &Marked, asserted: &[Asserted]) -> Vec<Shown<Count>> {
    let mut found = Vec::new();
    let mut told = None;
    for action in asserted.iter().filter(|action| COUNTED.contains(&action.action)) {
        if told == Some(action.sentence) {
            continue;
        }
        told = Some(action.sentence);
        let marks = marked.marks_of(action.sentence);
        for mark in marks {
            if let Mark::Unit(unit) = mark.kind
                && let Some((figure, bound)) = counted(marked, marks, mark)
            {
                let value = Count { number: figure.value as u32, unit, bound };
                found.push(marked.shown(value, figure.first, mark.last));
            }
        }
    }
    found
}

/// The number before a unit that counts it and nothing else.
fn counted(marked: &Marked, marks: &[Match<Mark>], unit: &Match<Mark>) -> Option<(Figure, Bound)> {
    let figure = (unit.first.saturating_sub(NEAR)..unit.first)
        .rev()
        .find_map(|token| figure_ending_at(marked, marks, token))?;
    let between = |mark: &&Match<Mark>| figure.last < mark.first && mark.last < unit.first;
    let other = marks.iter().filter(between).any(|mark| {
        matches!(
            mark.kind,
            Mark::Unit(_) | Mark::Stop | Mark::Month(_) | Mark::Scale(_) | Mark::Currency(_)
        )
    });
    let parted = (figure.last..unit.first)
        .any(|token| marked.between(token).contains([',', ';', ':', '，', '、', '。', '(']));
    // Of "nine persons and companies" nobody knows how many are persons.
    let shared = marks.iter().any(|mark| {
        matches!(mark.kind, Mark::Unit(kind) if Mark::Unit(kind) != unit.kind)
            && unit.last < mark.first
            && mark.first - unit.last <= 3
            && (unit.last + 1..mark.first)
                .all(|token| figure_ending_at(marked, marks, token).is_none())
            && !marked.between(unit.last).contains([',', '，', '、', '.', ';'])
    });
    let says = marks.iter().any(|mark| {
        mark.kind == Mark::Says && unit.last < mark.first && mark.first - unit.last <= 3
    });
    let whole = figure.value.fract() == 0.0 && 1.0 <= figure.value;
    let fits = whole && figure.value <= f64::from(MOST) && !is_year(marked, &figure);
    let one_of = figure.value == 1.0 && marked.word(figure.last + 1) == "of";
    let identifier = marked.in_instrument(figure.last);
    let bound = bound(marks, &figure);
    (fits && !other && !parted && !shared && !says && !one_of && !identifier)
        .then_some((figure, bound))
}

fn is_year(marked: &Marked, figure: &Figure) -> bool {
    figure.first == figure.last
        && marked.word(figure.last).len() == 4
        && (1990.0..2100.0).contains(&figure.value)
}

fn bound(marks: &[Match<Mark>], figure: &Figure) -> Bound {
    let near = |mark: &&Match<Mark>| mark.last < figure.first && figure.first - mark.last <= BOUND;
    marks
        .iter()
        .filter(near)
        .find_map(|mark| match mark.kind {
            Mark::Bound(bound) => Some(bound),
            _ => None,
        })
        .unwrap_or(Bound::Exactly)
}

/// The number, in figures or words, whose last token is `token`.
fn figure_ending_at(marked: &Marked, marks: &[Match<Mark>], token: usize) -> Option<Figure> {
    in_figures(marked, token).or_else(|| in_words(marks, token))
}

/// "35", "2,400", "1.200", "11.8": groups of three belong together, what follows the last mark is a
/// fraction otherwise.
fn in_figures(marked: &Marked, token: usize) -> Option<Figure> {
    let mut value = f64::from(number(marked.word(token))?);
    let mut first = token;
    let mut grouped = true;
    while let Some(before) = first.checked_sub(1)
        && let Some(left) = number(marked.word(before))
        && matches!(marked.between(before), "," | "." | "'" | "’" | "\u{a0}" | "\u{202f}" | " ")
        && marked.word(before).len() <= 3
        && value < 1e12
    {
        let digits = marked.word(first).len();
        let right = value;
        match marked.between(before) {
            _ if digits == 3 && grouped => {
                value = f64::from(left) * 10f64.powi(3 * (token - before) as i32) + right;
            }
            "." | "," if first == token => {
                value = f64::from(left) + right / 10f64.powi(digits as i32);
                grouped = false;
            }
            _ => break,
        }
        first = before;
    }
    Some(Figure { value, first, last: token })
}

/// "forty-four", "two hundred": number words side by side.
fn in_words(marks: &[Match<Mark>], token: usize) -> Option<Figure> {
    let ends = |at: usize| {
        marks.iter().find_map(|mark| match mark.kind {
            Mark::Number(value) if mark.last == at => Some((value, mark.first)),
            _ => None,
        })
    };
    let (last, mut first) = ends(token)?;
    let mut value = last;
    while let Some((before, start)) = first.checked_sub(1).and_then(ends) {
        value = match (before, value) {
            (tens, ones) if 20 <= tens && tens % 10 == 0 && ones < 10 => tens + ones,
            (times, hundred) if times < 10 && (100..200).contains(&hundred) => {
                times * 100 + hundred % 100
            }
            (100, rest) if rest < 100 => 100 + rest,
            _ => break,
        };
        first = start;
    }
    Some(Figure { value: f64::from(value), first, last: token })
}
