//! The difference between two texts, block by block, for a person.

use similar::{Algorithm, ChangeTag, capture_diff_slices};

/// Blocks on each side up to which the least difference is sought; beyond, that would cost the
/// product of their numbers.
const BLOCKS_MAX: usize = 1_000;

/// Blocks that went, marked `- `, and that came, marked `+ `, each on its own line, in the order of
/// the text; empty if no block differs. Texts are blocks joined by blank lines.
///
/// ```
/// use sanctionwatch::dedupe::difference;
/// assert_eq!(difference("One.\n\nTwo.", "One.\n\nTwo!\n\nThree."), "- Two.\n+ Two!\n+ Three.\n");
/// ```
pub fn difference(old_text: &str, new_text: &str) -> String {
    let (old, new) = (blocks(old_text), blocks(new_text));
    let head = old.iter().zip(&new).take_while(|(one, other)| one == other).count();
    let (old, new) = (&old[head..], &new[head..]);
    let tail =
        old.iter().rev().zip(new.iter().rev()).take_while(|(one, other)| one == other).count();
    let (old, new) = (&old[..old.len() - tail], &new[..new.len() - tail]);
    let mut lines = String::new();
    if BLOCKS_MAX < old.len().max(new.len()) {
        old.iter().for_each(|block| push(&mut lines, "- ", block));
        new.iter().for_each(|block| push(&mut lines, "+ ", block));
        return lines;
    }
    for operation in capture_diff_slices(Algorithm::Myers, old, new) {
        for change in operation.iter_changes(old, new) {
            match change.tag() {
                ChangeTag::Delete => push(&mut lines, "- ", change.value()),
                ChangeTag::Insert => push(&mut lines, "+ ", change.value()),
                ChangeTag::Equal => {}
            }
        }
    }
    lines
}

fn blocks(text: &str) -> Vec<&str> {
    text.lines().map(str::trim).filter(|line| !line.is_empty()).collect()
}

fn push(lines: &mut String, mark: &str, block: &str) {
    lines.push_str(mark);
    lines.push_str(block);
    lines.push('\n');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_differs_is_shown() {
        let cases = [
            ("", "", ""),
            ("One.", "One.", ""),
            ("One.", "One.\n\n", ""),
            ("One.", "", "- One.\n"),
            ("A\n\nB\n\nC", "A\n\nC", "- B\n"),
            ("A\n\nB\n\nC\n\nD", "A\n\nX\n\nC\n\nY\n\nD", "- B\n+ X\n+ Y\n"),
        ];
        for (old, new, expected) in cases {
            assert_eq!(difference(old, new), expected, "{old:?} and {new:?}");
        }
        let many = |word: &str| (0..5_000).map(|n| format!("{word} {n}\n\n")).collect::<String>();
        assert_eq!(difference(&many("old"), &many("new")).lines().count(), 10_000);
    }
}
