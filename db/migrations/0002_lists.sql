-- Official lists: when to look, every edition as it came, the parties and what changed.

CREATE TABLE list (
    id        TEXT PRIMARY KEY,                 -- as the file of lists names it: 'ofac-sdn'
    next_look TEXT NOT NULL,                    -- due from this moment on
    last_look TEXT,
    refused   TEXT,                             -- when an edition was last refused or not had; null: the last look went well
    refusal   TEXT NOT NULL DEFAULT ''          -- why
) STRICT, WITHOUT ROWID;

-- What was known when: one row for each list as downloaded and taken over.
CREATE TABLE edition (
    id         INTEGER PRIMARY KEY,
    list       TEXT NOT NULL,
    fetched_at TEXT NOT NULL,
    format     TEXT NOT NULL,
    parties    INTEGER NOT NULL,
    added      INTEGER NOT NULL,                -- all of them, in the first edition of a list
    amended    INTEGER NOT NULL,
    removed    INTEGER NOT NULL
) STRICT;
CREATE INDEX edition_by_list ON edition (list, id);

-- The files of an edition. A file that stayed the same is stored once.
CREATE TABLE edition_file (
    edition       INTEGER NOT NULL REFERENCES edition (id),
    position      INTEGER NOT NULL,
    url           TEXT NOT NULL,                -- as the list names it
    etag          TEXT,
    last_modified TEXT,
    sha256        BLOB NOT NULL REFERENCES list_body (sha256),
    PRIMARY KEY (edition, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE list_body (
    sha256 BLOB PRIMARY KEY,                    -- of the bytes before compression
    size   INTEGER NOT NULL,                    -- bytes before compression
    body   BLOB NOT NULL                        -- zstd
) STRICT;

-- Every party any edition named, as the last one that had it described it.
CREATE TABLE designation (
    id         INTEGER PRIMARY KEY,
    list       TEXT NOT NULL,
    issuer     TEXT NOT NULL,
    number     TEXT NOT NULL,                   -- the issuer's own
    party      TEXT NOT NULL,                   -- JSON
    first_seen TEXT NOT NULL,                   -- when the first edition with it was fetched
    removed_on TEXT,                            -- when the first edition without it was fetched; null: in force
    UNIQUE (list, issuer, number)
) STRICT;
CREATE INDEX designation_by_number ON designation (number);

-- What an edition changed against the one before it; none for the first of a list.
CREATE TABLE list_change (
    id      INTEGER PRIMARY KEY,
    edition INTEGER NOT NULL REFERENCES edition (id),
    change  TEXT NOT NULL CHECK (change IN ('added', 'amended', 'removed')),
    issuer  TEXT NOT NULL,
    number  TEXT NOT NULL,
    party   TEXT NOT NULL,                      -- JSON: as it was then
    fields  TEXT NOT NULL                       -- JSON array of {field, added, removed}
) STRICT;
CREATE INDEX list_change_by_edition ON list_change (edition);
CREATE INDEX list_change_by_number ON list_change (number);
