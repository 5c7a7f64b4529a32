//! The index of listed names that articles are screened with: built once, and again when an edition
//! of a list or a suppression changed.

use std::sync::{Arc, PoisonError, RwLock};

use tokio::sync::Mutex;
use tokio::task::spawn_blocking;

use crate::screen::{Index, Listed};
use crate::store::{self, Store};

/// The index in force; clones share it.
#[derive(Debug, Clone)]
pub struct Names {
    index: Arc<RwLock<Arc<Index>>>,
    /// What the index was built from: see [`Store::names_stamp`]. Held while a new one is built.
    stamp: Arc<Mutex<String>>,
}

impl Default for Names {
    /// Nobody is listed yet.
    fn default() -> Self {
        let nobody = Arc::new(Index::build(Vec::new(), &[]));
        Self { index: Arc::new(RwLock::new(nobody)), stamp: Arc::default() }
    }
}

impl Names {
    /// The index to screen an article with; it stays whole while a newer one takes its place.
    pub fn current(&self) -> Arc<Index> {
        // A writer only swaps a pointer: what a panic left behind is whole.
        Arc::clone(&self.index.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Builds the index anew, off the async runtime, if lists or suppressions have changed.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn refresh(&self, store: &Store) -> store::Result<()> {
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
