//! A subscriber's own page: what they get, what they muted, why, and all that is held about them.

use std::fmt;

use askama::Template;
use axum::Extension;
use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;

use crate::digest;
use crate::model::interest::{Interest, Mute};
use crate::model::subscriber::Standing;
use crate::store::{self, RecentMail};
use crate::web::pages::answers::left;
use crate::web::pages::bearer::Bearer;
use crate::web::pages::form::{Errors, Form};
use crate::web::pages::interest_form::{InterestFields, InterestForm};
use crate::web::pages::subscribe::You;
use crate::web::pages::trial::{TrialView, moment};
use crate::web::pages::visitors::Deed;
use crate::web::pages::{Caller, Pages, TOO_OFTEN, Trouble, go, page, places};

/// Interests of one subscriber, at most.
const INTERESTS_MAX: usize = 50;
/// Mails that are shown, the last ones.
const MAILS_SHOWN: usize = 20;

#[derive(Template)]
#[template(path = "pages/settings.html")]
struct SettingsPage {
    /// The address of this page, where all of its forms begin.
    base: String,
    email: String,
    you: You,
    zones: Vec<&'static str>,
    standing: Standing,
    suspended: bool,
    interests: Vec<InterestView>,
    mutes: Vec<MuteView>,
    mails: Vec<MailView>,
    /// The address that is asked about; none here.
    article: &'static str,
    done: Option<&'static str>,
    errors: Errors,
}

#[derive(Debug)]
struct InterestView {
    id: i64,
    name: String,
    what: String,
    when: String,
}

#[derive(Debug)]
struct MuteView {
    kind: &'static str,
    value: String,
    said: String,
}

#[derive(Debug)]
struct MailView {
    subject: String,
    made: String,
    became: String,
    /// Which interests asked for it; empty where it is not about an article.
    because: Vec<String>,
}

/// What the page says after a form was taken.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct After {
    #[serde(default)]
    done: String,
}

impl After {
    fn said(&self) -> Option<&'static str> {
        match self.done.as_str() {
            "saved" => Some("The interest is saved."),
            "removed" => Some("The interest is removed."),
            "you" => Some("Name and time zone are saved."),
            "unmuted" => Some("You will hear of it again."),
            _ => None,
        }
    }
}

pub(crate) async fn show(
    State(pages): State<Pages>,
    Path(token): Path<String>,
    Query(after): Query<After>,
) -> Result<Response, Trouble> {
    let bearer = pages.bearer(&token, "settings", pages.clock.now()).await?;
    let subscriber = &bearer.known.subscriber;
    let you = You { name: subscriber.name.clone(), zone: subscriber.zone.name().to_owned() };
    let shown = pages.settings_page(&token, &bearer, you, Errors::default()).await?;
    Ok(page(StatusCode::OK, &SettingsPage { done: after.said(), ..shown }))
}

impl Pages {
    async fn settings_page(
        &self,
        token: &str,
        bearer: &Bearer,
        you: You,
        errors: Errors,
    ) -> Result<SettingsPage, Trouble> {
        let subscriber = &bearer.known.subscriber;
        let interests = self.store.interests(subscriber.id).await?;
        let mut mutes = Vec::new();
        for mute in self.store.mutes(subscriber.id).await? {
            let said = self.in_words(&mute).await?;
            mutes.push(MuteView { kind: mute.kind(), value: mute.value(), said });
        }
        let mut mails = Vec::new();
        for mail in self.store.recent_mails(subscriber.id, MAILS_SHOWN).await? {
            mails.push(self.mail_view(mail, bearer).await?);
        }
        let interest = |it: &Interest| InterestView {
            id: it.id,
            name: it.name.clone(),
            what: digest::criteria_in_words(&it.criteria),
            when: digest::cadence_in_words(it.cadence, subscriber.zone),
        };
        Ok(SettingsPage {
            base: format!("/settings/{token}"),
            email: subscriber.email.expose().to_owned(),
            you,
            zones: places::zones().collect(),
            standing: bearer.known.standing,
            suspended: bearer.known.suspended.is_some(),
            interests: interests.iter().map(interest).collect(),
            mutes,
            mails,
            article: "",
            done: None,
            errors,
        })
    }

    async fn mail_view(&self, mail: RecentMail, bearer: &Bearer) -> store::Result<MailView> {
        let because = match mail.article {
            Some(article) => self.reasons(article, bearer).await?,
            None => Vec::new(),
        };
        let became = match mail.state.as_str() {
            "sent" => "Sent".to_owned(),
            "failed" => format!("Not sent: {}", mail.reply),
            _ if mail.reply.is_empty() => "Waiting".to_owned(),
            _ => format!("Waiting; the last try said: {}", mail.reply),
        };
        Ok(MailView {
            made: moment(mail.created, bearer.known.subscriber.zone),
            subject: mail.subject,
            became,
            because,
        })
    }
}

/// Takes name and zone.
pub(crate) async fn change_you(
    State(pages): State<Pages>,
    Path(token): Path<String>,
    body: Bytes,
) -> Result<Response, Trouble> {
    let bearer = pages.bearer(&token, "settings", pages.clock.now()).await?;
    let you = You::of_form(&Form::of(&body));
    let mut errors = Errors::default();
    let read = you.read(&mut errors);
    match read.filter(|_| errors.is_empty()) {
        Some((name, zone)) => {
            pages.store.change_subscriber(bearer.id(), name, zone).await?;
            Ok(back(&token, "you"))
        }
        None => {
            let shown = pages.settings_page(&token, &bearer, you, errors).await?;
            Ok(page(StatusCode::UNPROCESSABLE_ENTITY, &shown))
        }
    }
}

/// Takes a mute back.
pub(crate) async fn unmute(
    State(pages): State<Pages>,
    Path(token): Path<String>,
    body: Bytes,
) -> Result<Response, Trouble> {
    let bearer = pages.bearer(&token, "settings", pages.clock.now()).await?;
    let form = Form::of(&body);
    if let Some(mute) = Mute::of(form.get("kind"), form.get("value")) {
        pages.store.unmute(bearer.id(), mute).await?;
    }
    Ok(back(&token, "unmuted"))
}

#[derive(Template)]
#[template(path = "pages/interest_page.html")]
struct InterestPage {
    base: String,
    id: Place,
    fields: InterestFields,
    errors: Errors,
    trial: Option<TrialView>,
}

/// Which interest a page is about: a stored one, or one to be added.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    New,
    Stored(i64),
}

impl Place {
    fn of(text: &str) -> Result<Self, Trouble> {
        match text {
            "new" => Ok(Place::New),
            id => id.parse().map(Place::Stored).map_err(|_| Trouble::NoInterest),
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Place::New => f.write_str("new"),
            Place::Stored(id) => write!(f, "{id}"),
        }
    }
}

pub(crate) async fn show_interest(
    State(pages): State<Pages>,
    Path((token, id)): Path<(String, String)>,
) -> Result<Response, Trouble> {
    let now = pages.clock.now();
    let bearer = pages.bearer(&token, "settings", now).await?;
    let id = Place::of(&id)?;
    let typed = match id {
        Place::New => InterestForm::fresh(),
        Place::Stored(id) => InterestForm::of_interest(&pages.interest_of(&bearer, id).await?),
    };
    let fields = typed.fields(&*pages.choices(now).await?);
    let base = format!("/settings/{token}");
    let shown = InterestPage { base, id, fields, errors: Errors::default(), trial: None };
    Ok(page(StatusCode::OK, &shown))
}

/// Takes the form: tries the interest, or saves it.
pub(crate) async fn put_interest(
    State(pages): State<Pages>,
    Extension(caller): Extension<Caller>,
    Path((token, id)): Path<(String, String)>,
    body: Bytes,
) -> Result<Response, Trouble> {
    let now = pages.clock.now();
    let bearer = pages.bearer(&token, "settings", now).await?;
    let id = Place::of(&id)?;
    let form = Form::of(&body);
    let typed = InterestForm::of_form(&form);
    let row = match id {
        Place::New => 0,
        Place::Stored(id) => pages.interest_of(&bearer, id).await?.id,
    };
    let (mut errors, mut trial) = (Errors::default(), None);
    let mut status = StatusCode::UNPROCESSABLE_ENTITY;
    match typed.read(row) {
        Err(wrong) => errors = wrong,
        Ok(interest) if form.get("do") == "try" => {
            if pages.visitors.may(Deed::Try(caller.0), now) {
                status = StatusCode::OK;
                let zone = bearer.known.subscriber.zone;
                trial = Some(pages.try_out(&interest, zone, now).await?);
            } else {
                status = StatusCode::TOO_MANY_REQUESTS;
                errors.add("interest", TOO_OFTEN);
            }
        }
        Ok(_) if id == Place::New && pages.is_full(&bearer).await? => {
            errors.add(
                "interest",
                format!("there are {INTERESTS_MAX} interests already; remove one"),
            );
        }
        Ok(interest) => {
            pages.store.put_interest(bearer.id(), interest, now).await?;
            return Ok(back(&token, "saved"));
        }
    }
    let fields = typed.fields(&*pages.choices(now).await?);
    let base = format!("/settings/{token}");
    Ok(page(status, &InterestPage { base, id, fields, errors, trial }))
}

impl Pages {
    async fn is_full(&self, bearer: &Bearer) -> store::Result<bool> {
        Ok(INTERESTS_MAX <= self.store.interests(bearer.id()).await?.len())
    }
}

pub(crate) async fn drop_interest(
    State(pages): State<Pages>,
    Path((token, id)): Path<(String, i64)>,
) -> Result<Response, Trouble> {
    let bearer = pages.bearer(&token, "settings", pages.clock.now()).await?;
    pages.store.drop_interest(bearer.id(), id).await?;
    Ok(back(&token, "removed"))
}

/// All that is held, as a file.
pub(crate) async fn export(
    State(pages): State<Pages>,
    Path(token): Path<String>,
) -> Result<Response, Trouble> {
    let bearer = pages.bearer(&token, "settings", pages.clock.now()).await?;
    let personal = pages.store.personal(bearer.id()).await?.ok_or(Trouble::Void)?;
    let json = serde_json::to_string_pretty(&personal).expect("texts and lists are JSON");
    let headers = [
        (CONTENT_TYPE, "application/json"),
        (CONTENT_DISPOSITION, "attachment; filename=\"sanctionwatch.json\""),
    ];
    Ok((headers, json).into_response())
}

pub(crate) async fn leave(
    State(pages): State<Pages>,
    Path(token): Path<String>,
) -> Result<Response, Trouble> {
    let now = pages.clock.now();
    let bearer = pages.bearer(&token, "settings", now).await?;
    pages.store.end_subscription(bearer.id(), now).await?;
    Ok(left())
}

#[derive(Template)]
#[template(path = "pages/erase.html")]
struct ErasePage {
    base: String,
    email: String,
    errors: Errors,
}

#[derive(Template)]
#[template(path = "pages/erased.html")]
struct ErasedPage;

pub(crate) async fn show_erase(
    State(pages): State<Pages>,
    Path(token): Path<String>,
) -> Result<Response, Trouble> {
    let bearer = pages.bearer(&token, "settings", pages.clock.now()).await?;
    Ok(page(StatusCode::OK, &erase_page(&token, &bearer, Errors::default())))
}

/// Erases everything, if the box is ticked that asks once more.
pub(crate) async fn erase(
    State(pages): State<Pages>,
    Path(token): Path<String>,
    body: Bytes,
) -> Result<Response, Trouble> {
    let bearer = pages.bearer(&token, "settings", pages.clock.now()).await?;
    if Form::of(&body).get("sure") != "yes" {
        let mut errors = Errors::default();
        errors.add("sure", "tick the box if you are sure");
        return Ok(page(StatusCode::UNPROCESSABLE_ENTITY, &erase_page(&token, &bearer, errors)));
    }
    pages.store.erase_subscriber(bearer.id()).await?;
    Ok(page(StatusCode::OK, &ErasedPage))
}

fn erase_page(token: &str, bearer: &Bearer, errors: Errors) -> ErasePage {
    let email = bearer.known.subscriber.email.expose().to_owned();
    ErasePage { base: format!("/settings/{token}"), email, errors }
}

/// To the settings, with word of what was done.
fn back(token: &str, done: &str) -> Response {
    go(&format!("/settings/{token}?done={done}"))
}
