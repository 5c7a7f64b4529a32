//! The names that articles are screened with: those of listed parties, in one index, and those that
//! subscribers watch, in another. Each is built once, and again when what it holds has changed.

use std::cmp::Reverse;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::{Arc, PoisonError, RwLock};

use tokio::sync::Mutex;
use tokio::task::spawn_blocking;

use crate::model::matched::Class;
use crate::screen::{Index, Listed};
use crate::store::{self, Store};
use crate::text::names::folded_words;

/// The index in force; clones share it.
#[derive(Debug, Clone)]
pub struct Names {
    index: Arc<RwLock<Arc<Index>>>,
    /// What the index was built from: see [`Store::names_stamp`]. Held while a new one is built.
    stamp: Arc<Mutex<String>>,
    watched: Arc<RwLock<Arc<Watched>>>,
}

/// Names that subscribers watch.
///
/// Nobody's names get in the way of another's: where one watches `Calvenna` and another `Calvenna
/// Shipping`, an article on the latter is found for both, though an index gives the longer name alone.
/// So a name stands in another index than those it lies within.
#[derive(Debug)]
pub struct Watched {
    /// As they wrote them, in the order of their letters.
    names: Vec<String>,
    /// By its folded words, each way to write a name.
    written: HashMap<String, Vec<String>>,
    indexes: Vec<Index>,
}

/// Names within names within names; deeper ones share the last index.
const DEPTH_MAX: usize = 4;

impl Watched {
    /// Of these names, each once.
    pub fn new(names: Vec<String>) -> Self {
        let mut written: HashMap<String, Vec<String>> = HashMap::new();
        for name in &names {
            let key = folded_words(name).join(" ");
            written.entry(key).or_default().push(name.clone());
        }
        // Nothing is found by a name without a word.
        written.remove("");
        let layers = layers(written.keys().map(String::as_str).collect());
        let build = |layer: Vec<&str>| {
            let listed = layer.into_iter().map(|key| Listed::watched(key, &written[key][0]));
            Index::build(listed.collect(), &[])
        };
        let indexes = layers.into_iter().map(build).collect();
        Self { names, indexes, written }
    }

    /// The names that stand in an article, in every way they were written. What is spelled only
    /// nearly so is none of them; a name of ordinary words is one, since somebody chose it.
    pub fn found_in(&self, title: &str, text: &str) -> Vec<String> {
        let matches = self.indexes.iter().flat_map(|index| index.matches(title, text, || true));
        let sure = matches.filter(|found| Class::Possible < found.class);
        let keys: BTreeSet<String> = sure.map(|found| found.designation).collect();
        keys.iter().filter_map(|key| self.written.get(key)).flatten().cloned().collect()
    }
}

/// The names by how many others they lie within, those within none first. A name lies within another
/// that has all of its words.
fn layers(mut names: Vec<&str>) -> Vec<Vec<&str>> {
    let count = |name: &str| name.split(' ').count();
    names.sort_by_key(|name| (Reverse(count(name)), *name));
    let mut layers: Vec<Vec<&str>> = Vec::new();
    let mut placed: Vec<(HashSet<&str>, usize)> = Vec::with_capacity(names.len());
    let mut bearers: HashMap<&str, Vec<usize>> = HashMap::new();
    for (number, name) in names.into_iter().enumerate() {
        let words: HashSet<&str> = name.split(' ').collect();
        let of_words = words.iter().map(|word| bearers.get(word).map_or(&[][..], Vec::as_slice));
        let rarest = of_words.min_by_key(|bearers| bearers.len());
        let around = rarest.unwrap_or_default().iter().map(|other| &placed[*other]);
        let around = around.filter(|(others, _)| words.is_subset(others));
        let layer = around.map(|(_, layer)| layer + 1).max().unwrap_or(0).min(DEPTH_MAX - 1);
        if layers.len() <= layer {
            layers.push(Vec::new());
        }
        layers[layer].push(name);
        for word in &words {
            bearers.entry(word).or_default().push(number);
        }
        placed.push((words, layer));
    }
    layers
}

impl Default for Names {
    /// Nobody is listed yet.
    fn default() -> Self {
        let nobody = Arc::new(Index::build(Vec::new(), &[]));
        let nothing = Arc::new(Watched::new(Vec::new()));
        Self {
            index: Arc::new(RwLock::new(nobody)),
            stamp: Arc::default(),
            watched: Arc::new(RwLock::new(nothing)),
        }
    }
}

impl Names {
    /// The index to screen an article with; it stays whole while a newer one takes its place.
    pub fn current(&self) -> Arc<Index> {
        // A writer only swaps a pointer: what a panic left behind is whole.
        Arc::clone(&self.index.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// The names that subscribers watch.
    pub fn watched(&self) -> Arc<Watched> {
        Arc::clone(&self.watched.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Builds what has changed anew: see `refresh_listed`.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn refresh(&self, store: &Store) -> store::Result<()> {
        self.refresh_listed(store).await?;
        let names = store.watched_names().await?;
        if self.watched().names != names {
            match spawn_blocking(move || Watched::new(names)).await {
                Ok(watched) => {
                    let mut place = self.watched.write().unwrap_or_else(PoisonError::into_inner);
                    *place = Arc::new(watched);
                }
                Err(error) => tracing::error!(%error, "the watched names could not be indexed"),
            }
        }
        Ok(())
    }

    /// Builds the index anew, off the async runtime, if lists or suppressions have changed.
    ///
    /// # Errors
    /// Only when the database fails.
    async fn refresh_listed(&self, store: &Store) -> store::Result<()> {
        let mut built_from = self.stamp.lock().await;
        let stamp = store.names_stamp().await?;
        if *built_from == stamp {
            return Ok(());
        }
        let listed = listed(store).await?;
        let suppressions = store.suppressions().await?;
        match spawn_blocking(move || Index::build(listed, &suppressions)).await {
            Ok(index) => {
                let size = index.size();
                *self.index.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(index);
                *built_from = stamp;
                tracing::info!(parties = size.parties, names = size.names, "names to look for");
            }
            Err(error) => tracing::error!(%error, "the index of names could not be built"),
        }
        Ok(())
    }
}

/// Every party the stored lists know, those that were removed with their day.
///
/// # Errors
/// Only when the database fails.
pub async fn listed(store: &Store) -> store::Result<Vec<Listed>> {
    let known = store.known_designations().await?;
    let listed = known.into_iter().map(|known| Listed {
        designation: known.party,
        removed_on: known.removed_on.map(|at| at.date_naive()),
    });
    Ok(listed.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(names: &[&str], title: &str, text: &str) -> Vec<String> {
        let names = names.iter().map(|name| (*name).to_owned()).collect();
        Watched::new(names).found_in(title, text)
    }

    #[test]
    fn watched_names_are_found_as_people_write_them() {
        let cases: [(&str, &str, bool); 19] = [
            ("Calvenna", "The tanker belongs to Calvenna, papers show.", true),
            ("Calvenna", "A calvenna is a kind of sail.", false),
            ("Calvenna", "The Calvennastrasse is closed.", false),
            ("ELN", "The ELN released two men.", true),
            ("ELN", "Meln and Elnora met.", false),
            ("Igor Sechin", "Mr Sechin, Igor Ivanovich, left the board.", true),
            ("Sechin Igor", "Igor Sechin left the board.", true),
            ("Igor Sechin", "Глава «Роснефти» Игорь Сечин покинул совет.", true),
            ("Rosneft", "Акции Роснефть упали.", true),
            ("Роснефть", "Rosneft sold its share.", true),
            ("Khodorkovsky", "Mr Khodorkovskiy was released.", true),
            // A word of few letters, or one that news knows, is a name only as it was written.
            ("Tarek", "Mr Tariq spoke.", false),
            ("Aleksandr", "Mr Alexander spoke.", false),
            ("Khodorkovsky", "The khodorkovskiy is a dish.", false),
            ("Mark Taylor", "A court fined Mark Taylor on Monday.", true),
            ("Mark Taylor", "Mark met the tailor on Monday.", false),
            ("Calvenna Shipping", "CALVENNA SHIPPING LTD was fined.", true),
            ("Calvenna Shipping", "Calvenna and other shipping firms were fined.", false),
            ("平壤贸易", "报道称平壤贸易公司被制裁。", true),
        ];
        for (name, text, expected) in cases {
            let found = found(&[name], "", text);
            assert_eq!(!found.is_empty(), expected, "{name:?} in {text:?}: {found:?}");
        }
    }

    #[test]
    fn nobodys_names_hide_anothers() {
        let names = [
            "Calvenna",
            "Calvenna Shipping",
            "calvenna shipping",
            "Calvenna Shipping Cyprus",
            "Orlen",
        ];
        let expected = ["Calvenna", "Calvenna Shipping", "calvenna shipping"];
        assert_eq!(found(&names, "Calvenna Shipping fined", ""), expected);
        let many: Vec<String> = (0..60).map(|n| format!("Calvenna Number{n}")).collect();
        let mut many: Vec<&str> = many.iter().map(String::as_str).collect();
        many.push("Calvenna Shipping");
        assert_eq!(found(&many, "Calvenna Shipping fined", ""), ["Calvenna Shipping"]);
        assert!(found(&["", "!", "  "], "! Calvenna", "").is_empty());
    }
}
