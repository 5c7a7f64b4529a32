//! `subscriber`: who gets alerts.

mod back_test;

use anyhow::{Context, bail};
use chrono_tz::Tz;

use crate::cli::Exit;
use crate::cli::setup::{SettingsArgs, open_store};
use crate::clock::Clock;
use crate::model::subscriber::Email;
use crate::store::Suspension;

/// Add, list and remove the people who get alerts
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    action: Action,
    #[command(flatten)]
    settings: SettingsArgs,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// Send alerts to an address from now on
    Add {
        /// For example reader@example.org
        email: String,
        /// How to address them
        #[arg(long, default_value = "")]
        name: String,
    },
    /// Show everybody who gets alerts
    List,
    /// Send nothing more to an address, waiting mails included
    Remove {
        email: String,
    },
    /// Send alerts again to an address that was suspended because mails came back
    Resume {
        email: String,
    },
    Try(back_test::Args),
}

pub(crate) fn run(args: Args) -> anyhow::Result<Exit> {
    let settings = args.settings.load()?;
    let runtime = tokio::runtime::Runtime::new().context("cannot start the async runtime")?;
    runtime.block_on(async {
        let store = open_store(&settings)?;
        let now = Clock::System.now();
        match args.action {
            Action::Add { email, name } => {
                let email: Email = email.parse()?;
                let shown = email.expose().to_owned();
                if store.add_subscriber(email, name, now).await? {
                    anstream::println!("{shown} gets alerts from now on");
                } else {
                    anstream::println!("{shown} gets alerts already");
                }
            }
            Action::List => {
                for subscriber in store.subscribers().await? {
                    anstream::println!("{}\t{}", subscriber.email.expose(), subscriber.name);
                }
                for suspension in store.suspensions().await? {
                    let Suspension { email, name, since, reason } = suspension;
                    anstream::println!(
                        "{}\t{name}\tsuspended since {}: {reason}",
                        email.expose(),
                        since.format("%Y-%m-%d"),
                    );
                }
            }
            Action::Resume { email } => {
                let email: Email = email.parse()?;
                let shown = email.expose().to_owned();
                if !store.resume_subscriber(email, now).await? {
                    anstream::eprintln!("{shown} is not suspended; see `subscriber list`");
                    return Ok(Exit::Partly);
                }
                anstream::println!("{shown} gets alerts again, from now on");
            }
            Action::Remove { email } => {
                let email: Email = email.parse()?;
                let shown = email.expose().to_owned();
                if !store.remove_subscriber(email, now).await? {
                    anstream::eprintln!(
                        "nobody with the address {shown} gets alerts; see `subscriber list`"
                    );
                    return Ok(Exit::Partly);
                }
                anstream::println!("{shown} gets nothing more");
            }
            Action::Try(args) => return back_test::run(&settings, &store, args).await,
        }
        Ok(Exit::Done)
    })
}

/// The zone of that name.
fn zone(text: &str) -> anyhow::Result<Tz> {
    match text.parse() {
        Ok(zone) => Ok(zone),
        Err(_) => bail!("{text:?} is no time zone; write a name such as Europe/Berlin or UTC"),
    }
}
