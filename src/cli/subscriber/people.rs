//! `subscriber add`, `list`, `show`, `remove`, `erase`: who is told, and what is held about them.

use anstyle::Style;
use anyhow::bail;

use crate::cli::Exit;
use crate::cli::setup::sender;
use crate::cli::subscriber::{known, nobody, zone};
use crate::clock::Clock;
use crate::config::Settings;
use crate::interests::interest;
use crate::jobs::letters::{Answer, Asker, Desk};
use crate::jobs::links::links;
use crate::model::interest::Interest;
use crate::model::subscriber::Email;
use crate::store::{Enrolled, Enrolment, Formerly, Personal, Store, SubscriptionRequest};

const HEAD: Style = Style::new().bold();
const FAINT: Style = Style::new().dimmed();

/// Send mails to an address from now on: you have the word of whoever owns it
#[derive(Debug, clap::Args)]
pub(crate) struct AddArgs {
    /// For example reader@example.org
    email: String,
    /// Ask them by mail first, and send nothing else before they confirm: needs the pages of `web`
    #[arg(long)]
    ask: bool,
    /// How to address them
    #[arg(long)]
    name: Option<String>,
    /// Where the hours of their digests are counted, for example Europe/Berlin
    #[arg(long)]
    zone: Option<String>,
    /// What they want to hear of and how often; may be given several times [default: everything, at once]
    #[arg(long, value_name = "NAME: CRITERIA @ CADENCE")]
    interest: Vec<String>,
}

/// Show everything that is held about somebody
#[derive(Debug, clap::Args)]
pub(crate) struct ShowArgs {
    email: String,
    /// One JSON object, to be handed to the person
    #[arg(long)]
    json: bool,
}

pub(crate) async fn add(settings: &Settings, store: &Store, args: AddArgs) -> anyhow::Result<Exit> {
    let email: Email = args.email.parse()?;
    let interests =
        args.interest.iter().map(|text| interest(text)).collect::<Result<Vec<_>, _>>()?;
    let enrolment = Enrolment {
        email: email.clone(),
        name: args.name,
        zone: args.zone.as_deref().map(zone).transpose()?,
        // Whoever names no interest wants everything.
        interests: (!interests.is_empty()).then_some(interests),
    };
    if args.ask {
        return ask(settings, store, enrolment).await;
    }
    let now = Clock::System.now();
    let enrolled = store.enrol(vec![enrolment], Formerly::BroughtBack, now).await?;
    let shown = email.expose();
    if store.subscriber_at(email.clone()).await?.is_some_and(|known| known.suspended.is_some()) {
        anstream::println!(
            "{shown} is suspended and gets nothing: see `subscriber show`, then `subscriber resume`"
        );
        return Ok(Exit::Partly);
    }
    match enrolled.first() {
        Some(Enrolled::Known) => anstream::println!("{shown} gets mails already"),
        _ => anstream::println!("{shown} gets mails from now on"),
    }
    Ok(Exit::Done)
}

/// Begins the double opt-in for an address, as the page to subscribe does.
async fn ask(settings: &Settings, store: &Store, wanted: Enrolment) -> anyhow::Result<Exit> {
    let Some(web) = &settings.web else {
        bail!(
            "a letter needs a page that its link leads to; set `web.public_url` in the settings, or \
             leave --ask away if you have their word"
        );
    };
    let links = links(store, &web.public_url).await?;
    let sender = sender(settings);
    let desk = Desk { store, sender: &sender, links: &links };
    let Enrolment { email, name, zone, interests } = wanted;
    let shown = email.expose().to_owned();
    let request = SubscriptionRequest {
        email,
        name: name.unwrap_or_default(),
        zone: zone.unwrap_or(chrono_tz::UTC),
        interests: interests.unwrap_or_else(|| vec![Interest::everything()]),
    };
    let said = match desk.ask(request, Asker::Operator, Clock::System.now()).await? {
        Answer::Written => {
            anstream::println!("a letter asks {shown}; nothing else is sent before they confirm");
            return Ok(Exit::Done);
        }
        Answer::Subscribed => "gets mails already",
        Answer::TooMany => "had as many letters as an address gets in a day; try again tomorrow",
        Answer::Complained => {
            "called a mail of ours unwanted, so only they can ask for more, on the page to subscribe"
        }
    };
    anstream::eprintln!("{shown} {said}");
    Ok(Exit::Partly)
}

pub(crate) async fn list(store: &Store) -> anyhow::Result<Exit> {
    for person in store.people().await? {
        let standing = match &person.suspended {
            Some((since, reason)) => {
                format!("suspended since {}: {reason}", since.format("%Y-%m-%d"))
            }
            None => person.known.standing.name().to_owned(),
        };
        let interests = if person.interests == 1 { "interest" } else { "interests" };
        anstream::println!(
            "{}\t{}\t{standing}\t{} {interests}",
            person.known.subscriber.email.expose(),
            person.known.subscriber.name,
            person.interests
        );
    }
    Ok(Exit::Done)
}

pub(crate) async fn show(store: &Store, args: ShowArgs) -> anyhow::Result<Exit> {
    let subscriber = known(store, &args.email).await?.subscriber;
    let Some(personal) = store.personal(subscriber.id).await? else {
        bail!(nobody(&subscriber.email));
    };
    if args.json {
        anstream::println!("{}", serde_json::to_string_pretty(&personal)?);
    } else {
        print(&personal);
    }
    Ok(Exit::Done)
}

fn print(personal: &Personal) {
    let Personal { address, name, time_zone, asked, confirmed, left, .. } = personal;
    anstream::println!("{HEAD}{address}{HEAD:#} {name}");
    anstream::println!("asked {asked}, hours of {time_zone}");
    let dated = [("confirmed", confirmed), ("left", left), ("suspended", &personal.suspended)];
    for (what, when) in dated {
        if let Some(when) = when {
            anstream::println!("{what} {when}");
        }
    }
    if let Some(reason) = &personal.suspension {
        anstream::println!("suspended because {reason}");
    }
    for interest in &personal.interests {
        let criteria =
            if interest.criteria.is_empty() { "everything" } else { interest.criteria.as_str() };
        anstream::println!(
            "{HEAD}interest{HEAD:#} {}: {criteria} @ {}  {FAINT}since {}{FAINT:#}",
            interest.name,
            interest.cadence,
            interest.added
        );
    }
    for mute in &personal.muted {
        let (kind, value, added) = (&mute.kind, &mute.value, &mute.added);
        anstream::println!("{HEAD}muted{HEAD:#} {kind} {value}  {FAINT}since {added}{FAINT:#}");
    }
    for mail in &personal.mails {
        let when = mail.finished.as_ref().unwrap_or(&mail.created);
        anstream::println!("{HEAD}mail{HEAD:#} {} {when}  {}", mail.state, mail.subject);
        if !mail.reply.is_empty() {
            anstream::println!("  {FAINT}the server said: {}{FAINT:#}", mail.reply);
        }
    }
}

pub(crate) async fn remove(store: &Store, email: &str) -> anyhow::Result<Exit> {
    let email: Email = email.parse()?;
    if !store.remove_subscriber(email.clone(), Clock::System.now()).await? {
        anstream::eprintln!("{}", nobody(&email));
        return Ok(Exit::Partly);
    }
    anstream::println!("{} gets nothing more", email.expose());
    Ok(Exit::Done)
}

pub(crate) async fn resume(store: &Store, email: &str) -> anyhow::Result<Exit> {
    let email: Email = email.parse()?;
    let shown = email.expose().to_owned();
    if !store.resume_subscriber(email, Clock::System.now()).await? {
        anstream::eprintln!("{shown} is not suspended; see `subscriber list`");
        return Ok(Exit::Partly);
    }
    anstream::println!("{shown} gets mails again, from now on");
    Ok(Exit::Done)
}

pub(crate) async fn erase(store: &Store, email: &str) -> anyhow::Result<Exit> {
    let subscriber = known(store, email).await?.subscriber;
    store.erase_subscriber(subscriber.id).await?;
    anstream::println!("nothing is held about {} any more", subscriber.email.expose());
    Ok(Exit::Done)
}
