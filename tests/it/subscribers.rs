//! Subscribers by command line: as an operator types it.

use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

fn run(state: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_sanctionwatch"))
        .args(arguments)
        .env("SANCTIONWATCH_STATE", state)
        .env("XDG_CONFIG_HOME", state)
        .env_remove("SANCTIONWATCH_CONFIG")
        .output()
        .unwrap()
}

/// What it printed, where it ended with `code`.
fn said(state: &Path, arguments: &[&str], code: i32) -> String {
    let output = run(state, arguments);
    let said = String::from_utf8_lossy(&output.stdout).into_owned()
        + &String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{arguments:?}: {said}");
    said
}

#[test]
fn an_operator_asks_by_mail_and_nobody_is_told_before_they_confirm() {
    let state = tempfile::tempdir().unwrap();
    let say = |arguments: &[&str], code| said(state.path(), arguments, code);
    let ask = ["subscriber", "add", "ada@example.org", "--ask"];
    assert!(say(&ask, 2).contains("set `web.public_url`"), "a link needs a page");
    let settings = state.path().join("settings.toml");
    let web = "[web]\nlisten = \"127.0.0.1:0\"\npublic_url = \"https://watch.example\"\n";
    std::fs::write(&settings, web).unwrap();
    let settings = settings.to_str().unwrap();
    let ask = [ask.as_slice(), &["--interest", "Oil: words=oil", "--config", settings]].concat();
    let asked = say(&ask, 0);
    assert!(asked.contains("a letter asks ada@example.org; nothing else"), "{asked}");
    let list = say(&["subscriber", "list"], 0);
    assert!(list.contains("ada@example.org\t\tasked\t1 interest"), "{list}");
    let database = rusqlite::Connection::open(state.path().join("sanctionwatch.db")).unwrap();
    let letter = "SELECT text FROM delivery WHERE cause LIKE 'letter:offer:%'";
    let text: String = database.query_row(letter, [], |row| row.get(0)).unwrap();
    assert!(text.contains("https://watch.example/confirm/") && text.contains("Oil: words: oil"));

    say(&["subscriber", "add", "ada@example.org"], 0);
    assert!(say(&ask, 1).contains("ada@example.org gets mails already"));
    let suspend = "UPDATE subscriber SET suspended = '2026-01-01T00:00:00.000Z', suspension = 'x'";
    database.execute(suspend, []).unwrap();
    assert!(say(&["subscriber", "add", "ada@example.org"], 1).contains("is suspended"));
    assert!(say(&ask, 0).contains("a letter asks"), "a letter is the way back");
    database.execute("UPDATE subscriber SET complained = suspended", []).unwrap();
    assert!(say(&ask, 1).contains("only they can ask for more"));
}

#[test]
fn an_operator_keeps_a_subscription() {
    let state = tempfile::tempdir().unwrap();
    let say = |arguments: &[&str], code| said(state.path(), arguments, code);
    let ada = "ada@example.org";
    say(
        &[
            "subscriber",
            "add",
            ada,
            "--name",
            "Ada",
            "--zone",
            "Europe/Berlin",
            "--interest",
            "Oil: countries=ru; words=oil @ daily 07:30",
            "--interest",
            "Courts: topics=courts",
        ],
        0,
    );
    assert!(say(&["subscriber", "add", ada], 0).contains("already"));
    assert!(say(&["subscriber", "list"], 0).contains("ada@example.org\tAda\tactive\t2 interests"));
    say(
        &[
            "subscriber",
            "interest",
            "change",
            ada,
            "Oil",
            "--cadence",
            "weekly Mon 08:00",
            "--rename",
            "Fuel",
        ],
        0,
    );
    say(&["subscriber", "interest", "remove", ada, "Courts"], 0);
    say(&["subscriber", "interest", "add", ada, "Names: names=Calvenna Shipping"], 0);
    assert!(say(&["subscriber", "interest", "add", ada, "Names:"], 2).contains("interest change"));
    assert!(
        say(&["subscriber", "interest", "remove", ada, "Oil"], 2).contains("there are Fuel, Names")
    );
    say(&["subscriber", "mute", ada, "--source", "us/bis"], 0);
    say(&["subscriber", "mute", ada, "--name", "Calvenna"], 0);
    say(&["subscriber", "unmute", ada, "--name", "Calvenna"], 0);
    say(&["subscriber", "unmute", ada, "--story", "7"], 1);
    let held: Value =
        serde_json::from_str(&say(&["subscriber", "show", ada, "--json"], 0)).unwrap();
    assert_eq!(held["time_zone"], "Europe/Berlin");
    assert_eq!(held["interests"][0]["name"], "Fuel");
    assert_eq!(held["interests"][0]["criteria"], "countries=ru; words=oil");
    assert_eq!(held["interests"][0]["cadence"], "weekly Mon 08:00");
    assert_eq!(held["muted"].as_array().unwrap().len(), 1);
    assert!(
        say(&["subscriber", "show", ada], 0)
            .contains("Fuel: countries=ru; words=oil @ weekly Mon 08:00")
    );
    say(&["subscriber", "remove", ada], 0);
    assert!(say(&["subscriber", "list"], 0).contains("\tleft\t"));
    say(&["subscriber", "erase", ada], 0);
    say(&["subscriber", "erase", ada], 2);
    assert_eq!(say(&["subscriber", "list"], 0), "");
    let tried = say(&["subscriber", "try", "topics=licences", "--cadence", "hourly"], 0);
    assert!(tried.contains("0 digests in 30 days"), "{tried}");
}

#[test]
fn mistakes_say_what_would_be_right() {
    let state = tempfile::tempdir().unwrap();
    let cases: [(&[&str], &str); 6] = [
        (&["add", "a@b.example", "--zone", "Berlin"], "did you mean \"Europe/Berlin\"?"),
        (&["add", "a@b.example", "--interest", "countries=ru"], "has no name"),
        (&["add", "a@b.example", "--interest", "X: country=ru"], "there is no key \"country\""),
        (&["show", "a@b.example"], "see `subscriber list`"),
        (&["try", "topics=x"], "there are listings"),
        (&["mute", "a@b.example"], "--story"),
    ];
    for (arguments, expected) in cases {
        let arguments = [&["subscriber"][..], arguments].concat();
        let said = said(state.path(), &arguments, 2);
        assert!(said.contains(expected), "{arguments:?}: {said}");
    }
}

#[test]
fn a_table_goes_out_and_comes_in_again() {
    let (from, to) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    for (email, name, interests) in [
        (
            "ada@example.org",
            "Ada, \"the\" first",
            &["Oil: words=oil \"price cap\" @ daily 07:30", "=1+1: names=Smith, John|O'Neil"][..],
        ),
        ("bo@example.org", "=HYPERLINK(1)", &["All:"][..]),
    ] {
        let mut arguments =
            vec!["subscriber", "add", email, "--name", name, "--zone", "Asia/Tokyo"];
        arguments.extend(interests.iter().flat_map(|interest| ["--interest", interest]));
        said(from.path(), &arguments, 0);
    }
    let table = said(from.path(), &["subscriber", "export"], 0);
    assert!(table.starts_with("email,name,zone,interest,criteria,cadence\n"), "{table}");
    assert!(table.contains(",'=HYPERLINK(1),"), "{table}");
    let file = to.path().join("people.csv");
    std::fs::write(&file, &table).unwrap();
    let import = ["subscriber", "import", file.to_str().unwrap()];
    assert!(said(to.path(), &import, 0).contains("2 new, 0 known"));
    assert_eq!(said(to.path(), &["subscriber", "export"], 0), table);
    // Again changes nothing, and whoever has left stays so.
    said(to.path(), &["subscriber", "remove", "bo@example.org"], 0);
    let again = said(to.path(), &import, 0);
    assert!(
        again.contains("0 new, 1 known") && again.contains("bo@example.org has left"),
        "{again}"
    );
    // One wrong line, and nobody comes in.
    std::fs::write(&file, format!("{table}cy@example.org,,Mars,,,\n")).unwrap();
    let wrong = said(from.path(), &import, 2);
    assert!(
        wrong.contains("line 5, zone: \"Mars\"") && wrong.contains("nobody was imported"),
        "{wrong}"
    );
}
