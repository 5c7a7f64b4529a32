-- When it was first seen by the clock of its site, where ours stood more than an hour later: one of the
-- two is wrong, and whether it was news then is asked of the earlier.
ALTER TABLE article ADD COLUMN served TEXT;
