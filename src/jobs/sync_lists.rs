//! Official lists: look at each when it is due, keep every whole edition, tell what changed.
//!
//! A look fetches the files of a list, asking whether they changed; reads them; holds their count
//! against the list's bounds and the edition before; and commits the edition with its changes and
//! messages in one transaction. What is not whole is refused with its reason, and the edition
//! before stays in force.

use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use tokio::sync::Notify;
use tokio::task::spawn_blocking;
use tokio_util::sync::CancellationToken;

use crate::clock::Clock;
use crate::digest::{Letterhead, ListNews, list_alerts};
use crate::fetch::{Answer, Fetcher, Limits, Robots};
use crate::jobs::acts;
use crate::jobs::list_readers::{Audience, audiences};
use crate::jobs::rescreen::Rescreen;
use crate::lists::{ListFile, ListSource, Location, changes, check_shrink, read_files};
use crate::model::change::{Change, Edition};
use crate::model::designation::Designation;
use crate::model::fetched::Validators;
use crate::model::source::{Listing, ListingKind};
use crate::model::subscriber::{Email, Message};
use crate::parse::listing::links;
use crate::store::{self, EditionFile, NewEdition, Store};
use crate::tokens::Links;

/// First looks stand this far apart, and the first of them this long after the start.
const STAGGER: TimeDelta = TimeDelta::minutes(3);
/// A look that failed is tried again this soon, or at the usual time if that is sooner.
const RETRY: TimeDelta = TimeDelta::minutes(30);
/// Longest time for all files of one list: the longest has a hundred megabytes.
const TOTAL: Duration = Duration::from_mins(15);
/// Longest sleep between two questions what is due: a list may have been synced by hand.
const NAP: TimeDelta = TimeDelta::minutes(10);

/// Pause after the database failed: a disk is not made empty in seconds.
const AFTER_FAULT: Duration = Duration::from_secs(30);

/// Everything a look needs; clones share it.
#[derive(Debug, Clone)]
pub struct ListSync {
    pub store: Store,
    /// As for pages; each list sets the size of its files.
    pub limits: Limits,
    pub clock: Clock,
    /// The address mails come from.
    pub sender: Email,
    /// Makes the signed links in mails; none where no page of ours can be reached.
    pub links: Option<Arc<Links>>,
    /// Told when messages were put into the outbox.
    pub mail_waiting: Arc<Notify>,
    /// Cancelled to stop: the look under way is finished first.
    pub stop: CancellationToken,
}

/// How a look ended.
#[derive(Debug, Clone, PartialEq)]
pub enum Look {
    /// A new edition is in force.
    Taken { edition: Edition, messages: usize },
    /// The list is as it was.
    Unchanged,
    /// The edition before stays in force.
    Refused { why: String },
}

impl ListSync {
    /// Looks at lists as they fall due, until stopped. Where the database fails, it begins anew when
    /// that may be over: what was not committed is looked at again.
    ///
    /// # Errors
    /// When the database was closed.
    pub async fn run(self, lists: Vec<ListSource>) -> store::Result<()> {
        while !self.stop.is_cancelled() {
            match self.look_when_due(&lists).await {
                Err(store::Error::Closed) => return Err(store::Error::Closed),
                Err(error) => {
                    tracing::error!(%error, "the lists cannot be looked at; it is tried again")
                }
                Ok(()) => break,
            }
            tokio::select! {
                () = tokio::time::sleep(AFTER_FAULT) => {}
                () = self.stop.cancelled() => {}
            }
        }
        Ok(())
    }

    async fn look_when_due(&self, lists: &[ListSource]) -> store::Result<()> {
        let now = self.clock.now();
        let first = |(place, list): (usize, &ListSource)| {
            let places = i32::try_from(place + 1).unwrap_or(i32::MAX);
            (list.id.clone(), now + STAGGER * places)
        };
        self.store.register_lists(lists.iter().enumerate().map(first).collect()).await?;
        let ids: Vec<String> = lists.iter().map(|list| list.id.clone()).collect();
        // What a stop or a kill broke off.
        self.rescreen().run().await?;
        // Without a list there is nothing to wait for but the end.
        while !self.stop.is_cancelled() {
            let next = self.store.next_list(ids.clone()).await?;
            let now = self.clock.now();
            let due = next.as_ref().filter(|(_, at)| *at <= now);
            if let Some(list) = due.and_then(|(id, _)| lists.iter().find(|it| it.id == *id)) {
                self.look(list).await?;
                continue;
            }
            let wait = next.map_or(NAP, |(_, at)| (at - now).min(NAP));
            tokio::select! {
                () = tokio::time::sleep(wait.to_std().unwrap_or_default()) => {}
                () = self.stop.cancelled() => {}
            }
        }
        Ok(())
    }

    /// The search of stored articles for the names that editions bring.
    pub fn rescreen(&self) -> Rescreen {
        Rescreen {
            store: self.store.clone(),
            clock: self.clock.clone(),
            sender: self.sender.clone(),
            links: self.links.clone(),
            mail_waiting: Arc::clone(&self.mail_waiting),
            stop: self.stop.clone(),
        }
    }

    /// Looks at one list now.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn look(&self, list: &ListSource) -> store::Result<Look> {
        let usual = TimeDelta::from_std(list.every).unwrap_or(TimeDelta::MAX);
        let look = match self.edition_of(list).await? {
            Ok(Some(fresh)) => self.take(list, fresh, usual).await?,
            Ok(None) => {
                let now = self.clock.now();
                self.store.list_unchanged(list.id.clone(), now, now + usual).await?;
                Look::Unchanged
            }
            Err(why) => {
                let now = self.clock.now();
                let next = now + usual.min(RETRY);
                self.store.register_lists(vec![(list.id.clone(), next)]).await?;
                self.store.list_refused(list.id.clone(), now, why.clone(), next).await?;
                Look::Refused { why }
            }
        };
        report(&list.id, &look);
        acts::ask_again(&self.store, self.clock.now()).await?;
        Ok(look)
    }

    /// What the list is now: none where it is as it was, else why it cannot be had.
    async fn edition_of(&self, list: &ListSource) -> store::Result<Result<Option<Fresh>, String>> {
        let kept = self.store.edition_files(list.id.clone()).await?;
        let after = self.store.edition_in_force(list.id.clone()).await?;
        let files = match self.fetch(list, &kept).await {
            Ok(files) => files,
            Err(why) => return Ok(Err(why)),
        };
        let same = |(one, other): (&EditionFile, &EditionFile)| one.body == other.body;
        if files.len() == kept.len() && files.iter().zip(&kept).all(same) {
            return Ok(Ok(None));
        }
        let known = self.store.designations_of(list.id.clone()).await?;
        let before: Vec<Designation> = known.into_iter().map(|known| known.party).collect();
        let list = list.clone();
        let read = spawn_blocking(move || read_edition(&list, files, &before));
        let read = read.await.unwrap_or_else(|_| {
            Err("the reader of this format panicked; please report it with the file".to_owned())
        });
        Ok(read.map(|fresh| Some(Fresh { after, ..fresh })))
    }

    /// The files as they are now; those the server calls unchanged as they were kept.
    async fn fetch(
        &self,
        list: &ListSource,
        kept: &[EditionFile],
    ) -> Result<Vec<EditionFile>, String> {
        let limits = Limits {
            body: list.body_limit,
            total: TOTAL,
            robots: Robots::NotAsked,
            ..self.limits.clone()
        };
        let fetcher =
            Fetcher::new(limits, self.clock.clone()).map_err(|error| error.to_string())?;
        let mut files = Vec::new();
        for url in self.addresses(list, &fetcher).await? {
            let kept = kept.iter().find(|file| file.url == url);
            let nothing = Validators::default();
            let validators = kept.map_or(&nothing, |file| &file.validators);
            match (fetcher.get(&url, validators).await, kept) {
                (Ok(Answer::Fetched(fetched)), _) => files.push(EditionFile {
                    url,
                    validators: fetched.validators,
                    body: fetched.body,
                }),
                (Ok(Answer::Unchanged), Some(kept)) => files.push(kept.clone()),
                (Ok(Answer::Unchanged), None) => {
                    return Err(format!("{url} answered 304 although nothing of it is known here"));
                }
                (Err(fault), _) => return Err(fault.to_string()),
            }
        }
        Ok(files)
    }

    async fn addresses(&self, list: &ListSource, fetcher: &Fetcher) -> Result<Vec<String>, String> {
        let (url, selector) = match &list.location {
            Location::Files(files) => return Ok(files.clone()),
            Location::Page { url, selector } => (url, selector),
        };
        let answer = fetcher.get(url, &Validators::default()).await;
        let Answer::Fetched(page) = answer.map_err(|fault| fault.to_string())? else {
            return Err(format!("{url} answered 304 although nothing of it is known here"));
        };
        let kind = ListingKind::Index { selector: selector.clone() };
        let listing = Listing::new(url.clone(), kind);
        let found = links(&listing, &page).map_err(|error| error.to_string())?;
        match found.links.into_iter().next() {
            Some(link) => Ok(vec![link.url]),
            None => Err(format!("{url} holds no link that matches {selector:?}; mend `link`")),
        }
    }

    async fn take(&self, list: &ListSource, fresh: Fresh, usual: TimeDelta) -> store::Result<Look> {
        let now = self.clock.now();
        // The first edition says nothing of what changed: nobody is told of thousands of old names.
        let messages = match &fresh.after {
            None => Vec::new(),
            Some(after) => self.messages(list, after.id, &fresh).await?,
        };
        let count = messages.len();
        let new = NewEdition {
            list: list.id.clone(),
            format: list.format.name(),
            after: fresh.after.map(|edition| edition.id),
            files: fresh.files,
            parties: fresh.parties,
            changes: fresh.changes,
            messages,
            now,
            next_look: now + usual,
        };
        let Some(edition) = self.store.commit_edition(new).await? else {
            // Another process took an edition over meanwhile; the next look goes from there.
            return Ok(Look::Unchanged);
        };
        if 0 < count {
            self.mail_waiting.notify_one();
        }
        let count = count + self.rescreen().run().await?;
        Ok(Look::Taken { edition, messages: count })
    }

    /// What an edition changed, to each of those who want to be told at once of some of it.
    async fn messages(
        &self,
        list: &ListSource,
        after: i64,
        fresh: &Fresh,
    ) -> store::Result<Vec<Message>> {
        let now = self.clock.now();
        let letterhead = Letterhead { sender: &self.sender, links: self.links.as_deref(), now };
        let wishes = self.store.wishes().await?;
        let (id, changes) = (list.id.clone(), fresh.changes.clone());
        let work = spawn_blocking(move || audiences(&id, &changes, &wishes));
        let audiences = work.await.map_err(|_| store::Error::Closed)?;
        let told = audiences.iter().flat_map(|Audience { changes, recipients }| {
            let (id, title, parties) = (&list.id, &list.title, fresh.parties.len());
            let news = ListNews { list: id, title, after, at: now, parties, changes };
            list_alerts(&news, recipients, &letterhead)
        });
        Ok(told.collect())
    }
}

/// An edition that was read and is whole.
struct Fresh {
    after: Option<Edition>,
    files: Vec<EditionFile>,
    parties: Vec<Designation>,
    changes: Vec<Change>,
}

/// Reads the files and holds them against the list's bounds.
fn read_edition(
    list: &ListSource,
    files: Vec<EditionFile>,
    before: &[Designation],
) -> Result<Fresh, String> {
    let named: Vec<ListFile<'_>> = files
        .iter()
        .map(|file| ListFile { name: file_name(&file.url), bytes: &file.body })
        .collect();
    let readings = read_files(&named, Some(list.format)).map_err(|error| error.to_string())?;
    let parties: Vec<Designation> =
        readings.into_iter().flat_map(|reading| reading.designations).collect();
    let known = (!before.is_empty()).then_some(before.len());
    check_shrink(&list.id, parties.len(), known, list.bounds).map_err(|error| error.to_string())?;
    let changes = if before.is_empty() { Vec::new() } else { changes(before, &parties) };
    Ok(Fresh { after: None, files, parties, changes })
}

/// The last part of an address's path: `SDN.CSV`.
fn file_name(url: &str) -> String {
    let path = url.split(['?', '#']).next().unwrap_or(url);
    path.rsplit('/').next().unwrap_or(path).to_owned()
}

fn report(list: &str, look: &Look) {
    match look {
        Look::Taken { edition, messages } => tracing::info!(
            list,
            parties = edition.parties,
            added = edition.added,
            amended = edition.amended,
            removed = edition.removed,
            messages,
            "a new edition is in force"
        ),
        Look::Unchanged => tracing::debug!(list, "the list is as it was"),
        Look::Refused { why } => tracing::warn!(list, why, "the list was not taken over"),
    }
}
