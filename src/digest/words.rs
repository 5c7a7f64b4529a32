//! Numbers, dates and codes in words a reader knows.

use chrono::{Offset, Weekday};
use chrono_tz::Tz;

use crate::digest::line::{one_line, wrap};
use crate::model::interest::{Cadence, Criteria};
use crate::model::stamp::Stamp;

/// Columns of the text part: what a terminal shows with a mail client's frame around it.
pub(crate) const COLUMNS: usize = 72;

/// A line of a list in the text part.
pub(crate) fn item(line: &str) -> String {
    wrap(line, COLUMNS, "    ").replacen("    ", "  - ", 1)
}

/// The way a language runs: `rtl` or `ltr`.
pub(crate) fn direction(language: &str) -> &'static str {
    if runs_leftwards(language) { "rtl" } else { "ltr" }
}

/// `every day at 07:30 (Europe/Berlin)`.
pub(crate) fn cadence(cadence: Cadence, zone: Tz) -> String {
    match cadence {
        Cadence::AtOnce => "an alert at once".to_owned(),
        Cadence::Hourly => "a digest every hour".to_owned(),
        Cadence::Daily { at } => format!("a digest every day at {} ({zone})", at.format("%H:%M")),
        Cadence::Weekly { on, at } => {
            format!("a digest every {} at {} ({zone})", weekday(on), at.format("%H:%M"))
        }
    }
}

fn weekday(day: Weekday) -> &'static str {
    match day {
        Weekday::Mon => "Monday",
        Weekday::Tue => "Tuesday",
        Weekday::Wed => "Wednesday",
        Weekday::Thu => "Thursday",
        Weekday::Fri => "Friday",
        Weekday::Sat => "Saturday",
        Weekday::Sun => "Sunday",
    }
}

/// `topics: licences · countries: ru, by`.
pub(crate) fn criteria(criteria: &Criteria) -> String {
    if criteria.is_everything() {
        return "everything about sanctions".to_owned();
    }
    let written = criteria.to_string();
    let words: Vec<String> = written
        .split("; ")
        .map(|part| match part.split_once('=') {
            Some((key @ ("words" | "certainty"), value)) => format!("{key}: {value}"),
            Some((key, value)) => format!("{key}: {}", value.replace([',', '|'], ", ")),
            None => part.to_owned(),
        })
        .collect();
    words.join(" · ")
}

/// How sure a score sounds, most certain first: the least score and the words.
const CERTAINTY: &[(f64, &str)] = &[
    (0.9, "Almost certainly about sanctions"),
    (0.75, "Very likely about sanctions"),
    (0.5, "Probably about sanctions"),
    (0.0, "Possibly about sanctions"),
];

/// `score` (0 to 1) in words.
pub(crate) fn certainty(score: f64) -> &'static str {
    let fits = |(least, _): &&(f64, &str)| *least <= score;
    CERTAINTY.iter().find(fits).map_or("Possibly about sanctions", |(_, words)| words)
}

/// `16 July 2024, 09:30 UTC+2`, or the day alone where no more is known.
pub(crate) fn date(stamp: &Stamp) -> String {
    match stamp {
        Stamp::Day(day) => day.format("%-d %B %Y").to_string(),
        Stamp::Moment(moment) => {
            let seconds = moment.offset().fix().local_minus_utc();
            let sign = if seconds < 0 { '−' } else { '+' };
            let (hours, minutes) = (seconds.abs() / 3600, seconds.abs() / 60 % 60);
            let offset = match (hours, minutes) {
                (0, 0) => String::new(),
                (hours, 0) => format!("{sign}{hours}"),
                (hours, minutes) => format!("{sign}{hours}:{minutes:02}"),
            };
            format!("{} UTC{offset}", moment.format("%-d %B %Y, %H:%M"))
        }
    }
}

/// The English name of an ISO 639-1 code; an unknown code stays as it is.
pub(crate) fn language(code: &str) -> &str {
    LANGUAGES.iter().find(|(known, _)| *known == code).map_or(code, |(_, name)| name)
}

/// The English name of a country that sanctions are often about, by its ISO 3166-1 code; another code
/// in capitals.
pub(crate) fn country(code: &str) -> String {
    let known = COUNTRIES.iter().find(|(known, _)| *known == code);
    known.map_or_else(|| one_line(code).to_uppercase(), |(_, name)| (*name).to_owned())
}

const COUNTRIES: &[(&str, &str)] = &[
    ("ae", "United Arab Emirates"),
    ("af", "Afghanistan"),
    ("az", "Azerbaijan"),
    ("ba", "Bosnia and Herzegovina"),
    ("bi", "Burundi"),
    ("by", "Belarus"),
    ("cd", "Democratic Republic of the Congo"),
    ("cf", "Central African Republic"),
    ("cn", "China"),
    ("cu", "Cuba"),
    ("er", "Eritrea"),
    ("et", "Ethiopia"),
    ("ge", "Georgia"),
    ("gn", "Guinea"),
    ("gt", "Guatemala"),
    ("gw", "Guinea-Bissau"),
    ("hk", "Hong Kong"),
    ("ht", "Haiti"),
    ("il", "Israel"),
    ("iq", "Iraq"),
    ("ir", "Iran"),
    ("kg", "Kyrgyzstan"),
    ("kp", "North Korea"),
    ("kz", "Kazakhstan"),
    ("lb", "Lebanon"),
    ("ly", "Libya"),
    ("md", "Moldova"),
    ("ml", "Mali"),
    ("mm", "Myanmar"),
    ("ne", "Niger"),
    ("ni", "Nicaragua"),
    ("pk", "Pakistan"),
    ("ps", "Palestinian territories"),
    ("rs", "Serbia"),
    ("ru", "Russia"),
    ("rw", "Rwanda"),
    ("sd", "Sudan"),
    ("so", "Somalia"),
    ("ss", "South Sudan"),
    ("sy", "Syria"),
    ("tn", "Tunisia"),
    ("tr", "Türkiye"),
    ("ua", "Ukraine"),
    ("us", "United States"),
    ("ve", "Venezuela"),
    ("ye", "Yemen"),
    ("zw", "Zimbabwe"),
];

const LANGUAGES: &[(&str, &str)] = &[
    ("ar", "Arabic"),
    ("az", "Azerbaijani"),
    ("be", "Belarusian"),
    ("bg", "Bulgarian"),
    ("bs", "Bosnian"),
    ("ca", "Catalan"),
    ("cs", "Czech"),
    ("da", "Danish"),
    ("de", "German"),
    ("el", "Greek"),
    ("en", "English"),
    ("es", "Spanish"),
    ("et", "Estonian"),
    ("fa", "Persian"),
    ("fi", "Finnish"),
    ("fr", "French"),
    ("ga", "Irish"),
    ("he", "Hebrew"),
    ("hi", "Hindi"),
    ("hr", "Croatian"),
    ("hu", "Hungarian"),
    ("hy", "Armenian"),
    ("id", "Indonesian"),
    ("it", "Italian"),
    ("ja", "Japanese"),
    ("ka", "Georgian"),
    ("kk", "Kazakh"),
    ("ko", "Korean"),
    ("lt", "Lithuanian"),
    ("lv", "Latvian"),
    ("mk", "Macedonian"),
    ("mt", "Maltese"),
    ("nl", "Dutch"),
    ("no", "Norwegian"),
    ("pl", "Polish"),
    ("pt", "Portuguese"),
    ("ro", "Romanian"),
    ("ru", "Russian"),
    ("sk", "Slovak"),
    ("sl", "Slovenian"),
    ("sq", "Albanian"),
    ("sr", "Serbian"),
    ("sv", "Swedish"),
    ("tr", "Turkish"),
    ("uk", "Ukrainian"),
    ("ur", "Urdu"),
    ("uz", "Uzbek"),
    ("vi", "Vietnamese"),
    ("zh", "Chinese"),
];

/// What readers call an authority, e.g. `OFAC` for `us-ofac`; an unknown id stays as it is.
pub(crate) fn authority(id: &str) -> String {
    let mut lines = AUTHORITIES.lines().filter_map(|line| line.split_once(' '));
    lines.find(|(known, _)| *known == id).map_or(id, |(_, name)| name).to_owned()
}

const AUTHORITIES: &str = include_str!("authorities.txt");

/// Whether the letters of an ISO 639-1 language run from right to left.
pub(crate) fn runs_leftwards(code: &str) -> bool {
    ["ar", "dv", "fa", "he", "ps", "sd", "ug", "ur", "yi"].contains(&code)
}

/// What a rule such as `en.strong.asset-freeze` looks for, in words.
///
/// A rule's name is `language.kind.words`; a kind not in the table speaks for itself.
pub(crate) fn rule(name: &str) -> String {
    let kind = name.split('.').nth(1).unwrap_or(name);
    let known = KINDS.iter().find(|(known, _)| *known == kind);
    known.map_or_else(|| one_line(&kind.replace(['-', '_'], " ")), |(_, words)| (*words).into())
}

/// Kinds of rules and what they look for.
const KINDS: &[(&str, &str)] = &[
    ("strong", "sanctions by name"),
    ("object", "sanctions aimed at somebody"),
    ("act", "what is done with sanctions"),
    ("weak", "a word often used of sanctions"),
    ("issuer", "a sanctions authority"),
    ("authority", "who imposes sanctions"),
    ("measure", "a measure or penalty"),
    ("aim", "the act of naming or banning"),
    ("place", "a country or party under sanctions"),
    ("against", "the word in another sense"),
    ("trap", "a phrase that only looks like sanctions"),
    ("instrument", "a legal instrument"),
];

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::{
        CERTAINTY, COUNTRIES, KINDS, LANGUAGES, authority, certainty, date, language, rule,
    };

    #[test]
    fn every_authority_that_facts_can_name_has_a_name_for_readers() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/classify/facts");
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let text = std::fs::read_to_string(&path).unwrap();
            for id in text.lines().filter_map(|line| line.strip_prefix("[authority ")) {
                let id = id.split(']').next().unwrap();
                assert_ne!(authority(id), id, "{}: {id} has no name", path.display());
            }
        }
    }

    #[test]
    fn dates_are_as_exact_as_their_witness() {
        for (stamp, expected) in [
            ("2024-07-16", "16 July 2024"),
            ("2024-07-06T09:30:00Z", "6 July 2024, 09:30 UTC"),
            ("2024-07-16T09:30:00+02:00", "16 July 2024, 09:30 UTC+2"),
            ("2024-07-16T09:30:00-04:00", "16 July 2024, 09:30 UTC−4"),
            ("2024-07-16T09:30:00+05:30", "16 July 2024, 09:30 UTC+5:30"),
        ] {
            assert_eq!(date(&stamp.parse().unwrap()), expected);
        }
    }

    #[test]
    fn every_score_has_words_and_more_sounds_surer() {
        assert!(CERTAINTY.is_sorted_by(|a, b| a.0 > b.0));
        for (score, start) in
            [(1.0, "Almost"), (0.9, "Almost"), (0.89, "Very"), (0.5, "Prob"), (f64::NAN, "Poss")]
        {
            assert!(certainty(score).starts_with(start), "{score}: {}", certainty(score));
        }
    }

    #[test]
    fn tables_name_nothing_twice() {
        for table in [COUNTRIES, LANGUAGES, KINDS] {
            let codes: HashSet<&str> = table.iter().map(|(code, _)| *code).collect();
            assert_eq!(codes.len(), table.len());
        }
        assert!(LANGUAGES.iter().chain(COUNTRIES).all(|(code, _)| code.len() == 2));
        assert_eq!(language("xx"), "xx");
    }

    #[test]
    fn rules_are_told_in_words() {
        for (name, expected) in [
            ("en.strong.asset-freeze", "sanctions by name"),
            ("any.instrument.executive-order", "a legal instrument"),
            ("ru.price-cap.x", "price cap"),
            ("lonely_rule", "lonely rule"),
            ("x.<i>\r\ny", "<i> y"),
            ("", ""),
        ] {
            assert_eq!(rule(name), expected);
        }
    }
}
