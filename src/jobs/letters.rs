//! Letters about a subscription: who gets which when an address is to be subscribed, or its owner has
//! lost the link. Nothing but a letter goes out before the owner of the mailbox has answered it.

use chrono::{DateTime, Utc};

use crate::digest::{Letter, Letterhead, letter};
use crate::model::subscriber::{Email, Standing};
use crate::store::{self, KnownSubscriber, Store, SubscriptionRequest, Suspended};
use crate::tokens::Links;

/// What letters are written with.
#[derive(Debug, Clone, Copy)]
pub struct Desk<'a> {
    pub store: &'a Store,
    /// The address that readers write to.
    pub sender: &'a Email,
    pub links: &'a Links,
}

/// Who wants an address to be subscribed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asker {
    /// Somebody who typed it in: its owner, as far as we know.
    Reader,
    Operator,
}

/// What became of a wish.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// A letter waits to be sent.
    Written,
    /// The address has had as many letters as it may have in a day.
    TooMany,
    /// It gets mails already, so an operator has nothing to ask.
    Subscribed,
    /// Its owner called a mail unwanted: an operator does not ask again.
    Complained,
}

impl Desk<'_> {
    /// Takes up a wish to subscribe and asks the mailbox about it. Whoever is subscribed keeps all as
    /// it is; where mails to them came back, the letter is the way to get them again.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn ask(
        &self,
        request: SubscriptionRequest,
        asker: Asker,
        now: DateTime<Utc>,
    ) -> store::Result<Answer> {
        if asker == Asker::Operator
            && let Some(known) = self.store.subscriber_at(request.email.clone()).await?
        {
            match (known.standing, known.suspended) {
                (_, Some(Suspended::Complained)) => return Ok(Answer::Complained),
                (Standing::Active, None) => return Ok(Answer::Subscribed),
                _ => {}
            }
        }
        let known = self.store.ask_subscription(request, now).await?;
        if known.standing == Standing::Active && known.suspended.is_none() {
            return self.post(Letter::AlreadySubscribed, &known, now).await;
        }
        let interests = self.store.interests(known.subscriber.id).await?;
        let about = match asker {
            Asker::Reader => Letter::Confirm(&interests),
            Asker::Operator => Letter::Offer(&interests),
        };
        self.post(about, &known, now).await
    }

    /// Sends a new link to whoever has one to get; none where nobody does.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn remind(&self, email: Email, now: DateTime<Utc>) -> store::Result<Option<Answer>> {
        let Some(known) = self.store.subscriber_at(email).await? else { return Ok(None) };
        let answer = match (known.standing, known.suspended) {
            (Standing::Left, _) => return Ok(None),
            (Standing::Active, None) => self.post(Letter::Settings, &known, now).await?,
            (Standing::Active, Some(_)) | (Standing::Asked, _) => {
                let interests = self.store.interests(known.subscriber.id).await?;
                self.post(Letter::Confirm(&interests), &known, now).await?
            }
        };
        Ok(Some(answer))
    }

    async fn post(
        &self,
        about: Letter<'_>,
        known: &KnownSubscriber,
        now: DateTime<Utc>,
    ) -> store::Result<Answer> {
        let letterhead = Letterhead { sender: self.sender, links: Some(self.links), now };
        let message = letter(about, &known.subscriber, &letterhead, self.links);
        let written = self.store.post_letter(about.kind(), message, now).await?;
        Ok(if written { Answer::Written } else { Answer::TooMany })
    }
}
