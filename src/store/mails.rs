//! The mails made for one subscriber on one article, and what the server said of them.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use rusqlite::{Connection, OptionalExtension, params};

use crate::store::{Result, Store, parse_moment};

/// A mail and what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailOf {
    /// `article:42`, `revision:42:1`, `gone:42`, or the digest that told it.
    pub cause: String,
    pub subject: String,
    pub message_id: String,
    /// `waiting`, `sent` or `failed`.
    pub state: String,
    pub created: DateTime<Utc>,
    pub attempts: u32,
    /// When it is tried next, while it waits.
    pub next_try: Option<DateTime<Utc>>,
    /// When it was sent or given up.
    pub finished: Option<DateTime<Utc>>,
    /// The server's last words.
    pub reply: String,
}

/// When a subscription began, and what holds it up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Course {
    pub confirmed: Option<DateTime<Utc>>,
    pub left: Option<DateTime<Utc>>,
    /// Since when no mail goes to the address, and why.
    pub suspended: Option<(DateTime<Utc>, String)>,
    /// By its id, when each interest was added.
    pub interests: HashMap<i64, DateTime<Utc>>,
}

/// Why an article was told to nobody: its story had been told already.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToldBefore {
    pub story: i64,
    pub reason: String,
    pub at: DateTime<Utc>,
}

/// An address whose text is that of a stored article.
#[derive(Debug, Clone, PartialEq)]
pub struct CopyOf {
    pub article: i64,
    pub url: String,
    /// Part of the shorter text in common, 0 to 1.
    pub share: f64,
}

impl Store {
    /// A subscriber's mails on an article, digests that told it among them, the oldest first.
    pub async fn mails_of(&self, subscriber: i64, article: i64) -> Result<Vec<MailOf>> {
        self.read(move |connection| {
            let mut statement = connection.prepare_cached(
                "SELECT cause, subject, message_id, state, created, attempts, next_try, finished, reply
                 FROM delivery
                 WHERE subscriber = ?1
                   AND (article = ?2 OR cause IN ('article:' || ?2, 'gone:' || ?2)
                        OR cause GLOB 'revision:' || ?2 || ':*'
                        OR cause IN (SELECT 'digest:' || due || ':' || interest
                                     FROM digest JOIN digest_item ON digest_item.digest = digest.id
                                     WHERE digest.subscriber = ?1 AND digest_item.subject = ?2
                                       AND kind <> 'list'))
                 ORDER BY id",
            )?;
            let mut rows = statement.query(params![subscriber, article])?;
            let mut mails = Vec::new();
            while let Some(row) = rows.next()? {
                mails.push(MailOf {
                    cause: row.get(0)?,
                    subject: row.get(1)?,
                    message_id: row.get(2)?,
                    state: row.get(3)?,
                    created: parse_moment(&row.get::<_, String>(4)?)?,
                    attempts: row.get(5)?,
                    next_try: optional_moment(row.get(6)?)?,
                    finished: optional_moment(row.get(7)?)?,
                    reply: row.get(8)?,
                });
            }
            Ok(mails)
        })
        .await
    }

    /// The story that a subscriber's mail is about, as it stands now; none where the mail or its article
    /// is known no more.
    pub async fn story_of_mail(&self, subscriber: i64, message_id: String) -> Result<Option<i64>> {
        self.read(move |connection| {
            let mut statement = connection.prepare_cached(
                "SELECT story FROM delivery JOIN story_report USING (article)
                 WHERE message_id = ?1 AND subscriber = ?2",
            )?;
            Ok(statement.query_row(params![message_id, subscriber], |row| row.get(0)).optional()?)
        })
        .await
    }

    /// What the first report of a story is called, an office's before others; none where there is no
    /// such story.
    pub async fn story_title(&self, story: i64) -> Result<Option<String>> {
        self.read(move |connection| {
            let mut statement = connection.prepare_cached(
                "SELECT title FROM story_report JOIN article ON article.id = article
                 WHERE story = ?1 ORDER BY official DESC, at, article LIMIT 1",
            )?;
            Ok(statement.query_row([story], |row| row.get(0)).optional()?)
        })
        .await
    }

    /// When a subscription began, and what holds it up; none where there is no such subscriber.
    pub async fn course(&self, subscriber: i64) -> Result<Option<Course>> {
        self.read(move |connection| {
            let mut statement = connection.prepare_cached(
                "SELECT confirmed, left, suspended, coalesce(suspension, '')
                 FROM subscriber WHERE id = ?1",
            )?;
            let mut rows = statement.query([subscriber])?;
            let Some(row) = rows.next()? else { return Ok(None) };
            let suspended = optional_moment(row.get(2)?)?;
            Ok(Some(Course {
                confirmed: optional_moment(row.get(0)?)?,
                left: optional_moment(row.get(1)?)?,
                suspended: suspended.zip(row.get(3)?),
                interests: interests_added(connection, subscriber)?,
            }))
        })
        .await
    }

    /// Why the story of an article held its alert back, if it did.
    pub async fn told_before(&self, article: i64) -> Result<Option<ToldBefore>> {
        self.read(move |connection| {
            let mut statement = connection
                .prepare_cached("SELECT story, reason, at FROM held_back WHERE article = ?1")?;
            let mut rows = statement.query([article])?;
            let Some(row) = rows.next()? else { return Ok(None) };
            let at = parse_moment(&row.get::<_, String>(2)?)?;
            Ok(Some(ToldBefore { story: row.get(0)?, reason: row.get(1)?, at }))
        })
        .await
    }

    /// The article that the page at an address is a copy of.
    pub async fn copy_at(&self, address: String) -> Result<Option<CopyOf>> {
        self.read(move |connection| {
            let mut statement = connection
                .prepare_cached("SELECT article, url, share FROM copy WHERE address = ?1")?;
            let copy = statement.query_row([address], |row| {
                Ok(CopyOf { article: row.get(0)?, url: row.get(1)?, share: row.get(2)? })
            });
            Ok(copy.optional()?)
        })
        .await
    }
}

fn interests_added(
    connection: &Connection,
    subscriber: i64,
) -> Result<HashMap<i64, DateTime<Utc>>> {
    let mut statement =
        connection.prepare_cached("SELECT id, added FROM interest WHERE subscriber = ?1")?;
    let mut rows = statement.query([subscriber])?;
    let mut added = HashMap::new();
    while let Some(row) = rows.next()? {
        added.insert(row.get(0)?, parse_moment(&row.get::<_, String>(1)?)?);
    }
    Ok(added)
}

fn optional_moment(column: Option<String>) -> Result<Option<DateTime<Utc>>> {
    column.as_deref().map(parse_moment).transpose()
}
