//! Why a mail came, or why none did.

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;

use crate::jobs::why::{About, Why, about, why};
use crate::store;
use crate::web::pages::bearer::Bearer;
use crate::web::pages::form::Errors;
use crate::web::pages::{Pages, Trouble, page};

/// Which article is asked about.
#[derive(Debug, Deserialize)]
pub(crate) struct Asked {
    #[serde(default)]
    article: String,
}

#[derive(Template)]
#[template(path = "pages/why.html")]
struct WhyPage {
    base: String,
    /// As it was typed.
    article: String,
    errors: Errors,
    answer: Option<Answer>,
}

/// What is told of an article.
#[derive(Debug)]
struct Answer {
    title: String,
    /// Sentences on mails and on what held them back.
    said: Vec<String>,
    interests: Vec<String>,
}

/// Answers about the article with this number or address.
pub(crate) async fn show(
    State(pages): State<Pages>,
    Path(token): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Response, Trouble> {
    let bearer = pages.bearer(&token, "settings", pages.clock.now()).await?;
    let mut errors = Errors::default();
    let article = asked.article.trim().to_owned();
    let found = match about(&pages.store, &article).await? {
        Some(about) => pages.why(&bearer, about).await?,
        None => None,
    };
    if found.is_none() {
        errors
            .add("article", "we know no article at this address; copy it from the page or a mail");
    }
    let status = if found.is_some() { StatusCode::OK } else { StatusCode::NOT_FOUND };
    let base = format!("/settings/{token}");
    Ok(page(status, &WhyPage { base, article, errors, answer: found.map(answer) }))
}

impl Pages {
    async fn why(&self, bearer: &Bearer, about: About) -> store::Result<Option<Why>> {
        let now = self.clock.now();
        why(&self.store, &bearer.known, about, self.alert_age, now).await
    }

    /// Which of a bearer's interests an article meets, and by what.
    pub(crate) async fn reasons(
        &self,
        article: i64,
        bearer: &Bearer,
    ) -> store::Result<Vec<String>> {
        let found = self.why(bearer, About { article, copy: None }).await?;
        let asked = found.into_iter().flat_map(|why| why.interests);
        let met = asked.filter_map(|asked| Some((asked.interest.name, asked.answer.ok()?)));
        Ok(met.map(|(name, met)| reason(&name, &met.because)).collect())
    }
}

fn answer(why: Why) -> Answer {
    let mut said: Vec<String> = Vec::new();
    for mail in &why.mails {
        said.push(format!(
            "There is a mail on it, “{}”: {}. {}",
            mail.subject, mail.state, mail.reply
        ));
    }
    said.extend(why.ahead.iter().map(|ahead| format!("{}.", ahead.in_words())));
    said.extend(why.held_back.iter().map(|reason| format!("No mail: {reason}.")));
    let interests = why.interests.iter().map(|asked| match &asked.answer {
        Ok(met) => reason(&asked.interest.name, &met.because),
        Err(missed) => {
            format!(
                "Your interest “{}” is not met: it wants {}.",
                asked.interest.name, missed.wants
            )
        }
    });
    Answer { interests: interests.collect(), title: why.title, said }
}

fn reason(name: &str, because: &[String]) -> String {
    if because.is_empty() {
        format!("Your interest “{name}” asks for everything about sanctions.")
    } else {
        format!("Your interest “{name}”: {}", because.join(" · "))
    }
}
