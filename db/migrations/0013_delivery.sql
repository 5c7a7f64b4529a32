-- The link in a mail that ends the subscription with one click, where it carries one.
ALTER TABLE delivery ADD COLUMN leave_url TEXT;
-- The recipient's, so that one domain never holds up the others.
ALTER TABLE delivery ADD COLUMN domain TEXT NOT NULL DEFAULT '';
UPDATE delivery SET domain =
    (SELECT substr(email, instr(email, '@') + 1) FROM subscriber WHERE id = subscriber);
-- What nobody can guess: a mail that comes back names its delivery by it. Empty in old rows.
ALTER TABLE delivery ADD COLUMN token TEXT NOT NULL DEFAULT '';
CREATE INDEX delivery_by_token ON delivery (token) WHERE token <> '';
CREATE INDEX delivery_by_message_id ON delivery (message_id);
DROP INDEX delivery_due;
CREATE INDEX delivery_due ON delivery (domain, next_try) WHERE state = 'waiting';

-- No mail goes to a suspended address until somebody lifts it.
ALTER TABLE subscriber ADD COLUMN suspended TEXT;             -- when; null: not suspended
ALTER TABLE subscriber ADD COLUMN suspension TEXT;            -- why, for the operator
ALTER TABLE subscriber ADD COLUMN resumed TEXT;               -- when it was last lifted; earlier bounces no longer count

-- What came back of a delivery, or what the server said of its address at once.
CREATE TABLE bounce (
    delivery INTEGER NOT NULL REFERENCES delivery (id) ON DELETE CASCADE,
    fault    TEXT NOT NULL CHECK (fault IN ('address', 'mailbox', 'policy', 'complaint')),
    at       TEXT NOT NULL,
    said     TEXT NOT NULL,                                   -- the server's words, masked
    PRIMARY KEY (delivery, fault)
) STRICT, WITHOUT ROWID;
