//! The door to the mail: SMTP or a directory of .eml files.

pub mod memory;
pub mod settings;

mod directory;
mod mime;
mod reply;
mod smtp;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};

use crate::mail::memory::Memory;
use crate::mail::mime::Letterhead;
use crate::mail::settings::{Backend, Settings};
use crate::model::subscriber::Message;

/// Sends messages; clones share its connections.
#[derive(Debug, Clone)]
pub struct Mailer {
    letterhead: Arc<Letterhead>,
    way: Way,
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
    /// Never try this message again (5xx for its recipient or its text).
    #[error("{0}")]
    Never(String),
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
            Backend::Smtp(smtp) => Way::Smtp(Arc::new(smtp::Server::new(smtp)?)),
            Backend::Directory(directory) => Way::Directory(directory.clone()),
            Backend::Memory(memory) => Way::Memory(memory.clone()),
        };
        Ok(Self { letterhead: Arc::new(Letterhead::new(settings)?), way })
    }

    /// Sends `message`, dated `now`; gives the server's words, or where the file lies.
    ///
    /// Sending a message twice does no harm in a directory (the same file is written again) and
    /// little over SMTP (the `Message-ID` is the same).
    ///
    /// # Errors
    /// A [`Failure`], which says whether to try again.
    pub async fn send(&self, message: &Message, now: DateTime<Utc>) -> Result<String, Failure> {
        let letter = self.letterhead.letter(message, now)?;
        match &self.way {
            Way::Smtp(server) => server.send(&letter).await,
            Way::Directory(directory) => directory::keep(directory, letter).await,
            Way::Memory(memory) => {
                memory.keep(letter.bytes);
                Ok("kept in memory".to_owned())
            }
        }
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
