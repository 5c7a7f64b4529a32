-- Articles about the same event.
CREATE TABLE story (
    id      INTEGER PRIMARY KEY,
    opened  TEXT NOT NULL,                      -- when its first report came in
    latest  INTEGER NOT NULL,                   -- Unix seconds: moment of the latest report
    reports INTEGER NOT NULL,                   -- copies are not counted
    became  INTEGER REFERENCES story (id)       -- the story it was merged into; null: it is one
) STRICT;
CREATE INDEX story_by_latest ON story (latest) WHERE became IS NULL;

-- The story each article about sanctions belongs to. Copies belong where their article does.
CREATE TABLE story_report (
    article  INTEGER PRIMARY KEY REFERENCES article (id),
    story    INTEGER NOT NULL REFERENCES story (id),
    at       INTEGER NOT NULL,                  -- Unix seconds: when published, or first seen
    official INTEGER NOT NULL,                  -- 1: the source is an office itself
    names    REAL NOT NULL,                     -- length of the part of its keys that are names …
    words    REAL NOT NULL                      -- … and of the part that are words
) STRICT;
CREATE INDEX story_report_by_story ON story_report (story, at);
CREATE INDEX story_report_by_moment ON story_report (at);

-- What recent reports are found by: the words, names, numbers, instruments and parties that say most.
CREATE TABLE story_key (
    period  INTEGER NOT NULL,                   -- days since 1970 by 14, when the report was seen
    hash    INTEGER NOT NULL,
    article INTEGER NOT NULL REFERENCES article (id),
    weight  REAL NOT NULL,                      -- in a report of length 1
    PRIMARY KEY (period, hash, article)
) STRICT, WITHOUT ROWID;
CREATE TABLE story_period (
    period  INTEGER PRIMARY KEY,
    reports INTEGER NOT NULL
) STRICT;

-- Changes of official lists that belong to a story.
CREATE TABLE story_change (
    list_change INTEGER PRIMARY KEY REFERENCES list_change (id),
    story       INTEGER NOT NULL REFERENCES story (id)
) STRICT;
CREATE INDEX story_change_by_story ON story_change (story);

-- What an operator said of two stories. Merging is done at once; it is kept to be told.
CREATE TABLE story_ruling (
    one    INTEGER NOT NULL REFERENCES story (id),
    other  INTEGER NOT NULL REFERENCES story (id),
    ruling TEXT NOT NULL CHECK (ruling IN ('together', 'apart')),
    given  TEXT NOT NULL,
    PRIMARY KEY (one, other),
    CHECK (one < other)
) STRICT, WITHOUT ROWID;
CREATE INDEX story_ruling_by_other ON story_ruling (other);

-- Alerts that were not sent, as the event had been told already.
CREATE TABLE held_back (
    article INTEGER PRIMARY KEY REFERENCES article (id),
    story   INTEGER NOT NULL REFERENCES story (id),
    readers INTEGER NOT NULL,                   -- who would have got one
    reason  TEXT NOT NULL,
    at      TEXT NOT NULL
) STRICT;

-- The article an alert or update is about; null for every other message.
ALTER TABLE delivery ADD COLUMN article INTEGER REFERENCES article (id);
CREATE INDEX delivery_by_article ON delivery (article) WHERE article IS NOT NULL;
UPDATE delivery SET article = CAST(substr(cause, 9) AS INTEGER) WHERE cause LIKE 'article:%';

ALTER TABLE copy ADD COLUMN official INTEGER NOT NULL DEFAULT 0;
