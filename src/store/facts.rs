//! Legal identifiers and facts of articles.

use rusqlite::{Connection, Transaction, params};

use crate::model::facts::{
    Action, Bound, Count, DateRole, Dated, Facts, Measure, Place, Programme, Shown, Unit,
};
use crate::model::judged::{Cited, Field};
use crate::store::{Error, Result, Store};

/// A fact as it is stored: one shape for all kinds, so that one query finds every article of an
/// authority, a programme or a date.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredFact {
    /// `authority`, `action`, `measure`, `programme`, `country`, `count`, `money` or `date`.
    pub kind: String,
    /// `us-ofac`, `designate`, `35`, `USD 11800000`, `2025-03-12`.
    pub value: String,
    /// What a count, sum or date is: `persons`, `penalty`, `effective`; a programme's topic.
    pub detail: String,
    /// Of a count: `exactly`, `at-least`, `about`; else empty.
    pub bound: String,
    /// The sentence that shows it.
    pub sentence: String,
}

impl Store {
    /// The facts of an article, in the order of their kinds and then of the text.
    pub async fn facts(&self, article: i64) -> Result<Vec<StoredFact>> {
        self.read(move |connection| {
            let mut statement = connection.prepare_cached(
                "SELECT kind, value, detail, bound, sentence FROM fact
                 WHERE article = ?1 ORDER BY position",
            )?;
            let rows = statement.query_map([article], |row| {
                Ok(StoredFact {
                    kind: row.get(0)?,
                    value: row.get(1)?,
                    detail: row.get(2)?,
                    bound: row.get(3)?,
                    sentence: row.get(4)?,
                })
            })?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })
        .await
    }
}

/// Writes the identifiers of an article in place of those it had.
pub(crate) fn write_instruments(
    transaction: &Transaction,
    article: i64,
    cited: &[Cited],
) -> Result<()> {
    transaction.execute("DELETE FROM instrument WHERE article = ?1", [article])?;
    let mut insert = transaction.prepare_cached(
        "INSERT INTO instrument (article, position, field, start, \"end\", kind, id, text, link)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
    )?;
    for (position, Cited { field, instrument }) in cited.iter().enumerate() {
        insert.execute(params![
            article,
            position,
            name(*field),
            instrument.start,
            instrument.end,
            instrument.kind,
            instrument.id,
            instrument.text,
            instrument.link,
        ])?;
    }
    Ok(())
}

/// Writes the facts of an article in place of those it had.
pub(crate) fn write_facts(transaction: &Transaction, article: i64, facts: &Facts) -> Result<()> {
    transaction.execute("DELETE FROM fact WHERE article = ?1", [article])?;
    let mut insert = transaction.prepare_cached(
        "INSERT INTO fact (article, position, kind, value, detail, bound, field, start, \"end\", sentence,
                           country)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
    )?;
    for (position, row) in rows(facts).iter().enumerate() {
        insert.execute(params![
            article,
            position,
            row.kind,
            row.value,
            row.detail,
            row.bound,
            name(row.place.field),
            row.place.start,
            row.place.end,
            row.place.sentence,
            row.country,
        ])?;
    }
    Ok(())
}

/// A row on its way in.
struct Row<'a> {
    kind: &'static str,
    value: String,
    detail: String,
    bound: &'static str,
    /// A programme's, if it is aimed at one.
    country: Option<&'a str>,
    place: &'a Place,
}

fn rows(facts: &Facts) -> Vec<Row<'_>> {
    let mut rows = Vec::new();
    extend(&mut rows, "authority", &facts.authorities, |id| (id.clone(), String::new()));
    extend(&mut rows, "action", &facts.actions, |it| (it.name().to_owned(), String::new()));
    extend(&mut rows, "measure", &facts.measures, |it| (it.name().to_owned(), String::new()));
    rows.extend(facts.programmes.iter().map(|shown| Row {
        kind: "programme",
        value: shown.value.id.clone(),
        detail: shown.value.topic.clone(),
        bound: "",
        country: shown.value.country.as_deref(),
        place: &shown.place,
    }));
    extend(&mut rows, "country", &facts.countries, |code| (code.clone(), String::new()));
    for shown in &facts.counts {
        let count = shown.value;
        rows.push(Row {
            kind: "count",
            value: count.number.to_string(),
            detail: count.unit.name().to_owned(),
            bound: count.bound.name(),
            country: None,
            place: &shown.place,
        });
    }
    extend(&mut rows, "money", &facts.money, |it| (it.to_string(), it.role.name().to_owned()));
    extend(&mut rows, "date", &facts.dates, |it| (it.at.to_string(), it.role.name().to_owned()));
    rows
}

/// A row for each value, as `shape` gives its value and its detail.
fn extend<'a, T>(
    rows: &mut Vec<Row<'a>>,
    kind: &'static str,
    shown: &'a [Shown<T>],
    shape: impl Fn(&T) -> (String, String),
) {
    rows.extend(shown.iter().map(|shown| {
        let (value, detail) = shape(&shown.value);
        Row { kind, value, detail, bound: "", country: None, place: &shown.place }
    }));
}

fn name(field: Field) -> &'static str {
    match field {
        Field::Title => "title",
        Field::Text => "text",
    }
}

/// The facts of an article as summaries print them: without sums of money and without the issuers of
/// programmes.
pub(crate) fn read_facts(connection: &Connection, article: i64) -> Result<Facts> {
    let mut statement = connection.prepare_cached(
        "SELECT kind, value, detail, bound, country, sentence FROM fact
         WHERE article = ?1 ORDER BY position",
    )?;
    let mut rows = statement.query([article])?;
    let mut facts = Facts::default();
    while let Some(row) = rows.next()? {
        let (kind, value, detail): (String, String, String) =
            (row.get(0)?, row.get(1)?, row.get(2)?);
        let (bound, sentence): (String, String) = (row.get(3)?, row.get(5)?);
        let place = Place { field: Field::Text, start: 0, end: 0, sentence };
        let corrupt = |expected| Error::Corrupt { value: format!("{value} {detail}"), expected };
        match kind.as_str() {
            "authority" => facts.authorities.push(Shown { value, place }),
            "action" => {
                let value = Action::named(&value).ok_or_else(|| corrupt("an action"))?;
                facts.actions.push(Shown { value, place });
            }
            "measure" => {
                let value = Measure::named(&value).ok_or_else(|| corrupt("a measure"))?;
                facts.measures.push(Shown { value, place });
            }
            "programme" => {
                let (issuer, country) = (String::new(), row.get(4)?);
                let value = Programme { id: value, issuer, topic: detail, country };
                facts.programmes.push(Shown { value, place });
            }
            "country" => facts.countries.push(Shown { value, place }),
            "count" => {
                let bounds = [Bound::Exactly, Bound::AtLeast, Bound::About];
                let unit = Unit::ALL.into_iter().find(|unit| unit.name() == detail);
                let bound = bounds.into_iter().find(|it| it.name() == bound);
                let count = value.parse().ok().zip(unit).zip(bound);
                let ((number, unit), bound) = count.ok_or_else(|| corrupt("a count"))?;
                facts.counts.push(Shown { value: Count { number, unit, bound }, place });
            }
            "date" => {
                let role = DateRole::ALL.into_iter().find(|role| role.name() == detail);
                let (role, at) =
                    role.zip(value.parse().ok()).ok_or_else(|| corrupt("a date with its role"))?;
                facts.dates.push(Shown { value: Dated { role, at }, place });
            }
            _ => {}
        }
    }
    Ok(facts)
}
