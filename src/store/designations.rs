//! A designation as the database keeps it: JSON, read back into the one shape.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::model::change::FieldChange;
use crate::model::designation::{
    Designation, Identifier, Issuer, ListedName, NameQuality, PartyKind,
};
use crate::store::{Error, Result};

#[derive(Debug, Serialize, Deserialize)]
struct Party {
    id: String,
    issuer: String,
    kind: String,
    names: Vec<Name>,
    programmes: Vec<String>,
    countries: Vec<String>,
    births: Vec<String>,
    identifiers: Vec<Number>,
    positions: Vec<String>,
    listed_on: Option<NaiveDate>,
    remarks: Vec<String>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Name {
    text: String,
    quality: String,
}

#[derive(Debug, Serialize, Deserialize)]
struct Number {
    kind: String,
    value: String,
}

#[derive(Debug, Serialize, Deserialize)]
struct Field {
    field: String,
    added: Vec<String>,
    removed: Vec<String>,
}

const KINDS: [PartyKind; 5] = [
    PartyKind::Person,
    PartyKind::Organisation,
    PartyKind::Vessel,
    PartyKind::Aircraft,
    PartyKind::Other,
];

const QUALITIES: [NameQuality; 4] =
    [NameQuality::Primary, NameQuality::Alias, NameQuality::Former, NameQuality::Weak];

/// The words of the fields that can change; the model knows them as static words.
const FIELDS: [&str; 10] = [
    "names",
    "name",
    "kind",
    "programmes",
    "countries",
    "births",
    "identifiers",
    "positions",
    "listed_on",
    "remarks",
];

/// The party as JSON.
pub(crate) fn party_json(party: &Designation) -> String {
    let name = |name: &ListedName| Name {
        text: name.text.clone(),
        quality: name.quality.name().to_owned(),
    };
    let number =
        |number: &Identifier| Number { kind: number.kind.clone(), value: number.value.clone() };
    let party = Party {
        id: party.id.clone(),
        issuer: party.issuer.name().to_owned(),
        kind: party.kind.name().to_owned(),
        names: party.names.iter().map(name).collect(),
        programmes: party.programmes.clone(),
        countries: party.countries.clone(),
        births: party.births.clone(),
        identifiers: party.identifiers.iter().map(number).collect(),
        positions: party.positions.clone(),
        listed_on: party.listed_on,
        remarks: party.remarks.clone(),
    };
    serde_json::to_string(&party).expect("texts and days become JSON")
}

/// The party back from JSON.
pub(crate) fn party_of(json: &str) -> Result<Designation> {
    let party: Party = serde_json::from_str(json).map_err(|_| corrupt(json, "a listed party"))?;
    let issuer = Issuer::ALL.into_iter().find(|issuer| issuer.name() == party.issuer);
    let kind = KINDS.into_iter().find(|kind| kind.name() == party.kind);
    let names: Result<Vec<ListedName>> = party.names.into_iter().map(name_of).collect();
    Ok(Designation {
        id: party.id,
        issuer: issuer.ok_or_else(|| corrupt(&party.issuer, "the word of an issuer"))?,
        kind: kind.ok_or_else(|| corrupt(&party.kind, "the word of a kind of party"))?,
        names: names?,
        programmes: party.programmes,
        countries: party.countries,
        births: party.births,
        identifiers: party
            .identifiers
            .into_iter()
            .map(|number| Identifier { kind: number.kind, value: number.value })
            .collect(),
        positions: party.positions,
        listed_on: party.listed_on,
        remarks: party.remarks,
    })
}

fn name_of(name: Name) -> Result<ListedName> {
    let quality = QUALITIES.into_iter().find(|quality| quality.name() == name.quality);
    let quality = quality.ok_or_else(|| corrupt(&name.quality, "the word of a name's quality"))?;
    Ok(ListedName { text: name.text, quality })
}

/// The fields of an amendment as JSON.
pub(crate) fn fields_json(fields: &[FieldChange]) -> String {
    let field = |change: &FieldChange| Field {
        field: change.field.to_owned(),
        added: change.added.clone(),
        removed: change.removed.clone(),
    };
    let fields: Vec<Field> = fields.iter().map(field).collect();
    serde_json::to_string(&fields).expect("texts become JSON")
}

/// The fields back from JSON.
pub(crate) fn fields_of(json: &str) -> Result<Vec<FieldChange>> {
    let fields: Vec<Field> =
        serde_json::from_str(json).map_err(|_| corrupt(json, "the fields of a change"))?;
    let change = |field: Field| {
        let word = FIELDS.into_iter().find(|word| *word == field.field);
        let word = word.ok_or_else(|| corrupt(&field.field, "the word of a field"))?;
        Ok(FieldChange { field: word, added: field.added, removed: field.removed })
    };
    fields.into_iter().map(change).collect()
}

fn corrupt(value: &str, expected: &'static str) -> Error {
    Error::Corrupt { value: value.chars().take(80).collect(), expected }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_party_comes_back_as_it_was() {
        for kind in KINDS {
            for issuer in Issuer::ALL {
                let names = QUALITIES.map(|quality| ListedName {
                    text: format!("Rota {}", quality.name()),
                    quality,
                });
                let party = Designation {
                    id: "EU.7154.31".to_owned(),
                    issuer,
                    kind,
                    names: names.to_vec(),
                    programmes: vec!["A \"b\"".to_owned()],
                    countries: vec!["Côte d'Ivoire".to_owned()],
                    births: vec!["1961".to_owned()],
                    identifiers: vec![Identifier {
                        kind: "imo".to_owned(),
                        value: "9187629".to_owned(),
                    }],
                    positions: Vec::new(),
                    listed_on: NaiveDate::from_ymd_opt(2022, 2, 24),
                    remarks: vec!["Ок".to_owned()],
                };
                assert_eq!(party_of(&party_json(&party)).unwrap(), party);
            }
        }
        assert!(party_of("{}").is_err());
    }

    #[test]
    fn fields_come_back_as_they_were() {
        let fields = FIELDS.map(|field| FieldChange {
            field,
            added: vec!["a".to_owned()],
            removed: Vec::new(),
        });
        assert_eq!(fields_of(&fields_json(&fields)).unwrap(), fields);
        assert!(fields_of("[{\"field\":\"colour\",\"added\":[],\"removed\":[]}]").is_err());
    }
}
