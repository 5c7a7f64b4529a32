//! Is this article new, a revision, or a copy. Pure.

use std::hash::{DefaultHasher, Hash, Hasher};

use crate::model::article::Article;
use crate::model::judged::{Keys, Neighbour, Placed};

/// What an article that lives at `address` is looked up by.
pub fn keys(address: String, article: &Article) -> Keys {
    let folded = format!("{} {}", article.title, article.text()).to_lowercase();
    let words: Vec<&str> =
        folded.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    let mut shingles: Vec<u64> =
        words.windows(3).map(hash).filter(|hash| hash.is_multiple_of(4)).collect();
    shingles.sort_unstable();
    shingles.dedup();
    Keys { address, wording: hash(&words), shingles }
}

/// Where an article belongs among its neighbours.
pub fn place(keys: &Keys, neighbours: &[Neighbour]) -> Placed {
    if let Some(own) = neighbours.iter().find(|neighbour| neighbour.same_address) {
        let article = own.article;
        return if own.wording == keys.wording {
            Placed::Same { article }
        } else {
            Placed::Revision { article }
        };
    }
    match neighbours.iter().find(|neighbour| neighbour.wording == keys.wording) {
        Some(copied) => Placed::Copy { article: copied.article, share: 1.0 },
        None => Placed::New,
    }
}

/// Whether two texts differ in white space and letter case alone.
pub fn is_noise(old: &str, new: &str) -> bool {
    old.split_whitespace().map(str::to_lowercase).eq(new.split_whitespace().map(str::to_lowercase))
}

fn hash<T: Hash + ?Sized>(value: &T) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}
