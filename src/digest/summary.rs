//! One line that says what happened: who did what, under which programme, how, to how many, from when.

use crate::digest::words;
use crate::model::facts::{Action, Bound, Count, DateRole, Dated, Facts, Shown};

/// Values of each kind; more are counted.
const SHOWN: usize = 3;

/// The facts in one line, or nothing where neither authority, action nor programme is known.
pub(crate) fn line(facts: &Facts) -> Option<String> {
    let authorities = list(&facts.authorities, |id| words::authority(id));
    let actions = list(&facts.actions, |action| action.name().replace('-', " "));
    let programmes = list(&facts.programmes, |programme| programme.id.clone());
    if authorities.is_none() && actions.is_none() && programmes.is_none() {
        return None;
    }
    let who = match (authorities, actions) {
        (Some(who), Some(what)) => Some(format!("{who}: {what}")),
        (who, what) => who.or(what),
    };
    let measures = list(&facts.measures, |measure| measure.name().replace('-', " "));
    let counts = list(&facts.counts, count);
    let dates = facts.dates.iter().find_map(|shown| date(&shown.value));
    let parts = [who, programmes, measures, counts, dates];
    Some(parts.into_iter().flatten().collect::<Vec<_>>().join(" · "))
}

/// Who did what to whom, for a subject: `OFAC designates 12 entities, 4 vessels`, `OFSI licence
/// issued`; none where either authority or action is not known.
///
/// Only counts are targets: a name in the article may be anybody's.
pub(crate) fn event(facts: &Facts) -> Option<String> {
    let authority = words::authority(&facts.authorities.first()?.value);
    let action = facts.actions.first()?.value;
    let counts = list(&facts.counts, count);
    let said = match (does(action), counts) {
        (Some(verb), Some(counts)) => format!("{verb} {counts}"),
        _ => called(action).to_owned(),
    };
    Some(format!("{authority} {said}"))
}

/// The verb of an action that is done to countable targets.
fn does(action: Action) -> Option<&'static str> {
    match action {
        Action::Designate => Some("designates"),
        Action::Delist => Some("delists"),
        Action::Seizure => Some("seizes"),
        _ => None,
    }
}

/// What an action is called.
fn called(action: Action) -> &'static str {
    match action {
        Action::Designate => "designation",
        Action::Delist => "delisting",
        Action::Amend => "amendment",
        Action::LicenceIssued => "licence",
        Action::LicenceAmended => "licence amended",
        Action::LicenceRevoked => "licence revoked",
        Action::Rule => "rule",
        Action::Guidance => "guidance",
        Action::Renewal => "renewal",
        Action::Relief => "relief",
        Action::Proposal => "proposal",
        Action::Penalty => "penalty",
        Action::Indictment => "indictment",
        Action::Seizure => "seizure",
        Action::Evasion => "evasion case",
        Action::CourtRuling => "court ruling",
        Action::CounterSanction => "counter-sanctions",
    }
}

/// The first values in words, and how many more there are.
fn list<T>(shown: &[Shown<T>], words: impl Fn(&T) -> String) -> Option<String> {
    let mut told: Vec<String> = shown.iter().take(SHOWN).map(|shown| words(&shown.value)).collect();
    if SHOWN < shown.len() {
        told.push(format!("{} more", shown.len() - SHOWN));
    }
    (!told.is_empty()).then(|| told.join(", "))
}

fn count(count: &Count) -> String {
    let bound = match count.bound {
        Bound::Exactly => "",
        Bound::AtLeast => "at least ",
        Bound::About => "about ",
    };
    let unit = match (count.number, count.unit.name()) {
        (1, "persons") => "person",
        (1, "entities") => "entity",
        (1, "vessels") => "vessel",
        (1, "wallets") => "wallet",
        (_, unit) => unit,
    };
    format!("{bound}{} {unit}", count.number)
}

/// When it bites or ends; when it was announced stands in the head of the mail.
fn date(dated: &Dated) -> Option<String> {
    let role = match dated.role {
        DateRole::Announced => return None,
        DateRole::Effective => "effective",
        DateRole::WindDown => "wind down by",
        DateRole::Expiry => "expires",
        DateRole::RenewedUntil => "renewed until",
        DateRole::CommentsClose => "comments until",
    };
    Some(format!("{role} {}", words::date(&dated.at)))
}

#[cfg(test)]
mod tests {
    use crate::model::facts::{Measure, Place, Unit};
    use crate::model::judged::Field;

    use super::*;

    fn shown<T>(value: T) -> Shown<T> {
        let place = Place { field: Field::Text, start: 0, end: 0, sentence: String::new() };
        Shown { value, place }
    }

    #[test]
    fn says_who_did_what_to_how_many_from_when() {
        let count = |number, unit, bound| shown(Count { number, unit, bound });
        let facts = Facts {
            authorities: vec![shown("us-ofac".to_owned())],
            actions: vec![shown(Action::Designate), shown(Action::LicenceIssued)],
            measures: vec![shown(Measure::AssetFreeze)],
            counts: vec![
                count(1, Unit::Persons, Bound::Exactly),
                count(44, Unit::Entities, Bound::AtLeast),
            ],
            dates: vec![shown(Dated {
                role: DateRole::WindDown,
                at: "2025-03-12".parse().unwrap(),
            })],
            ..Facts::default()
        };
        let expected = "OFAC: designate, licence issued · asset freeze · 1 person, at least 44 entities · wind down by 12 March 2025";
        assert_eq!(line(&facts).unwrap(), expected);
    }

    #[test]
    fn says_nothing_where_nothing_is_known() {
        assert_eq!(line(&Facts::default()), None);
        let facts = Facts { measures: vec![shown(Measure::PriceCap)], ..Facts::default() };
        assert_eq!(line(&facts), None);
    }
}
