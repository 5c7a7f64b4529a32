//! Who is told.

use chrono::{DateTime, Utc};
use rusqlite::{OptionalExtension, Row, Transaction, params};

use crate::model::interest::Interest;
use crate::model::subscriber::{Email, Standing, Subscriber};
use crate::store::interests::{add_interest, put_interest_named};
use crate::store::{Error, Result, Store, moment, parse_moment};

/// Who gets mails: confirmed and not gone.
pub(crate) const ACTIVE: &str = "left IS NULL AND confirmed IS NOT NULL";

/// A subscriber and where the subscription stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    pub subscriber: Subscriber,
    pub standing: Standing,
    /// Why no mail goes to the address, if none does.
    pub suspended: Option<Suspended>,
}

/// What an address is suspended for, and so who can let mail go there again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Suspended {
    /// Mails came back: whoever confirms a letter shows that they arrive again.
    CameBack,
    /// The reader called a mail unwanted: only they can ask for more.
    Complained,
}

/// A wish to subscribe that is still to be confirmed.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    pub email: Email,
    /// How to address them; may be empty.
    pub name: String,
    pub zone: chrono_tz::Tz,
    /// At least one.
    pub interests: Vec<Interest>,
}

/// A subscriber an operator brings, whose word the operator has.
#[derive(Debug, Clone, PartialEq)]
pub struct Enrolment {
    pub email: Email,
    /// How to address them; none: as before, or not at all.
    pub name: Option<String>,
    /// None: as before, or UTC.
    pub zone: Option<chrono_tz::Tz>,
    /// Added to those they have; one of a known name takes its place. None: those they have, or
    /// everything at once.
    pub interests: Option<Vec<Interest>>,
}

/// What becomes of somebody who had left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Formerly {
    BroughtBack,
    LeftAlone,
}

/// What became of an enrolment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Enrolled {
    /// New, or back.
    Added,
    /// Active already; what was given was taken over.
    Known,
    /// Had left, and stays so.
    HasLeft,
}

/// A subscriber as an operator's list shows them.
#[derive(Debug, Clone, PartialEq)]
pub struct Person {
    pub known: Known,
    /// Since when no mail goes to the address, and why.
    pub suspended: Option<(DateTime<Utc>, String)>,
    /// How many interests they have.
    pub interests: usize,
}

impl Store {
    /// Adds a subscriber without asking them, or brings one back who had left: for the operator, who
    /// has their word. False where they were active already; the name is taken over in every case.
    /// Somebody without interests gets one in everything, at once.
    pub async fn add_subscriber(
        &self,
        email: Email,
        name: String,
        now: DateTime<Utc>,
    ) -> Result<bool> {
        let enrolment = Enrolment { email, name: Some(name), zone: None, interests: None };
        let enrolled = self.enrol(vec![enrolment], Formerly::BroughtBack, now).await?;
        Ok(enrolled == [Enrolled::Added])
    }

    /// Adds subscribers without asking them, all or, where the database fails, none: for the operator,
    /// who has their word. Says of each what became of it.
    pub async fn enrol(
        &self,
        enrolments: Vec<Enrolment>,
        formerly: Formerly,
        now: DateTime<Utc>,
    ) -> Result<Vec<Enrolled>> {
        self.write(move |transaction| {
            let each = enrolments.iter();
            each.map(|enrolment| enrol_one(transaction, enrolment, formerly, now)).collect()
        })
        .await
    }

    /// Everybody who ever subscribed and was not erased, in the order they came.
    pub async fn people(&self) -> Result<Vec<Person>> {
        self.read(|connection| {
            let mut statement = connection.prepare_cached(&format!(
                "SELECT {KNOWN}, suspended, coalesce(suspension, ''),
                        (SELECT count(*) FROM interest WHERE subscriber = subscriber.id)
                 FROM subscriber ORDER BY id"
            ))?;
            let mut rows = statement.query([])?;
            let mut people = Vec::new();
            while let Some(row) = rows.next()? {
                let since: Option<String> = row.get(9)?;
                let since = since.as_deref().map(parse_moment).transpose()?;
                people.push(Person {
                    known: known_of(row)?,
                    suspended: since.zip(row.get(10)?),
                    interests: row.get(11)?,
                });
            }
            Ok(people)
        })
        .await
    }

    /// Takes up a wish to subscribe. Whoever is active already keeps everything as it is; for others,
    /// what they asked for before is replaced. Gives where the subscription stands now.
    pub async fn ask_subscription(&self, request: Request, now: DateTime<Utc>) -> Result<Known> {
        self.write(move |transaction| {
            let Request { email, name, zone, interests } = &request;
            let before = find(transaction, "email", email.expose())?;
            if let Some(known) = before.filter(|known| known.standing == Standing::Active) {
                return Ok(known);
            }
            transaction.execute(
                "INSERT INTO subscriber (email, name, zone, added) VALUES (?1, ?2, ?3, ?4)
                 ON CONFLICT (email) DO UPDATE
                 SET name = ?2, zone = ?3, left = NULL, confirmed = NULL, serial = serial + 1",
                params![email.expose(), name, zone.name(), moment(now)],
            )?;
            let id = id_of(transaction, email)?;
            transaction.execute("DELETE FROM interest WHERE subscriber = ?1", [id])?;
            for interest in interests {
                add_interest(transaction, id, interest, now)?;
            }
            find(transaction, "id", id)?.ok_or(Error::Sql(rusqlite::Error::QueryReturnedNoRows))
        })
        .await
    }

    /// The subscriber has answered our letter of the moment `asked`. It arrived, so mail goes to the
    /// address again if it was suspended before that. False where there is nothing to confirm, and
    /// where the address was suspended since.
    pub async fn confirm_subscription(
        &self,
        id: i64,
        asked: DateTime<Utc>,
        now: DateTime<Utc>,
    ) -> Result<bool> {
        self.write(move |transaction| {
            let confirmed = transaction.execute(
                "UPDATE subscriber
                 SET confirmed = coalesce(confirmed, ?3), complained = NULL, suspended = NULL,
                     suspension = NULL,
                     resumed = CASE WHEN suspended IS NULL THEN resumed ELSE ?3 END
                 WHERE id = ?1 AND left IS NULL
                   AND ((confirmed IS NULL AND suspended IS NULL) OR suspended <= ?2)",
                params![id, moment(asked), moment(now)],
            )?;
            Ok(confirmed == 1)
        })
        .await
    }

    /// Ends a subscription: what still waits for them is not sent. False where nobody active has
    /// this address.
    pub async fn remove_subscriber(&self, email: Email, now: DateTime<Utc>) -> Result<bool> {
        self.write(move |transaction| {
            let Some(known) = find(transaction, "email", email.expose())? else { return Ok(false) };
            leave(transaction, known.subscriber.id, now)
        })
        .await
    }

    /// Ends a subscription by its row: see [`Store::remove_subscriber`].
    pub async fn end_subscription(&self, id: i64, now: DateTime<Utc>) -> Result<bool> {
        self.write(move |transaction| leave(transaction, id, now)).await
    }

    /// Forgets somebody: the address, what they asked for and every mail made for them.
    pub async fn erase_subscriber(&self, id: i64) -> Result<bool> {
        self.write(move |transaction| erase(transaction, id)).await
    }

    /// Changes how to address somebody and where the hours of their digests are counted.
    pub async fn change_subscriber(
        &self,
        id: i64,
        name: String,
        zone: chrono_tz::Tz,
    ) -> Result<bool> {
        self.write(move |transaction| {
            let changed = transaction.execute(
                "UPDATE subscriber SET name = ?2, zone = ?3 WHERE id = ?1",
                params![id, name, zone.name()],
            )?;
            Ok(changed == 1)
        })
        .await
    }

    /// Everybody who gets mails, in the order they came; not those whose address is suspended.
    pub async fn subscribers(&self) -> Result<Vec<Subscriber>> {
        self.read(|connection| {
            let mut statement = connection.prepare_cached(&format!(
                "SELECT id, email, name, zone, serial FROM subscriber
                 WHERE {ACTIVE} AND suspended IS NULL ORDER BY id"
            ))?;
            let mut rows = statement.query([])?;
            let mut subscribers = Vec::new();
            while let Some(row) = rows.next()? {
                subscribers.push(subscriber_of(row)?);
            }
            Ok(subscribers)
        })
        .await
    }

    /// Who has this address.
    pub async fn subscriber_at(&self, email: Email) -> Result<Option<Known>> {
        self.read(move |connection| find(connection, "email", email.expose())).await
    }

    /// Who has this row.
    pub async fn subscriber(&self, id: i64) -> Result<Option<Known>> {
        self.read(move |connection| find(connection, "id", id)).await
    }
}

fn enrol_one(
    transaction: &Transaction<'_>,
    enrolment: &Enrolment,
    formerly: Formerly,
    now: DateTime<Utc>,
) -> Result<Enrolled> {
    let Enrolment { email, name, zone, interests } = enrolment;
    let before = find(transaction, "email", email.expose())?.map(|known| known.standing);
    if before == Some(Standing::Left) && formerly == Formerly::LeftAlone {
        return Ok(Enrolled::HasLeft);
    }
    transaction.execute(
        "INSERT INTO subscriber (email, name, zone, added, confirmed)
         VALUES (?1, coalesce(?2, ''), coalesce(?3, 'UTC'), ?4, ?4)
         ON CONFLICT (email) DO UPDATE
         SET name = coalesce(?2, name), zone = coalesce(?3, zone), left = NULL,
             confirmed = coalesce(confirmed, ?4)",
        params![email.expose(), name, zone.map(|zone| zone.name()), moment(now)],
    )?;
    let id = id_of(transaction, email)?;
    match interests {
        None if interests_count(transaction, id)? == 0 => {
            add_interest(transaction, id, &Interest::everything(), now)?;
        }
        None => {}
        Some(interests) => {
            for interest in interests {
                put_interest_named(transaction, id, interest, now)?;
            }
        }
    }
    Ok(if before == Some(Standing::Active) { Enrolled::Known } else { Enrolled::Added })
}

fn leave(transaction: &Transaction<'_>, id: i64, now: DateTime<Utc>) -> Result<bool> {
    let left = transaction.execute(
        "UPDATE subscriber SET left = ?2 WHERE id = ?1 AND left IS NULL",
        params![id, moment(now)],
    )?;
    transaction.execute(
        "UPDATE delivery SET state = 'failed', finished = ?2, next_try = NULL,
             leased_until = NULL, reply = 'the subscriber left before it was sent'
         WHERE state = 'waiting' AND subscriber = ?1 AND cause NOT LIKE 'notice:%'",
        params![id, moment(now)],
    )?;
    Ok(left == 1)
}

/// The subscriber whose `column` (`id` or `email`) has this value.
fn find(
    connection: &rusqlite::Connection,
    column: &'static str,
    value: impl rusqlite::ToSql,
) -> Result<Option<Known>> {
    let mut statement = connection
        .prepare_cached(&format!("SELECT {KNOWN} FROM subscriber WHERE {column} = ?1"))?;
    let mut rows = statement.query([value])?;
    rows.next()?.map(known_of).transpose()
}

/// What [`known_of`] reads.
const KNOWN: &str = "id, email, name, zone, serial, confirmed IS NOT NULL, left IS NOT NULL,
                     suspended IS NOT NULL, complained IS NOT NULL";

/// A row that begins with the columns of [`KNOWN`].
fn known_of(row: &Row<'_>) -> Result<Known> {
    let standing = match (row.get(5)?, row.get(6)?) {
        (_, true) => Standing::Left,
        (true, false) => Standing::Active,
        (false, false) => Standing::Asked,
    };
    let suspended = match (row.get(7)?, row.get(8)?) {
        (false, _) => None,
        (true, false) => Some(Suspended::CameBack),
        (true, true) => Some(Suspended::Complained),
    };
    Ok(Known { subscriber: subscriber_of(row)?, standing, suspended })
}

fn id_of(transaction: &Transaction<'_>, email: &Email) -> Result<i64> {
    let mut statement = transaction.prepare_cached("SELECT id FROM subscriber WHERE email = ?1")?;
    Ok(statement.query_row([email.expose()], |row| row.get(0))?)
}

fn interests_count(transaction: &Transaction<'_>, subscriber: i64) -> Result<i64> {
    let count = "SELECT count(*) FROM interest WHERE subscriber = ?1";
    Ok(transaction.query_row(count, [subscriber], |row| row.get(0)).optional()?.unwrap_or(0))
}

/// A row that begins with id, email, name, zone and serial.
pub(crate) fn subscriber_of(row: &Row<'_>) -> Result<Subscriber> {
    let zone: String = row.get(3)?;
    let corrupt = |_| Error::Corrupt { value: zone.clone(), expected: "a time zone" };
    Ok(Subscriber {
        id: row.get(0)?,
        email: email_of(&row.get::<_, String>(1)?)?,
        name: row.get(2)?,
        zone: zone.parse().map_err(corrupt)?,
        serial: row.get(4)?,
    })
}

/// An address back from the database, where only addresses that parse were written.
pub(crate) fn email_of(text: &str) -> Result<Email> {
    text.parse().map_err(|_| Error::Corrupt {
        value: "a subscriber's address".to_owned(),
        expected: "an e-mail address",
    })
}

/// Deletes a subscriber with all that is theirs, and keeps that it was done.
pub(crate) fn erase(transaction: &Transaction<'_>, id: i64) -> Result<bool> {
    for table in ["interest", "mute", "delivery"] {
        let erase = format!("DELETE FROM {table} WHERE subscriber = ?1");
        transaction.execute(&erase, [id])?;
    }
    transaction.execute(
        "INSERT OR IGNORE INTO erased (subscriber, added)
         SELECT id, added FROM subscriber WHERE id = ?1",
        [id],
    )?;
    Ok(transaction.execute("DELETE FROM subscriber WHERE id = ?1", [id])? == 1)
}
