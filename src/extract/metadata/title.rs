//! The headline of the article, without the name of the site.

use crate::extract::metadata::Claim;
use crate::extract::metadata::head::{Head, is_furniture, squeeze};
use crate::extract::metadata::likeness::{contained, likeness, skeleton};
use crate::extract::metadata::linked_data::text;
use crate::parse::dom::Node;

/// What parts a headline from the name of the site.
const PARTERS: [&str; 18] = [
    " | ", " - ", " – ", " — ", " » ", " « ", " › ", " • ", " · ", " :: ", " / ", " ― ", " ‹ ",
    "｜", " ∣ ", " ~ ", "|", "_",
];

/// How alike a visible headline must be to one the page gives to machines.
const ALIKE: f32 = 0.5;

/// Longest headline in bytes; what is longer is a text.
const LONGEST: usize = 600;

/// The claims to be the headline, best first.
pub(crate) fn claims(head: &Head<'_>, names: &[String]) -> Vec<Claim> {
    let given = given(head, names);
    let seen = seen(head);
    let mut claims = Vec::new();
    if let Some((at, agreement)) = best_seen(&seen, &given) {
        let agrees = agreement >= ALIKE || given.is_empty();
        claims.push(Claim::new(seen[at].0, seen[at].1.clone(), if agrees { 0.95 } else { 0.4 }));
    }
    for (place, value, confidence) in given {
        claims.push(Claim::new(place, value, confidence));
    }
    claims.sort_by(|a, b| b.confidence.total_cmp(&a.confidence));
    for claim in &mut claims {
        claim.value = without_site(&claim.value, names);
    }
    claims
}

type Given = (&'static str, String, f32);

/// What the page gives to machines.
fn given(head: &Head<'_>, names: &[String]) -> Vec<Given> {
    let article = head.article();
    let found = [
        ("json-ld headline", article.and_then(|object| text(object, "headline")), 0.85),
        ("meta og:title", head.meta("og:title"), 0.8),
        ("meta citation_title", head.meta("citation_title"), 0.8),
        ("meta twitter:title", head.meta("twitter:title"), 0.7),
        ("meta title", head.meta("title"), 0.6),
        ("meta dc.title", head.meta("dc.title"), 0.6),
        ("title", Some(head.title.as_str()), 0.6),
    ];
    let texts = found.into_iter().filter_map(|(place, text, confidence)| {
        let text = squeeze(&decode(text?));
        let is_name = names.iter().any(|name| skeleton(name) == skeleton(&text));
        (!text.is_empty() && text.len() <= LONGEST && !is_name).then_some((place, text, confidence))
    });
    texts.collect()
}

/// Headings that a reader may take for the headline.
fn seen(head: &Head<'_>) -> Vec<(&'static str, String)> {
    let mut seen: Vec<(&'static str, String)> =
        head.h1.iter().map(|node| ("h1", heading_text(*node))).collect();
    let others = head.dom().iter().filter(|node| says_headline(*node) && !is_furniture(*node));
    seen.extend(others.take(20).map(|node| ("headline element", heading_text(node))));
    seen.retain(|(_, text)| (2..=LONGEST).contains(&text.len()));
    seen
}

fn heading_text(node: Node<'_>) -> String {
    squeeze(&node.text())
}

/// Whether an element other than `h1` says that it holds the headline.
fn says_headline(node: Node<'_>) -> bool {
    let heading = matches!(node.tag(), "h2" | "h3" | "h4" | "div" | "span" | "p" | "a");
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
    heading && (prop() || class())
}

/// The heading that agrees most with what the page gives to machines, and how much.
fn best_seen(seen: &[(&'static str, String)], given: &[Given]) -> Option<(usize, f32)> {
    let agreement =
        |text: &str| given.iter().map(|(_, other, _)| alike(text, other)).fold(0.0, f32::max);
    let scored = seen.iter().enumerate().map(|(at, (place, text))| {
        // An h1 wins over another element that agrees as much.
        (at, agreement(text) - if *place == "h1" { 0.0 } else { 0.05 })
    });
    scored.fold(None, |best, next| match best {
        Some((_, score)) if score >= next.1 => best,
        _ => Some(next),
    })
}

/// Alike as a whole, or the longer one holds all of a long shorter one.
fn alike(seen: &str, given: &str) -> f32 {
    let whole = likeness(seen, given);
    if seen.split_whitespace().count() >= 3 {
        whole.max(0.9 * contained(seen, given))
    } else {
        whole
    }
}

/// Takes the site's name off either end of a headline.
pub(crate) fn without_site(title: &str, names: &[String]) -> String {
    let mut title = title.trim();
    // "Headline - Section | Site" has two parts to take away; more are never seen.
    for _ in 0..3 {
        match part_of_site(title, names) {
            Some(rest) => title = rest,
            None => break,
        }
    }
    title.to_owned()
}

fn part_of_site<'a>(title: &'a str, names: &[String]) -> Option<&'a str> {
    PARTERS.iter().find_map(|parter| {
        let (rest, last) = title.rsplit_once(parter)?;
        if is_name(last, names) && !rest.trim().is_empty() {
            return Some(rest.trim());
        }
        let (first, rest) = title.split_once(parter)?;
        (is_name(first, names) && !rest.trim().is_empty()).then_some(rest.trim())
    })
}

/// Whether a part of a title is the site's name or holds it and little more.
fn is_name(part: &str, names: &[String]) -> bool {
    let part = skeleton(part);
    !part.is_empty()
        && names.iter().map(|name| skeleton(name)).any(|name| {
            !name.is_empty()
                && (part == name
                    || (name.len() >= 4 && part.contains(&name) && part.len() <= name.len() + 14)
                    || (part.len() >= 4 && name.contains(&part)))
        })
}

/// Markup characters escaped twice, as in `&amp;quot;`.
fn decode(text: &str) -> String {
    let mut text = text.to_owned();
    for (entity, character) in [
        ("&quot;", "\""),
        ("&#039;", "'"),
        ("&#39;", "'"),
        ("&apos;", "'"),
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&nbsp;", " "),
        ("&amp;", "&"),
    ] {
        if text.contains(entity) {
            text = text.replace(entity, character);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_site_leaves_the_title() {
        let names = ["Example News".to_owned(), "example".to_owned()];
        let cases = [
            ("Oil cap lowered | Example News", "Oil cap lowered"),
            ("Oil cap lowered - World - Example News", "Oil cap lowered - World"),
            ("Example News: the year", "Example News: the year"),
            ("example.com » Oil cap lowered", "Oil cap lowered"),
            ("Oil cap - a history", "Oil cap - a history"),
            ("Example News", "Example News"),
            ("Oil cap lowered – Example News – Example", "Oil cap lowered"),
        ];
        for (title, expect) in cases {
            assert_eq!(without_site(title, &names), expect, "{title}");
        }
    }
}
