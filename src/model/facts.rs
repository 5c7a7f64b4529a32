//! What a text shows of a sanctions action: who did what to whom, how, and when it bites. Every
//! value carries the words that show it; what the text does not show is absent.

use std::fmt;

use crate::model::judged::Field;
use crate::model::stamp::Stamp;

/// A value with the words that show it.
#[derive(Debug, Clone, PartialEq)]
pub struct Shown<T> {
    pub value: T,
    pub place: Place,
}

/// Where in an article something is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    pub field: Field,
    /// The words that carry the value; UTF-8 byte offsets into the field.
    pub start: usize,
    pub end: usize,
    /// The sentence around them, as it stands in the field.
    pub sentence: String,
}

/// The facts of one article. Within a list no value stands twice; the first place wins.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Facts {
    /// Normalised ids, e.g. `us-ofac`, `eu-council`; the state alone (`us`) where no body is named.
    pub authorities: Vec<Shown<String>>,
    pub actions: Vec<Shown<Action>>,
    pub measures: Vec<Shown<Measure>>,
    pub programmes: Vec<Shown<Programme>>,
    /// ISO 3166-1 codes, lower case, of the countries the action is aimed at.
    pub countries: Vec<Shown<String>>,
    pub counts: Vec<Shown<Count>>,
    pub money: Vec<Shown<Money>>,
    pub dates: Vec<Shown<Dated>>,
}

impl Facts {
    /// Whether nothing was shown.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// What was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Action {
    /// Parties put on a list, or sanctions imposed on a state.
    Designate,
    /// Parties taken off a list.
    Delist,
    /// Entries of a list changed.
    Amend,
    LicenceIssued,
    LicenceAmended,
    LicenceRevoked,
    /// A regulation, order, package or embargo adopted.
    Rule,
    /// Guidance, an advisory or an answered question.
    Guidance,
    /// Measures prolonged.
    Renewal,
    /// Measures lifted or eased.
    Relief,
    /// Measures proposed, threatened or considered.
    Proposal,
    /// A fine or settlement for a breach.
    Penalty,
    /// A charge, arrest, plea, conviction or sentence for a breach.
    Indictment,
    /// Ships, goods or money seized, forfeited or confiscated.
    Seizure,
    /// Sanctions evaded.
    Evasion,
    /// A court ruled on a listing or a measure.
    CourtRuling,
    /// Measures in answer to another state's sanctions.
    CounterSanction,
}

impl Action {
    /// Every action, for tests over the table and for parsing.
    pub const ALL: [Action; 17] = [
        Action::Designate,
        Action::Delist,
        Action::Amend,
        Action::LicenceIssued,
        Action::LicenceAmended,
        Action::LicenceRevoked,
        Action::Rule,
        Action::Guidance,
        Action::Renewal,
        Action::Relief,
        Action::Proposal,
        Action::Penalty,
        Action::Indictment,
        Action::Seizure,
        Action::Evasion,
        Action::CourtRuling,
        Action::CounterSanction,
    ];

    /// The word in JSON lines, in the database and in the lexicon of facts.
    pub fn name(self) -> &'static str {
        match self {
            Action::Designate => "designate",
            Action::Delist => "delist",
            Action::Amend => "amend",
            Action::LicenceIssued => "licence-issued",
            Action::LicenceAmended => "licence-amended",
            Action::LicenceRevoked => "licence-revoked",
            Action::Rule => "rule",
            Action::Guidance => "guidance",
            Action::Renewal => "renewal",
            Action::Relief => "relief",
            Action::Proposal => "proposal",
            Action::Penalty => "penalty",
            Action::Indictment => "indictment",
            Action::Seizure => "seizure",
            Action::Evasion => "evasion",
            Action::CourtRuling => "court-ruling",
            Action::CounterSanction => "counter-sanction",
        }
    }

    /// The one of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.name() == name)
    }
}

/// What is done to the target.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Measure {
    AssetFreeze,
    TravelBan,
    ArmsEmbargo,
    ExportControl,
    ImportBan,
    PriceCap,
    ServicesBan,
    InvestmentBan,
    TransactionBan,
    /// Whole branches of an economy.
    Sectoral,
    /// Cut off from SWIFT.
    FinancialMessaging,
    /// Ships or aircraft kept from ports, waters or airspace.
    PortBan,
    /// Measures against third parties who deal with the target.
    SecondarySanctions,
    /// The sale of a product forbidden for national security.
    ProductBan,
}

impl Measure {
    /// Every measure, for tests over the table and for parsing.
    pub const ALL: [Measure; 14] = [
        Measure::AssetFreeze,
        Measure::TravelBan,
        Measure::ArmsEmbargo,
        Measure::ExportControl,
        Measure::ImportBan,
        Measure::PriceCap,
        Measure::ServicesBan,
        Measure::InvestmentBan,
        Measure::TransactionBan,
        Measure::Sectoral,
        Measure::FinancialMessaging,
        Measure::PortBan,
        Measure::SecondarySanctions,
        Measure::ProductBan,
    ];

    /// The word in JSON lines, in the database and in the lexicon of facts.
    pub fn name(self) -> &'static str {
        match self {
            Measure::AssetFreeze => "asset-freeze",
            Measure::TravelBan => "travel-ban",
            Measure::ArmsEmbargo => "arms-embargo",
            Measure::ExportControl => "export-control",
            Measure::ImportBan => "import-ban",
            Measure::PriceCap => "price-cap",
            Measure::ServicesBan => "services-ban",
            Measure::InvestmentBan => "investment-ban",
            Measure::TransactionBan => "transaction-ban",
            Measure::Sectoral => "sectoral",
            Measure::FinancialMessaging => "financial-messaging",
            Measure::PortBan => "port-ban",
            Measure::SecondarySanctions => "secondary-sanctions",
            Measure::ProductBan => "product-ban",
        }
    }

    /// The one of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.name() == name)
    }
}

/// A sanctions programme or regime.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Programme {
    /// The issuer's own key where it has one: `RUSSIA-EO14024`, `EU-RUS`, `UK-RUSSIA`, `UN-1718`.
    pub id: String,
    /// An authority's id.
    pub issuer: String,
    /// What it is about, in a few English words.
    pub topic: String,
    /// ISO 3166-1 code, lower case; none where the programme is no country's.
    pub country: Option<String>,
}

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Unit {
    Persons,
    Entities,
    Vessels,
    Aircraft,
    Wallets,
}

impl Unit {
    /// Every unit, for tests over the table and for parsing.
    pub const ALL: [Unit; 5] =
        [Unit::Persons, Unit::Entities, Unit::Vessels, Unit::Aircraft, Unit::Wallets];

    /// The word in JSON lines, in the database and in the lexicon of facts.
    pub fn name(self) -> &'static str {
        match self {
            Unit::Persons => "persons",
            Unit::Entities => "entities",
            Unit::Vessels => "vessels",
            Unit::Aircraft => "aircraft",
            Unit::Wallets => "wallets",
        }
    }
}

/// How exact a number is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Bound {
    Exactly,
    /// "more than 50", "at least 50".
    AtLeast,
    /// "about 50", "nearly 50".
    About,
}

impl Bound {
    /// The word in JSON lines and in the database.
    pub fn name(self) -> &'static str {
        match self {
            Bound::Exactly => "exactly",
            Bound::AtLeast => "at-least",
            Bound::About => "about",
        }
    }
}

/// How many of what the action hits. Displays as `35 persons`, `at-least 50 vessels`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Count {
    pub number: u32,
    pub unit: Unit,
    pub bound: Bound,
}

impl fmt::Display for Count {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.bound != Bound::Exactly {
            write!(f, "{} ", self.bound.name())?;
        }
        write!(f, "{} {}", self.number, self.unit.name())
    }
}

/// What a sum of money is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum MoneyRole {
    /// Paid for a breach: fine or settlement.
    Penalty,
    /// What the transactions of the breach were worth.
    Transactions,
    /// Seized, forfeited or confiscated.
    Seized,
    /// Frozen.
    Frozen,
}

impl MoneyRole {
    /// Every role, for tests over the table and for parsing.
    pub const ALL: [MoneyRole; 4] =
        [MoneyRole::Penalty, MoneyRole::Transactions, MoneyRole::Seized, MoneyRole::Frozen];

    /// The word in JSON lines, in the database and in the lexicon of facts.
    pub fn name(self) -> &'static str {
        match self {
            MoneyRole::Penalty => "penalty",
            MoneyRole::Transactions => "transactions",
            MoneyRole::Seized => "seized",
            MoneyRole::Frozen => "frozen",
        }
    }
}

/// A sum of money with its role. Displays as `USD 11800000`, `USD 75375.50`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Money {
    pub role: MoneyRole,
    /// ISO 4217.
    pub currency: &'static str,
    /// In hundredths of the currency's unit.
    pub hundredths: u64,
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.currency, self.hundredths / 100)?;
        match self.hundredths % 100 {
            0 => Ok(()),
            rest => write!(f, ".{rest:02}"),
        }
    }
}

/// What a date is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum DateRole {
    /// The action was announced or taken.
    Announced,
    /// The measure takes effect.
    Effective,
    /// Dealings must be wound down.
    WindDown,
    /// A licence or waiver ends.
    Expiry,
    /// Measures were prolonged until then.
    RenewedUntil,
    /// Comments on a rule are due.
    CommentsClose,
}

impl DateRole {
    /// Every role, for tests over the table and for parsing.
    pub const ALL: [DateRole; 6] = [
        DateRole::Announced,
        DateRole::Effective,
        DateRole::WindDown,
        DateRole::Expiry,
        DateRole::RenewedUntil,
        DateRole::CommentsClose,
    ];

    /// The word in JSON lines, in the database and in the lexicon of facts.
    pub fn name(self) -> &'static str {
        match self {
            DateRole::Announced => "announced",
            DateRole::Effective => "effective",
            DateRole::WindDown => "wind-down",
            DateRole::Expiry => "expiry",
            DateRole::RenewedUntil => "renewed-until",
            DateRole::CommentsClose => "comments-close",
        }
    }
}

/// A date with its role: a moment where the text gives a time and a zone, else a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dated {
    pub role: DateRole,
    pub at: Stamp,
}
