//! Bytes become pages, listings and rules: charset, HTML, feeds, sitemaps, robots.txt, addresses, dates. Pure.

pub mod date;
pub mod charset;
pub mod dom;
pub mod page;
pub mod selector;
mod tree;
