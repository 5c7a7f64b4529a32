//! Listings in JSON: JSON Feed 1.0 and 1.1, and any interface whose items are found by dotted paths.

use serde_json::Value;

use crate::model::source::JsonPaths;
use crate::parse::address::{is_web, resolve};
use crate::parse::date;
use crate::parse::entry::{ENTRIES_MAX, Entry};
use crate::parse::plain_text;

/// Bytes of a JSON listing that are read. A value tree takes many times its text, so this is the
/// bound on memory.
pub(crate) const JSON_MAX: usize = 8 << 20;

/// The keys of a document that an error names, so that a path can be put right.
const KEYS_SHOWN: usize = 12;

/// Reads JSON, with or without a byte-order mark.
///
/// # Errors
/// When it is too long or no JSON; the message says where.
pub(crate) fn parse(bytes: &[u8]) -> Result<Value, String> {
    if JSON_MAX < bytes.len() {
        return Err(format!(
            "{} bytes of JSON, more than the {JSON_MAX} that are read",
            bytes.len()
        ));
    }
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    serde_json::from_slice(bytes).map_err(|error| format!("not JSON: {error}"))
}

/// The entries of a JSON Feed; `None` if the document is no feed.
pub(crate) fn read_feed(document: &Value, base: &str) -> Option<Vec<Entry>> {
    let items = document.get("items")?.as_array()?;
    Some(items.iter().take(ENTRIES_MAX).map(|item| read_item(item, base)).collect())
}

/// The entries that `paths` leads to.
///
/// # Errors
/// When no array stands at the path of the items; the message names what stands there instead.
pub(crate) fn read(document: &Value, paths: &JsonPaths, base: &str) -> Result<Vec<Entry>, String> {
    let items = follow(document, &paths.items).and_then(Value::as_array).ok_or_else(|| {
        format!("no array at items = {:?}; the document has {}", paths.items, keys_of(document))
    })?;
    let text = |item: &Value, path: &Option<String>| -> Option<String> {
        text_of(follow(item, path.as_deref()?)?)
    };
    let entry = |item: &Value| Entry {
        url: follow(item, &paths.link).and_then(text_of).and_then(|link| resolve(base, &link)),
        title: text(item, &paths.title).map(|t| plain_text::from_either(&t)).unwrap_or_default(),
        published: text(item, &paths.published).and_then(|t| date::parse(t.trim())),
        summary: text(item, &paths.summary).map(|t| plain_text::from_either(&t)),
    };
    Ok(items.iter().take(ENTRIES_MAX).map(|item| entry(item).cut()).collect())
}

/// The address of the next document, at a dotted path; none where there is none.
pub(crate) fn next_page(document: &Value, path: &str, base: &str) -> Option<String> {
    let next = text_of(follow(document, path)?)?;
    resolve(base, &next).filter(|url| !next.trim().is_empty() && url != base)
}

/// The WebSub hub that a JSON Feed names, and its own address.
pub(crate) fn hub_of(document: &Value, base: &str) -> (Option<String>, Option<String>) {
    let hubs = document.get("hubs").and_then(Value::as_array);
    let is_websub = |hub: &&Value| {
        hub.get("type")
            .and_then(Value::as_str)
            .is_some_and(|kind| kind.eq_ignore_ascii_case("websub"))
    };
    let address = |value: &Value, key: &str| resolve(base, value.get(key)?.as_str()?);
    let hub = hubs.and_then(|hubs| address(hubs.iter().find(is_websub)?, "url"));
    (hub, address(document, "feed_url"))
}

fn read_item(item: &Value, base: &str) -> Entry {
    let text = |key: &str| item.get(key).and_then(text_of);
    let link = text("url").or_else(|| text("external_url")).and_then(|link| resolve(base, &link));
    let html = || text("content_html").map(|html| plain_text::from_html(&html));
    let summary = text("summary").or_else(|| text("content_text"));
    Entry {
        url: link.or_else(|| text("id").filter(|id| is_web(id))),
        title: text("title").map(|title| plain_text::from_either(&title)).unwrap_or_default(),
        published: ["date_published", "date_modified"]
            .into_iter()
            .find_map(|key| date::parse(text(key)?.trim())),
        summary: summary.map(|summary| plain_text::one_line(&summary)).or_else(html),
    }
    .cut()
}

/// What stands at a dotted path; numbers count into arrays, the empty path is the value itself.
fn follow<'v>(value: &'v Value, path: &str) -> Option<&'v Value> {
    path.split('.').filter(|step| !step.is_empty()).try_fold(value, |value, step| match value {
        Value::Array(items) => items.get(step.parse::<usize>().ok()?),
        _ => value.get(step),
    })
}

/// A text, a number, or the first such of an array: interfaces wrap single values at will.
fn text_of(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Array(items) => match items.first()? {
            Value::String(text) => Some(text.clone()),
            _ => None,
        },
        _ => None,
    }
}

fn keys_of(document: &Value) -> String {
    match document {
        Value::Object(fields) => {
            let keys: Vec<&str> = fields.keys().take(KEYS_SHOWN).map(String::as_str).collect();
            format!("the keys {}", keys.join(", "))
        }
        Value::Array(items) => format!("an array of {} at its root (items = \"\")", items.len()),
        _ => "a single value".to_owned(),
    }
}
