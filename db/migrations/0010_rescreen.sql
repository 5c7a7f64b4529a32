-- Stored articles screened again for the names an edition brought.

CREATE TABLE rescreen (
    edition INTEGER PRIMARY KEY REFERENCES edition (id),
    after   INTEGER NOT NULL DEFAULT 0,         -- articles up to this row are done
    ended   TEXT                                -- null: not all are done
) STRICT;

-- A party that an article named before the list did. Kept through revisions of the article.
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
