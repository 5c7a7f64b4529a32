//! Times without a network: one row each, and no source suffers for it.

use chrono::{DateTime, Utc};
use rusqlite::{OptionalExtension, params};

use crate::model::source::SourceId;
use crate::model::visit::Outcome;
use crate::store::{Result, Store, moment, parse_moment};

impl Store {
    /// The network went down: notes it once, and takes back what the last visits of `blamed` said
    /// against these sources. They are due again at once.
    pub async fn outage_began(&self, blamed: Vec<SourceId>, now: DateTime<Utc>) -> Result<()> {
        self.write(move |transaction| {
            transaction.execute(
                "INSERT INTO outage (began) SELECT ?1
                 WHERE NOT EXISTS (SELECT 1 FROM outage WHERE ended IS NULL)
                 ON CONFLICT DO UPDATE SET ended = NULL",
                [moment(now)],
            )?;
            for source in blamed {
                let innocent = transaction.execute(
                    "UPDATE visit SET outcome = ?2
                     WHERE id = (SELECT max(id) FROM visit WHERE source = ?1)
                       AND outcome IN (?3, ?4)",
                    params![
                        source.0,
                        Outcome::Offline.name(),
                        Outcome::Unreachable.name(),
                        Outcome::TimedOut.name(),
                    ],
                )?;
                transaction.execute(
                    "UPDATE source SET failures = max(failures - ?2, 0), next_look = ?3
                     WHERE id = ?1",
                    params![source.0, innocent, moment(now)],
                )?;
            }
            Ok(())
        })
        .await
    }

    /// Gives a claimed source back as it was: its visit could say nothing about it.
    pub async fn release_source(&self, source: SourceId) -> Result<()> {
        self.write(move |transaction| {
            transaction
                .execute("UPDATE source SET leased_until = NULL WHERE id = ?1", [source.0])?;
            Ok(())
        })
        .await
    }

    /// The network is back.
    pub async fn outage_ended(&self, now: DateTime<Utc>) -> Result<()> {
        self.write(move |transaction| {
            transaction
                .execute("UPDATE outage SET ended = ?1 WHERE ended IS NULL", [moment(now)])?;
            Ok(())
        })
        .await
    }

    /// Since when there has been no network; none where there is one.
    pub async fn outage(&self) -> Result<Option<DateTime<Utc>>> {
        self.read(|connection| {
            let began: Option<String> = connection
                .query_row("SELECT began FROM outage WHERE ended IS NULL", [], |row| row.get(0))
                .optional()?;
            began.as_deref().map(parse_moment).transpose()
        })
        .await
    }
}
