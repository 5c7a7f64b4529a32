//! `subscriber`: who is told, of what, and how often.

mod back_test;
mod interests;
mod people;
mod table;

use anyhow::{Context, bail};
use chrono_tz::Tz;

use crate::cli::Exit;
use crate::cli::setup::{SettingsArgs, open_store};
use crate::model::subscriber::Email;
use crate::store::{KnownSubscriber, Store};
use crate::written;

/// Add, change and remove the people who get mails, and what they want to hear of
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    action: Action,
    #[command(flatten)]
    settings: SettingsArgs,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    Add(people::AddArgs),
    /// Show everybody: where the subscription stands, and how many interests they have
    List,
    Show(people::ShowArgs),
    Interest(interests::Args),
    /// Tell somebody no more of a story, a source or a name
    Mute {
        email: String,
        #[command(flatten)]
        what: interests::MuteArgs,
    },
    /// Take a mute back
    Unmute {
        email: String,
        #[command(flatten)]
        what: interests::MuteArgs,
    },
    Try(back_test::Args),
    /// Send nothing more to an address, waiting mails included
    Remove {
        email: String,
    },
    /// Send mails again to an address that was suspended because mails came back
    Resume {
        email: String,
    },
    /// Forget somebody: the address, the interests and every mail made for them
    Erase {
        email: String,
    },
    Import(table::ImportArgs),
    /// Write everybody who gets mails as CSV, one line for each interest
    Export,
}

pub(crate) fn run(args: Args) -> anyhow::Result<Exit> {
    let settings = args.settings.load()?;
    let runtime = tokio::runtime::Runtime::new().context("cannot start the async runtime")?;
    runtime.block_on(async {
        let store = open_store(&settings)?;
        match args.action {
            Action::Add(args) => people::add(&settings, &store, args).await,
            Action::List => people::list(&store).await,
            Action::Show(args) => people::show(&store, args).await,
            Action::Interest(args) => interests::run(&store, args).await,
            Action::Mute { email, what } => interests::mute(&store, &email, what).await,
            Action::Unmute { email, what } => interests::unmute(&store, &email, what).await,
            Action::Try(args) => back_test::run(&settings, &store, args).await,
            Action::Remove { email } => people::remove(&store, &email).await,
            Action::Resume { email } => people::resume(&store, &email).await,
            Action::Erase { email } => people::erase(&store, &email).await,
            Action::Import(args) => table::import(&store, args).await,
            Action::Export => table::export(&store).await,
        }
    })
}

/// Who has this address.
async fn known(store: &Store, email: &str) -> anyhow::Result<KnownSubscriber> {
    let email: Email = email.parse()?;
    match store.subscriber_at(email.clone()).await? {
        Some(known) => Ok(known),
        None => bail!(nobody(&email)),
    }
}

fn nobody(email: &Email) -> String {
    format!("nobody with the address {} gets mails; see `subscriber list`", email.expose())
}

/// The zone of that name.
fn zone(text: &str) -> anyhow::Result<Tz> {
    written::zone(text).map_err(|remedy| anyhow::anyhow!("{text:?} is no time zone; {remedy}"))
}
