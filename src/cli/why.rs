//! `why`: why somebody got a mail on an article, or what held it back.

use anstyle::{AnsiColor, Style};
use anyhow::{Context, bail};
use chrono::{DateTime, TimeDelta, Utc};

use crate::cli::Exit;
use crate::cli::setup::{SettingsArgs, open_store};
use crate::clock::Clock;
use crate::jobs::why::{About, Asked, Why, about, why};
use crate::model::act::Ahead;
use crate::model::subscriber::Email;
use crate::store::{MailOf, Store};

const FAINT: Style = Style::new().dimmed();
const HEAD: Style = Style::new().bold();
const YES: Style = AnsiColor::Green.on_default();
const NO: Style = AnsiColor::Yellow.on_default();
/// Pieces of evidence printed.
const SHOWN: usize = 5;

/// Show why somebody got a mail on an article, or what held it back
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The subscriber's address
    email: String,
    /// The address of the article, or its number in the database
    #[arg(value_name = "URL|ARTICLE")]
    article: String,
    /// One JSON object
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    settings: SettingsArgs,
}

pub(crate) fn run(args: Args) -> anyhow::Result<Exit> {
    let settings = args.settings.load()?;
    let email: Email = args.email.parse()?;
    let alert_age = TimeDelta::from_std(settings.crawl.alert_age).unwrap_or(TimeDelta::MAX);
    let runtime = tokio::runtime::Runtime::new().context("cannot start the async runtime")?;
    runtime.block_on(async {
        let store = open_store(&settings)?;
        let shown = email.expose().to_owned();
        let Some(known) = store.subscriber_at(email).await? else {
            bail!("nobody has subscribed with {shown}; see `subscriber list`");
        };
        let about = find(&store, &args.article).await?;
        let answer = why(&store, &known, about, alert_age, Clock::System.now()).await?;
        let answer = answer.with_context(|| {
            format!("there is no article {} in {}", args.article, store.path().display())
        })?;
        if args.json {
            anstream::println!("{}", as_json(&answer));
        } else {
            print(&answer);
        }
        Ok(Exit::Done)
    })
}

async fn find(store: &Store, wanted: &str) -> anyhow::Result<About> {
    about(store, wanted).await?.with_context(|| {
        format!("no article is known as {wanted:?}; `sanctionwatch search` shows those there are")
    })
}

fn print(answer: &Why) {
    let Why { article, title, url, first_seen, relevant, score, evidence, .. } = answer;
    anstream::println!("{HEAD}{title}{HEAD:#}");
    anstream::println!("{FAINT}article {article}  {url}{FAINT:#}");
    let verdict = if *relevant { "about sanctions" } else { "not about sanctions" };
    anstream::println!("first seen {}; {verdict}, score {score:.2}", minute(*first_seen));
    for sign in evidence.iter().take(SHOWN) {
        anstream::println!("  {FAINT}{:+.1}  {:?}  {}{FAINT:#}", sign.weight, sign.text, sign.rule);
    }
    for ahead in &answer.ahead {
        anstream::println!("{}", ahead.in_words());
    }
    anstream::println!();
    for Asked { interest, answer } in &answer.interests {
        let (name, cadence) = (&interest.name, interest.cadence);
        match answer {
            Ok(met) if met.because.is_empty() => {
                anstream::println!("{YES}meets{YES:#} {name} ({cadence}): everything");
            }
            Ok(met) => anstream::println!(
                "{YES}meets{YES:#} {name} ({cadence}): {}",
                met.because.join("; ")
            ),
            Err(missed) => anstream::println!(
                "{NO}does not meet{NO:#} {name} ({cadence}): that wants {}",
                missed.wants
            ),
        }
    }
    for reason in &answer.held_back {
        anstream::println!("{NO}held back:{NO:#} {reason}");
    }
    answer.mails.iter().for_each(print_mail);
    if answer.mails.is_empty() && answer.held_back.is_empty() {
        anstream::println!("no mail was made, and nothing that is known today speaks against one");
    }
}

fn print_mail(mail: &MailOf) {
    anstream::println!("{HEAD}mail{HEAD:#} {}  {FAINT}{}{FAINT:#}", mail.subject, mail.message_id);
    let attempts = if mail.attempts == 1 { "attempt" } else { "attempts" };
    let when = match (mail.finished, mail.next_try) {
        (Some(finished), _) => format!("{} {}", mail.state, minute(finished)),
        (None, Some(next)) => format!("{}, next try {}", mail.state, minute(next)),
        (None, None) => mail.state.clone(),
    };
    anstream::println!("  made {}; {when}; {} {attempts}", minute(mail.created), mail.attempts);
    if !mail.reply.is_empty() {
        anstream::println!("  the server said: {}", mail.reply);
    }
}

fn minute(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%d %H:%M UTC").to_string()
}

fn as_json(answer: &Why) -> serde_json::Value {
    let asked = |Asked { interest, answer }: &Asked| {
        serde_json::json!({
            "name": interest.name,
            "criteria": interest.criteria.to_string(),
            "cadence": interest.cadence.to_string(),
            "met": answer.is_ok(),
            "because": answer.as_ref().map(|met| met.because.clone()).unwrap_or_default(),
            "wants": answer.as_ref().err().map(|missed| missed.wants.clone()),
        })
    };
    let mail = |mail: &MailOf| {
        serde_json::json!({
            "cause": mail.cause,
            "subject": mail.subject,
            "message_id": mail.message_id,
            "state": mail.state,
            "created": mail.created.to_rfc3339(),
            "attempts": mail.attempts,
            "next_try": mail.next_try.map(|at| at.to_rfc3339()),
            "finished": mail.finished.map(|at| at.to_rfc3339()),
            "reply": mail.reply,
        })
    };
    let sign = |sign: &crate::model::judged::Evidence| serde_json::json!({"text": sign.text, "rule": sign.rule, "weight": sign.weight});
    let held_back: Vec<String> = answer.held_back.iter().map(ToString::to_string).collect();
    serde_json::json!({
        "article": answer.article,
        "title": answer.title,
        "url": answer.url,
        "first_seen": answer.first_seen.to_rfc3339(),
        "relevant": answer.relevant,
        "score": answer.score,
        "evidence": answer.evidence.iter().map(sign).collect::<Vec<_>>(),
        "interests": answer.interests.iter().map(asked).collect::<Vec<_>>(),
        "held_back": held_back,
        "ahead_of_list": answer.ahead.iter().map(Ahead::in_words).collect::<Vec<_>>(),
        "mails": answer.mails.iter().map(mail).collect::<Vec<_>>(),
    })
}
