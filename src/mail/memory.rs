//! Mail kept in memory, for tests.

use std::sync::{Arc, Mutex};

/// The mails sent so far, as bytes in the form of `.eml` files; clones share them.
#[derive(Debug, Clone, Default)]
pub struct Memory(Arc<Mutex<Vec<Vec<u8>>>>);

impl Memory {
    /// The mails in the order they were sent.
    pub fn mails(&self) -> Vec<Vec<u8>> {
        self.0.lock().expect("nobody panics while holding the mails").clone()
    }

    pub(crate) fn keep(&self, mail: Vec<u8>) {
        self.0.lock().expect("nobody panics while holding the mails").push(mail);
    }
}
