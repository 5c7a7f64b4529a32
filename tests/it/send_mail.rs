//! That every message arrives, and arrives once: the outbox, the job and a server with moods.

use std::collections::BTreeMap;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;
use std::{env, fs};

use chrono::TimeDelta;
use mail_parser::MessageParser;
use rusqlite::{Connection, OpenFlags};
use sanctionwatch::clock::Clock;
use sanctionwatch::jobs::send_mail::{self, Round};
use sanctionwatch::mail::Mailer;
use sanctionwatch::mail::settings::{Backend, Pace, Security, Settings, Smtp};
use sanctionwatch::store::{Outbox, Store};
use tokio::net::TcpStream;
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

use crate::support::alerts::{SAMPLES, email, now, sample, sender};
use crate::support::outbox::tell;
use crate::support::smtp::{Act, Certificate, Plan, Received, SmtpServer, Stage};

/// A database with readers, and articles that are to be told to them.
pub(crate) struct Office {
    pub(crate) folder: tempfile::TempDir,
    pub(crate) store: Store,
    pub(crate) clock: Clock,
    pub(crate) stop: CancellationToken,
}

impl Office {
    pub(crate) async fn open(readers: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("store.db")).unwrap();
        let source = sample("official").1.id;
        store.register_sources(vec![source], now()).await.unwrap();
        for reader in readers {
            store.add_subscriber(email(reader), "Réader".to_owned(), now()).await.unwrap();
        }
        Self { folder, store, clock: Clock::fixed(now()), stop: CancellationToken::new() }
    }

    /// Stores an article, which puts one message per reader into the outbox.
    pub(crate) async fn tell(&self, name: &str, number: usize) {
        tell(&self.store, name, number, self.clock.now()).await;
    }

    /// With four mails at once, all of them to one domain if need be.
    pub(crate) async fn send(&self, smtp: Smtp) -> Round {
        let pace = Pace { at_once: 4, domain_at_once: 4, ..Pace::default() };
        let mailer =
            Mailer::new(&Settings { pace, ..Settings::new(Backend::Smtp(smtp), sender()) });
        let mailer = mailer.unwrap();
        send_mail::send_due(&self.store, &mailer, &self.clock, &self.stop).await.unwrap()
    }

    pub(crate) async fn outbox(&self) -> Outbox {
        self.store.outbox().await.unwrap()
    }

    /// The database, to look at.
    pub(crate) fn database(&self) -> Connection {
        let path = self.folder.path().join("store.db");
        Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap()
    }

    /// What servers said of each delivery, in the order they were queued.
    pub(crate) fn replies(&self) -> Vec<String> {
        let database = self.database();
        let mut statement =
            database.prepare("SELECT coalesce(reply, '') FROM delivery ORDER BY id").unwrap();
        statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
    }
}

pub(crate) fn sent(sent: usize) -> Round {
    Round { sent, ..Round::default() }
}

fn message_id(received: &Received) -> String {
    let parsed = MessageParser::default().parse(&received.data).unwrap();
    parsed.message_id().unwrap().to_owned()
}

/// How often each message was taken.
fn taken(server: &SmtpServer) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for received in server.received().iter().filter(|received| received.accepted) {
        *counts.entry(message_id(received)).or_default() += 1;
    }
    counts
}

#[tokio::test]
async fn what_is_accepted_is_sent_once() {
    let server = SmtpServer::start().await;
    let office = Office::open(&["anna@example.org", "ben@example.com"]).await;
    for (number, name) in SAMPLES.iter().enumerate() {
        office.tell(name, number).await;
    }
    let all = 2 * SAMPLES.len();
    assert_eq!(office.send(server.settings()).await, sent(all));
    office.clock.advance(TimeDelta::days(30));
    assert_eq!(office.send(server.settings()).await, sent(0));
    let taken = taken(&server);
    assert_eq!(taken.len(), all);
    assert!(taken.values().all(|times| *times == 1));
    assert!(server.connections() <= 4, "{}", server.connections());
    assert_eq!(office.outbox().await.sent, all);
    assert!(office.replies().iter().all(|reply| reply == "250 2.0.0 queued as TEST1"));
}

#[tokio::test]
async fn a_message_put_off_comes_later() {
    let server = SmtpServer::start().await;
    let office = Office::open(&["anna@example.org"]).await;
    office.tell("russian", 1).await;
    let busy = [
        Act::Say(Stage::Rcpt, "450 4.2.1 <anna@example.org> is busy"),
        Act::Say(Stage::Text, "452 4.2.2 mailbox full"),
        Act::HangUp(Stage::Mail),
    ];
    server.script(busy);
    // Each gap is longer than the one before: half of it is never enough.
    for (too_early, then) in [(0, 1), (30, 40), (2 * 60, 4 * 60)] {
        office.clock.advance(TimeDelta::seconds(too_early));
        if too_early > 0 {
            assert_eq!(office.send(server.settings()).await, Round::default());
        }
        office.clock.advance(TimeDelta::seconds(then));
        let round = office.send(server.settings()).await;
        assert_eq!(round, Round { later: 1, ..Round::default() });
    }
    assert_eq!(office.replies(), ["response error: incomplete response"]);
    office.clock.advance(TimeDelta::minutes(20));
    assert_eq!(office.send(server.settings()).await, sent(1));
    assert_eq!(taken(&server).into_values().collect::<Vec<_>>(), [1]);
}

#[tokio::test]
async fn a_refusal_is_recorded_and_not_tried_again() {
    let server = SmtpServer::start().await;
    let office = Office::open(&["gone@example.org", "here@example.org"]).await;
    office.tell("russian", 1).await;
    server
        .script_for("gone@example.org", [Act::Say(Stage::Rcpt, "550 5.1.1 gone@example.org who?")]);
    let round = office.send(server.settings()).await;
    assert_eq!(round, Round { sent: 1, failed: 1, ..Round::default() });
    assert_eq!(office.replies(), ["550 5.1.1 g…@example.org who?", "250 2.0.0 queued as TEST1"]);
    office.clock.advance(TimeDelta::days(30));
    assert_eq!(office.send(server.settings()).await, sent(0));
    let Outbox { waiting, sent, failed, .. } = office.outbox().await;
    assert_eq!((waiting, sent, failed), (0, 1, 1));
}

#[tokio::test]
async fn mail_waits_while_the_server_is_away() {
    let office = Office::open(&["anna@example.org"]).await;
    for number in 0..10 {
        office.tell("russian", number).await;
    }
    let away = Smtp { port: Some(free_port()), security: Security::None, ..Smtp::new("127.0.0.1") };
    let round = office.send(away.clone()).await;
    assert_eq!((round.sent, round.later, round.failed), (0, 4, 0), "the others are spared");
    let reason = round.down.unwrap();
    assert!(reason.contains("refused"), "{reason}");
    office.clock.advance(TimeDelta::minutes(2));
    let server = SmtpServer::start().await;
    assert_eq!(office.send(server.settings()).await, sent(10));
    assert_eq!(taken(&server).len(), 10);
}

#[tokio::test]
async fn a_message_nobody_takes_is_given_up_after_days() {
    let office = Office::open(&["anna@example.org"]).await;
    office.tell("russian", 1).await;
    let away = Smtp { port: Some(free_port()), security: Security::None, ..Smtp::new("127.0.0.1") };
    let mut rounds = 0;
    while office.outbox().await.waiting > 0 {
        let round = office.send(away.clone()).await;
        assert!(round.later + round.failed <= 1 && rounds < 100);
        rounds += 1;
        office.clock.advance(TimeDelta::hours(7));
    }
    assert_eq!(office.outbox().await.failed, 1);
    let replies = office.replies();
    assert!(
        replies[0].starts_with("given up after 2") && replies[0].contains("refused"),
        "{replies:?}"
    );
}

#[tokio::test]
async fn a_lost_answer_repeats_the_message_under_the_same_id() {
    let server = SmtpServer::start().await;
    let office = Office::open(&["anna@example.org"]).await;
    office.tell("russian", 1).await;
    server.script([Act::HangUp(Stage::Text)]);
    assert_eq!(office.send(server.settings()).await.later, 1);
    office.clock.advance(TimeDelta::minutes(2));
    assert_eq!(office.send(server.settings()).await, sent(1));
    let received = server.received();
    assert_eq!(received.len(), 2);
    assert_eq!(message_id(&received[0]), message_id(&received[1]));
    assert!(!received[0].accepted && received[1].accepted);
}

#[tokio::test]
async fn a_sender_killed_in_the_middle_loses_nothing() {
    let server = SmtpServer::start().await;
    let office = Office::open(&["anna@example.org"]).await;
    for number in 0..6 {
        office.tell("russian", number).await;
    }
    server.script([Act::Stall(Stage::Text)]);
    let mailer = Mailer::new(&Settings::new(Backend::Smtp(server.settings()), sender())).unwrap();
    let sending = send_mail::send_due(&office.store, &mailer, &office.clock, &office.stop);
    // All six texts are with the server; to one it never answers. Then the sender is gone.
    let killed = async { tokio::join!(server.received_at_least(6), office.five_sent()) };
    tokio::select! {
        _ = sending => panic!("the server never answers"),
        _ = killed => {}
    }
    assert_eq!(office.send(server.settings()).await, sent(0), "the lease still holds");
    office.clock.advance(TimeDelta::hours(1));
    assert_eq!(office.send(server.settings()).await, sent(1));
    let taken = taken(&server);
    assert_eq!(taken.len(), 6);
    assert!(taken.values().all(|times| *times == 1), "{taken:?}");
    assert_eq!(server.received().len(), 7);
}

impl Office {
    async fn five_sent(&self) {
        while self.outbox().await.sent < 5 {
            tokio::task::yield_now().await;
        }
    }
}

#[tokio::test]
async fn a_server_that_allows_few_connections_gets_no_more() {
    let server = SmtpServer::start().await;
    let office = Office::open(&["anna@example.org"]).await;
    for number in 0..20 {
        office.tell("russian", number).await;
    }
    server.script([
        Act::Say(Stage::Greeting, "421 4.7.0 too many connections"),
        Act::Say(Stage::Greeting, "421 4.7.0 too many connections"),
    ]);
    let round = office.send(server.settings()).await;
    assert_eq!(round, Round { sent: 18, later: 2, ..Round::default() });
    office.clock.advance(TimeDelta::minutes(2));
    assert_eq!(office.send(server.settings()).await, sent(2));
    assert_eq!(taken(&server).len(), 20);
}

#[tokio::test]
async fn a_stop_starts_nothing_new() {
    let server = SmtpServer::start().await;
    let office = Office::open(&["anna@example.org"]).await;
    office.tell("russian", 1).await;
    office.stop.cancel();
    assert_eq!(office.send(server.settings()).await, Round::default());
    assert_eq!(server.connections(), 0);
    assert_eq!(office.outbox().await.waiting, 1);
}

#[tokio::test]
async fn the_job_sends_what_comes_until_it_is_stopped() {
    let server = SmtpServer::start().await;
    let office = Office::open(&["anna@example.org"]).await;
    let mailer = Mailer::new(&Settings::new(Backend::Smtp(server.settings()), sender())).unwrap();
    let wake = Arc::new(Notify::new());
    let mut job = JoinSet::new();
    job.spawn(send_mail::run(
        office.store.clone(),
        mailer,
        office.clock.clone(),
        Arc::clone(&wake),
        office.stop.clone(),
    ));
    for number in 1..=3 {
        office.tell("russian", number).await;
        wake.notify_one();
        server.received_at_least(number).await;
    }
    office.stop.cancel();
    timeout(Duration::from_secs(10), job.join_next()).await.unwrap().unwrap().unwrap();
    assert_eq!(office.outbox().await.sent, 3);
}

#[tokio::test]
async fn many_messages_to_a_moody_server_arrive_once_each() {
    let server = SmtpServer::with(Plan::OPEN).await;
    let readers: Vec<String> =
        (0..25).map(|number| format!("reader{number}@example.org")).collect();
    let readers: Vec<&str> = readers.iter().map(String::as_str).collect();
    let office = Office::open(&readers).await;
    for number in 0..8 {
        office.tell(SAMPLES[number % SAMPLES.len()], number).await;
    }
    for (index, reader) in readers.iter().enumerate() {
        let act = match index % 5 {
            0 => Act::Say(Stage::Rcpt, "450 4.2.1 busy"),
            1 => Act::Say(Stage::Text, "451 4.3.0 later"),
            2 => Act::HangUp(Stage::Data),
            3 => Act::TakeAndHangUp,
            _ => Act::Say(Stage::Data, "452 4.3.1 full"),
        };
        server.script_for(reader, [act]);
    }
    for _ in 0..10 {
        office.send(server.settings()).await;
        office.clock.advance(TimeDelta::minutes(20));
    }
    let taken = taken(&server);
    assert_eq!(taken.len(), 200);
    assert!(taken.values().all(|times| *times == 1), "{taken:?}");
    assert_eq!(office.outbox().await.sent, 200);
}

/// OpenSMTPD, where one asks for it: it runs as root and uses the machine's own mail queue, so that
/// a test must not start it unasked. In plain: Debian 12 builds it with an OpenSSL it cannot use.
#[tokio::test]
async fn opensmtpd_delivers_our_mail() {
    if env::var_os("SANCTIONWATCH_TEST_OPENSMTPD").is_none() {
        println!("skipped: set SANCTIONWATCH_TEST_OPENSMTPD as root on a machine with opensmtpd");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let (port, mails) = (free_port(), folder.path().join("mails"));
    let mut program = opensmtpd(port, folder.path());
    program.listens(port).await;
    let office = Office::open(&["anna@example.org", "ben@bücher.example"]).await;
    for (number, name) in SAMPLES.iter().enumerate() {
        office.tell(name, number).await;
    }
    let there = Smtp { port: Some(port), security: Security::None, ..Smtp::new("127.0.0.1") };
    assert_eq!(office.send(there).await, sent(2 * SAMPLES.len()), "{:?}", office.replies());
    for reader in ["anna", "ben"] {
        // The server delivers a moment after it took them.
        let inbox = mails.join(reader).join("new");
        while fs::read_dir(&inbox).map_or(0, Iterator::count) < SAMPLES.len() {
            sleep(Duration::from_millis(20)).await;
        }
        for file in fs::read_dir(&inbox).unwrap() {
            let mail = fs::read(file.unwrap().path()).unwrap();
            let parsed = MessageParser::default().parse(&mail).unwrap();
            assert_eq!(parsed.to().unwrap().first().unwrap().name(), Some("Réader"));
            assert!(parsed.body_text(0).unwrap().contains("asked for sanctions alerts"));
        }
    }
}

/// Delivers whatever it is given into `folder/mails/<local part>`.
fn opensmtpd(port: u16, folder: &Path) -> Program {
    let shown = folder.display();
    let configuration = format!(
        "table all {{ \"@\" = \"nobody\" }}\n\
         listen on 127.0.0.1 port {port}\n\
         action \"keep\" maildir \"{shown}/mails/%{{rcpt.user}}\" virtual <all>\n\
         match from any for any action \"keep\"\n"
    );
    let path = folder.join("smtpd.conf");
    fs::write(&path, configuration).unwrap();
    fs::create_dir(folder.join("mails")).unwrap();
    let open = |path: &Path, mode| {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    };
    open(folder, 0o755);
    open(&folder.join("mails"), 0o777);
    let child = Command::new("smtpd").arg("-d").arg("-f").arg(path).stderr(Stdio::null()).spawn();
    Program(child.unwrap())
}

/// aiosmtpd over STARTTLS, where it is installed (`pip install aiosmtpd`): another language, another
/// TLS library.
#[tokio::test]
async fn aiosmtpd_takes_our_mail_over_starttls() {
    let folder = tempfile::tempdir().unwrap();
    Certificate::new().write_to(folder.path());
    let port = free_port();
    let Some(mut program) = aiosmtpd(port, folder.path()) else {
        println!("skipped: python3 with aiosmtpd is not installed");
        return;
    };
    program.listens(port).await;
    let office = Office::open(&["anna@example.org", "änna@example.org"]).await;
    for (number, name) in SAMPLES.iter().enumerate() {
        office.tell(name, number).await;
    }
    let trusted_ca = Some(folder.path().join("ca.pem"));
    let there = Smtp { port: Some(port), trusted_ca, ..Smtp::new("127.0.0.1") };
    let round = office.send(there).await;
    assert_eq!(round, sent(2 * SAMPLES.len()), "{:?}", office.replies());
    let strict =
        Command::new("python3").args(["-c", STRICT_PARSER]).current_dir(folder.path()).output();
    let said = strict.unwrap();
    assert_eq!(String::from_utf8_lossy(&said.stdout), format!("{}\n", SAMPLES.len()), "{said:?}");
    let mails: Vec<Vec<u8>> = fs::read_dir(folder.path().join("mails/new"))
        .unwrap()
        .map(|file| fs::read(file.unwrap().path()).unwrap())
        .collect();
    assert_eq!(mails.len(), 2 * SAMPLES.len());
    for mail in mails {
        let parsed = MessageParser::default().parse(&mail).unwrap();
        assert_eq!(parsed.to().unwrap().first().unwrap().name(), Some("Réader"));
        assert!(parsed.body_text(0).unwrap().contains("asked for sanctions alerts"));
        assert!(parsed.body_html(0).unwrap().trim_end().ends_with("</html>"));
    }
}

/// Python's mail parser, which here raises at the first thing that is not by the RFCs; prints how
/// many mails to an ASCII address it read.
const STRICT_PARSER: &str = "\
import email, email.policy, pathlib
read = 0
for path in pathlib.Path('mails/new').iterdir():
    mail = path.read_bytes()
    if not mail.isascii():
        continue
    message = email.message_from_bytes(mail, policy=email.policy.strict)
    for part in message.walk():
        assert not part.defects, part.defects
    for name, value in message.items():
        assert not getattr(value, 'defects', ()), (name, value.defects)
    # The subject ends with the article's title, after who did what where that is known.
    title = message['Subject'].split(': ')[-1]
    assert title and title[:8] in message.get_body(('plain',)).get_content(), title
    assert message.get_body(('html',)).get_content().strip().endswith('</html>')
    read += 1
print(read)
";

/// A child that ends with the test.
struct Program(std::process::Child);

impl Program {
    async fn listens(&mut self, port: u16) {
        while TcpStream::connect(("127.0.0.1", port)).await.is_err() {
            assert!(self.0.try_wait().unwrap().is_none(), "the mail server ended at once");
            sleep(Duration::from_millis(20)).await;
        }
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // It may have ended by itself.
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

fn aiosmtpd(port: u16, folder: &Path) -> Option<Program> {
    let known = Command::new("python3")
        .args(["-c", "import aiosmtpd"])
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success());
    let address = format!("127.0.0.1:{port}");
    known.then(|| {
        let child = Command::new("python3")
            .args(["-m", "aiosmtpd", "-n", "-u", "-l", &address, "--tlscert", "cert.pem"])
            .args(["--tlskey", "key.pem", "-c", "aiosmtpd.handlers.Mailbox", "mails"])
            .current_dir(folder)
            .spawn();
        Program(child.unwrap())
    })
}

/// A port nobody listens on: free a moment ago.
fn free_port() -> u16 {
    TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port()
}
