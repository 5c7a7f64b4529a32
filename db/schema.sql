CREATE TABLE source (
    id           TEXT PRIMARY KEY,              -- path below selectors/: 'us/ofac-recent-actions'
    next_look    TEXT NOT NULL,                 -- due from this moment on
    leased_until TEXT,                          -- a visit is under way until then
    failures     INTEGER NOT NULL DEFAULT 0,    -- unhealthy visits in a row
    last_success TEXT
, watched INTEGER NOT NULL DEFAULT 0) STRICT, WITHOUT ROWID;
CREATE TABLE listing (
    source        TEXT NOT NULL,
    url           TEXT NOT NULL,
    etag          TEXT,
    last_modified TEXT, names TEXT NOT NULL DEFAULT '[]', next_page TEXT,
    PRIMARY KEY (source, url)
) STRICT, WITHOUT ROWID;
CREATE TABLE visit (
    id        INTEGER PRIMARY KEY,
    source    TEXT NOT NULL,
    started   TEXT NOT NULL,
    ended     TEXT NOT NULL,
    outcome   TEXT NOT NULL,
    detail    TEXT NOT NULL,
    links     INTEGER NOT NULL,
    fresh     INTEGER NOT NULL,
    articles  INTEGER NOT NULL,
    revisions INTEGER NOT NULL,
    copies    INTEGER NOT NULL,
    relevant  INTEGER NOT NULL,
    messages  INTEGER NOT NULL,
    failures  INTEGER NOT NULL,
    removed   INTEGER NOT NULL
) STRICT;
CREATE INDEX visit_by_source ON visit (source, started);
CREATE TABLE link (
    id            INTEGER PRIMARY KEY,          -- in the order of announcement
    address       TEXT NOT NULL UNIQUE,         -- the one form of the address
    url           TEXT NOT NULL,                -- as announced
    source        TEXT NOT NULL,
    title         TEXT NOT NULL,
    published     TEXT,                         -- as announced: RFC 3339 or a day
    first_seen    TEXT NOT NULL,
    next_try      TEXT,                         -- due from this moment on; null: never again
    attempts      INTEGER NOT NULL DEFAULT 0,   -- failures in a row
    outcome       TEXT,                         -- of the last attempt; null: not yet tried
    detail        TEXT NOT NULL DEFAULT '',
    etag          TEXT,
    last_modified TEXT
) STRICT;
CREATE INDEX link_due ON link (source, next_try) WHERE next_try IS NOT NULL;
CREATE TABLE snapshot (
    id           INTEGER PRIMARY KEY,
    url          TEXT NOT NULL,                 -- the address that answered
    requested    TEXT NOT NULL,
    redirects    TEXT NOT NULL,                 -- JSON array of addresses
    fetched      TEXT NOT NULL,
    status       INTEGER NOT NULL,
    content_type TEXT,
    sha256       BLOB NOT NULL,                 -- of the body before compression
    size         INTEGER NOT NULL,              -- bytes before compression
    body         BLOB NOT NULL                  -- zstd
) STRICT;
CREATE TABLE article (
    id         INTEGER PRIMARY KEY,
    url        TEXT NOT NULL,                   -- canonical
    source     TEXT NOT NULL,
    domain     TEXT NOT NULL,                   -- registrable domain of the page
    site       TEXT,                            -- what the site calls itself
    title      TEXT NOT NULL,
    byline     TEXT NOT NULL,                   -- JSON array of names
    published  TEXT,                            -- RFC 3339 with the page's offset, or a day
    modified   TEXT,
    language   TEXT,                            -- ISO 639-1
    text       TEXT NOT NULL,                   -- the blocks joined by blank lines
    blocks     TEXT NOT NULL,                   -- JSON array of {kind, level?, depth?, bytes}
    incomplete INTEGER NOT NULL,                -- 1: a paywall stub
    wording    INTEGER NOT NULL,                -- hash of the folded words
    first_seen TEXT NOT NULL,
    changed    TEXT NOT NULL,                   -- when this text was first seen
    snapshot   INTEGER NOT NULL REFERENCES snapshot (id)
, gone TEXT, served TEXT) STRICT;
CREATE INDEX article_by_first_seen ON article (first_seen);
CREATE INDEX article_by_wording ON article (wording);
CREATE TABLE address (
    address TEXT PRIMARY KEY,
    article INTEGER NOT NULL REFERENCES article (id)
) STRICT, WITHOUT ROWID;
CREATE TABLE copy (
    address   TEXT PRIMARY KEY,
    article   INTEGER NOT NULL REFERENCES article (id),
    url       TEXT NOT NULL,
    source    TEXT NOT NULL,
    title     TEXT NOT NULL,
    published TEXT,
    share     REAL NOT NULL,                    -- of the shorter text in common, 0 to 1
    seen      TEXT NOT NULL
, original TEXT NOT NULL DEFAULT 'stored', official INTEGER NOT NULL DEFAULT 0) STRICT, WITHOUT ROWID;
CREATE INDEX copy_by_article ON copy (article);
CREATE TABLE revision (
    article    INTEGER NOT NULL REFERENCES article (id),
    number     INTEGER NOT NULL,                -- 1 is the first text replaced
    replaced   TEXT NOT NULL,
    title      TEXT NOT NULL,
    text       TEXT NOT NULL,
    blocks     TEXT NOT NULL,
    snapshot   INTEGER NOT NULL REFERENCES snapshot (id),
    difference TEXT NOT NULL, change TEXT NOT NULL DEFAULT 'edited', matters TEXT NOT NULL DEFAULT '[]',                   -- blocks gone ('- ') and come ('+ '), from this text to the next
    PRIMARY KEY (article, number)
) STRICT, WITHOUT ROWID;
CREATE TABLE removed (
    article  INTEGER NOT NULL REFERENCES article (id),
    position INTEGER NOT NULL,
    text     TEXT NOT NULL,
    reason   TEXT NOT NULL,
    PRIMARY KEY (article, position)
) STRICT, WITHOUT ROWID;
CREATE TABLE verdict (
    article  INTEGER PRIMARY KEY REFERENCES article (id),
    relevant INTEGER NOT NULL,
    score    REAL NOT NULL,                     -- 0 to 1
    judged   TEXT NOT NULL
) STRICT;
CREATE INDEX verdict_relevant ON verdict (article) WHERE relevant = 1;
CREATE TABLE evidence (
    article  INTEGER NOT NULL REFERENCES article (id),
    position INTEGER NOT NULL,                  -- strongest first
    field    TEXT NOT NULL,                     -- 'title' or 'text'
    start    INTEGER NOT NULL,                  -- byte offsets into the field
    "end"    INTEGER NOT NULL,
    text     TEXT NOT NULL,
    rule     TEXT NOT NULL,
    weight   REAL NOT NULL,
    PRIMARY KEY (article, position)
) STRICT, WITHOUT ROWID;
CREATE TABLE subscriber (
    id    INTEGER PRIMARY KEY,
    email TEXT NOT NULL UNIQUE,
    name  TEXT NOT NULL,
    added TEXT NOT NULL,
    left  TEXT                                  -- when they were removed; null: active
, zone TEXT NOT NULL DEFAULT 'UTC', confirmed TEXT, serial INTEGER NOT NULL DEFAULT 0, suspended TEXT, suspension TEXT, resumed TEXT, complained TEXT) STRICT;
CREATE TABLE delivery (
    id           INTEGER PRIMARY KEY,
    subscriber   INTEGER NOT NULL REFERENCES subscriber (id),
    cause        TEXT NOT NULL,                 -- 'article:42'
    message_id   TEXT NOT NULL,
    subject      TEXT NOT NULL,
    text         TEXT NOT NULL,
    html         TEXT NOT NULL,
    state        TEXT NOT NULL CHECK (state IN ('waiting', 'sent', 'failed')),
    created      TEXT NOT NULL,
    attempts     INTEGER NOT NULL DEFAULT 0,
    next_try     TEXT,                          -- null once sent or failed
    leased_until TEXT,
    finished     TEXT,
    reply        TEXT NOT NULL DEFAULT '', follows TEXT, article INTEGER REFERENCES article (id), leave_url TEXT, domain TEXT NOT NULL DEFAULT '', token TEXT NOT NULL DEFAULT '',      -- the server's last words
    UNIQUE (subscriber, cause)
) STRICT;
CREATE VIRTUAL TABLE article_search USING fts5 (
    title, text,
    content = '', contentless_delete = 1,
    tokenize = 'unicode61 remove_diacritics 2'
);
CREATE TABLE list (
    id        TEXT PRIMARY KEY,                 -- as the file of lists names it: 'ofac-sdn'
    next_look TEXT NOT NULL,                    -- due from this moment on
    last_look TEXT,
    refused   TEXT,                             -- when an edition was last refused or not had; null: the last look went well
    refusal   TEXT NOT NULL DEFAULT ''          -- why
) STRICT, WITHOUT ROWID;
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
    sentence TEXT NOT NULL, country TEXT,                     -- that shows it
    PRIMARY KEY (article, position)
) STRICT, WITHOUT ROWID;
CREATE INDEX fact_by_value ON fact (kind, value);
CREATE TABLE feedback (
    article  INTEGER PRIMARY KEY REFERENCES article (id),
    relevant INTEGER NOT NULL,                  -- what a reader says, whatever the verdict says
    given    TEXT NOT NULL
) STRICT;
CREATE TABLE sample (
    period  INTEGER NOT NULL,                   -- days since 1970 by 14, when the text was seen
    hash    INTEGER NOT NULL,
    article INTEGER NOT NULL REFERENCES article (id),
    PRIMARY KEY (period, hash, article)
) STRICT, WITHOUT ROWID;
CREATE TABLE derived (
    article  INTEGER PRIMARY KEY REFERENCES article (id),
    origin   INTEGER NOT NULL REFERENCES article (id),
    share    REAL NOT NULL,                     -- of the shorter text in common, 0 to 1
    original TEXT NOT NULL                      -- as in copy
) STRICT;
CREATE INDEX derived_by_origin ON derived (origin);
CREATE INDEX delivery_by_cause ON delivery (cause);
CREATE TABLE site_host (
    host      TEXT PRIMARY KEY,                 -- without www.
    domain    TEXT NOT NULL,                    -- its registrable domain
    documents INTEGER NOT NULL,                 -- read so far
    last_seen TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE host_line (
    host      TEXT NOT NULL REFERENCES site_host (host),
    hash      INTEGER NOT NULL,
    documents INTEGER NOT NULL,                 -- that bore the line, faded up to `at`
    at        INTEGER NOT NULL,                 -- the host's count of documents when last seen
    last_seen TEXT NOT NULL,
    PRIMARY KEY (host, hash)
) STRICT, WITHOUT ROWID;
CREATE INDEX host_line_by_hash ON host_line (hash);
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
CREATE TABLE price (
    only  INTEGER PRIMARY KEY CHECK (only = 1),
    log   REAL NOT NULL,                        -- natural logarithm, of weighted item-days
    at    TEXT NOT NULL,                        -- when it was last brought up to date
    since TEXT NOT NULL                         -- when it was first set
) STRICT;
CREATE TABLE outage (
    began TEXT PRIMARY KEY,
    ended TEXT                                  -- null: not over yet
) STRICT, WITHOUT ROWID;
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
CREATE TABLE rescreen (
    edition INTEGER PRIMARY KEY REFERENCES edition (id),
    after   INTEGER NOT NULL DEFAULT 0,         -- articles up to this row are done
    ended   TEXT                                -- null: not all are done
) STRICT;
CREATE TABLE earlier_mention (
    edition INTEGER NOT NULL REFERENCES edition (id),
    article INTEGER NOT NULL REFERENCES article (id),
    issuer  TEXT NOT NULL,
    number  TEXT NOT NULL,                      -- the issuer's own of the party
    name    TEXT NOT NULL,                      -- the party's primary name
    alias   TEXT NOT NULL,                      -- what it was recognised by
    days    INTEGER NOT NULL,                   -- from the article to the edition, at least 1
    sure    INTEGER NOT NULL,                   -- 1: worth telling a reader
    journal INTEGER NOT NULL,                   -- 1: the article is an EU act in the Official Journal
    PRIMARY KEY (edition, article, issuer, number)
) STRICT, WITHOUT ROWID;
CREATE INDEX earlier_mention_by_party ON earlier_mention (number);
CREATE TABLE story (
    id      INTEGER PRIMARY KEY,
    opened  TEXT NOT NULL,                      -- when its first report came in
    latest  INTEGER NOT NULL,                   -- Unix seconds: moment of the latest report
    reports INTEGER NOT NULL,                   -- copies are not counted
    became  INTEGER REFERENCES story (id)       -- the story it was merged into; null: it is one
) STRICT;
CREATE INDEX story_by_latest ON story (latest) WHERE became IS NULL;
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
CREATE TABLE story_change (
    list_change INTEGER PRIMARY KEY REFERENCES list_change (id),
    story       INTEGER NOT NULL REFERENCES story (id)
) STRICT;
CREATE INDEX story_change_by_story ON story_change (story);
CREATE TABLE story_ruling (
    one    INTEGER NOT NULL REFERENCES story (id),
    other  INTEGER NOT NULL REFERENCES story (id),
    ruling TEXT NOT NULL CHECK (ruling IN ('together', 'apart')),
    given  TEXT NOT NULL,
    PRIMARY KEY (one, other),
    CHECK (one < other)
) STRICT, WITHOUT ROWID;
CREATE INDEX story_ruling_by_other ON story_ruling (other);
CREATE TABLE held_back (
    article INTEGER PRIMARY KEY REFERENCES article (id),
    story   INTEGER NOT NULL REFERENCES story (id),
    readers INTEGER NOT NULL,                   -- who would have got one
    reason  TEXT NOT NULL,
    at      TEXT NOT NULL
) STRICT;
CREATE INDEX delivery_by_article ON delivery (article) WHERE article IS NOT NULL;
CREATE TABLE interest (
    id         INTEGER PRIMARY KEY,
    subscriber INTEGER NOT NULL REFERENCES subscriber (id),
    name       TEXT NOT NULL,
    criteria   TEXT NOT NULL,                   -- 'topics=licences; countries=ru,by'; empty: everything
    cadence    TEXT NOT NULL,                   -- 'at-once', 'hourly', 'daily 07:30', 'weekly Mon 07:30'
    added      TEXT NOT NULL
) STRICT;
CREATE INDEX interest_by_subscriber ON interest (subscriber);
CREATE TABLE mute (
    subscriber INTEGER NOT NULL REFERENCES subscriber (id),
    kind       TEXT NOT NULL CHECK (kind IN ('story', 'source', 'name')),
    value      TEXT NOT NULL,
    added      TEXT NOT NULL,
    PRIMARY KEY (subscriber, kind, value)
) STRICT, WITHOUT ROWID;
CREATE TABLE secret (
    purpose TEXT PRIMARY KEY,                   -- 'links'
    key     BLOB NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX delivery_by_token ON delivery (token) WHERE token <> '';
CREATE INDEX delivery_by_message_id ON delivery (message_id);
CREATE INDEX delivery_due ON delivery (domain, next_try) WHERE state = 'waiting';
CREATE TABLE bounce (
    delivery INTEGER NOT NULL REFERENCES delivery (id) ON DELETE CASCADE,
    fault    TEXT NOT NULL CHECK (fault IN ('address', 'mailbox', 'policy', 'complaint')),
    at       TEXT NOT NULL,
    said     TEXT NOT NULL,                                   -- the server's words, masked
    PRIMARY KEY (delivery, fault)
) STRICT, WITHOUT ROWID;
CREATE TABLE heartbeat (
    only INTEGER PRIMARY KEY CHECK (only = 1),
    at   TEXT NOT NULL
) STRICT;
CREATE TABLE visit_tally (
    outcome TEXT PRIMARY KEY,
    visits  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE size (
    day   TEXT PRIMARY KEY,                     -- UTC
    bytes INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE trouble (
    subject  TEXT PRIMARY KEY,                  -- 'source:us/bis', 'mail', 'disk'; over and gone: no row
    since    TEXT NOT NULL,
    seen     TEXT NOT NULL,                     -- when it was first noticed
    detail   TEXT NOT NULL,                     -- the latest
    told     TEXT,                              -- when the operator was last told; null: not yet
    cleared  TEXT                               -- when it was first seen to be over; null: it lasts
) STRICT, WITHOUT ROWID;
CREATE TABLE told_before (
    message_id TEXT PRIMARY KEY
) STRICT, WITHOUT ROWID;
CREATE INDEX article_by_source ON article (source);
CREATE TABLE news (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    kind    TEXT NOT NULL CHECK (kind IN ('article', 'changed', 'gone', 'list')),
    subject INTEGER NOT NULL,                   -- the article's row, or the edition's
    detail  INTEGER NOT NULL DEFAULT 0          -- of 'changed': the number of the revision
) STRICT;
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
CREATE TRIGGER news_of_edition AFTER INSERT ON edition
WHEN 0 < new.added + new.amended + new.removed
 AND EXISTS (SELECT 1 FROM edition WHERE list = new.list AND id < new.id)
BEGIN INSERT INTO news (kind, subject) VALUES ('list', new.id); END;
CREATE TABLE digest_mark (
    interest  INTEGER PRIMARY KEY REFERENCES interest (id) ON DELETE CASCADE,
    news      INTEGER NOT NULL,                 -- up to this row
    due       TEXT NOT NULL,                    -- the last moment at which one was due and composed
    empty_too INTEGER NOT NULL DEFAULT 0        -- 1: a mail even where there is nothing to tell
) STRICT;
CREATE TRIGGER mark_of_interest AFTER INSERT ON interest
BEGIN
    INSERT INTO digest_mark (interest, news, due)
    VALUES (new.id, (SELECT coalesce(max(id), 0) FROM news), new.added);
END;
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
CREATE TABLE digest (
    id         INTEGER PRIMARY KEY,
    subscriber INTEGER NOT NULL REFERENCES subscriber (id) ON DELETE CASCADE,
    due        TEXT NOT NULL,
    interest   INTEGER NOT NULL,                -- the first of those it was for
    upto       INTEGER NOT NULL,                -- the last row of news it looked at
    composed   TEXT NOT NULL, whole TEXT,
    UNIQUE (subscriber, due, interest)
) STRICT;
CREATE TABLE digest_item (
    digest   INTEGER NOT NULL REFERENCES digest (id) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    news     INTEGER NOT NULL,
    kind     TEXT NOT NULL,                     -- as in news
    subject  INTEGER NOT NULL,
    PRIMARY KEY (digest, position)
) STRICT, WITHOUT ROWID;
CREATE INDEX digest_item_by_subject ON digest_item (subject, kind);
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
CREATE TABLE wish_stamp (
    only    INTEGER PRIMARY KEY CHECK (only = 1),
    changes INTEGER NOT NULL
) STRICT;
CREATE TRIGGER wish_of_subscriber AFTER INSERT ON subscriber
BEGIN UPDATE wish_stamp SET changes = changes + 1; END;
CREATE TRIGGER wish_of_change
AFTER UPDATE OF email, name, zone, serial, confirmed, left ON subscriber
BEGIN UPDATE wish_stamp SET changes = changes + 1; END;
CREATE TRIGGER wish_of_erased AFTER DELETE ON subscriber
BEGIN UPDATE wish_stamp SET changes = changes + 1; END;
CREATE TRIGGER wish_of_interest AFTER INSERT ON interest
BEGIN UPDATE wish_stamp SET changes = changes + 1; END;
CREATE TRIGGER wish_of_changed_interest AFTER UPDATE ON interest
BEGIN UPDATE wish_stamp SET changes = changes + 1; END;
CREATE TRIGGER wish_of_dropped_interest AFTER DELETE ON interest
BEGIN UPDATE wish_stamp SET changes = changes + 1; END;
CREATE TRIGGER wish_of_mute AFTER INSERT ON mute
BEGIN UPDATE wish_stamp SET changes = changes + 1; END;
CREATE TRIGGER wish_of_unmute AFTER DELETE ON mute
BEGIN UPDATE wish_stamp SET changes = changes + 1; END;
CREATE TABLE erased (
    subscriber INTEGER NOT NULL,                -- its row, which another may have had before or since
    added      TEXT NOT NULL,
    PRIMARY KEY (subscriber, added)
) STRICT, WITHOUT ROWID;
