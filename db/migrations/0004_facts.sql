CREATE TABLE instrument (
    article  INTEGER NOT NULL REFERENCES article (id),
    position INTEGER NOT NULL,                  -- the title's before the text's, each in order
    field    TEXT NOT NULL,                     -- 'title' or 'text'
    start    INTEGER NOT NULL,                  -- byte offsets into the field
    "end"    INTEGER NOT NULL,
    kind     TEXT NOT NULL,                     -- 'executive-order'
    id       TEXT NOT NULL,                     -- the one form: 'E.O. 14024'
    text     TEXT NOT NULL,                     -- as the article writes it
    link     TEXT,                              -- to the document itself
    PRIMARY KEY (article, position)
) STRICT, WITHOUT ROWID;
CREATE INDEX instrument_by_id ON instrument (id);

CREATE TABLE fact (
    article  INTEGER NOT NULL REFERENCES article (id),
    position INTEGER NOT NULL,
    kind     TEXT NOT NULL,                     -- 'authority', 'action', 'measure', 'programme', 'country', 'count', 'money', 'date'
    value    TEXT NOT NULL,                     -- 'us-ofac', 'designate', '35', 'USD 11800000', '2025-03-12'
    detail   TEXT NOT NULL,                     -- what a count, sum or date is ('persons', 'penalty', 'effective'); a programme's topic
    bound    TEXT NOT NULL,                     -- of a count: 'exactly', 'at-least', 'about'; else empty
    field    TEXT NOT NULL,                     -- 'title' or 'text'
    start    INTEGER NOT NULL,                  -- byte offsets into the field
    "end"    INTEGER NOT NULL,
    sentence TEXT NOT NULL,                     -- that shows it
    PRIMARY KEY (article, position)
) STRICT, WITHOUT ROWID;
CREATE INDEX fact_by_value ON fact (kind, value);

CREATE TABLE feedback (
    article  INTEGER PRIMARY KEY REFERENCES article (id),
    relevant INTEGER NOT NULL,                  -- what a reader says, whatever the verdict says
    given    TEXT NOT NULL
) STRICT;
