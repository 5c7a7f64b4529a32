//! `story`: events and who told them: list, show, part and join.

use anstyle::{AnsiColor, Style};
use anyhow::Context;
use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::cli::Exit;
use crate::cli::setup::{SettingsArgs, open_store};
use crate::clock::Clock;
use crate::model::act::Ahead;
use crate::model::story::Telling;
use crate::store::{Merger, Store, StoryChange, StoryView};

const FAINT: Style = Style::new().dimmed();
const HEAD: Style = Style::new().bold();
const OFFICIAL: Style = AnsiColor::Green.on_default();

/// Show events with everybody who told them, and correct what belongs to which
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    action: Action,
    #[command(flatten)]
    settings: SettingsArgs,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// List the stories of the last days, the latest first
    List {
        /// Stories with a report in the last so many days
        #[arg(long, default_value_t = 7)]
        days: u32,
        /// At most so many
        #[arg(long, default_value_t = 50)]
        limit: usize,
        /// One JSON object per story
        #[arg(long)]
        json: bool,
    },
    /// Show one story: its primary source, who else told it, list changes, instruments and names
    Show {
        #[arg(value_name = "STORY")]
        story: i64,
        /// One JSON object
        #[arg(long)]
        json: bool,
    },
    /// Make articles of a story a story of their own, and keep the two apart from now on
    Split {
        #[arg(value_name = "STORY")]
        story: i64,
        /// Articles to take out, by number (`story show` prints them)
        #[arg(value_name = "ARTICLE", required = true)]
        articles: Vec<i64>,
    },
    /// Make stories one, under the number of the earliest; nobody is sent anything
    Merge {
        #[arg(value_name = "STORY", num_args = 2.., required = true)]
        stories: Vec<i64>,
    },
}

pub(crate) fn run(args: Args) -> anyhow::Result<Exit> {
    let settings = args.settings.load()?;
    let runtime = tokio::runtime::Runtime::new().context("cannot start the async runtime")?;
    runtime.block_on(async {
        let store = open_store(&settings)?;
        match args.action {
            Action::List { days, limit, json } => list(&store, days, limit, json).await,
            Action::Show { story, json } => show(&store, story, json).await,
            Action::Split { story, articles } => split(&store, story, articles).await,
            Action::Merge { stories } => merge(&store, &stories).await,
        }
    })
}

async fn list(store: &Store, days: u32, limit: usize, json: bool) -> anyhow::Result<Exit> {
    let since = Clock::System.now() - TimeDelta::days(i64::from(days));
    let stories = store.stories(since, limit).await?;
    for story in &stories {
        if json {
            let line = json!({
                "story": story.id,
                "reports": story.reports,
                "latest": story.latest.to_rfc3339(),
                "lead": telling(&story.lead),
            });
            anstream::println!("{line}");
        } else {
            let count = if story.reports == 1 { "report" } else { "reports" };
            anstream::println!(
                "{HEAD}{:>6}{HEAD:#}  {}  {:>3} {count:<7}  {}  {FAINT}{}{FAINT:#}",
                story.id,
                story.latest.format("%Y-%m-%d %H:%M"),
                story.reports,
                story.lead.title,
                story.lead.source,
            );
        }
    }
    if stories.is_empty() && !json {
        anstream::println!("no story in the last {days} days; --days looks further back");
    }
    Ok(Exit::Done)
}

async fn show(store: &Store, id: i64, json: bool) -> anyhow::Result<Exit> {
    let Some(story) = store.story(id).await? else {
        anstream::eprintln!(
            "there is no story {id}; `sanctionwatch story list` shows those there are"
        );
        return Ok(Exit::Partly);
    };
    let ahead = store.ahead_in_story(story.id, Clock::System.now()).await?;
    if json {
        anstream::println!("{}", whole(&story, &ahead));
    } else {
        if story.id != id {
            anstream::println!("story {id} was merged into this one");
        }
        print(&story, &ahead);
    }
    Ok(Exit::Done)
}

async fn split(store: &Store, story: i64, articles: Vec<i64>) -> anyhow::Result<Exit> {
    let count = articles.len();
    match store.split_story(story, articles, Clock::System.now()).await? {
        Some(new) => {
            let moved = if count == 1 { "the article is" } else { "the articles are" };
            anstream::println!("{moved} story {new} now, and later ones follow");
            let untold = store.story(new).await?.filter(|it| !it.held_back.is_empty());
            if untold.is_some() {
                anstream::println!(
                    "an alert was held back there as the event had been told; readers hear of it with \
                     the next article of story {new}"
                );
            }
            Ok(Exit::Done)
        }
        None => {
            anstream::eprintln!(
                "story {story} cannot be split so: it must hold each of the articles, and one more; \
                 `sanctionwatch story show {story}` prints its articles"
            );
            Ok(Exit::Partly)
        }
    }
}

async fn merge(store: &Store, stories: &[i64]) -> anyhow::Result<Exit> {
    let mut exit = Exit::Done;
    let first = stories[0];
    for other in &stories[1..] {
        let merged =
            store.merge_stories(first, *other, Merger::Operator, Clock::System.now()).await?;
        match merged {
            Some(kept) => anstream::println!("stories {first} and {other} are story {kept} now"),
            None => {
                anstream::eprintln!(
                    "stories {first} and {other} cannot be merged: one of them does not exist, or they \
                     are one already"
                );
                exit = Exit::Partly;
            }
        }
    }
    Ok(exit)
}

fn print(story: &StoryView, ahead: &[Ahead]) {
    let (lead, others) =
        story.tellings.split_first().map_or((None, &[][..]), |(lead, others)| (Some(lead), others));
    anstream::println!("{HEAD}story {}{HEAD:#}", story.id);
    if let Some(lead) = lead {
        let what = if lead.official { "primary source" } else { "first report" };
        anstream::println!("\n{what}");
        print_telling(lead);
    }
    let (copies, reports): (Vec<&Telling>, Vec<&Telling>) =
        others.iter().partition(|telling| telling.is_copy);
    for (heading, tellings) in [("also reported by", reports), ("copies", copies)] {
        if !tellings.is_empty() {
            anstream::println!("\n{heading}");
            tellings.into_iter().for_each(print_telling);
        }
    }
    print_lines("ahead of the official list", ahead.iter().map(Ahead::in_words));
    print_lines("list changes", story.changes.iter().map(change_line));
    print_lines("instruments", story.instruments.iter().cloned());
    print_lines("listed parties", story.parties.iter().cloned());
    print_lines(
        "alerts held back",
        story.held_back.iter().map(|it| format!("article {}: {}", it.article, it.reason)),
    );
    print_lines("kept apart from", story.apart.iter().map(|other| format!("story {other}")));
}

fn print_lines(heading: &str, lines: impl Iterator<Item = String>) {
    let mut lines = lines.peekable();
    if lines.peek().is_some() {
        anstream::println!("\n{heading}");
    }
    for line in lines {
        anstream::println!("  {line}");
    }
}

fn print_telling(telling: &Telling) {
    let Telling { article, title, url, source, at, official, .. } = telling;
    let mark = if *official { format!(" {OFFICIAL}official{OFFICIAL:#}") } else { String::new() };
    anstream::println!("  {title}");
    anstream::println!(
        "  {FAINT}article {article}  {}  {source}{FAINT:#}{mark}\n  {FAINT}{url}{FAINT:#}",
        at.format("%Y-%m-%d %H:%M UTC"),
    );
}

fn change_line(change: &StoryChange) -> String {
    let StoryChange { list, at, change, number, name } = change;
    format!("{} {list}: {name} ({number}) {change}", at.format("%Y-%m-%d"))
}

fn telling(telling: &Telling) -> Value {
    json!({
        "article": telling.article,
        "title": telling.title,
        "url": telling.url,
        "source": telling.source,
        "at": telling.at.to_rfc3339(),
        "official": telling.official,
        "copy": telling.is_copy,
    })
}

fn whole(story: &StoryView, ahead: &[Ahead]) -> Value {
    let ahead: Vec<Value> = ahead
        .iter()
        .map(|it| {
            json!({
                "issuer": it.issuer.name(),
                "act": it.number,
                "names": it.names,
                "listed": it.is_listed,
                "days": it.days,
            })
        })
        .collect();
    let changes: Vec<Value> = story
        .changes
        .iter()
        .map(|it| {
            json!({
                "list": it.list,
                "at": it.at.to_rfc3339(),
                "change": it.change,
                "number": it.number,
                "name": it.name,
            })
        })
        .collect();
    let held_back: Vec<Value> = story
        .held_back
        .iter()
        .map(|it| {
            json!({
                "article": it.article,
                "readers": it.readers,
                "reason": it.reason,
                "at": it.at.to_rfc3339(),
            })
        })
        .collect();
    json!({
        "story": story.id,
        "tellings": story.tellings.iter().map(telling).collect::<Vec<_>>(),
        "ahead_of_list": ahead,
        "list_changes": changes,
        "instruments": story.instruments,
        "parties": story.parties,
        "held_back": held_back,
        "kept_apart_from": story.apart,
    })
}
