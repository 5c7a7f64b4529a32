//! Columns: which lines of a page are read one below the other.

use std::borrow::Borrow;

use crate::parse::pdf::layout::Line;

/// Columns within columns: three lie side by side as one beside two.
const MAX_DEPTH: usize = 3;
/// A column has at least so many lines.
const FEWEST_LINES: usize = 4;
/// Lines of a column of text fill it to at least this share; cells of a table do not.
const FULL: f32 = 0.6;
/// Places that are tried for the gap between two columns.
const PLACES: usize = 48;

/// Parts the lines of a page into groups that are read one after the other. Lines come from the top
/// down and leave so in each group.
pub(in crate::parse::pdf) fn in_reading_order(lines: Vec<Line>) -> Vec<Vec<Line>> {
    let mut groups = Vec::new();
    part(lines, MAX_DEPTH, &mut groups);
    groups
}

fn part(lines: Vec<Line>, depth: usize, groups: &mut Vec<Vec<Line>>) {
    let cut = if depth == 0 { None } else { best_cut(&lines) };
    let Some(cut) = cut else {
        if !lines.is_empty() {
            groups.push(lines);
        }
        return;
    };
    let mut plain = Vec::new();
    for band in bands(lines, cut.gutter) {
        match band {
            Band::Across(line) => plain.push(line),
            Band::Beside { left, right } if cut.makes_columns(&left, &right) => {
                groups.extend(Some(std::mem::take(&mut plain)).filter(|plain| !plain.is_empty()));
                part(left, depth - 1, groups);
                part(right, depth - 1, groups);
            }
            Band::Beside { left, right } => {
                let mut both = left;
                both.extend(right);
                both.sort_by(|a, b| b.base.total_cmp(&a.base).then(a.from.total_cmp(&b.from)));
                plain.extend(both);
            }
        }
    }
    groups.extend(Some(plain).filter(|plain| !plain.is_empty()));
}

/// Lines between two lines that run across the gutter.
enum Band<L> {
    Across(L),
    Beside { left: Vec<L>, right: Vec<L> },
}

/// Cuts lines into bands at a gutter.
fn bands<L: Borrow<Line>>(lines: Vec<L>, gutter: f32) -> Vec<Band<L>> {
    let mut bands = Vec::new();
    let (mut left, mut right) = (Vec::new(), Vec::new());
    for line in lines {
        let place = line.borrow();
        if place.to <= gutter {
            left.push(line);
        } else if gutter <= place.from {
            right.push(line);
        } else {
            if !left.is_empty() || !right.is_empty() {
                let (left, right) = (std::mem::take(&mut left), std::mem::take(&mut right));
                bands.push(Band::Beside { left, right });
            }
            bands.push(Band::Across(line));
        }
    }
    if !left.is_empty() || !right.is_empty() {
        bands.push(Band::Beside { left, right });
    }
    bands
}

/// A region and the place where it might be cut into columns.
#[derive(Clone, Copy)]
struct Cut {
    from: f32,
    gutter: f32,
    to: f32,
}

impl Cut {
    /// Whether the lines on both sides are columns of text.
    fn makes_columns<L: Borrow<Line>>(self, left: &[L], right: &[L]) -> bool {
        FEWEST_LINES <= left.len().min(right.len())
            && FULL * (self.gutter - self.from) <= usual_width(left)
            && FULL * (self.to - self.gutter) <= usual_width(right)
            && lie_beside(left, right)
    }
}

/// How much of its width a row of the lines covers on average.
fn usual_width<L: Borrow<Line>>(lines: &[L]) -> f32 {
    let covered: f32 = lines.iter().map(Borrow::borrow).map(|line| line.to - line.from).sum();
    let below = |pair: &[L]| pair[1].borrow().base < pair[0].borrow().base - 1.0;
    covered / (1 + lines.windows(2).filter(|pair| below(pair)).count()) as f32
}

/// Whether at least half of the lower of two columns has the other beside it.
fn lie_beside<L: Borrow<Line>>(left: &[L], right: &[L]) -> bool {
    let ends = |side: &[L]| Some((side.first()?.borrow().base, side.last()?.borrow().base));
    let (Some((top_left, low_left)), Some((top_right, low_right))) = (ends(left), ends(right))
    else {
        return false;
    };
    let shared = top_left.min(top_right) - low_left.max(low_right);
    let shorter = (top_left - low_left).min(top_right - low_right);
    0.5 * shorter <= shared
}

/// The cut with the most lines in columns beside it; in the middle of such cuts.
fn best_cut(lines: &[Line]) -> Option<Cut> {
    let from = lines.iter().map(|line| line.from).fold(f32::MAX, f32::min);
    let to = lines.iter().map(|line| line.to).fold(f32::MIN, f32::max);
    let gutters = (1..PLACES).map(|place| from + (to - from) * place as f32 / PLACES as f32);
    let cuts: Vec<Cut> = gutters.map(|gutter| Cut { from, gutter, to }).collect();
    let scores: Vec<usize> = cuts.iter().map(|cut| lines_in_columns(lines, *cut)).collect();
    let best = *scores.iter().max()?;
    if best == 0 {
        return None;
    }
    let first = scores.iter().position(|score| *score == best)?;
    let alike = scores[first..].iter().take_while(|score| **score == best).count();
    Some(cuts[first + alike / 2])
}

/// How many lines would stand in columns.
fn lines_in_columns(lines: &[Line], cut: Cut) -> usize {
    bands(lines.iter().collect(), cut.gutter)
        .iter()
        .map(|band| match band {
            Band::Beside { left, right } if cut.makes_columns(left, right) => {
                left.len() + right.len()
            }
            _ => 0,
        })
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(from: f32, to: f32, base: f32, text: &str) -> Line {
        Line { from, to, base, size: 10.0, text: text.to_owned() }
    }

    fn texts(groups: &[Vec<Line>]) -> Vec<String> {
        groups
            .iter()
            .map(|group| group.iter().map(|line| line.text.as_str()).collect::<Vec<_>>().join(" "))
            .collect()
    }

    /// Rows of cells, each with its left and right end.
    fn page(rows: usize, cells: &[(f32, f32)]) -> Vec<Line> {
        let mut lines = Vec::new();
        for row in 0..rows {
            for (number, (from, to)) in cells.iter().enumerate() {
                lines.push(line(*from, *to, 700.0 - 12.0 * row as f32, &format!("{number}{row}")));
            }
        }
        lines
    }

    #[test]
    fn two_columns_under_a_heading_are_read_one_after_the_other() {
        let mut lines = vec![line(50.0, 550.0, 750.0, "heading")];
        lines.extend(page(5, &[(50.0, 290.0), (310.0, 550.0)]));
        lines.push(line(50.0, 550.0, 600.0, "foot"));
        assert_eq!(
            texts(&in_reading_order(lines)),
            ["heading", "00 01 02 03 04", "10 11 12 13 14", "foot"]
        );
    }

    #[test]
    fn three_columns_are_read_in_order() {
        let lines = page(4, &[(50.0, 200.0), (220.0, 370.0), (390.0, 540.0)]);
        assert_eq!(texts(&in_reading_order(lines)), ["00 01 02 03", "10 11 12 13", "20 21 22 23"]);
    }

    #[test]
    fn a_table_is_read_by_rows() {
        let mut lines = page(6, &[(50.0, 90.0), (310.0, 360.0)]);
        lines.extend([line(50.0, 290.0, 600.0, "long"), line(310.0, 550.0, 600.0, "wide")]);
        assert_eq!(in_reading_order(lines).len(), 1);
    }
}
