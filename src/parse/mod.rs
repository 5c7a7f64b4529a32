//! Bytes become pages, listings and rules: charset, HTML, feeds, sitemaps, robots.txt, addresses, dates. Pure.

pub mod date;
