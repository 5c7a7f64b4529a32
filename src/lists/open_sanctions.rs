//! What OpenSanctions publishes: `targets.simple.csv`, and FollowTheMoney entities as JSON lines or
//! a JSON array. Its data are under CC BY-NC: nothing here is fetched unless an operator asks.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::lists::day::day;
use crate::lists::draft::Draft;
use crate::lists::identifiers::kind_or_label;
use crate::lists::table::{Row, Sheet};
use crate::model::designation::{Designation, Issuer, NameQuality, PartyKind};

/// Headings that tell the CSV file from others.
pub(crate) const HEADINGS: &[&str] = &["id", "schema", "name", "aliases", "dataset"];

/// Reads `targets.simple.csv`.
///
/// # Errors
/// Where a row is cut off or the headings are missing.
pub(crate) fn read_csv(text: &str) -> Result<Vec<Designation>, String> {
    let sheet = Sheet::read(text, b',', HEADINGS)?;
    Ok(sheet.rows().filter_map(row).collect())
}

fn row(row: Row<'_>) -> Option<Designation> {
    let mut draft = Draft::new(Issuer::OpenSanctions, row.get("id"), kind(row.get("schema")));
    draft.name(row.get("name"), NameQuality::Primary);
    row.several("aliases").for_each(|it| draft.name(it, NameQuality::Alias));
    row.several("program ids").for_each(|it| draft.programme(it));
    row.several("dataset").for_each(|it| draft.programme(it));
    row.several("countries").for_each(|it| draft.country(it));
    row.several("birth date").for_each(|it| draft.birth(it));
    for number in row.several("identifiers") {
        match number.strip_prefix("IMO") {
            Some(imo) => draft.identifier("imo", imo),
            None => draft.identifier("other", number),
        }
    }
    row.several("addresses").for_each(|it| draft.labelled("Address", it));
    row.several("sanctions").for_each(|it| draft.remark(it));
    draft.listed_on(day(row.get("first seen")));
    draft.finish()
}

#[derive(Debug, Deserialize)]
struct Entity {
    id: String,
    schema: String,
    #[serde(default)]
    caption: String,
    #[serde(default)]
    datasets: Vec<String>,
    #[serde(default)]
    first_seen: Option<String>,
    #[serde(default)]
    properties: BTreeMap<String, Vec<serde_json::Value>>,
}

/// Reads FollowTheMoney entities: one a line, or an array of them.
///
/// # Errors
/// Where a line is not an entity; the last line of a cut file is none.
pub(crate) fn read_entities(text: &str) -> Result<Vec<Designation>, String> {
    if text.trim_start().starts_with('[') {
        let entities: Vec<Entity> =
            serde_json::from_str(text).map_err(|error| error.to_string())?;
        return Ok(entities.iter().filter_map(entity).collect());
    }
    let mut parties = Vec::new();
    for (number, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let read: Entity = serde_json::from_str(line)
            .map_err(|error| format!("line {} is no entity: {error}", number + 1))?;
        parties.extend(entity(&read));
    }
    Ok(parties)
}

/// An entity that can be listed; addresses, sanctions and other links between entities are none.
fn entity(entity: &Entity) -> Option<Designation> {
    if !NAMED.contains(&entity.schema.as_str()) {
        return None;
    }
    let mut draft = Draft::new(Issuer::OpenSanctions, &entity.id, kind(&entity.schema));
    draft.name(&entity.caption, NameQuality::Primary);
    for (property, quality) in NAMES {
        each(entity, property, |text| draft.name(text, *quality));
    }
    each(entity, "program", |it| draft.programme(it));
    each(entity, "programId", |it| draft.programme(it));
    entity.datasets.iter().for_each(|it| draft.programme(it));
    for property in ["country", "nationality", "citizenship", "jurisdiction", "flag"] {
        each(entity, property, |it| draft.country(it));
    }
    each(entity, "birthDate", |it| draft.birth(it));
    each(entity, "position", |it| draft.position(it));
    for (property, label) in NUMBERS {
        each(entity, property, |it| {
            draft.identifier(&kind_or_label(label, it, ""), it.trim_start_matches("IMO"));
        });
    }
    let mut currency = String::new();
    each(entity, "currency", |it| it.clone_into(&mut currency));
    each(entity, "publicKey", |it| draft.identifier(&format!("wallet:{currency}"), it));
    each(entity, "address", |it| draft.labelled("Address", it));
    each(entity, "notes", |it| draft.remark(it));
    draft.listed_on(entity.first_seen.as_deref().and_then(day));
    draft.finish()
}

fn each(entity: &Entity, property: &str, take: impl FnMut(&str)) {
    let values = entity.properties.get(property).into_iter().flatten();
    values.filter_map(serde_json::Value::as_str).for_each(take);
}

/// Schemata of FollowTheMoney that name a party.
const NAMED: &[&str] = &[
    "Person",
    "Organization",
    "Company",
    "LegalEntity",
    "PublicBody",
    "Vessel",
    "Airplane",
    "CryptoWallet",
    "Security",
];

/// Properties that name, and what the name is worth.
const NAMES: &[(&str, NameQuality)] = &[
    ("name", NameQuality::Alias),
    ("alias", NameQuality::Alias),
    ("previousName", NameQuality::Former),
    ("weakAlias", NameQuality::Weak),
];

/// Properties with a number, and the label that gives its kind.
const NUMBERS: &[(&str, &str)] = &[
    ("imoNumber", "imo"),
    ("mmsi", "mmsi"),
    ("callSign", "call sign"),
    ("passportNumber", "passport"),
    ("idNumber", "id"),
    ("taxNumber", "tax id"),
    ("innCode", "inn"),
    ("ogrnCode", "ogrn"),
    ("kppCode", "kpp"),
    ("okpoCode", "okpo"),
    ("leiCode", "lei"),
    ("swiftBic", "bic"),
    ("dunsCode", "duns"),
    ("uscCode", "unified social credit code"),
    ("registrationNumber", "registration number"),
    ("isin", "isin"),
];

fn kind(schema: &str) -> PartyKind {
    match schema {
        "Person" => PartyKind::Person,
        "Organization" | "Company" | "LegalEntity" | "PublicBody" => PartyKind::Organisation,
        "Vessel" => PartyKind::Vessel,
        "Airplane" => PartyKind::Aircraft,
        _ => PartyKind::Other,
    }
}
