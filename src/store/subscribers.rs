//! Who gets alerts.

use chrono::{DateTime, Utc};
use rusqlite::params;

use crate::model::subscriber::{Email, Subscriber};
use crate::store::{Error, Result, Store, moment};

impl Store {
    /// Adds a subscriber, or brings one back who had left. False where they were active already;
    /// the name is taken over in every case.
    pub async fn add_subscriber(
        &self,
        email: Email,
        name: String,
        now: DateTime<Utc>,
    ) -> Result<bool> {
        self.write(move |transaction| {
            let active: i64 = transaction.query_row(
                "SELECT count(*) FROM subscriber WHERE email = ?1 AND left IS NULL",
                [email.expose()],
                |row| row.get(0),
            )?;
            transaction.execute(
                "INSERT INTO subscriber (email, name, added) VALUES (?1, ?2, ?3)
                 ON CONFLICT (email) DO UPDATE SET name = ?2, left = NULL",
                params![email.expose(), name, moment(now)],
            )?;
            Ok(active == 0)
        })
        .await
    }

    /// Ends a subscription: what still waits for them is not sent. False where nobody active has
    /// this address.
    pub async fn remove_subscriber(&self, email: Email, now: DateTime<Utc>) -> Result<bool> {
        self.write(move |transaction| {
            let left = transaction.execute(
                "UPDATE subscriber SET left = ?2 WHERE email = ?1 AND left IS NULL",
                params![email.expose(), moment(now)],
            )?;
            transaction.execute(
                "UPDATE delivery SET state = 'failed', finished = ?2, next_try = NULL,
                     leased_until = NULL, reply = 'the subscriber left before it was sent'
                 WHERE state = 'waiting'
                   AND subscriber = (SELECT id FROM subscriber WHERE email = ?1)",
                params![email.expose(), moment(now)],
            )?;
            Ok(left == 1)
        })
        .await
    }

    /// Everybody who gets alerts, in the order they came; not those whose address is suspended.
    pub async fn subscribers(&self) -> Result<Vec<Subscriber>> {
        self.read(|connection| {
            let mut statement = connection.prepare_cached(
                "SELECT id, email, name FROM subscriber
                 WHERE left IS NULL AND suspended IS NULL ORDER BY id",
            )?;
            let mut rows = statement.query([])?;
            let mut subscribers = Vec::new();
            while let Some(row) = rows.next()? {
                subscribers.push(Subscriber {
                    id: row.get(0)?,
                    email: email_of(&row.get::<_, String>(1)?)?,
                    name: row.get(2)?,
                });
            }
            Ok(subscribers)
        })
        .await
    }
}

/// An address back from the database, where only addresses that parse were written.
pub(crate) fn email_of(text: &str) -> Result<Email> {
    text.parse().map_err(|_| Error::Corrupt {
        value: "a subscriber's address".to_owned(),
        expected: "an e-mail address",
    })
}
