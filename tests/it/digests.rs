//! Digests: at their hour, with everything that was not told before, and once.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use sanctionwatch::dedupe;
use sanctionwatch::digest::DigestPage;
use sanctionwatch::interests;
use sanctionwatch::jobs::compose_digests::Composer;
use sanctionwatch::model::fetched::{Fetched, Validators};
use sanctionwatch::model::interest::Interest;
use sanctionwatch::model::judged::{Change, Matter, Placed};
use sanctionwatch::model::subscriber::Message;
use sanctionwatch::store::{Commit, Rules, StoryRules, SubscriptionRequest};
use sanctionwatch::stories;

use crate::crawl::World;
use crate::rescreen::{party, take};
use crate::support::alerts::{alerts, email, reader, sample};

/// A service with subscribers, whose clock is ours.
struct Office {
    world: World,
    composer: Composer,
}

/// What an article is when it is published or edited.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Sense {
    OfSanctions,
    OfCooking,
}

impl Office {
    async fn open() -> Self {
        let world = World::new().await;
        let composer = Composer::new(&world.crawler, &[], &[]);
        Self { world, composer }
    }

    fn now(&self) -> DateTime<Utc> {
        self.world.clock.now()
    }

    fn wait_until(&self, moment: &str) {
        let moment: DateTime<Utc> = moment.parse().unwrap();
        assert!(self.now() <= moment, "{moment} is past: {}", self.now());
        self.world.clock.advance(moment - self.now());
    }

    /// Somebody confirmed, with `(criteria, cadence)` as interests.
    async fn subscribe(&self, address: &str, zone: &str, wanted: &[(&str, &str)]) -> i64 {
        let interest = |(criteria, cadence): &(&str, &str)| Interest {
            id: 0,
            name: format!("My {cadence}"),
            criteria: interests::criteria(criteria).unwrap(),
            cadence: interests::cadence(cadence).unwrap(),
        };
        let request = SubscriptionRequest {
            email: email(address),
            name: String::new(),
            zone: zone.parse().unwrap(),
            interests: wanted.iter().map(interest).collect(),
        };
        let store = &self.world.crawler.store;
        let known = store.ask_subscription(request, self.now()).await.unwrap();
        assert!(
            store.confirm_subscription(known.subscriber.id, self.now(), self.now()).await.unwrap()
        );
        known.subscriber.id
    }

    async fn publish(&self, number: usize, sense: Sense, at_once: &[i64]) {
        publish(&self.world, number, sense, at_once).await;
    }

    async fn compose(&self) -> usize {
        self.composer.compose_due().await.unwrap()
    }

    /// Digests that wait to be sent; afterwards they are sent.
    async fn digests(&self) -> Vec<Message> {
        let (store, now) = (&self.world.crawler.store, self.now());
        let mut digests = Vec::new();
        let domains = vec!["example.org".to_owned(); 1000];
        for claimed in store.claim_messages(now, TimeDelta::seconds(1), domains).await.unwrap() {
            store.message_sent(claimed.id, now, "250 ok").await.unwrap();
            if claimed.message.message_id.starts_with("<digest.") {
                digests.push(claimed.message);
            }
        }
        digests
    }
}

/// Publishes article `number`, or edits it; those in `at_once` get an alert.
pub(crate) async fn publish(world: &World, number: usize, sense: Sense, at_once: &[i64]) {
    let now = world.clock.now();
    let (mut judged, source) = sample("official");
    judged.article.url = format!("https://news.example/{number}");
    judged.keys.address = judged.article.url.clone();
    judged.article.title = format!("Article {number} on sanctions");
    judged.article.published = None;
    judged.verdict.relevant = sense == Sense::OfSanctions;
    let to: Vec<_> = at_once.iter().map(|id| reader(*id, "x@example.org", "")).collect();
    let url = judged.article.url.clone();
    let fetched = Fetched {
        requested: url.clone(),
        url: url.clone(),
        redirects: Vec::new(),
        status: 200,
        content_type: None,
        validators: Validators::default(),
        body: Vec::new(),
        at: now,
        served: None,
    };
    let commit = Commit {
        source: source.id.clone(),
        link: url,
        domain: "news.example".to_owned(),
        host: "news.example".to_owned(),
        messages: alerts(&judged, &source, &to),
        judged,
        fetched,
        story: None,
        official: false,
        updates: Vec::new(),
        entries: Vec::new(),
        corrections: Vec::new(),
        now,
        next_look: None,
    };
    let rules = Rules {
        keys: dedupe::keys_of,
        place: |keys, near| {
            let same = near.iter().find(|it| it.keys.address == keys.address);
            same.map_or(Placed::New, |it| Placed::Revision { article: it.article })
        },
        change: |_, _| Change::Material(vec![Matter::Number]),
        difference: |_, _| String::new(),
        story: StoryRules { alike: stories::alike, place: stories::place },
    };
    world.crawler.store.commit(commit, rules).await.unwrap();
}

/// The articles a digest tells, with what it says became of them.
fn told(digest: &Message) -> Vec<(usize, &'static str)> {
    let line = |line: &str| {
        let rest = line.strip_prefix("  - ")?;
        let (mark, rest) = match rest.strip_prefix("Corrected: ") {
            Some(rest) => ("corrected", rest),
            None => ("new", rest),
        };
        let number = rest.strip_prefix("Article ")?.split(' ').next()?;
        Some((number.parse().ok()?, mark))
    };
    digest.text.lines().filter_map(line).collect()
}

#[tokio::test]
async fn a_digest_comes_at_its_hour_and_tells_each_thing_once() {
    let office = Office::open().await;
    office.wait_until("2026-12-01T12:00:00Z");
    let anna = office.subscribe("anna@example.org", "Europe/Berlin", &[("", "daily 07:30")]).await;
    office.publish(1, Sense::OfSanctions, &[]).await;
    office.publish(2, Sense::OfCooking, &[]).await;
    office.publish(3, Sense::OfSanctions, &[anna]).await;
    office.wait_until("2026-12-02T06:29:00Z");
    assert_eq!(office.compose().await, 0, "before its hour");
    office.wait_until("2026-12-02T06:30:00Z");
    assert_eq!(office.compose().await, 1);
    assert_eq!(office.compose().await, 0, "the same hour");
    let digest = office.digests().await.remove(0);
    assert_eq!(told(&digest), [(1, "new")], "{}", digest.text);
    assert!(digest.subject.starts_with("1 new: OFAC designates 12 entities"), "{}", digest.subject);

    // By a later text article 2 is about sanctions; 1 is corrected; 3 was told at once, and so is
    // what becomes of it.
    office.publish(2, Sense::OfSanctions, &[]).await;
    office.publish(1, Sense::OfSanctions, &[]).await;
    office.publish(3, Sense::OfSanctions, &[]).await;
    office.wait_until("2026-12-03T06:30:00Z");
    assert_eq!(office.compose().await, 1);
    let mut second = told(&office.digests().await.remove(0));
    second.sort_unstable();
    assert_eq!(second, [(1, "corrected"), (2, "new")]);

    // Nothing new is no mail, unless asked for.
    office.wait_until("2026-12-04T06:30:00Z");
    assert_eq!(office.compose().await, 0);
    let store = &office.world.crawler.store;
    let interest = store.interests(anna).await.unwrap()[0].id;
    assert!(store.want_empty_digests(interest, true).await.unwrap());
    office.wait_until("2026-12-05T06:30:00Z");
    assert_eq!(office.compose().await, 1);
    let empty = office.digests().await.remove(0);
    assert_eq!(empty.subject, "Sanctions digest: nothing new");
}

#[tokio::test]
async fn a_night_of_downtime_is_one_digest_and_clocks_that_jump_skip_no_day() {
    let office = Office::open().await;
    office.wait_until("2027-03-25T12:00:00Z");
    let wanted = [("", "hourly"), ("countries=ru", "daily 02:30"), ("", "weekly Sun 02:30")];
    office.subscribe("anna@example.org", "Europe/Berlin", &wanted).await;
    office.subscribe("bo@example.org", "Europe/Berlin", &[("", "daily 02:30")]).await;
    for number in 0..5 {
        office.publish(number, Sense::OfSanctions, &[]).await;
    }
    // Five nights without power, one of them without 02:30.
    office.wait_until("2027-03-30T09:10:00Z");
    assert_eq!(office.compose().await, 2, "one for each reader");
    let digests = office.digests().await;
    assert!(digests.iter().all(|digest| told(digest).len() == 5), "{}", digests[0].text);
    assert_eq!(office.compose().await, 0);
    // The night in which 02:30 comes twice has one digest.
    office.wait_until("2027-10-30T12:00:00Z");
    assert_eq!(office.compose().await, 0);
    let mut digests = 0;
    for hour in 1..=24 {
        office.publish(100 + hour, Sense::OfSanctions, &[]).await;
        office.world.clock.advance(TimeDelta::hours(1));
        office.compose().await;
        let all = office.digests().await;
        digests += all.iter().filter(|digest| digest.email == email("bo@example.org")).count();
    }
    assert_eq!(digests, 1);
}

#[tokio::test]
async fn whoever_comes_back_or_changes_the_hour_is_not_told_old_news() {
    let office = Office::open().await;
    office.wait_until("2026-12-01T12:00:00Z");
    let anna = office.subscribe("anna@example.org", "UTC", &[("", "at-once")]).await;
    office.publish(1, Sense::OfSanctions, &[]).await;
    let store = &office.world.crawler.store;
    let mut interest = store.interests(anna).await.unwrap().remove(0);
    interest.cadence = interests::cadence("daily 08:00").unwrap();
    store.put_interest(anna, interest, office.now()).await.unwrap();
    office.wait_until("2026-12-02T08:00:00Z");
    assert_eq!(office.compose().await, 0);
    office.publish(2, Sense::OfSanctions, &[]).await;
    store.end_subscription(anna, office.now()).await.unwrap();
    office.wait_until("2026-12-03T08:00:00Z");
    assert_eq!(office.compose().await, 0, "nobody is there");
    store.add_subscriber(email("anna@example.org"), String::new(), office.now()).await.unwrap();
    office.publish(3, Sense::OfSanctions, &[]).await;
    office.wait_until("2026-12-04T08:00:00Z");
    assert_eq!(office.compose().await, 1);
    assert_eq!(told(&office.digests().await.remove(0)), [(3, "new")]);
    assert!(store.erase_subscriber(anna).await.unwrap());
    assert_eq!(office.compose().await, 0);
}

#[tokio::test]
async fn a_long_digest_is_cut_and_says_so() {
    let office = Office::open().await;
    office.wait_until("2026-12-01T12:00:00Z");
    office.subscribe("anna@example.org", "UTC", &[("", "daily 08:00")]).await;
    for number in 0..137 {
        office.publish(number, Sense::OfSanctions, &[]).await;
    }
    office.wait_until("2026-12-02T08:00:00Z");
    assert_eq!(office.compose().await, 1);
    let digest = office.digests().await.remove(0);
    assert_eq!(told(&digest).len(), 40);
    assert!(digest.text.contains("and 97 more"), "{}", digest.text);
    let command = "sanctionwatch digest --whole anna@example.org";
    assert!(digest.text.contains(command) && digest.html.contains(command), "{}", digest.text);
    let store = &office.world.crawler.store;
    let anna = store.subscriber_at(email("anna@example.org")).await.unwrap().unwrap().subscriber;
    let whole = store.last_whole_digest(anna.id).await.unwrap().unwrap();
    let whole = serde_json::from_str::<DigestPage>(&whole).unwrap().text();
    let listed = whole.lines().filter(|line| line.starts_with("  - Article ")).count();
    assert_eq!((listed, whole.contains('@')), (137, false), "{whole}");
    assert!(digest.subject.starts_with("137 new"), "{}", digest.subject);
    assert!(digest.html.len() < 100_000, "mail programs cut a mail of {} bytes", digest.html.len());
}

#[tokio::test]
async fn a_digest_tells_the_changes_of_a_list_that_were_asked_for() {
    let office = Office::open().await;
    office.wait_until("2026-12-01T12:00:00Z");
    let watched = [("names=Calvenna Shipping", "daily 08:00")];
    office.subscribe("anna@example.org", "UTC", &watched).await;
    office.subscribe("bo@example.org", "UTC", &[("topics=courts", "daily 08:00")]).await;
    let store = &office.world.crawler.store;
    let first = [party("1", "Old Bank"), party("2", "Orsk Metals")];
    take(store, &[], &first, "2026-12-01T13:00:00Z").await;
    let second = [party("1", "Old Bank"), party("3", "Calvenna Shipping"), party("4", "Tarn Bank")];
    take(store, &first, &second, "2026-12-01T14:00:00Z").await;
    office.wait_until("2026-12-02T08:00:00Z");
    assert_eq!(office.compose().await, 1, "a listing is no court's ruling");
    let text = office.digests().await.remove(0).text;
    assert!(text.contains("1 added · 1 December 2026, 14:00 UTC"), "{text}");
    assert!(text.contains("+ Calvenna Shipping") && !text.contains("Tarn"), "{text}");
}

/// Whatever happens in whatever order, nothing is dropped and nothing is told twice.
#[tokio::test]
async fn nothing_is_dropped_and_nothing_is_told_twice() {
    for seed in 1..=12_u64 {
        let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let mut draw = move |below: u64| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state % below
        };
        let office = Office::open().await;
        office.wait_until("2026-12-01T12:00:00Z");
        let wanted = [("", "daily 07:30"), ("countries=ru", "hourly")];
        let anna = office.subscribe("anna@example.org", "Europe/Berlin", &wanted).await;
        let mut published = Vec::new();
        let mut alerted = Vec::new();
        let mut digests = Vec::new();
        for number in 0..60 {
            match draw(6) {
                0 | 1 => {
                    office.publish(number, Sense::OfSanctions, &[]).await;
                    published.push(number);
                }
                2 => {
                    // About sanctions only by its second text, perhaps after a digest.
                    office.publish(number, Sense::OfCooking, &[]).await;
                    office
                        .world
                        .clock
                        .advance(TimeDelta::minutes(i64::try_from(draw(90)).unwrap()));
                    office.compose().await;
                    office.publish(number, Sense::OfSanctions, &[]).await;
                    published.push(number);
                }
                3 => {
                    office.publish(number, Sense::OfSanctions, &[anna]).await;
                    alerted.push(number);
                }
                4 => {
                    // A composition that is killed before it is written.
                    office.composer.preview(anna).await.unwrap();
                }
                _ => {
                    let minutes = i64::try_from(draw(2000)).unwrap();
                    office.world.clock.advance(TimeDelta::minutes(minutes));
                    office.compose().await;
                }
            }
            digests.extend(office.digests().await);
        }
        office.world.clock.advance(TimeDelta::days(2));
        office.compose().await;
        digests.extend(office.digests().await);
        let mut counts: BTreeMap<usize, usize> = BTreeMap::new();
        for (number, mark) in digests.iter().flat_map(|digest| told(digest)) {
            assert_eq!(mark, "new", "seed {seed}");
            *counts.entry(number).or_default() += 1;
        }
        let expected: BTreeMap<usize, usize> = published.iter().map(|&it| (it, 1)).collect();
        assert_eq!(counts, expected, "seed {seed}; told at once: {alerted:?}");
    }
}
