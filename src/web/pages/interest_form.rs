//! An interest as a form shows it and as it comes back.

use chrono::{NaiveTime, Weekday};

use crate::digest;
use crate::interests::{cadence, criteria};
use crate::model::facts::Action;
use crate::model::interest::{Cadence, Certainty, Criteria, Interest, Topic};
use crate::store::Choices;
use crate::web::pages::form::{Errors, Form};
use crate::web::pages::places;

/// Characters of an interest's name, at most.
const NAME_MAX: usize = 80;
/// Characters of an expression, at most.
const WORDS_MAX: usize = 1000;

/// The fields of an interest as they were typed; the same for one that is stored.
#[derive(Debug, Clone, Default)]
pub(crate) struct InterestForm {
    pub(crate) name: String,
    topics: Vec<String>,
    actions: Vec<String>,
    lists: Vec<ListForm>,
    pub(crate) names: String,
    pub(crate) words: String,
    certainty: String,
    often: String,
    pub(crate) at: String,
    on: String,
}

/// One list of criteria: what was ticked and what was typed.
#[derive(Debug, Clone)]
struct ListForm {
    list: &'static List,
    ticked: Vec<String>,
    typed: String,
}

/// A list of criteria, as the form calls it.
#[derive(Debug)]
struct List {
    /// The name of its fields, and its key in written criteria.
    key: &'static str,
    legend: &'static str,
    /// What may be typed beside the choices.
    help: &'static str,
    /// The field for that.
    typed: &'static str,
    of: fn(&Criteria) -> &Vec<String>,
    offered: fn(&Choices) -> &Vec<String>,
    label: fn(&str) -> String,
    /// The written form of what was typed.
    written: fn(&str) -> Result<String, String>,
}

static LISTS: [List; 5] = [
    List {
        key: "countries",
        legend: "Countries aimed at",
        help: "Others, by name or two-letter code, with commas between: Mali, by",
        typed: "more-countries",
        of: |criteria| &criteria.countries,
        offered: |choices| &choices.countries,
        label: |code| places::country(code).to_owned(),
        written: |text| {
            let code = places::country_code(text).map(str::to_owned);
            code.ok_or_else(|| format!("“{text}” is no country we know; write its two-letter code"))
        },
    },
    List {
        key: "authorities",
        legend: "Authorities",
        help: "Others, by id, with commas between: us-bis, eu. A state or union alone means every \
               authority of it",
        typed: "more-authorities",
        of: |criteria| &criteria.authorities,
        offered: |choices| &choices.authorities,
        label: digest::authority,
        written: |text| id(text, "-", "us-ofac"),
    },
    List {
        key: "programmes",
        legend: "Sanctions programmes",
        help: "Others, by id, with commas between: RUSSIA-EO14024, EU-RUS",
        typed: "more-programmes",
        of: |criteria| &criteria.programmes,
        offered: |choices| &choices.programmes,
        label: str::to_owned,
        written: |text| Ok(text.to_owned()),
    },
    List {
        key: "sources",
        legend: "Sources",
        help: "Others, by id, with commas between: us/ofac-recent-actions. A country alone, such as \
               us, means all sources of it",
        typed: "more-sources",
        of: |criteria| &criteria.sources,
        offered: |choices| &choices.sources,
        label: str::to_owned,
        written: |text| id(text, "-/_.", "us/ofac-recent-actions"),
    },
    List {
        key: "languages",
        legend: "Languages",
        help: "Others, by two-letter code, with commas between: pt, uk",
        typed: "more-languages",
        of: |criteria| &criteria.languages,
        offered: |choices| &choices.languages,
        label: |code| digest::language(code).to_owned(),
        written: |text| {
            let code = text.to_lowercase();
            let is_code = code.len() == 2 && code.bytes().all(|byte| byte.is_ascii_lowercase());
            let fault = || format!("“{text}” is no language code; write two letters, such as en");
            if is_code { Ok(code) } else { Err(fault()) }
        },
    },
];

/// Something to tick or choose.
#[derive(Debug)]
pub(crate) struct Choice {
    pub(crate) value: String,
    pub(crate) label: String,
    pub(crate) chosen: bool,
}

/// A list with its choices, as the page shows it.
#[derive(Debug)]
pub(crate) struct ListView {
    pub(crate) key: &'static str,
    pub(crate) legend: &'static str,
    pub(crate) help: &'static str,
    pub(crate) typed_key: &'static str,
    pub(crate) choices: Vec<Choice>,
    pub(crate) typed: String,
    /// How many are asked for; 0 asks nothing.
    pub(crate) chosen: usize,
}

/// Everything the page shows of the fields of an interest.
#[derive(Debug)]
pub(crate) struct InterestFields {
    pub(crate) form: InterestForm,
    pub(crate) topics: Vec<Choice>,
    pub(crate) actions: Vec<Choice>,
    pub(crate) has_actions: bool,
    pub(crate) lists: Vec<ListView>,
    pub(crate) certainties: Vec<Choice>,
    pub(crate) often: Vec<Choice>,
    pub(crate) days: Vec<Choice>,
}

impl InterestForm {
    /// As the page shows it, beside what there is to choose.
    pub(crate) fn fields(self, choices: &Choices) -> InterestFields {
        InterestFields {
            topics: self.topic_choices(),
            actions: self.action_choices(),
            has_actions: !self.actions.is_empty(),
            lists: self.lists.iter().map(|list| list.view(choices)).collect(),
            certainties: self.certainty_choices(),
            often: self.often_choices(),
            days: self.day_choices(),
            form: self,
        }
    }

    /// What a newcomer sees.
    pub(crate) fn fresh() -> Self {
        let criteria = Criteria::default();
        let cadence = Cadence::AtOnce;
        let name = "Sanctions news".to_owned();
        Self::of_interest(&Interest { id: 0, name, criteria, cadence })
    }

    pub(crate) fn of_interest(interest: &Interest) -> Self {
        let Interest { name, criteria, cadence, .. } = interest;
        let (often, at, on) = match *cadence {
            Cadence::AtOnce => ("at-once", None, None),
            Cadence::Hourly => ("hourly", None, None),
            Cadence::Daily { at } => ("daily", Some(at), None),
            Cadence::Weekly { on, at } => ("weekly", Some(at), Some(on)),
        };
        let at = at.or(NaiveTime::from_hms_opt(8, 0, 0)).expect("eight o'clock is a time");
        Self {
            name: name.clone(),
            topics: criteria.topics.iter().map(|topic| topic.name().to_owned()).collect(),
            actions: criteria.actions.iter().map(|action| action.name().to_owned()).collect(),
            lists: LISTS.iter().map(|list| ListForm::of_values(list, criteria)).collect(),
            names: criteria.names.join("\n"),
            words: criteria.words.clone(),
            certainty: criteria.certainty.name().to_owned(),
            often: often.to_owned(),
            at: at.format("%H:%M").to_string(),
            on: on.unwrap_or(Weekday::Mon).to_string(),
        }
    }

    pub(crate) fn of_form(form: &Form) -> Self {
        let list = |list| ListForm::of_form(list, form);
        Self {
            name: form.line("interest"),
            topics: form.all("topics"),
            actions: form.all("actions"),
            lists: LISTS.iter().map(list).collect(),
            names: form.get("names").replace('\r', ""),
            words: form.line("words"),
            certainty: form.line("certainty"),
            often: form.line("often"),
            at: form.line("at"),
            on: form.line("on"),
        }
    }

    /// The interest with this row number, or all that is wrong with it.
    pub(crate) fn read(&self, id: i64) -> Result<Interest, Errors> {
        let mut errors = Errors::default();
        let name = errors.take("interest", self.read_name());
        let topics = errors.take("topics", written("topics", &self.topics.join(",")));
        let actions = errors.take("actions", written("actions", &self.actions.join(",")));
        let mut wanted = Criteria {
            topics: topics.unwrap_or_default().topics,
            actions: actions.unwrap_or_default().actions,
            ..Criteria::default()
        };
        for list in &self.lists {
            let key = list.list.key;
            let read = list.read().and_then(|values| written(key, &values.join(",")));
            let read = errors.take(list.list.typed, read).unwrap_or_default();
            match key {
                "countries" => wanted.countries = read.countries,
                "authorities" => wanted.authorities = read.authorities,
                "programmes" => wanted.programmes = read.programmes,
                "sources" => wanted.sources = read.sources,
                _ => wanted.languages = read.languages,
            }
        }
        wanted.names = errors.take("names", self.read_names()).unwrap_or_default();
        wanted.words = errors.take("words", self.read_words()).unwrap_or_default();
        let certainty = written("certainty", &self.certainty);
        wanted.certainty = errors.take("certainty", certainty).unwrap_or_default().certainty;
        let cadence = errors.take("at", self.read_cadence());
        match (name, cadence) {
            (Some(name), Some(cadence)) if errors.is_empty() => {
                Ok(Interest { id, name, criteria: wanted, cadence })
            }
            _ => Err(errors),
        }
    }

    fn read_name(&self) -> Result<String, String> {
        match self.name.chars().count() {
            0 => Err("give it a name, so that mails can say why they came".to_owned()),
            1..=NAME_MAX => Ok(self.name.clone()),
            _ => Err(format!("write less than {NAME_MAX} characters")),
        }
    }

    fn read_names(&self) -> Result<Vec<String>, String> {
        if self.names.contains(['|', ';']) {
            return Err("write one name per line, without | and ;".to_owned());
        }
        let lines: Vec<&str> = self.names.lines().map(str::trim).collect();
        Ok(written("names", &lines.join("|"))?.names)
    }

    fn read_words(&self) -> Result<String, String> {
        if WORDS_MAX < self.words.chars().count() {
            return Err(format!("write less than {WORDS_MAX} characters"));
        }
        Ok(written("words", &self.words)?.words)
    }

    fn read_cadence(&self) -> Result<Cadence, String> {
        let Self { often, at, on, .. } = self;
        let text = match often.as_str() {
            "daily" => format!("daily {at}"),
            "weekly" => format!("weekly {on} {at}"),
            other => other.to_owned(),
        };
        let remedy = "choose how often; of a digest also the time, such as 07:30";
        cadence(&text).map_err(|_| remedy.to_owned())
    }

    fn topic_choices(&self) -> Vec<Choice> {
        let choice = |topic: &Topic| Choice {
            value: topic.name().to_owned(),
            label: topic_label(*topic).to_owned(),
            chosen: self.topics.iter().any(|chosen| chosen == topic.name()),
        };
        Topic::ALL.iter().map(choice).collect()
    }

    fn action_choices(&self) -> Vec<Choice> {
        let choice = |action: &Action| Choice {
            value: action.name().to_owned(),
            label: capitalised(&action.name().replace('-', " ")),
            chosen: self.actions.iter().any(|chosen| chosen == action.name()),
        };
        Action::ALL.iter().map(choice).collect()
    }

    fn certainty_choices(&self) -> Vec<Choice> {
        let label = |certainty| match certainty {
            Certainty::Likely => "Whatever is likely about sanctions",
            Certainty::High => "Only what is very likely",
            Certainty::Highest => "Only what is nearly certain",
        };
        let choice = |certainty: &Certainty| Choice {
            value: certainty.name().to_owned(),
            label: label(*certainty).to_owned(),
            chosen: self.certainty == certainty.name(),
        };
        Certainty::ALL.iter().map(choice).collect()
    }

    fn often_choices(&self) -> Vec<Choice> {
        let all = [
            ("at-once", "At once: a mail for each story, minutes after it was found"),
            ("hourly", "A digest every hour"),
            ("daily", "A digest every day"),
            ("weekly", "A digest every week"),
        ];
        let choice = |(value, label): (&str, &str)| Choice {
            value: value.to_owned(),
            label: label.to_owned(),
            chosen: self.often == value,
        };
        all.into_iter().map(choice).collect()
    }

    fn day_choices(&self) -> Vec<Choice> {
        let all = [
            ("Mon", "Monday"),
            ("Tue", "Tuesday"),
            ("Wed", "Wednesday"),
            ("Thu", "Thursday"),
            ("Fri", "Friday"),
            ("Sat", "Saturday"),
            ("Sun", "Sunday"),
        ];
        let choice = |(value, label): (&str, &str)| Choice {
            value: value.to_owned(),
            label: label.to_owned(),
            chosen: self.on == value,
        };
        all.into_iter().map(choice).collect()
    }
}

impl ListForm {
    fn of_values(list: &'static List, criteria: &Criteria) -> Self {
        Self { list, ticked: (list.of)(criteria).clone(), typed: String::new() }
    }

    fn of_form(list: &'static List, form: &Form) -> Self {
        Self { list, ticked: form.all(list.key), typed: form.line(list.typed) }
    }

    /// Everything asked for in its written form, each once.
    fn read(&self) -> Result<Vec<String>, String> {
        let typed = self.typed.split(',').map(str::trim).filter(|text| !text.is_empty());
        let all = self.ticked.iter().map(String::as_str).chain(typed);
        let mut values = Vec::new();
        for value in all.map(|text| (self.list.written)(text)) {
            let value = value?;
            if !values.contains(&value) {
                values.push(value);
            }
        }
        Ok(values)
    }

    /// What is asked for and not among the usual choices is offered, too.
    fn view(&self, choices: &Choices) -> ListView {
        let list = self.list;
        let mut offered = (list.offered)(choices).clone();
        let unusual = self.ticked.iter().filter(|value| !offered.contains(value)).cloned();
        let unusual: Vec<String> = unusual.collect();
        offered.extend(unusual);
        let choice = |value: String| Choice {
            label: (list.label)(&value),
            chosen: self.ticked.contains(&value),
            value,
        };
        ListView {
            key: list.key,
            legend: list.legend,
            help: list.help,
            typed_key: list.typed,
            choices: offered.into_iter().map(choice).collect(),
            chosen: self.ticked.len() + usize::from(!self.typed.is_empty()),
            typed: self.typed.clone(),
        }
    }
}

/// One criterion read in its written form. A semicolon would begin another.
fn written(key: &str, value: &str) -> Result<Criteria, String> {
    if value.contains(';') {
        return Err("leave out the semicolon".to_owned());
    }
    criteria(&format!("{key}={value}")).map_err(|error| error.to_string())
}

/// An id: small letters, digits and `marks`.
fn id(text: &str, marks: &str, example: &str) -> Result<String, String> {
    let text = text.to_lowercase();
    let belongs = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || marks.contains(c);
    if text.chars().all(belongs) {
        Ok(text)
    } else {
        Err(format!("“{text}” is no id; one looks like {example}"))
    }
}

fn topic_label(topic: Topic) -> &'static str {
    match topic {
        Topic::Listings => "Listings and delistings",
        Topic::Licences => "Licences",
        Topic::Rules => "Rules and guidance",
        Topic::Enforcement => "Penalties and prosecutions",
        Topic::Evasion => "Evasion",
        Topic::Courts => "Court rulings",
        Topic::ExportControls => "Export controls",
        Topic::CounterSanctions => "Counter-sanctions",
    }
}

fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|first| first.to_uppercase().to_string());
    first.unwrap_or_default() + letters.as_str()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(body: &str) -> InterestForm {
        let usual = "interest=Mine&often=at-once&certainty=likely&at=08%3A00&on=Mon&";
        InterestForm::of_form(&Form::of(format!("{usual}{body}").as_bytes()))
    }

    #[test]
    fn what_is_typed_becomes_criteria_and_comes_back() {
        let cases = [
            ("", ""),
            (
                "topics=listings&topics=courts&actions=penalty",
                "topics=listings,courts; actions=penalty",
            ),
            ("countries=ru&more-countries=Belarus,+ru", "countries=ru,by"),
            ("more-authorities=US-OFAC&more-sources=us", "authorities=us-ofac; sources=us"),
            ("more-programmes=EU-RUS&languages=en", "programmes=EU-RUS; languages=en"),
            ("names=Smith%2C+John%0D%0A%0D%0AO%27Neil", "names=Smith, John|O'Neil"),
            ("words=oil+OR+%22price%0Acap%22", "words=oil OR \"price cap\""),
            ("words=%3Cscript%3Ealert(1)%3C%2Fscript%3E", "words=<script>alert(1)</script>"),
        ];
        for (body, expected) in cases {
            let interest = typed(body).read(0).unwrap();
            assert_eq!(interest.criteria.to_string(), expected);
            // What is stored must be read back, or nobody would be told anything.
            assert_eq!(criteria(expected).unwrap(), interest.criteria);
            assert_eq!(InterestForm::of_interest(&interest).read(0).unwrap(), interest);
        }
    }

    #[test]
    fn mistakes_stand_beside_their_fields() {
        let long = format!("words={}", "a+".repeat(600));
        let cases = [
            ("more-countries=Atlantis", "more-countries"),
            ("countries=xx;yy", "more-countries"),
            ("more-authorities=OFAC!", "more-authorities"),
            ("more-languages=english", "more-languages"),
            ("more-programmes=A%3Bwords%3Dx", "more-programmes"),
            ("names=a%7Cb", "names"),
            ("names=a%3B+words%3Dx", "names"),
            ("words=(oil", "words"),
            ("words=oil%3B+names%3Dx", "words"),
            (&long, "words"),
            ("topics=nothing", "topics"),
        ];
        for (body, field) in cases {
            let errors = typed(body).read(0).unwrap_err();
            assert!(errors.at(field).is_some(), "{body}: {errors:?}");
        }
        let bare = InterestForm::of_form(&Form::of(b"often=daily&at=25:00")).read(0).unwrap_err();
        assert!(bare.at("interest").is_some() && bare.at("at").is_some(), "{bare:?}");
    }

    #[test]
    fn cadences_go_there_and_back() {
        for text in ["at-once", "hourly", "daily 07:30", "weekly Sun 18:15"] {
            let cadence = cadence(text).unwrap();
            let interest = Interest { cadence, ..typed("").read(3).unwrap() };
            assert_eq!(InterestForm::of_interest(&interest).read(3).unwrap(), interest);
        }
    }
}
