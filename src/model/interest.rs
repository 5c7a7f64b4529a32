//! What a subscriber wants to hear of, and when.

use std::fmt;

use chrono::{NaiveTime, Weekday};

use crate::model::facts::{Action, Measure};

/// One wish of a subscriber: what, and how often. A subscriber may have several; an article that
/// meets more than one at the same cadence is told once.
#[derive(Debug, Clone, PartialEq)]
pub struct Interest {
    /// Row number in the store; 0 before it is stored.
    pub id: i64,
    /// What the subscriber calls it, e.g. `Shipping`; never empty.
    pub name: String,
    pub criteria: Criteria,
    pub cadence: Cadence,
}

impl Interest {
    /// What a subscriber has who names no interest.
    pub fn everything() -> Self {
        Self {
            id: 0,
            name: "Everything".to_owned(),
            criteria: Criteria::default(),
            cadence: Cadence::AtOnce,
        }
    }
}

impl fmt::Display for Interest {
    /// `Oil: countries=ru; words=oil @ daily 07:30`: read back by `interests::interest`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Interest { name, criteria, cadence, .. } = self;
        if criteria.is_everything() {
            write!(f, "{name}: @ {cadence}")
        } else {
            write!(f, "{name}: {criteria} @ {cadence}")
        }
    }
}

/// What an article must be like. An empty list asks nothing; of a list, one must hold; of the
/// lists that ask something, all must hold.
///
/// Written as text by [`fmt::Display`], e.g. `topics=licences; countries=ru,by; words=oil "price cap"`,
/// and read back by `interests::criteria`. The same form stands in the database, in CSV files and
/// on the command line.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Criteria {
    /// Groups of actions and measures.
    pub topics: Vec<Topic>,
    pub actions: Vec<Action>,
    /// Programme ids, e.g. `RUSSIA-EO14024`, `EU-RUS`.
    pub programmes: Vec<String>,
    /// ISO 3166-1 codes, lower case, of the countries an action is aimed at.
    pub countries: Vec<String>,
    /// Normalised ids, e.g. `us-ofac`; a state alone (`us`) means every body of it.
    pub authorities: Vec<String>,
    /// Ids of sources, e.g. `us/ofac-recent-actions`; a country alone (`us`) means all of its sources.
    pub sources: Vec<String>,
    /// ISO 639-1 codes.
    pub languages: Vec<String>,
    /// Names to watch, found as listed names are found.
    pub names: Vec<String>,
    /// A search expression: see `interests::Expression`; empty asks nothing.
    pub words: String,
    /// The least certainty that an article is about sanctions.
    pub certainty: Certainty,
}

impl Criteria {
    /// Whether every article on sanctions meets them.
    pub fn is_everything(&self) -> bool {
        *self == Self::default()
    }
}

/// A group of actions and measures under a name that a reader chooses by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Topic {
    /// Who is listed, delisted, amended.
    Listings,
    Licences,
    /// Rules, guidance, renewals, relief, proposals.
    Rules,
    /// Penalties, indictments, seizures.
    Enforcement,
    Evasion,
    Courts,
    ExportControls,
    CounterSanctions,
}

impl Topic {
    /// Every topic, in the order a form shows them.
    pub const ALL: [Topic; 8] = [
        Topic::Listings,
        Topic::Licences,
        Topic::Rules,
        Topic::Enforcement,
        Topic::Evasion,
        Topic::Courts,
        Topic::ExportControls,
        Topic::CounterSanctions,
    ];

    /// The word in the database, in CSV files and in forms.
    pub fn name(self) -> &'static str {
        match self {
            Topic::Listings => "listings",
            Topic::Licences => "licences",
            Topic::Rules => "rules",
            Topic::Enforcement => "enforcement",
            Topic::Evasion => "evasion",
            Topic::Courts => "courts",
            Topic::ExportControls => "export-controls",
            Topic::CounterSanctions => "counter-sanctions",
        }
    }

    /// The actions it groups.
    pub fn actions(self) -> &'static [Action] {
        match self {
            Topic::Listings => &[Action::Designate, Action::Delist, Action::Amend],
            Topic::Licences => {
                &[Action::LicenceIssued, Action::LicenceAmended, Action::LicenceRevoked]
            }
            Topic::Rules => {
                &[Action::Rule, Action::Guidance, Action::Renewal, Action::Relief, Action::Proposal]
            }
            Topic::Enforcement => &[Action::Penalty, Action::Indictment, Action::Seizure],
            Topic::Evasion => &[Action::Evasion],
            Topic::Courts => &[Action::CourtRuling],
            Topic::ExportControls => &[],
            Topic::CounterSanctions => &[Action::CounterSanction],
        }
    }

    /// The measures it groups, whatever the action.
    pub fn measures(self) -> &'static [Measure] {
        match self {
            Topic::ExportControls => &[Measure::ExportControl, Measure::ProductBan],
            _ => &[],
        }
    }
}

/// How sure it must be that an article is about sanctions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Certainty {
    /// Whatever the verdict calls relevant.
    #[default]
    Likely,
    /// Scores of .75 and more.
    High,
    /// Scores of .9 and more.
    Highest,
}

impl Certainty {
    /// Every certainty, the least first.
    pub const ALL: [Certainty; 3] = [Certainty::Likely, Certainty::High, Certainty::Highest];

    /// The word in the database, in CSV files and in forms.
    pub fn name(self) -> &'static str {
        match self {
            Certainty::Likely => "likely",
            Certainty::High => "high",
            Certainty::Highest => "highest",
        }
    }

    /// The least score (0 to 1) that is certain enough.
    pub fn score_min(self) -> f64 {
        match self {
            Certainty::Likely => 0.0,
            Certainty::High => 0.75,
            Certainty::Highest => 0.9,
        }
    }
}

/// How often an interest is told of. Times of day are the subscriber's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Cadence {
    /// An alert as soon as an article is stored.
    #[default]
    AtOnce,
    /// A digest at every full hour.
    Hourly,
    Daily {
        at: NaiveTime,
    },
    Weekly {
        on: Weekday,
        at: NaiveTime,
    },
}

impl fmt::Display for Cadence {
    /// `at-once`, `hourly`, `daily 07:30`, `weekly Mon 07:30`: read back by `interests::cadence`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Cadence::AtOnce => f.write_str("at-once"),
            Cadence::Hourly => f.write_str("hourly"),
            Cadence::Daily { at } => write!(f, "daily {}", at.format("%H:%M")),
            Cadence::Weekly { on, at } => write!(f, "weekly {on} {}", at.format("%H:%M")),
        }
    }
}

impl fmt::Display for Criteria {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let listed = [
            ("topics", names(&self.topics, |topic| topic.name()), ","),
            ("actions", names(&self.actions, |action| action.name()), ","),
            ("programmes", self.programmes.clone(), ","),
            ("countries", self.countries.clone(), ","),
            ("authorities", self.authorities.clone(), ","),
            ("sources", self.sources.clone(), ","),
            ("languages", self.languages.clone(), ","),
            ("names", self.names.clone(), "|"),
        ];
        let mut parts: Vec<String> = listed
            .into_iter()
            .filter(|(_, values, _)| !values.is_empty())
            .map(|(key, values, between)| {
                let values: Vec<String> = values.iter().map(|value| whole(value)).collect();
                format!("{key}={}", values.join(between))
            })
            .collect();
        if !self.words.is_empty() {
            parts.push(format!("words={}", self.words.replace(';', " ")));
        }
        if self.certainty != Certainty::default() {
            parts.push(format!("certainty={}", self.certainty.name()));
        }
        f.write_str(&parts.join("; "))
    }
}

/// A value without the characters that would end it: no comparison heeds them.
fn whole(value: &str) -> String {
    value.replace([';', '|'], " ")
}

fn names<T: Copy>(values: &[T], name: fn(T) -> &'static str) -> Vec<String> {
    values.iter().map(|value| name(*value).to_owned()).collect()
}

/// What a subscriber wants to hear no more of.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Mute {
    /// A story, by its row number.
    Story(i64),
    /// A source, by its id.
    Source(String),
    /// A name, as mails print it; compared by its folded words.
    Name(String),
}

impl Mute {
    /// The word for its kind in the database and in tokens.
    pub fn kind(&self) -> &'static str {
        match self {
            Mute::Story(_) => "story",
            Mute::Source(_) => "source",
            Mute::Name(_) => "name",
        }
    }

    /// What is muted, as text.
    pub fn value(&self) -> String {
        match self {
            Mute::Story(id) => id.to_string(),
            Mute::Source(text) | Mute::Name(text) => text.clone(),
        }
    }

    /// Back from [`Mute::kind`] and [`Mute::value`].
    pub fn of(kind: &str, value: &str) -> Option<Self> {
        match kind {
            "story" => value.parse().ok().map(Mute::Story),
            "source" => Some(Mute::Source(value.to_owned())),
            "name" => Some(Mute::Name(value.to_owned())),
            _ => None,
        }
    }
}
