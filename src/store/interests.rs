//! What subscribers want to hear of, and what no more.

use std::collections::BTreeSet;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use rusqlite::{Connection, Row, Transaction, params};

use crate::interests::{cadence, criteria};
use crate::model::interest::{Criteria, Interest, Mute};
use crate::model::subscriber::Subscriber;
use crate::store::subscribers::{ACTIVE, subscriber_of};
use crate::store::{Error, Result, Store, moment};

/// A subscriber with everything that decides what they are told.
#[derive(Debug, Clone, PartialEq)]
pub struct Wishes {
    pub subscriber: Subscriber,
    /// In the order they were added.
    pub interests: Vec<Interest>,
    pub mutes: Vec<Mute>,
}

impl Store {
    /// Everybody who is told anything, in the order they came, with what they asked for. It is asked at
    /// every article, so it is kept in memory until any of it changes, whichever process changes it.
    pub async fn wishes(&self) -> Result<Arc<Vec<Wishes>>> {
        let shared = Arc::clone(&self.shared);
        self.read(move |connection| {
            // Stamp and rows are of one moment.
            let transaction = connection.unchecked_transaction()?;
            let changes: i64 = transaction
                .prepare_cached("SELECT changes FROM wish_stamp")?
                .query_row([], |row| row.get(0))?;
            let kept = shared.wishes.lock().expect("a value is put or taken").clone();
            if let Some((stamp, wishes)) = kept
                && stamp == changes
            {
                return Ok(wishes);
            }
            let wishes = Arc::new(read_wishes(&transaction)?);
            let fresh = Some((changes, Arc::clone(&wishes)));
            *shared.wishes.lock().expect("a value is put or taken") = fresh;
            Ok(wishes)
        })
        .await
    }

    /// A subscriber's interests, in the order they were added.
    pub async fn interests(&self, subscriber: i64) -> Result<Vec<Interest>> {
        self.read(move |connection| read_interests(connection, subscriber)).await
    }

    /// Every name that somebody watches, each once, in the order of its letters.
    pub async fn watched_names(&self) -> Result<Vec<String>> {
        self.read(|connection| {
            let mut statement = connection.prepare_cached(&format!(
                "SELECT criteria FROM interest JOIN subscriber ON subscriber.id = subscriber
                 WHERE criteria LIKE '%names=%' AND {ACTIVE}"
            ))?;
            let mut rows = statement.query([])?;
            let mut names = BTreeSet::new();
            while let Some(row) = rows.next()? {
                // Criteria that do not parse are reported where they are asked for.
                let wanted = criteria(&row.get::<_, String>(0)?).unwrap_or_default();
                names.extend(wanted.names);
            }
            Ok(names.into_iter().collect())
        })
        .await
    }

    /// Adds an interest (its id is 0), or changes the subscriber's own one with that id; gives its
    /// id, none where the subscriber has no such interest.
    pub async fn put_interest(
        &self,
        subscriber: i64,
        interest: Interest,
        now: DateTime<Utc>,
    ) -> Result<Option<i64>> {
        self.write(move |transaction| {
            if interest.id == 0 {
                return add_interest(transaction, subscriber, &interest, now).map(Some);
            }
            let changed = transaction.execute(
                "UPDATE interest SET name = ?3, criteria = ?4, cadence = ?5
                 WHERE id = ?1 AND subscriber = ?2",
                params![
                    interest.id,
                    subscriber,
                    interest.name,
                    readable(&interest.criteria)?,
                    interest.cadence.to_string(),
                ],
            )?;
            Ok((changed == 1).then_some(interest.id))
        })
        .await
    }

    /// Takes one of a subscriber's interests away; false where they have no such one.
    pub async fn drop_interest(&self, subscriber: i64, interest: i64) -> Result<bool> {
        self.write(move |transaction| {
            let dropped = transaction.execute(
                "DELETE FROM interest WHERE id = ?1 AND subscriber = ?2",
                [interest, subscriber],
            )?;
            Ok(dropped == 1)
        })
        .await
    }

    /// What a subscriber wants to hear no more of.
    pub async fn mutes(&self, subscriber: i64) -> Result<Vec<Mute>> {
        self.read(move |connection| read_mutes(connection, subscriber)).await
    }

    /// From now on nothing of this kind.
    pub async fn mute(&self, subscriber: i64, mute: Mute, now: DateTime<Utc>) -> Result<()> {
        self.write(move |transaction| {
            transaction.execute(
                "INSERT OR IGNORE INTO mute (subscriber, kind, value, added) VALUES (?1, ?2, ?3, ?4)",
                params![subscriber, mute.kind(), mute.value(), moment(now)],
            )?;
            Ok(())
        })
        .await
    }

    /// Takes a mute back.
    pub async fn unmute(&self, subscriber: i64, mute: Mute) -> Result<()> {
        self.write(move |transaction| {
            transaction.execute(
                "DELETE FROM mute WHERE subscriber = ?1 AND kind = ?2 AND value = ?3",
                params![subscriber, mute.kind(), mute.value()],
            )?;
            Ok(())
        })
        .await
    }
}

fn read_wishes(connection: &Connection) -> Result<Vec<Wishes>> {
    let mut statement = connection.prepare_cached(&format!(
        "SELECT id, email, name, zone, serial FROM subscriber WHERE {ACTIVE} ORDER BY id"
    ))?;
    let mut rows = statement.query([])?;
    let mut wishes: Vec<Wishes> = Vec::new();
    while let Some(row) = rows.next()? {
        let subscriber = subscriber_of(row)?;
        wishes.push(Wishes { subscriber, interests: Vec::new(), mutes: Vec::new() });
    }
    let place =
        |wishes: &[Wishes], id: i64| wishes.binary_search_by_key(&id, |one| one.subscriber.id).ok();
    for (subscriber, interest) in all_interests(connection)? {
        if let Some(place) = place(&wishes, subscriber) {
            wishes[place].interests.push(interest);
        }
    }
    for (subscriber, mute) in all_mutes(connection)? {
        if let Some(place) = place(&wishes, subscriber) {
            wishes[place].mutes.push(mute);
        }
    }
    Ok(wishes)
}

/// Adds an interest; gives its id.
pub(crate) fn add_interest(
    transaction: &Transaction<'_>,
    subscriber: i64,
    interest: &Interest,
    now: DateTime<Utc>,
) -> Result<i64> {
    transaction.execute(
        "INSERT INTO interest (subscriber, name, criteria, cadence, added)
         VALUES (?1, ?2, ?3, ?4, ?5)",
        params![
            subscriber,
            interest.name,
            readable(&interest.criteria)?,
            interest.cadence.to_string(),
            moment(now),
        ],
    )?;
    Ok(transaction.last_insert_rowid())
}

/// Adds an interest, or puts it in the place of the subscriber's own of that name.
pub(crate) fn put_interest_named(
    transaction: &Transaction<'_>,
    subscriber: i64,
    interest: &Interest,
    now: DateTime<Utc>,
) -> Result<()> {
    let Interest { name, criteria, cadence, .. } = interest;
    let changed = transaction.execute(
        "UPDATE interest SET criteria = ?3, cadence = ?4 WHERE subscriber = ?1 AND name = ?2",
        params![subscriber, name, readable(criteria)?, cadence.to_string()],
    )?;
    if changed == 0 {
        add_interest(transaction, subscriber, interest, now)?;
    }
    Ok(())
}

pub(crate) fn read_interests(connection: &Connection, subscriber: i64) -> Result<Vec<Interest>> {
    let mut statement = connection.prepare_cached(
        "SELECT id, name, criteria, cadence FROM interest WHERE subscriber = ?1 ORDER BY id",
    )?;
    let mut rows = statement.query([subscriber])?;
    let mut interests = Vec::new();
    while let Some(row) = rows.next()? {
        interests.push(interest_of(row)?);
    }
    Ok(interests)
}

/// Criteria as they are stored; none that could not be read back.
fn readable(wanted: &Criteria) -> Result<String> {
    let text = wanted.to_string();
    match criteria(&text) {
        Ok(_) => Ok(text),
        Err(_) => Err(Error::Corrupt { value: text, expected: "criteria that can be read back" }),
    }
}

/// Everybody's interests, each with whose it is. One that cannot be read is left out: it must not
/// keep everybody's mail from them.
fn all_interests(connection: &Connection) -> Result<Vec<(i64, Interest)>> {
    let mut statement = connection.prepare_cached(
        "SELECT id, name, criteria, cadence, subscriber FROM interest ORDER BY id",
    )?;
    let mut rows = statement.query([])?;
    let mut interests = Vec::new();
    while let Some(row) = rows.next()? {
        match interest_of(row) {
            Ok(interest) => interests.push((row.get(4)?, interest)),
            Err(error) => {
                let interest: i64 = row.get(0)?;
                tracing::error!(interest, %error, "an interest cannot be read");
            }
        }
    }
    Ok(interests)
}

/// A row that begins with id, name, criteria and cadence.
fn interest_of(row: &Row<'_>) -> Result<Interest> {
    let (wanted, often): (String, String) = (row.get(2)?, row.get(3)?);
    let corrupt = |value: &str, expected| Error::Corrupt { value: value.to_owned(), expected };
    Ok(Interest {
        id: row.get(0)?,
        name: row.get(1)?,
        criteria: criteria(&wanted).map_err(|_| corrupt(&wanted, "criteria of an interest"))?,
        cadence: cadence(&often).map_err(|_| corrupt(&often, "a cadence"))?,
    })
}

fn read_mutes(connection: &Connection, subscriber: i64) -> Result<Vec<Mute>> {
    let mut statement = connection.prepare_cached(
        "SELECT kind, value FROM mute WHERE subscriber = ?1 ORDER BY kind, value",
    )?;
    let mut rows = statement.query([subscriber])?;
    let mut mutes = Vec::new();
    while let Some(row) = rows.next()? {
        mutes.push(mute_of(row)?);
    }
    Ok(mutes)
}

/// What everybody has muted, each with whose it is.
fn all_mutes(connection: &Connection) -> Result<Vec<(i64, Mute)>> {
    let mut statement = connection.prepare_cached("SELECT kind, value, subscriber FROM mute")?;
    let mut rows = statement.query([])?;
    let mut mutes = Vec::new();
    while let Some(row) = rows.next()? {
        mutes.push((row.get(2)?, mute_of(row)?));
    }
    Ok(mutes)
}

/// A row that begins with kind and value.
fn mute_of(row: &Row<'_>) -> Result<Mute> {
    let (kind, value): (String, String) = (row.get(0)?, row.get(1)?);
    let mute = Mute::of(&kind, &value);
    mute.ok_or(Error::Corrupt { value, expected: "what is muted" })
}
