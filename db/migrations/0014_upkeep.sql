-- What the service knows of itself.

-- Written over and over: shows that writing works, and what time it was when it last did.
CREATE TABLE heartbeat (
    only INTEGER PRIMARY KEY CHECK (only = 1),
    at   TEXT NOT NULL
) STRICT;
