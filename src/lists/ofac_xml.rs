//! The flat XML of OFAC (`SDN.XML`, `CONSOLIDATED.XML`).

use crate::lists::draft::Draft;
use crate::lists::identifiers::{imo_number, kind_or_label};
use crate::lists::reading_order::join;
use crate::lists::remarks;
use crate::lists::xml::{Node, records};
use crate::model::designation::{Designation, Issuer, NameQuality, PartyKind};

/// Reads the file.
///
/// # Errors
/// Where the document is not whole, or holds another number of entries than it says.
pub(crate) fn read(text: &str) -> Result<Vec<Designation>, String> {
    let mut parties = Vec::new();
    let mut entries = 0_usize;
    let mut announced = None;
    records(text, &["record_count", "sdnentry"], |node| match node.name.as_str() {
        "sdnentry" => {
            entries += 1;
            parties.extend(party(&node));
        }
        _ => announced = node.text().parse::<usize>().ok(),
    })?;
    match announced {
        Some(announced) if announced != entries => {
            Err(format!("it announces {announced} entries and holds {entries}"))
        }
        _ => Ok(parties),
    }
}

fn party(node: &Node) -> Option<Designation> {
    let kind = match node.text_of("sdntype").to_ascii_lowercase().as_str() {
        "individual" => PartyKind::Person,
        "vessel" => PartyKind::Vessel,
        "aircraft" => PartyKind::Aircraft,
        _ => PartyKind::Organisation,
    };
    let mut draft = Draft::new(Issuer::Ofac, node.text_of("uid"), kind);
    draft.name(&name(node), NameQuality::Primary);
    node.text_of("title").split(';').for_each(|title| draft.position(title));
    remarks::read(node.text_of("remarks"), &mut draft);
    within(node, "programlist", "program").for_each(|it| draft.programme(it.text()));
    within(node, "akalist", "aka").for_each(|it| alias(it, &mut draft));
    within(node, "addresslist", "address").for_each(|it| address(it, &mut draft));
    within(node, "idlist", "id").for_each(|it| identifier(it, &mut draft));
    for (list, item) in [("nationalitylist", "nationality"), ("citizenshiplist", "citizenship")] {
        within(node, list, item).for_each(|it| draft.country(it.text_of("country")));
    }
    within(node, "dateofbirthlist", "dateofbirthitem")
        .for_each(|it| draft.birth(it.text_of("dateofbirth")));
    within(node, "placeofbirthlist", "placeofbirthitem")
        .for_each(|it| draft.labelled("POB", it.text_of("placeofbirth")));
    if let Some(vessel) = node.child("vesselinfo") {
        draft.identifier("call-sign", vessel.text_of("callsign"));
        draft.labelled("Vessel Type", vessel.text_of("vesseltype"));
        draft.country(vessel.text_of("vesselflag"));
        draft.labelled("Vessel Owner", vessel.text_of("vesselowner"));
    }
    draft.finish()
}

fn within<'n>(node: &'n Node, list: &str, item: &'n str) -> impl Iterator<Item = &'n Node> {
    node.child(list).into_iter().flat_map(move |list| list.all(item))
}

fn name(node: &Node) -> String {
    join(&[node.text_of("firstname"), node.text_of("lastname")])
}

fn alias(node: &Node, draft: &mut Draft) {
    let quality = match (node.text_of("category"), node.text_of("type")) {
        ("weak", _) => NameQuality::Weak,
        (_, "f.k.a.") => NameQuality::Former,
        _ => NameQuality::Alias,
    };
    draft.name(&name(node), quality);
}

fn address(node: &Node, draft: &mut Draft) {
    draft.country(node.text_of("country"));
    let parts =
        ["address1", "address2", "address3", "city", "stateorprovince", "postalcode", "country"];
    let parts: Vec<&str> =
        parts.iter().map(|part| node.text_of(part)).filter(|part| !part.is_empty()).collect();
    draft.labelled("Address", &parts.join(", "));
}

fn identifier(node: &Node, draft: &mut Draft) {
    let (label, number) = (node.text_of("idtype"), node.text_of("idnumber"));
    let kind = kind_or_label(label, number, node.text_of("idcountry"));
    match kind.as_str() {
        "imo" => draft.identifier("imo", &imo_number(number)),
        // "Gender Male" and "Secondary sanctions risk: …" stand among the numbers.
        _ if !number.contains(|c: char| c.is_ascii_digit()) && !kind.starts_with("wallet:") => {
            draft.labelled(label, number);
        }
        kind => draft.identifier(kind, number),
    }
}
