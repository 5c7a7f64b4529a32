//! Takes in what comes back: bounces, complaints and wishes to leave, from a directory and from the
//! mail server on this machine.

use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use crate::clock::Clock;
use crate::mail;
use crate::mail::listener::{self, Arrived};
use crate::mail::mailbox::Mailbox;
use crate::model::bounce::Incoming;
use crate::store::{self, Noted, Store};

/// How often the directory is looked at.
const LOOK: Duration = Duration::from_secs(30);
/// Mails dealt with at one look; the next comes at once where there are more.
const BATCH: usize = 500;
/// Mails that wait to be dealt with.
const QUEUE: usize = 16;

/// Where mails come in.
#[derive(Debug, Default)]
pub struct Ways {
    /// A maildir or a folder of plain files.
    pub directory: Option<PathBuf>,
    /// LMTP or SMTP.
    pub listener: Option<TcpListener>,
}

/// Takes in whatever comes by `ways`, until `stop` is cancelled.
pub async fn run(store: Store, clock: Clock, ways: Ways, stop: CancellationToken) {
    let looking = async {
        if let Some(directory) = &ways.directory {
            watch(&store, &clock, directory, &stop).await;
        }
    };
    let listening = async {
        if let Some(listener) = ways.listener {
            take_calls(&store, &clock, listener, &stop).await;
        }
    };
    tokio::join!(looking, listening);
}

async fn watch(store: &Store, clock: &Clock, directory: &Path, stop: &CancellationToken) {
    let mut told = false;
    while !stop.is_cancelled() {
        let taken = take_from(store, clock, directory).await;
        if let Err(error) = &taken
            && !told
        {
            let directory = directory.display();
            tracing::error!(%error, %directory, "bounces cannot be read; check mail.bounces.directory");
        }
        told = taken.is_err();
        let pause = if matches!(taken, Ok(BATCH)) { Duration::ZERO } else { LOOK };
        tokio::select! {
            () = stop.cancelled() => {}
            () = sleep(pause) => {}
        }
    }
}

/// Deals with what waits in `directory`; gives how many mails that were. A mail is put aside after
/// its report is stored, so that a crash between the two only reads it again.
///
/// # Errors
/// A directory or a database that does not let us.
pub async fn take_from(store: &Store, clock: &Clock, directory: &Path) -> anyhow::Result<usize> {
    let mailbox = Mailbox::at(directory);
    let list = {
        let mailbox = mailbox.clone();
        move || mailbox.waiting(BATCH)
    };
    let waiting = tokio::task::spawn_blocking(list).await??;
    let count = waiting.len();
    for path in waiting {
        let read = {
            let (mailbox, path) = (mailbox.clone(), path.clone());
            move || mailbox.read(&path)
        };
        let bytes = tokio::task::spawn_blocking(read).await??;
        take_in(store, clock, bytes, Vec::new()).await?;
        let aside = {
            let mailbox = mailbox.clone();
            move || mailbox.put_aside(&path)
        };
        tokio::task::spawn_blocking(aside).await??;
    }
    Ok(count)
}

async fn take_calls(store: &Store, clock: &Clock, listener: TcpListener, stop: &CancellationToken) {
    let (sender, mut mails) = mpsc::channel::<Arrived>(QUEUE);
    let answering = async {
        while let Some(Arrived { recipients, bytes, done }) = mails.recv().await {
            match take_in(store, clock, bytes, recipients).await {
                // Whoever waited for the answer may be gone; the mail is safe all the same.
                Ok(()) => drop(done.send(())),
                Err(error) => {
                    tracing::error!(%error, "a bounce cannot be stored; it will come again")
                }
            }
        }
    };
    let (listened, ()) = tokio::join!(listener::listen(listener, sender, stop.clone()), answering);
    if let Err(error) = listened {
        tracing::error!(%error, "nobody listens for bounces any more");
    }
}

/// Deals with one mail, delivered to `recipients` where that is known.
async fn take_in(
    store: &Store,
    clock: &Clock,
    bytes: Vec<u8>,
    recipients: Vec<String>,
) -> store::Result<()> {
    // Strangers write these mails: one that makes the parser panic ends there.
    let parsed = tokio::task::spawn_blocking(move || mail::incoming(&bytes, &recipients)).await;
    let incoming = parsed.unwrap_or_else(|error| {
        tracing::error!(%error, "a mail that came in cannot be understood; it is put aside");
        Incoming::Nothing
    });
    let now = clock.now();
    match incoming {
        Incoming::Nothing => Ok(()),
        Incoming::Leave { token } => {
            let Some(email) = store.recipient_of(token).await? else { return Ok(()) };
            if store.remove_subscriber(email.clone(), now).await? {
                tracing::info!(reader = %email, "left by mail");
            }
            Ok(())
        }
        Incoming::Bounce(bounce) => {
            let (fault, said) = (bounce.fault.name(), bounce.said.clone());
            match store.bounced(bounce, now).await? {
                Noted::Nothing => {
                    tracing::debug!(fault, "a report names no mail of ours, or a known one")
                }
                Noted::Counted => tracing::info!(fault, said, "a mail came back"),
                Noted::Suspended => {
                    tracing::warn!(fault, said, "an address is suspended; see `subscriber list`");
                }
            }
            Ok(())
        }
    }
}
