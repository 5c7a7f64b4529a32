//! Bytes become pages, listings and rules: charset, HTML, feeds, sitemaps, robots.txt, addresses, dates. Pure.

pub mod address;
pub mod wildcard;
pub mod robots;
mod entry;
mod plain_text;
mod xml;
pub mod date;
pub mod charset;
pub mod dom;
pub mod page;
pub mod selector;
mod tree;

pub mod address;
pub mod wildcard;
pub mod robots;
mod plain_text;
mod xml;
mod entry;
mod feed;
mod sitemap;
mod json_listing;
mod index_page;
pub mod gzip;
pub mod listing;
