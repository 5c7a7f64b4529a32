//! Who a link belongs to.

use chrono::{DateTime, Utc};

use crate::model::interest::Interest;
use crate::store::KnownSubscriber;
use crate::tokens::Right;
use crate::web::pages::{Pages, Trouble};

/// A subscriber who holds a valid link.
#[derive(Debug)]
pub(crate) struct Bearer {
    pub(crate) right: Right,
    /// When the link was made, in whole seconds.
    pub(crate) made: DateTime<Utc>,
    pub(crate) known: KnownSubscriber,
}

impl Bearer {
    /// The subscriber's row.
    pub(crate) fn id(&self) -> i64 {
        self.known.subscriber.id
    }
}

impl Pages {
    /// Whose link this is, if it opens pages of this `kind`: see [`Right::page`].
    pub(crate) async fn bearer(
        &self,
        token: &str,
        kind: &str,
        now: DateTime<Utc>,
    ) -> Result<Bearer, Trouble> {
        let claim = self.links.read(token, now)?;
        if claim.right.page() != kind {
            return Err(Trouble::Link(crate::tokens::BadToken::Broken));
        }
        let known = self.store.subscriber(claim.subscriber).await?;
        match known.filter(|known| known.subscriber.serial == claim.serial) {
            Some(known) => Ok(Bearer { made: claim.made(), right: claim.right, known }),
            None => Err(Trouble::Void),
        }
    }

    /// One of a bearer's own interests.
    pub(crate) async fn interest_of(&self, bearer: &Bearer, id: i64) -> Result<Interest, Trouble> {
        let interests = self.store.interests(bearer.id()).await?;
        interests.into_iter().find(|interest| interest.id == id).ok_or(Trouble::NoInterest)
    }
}
