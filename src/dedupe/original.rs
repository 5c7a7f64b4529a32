//! Which of two texts is the original: the earlier, else the agency they name.

use crate::model::judged::{Keys, Original, Wording};
use crate::text::agencies::named_in;
use crate::text::fold::fold;

/// Characters of a text within which its dateline ends.
const DATELINE: usize = 100;

/// Which of a new text and a stored one is the original: the one published earlier; where that is
/// not known, or they bear the same time, the agency either names; else the stored one.
pub(crate) fn of(new: &Keys, stored: &Keys) -> Original {
    if let (Some(ours), Some(theirs)) = (new.published, stored.published) {
        // A bare day says nothing against a time on the same day.
        let same_day = ours.day() == theirs.day();
        let exact = !(same_day && (ours.is_day() || theirs.is_day()));
        if exact && ours.instant() != theirs.instant() {
            let earlier = ours.instant() < theirs.instant();
            return if earlier { Original::Found } else { Original::Stored };
        }
    }
    match stored.agency.as_ref().or(new.agency.as_ref()) {
        Some(agency) => Original::Agency(agency.clone()),
        None => Original::Stored,
    }
}

/// The agency that signs an article, or that its dateline names: `PARIS (AFP) - …`, `Berlin, dpa – …`.
pub(crate) fn agency(article: &Wording<'_>) -> Option<String> {
    let places = article.byline.iter().map(String::as_str).chain(dateline(article.text));
    places.map(fold).find_map(|place| named_in(&place)).map(str::to_owned)
}

/// What stands before the dash or within the first brackets at the head of a text.
fn dateline(text: &str) -> Option<&str> {
    let end = text.char_indices().nth(DATELINE).map_or(text.len(), |(at, _)| at);
    let head = &text[..end];
    let mark = head.find([')', '）', '】', '—', '–']).or_else(|| head.find(" - "))?;
    Some(&head[..mark])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn agency_of(byline: &[&str], text: &str) -> Option<String> {
        let byline: Vec<String> = byline.iter().map(|name| (*name).to_owned()).collect();
        agency(&Wording { title: "", text, byline: &byline, published: None })
    }

    #[test]
    fn agencies_are_read_from_bylines_and_datelines() {
        let cases = [
            (&["Anna Smith", "Reuters Staff"][..], "Text.", Some("Reuters")),
            (&[], "PARIS (AFP) - The ministry froze assets.", Some("AFP")),
            (&[], "Berlin, dpa – Das Ministerium hat Konten gesperrt.", Some("dpa")),
            (&[], "МОСКВА, 16 июля — ТАСС", None),
            (&[], "МОСКВА, 16 июля, ТАСС — Министерство ввело санкции.", Some("TASS")),
            (&[], "北京（新华社）外交部宣布制裁。", Some("Xinhua")),
            (&[], "The ministry told Reuters on Monday that assets were frozen.", None),
            (&["Apollonia Reuter"], "The map (old) shows it.", None),
        ];
        for (byline, text, expected) in cases {
            assert_eq!(agency_of(byline, text).as_deref(), expected, "{byline:?} {text}");
        }
    }

    #[test]
    fn the_earlier_is_the_original_then_the_agency_then_what_we_saw_first() {
        let keys = |published: Option<&str>, agency: Option<&str>| {
            let published = published.map(|stamp| stamp.parse().unwrap());
            let wording = Wording { title: "", text: "", byline: &[], published };
            let agency = agency.map(str::to_owned);
            Keys { agency, ..crate::dedupe::keys_of(String::new(), &wording) }
        };
        let afp = || Original::Agency("AFP".to_owned());
        let cases = [
            (Some("2026-03-01"), None, Some("2026-03-02"), None, Original::Found),
            (Some("2026-03-03"), Some("AFP"), Some("2026-03-02"), None, Original::Stored),
            (Some("2026-03-02"), Some("AFP"), Some("2026-03-02T09:00:00Z"), None, afp()),
            (None, None, Some("2026-03-02"), Some("AFP"), afp()),
            (None, None, None, None, Original::Stored),
        ];
        for (ours, our_agency, theirs, their_agency, expected) in cases {
            let (new, stored) = (keys(ours, our_agency), keys(theirs, their_agency));
            assert_eq!(of(&new, &stored), expected, "{ours:?} {theirs:?}");
        }
    }
}
