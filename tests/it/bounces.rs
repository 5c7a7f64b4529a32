//! What comes back: what each report means, whom it stops, and that strangers can do no harm with it.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use chrono::TimeDelta;
use sanctionwatch::jobs::bounces::{self, Ways};
use sanctionwatch::jobs::send_mail::Round;
use sanctionwatch::mail::incoming;
use sanctionwatch::model::bounce::{Bounce, Fault, Incoming};
use sanctionwatch::store::{Noted, Outbox};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::send_mail::{Office, sent};
use crate::support::alerts::email;
use crate::support::smtp::{Act, SmtpServer, Stage};

const TOKEN: &str = "0123456789abcdef0123";

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/bounces")
}

fn report(name: &str) -> Vec<u8> {
    fs::read(folder().join(format!("{name}.eml"))).unwrap()
}

/// How a report names the delivery.
#[derive(Debug, Clone, Copy)]
enum By {
    Token,
    MessageId,
}

#[test]
fn each_report_means_what_it_says() {
    use Fault::{Address, Complaint, Mailbox, Policy};
    let bounces = [
        ("postfix", By::Token, Address, "unknown user"),
        ("envelope-id", By::Token, Address, "550 5.1.1 unknown"),
        ("return-address", By::Token, Address, "no such user"),
        ("headers-only", By::Token, Policy, "blocked because the sender is unauthenticated"),
        ("exchange", By::Token, Address, "Access denied"),
        ("full", By::Token, Mailbox, "over quota"),
        ("expired", By::Token, Mailbox, "Connection timed out"),
        ("message-id", By::MessageId, Address, "550 5.1.1 unknown"),
        ("qmail", By::Token, Address, "User unknown"),
        ("exim", By::Token, Mailbox, "mailbox is full"),
        ("mimecast", By::Token, Address, "5.1.1 User Unknown"),
        ("complaint", By::Token, Complaint, "abuse"),
        ("complaint-redacted", By::Token, Complaint, "abuse"),
    ];
    for (name, by, fault, words) in bounces {
        let Incoming::Bounce(bounce) = incoming(&report(name), &[]) else {
            panic!("{name} is a bounce")
        };
        let Bounce { token, message_id, recipient, said, .. } = bounce;
        match by {
            By::Token => assert_eq!(token.as_deref(), Some(TOKEN), "{name}"),
            By::MessageId => {
                assert_eq!(token, None, "{name}");
                assert_eq!(message_id.as_deref(), Some("<alert.00ff.7@watch.example>"), "{name}");
                assert_eq!(recipient, Some(email("reader@example.org")), "{name}");
            }
        }
        assert_eq!(bounce.fault, fault, "{name}: {said}");
        assert!(said.contains(words) && !said.contains("reader@"), "{name}: {said}");
    }
    for name in ["leave", "leave-again"] {
        assert_eq!(incoming(&report(name), &[]), Incoming::Leave { token: TOKEN.to_owned() });
    }
    let nothing = [
        "delayed",
        "delivered",
        "nameless",
        "not-spam",
        "holiday",
        "answer",
        "leave-nobody",
        "empty",
        "headless",
    ];
    for name in nothing {
        assert_eq!(incoming(&report(name), &[]), Incoming::Nothing, "{name}");
    }
    let count = fs::read_dir(folder()).unwrap().count();
    assert_eq!(count, bounces.len() + nothing.len() + 2, "every report is read here");
    // The envelope names the delivery where the mail itself does not.
    let recipients = [format!("bounces+{TOKEN}@watch.example")];
    let Incoming::Bounce(bounce) = incoming(&report("nameless"), &recipients) else {
        panic!("the envelope names it")
    };
    assert_eq!(bounce.token.as_deref(), Some(TOKEN));
}

/// Cut off anywhere, with bytes changed anywhere: read or not, but without a panic, and never with an
/// address in what is kept of it.
#[test]
fn broken_reports_break_nothing() {
    let mut state = 0x5eed_u64;
    let mut dice = |sides: usize| {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % sides.max(1)
    };
    for file in fs::read_dir(folder()).unwrap() {
        let whole = fs::read(file.unwrap().path()).unwrap();
        for end in (0..whole.len()).step_by(7) {
            incoming(&whole[..end], &[]);
        }
        for _ in 0..300 {
            let mut bytes = whole.clone();
            for _ in 0..dice(12) {
                let (at, to) = (dice(bytes.len()), dice(bytes.len()));
                match dice(4) {
                    0 if !bytes.is_empty() => bytes[at] = dice(256) as u8,
                    1 => bytes.truncate(at),
                    2 if at <= to => drop(bytes.drain(at..to)),
                    3 if at <= to => bytes.extend_from_within(at..to),
                    _ => {}
                }
            }
            if let Incoming::Bounce(bounce) = incoming(&bytes, &[]) {
                assert!(bounce.said.len() <= 2_000 && !bounce.said.contains("reader@"));
            }
        }
    }
    let huge = [b"From: <>\n\n".as_slice(), &b"x: 5.1.1 ".repeat(2_000_000)].concat();
    assert_eq!(incoming(&huge, &[]), Incoming::Nothing);
    let deep = "Content-Type: multipart/mixed; boundary=a\n\n--a\n".repeat(20_000);
    assert_eq!(incoming(deep.as_bytes(), &[]), Incoming::Nothing);
}

impl Office {
    /// `report` as it would come for the delivery number `id`.
    fn returned(&self, report: &[u8], id: i64) -> Vec<u8> {
        let (token, message_id): (String, String) = self
            .database()
            .query_row("SELECT token, message_id FROM delivery WHERE id = ?1", [id], |row| {
                Ok((row.get(0)?, row.get(1)?))
            })
            .unwrap();
        assert_eq!(token.len(), TOKEN.len());
        let text = String::from_utf8(report.to_vec()).unwrap();
        text.replace(TOKEN, &token)
            .replace("<alert.00ff.7@watch.example>", &message_id)
            .into_bytes()
    }

    async fn takes(&self, mail: &[u8]) -> Noted {
        match incoming(mail, &[]) {
            Incoming::Bounce(bounce) => self.store.bounced(bounce, self.clock.now()).await.unwrap(),
            other => panic!("{other:?} is no bounce"),
        }
    }

    async fn suspended(&self) -> Vec<String> {
        let suspensions = self.store.suspensions().await.unwrap();
        suspensions.into_iter().map(|it| it.reason).collect()
    }
}

#[tokio::test]
async fn a_bad_address_gets_nothing_more_until_it_is_resumed() {
    let server = SmtpServer::start().await;
    let office = Office::open(&["reader@example.org", "other@example.org"]).await;
    office.tell("russian", 1).await;
    assert_eq!(office.send(server.settings()).await, sent(2));
    office.tell("russian", 2).await;
    let returned = office.returned(&report("postfix"), 1);
    assert_eq!(office.takes(&returned).await, Noted::Suspended);
    assert_eq!(office.takes(&returned).await, Noted::Nothing, "once is enough");
    assert_eq!(
        office.suspended().await,
        ["the address does not work: 5.1.1 unknown user: \"r…@example.org\""]
    );
    let Outbox { waiting, failed, .. } = office.outbox().await;
    assert_eq!((waiting, failed), (1, 1), "what waited for it is not sent");
    let reply = office.replies().remove(2);
    assert!(
        reply.starts_with("the address was suspended before it was sent: the address does not")
    );
    assert_eq!(office.store.subscribers().await.unwrap().len(), 1);
    office.tell("russian", 3).await;
    assert_eq!(office.send(server.settings()).await, sent(2));
    assert!(
        office
            .store
            .resume_subscriber(email("reader@example.org"), office.clock.now())
            .await
            .unwrap()
    );
    assert!(
        !office
            .store
            .resume_subscriber(email("other@example.org"), office.clock.now())
            .await
            .unwrap()
    );
    office.tell("russian", 4).await;
    assert_eq!(office.send(server.settings()).await, sent(2));
}

#[tokio::test]
async fn a_refused_mailbox_is_suspended_and_a_refused_sender_is_not() {
    let server = SmtpServer::start().await;
    let office = Office::open(&["gone@example.org", "fussy@example.org", "full@example.org"]).await;
    for (reader, said) in [
        ("gone@example.org", "550 5.1.1 <gone@example.org> who?"),
        ("fussy@example.org", "550 5.7.1 your server is on a blocklist"),
        ("full@example.org", "552 5.2.2 mailbox full"),
    ] {
        server.script_for(reader, [Act::Say(Stage::Rcpt, said)]);
    }
    office.tell("russian", 1).await;
    assert_eq!(office.send(server.settings()).await, Round { failed: 3, ..Round::default() });
    assert_eq!(
        office.suspended().await,
        ["the address does not work: 550 5.1.1 <g…@example.org> who?"]
    );
    let now = office.clock.now();
    assert_eq!(office.store.policy_refusals(now - TimeDelta::days(7)).await.unwrap(), 1);
    office.tell("russian", 2).await;
    assert_eq!(office.send(server.settings()).await, sent(2));
}

#[tokio::test]
async fn a_full_mailbox_is_suspended_after_many_days_without_a_success() {
    let server = SmtpServer::start().await;
    let office = Office::open(&["reader@example.org"]).await;
    let mut number = 0;
    let mut day = async |comes_back: bool| {
        number += 1;
        office.tell("russian", number).await;
        assert_eq!(office.send(server.settings()).await, sent(1));
        office.clock.advance(TimeDelta::hours(20));
        let returned = office.returned(&report("full"), number as i64);
        if comes_back { office.takes(&returned).await } else { Noted::Nothing }
    };
    for _ in 0..4 {
        assert_eq!(day(true).await, Noted::Counted);
    }
    day(false).await;
    for _ in 0..4 {
        assert_eq!(day(true).await, Noted::Counted, "the one that arrived begins the count anew");
    }
    assert_eq!(day(true).await, Noted::Suspended);
    assert!(office.suspended().await[0].starts_with("5 or more mails in a row came back: 5.2.2"));
    office.store.resume_subscriber(email("reader@example.org"), office.clock.now()).await.unwrap();
    for _ in 0..4 {
        assert_eq!(day(true).await, Noted::Counted, "what was before no longer counts");
    }
    // Many on one day prove nothing yet.
    let office = Office::open(&["reader@example.org"]).await;
    for number in 1..=8 {
        office.tell("russian", number).await;
        office.send(server.settings()).await;
        let returned = office.returned(&report("full"), number as i64);
        assert_eq!(office.takes(&returned).await, Noted::Counted);
    }
}

#[tokio::test]
async fn a_complaint_stops_at_once_and_a_stranger_stops_nobody() {
    let server = SmtpServer::start().await;
    let office = Office::open(&["reader@example.org", "victim@example.org"]).await;
    office.tell("russian", 1).await;
    assert_eq!(office.send(server.settings()).await, sent(2));
    // A reader knows his own Message-ID and guesses the next; not that reader's address or token.
    let forged = office.returned(&report("message-id"), 2);
    assert_eq!(office.takes(&forged).await, Noted::Nothing);
    let guessed = incoming(&report("postfix"), &[]);
    let Incoming::Bounce(guessed) = guessed else { panic!("it is a bounce") };
    assert_eq!(office.store.bounced(guessed, office.clock.now()).await.unwrap(), Noted::Nothing);
    let own = office.returned(&report("message-id"), 1);
    assert_eq!(office.takes(&own).await, Noted::Suspended);
    let complaint = office.returned(&report("complaint-redacted"), 2);
    assert_eq!(office.takes(&complaint).await, Noted::Suspended);
    assert!(office.suspended().await[1].starts_with("complaint: "));
}

#[tokio::test]
async fn a_directory_is_read_once_whatever_lies_in_it() {
    let server = SmtpServer::start().await;
    for maildir in [true, false] {
        let office = Office::open(&["reader@example.org", "leaver@example.org"]).await;
        office.tell("russian", 1).await;
        office.send(server.settings()).await;
        let directory = office.folder.path().join("returned");
        let (waiting, read) =
            if maildir { (directory.join("new"), "cur") } else { (directory.clone(), "read") };
        fs::create_dir_all(&waiting).unwrap();
        fs::write(waiting.join("1"), office.returned(&report("qmail"), 1)).unwrap();
        fs::write(waiting.join("2"), office.returned(&report("leave"), 2)).unwrap();
        fs::write(waiting.join("3"), b"\xff\xfe\0junk").unwrap();
        fs::write(waiting.join(".4"), "still being written").unwrap();
        fs::write(waiting.join("5"), vec![b'x'; 9 << 20]).unwrap();
        std::os::unix::fs::symlink("/etc/passwd", waiting.join("6")).unwrap();
        let taken = bounces::take_from(&office.store, &office.clock, &directory).await.unwrap();
        assert_eq!(taken, 4);
        assert_eq!(office.suspended().await.len(), 1);
        assert!(office.store.subscribers().await.unwrap().is_empty(), "the other left by mail");
        assert_eq!(fs::read_dir(directory.join(read)).unwrap().count(), 4);
        assert!(waiting.join(".4").exists() && waiting.join("6").exists());
        let again = bounces::take_from(&office.store, &office.clock, &directory).await.unwrap();
        assert_eq!(again, 0);
    }
    let office = Office::open(&[]).await;
    let nowhere = office.folder.path().join("nowhere");
    assert!(bounces::take_from(&office.store, &office.clock, &nowhere).await.is_err());
}

/// A mail server that brings mails to our listener.
struct Bringer(BufReader<TcpStream>);

impl Bringer {
    async fn call(port: u16) -> Self {
        let stream = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
        let mut bringer = Self(BufReader::new(stream));
        assert!(bringer.answer().await.starts_with("220 "));
        bringer
    }

    /// The last line of an answer; empty where the other side hung up.
    async fn answer(&mut self) -> String {
        loop {
            let mut line = String::new();
            let read = timeout(Duration::from_secs(10), self.0.read_line(&mut line)).await.unwrap();
            if read.unwrap_or(0) == 0 || line.as_bytes()[3] != b'-' {
                return line.trim_end().to_owned();
            }
        }
    }

    async fn say(&mut self, text: &[u8]) -> String {
        // The other side may have hung up already; the answer tells.
        self.0.write_all(text).await.ok();
        self.answer().await
    }

    async fn bring(&mut self, hello: &str, mail: &[u8], to: &[&str]) -> String {
        assert!(self.say(format!("{hello} mx.test\r\n").as_bytes()).await.starts_with("250 "));
        assert!(self.say(b"MAIL FROM:<> BODY=8BITMIME\r\n").await.starts_with("250 "));
        for to in to {
            let answer = self.say(format!("RCPT TO:<{to}>\r\n").as_bytes()).await;
            assert!(answer.starts_with("250 "), "{answer}");
        }
        assert!(self.say(b"DATA\r\n").await.starts_with("354 "));
        let text = String::from_utf8(mail.to_vec()).unwrap().replace("\n.", "\n..");
        self.say(format!("{}\r\n.\r\n", text.replace('\n', "\r\n")).as_bytes()).await
    }
}

#[tokio::test]
async fn the_listener_speaks_lmtp_and_smtp_and_answers_when_it_is_stored() {
    let server = SmtpServer::start().await;
    let office = Office::open(&["reader@example.org", "second@example.org"]).await;
    office.tell("russian", 1).await;
    office.send(server.settings()).await;
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let ways = Ways { directory: None, listener: Some(listener) };
    let mut job = JoinSet::new();
    job.spawn(bounces::run(office.store.clone(), office.clock.clone(), ways, office.stop.clone()));

    let mut lmtp = Bringer::call(port).await;
    let returned = office.returned(&report("postfix"), 1);
    assert_eq!(
        lmtp.bring("LHLO", &returned, &["a@watch.example", "b@watch.example"]).await,
        "250 2.0.0 ok"
    );
    assert_eq!(lmtp.answer().await, "250 2.0.0 ok", "LMTP answers for each recipient");
    assert_eq!(office.suspended().await.len(), 1, "it is stored when the answer comes");
    // A bare report, named by the envelope alone, over the same connection.
    let token = String::from_utf8(office.returned(TOKEN.as_bytes(), 2)).unwrap();
    let to = format!("bounces+{token}@watch.example");
    assert_eq!(lmtp.bring("EHLO", &report("nameless"), &[&to]).await, "250 2.0.0 ok");
    assert_eq!(office.suspended().await.len(), 2);

    let mut rude = Bringer::call(port).await;
    assert!(rude.say(b"DATA\r\n").await.starts_with("503 "));
    assert!(rude.say(b"RCPT TO:<a@b>\r\n").await.starts_with("503 "));
    assert!(rude.say(b"\xff\xfe\r\n").await.starts_with("502 "));
    let large = "x"
        .repeat(70)
        .repeat(70_000)
        .as_bytes()
        .chunks(70)
        .map(|line| String::from_utf8(line.to_vec()).unwrap())
        .collect::<Vec<_>>()
        .join("\n");
    assert_eq!(
        rude.bring("EHLO", large.as_bytes(), &["a@b"]).await,
        "552 5.3.4 the mail is too large"
    );
    assert_eq!(rude.bring("EHLO", b"From: a\n\n.dot\n..dots", &["a@b"]).await, "250 2.0.0 ok");
    assert_eq!(
        rude.say(&[b"x".repeat(5_000), b"\r\n".to_vec()].concat()).await,
        "",
        "a line without end"
    );
    let mut rude = Bringer::call(port).await;
    for _ in 0..19 {
        assert!(rude.say(b"VRFY root\r\n").await.starts_with("502 "));
    }
    assert!(rude.say(b"VRFY root\r\n").await.starts_with("421 "));
    assert_eq!(rude.answer().await, "");

    office.stop.cancel();
    timeout(Duration::from_secs(10), job.join_next()).await.unwrap().unwrap().unwrap();
}
