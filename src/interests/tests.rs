//! Which articles meet which criteria, and what mutes hold back.

use crate::interests::{Subject, criteria, meets, muted};
use crate::model::facts::{Action, Measure};
use crate::model::interest::{Cadence, Interest, Mute};

fn subject() -> Subject<'static> {
    Subject {
        title: "OFAC designates Calvenna Shipping",
        text: "The company carried oil above the price cap.",
        source: "us/ofac-recent-actions",
        language: Some("en"),
        relevant: true,
        score: 0.8,
        actions: vec![Action::Designate],
        measures: vec![Measure::ExportControl],
        programmes: vec!["RUSSIA-EO14024".to_owned()],
        countries: vec!["ru".to_owned()],
        authorities: vec!["us-ofac".to_owned()],
        named: vec!["Calvenna Shipping".to_owned()],
        watched: vec!["Calvenna".to_owned()],
        story: Some(7),
        ..Subject::default()
    }
}

#[test]
fn all_that_is_asked_must_hold_and_of_a_list_one() {
    let cases = [
        ("", true),
        ("topics=listings", true),
        ("topics=licences", false),
        ("topics=licences; actions=designate", true),
        ("topics=export-controls", true),
        ("programmes=russia-eo14024", true),
        ("countries=by,ru", true),
        ("countries=by", false),
        ("authorities=us", true),
        ("authorities=us-bis", false),
        ("authorities=u", false),
        ("sources=us", true),
        ("sources=us/ofac-recent-actions", true),
        ("sources=us/ofac", false),
        ("languages=de", false),
        ("names=calvenna|Somebody", true),
        ("names=Somebody", false),
        ("words=oil \"price cap\"", true),
        ("words=oil -cap", false),
        ("certainty=high", true),
        ("certainty=highest", false),
        ("countries=ru; topics=listings; words=oil", true),
        ("countries=ru; topics=listings; words=gas", false),
    ];
    for (text, expected) in cases {
        let said = meets(&criteria(text).unwrap(), &subject());
        assert_eq!(said.is_ok(), expected, "{text}: {said:?}");
    }
}

#[test]
fn the_reasons_are_named() {
    let met = meets(&criteria("countries=by,ru; words=oil").unwrap(), &subject()).unwrap();
    assert_eq!(met.because, ["countries: ru", "words: oil"]);
    let missed = meets(&criteria("countries=by,ir").unwrap(), &subject()).unwrap_err();
    assert_eq!(missed.wants, "one of the countries by, ir");
    let other = Subject { relevant: false, ..subject() };
    assert!(meets(&criteria("").unwrap(), &other).is_err());
}

#[test]
fn mutes_hold_back_stories_sources_and_names_where_nothing_else_is_named() {
    let name = |name: &str| Mute::Name(name.to_owned());
    let watching = |names: &str| {
        let criteria = criteria(&format!("names={names}")).unwrap();
        vec![Interest { id: 1, name: "Ours".to_owned(), criteria, cadence: Cadence::AtOnce }]
    };
    let (shipping, calvenna) = (name("CALVENNA SHIPPING"), name("calvenna"));
    let cases: [(Vec<Mute>, Vec<Interest>, bool); 7] = [
        (vec![Mute::Story(7)], Vec::new(), true),
        (vec![Mute::Story(8)], Vec::new(), false),
        (vec![Mute::Source("us/ofac-recent-actions".to_owned())], Vec::new(), true),
        // Somebody else watches Calvenna: that is none of this subscriber's affair.
        (vec![shipping.clone()], Vec::new(), true),
        (vec![shipping.clone()], watching("Calvenna"), false),
        (vec![shipping, calvenna.clone()], watching("Calvenna"), true),
        (vec![calvenna], Vec::new(), false),
    ];
    for (mutes, interests, expected) in cases {
        let said = muted(&mutes, &interests, &subject());
        assert_eq!(said.is_some(), expected, "{mutes:?} {interests:?}");
    }
}
