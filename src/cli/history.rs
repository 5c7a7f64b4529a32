//! `history`: what became of one article: every text its page has had, and what changed.

use std::fs;
use std::path::{Path, PathBuf};

use anstyle::{AnsiColor, Style};
use anyhow::{Context, bail};
use serde_json::{Value, json};

use crate::cli::Exit;
use crate::cli::setup::{SettingsArgs, open_store};
use crate::model::judged::Original;
use crate::parse::address;
use crate::store::{RevisionView, Store, StoredArticle, VersionView};

const FAINT: Style = Style::new().dimmed();
const HEAD: Style = Style::new().bold();
const GONE: Style = AnsiColor::Red.on_default();
const CAME: Style = AnsiColor::Green.on_default();
const MARK: Style = AnsiColor::Yellow.on_default();

/// Show how an article changed: each revision with its time, what it matters in, and the difference
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The address of the article, or its number in the database
    #[arg(value_name = "URL|ARTICLE")]
    article: String,
    /// One JSON object per text the page has had, oldest first, with the page it was read from
    #[arg(long)]
    json: bool,
    /// Write every text and the pages they were read from into a new folder, with `history.jsonl`
    #[arg(long, value_name = "FOLDER", conflicts_with = "json")]
    export: Option<PathBuf>,
    #[command(flatten)]
    settings: SettingsArgs,
}

pub(crate) fn run(args: Args) -> anyhow::Result<Exit> {
    let settings = args.settings.load()?;
    let runtime = tokio::runtime::Runtime::new().context("cannot start the async runtime")?;
    runtime.block_on(async {
        let store = open_store(&settings)?;
        let article = find(&store, &args.article).await?;
        if let Some(folder) = &args.export {
            export(&store, &article, folder).await?;
        } else if args.json {
            for version in store.versions(article.id).await? {
                anstream::println!("{}", line(&article, &version));
            }
        } else {
            print(&article);
        }
        Ok(Exit::Done)
    })
}

async fn find(store: &Store, wanted: &str) -> anyhow::Result<StoredArticle> {
    let id = match wanted.parse() {
        Ok(id) => id,
        Err(_) => {
            let Some(key) = address::key(wanted) else {
                bail!("{wanted:?} is neither a web address nor the number of an article");
            };
            let told = store.told(vec![key]).await?;
            told.with_context(|| {
                format!(
                    "no article is known at {wanted}; `sanctionwatch search` shows those there are"
                )
            })?
            .article
        }
    };
    let article = store.article(id).await?;
    article.with_context(|| format!("there is no article {id} in {}", store.path().display()))
}

fn print(article: &StoredArticle) {
    anstream::println!("{HEAD}{}{HEAD:#}", article.title);
    anstream::println!("{FAINT}{}  {}{FAINT:#}", article.source, article.url);
    anstream::println!("first seen {}", article.first_seen.format("%Y-%m-%d %H:%M UTC"));
    if let Some(derived) = &article.derived {
        let share = derived.share * 100.0;
        anstream::println!(
            "derived, {share:.0} % in common with {}{}",
            derived.url,
            original(&derived.original)
        );
    }
    for copy in &article.copies {
        let share = copy.share * 100.0;
        anstream::println!("copy, {share:.0} %: {}{}", copy.url, original(&copy.original));
    }
    for revision in &article.revisions {
        print_revision(revision);
    }
    if article.revisions.is_empty() {
        anstream::println!("never changed since");
    }
    if let Some(gone) = article.gone {
        anstream::println!("\n{GONE}page gone{GONE:#} {}", gone.format("%Y-%m-%d %H:%M UTC"));
    }
}

fn original(original: &Original) -> String {
    match original {
        Original::Stored => String::new(),
        Original::Found => " (the original, published earlier)".to_owned(),
        Original::Agency(name) => format!(" (both after {name})"),
    }
}

fn print_revision(revision: &RevisionView) {
    let RevisionView { number, replaced, change, matters, difference, .. } = revision;
    let when = replaced.format("%Y-%m-%d %H:%M UTC");
    let what = if matters.is_empty() {
        change.clone()
    } else {
        format!("{MARK}{change}{MARK:#}: {}", matters.join(", "))
    };
    anstream::println!("\n{HEAD}revision {number}{HEAD:#} {when}  {what}");
    for line in difference.lines() {
        let style = if line.starts_with('-') { GONE } else { CAME };
        anstream::println!("{style}{line}{style:#}");
    }
}

/// Writes `N.txt` and `N.page` for each text, and `history.jsonl` with a line for each.
async fn export(store: &Store, article: &StoredArticle, folder: &Path) -> anyhow::Result<()> {
    fs::create_dir(folder).with_context(|| {
        format!("cannot make the folder {}; name one that is not there yet", folder.display())
    })?;
    let write = |name: String, bytes: &[u8]| {
        let path = folder.join(name);
        fs::write(&path, bytes).with_context(|| format!("cannot write {}", path.display()))
    };
    let mut lines = String::new();
    let versions = store.versions(article.id).await?;
    for version in &versions {
        let number = version.number;
        write(
            format!("{number}.txt"),
            format!("{}\n\n{}\n", version.title, version.text).as_bytes(),
        )?;
        let page = store.page_body(version.snapshot.id).await?.unwrap_or_default();
        write(format!("{number}.page"), &page)?;
        lines += &format!("{}\n", line(article, version));
    }
    write("history.jsonl".to_owned(), lines.as_bytes())?;
    anstream::println!("{} texts and their pages are in {}", versions.len(), folder.display());
    Ok(())
}

/// A text of the article as one JSON object.
fn line(article: &StoredArticle, version: &VersionView) -> Value {
    let VersionView { number, replaced, title, text, change, snapshot } = version;
    json!({
        "article": article.id,
        "url": article.url,
        "version": number,
        "replaced": replaced.map(|at| at.to_rfc3339()),
        "gone": article.gone.map(|at| at.to_rfc3339()),
        "title": title,
        "text": text,
        "change": change.as_ref().map(|it| &it.kind),
        "matters": change.as_ref().map(|it| &it.matters),
        "difference": change.as_ref().map(|it| &it.difference),
        "page": {
            "requested": snapshot.requested,
            "url": snapshot.url,
            "redirects": snapshot.redirects,
            "fetched": snapshot.fetched.to_rfc3339(),
            "status": snapshot.status,
            "content_type": snapshot.content_type,
            "sha256": snapshot.sha256,
            "size": snapshot.size,
        },
    })
}
