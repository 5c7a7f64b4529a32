//! One key for the spellings of a name's word: Sergey, Sergei, Sergej and Сергей meet in it.
//!
//! Cyrillic and Greek letters are written in Latin ones, then the romanisations that writers mix
//! (kh and h, y, j and i, ou and u, x and ks, w and v, -off and -ov, double letters) become one.
//! What no rule brings together (Mohammed and Muhammad) stands in `spelling/variants.txt`. A key
//! is not for reading.

use std::collections::HashMap;
use std::sync::LazyLock;

/// The key of a folded word (see `text::names::folded`). Words of other scripts are their own key.
///
/// ```
/// use sanctionwatch::text::spelling::key;
/// assert_eq!(key("sergey"), key("сергей"));
/// assert_eq!(key("khodorkovsky"), key("ходорковскии"));
/// assert_eq!(key("mohammed"), key("muhammad"));
/// assert_ne!(key("hassan"), key("hussein"));
/// ```
pub fn key(folded: &str) -> String {
    let key = rules(folded);
    match VARIANTS.get(&key) {
        Some(first) => first.clone(),
        None => key,
    }
}

/// Keys of spellings no rule brings together, with the key they share.
static VARIANTS: LazyLock<HashMap<String, String>> = LazyLock::new(|| {
    let mut variants = HashMap::new();
    for line in include_str!("spelling/variants.txt").lines().filter(|line| !line.starts_with('#'))
    {
        let mut words = line.split_whitespace().map(rules);
        let Some(first) = words.next() else { continue };
        for word in words {
            variants.insert(word, first.clone());
        }
    }
    variants
});

/// Letter groups and what they become; of those that begin alike the longest stands first.
const GROUPS: &[(&str, &str)] = &[
    ("shch", "sh"),
    ("tsch", "ch"),
    ("sch", "sh"),
    ("tch", "ch"),
    ("dzh", "j"),
    ("eev", "ev"),
    ("eew", "ev"),
    ("gue", "ge"),
    ("gui", "gi"),
    ("dj", "j"),
    ("kh", "h"),
    ("gh", "g"),
    ("dh", "d"),
    ("th", "t"),
    ("ph", "f"),
    ("ck", "k"),
    ("cz", "ch"),
    ("sz", "sh"),
    ("tz", "ts"),
    ("ch", "ch"),
    ("ce", "se"),
    ("ci", "si"),
    ("cy", "si"),
    ("c", "k"),
    ("q", "k"),
    ("x", "ks"),
    ("w", "v"),
    ("ou", "u"),
    ("oo", "u"),
    ("ee", "i"),
];

fn rules(folded: &str) -> String {
    let latin = romanised(folded);
    if !latin.is_ascii() || latin.bytes().all(|byte| byte.is_ascii_digit()) {
        return latin;
    }
    let grouped = grouped(&latin);
    endings(&one_i(&grouped))
}

fn grouped(latin: &str) -> String {
    let mut out = String::with_capacity(latin.len());
    let mut rest = latin;
    while let Some(c) = rest.chars().next() {
        let found = GROUPS.iter().find(|(group, _)| rest.starts_with(group));
        let (taken, given) = found.map_or((c.len_utf8(), ""), |(group, one)| (group.len(), one));
        if given.is_empty() {
            out.push(c);
        } else {
            out.push_str(given);
        }
        rest = &rest[taken..];
    }
    out
}

/// The letters y, j and i as one, with the vowels they soften; no letter twice in a row.
fn one_i(grouped: &str) -> String {
    let long = 5 <= grouped.len();
    let mut out: Vec<u8> = Vec::with_capacity(grouped.len());
    let bytes = grouped.as_bytes();
    for (at, byte) in bytes.iter().copied().enumerate() {
        let next = bytes.get(at + 1).copied();
        // A word's first j is a sound of its own (Jong is not Yong), but for Jurij and Jelena.
        let is_i = match byte {
            b'y' => true,
            b'j' => 0 < at || (long && matches!(next, Some(b'e' | b'u'))),
            _ => false,
        };
        let letter = if is_i { b'i' } else { byte };
        match (out.last().copied(), letter) {
            (Some(last), letter) if last == letter => {}
            // Pyotr and Petr, Fyodor and Fedor, Soloviev and Solovyov.
            (Some(b'i'), b'e' | b'o') if letter == b'e' || 1 < out.len() => {
                out.pop();
                if out.last() != Some(&b'e') {
                    out.push(b'e');
                }
            }
            _ => out.push(letter),
        }
    }
    String::from_utf8(out).expect("letters of an ASCII word")
}

fn endings(word: &str) -> String {
    let mut word = word.to_owned();
    if let Some(before) = word.len().checked_sub(4).filter(|before| 1 < *before)
        && word.ends_with("lah")
        && is_vowel(word.as_bytes()[before])
    {
        // Nasrullah, Nasrollah, Nasrallah.
        word.replace_range(before..=before, "a");
    }
    if 4 < word.len() {
        // French Poutine; -off and -eff of the emigrants, whose second f is gone by now.
        if word.ends_with("ine") || word.ends_with("of") || word.ends_with("ef") {
            let last = word.pop();
            if last == Some('f') {
                word.push('v');
            }
        }
    }
    let ends_open =
        word.len() > 2 && word.ends_with('h') && !word.ends_with("ch") && !word.ends_with("sh");
    if ends_open {
        word.pop();
    }
    one_servant(&one_faith(word))
}

fn is_vowel(byte: u8) -> bool {
    matches!(byte, b'a' | b'e' | b'i' | b'o' | b'u')
}

/// Salahuddin, Salaheddine and Salahaddin: "of the faith" with one vowel.
fn one_faith(mut word: String) -> String {
    let vowel = word.len().checked_sub(4).filter(|at| 2 < *at && word.ends_with("din"));
    if let Some(at) = vowel.filter(|at| is_vowel(word.as_bytes()[*at])) {
        word.replace_range(at..=at, "u");
    }
    word
}

/// Abdulrahman, Abdelrahman, Abdurrahman and Abdirahman: "servant of" in one spelling. Doubled letters
/// are one by now, and so is the article that became the letter after it.
fn one_servant(word: &str) -> String {
    let bytes = word.as_bytes();
    if bytes.len() < 7 || !word.starts_with("abd") || !is_vowel(bytes[3]) {
        return word.to_owned();
    }
    let master = &word[4..];
    let master = master.strip_prefix('l').unwrap_or(master);
    if master.len() < 3 { word.to_owned() } else { format!("abdul{master}") }
}

/// Cyrillic and Greek letters in Latin ones; other characters stay.
fn romanised(folded: &str) -> String {
    if folded.is_ascii() {
        return folded.to_owned();
    }
    let mut out = String::with_capacity(folded.len());
    for c in folded.chars() {
        match letter(c) {
            Some(latin) => out.push_str(latin),
            None => out.push(c),
        }
    }
    out
}

/// A Cyrillic or Greek small letter in Latin ones, near to what passports and news print.
fn letter(c: char) -> Option<&'static str> {
    Some(match c {
        'а' | 'ә' | 'α' | 'ά' => "a",
        'б' => "b",
        'в' | 'β' => "v",
        'г' | 'ґ' | 'ғ' | 'γ' => "g",
        'д' | 'δ' => "d",
        'е' | 'э' | 'є' | 'ε' | 'έ' => "e",
        'ж' => "zh",
        'з' | 'ζ' => "z",
        'и' | 'й' | 'і' | 'ї' | 'ы' | 'ј' | 'η' | 'ή' | 'ι' | 'ί' | 'ϊ' | 'υ' | 'ύ' => {
            "i"
        }
        'к' | 'қ' | 'κ' => "k",
        'л' | 'λ' => "l",
        'м' | 'μ' => "m",
        'н' | 'ң' | 'ν' => "n",
        'о' | 'ө' | 'ο' | 'ό' | 'ω' | 'ώ' => "o",
        'п' | 'π' => "p",
        'р' | 'ρ' => "r",
        'с' | 'σ' | 'ς' => "s",
        'т' | 'τ' | 'θ' => "t",
        'у' | 'ү' | 'ұ' | 'ў' => "u",
        'ф' | 'φ' => "f",
        'х' | 'һ' | 'χ' => "h",
        'ц' => "ts",
        'ч' | 'ћ' => "ch",
        'ш' | 'щ' => "sh",
        'ъ' | 'ь' => "",
        'ю' => "iu",
        'я' => "ia",
        'ђ' | 'џ' => "j",
        'љ' => "li",
        'њ' => "ni",
        'ξ' => "ks",
        'ψ' => "ps",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::names::folded_words;

    fn keys(name: &str) -> Vec<String> {
        folded_words(name).iter().map(|word| key(word)).collect()
    }

    #[test]
    fn spellings_of_one_name_share_a_key() {
        let cases = [
            "Sergey Sergei Sergej Serguei Сергей Sergeï",
            "Yevgeny Evgeny Evgeniy Yevgeniy Evgenii Jevgenij Евгений",
            "Dmitry Dmitri Dmitriy Dmitrij Dmitrii Дмитрий",
            "Yuri Yury Yuriy Iurii Jurij Юрий",
            "Aleksandr Alexander Alexandre Aleksander Александр",
            "Alexey Aleksei Aleksey Alexei Алексей",
            "Pyotr Petr Piotr Пётр",
            "Nikolayevich Nikolaevich Николаевич",
            "Alekseyevich Alekseevich Алексеевич",
            "Putin Poutine Путин",
            "Zelensky Zelenskyy Zelenskiy Zelenskii",
            "Khodorkovsky Khodorkovskiy Ходорковский",
            "Solovyov Soloviev Solovyev Соловьёв",
            "Mikhail Mihail Michail Михаил",
            "Mohammed Muhammad Mohamed Mohammad Mohamad Muhammed",
            "Hussein Husayn Hussain Husain Hossein",
            "Qaeda Qaida Qa'ida",
            "Gaddafi Qadhafi Kadhafi Gadhafi Qaddafi",
            "Usama Osama Oussama",
            "Saleem Salim",
            "Abdulrahman Abdelrahman Abdurrahman Abderrahmane Abdirahman Abdalrahman",
            "Abdulkarim Abdelkarim Abdelkrim Abdukarim",
            "Abdussalam Abdulsalam Abdelsalam Abdusalam",
            "Abdullah Abdallah Abdollah Abdulla",
            "Nasrallah Nasrullah Nasrollah",
            "Salahuddin Salaheddin Salaheddine Salahaddin",
            "Nooruddin Nureddin Nouraddin",
            "Bin Ben Ibn",
            "Al El Ul",
            "Medvedev Medwedew",
            "Μητσοτάκης Mitsotakis",
        ];
        for line in cases {
            let mut keys: Vec<String> = keys(line);
            keys.dedup();
            assert_eq!(keys.len(), 1, "{line}: {keys:?}");
        }
    }

    #[test]
    fn other_names_keep_apart() {
        let cases = [
            ("Hassan", "Hussein"),
            ("Jong", "Yong"),
            ("Jun", "Yun"),
            ("Ivan", "Ivanov"),
            ("Ali", "Aliyev"),
            ("Ahmad", "Hamid"),
            ("Anton", "Antonov"),
            ("Abdulrahman", "Abdulrahim"),
            ("Abdulov", "Abdullah"),
            ("Salahuddin", "Shamsuddin"),
            ("Nasrallah", "Nasser"),
            ("Abduh", "Abdul"),
        ];
        for (one, other) in cases {
            assert_ne!(keys(one), keys(other), "{one} {other}");
        }
    }

    #[test]
    fn other_scripts_and_numbers_are_their_own_key() {
        for word in ["محمد", "金", "2024", "ე"] {
            assert_eq!(key(word), word);
        }
    }

    #[test]
    fn no_spelling_stands_under_two_names() {
        let mut seen = HashMap::new();
        for line in
            include_str!("spelling/variants.txt").lines().filter(|line| !line.starts_with('#'))
        {
            for word in line.split_whitespace() {
                let other = seen.insert(rules(word), line);
                assert!(other.is_none_or(|other| other == line), "{word}: {other:?} and {line:?}");
            }
        }
    }
}
