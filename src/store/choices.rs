//! What recent articles offer to choose from.

use rusqlite::{Connection, params};

use crate::store::{Result, Store};

/// Articles that are looked at, the newest.
const LOOKED_AT: i64 = 20_000;
/// Values of a kind, the most frequent.
const OFFERED: i64 = 24;

/// What articles about sanctions lately had, of each kind the most frequent in the order of their
/// letters.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Choices {
    /// ISO 3166-1 codes, lower case.
    pub countries: Vec<String>,
    /// `us-ofac`.
    pub authorities: Vec<String>,
    /// `EU-RUS`.
    pub programmes: Vec<String>,
    /// Ids.
    pub sources: Vec<String>,
    /// ISO 639-1.
    pub languages: Vec<String>,
}

impl Store {
    /// What a form offers to choose from.
    pub async fn choices(&self) -> Result<Choices> {
        self.read(|connection| {
            Ok(Choices {
                countries: facts(connection, "country")?,
                authorities: facts(connection, "authority")?,
                programmes: facts(connection, "programme")?,
                sources: columns(connection, "source")?,
                languages: columns(connection, "language")?,
            })
        })
        .await
    }
}

/// The values of facts of a kind.
fn facts(connection: &Connection, kind: &str) -> Result<Vec<String>> {
    let mut statement = connection.prepare_cached(
        "SELECT value FROM (
             SELECT value, count(DISTINCT article) AS articles FROM fact
             WHERE kind = ?1 AND (SELECT max(id) FROM article) - ?2 < article
             GROUP BY value ORDER BY articles DESC, value LIMIT ?3)
         ORDER BY value",
    )?;
    let values = statement.query_map(params![kind, LOOKED_AT, OFFERED], |row| row.get(0))?;
    Ok(values.collect::<rusqlite::Result<_>>()?)
}

/// The values that articles about sanctions have in a column.
fn columns(connection: &Connection, column: &'static str) -> Result<Vec<String>> {
    let mut statement = connection.prepare_cached(&format!(
        "SELECT value FROM (
             SELECT {column} AS value, count(*) AS articles FROM article
             JOIN verdict ON verdict.article = article.id AND relevant = 1
             WHERE (SELECT max(id) FROM article) - ?1 < article.id AND {column} IS NOT NULL
             GROUP BY {column} ORDER BY articles DESC, {column} LIMIT ?2)
         ORDER BY value"
    ))?;
    let values = statement.query_map(params![LOOKED_AT, OFFERED], |row| row.get(0))?;
    Ok(values.collect::<rusqlite::Result<_>>()?)
}
