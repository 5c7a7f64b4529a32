//! Official lists: when to look at each, every edition with its files, the parties, the changes.

use chrono::{DateTime, Utc};
use rusqlite::{Connection, OptionalExtension, Row, Transaction, params};
use sha2::{Digest, Sha256};

use crate::model::change::{Change, ChangeKind, DatedChange, Edition, FieldChange, Known};
use crate::model::designation::Designation;
use crate::model::fetched::Validators;
use crate::model::subscriber::Message;
use crate::store::designations::{fields_json, fields_of, party_json, party_of};
use crate::store::outbox::enqueue;
use crate::store::{Error, Result, Store, moment, parse_moment};

/// Lists compress to a tenth; a few more milliseconds buy a lot over the years.
const ZSTD_LEVEL: i32 = 12;

/// A file of an edition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EditionFile {
    /// As the list names it.
    pub url: String,
    /// What the server gave to ask "has it changed?".
    pub validators: Validators,
    pub body: Vec<u8>,
}

/// An edition on its way into the store.
#[derive(Debug, Clone)]
pub struct NewEdition {
    pub list: String,
    /// The word of its format.
    pub format: &'static str,
    /// The edition the changes are against; none where this is the first.
    pub after: Option<i64>,
    pub files: Vec<EditionFile>,
    pub parties: Vec<Designation>,
    /// Against the edition before; empty for the first.
    pub changes: Vec<Change>,
    /// What subscribers are told of the changes.
    pub messages: Vec<Message>,
    pub now: DateTime<Utc>,
    pub next_look: DateTime<Utc>,
}

/// What is known of a list's upkeep.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListState {
    pub list: String,
    pub next_look: DateTime<Utc>,
    pub last_look: Option<DateTime<Utc>>,
    /// The last look's refusal, where it did not go well.
    pub refusal: Option<Refusal>,
    /// The edition in force.
    pub edition: Option<Edition>,
    /// Editions kept.
    pub editions: usize,
}

/// An edition that was not taken over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    pub at: DateTime<Utc>,
    pub why: String,
}

impl Store {
    /// Makes lists known, each with the moment of its first look; known ones keep theirs.
    pub async fn register_lists(&self, lists: Vec<(String, DateTime<Utc>)>) -> Result<()> {
        self.write(move |transaction| {
            let mut insert = transaction
                .prepare_cached("INSERT OR IGNORE INTO list (id, next_look) VALUES (?1, ?2)")?;
            for (id, next_look) in lists {
                insert.execute(params![id, moment(next_look)])?;
            }
            Ok(())
        })
        .await
    }

    /// The list that has been due longest among `ids`, or the soonest that will be.
    pub async fn next_list(&self, ids: Vec<String>) -> Result<Option<(String, DateTime<Utc>)>> {
        let ids = serde_json::json!(ids).to_string();
        self.read(move |connection| {
            let next: Option<(String, String)> = connection
                .query_row(
                    "SELECT id, next_look FROM list
                     WHERE id IN (SELECT value FROM json_each(?1))
                     ORDER BY next_look, id LIMIT 1",
                    [ids],
                    |row| Ok((row.get(0)?, row.get(1)?)),
                )
                .optional()?;
            next.map(|(id, at)| Ok((id, parse_moment(&at)?))).transpose()
        })
        .await
    }

    /// A look that found the list as it was.
    pub async fn list_unchanged(
        &self,
        list: String,
        now: DateTime<Utc>,
        next_look: DateTime<Utc>,
    ) -> Result<()> {
        self.write(move |transaction| {
            transaction.execute(
                "UPDATE list SET last_look = ?2, next_look = ?3, refused = NULL, refusal = ''
                 WHERE id = ?1",
                params![list, moment(now), moment(next_look)],
            )?;
            Ok(())
        })
        .await
    }

    /// A look that gave nothing that could be taken over: the edition before stays in force.
    pub async fn list_refused(
        &self,
        list: String,
        now: DateTime<Utc>,
        why: String,
        next_look: DateTime<Utc>,
    ) -> Result<()> {
        self.write(move |transaction| {
            transaction.execute(
                "UPDATE list SET last_look = ?2, next_look = ?3, refused = ?2, refusal = ?4
                 WHERE id = ?1",
                params![list, moment(now), moment(next_look), why],
            )?;
            Ok(())
        })
        .await
    }

    /// The files of the edition of a list that is in force, in their order.
    pub async fn edition_files(&self, list: String) -> Result<Vec<EditionFile>> {
        self.read(move |connection| {
            let mut statement = connection.prepare_cached(
                "SELECT url, etag, last_modified, body
                 FROM edition_file JOIN list_body USING (sha256)
                 WHERE edition = (SELECT max(id) FROM edition WHERE list = ?1)
                 ORDER BY position",
            )?;
            let mut rows = statement.query([list])?;
            let mut files = Vec::new();
            while let Some(row) = rows.next()? {
                let body: Vec<u8> = row.get(3)?;
                files.push(EditionFile {
                    url: row.get(0)?,
                    validators: Validators { etag: row.get(1)?, last_modified: row.get(2)? },
                    body: zstd::decode_all(body.as_slice()).map_err(Error::Snapshot)?,
                });
            }
            Ok(files)
        })
        .await
    }

    /// Takes an edition over: its files, its parties, what changed, who is told, in one
    /// transaction. None where another edition was taken over since `after`: nothing is written.
    pub async fn commit_edition(&self, new: NewEdition) -> Result<Option<Edition>> {
        // Compressed before the transaction: the writer does nothing but write.
        let packed = tokio::task::spawn_blocking(move || pack(new)).await;
        let packed = packed.map_err(|_| Error::Closed)??;
        self.write(move |transaction| write_edition(transaction, &packed)).await
    }

    /// Every party of the lists that is in force.
    pub async fn designations_in_force(&self) -> Result<Vec<Known>> {
        self.read(|connection| known(connection, "WHERE removed_on IS NULL", &[])).await
    }

    /// Every party any edition named, the removed ones with their day.
    pub async fn known_designations(&self) -> Result<Vec<Known>> {
        self.read(|connection| known(connection, "", &[])).await
    }

    /// The parties of one list that are in force.
    pub async fn designations_of(&self, list: String) -> Result<Vec<Known>> {
        self.read(move |connection| {
            known(connection, "WHERE list = ?1 AND removed_on IS NULL", &[&list])
        })
        .await
    }

    /// The parties with that number, of any list, in force or not.
    pub async fn designations_numbered(&self, number: String) -> Result<Vec<Known>> {
        self.read(move |connection| known(connection, "WHERE number = ?1", &[&number])).await
    }

    /// What happened to the parties with that number, the oldest first.
    pub async fn changes_of(&self, number: String) -> Result<Vec<DatedChange>> {
        self.read(move |connection| {
            dated_changes(connection, "WHERE list_change.number = ?1", &[&number])
        })
        .await
    }

    /// What the editions of a list changed since a moment, the oldest first.
    pub async fn changes_since(
        &self,
        list: String,
        since: DateTime<Utc>,
    ) -> Result<Vec<DatedChange>> {
        self.read(move |connection| {
            dated_changes(
                connection,
                "WHERE edition.list = ?1 AND edition.fetched_at >= ?2",
                &[&list, &moment(since)],
            )
        })
        .await
    }

    /// How each known list stands, by id.
    pub async fn list_states(&self) -> Result<Vec<ListState>> {
        self.read(|connection| {
            let mut statement = connection.prepare_cached(
                "SELECT list.id, next_look, last_look, refused, refusal,
                        (SELECT count(*) FROM edition WHERE edition.list = list.id)
                 FROM list ORDER BY list.id",
            )?;
            let mut rows = statement.query([])?;
            let mut states = Vec::new();
            while let Some(row) = rows.next()? {
                states.push(state(connection, row)?);
            }
            Ok(states)
        })
        .await
    }

    /// The edition of a list that is in force.
    pub async fn edition_in_force(&self, list: String) -> Result<Option<Edition>> {
        self.read(move |connection| edition_in_force(connection, &list)).await
    }
}

/// An edition whose files are compressed.
struct Packed {
    new: NewEdition,
    bodies: Vec<Body>,
}

struct Body {
    sha256: Vec<u8>,
    size: usize,
    body: Vec<u8>,
}

fn pack(mut new: NewEdition) -> Result<Packed> {
    let pack = |file: &mut EditionFile| {
        let plain = std::mem::take(&mut file.body);
        let body = zstd::encode_all(plain.as_slice(), ZSTD_LEVEL).map_err(Error::Snapshot)?;
        Ok(Body { sha256: Sha256::digest(&plain).to_vec(), size: plain.len(), body })
    };
    let bodies: Result<Vec<Body>> = new.files.iter_mut().map(pack).collect();
    Ok(Packed { bodies: bodies?, new })
}

fn write_edition(transaction: &Transaction<'_>, packed: &Packed) -> Result<Option<Edition>> {
    let new = &packed.new;
    let before = edition_in_force(transaction, &new.list)?.map(|edition| edition.id);
    if before != new.after {
        return Ok(None);
    }
    let count = |name: &str| new.changes.iter().filter(|it| it.kind.name() == name).count();
    let added = if before.is_none() { new.parties.len() } else { count("added") };
    transaction.execute(
        "INSERT INTO edition (list, fetched_at, format, parties, added, amended, removed)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        params![
            new.list,
            moment(new.now),
            new.format,
            new.parties.len(),
            added,
            count("amended"),
            count("removed")
        ],
    )?;
    let edition = transaction.last_insert_rowid();
    write_files(transaction, edition, packed)?;
    match before {
        None => write_parties(transaction, new, new.parties.iter())?,
        Some(_) => write_changes(transaction, edition, new)?,
    }
    if before.is_some() && new.changes.iter().any(|change| !change.new_names().is_empty()) {
        transaction.execute("INSERT INTO rescreen (edition) VALUES (?1)", [edition])?;
    }
    for message in &new.messages {
        enqueue(transaction, &format!("edition:{edition}"), message, new.now)?;
    }
    transaction.execute(
        "INSERT INTO list (id, next_look, last_look) VALUES (?1, ?3, ?2)
         ON CONFLICT (id) DO UPDATE
         SET last_look = ?2, next_look = ?3, refused = NULL, refusal = ''",
        params![new.list, moment(new.now), moment(new.next_look)],
    )?;
    edition_in_force(transaction, &new.list)
}

fn write_files(transaction: &Transaction<'_>, edition: i64, packed: &Packed) -> Result<()> {
    let mut keep = transaction.prepare_cached(
        "INSERT INTO list_body (sha256, size, body) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING",
    )?;
    let mut insert = transaction.prepare_cached(
        "INSERT INTO edition_file (edition, position, url, etag, last_modified, sha256)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?;
    for (position, (file, body)) in packed.new.files.iter().zip(&packed.bodies).enumerate() {
        keep.execute(params![body.sha256, body.size, body.body])?;
        let Validators { etag, last_modified } = &file.validators;
        insert.execute(params![edition, position, file.url, etag, last_modified, body.sha256])?;
    }
    Ok(())
}

/// Parties as they are now; one that had been removed is in force again.
fn write_parties<'p>(
    transaction: &Transaction<'_>,
    new: &NewEdition,
    parties: impl Iterator<Item = &'p Designation>,
) -> Result<()> {
    let mut insert = transaction.prepare_cached(
        "INSERT INTO designation (list, issuer, number, party, first_seen)
         VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT (list, issuer, number) DO UPDATE SET party = ?4, removed_on = NULL",
    )?;
    for party in parties {
        let json = party_json(party);
        insert.execute(params![new.list, party.issuer.name(), party.id, json, moment(new.now)])?;
    }
    Ok(())
}

fn write_changes(transaction: &Transaction<'_>, edition: i64, new: &NewEdition) -> Result<()> {
    let stays = |change: &&Change| change.kind != ChangeKind::Removed;
    write_parties(transaction, new, new.changes.iter().filter(stays).map(|it| &it.party))?;
    let mut remove = transaction.prepare_cached(
        "UPDATE designation SET removed_on = ?4
         WHERE list = ?1 AND issuer = ?2 AND number = ?3 AND removed_on IS NULL",
    )?;
    let mut insert = transaction.prepare_cached(
        "INSERT INTO list_change (edition, change, issuer, number, party, fields)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?;
    for Change { kind, party } in &new.changes {
        let (issuer, number) = (party.issuer.name(), &party.id);
        let fields: &[FieldChange] = match kind {
            ChangeKind::Amended(fields) => fields,
            ChangeKind::Added => &[],
            ChangeKind::Removed => {
                remove.execute(params![new.list, issuer, number, moment(new.now)])?;
                &[]
            }
        };
        let (party, fields) = (party_json(party), fields_json(fields));
        insert.execute(params![edition, kind.name(), issuer, number, party, fields])?;
    }
    Ok(())
}

pub(crate) fn known(
    connection: &Connection,
    which: &str,
    values: &[&dyn rusqlite::ToSql],
) -> Result<Vec<Known>> {
    let query =
        format!("SELECT list, party, first_seen, removed_on FROM designation {which} ORDER BY id");
    let mut statement = connection.prepare_cached(&query)?;
    let mut rows = statement.query(values)?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let removed_on: Option<String> = row.get(3)?;
        found.push(Known {
            list: row.get(0)?,
            party: party_of(row.get_ref(1)?.as_str().map_err(rusqlite::Error::from)?)?,
            first_seen: parse_moment(&row.get::<_, String>(2)?)?,
            removed_on: removed_on.as_deref().map(parse_moment).transpose()?,
        });
    }
    Ok(found)
}

pub(crate) fn dated_changes(
    connection: &Connection,
    which: &str,
    values: &[&dyn rusqlite::ToSql],
) -> Result<Vec<DatedChange>> {
    let query = format!(
        "SELECT edition.list, fetched_at, change, party, fields
         FROM list_change JOIN edition ON edition.id = list_change.edition
         {which} ORDER BY list_change.id"
    );
    let mut statement = connection.prepare_cached(&query)?;
    let mut rows = statement.query(values)?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let kind = match row.get::<_, String>(2)?.as_str() {
            "added" => ChangeKind::Added,
            "removed" => ChangeKind::Removed,
            _ => ChangeKind::Amended(fields_of(&row.get::<_, String>(4)?)?),
        };
        found.push(DatedChange {
            list: row.get(0)?,
            at: parse_moment(&row.get::<_, String>(1)?)?,
            change: Change { kind, party: party_of(&row.get::<_, String>(3)?)? },
        });
    }
    Ok(found)
}

fn state(connection: &Connection, row: &Row<'_>) -> Result<ListState> {
    let list: String = row.get(0)?;
    let moment_at = |at| -> Result<Option<DateTime<Utc>>> {
        row.get::<_, Option<String>>(at)?.as_deref().map(parse_moment).transpose()
    };
    let why: String = row.get(4)?;
    Ok(ListState {
        next_look: parse_moment(&row.get::<_, String>(1)?)?,
        last_look: moment_at(2)?,
        refusal: moment_at(3)?.map(|at| Refusal { at, why }),
        edition: edition_in_force(connection, &list)?,
        editions: row.get(5)?,
        list,
    })
}

fn edition_in_force(connection: &Connection, list: &str) -> Result<Option<Edition>> {
    let mut statement = connection.prepare_cached(
        "SELECT id, list, fetched_at, parties, added, amended, removed
         FROM edition WHERE list = ?1 ORDER BY id DESC LIMIT 1",
    )?;
    let mut rows = statement.query([list])?;
    let Some(row) = rows.next()? else { return Ok(None) };
    Ok(Some(Edition {
        id: row.get(0)?,
        list: row.get(1)?,
        fetched_at: parse_moment(&row.get::<_, String>(2)?)?,
        parties: row.get(3)?,
        added: row.get(4)?,
        amended: row.get(5)?,
        removed: row.get(6)?,
    }))
}
