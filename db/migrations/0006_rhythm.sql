-- When to look: what was learned of each source, the price of a request, and outages of our own.

-- Rhythms: what visits taught about when a source publishes.
CREATE TABLE rhythm (
    source    TEXT PRIMARY KEY,
    since     TEXT NOT NULL,                    -- its items are known from here …
    until     TEXT NOT NULL,                    -- … to here, the last look learned from
    items     REAL NOT NULL,                    -- counts fade with age, here and below
    hours     TEXT NOT NULL,                    -- JSON array: items by hour of the UTC week, from Monday
    wake      REAL NOT NULL,                    -- items per day drawn by the latest ones, at `until`
    articles  REAL NOT NULL,
    relevant  REAL NOT NULL,
    last_link INTEGER NOT NULL                  -- links up to this row have been learned from
) STRICT, WITHOUT ROWID;

-- Price: what one request must save in waiting to be made; one row.
CREATE TABLE price (
    only  INTEGER PRIMARY KEY CHECK (only = 1),
    log   REAL NOT NULL,                        -- natural logarithm, of weighted item-days
    at    TEXT NOT NULL,                        -- when it was last brought up to date
    since TEXT NOT NULL                         -- when it was first set
) STRICT;

-- Outages: times without a network, one row each, however many sources were due.
CREATE TABLE outage (
    began TEXT PRIMARY KEY,
    ended TEXT                                  -- null: not over yet
) STRICT, WITHOUT ROWID;
