//! Every kind of mail, judged by programs that are not ours: Python's strict parser, dkimpy, and the
//! rules of SpamAssassin about how a mail is built.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use sanctionwatch::digest::{self, Known, Letter, Letterhead, ListNews, News, Reader};
use sanctionwatch::mail::Mailer;
use sanctionwatch::mail::memory::Memory;
use sanctionwatch::mail::settings::{Backend, Dkim, Settings};
use sanctionwatch::model::change::{Change, ChangeKind};
use sanctionwatch::model::designation::{Designation, Issuer, ListedName, NameQuality, PartyKind};
use sanctionwatch::model::subscriber::Message;
use sanctionwatch::model::trouble::{Report, Trouble};

use crate::mail::{asked, full_digest, letter};
use crate::support::alerts::{SAMPLES, alert, anna, email, links, now, sample, sender};

const TOKEN: &str = "0123456789abcdef0123";

/// A message of each kind and script, and some that no page should be able to make, by name.
fn messages() -> BTreeMap<String, Message> {
    let mut messages: BTreeMap<String, Message> =
        SAMPLES.iter().map(|name| (format!("alert-{name}"), alert(name))).collect();
    let mut add = |name: &str, message: Message| drop(messages.insert(name.to_owned(), message));
    let (judged, source) = sample("japanese");
    let (from, links) = (sender(), links());
    let letterhead = Letterhead { sender: &from, links: Some(&links), now: now() };
    let readers =
        [Reader { subscriber: anna().subscriber, alert: Some(alert("japanese").message_id) }];
    let known = Known {
        title: &judged.article.title,
        url: &judged.article.url,
        address: &judged.keys.address,
        language: Some("ja"),
    };
    let follow_up =
        digest::follow_ups(&known, &News::Gone, &source, &readers, &letterhead).remove(0);
    assert!(follow_up.follows.is_some());
    add("follow-up", follow_up);
    let changes = ["Иванов, Иван", "Acme Trading LLC"]
        .map(|name| Change { kind: ChangeKind::Added, party: party(name) });
    let news = ListNews {
        list: "ofac-sdn",
        title: "OFAC SDN",
        after: 7,
        at: now(),
        parties: 17_000,
        changes: &changes,
    };
    add("list", digest::list_alerts(&news, &[anna()], &letterhead).remove(0));
    add("digest", full_digest(0).message);
    let cut = full_digest(60);
    let items: usize = cut.whole.unwrap().groups.iter().map(|group| group.items.len()).sum();
    assert_eq!(items, 67);
    add("digest-cut", cut.message);
    let asked = asked();
    add("confirm", letter(Letter::Confirm(&asked)));
    add("offer", letter(Letter::Offer(&asked)));
    add("subscribed", letter(Letter::AlreadySubscribed));
    add("settings", letter(Letter::Settings));
    add("notice", digest::notice(&report(), &anna().subscriber, &letterhead).unwrap());
    let base = alert("official");
    let odd = |change: fn(&mut Message)| {
        let mut message = base.clone();
        change(&mut message);
        message
    };
    add(
        "link",
        odd(|it| it.leave_url = Some("https://watch.example/leave/abc?t=1&u=2".to_owned())),
    );
    add(
        "link-long",
        odd(|it| {
            it.leave_url = Some(format!("https://watch.example/leave/{}", "Ab_-9.".repeat(100)));
        }),
    );
    add(
        "link-too-long",
        odd(|it| it.leave_url = Some(format!("https://w.example/{}", "x".repeat(2_000)))),
    );
    add("link-plain", odd(|it| it.leave_url = Some("http://127.0.0.1:8080/leave/abc".to_owned())));
    add(
        "link-evil",
        odd(|it| {
            it.leave_url =
                Some("https://w.example/a\r\nBcc: x@example.org> ,<javascript:1".to_owned());
        }),
    );
    add(
        "long-lines",
        odd(|it| {
            it.text = format!("{}\n{}\n", "word ".repeat(1_000), "x".repeat(3_000));
            it.html = format!("<p>{}</p>", "ü".repeat(5_000));
            it.subject = "Ein ziemlich langer Betreff über Maßnahmen ".repeat(8);
        }),
    );
    add("dots", odd(|it| it.text = ".\n..\n.a\nFrom here\n \n\t\n-- \nend   \n\n\n".to_owned()));
    add(
        "names",
        odd(|it| {
            it.name = "O\"Brien, \\ (Анна) <x@y> 林".to_owned();
            it.subject = "=?utf-8?q?fake?= 🦀 שלום\u{202e}".to_owned();
        }),
    );
    add("domain-idna", odd(|it| it.email = email("anna@bücher.example")));
    add("utf8-address", odd(|it| it.email = email("änna@bücher.example")));
    messages
}

/// What an operator is told on a bad day.
fn report() -> Report {
    let trouble = |subject: &str, detail: String| Trouble {
        subject: subject.to_owned(),
        since: now(),
        detail,
    };
    Report {
        fresh: vec![
            trouble(
                "source:ru/сайт",
                format!("HTTP 503\r\nBcc: x@example.org {}", "так ".repeat(400)),
            ),
            trouble("disk", "https://x.example/".to_owned() + &"a".repeat(500)),
        ],
        lasting: (0..40).map(|_| trouble("mail", "<b>connection refused</b>".to_owned())).collect(),
        over: vec![trouble("source:ru/сайт", String::new())],
    }
}

/// Lines of the text part that no mail program wraps anew, but for addresses, which must stay whole.
#[test]
fn the_lines_of_every_text_are_short() {
    for (name, message) in messages() {
        let made_up = ["long-lines", "dots"].contains(&name.as_str());
        for line in message.text.lines().filter(|line| !made_up && !line.contains("://")) {
            assert!(line.chars().count() <= 72, "{name}: {line:?}");
        }
    }
}

fn party(name: &str) -> Designation {
    Designation {
        id: name.to_owned(),
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
    }
}

fn write_key(folder: &Path, kind: &str) -> PathBuf {
    let algorithm = match kind {
        "rsa" => &rcgen::PKCS_RSA_SHA256,
        "ed25519" => &rcgen::PKCS_ED25519,
        _ => &rcgen::PKCS_ECDSA_P256_SHA256,
    };
    let path = folder.join(format!("{kind}.pem"));
    fs::write(&path, rcgen::KeyPair::generate_for(algorithm).unwrap().serialize_pem()).unwrap();
    path
}

/// Every message as a mail, signed with each kind of key and unsigned; with the DNS they need.
async fn write_mails(folder: &Path) -> usize {
    let mut records = BTreeMap::new();
    let mut count = 0;
    for kind in ["plain", "rsa", "ed25519"] {
        let memory = Memory::default();
        let mut settings = Settings::new(Backend::Memory(memory.clone()), sender());
        settings.dkim = (kind != "plain").then(|| Dkim {
            domain: "example.net".to_owned(),
            selector: kind.to_owned(),
            key_file: write_key(folder, kind),
        });
        let mailer = Mailer::new(&settings).unwrap();
        records.extend(mailer.dkim_record());
        for (name, message) in messages() {
            mailer.send(&message, TOKEN, now()).await.unwrap();
            let mail = memory.mails().pop().unwrap();
            assert_eq!(mail.starts_with(b"DKIM-Signature: v=1; a="), kind != "plain");
            fs::write(folder.join(format!("{name}.{kind}.eml")), mail).unwrap();
            count += 1;
        }
    }
    let records = serde_json::to_string(&records).unwrap();
    fs::write(folder.join("records.json"), records).unwrap();
    count
}

#[tokio::test]
async fn every_mail_is_by_the_rfcs_and_its_signature_holds() {
    let folder = tempfile::tempdir().unwrap();
    let count = write_mails(folder.path()).await;
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/support/check_mails.py");
    let Ok(output) = Command::new("python3").arg(script).arg(folder.path()).output() else {
        println!("skipped: python3 is not installed");
        return;
    };
    let said = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    let (all, none) = (count * 2 / 3, "no signatures checked");
    if said.trim() == format!("{count} read, {none}") {
        println!("skipped the signatures: dkimpy is not installed (pip install dkimpy pynacl)");
        return;
    }
    assert_eq!(said.trim(), format!("{count} read, {all} signatures checked"), "{errors}");
}

/// SpamAssassin knows how mails of spammers are built. Of its rules, none about form may be met; it
/// asks no server.
#[tokio::test]
async fn spamassassin_finds_no_fault_with_the_form() {
    let known = Command::new("spamassassin").arg("--version").output();
    if !known.is_ok_and(|known| known.status.success()) {
        println!("skipped: spamassassin is not installed");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let memory = Memory::default();
    let mailer = Mailer::new(&Settings::new(Backend::Memory(memory.clone()), sender())).unwrap();
    let mut mbox = Vec::new();
    let wanted = [
        "alert-official",
        "alert-russian",
        "alert-japanese",
        "alert-arabic",
        "follow-up",
        "list",
        "link",
    ];
    for (name, message) in messages() {
        if wanted.contains(&name.as_str()) {
            mailer.send(&message, TOKEN, now()).await.unwrap();
            let mail = String::from_utf8(memory.mails().pop().unwrap()).unwrap();
            // The machine that took the mail in would have noted how it came.
            mbox.extend_from_slice(b"From alerts@example.net Tue Jul 16 12:00:00 2024\n");
            mbox.extend_from_slice(
                b"Received: from mail.example.net (mail.example.net [192.0.2.1])\n\tby mx.example.org \
                  with ESMTPS id 1; Tue, 16 Jul 2024 12:00:01 +0000\n",
            );
            mbox.extend_from_slice(mail.replace("\r\n", "\n").as_bytes());
            mbox.push(b'\n');
        }
    }
    let path = folder.path().join("mbox");
    fs::write(&path, mbox).unwrap();
    fs::write(folder.path().join("preferences"), "").unwrap();
    let output = Command::new("spamassassin")
        .args(["--local", "--mbox", "--test-mode", "--prefspath"])
        .arg(folder.path().join("preferences"))
        .env("HOME", folder.path())
        .arg(&path)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout).replace("\n\t", " ");
    let statuses: Vec<&str> =
        said.lines().filter(|line| line.starts_with("X-Spam-Status: ")).collect();
    assert_eq!(statuses.len(), wanted.len(), "{}", String::from_utf8_lossy(&output.stderr));
    // What it says of a mail without its way through the internet, and of old dates, is not ours.
    let ours = |rule: &str| {
        let about_form = [
            "MISSING_",
            "MIME_",
            "HTML_",
            "INVALID_",
            "BROKEN",
            "HEAD",
            "SUBJ",
            "BAD_",
            "UNPARSEABLE",
            "MALFORMED",
            "PLING",
            "RATWARE",
            "FORGED",
            "MULTIPART_ALT_NON_TEXT",
            "MPART_ALT",
            "BASE64",
        ];
        about_form.iter().any(|start| rule.contains(start))
            && rule != "HTML_MESSAGE"
            && !rule.starts_with("DATE_IN_PAST")
    };
    for (status, name) in statuses.iter().zip(wanted) {
        let tests = status.split("tests=").nth(1).unwrap_or_default();
        let rules: Vec<&str> = tests
            .split([' ', ','])
            .take_while(|it| !it.contains('='))
            .filter(|rule| ours(rule))
            .collect();
        assert!(rules.is_empty(), "{name}: {rules:?} of {status}");
    }
}

#[test]
fn a_key_that_cannot_sign_stops_the_start() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::write(&path, text).unwrap();
        path
    };
    let pem = |label: &str| format!("-----BEGIN {label}-----\nAAAA\n-----END {label}-----\n");
    let cases = [
        (folder.path().join("none"), "cannot read the DKIM key"),
        (file("empty", ""), "holds no private key in PEM form"),
        (file("certificate", &pem("CERTIFICATE")), "holds no private key in PEM form"),
        (file("broken", &pem("PRIVATE KEY")), "neither an RSA key of 2048 to 8192 bits nor"),
        (write_key(folder.path(), "ecdsa"), "neither an RSA key of 2048 to 8192 bits nor"),
    ];
    for (key_file, words) in cases {
        let mut settings = Settings::new(Backend::Memory(Memory::default()), sender());
        let (domain, selector) = ("example.net".to_owned(), "watch".to_owned());
        settings.dkim = Some(Dkim { domain, selector, key_file });
        let error = format!("{:#}", Mailer::new(&settings).unwrap_err());
        assert!(error.contains(words), "{words}: {error}");
    }
}
