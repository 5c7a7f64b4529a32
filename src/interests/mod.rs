//! Whether an article is what a subscriber asked for, and why. Pure.
//!
//! [`Subject`] is what is looked at, whether the article was just judged or comes from the store:
//! alerts, digests, the back-test and `why` all ask [`meets`], so they cannot disagree.

mod cadence;
mod expression;
mod written;

use std::cell::OnceCell;
use std::collections::HashSet;

use crate::interests::expression::haystack;
use crate::model::facts::{Action, Facts, Measure};
use crate::model::interest::{Certainty, Criteria, Interest, Mute};
use crate::model::judged::Judged;
use crate::text::fold::fold;

pub use crate::interests::cadence::{NotACadence, cadence, last_due, next_due};
pub use crate::interests::expression::{BadExpression, Expression};
pub use crate::interests::written::{BadCriteria, BadInterest, criteria, interest};

/// An article as interests look at it.
#[derive(Debug, Clone, Default)]
pub struct Subject<'a> {
    pub title: &'a str,
    /// The blocks joined by blank lines.
    pub text: &'a str,
    /// The id of the source it comes from.
    pub source: &'a str,
    /// ISO 639-1.
    pub language: Option<&'a str>,
    pub relevant: bool,
    /// 0 to 1.
    pub score: f64,
    pub actions: Vec<Action>,
    pub measures: Vec<Measure>,
    pub programmes: Vec<String>,
    pub countries: Vec<String>,
    pub authorities: Vec<String>,
    /// Listed parties it surely names, by the name they are listed under.
    pub named: Vec<String>,
    /// Watched names that were found in it, as the subscribers wrote them.
    pub watched: Vec<String>,
    /// The story it belongs to, where that is known.
    pub story: Option<i64>,
    /// Title and text as expressions search them; made when first asked for.
    pub(crate) haystack: OnceCell<String>,
}

impl<'a> Subject<'a> {
    /// What was just judged. `text` is the article's own; `watched` the names found in it.
    pub fn of(judged: &'a Judged, text: &'a str, source: &'a str, watched: Vec<String>) -> Self {
        let sure = judged.named.iter().filter(|found| found.is_sure());
        Self {
            title: &judged.article.title,
            text,
            source,
            language: judged.article.language.as_deref(),
            relevant: judged.verdict.relevant,
            score: judged.verdict.score,
            named: sure.map(|found| found.name.clone()).collect(),
            watched,
            ..Self::default()
        }
        .with_facts(&judged.facts)
    }

    fn with_facts(mut self, facts: &Facts) -> Self {
        self.actions = facts.actions.iter().map(|shown| shown.value).collect();
        self.measures = facts.measures.iter().map(|shown| shown.value).collect();
        self.programmes = facts.programmes.iter().map(|shown| shown.value.id.clone()).collect();
        self.countries = facts.countries.iter().map(|shown| shown.value.clone()).collect();
        // A programme aimed at a country speaks of it, named or not.
        let aimed = facts.programmes.iter().filter_map(|shown| shown.value.country.clone());
        self.countries.extend(aimed);
        self.authorities = facts.authorities.iter().map(|shown| shown.value.clone()).collect();
        self
    }

    fn haystack(&self) -> &str {
        self.haystack.get_or_init(|| haystack(self.title, self.text))
    }
}

/// What of an interest an article met, a few words for each of the criteria that ask something, e.g.
/// `action: designate`, `country: ru`, `words: price cap`. Empty where the interest is in everything.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Met {
    pub because: Vec<String>,
}

/// The first of the criteria that an article does not meet, in a few words: `none of the countries ru, by`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missed {
    pub wants: String,
}

/// Whether an article is what the criteria ask for.
///
/// An expression that does not parse is met by nothing; none is stored.
pub fn meets(criteria: &Criteria, subject: &Subject<'_>) -> Result<Met, Missed> {
    let missed = |wants: String| Missed { wants };
    if !subject.relevant {
        return Err(missed("an article about sanctions".to_owned()));
    }
    if subject.score < criteria.certainty.score_min() {
        let least = criteria.certainty.score_min();
        return Err(missed(format!(
            "a score of at least {least}, this one has {:.2}",
            subject.score
        )));
    }
    let mut because = Vec::new();
    if criteria.certainty != Certainty::default() {
        because.push(format!("certainty: {}", criteria.certainty.name()));
    }
    let mut ask = |what: &str, found: Vec<String>, wanted: Vec<String>| {
        if wanted.is_empty() {
            return Ok(());
        }
        if found.is_empty() {
            return Err(missed(format!("one of the {what} {}", wanted.join(", "))));
        }
        because.push(format!("{what}: {}", found.join(", ")));
        Ok(())
    };
    let (found, wanted) = topics_and_actions(criteria, subject);
    ask("topics", found, wanted)?;
    ask(
        "programmes",
        same(&criteria.programmes, &subject.programmes),
        criteria.programmes.clone(),
    )?;
    ask("countries", same(&criteria.countries, &subject.countries), criteria.countries.clone())?;
    let authorities = below(&criteria.authorities, &subject.authorities, '-');
    ask("authorities", authorities, criteria.authorities.clone())?;
    let sources = below(&criteria.sources, &[subject.source.to_owned()], '/');
    ask("sources", sources, criteria.sources.clone())?;
    let language: Vec<String> = subject.language.iter().map(|&code| code.to_owned()).collect();
    ask("languages", same(&criteria.languages, &language), criteria.languages.clone())?;
    ask("names", same(&criteria.names, &subject.watched), criteria.names.clone())?;
    if !criteria.words.is_empty() {
        let expression = Expression::parse(&criteria.words).ok();
        let found = expression.is_some_and(|expression| expression.holds(subject.haystack()));
        let words = vec![criteria.words.clone()];
        ask("words", if found { words.clone() } else { Vec::new() }, words)?;
    }
    Ok(Met { because })
}

/// The mute that holds an article back from somebody with these interests, if one does.
///
/// Muting a name does not hide the others: everything named must be muted. Of the watched names only
/// those that the subscriber watches count, since nobody's watching changes what another gets.
pub fn muted<'m>(
    mutes: &'m [Mute],
    interests: &[Interest],
    subject: &Subject<'_>,
) -> Option<&'m Mute> {
    if mutes.is_empty() {
        return None;
    }
    let own = interests.iter().flat_map(|interest| &interest.criteria.names);
    let own: HashSet<String> = own.map(|name| fold(name)).collect();
    let watched = subject.watched.iter().map(|name| fold(name)).filter(|name| own.contains(name));
    let named: HashSet<String> =
        subject.named.iter().map(|name| fold(name)).chain(watched).collect();
    let is_muted_name = |name: &String| {
        mutes.iter().any(|mute| matches!(mute, Mute::Name(muted) if fold(muted) == *name))
    };
    let all_muted = !named.is_empty() && named.iter().all(is_muted_name);
    mutes.iter().find(|mute| match mute {
        Mute::Story(story) => subject.story == Some(*story),
        Mute::Source(source) => subject.source == source,
        Mute::Name(name) => all_muted && named.contains(&fold(name)),
    })
}

/// The interests that an article meets, each with the reasons.
pub fn met<'i>(
    interests: impl IntoIterator<Item = &'i Interest>,
    subject: &Subject<'_>,
) -> Vec<(&'i Interest, Met)> {
    let each = interests.into_iter();
    each.filter_map(|interest| Some((interest, meets(&interest.criteria, subject).ok()?))).collect()
}

/// Topics and actions are one question: each topic stands for its actions and measures.
fn topics_and_actions(criteria: &Criteria, subject: &Subject<'_>) -> (Vec<String>, Vec<String>) {
    let holds = |topic: &&crate::model::interest::Topic| {
        topic.actions().iter().any(|action| subject.actions.contains(action))
            || topic.measures().iter().any(|measure| subject.measures.contains(measure))
    };
    let topics = criteria.topics.iter().filter(holds).map(|topic| topic.name().to_owned());
    let actions = criteria.actions.iter().filter(|action| subject.actions.contains(action));
    let found = topics.chain(actions.map(|action| action.name().to_owned())).collect();
    let topics = criteria.topics.iter().map(|topic| topic.name().to_owned());
    let actions = criteria.actions.iter().map(|action| action.name().to_owned());
    (found, topics.chain(actions).collect())
}

/// The wanted values that are there, whatever their case.
fn same(wanted: &[String], there: &[String]) -> Vec<String> {
    let is_there = |value: &&String| there.iter().any(|other| fold(other) == fold(value));
    wanted.iter().filter(is_there).cloned().collect()
}

/// The values there that are wanted themselves, or lie below one that is: `us-ofac` below `us`.
fn below(wanted: &[String], there: &[String], between: char) -> Vec<String> {
    let is_wanted = |value: &&String| {
        wanted.iter().any(|above| {
            let rest = value.strip_prefix(above.as_str());
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(between))
        })
    };
    there.iter().filter(is_wanted).cloned().collect()
}

#[cfg(test)]
mod tests;
