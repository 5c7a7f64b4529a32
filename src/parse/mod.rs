//! Bytes become pages, listings and rules: charset, HTML, feeds, sitemaps, robots.txt, addresses, dates. Pure.

pub mod address;
pub mod wildcard;
pub mod robots;
mod entry;
mod plain_text;
mod xml;
pub mod charset;
pub mod dom;
pub mod page;
pub mod selector;
mod tree;
