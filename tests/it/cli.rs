//! The command line as a newcomer and a script meet it.

use std::io::Write;
use std::process::{Command, Output, Stdio};

use serde_json::{Value, json};

fn sanctionwatch(arguments: &[&str], input: &str) -> Output {
    let state = tempfile::tempdir().unwrap();
    let mut child = Command::new(env!("CARGO_BIN_EXE_sanctionwatch"))
        .args(arguments)
        .env("SANCTIONWATCH_STATE", state.path())
        .env("XDG_CONFIG_HOME", state.path())
        .env_remove("SANCTIONWATCH_CONFIG")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    child.wait_with_output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn help_names_every_command_with_a_line() {
    let help = text(&sanctionwatch(&["--help"], "").stdout);
    let commands = [
        "demo",
        "crawl",
        "run",
        "search",
        "feedback",
        "subscriber",
        "source",
        "check",
        "read",
        "links",
        "judge",
        "group",
        "screen",
        "manual",
    ];
    for command in commands {
        let line = help.lines().find(|line| line.trim_start().starts_with(command));
        let said = line.unwrap_or_else(|| panic!("{command} is not in the help:\n{help}"));
        assert!(command.len() + 20 < said.trim().len(), "{said}");
        let own = sanctionwatch(&[command, "--help"], "");
        assert!(own.status.success() && text(&own.stdout).contains("Usage:"), "{command}");
    }
}

#[test]
fn exit_codes_tell_a_script_how_it_went() {
    let cases: [(&[&str], &str, i32); 12] = [
        (&["feedback", "7", "--not"], "", 1),
        (&["feedback", "7"], "", 2),
        (&["feedback", "--export"], "", 0),
        (&["source", "list"], "", 0),
        (&["subscriber", "list"], "", 0),
        (&["subscriber", "add", "ada@example.org"], "", 0),
        (&["subscriber", "remove", "nobody@example.org"], "", 1),
        (&["subscriber", "add", "not an address"], "", 2),
        (&["search", "nothing"], "", 1),
        (&["source", "test", "xx/no-such"], "", 2),
        (&["crawl", "xx/no-such"], "", 2),
        (&["check", "--config", "/no/such/file.toml"], "", 2),
    ];
    for (arguments, input, expected) in cases {
        let output = sanctionwatch(arguments, input);
        let said = text(&output.stderr) + &text(&output.stdout);
        assert_eq!(output.status.code(), Some(expected), "{arguments:?}: {said}");
        if expected == 2 {
            let named = arguments.last().unwrap();
            assert!(said.contains(named), "{arguments:?} does not name {named:?}: {said}");
        }
    }
}

#[test]
fn stage_commands_answer_in_order_and_survive_bad_lines() {
    let lines = [
        r#"{"id":1,"title":"US imposes sanctions on two banks","text":"The Treasury froze assets."}"#,
        "this is no JSON",
        r#"{"id":"three","title":42}"#,
        r#"{"id":[4],"title":"Cup final","text":"The match ended two to one."}"#,
    ];
    let output = sanctionwatch(&["judge"], &lines.join("\n"));
    assert_eq!(output.status.code(), Some(1));
    let answers: Vec<Value> =
        text(&output.stdout).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let ids: Vec<&Value> = answers.iter().map(|answer| &answer["id"]).collect();
    assert_eq!(ids, [&json!(1), &Value::Null, &json!("three"), &json!([4])]);
    let failed: Vec<bool> = answers.iter().map(|answer| answer.get("error").is_some()).collect();
    assert_eq!(failed, [false, true, true, false]);
    assert_eq!(answers[0]["relevant"], json!(true));
    assert_eq!(answers[3]["relevant"], json!(false));
}

#[test]
fn check_says_what_to_do() {
    let output = sanctionwatch(&["check", "--offline"], "");
    let said = text(&output.stdout);
    // The contact is not set: a warning with its remedy, and nothing worse.
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("fetch.contact") && said.contains("there is no database"), "{said}");
    assert!(!said.contains("error"), "{said}");
}
