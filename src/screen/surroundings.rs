//! What else an article says, asked only where a name needs it.

use std::collections::HashSet;
use std::sync::LazyLock;

use crate::screen::spot::Spotted;
use crate::text::names::{folded, hash};

/// The article around a name.
pub(crate) struct Surroundings<'a, F> {
    spotted: &'a [Spotted<'a>],
    ask: Option<F>,
    about_sanctions: bool,
    /// Hashes of the article's words, and of the first letters of the capitalised ones.
    words: Option<HashSet<u64>>,
}

/// Letters by which a country is known in "Russia", "Russian" and "russisch".
const STEM: usize = 5;
/// Words before and after a ship's name that may say it is one.
const SHIP_WITHIN: usize = 10;
/// Words that say a name is a ship's, folded.
const SHIP_WORDS: &[&str] = &[
    "vessel",
    "vessels",
    "tanker",
    "tankers",
    "ship",
    "ships",
    "imo",
    "freighter",
    "freighters",
    "carrier",
    "cargo",
    "mv",
    "aframax",
    "suezmax",
    "vlcc",
    "yacht",
    "navire",
    "navires",
    "petrolier",
    "petroliers",
    "cargos",
    "bateau",
    "schiff",
    "schiffe",
    "tankschiff",
    "frachter",
    "oltanker",
    "jacht",
    "buque",
    "buques",
    "petrolero",
    "petroleros",
    "carguero",
    "nave",
    "navi",
    "petroliera",
    "petroliere",
    "navio",
    "navios",
    "petroleiro",
    "schip",
    "schepen",
    "statek",
    "statku",
    "statki",
    "tankowiec",
    "судно",
    "судна",
    "суда",
    "танкер",
    "танкера",
    "танкеры",
    "танкеров",
    "корабль",
    "яхта",
    "сухогруз",
    "gemi",
    "gemisi",
    "tankeri",
    "سفينة",
    "ناقلة",
    "کشتی",
    "نفتکش",
];

impl<'a, F: FnOnce() -> bool> Surroundings<'a, F> {
    pub(crate) fn of(spotted: &'a [Spotted<'a>], ask: F) -> Self {
        Self { spotted, ask: Some(ask), about_sanctions: false, words: None }
    }

    /// Whether the article is about sanctions.
    pub(crate) fn about_sanctions(&mut self) -> bool {
        if let Some(ask) = self.ask.take() {
            self.about_sanctions = ask();
        }
        self.about_sanctions
    }

    /// Whether the article has the word, given folded.
    pub(crate) fn says(&mut self, word: &str) -> bool {
        self.words().contains(&hash(word))
    }

    /// Whether the article has a capitalised word that begins as this one, given folded.
    pub(crate) fn says_like(&mut self, word: &str) -> bool {
        let stem = stem(word);
        self.words().contains(&hash(&stem))
    }

    fn words(&mut self) -> &HashSet<u64> {
        let spotted = self.spotted;
        self.words.get_or_insert_with(|| {
            let mut words = HashSet::new();
            for field in spotted {
                for word in &field.words {
                    words.insert(word.hash);
                    if word.case.may_name() {
                        words.insert(hash(&stem(&folded(field.text, word))));
                    }
                }
            }
            words
        })
    }
}

/// Whether something near these words says they name a ship.
pub(crate) fn is_among_ships(spotted: &Spotted, first: usize, last: usize) -> bool {
    let from = first.saturating_sub(SHIP_WITHIN);
    let to = (last + 1 + SHIP_WITHIN).min(spotted.words.len());
    let around = spotted.words[from..first].iter().chain(&spotted.words[last + 1..to]);
    around.map(|word| word.hash).any(|near| SHIPS.contains(&near))
}

static SHIPS: LazyLock<HashSet<u64>> =
    LazyLock::new(|| SHIP_WORDS.iter().map(|word| hash(word)).collect());

/// The first letters of a word, marked as such.
fn stem(word: &str) -> String {
    let letters: String = word.chars().take(STEM).collect();
    letters + "-"
}
