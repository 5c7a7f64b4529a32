//! Lines that are a date and nothing else: "Updated 3 May 2026, 14:30", "Kyiv, 12 March 2026".

use crate::parse::date::token::fold;
use crate::parse::date::{all_written, words as known};
use crate::text::words::{is_spaceless, words};

/// A line of more words is more than a date.
const LONGEST: usize = 12;
/// Words beside a date that neither label it nor belong to it: a place, an agency.
const STRANGERS: usize = 2;
/// Words that tie a date to what stands before it, folded.
const TIES: &str = "of|vom|du|de|del|dal|di|van|fran|fra|af|z|ze|od|от|від|dated|datee|from|since|\
                    until|till|bis|on|am|le|el|il|in|в|у";

/// Whether a line is a date with what goes with one: labels, the day of the week, a time, a place.
///
/// A line that names something by its day is none: the day is tied to the name ("Order 14999 of
/// May 28, 2026"), or a number is left over when the dates are taken away.
///
/// ```
/// use sanctionwatch::parse::date::is_dateline;
/// assert!(is_dateline("Updated: Thursday, 28 May 2026, 14:30"));
/// assert!(!is_dateline("Executive Order 14999 of May 28, 2026"));
/// ```
pub fn is_dateline(text: &str) -> bool {
    if !text.chars().any(char::is_numeric) || words(text).take(LONGEST + 1).count() > LONGEST {
        return false;
    }
    let mut rest = String::with_capacity(text.len());
    let mut from = 0;
    for found in all_written(text, None) {
        let before = &text[from..found.start];
        if is_tied(before) {
            return false;
        }
        rest.push_str(before);
        rest.push(' ');
        from = found.end;
    }
    rest.push_str(&text[from..]);
    let numbered = words(&rest).any(|word| word.chars().any(char::is_numeric));
    // Labels in scripts without spaces are cut into letters; found as a whole, they are known.
    let labelled = known::unspaced_role(&rest).is_some();
    let strange = |word: &&str| !(labelled && word.starts_with(is_spaceless)) && is_stranger(word);
    from > 0 && !numbered && words(&rest).filter(strange).count() <= STRANGERS
}

/// Whether what stands before a date ends in a tie, names something, and labels no date.
fn is_tied(before: &str) -> bool {
    let before: Vec<String> = words(before).map(fold).collect();
    let Some((last, names)) = before.split_last() else { return false };
    TIES.split('|').any(|tie| tie == last)
        && names.iter().any(|word| is_stranger(word))
        && !names.iter().any(|word| known::role(word).is_some())
}

fn is_stranger(word: &str) -> bool {
    let word = fold(word);
    known::role(&word).is_none()
        && known::half(&word).is_none()
        && known::month(&word).is_none()
        && !known::is_weekday(&word)
        && !known::stands_before_date(&word)
        && !known::stands_before_time(&word)
        && !known::stands_after_year(&word)
}

#[cfg(test)]
mod tests {
    use crate::parse::date::is_dateline;

    #[test]
    fn a_date_alone_is_told_from_what_is_named_by_its_day() {
        let cases = [
            ("May 28, 2026", true),
            ("Updated: 3 May 2026, 14:30", true),
            ("Published May 3, 2026 Updated May 4, 2026 at 10:15", true),
            ("Submitted by admin on Mon, 05/04/2026 - 10:20", true),
            ("Kyiv, 12 March 2026", true),
            ("Donnerstag, 28. Mai 2026", true),
            ("Veröffentlicht am 28. Mai 2026 um 12:40 Uhr", true),
            ("Mis à jour le 28 mai 2026", true),
            ("28 мая 2026 года", true),
            ("发布时间：2026年5月28日", true),
            ("2026-05-28", true),
            ("Executive Order 14999 of May 28, 2026", false),
            ("Gesetz vom 12. Mai 2026", false),
            ("Loi du 12 mai 2026", false),
            ("Regulation (EU) 2026/999 of 12 May 2026", false),
            ("General License 8A, 3 May 2026", false),
            ("The measures were extended on 12 May 2026", false),
            ("Valid until 12 May 2026", false),
            ("Nothing of the kind", false),
            ("", false),
        ];
        for (text, expected) in cases {
            assert_eq!(is_dateline(text), expected, "{text}");
        }
    }
}
