//! The consolidated financial sanctions of the European Union (FSF, XML 1.1).

use crate::lists::day::{birth, day};
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
    records(text, &["sanctionentity"], |node| parties.extend(party(&node)))?;
    Ok(parties)
}

fn party(node: &Node) -> Option<Designation> {
    let reference = node.attribute("eureferencenumber");
    let id = if reference.is_empty() { node.attribute("logicalid") } else { reference };
    let mut draft = Draft::new(Issuer::EuropeanUnion, id, kind(node));
    for (place, alias) in node.all("namealias").enumerate() {
        name(place, alias, &mut draft);
    }
    draft.listed_on(day(node.attribute("designationdate")));
    for regulation in node.all("regulation") {
        draft.programme(regulation.attribute("programme"));
        draft.listed_on(day(regulation.attribute("publicationdate")));
        draft.labelled("Regulation", regulation.attribute("numbertitle"));
    }
    node.all("remark").for_each(|remark| draft.remark(remark.text()));
    draft.remark(node.attribute("designationdetails"));
    draft.labelled("UN", node.attribute("unitednationid"));
    node.all("citizenship").for_each(|it| draft.country(country(it)));
    node.all("birthdate").for_each(|it| birthdate(it, &mut draft));
    node.all("address").for_each(|it| address(it, &mut draft));
    node.all("identification").for_each(|it| identification(it, &mut draft));
    draft.finish()
}

fn kind(node: &Node) -> PartyKind {
    let subject = node.child("subjecttype");
    let word = |name| subject.map_or("", |subject| subject.attribute(name));
    match (word("code"), word("classificationcode")) {
        ("person", _) | ("", "P") => PartyKind::Person,
        ("enterprise", _) | ("", "E") => PartyKind::Organisation,
        _ => PartyKind::Other,
    }
}

/// The first alias is the name of the listing; the list itself says which ones are weak.
fn name(place: usize, alias: &Node, draft: &mut Draft) {
    let quality = match (place, alias.attribute("strong")) {
        (0, _) => NameQuality::Primary,
        (_, "false") => NameQuality::Weak,
        _ => NameQuality::Alias,
    };
    let parts = ["firstname", "middlename", "lastname"].map(|part| alias.attribute(part));
    let whole = alias.attribute("wholename");
    let name = if whole.is_empty() { join(&parts) } else { whole.to_owned() };
    draft.name(&name, quality);
    draft.position(alias.attribute("function"));
    draft.position(alias.attribute("title"));
}

fn country(node: &Node) -> &str {
    let name = node.attribute("countrydescription");
    if name == "UNKNOWN" { "" } else { name }
}

fn birthdate(node: &Node, draft: &mut Draft) {
    let exact = node.attribute("birthdate");
    let parts = ["year", "monthofyear", "dayofmonth"].map(|part| node.attribute(part));
    let date =
        if exact.is_empty() { birth(parts[0], parts[1], parts[2]) } else { exact.to_owned() };
    let circa = if node.attribute("circa") == "true" && !date.is_empty() { "circa " } else { "" };
    draft.birth(&format!("{circa}{date}"));
    draft.labelled("POB", &place(node, &["place", "city", "region"]));
}

fn address(node: &Node, draft: &mut Draft) {
    draft.country(country(node));
    let parts = ["street", "pobox", "zipcode", "place", "city", "region"];
    draft.labelled("Address", &place(node, &parts));
}

fn place(node: &Node, parts: &[&str]) -> String {
    let mut parts: Vec<&str> = parts.iter().map(|part| node.attribute(part)).collect();
    parts.push(country(node));
    parts.retain(|part| !part.is_empty());
    parts.join(", ")
}

fn identification(node: &Node, draft: &mut Draft) {
    let (number, country) = (node.attribute("number"), node.attribute("countryiso2code"));
    let code = node.attribute("identificationtypecode");
    let description = node.attribute("identificationtypedescription");
    let label = if matches!(code, "" | "other") { description } else { code };
    draft.identifier(&kind_or_label(label, number, country), number);
}
