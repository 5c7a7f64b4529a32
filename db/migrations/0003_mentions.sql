-- Who is named in an article, and the names nobody wants to hear of.

CREATE TABLE mention (
    article     INTEGER NOT NULL REFERENCES article (id),
    position    INTEGER NOT NULL,               -- the title's before the text's, each in order
    field       TEXT NOT NULL,                  -- 'title' or 'text'
    start       INTEGER NOT NULL,               -- byte offsets into the field
    "end"       INTEGER NOT NULL,
    text        TEXT NOT NULL,
    class       TEXT NOT NULL,                  -- 'strong', 'medium', 'weak' or 'possible'
    issuer      TEXT NOT NULL,
    number      TEXT NOT NULL,                  -- the issuer's own of the party
    name        TEXT NOT NULL,                  -- the party's primary name
    alias       TEXT NOT NULL,                  -- what it was recognised by
    confirmed   INTEGER NOT NULL,               -- 1: something besides the name agrees
    explanation TEXT NOT NULL,                  -- JSON array of sentences
    PRIMARY KEY (article, position)
) STRICT, WITHOUT ROWID;
CREATE INDEX mention_by_party ON mention (issuer, number);

CREATE TABLE suppression (
    name   TEXT PRIMARY KEY,                    -- folded words: two spellings of one name are one
    given  TEXT NOT NULL,                       -- as the operator wrote it
    reason TEXT NOT NULL,
    added  TEXT NOT NULL
) STRICT, WITHOUT ROWID;
