//! Why a match is one: the name, the listing, the other lists, and what else in the article agrees.

use crate::model::designation::{Designation, NameQuality};
use crate::model::matched::{Class, Match, Mention};
use crate::screen::forms::Reading;
use crate::screen::grade::Grade;
use crate::screen::identifiers::Numbered;
use crate::screen::parties::years;
use crate::screen::spot::Spotted;
use crate::screen::surroundings::Surroundings;
use crate::screen::weigh::{Candidate, Spelling};
use crate::screen::{Index, Listed};
use crate::text::names::{folded_words, hash};

/// What was found at a place.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Recognised {
    Name(Candidate),
    Identifier { field: usize, number: Numbered },
}

impl Recognised {
    pub(crate) fn listed(&self) -> u32 {
        match self {
            Recognised::Name(candidate) => candidate.ending.listed,
            Recognised::Identifier { number, .. } => number.listed,
        }
    }

    /// Index of the field, first and last word.
    pub(crate) fn place(&self) -> (usize, usize, usize) {
        match self {
            Recognised::Name(candidate) => (candidate.field, candidate.first, candidate.last),
            Recognised::Identifier { field, number } => (*field, number.word, number.word),
        }
    }
}

/// Other lists that are named in an explanation.
const OTHERS_MAX: usize = 6;
/// Words of a position that are compared; longer ones are prose.
const POSITION_MAX: usize = 8;

/// The match with its reasons.
pub(crate) fn explain<F: FnOnce() -> bool>(
    index: &Index,
    spotted: &[Spotted],
    one: &Recognised,
    surroundings: &mut Surroundings<F>,
) -> Match {
    let listed = &index.listed[one.listed() as usize];
    let designation = &listed.designation;
    let (field, first, last) = one.place();
    let mention = mention(&spotted[field], first, last);
    let (alias, quality, class) = match one {
        Recognised::Name(candidate) => {
            let alias = index.alias(&candidate.ending);
            (alias.text.clone(), alias.quality, candidate.class)
        }
        Recognised::Identifier { number, .. } => {
            let identifier = &designation.identifiers[usize::from(number.identifier)];
            let alias = format!("{} {}", identifier.kind.to_uppercase(), identifier.value);
            (alias, NameQuality::Primary, Class::Strong)
        }
    };
    let mut agrees = agreements(index, designation, &mention, surroundings);
    if let Recognised::Identifier { .. } = one {
        agrees.insert(0, format!("its own number {alias}"));
    }
    let mut explanation = vec![recognition(index, one, &alias), listing(listed)];
    explanation.extend(other_lists(index, one.listed()));
    explanation.push(if agrees.is_empty() {
        "same name, not confirmed: nothing else in the article agrees with the list".to_owned()
    } else {
        format!("also in the article: {}", agrees.join(", "))
    });
    Match {
        mention,
        class,
        issuer: designation.issuer,
        designation: designation.id.clone(),
        name: designation.name().to_owned(),
        alias,
        quality,
        programmes: designation.programmes.clone(),
        listed_on: designation.listed_on,
        removed_on: listed.removed_on,
        agrees,
        explanation,
    }
}

fn mention(spotted: &Spotted, first: usize, last: usize) -> Mention {
    let (start, end) = (spotted.words[first].start as usize, spotted.words[last].end as usize);
    Mention { field: spotted.field, start, end, text: spotted.text[start..end].to_owned() }
}

/// Which name it was recognised by, and how much that name proves.
fn recognition(index: &Index, one: &Recognised, alias: &str) -> String {
    let Recognised::Name(candidate) = one else {
        return format!("the identifier {alias} stands in the text, its check digits are right");
    };
    let quality = match index.alias(&candidate.ending).quality {
        NameQuality::Primary => "the primary name",
        NameQuality::Alias => "an alias",
        NameQuality::Former => "a former name",
        NameQuality::Weak => "an alias the issuer calls weak",
    };
    let reading = match candidate.ending.reading {
        Reading::AsListed => "",
        Reading::Turned => ", in another order",
        Reading::Shortened => ", without middle names",
        Reading::Stripped => ", without its legal form or title",
        Reading::Joined | Reading::Fused | Reading::Romanised => ", words joined or parted",
    };
    let spelling = match candidate.spelling {
        Spelling::Listed => "",
        Spelling::Other => ", spelled otherwise",
    };
    let proof = match (candidate.class, candidate.ending.grade) {
        (Class::Possible, _) => "nearly the same letters, around one rare word",
        (_, Grade::Firm) => "several words, one of them rare",
        (_, Grade::Shared) => "a name that others may bear",
        (_, Grade::Ordinary) => "ordinary words",
        (_, Grade::Single) => "one rare word",
        (_, Grade::InCompany) => "one word, told by what stands beside it",
    };
    format!("“{alias}” is {quality}{reading}{spelling}: {proof}")
}

/// `OFAC list 1234, RUSSIA-EO14024, listed since 2022-02-24`.
fn listing(listed: &Listed) -> String {
    let designation = &listed.designation;
    let mut said = format!("{} {}", designation.issuer.name(), designation.id);
    if !designation.programmes.is_empty() {
        said += &format!(", programme {}", designation.programmes.join(", "));
    }
    if let Some(day) = designation.listed_on {
        said += &format!(", listed since {day}");
    }
    if let Some(day) = listed.removed_on {
        said += &format!(", removed since {day}");
    }
    said
}

fn other_lists(index: &Index, listed: u32) -> Option<String> {
    let party = index.parties[listed as usize];
    let others: Vec<String> = index
        .entries(party)
        .iter()
        .filter(|other| **other != listed)
        .take(OTHERS_MAX)
        .map(|other| {
            let designation = &index.listed[*other as usize].designation;
            format!("{} {}", designation.issuer.name(), designation.id)
        })
        .collect();
    (!others.is_empty()).then(|| format!("also listed: {}", others.join(", ")))
}

/// Facts of the list that the article has too, besides the name.
fn agreements<F: FnOnce() -> bool>(
    index: &Index,
    designation: &Designation,
    mention: &Mention,
    surroundings: &mut Surroundings<F>,
) -> Vec<String> {
    let own = folded_words(&mention.text);
    let mut agrees = Vec::new();
    for country in &designation.countries {
        let words = folded_words(country);
        let telling = words.iter().max_by_key(|word| word.chars().count());
        let is_own = |word: &String| own.iter().any(|own| own.starts_with(word.as_str()));
        if telling.is_some_and(|word| !is_own(word) && surroundings.says_like(word)) {
            agrees.push(format!("the country {country}"));
        }
    }
    let mut born: Vec<String> = designation.births.iter().flat_map(|birth| years(birth)).collect();
    born.sort_unstable();
    born.dedup();
    if let Some(year) = born.into_iter().find(|year| surroundings.says(year)) {
        agrees.push(format!("the year of birth {year}"));
    }
    for position in &designation.positions {
        let words = folded_words(position);
        let telling: Vec<&String> = words.iter().filter(|word| 3 < word.chars().count()).collect();
        let rare = telling.iter().any(|word| !index.background.knows(hash(word)));
        if (rare || 2 <= telling.len())
            && telling.len() <= POSITION_MAX
            && telling.iter().all(|word| surroundings.says(word))
        {
            agrees.push(format!("the position {position}"));
        }
    }
    if let Some(programme) = designation.programmes.iter().find(|tag| {
        let place: String = tag.chars().take_while(char::is_ascii_alphabetic).collect();
        let place = place.to_lowercase();
        3 < place.len()
            && !index.background.is_ordinary(hash(&place))
            && !own.contains(&place)
            && surroundings.says_like(&place)
    }) {
        agrees.push(format!("the place of the programme {programme}"));
    }
    agrees.dedup();
    agrees
}
