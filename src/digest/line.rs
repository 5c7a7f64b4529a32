//! Lines for people: white space and invisible characters tamed, length bounded, wrapped.

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

/// `text` on one line: runs of white space become one space, none at the ends; control characters,
/// soft hyphens and the marks that turn the writing direction of what follows are gone.
pub(crate) fn one_line(text: &str) -> String {
    squash(text).trim().to_owned()
}

/// As [`one_line`], but white space at an end stays as one space: for a part of a line.
pub(crate) fn squash(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_whitespace() {
            if !line.ends_with(' ') {
                line.push(' ');
            }
        } else if !c.is_control() && !is_trick(c) {
            line.push(c);
        }
    }
    line
}

/// Characters that show nothing and can make a headline read as something else. The joiners that
/// Persian and emoji need, and the plain direction marks, are not among them.
fn is_trick(c: char) -> bool {
    matches!(c,
        '\u{00AD}' | '\u{200B}' | '\u{2060}'..='\u{2064}' | '\u{FEFF}'
        | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

/// `line`, or where it has more than `limit` characters (as people count them) as many whole words
/// as leave room for an ellipsis.
pub(crate) fn shorten(line: &str, limit: usize) -> String {
    let starts = || line.grapheme_indices(true).map(|(at, _)| at);
    let (Some(end), Some(_)) = (starts().nth(limit.saturating_sub(1)), starts().nth(limit)) else {
        return line.to_owned();
    };
    let head = &line[..end];
    let word = if line[end..].starts_with(' ') { Some(end) } else { head.rfind(' ') };
    // A word longer than half the limit, or a script without spaces, is cut where it stands.
    let kept = word.filter(|word| end / 2 < *word).map_or(head, |word| &head[..word]);
    format!("{}…", kept.trim_end_matches([' ', ',', ';', ':', '–', '—', '-']))
}

/// As [`shorten`], but the end of the line is what stays.
pub(crate) fn shorten_front(line: &str, limit: usize) -> String {
    let starts = || line.grapheme_indices(true).rev().map(|(at, _)| at);
    let (Some(start), Some(_)) = (starts().nth(limit.saturating_sub(2)), starts().nth(limit))
    else {
        return line.to_owned();
    };
    let tail = &line[start..];
    let word = tail.find(' ').filter(|space| *space < tail.len() / 2);
    format!("…{}", word.map_or(tail, |space| tail[space..].trim_start()))
}

/// `line` broken into lines of at most `columns` terminal cells, each opening with `indent`.
///
/// Breaks at spaces, and between the characters of scripts that use none; a longer word (an
/// address) stands alone and whole.
pub(crate) fn wrap(line: &str, columns: usize, indent: &str) -> String {
    let mut wrapped = String::from(indent);
    let mut used = indent.width();
    for (index, word) in line.split(' ').filter(|word| !word.is_empty()).enumerate() {
        for (place, chunk) in chunks(word).into_iter().enumerate() {
            let gap = usize::from(place == 0 && index > 0);
            if used > indent.width() && columns < used + gap + chunk.width() {
                wrapped.push('\n');
                wrapped.push_str(indent);
                used = indent.width();
            } else if gap == 1 {
                wrapped.push(' ');
                used += 1;
            }
            wrapped.push_str(chunk);
            used += chunk.width();
        }
    }
    wrapped
}

/// The parts of a word that may stand on lines of their own: one part for most scripts, one per
/// character where characters are wide (Chinese, Japanese, Korean), punctuation kept where it must be.
fn chunks(word: &str) -> Vec<&str> {
    let mut chunks = Vec::new();
    let mut start = 0;
    let mut before = "";
    for (at, grapheme) in word.grapheme_indices(true) {
        let wide = before.width() == 2 || grapheme.width() == 2;
        if at > start && wide && !NEVER_LAST.contains(before) && !NEVER_FIRST.contains(grapheme) {
            chunks.push(&word[start..at]);
            start = at;
        }
        before = grapheme;
    }
    chunks.push(&word[start..]);
    chunks
}

/// Punctuation that no line of Chinese or Japanese begins with (JIS X 4051, in short).
const NEVER_FIRST: &str = "、。，．：；？！」』）〕］｝〉》】”’…‥ー・々ゝゞぁぃぅぇぉっゃゅょァィゥェォッャュョ),.:;?!]}%";

/// Punctuation that no line ends with.
const NEVER_LAST: &str = "「『（〔［｛〈《【“‘([{$";

#[cfg(test)]
mod tests {
    use super::{one_line, shorten, shorten_front, wrap};

    #[test]
    fn a_line_stays_one_line() {
        for (text, expected) in [
            ("Treasury\r\nBcc: everyone@example.org", "Treasury Bcc: everyone@example.org"),
            ("  two \t\n words\u{a0} ", "two words"),
            ("nul\0 bell\u{7} del\u{7f} next\u{85}line", "nul bell del next line"),
            ("inv\u{202e}cod.exe\u{200b}!", "invcod.exe!"),
            ("soft\u{ad}hyphen", "softhyphen"),
            ("می\u{200c}خواهم", "می\u{200c}خواهم"),
            ("a\u{2028}b\u{2029}c", "a b c"),
            ("", ""),
        ] {
            assert_eq!(one_line(text), expected, "{text:?}");
        }
    }

    #[test]
    fn long_lines_end_at_a_word() {
        for (line, limit, expected) in [
            ("one two three", 13, "one two three"),
            ("one two three", 12, "one two…"),
            ("one two, three", 9, "one two…"),
            ("one two three", 8, "one two…"),
            ("Donaudampfschifffahrt", 8, "Donauda…"),
            ("制裁対象は十二社である", 6, "制裁対象は…"),
            ("e\u{301}e\u{301}e\u{301}", 3, "e\u{301}e\u{301}e\u{301}"),
            ("e\u{301}e\u{301}e\u{301}", 2, "e\u{301}…"),
            ("", 0, ""),
            ("ab", 1, "…"),
        ] {
            assert_eq!(shorten(line, limit), expected, "{line:?} at {limit}");
        }
    }

    #[test]
    fn long_lines_begin_at_a_word() {
        for (line, limit, expected) in [
            ("one two three", 13, "one two three"),
            ("one two three", 12, "…two three"),
            ("one two three ", 7, "…three "),
            ("Donaudampfschifffahrt", 8, "…fffahrt"),
            ("", 0, ""),
        ] {
            assert_eq!(shorten_front(line, limit), expected, "{line:?} at {limit}");
        }
    }

    #[test]
    fn wraps_by_what_a_terminal_shows() {
        for (line, columns, indent, expected) in [
            ("one two three", 8, "", "one two\nthree"),
            ("one two three", 7, "", "one two\nthree"),
            ("one two three", 8, "  ", "  one\n  two\n  three"),
            (
                "see https://example.org/a/very/long/path now",
                12,
                "",
                "see\nhttps://example.org/a/very/long/path\nnow",
            ),
            ("制裁を発表した。対象は", 8, "", "制裁を発\n表した。\n対象は"),
            ("制裁を発表。対象は", 10, "", "制裁を発\n表。対象は"),
            ("", 8, "> ", "> "),
        ] {
            assert_eq!(wrap(line, columns, indent), expected, "{line:?} in {columns}");
        }
    }
}
