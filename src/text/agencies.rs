//! News agencies, as bylines and datelines write them.

use std::sync::LazyLock;

const ROWS: &str = include_str!("agencies.txt");

/// Agencies with the ways they are written, folded.
static TABLE: LazyLock<Vec<(&str, Vec<String>)>> = LazyLock::new(|| {
    let rows = ROWS.lines().filter(|line| !line.starts_with('#'));
    rows.filter_map(|row| row.split_once(':'))
        .map(|(name, ways)| {
            (name, ways.split(',').map(|way| format!(" {} ", way.trim())).collect())
        })
        .collect()
});

/// The agency whose name, in whole words, stands in a folded line.
///
/// ```
/// use sanctionwatch::text::agencies::named_in;
/// assert_eq!(named_in("paris afp"), Some("AFP"));
/// assert_eq!(named_in("anna beispiel"), None);
/// ```
pub fn named_in(folded: &str) -> Option<&'static str> {
    let line = format!(" {folded} ");
    let holds = |ways: &[String]| ways.iter().any(|way| line.contains(way.as_str()));
    TABLE.iter().find(|(_, ways)| holds(ways)).map(|(name, _)| *name)
}

/// Whether a folded name is an agency's and nothing else.
///
/// ```
/// use sanctionwatch::text::agencies::is_one;
/// assert!(is_one("reuters") && !is_one("efe yilmaz"));
/// ```
pub fn is_one(folded: &str) -> bool {
    let is = |way: &String| way.trim() == folded;
    TABLE.iter().any(|(_, ways)| ways.iter().any(is))
}

#[cfg(test)]
mod tests {
    use crate::text::agencies::{ROWS, is_one, named_in};
    use crate::text::fold::fold;

    #[test]
    fn the_table_is_folded_and_every_row_is_found() {
        for row in ROWS.lines().filter(|line| !line.starts_with('#')) {
            let (name, ways) = row.split_once(':').expect("name: ways");
            for way in ways.split(',').map(str::trim) {
                assert_eq!(fold(way), way);
                assert_eq!(named_in(way), Some(name), "{way}");
                assert!(is_one(way), "{way}");
            }
        }
    }
}
