//! What readers say of verdicts, for the next training.

use chrono::{DateTime, Utc};
use rusqlite::{OptionalExtension, params};

use crate::store::articles::{StoredArticle, read_article};
use crate::store::{Result, Store, moment};

/// A reader's word on an article.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Label {
    /// About sanctions.
    Relevant,
    NotRelevant,
}

impl Store {
    /// Keeps what a reader says of the article with this number or at this address (its last word
    /// counts), and answers its number; none where no such article is stored.
    pub async fn give_feedback(
        &self,
        article: String,
        label: Label,
        now: DateTime<Utc>,
    ) -> Result<Option<i64>> {
        self.write(move |transaction| {
            let found: Option<i64> = transaction
                .query_row(
                    "SELECT id FROM article WHERE CAST(id AS TEXT) = ?1 OR url = ?1
                     UNION SELECT article FROM address WHERE address = ?1 LIMIT 1",
                    [&article],
                    |row| row.get(0),
                )
                .optional()?;
            if let Some(id) = found {
                transaction.execute(
                    "INSERT INTO feedback (article, relevant, given) VALUES (?1, ?2, ?3)
                     ON CONFLICT (article) DO UPDATE SET relevant = ?2, given = ?3",
                    params![id, label == Label::Relevant, moment(now)],
                )?;
            }
            Ok(found)
        })
        .await
    }

    /// Every article a reader has judged, with their word, oldest first.
    pub async fn feedback(&self) -> Result<Vec<Judgement>> {
        self.read(|connection| {
            let mut statement = connection
                .prepare_cached("SELECT article, relevant FROM feedback ORDER BY article")?;
            let told: Vec<Told> = statement
                .query_map([], |row| Ok(Told { article: row.get(0)?, relevant: row.get(1)? }))?
                .collect::<rusqlite::Result<_>>()?;
            told.into_iter()
                .map(|told| {
                    let label = if told.relevant { Label::Relevant } else { Label::NotRelevant };
                    Ok(Judgement { article: read_article(connection, told.article)?, label })
                })
                .collect()
        })
        .await
    }
}

/// An article and what a reader says of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Judgement {
    pub article: StoredArticle,
    pub label: Label,
}

struct Told {
    article: i64,
    relevant: bool,
}
