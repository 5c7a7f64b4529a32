//! Who is told of which changes of an official list: what an interest asks of an article is asked of
//! each change too.
//!
//! A change is an article of one sentence: an authority listed, amended or delisted a party under a
//! programme. Its source is the list, `lists/ofac-sdn`. It has no language, so an interest in one
//! meets no change; words are looked for in the party's names, programmes and remarks. Its countries are
//! that of its programme and its own: nationality, address, flag.

use std::collections::{BTreeMap, HashMap};

use crate::classify::programmes_of;
use crate::digest::{Reason, Recipient};
use crate::interests::{Met, Subject, meets, muted};
use crate::jobs::names::Watched;
use crate::model::change::{Change, ChangeKind};
use crate::model::facts::Action;
use crate::model::interest::{Cadence, Criteria, Interest};
use crate::store::Wishes;
use crate::text::countries;

/// The readers who are told of the same changes.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Audience {
    /// In the order of the edition; not empty.
    pub(crate) changes: Vec<Change>,
    pub(crate) recipients: Vec<Recipient>,
}

/// Changes of a list with what interests look for in them.
#[derive(Debug)]
pub(crate) struct Notices<'a> {
    source: String,
    changes: &'a [Change],
    texts: Vec<String>,
}

impl<'a> Notices<'a> {
    /// Of the list with this id.
    pub(crate) fn new(list: &str, changes: &'a [Change]) -> Self {
        let texts = changes.iter().map(text).collect();
        Self { source: format!("lists/{list}"), changes, texts }
    }

    /// Each change as interests look at it.
    pub(crate) fn subjects(&self, watched: &Watched) -> Vec<Subject<'_>> {
        let pairs = self.changes.iter().zip(&self.texts);
        pairs.map(|(change, text)| subject(change, text, &self.source, watched)).collect()
    }
}

/// Which changes are told to whom: the one rule, for alerts and digests. Worked out once for all who
/// ask the same.
#[derive(Debug)]
pub(crate) struct Answers<'a> {
    subjects: Vec<Subject<'a>>,
    known: HashMap<String, Vec<(usize, Met)>>,
}

impl<'a> Answers<'a> {
    pub(crate) fn new(subjects: Vec<Subject<'a>>) -> Self {
        Self { subjects, known: HashMap::new() }
    }

    /// The changes that meet criteria and that a subscriber has not muted, with what was met.
    pub(crate) fn of(&mut self, criteria: &Criteria, wishes: &Wishes) -> Vec<(usize, Met)> {
        let subjects = &self.subjects;
        let met = self.known.entry(criteria.to_string()).or_insert_with(|| {
            let each = subjects.iter().enumerate();
            each.filter_map(|(at, subject)| Some((at, meets(criteria, subject).ok()?))).collect()
        });
        let is_heard = |at: usize| muted(&wishes.mutes, &wishes.interests, &subjects[at]).is_none();
        met.iter().filter(|(at, _)| is_heard(*at)).cloned().collect()
    }

    /// The changes a subscriber is told of at once, in their order, and the interests that ask for them.
    pub(crate) fn at_once(&mut self, wishes: &Wishes) -> (Vec<usize>, Vec<Reason>) {
        let mut told = Vec::new();
        let mut reasons = Vec::new();
        let at_once = wishes.interests.iter().filter(|it| it.cadence == Cadence::AtOnce);
        for Interest { name, criteria, .. } in at_once {
            let met = self.of(criteria, wishes);
            let Some((_, first)) = met.first() else { continue };
            reasons.push(Reason { interest: name.clone(), because: first.because.clone() });
            told.extend(met.into_iter().map(|(at, _)| at));
        }
        told.sort_unstable();
        told.dedup();
        (told, reasons)
    }
}

/// Who is told at once of which changes of a list.
pub(crate) fn audiences(list: &str, changes: &[Change], wishes: &[Wishes]) -> Vec<Audience> {
    let interests = wishes.iter().flat_map(|wishes| &wishes.interests);
    let names = interests.flat_map(|interest| interest.criteria.names.clone());
    let watched = Watched::new(names.collect());
    let notices = Notices::new(list, changes);
    let mut answers = Answers::new(notices.subjects(&watched));
    let mut audiences: BTreeMap<Vec<usize>, Vec<Recipient>> = BTreeMap::new();
    for wishes in wishes {
        let (told, reasons) = answers.at_once(wishes);
        if !told.is_empty() {
            let recipient = Recipient { subscriber: wishes.subscriber.clone(), reasons };
            audiences.entry(told).or_default().push(recipient);
        }
    }
    let audience = |(told, recipients): (Vec<usize>, Vec<Recipient>)| Audience {
        changes: told.into_iter().map(|at| changes[at].clone()).collect(),
        recipients,
    };
    audiences.into_iter().map(audience).collect()
}

/// What words are looked for in.
fn text(change: &Change) -> String {
    let party = &change.party;
    let names = party.names.iter().map(|name| name.text.as_str());
    let others = party.programmes.iter().chain(&party.remarks).map(String::as_str);
    names.chain(others).collect::<Vec<_>>().join("\n\n")
}

fn subject<'a>(
    change: &'a Change,
    text: &'a str,
    source: &'a str,
    watched: &Watched,
) -> Subject<'a> {
    let party = &change.party;
    let action = match change.kind {
        ChangeKind::Added => Action::Designate,
        ChangeKind::Removed => Action::Delist,
        ChangeKind::Amended(_) => Action::Amend,
    };
    let programmes = programmes_of(party);
    let names: Vec<&str> = party.names.iter().map(|name| name.text.as_str()).collect();
    let aimed = programmes.iter().filter_map(|programme| programme.country.clone());
    // Nationality, address and flag count beside the country the programme is aimed at.
    let own = party.countries.iter().filter_map(|country| countries::code(country));
    // The list's own words for a programme count beside ours.
    let ids = programmes.iter().map(|programme| programme.id.clone());
    Subject {
        title: party.name(),
        text,
        source,
        relevant: true,
        score: 1.0,
        actions: vec![action],
        programmes: ids.chain(party.programmes.iter().cloned()).collect(),
        countries: aimed.chain(own.map(str::to_owned)).collect(),
        authorities: party.issuer.authority().map(str::to_owned).into_iter().collect(),
        named: vec![party.name().to_owned()],
        watched: watched.found_in("", &names.join("\n\n")),
        ..Subject::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::interests::interest;
    use crate::model::designation::{Designation, Issuer, ListedName, NameQuality, PartyKind};
    use crate::model::interest::Mute;
    use crate::model::subscriber::Subscriber;

    fn change(kind: ChangeKind, issuer: Issuer, id: &str, name: &str, programme: &str) -> Change {
        let party = Designation {
            id: id.to_owned(),
            issuer,
            kind: PartyKind::Organisation,
            names: vec![ListedName { text: name.to_owned(), quality: NameQuality::Primary }],
            programmes: vec![programme.to_owned()],
            countries: Vec::new(),
            births: Vec::new(),
            identifiers: Vec::new(),
            positions: Vec::new(),
            listed_on: None,
            remarks: vec!["Deals in oil.".to_owned()],
        };
        Change { kind, party }
    }

    fn wishes(id: i64, text: &str, mutes: Vec<Mute>) -> Wishes {
        Wishes {
            subscriber: Subscriber {
                id,
                email: format!("r{id}@example.org").parse().unwrap(),
                name: String::new(),
                zone: chrono_tz::UTC,
                serial: 0,
            },
            interests: vec![interest(text).unwrap()],
            mutes,
        }
    }

    #[test]
    fn each_reader_is_told_what_they_asked_for() {
        let mut changes = [
            change(ChangeKind::Added, Issuer::Ofac, "1", "CALVENNA SHIPPING", "RUSSIA-EO14024"),
            change(ChangeKind::Removed, Issuer::Ofac, "2", "Orsk Metals", "IRAN-EO13902"),
            change(ChangeKind::Added, Issuer::EuropeanUnion, "EU.3", "Tarn Bank", "BLR"),
            change(
                ChangeKind::Amended(Vec::new()),
                Issuer::UnitedKingdom,
                "RUS0001",
                "Igor Vell",
                "x",
            ),
        ];
        changes[1].party.countries =
            vec!["Korea, North".to_owned(), "UNITED ARAB EMIRATES".to_owned()];
        let cases: [(&str, &[usize]); 18] = [
            ("A:", &[0, 1, 2, 3]),
            ("A: topics=listings", &[0, 1, 2, 3]),
            ("A: topics=courts", &[]),
            ("A: actions=delist", &[1]),
            ("A: authorities=us", &[0, 1]),
            ("A: authorities=eu-council,uk", &[2, 3]),
            ("A: programmes=EU-BLR,RUSSIA-EO14024", &[0, 2]),
            ("A: countries=ru", &[0, 3]),
            ("A: countries=ir,by", &[1, 2]),
            ("A: countries=ae", &[1]),
            ("A: countries=kp,kr", &[1]),
            ("A: names=Calvenna|Vell Igor", &[0, 3]),
            ("A: sources=lists", &[0, 1, 2, 3]),
            ("A: sources=lists/other,us/bis", &[]),
            ("A: languages=en", &[]),
            ("A: words=oil -bank", &[0, 1, 3]),
            ("A: certainty=highest", &[0, 1, 2, 3]),
            ("A: @ daily 07:00", &[]),
        ];
        for (text, expected) in cases {
            let audiences = audiences("test", &changes, &[wishes(1, text, Vec::new())]);
            let told: Vec<&Change> = audiences.iter().flat_map(|it| &it.changes).collect();
            let expected: Vec<&Change> = expected.iter().map(|at| &changes[*at]).collect();
            assert_eq!(told, expected, "{text}");
        }
    }

    #[test]
    fn who_asks_the_same_gets_the_same_and_nobodys_names_show_elsewhere() {
        let changes = [
            change(ChangeKind::Added, Issuer::Ofac, "1", "Calvenna Shipping", "SDGT"),
            change(ChangeKind::Added, Issuer::Ofac, "2", "Orsk Metals", "SDGT"),
        ];
        let muted = vec![Mute::Name("Calvenna Shipping".to_owned())];
        let readers = [
            wishes(1, "All:", Vec::new()),
            wishes(2, "Ours: names=Calvenna|Secret Name", Vec::new()),
            wishes(3, "Everything:", Vec::new()),
            wishes(4, "All:", muted),
        ];
        let audiences = audiences("test", &changes, &readers);
        let shape: Vec<(Vec<&str>, Vec<i64>)> = audiences
            .iter()
            .map(|audience| {
                let names = audience.changes.iter().map(|change| change.party.name()).collect();
                let readers = audience.recipients.iter().map(|it| it.subscriber.id).collect();
                (names, readers)
            })
            .collect();
        let both = vec!["Calvenna Shipping", "Orsk Metals"];
        assert_eq!(
            shape,
            [
                (vec!["Calvenna Shipping"], vec![2]),
                (both, vec![1, 3]),
                (vec!["Orsk Metals"], vec![4])
            ]
        );
        let all: Vec<&Recipient> = audiences.iter().flat_map(|it| &it.recipients).collect();
        for recipient in all {
            let said = format!("{:?}", recipient.reasons);
            assert_eq!(said.contains("names: Calvenna"), recipient.subscriber.id == 2, "{said}");
            assert!(!said.contains("Secret"), "{said}");
        }
    }
}
