//! The Advanced Sanctions Data XML of OFAC (`SDN_ADVANCED.XML`, `CONS_ADVANCED.XML`), after the
//! UN's advanced sanctions data model: every word is a number in a table at the head, parties,
//! papers and programmes stand in sections of their own and point at each other.

use std::collections::HashMap;

use crate::lists::day::{birth, from_parts};
use crate::lists::draft::Draft;
use crate::lists::identifiers::{imo_number, kind_of, kind_or_label};
use crate::lists::reading_order::join;
use crate::lists::xml::{Node, records};
use crate::model::designation::{Designation, Issuer, NameQuality, PartyKind};

/// Reads the file.
///
/// # Errors
/// Where the document is not whole.
pub(crate) fn read(text: &str) -> Result<Vec<Designation>, String> {
    let mut file = File::default();
    let sections =
        ["referencevaluesets", "location", "idregdocument", "distinctparty", "sanctionsentry"];
    records(text, &sections, |node| file.take(node))?;
    file.finish()
}

/// The file while it is read. Papers and places stand before the parties, programmes behind them.
#[derive(Debug, Default)]
struct File {
    words: Words,
    /// Location number → place.
    places: HashMap<String, Place>,
    /// Identity number → its papers.
    papers: HashMap<String, Vec<Paper>>,
    parties: Vec<Draft>,
    /// Profile number → place in `parties`.
    profiles: HashMap<String, usize>,
    stray_entries: usize,
}

#[derive(Debug)]
struct Place {
    text: String,
    country: String,
}

#[derive(Debug)]
struct Paper {
    kind: String,
    number: String,
    country: String,
}

/// The tables at the head: what each number means.
#[derive(Debug, Default)]
struct Words {
    /// Element name and number → word.
    words: HashMap<(String, String), String>,
    /// Subtype of a party → its type.
    party_types: HashMap<String, String>,
}

impl Words {
    fn learn(&mut self, node: &Node) {
        for value in node.children.iter().flat_map(|set| &set.children) {
            let id = value.attribute("id").to_owned();
            if value.name == "partysubtype" {
                self.party_types.insert(id.clone(), value.attribute("partytypeid").to_owned());
            }
            let description = value.attribute("description");
            let word = match value.name.as_str() {
                "areacode" if !description.is_empty() => description,
                _ => value.text(),
            };
            self.words.insert((value.name.clone(), id), word.to_owned());
        }
    }

    /// The word of a number, from the table named after its elements.
    fn get(&self, table: &str, id: &str) -> &str {
        let key = (table.to_owned(), id.to_owned());
        self.words.get(&key).map_or("", String::as_str)
    }
}

impl File {
    fn take(&mut self, node: Node) {
        match node.name.as_str() {
            "referencevaluesets" => self.words.learn(&node),
            "location" => self.learn_place(&node),
            "idregdocument" => self.learn_paper(&node),
            "distinctparty" => self.add_party(&node),
            _ => self.add_entry(&node),
        }
    }

    fn finish(self) -> Result<Vec<Designation>, String> {
        if self.stray_entries * 50 > self.profiles.len() {
            let strays = self.stray_entries;
            return Err(format!("{strays} sanctions entries are of parties that it does not hold"));
        }
        Ok(self.parties.into_iter().filter_map(Draft::finish).collect())
    }

    fn learn_place(&mut self, node: &Node) {
        let country = node.child("locationcountry").map(|it| it.attribute("countryid"));
        let country = self.words.get("country", country.unwrap_or_default());
        let area = node.child("locationareacode").map(|it| it.attribute("areacodeid"));
        let area = self.words.get("areacode", area.unwrap_or_default());
        let country = if country.is_empty() { area } else { country };
        let mut parts: Vec<&str> = node
            .anywhere("value")
            .into_iter()
            .map(Node::text)
            .filter(|it| !it.is_empty())
            .collect();
        parts.extend(Some(country).filter(|country| !country.is_empty()));
        let place = Place { text: parts.join(", "), country: country.to_owned() };
        self.places.insert(node.attribute("id").to_owned(), place);
    }

    fn learn_paper(&mut self, node: &Node) {
        let country = self.words.get("country", node.attribute("issuedby-countryid"));
        let label = self.words.get("idregdoctype", node.attribute("idregdoctypeid"));
        let number = node.text_of("idregistrationno");
        let paper = Paper {
            kind: kind_or_label(label, number, country),
            number: number.to_owned(),
            country: country.to_owned(),
        };
        self.papers.entry(node.attribute("identityid").to_owned()).or_default().push(paper);
    }

    fn add_party(&mut self, node: &Node) {
        for profile in node.all("profile") {
            let id = profile.attribute("id");
            let kind = self.kind(profile.attribute("partysubtypeid"));
            let mut draft = Draft::new(Issuer::Ofac, id, kind);
            for identity in profile.all("identity") {
                self.read_identity(identity, &mut draft);
            }
            profile.all("feature").for_each(|feature| self.read_feature(feature, &mut draft));
            node.all("comment").for_each(|comment| draft.remark(comment.text()));
            self.profiles.insert(id.to_owned(), self.parties.len());
            self.parties.push(draft);
        }
    }

    fn kind(&self, subtype: &str) -> PartyKind {
        let party_type = self.words.party_types.get(subtype).map_or("", String::as_str);
        match (self.words.get("partysubtype", subtype), self.words.get("partytype", party_type)) {
            ("Vessel", _) => PartyKind::Vessel,
            ("Aircraft", _) => PartyKind::Aircraft,
            (_, "Individual") => PartyKind::Person,
            (_, "Entity") => PartyKind::Organisation,
            _ => PartyKind::Other,
        }
    }

    fn read_identity(&self, identity: &Node, draft: &mut Draft) {
        let types: HashMap<&str, &str> = identity
            .anywhere("namepartgroup")
            .into_iter()
            .map(|group| (group.attribute("id"), group.attribute("nameparttypeid")))
            .collect();
        for alias in identity.all("alias") {
            let quality = self.quality(alias);
            for name in alias.all("documentedname") {
                draft.name(&self.name(name, &types), quality);
            }
        }
        for paper in self.papers.get(identity.attribute("id")).into_iter().flatten() {
            match paper.kind.as_str() {
                "imo" => draft.identifier("imo", &imo_number(&paper.number)),
                kind => draft.identifier(kind, &paper.number),
            }
            if matches!(paper.kind.as_str(), "passport" | "national-id") {
                draft.country(&paper.country);
            }
        }
    }

    fn quality(&self, alias: &Node) -> NameQuality {
        let word = self.words.get("aliastype", alias.attribute("aliastypeid"));
        match (alias.attribute("lowquality"), alias.attribute("primary"), word) {
            ("true", _, _) => NameQuality::Weak,
            (_, "true", _) => NameQuality::Primary,
            (_, _, "F.K.A.") => NameQuality::Former,
            _ => NameQuality::Alias,
        }
    }

    /// The parts of a name as they are read; within one rank in the order of the file.
    fn name(&self, name: &Node, types: &HashMap<&str, &str>) -> String {
        let mut parts: Vec<(u8, &str)> = name
            .anywhere("namepartvalue")
            .into_iter()
            .map(|part| {
                let kind = types.get(part.attribute("namepartgroupid")).copied();
                (rank(self.words.get("nameparttype", kind.unwrap_or_default())), part.text())
            })
            .collect();
        parts.sort_by_key(|(rank, _)| *rank);
        join(&parts.into_iter().map(|(_, text)| text).collect::<Vec<_>>())
    }

    fn read_feature(&self, feature: &Node, draft: &mut Draft) {
        let label = self.words.get("featuretype", feature.attribute("featuretypeid"));
        for version in feature.all("featureversion") {
            let detail = self.detail(version);
            let place = version.child("versionlocation").map(|it| it.attribute("locationid"));
            let place = place.and_then(|id| self.places.get(id));
            match label {
                "Birthdate" => draft.birth(&birthdate(version)),
                "Title" => draft.position(&detail),
                "Place of Birth" => {
                    draft.labelled("POB", place.map_or(detail.as_str(), |place| &place.text));
                }
                _ => self.read_other(label, &detail, place, draft),
            }
        }
    }

    fn read_other(&self, label: &str, detail: &str, place: Option<&Place>, draft: &mut Draft) {
        if let Some(kind) = kind_of(label, detail, "").filter(|_| !detail.is_empty()) {
            return draft.identifier(&kind, detail);
        }
        let Some(place) = place else {
            return draft.labelled(label, detail);
        };
        match label {
            "Nationality Country" | "Citizenship Country" | "Nationality of Registration" => {
                draft.country(&place.country);
            }
            "Location" => {
                draft.country(&place.country);
                draft.labelled("Address", &place.text);
            }
            _ => draft.labelled(label, &place.text),
        }
    }

    /// What a feature says: its own text, or the word its number stands for.
    fn detail(&self, version: &Node) -> String {
        let details = version.all("versiondetail").map(|detail| match detail.text() {
            "" => self.words.get("detailreference", detail.attribute("detailreferenceid")),
            text => text,
        });
        join(&details.collect::<Vec<_>>())
    }

    /// Programmes stand as comments on the measures of an entry.
    fn add_entry(&mut self, node: &Node) {
        let Some(place) = self.profiles.get(node.attribute("profileid")) else {
            self.stray_entries += 1;
            return;
        };
        let draft = &mut self.parties[*place];
        for event in node.all("entryevent") {
            let date = event.child("date");
            let part = |name| date.map_or("", |date| date.text_of(name));
            draft.listed_on(from_parts(part("year"), part("month"), part("day")));
        }
        for measure in node.all("sanctionsmeasure") {
            let kind = self.words.get("sanctionstype", measure.attribute("sanctionstypeid"));
            match kind {
                "Program" => draft.programme(measure.text_of("comment")),
                kind => draft.labelled("Measure:", &join(&[kind, measure.text_of("comment")])),
            }
        }
    }
}

/// From the start of a period, or both ends where they are years apart.
fn birthdate(version: &Node) -> String {
    let edge = |period: &Node, side: &str, end: &str| {
        let date = period.child(side).and_then(|side| side.child(end));
        let part = |name| date.map_or("", |date| date.text_of(name));
        birth(part("year"), part("month"), part("day"))
    };
    let Some(period) = version.child("dateperiod") else { return String::new() };
    let (from, to) = (edge(period, "start", "from"), edge(period, "end", "to"));
    let circa = period.child("start").is_some_and(|start| start.attribute("approximate") == "true");
    let circa = if circa && !from.is_empty() { "circa " } else { "" };
    match (from.as_str(), to.as_str()) {
        (from, to) if to.is_empty() || from == to => format!("{circa}{from}"),
        // A whole year is written as its first and last day.
        (from, to) if from.ends_with("-01-01") && to == format!("{}-12-31", &from[..4]) => {
            format!("{circa}{}", &from[..4])
        }
        (from, to) => format!("{circa}{from} to {to}"),
    }
}

/// Where a part stands in a name as it is read.
fn rank(part: &str) -> u8 {
    match part {
        "First Name" => 1,
        "Middle Name" => 2,
        "Patronymic" => 3,
        "Last Name" => 4,
        "Matronymic" => 5,
        "Maiden Name" => 6,
        _ => 7,
    }
}
