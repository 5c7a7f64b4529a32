//! Official acts: whom they list, and since when a list of the issuer names them.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use rusqlite::{Connection, Row, Transaction, params};

use crate::model::act::{ACT_REACH, ActEntry, ActParty, Ahead, Listing};
use crate::model::change::Known;
use crate::model::designation::{Identifier, Issuer};
use crate::store::lists::known;
use crate::store::{Error, Result, Store, moment, parse_moment};

/// A list that was last looked at longer ago than this may name anybody by now.
const LOOKED_WITHIN: TimeDelta = TimeDelta::days(2);

/// A party that an article lists and no list names yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WaitingEntry {
    pub article: i64,
    pub entry: ActEntry,
}

/// What the lists of an issuer hold.
#[derive(Debug, Clone, PartialEq)]
pub struct IssuersLists {
    /// Every party that any edition of theirs named.
    pub known: Vec<Known>,
    /// By list, when its first edition was fetched.
    pub begun: HashMap<String, DateTime<Utc>>,
    /// Whether we know them as they are now.
    pub followed: bool,
}

impl Store {
    /// The parties of acts not older than [`ACT_REACH`] that no list names yet.
    pub async fn waiting_entries(&self, today: NaiveDate) -> Result<Vec<WaitingEntry>> {
        self.read(move |connection| {
            let since = today - TimeDelta::days(ACT_REACH);
            let mut statement = connection.prepare_cached(&format!(
                "SELECT {COLUMNS}, article FROM act_party
                 WHERE list IS NULL AND published >= ?1 ORDER BY article, name"
            ))?;
            let mut rows = statement.query([since.to_string()])?;
            let mut waiting = Vec::new();
            while let Some(row) = rows.next()? {
                waiting.push(WaitingEntry { article: row.get(7)?, entry: entry(row)? });
            }
            Ok(waiting)
        })
        .await
    }

    /// Writes down which lists name parties by now. What was said before stays.
    pub async fn settle_entries(&self, settled: Vec<WaitingEntry>) -> Result<()> {
        self.write(move |transaction| {
            let mut update = transaction.prepare_cached(
                "UPDATE act_party SET list = ?3, days = ?4
                 WHERE article = ?1 AND name = ?2 AND list IS NULL",
            )?;
            for WaitingEntry { article, entry } in &settled {
                if let Some(Listing { list, days }) = &entry.listed {
                    update.execute(params![article, entry.party.name, list, days])?;
                }
            }
            Ok(())
        })
        .await
    }

    /// What the lists of an issuer hold.
    pub async fn lists_of(&self, issuer: Issuer, now: DateTime<Utc>) -> Result<IssuersLists> {
        self.read(move |connection| {
            let mut statement = connection
                .prepare_cached("SELECT list, min(fetched_at) FROM edition GROUP BY list")?;
            let mut rows = statement.query([])?;
            let mut begun = HashMap::new();
            while let Some(row) = rows.next()? {
                begun.insert(row.get(0)?, parse_moment(&row.get::<_, String>(1)?)?);
            }
            Ok(IssuersLists {
                known: known(connection, "WHERE issuer = ?1", &[&issuer.name()])?,
                begun,
                followed: is_followed(connection, issuer, now)?,
            })
        })
        .await
    }

    /// What the acts among the reports of a story say ahead of the lists.
    pub async fn ahead_in_story(&self, story: i64, now: DateTime<Utc>) -> Result<Vec<Ahead>> {
        self.read(move |connection| ahead_in_story(connection, story, now)).await
    }

    /// What the acts among the reports of an article's story say ahead of the lists. Of an article in
    /// no story, what it says itself.
    pub async fn ahead_of_lists(&self, article: i64, now: DateTime<Utc>) -> Result<Vec<Ahead>> {
        self.read(move |connection| {
            ahead(
                connection,
                "article = ?1 OR article IN (
                     SELECT other.article FROM story_report
                     JOIN story_report AS other USING (story) WHERE story_report.article = ?1)",
                article,
                now,
            )
        })
        .await
    }
}

/// What the acts among the reports of a story say ahead of the lists.
pub(crate) fn ahead_in_story(
    connection: &Connection,
    story: i64,
    now: DateTime<Utc>,
) -> Result<Vec<Ahead>> {
    let which = "article IN (SELECT article FROM story_report WHERE story = ?1)";
    ahead(connection, which, story, now)
}

fn ahead(
    connection: &Connection,
    which: &str,
    value: i64,
    now: DateTime<Utc>,
) -> Result<Vec<Ahead>> {
    let mut statement = connection.prepare_cached(&format!(
        "SELECT {COLUMNS} FROM act_party WHERE {which} ORDER BY published, article, name"
    ))?;
    let mut rows = statement.query([value])?;
    let mut entries = Vec::new();
    let mut followed: HashMap<Issuer, bool> = HashMap::new();
    while let Some(row) = rows.next()? {
        let entry = entry(row)?;
        if let Entry::Vacant(place) = followed.entry(entry.issuer) {
            place.insert(is_followed(connection, entry.issuer, now)?);
        }
        entries.push(entry);
    }
    let is_followed = |issuer| followed.get(&issuer).copied().unwrap_or(false);
    Ok(Ahead::of(&entries, now.date_naive(), is_followed))
}

/// Whether every list of an issuer was looked at of late, and well: what it does not name then is not
/// listed.
fn is_followed(connection: &Connection, issuer: Issuer, now: DateTime<Utc>) -> Result<bool> {
    Ok(connection
        .prepare_cached(
            "SELECT count(*) > 0 AND min(refused IS NULL AND coalesce(last_look, '') >= ?2)
             FROM list WHERE id IN (SELECT list FROM designation WHERE issuer = ?1)",
        )?
        .query_row(params![issuer.name(), moment(now - LOOKED_WITHIN)], |row| {
            Ok(row.get::<_, Option<bool>>(0)?.unwrap_or(false))
        })?)
}

/// Writes whom an article lists. A later text of it takes parties away and adds others; what is known
/// of those that stay is kept.
pub(crate) fn write_entries(
    transaction: &Transaction<'_>,
    article: i64,
    entries: &[ActEntry],
) -> Result<()> {
    let names: Vec<&str> = entries.iter().map(|entry| entry.party.name.as_str()).collect();
    transaction
        .prepare_cached(
            "DELETE FROM act_party
             WHERE article = ?1 AND name NOT IN (SELECT value FROM json_each(?2))",
        )?
        .execute(params![article, serde_json::json!(names).to_string()])?;
    let mut insert = transaction.prepare_cached(
        "INSERT OR IGNORE INTO act_party
             (article, name, issuer, number, published, identifiers, list, days)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    )?;
    for ActEntry { issuer, number, published, party, listed } in entries {
        let identifiers: Vec<(&str, &str)> =
            party.identifiers.iter().map(|it| (it.kind.as_str(), it.value.as_str())).collect();
        insert.execute(params![
            article,
            party.name,
            issuer.name(),
            number,
            published.to_string(),
            serde_json::json!(identifiers).to_string(),
            listed.as_ref().map(|it| &it.list),
            listed.as_ref().and_then(|it| it.days),
        ])?;
    }
    Ok(())
}

const COLUMNS: &str = "issuer, number, published, name, identifiers, list, days";

fn entry(row: &Row<'_>) -> Result<ActEntry> {
    let corrupt = |value: String, expected| Error::Corrupt { value, expected };
    let issuer: String = row.get(0)?;
    let published: String = row.get(2)?;
    let identifiers: String = row.get(4)?;
    let list: Option<String> = row.get(5)?;
    let days = row.get(6)?;
    let numbers: Vec<(String, String)> = serde_json::from_str(&identifiers)
        .map_err(|_| corrupt(identifiers, "an array of kinds and values"))?;
    Ok(ActEntry {
        issuer: Issuer::ALL
            .into_iter()
            .find(|it| it.name() == issuer)
            .ok_or_else(|| corrupt(issuer, "an issuer"))?,
        number: row.get(1)?,
        published: published.parse().map_err(|_| corrupt(published, "a day"))?,
        party: ActParty {
            name: row.get(3)?,
            identifiers: numbers
                .into_iter()
                .map(|(kind, value)| Identifier { kind, value })
                .collect(),
        },
        listed: list.map(|list| Listing { list, days }),
    })
}
