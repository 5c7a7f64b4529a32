//! Countries by their names and codes, as people and official lists write them.

use std::collections::HashMap;
use std::sync::LazyLock;

use crate::text::names::folded_words;

/// Code and name, in the order of the codes.
static COUNTRIES: LazyLock<Vec<(&'static str, &'static str)>> =
    LazyLock::new(|| lines().map(|(code, names)| (code, first(names))).collect());

/// By folded words, the code.
static CODES: LazyLock<HashMap<String, &'static str>> = LazyLock::new(|| {
    let names = lines().flat_map(|(code, names)| {
        names.split(" | ").chain([code]).map(move |name| (folded_words(name).join(" "), code))
    });
    names.collect()
});

fn lines() -> impl Iterator<Item = (&'static str, &'static str)> {
    let lines = include_str!("countries.txt").lines().filter(|line| !line.starts_with('#'));
    lines.filter_map(|line| line.split_once(' '))
}

fn first(names: &'static str) -> &'static str {
    names.split(" | ").next().unwrap_or(names)
}

/// The name of a country by its ISO 3166-1 code in lower case; none where no country has it.
pub fn name(code: &str) -> Option<&'static str> {
    COUNTRIES.iter().find(|(known, _)| *known == code).map(|(_, name)| *name)
}

/// The ISO 3166-1 code, in lower case, of a country that is written as code or name.
///
/// ```
/// use sanctionwatch::text::countries::code;
/// assert_eq!(code("RUSSIAN FEDERATION"), Some("ru"));
/// assert_eq!(code("Korea, North"), Some("kp"));
/// assert_eq!(code("Atlantis"), None);
/// ```
pub fn code(written: &str) -> Option<&'static str> {
    let known = |written: &str| CODES.get(&folded_words(written).join(" ")).copied();
    known(written).or_else(|| {
        let (name, before) = written.split_once(", ")?;
        known(&format!("{before} {name}"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn countries_go_by_code_and_name() {
        let cases = [
            ("ru", "ru"),
            ("RU", "ru"),
            ("Belarus", "by"),
            ("turkiye", "tr"),
            ("UK", "gb"),
            ("Iran, Islamic Republic of", "ir"),
            ("Iran (Islamic Republic of)", "ir"),
            ("Congo, Democratic Republic of the", "cd"),
            ("Korea, South", "kr"),
            ("Bosnia and Herzegovina", "ba"),
            ("CÔTE D'IVOIRE", "ci"),
            ("Viet Nam", "vn"),
            ("Gambia, The", "gm"),
        ];
        for (written, expected) in cases {
            assert_eq!(code(written), Some(expected), "{written}");
        }
        for written in ["Atlantis", "", "undetermined", "Region: Gaza"] {
            assert_eq!(code(written), None, "{written}");
        }
        assert_eq!((name("ru"), name("zz")), (Some("Russia"), None));
    }

    #[test]
    fn nothing_is_written_twice() {
        let codes: Vec<&str> = COUNTRIES.iter().map(|(code, _)| *code).collect();
        assert!(codes.is_sorted() && 240 < codes.len());
        assert!(codes.iter().all(|code| code.len() == 2));
        let written = lines().map(|(_, names)| 1 + names.split(" | ").count());
        assert_eq!(written.sum::<usize>(), CODES.len());
    }
}
