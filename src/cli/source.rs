//! `source`: what is watched, and one source taken through every stage without storing anything.

use std::sync::Arc;

use anstyle::{AnsiColor, Style};
use anyhow::{Context, bail};

use crate::cli::crawl::chosen;
use crate::cli::setup::{SettingsArgs, limits, watched_sources};
use crate::cli::{Exit, plan, status};
use crate::clock::Clock;
use crate::config::Settings;
use crate::fetch::{Answer, Fetcher};
use crate::jobs::judge::judge;
use crate::jobs::read::read;
use crate::model::article::{Article, SiteMemory};
use crate::model::fetched::{Fetched, Validators};
use crate::model::judged::Verdict;
use crate::model::source::{Link, Listing, ListingKind, Source, SourceKind};
use crate::parse::listing::{Listed, links};
use crate::text::words::words;

const FAINT: Style = Style::new().dimmed();
const HEAD: Style = Style::new().bold();
const GOOD: Style = AnsiColor::Green.on_default();
const BAD: Style = AnsiColor::Red.on_default();

/// Show the sources, or try one
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    action: Action,
    #[command(flatten)]
    settings: SettingsArgs,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// Show every source that is watched
    List,
    /// Show how each source has been doing, and what to do about the sick ones
    Status {
        /// Only these, by id
        ids: Vec<String>,
    },
    /// Show the rhythm learned of each source, and the next looks
    Plan {
        /// Only these, by id
        ids: Vec<String>,
    },
    /// Take one source through every stage and print each; stores and sends nothing
    Test {
        /// Its id, for example us/ofac-recent-actions
        id: String,
        /// Articles to read
        #[arg(long, default_value_t = 2, value_name = "N")]
        articles: usize,
    },
}

pub(crate) fn run(args: Args) -> anyhow::Result<Exit> {
    let settings = args.settings.load()?;
    let sources = watched_sources(&settings);
    match args.action {
        Action::List => {
            list(&sources);
            Ok(Exit::Done)
        }
        Action::Status { ids } => {
            let chosen = chosen(sources, &ids)?;
            runtime()?.block_on(status::show(&settings, &chosen))
        }
        Action::Plan { ids } => {
            let chosen = chosen(sources.clone(), &ids)?;
            runtime()?.block_on(plan::show(&settings, &chosen, &sources))
        }
        Action::Test { id, articles } => {
            let Some(source) = sources.iter().find(|source| source.id.0 == id) else {
                bail!("no source has the id {id:?}; `sanctionwatch source list` shows them all");
            };
            runtime()?.block_on(test(&settings, source, articles))
        }
    }
}

fn runtime() -> anyhow::Result<tokio::runtime::Runtime> {
    tokio::runtime::Runtime::new().context("cannot start the async runtime")
}

fn list(sources: &[Arc<Source>]) {
    let width = sources.iter().map(|source| source.id.0.len()).max().unwrap_or(0);
    for source in sources {
        let kind = match source.kind {
            SourceKind::News => "news",
            SourceKind::Government => "government",
        };
        let listings: Vec<&str> =
            source.listings.iter().map(|listing| listing_word(&listing.kind)).collect();
        anstream::println!(
            "{:<width$}  {kind:<10}  {}  {FAINT}{:<8}{FAINT:#}  {}",
            source.id.0,
            source.language,
            listings.join("+"),
            source.title
        );
    }
    anstream::println!("{FAINT}{} sources{FAINT:#}", sources.len());
}

fn listing_word(kind: &ListingKind) -> &'static str {
    match kind {
        ListingKind::Feed => "feed",
        ListingKind::Sitemap => "sitemap",
        ListingKind::Index { .. } => "index",
        ListingKind::Json(_) => "json",
        ListingKind::Page => "page",
    }
}

async fn test(settings: &Settings, source: &Source, articles: usize) -> anyhow::Result<Exit> {
    let fetcher = Fetcher::new(limits(settings), Clock::System)?;
    anstream::println!("{HEAD}{}{HEAD:#}  {}", source.id, source.title);
    let mut exit = Exit::Done;
    let mut announced: Vec<Link> = Vec::new();
    for listing in &source.listings {
        match list_one(&fetcher, listing).await {
            Ok(listed) => {
                anstream::println!(
                    "{GOOD}listing{GOOD:#}  {}  {} links{}",
                    listing.url,
                    listed.links.len(),
                    further(&listed)
                );
                for note in &listed.notes {
                    anstream::println!("         {FAINT}{}{FAINT:#}", note.text);
                }
                announced.extend(listed.links);
            }
            Err(fault) => {
                anstream::println!("{BAD}listing{BAD:#}  {fault}");
                exit = Exit::Partly;
            }
        }
    }
    if announced.len() < source.expectation.links_min {
        anstream::println!(
            "{BAD}expected{BAD:#} at least {} links, got {}",
            source.expectation.links_min,
            announced.len()
        );
        exit = Exit::Partly;
    }
    for link in announced.iter().take(articles) {
        if !read_one(&fetcher, source, link).await {
            exit = Exit::Partly;
        }
    }
    Ok(exit)
}

fn further(listed: &Listed) -> String {
    match listed.sitemaps.len() {
        0 => String::new(),
        n => format!(" and {n} further sitemaps"),
    }
}

async fn list_one(fetcher: &Fetcher, listing: &Listing) -> Result<Listed, String> {
    if listing.kind == ListingKind::Page {
        let link =
            Link { url: listing.url.clone(), title: String::new(), published: None, summary: None };
        return Ok(Listed { links: vec![link], ..Listed::default() });
    }
    let fetched = fetch_one(fetcher, &listing.url).await?;
    links(listing, &fetched).map_err(|error| format!("{}: {error}", listing.url))
}

async fn fetch_one(fetcher: &Fetcher, url: &str) -> Result<Fetched, String> {
    match fetcher.get(url, &Validators::default()).await {
        Ok(Answer::Fetched(fetched)) => Ok(*fetched),
        Ok(Answer::Unchanged) => Err(format!("{url}: said it is unchanged, though never asked")),
        Err(fault) => Err(format!("{}: {}", fault.outcome.name(), fault.detail)),
    }
}

/// Fetches, reads and judges one article, and prints what came of it; false where it failed.
async fn read_one(fetcher: &Fetcher, source: &Source, link: &Link) -> bool {
    anstream::println!("\n{HEAD}{}{HEAD:#}\n  {FAINT}{}{FAINT:#}", link.title, link.url);
    let fetched = match fetch_one(fetcher, &link.url).await {
        Ok(fetched) => fetched,
        Err(fault) => {
            anstream::println!("  {BAD}fetch{BAD:#}    {fault}");
            return false;
        }
    };
    let (article, notes) = read(&fetched, &source.recipe, &SiteMemory::default());
    for note in &notes {
        anstream::println!("  {FAINT}{}: {}{FAINT:#}", note.stage, note.text);
    }
    let Some(article) = article else {
        anstream::println!("  {BAD}read{BAD:#}     no article on this page");
        return false;
    };
    let words = words(&article.text()).count();
    print_article(&article, words);
    let judged = judge(article.url.clone(), article);
    print_verdict(&judged.verdict);
    let short = words < source.expectation.words_min;
    let undated = source.expectation.dated && judged.article.published.is_none();
    if short {
        anstream::println!(
            "  {BAD}expected{BAD:#} at least {} words",
            source.expectation.words_min
        );
    }
    if undated {
        anstream::println!("  {BAD}expected{BAD:#} a date");
    }
    !short && !undated
}

fn print_article(article: &Article, words: usize) {
    let published = article.published.map_or("no date".to_owned(), |stamp| stamp.to_string());
    anstream::println!("  {GOOD}read{GOOD:#}     {}", article.title);
    anstream::println!(
        "           {published}, {}, {} words in {} blocks, {} removed{}",
        article.language.as_deref().unwrap_or("language unknown"),
        words,
        article.blocks.len(),
        article.removed.len(),
        if article.incomplete { ", incomplete" } else { "" },
    );
}

fn print_verdict(verdict: &Verdict) {
    let said: Vec<&str> =
        verdict.evidence.iter().take(5).map(|evidence| evidence.text.as_str()).collect();
    let word = if verdict.relevant { "sanctions" } else { "not about sanctions" };
    anstream::println!(
        "  {GOOD}verdict{GOOD:#}  {word} ({:.2})  {}",
        verdict.score,
        said.join(" · ")
    );
}
