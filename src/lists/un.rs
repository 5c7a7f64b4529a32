//! The consolidated list of the United Nations Security Council (XML).

use crate::lists::day::day;
use crate::lists::draft::Draft;
use crate::lists::identifiers::kind_or_label;
use crate::lists::reading_order::join;
use crate::lists::xml::{Node, records};
use crate::model::designation::{Designation, Issuer, NameQuality, PartyKind};

/// Reads the file.
///
/// # Errors
/// Where the document is not whole.
pub(crate) fn read(text: &str) -> Result<Vec<Designation>, String> {
    let mut parties = Vec::new();
    records(text, &["individual", "entity"], |node| parties.extend(party(&node)))?;
    Ok(parties)
}

fn party(node: &Node) -> Option<Designation> {
    let kind = match node.name.as_str() {
        "individual" => PartyKind::Person,
        _ => PartyKind::Organisation,
    };
    let reference = node.text_of("reference_number");
    let id = if reference.is_empty() { node.text_of("dataid") } else { reference };
    let mut draft = Draft::new(Issuer::UnitedNations, id, kind);
    let parts = ["first_name", "second_name", "third_name", "fourth_name"];
    draft.name(&join(&parts.map(|part| node.text_of(part))), NameQuality::Primary);
    draft.name(node.text_of("name_original_script"), NameQuality::Alias);
    draft.programme(node.text_of("un_list_type"));
    draft.listed_on(day(node.text_of("listed_on")));
    draft.labelled("Gender", node.text_of("gender"));
    draft.remark(node.text_of("comments1"));
    for values in node.children.iter().filter(|child| child.child("value").is_some()) {
        for value in values.all("value") {
            match values.name.as_str() {
                "title" | "designation" => draft.position(value.text()),
                "nationality" => draft.country(value.text()),
                _ => {}
            }
        }
    }
    for child in &node.children {
        match child.name.as_str() {
            "individual_alias" | "entity_alias" => alias(child, &mut draft),
            "individual_address" | "entity_address" => address(child, &mut draft),
            "individual_date_of_birth" => birth(child, &mut draft),
            "individual_place_of_birth" => draft.labelled("POB", &place(child)),
            "individual_document" => document(child, &mut draft),
            _ => {}
        }
    }
    draft.finish()
}

fn alias(node: &Node, draft: &mut Draft) {
    let quality = match node.text_of("quality") {
        "Low" => NameQuality::Weak,
        "f.k.a." => NameQuality::Former,
        _ => NameQuality::Alias,
    };
    // The list puts several low aliases into one element, with semicolons between.
    for name in node.text_of("alias_name").split(';') {
        draft.name(name, quality);
    }
}

fn address(node: &Node, draft: &mut Draft) {
    draft.country(node.text_of("country"));
    draft.labelled("Address", &place(node));
}

fn place(node: &Node) -> String {
    let parts = ["street", "city", "state_province", "zip_code", "country", "note"];
    let parts: Vec<&str> =
        parts.iter().map(|part| node.text_of(part)).filter(|part| !part.is_empty()).collect();
    parts.join(", ")
}

fn birth(node: &Node, draft: &mut Draft) {
    let (from, to) = (node.text_of("from_year"), node.text_of("to_year"));
    if !from.is_empty() && !to.is_empty() {
        draft.birth(&format!("{from} to {to}"));
    }
    for part in ["date", "year", "note"] {
        draft.birth(node.text_of(part));
    }
}

fn document(node: &Node, draft: &mut Draft) {
    let (number, country) = (node.text_of("number"), node.text_of("issuing_country"));
    let label = node.text_of("type_of_document");
    let label = if label.is_empty() { node.text_of("type_of_document2") } else { label };
    draft.identifier(&kind_or_label(label, number, country), number);
}
