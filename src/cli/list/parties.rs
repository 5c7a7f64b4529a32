//! `list search` and `list show`: the parties of the lists that were fetched.

use anstyle::{AnsiColor, Style};
use anyhow::bail;

use crate::cli::Exit;
use crate::cli::setup::open_store;
use crate::config::Settings;
use crate::model::change::{ChangeKind, DatedChange, Known};
use crate::model::designation::Designation;
use crate::text::fold::fold;

const HEAD: Style = Style::new().bold();
const FAINT: Style = Style::new().dimmed();
const GONE: Style = AnsiColor::Yellow.on_default();

/// Find parties by the words of their names
///
/// Every word must begin a word of one name, whatever its case and accents. Exit code 1 where
/// nobody is found.
#[derive(Debug, clap::Args)]
pub(crate) struct SearchArgs {
    /// Words of a name
    #[arg(required = true, value_name = "WORD")]
    words: Vec<String>,
    /// Show at most so many
    #[arg(long, default_value_t = 20, value_name = "N")]
    limit: usize,
    /// Also those that were removed
    #[arg(long)]
    removed: bool,
}

/// Show everything the lists say of a party, by its number
#[derive(Debug, clap::Args)]
pub(crate) struct ShowArgs {
    /// The number `list search` shows first, such as 36, RUS0001 or QDi.001
    number: String,
}

pub(crate) async fn search(settings: &Settings, args: &SearchArgs) -> anyhow::Result<Exit> {
    let store = open_store(settings)?;
    let known = match args.removed {
        true => store.known_designations().await?,
        false => store.designations_in_force().await?,
    };
    if known.is_empty() {
        bail!("no list was fetched yet; `sanctionwatch list sync` does");
    }
    let words = fold(&args.words.join(" "));
    let words: Vec<&str> = words.split(' ').collect();
    let found: Vec<&Known> = known.iter().filter(|it| is_named(&it.party, &words)).collect();
    for known in found.iter().take(args.limit) {
        let Known { list, party, removed_on, .. } = known;
        anstream::println!(
            "{HEAD}{:<10}{HEAD:#} {list}  {}  {FAINT}{} · {}{FAINT:#}{}",
            party.id,
            party.name(),
            party.kind.name(),
            party.programmes.join(", "),
            if removed_on.is_some() { "  (removed)" } else { "" }
        );
    }
    if args.limit < found.len() {
        anstream::println!("{FAINT}{} more; raise --limit{FAINT:#}", found.len() - args.limit);
    }
    Ok(if found.is_empty() { Exit::Partly } else { Exit::Done })
}

/// Whether each word begins a word of one and the same name.
fn is_named(party: &Designation, words: &[&str]) -> bool {
    party.names.iter().any(|name| {
        let name = fold(&name.text);
        words.iter().all(|word| name.split(' ').any(|part| part.starts_with(word)))
    })
}

pub(crate) async fn show(settings: &Settings, args: &ShowArgs) -> anyhow::Result<Exit> {
    let store = open_store(settings)?;
    let found = store.designations_numbered(args.number.clone()).await?;
    if found.is_empty() {
        bail!(
            "no party has the number {:?}; `sanctionwatch list search` finds it by name",
            args.number
        );
    }
    let history = store.changes_of(args.number.clone()).await?;
    for known in &found {
        print(known, &history);
    }
    Ok(Exit::Done)
}

fn print(known: &Known, history: &[DatedChange]) {
    let party = &known.party;
    anstream::println!(
        "{HEAD}{}{HEAD:#}  {} {} · {}",
        party.name(),
        known.list,
        party.id,
        party.kind.name()
    );
    for name in party.names.iter().skip(1) {
        line(name.quality.name(), &name.text);
    }
    several("programme", &party.programmes);
    several("country", &party.countries);
    several("born", &party.births);
    several("position", &party.positions);
    for number in &party.identifiers {
        line(&number.kind, &number.value);
    }
    several("remark", &party.remarks);
    if let Some(day) = party.listed_on {
        line("listed", &day.to_string());
    }
    line("first seen", &known.first_seen.format("%Y-%m-%d %H:%M UTC").to_string());
    if let Some(removed) = known.removed_on {
        anstream::println!("  {GONE}removed{GONE:#}      {}", removed.format("%Y-%m-%d %H:%M UTC"));
    }
    for dated in history.iter().filter(|it| it.list == known.list) {
        let what = match &dated.change.kind {
            ChangeKind::Amended(fields) => {
                let fields: Vec<&str> = fields.iter().map(|change| change.field).collect();
                format!("amended: {}", fields.join(", "))
            }
            kind => kind.name().to_owned(),
        };
        line(&dated.at.format("%Y-%m-%d").to_string(), &what);
    }
}

fn several(label: &str, values: &[String]) {
    values.iter().for_each(|value| line(label, value));
}

fn line(label: &str, value: &str) {
    anstream::println!("  {FAINT}{label:<12}{FAINT:#} {value}");
}
