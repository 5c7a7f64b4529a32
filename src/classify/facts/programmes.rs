//! Programmes: by the identifiers that belong to one alone, by the tags of the lists, and by name.

use std::sync::LazyLock;

use crate::classify::facts::marks::{Mark, Marked};
use crate::model::designation::{Designation, Issuer};
use crate::model::facts::{Programme, Shown};
use crate::model::judged::Instrument;

/// A line of the table.
struct Row {
    programme: Programme,
    identifiers: Vec<&'static str>,
}

static ROWS: LazyLock<Vec<Row>> =
    LazyLock::new(|| rows(include_str!("programmes.txt")).expect("a test reads the shipped table"));

fn rows(table: &'static str) -> Result<Vec<Row>, String> {
    let lines = table.lines().enumerate();
    let full = lines.filter(|(_, line)| !line.trim().is_empty() && !line.starts_with('#'));
    full.map(|(number, line)| row(line).ok_or_else(|| format!("line {}: {line:?}", number + 1)))
        .collect()
}

fn row(line: &'static str) -> Option<Row> {
    let mut cells = line.split('|').map(str::trim);
    let (id, issuer, topic) = (cells.next()?, cells.next()?, cells.next()?);
    let country = Some(cells.next()?).filter(|code| *code != "-").map(str::to_owned);
    let identifiers = cells.next()?.split(';').map(str::trim).filter(|id| !id.is_empty()).collect();
    let programme = Programme {
        id: id.to_owned(),
        issuer: issuer.to_owned(),
        topic: topic.to_owned(),
        country,
    };
    Some(Row { programme, identifiers })
}

/// The programmes a field names, in order; the lead alone counts for names in words.
pub(crate) fn find(marked: &Marked) -> Vec<Shown<Programme>> {
    let cited = marked.instruments.iter().filter_map(|instrument| {
        let programme = of_instrument(instrument)?;
        let tokens = marked.folded.tokens_within(instrument.start..instrument.end)?;
        let place = marked.place(instrument.start, instrument.end, *tokens.start());
        Some(Shown { value: programme, place })
    });
    let named = marked.marks.iter().filter_map(|mark| match mark.kind {
        Mark::Programme(id) if mark.first < marked.lead => {
            Some(marked.shown(by_id(id)?, mark.first, mark.last))
        }
        _ => None,
    });
    cited.chain(named).collect()
}

fn by_id(id: &str) -> Option<Programme> {
    ROWS.iter().find(|row| row.programme.id == id).map(|row| row.programme.clone())
}

fn of_instrument(instrument: &Instrument) -> Option<Programme> {
    let id = instrument.id.as_str();
    match instrument.kind {
        "programme" => Some(by_tag(id)),
        "un-list" => by_id(united_nations(id.get(..2)?)?),
        "uk-list" => by_id(british(id.get(..3)?)?),
        _ => {
            let belongs = |known: &str| {
                id.strip_prefix(known).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
            };
            let row = ROWS.iter().find(|row| row.identifiers.iter().any(|known| belongs(known)))?;
            Some(row.programme.clone())
        }
    }
}

/// The programmes a listed party is listed under, as far as they are known here.
pub(crate) fn of_party(party: &Designation) -> Vec<Programme> {
    let number = party.id.as_str();
    let of_number = match party.issuer {
        Issuer::UnitedKingdom => number.get(..3).and_then(british),
        Issuer::UnitedNations => number.get(..2).and_then(united_nations_in),
        _ => None,
    };
    let tags = party.programmes.iter();
    let of_tags = tags.filter_map(|tag| match party.issuer {
        Issuer::Ofac => Some(by_tag(tag)),
        Issuer::EuropeanUnion => by_id(&format!("EU-{}", tag.trim())),
        _ => None,
    });
    of_number.and_then(by_id).into_iter().chain(of_tags).collect()
}

/// A tag of the American lists is a programme whatever the table knows; the table adds the topic.
fn by_tag(tag: &str) -> Programme {
    let stem = tag.split("-EO").next().unwrap_or(tag);
    let row = by_id(tag).or_else(|| by_id(stem)).or_else(|| {
        ROWS.iter()
            .map(|row| &row.programme)
            .find(|known| known.id.split("-EO").next() == Some(stem))
            .cloned()
    });
    let (topic, country) = row.map_or((stem.to_lowercase(), None), |row| (row.topic, row.country));
    Programme { id: tag.to_owned(), issuer: "us-ofac".to_owned(), topic, country }
}

/// The committee of a reference number on the consolidated list of the United Nations.
fn united_nations(letters: &str) -> Option<&'static str> {
    Some(match letters {
        "QD" => "UN-1267",
        "TA" => "UN-1988",
        "KP" => "UN-1718",
        "CD" => "UN-1533",
        "CF" => "UN-2127",
        "LY" => "UN-1970",
        "SD" => "UN-1591",
        "SS" => "UN-2206",
        "YE" => "UN-2140",
        "ML" => "UN-2374",
        "HT" => "UN-2653",
        "SO" => "UN-2713",
        "IQ" => "UN-1518",
        _ => return None,
    })
}

/// The committee of a reference number as the list prints it: `KPi.001` is one of `KP`.
fn united_nations_in(letters: &str) -> Option<&'static str> {
    united_nations(&letters.to_uppercase())
}

/// The regime of a unique id on the British list.
fn british(letters: &str) -> Option<&'static str> {
    Some(match letters {
        "RUS" => "UK-RUSSIA",
        "BEL" => "UK-BELARUS",
        "INU" | "IHR" | "IRN" => "UK-IRAN",
        "SYR" => "UK-SYRIA",
        "DPR" => "UK-DPRK",
        "MYA" => "UK-MYANMAR",
        "GHR" => "UK-GHR",
        "GAC" => "UK-GAC",
        "CYB" => "UK-CYBER",
        "CTI" => "UK-CT",
        "AQD" | "ISL" => "UK-ISIL",
        "SUD" => "UK-SUDAN",
        "VEN" => "UK-VENEZUELA",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_table_is_read_and_names_nothing_twice() {
        let rows = rows(include_str!("programmes.txt")).unwrap();
        let mut seen = BTreeSet::new();
        for row in &rows {
            assert!(seen.insert(row.programme.id.as_str()), "{} stands twice", row.programme.id);
            for id in &row.identifiers {
                assert!(seen.insert(id), "{id} stands twice");
            }
            let country = row.programme.country.as_deref().unwrap_or("xx");
            assert!(country.len() == 2, "{country:?} is no country");
        }
    }

    #[test]
    fn every_shortcut_leads_to_a_row() {
        let committees =
            ["QD", "TA", "KP", "CD", "CF", "LY", "SD", "SS", "YE", "ML", "HT", "SO", "IQ"];
        let regimes = [
            "RUS", "BEL", "INU", "IHR", "SYR", "DPR", "MYA", "GHR", "GAC", "CYB", "CTI", "AQD",
            "SUD", "VEN",
        ];
        let ids =
            committees.into_iter().map(united_nations).chain(regimes.into_iter().map(british));
        for id in ids {
            assert!(id.and_then(by_id).is_some(), "{id:?} has no row");
        }
    }
}
