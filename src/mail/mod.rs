//! The door to the mail: SMTP or a directory of .eml files.

pub mod listener;
pub mod mailbox;
pub mod memory;
pub mod settings;

mod directory;
mod dkim;
mod incoming;
mod mime;
mod refusal;
mod reply;
mod smtp;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};

use crate::mail::memory::Memory;
use crate::mail::mime::Letterhead;
use crate::mail::settings::{Backend, Pace, Settings};
use crate::model::bounce::Fault;
use crate::model::subscriber::Message;

pub use crate::mail::incoming::incoming;

/// Sends messages; clones share its connections.
#[derive(Debug, Clone)]
pub struct Mailer {
    letterhead: Arc<Letterhead>,
    way: Way,
    pace: Pace,
}

#[derive(Debug, Clone)]
enum Way {
    Smtp(Arc<smtp::Server>),
    Directory(PathBuf),
    Memory(Memory),
}

/// Why a message was not sent, in the server's words where it had any. No address stands in full in
/// them, so that they may be logged.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// Try this message again: the server asked for it (4xx), or the connection broke.
    #[error("{0}")]
    Later(String),
    /// Never try this message again (5xx for its recipient or its text), and whom that blames.
    #[error("{1}")]
    Never(Fault, String),
    /// No message can be sent just now: no connection, no encryption, no login, or our sender's
    /// address is refused. Try this one again, and spare the others the attempt.
    #[error("{0}")]
    Down(String),
}

impl Mailer {
    /// A mailer by `settings`. Reads the password and the certificates, connects to nobody yet.
    ///
    /// # Errors
    /// A file that cannot be read, a sender's address no server takes, or a password that would
    /// cross a network in the clear.
    pub fn new(settings: &Settings) -> anyhow::Result<Self> {
        let way = match &settings.backend {
            Backend::Smtp(smtp) => {
                Way::Smtp(Arc::new(smtp::Server::new(smtp, settings.pace.at_once)?))
            }
            Backend::Directory(directory) => Way::Directory(directory.clone()),
            Backend::Memory(memory) => Way::Memory(memory.clone()),
        };
        Ok(Self { letterhead: Arc::new(Letterhead::new(settings)?), way, pace: settings.pace })
    }

    /// Sends `message`, dated `now`; gives the server's words, or where the file lies. `token` names
    /// its delivery to whoever reports on it, and to nobody else; empty for none.
    ///
    /// Sending a message twice does no harm in a directory (the same file is written again) and
    /// little over SMTP (the `Message-ID` is the same).
    ///
    /// # Errors
    /// A [`Failure`], which says whether to try again.
    pub async fn send(
        &self,
        message: &Message,
        token: &str,
        now: DateTime<Utc>,
    ) -> Result<String, Failure> {
        let letter = self.letterhead.letter(message, token, now)?;
        match &self.way {
            Way::Smtp(server) => server.send(&letter).await,
            Way::Directory(directory) => directory::keep(directory, letter).await,
            Way::Memory(memory) => {
                memory.keep(letter.bytes);
                Ok("kept in memory".to_owned())
            }
        }
    }

    /// How many mails may be under way, as the settings say.
    pub fn pace(&self) -> Pace {
        self.pace
    }

    /// Name and text of the TXT record by which others verify our signatures; none where mails are
    /// not signed.
    pub fn dkim_record(&self) -> Option<(String, String)> {
        self.letterhead.signer().map(dkim::Signer::record)
    }

    /// Whether mails could leave just now: logs in to the server, or makes a file in the folder.
    ///
    /// # Errors
    /// Why not, as [`Mailer::send`] would say.
    pub async fn probe(&self) -> Result<(), Failure> {
        match &self.way {
            Way::Smtp(server) => server.probe().await,
            Way::Directory(directory) => directory::probe(directory),
            Way::Memory(_) => Ok(()),
        }
    }

    /// The longest that one [`Mailer::send`] can take: a lease must be longer.
    pub fn patience(&self) -> Duration {
        match &self.way {
            Way::Smtp(server) => server.patience(),
            Way::Directory(_) | Way::Memory(_) => Duration::from_secs(60),
        }
    }
}
