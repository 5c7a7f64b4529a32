-- Listings that name other documents or go on over several.
ALTER TABLE listing ADD COLUMN names TEXT NOT NULL DEFAULT '[]';  -- JSON array of addresses: a sitemap index's sitemaps, a home page's feed
ALTER TABLE listing ADD COLUMN next_page TEXT;                    -- where a walk over its pages was broken off
