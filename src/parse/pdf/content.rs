//! What a page draws, as far as it is text: runs of characters with their place on the page.

use std::rc::Rc;

use lopdf::content::Content;
use lopdf::{Dictionary, Document, Object, ObjectId};

use crate::parse::pdf::font::{Font, Fonts};
use crate::parse::pdf::layout::direction::runs_left;
use crate::parse::pdf::layout::joints::is_ideograph;

/// Most bytes of drawing instructions on one page, and in one form.
const MAX_PAGE: usize = 8 << 20;
/// Forms within forms; real documents have three.
const MAX_DEPTH: usize = 8;
/// Saved states; the standard asks for 28.
const MAX_STATES: usize = 256;
/// A gap of this many font sizes is a blank; kerning stays below.
const BLANK: f32 = 0.15;
/// A gap of this many font sizes parts two runs.
const PART: f32 = 0.9;

/// What a whole document may still draw. Forms can call forms, so a small file can draw without end.
#[derive(Debug)]
pub(in crate::parse::pdf) struct Budget {
    operations: usize,
    characters: usize,
}

impl Default for Budget {
    fn default() -> Self {
        Budget { operations: 8_000_000, characters: 8_000_000 }
    }
}

impl Budget {
    pub(in crate::parse::pdf) fn is_spent(&self) -> bool {
        self.operations == 0 || self.characters == 0
    }
}

/// The text of a page, in the order it is drawn.
#[derive(Debug, Default)]
pub(in crate::parse::pdf) struct Page {
    pub(in crate::parse::pdf) runs: Vec<Run>,
    /// What is set from top to bottom, as if the page were turned: the columns, from the right one
    /// on, are lines from the top down.
    pub(in crate::parse::pdf) vertical: Vec<Run>,
    /// Characters whose font does not say what they mean.
    pub(in crate::parse::pdf) meaningless: usize,
    /// Characters that do not stand upright: watermarks, labels at the margin.
    pub(in crate::parse::pdf) turned: usize,
}

impl Page {
    pub(in crate::parse::pdf) fn is_empty(&self) -> bool {
        self.runs.is_empty() && self.vertical.is_empty()
    }

    fn runs_of(&mut self, vertical: bool) -> &mut Vec<Run> {
        if vertical { &mut self.vertical } else { &mut self.runs }
    }
}

/// Characters drawn side by side. Points, from the lower left corner of the page.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::parse::pdf) struct Run {
    pub(in crate::parse::pdf) from: f32,
    pub(in crate::parse::pdf) to: f32,
    /// The line the characters stand on.
    pub(in crate::parse::pdf) base: f32,
    /// The height of the font.
    pub(in crate::parse::pdf) size: f32,
    pub(in crate::parse::pdf) text: String,
}

/// Reads what a page draws. What cannot be read is left out.
pub(in crate::parse::pdf) fn page<'d>(
    document: &'d Document,
    id: ObjectId,
    fonts: &mut Fonts<'d>,
    budget: &mut Budget,
) -> Page {
    let Ok(dictionary) = document.get_dictionary(id) else { return Page::default() };
    let turned = inherited(dictionary, b"Rotate", document).and_then(|turn| turn.as_i64().ok());
    let resources = inherited(dictionary, b"Resources", document);
    let mut pen = Pen { document, fonts, budget, page: Page::default() };
    if let Ok(content) = document.get_page_content_with_limit(id, MAX_PAGE) {
        let start = match turned.unwrap_or(0).rem_euclid(360) {
            90 => Matrix([0.0, -1.0, 1.0, 0.0, 0.0, 0.0]),
            180 => Matrix([-1.0, 0.0, 0.0, -1.0, 0.0, 0.0]),
            270 => Matrix([0.0, 1.0, -1.0, 0.0, 0.0, 0.0]),
            _ => Matrix::SAME,
        };
        pen.draw(&content, resources.and_then(|found| found.as_dict().ok()), start, 0);
    }
    pen.page
}

/// An attribute of a page, or of the nearest node above that has it.
fn inherited<'d>(page: &'d Dictionary, key: &[u8], document: &'d Document) -> Option<&'d Object> {
    let mut node = page;
    for _ in 0..64 {
        if let Ok(found) = node.get_deref(key, document) {
            return Some(found);
        }
        node = node.get_deref(b"Parent", document).ok()?.as_dict().ok()?;
    }
    None
}

/// An affine map, as six numbers a b c d e f: x' = ax + cy + e, y' = bx + dy + f.
#[derive(Clone, Copy)]
struct Matrix([f32; 6]);

impl Matrix {
    const SAME: Matrix = Matrix([1.0, 0.0, 0.0, 1.0, 0.0, 0.0]);

    fn shift(x: f32, y: f32) -> Matrix {
        Matrix([1.0, 0.0, 0.0, 1.0, x, y])
    }

    /// First this map, then `after`.
    fn then(self, after: Matrix) -> Matrix {
        let [a, b, c, d, e, f] = self.0;
        let [p, q, r, s, t, u] = after.0;
        Matrix([
            a * p + b * r,
            a * q + b * s,
            c * p + d * r,
            c * q + d * s,
            e * p + f * r + t,
            e * q + f * s + u,
        ])
    }
}

/// What decides how the next string is drawn.
#[derive(Clone)]
struct State {
    place: Matrix,
    font: Option<Rc<Font>>,
    size: f32,
    /// Extra advance after each character, and after each blank.
    letter_gap: f32,
    word_gap: f32,
    /// Horizontal stretch, 1 is none.
    stretch: f32,
    leading: f32,
    rise: f32,
}

/// Walks through drawing instructions and collects the text.
struct Pen<'d, 'w> {
    document: &'d Document,
    fonts: &'w mut Fonts<'d>,
    budget: &'w mut Budget,
    page: Page,
}

impl<'d> Pen<'d, '_> {
    fn draw(
        &mut self,
        content: &[u8],
        resources: Option<&'d Dictionary>,
        start: Matrix,
        depth: usize,
    ) {
        let Ok(content) = Content::decode(content) else { return };
        let mut state = State {
            place: start,
            font: None,
            size: 1.0,
            letter_gap: 0.0,
            word_gap: 0.0,
            stretch: 1.0,
            leading: 0.0,
            rise: 0.0,
        };
        let mut saved = Vec::new();
        let mut line = Matrix::SAME;
        let mut text = Matrix::SAME;
        for operation in &content.operations {
            if self.budget.is_spent() {
                return;
            }
            self.budget.operations -= 1;
            let operands = &operation.operands;
            let number = |at: usize| -> f32 {
                operands.get(at).and_then(|operand| operand.as_float().ok()).unwrap_or(0.0)
            };
            match operation.operator.as_str() {
                "q" if saved.len() < MAX_STATES => saved.push(state.clone()),
                "Q" => state = saved.pop().unwrap_or(state),
                "cm" => state.place = matrix(operands).then(state.place),
                "BT" => (line, text) = (Matrix::SAME, Matrix::SAME),
                "Tf" => {
                    state.font = operands.first().and_then(|name| self.font(name, resources));
                    state.size = number(1);
                }
                "Tc" => state.letter_gap = number(0),
                "Tw" => state.word_gap = number(0),
                "Tz" => state.stretch = number(0) / 100.0,
                "TL" => state.leading = number(0),
                "Ts" => state.rise = number(0),
                "Td" | "TD" => {
                    if operation.operator == "TD" {
                        state.leading = -number(1);
                    }
                    line = Matrix::shift(number(0), number(1)).then(line);
                    text = line;
                }
                "Tm" => {
                    line = matrix(operands);
                    text = line;
                }
                "T*" | "'" | "\"" => {
                    if operation.operator == "\"" {
                        (state.word_gap, state.letter_gap) = (number(0), number(1));
                    }
                    line = Matrix::shift(0.0, -state.leading).then(line);
                    text = line;
                    if operation.operator != "T*" {
                        self.show(operands.last().into_iter(), &state, &mut text);
                    }
                }
                "Tj" => self.show(operands.first().into_iter(), &state, &mut text),
                "TJ" => {
                    if let Some(Object::Array(parts)) = operands.first() {
                        self.show(parts.iter(), &state, &mut text);
                    }
                }
                "Do" if depth < MAX_DEPTH => {
                    self.form(operands.first(), resources, state.place, depth);
                }
                _ => {}
            }
        }
    }

    fn font(&mut self, name: &Object, resources: Option<&'d Dictionary>) -> Option<Rc<Font>> {
        let fonts = resources?.get_deref(b"Font", self.document).ok()?.as_dict().ok()?;
        self.fonts.font(fonts.get(name.as_name().ok()?).ok()?)
    }

    /// Draws a form; pictures have no text.
    fn form(
        &mut self,
        name: Option<&Object>,
        resources: Option<&'d Dictionary>,
        place: Matrix,
        depth: usize,
    ) {
        let document = self.document;
        let form = name
            .and_then(|name| name.as_name().ok())
            .zip(resources)
            .and_then(|(name, resources)| {
                let forms = resources.get_deref(b"XObject", document).ok()?.as_dict().ok()?;
                forms.get_deref(name, document).ok()?.as_stream().ok()
            })
            .filter(|form| {
                let kind = form.dict.get_deref(b"Subtype", document).and_then(Object::as_name);
                kind.is_ok_and(|kind| kind == b"Form")
            });
        let Some(form) = form else { return };
        let Ok(content) = form.get_plain_content_with_limit(MAX_PAGE) else { return };
        // Unfolding costs too, even of a form that draws nothing.
        self.budget.operations = self.budget.operations.saturating_sub(content.len() / 16);
        let own = form.dict.get_deref(b"Resources", document).and_then(Object::as_dict).ok();
        let inner = form.dict.get_deref(b"Matrix", document).and_then(Object::as_array);
        let inner = inner.map_or(Matrix::SAME, |numbers| matrix(numbers));
        self.draw(&content, own.or(resources), inner.then(place), depth + 1);
    }

    /// Shows strings and moves by the numbers between them.
    fn show<'o>(
        &mut self,
        parts: impl Iterator<Item = &'o Object>,
        state: &State,
        text: &mut Matrix,
    ) {
        let Some(font) = &state.font else { return };
        let vertical = font.is_vertical();
        let mut run = Writing::default();
        for part in parts {
            match part {
                Object::String(string, _) => {
                    for shown in font.codes(string) {
                        let drawn = Matrix::shift(0.0, state.rise).then(*text).then(state.place);
                        let word_gap = if shown.blank { state.word_gap } else { 0.0 };
                        let gap = state.letter_gap + word_gap;
                        let step = if vertical {
                            Matrix::shift(0.0, gap - state.size)
                        } else {
                            Matrix::shift((shown.width * state.size + gap) * state.stretch, 0.0)
                        };
                        *text = step.then(*text);
                        let after = text.then(state.place);
                        self.budget.characters = self.budget.characters.saturating_sub(1);
                        match shown.text {
                            None => self.page.meaningless += 1,
                            Some(_) if !is_upright(drawn) => self.page.turned += 1,
                            Some(meaning) => {
                                let height = (state.size * drawn.0[3]).abs();
                                let place = Place::between(drawn, after, height, vertical);
                                run.add(&meaning, place, self.page.runs_of(vertical));
                            }
                        }
                    }
                }
                other => {
                    if let Ok(back) = other.as_float() {
                        let back = -back * 0.001 * state.size;
                        let step = if vertical {
                            Matrix::shift(0.0, back)
                        } else {
                            Matrix::shift(back * state.stretch, 0.0)
                        };
                        *text = step.then(*text);
                    }
                }
            }
        }
        run.finish(self.page.runs_of(vertical));
    }
}

/// Whether text runs from left to right, give or take a slant.
fn is_upright(drawn: Matrix) -> bool {
    let [a, b, _, d, ..] = drawn.0;
    a > 0.0 && d > 0.0 && b.abs() < 0.1 * a
}

fn matrix(operands: &[Object]) -> Matrix {
    let mut numbers = Matrix::SAME.0;
    for (number, operand) in numbers.iter_mut().zip(operands) {
        *number = operand.as_float().unwrap_or(0.0);
    }
    Matrix(numbers)
}

/// Where a character stands along its line, and how high it is.
struct Place {
    from: f32,
    to: f32,
    base: f32,
    height: f32,
}

impl Place {
    /// The place of a character between two positions of the pen. A line from top to bottom is
    /// turned: what stands lower comes later, and what stands further left is a later line.
    fn between(before: Matrix, after: Matrix, height: f32, vertical: bool) -> Place {
        let ([.., from, base], [.., to, low]) = (before.0, after.0);
        match vertical {
            true => Place { from: -base, to: -low, base: from, height },
            false => Place { from, to, base, height },
        }
    }

    fn is_finite(&self) -> bool {
        [self.from, self.to, self.base, self.height].iter().all(|number| number.is_finite())
    }
}

/// A run in the making.
#[derive(Default)]
struct Writing(Option<Run>);

impl Writing {
    fn add(&mut self, text: &str, place: Place, runs: &mut Vec<Run>) {
        if !place.is_finite() {
            return;
        }
        // Programs draw text from right to left in either direction and with jumps: each such
        // character is a run of its own, and the places say in which order they stand.
        if text.contains(runs_left) {
            self.finish(runs);
            let seen = text.chars().rev().collect();
            runs.push(Run { text: seen, ..Run::at(&place) });
            return;
        }
        let gap = self.0.as_ref().map_or(0.0, |run| place.from - run.to);
        let goes_back = gap < -BLANK * place.height && !text.contains(char::is_alphanumeric);
        if PART * place.height < gap.abs() || goes_back {
            self.finish(runs);
        }
        let run = self.0.get_or_insert_with(|| Run::at(&place));
        let parted = BLANK * place.height < gap && !run.text.ends_with(is_ideograph);
        if parted && !run.text.is_empty() && !run.text.ends_with(' ') {
            run.text.push(' ');
        }
        run.text.push_str(text);
        run.to = place.to;
    }

    fn finish(&mut self, runs: &mut Vec<Run>) {
        runs.extend(self.0.take().filter(|run| !run.text.trim().is_empty()));
    }
}

impl Run {
    /// A run that begins with the character at a place.
    fn at(place: &Place) -> Run {
        let Place { from, to, base, height } = *place;
        Run { from, to, base, size: height, text: String::new() }
    }
}
