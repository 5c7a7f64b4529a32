//! The forms in which a listed name may stand in a text.

use crate::model::designation::PartyKind;
use crate::text::legal_forms;
use crate::text::names::{Case, Word};

/// How a form was made from the listed name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Reading {
    AsListed,
    /// Family name first, or the other way about.
    Turned,
    /// Without middle names or a patronymic.
    Shortened,
    /// Without the legal form, the article or a part in brackets.
    Stripped,
    /// Two words written as one, or one as two.
    Joined,
    /// The legal form and the name as one word: JSCARGUMENT.
    Fused,
    /// An Arabic name with its pieces joined or parted otherwise: Abd al-Rahman, Abdulrahman.
    Romanised,
}

/// A form: words of [`Forms::words`] in an order of its own.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Form {
    pub(crate) picks: Vec<u16>,
    pub(crate) reading: Reading,
}

/// All forms of a name.
#[derive(Debug)]
pub(crate) struct Forms {
    /// The folded words of the name, then those made by joining and parting.
    pub(crate) words: Vec<String>,
    /// How many of them the name has itself.
    listed: usize,
    /// Where the family name begins, if the list shows it.
    family: Option<usize>,
    pub(crate) forms: Vec<Form>,
}

/// Words of a name that are indexed; what comes after adds nothing.
pub(crate) const WORDS_MAX: usize = 20;
/// Words that stand before a family name and belong to it.
const BEFORE_FAMILY: &[&str] = &[
    "al", "el", "ul", "bin", "ben", "ibn", "bint", "abu", "von", "van", "der", "den", "de", "del",
    "della", "di", "da", "dos", "du", "la", "le",
];
/// Words that may be left out wherever they stand.
const ARTICLES: &[&str] = &["al", "el", "ul"];
/// What makes a name with the words after it: servant of.
const SERVANT: &[&str] = &["abd", "abdul", "abdal", "abdel", "abdol", "abdoul", "abdur", "abdus"];
/// "Son of": written in one country and left out in another.
const SON_OF: &[&str] = &["bin", "ibn", "ben"];
/// Letters of a part of a name that is joined to another.
const PART_MIN: usize = 3;
/// Titles that lists print before a name.
const TITLES: &[&str] = &[
    "mr",
    "mrs",
    "ms",
    "dr",
    "prof",
    "professor",
    "general",
    "gen",
    "colonel",
    "col",
    "brigadier",
    "haji",
    "hajji",
    "sheikh",
    "shaykh",
    "sayyid",
    "mullah",
    "maulavi",
    "mawlawi",
    "qari",
    "ayatollah",
];
/// What stands before a ship's name.
const SHIP_TITLES: &[&str] = &["mv", "mt", "m", "v", "t", "ss", "the"];
/// Legal forms that lists write together with the name ("JSCARGUMENT").
const FUSED: &[&str] = &["ojsc", "pjsc", "cjsc", "jsc", "llc", "ooo", "oao", "zao", "pao"];
/// Syllables of a given name no longer than this are written apart and together.
const SYLLABLE_MAX: usize = 5;

/// The forms of a name given by its folded words; `family` is where the family name begins, if the
/// list shows it.
pub(crate) fn forms(mut words: Vec<String>, family: Option<usize>, kind: PartyKind) -> Forms {
    words.truncate(WORDS_MAX);
    let family = family.filter(|family| *family < words.len());
    let mut forms = Forms { listed: words.len(), family, words, forms: Vec::new() };
    match kind {
        PartyKind::Person => forms.person(),
        PartyKind::Organisation => forms.organisation(),
        PartyKind::Vessel | PartyKind::Aircraft => forms.ship(),
        // A watched name, or one whose list does not say what bears it.
        PartyKind::Other => {
            forms.organisation();
            forms.person();
        }
    }
    forms
}

/// Where the family name begins in "Joaquin GUZMAN LOERA".
pub(crate) fn family_in_capitals(words: &[Word]) -> Option<usize> {
    let capitals = words.iter().rev().take_while(|word| word.case == Case::Upper).count();
    let given = words.len() - capitals;
    (0 < given && 0 < capitals && words[..given].iter().all(|word| word.case != Case::Upper))
        .then_some(given)
}

/// Whether a folded word is a Slavic, Turkic or Caucasian patronymic.
pub(crate) fn is_patronymic(word: &str) -> bool {
    const ENDINGS: &[&str] =
        &["vich", "vna", "ichna", "oglu", "ogly", "kyzy", "вич", "вна", "ична", "оглы", "кызы"];
    6 < word.len() && ENDINGS.iter().any(|ending| word.ends_with(ending))
}

/// Whether a word is an article that took the sound of the word after it: ash-Shaykh, ar-Rahman,
/// ed-Din.
pub(crate) fn is_assimilated(word: &str, next: &str) -> bool {
    let sound = word.strip_prefix(['a', 'e', 'u']).unwrap_or_default();
    ["r", "s", "sh", "n", "d", "t", "z"].contains(&sound) && next.starts_with(sound)
}

/// Whether the word is a particle or an article of names.
pub(crate) fn is_particle(word: &str) -> bool {
    BEFORE_FAMILY.contains(&word)
}

/// Whose servant a name in one word makes its bearer: `rahman` of Abdulrahman and Abdurrahman.
fn master(word: &str) -> Option<&str> {
    let rest = word.strip_prefix("abd")?.strip_prefix(['a', 'e', 'i', 'o', 'u'])?;
    let doubled = rest.as_bytes().first() == rest.as_bytes().get(1);
    let master = rest.strip_prefix('l').unwrap_or(if doubled { rest.get(1..)? } else { rest });
    (PART_MIN < master.len()).then_some(master)
}

impl Forms {
    fn add(&mut self, picks: impl IntoIterator<Item = usize>, reading: Reading) {
        let picks: Vec<u16> = picks.into_iter().map(|pick| pick as u16).collect();
        if !picks.is_empty() && !self.forms.iter().any(|form| form.picks == picks) {
            self.forms.push(Form { picks, reading });
        }
    }

    /// Adds a word that the name does not hold in this shape.
    fn invent(&mut self, word: String) -> usize {
        self.words.push(word);
        self.words.len() - 1
    }

    fn person(&mut self) {
        let end = self.listed;
        self.add(0..end, Reading::AsListed);
        let start = (0..end).take_while(|at| TITLES.contains(&self.words[*at].as_str())).count();
        let start = if start < end { start } else { 0 };
        self.add(start..end, Reading::Stripped);
        if end - start < 2 {
            return;
        }
        let family = self.family(start, end);
        self.add((family..end).chain(start..family), Reading::Turned);
        self.add((family..end).chain(0..family), Reading::Turned);
        if 3 <= end - start {
            self.add((end - 1..end).chain(start..end - 1), Reading::Turned);
            self.add((start + 1..end).chain(start..=start), Reading::Turned);
        }
        if start + 2 <= family {
            self.add((start..=start).chain(family..end), Reading::Shortened);
            self.add((family..end).chain(start..=start), Reading::Shortened);
        }
        // Of two family names, as Spanish has them, the second goes.
        if family + 2 == end && start < family && !is_particle(&self.words[family]) {
            self.add(start..=family, Reading::Shortened);
            self.add((start..=start).chain(family..=family), Reading::Shortened);
        }
        self.join_syllables(start, end);
        self.drop_articles();
        self.romanise();
    }

    /// Where the family name begins: where the list shows it, at the last word, or at the particles
    /// before it.
    fn family(&self, start: usize, end: usize) -> usize {
        let mut family = self.family.filter(|family| start < *family).unwrap_or(end - 1);
        while start + 1 < family && is_particle(&self.words[family - 1]) {
            family -= 1;
        }
        family
    }

    /// Jong Un and Jongun, whichever of three words is the family name.
    fn join_syllables(&mut self, start: usize, end: usize) {
        if end - start != 3 {
            return;
        }
        for (first, other) in [(start, end - 1), (start + 1, start)] {
            let syllables = [&self.words[first], &self.words[first + 1]];
            if syllables.iter().any(|word| SYLLABLE_MAX < word.len() || is_particle(word)) {
                continue;
            }
            let joined = format!("{}{}", syllables[0], syllables[1]);
            let joined = self.invent(joined);
            self.add([joined, other], Reading::Joined);
            self.add([other, joined], Reading::Joined);
        }
    }

    /// Bashar al-Assad and Bashar Assad, Muqrin bin Fahd and Muqrin Fahd.
    fn drop_articles(&mut self) {
        let is_article = |pick: &u16| {
            let at = usize::from(*pick);
            self.is_article(at) || SON_OF.contains(&self.words[at].as_str())
        };
        let dropped: Vec<Form> = self
            .forms
            .iter()
            .filter(|form| form.picks.iter().any(is_article))
            .map(|form| Form {
                picks: form.picks.iter().copied().filter(|pick| !is_article(pick)).collect(),
                reading: form.reading,
            })
            .filter(|form| 2 <= form.picks.len())
            .collect();
        for form in dropped {
            self.add(form.picks.into_iter().map(usize::from), form.reading);
        }
    }

    fn is_article(&self, at: usize) -> bool {
        let word = &self.words[at];
        let next = self.words.get(at + 1).filter(|_| at + 1 < self.listed);
        ARTICLES.contains(&word.as_str()) || next.is_some_and(|next| is_assimilated(word, next))
    }

    /// Abd al-Rahman, Abdul Rahman and Abdulrahman; Nasr Allah and Nasrallah; Salah al-Din and
    /// Salahuddin; al-Sharif and Alsharif. How the vowels are written is the spelling's affair.
    fn romanise(&mut self) {
        let mut made: Vec<(Vec<usize>, Vec<String>, Vec<usize>)> = Vec::new();
        for form in &self.forms {
            let picks: Vec<usize> = form.picks.iter().map(|pick| usize::from(*pick)).collect();
            for at in 0..picks.len() {
                let Some((taken, words)) = self.otherwise(&picks[at..]) else { continue };
                made.push((picks[..at].to_vec(), words, picks[at + taken..].to_vec()));
            }
        }
        let mut invented: Vec<(String, usize)> = Vec::new();
        for (before, words, after) in made {
            if before.len() + words.len() + after.len() < 2 {
                continue;
            }
            let mut picks = before;
            for word in words {
                let known = invented.iter().find(|(other, _)| *other == word).map(|(_, at)| *at);
                let at = known.unwrap_or_else(|| self.invent(word.clone()));
                if known.is_none() {
                    invented.push((word, at));
                }
                picks.push(at);
            }
            picks.extend(after);
            self.add(picks, Reading::Romanised);
        }
    }

    /// The words that may stand for the first of these, and how many of these they stand for.
    fn otherwise(&self, picks: &[usize]) -> Option<(usize, Vec<String>)> {
        let word = |at: usize| picks.get(at).map(|pick| self.words[*pick].as_str());
        let first = word(0)?;
        let behind = 1 + usize::from(picks.get(1).is_some_and(|pick| self.is_article(*pick)));
        let next = word(behind).filter(|next| PART_MIN <= next.len() && next.is_ascii());
        if SERVANT.contains(&first) {
            let next = next?;
            let joined =
                if next == "allah" { "abdullah".to_owned() } else { format!("abdul{next}") };
            return Some((behind + 1, vec![joined]));
        }
        if let Some(master) = master(first) {
            return Some((1, vec!["abdul".to_owned(), master.to_owned()]));
        }
        if self.is_article(picks[0]) && behind == 1 {
            return Some((2, vec![format!("al{}", next?)]));
        }
        if first == "abu" || first == "abou" {
            return Some((2, vec![format!("abu{}", next.filter(|_| behind == 1)?)]));
        }
        if PART_MIN <= first.len() && first.is_ascii() {
            match next {
                Some("allah" | "ullah") => {
                    return Some((behind + 1, vec![format!("{first}allah")]));
                }
                Some("din" | "deen" | "dine") => {
                    return Some((behind + 1, vec![format!("{first}uddin")]));
                }
                _ => {}
            }
        }
        let endings = [("uddin", "din"), ("eddin", "din"), ("eddine", "din"), ("addin", "din")];
        let endings =
            endings.iter().chain(&[("allah", "allah"), ("ullah", "allah"), ("ollah", "allah")]);
        let mut parted =
            endings.filter_map(|(ending, word)| Some((first.strip_suffix(ending)?, *word)));
        let (stem, ending) = parted.find(|(stem, _)| PART_MIN < stem.len())?;
        Some((1, vec![stem.to_owned(), ending.to_owned()]))
    }

    fn organisation(&mut self) {
        let end = self.listed;
        self.add(0..end, Reading::AsListed);
        let mut core = legal_forms::core(&self.words[..end]);
        if core.len() > 1 && self.words[core.start] == "the" {
            core.start += 1;
        }
        self.add(core.clone(), Reading::Stripped);
        match core.len() {
            1 => self.fuse(core.start, end),
            2 => {
                let words = &self.words[core.clone()];
                if words.iter().all(|word| 3 <= word.len() && word.is_ascii()) {
                    let joined = self.invent(words.concat());
                    self.add([joined], Reading::Joined);
                }
            }
            _ => {}
        }
    }

    /// JSC Argument and JSCARGUMENT.
    fn fuse(&mut self, core: usize, end: usize) {
        let name = self.words[core].clone();
        if 0 < core && FUSED.contains(&self.words[core - 1].as_str()) {
            let fused = self.invent(format!("{}{name}", self.words[core - 1]));
            self.add([fused], Reading::Fused);
        }
        let parted = FUSED.iter().find_map(|form| name.strip_prefix(form));
        if let Some(rest) = parted.filter(|rest| end == 1 && 5 <= rest.len()) {
            let form = self.invent(name[..name.len() - rest.len()].to_owned());
            let rest = self.invent(rest.to_owned());
            self.add([form, rest], Reading::Joined);
        }
    }

    fn ship(&mut self) {
        let end = self.listed;
        self.add(0..end, Reading::AsListed);
        let start =
            (0..end).take_while(|at| SHIP_TITLES.contains(&self.words[*at].as_str())).count();
        if start < end {
            self.add(start..end, Reading::Stripped);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::names::{folded_words, words};

    fn written(name: &str, kind: PartyKind) -> Vec<String> {
        let forms = forms(folded_words(name), family_in_capitals(&words(name)), kind);
        let write = |form: &Form| {
            let words: Vec<&str> =
                form.picks.iter().map(|pick| forms.words[*pick as usize].as_str()).collect();
            words.join(" ")
        };
        forms.forms.iter().map(write).collect()
    }

    #[test]
    fn every_form_a_writer_uses_is_there() {
        use PartyKind::{Organisation, Person, Vessel};
        let cases = [
            (Person, "Igor Ivanovich SECHIN", "sechin igor ivanovich"),
            (Person, "Igor Ivanovich SECHIN", "igor sechin"),
            (Person, "Igor Ivanovich SECHIN", "sechin igor"),
            (Person, "Bashar AL-ASSAD", "bashar assad"),
            (Person, "Bashar AL-ASSAD", "al assad bashar"),
            (Person, "Usama Muhammad Awad BIN LADIN", "usama bin ladin"),
            (Person, "Ahmad ABD AL-RAHMAN", "ahmad abdulrahman"),
            (Person, "Ahmad ABD AL-RAHMAN", "abdulrahman ahmad"),
            (Person, "Ahmad ABDUL RAHMAN", "ahmad abdulrahman"),
            (Person, "Ahmad ABDURRAHMAN", "ahmad abdul rahman"),
            (Person, "Hassan NASRALLAH", "hassan nasr allah"),
            (Person, "Hassan NASR ALLAH", "hassan nasrallah"),
            (Person, "Ali SALAH AL-DIN", "ali salahuddin"),
            (Person, "Ali SALAHUDDIN", "ali salah din"),
            (Person, "Umar AL-SHARIF", "umar alsharif"),
            (Person, "Abdallah ASH-SHAYKH", "abdallah shaykh"),
            (Person, "ABU BAKR Ali", "abubakr ali"),
            (Person, "Joaquin GUZMAN LOERA", "joaquin guzman"),
            (Person, "Joaquin GUZMAN LOERA", "guzman loera joaquin"),
            (Person, "Jong Un KIM", "kim jong un"),
            (Person, "Jong Un KIM", "kim jongun"),
            (Person, "Mullah Mohammed Omar", "mohammed omar"),
            (Organisation, "OAO Gazprom", "gazprom"),
            (Organisation, "JSC Argument", "jscargument"),
            (Organisation, "JSCARGUMENT", "jsc argument"),
            (Organisation, "Good Will Company", "goodwill"),
            (Organisation, "The Homs Refinery Company", "homs refinery"),
            (Vessel, "M/V Adrian Darya 1", "adrian darya 1"),
        ];
        for (kind, name, expected) in cases {
            let forms = written(name, kind);
            assert!(forms.iter().any(|form| form == expected), "{name}: {forms:?}");
        }
    }

    #[test]
    fn no_form_is_empty() {
        for name in ["", "CORP.", "Mr", "al", "...", "Co., Ltd."] {
            for kind in [PartyKind::Person, PartyKind::Organisation, PartyKind::Vessel] {
                assert!(written(name, kind).iter().all(|form| !form.is_empty()), "{name}");
            }
        }
    }
}
