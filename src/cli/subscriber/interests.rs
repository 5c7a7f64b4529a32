//! `subscriber interest`, `mute`, `unmute`: what somebody wants to hear of, and what no more.

use anyhow::bail;

use crate::cli::Exit;
use crate::cli::subscriber::known;
use crate::clock::Clock;
use crate::interests::{cadence, criteria, interest};
use crate::model::interest::{Interest, Mute};
use crate::store::Store;

/// Add, change and remove what somebody wants to hear of
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// Tell somebody of one more thing
    Add {
        email: String,
        /// For example "Oil: countries=ru; words=oil @ daily 07:30"
        #[arg(value_name = "NAME: CRITERIA @ CADENCE")]
        interest: String,
    },
    /// Change an interest; what is not given stays as it is
    Change {
        email: String,
        /// What the interest is called
        name: String,
        /// For example "topics=licences; countries=ru,by"; empty: everything about sanctions
        #[arg(long)]
        criteria: Option<String>,
        /// at-once, hourly, "daily 07:30" or "weekly Mon 07:30"
        #[arg(long)]
        cadence: Option<String>,
        /// What it is called from now on
        #[arg(long, value_name = "NAME")]
        rename: Option<String>,
    },
    /// Tell somebody no more of this
    Remove { email: String, name: String },
}

/// What is muted: one of these
#[derive(Debug, clap::Args)]
#[group(id = "muted", required = true, multiple = false)]
pub(crate) struct MuteArgs {
    /// A story, by its number
    #[arg(long)]
    story: Option<i64>,
    /// A source, by its id
    #[arg(long)]
    source: Option<String>,
    /// A listed or watched name, as mails print it
    #[arg(long)]
    name: Option<String>,
}

impl MuteArgs {
    fn meant(self) -> anyhow::Result<Mute> {
        match (self.story, self.source, self.name) {
            (Some(story), _, _) => Ok(Mute::Story(story)),
            (_, Some(source), _) => Ok(Mute::Source(source)),
            (_, _, Some(name)) => Ok(Mute::Name(name)),
            _ => bail!("nothing is named; give --story, --source or --name"),
        }
    }
}

pub(crate) async fn run(store: &Store, args: Args) -> anyhow::Result<Exit> {
    let now = Clock::System.now();
    match args.action {
        Action::Add { email, interest: text } => {
            let interest = interest(&text)?;
            let subscriber = known(store, &email).await?.subscriber;
            let name = interest.name.clone();
            if store.interests(subscriber.id).await?.iter().any(|other| other.name == name) {
                bail!("{email} has an interest {name:?} already; use `interest change`");
            }
            store.put_interest(subscriber.id, interest, now).await?;
            anstream::println!("{email} is told of {name} from now on");
        }
        Action::Change { email, name, criteria: wanted, cadence: often, rename } => {
            let subscriber = known(store, &email).await?.subscriber;
            let mut interest = named(store, subscriber.id, &name).await?;
            if let Some(wanted) = wanted {
                interest.criteria = criteria(&wanted)?;
            }
            if let Some(often) = often {
                interest.cadence = cadence(&often)?;
            }
            interest.name = rename.unwrap_or(interest.name);
            let shown = interest.to_string();
            store.put_interest(subscriber.id, interest, now).await?;
            anstream::println!("{shown}");
        }
        Action::Remove { email, name } => {
            let subscriber = known(store, &email).await?.subscriber;
            let interest = named(store, subscriber.id, &name).await?;
            store.drop_interest(subscriber.id, interest.id).await?;
            anstream::println!("{email} is told no more of {name}");
        }
    }
    Ok(Exit::Done)
}

async fn named(store: &Store, subscriber: i64, name: &str) -> anyhow::Result<Interest> {
    let interests = store.interests(subscriber).await?;
    let names: Vec<&str> = interests.iter().map(|interest| interest.name.as_str()).collect();
    match interests.iter().find(|interest| interest.name == name) {
        Some(interest) => Ok(interest.clone()),
        None if names.is_empty() => bail!("there is no interest {name:?}, nor any other"),
        None => bail!("there is no interest {name:?}; there are {}", names.join(", ")),
    }
}

pub(crate) async fn mute(store: &Store, email: &str, what: MuteArgs) -> anyhow::Result<Exit> {
    let (mute, subscriber) = (what.meant()?, known(store, email).await?.subscriber);
    let shown = format!("the {} {:?}", mute.kind(), mute.value());
    store.mute(subscriber.id, mute, Clock::System.now()).await?;
    anstream::println!("{email} hears no more of {shown}");
    Ok(Exit::Done)
}

pub(crate) async fn unmute(store: &Store, email: &str, what: MuteArgs) -> anyhow::Result<Exit> {
    let (mute, subscriber) = (what.meant()?, known(store, email).await?.subscriber);
    let shown = format!("the {} {:?}", mute.kind(), mute.value());
    if !store.mutes(subscriber.id).await?.contains(&mute) {
        anstream::eprintln!("{email} has not muted {shown}; see `subscriber show`");
        return Ok(Exit::Partly);
    }
    store.unmute(subscriber.id, mute).await?;
    anstream::println!("{email} hears of {shown} again");
    Ok(Exit::Done)
}
