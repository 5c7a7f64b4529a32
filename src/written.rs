//! Files people write, in TOML: every value with its place, every mistake collected. Pure.
//!
//! A reader asks a [`Table`] for the keys it knows, one after the other, and closes it; what it
//! did not ask for is an unknown key. Nothing stops at the first mistake: the person who wrote the
//! file gets all of them at once.

use chrono_tz::{TZ_VARIANTS, Tz};
use core::cell::RefCell;
use core::fmt;
use core::ops::{Range, RangeInclusive};
use core::time::Duration;
use std::borrow::Cow;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// Units of a duration, with their milliseconds.
const DURATION_UNITS: [(&str, u64); 5] =
    [("ms", 1), ("s", 1_000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000)];

/// Units of a size, with their bytes.
const SIZE_UNITS: [(&str, u64); 4] =
    [("B", 1), ("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30)];

/// One mistake in a file. Displays as `file:line:column: what is wrong, and the remedy`, or
/// without line and column where the file as a whole is at fault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    pub file: String,
    /// From 1; 0 where the file as a whole is at fault.
    pub line: usize,
    /// From 1, in characters.
    pub column: usize,
    /// Names the key, the wrong value and the remedy.
    pub text: String,
}

impl Mistake {
    /// A mistake about the file as a whole.
    pub fn of_file(file: impl Into<String>, text: impl Into<String>) -> Self {
        Self { file: file.into(), line: 0, column: 0, text: text.into() }
    }
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.line == 0 {
            return write!(f, "{}: {}", self.file, self.text);
        }
        write!(f, "{}:{}:{}: {}", self.file, self.line, self.column, self.text)
    }
}

/// Where a value stands in its document: byte offsets.
pub type Place = Range<usize>;

/// A value with its place, for mistakes that only its meaning shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written<T> {
    pub value: T,
    pub place: Place,
}

/// A value that takes the place of what a file says, or does not say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Override {
    /// What mistakes in it go by: the name of a variable.
    pub name: String,
    /// The keys that lead to it, from the top.
    pub path: Vec<String>,
    /// TOML, or else a text.
    pub value: String,
}

/// One file's text and the mistakes found in it so far.
#[derive(Debug)]
pub struct Document<'t> {
    file: String,
    text: &'t str,
    /// Each has a place of its own, one byte long, behind the end of the text.
    overrides: &'t [Override],
    mistakes: RefCell<Vec<(usize, String)>>,
}

impl<'t> Document<'t> {
    /// `file` is the name mistakes go by.
    pub fn new(file: impl Into<String>, text: &'t str) -> Self {
        Self { file: file.into(), text, overrides: &[], mistakes: RefCell::default() }
    }

    /// A file whose values give way to `overrides`.
    pub fn with_overrides(
        file: impl Into<String>,
        text: &'t str,
        overrides: &'t [Override],
    ) -> Self {
        Self { overrides, ..Self::new(file, text) }
    }

    /// The top of the document, or none where the text is not TOML (the mistakes say why).
    pub fn root(&self) -> Option<Table<'_>> {
        let (root, errors) = DeTable::parse_recoverable(self.text);
        for error in &errors {
            let place = error.span().unwrap_or(0..0);
            let near = self.text.get(place.clone()).filter(|near| !near.trim().is_empty());
            let near = near.map(|near| format!(" at {near:?}")).unwrap_or_default();
            self.mistake(&place, format!("this is not TOML: {}{near}", error.message()));
        }
        let mut root = root.into_inner();
        for (number, set) in self.overrides.iter().enumerate() {
            let start = self.text.len() + 1 + number;
            override_value(&mut root, set, start..start + 1);
        }
        errors.is_empty().then(|| Table::new(self, String::new(), 0..0, root))
    }

    /// Records a mistake at `place`.
    pub fn mistake(&self, place: &Place, text: impl Into<String>) {
        self.mistakes.borrow_mut().push((place.start, text.into()));
    }

    /// Every mistake, in the order of their places.
    pub fn into_mistakes(self) -> Vec<Mistake> {
        let mut mistakes = self.mistakes.into_inner();
        mistakes.sort_by_key(|(start, _)| *start);
        // One walk over the text for all of them, however many and however long the lines.
        let (mut seen, mut line, mut column) = (0, 1, 1);
        let located = |(start, text): (usize, String)| {
            let beyond = start.checked_sub(self.text.len() + 1);
            if let Some(set) = beyond.and_then(|number| self.overrides.get(number)) {
                return Mistake::of_file(set.name.clone(), text);
            }
            let start = self.text.floor_char_boundary(start);
            let passed = &self.text[seen..start];
            line += passed.matches('\n').count();
            column = match passed.rsplit_once('\n') {
                Some((_, last)) => last.chars().count() + 1,
                None => column + passed.chars().count(),
            };
            seen = start;
            Mistake { file: self.file.clone(), line, column, text }
        };
        mistakes.into_iter().map(located).collect()
    }
}

/// One table of a document, and the keys asked of it so far.
#[derive(Debug)]
pub struct Table<'d> {
    document: &'d Document<'d>,
    /// What people call it: empty at the top, else `[fetch]`, `[[listing]]`.
    name: String,
    place: Place,
    /// What has not been asked for yet.
    entries: DeTable<'d>,
    /// Every key asked for.
    known: Vec<&'static str>,
    /// Of these, the keys that were there, well written or not.
    found: Vec<&'static str>,
}

impl<'d> Table<'d> {
    fn new(document: &'d Document<'d>, name: String, place: Place, entries: DeTable<'d>) -> Self {
        Self { document, name, place, entries, known: Vec::new(), found: Vec::new() }
    }

    /// Where the table begins.
    pub fn place(&self) -> &Place {
        &self.place
    }

    /// Records a mistake about the whole table.
    pub fn mistake(&self, text: impl Into<String>) {
        self.document.mistake(&self.place, text);
    }

    /// Records a mistake about a value of this table.
    pub fn mistake_at(&self, place: &Place, text: impl Into<String>) {
        self.document.mistake(place, text);
    }

    /// Records a mistake if `key` is absent; `remedy` says what to write.
    pub fn require(&self, key: &str, remedy: &str) {
        if !self.found.contains(&key) && !self.entries.contains_key(key) {
            let name = if self.name.is_empty() { "" } else { &format!("{} ", self.name) };
            self.mistake(format!("{name}{key} is missing; write {remedy}"));
        }
    }

    /// A text; an empty one is a mistake.
    pub fn text(&mut self, key: &'static str) -> Option<Written<String>> {
        let (value, place) = self.take(key)?;
        let value = self.document.text_of(key, value, &place)?;
        Some(Written { value, place })
    }

    /// A list of texts; empty where the key is absent.
    pub fn texts(&mut self, key: &'static str) -> Vec<Written<String>> {
        let Some((value, place)) = self.take(key) else { return Vec::new() };
        let DeValue::Array(items) = value else {
            self.document.wrong_type(key, &value, &place, "a list of texts such as [\"…\"]");
            return Vec::new();
        };
        let written = |item: Spanned<DeValue<'_>>| {
            let place = item.span();
            let value = self.document.text_of(key, item.into_inner(), &place)?;
            Some(Written { value, place })
        };
        items.into_iter().filter_map(written).collect()
    }

    /// A whole number within `range`.
    pub fn whole(&mut self, key: &'static str, range: RangeInclusive<u64>) -> Option<u64> {
        let (value, place) = self.take(key)?;
        let remedy = format!("a whole number from {} to {}", range.start(), range.end());
        let number = match &value {
            DeValue::Integer(number) => u64::from_str_radix(number.as_str(), number.radix()).ok(),
            _ => None,
        };
        let number = number.filter(|number| range.contains(number));
        if number.is_none() {
            self.document.wrong_type(key, &value, &place, &remedy);
        }
        number
    }

    /// `true` or `false`.
    pub fn truth(&mut self, key: &'static str) -> Option<bool> {
        let (value, place) = self.take(key)?;
        let DeValue::Boolean(truth) = value else {
            self.document.wrong_type(key, &value, &place, "true or false");
            return None;
        };
        Some(truth)
    }

    /// A duration such as `"500ms"`, `"30s"`, `"15m"`, `"6h"` or `"1d"`.
    pub fn duration(&mut self, key: &'static str) -> Option<Written<Duration>> {
        let remedy = "a time such as \"500ms\", \"30s\", \"15m\", \"6h\" or \"1d\"";
        let Written { value, place } = self.amount(key, &DURATION_UNITS, remedy)?;
        Some(Written { value: Duration::from_millis(value), place })
    }

    /// A duration, or the word that stands for none.
    pub fn duration_or(
        &mut self,
        word: &str,
        key: &'static str,
    ) -> Option<Written<Option<Duration>>> {
        let (value, place) = self.take(key)?;
        let text = match &value {
            DeValue::String(text) => text.trim(),
            _ => "",
        };
        if text == word {
            return Some(Written { value: None, place });
        }
        let amount = read_amount(text, &DURATION_UNITS);
        if amount.is_none() {
            let remedy = format!("a time such as \"90d\" or \"12h\", or \"{word}\"");
            self.document.wrong_type(key, &value, &place, &remedy);
        }
        amount.map(|millis| Written { value: Some(Duration::from_millis(millis)), place })
    }

    /// A size in bytes, such as `"512 KiB"` or `"16 MiB"`.
    pub fn size(&mut self, key: &'static str) -> Option<Written<u64>> {
        self.amount(key, &SIZE_UNITS, "a size such as \"512 KiB\" or \"16 MiB\"")
    }

    /// One of the names in `choices`.
    pub fn choice<T: Copy>(
        &mut self,
        key: &'static str,
        choices: &[(&'static str, T)],
    ) -> Option<Written<T>> {
        let written = self.text(key)?;
        let found = choices.iter().find(|(name, _)| *name == written.value);
        if found.is_none() {
            let names: Vec<&str> = choices.iter().map(|(name, _)| *name).collect();
            let remedy = meant(&written.value, &names);
            self.document
                .mistake(&written.place, format!("{key} is {:?}; {remedy}", written.value));
        }
        found.map(|(_, value)| Written { value: *value, place: written.place })
    }

    /// A table below this one, `[name.key]` or `key = { … }`.
    pub fn table(&mut self, key: &'static str) -> Option<Table<'d>> {
        let (value, place) = self.take(key)?;
        self.document.table_of(value, place, format!("[{}]", self.path_to(key)))
    }

    /// The same, or an empty table where the key is absent: every key below it then is too.
    pub fn table_or_empty(&mut self, key: &'static str) -> Table<'d> {
        let empty =
            Table::new(self.document, format!("[{key}]"), self.place.clone(), DeTable::new());
        self.table(key).unwrap_or(empty)
    }

    /// The tables written as `[[key]]`; none where the key is absent.
    pub fn tables(&mut self, key: &'static str) -> Vec<Table<'d>> {
        let Some((value, place)) = self.take(key) else { return Vec::new() };
        let name = format!("[[{}]]", self.path_to(key));
        let DeValue::Array(items) = value else {
            let remedy = format!("a table {name} for each");
            self.document.wrong_type(key, &value, &place, &remedy);
            return Vec::new();
        };
        let table = |item: Spanned<DeValue<'d>>| {
            let place = item.span();
            self.document.table_of(item.into_inner(), place, name.clone())
        };
        items.into_iter().filter_map(table).collect()
    }

    /// Says that every key has been asked for: what is left over is a mistake.
    pub fn close(self) {
        let wherein = if self.name.is_empty() { "" } else { &format!(" in {}", self.name) };
        for key in self.entries.keys() {
            let remedy = meant(key.get_ref(), &self.known);
            let text = format!("there is no key {:?}{wherein}; {remedy}", key.get_ref());
            self.document.mistake(&key.span(), text);
        }
    }

    fn take(&mut self, key: &'static str) -> Option<(DeValue<'d>, Place)> {
        self.known.push(key);
        let (_, value) = self.entries.remove_entry(key)?;
        self.found.push(key);
        let place = value.span();
        Some((value.into_inner(), place))
    }

    /// A number with a unit, in the smallest unit.
    fn amount(
        &mut self,
        key: &'static str,
        units: &[(&str, u64)],
        remedy: &str,
    ) -> Option<Written<u64>> {
        let (value, place) = self.take(key)?;
        let amount = match &value {
            DeValue::String(text) => read_amount(text, units),
            _ => None,
        };
        if amount.is_none() {
            self.document.wrong_type(key, &value, &place, remedy);
        }
        amount.map(|value| Written { value, place })
    }

    /// What people call the table `key` below this one: `key`, or `mail.smtp`.
    fn path_to(&self, key: &str) -> String {
        match self.name.trim_matches(['[', ']']) {
            "" => key.to_owned(),
            parent => format!("{parent}.{key}"),
        }
    }
}

/// Puts a value where its path leads, with the tables on the way. Every part of it stands at `place`.
fn override_value<'d>(root: &mut DeTable<'d>, set: &'d Override, place: Place) {
    let Some((last, way)) = set.path.split_last() else { return };
    let mut table = root;
    for key in way {
        let entry = table
            .entry(Spanned::new(place.clone(), Cow::Borrowed(key.as_str())))
            .or_insert_with(|| Spanned::new(place.clone(), DeValue::Table(DeTable::new())));
        match entry.get_mut() {
            DeValue::Table(below) => table = below,
            // The file has a value where a table belongs, and is told so.
            _ => return,
        }
    }
    let value = DeValue::parse(&set.value)
        .map(|value| moved(value.into_inner(), &place))
        .unwrap_or_else(|_| DeValue::String(Cow::Borrowed(set.value.as_str())));
    table.remove(last.as_str());
    let key = Spanned::new(place.clone(), Cow::Borrowed(last.as_str()));
    table.insert(key, Spanned::new(place, value));
}

/// The value with everything in it at `place`.
fn moved<'d>(value: DeValue<'d>, place: &Place) -> DeValue<'d> {
    let inside =
        |value: Spanned<DeValue<'d>>| Spanned::new(place.clone(), moved(value.into_inner(), place));
    match value {
        DeValue::Array(items) => DeValue::Array(items.into_iter().map(inside).collect()),
        DeValue::Table(entries) => {
            let entries = entries
                .into_iter()
                .map(|(key, value)| (Spanned::new(place.clone(), key.into_inner()), inside(value)));
            DeValue::Table(entries.collect())
        }
        plain => plain,
    }
}

impl<'d> Document<'d> {
    fn text_of(&self, key: &str, value: DeValue<'_>, place: &Place) -> Option<String> {
        match value {
            DeValue::String(text) if text.trim().is_empty() => {
                self.mistake(place, format!("{key} is empty; write its value or leave it out"));
                None
            }
            DeValue::String(text) => Some(text.into_owned()),
            other => {
                self.wrong_type(key, &other, place, "a text in quotes");
                None
            }
        }
    }

    fn table_of(&'d self, value: DeValue<'d>, place: Place, name: String) -> Option<Table<'d>> {
        match value {
            DeValue::Table(entries) => Some(Table::new(self, name, place, entries)),
            other => {
                self.wrong_type(name.trim_matches(['[', ']']), &other, &place, "a table");
                None
            }
        }
    }

    fn wrong_type(&self, key: &str, value: &DeValue<'_>, place: &Place, remedy: &str) {
        let shown = match value {
            DeValue::String(text) => format!("{text:?}"),
            DeValue::Integer(number) => number.to_string(),
            DeValue::Float(number) => number.to_string(),
            DeValue::Boolean(truth) => truth.to_string(),
            DeValue::Datetime(moment) => moment.to_string(),
            DeValue::Array(_) => "a list".to_owned(),
            DeValue::Table(_) => "a table".to_owned(),
        };
        self.mistake(place, format!("{key} is {shown}; write {remedy}"));
    }
}

/// What a person who wrote `word` should have written: the nearest of `choices`, or all of them.
///
/// ```
/// use sanctionwatch::written::meant;
/// assert_eq!(meant("selctor", &["url", "selector"]), "did you mean \"selector\"?");
/// assert_eq!(meant("colour", &["url", "selector"]), "write one of url, selector");
/// ```
pub fn meant(word: &str, choices: &[&str]) -> String {
    match nearest(word, choices.iter().copied()) {
        Some(choice) => format!("did you mean {choice:?}?"),
        None => format!("write one of {}", choices.join(", ")),
    }
}

/// The time zone of that name.
///
/// ```
/// use sanctionwatch::written::zone;
/// assert_eq!(zone("Europe/Berlin"), Ok(chrono_tz::Europe::Berlin));
/// assert_eq!(zone("Berlin").unwrap_err(), "did you mean \"Europe/Berlin\"?");
/// ```
///
/// # Errors
/// Where it is none: what a person who wrote it should have written.
pub fn zone(text: &str) -> Result<Tz, String> {
    let names = || TZ_VARIANTS.iter().map(|zone| zone.name());
    // "Berlin" alone, or "Germany/Berlin": the city decides.
    let city = |name: &str| name.rsplit('/').next().unwrap_or(name).to_lowercase();
    let same_city = || names().find(|name| city(name) == city(text));
    text.parse().map_err(|_| match nearest(text, names()).or_else(same_city) {
        Some(name) => format!("did you mean {name:?}?"),
        None => "write a name of the IANA time zone list such as \"Europe/Berlin\"".to_owned(),
    })
}

/// The choice most like `word`, if one is like it at all.
pub fn nearest<'c>(word: &str, choices: impl Iterator<Item = &'c str>) -> Option<&'c str> {
    // A hostile file must not buy quadratic time with one long word.
    let word: String = word.chars().take(64).collect::<String>().to_lowercase();
    let far = (word.chars().count() / 3).max(1);
    let distance = |choice: &'c str| (strsim::osa_distance(&word, &choice.to_lowercase()), choice);
    let best = choices.map(distance).min_by_key(|(distance, _)| *distance)?;
    (best.0 <= far).then_some(best.1)
}

/// `"15m"` by the units of a table: a number, spaces if you like, a unit.
fn read_amount(text: &str, units: &[(&str, u64)]) -> Option<u64> {
    let text = text.trim();
    let digits = text.find(|c: char| !c.is_ascii_digit())?;
    let number: u64 = text[..digits].parse().ok()?;
    let unit = text[digits..].trim_start();
    let (_, factor) = units.iter().find(|(name, _)| *name == unit)?;
    number.checked_mul(*factor)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a small reader says of `text`.
    fn said(text: &str) -> Vec<String> {
        let document = Document::new("a.toml", text);
        if let Some(mut root) = document.root() {
            root.require("title", "title = \"a name\"");
            root.text("title");
            root.texts("names");
            root.choice("kind", &[("feed", 1), ("sitemap", 2)]);
            root.whole("count", 1..=10);
            root.truth("on");
            root.duration("delay");
            root.size("limit");
            for mut table in root.tables("listing") {
                table.require("url", "url = \"https://…\"");
                table.text("url");
                table.close();
            }
            root.close();
        }
        document.into_mistakes().iter().map(Mistake::to_string).collect()
    }

    #[test]
    fn every_mistake_is_said_with_its_place() {
        let cases: &[(&str, &[&str])] = &[
            ("title = 'x'\nnames = ['a']\ncount = 0x0a\ndelay = '2 h'\nlimit = '1 MiB'", &[]),
            ("", &["a.toml:1:1: title is missing; write title = \"a name\""]),
            ("title = 3", &["a.toml:1:9: title is 3; write a text in quotes"]),
            ("title = ' '", &["a.toml:1:9: title is empty; write its value or leave it out"]),
            (
                "titel = 'é'\nkind = 'fed'\n",
                &[
                    "a.toml:1:1: title is missing; write title = \"a name\"",
                    "a.toml:1:1: there is no key \"titel\"; did you mean \"title\"?",
                    "a.toml:2:8: kind is \"fed\"; did you mean \"feed\"?",
                ],
            ),
            (
                "title = 'ö' # ö\nkind = 'page'",
                &["a.toml:2:8: kind is \"page\"; write one of feed, sitemap"],
            ),
            (
                "title = 'x'\ncount = 11\non = 'yes'\ndelay = 5\nlimit = '1 MB'",
                &[
                    "a.toml:2:9: count is 11; write a whole number from 1 to 10",
                    "a.toml:3:6: on is \"yes\"; write true or false",
                    "a.toml:4:9: delay is 5; write a time such as \"500ms\", \"30s\", \"15m\", \
                     \"6h\" or \"1d\"",
                    "a.toml:5:9: limit is \"1 MB\"; write a size such as \"512 KiB\" or \"16 MiB\"",
                ],
            ),
            (
                "title = 'x'\nnames = 'a'",
                &["a.toml:2:9: names is \"a\"; write a list of texts such as [\"…\"]"],
            ),
            ("title = 'x'\nnames = ['a', 2]", &["a.toml:2:15: names is 2; write a text in quotes"]),
            (
                "title = 'x'\n[[listing]]\nurl = 'u'\n[[listing]]\nulr = 'u'",
                &[
                    "a.toml:4:1: [[listing]] url is missing; write url = \"https://…\"",
                    "a.toml:5:1: there is no key \"ulr\" in [[listing]]; did you mean \"url\"?",
                ],
            ),
            (
                "title = 'x'\nlisting = 4",
                &["a.toml:2:11: listing is 4; write a table [[listing]] for each"],
            ),
        ];
        for (text, expected) in cases {
            assert_eq!(said(text), *expected, "{text:?}");
        }
    }

    #[test]
    fn text_that_is_not_toml_says_where_and_nothing_else() {
        for text in ["title = \"x", "title == 'x'", "= 3", "a = 1\na = 2", "[x", "\u{0}"] {
            let said = said(text);
            assert!(!said.is_empty(), "{text:?}");
            assert!(!said.iter().any(|line| line.contains("missing")), "{text:?}: {said:?}");
        }
    }

    #[test]
    fn a_hundred_thousand_mistakes_on_one_line_are_placed_in_one_walk() {
        let text = format!("title = 'ö'\nnames = [{}]", "1,".repeat(100_000));
        let said = said(&text);
        assert_eq!(said.len(), 100_000);
        assert_eq!(said[99_999], "a.toml:2:200008: names is 1; write a text in quotes");
    }

    #[test]
    fn amounts_have_a_number_and_a_unit() {
        let cases = [
            ("500ms", Some(500)),
            ("30s", Some(30_000)),
            ("15 m", Some(900_000)),
            ("1d", Some(86_400_000)),
            ("0s", Some(0)),
            ("30", None),
            ("s", None),
            ("-1s", None),
            ("1 week", None),
            ("99999999999999999999s", None),
            ("18446744073709551615d", None),
            ("", None),
        ];
        for (text, expected) in cases {
            assert_eq!(read_amount(text, &DURATION_UNITS), expected, "{text:?}");
        }
    }
}
