//! The Consolidated Screening List of the United States, as JSON and as CSV: OFAC's lists, BIS's
//! Entity List, Denied Persons, Unverified and Military End Users, and those of the State
//! Department.

use serde::Deserialize;

use crate::lists::day::american_day;
use crate::lists::draft::{Draft, merge_repeats};
use crate::lists::identifiers::{imo_number, kind_or_label};
use crate::lists::reading_order::from_comma_order;
use crate::lists::table::{Row, Sheet};
use crate::model::designation::{Designation, Issuer, NameQuality, PartyKind};
use crate::text::fold::fold;

#[derive(Debug, Deserialize)]
struct File {
    results: Vec<Entry>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Entry {
    source: Option<String>,
    entity_number: Option<Number>,
    #[serde(rename = "type")]
    kind: Option<String>,
    programs: Option<Vec<String>>,
    name: Option<String>,
    title: Option<String>,
    alt_names: Option<Vec<String>>,
    addresses: Option<Vec<Address>>,
    citizenships: Option<Vec<String>>,
    nationalities: Option<Vec<String>>,
    dates_of_birth: Option<Vec<String>>,
    places_of_birth: Option<Vec<String>>,
    ids: Option<Vec<Id>>,
    call_sign: Option<String>,
    vessel_type: Option<String>,
    vessel_flag: Option<String>,
    vessel_owner: Option<String>,
    remarks: Option<String>,
    start_date: Option<String>,
    end_date: Option<String>,
    federal_register_notice: Option<String>,
    license_requirement: Option<String>,
    license_policy: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Number {
    Text(String),
    Whole(i64),
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Address {
    address: Option<String>,
    city: Option<String>,
    state: Option<String>,
    postal_code: Option<String>,
    country: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Id {
    #[serde(rename = "type")]
    kind: Option<String>,
    number: Option<String>,
    country: Option<String>,
}

/// Reads the JSON file.
///
/// # Errors
/// Where the document is not whole or not of this form.
pub(crate) fn read_json(text: &str) -> Result<Vec<Designation>, String> {
    let file: File = serde_json::from_str(text).map_err(|error| error.to_string())?;
    Ok(merge_repeats(file.results.iter().filter_map(entry).collect()))
}

fn entry(entry: &Entry) -> Option<Designation> {
    let source = text(&entry.source);
    let number = entry.entity_number.as_ref().map_or(String::new(), |number| match number {
        Number::Text(text) => text.clone(),
        Number::Whole(number) => number.to_string(),
    });
    let mut draft = begin(source, &number, text(&entry.kind), text(&entry.name));
    let named = |name: &str| reading_order(source, text(&entry.kind), name);
    draft.name(&named(text(&entry.name)), NameQuality::Primary);
    each(&entry.alt_names, |name| draft.name(&named(name), NameQuality::Alias));
    each(&entry.programs, |it| draft.programme(it));
    draft.position(text(&entry.title));
    each(&entry.citizenships, |it| draft.country(it));
    each(&entry.nationalities, |it| draft.country(it));
    each(&entry.dates_of_birth, |it| draft.birth(it));
    each(&entry.places_of_birth, |it| draft.labelled("POB", it));
    for address in entry.addresses.iter().flatten() {
        let fields = [
            &address.address,
            &address.city,
            &address.state,
            &address.postal_code,
            &address.country,
        ];
        let parts: Vec<&str> = fields.map(text).into_iter().filter(|it| !it.is_empty()).collect();
        draft.country(text(&address.country));
        draft.labelled("Address", &parts.join(", "));
    }
    for id in entry.ids.iter().flatten() {
        identifier(text(&id.kind), text(&id.number), text(&id.country), &mut draft);
    }
    draft.identifier("call-sign", text(&entry.call_sign));
    draft.country(text(&entry.vessel_flag));
    draft.labelled("Vessel Type", text(&entry.vessel_type));
    draft.labelled("Vessel Owner", text(&entry.vessel_owner));
    draft.remark(text(&entry.remarks));
    draft.listed_on(american_day(text(&entry.start_date)));
    draft.labelled("Until", text(&entry.end_date));
    draft.labelled("Federal Register", text(&entry.federal_register_notice));
    draft.labelled("Licence requirement:", text(&entry.license_requirement));
    draft.labelled("Licence policy:", text(&entry.license_policy));
    draft.finish()
}

fn text(field: &Option<String>) -> &str {
    field.as_deref().map_or("", str::trim)
}

fn each(values: &Option<Vec<String>>, mut take: impl FnMut(&str)) {
    values.iter().flatten().for_each(|value| take(value));
}

/// Headings that tell the CSV file from others.
pub(crate) const HEADINGS: &[&str] = &["source", "entity number", "programs", "alt names"];

/// Reads the CSV file.
///
/// # Errors
/// Where a row is cut off or the headings are missing.
pub(crate) fn read_csv(text: &str) -> Result<Vec<Designation>, String> {
    let sheet = Sheet::read(text, b',', HEADINGS)?;
    Ok(merge_repeats(sheet.rows().filter_map(row).collect()))
}

fn row(row: Row<'_>) -> Option<Designation> {
    let (source, kind) = (row.get("source"), row.get("type"));
    let mut draft = begin(source, row.get("entity number"), kind, row.get("name"));
    draft.name(&reading_order(source, kind, row.get("name")), NameQuality::Primary);
    row.several("alt names")
        .for_each(|name| draft.name(&reading_order(source, kind, name), NameQuality::Alias));
    row.several("programs").for_each(|it| draft.programme(it));
    draft.position(row.get("title"));
    for heading in ["citizenships", "nationalities", "vessel flag"] {
        row.several(heading).for_each(|it| draft.country(it));
    }
    row.several("dates of birth").for_each(|it| draft.birth(it));
    row.several("places of birth").for_each(|it| draft.labelled("POB", it));
    for address in row.several("addresses") {
        // The last part is the country, as two letters.
        let country = address.rsplit(", ").next().filter(|it| it.len() == 2);
        draft.country(country.unwrap_or_default());
        draft.labelled("Address", address);
    }
    row.several("ids").for_each(|it| listed_identifier(it, &mut draft));
    draft.identifier("call-sign", row.get("call sign"));
    draft.labelled("Vessel Type", row.get("vessel type"));
    draft.labelled("Vessel Owner", row.get("vessel owner"));
    draft.remark(row.get("remarks"));
    draft.listed_on(american_day(row.get("start date")));
    draft.labelled("Until", row.get("end date"));
    draft.labelled("Federal Register", row.get("federal register notice"));
    draft.labelled("Licence requirement:", row.get("license requirement"));
    draft.labelled("Licence policy:", row.get("license policy"));
    draft.finish()
}

/// `US, 80-0890696, Tax ID No.`, or without the country.
fn listed_identifier(text: &str, draft: &mut Draft) {
    let parts: Vec<&str> = text.split(", ").collect();
    match parts[..] {
        [country, number, label] if country.len() == 2 => identifier(label, number, country, draft),
        [number, label] => identifier(label, number, "", draft),
        _ => draft.remark(text),
    }
}

fn identifier(label: &str, number: &str, country: &str, draft: &mut Draft) {
    let kind = kind_or_label(label, number, country);
    match kind.as_str() {
        "imo" => draft.identifier("imo", &imo_number(number)),
        _ if !number.contains(|c: char| c.is_ascii_digit()) && !kind.starts_with("wallet:") => {
            draft.labelled(label, number);
        }
        kind => draft.identifier(kind, number),
    }
}

/// A draft under the source's issuer and its short name as programme. A party without a number is
/// known by the source and its name.
fn begin(source: &str, number: &str, kind: &str, name: &str) -> Draft {
    let short = short_name(source);
    let id = match number {
        "" => format!("{short}:{}", fold(name).replace(' ', "-")),
        number => number.to_owned(),
    };
    let mut draft = Draft::new(issuer(source), &id, party_kind(kind));
    if !matches!(short, "SDN" | "") {
        draft.programme(short);
    }
    draft
}

/// `Entity List (EL) - Bureau of Industry and Security` → `EL`.
fn short_name(source: &str) -> &str {
    let bracketed = source.split_once('(').and_then(|(_, rest)| rest.split_once(')'));
    bracketed.map_or("", |(short, _)| short)
}

fn issuer(source: &str) -> Issuer {
    if source.contains("Treasury") {
        Issuer::Ofac
    } else if source.contains("Industry and Security") {
        Issuer::Bis
    } else {
        Issuer::UnitedStates
    }
}

fn party_kind(kind: &str) -> PartyKind {
    match kind {
        "Individual" => PartyKind::Person,
        "Entity" => PartyKind::Organisation,
        "Vessel" => PartyKind::Vessel,
        "Aircraft" => PartyKind::Aircraft,
        _ => PartyKind::Other,
    }
}

/// Only Treasury writes the family name of a person first.
fn reading_order(source: &str, kind: &str, name: &str) -> String {
    match (issuer(source), party_kind(kind)) {
        (Issuer::Ofac, PartyKind::Person) => from_comma_order(name),
        _ => name.to_owned(),
    }
}
