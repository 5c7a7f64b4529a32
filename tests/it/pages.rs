//! The subscribers' pages: the whole way through them, what GET must not do, what strangers must
//! not learn, and what hostile input must not become.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use chrono::TimeDelta;
use sanctionwatch::digest::ITEMS;
use sanctionwatch::jobs::compose_digests::Composer;
use sanctionwatch::jobs::letters::{Answer, Asker, Desk};
use sanctionwatch::model::bounce::{Bounce, Fault};
use sanctionwatch::model::interest::{Interest, Mute};
use sanctionwatch::model::source::ListingKind;
use sanctionwatch::model::subscriber::Standing;
use sanctionwatch::store::{Noted, SubscriptionRequest};
use sanctionwatch::tokens::Right;
use tokio::task::JoinSet;

use crate::crawl::{page, source};
use crate::digests::{Sense, publish};
use crate::support::site::{Got, Site, got, link_to, linked};
use crate::support::web::Web;

const BEN: &str = "ben@example.org";

/// The form as a browser sends it when only the address was typed in.
fn form<'a>(email: &'a str, more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let usual = [
        ("email", email),
        ("name", "Ben"),
        ("zone", "Europe/Berlin"),
        ("interest", "Everything"),
        ("certainty", "likely"),
        ("often", "at-once"),
        ("at", "08:00"),
        ("on", "Mon"),
        ("do", "subscribe"),
    ];
    let changed = |key: &str| more.iter().any(|(other, _)| *other == key);
    usual.into_iter().filter(|(key, _)| !changed(key)).chain(more.iter().copied()).collect()
}

/// Where Ben's subscription stands.
async fn standing(site: &Site) -> Option<Standing> {
    let known = site.world.crawler.store.subscriber_at(BEN.parse().unwrap()).await.unwrap();
    known.map(|known| known.standing)
}

/// Ben, confirmed.
async fn with_ben() -> Site {
    let site = Site::new().await;
    assert_eq!(site.post("/subscribe", &form(BEN, &[])).await.status, 303);
    let mails = site.mails().await;
    let confirm = link_to(&mails[0].html, "/confirm/");
    assert_eq!(site.post(&confirm, &[]).await.status, 200);
    assert_eq!(standing(&site).await, Some(Standing::Active));
    site
}

/// Another event than that of `crawl::page`, in other words.
const COUNCIL: &str = "<!doctype html><html lang=en><head>\
    <title>Council of the EU adds Velmora Trading to its sanctions list</title></head><body><article>\
    <h1>Council of the EU adds Velmora Trading to its sanctions list</h1>\
    <p>The Council of the European Union today adopted restrictive measures against Velmora Trading, a \
    dealer in machine tools, which is now subject to an asset freeze in all member states.</p>\
    <p>No funds or economic resources may be made available to the newly listed entity. The sanctions \
    answer deliveries to the arms industry of Russia, the Council said in its decision.</p>\
    <p>Ministers will look at the list again in six months; the legal acts stand in the Official \
    Journal.</p></article></body></html>";

/// Crawls one article about sanctions.
async fn news(site: &Site, subject: &str) -> Web {
    published(site, page(subject)).await
}

async fn published(site: &Site, article: String) -> Web {
    let web = Web::start().await;
    let feed = crate::crawl::feed(&[web.url("/article")]);
    web.feed("/feed", feed).page("/article", "text/html", article);
    let source = source("feed", ListingKind::Feed, web.url("/feed"));
    assert_eq!(site.world.crawl(&[source]).await.len(), 1);
    site.world.clock.advance(TimeDelta::minutes(1));
    web
}

/// Opens every link of a document that leads to us, as scanners of mail do, and finds every row as
/// it was.
async fn open_all(site: &Site, html: &str) -> usize {
    let before = site.dump();
    let ours: Vec<String> =
        linked(html).into_iter().filter(|link| link.starts_with(&site.base)).collect();
    for link in &ours {
        let answer = site.get(link).await;
        assert_eq!(answer.status, 200, "{link}");
        got(site.client.head(link)).await;
    }
    assert_eq!(before, site.dump(), "a GET changed something");
    ours.len()
}

#[tokio::test]
async fn the_whole_way_from_subscribing_to_being_forgotten() {
    let site = Site::new().await;
    let _web = news(&site, "Calvenna Shipping").await;
    let shown = site.get("/").await;
    assert_eq!(shown.status, 200);
    assert!(shown.body.contains("value=\"us-ofac\""), "what the store knows is offered");

    let tried = site.post("/subscribe", &form("", &[("do", "try"), ("words", "oil")])).await;
    assert_eq!(tried.status, 200);
    assert!(tried.body.contains("<strong>1 mail</strong> with 1 report."), "{}", tried.body);
    assert!(tried.body.contains("US imposes sanctions on Calvenna Shipping</a>"));
    assert!(tried.body.contains("value=\"oil\"") && tried.body.contains("value=\"Ben\""));
    assert_eq!(standing(&site).await, None, "trying saves nothing");

    site.mails().await;
    let fields = form(BEN, &[("words", "oil"), ("topics", "listings"), ("often", "weekly")]);
    let asked = site.post("/subscribe", &fields).await;
    assert_eq!((asked.status, asked.headers["location"].as_str()), (303, "/sent"));
    assert_eq!(standing(&site).await, Some(Standing::Asked));
    let mails = site.mails().await;
    assert_eq!((mails.len(), mails[0].email.expose()), (1, BEN));
    assert!(0 < open_all(&site, &mails[0].html).await);
    let confirm = link_to(&mails[0].html, "/confirm/");
    assert!(site.get(&confirm).await.body.contains("listings"));
    let confirmed = site.post(&confirm, &[]).await;
    assert_eq!(confirmed.status, 200);
    assert_eq!(standing(&site).await, Some(Standing::Active));
    let settings = link_to(&confirmed.body, "/settings/");
    assert!(
        site.get(&settings).await.body.contains("a digest every Monday at 08:00 (Europe/Berlin)")
    );

    // Change: another interest, that one by the minute; the first one away; another zone.
    let fields = form("", &[("do", "save"), ("interest", "Ships"), ("names", "Velmora Trading")]);
    let saved = site.post(&format!("{settings}/interest/new"), &fields).await;
    assert_eq!(saved.status, 303);
    let body = site.get(&saved.headers["location"]).await.body;
    assert!(body.contains("The interest is saved.") && body.contains("Velmora Trading"));
    let store = &site.world.crawler.store;
    let ben = store.subscriber_at(BEN.parse().unwrap()).await.unwrap().unwrap().subscriber;
    let interests = store.interests(ben.id).await.unwrap();
    let remove = format!("{settings}/interest/{}/remove", interests[0].id);
    assert_eq!(site.post(&remove, &[]).await.status, 303);
    let you = [("name", "Benno"), ("zone", "asia/tokyo")];
    assert_eq!(site.post(&format!("{settings}/you"), &you).await.status, 303);
    let ben = store.subscriber_at(BEN.parse().unwrap()).await.unwrap().unwrap().subscriber;
    assert_eq!((ben.name.as_str(), ben.zone), ("Benno", chrono_tz::Asia::Tokyo));
    assert_eq!(store.interests(ben.id).await.unwrap().len(), 1);

    // An alert, all of whose links may be opened; a mute, and back.
    site.world.clock.advance(TimeDelta::days(6));
    let web = published(&site, COUNCIL.to_owned()).await;
    let mails = site.mails().await;
    let alert = mails.iter().find(|mail| mail.email.expose() == BEN).unwrap();
    assert!(0 < open_all(&site, &alert.html).await);
    let body = site.get(&settings).await.body;
    assert!(body.contains("Your interest “Ships”: "), "the page says why it came: {body}");
    let article = [("article", web.url("/article"))];
    let why = format!("{settings}/why?");
    let why = url::Url::parse_with_params(&why, article).unwrap();
    let why = site.get(why.as_str()).await;
    assert!(
        why.body.contains("There is a mail on it") && why.body.contains("sent"),
        "{}",
        why.body
    );
    assert_eq!(site.get(&format!("{settings}/why?article=https://no.example/")).await.status, 404);
    let mute = link_to(&alert.html, "/mute/");
    assert!(site.get(&mute).await.body.contains("the story “Council of the EU adds Velmora"));
    assert_eq!(site.post(&mute, &[]).await.status, 200);
    let story = store.mutes(ben.id).await.unwrap().remove(0);
    assert!(matches!(story, Mute::Story(_)), "the first alert mutes its story: {story:?}");
    assert!(site.get(&settings).await.body.contains("the story “Council of the EU adds Velmora"));
    store.unmute(ben.id, story).await.unwrap();
    let mute = site.link(Right::Mute(Mute::Source("int/feed".to_owned())), BEN).await;
    assert!(store.mutes(ben.id).await.unwrap().is_empty());
    assert_eq!(site.get(&mute).await.status, 200);
    assert_eq!(site.post(&mute, &[]).await.status, 200);
    assert_eq!(store.mutes(ben.id).await.unwrap().len(), 1);
    let unmute = [("kind", "source"), ("value", "int/feed")];
    assert_eq!(site.post(&format!("{settings}/unmute"), &unmute).await.status, 303);
    assert!(store.mutes(ben.id).await.unwrap().is_empty());

    // What is held; leaving with one click; being forgotten.
    let held = site.get(&format!("{settings}/export")).await;
    let held: serde_json::Value = serde_json::from_str(&held.body).unwrap();
    assert_eq!((held["address"].as_str(), held["name"].as_str()), (Some(BEN), Some("Benno")));
    assert_eq!(held["interests"][0]["criteria"], "names=Velmora Trading");
    assert_eq!(held["mails"].as_array().unwrap().len(), 2);
    // Mails offer one click only where the address is https; the page takes it either way.
    assert_eq!(alert.leave_url, None);
    let leave = site.link(Right::Leave, BEN).await;
    assert_eq!(site.get(&leave).await.status, 200);
    assert_eq!(standing(&site).await, Some(Standing::Active));
    let one_click = site.form(&leave, &[("List-Unsubscribe", "One-Click")]);
    let one_click = got(one_click.header("origin", "https://mailbox.example")).await;
    assert_eq!(one_click.status, 200);
    assert_eq!(standing(&site).await, Some(Standing::Left));

    let erase = format!("{settings}/erase");
    assert_eq!(site.get(&erase).await.status, 200);
    assert_eq!(site.post(&erase, &[]).await.status, 422, "it asks once more");
    assert_eq!(standing(&site).await, Some(Standing::Left));
    assert_eq!(site.post(&erase, &[("sure", "yes")]).await.status, 200);
    assert_eq!(standing(&site).await, None);
    assert!(!site.dump().iter().any(|row| row.contains("ben@") || row.contains("Benno")));
    assert_eq!(site.get(&settings).await.status, 410);
}

#[tokio::test]
async fn nobody_learns_who_is_subscribed() {
    let site = with_ben().await;
    site.post("/subscribe", &form("asked@example.org", &[])).await;
    site.post("/subscribe", &form("gone@example.org", &[])).await;
    let gone = "gone@example.org".parse().unwrap();
    site.world.crawler.store.remove_subscriber(gone, site.world.clock.now()).await.unwrap();
    site.mails().await;
    let mut answers: BTreeMap<&str, Vec<(Got, Duration)>> = BTreeMap::new();
    for email in [BEN, "asked@example.org", "gone@example.org", "stranger@example.org"] {
        for (to, fields) in
            [("/link", vec![("email", email)]), ("/subscribe", form(email, &[("words", "gas")]))]
        {
            let begun = Instant::now();
            let answer = site.post(to, &fields).await;
            answers.entry(to).or_default().push((answer, begun.elapsed()));
        }
    }
    for (to, answers) in answers {
        let (first, _) = &answers[0];
        for (answer, took) in &answers {
            assert_eq!(answer, first, "{to} tells something");
            assert!(Duration::from_millis(400) <= *took, "{to} answered in {took:?}");
        }
    }
    // Ben hears of both and keeps what he had; his link still holds.
    let to_ben = site.mails().await.into_iter().filter(|mail| mail.email.expose() == BEN);
    let to_ben: Vec<_> = to_ben.collect();
    assert_eq!(to_ben.len(), 2, "{to_ben:?}");
    assert!(to_ben.iter().all(|mail| mail.html.contains("/settings/")));
    assert!(!site.get(&link_to(&to_ben[1].html, "/settings/")).await.body.contains("gas"));
}

#[tokio::test]
async fn a_network_may_ask_so_often_and_an_address_gets_three_mails() {
    let site = Site::new().await;
    let mut asked = JoinSet::new();
    for n in 0..20 {
        let email =
            if n < 6 { "flood@example.org".to_owned() } else { format!("a{n}@example.org") };
        let request = site.form("/link", &[("email", &email)]);
        let subscribe = site.form("/subscribe", &form(&email, &[]));
        let request = if n < 6 { subscribe } else { request };
        asked.spawn(got(request.header("x-forwarded-for", format!("9.9.9.9, 203.0.113.{n}"))));
    }
    let answers = asked.join_all().await;
    for answer in &answers {
        assert_eq!((answer.status, answer.body.as_str()), (303, ""));
    }
    let mails = site.mails().await;
    assert_eq!(mails.len(), 3);
    assert_eq!(mails.iter().filter(|mail| mail.email.expose() == "flood@example.org").count(), 3);

    let from = |address: &str| {
        let request = site.form("/subscribe", &form("more@example.org", &[("words", "ore")]));
        got(request.header("x-forwarded-for", address.to_owned()))
    };
    let refused = from("203.0.113.200").await;
    assert_eq!(refused.status, 429);
    assert!(refused.body.contains("value=\"ore\"") && refused.body.contains("value=\"more@"));
    assert_eq!(from("203.0.114.1").await.status, 303, "a neighbour is not held for it");
    site.world.clock.advance(TimeDelta::hours(1));
    assert_eq!(from("203.0.113.200").await.status, 303);
}

#[tokio::test]
async fn hostile_input_stays_text() {
    let site = Site::new().await;
    let evil = "\"><script>alert(1)</script><img src=x onerror='alert(2)'>\r\nBcc: a@b.example";
    let fields = form(
        BEN,
        &[("name", evil), ("interest", "<script>x</script>'\""), ("words", "<script> OR \"x'y\"")],
    );
    let fields: Vec<_> = fields.into_iter().chain([("names", "</textarea><script>n")]).collect();
    assert_eq!(site.post("/subscribe", &fields).await.status, 303);
    let mails = site.mails().await;
    assert!(!mails[0].name.contains(['\r', '\n']) && !mails[0].subject.contains(['\r', '\n']));
    let confirm = link_to(&mails[0].html, "/confirm/");
    let confirmed = site.post(&confirm, &[]).await;
    let settings = link_to(&confirmed.body, "/settings/");
    let _web = news(&site, "&lt;script&gt;alert(3)&lt;/script&gt; Shipping").await;
    let interest = link_to(&site.get(&settings).await.body, "/interest/");
    let mute = site.link(Right::Mute(Mute::Name(evil.to_owned())), BEN).await;
    assert_eq!(site.post(&mute, &[]).await.status, 200);
    let wrong =
        [("email", evil), ("name", evil), ("zone", evil), ("words", "(\"><script>w"), ("at", evil)];
    let shown = [
        mails[0].html.clone(),
        site.get(&confirm).await.body,
        site.get(&mute).await.body,
        site.get(&settings).await.body,
        site.get(&interest).await.body,
        site.post(&interest, &form("", &[("do", "try")])).await.body,
        site.post("/subscribe", &form(evil, &wrong)).await.body,
        site.post("/link", &[("email", evil)]).await.body,
    ];
    assert!(shown[5].contains("alert(3)"), "the hostile title is shown: {}", shown[5]);
    for body in shown {
        let lower = body.to_lowercase();
        for sign in ["<script", "<img", "onerror='", "</textarea><"] {
            assert!(!lower.contains(sign), "{sign} in {body}");
        }
    }
    // Fields that would write a second criterion, or be read back as none.
    for (key, value) in
        [("words", "oil; names=x"), ("names", "a;b"), ("more-programmes", "A; words=b")]
    {
        let refused = site.post("/subscribe", &form(BEN, &[(key, value)])).await;
        assert_eq!(refused.status, 422);
        let fault = format!("id=\"{key}-fault\"");
        assert!(refused.body.contains(&fault), "{key}: {}", refused.body);
    }
    assert!(site.world.crawler.store.wishes().await.is_ok());
}

#[tokio::test]
async fn links_open_what_they_were_signed_for_until_they_expire() {
    let site = with_ben().await;
    let store = &site.world.crawler.store;
    let ada = store.subscriber_at("ada@example.org".parse().unwrap()).await.unwrap().unwrap();
    let settings = site.link(Right::Settings, BEN).await;
    let token = settings.rsplit('/').next().unwrap().to_owned();
    for path in ["/leave/", "/confirm/", "/mute/"] {
        let answer = site.post(&format!("{path}{token}"), &[]).await;
        assert_eq!(answer.status, 404);
        assert!(answer.body.contains("Ask for a new link"));
    }
    assert_eq!(site.get(&format!("{settings}x")).await.status, 404);
    let theirs = store.interests(ada.subscriber.id).await.unwrap()[0].id;
    let other = format!("{settings}/interest/{theirs}");
    assert_eq!(site.get(&other).await.status, 404);
    assert_eq!(site.post(&other, &form("", &[("do", "save")])).await.status, 404);
    site.post(&format!("{other}/remove"), &[]).await;
    assert_eq!(store.interests(ada.subscriber.id).await.unwrap().len(), 1);

    // A wish anew voids the links before it.
    site.post("/subscribe", &form("new@example.org", &[])).await;
    let first = link_to(&site.mails().await[0].html, "/confirm/");
    site.world.clock.advance(TimeDelta::minutes(1));
    site.post("/subscribe", &form("new@example.org", &[])).await;
    let second = link_to(&site.mails().await[0].html, "/confirm/");
    assert_eq!(site.post(&first, &[]).await.status, 410);
    assert_eq!(site.post(&second, &[]).await.status, 200);
    site.world.clock.advance(TimeDelta::days(31));
    assert_eq!(site.get(&settings).await.status, 410);
}

/// Ben's last mail comes back with this fault.
async fn comes_back(site: &Site, message_id: &str, fault: Fault) {
    let bounce = Bounce {
        token: None,
        message_id: Some(message_id.to_owned()),
        recipient: Some(BEN.parse().unwrap()),
        fault,
        said: "said the server".to_owned(),
    };
    let now = site.world.clock.now();
    assert_eq!(site.world.crawler.store.bounced(bounce, now).await.unwrap(), Noted::Suspended);
}

#[tokio::test]
async fn whoever_confirms_a_letter_hears_from_us_again() {
    for fault in [Fault::Address, Fault::Complaint] {
        let site = Site::new().await;
        let store = &site.world.crawler.store;
        assert_eq!(site.post("/subscribe", &form(BEN, &[])).await.status, 303);
        let letter = site.mails().await.remove(0);
        let old = link_to(&letter.html, "/confirm/");
        assert_eq!(site.post(&old, &[]).await.status, 200);
        site.world.clock.advance(TimeDelta::seconds(5));
        comes_back(&site, &letter.message_id, fault).await;
        assert_eq!(site.post(&old, &[]).await.status, 410, "the letter was from before");
        assert_eq!(store.suspensions().await.unwrap().len(), 1);
        let settings = site.get(&site.link(Right::Settings, BEN).await).await;
        assert!(settings.body.contains("Mails to you came back"), "{}", settings.body);

        // The operator may ask whose mails came back, not who complained; the reader may ask always.
        site.world.clock.advance(TimeDelta::hours(1));
        let sender = "alerts@watch.example".parse().unwrap();
        let desk = Desk { store, sender: &sender, links: site.links() };
        let request = SubscriptionRequest {
            email: BEN.parse().unwrap(),
            name: String::new(),
            zone: chrono_tz::UTC,
            interests: vec![Interest::everything()],
        };
        let answer = desk.ask(request, Asker::Operator, site.world.clock.now()).await.unwrap();
        let mails = site.mails().await;
        if fault == Fault::Complaint {
            assert_eq!((answer, mails.len()), (Answer::Complained, 0));
        } else {
            assert_eq!((answer, mails[0].email.expose()), (Answer::Written, BEN));
            assert_eq!(mails[0].subject, "Would you like sanctions alerts?");
        }
        site.post("/subscribe", &form(BEN, &[("interest", "Other")])).await;
        let letter = site.mails().await.remove(0);
        assert_eq!((letter.email.expose(), letter.text.contains("Other")), (BEN, false));
        let fresh = link_to(&letter.html, "/confirm/");
        assert!(site.get(&fresh).await.body.contains("Confirm your subscription"));
        assert_eq!(store.suspensions().await.unwrap().len(), 1, "GET changes nothing");
        assert_eq!(site.post(&fresh, &[]).await.status, 200);
        assert!(store.suspensions().await.unwrap().is_empty());
        let known = store.subscriber_at(BEN.parse().unwrap()).await.unwrap().unwrap();
        assert_eq!((known.standing, known.suspended), (Standing::Active, None));
        let _web = news(&site, "Calvenna Shipping").await;
        let mails = site.mails().await;
        assert!(mails.iter().any(|mail| mail.email.expose() == BEN), "mail goes out again");
    }
}

#[tokio::test]
async fn a_digest_that_is_cut_leads_to_all_of_it_and_to_copies() {
    let site = Site::new().await;
    let fields = form(BEN, &[("often", "daily")]);
    assert_eq!(site.post("/subscribe", &fields).await.status, 303);
    let confirm = link_to(&site.mails().await[0].html, "/confirm/");
    assert_eq!(site.post(&confirm, &[]).await.status, 200);
    for number in 0..ITEMS + 3 {
        publish(&site.world, number, Sense::OfSanctions, &[]).await;
    }
    site.world.clock.advance(TimeDelta::days(1));
    let composer = Composer::new(&site.world.crawler, &[], &[]);
    assert_eq!(composer.compose_due().await.unwrap(), 1);
    let digest = site.mails().await.remove(0);
    assert!(digest.text.contains("and 3 more, less certain than these. All of them:"));
    assert!(digest.html.len() < 100_000, "mail programs cut a mail of {} bytes", digest.html.len());
    assert!(ITEMS < open_all(&site, &digest.html).await);
    let whole = site.get(&link_to(&digest.html, "/digest/")).await;
    assert_eq!(whole.body.matches("our copy").count(), ITEMS + 3);
    assert!(!whole.body.contains("ben@"), "whoever has the link learns no address");
    let copy = site.get(&link_to(&whole.body, "/copy/")).await;
    assert!(copy.body.contains("The original") && copy.body.contains("on sanctions</h1>"));
    assert!(!copy.body.contains("ben@"));
    assert_eq!(site.get(&site.link(Right::Copy(9_999), BEN).await).await.status, 410);
    let none = Right::Digest { due: 0, interest: 1 };
    assert_eq!(site.get(&site.link(none, BEN).await).await.status, 410);
}

#[tokio::test]
async fn forms_of_other_sites_are_turned_away() {
    let site = with_ben().await;
    let settings = site.link(Right::Settings, BEN).await;
    let you = [("name", "Eve"), ("zone", "UTC")];
    let send = |name: &str, value: &str| {
        let request = site.form(&format!("{settings}/you"), &you);
        got(request.header(name.to_owned(), value.to_owned()))
    };
    assert_eq!(send("sec-fetch-site", "cross-site").await.status, 403);
    assert_eq!(send("sec-fetch-site", "same-site").await.status, 403);
    assert_eq!(send("origin", "https://evil.example").await.status, 403);
    assert_eq!(send("sec-fetch-site", "same-origin").await.status, 303);
    assert_eq!(send("origin", "null").await.status, 303);
    assert_eq!(send("origin", &site.base).await.status, 303);
}

#[tokio::test]
async fn pages_are_guarded_by_their_headers() {
    let site = with_ben().await;
    let settings = site.link(Right::Settings, BEN).await;
    for path in ["/", "/subscribe", "/link", "/sent", &settings, "/settings/broken", "/style.css"] {
        let headers = site.get(path).await.headers;
        let policy = &headers["content-security-policy"];
        assert!(policy.starts_with("default-src 'none'; style-src 'self'; form-action 'self'"));
        assert_eq!(headers["referrer-policy"], "no-referrer");
        assert_eq!(headers["x-content-type-options"], "nosniff");
        assert!(!headers.contains_key("set-cookie"));
        assert_eq!(headers["cache-control"] == "no-store", path != "/style.css");
        assert_eq!(headers.contains_key("x-robots-tag"), path != "/" && path != "/subscribe");
    }
    let big = "x".repeat(100_000);
    assert_eq!(site.post("/subscribe", &form(BEN, &[("names", &big)])).await.status, 413);
}
