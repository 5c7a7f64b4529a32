//! The index of listed names that articles are screened with: built once, replaced when a list or
//! a suppression changes.

use std::sync::{Arc, PoisonError, RwLock};

use tokio::task::spawn_blocking;

use crate::model::matched::Suppression;
use crate::screen::{Index, Listed};

/// The index in force; clones share it.
#[derive(Debug, Clone)]
pub struct Names {
    index: Arc<RwLock<Arc<Index>>>,
}

impl Default for Names {
    /// Nobody is listed yet.
    fn default() -> Self {
        Self { index: Arc::new(RwLock::new(Arc::new(Index::build(Vec::new(), &[])))) }
    }
}

impl Names {
    /// The index to screen an article with; it stays whole while a newer one takes its place.
    pub fn current(&self) -> Arc<Index> {
        // A writer only swaps a pointer: what a panic left behind is whole.
        Arc::clone(&self.index.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Builds a new index off the async runtime, and puts it in force.
    pub async fn replace(&self, listed: Vec<Listed>, suppressions: Vec<Suppression>) {
        let built = spawn_blocking(move || Index::build(listed, &suppressions)).await;
        match built {
            Ok(index) => {
                let size = index.size();
                *self.index.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(index);
                tracing::info!(parties = size.parties, names = size.names, "names to look for");
            }
            Err(error) => tracing::error!(%error, "the index of names could not be built"),
        }
    }
}
