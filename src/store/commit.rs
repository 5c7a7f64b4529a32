//! The one transaction that stores an article with everything it causes.

use chrono::{DateTime, Utc};
use rusqlite::{OptionalExtension, Transaction, params};
use sha2::{Digest, Sha256};

use crate::model::article::{Reason, Removed};
use crate::model::fetched::Fetched;
use crate::model::judged::{Field, Judged, Keys, Neighbour, Placed, Verdict};
use crate::model::source::SourceId;
use crate::model::subscriber::Message;
use crate::model::visit::Outcome;
use crate::store::articles::block_rows;
use crate::store::matches::write_matches;
use crate::store::outbox::enqueue;
use crate::store::search::index;
use crate::store::site_memory::remember;
use crate::store::{Error, Result, Store, moment, signed};

/// An article on its way into the store.
#[derive(Debug, Clone)]
pub struct Commit {
    pub source: SourceId,
    /// The row of the link that led here.
    pub link: String,
    /// The registrable domain of the page: whose formulas and repeats these are.
    pub domain: String,
    pub judged: Judged,
    /// The page it was read from: kept as evidence.
    pub fetched: Fetched,
    /// Sent if this turns out to be the first sight of a relevant article.
    pub messages: Vec<Message>,
    pub now: DateTime<Utc>,
    /// When to look at this page again; none: never.
    pub next_look: Option<DateTime<Utc>>,
}

/// The pure decisions that a commit needs inside its transaction, where no other article can
/// slip in between the look-up and the write.
#[derive(Debug, Clone, Copy)]
pub struct Rules {
    /// Where an article belongs among its neighbours.
    pub place: fn(&Keys, &[Neighbour]) -> Placed,
    /// Whether two texts differ only in what no reader would call a change.
    pub is_noise: fn(&str, &str) -> bool,
    /// The difference between two texts, block by block, for a person.
    pub difference: fn(&str, &str) -> String,
}

/// What a commit did.
#[derive(Debug, Clone, PartialEq)]
pub struct Committed {
    pub placed: Placed,
    /// The article's row, new or known.
    pub article: i64,
    /// Messages put into the outbox.
    pub messages: usize,
}

/// A snapshot compresses in a few milliseconds at this level, to a sixth of its size.
const ZSTD_LEVEL: i32 = 3;
/// Articles fetched as candidates for a copy.
const NEIGHBOURS: usize = 8;
/// Shingles in common that make a candidate.
const SHARED_SHINGLES: usize = 3;
/// A shingle known to more articles than this says nothing about a copy.
const COMMON_SHINGLE: usize = 40;

impl Store {
    /// Stores an article, its snapshot, verdict, evidence, removed blocks, keys, what the site
    /// repeats, the messages it causes, and the end of its link, in one transaction. A kill at
    /// any moment leaves all of it or nothing.
    pub async fn commit(&self, commit: Commit, rules: Rules) -> Result<Committed> {
        // Compressed before the transaction: the writer does nothing but write.
        let body = zstd::encode_all(commit.fetched.body.as_slice(), ZSTD_LEVEL)
            .map_err(Error::Snapshot)?;
        self.write(move |transaction| {
            Writing { transaction, commit: &commit, body: &body }.run(rules)
        })
        .await
    }
}

/// One commit under way.
struct Writing<'a> {
    transaction: &'a Transaction<'a>,
    commit: &'a Commit,
    body: &'a [u8],
}

impl Writing<'_> {
    fn run(&self, rules: Rules) -> Result<Committed> {
        let neighbours = self.neighbours()?;
        let mut placed = (rules.place)(&self.commit.judged.keys, &neighbours);
        if let Placed::Revision { article } = placed
            && self.is_noise(article, rules)?
        {
            placed = Placed::Same { article };
        }
        if let Placed::Copy { article, .. } = placed
            && self.commit.judged.verdict.relevant
            && !self.is_relevant(article)?
        {
            // A short note says the same as the head of a longer report, which goes on to say more.
            placed = Placed::New;
        }
        // Who was told once is not told again, and who came later is not told of old news: an edit
        // causes an alert only where it is the edit that made the article relevant.
        let was_relevant = match placed {
            Placed::Revision { article } => self.is_relevant(article)?,
            _ => false,
        };
        let article = match placed {
            Placed::New => self.add_article()?,
            Placed::Same { article } => article,
            Placed::Revision { article } => {
                self.revise(article, rules)?;
                article
            }
            Placed::Copy { article, share } => {
                self.add_copy(article, share)?;
                article
            }
        };
        // A copy's address stays its own: an edit there is no revision of the original.
        if !matches!(placed, Placed::Copy { .. }) {
            self.know_address(article)?;
        }
        let messages = match placed {
            Placed::New => self.enqueue(article)?,
            Placed::Revision { .. } if !was_relevant => self.enqueue(article)?,
            Placed::Revision { .. } | Placed::Same { .. } | Placed::Copy { .. } => 0,
        };
        self.finish_link()?;
        Ok(Committed { placed, article, messages })
    }

    /// Stored articles that may be the same: by address, by wording, by shared shingles.
    fn neighbours(&self) -> Result<Vec<Neighbour>> {
        let keys = &self.commit.judged.keys;
        let by_link = self.known_at(&self.commit.link)?;
        let by_canonical = self.known_at(&keys.address)?;
        let mut ids: Vec<i64> = by_link.into_iter().chain(by_canonical).collect();
        ids.dedup();
        let shingles: Vec<i64> = keys.shingles.iter().copied().map(signed).collect();
        let mut others = self.transaction.prepare_cached(
            "WITH shared (article) AS (
                 SELECT shingle.article FROM json_each(?2) AS asked
                 JOIN shingle ON shingle.hash = asked.value
                 WHERE (SELECT count(*) FROM (SELECT 1 FROM shingle AS all_of
                        WHERE all_of.hash = asked.value LIMIT ?5)) < ?5)
             SELECT id FROM article WHERE wording = ?1
             UNION
             SELECT article FROM (SELECT article FROM shared GROUP BY article
                                  HAVING ?3 <= count(*) ORDER BY count(*) DESC LIMIT ?4)",
        )?;
        let found = others.query_map(
            params![
                signed(keys.wording),
                serde_json::json!(shingles).to_string(),
                SHARED_SHINGLES,
                NEIGHBOURS,
                COMMON_SHINGLE,
            ],
            |row| row.get(0),
        )?;
        for id in found {
            let id = id?;
            if !ids.contains(&id) {
                ids.push(id);
            }
        }
        ids.into_iter()
            .map(|id| {
                let mut neighbour = self.neighbour(id)?;
                neighbour.same_address = by_link == Some(id)
                    || by_canonical == Some(id) && keys.shares_words_with(&neighbour);
                Ok(neighbour)
            })
            .collect()
    }

    /// The article that lives at an address.
    fn known_at(&self, address: &str) -> Result<Option<i64>> {
        Ok(self
            .transaction
            .prepare_cached("SELECT article FROM address WHERE address = ?1")?
            .query_row([address], |row| row.get(0))
            .optional()?)
    }

    fn neighbour(&self, id: i64) -> Result<Neighbour> {
        let (wording, same_site): (i64, bool) = self
            .transaction
            .prepare_cached("SELECT wording, domain = ?2 FROM article WHERE id = ?1")?
            .query_row(params![id, self.commit.domain], |row| Ok((row.get(0)?, row.get(1)?)))?;
        let mut statement =
            self.transaction.prepare_cached("SELECT hash FROM shingle WHERE article = ?1")?;
        let mut shingles: Vec<u64> = statement
            .query_map([id], |row| row.get::<_, i64>(0))?
            .map(|hash| hash.map(i64::cast_unsigned))
            .collect::<rusqlite::Result<_>>()?;
        shingles.sort_unstable();
        let wording = wording.cast_unsigned();
        Ok(Neighbour { article: id, same_address: false, same_site, wording, shingles })
    }

    /// Whether a stored article was judged to be about sanctions.
    fn is_relevant(&self, article: i64) -> Result<bool> {
        let mut statement =
            self.transaction.prepare_cached("SELECT relevant FROM verdict WHERE article = ?1")?;
        Ok(statement.query_row([article], |row| row.get(0)).optional()?.unwrap_or(false))
    }

    fn add_article(&self) -> Result<i64> {
        let Commit { source, judged, now, .. } = self.commit;
        let article = &judged.article;
        let snapshot = self.add_snapshot()?;
        self.transaction
            .prepare_cached(
                "INSERT INTO article (url, source, domain, site, title, byline, published, modified,
                     language, text, blocks, incomplete, wording, first_seen, changed, snapshot)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?14, ?15)",
            )?
            .execute(params![
                article.url,
                source.0,
                self.commit.domain,
                article.site,
                article.title,
                serde_json::json!(article.byline).to_string(),
                article.published.map(|stamp| stamp.to_string()),
                article.modified.map(|stamp| stamp.to_string()),
                article.language,
                article.text(),
                block_rows(&article.blocks),
                article.incomplete,
                signed(judged.keys.wording),
                moment(*now),
                snapshot,
            ])?;
        let id = self.transaction.last_insert_rowid();
        self.describe(id)?;
        remember(self.transaction, &self.commit.domain, &article.lines, *now)?;
        Ok(id)
    }

    /// Whether nothing a reader would call a change lies between the stored text and the new one.
    ///
    /// What we have learned since to be a repeat of the site is gone from the new text and not from
    /// the old: it is taken from both, or every page would change when the memory grows.
    fn is_noise(&self, article: i64, rules: Rules) -> Result<bool> {
        let old: String = self
            .transaction
            .prepare_cached("SELECT title || char(10, 10) || text FROM article WHERE id = ?1")?
            .query_row([article], |row| row.get(0))?;
        let judged = &self.commit.judged.article;
        let is_repeat = |block: &&str| {
            judged
                .removed
                .iter()
                .any(|removed| removed.reason == Reason::SiteRepeat && removed.text == **block)
        };
        let old: Vec<&str> = old.split("\n\n").filter(|block| !is_repeat(block)).collect();
        let new = format!("{}\n\n{}", judged.title, judged.text());
        Ok((rules.is_noise)(&old.join("\n\n"), &new))
    }

    /// Moves the stored text to the revisions, with its difference to the new one, and puts the
    /// new one in its place.
    fn revise(&self, id: i64, rules: Rules) -> Result<()> {
        let Commit { judged, now, .. } = self.commit;
        let article = &judged.article;
        let (old_title, old_text): (String, String) = self
            .transaction
            .prepare_cached("SELECT title, text FROM article WHERE id = ?1")?
            .query_row([id], |row| Ok((row.get(0)?, row.get(1)?)))?;
        let difference = (rules.difference)(
            &format!("{old_title}\n\n{old_text}"),
            &format!("{}\n\n{}", article.title, article.text()),
        );
        self.transaction.execute(
            "INSERT INTO revision (article, number, replaced, title, text, blocks, snapshot, difference)
             SELECT id, (SELECT count(*) + 1 FROM revision WHERE article = ?1), ?2,
                    title, text, blocks, snapshot, ?3
             FROM article WHERE id = ?1",
            params![id, moment(*now), difference],
        )?;
        let snapshot = self.add_snapshot()?;
        self.transaction.execute(
            "UPDATE article SET title = ?2, byline = ?3, published = coalesce(?4, published),
                 modified = ?5, language = ?6, text = ?7, blocks = ?8, incomplete = ?9,
                 wording = ?10, changed = ?11, snapshot = ?12
             WHERE id = ?1",
            params![
                id,
                article.title,
                serde_json::json!(article.byline).to_string(),
                article.published.map(|stamp| stamp.to_string()),
                article.modified.map(|stamp| stamp.to_string()),
                article.language,
                article.text(),
                block_rows(&article.blocks),
                article.incomplete,
                signed(judged.keys.wording),
                moment(*now),
                snapshot,
            ],
        )?;
        self.describe(id)
    }

    fn add_copy(&self, article: i64, share: f64) -> Result<()> {
        let Commit { source, judged, now, .. } = self.commit;
        let copy = &judged.article;
        self.transaction.execute(
            "INSERT INTO copy (address, article, url, source, title, published, share, seen)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
             ON CONFLICT (address) DO UPDATE SET share = ?7",
            params![
                judged.keys.address,
                article,
                copy.url,
                source.0,
                copy.title,
                copy.published.map(|stamp| stamp.to_string()),
                share,
                moment(*now),
            ],
        )?;
        Ok(())
    }

    fn add_snapshot(&self) -> Result<i64> {
        let fetched = &self.commit.fetched;
        self.transaction
            .prepare_cached(
                "INSERT INTO snapshot (url, requested, redirects, fetched, status, content_type,
                                       sha256, size, body)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
            )?
            .execute(params![
                fetched.url,
                fetched.requested,
                serde_json::json!(fetched.redirects).to_string(),
                moment(fetched.at),
                fetched.status,
                fetched.content_type,
                Sha256::digest(&fetched.body).as_slice(),
                fetched.body.len(),
                self.body,
            ])?;
        Ok(self.transaction.last_insert_rowid())
    }

    /// Everything that hangs on an article's present text, in place of what hung there before.
    fn describe(&self, id: i64) -> Result<()> {
        let Judged { article, keys, verdict, named } = &self.commit.judged;
        self.write_removed(id, &article.removed)?;
        self.write_verdict(id, verdict)?;
        self.write_shingles(id, &keys.shingles)?;
        write_matches(self.transaction, id, named)?;
        index(self.transaction, id, &article.title, &article.text())
    }

    fn write_removed(&self, id: i64, removed: &[Removed]) -> Result<()> {
        self.transaction.execute("DELETE FROM removed WHERE article = ?1", [id])?;
        let mut insert = self.transaction.prepare_cached(
            "INSERT INTO removed (article, position, text, reason) VALUES (?1, ?2, ?3, ?4)",
        )?;
        for (position, block) in removed.iter().enumerate() {
            insert.execute(params![id, position, block.text, block.reason.name()])?;
        }
        Ok(())
    }

    fn write_verdict(&self, id: i64, verdict: &Verdict) -> Result<()> {
        self.transaction.execute(
            "INSERT INTO verdict (article, relevant, score, judged) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (article) DO UPDATE SET relevant = ?2, score = ?3, judged = ?4",
            params![id, verdict.relevant, verdict.score, moment(self.commit.now)],
        )?;
        self.transaction.execute("DELETE FROM evidence WHERE article = ?1", [id])?;
        let mut insert = self.transaction.prepare_cached(
            "INSERT INTO evidence (article, position, field, start, \"end\", text, rule, weight)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        )?;
        for (position, evidence) in verdict.evidence.iter().enumerate() {
            let field = match evidence.field {
                Field::Title => "title",
                Field::Text => "text",
            };
            insert.execute(params![
                id,
                position,
                field,
                evidence.start,
                evidence.end,
                evidence.text,
                evidence.rule,
                evidence.weight,
            ])?;
        }
        Ok(())
    }

    fn write_shingles(&self, id: i64, shingles: &[u64]) -> Result<()> {
        self.transaction.execute("DELETE FROM shingle WHERE article = ?1", [id])?;
        let mut insert = self
            .transaction
            .prepare_cached("INSERT OR IGNORE INTO shingle (hash, article) VALUES (?1, ?2)")?;
        for hash in shingles {
            insert.execute(params![signed(*hash), id])?;
        }
        Ok(())
    }

    /// The article's own address and the link's lead to it from now on.
    fn know_address(&self, article: i64) -> Result<()> {
        let mut insert = self
            .transaction
            .prepare_cached("INSERT OR IGNORE INTO address (address, article) VALUES (?1, ?2)")?;
        insert.execute(params![self.commit.judged.keys.address, article])?;
        insert.execute(params![self.commit.link, article])?;
        Ok(())
    }

    fn enqueue(&self, article: i64) -> Result<usize> {
        let cause = format!("article:{article}");
        let mut added = 0;
        for message in &self.commit.messages {
            added += usize::from(enqueue(self.transaction, &cause, message, self.commit.now)?);
        }
        Ok(added)
    }

    fn finish_link(&self) -> Result<()> {
        let Commit { link, fetched, next_look, .. } = self.commit;
        self.transaction.execute(
            "UPDATE link SET outcome = ?2, detail = '', attempts = 0, next_try = ?3,
                 etag = ?4, last_modified = ?5
             WHERE address = ?1",
            params![
                link,
                Outcome::Ok.name(),
                next_look.map(moment),
                fetched.validators.etag,
                fetched.validators.last_modified,
            ],
        )?;
        Ok(())
    }
}
