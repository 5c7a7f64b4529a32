//! What came back, whose address is suspended for it, and who is let in again.

use chrono::{DateTime, TimeDelta, Utc};
use rusqlite::{OptionalExtension, Transaction, params};

use crate::model::bounce::{Bounce, Fault};
use crate::model::subscriber::Email;
use crate::store::subscribers::email_of;
use crate::store::{Result, Store, moment, parse_moment};

/// So many mails in a row must have met a full or unreachable mailbox …
const SOFT_BOUNCES: i64 = 5;
/// … over so long, before the address is suspended: a holiday is shorter than a closed account.
const SOFT_SPAN: TimeDelta = TimeDelta::days(3);

/// What a report changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Noted {
    /// It names no delivery of ours, or one it was known of already.
    Nothing,
    /// It is remembered; the address goes on.
    Counted,
    /// The address gets nothing more.
    Suspended,
}

/// An address that gets nothing until somebody lifts that.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suspension {
    pub email: Email,
    /// The subscriber's name, or empty.
    pub name: String,
    pub since: DateTime<Utc>,
    /// For the operator, without addresses.
    pub reason: String,
}

impl Store {
    /// Takes note of a report on a delivery of ours. Reading a report twice changes nothing.
    pub async fn bounced(&self, bounce: Bounce, now: DateTime<Utc>) -> Result<Noted> {
        self.write(move |transaction| match delivery_of(transaction, &bounce)? {
            Some(delivery) => note_bounce(transaction, delivery, bounce.fault, &bounce.said, now),
            None => Ok(Noted::Nothing),
        })
        .await
    }

    /// The address that got the delivery with `token`; none where there is no such delivery.
    pub async fn recipient_of(&self, token: String) -> Result<Option<Email>> {
        self.read(move |connection| {
            let email: Option<String> = connection
                .prepare_cached(
                    "SELECT email FROM delivery JOIN subscriber ON subscriber.id = subscriber
                     WHERE token = ?1 AND token <> ''",
                )?
                .query_row([token], |row| row.get(0))
                .optional()?;
            email.as_deref().map(email_of).transpose()
        })
        .await
    }

    /// Every suspended address, the latest last.
    pub async fn suspensions(&self) -> Result<Vec<Suspension>> {
        self.read(|connection| {
            let mut statement = connection.prepare_cached(
                "SELECT email, name, suspended, coalesce(suspension, '') FROM subscriber
                 WHERE suspended IS NOT NULL AND left IS NULL ORDER BY suspended, id",
            )?;
            let mut rows = statement.query([])?;
            let mut suspensions = Vec::new();
            while let Some(row) = rows.next()? {
                suspensions.push(Suspension {
                    email: email_of(&row.get::<_, String>(0)?)?,
                    name: row.get(1)?,
                    since: parse_moment(&row.get::<_, String>(2)?)?,
                    reason: row.get(3)?,
                });
            }
            Ok(suspensions)
        })
        .await
    }

    /// Lets mail go to a suspended address again; what bounced before no longer counts. False where
    /// the address is not suspended.
    pub async fn resume_subscriber(&self, email: Email, now: DateTime<Utc>) -> Result<bool> {
        self.write(move |transaction| {
            let resumed = transaction.execute(
                "UPDATE subscriber
                 SET suspended = NULL, suspension = NULL, complained = NULL, resumed = ?2
                 WHERE email = ?1 AND suspended IS NOT NULL",
                params![email.expose(), moment(now)],
            )?;
            Ok(resumed == 1)
        })
        .await
    }

    /// How many deliveries since `since` were refused because of us or what they say.
    pub async fn policy_refusals(&self, since: DateTime<Utc>) -> Result<usize> {
        self.read(move |connection| {
            Ok(connection.query_row(
                "SELECT count(*) FROM bounce WHERE fault = 'policy' AND at >= ?1",
                [moment(since)],
                |row| row.get(0),
            )?)
        })
        .await
    }
}

/// The delivery a report names: by its token, else by `Message-ID` and recipient together.
fn delivery_of(transaction: &Transaction<'_>, bounce: &Bounce) -> Result<Option<i64>> {
    if let Some(token) = &bounce.token {
        let found = transaction
            .prepare_cached("SELECT id FROM delivery WHERE token = ?1 AND token <> ''")?
            .query_row([token], |row| row.get(0))
            .optional()?;
        if found.is_some() {
            return Ok(found);
        }
    }
    let (Some(message_id), Some(recipient)) = (&bounce.message_id, &bounce.recipient) else {
        return Ok(None);
    };
    Ok(transaction
        .prepare_cached(
            "SELECT delivery.id FROM delivery JOIN subscriber ON subscriber.id = subscriber
             WHERE message_id = ?1 AND lower(email) = lower(?2)",
        )?
        .query_row(params![message_id, recipient.expose()], |row| row.get(0))
        .optional()?)
}

/// Remembers that `delivery` met `fault`, and suspends its address where that says so.
pub(crate) fn note_bounce(
    transaction: &Transaction<'_>,
    delivery: i64,
    fault: Fault,
    said: &str,
    now: DateTime<Utc>,
) -> Result<Noted> {
    let new = transaction
        .prepare_cached(
            "INSERT INTO bounce (delivery, fault, at, said) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (delivery, fault) DO NOTHING",
        )?
        .execute(params![delivery, fault.name(), moment(now), said])?;
    if new == 0 {
        return Ok(Noted::Nothing);
    }
    let (subscriber, forgiven): (i64, bool) = transaction
        .prepare_cached(
            "SELECT subscriber, coalesce(finished <= resumed, 0)
             FROM delivery JOIN subscriber ON subscriber.id = subscriber WHERE delivery.id = ?1",
        )?
        .query_row([delivery], |row| Ok((row.get(0)?, row.get(1)?)))?;
    // The operator has resumed the address since; reports on earlier mails come late.
    if forgiven {
        return Ok(Noted::Counted);
    }
    let reason = match fault {
        Fault::Address => format!("the address does not work: {said}"),
        Fault::Complaint => format!("complaint: {said}"),
        Fault::Mailbox if is_lasting(transaction, subscriber, delivery)? => {
            format!("{SOFT_BOUNCES} or more mails in a row came back: {said}")
        }
        Fault::Mailbox | Fault::Policy => return Ok(Noted::Counted),
    };
    suspend(transaction, subscriber, &reason, now)?;
    if fault == Fault::Complaint {
        let complain = "UPDATE subscriber SET complained = ?2 WHERE id = ?1";
        transaction.execute(complain, params![subscriber, moment(now)])?;
    }
    Ok(Noted::Suspended)
}

/// Whether every mail to this subscriber up to `delivery`, since one that did not come back, met a
/// full or unreachable mailbox, often and long enough.
fn is_lasting(transaction: &Transaction<'_>, subscriber: i64, delivery: i64) -> Result<bool> {
    let (count, first, last): (i64, Option<String>, Option<String>) = transaction
        .prepare_cached(
            "WITH upto (finished) AS (SELECT coalesce(finished, created) FROM delivery WHERE id = ?2),
             good (finished) AS (
                 SELECT max(finished) FROM delivery
                 WHERE subscriber = ?1 AND state = 'sent' AND finished <= (SELECT finished FROM upto)
                   AND NOT EXISTS (SELECT 1 FROM bounce WHERE delivery = delivery.id)),
             began (finished) AS (
                 SELECT max(coalesce((SELECT finished FROM good), ''),
                            coalesce((SELECT resumed FROM subscriber WHERE id = ?1), '')))
             SELECT count(*), min(finished), max(finished)
             FROM delivery JOIN bounce ON bounce.delivery = delivery.id AND fault = 'mailbox'
             WHERE subscriber = ?1 AND finished > (SELECT finished FROM began)
               AND finished <= (SELECT finished FROM upto)",
        )?
        .query_row(params![subscriber, delivery], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?))
        })?;
    let (Some(first), Some(last)) = (first, last) else { return Ok(false) };
    let span = parse_moment(&last)? - parse_moment(&first)?;
    Ok(SOFT_BOUNCES <= count && SOFT_SPAN <= span)
}

/// Suspends the address of `subscriber`; what waits for it is not sent.
fn suspend(
    transaction: &Transaction<'_>,
    subscriber: i64,
    reason: &str,
    now: DateTime<Utc>,
) -> Result<()> {
    transaction.execute(
        "UPDATE subscriber SET suspended = ?2, suspension = ?3 WHERE id = ?1 AND suspended IS NULL",
        params![subscriber, moment(now), reason],
    )?;
    transaction.execute(
        "UPDATE delivery SET state = 'failed', finished = ?2, next_try = NULL, leased_until = NULL,
             reply = 'the address was suspended before it was sent: ' || ?3
         WHERE state = 'waiting' AND subscriber = ?1",
        params![subscriber, moment(now), reason],
    )?;
    Ok(())
}
