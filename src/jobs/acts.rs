//! Official acts on their way: whom a page lists, whether a list names them yet, and what a new
//! edition says of those who waited.
//!
//! An act is read and held against the lists before its article is stored, so that its own mail can
//! say whom the list lacks; the list is asked again at every look.

use chrono::{DateTime, Utc};
use tokio::task::spawn_blocking;

use crate::lists::{self, OfficialPage};
use crate::model::act::{Act, ActEntry, Ahead};
use crate::model::designation::Issuer;
use crate::model::facts::Action;
use crate::model::judged::Judged;
use crate::model::source::{Source, SourceKind};
use crate::parse::address;
use crate::store::{self, IssuersLists, Store, WaitingEntry};

/// Whom an article lists and where they stand.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Stand {
    pub(crate) entries: Vec<ActEntry>,
    /// What of it is ahead of the lists.
    pub(crate) ahead: Vec<Ahead>,
}

/// The act that an article is; none unless it is from an office, about sanctions, and dated: without
/// its day nothing can be said of days.
pub(crate) fn act_of(judged: &Judged, source: &Source) -> Option<Act> {
    let Judged { article, verdict, facts, .. } = judged;
    if source.kind != SourceKind::Government || !verdict.relevant {
        return None;
    }
    lists::act(&OfficialPage {
        host: &address::host(&article.url)?,
        title: &article.title,
        text: &article.text(),
        published: article.published?.day(),
        designates: facts.actions.iter().any(|shown| shown.value == Action::Designate),
    })
}

/// Holds an act against the lists as they are stored.
pub(crate) async fn stand(
    store: &Store,
    act: Option<Act>,
    now: DateTime<Utc>,
) -> store::Result<Stand> {
    let Some(act) = act else { return Ok(Stand::default()) };
    let lists = store.lists_of(act.issuer, now).await?;
    let followed = lists.followed;
    let entries = settle(act.entries(), lists).await?;
    // An act is of one issuer.
    let ahead = Ahead::of(&entries, now.date_naive(), |_| followed);
    Ok(Stand { entries, ahead })
}

/// Asks the lists again for the parties of acts that none of them named so far.
///
/// # Errors
/// Only when the database fails.
pub async fn ask_again(store: &Store, now: DateTime<Utc>) -> store::Result<()> {
    let waiting = store.waiting_entries(now.date_naive()).await?;
    let mut issuers: Vec<Issuer> = waiting.iter().map(|it| it.entry.issuer).collect();
    issuers.sort_unstable();
    issuers.dedup();
    for issuer in issuers {
        let of_issuer = waiting.iter().filter(|it| it.entry.issuer == issuer);
        let (articles, entries): (Vec<i64>, Vec<ActEntry>) =
            of_issuer.map(|it| (it.article, it.entry.clone())).unzip();
        let entries = settle(entries, store.lists_of(issuer, now).await?).await?;
        let settled = articles.into_iter().zip(entries);
        let settled = settled.filter(|(_, entry)| entry.listed.is_some());
        let settled: Vec<WaitingEntry> =
            settled.map(|(article, entry)| WaitingEntry { article, entry }).collect();
        if !settled.is_empty() {
            tracing::info!(
                issuer = issuer.name(),
                parties = settled.len(),
                "a list names parties that an act had listed"
            );
            store.settle_entries(settled).await?;
        }
    }
    Ok(())
}

async fn settle(entries: Vec<ActEntry>, lists: IssuersLists) -> store::Result<Vec<ActEntry>> {
    let IssuersLists { known, begun, .. } = lists;
    let work = spawn_blocking(move || lists::settle(entries, &known, &begun));
    work.await.map_err(|_| store::Error::Closed)
}
