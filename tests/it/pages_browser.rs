//! The subscribers' pages in Chromium: the whole way with scripts off and on, axe on every page in
//! light and dark, and hostile text that stays text.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use chrono::TimeDelta;
use sanctionwatch::model::interest::Mute;
use sanctionwatch::model::source::ListingKind;
use sanctionwatch::tokens::Right;

use crate::crawl::{page, source};
use crate::support::site::{Site, link_to};
use crate::support::web::Web;
use crate::support::webdriver::{Browser, Scripts, installed};

const BEN: &str = "ben@example.org";
const HOSTILE: &str =
    "<script>document.title='pwned'</script><img src=x onerror=\"document.title='pwned'\">";

/// Says so where Chromium or its driver is missing.
#[expect(clippy::print_stdout, reason = "a skipped test says why")]
fn has_browser() -> bool {
    let found = installed("chromium").is_some() && installed("chromedriver").is_some();
    if !found {
        println!(
            "skipped: chromium and chromedriver are not on the PATH (Debian: chromium-driver)"
        );
    }
    found
}

/// The checker of accessibility, where `.ci/run` has put it.
#[expect(clippy::print_stdout, reason = "a skipped test says why")]
fn axe() -> Option<String> {
    let file =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("target/axe/node_modules/axe-core/axe.min.js");
    let axe = fs::read_to_string(&file).ok();
    if axe.is_none() {
        println!("skipped: {} is not there (npm package axe-core; see .ci/run)", file.display());
    }
    axe
}

/// What looks at every page on the way.
struct Inspector {
    axe: Option<String>,
    /// Where the pictures go, for people.
    pictures: PathBuf,
    seen: BTreeSet<String>,
}

impl Inspector {
    fn new(axe: Option<String>) -> Self {
        let pictures = Path::new(env!("CARGO_TARGET_TMPDIR")).join("pages");
        fs::create_dir_all(&pictures).unwrap();
        Self { axe, pictures, seen: BTreeSet::new() }
    }

    /// No script of somebody else's ran; nothing stands out of a narrow window; axe finds no serious
    /// fault in light and dark.
    async fn look(&mut self, browser: &Browser, name: &str) {
        assert_ne!(browser.title().await, "pwned", "{name}");
        let Some(axe) = &self.axe else { return };
        for (scheme, width) in [("light", 800), ("dark", 800), ("dark", 360), ("light", 360)] {
            browser.look(scheme, width).await;
            let script = format!(
                "const done = arguments[arguments.length - 1]; {axe}; \
                 axe.run().then(found => done({{ \
                     faults: found.violations \
                         .filter(fault => ['serious', 'critical'].includes(fault.impact)) \
                         .map(fault => fault.id + ': ' + fault.nodes.map(node => node.html).join(' ')), \
                     passes: found.passes.length, \
                     wide: document.documentElement.scrollWidth > window.innerWidth }}))"
            );
            let found = browser.run(&script).await;
            assert_eq!(found["faults"], serde_json::json!([]), "{name}, {scheme} at {width} px");
            assert!(5 < found["passes"].as_u64().unwrap(), "axe looked at nothing: {found}");
            assert_eq!(found["wide"], false, "{name} is wider than {width} px");
            let picture = self.pictures.join(format!("{name}-{scheme}-{width}.png"));
            fs::write(picture, browser.picture().await).unwrap();
        }
        self.seen.insert(name.to_owned());
    }
}

/// A store with one article whose title is hostile.
async fn site() -> Site {
    let site = Site::new().await;
    let web = Web::start().await;
    web.feed("/feed", crate::crawl::feed(&[web.url("/article")]));
    let title = HOSTILE.replace('<', "&lt;").replace('>', "&gt;");
    web.page("/article", "text/html", page(&format!("{title} Calvenna Shipping")));
    let source = source("feed", ListingKind::Feed, web.url("/feed"));
    assert_eq!(site.world.crawl(&[source]).await.len(), 1);
    site.world.clock.advance(TimeDelta::minutes(1));
    site.mails().await;
    site
}

/// From the form to the last page, as a reader goes.
async fn walk(site: &Site, browser: &Browser, inspector: &mut Inspector) {
    let shows = async |text: &str| {
        let page = browser.text().await;
        assert!(page.contains(text), "{text:?} is not on the page:\n{page}");
    };
    browser.open(&site.base).await;
    inspector.look(browser, "subscribe").await;
    browser.click("button[value=subscribe]").await;
    shows("Write the address that mails shall go to.").await;
    inspector.look(browser, "mistake").await;
    browser.fill("#email", BEN).await;
    browser.fill("#name", HOSTILE).await;
    browser.fill("#zone", "Europe/Berlin").await;
    browser.fill("#interest", "Oil & <b>gas</b>").await;
    browser.fill("#words", "oil OR \"<script>\"").await;
    browser.click("input[value=listings]").await;
    browser.click("button[value=try]").await;
    shows("1 mail with 1 report.").await;
    shows("document.title='pwned'").await;
    assert_eq!(browser.value("#email").await, BEN);
    assert_eq!(browser.value("#words").await, "oil OR \"<script>\"");
    inspector.look(browser, "tried").await;
    browser.click("button[value=subscribe]").await;
    let url = browser.url().await;
    assert!(url.contains("/sent"), "{url} shows {}", browser.text().await);
    inspector.look(browser, "sent").await;

    let mails = site.mails().await;
    browser.open(&link_to(&mails[0].html, "/confirm/")).await;
    shows("Oil & <b>gas</b>").await;
    inspector.look(browser, "confirm").await;
    browser.click("main button").await;
    shows("You are subscribed").await;
    inspector.look(browser, "confirmed").await;
    browser.click("main a[href*='/settings/']").await;
    browser.click("a[href$='/interest/new']").await;
    inspector.look(browser, "add").await;
    browser.fill("#interest", "Ships").await;
    browser.fill("#names", "Velmora Trading\nCalvenna Shipping").await;
    browser.click("input[value=daily]").await;
    browser.click("button[value=save]").await;
    shows("The interest is saved.").await;
    shows("names: Velmora Trading, Calvenna Shipping").await;
    browser.fill("#zone", "Asia/Tokyo").await;
    browser.click("form[action$='/you'] button").await;
    shows("a digest every day at 08:00 (Asia/Tokyo)").await;

    let mute = site.link(Right::Mute(Mute::Name(HOSTILE.to_owned())), BEN).await;
    browser.open(&mute).await;
    inspector.look(browser, "mute").await;
    browser.click("main button").await;
    shows("Muted").await;
    browser.open(&site.link(Right::Settings, BEN).await).await;
    shows("document.title='pwned'").await;
    inspector.look(browser, "settings").await;
    browser.click("form[action$='/unmute'] button").await;
    shows("You will hear of it again.").await;
    browser.click("form[action$='/remove'] button").await;
    shows("The interest is removed.").await;

    browser.open(&site.link(Right::Leave, BEN).await).await;
    inspector.look(browser, "leave").await;
    browser.click("main button").await;
    shows("Your subscription has ended").await;
    browser.open(&site.link(Right::Settings, BEN).await).await;
    browser.click("a[href$='/erase']").await;
    inspector.look(browser, "erase").await;
    browser.click("#sure").await;
    let settings = site.link(Right::Settings, BEN).await;
    browser.click("main button").await;
    shows("Everything is erased").await;
    inspector.look(browser, "erased").await;
    browser.open(&settings).await;
    shows("This link no longer holds").await;
    inspector.look(browser, "trouble").await;
    browser.click("a[href='/link']").await;
    inspector.look(browser, "link").await;
    let erased = site.world.crawler.store.subscriber_at(BEN.parse().unwrap()).await.unwrap();
    assert_eq!(erased, None);
}

#[tokio::test]
async fn the_whole_way_works_without_scripts() {
    if !has_browser() {
        return;
    }
    let (site, browser) = (site().await, Browser::start(Scripts::Off).await);
    walk(&site, &browser, &mut Inspector::new(None)).await;
    browser.quit().await;
}

#[tokio::test]
async fn every_page_is_accessible_and_runs_nothing() {
    let (true, Some(axe)) = (has_browser(), axe()) else { return };
    let (site, browser) = (site().await, Browser::start(Scripts::On).await);
    let mut inspector = Inspector::new(Some(axe));
    walk(&site, &browser, &mut inspector).await;
    assert_eq!(inspector.seen.len(), 14, "{:?}", inspector.seen);
    browser.quit().await;
}
