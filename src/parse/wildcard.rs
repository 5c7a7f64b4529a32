//! Matching with `*` as the only wildcard, in linear time, for address patterns and robots rules.

use crate::model::source::Pattern;

/// Which ends of the text a pattern is tied to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Ends {
    /// The match must begin where the text begins.
    pub start: bool,
    /// The match must end where the text ends.
    pub end: bool,
}

/// Whether an address matches a source's pattern: `*` is any run of characters, `^` at the head
/// and `$` at the tail tie it to the ends of the address, everything else stands for itself.
///
/// ```
/// use sanctionwatch::model::source::Pattern;
/// use sanctionwatch::parse::wildcard::allows;
/// let pattern = Pattern("/news/*/sanctions".to_owned());
/// assert!(allows(&pattern, "https://example.org/news/2026/sanctions-round"));
/// assert!(!allows(&pattern, "https://example.org/news/sport"));
/// ```
pub fn allows(pattern: &Pattern, url: &str) -> bool {
    let (start, rest) = match pattern.0.strip_prefix('^') {
        Some(rest) => (true, rest),
        None => (false, pattern.0.as_str()),
    };
    let (end, rest) = match rest.strip_suffix('$') {
        Some(rest) => (true, rest),
        None => (false, rest),
    };
    matches(rest, Ends { start, end }, url)
}

/// Whether `text` matches `pattern`, in which only `*` is special.
///
/// Taking the leftmost place for every piece between two stars is enough: a later place can never
/// allow what an earlier one forbids. So the cost is the length of the text plus the pattern's,
/// however many stars there are; backtracking would be exponential on hostile patterns.
pub(crate) fn matches(pattern: &str, ends: Ends, text: &str) -> bool {
    let mut pieces = pattern.split('*');
    let first = pieces.next().expect("split yields at least one piece");
    let Some(last) = pieces.next_back() else {
        return match (ends.start, ends.end) {
            (true, true) => text == first,
            (true, false) => text.starts_with(first),
            (false, true) => text.ends_with(first),
            (false, false) => text.contains(first),
        };
    };
    let Some(mut rest) = after(first, ends.start, text) else { return false };
    for piece in pieces {
        match after(piece, false, rest) {
            Some(left) => rest = left,
            None => return false,
        }
    }
    if ends.end { rest.ends_with(last) } else { rest.contains(last) }
}

/// What follows the leftmost `piece` in `text`; tied to its start if `at_start`.
fn after<'t>(piece: &str, at_start: bool, text: &'t str) -> Option<&'t str> {
    if at_start {
        text.strip_prefix(piece)
    } else {
        text.find(piece).map(|at| &text[at + piece.len()..])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_as_their_documentation_says() {
        let cases = [
            ("/news/", "https://a.example/news/1", true),
            ("/news/", "https://a.example/sport/1", false),
            ("", "https://a.example/", true),
            ("*", "https://a.example/", true),
            ("^https://a.example/", "https://a.example/x", true),
            ("^/news", "https://a.example/news", false),
            (".pdf$", "https://a.example/list.pdf", true),
            (".pdf$", "https://a.example/list.pdf?x=1", false),
            ("^https://a.example/x$", "https://a.example/x", true),
            ("^https://a.example/x$", "https://a.example/xx", false),
            ("/recent-actions/20*", "https://a.example/recent-actions/20260716", true),
            ("/a*b*c$", "https://a.example/a-b-b-c", true),
            ("/a*b*c$", "https://a.example/a-c-b", false),
            ("a*a$", "a", false),
            ("^*x$", "zzx", true),
            ("/page/*", "https://a.example/page/", true),
            ("?page=*", "https://a.example/l?page=2", true),
        ];
        for (pattern, url, expected) in cases {
            assert_eq!(allows(&Pattern(pattern.to_owned()), url), expected, "{pattern} on {url}");
        }
    }

    #[test]
    fn hostile_patterns_cost_no_more_than_their_length() {
        let pattern = Pattern(format!("^{}b$", "a*".repeat(20_000)));
        assert!(!allows(&pattern, &"a".repeat(200_000)));
    }
}
