//! The headline of the article, without the name of the site.

use crate::extract::metadata::Claim;
use crate::extract::metadata::head::{Head, is_furniture, squeeze};
use crate::extract::metadata::likeness::{Words, skeleton};
use crate::extract::metadata::linked_data::text;
use crate::parse::dom::Node;
use crate::text::repair;

/// What parts a headline from the name of the site.
const PARTERS: [&str; 18] = [
    " | ", " - ", " – ", " — ", " » ", " « ", " › ", " • ", " · ", " :: ", " / ", " ― ", " ‹ ",
    "｜", " ∣ ", " ~ ", "|", "_",
];

/// How alike a visible headline must be to one the page gives to machines, to count in full.
const ALIKE: f32 = 0.5;
/// The vote of a visible headline: more than any one other, less than two that agree against it.
const SEEN_VOTE: f32 = 2.0;
/// The same where nothing that the page gives to machines is like it.
const STRANGE_VOTE: f32 = 1.6;

/// Longest headline in bytes; what is longer is a text.
const LONGEST: usize = 600;

/// One place's word for the headline, with its vote.
#[derive(Debug, Clone)]
struct Voter {
    place: &'static str,
    text: String,
    vote: f32,
}

/// The claims to be the headline, best first; `names` are skeletons of what the site and its
/// section are called. Places that say the same, marks and case aside, add
/// their votes.
pub(crate) fn claims(head: &Head<'_>, names: &[String]) -> Vec<Claim> {
    let mut voters = given(head, names);
    if let Some(seen) = best_seen(&seen(head, &voters), &voters) {
        voters.insert(0, seen);
    }
    for voter in &mut voters {
        voter.text = without_site(&voter.text, names);
    }
    if let [only] = &mut voters[..]
        && only.place == "title"
        && only.text == head.title
    {
        only.text = without_last_part(&only.text).to_owned();
    }
    let skeletons: Vec<String> = voters.iter().map(|voter| skeleton(&voter.text)).collect();
    let total = |at: usize| -> f32 {
        let agreeing = voters.iter().zip(&skeletons).filter(|(_, other)| **other == skeletons[at]);
        agreeing.map(|(voter, _)| voter.vote).sum()
    };
    let mut claims: Vec<Claim> = (0..voters.len())
        .map(|at| Claim::new(voters[at].place, voters[at].text.clone(), total(at)))
        .collect();
    claims.sort_by(|a, b| b.confidence.total_cmp(&a.confidence));
    prefer_marks(&mut claims);
    drop_kicker(&mut claims);
    for claim in &mut claims {
        claim.confidence = claim.confidence / (claim.confidence + 0.5);
    }
    claims
}

/// Of the winner's wordings takes the longest: line breaks inside a heading swallow a colon.
fn prefer_marks(claims: &mut [Claim]) {
    let Some(winner) = claims.first().map(|claim| skeleton(&claim.value)) else { return };
    let same = claims.iter().take_while(|claim| skeleton(&claim.value) == winner);
    let longest = same.map(|claim| claim.value.chars().count()).enumerate();
    let best = longest.fold((0, 0), |best, next| if next.1 > best.1 { next } else { best });
    claims.swap(0, best.0);
}

/// Where another place gives the same headline without its head, that head is a kicker: the line
/// above the headline that names the subject.
fn drop_kicker(claims: &mut Vec<Claim>) {
    let Some(winner) = claims.first().map(|claim| skeleton(&claim.value)) else { return };
    let is_core = |claim: &Claim| {
        if !["meta og:title", "json-ld headline", "headline element"].contains(&claim.place) {
            return false;
        }
        let core = skeleton(&claim.value);
        core.len() < winner.len() && winner.ends_with(&core) && core.len() * 5 >= winner.len() * 2
    };
    if let Some(at) = claims.iter().position(is_core) {
        let core = claims.remove(at);
        claims.insert(0, core);
    }
}

/// What the page gives to machines.
fn given(head: &Head<'_>, names: &[String]) -> Vec<Voter> {
    let article = head.article();
    let found = [
        ("json-ld headline", article.and_then(|article| text(article, "headline")), 1.55),
        ("meta og:title", head.meta("og:title"), 1.0),
        ("meta citation_title", head.meta("citation_title"), 1.2),
        ("meta twitter:title", head.meta("twitter:title"), 0.4),
        ("meta title", head.meta("title"), 0.4),
        ("meta dc.title", head.meta("dc.title"), 0.4),
        ("title", Some(head.title.as_str()), 0.5),
    ];
    let voters = found.into_iter().filter_map(|(place, text, vote)| {
        let text = squeeze(&repair::all(text?));
        let is_name = names.contains(&skeleton(&text));
        (!text.is_empty() && text.len() <= LONGEST && !is_name).then_some(Voter {
            place,
            text,
            vote,
        })
    });
    voters.collect()
}

/// Headings that a reader may take for the headline.
fn seen(head: &Head<'_>, given: &[Voter]) -> Vec<(&'static str, String)> {
    let h1 = head.h1.iter().filter(|node| !leads_home(head, **node));
    let mut seen: Vec<(&'static str, String)> =
        h1.map(|node| ("h1", heading_text(*node))).collect();
    let given: Vec<String> = given.iter().map(|voter| skeleton(&voter.text)).collect();
    let is_short = |node: Node<'_>| node.end().0 - node.id().0 <= 40;
    let is_given = |node: Node<'_>| {
        node.tag() == "h2" && is_short(node) && given.contains(&skeleton(&heading_text(node)))
    };
    let others = head.dom().iter().filter(|node| says_headline(*node) || is_given(*node));
    let others = others.filter(|node| !is_furniture(*node)).take(20);
    seen.extend(others.map(|node| ("headline element", heading_text(node))));
    seen.retain(|(_, text)| (2..=LONGEST).contains(&text.len()));
    seen
}

/// A heading that links to the home page is the site's name.
fn leads_home(head: &Head<'_>, heading: Node<'_>) -> bool {
    let base = url::Url::parse(&head.page.url).ok();
    let is_home = |node: Node<'_>| {
        let address = node.attr("href").and_then(|href| base.as_ref()?.join(href).ok());
        address.is_some_and(|address| address.path() == "/" && address.query().is_none())
            && base.as_ref().is_some_and(|base| base.path() != "/")
    };
    let links = heading.descendants().chain(heading.ancestors().take(2));
    links.filter(|node| node.tag() == "a").any(is_home)
}

fn heading_text(node: Node<'_>) -> String {
    squeeze(&repair::all(&node.text()))
}

/// Whether an element other than `h1` says that it holds the headline.
fn says_headline(node: Node<'_>) -> bool {
    let heading = || matches!(node.tag(), "h2" | "h3" | "h4" | "div" | "span" | "p" | "a");
    let prop = || node.attr("itemprop").is_some_and(|prop| prop.contains("headline"));
    let class = || {
        let names = [
            "entry-title",
            "post-title",
            "article-title",
            "article__title",
            "headline",
            "article-headline",
            "page-title",
            "posttitle",
            "title",
        ];
        matches!(node.tag(), "h2" | "h3" | "h4")
            && node
                .class()
                .split_ascii_whitespace()
                .any(|class| names.contains(&class.to_ascii_lowercase().as_str()))
    };
    class() || (prop() && heading())
}

/// The heading that agrees most with what the page gives to machines.
fn best_seen(seen: &[(&'static str, String)], given: &[Voter]) -> Option<Voter> {
    let given: Vec<Words> = given.iter().map(|voter| Words::of(&voter.text)).collect();
    let agreement = |text: &str| {
        let words = Words::of(text);
        given.iter().map(|given| alike(text, &words, given)).fold(0.0, f32::max)
    };
    let scored = seen.iter().map(|(place, text)| {
        // An h1 wins over another element that agrees as much.
        (place, text, agreement(text) - if *place == "h1" { 0.0 } else { 0.05 })
    });
    let best = scored.reduce(|best, next| if next.2 > best.2 { next } else { best })?;
    let vote = if best.2 >= ALIKE || given.is_empty() { SEEN_VOTE } else { STRANGE_VOTE };
    Some(Voter { place: best.0, text: best.1.clone(), vote })
}

/// Alike as a whole, or the longer one holds all of a long shorter one.
fn alike(seen: &str, words: &Words, given: &Words) -> f32 {
    let whole = words.likeness(given);
    if seen.split_whitespace().count() >= 3 {
        whole.max(0.9 * words.contained(given))
    } else {
        whole
    }
}

/// Takes the site's name off either end of a headline, with the section or slogan beside it.
pub(crate) fn without_site(title: &str, names: &[String]) -> String {
    let mut title = title.trim();
    // "Headline - Section | Site" has two parts to take away; more are never seen.
    for _ in 0..3 {
        match part_of_site(title, names) {
            Some(rest) => title = rest,
            None => break,
        }
    }
    without_dangling_marks(title).to_owned()
}

/// Takes away what parted the headline from a name that is gone. Guillemets that close a quotation
/// stay: `«…»`, and `»…«` as Danes and Germans write it.
fn without_dangling_marks(title: &str) -> &str {
    let mut rest = title;
    loop {
        rest = rest.trim_end_matches(['|', '-', '–', '—', '•', '·', ' ']);
        let opening = if rest.ends_with('»') { '«' } else { '»' };
        match rest.strip_suffix(['»', '«']) {
            Some(inside) if !inside.contains(opening) => rest = inside,
            _ => return rest,
        }
    }
}

fn part_of_site<'a>(title: &'a str, names: &[String]) -> Option<&'a str> {
    PARTERS.iter().find_map(|parter| {
        let (first, after) = title.split_once(parter)?;
        if is_name(first, names) && !after.trim().is_empty() {
            return Some(after.trim());
        }
        // What follows the site's name is its slogan.
        let mut ends = title.match_indices(parter).map(|(at, _)| at);
        let cut = ends.find(|at| {
            let part = title[at + parter.len()..].split(parter).next().unwrap_or("");
            is_name(part, names)
        })?;
        Some(title[..cut].trim()).filter(|rest| !rest.is_empty())
    })
}

/// The head of a title that no other place confirms: what follows the last bar names the site.
fn without_last_part(title: &str) -> &str {
    let cut = [" | ", " » ", " :: ", " – ", " — ", " - "].iter().find_map(|parter| {
        let (rest, last) = title.rsplit_once(parter)?;
        let numbered = last.bytes().any(|byte| byte.is_ascii_digit());
        let is_site = *parter == " | " || (last.split_whitespace().count() <= 4 && !numbered);
        (is_site && rest.split_whitespace().count() >= 2).then_some(rest)
    });
    cut.unwrap_or(title).trim()
}

/// Whether a part of a title is the site's name or holds it and little more.
fn is_name(part: &str, names: &[String]) -> bool {
    /// What a widespread theme puts between the site's name and the headline.
    const OF_THEMES: [&str; 2] = ["blogarchive", "blogarchiv"];
    let part = skeleton(part);
    if OF_THEMES.contains(&part.as_str()) {
        return true;
    }
    !part.is_empty()
        && names.iter().any(|name| {
            part == *name
                || (name.len() >= 4 && part.contains(name) && part.len() <= name.len() + 14)
                || (part.len() >= 5 && name.contains(&part) && part.len() * 2 >= name.len())
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_site_leaves_the_title() {
        let names = ["examplenews".to_owned(), "example".to_owned()];
        let cases = [
            ("Oil cap lowered | Example News", "Oil cap lowered"),
            ("Oil cap lowered - World - Example News", "Oil cap lowered - World"),
            ("Example News: the year", "Example News: the year"),
            ("example.com » Oil cap lowered", "Oil cap lowered"),
            ("Oil cap - a history", "Oil cap - a history"),
            ("Example News", "Example News"),
            ("Oil cap lowered – Example News – Example", "Oil cap lowered"),
            ("Oil cap lowered » Example News", "Oil cap lowered"),
            ("Oil cap lowered »", "Oil cap lowered"),
            (
                "La ministre dénonce la « gravité de la situation »",
                "La ministre dénonce la « gravité de la situation »",
            ),
            ("Il premier: «Pronti»", "Il premier: «Pronti»"),
            ("»Det var en styrke« |", "»Det var en styrke«"),
            ("Example News » Blog Archive » Oil cap lowered", "Oil cap lowered"),
        ];
        for (title, expect) in cases {
            assert_eq!(without_site(title, &names), expect, "{title}");
        }
    }
}
