//! What the links in mails open: confirm, leave, mute. GET shows, POST does.

use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;

use crate::digest;
use crate::model::interest::Mute;
use crate::model::subscriber::Standing;
use crate::store::{self, KnownSubscriber};
use crate::tokens::Right;
use crate::web::pages::bearer::Bearer;
use crate::web::pages::{Pages, Trouble, page};

/// A question with one button.
#[derive(Template)]
#[template(path = "pages/question.html")]
struct Question<'a> {
    title: &'a str,
    said: &'a [String],
    /// Interests and when they are told of.
    interests: &'a [(String, String, String)],
    button: &'a str,
}

/// What was done, and where to go on.
#[derive(Template)]
#[template(path = "pages/done.html")]
struct Done<'a> {
    title: &'a str,
    said: &'a [&'a str],
    /// Address and words of a link.
    on: Option<(String, &'a str)>,
}

pub(crate) async fn show_confirm(
    State(pages): State<Pages>,
    Path(token): Path<String>,
) -> Result<Response, Trouble> {
    let bearer = pages.bearer(&token, "confirm", pages.clock.now()).await?;
    let subscriber = &bearer.known.subscriber;
    if bearer.known.standing != Standing::Asked && bearer.known.suspended.is_none() {
        return confirmed_before(&bearer.known);
    }
    let interests = pages.store.interests(subscriber.id).await?;
    let interests: Vec<_> = interests
        .into_iter()
        .map(|it| {
            let when = digest::cadence_in_words(it.cadence, subscriber.zone);
            (it.name, digest::criteria_in_words(&it.criteria), when)
        })
        .collect();
    let said = [format!(
        "Somebody asked us to send sanctions news to {}. If it was you, confirm it; else close this \
         page, and nothing will be sent.",
        subscriber.email.expose()
    )];
    let question = Question {
        title: "Confirm your subscription",
        said: &said,
        interests: &interests,
        button: "Confirm",
    };
    Ok(page(StatusCode::OK, &question))
}

pub(crate) async fn confirm(
    State(pages): State<Pages>,
    Path(token): Path<String>,
) -> Result<Response, Trouble> {
    let now = pages.clock.now();
    let bearer = pages.bearer(&token, "confirm", now).await?;
    if !pages.store.confirm_subscription(bearer.id(), bearer.made, now).await? {
        return confirmed_before(&bearer.known);
    }
    let serial = bearer.known.subscriber.serial;
    let settings = pages.links.page(Right::Settings, bearer.id(), serial, now);
    let done = Done {
        title: "You are subscribed",
        said: &[
            "From now on you get what you asked for. Each mail has a link to change it or to end it.",
        ],
        on: Some((settings, "See your settings")),
    };
    Ok(page(StatusCode::OK, &done))
}

fn confirmed_before(known: &KnownSubscriber) -> Result<Response, Trouble> {
    if known.standing == Standing::Left {
        return Err(Trouble::Void);
    }
    if known.suspended.is_some() {
        return Err(Trouble::CameBack);
    }
    let done = Done {
        title: "You are subscribed",
        said: &["This subscription was confirmed before. There is nothing left to do."],
        on: Some(("/link".to_owned(), "Ask for the link to your settings")),
    };
    Ok(page(StatusCode::OK, &done))
}

pub(crate) async fn show_leave(
    State(pages): State<Pages>,
    Path(token): Path<String>,
) -> Result<Response, Trouble> {
    let bearer = pages.bearer(&token, "leave", pages.clock.now()).await?;
    if bearer.known.standing == Standing::Left {
        return Ok(left());
    }
    let said = [format!(
        "No more mails will go to {}, and those that still wait are not sent.",
        bearer.known.subscriber.email.expose()
    )];
    let title = "End your subscription?";
    let question = Question { title, said: &said, interests: &[], button: "End it" };
    Ok(page(StatusCode::OK, &question))
}

/// Ends it; whatever the body says, since a mailbox provider that posts here means it (RFC 8058).
pub(crate) async fn leave(
    State(pages): State<Pages>,
    Path(token): Path<String>,
) -> Result<Response, Trouble> {
    let now = pages.clock.now();
    let bearer = pages.bearer(&token, "leave", now).await?;
    pages.store.end_subscription(bearer.id(), now).await?;
    Ok(left())
}

/// What somebody sees who has left.
pub(crate) fn left() -> Response {
    let done = Done {
        title: "Your subscription has ended",
        said: &[
            "No more mails will be sent to you.",
            "If you want to come back, subscribe again with the same address. What we still hold about \
             you can be seen and erased on the page of your settings, whose link is in every mail of the \
             last 30 days.",
        ],
        on: Some(("/subscribe".to_owned(), "Subscribe again")),
    };
    page(StatusCode::OK, &done)
}

pub(crate) async fn show_mute(
    State(pages): State<Pages>,
    Path(token): Path<String>,
) -> Result<Response, Trouble> {
    let bearer = pages.bearer(&token, "mute", pages.clock.now()).await?;
    let mute = pages.meant(&bearer).await?;
    let said = [
        format!("You will get no more mails about {}.", pages.in_words(&mute).await?),
        "Everything else comes as before. The page of your settings can take it back.".to_owned(),
    ];
    let question = Question { title: "Mute this?", said: &said, interests: &[], button: "Mute it" };
    Ok(page(StatusCode::OK, &question))
}

pub(crate) async fn mute(
    State(pages): State<Pages>,
    Path(token): Path<String>,
) -> Result<Response, Trouble> {
    let now = pages.clock.now();
    let bearer = pages.bearer(&token, "mute", now).await?;
    let mute = pages.meant(&bearer).await?;
    let said = format!("You will get no more mails about {}.", pages.in_words(&mute).await?);
    pages.store.mute(bearer.id(), mute, now).await?;
    let done = Done {
        title: "Muted",
        said: &[&said, "The page of your settings, whose link is in each mail, can take it back."],
        on: None,
    };
    Ok(page(StatusCode::OK, &done))
}

impl Pages {
    /// What a link mutes.
    async fn meant(&self, bearer: &Bearer) -> Result<Mute, Trouble> {
        match &bearer.right {
            Right::Mute(mute) => Ok(mute.clone()),
            Right::MuteStoryOf(message_id) => {
                let story = self.store.story_of_mail(bearer.id(), message_id.clone()).await?;
                story.map(Mute::Story).ok_or(Trouble::Void)
            }
            _ => Err(Trouble::Void),
        }
    }

    /// What is muted, after "about".
    pub(crate) async fn in_words(&self, mute: &Mute) -> store::Result<String> {
        Ok(match mute {
            Mute::Story(id) => match self.store.story_title(*id).await? {
                Some(title) => format!("the story “{title}”"),
                None => format!("story {id}"),
            },
            Mute::Source(id) => format!("what the source {id} reports"),
            Mute::Name(name) => {
                format!("“{name}”, unless another name you would hear of stands beside it")
            }
        })
    }
}
