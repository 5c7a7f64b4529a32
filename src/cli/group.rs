//! `group`: articles as JSON lines in, the story each belongs to out.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::cli::{Exit, lines};
use crate::dedupe;
use crate::dedupe::index::Index;
use crate::model::judged::{Address, Placed, Wording};
use crate::model::stamp::Stamp;
use crate::parse::address;
use crate::stories::{Report, Stories};

/// Say which articles report the same event, and which are copies of each other.
///
/// Reads JSON lines {"id","title","text","url"?,"host"?,"published"?,"language"?} in order of arrival
/// and answers each with {"id","story","copy_of","derived_from","share"}: the story is named by the
/// id of its first article, "share" is the part of the shorter text's words in common with the copy
/// or source named. At the end, when all is known, one line {"stories":{"id":"story",…}}.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {}

#[derive(Debug, Deserialize)]
struct Question {
    id: Value,
    #[serde(default)]
    title: Option<String>,
    #[serde(default)]
    text: Option<String>,
    #[serde(default)]
    url: Option<String>,
    #[serde(default)]
    host: Option<String>,
    #[serde(default)]
    published: Option<String>,
}

#[derive(Debug, Serialize)]
struct Answer {
    id: Value,
    story: String,
    copy_of: Option<Value>,
    derived_from: Option<Value>,
    share: f64,
}

#[derive(Debug, Serialize)]
struct Ending {
    stories: BTreeMap<String, String>,
}

/// What came so far.
#[derive(Debug, Default)]
struct Group {
    articles: Vec<Article>,
    /// All articles but the copies, by their number there, and where each stands in `articles`.
    originals: Index,
    original_places: Vec<usize>,
    stories: Stories,
    /// Where the article of each report stands in `articles`.
    report_places: Vec<usize>,
    /// The latest moment named.
    latest: DateTime<Utc>,
}

#[derive(Debug)]
struct Article {
    id: Value,
    /// The registrable domain, or the host as given; none where the line names neither.
    site: Option<String>,
    /// The report it is in `stories`: its own, or that of the article it copies.
    report: usize,
}

/// What an article has in common with an earlier one.
struct Kin {
    /// Its place in `articles`.
    place: usize,
    share: f64,
    is_copy: bool,
}

pub(crate) fn run(Args {}: &Args) -> anyhow::Result<Exit> {
    lines::answer_in_order(Group::default(), Group::take, Group::end)
}

impl Group {
    fn take(&mut self, question: Question) -> anyhow::Result<Answer> {
        let Question { id, title, text, url, host, published } = question;
        anyhow::ensure!(
            title.is_some() || text.is_some(),
            "the line has neither a title nor a text: give {{\"id\":…,\"title\":…,\"text\":…}}"
        );
        let (title, text) = (title.unwrap_or_default(), text.unwrap_or_default());
        let published = published.as_deref().map(stamp).transpose()?;
        let moment = published.map(|stamp| stamp.instant());
        self.latest = self.latest.max(moment.unwrap_or(self.latest));
        let site = url.as_deref().and_then(address::site).or(host);
        let wording = Wording { title: &title, text: &text, byline: &[], published };
        let place = self.articles.len();
        let kin = self.kin(&wording, place, site.as_deref());
        let copied = kin.as_ref().filter(|kin| kin.is_copy).map(|kin| kin.place);
        let report = match copied {
            Some(original) => self.articles[original].report,
            None => {
                let report = Report::of(&title, &text, moment);
                self.stories.add(&report);
                self.report_places.push(place);
                self.report_places.len() - 1
            }
        };
        self.articles.push(Article { id: id.clone(), site, report });
        let named = |kin: &Kin| self.articles[kin.place].id.clone();
        Ok(Answer {
            id,
            story: self.story(place),
            copy_of: kin.as_ref().filter(|kin| kin.is_copy).map(named),
            derived_from: kin.as_ref().filter(|kin| !kin.is_copy).map(named),
            share: kin.map_or(0.0, |kin| (kin.share * 1000.0).round() / 1000.0),
        })
    }

    /// The earlier article it copies or derives from; one that copies nobody can be copied.
    fn kin(&mut self, wording: &Wording<'_>, place: usize, site: Option<&str>) -> Option<Kin> {
        // No address is known to be one article's: each line is an article.
        let keys = dedupe::keys_of(format!("line {place}"), wording);
        let mut neighbours = self.originals.neighbours(&keys, self.latest);
        for neighbour in &mut neighbours {
            let number = usize::try_from(neighbour.article).expect("the index counts from 0");
            let theirs = self.articles[self.original_places[number]].site.as_deref();
            neighbour.address = Address::Other;
            neighbour.same_site = site.is_some() && site == theirs;
        }
        let kin = match dedupe::place(&keys, &neighbours) {
            Placed::Copy { article, share, .. } => Some((article, share, true)),
            Placed::Derived { article, share, .. } => Some((article, share, false)),
            Placed::New | Placed::Same { .. } | Placed::Revision { .. } => None,
        };
        let kin = kin.map(|(article, share, is_copy)| {
            let number = usize::try_from(article).expect("the index counts from 0");
            Kin { place: self.original_places[number], share, is_copy }
        });
        if !kin.as_ref().is_some_and(|kin| kin.is_copy) {
            self.originals.add(keys, self.latest);
            self.original_places.push(place);
        }
        kin
    }

    fn end(mut self) -> Ending {
        self.stories.settle();
        let named = |place: usize| (label(&self.articles[place].id), self.story(place));
        Ending { stories: (0..self.articles.len()).map(named).collect() }
    }

    /// A story is named by its first article.
    fn story(&self, place: usize) -> String {
        let first = self.stories.of(self.articles[place].report);
        label(&self.articles[self.report_places[first]].id)
    }
}

fn label(id: &Value) -> String {
    id.as_str().map_or_else(|| id.to_string(), str::to_owned)
}

fn stamp(written: &str) -> anyhow::Result<Stamp> {
    written.parse().map_err(|_| {
        anyhow::anyhow!(
            "published is {written:?}; write a moment such as 2026-03-02T09:30:00Z or a day such as \
             2026-03-02"
        )
    })
}
