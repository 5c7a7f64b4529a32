//! `search`: find stored articles.

use anstyle::{AnsiColor, Style};
use anyhow::Context;
use serde_json::json;

use crate::cli::Exit;
use crate::cli::setup::{SettingsArgs, open_store};
use crate::store::{Scope, StoredArticle};

const FAINT: Style = Style::new().dimmed();
const HEAD: Style = Style::new().bold();
const MARK: Style = AnsiColor::Yellow.on_default();

/// Find stored articles by their words, newest first
///
/// Words must all occur; "quoted words" must stand together; a trailing * matches beginnings.
/// Without words, the newest articles.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[arg(value_name = "WORD")]
    words: Vec<String>,
    /// Only articles judged to be about sanctions
    #[arg(long)]
    sanctions: bool,
    /// Most articles to show
    #[arg(long, default_value_t = 20, value_name = "N", value_parser = clap::value_parser!(u32))]
    limit: u32,
    /// One JSON object per line, with the whole text
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    settings: SettingsArgs,
}

pub(crate) fn run(args: Args) -> anyhow::Result<Exit> {
    let settings = args.settings.load()?;
    let runtime = tokio::runtime::Runtime::new().context("cannot start the async runtime")?;
    let scope = if args.sanctions { Scope::Relevant } else { Scope::All };
    let found = runtime.block_on(async {
        let store = open_store(&settings)?;
        anyhow::Ok(store.search(question(&args.words), scope, args.limit as usize).await?)
    })?;
    for article in &found {
        if args.json {
            anstream::println!("{}", as_json(article));
        } else {
            print_article(article);
        }
    }
    if found.is_empty() && !args.json {
        anstream::eprintln!("no article in {} has these words", settings.database.display());
    }
    Ok(if found.is_empty() { Exit::Partly } else { Exit::Done })
}

/// The words as one question; an argument with spaces in it was quoted in the shell: a phrase.
fn question(words: &[String]) -> String {
    let terms: Vec<String> = words
        .iter()
        .map(|word| {
            if word.contains(' ') {
                format!("\"{}\"", word.replace('"', " "))
            } else {
                word.clone()
            }
        })
        .collect();
    terms.join(" ")
}

fn print_article(article: &StoredArticle) {
    let date = article.published.map_or_else(
        || article.first_seen.date_naive().to_string(),
        |stamp| stamp.day().to_string(),
    );
    let verdict = if article.verdict.relevant {
        format!("{MARK}sanctions {:.2}{MARK:#}", article.verdict.score)
    } else {
        format!("{FAINT}not sanctions {:.2}{FAINT:#}", article.verdict.score)
    };
    anstream::println!("{date}  {verdict}  {HEAD}{}{HEAD:#}", article.title);
    anstream::println!("  {FAINT}{}  {}{FAINT:#}", article.source, article.url);
    let words: Vec<&str> =
        article.verdict.evidence.iter().take(4).map(|evidence| evidence.text.as_str()).collect();
    if article.verdict.relevant && !words.is_empty() {
        anstream::println!("  {}", words.join(" · "));
    }
}

fn as_json(article: &StoredArticle) -> serde_json::Value {
    json!({
        "id": article.id,
        "url": article.url,
        "source": article.source.0,
        "title": article.title,
        "byline": article.byline,
        "published": article.published.map(|stamp| stamp.to_string()),
        "language": article.language,
        "first_seen": article.first_seen.to_rfc3339(),
        "text": article.text(),
        "relevant": article.verdict.relevant,
        "score": article.verdict.score,
        "evidence": article.verdict.evidence.iter().map(|evidence| json!({
            "text": evidence.text, "rule": evidence.rule,
        })).collect::<Vec<_>>(),
        "copies": article.copies.iter().map(|copy| &copy.url).collect::<Vec<_>>(),
        "derived_from": article.derived.as_ref().map(|derived| &derived.url),
        "revisions": article.revisions.len(),
    })
}
