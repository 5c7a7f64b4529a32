//! The Denied Persons List of the Bureau of Industry and Security, tab-separated or CSV.

use crate::lists::day::american_day;
use crate::lists::draft::{Draft, merge_repeats};
use crate::lists::table::{Row, Sheet};
use crate::model::designation::{Designation, Issuer, NameQuality, PartyKind};
use crate::text::fold::fold;

/// Headings that tell the file from others.
pub(crate) const HEADINGS: &[&str] = &["name", "street address", "effective date", "fr citation"];

/// Reads the file. It has no numbers: a party is known by its name, and each row is an address.
///
/// # Errors
/// Where a row is cut off or the headings are missing.
pub(crate) fn read(text: &str) -> Result<Vec<Designation>, String> {
    let heading = text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    let separator = if heading.contains('\t') { b'\t' } else { b',' };
    let sheet = Sheet::read(text, separator, HEADINGS)?;
    Ok(merge_repeats(sheet.rows().filter_map(row).collect()))
}

fn row(row: Row<'_>) -> Option<Designation> {
    let id = format!("DPL:{}", fold(row.get("name")).replace(' ', "-"));
    let mut draft = Draft::new(Issuer::Bis, &id, PartyKind::Other);
    draft.name(row.get("name"), NameQuality::Primary);
    draft.programme("DPL");
    draft.country(row.get("country"));
    let parts = ["street address", "city", "state", "postal code", "country"];
    let parts: Vec<&str> =
        parts.iter().map(|part| row.get(part)).filter(|part| !part.is_empty()).collect();
    draft.labelled("Address", &parts.join(", "));
    draft.listed_on(american_day(row.get("effective date")));
    draft.labelled("Until", row.get("expiration date"));
    draft.labelled("Federal Register", row.get("fr citation"));
    draft.remark(row.get("action"));
    draft.finish()
}
