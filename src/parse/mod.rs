//! Bytes become pages, listings and rules: charset, HTML, feeds, sitemaps, robots.txt, addresses, dates. Pure.

pub mod address;
pub mod wildcard;
pub mod robots;
mod entry;
mod plain_text;
mod xml;
