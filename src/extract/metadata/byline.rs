//! Who signs the article: persons and organisations, without their roles, places and addresses.

use std::sync::LazyLock;

use aho_corasick::AhoCorasick;
use serde_json::Value;

use crate::extract::metadata::head::{Head, Signs, is_furniture, name_of, signs, squeeze};
use crate::extract::metadata::likeness::skeleton;
use crate::extract::metadata::lines::Line;
use crate::extract::metadata::linked_data::{Object, kinds};
use crate::extract::metadata::seen_dates::Anchor;
use crate::parse::date;
use crate::parse::dom::{Node, NodeId};

/// The names one place gives.
#[derive(Debug, Clone)]
pub(crate) struct NamesClaim {
    pub(crate) place: &'static str,
    pub(crate) names: Vec<String>,
    pub(crate) confidence: f32,
}

/// Meta tags that name authors, the surest first.
const METAS: [(&str, f32); 16] = [
    ("author", 0.75),
    ("article:author", 0.75),
    ("article:author_name", 0.75),
    ("article.author", 0.75),
    ("og:article:author", 0.75),
    ("parsely-author", 0.8),
    ("sailthru.author", 0.8),
    ("cxenseparse:author", 0.8),
    ("byl", 0.8),
    ("citation_author", 0.8),
    ("dc.creator", 0.75),
    ("dcterms.creator", 0.75),
    ("dc.contributor", 0.5),
    ("authors", 0.75),
    ("creator", 0.7),
    ("bt:author", 0.75),
];

/// Words that introduce a byline, in the languages of the catalogue; a colon may follow.
#[rustfmt::skip]
const INTRODUCTIONS: &[&str] = &[
    "story by", "words by", "written by", "posted by", "published by", "reported by", "report by", "reviewed by", "analysis by",
    "article by", "text by", "interview by", "review by", "opinion by", "commentary by", "by", "author", "authors", "text",
    "von", "autor", "autorin", "autoren", "ein kommentar von", "eine analyse von", "ein gastbeitrag von", "interview von",
    "par", "propos recueillis par", "auteur", "publié par", "écrit par", "por", "escrito por", "publicado por", "texto",
    "di", "a cura di", "scritto da", "pubblicato da", "autore", "door", "geschreven door", "av", "af", "tekst", "redaktør",
    "autorka", "opracowanie", "oprac", "автор", "авторы", "текст", "автори", "文", "作者", "記者", "记者", "著者", "بقلم", "كتب", "نویسنده", "yazar",
];

/// Words that part two names.
const AND: &[&str] = &[
    "and", "und", "et", "y", "e", "en", "i", "и", "і", "та", "ve", "og", "och", "with", "mit",
    "avec",
];

/// Words of a role, a place of work or a part of a page: the part of a byline that has one is no name.
#[rustfmt::skip]
const ROLES: &[&str] = &[
    "years", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday",
    "correspondent", "reporter", "editor", "writer", "contributor", "columnist", "journalist", "producer", "photographer",
    "analyst", "chief", "bureau", "director", "manager", "fellow", "professor", "specialist", "expert", "consultant", "founder", "ceo",
    "president", "redakteur", "redakteurin", "korrespondent", "korrespondentin", "reporterin", "journalistin", "journaliste", "correspondante",
    "correspondant", "rédacteur", "rédactrice", "redactor", "redactora", "corresponsal", "periodista", "giornalista", "corrispondente", "jornalista",
    "repórter", "verslaggever", "dziennikarz", "dziennikarka", "корреспондент", "журналист", "обозреватель", "muhabir", "muhabiri",
    "updated", "published", "minutes", "photo", "photos", "photographs", "image", "images", "video", "follow", "subscribe", "share",
    "comments", "ago", "subscriber", "newsletter", "staffer", "facebook", "twitter", "linkedin", "instagram",
];

/// What follows a name after a comma and belongs to it or says nothing: titles and degrees.
#[rustfmt::skip]
const DEGREES: &[&str] = &[
    "md", "phd", "ph.d", "ph.d.", "m.d.", "mph", "ms", "m.s.", "ma", "m.a.", "mba", "rd", "rdn", "rn", "dds", "dmd", "jd", "j.d.", "esq", "esq.",
    "cpa", "cfa", "cfp", "cscs", "cpt", "fand", "ldn", "msc", "bsc", "dphil", "psyd", "lcsw", "cissp", "cpp", "psp", "jr", "jr.", "sr", "sr.", "iii",
];

/// Fillings that name nobody.
const NOBODY: &[&str] = &[
    "admin",
    "administrator",
    "author",
    "unknown",
    "null",
    "undefined",
    "none",
    "anonymous",
    "guest",
    "user",
    "root",
    "webmaster",
    "n/a",
    "false",
    "true",
    "default",
    "sat",
    "sun",
    "mon",
];

/// The claims to be the byline, best first. The site's names are skeletons.
pub(crate) fn claims(
    head: &Head<'_>,
    lines: &[Line<'_>],
    anchor: Anchor,
    site_names: &[String],
) -> Vec<NamesClaim> {
    let mut claims = Vec::new();
    if let Some(article) = head.article() {
        let field = ["author", "creator"].iter().find_map(|field| article.get(*field));
        let names = field.map(|value| of_value(head, value)).unwrap_or_default();
        claims.push(NamesClaim { place: "json-ld author", names, confidence: 0.9 });
    }
    for (name, confidence) in METAS {
        let names = head.all_meta(name).flat_map(split).collect();
        claims.push(NamesClaim { place: name, names, confidence });
    }
    claims.extend(from_elements(head, anchor));
    claims.extend(from_lines(lines, anchor));
    for claim in &mut claims {
        dedupe(&mut claim.names);
        weigh(claim, site_names);
    }
    claims.retain(|claim| !claim.names.is_empty());
    claims.sort_by(|a, b| b.confidence.total_cmp(&a.confidence));
    claims
}

/// What a claim's names say of its worth: the site that signs everything tells less than a person,
/// and so does the handle of an account.
fn weigh(claim: &mut NamesClaim, site_names: &[String]) {
    let (sites, others): (Vec<String>, Vec<String>) =
        claim.names.drain(..).partition(|name| is_site(name, site_names));
    if others.is_empty() {
        claim.names = sites;
        claim.confidence -= 0.3;
        return;
    }
    claim.names = others;
    if claim.names.iter().all(|name| is_handle(name)) {
        claim.confidence -= 0.25;
    }
}

/// An account rather than a name: one word of ASCII letters, none a capital.
fn is_handle(name: &str) -> bool {
    !name.contains(' ')
        && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"._-".contains(&b))
}

/// The names in a text: "By Anna Beispiel and Ben Example, Reuters".
pub(crate) fn split(text: &str) -> Vec<String> {
    // Addresses go first: their slashes would part them into what looks like names.
    let is_address =
        |word: &&str| word.contains("://") || word.contains('@') || word.starts_with("www.");
    let text =
        text.split_whitespace().filter(|word| !is_address(word)).collect::<Vec<_>>().join(" ");
    let text = without_dates(&text);
    let parts = parts(without_introduction(&text));
    parts.iter().map(|part| tidy(part)).filter(|name| is_name(name)).collect()
}

fn without_dates(text: &str) -> String {
    let mut kept = String::new();
    let mut from = 0;
    for found in date::all_written(text, None) {
        kept.push_str(&text[from..found.start]);
        kept.push_str(" | ");
        from = found.end;
    }
    kept.push_str(&text[from..]);
    kept
}

/// Names of a JSON-LD value: a text, an object, a list of either.
fn of_value(head: &Head<'_>, value: &Value) -> Vec<String> {
    match value {
        Value::String(text) => split(text),
        Value::Array(items) => {
            items.iter().take(100).flat_map(|item| of_value(head, item)).collect()
        }
        Value::Object(object) => of_object(head, object),
        _ => Vec::new(),
    }
}

fn of_object(head: &Head<'_>, object: &Object) -> Vec<String> {
    let object = head.linked_data.resolve(object);
    let is_organization = kinds(object).any(|kind| kind.ends_with("Organization"));
    match object.get("name") {
        Some(Value::String(name)) if is_organization => {
            Some(squeeze(name)).filter(|name| is_name(name)).into_iter().collect()
        }
        Some(Value::String(name)) => split(name),
        // Names in a list may be names again, but no objects: nothing nests without end.
        Some(Value::Array(items)) => {
            items.iter().take(100).filter_map(Value::as_str).flat_map(split).collect()
        }
        _ => Vec::new(),
    }
}

/// `rel=author`, `itemprop=author` and elements whose class says byline, near the headline.
fn from_elements(head: &Head<'_>, anchor: Anchor) -> Vec<NamesClaim> {
    let mut by_kind: Vec<(NodeId, NamesClaim)> = Vec::new();
    let mut signs = Signs::of(&BYLINE_SIGNS, head.dom());
    for node in head.dom().iter().filter(|node| node.attributes().next().is_some()) {
        let Some((place, confidence)) = kind_of(node, &mut signs) else { continue };
        if !is_near(node, anchor, 300) || node.end().0 - node.id().0 > 60 || is_furniture(node) {
            continue;
        }
        let text = node.text();
        if text.len() > 200 {
            continue;
        }
        let names: Vec<String> =
            split(&text).into_iter().filter(|name| looks_signed(name)).collect();
        match by_kind.iter_mut().find(|(_, claim)| claim.place == place) {
            // Signatures stand together; what comes later signs another text.
            Some((last, claim)) if node.id().0 <= last.0 + SIGNATURES && claim.names.len() < 12 => {
                *last = node.end();
                claim.names.extend(names);
            }
            Some(_) => {}
            None if names.is_empty() => {}
            None => by_kind.push((node.end(), NamesClaim { place, names, confidence })),
        }
    }
    by_kind.into_iter().map(|(_, claim)| claim).collect()
}

/// How many nodes may stand between two signatures of one article.
const SIGNATURES: u32 = 25;

/// "By Anna Beispiel" on a line of its own near the headline.
fn from_lines(lines: &[Line<'_>], anchor: Anchor) -> Option<NamesClaim> {
    lines.iter().filter(|line| is_near(line.node, anchor, 200)).find_map(|line| {
        if line.text.len() > 400 {
            return None;
        }
        let text = squeeze(&line.text);
        let rest = without_introduction(&text);
        if text.len() > 160 || rest.len() == text.len() || is_furniture(line.node) {
            return None;
        }
        let names: Vec<String> =
            split(&text).into_iter().filter(|name| looks_signed(name)).take(8).collect();
        let first = names.first()?;
        let plausible = first.contains(' ') || !first.is_ascii();
        plausible.then_some(NamesClaim { place: "text", names, confidence: 0.62 })
    })
}

fn kind_of(node: Node<'_>, signs: &mut Signs) -> Option<(&'static str, f32)> {
    if node.attr("rel").is_some_and(|rel| rel.split_ascii_whitespace().any(|rel| rel == "author")) {
        return Some(("rel author", 0.72));
    }
    if node.attr("itemprop").is_some_and(|prop| prop == "author" || prop == "creator") {
        return Some(("itemprop author", 0.7));
    }
    if node.attr("href").is_some_and(|href| AUTHOR_LINKS.is_match(href)) {
        return Some(("author link", 0.68));
    }
    if !signs.are_in_name_of(node) {
        return None;
    }
    let name = name_of(node);
    if AUTHOR_CLASSES.iter().any(|part| name.contains(part)) {
        return Some(("author name element", 0.66));
    }
    let mut words = name.split(|c: char| !c.is_ascii_alphanumeric());
    words.any(|word| BYLINE_WORDS.contains(&word)).then_some(("byline element", 0.6))
}

static AUTHOR_LINKS: LazyLock<AhoCorasick> =
    LazyLock::new(|| AhoCorasick::new(AUTHOR_PATHS).expect("a short list makes an automaton"));
/// Any of the words and parts: most elements have none, and are passed over in one look.
static BYLINE_SIGNS: LazyLock<AhoCorasick> =
    LazyLock::new(|| signs(BYLINE_WORDS.iter().chain(AUTHOR_CLASSES)));

/// Parts of addresses that lead to the page of an author.
const AUTHOR_PATHS: &[&str] = &[
    "/author/",
    "/authors/",
    "/autor/",
    "/autoren/",
    "/autores/",
    "/auteur/",
    "/auteurs/",
    "/autore/",
    "/people/",
    "/person/",
    "/by/",
    "/journalist",
    "/staff/",
    "/profile/",
    "/reporter",
    "/contributor",
    "/writer",
    "/columnist",
    "/redakt",
    "/firma/",
];

/// Parts of class names that hold an author's name and nothing else.
const AUTHOR_CLASSES: &[&str] = &[
    "author-name",
    "author__name",
    "authorname",
    "author_name",
    "author-meta--name",
    "byline-name",
    "byline__name",
    "byline-author",
    "byline__author",
];

/// Words of class names that hold a byline.
const BYLINE_WORDS: &[&str] = &[
    "byline",
    "bylines",
    "author",
    "authors",
    "autor",
    "autoren",
    "auteur",
    "auteurs",
    "autore",
    "firma",
    "signature",
    "writer",
    "reporter",
];

fn is_near(node: Node<'_>, anchor: Anchor, after: u32) -> bool {
    anchor.headline.is_none_or(|headline| {
        let (at, headline) = (node.id().0, headline.0);
        at + 80 >= headline && at <= headline + after
    })
}

/// Whether visible text has the look of a name: in scripts with capitals, most words have one.
fn looks_signed(name: &str) -> bool {
    let words: Vec<&str> = name.split_whitespace().collect();
    let is_capital = |word: &&&str| {
        let first = word.chars().find(|c| c.is_alphabetic());
        first.is_some_and(|c| c.is_uppercase() || !c.is_lowercase())
    };
    let capitals = words.iter().filter(is_capital).count();
    words.len() <= 6 && capitals * 5 >= words.len() * 3 && !name.chars().any(|c| c.is_ascii_digit())
}

/// In letters; "ein kommentar von" has seventeen.
const LONGEST_INTRODUCTION: usize = 24;

/// The first letters of [`INTRODUCTIONS`]: most lines begin with none of them.
static FIRST_LETTERS: LazyLock<Vec<char>> = LazyLock::new(|| {
    let mut letters: Vec<char> =
        INTRODUCTIONS.iter().filter_map(|word| word.chars().next()).collect();
    letters.sort_unstable();
    letters.dedup();
    letters
});

fn without_introduction(text: &str) -> &str {
    let mut text = text.trim_start_matches(['-', '–', '—', '|', '•', '·', ':', ',', ' ']);
    for _ in 0..2 {
        let first = text.chars().next().and_then(|first| first.to_lowercase().next());
        if !first.is_some_and(|first| FIRST_LETTERS.contains(&first)) {
            break;
        }
        let lower: String =
            text.chars().take(LONGEST_INTRODUCTION).flat_map(char::to_lowercase).collect();
        // Folding changes no length in these words, save where the text is in another script.
        let found = INTRODUCTIONS
            .iter()
            .filter(|word| lower.starts_with(**word))
            .max_by_key(|word| word.len());
        let Some(word) = found else { break };
        let Some(rest) = text.get(word.len()..) else { break };
        let parted = rest.starts_with([' ', ':', '：', '／', '/', '.']);
        if !parted || rest.trim_matches([' ', ':', '：', '.', '/', '／']).is_empty() {
            break;
        }
        text = rest.trim_start_matches([' ', ':', '：', '.', '/', '／']);
    }
    text
}

/// Marks at which one name ends.
const PARTERS: [char; 13] = [';', '|', '•', '·', '、', '，', '●', '/', '&', '–', '—', '،', '／'];

/// Cuts a byline where names end.
fn parts(text: &str) -> Vec<String> {
    let mut parts = Vec::new();
    for piece in text.replace(" - ", " | ").split(PARTERS) {
        for piece in split_and(piece) {
            parts.extend(split_commas(&piece));
        }
    }
    parts
}

fn split_and(text: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    for word in text.split_whitespace() {
        let plain = word.to_lowercase();
        if AND.contains(&plain.as_str()) && !parts.last().is_none_or(String::is_empty) {
            parts.push(String::new());
            continue;
        }
        if let Some(part) = parts.last_mut() {
            if !part.is_empty() {
                part.push(' ');
            }
            part.push_str(word);
        }
    }
    parts
}

/// Splits at commas; a degree is dropped, and so is a part that names a role.
fn split_commas(text: &str) -> Vec<String> {
    let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
    parts.filter(|part| !is_degree(part)).map(str::to_owned).collect()
}

fn is_degree(part: &str) -> bool {
    let lower = part.to_lowercase();
    lower
        .split_whitespace()
        .all(|word| DEGREES.contains(&word) || word.chars().all(|c| c.is_ascii_digit()))
}

/// A name without brackets, addresses, handles and places of work.
fn tidy(part: &str) -> String {
    let part = part.trim_start_matches([' ', '(', '[', '【', '＝', '<']);
    let part = part.split(['(', '[', '<', ')', ']', '【', '】', '（']).next().unwrap_or(part);
    let words: Vec<&str> = part.split_whitespace().collect();
    let cut = words.iter().position(|word| {
        ["in", "at", "for", "aus", "à", "en"].contains(&word.to_lowercase().as_str())
    });
    let words = match cut {
        Some(at) if at >= 2 => &words[..at],
        _ => &words[..],
    };
    let name = words.join(" ");
    let name = without_introduction(&name);
    name.trim_matches([' ', ',', '.', ':', '-', '*', '"', '“', '”', '\'']).to_owned()
}

fn is_name(name: &str) -> bool {
    let lower = name.to_lowercase();
    let words: Vec<&str> = lower.split_whitespace().collect();
    let letters = name.chars().filter(|c| c.is_alphabetic()).count();
    letters >= 2
        && !name.starts_with(|c: char| c.is_ascii_digit())
        && name.chars().count() <= 60
        && words.len() <= 8
        && !NOBODY.contains(&lower.as_str())
        && !INTRODUCTIONS.contains(&lower.as_str())
        && !words.iter().any(|word| ROLES.contains(&word.trim_matches([',', '.', ':'])))
        && date::written(name, None).is_none()
        && name.chars().filter(char::is_ascii_digit).count() <= 4
}

fn dedupe(names: &mut Vec<String>) {
    let mut seen: Vec<String> = Vec::new();
    names.retain(|name| {
        let skeleton = skeleton(name);
        let fresh = !skeleton.is_empty() && !seen.contains(&skeleton);
        if fresh {
            seen.push(skeleton);
        }
        fresh
    });
    names.truncate(40);
}

/// Whether a name is the site's, or begins with it as "Example Editors" does.
pub(crate) fn is_site(name: &str, site_names: &[String]) -> bool {
    let name = skeleton(name);
    let mut sites = site_names.iter();
    sites.any(|site| *site == name || (site.len() >= 4 && name.starts_with(site.as_str())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bylines_are_cut_into_names() {
        let cases: [(&str, &[&str]); 22] = [
            ("By Anna Beispiel", &["Anna Beispiel"]),
            ("BY ANNA BEISPIEL", &["ANNA BEISPIEL"]),
            ("Anna Beispiel and Ben Example", &["Anna Beispiel", "Ben Example"]),
            (
                "Anna Beispiel, Ben Example & Cem Örnek",
                &["Anna Beispiel", "Ben Example", "Cem Örnek"],
            ),
            ("Von Anna Beispiel und Ben Example", &["Anna Beispiel", "Ben Example"]),
            ("Par Anne Exemple et Benoît Exemple", &["Anne Exemple", "Benoît Exemple"]),
            ("Por Ana Ejemplo y Benito Ejemplo", &["Ana Ejemplo", "Benito Ejemplo"]),
            ("Di Anna Esempio", &["Anna Esempio"]),
            ("Автор: Анна Примерова", &["Анна Примерова"]),
            ("By Anna Beispiel in Berlin", &["Anna Beispiel"]),
            ("Anna Beispiel, Diplomatic Correspondent", &["Anna Beispiel"]),
            ("Anna Beispiel, MD, PhD", &["Anna Beispiel"]),
            ("Anna Beispiel (Example Agency)", &["Anna Beispiel"]),
            ("anna@example.org", &[]),
            ("Anna Beispiel anna@example.org", &["Anna Beispiel"]),
            ("https://example.org/anna", &[]),
            ("admin", &[]),
            ("16 July 2024", &[]),
            ("5 min read", &[]),
            ("作者：张三、李四", &["张三", "李四"]),
            ("بقلم: سعاد مثال", &["سعاد مثال"]),
            ("", &[]),
        ];
        for (text, expect) in cases {
            assert_eq!(split(text), expect, "{text}");
        }
    }
}
