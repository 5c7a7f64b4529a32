//! `source test`: one source taken through every stage without storing anything.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, anyhow, bail};

use crate::cli::Exit;
use crate::cli::setup::limits;
use crate::cli::source::{BAD, FAINT, GOOD, HEAD};
use crate::clock::Clock;
use crate::config::Settings;
use crate::fetch::{Answer, Fault, Fetcher};
use crate::jobs::judge::judge;
use crate::jobs::names::Names;
use crate::jobs::read::read;
use crate::model::article::{Article, SiteMemory};
use crate::model::fetched::{Fetched, Validators};
use crate::model::judged::Verdict;
use crate::model::source::{Link, Listing, ListingKind, Source};
use crate::parse::listing::{Listed, links};
use crate::sources;
use crate::text::words::words;

/// The source of this id, or of this file, which may lie anywhere below a folder of its country.
pub(crate) fn source_of(sources: &[Arc<Source>], id: &str) -> anyhow::Result<Arc<Source>> {
    if let Some(source) = sources.iter().find(|source| source.id.0 == id) {
        return Ok(Arc::clone(source));
    }
    let path = Path::new(id);
    if path.extension().is_none_or(|ending| ending != "toml") {
        bail!(
            "no source has the id {id:?}; `sanctionwatch source list` shows them all, and a file is \
             named with its ending .toml"
        );
    }
    let text = fs::read_to_string(path)
        .with_context(|| format!("cannot read {id}; check its name and permissions"))?;
    let whole = fs::canonicalize(path).with_context(|| format!("cannot find {id}"))?;
    let parts: Vec<&OsStr> = whole.iter().collect();
    let inside: PathBuf = parts[parts.len().saturating_sub(2)..].iter().collect();
    let source = sources::read(&inside, id, &text).map_err(|mistakes| {
        let lines: Vec<String> = mistakes.iter().map(ToString::to_string).collect();
        anyhow!("{}", lines.join("\n"))
    })?;
    Ok(Arc::new(source))
}

pub(crate) async fn run(
    settings: &Settings,
    source: &Source,
    articles: usize,
) -> anyhow::Result<Exit> {
    let fetcher = Fetcher::new(limits(settings), Clock::System)?;
    let fetcher = fetcher.of_source(source).map_err(|fault| anyhow!("{}", fault.detail))?;
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
    for (listing, paging) in source.listings.iter().filter_map(|it| Some((it, it.paging.as_ref()?)))
    {
        anstream::println!(
            "         {FAINT}{} goes on over at most {} pages{FAINT:#}",
            listing.url,
            paging.most
        );
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
    let listed = list_document(fetcher, listing).await?;
    // What only names other listings is tried with the first of them.
    let named = match (&listed.feed, listed.sitemaps.first()) {
        (Some(feed), _) => Listing::new(feed, ListingKind::Feed),
        (None, Some(sitemap)) if listed.links.is_empty() => {
            Listing { url: sitemap.clone(), ..listing.clone() }
        }
        _ => return Ok(listed),
    };
    anstream::println!("{GOOD}listing{GOOD:#}  {}  names {}", listing.url, named.url);
    list_document(fetcher, &named).await
}

async fn list_document(fetcher: &Fetcher, listing: &Listing) -> Result<Listed, String> {
    let no_validators = Validators::default();
    let answer = match listing.kind {
        ListingKind::Index { .. } => fetcher.page(&listing.url, &no_validators).await,
        _ => fetcher.get(&listing.url, &no_validators).await,
    };
    let fetched = fetched(&listing.url, answer)?;
    links(listing, &fetched).map_err(|error| format!("{}: {error}", error.outcome().name()))
}

fn fetched(url: &str, answer: Result<Answer, Fault>) -> Result<Fetched, String> {
    match answer {
        Ok(Answer::Fetched(fetched)) => Ok(*fetched),
        Ok(Answer::Unchanged) => Err(format!("{url}: said it is unchanged, though never asked")),
        Err(fault) => Err(format!("{}: {}", fault.outcome.name(), fault.detail)),
    }
}

/// Fetches, reads and judges one article, and prints what came of it; false where it failed.
async fn read_one(fetcher: &Fetcher, source: &Source, link: &Link) -> bool {
    anstream::println!("\n{HEAD}{}{HEAD:#}\n  {FAINT}{}{FAINT:#}", link.title, link.url);
    let answer = fetcher.page(&link.url, &Validators::default()).await;
    let fetched = match fetched(&link.url, answer) {
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
    let judged = judge(article.url.clone(), article, &Names::default().current());
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
