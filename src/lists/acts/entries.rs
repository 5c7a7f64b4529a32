//! The entries of an act, as each issuer prints them.

use chrono::NaiveDate;

use crate::lists::reading_order::from_comma_order;
use crate::model::act::ActParty;
use crate::model::designation::Identifier;
use crate::text::checksum::is_ship_number;
use crate::text::legal_forms::group;
use crate::text::names::folded_words;

/// Days between an act and the day of listing in an entry that is new with it: amended entries keep
/// their old day.
const NEW_WITHIN: i64 = 10;
/// Longest name, in words.
const WORDS_MAX: usize = 20;

/// What begins a remark on other names.
const OTHER_NAMES: [&str; 8] =
    ["a.k.a", "f.k.a", "n.k.a", "alias", "also known as", "formerly", "née", "good quality"];

/// OFAC: under "The following … have been added to", an entry a line, which ends with its programme in
/// brackets.
pub(super) fn ofac(text: &str) -> Vec<ActParty> {
    let mut parties = Vec::new();
    let mut adds = false;
    for line in text.lines().map(str::trim) {
        if line.get(..13).is_some_and(|head| head.eq_ignore_ascii_case("the following")) {
            let heading = line.to_ascii_lowercase();
            adds = heading.contains("added to") && heading.contains("list");
        } else if adds && let Some(entry) = before_programme(line) {
            parties.extend(party(ofac_name(entry), entry));
        }
    }
    parties
}

/// What stands before the programme: `[RUSSIA-EO14024]`, `[SDGT] [IFSR]`. A change of an entry, with
/// its old and new form, is none that was added.
fn before_programme(line: &str) -> Option<&str> {
    let (entry, rest) = line.split_once('[')?;
    let (tag, _) = rest.split_once(']')?;
    let is_tag = tag.starts_with(|c: char| c.is_ascii_uppercase())
        && tag.bytes().all(|byte| {
            byte.is_ascii_uppercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'_')
        });
    (is_tag && !line.contains("-to-")).then_some(entry)
}

/// `VELL, Ivan Petrovich (a.k.a. …), Moscow; DOB …; (individual)`: capitals, as far as they go.
fn ofac_name(entry: &str) -> Option<String> {
    let head = &entry[..entry.find(';').unwrap_or(entry.len())];
    let head = before_other_names(head);
    if entry.contains("(individual)") {
        let mut parts = head.split(',').map(str::trim);
        let (family, given) = (parts.next()?, parts.next()?);
        let is_name = |part: &str| !part.is_empty() && !part.contains(|c: char| c.is_ascii_digit());
        return (is_name(family) && is_capital(family) && is_name(given))
            .then(|| from_comma_order(&format!("{family}, {given}")));
    }
    let mut parts = head.split(',').map(str::trim);
    let first = parts.next()?;
    // A ship's type and flag follow its name without a comma.
    let mut name = match entry.contains("(vessel)") {
        // So does its call sign, in brackets.
        true => capital_words(first.split(" (").next().unwrap_or(first)),
        false => Some(first.to_owned()).filter(|first| is_capital(first))?,
    };
    for part in parts {
        if group(&folded_words(part)).is_none() || !is_capital(part) {
            break;
        }
        name = format!("{name}, {part}");
    }
    Some(name)
}

fn is_capital(text: &str) -> bool {
    !text.contains(char::is_lowercase)
}

/// The words up to the first with a small letter.
fn capital_words(text: &str) -> String {
    let words: Vec<&str> = text.split(' ').take_while(|word| is_capital(word)).collect();
    words.join(" ")
}

/// The Official Journal: a row of a table for each, with its number first and its day of listing last.
pub(super) fn journal(text: &str, published: NaiveDate) -> Vec<ActParty> {
    let mut parties = Vec::new();
    for row in text.lines() {
        let cells: Vec<&str> = row.split(" | ").map(str::trim).collect();
        let [number, name, .., day] = cells.as_slice() else { continue };
        let number = number.trim_end_matches(['.', ')']);
        let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
        if is_number && is_new(written_day(day), published) {
            parties.extend(party(Some(before_other_names(name).to_owned()), row));
        }
    }
    parties
}

/// The Treasury of the United Kingdom: numbered entries that end with a group, each with the day it was
/// listed on.
pub(super) fn united_kingdom(text: &str, published: NaiveDate) -> Vec<ActParty> {
    let mut entries: Vec<(String, String)> = Vec::new();
    for line in text.lines().map(str::trim) {
        match after_number(line) {
            Some(name) => entries.push((name.to_owned(), line.to_owned())),
            None => {
                if let Some((_, whole)) = entries.last_mut() {
                    whole.push(' ');
                    whole.push_str(line);
                }
            }
        }
    }
    let is_whole = |whole: &str| {
        let listed = after_label(whole, "Listed on:")
            .or_else(|| after_label(whole, "Date Designated:"))
            .and_then(first_day);
        whole.contains("Group ID:") && is_new(listed, published)
    };
    let entries = entries.into_iter().filter(|(_, whole)| is_whole(whole));
    entries.filter_map(|(name, whole)| party(Some(british_name(&name)), &whole)).collect()
}

/// The words behind `12. `.
fn after_number(line: &str) -> Option<&str> {
    let (number, rest) = line.split_once(". ")?;
    let is_number =
        (1..=4).contains(&number.len()) && number.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then_some(rest.trim())
}

const LABELS: [&str; 7] =
    ["Title:", "DOB:", "POB:", "Name (non-Latin", "Address:", "Position:", "Other Information:"];

fn british_name(line: &str) -> String {
    let end = LABELS.iter().filter_map(|label| line.find(label)).min().unwrap_or(line.len());
    let name = before_other_names(line[..end].trim());
    match name.split_once(", ") {
        Some((family, _)) if is_capital(family) && group_of(name).is_none() => {
            from_comma_order(name)
        }
        _ => name.to_owned(),
    }
}

/// The legal form behind the last comma.
fn group_of(name: &str) -> Option<&'static str> {
    group(&folded_words(name.rsplit(',').next().unwrap_or_default()))
}

/// The Security Council: a line for each, `QDi.430 Name: 1: IVAN 2: VELL 3: na 4: na … Listed on:`.
pub(super) fn security_council(text: &str, published: NaiveDate) -> Vec<ActParty> {
    let mut parties = Vec::new();
    for line in text.lines().map(str::trim) {
        let Some((reference, rest)) = line.split_once(' ') else { continue };
        let listed = after_label(line, "Listed on:").and_then(first_day);
        let Some(name) = rest.strip_prefix("Name:") else { continue };
        if !is_reference(reference) || !is_new(listed, published) {
            continue;
        }
        let labels = ["Title:", "Designation:", "Name (original", "A.k.a.:", "F.k.a.:", "Address:"];
        let labels = labels.iter().chain(&LABELS).filter_map(|label| name.find(label));
        let name = &name[..labels.min().unwrap_or(name.len())];
        let words = name.split_whitespace().filter(|word| {
            let is_place = word.len() == 2 && word.ends_with(':');
            !is_place && *word != "na"
        });
        let name = words.collect::<Vec<_>>().join(" ");
        let mut found = party(Some(name), line);
        if let Some(party) = &mut found {
            party.identifiers.push(identifier("reference", reference));
        }
        parties.extend(found);
    }
    parties
}

/// `QDi.430`.
fn is_reference(word: &str) -> bool {
    let bytes = word.as_bytes();
    bytes.len() == 7
        && bytes[..2].iter().all(u8::is_ascii_uppercase)
        && matches!(bytes[2], b'i' | b'e')
        && bytes[3] == b'.'
        && bytes[4..].iter().all(u8::is_ascii_digit)
}

/// A party of a name and of the numbers in its entry; none where the name is no name.
fn party(name: Option<String>, entry: &str) -> Option<ActParty> {
    let name = name?.split_whitespace().collect::<Vec<_>>().join(" ");
    let name = name.trim_end_matches([',', ';', ':']).trim().to_owned();
    let words = folded_words(&name);
    let is_name = name.chars().filter(|c| c.is_alphabetic()).nth(1).is_some();
    if !is_name || WORDS_MAX < words.len() {
        return None;
    }
    let mut identifiers = Vec::new();
    if let Some(at) = entry.find("IMO") {
        let digits: String = entry[at + 3..]
            .chars()
            .skip_while(|c| !c.is_ascii_digit() && *c != ';')
            .take_while(char::is_ascii_digit)
            .collect();
        if is_ship_number(&digits) {
            identifiers.push(identifier("imo", &digits));
        }
    }
    if let Some(reference) = after_label(entry, "UK Sanctions List Ref") {
        let word = reference.trim_start_matches([':', ')', ' ']).split([' ', '.', ',', ';']).next();
        identifiers
            .extend(word.filter(|word| !word.is_empty()).map(|it| identifier("reference", it)));
    }
    Some(ActParty { name, identifiers })
}

fn identifier(kind: &str, value: &str) -> Identifier {
    Identifier { kind: kind.to_owned(), value: value.to_owned() }
}

/// A name without what follows it in brackets or after a semicolon.
fn before_other_names(text: &str) -> &str {
    let lower = text.to_ascii_lowercase();
    let marks = OTHER_NAMES.iter().filter_map(|mark| lower.find(mark));
    let brackets = text.match_indices('(').map(|(at, _)| at).find(|at| is_remark(&text[at + 1..]));
    let end = marks.chain(brackets).chain(text.find(';')).min().unwrap_or(text.len());
    text[..end].trim_end_matches([' ', '(', ',', '"', '“'])
}

/// Whether what stands in brackets is no part of a name: it is in small letters, in another script, or
/// says which script follows. `ACME (HONG KONG) LIMITED` goes on.
fn is_remark(inside: &str) -> bool {
    let inside = &inside[..inside.find(')').unwrap_or(inside.len())];
    inside.contains(|c: char| c.is_lowercase() || c == ':' || (c.is_alphabetic() && !c.is_ascii()))
}

fn after_label<'t>(text: &'t str, label: &str) -> Option<&'t str> {
    text.find(label).map(|at| &text[at + label.len()..])
}

fn is_new(listed: Option<NaiveDate>, published: NaiveDate) -> bool {
    listed.is_some_and(|day| (day - published).num_days().abs() <= NEW_WITHIN)
}

/// A day and nothing else: `20.11.2026`, `20 November 2026`.
fn written_day(text: &str) -> Option<NaiveDate> {
    let text = text.trim().trim_end_matches(['.', ';']).replace(". ", " ");
    ["%d.%m.%Y", "%d/%m/%Y", "%Y-%m-%d", "%d %B %Y", "%d %b %Y"]
        .iter()
        .find_map(|form| NaiveDate::parse_from_str(&text, form).ok())
}

/// The day that a text begins with.
fn first_day(text: &str) -> Option<NaiveDate> {
    let words: Vec<&str> = text.split_whitespace().take(3).collect();
    let one = words.first().copied().unwrap_or_default();
    written_day(one.trim_end_matches(['.', ',', ';', ')'])).or_else(|| {
        let three = words.join(" ");
        written_day(three.trim_end_matches(['.', ',', ';', ')', '(']))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(parties: &[ActParty]) -> Vec<String> {
        let numbers = |party: &ActParty| -> String {
            party.identifiers.iter().map(|it| format!(" {}={}", it.kind, it.value)).collect()
        };
        parties.iter().map(|party| format!("{}{}", party.name, numbers(party))).collect()
    }

    fn published() -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 11, 20).unwrap()
    }

    const ADDED: &str = "The following entities have been added to OFAC's SDN List:";

    #[test]
    fn ofac_names_who_was_added() {
        let cases: [(&str, &[&str]); 16] = [
            (
                "BLENDER.IO (a.k.a. @BLENDERIO; a.k.a. BLENDERIO); Website https://blender.io; Digital \
                 Currency Address - XBT 3K35; Organization Established Date 2017 [CYBER2].",
                &["BLENDER.IO"],
            ),
            (
                "VELL, Ivan Petrovich (Cyrillic: ВЕЛЛ, Иван Петрович), Moscow, Russia; DOB 01 Jan \
                 1971; nationality Russia; Gender Male (individual) [RUSSIA-EO14024].",
                &["Ivan Petrovich VELL"],
            ),
            (
                "AL-TARNI, Abu Bakr, Aleppo, Syria; DOB 1980; alt. DOB 1981 (individual) [SDGT] \
                 (Linked To: TARN FRONT).",
                &["Abu Bakr AL-TARNI"],
            ),
            (
                "CALVENNA TRADING CO., LTD., Room 5, 12 Road, Hong Kong, China [RUSSIA-EO14024].",
                &["CALVENNA TRADING CO., LTD."],
            ),
            (
                "CALVENNA (HONG KONG) LIMITED (a.k.a. \"CHK\"), Hong Kong, China [IRAN-EO13902].",
                &["CALVENNA (HONG KONG) LIMITED"],
            ),
            (
                "AO TARN, Ul. Lenina, Moscow, Russia; Tax ID No. 7 (Russia) [RUSSIA-EO14024].",
                &["AO TARN"],
            ),
            (
                "LOMMEL STAR (3FAB) Crude Oil Tanker Panama flag; Vessel IMO 9187629 (vessel) \
                 [RUSSIA-EO14024] (Linked To: CALVENNA LLC).",
                &["LOMMEL STAR imo=9187629"],
            ),
            (
                "HARVIK DAWN Crude Oil Tanker Panama flag; Vessel Registration Identification IMO \
                 9187628 (vessel) [RUSSIA-EO14024].",
                &["HARVIK DAWN"],
            ),
            ("OFAC is also publishing guidance [GUIDANCE].", &[]),
            ("See the press release.", &[]),
            ("Russia-related General License 124 [see note].", &[]),
            ("vell, Ivan; DOB 1971 (individual) [SDGT].", &[]),
            ("VELL; DOB 1971 (individual) [SDGT].", &[]),
            ("12 [SDGT].", &[]),
            ("LAZARUS GROUP; ETH 0x09 [DPRK3]. -to- LAZARUS GROUP; ETH 0x35 [DPRK3].", &[]),
            ("", &[]),
        ];
        for (line, expected) in cases {
            assert_eq!(told(&ofac(&format!("{ADDED}\n\n{line}"))), expected, "{line}");
        }
    }

    #[test]
    fn only_what_stands_under_added_was_added() {
        let text = "SPECIALLY DESIGNATED NATIONALS LIST UPDATE\n\nTARN LLC [SDGT].\n\n\
                    The following entity has been added to OFAC's SDN List:\n\nCALVENNA LLC [SDGT].\n\n\
                    The following changes have been made to OFAC's SDN List:\n\nORSK LLC [SDGT].\n\n\
                    The following deletions have been made to OFAC's SDN List:\n\nDORN LLC [SDGT].";
        assert_eq!(told(&ofac(text)), ["CALVENNA LLC"]);
    }

    #[test]
    fn the_journal_names_who_is_new_in_its_table() {
        let cases: [(&str, &[&str]); 9] = [
            ("1. | Ivan VELL (Иван ВЕЛЛ) | born 1971 | sells oil | 20.11.2026", &["Ivan VELL"]),
            ("12 | Tarn Bank a.k.a. TB; Тарн | Moscow | lends | 24 November 2026", &["Tarn Bank"]),
            ("3. | “Dom Orlanta” LLC alias DO | x | y | 18.11.2026", &["“Dom Orlanta” LLC"]),
            // An entry that is amended keeps its day.
            ("2. | Pavel Orlanta | x | y | 23.2.2022", &[]),
            (" | Name | Identifying information | Reasons | Date of listing", &[]),
            ("Annex | Ivan Vell | x | 20.11.2026", &[]),
            ("4. | 17 | x | y | 20.11.2026", &[]),
            ("5. | Ivan Vell | on 20.11.2026 or later", &[]),
            ("1. Ivan Vell 20.11.2026", &[]),
        ];
        for (row, expected) in cases {
            assert_eq!(told(&journal(row, published())), expected, "{row}");
        }
    }

    #[test]
    fn the_treasury_of_the_united_kingdom_names_numbered_entries() {
        let text = "ADDITIONS\n\nIndividuals\n\n1. VELL, Ivan Petrovich\n\nTitle: Mr DOB: 01/01/1971. \
                    Other Information: (UK Sanctions List Ref): RUS1234. (Gender): Male. \
                    Listed on: 20/11/2026 Last Updated: 20/11/2026 Group ID: 17001.\n\n\
                    Entities\n\n1. TARN BANK (a.k.a. TB) Address: Moscow. Listed on: 19/11/2026 \
                    Group ID: 17002.\n\n2. ORSK LTD Address: Orsk. Listed on: 24/02/2022 Last Updated: \
                    20/11/2026 Group ID: 14000.\n\n3. Freeze all accounts without delay.";
        let found = united_kingdom(text, published());
        assert_eq!(told(&found), ["Ivan Petrovich VELL reference=RUS1234", "TARN BANK"]);
    }

    #[test]
    fn the_security_council_names_its_references() {
        let text = "The Committee added:\n\nQDi.431 Name: 1: IVAN 2: PETROVICH 3: VELL 4: na Name \
                    (original script): Иван Title: na DOB: 1971 Listed on: 18 Nov. 2026 Other: x\n\n\
                    QDe.171 Name: TARN FRONT A.k.a.: TF Listed on: 20 November 2026 (amended on)\n\n\
                    QDe.001 Name: ORSK GROUP A.k.a.: OG Listed on: 6 Oct. 2001 ( amended on 20 Nov. 2026 )";
        let found = security_council(text, published());
        let expected = ["IVAN PETROVICH VELL reference=QDi.431", "TARN FRONT reference=QDe.171"];
        assert_eq!(told(&found), expected);
    }
}
