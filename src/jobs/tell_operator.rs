//! What keeps the service from its work is told to the operator: once when it is sure, again while it
//! lasts, and when it is over. Never a storm: what is noticed within some minutes is one mail, and an
//! hour lies between two mails.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use tokio::sync::Notify;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

use crate::clock::Clock;
use crate::digest::{Letterhead, notice};
use crate::model::subscriber::Email;
use crate::model::trouble::{Report, Trouble};
use crate::model::visit::Outcome;
use crate::store::{self, KnownTrouble, Store, Telling, backups, disk_free};

/// Time between two looks.
const TICK: Duration = Duration::from_mins(5);
/// A source is sick after this many unhealthy visits in a row …
const FAILURES: u32 = 3;
/// … and no success for this long: a site that is rebuilt over lunch is no news.
const SICK_AFTER: TimeDelta = TimeDelta::hours(6);
/// A list is told of when it has been refused for so long: publishers mend most editions themselves.
const LIST_AFTER: TimeDelta = TimeDelta::hours(12);
/// An outage of our own network is told of when it has lasted so long.
const NETWORK_AFTER: TimeDelta = TimeDelta::hours(1);
/// From the first notice of a trouble to its mail: others of the same cause follow within minutes.
const GATHER: TimeDelta = TimeDelta::minutes(10);
/// Shortest time between two mails.
const GAP: TimeDelta = TimeDelta::hours(1);
/// What is well again stays so for this long before it is called over; a source that comes and goes
/// is one trouble, not ten.
const SETTLED: TimeDelta = TimeDelta::minutes(30);
const SOURCE_SETTLED: TimeDelta = TimeDelta::hours(6);
/// The database is in trouble for so long after the last write that failed.
const WRITES_AGAIN: Duration = Duration::from_mins(15);
/// The clock jumped if it went so much further, or less far, than time did.
const JUMP: TimeDelta = TimeDelta::minutes(5);

/// When something is a trouble, and how often that is said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bounds {
    /// A trouble that lasts is told again after so long.
    pub remind: TimeDelta,
    /// A mail that waits for longer is a trouble.
    pub mail_waits: TimeDelta,
    /// Fewer bytes left on the disk are a trouble.
    pub disk_free: u64,
    /// Where copies of the database lie, and how old the newest may be; none if nobody cares.
    pub backups: Option<(PathBuf, TimeDelta)>,
}

/// Looks for trouble and tells the operator.
#[derive(Debug, Clone)]
pub struct Caretaker {
    pub store: Store,
    pub clock: Clock,
    pub bounds: Bounds,
    /// Who is told; without one, the log is.
    pub operator: Option<Email>,
    /// The address mails come from.
    pub sender: Email,
    /// Told when a mail was put into the outbox.
    pub mail_waiting: Arc<Notify>,
    pub stop: CancellationToken,
}

impl Caretaker {
    /// Looks every few minutes, until stopped.
    ///
    /// # Errors
    /// Never for long: a database that fails is one of the troubles.
    pub async fn run(self) -> store::Result<()> {
        let mut before = (self.clock.now(), Instant::now());
        loop {
            tokio::select! {
                () = sleep(TICK) => {}
                () = self.stop.cancelled() => return Ok(()),
            }
            let now = (self.clock.now(), Instant::now());
            let passed = TimeDelta::from_std(now.1 - before.1).unwrap_or(TimeDelta::MAX);
            let jump = (now.0 - before.0) - passed;
            before = now;
            if let Err(error) = self.look((JUMP < jump.abs()).then_some(jump)).await {
                tracing::error!(%error, "what is wrong cannot be written down; it is tried again");
            }
        }
    }

    /// One look: finds what is wrong, holds it against what is known, and tells what is new. `jump`
    /// is how far the clock was set, where it was.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn look(&self, jump: Option<TimeDelta>) -> store::Result<Report> {
        let now = self.clock.now();
        self.look_also_at(jump.map(|jump| clock_trouble(jump, now)), now).await
    }

    /// A look at the start after a run that was killed; it had begun at `began`.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn look_after_kill(&self, began: DateTime<Utc>) -> store::Result<Report> {
        let now = self.clock.now();
        let wrote = self.store.last_beat().await?;
        self.look_also_at(Some(kill_trouble(began, wrote, now)), now).await
    }

    async fn look_also_at(
        &self,
        noticed: Option<Trouble>,
        now: DateTime<Utc>,
    ) -> store::Result<Report> {
        let mut found = self.find(now).await?;
        found.extend(noticed);
        let known = self.store.troubles().await?;
        let last = self.store.last_notice().await?;
        let (known, report) = settle(found, known, last, &self.bounds, now);
        log(&report);
        let message = match &self.operator {
            Some(operator) if !report.is_empty() => {
                let operator = self.store.operator(operator.clone(), now).await?;
                let letterhead = Letterhead { sender: &self.sender, links: None, now };
                notice(&report, &operator, &letterhead)
            }
            _ => None,
        };
        let wrote_mail = message.is_some();
        self.store.tell(Telling { known, message }, now).await?;
        // Written down now, and so is its end.
        if self.store.write_fault().is_some_and(|fault| WRITES_AGAIN < fault.last) {
            self.store.forget_write_fault();
        }
        if wrote_mail {
            self.mail_waiting.notify_one();
        }
        Ok(report)
    }

    /// Everything that is wrong at this moment.
    async fn find(&self, now: DateTime<Utc>) -> store::Result<Vec<Trouble>> {
        let mut found = Vec::new();
        found.extend(self.database_trouble(now));
        found.extend(self.disk_trouble(now));
        found.extend(self.backup_trouble(now));
        found.extend(self.network_trouble(now).await?);
        found.extend(self.mail_trouble(now).await?);
        found.extend(self.source_troubles(now).await?);
        found.extend(self.list_troubles(now).await?);
        Ok(found)
    }

    fn database_trouble(&self, now: DateTime<Utc>) -> Option<Trouble> {
        let fault = self.store.write_fault()?;
        if WRITES_AGAIN < fault.last {
            return None;
        }
        let since = now - TimeDelta::from_std(fault.first).unwrap_or_default();
        let detail = format!(
            "{}; {} writes failed and are made again; make room on the disk, end the program that \
             holds the database, or see `check`",
            fault.why, fault.writes
        );
        Some(Trouble { subject: "database".to_owned(), since, detail })
    }

    fn disk_trouble(&self, now: DateTime<Utc>) -> Option<Trouble> {
        let free = disk_free(self.store.path()).filter(|free| *free < self.bounds.disk_free)?;
        let detail = format!(
            "{} MB are left where {} lies, less than operator.disk_free; make room, or keep less: \
             [keep] in the settings",
            free / 1_000_000,
            self.store.path().display()
        );
        Some(Trouble { subject: "disk".to_owned(), since: now, detail })
    }

    fn backup_trouble(&self, now: DateTime<Utc>) -> Option<Trouble> {
        let (folder, oldest) = self.bounds.backups.as_ref()?;
        let newest = backups(folder).ok().and_then(|copies| copies.last().map(|copy| copy.taken));
        if newest.is_some_and(|newest| now - newest < *oldest) {
            return None;
        }
        let age = match newest {
            Some(newest) => format!("the newest copy in {} is of {newest:.0}", folder.display()),
            None => format!("there is no copy in {}", folder.display()),
        };
        let detail = format!(
            "{age}; run `sanctionwatch backup`, and see whether its timer runs: \
             systemctl list-timers sanctionwatch-backup"
        );
        let since = newest.map_or(now, |newest| newest + *oldest);
        Some(Trouble { subject: "backup".to_owned(), since, detail })
    }

    async fn network_trouble(&self, now: DateTime<Utc>) -> store::Result<Option<Trouble>> {
        let began = self.store.outage().await?.filter(|began| NETWORK_AFTER < now - *began);
        Ok(began.map(|since| Trouble {
            subject: "network".to_owned(),
            since,
            detail: format!("no site can be reached; {}", Outcome::Offline.advice()),
        }))
    }

    async fn mail_trouble(&self, now: DateTime<Utc>) -> store::Result<Option<Trouble>> {
        let waiting = self.store.waiting().await?;
        let oldest = waiting.oldest.filter(|oldest| self.bounds.mail_waits < now - *oldest);
        Ok(oldest.map(|since| Trouble {
            subject: "mail".to_owned(),
            since,
            detail: format!(
                "{} mails wait, the oldest for {} hours; see whether the mail server answers: \
                 `sanctionwatch check` logs in to it",
                waiting.count,
                (now - since).num_hours()
            ),
        }))
    }

    async fn source_troubles(&self, now: DateTime<Utc>) -> store::Result<Vec<Trouble>> {
        let sick = self.store.sick_sources(FAILURES, now - SICK_AFTER).await?;
        let trouble = |source: store::SickSource| {
            let outcome = Outcome::ALL.into_iter().find(|it| it.name() == source.outcome);
            Trouble {
                subject: format!("source:{}", source.id),
                since: source.since,
                detail: format!(
                    "{} visits in a row failed, the last: {} ({}); to do: {}",
                    source.failures,
                    source.outcome,
                    source.detail,
                    outcome.map_or("", Outcome::advice)
                ),
            }
        };
        Ok(sick.into_iter().map(trouble).collect())
    }

    async fn list_troubles(&self, now: DateTime<Utc>) -> store::Result<Vec<Trouble>> {
        let refused = self.store.refused_lists().await?;
        let trouble = |(id, _, why): (String, DateTime<Utc>, String)| Trouble {
            detail: format!(
                "{why}; the edition before stays in force; see `list status` and `list sync {id}`"
            ),
            subject: format!("list:{id}"),
            since: now,
        };
        Ok(refused.into_iter().map(trouble).collect())
    }
}

fn clock_trouble(jump: TimeDelta, now: DateTime<Utc>) -> Trouble {
    let way = if jump < TimeDelta::zero() { "back" } else { "forward" };
    let detail = format!(
        "it went {way} by {} minutes, or the machine slept; see whether time synchronisation runs: \
         timedatectl",
        jump.abs().num_minutes()
    );
    Trouble { subject: "clock".to_owned(), since: now, detail }
}

fn kill_trouble(began: DateTime<Utc>, wrote: Option<DateTime<Utc>>, now: DateTime<Utc>) -> Trouble {
    let wrote = wrote.map(|wrote| format!(" and last wrote at {wrote:.0}")).unwrap_or_default();
    let detail = format!(
        "it had begun at {began:.0}{wrote}, and did not come to its end: out of memory, the watchdog, a \
         power cut or a kill; it was started again and lost nothing; to see why: \
         journalctl -u sanctionwatch -b -1 -e, or without -b -1 if the machine did not restart"
    );
    Trouble { subject: "stop".to_owned(), since: now, detail }
}

/// What is known after a look that found these troubles, and what is to be told now.
fn settle(
    found: Vec<Trouble>,
    known: Vec<KnownTrouble>,
    last_mail: Option<DateTime<Utc>>,
    bounds: &Bounds,
    now: DateTime<Utc>,
) -> (Vec<KnownTrouble>, Report) {
    let mut known: BTreeMap<String, KnownTrouble> =
        known.into_iter().map(|known| (known.trouble.subject.clone(), known)).collect();
    for known in known.values_mut() {
        known.cleared = known.cleared.or(Some(now));
    }
    for trouble in found {
        match known.get_mut(&trouble.subject) {
            Some(known) => {
                known.cleared = None;
                known.trouble.detail = trouble.detail;
            }
            None => {
                let subject = trouble.subject.clone();
                let fresh = KnownTrouble { trouble, seen: now, told: None, cleared: None };
                known.insert(subject, fresh);
            }
        }
    }
    // A clock set back must not keep us silent.
    let may_tell = last_mail.is_none_or(|last| GAP <= now - last || now < last);
    let mut report = Report::default();
    if may_tell && known.values().any(|known| is_to_be_told(known, bounds, now)) {
        tell(&mut known, &mut report, bounds, now);
    }
    // What was over before it was sure is nobody's business.
    known.retain(|_, known| {
        known.cleared.is_none_or(|cleared| {
            now - cleared < settled(&known.trouble)
                || (known.told.is_some() && !may_tell)
                || is_told_in_any_case(known)
        })
    });
    (known.into_values().collect(), report)
}

/// Takes what is to be told into the report, and marks it. Where anything is, all that is new goes
/// with it.
fn tell(
    known: &mut BTreeMap<String, KnownTrouble>,
    report: &mut Report,
    bounds: &Bounds,
    now: DateTime<Utc>,
) {
    known.retain(|_, known| {
        let trouble = known.trouble.clone();
        match (known.told, known.cleared) {
            (Some(_), Some(_)) if is_over(known, now) => {
                if !is_moment(&trouble) {
                    report.over.push(trouble);
                }
                return false;
            }
            (None, None)
                if sure_after(&trouble) <= now - known.seen || may_go_with_others(&trouble) =>
            {
                report.fresh.push(trouble);
                known.told = Some(now);
            }
            (None, Some(_)) if is_told_in_any_case(known) => {
                report.fresh.push(trouble);
                known.told = Some(now);
            }
            (Some(told), None) if bounds.remind <= now - told => {
                report.lasting.push(trouble);
                known.told = Some(now);
            }
            _ => {}
        }
        true
    });
}

fn is_to_be_told(known: &KnownTrouble, bounds: &Bounds, now: DateTime<Utc>) -> bool {
    match (known.told, known.cleared) {
        (Some(_), Some(_)) => is_over(known, now) && !is_moment(&known.trouble),
        (None, None) => sure_after(&known.trouble) <= now - known.seen,
        (None, Some(_)) => is_told_in_any_case(known),
        (Some(told), None) => bounds.remind <= now - told,
    }
}

fn is_over(known: &KnownTrouble, now: DateTime<Utc>) -> bool {
    known.cleared.is_some_and(|cleared| settled(&known.trouble) <= now - cleared)
}

/// It is over by the time of the next look; while the database's lasted no notice could be written.
fn is_told_in_any_case(known: &KnownTrouble) -> bool {
    known.told.is_none() && (known.trouble.subject == "database" || is_moment(&known.trouble))
}

/// Something that happened, and does not last: nobody waits to hear that it is over.
fn is_moment(trouble: &Trouble) -> bool {
    matches!(trouble.subject.as_str(), "clock" | "stop")
}

fn settled(trouble: &Trouble) -> TimeDelta {
    if trouble.subject.starts_with("source:") { SOURCE_SETTLED } else { SETTLED }
}

/// How long after the first notice it is sure.
fn sure_after(trouble: &Trouble) -> TimeDelta {
    if is_list(trouble) { LIST_AFTER } else { GATHER }
}

fn may_go_with_others(trouble: &Trouble) -> bool {
    !is_list(trouble)
}

fn is_list(trouble: &Trouble) -> bool {
    trouble.subject.starts_with("list:")
}

/// The same in the log, a line each, for whoever has no operator in the settings.
fn log(report: &Report) {
    for Trouble { subject, since, detail } in &report.fresh {
        tracing::error!(subject, %since, detail, "this needs a hand");
    }
    for Trouble { subject, since, detail } in &report.lasting {
        tracing::error!(subject, %since, detail, "this still needs a hand");
    }
    for Trouble { subject, since, .. } in &report.over {
        tracing::info!(subject, %since, "this is over");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Looks minute by minute at a world where `sick` says what is wrong, and gives the mails.
    fn watch(hours: i64, sick: impl Fn(i64) -> Vec<&'static str>) -> Vec<(i64, Report)> {
        let start: DateTime<Utc> = "2026-03-02T00:00:00Z".parse().unwrap();
        let bounds = Bounds {
            remind: TimeDelta::days(7),
            mail_waits: TimeDelta::hours(6),
            disk_free: 0,
            backups: None,
        };
        let (mut known, mut last, mut mails) = (Vec::new(), None, Vec::new());
        for minute in (0..hours * 60).step_by(5) {
            let now = start + TimeDelta::minutes(minute);
            let trouble = |subject: &str| Trouble {
                subject: subject.to_owned(),
                since: now,
                detail: String::new(),
            };
            let found = sick(minute).into_iter().map(trouble).collect();
            let report;
            (known, report) = settle(found, known, last, &bounds, now);
            if !report.is_empty() {
                last = Some(now);
                mails.push((minute, report));
            }
        }
        mails
    }

    fn subjects(troubles: &[Trouble]) -> Vec<&str> {
        troubles.iter().map(|trouble| trouble.subject.as_str()).collect()
    }

    #[test]
    fn a_trouble_is_told_once_reminded_of_and_told_to_be_over() {
        let mails = watch(24 * 20, |minute| match minute {
            60..=14_000 => vec!["disk"],
            _ => vec![],
        });
        let minutes: Vec<i64> = mails.iter().map(|(minute, _)| *minute).collect();
        assert_eq!(minutes, [70, 70 + 7 * 24 * 60, 14_005 + 30]);
        assert_eq!(subjects(&mails[0].1.fresh), ["disk"]);
        assert_eq!(subjects(&mails[1].1.lasting), ["disk"]);
        assert_eq!(subjects(&mails[2].1.over), ["disk"]);
    }

    #[test]
    fn many_at_once_are_one_mail_and_many_in_a_row_are_one_an_hour() {
        const SICK: [&str; 6] =
            ["source:a", "source:b", "source:c", "source:d", "source:e", "disk"];
        let mails = watch(12, |minute| {
            let count = usize::try_from(minute / 5).unwrap().min(SICK.len());
            SICK[..count].to_vec()
        });
        let told: Vec<usize> = mails.iter().map(|(_, report)| report.fresh.len()).collect();
        assert_eq!(told, [3, 3], "{mails:?}");
        assert!(60 <= mails[1].0 - mails[0].0);
    }

    #[test]
    fn what_comes_and_goes_is_one_trouble_and_what_was_never_sure_is_none() {
        let mails = watch(72, |minute| if minute % 120 < 60 { vec!["source:a"] } else { vec![] });
        assert_eq!(mails.len(), 1, "{mails:?}");
        let mails = watch(24, |minute| if minute < 10 { vec!["disk"] } else { vec![] });
        assert!(mails.is_empty(), "{mails:?}");
        let mails = watch(24, |minute| if minute < 600 { vec!["list:un"] } else { vec![] });
        assert!(mails.is_empty(), "{mails:?}");
    }

    #[test]
    fn what_nobody_could_be_told_of_while_it_lasted_is_told_after() {
        let mails = watch(24, |minute| if minute == 60 { vec!["database"] } else { vec![] });
        assert_eq!(mails.iter().map(|(_, it)| it.fresh.len()).sum::<usize>(), 1, "{mails:?}");
        assert_eq!(mails.iter().map(|(_, it)| it.over.len()).sum::<usize>(), 1, "{mails:?}");
    }

    #[test]
    fn what_happened_in_a_moment_is_told_once_and_never_over() {
        for subject in ["clock", "stop"] {
            let mails = watch(48, |minute| if minute == 60 { vec![subject] } else { vec![] });
            assert_eq!(mails.len(), 1, "{mails:?}");
            assert_eq!(subjects(&mails[0].1.fresh), [subject]);
        }
    }
}
