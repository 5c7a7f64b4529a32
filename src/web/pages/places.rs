//! Countries and time zones as people write them.

use std::sync::LazyLock;

use chrono_tz::{TZ_VARIANTS, Tz};

use crate::text::fold::fold;

/// Code and name, in the order of the codes.
static COUNTRIES: LazyLock<Vec<(&'static str, &'static str)>> = LazyLock::new(|| {
    let lines = include_str!("countries.txt").lines().filter(|line| !line.starts_with('#'));
    lines.filter_map(|line| line.split_once(' ')).collect()
});

/// The name of a country, or the code where it has none we know.
pub(crate) fn country(code: &str) -> &str {
    COUNTRIES.iter().find(|(known, _)| *known == code).map_or(code, |(_, name)| name)
}

/// The code of a country that is written as code or name.
pub(crate) fn country_code(text: &str) -> Option<&'static str> {
    let wanted = fold(text);
    // The authorities of the United Kingdom are `uk-…`, so the code is written, too.
    let wanted = if wanted == "uk" { "gb".to_owned() } else { wanted };
    let found = COUNTRIES.iter().find(|(code, name)| *code == wanted || fold(name) == wanted);
    found.map(|(code, _)| *code)
}

/// The zones a list offers: one for each place.
pub(crate) fn zones() -> impl Iterator<Item = &'static str> {
    const REGIONS: [&str; 9] = [
        "Africa/",
        "America/",
        "Antarctica/",
        "Asia/",
        "Atlantic/",
        "Australia/",
        "Europe/",
        "Indian/",
        "Pacific/",
    ];
    let names = TZ_VARIANTS.iter().map(|zone| zone.name());
    let placed = names.filter(|name| REGIONS.iter().any(|region| name.starts_with(region)));
    ["UTC"].into_iter().chain(placed)
}

/// The zone of this name, whatever its case and with spaces for its underscores.
pub(crate) fn zone(text: &str) -> Option<Tz> {
    let wanted = text.trim().replace(' ', "_");
    TZ_VARIANTS.iter().find(|zone| zone.name().eq_ignore_ascii_case(&wanted)).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn countries_go_by_code_and_name() {
        let cases =
            [("ru", "ru"), ("RU", "ru"), ("Belarus", "by"), ("turkiye", "tr"), ("UK", "gb")];
        for (text, code) in cases {
            assert_eq!(country_code(text), Some(code), "{text}");
        }
        assert_eq!(country_code("Atlantis"), None);
        assert_eq!((country("ru"), country("zz")), ("Russia", "zz"));
        let mut codes: Vec<_> = COUNTRIES.iter().map(|(code, _)| code).collect();
        assert!(codes.iter().all(|code| code.len() == 2) && 240 < codes.len());
        codes.dedup();
        assert_eq!(codes.len(), COUNTRIES.len());
    }

    #[test]
    fn zones_go_by_name() {
        assert_eq!(zone(" europe/berlin"), Some(Tz::Europe__Berlin));
        assert_eq!(zone("America/New York"), Some(Tz::America__New_York));
        assert_eq!(zone("Berlin"), None);
        assert!(zones().all(|name| zone(name).is_some()) && 400 < zones().count());
    }
}
