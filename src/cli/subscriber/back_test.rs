//! `subscriber try`: what an interest would have sent.

use anstyle::Style;
use chrono::TimeDelta;
use chrono_tz::Tz;

use crate::cli::Exit;
use crate::clock::Clock;
use crate::config::Settings;
use crate::interests::{cadence, criteria};
use crate::jobs::back_test::{BackTest, Item, Trial, back_test};
use crate::model::interest::Cadence;
use crate::store::Store;

const FAINT: Style = Style::new().dimmed();
const HEAD: Style = Style::new().bold();
/// Items printed, the newest.
const SHOWN: usize = 10;

/// Show what an interest would have sent in the last days, and how many mails
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// For example "topics=licences; countries=ru,by"; empty: everything about sanctions
    criteria: String,
    /// at-once, hourly, "daily 07:30" or "weekly Mon 07:30"
    #[arg(long, default_value = "at-once")]
    cadence: String,
    /// Whose hours these are, for example Europe/Berlin
    #[arg(long, default_value = "UTC")]
    zone: String,
    /// How far back
    #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..=366))]
    days: u32,
    /// One JSON object
    #[arg(long)]
    json: bool,
}

pub(crate) async fn run(settings: &Settings, store: &Store, args: Args) -> anyhow::Result<Exit> {
    let trial = Trial {
        criteria: criteria(&args.criteria)?,
        cadence: cadence(&args.cadence)?,
        zone: crate::cli::subscriber::zone(&args.zone)?,
        days: args.days,
        alert_age: TimeDelta::from_std(settings.crawl.alert_age).unwrap_or(TimeDelta::MAX),
    };
    let (cadence, zone) = (trial.cadence, trial.zone);
    let tested = back_test(store, trial, Clock::System.now()).await?;
    if args.json {
        anstream::println!("{}", as_json(&tested));
    } else {
        print(&tested, cadence, zone, args.days);
    }
    Ok(Exit::Done)
}

fn print(tested: &BackTest, cadence: Cadence, zone: Tz, days: u32) {
    let BackTest { mails, told, items, looked_at, since } = tested;
    let kind = if cadence == Cadence::AtOnce { "alerts" } else { "digests" };
    anstream::println!(
        "{HEAD}{mails} {kind} in {days} days, {told} of {looked_at} articles about sanctions{HEAD:#}"
    );
    anstream::println!(
        "{FAINT}looked at from {} on{FAINT:#}",
        since.with_timezone(&zone).format("%Y-%m-%d %H:%M %Z")
    );
    for Item { article, title, source, told, because, .. } in items.iter().take(SHOWN) {
        let told = told.with_timezone(&zone).format("%Y-%m-%d %H:%M");
        anstream::println!("\n{told}  {HEAD}{title}{HEAD:#}");
        let because = if because.is_empty() { "everything".to_owned() } else { because.join("; ") };
        anstream::println!("  {FAINT}article {article} of {source} · {because}{FAINT:#}");
    }
    if SHOWN < *told {
        anstream::println!("\n{FAINT}and {} before these{FAINT:#}", told - SHOWN);
    }
}

fn as_json(tested: &BackTest) -> serde_json::Value {
    let item = |item: &Item| {
        serde_json::json!({
            "article": item.article,
            "title": item.title,
            "url": item.url,
            "source": item.source,
            "first_seen": item.first_seen.to_rfc3339(),
            "told": item.told.to_rfc3339(),
            "score": item.score,
            "because": item.because,
        })
    };
    serde_json::json!({
        "mails": tested.mails,
        "told": tested.told,
        "looked_at": tested.looked_at,
        "since": tested.since.to_rfc3339(),
        "items": tested.items.iter().map(item).collect::<Vec<_>>(),
    })
}
