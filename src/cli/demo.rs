//! `demo`: the whole monitor at work on a bundled newsroom, without the internet.

use std::env;
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use anstyle::{AnsiColor, Style};
use anyhow::Context;
use unicode_segmentation::UnicodeSegmentation;

use crate::cli::Exit;
use crate::cli::setup::{crawler, mailer, open_store, watched_sources};
use crate::clock::Clock;
use crate::demo::{self, Crawl, Report, Stage};
use crate::jobs::crawl::Crawler;
use crate::model::article::Reason;
use crate::model::judged::Verdict;
use crate::model::source::Source;
use crate::model::visit::Visit;
use crate::service;
use crate::store::{RemovedView, StoredArticle};

/// Try everything out on a small newsroom that comes with the program, without the internet
///
/// Serves three invented sites on this machine, crawls them twice, and shows what was stored,
/// cleaned away, judged and mailed. Everything is left in one folder to look at.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Folder for the database and the mails: a new one, or empty [default: a new one in the
    /// system's temporary folder]
    #[arg(long, value_name = "FOLDER")]
    dir: Option<PathBuf>,
    /// Show what was cleaned away from every article, not from one alone
    #[arg(long)]
    cleaned: bool,
    /// Keep the newsroom open for a browser until Ctrl-C
    #[arg(long)]
    serve: bool,
}

/// Whose removed blocks are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cleaned {
    OfOne,
    OfEach,
}

const BOLD: Style = Style::new().bold();
const DIM: Style = Style::new().dimmed();
const GOOD: Style = AnsiColor::Green.on_default();
const BAD: Style = AnsiColor::Red.on_default();
const NAME: Style = AnsiColor::Cyan.on_default();

/// Columns of a line at most.
const WIDTH: usize = 100;

pub(crate) fn run(args: Args) -> anyhow::Result<Exit> {
    let folder = folder(args.dir)?;
    let whose = if args.cleaned { Cleaned::OfEach } else { Cleaned::OfOne };
    let runtime = tokio::runtime::Runtime::new().context("cannot start the async runtime")?;
    runtime.block_on(async {
        let stage = Stage::set(&folder, Clock::System.now()).await?;
        let sources = watched_sources(&stage.settings);
        let mailer = mailer(&stage.settings)?;
        let store = open_store(&stage.settings)?;
        let _lock = store.lock_crawl().await?;
        let crawler = Crawler { clock: stage.clock.clone(), ..crawler(&stage.settings, store)? };
        let report = demo::play(stage, &crawler, &mailer, &sources).await?;
        anstream::print!("{}", describe(&report, &sources, whose));
        if args.serve {
            // Listening for Ctrl-C comes first: it may follow the invitation at once.
            let invite = async { anstream::println!("{}", addresses(&report)) };
            let (stopped, ()) = tokio::join!(biased; service::stopped_by_signal(), invite);
            stopped?;
        }
        Ok(Exit::Done)
    })
}

/// The folder to leave everything in; it is made where it does not exist.
fn folder(wanted: Option<PathBuf>) -> anyhow::Result<PathBuf> {
    let Some(folder) = wanted else {
        let made = tempfile::Builder::new().prefix("sanctionwatch-demo-").tempdir();
        return Ok(made.context("cannot make a folder for the demonstration")?.keep());
    };
    fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let mut inside =
        fs::read_dir(&folder).with_context(|| format!("cannot look into {}", folder.display()))?;
    anyhow::ensure!(
        inside.next().is_none(),
        "{} is not empty; name a new folder with --dir",
        folder.display()
    );
    Ok(folder)
}

/// Everything that happened, for a person.
fn describe(report: &Report, sources: &[Arc<Source>], whose: Cleaned) -> String {
    let mut page = String::new();
    let parts = [
        opening(sources),
        visits(report, sources),
        verdicts(report),
        cleaned(report, whose),
        duplicates(report),
        revisions(report),
        where_to_look(report),
    ];
    for part in parts {
        page.push_str(&part);
    }
    page
}

fn opening(sources: &[Arc<Source>]) -> String {
    let sites = sources.len();
    format!(
        "{}\n\
         A newsroom of three invented sites, watched through {sites} sources over HTTP on this machine.\n\
         The clock of the demonstration is moved seven hours on between the two crawls.\n",
        paint(BOLD, "sanctionwatch demo")
    )
}

fn visits(report: &Report, sources: &[Arc<Source>]) -> String {
    let mut part = String::new();
    for (crawl, name) in report.crawls.iter().zip(["First crawl", "Second crawl"]) {
        part += &heading(&format!("{name}, {}", crawl.at.format("%-d %B %Y %H:%M UTC")));
        part += &paint(
            DIM,
            &format!(
                "  {:<44}{:<12}{:>6}{:>6}{:>9}{:>8}{:>8}{:>7}\n",
                "source", "outcome", "links", "new", "articles", "edited", "copies", "mails"
            ),
        );
        for visit in &crawl.visits {
            part += &visit_line(visit, sources);
        }
        part += &remarks(crawl);
    }
    part
}

fn visit_line(visit: &Visit, sources: &[Arc<Source>]) -> String {
    let title = sources.iter().find(|source| source.id == visit.source);
    let title = title.map_or(visit.source.0.as_str(), |source| source.title.as_str());
    let style = if visit.outcome.is_healthy() { GOOD } else { BAD };
    let counts = visit.counts;
    let mut line = format!(
        "  {}{}{:>6}{:>6}{:>9}{:>8}{:>8}{:>7}\n",
        paint(NAME, &pad(title, 44)),
        paint(style, &pad(visit.outcome.name(), 12)),
        counts.links,
        counts.fresh,
        counts.articles,
        counts.revisions,
        counts.copies,
        counts.messages,
    );
    if !visit.detail.is_empty() {
        line += &indented(&visit.detail, 4, DIM);
    }
    line
}

/// What a crawl did not read and why, and what it cost the sites.
fn remarks(crawl: &Crawl) -> String {
    let mut remarks: Vec<String> =
        crawl.unread.iter().map(|page| format!("{}: {}", page.outcome.name(), page.url)).collect();
    let unchanged = crawl.asked.iter().filter(|asked| asked.status == 304).count();
    let saved = match unchanged {
        0 => String::new(),
        count => format!(", {count} of them answered “304 not modified”"),
    };
    remarks.push(format!("{} requests{saved}", crawl.asked.len()));
    remarks.iter().map(|remark| paint(DIM, &format!("  {}\n", fit(remark, WIDTH - 2)))).collect()
}

fn verdicts(report: &Report) -> String {
    let relevant = report.articles.iter().filter(|article| article.verdict.relevant).count();
    let all = report.articles.len();
    let mut part = heading(&format!("{all} articles stored, {relevant} of them about sanctions"));
    part += &paint(
        DIM,
        &format!("  {:<8}{:<5}{:<46}{:>7}  {}\n", "score", "lang", "title", "cleaned", "evidence"),
    );
    for article in &report.articles {
        part += &verdict_line(article);
    }
    part
}

fn verdict_line(article: &StoredArticle) -> String {
    let verdict = &article.verdict;
    let (mark, style) = if verdict.relevant { ("✓", GOOD) } else { ("·", DIM) };
    format!(
        "  {}  {}{}{:>7}  {}\n",
        paint(style, &format!("{mark} {:.2}", verdict.score)),
        pad(article.language.as_deref().unwrap_or("?"), 5),
        pad(&article.title, 46),
        article.removed.len(),
        paint(style, &fit(&strongest(verdict), WIDTH - 70)),
    )
}

/// The words that decided: the strongest for a verdict of yes, the strongest against for a no.
fn strongest(verdict: &Verdict) -> String {
    let against = verdict.evidence.iter().min_by(|a, b| a.weight.total_cmp(&b.weight));
    match (verdict.relevant, verdict.evidence.first(), against) {
        (false, _, Some(against)) if against.weight < 0.0 => format!("against: “{}”", against.text),
        (_, Some(evidence), _) => format!("“{}”", evidence.text),
        (_, None, _) => "–".to_owned(),
    }
}

/// What was cleaned away: from one article that shows it well, or from each.
fn cleaned(report: &Report, whose: Cleaned) -> String {
    let all: usize = report.articles.iter().map(|article| article.removed.len()).sum();
    let mut part = heading(&format!("{all} blocks cleaned away, kept with their reasons"));
    let telling = report.articles.iter().max_by_key(|article| captions(article));
    for article in &report.articles {
        let is_telling = telling.is_some_and(|telling| telling.id == article.id);
        if is_telling || whose == Cleaned::OfEach {
            part += &cleaned_table(article);
        }
    }
    if whose == Cleaned::OfOne {
        part += &paint(DIM, "  … and so on: --cleaned shows them for every article\n");
    }
    part
}

/// Captions that a theme said again and again: the trouble a reader notices first.
fn captions(article: &StoredArticle) -> usize {
    let is_caption = |removed: &&RemovedView| removed.reason == Reason::RepeatedCaption.name();
    article.removed.iter().filter(is_caption).count()
}

/// The blocks of an article in page order, those that went for the same reason together.
fn cleaned_table(article: &StoredArticle) -> String {
    let mut table = format!("  from “{}”\n", fit(&article.title, WIDTH - 9));
    for run in article.removed.chunk_by(|one, next| one.reason == next.reason) {
        let texts: Vec<&str> = run.iter().map(|removed| removed.text.as_str()).collect();
        let mut reason = run.first().map_or("", |removed| removed.reason.as_str());
        for line in wrap(&texts.join(" · "), WIDTH - 24) {
            table += &format!("  {}{}\n", paint(NAME, &pad(reason, 22)), paint(DIM, &line));
            reason = "";
        }
    }
    table
}

fn duplicates(report: &Report) -> String {
    let mut part = heading("The same article in other clothes, and copies");
    for visit in report.crawls.first().map_or(&[][..], |crawl| &crawl.visits) {
        let counts = visit.counts;
        if (1..counts.links).contains(&counts.fresh) {
            part += &indented(
                &format!(
                    "{} announced {} addresses, which lead to {} pages: tracking parameters, AMP \
                     pages and repeats are seen through.",
                    visit.source, counts.links, counts.fresh
                ),
                2,
                Style::new(),
            );
        }
    }
    for article in &report.articles {
        for copy in &article.copies {
            part += &indented(
                &format!(
                    "{} has {:.0} % of “{}” word for word: kept as a copy, no second mail.",
                    copy.url,
                    copy.share * 100.0,
                    article.title
                ),
                2,
                Style::new(),
            );
        }
    }
    part
}

fn revisions(report: &Report) -> String {
    let mut part =
        heading("Edited in place between the crawls: the earlier text is kept, and the difference");
    for article in &report.articles {
        for revision in &article.revisions {
            part += &format!("  {}\n", paint(NAME, &fit(&article.url, WIDTH - 2)));
            for line in revision.difference.lines() {
                let style = if line.starts_with('+') { GOOD } else { BAD };
                part += &format!("  {}\n", paint(style, &fit(line, WIDTH - 2)));
            }
        }
    }
    part
}

fn where_to_look(report: &Report) -> String {
    let folder = report.folder.display();
    let relevant = report.articles.iter().filter(|article| article.verdict.relevant).count();
    let mut part = heading(&format!(
        "{} mails to {} readers about {relevant} articles; everything lies in {folder}",
        report.letters.len(),
        report.readers
    ));
    let mut line = |what: &str, command: String| {
        part += &format!("  {}{command}\n", paint(DIM, &pad(what, 14)));
    };
    for (what, kind) in
        [("an alert", "alert."), ("a correction", "change."), ("a digest", "digest.")]
    {
        let is_one = |letter: &&PathBuf| {
            letter.file_name().is_some_and(|name| name.to_string_lossy().starts_with(kind))
        };
        if let Some(letter) = report.letters.iter().find(is_one) {
            line(what, format!("less {}", letter.display()));
        }
    }
    let settings = format!("--config {folder}/sanctionwatch.toml");
    let program = env::args().next().unwrap_or_else(|| "sanctionwatch".to_owned());
    line("search", format!("{program} search {settings} 'drone engines'"));
    let database = report.database.display();
    line(
        "the database",
        format!(
            "sqlite3 {database} 'SELECT title, score FROM article JOIN verdict ON article = id'"
        ),
    );
    line("the sources", format!("less {folder}/selectors/int/*.toml"));
    line("in a browser", format!("{program} demo --serve"));
    part
}

fn addresses(report: &Report) -> String {
    let mut part = heading("The newsroom stays open; Ctrl-C closes it");
    let origins = &report.origins;
    for (name, origin) in [
        ("The Harbour Ledger", &origins.ledger),
        ("Quay Courier", &origins.courier),
        ("Office of Trade Measures", &origins.office),
    ] {
        part += &format!("  {}{origin}/\n", pad(name, 28));
    }
    part
}

fn heading(text: &str) -> String {
    format!("\n{}\n", paint(BOLD, text))
}

fn paint(style: Style, text: &str) -> String {
    format!("{style}{text}{style:#}")
}

/// A text cut to `width` characters and filled up to it with spaces, one of them for sure.
fn pad(text: &str, width: usize) -> String {
    let text = fit(text, width - 1);
    let length = text.graphemes(true).count();
    format!("{text}{}", " ".repeat(width - length))
}

/// A text of at most `width` characters on one line; an ellipsis stands for what is cut.
fn fit(text: &str, width: usize) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.graphemes(true).count() <= width {
        return line;
    }
    let kept: String = line.graphemes(true).take(width.saturating_sub(1)).collect();
    format!("{}…", kept.trim_end())
}

/// A text in lines of at most `width` characters; a longer word stays whole.
fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let line = lines.last_mut().expect("there is always a line");
        let length = line.graphemes(true).count() + 1 + word.graphemes(true).count();
        if line.is_empty() {
            line.push_str(word);
        } else if length <= width {
            line.push(' ');
            line.push_str(word);
        } else {
            lines.push(word.to_owned());
        }
    }
    lines
}

/// Wrapped lines, each after `indent` spaces.
fn indented(text: &str, indent: usize, style: Style) -> String {
    wrap(text, WIDTH - indent)
        .into_iter()
        .map(|line| format!("{:indent$}{}\n", "", paint(style, &line)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_fit_their_columns() {
        for (text, width, expected) in [
            ("short", 8, "short   "),
            ("exactly", 8, "exactly "),
            ("санкции против", 8, "санкци… "),
            ("two\nlines", 12, "two lines   "),
        ] {
            assert_eq!(pad(text, width), expected, "{text:?}");
        }
    }

    #[test]
    fn wrapping_loses_no_word() {
        for (text, width, expected) in [
            ("a bb ccc", 4, vec!["a bb", "ccc"]),
            ("averylongword b", 4, vec!["averylongword", "b"]),
            ("", 4, vec![""]),
        ] {
            assert_eq!(wrap(text, width), expected, "{text:?}");
        }
    }
}
