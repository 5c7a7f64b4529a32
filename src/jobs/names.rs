//! The names that articles are screened with: those of listed parties, in one index, and those that
//! subscribers watch, in another. Each is built once, and again when what it holds has changed.

use std::collections::BTreeSet;
use std::sync::{Arc, PoisonError, RwLock};

use tokio::sync::Mutex;
use tokio::task::spawn_blocking;

use crate::model::matched::Match;
use crate::screen::{Index, Listed};
use crate::store::{self, Store};

/// The index in force; clones share it.
#[derive(Debug, Clone)]
pub struct Names {
    index: Arc<RwLock<Arc<Index>>>,
    /// What the index was built from: see [`Store::names_stamp`]. Held while a new one is built.
    stamp: Arc<Mutex<String>>,
    watched: Arc<RwLock<Arc<Watched>>>,
}

/// Names that subscribers watch.
#[derive(Debug)]
pub struct Watched {
    /// As they wrote them, in the order of their letters.
    names: Vec<String>,
    /// Each under its name.
    index: Index,
}

impl Watched {
    /// Of these names, each once.
    pub fn new(names: Vec<String>) -> Self {
        let listed = names.iter().map(|name| Listed::watched(name, name)).collect();
        Self { index: Index::build(listed, &[]), names }
    }

    /// The names that surely stand in an article.
    pub fn found_in(&self, title: &str, text: &str) -> Vec<String> {
        if self.names.is_empty() {
            return Vec::new();
        }
        let sure = self.index.matches(title, text, || true);
        let sure = sure.into_iter().filter(Match::is_sure).map(|found| found.designation);
        sure.collect::<BTreeSet<_>>().into_iter().collect()
    }
}

impl Default for Names {
    /// Nobody is listed yet.
    fn default() -> Self {
        let nobody = Arc::new(Index::build(Vec::new(), &[]));
        let nothing = Arc::new(Watched::new(Vec::new()));
        Self {
            index: Arc::new(RwLock::new(nobody)),
            stamp: Arc::default(),
            watched: Arc::new(RwLock::new(nothing)),
        }
    }
}

impl Names {
    /// The index to screen an article with; it stays whole while a newer one takes its place.
    pub fn current(&self) -> Arc<Index> {
        // A writer only swaps a pointer: what a panic left behind is whole.
        Arc::clone(&self.index.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// The names that subscribers watch.
    pub fn watched(&self) -> Arc<Watched> {
        Arc::clone(&self.watched.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Builds what has changed anew: see [`Names::refresh_listed`].
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn refresh(&self, store: &Store) -> store::Result<()> {
        self.refresh_listed(store).await?;
        let names = store.watched_names().await?;
        if self.watched().names != names {
            match spawn_blocking(move || Watched::new(names)).await {
                Ok(watched) => {
                    let mut place = self.watched.write().unwrap_or_else(PoisonError::into_inner);
                    *place = Arc::new(watched);
                }
                Err(error) => tracing::error!(%error, "the watched names could not be indexed"),
            }
        }
        Ok(())
    }

    /// Builds the index anew, off the async runtime, if lists or suppressions have changed.
    ///
    /// # Errors
    /// Only when the database fails.
    async fn refresh_listed(&self, store: &Store) -> store::Result<()> {
        let mut built_from = self.stamp.lock().await;
        let stamp = store.names_stamp().await?;
        if *built_from == stamp {
            return Ok(());
        }
        let listed = listed(store).await?;
        let suppressions = store.suppressions().await?;
        match spawn_blocking(move || Index::build(listed, &suppressions)).await {
            Ok(index) => {
                let size = index.size();
                *self.index.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(index);
                *built_from = stamp;
                tracing::info!(parties = size.parties, names = size.names, "names to look for");
            }
            Err(error) => tracing::error!(%error, "the index of names could not be built"),
        }
        Ok(())
    }
}

/// Every party the stored lists know, those that were removed with their day.
///
/// # Errors
/// Only when the database fails.
pub async fn listed(store: &Store) -> store::Result<Vec<Listed>> {
    let known = store.known_designations().await?;
    let listed = known.into_iter().map(|known| Listed {
        designation: known.party,
        removed_on: known.removed_on.map(|at| at.date_naive()),
    });
    Ok(listed.collect())
}
