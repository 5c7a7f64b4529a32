//! JSON-LD: every object of the page, and the one that describes its article.

use std::collections::HashMap;

use serde_json::{Map, Value};

use crate::extract::metadata::likeness::Words;
use crate::extract::metadata::loose_json;
use crate::parse::dom::Dom;

/// Most objects kept of one page; archives list thousands.
const OBJECTS: usize = 5_000;

/// A JSON-LD object.
pub(crate) type Object = Map<String, Value>;

/// The objects of a page, nested ones too, in the order of the page.
#[derive(Debug, Default)]
pub(crate) struct LinkedData {
    objects: Vec<Object>,
    /// Index of the first object with a name under this `@id`.
    named: HashMap<String, usize>,
}

/// The types of schema.org that a text may have, the surest first, each with its worth.
const ARTICLE_TYPES: [(&str, u8); 27] = [
    ("NewsArticle", 5),
    ("ReportageNewsArticle", 5),
    ("AnalysisNewsArticle", 5),
    ("BackgroundNewsArticle", 5),
    ("OpinionNewsArticle", 5),
    ("AskPublicNewsArticle", 5),
    ("ReviewNewsArticle", 5),
    ("AdvertiserContentArticle", 4),
    ("SatiricalArticle", 5),
    ("LiveBlogPosting", 5),
    ("Article", 5),
    ("BlogPosting", 5),
    ("SocialMediaPosting", 4),
    ("DiscussionForumPosting", 4),
    ("ScholarlyArticle", 5),
    ("TechArticle", 5),
    ("Report", 5),
    ("MedicalScholarlyArticle", 5),
    ("MedicalWebPage", 3),
    ("Recipe", 4),
    ("Review", 2),
    ("HowTo", 3),
    ("GovernmentService", 2),
    ("CreativeWork", 3),
    ("WebPage", 1),
    ("ItemPage", 1),
    ("VideoObject", 1),
];

impl LinkedData {
    pub(crate) fn of(dom: &Dom) -> Self {
        let mut found = Self::default();
        let is_data = |kind: &str| kind.to_ascii_lowercase().contains("ld+json");
        for script in dom.elements("script").filter(|node| node.attr("type").is_some_and(is_data)) {
            for value in loose_json::read(&script.raw_text()) {
                found.take(value);
            }
        }
        found
    }

    /// Flattens a value: an object first, then those inside it.
    fn take(&mut self, value: Value) {
        let mut waiting = vec![value];
        while let Some(value) = waiting.pop() {
            match value {
                Value::Array(items) => waiting.extend(items.into_iter().rev()),
                Value::Object(object) if self.objects.len() < OBJECTS => {
                    let nested =
                        object.iter().filter(|(_, value)| value.is_array() || value.is_object());
                    // A review's or a comment's own fields are not the article's.
                    let nested = nested.filter(|(key, _)| {
                        !["comment", "review", "author", "publisher"].contains(&key.as_str())
                    });
                    let nested: Vec<Value> = nested.map(|(_, value)| value.clone()).collect();
                    waiting.extend(nested.into_iter().rev());
                    self.add(object);
                }
                _ => {}
            }
        }
    }

    fn add(&mut self, object: Object) {
        if let (Some(Value::String(id)), true) = (object.get("@id"), object.contains_key("name")) {
            self.named.entry(id.clone()).or_insert(self.objects.len());
        }
        self.objects.push(object);
    }

    /// The object that describes the page's own article: an article type, at this address or with
    /// a headline like the page's; lists of other articles are passed over.
    pub(crate) fn article(&self, addresses: &[&str], headlines: &[&str]) -> Option<usize> {
        let headlines: Vec<Words> = headlines.iter().map(|line| Words::of(line)).collect();
        let scored = self.objects.iter().enumerate().filter_map(|(at, object)| {
            let worth = f32::from(worth(object)?);
            let own =
                if addresses.iter().any(|address| is_at(object, address)) { 3.0 } else { 0.0 };
            let name = text(object, "headline").or_else(|| text(object, "name")).unwrap_or("");
            let name = Words::of(name);
            let alike = headlines.iter().map(|line| name.likeness(line)).fold(0.0, f32::max);
            let dated = if object.contains_key("datePublished") { 1.0 } else { 0.0 };
            Some((at, worth + own + 4.0 * alike + dated))
        });
        // The first of equals: pages put their own article before those they recommend.
        let best = scored.fold(None, |best: Option<(usize, f32)>, next| match best {
            Some(best) if best.1 >= next.1 => Some(best),
            _ => Some(next),
        });
        best.map(|(at, _)| at)
    }

    pub(crate) fn get(&self, at: usize) -> Option<&Object> {
        self.objects.get(at)
    }

    /// Objects of one of these types.
    pub(crate) fn of_type(&self, types: &'static [&'static str]) -> impl Iterator<Item = &Object> {
        self.objects.iter().filter(move |object| kinds(object).any(|kind| types.contains(&kind)))
    }

    /// The object a reference `{"@id": …}` means, or the object itself.
    pub(crate) fn resolve<'a>(&'a self, object: &'a Object) -> &'a Object {
        let meant = object.get("@id").and_then(Value::as_str).and_then(|id| self.named.get(id));
        match meant {
            Some(index) if !object.contains_key("name") => &self.objects[*index],
            _ => object,
        }
    }
}

/// A field as text, not empty.
pub(crate) fn text<'a>(object: &'a Object, field: &str) -> Option<&'a str> {
    let value = match object.get(field)? {
        Value::Array(items) => items.first()?,
        value => value,
    };
    value.as_str().map(str::trim).filter(|text| !text.is_empty())
}

/// The names of an object's types, without the vocabulary's address.
pub(crate) fn kinds(object: &Object) -> impl Iterator<Item = &str> {
    let kinds: Vec<&Value> = match object.get("@type") {
        Some(Value::Array(kinds)) => kinds.iter().collect(),
        Some(kind) => vec![kind],
        None => Vec::new(),
    };
    kinds
        .into_iter()
        .filter_map(Value::as_str)
        .map(|kind| kind.rsplit(['/', ':']).next().unwrap_or(kind))
}

fn worth(object: &Object) -> Option<u8> {
    let of_type =
        |kind: &str| ARTICLE_TYPES.iter().find(|(name, _)| *name == kind).map(|(_, worth)| *worth);
    let best = kinds(object).filter_map(of_type).max();
    best.or_else(|| object.contains_key("headline").then_some(3))
}

/// Whether an object says that it lives at the address.
fn is_at(object: &Object, address: &str) -> bool {
    let plain = |address: &str| -> String {
        let address = address.split(['?', '#']).next().unwrap_or(address);
        let address = address.split_once("://").map_or(address, |(_, rest)| rest);
        address.trim_start_matches("www.").trim_end_matches('/').to_ascii_lowercase()
    };
    let of = |value: &Value| match value {
        Value::String(address) => Some(address.clone()),
        Value::Object(page) => {
            page.get("@id").or_else(|| page.get("url"))?.as_str().map(str::to_owned)
        }
        _ => None,
    };
    let address = plain(address);
    ["url", "mainEntityOfPage", "@id"]
        .iter()
        .filter_map(|field| of(object.get(*field)?))
        .any(|found| !found.is_empty() && plain(&found) == address)
}
