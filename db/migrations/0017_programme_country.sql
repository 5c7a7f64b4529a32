-- An interest in a country is met by a programme aimed at it, named or not.
ALTER TABLE fact ADD COLUMN country TEXT;       -- of a programme: ISO 3166-1 code, lower case; null: no one country's
