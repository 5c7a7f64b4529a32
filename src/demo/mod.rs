//! A bundled newsroom on loopback, and what becomes of it in two crawls. The crawler, the mailer
//! and the sources are those `crawl` makes from a settings file; only the clock is moved by hand.

mod press;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context;
use chrono::{DateTime, NaiveTime, TimeDelta, Utc};

use crate::clock::Clock;
use crate::config::{self, Environment, Settings};
pub use crate::demo::press::Origins;
use crate::jobs::compose_digests::Composer;
use crate::jobs::crawl::{Crawler, Event};
use crate::jobs::send_mail;
use crate::mail::Mailer;
use crate::model::interest::{Cadence, Interest};
use crate::model::source::Source;
use crate::model::subscriber::Email;
use crate::model::visit::{Outcome, Visit};
use crate::store::{Enrolment, Formerly, Store, StoredArticle};
use crate::web::newsroom::{Asked, Newsroom, Site, Stand};

/// Who subscribes: name and address.
const READERS: [(&str, &str); 2] =
    [("Zoë Quist", "zoe.quist@example.org"), ("News desk", "desk@example.net")];

/// Who reads it all in one digest at the end: name and address.
const DIGEST_READER: (&str, &str) = ("Ines Marchetti", "ines.marchetti@example.org");

/// How far the clock is moved between the crawls: an article is looked at again after six hours.
const BETWEEN_CRAWLS: TimeDelta = TimeDelta::hours(7);

/// The settings of the demonstration, written into its folder. One worker, so that every
/// demonstration tells the same story.
const SETTINGS: &str = "\
# Written by `sanctionwatch demo`. Paths start at the folder of this file.
state = \".\"

[fetch]
allow_private = [\"127.0.0.1\"]  # the newsroom answers on loopback
delay = \"5ms\"

[crawl]
selectors = \"selectors\"
catalogue = false
workers = 1

[mail]
from = \"alerts@example.com\"
directory = \"mail\"
";

/// A demonstration about to begin: its folder is laid out and the newsroom is open.
#[derive(Debug)]
pub struct Stage {
    /// As the settings file in the folder says.
    pub settings: Settings,
    /// Stands still until [`play`] moves it.
    pub clock: Clock,
    folder: PathBuf,
    opened: Opened,
}

impl Stage {
    /// Opens the newsroom, its texts dated back from `now`, and writes the settings and the
    /// source files that watch it into `folder`.
    ///
    /// # Errors
    /// When `folder` cannot be written or no port is free.
    pub async fn set(folder: &Path, now: DateTime<Utc>) -> anyhow::Result<Self> {
        let folder = folder
            .canonicalize()
            .with_context(|| format!("cannot look into {}", folder.display()))?;
        let opened = open_newsroom(now).await?;
        let path = folder.join("sanctionwatch.toml");
        write(&path, SETTINGS)?;
        for (name, text) in &opened.sources {
            write(&folder.join("selectors").join(name), text)?;
        }
        // Whatever this machine is set up for, the demonstration stays in its folder.
        let settings = config::load(Some(&path), &Environment::of([]))?;
        Ok(Self { settings, clock: Clock::fixed(now), folder, opened })
    }
}

/// What a demonstration did and left behind.
#[derive(Debug)]
pub struct Report {
    pub folder: PathBuf,
    pub database: PathBuf,
    /// The two crawls, in order.
    pub crawls: Vec<Crawl>,
    /// Everything stored, oldest first.
    pub articles: Vec<StoredArticle>,
    /// How many people subscribed.
    pub readers: usize,
    /// Every mail, in the order of the file names.
    pub letters: Vec<PathBuf>,
    /// The sites, still open.
    pub newsroom: Newsroom,
    pub origins: Origins,
}

/// One crawl over all sources.
#[derive(Debug)]
pub struct Crawl {
    pub at: DateTime<Utc>,
    /// In the order of the sources.
    pub visits: Vec<Visit>,
    /// Pages that gave no article, with the reason.
    pub unread: Vec<Unread>,
    /// What the sites were asked, and what they answered.
    pub asked: Vec<Asked>,
}

/// A page that gave no article.
#[derive(Debug)]
pub struct Unread {
    pub url: String,
    pub outcome: Outcome,
}

/// Crawls the newsroom, puts out its second edition, crawls again seven hours later on the
/// stage's clock, and sends the mails after each crawl.
///
/// # Errors
/// When the database or the folder of the mails fails.
pub async fn play(
    stage: Stage,
    crawler: &Crawler,
    mailer: &Mailer,
    sources: &[Arc<Source>],
) -> anyhow::Result<Report> {
    let Stage { settings, clock, folder, opened: Opened { newsroom, origins, .. } } = stage;
    let by_digest = subscribe(&crawler.store, &clock).await?;
    let mut crawls = vec![crawl(crawler, mailer, sources, &newsroom).await?];
    newsroom.advance();
    clock.advance(BETWEEN_CRAWLS);
    crawls.push(crawl(crawler, mailer, sources, &newsroom).await?);
    // Whatever the hour, so that every demonstration has one.
    Composer::new(crawler, sources, &[]).compose_now(by_digest).await?;
    send_mail::send_due(&crawler.store, mailer, &crawler.clock, &crawler.stop).await?;
    let articles = stored(&crawler.store).await?;
    crawler.store.settle().await?;
    let letters = match &settings.mail.backend {
        config::Backend::Directory(folder) => letters(folder)?,
        config::Backend::Smtp(_) => Vec::new(),
    };
    let readers = READERS.len() + 1;
    let database = crawler.store.path().components().collect();
    Ok(Report { folder, database, crawls, articles, readers, letters, newsroom, origins })
}

/// Subscribes the bundled readers; gives the row of the one who reads by digest.
async fn subscribe(store: &Store, clock: &Clock) -> anyhow::Result<i64> {
    let address = |email: &str| email.parse::<Email>().context("a bundled reader has no address");
    for (name, email) in READERS {
        store.add_subscriber(address(email)?, name.to_owned(), clock.now()).await?;
    }
    let (name, email) = DIGEST_READER;
    let evening = NaiveTime::from_hms_opt(18, 0, 0).expect("18:00 is a time");
    let wanted = Interest { cadence: Cadence::Daily { at: evening }, ..Interest::everything() };
    let enrolment = Enrolment {
        email: address(email)?,
        name: Some(name.to_owned()),
        zone: None,
        interests: Some(vec![wanted]),
    };
    store.enrol(vec![enrolment], Formerly::BroughtBack, clock.now()).await?;
    let known = store.subscriber_at(address(email)?).await?;
    Ok(known.context("a reader just enrolled is not there")?.subscriber.id)
}

async fn crawl(
    crawler: &Crawler,
    mailer: &Mailer,
    sources: &[Arc<Source>],
    newsroom: &Newsroom,
) -> anyhow::Result<Crawl> {
    let before = newsroom.asked().len();
    let mut events = crawler.events.subscribe();
    let visits = crawler.crawl_once(sources).await?;
    send_mail::send_due(&crawler.store, mailer, &crawler.clock, &crawler.stop).await?;
    let mut unread = Vec::new();
    while let Ok(event) = events.try_recv() {
        if let Event::PageRead { url, outcome, .. } = event
            && !outcome.is_healthy()
        {
            unread.push(Unread { url, outcome });
        }
    }
    let asked = newsroom.asked().split_off(before);
    Ok(Crawl { at: crawler.clock.now(), visits, unread, asked })
}

fn write(path: &Path, text: &str) -> anyhow::Result<()> {
    let parent = path.parent().expect("every file lies in a folder");
    fs::create_dir_all(parent).with_context(|| format!("cannot make {}", parent.display()))?;
    fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))
}

async fn stored(store: &Store) -> anyhow::Result<Vec<StoredArticle>> {
    let mut articles = Vec::new();
    for id in store.article_ids().await? {
        articles.extend(store.article(id).await?);
    }
    Ok(articles)
}

/// The mails in a folder, in the order of their names.
fn letters(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let unreadable = || format!("cannot look into {}", folder.display());
    let mut letters = Vec::new();
    for entry in fs::read_dir(folder).with_context(unreadable)? {
        let path = entry.with_context(unreadable)?.path();
        if path.extension().is_some_and(|ending| ending == "eml") {
            letters.push(path);
        }
    }
    letters.sort();
    Ok(letters)
}

/// The open newsroom and where it answers.
#[derive(Debug)]
pub struct Opened {
    pub newsroom: Newsroom,
    pub origins: Origins,
    /// Source files that watch it: path below the catalogue to text.
    pub sources: BTreeMap<String, String>,
}

/// Opens the three bundled sites, their texts dated back from `now`.
///
/// # Errors
/// When the system has no port to give.
pub async fn open_newsroom(now: DateTime<Utc>) -> anyhow::Result<Opened> {
    let stand = async || Stand::take().await.context("cannot open a port on 127.0.0.1");
    let (ledger, courier, office) = (stand().await?, stand().await?, stand().await?);
    let origins = Origins {
        ledger: ledger.origin().to_owned(),
        courier: courier.origin().to_owned(),
        office: office.origin().to_owned(),
    };
    let newsroom = Newsroom::open(vec![
        Site { stand: ledger, editions: press::ledger(&origins, now) },
        Site { stand: courier, editions: press::courier(&origins, now) },
        Site { stand: office, editions: press::office(&origins, now) },
    ]);
    let sources = press::sources(&origins);
    Ok(Opened { newsroom, origins, sources })
}
