//! Criteria as people write them: on the command line, in CSV files, in the database.

use crate::interests::cadence::{NotACadence, cadence};
use crate::interests::expression::{BadExpression, Expression};
use crate::model::facts::Action;
use crate::model::interest::{Cadence, Certainty, Criteria, Interest, Topic};

/// Values of one key, and characters of one value, at most.
const VALUES_MAX: usize = 200;
const VALUE_MAX: usize = 200;

const KEYS: &str = "topics, actions, programmes, countries, authorities, sources, languages, names, \
                    words, certainty";

/// What is wrong with criteria.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadCriteria {
    #[error("{0:?} is no key=value; write for example countries=ru,by; topics=licences")]
    NoKey(String),
    #[error("there is no key {0:?}; there are {KEYS}")]
    UnknownKey(String),
    #[error("{key} has {value:?}; there are {known}")]
    Unknown { key: &'static str, value: String, known: String },
    #[error("{key} has {value:?}; {form}")]
    Form { key: &'static str, value: String, form: &'static str },
    #[error("{key} has more than {VALUES_MAX} values; split it into two interests")]
    TooMany { key: String },
    #[error(transparent)]
    Words(#[from] BadExpression),
}

/// What is wrong with an interest.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadInterest {
    #[error(
        "{0:?} has no name; write NAME: CRITERIA @ CADENCE, for example \"Oil: words=oil @ daily 07:30\""
    )]
    NoName(String),
    #[error(transparent)]
    Criteria(#[from] BadCriteria),
    #[error(transparent)]
    Cadence(#[from] NotACadence),
}

/// Reads what `Interest` displays as. Without an `@` it is told at once.
///
/// ```
/// use sanctionwatch::interests::interest;
///
/// let text = "Oil: countries=ru; words=oil @ daily 07:30";
/// assert_eq!(interest(text).unwrap().to_string(), text);
/// assert_eq!(interest("All:").unwrap().to_string(), "All: @ at-once");
/// assert!(interest("countries=ru").is_err());
/// ```
///
/// # Errors
/// Where it has no name, and the first mistake in criteria or cadence.
pub fn interest(text: &str) -> Result<Interest, BadInterest> {
    let no_name = || BadInterest::NoName(text.to_owned());
    let (name, rest) = text.split_once(':').ok_or_else(no_name)?;
    if name.trim().is_empty() {
        return Err(no_name());
    }
    let (wanted, often) = match rest.rsplit_once('@') {
        Some((wanted, often)) => (wanted, cadence(often)?),
        None => (rest, Cadence::AtOnce),
    };
    Ok(Interest {
        id: 0,
        name: name.trim().to_owned(),
        criteria: criteria(wanted)?,
        cadence: often,
    })
}

/// Reads what `Criteria` displays as; an empty text asks for everything about sanctions.
///
/// ```
/// use sanctionwatch::interests::criteria;
///
/// let text = "topics=licences; countries=ru,by; names=Calvenna Shipping|Igor Sechin; words=oil \"price cap\"";
/// assert_eq!(criteria(text).unwrap().to_string(), text);
/// assert!(criteria("").unwrap().is_everything());
/// assert!(criteria("country=ru").is_err());
/// ```
///
/// # Errors
/// The first mistake, with what would be right.
pub fn criteria(text: &str) -> Result<Criteria, BadCriteria> {
    let mut criteria = Criteria::default();
    for part in text.split(';').map(str::trim).filter(|part| !part.is_empty()) {
        let (key, value) =
            part.split_once('=').ok_or_else(|| BadCriteria::NoKey(part.to_owned()))?;
        let (key, value) = (key.trim(), value.trim());
        let listed = values(key, value)?;
        match key {
            "topics" => criteria.topics = known("topics", &listed, &Topic::ALL, Topic::name)?,
            "actions" => criteria.actions = known("actions", &listed, &Action::ALL, Action::name)?,
            "programmes" => criteria.programmes = listed,
            "countries" => {
                criteria.countries =
                    codes("countries", listed, "write two small letters, such as ru")?;
            }
            "authorities" => criteria.authorities = listed,
            "sources" => criteria.sources = listed,
            "languages" => {
                criteria.languages =
                    codes("languages", listed, "write two small letters, such as en")?;
            }
            "names" => criteria.names = listed,
            "words" => {
                if !value.is_empty() {
                    Expression::parse(value)?;
                }
                criteria.words = value.to_owned();
            }
            "certainty" => {
                let all = known("certainty", &listed, &Certainty::ALL, Certainty::name)?;
                criteria.certainty = all.into_iter().max().unwrap_or_default();
            }
            _ => return Err(BadCriteria::UnknownKey(key.to_owned())),
        }
    }
    Ok(criteria)
}

/// The values of a key, each once. Names hold commas, so a bar stands between them.
fn values(key: &str, value: &str) -> Result<Vec<String>, BadCriteria> {
    if key == "words" {
        return Ok(Vec::new());
    }
    let between = if key == "names" { '|' } else { ',' };
    let mut listed: Vec<String> = Vec::new();
    for one in value.split(between).map(str::trim).filter(|one| !one.is_empty()) {
        if VALUE_MAX < one.chars().count() || one.contains(char::is_control) {
            let key = if key == "names" { "names" } else { "the list" };
            let form = "write less than 200 characters on one line";
            return Err(BadCriteria::Form { key, value: one.to_owned(), form });
        }
        if !listed.iter().any(|known| known == one) {
            listed.push(one.to_owned());
        }
    }
    if VALUES_MAX < listed.len() {
        return Err(BadCriteria::TooMany { key: key.to_owned() });
    }
    Ok(listed)
}

fn known<T: Copy>(
    key: &'static str,
    values: &[String],
    all: &[T],
    name: fn(T) -> &'static str,
) -> Result<Vec<T>, BadCriteria> {
    let find = |value: &String| {
        all.iter().copied().find(|one| name(*one) == value).ok_or_else(|| BadCriteria::Unknown {
            key,
            value: value.clone(),
            known: all.iter().map(|one| name(*one)).collect::<Vec<_>>().join(", "),
        })
    };
    values.iter().map(find).collect()
}

fn codes(
    key: &'static str,
    values: Vec<String>,
    form: &'static str,
) -> Result<Vec<String>, BadCriteria> {
    let is_code =
        |code: &str| code.len() == 2 && code.bytes().all(|byte| byte.is_ascii_lowercase());
    let lower = values.into_iter().map(|value| value.to_lowercase());
    lower
        .map(|value| match is_code(&value) {
            true => Ok(value),
            false => Err(BadCriteria::Form { key, value, form }),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mistakes_say_what_would_be_right() {
        let cases = [
            ("russia", "no key=value"),
            ("country=ru", "there are topics, actions"),
            ("countries=russia", "two small letters"),
            ("topics=everything", "there are listings, licences"),
            ("words=(oil", "not closed"),
            ("certainty=very", "likely, high, highest"),
        ];
        for (text, expected) in cases {
            let said = criteria(text).unwrap_err().to_string();
            assert!(said.contains(expected), "{text}: {said}");
        }
    }

    #[test]
    fn what_is_written_is_read_back() {
        let texts = [
            "",
            "actions=designate,delist; certainty=highest",
            "programmes=EU-RUS; authorities=us-ofac,eu; sources=us,gb/ofsi; languages=en,de",
            "names=Smith, John|O'Neil & Sons (Cyprus)",
            "words=oil -\"price cap\" OR tank*",
        ];
        for text in texts {
            assert_eq!(criteria(text).unwrap().to_string(), text);
        }
        assert_eq!(criteria(" countries = RU , ru ;; ").unwrap().to_string(), "countries=ru,ru");
    }

    #[test]
    fn whatever_a_form_sends_is_read_back() {
        let odd = Criteria {
            names: vec!["A; countries=ru | B".to_owned()],
            sources: vec!["us;words=x".to_owned()],
            words: "oil; gas".to_owned(),
            ..Criteria::default()
        };
        let read = criteria(&odd.to_string()).unwrap();
        assert_eq!(read.names, ["A  countries=ru   B"]);
        assert_eq!((read.words.as_str(), read.countries.len()), ("oil  gas", 0));
        assert_eq!(read.to_string(), odd.to_string());
    }
}
