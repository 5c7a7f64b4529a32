//! The one transaction that stores an article with everything it causes.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use rusqlite::{OptionalExtension, Transaction, params};
use sha2::{Digest, Sha256};

use crate::model::act::ActEntry;
use crate::model::article::{Reason, Removed};
use crate::model::fetched::Fetched;
use crate::model::judged::{
    Change, Field, Judged, Keys, Neighbour, Original, Placed, Verdict, Version, Wording,
};
use crate::model::source::SourceId;
use crate::model::story::StoryKeys;
use crate::model::subscriber::Message;
use crate::model::visit::Outcome;
use crate::store::acts::write_entries;
use crate::store::articles::block_rows;
use crate::store::facts::{write_facts, write_instruments};
use crate::store::matches::write_matches;
use crate::store::neighbours::{self, Found, write_sample};
use crate::store::outbox::enqueue;
use crate::store::search::index;
use crate::store::site_memory::remember;
use crate::store::stories::{self, Report, StoryRules};
use crate::store::{Error, Result, Store, moment, signed};

/// An article on its way into the store.
#[derive(Debug, Clone)]
pub struct Commit {
    pub source: SourceId,
    /// The row of the link that led here.
    pub link: String,
    /// The registrable domain of the page: whose formulas these are.
    pub domain: String,
    /// The host of the page without `www.`: whose repeats these are.
    pub host: String,
    pub judged: Judged,
    /// The page it was read from: kept as evidence.
    pub fetched: Fetched,
    /// Sent if this turns out to be the first sight of a relevant article.
    pub messages: Vec<Message>,
    /// Whom it lists, where it is an official act.
    pub entries: Vec<ActEntry>,
    /// What its story is found by; none where it is not about sanctions, and so in no story.
    pub story: Option<StoryKeys>,
    /// Whether the source is an office itself, not news.
    pub official: bool,
    /// Sent in place of `messages` to those who were told of the story before, if it is the one this
    /// was looked up as, and the article brings something new.
    pub updates: Vec<Message>,
    /// Sent if this turns out to change materially what a known article says.
    pub corrections: Vec<Message>,
    pub now: DateTime<Utc>,
    /// When to look at this page again; none: never.
    pub next_look: Option<DateTime<Utc>>,
}

/// The pure decisions that a commit needs inside its transaction, where no other article can
/// slip in between the look-up and the write.
#[derive(Debug, Clone, Copy)]
pub struct Rules {
    /// What a stored article is compared by.
    pub keys: fn(String, &Wording<'_>) -> Keys,
    /// Where an article belongs among its neighbours.
    pub place: fn(&Keys, &[Neighbour<'_>]) -> Placed,
    /// How a new version of a text differs from the one before.
    pub change: fn(Version<'_>, Version<'_>) -> Change,
    /// The difference between two texts, block by block, for a person.
    pub difference: fn(&str, &str) -> String,
    /// Which story an article belongs to.
    pub story: StoryRules,
}

/// What a commit did.
#[derive(Debug, Clone, PartialEq)]
pub struct Committed {
    pub placed: Placed,
    /// What changed where it is a known article; none where it is not.
    pub change: Change,
    /// The article's row, new or known.
    pub article: i64,
    /// The story it belongs to.
    pub story: Option<i64>,
    /// Messages put into the outbox.
    pub messages: usize,
}

/// A snapshot compresses in a few milliseconds at this level, to a sixth of its size.
const ZSTD_LEVEL: i32 = 3;

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
        let (placed, change) = self.place(rules)?;
        // Who was told once is not told again, and who came later is not told of old news: an edit
        // causes an alert only where it is the edit that made the article relevant.
        let was_relevant = match placed {
            Placed::Revision { article } => self.is_relevant(article)?,
            _ => false,
        };
        let article = match &placed {
            Placed::New => self.add_article()?,
            Placed::Derived { article, share, original } => {
                let new = self.add_article()?;
                self.add_derived(new, *article, *share, original)?;
                new
            }
            Placed::Same { article } => *article,
            Placed::Revision { article } => {
                self.revise(*article, rules, &change)?;
                *article
            }
            Placed::Copy { article, share, original } => {
                self.add_copy(*article, *share, original)?;
                *article
            }
        };
        // A copy's address stays its own: an edit there is no revision of the original.
        if !matches!(placed, Placed::Copy { .. }) {
            self.know_address(article)?;
        }
        let story = self.join_story(article, &placed, rules.story)?;
        let messages = match placed {
            Placed::New | Placed::Derived { .. } => self.alert(article, story)?.len(),
            Placed::Revision { .. } => {
                let alerted =
                    if was_relevant { HashSet::new() } else { self.alert(article, story)? };
                alerted.len() + self.correct(article, &change, &alerted)?
            }
            Placed::Same { .. } | Placed::Copy { .. } => 0,
        };
        self.finish_link()?;
        Ok(Committed { placed, change, article, story, messages })
    }

    /// Where the article belongs, and where it is a known one, what changed.
    fn place(&self, rules: Rules) -> Result<(Placed, Change)> {
        let Commit { judged, link, domain, now, .. } = self.commit;
        let found =
            neighbours::find(self.transaction, &judged.keys, link, domain, *now, rules.keys)?;
        let near: Vec<Neighbour<'_>> = found.iter().map(Found::as_neighbour).collect();
        match (rules.place)(&judged.keys, &near) {
            Placed::Revision { article } => match self.change(article, rules)? {
                change @ (Change::None | Change::Noise) => Ok((Placed::Same { article }, change)),
                change => Ok((Placed::Revision { article }, change)),
            },
            // A short note says the same as the head of a longer report, which goes on to say more.
            Placed::Copy { article, share, original }
                if judged.verdict.relevant && !self.is_relevant(article)? =>
            {
                Ok((Placed::Derived { article, share, original }, Change::None))
            }
            placed => Ok((placed, Change::None)),
        }
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
                     language, text, blocks, incomplete, wording, first_seen, changed, served,
                     snapshot)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?14, ?15,
                     ?16)",
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
                self.commit.fetched.earlier_time().map(moment),
                snapshot,
            ])?;
        let id = self.transaction.last_insert_rowid();
        self.describe(id)?;
        remember(self.transaction, &self.commit.host, &self.commit.domain, &article.lines, *now)?;
        Ok(id)
    }

    /// What changed between the stored text and the new one.
    ///
    /// What we have learned since to be a repeat of the site is gone from the new text and not from
    /// the old: it is taken from both, or every page would change when the memory grows.
    fn change(&self, article: i64, rules: Rules) -> Result<Change> {
        let (old_title, old_text) = self.version(article)?;
        let judged = &self.commit.judged.article;
        let repeats: HashSet<&str> = judged
            .removed
            .iter()
            .filter(|removed| removed.reason == Reason::SiteRepeat)
            .map(|removed| removed.text.as_str())
            .collect();
        let old: Vec<&str> =
            old_text.split("\n\n").filter(|block| !repeats.contains(block)).collect();
        let (old, new) = (old.join("\n\n"), judged.text());
        let old = Version { title: &old_title, text: &old };
        Ok((rules.change)(old, Version { title: &judged.title, text: &new }))
    }

    /// Title and text of a stored article.
    fn version(&self, article: i64) -> Result<(String, String)> {
        Ok(self
            .transaction
            .prepare_cached("SELECT title, text FROM article WHERE id = ?1")?
            .query_row([article], |row| Ok((row.get(0)?, row.get(1)?)))?)
    }

    /// Moves the stored text to the revisions, with its difference to the new one, and puts the
    /// new one in its place.
    fn revise(&self, id: i64, rules: Rules, change: &Change) -> Result<()> {
        let Commit { judged, now, .. } = self.commit;
        let article = &judged.article;
        let (old_title, old_text) = self.version(id)?;
        let difference = (rules.difference)(
            &format!("{old_title}\n\n{old_text}"),
            &format!("{}\n\n{}", article.title, article.text()),
        );
        self.transaction.execute(
            "INSERT INTO revision (article, number, replaced, title, text, blocks, snapshot,
                                   difference, change, matters)
             SELECT id, (SELECT count(*) + 1 FROM revision WHERE article = ?1), ?2,
                    title, text, blocks, snapshot, ?3, ?4, ?5
             FROM article WHERE id = ?1",
            params![id, moment(*now), difference, change.name(), matters_column(change)],
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

    fn add_derived(&self, id: i64, origin: i64, share: f64, original: &Original) -> Result<()> {
        self.transaction.execute(
            "INSERT INTO derived (article, origin, share, original) VALUES (?1, ?2, ?3, ?4)",
            params![id, origin, share, original.label()],
        )?;
        Ok(())
    }

    fn add_copy(&self, article: i64, share: f64, original: &Original) -> Result<()> {
        let Commit { source, judged, official, now, .. } = self.commit;
        let copy = &judged.article;
        self.transaction.execute(
            "INSERT INTO copy (address, article, url, source, title, published, share, seen,
                               original, official)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
             ON CONFLICT (address) DO UPDATE SET share = ?7, original = ?9",
            params![
                judged.keys.address,
                article,
                copy.url,
                source.0,
                copy.title,
                copy.published.map(|stamp| stamp.to_string()),
                share,
                moment(*now),
                original.label(),
                official,
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
        let Judged { article, keys, verdict, instruments, facts, named } = &self.commit.judged;
        self.write_removed(id, &article.removed)?;
        self.write_verdict(id, verdict)?;
        write_sample(self.transaction, id, &keys.shingles, self.commit.now)?;
        write_instruments(self.transaction, id, instruments)?;
        write_facts(self.transaction, id, facts)?;
        write_matches(self.transaction, id, named)?;
        write_entries(self.transaction, id, &self.commit.entries)?;
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

    /// The article's own address and the link's lead to it from now on.
    fn know_address(&self, article: i64) -> Result<()> {
        let mut insert = self
            .transaction
            .prepare_cached("INSERT OR IGNORE INTO address (address, article) VALUES (?1, ?2)")?;
        insert.execute(params![self.commit.judged.keys.address, article])?;
        insert.execute(params![self.commit.link, article])?;
        self.transaction.execute(
            "UPDATE article SET gone = NULL WHERE id = ?1 AND gone IS NOT NULL",
            [article],
        )?;
        Ok(())
    }

    /// The story of an article; a new or changed one that is about sanctions joins one. A copy and a
    /// text seen before are where their article is.
    fn join_story(&self, article: i64, placed: &Placed, rules: StoryRules) -> Result<Option<i64>> {
        let Commit { story, official, now, .. } = self.commit;
        match (story, placed) {
            (Some(keys), Placed::New | Placed::Derived { .. } | Placed::Revision { .. }) => {
                let report = Report { article, keys, official: *official, now: *now };
                stories::join(self.transaction, &report, rules).map(Some)
            }
            _ => stories::story_of(self.transaction, article),
        }
    }

    /// Puts the alerts into the outbox; gives the subscribers who get one.
    ///
    /// One event, one alert: who was told of the story before hears of this article only if it brings
    /// something new, as an update that follows the first mail.
    fn alert(&self, article: i64, story: Option<i64>) -> Result<HashSet<i64>> {
        let Commit { judged, messages, official, now, .. } = self.commit;
        let mut alerted = HashSet::new();
        if messages.is_empty() {
            return Ok(alerted);
        }
        let Some(story) = story else {
            for message in messages {
                if self.enqueue_about(article, &cause_of(article), message)? {
                    alerted.insert(message.subscriber);
                }
            }
            return Ok(alerted);
        };
        let brings =
            stories::said(self.transaction, story, Some(article))?.brought_by(judged, *official);
        let mut held_back = 0;
        for message in messages {
            // An edit that makes it relevant once more is no news to them.
            if stories::is_told_of(self.transaction, article, message.subscriber)?
                || stories::is_muted(self.transaction, story, message.subscriber)?
            {
                continue;
            }
            let told = stories::first_told(self.transaction, story, message.subscriber)?;
            let (cause, message) = match told {
                None => (format!("story:{story}"), message.clone()),
                Some(_) if brings.is_empty() => {
                    held_back += 1;
                    continue;
                }
                Some(first) => (cause_of(article), self.update(message, first)),
            };
            // A story that was split may have left its first alert to another.
            if self.enqueue_about(article, &cause, &message)?
                || self.enqueue_about(article, &cause_of(article), &message)?
            {
                alerted.insert(message.subscriber);
            }
        }
        if 0 < held_back {
            stories::hold_back(self.transaction, article, story, held_back, *now)?;
        }
        Ok(alerted)
    }

    /// Puts an alert or update into the outbox with the article it is about, so that who was told of it
    /// can be told what becomes of it; whether it is new there.
    fn enqueue_about(&self, article: i64, cause: &str, message: &Message) -> Result<bool> {
        if !enqueue(self.transaction, cause, message, self.commit.now)? {
            return Ok(false);
        }
        self.transaction
            .prepare_cached(
                "UPDATE delivery SET article = ?3 WHERE subscriber = ?1 AND cause = ?2",
            )?
            .execute(params![message.subscriber, cause, article])?;
        Ok(true)
    }

    /// The message that follows the first mail on the story: the update that was made for it, or where
    /// the story turned out to be another, the alert itself.
    fn update(&self, alert: &Message, first: String) -> Message {
        let made = self.commit.updates.iter().find(|update| {
            update.subscriber == alert.subscriber && update.follows.as_ref() == Some(&first)
        });
        made.cloned().unwrap_or_else(|| Message { follows: Some(first), ..alert.clone() })
    }

    /// Tells those who know the earlier text of a material change; an alert just made says it all.
    fn correct(&self, article: i64, change: &Change, alerted: &HashSet<i64>) -> Result<usize> {
        if change.matters().is_empty() {
            return Ok(0);
        }
        let number: i64 = self.transaction.query_row(
            "SELECT count(*) FROM revision WHERE article = ?1",
            [article],
            |row| row.get(0),
        )?;
        let cause = format!("revision:{article}:{number}");
        let mut added = 0;
        for message in &self.commit.corrections {
            if !alerted.contains(&message.subscriber) {
                added += usize::from(enqueue(self.transaction, &cause, message, self.commit.now)?);
            }
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

/// The cause of a mail about one article of a story that was told before, or of no story.
fn cause_of(article: i64) -> String {
    format!("article:{article}")
}

/// The `matters` column: a JSON array of words.
fn matters_column(change: &Change) -> String {
    let words: Vec<&str> = change.matters().iter().map(|matter| matter.name()).collect();
    serde_json::json!(words).to_string()
}
