//! What a page claims: title, byline, dates, language and blocks, with the witness of each. Pure.
