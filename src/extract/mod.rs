//! A page's claims: title, byline, dates, and which of its blocks are the article. Pure.

mod body;
mod fast_trees;
mod features;
mod hints;
pub mod metadata;
mod opinions;
mod passages;
mod teasers;
mod trees;
mod weights;

pub use crate::extract::features::Table;
pub use crate::extract::trees::{TreeNode, Trees};
pub use crate::extract::weights::Weights;

use crate::extract::features::{Names, Survey};
use crate::extract::hints::Hints;
use crate::extract::metadata::Metadata;
use crate::extract::opinions::{Asked, Opinions};
use crate::extract::passages::{Passage, Passages};
use crate::model::article::{About, Reason};
use crate::model::extracted::{Captions, Extracted, RawBlock, Setting, Surroundings, Witness};
use crate::model::note::Note;
use crate::model::source::Recipe;
use crate::parse::date::is_dateline;
use crate::parse::dom::{Dom, NodeId};
use crate::parse::page::{Format, Page};
use crate::parse::selector::Selector;
use crate::text::language;
use crate::text::words::count_up_to;

/// Bytes of the article by which its language is told; more are asked where they leave it open.
const SAMPLE: usize = 2048;
/// A first opinion below this stands.
const HOPELESS: f32 = 0.003;

/// Reads what a page claims. A recipe's selectors override the heuristics part by part.
///
/// Never fails: a page without an article gives no block inside it. A selector of the recipe that
/// matches nothing is said in a note and the heuristics do its part.
pub fn article(page: &Page, recipe: &Recipe) -> (Extracted, Vec<Note>) {
    let reading = Reading::of(page, recipe);
    let probabilities = reading.opinions();
    reading.finish(&probabilities)
}

/// A page between being cut and being judged: what the trainer needs to see of it.
#[derive(Debug, Clone)]
pub struct Reading<'p> {
    page: &'p Page,
    recipe: &'p Recipe,
    metadata: Metadata,
    passages: Passages,
}

impl<'p> Reading<'p> {
    /// Reads the fields and cuts the page into passages.
    pub fn of(page: &'p Page, recipe: &'p Recipe) -> Self {
        let mut metadata = metadata::read(page, recipe);
        let passages = passages::cut(&page.dom);
        if metadata.title.is_empty() {
            take_first_line_as_title(&mut metadata, &passages.list);
        }
        Reading { page, recipe, metadata, passages }
    }

    /// The texts of the passages, in order.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        self.passages.list.iter().map(|passage| passage.text.as_str())
    }

    /// The measures for the first opinion.
    pub fn measure(&self) -> Table {
        self.survey().rows(&self.all(), Names::Given)
    }

    /// The measures for the second opinion, given the probabilities of the first.
    pub fn measure_again(&self, table: &Table, first: &[f32]) -> Table {
        let asked: Vec<Asked> = self.all().iter().map(|at| Asked { at: *at, row: *at }).collect();
        Opinions::of(&self.page.dom, &self.passages.list, first).add_to(table, &asked)
    }

    /// The probability that each passage belongs to the article, by the weights that ship.
    ///
    /// A row of measures takes a kilobyte, so that those of a page of 20 MB would take half
    /// a gigabyte: of a large page a few thousand rows are measured at a time, some of them twice.
    fn opinions(&self) -> Vec<f32> {
        const AT_ONCE: usize = 4096;
        let survey = self.survey();
        let all = self.all();
        let mut first = Vec::with_capacity(all.len());
        let mut table = Table::default();
        for some in all.chunks(AT_ONCE) {
            table = survey.rows(some, Names::LeftOut);
            first.extend(weights::first_opinion(&table.rows()));
        }
        // What nobody would believe at first is not worth a second opinion.
        let open: Vec<usize> = all.iter().copied().filter(|at| first[*at] >= HOPELESS).collect();
        let opinions = Opinions::of(&self.page.dom, &self.passages.list, &first);
        let mut second = first.clone();
        for some in open.chunks(AT_ONCE) {
            let measured = all.len() <= AT_ONCE;
            if !measured {
                table = survey.rows(some, Names::LeftOut);
            }
            let asked = some.iter().enumerate();
            let asked =
                asked.map(|(row, at)| Asked { at: *at, row: if measured { *at } else { row } });
            let again = opinions.add_to(&table, &asked.collect::<Vec<_>>());
            for (at, p) in some.iter().zip(weights::second_opinion(&again.rows())) {
                second[*at] = p;
            }
        }
        second
    }

    fn survey(&self) -> Survey<'_> {
        Survey::of(&self.page.dom, &self.passages, &self.metadata)
    }

    fn all(&self) -> Vec<usize> {
        (0..self.passages.list.len()).collect()
    }

    /// Decides, given the probability that each passage belongs to the article.
    pub fn finish(self, probabilities: &[f32]) -> (Extracted, Vec<Note>) {
        let mut notes = Vec::new();
        let dom = &self.page.dom;
        let mut outside = match self.page.format {
            Format::Pdf => body::all_but_furniture(dom, &self.passages),
            Format::Html | Format::PlainText => {
                body::choose(dom, &self.passages, probabilities, !self.metadata.byline.is_empty())
            }
        };
        if self.recipe.captions == Captions::Kept {
            body::take_captions(&self.passages.list, &mut outside);
        }
        apply_recipe(dom, self.recipe, &self.passages.list, &mut outside, &mut notes);
        let kept: Vec<Vec<Span>> =
            self.recipe.keep.iter().map(|css| ranges(dom, css, &mut notes)).collect();
        let blocks: Vec<RawBlock> = self
            .passages
            .list
            .into_iter()
            .zip(outside)
            .map(|(passage, outside)| {
                let kept = kept.iter().any(|spans| within(spans, passage.node));
                raw_block(passage, outside, kept)
            })
            .collect();
        let mut extracted = claims(self.page, self.metadata, blocks, self.passages.image_texts);
        extracted.captions = self.recipe.captions;
        (extracted, notes)
    }
}

/// Plain text and bare pages name no title; their first line is the headline if it is short.
fn take_first_line_as_title(metadata: &mut Metadata, passages: &[Passage]) {
    const LONGEST_HEADLINE: usize = 25;
    let [first, rest @ ..] = passages else { return };
    if count_up_to(&first.text, LONGEST_HEADLINE + 1) <= LONGEST_HEADLINE && !rest.is_empty() {
        metadata.title = first.text.clone();
        metadata.witnesses.push(Witness {
            field: "title",
            place: "first line",
            value: first.text.clone(),
            confidence: 0.4,
        });
    }
}

fn claims(
    page: &Page,
    metadata: Metadata,
    blocks: Vec<RawBlock>,
    image_texts: Vec<String>,
) -> Extracted {
    let mut sample = String::new();
    for block in blocks.iter().filter(|block| block.outside.is_none()).take(20) {
        sample.push_str(&block.text);
        sample.push('\n');
    }
    let head = &sample[..sample.floor_char_boundary(SAMPLE)];
    let language = language::of(head)
        .or_else(|| language::of(&sample))
        .map(str::to_owned)
        .or(metadata.language);
    Extracted {
        url: metadata.canonical.unwrap_or_else(|| page.url.clone()),
        title: metadata.title,
        byline: metadata.byline,
        published: metadata.published,
        modified: metadata.modified,
        language,
        site: metadata.site,
        description: metadata.description,
        blocks,
        image_texts,
        incomplete: metadata.paywalled,
        witnesses: metadata.witnesses,
        about: About {
            section: metadata.section,
            tags: metadata.tags,
            image: metadata.image,
            signatories: metadata.signatories,
        },
        captions: Captions::default(),
        surroundings: match page.format {
            Format::Pdf => Surroundings::None,
            Format::Html | Format::PlainText => Surroundings::Site,
        },
    }
}

fn raw_block(passage: Passage, outside: Option<Reason>, kept: bool) -> RawBlock {
    RawBlock {
        kind: passage.kind,
        linked: passage.link_share(),
        setting: Setting {
            figure: passage.around.has(Hints::FIGURE.with(Hints::CAPTION)),
            aside: passage
                .around
                .has(Hints::ASIDE.with(Hints::RELATED).with(Hints::SHARE).with(Hints::NEWSLETTER)),
            switcher: passage.switcher,
            byline: passage.own.has(Hints::BYLINE.with(Hints::DATE).with(Hints::AUTHOR)),
            date: outside.is_none() && is_dateline(&passage.text),
            kept,
        },
        text: passage.text,
        folded: passage.folded,
        outside: outside.filter(|_| !kept),
    }
}

/// Lets the recipe's `body` and `drop` have the last word.
fn apply_recipe(
    dom: &Dom,
    recipe: &Recipe,
    passages: &[Passage],
    outside: &mut [Option<Reason>],
    notes: &mut Vec<Note>,
) {
    if let Some(css) = &recipe.body {
        let roots = ranges(dom, css, notes);
        if roots.is_empty() {
            let text =
                format!("the recipe's body {css:?} matches nothing, its article was guessed");
            notes.push(Note::new("extract", text));
        } else {
            for (passage, outside) in passages.iter().zip(outside.iter_mut()) {
                *outside = (!within(&roots, passage.node)).then_some(Reason::Outside);
            }
        }
    }
    for css in &recipe.drop {
        let dropped = ranges(dom, css, notes);
        for (passage, outside) in passages.iter().zip(outside.iter_mut()) {
            if within(&dropped, passage.node) {
                *outside = Some(Reason::Recipe);
            }
        }
    }
}

/// Subtrees as first node and the one past the last.
struct Span {
    from: NodeId,
    to: NodeId,
}

fn ranges(dom: &Dom, css: &str, notes: &mut Vec<Note>) -> Vec<Span> {
    match Selector::parse(css) {
        Ok(selector) => {
            let mut spans: Vec<Span> = Vec::new();
            for node in dom.select(&selector) {
                // Matches inside a match add nothing.
                if spans.last().is_none_or(|last| last.to <= node.id()) {
                    spans.push(Span { from: node.id(), to: node.end() });
                }
            }
            spans
        }
        Err(error) => {
            notes.push(Note::new("extract", error.to_string()));
            Vec::new()
        }
    }
}

fn within(spans: &[Span], node: NodeId) -> bool {
    let after = spans.partition_point(|span| span.from <= node);
    after > 0 && node < spans[after - 1].to
}
