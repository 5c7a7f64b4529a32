//! What becomes of 10,000 mails to 500 domains, and how fast they go:
//! `cargo run --release --example measure_delivery`. Needs Postfix, and root to start it (it runs with a
//! queue of its own, on loopback).
//!
//! First the rate: this program's sender, and `smtp-source`, Postfix's own load generator, before the
//! same Postfix and before a sink that takes everything. Then the proof: the sender is killed with
//! SIGKILL 100 times at random before Postfix, and before a server that forgets answers; every message
//! must arrive, and none more often than kills and forgotten answers explain.

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
}

use std::collections::BTreeMap;
use std::env;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Instant;

use chrono::Utc;
use sanctionwatch::clock::Clock;
use sanctionwatch::jobs::send_mail;
use sanctionwatch::mail::Mailer;
use sanctionwatch::mail::settings::{Backend, Security, Settings, Smtp};
use sanctionwatch::store::Store;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::support::alerts::{email, sample, sender};
use crate::support::kills::{Arrivals, Fire, send_under_fire};
use crate::support::outbox::tell;
use crate::support::postfix::Postfix;

const ARTICLES: usize = 20;
const DOMAINS: usize = 500;
const MESSAGES: usize = ARTICLES * DOMAINS;
const KILLS: usize = 100;
/// One in so many mails is taken by the faulty server without an answer.
const FORGETFUL: usize = 50;

fn main() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let arguments: Vec<String> = env::args().collect();
    if let [_, word, database, port] = arguments.as_slice()
        && word == "--send"
    {
        return runtime.block_on(send_until_killed(Path::new(database), port.parse().unwrap()));
    }
    runtime.block_on(measure());
}

async fn measure() {
    let scratch = tempfile::tempdir().unwrap();
    let Some(postfix) = Postfix::start(9) else {
        println!("Postfix is not installed, or this is not run as root");
        return;
    };
    let sink = Sink::start(usize::MAX).await;
    for (name, port) in [("Postfix", postfix.port), ("a sink", sink.port)] {
        let database = filled(scratch.path(), name).await;
        let began = Instant::now();
        let round = send_all(&database, port).await;
        assert_eq!(round.sent, MESSAGES, "{round:?}");
        told(&format!("the outbox to {name}"), began);
        let began = Instant::now();
        let to = format!("127.0.0.1:{port}");
        let raw = Command::new("smtp-source")
            .args(["-s", "8", "-m", &MESSAGES.to_string(), "-l", "7300", "-d"])
            .args(["-f", "a@watch.example", "-t", "b@domain.example", &to])
            .status();
        assert!(raw.unwrap().success());
        told(&format!("smtp-source to {name}"), began);
    }
    drop(postfix);

    let postfix = Postfix::start(9).unwrap();
    let database = filled(scratch.path(), "kills before Postfix").await;
    let began = Instant::now();
    let fire = killed(&database, postfix.port).await;
    let arrivals = Arrivals::of_files(&postfix.delivered());
    arrivals.check(&database, &fire, &BTreeMap::new());
    report("Postfix", &fire, &arrivals, began);

    let faulty = Sink::start(FORGETFUL).await;
    let database = filled(scratch.path(), "kills before a faulty server").await;
    let began = Instant::now();
    let fire = killed(&database, faulty.port).await;
    let (taken, unanswered) = faulty.arrivals();
    taken.check(&database, &fire, &unanswered.times);
    let forgotten: usize = unanswered.times.values().sum();
    report(&format!("a server that forgot {forgotten} answers"), &fire, &taken, began);
}

fn told(what: &str, began: Instant) {
    let seconds = began.elapsed().as_secs_f64();
    println!("{what:<28} {seconds:6.1} s {:7.0} messages/s", MESSAGES as f64 / seconds);
}

fn report(server: &str, fire: &Fire, arrivals: &Arrivals, began: Instant) {
    let under_way: usize = fire.under_way.values().sum();
    println!(
        "{} kills before {server}: {} of {MESSAGES} messages arrived, {} lost, {} repeated under the \
         same Message-ID; {under_way} were under way at a kill ({:.0} s)",
        fire.struck,
        arrivals.times.len(),
        MESSAGES - arrivals.times.len(),
        arrivals.repeated(),
        began.elapsed().as_secs_f64(),
    );
}

/// A new database with the messages in its outbox.
async fn filled(scratch: &Path, name: &str) -> PathBuf {
    let path = scratch.join(format!("{name}.db"));
    let store = Store::open(&path).unwrap();
    let now = Utc::now();
    store.register_sources(vec![sample("official").1.id], now).await.unwrap();
    for number in 0..DOMAINS {
        let reader = email(&format!("reader@domain{number}.example"));
        store.add_subscriber(reader, format!("Reader {number}"), now).await.unwrap();
    }
    for number in 0..ARTICLES {
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

async fn killed(database: &Path, port: u16) -> Fire {
    let database = database.to_owned();
    let spawn =
        move || -> Fire { send_under_fire(&database, KILLS, || sender_process(&database, port)) };
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

/// A server that takes every mail, and keeps the head of each; of one in `forgetful` it takes the text
/// and hangs up.
struct Sink {
    port: u16,
    heads: Arc<Mutex<Vec<Taken>>>,
    _tasks: JoinSet<()>,
}

struct Taken {
    head: Vec<u8>,
    answered: bool,
}

impl Sink {
    async fn start(forgetful: usize) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let heads: Arc<Mutex<Vec<Taken>>> = Arc::default();
        let mut tasks = JoinSet::new();
        let kept = Arc::clone(&heads);
        tasks.spawn(async move {
            let mut clients = JoinSet::new();
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                clients.spawn(take(stream, Arc::clone(&kept), forgetful));
            }
        });
        Self { port, heads, _tasks: tasks }
    }

    /// All that came whole, and those of them without an answer.
    fn arrivals(&self) -> (Arrivals, Arrivals) {
        let heads = self.heads.lock().unwrap();
        let all = Arrivals::of(heads.iter().map(|taken| taken.head.clone()));
        let unanswered = heads.iter().filter(|taken| !taken.answered);
        (all, Arrivals::of(unanswered.map(|taken| taken.head.clone())))
    }
}

async fn take(stream: TcpStream, heads: Arc<Mutex<Vec<Taken>>>, forgetful: usize) {
    let mut stream = BufReader::new(stream);
    // A sender that is killed is gone in the middle of anything.
    if stream.write_all(b"220 sink\r\n").await.is_err() {
        return;
    }
    let (mut line, mut head, mut in_text) = (Vec::new(), Vec::new(), false);
    loop {
        line.clear();
        if stream.read_until(b'\n', &mut line).await.unwrap_or_default() == 0 {
            return;
        }
        let answer: &[u8] = match line.as_slice() {
            b".\r\n" if in_text => {
                let mut heads = heads.lock().unwrap();
                let answered = !(heads.len() + 1).is_multiple_of(forgetful);
                heads.push(Taken { head: std::mem::take(&mut head), answered });
                if !answered {
                    return;
                }
                b"250 taken\r\n"
            }
            _ if in_text => {
                if head.len() < 4_000 {
                    head.extend_from_slice(&line);
                }
                continue;
            }
            b"DATA\r\n" => b"354 go ahead\r\n",
            _ => b"250 ok\r\n",
        };
        in_text = answer.starts_with(b"354");
        if stream.write_all(answer).await.is_err() {
            return;
        }
    }
}
