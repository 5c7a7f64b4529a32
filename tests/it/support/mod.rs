//! What the subjects share: the far side of each door, scripted.

pub(crate) mod alerts;
pub(crate) mod edits;
pub(crate) mod kills;
pub(crate) mod outbox;
pub(crate) mod pdf;
pub(crate) mod site;
pub(crate) mod postfix;
pub(crate) mod shell_lines;
pub(crate) mod smtp;
pub(crate) mod tls;
pub(crate) mod web;
pub(crate) mod webdriver;
