//! Official acts ahead of their lists: an office's notice lists parties, stories and mails say that the
//! list lacks them and for how long, until an edition names them.

use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use sanctionwatch::fetch::Limits;
use sanctionwatch::interests;
use sanctionwatch::jobs::compose_digests::Composer;
use sanctionwatch::jobs::sync_lists::{ListSync, Look};
use sanctionwatch::lists::{Bounds, Format, ListSource, Location};
use sanctionwatch::model::act::Ahead;
use sanctionwatch::model::interest::Interest;
use sanctionwatch::model::source::{ListingKind, Source, SourceKind};
use sanctionwatch::store::SubscriptionRequest;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::crawl::{World, feed, source};
use crate::support::web::Web;

const NOTICE: [&str; 8] = [
    "Today the U.S. Department of the Treasury's Office of Foreign Assets Control (OFAC) designated \
     Calvenna Shipping and its owner Pavel Orlanta pursuant to Executive Order 14024 for moving oil \
     through Dornik above the price cap.",
    "OFAC also identified the Lommel Star and the Harvik Dawn as property in which Calvenna Shipping \
     has an interest. All property and interests in property of these persons are blocked.",
    "The following individual has been added to OFAC's SDN List:",
    "ORLANTA, Pavel (Cyrillic: ОРЛАНТА, Павел), Dornik; DOB 1971 (individual) [RUSSIA-EO14024].",
    "The following entities have been added to OFAC's SDN List:",
    "CALVENNA SHIPPING (a.k.a. \"CS\"), Dornik; Organization Established Date 2019 [RUSSIA-EO14024] \
     (Linked To: ORLANTA, Pavel).",
    "ORSK LLC, Orsk, Russia [RUSSIA-EO14024].",
    "The following deletions have been made to OFAC's SDN List:",
];

const REPORT: [&str; 2] = [
    "Calvenna Shipping carried a fifth of what left Dornik, so the sanctions that the United States \
     imposed on the company and on Pavel Orlanta on Monday reach every office at the port.",
    "Brokers expect that the Lommel Star and the Harvik Dawn will change their names. The Treasury \
     froze the assets of Calvenna under Executive Order 14024 and Executive Order 13662.",
];

struct Desk {
    web: Web,
    world: World,
    sync: ListSync,
}

impl Desk {
    async fn open() -> Self {
        let world = World::new().await;
        let sync = ListSync {
            store: world.crawler.store.clone(),
            limits: Limits {
                delay: Duration::ZERO,
                idle: Duration::from_secs(3),
                allow_private: vec!["127.0.0.1".to_owned()],
                ..Limits::default()
            },
            clock: world.clock.clone(),
            sender: "alerts@example.org".parse().unwrap(),
            links: None,
            mail_waiting: Arc::new(Notify::new()),
            stop: CancellationToken::new(),
        };
        Self { web: Web::start().await, world, sync }
    }

    /// Takes an edition of OFAC's list over that names these organisations.
    async fn list(&self, names: &[&str]) {
        let nothing = ",-0- ".repeat(8);
        let row = |(at, name): (usize, &&str)| {
            format!("{},\"{name}\",-0- ,\"RUSSIA-EO14024\"{nothing}\r\n", at + 1)
        };
        let rows: String = names.iter().enumerate().map(row).collect();
        self.web.page("/sdn.csv", "text/csv", rows + "\u{1a}");
        let list = ListSource {
            id: "ofac-sdn".to_owned(),
            title: "SDN".to_owned(),
            format: Format::OfacCsv,
            location: Location::Files(vec![self.web.url("/sdn.csv")]),
            bounds: Bounds { minimum: 1, shrink: 90.0 },
            body_limit: 1 << 20,
            every: Duration::from_secs(3600),
        };
        let look = self.sync.look(&list).await.unwrap();
        assert!(matches!(look, Look::Taken { .. }), "{look:?}");
    }

    async fn publish(&self, slug: &str, kind: SourceKind, title: &str, paragraphs: &[&str]) {
        let path = format!("/{slug}/page");
        let day = self.world.clock.now().date_naive();
        let text: String = paragraphs.iter().map(|text| format!("<p>{text}</p>")).collect();
        let html = format!(
            "<!doctype html><html lang=en><head><title>{title}</title>\
             <meta property=\"article:published_time\" content=\"{day}\"></head><body><article>\
             <h1>{title}</h1>{text}</article></body></html>"
        );
        self.web.page(&path, "text/html; charset=utf-8", html);
        self.web.feed(&format!("/{slug}/feed"), feed(&[self.web.url(&path)]));
        let source = source(slug, ListingKind::Feed, self.web.url(&format!("/{slug}/feed")));
        self.world.crawl(&[Arc::new(Source { kind, ..(*source).clone() })]).await;
    }

    async fn publish_notice(&self) {
        let title = "Treasury Sanctions Calvenna Shipping for Evading the Oil Price Cap";
        self.publish("office", SourceKind::Government, title, &NOTICE).await;
    }

    /// The mails that wait, each on one line; they are sent then.
    async fn mails(&self) -> Vec<String> {
        let (store, now) = (&self.world.crawler.store, self.world.clock.now());
        let domains = vec!["example.org".to_owned(); 100];
        let mut mails = Vec::new();
        for claimed in store.claim_messages(now, TimeDelta::minutes(1), domains).await.unwrap() {
            store.message_sent(claimed.id, now, "250 ok").await.unwrap();
            mails.push(one_line(&claimed.message.text));
        }
        mails
    }

    /// What the story of the first article says of its act.
    async fn said(&self) -> Vec<String> {
        let (store, now) = (&self.world.crawler.store, self.world.clock.now());
        let of_article = store.ahead_of_lists(1, now).await.unwrap();
        assert_eq!(of_article, store.ahead_in_story(1, now).await.unwrap());
        of_article.iter().map(Ahead::in_words).collect()
    }
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[tokio::test]
async fn stories_and_mails_say_whom_the_list_lacks_and_since_when() {
    let desk = Desk::open().await;
    let store = &desk.world.crawler.store;
    let request = SubscriptionRequest {
        email: "ben@example.org".parse().unwrap(),
        name: String::new(),
        zone: "UTC".parse().unwrap(),
        interests: vec![Interest {
            id: 0,
            name: "Daily".to_owned(),
            criteria: interests::criteria("").unwrap(),
            cadence: interests::cadence("daily 07:30").unwrap(),
        }],
    };
    let now = desk.world.clock.now();
    let ben = store.ask_subscription(request, now).await.unwrap().subscriber.id;
    assert!(store.confirm_subscription(ben, now, now).await.unwrap());

    desk.list(&["ORSK LLC", "TARN BANK"]).await;
    desk.publish_notice().await;
    let mails = desk.mails().await;
    // Who is on the list already is not missed there.
    let today = "In OFAC's notice today, not yet in the list: Pavel ORLANTA; CALVENNA SHIPPING";
    assert!(mails[0].contains(&format!("{today} ")), "{mails:?}");
    assert!(!mails[0].contains("ORSK LLC;"), "{mails:?}");

    desk.world.clock.advance(TimeDelta::days(1));
    let waiting =
        "In OFAC's notice for 1 day, not yet in the list: CALVENNA SHIPPING; Pavel ORLANTA";
    assert_eq!(desk.said().await, [waiting]);
    let title = "What the sanctions on Calvenna Shipping mean for Dornik";
    desk.publish("weekly", SourceKind::News, title, &REPORT).await;
    let mails = desk.mails().await;
    assert!(mails[0].contains("E.O. 13662"), "{mails:?}");
    assert!(mails[0].contains(waiting), "{mails:?}");
    let composer = Composer::new(&desk.world.crawler, &[], &[]);
    let digest = composer.preview(ben).await.unwrap().unwrap();
    assert!(one_line(&digest.text).contains(waiting), "{}", digest.text);

    desk.world.clock.advance(TimeDelta::days(2));
    desk.list(&["ORSK LLC", "TARN BANK", "Calvenna Shipping OOO"]).await;
    assert_eq!(
        desk.said().await,
        [
            "In OFAC's notice for 3 days, not yet in the list: Pavel ORLANTA",
            "In OFAC's notice 3 days before the list: CALVENNA SHIPPING",
        ]
    );
    // A list that nobody has looked at since then may name everybody.
    desk.world.clock.advance(TimeDelta::days(3));
    assert_eq!(desk.said().await, ["In OFAC's notice 3 days before the list: CALVENNA SHIPPING"]);
}

#[tokio::test]
async fn nothing_is_said_of_a_list_that_is_not_followed() {
    let desk = Desk::open().await;
    desk.publish_notice().await;
    let mails = desk.mails().await;
    assert!(
        mails[0].contains("Calvenna") && !mails[0].contains("not yet in the list"),
        "{mails:?}"
    );
    assert_eq!(desk.said().await, [""; 0]);
    // Its first edition does not say since when it names somebody.
    desk.world.clock.advance(TimeDelta::days(2));
    desk.list(&["CALVENNA SHIPPING"]).await;
    assert_eq!(
        desk.said().await,
        ["In OFAC's notice for 2 days, not yet in the list: ORSK LLC; Pavel ORLANTA"]
    );
}
