//! Who is named in stored articles, and the names the operator does not want to hear of.

use chrono::{DateTime, Utc};
use rusqlite::{Transaction, params};

use crate::model::judged::Field;
use crate::model::matched::{Match, Suppression};
use crate::store::{Result, Store, moment};
use crate::text::names::folded_words;

impl Store {
    /// Names nobody wants to hear of, in alphabetical order.
    pub async fn suppressions(&self) -> Result<Vec<Suppression>> {
        self.read(|connection| {
            let mut statement =
                connection.prepare_cached("SELECT given, reason FROM suppression ORDER BY name")?;
            let rows = statement
                .query_map([], |row| Ok(Suppression { name: row.get(0)?, reason: row.get(1)? }))?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })
        .await
    }

    /// Changes whenever an edition of a list is taken over or a suppression comes or goes.
    pub async fn names_stamp(&self) -> Result<String> {
        self.read(|connection| {
            let stamp = connection.query_row(
                "SELECT (SELECT coalesce(max(id), 0) FROM edition) || ' '
                     || (SELECT count(*) || ' ' || coalesce(max(added), '') FROM suppression)",
                [],
                |row| row.get(0),
            )?;
            Ok(stamp)
        })
        .await
    }

    /// Adds a suppression, or gives a known one another reason.
    pub async fn suppress(&self, suppression: Suppression, now: DateTime<Utc>) -> Result<()> {
        self.write(move |transaction| {
            let Suppression { name, reason } = &suppression;
            transaction.execute(
                "INSERT INTO suppression (name, given, reason, added) VALUES (?1, ?2, ?3, ?4)
                 ON CONFLICT (name) DO UPDATE SET given = ?2, reason = ?3",
                params![key(name), name, reason, moment(now)],
            )?;
            Ok(())
        })
        .await
    }

    /// Takes a suppression back; whether there was one.
    pub async fn allow(&self, name: String) -> Result<bool> {
        self.write(move |transaction| {
            let gone =
                transaction.execute("DELETE FROM suppression WHERE name = ?1", [key(&name)])?;
            Ok(0 < gone)
        })
        .await
    }
}

/// Spellings of one name share it.
fn key(name: &str) -> String {
    folded_words(name).join(" ")
}

/// Writes who is named in an article, in place of what stood there before.
pub(crate) fn write_matches(
    transaction: &Transaction<'_>,
    article: i64,
    matches: &[Match],
) -> Result<()> {
    transaction.execute("DELETE FROM mention WHERE article = ?1", [article])?;
    let mut insert = transaction.prepare_cached(
        "INSERT INTO mention (article, position, field, start, \"end\", text, class, issuer, number,
                              name, alias, confirmed, explanation)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)",
    )?;
    for (position, found) in matches.iter().enumerate() {
        let field = match found.mention.field {
            Field::Title => "title",
            Field::Text => "text",
        };
        insert.execute(params![
            article,
            position,
            field,
            found.mention.start,
            found.mention.end,
            found.mention.text,
            found.class.name(),
            found.issuer.name(),
            found.designation,
            found.name,
            found.alias,
            !found.agrees.is_empty(),
            serde_json::json!(found.explanation).to_string(),
        ])?;
    }
    Ok(())
}
