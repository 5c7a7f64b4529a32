//! What becomes of 10,000 mails to 500 domains, and how fast they go:
//! `cargo run --release --example measure_delivery [articles [domains [kills]]]`. Needs Postfix, and root
//! to start it (it runs with a queue of its own, on loopback).
//!
//! First the rate: this program's sender, and `smtp-source`, Postfix's own load generator, before the
//! same Postfix and before a sink that takes everything. Then the proof: the sender is killed with
//! SIGKILL 100 times at random before Postfix, and before a server that puts off, hangs up and withholds
//! answers; every message must arrive, and none more often than kills and withheld answers explain.

#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a figure is printed or there is none"
)]

#[expect(dead_code, reason = "the tests use more of it")]
#[path = "../tests/it/support"]
mod support {
    pub(crate) mod alerts;
    pub(crate) mod kills;
    pub(crate) mod outbox;
    pub(crate) mod postfix;
    pub(crate) mod smtp;
}

use std::collections::BTreeMap;
use std::env;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Instant;

use chrono::Utc;
use sanctionwatch::clock::Clock;
use sanctionwatch::jobs::send_mail;
use sanctionwatch::mail::Mailer;
use sanctionwatch::mail::settings::{Backend, Pace, Security, Settings, Smtp};
use sanctionwatch::store::Store;
use tokio_util::sync::CancellationToken;

use crate::support::alerts::{email, sample, sender};
use crate::support::kills::{Arrivals, Fire, send_under_fire};
use crate::support::outbox::tell;
use crate::support::postfix::Postfix;
use crate::support::smtp::{Act, SmtpServer, Stage};

/// Mails of alerts are about so long, in bytes.
const LENGTH: usize = 7_300;

/// How much is done; 10,000 messages to 500 domains and 100 kills unless told otherwise.
#[derive(Clone, Copy)]
struct Size {
    articles: usize,
    domains: usize,
    kills: usize,
}

impl Size {
    fn of(arguments: &[String]) -> Self {
        let number = |at: usize, usual: usize| {
            arguments.get(at).map_or(usual, |given| given.parse().expect("a number"))
        };
        Self { articles: number(0, 20), domains: number(1, 500), kills: number(2, 100) }
    }

    fn messages(self) -> usize {
        self.articles * self.domains
    }
}

fn main() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let arguments: Vec<String> = env::args().skip(1).collect();
    if let [word, database, port] = arguments.as_slice()
        && word == "--send"
    {
        return runtime.block_on(send_until_killed(Path::new(database), port.parse().unwrap()));
    }
    runtime.block_on(measure(Size::of(&arguments)));
}

async fn measure(size: Size) {
    let scratch = tempfile::tempdir().unwrap();
    let Some(postfix) = Postfix::start(9) else {
        println!("Postfix is not installed, or this is not run as root");
        return;
    };
    println!("{} messages to {} domains", size.messages(), size.domains);
    let sink = SmtpServer::start().await;
    // What Postfix was given is delivered before anything else is measured.
    let deliver = || drop(postfix.delivered());
    rates(scratch.path(), "Postfix", postfix.port, size, deliver).await;
    drop(postfix);
    rates(scratch.path(), "a sink", sink.port, size, || ()).await;
    drop(sink);
    println!(
        "listmonk 6, as documented: up to 10 messages/s for each of 10 workers, so 100 messages/s"
    );
    before_postfix(scratch.path(), size).await;
    before_a_faulty_server(scratch.path(), size).await;
}

/// Our sender, then Postfix's load generator with as many connections, before the same server.
async fn rates(scratch: &Path, server: &str, port: u16, size: Size, settle: impl Fn()) {
    let database = filled(scratch, server, size).await;
    let began = Instant::now();
    let round = send_all(&database, port).await;
    assert_eq!(round.sent, size.messages(), "{round:?}");
    told(&format!("the outbox to {server}"), began, size);
    settle();
    let to = format!("127.0.0.1:{port}");
    let (messages, connections) =
        (size.messages().to_string(), Pace::default().at_once.to_string());
    let began = Instant::now();
    let raw = Command::new("smtp-source")
        .args(["-s", &connections, "-m", &messages, "-l", &LENGTH.to_string(), "-d"])
        .args(["-f", "a@watch.example", "-t", "b@domain.example", &to])
        .status();
    assert!(raw.unwrap().success());
    told(&format!("smtp-source to {server}"), began, size);
    settle();
}

async fn before_postfix(scratch: &Path, size: Size) {
    let postfix = Postfix::start(9).unwrap();
    let database = filled(scratch, "kills before Postfix", size).await;
    let began = Instant::now();
    let fire = killed(&database, postfix.port, size).await;
    let arrivals = Arrivals::of_files(&postfix.delivered());
    arrivals.check(&database, &fire, &BTreeMap::new());
    report("Postfix", &fire, &arrivals, began, size);
}

async fn before_a_faulty_server(scratch: &Path, size: Size) {
    let faulty = SmtpServer::start().await;
    for number in 0..size.domains {
        faulty.script_for(&reader(number), moods(number));
    }
    let database = filled(scratch, "kills before a faulty server", size).await;
    let began = Instant::now();
    let fire = killed(&database, faulty.port, size).await;
    let received = faulty.received();
    // A mailbox has what came whole, whether the server said so or hung up.
    let arrivals = Arrivals::of(received.iter().map(|mail| mail.data.clone()));
    let unanswered = received.iter().filter(|mail| !mail.accepted);
    let unanswered = Arrivals::of(unanswered.map(|mail| mail.data.clone()));
    arrivals.check(&database, &fire, &unanswered.times);
    let withheld: usize = unanswered.times.values().sum();
    report(&format!("a server that withheld {withheld} answers"), &fire, &arrivals, began, size);
}

/// What the attempts for a reader meet, one after the other, before the server behaves. It refuses
/// nothing after the whole text has come, so that what came whole was either accepted or not answered.
fn moods(number: usize) -> Vec<Act> {
    match number % 6 {
        0 => vec![Act::HangUp(Stage::Text), Act::Say(Stage::Rcpt, "450 4.2.1 busy")],
        1 => vec![Act::Say(Stage::Data, "451 4.3.0 later"), Act::HangUp(Stage::Data)],
        2 => vec![Act::TakeAndHangUp, Act::HangUp(Stage::Rcpt), Act::HangUp(Stage::Text)],
        3 => vec![Act::Say(Stage::Data, "421 4.3.2 closing"), Act::TakeAndHangUp],
        _ => Vec::new(),
    }
}

fn reader(number: usize) -> String {
    format!("reader@domain{number}.example")
}

fn told(what: &str, began: Instant, size: Size) {
    let seconds = began.elapsed().as_secs_f64();
    println!("{what:<28} {seconds:6.1} s {:7.0} messages/s", size.messages() as f64 / seconds);
}

fn report(server: &str, fire: &Fire, arrivals: &Arrivals, began: Instant, size: Size) {
    let messages = size.messages();
    let under_way: usize = fire.under_way.values().sum();
    println!(
        "{} kills before {server}: {} of {messages} messages arrived, {} lost, {} repeated under the \
         same Message-ID; {under_way} were under way at a kill ({:.0} s)",
        fire.struck,
        arrivals.times.len(),
        messages - arrivals.times.len(),
        arrivals.repeated(),
        began.elapsed().as_secs_f64(),
    );
}

/// A new database with the messages in its outbox.
async fn filled(scratch: &Path, name: &str, size: Size) -> PathBuf {
    let path = scratch.join(format!("{name}.db"));
    let store = Store::open(&path).unwrap();
    let now = Utc::now();
    store.register_sources(vec![sample("official").1.id], now).await.unwrap();
    for number in 0..size.domains {
        store
            .add_subscriber(email(&reader(number)), format!("Reader {number}"), now)
            .await
            .unwrap();
    }
    for number in 0..size.articles {
        tell(&store, "official", number, now).await;
    }
    store.settle().await.unwrap();
    path
}

fn mailer(port: u16) -> Mailer {
    let smtp = Smtp { port: Some(port), security: Security::None, ..Smtp::new("127.0.0.1") };
    Mailer::new(&Settings::new(Backend::Smtp(smtp), sender())).unwrap()
}

async fn send_all(database: &Path, port: u16) -> send_mail::Round {
    let store = Store::open(database).unwrap();
    let stop = CancellationToken::new();
    send_mail::send_due(&store, &mailer(port), &Clock::System, &stop).await.unwrap()
}

/// What the service does, without the crawl: takes the lock, and sends for ever.
async fn send_until_killed(database: &Path, port: u16) {
    let store = Store::open(database).unwrap();
    let lock = store.lock_crawl().await.unwrap();
    let wake = Arc::default();
    send_mail::run(store, mailer(port), Clock::System, wake, CancellationToken::new()).await;
    drop(lock);
}

async fn killed(database: &Path, port: u16, size: Size) -> Fire {
    let database = database.to_owned();
    let spawn = move || -> Fire {
        send_under_fire(&database, size.kills, || sender_process(&database, port))
    };
    tokio::task::spawn_blocking(spawn).await.unwrap()
}

fn sender_process(database: &Path, port: u16) -> Child {
    Command::new(env::current_exe().unwrap())
        .args(["--send".as_ref(), database.as_os_str(), port.to_string().as_ref()])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}
