//! Verdicts on short articles of fifteen languages, and what holds for every verdict.

use std::path::Path;

use sanctionwatch::classify::{verdict, weights};
use sanctionwatch::model::judged::{Field, Verdict};
use serde::Deserialize;

/// One line of `tests/verdicts/*.jsonl`.
#[derive(Debug, Deserialize)]
struct Case {
    language: String,
    title: String,
    text: String,
    /// Words that must stand among the evidence.
    #[serde(default)]
    evidence: Vec<String>,
    /// Which other sense this is; absent where the article is about sanctions.
    trap: Option<String>,
    /// `yes` or `no`, in the files that hold both.
    label: Option<String>,
}

#[test]
fn sanctions_are_found_in_every_language() {
    for case in cases("sanctions.jsonl") {
        let found = verdict(&case.title, &case.text, Some(&case.language));
        assert!(found.relevant, "{}: {} {:#?}", case.language, case.title, found);
        for words in &case.evidence {
            assert!(
                found.evidence.iter().any(|evidence| evidence.text.contains(words.as_str())),
                "{}: {words:?} is no evidence in {found:#?}",
                case.title
            );
        }
        check_evidence(&case, &found);
    }
}

#[test]
fn other_senses_are_not_taken_for_sanctions() {
    for case in cases("traps.jsonl") {
        let found = verdict(&case.title, &case.text, Some(&case.language));
        let trap = case.trap.as_deref().unwrap_or("?");
        assert!(!found.relevant, "{} ({trap}): {} {found:#?}", case.language, case.title);
        check_evidence(&case, &found);
    }
}

/// Texts the weights never saw; the floors lie a little below what `measure_judge` shows, so that
/// a change of lexicon or weights that costs something is noticed.
#[test]
fn unseen_texts_are_judged_as_well_as_the_figures_say() {
    check_floor("validation.jsonl", 0.93);
    check_floor("held_out.jsonl", 0.88);
}

fn check_floor(file: &str, floor: f64) {
    let (mut found, mut wrong) = (0.0, 0.0);
    for case in cases(file) {
        let relevant = verdict(&case.title, &case.text, Some(&case.language)).relevant;
        let yes = case.label.as_deref() == Some("yes");
        found += f64::from(u8::from(yes && relevant));
        wrong += f64::from(u8::from(yes != relevant));
    }
    let f1 = 2.0 * found / (2.0 * found + wrong);
    assert!(floor <= f1, "{file}: F1 {f1:.3} is below {floor}");
}

#[test]
fn the_language_need_not_be_known() {
    for case in cases("sanctions.jsonl") {
        for claim in [None, Some("xx")] {
            let found = verdict(&case.title, &case.text, claim);
            assert!(found.relevant, "{} read as {claim:?}: {found:#?}", case.title);
        }
    }
}

#[test]
fn odd_texts_are_judged_without_complaint() {
    let long = "sanctions on Iran, ".repeat(50_000);
    let marks = "\u{301}\u{200c}ß".repeat(1000);
    let texts =
        ["", " ", "\u{feff}", "制", "\0", &long, &marks, "İ sanctİons on İran", "ﷺ عقوبات ﷺ"];
    for title in texts {
        for text in texts {
            let case = Case {
                language: "en".into(),
                title: title.into(),
                text: text.into(),
                evidence: Vec::new(),
                trap: None,
                label: None,
            };
            check_evidence(&case, &verdict(title, text, Some("en")));
        }
    }
    assert!(!verdict("", "", None).relevant);
}

/// Every span is where it says, no two are the same, and (where none was left out) bias and
/// weights add up to the score.
fn check_evidence(case: &Case, found: &Verdict) {
    assert!((0.0..=1.0).contains(&found.score));
    for evidence in &found.evidence {
        let field = match evidence.field {
            Field::Title => &case.title,
            Field::Text => &case.text,
        };
        assert_eq!(field.get(evidence.start..evidence.end), Some(evidence.text.as_str()));
        assert!(!evidence.text.is_empty());
    }
    if found.evidence.len() < 64 {
        let weights: f64 = found.evidence.iter().map(|evidence| evidence.weight).sum();
        let sum = weights::shipped().bias + weights;
        let odds = (found.score / (1.0 - found.score)).ln();
        assert!((sum - odds).abs() < 1e-6, "{sum} is not {odds}: {found:#?}");
    }
}

fn cases(file: &str) -> Vec<Case> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/verdicts").join(file);
    let text = std::fs::read_to_string(&path).expect("the cases are part of the repository");
    text.lines().map(|line| serde_json::from_str(line).expect("a line is a case")).collect()
}
