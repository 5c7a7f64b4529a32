//! All that is held about one subscriber, for their own eyes.

use chrono::{DateTime, Utc};
use rusqlite::{Connection, OptionalExtension, params};
use serde::Serialize;

use crate::store::{Result, Store, parse_moment};

/// Everything the database holds about a subscriber, under names that explain themselves.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Personal {
    pub address: String,
    pub name: String,
    pub time_zone: String,
    /// When somebody first asked for this address.
    pub asked: String,
    pub confirmed: Option<String>,
    pub left: Option<String>,
    /// Since when nothing is sent because mails came back, and why.
    pub suspended: Option<String>,
    pub suspension: Option<String>,
    /// When a mail was last reported as unwanted.
    pub complained: Option<String>,
    pub interests: Vec<HeldInterest>,
    pub muted: Vec<HeldMute>,
    pub mails: Vec<HeldMail>,
    /// All of the digests whose mails were cut.
    pub digests: Vec<HeldDigest>,
}

/// A digest as it is stored.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct HeldDigest {
    pub due: String,
    pub whole: serde_json::Value,
}

/// An interest as it is stored.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct HeldInterest {
    pub name: String,
    pub criteria: String,
    pub cadence: String,
    pub added: String,
}

/// A mute as it is stored.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct HeldMute {
    pub kind: String,
    pub value: String,
    pub added: String,
}

/// A mail as it is stored.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct HeldMail {
    pub cause: String,
    pub subject: String,
    pub text: String,
    /// `waiting`, `sent` or `failed`.
    pub state: String,
    pub created: String,
    pub finished: Option<String>,
    /// What the mail server said last.
    pub reply: String,
}

/// A mail and what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecentMail {
    /// The article it is about, where it is about one.
    pub article: Option<i64>,
    pub subject: String,
    /// `waiting`, `sent` or `failed`.
    pub state: String,
    pub created: DateTime<Utc>,
    /// What the mail server said last.
    pub reply: String,
}

impl Store {
    /// All that is held about a subscriber; none where there is none.
    pub async fn personal(&self, subscriber: i64) -> Result<Option<Personal>> {
        self.read(move |connection| {
            let mut statement = connection.prepare_cached(
                "SELECT email, name, zone, added, confirmed, left, suspended, suspension, complained
                 FROM subscriber WHERE id = ?1",
            )?;
            let personal = statement.query_row([subscriber], |row| {
                Ok(Personal {
                    address: row.get(0)?,
                    name: row.get(1)?,
                    time_zone: row.get(2)?,
                    asked: row.get(3)?,
                    confirmed: row.get(4)?,
                    left: row.get(5)?,
                    suspended: row.get(6)?,
                    suspension: row.get(7)?,
                    complained: row.get(8)?,
                    interests: Vec::new(),
                    muted: Vec::new(),
                    mails: Vec::new(),
                    digests: Vec::new(),
                })
            });
            let Some(mut personal) = personal.optional()? else { return Ok(None) };
            personal.interests = interests(connection, subscriber)?;
            personal.muted = mutes(connection, subscriber)?;
            personal.mails = mails(connection, subscriber)?;
            personal.digests = digests(connection, subscriber)?;
            Ok(Some(personal))
        })
        .await
    }

    /// A subscriber's last mails, the newest first.
    pub async fn recent_mails(&self, subscriber: i64, limit: usize) -> Result<Vec<RecentMail>> {
        self.read(move |connection| {
            let mut statement = connection.prepare_cached(
                "SELECT article, cause, subject, state, created, reply FROM delivery
                 WHERE subscriber = ?1 ORDER BY id DESC LIMIT ?2",
            )?;
            let mut rows = statement.query(params![subscriber, limit])?;
            let mut mails = Vec::new();
            while let Some(row) = rows.next()? {
                let cause: String = row.get(1)?;
                mails.push(RecentMail {
                    article: row.get::<_, Option<i64>>(0)?.or_else(|| article_of(&cause)),
                    subject: row.get(2)?,
                    state: row.get(3)?,
                    created: parse_moment(&row.get::<_, String>(4)?)?,
                    reply: row.get(5)?,
                });
            }
            Ok(mails)
        })
        .await
    }
}

/// The article of a mail that follows an alert up, or of an alert from before there were stories:
/// `revision:42:1`, `gone:42`, `article:42`.
fn article_of(cause: &str) -> Option<i64> {
    let (kind, rest) = cause.split_once(':')?;
    let number = rest.split(':').next()?;
    matches!(kind, "revision" | "gone" | "article").then(|| number.parse().ok())?
}

fn digests(connection: &Connection, subscriber: i64) -> Result<Vec<HeldDigest>> {
    let mut statement = connection.prepare_cached(
        "SELECT due, whole FROM digest WHERE subscriber = ?1 AND whole IS NOT NULL ORDER BY id",
    )?;
    let mut rows = statement.query([subscriber])?;
    let mut digests = Vec::new();
    while let Some(row) = rows.next()? {
        let text: String = row.get(1)?;
        let whole = serde_json::from_str(&text).unwrap_or(serde_json::Value::String(text));
        digests.push(HeldDigest { due: row.get(0)?, whole });
    }
    Ok(digests)
}

fn interests(connection: &Connection, subscriber: i64) -> Result<Vec<HeldInterest>> {
    let mut statement = connection.prepare_cached(
        "SELECT name, criteria, cadence, added FROM interest WHERE subscriber = ?1 ORDER BY id",
    )?;
    let rows = statement.query_map([subscriber], |row| {
        Ok(HeldInterest {
            name: row.get(0)?,
            criteria: row.get(1)?,
            cadence: row.get(2)?,
            added: row.get(3)?,
        })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

fn mutes(connection: &Connection, subscriber: i64) -> Result<Vec<HeldMute>> {
    let mut statement = connection.prepare_cached(
        "SELECT kind, value, added FROM mute WHERE subscriber = ?1 ORDER BY added, kind, value",
    )?;
    let rows = statement.query_map([subscriber], |row| {
        Ok(HeldMute { kind: row.get(0)?, value: row.get(1)?, added: row.get(2)? })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

fn mails(connection: &Connection, subscriber: i64) -> Result<Vec<HeldMail>> {
    let mut statement = connection.prepare_cached(
        "SELECT cause, subject, text, state, created, finished, reply FROM delivery
         WHERE subscriber = ?1 ORDER BY id",
    )?;
    let rows = statement.query_map([subscriber], |row| {
        Ok(HeldMail {
            cause: row.get(0)?,
            subject: row.get(1)?,
            text: row.get(2)?,
            state: row.get(3)?,
            created: row.get(4)?,
            finished: row.get(5)?,
            reply: row.get(6)?,
        })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}
