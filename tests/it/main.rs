//! The one integration binary: a file per subject, `support` for what they share.

#![expect(clippy::unwrap_used, reason = "a failed test should say where")]

mod architecture;
mod browser;
mod cli;
mod config;
mod crash;
mod crawl;
mod demo;
mod facts;
mod fetch;
mod follow_ups;
mod judge;
mod listings;
mod lists;
mod mail;
mod pdf;
mod read;
mod send_mail;
mod service;
mod sources;
mod support;
mod tree;
