//! `/metrics`: what the service counts of itself, in the text format of Prometheus (0.0.4).
//!
//! Written here rather than with an exporter library: everything but one histogram is read from the
//! database at the moment of asking, so there is nothing to register, and no global state.

use std::fmt::{Display, Write};
use std::path::{Path, PathBuf};

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use chrono::{DateTime, Utc};
use tokio::time::Instant;

use crate::store::{Figures, WAIT_BOUNDS, WaitFigures, WriteFault, backups};
use crate::web::App;

/// The content type Prometheus expects.
const TEXT: &str = "text/plain; version=0.0.4; charset=utf-8";

/// What the page of figures needs besides the app.
#[derive(Debug, Clone)]
pub(crate) struct Meter {
    pub(crate) app: App,
    /// Where copies of the database lie.
    pub(crate) backups: PathBuf,
}

/// The addresses of this file.
pub(crate) fn router(meter: Meter) -> Router<App> {
    Router::new().route("/metrics", get(metrics).with_state(meter))
}

async fn metrics(State(meter): State<Meter>) -> Response {
    let Meter { app, backups } = meter;
    let now = app.clock.now();
    match app.store.figures(now).await {
        Ok(figures) => {
            let process = Process {
                waits: app.store.waits(),
                fault: app.store.write_fault(),
                crawl_still: app.heart.still_for(Instant::now()).as_secs_f64(),
                newest_backup: newest(&backups),
            };
            ([(header::CONTENT_TYPE, TEXT)], render(&figures, &process, now)).into_response()
        }
        Err(error) => {
            tracing::error!(%error, "the figures cannot be read");
            let said = format!("the database cannot be read: {error}\n");
            (StatusCode::INTERNAL_SERVER_ERROR, said).into_response()
        }
    }
}

/// When the newest copy was taken; none where there is none or the folder cannot be read.
fn newest(folder: &Path) -> Option<DateTime<Utc>> {
    backups(folder).ok()?.last().map(|copy| copy.taken)
}

/// What this process knows besides the database.
#[derive(Debug, Clone)]
struct Process {
    waits: WaitFigures,
    fault: Option<WriteFault>,
    /// Seconds.
    crawl_still: f64,
    newest_backup: Option<DateTime<Utc>>,
}

/// The page. Names end in their unit, totals in `_total`; moments are Unix times, since an age would
/// be wrong as soon as it is stored.
fn render(figures: &Figures, process: &Process, now: DateTime<Utc>) -> String {
    let mut page = Page::default();
    page.head("build_info", "gauge", "The version that runs; always 1.");
    page.line("build_info", &[("version", env!("CARGO_PKG_VERSION"))], 1);
    crawl(&mut page, figures, process);
    mails(&mut page, figures, now);
    lists(&mut page, figures);
    database(&mut page, figures, process);
    page.text
}

fn crawl(page: &mut Page, figures: &Figures, process: &Process) {
    page.head("visits_total", "counter", "Visits of sources, by outcome.");
    for (outcome, visits) in &figures.visits {
        page.line("visits_total", &[("outcome", outcome)], visits);
    }
    page.head(
        "source_last_success_timestamp_seconds",
        "gauge",
        "When the source last did its part.",
    );
    for source in &figures.sources {
        if let Some(at) = source.last_success {
            let labels = [("source", source.id.as_str())];
            page.line("source_last_success_timestamp_seconds", &labels, at.timestamp());
        }
    }
    page.head("source_next_look_timestamp_seconds", "gauge", "When the source is looked at next.");
    for source in &figures.sources {
        let labels = [("source", source.id.as_str())];
        page.line("source_next_look_timestamp_seconds", &labels, source.next_look.timestamp());
    }
    page.head("source_failures", "gauge", "Unhealthy visits in a row.");
    for source in &figures.sources {
        page.line("source_failures", &[("source", &source.id)], source.failures);
    }
    page.one(
        "crawl_still_seconds",
        "gauge",
        "Time since the crawl last moved.",
        process.crawl_still,
    );
    page.one("articles", "gauge", "Articles stored.", figures.articles);
    page.one(
        "relevant_articles",
        "gauge",
        "Articles stored that are about sanctions.",
        figures.relevant,
    );
    page.head("troubles", "gauge", "What needs a hand, by kind.");
    for (kind, count) in &figures.troubles {
        page.line("troubles", &[("kind", kind)], count);
    }
}

fn mails(page: &mut Page, figures: &Figures, now: DateTime<Utc>) {
    page.head("mails", "gauge", "Mails in the outbox, by state.");
    for state in ["waiting", "sent", "failed"] {
        let count = figures.mails.iter().find(|(known, _)| known == state).map_or(0, |it| it.1);
        page.line("mails", &[("state", state)], count);
    }
    // Nothing waits, nothing is old: 0, so that a rule over it always has a value.
    let age = figures.oldest_waiting.map_or(0, |oldest| (now - oldest).num_seconds().max(0));
    page.one("oldest_waiting_mail_age_seconds", "gauge", "Age of the oldest mail that waits.", age);
}

fn lists(page: &mut Page, figures: &Figures) {
    page.head("list_edition_timestamp_seconds", "gauge", "When the edition in force was fetched.");
    for list in &figures.lists {
        let labels = [("list", list.id.as_str())];
        page.line("list_edition_timestamp_seconds", &labels, list.fetched.timestamp());
    }
    page.head("list_last_look_timestamp_seconds", "gauge", "When the list was last asked for.");
    for list in &figures.lists {
        if let Some(at) = list.last_look {
            let labels = [("list", list.id.as_str())];
            page.line("list_last_look_timestamp_seconds", &labels, at.timestamp());
        }
    }
    page.head("list_refused", "gauge", "1 where the last edition was refused or not had.");
    for list in &figures.lists {
        page.line("list_refused", &[("list", &list.id)], u8::from(list.is_refused));
    }
}

fn database(page: &mut Page, figures: &Figures, process: &Process) {
    page.one("database_bytes", "gauge", "Bytes of the database file.", figures.bytes);
    page.one("database_wal_bytes", "gauge", "Bytes of its write-ahead log.", figures.wal_bytes);
    page.one(
        "database_free_bytes",
        "gauge",
        "Bytes in the file that nothing uses.",
        figures.free_bytes,
    );
    if let Some(before) = figures.bytes_week_ago {
        let grown = i128::from(figures.bytes) - i128::from(before);
        page.one(
            "database_week_growth_bytes",
            "gauge",
            "Bytes it grew by in the last 7 days.",
            grown,
        );
    }
    if let Some(free) = figures.disk_free {
        page.one("disk_free_bytes", "gauge", "Bytes left where the database lies.", free);
    }
    if let Some(at) = process.newest_backup {
        let help = "When the newest copy of the database was taken.";
        page.one("backup_timestamp_seconds", "gauge", help, at.timestamp());
    }
    let failing = u64::from(process.fault.is_some());
    page.one(
        "write_failing",
        "gauge",
        "1 where the database could not be written lately.",
        failing,
    );
    let name = "write_wait_seconds";
    page.head(name, "histogram", "Time that writes waited for the writer.");
    for (bound, within) in WAIT_BOUNDS.iter().zip(process.waits.within) {
        page.line("write_wait_seconds_bucket", &[("le", &bound.to_string())], within);
    }
    page.line("write_wait_seconds_bucket", &[("le", "+Inf")], process.waits.count);
    page.line("write_wait_seconds_sum", &[], process.waits.sum);
    page.line("write_wait_seconds_count", &[], process.waits.count);
}

/// The page as it grows. Every name begins with `sanctionwatch_`.
#[derive(Debug, Default)]
struct Page {
    text: String,
}

impl Page {
    fn one(&mut self, name: &str, kind: &str, help: &str, value: impl Display) {
        self.head(name, kind, help);
        self.line(name, &[], value);
    }

    fn head(&mut self, name: &str, kind: &str, help: &str) {
        self.write(&format!(
            "# HELP sanctionwatch_{name} {help}\n# TYPE sanctionwatch_{name} {kind}\n"
        ));
    }

    fn line(&mut self, name: &str, labels: &[(&str, &str)], value: impl Display) {
        let labels: Vec<String> =
            labels.iter().map(|(label, value)| format!("{label}=\"{}\"", escaped(value))).collect();
        let labels = match labels.is_empty() {
            true => String::new(),
            false => format!("{{{}}}", labels.join(",")),
        };
        self.write(&format!("sanctionwatch_{name}{labels} {value}\n"));
    }

    fn write(&mut self, text: &str) {
        self.text.write_str(text).expect("a string takes every text");
    }
}

/// A label's value as the format wants it.
fn escaped(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::store::{ListFigures, SourceFigures};

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn page() -> String {
        let figures = Figures {
            visits: vec![("ok".to_owned(), 7), ("timed out".to_owned(), 2)],
            sources: vec![
                SourceFigures {
                    id: "us/bis".to_owned(),
                    last_success: Some(at("2026-03-02T08:00:00Z")),
                    next_look: at("2026-03-02T08:15:00Z"),
                    failures: 0,
                },
                SourceFigures {
                    id: "xx/a\"b\\c".to_owned(),
                    last_success: None,
                    next_look: at("2026-03-02T09:00:00Z"),
                    failures: 4,
                },
            ],
            articles: 1_234,
            relevant: 56,
            mails: vec![("sent".to_owned(), 50), ("waiting".to_owned(), 3)],
            oldest_waiting: Some(at("2026-03-02T07:00:00Z")),
            lists: vec![ListFigures {
                id: "ofac-sdn".to_owned(),
                fetched: at("2026-03-01T00:00:00Z"),
                last_look: Some(at("2026-03-02T06:00:00Z")),
                is_refused: true,
            }],
            troubles: vec![("source".to_owned(), 1)],
            bytes: 5_000_000,
            wal_bytes: 40_000,
            free_bytes: 8_192,
            bytes_week_ago: Some(6_000_000),
            disk_free: Some(9_000_000_000),
        };
        let process = Process {
            waits: WaitFigures { within: [1, 2, 3, 4, 5, 5, 5, 5, 5], count: 6, sum: 12.5 },
            fault: Some(WriteFault {
                first: Duration::from_secs(9),
                last: Duration::from_secs(1),
                writes: 2,
                why: "disk full".to_owned(),
            }),
            crawl_still: 1.5,
            newest_backup: Some(at("2026-03-02T02:00:00Z")),
        };
        render(&figures, &process, at("2026-03-02T08:00:00Z"))
    }

    #[test]
    fn the_page_is_as_written_down() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/metrics/expected.txt");
        let page = page();
        if std::env::var_os("UPDATE_EXPECTED").is_some() {
            std::fs::create_dir_all(std::path::Path::new(path).parent().unwrap()).unwrap();
            std::fs::write(path, &page).unwrap();
        }
        let expected = std::fs::read_to_string(path).unwrap_or_default();
        assert_eq!(page, expected, "run the test with UPDATE_EXPECTED=1 to write {path}");
    }

    /// The parser that Prometheus' own client library comes with.
    #[test]
    fn another_parser_reads_the_page() {
        let script = "import sys\n\
            from prometheus_client.parser import text_string_to_metric_families as read\n\
            for family in read(sys.stdin.read()):\n\
            \x20   print(family.type, family.name, len(family.samples))\n";
        let python = || {
            let mut command = std::process::Command::new("python3");
            command.stdin(std::process::Stdio::piped()).stdout(std::process::Stdio::piped());
            command
        };
        let has = python().args(["-c", "import prometheus_client"]).output();
        if !has.is_ok_and(|output| output.status.success()) {
            eprintln!("skipped: python3 has no prometheus_client (pip install prometheus_client)");
            return;
        }
        let mut child = python().args(["-c", script]).spawn().unwrap();
        std::io::Write::write_all(&mut child.stdin.take().unwrap(), page().as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success());
        let families = String::from_utf8(output.stdout).unwrap();
        for line in [
            "counter sanctionwatch_visits 2",
            "gauge sanctionwatch_mails 3",
            "histogram sanctionwatch_write_wait_seconds 12",
            "gauge sanctionwatch_source_failures 2",
        ] {
            assert!(families.lines().any(|family| family == line), "{line} is not in:\n{families}");
        }
        assert_eq!(families.lines().count(), page().matches("# TYPE").count(), "{families}");
    }

    /// A panel over a name that nobody exports stays empty for ever.
    #[test]
    fn the_dashboard_names_only_what_is_exported_and_all_of_it() {
        let dashboard = include_str!("../../deploy/grafana/sanctionwatch.json");
        let dashboard: serde_json::Value = serde_json::from_str(dashboard).unwrap();
        let mut queries = Vec::new();
        expressions(&dashboard, &mut queries);
        assert!(10 < queries.len(), "{queries:?}");
        let page = page();
        let exported: std::collections::BTreeSet<&str> = page
            .lines()
            .filter(|line| !line.starts_with('#'))
            .map(|line| line.split([' ', '{']).next().unwrap())
            .collect();
        let queries = queries.join("\n");
        let named: std::collections::BTreeSet<&str> = queries
            .split(|c: char| !c.is_ascii_alphanumeric() && c != '_')
            .filter(|word| word.starts_with("sanctionwatch_"))
            .collect();
        let strange: Vec<_> = named.difference(&exported).collect();
        assert!(strange.is_empty(), "the dashboard names what is not exported: {strange:?}");
        let unseen: Vec<_> = exported.difference(&named).collect();
        let expected =
            ["sanctionwatch_write_wait_seconds_count", "sanctionwatch_write_wait_seconds_sum"];
        assert!(unseen.iter().all(|name| expected.contains(name)), "no panel shows {unseen:?}");
    }

    fn expressions<'v>(value: &'v serde_json::Value, found: &mut Vec<&'v str>) {
        match value {
            serde_json::Value::Object(fields) => {
                for (key, value) in fields {
                    match value {
                        serde_json::Value::String(text) if key == "expr" => found.push(text),
                        value => expressions(value, found),
                    }
                }
            }
            serde_json::Value::Array(items) => {
                for item in items {
                    expressions(item, found);
                }
            }
            _ => {}
        }
    }
}
