//! Text from right to left: a PDF has characters at places, so a line comes as it is seen, from left
//! to right, and is put into the order in which it is read.
//!
//! That is the bidirectional algorithm (UAX #9) run backwards. Several orders can look the same;
//! then the likeliest is taken: a number beside Latin words belongs to them, as in `IMO 9187629`.

use std::ops::Range;

use unicode_bidi::{BidiClass, bidi_class};

use crate::parse::pdf::content::Run;
use crate::parse::pdf::layout::Row;

/// Pairs of characters of which each is drawn as the other where text runs from right to left.
const MIRRORED: [(char, char); 8] = [
    ('(', ')'),
    ('[', ']'),
    ('{', '}'),
    ('<', '>'),
    ('«', '»'),
    ('‹', '›'),
    ('≤', '≥'),
    ('⟨', '⟩'),
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Direction {
    ToRight,
    ToLeft,
}

/// Whether a character is of a script that runs from right to left; its digits and marks are too.
pub(in crate::parse::pdf) fn runs_left(c: char) -> bool {
    matches!(c, '\u{590}'..='\u{8FF}' | '\u{FB1D}'..='\u{FDFF}' | '\u{FE70}'..='\u{FEFC}'
        | '\u{10800}'..='\u{10FFF}' | '\u{1E800}'..='\u{1EFFF}')
}

/// Puts the marks of Arabic and Hebrew letters to the letter they stand on, on its left, where the
/// turned line reads them after it. Runs come as they were drawn.
///
/// Where a mark stands says little, since it reaches over the edges of its letter. But a program that
/// draws as one sees, to the right, draws a mark before its letter, and one that draws as one reads, to
/// the left, after it.
pub(in crate::parse::pdf::layout) fn with_marks(runs: Vec<Run>) -> Vec<Run> {
    let mut letters: Vec<Run> = Vec::with_capacity(runs.len());
    let mut marks: Vec<Run> = Vec::new();
    for mut run in runs {
        if run.text.chars().all(|c| runs_left(c) && bidi_class(c) == BidiClass::NSM) {
            marks.push(run);
            continue;
        }
        if let Some(mark) = marks.first() {
            let before = letters.last().filter(|before| are_in_line(before, mark));
            let to_the_right = before.is_none_or(|before| before.from < run.from);
            if to_the_right && are_in_line(&run, mark) {
                run.text.insert_str(0, &marks.drain(..).map(|mark| mark.text).collect::<String>());
            }
            put_on_last(&mut letters, &mut marks);
        }
        letters.push(run);
    }
    put_on_last(&mut letters, &mut marks);
    letters
}

/// Puts marks that were drawn after their letter on it, the last one outermost.
fn put_on_last(letters: &mut [Run], marks: &mut Vec<Run>) {
    let marks: String = marks.drain(..).rev().map(|mark| mark.text).collect();
    if let Some(letter) = letters.last_mut() {
        letter.text.insert_str(0, &marks);
    }
}

fn are_in_line(one: &Run, other: &Run) -> bool {
    (one.base - other.base).abs() < one.size.max(other.size)
}

/// Puts the lines of a document into the order in which they are read.
///
/// A document whose letters run from right to left is set as the mirror image of others: columns,
/// cells and the edges of paragraphs change sides. Its lines are mirrored here, so that whoever
/// reads them from left to right reads them rightly.
pub(in crate::parse::pdf) fn settle(pages: &mut [Vec<Row>]) {
    let texts = || pages.iter().flatten().flatten().map(|line| line.text.as_str());
    if !texts().any(|text| text.contains(runs_left)) {
        return;
    }
    let main = main_direction(texts());
    for line in pages.iter_mut().flatten().flatten() {
        if line.text.contains(runs_left) {
            let main = match main {
                Direction::ToLeft => main,
                Direction::ToRight => main_direction(std::iter::once(line.text.as_str())),
            };
            line.text = as_read(&line.text, main);
        }
    }
    if main == Direction::ToLeft {
        for row in pages.iter_mut().flatten() {
            for line in row.iter_mut() {
                (line.from, line.to) = (-line.to, -line.from);
            }
            row.reverse();
        }
    }
}

/// The direction of most letters.
fn main_direction<'t>(texts: impl Iterator<Item = &'t str>) -> Direction {
    let mut surplus = 0_i64;
    for c in texts.flat_map(str::chars) {
        surplus += match bidi_class(c) {
            BidiClass::R | BidiClass::AL => 1,
            BidiClass::L => -1,
            _ => 0,
        };
    }
    if 0 < surplus { Direction::ToLeft } else { Direction::ToRight }
}

/// The reading order of a line that is given as it is seen, from left to right.
fn as_read(seen: &str, main: Direction) -> String {
    let seen: Vec<char> = seen.chars().collect();
    let classes: Vec<BidiClass> = seen.iter().copied().map(bidi_class).collect();
    match main {
        Direction::ToLeft => from_right(&seen, &classes),
        Direction::ToRight => from_left(&seen, &classes),
    }
}

/// A line of the main direction left to right: the phrases of the other direction inside it turn.
fn from_left(seen: &[char], classes: &[BidiClass]) -> String {
    let mut read = String::new();
    let mut at = 0;
    while at < seen.len() {
        if is_left_letter(classes[at]) {
            let others = classes[at..].iter().take_while(|class| **class != BidiClass::L);
            let reach = at + others.count();
            let last = classes[at..reach].iter().rposition(|class| is_left_letter(*class));
            let end = at + last.map_or(1, |last| last + 1);
            read.push_str(&from_right(&seen[at..end], &classes[at..end]));
            at = end;
        } else {
            read.push(seen[at]);
            at += 1;
        }
    }
    read
}

/// A line of the main direction right to left: it turns, and what runs to the right inside it, Latin
/// words and numbers, stays as it is seen.
fn from_right(seen: &[char], classes: &[BidiClass]) -> String {
    let kept = parts_to_right(seen, classes);
    let mut turned: Vec<char> = Vec::with_capacity(seen.len());
    let mut brackets: Vec<usize> = Vec::new();
    let mut end = seen.len();
    for part in kept.into_iter().rev().chain(std::iter::once(0..0)) {
        for c in seen[part.end..end].iter().rev() {
            if mirrored(*c) != *c {
                brackets.push(turned.len());
            }
            turned.push(*c);
        }
        turned.extend(&seen[part.clone()]);
        end = part.start;
    }
    // Most programs name a bracket by its shape as drawn, some by its meaning; whichever
    // closes more of what it opens is right.
    let as_named: Vec<char> = brackets.iter().map(|at| turned[*at]).collect();
    let as_drawn: Vec<char> = as_named.iter().map(|c| mirrored(*c)).collect();
    if pairs(&as_named) <= pairs(&as_drawn) {
        for (at, c) in brackets.iter().zip(as_drawn) {
            turned[*at] = c;
        }
    }
    turned.into_iter().collect()
}

/// The parts of a line that run to the right, from left to right. Nothing is looked for twice: a
/// line can be as long as the document.
fn parts_to_right(seen: &[char], classes: &[BidiClass]) -> Vec<Range<usize>> {
    let barrier = next(classes, |class| is_left_letter(class) || class == BidiClass::AN);
    let letter = next(classes, |class| class == BidiClass::L);
    let arabic = in_arabic(classes);
    let mut parts = Vec::new();
    let mut at = 0;
    while at < seen.len() {
        let begins_signs = is_sign(classes[at]) && (at == 0 || !is_sign(classes[at - 1]));
        let part = match classes[at] {
            BidiClass::L | BidiClass::EN if letter[at] < barrier[at] => {
                phrase_at(seen, classes, at, barrier[at])
            }
            class if is_digit(class) || begins_signs => number_at(classes, at, arabic[at]),
            _ => at..at,
        };
        at = part.end.max(at + 1);
        if !part.is_empty() {
            parts.push(part);
        }
    }
    parts
}

/// For each place, the place of the next such character from there on; the end where there is none.
fn next(classes: &[BidiClass], is_such: impl Fn(BidiClass) -> bool) -> Vec<usize> {
    let mut next = vec![classes.len(); classes.len()];
    let mut found = classes.len();
    for (at, class) in classes.iter().enumerate().rev() {
        if is_such(*class) {
            found = at;
        }
        next[at] = found;
    }
    next
}

/// For each place, whether the letter read before it, or else the one after it, is Arabic: digits
/// then lose the hold on signs and dashes that they have elsewhere (rules W2 to W5).
fn in_arabic(classes: &[BidiClass]) -> Vec<bool> {
    let is_letter = |class: BidiClass| is_left_letter(class) || class == BidiClass::L;
    let before = next(classes, is_letter);
    let mut after = None;
    let letters = classes.iter().zip(before).map(|(class, before)| {
        let letter = classes.get(before).copied().or(after);
        if is_letter(*class) {
            after = Some(*class);
        }
        *class == BidiClass::AN || letter == Some(BidiClass::AL)
    });
    letters.collect()
}

/// Latin words and the numbers beside them, from the place of one to the last of them before the
/// barrier, the next character that runs to the left.
fn phrase_at(seen: &[char], classes: &[BidiClass], at: usize, barrier: usize) -> Range<usize> {
    let is_core = |class: &BidiClass| matches!(class, BidiClass::L | BidiClass::EN);
    let last = classes[at..barrier].iter().rposition(is_core).unwrap_or(0);
    let end = at + last + 1;
    // Brackets that were opened among the words close there.
    let mut open = Vec::new();
    for c in &seen[at..end] {
        match *c {
            '(' | '[' | '{' => open.push(mirrored(*c)),
            c if open.last() == Some(&c) => _ = open.pop(),
            _ => {}
        }
    }
    let closing = seen[end..barrier].iter().zip(open.iter().rev());
    at..end + closing.take_while(|(found, expected)| found == expected).count()
}

/// Digits with the marks inside them: `1,250.75`, `12/05/2024`; where the algorithm says so, with the
/// signs beside them: `50%`. Empty where no number begins.
fn number_at(classes: &[BidiClass], at: usize, arabic: bool) -> Range<usize> {
    let signs = |from: usize| {
        let count = classes[from..].iter().take_while(|class| is_sign(**class)).count();
        if arabic { 0 } else { count }
    };
    let digits = |from: usize| {
        let rest = classes.get(from..).unwrap_or_default();
        rest.iter().take_while(|class| is_digit(**class)).count()
    };
    let mut end = at + signs(at);
    if digits(end) == 0 {
        return at..at;
    }
    loop {
        end += digits(end);
        let joins = match classes.get(end) {
            Some(BidiClass::CS) => true,
            Some(BidiClass::ES) => !arabic,
            _ => false,
        };
        if !joins || digits(end + 1) == 0 {
            break;
        }
        end += 1;
    }
    at..end + signs(end)
}

fn is_left_letter(class: BidiClass) -> bool {
    matches!(class, BidiClass::R | BidiClass::AL)
}

fn is_digit(class: BidiClass) -> bool {
    matches!(class, BidiClass::EN | BidiClass::AN)
}

fn is_sign(class: BidiClass) -> bool {
    class == BidiClass::ET
}

fn mirrored(c: char) -> char {
    let pair = MIRRORED.iter().find(|(open, close)| c == *open || c == *close);
    pair.map_or(c, |(open, close)| if c == *open { *close } else { *open })
}

/// How many brackets close one that was opened before.
fn pairs(brackets: &[char]) -> usize {
    let mut open = Vec::new();
    let mut pairs = 0;
    for c in brackets {
        if MIRRORED.iter().any(|(opening, _)| opening == c) {
            open.push(*c);
        } else if open.last() == Some(&mirrored(*c)) {
            open.pop();
            pairs += 1;
        }
    }
    pairs
}

#[cfg(test)]
mod tests {
    use unicode_bidi::{BidiInfo, Level};

    use super::*;

    /// A line as the bidirectional algorithm shows it, from left to right.
    fn seen(read: &str, main: Direction) -> String {
        let level = if main == Direction::ToLeft { Level::rtl() } else { Level::ltr() };
        let info = BidiInfo::new(read, Some(level));
        let paragraph = &info.paragraphs[0];
        let levels = info.reordered_levels_per_char(paragraph, paragraph.range.clone());
        let chars: Vec<char> = read.chars().collect();
        let shown = |at: usize| if levels[at].is_rtl() { mirrored(chars[at]) } else { chars[at] };
        BidiInfo::reorder_visual(&levels).into_iter().map(shown).collect()
    }

    const LINES_TO_LEFT: [&str; 16] = [
        "قرار رقم 1267 بشأن تجميد الأصول",
        "صدر القرار في 12/05/2024، ويسري من 1.6.2024.",
        "السفينة (رقم المنظمة 9187629) ترفع علما زائفا",
        "شركة Example Shipping LLC (IMO 9187629) ومقرها دبي",
        "بلغت النسبة 50% في عام ٢٠٢٤ و١٢٫٥ في المئة",
        "المادة (3): يجمد كل ما يملكه «البنك» [في الداخل].",
        "تحریم\u{200C}های جدید علیه ۱۲ شرکت در سال ۱۴۰۳ اعلام شد.",
        "شماره ۲۱۴/۱۷ مورخ ۱۴۰۳/۰۲/۲۱ (بانک مرکزی)",
        "צו בדבר הקפאת נכסים (תיקון מס' 3), התשפ\"ד–2024",
        "הרשימה כוללת 12 חברות ו-4 אוניות, 50% מהן זרות.",
        "חברת Example Ltd. פועלת מ-2019 בישראל",
        "הסכום: $1,250.75 בלבד",
        "1. אסור להעביר כספים",
        "(א) בנק, כמשמעותו בחוק",
        "2014-512",
        "البريد office@example.org والهاتف 22-1234567",
    ];

    const LINES_TO_RIGHT: [&str; 5] = [
        "Bank Example (بنك المثال) of Dubai",
        "a.k.a. شركة المثال للشحن; IMO 9187629",
        "The notice (ערבית: «צו 12» כאן) is binding.",
        "Names: محمد مثال, علي مثال",
        "no letters of the other direction (12%)",
    ];

    #[test]
    fn what_the_algorithm_shows_is_read_again() {
        for (lines, main) in
            [(&LINES_TO_LEFT[..], Direction::ToLeft), (&LINES_TO_RIGHT[..], Direction::ToRight)]
        {
            for line in lines {
                let seen = seen(line, main);
                assert_eq!(as_read(&seen, main), *line, "seen as {seen}");
            }
        }
    }

    #[test]
    fn brackets_named_by_their_meaning_are_not_turned() {
        let line = "المادة (3): يجمد كل ما يملكه «البنك» [في الداخل].";
        let by_meaning: String = seen(line, Direction::ToLeft).chars().map(mirrored).collect();
        assert_eq!(as_read(&by_meaning, Direction::ToLeft), line);
    }

    #[test]
    fn endless_lines_take_linear_time() {
        for piece in
            ["1 ", "1 א ", "(A", "A)", "%", "% 1", "א", "A א", "1,", "((((A))))א", "\u{64b}"]
        {
            let line = piece.repeat(300_000);
            for main in [Direction::ToLeft, Direction::ToRight] {
                assert_eq!(as_read(&line, main).chars().count(), line.chars().count());
            }
        }
    }

    #[test]
    fn any_line_is_kept_whole() {
        let pieces = ["א", "ع", "A", "1", "٢", " ", "(", ")", "«", "%", "-", "/", ",", "\u{64b}"];
        let mut state = 88_172_645_463_325_252_u64;
        for _ in 0..20_000 {
            let mut line = String::new();
            for _ in 0..9 {
                state ^= state << 13;
                state ^= state >> 7;
                state ^= state << 17;
                line.push_str(pieces[(state >> 20) as usize % pieces.len()]);
            }
            for main in [Direction::ToLeft, Direction::ToRight] {
                let sorted = |text: &str| {
                    let mut chars: Vec<char> = text.chars().map(|c| c.min(mirrored(c))).collect();
                    chars.sort_unstable();
                    chars
                };
                assert_eq!(sorted(&as_read(&line, main)), sorted(&line), "{line:?}");
            }
        }
    }
}
