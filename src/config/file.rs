//! The settings file: as written, then settled with the environment into what is meant.

use core::ops::RangeInclusive;
use core::time::Duration;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use crate::config::{
    Backend, Backup, BadConfig, Bounces, Crawl, Dkim, Environment, Fetch, Keep, KeepOthers, Lists,
    Log, LogFormat, LogLevel, Login, Mail, Operator, Security, Settings, Smtp, Web, mail,
};
use crate::model::network::Network;
use crate::model::subscriber::Email;
use crate::written::{Document, Mistake, Table, Written};

const BACKENDS: [(&str, BackendKind); 2] =
    [("directory", BackendKind::Directory), ("smtp", BackendKind::Smtp)];

const SECURITIES: [(&str, Security); 3] =
    [("tls", Security::Tls), ("starttls", Security::Starttls), ("none", Security::None)];

const LEVELS: [(&str, LogLevel); 5] = [
    ("error", LogLevel::Error),
    ("warn", LogLevel::Warn),
    ("info", LogLevel::Info),
    ("debug", LogLevel::Debug),
    ("trace", LogLevel::Trace),
];

const FORMATS: [(&str, LogFormat); 2] = [("text", LogFormat::Text), ("json", LogFormat::Json)];

const DAY: Duration = Duration::from_hours(24);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum BackendKind {
    Directory,
    Smtp,
}

/// The file as written: paths as they stand there, defaults filled in only where they need
/// nothing but the file.
#[derive(Debug)]
pub(crate) struct AsWritten {
    state: Option<PathBuf>,
    database: Option<PathBuf>,
    fetch: Fetch,
    crawl: Crawl,
    lists: Lists,
    mail: MailAsWritten,
    web: WebAsWritten,
    operator: Operator,
    backup: BackupAsWritten,
    keep: Keep,
    log: Log,
}

#[derive(Debug)]
struct WebAsWritten {
    pages: Option<Web>,
    metrics: Option<SocketAddr>,
}

#[derive(Debug)]
struct BackupAsWritten {
    folder: Option<PathBuf>,
    daily: usize,
    weekly: usize,
    oldest: Option<Duration>,
}

#[derive(Debug)]
struct MailAsWritten {
    from: Option<Email>,
    from_name: Option<String>,
    reply_to: Option<Email>,
    list_id: Option<String>,
    pace: [usize; 3],
    dkim: Option<Dkim>,
    bounces: Bounces,
    directory: Option<PathBuf>,
    /// Only where the backend is SMTP.
    smtp: Option<Smtp>,
}

impl AsWritten {
    /// What is meant: relative paths start at `folder`, and the environment has its say.
    pub(crate) fn settle(
        self,
        file: Option<&Path>,
        folder: &Path,
        environment: &Environment,
    ) -> Result<Settings, BadConfig> {
        let absolute = |path: PathBuf| folder.join(path);
        let state = environment.state().or_else(|| self.state.map(absolute));
        let state = state.or_else(|| environment.usual_state()).ok_or(BadConfig::NoState)?;
        let contact = environment.contact().map_or(self.fetch.contact, str::to_owned);
        let selectors = self.crawl.selectors.map(absolute);
        let lists_file = self.lists.file.map(absolute);
        let credentials = self.fetch.credentials.map(absolute);
        Ok(Settings {
            file: file.map(Path::to_path_buf),
            database: self.database.map_or_else(|| state.join("sanctionwatch.db"), absolute),
            fetch: Fetch {
                contact,
                credentials: credentials.or_else(|| environment.credentials()),
                ..self.fetch
            },
            crawl: Crawl { selectors, ..self.crawl },
            lists: Lists { file: lists_file, ..self.lists },
            mail: self.mail.settle(folder, &state, environment),
            web: self.web.pages,
            metrics: self.web.metrics,
            operator: self.operator,
            backup: Backup {
                folder: self.backup.folder.map_or_else(|| state.join("backups"), absolute),
                daily: self.backup.daily,
                weekly: self.backup.weekly,
                oldest: self.backup.oldest,
            },
            keep: self.keep,
            log: self.log,
            state,
        })
    }
}

impl MailAsWritten {
    fn settle(self, folder: &Path, state: &Path, environment: &Environment) -> Mail {
        let directory = self.directory.map_or_else(|| state.join("mail"), |path| folder.join(path));
        let password = |written: PathBuf| {
            environment.smtp_password_file().unwrap_or_else(|| folder.join(written))
        };
        let paths = |smtp: Smtp| Smtp {
            trusted_ca: smtp.trusted_ca.map(|path| folder.join(path)),
            login: smtp
                .login
                .map(|login| Login { password_file: password(login.password_file), ..login }),
            ..smtp
        };
        let [at_once, domain_at_once, domain_per_minute] = self.pace;
        Mail {
            from: self.from.unwrap_or_else(|| {
                "sanctionwatch@localhost".parse().expect("the default sender is an address")
            }),
            from_name: self.from_name.unwrap_or_else(|| "sanctionwatch".to_owned()),
            reply_to: self.reply_to,
            list_id: self.list_id,
            at_once,
            domain_at_once,
            domain_per_minute,
            dkim: self.dkim.map(|dkim| Dkim { key_file: folder.join(dkim.key_file), ..dkim }),
            bounces: Bounces {
                directory: self.bounces.directory.map(|path| folder.join(path)),
                ..self.bounces
            },
            backend: self
                .smtp
                .map_or(Backend::Directory(directory), |smtp| Backend::Smtp(paths(smtp))),
        }
    }
}

/// Reads `text`, with what the environment sets in its place; mistakes are named after `path` or
/// after the variable.
pub(crate) fn read(
    path: Option<&Path>,
    text: &str,
    environment: &Environment,
) -> Result<AsWritten, Vec<Mistake>> {
    let name = path.map_or_else(|| "settings".to_owned(), |path| path.display().to_string());
    let overrides = environment.overrides();
    let document = Document::with_overrides(name, text, &overrides);
    let written = document.root().map(root);
    let mistakes = document.into_mistakes();
    match written {
        Some(written) if mistakes.is_empty() => Ok(written),
        _ => Err(mistakes),
    }
}

fn root(mut root: Table<'_>) -> AsWritten {
    let written = AsWritten {
        state: path("state", &mut root),
        database: path("database", &mut root),
        fetch: section("fetch", &mut root, fetch),
        crawl: section("crawl", &mut root, crawl),
        lists: section("lists", &mut root, lists),
        mail: section("mail", &mut root, mail_section),
        web: section("web", &mut root, web),
        operator: section("operator", &mut root, operator),
        backup: section("backup", &mut root, backup),
        keep: section("keep", &mut root, keep),
        log: section("log", &mut root, log),
    };
    root.close();
    written
}

/// A section read by `reader`; where it is absent, an empty one gives the defaults.
fn section<T>(key: &'static str, root: &mut Table<'_>, reader: fn(&mut Table<'_>) -> T) -> T {
    let mut table = root.table_or_empty(key);
    let meant = reader(&mut table);
    table.close();
    meant
}

fn fetch(table: &mut Table<'_>) -> Fetch {
    Fetch {
        contact: contact(table).unwrap_or_default(),
        delay: table.duration("delay").map_or(Duration::from_secs(2), |delay| delay.value),
        connect_timeout: positive("connect_timeout", table).unwrap_or(Duration::from_secs(10)),
        idle_timeout: positive("idle_timeout", table).unwrap_or(Duration::from_secs(30)),
        total_timeout: positive("total_timeout", table).unwrap_or(Duration::from_mins(1)),
        body_limit: body_limit(table).unwrap_or(8 << 20),
        redirects: count("redirects", 0..=20, 10, table),
        allow_private: allow_private(table),
        browser: path("browser", table),
        browser_sandbox: table.truth("browser_sandbox").unwrap_or(true),
        proxy: proxy(table),
        credentials: path("credentials", table),
    }
}

fn contact(table: &mut Table<'_>) -> Option<String> {
    let Written { value, place } = table.text("contact")?;
    let is_page = value.starts_with("https://") || value.starts_with("http://");
    if !is_page && value.parse::<Email>().is_err() {
        let text = format!(
            "contact is {value:?}; write a mail address or a web page where a site's owner reaches you"
        );
        table.mistake_at(&place, text);
    }
    Some(value)
}

fn body_limit(table: &mut Table<'_>) -> Option<usize> {
    let Written { value, place } = table.size("body_limit")?;
    if value < 64 << 10 {
        table.mistake_at(&place, "body_limit is below 64 KiB; articles are longer than that");
    }
    usize::try_from(value).ok()
}

fn allow_private(table: &mut Table<'_>) -> Vec<String> {
    let entries = table.texts("allow_private");
    for Written { value, place } in &entries {
        if value.contains("://") || value.contains(char::is_whitespace) {
            let text = format!(
                "allow_private has {value:?}; write a network (10.0.0.0/8), an address or a host name"
            );
            table.mistake_at(place, text);
        }
    }
    entries.into_iter().map(|entry| entry.value).collect()
}

fn proxy(table: &mut Table<'_>) -> Option<String> {
    let Written { value, place } = table.text("proxy")?;
    let rest = value.strip_prefix("http://").or_else(|| value.strip_prefix("https://"));
    if rest.is_none_or(|rest| rest.is_empty() || rest.contains(['@', '/', ' '])) {
        // Not shown again: a password may stand in it.
        let text = "proxy is no bare address; write one such as \"http://proxy.intranet:3128\"";
        table.mistake_at(&place, text);
    }
    Some(value)
}

fn crawl(table: &mut Table<'_>) -> Crawl {
    Crawl {
        selectors: path("selectors", table),
        catalogue: table.truth("catalogue").unwrap_or(true),
        skip: skip(table),
        interval: positive("interval", table),
        workers: count("workers", 1..=256, 8, table),
        articles_per_visit: count("articles_per_visit", 1..=10_000, 50, table),
        alert_age: positive("alert_age", table).unwrap_or(Duration::from_hours(7 * 24)),
    }
}

fn skip(table: &mut Table<'_>) -> Vec<String> {
    let ids = table.texts("skip");
    for Written { value, place } in &ids {
        if value.split('/').count() != 2 || value.ends_with(".toml") {
            let text = format!("skip has {value:?}; write the id of a source, such as \"us/bis\"");
            table.mistake_at(place, text);
        }
    }
    ids.into_iter().map(|id| id.value).collect()
}

fn lists(table: &mut Table<'_>) -> Lists {
    let mut ids = |key| table.texts(key).into_iter().map(|id| id.value).collect();
    Lists {
        also: ids("also"),
        skip: ids("skip"),
        sync: table.truth("sync").unwrap_or(true),
        file: path("file", table),
    }
}

fn mail_section(table: &mut Table<'_>) -> MailAsWritten {
    let backend = table.choice("backend", &BACKENDS);
    let wants_smtp = backend.is_some_and(|backend| backend.value == BackendKind::Smtp);
    let smtp = table.table("smtp").map(smtp);
    if wants_smtp {
        table.require("from", "the sender's address, such as from = \"alerts@example.org\"");
        table.require("smtp", "the mail server, as a table [mail.smtp]");
    }
    MailAsWritten {
        from: email("from", table),
        from_name: text("from_name", table),
        reply_to: email("reply_to", table),
        list_id: mail::list_id(table),
        pace: mail::pace(table),
        dkim: table.table("dkim").and_then(mail::dkim),
        bounces: table.table("bounces").map(mail::bounces).unwrap_or_default(),
        directory: path("directory", table),
        smtp: smtp.flatten().filter(|_| wants_smtp),
    }
}

pub(crate) fn email(key: &'static str, table: &mut Table<'_>) -> Option<Email> {
    let Written { value, place } = table.text(key)?;
    let email = value.parse();
    if let Err(error) = &email {
        table.mistake_at(&place, format!("{key}: {error}"));
    }
    email.ok()
}

fn smtp(mut table: Table<'_>) -> Option<Smtp> {
    table.require("host", "the server's name, such as host = \"smtp.example.org\"");
    let host = text("host", &mut table);
    let security = table.choice("security", &SECURITIES).map_or(Security::Starttls, |it| it.value);
    let port = table.whole("port", 1..=65_535).and_then(|port| u16::try_from(port).ok());
    let login = login(host.as_deref(), security, &mut table);
    let hello = text("hello", &mut table);
    let trusted_ca = path("trusted_ca", &mut table);
    table.close();
    Some(Smtp { host: host?, port, security, login, hello, trusted_ca })
}

fn login(host: Option<&str>, security: Security, table: &mut Table<'_>) -> Option<Login> {
    let username = table.text("username");
    let password_file = path("password_file", table);
    match (&username, &password_file) {
        (Some(_), None) => {
            table.require("password_file", "the file whose first line is the password")
        }
        (None, Some(_)) => table.require("username", "the name that goes with the password"),
        _ => {}
    }
    let username = username?;
    let is_here = host.is_some_and(|host| ["localhost", "127.0.0.1", "::1"].contains(&host));
    if security == Security::None && !is_here {
        let text =
            "the password would travel unprotected; write security = \"starttls\" or \"tls\"";
        table.mistake_at(&username.place, text);
    }
    Some(Login { username: username.value, password_file: password_file? })
}

fn web(table: &mut Table<'_>) -> WebAsWritten {
    WebAsWritten { metrics: listen("metrics", table), pages: pages(table) }
}

fn pages(table: &mut Table<'_>) -> Option<Web> {
    let listen = listen("listen", table);
    let public_url = public_url(table);
    match (&listen, &public_url) {
        (Some(_), None) => {
            table.require(
                "public_url",
                "where the world reaches it, such as \"https://watch.example.org\"",
            );
        }
        (None, Some(_)) => {
            table.require("listen", "address and port to listen on, such as \"127.0.0.1:8080\"");
        }
        _ => {}
    }
    let trusted_proxies = trusted_proxies(table);
    Some(Web { listen: listen?, public_url: public_url?, trusted_proxies })
}

pub(crate) fn listen(key: &'static str, table: &mut Table<'_>) -> Option<SocketAddr> {
    let Written { value, place } = table.text(key)?;
    let listen = value.parse();
    if listen.is_err() {
        let text =
            format!("{key} is {value:?}; write address and port, such as \"127.0.0.1:8080\"");
        table.mistake_at(&place, text);
    }
    listen.ok()
}

fn trusted_proxies(table: &mut Table<'_>) -> Vec<Network> {
    let mut proxies = Vec::new();
    for Written { value, place } in table.texts("trusted_proxies") {
        match value.parse() {
            Ok(network) => proxies.push(network),
            Err(error) => table.mistake_at(&place, format!("trusted_proxies: {error}")),
        }
    }
    proxies
}

fn public_url(table: &mut Table<'_>) -> Option<String> {
    let Written { value, place } = table.text("public_url")?;
    let rest = value.strip_prefix("https://").or_else(|| value.strip_prefix("http://"));
    if rest.is_none_or(|rest| rest.is_empty() || rest.contains(['?', '#', '@', ' '])) {
        let text = format!(
            "public_url is {value:?}; write a bare address such as \"https://watch.example.org\""
        );
        table.mistake_at(&place, text);
    }
    Some(value.trim_end_matches('/').to_owned())
}

fn operator(table: &mut Table<'_>) -> Operator {
    Operator {
        email: email("email", table),
        remind: positive("remind", table).unwrap_or(7 * DAY),
        mail_waits: positive("mail_waits", table).unwrap_or(Duration::from_hours(6)),
        disk_free: table.size("disk_free").map_or(1 << 30, |size| size.value),
    }
}

fn backup(table: &mut Table<'_>) -> BackupAsWritten {
    BackupAsWritten {
        folder: path("folder", table),
        daily: count("daily", 0..=1_000, 7, table),
        weekly: count("weekly", 0..=1_000, 4, table),
        oldest: span("oldest", Some(2 * DAY), table),
    }
}

fn keep(table: &mut Table<'_>) -> Keep {
    let usual = KeepOthers { articles: None, snapshots: Some(365 * DAY), revisions: None };
    let others = keep_others(usual, table);
    let source = |mut table: Table<'_>| {
        table.require("id", "the id of a source, such as id = \"us/doj\"");
        let id = text("id", &mut table);
        let keep = keep_others(others, &mut table);
        table.close();
        Some((id?, keep))
    };
    Keep {
        others,
        sources: table.tables("source").into_iter().filter_map(source).collect(),
        visits: span("visits", Some(365 * DAY), table),
        mails: span("mails", Some(90 * DAY), table),
        list_files: span("list_files", None, table),
    }
}

fn keep_others(usual: KeepOthers, table: &mut Table<'_>) -> KeepOthers {
    KeepOthers {
        articles: keep_articles(usual.articles, table),
        snapshots: span("snapshots", usual.snapshots, table),
        revisions: span("revisions", usual.revisions, table),
    }
}

/// New names are looked for in the articles of the last 180 days: these must be there.
fn keep_articles(usual: Option<Duration>, table: &mut Table<'_>) -> Option<Duration> {
    let keep = span_written("articles", table);
    if let Some(Written { value: Some(keep), place }) = &keep
        && *keep < 180 * DAY
    {
        let text = "articles is below 180d, within which new names are looked for in them";
        table.mistake_at(place, text);
    }
    keep.map_or(usual, |written| written.value)
}

/// A time, or `"forever"`, which is none.
fn span(key: &'static str, usual: Option<Duration>, table: &mut Table<'_>) -> Option<Duration> {
    span_written(key, table).map_or(usual, |written| written.value)
}

fn span_written(key: &'static str, table: &mut Table<'_>) -> Option<Written<Option<Duration>>> {
    let written = table.duration_or("forever", key)?;
    if written.value.is_some_and(|span| span.is_zero()) {
        let text = format!("{key} is zero; write a time such as \"90d\", or \"forever\"");
        table.mistake_at(&written.place, text);
    }
    Some(written)
}

fn log(table: &mut Table<'_>) -> Log {
    let level = table.choice("level", &LEVELS).map_or(LogLevel::Info, |level| level.value);
    let format = table.choice("format", &FORMATS).map_or(LogFormat::Text, |format| format.value);
    Log { level, format }
}

fn text(key: &'static str, table: &mut Table<'_>) -> Option<String> {
    table.text(key).map(|written| written.value)
}

pub(crate) fn path(key: &'static str, table: &mut Table<'_>) -> Option<PathBuf> {
    let Written { value, place } = table.text(key)?;
    if value.starts_with(['~', '$']) {
        let remedy = "nothing is filled in for ~ or $ here; write the whole path";
        table.mistake_at(&place, format!("{key} is {value:?}; {remedy}"));
    }
    Some(PathBuf::from(value))
}

/// A duration that is not zero.
fn positive(key: &'static str, table: &mut Table<'_>) -> Option<Duration> {
    let Written { value, place } = table.duration(key)?;
    if value.is_zero() {
        table.mistake_at(&place, format!("{key} is zero; write a time such as \"30s\""));
    }
    Some(value)
}

pub(crate) fn count(
    key: &'static str,
    range: RangeInclusive<u64>,
    usual: usize,
    table: &mut Table<'_>,
) -> usize {
    let written = table.whole(key, range).and_then(|number| usize::try_from(number).ok());
    written.unwrap_or(usual)
}
