//! Starts the jobs, reads the settings anew, tells systemd, stops in order.

use std::future::pending;
use std::io::IsTerminal;
use std::net::TcpListener;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, anyhow};
use chrono::{DateTime, SecondsFormat, Utc};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;
use tokio::task::{JoinError, JoinSet, spawn_blocking};
use tokio::time::{Instant, sleep, timeout};
use tokio_util::sync::CancellationToken;

use crate::clock::Clock;
use crate::jobs::bounces::{self, Ways};
use crate::jobs::compose_digests::Composer;
use crate::jobs::crawl::Crawler;
use crate::jobs::heart::Heart;
use crate::jobs::keep_house::Housekeeper;
use crate::jobs::send_mail;
use crate::jobs::sync_lists::ListSync;
use crate::jobs::tell_operator::Caretaker;
use crate::lists::ListSource;
use crate::mail::Mailer;
use crate::memory;
use crate::model::source::{Source, SourceId};
use crate::store::{self, CrawlLock, Store};
use crate::systemd;
use crate::web::pages::Pages;
use crate::web::{self, App};

/// How long a stop or a new start waits for pages and lists under way. What is cut off is due again.
const GRACE: Duration = Duration::from_secs(15);
/// As above for mails; the sender itself gives those under way a little less.
const SENDING_GRACE: Duration = Duration::from_secs(25);
/// As above for the web server, which itself waits for open connections a little less.
const WEB_GRACE: Duration = Duration::from_secs(10);
/// Time between two rounds in which freed memory goes back to the system.
const GIVE_BACK_EVERY: Duration = Duration::from_secs(10);
/// A crawl that has not moved for this long rests, and so does what it keeps at hand. Every minute it
/// looks what is due.
const AT_REST: Duration = Duration::from_secs(30);
/// A crawl that has not moved for this long, and four pages more, hangs. Its longest rest is five
/// minutes; a visit whose listings all answer at the last moment takes some minutes more.
const STILL: Duration = Duration::from_mins(30);
/// Time between two lines for `systemctl status`, unless the watchdog wants to hear sooner.
const STATUS_EVERY: Duration = Duration::from_mins(1);

/// What a run works with, made from one reading of the settings.
#[derive(Debug)]
pub struct Plan {
    pub crawler: Crawler,
    pub sources: Vec<Arc<Source>>,
    pub mailer: Mailer,
    pub watch: ListWatch,
    /// Who looks for trouble, and who makes room.
    pub caretaker: Caretaker,
    pub housekeeper: Housekeeper,
    /// Where the world calls; none listens to nobody.
    pub door: Option<Arc<TcpListener>>,
    /// What subscribers use there.
    pub pages: Option<Pages>,
    /// Where Prometheus calls.
    pub back_door: Option<BackDoor>,
    /// Where mails that could not be delivered come back; the same for every plan of a run.
    pub returns: Option<Returns>,
    /// The longest time for one page.
    pub longest_page: Duration,
    /// Settings that changed and are not followed before the next start, by their names.
    pub put_off: Vec<&'static str>,
}

/// Where figures are served, and what they tell besides the database.
#[derive(Debug, Clone)]
pub struct BackDoor {
    pub listener: Arc<TcpListener>,
    /// The folder with copies of the database.
    pub backups: PathBuf,
}

/// Where bounces, complaints and wishes to leave come in.
#[derive(Debug, Clone)]
pub struct Returns {
    pub directory: Option<PathBuf>,
    pub listener: Option<Arc<TcpListener>>,
}

/// Official lists to look at, and the one who looks.
#[derive(Debug)]
pub struct ListWatch {
    pub sync: ListSync,
    pub lists: Vec<ListSource>,
}

/// Runs until SIGTERM or SIGINT: visits sources and official lists when they are due, sends what
/// waits, takes in what comes back, and answers the world where there is a door for it.
///
/// SIGHUP asks `renew` for a new plan. Then the jobs end as at a stop and start again with it; the
/// database, the web port and what the crawler knows stay. Where `renew` finds mistakes instead,
/// each is one line in the log, and everything goes on as before.
///
/// Order of stopping: no new claims; visits finish the page they are on and record themselves;
/// then the sender finishes the mails it holds; then the database is settled.
///
/// # Errors
/// When another process crawls with this database, or a job ends although nobody stopped it.
pub async fn run(
    plan: Plan,
    mut renew: impl AsyncFnMut(&Plan) -> Result<Plan, Vec<String>>,
) -> anyhow::Result<()> {
    let mut signals = Signals::listen()?;
    let store = plan.crawler.store.clone();
    let mut lock = store.lock_crawl().await?;
    begin(&plan, &mut lock).await;
    let mut service = Service::start(plan);
    systemd::ready(&format!("{} sources", service.plan.sources.len()));
    tracing::info!(
        database = %store.path().display(), sources = service.plan.sources.len(), "started",
    );
    let ended = loop {
        let asked = tokio::select! {
            asked = signals.next() => asked,
            ended = service.ended() => break ended,
        };
        if asked == Asked::ToStop {
            break Ok(());
        }
        systemd::reloading();
        let status = match renew(&service.plan).await {
            Ok(new) => match service.follow(new).await {
                Ok(status) => status,
                Err(error) => break Err(error),
            },
            Err(mistakes) => refuse(&mistakes),
        };
        systemd::ready(&status);
    };
    systemd::stopping();
    tracing::info!("stopping: pages and mails under way are finished first");
    let stopped = service.end().await;
    store.settle().await?;
    if let Err(error) = lock.end_run() {
        tracing::warn!(%error, "the next start will take this end for a kill");
    }
    drop(lock);
    tracing::info!("stopped");
    ended.and(stopped)
}

/// Marks the run as begun, and tells the operator if the one before was killed. Neither is worth not
/// starting for.
async fn begin(plan: &Plan, lock: &mut CrawlLock) {
    match lock.begin_run(plan.crawler.clock.now()) {
        Ok(None) => {}
        Ok(Some(began)) => {
            tracing::warn!(%began, "the run before was killed; what it had under way is done again");
            if let Err(error) = plan.caretaker.look_after_kill(began).await {
                tracing::error!(%error, "the operator cannot be told that the run before was killed");
            }
        }
        Err(error) => tracing::warn!(%error, "whether the run before was killed cannot be told"),
    }
}

/// Everything under way, and the plan it follows.
#[derive(Debug)]
struct Service {
    plan: Plan,
    jobs: Jobs,
    /// Beside the jobs: it answers while they start anew.
    web: Group,
    /// So does this, of the plan it is told.
    watching: Group,
    watched: watch::Sender<Watched>,
}

impl Service {
    fn start(plan: Plan) -> Self {
        let (tell_watched, watched) = watch::channel(Watched::by(&plan));
        Self {
            jobs: Jobs::start(&plan),
            web: answer(&plan),
            watching: watch_over(&plan.crawler, watched),
            watched: tell_watched,
            plan,
        }
    }

    /// Returns when something has ended by itself, which is an error in any case.
    async fn ended(&mut self) -> anyhow::Result<()> {
        tokio::select! {
            ended = self.jobs.makers.ended() => ended,
            ended = self.jobs.sending.ended() => ended,
            ended = self.web.ended() => ended,
            ended = self.watching.ended() => ended,
        }
    }

    /// Goes on with another plan. Gives a line for the operator.
    async fn follow(&mut self, new: Plan) -> anyhow::Result<String> {
        let changes = Changes::between(&self.plan.sources, &new.sources);
        self.jobs.end().await?;
        // Those that were cut off left their claims.
        let Crawler { store, clock, .. } = &new.crawler;
        store.return_claims().await?;
        // Who mends a source that failed for days does not want to wait for its next look.
        store.due_now(changes.changed.clone(), clock.now()).await?;
        self.jobs = Jobs::start(&new);
        if !is_same_web(&self.plan, &new) {
            self.web.end(WEB_GRACE).await?;
            self.web = answer(&new);
        }
        self.watched.send_replace(Watched::by(&new));
        tell_new(&changes, &new.put_off);
        self.plan = new;
        Ok(format!("new settings are in force; {} sources", self.plan.sources.len()))
    }

    async fn end(mut self) -> anyhow::Result<()> {
        let (jobs, web, watching) =
            tokio::join!(self.jobs.end(), self.web.end(WEB_GRACE), self.watching.end(WEB_GRACE));
        jobs.and(web).and(watching)
    }
}

/// What does the work of one plan.
#[derive(Debug)]
struct Jobs {
    /// Those that fill the outbox; they end first.
    makers: Group,
    sending: Group,
}

impl Jobs {
    fn start(plan: &Plan) -> Self {
        let mut makers = Group::default();
        let crawler = Crawler { stop: makers.stop.clone(), ..plan.crawler.clone() };
        let sources = plan.sources.clone();
        let composer = Composer::new(&crawler, &sources, &plan.watch.lists);
        makers.spawn("the composer of digests", composer.run());
        makers.spawn("the settling of stories", crawler.story_settling().run());
        makers.spawn("the crawl", async move { crawler.crawl_when_due(&sources).await });
        let sync = ListSync { stop: makers.stop.clone(), ..plan.watch.sync.clone() };
        makers.spawn("the sync of lists", sync.run(plan.watch.lists.clone()));
        let caretaker = Caretaker { stop: makers.stop.clone(), ..plan.caretaker.clone() };
        makers.spawn("the caretaker", caretaker.run());
        let housekeeper = Housekeeper { stop: makers.stop.clone(), ..plan.housekeeper.clone() };
        makers.spawn("the housekeeper", housekeeper.run());

        let mut sending = Group::default();
        let Crawler { store, clock, mail_waiting, .. } = plan.crawler.clone();
        let sender =
            send_mail::run(store, plan.mailer.clone(), clock, mail_waiting, sending.stop.clone());
        sending.spawn("the sender", async move {
            sender.await;
            store::Result::Ok(())
        });
        if let Some(Returns { directory, listener }) = plan.returns.clone() {
            let Crawler { store, clock, .. } = plan.crawler.clone();
            let stop = sending.stop.clone();
            sending.spawn("the reader of bounces", async move {
                let listener = listener.as_deref().map(opened).transpose()?;
                bounces::run(store, clock, Ways { directory, listener }, stop).await;
                std::io::Result::Ok(())
            });
        }
        Self { makers, sending }
    }

    /// Ends the jobs in order.
    async fn end(&mut self) -> anyhow::Result<()> {
        let made = self.makers.end(GRACE).await;
        made.and(self.sending.end(SENDING_GRACE).await)
    }
}

/// Jobs that stop together.
#[derive(Debug, Default)]
struct Group {
    stop: CancellationToken,
    tasks: JoinSet<anyhow::Result<()>>,
}

impl Group {
    /// Starts a job; it is to end when `stop` is cancelled.
    fn spawn<E>(
        &mut self,
        name: &'static str,
        job: impl Future<Output = Result<(), E>> + Send + 'static,
    ) where
        E: Into<anyhow::Error>,
    {
        let stop = self.stop.clone();
        self.tasks.spawn(async move {
            match job.await.map_err(Into::into).with_context(|| format!("{name} failed")) {
                Ok(()) if !stop.is_cancelled() => {
                    Err(anyhow!("{name} ended, and nobody asked it to"))
                }
                ended => ended,
            }
        });
    }

    /// Returns when a job has ended by itself.
    async fn ended(&mut self) -> anyhow::Result<()> {
        match self.tasks.join_next().await {
            Some(joined) => joined.unwrap_or_else(panicked),
            // A group without jobs goes on without them.
            None => pending().await,
        }
    }

    /// Asks the jobs to end, and ends those that have not after `grace`. Gives the first error.
    async fn end(&mut self, grace: Duration) -> anyhow::Result<()> {
        self.stop.cancel();
        let mut ended = Ok(());
        let all = async {
            while let Some(joined) = self.tasks.join_next().await {
                ended = std::mem::replace(&mut ended, Ok(())).and(joined.unwrap_or_else(panicked));
            }
        };
        if timeout(grace, all).await.is_err() {
            tracing::warn!(?grace, "what is still under way is cut off; it is due again");
            self.tasks.shutdown().await;
        }
        ended
    }
}

fn panicked(panic: JoinError) -> anyhow::Result<()> {
    Err(anyhow!(panic).context("a job panicked"))
}

/// Serves pages and callbacks, where there is a door, and figures, where there is one for them.
fn answer(plan: &Plan) -> Group {
    let mut web = Group::default();
    let Crawler { store, clock, public_url, heart, .. } = plan.crawler.clone();
    let pages = plan.pages.clone();
    let app = App { store, clock, public_url, heart, pages };
    if let Some(door) = &plan.door {
        let (door, app, stop) = (opened(door), app.clone(), web.stop.clone());
        web.spawn("the web server", async move { web::serve(door?, app, stop).await });
    }
    if let Some(BackDoor { listener, backups }) = &plan.back_door {
        let (door, backups, stop) = (opened(listener), backups.clone(), web.stop.clone());
        web.spawn("the server of figures", async move {
            web::serve_metrics(door?, app, backups, stop).await
        });
    }
    web
}

/// The same door for one more who answers at it.
fn opened(door: &TcpListener) -> std::io::Result<tokio::net::TcpListener> {
    door.try_clone().and_then(tokio::net::TcpListener::from_std)
}

/// Whether the web server of one plan can serve another: by the same door, under the same name.
fn is_same_web(old: &Plan, new: &Plan) -> bool {
    let is_same_door = match (&old.door, &new.door) {
        (Some(old), Some(new)) => Arc::ptr_eq(old, new),
        (old, new) => old.is_none() && new.is_none(),
    };
    let are_same_pages = match (&old.pages, &new.pages) {
        (Some(old), Some(new)) => old.is_like(new),
        (old, new) => old.is_none() && new.is_none(),
    };
    is_same_door && are_same_pages && old.crawler.public_url == new.crawler.public_url
}

/// Gives freed memory back to the system from time to time, and at rest what is kept to be fast, too.
async fn give_memory_back(store: Store, heart: Heart) -> anyhow::Result<()> {
    loop {
        sleep(GIVE_BACK_EVERY).await;
        let still = heart.still_for(Instant::now());
        // A database that cannot be written now is the caretaker's matter.
        if (AT_REST..AT_REST + GIVE_BACK_EVERY).contains(&still)
            && let Err(error) = store.forget_pages().await
        {
            tracing::debug!(%error, "the writer keeps its pages in memory");
        }
        spawn_blocking(memory::give_back).await?;
    }
}

/// What the watchdog needs to know of the plan in force.
#[derive(Debug, Clone)]
struct Watched {
    sources: Vec<SourceId>,
    /// A crawl that has not moved for so long hangs.
    still_most: Duration,
}

impl Watched {
    fn by(plan: &Plan) -> Self {
        let sources = plan.sources.iter().map(|source| source.id.clone()).collect();
        Self { sources, still_most: STILL + 4 * plan.longest_page }
    }
}

/// Starts what gives memory back, and the watchdog, where there is a service manager to hear it.
fn watch_over(crawler: &Crawler, watched: watch::Receiver<Watched>) -> Group {
    let mut watching = Group::default();
    let giving_back = give_memory_back(crawler.store.clone(), crawler.heart.clone());
    let stop = watching.stop.clone();
    watching.spawn("the giving back of memory", async move {
        stop.run_until_cancelled(giving_back).await.unwrap_or(Ok(()))
    });
    if systemd::listens() {
        // Two of four beats may fail or be late before systemd loses patience.
        let every = systemd::watchdog().map_or(STATUS_EVERY, |most| STATUS_EVERY.min(most / 4));
        let watchdog = Watchdog {
            store: crawler.store.clone(),
            clock: crawler.clock.clone(),
            heart: crawler.heart.clone(),
            watched,
            every,
        };
        let stop = watching.stop.clone();
        watching.spawn("the watchdog", async move {
            tokio::select! {
                () = watchdog.run() => {}
                () = stop.cancelled() => {}
            }
            anyhow::Ok(())
        });
    }
    watching
}

/// Beats while the database can be written and the crawl moves; stops when either does not, so that
/// systemd starts the service anew.
#[derive(Debug)]
struct Watchdog {
    store: Store,
    clock: Clock,
    heart: Heart,
    watched: watch::Receiver<Watched>,
    every: Duration,
}

impl Watchdog {
    async fn run(self) {
        let mut was_well = true;
        loop {
            let look = self.look().await;
            match &look {
                Ok(status) => systemd::alive(status),
                Err(trouble) => systemd::status(trouble),
            }
            match &look {
                Ok(_) if !was_well => tracing::info!("the watchdog beats again"),
                Err(trouble) if was_well => {
                    tracing::error!(trouble, "the watchdog beats no more; systemd may restart us");
                }
                _ => {}
            }
            was_well = look.is_ok();
            sleep(self.every).await;
        }
    }

    /// What `systemctl status` shows, or why the watchdog must not beat.
    async fn look(&self) -> Result<String, String> {
        let writing = timeout(self.every, self.store.answers()).await;
        let writing = writing.map_err(|_| "it does not answer".to_owned());
        if let Err(error) = writing.and_then(|answer| answer.map_err(|error| error.to_string())) {
            return Err(format!("the database cannot be written: {error}"));
        }
        let Watched { sources, still_most } = self.watched.borrow().clone();
        let still = self.heart.still_for(Instant::now());
        if still_most < still {
            return Err(format!("the crawl has not moved for {} minutes", still.as_secs() / 60));
        }
        let status = status(&self.store, sources, self.clock.now());
        match timeout(self.every, status).await {
            Ok(Ok(status)) => Ok(status),
            Ok(Err(error)) => Err(format!("the database cannot be read: {error}")),
            Err(_) => Err("the database cannot be read: it does not answer".to_owned()),
        }
    }
}

/// One line for the operator: what is watched, when the next look is, what waits.
async fn status(
    store: &Store,
    sources: Vec<SourceId>,
    now: DateTime<Utc>,
) -> store::Result<String> {
    let second = |at: DateTime<Utc>| at.to_rfc3339_opts(SecondsFormat::Secs, true);
    let mut status = format!("{} sources", sources.len());
    match store.next_due(sources).await? {
        Some(next) if now < next => status += &format!(", next look {}", second(next)),
        Some(_) => status += ", looking",
        None => {}
    }
    let waiting = store.waiting().await?;
    status += &match waiting.oldest {
        Some(oldest) => format!("; {} mails wait, since {}", waiting.count, second(oldest)),
        None => "; no mail waits".to_owned(),
    };
    Ok(status)
}

/// How the sources of one plan differ from another's.
#[derive(Debug, Default, PartialEq, Eq)]
struct Changes {
    added: Vec<SourceId>,
    removed: Vec<SourceId>,
    changed: Vec<SourceId>,
}

impl Changes {
    fn between(old: &[Arc<Source>], new: &[Arc<Source>]) -> Self {
        let find = |among: &[Arc<Source>], id: &SourceId| {
            among.iter().find(|source| source.id == *id).map(Arc::clone)
        };
        let mut changes = Self::default();
        for source in new {
            match find(old, &source.id) {
                None => changes.added.push(source.id.clone()),
                Some(before) if before != *source => changes.changed.push(source.id.clone()),
                Some(_) => {}
            }
        }
        let gone = old.iter().filter(|source| find(new, &source.id).is_none());
        changes.removed = gone.map(|source| source.id.clone()).collect();
        changes
    }
}

fn tell_new(Changes { added, removed, changed }: &Changes, put_off: &[&str]) {
    tracing::info!(
        added = names(added),
        removed = names(removed),
        changed = names(changed),
        "new settings and sources are in force"
    );
    for key in put_off {
        tracing::warn!(key, "this setting is followed only after a restart");
    }
}

fn names(sources: &[SourceId]) -> String {
    let names: Vec<&str> = sources.iter().map(|id| id.0.as_str()).collect();
    names.join(" ")
}

/// Tells what is wrong with the new settings. Gives a line for the operator.
fn refuse(mistakes: &[String]) -> String {
    for mistake in mistakes {
        tracing::error!("{mistake}");
    }
    let status =
        format!("the old settings stay in force: the new ones have {} mistakes", mistakes.len());
    tracing::error!("{status}");
    status
}

/// What a signal asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Asked {
    ToStop,
    ToReload,
}

/// The signals the service listens to.
#[derive(Debug)]
struct Signals {
    terminate: Signal,
    interrupt: Signal,
    hang_up: Signal,
    /// What SIGHUP asks for: a terminal sends it when it closes.
    at_hang_up: Asked,
}

impl Signals {
    fn listen() -> anyhow::Result<Self> {
        let listen = |kind, name| signal(kind).with_context(|| format!("cannot listen for {name}"));
        let is_at_terminal = std::io::stderr().is_terminal();
        Ok(Self {
            terminate: listen(SignalKind::terminate(), "SIGTERM")?,
            interrupt: listen(SignalKind::interrupt(), "SIGINT")?,
            hang_up: listen(SignalKind::hangup(), "SIGHUP")?,
            at_hang_up: if is_at_terminal { Asked::ToStop } else { Asked::ToReload },
        })
    }

    async fn next(&mut self) -> Asked {
        tokio::select! {
            _ = self.terminate.recv() => Asked::ToStop,
            _ = self.interrupt.recv() => Asked::ToStop,
            _ = self.hang_up.recv() => self.at_hang_up,
        }
    }
}

/// Waits for SIGTERM (systemd) or SIGINT (Ctrl-C), whichever comes first.
pub async fn stopped_by_signal() -> anyhow::Result<()> {
    let mut terminate = signal(SignalKind::terminate()).context("cannot listen for SIGTERM")?;
    let mut interrupt = signal(SignalKind::interrupt()).context("cannot listen for SIGINT")?;
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn jobs_that_do_not_end_are_cut_off_and_errors_are_not_lost() {
        let mut group = Group::default();
        let stop = group.stop.clone();
        group.spawn("the quick one", async move {
            stop.cancelled().await;
            anyhow::Ok(())
        });
        group.spawn("the stubborn one", pending::<anyhow::Result<()>>());
        let start = Instant::now();
        group.end(GRACE).await.unwrap();
        assert_eq!(start.elapsed(), GRACE);
        assert!(group.tasks.is_empty());

        let mut group = Group::default();
        let stop = group.stop.clone();
        group.spawn("the broken one", async move {
            stop.cancelled().await;
            Err(anyhow!("the disk is full"))
        });
        group.spawn("the stubborn one", pending::<anyhow::Result<()>>());
        let error = group.end(GRACE).await.unwrap_err();
        assert_eq!(format!("{error:#}"), "the broken one failed: the disk is full");
    }

    #[tokio::test]
    async fn a_job_that_ends_unasked_is_an_error() {
        let mut group = Group::default();
        group.spawn("the crawl", async { anyhow::Ok(()) });
        let error = group.ended().await.unwrap_err();
        assert_eq!(error.to_string(), "the crawl ended, and nobody asked it to");
        let bug = || -> anyhow::Result<()> { panic!("as a bug would") };
        group.spawn("the crawl", async move { bug() });
        assert_eq!(group.ended().await.unwrap_err().to_string(), "a job panicked");
    }

    #[tokio::test]
    async fn a_crawl_that_hangs_is_not_called_alive() {
        let folder = tempfile::tempdir().unwrap();
        let heart = Heart::new(Instant::now());
        let patient = Watched { sources: Vec::new(), still_most: STILL };
        let (tell, watched) = watch::channel(patient.clone());
        let watchdog = Watchdog {
            store: Store::open(&folder.path().join("a.db")).unwrap(),
            clock: Clock::System,
            heart: heart.clone(),
            watched,
            every: Duration::from_mins(1),
        };
        assert_eq!(watchdog.look().await.unwrap(), "0 sources; no mail waits");
        tell.send_replace(Watched { still_most: Duration::ZERO, ..patient });
        let trouble = watchdog.look().await.unwrap_err();
        assert_eq!(trouble, "the crawl has not moved for 0 minutes");
        heart.beat(Instant::now() + Duration::from_mins(1));
        watchdog.look().await.unwrap();
    }
}
