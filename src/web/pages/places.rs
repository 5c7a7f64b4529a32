//! Countries and time zones as people write them.

use chrono_tz::{TZ_VARIANTS, Tz};

use crate::text::countries;

/// The name of a country, or the code where it has none we know.
pub(crate) fn country(code: &str) -> &str {
    countries::name(code).unwrap_or(code)
}

/// The code of a country that is written as code or name.
pub(crate) fn country_code(text: &str) -> Option<&'static str> {
    countries::code(text)
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
    fn zones_go_by_name() {
        assert_eq!(zone(" europe/berlin"), Some(Tz::Europe__Berlin));
        assert_eq!(zone("America/New York"), Some(Tz::America__New_York));
        assert_eq!(zone("Berlin"), None);
        assert!(zones().all(|name| zone(name).is_some()) && 400 < zones().count());
    }
}
