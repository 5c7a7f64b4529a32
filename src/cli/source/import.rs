//! `source import`: a feed reader's subscriptions become source files.

use std::collections::HashSet;
use std::fs;
use std::io::Read;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context, ensure};

use crate::cli::Exit;
use crate::cli::source::export::GOVERNMENT;
use crate::cli::source::{FAINT, GOOD, target_folder, write_new};
use crate::config::Settings;
use crate::model::source::{
    Expectation, Listing, ListingKind, Recipe, Rendering, Source, SourceId, SourceKind, Topic,
};
use crate::parse::address;
use crate::parse::opml::{self, Outline};
use crate::sources::draft::{self, Draft};

/// An OPML file is a list of addresses; what is larger is something else.
const LARGEST_FILE: u64 = 16 << 20;

/// What a feed nobody has looked at yet is expected to yield.
const MODEST: Expectation =
    Expectation { links_min: 1, links_max: 1000, words_min: 40, dated: true, silence_days: 30 };

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The OPML file
    file: PathBuf,
    /// Write the source files; without, only say what would be written
    #[arg(long)]
    write: bool,
    /// Folder of the source files [default: crawl.selectors of the settings]
    #[arg(long, value_name = "DIR")]
    into: Option<PathBuf>,
    /// Language of the articles where the file does not tell
    #[arg(long, default_value = "en", value_name = "CODE")]
    language: String,
}

pub(crate) fn run(
    settings: &Settings,
    watched: &[Arc<Source>],
    args: &Args,
) -> anyhow::Result<Exit> {
    ensure!(
        draft::is_language(&args.language),
        "{:?} is no language; write an ISO 639-1 code such as en",
        args.language
    );
    let opml = opml::read(&read(&args.file)?)
        .map_err(|why| anyhow::anyhow!("{} is no OPML: {why}", args.file.display()))?;
    let folder = args.write.then(|| target_folder(settings, args.into.as_ref())).transpose()?;
    let mut known: HashSet<String> = watched
        .iter()
        .flat_map(|source| &source.listings)
        .filter_map(|listing| address::key(&listing.url))
        .collect();
    let mut ids: HashSet<SourceId> = watched.iter().map(|source| source.id.clone()).collect();
    let (mut made, mut watched_already) = (0, 0);
    for outline in &opml.outlines {
        if !address::key(&outline.feed).is_some_and(|key| known.insert(key)) {
            watched_already += 1;
            continue;
        }
        let draft = propose(outline, &args.language, &mut ids);
        let name = format!("{}.toml", draft.source.id);
        anstream::println!(
            "{GOOD}{name}{GOOD:#}  {}  {FAINT}{}{FAINT:#}",
            draft.source.title,
            outline.feed
        );
        if let Some(folder) = &folder {
            write_new(&folder.join(&name), &draft.text())?;
        }
        made += 1;
    }
    anstream::println!(
        "{made} new sources, {watched_already} watched already, {} addresses that cannot be fetched",
        opml.unusable
    );
    if opml.more {
        anstream::println!(
            "the file holds more than {}; the rest was not read",
            opml.outlines.len()
        );
    }
    if folder.is_none() && 0 < made {
        anstream::println!("nothing is written yet; say --write to write the files");
    }
    Ok(if opml.unusable == 0 && !opml.more { Exit::Done } else { Exit::Partly })
}

fn read(path: &PathBuf) -> anyhow::Result<Vec<u8>> {
    let file = fs::File::open(path).with_context(|| {
        format!("cannot read {}; check its name and permissions", path.display())
    })?;
    let mut bytes = Vec::new();
    let name = path.display();
    file.take(LARGEST_FILE + 1)
        .read_to_end(&mut bytes)
        .with_context(|| format!("cannot read {name}"))?;
    ensure!(
        bytes.len() as u64 <= LARGEST_FILE,
        "{name} is larger than {} MiB, which no list of subscriptions is",
        LARGEST_FILE >> 20
    );
    Ok(bytes)
}

/// A source of one feed. Folders and categories tell country, kind and topics where they are named
/// after them.
fn propose(outline: &Outline, language: &str, ids: &mut HashSet<SourceId>) -> Draft {
    let host = address::host(&outline.feed).unwrap_or_default();
    let words: Vec<String> =
        outline.categories.iter().chain(&outline.folders).map(|word| word.to_lowercase()).collect();
    let named = outline.folders.iter().rev().map(|folder| folder.trim().to_lowercase());
    let country = named.into_iter().find(|word| draft::is_country(word));
    let country = country.unwrap_or_else(|| draft::country_of_host(&host));
    let is_government = words.iter().any(|word| word == GOVERNMENT);
    let topics =
        Topic::ALL.into_iter().filter(|topic| words.iter().any(|word| word == topic.name()));
    let primary = outline.language.as_deref().unwrap_or_default().to_lowercase();
    let primary = primary.split(['-', '_']).next().unwrap_or_default();
    let title = if outline.title.trim().is_empty() { &host } else { &outline.title };
    let source = Source {
        id: free_id(draft::id(&country, title, &host), ids),
        title: title.clone(),
        kind: if is_government { SourceKind::Government } else { SourceKind::News },
        country,
        language: if draft::is_language(primary) { primary } else { language }.to_owned(),
        listings: vec![Listing::new(outline.feed.clone(), ListingKind::Feed)],
        render: Rendering::Plain,
        schedule: None,
        recipe: Recipe::default(),
        expectation: MODEST,
        topics: topics.collect(),
        credentials: None,
    };
    let from = match outline.folders.as_slice() {
        [] => "Imported from a feed reader's subscriptions.".to_owned(),
        folders => format!("Imported from a feed reader's subscriptions: {}.", folders.join(" / ")),
    };
    let expectation =
        "Nobody has looked at it yet: see `sanctionwatch source test`, and narrow this.";
    Draft {
        source,
        head: vec![from],
        listings: Vec::new(),
        expectation: vec![expectation.to_owned()],
        others: Vec::new(),
    }
}

fn free_id(id: SourceId, ids: &mut HashSet<SourceId>) -> SourceId {
    let numbered = (2..).map(|number| SourceId(format!("{id}-{number}")));
    let free = std::iter::once(id.clone()).chain(numbered).find(|id| !ids.contains(id));
    let free = free.unwrap_or(id);
    ids.insert(free.clone());
    free
}
