//! How two lines become one: with a blank, without, or with a hyphen that was only the line's.

use std::collections::HashSet;

/// Words a document writes with a hyphen inside a line, in lower case.
#[derive(Debug, Default)]
pub(in crate::parse::pdf) struct Joints {
    hyphenated: HashSet<String>,
}

impl Joints {
    /// Learns from the lines of a document.
    pub(in crate::parse::pdf) fn of<'a>(lines: impl Iterator<Item = &'a str>) -> Joints {
        let mut hyphenated = HashSet::new();
        for line in lines {
            for word in line.split(' ').map(bare).filter(|word| word.contains('-')) {
                hyphenated.insert(word.to_lowercase());
            }
        }
        Joints { hyphenated }
    }

    /// Adds a line to the text above it.
    pub(in crate::parse::pdf) fn join(&self, text: &mut String, line: &str) {
        let next = line.chars().next().unwrap_or(' ');
        let Some(head) = text.strip_suffix(['-', '\u{2010}', '\u{AD}']) else {
            let last = text.chars().next_back().unwrap_or(' ');
            // Scripts without blanks between words go on without one.
            if !(is_ideograph(last) && is_ideograph(next)) {
                text.push(' ');
            }
            text.push_str(line);
            return;
        };
        let soft = text.ends_with('\u{AD}');
        let broken = head.ends_with(char::is_alphanumeric);
        if broken && (soft || next.is_lowercase() && !self.keeps_hyphen(head, line)) {
            text.truncate(head.len());
        } else if !broken {
            text.push(' ');
        }
        text.push_str(line);
    }

    /// Whether the word that a line break parts is written with a hyphen elsewhere.
    fn keeps_hyphen(&self, head: &str, line: &str) -> bool {
        let first = head.rsplit(' ').next().unwrap_or("");
        let second = line.split(' ').next().unwrap_or("");
        self.hyphenated.contains(&bare(&format!("{first}-{second}")).to_lowercase())
    }
}

fn bare(word: &str) -> &str {
    word.trim_matches(|c: char| !c.is_alphanumeric())
}

/// Letters of the scripts of East Asia that are written without blanks, and their punctuation.
pub(in crate::parse::pdf) fn is_ideograph(c: char) -> bool {
    matches!(c, '\u{2E80}'..='\u{A4CF}' | '\u{F900}'..='\u{FAFF}' | '\u{FF00}'..='\u{FFEF}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_joined_as_they_were_meant() {
        let joints = Joints::of(["the non-proliferation treaty", "a long-term plan"].into_iter());
        for (above, below, expected) in [
            ("the asset", "freeze", "the asset freeze"),
            ("the desig-", "nated persons", "the designated persons"),
            ("the desig\u{AD}", "nated persons", "the designated persons"),
            ("on non-", "proliferation, it said", "on non-proliferation, it said"),
            ("the Russia-", "Ukraine war", "the Russia-Ukraine war"),
            ("Directive 2014-", "512", "Directive 2014-512"),
            ("frozen -", "and sold", "frozen - and sold"),
            ("制裁対象", "者の追加", "制裁対象者の追加"),
        ] {
            let mut text = above.to_owned();
            joints.join(&mut text, below);
            assert_eq!(text, expected);
        }
    }
}
