//! Runs on a page become lines, columns and paragraphs, as a reader's eye would join them.

mod columns;
pub(in crate::parse::pdf) mod direction;
mod furniture;
pub(in crate::parse::pdf) mod joints;

use crate::parse::pdf::content::{self, Run};
use crate::parse::pdf::layout::joints::{Joints, is_ideograph};
use crate::parse::pdf::{Paragraph, Text};

/// Runs this many font sizes apart on one line are cells or columns, not words.
const CELL_GAP: f32 = 1.8;
/// Below this many font sizes two runs are one word.
const WORD_GAP: f32 = 0.15;
/// Lines this much further apart than usual are two paragraphs.
const WIDER: f32 = 1.35;
/// Fonts this much larger than the running text make a heading.
const LARGER: f32 = 1.15;
/// A heading has at most so many words.
const HEADING_WORDS: usize = 40;

/// Text side by side without a wide gap. Points, from the lower left corner of the page.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::parse::pdf) struct Line {
    pub(in crate::parse::pdf) from: f32,
    pub(in crate::parse::pdf) to: f32,
    pub(in crate::parse::pdf) base: f32,
    pub(in crate::parse::pdf) size: f32,
    pub(in crate::parse::pdf) text: String,
}

/// The lines at one height of a page, from left to right; never empty.
pub(in crate::parse::pdf) type Row = Vec<Line>;

/// Orders the text of all pages.
pub(in crate::parse::pdf) fn read(pages: Vec<content::Page>) -> Text {
    let mut pages: Vec<Vec<Row>> = pages
        .into_iter()
        .flat_map(|page| [page.runs, page.vertical])
        .filter(|runs| !runs.is_empty())
        .map(rows)
        .collect();
    direction::settle(&mut pages);
    let furniture = furniture::take(&mut pages);
    let body = body_size(&pages);
    let joints = Joints::of(pages.iter().flatten().flatten().map(|line| line.text.as_str()));
    let mut drafts: Vec<Draft> = Vec::new();
    let mut on_first_page = 0;
    for (number, page) in pages.into_iter().enumerate() {
        for column in columns::in_reading_order(page.into_iter().flatten().collect()) {
            add_column(&join_cells(column), &joints, &mut drafts);
        }
        if number == 0 {
            on_first_page = drafts.len();
        }
    }
    let title = drafts[..on_first_page]
        .iter()
        .filter(|draft| draft.is_heading(body))
        .max_by(|a, b| a.size.total_cmp(&b.size).then(b.text.len().cmp(&a.text.len())))
        .map(|draft| draft.text.clone());
    let paragraphs = drafts
        .into_iter()
        .map(|draft| Paragraph { heading: draft.is_heading(body), text: draft.text })
        .collect();
    Text { title: title.unwrap_or_default(), paragraphs, furniture }
}

/// Groups runs into rows by their base line, from the top down, and joins neighbours.
fn rows(runs: Vec<Run>) -> Vec<Row> {
    let mut runs = direction::with_marks(runs);
    runs.sort_by(|a, b| b.base.total_cmp(&a.base).then(a.from.total_cmp(&b.from)));
    let mut rows: Vec<Vec<Run>> = Vec::new();
    for run in runs {
        match rows.last_mut() {
            // Raised and lowered marks stay on their line.
            Some(row) if row[0].base - run.base < 0.4 * row[0].size.max(run.size) => row.push(run),
            _ => rows.push(vec![run]),
        }
    }
    rows.into_iter().map(row).filter(|row| !row.is_empty()).collect()
}

fn row(mut runs: Vec<Run>) -> Row {
    runs.sort_by(|a, b| a.from.total_cmp(&b.from));
    let mut row: Row = Vec::new();
    for run in runs {
        let Some(line) = row.last_mut() else {
            row.push(line_of(run));
            continue;
        };
        let gap = run.from - line.to;
        let size = line.size.max(run.size);
        if is_drawn_again(&run, line) {
            continue;
        }
        if CELL_GAP * size < gap {
            row.push(line_of(run));
            continue;
        }
        if WORD_GAP * size < gap && parts_words(&line.text, &run.text) {
            line.text.push(' ');
        }
        // The line is as high as most of it.
        if line.text.len() < run.text.len() {
            (line.size, line.base) = (run.size, run.base);
        }
        line.text.push_str(&run.text);
        line.to = line.to.max(run.to);
    }
    for line in &mut row {
        line.text = line.text.split_whitespace().collect::<Vec<_>>().join(" ");
    }
    row.retain(|line| !line.text.is_empty());
    row
}

/// Bold is often the same text drawn twice, a hair apart. The same letter drawn beside itself is
/// none.
fn is_drawn_again(run: &Run, line: &Line) -> bool {
    line.text.ends_with(run.text.as_str())
        && (run.to - line.to).abs() < 0.3 * line.size.max(run.size)
        && run.from < line.to - 0.5 * (run.to - run.from)
}

/// Whether a gap between two texts is a blank: scripts without blanks have gaps of other meaning.
fn parts_words(before: &str, after: &str) -> bool {
    let blank = before.ends_with(' ') || after.starts_with(' ');
    let spaceless = before.ends_with(is_ideograph) && after.starts_with(is_ideograph);
    !blank && !spaceless
}

fn line_of(run: Run) -> Line {
    Line { from: run.from, to: run.to, base: run.base, size: run.size, text: run.text }
}

/// The size most characters are set in, to half a point.
fn body_size(pages: &[Vec<Row>]) -> f32 {
    let mut sizes = std::collections::BTreeMap::new();
    for line in pages.iter().flatten().flatten() {
        *sizes.entry((line.size * 2.0).round().clamp(0.0, 10_000.0) as u32).or_insert(0) +=
            line.text.len();
    }
    sizes.iter().max_by_key(|(_, length)| **length).map_or(0.0, |(size, _)| *size as f32 / 2.0)
}

/// Cells of one row that stayed in one column are one line again.
fn join_cells(column: Vec<Line>) -> Vec<Line> {
    let mut lines: Vec<Line> = Vec::with_capacity(column.len());
    for cell in column {
        match lines.last_mut() {
            Some(line) if (line.base - cell.base).abs() < 0.4 * line.size => {
                line.text.push(' ');
                line.text.push_str(&cell.text);
                line.to = line.to.max(cell.to);
            }
            _ => lines.push(cell),
        }
    }
    lines
}

/// A paragraph in the making.
struct Draft {
    text: String,
    size: f32,
    /// The last line runs to the edge of its column.
    full: bool,
}

impl Draft {
    fn is_heading(&self, body: f32) -> bool {
        LARGER * body < self.size && self.text.split(' ').count() <= HEADING_WORDS
    }

    fn is_finished(&self) -> bool {
        let end = |c: char| matches!(c, '"' | '\'' | ')' | ']' | '”' | '’' | '»');
        self.text
            .trim_end_matches(end)
            .ends_with(['.', '!', '?', ':', ';', '。', '؟', '؛', '۔', '।'])
    }
}

/// Cuts a column into paragraphs; the first may go on with the last of the column before.
fn add_column(lines: &[Line], joints: &Joints, drafts: &mut Vec<Draft>) {
    let right = lines.iter().map(|line| line.to).fold(f32::MIN, f32::max);
    let left = lines.iter().map(|line| line.from).fold(f32::MAX, f32::min);
    let usual = usual_distance(lines);
    let mut above: Option<&Line> = None;
    for line in lines {
        let full = right - line.to < 0.15 * (right - left);
        let goes_on = drafts.last().is_some_and(|draft| {
            if 0.12 * draft.size < (draft.size - line.size).abs() || begins_item(&line.text) {
                return false;
            }
            match above {
                Some(above) => belongs_below(above, line, draft, usual),
                None => {
                    let lower = line.text.starts_with(char::is_lowercase);
                    !draft.is_finished() && (lower || draft.full)
                }
            }
        });
        match drafts.last_mut().filter(|_| goes_on) {
            Some(draft) => {
                joints.join(&mut draft.text, &line.text);
                draft.full = full;
            }
            None => drafts.push(Draft { text: line.text.clone(), size: line.size, full }),
        }
        above = Some(line);
    }
}

/// Whether a line goes on with the paragraph of the line above it.
fn belongs_below(above: &Line, line: &Line, draft: &Draft, usual: f32) -> bool {
    let distance = above.base - line.base;
    if distance <= 0.0 || WIDER * usual < distance {
        return false;
    }
    let indented = 0.8 * line.size < line.from - above.from && !begins_item(&draft.text);
    !(draft.is_finished() && (indented || !draft.full))
}

/// The median distance between lines that follow each other.
fn usual_distance(lines: &[Line]) -> f32 {
    let mut distances: Vec<f32> = lines
        .windows(2)
        .map(|pair| (pair[0].base - pair[1].base, pair[0].size))
        .filter(|(distance, size)| 0.0 < *distance && *distance < 3.0 * size)
        .map(|(distance, _)| distance)
        .collect();
    let size = lines.first().map_or(0.0, |line| line.size);
    // One distance says nothing of what is usual: it may be the one between two paragraphs.
    if distances.len() < 3 {
        return distances.into_iter().fold(1.25 * size, f32::min).max(size);
    }
    distances.sort_by(f32::total_cmp);
    distances[distances.len() / 2]
}

/// Whether a line begins an item of a list: `•`, `–`, `(a)`, `1.`, `2)`, `iv.`.
fn begins_item(text: &str) -> bool {
    let Some((mark, rest)) = text.split_once(' ') else { return false };
    if rest.is_empty() {
        return false;
    }
    if matches!(mark, "•" | "·" | "–" | "—" | "-" | "*" | "■" | "▪" | "○" | "●" | "\u{F0B7}" | "➢")
    {
        return true;
    }
    let open = mark.starts_with(['(', '[']);
    let inner = mark.trim_start_matches(['(', '[']);
    let Some(inner) = inner.strip_suffix([')', ']', '.']) else { return false };
    let count = inner.chars().count();
    let digits = (1..=3).contains(&count) && inner.chars().all(char::is_numeric);
    let letter = count == 1 && inner.starts_with(char::is_alphabetic);
    let roman = (1..=5).contains(&inner.len()) && inner.bytes().all(|b| b"ivxIVX".contains(&b));
    // `A.` is an initial, `(a)` and `a)` are marks.
    digits || ((letter || roman) && (open || mark.ends_with(')') || roman))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_begin_with_marks() {
        for text in [
            "• ships",
            "(a) ships",
            "1. Ships",
            "12) ships",
            "٣. سفن",
            "(أ) سفن",
            "(iv) ships",
            "iv. ships",
        ] {
            assert!(begins_item(text), "{text}");
        }
        for text in ["ships", "A. Smith", "2024. The", "No. 8", "(the) ships", "•", "1."] {
            assert!(!begins_item(text), "{text}");
        }
    }
}
