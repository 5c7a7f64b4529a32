//! The outbox: claim with a lease, then say how it went.

use chrono::{DateTime, TimeDelta, Utc};
use rusqlite::{OptionalExtension, Row, Transaction, params};

use crate::model::bounce::Fault;
use crate::model::subscriber::Message;
use crate::store::bounces::note_bounce;
use crate::store::subscribers::email_of;
use crate::store::{Result, Store, moment, parse_moment};

/// A delivery under way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claimed {
    /// Row number of the delivery.
    pub id: i64,
    /// Attempts made before this one.
    pub attempts: u32,
    /// What names the delivery in reports on it, and nobody can guess; empty in old rows.
    pub token: String,
    /// The recipient's domain it was claimed for.
    pub domain: String,
    pub message: Message,
}

/// How many deliveries stand where.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Outbox {
    pub waiting: usize,
    pub sent: usize,
    pub failed: usize,
    /// When the oldest waiting delivery was made.
    pub oldest_waiting: Option<DateTime<Utc>>,
}

/// What has not been sent yet.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Waiting {
    pub count: usize,
    /// When the oldest was made.
    pub oldest: Option<DateTime<Utc>>,
}

/// Puts a message into the outbox, unless this subscriber has one for this cause already, has left
/// or been suspended since the message was made, or had it from a database that this one replaced.
/// Notices go to the operator, subscribed or not; letters to suspended addresses too, since they are
/// the way back.
pub(crate) fn enqueue(
    transaction: &Transaction<'_>,
    cause: &str,
    message: &Message,
    now: DateTime<Utc>,
) -> Result<bool> {
    let added = transaction
        .prepare_cached(
            "INSERT INTO delivery
                 (subscriber, cause, message_id, subject, text, html, state, created, next_try,
                  follows, leave_url, domain, token)
             SELECT ?1, ?2, ?3, ?4, ?5, ?6, 'waiting', ?7, ?7, ?8, ?9, ?10,
                 lower(hex(randomblob(10)))
             WHERE EXISTS (SELECT 1 FROM subscriber
                           WHERE id = ?1
                             AND (?2 LIKE 'notice:%'
                                  OR left IS NULL AND (suspended IS NULL OR ?2 LIKE 'letter:%')))
               AND NOT EXISTS (SELECT 1 FROM told_before WHERE message_id = ?3)
             ON CONFLICT (subscriber, cause) DO NOTHING",
        )?
        .execute(params![
            message.subscriber,
            cause,
            message.message_id,
            message.subject,
            message.text,
            message.html,
            moment(now),
            message.follows,
            message.leave_url,
            message.email.domain(),
        ])?;
    Ok(added == 1)
}

impl Store {
    /// The recipients' domains for which something is due, that of the oldest first.
    pub async fn due_domains(&self, now: DateTime<Utc>) -> Result<Vec<String>> {
        self.read(move |connection| {
            // One seek in `delivery_due` per domain, however many messages wait for it.
            let mut statement = connection.prepare_cached(
                "WITH RECURSIVE each (domain) AS (
                     SELECT min(domain) FROM delivery WHERE state = 'waiting'
                     UNION ALL
                     SELECT (SELECT min(domain) FROM delivery
                             WHERE state = 'waiting' AND domain > each.domain)
                     FROM each WHERE each.domain IS NOT NULL)
                 SELECT domain,
                        (SELECT min(next_try) FROM delivery
                         WHERE state = 'waiting' AND domain = each.domain AND next_try <= ?1
                           AND (leased_until IS NULL OR leased_until <= ?1)) AS oldest
                 FROM each WHERE domain IS NOT NULL AND oldest IS NOT NULL
                 ORDER BY oldest, domain",
            )?;
            let domains = statement.query_map([moment(now)], |row| row.get(0))?;
            Ok(domains.collect::<rusqlite::Result<_>>()?)
        })
        .await
    }

    /// Claims the oldest due delivery of each of `domains` until the lease ends; a domain named
    /// twice gives two. Fewer come back where less is due.
    pub async fn claim_messages(
        &self,
        now: DateTime<Utc>,
        lease: TimeDelta,
        domains: Vec<String>,
    ) -> Result<Vec<Claimed>> {
        self.write(move |transaction| {
            let mut claim = transaction.prepare_cached(
                "UPDATE delivery SET leased_until = ?2
                 WHERE id = (
                     SELECT id FROM delivery
                     WHERE state = 'waiting' AND domain = ?3 AND next_try <= ?1
                       AND (leased_until IS NULL OR leased_until <= ?1)
                     ORDER BY next_try, id LIMIT 1)
                 RETURNING id",
            )?;
            let mut messages = Vec::with_capacity(domains.len());
            for domain in domains {
                let id = claim
                    .query_row(params![moment(now), moment(now + lease), domain], |row| row.get(0))
                    .optional()?;
                if let Some(id) = id {
                    messages.push(claimed(transaction, id)?);
                }
            }
            Ok(messages)
        })
        .await
    }

    /// The server took the message.
    pub async fn message_sent(&self, id: i64, now: DateTime<Utc>, reply: &str) -> Result<()> {
        let reply = reply.to_owned();
        self.write(move |transaction| settle(transaction, id, "sent", now, &reply)).await
    }

    /// The server will never take the message; `fault` says whom that blames, if anybody. A bad
    /// address is suspended in the same transaction.
    pub async fn message_failed(
        &self,
        id: i64,
        fault: Option<Fault>,
        now: DateTime<Utc>,
        reply: &str,
    ) -> Result<()> {
        let reply = reply.to_owned();
        self.write(move |transaction| {
            settle(transaction, id, "failed", now, &reply)?;
            if let Some(fault) = fault {
                note_bounce(transaction, id, fault, &reply, now)?;
            }
            Ok(())
        })
        .await
    }

    /// Not now: tries again at `next_try`.
    pub async fn message_later(&self, id: i64, next_try: DateTime<Utc>, reply: &str) -> Result<()> {
        let reply = reply.to_owned();
        self.write(move |transaction| {
            transaction.execute(
                "UPDATE delivery SET attempts = attempts + 1, next_try = ?2, reply = ?3,
                     leased_until = NULL
                 WHERE id = ?1 AND state = 'waiting'",
                params![id, moment(next_try), reply],
            )?;
            Ok(())
        })
        .await
    }

    /// When the next delivery is due, leases included; none where nothing waits.
    pub async fn next_delivery(&self) -> Result<Option<DateTime<Utc>>> {
        self.read(|connection| {
            let next: Option<String> = connection.query_row(
                "SELECT min(max(next_try, coalesce(leased_until, next_try)))
                 FROM delivery WHERE state = 'waiting'",
                [],
                |row| row.get(0),
            )?;
            next.as_deref().map(parse_moment).transpose()
        })
        .await
    }

    /// Counts by state.
    pub async fn outbox(&self) -> Result<Outbox> {
        self.read(|connection| {
            let (waiting, sent, failed, oldest) = connection.query_row(
                "SELECT count(*) FILTER (WHERE state = 'waiting'),
                        count(*) FILTER (WHERE state = 'sent'),
                        count(*) FILTER (WHERE state = 'failed'),
                        min(created) FILTER (WHERE state = 'waiting')
                 FROM delivery",
                [],
                |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get::<_, Option<String>>(3)?)),
            )?;
            let oldest_waiting = oldest.as_deref().map(parse_moment).transpose()?;
            Ok(Outbox { waiting, sent, failed, oldest_waiting })
        })
        .await
    }

    /// How many deliveries wait, and since when. Costs what waits, not what was ever sent.
    pub async fn waiting(&self) -> Result<Waiting> {
        self.read(|connection| {
            let (count, oldest) = connection.query_row(
                "SELECT count(*), min(created) FROM delivery WHERE state = 'waiting'",
                [],
                |row| Ok((row.get(0)?, row.get::<_, Option<String>>(1)?)),
            )?;
            let oldest = oldest.as_deref().map(parse_moment).transpose()?;
            Ok(Waiting { count, oldest })
        })
        .await
    }
}

fn settle(
    transaction: &Transaction<'_>,
    id: i64,
    state: &str,
    now: DateTime<Utc>,
    reply: &str,
) -> Result<()> {
    // What was sent was sent, even if its reader left or was suspended meanwhile.
    transaction
        .prepare_cached(
            "UPDATE delivery SET state = ?2, attempts = attempts + 1, finished = ?3, reply = ?4,
                 next_try = NULL, leased_until = NULL
             WHERE id = ?1 AND (state = 'waiting' OR (state = 'failed' AND ?2 = 'sent'))",
        )?
        .execute(params![id, state, moment(now), reply])?;
    Ok(())
}

fn claimed(transaction: &Transaction<'_>, id: i64) -> Result<Claimed> {
    let mut statement = transaction.prepare_cached(
        "SELECT attempts, subscriber, email, name, subject, text, html, message_id, follows,
             leave_url, token, delivery.domain
         FROM delivery JOIN subscriber ON subscriber.id = subscriber WHERE delivery.id = ?1",
    )?;
    let mut rows = statement.query([id])?;
    let row = rows.next()?.ok_or(rusqlite::Error::QueryReturnedNoRows)?;
    let (attempts, token, domain) = (row.get(0)?, row.get(10)?, row.get(11)?);
    Ok(Claimed { id, attempts, token, domain, message: message_of(row)? })
}

fn message_of(row: &Row<'_>) -> Result<Message> {
    Ok(Message {
        subscriber: row.get(1)?,
        email: email_of(&row.get::<_, String>(2)?)?,
        name: row.get(3)?,
        subject: row.get(4)?,
        text: row.get(5)?,
        html: row.get(6)?,
        message_id: row.get(7)?,
        follows: row.get(8)?,
        leave_url: row.get(9)?,
    })
}
