//! Stored articles screened again for the names an edition brought.
//!
//! The edition is committed first, with its own mail and a row that says the search is to be done;
//! then the search goes over the stored articles in batches, each with its progress in one
//! transaction; and its last transaction puts a mail of its own into the outbox. So the news of a
//! listing never waits for the search, and a kill at any moment repeats nothing and loses nothing:
//! a mail that waited for the search would be late or, after a kill, not there.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use chrono::{DateTime, Utc};
use tokio::sync::Notify;
use tokio::task::spawn_blocking;
use tokio_util::sync::CancellationToken;

use crate::clock::Clock;
use crate::digest::{EarlierNews, Letterhead, earlier_alerts};
use crate::jobs::list_readers::{Audience, audiences};
use crate::lists::in_official_journal;
use crate::model::change::{Change, ChangeKind, Earlier};
use crate::model::designation::Issuer;
use crate::model::matched::Match;
use crate::model::subscriber::{Email, Message};
use crate::parse::address;
use crate::screen::{Index, Listed};
use crate::store::{self, FoundEarlier, OldArticle, REACH, Store, Unfinished};
use crate::tokens::Links;

/// Articles screened between two writes.
const BATCH: usize = 50;

/// Everything a search needs; clones share it.
#[derive(Debug, Clone)]
pub struct Rescreen {
    pub store: Store,
    pub clock: Clock,
    /// The address mails come from.
    pub sender: Email,
    /// Makes the signed links in mails; none where no page of ours can be reached.
    pub links: Option<Arc<Links>>,
    /// Told when messages were put into the outbox.
    pub mail_waiting: Arc<Notify>,
    /// Cancelled to stop: the batch under way is finished first.
    pub stop: CancellationToken,
}

impl Rescreen {
    /// Searches for the new names of every edition that is not done, until stopped; how many
    /// messages were put into the outbox.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn run(&self) -> store::Result<usize> {
        let mut messages = 0;
        for unfinished in self.store.unfinished_rescreens().await? {
            messages += self.edition(unfinished).await?;
        }
        Ok(messages)
    }

    async fn edition(&self, mut at: Unfinished) -> store::Result<usize> {
        let Some(searched) = self.searched(&at).await? else { return Ok(0) };
        while !self.stop.is_cancelled() {
            match self.batch(&at, &searched, BATCH).await? {
                Some(after) => at.after = after,
                None => return self.tell(&at).await,
            }
        }
        Ok(0)
    }

    /// Searches the next `limit` articles of one edition and tells nobody; the last row done, none
    /// where no article is left.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn step(&self, at: &Unfinished, limit: usize) -> store::Result<Option<i64>> {
        match self.searched(at).await? {
            Some(searched) => self.batch(at, &searched, limit).await,
            None => Ok(None),
        }
    }

    async fn searched(&self, at: &Unfinished) -> store::Result<Option<Arc<Searched>>> {
        let changes = self.store.changes_by(at.edition).await?;
        let changes = changes.into_iter().map(|dated| dated.change).collect();
        let suppressions = self.store.suppressions().await?;
        let built = spawn_blocking(move || {
            let New { listed, names } = new_names(changes);
            Arc::new(Searched { index: Index::build(listed, &suppressions), names })
        });
        let built = built.await;
        if let Err(error) = &built {
            tracing::error!(%error, edition = at.edition, "no index of new names could be built");
        }
        Ok(built.ok())
    }

    async fn batch(
        &self,
        at: &Unfinished,
        searched: &Arc<Searched>,
        limit: usize,
    ) -> store::Result<Option<i64>> {
        let articles = self.store.old_articles(at.after, at.at - REACH, limit).await?;
        let Some(last) = articles.last().map(|article| article.id) else { return Ok(None) };
        let (searched, moment) = (Arc::clone(searched), at.at);
        let found = spawn_blocking(move || {
            articles.iter().flat_map(|article| searched.search(article, moment)).collect()
        });
        let found = found.await.unwrap_or_else(|error| {
            tracing::error!(%error, edition = at.edition, "articles could not be screened again");
            Vec::new()
        });
        self.store.rescreened(at.edition, last, found).await?;
        Ok(Some(last))
    }

    async fn tell(&self, at: &Unfinished) -> store::Result<usize> {
        let earlier = self.store.earlier_by(at.edition).await?;
        let messages =
            if earlier.is_empty() { Vec::new() } else { self.messages(at, &earlier).await? };
        let added = self.store.end_rescreen(at.edition, messages, self.clock.now()).await?;
        if 0 < added {
            self.mail_waiting.notify_one();
        }
        tracing::info!(
            list = at.list,
            edition = at.edition,
            earlier = earlier.len(),
            "stored articles were screened for the new names"
        );
        Ok(added)
    }
}

impl Rescreen {
    /// Who was in the news before, to each of those who are told at once of the party's listing.
    async fn messages(&self, at: &Unfinished, earlier: &[Earlier]) -> store::Result<Vec<Message>> {
        let now = self.clock.now();
        let letterhead = Letterhead { sender: &self.sender, links: self.links.as_deref(), now };
        let changes = self.store.changes_by(at.edition).await?.into_iter();
        let changes: Vec<Change> = changes.map(|dated| dated.change).collect();
        let wishes = self.store.wishes().await?;
        let list = at.list.clone();
        let work = spawn_blocking(move || audiences(&list, &changes, &wishes));
        let audiences = work.await.map_err(|_| store::Error::Closed)?;
        let told = audiences.iter().flat_map(|Audience { changes, recipients }| {
            let names: HashSet<&str> = changes.iter().map(|it| it.party.name()).collect();
            let of_theirs = earlier.iter().filter(|it| names.contains(it.name.as_str()));
            let of_theirs: Vec<Earlier> = of_theirs.cloned().collect();
            let news = EarlierNews { list: &at.list, at: at.at, earlier: &of_theirs };
            earlier_alerts(&news, recipients, &letterhead)
        });
        Ok(told.collect())
    }
}

/// The parties an edition brought, and of each the names that are new.
struct New {
    listed: Vec<Listed>,
    names: NewNames,
}

/// By issuer and number, the new names of a known party; a new party has no entry.
type NewNames = HashMap<(Issuer, String), HashSet<String>>;

fn new_names(changes: Vec<Change>) -> New {
    let mut new = New { listed: Vec::new(), names: HashMap::new() };
    for change in changes {
        let names: HashSet<String> = change.new_names().into_iter().map(str::to_owned).collect();
        if names.is_empty() {
            continue;
        }
        let Change { kind, party } = change;
        if kind != ChangeKind::Added {
            new.names.insert((party.issuer, party.id.clone()), names);
        }
        new.listed.push(Listed::from(party));
    }
    new
}

/// What articles are searched for.
struct Searched {
    index: Index,
    names: NewNames,
}

impl Searched {
    fn search(&self, article: &OldArticle, at: DateTime<Utc>) -> Vec<FoundEarlier> {
        let days = (at.date_naive() - article.at.date_naive()).num_days();
        let host = address::host(&article.url).unwrap_or_default();
        let kinds = || article.instruments.iter().map(String::as_str);
        let is_journal = in_official_journal(&host, kinds(), days);
        let matches = self.index.matches(&article.title, &article.text, || article.about_sanctions);
        let is_new = |found: &Match| {
            let party = (found.issuer, found.designation.clone());
            self.names.get(&party).is_none_or(|names| names.contains(&found.alias))
        };
        let found = |matched: Match| FoundEarlier {
            article: article.id,
            days,
            in_journal: is_journal && matched.issuer == Issuer::EuropeanUnion,
            matched,
        };
        matches.into_iter().filter(is_new).map(found).collect()
    }
}
