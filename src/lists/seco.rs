//! The consolidated list of Switzerland's State Secretariat for Economic Affairs (XML).
//!
//! A name is a set of parts, each with its value and spelling variants by language and script; the
//! names are put together again, one for each script and language that the parts share.

use std::collections::{BTreeSet, HashMap};

use crate::lists::day::{birth, day};
use crate::lists::draft::Draft;
use crate::lists::identifiers::kind_or_label;
use crate::lists::reading_order::join;
use crate::lists::xml::{Node, records};
use crate::model::designation::{Designation, Issuer, NameQuality, PartyKind};

/// Names put together from one set of parts.
const VARIANTS_MAX: usize = 50;

/// Reads the file.
///
/// # Errors
/// Where the document is not whole.
pub(crate) fn read(text: &str) -> Result<Vec<Designation>, String> {
    let mut programmes: HashMap<String, String> = HashMap::new();
    let mut places: HashMap<String, String> = HashMap::new();
    let mut targets = Vec::new();
    records(text, &["sanctions-program", "place", "target"], |node| match node.name.as_str() {
        "sanctions-program" => learn_programme(&node, &mut programmes),
        "place" => {
            let parts: Vec<&str> = node.children.iter().map(Node::text).collect();
            let parts: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
            places.insert(node.attribute("ssid").to_owned(), parts.join(", "));
        }
        _ => targets.push(node),
    })?;
    // Places stand behind the targets that name them.
    Ok(targets.iter().filter_map(|node| party(node, &programmes, &places)).collect())
}

/// A programme lists the sets of sanctions that targets name.
fn learn_programme(node: &Node, programmes: &mut HashMap<String, String>) {
    let english = |name| {
        let in_english = node.all(name).find(|it| it.attribute("lang") == "eng");
        in_english.or_else(|| node.child(name)).map_or("", Node::text)
    };
    let key = english("program-key");
    let name = if key.is_empty() { english("program-name") } else { key };
    for set in node.all("sanctions-set") {
        programmes.insert(set.attribute("ssid").to_owned(), name.to_owned());
    }
    programmes.insert(node.attribute("ssid").to_owned(), name.to_owned());
}

fn party(
    node: &Node,
    programmes: &HashMap<String, String>,
    places: &HashMap<String, String>,
) -> Option<Designation> {
    let subject = node.children.iter().find_map(|child| kind(child).map(|kind| (child, kind)));
    let (subject, kind) = subject?;
    let mut draft = Draft::new(Issuer::Switzerland, node.attribute("ssid"), kind);
    let sets = node.all("sanctions-set-id").map(Node::text);
    for set in sets.chain([node.attribute("sanctions-set-id")]) {
        draft.programme(programmes.get(set).map_or("", String::as_str));
    }
    for change in node.all("modification") {
        if change.attribute("modification-type") == "listed" {
            let effective = change.attribute("effective-date");
            let enacted = change.attribute("enactment-date");
            draft.listed_on(day(if effective.is_empty() { enacted } else { effective }));
        }
    }
    draft.labelled("Reference", node.text_of("foreign-identifier"));
    for text in ["justification", "other-information"] {
        for remark in subject.all(text).map(Node::whole_text) {
            draft.identifier("imo", ship_number(&remark).unwrap_or_default());
            draft.remark(&remark);
        }
    }
    for (place, one) in subject.all("identity").enumerate() {
        let is_main = one.attribute("main") == "true" || place == 0;
        identity(one, is_main, places, &mut draft);
    }
    draft.finish()
}

/// The seven digits after `IMO`: a ship's number stands in the text on it.
fn ship_number(text: &str) -> Option<&str> {
    let (_, rest) = text.split_once("IMO")?;
    let digits = rest.find(|c: char| c.is_ascii_digit()).map(|at| &rest[at..])?;
    let end = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
    // Within a few words: "IMO number: 9187629".
    (end == 7 && rest.len() - digits.len() <= 16).then_some(&digits[..end])
}

fn kind(node: &Node) -> Option<PartyKind> {
    match (node.name.as_str(), node.attribute("object-type")) {
        ("individual", _) => Some(PartyKind::Person),
        ("entity", _) => Some(PartyKind::Organisation),
        ("object", "vessel") => Some(PartyKind::Vessel),
        ("object", "aircraft") => Some(PartyKind::Aircraft),
        ("object", _) => Some(PartyKind::Other),
        _ => None,
    }
}

fn identity(node: &Node, is_main: bool, places: &HashMap<String, String>, draft: &mut Draft) {
    for name in node.all("name") {
        let quality = match (name.attribute("quality"), name.attribute("name-type")) {
            ("low", _) => NameQuality::Weak,
            (_, "formerly-known-as") => NameQuality::Former,
            (_, "primary-name") if is_main => NameQuality::Primary,
            _ => NameQuality::Alias,
        };
        for (place, text) in spellings(name).iter().enumerate() {
            let spelt = if quality == NameQuality::Primary { NameQuality::Alias } else { quality };
            draft.name(text, if place == 0 { quality } else { spelt });
        }
    }
    for date in node.all("day-month-year") {
        let parts = ["year", "month", "day"].map(|part| date.attribute(part));
        draft.birth(&birth(parts[0], parts[1], parts[2]));
    }
    for nationality in node.all("nationality") {
        nationality.all("country").for_each(|it| draft.country(it.text()));
    }
    let place = |node: &Node| places.get(node.attribute("place-id")).cloned().unwrap_or_default();
    node.all("place-of-birth").for_each(|it| draft.labelled("POB", &place(it)));
    for address in node.all("address") {
        draft.labelled("Address", &join(&[&address.whole_text(), &place(address)]));
    }
    for document in node.all("identification-document") {
        let (number, label) = (document.text_of("number"), document.attribute("document-type"));
        let country = document.child("issuer").map_or("", |it| it.attribute("code"));
        draft.identifier(&kind_or_label(label, number, country), number);
    }
}

/// Language and script of a spelling.
type Style<'n> = (&'n str, &'n str);

/// The name as listed, then in each further spelling. A part without a spelling in that style
/// stands as listed if the scripts are the same; a name half in one script and half in another is
/// no name.
fn spellings(name: &Node) -> Vec<String> {
    let mut parts: Vec<&Node> = name.all("name-part").collect();
    // By meaning, then by the order the list gives.
    parts.sort_by_key(|part| {
        (rank(part.attribute("name-part-type")), part.attribute("order").parse().unwrap_or(0_u32))
    });
    let mut texts = vec![join(&parts.iter().map(|it| it.text_of("value")).collect::<Vec<_>>())];
    let styles: BTreeSet<Style<'_>> =
        parts.iter().flat_map(|part| part.all("spelling-variant")).map(style).collect();
    for wanted in styles.into_iter().take(VARIANTS_MAX) {
        let spelt: Option<Vec<&str>> = parts.iter().map(|part| spelling(part, wanted)).collect();
        texts.extend(spelt.map(|parts| join(&parts)));
    }
    texts
}

fn style(variant: &Node) -> Style<'_> {
    (variant.attribute("lang"), variant.attribute("script"))
}

fn spelling<'n>(part: &'n Node, wanted: Style<'_>) -> Option<&'n str> {
    let found = part.all("spelling-variant").find(|variant| style(variant) == wanted);
    let as_listed = || (wanted.1 == "Latn").then(|| part.text_of("value"));
    found.map(Node::text).or_else(as_listed)
}

/// Where a part stands in a name as it is read.
fn rank(part: &str) -> u8 {
    match part {
        "title" => 0,
        "given-name" => 1,
        "further-given-name" => 2,
        "father-name" => 3,
        "grand-father-name" => 4,
        "family-name" => 6,
        "maiden-name" => 7,
        "tribal-name" => 8,
        "suffix" => 9,
        _ => 5,
    }
}
