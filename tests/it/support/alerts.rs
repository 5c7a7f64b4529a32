//! Judged articles and the alerts they cause: the plain cases, other scripts, and a hostile page.

use chrono::{DateTime, Utc};
use sanctionwatch::classify::{self, weights};
use sanctionwatch::digest::{self, Letterhead, Reason, Recipient};
use sanctionwatch::model::article::{About, Article, Block, BlockKind};
use sanctionwatch::model::judged::{Evidence, Field, Judged, Keys, Verdict};
use sanctionwatch::model::source::{Expectation, Recipe, Rendering, Source, SourceId, SourceKind};
use sanctionwatch::model::subscriber::{Email, Message, Subscriber};
use sanctionwatch::tokens::{Key, Links};

pub(crate) fn now() -> DateTime<Utc> {
    "2024-07-16T12:00:00Z".parse().unwrap()
}

pub(crate) fn email(text: &str) -> Email {
    text.parse().unwrap()
}

pub(crate) fn sender() -> Email {
    email("alerts@example.net")
}

pub(crate) fn reader(id: i64, address: &str, name: &str) -> Recipient {
    let (email, name) = (email(address), name.to_owned());
    let subscriber = Subscriber { id, email, name, zone: chrono_tz::UTC, serial: 0 };
    Recipient { subscriber, reasons: Vec::new() }
}

/// Somebody with interests in the matter.
pub(crate) fn anna() -> Recipient {
    let reason = |interest: &str, because: &[&str]| Reason {
        interest: interest.to_owned(),
        because: because.iter().map(|&text| text.to_owned()).collect(),
    };
    Recipient {
        reasons: vec![
            reason("Shipping", &["countries: ru", "words: oil OR engines"]),
            reason("Everything", &[]),
        ],
        ..reader(7, "anna@example.org", "Anna Müller")
    }
}

/// Links that are the same in every run.
pub(crate) fn links() -> Links {
    Links::new("https://watch.example.net", Key::new([7; 32]))
}

pub(crate) fn source(title: &str, kind: SourceKind, language: &str) -> Source {
    Source {
        id: SourceId("xx/test".to_owned()),
        title: title.to_owned(),
        kind,
        country: "us".to_owned(),
        language: language.to_owned(),
        listings: Vec::new(),
        render: Rendering::Plain,
        schedule: None,
        recipe: Recipe::default(),
        expectation: Expectation {
            links_min: 1,
            links_max: 100,
            words_min: 20,
            dated: true,
            silence_days: 30,
        },
        topics: Vec::new(),
        credentials: None,
    }
}

/// An article with the title and the paragraphs given.
pub(crate) fn article(title: &str, paragraphs: &[&str], language: &str) -> Article {
    let block = |text: &&str| Block { kind: BlockKind::Paragraph, text: (*text).to_owned() };
    Article {
        url: "https://www.news.example/2024/07/article.html".to_owned(),
        title: title.to_owned(),
        byline: Vec::new(),
        published: Some("2024-07-16T09:30:00-04:00".parse().unwrap()),
        modified: None,
        language: Some(language.to_owned()),
        site: None,
        blocks: paragraphs.iter().map(block).collect(),
        removed: Vec::new(),
        lines: Vec::new(),
        incomplete: false,
        about: About::default(),
    }
}

/// `article` judged by the words given: `(words, rule, weight)`, looked up in the text, else in the title.
pub(crate) fn judged(article: Article, score: f64, signs: &[(&str, &str, f64)]) -> Judged {
    let text = article.text();
    let evidence = signs.iter().map(|(words, rule, weight)| {
        let (field, start) = match text.find(words) {
            Some(at) => (Field::Text, at),
            None => {
                (Field::Title, article.title.find(words).expect("the words are in the article"))
            }
        };
        let (text, end) = ((*words).to_owned(), start + words.len());
        Evidence { text, start, end, field, rule: (*rule).to_owned(), weight: *weight }
    });
    let verdict = Verdict { relevant: true, score, evidence: evidence.collect() };
    let keys = Keys { address: article.url.clone(), wording: 1, ..Keys::default() };
    let language = article.language.as_deref();
    let opinion = classify::opinion(weights::shipped(), &article.title, &text, language);
    let facts = classify::facts(&article.title, &text, language, article.published);
    Judged { article, keys, verdict, instruments: opinion.instruments, facts, named: Vec::new() }
}

pub(crate) fn official() -> Judged {
    let mut article = article(
        "Treasury Designates Procurement Network Supplying Drone Engines to Northern Front",
        &[
            "WASHINGTON — The U.S. Department of the Treasury’s Office of Foreign Assets Control \
             today designated twelve firms and four ships that buy engines for attack drones.",
            "“We will follow the parts to where they are made,” an official said.",
            "As a result of today’s action, all property and interests in property of the persons \
             named above that are in the United States are blocked and must be reported. The \
             action was taken pursuant to E.O. 14024, as amended.",
        ],
        "en",
    );
    article.url = "https://home.treasury.example/news/press-releases/jy9999".to_owned();
    judged(
        article,
        0.968,
        &[
            ("all property and interests in property", "en.strong.blocked-property", 3.0),
            ("designated twelve firms", "en.aim.designated", 2.0),
            ("E.O. 14024", "any.instrument.executive-order", 3.0),
            ("Office of Foreign Assets Control", "en.issuer.office-of-foreign-assets-control", 2.0),
            ("blocked", "en.weak.blocked", 1.0),
            ("an official said", "en.against.said", -0.5),
        ],
    )
}

pub(crate) fn russian() -> Judged {
    let mut article = article(
        "Минфин США ввёл санкции против сети поставщиков двигателей",
        &[
            "В 2024 г. США внесли в санкционный список двенадцать компаний. Об этом сообщило \
             министерство.",
            "Активы компаний заморожены.",
        ],
        "ru",
    );
    article.byline = vec!["Анна Петрова".to_owned(), "Служба новостей".to_owned()];
    article.published = Some("2024-07-16".parse().unwrap());
    judged(
        article,
        0.81,
        &[
            ("санкционный список", "ru.strong.санкционный-список", 3.0),
            ("ввёл санкции", "ru.act.ввёл-санкции", 3.0),
        ],
    )
}

pub(crate) fn japanese() -> Judged {
    let article = article(
        "財務省、無人機エンジンの調達網に対する追加制裁を発表、十二社と四隻を制裁対象に指定",
        &["財務省は十六日、無人機のエンジンを調達していた十二社と四隻の船舶を制裁対象に指定し、\
           資産凍結の措置を取ると発表した。関係者は取材に応じていない。"],
        "ja",
    );
    judged(article, 0.93, &[("資産凍結", "ja.strong.asset-freeze", 3.0)])
}

pub(crate) fn arabic() -> Judged {
    let mut article = article(
        "وزارة الخزانة تفرض عقوبات على شبكة توريد محركات",
        &["أعلنت وزارة الخزانة الأميركية فرض عقوبات على اثنتي عشرة شركة. وشمل القرار تجميد أصول."],
        "ar",
    );
    article.incomplete = true;
    judged(article, 0.74, &[("فرض عقوبات", "ar.act.imposed", 3.0)])
}

/// Everything a page can do to a mail.
pub(crate) fn hostile() -> Judged {
    let mut article = article(
        "Sanctions\r\nBcc: everyone@example.org\r\n\r\n<script>alert(1)</script> \u{202e}gpj.exe\0 &amp;",
        &[
            "<img src=x onerror=alert(2)> They froze \"assets\" & <b>more</b>.",
            "-----\r\n.\r\nQUIT\r\n--boundary",
        ],
        "en\" onload=\"alert(3)",
    );
    article.url = "javascript:alert(4)//https://example.org/".to_owned();
    article.byline = vec!["<a href=\"https://evil.example\">Bob</a>\r\nX-Evil: 1".to_owned()];
    article.published = None;
    judged(article, 2.0, &[("froze \"assets\"", "en.<i>.x\r\ny", 3.0)])
}

pub(crate) fn title_only() -> Judged {
    let article = article("New EU sanctions adopted", &["Envoys met on Monday. No details."], "xx");
    judged(article, 0.5, &[("EU sanctions", "en.strong.sanctions", 3.0)])
}

pub(crate) fn sample(name: &str) -> (Judged, Source) {
    let news = |title, language| source(title, SourceKind::News, language);
    match name {
        "official" => (official(), source("Treasury press releases", SourceKind::Government, "en")),
        "russian" => (russian(), news("Новости дня", "ru")),
        "japanese" => (japanese(), news("通信社", "ja")),
        "arabic" => (arabic(), news("وكالة الأنباء", "ar")),
        "hostile" => (hostile(), news("News <i>& more</i>\r\nBcc: x@example.org", "en")),
        "title-only" => (title_only(), news("Brussels Daily", "en")),
        other => panic!("no sample {other}"),
    }
}

pub(crate) const SAMPLES: &[&str] =
    &["official", "russian", "japanese", "arabic", "hostile", "title-only"];

/// The alert as a service with web pages sends it.
pub(crate) fn alert(name: &str) -> Message {
    let (judged, source) = sample(name);
    let (sender, links) = (sender(), links());
    let letterhead = Letterhead { sender: &sender, links: Some(&links), now: now() };
    digest::alerts(&judged, &[], &source, &[anna()], &letterhead).remove(0)
}

/// Alerts from a service without web pages.
pub(crate) fn alerts(judged: &Judged, source: &Source, to: &[Recipient]) -> Vec<Message> {
    let letterhead = Letterhead { sender: &sender(), links: None, now: now() };
    digest::alerts(judged, &[], source, to, &letterhead)
}
