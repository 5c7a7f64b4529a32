//! `run` as systemd sees it, on its notify socket: ready, beating, reloading, stopping in order.

use std::fs::{self, File};
use std::net::{TcpListener, TcpStream};
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use command_fds::{CommandFdExt, FdMapping};
use std::io::{Read, Write};

use sanctionwatch::store::Store;

use crate::support::smtp::{Act, SmtpServer, Stage};
use crate::support::web::{Response, Web};

const PATIENCE: Duration = Duration::from_secs(60);
/// The limit the unit sets (`TimeoutStopSec`), less a margin.
const STOP_LIMIT: Duration = Duration::from_secs(60);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_service_says_when_it_is_ready_works_and_stops_in_order() {
    let web = newsroom().await;
    let house = House::new();
    house.source("feed", &web.url("/feed"));
    house.settings("");
    house.subscribe("ada@example.org");
    let mut service = house.start();
    assert!(service.hears("READY=1").contains("STATUS=1 sources"));
    service.wait_until(|| mails(&house.path("state")) == 1);

    // A second one keeps its hands off the database, and says why.
    let second = house.command(&["run"]).stderr(Stdio::piped()).output().unwrap();
    assert_eq!(second.status.code(), Some(2));
    let complaint = String::from_utf8_lossy(&second.stderr).into_owned();
    assert!(complaint.contains("another sanctionwatch is crawling"), "{complaint}");

    service.signal("TERM");
    service.hears("STOPPING=1");
    let status = service.ended();
    let log = house.log();
    assert!(status.success(), "{log}");
    assert!(log.contains("stopped") && !log.contains("ada@example.org"), "{log}");
    let outbox = house.store().outbox().await.unwrap();
    assert_eq!((outbox.sent, outbox.waiting), (1, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_watchdog_beats_only_while_the_database_can_be_written() {
    let web = newsroom().await;
    let house = House::new();
    house.source("feed", &web.url("/feed"));
    house.settings("");
    let mut command = house.command(&["run"]);
    command.env("WATCHDOG_USEC", "2000000");
    let mut service = house.start_with(command);
    service.hears("READY=1");
    // Until the first visit is over: then the crawl rests, and writes nothing.
    service.wait_until(|| web.asked("/article") == 1);
    let beat = service.hears("1 sources, next look ");
    assert!(beat.contains("WATCHDOG=1") && beat.contains("; no mail waits"), "{beat}");

    let other = rusqlite::Connection::open(house.path("state/sanctionwatch.db")).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let trouble = service.hears("the database cannot be written");
    assert!(!trouble.contains("WATCHDOG=1"), "{trouble}");
    let silent_since = Instant::now();
    while silent_since.elapsed() < Duration::from_secs(2) {
        let said = service.next().unwrap_or_default();
        assert!(!said.contains("WATCHDOG=1"), "the watchdog beats beside a stuck writer: {said}");
    }
    other.execute_batch("ROLLBACK").unwrap();
    service.hears("WATCHDOG=1");
    service.signal("TERM");
    assert!(service.ended().success());
    let log = house.log();
    assert_eq!(log.matches("the watchdog beats no more").count(), 1, "{log}");
    assert_eq!(log.matches("the watchdog beats again").count(), 1, "{log}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn settings_and_sources_are_read_anew_and_wrong_ones_change_nothing() {
    let web = newsroom().await;
    web.feed("/other", feed(&web.url("/another")));
    let house = House::new();
    house.source("feed", &web.url("/feed"));
    house.settings("");
    let mut service = house.start();
    service.hears("READY=1");
    service.wait_until(|| web.asked("/article") == 1);

    house.source("other", &web.url("/other"));
    let status = service.reload();
    assert!(status.contains("new settings are in force; 2 sources"), "{status}");
    service.wait_until(|| web.asked("/other") == 1);
    assert!(house.log().contains("added=\"int/other\""), "{}", house.log());

    // Mistakes in both places, and nothing changes: the source that is gone is still watched.
    fs::remove_file(house.path("selectors/int/other.toml")).unwrap();
    fs::write(house.path("selectors/int/third.toml"), "titel = \"A third\"\n").unwrap();
    house.settings("fetch.delai = \"1s\"\n");
    let status = service.reload();
    assert!(status.contains("the old settings stay in force: the new ones have 1 mistakes"));
    let log = house.log();
    assert!(log.contains("settings.toml:7:") && log.contains("did you mean"), "{log}");
    house.settings("");
    let status = service.reload();
    assert!(status.contains("the old settings stay in force"), "{status}");
    let log = house.log();
    assert!(log.contains("third.toml:1:") && !log.contains("removed=\"int/other\""), "{log}");

    // A source that is changed is looked at at once; what cannot be followed is said.
    fs::remove_file(house.path("selectors/int/third.toml")).unwrap();
    house.source("feed", &web.url("/other"));
    house.settings("[log]\nlevel = \"debug\"\n");
    let status = service.reload();
    assert!(status.contains("new settings are in force; 1 sources"), "{status}");
    service.wait_until(|| web.asked("/other") == 2);
    let log = house.log();
    assert!(log.contains("changed=\"int/feed\"") && log.contains("removed=\"int/other\""), "{log}");
    assert!(log.contains("followed only after a restart key=\"log.level\""), "{log}");
    service.signal("TERM");
    assert!(service.ended().success(), "{}", house.log());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stop_does_not_wait_for_slow_sites_and_mail_servers() {
    let web = newsroom().await;
    let drip =
        Response::page("application/rss+xml", "").drip(vec![b' '; 600], Duration::from_secs(1));
    // Another site: one in flight at a time goes to each.
    let slow = Web::start_on("127.0.0.2:0").await;
    slow.answer("/slow", drip);
    let smtp = SmtpServer::start().await;
    smtp.script([Act::Stall(Stage::Text)]);
    let house = House::new();
    house.source("feed", &web.url("/feed"));
    house.source("slow", &slow.url("/slow"));
    let mail = format!(
        "[mail]\nbackend = \"smtp\"\nfrom = \"watch@example.org\"\n[mail.smtp]\nhost = \"127.0.0.1\"\nport = {}\nsecurity = \"none\"\n",
        smtp.port
    );
    house.settings(&mail);
    house.subscribe("ada@example.org");
    let mut service = house.start();
    service.hears("READY=1");
    service.wait_until(|| slow.asked("/slow") == 1 && smtp.received().len() == 1);
    let asked = Instant::now();
    service.signal("TERM");
    service.hears("STOPPING=1");
    let status = service.ended();
    assert!(status.success(), "{}", house.log());
    assert!(asked.elapsed() < STOP_LIMIT, "stopping took {:?}", asked.elapsed());
    // What was cut off is not lost.
    let store = house.store();
    assert_eq!(store.waiting().await.unwrap().count, 1);
    let _lock = store.lock_crawl().await.unwrap();
    let due = store.source_states().await.unwrap();
    let slow = due.iter().find(|state| state.id.0 == "int/slow").unwrap();
    assert!(slow.last_success.is_none() && slow.failures == 0, "{slow:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_socket_from_systemd_takes_the_place_of_our_own() {
    let web = newsroom().await;
    let house = House::new();
    house.source("feed", &web.url("/feed"));
    let socket = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = socket.local_addr().unwrap();
    // An address nobody can listen on, since it is taken.
    let listen = format!("[web]\nlisten = \"{address}\"\npublic_url = \"http://{address}\"\n");
    house.settings(&listen);
    // The shell knows the process number that exec keeps.
    let mut command = Command::new("sh");
    command
        .args(["-c", "LISTEN_PID=$$ exec \"$@\"", "sh", env!("CARGO_BIN_EXE_sanctionwatch"), "run"])
        .arg("--config")
        .arg(house.path("settings.toml"))
        .env("LISTEN_FDS", "1")
        .fd_mappings(vec![FdMapping { parent_fd: socket.into(), child_fd: 3 }])
        .unwrap();
    let mut service = house.start_with(command);
    service.hears("READY=1");
    assert!(answer(address).starts_with("HTTP/1.1 404"), "{}", answer(address));
    assert!(service.reload().contains("new settings are in force"));
    assert!(answer(address).starts_with("HTTP/1.1 404"), "{}", answer(address));
    service.signal("TERM");
    assert!(service.ended().success(), "{}", house.log());
}

/// What the web port says to somebody without a subscription.
fn answer(address: std::net::SocketAddr) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    write!(stream, "GET /websub/nobody HTTP/1.1\r\nhost: here\r\nconnection: close\r\n\r\n")
        .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

/// A feed with one article about sanctions.
async fn newsroom() -> Web {
    let web = Web::start().await;
    web.feed("/feed", feed(&web.url("/article")));
    web.page(
        "/article",
        "text/html",
        "<html lang=en><head><title>EU adds banks to its sanctions list</title></head><body><article>\
         <h1>EU adds banks to its sanctions list</h1><p>The Council of the European Union imposed \
         restrictive measures on four banks on Monday and ordered an asset freeze, saying they had \
         helped to circumvent the sanctions against the government.</p><p>The banks have two months \
         to appeal, and their clients were told to move their savings by the end of May.</p></article>\
         </body></html>",
    );
    web
}

fn feed(article: &str) -> String {
    format!(
        "<rss version=\"2.0\"><channel><title>t</title><item><title>EU adds banks to its sanctions \
         list</title><link>{article}</link></item></channel></rss>"
    )
}

/// A folder with settings, sources and state of one service.
struct House {
    folder: tempfile::TempDir,
}

impl House {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    fn path(&self, inside: &str) -> PathBuf {
        self.folder.path().join(inside)
    }

    /// Writes the settings: what every test needs, then `more`.
    fn settings(&self, more: &str) {
        let first = "state = \"state\"\n\
             fetch.delay = \"0s\"\nfetch.allow_private = [\"127.0.0.0/8\"]\n\
             crawl.selectors = \"selectors\"\ncrawl.catalogue = false\nlists.sync = false\n";
        fs::write(self.path("settings.toml"), format!("{first}{more}")).unwrap();
    }

    /// Writes the file of a source that reads the feed at `url`.
    fn source(&self, name: &str, url: &str) {
        let folder = self.path("selectors/int");
        fs::create_dir_all(&folder).unwrap();
        let source = format!(
            "title = \"A feed\"\nkind = \"news\"\ncountry = \"int\"\nlanguage = \"en\"\n\
             [[listing]]\nkind = \"feed\"\nurl = \"{url}\"\n[expectation]\ndated = false\n"
        );
        fs::write(folder.join(format!("{name}.toml")), source).unwrap();
    }

    fn subscribe(&self, email: &str) {
        assert!(self.command(&["subscriber", "add", email]).status().unwrap().success());
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_sanctionwatch"));
        command.args(arguments).arg("--config").arg(self.path("settings.toml"));
        command.stdout(Stdio::null());
        command
    }

    fn start(&self) -> Service {
        self.start_with(self.command(&["run"]))
    }

    fn start_with(&self, mut command: Command) -> Service {
        let socket = UnixDatagram::bind(self.path("notify")).unwrap();
        let child = command
            .env("NOTIFY_SOCKET", self.path("notify"))
            .stdout(Stdio::null())
            .stderr(File::create(self.path("log")).unwrap())
            .spawn()
            .unwrap();
        Service { child, socket, log: self.path("log") }
    }

    fn log(&self) -> String {
        fs::read_to_string(self.path("log")).unwrap()
    }

    fn store(&self) -> Store {
        Store::open(&self.path("state/sanctionwatch.db")).unwrap()
    }
}

/// A running service, and what it tells its manager.
struct Service {
    child: Child,
    socket: UnixDatagram,
    log: PathBuf,
}

impl Service {
    /// The next message, if one comes within a second.
    fn next(&self) -> Option<String> {
        self.socket.set_read_timeout(Some(Duration::from_secs(1))).unwrap();
        let mut buffer = [0; 4096];
        let length = self.socket.recv(&mut buffer).ok()?;
        Some(String::from_utf8_lossy(&buffer[..length]).into_owned())
    }

    /// Waits for a message with this in it, and gives it whole.
    fn hears(&mut self, part: &str) -> String {
        let start = Instant::now();
        loop {
            if let Some(said) = self.next().filter(|said| said.contains(part)) {
                return said;
            }
            let log = fs::read_to_string(&self.log).unwrap();
            assert!(start.elapsed() < PATIENCE, "no {part} came:\n{log}");
        }
    }

    fn signal(&self, name: &str) {
        let process = self.child.id().to_string();
        let sent = Command::new("kill").args([format!("-{name}"), process]).status().unwrap();
        assert!(sent.success());
    }

    /// Has the settings read anew; gives what it says when that is over.
    fn reload(&mut self) -> String {
        self.signal("HUP");
        let reloading = self.hears("RELOADING=1");
        let since_start = reloading.split("MONOTONIC_USEC=").nth(1).unwrap();
        assert!(0 < since_start.trim().parse::<u64>().unwrap(), "{reloading}");
        self.hears("READY=1")
    }

    fn wait_until(&mut self, done: impl Fn() -> bool) {
        let start = Instant::now();
        while !done() {
            let log = || fs::read_to_string(&self.log).unwrap();
            assert!(self.child.try_wait().unwrap().is_none(), "it ended early:\n{}", log());
            assert!(start.elapsed() < PATIENCE, "it does not come to an end with it:\n{}", log());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    fn ended(&mut self) -> ExitStatus {
        self.child.wait().unwrap()
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        // Ended already, unless the test failed.
        self.child.kill().unwrap_or_default();
        self.child.wait().unwrap();
    }
}

fn mails(folder: &Path) -> usize {
    let Ok(entries) = fs::read_dir(folder) else { return 0 };
    entries
        .map(|entry| entry.unwrap().path())
        .map(|path| match path.is_dir() {
            true => mails(&path),
            false => usize::from(path.extension().is_some_and(|ending| ending == "eml")),
        })
        .sum()
}
