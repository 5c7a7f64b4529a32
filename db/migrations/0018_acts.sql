-- Whom official acts list, and when a list of the issuer named them.
CREATE TABLE act_party (
    article     INTEGER NOT NULL REFERENCES article (id),
    name        TEXT NOT NULL,                  -- as the act prints it; empty: its names cannot be read
    issuer      TEXT NOT NULL,
    number      TEXT NOT NULL,                  -- the act's own: '2026/123'; empty: it has none
    published   TEXT NOT NULL,                  -- day of the act
    identifiers TEXT NOT NULL,                  -- JSON array of [kind, value]
    list        TEXT,                           -- that names it; null: none does yet
    days        INTEGER,                        -- from the act to that list, at least 1; null: not known, or none
    PRIMARY KEY (article, name)
) STRICT, WITHOUT ROWID;
CREATE INDEX act_party_waits ON act_party (published) WHERE list IS NULL;
