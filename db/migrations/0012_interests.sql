-- Who asked for what, and how often they are told.

ALTER TABLE subscriber ADD COLUMN zone TEXT NOT NULL DEFAULT 'UTC';  -- IANA name: the hours of digests are its
ALTER TABLE subscriber ADD COLUMN confirmed TEXT;                    -- null: asked, but has not answered our mail
ALTER TABLE subscriber ADD COLUMN serial INTEGER NOT NULL DEFAULT 0; -- links signed with an earlier one are void
UPDATE subscriber SET confirmed = added;

CREATE TABLE interest (
    id         INTEGER PRIMARY KEY,
    subscriber INTEGER NOT NULL REFERENCES subscriber (id),
    name       TEXT NOT NULL,
    criteria   TEXT NOT NULL,                   -- 'topics=licences; countries=ru,by'; empty: everything
    cadence    TEXT NOT NULL,                   -- 'at-once', 'hourly', 'daily 07:30', 'weekly Mon 07:30'
    added      TEXT NOT NULL
) STRICT;
CREATE INDEX interest_by_subscriber ON interest (subscriber);
INSERT INTO interest (subscriber, name, criteria, cadence, added)
SELECT id, 'Everything', '', 'at-once', added FROM subscriber;

-- What a subscriber wants to hear no more of.
CREATE TABLE mute (
    subscriber INTEGER NOT NULL REFERENCES subscriber (id),
    kind       TEXT NOT NULL CHECK (kind IN ('story', 'source', 'name')),
    value      TEXT NOT NULL,
    added      TEXT NOT NULL,
    PRIMARY KEY (subscriber, kind, value)
) STRICT, WITHOUT ROWID;

-- Random keys, made once.
CREATE TABLE secret (
    purpose TEXT PRIMARY KEY,                   -- 'links'
    key     BLOB NOT NULL
) STRICT, WITHOUT ROWID;
