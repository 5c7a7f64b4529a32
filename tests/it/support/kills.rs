//! A sender that is killed again and again, and what its database says of each kill.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Child;
use std::thread::sleep;
use std::time::{Duration, Instant};

use rusqlite::Connection;

const PATIENCE: Duration = Duration::from_secs(300);

/// The database of a sender, seen from outside.
pub(crate) struct Watched {
    database: Connection,
}

/// What the kills met.
#[derive(Debug, Default)]
pub(crate) struct Fire {
    /// Kills that met a running sender.
    pub(crate) struck: usize,
    /// How often each message, by its `Message-ID`, was under way at a kill: its answer may have been
    /// lost, so it may arrive once more for each.
    pub(crate) under_way: BTreeMap<String, usize>,
}

impl Watched {
    pub(crate) fn open(path: &Path) -> Self {
        let database = Connection::open(path).unwrap();
        database.busy_timeout(Duration::from_secs(30)).unwrap();
        Self { database }
    }

    pub(crate) fn count(&self, state: &str) -> usize {
        let sql = "SELECT count(*) FROM delivery WHERE state = ?1";
        self.database.query_row(sql, [state], |row| row.get(0)).unwrap()
    }

    /// Every `Message-ID`, without its angle brackets.
    pub(crate) fn message_ids(&self) -> Vec<String> {
        self.ids("SELECT message_id FROM delivery")
    }

    fn under_way(&self) -> Vec<String> {
        self.ids(
            "SELECT message_id FROM delivery WHERE state = 'waiting' AND leased_until IS NOT NULL",
        )
    }

    fn ids(&self, sql: &str) -> Vec<String> {
        let mut statement = self.database.prepare(sql).unwrap();
        let ids = statement.query_map([], |row| row.get::<_, String>(0)).unwrap();
        ids.map(|id| id.unwrap().trim_matches(['<', '>']).to_owned()).collect()
    }

    /// Time passes for what was put off: it is due at once.
    fn let_time_pass(&self) {
        let sql = "UPDATE delivery SET next_try = created WHERE state = 'waiting'";
        self.database.execute(sql, []).unwrap();
    }
}

/// Starts the sender with `spawn`, kills it, and so on: `kills` times at random moments while messages
/// are sent, spread over all of them; then lets it finish. It is waited for until nothing waits.
pub(crate) fn send_under_fire(database: &Path, kills: usize, spawn: impl Fn() -> Child) -> Fire {
    let watched = Watched::open(database);
    let mut fire = Fire::default();
    let step = watched.count("waiting") / (kills + 1);
    let mut dice = Dice(0x5eed);
    for _ in 0..kills {
        watched.let_time_pass();
        let goal = watched.count("sent") + 1 + dice.below(2 * step.max(1) - 1).min(step);
        let mut sender = spawn();
        let began = Instant::now();
        while watched.count("sent") < goal && 0 < watched.count("waiting") {
            assert!(sender.try_wait().unwrap().is_none(), "the sender ended by itself");
            assert!(began.elapsed() < PATIENCE, "nothing is sent any more");
            sleep(Duration::from_millis(1));
        }
        sleep(Duration::from_micros(dice.below(3_000) as u64));
        fire.struck += usize::from(sender.try_wait().unwrap().is_none());
        sender.kill().unwrap();
        sender.wait().unwrap();
        for id in watched.under_way() {
            *fire.under_way.entry(id).or_default() += 1;
        }
    }
    while 0 < watched.count("waiting") {
        watched.let_time_pass();
        let mut sender = spawn();
        let began = Instant::now();
        while 0 < watched.count("waiting") && began.elapsed() < Duration::from_secs(20) {
            assert!(sender.try_wait().unwrap().is_none(), "the sender ended by itself");
            sleep(Duration::from_millis(5));
        }
        // What is not sent by now was put off, for minutes that need not be waited for.
        sender.kill().unwrap();
        sender.wait().unwrap();
        for id in watched.under_way() {
            *fire.under_way.entry(id).or_default() += 1;
        }
    }
    fire
}

/// How often each message arrived, and how many did so more than once.
#[derive(Debug, Default)]
pub(crate) struct Arrivals {
    pub(crate) times: BTreeMap<String, usize>,
}

impl Arrivals {
    /// Of the mails in these files.
    pub(crate) fn of_files(paths: &[PathBuf]) -> Self {
        Self::of(paths.iter().map(|path| std::fs::read(path).unwrap()))
    }

    pub(crate) fn of(mails: impl Iterator<Item = Vec<u8>>) -> Self {
        let mut arrivals = Self::default();
        for mail in mails {
            let text = String::from_utf8_lossy(&mail);
            let id = text.lines().find_map(|line| line.strip_prefix("Message-ID: <")).unwrap();
            *arrivals.times.entry(id.trim_end().trim_end_matches('>').to_owned()).or_default() += 1;
        }
        arrivals
    }

    pub(crate) fn repeated(&self) -> usize {
        self.times.values().map(|times| times - 1).sum()
    }

    /// Fails unless every message of `database` arrived and no other, and none more often than kills
    /// (`fire`) and answers the server itself withheld (`unanswered`) explain.
    pub(crate) fn check(&self, database: &Path, fire: &Fire, unanswered: &BTreeMap<String, usize>) {
        let ids = Watched::open(database).message_ids();
        let lost: Vec<&String> = ids.iter().filter(|id| !self.times.contains_key(*id)).collect();
        assert!(lost.is_empty(), "{} of {} were lost: {lost:?}", lost.len(), ids.len());
        assert_eq!(self.times.len(), ids.len(), "a message nobody sent");
        for (id, times) in &self.times {
            let excuses = [&fire.under_way, unanswered].map(|it| it.get(id).copied().unwrap_or(0));
            let excused = 1 + excuses.iter().sum::<usize>();
            assert!(*times <= excused, "{id} arrived {times} times, {excused} can be explained");
        }
    }
}

struct Dice(u64);

impl Dice {
    fn below(&mut self, sides: usize) -> usize {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % sides
    }
}
