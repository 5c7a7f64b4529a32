//! The signed links in mails: the key is drawn once and kept in the store.

use crate::store::{self, Store};
use crate::tokens::Links;

/// Links below `public_url`, signed with the store's key.
///
/// # Errors
/// Only when the database fails.
///
/// # Panics
/// Where the system has no random numbers: nothing could be signed safely.
pub async fn links(store: &Store, public_url: &str) -> store::Result<Links> {
    let mut fresh = [0; 32];
    getrandom::fill(&mut fresh).expect("the system has random numbers");
    Ok(Links::new(public_url, store.link_key(fresh).await?))
}
