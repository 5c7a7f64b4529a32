//! The look-up of articles that may be the same: by address, by wording, by sampled runs.

use chrono::{DateTime, Utc};
use rusqlite::{OptionalExtension, Transaction, params};

use crate::model::judged::{Address, Keys, LookUp, Neighbour, Wording};
use crate::store::articles::{names_of, stamp_of};
use crate::store::{Result, signed};

/// Rows of past periods dropped at each commit: more than it adds, so that they do not heap up.
const DROPPED_AT_ONCE: usize = 2_000;

/// Makes the keys of a stored article, as `dedupe::keys_of` does.
pub(crate) type MakeKeys = fn(String, &Wording<'_>) -> Keys;

/// A stored article that may be the same one, with the keys it would have today.
pub(crate) struct Found {
    article: i64,
    address: Address,
    same_site: bool,
    keys: Keys,
}

impl Found {
    pub(crate) fn as_neighbour(&self) -> Neighbour<'_> {
        let Found { article, address, same_site, keys } = self;
        Neighbour { article: *article, address: *address, same_site: *same_site, keys }
    }
}

/// The neighbours of an article found at `link` on the site `domain`.
pub(crate) fn find(
    transaction: &Transaction<'_>,
    keys: &Keys,
    link: &str,
    domain: &str,
    now: DateTime<Utc>,
    make_keys: MakeKeys,
) -> Result<Vec<Found>> {
    let mut ids: Vec<(i64, Address)> = Vec::new();
    let mut add = |id: i64, address: Address| {
        if !ids.iter().any(|(known, _)| *known == id) {
            ids.push((id, address));
        }
    };
    if let Some(id) = lives_at(transaction, link)? {
        add(id, Address::Same);
    }
    if let Some(id) = lives_at(transaction, &keys.address)? {
        add(id, Address::Claimed);
    }
    for id in by_words(transaction, keys, now)? {
        add(id, Address::Other);
    }
    ids.into_iter().map(|(id, address)| read(transaction, id, address, domain, make_keys)).collect()
}

/// The article that lives at an address.
pub(crate) fn lives_at(transaction: &rusqlite::Connection, address: &str) -> Result<Option<i64>> {
    Ok(transaction
        .prepare_cached("SELECT article FROM address WHERE address = ?1")?
        .query_row([address], |row| row.get(0))
        .optional()?)
}

/// Articles of the same wording, whenever seen, and those of this period or the one before that
/// share most of the sampled runs.
fn by_words(transaction: &Transaction<'_>, keys: &Keys, now: DateTime<Utc>) -> Result<Vec<i64>> {
    // CROSS JOIN, as the planner would rather walk through the whole period and unpack the JSON for
    // each of its rows.
    let hashes: Vec<i64> = keys.shingles.iter().copied().map(signed).collect();
    let mut statement = transaction.prepare_cached(
        "WITH shared (article, hash) AS (
             SELECT sample.article, sample.hash FROM json_each(?2) AS asked
             CROSS JOIN sample ON sample.hash = asked.value AND sample.period IN (?3, ?3 - 1)
             WHERE (SELECT count(*) FROM (
                        SELECT 1 FROM sample AS bearer
                        WHERE bearer.hash = asked.value AND bearer.period IN (?3, ?3 - 1)
                        LIMIT ?6 + 1)) <= ?6)
         SELECT id FROM (SELECT id FROM article WHERE wording = ?1 ORDER BY id LIMIT ?5)
         UNION
         SELECT article FROM (SELECT article FROM shared GROUP BY article
                              HAVING ?4 <= count(DISTINCT hash)
                              ORDER BY count(DISTINCT hash) DESC, article LIMIT ?5)",
    )?;
    let ids = statement.query_map(
        params![
            signed(keys.wording),
            serde_json::json!(hashes).to_string(),
            period(now),
            LookUp::SHARED_MIN,
            LookUp::NEIGHBOURS_MAX,
            LookUp::BEARERS_MAX,
        ],
        |row| row.get(0),
    )?;
    Ok(ids.collect::<rusqlite::Result<_>>()?)
}

fn read(
    transaction: &Transaction<'_>,
    id: i64,
    address: Address,
    domain: &str,
    make_keys: MakeKeys,
) -> Result<Found> {
    let mut statement = transaction.prepare_cached(
        "SELECT url, title, text, byline, published, domain = ?2 FROM article WHERE id = ?1",
    )?;
    let mut rows = statement.query(params![id, domain])?;
    let row = rows.next()?.ok_or(rusqlite::Error::QueryReturnedNoRows)?;
    let (title, text): (String, String) = (row.get(1)?, row.get(2)?);
    let byline = names_of(&row.get::<_, String>(3)?)?;
    let published = row.get::<_, Option<String>>(4)?.map(stamp_of).transpose()?;
    let wording = Wording { title: &title, text: &text, byline: &byline, published };
    let keys = make_keys(row.get(0)?, &wording);
    Ok(Found { article: id, address, same_site: row.get(5)?, keys })
}

/// Writes the sampled runs of an article's present text, and drops some of those that are no longer
/// looked up. Runs of an earlier text stay until their period is past: the comparison sees the
/// present text.
pub(crate) fn write_sample(
    transaction: &Transaction<'_>,
    article: i64,
    hashes: &[u64],
    now: DateTime<Utc>,
) -> Result<()> {
    let mut insert = transaction.prepare_cached(
        "INSERT OR IGNORE INTO sample (period, hash, article) VALUES (?1, ?2, ?3)",
    )?;
    for hash in hashes {
        insert.execute(params![period(now), signed(*hash), article])?;
    }
    transaction
        .prepare_cached(
            "DELETE FROM sample WHERE (period, hash, article) IN (
                 SELECT period, hash, article FROM sample WHERE period < ?1 - 1 LIMIT ?2)",
        )?
        .execute(params![period(now), DROPPED_AT_ONCE])?;
    Ok(())
}

fn period(now: DateTime<Utc>) -> i64 {
    now.timestamp().div_euclid(LookUp::WINDOW_SECONDS)
}
