//! Stored articles screened again for new names: where each edition stands, and what was found.

use chrono::{DateTime, TimeDelta, Utc};
use rusqlite::params;

use crate::model::change::{DatedChange, Earlier};
use crate::model::matched::Match;
use crate::model::subscriber::Message;
use crate::store::articles::stamp_of;
use crate::store::lists::dated_changes;
use crate::store::matches::add_matches;
use crate::store::outbox::enqueue;
use crate::store::{Result, Store, moment, parse_moment};

/// An edition whose new names are still looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unfinished {
    pub edition: i64,
    pub list: String,
    /// When the edition was fetched.
    pub at: DateTime<Utc>,
    /// Articles up to this row are done.
    pub after: i64,
}

/// A stored article, to be screened again.
#[derive(Debug, Clone, PartialEq)]
pub struct OldArticle {
    pub id: i64,
    pub url: String,
    pub title: String,
    pub text: String,
    /// When it was published, or where it does not say, first seen.
    pub at: DateTime<Utc>,
    pub about_sanctions: bool,
    /// The kinds of the instruments it names.
    pub instruments: Vec<String>,
}

/// What a batch found in one article.
#[derive(Debug, Clone)]
pub struct Found {
    pub article: i64,
    /// Days from the article to the edition.
    pub days: i64,
    pub matched: Match,
    /// The article is an EU act in the Official Journal, and the list is the EU's.
    pub in_journal: bool,
}

impl Store {
    /// The editions that are not done, the oldest first.
    pub async fn unfinished_rescreens(&self) -> Result<Vec<Unfinished>> {
        self.read(|connection| {
            let mut statement = connection.prepare_cached(
                "SELECT edition, list, fetched_at, after FROM rescreen
                 JOIN edition ON edition.id = rescreen.edition
                 WHERE ended IS NULL ORDER BY edition",
            )?;
            let mut rows = statement.query([])?;
            let mut unfinished = Vec::new();
            while let Some(row) = rows.next()? {
                unfinished.push(Unfinished {
                    edition: row.get(0)?,
                    list: row.get(1)?,
                    at: parse_moment(&row.get::<_, String>(2)?)?,
                    after: row.get(3)?,
                });
            }
            Ok(unfinished)
        })
        .await
    }

    /// Has an edition's new names looked for from the start; whether it is one that can have any.
    /// What was found and told before is neither stored nor told twice.
    pub async fn rescreen_again(&self, edition: i64) -> Result<bool> {
        self.write(move |transaction| {
            let changed = transaction.execute(
                "INSERT INTO rescreen (edition)
                 SELECT id FROM edition
                 WHERE id = ?1 AND EXISTS (SELECT 1 FROM list_change WHERE edition = ?1)
                 ON CONFLICT (edition) DO UPDATE SET after = 0, ended = NULL",
                [edition],
            )?;
            Ok(changed == 1)
        })
        .await
    }

    /// What an edition changed.
    pub async fn changes_by(&self, edition: i64) -> Result<Vec<DatedChange>> {
        self.read(move |connection| {
            dated_changes(connection, "WHERE list_change.edition = ?1", &[&edition])
        })
        .await
    }

    /// The next `limit` articles behind a row that were first seen since a moment, by row.
    pub async fn old_articles(
        &self,
        after: i64,
        since: DateTime<Utc>,
        limit: usize,
    ) -> Result<Vec<OldArticle>> {
        self.read(move |connection| {
            let mut statement = connection.prepare_cached(
                "SELECT id, url, title, text, published, first_seen, coalesce(relevant, 0),
                        (SELECT json_group_array(kind) FROM instrument
                         WHERE instrument.article = article.id)
                 FROM article LEFT JOIN verdict ON verdict.article = article.id
                 WHERE id > ?1 AND first_seen >= ?2 ORDER BY id LIMIT ?3",
            )?;
            let mut rows = statement.query(params![after, moment(since), limit])?;
            let mut articles = Vec::new();
            while let Some(row) = rows.next()? {
                let published: Option<String> = row.get(4)?;
                let seen = parse_moment(&row.get::<_, String>(5)?)?;
                let published = published.map(stamp_of).transpose()?;
                let kinds: String = row.get(7)?;
                articles.push(OldArticle {
                    id: row.get(0)?,
                    url: row.get(1)?,
                    title: row.get(2)?,
                    text: row.get(3)?,
                    at: published.map_or(seen, |stamp| stamp.instant()),
                    about_sanctions: row.get(6)?,
                    instruments: serde_json::from_str(&kinds).unwrap_or_default(),
                });
            }
            Ok(articles)
        })
        .await
    }

    /// Stores what a batch found, and that articles up to `after` are done, in one transaction. A
    /// party that an article is known to name is not written to it again.
    pub async fn rescreened(&self, edition: i64, after: i64, found: Vec<Found>) -> Result<()> {
        self.write(move |transaction| {
            let mut remember = transaction.prepare_cached(
                "INSERT OR IGNORE INTO earlier_mention
                     (edition, article, issuer, number, name, alias, days, sure, journal)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
            )?;
            for one in found.iter().filter(|it| 0 < it.days) {
                let Match { issuer, designation, name, alias, .. } = &one.matched;
                remember.execute(params![
                    edition,
                    one.article,
                    issuer.name(),
                    designation,
                    name,
                    alias,
                    one.days,
                    one.matched.is_sure(),
                    one.in_journal
                ])?;
            }
            for of_article in found.chunk_by(|one, other| one.article == other.article) {
                let matches: Vec<&Match> = of_article.iter().map(|it| &it.matched).collect();
                add_matches(transaction, of_article[0].article, &matches)?;
            }
            transaction.execute(
                "UPDATE rescreen SET after = max(after, ?2) WHERE edition = ?1",
                params![edition, after],
            )?;
            Ok(())
        })
        .await
    }

    /// Ends the search of an edition and tells subscribers, in one transaction; how many messages
    /// were put into the outbox.
    pub async fn end_rescreen(
        &self,
        edition: i64,
        messages: Vec<Message>,
        now: DateTime<Utc>,
    ) -> Result<usize> {
        self.write(move |transaction| {
            let mut added = 0;
            for message in &messages {
                let cause = format!("rescreen:{edition}");
                added += usize::from(enqueue(transaction, &cause, message, now)?);
            }
            transaction.execute(
                "UPDATE rescreen SET ended = ?2 WHERE edition = ?1",
                params![edition, moment(now)],
            )?;
            Ok(added)
        })
        .await
    }

    /// The parties an edition brought that were in the news before and surely so, the longest
    /// before first.
    pub async fn earlier_by(&self, edition: i64) -> Result<Vec<Earlier>> {
        self.earlier("edition = ?1 AND sure = 1", edition.to_string()).await
    }

    /// The articles that named the party with that number before its list did.
    pub async fn earlier_of(&self, number: String) -> Result<Vec<Earlier>> {
        self.earlier("number = ?1", number).await
    }

    async fn earlier(&self, which: &'static str, value: String) -> Result<Vec<Earlier>> {
        self.read(move |connection| {
            let mut statement = connection.prepare_cached(&format!(
                "SELECT (SELECT list FROM edition WHERE id = edition), name, days, journal, title, url
                 FROM earlier_mention JOIN article ON article.id = earlier_mention.article
                 WHERE {which} ORDER BY days DESC, article.id, number"
            ))?;
            let rows = statement.query_map([value], |row| {
                Ok(Earlier {
                    list: row.get(0)?,
                    name: row.get(1)?,
                    days: row.get(2)?,
                    in_journal: row.get(3)?,
                    title: row.get(4)?,
                    url: row.get(5)?,
                })
            })?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })
        .await
    }
}

/// Articles older than this before an edition are not screened again.
pub const REACH: TimeDelta = TimeDelta::days(180);
