//! The title of a document: what it says of itself, unless a program wrote that.

use crate::parse::pdf::Text;

/// Openings of titles that programs put in: the name of the program, or of the file.
const BY_PROGRAMS: &[&str] =
    &["microsoft word", "microsoft powerpoint", "microsoft excel", "untitled", "powerpoint"];
/// Endings of file names.
const FILE_ENDINGS: &[&str] = &[
    ".doc", ".docx", ".pdf", ".rtf", ".odt", ".indd", ".tmp", ".xls", ".xlsx", ".dvi", ".tex",
    ".htm", ".html",
];
/// A title has at least so many letters.
const FEWEST_LETTERS: usize = 5;
/// Most characters of a title that a reader could have written.
const LONGEST: usize = 300;

/// Puts the described title in, where it is one; the first large line stays otherwise.
pub(in crate::parse::pdf) fn settle(text: &mut Text, described: Option<&str>) {
    let described = described.map(|title| {
        let words: Vec<&str> = title.split(|c: char| c.is_whitespace() || c.is_control()).collect();
        words.into_iter().filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
    });
    if let Some(title) = described.filter(|title| is_written(title)) {
        text.title = title;
    }
}

/// Whether a person seems to have written the title.
fn is_written(title: &str) -> bool {
    let lower = title.to_lowercase();
    let letters = title.chars().filter(|c| c.is_alphabetic()).count();
    // One word with a digit or an underscore is a file or a number: `CELEX_32023R0426`, `gl13k`.
    let coded = !title.contains(' ') && title.contains(|c: char| c.is_numeric() || c == '_');
    FEWEST_LETTERS <= letters
        && title.chars().count() <= LONGEST
        && !coded
        && !BY_PROGRAMS.iter().any(|opening| lower.starts_with(opening))
        && !FILE_ENDINGS.iter().any(|ending| lower.ends_with(ending))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles_of_programs_and_files_are_none() {
        for title in BY_PROGRAMS {
            assert!(!is_written(&format!("{title} - Notice of today")), "{title}");
        }
        for ending in FILE_ENDINGS {
            assert!(!is_written(&format!("Final notice{ending}")), "{ending}");
        }
        for title in ["", "   ", "gl_13", "CELEX_32023R0426_EN", "20240223", "1-2"] {
            assert!(!is_written(title), "{title}");
        }
        for title in ["General License No. 8A", "Финансовые санкции", "制裁対象者の追加"]
        {
            assert!(is_written(title), "{title}");
        }
    }
}
