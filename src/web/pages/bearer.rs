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
    pub(crate) known: KnownSubscriber,
}

impl Bearer {
    /// The subscriber's row.
    pub(crate) fn id(&self) -> i64 {
        self.known.subscriber.id
    }
}

impl Pages {
    /// Whose link this is, if it opens pages of this `kind`: `confirm`, `settings`, `leave` or `mute`.
    pub(crate) async fn bearer(
        &self,
        token: &str,
        kind: &str,
        now: DateTime<Utc>,
    ) -> Result<Bearer, Trouble> {
        let claim = self.links.read(token, now)?;
        let opens = match &claim.right {
            Right::Confirm => "confirm",
            Right::Settings => "settings",
            Right::Leave => "leave",
            Right::Mute(_) => "mute",
        };
        if opens != kind {
            return Err(Trouble::Link(crate::tokens::BadToken::Broken));
        }
        let known = self.store.subscriber(claim.subscriber).await?;
        match known.filter(|known| known.subscriber.serial == claim.serial) {
            Some(known) => Ok(Bearer { right: claim.right, known }),
            None => Err(Trouble::Void),
        }
    }

    /// One of a bearer's own interests.
    pub(crate) async fn interest_of(&self, bearer: &Bearer, id: i64) -> Result<Interest, Trouble> {
        let interests = self.store.interests(bearer.id()).await?;
        interests.into_iter().find(|interest| interest.id == id).ok_or(Trouble::NoInterest)
    }
}
