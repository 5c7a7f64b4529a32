//! One walk over the tree cuts the page into passages: runs of text that a reader sees as one
//! block, each with its kind, its links and what encloses it.

use crate::extract::hints::{self, Hints};
use crate::model::article::BlockKind;
use crate::parse::dom::{Dom, Node, NodeId, is_inline, is_unseen};
use crate::text::fold::fold;
use crate::text::phrases::{self, Known};
use crate::text::seen::as_seen;
use crate::text::words::is_letter_or_digit;

/// A run of text between two block boundaries.
#[derive(Debug, Clone)]
pub(in crate::extract) struct Passage {
    pub(in crate::extract) kind: BlockKind,
    pub(in crate::extract) text: String,
    /// The text folded to its one form.
    pub(in crate::extract) folded: String,
    /// What the table of phrases says of it.
    pub(in crate::extract) known: Option<Known>,
    /// Characters that are no white space.
    pub(in crate::extract) chars: u32,
    /// Those of them in links.
    pub(in crate::extract) linked: u32,
    /// How many links begin in the passage.
    pub(in crate::extract) links: u32,
    /// The nearest element that is a block.
    pub(in crate::extract) node: NodeId,
    /// What that element's names say.
    pub(in crate::extract) own: Hints,
    /// What the names of the two blocks around that one say.
    pub(in crate::extract) near: Hints,
    /// What the names of all elements around it say.
    pub(in crate::extract) around: Hints,
    /// The passage is the link of a version switcher.
    pub(in crate::extract) switcher: bool,
}

impl Passage {
    /// Share of the characters in links, 0 to 1.
    pub(in crate::extract) fn link_share(&self) -> f32 {
        if self.chars == 0 { 0.0 } else { self.linked as f32 / self.chars as f32 }
    }
}

/// The passages of a page in document order, and the texts of its images.
#[derive(Debug, Clone, Default)]
pub(in crate::extract) struct Passages {
    pub(in crate::extract) list: Vec<Passage>,
    /// Alternative and title texts of images, each once.
    pub(in crate::extract) image_texts: Vec<String>,
    /// What each node's own names say; none for nodes that were skipped.
    pub(in crate::extract) hints: Vec<Hints>,
}

/// Cuts a page into passages.
pub(in crate::extract) fn cut(dom: &Dom) -> Passages {
    let mut walk = Walk {
        open: Vec::new(),
        seen: hints::Seen::on(dom),
        line: Line::default(),
        passages: Passages { hints: vec![Hints::NONE; dom.len()], ..Passages::default() },
    };
    let mut skip_to = NodeId(0);
    for node in dom.iter() {
        if node.id() < skip_to {
            continue;
        }
        walk.close_up_to(node.id());
        if let Some(characters) = node.characters() {
            walk.push(characters);
        } else if walk.enter(node) == Entered::Skip {
            skip_to = node.end();
        }
    }
    walk.close_up_to(NodeId(u32::MAX));
    walk.passages
}

/// Whether the walk goes on below an element.
#[derive(PartialEq, Eq)]
enum Entered {
    Below,
    Skip,
}

/// An open element.
#[derive(Clone)]
struct Frame {
    end: NodeId,
    node: NodeId,
    block: bool,
    own: Hints,
    /// What the names of the block above say, and of the one above that.
    above: [Hints; 2],
    around: Hints,
    /// What text directly below becomes.
    kind: BlockKind,
    link: bool,
    switcher: bool,
    /// Depth of the innermost list, counted from 1; 0 outside lists.
    lists: u8,
    ordered: bool,
}

struct Walk {
    open: Vec<Frame>,
    seen: hints::Seen,
    line: Line,
    passages: Passages,
}

/// The passage that is being gathered.
#[derive(Default)]
struct Line {
    text: String,
    chars: u32,
    linked: u32,
    links: u32,
    /// Line breaks since the last character.
    breaks: u32,
    /// The frame in which the first character stood.
    frame: Option<Frame>,
    switcher: bool,
}

impl Walk {
    fn enter(&mut self, node: Node<'_>) -> Entered {
        let tag = node.tag();
        match tag {
            "br" => {
                self.line_break();
                return Entered::Below;
            }
            "img" | "amp-img" => self.note_image(node),
            _ => {}
        }
        if is_skipped(tag) && !tag.is_empty() {
            return Entered::Skip;
        }
        if tag == "table" && self.table(node) {
            return Entered::Skip;
        }
        let own = hints::of(node, &mut self.seen);
        self.passages.hints[node.id().index()] = own;
        let inline = is_inline(tag) || (tag.contains('-') && self.in_text());
        if inline && own.has(Hints::HIDDEN) || own.has(Hints::UNSEEN) {
            return Entered::Skip;
        }
        let frame = self.frame(node, own, inline);
        if frame.block {
            self.flush();
        } else if tag == "a" && node.attr("href").is_some() {
            self.line.links += 1;
            self.line.switcher |= frame.switcher;
        }
        self.open.push(frame);
        Entered::Below
    }

    fn frame(&self, node: Node<'_>, own: Hints, inline: bool) -> Frame {
        let tag = node.tag();
        let mut frame = self.open.last().cloned().unwrap_or_else(Frame::outermost);
        frame.end = node.end();
        frame.link |= tag == "a" && node.attr("href").is_some();
        frame.switcher |= own.has(Hints::SWITCHER) || leads_to_other_version(node);
        // The names on <html> and <body> speak of the template, not of this place.
        if !matches!(tag, "html" | "body") {
            frame.around = frame.around.with(own);
        }
        frame.block = !inline;
        if inline {
            return frame;
        }
        frame.node = node.id();
        frame.above = [frame.own, frame.above[0]];
        frame.own = own;
        match tag {
            "h1" | "h2" | "h3" | "h4" | "h5" | "h6" => {
                frame.kind = BlockKind::Heading { level: tag.as_bytes()[1] - b'0' };
            }
            "ul" | "ol" => {
                frame.lists = frame.lists.saturating_add(1);
                frame.ordered = tag == "ol";
            }
            "li" => {
                let depth = frame.lists.saturating_sub(1);
                frame.kind = BlockKind::ListItem { depth, ordered: frame.ordered };
            }
            "blockquote" => frame.kind = BlockKind::Quotation,
            "pre" => frame.kind = BlockKind::Code,
            "figcaption" => frame.kind = BlockKind::Caption,
            "article" | "section" | "td" => frame.kind = BlockKind::Paragraph,
            _ if own.has(Hints::CAPTION) && frame.kind == BlockKind::Paragraph => {
                frame.kind = BlockKind::Caption;
            }
            _ => {}
        }
        frame
    }

    fn close_up_to(&mut self, next: NodeId) {
        while self.open.last().is_some_and(|frame| frame.end <= next) {
            if self.open.pop().is_some_and(|frame| frame.block) {
                self.flush();
            }
        }
    }

    /// Whether the text at this place is inside a paragraph, a heading or the like.
    fn in_text(&self) -> bool {
        !self.line.text.trim().is_empty()
    }

    fn push(&mut self, characters: &str) {
        let Some(frame) = self.open.last() else { return };
        if frame.kind == BlockKind::Code {
            self.line.text.push_str(characters);
        }
        // Most texts are words with single blanks between them, and are taken as a whole.
        let words = characters.trim();
        if let Some(chars) = chars_of_words(words) {
            if characters.starts_with(char::is_whitespace) {
                self.line.push_blank(frame);
            }
            if !words.is_empty() {
                self.line.push_words(words, chars, frame);
                if characters.ends_with(char::is_whitespace) {
                    self.line.push_blank(frame);
                }
            }
        } else {
            let mut rest = characters;
            while let Some(first) = rest.chars().next() {
                let blank = first.is_whitespace();
                let ends = |c: char| c.is_whitespace() != blank;
                let (run, after) = rest.split_at(rest.find(ends).unwrap_or(rest.len()));
                rest = after;
                if blank {
                    self.line.push_blank(frame);
                } else {
                    self.line.push_words(run, run.chars().count() as u32, frame);
                }
            }
        }
        self.line.switcher |= frame.switcher && self.line.chars > 0;
    }

    /// One break is white space, two part paragraphs.
    fn line_break(&mut self) {
        self.line.breaks += 1;
        if self.line.breaks >= 2 {
            self.flush();
        } else if !self.line.text.is_empty() {
            self.line.text.push(if self.in_code() { '\n' } else { ' ' });
        }
    }

    fn in_code(&self) -> bool {
        self.open.last().is_some_and(|frame| frame.kind == BlockKind::Code)
    }

    fn flush(&mut self) {
        let mut line = std::mem::take(&mut self.line);
        let frame = line.frame.take();
        let text = match &frame {
            Some(frame) if frame.kind == BlockKind::Code => {
                line.text.trim_matches('\n').trim_end().to_owned()
            }
            Some(_) => as_seen(&line.text),
            None => String::new(),
        };
        // The next line is gathered in the same memory.
        line.text.clear();
        self.line.text = line.text;
        let Some(frame) = frame else { return };
        if !text.chars().any(is_letter_or_digit) && text.chars().count() < 3 || text.is_empty() {
            return;
        }
        let folded = fold(&text);
        self.passages.list.push(Passage {
            kind: frame.kind,
            known: phrases::look_up_folded(&text, &folded),
            folded,
            text,
            chars: line.chars,
            linked: line.linked,
            links: line.links,
            node: frame.node,
            own: frame.own,
            near: frame.above[0].with(frame.above[1]),
            around: frame.around,
            switcher: line.switcher,
        });
    }

    fn note_image(&mut self, image: Node<'_>) {
        for name in ["alt", "title"] {
            let text = as_seen(image.attr(name).unwrap_or(""));
            // A page of a hundred thousand pictures must not cost a search each.
            if !text.is_empty() && self.passages.image_texts.len() < 1000 {
                self.passages.image_texts.push(text);
            }
        }
    }

    /// Reads a table of data as one passage; says no to a table that only lays out the page.
    fn table(&mut self, table: Node<'_>) -> bool {
        let Some(rows) = data_rows(table) else { return false };
        self.flush();
        let own = hints::of(table, &mut self.seen);
        let mut frame = self.frame(table, own, false);
        frame.kind = BlockKind::Table;
        let text = rows.join("\n");
        if text.is_empty() {
            return true;
        }
        let linked: usize = links_in(table)
            .map(|link| link.text().chars().filter(|c| !c.is_whitespace()).count())
            .sum();
        let chars = text.chars().filter(|c| !c.is_whitespace() && *c != '|').count();
        self.passages.list.push(Passage {
            kind: BlockKind::Table,
            folded: fold(&text),
            known: None,
            text,
            chars: chars as u32,
            linked: (linked as u32).min(chars as u32),
            links: links_in(table).count() as u32,
            node: table.id(),
            own: frame.own,
            near: frame.above[0].with(frame.above[1]),
            around: frame.around,
            switcher: false,
        });
        true
    }
}

impl Line {
    /// Takes white space. The text of code has been taken as it stands.
    fn push_blank(&mut self, frame: &Frame) {
        if frame.kind != BlockKind::Code && !self.text.ends_with([' ', '\n']) {
            self.text.push(' ');
        }
    }

    /// Takes words of so many characters, blanks left out. The text of code has been taken as it
    /// stands.
    fn push_words(&mut self, words: &str, chars: u32, frame: &Frame) {
        let code = frame.kind == BlockKind::Code;
        if self.frame.is_none() {
            self.frame = Some(frame.clone());
            if !code {
                self.text.clear();
            }
        }
        self.breaks = 0;
        self.chars += chars;
        self.linked += if frame.link { chars } else { 0 };
        if !code {
            self.text.push_str(words);
        }
    }
}

/// How many characters a text has beside its blanks, where it has no white space but single blanks
/// inside.
fn chars_of_words(text: &str) -> Option<u32> {
    let mut chars = 0;
    let mut after_blank = false;
    for c in text.chars() {
        let blank = c == ' ';
        if (blank & after_blank) || (!blank && c.is_whitespace()) {
            return None;
        }
        chars += u32::from(!blank);
        after_blank = blank;
    }
    Some(chars)
}

impl Frame {
    fn outermost() -> Self {
        Frame {
            end: NodeId(u32::MAX),
            node: NodeId(0),
            block: true,
            own: Hints::NONE,
            above: [Hints::NONE; 2],
            around: Hints::NONE,
            kind: BlockKind::Paragraph,
            link: false,
            switcher: false,
            lists: 0,
            ordered: false,
        }
    }
}

fn is_skipped(tag: &str) -> bool {
    is_unseen(tag)
        || matches!(
            tag,
            "select"
                | "datalist"
                | "textarea"
                | "iframe"
                | "svg"
                | "object"
                | "video"
                | "audio"
                | "canvas"
                | "noframes"
                | "map"
                | "rt"
                | "rp"
                | "progress"
                | "meter"
                | "amp-sidebar"
                | "amp-consent"
        )
}

/// The link that WordPress' AMP plugin and its kin put on every page to reach the other version.
fn leads_to_other_version(node: Node<'_>) -> bool {
    node.tag() == "a"
        && (node
            .attr("rel")
            .is_some_and(|rel| rel.split_ascii_whitespace().any(|r| r == "noamphtml"))
            || node.attr("href").is_some_and(|href| href.contains("noamp=")))
}

fn links_in<'dom>(node: Node<'dom>) -> impl Iterator<Item = Node<'dom>> {
    node.descendants().filter(|below| below.tag() == "a" && below.attr("href").is_some())
}

/// The rows of a table of data, cells parted by ` | `; none for a table that lays out the page:
/// one with tables or several paragraphs inside its cells, or with fewer than two rows or columns.
fn data_rows(table: Node<'_>) -> Option<Vec<String>> {
    const LONGEST_CELL: usize = 400;
    let mut rows: Vec<Vec<String>> = Vec::new();
    for node in table.descendants() {
        match node.tag() {
            "table" | "form" | "article" | "h1" | "h2" => return None,
            "tr" => rows.push(Vec::new()),
            "td" | "th" => {
                let cell = as_seen(&node.text());
                if cell.chars().count() > LONGEST_CELL {
                    return None;
                }
                if let Some(row) = rows.last_mut().filter(|_| !cell.is_empty()) {
                    row.push(cell);
                }
            }
            _ => {}
        }
    }
    rows.retain(|row| !row.is_empty());
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    (rows.len() >= 2 && columns >= 2).then(|| rows.iter().map(|row| row.join(" | ")).collect())
}
