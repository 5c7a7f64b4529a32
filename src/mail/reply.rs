//! The words of a mail server, fit for a log: one line, bounded, no address in full.

/// Characters kept of an answer: enough for every reason a server gives.
const LIMIT: usize = 400;

/// `words` on one line with every address in them masked as [`Email`](crate::model::subscriber::Email) prints it.
pub(crate) fn masked(words: &str) -> String {
    let tame = |c: char| if c.is_control() { ' ' } else { c };
    let tamed: String = words.chars().take(LIMIT).map(tame).collect();
    let masked: Vec<String> = tamed.split_whitespace().map(mask_word).collect();
    masked.join(" ")
}

/// Within a word such as `<reader@example.org>:`, only the part before the @ goes.
fn mask_word(word: &str) -> String {
    let mut masked = String::with_capacity(word.len());
    let mut rest = word;
    while let Some((before, after)) = rest.split_once('@') {
        let start = before.rfind(|c: char| "<>()[],;:\"'=".contains(c)).map_or(0, |at| at + 1);
        masked.push_str(&before[..start]);
        masked.extend(before[start..].chars().next());
        masked.push_str("…@");
        rest = after;
    }
    masked + rest
}

#[cfg(test)]
mod tests {
    use super::masked;

    #[test]
    fn no_address_stays_whole() {
        for (words, expected) in [
            ("250 2.0.0 Ok: queued as 4XyZ", "250 2.0.0 Ok: queued as 4XyZ"),
            (
                "550 5.1.1 <reader@example.org>: Recipient address\r\nrejected",
                "550 5.1.1 <r…@example.org>: Recipient address rejected",
            ),
            ("550 a.b+c@example.org,d@example.com", "550 a…@example.org,d…@example.com"),
            ("450 to=éva@example.org", "450 to=é…@example.org"),
            ("@ @@ x@", "…@ …@…@ x…@"),
            ("", ""),
        ] {
            assert_eq!(masked(words), expected);
        }
    }

    #[test]
    fn a_novel_is_cut() {
        assert!(masked(&"word ".repeat(10_000)).len() <= 400);
    }
}
