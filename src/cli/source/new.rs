//! `source new`: look at a site, propose a source file, and write it with its test pages.

use std::path::PathBuf;

use anyhow::{anyhow, bail, ensure};
use serde_json::json;

use crate::cli::Exit;
use crate::cli::setup::limits;
use crate::cli::source::{BAD, FAINT, GOOD, HEAD, target_folder, write_new};
use crate::clock::Clock;
use crate::config::Settings;
use crate::fetch::Fetcher;
use crate::jobs::read::read;
use crate::jobs::survey::{Finding, Sample, Survey, survey};
use crate::model::article::SiteMemory;
use crate::model::fetched::Fetched;
use crate::model::source::{
    Expectation, ListingKind, Recipe, Rendering, Source, SourceId, SourceKind,
};
use crate::parse::listing::links;
use crate::parse::{address, page, reduce};
use crate::sources::draft::{self, Draft};
use crate::text::words::words;

/// A source that was silent for less than this may be so again.
const SILENCE_MIN: i64 = 3;

/// Parts of a host by which authorities are known.
const OFFICIAL: &[&str] = &[
    "gov",
    "gob",
    "gouv",
    "govt",
    "mil",
    "europa",
    "admin",
    "go",
    "gv",
    "bund",
    "un",
    "parliament",
];

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Its home page, the page of a section, or a feed
    url: String,
    /// Write the file and its test pages
    #[arg(long)]
    write: bool,
    /// Folder of the source files [default: crawl.selectors of the settings]
    #[arg(long, value_name = "DIR")]
    into: Option<PathBuf>,
    /// Country of the source, where the address does not tell: ie, eu, int
    #[arg(long, value_name = "CODE")]
    country: Option<String>,
    /// Name of the file, such as foreign-ministry
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
}

pub(crate) async fn run(settings: &Settings, args: Args) -> anyhow::Result<Exit> {
    if let Some(country) = &args.country {
        ensure!(
            draft::is_country(country),
            "{country:?} is no country; write a code such as ie or eu"
        );
    }
    let folder = args.write.then(|| target_folder(settings, args.into.as_ref())).transpose()?;
    let fetcher = Fetcher::new(limits(settings), Clock::System)?;
    anstream::eprintln!(
        "{FAINT}looking at {}; a dozen requests at most, with pauses{FAINT:#}",
        args.url
    );
    let survey = match survey(&fetcher, &args.url).await {
        Ok(survey) => survey,
        Err(fault) => bail!("{}: {}", fault.outcome.name(), fault.detail),
    };
    for tried in &survey.tried {
        anstream::eprintln!("{FAINT}{tried}{FAINT:#}");
    }
    let Some(best) = survey.findings.first() else {
        anstream::println!(
            "{BAD}nothing found{BAD:#}  {} declares no feed, names no sitemap and repeats no links; \
             look at it in a browser, and write the file by hand (docs/selectors.md)",
            args.url
        );
        return Ok(Exit::Partly);
    };
    print_sample(survey.sample.as_ref());
    let draft = propose(&args, &survey, best);
    anstream::println!("{HEAD}{}.toml{HEAD:#}\n{}", draft.source.id, draft.text());
    match folder {
        Some(folder) => write(&folder, &draft, best, survey.sample.as_ref())?,
        None => {
            anstream::eprintln!("{FAINT}nothing is written yet; say --write to write it{FAINT:#}")
        }
    }
    Ok(if survey.sample.is_some() { Exit::Done } else { Exit::Partly })
}

fn print_sample(sample: Option<&Sample>) {
    let Some(Sample { article, .. }) = sample else {
        anstream::println!("{BAD}sample{BAD:#}  no article could be read; see above why");
        return;
    };
    let published = article.published.map_or("no date".to_owned(), |stamp| stamp.to_string());
    let text = article.text();
    let opening: String = text.chars().take(200).collect();
    anstream::println!(
        "{GOOD}sample{GOOD:#}  {}\n        {FAINT}{}{FAINT:#}\n        {published}, {} words: {}",
        article.title,
        article.url,
        words(&text).count(),
        opening.replace('\n', " ")
    );
}

fn propose(args: &Args, survey: &Survey, best: &Finding) -> Draft {
    let host = address::host(&args.url).unwrap_or_default();
    let named = survey.sample.as_ref().and_then(|sample| sample.article.site.clone());
    let title = Some(survey.title.clone()).filter(|title| !title.is_empty());
    let title = title.or(named).unwrap_or_else(|| host.clone());
    let country = args.country.clone().unwrap_or_else(|| draft::country_of_host(&host));
    let article = survey.sample.as_ref().map(|sample| &sample.article);
    let language = article.and_then(|article| article.language.clone());
    let is_official = host.split('.').any(|label| OFFICIAL.contains(&label));
    let id = match &args.name {
        Some(name) => SourceId(format!("{country}/{name}")),
        None => draft::id(&country, &title, &host),
    };
    let mut head = vec![format!("Proposed after a look at {}.", args.url)];
    if country == "int" && args.country.is_none() {
        head.push("No country is told by the address: move it if you know one.".to_owned());
    }
    head.push(match (&language, is_official) {
        (Some(language), _) => format!("The article read on trial is in {language:?}."),
        (None, _) => "No article told its language: check it.".to_owned(),
    });
    let (expectation, reasons) = expect(survey, best);
    let others = survey.findings.iter().skip(1);
    Draft {
        source: Source {
            id,
            title,
            kind: if is_official { SourceKind::Government } else { SourceKind::News },
            country,
            language: language.filter(|code| draft::is_language(code)).unwrap_or("en".to_owned()),
            listings: vec![best.listing.clone()],
            render: Rendering::Plain,
            schedule: None,
            recipe: Recipe::default(),
            expectation,
            topics: Vec::new(),
            credentials: None,
        },
        head,
        listings: vec![vec![capital(&best.reason)]],
        expectation: reasons,
        others: others.map(|other| (other.listing.clone(), other.reason.clone())).collect(),
    }
}

/// What a healthy visit yields, from what this one did, with room.
fn expect(survey: &Survey, best: &Finding) -> (Expectation, Vec<String>) {
    let links = best.links.len();
    let days = survey.days();
    let gap = days.windows(2).map(|pair| (pair[0] - pair[1]).num_days()).max();
    let silence = gap.map_or(30, |gap| (2 * gap).max(SILENCE_MIN));
    let article = survey.sample.as_ref().map(|sample| &sample.article);
    let length = article.map_or(80, |article| words(&article.text()).count());
    let dated = article.is_none_or(|article| article.published.is_some());
    let mut reasons = vec![match gap {
        Some(gap) => {
            format!("{links} links today; the longest silence between them was {gap} days.")
        }
        None => {
            format!("{links} links today; they carry too few dates to tell the longest silence.")
        }
    }];
    if !dated {
        reasons.push("The article read on trial has no date; a recipe may find one.".to_owned());
    }
    let expectation = Expectation {
        links_min: (links / 2).max(1),
        links_max: (links * 5).max(50),
        words_min: (length / 4).clamp(10, 80),
        dated,
        silence_days: u32::try_from(silence).unwrap_or(30),
    };
    (expectation, reasons)
}

/// The file, the listing and the article as they were fetched, reduced, and what comes of them.
fn write(
    folder: &std::path::Path,
    draft: &Draft,
    best: &Finding,
    sample: Option<&Sample>,
) -> anyhow::Result<()> {
    let id = &draft.source.id;
    let pages = folder.join("tests").join(&id.0);
    let (ending, listing) = reduced_listing(best);
    let mut expected = json!({ "links": links_of(best, &listing)? });
    let mut files = vec![(pages.join(format!("listing.{ending}")), listing)];
    if let Some(sample) = sample {
        let html = reduce::page(&text_of(&sample.document));
        let fetched = Fetched { body: html.clone().into_bytes(), ..utf8(&sample.document) };
        let (article, _) = read(&fetched, &Recipe::default(), &SiteMemory::default());
        if let Some(article) = article {
            let text: Vec<&str> = article.blocks.iter().map(|block| block.text.as_str()).collect();
            expected["article"] = json!({
                "url": article.url, "title": article.title, "text": text,
                "published": article.published.map(|stamp| stamp.to_string()),
            });
        }
        files.push((pages.join("article.html"), html));
    }
    files.push((pages.join("expected.json"), format!("{expected:#}\n")));
    // The source last: it is what makes the others count.
    files.push((folder.join(format!("{id}.toml")), draft.text()));
    for (path, text) in files {
        write_new(&path, &text)?;
        anstream::println!("{GOOD}wrote{GOOD:#}  {}", path.display());
    }
    Ok(())
}

fn reduced_listing(best: &Finding) -> (&'static str, String) {
    let text = text_of(&best.document);
    match best.listing.kind {
        ListingKind::Index { .. } => ("html", reduce::page(&text)),
        _ if text.trim_start().starts_with('{') => ("json", text),
        _ => ("xml", reduce::feed(&text)),
    }
}

fn links_of(best: &Finding, listing: &str) -> anyhow::Result<Vec<serde_json::Value>> {
    let fetched = Fetched { body: listing.as_bytes().to_vec(), ..utf8(&best.document) };
    let listed = links(&best.listing, &fetched)
        .map_err(|error| anyhow!("the listing cannot be cut down to a test page: {error}"))?;
    Ok(listed.links.iter().map(|link| json!({ "url": link.url, "title": link.title })).collect())
}

/// The document as text; what it says of its charset no longer holds.
fn text_of(document: &Fetched) -> String {
    page::decoded(document)
}

fn utf8(document: &Fetched) -> Fetched {
    let kind = document.content_type.as_deref().unwrap_or("text/html").split(';').next();
    let content_type = kind.map(|kind| format!("{}; charset=utf-8", kind.trim()));
    Fetched { content_type, ..document.clone() }
}

fn capital(sentence: &str) -> String {
    let mut characters = sentence.chars();
    let first = characters.next().map(|c| c.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}.", characters.as_str())
}
