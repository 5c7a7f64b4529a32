//! What texts show of a sanctions action, and what they do not: every fact of `tests/judge`.

use std::collections::BTreeMap;
use std::path::Path;

use sanctionwatch::classify;
use sanctionwatch::model::facts::{Facts, Place, Shown};
use sanctionwatch::model::judged::Field;
use serde::Deserialize;

/// One line of `tests/judge/facts.jsonl` (what is shown, exactly) or `absent.jsonl` (what is not).
#[derive(Debug, Deserialize)]
struct Case {
    language: String,
    title: String,
    text: String,
    published: Option<String>,
    /// By field; a field that is not named must be empty.
    #[serde(default)]
    facts: BTreeMap<String, Vec<String>>,
    /// Fields that must be empty.
    #[serde(default)]
    absent: Vec<String>,
}

const FIELDS: [&str; 8] =
    ["authority", "action", "measure", "programmes", "country", "counts", "money", "dates"];

#[test]
fn facts_are_read_as_the_texts_show_them() {
    let mut faults = Vec::new();
    for case in cases("facts.jsonl") {
        let found = by_field(&read(&case));
        for field in FIELDS {
            let mut expected = case.facts.get(field).cloned().unwrap_or_default();
            let mut got = found[field].clone();
            expected.sort();
            got.sort();
            if got != expected {
                let Case { language, title, .. } = &case;
                faults.push(format!("{language} {title:?}: {field} {got:?}, not {expected:?}"));
            }
        }
    }
    assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
}

#[test]
fn what_is_past_possible_denied_or_of_another_world_is_no_fact() {
    let mut faults = Vec::new();
    for case in cases("absent.jsonl") {
        let found = by_field(&read(&case));
        for field in &case.absent {
            assert!(FIELDS.contains(&field.as_str()), "{field} is no field");
            if !found[field.as_str()].is_empty() {
                let Case { language, text, .. } = &case;
                faults.push(format!("{language} {text:?}: {field} {:?}", found[field.as_str()]));
            }
        }
    }
    assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
}

#[test]
fn odd_texts_hold_no_surprise() {
    let long = "OFAC designated 3 persons on May 5, 2025, ".repeat(3_000);
    let dates = "1.1.2.2.3.3.2024 ".repeat(3_000);
    for text in ["", " ", "\u{feff}", "制", "12", "$", "٣١", "May", "by", &long, &dates, "İ 1,000"]
    {
        for title in ["", "OFAC", "制裁", "May 5"] {
            let case = Case {
                language: "en".into(),
                title: title.into(),
                text: text.into(),
                published: Some("2025-05-05".into()),
                facts: BTreeMap::new(),
                absent: Vec::new(),
            };
            read(&case);
        }
    }
}

/// The facts of a case, each of whose places is where it says.
fn read(case: &Case) -> Facts {
    let published = case.published.as_ref().map(|day| day.parse().unwrap());
    let facts = classify::facts(&case.title, &case.text, Some(&case.language), published);
    let places = places(&facts.authorities)
        .chain(places(&facts.actions))
        .chain(places(&facts.measures))
        .chain(places(&facts.programmes))
        .chain(places(&facts.countries))
        .chain(places(&facts.counts))
        .chain(places(&facts.money))
        .chain(places(&facts.dates));
    for place in places {
        let field = match place.field {
            Field::Title => &case.title,
            Field::Text => &case.text,
        };
        let words = field.get(place.start..place.end).expect("offsets are on characters");
        assert!(!words.is_empty() && place.sentence.contains(words), "{place:?}");
        assert!(field.contains(&place.sentence), "{place:?}");
    }
    facts
}

fn places<T>(shown: &[Shown<T>]) -> impl Iterator<Item = &Place> {
    shown.iter().map(|shown| &shown.place)
}

fn by_field(facts: &Facts) -> BTreeMap<&'static str, Vec<String>> {
    let words = [
        list(&facts.authorities, String::clone),
        list(&facts.actions, |action| action.name().to_owned()),
        list(&facts.measures, |measure| measure.name().to_owned()),
        list(&facts.programmes, |programme| programme.id.clone()),
        list(&facts.countries, String::clone),
        list(&facts.counts, ToString::to_string),
        list(&facts.money, |money| format!("{money} {}", money.role.name())),
        list(&facts.dates, |dated| format!("{} {}", dated.role.name(), dated.at)),
    ];
    FIELDS.into_iter().zip(words).collect()
}

fn list<T>(shown: &[Shown<T>], words: impl Fn(&T) -> String) -> Vec<String> {
    shown.iter().map(|shown| words(&shown.value)).collect()
}

fn cases(file: &str) -> Vec<Case> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/judge").join(file);
    let text = std::fs::read_to_string(&path).expect("the cases are part of the repository");
    text.lines().map(|line| serde_json::from_str(line).expect("a line is a case")).collect()
}
