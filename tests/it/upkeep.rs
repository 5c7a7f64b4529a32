//! What keeps a service alive for years: copies that can be put back, room made in time, an operator
//! who is told.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use rusqlite::Connection;
use sanctionwatch::jobs::back_up::{Rotation, back_up};
use sanctionwatch::jobs::keep_house::{Housekeeper, Keep, KeepOthers};
use sanctionwatch::jobs::send_mail::{Round, send_due};
use sanctionwatch::jobs::tell_operator::{Bounds, Caretaker};
use sanctionwatch::mail::Mailer;
use sanctionwatch::mail::memory::Memory;
use sanctionwatch::mail::settings::{Backend, Settings};
use sanctionwatch::model::bounce::{Bounce, Fault};
use sanctionwatch::model::source::{ListingKind, Source};
use sanctionwatch::model::subscriber::Email;
use sanctionwatch::store::{Error, Newer, Noted, Restored, Store, backups, restore};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::crawl::{World, source};
use crate::support::web::{Response, Web};

/// A web with one feed that grows, a crawler, and the mails that left.
pub(crate) struct Desk {
    pub(crate) web: Web,
    pub(crate) world: World,
    pub(crate) source: Arc<Source>,
    titles: Vec<String>,
    pub(crate) letters: Memory,
    /// By the clock of the site, whatever ours does: its pages are dated and served then.
    site_time: DateTime<Utc>,
}

impl Desk {
    pub(crate) async fn new() -> Self {
        let web = Web::start().await;
        let source = source("feed", ListingKind::Feed, web.url("/feed"));
        let world = World::new().await;
        let site_time = world.clock.now();
        Self { web, world, source, titles: Vec::new(), letters: Memory::default(), site_time }
    }

    /// Publishes an article about sanctions on a company of this name, or about its library.
    pub(crate) fn publish(&mut self, name: &str, is_about_sanctions: bool) {
        let (title, lead) = if is_about_sanctions {
            (
                format!("US imposes sanctions on {name} over drone engines"),
                format!(
                    "The Treasury's Office of Foreign Assets Control imposed sanctions on {name} \
                         and ordered an asset freeze."
                ),
            )
        } else {
            (
                format!("{name} opens a library beside the market"),
                format!(
                    "People of {name} spoke about the new library they had seen in the street."
                ),
            )
        };
        let number = self.titles.len();
        let rest: Vec<String> =
            (0..60).map(|word| format!("{name}{}", word * 7 + number)).collect();
        let page = format!(
            "<html lang=en><head><title>{title}</title>\
             <meta property=\"article:published_time\" content=\"{}\"></head>\
             <body><article><h1>{title}</h1>\
             <p>{lead}</p><p>The order of the day lists {}.</p></article></body></html>",
            self.site_time.to_rfc3339(),
            rest.join(", ")
        );
        let served = self.site_time.format("%a, %d %b %Y %H:%M:%S GMT").to_string();
        self.web.answer(&format!("/{number}"), Response::html(page).header("date", &served));
        self.titles.push(title);
        let items: Vec<String> = self
            .titles
            .iter()
            .enumerate()
            .rev()
            .map(|(number, title)| {
                format!(
                    "<item><title>{title}</title><link>{}</link></item>",
                    self.web.url(&format!("/{number}"))
                )
            })
            .collect();
        let feed = format!(
            "<rss version=\"2.0\"><channel><title>t</title>{}</channel></rss>",
            items.concat()
        );
        self.web.page("/feed", "application/rss+xml", feed);
    }

    pub(crate) async fn crawl(&self) {
        let visits = self.world.crawl(std::slice::from_ref(&self.source)).await;
        assert!(visits[0].outcome.is_healthy(), "{visits:?}");
    }

    pub(crate) async fn send(&self) -> Round {
        let sender = "alerts@example.org".parse().unwrap();
        let mailer = Mailer::new(&Settings::new(Backend::Memory(self.letters.clone()), sender));
        self.send_by(&mailer.unwrap()).await
    }

    pub(crate) async fn send_by(&self, mailer: &Mailer) -> Round {
        let stop = CancellationToken::new();
        send_due(&self.world.crawler.store, mailer, &self.world.clock, &stop).await.unwrap()
    }

    /// How often each Message-ID left.
    pub(crate) fn sent(&self) -> BTreeMap<String, usize> {
        let mut sent = BTreeMap::new();
        for letter in self.letters.mails() {
            let mail = mail_parser::MessageParser::default().parse(&letter).unwrap();
            *sent.entry(mail.message_id().unwrap().to_owned()).or_default() += 1;
        }
        sent
    }

    fn database(&self) -> PathBuf {
        self.world.crawler.store.path().to_owned()
    }

    /// Goes on with another database: the one that lies there now.
    fn reopen(&mut self) {
        self.world.crawler.store = Store::open(&self.database()).unwrap();
    }

    /// Closes the database: another one, in memory of nothing, takes its place.
    fn close(&mut self, folder: &Path) -> PathBuf {
        let database = self.database();
        self.world.crawler.store = Store::open(&folder.join("other.db")).unwrap();
        database
    }

    fn restore(&self, copy: &Path, database: &Path, newer: Newer) -> Result<Restored, Error> {
        restore(copy, database, newer, self.world.clock.now())
    }
}

fn rows(database: &Path, sql: &str) -> i64 {
    Connection::open(database).unwrap().query_row(sql, [], |row| row.get(0)).unwrap()
}

/// The drill of docs/operations.md.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_database_of_last_night_comes_back_and_no_mail_is_lost_or_repeated() {
    let mut desk = Desk::new().await;
    for name in ["Alfen", "Brodt", "Cirrus"] {
        desk.publish(name, true);
    }
    desk.crawl().await;
    assert_eq!(desk.send().await.sent, 3);
    desk.publish("Dorn", true);
    desk.crawl().await;

    // Last night: a copy is taken while the database is written. One mail waits in it.
    let folder = tempfile::tempdir().unwrap();
    let stop = CancellationToken::new();
    let load = {
        let (store, clock, stop) =
            (desk.world.crawler.store.clone(), desk.world.clock.clone(), stop.clone());
        async move {
            let mut beats = 0;
            while !stop.is_cancelled() {
                store.beat(clock.now()).await.unwrap();
                beats += 1;
            }
            beats
        }
    };
    let night = desk.world.clock.now();
    let copying = async {
        let copy = back_up(&desk.world.crawler.store, folder.path(), None, night).await.unwrap();
        stop.cancel();
        copy.copy
    };
    let (beats, copy) = tokio::join!(load, copying);
    assert!(0 < beats);
    assert_eq!(backups(folder.path()).unwrap(), std::slice::from_ref(&copy));
    assert_eq!(rows(&copy.path, "SELECT count(*) FROM article"), 4);

    // Today: that mail is sent, and three more articles come; the mail on the last one waits.
    desk.world.clock.advance(TimeDelta::hours(9));
    assert_eq!(desk.send().await.sent, 1);
    desk.publish("Eskel", true);
    desk.publish("Farn", true);
    desk.crawl().await;
    assert_eq!(desk.send().await.sent, 2);
    desk.publish("Gorm", true);
    desk.crawl().await;

    // Somebody wants last night's database back.
    let elsewhere = tempfile::tempdir().unwrap();
    let database = desk.close(elsewhere.path());
    let refused = desk.restore(&copy.path, &database, Newer::Keep).unwrap_err();
    assert!(matches!(refused, Error::Newer { .. }), "{refused}");
    let restored = desk.restore(&copy.path, &database, Newer::Replace).unwrap();
    let mails = restored.mails.unwrap();
    assert_eq!((mails.sent, mails.waiting), (3, 1));
    let kept = restored.kept.unwrap();
    assert_eq!(rows(&kept, "SELECT count(*) FROM article"), 7, "nothing is thrown away");
    assert_eq!(rows(&database, "SELECT count(*) FROM article"), 4);

    // What was lost with the day is found again, and nobody hears of it a second time.
    desk.world.crawler.store = Store::open(&database).unwrap();
    desk.crawl().await;
    desk.send().await;
    assert_eq!(rows(&database, "SELECT count(*) FROM article"), 7);
    let sent = desk.sent();
    assert_eq!(sent.len(), 7, "{sent:?}");
    assert!(sent.values().all(|times| *times == 1), "{sent:?}");
    desk.reopen();
    assert_eq!(desk.world.crawler.store.integrity().await.unwrap(), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_left_was_erased_or_bounced_since_the_copy_hears_nothing_after_a_restore() {
    let mut desk = Desk::new().await;
    let addresses =
        ["left@example.org", "gone@example.org", "cross@example.org", "erased@example.org"];
    for address in addresses {
        let store = &desk.world.crawler.store;
        let now = desk.world.clock.now();
        store.add_subscriber(address.parse().unwrap(), String::new(), now).await.unwrap();
    }
    desk.publish("Alfen", true);
    desk.crawl().await;
    assert_eq!(desk.send().await.sent, 5);
    desk.publish("Brodt", true);
    desk.crawl().await;
    let folder = tempfile::tempdir().unwrap();
    let now = desk.world.clock.now();
    let copy = back_up(&desk.world.crawler.store, folder.path(), None, now).await.unwrap().copy;

    desk.world.clock.advance(TimeDelta::hours(1));
    let (now, store) = (desk.world.clock.now(), desk.world.crawler.store.clone());
    assert!(store.remove_subscriber(addresses[0].parse().unwrap(), now).await.unwrap());
    let erased = store.subscriber_at(addresses[3].parse().unwrap()).await.unwrap().unwrap();
    assert!(store.erase_subscriber(erased.subscriber.id).await.unwrap());
    // Whoever comes next gets the free row, and must not be all that is known of it.
    let next: Email = "next@example.org".parse().unwrap();
    store.add_subscriber(next.clone(), String::new(), now).await.unwrap();
    let next = store.subscriber_at(next).await.unwrap().unwrap();
    assert_eq!(next.subscriber.id, erased.subscriber.id);
    assert!(store.erase_subscriber(next.subscriber.id).await.unwrap());
    for (address, fault) in [(addresses[1], Fault::Address), (addresses[2], Fault::Complaint)] {
        let sql = "SELECT message_id FROM delivery JOIN subscriber ON subscriber.id = subscriber
                   WHERE email = ?1 AND state = 'sent'";
        let message_id = Connection::open(desk.database())
            .unwrap()
            .query_row(sql, [address], |row| row.get(0))
            .unwrap();
        let (message_id, recipient) = (Some(message_id), Some(address.parse().unwrap()));
        let said = "no".to_owned();
        let bounce = Bounce { token: None, message_id, recipient, fault, said };
        assert_eq!(store.bounced(bounce, now).await.unwrap(), Noted::Suspended);
    }
    drop(store);
    let elsewhere = tempfile::tempdir().unwrap();
    let database = desk.close(elsewhere.path());
    desk.restore(&copy.path, &database, Newer::Replace).unwrap();
    let count = |sql| rows(&database, sql);
    assert_eq!(count("SELECT count(*) FROM subscriber"), 4);
    assert_eq!(count("SELECT count(*) FROM erased"), 2);
    assert_eq!(count("SELECT count(*) FROM subscriber WHERE left IS NOT NULL"), 1);
    assert_eq!(count("SELECT count(*) FROM subscriber WHERE suspended IS NOT NULL"), 2);
    assert_eq!(count("SELECT count(*) FROM subscriber WHERE complained IS NOT NULL"), 1);
    assert_eq!(count("SELECT count(*) FROM bounce"), 2);
    assert_eq!(count("SELECT count(*) FROM delivery WHERE state = 'waiting'"), 1);
    desk.world.crawler.store = Store::open(&database).unwrap();
    desk.publish("Cirrus", true);
    desk.crawl().await;
    assert_eq!(desk.send().await.sent, 2, "only whoever stayed");
    desk.reopen();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_destroyed_database_gives_way_and_repeats_at_most_the_mails_of_a_day() {
    let mut desk = Desk::new().await;
    desk.publish("Alfen", true);
    desk.crawl().await;
    desk.send().await;
    let folder = tempfile::tempdir().unwrap();
    let now = desk.world.clock.now();
    let copy = back_up(&desk.world.crawler.store, folder.path(), None, now).await.unwrap().copy;
    desk.publish("Brodt", true);
    desk.crawl().await;
    desk.send().await;
    let elsewhere = tempfile::tempdir().unwrap();
    let database = desk.close(elsewhere.path());
    // The connections close in their own time, and must not mend the ruin.
    let alone = || Connection::open(&database)?.execute_batch("PRAGMA journal_mode = DELETE");
    while alone().is_err() {
        tokio::task::yield_now().await;
    }
    fs::write(&database, vec![0x5a; 200_000]).unwrap();
    let restored = desk.restore(&copy.path, &database, Newer::Keep).unwrap();
    assert_eq!(restored.mails, None);
    assert_eq!(fs::read(restored.kept.unwrap()).unwrap().len(), 200_000);
    desk.world.crawler.store = Store::open(&database).unwrap();
    desk.crawl().await;
    desk.send().await;
    // The second mail went twice, as the same mail: a mailbox can tell.
    let times: Vec<usize> = desk.sent().into_values().collect();
    let times: BTreeSet<usize> = times.into_iter().collect();
    assert_eq!(times, BTreeSet::from([1, 2]));
    assert_eq!(desk.sent().len(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_no_whole_copy_is_refused_and_so_is_a_database_in_use() {
    let mut desk = Desk::new().await;
    desk.publish("Alfen", true);
    desk.crawl().await;
    let folder = tempfile::tempdir().unwrap();
    let now = desk.world.clock.now();
    let copy = back_up(&desk.world.crawler.store, folder.path(), None, now).await.unwrap().copy;
    let whole = fs::read(&copy.path).unwrap();
    let bad = folder.path().join("bad.db");
    for (name, bytes) in [
        ("cut off", &whole[..whole.len() / 2]),
        ("no database", b"hello".as_slice()),
        ("empty", b"".as_slice()),
    ] {
        fs::write(&bad, bytes).unwrap();
        let refused = desk.restore(&bad, &desk.database(), Newer::Replace).unwrap_err();
        assert!(matches!(refused, Error::Backup(..)), "{name}: {refused}");
    }
    let lock = desk.world.crawler.store.lock_crawl().await.unwrap();
    let refused = desk.restore(&copy.path, &desk.database(), Newer::Replace).unwrap_err();
    assert!(matches!(refused, Error::Locked(_)), "{refused}");
    drop(lock);
    // Nobody holds the lock, but somebody reads.
    let refused = desk.restore(&copy.path, &desk.database(), Newer::Replace).unwrap_err();
    assert!(refused.to_string().contains("another program has it open"), "{refused}");
    assert_eq!(rows(&desk.database(), "SELECT count(*) FROM article"), 1);
}

#[tokio::test]
async fn copies_rotate_and_a_failed_one_costs_no_older_one() {
    let desk = Desk::new().await;
    let folder = tempfile::tempdir().unwrap();
    let store = &desk.world.crawler.store;
    let rotation = Some(Rotation { daily: 2, weekly: 0 });
    for _ in 0..4 {
        desk.world.clock.advance(TimeDelta::days(1));
        back_up(store, folder.path(), rotation, desk.world.clock.now()).await.unwrap();
    }
    let taken = || backups(folder.path()).unwrap().into_iter().map(|copy| copy.taken);
    let now = desk.world.clock.now();
    assert_eq!(taken().collect::<Vec<_>>(), [now - TimeDelta::days(1), now]);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2, "nothing else lies there");
    let file = folder.path().join("file");
    fs::write(&file, "").unwrap();
    assert!(back_up(store, &file, rotation, now).await.is_err());
    assert_eq!(taken().count(), 2);
}

/// Everything of the present and of what is about sanctions stays; of the rest, what is old goes.
#[tokio::test]
async fn what_has_had_its_time_goes_and_what_can_be_cited_stays() {
    let mut desk = Desk::new().await;
    desk.publish("Alfen", true);
    desk.publish("Brodt", false);
    desk.publish("Cirrus", false);
    desk.crawl().await;
    desk.send().await;
    let store = desk.world.crawler.store.clone();
    // Brodt was judged wrongly, says a reader.
    let brodt = rows(store.path(), "SELECT id FROM article WHERE title LIKE 'Brodt%'");
    Connection::open(store.path())
        .unwrap()
        .execute("INSERT INTO feedback (article, relevant, given) VALUES (?1, 1, '')", [brodt])
        .unwrap();
    desk.world.clock.advance(TimeDelta::days(399));
    desk.publish("Dorn", false);
    desk.crawl().await;
    desk.world.clock.advance(TimeDelta::days(1));
    store.beat(desk.world.clock.now()).await.unwrap();
    let year = Some(TimeDelta::days(365));
    let keeper = |others: KeepOthers, sources: Vec<(String, KeepOthers)>| Housekeeper {
        store: store.clone(),
        clock: desk.world.clock.clone(),
        keep: Keep { others, sources, visits: year, mails: year, list_files: year },
        stop: CancellationToken::new(),
    };
    // Another time for this source: nothing of it goes.
    let all = KeepOthers { articles: year, snapshots: year, revisions: year };
    let id = desk.source.id.0.clone();
    let dropped =
        keeper(all, vec![(id.clone(), KeepOthers::default())]).keep_house().await.unwrap();
    assert_eq!((dropped.articles, dropped.snapshots), (0, 0), "{dropped:?}");
    assert_eq!((dropped.visits, dropped.mails), (1, 1), "{dropped:?}");
    // And the other way round: only of this source.
    let snapshots = KeepOthers { articles: None, ..all };
    let dropped = keeper(KeepOthers::default(), vec![(id, snapshots)]).keep_house().await.unwrap();
    assert_eq!((dropped.articles, dropped.snapshots), (0, 1), "{dropped:?}");
    let dropped = keeper(all, Vec::new()).keep_house().await.unwrap();
    assert_eq!(dropped.articles, 1, "{dropped:?}");

    let count = |sql: &str| rows(store.path(), sql);
    let titles = "SELECT group_concat(substr(title, 1, 5), ' ') FROM (SELECT title FROM article ORDER BY id)";
    let titles: String =
        Connection::open(store.path()).unwrap().query_row(titles, [], |row| row.get(0)).unwrap();
    assert_eq!(titles, "Brodt US im Dorn ");
    assert_eq!(count("SELECT count(*) FROM snapshot WHERE length(body) > 0"), 3);
    assert_eq!(count("SELECT count(*) FROM link"), 4, "what was read is not read again");
    assert_eq!(count("SELECT count(*) FROM delivery WHERE text = '' AND state = 'sent'"), 1);
    assert_eq!(count("SELECT sum(visits) FROM visit_tally"), 2, "their number stays");
    let found = store.search("library".to_owned(), sanctionwatch::store::Scope::All, 10).await;
    assert_eq!(found.unwrap().len(), 2, "the search forgets, too");
    assert_eq!(store.integrity().await.unwrap(), Vec::<String>::new());
    // What went does not come back: its link is done.
    desk.crawl().await;
    assert_eq!(count("SELECT count(*) FROM article"), 3);
    let figures = store.figures(desk.world.clock.now()).await.unwrap();
    assert_eq!((figures.articles, figures.relevant), (3, 1));
    assert!(store.is_looked_after(desk.world.clock.now()).await.unwrap());
}

#[tokio::test]
async fn a_clock_far_ahead_drops_nothing() {
    let mut desk = Desk::new().await;
    desk.publish("Alfen", false);
    desk.crawl().await;
    let all = Some(TimeDelta::days(200));
    let keeper = Housekeeper {
        store: desk.world.crawler.store.clone(),
        clock: desk.world.clock.clone(),
        keep: Keep {
            others: KeepOthers { articles: all, snapshots: all, revisions: all },
            visits: all,
            ..Keep::default()
        },
        stop: CancellationToken::new(),
    };
    // Nor if we were at work by the wrong time before anybody looked.
    for at_work in [false, true] {
        assert_eq!(keeper.keep_house().await.unwrap(), Default::default());
        let jump = TimeDelta::days(4_000);
        desk.world.clock.advance(jump);
        if at_work {
            desk.publish("Brodt", true);
            desk.crawl().await;
        }
        assert_eq!(keeper.keep_house().await.unwrap(), Default::default(), "{at_work}");
        desk.world.clock.advance(-jump);
    }
    assert_eq!(desk.world.articles().await.len(), 2);
}

/// A caretaker for the world, with an operator.
pub(crate) fn caretaker(world: &World) -> Caretaker {
    Caretaker {
        store: world.crawler.store.clone(),
        clock: world.clock.clone(),
        bounds: Bounds {
            remind: TimeDelta::days(7),
            mail_waits: TimeDelta::hours(6),
            disk_free: 0,
            backups: None,
        },
        operator: Some("ops@example.org".parse().unwrap()),
        sender: "alerts@example.org".parse().unwrap(),
        mail_waiting: Arc::new(Notify::new()),
        stop: CancellationToken::new(),
    }
}

/// Subjects of the operator's mails, in order.
pub(crate) fn notices(world: &World) -> Vec<String> {
    let connection = Connection::open(world.crawler.store.path()).unwrap();
    let mut statement = connection
        .prepare("SELECT subject FROM delivery WHERE cause LIKE 'notice:%' ORDER BY id")
        .unwrap();
    statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
}

/// Each way a site can fail ends in one mail when it is sure, and one when it is over.
#[tokio::test]
async fn sources_that_fall_sick_are_one_mail_and_one_when_they_are_well() {
    let web = Web::start().await;
    let feed = |path: &str| {
        format!(
            "<rss version=\"2.0\"><channel><title>t</title><item><title>a</title><link>{}</link></item>\
             </channel></rss>",
            web.url(path)
        )
    };
    web.feed("/empty", "<rss version=\"2.0\"><channel><title>t</title></channel></rss>")
        .page("/html", "text/html", "<html><body>We have a new site</body></html>")
        .answer("/blocked", Response::status(403))
        .answer("/gone", Response::status(410))
        .feed("/well", feed("/article"));
    let world = World::new().await;
    let ids = ["empty", "html", "blocked", "gone", "well"];
    let sources: Vec<Arc<Source>> =
        ids.iter().map(|id| source(id, ListingKind::Feed, web.url(&format!("/{id}")))).collect();
    let store = &world.crawler.store;
    let mut caretaker = caretaker(&world);
    // Nobody sends mails here.
    caretaker.bounds.mail_waits = TimeDelta::days(365);
    let day = async |looks: usize| {
        for _ in 0..looks {
            world.crawl(&sources).await;
            store
                .watch_only(sources.iter().map(|source| source.id.0.clone()).collect())
                .await
                .unwrap();
            for _ in 0..12 {
                caretaker.look(None).await.unwrap();
                world.clock.advance(TimeDelta::minutes(10));
            }
        }
    };
    day(3).await;
    assert!(notices(&world).is_empty(), "not sure yet: {:?}", notices(&world));
    day(9).await;
    let told = notices(&world);
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].contains("needs a hand") && told[0].ends_with("and 3 more"), "{told:?}");
    let known = store.troubles().await.unwrap();
    assert_eq!(known.len(), 4, "{known:?}");
    assert!(known.iter().all(|known| known.trouble.detail.contains("to do: ")), "{known:?}");

    for path in ["/empty", "/html", "/blocked", "/gone"] {
        web.feed(path, feed("/article"));
    }
    day(6).await;
    let told = notices(&world);
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(told[1].contains("is well again") && told[1].ends_with("and 3 more"), "{told:?}");
    assert!(store.troubles().await.unwrap().is_empty());
}

#[tokio::test]
async fn the_operator_is_no_subscriber_and_gets_notices_all_the_same() {
    let mut desk = Desk::new().await;
    let mut caretaker = caretaker(&desk.world);
    caretaker.bounds.disk_free = u64::MAX;
    for _ in 0..4 {
        caretaker.look(None).await.unwrap();
        desk.world.clock.advance(TimeDelta::minutes(5));
    }
    assert_eq!(notices(&desk.world), ["sanctionwatch needs a hand: the disk is nearly full"]);
    desk.publish("Alfen", true);
    desk.crawl().await;
    desk.send().await;
    let to: Vec<String> = desk
        .letters
        .mails()
        .iter()
        .map(|letter| {
            let mail = mail_parser::MessageParser::default().parse(letter).unwrap();
            mail.to().unwrap().first().unwrap().address().unwrap().to_owned()
        })
        .collect();
    assert_eq!(to, ["ops@example.org", "ada@example.org"]);
    assert_eq!(desk.world.crawler.store.subscribers().await.unwrap().len(), 1);
}

/// `check` reads an operator's own source against the page beside it.
#[test]
fn check_holds_own_sources_against_the_pages_beside_them() {
    let folder = tempfile::tempdir().unwrap();
    let own = folder.path().join("selectors/us");
    fs::create_dir_all(own.join("agency")).unwrap();
    fs::write(
        own.join("agency.toml"),
        "title = \"Agency\"\nkind = \"government\"\ncountry = \"us\"\nlanguage = \"en\"\n\
         [[listing]]\nkind = \"index\"\nurl = \"https://agency.example/news\"\nselector = \"li a\"\n\
         [recipe]\ntitle = \"h1.headline\"\n[expectation]\n",
    )
    .unwrap();
    let settings = folder.path().join("settings.toml");
    fs::write(
        &settings,
        "state = \"state\"\n[crawl]\ncatalogue = false\nselectors = \"selectors\"\n",
    )
    .unwrap();
    let check = || {
        let mut command = Command::new(env!("CARGO_BIN_EXE_sanctionwatch"));
        command.args(["check", "--offline", "--config"]).arg(&settings);
        let output = command.output().unwrap();
        (output.status.code(), String::from_utf8_lossy(&output.stdout).into_owned())
    };
    let listing = own.join("agency/listing.html");
    fs::write(&listing, "<ul><li><a href=\"/news/a\">A notice</a></li></ul>").unwrap();
    let (code, said) = check();
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("us/agency reads the pages beside it"), "{said}");
    fs::write(&listing, "<p>We have a new site</p>").unwrap();
    fs::write(own.join("agency/article.html"), "<h1>A notice</h1><p>Short.</p>").unwrap();
    let (code, said) = check();
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("us/agency: listing:") && said.contains("lists nothing"), "{said}");
    assert!(said.contains("\"h1.headline\" finds nothing"), "{said}");
}
