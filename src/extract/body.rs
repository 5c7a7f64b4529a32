//! Which passages are the article, and for the others the word for what they are.

use crate::extract::hints::Hints;
use crate::extract::passages::Passage;
use crate::model::article::Reason;
use crate::parse::dom::Dom;
use crate::text::phrases::{self, Match};

/// A passage belongs to the article from this probability on.
const ENOUGH: f32 = 0.5;

/// Why each passage is outside the article, or none where it is inside; same order and length.
pub(in crate::extract) fn choose(
    _dom: &Dom,
    passages: &[Passage],
    probabilities: &[f32],
) -> Vec<Option<Reason>> {
    passages
        .iter()
        .zip(probabilities)
        .map(|(passage, p)| if *p >= ENOUGH { None } else { Some(reason(passage)) })
        .collect()
}

/// The word for what a passage outside the article is.
fn reason(passage: &Passage) -> Reason {
    const BY_NAME: &[(Hints, Reason)] = &[
        (Hints::SWITCHER, Reason::VersionSwitcher),
        (Hints::CONSENT, Reason::Consent),
        (Hints::COMMENTS, Reason::Comments),
        (Hints::SHARE, Reason::CallToAction),
        (Hints::NEWSLETTER, Reason::CallToAction),
        (Hints::NAVIGATION, Reason::Navigation),
        (Hints::TAGS, Reason::Navigation),
        (Hints::RELATED, Reason::Related),
        (Hints::CAPTION, Reason::Caption),
        (Hints::BYLINE, Reason::BylineEcho),
        (Hints::AUTHOR, Reason::AuthorBox),
        (Hints::PAYWALL, Reason::Paywall),
        (Hints::ADVERT, Reason::Advertisement),
    ];
    if passage.switcher {
        return Reason::VersionSwitcher;
    }
    if let Some(known) = phrases::look_up(&passage.text).filter(|known| known.how != Match::Has) {
        return known.reason;
    }
    let named = |hints: Hints| BY_NAME.iter().find(|(hint, _)| hints.has(*hint));
    named(passage.own)
        .or_else(|| named(passage.around))
        .map_or(Reason::Outside, |(_, reason)| *reason)
}
