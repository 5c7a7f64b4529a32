//! Full-text search over articles, newest first.

use rusqlite::{Transaction, params};

use crate::store::articles::{StoredArticle, read_article};
use crate::store::{Result, Store};
use crate::text::search::{index_form, query_form};

impl Store {
    /// Articles that hold every word (or "quoted phrase") of `words`, newest first. Empty words
    /// find the newest.
    pub async fn search(
        &self,
        words: String,
        scope: Scope,
        limit: usize,
    ) -> Result<Vec<StoredArticle>> {
        self.read(move |connection| {
            let query = query_form(&words);
            let matching = if query.is_empty() {
                "SELECT id FROM article WHERE ?1 IS NOT NULL"
            } else {
                "SELECT rowid FROM article_search WHERE article_search MATCH ?1"
            };
            let mut statement = connection.prepare_cached(&format!(
                "SELECT article.id FROM article JOIN verdict ON verdict.article = article.id
                 WHERE article.id IN ({matching}) AND (?2 = 0 OR relevant = 1)
                 ORDER BY article.id DESC LIMIT ?3"
            ))?;
            let relevant_only = matches!(scope, Scope::Relevant);
            let ids: Vec<i64> = statement
                .query_map(params![query, relevant_only, limit], |row| row.get(0))?
                .collect::<rusqlite::Result<_>>()?;
            ids.into_iter().map(|id| read_article(connection, id)).collect()
        })
        .await
    }
}

/// Which articles a search looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    All,
    Relevant,
}

/// Puts an article's words into the index, in place of earlier ones.
pub(crate) fn index(
    transaction: &Transaction<'_>,
    article: i64,
    title: &str,
    text: &str,
) -> Result<()> {
    transaction.execute("DELETE FROM article_search WHERE rowid = ?1", [article])?;
    transaction
        .prepare_cached("INSERT INTO article_search (rowid, title, text) VALUES (?1, ?2, ?3)")?
        .execute(params![article, index_form(title), index_form(text)])?;
    Ok(())
}
