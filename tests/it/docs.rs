//! Every command that README and docs show is run as it stands there, where it needs no network.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::support::shell_lines::{Shown, shown};

/// What needs the internet, does not end by itself, or is run by a test of its own.
const ELSEWHERE: [&str; 8] =
    ["crawl", "run", "demo", "source test", "source new", "list sync", "read https://", "restore"];

#[test]
fn every_command_the_documents_show_runs() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let bench = tempfile::tempdir().unwrap();
    lay_out(bench.path(), root);
    let binary = Path::new(env!("CARGO_BIN_EXE_sanctionwatch"));
    let path = format!("{}:{}", binary.parent().unwrap().display(), std::env::var("PATH").unwrap());
    let mut run = 0;
    let mut wrong = Vec::new();
    for Shown { place, line, words } in shown(root) {
        let command = words.join(" ");
        if ELSEWHERE.iter().any(|start| command.starts_with(start)) {
            continue;
        }
        run += 1;
        // Only ours of what somebody types as root.
        let line = match line.find("sanctionwatch") {
            Some(at) if line.starts_with("systemd-run") || line.starts_with("sudo") => {
                let at = line.rfind(" sanctionwatch ").map_or(at, |at| at + 1);
                line[at..].to_owned()
            }
            _ => line,
        };
        let line = line.replace("sanctionwatch check", "sanctionwatch check --offline");
        let output = Command::new("bash")
            .args(["-o", "pipefail", "-c", &line])
            .current_dir(bench.path())
            .env("PATH", &path)
            .env("SANCTIONWATCH_STATE", bench.path().join("state"))
            .env("XDG_CONFIG_HOME", bench.path())
            .env_remove("SANCTIONWATCH_CONFIG")
            .stdin(std::process::Stdio::null())
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        // 1 is "a part failed": the defaults have a warning. 2 is right where the document shows an
        // article that nobody has here, a reader whom a line before has removed, or needs the pages.
        let absent = [
            "no article is known",
            "there is no article",
            "nobody with the address",
            "a letter needs a page",
        ];
        let is_absent =
            output.status.code() == Some(2) && absent.iter().any(|words| said.contains(words));
        let is_fine = is_absent || matches!(output.status.code(), Some(0 | 1));
        if !is_fine || said.contains("panicked") {
            wrong.push(format!("{place}: {line}\nended with {}: {said}", output.status));
        }
    }
    assert!(10 < run, "only {run} commands were run");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The files that the documents' commands name.
fn lay_out(bench: &Path, root: &Path) {
    let page = "<html lang=en><head><title>EU adds banks to its sanctions list</title></head><body>\
        <article><h1>EU adds banks to its sanctions list</h1><p>The Council imposed restrictive \
        measures on four banks on Monday and ordered an asset freeze, saying they had helped to \
        circumvent the sanctions.</p></article></body></html>";
    fs::write(bench.join("page.html"), page).unwrap();
    let feed = "<rss version=\"2.0\"><channel><title>t</title><item><title>a</title>\
        <link>https://example.org/a</link></item></channel></rss>";
    fs::write(bench.join("feed.xml"), feed).unwrap();
    let article = "{\"id\":1,\"title\":\"US imposes sanctions on a bank\",\"text\":\"The Treasury \
        imposed sanctions on a bank.\"}\n";
    fs::write(bench.join("articles.jsonl"), article).unwrap();
    fs::copy(root.join("src/classify/weights.txt"), bench.join("my-weights.txt")).unwrap();
    let sdn = "4711,\"SECHIN, Igor\",\"individual\",\"UKRAINE-EO13661\",-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,\
        -0- ,\"DOB 07 Sep 1960.\"\n";
    fs::write(bench.join("sdn.csv"), sdn).unwrap();
}
