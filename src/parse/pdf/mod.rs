//! PDF documents become pages of lines and then paragraphs in reading order; what repeats on
//! every page goes, and is kept aside.
//!
//! Nothing here trusts the file: every stream unfolds within a limit, every loop has a budget, and
//! a panic of the PDF library is a document that could not be read.

mod coding;
mod content;
mod font;
mod layout;
mod meanings;
mod title;

use std::panic::{AssertUnwindSafe, catch_unwind};

use lopdf::{Document, LoadOptions, Object, decode_text_string};

use crate::model::note::Note;
use crate::parse::pdf::content::Budget;

/// Largest file that is looked at, in bytes.
const MAX_BYTES: usize = 64 << 20;
/// Most objects of a file; official documents have some thousands.
const MAX_OBJECTS: usize = 500_000;
/// Most pages that are read; what follows is left out.
const MAX_PAGES: usize = 2_000;
/// Most bytes one packed stream may unfold to.
const MAX_STREAM: usize = 32 << 20;

/// What a document says, in reading order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::parse) struct Text {
    /// The title from the document's own description, or the first large line; empty without one.
    pub(in crate::parse) title: String,
    pub(in crate::parse) paragraphs: Vec<Paragraph>,
    /// Headers, footers and page numbers, each once, as they stood first.
    pub(in crate::parse) furniture: Vec<String>,
}

/// A run of lines that a reader sees as one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::parse) struct Paragraph {
    pub(in crate::parse) text: String,
    /// Set larger than the running text.
    pub(in crate::parse) heading: bool,
}

/// Why a document gave no text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(in crate::parse) enum Fault {
    #[error("the PDF is locked with a password, ask its publisher for an open copy")]
    Encrypted,
    #[error("no text in this PDF: its {pages} pages are pictures, which need text recognition")]
    NoText { pages: usize },
    #[error("the text of this PDF cannot be read: its fonts do not say which characters they show")]
    NoMeaning,
    #[error("the PDF has {found} {what}, more than the {most} that are read")]
    TooMuch { what: &'static str, found: usize, most: usize },
    #[error("the PDF is damaged: {0}")]
    Damaged(String),
}

/// Whether bytes are a PDF: the marker stands within the first kilobyte, as readers allow.
pub(in crate::parse) fn is_pdf(bytes: &[u8]) -> bool {
    const MARKER: &[u8] = b"%PDF-";
    let head = &bytes[..bytes.len().min(1024)];
    // A page that talks about the marker begins with markup or words, a PDF with few stray bytes.
    let at = head.windows(MARKER.len()).position(|window| window == MARKER);
    at.is_some_and(|at| at == 0 || head[..at].iter().all(|byte| !byte.is_ascii_alphanumeric()))
}

/// Reads the text of a document. Never panics and ends in time linear in the size of the file.
pub(in crate::parse) fn read(bytes: &[u8]) -> Result<(Text, Vec<Note>), Fault> {
    within("bytes", bytes.len(), MAX_BYTES)?;
    // The library loads every object before it answers; the names of objects can be counted first.
    let objects = bytes.windows(5).filter(|window| window == b" obj\n" || window == b" obj\r");
    within("objects", objects.count(), MAX_OBJECTS)?;
    catch_unwind(AssertUnwindSafe(|| read_document(bytes)))
        .unwrap_or_else(|_| Err(Fault::Damaged("the PDF library gave up on it".to_owned())))
}

fn within(what: &'static str, found: usize, most: usize) -> Result<(), Fault> {
    if found <= most { Ok(()) } else { Err(Fault::TooMuch { what, found, most }) }
}

fn read_document(bytes: &[u8]) -> Result<(Text, Vec<Note>), Fault> {
    let options = LoadOptions::with_max_decompressed_size(MAX_STREAM);
    let document = Document::load_mem_with_options(bytes, options).map_err(damage)?;
    if document.is_encrypted() {
        return Err(Fault::Encrypted);
    }
    within("objects", document.objects.len(), MAX_OBJECTS)?;
    let ids: Vec<lopdf::ObjectId> = document.page_iter().take(MAX_PAGES + 1).collect();
    let mut notes = Vec::new();
    if MAX_PAGES < ids.len() {
        let text = format!("the PDF has more than {MAX_PAGES} pages, the rest was left out");
        notes.push(Note::new("parse", text));
    }
    let mut budget = Budget::default();
    let mut fonts = font::Fonts::new(&document);
    let pages: Vec<content::Page> = ids
        .iter()
        .take(MAX_PAGES)
        .map(|id| content::page(&document, *id, &mut fonts, &mut budget))
        .collect();
    if budget.is_spent() {
        notes.push(Note::new("parse", "the PDF draws too much, the rest was left out"));
    }
    if pages.iter().all(content::Page::is_empty) {
        let unread: usize = pages.iter().map(|page| page.meaningless).sum();
        return Err(if unread > 0 {
            Fault::NoMeaning
        } else {
            Fault::NoText { pages: pages.len() }
        });
    }
    notes.extend(remarks(&pages));
    let mut text = layout::read(pages);
    title::settle(&mut text, described_title(&document).as_deref());
    if !text.furniture.is_empty() {
        let count = text.furniture.len();
        notes.push(Note::new("parse", format!("{count} headers and footers were set aside")));
    }
    Ok((text, notes))
}

fn damage(error: lopdf::Error) -> Fault {
    match error {
        lopdf::Error::InvalidPassword | lopdf::Error::Decryption(_) => Fault::Encrypted,
        error => Fault::Damaged(error.to_string()),
    }
}

/// What was on the pages and is not in the text.
fn remarks(pages: &[content::Page]) -> Vec<Note> {
    let mut notes = Vec::new();
    let unread: usize = pages.iter().map(|page| page.meaningless).sum();
    if unread > 0 {
        let text = format!("{unread} characters of the PDF have no known meaning");
        notes.push(Note::new("parse", text));
    }
    let turned: usize = pages.iter().map(|page| page.turned).sum();
    if turned > 0 {
        let text = format!("{turned} characters of the PDF stand at an angle, left out");
        notes.push(Note::new("parse", text));
    }
    let empty = pages.iter().filter(|page| page.is_empty()).count();
    if empty > 0 {
        let text = format!("{empty} of {} pages of the PDF bear no text", pages.len());
        notes.push(Note::new("parse", text));
    }
    notes
}

/// The title in the document's information dictionary.
fn described_title(document: &Document) -> Option<String> {
    let info = document.trailer.get_deref(b"Info", document).and_then(Object::as_dict).ok()?;
    let title = info.get_deref(b"Title", document).ok()?;
    decode_text_string(title).ok()
}
