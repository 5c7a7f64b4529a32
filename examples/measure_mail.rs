//! How fast alerts are written, kept and sent: `cargo run --release --example measure_mail [folder]`.
//!
//! 200 articles for 50 readers make 10,000 messages: composed, committed with their articles, sent
//! through the outbox to an SMTP server on loopback that takes everything, handed to the same
//! server without an outbox, and kept in `folder` (or a temporary one) as `.eml` files.

#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a figure is printed or there is none"
)]

use std::path::{Path, PathBuf};
use std::time::Instant;
use std::{env, fs};

use chrono::Utc;
use sanctionwatch::clock::Clock;
use sanctionwatch::dedupe;
use sanctionwatch::digest::{self, Letterhead, Recipient};
use sanctionwatch::jobs::send_mail;
use sanctionwatch::mail::Mailer;
use sanctionwatch::mail::settings::{Backend, Pace, Security, Settings, Smtp};
use sanctionwatch::model::article::{About, Article, Block, BlockKind};
use sanctionwatch::model::facts::Facts;
use sanctionwatch::model::fetched::{Fetched, Validators};
use sanctionwatch::model::judged::{Evidence, Field, Judged, Keys, Placed, Verdict};
use sanctionwatch::model::source::{Expectation, Recipe, Rendering, Source, SourceId, SourceKind};
use sanctionwatch::model::subscriber::Message;
use sanctionwatch::store::{Commit, Rules, Store, StoryRules};
use sanctionwatch::stories;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

const ARTICLES: usize = 200;
const READERS: usize = 50;
const MESSAGES: usize = ARTICLES * READERS;
/// Connections, with the outbox and without.
const AT_ONCE: usize = 4;

#[tokio::main(worker_threads = 2)]
async fn main() {
    let scratch = tempfile::tempdir().unwrap();
    let folder = env::args().nth(1).map_or_else(|| scratch.path().join("mails"), PathBuf::from);
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let port = Some(listener.local_addr().unwrap().port());
    let smtp = Smtp { port, security: Security::None, ..Smtp::new("127.0.0.1") };
    let mut server = JoinSet::new();
    server.spawn(take_everything(listener));

    let messages = composed(&scratch.path().join("smtp.db"), "composed and committed").await;
    send_without_outbox(&smtp, messages).await;
    send_due(&scratch.path().join("smtp.db"), Backend::Smtp(smtp), "sent from the outbox").await;
    composed(&scratch.path().join("files.db"), "the same again").await;
    let files = Backend::Directory(folder.clone());
    send_due(&scratch.path().join("files.db"), files, "kept as .eml files, each synced").await;
    println!("{} files in {}", fs::read_dir(&folder).unwrap().count(), folder.display());
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    println!("{}", status.lines().find(|line| line.starts_with("VmHWM")).unwrap_or("no figure"));
}

fn told(what: &str, started: Instant) {
    let seconds = started.elapsed().as_secs_f64();
    println!("{what:<34} {seconds:6.2} s {:8.0} messages/s", MESSAGES as f64 / seconds);
}

/// Fills a new database with articles and the messages they cause; gives the messages.
async fn composed(path: &Path, what: &str) -> Vec<Message> {
    let store = Store::open(path).unwrap();
    let (now, source, sender) = (Utc::now(), source(), "alerts@example.net".parse().unwrap());
    store.register_sources(vec![source.id.clone()], now).await.unwrap();
    for number in 0..READERS {
        let email = format!("reader{number}@example.org").parse().unwrap();
        store.add_subscriber(email, format!("Reader {number}"), now).await.unwrap();
    }
    let recipient = |subscriber| Recipient { subscriber, reasons: Vec::new() };
    let readers: Vec<Recipient> =
        store.subscribers().await.unwrap().into_iter().map(recipient).collect();
    let letterhead = Letterhead { sender: &sender, links: None, now };
    let mut all = Vec::with_capacity(MESSAGES);
    let started = Instant::now();
    for number in 0..ARTICLES {
        let judged = judged(number);
        let messages = digest::alerts(&judged, &[], &source, &readers, &letterhead);
        all.extend(messages.iter().cloned());
        let url = judged.article.url.clone();
        let fetched = Fetched {
            requested: url.clone(),
            url: url.clone(),
            redirects: Vec::new(),
            status: 200,
            content_type: None,
            validators: Validators::default(),
            body: Vec::new(),
            at: now,
            served: None,
        };
        let commit = Commit {
            source: source.id.clone(),
            link: url,
            domain: "news.example".to_owned(),
            host: "news.example".to_owned(),
            judged,
            fetched,
            messages,
            story: None,
            official: false,
            updates: Vec::new(),
            entries: Vec::new(),
            corrections: Vec::new(),
            now,
            next_look: None,
        };
        let rules = Rules {
            keys: dedupe::keys_of,
            place: |_, _| Placed::New,
            change: dedupe::change::of,
            difference: |_, _| String::new(),
            story: StoryRules { alike: stories::alike, place: stories::place },
        };
        store.commit(commit, rules).await.unwrap();
    }
    told(what, started);
    all
}

async fn send_due(database: &Path, backend: Backend, what: &str) {
    let store = Store::open(database).unwrap();
    let mailer = mailer(backend);
    let started = Instant::now();
    let stop = CancellationToken::new();
    let round = send_mail::send_due(&store, &mailer, &Clock::System, &stop).await.unwrap();
    assert_eq!(round.sent, MESSAGES, "{round:?}");
    told(what, started);
}

/// What the protocol alone takes, with as many connections.
async fn send_without_outbox(smtp: &Smtp, messages: Vec<Message>) {
    let mailer = mailer(Backend::Smtp(smtp.clone()));
    let started = Instant::now();
    let mut senders = JoinSet::new();
    for part in messages.chunks(messages.len().div_ceil(AT_ONCE)) {
        let (mailer, part) = (mailer.clone(), part.to_vec());
        senders.spawn(async move {
            for message in &part {
                mailer.send(message, "", Utc::now()).await.unwrap();
            }
        });
    }
    senders.join_all().await;
    told("handed over without an outbox", started);
}

fn mailer(backend: Backend) -> Mailer {
    let mut settings = Settings::new(backend, "alerts@example.net".parse().unwrap());
    // All readers have one domain, whose share would be what is measured.
    settings.pace =
        Pace { domain_at_once: AT_ONCE, domain_per_minute: usize::MAX, at_once: AT_ONCE };
    Mailer::new(&settings).unwrap()
}

fn source() -> Source {
    Source {
        id: SourceId("xx/measure".to_owned()),
        title: "Treasury press releases".to_owned(),
        kind: SourceKind::Government,
        country: "us".to_owned(),
        language: "en".to_owned(),
        listings: Vec::new(),
        render: Rendering::Plain,
        schedule: None,
        recipe: Recipe::default(),
        expectation: Expectation {
            links_min: 1,
            links_max: 100,
            words_min: 20,
            dated: true,
            silence_days: 30,
        },
        topics: Vec::new(),
        credentials: None,
    }
}

/// An article of eight paragraphs, its evidence in the last.
fn judged(number: usize) -> Judged {
    let filler = "Officials described the network at length, and the companies did not answer.";
    let last = "As a result of today's action, all property and interests in property are blocked.";
    let paragraph = |text: &str| Block { kind: BlockKind::Paragraph, text: text.to_owned() };
    let mut blocks = vec![paragraph(&filler.repeat(5)); 7];
    blocks.push(paragraph(last));
    let url = format!("https://news.example/{number}");
    let article = Article {
        url: url.clone(),
        title: format!("Treasury designates procurement network number {number}"),
        byline: vec!["Ann Author".to_owned()],
        published: Some("2024-07-16T09:30:00-04:00".parse().unwrap()),
        modified: None,
        language: Some("en".to_owned()),
        site: None,
        blocks,
        removed: Vec::new(),
        lines: Vec::new(),
        incomplete: false,
        about: About::default(),
    };
    let words = "all property and interests in property";
    let start = article.text().find(words).unwrap();
    let evidence = Evidence {
        text: words.to_owned(),
        start,
        end: start + words.len(),
        field: Field::Text,
        rule: "en.strong.property".to_owned(),
        weight: 3.0,
    };
    Judged {
        article,
        keys: Keys { address: url, wording: number as u64, ..Keys::default() },
        verdict: Verdict { relevant: true, score: 0.97, evidence: vec![evidence] },
        instruments: Vec::new(),
        facts: Facts::default(),
        named: Vec::new(),
    }
}

async fn take_everything(listener: TcpListener) {
    let mut clients = JoinSet::new();
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        clients.spawn(take(stream));
    }
}

async fn take(stream: TcpStream) {
    let mut stream = BufReader::new(stream);
    stream.write_all(b"220 sink\r\n").await.unwrap();
    let (mut line, mut in_text) = (Vec::new(), false);
    loop {
        line.clear();
        if stream.read_until(b'\n', &mut line).await.unwrap_or_default() == 0 {
            return;
        }
        let answer: &[u8] = match line.as_slice() {
            b".\r\n" if in_text => b"250 taken\r\n",
            _ if in_text => continue,
            b"DATA\r\n" => b"354 go ahead\r\n",
            _ => b"250 ok\r\n",
        };
        in_text = answer.starts_with(b"354");
        stream.write_all(answer).await.unwrap();
    }
}
