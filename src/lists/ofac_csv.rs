//! The CSV files of OFAC: `sdn.csv` with `alt.csv`, `add.csv` and `sdn_comments.csv` beside it, and
//! `cons_prim.csv` with its own three. No headings; `-0-` is nothing.

use std::collections::HashMap;

use crate::lists::draft::Draft;
use crate::lists::reading_order::{from_comma_order, join};
use crate::lists::{remarks, table};
use crate::model::designation::{Designation, Issuer, NameQuality, PartyKind};

/// Fields of a row of each file.
pub(crate) const PRIMARY_FIELDS: usize = 12;
const ALIAS_FIELDS: usize = 5;
const ADDRESS_FIELDS: usize = 6;
const COMMENT_FIELDS: usize = 2;

/// Share of the rows beside the main file that may name parties it does not hold: the files are
/// fetched one after the other. None does in the editions that are known to be whole.
const STRAY_SHARE_MAX: f64 = 0.005;

/// The texts of one set of files; those beside the main one may be absent.
#[derive(Debug, Default)]
pub(crate) struct Texts<'t> {
    pub(crate) primary: &'t str,
    pub(crate) aliases: &'t str,
    pub(crate) addresses: &'t str,
    pub(crate) comments: &'t str,
}

/// What a set of files gave.
#[derive(Debug)]
pub(crate) struct Set {
    pub(crate) parties: Vec<Designation>,
    /// Sentences on what is odd about the files.
    pub(crate) remarks: Vec<String>,
}

/// Reads a set of files.
///
/// # Errors
/// A file that is cut off, or whose rows belong to another set.
pub(crate) fn read(texts: &Texts<'_>) -> Result<Set, String> {
    let primary = table::rows(texts.primary, b',', PRIMARY_FIELDS)?;
    let mut remarks = Vec::new();
    if !primary.marked {
        refuse_cut_field(&primary.rows)?;
        let text = "the end mark (0x1A) is missing; a cut at the end of a row would not show";
        remarks.push(text.to_owned());
    }
    let comments = beside("comments", texts.comments, COMMENT_FIELDS)?;
    let mut more: HashMap<&str, &str> =
        comments.iter().map(|row| (row[0].trim(), row[1].as_str())).collect();
    let mut drafts: Vec<Draft> = Vec::with_capacity(primary.rows.len());
    let mut places: HashMap<&str, usize> = HashMap::with_capacity(primary.rows.len());
    for row in &primary.rows {
        places.insert(row[0].trim(), drafts.len());
        drafts.push(party(row, more.remove(row[0].trim()).unwrap_or_default()));
    }
    let mut stray = 0;
    let aliases = beside("aliases", texts.aliases, ALIAS_FIELDS)?;
    for row in &aliases {
        match places.get(row[0].trim()) {
            Some(place) => alias(row, &mut drafts[*place]),
            None => stray += 1,
        }
    }
    let addresses = beside("addresses", texts.addresses, ADDRESS_FIELDS)?;
    for row in &addresses {
        match places.get(row[0].trim()) {
            Some(place) => address(row, &mut drafts[*place]),
            None => stray += 1,
        }
    }
    if 0 < stray {
        let rows = aliases.len() + addresses.len();
        let text = format!(
            "{stray} of {rows} aliases and addresses name parties that are not in the main file"
        );
        if rows as f64 * STRAY_SHARE_MAX < stray as f64 {
            return Err(text);
        }
        remarks.push(text);
    }
    let parties = drafts.into_iter().filter_map(Draft::finish).collect();
    Ok(Set { parties, remarks })
}

/// The last field is text in quotes or the sign for nothing; a piece of that sign is a cut.
fn refuse_cut_field(rows: &[Vec<String>]) -> Result<(), String> {
    let last = rows.last().and_then(|row| row.get(PRIMARY_FIELDS - 1));
    match last.map(|field| field.trim()) {
        Some("" | "-" | "-0") => Err("the last row ends within its last field".to_owned()),
        _ => Ok(()),
    }
}

fn beside(what: &str, text: &str, fields: usize) -> Result<Vec<Vec<String>>, String> {
    let read = table::rows(text, b',', fields);
    read.map(|read| read.rows).map_err(|fault| format!("in the file of {what}: {fault}"))
}

/// `ent_num, SDN_Name, SDN_Type, Program, Title, Call_Sign, Vess_type, Tonnage, GRT, Vess_flag,
/// Vess_owner, Remarks`; a long remark goes on in the file of comments.
fn party(row: &[String], continued: &str) -> Draft {
    let kind = kind(field(row, 2));
    let mut draft = Draft::new(Issuer::Ofac, &row[0], kind);
    draft.name(&in_reading_order(kind, field(row, 1)), NameQuality::Primary);
    for programme in field(row, 3).split([';', '[', ']']) {
        draft.programme(programme);
    }
    field(row, 4).split(';').for_each(|title| draft.position(title));
    draft.identifier("call-sign", field(row, 5));
    draft.labelled("Vessel Type", field(row, 6));
    draft.labelled("Tonnage", field(row, 7));
    draft.labelled("Gross Registered Tonnage", field(row, 8));
    draft.country(field(row, 9));
    draft.labelled("Vessel Owner", field(row, 10));
    remarks::read(&format!("{}{continued}", field(row, 11)), &mut draft);
    draft
}

/// `ent_num, alt_num, alt_type, alt_name, alt_remarks`.
fn alias(row: &[String], draft: &mut Draft) {
    let quality = match field(row, 2) {
        "fka" => NameQuality::Former,
        _ => NameQuality::Alias,
    };
    draft.name(&in_reading_order(draft.kind(), field(row, 3)), quality);
}

/// `ent_num, add_num, address, city/state/postcode, country, add_remarks`.
fn address(row: &[String], draft: &mut Draft) {
    let country = field(row, 4);
    if !country.starts_with("Region:") {
        draft.country(country);
    }
    let parts = [field(row, 2), field(row, 3), country];
    let parts: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    draft.labelled("Address", &parts.join(", "));
}

/// A field without the sign for nothing.
fn field(row: &[String], at: usize) -> &str {
    let field = row.get(at).map_or("", |field| field.trim());
    // The last field of a file may have lost its end: an editor took the mark and more away.
    if matches!(field, "-0-" | "-0") { "" } else { field }
}

fn kind(word: &str) -> PartyKind {
    match word {
        "individual" => PartyKind::Person,
        "vessel" => PartyKind::Vessel,
        "aircraft" => PartyKind::Aircraft,
        _ => PartyKind::Organisation,
    }
}

fn in_reading_order(kind: PartyKind, name: &str) -> String {
    match kind {
        PartyKind::Person => from_comma_order(name),
        _ => join(&[name]),
    }
}

/// One of the files of a set, as its name tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    Primary,
    Aliases,
    Addresses,
    Comments,
}

/// The part a file is, by its name without folder: `sdn.csv`, `SDN_ALT.csv`, `cons_prim.csv` …
pub(crate) fn part(name: &str) -> Option<Part> {
    let file = name.rsplit(['/', '\\']).next().unwrap_or(name).to_ascii_lowercase();
    let stem = file.split('.').next().unwrap_or(&file);
    let stem = stem.strip_prefix("sdn_").or_else(|| stem.strip_prefix("cons_")).unwrap_or(stem);
    match stem {
        "sdn" | "prim" | "primary" => Some(Part::Primary),
        "alt" => Some(Part::Aliases),
        "add" => Some(Part::Addresses),
        "comments" => Some(Part::Comments),
        _ => None,
    }
}

/// Whether a file belongs to the consolidated list and not to the SDN list.
pub(crate) fn is_consolidated(name: &str) -> bool {
    let file = name.rsplit(['/', '\\']).next().unwrap_or(name);
    file.to_ascii_lowercase().starts_with("cons")
}
