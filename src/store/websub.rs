//! Subscriptions at hubs (W3C WebSub): asked for, verified, renewed, notified.

use chrono::{DateTime, TimeDelta, Utc};
use rusqlite::{OptionalExtension, params};

use crate::model::source::SourceId;
use crate::store::{Result, Store, moment};

/// Wait after the first request that no hub verified; it doubles with each further one.
const FIRST_WAIT: TimeDelta = TimeDelta::minutes(10);
/// Doublings of [`FIRST_WAIT`] at most: a little over a day.
const DOUBLINGS_MAX: u32 = 8;
/// However often a hub notifies us, a source is looked at once in this time for it.
const NOTIFIED_GAP: TimeDelta = TimeDelta::minutes(1);

/// A feed's hub, with what a subscription there would be known by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HubNamed {
    pub hub: String,
    pub topic: String,
    /// For the callback's path; nobody but the hub learns it.
    pub token: String,
    /// The key of the hub's signatures.
    pub secret: String,
}

/// A subscription that is to be asked for now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HubAsk {
    pub hub: String,
    pub topic: String,
    pub token: String,
    pub secret: String,
}

impl Store {
    /// Notes which hub the feed at `listing` names; none ends what was subscribed there.
    ///
    /// The token and the secret of a hub that is known already stay as they are.
    pub async fn note_hub(
        &self,
        source: SourceId,
        listing: String,
        named: Option<HubNamed>,
        now: DateTime<Utc>,
    ) -> Result<()> {
        self.write(move |transaction| {
            let Some(named) = named else {
                transaction.execute(
                    "DELETE FROM websub WHERE source = ?1 AND listing = ?2",
                    params![source.0, listing],
                )?;
                return Ok(());
            };
            transaction.execute(
                "INSERT INTO websub (source, listing, topic, hub, token, secret, next_ask)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
                 ON CONFLICT (source, listing) DO UPDATE SET
                     topic = excluded.topic, hub = excluded.hub, token = excluded.token,
                     secret = excluded.secret, next_ask = excluded.next_ask,
                     asked = NULL, tries = 0, lease_end = NULL
                 WHERE topic <> excluded.topic OR hub <> excluded.hub",
                params![
                    source.0,
                    listing,
                    named.topic,
                    named.hub,
                    named.token,
                    named.secret,
                    moment(now),
                ],
            )?;
            Ok(())
        })
        .await
    }

    /// The subscriptions of `source` to ask for at `now`, new ones and those to be renewed.
    ///
    /// Each is put off at once, further with every request that is not verified, so whatever
    /// becomes of the request, a hub that fails is asked ever more rarely.
    pub async fn claim_hub_asks(
        &self,
        source: SourceId,
        now: DateTime<Utc>,
    ) -> Result<Vec<HubAsk>> {
        self.write(move |transaction| {
            let mut due = transaction.prepare_cached(
                "SELECT hub, topic, token, secret, tries FROM websub
                 WHERE source = ?1 AND next_ask <= ?2 ORDER BY listing",
            )?;
            let mut put_off = transaction.prepare_cached(
                "UPDATE websub SET asked = ?2, tries = tries + 1, next_ask = ?3 WHERE token = ?1",
            )?;
            let found = due.query_map(params![source.0, moment(now)], |row| {
                let ask = HubAsk {
                    hub: row.get(0)?,
                    topic: row.get(1)?,
                    token: row.get(2)?,
                    secret: row.get(3)?,
                };
                Ok((ask, row.get::<_, u32>(4)?))
            })?;
            let found = found.collect::<core::result::Result<Vec<_>, _>>()?;
            let mut asks = Vec::with_capacity(found.len());
            for (ask, tries) in found {
                let wait = FIRST_WAIT * (1 << tries.min(DOUBLINGS_MAX));
                put_off.execute(params![ask.token, moment(now), moment(now + wait)])?;
                asks.push(ask);
            }
            Ok(asks)
        })
        .await
    }

    /// The hub confirms a subscription for `lease`; false where we did not ask for this `topic`
    /// under this `token`. It is renewed when four fifths of the lease are over.
    pub async fn hub_verified(
        &self,
        token: String,
        topic: String,
        lease: TimeDelta,
        now: DateTime<Utc>,
    ) -> Result<bool> {
        self.write(move |transaction| {
            let verified = transaction.execute(
                "UPDATE websub SET asked = NULL, tries = 0, lease_end = ?3, next_ask = ?4
                 WHERE token = ?1 AND topic = ?2 AND asked IS NOT NULL",
                params![token, topic, moment(now + lease), moment(now + lease * 4 / 5)],
            )?;
            Ok(verified == 1)
        })
        .await
    }

    /// The hub refuses or ends a subscription; false where it has none of this `topic` under this
    /// `token`. It is asked again when the wait since the last request is over.
    pub async fn hub_denied(&self, token: String, topic: String) -> Result<bool> {
        self.write(move |transaction| {
            let denied = transaction.execute(
                "UPDATE websub SET asked = NULL, lease_end = NULL WHERE token = ?1 AND topic = ?2",
                params![token, topic],
            )?;
            Ok(denied == 1)
        })
        .await
    }

    /// The key of the signatures under `token`, while its lease runs.
    pub async fn hub_secret(&self, token: String, now: DateTime<Utc>) -> Result<Option<String>> {
        self.read(move |connection| {
            let secret = connection
                .query_row(
                    "SELECT secret FROM websub WHERE token = ?1 AND ?2 < lease_end",
                    params![token, moment(now)],
                    |row| row.get(0),
                )
                .optional()?;
            Ok(secret)
        })
        .await
    }

    /// There is news under `token`: its source is due, at once or a little later if it was
    /// notified just before.
    pub async fn hub_notified(&self, token: String, now: DateTime<Utc>) -> Result<()> {
        self.write(move |transaction| {
            let just_before = moment(now - NOTIFIED_GAP);
            transaction.execute(
                "UPDATE source SET next_look = min(next_look, (
                     SELECT iif(notified > ?2, ?3, ?4) FROM websub WHERE token = ?1))
                 WHERE id = (SELECT source FROM websub WHERE token = ?1)",
                params![token, just_before, moment(now + NOTIFIED_GAP), moment(now)],
            )?;
            transaction.execute(
                "UPDATE websub SET notified = ?2 WHERE token = ?1",
                params![token, moment(now)],
            )?;
            Ok(())
        })
        .await
    }
}
