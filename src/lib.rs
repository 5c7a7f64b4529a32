//! sanctionwatch watches news and government pages, keeps every article clean and in one place,
//! works out which of them are about sanctions, and mails the researchers who asked.
//!
//! The modules stand in the order an article meets them; each may use only those above it, as the
//! table in `docs/architecture.md` says and `tests/it/architecture.rs` checks.
//!
//! | what happens | module |
//! |---|---|
//! | the nouns everything shares | [`model`] |
//! | files people write, with the place of every mistake | [`written`] |
//! | strings to strings and numbers | [`text`] |
//! | bytes become pages, listings, rules | [`parse`] |
//! | official list files become designations and changes | [`lists`] |
//! | when to look again | [`rhythm`] |
//! | a page's claims: title, dates, blocks | [`extract`] |
//! | only the article stays | [`clean`] |
//! | new, revised, or a copy | [`dedupe`] |
//! | one event, one story | [`stories`] |
//! | is it about sanctions | [`classify`] |
//! | who is named | [`screen`] |
//! | who asked for it | [`interests`] |
//! | links that only we can sign | [`tokens`] |
//! | what the reader gets | [`digest`] |
//! | doors: time, settings, sources, web, database, mail, service manager, allocator | [`clock`] [`config`] [`sources`] [`fetch`] [`store`] [`mail`] [`systemd`] [`memory`] |
//! | flows: the steps in order | [`jobs`] |
//! | edges: servers, the demo, the service, the commands | [`web`] [`demo`] [`service`] [`cli`] |

pub mod model;
pub mod written;
pub mod text;
pub mod parse;
pub mod lists;
pub mod rhythm;
pub mod extract;
pub mod clean;
pub mod dedupe;
pub mod stories;
pub mod classify;
pub mod screen;
pub mod interests;
pub mod tokens;
pub mod digest;

pub mod clock;
pub mod config;
pub mod sources;
pub mod fetch;
pub mod store;
pub mod mail;
pub mod systemd;
pub mod memory;

pub mod jobs;

pub mod web;
pub mod demo;
pub mod service;
pub mod cli;
