//! The whole way out, with the real program: killed at random before a real mail server and before a
//! scripted faulty one, slow domains, and the way back of what cannot be delivered.

use std::collections::BTreeMap;
use std::fs;
use std::net::TcpListener as PlainListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use chrono::TimeDelta;
use sanctionwatch::clock::Clock;
use sanctionwatch::jobs::bounces::{self, Ways};
use sanctionwatch::jobs::send_mail;
use sanctionwatch::mail::Mailer;
use sanctionwatch::mail::settings::{Backend, Pace, Security, Settings, Smtp};
use sanctionwatch::store::Store;
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use crate::send_mail::{Office, sent};
use crate::support::alerts::{SAMPLES, email, now, sample, sender};
use crate::support::kills::{Arrivals, send_under_fire};
use crate::support::outbox::tell;
use crate::support::postfix::Postfix;
use crate::support::smtp::{Act, SmtpServer, Stage};

const ARTICLES: usize = 10;
const DOMAINS: usize = 30;
const KILLS: usize = 10;

/// A state folder with 300 messages to 30 domains in its outbox, and settings for `run` that watch
/// nothing that answers.
async fn filled(folder: &Path, port: u16) {
    let store = Store::open(&folder.join("sanctionwatch.db")).unwrap();
    store.register_sources(vec![sample("official").1.id], now()).await.unwrap();
    for number in 0..DOMAINS {
        let reader = email(&format!("reader@domain{number}.example"));
        store.add_subscriber(reader, format!("Réader {number}"), now()).await.unwrap();
    }
    for number in 0..ARTICLES {
        tell(&store, SAMPLES[number % SAMPLES.len()], number, now()).await;
    }
    store.settle().await.unwrap();
    fs::create_dir_all(folder.join("selectors/un")).unwrap();
    fs::write(
        folder.join("selectors/un/dead.toml"),
        "title = \"Nobody\"\nkind = \"news\"\ncountry = \"un\"\nlanguage = \"en\"\n\
         [[listing]]\nkind = \"feed\"\nurl = \"http://127.0.0.1:9/feed\"\n\
         [expectation]\nlinks_min = 1\nlinks_max = 9\nwords_min = 1\ndated = false\nsilence_days = 9\n",
    )
    .unwrap();
    fs::write(
        folder.join("settings.toml"),
        format!(
            "[crawl]\ncatalogue = false\nselectors = \"selectors\"\n[lists]\nsync = false\n\
             [mail]\nbackend = \"smtp\"\nfrom = \"alerts@watch.example\"\n\
             [mail.smtp]\nhost = \"127.0.0.1\"\nport = {port}\nsecurity = \"none\"\n\
             [log]\nlevel = \"error\"\n"
        ),
    )
    .unwrap();
}

fn sender_process(folder: &Path) -> Child {
    Command::new(env!("CARGO_BIN_EXE_sanctionwatch"))
        .arg("run")
        .arg("--config")
        .arg(folder.join("settings.toml"))
        .env("SANCTIONWATCH_STATE", folder)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

fn free_port() -> u16 {
    PlainListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sender_killed_ten_times_loses_nothing_before_postfix() {
    let Some(postfix) = Postfix::start(free_port()) else {
        println!("skipped: Postfix is not installed, or the test is not run as root");
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    filled(folder.path(), postfix.port).await;
    let database = folder.path().join("sanctionwatch.db");
    let fire = send_under_fire(&database, KILLS, || sender_process(folder.path()));
    assert!(KILLS / 2 <= fire.struck, "only {} kills met a running sender", fire.struck);
    let arrivals = Arrivals::of_files(&postfix.delivered());
    println!(
        "{} under way at {} kills, {} repeated",
        fire.under_way.len(),
        fire.struck,
        arrivals.repeated()
    );
    arrivals.check(&database, &fire, &BTreeMap::new());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sender_killed_ten_times_loses_nothing_before_a_faulty_server() {
    let server = SmtpServer::start().await;
    let folder = tempfile::tempdir().unwrap();
    filled(folder.path(), server.port).await;
    for number in 0..DOMAINS {
        let acts = match number % 6 {
            0 => vec![Act::HangUp(Stage::Text), Act::Say(Stage::Rcpt, "450 4.2.1 busy")],
            1 => vec![Act::Say(Stage::Text, "451 4.3.0 later"), Act::HangUp(Stage::Data)],
            2 => vec![Act::TakeAndHangUp, Act::HangUp(Stage::Rcpt)],
            3 => vec![Act::Say(Stage::Data, "421 4.3.2 closing"), Act::TakeAndHangUp],
            _ => Vec::new(),
        };
        server.script_for(&format!("reader@domain{number}.example"), acts);
    }
    let database = folder.path().join("sanctionwatch.db");
    let fire = send_under_fire(&database, KILLS, || sender_process(folder.path()));
    assert!(KILLS / 2 <= fire.struck, "only {} kills met a running sender", fire.struck);
    let received = server.received();
    // A mailbox has what came whole, whatever the server answered or failed to answer.
    let arrivals = Arrivals::of(received.iter().map(|mail| mail.data.clone()));
    let unanswered =
        Arrivals::of(received.iter().filter(|mail| !mail.accepted).map(|mail| mail.data.clone()));
    assert!(!unanswered.times.is_empty(), "the server withheld answers");
    arrivals.check(&database, &fire, &unanswered.times);
}

#[tokio::test]
async fn a_slow_or_moody_domain_holds_up_no_other() {
    let server = SmtpServer::start().await;
    let mut readers: Vec<String> =
        (0..20).map(|number| format!("r{number}@slow.example")).collect();
    readers.extend((0..20).map(|number| format!("r{number}@moody.example")));
    readers.extend((0..20).map(|number| format!("r{number}@kind{number}.example")));
    let readers: Vec<&str> = readers.iter().map(String::as_str).collect();
    let office = Office::open(&readers).await;
    for reader in &readers {
        if reader.contains("slow") {
            server.script_for(reader, [Act::Stall(Stage::Rcpt)]);
        } else if reader.contains("moody") {
            server.script_for(reader, vec![Act::Say(Stage::Rcpt, "451 4.7.1 slow down"); 2]);
        }
    }
    office.tell("russian", 1).await;
    let pace = Pace { at_once: 4, domain_at_once: 2, ..Pace::default() };
    let smtp = Smtp { timeout: Duration::from_secs(60), ..server.settings() };
    let settings = Settings { pace, ..Settings::new(Backend::Smtp(smtp), sender()) };
    let mailer = Mailer::new(&settings).unwrap();
    let sending = send_mail::send_due(&office.store, &mailer, &office.clock, &office.stop);
    let kind_ones = async {
        while office.outbox().await.sent < 20 {
            sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::select! {
        _ = sending => panic!("the slow domain is still being waited for"),
        waited = timeout(Duration::from_secs(30), kind_ones) => waited.unwrap(),
    }
    let tried = |domain: &str| {
        let replies = "SELECT count(*) FROM delivery WHERE domain = ?1 AND attempts > 0";
        office.database().query_row(replies, [domain], |row| row.get::<_, i64>(0)).unwrap()
    };
    assert_eq!(tried("slow.example"), 0, "two of it wait, the others do not stand in line");
    assert!(tried("moody.example") <= 4, "after three refusals it is left alone");
}

#[tokio::test(start_paused = true)]
async fn no_domain_gets_more_than_its_share_of_a_minute() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&folder.path().join("store.db")).unwrap();
    store.register_sources(vec![sample("official").1.id], now()).await.unwrap();
    for number in 0..50 {
        store
            .add_subscriber(email(&format!("r{number}@big.example")), String::new(), now())
            .await
            .unwrap();
    }
    tell(&store, "russian", 1, now()).await;
    let pace = Pace { domain_per_minute: 20, ..Pace::default() };
    let files = Backend::Memory(Default::default());
    let mailer = Mailer::new(&Settings { pace, ..Settings::new(files, sender()) }).unwrap();
    let began = tokio::time::Instant::now();
    let stop = tokio_util::sync::CancellationToken::new();
    let round = send_mail::send_due(&store, &mailer, &Clock::fixed(now()), &stop).await.unwrap();
    assert_eq!(round, sent(50));
    // Twenty at once, then one every three seconds.
    let took = began.elapsed();
    assert!(Duration::from_secs(89) < took, "{took:?}");
}

#[tokio::test]
async fn what_postfix_returns_suspends_the_address() {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let returns = listener.local_addr().unwrap().port();
    let Some(postfix) = Postfix::start(returns) else {
        println!("skipped: Postfix is not installed, or the test is not run as root");
        return;
    };
    let office =
        Office::open(&["gone@domain1.example", "here@domain2.example", "änna@bücher.example"])
            .await;
    let ways = Ways { directory: None, listener: Some(listener) };
    let mut job = JoinSet::new();
    job.spawn(bounces::run(office.store.clone(), office.clock.clone(), ways, office.stop.clone()));
    for (number, name) in SAMPLES.iter().enumerate() {
        office.tell(name, number).await;
    }
    let smtp =
        Smtp { port: Some(postfix.port), security: Security::None, ..Smtp::new("127.0.0.1") };
    for address in [None, Some(email("bounces@watch.example"))] {
        let mut settings =
            Settings::new(Backend::Smtp(smtp.clone()), email("alerts@watch.example"));
        settings.return_address = address;
        let mailer = Mailer::new(&settings).unwrap();
        let round =
            send_mail::send_due(&office.store, &mailer, &office.clock, &office.stop).await.unwrap();
        assert_eq!(round.failed, 0, "{:?}", office.replies());
        let suspended = async {
            while office.store.suspensions().await.unwrap().is_empty() {
                sleep(Duration::from_millis(20)).await;
            }
        };
        timeout(Duration::from_secs(60), suspended)
            .await
            .unwrap_or_else(|_| panic!("{}", postfix.log()));
        let suspension = office.store.suspensions().await.unwrap().remove(0);
        assert_eq!(suspension.email, email("gone@domain1.example"));
        assert!(suspension.reason.contains("5.1.1 unknown user"), "{}", suspension.reason);
        office
            .store
            .resume_subscriber(email("gone@domain1.example"), office.clock.now())
            .await
            .unwrap();
        // What was sent before no longer counts, though its reports come late.
        office.clock.advance(TimeDelta::seconds(1));
        office.tell("russian", 100).await;
    }
    assert!(2 * SAMPLES.len() <= postfix.delivered().len());
    office.stop.cancel();
    timeout(Duration::from_secs(10), job.join_next()).await.unwrap().unwrap().unwrap();
}
