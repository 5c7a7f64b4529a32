//! `screen` as a script meets it, and what it says of an index made from files.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::{Value, json};

const LISTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/lists");

fn screen(state: &Path, arguments: &[&str], input: &str) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_sanctionwatch"))
        .arg("screen")
        .args(arguments)
        .env("SANCTIONWATCH_STATE", state)
        .env("XDG_CONFIG_HOME", state)
        .env_remove("SANCTIONWATCH_CONFIG")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A command that does not read its input may have closed it.
    child.stdin.take().unwrap().write_all(input.as_bytes()).ok();
    child.wait_with_output().unwrap()
}

fn answers(output: &Output) -> Vec<Value> {
    let lines = String::from_utf8_lossy(&output.stdout).into_owned();
    lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn texts_are_answered_with_the_parties_they_name() {
    let state = tempfile::tempdir().unwrap();
    let text = "The Rota Maritime Agency paid Petr Orlov in Tver.";
    let questions = [
        json!({"id": 1, "title": "Petr Ivanovich Orlov named", "text": text}),
        json!({"id": 2, "text": "The tanker Grey Heron (IMO 9187629) left."}),
        json!({"id": 3, "text": "Nobody is named here."}),
        json!({"id": 4}),
    ];
    let input: String = questions.iter().map(|question| format!("{question}\n")).collect();
    let list = format!("{LISTS}/ofac-csv/sdn.csv");
    let output = screen(state.path(), &["--list", &list], &(input + "no json\n"));
    assert_eq!(output.status.code(), Some(1), "two lines are bad");
    let answers = answers(&output);
    assert_eq!(answers.len(), 5);
    let named = |answer: &Value| -> Vec<String> {
        let one = |one: &Value| {
            let (class, number) =
                (one["class"].as_str().unwrap(), one["designation"].as_str().unwrap());
            format!("{class} {number} {}", one["text"].as_str().unwrap())
        };
        answer["matches"].as_array().unwrap().iter().map(one).collect()
    };
    assert_eq!(
        named(&answers[0]),
        [
            "strong 102 Petr Ivanovich Orlov",
            "strong 101 Rota Maritime Agency",
            "strong 102 Petr Orlov"
        ]
    );
    let in_text = &answers[0]["matches"][1];
    let span =
        in_text["start"].as_u64().unwrap() as usize..in_text["end"].as_u64().unwrap() as usize;
    assert_eq!(&text[span], "Rota Maritime Agency");
    assert_eq!(answers[0]["matches"][0]["in"], "title");
    assert!(in_text.get("in").is_none());
    assert!(2 <= in_text["explanation"].as_array().unwrap().len());
    assert_eq!(in_text["issuer"], "ofac");
    let ship = named(&answers[1]);
    assert!(ship.contains(&"strong 103 9187629".to_owned()), "{ship:?}");
    assert_eq!(answers[2], json!({"id": 3, "matches": []}));
    assert!(answers[3]["error"].as_str().unwrap().contains("neither a title nor a text"));
    assert!(answers[4]["error"].is_string());
}

#[test]
fn one_party_on_several_lists_is_named_once() {
    let state = tempfile::tempdir().unwrap();
    let (ofac, un) = (format!("{LISTS}/ofac-csv/sdn.csv"), format!("{LISTS}/un-xml/un.xml"));
    let input = "{\"id\":1,\"text\":\"They met Petr Ivanovich Orlov.\"}\n";
    let output = screen(state.path(), &["--list", &ofac, &un], input);
    let answers = answers(&output);
    let matches = answers[0]["matches"].as_array().unwrap();
    assert_eq!(matches.len(), 1, "{matches:#?}");
    let explanation = matches[0]["explanation"].to_string();
    assert!(explanation.contains("also listed: un"), "{explanation}");
}

#[test]
fn without_lists_the_command_says_what_to_do() {
    let state = tempfile::tempdir().unwrap();
    let output = screen(state.path(), &[], "{\"id\":1,\"text\":\"x\"}\n");
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains("--list") && said.contains("list sync"), "{said}");
}

#[test]
fn suppressions_are_kept_shown_and_taken_back() {
    let state = tempfile::tempdir().unwrap();
    let run = |arguments: &[&str]| {
        let output = screen(state.path(), arguments, "");
        (output.status.code(), String::from_utf8_lossy(&output.stdout).into_owned())
    };
    assert_eq!(run(&["suppress", "John LEE", "--reason", "a namesake"]).0, Some(0));
    assert_eq!(run(&["suppress", "john lee", "--reason", "a colleague"]).0, Some(0));
    assert_eq!(run(&["suppressed"]), (Some(0), "john lee\ta colleague\n".to_owned()));
    assert_eq!(run(&["allow", "John Lee"]).0, Some(0));
    assert_eq!(run(&["allow", "John Lee"]).0, Some(1));
    assert_eq!(run(&["suppressed"]).1, "");
    assert_eq!(run(&["suppress", "--", "--"]).0, Some(2));
}
