//! The fault drill: what can happen to a service in years, happening. Each time it goes on by itself,
//! nothing is lost, and somebody is told what it was.

use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use chrono::TimeDelta;
use rusqlite::Connection;
use rustix::process::{Pid, Resource, Rlimit, prlimit};
use sanctionwatch::fetch::Names;
use sanctionwatch::jobs::tell_operator::Caretaker;
use sanctionwatch::mail::Mailer;
use sanctionwatch::mail::settings::{Backend, Security, Settings, Smtp};
use sanctionwatch::model::source::{ListingKind, Source};
use sanctionwatch::store::{Store, killed_run};

use crate::crash::article;
use crate::crawl::{World, page, source};
use crate::support::web::Web;
use crate::upkeep::{Desk, caretaker, notices};

const PATIENCE: Duration = Duration::from_secs(90);

/// A running `sanctionwatch run` with a source that is looked at every second.
struct Drill {
    folder: tempfile::TempDir,
    web: Web,
    published: usize,
    service: Option<Child>,
    log: Arc<Mutex<String>>,
}

impl Drill {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let web = Web::start().await;
        let selectors = folder.path().join("selectors/int");
        fs::create_dir_all(&selectors).unwrap();
        let source = format!(
            "title = \"A feed\"\nkind = \"news\"\ncountry = \"int\"\nlanguage = \"en\"\n\
             schedule = {{ cron = \"* * * * * *\", zone = \"UTC\" }}\n\
             [[listing]]\nkind = \"feed\"\nurl = \"{}\"\n[expectation]\ndated = false\n",
            web.url("/feed")
        );
        fs::write(selectors.join("feed.toml"), source).unwrap();
        let settings = "state = \"state\"\n\
             [fetch]\ndelay = \"0s\"\nallow_private = [\"127.0.0.1\"]\ncontact = \"me@example.org\"\n\
             [crawl]\nselectors = \"selectors\"\ncatalogue = false\n\
             [lists]\nsync = false\n\
             [operator]\nemail = \"ops@example.org\"\ndisk_free = \"1 B\"\n\
             [log]\nlevel = \"trace\"\nformat = \"json\"\n";
        fs::write(folder.path().join("settings.toml"), settings).unwrap();
        let drill =
            Self { folder, web, published: 0, service: None, log: Arc::new(Mutex::default()) };
        let added = drill.command(&["subscriber", "add", "ada@example.org"]).status().unwrap();
        assert!(added.success());
        drill
    }

    fn command(&self, arguments: &[&str]) -> Command {
        // What a full disk does to a write, a limit on the size of files does, too; without this it
        // would also send a signal that kills.
        let mut command = Command::new("bash");
        command
            .args(["-c", "trap '' XFSZ; exec \"$0\" \"$@\"", env!("CARGO_BIN_EXE_sanctionwatch")])
            .args(arguments)
            .arg("--config")
            .arg(self.folder.path().join("settings.toml"))
            .env_remove("RUST_LOG")
            .stdout(Stdio::null());
        command
    }

    fn start(&mut self) {
        let mut service = self.command(&["run"]).stderr(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(service.stderr.take().unwrap()).lines();
        let log = Arc::clone(&self.log);
        std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                let mut log = log.lock().unwrap();
                log.push_str(&line);
                log.push('\n');
            }
        });
        self.service = Some(service);
    }

    /// `check`, after a line of shell, finds an error and says these words.
    fn check(&self, before: &str, words: &[&str]) {
        check(before, &self.folder.path().join("settings.toml"), &["--offline"], words);
    }

    /// Limits the size of every file the service writes; none lifts the limit.
    fn limit_files(&self, bytes: Option<u64>) {
        let pid = Pid::from_child(self.service.as_ref().unwrap());
        let limit = Rlimit { current: bytes, maximum: None };
        prlimit(Some(pid), Resource::Fsize, limit).unwrap();
    }

    /// Publishes so many further articles about sanctions.
    fn publish(&mut self, count: usize) {
        for _ in 0..count {
            let number = self.published;
            // Every third of these is about sanctions, each an event of its own.
            let (title, text) = article(1, number * 3);
            let page = format!(
                "<html lang=en><head><title>{title}</title></head><body><article><h1>{title}</h1>\
                 {text}</article></body></html>"
            );
            self.web.page(&format!("/{number}"), "text/html; charset=utf-8", page);
            self.published += 1;
        }
        let item = |number: usize| {
            format!(
                "<item><title>n{number}</title><link>{}</link></item>",
                self.web.url(&format!("/{number}"))
            )
        };
        let items: String = (0..self.published).map(item).collect();
        let feed = format!("<rss version=\"2.0\"><channel><title>t</title>{items}</channel></rss>");
        self.web.page("/feed", "application/rss+xml", feed);
    }

    fn database(&self) -> PathBuf {
        self.folder.path().join("state/sanctionwatch.db")
    }

    fn mails(&self) -> BTreeSet<String> {
        let Ok(entries) = fs::read_dir(self.folder.path().join("state/mail")) else {
            return BTreeSet::new();
        };
        let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        names.filter(|name| name.starts_with("alert.")).collect()
    }

    fn log(&self) -> String {
        self.log.lock().unwrap().clone()
    }

    fn wait(&mut self, what: &str, done: impl Fn(&Self) -> bool) {
        let start = Instant::now();
        while !done(self) {
            let ended = self.service.as_mut().unwrap().try_wait().unwrap();
            assert!(ended.is_none(), "the service ended before {what}: {}", tail(&self.log()));
            assert!(start.elapsed() < PATIENCE, "no {what}: {}", tail(&self.log()));
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Drill {
    fn drop(&mut self) {
        if let Some(mut service) = self.service.take() {
            // A test that failed leaves it running.
            service.kill().ok();
            service.wait().ok();
        }
    }
}

fn check(before: &str, settings: &Path, arguments: &[&str], words: &[&str]) {
    let output = Command::new("bash")
        .args(["-c", &format!("{before}; exec \"$0\" check --config \"$@\"")])
        .arg(env!("CARGO_BIN_EXE_sanctionwatch"))
        .arg(settings)
        .args(arguments)
        // Where no server of names answers, that is soon known.
        .env("RES_OPTIONS", "timeout:1 attempts:1")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.code(), Some(2), "{said}");
    for word in words {
        assert!(
            said.lines().any(|line| line.starts_with("error") && line.contains(word)),
            "{said}"
        );
    }
}

fn tail(log: &str) -> String {
    let lines: Vec<&str> = log.lines().filter(|line| !line.contains("\"TRACE\"")).collect();
    lines[lines.len().saturating_sub(30)..].join("\n")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_a_lock_and_a_kill_stop_nothing_for_good() {
    let mut drill = Drill::new().await;
    drill.publish(1);
    drill.start();
    drill.wait("first mail", |drill| drill.mails().len() == 1);

    // The disk is full: no file takes a byte.
    drill.limit_files(Some(0));
    drill.publish(1);
    drill.wait("complaint about the disk", |drill| drill.log().contains("disk I/O error"));
    drill.check("trap '' XFSZ; ulimit -f 0", &["disk I/O error", "make room on the disk"]);
    drill.limit_files(None);
    drill.wait("mail after the disk has room again", |drill| drill.mails().len() == 2);

    // Another program holds the database.
    let other = Connection::open(drill.database()).unwrap();
    other.busy_timeout(Duration::from_secs(20)).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    drill.publish(1);
    drill.wait("complaint about the lock", |drill| drill.log().contains("database is locked"));
    drill.check(":", &["database is locked", "see who holds it"]);
    other.execute_batch("ROLLBACK").unwrap();
    drop(other);
    drill.wait("mail after the lock is gone", |drill| drill.mails().len() == 3);

    // A kill in the middle of the work.
    drill.publish(20);
    drill.wait("mails under way", |drill| 4 <= drill.mails().len());
    let mut service = drill.service.take().unwrap();
    service.kill().unwrap();
    service.wait().unwrap();
    drill.check(":", &["was killed, and none runs now", "systemctl start"]);
    drill.start();
    drill.wait("all mails", |drill| drill.mails().len() == 23);
    let known = Store::open(&drill.database()).unwrap().troubles().await.unwrap();
    let titles: Vec<String> = known.iter().map(|known| known.trouble.title()).collect();
    assert!(titles.contains(&"the service was killed".to_owned()), "{titles:?}");

    let mut service = drill.service.take().unwrap();
    assert!(Command::new("kill").arg(service.id().to_string()).status().unwrap().success());
    assert!(service.wait().unwrap().success(), "{}", tail(&drill.log()));
    let store = Store::open(&drill.database()).unwrap();
    let outbox = store.outbox().await.unwrap();
    assert_eq!((outbox.sent, outbox.waiting, outbox.failed), (23, 0, 0));
    assert_eq!(store.integrity().await.unwrap(), Vec::<String>::new());
    no_secret_is_logged(&drill.log(), &drill.database());
}

/// Neither an address nor anything that opens a door stands in the log of a whole run, down to the
/// least important line.
fn no_secret_is_logged(log: &str, database: &Path) {
    assert!(50 < log.lines().count(), "this is not the whole log: {log}");
    for address in ["ada@example.org", "ops@example.org"] {
        assert!(!log.contains(address), "{address} is in the log");
    }
    let connection = Connection::open(database).unwrap();
    let mut columns = connection
        .prepare(
            "SELECT m.name, c.name FROM sqlite_schema AS m JOIN pragma_table_info(m.name) AS c
             WHERE m.type = 'table' AND (c.name LIKE '%token%' OR c.name LIKE '%secret%')",
        )
        .unwrap();
    let columns: Vec<(String, String)> = columns
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))
        .unwrap()
        .map(Result::unwrap)
        .collect();
    assert!(!columns.is_empty());
    for (table, column) in columns {
        let mut values = connection
            .prepare(&format!("SELECT {column} FROM {table} WHERE length({column}) > 7"))
            .unwrap();
        let values = values.query_map([], |row| row.get::<_, String>(0)).unwrap();
        for value in values.map(Result::unwrap) {
            assert!(!log.contains(&value), "a {column} of {table} is in the log");
        }
    }
}

/// What nobody could write down while it lasted is told once it is over.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_was_locked_is_told_of_once() {
    let world = World::new().await;
    let caretaker = caretaker(&world);
    let store = &world.crawler.store;
    let other = Connection::open(store.path()).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let refused = store.beat(world.clock.now()).await.unwrap_err();
    assert!(refused.to_string().contains("locked"), "{refused}");
    other.execute_batch("ROLLBACK").unwrap();
    told_of_once(&world, &caretaker, "the database could not be written").await;
}

/// The same where the disk has no room. This program, started again with a limit on the size of
/// files, is what meets it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_disk_that_was_full_is_told_of_once() {
    const LIMITED: &str = "SANCTIONWATCH_TEST_LIMITED";
    if std::env::var_os(LIMITED).is_none() {
        let name = "faults::a_disk_that_was_full_is_told_of_once";
        let run = Command::new("bash")
            .args(["-c", "trap '' XFSZ; exec \"$0\" --exact \"$1\""])
            .arg(std::env::current_exe().unwrap())
            .arg(name)
            .env(LIMITED, "1")
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&run.stdout);
        return assert!(run.status.success() && said.contains("1 passed"), "{said}");
    }
    let world = World::new().await;
    let caretaker = caretaker(&world);
    let store = &world.crawler.store;
    let limit =
        |current| prlimit(None, Resource::Fsize, Rlimit { current, maximum: None }).unwrap();
    limit(Some(0));
    let refused = store.beat(world.clock.now()).await.unwrap_err();
    assert!(refused.to_string().contains("disk I/O error"), "{refused}");
    caretaker.look(None).await.unwrap_err();
    limit(None);
    told_of_once(&world, &caretaker, "the database could not be written").await;
}

#[tokio::test]
async fn a_kill_is_told_of_once() {
    let world = World::new().await;
    let store = &world.crawler.store;
    let began = world.clock.now();
    let mut killed = store.lock_crawl().await.unwrap();
    assert_eq!(killed.begin_run(began).unwrap(), None);
    assert_eq!(killed_run(store.path()), None, "it runs");
    drop(killed);
    assert_eq!(killed_run(store.path()), Some(began));
    let mut next = store.lock_crawl().await.unwrap();
    assert_eq!(next.begin_run(began).unwrap(), Some(began));
    let caretaker = caretaker(&world);
    caretaker.look_after_kill(began).await.unwrap();
    told_of_once(&world, &caretaker, "the service was killed").await;
    next.end_run().unwrap();
    drop(next);
    assert_eq!(killed_run(store.path()), None, "it came to its end");
}

async fn told_of_once(world: &World, caretaker: &Caretaker, what: &str) {
    for _ in 0..30 {
        world.clock.advance(TimeDelta::minutes(5));
        caretaker.look(None).await.unwrap();
    }
    assert_eq!(notices(world), [format!("sanctionwatch needs a hand: {what}")]);
}

#[tokio::test]
async fn a_clock_that_jumps_forward_and_back_holds_up_nothing() {
    let mut desk = Desk::new().await;
    desk.publish("Alfen", true);
    desk.crawl().await;
    desk.send().await;
    // By the wrong time a look is planned, and a mail is put off.
    let century = TimeDelta::days(36_525);
    desk.world.clock.advance(century);
    desk.publish("Brodt", true);
    desk.crawl().await;
    // Nobody takes it for news of a hundred years ago, neither then nor when it is asked later.
    let store = &desk.world.crawler.store;
    let alert_age = desk.world.crawler.settings.alert_age;
    let subject = store.subject(2).await.unwrap().unwrap();
    assert!(!subject.was_old(alert_age), "{subject:?}");
    desk.world.clock.advance(-century);
    // To this machine's clock, too, what was written then is of the future.
    let settings = desk.world.folder().join("settings.toml");
    let database = desk.world.crawler.store.path().display();
    fs::write(&settings, format!("state = \"state\"\ndatabase = \"{database}\"\n")).unwrap();
    check(":", &settings, &["--offline"], &["but the database was written at", "timedatectl"]);
    let caretaker = caretaker(&desk.world);
    for jump in [Some(century), Some(-century), None, None] {
        caretaker.look(jump).await.unwrap();
        desk.world.clock.advance(TimeDelta::minutes(5));
    }
    assert_eq!(notices(&desk.world), ["sanctionwatch needs a hand: the clock jumped"]);

    desk.publish("Cirrus", true);
    let crawler = desk.world.crawler.clone();
    let sources = [Arc::clone(&desk.source)];
    let crawling = async { crawler.crawl_when_due(&sources).await.unwrap() };
    let found = async {
        let start = Instant::now();
        while desk.world.articles().await.len() < 3 {
            assert!(start.elapsed() < PATIENCE, "the source waits for next year");
            tokio::task::yield_now().await;
        }
        desk.world.crawler.stop.cancel();
    };
    tokio::join!(crawling, found);
    desk.send().await;
    let sent = desk.sent();
    assert_eq!(sent.len(), 3 + 1, "three alerts and a notice: {sent:?}");
    assert!(sent.values().all(|times| *times == 1), "{sent:?}");
}

#[tokio::test]
async fn names_that_are_not_found_blame_nobody_and_are_told_of_once() {
    let address = Arc::new(Mutex::new(None));
    let names = {
        let address = Arc::clone(&address);
        Names::Table(Arc::new(move |_| address.lock().unwrap().map(|address| vec![address])))
    };
    let world = World::with_names(names).await;
    let open = async || {
        let web = Web::start().await;
        web.feed(
            "/feed",
            "<rss version=\"2.0\"><channel><title>t</title><item><title>a</title>\
             <link>http://site-0.example/a</link></item></channel></rss>",
        )
        .page("/a", "text/html", page("Calvenna Shipping"));
        *address.lock().unwrap() = Some(web.address());
        web
    };
    let web = open().await;
    let feed = |n: usize| {
        source(&format!("s{n}"), ListingKind::Feed, format!("http://site-{n}.example/feed"))
    };
    let sources: Vec<Arc<Source>> = (0..5).map(feed).collect();
    let mut caretaker = caretaker(&world);
    // Nobody sends mails here.
    caretaker.bounds.mail_waits = TimeDelta::days(365);
    let store = &world.crawler.store;
    world.crawl(&sources).await;
    store.watch_only(sources.iter().map(|source| source.id.0.clone()).collect()).await.unwrap();
    // Connections that were kept open end with the server: every look needs a name from now on.
    *address.lock().unwrap() = None;
    drop(web);
    for _ in 0..24 {
        world.clock.advance(TimeDelta::minutes(30));
        world.crawl(&sources).await;
        caretaker.look(None).await.unwrap();
    }
    assert_eq!(notices(&world), ["sanctionwatch needs a hand: the network is down"]);
    let settings = world.folder().join("settings.toml");
    let selectors = world.folder().join("selectors/int");
    fs::create_dir_all(&selectors).unwrap();
    fs::write(
        &settings,
        "state = \"state\"\n[crawl]\nselectors = \"selectors\"\ncatalogue = false\n",
    )
    .unwrap();
    let source = "title = \"A feed\"\nkind = \"news\"\ncountry = \"int\"\nlanguage = \"en\"\n\
                  [[listing]]\nkind = \"feed\"\nurl = \"https://nobody.invalid/feed\"\n[expectation]\ndated = false\n";
    fs::write(selectors.join("feed.toml"), source).unwrap();
    check(":", &settings, &[], &["DNS does not work on this machine", "/etc/resolv.conf"]);
    let _web = open().await;
    for _ in 0..4 {
        world.clock.advance(TimeDelta::minutes(30));
        world.crawl(&sources).await;
        caretaker.look(None).await.unwrap();
    }
    let told = notices(&world);
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(told[1].contains("is well again: the network is down"), "{told:?}");
    let states = store.source_states().await.unwrap();
    assert!(states.iter().all(|state| state.failures == 0), "{states:?}");
}

#[tokio::test]
async fn a_mail_server_that_is_down_for_a_day_loses_nothing_and_is_told_of_once() {
    let mut desk = Desk::new().await;
    for name in ["Alfen", "Brodt", "Cirrus"] {
        desk.publish(name, true);
    }
    desk.crawl().await;
    // Nobody listens at a port that was just given back.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let mut smtp = Smtp::new("127.0.0.1");
    (smtp.port, smtp.security) = (Some(port), Security::None);
    let sender = "alerts@example.org".parse().unwrap();
    let down = Mailer::new(&Settings::new(Backend::Smtp(smtp), sender)).unwrap();
    let caretaker = caretaker(&desk.world);
    for _ in 0..24 * 12 {
        assert_eq!(desk.send_by(&down).await.sent, 0);
        caretaker.look(None).await.unwrap();
        desk.world.clock.advance(TimeDelta::minutes(5));
    }
    assert_eq!(notices(&desk.world), ["sanctionwatch needs a hand: mails wait"]);

    // `check` logs in, and says why it cannot.
    let folder = tempfile::tempdir().unwrap();
    let settings = folder.path().join("settings.toml");
    fs::write(
        &settings,
        format!(
            "state = \"state\"\n[fetch]\nproxy = \"http://127.0.0.1:9\"\n\
             [mail]\nbackend = \"smtp\"\nfrom = \"alerts@example.org\"\n\
             [mail.smtp]\nhost = \"127.0.0.1\"\nport = {port}\nsecurity = \"none\"\n"
        ),
    )
    .unwrap();
    check(":", &settings, &[], &[&format!("127.0.0.1:{port}"), "refused"]);

    // The server is back. A delivery put off waits at most six hours more.
    for _ in 0..8 * 12 {
        desk.send().await;
        caretaker.look(None).await.unwrap();
        desk.world.clock.advance(TimeDelta::minutes(5));
    }
    let told = notices(&desk.world);
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(told[1].contains("is well again: mails wait"), "{told:?}");
    let sent = desk.sent();
    assert_eq!(sent.len(), 3 + 2, "{sent:?}");
    assert!(sent.values().all(|times| *times == 1), "{sent:?}");
}
