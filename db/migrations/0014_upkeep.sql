-- What the service knows of itself.

-- Written over and over: shows that writing works, and what time it was when it last did.
CREATE TABLE heartbeat (
    only INTEGER PRIMARY KEY CHECK (only = 1),
    at   TEXT NOT NULL
) STRICT;

-- Visits ever recorded: the rows of `visit` are dropped after a time, their number is not.
CREATE TABLE visit_tally (
    outcome TEXT PRIMARY KEY,
    visits  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO visit_tally (outcome, visits) SELECT outcome, count(*) FROM visit GROUP BY outcome;

-- A source that is no longer watched keeps its row, and is nobody's alarm.
ALTER TABLE source ADD COLUMN watched INTEGER NOT NULL DEFAULT 0;

-- How large the database was, a row for each day it was looked after.
CREATE TABLE size (
    day   TEXT PRIMARY KEY,                     -- UTC
    bytes INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- What is wrong, and what the operator knows of it.
CREATE TABLE trouble (
    subject  TEXT PRIMARY KEY,                  -- 'source:us/bis', 'mail', 'disk'; over and gone: no row
    since    TEXT NOT NULL,
    seen     TEXT NOT NULL,                     -- when it was first noticed
    detail   TEXT NOT NULL,                     -- the latest
    told     TEXT,                              -- when the operator was last told; null: not yet
    cleared  TEXT                               -- when it was first seen to be over; null: it lasts
) STRICT, WITHOUT ROWID;

-- Mails that a database replaced by `restore` had made, by their Message-ID: they are not made again.
CREATE TABLE told_before (
    message_id TEXT PRIMARY KEY
) STRICT, WITHOUT ROWID;

-- A source's articles, the latest first.
CREATE INDEX article_by_source ON article (source);
