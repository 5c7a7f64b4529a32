//! What an interest would have sent, as a page shows it.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;

use crate::jobs::back_test::{BackTest, Item, Trial, back_test};
use crate::model::interest::Interest;
use crate::store;
use crate::web::pages::Pages;

/// How far back an interest is tried.
const DAYS: u32 = 30;
/// Reports that are shown.
const SHOWN: usize = 20;

/// The outcome of a back-test.
#[derive(Debug)]
pub(crate) struct TrialView {
    pub(crate) days: u32,
    pub(crate) mails: usize,
    pub(crate) told: usize,
    pub(crate) items: Vec<ItemView>,
    /// Reports that are not shown.
    pub(crate) more: usize,
    /// From when on, where it was not all of the days.
    pub(crate) since: Option<String>,
}

/// A report that would have been told.
#[derive(Debug)]
pub(crate) struct ItemView {
    pub(crate) title: String,
    /// Only web addresses become links.
    pub(crate) url: Option<String>,
    pub(crate) source: String,
    pub(crate) seen: String,
    pub(crate) because: String,
}

impl Pages {
    /// What `interest` would have sent.
    pub(crate) async fn try_out(
        &self,
        interest: &Interest,
        zone: Tz,
        now: DateTime<Utc>,
    ) -> store::Result<TrialView> {
        let trial = Trial {
            criteria: interest.criteria.clone(),
            cadence: interest.cadence,
            zone,
            days: DAYS,
            alert_age: self.alert_age,
        };
        let BackTest { mails, told, items, since, .. } = back_test(&self.store, trial, now).await?;
        let asked = now - chrono::TimeDelta::days(i64::from(DAYS));
        Ok(TrialView {
            days: DAYS,
            mails,
            told,
            more: told.saturating_sub(items.len().min(SHOWN)),
            items: items.into_iter().take(SHOWN).map(|item| view(item, zone)).collect(),
            since: (asked < since).then(|| moment(since, zone)),
        })
    }
}

fn view(item: Item, zone: Tz) -> ItemView {
    let is_web = item.url.starts_with("https://") || item.url.starts_with("http://");
    ItemView {
        seen: moment(item.first_seen, zone),
        title: item.title,
        url: is_web.then_some(item.url),
        source: item.source,
        because: item.because.join(" · "),
    }
}

/// `27 Nov 2026, 14:05`, on the subscriber's clock.
pub(crate) fn moment(at: DateTime<Utc>, zone: Tz) -> String {
    at.with_timezone(&zone).format("%-d %b %Y, %H:%M").to_string()
}
