//! A first look at a site: where it announces its articles, and whether one of them can be read.
//!
//! Nothing is stored. The look asks for a dozen documents at most, with the crawl's politeness.

use chrono::NaiveDate;
use tokio::task::spawn_blocking;

use crate::fetch::{Answer, Fault, Fetcher};
use crate::jobs::read::read;
use crate::model::article::{Article, SiteMemory};
use crate::model::fetched::{Fetched, Validators};
use crate::model::source::{Link, Listing, ListingKind, Recipe};
use crate::model::visit::Outcome;
use crate::parse::autodiscovery::declared_feeds;
use crate::parse::link_patterns::link_patterns;
use crate::parse::{address, listing, page, robots};

/// Feeds that a page declares and that are tried.
const FEEDS_TRIED: usize = 3;
/// Sitemaps that are tried; those of news first.
const SITEMAPS_TRIED: usize = 3;
/// Where feeds lie on sites that declare none.
const USUAL_FEEDS: &[&str] =
    &["/feed/", "/rss.xml", "/rss", "/feed.xml", "/atom.xml", "/index.xml"];

/// A listing that works.
#[derive(Debug, Clone)]
pub struct Finding {
    pub listing: Listing,
    /// What it announces now.
    pub links: Vec<Link>,
    /// How it was found, and what speaks for it.
    pub reason: String,
    /// The document as it came.
    pub document: Fetched,
}

/// An article read on trial, without a recipe.
#[derive(Debug, Clone)]
pub struct Sample {
    pub document: Fetched,
    pub article: Article,
}

/// What a first look at a site gave.
#[derive(Debug, Clone, Default)]
pub struct Survey {
    /// What the page calls itself.
    pub title: String,
    /// Listings that work, the best first.
    pub findings: Vec<Finding>,
    /// What was tried and did not do, with the reason.
    pub tried: Vec<String>,
    pub sample: Option<Sample>,
}

impl Survey {
    /// Days on which the best listing has something, newest first, each once.
    pub fn days(&self) -> Vec<NaiveDate> {
        let links = self.findings.first().map_or(&[][..], |finding| &finding.links);
        let mut days: Vec<NaiveDate> =
            links.iter().filter_map(|link| Some(link.published?.day())).collect();
        days.sort_unstable_by(|a, b| b.cmp(a));
        days.dedup();
        days
    }
}

/// Looks at the site at `url`: a home page, the page of a section, or a feed.
///
/// # Errors
/// When `url` itself cannot be fetched.
pub async fn survey(fetcher: &Fetcher, url: &str) -> Result<Survey, Fault> {
    let front = fetch(fetcher, url).await?;
    let mut look = Look { fetcher, survey: Survey::default() };
    if look.try_document(ListingKind::Feed, "it is the address given", &front)
        || look.try_document(ListingKind::Sitemap, "it is the address given", &front)
    {
        look.read_sample().await;
        return Ok(look.survey);
    }
    look.survey.tried.clear();
    let page = FrontPage::read(front.clone()).await;
    look.survey.title = page.title;
    look.try_feeds(&front.url, &page.feeds).await;
    look.try_sitemaps(&front.url).await;
    for selector in page.selectors {
        let reason = "its links are the repeated pattern of the page".to_owned();
        look.try_document(ListingKind::Index { selector }, &reason, &front);
    }
    look.read_sample().await;
    Ok(look.survey)
}

/// What the first page gives to go on with.
#[derive(Default)]
struct FrontPage {
    title: String,
    feeds: Vec<String>,
    selectors: Vec<String>,
}

impl FrontPage {
    /// Parsing is CPU work; a page that cannot be parsed gives nothing to go on with.
    async fn read(front: Fetched) -> FrontPage {
        let work = spawn_blocking(move || {
            let (page, _) = page::read(&front);
            let feeds = declared_feeds(&page);
            let feeds = feeds.into_iter().filter(|feed| !feed.is_of_comments());
            let selectors = link_patterns(&page).into_iter().map(|pattern| pattern.selector);
            FrontPage {
                title: listing::title_of_page(&page),
                feeds: feeds.map(|feed| feed.url).take(FEEDS_TRIED).collect(),
                selectors: selectors.collect(),
            }
        });
        work.await.unwrap_or_default()
    }
}

struct Look<'a> {
    fetcher: &'a Fetcher,
    survey: Survey,
}

impl Look<'_> {
    async fn try_feeds(&mut self, front: &str, declared: &[String]) {
        for url in declared {
            self.try_listing(url, ListingKind::Feed, "the page declares it").await;
        }
        if !self.survey.findings.is_empty() {
            return;
        }
        for path in USUAL_FEEDS {
            let Some(url) = address::resolve(front, path) else { continue };
            if self.try_listing(&url, ListingKind::Feed, "it lies where feeds usually lie").await {
                return;
            }
        }
    }

    async fn try_sitemaps(&mut self, front: &str) {
        let Some(url) = address::resolve(front, "/robots.txt") else { return };
        let mut sitemaps = match fetch(self.fetcher, &url).await {
            Ok(answer) => robots::sitemaps(&answer.body),
            Err(fault) => {
                self.survey.tried.push(fault.detail);
                return;
            }
        };
        sitemaps.sort_by_key(|url| !url.contains("news"));
        for url in sitemaps.into_iter().take(SITEMAPS_TRIED) {
            self.try_listing(&url, ListingKind::Sitemap, "robots.txt names it").await;
        }
    }

    async fn try_listing(&mut self, url: &str, kind: ListingKind, reason: &str) -> bool {
        match fetch(self.fetcher, url).await {
            Ok(document) => self.try_document(kind, reason, &document),
            Err(fault) => {
                self.survey.tried.push(fault.detail);
                false
            }
        }
    }

    /// Whether the document is such a listing; if so it is a finding.
    fn try_document(&mut self, kind: ListingKind, reason: &str, document: &Fetched) -> bool {
        let listing = Listing::new(document.url.clone(), kind);
        match listing::links(&listing, document) {
            Ok(listed) if !listed.links.is_empty() || !listed.sitemaps.is_empty() => {
                let dated = listed.links.iter().filter(|link| link.published.is_some()).count();
                let reason = match listed.sitemaps.len() {
                    0 => format!("{reason}: {} links, {dated} of them dated", listed.links.len()),
                    n => format!("{reason}: it names {n} further sitemaps"),
                };
                let document = document.clone();
                self.survey.findings.push(Finding {
                    listing,
                    links: listed.links,
                    reason,
                    document,
                });
                true
            }
            Ok(_) => false,
            Err(error) => {
                self.survey.tried.push(error.to_string());
                false
            }
        }
    }

    async fn read_sample(&mut self) {
        // A sitemap lists everything there ever was: behind what lists the latest.
        let rank = |finding: &Finding| match finding.listing.kind {
            ListingKind::Feed => 0,
            ListingKind::Index { .. } => 1,
            _ => 2,
        };
        let is_news = |finding: &Finding| finding.listing.url.contains("news");
        self.survey.findings.sort_by_key(|finding| match finding.listing.kind {
            ListingKind::Sitemap if is_news(finding) => 0,
            _ => rank(finding),
        });
        let first = self.survey.findings.iter().find_map(|finding| finding.links.first().cloned());
        let Some(link) = first else { return };
        let document = match fetch(self.fetcher, &link.url).await {
            Ok(document) => document,
            Err(fault) => {
                self.survey.tried.push(fault.detail);
                return;
            }
        };
        let fetched = document.clone();
        let work =
            spawn_blocking(move || read(&fetched, &Recipe::default(), &SiteMemory::default()));
        match work.await {
            Ok((Some(article), _)) => self.survey.sample = Some(Sample { document, article }),
            _ => self.survey.tried.push(format!("no article was found on {}", link.url)),
        }
    }
}

async fn fetch(fetcher: &Fetcher, url: &str) -> Result<Fetched, Fault> {
    match fetcher.get(url, &Validators::default()).await? {
        Answer::Fetched(fetched) => Ok(*fetched),
        Answer::Unchanged => Err(Fault {
            outcome: Outcome::HttpError,
            detail: format!("{url} says that it is unchanged, though nobody asked"),
            retry_after: None,
        }),
    }
}
