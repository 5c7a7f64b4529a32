//! One event, one story, one alert: reports join as they arrive, the office's own document leads, what
//! brings nothing new is held back with its reason, and an operator's word on what belongs together
//! holds.

use std::sync::Arc;

use chrono::TimeDelta;
use sanctionwatch::model::source::{ListingKind, Source, SourceKind};
use sanctionwatch::model::subscriber::Message;
use sanctionwatch::store::{Merger, StoryView};

use crate::crawl::{World, feed, source};
use crate::rescreen::{party, take};
use crate::support::web::Web;

/// The slug of its source, the headline, and the paragraphs.
type Text = (&'static str, &'static str, &'static [&'static str]);

const AGENCY: Text = (
    "agency",
    "US sanctions Calvenna Shipping over oil moved through Dornik",
    &[
        "WASHINGTON - The United States imposed sanctions on Calvenna Shipping on Monday, saying the \
         company and its owner Pavel Orlanta moved oil above the price cap through the port of Dornik.",
        "The Treasury froze all assets of Calvenna Shipping in the country. Three of its tankers were \
         named as well: the Lommel Star, the Harvik Dawn and the Eskholm Pride.",
        "Orlanta, who founded Calvenna in 2019, could not be reached at the company's office in Dornik.",
    ],
);

const PAPER: Text = (
    "paper",
    "Owner of Dornik tankers blacklisted by Washington",
    &[
        "Pavel Orlanta built Calvenna Shipping with two old tankers. On Monday he and the company were \
         put under sanctions by the United States, which accuses them of carrying oil above the cap.",
        "People on the quays of Dornik know the Lommel Star and the Harvik Dawn, two of the ships that \
         the Treasury lists. Nobody at Calvenna wanted to speak about the frozen assets.",
    ],
);

const RELEASE: Text = (
    "office",
    "Treasury Sanctions Calvenna Shipping for Evading the Oil Price Cap",
    &[
        "Today the U.S. Department of the Treasury's Office of Foreign Assets Control (OFAC) designated \
         Calvenna Shipping and its owner Pavel Orlanta pursuant to Executive Order 14024 for moving oil \
         through Dornik above the price cap.",
        "OFAC also identified the Lommel Star, the Harvik Dawn and the Eskholm Pride as property in \
         which Calvenna Shipping has an interest.",
        "All property and interests in property of the designated persons in the United States are \
         blocked and must be reported to OFAC.",
    ],
);

const ANALYSIS: Text = (
    "weekly",
    "What the sanctions on Calvenna Shipping mean for Dornik",
    &[
        "Calvenna Shipping carried a fifth of what left Dornik, so the sanctions that the United States \
         imposed on the company and on Pavel Orlanta on Monday reach every office at the port.",
        "Brokers expect that the Lommel Star and the Harvik Dawn will change their names. The Treasury \
         froze the assets of Calvenna under Executive Order 14024.",
    ],
);

const NOTICE: Text = (
    "gazette",
    "Notice of OFAC Sanctions Actions",
    &[
        "The U.S. Department of the Treasury's Office of Foreign Assets Control is publishing the names of \
         one person and one entity that have been placed on the list of Specially Designated Nationals \
         pursuant to Executive Order 14024.",
        "1. ORLANTA, Pavel, Dornik; born 1971. 2. CALVENNA SHIPPING, Dornik. Vessels: LOMMEL STAR, \
         HARVIK DAWN, ESKHOLM PRIDE.",
        "All property and interests in property of these persons are blocked.",
    ],
);

const OTHER: Text = (
    "north",
    "Ottawa freezes assets of timber house Arlund Brothers",
    &[
        "Canada imposed sanctions on Arlund Brothers on Monday and froze the assets of the timber house, \
         which the foreign ministry says sold birch from occupied forests.",
        "Greta Arlund, who runs the house from Gelmouth, called the freeze a mistake.",
    ],
);

/// Publishes texts one after the other, half an hour apart, and crawls after each.
struct Press {
    web: Web,
    world: World,
}

impl Press {
    async fn open() -> Self {
        Self { web: Web::start().await, world: World::new().await }
    }

    async fn publish(&self, (slug, title, paragraphs): Text) {
        let path = format!("/{slug}/story");
        let text: String = paragraphs.iter().map(|text| format!("<p>{text}</p>")).collect();
        let html = format!(
            "<!doctype html><html lang=en><head><title>{title}</title></head><body><article>\
             <h1>{title}</h1>{text}</article></body></html>"
        );
        self.web.page(&path, "text/html; charset=utf-8", html);
        self.web.feed(&format!("/{slug}/feed"), feed(&[self.web.url(&path)]));
        let source = source(slug, ListingKind::Feed, self.web.url(&format!("/{slug}/feed")));
        let kind = if matches!(slug, "office" | "gazette") {
            SourceKind::Government
        } else {
            SourceKind::News
        };
        self.world.crawl(&[Arc::new(Source { kind, ..(*source).clone() })]).await;
        self.world.clock.advance(TimeDelta::minutes(30));
    }

    async fn publish_all(&self, texts: &[Text]) {
        for text in texts {
            self.publish(*text).await;
        }
    }

    /// Every message that waits, oldest first.
    async fn mails(&self) -> Vec<Message> {
        let (store, now) = (&self.world.crawler.store, self.world.clock.now());
        let domains = vec!["example.org".to_owned(); 100];
        let claimed = store.claim_messages(now, TimeDelta::milliseconds(1), domains).await.unwrap();
        claimed.into_iter().map(|claimed| claimed.message).collect()
    }

    /// The stories, each as its sources, the one that leads first; the earliest story first.
    async fn stories(&self) -> Vec<Vec<String>> {
        let mut told: Vec<Vec<String>> = Vec::new();
        for story in self.views().await {
            let slug = |source: &str| source.trim_start_matches("int/").to_owned();
            told.push(story.tellings.iter().map(|it| slug(&it.source)).collect());
        }
        told
    }

    async fn views(&self) -> Vec<StoryView> {
        let store = &self.world.crawler.store;
        let mut ids: Vec<i64> = store
            .stories(self.world.clock.now() - TimeDelta::days(30), 100)
            .await
            .unwrap()
            .into_iter()
            .map(|story| story.id)
            .collect();
        ids.sort_unstable();
        let mut views = Vec::new();
        for id in ids {
            views.push(store.story(id).await.unwrap().unwrap());
        }
        views
    }

    async fn article_of(&self, slug: &str) -> i64 {
        let articles = self.world.articles().await;
        articles.iter().find(|it| it.source.0 == format!("int/{slug}")).unwrap().id
    }

    async fn settle(&self) -> usize {
        self.world.crawler.story_settling().once().await.unwrap()
    }
}

#[tokio::test]
async fn an_event_is_one_story_led_by_the_office_and_told_once() {
    let press = Press::open().await;
    press.publish_all(&[AGENCY, PAPER, OTHER, RELEASE, ANALYSIS]).await;
    let mut copy = AGENCY;
    copy.0 = "mirror";
    press.publish(copy).await;
    press.world.clock.advance(TimeDelta::hours(20));
    press.publish(NOTICE).await;
    assert_eq!(
        press.stories().await,
        [vec!["office", "agency", "paper", "weekly", "gazette", "mirror"], vec!["north"]]
    );
    let mails = press.mails().await;
    let subjects: Vec<&str> = mails.iter().map(|mail| mail.subject.as_str()).collect();
    assert_eq!(mails.len(), 3, "{subjects:?}");
    let (first, other, update) = (&mails[0], &mails[1], &mails[2]);
    assert!(first.subject.contains("US sanctions Calvenna"), "{subjects:?}");
    assert_eq!((&first.follows, &other.follows), (&None, &None));
    // The release follows the first mail and says what it brings and who told it before.
    assert_eq!(update.follows.as_ref(), Some(&first.message_id));
    assert!(update.subject.starts_with("Update: Treasury Sanctions"), "{subjects:?}");
    for part in [&update.text, &update.html] {
        for words in ["first official document", "E.O. 14024", "Also reported by", PAPER.1] {
            assert!(part.contains(words), "no {words:?} in {part}");
        }
    }
    // The others brought nothing, and that is kept.
    let story = &press.views().await[0];
    let held: Vec<i64> = story.held_back.iter().map(|it| it.article).collect();
    let mut expected = Vec::new();
    for slug in ["paper", "weekly", "gazette"] {
        expected.push(press.article_of(slug).await);
    }
    assert_eq!(held, expected);
    assert!(story.held_back.iter().all(|it| it.readers == 1 && it.reason.contains("told before")));
    assert!(story.instruments.contains(&"E.O. 14024".to_owned()), "{:?}", story.instruments);
}

#[tokio::test]
async fn a_form_with_other_names_is_told_again() {
    let press = Press::open().await;
    let filled = [
        ("Ottokar Brenn", "Brenn Metals of Kestrin"),
        ("Sunniva Hallek", "Hallek Fertiliser of Farrow"),
    ];
    for (number, (owner, company)) in filled.into_iter().enumerate() {
        let slug: &'static str = ["first", "second"][number];
        let title = format!("Sanctions on {company}").leak();
        let text = format!(
            "The ministry has imposed sanctions on {company} and its owner {owner}. All funds and \
             economic resources of {company} are frozen. It is forbidden to make funds available to \
             {owner}. Banks must report what they hold within ten days, and may write to the office \
             with questions about the notice."
        )
        .leak();
        press.publish((slug, title, vec![&*text].leak())).await;
    }
    assert_eq!(press.stories().await, [["first"], ["second"]]);
    assert_eq!(press.mails().await.len(), 2);
    assert_eq!(press.settle().await, 0);
}

#[tokio::test]
async fn an_operator_parts_and_joins_and_what_comes_later_follows() {
    let press = Press::open().await;
    press.publish_all(&[AGENCY, PAPER, OTHER]).await;
    let store = &press.world.crawler.store;
    let now = press.world.clock.now();
    let whole = press.views().await[0].id;
    let (agency, paper) = (press.article_of("agency").await, press.article_of("paper").await);
    assert_eq!(store.split_story(whole, vec![agency, paper], now).await.unwrap(), None);
    let parted = store.split_story(whole, vec![paper], now).await.unwrap().unwrap();
    assert_eq!(press.stories().await, [["agency"], ["north"], ["paper"]]);
    // Settling finds them alike, and does as it was told.
    assert_eq!(press.settle().await, 0);
    assert_eq!(store.story(parted).await.unwrap().unwrap().apart, [whole]);
    press.publish(ANALYSIS).await;
    let joined: Vec<usize> = press.stories().await.iter().map(Vec::len).collect();
    assert_eq!(joined.iter().sum::<usize>(), 4, "the analysis is in one of the two: {joined:?}");
    assert_eq!(joined.len(), 3, "{joined:?}");
    let waiting = store.outbox().await.unwrap().waiting;
    assert_eq!(
        store.merge_stories(parted, whole, Merger::Operator, now).await.unwrap(),
        Some(whole)
    );
    assert_eq!(press.stories().await, [vec!["agency", "paper", "weekly"], vec!["north"]]);
    assert_eq!(store.story(parted).await.unwrap().unwrap().id, whole, "the old number leads on");
    assert_eq!(store.outbox().await.unwrap().waiting, waiting, "merging sends nothing");
}

#[tokio::test]
async fn the_change_of_the_list_is_part_of_the_story() {
    let press = Press::open().await;
    let old = [party("1", "Vesterholt Dredging")];
    let new = [old[0].clone(), party("2", "Calvenna Shipping")];
    let store = &press.world.crawler.store;
    let at = || press.world.clock.now().to_rfc3339();
    take(store, &[], &old, &at()).await;
    press.publish(OTHER).await;
    take(store, &old, &new, &at()).await;
    // The names are known by now, and the release names the party.
    press.publish(RELEASE).await;
    let stories = press.views().await;
    assert!(stories[0].changes.is_empty());
    let changes: Vec<(&str, &str)> =
        stories[1].changes.iter().map(|it| (it.change.as_str(), it.name.as_str())).collect();
    assert_eq!(changes, [("added", "Calvenna Shipping")]);
    assert_eq!(stories[1].parties, ["Calvenna Shipping"]);
}
