//! Is this article new, a revision, or a copy. Pure.
//!
//! Copies are found by containment of sampled word shingles in the shorter text, which sees a short
//! cut of a long report where whole-text measures (SimHash, MinHash) do not. The text must be clean:
//! lines that a site repeats on every page would make all its pages copies of each other.

pub mod change;
mod difference;
mod sample;

use std::cmp::Ordering;

use crate::dedupe::change::Change;
use crate::model::article::Article;
use crate::model::judged::{Keys, Neighbour, Placed};

pub use crate::dedupe::difference::difference;

/// The part of the shorter text that must stand in the longer for a copy.
const COPY_SHARE: f64 = 0.5;

/// The same on one site, where much in common is a formula rather than a copy: an office announces
/// every designation in the same words, and only the names differ.
const COPY_SHARE_ON_SITE: f64 = 0.97;

/// Times the length of the original that a copy may have: a frame around it, not a report of its own.
const COPY_LENGTH_MAX: usize = 3;

/// Sampled shingles the shorter text must have to be compared by its parts: about 30 words. Shorter
/// ones are formulas ("This page has moved"), and copies only if they agree word for word.
const SHINGLES_MIN: usize = 8;

/// Words a text must have for its wording to tell it from texts at other addresses.
const WORDS_MIN: usize = 12;

/// What an article at `address` (see `parse::address::key`) is looked up by.
pub fn keys(address: String, article: &Article) -> Keys {
    let text = article.text();
    let sample = sample::of(&article.title, &text);
    let wording = if sample.words < WORDS_MIN {
        // "Press release." says the same on a hundred pages: here the address counts as a word.
        sample::hash([address.as_str(), &article.title, &text])
    } else {
        sample.wording
    };
    Keys { address, wording, shingles: sample.hashes }
}

/// Where an article belongs among those already stored that resemble it.
///
/// At the same address it is the same or a revision, never a second article. Elsewhere it is a copy
/// of the neighbour that has most of the shorter text in common, if that is enough and neither
/// title has a number that the other text lacks: "General Licence 8B" is no copy of 8A, however
/// much their texts agree.
pub fn place(keys: &Keys, neighbours: &[Neighbour]) -> Placed {
    let here = || neighbours.iter().filter(|neighbour| neighbour.same_address);
    if let Some(same) = here().find(|neighbour| neighbour.wording == keys.wording) {
        return Placed::Same { article: same.article };
    }
    if let Some(earlier) = here().next() {
        return Placed::Revision { article: earlier.article };
    }
    let best = neighbours
        .iter()
        .filter_map(|neighbour| {
            let least = if neighbour.same_site { COPY_SHARE_ON_SITE } else { COPY_SHARE };
            // Who says much more than the neighbour is no copy of it.
            if COPY_LENGTH_MAX * neighbour.shingles.len() < keys.shingles.len() {
                return None;
            }
            let share = share(keys, neighbour)?;
            (least <= share).then_some((share, neighbour.article))
        })
        .max_by(|one, other| one.0.total_cmp(&other.0).then(one.1.cmp(&other.1).reverse()));
    match best {
        Some((share, article)) => Placed::Copy { article, share },
        None => Placed::New,
    }
}

/// Whether a new text at a known address differs only in what no reader would call a change.
pub fn is_noise(old_text: &str, new_text: &str) -> bool {
    matches!(change::of(old_text, new_text), Change::None | Change::Noise)
}

/// The part of the shorter text, 0 to 1, that both have; `None` if they cannot be compared.
fn share(keys: &Keys, neighbour: &Neighbour) -> Option<f64> {
    if keys.wording == neighbour.wording {
        return Some(1.0);
    }
    let (ours, theirs) =
        (sample::Parts::of(&keys.shingles), sample::Parts::of(&neighbour.shingles));
    if ours.has_foreign_number(&theirs) || theirs.has_foreign_number(&ours) {
        return None;
    }
    // A long text keeps only its least hashes, so both are compared where both are complete.
    let reach = ours.reach().min(theirs.reach());
    let within = |hashes: &'_ [u64]| hashes.partition_point(|hash| *hash <= reach);
    let ours = &ours.shingles[..within(&ours.shingles)];
    let theirs = &theirs.shingles[..within(&theirs.shingles)];
    let shorter = ours.len().min(theirs.len());
    (SHINGLES_MIN <= shorter).then(|| common(ours, theirs) as f64 / shorter as f64)
}

/// How many hashes two sorted lists have in common.
fn common(one: &[u64], other: &[u64]) -> usize {
    let (mut at, mut there, mut found) = (0, 0, 0);
    while at < one.len() && there < other.len() {
        match one[at].cmp(&other[there]) {
            Ordering::Less => at += 1,
            Ordering::Greater => there += 1,
            Ordering::Equal => {
                at += 1;
                there += 1;
                found += 1;
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::article::{About, Block, BlockKind};

    const WIRE: &str = "The ministry froze the assets of two shipping companies on Thursday and named \
        their owner, a trader from the port city who had moved oil under three flags. Officials said \
        the ships had switched off their transponders near the strait and had forged the papers of \
        their cargo. The companies denied this in a letter to the court. A hearing is expected in \
        the autumn, a spokesman said, and the ban on insurance takes effect at once.";

    fn article(title: &str, text: &str) -> Article {
        Article {
            url: String::new(),
            title: title.to_owned(),
            byline: Vec::new(),
            published: None,
            modified: None,
            language: None,
            site: None,
            blocks: text
                .split("\n\n")
                .filter(|text| !text.is_empty())
                .map(|text| Block { kind: BlockKind::Paragraph, text: text.to_owned() })
                .collect(),
            removed: Vec::new(),
            lines: Vec::new(),
            incomplete: false,
            about: About::default(),
        }
    }

    fn keys_of(address: &str, title: &str, text: &str) -> Keys {
        keys(address.to_owned(), &article(title, text))
    }

    fn stored(article: i64, keys: &Keys, same_address: bool) -> Neighbour {
        Neighbour {
            article,
            same_address,
            same_site: false,
            wording: keys.wording,
            shingles: keys.shingles.clone(),
        }
    }

    fn place_against(new: &Keys, old: &Keys) -> Placed {
        place(new, &[stored(7, old, new.address == old.address)])
    }

    fn is_copy(placed: &Placed) -> bool {
        matches!(placed, Placed::Copy { article: 7, .. })
    }

    #[test]
    fn one_address_holds_one_article() {
        let old = keys_of("a.example/1", "Assets frozen", WIRE);
        assert_eq!(place(&old, &[]), Placed::New);
        assert_eq!(place_against(&old, &old), Placed::Same { article: 7 });
        let typography = WIRE.replace(' ', "  ").replace('.', " .").to_uppercase();
        let same = keys_of("a.example/1", "ASSETS  frozen", &typography);
        assert_eq!(place_against(&same, &old), Placed::Same { article: 7 });
        let edited = keys_of("a.example/1", "Assets frozen", &WIRE.replace("two", "three"));
        assert_eq!(place_against(&edited, &old), Placed::Revision { article: 7 });
        let other = keys_of("a.example/1", "All new", "Nothing of the old text is left here.");
        assert_eq!(place_against(&other, &old), Placed::Revision { article: 7 });
        // Two stored articles claim the address: the one with the same wording is meant.
        let both = [stored(3, &edited, true), stored(4, &old, true)];
        assert_eq!(place(&old, &both), Placed::Same { article: 4 });
    }

    #[test]
    fn copies_are_found_whole_cut_edited_and_framed() {
        let old = keys_of("a.example/1", "Assets frozen", WIRE);
        let words: Vec<&str> = WIRE.split(' ').collect();
        let cut = words[..words.len() * 6 / 10].join(" ");
        let edited = WIRE.replace("froze", "seized").replace("Officials said", "It was said that");
        let frame =
            "Our desk has seen the following report from the agency, printed here in full. ";
        let cases = [
            ("Assets frozen", WIRE.to_owned()),
            ("Ministry acts against shipping firms", WIRE.to_owned()),
            ("Cut short", cut),
            ("Edited", edited),
            ("Framed", format!("{frame}{WIRE} {frame}")),
        ];
        for (title, text) in cases {
            let placed = place_against(&keys_of("b.example/9", title, &text), &old);
            assert!(is_copy(&placed), "{title}: {placed:?}");
        }
    }

    #[test]
    fn a_formula_of_one_site_is_no_copy_of_itself() {
        let old = keys_of("a.example/1", "Ministry lists Calvenna Shipping", WIRE);
        let names =
            WIRE.replace("two shipping companies", "a bank").replace("a trader", "a miller");
        let new = keys_of("a.example/2", "Ministry lists Dornik Bank", &names);
        let on_site = Neighbour { same_site: true, ..stored(7, &old, false) };
        assert_eq!(place(&new, &[on_site]), Placed::New);
        assert!(is_copy(&place(&new, &[stored(7, &old, false)])));
        let same = Neighbour { same_site: true, ..stored(7, &old, false) };
        assert!(is_copy(&place(&keys_of("a.example/3", "Again", WIRE), &[same])));
    }

    #[test]
    fn what_only_resembles_is_no_copy() {
        let long = keys_of("a.example/1", "Assets frozen", WIRE);
        let cases = [
            (
                "Assets frozen",
                "A quite different report about the harvest in the south and the price \
              of bread, which rose again this week after the rains had stopped the harvesters for \
              days, as farmers told the desk on the telephone from their yards and from the road.",
            ),
            ("Assets frozen", "Read the full statement."),
            ("Assets frozen", ""),
            (
                "Assets frozen",
                "The ministry froze the assets of two shipping companies on Thursday.",
            ),
            ("12 13 14", "1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27"),
        ];
        for (title, text) in cases {
            let new = keys_of("b.example/9", title, text);
            assert_eq!(place_against(&new, &long), Placed::New, "{title}: {text}");
        }
        // Short texts agree by chance, and figures alone tell nothing.
        for text in ["", "Press release.", "Page not found. Please try the search."] {
            let old = keys_of("a.example/1", "Release", text);
            assert_eq!(place_against(&keys_of("a.example/2", "Release", text), &old), Placed::New);
        }
        let table: String = (0..200).map(|n| format!("{} {} ", n % 7, n * 31 % 13)).collect();
        let other: String = (0..200).map(|n| format!("{} {} ", n * 31 % 13, n % 7)).collect();
        let old = keys_of("a.example/1", "Rates", &table);
        assert_eq!(
            place_against(&keys_of("a.example/2", "Rates today", &other), &old),
            Placed::New
        );
    }

    #[test]
    fn a_number_in_the_title_tells_twins_apart() {
        let licence = |name: &str| {
            let text = format!(
                "General Licence {name}. {WIRE} All transactions prohibited by the \
                regulations that are ordinarily incident to them are authorised under this licence."
            );
            keys_of(
                &format!("gov.example/{name}"),
                &format!("Issuance of General Licence {name}"),
                &text,
            )
        };
        assert_eq!(place_against(&licence("8B"), &licence("8A")), Placed::New);
        assert_eq!(place_against(&licence("9"), &licence("8")), Placed::New);
        let mut elsewhere = licence("8B");
        elsewhere.address = "news.example/licence".to_owned();
        assert!(is_copy(&place_against(&elsewhere, &licence("8B"))));
        // A number that both texts have, or a year, parts nobody.
        let counted = WIRE.replace("two shipping", "2 shipping");
        let old = keys_of("a.example/1", "Assets frozen", &counted);
        let new = keys_of("b.example/1", "2 firms frozen out in 2026", &counted);
        assert!(is_copy(&place_against(&new, &old)));
    }

    #[test]
    fn the_nearest_neighbour_is_the_original() {
        let new = keys_of("c.example/1", "Assets frozen", WIRE);
        let part = &WIRE[..WIRE.len() * 7 / 10];
        let more = format!(
            "{part} The rest was written by another hand for another paper, at length, \
            with a history of the port and of its three trading houses and their quarrels at law."
        );
        let neighbours = [
            stored(1, &keys_of("a.example/1", "Part", &more), false),
            stored(3, &keys_of("b.example/2", "Whole", WIRE), false),
            stored(2, &keys_of("b.example/1", "Whole", WIRE), false),
        ];
        assert_eq!(place(&new, &neighbours), Placed::Copy { article: 2, share: 1.0 });
    }

    #[test]
    fn scripts_without_spaces_are_compared_by_characters() {
        let text = "外務省は十六日、二つの海運会社の資産を凍結すると発表した。両社は三つの旗の下で石油を\
            運んでいたとされ、所有者の名前も公表された。当局によれば、船は海峡の近くで送信機を切り、\
            積荷の書類を偽造していた。会社側は裁判所への書簡でこれを否定している。審理は秋に開かれる\
            見通しで、保険の禁止は直ちに効力を生じる。";
        let old = keys_of("a.example/1", "資産凍結", text);
        let cut: String = text.chars().take(100).collect();
        assert!(is_copy(&place_against(&keys_of("b.example/1", "海運会社", &cut), &old)));
        let other = "農林水産省は十五日、今年の米の作柄を発表した。南部では雨が続いて刈り取りが遅れ、\
            小麦の価格も再び上がっている。農家は電話で取材に答え、来年の種まきへの影響を心配していると\
            話した。同省は備蓄の放出を検討しているという。市場では値上がりがしばらく続くとの見方が強い。";
        let new = keys_of("b.example/2", "資産凍結", other);
        assert_eq!(place_against(&new, &old), Placed::New);
    }

    #[test]
    fn a_cut_of_a_very_long_text_is_found_in_it() {
        // Words without digits, so that they are no figures.
        let letters = |n: u32| -> String {
            (0..5)
                .map(|place| char::from(b'a' + u8::try_from(n / 26_u32.pow(place) % 26).unwrap()))
                .collect()
        };
        let words: Vec<String> =
            (0..60_000_u32).map(|n| letters(n.wrapping_mul(2_654_435_761) % 11_881_376)).collect();
        let whole = keys_of("a.example/1", "Report", &words.join(" "));
        let cut = keys_of("b.example/1", "Extract", &words[20_000..26_000].join(" "));
        let placed = place_against(&cut, &whole);
        assert!(is_copy(&placed), "{placed:?}");
    }
}
