//! What can be measured of a passage: its words, its place in the tree and on the page, its
//! neighbours, and how it compares with what the page claims.

use std::sync::LazyLock;

use memchr::memmem::{self, Finder};

use crate::extract::hints::Hints;
use crate::extract::metadata::Metadata;
use crate::extract::passages::{Passage, Passages};
use crate::model::article::{BlockKind, Reason};
use crate::parse::dom::{Dom, Node, NodeId};
use crate::text::fold::fold;
use crate::text::overlap;
use crate::text::phrases::{Known, Match};
use crate::text::quick_hash::{QuickMap, QuickSet};
use crate::text::words::{count_up_to, ends_sentence};

/// The measures of every passage of a page: one row a passage, one column a feature.
#[derive(Debug, Clone, Default)]
pub struct Table {
    /// Names of the columns, where they were asked for.
    pub names: Vec<String>,
    /// The rows one after the other.
    pub values: Vec<f32>,
    /// How many columns there are.
    width: usize,
}

/// Whether a table names its columns: the trees know them by number, and several hundred names cost
/// as much as some rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::extract) enum Names {
    Given,
    LeftOut,
}

impl Table {
    /// The measures of passage `index`.
    pub fn row(&self, index: usize) -> &[f32] {
        &self.values[index * self.width..][..self.width]
    }

    /// The rows one by one.
    pub(in crate::extract) fn rows(&self) -> Vec<&[f32]> {
        (0..self.len()).map(|index| self.row(index)).collect()
    }

    /// Takes the one row there is for the measure of its width, and makes room for so many like it.
    pub(in crate::extract) fn settle_width(&mut self, rows: usize) {
        self.width = self.values.len();
        self.values.reserve_exact((rows.max(1) - 1) * self.width);
    }

    /// How many passages there are.
    pub fn len(&self) -> usize {
        self.values.len().checked_div(self.width).unwrap_or(0)
    }

    /// Whether there is no passage.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }
}

/// Writes rows column by column; the first row may name the columns.
pub(in crate::extract) struct Row<'t> {
    pub(in crate::extract) table: &'t mut Table,
    pub(in crate::extract) naming: bool,
}

impl Row<'_> {
    #[inline]
    pub(in crate::extract) fn put(&mut self, name: &str, value: f32) {
        if self.naming {
            self.table.names.push(name.to_owned());
        }
        self.table.values.push(value);
    }

    #[inline]
    pub(in crate::extract) fn flag(&mut self, name: &str, value: bool) {
        self.put(name, f32::from(u8::from(value)));
    }

    /// Columns whose names share a stem; the names are only built for the first row.
    #[inline]
    fn put_each<'n>(&mut self, stem: &str, values: impl Iterator<Item = (&'n str, f32)>) {
        for (name, value) in values {
            if self.naming {
                self.table.names.push(format!("{stem} {name}"));
            }
            self.table.values.push(value);
        }
    }
}

/// What is true of a passage by itself.
#[derive(Default)]
struct Facts {
    words: f32,
    marks: f32,
    commas: f32,
    digits: f32,
    capitals: f32,
    bars: bool,
    at_sign: bool,
    ends: bool,
    prose: bool,
}

/// Sums over a subtree.
#[derive(Clone, Copy, Default)]
struct Sums {
    chars: f32,
    linked: f32,
    passages: f32,
    prose: f32,
}

/// Passages whose blocks are built alike: the same tags and classes up three levels.
#[derive(Clone, Copy, Default)]
struct Kin {
    count: f32,
    chars: f32,
    linked: f32,
    prose: f32,
}

fn facts(passage: &Passage) -> Facts {
    let text = &passage.text;
    let mut facts = Facts {
        words: count_up_to(text, usize::MAX) as f32,
        ends: text.chars().rev().take(3).any(ends_sentence),
        ..Facts::default()
    };
    for c in text.chars() {
        match c {
            'a'..='z' | ' ' => {}
            ',' | '，' | '、' | '،' => facts.commas += 1.0,
            '0'..='9' => facts.digits += 1.0,
            '|' | '•' | '›' | '»' => facts.bars = true,
            '@' => facts.at_sign = true,
            c if c.is_uppercase() => facts.capitals += 1.0,
            c if ends_sentence(c) => facts.marks += 1.0,
            _ => {}
        }
    }
    facts.prose = facts.words >= 15.0 && facts.marks >= 1.0 && passage.link_share() < 0.35;
    facts
}

fn put_words(row: &mut Row<'_>, passage: &Passage, facts: &Facts) {
    let text = &passage.text;
    let chars = passage.chars.max(1) as f32;
    row.put("chars", (chars + 1.0).ln());
    row.put("words", facts.words.min(200.0));
    row.put("word length", chars / facts.words.max(1.0));
    row.put("link share", passage.link_share());
    row.put("links", passage.links.min(30) as f32);
    row.flag("ends", facts.ends);
    row.put("marks", facts.marks.min(20.0));
    row.flag("starts capital", text.starts_with(char::is_uppercase));
    row.flag("starts lower", text.starts_with(char::is_lowercase));
    row.flag("starts digit", text.starts_with(|c: char| c.is_ascii_digit()));
    row.put("commas", facts.commas / facts.words.max(1.0));
    row.put("digits", facts.digits / chars);
    row.put("capitals", facts.capitals / chars);
    row.flag("colon at end", text.ends_with([':', '：']));
    row.flag("bars", facts.bars);
    row.flag("quoted", text.starts_with(['"', '“', '„', '«', '「']));
    row.flag("parentheses", text.starts_with(['(', '[', '（']));
    row.flag("at sign", facts.at_sign);
    row.flag("web address", WEB_SIGNS.iter().any(|sign| sign.find(text.as_bytes()).is_some()));
}

/// What an address of the web begins with.
static WEB_SIGNS: LazyLock<[Finder<'static>; 2]> =
    LazyLock::new(|| ["http", "www."].map(Finder::new));

fn put_kind(row: &mut Row<'_>, passage: &Passage) {
    let (heading, depth) = match passage.kind {
        BlockKind::Heading { level } => (f32::from(level), 0.0),
        BlockKind::ListItem { depth, .. } => (0.0, f32::from(depth) + 1.0),
        _ => (0.0, 0.0),
    };
    row.put("heading level", heading);
    row.put("list depth", depth);
    row.flag("is paragraph", passage.kind == BlockKind::Paragraph);
    row.flag("is quotation", passage.kind == BlockKind::Quotation);
    row.flag("is table", passage.kind == BlockKind::Table);
    row.flag("is caption", passage.kind == BlockKind::Caption);
    row.flag("is code", passage.kind == BlockKind::Code);
    row.flag("switcher", passage.switcher);
}

/// The reasons the table of phrases knows, as columns.
const KNOWN: [Reason; 11] = [
    Reason::CallToAction,
    Reason::VersionSwitcher,
    Reason::Related,
    Reason::Navigation,
    Reason::Copyright,
    Reason::Consent,
    Reason::Comments,
    Reason::AuthorBox,
    Reason::Paywall,
    Reason::Advertisement,
    Reason::Caption,
];

fn strength(known: Option<Known>) -> f32 {
    match known.map(|known| known.how) {
        None => 0.0,
        Some(Match::Has) => 1.0,
        Some(Match::Start) => 2.0,
        Some(Match::Whole) => 3.0,
    }
}

fn put_phrases(row: &mut Row<'_>, known: Option<Known>) {
    row.put("phrase", strength(known));
    row.put_each(
        "phrase",
        KNOWN.iter().map(|reason| {
            let known = known.filter(|known| known.reason == *reason);
            (reason.name(), strength(known))
        }),
    );
}

/// What is measured once for the page and asked by every passage.
pub(in crate::extract) struct Survey<'p> {
    dom: &'p Dom,
    list: &'p [Passage],
    hints: &'p [Hints],
    facts: Vec<Facts>,
    sums: Vec<Sums>,
    kin: Vec<Kin>,
    kin_of: Vec<usize>,
    /// Where each folded text stands.
    copies: QuickMap<&'p str, Vec<usize>>,
    /// Characters before each passage, and all of them at the end.
    before: Vec<f32>,
    /// Index of the passage that is the headline, if one is.
    headline: Option<usize>,
    /// Index of the longest passage of prose.
    longest: Option<usize>,
    title: QuickSet<u64>,
    description: Description,
    body: QuickMap<u64, u32>,
    names: Vec<Finder<'static>>,
    images: QuickSet<String>,
    dated: bool,
    signed: bool,
    previous_prose: Vec<usize>,
    next_prose: Vec<usize>,
    /// For each node, how many siblings are built like it, and how many of them stand before it.
    likes: Vec<Likes>,
    /// Signs passed since the headline, for each passage.
    passed: Vec<Passed>,
}

/// The page's summary of itself, folded.
struct Description {
    text: String,
    words: QuickSet<u64>,
    within: Finder<'static>,
}

impl Description {
    /// More bytes than these tell one page from another.
    const LONG: usize = 20;

    fn of(description: Option<&str>) -> Self {
        let text = description.map(fold).unwrap_or_default();
        Description {
            words: overlap::token_hashes(&text).into_iter().collect(),
            within: Finder::new(&text).into_owned(),
            text,
        }
    }

    /// Whether a folded text of these words is part of it. Words between two others are whole
    /// words of the description then, so that one look at one of them mostly says no.
    fn holds(&self, folded: &str, words: &[u64]) -> bool {
        let [_, inner, .., _] = words else { return false };
        self.words.contains(inner)
            && folded.len() <= self.text.len()
            && memmem::find(self.text.as_bytes(), folded.as_bytes()).is_some()
    }

    /// Whether it is long enough to tell something, and part of a folded text.
    fn is_in(&self, folded: &str) -> bool {
        Self::LONG < self.text.len()
            && self.text.len() <= folded.len()
            && self.within.find(folded.as_bytes()).is_some()
    }
}

/// Siblings with the same tag and classes: cards of a list, comments, further articles.
#[derive(Clone, Copy, Default)]
struct Likes {
    count: u32,
    before: u32,
}

/// What one has read past since the headline on the way to a passage.
#[derive(Clone, Copy, Default)]
struct Passed {
    headlines: f32,
    linked_headings: f32,
    related: f32,
    comments: f32,
    calls: f32,
    copyrights: f32,
}

impl<'p> Survey<'p> {
    pub(in crate::extract) fn of(
        dom: &'p Dom,
        passages: &'p Passages,
        metadata: &Metadata,
    ) -> Self {
        let list = &passages.list;
        let facts: Vec<Facts> = list.iter().map(facts).collect();
        let mut copies: QuickMap<&str, Vec<usize>> = QuickMap::default();
        for (at, passage) in list.iter().enumerate() {
            copies.entry(passage.folded.as_str()).or_default().push(at);
        }
        let mut before = vec![0.0];
        for passage in list {
            before.push(before[before.len() - 1] + passage.chars as f32);
        }
        let title: QuickSet<u64> =
            overlap::token_hashes(&fold(&metadata.title)).into_iter().collect();
        let looks = looks(dom);
        let (kin, kin_of) = kin(dom, list, &facts, &looks);
        let longest = (0..list.len())
            .filter(|at| facts[*at].prose)
            .max_by_key(|at| (list[*at].chars, usize::MAX - at));
        let headline = headline(list, &title);
        let names = metadata.byline.iter().map(|name| fold(name)).filter(|name| name.len() > 3);
        let names = names.map(|name| Finder::new(&name).into_owned()).collect();
        Survey {
            dom,
            list,
            hints: &passages.hints,
            sums: sums(dom, list, &facts),
            kin,
            kin_of,
            copies,
            before,
            headline,
            longest,
            likes: likes(dom, &looks),
            passed: passed(list, headline),
            title,
            description: Description::of(metadata.description.as_deref()),
            body: metadata
                .body
                .as_deref()
                .map(|body| overlap::runs(&fold(body)))
                .unwrap_or_default(),
            names,
            dated: metadata.published.is_some(),
            signed: !metadata.byline.is_empty(),
            images: passages.image_texts.iter().map(|text| fold(text)).collect(),
            previous_prose: since(facts.iter().map(|facts| facts.prose)),
            next_prose: until(facts.iter().map(|facts| facts.prose)),
            facts,
        }
    }

    /// The measures of these passages, a row each, in the same order.
    pub(in crate::extract) fn rows(&self, asked: &[usize], names: Names) -> Table {
        let mut table = Table::default();
        for (number, at) in asked.iter().enumerate() {
            let (at, naming) = (*at, number == 0 && names == Names::Given);
            let mut row = Row { table: &mut table, naming };
            put_words(&mut row, &self.list[at], &self.facts[at]);
            put_kind(&mut row, &self.list[at]);
            put_phrases(&mut row, self.list[at].known);
            self.put_tree(&mut row, at);
            self.put_place(&mut row, at);
            self.put_neighbours(&mut row, at);
            self.put_claims(&mut row, at);
            if number == 0 {
                table.settle_width(asked.len());
            }
        }
        table
    }

    fn put_tree(&self, row: &mut Row<'_>, at: usize) {
        let passage = &self.list[at];
        let node = self.dom.node(passage.node);
        let parent = node.parent().unwrap_or(node);
        let grandparent = parent.parent().unwrap_or(parent);
        let total = self.before[self.list.len()].max(1.0);
        let bits = |hints: Hints| {
            Hints::NAMES.into_iter().zip(hints.bits().map(|bit| f32::from(u8::from(bit))))
        };
        row.put_each("own", bits(passage.own));
        row.put_each("near", bits(passage.near));
        row.put_each("apart from headline", bits(self.apart(node, self.headline)));
        row.put_each("apart from longest", bits(self.apart(node, self.longest)));
        for (name, node) in [("node", node), ("parent", parent), ("grandparent", grandparent)] {
            let sums = self.sums[node.id().index()];
            row.put_each(
                name,
                [
                    ("share", sums.chars / total),
                    ("link share", sums.linked / sums.chars.max(1.0)),
                    ("passages", sums.passages.min(60.0)),
                    ("prose", sums.prose.min(40.0)),
                ]
                .into_iter(),
            );
        }
        row.flag("tag p", node.tag() == "p");
        row.flag("tag div", node.tag() == "div");
        row.flag("tag cell", matches!(node.tag(), "td" | "th"));
        row.flag("tag section", matches!(node.tag(), "section" | "article" | "main" | "body"));
        row.flag("parent item", parent.tag() == "li");
        row.flag("parent link", parent.tag() == "a" || node.tag() == "a");
        self.put_ancestors(row, node);
        self.put_likes(row, node);
        let kin = self.kin[self.kin_of[at]];
        row.put("kin", kin.count.min(100.0));
        row.put("kin share", kin.chars / total);
        row.put("kin link share", kin.linked / kin.chars.max(1.0));
        row.put("kin length", (kin.chars / kin.count.max(1.0)).min(1000.0));
        row.put("kin prose", kin.prose / kin.count.max(1.0));
    }

    /// What the names of the elements say that hold the passage but not the other one: a name on
    /// a wrapper of both tells nothing of either.
    fn apart(&self, node: Node<'_>, other: Option<usize>) -> Hints {
        let Some(other) = other.map(|other| self.dom.node(self.list[other].node)) else {
            return Hints::NONE;
        };
        std::iter::successors(Some(node), |node| node.parent())
            .take_while(|node| !node.contains(other))
            .fold(Hints::NONE, |all, node| all.with(self.hints[node.id().index()]))
    }

    fn put_ancestors(&self, row: &mut Row<'_>, node: Node<'_>) {
        const TAGS: [&str; 10] = [
            "article", "main", "section", "aside", "footer", "header", "form", "figure", "li", "td",
        ];
        let mut counts = [0.0_f32; TAGS.len()];
        let mut depth = 0.0;
        for ancestor in node.ancestors() {
            depth += 1.0;
            let place = match ancestor.tag() {
                "article" => 0,
                "main" => 1,
                "section" => 2,
                "aside" => 3,
                "footer" => 4,
                "header" => 5,
                "form" => 6,
                "figure" => 7,
                "li" => 8,
                "td" => 9,
                _ => continue,
            };
            counts[place] += 1.0;
        }
        row.put("depth", depth);
        row.put_each("within", TAGS.into_iter().zip(counts));
    }

    /// The ancestor with the most siblings like it, and the element below the common ancestor with
    /// the longest passage: is this a card, a comment, a second article?
    fn put_likes(&self, row: &mut Row<'_>, node: Node<'_>) {
        let mut most = Likes::default();
        let mut articles = Likes::default();
        for ancestor in node.ancestors().take(12) {
            let likes = self.likes[ancestor.id().index()];
            if likes.count > most.count {
                most = likes;
            }
            if ancestor.tag() == "article" && articles.count == 0 {
                articles = likes;
            }
        }
        row.put("likes", most.count.min(50) as f32);
        row.put("likes before", most.before.min(50) as f32);
        row.put("article likes", articles.count.min(20) as f32);
        row.put("article likes before", articles.before.min(20) as f32);
        let article = |node: Node<'_>| {
            node.ancestors().find(|ancestor| ancestor.tag() == "article").map(Node::id)
        };
        let same = |other: Option<usize>| {
            other.is_some_and(|other| {
                let other = article(self.dom.node(self.list[other].node));
                other.is_some() && other == article(node)
            })
        };
        row.flag("in article of headline", same(self.headline));
        row.flag("in article of longest", same(self.longest));
    }

    fn put_place(&self, row: &mut Row<'_>, at: usize) {
        let count = self.list.len() as f32;
        let total = self.before[self.list.len()].max(1.0);
        row.put("index", at as f32 / count);
        row.put("offset", self.before[at] / total);
        let headline = self.headline.map_or(0.0, |headline| at as f32 - headline as f32);
        row.flag("has headline", self.headline.is_some());
        row.put("from headline", headline.clamp(-40.0, 120.0));
        let chars = self.headline.map_or(0.0, |headline| self.before[at] - self.before[headline]);
        row.put("chars from headline", chars.signum() * (chars.abs() + 1.0).ln());
        let shared = |other: Option<usize>| {
            other.map_or(-1.0, |other| self.levels_to_common(at, other).min(20) as f32)
        };
        row.put("to headline", shared(self.headline));
        row.put("to longest", shared(self.longest));
        row.put(
            "longest to here",
            self.longest.map_or(-1.0, |longest| self.levels_to_common(longest, at).min(20) as f32),
        );
        let longest = self.longest.map_or(0.0, |longest| at as f32 - longest as f32);
        row.put("from longest", longest.clamp(-60.0, 60.0));
        let passed = self.passed[at];
        row.put_each(
            "passed",
            [
                ("headlines", passed.headlines.min(10.0)),
                ("linked headings", passed.linked_headings.min(20.0)),
                ("related", passed.related.min(10.0)),
                ("comments", passed.comments.min(10.0)),
                ("calls", passed.calls.min(10.0)),
                ("copyrights", passed.copyrights.min(5.0)),
            ]
            .into_iter(),
        );
        row.flag("like longest", self.longest.is_some_and(|l| self.kin_of[l] == self.kin_of[at]));
    }

    /// How many elements one must climb from a passage to one that also holds the other.
    fn levels_to_common(&self, from: usize, other: usize) -> usize {
        let other = self.dom.node(self.list[other].node);
        let node = self.dom.node(self.list[from].node);
        std::iter::successors(Some(node), |node| node.parent())
            .take_while(|node| !node.contains(other))
            .take(20)
            .count()
    }

    fn put_neighbours(&self, row: &mut Row<'_>, at: usize) {
        for (name, step) in [("-2", -2_isize), ("-1", -1), ("+1", 1), ("+2", 2)] {
            let other = at.checked_add_signed(step).filter(|other| *other < self.list.len());
            let value = |value: &dyn Fn(usize) -> f32| other.map_or(-1.0, value);
            row.put_each(
                name,
                [
                    ("chars", value(&|o| (self.list[o].chars as f32 + 1.0).ln())),
                    ("link share", value(&|o| self.list[o].link_share())),
                    ("ends", value(&|o| f32::from(u8::from(self.facts[o].ends)))),
                    ("prose", value(&|o| f32::from(u8::from(self.facts[o].prose)))),
                    ("phrase", value(&|o| strength(self.list[o].known))),
                    (
                        "heading",
                        value(&|o| {
                            f32::from(u8::from(matches!(
                                self.list[o].kind,
                                BlockKind::Heading { .. }
                            )))
                        }),
                    ),
                    ("levels", value(&|o| self.levels_to_common(at, o).min(10) as f32)),
                    ("kin", value(&|o| f32::from(u8::from(self.kin_of[o] == self.kin_of[at])))),
                ]
                .into_iter(),
            );
        }
        row.put("prose before", self.previous_prose[at].min(30) as f32);
        row.put("prose after", self.next_prose[at].min(30) as f32);
    }

    fn put_claims(&self, row: &mut Row<'_>, at: usize) {
        let folded = self.list[at].folded.as_str();
        let tokens = overlap::token_hashes(folded);
        let shared = tokens.iter().filter(|token| self.title.contains(token)).count() as f32;
        row.put("in title", shared / tokens.len().max(1) as f32);
        row.put("of title", (shared / self.title.len().max(1) as f32).min(2.0));
        row.flag("is headline", self.headline == Some(at));
        row.flag("in description", self.description.holds(folded, &tokens));
        row.flag("holds description", self.description.is_in(folded));
        let in_body = if self.body.is_empty() { -1.0 } else { self.share_in_body(&tokens) };
        row.put("in body", in_body);
        let copies = &self.copies[folded];
        row.put("copies", copies.len().min(20) as f32);
        row.put("copies before", copies.partition_point(|copy| *copy < at).min(5) as f32);
        row.flag("page dated", self.dated);
        row.flag("page signed", self.signed);
        let names = |name: &Finder<'_>| name.find(folded.as_bytes()).is_some();
        row.flag("names author", self.names.iter().any(names));
        row.flag("image text", self.images.contains(folded));
    }

    /// Share of the runs of a text that stand in the body JSON-LD gives.
    fn share_in_body(&self, tokens: &[u64]) -> f32 {
        let runs = overlap::distinct_runs(tokens);
        let found = runs.iter().filter(|run| self.body.contains_key(run)).count();
        found as f32 / runs.len().max(1) as f32
    }
}

/// The heading that says the title best, else the first `<h1>`.
fn headline(list: &[Passage], title: &QuickSet<u64>) -> Option<usize> {
    let mut best: Option<(usize, f32)> = None;
    for (at, passage) in list.iter().enumerate() {
        let BlockKind::Heading { level } = passage.kind else { continue };
        let tokens = overlap::token_hashes(&passage.folded);
        let shared = tokens.iter().filter(|token| title.contains(token)).count() as f32;
        let fit = shared / tokens.len().max(title.len()).max(1) as f32;
        let fit = if level == 1 { fit + 0.3 } else { fit };
        if fit > 0.45 && best.is_none_or(|(_, most)| fit > most) {
            best = Some((at, fit));
        }
    }
    best.map(|(at, _)| at)
        .or_else(|| list.iter().position(|passage| passage.kind == BlockKind::Heading { level: 1 }))
}

fn likes(dom: &Dom, looks: &[u64]) -> Vec<Likes> {
    let mut likes = vec![Likes::default(); dom.len()];
    let mut groups: QuickMap<(u32, u64), usize> = QuickMap::default();
    let mut counts: Vec<u32> = Vec::new();
    let mut members: Vec<(NodeId, usize)> = Vec::new();
    for node in dom.iter().filter(|node| node.is_element() && !matches!(node.tag(), "p" | "li")) {
        let parent = node.parent().map_or(0, |parent| parent.id().0);
        let group = *groups.entry((parent, looks[node.id().index()])).or_insert_with(|| {
            counts.push(0);
            counts.len() - 1
        });
        likes[node.id().index()].before = counts[group];
        counts[group] += 1;
        members.push((node.id(), group));
    }
    for (node, group) in members {
        likes[node.index()].count = counts[group];
    }
    likes
}

fn passed(list: &[Passage], headline: Option<usize>) -> Vec<Passed> {
    let mut passed = Passed::default();
    let mut all = Vec::with_capacity(list.len());
    for (at, passage) in list.iter().enumerate() {
        all.push(passed);
        if headline.is_some_and(|headline| at <= headline) {
            continue;
        }
        if let BlockKind::Heading { level } = passage.kind {
            passed.headlines += f32::from(u8::from(level == 1));
            passed.linked_headings += f32::from(u8::from(level <= 3 && passage.link_share() > 0.8));
        }
        let strong = passage.known.filter(|known| known.how != Match::Has);
        match strong.map(|known| known.reason) {
            Some(Reason::Related) => passed.related += 1.0,
            Some(Reason::Comments) => passed.comments += 1.0,
            Some(Reason::CallToAction) => passed.calls += 1.0,
            Some(Reason::Copyright) => passed.copyrights += 1.0,
            _ => {}
        }
    }
    all
}

fn sums(dom: &Dom, list: &[Passage], facts: &[Facts]) -> Vec<Sums> {
    let mut sums = vec![Sums::default(); dom.len()];
    for (passage, facts) in list.iter().zip(facts) {
        let sum = &mut sums[passage.node.index()];
        sum.chars += passage.chars as f32;
        sum.linked += passage.linked as f32;
        sum.passages += 1.0;
        sum.prose += f32::from(u8::from(facts.prose));
    }
    for node in dom.iter().rev() {
        if let Some(parent) = node.parent() {
            let Sums { chars, linked, passages, prose } = sums[node.id().index()];
            let above = &mut sums[parent.id().index()];
            above.chars += chars;
            above.linked += linked;
            above.passages += passages;
            above.prose += prose;
        }
    }
    sums
}

/// Groups passages whose elements look alike, with the sums of each group.
fn kin(dom: &Dom, list: &[Passage], facts: &[Facts], looks: &[u64]) -> (Vec<Kin>, Vec<usize>) {
    let mut groups: Vec<Kin> = Vec::new();
    let mut by_signature: QuickMap<u64, usize> = QuickMap::default();
    let mut kin_of = Vec::with_capacity(list.len());
    for (passage, facts) in list.iter().zip(facts) {
        let signature = signature(dom.node(passage.node), looks);
        let group = *by_signature.entry(signature).or_insert_with(|| {
            groups.push(Kin::default());
            groups.len() - 1
        });
        groups[group].count += 1.0;
        groups[group].chars += passage.chars as f32;
        groups[group].linked += passage.linked as f32;
        groups[group].prose += f32::from(u8::from(facts.prose));
        kin_of.push(group);
    }
    (groups, kin_of)
}

/// One number for the looks of an element and the three above it.
fn signature(node: Node<'_>, looks: &[u64]) -> u64 {
    let up = std::iter::successors(Some(node), |node| node.parent()).take(4);
    up.fold(0, |hash: u64, node| {
        (hash.rotate_left(23) ^ looks[node.id().index()]).wrapping_mul(0x9e37_79b9_7f4a_7c15)
    })
}

/// One number for the tag and the classes of each node, digits left out.
fn looks(dom: &Dom) -> Vec<u64> {
    let mut classes: Vec<Option<u64>> = vec![None; dom.class_lists() + 1];
    let mut look = |node: Node<'_>| {
        let class = &mut classes[node.class_number()];
        let class = *class.get_or_insert_with(|| hash_without_digits(node.class()));
        hash_without_digits(node.tag()).rotate_left(7) ^ class
    };
    dom.iter().map(|node| if node.is_element() { look(node) } else { 0 }).collect()
}

fn hash_without_digits(text: &str) -> u64 {
    text.bytes().filter(|byte| !byte.is_ascii_digit()).fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

/// For each place, how many places back the last marked one stands; large where there is none.
pub(in crate::extract) fn since(marked: impl Iterator<Item = bool>) -> Vec<usize> {
    let mut last: Option<usize> = None;
    marked
        .enumerate()
        .map(|(at, marked)| {
            let distance = last.map_or(100_000, |last| at - last);
            if marked {
                last = Some(at);
            }
            distance
        })
        .collect()
}

/// [`since`], looking forward.
pub(in crate::extract) fn until(marked: impl DoubleEndedIterator<Item = bool>) -> Vec<usize> {
    let mut distances = since(marked.rev());
    distances.reverse();
    distances
}
