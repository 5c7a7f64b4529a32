//! The UK Sanctions List, as XML and as CSV.

use crate::lists::day::day;
use crate::lists::draft::{Draft, merge_repeats};
use crate::lists::reading_order::join;
use crate::lists::table::{Row, Sheet};
use crate::lists::xml::{Node, records};
use crate::model::designation::{Designation, Issuer, NameQuality, PartyKind};

/// Reads the XML file.
///
/// # Errors
/// Where the document is not whole.
pub(crate) fn read_xml(text: &str) -> Result<Vec<Designation>, String> {
    let mut parties = Vec::new();
    records(text, &["designation"], |node| parties.extend(party(&node)))?;
    Ok(parties)
}

fn party(node: &Node) -> Option<Designation> {
    let id = node.text_of("uniqueid");
    let mut draft =
        Draft::new(Issuer::UnitedKingdom, id, kind(node.text_of("individualentityship")));
    for name in node.anywhere("name") {
        let parts = ["name1", "name2", "name3", "name4", "name5", "name6"];
        let quality = quality(name.text_of("nametype"), name.text_of("aliasstrength"));
        draft.name(&join(&parts.map(|part| name.text_of(part))), quality);
    }
    each(node, "namenonlatinscript", |text| draft.name(text, NameQuality::Alias));
    draft.programme(node.text_of("regimename"));
    draft.listed_on(day(node.text_of("datedesignated")));
    draft.labelled("UN", node.text_of("unreferencenumber"));
    draft.labelled("Measures", node.text_of("sanctionsimposed"));
    draft.remark(node.text_of("otherinformation"));
    draft.remark(node.text_of("ukstatementofreasons"));
    for address in node.anywhere("address") {
        draft.labelled("Address", &address.whole_text());
        draft.country(address.text_of("addresscountry"));
    }
    for country in ["nationality", "currentbelievedflagofship"] {
        each(node, country, |text| draft.country(text));
    }
    each(node, "dob", |text| draft.birth(text));
    each(node, "position", |text| draft.position(text));
    each(node, "title", |text| draft.position(text));
    for location in node.anywhere("location") {
        draft.labelled("POB", &location.whole_text());
    }
    for (element, kind) in IDENTIFIERS {
        each(node, element, |text| draft.identifier(kind, text));
    }
    for (element, label) in REMARKS {
        each(node, element, |text| draft.labelled(label, text));
    }
    draft.finish()
}

/// Elements with a number, and its kind.
const IDENTIFIERS: &[(&str, &str)] = &[
    ("passportnumber", "passport"),
    ("nationalidentifiernumber", "national-id"),
    ("businessregistrationnumber", "registration"),
    ("imonumber", "imo"),
    ("phonenumber", "phone"),
    ("emailaddress", "email"),
    ("website", "website"),
];

/// Elements that become a remark, and the words before it.
const REMARKS: &[(&str, &str)] = &[
    ("gender", "Gender"),
    ("typeofentity", "Type"),
    ("parentcompany", "Parent company"),
    ("subsidiary", "Subsidiary"),
    ("typeofship", "Vessel Type"),
    ("currentowneroperator", "Owner or operator"),
];

fn each(node: &Node, name: &str, take: impl FnMut(&str)) {
    node.anywhere(name).into_iter().map(Node::text).filter(|text| !text.is_empty()).for_each(take);
}

/// The names of the list's three kinds of party.
fn kind(word: &str) -> PartyKind {
    match word.trim().to_ascii_lowercase().as_str() {
        "individual" => PartyKind::Person,
        "entity" => PartyKind::Organisation,
        "ship" => PartyKind::Vessel,
        _ => PartyKind::Other,
    }
}

fn quality(name_type: &str, strength: &str) -> NameQuality {
    let (name_type, strength) = (name_type.to_ascii_lowercase(), strength.to_ascii_lowercase());
    if name_type == "primary name" {
        NameQuality::Primary
    } else if strength.contains("low") {
        NameQuality::Weak
    } else if name_type.contains("previous") || name_type.contains("former") {
        NameQuality::Former
    } else {
        NameQuality::Alias
    }
}

/// Headings that tell the CSV file from others.
pub(crate) const HEADINGS: &[&str] = &["unique id", "name 6", "regime name"];

/// Reads the CSV file: a row for each name and each address of a party.
///
/// # Errors
/// Where a row is cut off or the headings are missing.
pub(crate) fn read_csv(text: &str) -> Result<Vec<Designation>, String> {
    let sheet = Sheet::read(text, b',', HEADINGS)?;
    Ok(merge_repeats(sheet.rows().filter_map(row).collect()))
}

fn row(row: Row<'_>) -> Option<Designation> {
    let kind = kind(row.get("designation type"));
    let mut draft = Draft::new(Issuer::UnitedKingdom, row.get("unique id"), kind);
    let parts = ["name 1", "name 2", "name 3", "name 4", "name 5", "name 6"];
    let quality = quality(row.get("name type"), row.get("alias strength"));
    draft.name(&join(&parts.map(|part| row.get(part))), quality);
    draft.name(row.get("name non latin script"), NameQuality::Alias);
    draft.programme(row.get("regime name"));
    draft.listed_on(day(row.get("date designated")));
    draft.labelled("UN", row.get("un reference number"));
    draft.labelled("Measures", row.get("sanctions imposed"));
    draft.remark(row.get("other information"));
    draft.remark(row.get("uk statement of reasons"));
    draft.country(row.get("address country"));
    draft.labelled("Address", &address(row));
    for country in ["nationality ies", "nationality", "current believed flag of ship"] {
        row.several(country).for_each(|text| draft.country(text));
    }
    row.several("d o b").for_each(|text| draft.birth(text));
    draft.position(row.get("position"));
    draft.position(row.get("title"));
    let born = [row.get("town of birth"), row.get("country of birth")];
    draft.labelled("POB", &join(&born));
    for (heading, kind) in NUMBERS {
        row.several(heading).for_each(|text| draft.identifier(kind, text));
    }
    draft.finish()
}

/// Columns with numbers, and their kinds.
const NUMBERS: &[(&str, &str)] = &[
    ("passport number", "passport"),
    ("national identifier number", "national-id"),
    ("business registration number s", "registration"),
    ("imo number", "imo"),
    ("phone number", "phone"),
    ("email address", "email"),
    ("website", "website"),
];

fn address(row: Row<'_>) -> String {
    let mut parts: Vec<String> =
        (1..=6).map(|line| row.get(&format!("address line {line}")).to_owned()).collect();
    parts.push(row.get("address postal code").to_owned());
    parts.push(row.get("address country").to_owned());
    parts.retain(|part| !part.is_empty());
    parts.join(", ")
}
