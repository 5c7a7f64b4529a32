//! The legal forms of companies, and a company's name without them.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::LazyLock;

use crate::text::names::folded_words;

/// The longest spelling has so many words.
const WORDS_MAX: usize = 8;

struct Table {
    /// Spellings, words joined by a space, with the group they belong to.
    groups: HashMap<String, &'static str>,
}

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    let mut groups = HashMap::new();
    for line in include_str!("legal_forms.txt").lines().filter(|line| !line.starts_with('#')) {
        let Some((group, spellings)) = line.split_once(" = ") else { continue };
        for spelling in spellings.split(" | ") {
            groups.entry(folded_words(spelling).join(" ")).or_insert(group);
        }
    }
    Table { groups }
});

/// The group of a legal form given as folded words, e.g. `llc` for "ooo" and "gmbh".
pub fn group(words: &[String]) -> Option<&'static str> {
    if words.is_empty() || WORDS_MAX < words.len() {
        return None;
    }
    TABLE.groups.get(&words.join(" ")).copied()
}

/// The words of a name that are no legal form at its beginning or end; empty where nothing else is
/// there.
///
/// ```
/// use sanctionwatch::text::legal_forms::core;
/// use sanctionwatch::text::names::folded_words;
/// let words = folded_words("OOO Oboronnye Initsiativy Co., Ltd.");
/// assert_eq!(words[core(&words)].join(" "), "oboronnye initsiativy");
/// assert!(core(&folded_words("CORP.")).is_empty());
/// ```
pub fn core(words: &[String]) -> Range<usize> {
    let mut core = 0..words.len();
    loop {
        let at_end = (1..=core.len().min(WORDS_MAX))
            .rev()
            .find(|taken| group(&words[core.end - taken..core.end]).is_some());
        if let Some(taken) = at_end {
            core.end -= taken;
            continue;
        }
        let at_start = (1..=core.len().min(WORDS_MAX))
            .rev()
            .find(|taken| group(&words[core.start..core.start + taken]).is_some());
        match at_start {
            Some(taken) => core.start += taken,
            None => return core,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn without(name: &str) -> String {
        let words = folded_words(name);
        words[core(&words)].join(" ")
    }

    #[test]
    fn legal_forms_go_from_both_ends() {
        let cases = [
            ("OAO Gazprom", "gazprom"),
            ("Gazprom JSC", "gazprom"),
            ("SIS d.o.o.", "sis"),
            ("SIS DOO", "sis"),
            ("Faberlic Europe Sp. z o.o.", "faberlic europe"),
            ("SAMSUNG ELECTRONICS CO., LTD.", "samsung electronics"),
            ("Volkswagen Bank G.m.b.H.", "volkswagen bank"),
            ("Joint Stock Company Tactical Missiles Corporation", "tactical missiles"),
            ("ООО \"Оборонные инициативы\"", "оборонные инициативы"),
            ("Tovarystvo z obmezhenoiu vidpovidalnistiu Lira", "lira"),
            ("11420 CORP.", "11420"),
            ("CORP.", ""),
            ("Limited Liability Company", ""),
            ("平壤贸易有限公司", "平 壤 贸 易"),
        ];
        for (name, expected) in cases {
            assert_eq!(without(name), expected, "{name}");
        }
    }

    #[test]
    fn every_row_has_a_group_and_spellings_that_are_words() {
        for line in include_str!("legal_forms.txt").lines().filter(|line| !line.starts_with('#')) {
            let (group, spellings) = line.split_once(" = ").expect("a row is group = spellings");
            assert!(group.chars().all(|c| c.is_ascii_lowercase()), "{group}");
            for spelling in spellings.split(" | ") {
                let words = folded_words(spelling);
                assert!((1..=WORDS_MAX).contains(&words.len()), "{spelling}");
                assert!(super::group(&words).is_some(), "{spelling}");
            }
        }
    }
}
