//! The bundled newsroom: its listings lead somewhere, its servers speak HTTP as sites do, and the
//! pipeline makes of it what its authors wrote.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use chrono::{DateTime, Utc};
use mail_parser::MessageParser;
use reqwest::header::{ETAG, IF_MODIFIED_SINCE, IF_NONE_MATCH, LAST_MODIFIED};
use reqwest::{Client, Response, StatusCode};
use sanctionwatch::demo::{Opened, open_newsroom};
use sanctionwatch::model::visit::{Counts, Visit};
use sanctionwatch::store::{Store, StoredArticle};

#[tokio::test]
async fn every_address_in_a_listing_leads_to_a_page() {
    let web = Web::open().await;
    let Opened { newsroom, origins, .. } = &web.opened;
    for _ in ["first edition", "second edition"] {
        for (listing, least) in [
            (format!("{}/", origins.ledger), 10),
            (format!("{}/feed/", origins.ledger), 20),
            (format!("{}/news-sitemap.xml", origins.ledger), 10),
            (format!("{}/", origins.courier), 7),
            (format!("{}/atom.xml", origins.courier), 7),
            (format!("{}/news", origins.office), 3),
        ] {
            let body = web.body(&listing).await;
            let addresses: BTreeSet<String> =
                addresses_in(&body, &listing).into_iter().filter(|url| is_bundled(url)).collect();
            assert!(least <= addresses.len(), "{listing} gives only {addresses:?}");
            for url in addresses {
                assert_eq!(web.get(&url).await.status(), StatusCode::OK, "{url} in {listing}");
            }
        }
        newsroom.advance();
    }
}

#[tokio::test]
async fn a_reader_with_a_fresh_copy_is_told_so() {
    let web = Web::open().await;
    let url = format!("{}/licences", web.opened.origins.office);
    let answer = web.get(&url).await;
    let validator = |name| answer.headers()[name].to_str().unwrap().to_owned();
    let (etag, modified) = (validator(ETAG), validator(LAST_MODIFIED));
    let status = async |name, value: &str| {
        web.client.get(&url).header(name, value).send().await.unwrap().status()
    };
    assert_eq!(status(IF_NONE_MATCH, &etag).await, StatusCode::NOT_MODIFIED);
    assert_eq!(status(IF_NONE_MATCH, &format!("\"x\", W/{etag}")).await, StatusCode::NOT_MODIFIED);
    assert_eq!(status(IF_NONE_MATCH, "\"another\"").await, StatusCode::OK);
    assert_eq!(status(IF_MODIFIED_SINCE, &modified).await, StatusCode::NOT_MODIFIED);
    web.opened.newsroom.advance();
    assert_eq!(status(IF_NONE_MATCH, &etag).await, StatusCode::OK);
    assert_eq!(status(IF_MODIFIED_SINCE, &modified).await, StatusCode::OK);
}

#[tokio::test]
async fn a_post_has_its_clothes_and_the_server_keeps_a_record() {
    let web = Web::open().await;
    let origin = &web.opened.origins.ledger;
    let post = format!("{origin}/orlanta-closes-american-offices/");
    let plain = web.body(&post).await;
    assert_eq!(plain, web.body(&format!("{post}?utm_source=rss")).await);
    assert!(plain.contains(&format!("<link rel=\"amphtml\" href=\"{post}amp/\">")));
    let amp = web.body(&format!("{post}amp/")).await;
    assert!(amp.contains("rel=\"noamphtml nofollow\""), "{amp}");
    assert!(amp.contains(&format!("<link rel=\"canonical\" href=\"{post}\">")));
    assert_eq!(web.get(&format!("{origin}/?p=1031")).await.url().as_str(), post);
    assert_eq!(web.get(&format!("{origin}/nowhere/")).await.status(), StatusCode::NOT_FOUND);
    let refused = web.client.post(&post).send().await.unwrap();
    assert_eq!(refused.status(), StatusCode::METHOD_NOT_ALLOWED);
    let asked = web.opened.newsroom.asked();
    let record: Vec<u16> = asked.iter().map(|asked| asked.status).collect();
    assert_eq!(record, [200, 200, 200, 301, 200, 404, 405]);
    assert_eq!(asked[1].target, "/orlanta-closes-american-offices/?utm_source=rss");
}

/// Every text of the newsroom, by site and file, and whether it is about sanctions.
const TEXTS: [(&str, &str, bool); 21] = [
    ("ledger", "orlanta-closes-american-offices", true),
    ("ledger", "treasury-lists-ring-that-bought-drone-engines", true),
    ("ledger", "brussels-agrees-measures-against-fleet-insurers", true),
    ("ledger", "forwarder-pays-penalty-over-cargo-to-blocked-port", true),
    ("ledger", "tankers-that-change-their-names", true),
    ("ledger", "london-takes-shipowner-off-sanctions-list", true),
    ("ledger", "ottawa-freezes-assets-of-a-timber-house", true),
    ("ledger", "rowing-body-lifts-doping-sanctions", false),
    ("ledger", "what-a-sanction-letter-promises", false),
    ("ledger", "blue-helmets-rebuild-a-bridge", false),
    ("ledger", "a-stew-for-the-day-the-boats-come-in", false),
    ("courier", "avoirs-geles-marseille", true),
    ("courier", "tanker-vor-rostock", true),
    ("courier", "cosecha-de-aceituna", false),
    ("courier", "naviera-en-la-lista-clinton", true),
    ("courier", "shveytsariya-zavod-podshipnikov", true),
    ("courier", "zerno-sanktsii-rnbo", true),
    ("office", "sensors-designations", true),
    ("office", "harbour-master-grants", false),
    ("office", "notice-list-changes", true),
    ("office", "licences", true),
];

/// The command as a newcomer runs it, and all it leaves behind, checked against the texts that
/// the newsroom was made from.
#[tokio::test]
async fn the_command_keeps_what_was_written_and_nothing_else() {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("tried");
    let said = check_output(&folder);
    assert!(said.contains("21 articles stored, 15 of them about sanctions"), "{said}");
    let left = Left::read(&folder).await;
    check_visits(&left.visits);
    check_links(&folder);
    let expected: BTreeMap<String, Written> = TEXTS.into_iter().map(Written::read).collect();
    let stored: Vec<&String> = left.articles.keys().collect();
    assert_eq!(stored, expected.keys().collect::<Vec<_>>());
    for (path, written) in &expected {
        check_article(path, &left.articles[path], written);
    }
    check_duplicates(&left.articles);
    check_mails(&left.letters, &expected);
}

/// Runs the command; it must end well, without colours in a pipe, and refuse to run again there.
fn check_output(folder: &Path) -> String {
    let run = || {
        let mut command = Command::new(env!("CARGO_BIN_EXE_sanctionwatch"));
        command.args(["demo", "--dir"]).arg(folder).output().unwrap()
    };
    let output = run();
    let said = String::from_utf8(output.stdout).unwrap();
    let complained = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(0), "{said}{complained}");
    assert!(said.contains(folder.to_str().unwrap()), "{said}");
    assert!(!said.contains('\u{1b}'), "colours in a pipe:\n{said}");
    let again = run();
    assert_eq!(again.status.code(), Some(2), "a folder in use was taken");
    assert!(String::from_utf8(again.stderr).unwrap().contains("is not empty"));
    said
}

#[tokio::test]
async fn the_newsroom_stays_open_until_it_is_told_to_close() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_sanctionwatch"));
    command.args(["demo", "--serve", "--dir"]).arg(folder.path()).stdout(Stdio::piped());
    let mut demo = command.spawn().unwrap();
    let mut lines = BufReader::new(demo.stdout.take().unwrap()).lines().map(Result::unwrap);
    let invited = lines.find(|line| line.contains("Ctrl-C closes it"));
    let ledger = lines.next().unwrap().split_whitespace().last().unwrap().to_owned();
    let page = reqwest::get(&ledger).await.unwrap().text().await.unwrap();
    let told = Command::new("kill").arg("-INT").arg(demo.id().to_string()).status().unwrap();
    assert_eq!(demo.wait().unwrap().code(), Some(0), "{invited:?} {told}");
    assert!(page.contains("Ottawa freezes the assets"), "{ledger} shows no second edition: {page}");
}

/// What a demonstration left in its folder.
struct Left {
    /// Oldest first.
    visits: Vec<Visit>,
    /// By the path of their address.
    articles: BTreeMap<String, StoredArticle>,
    letters: Vec<PathBuf>,
}

impl Left {
    async fn read(folder: &Path) -> Self {
        let store = Store::open(&folder.join("sanctionwatch.db")).unwrap();
        let mut visits = store.visits(None, 100).await.unwrap();
        visits.reverse();
        let mut articles = BTreeMap::new();
        for id in store.article_ids().await.unwrap() {
            let article = store.article(id).await.unwrap().unwrap();
            let before = articles.insert(path_of(&article.url), article);
            assert_eq!(before, None, "an address is stored twice");
        }
        let mails = fs::read_dir(folder.join("mail")).unwrap();
        let letters = mails.map(|entry| entry.unwrap().path()).collect();
        Self { visits, articles, letters }
    }
}

fn check_visits(visits: &[Visit]) {
    for visit in visits {
        assert!(visit.outcome.is_healthy(), "{visit:?}");
    }
    assert_eq!(visits.len(), 8);
    let (first, second) = visits.split_at(4);
    let sum = |visits: &[Visit], count: fn(&Counts) -> usize| -> usize {
        visits.iter().map(|visit| count(&visit.counts)).sum()
    };
    assert_eq!(sum(first, |counts| counts.articles), 20);
    assert_eq!(sum(first, |counts| counts.copies), 1);
    assert_eq!(sum(first, |counts| counts.revisions), 0);
    assert_eq!(sum(second, |counts| counts.articles), 1);
    assert_eq!(sum(second, |counts| counts.copies), 0);
    assert_eq!(sum(second, |counts| counts.revisions), 2);
}

/// The page that robots.txt closes was not read; what did not change was not sent again.
fn check_links(folder: &Path) {
    let database = rusqlite::Connection::open(folder.join("sanctionwatch.db")).unwrap();
    let count = |condition: &str| -> i64 {
        let query = format!("SELECT count(*) FROM link WHERE {condition}");
        database.query_row(&query, [], |row| row.get(0)).unwrap()
    };
    assert_eq!(count("url LIKE '%/members/%' AND outcome = 'refused by robots.txt'"), 1);
    assert_eq!(count("outcome = 'unchanged'"), 19);
}

fn check_article(path: &str, article: &StoredArticle, written: &Written) {
    assert_eq!(article.title, written.title, "{path}");
    let blocks: Vec<&str> = article.blocks.iter().map(|block| block.text.as_str()).collect();
    assert_eq!(blocks, written.blocks, "{path}");
    assert_eq!(article.language.as_deref(), Some(written.language.as_str()), "{path}");
    // A page watched in place has no day of publication.
    assert_eq!(article.published.is_some(), path != "/licences", "{path}");
    let verdict = &article.verdict;
    assert_eq!(verdict.relevant, written.relevant, "{path}: {verdict:?}");
}

/// The copy, the article under several addresses, and the texts edited between the crawls.
fn check_duplicates(articles: &BTreeMap<String, StoredArticle>) {
    let copied = &articles["/treasury-lists-ring-that-bought-drone-engines/"];
    let copies: Vec<String> = copied.copies.iter().map(|copy| path_of(&copy.url)).collect();
    assert_eq!(copies, ["/en/treasury-ring-drone-engines.html"]);
    for (path, changes) in [
        (
            "/licences",
            vec![
                "- General Licence 4: winding down of contracts with Volga Mutual Insurance, until 31 January.",
                "+ General Licence 4: winding down of contracts with Volga Mutual Insurance, until 30 April.",
                "+ General Licence 12: transactions with the central bank",
            ],
        ),
        (
            "/forwarder-pays-penalty-over-cargo-to-blocked-port/",
            vec!["- Freight forwarder pays $2.4 million", "+ Freight forwarder pays $2.6 million"],
        ),
    ] {
        let [revision] = &articles[path].revisions[..] else { panic!("{path}: not one revision") };
        for change in changes {
            let found = revision.difference.lines().any(|line| line.starts_with(change));
            assert!(found, "{path}: no {change:?} in\n{}", revision.difference);
        }
    }
    let revised = articles.values().filter(|article| !article.revisions.is_empty()).count();
    assert_eq!(revised, 2);
}

/// One mail for each reader and each article about sanctions, and none for the others; for the one who
/// reads by digest, one that has them all.
fn check_mails(files: &[PathBuf], expected: &BTreeMap<String, Written>) {
    let mut wanted: Vec<(String, &str)> = Vec::new();
    for written in expected.values().filter(|written| written.relevant) {
        for reader in ["desk@example.net", "zoe.quist@example.org"] {
            wanted.push((reader.to_owned(), &written.title_when_new));
        }
    }
    let mut letters: Vec<(String, String)> = Vec::new();
    let mut corrections = 0;
    let mut digests = 0;
    for path in files {
        let bytes = fs::read(path).unwrap();
        let letter = MessageParser::default().parse(&bytes).unwrap();
        let reader = letter.to().unwrap().first().unwrap().address().unwrap().to_owned();
        assert!(letter.body_html(0).is_some(), "{} has no HTML", path.display());
        if letter.subject().unwrap().starts_with("Changed: ") {
            corrections += 1;
            continue;
        }
        let text = letter.body_text(0).unwrap().into_owned();
        if reader == "ines.marchetti@example.org" {
            digests += 1;
            let lines = text.lines().filter(|line| line.starts_with("  - ")).count();
            assert!(10 < lines && lines <= wanted.len(), "{text}");
            continue;
        }
        letters.push((reader, text));
    }
    assert_eq!(digests, 1);
    assert_eq!(letters.len(), wanted.len());
    // Both readers hear of both edits between the crawls.
    assert_eq!(corrections, 4);
    let one_line = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    for (reader, title) in wanted {
        let of_it = letters
            .iter()
            .filter(|(to, text)| *to == reader && one_line(text).contains(title))
            .count();
        assert_eq!(of_it, 1, "{reader} should get one mail about {title:?}");
    }
}

/// A text as its file has it.
struct Written {
    title: String,
    /// The headline at its first publication.
    title_when_new: String,
    language: String,
    relevant: bool,
    /// Paragraphs, headings, list items and tables, without markup.
    blocks: Vec<String>,
}

impl Written {
    /// The path of a text, and its last version.
    fn read((site, name, relevant): (&str, &str, bool)) -> (String, Self) {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/demo/newsroom").join(site);
        let file = |stage: &str| folder.join(stage).join(name).with_extension("html");
        let versions: Vec<String> = ["posts", "later"]
            .iter()
            .filter_map(|stage| fs::read_to_string(file(stage)).ok())
            .collect();
        let last = versions.last().unwrap();
        let header = |text: &str, key: &str| {
            let line = text.lines().find_map(|line| line.strip_prefix(&format!("{key}: ")));
            line.unwrap_or_default().to_owned()
        };
        let language = header(last, "language");
        let path = match (site, header(last, "path")) {
            ("ledger", _) => format!("/{name}/"),
            ("courier", _) => format!("/{language}/{name}.html"),
            (_, path) => path,
        };
        let written = Self {
            title: header(last, "title"),
            title_when_new: header(&versions[0], "title"),
            language,
            relevant,
            blocks: blocks(last.split_once("\n\n").unwrap().1),
        };
        (path, written)
    }
}

/// The blocks of a text whose elements stand on lines of their own; the rows of a table make one.
fn blocks(html: &str) -> Vec<String> {
    let mut blocks: Vec<String> = Vec::new();
    let mut in_table = false;
    for line in html.lines() {
        let text = without_tags(&line.replace("</td><td>", " | ").replace("</th><th>", " | "));
        if text.is_empty() || line == "{{figure}}" {
            in_table &= !line.starts_with("</table");
            continue;
        }
        match blocks.last_mut() {
            Some(table) if in_table => table.push_str(&format!("\n{text}")),
            _ => blocks.push(text),
        }
        in_table |= line.contains("<tr>");
    }
    blocks
}

fn without_tags(html: &str) -> String {
    let mut parts = html.split('<');
    let before = parts.next().unwrap().to_owned();
    let after = parts.filter_map(|part| part.split_once('>')).map(|(_, text)| text);
    before + &after.collect::<String>()
}

fn path_of(url: &str) -> String {
    let at = "http://".len() + url["http://".len()..].find('/').unwrap();
    url[at..].to_owned()
}

/// The open newsroom and a client to visit it with.
struct Web {
    opened: Opened,
    client: Client,
}

impl Web {
    async fn open() -> Self {
        let now: DateTime<Utc> = "2026-11-23T08:00:00Z".parse().unwrap();
        let opened = open_newsroom(now).await.unwrap();
        Self { opened, client: Client::builder().no_proxy().build().unwrap() }
    }

    async fn get(&self, url: &str) -> Response {
        self.client.get(url).send().await.unwrap()
    }

    async fn body(&self, url: &str) -> String {
        self.get(url).await.error_for_status().unwrap().text().await.unwrap()
    }
}

/// Every address of the listing's own site that stands in it, relative ones too.
fn addresses_in(body: &str, listing: &str) -> BTreeSet<String> {
    let host_end = listing["http://".len()..].find('/').unwrap() + "http://".len();
    let origin = &listing[..host_end];
    let ends = ['"', '<', ' ', '\n'];
    let until_end = |rest: &str| rest.split(ends).next().unwrap().replace("&amp;", "&");
    let absolute = body.match_indices(origin).map(|(at, _)| until_end(&body[at..]));
    let relative = body
        .match_indices("href=\"/")
        .map(|(at, _)| format!("{origin}{}", until_end(&body[at + "href=\"".len()..])));
    absolute.chain(relative).collect()
}

/// Menus name sections that the small newsroom does not have, and the feed a page for members.
fn is_bundled(url: &str) -> bool {
    const NOT_BUNDLED: [&str; 8] = [
        "/members/",
        "/news/",
        "/programmes",
        "/licences/",
        "/list",
        "/ports",
        "/about",
        "/category/",
    ];
    let is_article =
        ["/news/press-releases/", "/news/notices/"].iter().any(|path| url.contains(path));
    is_article || !NOT_BUNDLED.iter().any(|path| url.contains(path))
}
