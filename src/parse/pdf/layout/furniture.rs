//! Headers, footers and page numbers: what stands at the edge of page after page.

use std::collections::HashMap;

use crate::parse::pdf::layout::Row;

/// Rows at the top, and at the bottom, that may be furniture.
const EDGE: usize = 4;
/// Share of the pages that bear a header or footer: it may differ on left and right pages, and be
/// absent from the first.
const SHARE: f32 = 0.3;
/// Points by which a footer may move from page to page.
const SAME_HEIGHT: f32 = 3.0;
/// What stands beside the number of a page, folded.
const BESIDE_NUMBERS: &[&str] = &[
    "page",
    "of",
    "p",
    "pg",
    "seite",
    "von",
    "página",
    "pagina",
    "de",
    "di",
    "sur",
    "strona",
    "z",
    "sayfa",
    "стр",
    "страница",
    "из",
    "сторінка",
    "з",
    "sida",
    "av",
    "blz",
    "van",
];

/// Takes the furniture off the pages and returns each piece once, as it stood first.
pub(in crate::parse::pdf) fn take(pages: &mut [Vec<Row>]) -> Vec<String> {
    let mut seen: HashMap<String, Vec<f32>> = HashMap::new();
    for page in pages.iter() {
        for row in edge(page) {
            seen.entry(folded(row)).or_default().push(row[0].base);
        }
    }
    let needed = ((pages.len() as f32 * SHARE).ceil() as usize).max(2);
    let is_furniture = |row: &Row| {
        let repeats = seen.get(&folded(row)).is_some_and(|bases| {
            let near = |base: &&f32| (**base - row[0].base).abs() <= SAME_HEIGHT;
            needed <= bases.iter().filter(near).count()
        });
        repeats || is_page_number(row)
    };
    let mut taken: Vec<String> = Vec::new();
    for page in pages.iter_mut() {
        // From the edge inwards, as long as it is furniture: the first row of text ends it.
        let top = page.iter().take(EDGE).take_while(|row| is_furniture(row)).count();
        let rest = page.len() - top;
        let bottom =
            page.iter().rev().take(EDGE.min(rest)).take_while(|row| is_furniture(row)).count();
        let below = page.split_off(page.len() - bottom);
        let body = page.split_off(top);
        let above = std::mem::replace(page, body);
        for row in above.iter().chain(&below) {
            let text = text(row);
            if !taken.iter().any(|known| fold_digits(known) == fold_digits(&text)) {
                taken.push(text);
            }
        }
    }
    taken
}

fn edge(page: &[Row]) -> impl Iterator<Item = &Row> {
    let bottom = page.len().saturating_sub(EDGE).max(EDGE.min(page.len()));
    page.iter().take(EDGE).chain(&page[bottom..])
}

fn text(row: &Row) -> String {
    row.iter().map(|line| line.text.as_str()).collect::<Vec<_>>().join(" ")
}

fn folded(row: &Row) -> String {
    fold_digits(&text(row))
}

/// Lower case, each run of digits one zero.
fn fold_digits(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for c in text.chars().flat_map(char::to_lowercase) {
        match c.is_numeric() {
            true if folded.ends_with('0') => {}
            true => folded.push('0'),
            false => folded.push(c),
        }
    }
    folded
}

/// `7`, `- 7 -`, `Page 7 of 9`, `7/9`, `vii`.
fn is_page_number(row: &Row) -> bool {
    let text = folded(row);
    let words: Vec<&str> =
        text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    let numbers = words.iter().filter(|word| **word == "0").count();
    let roman = |word: &str| word.len() <= 5 && word.bytes().all(|b| b"ivx".contains(&b));
    match words.as_slice() {
        [word] if roman(word) => true,
        words => {
            (1..=2).contains(&numbers)
                && words.iter().all(|word| *word == "0" || BESIDE_NUMBERS.contains(word))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse::pdf::layout::Line;

    fn row(text: &str, base: f32) -> Row {
        vec![Line { from: 0.0, to: 10.0, base, size: 10.0, text: text.to_owned() }]
    }

    #[test]
    fn page_numbers_are_known_in_every_language_of_the_table() {
        for text in ["7", "- 7 -", "Page 7 of 9", "7/9", "vii", "[12]", "Стр. 3"] {
            assert!(is_page_number(&row(text, 0.0)), "{text}");
        }
        for word in BESIDE_NUMBERS {
            assert!(is_page_number(&row(&format!("{word} 3"), 0.0)), "{word}");
        }
        for text in ["Article 7", "the page", "2024 7 8", "I agree", "$ 7 million"] {
            assert!(!is_page_number(&row(text, 0.0)), "{text}");
        }
    }

    #[test]
    fn what_repeats_at_the_edges_goes_and_is_kept() {
        let page = |number: usize| {
            vec![
                row(&format!("Official Journal, page {number}"), 800.0),
                row(&format!("The first row of text of page {}", "abcd".repeat(number)), 700.0),
                row("Done in the capital", 690.0 - number as f32 * 20.0),
                row("www.example.org", 30.0),
                row(&number.to_string(), 20.0),
            ]
        };
        let mut pages: Vec<Vec<Row>> = (1..=4).map(page).collect();
        let taken = take(&mut pages);
        assert_eq!(taken, ["Official Journal, page 1", "www.example.org", "1"]);
        assert!(pages.iter().all(|page| page.len() == 2));
    }

    #[test]
    fn a_single_page_loses_only_its_number() {
        let mut pages = vec![vec![row("Notice", 800.0), row("Text", 700.0), row("1", 20.0)]];
        assert_eq!(take(&mut pages), ["1"]);
        assert_eq!(pages[0].len(), 2);
    }
}
