//! A quick hasher for keys that a page can make: seeded, so that no page can prepare collisions.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasher, Hasher, RandomState};

/// A map with a quick hasher.
pub type QuickMap<K, V> = HashMap<K, V, Quick>;
/// A set with a quick hasher.
pub type QuickSet<K> = HashSet<K, Quick>;

/// Makes hashers of one secret seed.
#[derive(Debug, Clone)]
pub struct Quick {
    seed: u64,
}

impl Default for Quick {
    fn default() -> Self {
        Quick { seed: RandomState::new().build_hasher().finish() }
    }
}

impl BuildHasher for Quick {
    type Hasher = QuickHasher;

    fn build_hasher(&self) -> QuickHasher {
        QuickHasher { state: self.seed }
    }
}

/// Multiplies and folds the halves of the product together, eight bytes at a time.
#[derive(Debug)]
pub struct QuickHasher {
    state: u64,
}

impl Hasher for QuickHasher {
    fn write(&mut self, bytes: &[u8]) {
        let (chunks, rest) = bytes.as_chunks::<8>();
        for chunk in chunks {
            self.write_u64(u64::from_le_bytes(*chunk));
        }
        let mut last = [0; 8];
        last[..rest.len()].copy_from_slice(rest);
        self.write_u64(u64::from_le_bytes(last) ^ (bytes.len() as u64) << 56);
    }

    fn write_u8(&mut self, value: u8) {
        self.write_u64(u64::from(value));
    }

    fn write_u32(&mut self, value: u32) {
        self.write_u64(u64::from(value));
    }

    fn write_u64(&mut self, value: u64) {
        const ODD: u64 = 0x9e37_79b9_7f4a_7c15;
        let product = u128::from(self.state ^ value) * u128::from(ODD);
        self.state = (product as u64) ^ (product >> 64) as u64;
    }

    fn write_usize(&mut self, value: usize) {
        self.write_u64(value as u64);
    }

    fn finish(&self) -> u64 {
        self.state
    }
}

#[cfg(test)]
mod tests {
    use crate::text::quick_hash::QuickSet;

    #[test]
    fn keys_are_told_apart() {
        let mut numbers: QuickSet<u64> = QuickSet::default();
        let mut texts: QuickSet<String> = QuickSet::default();
        for number in 0..10_000_u64 {
            assert!(numbers.insert(number << 32));
            assert!(texts.insert("\0".repeat(number as usize % 40) + &number.to_string()));
        }
        assert!(numbers.contains(&(77 << 32)) && !numbers.contains(&77));
    }
}
