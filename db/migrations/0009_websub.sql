-- Hubs that tell us when a feed has news (W3C WebSub): one row for each feed that names one.
CREATE TABLE websub (
    source    TEXT NOT NULL,
    listing   TEXT NOT NULL,               -- the address we read the feed at
    topic     TEXT NOT NULL,               -- what the hub calls the feed
    hub       TEXT NOT NULL,
    token     TEXT NOT NULL UNIQUE,        -- last part of the callback's path
    secret    TEXT NOT NULL,               -- key of the hub's signatures
    asked     TEXT,                        -- when we asked; NULL once the hub came back to verify
    tries     INTEGER NOT NULL DEFAULT 0,  -- requests in a row that were not verified
    next_ask  TEXT NOT NULL,               -- subscribe, or renew, at the first visit from here on
    lease_end TEXT,                        -- the hub sends news until then; NULL before it verified
    notified  TEXT,                        -- the last signed notification
    PRIMARY KEY (source, listing)
) STRICT, WITHOUT ROWID;
