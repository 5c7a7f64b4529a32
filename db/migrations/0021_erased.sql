-- Who was erased, by what says nothing of them, so that putting an older copy back erases them again.
CREATE TABLE erased (
    subscriber INTEGER NOT NULL,                -- its row, which another may have had before or since
    added      TEXT NOT NULL,
    PRIMARY KEY (subscriber, added)
) STRICT, WITHOUT ROWID;
