//! The door to the settings: what the operator wrote, then what it means.
//!
//! Every setting has a default, so the program runs without any file. [`load`] finds the file,
//! reads it with all its mistakes, and settles it with the environment into one [`Settings`]
//! value, which is built once and handed on in parts.

mod environment;
mod file;
mod lists;
mod mail;

use core::fmt;
use core::time::Duration;
use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use crate::lists::ListSource;
use crate::model::network::Network;
use crate::model::subscriber::Email;
use crate::written::{Mistake, meant};

pub use crate::config::environment::Environment;

/// What the operator wants, complete.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// The file these settings were read from; none where the defaults stand alone.
    pub file: Option<PathBuf>,
    /// Where the program keeps what it must not lose.
    pub state: PathBuf,
    /// The SQLite file.
    pub database: PathBuf,
    pub fetch: Fetch,
    pub crawl: Crawl,
    pub lists: Lists,
    pub mail: Mail,
    /// What the service listens on; none where it listens on nothing.
    pub web: Option<Web>,
    /// Where figures for Prometheus are served; none where nobody asks for them.
    pub metrics: Option<SocketAddr>,
    pub operator: Operator,
    pub backup: Backup,
    pub keep: Keep,
    pub log: Log,
}

/// Who is told what keeps the service from its work, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Operator {
    /// None tells the log alone.
    pub email: Option<Email>,
    /// A trouble that lasts is told again after so long.
    pub remind: Duration,
    /// A mail that waits for longer is a trouble.
    pub mail_waits: Duration,
    /// Fewer bytes left on the database's disk are a trouble.
    pub disk_free: u64,
}

/// Copies of the database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Backup {
    /// Where they lie.
    pub folder: PathBuf,
    /// The newest of each of so many days stays …
    pub daily: usize,
    /// … and of each of so many weeks.
    pub weekly: usize,
    /// A newest copy that is older is a trouble; none if nobody cares.
    pub oldest: Option<Duration>,
}

/// How long things are kept; none is for ever.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Keep {
    /// Of articles not about sanctions.
    pub others: KeepOthers,
    /// The same for single sources, by id; in place of `others`.
    pub sources: Vec<(String, KeepOthers)>,
    pub visits: Option<Duration>,
    /// Texts of mails that were sent.
    pub mails: Option<Duration>,
    /// Files of list editions, but never those of the latest.
    pub list_files: Option<Duration>,
}

/// How long what is not about sanctions is kept; none is for ever.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct KeepOthers {
    /// The article with all that belongs to it.
    pub articles: Option<Duration>,
    /// The page as it came.
    pub snapshots: Option<Duration>,
    /// Earlier texts.
    pub revisions: Option<Duration>,
}

/// Where the service is reached from outside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Web {
    /// The address and port it listens on.
    pub listen: SocketAddr,
    /// Under which address the world reaches it, without a slash at the end.
    pub public_url: String,
    /// Proxies, beside those on this machine, whose word on where a request comes from is taken.
    pub trusted_proxies: Vec<Network>,
}

/// How the program behaves on other people's servers.
#[derive(Debug, Clone, PartialEq)]
pub struct Fetch {
    /// A mail address or web page where a site's owner reaches the operator; empty if none is
    /// given.
    pub contact: String,
    /// Pause between two requests to one site.
    pub delay: Duration,
    /// Longest wait for a connection.
    pub connect_timeout: Duration,
    /// Longest silence of a server.
    pub idle_timeout: Duration,
    /// Longest time for one page, redirects included.
    pub total_timeout: Duration,
    /// Most bytes of one page, decompressed.
    pub body_limit: usize,
    /// Most redirects of one fetch.
    pub redirects: usize,
    /// Private networks, addresses or names that may be fetched all the same.
    pub allow_private: Vec<String>,
    /// The browser for sources that need one; none looks for Chromium on the `PATH`.
    pub browser: Option<PathBuf>,
    /// Whether the browser's own sandbox is on.
    pub browser_sandbox: bool,
    /// A proxy that all requests go through; none for a direct way.
    pub proxy: Option<String>,
    /// The folder with sources' credentials; none where neither the file nor systemd names one.
    pub credentials: Option<PathBuf>,
}

/// What is watched, and how hard.
#[derive(Debug, Clone, PartialEq)]
pub struct Crawl {
    /// Folder with the operator's own source files; none if there is none.
    pub selectors: Option<PathBuf>,
    /// Whether the shipped sources are watched.
    pub catalogue: bool,
    /// Ids of sources that are not watched.
    pub skip: Vec<String>,
    /// Time between two looks at a source without a schedule, on average; none lets its kind decide.
    pub interval: Option<Duration>,
    /// Visits under way at the same time.
    pub workers: usize,
    /// Most new articles read in one visit; the rest stays due.
    pub articles_per_visit: usize,
    /// Articles published longer ago than this when they are first seen cause no alert.
    pub alert_age: Duration,
}

/// Which official lists are fetched.
#[derive(Debug, Clone, PartialEq)]
pub struct Lists {
    /// Whether the service fetches lists at all.
    pub sync: bool,
    /// Ids of lists fetched beside the usual ones.
    pub also: Vec<String>,
    /// Ids of lists that are not fetched.
    pub skip: Vec<String>,
    /// A file with the operator's own lists; none if there is none.
    pub file: Option<PathBuf>,
}

/// The official lists that are known, and which of them the settings choose.
#[derive(Debug, Clone, PartialEq)]
pub struct OfficialLists {
    /// By id.
    pub offered: Vec<ListSource>,
    /// Those the service fetches.
    pub chosen: Vec<ListSource>,
}

/// Where the mails go.
#[derive(Debug, Clone, PartialEq)]
pub struct Mail {
    pub from: Email,
    /// The name beside the sender's address.
    pub from_name: String,
    /// Where answers go, if not to `from`.
    pub reply_to: Option<Email>,
    /// What the `List-Id` names; none means `alerts.` and the sender's domain.
    pub list_id: Option<String>,
    /// Mails under way at the same time.
    pub at_once: usize,
    /// Of these, to recipients of one domain.
    pub domain_at_once: usize,
    /// Mails to recipients of one domain in a minute.
    pub domain_per_minute: usize,
    pub dkim: Option<Dkim>,
    pub bounces: Bounces,
    pub backend: Backend,
}

/// The key that signs mails.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dkim {
    /// None means the sender's.
    pub domain: Option<String>,
    pub selector: String,
    /// A PEM file with an RSA or Ed25519 key.
    pub key_file: PathBuf,
}

/// How mails that could not be delivered come back to us.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Bounces {
    /// The envelope's sender, where a `*` stands for the delivery; none means `from`.
    pub address: Option<Email>,
    /// A maildir, or a folder of plain files, that the mail server puts them into.
    pub directory: Option<PathBuf>,
    /// Where to listen for them over LMTP or SMTP.
    pub listen: Option<SocketAddr>,
}

/// How a mail leaves.
#[derive(Debug, Clone, PartialEq)]
pub enum Backend {
    /// One `.eml` file each, in this folder.
    Directory(PathBuf),
    Smtp(Smtp),
}

/// The mail server that takes our mails.
#[derive(Debug, Clone, PartialEq)]
pub struct Smtp {
    pub host: String,
    /// None means the usual port for the security chosen.
    pub port: Option<u16>,
    pub security: Security,
    pub login: Option<Login>,
    /// Our name in the greeting; none means the machine's name.
    pub hello: Option<String>,
    /// A PEM file with authorities to trust beside the system's.
    pub trusted_ca: Option<PathBuf>,
}

/// How the connection to the mail server is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Security {
    /// TLS from the first byte.
    Tls,
    /// Plain at first, then TLS before anything is said.
    Starttls,
    /// Not at all: for a server on the same machine.
    None,
}

/// How the program names itself to the mail server.
#[derive(Debug, Clone, PartialEq)]
pub struct Login {
    pub username: String,
    /// The file whose first line is the password; it is read when mail is sent.
    pub password_file: PathBuf,
}

/// What is written to the log.
#[derive(Debug, Clone, PartialEq)]
pub struct Log {
    pub level: LogLevel,
    pub format: LogFormat,
}

/// The least important line that is still written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogLevel {
    Error,
    Warn,
    Info,
    Debug,
    Trace,
}

/// Lines for people or for machines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    Text,
    Json,
}

/// Why there are no settings.
#[derive(Debug)]
pub enum BadConfig {
    /// The file somebody asked for cannot be read.
    Unreadable { path: PathBuf, error: std::io::Error },
    /// Everything that is wrong with the file.
    Mistakes(Vec<Mistake>),
    /// Nothing says where the state folder is.
    NoState,
}

impl fmt::Display for BadConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            BadConfig::Unreadable { path, error } => {
                let path = path.display();
                write!(f, "cannot read the settings in {path} ({error}); check path and permissions")
            }
            BadConfig::Mistakes(mistakes) => {
                let lines: Vec<String> = mistakes.iter().map(Mistake::to_string).collect();
                f.write_str(&lines.join("\n"))
            }
            BadConfig::NoState => f.write_str(
                "there is no HOME to keep the database in; \
                 set SANCTIONWATCH_STATE or write state = \"/var/lib/sanctionwatch\" in the settings",
            ),
        }
    }
}

impl std::error::Error for BadConfig {}

/// The settings of this run.
///
/// The file is `asked` if given, else `$SANCTIONWATCH_CONFIG`, else the first that exists of
/// `$XDG_CONFIG_HOME/sanctionwatch/sanctionwatch.toml` and
/// `/etc/sanctionwatch/sanctionwatch.toml`, else none.
///
/// # Errors
/// When a file is asked for that cannot be read, or the file has mistakes: all of them.
pub fn load(asked: Option<&Path>, environment: &Environment) -> Result<Settings, BadConfig> {
    let path = match asked.map(Path::to_path_buf).or_else(|| environment.config_file()) {
        Some(path) => Some(path),
        None => environment.usual_config_files().into_iter().find(|path| path.is_file()),
    };
    let text = match &path {
        Some(path) => fs::read_to_string(path)
            .map_err(|error| BadConfig::Unreadable { path: path.clone(), error })?,
        None => String::new(),
    };
    settings(path.as_deref(), &text, environment)
}

/// The settings that `text` makes, read from `path`; an empty text gives the defaults.
///
/// # Errors
/// Every mistake in the text, in the order of their places.
pub fn settings(
    path: Option<&Path>,
    text: &str,
    environment: &Environment,
) -> Result<Settings, BadConfig> {
    let written = file::read(path, text, environment).map_err(BadConfig::Mistakes)?;
    let folder = path.and_then(Path::parent).unwrap_or(Path::new(""));
    written.settle(path, folder, environment)
}

/// The official lists that ship and the operator's own, and those that are chosen.
///
/// # Errors
/// Every mistake in the operator's file; an id in the settings that no list has.
pub fn official_lists(settings: &Lists) -> Result<OfficialLists, BadConfig> {
    let offered = lists::offered(settings.file.as_deref()).map_err(BadConfig::Mistakes)?;
    let is_unknown = |id: &&String| !offered.iter().any(|offered| offered.list.id == **id);
    if let Some(unknown) = settings.also.iter().chain(&settings.skip).find(is_unknown) {
        let ids: Vec<&str> = offered.iter().map(|offered| offered.list.id.as_str()).collect();
        let remedy = meant(unknown, &ids);
        let text =
            format!("lists.also or lists.skip names {unknown:?}, which no list has; {remedy}");
        return Err(BadConfig::Mistakes(vec![Mistake::of_file("settings", text)]));
    }
    let is_chosen = |offered: &&lists::Offered| {
        let id = &offered.list.id;
        (offered.usual || settings.also.contains(id)) && !settings.skip.contains(id)
    };
    let chosen = offered.iter().filter(is_chosen).map(|it| it.list.clone()).collect();
    Ok(OfficialLists { chosen, offered: offered.into_iter().map(|it| it.list).collect() })
}
