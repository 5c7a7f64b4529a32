//! How many letters lie between two words.

/// Insertions, deletions, substitutions and swaps of neighbours that turn one word into the other
/// (optimal string alignment); none beyond `max`.
///
/// ```
/// use sanctionwatch::text::edits::edits;
/// assert_eq!(edits("lavrov", "lavorv", 2), Some(1));
/// assert_eq!(edits("putin", "pushkin", 1), None);
/// ```
pub fn edits(one: &str, other: &str, max: usize) -> Option<usize> {
    let one: Vec<char> = one.chars().collect();
    let other: Vec<char> = other.chars().collect();
    if max < one.len().abs_diff(other.len()) {
        return None;
    }
    // Three rows suffice; a row whose every cell exceeds the limit ends the search.
    let mut before: Vec<usize> = Vec::new();
    let mut above: Vec<usize> = (0..=other.len()).collect();
    for (i, a) in one.iter().enumerate() {
        let mut row = vec![i + 1; other.len() + 1];
        for (j, b) in other.iter().enumerate() {
            let substituted = above[j] + usize::from(a != b);
            row[j + 1] = substituted.min(above[j + 1] + 1).min(row[j] + 1);
            let swapped = 0 < i && 0 < j && *a == other[j - 1] && one[i - 1] == *b;
            if swapped {
                row[j + 1] = row[j + 1].min(before[j - 1] + 1);
            }
        }
        if row.iter().all(|cell| max < *cell) {
            return None;
        }
        before = std::mem::replace(&mut above, row);
    }
    above.last().copied().filter(|edits| *edits <= max)
}

/// Whether two words may be one, misspelled: the same first letter, one edit for each four
/// letters of the shorter, none below four.
pub fn nearly(one: &str, other: &str) -> bool {
    let shorter = one.chars().count().min(other.chars().count());
    one.chars().next() == other.chars().next() && edits(one, other, shorter / 4).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edits_are_counted_to_the_limit() {
        let cases = [
            ("", "", 0, Some(0)),
            ("a", "", 1, Some(1)),
            ("abc", "acb", 1, Some(1)),
            ("kitten", "sitting", 3, Some(3)),
            ("kitten", "sitting", 2, None),
            ("путин", "путн", 1, Some(1)),
        ];
        for (one, other, max, expected) in cases {
            assert_eq!(edits(one, other, max), expected, "{one} {other}");
            assert_eq!(edits(other, one, max), expected, "{other} {one}");
        }
    }

    #[test]
    fn short_words_and_first_letters_stand() {
        assert!(nearly("sechin", "sechim"));
        assert!(!nearly("sechin", "bechin"));
        assert!(!nearly("ali", "all"));
        assert!(nearly("kim", "kim"));
    }
}
