//! What an operator installs: units that systemd understands and that give little away, man pages and
//! completions for every command, a package that names what exists.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// The worst figure `systemd-analyze security` may give a service of ours; 10 is no protection.
const EXPOSURE_MOST: f64 = 1.5;
const UNITS: [&str; 4] = [
    "sanctionwatch.service",
    "sanctionwatch.socket",
    "sanctionwatch-backup.service",
    "sanctionwatch-backup.timer",
];

#[test]
fn systemd_understands_every_line_of_the_units() {
    if is_absent("systemd-analyze") {
        return;
    }
    let folder = units_with_this_program();
    let analyze = || systemd_analyze(folder.path(), &["verify", "--man=no"], &UNITS);
    let output = analyze();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    // A key it does not know is a warning with exit code 0.
    assert!(output.status.success() && said.is_empty(), "{said}");
    // And it does look: a key that does not exist is found.
    let unit = folder.path().join("sanctionwatch.service");
    let text = fs::read_to_string(&unit).unwrap();
    fs::write(&unit, text.replace("ProtectHome=yes", "ProtectHouse=yes")).unwrap();
    let said = String::from_utf8_lossy(&analyze().stderr).into_owned();
    assert!(said.contains("ProtectHouse"), "{said}");
}

#[test]
fn the_services_give_little_away() {
    if is_absent("systemd-analyze") {
        return;
    }
    let folder = units_with_this_program();
    for unit in UNITS.iter().filter(|unit| unit.ends_with(".service")) {
        let output = systemd_analyze(folder.path(), &["security", "--offline=true"], &[unit]);
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        let figure = said.lines().find_map(|line| line.split("exposure level for ").nth(1));
        let figure = figure.unwrap_or_else(|| panic!("no figure for {unit}:\n{said}"));
        let level = figure.split([':', ' ']).find_map(|word| word.parse::<f64>().ok()).unwrap();
        println!("exposure of {figure}, at most {EXPOSURE_MOST} allowed");
        assert!(level <= EXPOSURE_MOST, "{said}");
    }
}

#[test]
fn every_right_the_service_keeps_has_its_reason() {
    if is_absent("systemd-analyze") {
        return;
    }
    let folder = units_with_this_program();
    for unit in UNITS.iter().filter(|unit| unit.ends_with(".service")) {
        let output = systemd_analyze(folder.path(), &["security", "--offline=true"], &[unit]);
        let text = fs::read_to_string(folder.path().join(unit)).unwrap();
        let comments: String = text.lines().filter(|line| line.starts_with("# ")).collect();
        for line in String::from_utf8_lossy(&output.stdout).lines() {
            let Some(kept) =
                line.strip_prefix("✗ ").and_then(|line| line.split_whitespace().next())
            else {
                continue;
            };
            // The clock's device is read-only, and listed although ProtectClock= names it itself.
            if kept == "DeviceAllow=" {
                continue;
            }
            let name = match kept.split_once("=~") {
                Some((_, families)) => families.trim_start_matches("AF_(").split(['|', ')']).next(),
                None => kept.split('=').next(),
            };
            let name = name.unwrap();
            assert!(comments.contains(name), "{unit} keeps {kept} and says nothing of {name}");
        }
    }
}

#[test]
fn man_pages_and_completions_come_from_the_table_of_commands() {
    let out = tempfile::tempdir().unwrap();
    let run = |arguments: &[&str]| {
        let output =
            Command::new(env!("CARGO_BIN_EXE_sanctionwatch")).args(arguments).output().unwrap();
        assert!(output.status.success(), "{arguments:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    run(&["manual", "--out", out.path().to_str().unwrap()]);
    let bash = fs::read_to_string(out.path().join("sanctionwatch.bash")).unwrap();
    let help = run(&["--help"]);
    let commands = help.lines().skip_while(|line| !line.starts_with("Commands:")).skip(1);
    let commands: Vec<&str> = commands
        .take_while(|line| line.starts_with("  "))
        // What is set in further is the rest of a line before.
        .filter_map(|line| line.strip_prefix("  ")?.split(' ').next())
        .filter(|command| !command.is_empty() && *command != "help")
        .collect();
    assert!(10 < commands.len(), "{help}");
    for command in commands {
        let page = out.path().join(format!("sanctionwatch-{command}.1"));
        let page = fs::read_to_string(page).unwrap_or_else(|_| panic!("no page for {command}"));
        assert!(page.contains(".SH NAME") && page.contains(".SH OPTIONS"), "{command}");
        assert!(bash.contains(command), "bash does not complete {command}");
    }
    for page in
        ["sanctionwatch.1", "sanctionwatch-source-new.1", "_sanctionwatch", "sanctionwatch.fish"]
    {
        assert!(out.path().join(page).is_file(), "{page}");
    }
    if !is_absent("bash") {
        let script = out.path().join("sanctionwatch.bash");
        assert!(Command::new("bash").arg("-n").arg(script).status().unwrap().success());
    }
}

/// The units as they stand, but for the path of the program, which must exist.
fn units_with_this_program() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for unit in UNITS {
        let text = fs::read_to_string(deploy().join("systemd").join(unit)).unwrap();
        let text = text.replace("/usr/bin/sanctionwatch", env!("CARGO_BIN_EXE_sanctionwatch"));
        fs::write(folder.path().join(unit), text).unwrap();
    }
    folder
}

fn systemd_analyze(folder: &Path, arguments: &[&str], units: &[&str]) -> Output {
    Command::new("systemd-analyze")
        .args(["--no-pager"])
        .args(arguments)
        .args(units.iter().map(|unit| folder.join(unit)))
        .output()
        .unwrap()
}

fn deploy() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy")
}

/// Whether a program is missing here; says so, since the test is then skipped.
#[expect(clippy::print_stdout, reason = "a skipped test says why")]
fn is_absent(program: &str) -> bool {
    let is_absent = Command::new(program).arg("--version").output().is_err();
    if is_absent {
        println!("skipped: {program} is not installed here");
    }
    is_absent
}
