//! `kill -9` at random moments: the finished state must be that of an undisturbed run.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rusqlite::Connection;
use sanctionwatch::store::{Scope, Store};

use crate::support::web::Web;

const KILLS: usize = 50;
const SOURCES: usize = 3;
const PAGES_PER_SOURCE: usize = 60;
const SUBSCRIBERS: [&str; 2] = ["ada@example.org", "grace@example.org"];
/// However slow the machine: a crawl of this small web takes seconds.
const PATIENCE: Duration = Duration::from_secs(120);

/// What a finished crawl leaves behind.
#[derive(Debug, PartialEq, Eq)]
struct Harvest {
    /// Address, title and verdict of every article.
    articles: BTreeSet<(String, String, bool)>,
    /// `To` and `Message-ID` of every mail file.
    mails: BTreeSet<String>,
    deliveries: usize,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fifty_kills_lose_nothing_and_repeat_nothing() {
    let web = Web::start().await;
    publish(&web, article);
    let undisturbed = Place::new(&web);
    undisturbed.subscribe();
    undisturbed.finish();
    let expected = undisturbed.harvest().await;
    assert_eq!(expected.articles.len(), SOURCES * PAGES_PER_SOURCE);
    let relevant = expected.articles.iter().filter(|(_, _, relevant)| *relevant).count();
    assert!(0 < relevant && relevant < expected.articles.len(), "{relevant} are relevant");
    assert_eq!(expected.deliveries, relevant * SUBSCRIBERS.len());
    assert_eq!(expected.mails.len(), expected.deliveries);

    let disturbed = Place::new(&web);
    disturbed.subscribe();
    disturbed.kill_often(&web, KILLS);
    disturbed.finish();
    assert_eq!(disturbed.harvest().await, expected);
}

/// Whichever report of an event comes first, and whenever the kill strikes: each reader is told of the
/// event once, and of every other report it is known why they were not.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_event_is_told_once_whatever_is_killed() {
    let web = Web::start().await;
    publish(&web, report);
    let place = Place::new(&web);
    place.subscribe();
    place.kill_often(&web, KILLS / 2);
    place.finish();
    let harvest = place.harvest().await;
    let events = PAGES_PER_SOURCE.div_ceil(3);
    let relevant = harvest.articles.iter().filter(|(_, _, relevant)| *relevant).count();
    assert_eq!(relevant, SOURCES * events, "{:?}", harvest.articles);
    assert_eq!(harvest.mails.len(), SUBSCRIBERS.len() * events);
    let database = Connection::open(find(&place.path("state"), "db").pop().unwrap()).unwrap();
    let count = |query: &str| -> usize {
        database.query_row(query, [], |row| row.get::<_, usize>(0)).unwrap()
    };
    assert_eq!(count("SELECT count(DISTINCT story) FROM story_report"), events);
    let once = "SELECT count(*) FROM (SELECT 1 FROM story_report
                    JOIN delivery USING (article) GROUP BY story, subscriber HAVING count(*) = 1)";
    assert_eq!(count(once), SUBSCRIBERS.len() * events);
    let accounted = "SELECT count(*) FROM story_report WHERE article IN
                         (SELECT article FROM delivery UNION SELECT article FROM held_back)";
    assert_eq!(count(accounted), relevant);
}

/// Three feeds of articles, every third about sanctions.
fn publish(web: &Web, article: fn(usize, usize) -> (String, String)) {
    for source in 0..SOURCES {
        let mut items = String::new();
        for page in 0..PAGES_PER_SOURCE {
            let path = format!("/s{source}/article-{page}");
            let (title, text) = article(source, page);
            items += &format!("<item><title>{title}</title><link>{}</link></item>", web.url(&path));
            let html = format!(
                "<!doctype html><html lang=en><head><title>{title}</title></head><body>\
                 <article><h1>{title}</h1>{text}</article></body></html>"
            );
            web.page(&path, "text/html; charset=utf-8", html);
        }
        let feed = format!(
            "<rss version=\"2.0\"><channel><title>s{source}</title>{items}</channel></rss>"
        );
        web.page(&format!("/s{source}/feed"), "application/rss+xml", feed);
    }
}

/// A text of its own for every page, so that none is a copy of another.
pub(crate) fn article(source: usize, page: usize) -> (String, String) {
    const TOWNS: [&str; 12] = [
        "Arlund", "Brestow", "Calvenna", "Dornik", "Eskholm", "Farrow", "Gelmouth", "Harvik",
        "Istrel", "Jorvale", "Kestrin", "Lommel",
    ];
    const GOODS: [&str; 10] = [
        "turbines",
        "timber",
        "ball bearings",
        "fertiliser",
        "microchips",
        "tankers",
        "gold",
        "drones",
        "lubricants",
        "machine tools",
    ];
    let mut dice = Dice((source * 1000 + page + 1) as u64 * 0x9e37_79b9);
    let mut pick = |from: &[&str]| from[dice.below(from.len())].to_owned();
    let (town, good) = (pick(&TOWNS), pick(&GOODS));
    // Each is an event of its own: an article that joined another's story would cause no alert.
    const PARTS: [&str; 16] = [
        "ba", "ce", "di", "fo", "gu", "ha", "je", "ki", "lo", "mu", "na", "pe", "ri", "so", "tu",
        "wy",
    ];
    let name = |pick: &mut dyn FnMut(&[&str]) -> String| {
        let word: String = (0..4).map(|_| pick(&PARTS)).collect();
        word[..1].to_uppercase() + &word[1..]
    };
    let company = format!("{} {} {}", name(&mut pick), name(&mut pick), name(&mut pick));
    let sanctions = page.is_multiple_of(3);
    let title = if sanctions {
        format!("US imposes sanctions on {company}, number {source}{page}, over {good}")
    } else {
        format!("{town} council opens library number {source}{page} beside the {good} market")
    };
    let mut text = String::new();
    for paragraph in 0..5 {
        let words: Vec<String> =
            (0..30).map(|_| format!("{} {}", pick(&TOWNS).to_lowercase(), pick(&GOODS))).collect();
        let lead = if sanctions && paragraph == 0 {
            format!(
                "The Treasury's Office of Foreign Assets Control imposed sanctions on {company} and \
                 froze its assets."
            )
        } else {
            format!(
                "People of {company} spoke about what they had seen in the street that morning."
            )
        };
        text += &format!("<p>{lead} Listed in the order of the day: {}.</p>", words.join(", "));
    }
    (title, text)
}

/// What one paper of three writes of an event; every third page of each tells of the same one.
fn report(paper: usize, page: usize) -> (String, String) {
    if !page.is_multiple_of(3) {
        return article(paper, page);
    }
    let (title, _) = article(0, page);
    let company = title.strip_prefix("US imposes sanctions on ").unwrap();
    let company = company.split(',').next().unwrap();
    let (title, lead) = match paper {
        0 => (
            "US imposes sanctions on {}",
            "The Treasury imposed sanctions on {} and froze its assets.",
        ),
        1 => ("{} hit by US sanctions", "OFAC has added {} to its list; all assets are frozen."),
        _ => ("Washington puts sanctions on {}", "An asset freeze on {} was announced by OFAC."),
    };
    // The rest is each paper's own.
    let (_, other) = article(paper + 1, page + 1);
    let own: Vec<&str> =
        other.split(": ").skip(1).flat_map(|it| it.split("</p>")).step_by(2).collect();
    let text =
        format!("<p>{lead} {{}} did not answer questions.</p><p>It deals in {}</p>", own.join(" "));
    (title.replace("{}", company), text.replace("{}", company))
}

/// One state directory with its settings.
struct Place {
    folder: tempfile::TempDir,
}

impl Place {
    fn new(web: &Web) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let selectors = folder.path().join("selectors/int");
        fs::create_dir_all(&selectors).unwrap();
        for source in 0..SOURCES {
            let feed = web.url(&format!("/s{source}/feed"));
            let toml = format!(
                "title = \"Source {source}\"\nkind = \"news\"\ncountry = \"int\"\nlanguage = \"en\"\n\
                 [[listing]]\nkind = \"feed\"\nurl = \"{feed}\"\n[expectation]\ndated = false\n"
            );
            fs::write(selectors.join(format!("s{source}.toml")), toml).unwrap();
        }
        let settings = "state = \"state\"\n\
             [fetch]\ndelay = \"0s\"\nallow_private = [\"127.0.0.1\"]\n\
             [crawl]\nselectors = \"selectors\"\ncatalogue = false\narticles_per_visit = 1000\n";
        fs::write(folder.path().join("settings.toml"), settings).unwrap();
        Self { folder }
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_sanctionwatch"));
        command
            .args(arguments)
            .arg("--config")
            .arg(self.path("settings.toml"))
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        command
    }

    fn subscribe(&self) {
        for email in SUBSCRIBERS {
            assert!(self.command(&["subscriber", "add", email]).status().unwrap().success());
        }
    }

    fn crawl(&self) -> Child {
        self.command(&["crawl"]).spawn().unwrap()
    }

    /// Starts a crawl so many times, and kills it when it has got on by a few requests.
    fn kill_often(&self, web: &Web, kills: usize) {
        let mut dice = Dice(0x5eed);
        let mut struck = 0;
        for _ in 0..kills {
            let mut crawl = self.crawl();
            wait_for_requests(web, dice.below(7), &mut crawl);
            // Then at no particular moment.
            std::thread::sleep(Duration::from_micros(dice.below(30_000) as u64));
            // It may have finished just before: then there was nothing to kill.
            struck += usize::from(crawl.try_wait().unwrap().is_none());
            crawl.kill().unwrap();
            crawl.wait().unwrap();
        }
        assert!(kills / 2 < struck, "only {struck} of {kills} kills met a running crawl");
    }

    fn finish(&self) {
        // Failed pages of a killed crawl are due again at once; one run finishes them all.
        let output = self.command(&["crawl"]).stderr(Stdio::piped()).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }

    fn path(&self, inside: &str) -> PathBuf {
        self.folder.path().join(inside)
    }

    async fn harvest(&self) -> Harvest {
        let store = Store::open(&find(&self.path("state"), "db").pop().unwrap()).unwrap();
        let articles = store.search(String::new(), Scope::All, 10_000).await.unwrap();
        let outbox = store.outbox().await.unwrap();
        assert_eq!((outbox.waiting, outbox.failed), (0, 0));
        let mails = find(&self.path("state"), "eml");
        Harvest {
            articles: articles
                .into_iter()
                .map(|article| {
                    let path = article.url.split_once("/s").unwrap().1.to_owned();
                    (path, article.title, article.verdict.relevant)
                })
                .collect(),
            deliveries: outbox.sent,
            mails: mails.iter().map(|file| mail_identity(file)).collect(),
        }
    }
}

/// Every file below `folder` whose name ends so.
fn find(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(find(&path, ending));
        } else if path.extension().is_some_and(|own| own == ending) {
            found.push(path);
        }
    }
    found
}

fn mail_identity(file: &Path) -> String {
    let bytes = fs::read(file).unwrap();
    let mail = mail_parser::MessageParser::default().parse(&bytes).unwrap();
    let to = mail.to().unwrap().first().unwrap().address().unwrap().to_owned();
    format!("{to} {}", mail.message_id().unwrap())
}

fn wait_for_requests(web: &Web, further: usize, crawl: &mut Child) {
    let goal = web.requests().len() + further;
    let start = Instant::now();
    while web.requests().len() < goal && crawl.try_wait().unwrap().is_none() {
        assert!(start.elapsed() < PATIENCE, "the crawl stands still");
        std::thread::sleep(Duration::from_micros(200));
    }
}

/// A small generator (xorshift64), so that a failing run can be run again.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % limit as u64) as usize
    }
}
