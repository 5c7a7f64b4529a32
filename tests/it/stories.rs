//! Stories through the command: one event is one story, a copy is told from a report of its own, and
//! what is settled at the end agrees with the truth written beside each article.

use std::collections::BTreeMap;
use std::io::Write;
use std::process::{Command, Stdio};

use serde_json::Value;

/// The answers to the lines of `input`, and whether the command called it done.
fn group(input: &str) -> (Vec<Value>, bool) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_sanctionwatch"))
        .arg("group")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let lines = String::from_utf8(output.stdout).unwrap();
    (
        lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect(),
        output.status.success(),
    )
}

fn week() -> String {
    std::fs::read_to_string(format!("{}/tests/stories/week.jsonl", env!("CARGO_MANIFEST_DIR")))
        .unwrap()
}

#[test]
fn the_events_of_a_week_are_told_apart() {
    let input = week();
    let (answers, done) = group(&input);
    assert!(done);
    let stories = answers.last().unwrap()["stories"].as_object().unwrap();
    // The first article of each event names its story.
    let mut firsts: BTreeMap<String, String> = BTreeMap::new();
    for line in input.lines() {
        let article: Value = serde_json::from_str(line).unwrap();
        let (id, truth) = (article["id"].as_str().unwrap(), article["truth"].as_str().unwrap());
        let first = firsts.entry(truth.to_owned()).or_insert_with(|| id.to_owned());
        assert_eq!(stories[id], **first, "{id}");
    }
    assert_eq!(stories.len(), input.lines().count());
}

#[test]
fn a_copy_is_named_with_its_original() {
    let (answers, _) = group(&week());
    let answer = |id: &str| answers.iter().find(|answer| answer["id"] == id).unwrap();
    assert_eq!(answer("a2")["copy_of"], "a1");
    assert_eq!(answer("a2")["share"], 1.0);
    assert_eq!(answer("a2")["story"], "a1");
    for id in ["a1", "a3", "b2", "r2"] {
        assert_eq!(answer(id)["copy_of"], Value::Null, "{id}");
    }
}

#[test]
fn a_bad_line_is_answered_and_the_others_go_on() {
    let input = "{\"id\":1,\"title\":\"Assets frozen\"}\nnonsense\n\
                 {\"id\":2,\"title\":\"Later\",\"published\":\"yesterday\"}\n{\"id\":3}\n";
    let (answers, done) = group(input);
    assert!(!done);
    assert_eq!(answers.len(), 5);
    assert_eq!(answers[0]["story"], "1");
    assert!(answers[1]["error"].as_str().unwrap().contains("not a JSON line"));
    assert!(answers[2]["error"].as_str().unwrap().contains("published is \"yesterday\""));
    assert!(answers[3]["error"].as_str().unwrap().contains("neither a title nor a text"));
    assert_eq!(answers[4]["stories"], serde_json::json!({ "1": "1" }));
}

#[test]
fn nothing_to_group_is_no_error() {
    let (answers, done) = group("");
    assert!(done);
    assert_eq!(answers, [serde_json::json!({ "stories": {} })]);
}
