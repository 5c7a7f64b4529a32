//! `read`: pages in, clean articles out; as JSON lines for pipes, or as a view for people.

use std::collections::HashMap;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use anstyle::{AnsiColor, Style};
use anyhow::{Context, anyhow, bail};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::clean::sites::Sites;
use crate::cli::setup::{self, SettingsArgs};
use crate::cli::{Exit, lines};
use crate::clock::Clock;
use crate::fetch::{self, Fetcher};
use crate::jobs;
use crate::model::article::{Article, Block, BlockKind, Signatory, SiteMemory};
use crate::model::extracted::Captions;
use crate::model::fetched::{Fetched, Validators};
use crate::model::note::Note;
use crate::model::source::{Recipe, Source};
use crate::parse::{address, gzip};
use crate::sources;
use crate::store::Store;

/// Most bytes of one page, unpacked: what the fetcher allows too.
const LARGEST_PAGE: usize = 64 << 20;

/// Read pages and show the clean article: title, byline, dates, text, and what was removed
///
/// Without FILE or URL, reads JSON lines {"id", "url"?, "path" or "html", "source"?} from standard input
/// and answers each with one JSON line.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Pages to read: addresses, or HTML or plain-text files, gzip-compressed or not
    #[arg(value_name = "FILE|URL")]
    pages: Vec<String>,
    /// Learn what each site repeats from the stored pages in DIR (HTML, also gzip; JSON lines
    /// {"id", "url"} in a file beside them give the addresses of files named after the id), or take
    /// what a crawl has learned from its database
    #[arg(long, value_name = "DIR|DATABASE")]
    site_memory: Option<PathBuf>,
    /// Leave out what was removed
    #[arg(long)]
    brief: bool,
    /// Keep the captions of the article's pictures, as blocks of their own
    #[arg(long)]
    captions: bool,
    /// Read with the recipe of this source: a shipped id, or the path of a source file
    #[arg(long, value_name = "SOURCE")]
    source: Option<String>,
    #[command(flatten)]
    settings: SettingsArgs,
}

pub(crate) fn run(args: Args) -> anyhow::Result<Exit> {
    let sites = Memories::open(args.site_memory.as_deref())?;
    if !args.pages.is_empty() {
        return show_all(&args, &sites);
    }
    lines::answer_standard_input(|question| answer(question, &args, &sites))
}

/// A line of standard input.
#[derive(Debug, Deserialize)]
struct Question {
    #[serde(default)]
    id: Value,
    url: Option<String>,
    path: Option<String>,
    html: Option<String>,
    content_type: Option<String>,
    source: Option<String>,
}

/// A line of standard output.
#[derive(Debug, Serialize)]
struct Answer {
    id: Value,
    url: String,
    title: String,
    byline: Vec<String>,
    /// `person` or `organisation` for each name of the byline.
    signatories: Vec<&'static str>,
    published: Option<String>,
    modified: Option<String>,
    language: Option<String>,
    site: Option<String>,
    section: Option<String>,
    tags: Vec<String>,
    image: Option<String>,
    text: String,
    blocks: Vec<BlockLine>,
    removed: Vec<RemovedLine>,
    incomplete: bool,
    notes: Vec<String>,
}

#[derive(Debug, Serialize)]
struct BlockLine {
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    level: Option<u8>,
    /// Of a list item: 0 in a list that stands in no other.
    #[serde(skip_serializing_if = "Option::is_none")]
    depth: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ordered: Option<bool>,
    text: String,
}

#[derive(Debug, Serialize)]
struct RemovedLine {
    text: String,
    reason: &'static str,
}

fn answer(question: Question, args: &Args, sites: &Memories) -> anyhow::Result<Answer> {
    let source = question.source.as_deref().or(args.source.as_deref());
    let recipe = recipe_of(source, args)?;
    let body = match (&question.html, &question.path) {
        (Some(html), None) => html.clone().into_bytes(),
        (None, Some(path)) => read_page(Path::new(path))?,
        _ => bail!("a line needs either \"path\" or \"html\""),
    };
    let url = question.url.or(question.path).unwrap_or_default();
    let content_type = question.content_type.or_else(|| {
        // Text given inline is already decoded.
        question.html.is_some().then(|| "text/html; charset=utf-8".to_owned())
    });
    let fetched = on_file(url.clone(), content_type, body);
    let (article, notes) = jobs::read::read(&fetched, &recipe, &sites.of(&url)?);
    Ok(to_line(question.id, url, article, &notes))
}

fn to_line(id: Value, url: String, article: Option<Article>, notes: &[Note]) -> Answer {
    let notes = notes.iter().map(|note| format!("{}: {}", note.stage, note.text)).collect();
    let Some(article) = article else {
        return Answer {
            id,
            url,
            title: String::new(),
            byline: Vec::new(),
            signatories: Vec::new(),
            published: None,
            modified: None,
            language: None,
            site: None,
            section: None,
            tags: Vec::new(),
            image: None,
            text: String::new(),
            blocks: Vec::new(),
            removed: Vec::new(),
            incomplete: false,
            notes,
        };
    };
    Answer {
        id,
        text: article.text(),
        url: article.url,
        title: article.title,
        byline: article.byline,
        signatories: article.about.signatories.into_iter().map(Signatory::name).collect(),
        published: article.published.map(|stamp| stamp.to_string()),
        modified: article.modified.map(|stamp| stamp.to_string()),
        language: article.language,
        site: article.site,
        section: article.about.section,
        tags: article.about.tags,
        image: article.about.image,
        blocks: article.blocks.into_iter().map(to_block_line).collect(),
        removed: article
            .removed
            .into_iter()
            .map(|removed| RemovedLine { text: removed.text, reason: removed.reason.name() })
            .collect(),
        incomplete: article.incomplete,
        notes,
    }
}

fn to_block_line(block: Block) -> BlockLine {
    let (mut level, mut depth, mut ordered) = (None, None, None);
    match block.kind {
        BlockKind::Heading { level: of_heading } => level = Some(of_heading),
        BlockKind::ListItem { depth: of_list, ordered: is_ordered } => {
            (depth, ordered) = (Some(of_list), Some(is_ordered));
        }
        _ => {}
    }
    BlockLine { kind: block.kind.name(), level, depth, ordered, text: block.text }
}

/// The recipe of a source, with what the command line adds.
fn recipe_of(source: Option<&str>, args: &Args) -> anyhow::Result<Recipe> {
    let mut recipe = written_recipe(source)?;
    if args.captions {
        recipe.captions = Captions::Kept;
    }
    Ok(recipe)
}

/// The recipe as written: of a shipped source by its id, or of the source file at a path.
fn written_recipe(source: Option<&str>) -> anyhow::Result<Recipe> {
    static CATALOGUE: LazyLock<Vec<Source>> = LazyLock::new(sources::catalogue);
    let Some(source) = source else { return Ok(Recipe::default()) };
    if source.ends_with(".toml") {
        return Ok(source_file(Path::new(source))?.recipe);
    }
    match CATALOGUE.iter().find(|shipped| shipped.id.0 == source) {
        Some(shipped) => Ok(shipped.recipe.clone()),
        None => bail!(
            "no shipped source has the id {source:?}; see `sanctionwatch source list`, or give the \
             path of a source file"
        ),
    }
}

fn source_file(path: &Path) -> anyhow::Result<Source> {
    let name = path.display().to_string();
    let text = fs::read_to_string(path).with_context(|| format!("cannot read {name}"))?;
    // The id of a source is its folder and name, wherever that folder lies.
    let parts: Vec<_> = path.iter().rev().take(2).collect();
    let inside: PathBuf = parts.into_iter().rev().collect();
    sources::read(&inside, &name, &text).map_err(|faults| {
        let lines: Vec<String> = faults.iter().map(ToString::to_string).collect();
        anyhow!(lines.join("\n"))
    })
}

/// A stored page as if it had just been fetched.
fn on_file(url: String, content_type: Option<String>, body: Vec<u8>) -> Fetched {
    Fetched {
        requested: url.clone(),
        url,
        redirects: Vec::new(),
        status: 200,
        content_type,
        validators: Validators::default(),
        body,
        at: DateTime::<Utc>::UNIX_EPOCH,
        served: None,
    }
}

/// The bytes of a page on disk, unpacked where they are gzip.
fn read_page(path: &Path) -> anyhow::Result<Vec<u8>> {
    let bytes = fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    let page = gzip::unpack(&bytes, LARGEST_PAGE)
        .with_context(|| format!("cannot unpack {}", path.display()))?;
    Ok(page.into_owned())
}

/// What sites repeat, from wherever it was learned.
enum Memories {
    Learned(Sites),
    Stored(Store, tokio::runtime::Runtime),
}

impl Memories {
    /// Nothing is known where no place is named.
    fn open(place: Option<&Path>) -> anyhow::Result<Self> {
        let Some(place) = place else { return Ok(Memories::Learned(Sites::default())) };
        if !place.is_file() {
            return Ok(Memories::Learned(learn(place)?));
        }
        let runtime = tokio::runtime::Runtime::new().context("cannot start the async runtime")?;
        Ok(Memories::Stored(Store::open(place)?, runtime))
    }

    /// What the host of `url` is known to repeat.
    fn of(&self, url: &str) -> anyhow::Result<SiteMemory> {
        match self {
            Memories::Learned(sites) => Ok(sites.memory(url)),
            Memories::Stored(store, runtime) => {
                let host = address::page_host(url).unwrap_or_default();
                Ok(runtime.block_on(store.site_memory(host, Clock::System.now()))?)
            }
        }
    }
}

/// Learns what sites repeat from every page below a folder.
fn learn(folder: &Path) -> anyhow::Result<Sites> {
    let addresses = addresses(folder)?;
    let mut sites = Sites::default();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        let entries = fs::read_dir(&folder)
            .with_context(|| format!("cannot learn from the pages in {}", folder.display()))?;
        for entry in entries {
            let path = entry.with_context(|| format!("cannot list {}", folder.display()))?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let stem = name.trim_end_matches(".gz").trim_end_matches(".html");
            if path.is_dir() {
                folders.push(path);
            } else if stem != name {
                let url = addresses.get(stem).cloned().unwrap_or_else(|| name.clone());
                let fetched = on_file(url.clone(), None, read_page(&path)?);
                let memory = SiteMemory::default();
                if let (Some(article), _) = jobs::read::read(&fetched, &Recipe::default(), &memory)
                {
                    // A page without an entry speaks for the address it claims.
                    let known = addresses.contains_key(stem);
                    sites.learn(if known { &url } else { &article.url }, &article);
                }
            }
        }
    }
    Ok(sites)
}

/// Addresses by file stem, from files of JSON lines in the folder of the pages or the one above.
fn addresses(folder: &Path) -> anyhow::Result<HashMap<String, String>> {
    #[derive(Deserialize)]
    struct Row {
        id: String,
        url: String,
    }
    let mut addresses = HashMap::new();
    let places = [Some(folder), folder.parent()];
    for place in places.into_iter().flatten() {
        let entries =
            fs::read_dir(place).with_context(|| format!("cannot list {}", place.display()))?;
        for entry in entries {
            let file = entry.with_context(|| format!("cannot list {}", place.display()))?.path();
            if file.extension().is_none_or(|ending| ending != "jsonl") {
                continue;
            }
            let text = fs::read_to_string(&file)
                .with_context(|| format!("cannot read {}", file.display()))?;
            // Rows without an address say nothing here.
            let rows = text.lines().filter_map(|line| serde_json::from_str::<Row>(line).ok());
            addresses.extend(rows.map(|row| (row.id, row.url)));
        }
    }
    Ok(addresses)
}

fn show_all(args: &Args, sites: &Memories) -> anyhow::Result<Exit> {
    let recipe = recipe_of(args.source.as_deref(), args)?;
    let mut out = anstream::stdout().lock();
    let mut exit = Exit::Done;
    for name in &args.pages {
        let fetched = if name.starts_with("http://") || name.starts_with("https://") {
            from_web(name, args)
        } else {
            from_disk(name)
        };
        match fetched {
            Ok(fetched) => {
                let memory = sites.of(&fetched.url)?;
                let (article, notes) = jobs::read::read(&fetched, &recipe, &memory);
                if article.is_none() {
                    exit = Exit::Partly;
                }
                show(&mut out, article.as_ref(), &notes, args.brief)
                    .context("cannot write to standard output")?;
            }
            Err(error) => {
                anstream::eprintln!("sanctionwatch: {error:#}");
                exit = Exit::Partly;
            }
        }
    }
    Ok(exit)
}

fn from_disk(name: &str) -> anyhow::Result<Fetched> {
    let path = Path::new(name);
    let content_type =
        (path.extension().is_some_and(|ending| ending == "txt")).then(|| "text/plain".to_owned());
    Ok(on_file(name.to_owned(), content_type, read_page(path)?))
}

/// One page from the web, as politely as a crawl fetches it.
fn from_web(url: &str, args: &Args) -> anyhow::Result<Fetched> {
    let settings = args.settings.load()?;
    let runtime = tokio::runtime::Runtime::new().context("cannot start the async runtime")?;
    let fetcher = Fetcher::new(setup::limits(&settings), Clock::System)?;
    match runtime.block_on(fetcher.get(url, &Validators::default())) {
        Ok(fetch::Answer::Fetched(fetched)) => Ok(*fetched),
        Ok(fetch::Answer::Unchanged) => bail!("{url} says it is unchanged, though nobody asked"),
        Err(fault) => bail!("{}: {}", fault.outcome.name(), fault.detail),
    }
}

const BOLD: Style = Style::new().bold();
const FAINT: Style = Style::new().dimmed();
const REASON: Style = AnsiColor::Yellow.on_default();

/// The view for people: fields, text, what was removed and why, notes.
fn show(
    out: &mut impl Write,
    article: Option<&Article>,
    notes: &[Note],
    brief: bool,
) -> io::Result<()> {
    if let Some(article) = article {
        writeln!(out, "{BOLD}{}{BOLD:#}", article.title)?;
        show_fields(out, article)?;
        for block in &article.blocks {
            writeln!(out)?;
            match block.kind {
                BlockKind::Heading { .. } => writeln!(out, "{BOLD}{}{BOLD:#}", block.text)?,
                BlockKind::ListItem { depth, .. } => {
                    writeln!(out, "{}• {}", "  ".repeat(usize::from(depth)), block.text)?;
                }
                BlockKind::Quotation => writeln!(out, "> {}", block.text)?,
                BlockKind::Caption => writeln!(out, "{FAINT}{}{FAINT:#}", block.text)?,
                _ => writeln!(out, "{}", block.text)?,
            }
        }
        if !brief && !article.removed.is_empty() {
            writeln!(out, "\n{BOLD}removed{BOLD:#}")?;
            for removed in &article.removed {
                let line: String = removed.text.chars().take(100).collect();
                writeln!(out, "  {REASON}{:<20}{REASON:#} {line}", removed.reason.name())?;
            }
        }
    }
    for note in notes {
        writeln!(out, "{FAINT}{}: {}{FAINT:#}", note.stage, note.text)?;
    }
    Ok(())
}

/// The names of the byline that are persons', or organisations'; none where no name is.
fn signed_by(article: &Article, kind: Signatory) -> Option<String> {
    let names = article.byline.iter().zip(&article.about.signatories);
    let names: Vec<&str> =
        names.filter(|(_, of)| **of == kind).map(|(name, _)| name.as_str()).collect();
    (!names.is_empty()).then(|| names.join(", "))
}

fn show_fields(out: &mut impl Write, article: &Article) -> io::Result<()> {
    let fields = [
        ("url", Some(article.url.clone())),
        ("by", signed_by(article, Signatory::Person)),
        ("by", signed_by(article, Signatory::Organisation).map(|names| names + " (organisation)")),
        ("published", article.published.map(|stamp| stamp.to_string())),
        ("modified", article.modified.map(|stamp| stamp.to_string())),
        ("language", article.language.clone()),
        ("site", article.site.clone()),
        ("section", article.about.section.clone()),
        ("tags", (!article.about.tags.is_empty()).then(|| article.about.tags.join(", "))),
        ("image", article.about.image.clone()),
        ("incomplete", article.incomplete.then(|| "the page shows only a part".to_owned())),
    ];
    for (name, value) in fields {
        if let Some(value) = value {
            writeln!(out, "{FAINT}{name:<11}{FAINT:#}{value}")?;
        }
    }
    Ok(())
}
