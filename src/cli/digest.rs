//! `digest`: the mails that sum up a day or a week.

use anyhow::{Context, bail};

use crate::cli::Exit;
use crate::cli::logging::{self, Voice};
use crate::cli::setup::{SettingsArgs, crawler, open_store, watched_sources};
use crate::config;
use crate::digest::DigestPage;
use crate::jobs::compose_digests::Composer;
use crate::jobs::links::links;
use crate::model::interest::Cadence;
use crate::model::subscriber::{Email, Standing};
use crate::store::Store;

/// Compose the digests that are due; the service does so by itself
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Compose all digests of this subscriber now, whatever their hour
    #[arg(long, value_name = "ADDRESS", group = "whose")]
    now: Option<String>,
    /// Print the digest this subscriber would get now; nothing is sent and nothing is written
    #[arg(long, value_name = "ADDRESS", group = "whose")]
    preview: Option<String>,
    /// Print all of the last digest of this subscriber whose mail was cut
    #[arg(long, value_name = "ADDRESS", group = "whose")]
    whole: Option<String>,
    /// From now on send this subscriber a digest even where there is nothing to tell
    #[arg(long, value_name = "ADDRESS", group = "whose")]
    empty_too: Option<String>,
    /// From now on send this subscriber no digest where there is nothing to tell, as at first
    #[arg(long, value_name = "ADDRESS", group = "whose")]
    never_empty: Option<String>,
    #[command(flatten)]
    settings: SettingsArgs,
}

pub(crate) fn run(args: Args) -> anyhow::Result<Exit> {
    let settings = args.settings.load()?;
    logging::start(&settings.log, Voice::AsSet)?;
    let sources = watched_sources(&settings);
    let runtime = tokio::runtime::Runtime::new().context("cannot start the async runtime")?;
    runtime.block_on(async {
        let store = open_store(&settings)?;
        let mut crawler = crawler(&settings, store)?;
        if let Some(web) = &settings.web {
            crawler.links = Some(links(&crawler.store, &web.public_url).await?.into());
        }
        let lists = config::official_lists(&settings.lists)?.chosen;
        let composer = Composer::new(&crawler, &sources, &lists);
        if let Some(address) = &args.preview {
            match composer.preview(active(&crawler.store, address).await?).await? {
                Some(mail) => anstream::print!("Subject: {}\n\n{}", mail.subject, mail.text),
                None => anstream::println!("there is nothing to tell"),
            }
        } else if let Some(address) = &args.whole {
            let subscriber = active(&crawler.store, address).await?;
            match crawler.store.last_whole_digest(subscriber).await? {
                Some(json) => {
                    anstream::print!("{}", serde_json::from_str::<DigestPage>(&json)?.text())
                }
                None => anstream::println!("no digest of theirs was cut"),
            }
        } else if let Some(address) = &args.now {
            let subscriber = active(&crawler.store, address).await?;
            match composer.compose_now(subscriber).await? {
                true => anstream::println!("1 digest waits to be sent"),
                false => anstream::println!("there is nothing to tell"),
            }
        } else if let Some(address) = args.empty_too.as_ref().or(args.never_empty.as_ref()) {
            let subscriber = active(&crawler.store, address).await?;
            let mut interests = crawler.store.interests(subscriber).await?;
            interests.retain(|interest| interest.cadence != Cadence::AtOnce);
            for interest in &interests {
                let wanted = args.empty_too.is_some();
                crawler.store.want_empty_digests(interest.id, wanted).await?;
            }
            anstream::println!("set for {} digests", interests.len());
        } else {
            let mails = composer.compose_due().await?;
            anstream::println!("digests that wait to be sent: {mails}");
        }
        Ok(Exit::Done)
    })
}

/// The row of an active subscriber.
async fn active(store: &Store, address: &str) -> anyhow::Result<i64> {
    let email: Email = address.parse()?;
    match store.subscriber_at(email).await? {
        Some(known) if known.standing == Standing::Active => Ok(known.subscriber.id),
        _ => bail!("nobody with the address {address} gets mails; see `subscriber list`"),
    }
}
