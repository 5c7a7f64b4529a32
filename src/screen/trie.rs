//! Sequences of word numbers, found one word after another.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

/// A map whose keys are numbers we made ourselves; nobody outside can choose them to collide.
pub(crate) type NumberMap<K, V> = HashMap<K, V, BuildHasherDefault<Mixer>>;

/// A place in the trie: how far a sequence has come.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct State(u32);

impl State {
    /// States are numbered from 1 without gaps.
    pub(crate) fn number(self) -> usize {
        self.0 as usize
    }
}

/// A trie over word numbers, which begin at 1.
#[derive(Debug, Default)]
pub(crate) struct Trie {
    /// The state after a first word, by its number; 0: no sequence begins so.
    first: Vec<u32>,
    next: NumberMap<u64, u32>,
    states: u32,
}

impl Trie {
    /// A trie that expects so many steps, to be built without growing.
    pub(crate) fn with_capacity(steps: usize) -> Self {
        let next = NumberMap::with_capacity_and_hasher(steps, BuildHasherDefault::default());
        Self { first: Vec::new(), next, states: 0 }
    }

    /// Adds a sequence; where it ends. None for a sequence without words.
    pub(crate) fn add(&mut self, words: &[u32]) -> Option<State> {
        let (first, rest) = words.split_first()?;
        let first = *first as usize;
        if self.first.len() <= first {
            self.first.resize(first + 1, 0);
        }
        if self.first[first] == 0 {
            self.states += 1;
            self.first[first] = self.states;
        }
        let mut state = self.first[first];
        for word in rest {
            let states = &mut self.states;
            state = *self.next.entry(step(state, *word)).or_insert_with(|| {
                *states += 1;
                *states
            });
        }
        Some(State(state))
    }

    /// The state after a first word.
    pub(crate) fn begin(&self, word: u32) -> Option<State> {
        self.first.get(word as usize).filter(|state| **state != 0).map(|state| State(*state))
    }

    /// The state after one more word.
    pub(crate) fn follow(&self, state: State, word: u32) -> Option<State> {
        self.next.get(&step(state.0, word)).map(|state| State(*state))
    }

    /// Bytes the trie takes, about.
    pub(crate) fn bytes(&self) -> usize {
        self.first.capacity() * 4 + self.next.capacity() * 8 / 7 * 17
    }
}

fn step(state: u32, word: u32) -> u64 {
    u64::from(state) << 32 | u64::from(word)
}

/// Mixes one number: a multiplication and a shift (Fibonacci hashing, Knuth 6.4).
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Mixer(u64);

impl Hasher for Mixer {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_u64(u64::from(*byte));
        }
    }

    fn write_u32(&mut self, number: u32) {
        self.write_u64(u64::from(number));
    }

    fn write_u64(&mut self, number: u64) {
        let mixed = (self.0 ^ number).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        self.0 = mixed ^ mixed >> 32;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_what_was_added_and_nothing_else() {
        let mut trie = Trie::with_capacity(8);
        let long = trie.add(&[1, 2, 3]);
        let short = trie.add(&[1, 2]);
        assert_eq!(trie.add(&[]), None);
        let first = trie.begin(1);
        let second = first.and_then(|state| trie.follow(state, 2));
        assert_eq!(second, short);
        assert_eq!(second.and_then(|state| trie.follow(state, 3)), long);
        assert_eq!(trie.begin(2), None);
        assert_eq!(first.and_then(|state| trie.follow(state, 3)), None);
    }
}
