//! What a page says of itself: headline, byline, dates, language, address, site.
//!
//! Every field is settled the same way: each place that says something makes a claim with a
//! confidence, the best claim wins, and the winner is kept as the field's witness.

mod address;
mod byline;
mod dates;
mod head;
mod likeness;
mod lines;
mod linked_data;
mod loose_json;
mod seen_dates;
mod signatories;
mod title;
mod zone;

use serde_json::Value;

use crate::extract::metadata::head::{Head, squeeze};
use crate::extract::metadata::likeness::{likeness, skeleton};
use crate::extract::metadata::lines::Line;
use crate::extract::metadata::linked_data::text;
use crate::extract::metadata::seen_dates::Anchor;
use crate::model::article::Signatory;
use crate::model::extracted::Witness;
use crate::model::source::Recipe;
use crate::model::stamp::Stamp;
use crate::parse::date::Role;
use crate::parse::dom::Node;
use crate::parse::page::Page;
use crate::parse::selector::Selector;

/// The fields of a page that are not its body.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Metadata {
    /// Canonical address, absolute, where the page names one.
    pub canonical: Option<String>,
    /// The headline without the site's name; empty where there is none.
    pub title: String,
    /// Persons and organisations who sign, in order.
    pub byline: Vec<String>,
    /// What each of them is, in the same order.
    pub signatories: Vec<Signatory>,
    pub published: Option<Stamp>,
    pub modified: Option<Stamp>,
    /// The language the page claims, ISO 639-1; the text itself decides later.
    pub language: Option<String>,
    /// What the site calls itself.
    pub site: Option<String>,
    /// The part of the site the page belongs to.
    pub section: Option<String>,
    /// Keywords, each once.
    pub tags: Vec<String>,
    /// The page's summary of itself.
    pub description: Option<String>,
    /// Absolute address of the lead image.
    pub image: Option<String>,
    /// `articleBody` of JSON-LD: a witness for the body, often cut short.
    pub body: Option<String>,
    /// The page says that the article is not free to read.
    pub paywalled: bool,
    /// The winning claim of each field.
    pub witnesses: Vec<Witness>,
}

/// One place's word for a field.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Claim {
    place: &'static str,
    value: String,
    confidence: f32,
}

/// The visible text, and where in it the headline stands.
#[derive(Debug, Clone, Copy)]
struct Text<'page> {
    lines: &'page [Line<'page>],
    anchor: Anchor,
}

impl Claim {
    fn new(place: &'static str, value: String, confidence: f32) -> Self {
        Self { place, value, confidence }
    }
}

/// Most tags kept.
const TAGS: usize = 60;

/// Reads the claims of a page. A recipe's selectors come first, then JSON-LD, meta tags, elements,
/// the address and the text.
pub fn read(page: &Page, recipe: &Recipe) -> Metadata {
    let head = Head::of(page);
    let mut metadata = Metadata::default();
    let site_claims = address::names(&head);
    let mut site_names: Vec<String> = site_claims.iter().map(|claim| claim.value.clone()).collect();
    site_names.extend(address::host_names(&page.url));
    let site_names = skeletons(&site_names);
    metadata.site = metadata.settle("site", site_claims);
    metadata.canonical = metadata.settle("canonical", address::canonical(&head));
    metadata.language = metadata.settle("language", language_claims(&head));
    metadata.section = metadata.settle("section", section_claims(&head));
    // Multilingual sites end their titles with the language: "… - EN - EUR-Lex".
    let beside: Vec<String> = metadata.section.iter().chain(&metadata.language).cloned().collect();
    let endings = [site_names.clone(), skeletons(&beside)].concat();
    metadata.title = read_title(&mut metadata, &head, recipe, &endings);
    let anchor = Anchor { headline: headline_node(&head, &metadata.title) };
    let lines = lines::of(&page.dom);
    let body = Text { lines: &lines, anchor };
    read_dates(&mut metadata, &head, recipe, body);
    read_byline(&mut metadata, &head, recipe, body, &site_names);
    metadata.signatories = signatories::of(&metadata.byline, &head, &site_names);
    metadata.description = metadata.settle("description", description_claims(&head));
    metadata.image = metadata.settle("image", image_claims(&head));
    metadata.tags = tags(&head);
    metadata.body =
        head.article().and_then(|article| text(article, "articleBody")).map(str::to_owned);
    metadata.paywalled = is_paywalled(&head);
    metadata
}

/// What is compared of names: letters and digits, in lower case.
fn skeletons(names: &[String]) -> Vec<String> {
    names.iter().map(|name| skeleton(name)).filter(|name| !name.is_empty()).collect()
}

impl Metadata {
    /// Takes the first claim, kept as the field's witness.
    fn settle(&mut self, field: &'static str, claims: Vec<Claim>) -> Option<String> {
        let claim = claims.into_iter().next()?;
        self.witness(field, claim.place, &claim.value, claim.confidence);
        Some(claim.value)
    }

    fn witness(&mut self, field: &'static str, place: &'static str, value: &str, confidence: f32) {
        self.witnesses.push(Witness { field, place, value: value.to_owned(), confidence });
    }
}

fn read_title(
    metadata: &mut Metadata,
    head: &Head<'_>,
    recipe: &Recipe,
    site_names: &[String],
) -> String {
    let chosen = chosen(head, recipe.title.as_deref()).into_iter().map(Node::text);
    let chosen = chosen.filter(|text| !text.is_empty()).map(|text| Claim::new("recipe", text, 1.0));
    let mut claims: Vec<Claim> = chosen.collect();
    if claims.is_empty() {
        claims = title::claims(head, site_names);
    }
    metadata.settle("title", claims).unwrap_or_default()
}

fn read_dates(metadata: &mut Metadata, head: &Head<'_>, recipe: &Recipe, text: Text<'_>) {
    let language = date_language(head);
    let mut claims = dates::claims(head, text.lines, text.anchor, language.as_deref());
    let chosen = chosen(head, recipe.date.as_deref());
    claims.splice(
        0..0,
        chosen.into_iter().filter_map(|node| seen_dates::of_recipe(node, language.as_deref())),
    );
    if let Some((claim, stamp)) = dates::settle(&claims, Role::Published, &head.page.url) {
        metadata.witness("published", claim.place, &claim.value, claim.confidence);
        metadata.published = Some(stamp);
    }
    if let Some((claim, stamp)) = dates::settle(&claims, Role::Modified, &head.page.url) {
        metadata.witness("modified", claim.place, &claim.value, claim.confidence);
        metadata.modified = Some(stamp);
    }
}

fn read_byline(
    metadata: &mut Metadata,
    head: &Head<'_>,
    recipe: &Recipe,
    text: Text<'_>,
    site_names: &[String],
) {
    let chosen: Vec<String> = chosen(head, recipe.byline.as_deref())
        .into_iter()
        .flat_map(|node| byline::split(&node.text()))
        .collect();
    if !chosen.is_empty() {
        metadata.witness("byline", "recipe", &chosen.join(", "), 1.0);
        metadata.byline = chosen;
        return;
    }
    if let Some(claim) =
        byline::claims(head, text.lines, text.anchor, site_names).into_iter().next()
    {
        metadata.witness("byline", claim.place, &claim.names.join(", "), claim.confidence);
        metadata.byline = claim.names;
    }
}

/// The elements a recipe's selector chooses. A selector that is none chooses nothing: the file it
/// comes from was checked when it was loaded.
fn chosen<'page>(head: &Head<'page>, selector: Option<&str>) -> Vec<Node<'page>> {
    let Some(Ok(selector)) = selector.map(Selector::parse) else { return Vec::new() };
    head.dom().iter().filter(|node| node.is_element() && selector.matches(*node)).collect()
}

/// The element that shows the headline.
fn headline_node(head: &Head<'_>, title: &str) -> Option<crate::parse::dom::NodeId> {
    let alike = head.h1.iter().map(|node| (node.id(), likeness(&node.text(), title)));
    let best = alike.filter(|(_, alike)| *alike >= 0.4).max_by(|a, b| a.1.total_cmp(&b.1));
    best.map(|(id, _)| id)
}

/// The language tag by which dates are read, with its region: 3/4/2024 is in March in the United
/// States alone, so an English page of another country says so.
fn date_language(head: &Head<'_>) -> Option<String> {
    let html = head.dom().elements("html").next();
    let tag = html.and_then(|html| html.attr("lang").or_else(|| html.attr("xml:lang")));
    let tag = tag.or_else(|| head.meta("og:locale"))?.trim().to_ascii_lowercase();
    let abroad = tag == "en" && zone::of_address(&head.page.url).is_some();
    Some(if abroad { "en-gb".to_owned() } else { tag })
}

/// The language a page claims. The text's own language is judged from the text, since templates
/// keep the claim of the theme they were made from.
fn language_claims(head: &Head<'_>) -> Vec<Claim> {
    let html = head.dom().elements("html").next();
    let attribute = |name: &str| html.and_then(|html| html.attr(name)).map(str::to_owned);
    let found = [
        ("html lang", attribute("lang"), 0.7),
        ("html xml:lang", attribute("xml:lang"), 0.65),
        (
            "json-ld inLanguage",
            head.article().and_then(|article| text(article, "inLanguage")).map(str::to_owned),
            0.7,
        ),
        ("meta og:locale", head.meta("og:locale").map(str::to_owned), 0.6),
        ("meta content-language", head.meta("content-language").map(str::to_owned), 0.6),
        ("meta dc.language", head.meta("dc.language").map(str::to_owned), 0.6),
        ("meta language", head.meta("language").map(str::to_owned), 0.5),
    ];
    let claims = found.into_iter().filter_map(|(place, tag, confidence)| {
        Some(Claim::new(place, language_code(&tag?)?, confidence))
    });
    claims.collect()
}

/// The ISO 639-1 code of a language tag: `de` of `de-AT` and of `de_AT`.
fn language_code(tag: &str) -> Option<String> {
    let code = tag.trim().split(['-', '_', ',', ';']).next()?.to_ascii_lowercase();
    (code.len() == 2 && code.bytes().all(|b| b.is_ascii_lowercase())).then_some(code)
}

fn description_claims(head: &Head<'_>) -> Vec<Claim> {
    let article = head.article();
    let found = [
        ("meta og:description", head.meta("og:description"), 0.9),
        ("meta description", head.meta("description"), 0.85),
        ("json-ld description", article.and_then(|article| text(article, "description")), 0.8),
        ("meta twitter:description", head.meta("twitter:description"), 0.8),
        ("meta dc.description", head.meta("dc.description"), 0.7),
    ];
    texts(found)
}

fn section_claims(head: &Head<'_>) -> Vec<Claim> {
    let article = head.article();
    let found = [
        (
            "json-ld articleSection",
            article.and_then(|article| text(article, "articleSection")),
            0.9,
        ),
        ("meta article:section", head.meta("article:section"), 0.85),
        ("meta section", head.meta("section"), 0.7),
        ("meta parsely-section", head.meta("parsely-section"), 0.8),
        ("meta category", head.meta("category"), 0.5),
    ];
    texts(found)
}

fn texts<const N: usize>(found: [(&'static str, Option<&str>, f32); N]) -> Vec<Claim> {
    let claims = found.into_iter().filter_map(|(place, value, confidence)| {
        let value = squeeze(value?);
        (!value.is_empty()).then(|| Claim::new(place, value, confidence))
    });
    claims.collect()
}

fn image_claims(head: &Head<'_>) -> Vec<Claim> {
    let base = url::Url::parse(&head.page.url).ok();
    let of_article = head.article().and_then(|article| image_address(article.get("image")?));
    let found = [
        ("meta og:image", head.meta("og:image").map(str::to_owned), 0.9),
        ("json-ld image", of_article, 0.85),
        ("meta twitter:image", head.meta("twitter:image").map(str::to_owned), 0.8),
        ("link image_src", head.link("image_src").map(str::to_owned), 0.7),
    ];
    let claims = found.into_iter().filter_map(|(place, address, confidence)| {
        let address = address::resolve(base.as_ref(), &address?)?;
        Some(Claim::new(place, address.into(), confidence))
    });
    claims.collect()
}

fn image_address(image: &Value) -> Option<String> {
    match image {
        Value::String(address) => Some(address.clone()),
        Value::Array(items) => items.iter().find_map(image_address),
        Value::Object(object) => {
            text(object, "url").or_else(|| text(object, "contentUrl")).map(str::to_owned)
        }
        _ => None,
    }
}

/// Keywords from JSON-LD and meta tags, each once, in order.
fn tags(head: &Head<'_>) -> Vec<String> {
    let mut tags: Vec<String> = Vec::new();
    let mut add = |text: &str| {
        for tag in text.split([',', ';', '，', '、']).map(squeeze) {
            let known = tags.iter().any(|known| known.to_lowercase() == tag.to_lowercase());
            if !known && !tag.is_empty() && tag.len() <= 100 && tags.len() < TAGS {
                tags.push(tag);
            }
        }
    };
    match head.article().and_then(|article| article.get("keywords")) {
        Some(Value::String(text)) => add(text),
        Some(Value::Array(items)) => items.iter().filter_map(Value::as_str).for_each(&mut add),
        _ => {}
    }
    ["article:tag", "keywords", "news_keywords", "parsely-tags"]
        .iter()
        .for_each(|name| head.all_meta(name).for_each(&mut add));
    tags
}

/// Whether the page says for machines that the article is not free.
fn is_paywalled(head: &Head<'_>) -> bool {
    let not_free = |value: &Value| match value {
        Value::Bool(free) => !free,
        Value::String(text) => {
            let text = text.rsplit('/').next().unwrap_or(text);
            text.eq_ignore_ascii_case("false") || text.eq_ignore_ascii_case("no")
        }
        _ => false,
    };
    let by_data =
        head.article().and_then(|article| article.get("isAccessibleForFree")).is_some_and(not_free);
    let tier = head.meta("article:content_tier").unwrap_or("");
    by_data || tier.eq_ignore_ascii_case("locked")
}

#[cfg(test)]
mod tests;
