-- Sampled runs by which copies are looked up, in order of time: a look-up touches two periods of 14
-- days, however many articles there are, and what is older is dropped.
CREATE TABLE sample (
    period  INTEGER NOT NULL,                   -- days since 1970 by 14, when the text was seen
    hash    INTEGER NOT NULL,
    article INTEGER NOT NULL REFERENCES article (id),
    PRIMARY KEY (period, hash, article)
) STRICT, WITHOUT ROWID;
INSERT OR IGNORE INTO sample (period, hash, article)
SELECT unixepoch(article.changed) / 1209600, shingle.hash, shingle.article
FROM shingle JOIN article ON article.id = shingle.article
WHERE shingle.hash & 3 = 0;
DROP TABLE shingle;

-- Which of the two is the original: 'stored', 'found', or 'agency:' and its name.
ALTER TABLE copy ADD COLUMN original TEXT NOT NULL DEFAULT 'stored';

-- Articles of their own that have much in common with an earlier one.
CREATE TABLE derived (
    article  INTEGER PRIMARY KEY REFERENCES article (id),
    origin   INTEGER NOT NULL REFERENCES article (id),
    share    REAL NOT NULL,                     -- of the shorter text in common, 0 to 1
    original TEXT NOT NULL                      -- as in copy
) STRICT;
CREATE INDEX derived_by_origin ON derived (origin);

-- What a revision changed: 'edited' or 'material', and in what, as a JSON array of words.
ALTER TABLE revision ADD COLUMN change TEXT NOT NULL DEFAULT 'edited';
ALTER TABLE revision ADD COLUMN matters TEXT NOT NULL DEFAULT '[]';

-- When the page of an article was last found to be gone; null: it is there, as far as we know.
ALTER TABLE article ADD COLUMN gone TEXT;

-- The Message-ID of the mail that this one follows.
ALTER TABLE delivery ADD COLUMN follows TEXT;

-- Who was told of an article.
CREATE INDEX delivery_by_cause ON delivery (cause);

-- What hosts repeat: counts fade as documents come that do not bear the line.
CREATE TABLE site_host (
    host      TEXT PRIMARY KEY,                 -- without www.
    domain    TEXT NOT NULL,                    -- its registrable domain
    documents INTEGER NOT NULL,                 -- read so far
    last_seen TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE host_line (
    host      TEXT NOT NULL REFERENCES site_host (host),
    hash      INTEGER NOT NULL,
    documents INTEGER NOT NULL,                 -- that bore the line, faded up to `at`
    at        INTEGER NOT NULL,                 -- the host's count of documents when last seen
    last_seen TEXT NOT NULL,
    PRIMARY KEY (host, hash)
) STRICT, WITHOUT ROWID;
INSERT INTO site_host (host, domain, documents, last_seen)
SELECT site, site, max(documents), max(last_seen) FROM site_line GROUP BY site;
INSERT INTO host_line (host, hash, documents, at, last_seen)
SELECT site, hash, documents, (SELECT documents FROM site_host WHERE host = site), last_seen
FROM site_line;
DROP TABLE site_line;
CREATE INDEX host_line_by_hash ON host_line (hash);
