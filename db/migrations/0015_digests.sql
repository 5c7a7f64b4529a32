-- What digests tell, in the order in which it was committed. One writer commits, so a digest that has
-- told everything up to a row has missed nothing and will repeat nothing, whatever the clock did.
-- Triggers write it: no way into the tables below can forget it.
CREATE TABLE news (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    kind    TEXT NOT NULL CHECK (kind IN ('article', 'changed', 'gone', 'list')),
    subject INTEGER NOT NULL,                   -- the article's row, or the edition's
    detail  INTEGER NOT NULL DEFAULT 0          -- of 'changed': the number of the revision
) STRICT;
-- An article counts from when it is about sanctions, be it by a later text.
CREATE TRIGGER news_of_article AFTER INSERT ON verdict WHEN new.relevant = 1
BEGIN INSERT INTO news (kind, subject) VALUES ('article', new.article); END;
CREATE TRIGGER news_of_verdict AFTER UPDATE OF relevant ON verdict
WHEN new.relevant = 1 AND old.relevant = 0
BEGIN INSERT INTO news (kind, subject) VALUES ('article', new.article); END;
CREATE TRIGGER news_of_change AFTER INSERT ON revision WHEN new.change = 'material'
BEGIN INSERT INTO news (kind, subject, detail) VALUES ('changed', new.article, new.number); END;
CREATE TRIGGER news_of_end AFTER UPDATE OF gone ON article
WHEN new.gone IS NOT NULL AND old.gone IS NULL
BEGIN INSERT INTO news (kind, subject) VALUES ('gone', new.id); END;
-- The first edition of a list says nothing of what changed.
CREATE TRIGGER news_of_edition AFTER INSERT ON edition
WHEN 0 < new.added + new.amended + new.removed
 AND EXISTS (SELECT 1 FROM edition WHERE list = new.list AND id < new.id)
BEGIN INSERT INTO news (kind, subject) VALUES ('list', new.id); END;

-- How far an interest has been told.
CREATE TABLE digest_mark (
    interest  INTEGER PRIMARY KEY REFERENCES interest (id) ON DELETE CASCADE,
    news      INTEGER NOT NULL,                 -- up to this row
    due       TEXT NOT NULL,                    -- the last moment at which one was due and composed
    empty_too INTEGER NOT NULL DEFAULT 0        -- 1: a mail even where there is nothing to tell
) STRICT;
INSERT INTO digest_mark (interest, news, due) SELECT id, 0, added FROM interest;
CREATE TRIGGER mark_of_interest AFTER INSERT ON interest
BEGIN
    INSERT INTO digest_mark (interest, news, due)
    VALUES (new.id, (SELECT coalesce(max(id), 0) FROM news), new.added);
END;
-- What was told at once until now, and what was missed while away, is no news of a digest.
CREATE TRIGGER mark_of_cadence AFTER UPDATE OF cadence ON interest
WHEN old.cadence = 'at-once' AND new.cadence <> 'at-once'
BEGIN
    UPDATE digest_mark SET news = (SELECT coalesce(max(id), 0) FROM news) WHERE interest = new.id;
END;
CREATE TRIGGER mark_of_return AFTER UPDATE OF left ON subscriber
WHEN old.left IS NOT NULL AND new.left IS NULL
BEGIN
    UPDATE digest_mark SET news = (SELECT coalesce(max(id), 0) FROM news)
    WHERE interest IN (SELECT id FROM interest WHERE subscriber = new.id);
END;

-- A digest that was composed.
CREATE TABLE digest (
    id         INTEGER PRIMARY KEY,
    subscriber INTEGER NOT NULL REFERENCES subscriber (id) ON DELETE CASCADE,
    due        TEXT NOT NULL,
    interest   INTEGER NOT NULL,                -- the first of those it was for
    upto       INTEGER NOT NULL,                -- the last row of news it looked at
    composed   TEXT NOT NULL,
    UNIQUE (subscriber, due, interest)
) STRICT;
-- What it told.
CREATE TABLE digest_item (
    digest   INTEGER NOT NULL REFERENCES digest (id) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    news     INTEGER NOT NULL,
    kind     TEXT NOT NULL,                     -- as in news
    subject  INTEGER NOT NULL,
    PRIMARY KEY (digest, position)
) STRICT, WITHOUT ROWID;
CREATE INDEX digest_item_by_subject ON digest_item (subject, kind);
