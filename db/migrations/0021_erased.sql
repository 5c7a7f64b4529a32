-- Who was erased, by what says nothing of them, so that putting an older copy back erases them again.
CREATE TABLE erased (
    subscriber INTEGER PRIMARY KEY,
    added      TEXT NOT NULL
) STRICT;
