//! Who is listed, by whom, since when: one shape for every official list.

use chrono::NaiveDate;

/// Who keeps a list. One variant for each authority whose list can be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Issuer {
    /// The Office of Foreign Assets Control: SDN and consolidated lists.
    Ofac,
    /// The Bureau of Industry and Security: Entity List, Denied Persons, Unverified, Military End-User.
    Bis,
    /// Other United States lists in the Consolidated Screening List.
    UnitedStates,
    /// The Council of the European Union.
    EuropeanUnion,
    /// The Foreign, Commonwealth and Development Office.
    UnitedKingdom,
    /// The Security Council.
    UnitedNations,
    /// The State Secretariat for Economic Affairs.
    Switzerland,
    /// A collection gathered from many issuers by OpenSanctions.
    OpenSanctions,
    /// A subscriber's or operator's own names.
    WatchList,
}

impl Issuer {
    /// Every issuer, for tests over the table and for parsing.
    pub const ALL: [Issuer; 9] = [
        Issuer::Ofac,
        Issuer::Bis,
        Issuer::UnitedStates,
        Issuer::EuropeanUnion,
        Issuer::UnitedKingdom,
        Issuer::UnitedNations,
        Issuer::Switzerland,
        Issuer::OpenSanctions,
        Issuer::WatchList,
    ];

    /// The authority that facts and interests know it as; none where it is no authority.
    pub fn authority(self) -> Option<&'static str> {
        match self {
            Issuer::Ofac => Some("us-ofac"),
            Issuer::Bis => Some("us-bis"),
            Issuer::UnitedStates => Some("us"),
            Issuer::EuropeanUnion => Some("eu-council"),
            Issuer::UnitedKingdom => Some("uk-fcdo"),
            Issuer::UnitedNations => Some("un-sc"),
            Issuer::Switzerland => Some("ch-seco"),
            Issuer::OpenSanctions | Issuer::WatchList => None,
        }
    }

    /// The word used in JSON lines and in the database.
    pub fn name(self) -> &'static str {
        match self {
            Issuer::Ofac => "ofac",
            Issuer::Bis => "bis",
            Issuer::UnitedStates => "us",
            Issuer::EuropeanUnion => "eu",
            Issuer::UnitedKingdom => "uk",
            Issuer::UnitedNations => "un",
            Issuer::Switzerland => "ch",
            Issuer::OpenSanctions => "opensanctions",
            Issuer::WatchList => "watch-list",
        }
    }
}

/// What a listed party is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum PartyKind {
    Person,
    /// A company, body, group or authority.
    Organisation,
    Vessel,
    Aircraft,
    /// A digital-currency wallet, a security, or what the list does not say.
    Other,
}

impl PartyKind {
    /// The word used in JSON lines and in the database.
    pub fn name(self) -> &'static str {
        match self {
            PartyKind::Person => "person",
            PartyKind::Organisation => "organisation",
            PartyKind::Vessel => "vessel",
            PartyKind::Aircraft => "aircraft",
            PartyKind::Other => "other",
        }
    }
}

/// What the issuer says a name is worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum NameQuality {
    /// The name the party is listed under.
    Primary,
    /// Also known as.
    Alias,
    /// Formerly known as.
    Former,
    /// The issuer itself calls the alias weak or of low quality: it is never enough alone.
    Weak,
}

impl NameQuality {
    /// The word used in JSON lines and in the database.
    pub fn name(self) -> &'static str {
        match self {
            NameQuality::Primary => "primary",
            NameQuality::Alias => "alias",
            NameQuality::Former => "former",
            NameQuality::Weak => "weak",
        }
    }
}

/// One name of a listed party, in reading order (given name before family name) where the list
/// tells the parts apart, in the script the list prints it in.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ListedName {
    pub text: String,
    pub quality: NameQuality,
}

/// A number or code that names a party beyond doubt.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Identifier {
    /// `imo`, `passport`, `inn`, `ogrn`, `lei`, `wallet:XBT` …, in small letters but for a currency.
    pub kind: String,
    /// As the list prints it, white space normalised.
    pub value: String,
}

/// One listed party, as one edition of one list describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Designation {
    /// The issuer's own number or reference, e.g. `36` (OFAC), `RUS0001`, `QDi.001`, `EU.7154.31`.
    pub id: String,
    pub issuer: Issuer,
    pub kind: PartyKind,
    /// The first is the primary name. Never empty.
    pub names: Vec<ListedName>,
    /// Programme tags or regimes, e.g. `RUSSIA-EO14024`, sorted, without repeats.
    pub programmes: Vec<String>,
    /// Countries of nationality, address or flag, as the list prints them, sorted.
    pub countries: Vec<String>,
    /// Dates or years of birth as the list prints them.
    pub births: Vec<String>,
    pub identifiers: Vec<Identifier>,
    /// Offices held, functions, titles, as the list prints them.
    pub positions: Vec<String>,
    /// The day of listing, where the list tells it.
    pub listed_on: Option<NaiveDate>,
    /// Reasons, remarks, addresses: text a person reads; compared to see what was amended.
    pub remarks: Vec<String>,
}

impl Designation {
    /// The name the party is listed under.
    pub fn name(&self) -> &str {
        self.names.first().map_or("", |name| name.text.as_str())
    }
}
