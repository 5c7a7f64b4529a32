//! Bytes become pages, listings and rules: charset, HTML, feeds, sitemaps, robots.txt, addresses, dates. Pure.

pub mod address;
pub mod autodiscovery;
pub mod charset;
pub mod date;
pub mod dom;
mod entry;
mod feed;
pub mod gzip;
mod index_page;
mod json_listing;
pub mod link_patterns;
pub mod listing;
mod markup;
pub mod opml;
pub mod page;
mod pdf;
mod plain_text;
pub mod reduce;
mod references;
pub mod robots;
pub mod selector;
mod sitemap;
mod tree;
pub mod wildcard;
mod xml;
