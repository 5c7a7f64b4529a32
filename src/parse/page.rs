//! Bytes of an HTML or plain-text answer become a [`Page`]: decoded once, parsed once.

use crate::model::fetched::Fetched;
use crate::model::note::Note;
use crate::parse::charset;
use crate::parse::dom::Dom;
use crate::parse::tree;

/// A decoded and parsed page.
#[derive(Debug)]
pub struct Page {
    /// The address that answered.
    pub url: String,
    pub dom: Dom,
    /// The charset the bytes were read in, e.g. `UTF-8`.
    pub encoding: &'static str,
    /// How the body was written.
    pub format: Format,
}

/// How a body is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    Html,
    /// No markup: each run of lines between blank lines became one `<p>`.
    PlainText,
}

/// Decodes and parses an answer. Any bytes give a page.
pub fn read(fetched: &Fetched) -> (Page, Vec<Note>) {
    let decoded = charset::decode(&fetched.body, fetched.content_type.as_deref());
    let mut notes = Vec::new();
    if decoded.damaged {
        let text = format!("some bytes are not {}, replaced by U+FFFD", decoded.encoding);
        notes.push(Note::new("parse", text));
    }
    let format = format_of(fetched.content_type.as_deref(), &decoded.text);
    let grown = match format {
        Format::Html => tree::grow(&decoded.text),
        Format::PlainText => tree::grow(&paragraphs(&decoded.text)),
    };
    if grown.too_deep {
        notes.push(Note::new("parse", "tags nested too deep were left out, their text kept"));
    }
    if grown.too_many {
        notes.push(Note::new("parse", "the page has too many nodes, the rest was left out"));
    }
    let page =
        Page { url: fetched.url.clone(), dom: grown.dom, encoding: decoded.encoding, format };
    (page, notes)
}

/// Plain text is what is served as such, or what bears no tag at all.
fn format_of(content_type: Option<&str>, text: &str) -> Format {
    let kind = content_type.unwrap_or("").split(';').next().unwrap_or("").trim();
    let tagged = text.as_bytes().windows(2).any(|pair| {
        pair[0] == b'<' && (pair[1].is_ascii_alphabetic() || matches!(pair[1], b'!' | b'/' | b'?'))
    });
    if kind.eq_ignore_ascii_case("text/plain") || !tagged {
        Format::PlainText
    } else {
        Format::Html
    }
}

/// Wraps each run of lines between blank lines in `<p>`, with markup characters escaped.
fn paragraphs(text: &str) -> String {
    let mut html = String::with_capacity(text.len() + text.len() / 8);
    let mut open = false;
    for line in text.lines() {
        if line.trim().is_empty() {
            open = false;
            continue;
        }
        html.push_str(if open { "\n" } else { "<p>" });
        open = true;
        for c in line.chars() {
            match c {
                '&' => html.push_str("&amp;"),
                '<' => html.push_str("&lt;"),
                c => html.push(c),
            }
        }
    }
    html
}
