//! The parts of `[mail]` about signing, pace and what comes back.

use crate::config::file::{count, email, listen, path};
use crate::config::{Bounces, Dkim};
use crate::written::{Table, Written};

/// Mails at once, of these to one domain, and to one domain in a minute.
pub(crate) fn pace(table: &mut Table<'_>) -> [usize; 3] {
    [
        count("at_once", 1..=64, 8, table),
        count("domain_at_once", 1..=64, 2, table),
        count("domain_per_minute", 1..=1_000_000, 300, table),
    ]
}

pub(crate) fn list_id(table: &mut Table<'_>) -> Option<String> {
    name("list_id", "alerts.example.org", table)
}

pub(crate) fn dkim(mut table: Table<'_>) -> Option<Dkim> {
    table.require("selector", "the first part of the DNS name, such as selector = \"watch\"");
    table.require("key_file", "a PEM file with the private key");
    let domain = name("domain", "example.org", &mut table);
    let selector = name("selector", "watch", &mut table);
    let key_file = path("key_file", &mut table);
    table.close();
    Some(Dkim { domain, selector: selector?, key_file: key_file? })
}

pub(crate) fn bounces(mut table: Table<'_>) -> Bounces {
    let written = Bounces {
        address: email("address", &mut table),
        directory: path("directory", &mut table),
        listen: listen("listen", &mut table),
    };
    table.close();
    written
}

/// A name of letters, digits, hyphens and dots, as the DNS has them.
fn name(key: &'static str, example: &str, table: &mut Table<'_>) -> Option<String> {
    let Written { value, place } = table.text(key)?;
    let is_label = |label: &str| {
        !label.is_empty() && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    if !value.split('.').all(is_label) || 200 < value.len() {
        let text = format!("{key} is {value:?}; write a name such as \"{example}\"");
        table.mistake_at(&place, text);
    }
    Some(value)
}
