//! Official lists from the web into the store: editions, refusals, changes, mails, and the commands.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};
use std::sync::Arc;
use std::time::Duration;

use sanctionwatch::clock::Clock;
use sanctionwatch::fetch::Limits;
use sanctionwatch::jobs::sync_lists::{ListSync, Look};
use sanctionwatch::lists::{Bounds, Format, ListSource, Location};
use sanctionwatch::store::Store;
use tempfile::TempDir;
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::support::web::{Response, Web};

struct World {
    sync: ListSync,
    web: Web,
    _folder: TempDir,
}

impl World {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("world.db")).unwrap();
        let clock = Clock::fixed("2026-03-02T08:00:00Z".parse().unwrap());
        store
            .add_subscriber("ada@example.org".parse().unwrap(), String::new(), clock.now())
            .await
            .unwrap();
        let limits = Limits {
            delay: Duration::ZERO,
            idle: Duration::from_secs(3),
            allow_private: vec!["127.0.0.1".to_owned()],
            ..Limits::default()
        };
        let sync = ListSync {
            store,
            limits,
            clock,
            sender: "alerts@example.org".parse().unwrap(),
            links: None,
            mail_waiting: Arc::new(Notify::new()),
            stop: CancellationToken::new(),
        };
        Self { sync, web: Web::start().await, _folder: folder }
    }

    fn list(&self) -> ListSource {
        ListSource {
            id: "un-sc".to_owned(),
            title: "UN list".to_owned(),
            format: Format::UnXml,
            location: Location::Files(vec![self.web.url("/un.xml")]),
            bounds: Bounds { minimum: 2, shrink: 40.0 },
            body_limit: 1 << 20,
            every: Duration::from_secs(3600),
        }
    }

    async fn mails(&self) -> usize {
        self.sync.store.outbox().await.unwrap().waiting
    }

    async fn in_force(&self) -> Vec<String> {
        let known = self.sync.store.designations_in_force().await.unwrap();
        known.into_iter().map(|known| known.party.id).collect()
    }
}

/// An edition with a party for each number and programme.
fn edition(parties: &[(&str, &str)]) -> String {
    let entity = |(number, programme): &(&str, &str)| {
        format!(
            "<ENTITY><DATAID>1</DATAID><FIRST_NAME>ROTA {number}</FIRST_NAME>\
             <UN_LIST_TYPE>{programme}</UN_LIST_TYPE><REFERENCE_NUMBER>{number}</REFERENCE_NUMBER>\
             <LISTED_ON>2017-06-02</LISTED_ON></ENTITY>"
        )
    };
    let entities: String = parties.iter().map(entity).collect();
    format!("<CONSOLIDATED_LIST><ENTITIES>{entities}</ENTITIES></CONSOLIDATED_LIST>")
}

fn xml(body: impl Into<Vec<u8>>, tag: &str) -> Response {
    Response::page("text/xml", body).header("ETag", tag)
}

#[tokio::test]
async fn editions_follow_each_other_and_bad_ones_are_refused() {
    let world = World::new().await;
    let list = world.list();
    let store = &world.sync.store;
    let first = edition(&[("A.1", "DPRK"), ("A.2", "DPRK"), ("A.3", "DRC")]);
    let second = edition(&[("A.1", "DPRK"), ("A.2", "MALI"), ("A.4", "DRC")]);
    world.web.page("/robots.txt", "text/plain", "User-agent: *\nDisallow: /\n");

    world.web.answer("/un.xml", xml(first.clone(), "\"1\""));
    let Look::Taken { edition, messages } = world.sync.look(&list).await.unwrap() else {
        panic!("the first edition is taken");
    };
    // Nobody is told of a list that was there before us.
    assert_eq!((edition.parties, edition.added, messages), (3, 3, 0));
    assert_eq!(world.sync.look(&list).await.unwrap(), Look::Unchanged);
    // The same bytes with another tag are the same edition.
    world.web.answer("/un.xml", xml(first.clone(), "\"2\""));
    assert_eq!(world.sync.look(&list).await.unwrap(), Look::Unchanged);
    assert_eq!(world.mails().await, 0);

    let bad = [
        (second[..second.len() - 9].to_owned(), "is not a whole un-xml file"),
        (self::edition(&[("A.1", "DPRK")]), "fewer than the 2 it must have"),
        ("<html><body>Sorry</body></html>".to_owned(), "names no party at all"),
        ("x".repeat(2 << 20), "is larger than 1048576 bytes"),
    ];
    for (body, expected) in bad {
        world.web.answer("/un.xml", xml(body, "\"3\""));
        let Look::Refused { why } = world.sync.look(&list).await.unwrap() else {
            panic!("{expected}: it is refused");
        };
        assert!(why.contains(expected), "{why}");
        assert_eq!(world.in_force().await, ["A.1", "A.2", "A.3"]);
        let state = &store.list_states().await.unwrap()[0];
        assert_eq!(state.refusal.as_ref().unwrap().why, why);
    }

    world.web.answer("/un.xml", xml(second, "\"4\""));
    let Look::Taken { edition, messages } = world.sync.look(&list).await.unwrap() else {
        panic!("the second edition is taken");
    };
    let counts = (edition.parties, edition.added, edition.amended, edition.removed, messages);
    assert_eq!(counts, (3, 1, 1, 1, 1));
    assert_eq!(world.mails().await, 1);
    assert_eq!(world.in_force().await, ["A.1", "A.2", "A.4"]);
    let gone = store.designations_numbered("A.3".to_owned()).await.unwrap();
    assert_eq!(gone[0].removed_on, Some(world.sync.clock.now()));
    let amended = store.changes_of("A.2".to_owned()).await.unwrap();
    assert_eq!(amended[0].change.kind.name(), "amended");
    let state = &store.list_states().await.unwrap()[0];
    assert_eq!((state.editions, &state.refusal), (2, &None));
    assert_eq!(world.web.asked("/robots.txt"), 0);

    // Who comes back is in force again.
    world.web.answer("/un.xml", xml(first, "\"5\""));
    assert!(matches!(world.sync.look(&list).await.unwrap(), Look::Taken { .. }));
    assert_eq!(world.in_force().await, ["A.1", "A.2", "A.3"]);
}

#[tokio::test]
async fn a_list_that_shrank_too_far_is_refused() {
    let world = World::new().await;
    let list = world.list();
    let numbers: Vec<String> = (0..10).map(|n| format!("A.{n}")).collect();
    let parties: Vec<(&str, &str)> = numbers.iter().map(|it| (it.as_str(), "DRC")).collect();
    world.web.page("/un.xml", "text/xml", edition(&parties));
    assert!(matches!(world.sync.look(&list).await.unwrap(), Look::Taken { .. }));
    world.web.page("/un.xml", "text/xml", edition(&parties[..5]));
    let Look::Refused { why } = world.sync.look(&list).await.unwrap() else {
        panic!("half a list is refused");
    };
    assert!(why.contains("50.0 % went, and the limit is 40 %"), "{why}");
    assert_eq!(world.in_force().await.len(), 10);
}

#[tokio::test]
async fn the_file_of_a_list_is_found_on_its_page() {
    let world = World::new().await;
    let location =
        Location::Page { url: world.web.url("/page"), selector: "a[href$='.xml']".to_owned() };
    let list = ListSource { location, ..world.list() };
    let html =
        "<html><body><a href='/a.csv'>CSV</a> <a href='/media/77/un.xml'>XML</a></body></html>";
    world.web.page("/page", "text/html", html);
    world.web.page("/media/77/un.xml", "text/xml", edition(&[("A.1", "DRC"), ("A.2", "DRC")]));
    assert!(matches!(world.sync.look(&list).await.unwrap(), Look::Taken { .. }));
}

#[tokio::test]
async fn the_service_looks_when_a_list_is_due_and_stops_at_once() {
    let world = World::new().await;
    world.web.page("/un.xml", "text/xml", edition(&[("A.1", "DRC"), ("A.2", "DRC")]));
    let list = world.list();
    let due = world.sync.clock.now();
    world.sync.store.register_lists(vec![(list.id.clone(), due)]).await.unwrap();
    let mut running = JoinSet::new();
    running.spawn(world.sync.clone().run(vec![list]));
    while world.in_force().await.is_empty() {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    world.sync.stop.cancel();
    running.join_next().await.unwrap().unwrap().unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_commands_show_what_was_fetched() {
    let web = Web::start().await;
    let folder = tempfile::tempdir().unwrap();
    let lists = format!(
        "[[list]]\nid = \"harbour\"\ntitle = \"Harbour list\"\nformat = \"un-xml\"\nminimum = 1\n\
         shrink = 10\nfiles = [\"{}\"]\n",
        web.url("/un.xml")
    );
    fs::write(folder.path().join("lists.toml"), lists).unwrap();
    let settings = "state = \"state\"\n[fetch]\ndelay = \"0s\"\nallow_private = [\"127.0.0.1\"]\n\
                    [lists]\nfile = \"lists.toml\"\n";
    let file = folder.path().join("settings.toml");
    fs::write(&file, settings).unwrap();

    web.page("/un.xml", "text/xml", edition(&[("A.1", "DRC"), ("A.2", "DRC")]));
    let told = |arguments: &[&str], code: i32| {
        let ran = list(&file, arguments);
        let error = String::from_utf8_lossy(&ran.stderr).into_owned();
        assert_eq!(ran.status.code(), Some(code), "{arguments:?}: {error}");
        String::from_utf8(ran.stdout).unwrap() + &error
    };
    assert!(told(&["search", "rota"], 2).contains("no list was fetched yet"));
    assert!(told(&["sync", "harbor"], 2).contains("did you mean \"harbour\"?"));
    assert!(told(&["sync", "harbour"], 0).contains("2 parties, 2 added"));
    assert!(told(&["sync", "harbour"], 0).contains("unchanged"));
    web.page("/un.xml", "text/xml", edition(&[("A.1", "DRC")]));
    assert!(told(&["sync", "harbour"], 1).contains("refused"));
    let status = told(&["status"], 1);
    assert!(status.contains("harbour") && status.contains("the limit is 10 %"), "{status}");
    assert!(told(&["sync", "harbour", "--shrink", "60"], 0).contains("1 removed"));
    assert!(told(&["search", "rota", "a.1"], 0).contains("ROTA A.1"));
    assert!(!told(&["search", "rota"], 0).contains("ROTA A.2"));
    assert!(told(&["search", "rota", "--removed"], 0).contains("(removed)"));
    assert_eq!(told(&["search", "nobody"], 1), "");
    let shown = told(&["show", "A.2"], 0);
    assert!(shown.contains("ROTA A.2") && shown.contains("removed"), "{shown}");
    assert!(told(&["show", "Z.9"], 2).contains("no party has the number"));
    let changes = told(&["changes", "harbour"], 0);
    assert!(
        changes.contains("\"change\":\"removed\",\"list\":\"harbour\",\"id\":\"A.2\""),
        "{changes}"
    );
}

fn list(settings: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_sanctionwatch"))
        .arg("list")
        .args(arguments)
        .arg("--config")
        .arg(settings)
        .output()
        .unwrap()
}
