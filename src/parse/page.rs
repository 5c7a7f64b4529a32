//! Bytes of an HTML, plain-text or PDF answer become a [`Page`]: decoded once, parsed once.

use crate::model::fetched::Fetched;
use crate::model::note::Note;
use crate::parse::charset;
use crate::parse::dom::Dom;
use crate::parse::pdf;
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
    /// A PDF: its paragraphs became `<p>`, its large lines headings, what its pages repeat a footer.
    Pdf,
}

/// Decodes and parses an answer. Any bytes give a page.
pub fn read(fetched: &Fetched) -> (Page, Vec<Note>) {
    if pdf::is_pdf(&fetched.body) {
        return read_pdf(fetched);
    }
    let decoded = charset::decode(&fetched.body, fetched.content_type.as_deref());
    let mut notes = Vec::new();
    if decoded.damaged {
        let text = format!("some bytes are not {}, replaced by U+FFFD", decoded.encoding);
        notes.push(Note::new("parse", text));
    }
    let format = format_of(fetched.content_type.as_deref(), &decoded.text);
    let grown = match format {
        Format::Html => tree::grow(&decoded.text),
        Format::PlainText | Format::Pdf => tree::grow(&paragraphs(&decoded.text)),
    };
    if grown.too_deep {
        notes.push(Note::new("parse", "tags nested too deep were left out, their text kept"));
    }
    if grown.too_many {
        notes.push(Note::new(
            "parse",
            "the page has too many nodes or a tag without end, the rest was left out",
        ));
    }
    let page =
        Page { url: fetched.url.clone(), dom: grown.dom, encoding: decoded.encoding, format };
    (page, notes)
}

/// The text of an answer, in the charset it is read in.
pub fn decoded(fetched: &Fetched) -> String {
    charset::decode(&fetched.body, fetched.content_type.as_deref()).text
}

/// A PDF that gives no text is an empty page; the note says why.
fn read_pdf(fetched: &Fetched) -> (Page, Vec<Note>) {
    let (html, notes) = match pdf::read(&fetched.body) {
        Ok((text, notes)) => (pdf_page(&text), notes),
        Err(fault) => (String::new(), vec![Note::new("parse", fault.to_string())]),
    };
    let dom = tree::grow(&html).dom;
    (Page { url: fetched.url.clone(), dom, encoding: "UTF-8", format: Format::Pdf }, notes)
}

fn pdf_page(text: &pdf::Text) -> String {
    let mut html = String::new();
    element("title", &text.title, &mut html);
    for paragraph in &text.paragraphs {
        let tag = match paragraph.heading {
            true if paragraph.text == text.title => "h1",
            true => "h2",
            false => "p",
        };
        element(tag, &paragraph.text, &mut html);
    }
    html.push_str("<footer>");
    for line in &text.furniture {
        element("p", line, &mut html);
    }
    html
}

fn element(tag: &str, text: &str, html: &mut String) {
    html.extend(["<", tag, ">"]);
    escape(text, html);
    html.extend(["</", tag, ">"]);
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
        escape(line, &mut html);
    }
    html
}

fn escape(text: &str, html: &mut String) {
    for c in text.chars() {
        match c {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            c => html.push(c),
        }
    }
}
