//! `source test`: one source taken through every stage without storing anything.

use crate::cli::Exit;
use crate::cli::setup::limits;
use crate::cli::source::{BAD, FAINT, GOOD, HEAD};
use crate::clock::Clock;
use crate::config::Settings;
use crate::fetch::{Answer, Fetcher};
use crate::jobs::judge::judge;
use crate::jobs::read::read;
use crate::model::article::{Article, SiteMemory};
use crate::model::fetched::{Fetched, Validators};
use crate::model::judged::Verdict;
use crate::model::source::{Link, Listing, ListingKind, Source};
use crate::parse::listing::{Listed, links};
use crate::text::words::words;

pub(crate) async fn run(
    settings: &Settings,
    source: &Source,
    articles: usize,
) -> anyhow::Result<Exit> {
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
