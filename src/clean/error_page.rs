//! Tells a page that says it has nothing to show from an article, whatever its status.

use crate::model::article::Article;
use crate::text::fold::fold;
use crate::text::words::words;

/// What such pages call themselves, one phrase a line.
const TABLE: &str = include_str!("error_page.txt");

/// An article about a missing page is longer than this.
const WORDS_MOST: usize = 80;
/// And its headline says more than the phrase and this many words.
const FURTHER_WORDS: usize = 4;

/// The headline of a page that is an error page in the guise of a success, as it stands there.
///
/// ```
/// # use sanctionwatch::clean::is_error_title;
/// assert!(is_error_title("404 - Page not found | Ministry of Trade"));
/// assert!(!is_error_title("Ministry says page not found in archive after audit of its records"));
/// ```
pub fn error_page(article: &Article) -> Option<&str> {
    let is_short = words(&article.text()).take(WORDS_MOST + 1).count() <= WORDS_MOST;
    (is_short && is_error_title(&article.title)).then_some(article.title.as_str())
}

/// Whether a headline says hardly more than that something went wrong.
pub fn is_error_title(title: &str) -> bool {
    // Sites add their name behind a bar.
    title.split(['|', '\u{2013}', '\u{2014}', '·', '»']).any(|part| {
        let part = folded(part);
        let is_it = |phrase: &str| {
            let padded = format!(" {part} ");
            padded.contains(&format!(" {phrase} "))
                && words(&part).count() <= words(phrase).count() + FURTHER_WORDS
        };
        phrases().any(|phrase| is_it(&phrase))
    })
}

fn phrases() -> impl Iterator<Item = String> {
    let lines = TABLE.lines().map(str::trim);
    lines.filter(|line| !line.is_empty() && !line.starts_with('#')).map(folded)
}

/// Words in one form, with single spaces.
fn folded(text: &str) -> String {
    words(&fold(text)).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_phrase_is_known_alone_and_with_the_site_beside_it() {
        assert!(30 < phrases().count());
        for phrase in phrases() {
            assert!(is_error_title(&phrase), "{phrase}");
            assert!(is_error_title(&format!("{phrase} | Ministry of Trade")), "{phrase}");
        }
    }

    #[test]
    fn headlines_of_articles_are_none() {
        let headlines = [
            "Treasury sanctions shipping network that moved oil past the price cap",
            "Access denied: how banks close accounts of sanctioned firms in the Gulf states",
            "Server error at central bank delays publication of the sanctions list by a day",
            "Error in the annex of Regulation 833/2014 corrected",
            "404 companies added to the entity list",
            "Service unavailable to sanctioned airlines as airports end ground handling",
        ];
        for headline in headlines {
            assert!(!is_error_title(headline), "{headline}");
        }
    }
}
