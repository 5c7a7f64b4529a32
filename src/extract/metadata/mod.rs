//! What a page says of itself: headline, byline, dates, language, address, site.

use serde_json::Value;

use crate::model::extracted::Witness;
use crate::model::source::Recipe;
use crate::model::stamp::Stamp;
use crate::parse::dom::{Dom, Node};
use crate::parse::page::Page;
use crate::parse::selector::Selector;

/// The fields of a page that are not its body.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Metadata {
    /// Canonical address, absolute, where the page names one.
    pub canonical: Option<String>,
    /// The headline without the site's name; empty where there is none.
    pub title: String,
    pub byline: Vec<String>,
    pub published: Option<Stamp>,
    pub modified: Option<Stamp>,
    /// The language the page claims, ISO 639-1; the text itself decides later.
    pub language: Option<String>,
    pub site: Option<String>,
    /// The page's summary of itself.
    pub description: Option<String>,
    /// `articleBody` of JSON-LD: a witness for the body, often cut short.
    pub body: Option<String>,
    /// The page says that the article is not free to read.
    pub paywalled: bool,
    pub witnesses: Vec<Witness>,
}

/// Reads the claims of a page. A recipe's selectors come first, then JSON-LD, meta tags, elements.
pub fn read(page: &Page, recipe: &Recipe) -> Metadata {
    let objects = linked_data(&page.dom);
    let article = objects.iter().find(|object| object.get("headline").is_some());
    let field = |name: &str| article.and_then(|object| object.get(name));
    let mut metadata = Metadata {
        canonical: canonical(&page.dom),
        site: meta(&page.dom, "og:site_name"),
        description: meta(&page.dom, "og:description").or_else(|| meta(&page.dom, "description")),
        body: field("articleBody").and_then(Value::as_str).map(str::to_owned),
        paywalled: field("isAccessibleForFree").is_some_and(|free| {
            *free == Value::Bool(false)
                || free.as_str().is_some_and(|s| s.eq_ignore_ascii_case("false"))
        }),
        language: page
            .dom
            .elements("html")
            .next()
            .and_then(|html| language_code(html.attr("lang")?)),
        byline: field("author").map(names).unwrap_or_default(),
        published: field("datePublished")
            .and_then(Value::as_str)
            .map(str::to_owned)
            .or_else(|| meta(&page.dom, "article:published_time"))
            .and_then(|text| text.parse().ok()),
        modified: field("dateModified").and_then(Value::as_str).and_then(|text| text.parse().ok()),
        ..Metadata::default()
    };
    let claims = [
        ("recipe", recipe.title.as_deref().and_then(|selector| first(&page.dom, selector))),
        ("json-ld headline", field("headline").and_then(Value::as_str).map(str::to_owned)),
        ("meta og:title", meta(&page.dom, "og:title")),
        ("h1", page.dom.elements("h1").next().map(Node::text)),
        ("title", page.dom.elements("title").next().map(Node::raw_text)),
    ];
    for (place, claim) in claims {
        if let Some(title) = claim.map(|text| text.trim().to_owned()).filter(|t| !t.is_empty()) {
            metadata.witnesses.push(Witness {
                field: "title",
                place,
                value: title.clone(),
                confidence: 0.8,
            });
            metadata.title = title;
            break;
        }
    }
    metadata
}

/// Every JSON-LD object of the page, those inside lists and graphs too.
fn linked_data(dom: &Dom) -> Vec<Value> {
    let mut objects = Vec::new();
    let scripts = dom
        .elements("script")
        .filter(|script| script.attr("type").is_some_and(|kind| kind.contains("ld+json")));
    let mut waiting: Vec<Value> =
        scripts.filter_map(|script| serde_json::from_str(&script.raw_text()).ok()).collect();
    waiting.reverse();
    while let Some(value) = waiting.pop() {
        match value {
            Value::Array(items) => waiting.extend(items.into_iter().rev()),
            Value::Object(mut object) => {
                waiting.extend(object.remove("@graph"));
                objects.push(Value::Object(object));
            }
            _ => {}
        }
    }
    objects
}

fn names(author: &Value) -> Vec<String> {
    match author {
        Value::String(name) => vec![name.trim().to_owned()],
        Value::Array(items) => items.iter().flat_map(names).collect(),
        Value::Object(object) => object.get("name").map(names).unwrap_or_default(),
        _ => Vec::new(),
    }
}

fn meta(dom: &Dom, name: &str) -> Option<String> {
    dom.elements("meta")
        .filter(|meta| meta.attr("property") == Some(name) || meta.attr("name") == Some(name))
        .find_map(|meta| meta.attr("content"))
        .map(|content| content.trim().to_owned())
        .filter(|content| !content.is_empty())
}

fn canonical(dom: &Dom) -> Option<String> {
    dom.elements("link")
        .filter(|link| link.attr("rel") == Some("canonical"))
        .find_map(|link| link.attr("href"))
        .filter(|href| href.starts_with("http"))
        .map(str::to_owned)
}

fn first(dom: &Dom, selector: &str) -> Option<String> {
    let selector = Selector::parse(selector).ok()?;
    dom.select(&selector).next().map(Node::text)
}

fn language_code(tag: &str) -> Option<String> {
    let code = tag.split(['-', '_']).next()?.to_ascii_lowercase();
    (code.len() == 2).then_some(code)
}
