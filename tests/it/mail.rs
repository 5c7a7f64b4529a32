//! What a reader receives: alerts, the form they travel in, and what a server's moods mean.

use std::net::TcpListener;
use std::path::Path;
use std::time::Duration;
use std::{env, fs};

use chrono::TimeDelta;
use mail_parser::{HeaderValue, MessageParser, MimeHeaders};
use sanctionwatch::digest::{
    self, Composed, Digest, DigestItem, DigestList, Known, Letter, Letterhead, Mark, News, Reader,
    Unread,
};
use sanctionwatch::interests;
use sanctionwatch::mail::memory::Memory;
use sanctionwatch::mail::settings::{Backend, Login, Security, Settings, Smtp};
use sanctionwatch::mail::{Failure, Mailer};
use sanctionwatch::model;
use sanctionwatch::model::change::ChangeKind;
use sanctionwatch::model::designation::{Designation, Issuer, ListedName, NameQuality, PartyKind};
use sanctionwatch::model::interest::Interest;
use sanctionwatch::model::judged::{Judged, Matter};
use sanctionwatch::model::story::{Brings, Telling};
use sanctionwatch::model::subscriber::Message;
use sanctionwatch::store::{Store, SubscriptionRequest};
use sanctionwatch::tokens::Right;

use crate::support::alerts::{
    SAMPLES, alert, alerts, anna, email, links, now, reader, sample, sender,
};
use crate::support::smtp::{Act, Offer, Plan, SmtpServer, Stage};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

// What the reader sees.

/// Compares with `tests/mails/`; `BLESS=1` writes the files anew, for a person to look at.
fn reads_as_the_reference_says(name: &str, message: &Message) {
    for (ending, found) in [("txt", &message.text), ("html", &message.html)] {
        let path = root().join(format!("tests/mails/{name}.{ending}"));
        let found = match ending {
            "txt" => format!("Subject: {}\n\n{found}", message.subject),
            _ => found.clone(),
        };
        if env::var_os("BLESS").is_some() {
            fs::write(&path, found).unwrap();
            continue;
        }
        let expected = fs::read_to_string(&path).unwrap_or_default();
        assert_eq!(found, expected, "{name}.{ending} differs; BLESS=1 writes it anew");
    }
}

#[test]
fn alerts_read_as_the_reference_says() {
    for name in SAMPLES {
        reads_as_the_reference_says(name, &alert(name));
    }
    // Without web pages a reader leaves by mail.
    let (judged, source) = sample("official");
    let plain = alerts(&judged, &source, &[reader(7, "anna@example.org", "")]).remove(0);
    reads_as_the_reference_says("without-web", &plain);
}

/// What somebody asks for who means ill.
pub(crate) fn asked() -> Vec<Interest> {
    let interest = |name: &str, wanted: &str, often: &str| Interest {
        id: 0,
        name: name.to_owned(),
        criteria: interests::criteria(wanted).unwrap(),
        cadence: interests::cadence(often).unwrap(),
    };
    let wanted = "topics=licences; countries=ru,by; names=Calvenna Shipping|Igor Sechin";
    vec![
        interest("Shipping", wanted, "daily 07:30"),
        interest(
            "<b>You won</b>\r\nBcc: x@example.org http://evil.example/",
            "words=evil.example/x oil",
            "weekly Mon 08:00",
        ),
        interest("Everything", "", "at-once"),
    ]
}

pub(crate) fn letter(what: Letter<'_>) -> Message {
    let (sender, links, mut to) = (sender(), links(), anna().subscriber);
    to.zone = chrono_tz::Europe::Berlin;
    let letterhead = Letterhead { sender: &sender, links: Some(&links), now: now() };
    digest::letter(what, &to, &letterhead, &links)
}

#[test]
fn letters_read_as_the_reference_says() {
    let asked = asked();
    for (name, what, right) in [
        ("confirm", Letter::Confirm(&asked), Right::Confirm),
        ("offer", Letter::Offer(&asked), Right::Confirm),
        ("subscribed", Letter::AlreadySubscribed, Right::Settings),
        ("settings", Letter::Settings, Right::Settings),
    ] {
        let message = letter(what);
        reads_as_the_reference_says(name, &message);
        let link = links().page(right, 7, 0, now());
        assert!(message.text.contains(&link) && message.html.contains(&link), "{name}");
        assert_eq!(message.text.matches("watch.example.net/").count(), 1, "{name}");
        assert_eq!(message.leave_url, None, "{name}: nothing to leave yet");
        for forbidden in ["evil.example", "x@example.org", "<b>", "http://"] {
            assert!(!message.text.contains(forbidden) || forbidden == "<b>", "{name}: {forbidden}");
            assert!(!message.html.contains(forbidden), "{name}: {forbidden}");
        }
    }
}

/// An update, a correction and a page that is gone, as a service with web pages sends them.
fn follow_up(news: &News<'_>) -> Message {
    let (judged, source) = sample("official");
    let known = Known {
        title: &judged.article.title,
        url: &judged.article.url,
        address: &judged.keys.address,
        language: judged.article.language.as_deref(),
    };
    let alert = Some("<alert.1.7@example.net>".to_owned());
    let reader = Reader { subscriber: anna().subscriber, alert };
    let (sender, links) = (sender(), links());
    let letterhead = Letterhead { sender: &sender, links: Some(&links), now: now() };
    digest::follow_ups(&known, news, &source, &[reader], &letterhead).remove(0)
}

fn changed(name: &str, number: usize, kind: ChangeKind) -> model::change::Change {
    let party = Designation {
        id: number.to_string(),
        issuer: Issuer::Ofac,
        kind: PartyKind::Person,
        names: vec![ListedName { text: name.to_owned(), quality: NameQuality::Primary }],
        programmes: vec!["RUSSIA-EO14024".to_owned()],
        countries: Vec::new(),
        births: Vec::new(),
        identifiers: Vec::new(),
        positions: Vec::new(),
        listed_on: None,
        remarks: Vec::new(),
    };
    model::change::Change { kind, party }
}

fn list_alert() -> Message {
    let evil = "<script>alert(1)</script>\r\nBcc: x@example.org \u{202e}gpj.exe";
    let changes = [
        changed("Calvenna Shipping", 1, ChangeKind::Added),
        changed("Wolframoxidzirkoniumcarbidlagerhausverwaltungsgesellschaft", 2, ChangeKind::Added),
        changed("شركة الشحن", 3, ChangeKind::Added),
        changed(evil, 4, ChangeKind::Removed),
    ];
    let news = digest::ListNews {
        list: "ofac-sdn",
        title: "OFAC SDN",
        after: 7,
        at: now(),
        parties: 17_000,
        changes: &changes,
    };
    let (sender, links) = (sender(), links());
    let letterhead = Letterhead { sender: &sender, links: Some(&links), now: now() };
    digest::list_alerts(&news, &[anna()], &letterhead).remove(0)
}

/// A digest with everything in it that one can hold, and so many more items that its mail is cut.
pub(crate) fn full_digest(more: usize) -> Composed {
    let item = |name: &str, score: f64, mark: Mark| {
        let (judged, source) = sample(name);
        DigestItem {
            article: 42,
            title: judged.article.title,
            url: judged.article.url,
            source: source.title,
            official: name == "official",
            published: judged.article.published,
            language: judged.article.language,
            score,
            facts: judged.facts,
            mark,
            also: Vec::new(),
            ahead: Vec::new(),
        }
    };
    let also = ["Harbour Ledger", "Новости дня", "通信社", "<b>x</b>", "one", "two"];
    let rest = (0..more).map(|_| item("title-only", 0.52, Mark::New));
    let mut digest = Digest {
        due: now(),
        interest: 1,
        items: vec![
            DigestItem {
                also: also.iter().map(|&it| it.to_owned()).collect(),
                ..item("official", 0.97, Mark::New)
            },
            item("japanese", 0.93, Mark::New),
            item("russian", 0.81, Mark::New),
            item("arabic", 0.74, Mark::New),
            item("title-only", 0.7, Mark::Corrected),
            item("hostile", 0.6, Mark::Gone),
            item("title-only", 0.55, Mark::Known),
        ],
        more: 37,
        lists: vec![DigestList {
            title: "ofac-sdn".to_owned(),
            at: now(),
            added: 12,
            removed: 1,
            amended: 3,
            names: vec!["+ Calvenna Shipping".to_owned(), "− <i>Farrow</i>\r\nLine".to_owned()],
        }],
        unread: vec![
            Unread { title: "Trade Measures Office".to_owned(), since: Some(now()) },
            Unread { title: "Quay <i>Courier".to_owned(), since: None },
        ],
    };
    digest.items.extend(rest);
    let (sender, links) = (sender(), links());
    let letterhead = Letterhead { sender: &sender, links: Some(&links), now: now() };
    digest::digest(&digest, &anna(), &letterhead)
}

#[tokio::test]
async fn follow_ups_lists_and_digests_read_as_the_reference_says() {
    let telling = |title: &str, source: &str, official, url: &str| Telling {
        title: title.to_owned(),
        source: source.to_owned(),
        official,
        url: url.to_owned(),
        article: 1,
        at: now(),
        is_copy: false,
    };
    let tellings = [
        telling("Designations", "Treasury <i>", true, "https://home.treasury.example/1"),
        telling("A ring is listed", "Harbour Ledger", false, "javascript:alert(1)"),
    ];
    let brings = [Brings::Instrument("E.O. 14024".to_owned())];
    let update =
        News::Added { story: 5, brings: &brings, tellings: &tellings, ahead: &[], version: 2 };
    let difference = "- Twelve firms <b>and</b> four ships\n+ Thirteen firms and four ships\n";
    let matters = [Matter::Number];
    let change = News::Changed { matters: &matters, difference, version: 2 };
    for (name, message) in [
        ("update", follow_up(&update)),
        ("follow-up", follow_up(&change)),
        ("gone", follow_up(&News::Gone)),
        ("list", list_alert()),
        ("digest", full_digest(0).message),
    ] {
        reads_as_the_reference_says(name, &message);
        for forbidden in ["<script", "<i>", "<b>", "javascript:", "\u{202e}"] {
            assert!(!message.html.contains(forbidden), "{name}: {forbidden}");
        }
        for line in message.text.lines().filter(|line| !line.contains("://")) {
            assert!(line.chars().count() <= 72, "{name}: {line:?}");
        }
        assert!(!message.text.contains("\n\n\n"), "{name} has a hole:\n{}", message.text);
        let leave = links().page(Right::Leave, 7, 0, now());
        assert_eq!(message.leave_url.as_ref(), Some(&leave), "{name}");
        let mail = mailed(&message).await;
        let parsed = MessageParser::default().parse(&mail).unwrap();
        assert!(parsed.bcc().is_none() && parsed.subject() == Some(message.subject.as_str()));
    }
}

#[tokio::test]
async fn nobody_can_have_an_address_flooded() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&folder.path().join("test.db")).unwrap();
    let request = |email| SubscriptionRequest {
        email,
        name: String::new(),
        zone: chrono_tz::UTC,
        interests: asked(),
    };
    let mut posted = Vec::new();
    for hour in 0..30 {
        let now = now() + TimeDelta::hours(hour);
        let known = store.ask_subscription(request(email("a@example.org")), now).await.unwrap();
        let (sender, links) = (sender(), links());
        let letterhead = Letterhead { sender: &sender, links: Some(&links), now };
        let what = Letter::Confirm(&asked());
        let letter = digest::letter(what, &known.subscriber, &letterhead, &links);
        let (same, kind) = (letter.clone(), what.kind());
        if store.post_letter(kind, letter, now).await.unwrap() {
            posted.push(hour);
            assert!(!store.post_letter(kind, same, now).await.unwrap(), "twice the same");
        }
    }
    assert_eq!(posted, [0, 1, 2, 24, 25, 26]);
    assert_eq!(store.outbox().await.unwrap().waiting, posted.len());
}

#[test]
fn the_text_part_fits_a_terminal() {
    for name in SAMPLES {
        let message = alert(name);
        for line in message.text.lines().filter(|line| !line.contains("://")) {
            assert!(line.chars().count() <= 72, "{name}: {line:?}");
            assert!(line == "-- " || line.trim_end() == line, "{name}: {line:?} ends in a space");
        }
        assert!(!message.text.contains("\n\n\n"), "{name} has a hole:\n{}", message.text);
        if *name != "hostile" {
            assert!(!message.text.contains(['<', '>']) && !message.text.contains("&amp;"));
        }
    }
}

#[test]
fn a_page_cannot_write_into_the_html() {
    let html = alert("hostile").html;
    for forbidden in
        ["<script", "<img", "<b>", "<i>", "<a href=\"https://evil", "javascript:", "onload=\""]
    {
        assert!(!html.contains(forbidden), "{forbidden} in\n{html}");
    }
    assert!(html.contains("&#60;script&#62;"));
}

#[test]
fn nothing_in_the_html_is_fetched() {
    for name in SAMPLES {
        let html = alert(name).html;
        let (head, _) = html.split_once("</head>").unwrap();
        let tags: String = html.split('<').map(|tag| tag.split('>').next().unwrap()).collect();
        for remote in ["img", "src=", "url(", "link ", "script", "background=", "@import"] {
            assert!(!tags.contains(remote), "{name}: {remote}");
        }
        assert!(
            !head.contains("url(") && !head.contains("@import") && !head.contains("@font-face")
        );
    }
}

#[test]
fn only_a_relevant_article_is_told() {
    let (mut judged, source) = sample("official");
    let readers = [reader(1, "a@example.org", ""), reader(2, "b@example.org", "")];
    assert_eq!(alerts(&judged, &source, &readers).len(), 2);
    assert!(alerts(&judged, &source, &[]).is_empty());
    judged.verdict.relevant = false;
    assert!(alerts(&judged, &source, &readers).is_empty());
}

#[test]
fn quotes_stand_in_the_order_of_the_article_and_signs_say_nothing_twice() {
    let text = alert("official").text;
    let at = |words: &str| text.find(words).unwrap_or_else(|| panic!("no {words:?} in\n{text}"));
    assert!(at("“WASHINGTON") < at("“As a result") && at("“As a result") < at("“The action"));
    let (mut judged, source) = sample("official");
    let mut part = judged.verdict.evidence[0].clone();
    part.text = "property and interests".to_owned();
    part.start += "all ".len();
    part.end = part.start + part.text.len();
    judged.verdict.evidence.insert(1, part);
    let readers = [reader(1, "a@example.org", "")];
    let message = alerts(&judged, &source, &readers).remove(0);
    assert!(!message.text.contains("“property and interests”"), "{}", message.text);
}

#[test]
fn a_message_id_names_the_article_and_the_reader() {
    let (judged, source) = sample("official");
    let readers = [reader(1, "a@example.org", ""), reader(2, "b@example.org", "")];
    let ids = |judged: &Judged, from: &str| -> Vec<String> {
        let letterhead = Letterhead { sender: &email(from), links: None, now: now() };
        let messages = digest::alerts(judged, &[], &source, &readers, &letterhead);
        messages.into_iter().map(|message| message.message_id).collect()
    };
    let first = ids(&judged, "alerts@example.net");
    assert_ne!(first[0], first[1]);
    let mut retitled = judged.clone();
    retitled.article.title = "Another headline".to_owned();
    assert_eq!(ids(&retitled, "alerts@example.net"), first);
    let mut elsewhere = judged.clone();
    elsewhere.keys.address.push('x');
    assert_ne!(ids(&elsewhere, "alerts@example.net")[0], first[0]);
    for id in ids(&judged, "alerts@пример.рф") {
        assert!(id.starts_with("<alert.") && id.ends_with("@xn--e1afmkfd.xn--p1ai>"), "{id}");
    }
}

#[test]
fn subjects_are_bounded_lines() {
    let (mut judged, source) = sample("official");
    for title in ["word ".repeat(5_000), "x".repeat(5_000), "制裁".repeat(5_000), String::new()] {
        judged.article.title = title;
        let readers = [reader(1, "a@example.org", "")];
        let message = alerts(&judged, &source, &readers).remove(0);
        let length = message.subject.chars().count();
        assert!((10..=120).contains(&length), "{length}: {}", message.subject);
        assert!(
            message.text.len() < 10_000 && message.html.len() < 30_000,
            "{}",
            message.html.len()
        );
    }
}

// The form it travels in.

/// The mail as an independent parser reads it.
async fn mailed(message: &Message) -> Vec<u8> {
    let memory = Memory::default();
    let settings = Settings::new(Backend::Memory(memory.clone()), sender());
    Mailer::new(&settings).unwrap().send(message, "", now()).await.unwrap();
    memory.mails().remove(0)
}

#[tokio::test]
async fn headers_say_what_kind_of_mail_it_is() {
    let mail = mailed(&alert("official")).await;
    let parsed = MessageParser::default().parse(&mail).unwrap();
    let header = |name: &str| match parsed.header(name.to_owned()) {
        Some(HeaderValue::Text(text)) => text.to_string(),
        Some(HeaderValue::Address(address)) => {
            address.first().and_then(|first| first.address()).unwrap_or_default().to_owned()
        }
        other => panic!("{name} is {other:?}"),
    };
    assert_eq!(header("Auto-Submitted"), "auto-generated");
    assert_eq!(header("Precedence"), "bulk");
    assert!(String::from_utf8_lossy(&mail).contains("List-Id: <alerts.example.net>\r\n"));
    assert!(
        String::from_utf8_lossy(&mail)
            .contains(">,\r\n <mailto:alerts@example.net?subject=unsubscribe>\r\n")
    );
    assert!(
        String::from_utf8_lossy(&mail)
            .contains("List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n")
    );
    assert_eq!(parsed.date().unwrap().to_rfc3339(), "2024-07-16T12:00:00Z");
    assert_eq!(header("From"), "alerts@example.net");
    assert_eq!(header("To"), "anna@example.org");
    assert!(parsed.message_id().unwrap().ends_with(".7@example.net"));
    assert_eq!(parsed.content_type().unwrap().subtype(), Some("alternative"));
}

#[tokio::test]
async fn every_alert_arrives_whole() {
    for name in SAMPLES {
        let message = alert(name);
        let mail = mailed(&message).await;
        assert!(mail.is_ascii(), "{name}");
        for line in mail.split(|byte| *byte == b'\n') {
            assert!(line.len() <= 999 && (line.is_empty() || line.ends_with(b"\r")), "{name}");
        }
        let parsed = MessageParser::default().parse(&mail).unwrap();
        assert_eq!(parsed.subject(), Some(message.subject.as_str()), "{name}");
        let to = parsed.to().unwrap().first().unwrap();
        assert_eq!(to.name(), Some("Anna Müller"));
        assert_eq!(parsed.text_bodies().count(), 1);
        let lines = |text: &str| text.replace("\r\n", "\n").trim_end().to_owned();
        assert_eq!(lines(&parsed.body_text(0).unwrap()), lines(&message.text), "{name}");
        assert_eq!(lines(&parsed.body_html(0).unwrap()), lines(&message.html), "{name}");
    }
}

#[tokio::test]
async fn nothing_adds_a_header() {
    let plain = mailed(&alert("title-only")).await;
    let names = |mail: &[u8]| -> Vec<String> {
        let parsed = MessageParser::default().parse(mail).unwrap();
        parsed.headers().iter().map(|header| header.name().to_owned()).collect()
    };
    let evil = "Eve\r\nBcc: all@example.org\r\n\r\nHello\0\u{85}\u{2028}X: y";
    let mut message = alert("hostile");
    message.subject = evil.to_owned();
    message.name = evil.to_owned();
    message.message_id = format!("<{evil}@example.net>");
    message.text = "one\r.\rQUIT\r\n.\n\0two".to_owned();
    let mail = mailed(&message).await;
    assert_eq!(names(&mail), names(&plain));
    let crs = mail.iter().filter(|byte| **byte == b'\r').count();
    assert_eq!(crs, mail.windows(2).filter(|pair| *pair == b"\r\n").count());
    assert!(!mail.contains(&0));
    let parsed = MessageParser::default().parse(&mail).unwrap();
    assert!(parsed.bcc().is_none());
    assert_eq!(parsed.subject(), Some("Eve Bcc: all@example.org Hello X: y"));
    assert_eq!(parsed.to().unwrap().first().unwrap().name(), parsed.subject());
    for text in ["very ".repeat(1_000), "x".repeat(5_000), "\u{202e}ש".repeat(900)] {
        message.subject = text.clone();
        message.name = text;
        assert_eq!(names(&mailed(&message).await), names(&plain));
    }
}

#[tokio::test]
async fn a_machine_without_a_domain_can_write_to_itself() {
    let memory = Memory::default();
    let from = email("sanctionwatch@localhost");
    let mailer = Mailer::new(&Settings::new(Backend::Memory(memory.clone()), from)).unwrap();
    let mut message = alert("russian");
    message.email = email("root@localhost");
    mailer.send(&message, "", now()).await.unwrap();
    let mail = String::from_utf8(memory.mails().remove(0)).unwrap();
    assert!(mail.contains("From: sanctionwatch <sanctionwatch@localhost>\r\n"), "{mail}");
}

#[tokio::test]
async fn the_same_message_is_the_same_file() {
    let folder = tempfile::tempdir().unwrap();
    let directory = folder.path().join("new/mails");
    let settings = Settings::new(Backend::Directory(directory.clone()), sender());
    let mailer = Mailer::new(&settings).unwrap();
    for name in SAMPLES.iter().chain(SAMPLES) {
        let mut message = alert(name);
        message.message_id = format!("<alert.{name}.7@example.net>");
        let reply = mailer.send(&message, "", now()).await.unwrap();
        assert!(reply.ends_with(&format!("alert.{name}.7@example.net.eml")), "{reply}");
    }
    let files: Vec<_> =
        fs::read_dir(&directory).unwrap().map(|file| file.unwrap().path()).collect();
    assert_eq!(files.len(), SAMPLES.len(), "{files:?}");
    fs::write(folder.path().join("file"), "in the way").unwrap();
    let settings = Settings::new(Backend::Directory(folder.path().join("file")), sender());
    let failure =
        Mailer::new(&settings).unwrap().send(&alert("arabic"), "", now()).await.unwrap_err();
    assert!(matches!(&failure, Failure::Down(text) if text.contains("cannot write")), "{failure}");
}

// The server's moods.

fn mailer(smtp: Smtp) -> Mailer {
    Mailer::new(&Settings::new(Backend::Smtp(smtp), sender())).unwrap()
}

#[tokio::test]
async fn a_mail_crosses_real_smtp_whole() {
    let server = SmtpServer::start().await;
    let mailer = mailer(server.settings());
    for name in SAMPLES {
        let reply = mailer.send(&alert(name), "", now()).await.unwrap();
        assert_eq!(reply, "250 2.0.0 queued as TEST1");
    }
    let received = server.received();
    assert_eq!(received.len(), SAMPLES.len());
    assert_eq!(server.connections(), 1, "one connection serves them all");
    for (received, name) in received.iter().zip(SAMPLES) {
        let message = alert(name);
        assert_eq!(received.from, "alerts@example.net");
        assert_eq!(received.to, ["anna@example.org"]);
        let parsed = MessageParser::default().parse(&received.data).unwrap();
        assert_eq!(parsed.subject(), Some(message.subject.as_str()));
        assert_eq!(
            parsed.body_text(0).unwrap().replace("\r\n", "\n").trim_end(),
            message.text.trim_end()
        );
    }
}

#[tokio::test]
async fn each_refusal_means_what_it_says() {
    use Act::{HangUp, Say, Stall, TakeAndHangUp};
    #[derive(Debug, PartialEq)]
    enum Kind {
        Sent,
        Later,
        Never,
        Down,
    }
    let server = SmtpServer::start().await;
    let impatient = Duration::from_millis(200);
    let cases = [
        (Say(Stage::Rcpt, "450 4.2.1 busy"), Kind::Later, "450 4.2.1 busy"),
        (Say(Stage::Data, "451 4.3.0 later"), Kind::Later, "451 4.3.0 later"),
        (Say(Stage::Text, "452 4.2.2 full"), Kind::Later, "452 4.2.2 full"),
        (Say(Stage::Mail, "451 4.7.1 slow down"), Kind::Later, "451 4.7.1 slow down"),
        (
            Say(Stage::Rcpt, "550 5.1.1 <anna@example.org>: unknown"),
            Kind::Never,
            "550 5.1.1 <a…@example.org>: unknown",
        ),
        (Say(Stage::Rcpt, "550-5.7.1 one\r\n550 5.7.1 two"), Kind::Never, "550 5.7.1 one two"),
        (Say(Stage::Data, "554 5.7.0 no"), Kind::Never, "554 5.7.0 no"),
        (Say(Stage::Text, "554 5.7.1 spam"), Kind::Never, "554 5.7.1 spam"),
        (Say(Stage::Mail, "553 5.7.1 not your address"), Kind::Down, "553 5.7.1 not your address"),
        (Say(Stage::Mail, "421 4.3.2 closing"), Kind::Down, "421 4.3.2 closing"),
        (Say(Stage::Text, "421 4.3.2 closing"), Kind::Later, "421 4.3.2 closing"),
        (Say(Stage::Greeting, "554 5.7.1 you are listed"), Kind::Down, "554 5.7.1 you are listed"),
        (Say(Stage::Greeting, "421 4.7.0 too many"), Kind::Down, "421 4.7.0 too many"),
        (HangUp(Stage::Greeting), Kind::Down, "incomplete response"),
        (HangUp(Stage::Rcpt), Kind::Later, "incomplete response"),
        (HangUp(Stage::Text), Kind::Later, "incomplete response; it may have arrived"),
        (Stall(Stage::Greeting), Kind::Down, "said nothing for 0.2 s while connecting"),
        (Stall(Stage::Rcpt), Kind::Later, "said nothing for 0.2 s while taking the message"),
        (Stall(Stage::Text), Kind::Later, "it may have arrived"),
        (TakeAndHangUp, Kind::Sent, "250 2.0.0 queued as TEST1"),
        (Say(Stage::Rcpt, "gibberish"), Kind::Later, "response error"),
        (Say(Stage::Rcpt, "750 what"), Kind::Later, "response error"),
    ];
    for (act, expected, words) in cases {
        let shown = format!("{act:?}");
        let settings = Smtp { timeout: impatient, answer_timeout: impatient, ..server.settings() };
        let mailer = mailer(settings);
        server.script([act]);
        let (kind, said) = match mailer.send(&alert("russian"), "", now()).await {
            Ok(said) => (Kind::Sent, said),
            Err(Failure::Later(said)) => (Kind::Later, said),
            Err(Failure::Never(_, said)) => (Kind::Never, said),
            Err(Failure::Down(said)) => (Kind::Down, said),
        };
        assert_eq!(kind, expected, "{shown}: {said}");
        assert!(said.contains(words), "{shown}: {said}");
        assert!(!said.contains("anna@"), "{shown}: {said}");
        // Whatever happened, the same mailer serves the next message, and says so truly.
        let before = server.received().len();
        assert_eq!(
            mailer.send(&alert("arabic"), "", now()).await.unwrap(),
            "250 2.0.0 queued as TEST1"
        );
        assert_eq!(server.received().len(), before + 1, "{shown}");
    }
}

#[tokio::test]
async fn a_server_that_is_not_there_is_down() {
    // A port that was free a moment ago.
    let port = TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port();
    let settings = Smtp { port: Some(port), security: Security::None, ..Smtp::new("127.0.0.1") };
    let failure = mailer(settings).send(&alert("russian"), "", now()).await.unwrap_err();
    assert!(matches!(&failure, Failure::Down(text) if text.contains("refused")), "{failure}");
}

#[tokio::test]
async fn encryption_and_login_work_or_nothing_is_sent() {
    let folder = tempfile::tempdir().unwrap();
    let password = |text: &str| {
        let path = folder.path().join(text.trim());
        fs::write(&path, text).unwrap();
        Some(Login { user: "watch".to_owned(), password_file: path })
    };
    for (offer, security) in [(Offer::Starttls, Security::Starttls), (Offer::Tls, Security::Tls)] {
        for mechanism in ["PLAIN", "LOGIN"] {
            let login = Some(("watch", "söcret"));
            let plan = Plan { offer, login, mechanism, ..Plan::OPEN };
            let server = SmtpServer::with(plan).await;
            let trusted_ca = Some(server.authority());
            let good =
                Smtp { security, trusted_ca, login: password("söcret\n"), ..server.settings() };
            mailer(good.clone()).send(&alert("russian"), "", now()).await.unwrap();
            let received = &server.received()[0];
            assert!(received.encrypted);
            assert_eq!(received.user.as_deref(), Some("watch"));
            let bad = [
                (Smtp { trusted_ca: None, ..good.clone() }, "certificate"),
                (Smtp { login: password("wrong"), ..good.clone() }, "535 5.7.8"),
                (Smtp { login: None, ..good.clone() }, "530 5.7.0"),
            ];
            for (settings, words) in bad {
                let failure =
                    mailer(settings).send(&alert("russian"), "", now()).await.unwrap_err();
                let told = matches!(&failure, Failure::Down(text) if text.contains(words));
                assert!(told, "{words}: {failure:?}");
                assert!(!format!("{failure:?}").contains("wrong\n"));
            }
            assert_eq!(server.received().len(), 1);
        }
    }
    let plain = SmtpServer::start().await;
    let settings = Smtp { security: Security::Starttls, ..plain.settings() };
    let failure = mailer(settings).send(&alert("russian"), "", now()).await.unwrap_err();
    assert!(failure.to_string().contains("does not offer STARTTLS"), "{failure}");
}

#[test]
fn settings_that_would_harm_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::write(&path, text).unwrap();
        path
    };
    let login = |path| Some(Login { user: "watch".to_owned(), password_file: path });
    let good = file("good", "s3cret\n");
    let cases = [
        (
            Smtp {
                security: Security::None,
                login: login(good.clone()),
                ..Smtp::new("mail.example.org")
            },
            "for all to read",
        ),
        (
            Smtp { login: login(file("empty", "\n")), ..Smtp::new("mail.example.org") },
            "holds no password",
        ),
        (
            Smtp { login: login(folder.path().join("none")), ..Smtp::new("mail.example.org") },
            "cannot read the mail password",
        ),
        (
            Smtp { trusted_ca: Some(folder.path().join("none")), ..Smtp::new("mail.example.org") },
            "cannot read the certificates",
        ),
        (
            Smtp { trusted_ca: Some(good.clone()), ..Smtp::new("mail.example.org") },
            "no certificate",
        ),
    ];
    for (smtp, words) in cases {
        let error = Mailer::new(&Settings::new(Backend::Smtp(smtp), sender())).unwrap_err();
        assert!(format!("{error:#}").contains(words), "{words}: {error:#}");
    }
    let smtp = Smtp { login: login(good), ..Smtp::new("mail.example.org") };
    let settings = Settings::new(Backend::Smtp(smtp), sender());
    let shown = format!("{settings:?} {:?}", Mailer::new(&settings).unwrap());
    assert!(!shown.contains("s3cret"), "{shown}");
}

#[tokio::test]
async fn international_addresses_go_where_servers_know_them() {
    let mut message = alert("russian");
    message.email = email("anna@bücher.example");
    let server = SmtpServer::with(Plan { utf8: false, ..Plan::OPEN }).await;
    mailer(server.settings()).send(&message, "", now()).await.unwrap();
    assert_eq!(server.received()[0].to, ["anna@xn--bcher-kva.example"]);
    message.email = email("änna@example.org");
    let failure = mailer(server.settings()).send(&message, "", now()).await.unwrap_err();
    assert!(matches!(&failure, Failure::Never(_, text) if text.contains("SMTPUTF8")), "{failure}");
    let modern = SmtpServer::start().await;
    mailer(modern.settings()).send(&message, "", now()).await.unwrap();
    assert_eq!(modern.received()[0].to, ["änna@example.org"]);
}
