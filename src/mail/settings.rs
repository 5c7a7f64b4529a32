//! What the operator says about mail: plain data, no secret among it.

use std::path::PathBuf;
use std::time::Duration;

use crate::mail::memory::Memory;
use crate::model::subscriber::Email;

/// How mail leaves, and what every mail says of its sender.
#[derive(Debug, Clone)]
pub struct Settings {
    pub backend: Backend,
    /// The address the mails come from; on the envelope too, unless there is a `return_address`.
    pub from: Email,
    /// The name beside it.
    pub from_name: String,
    /// Where answers go, if not to `from`.
    pub reply_to: Option<Email>,
    /// What the `List-Id` names; none means `alerts.` and the sender's domain.
    pub list_id: Option<String>,
    /// Where mails that cannot be delivered return to, and requests to unsubscribe go; none means
    /// `from` and `reply_to`. A `*` in it stands for the delivery's token, so that the address alone
    /// names the delivery.
    pub return_address: Option<Email>,
    /// Signs every mail.
    pub dkim: Option<Dkim>,
    pub pace: Pace,
}

/// The key mails are signed with, and where its public half is published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dkim {
    pub domain: String,
    pub selector: String,
    /// A PEM file with an RSA or Ed25519 key; read once, at the start.
    pub key_file: PathBuf,
}

/// How many mails go at the same time, and how many to one domain, so that a large or slow one
/// neither holds up the others nor takes offence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// Mails under way at the same time, each with a connection of its own; at least 1.
    pub at_once: usize,
    /// Of these, to recipients of one domain; at least 1.
    pub domain_at_once: usize,
    /// To recipients of one domain in a minute; at least 1. A minute's worth may go in one burst.
    pub domain_per_minute: usize,
}

impl Default for Pace {
    fn default() -> Self {
        Self { at_once: 8, domain_at_once: 2, domain_per_minute: 300 }
    }
}

impl Settings {
    /// Settings for `backend` with the usual sender's name and answers to `from`.
    pub fn new(backend: Backend, from: Email) -> Self {
        Self {
            backend,
            from,
            from_name: "sanctionwatch".to_owned(),
            reply_to: None,
            list_id: None,
            return_address: None,
            dkim: None,
            pace: Pace::default(),
        }
    }
}

/// Where mail goes.
#[derive(Debug, Clone)]
pub enum Backend {
    /// To a server that delivers it.
    Smtp(Smtp),
    /// Into a directory, one `.eml` file each; made if it is missing.
    Directory(PathBuf),
    /// Into the memory of a test.
    Memory(Memory),
}

/// A server that takes our mail for delivery (RFC 6409).
#[derive(Debug, Clone)]
pub struct Smtp {
    /// Name or IP address; the server's certificate must be made out to it.
    pub host: String,
    /// None means the usual port for the security chosen.
    pub port: Option<u16>,
    pub security: Security,
    pub login: Option<Login>,
    /// Our name in the greeting; none means the machine's name.
    pub hello: Option<String>,
    /// A PEM file with authorities to trust beside the system's.
    pub trusted_ca: Option<PathBuf>,
    /// For each of: connecting up to the login; offering a message up to the server's "go ahead".
    pub timeout: Duration,
    /// For the text of a message and the answer to it. Long, because a server that took the message
    /// but was not heard gets it again (RFC 5321 § 4.5.3.2.6 asks for ten minutes).
    pub answer_timeout: Duration,
}

impl Smtp {
    /// The server at `host` with STARTTLS, no login and the usual patience.
    pub fn new(host: impl Into<String>) -> Self {
        Self {
            host: host.into(),
            port: None,
            security: Security::Starttls,
            login: None,
            hello: None,
            trusted_ca: None,
            timeout: Duration::from_secs(60),
            answer_timeout: Duration::from_secs(600),
        }
    }
}

/// How the connection to the server is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Security {
    /// Plain at first, encrypted before anything of ours is said; no server without it is used.
    Starttls,
    /// Encrypted from the first byte.
    Tls,
    /// Not at all, which must be written out: for a server on the same machine.
    None,
}

impl Security {
    /// Every kind, for parsing and for messages.
    pub const ALL: [Security; 3] = [Security::Starttls, Security::Tls, Security::None];

    /// The word in the settings.
    pub fn name(self) -> &'static str {
        match self {
            Security::Starttls => "starttls",
            Security::Tls => "tls",
            Security::None => "none",
        }
    }

    /// The port such servers listen on.
    pub fn port(self) -> u16 {
        match self {
            Security::Starttls => 587,
            Security::Tls => 465,
            Security::None => 25,
        }
    }
}

/// Who we are to the server.
#[derive(Debug, Clone)]
pub struct Login {
    pub user: String,
    /// A file whose first line is the password; read once, at the start.
    pub password_file: PathBuf,
}
