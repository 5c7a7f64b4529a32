//! What is wrong, what the operator was told of it, and the operator's mails in the outbox.

use chrono::{DateTime, TimeDelta, Utc};
use rusqlite::params;

use crate::model::source::SourceId;
use crate::model::subscriber::{Email, Message, Subscriber};
use crate::model::trouble::Trouble;
use crate::store::outbox::enqueue;
use crate::store::subscribers::subscriber_of;
use crate::store::{Result, Store, moment, parse_moment};

/// A trouble as it is written down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownTrouble {
    pub trouble: Trouble,
    /// When it was first noticed.
    pub seen: DateTime<Utc>,
    /// When the operator was last told.
    pub told: Option<DateTime<Utc>>,
    /// When it was first seen to be over; none while it lasts.
    pub cleared: Option<DateTime<Utc>>,
}

/// All troubles as they are from now on, and the mail that tells of them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Telling {
    pub known: Vec<KnownTrouble>,
    pub message: Option<Message>,
}

/// A watched source that has failed for a while.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SickSource {
    pub id: SourceId,
    /// Unhealthy visits in a row.
    pub failures: u32,
    /// Its last success, else its first visit.
    pub since: DateTime<Utc>,
    /// The name of its last outcome, and what the visit said.
    pub outcome: String,
    pub detail: String,
}

impl Store {
    /// Every trouble that is not over and gone, by subject.
    pub async fn troubles(&self) -> Result<Vec<KnownTrouble>> {
        self.read(|connection| {
            let mut statement = connection.prepare_cached(
                "SELECT subject, since, detail, seen, told, cleared FROM trouble ORDER BY subject",
            )?;
            let mut rows = statement.query([])?;
            let mut known = Vec::new();
            while let Some(row) = rows.next()? {
                let at = |text: Option<String>| text.as_deref().map(parse_moment).transpose();
                known.push(KnownTrouble {
                    trouble: Trouble {
                        subject: row.get(0)?,
                        since: parse_moment(&row.get::<_, String>(1)?)?,
                        detail: row.get(2)?,
                    },
                    seen: parse_moment(&row.get::<_, String>(3)?)?,
                    told: at(row.get(4)?)?,
                    cleared: at(row.get(5)?)?,
                });
            }
            Ok(known)
        })
        .await
    }

    /// Writes the troubles down in place of those before, and puts the mail on them into the outbox,
    /// in one transaction: what is marked as told will be.
    pub async fn tell(&self, telling: Telling, now: DateTime<Utc>) -> Result<()> {
        self.write(move |transaction| {
            transaction.execute("DELETE FROM trouble", [])?;
            let mut insert = transaction.prepare_cached(
                "INSERT INTO trouble (subject, since, detail, seen, told, cleared)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            )?;
            for KnownTrouble { trouble, seen, told, cleared } in telling.known {
                insert.execute(params![
                    trouble.subject,
                    moment(trouble.since),
                    trouble.detail,
                    moment(seen),
                    told.map(moment),
                    cleared.map(moment),
                ])?;
            }
            if let Some(message) = telling.message {
                enqueue(transaction, &format!("notice:{}", moment(now)), &message, now)?;
            }
            Ok(())
        })
        .await
    }

    /// When the last mail to the operator was made.
    pub async fn last_notice(&self) -> Result<Option<DateTime<Utc>>> {
        self.read(|connection| {
            let last: Option<String> = connection.query_row(
                "SELECT max(created) FROM delivery WHERE cause LIKE 'notice:%'",
                [],
                |row| row.get(0),
            )?;
            last.as_deref().map(parse_moment).transpose()
        })
        .await
    }

    /// The operator's row among those who get mail. One made here has left from the beginning:
    /// somebody who gets notices does not get alerts unless they subscribe.
    pub async fn operator(&self, email: Email, now: DateTime<Utc>) -> Result<Subscriber> {
        self.write(move |transaction| {
            transaction.execute(
                "INSERT INTO subscriber (email, name, added, left) VALUES (?1, '', ?2, ?2)
                 ON CONFLICT (email) DO NOTHING",
                params![email.expose(), moment(now)],
            )?;
            let mut statement = transaction.prepare_cached(
                "SELECT id, email, name, zone, serial FROM subscriber WHERE email = ?1",
            )?;
            let mut rows = statement.query([email.expose()])?;
            subscriber_of(rows.next()?.ok_or(rusqlite::Error::QueryReturnedNoRows)?)
        })
        .await
    }

    /// Watched sources with at least `failures` unhealthy visits in a row and no success since
    /// `before`.
    pub async fn sick_sources(
        &self,
        failures: u32,
        before: DateTime<Utc>,
    ) -> Result<Vec<SickSource>> {
        self.read(move |connection| {
            let mut statement = connection.prepare_cached(
                "SELECT source.id, source.failures, outcome, detail,
                        coalesce(last_success,
                                 (SELECT min(ended) FROM visit WHERE visit.source = source.id))
                            AS since
                 FROM source JOIN visit ON visit.id =
                     (SELECT max(id) FROM visit WHERE visit.source = source.id)
                 WHERE watched = 1 AND ?1 <= source.failures AND since < ?2
                 ORDER BY source.id",
            )?;
            let mut rows = statement.query(params![failures, moment(before)])?;
            let mut sick = Vec::new();
            while let Some(row) = rows.next()? {
                sick.push(SickSource {
                    id: SourceId(row.get(0)?),
                    failures: row.get(1)?,
                    outcome: row.get(2)?,
                    detail: row.get(3)?,
                    since: parse_moment(&row.get::<_, String>(4)?)?,
                });
            }
            Ok(sick)
        })
        .await
    }

    /// Lists whose last edition was refused or not had: id, since when, why.
    pub async fn refused_lists(&self) -> Result<Vec<(String, DateTime<Utc>, String)>> {
        self.read(|connection| {
            let mut statement = connection.prepare_cached(
                "SELECT id, refused, refusal FROM list WHERE refused IS NOT NULL ORDER BY id",
            )?;
            let mut rows = statement.query([])?;
            let mut refused = Vec::new();
            while let Some(row) = rows.next()? {
                refused.push((row.get(0)?, parse_moment(&row.get::<_, String>(1)?)?, row.get(2)?));
            }
            Ok(refused)
        })
        .await
    }

    /// When anything was last recorded, by the clock of that time: one that shows an earlier time
    /// now was wrong then, or is wrong now.
    pub async fn newest_row(&self) -> Result<Option<DateTime<Utc>>> {
        self.read(|connection| {
            let newest: Option<String> = connection.query_row(
                "SELECT max(at) FROM
                     (SELECT at FROM heartbeat
                      UNION ALL SELECT ended FROM visit WHERE id = (SELECT max(id) FROM visit)
                      UNION ALL SELECT created FROM delivery
                                WHERE id = (SELECT max(id) FROM delivery))",
                [],
                |row| row.get(0),
            )?;
            newest.as_deref().map(parse_moment).transpose()
        })
        .await
    }

    /// The clock was set back to `now`: what was planned by the wrong time and lies ahead is due now,
    /// and no claim lasts longer than `lease`.
    pub async fn clock_set_back(&self, now: DateTime<Utc>, lease: TimeDelta) -> Result<()> {
        self.write(move |transaction| {
            let (now, most) = (moment(now), moment(now + lease));
            for (table, due) in [
                ("source", "next_look"),
                ("list", "next_look"),
                ("link", "next_try"),
                ("delivery", "next_try"),
            ] {
                transaction
                    .execute(&format!("UPDATE {table} SET {due} = ?1 WHERE ?1 < {due}"), [&now])?;
            }
            for table in ["source", "delivery"] {
                transaction.execute(
                    &format!("UPDATE {table} SET leased_until = ?1 WHERE ?1 < leased_until"),
                    [&most],
                )?;
            }
            // The sign of the wrong time goes, or it would be believed again at the next start.
            transaction.execute("UPDATE heartbeat SET at = ?1 WHERE ?1 < at", [&now])?;
            Ok(())
        })
        .await
    }
}
