//! The way in: the form, and the link for those who have lost theirs.
//!
//! Whoever asks gets the same answer after the same time, whether or not the address is subscribed:
//! only its mailbox learns which.

use std::time::Duration;

use askama::Template;
use axum::Extension;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use tokio::time::sleep;

use crate::jobs::letters::{Answer, Asker, Desk};
use crate::model::subscriber::Email;
use crate::store::{self, SubscriptionRequest};
use crate::web::pages::form::{Errors, Form};
use crate::web::pages::interest_form::{InterestFields, InterestForm};
use crate::web::pages::trial::TrialView;
use crate::web::pages::visitors::Deed;
use crate::web::pages::{Caller, Pages, TOO_OFTEN, Trouble, go, page, places};

/// How long an answer takes that must not tell what was found.
const SAME_TIME: Duration = Duration::from_millis(400);
/// Characters of a subscriber's name, at most.
const NAME_MAX: usize = 100;

#[derive(Template)]
#[template(path = "pages/subscribe.html")]
struct SubscribePage {
    email: String,
    you: You,
    zones: Vec<&'static str>,
    fields: InterestFields,
    errors: Errors,
    trial: Option<TrialView>,
}

/// Name and zone as they were typed.
#[derive(Debug, Default)]
pub(crate) struct You {
    pub(crate) name: String,
    pub(crate) zone: String,
}

impl You {
    pub(crate) fn of_form(form: &Form) -> Self {
        Self { name: form.line("name"), zone: form.line("zone") }
    }

    /// Name and zone, or what is wrong with them.
    pub(crate) fn read(&self, errors: &mut Errors) -> Option<(String, Tz)> {
        if NAME_MAX < self.name.chars().count() {
            errors.add("name", format!("write less than {NAME_MAX} characters"));
        }
        let zone = places::zone(&self.zone);
        if zone.is_none() {
            errors.add("zone", "choose a time zone of the list, such as Europe/Berlin");
        }
        Some((self.name.clone(), zone?))
    }
}

pub(crate) async fn show(State(pages): State<Pages>) -> Result<Response, Trouble> {
    let choices = pages.choices(pages.clock.now()).await?;
    let shown = SubscribePage {
        email: String::new(),
        you: You { name: String::new(), zone: "UTC".to_owned() },
        zones: places::zones().collect(),
        fields: InterestForm::fresh().fields(&choices),
        errors: Errors::default(),
        trial: None,
    };
    Ok(page(StatusCode::OK, &shown))
}

/// Takes the form: tries the interest, or asks the address to confirm it.
pub(crate) async fn take(
    State(pages): State<Pages>,
    Extension(caller): Extension<Caller>,
    body: Bytes,
) -> Result<Response, Trouble> {
    let now = pages.clock.now();
    let form = Form::of(&body);
    let typed = InterestForm::of_form(&form);
    let (email, you) = (form.line("email"), You::of_form(&form));
    let tries = form.get("do") == "try";
    let mut errors = Errors::default();
    // Whoever tries an interest need not have said who they are.
    let address = if tries { None } else { errors.take("email", read_email(&email)) };
    let named = you.read(&mut errors);
    let interest = typed.read(0).map_err(|wrong| errors.append(wrong)).ok();
    let mut status = StatusCode::UNPROCESSABLE_ENTITY;
    let mut trial = None;
    if let (true, Some((name, zone)), Some(interest)) = (errors.is_empty(), named, interest) {
        let deed = if tries { Deed::Try(caller.0) } else { Deed::Ask(caller.0) };
        if !pages.visitors.may(deed, now) {
            status = StatusCode::TOO_MANY_REQUESTS;
            let field = if tries { "interest" } else { "email" };
            errors.add(field, TOO_OFTEN);
        } else if let Some(email) = address {
            let interests = vec![interest];
            let request = SubscriptionRequest { email, name, zone, interests };
            return pages.in_the_same_time(pages.ask(request, now)).await;
        } else {
            status = StatusCode::OK;
            trial = Some(pages.try_out(&interest, zone, now).await?);
        }
    }
    let choices = pages.choices(now).await?;
    let (fields, zones) = (typed.fields(&choices), places::zones().collect());
    Ok(page(status, &SubscribePage { email, you, zones, fields, errors, trial }))
}

#[derive(Template)]
#[template(path = "pages/sent.html")]
struct SentPage<'a> {
    sender: &'a str,
}

/// What everybody is told who has sent an address.
pub(crate) async fn sent(State(pages): State<Pages>) -> Response {
    page(StatusCode::OK, &SentPage { sender: pages.sender.expose() })
}

#[derive(Template)]
#[template(path = "pages/link.html")]
struct LinkPage {
    email: String,
    errors: Errors,
}

/// The form for those who have lost their link.
pub(crate) async fn show_link() -> Response {
    page(StatusCode::OK, &LinkPage { email: String::new(), errors: Errors::default() })
}

pub(crate) async fn take_link(
    State(pages): State<Pages>,
    Extension(caller): Extension<Caller>,
    body: Bytes,
) -> Result<Response, Trouble> {
    let now = pages.clock.now();
    let email = Form::of(&body).line("email");
    let mut errors = Errors::default();
    let mut status = StatusCode::UNPROCESSABLE_ENTITY;
    if let Some(address) = errors.take("email", read_email(&email)) {
        if pages.visitors.may(Deed::Ask(caller.0), now) {
            return pages.in_the_same_time(pages.remind(address, now)).await;
        }
        status = StatusCode::TOO_MANY_REQUESTS;
        errors.add("email", TOO_OFTEN);
    }
    Ok(page(status, &LinkPage { email, errors }))
}

impl Pages {
    /// Does it, and says the same of it at the same moment, whatever was found.
    async fn in_the_same_time(
        &self,
        work: impl Future<Output = store::Result<()>>,
    ) -> Result<Response, Trouble> {
        let (done, ()) = tokio::join!(work, sleep(SAME_TIME));
        done?;
        Ok(go("/sent"))
    }

    /// Takes up a wish to subscribe and asks the mailbox about it.
    async fn ask(&self, request: SubscriptionRequest, now: DateTime<Utc>) -> store::Result<()> {
        // Also not taken up: a wish voids the link of the one before.
        if !self.visitors.may(Deed::write(&request.email), now) {
            return Ok(());
        }
        if self.desk().ask(request, Asker::Reader, now).await? == Answer::Written {
            self.mail_waiting.notify_one();
        }
        Ok(())
    }

    /// Sends a new link to whoever has one to get.
    async fn remind(&self, email: Email, now: DateTime<Utc>) -> store::Result<()> {
        if !self.visitors.may(Deed::write(&email), now) {
            return Ok(());
        }
        if self.desk().remind(email, now).await? == Some(Answer::Written) {
            self.mail_waiting.notify_one();
        }
        Ok(())
    }

    fn desk(&self) -> Desk<'_> {
        Desk { store: &self.store, sender: &self.sender, links: &self.links }
    }
}

/// The address, or what is wrong with it; what was typed stands in the field, not in the remark.
fn read_email(text: &str) -> Result<Email, String> {
    if text.is_empty() {
        return Err("write the address that mails shall go to".to_owned());
    }
    let remedy =
        |fault| format!("this is no mail address ({fault}); one looks like name@example.org");
    text.parse::<Email>().map_err(|error| remedy(error.fault))
}
