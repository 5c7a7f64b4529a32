//! A page's claims: title, byline, dates, and which of its blocks are the article. Pure.

pub mod metadata;
