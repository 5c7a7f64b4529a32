//! What subscribers were told of an article: whom a correction goes to, and that its page is gone.

use chrono::{DateTime, Utc};
use rusqlite::params;

use crate::model::subscriber::Message;
use crate::model::visit::Outcome;
use crate::store::neighbours::lives_at;
use crate::store::outbox::enqueue;
use crate::store::{Result, Store, moment};

/// A stored article, and who was told of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    pub article: i64,
    pub title: String,
    /// The blocks joined by blank lines.
    pub text: String,
    pub url: String,
    pub language: Option<String>,
    /// Those who got the alert, or are about to get it.
    pub alerted: Vec<Alerted>,
}

/// A subscriber who was told of an article.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alerted {
    pub subscriber: i64,
    /// The `Message-ID` of the alert.
    pub message_id: String,
}

impl Store {
    /// The article known at the first of these addresses at which one is known.
    pub async fn told(&self, addresses: Vec<String>) -> Result<Option<Told>> {
        self.read(move |connection| {
            for address in addresses {
                if let Some(article) = lives_at(connection, &address)? {
                    return read_told(connection, article).map(Some);
                }
            }
            Ok(None)
        })
        .await
    }

    /// A page is gone for good: ends its link, and where an article lived there, marks it and puts
    /// `messages` into the outbox, once for an article. Gives how many were new.
    pub async fn page_gone(
        &self,
        address: String,
        detail: String,
        messages: Vec<Message>,
        now: DateTime<Utc>,
    ) -> Result<usize> {
        self.write(move |transaction| {
            transaction.execute(
                "UPDATE link SET outcome = ?2, detail = ?3, next_try = NULL, attempts = attempts + 1
                 WHERE address = ?1",
                params![address, Outcome::Gone.name(), detail],
            )?;
            let Some(article) = lives_at(transaction, &address)? else { return Ok(0) };
            transaction.execute(
                "UPDATE article SET gone = ?2 WHERE id = ?1",
                params![article, moment(now)],
            )?;
            let cause = format!("gone:{article}");
            let mut added = 0;
            for message in &messages {
                added += usize::from(enqueue(transaction, &cause, message, now)?);
            }
            Ok(added)
        })
        .await
    }
}

fn read_told(connection: &rusqlite::Connection, article: i64) -> Result<Told> {
    let (title, text, url, language) = connection
        .prepare_cached("SELECT title, text, url, language FROM article WHERE id = ?1")?
        .query_row([article], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))?;
    let mut statement = connection.prepare_cached(
        "SELECT subscriber, message_id FROM delivery
         WHERE article = ?1 AND state <> 'failed' ORDER BY subscriber",
    )?;
    let alerted = statement
        .query_map([article], |row| {
            Ok(Alerted { subscriber: row.get(0)?, message_id: row.get(1)? })
        })?
        .collect::<rusqlite::Result<_>>()?;
    Ok(Told { article, title, text, url, language, alerted })
}
