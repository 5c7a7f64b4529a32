//! The difference between two texts, as a person reads it.

use similar::TextDiff;

/// Unified difference by lines: every line of the two texts is a block, ` ` kept, `-` gone,
/// `+` new, with one block around each change. Empty where nothing differs.
///
/// ```
/// use sanctionwatch::text::difference::unified;
/// let difference = unified("Title\n\nFour ships.\n\nEnd.", "Title\n\nFive ships.\n\nEnd.");
/// assert_eq!(difference, " Title\n-Four ships.\n+Five ships.\n End.\n");
/// assert_eq!(unified("same", "same"), "");
/// ```
pub fn unified(old: &str, new: &str) -> String {
    let (old, new) = (blocks(old), blocks(new));
    let difference = TextDiff::from_slices(&old, &new);
    let mut text = String::new();
    for group in difference.grouped_ops(1) {
        for change in group.iter().flat_map(|op| difference.iter_changes(op)) {
            text.push_str(&format!("{}{}\n", change.tag(), change.value()));
        }
    }
    text
}

fn blocks(text: &str) -> Vec<&str> {
    text.lines().filter(|line| !line.is_empty()).collect()
}
