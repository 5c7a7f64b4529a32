//! `list status` and `list changes`: the editions that are kept.

use anstyle::{AnsiColor, Style};
use anyhow::bail;
use chrono::{DateTime, TimeDelta, Utc};

use crate::cli::Exit;
use crate::cli::list::diff;
use crate::cli::setup::open_store;
use crate::clock::Clock;
use crate::config::{self, Settings};
use crate::store::ListState;

const FAINT: Style = Style::new().dimmed();
const BAD: Style = AnsiColor::Red.on_default();

/// Tell what the editions of a list changed, as JSON lines
#[derive(Debug, clap::Args)]
pub(crate) struct ChangesArgs {
    /// The list, by id; all without
    #[arg(value_name = "ID")]
    id: Option<String>,
    /// Editions of the last so many days
    #[arg(long, default_value_t = 7, value_name = "DAYS")]
    days: u32,
}

pub(crate) async fn status(settings: &Settings) -> anyhow::Result<Exit> {
    let official = config::official_lists(&settings.lists)?;
    let states = open_store(settings)?.list_states().await?;
    let now = Clock::System.now();
    let width = official.offered.iter().map(|list| list.id.len()).max().unwrap_or(0);
    let mut exit = Exit::Done;
    for list in &official.offered {
        let is_chosen = official.chosen.iter().any(|it| it.id == list.id);
        let state = states.iter().find(|state| state.list == list.id);
        let line = match state {
            Some(state) => standing(state, now),
            None if is_chosen => "not fetched yet".to_owned(),
            None => "not chosen; see lists.also in the settings".to_owned(),
        };
        anstream::println!("{:<width$}  {line}  {FAINT}{}{FAINT:#}", list.id, list.title);
        if let Some(refusal) = state.and_then(|state| state.refusal.as_ref()) {
            let ago = age(now - refusal.at);
            anstream::println!("{:<width$}  {BAD}refused{BAD:#} {ago} ago: {}", "", refusal.why);
            exit = Exit::Partly;
        }
    }
    Ok(exit)
}

fn standing(state: &ListState, now: DateTime<Utc>) -> String {
    let Some(edition) = &state.edition else { return "no edition yet".to_owned() };
    let looked = state.last_look.map_or("never".to_owned(), |at| age(now - at) + " ago");
    format!(
        "{} parties, edition of {} ({} ago), {} kept, looked at {looked}",
        edition.parties,
        edition.fetched_at.format("%Y-%m-%d %H:%M"),
        age(now - edition.fetched_at),
        state.editions
    )
}

/// The largest unit alone: `3 days`.
fn age(span: TimeDelta) -> String {
    let (count, unit) = match (span.num_days(), span.num_hours(), span.num_minutes()) {
        (0, 0, minutes) => (minutes, "minute"),
        (0, hours, _) => (hours, "hour"),
        (days, _, _) => (days, "day"),
    };
    format!("{count} {unit}{}", if count == 1 { "" } else { "s" })
}

pub(crate) async fn changes(settings: &Settings, args: &ChangesArgs) -> anyhow::Result<Exit> {
    let store = open_store(settings)?;
    let mut ids: Vec<String> =
        store.list_states().await?.into_iter().map(|state| state.list).collect();
    if let Some(id) = &args.id {
        if !ids.contains(id) {
            bail!("no list with the id {id:?} was fetched; `sanctionwatch list status` shows them");
        }
        ids.retain(|other| other == id);
    }
    let since = Clock::System.now() - TimeDelta::days(i64::from(args.days));
    for id in ids {
        for dated in store.changes_since(id, since).await? {
            let at = dated.at.to_rfc3339_opts(chrono::SecondsFormat::Secs, true);
            anstream::println!("{}", diff::json(&dated.list, Some(&at), &dated.change)?);
        }
    }
    Ok(Exit::Done)
}
