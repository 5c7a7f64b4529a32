//! Is this article new, a revision, a copy, or derived from another. Pure.
//!
//! Neighbours are looked up by a sample of their runs of three words ([`index::Index`] in memory, or
//! the store), and compared by all of them: the share of the shorter text's words that stand in runs
//! of the longer. That sees a short cut of a long report, and a copy with every tenth word
//! changed, where whole-text measures (SimHash, MinHash) do not. The text must be clean: lines that
//! a site repeats on every page would make all its pages copies of each other.

pub mod change;
mod difference;
pub mod index;
mod original;
mod sample;

use crate::model::article::Article;
use crate::model::judged::{Address, Keys, Neighbour, Placed, Wording};

pub use crate::dedupe::difference::difference;

/// The part of the shorter text's words that must stand in the longer for a copy.
const COPY_SHARE: f64 = 0.7;

/// The part that makes a text derived: it took over passages, or both took over the same.
const DERIVED_SHARE: f64 = 0.5;

/// The part on one site, where much in common is a formula rather than a copy: an office announces
/// every designation in the same words, and only names and numbers differ.
const COPY_SHARE_ON_SITE: f64 = 0.9;

/// Times the length of the original that a copy may have: a frame around it, not a report of its own.
const COPY_LENGTH_MAX: usize = 3;

/// Words the shorter text must have to be compared by its parts. Shorter ones are formulas ("This
/// page has moved"), and copies only if they agree word for word.
const WORDS_MIN: usize = 20;

/// The part of the shorter text that tells that a page's canonical address is its own.
const CLAIM_SHARE: f64 = 0.5;

/// What an article at `address` (see `parse::address::key`) is looked up and compared by.
pub fn keys(address: String, article: &Article) -> Keys {
    let text = article.text();
    let (title, byline) = (article.title.as_str(), article.byline.as_slice());
    keys_of(address, &Wording { title, text: &text, byline, published: article.published })
}

/// As [`keys`], of an article's parts.
pub fn keys_of(address: String, wording: &Wording<'_>) -> Keys {
    Keys { agency: original::agency(wording), ..sample::of(address, wording) }
}

/// Where an article belongs among those already stored that resemble it.
///
/// At the same address it is the same or a revision, never a second article. Elsewhere it is a copy
/// of the neighbour that has most of the shorter text in common, if that is enough and neither
/// title has a number that the other text lacks: "General Licence 8B" is no copy of 8A, however
/// much their texts agree. With less in common, or where it says much more, it is derived: an article
/// of its own.
pub fn place(keys: &Keys, neighbours: &[Neighbour<'_>]) -> Placed {
    let lives_here = |neighbour: &&Neighbour<'_>| match neighbour.address {
        Address::Same => true,
        Address::Claimed => confirms_claim(keys, neighbour.keys),
        Address::Other => false,
    };
    let here: Vec<&Neighbour<'_>> = neighbours.iter().filter(lives_here).collect();
    if let Some(same) = here.iter().find(|neighbour| neighbour.keys.wording == keys.wording) {
        return Placed::Same { article: same.article };
    }
    if let Some(earlier) = here.first() {
        return Placed::Revision { article: earlier.article };
    }
    let best = neighbours
        .iter()
        .filter_map(|neighbour| Some((kinship(keys, neighbour)?, neighbour)))
        // A copy before a derived text, then the larger share, then the earlier article.
        .max_by(|(one, first), (other, second)| {
            let rank = |kinship: &Kinship| kinship.kind == Kind::Copy;
            rank(one)
                .cmp(&rank(other))
                .then(one.share.total_cmp(&other.share))
                .then(second.article.cmp(&first.article))
        });
    let Some((Kinship { kind, share }, neighbour)) = best else { return Placed::New };
    let article = neighbour.article;
    let original = original::of(keys, neighbour.keys);
    match kind {
        Kind::Copy => Placed::Copy { article, share, original },
        Kind::Derived => Placed::Derived { article, share, original },
    }
}

/// What two texts are to each other.
#[derive(Debug, Clone, Copy)]
struct Kinship {
    kind: Kind,
    share: f64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Copy,
    Derived,
}

/// What the new text is to the neighbour; none: nothing.
fn kinship(keys: &Keys, neighbour: &Neighbour<'_>) -> Option<Kinship> {
    let theirs = neighbour.keys;
    if keys.wording == theirs.wording {
        return Some(Kinship { kind: Kind::Copy, share: 1.0 });
    }
    if has_foreign_number(keys, theirs) || has_foreign_number(theirs, keys) {
        return None;
    }
    let sample::Common { shorter, share } = sample::compare(keys, theirs);
    if shorter < WORDS_MIN {
        return None;
    }
    let says_much_more = COPY_LENGTH_MAX * theirs.runs.len() < keys.runs.len();
    let kind = if neighbour.same_site {
        // A formula with other names is news; without one, it is the same page again.
        let same = COPY_SHARE_ON_SITE <= share && !says_much_more && !brings_news(keys, theirs);
        same.then_some(Kind::Copy)?
    } else if COPY_SHARE <= share && !says_much_more {
        Kind::Copy
    } else {
        (DERIVED_SHARE <= share).then_some(Kind::Derived)?
    };
    Some(Kinship { kind, share })
}

/// Whether a page that claims a stored article's address says the same. Where it does not, the claim
/// is wrong: a template that points every page to one place.
fn confirms_claim(keys: &Keys, stored: &Keys) -> bool {
    keys.wording == stored.wording || CLAIM_SHARE <= sample::compare(keys, stored).share
}

/// Whether a title has a number that the other's text and title lack.
fn has_foreign_number(keys: &Keys, other: &Keys) -> bool {
    other.numbers.len() < sample::MARKS_MAX
        && keys.title_numbers.iter().any(|number| other.numbers.binary_search(number).is_err())
}

/// Whether a text has a name or a number that the other lacks.
fn brings_news(keys: &Keys, other: &Keys) -> bool {
    let lacks = |mark: &u32, marks: &[u32]| marks.binary_search(mark).is_err();
    keys.names.iter().any(|name| lacks(name, &other.names))
        || keys.numbers.iter().any(|number| lacks(number, &other.numbers))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::article::{About, Block, BlockKind};
    use crate::model::judged::Original;

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

    fn stored(article: i64, keys: &Keys, address: Address) -> Neighbour<'_> {
        Neighbour { article, address, same_site: false, keys }
    }

    fn place_against(new: &Keys, old: &Keys) -> Placed {
        let here = new.address == old.address;
        place(new, &[stored(7, old, if here { Address::Same } else { Address::Other })])
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
        let both = [stored(3, &edited, Address::Same), stored(4, &old, Address::Same)];
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
        let on_site = Neighbour { same_site: true, ..stored(7, &old, Address::Other) };
        assert_eq!(place(&new, &[on_site]), Placed::New);
        assert!(is_copy(&place(&new, &[stored(7, &old, Address::Other)])));
        let same = || Neighbour { same_site: true, ..stored(7, &old, Address::Other) };
        assert!(is_copy(&place(&keys_of("a.example/3", "Again", WIRE), &[same()])));
        // Nearly all words the same, and one name that makes it news.
        let formula = format!("{WIRE} {WIRE}").replacen("a trader from", "Anton Dornik from", 1);
        assert_eq!(place(&keys_of("a.example/4", "Again", &formula), &[same()]), Placed::New);
    }

    #[test]
    fn what_took_over_passages_is_derived() {
        let old = keys_of("a.example/1", "Assets frozen", WIRE);
        let half = &WIRE[..WIRE.len() * 6 / 10];
        let own = "Our reporters went to the harbour, where sailors told of engines that had never \
            been repaired, of wages unpaid since the spring, and of an owner nobody had ever met.";
        let derived =
            place_against(&keys_of("b.example/1", "Report", &format!("{half} {own}")), &old);
        assert!(matches!(derived, Placed::Derived { article: 7, .. }), "{derived:?}");
        // All of a short note, in a report that says much more.
        let report = format!("{WIRE} {own} ").repeat(1) + &own.replace(' ', " and ").repeat(6);
        let derived = place_against(&keys_of("b.example/2", "Report", &report), &old);
        assert!(matches!(derived, Placed::Derived { article: 7, .. }), "{derived:?}");
    }

    #[test]
    fn a_claimed_address_counts_where_the_words_agree() {
        let old = keys_of("a.example/1", "Assets frozen", WIRE);
        let claimed = || stored(7, &old, Address::Claimed);
        let edited = keys_of("a.example/1", "Assets frozen", &WIRE.replace("two", "three"));
        assert_eq!(place(&edited, &[claimed()]), Placed::Revision { article: 7 });
        let other =
            keys_of("a.example/1", "All new", "Nothing of the old text is left here at all.");
        assert_eq!(place(&other, &[claimed()]), Placed::New);
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
        let (more, whole) =
            (keys_of("a.example/1", "Part", &more), keys_of("b.example/2", "Whole", WIRE));
        let neighbours = [
            stored(1, &more, Address::Other),
            stored(3, &whole, Address::Other),
            stored(2, &whole, Address::Other),
        ];
        let expected = Placed::Copy { article: 2, share: 1.0, original: Original::Stored };
        assert_eq!(place(&new, &neighbours), expected);
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
