//! Source files: every mistake is answered with its place and remedy, and every file of the
//! catalogue reads the listing and the article it ships with.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use sanctionwatch::jobs::read::read;
use sanctionwatch::model::article::SiteMemory;
use sanctionwatch::model::fetched::{Fetched, Validators};
use sanctionwatch::model::source::{ListingKind, Recipe, Source};
use sanctionwatch::parse::listing::links;
use sanctionwatch::parse::page;
use sanctionwatch::parse::selector::Selector;
use sanctionwatch::sources;
use serde::Deserialize;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The files in `folder` that end in `ending`, sorted.
fn files(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|found| found == ending));
    files.sort();
    files
}

/// Each `tests/sources/bad/<mistake>.toml` is read as `us/<mistake>.toml` and answered with the
/// lines of `<mistake>.txt`. To write the answers of new files, set `UPDATE_EXPECTED=1` and read
/// them before they are committed.
#[test]
fn each_mistake_is_answered_with_its_place_and_remedy() {
    let bad = files(&root().join("tests/sources/bad"), "toml");
    assert!(40 < bad.len(), "only {} bad files found", bad.len());
    let mut wrong = Vec::new();
    for path in bad {
        let name = format!("us/{}", path.file_name().unwrap().to_str().unwrap());
        let text = fs::read_to_string(&path).unwrap();
        let faults = sources::read(Path::new(&name), &name, &text).err().unwrap_or_default();
        let said: String = faults.iter().map(|fault| format!("{fault}\n")).collect();
        let answer = path.with_extension("txt");
        if std::env::var_os("UPDATE_EXPECTED").is_some() {
            fs::write(&answer, &said).unwrap();
        }
        let expected = fs::read_to_string(&answer).unwrap_or_default();
        if said != expected || said.is_empty() {
            wrong.push(format!("{name} says\n{said}but should say\n{expected}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The catalogue as its files stand in the repository, without a fault.
fn catalogue() -> Vec<Source> {
    let (sources, faults) = sources::load(&root().join("selectors"));
    let faults: Vec<String> = faults.iter().map(ToString::to_string).collect();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    sources
}

#[test]
fn the_catalogue_inside_the_binary_is_the_one_in_the_repository() {
    let shipped = sources::catalogue();
    assert_eq!(shipped, catalogue());
    assert!(12 <= shipped.len(), "only {} sources ship", shipped.len());
}

#[test]
fn no_listing_belongs_to_two_sources() {
    let mut owners: BTreeMap<String, String> = BTreeMap::new();
    for source in catalogue() {
        for listing in source.listings {
            let other = owners.insert(listing.url.clone(), source.id.to_string());
            assert_eq!(other, None, "{} is listed by {} too", listing.url, source.id);
        }
    }
}

#[test]
fn an_operators_file_adds_to_the_catalogue_or_takes_a_place_in_it() {
    let folder = tempfile::tempdir().unwrap();
    let shipped = sources::catalogue();
    let text = |title: &str, country: &str| {
        format!(
            "title = {title:?}\nkind = \"news\"\ncountry = {country:?}\nlanguage = \"en\"\n\
             [[listing]]\nkind = \"feed\"\nurl = \"https://example.org/feed\"\n[expectation]\n"
        )
    };
    for (path, text) in [
        ("us/doj.toml", text("Our own view of justice", "us")),
        ("ie/local-paper.toml", text("Local paper", "ie")),
        ("ie/broken.toml", text("Broken", "uk")),
        ("ie/Bad Name.toml", text("Bad name", "ie")),
        ("stray.toml", text("Stray", "ie")),
        ("ie/notes.txt", "not a source".to_owned()),
    ] {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    fs::write(folder.path().join("ie/latin.toml"), b"title = \"caf\xe9\"").unwrap();

    let (all, faults) = sources::with_own(folder.path());
    let title =
        |id: &str| all.iter().find(|source| source.id.0 == id).map(|source| source.title.as_str());
    assert_eq!(title("us/doj"), Some("Our own view of justice"));
    assert_eq!(title("ie/local-paper"), Some("Local paper"));
    assert_eq!(all.len(), shipped.len() + 1);

    let said: Vec<String> = faults.iter().map(ToString::to_string).collect();
    let expected = ["Bad Name.toml: ", "broken.toml:3:11: ", "latin.toml: byte 12", "stray.toml: "];
    assert_eq!(said.len(), expected.len(), "{said:?}");
    for (line, part) in said.iter().zip(expected) {
        assert!(line.contains(part), "{line:?} should hold {part:?}");
    }

    let (none, faults) = sources::load(&folder.path().join("absent"));
    assert!(
        none.is_empty() && faults.len() == 1 && faults[0].to_string().contains("cannot be read")
    );
}

/// What `tests/sources/<id>/expected.json` says of a source.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Expected {
    /// Of all listings together, in order.
    links: Vec<ExpectedLink>,
    /// Where the source comes with an article page.
    article: Option<ExpectedArticle>,
}

#[derive(Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
struct ExpectedLink {
    url: String,
    title: String,
    /// Only checked where the listing is expected to tell.
    published: Option<String>,
}

#[derive(Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
struct ExpectedArticle {
    url: String,
    title: String,
    published: Option<String>,
    /// The texts of its blocks.
    text: Vec<String>,
}

fn folder(source: &Source) -> PathBuf {
    root().join("tests/sources").join(&source.id.0)
}

fn expected(source: &Source) -> Expected {
    let path = folder(source).join("expected.json");
    let text = fs::read_to_string(&path)
        .unwrap_or_else(|error| panic!("{} has no {}: {error}", source.id, path.display()));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The file of `folder` named `stem`, whatever its ending, as `url` would have answered.
fn answer(folder: &Path, stem: &str, url: &str) -> Fetched {
    let types =
        [("html", "text/html; charset=utf-8"), ("xml", "text/xml"), ("json", "application/json")];
    let found = types.iter().find_map(|(ending, content_type)| {
        let body = fs::read(folder.join(format!("{stem}.{ending}"))).ok()?;
        Some((body, (*content_type).to_owned()))
    });
    let (body, content_type) =
        found.unwrap_or_else(|| panic!("{} has no {stem}.*", folder.display()));
    Fetched {
        requested: url.to_owned(),
        url: url.to_owned(),
        redirects: Vec::new(),
        status: 200,
        content_type: Some(content_type),
        validators: Validators::default(),
        body,
        at: "2026-06-12T00:00:00Z".parse().unwrap(),
        served: None,
    }
}

/// Each source reads the listings made for it: `listing.*` is the first, `listing-2.*` the second.
#[test]
fn every_source_reads_its_listings() {
    let mut wrong = Vec::new();
    for source in catalogue() {
        let expected = expected(&source).links;
        let mut found = Vec::new();
        for (index, listing) in source.listings.iter().enumerate() {
            let stem = match (&listing.kind, index) {
                (ListingKind::Page, _) => "article".to_owned(),
                (_, 0) => "listing".to_owned(),
                (_, index) => format!("listing-{}", index + 1),
            };
            let fetched = answer(&folder(&source), &stem, &listing.url);
            match links(listing, &fetched) {
                Ok(listed) if listing.paging.is_some() && listed.next.is_none() => {
                    wrong.push(format!("{}: its listing leads to no next page", source.id));
                }
                Ok(listed) => found.extend(listed.links),
                Err(error) => wrong.push(format!("{}: {error}", source.id)),
            }
        }
        let found: Vec<ExpectedLink> = found
            .into_iter()
            .enumerate()
            .map(|(index, link)| ExpectedLink {
                url: link.url,
                title: link.title,
                published: link
                    .published
                    .filter(|_| expected.get(index).is_some_and(|link| link.published.is_some()))
                    .map(|stamp| stamp.to_string()),
            })
            .collect();
        if found != expected || found.is_empty() {
            wrong.push(format!("{}: found {found:#?}\nnot {expected:#?}", source.id));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Each source that says how to read its articles reads the one made for it: nothing of the page
/// around it comes along, nothing of it is lost.
#[test]
fn every_recipe_reads_its_article() {
    let mut wrong = Vec::new();
    let mut read_count = 0;
    for source in catalogue() {
        let is_page = source.listings.iter().any(|listing| listing.kind == ListingKind::Page);
        let Some(expected) = expected(&source).article else {
            let names_a_body = source.recipe.body.is_some();
            if is_page || names_a_body {
                wrong.push(format!("{} has a recipe or a page but no article.html", source.id));
            }
            continue;
        };
        let fetched = answer(&folder(&source), "article", &expected.url);
        for selector in dead_selectors(&source.recipe, &fetched) {
            wrong.push(format!("{}: {selector:?} finds nothing on its article", source.id));
        }
        let (article, notes) = read(&fetched, &source.recipe, &SiteMemory::default());
        let found = article.map(|article| ExpectedArticle {
            url: article.url,
            title: article.title,
            // A page that changes in place has no day of its own.
            published: article
                .published
                .filter(|_| source.expectation.dated)
                .map(|stamp| stamp.to_string()),
            text: article.blocks.into_iter().map(|block| block.text).collect(),
        });
        if found.as_ref() != Some(&expected) {
            wrong.push(format!("{}: found {found:#?}\nnot {expected:#?}\n{notes:?}", source.id));
        }
        read_count += 1;
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(10 < read_count, "only {read_count} articles read");
}

/// The selectors of a recipe that find nothing on the page.
fn dead_selectors(recipe: &Recipe, fetched: &Fetched) -> Vec<String> {
    let (page, _) = page::read(fetched);
    let named = [&recipe.title, &recipe.date, &recipe.byline, &recipe.body];
    let all = named.into_iter().flatten().chain(&recipe.drop);
    all.filter(|text| page.dom.select(&Selector::parse(text).unwrap()).next().is_none())
        .cloned()
        .collect()
}
