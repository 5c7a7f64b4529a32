-- When somebody last called a mail of ours unwanted: then only they can let mail go to them again.
ALTER TABLE subscriber ADD COLUMN complained TEXT;
UPDATE subscriber SET complained = suspended WHERE suspension LIKE 'complaint: %';

-- All of a digest whose mail was cut, in the words of its day: JSON. Null where the mail has all of it.
ALTER TABLE digest ADD COLUMN whole TEXT;

-- Grows with every change to what anybody is told, so that what was read of it can be kept in memory.
CREATE TABLE wish_stamp (
    only    INTEGER PRIMARY KEY CHECK (only = 1),
    changes INTEGER NOT NULL
) STRICT;
INSERT INTO wish_stamp (only, changes) VALUES (1, 0);
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
