//! Sources' state: when each is due, who visits it, what its listings said last, and its visits.

use chrono::{DateTime, TimeDelta, Utc};
use rusqlite::{OptionalExtension, params};

use crate::model::source::SourceId;
use crate::model::visit::{Counts, Outcome, Visit};
use crate::store::rhythms::{Lesson, Spent, spend, write_lesson};
use crate::store::{Error, Result, Store, moment, parse_moment};

/// How a visit ended, with everything that is recorded of it.
#[derive(Debug, Clone)]
pub struct Ending {
    pub visit: Visit,
    /// When the source is due again.
    pub next_look: DateTime<Utc>,
    /// What the visit taught of the source's rhythm, if anything.
    pub lesson: Option<Lesson>,
    /// What it cost of the common budget; none for a source with a schedule of its own.
    pub spent: Option<Spent>,
}

/// What the service remembers of a source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceState {
    pub id: SourceId,
    pub next_look: DateTime<Utc>,
    /// Unhealthy visits in a row.
    pub failures: u32,
    pub last_success: Option<DateTime<Utc>>,
}

impl Store {
    /// Makes every source known; a new one is due at `now`.
    pub async fn register_sources(&self, ids: Vec<SourceId>, now: DateTime<Utc>) -> Result<()> {
        self.write(move |transaction| {
            let mut insert = transaction
                .prepare_cached("INSERT OR IGNORE INTO source (id, next_look) VALUES (?1, ?2)")?;
            for id in ids {
                insert.execute(params![id.0, moment(now)])?;
            }
            Ok(())
        })
        .await
    }

    /// Makes sources due at `now`, unless they are due sooner.
    pub async fn due_now(&self, ids: Vec<SourceId>, now: DateTime<Utc>) -> Result<()> {
        self.write(move |transaction| {
            let mut hasten = transaction
                .prepare_cached("UPDATE source SET next_look = min(next_look, ?2) WHERE id = ?1")?;
            for id in ids {
                hasten.execute(params![id.0, moment(now)])?;
            }
            Ok(())
        })
        .await
    }

    /// Claims the source that has been due longest, among `ids`, until the lease ends.
    pub async fn claim_due_source(
        &self,
        ids: Vec<SourceId>,
        now: DateTime<Utc>,
        lease: TimeDelta,
    ) -> Result<Option<SourceId>> {
        let ids = serde_json::json!(ids.iter().map(|id| &id.0).collect::<Vec<_>>()).to_string();
        self.write(move |transaction| {
            // One statement looks and claims, so that two workers never get the same source.
            let claimed = transaction
                .prepare_cached(
                    "UPDATE source SET leased_until = ?2
                     WHERE id = (
                         SELECT id FROM source
                         WHERE next_look <= ?1 AND (leased_until IS NULL OR leased_until <= ?1)
                           AND id IN (SELECT value FROM json_each(?3))
                         ORDER BY next_look, id LIMIT 1)
                     RETURNING id",
                )?
                .query_row(params![moment(now), moment(now + lease), ids], |row| row.get(0))
                .optional()?;
            Ok(claimed.map(SourceId))
        })
        .await
    }

    /// Claims one source whatever its due time; false where a visit is under way.
    pub async fn claim_source(
        &self,
        id: SourceId,
        now: DateTime<Utc>,
        lease: TimeDelta,
    ) -> Result<bool> {
        self.write(move |transaction| {
            let claimed = transaction.execute(
                "UPDATE source SET leased_until = ?2
                 WHERE id = ?3 AND (leased_until IS NULL OR leased_until <= ?1)",
                params![moment(now), moment(now + lease), id.0],
            )?;
            Ok(claimed == 1)
        })
        .await
    }

    /// Holds a claimed source for longer.
    pub async fn renew_lease(&self, id: SourceId, until: DateTime<Utc>) -> Result<()> {
        self.write(move |transaction| {
            transaction.execute(
                "UPDATE source SET leased_until = ?2 WHERE id = ?1",
                params![id.0, moment(until)],
            )?;
            Ok(())
        })
        .await
    }

    /// When the next of `ids` is due, leases included; none where all are unknown.
    pub async fn next_due(&self, ids: Vec<SourceId>) -> Result<Option<DateTime<Utc>>> {
        let ids = serde_json::json!(ids.iter().map(|id| &id.0).collect::<Vec<_>>()).to_string();
        self.read(move |connection| {
            let next: Option<String> = connection.query_row(
                "SELECT min(max(next_look, coalesce(leased_until, next_look)))
                 FROM source WHERE id IN (SELECT value FROM json_each(?1))",
                [ids],
                |row| row.get(0),
            )?;
            next.as_deref().map(parse_moment).transpose()
        })
        .await
    }

    /// Unhealthy visits in a row.
    pub async fn failures(&self, id: SourceId) -> Result<u32> {
        self.read(move |connection| {
            let failures = connection
                .query_row("SELECT failures FROM source WHERE id = ?1", [id.0], |row| row.get(0))
                .optional()?;
            Ok(failures.unwrap_or(0))
        })
        .await
    }

    /// Records a visit, ends its claim, and says when to look next.
    ///
    /// What it taught and what it cost is written in the same transaction.
    pub async fn finish_visit(&self, ending: Ending) -> Result<()> {
        let Ending { visit, next_look, lesson, spent } = ending;
        self.write(move |transaction| {
            let counts = visit.counts;
            if let Some(lesson) = &lesson {
                write_lesson(transaction, &visit.source, lesson)?;
            }
            if let Some(spent) = spent {
                spend(transaction, spent, visit.ended)?;
            }
            transaction.execute(
                "INSERT INTO visit (source, started, ended, outcome, detail, links, fresh, articles,
                                    revisions, copies, relevant, messages, failures, removed)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)",
                params![
                    visit.source.0, moment(visit.started), moment(visit.ended),
                    visit.outcome.name(), visit.detail, counts.links, counts.fresh,
                    counts.articles, counts.revisions, counts.copies, counts.relevant,
                    counts.messages, counts.failures, counts.removed,
                ],
            )?;
            transaction.execute(
                "INSERT INTO visit_tally (outcome, visits) VALUES (?1, 1)
                 ON CONFLICT (outcome) DO UPDATE SET visits = visits + 1",
                [visit.outcome.name()],
            )?;
            let healthy = visit.outcome.is_healthy();
            transaction.execute(
                "UPDATE source SET next_look = ?2, leased_until = NULL,
                     failures = iif(?3, 0, failures + 1),
                     last_success = iif(?3, ?4, last_success)
                 WHERE id = ?1",
                params![visit.source.0, moment(next_look), healthy, moment(visit.ended)],
            )?;
            Ok(())
        })
        .await
    }

    /// How long after its publication the source's latest articles were seen: the median of up to
    /// twenty that name an hour; none where none does. What was older than a day when it was first seen
    /// came with the archive and says nothing.
    pub async fn lag(&self, id: SourceId) -> Result<Option<TimeDelta>> {
        self.read(move |connection| {
            let mut statement = connection.prepare_cached(
                "SELECT published, first_seen FROM article
                 WHERE source = ?1 AND published LIKE '%T%' ORDER BY id DESC LIMIT 20",
            )?;
            let mut rows = statement.query([id.0])?;
            let mut lags = Vec::new();
            while let Some(row) = rows.next()? {
                let published: String = row.get(0)?;
                // A page may name an hour without an offset; that says nothing here.
                let Ok(published) = DateTime::parse_from_rfc3339(&published) else { continue };
                let lag = parse_moment(&row.get::<_, String>(1)?)? - published.to_utc();
                if (TimeDelta::zero()..TimeDelta::days(1)).contains(&lag) {
                    lags.push(lag);
                }
            }
            lags.sort_unstable();
            Ok(lags.get(lags.len() / 2).copied())
        })
        .await
    }

    /// What is remembered of every source ever registered, by id.
    pub async fn source_states(&self) -> Result<Vec<SourceState>> {
        self.read(move |connection| {
            let mut statement = connection
                .prepare("SELECT id, next_look, failures, last_success FROM source ORDER BY id")?;
            let mut rows = statement.query([])?;
            let mut states = Vec::new();
            while let Some(row) = rows.next()? {
                let last_success: Option<String> = row.get(3)?;
                states.push(SourceState {
                    id: SourceId(row.get(0)?),
                    next_look: parse_moment(&row.get::<_, String>(1)?)?,
                    failures: row.get(2)?,
                    last_success: last_success.as_deref().map(parse_moment).transpose()?,
                });
            }
            Ok(states)
        })
        .await
    }

    /// The latest visits, newest first, of one source or of all.
    pub async fn visits(&self, source: Option<SourceId>, limit: usize) -> Result<Vec<Visit>> {
        self.read(move |connection| {
            let mut statement = connection.prepare_cached(
                "SELECT source, started, ended, outcome, detail, links, fresh, articles, revisions,
                        copies, relevant, messages, failures, removed
                 FROM visit WHERE ?1 IS NULL OR source = ?1
                 ORDER BY id DESC LIMIT ?2",
            )?;
            let mut rows = statement.query(params![source.map(|id| id.0), limit])?;
            let mut visits = Vec::new();
            while let Some(row) = rows.next()? {
                visits.push(visit_of(row)?);
            }
            Ok(visits)
        })
        .await
    }
}

fn visit_of(row: &rusqlite::Row<'_>) -> Result<Visit> {
    let outcome: String = row.get(3)?;
    let outcome = Outcome::ALL
        .into_iter()
        .find(|known| known.name() == outcome)
        .ok_or(Error::Corrupt { value: outcome, expected: "the outcome of a visit" })?;
    Ok(Visit {
        source: SourceId(row.get(0)?),
        started: parse_moment(&row.get::<_, String>(1)?)?,
        ended: parse_moment(&row.get::<_, String>(2)?)?,
        outcome,
        detail: row.get(4)?,
        counts: Counts {
            links: row.get(5)?,
            fresh: row.get(6)?,
            articles: row.get(7)?,
            revisions: row.get(8)?,
            copies: row.get(9)?,
            relevant: row.get(10)?,
            messages: row.get(11)?,
            failures: row.get(12)?,
            removed: row.get(13)?,
        },
    })
}
