//! What digests tell, how far each interest has been told, and the digests that were composed.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use rusqlite::{Connection, OptionalExtension, Transaction, params};

use crate::model::facts::Facts;
use crate::model::source::SourceId;
use crate::model::stamp::Stamp;
use crate::model::subscriber::Message;
use crate::store::articles::stamp_of;
use crate::store::facts::read_facts;
use crate::store::outbox::enqueue;
use crate::store::{Error, Result, Store, moment, parse_moment};

/// Something a digest may tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct News {
    /// Its place in the order in which things were committed.
    pub id: i64,
    pub what: NewsKind,
    /// The story of the article.
    pub story: Option<i64>,
}

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum NewsKind {
    /// From now on this article is about sanctions.
    Article(i64),
    /// This article says something else in what matters.
    Changed(i64),
    /// The page of this article is gone.
    Gone(i64),
    /// This edition of a list changed something.
    List(i64),
}

impl NewsKind {
    /// The article it is about.
    pub fn article(self) -> Option<i64> {
        match self {
            NewsKind::Article(id) | NewsKind::Changed(id) | NewsKind::Gone(id) => Some(id),
            NewsKind::List(_) => None,
        }
    }

    /// Columns `kind` and `subject`.
    fn columns(self) -> (&'static str, i64) {
        match self {
            NewsKind::Article(id) => ("article", id),
            NewsKind::Changed(id) => ("changed", id),
            NewsKind::Gone(id) => ("gone", id),
            NewsKind::List(id) => ("list", id),
        }
    }

    fn of(kind: &str, subject: i64) -> Result<Self> {
        match kind {
            "article" => Ok(NewsKind::Article(subject)),
            "changed" => Ok(NewsKind::Changed(subject)),
            "gone" => Ok(NewsKind::Gone(subject)),
            "list" => Ok(NewsKind::List(subject)),
            _ => Err(Error::Corrupt { value: kind.to_owned(), expected: "a kind of news" }),
        }
    }
}

/// How far an interest has been told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DigestMark {
    pub interest: i64,
    /// Up to this row of news.
    pub news: i64,
    /// The last moment at which a digest was due and composed.
    pub due: DateTime<Utc>,
    /// Whether an empty digest is wanted too.
    pub empty_too: bool,
}

/// What a subscriber was told already.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AlreadyTold {
    /// Articles told by a mail of their own, updates included.
    pub at_once: HashSet<i64>,
    /// Articles told by a digest, and the last row of news that it looked at: it told them as they
    /// stood then.
    pub in_digest: HashMap<i64, i64>,
    /// Stories of which anything was told.
    pub stories: HashSet<i64>,
    /// Editions told by a digest.
    pub editions: HashSet<i64>,
    /// Editions of which some was told by a mail of its own.
    pub editions_at_once: HashSet<i64>,
}

/// What of an article a digest prints beside its facts.
#[derive(Debug, Clone, PartialEq)]
pub struct DigestArticle {
    pub title: String,
    pub url: String,
    pub source: SourceId,
    pub published: Option<Stamp>,
    pub language: Option<String>,
    pub facts: Facts,
    /// Sources of copies.
    pub copied_by: Vec<SourceId>,
}

/// A digest on its way into the store.
#[derive(Debug, Clone)]
pub struct NewDigest {
    pub subscriber: i64,
    /// The latest moment at which one of its interests was due.
    pub due: DateTime<Utc>,
    /// How far each interest had been told when the digest was composed, and when it was due now.
    pub marks: Vec<(DigestMark, DateTime<Utc>)>,
    /// The last row of news that was looked at.
    pub upto: i64,
    pub items: Vec<News>,
    /// None where there is nothing to tell.
    pub message: Option<Message>,
    /// All of it as JSON, where the message was cut.
    pub whole: Option<String>,
    pub now: DateTime<Utc>,
}

impl Store {
    /// The last row of news.
    pub async fn last_news(&self) -> Result<i64> {
        self.read(|connection| {
            let last = "SELECT coalesce(max(id), 0) FROM news";
            Ok(connection.query_row(last, [], |row| row.get(0))?)
        })
        .await
    }

    /// The news after one row and up to another, the oldest first, at most `limit`.
    pub async fn news(&self, after: i64, upto: i64, limit: usize) -> Result<Vec<News>> {
        self.read(move |connection| {
            let mut statement = connection.prepare_cached(
                "SELECT id, kind, subject, story FROM news
                 LEFT JOIN story_report ON article = subject AND kind <> 'list'
                 WHERE ?1 < id AND id <= ?2 ORDER BY id LIMIT ?3",
            )?;
            let mut rows = statement.query(params![after, upto, limit])?;
            let mut news = Vec::new();
            while let Some(row) = rows.next()? {
                let what = NewsKind::of(&row.get::<_, String>(1)?, row.get(2)?)?;
                news.push(News { id: row.get(0)?, what, story: row.get(3)? });
            }
            Ok(news)
        })
        .await
    }

    /// How far every interest of those who may get mails has been told, by interest.
    pub async fn digest_marks(&self) -> Result<HashMap<i64, DigestMark>> {
        self.read(|connection| {
            let mut statement = connection.prepare_cached(
                "SELECT interest, news, due, empty_too FROM digest_mark
                 JOIN interest ON interest.id = interest
                 JOIN subscriber ON subscriber.id = subscriber WHERE suspended IS NULL",
            )?;
            let mut rows = statement.query([])?;
            let mut marks = HashMap::new();
            while let Some(row) = rows.next()? {
                let mark = DigestMark {
                    interest: row.get(0)?,
                    news: row.get(1)?,
                    due: parse_moment(&row.get::<_, String>(2)?)?,
                    empty_too: row.get(3)?,
                };
                marks.insert(mark.interest, mark);
            }
            Ok(marks)
        })
        .await
    }

    /// Whether an empty digest is wanted too; false where there is no such interest.
    pub async fn want_empty_digests(&self, interest: i64, wanted: bool) -> Result<bool> {
        self.write(move |transaction| {
            let changed = transaction.execute(
                "UPDATE digest_mark SET empty_too = ?2 WHERE interest = ?1",
                params![interest, wanted],
            )?;
            Ok(changed == 1)
        })
        .await
    }

    /// What a subscriber was told of these.
    pub async fn already_told(&self, subscriber: i64, news: Vec<News>) -> Result<AlreadyTold> {
        self.read(move |connection| {
            let mut told = AlreadyTold::default();
            for News { what, story, .. } in news {
                match what {
                    NewsKind::List(edition) => {
                        edition_told(connection, subscriber, edition, &mut told)?;
                    }
                    NewsKind::Article(id) | NewsKind::Changed(id) | NewsKind::Gone(id) => {
                        article_told(connection, subscriber, id, &mut told)?;
                        story_told(connection, subscriber, story, &mut told)?;
                    }
                }
            }
            Ok(told)
        })
        .await
    }

    /// What a digest prints of an article; none where it is there no more.
    pub async fn digest_article(&self, article: i64) -> Result<Option<DigestArticle>> {
        self.read(move |connection| read_article(connection, article)).await
    }

    /// All of a subscriber's digest that was due at a moment for an interest, as JSON; none where its
    /// mail has all of it, or it is kept no more.
    pub async fn whole_digest(
        &self,
        subscriber: i64,
        due: DateTime<Utc>,
        interest: i64,
    ) -> Result<Option<String>> {
        self.read(move |connection| {
            let mut statement = connection.prepare_cached(
                "SELECT whole FROM digest WHERE subscriber = ?1 AND due = ?2 AND interest = ?3",
            )?;
            let found = statement
                .query_row(params![subscriber, moment(due), interest], |row| row.get(0))
                .optional()?;
            Ok(found.flatten())
        })
        .await
    }

    /// All of the last digest of a subscriber whose mail was cut, as JSON.
    pub async fn last_whole_digest(&self, subscriber: i64) -> Result<Option<String>> {
        self.read(move |connection| {
            let mut statement = connection.prepare_cached(
                "SELECT whole FROM digest WHERE subscriber = ?1 AND whole IS NOT NULL
                 ORDER BY id DESC LIMIT 1",
            )?;
            Ok(statement.query_row([subscriber], |row| row.get(0)).optional()?)
        })
        .await
    }

    /// Moves the marks, remembers what was told, and puts the mail into the outbox: all of it, or
    /// nothing where a mark has moved meanwhile or nobody may be written to. Whether it did.
    pub async fn put_digest(&self, digest: NewDigest) -> Result<bool> {
        self.write(move |transaction| {
            let NewDigest { subscriber, due, marks, upto, message, now, .. } = &digest;
            let Some(first) = marks.iter().map(|(mark, _)| mark.interest).min() else {
                return Ok(false);
            };
            for (mark, _) in marks {
                if !is_unmoved(transaction, *subscriber, mark)? {
                    return Ok(false);
                }
            }
            if let Some(message) = message {
                let cause = format!("digest:{}:{first}", moment(*due));
                if !enqueue(transaction, &cause, message, *now)? {
                    return Ok(false);
                }
            }
            for (mark, due) in marks {
                transaction.execute(
                    "UPDATE digest_mark SET news = ?2, due = ?3 WHERE interest = ?1",
                    params![mark.interest, upto, moment(*due)],
                )?;
            }
            if message.is_some() {
                write_digest(transaction, &digest, first)?;
            }
            Ok(true)
        })
        .await
    }
}

fn write_digest(transaction: &Transaction<'_>, digest: &NewDigest, first: i64) -> Result<()> {
    transaction.execute(
        "INSERT INTO digest (subscriber, due, interest, upto, composed, whole)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        params![
            digest.subscriber,
            moment(digest.due),
            first,
            digest.upto,
            moment(digest.now),
            digest.whole,
        ],
    )?;
    let id = transaction.last_insert_rowid();
    let mut insert = transaction.prepare_cached(
        "INSERT INTO digest_item (digest, position, news, kind, subject)
         VALUES (?1, ?2, ?3, ?4, ?5)",
    )?;
    for (position, item) in digest.items.iter().enumerate() {
        let (kind, subject) = item.what.columns();
        insert.execute(params![id, position, item.id, kind, subject])?;
    }
    Ok(())
}

/// Whether an interest is still told as far as `mark` says, and belongs to who it did.
fn is_unmoved(transaction: &Transaction<'_>, subscriber: i64, mark: &DigestMark) -> Result<bool> {
    let mut statement = transaction.prepare_cached(
        "SELECT 1 FROM digest_mark JOIN interest ON interest.id = interest
         WHERE interest = ?1 AND news = ?2 AND due = ?3 AND subscriber = ?4",
    )?;
    let found = statement
        .query_row(params![mark.interest, mark.news, moment(mark.due), subscriber], |_| Ok(()));
    Ok(found.optional()?.is_some())
}

fn article_told(
    connection: &Connection,
    subscriber: i64,
    article: i64,
    told: &mut AlreadyTold,
) -> Result<()> {
    let mut at_once = connection.prepare_cached(
        "SELECT 1 FROM delivery WHERE article = ?2 AND subscriber = ?1 AND state <> 'failed'",
    )?;
    if at_once.exists(params![subscriber, article])? {
        told.at_once.insert(article);
    }
    let upto: Option<i64> = connection
        .prepare_cached(
            "SELECT max(upto) FROM digest_item JOIN digest ON digest.id = digest
             WHERE digest_item.subject = ?2 AND kind <> 'list' AND subscriber = ?1",
        )?
        .query_row(params![subscriber, article], |row| row.get(0))?;
    told.in_digest.extend(upto.map(|upto| (article, upto)));
    Ok(())
}

fn story_told(
    connection: &Connection,
    subscriber: i64,
    story: Option<i64>,
    told: &mut AlreadyTold,
) -> Result<()> {
    let Some(story) = story.filter(|story| !told.stories.contains(story)) else { return Ok(()) };
    let mut statement = connection.prepare_cached(
        "SELECT 1 FROM story_report
         WHERE story = ?2 AND (
             article IN (SELECT article FROM delivery
                         WHERE subscriber = ?1 AND article IS NOT NULL
                           AND state <> 'failed')
             OR EXISTS (SELECT 1 FROM digest_item JOIN digest ON digest.id = digest
                        WHERE digest_item.subject = story_report.article AND kind <> 'list'
                          AND subscriber = ?1))",
    )?;
    if statement.exists(params![subscriber, story])? {
        told.stories.insert(story);
    }
    Ok(())
}

fn edition_told(
    connection: &Connection,
    subscriber: i64,
    edition: i64,
    told: &mut AlreadyTold,
) -> Result<()> {
    let mut at_once = connection.prepare_cached(
        "SELECT 1 FROM delivery
         WHERE subscriber = ?1 AND cause = 'edition:' || ?2 AND state <> 'failed'",
    )?;
    if at_once.exists(params![subscriber, edition])? {
        told.editions_at_once.insert(edition);
    }
    let mut in_digest = connection.prepare_cached(
        "SELECT 1 FROM digest_item JOIN digest ON digest.id = digest
         WHERE subscriber = ?1 AND kind = 'list' AND digest_item.subject = ?2",
    )?;
    if in_digest.exists(params![subscriber, edition])? {
        told.editions.insert(edition);
    }
    Ok(())
}

fn read_article(connection: &Connection, article: i64) -> Result<Option<DigestArticle>> {
    let mut statement = connection.prepare_cached(
        "SELECT title, url, source, published, language FROM article WHERE id = ?1",
    )?;
    let mut rows = statement.query([article])?;
    let Some(row) = rows.next()? else { return Ok(None) };
    let mut copies = connection
        .prepare_cached("SELECT DISTINCT source FROM copy WHERE article = ?1 ORDER BY seen")?;
    let copied_by = copies
        .query_map([article], |row| Ok(SourceId(row.get(0)?)))?
        .collect::<rusqlite::Result<_>>()?;
    Ok(Some(DigestArticle {
        title: row.get(0)?,
        url: row.get(1)?,
        source: SourceId(row.get(2)?),
        published: row.get::<_, Option<String>>(3)?.map(stamp_of).transpose()?,
        language: row.get(4)?,
        facts: read_facts(connection, article)?,
        copied_by,
    }))
}
