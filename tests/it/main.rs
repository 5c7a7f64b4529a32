//! The one integration binary: a file per subject, `support` for what they share.

#![expect(clippy::unwrap_used, reason = "a failed test should say where")]

mod architecture;
mod back_test;
mod bounces;
mod browser;
mod cli;
mod config;
mod crash;
mod crawl;
mod delivery;
mod deploy;
mod demo;
mod digests;
mod docs;
mod facts;
mod faults;
mod fetch;
mod follow_ups;
mod hostile;
mod interests;
mod judge;
mod links;
mod list_sync;
mod listings;
mod lists;
mod mail;
mod mail_form;
mod pdf;
mod pictures;
mod read;
mod rescreen;
mod screen;
mod send_mail;
mod service;
mod source_command;
mod sources;
mod stories;
mod story;
mod support;
mod subscribers;
mod tree;
mod upkeep;
mod web;
mod websub;
mod why;
