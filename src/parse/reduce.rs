//! A fetched document cut down to what a test needs: the first entries of a feed, a page without
//! its scripts and styles.

/// Entries of a feed that are kept.
const ENTRIES_KEPT: usize = 3;

/// Elements that no reader looks at. Scripts with data (JSON-LD) stay: dates and titles stand there.
const DROPPED: &[&str] = &["style", "svg", "noscript", "iframe", "template"];

/// Bytes of a tag in which its type stands.
const TAG_MAX: usize = 2 << 10;

/// A feed or sitemap with its first three entries, and its head and tail as they were.
pub fn feed(text: &str) -> String {
    for (open, close) in [("<item", "</item>"), ("<entry", "</entry>"), ("<url>", "</url>")] {
        let ends: Vec<usize> = text.match_indices(close).map(|(at, _)| at + close.len()).collect();
        let (Some(cut), Some(last)) = (ends.get(ENTRIES_KEPT - 1), ends.last()) else { continue };
        // RSS 1.0 lists its items in the head too; there the first of them begins behind it.
        if text.contains(open) {
            return format!("{}{}", &text[..*cut], &text[*last..]);
        }
    }
    text.to_owned()
}

/// A page without comments, styles, drawings, and scripts other than JSON-LD.
pub fn page(html: &str) -> String {
    // Lower case of the same length, byte for byte, so that places hold in both.
    let lower = html.to_ascii_lowercase();
    let mut kept = String::with_capacity(html.len());
    let mut at = 0;
    // Endings that do not come any more: looked for once, or a page of openings costs a search each.
    let mut absent: Vec<String> = Vec::new();
    while let Some(found) = lower[at..].find('<') {
        let start = at + found;
        kept.push_str(&html[at..start]);
        let Some(end) = end_of_dropped(&lower, start, &mut absent) else {
            kept.push('<');
            at = start + 1;
            continue;
        };
        at = end;
    }
    kept.push_str(&html[at..]);
    let lines = kept.lines().map(str::trim_end).filter(|line| !line.is_empty());
    lines.fold(String::new(), |text, line| text + line + "\n")
}

/// Where the element that opens at `start` ends, if it is one to drop. One that never ends is kept.
fn end_of_dropped(lower: &str, start: usize, absent: &mut Vec<String>) -> Option<usize> {
    let rest = &lower[start..];
    let close = if rest.starts_with("<!--") {
        "--".to_owned()
    } else {
        let head = &rest[1..rest.floor_char_boundary(TAG_MAX)];
        let name = head.split(|c: char| !c.is_ascii_alphanumeric()).next()?;
        let is_data = head.split('>').next().is_some_and(|tag| tag.contains("ld+json"));
        if !(DROPPED.contains(&name) || name == "script" && !is_data) {
            return None;
        }
        format!("</{name}")
    };
    if absent.contains(&close) {
        return None;
    }
    let end = || {
        let closes = rest.get(4..)?.find(&close)? + 4;
        Some(start + closes + rest[closes..].find('>')? + 1)
    };
    let end = end();
    if end.is_none() {
        absent.push(close);
    }
    end
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_feed_keeps_three_entries_and_its_frame() {
        let items: String = (1..=9).map(|n| format!("<item><link>/{n}</link></item>\n")).collect();
        let reduced = feed(&format!("<rss><channel><title>t</title>{items}</channel></rss>"));
        assert_eq!(
            reduced,
            "<rss><channel><title>t</title><item><link>/1</link></item>\n\
             <item><link>/2</link></item>\n<item><link>/3</link></item>\n</channel></rss>"
        );
        assert_eq!(feed("<rss><item>1</item></rss>"), "<rss><item>1</item></rss>");
        assert_eq!(feed("text"), "text");
    }

    #[test]
    fn a_page_loses_what_nobody_reads() {
        let cases = [
            ("<p>a</p><!-- b --><p>c</p>", "<p>a</p><p>c</p>\n"),
            ("<STYLE>x</style ><p>a", "<p>a\n"),
            ("<script src=x>1 < 2</script><p>a", "<p>a\n"),
            (
                "<script type='application/ld+json'>{}</script>",
                "<script type='application/ld+json'>{}</script>\n",
            ),
            ("<p>a\n\n\n<svg><path/></svg>b", "<p>a\nb\n"),
            ("<!-- never closed <p>a", "<!-- never closed <p>a\n"),
            ("1 < 2 <", "1 < 2 <\n"),
            ("<stylet>a", "<stylet>a\n"),
            ("", ""),
        ];
        for (html, expected) in cases {
            assert_eq!(page(html), expected, "{html}");
        }
    }
}
