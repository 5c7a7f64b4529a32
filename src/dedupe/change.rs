//! Is a later text at the same address a change, or noise.

use std::collections::HashMap;

use crate::model::judged::{Change, Matter, Version};
use crate::text::fold::fold;
use crate::text::tokens::{Folded, Token};

/// Words by which a passage must grow or shrink to be one.
const PASSAGE_WORDS: usize = 12;

/// Words of a line that may change by itself; longer lines are prose.
const VOLATILE_WORDS_MAX: usize = 14;

/// Words of negation and exception, folded as [`fold`] does; each string holds many.
const NEGATIONS: &[&str] = &[
    // English
    "not no never nor neither none without except unless cannot isnt arent wasnt werent dont \
     doesnt didnt wont cant excluding",
    // French
    "ne pas non jamais sans sauf aucun aucune ni",
    // German
    "nicht kein keine keinen keiner keines nie ohne ausser weder",
    // Spanish, Italian, Portuguese
    "nunca jamas sin ningun ninguna ninguno excepto salvo mai senza nessun nessuna tranne nao \
     sem nenhum nenhuma exceto",
    // Dutch, Danish, Swedish, Norwegian
    "niet geen nooit zonder behalve ikke ingen aldrig uden undtagen inte inget utan aldri uten",
    // Polish, Czech, Romanian, Hungarian, Turkish
    "nie bez nigdy oprocz zadnych zadne ne nikdy zadny krome nu fara nici exceptia nem soha kivul \
     degil hicbir haric",
    // Russian, Ukrainian, Bulgarian, Greek
    "не нет ни без кроме никогда ні немає крім ніколи освен никога δεν μην χωρις ποτε εκτος",
    // Arabic, Persian
    "لا لم لن لیس لیست غیر دون عدا نیست نبود بدون جز",
];

/// Words of lines that change by themselves, folded; each string holds many. One of these and
/// otherwise only [`FILLERS`] and numbers make such a line.
const VOLATILE: &[&str] = &[
    // When it was printed, generated, looked at, touched.
    "updated modified reviewed aktualisiert actualise actualizado обновлено оновлено printed generated retrieved accessed rendered refreshed imprime genere consulte imprimee generee consultee generada impresa consultada gedruckt \
     generiert abgerufen impreso generado consultado распечатано надруковано сформировано",
    // How often it was read, shared, discussed.
    "views view viewed reads shares likes comments comment visitors visits hits downloads \
     vues partages commentaires aufrufe kommentare vistas lecturas comentarios просмотров \
     просмотры комментариев переглядів коментарів",
    // How long ago, how long to read.
    "ago vor hace назад тому session sitzung",
    // The same in scripts where words stand together, and in further languages.
    "stand mis mise lu обновлена изменено تحديث الطباعة المشاهدات تعليق 最后更新 更新时间 更新日期 \
     打印日期 打印时间 浏览次数 阅读次数 评论",
];

/// Words, many in a string, that stand in such lines beside the telling one: dates, units, and small words.
const FILLERS: &[&str] = &[
    "on at in в the this page document was by of from time times last am pm utc gmt cet est h min \
     mins id total number date second seconds minute minutes hour hours day days week weeks \
     month months year years il y a le la cette heures jours um uhr diese seite wurde stunden \
     minuten tagen el esta pagina minutos horas dias минут минуты часов часа днеи дня хвилин \
     годин january february march april may june july august september october november \
     december jan feb mar apr jun jul aug sep sept oct nov dec monday tuesday wednesday \
     thursday friday saturday sunday mon tue wed thu fri sat sun janvier fevrier mars avril \
     mai juin juillet aout septembre octobre novembre decembre januar februar marz juni juli \
     oktober dezember enero febrero marzo abril mayo junio julio agosto septiembre octubre \
     noviembre diciembre января февраля марта апреля мая июня июля августа сентября октября \
     ноября декабря січня лютого березня квітня травня червня липня серпня вересня жовтня \
     листопада грудня zuletzt jour fois las del de страница страницы عدد اخر تاريخ \
     مارس يناير فبراير ابريل مايو يونيو يوليو اغسطس سبتمبر اكتوبر نوفمبر ديسمبر",
];

/// How the new version differs from the old. Texts are blocks on lines of their own; the cost is
/// linear in their length.
pub fn of(old: Version<'_>, new: Version<'_>) -> Change {
    let text = of_texts(old.text, new.text);
    if fold(old.title) != fold(new.title) {
        let mut matters = match text {
            Change::Material(matters) => matters,
            _ => Vec::new(),
        };
        matters.insert(0, Matter::Title);
        return Change::Material(matters);
    }
    match text {
        Change::None if old.title != new.title => Change::Noise,
        text => text,
    }
}

fn of_texts(old_text: &str, new_text: &str) -> Change {
    if old_text == new_text {
        return Change::None;
    }
    let (gone, come) = changed_lines(old_text, new_text);
    if gone.is_empty() && come.is_empty() {
        // The same lines, perhaps in another order.
        let order = |text: &str| -> Vec<String> {
            lines(text).map(fold).filter(|line| !is_volatile(line)).collect()
        };
        return if order(old_text) == order(new_text) { Change::Noise } else { Change::Edited };
    }
    let (gone, come) = (Tally::of(&gone), Tally::of(&come));
    let matters = gone.matters(&come);
    if !matters.is_empty() {
        Change::Material(matters)
    } else if gone.words == come.words {
        // The same words cut into other lines.
        Change::Noise
    } else {
        Change::Edited
    }
}

/// Lines that only one text has, each as often as it has it more, without those that change by
/// themselves.
fn changed_lines<'t>(old: &'t str, new: &'t str) -> (Vec<&'t str>, Vec<&'t str>) {
    let mut surplus: HashMap<String, isize> = HashMap::new();
    for line in lines(old) {
        *surplus.entry(fold(line)).or_default() += 1;
    }
    for line in lines(new) {
        *surplus.entry(fold(line)).or_default() -= 1;
    }
    let mut take = |text: &'t str, sign: isize| -> Vec<&'t str> {
        lines(text)
            .filter(|line| {
                let folded = fold(line);
                let Some(left) = surplus.get_mut(&folded).filter(|left| 0 < **left * sign) else {
                    return false;
                };
                *left -= sign;
                !is_volatile(&folded)
            })
            .collect()
    };
    let gone = take(old, 1);
    let come = take(new, -1);
    (gone, come)
}

/// Lines with at least one letter or digit.
fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.lines().filter(|line| line.contains(char::is_alphanumeric))
}

/// Whether a folded line says only when it was printed, how often it was read and the like.
fn is_volatile(folded: &str) -> bool {
    let words: Vec<&str> = folded.split(' ').collect();
    // Codes of sessions and copies mix letters with digits in any order.
    let is_number = |word: &&str| word.contains(char::is_numeric);
    words.len() <= VOLATILE_WORDS_MAX
        && words.iter().any(|word| holds(VOLATILE, word))
        && words.iter().all(|word| is_number(word) || holds(VOLATILE, word) || holds(FILLERS, word))
}

/// Whether a word is among those of a table.
fn holds(table: &[&str], word: &str) -> bool {
    table.iter().flat_map(|words| words.split(' ')).any(|known| known == word)
}

/// How often each word stands in some lines.
#[derive(Default)]
struct Tally {
    words: HashMap<String, usize>,
    /// Those that begin with a capital inside a sentence, and those of scripts without capitals,
    /// where nothing tells a name from a word.
    names: HashMap<String, usize>,
    total: usize,
}

impl Tally {
    fn of(lines: &[&str]) -> Tally {
        let mut tally = Tally::default();
        for line in lines {
            let folded = Folded::of(line);
            let mut before: Option<Token> = None;
            for token in folded.tokens() {
                let word = &folded.text()[token.start..token.end];
                let inside = before.is_some_and(|before| before.sentence == token.sentence);
                if inside && token.capital || is_caseless(word) {
                    *tally.names.entry(word.to_owned()).or_default() += 1;
                }
                *tally.words.entry(word.to_owned()).or_default() += 1;
                tally.total += 1;
                before = Some(*token);
            }
        }
        tally
    }

    /// What matters among the words that one tally has more often than the other.
    fn matters(&self, other: &Tally) -> Vec<Matter> {
        let mut matters = Vec::new();
        let differing =
            || surplus(&self.words, &other.words).chain(surplus(&other.words, &self.words));
        if differing().any(|word| word.contains(|c: char| c.is_numeric())) {
            matters.push(Matter::Number);
        }
        if differing().any(|word| holds(NEGATIONS, word)) {
            matters.push(Matter::Negation);
        }
        // A word that only moved to or from the head of a sentence has not come or gone.
        let is_name = |word: &str, tally: &Tally| tally.names.contains_key(word);
        if surplus(&self.words, &other.words).any(|word| is_name(word, self))
            || surplus(&other.words, &self.words).any(|word| is_name(word, other))
        {
            matters.push(Matter::Name);
        }
        if PASSAGE_WORDS <= self.total.abs_diff(other.total) {
            matters.push(Matter::Passage);
        }
        matters
    }
}

/// Whether a word is of a script without capitals.
fn is_caseless(word: &str) -> bool {
    let is_cased = |c: char| c.is_lowercase() || c.is_uppercase() || c.is_numeric();
    !word.contains(is_cased)
}

/// Words that `one` has more often than `other`.
fn surplus<'t>(
    one: &'t HashMap<String, usize>,
    other: &'t HashMap<String, usize>,
) -> impl Iterator<Item = &'t str> {
    one.iter()
        .filter(|(word, count)| other.get(*word).is_none_or(|theirs| theirs < count))
        .map(|(word, _)| word.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "The council adds twelve persons to the list. Their assets are frozen in the \
        member states.\n\nThe measures do not apply to payments under Regulation 833/2014 until \
        31 July 2026.\n\nA spokesman for Meridian Shipping said the company would appeal.";

    fn of(old: &str, new: &str) -> Change {
        let version = |text| Version { title: "", text };
        super::of(version(old), version(new))
    }

    fn reversed(text: &str) -> String {
        let mut blocks: Vec<&str> = text.split("\n\n").collect();
        blocks.reverse();
        blocks.join("\n\n")
    }

    fn words_of(table: &'static [&str]) -> impl Iterator<Item = &'static str> {
        table.iter().flat_map(|words| words.split(' '))
    }

    #[test]
    fn changes_are_weighed_as_a_reader_would() {
        let cases: Vec<(&str, String, Change)> = vec![
            ("nothing", TEXT.to_owned(), Change::None),
            ("white space", TEXT.replace(". ", ".  ").replace("\n\n", "\n\n \n"), Change::Noise),
            ("no-break spaces", TEXT.replace(' ', "\u{a0}"), Change::Noise),
            ("quotes and dashes", TEXT.replace("list.", "list \u{2013}"), Change::Noise),
            ("case", TEXT.to_uppercase(), Change::Noise),
            ("other line breaks", TEXT.replace("list. Their", "list.\n\nTheir"), Change::Noise),
            ("printed", format!("{TEXT}\n\nPrinted on 16 July 2026 at 10:32"), Change::Noise),
            ("touched", format!("{TEXT}\n\nPage last updated: 16 July 2026"), Change::Noise),
            ("a counter", format!("1,234 views\n\n{TEXT}"), Change::Noise),
            ("age", format!("{TEXT}\n\n3 hours ago"), Change::Noise),
            ("vues", format!("{TEXT}\n\nVues : 12 345"), Change::Noise),
            ("spelling", TEXT.replace("measures", "mesures"), Change::Edited),
            ("order", reversed(TEXT), Change::Edited),
            ("a verb", TEXT.replace("would appeal", "may appeal"), Change::Edited),
            ("a number", TEXT.replace("833", "836"), Change::Material(vec![Matter::Number])),
            ("a date", TEXT.replace("31 July", "30 July"), Change::Material(vec![Matter::Number])),
            ("a month", TEXT.replace("July", "August"), Change::Material(vec![Matter::Name])),
            (
                "a negation",
                TEXT.replace("do not apply", "apply"),
                Change::Material(vec![Matter::Negation]),
            ),
            ("a name", TEXT.replace("Meridian", "Polaris"), Change::Material(vec![Matter::Name])),
            (
                "a passage",
                format!(
                    "{TEXT}\n\nthe list will be looked at again after a year and the persons on \
                         it will be told why they are there and how they may object to it"
                ),
                Change::Material(vec![Matter::Passage]),
            ),
            (
                "a passage gone",
                TEXT.rsplit_once("\n\n").unwrap().0.to_owned(),
                Change::Material(vec![Matter::Name]),
            ),
            (
                "all gone",
                String::new(),
                Change::Material(vec![
                    Matter::Number,
                    Matter::Negation,
                    Matter::Name,
                    Matter::Passage,
                ]),
            ),
        ];
        for (what, new, expected) in cases {
            assert_eq!(of(TEXT, &new), expected, "{what}");
            let back = of(&new, TEXT);
            assert_eq!(
                std::mem::discriminant(&back),
                std::mem::discriminant(&expected),
                "{what}, back"
            );
        }
    }

    #[test]
    fn a_title_is_material_unless_only_typography_changed() {
        let change = |old: &str, new: &str| {
            super::of(Version { title: old, text: TEXT }, Version { title: new, text: TEXT })
        };
        assert_eq!(change("Ministry acts", "Ministry  ACTS"), Change::Noise);
        assert_eq!(change("Ministry acts", "Ministry acts"), Change::None);
        assert_eq!(
            change("Ministry acts", "Ministry waits"),
            Change::Material(vec![Matter::Title])
        );
    }

    #[test]
    fn codes_of_sessions_are_noise_however_they_begin() {
        for code in ["4f2e91", "e3b0c44298fc1c14", "A9-77F0", "sid42"] {
            let line = format!("{TEXT}\n\nSession ID: {code}");
            assert_eq!(of(TEXT, &line), Change::Noise, "{code}");
        }
    }

    #[test]
    fn a_line_that_only_looks_volatile_counts() {
        let cases = [
            "Effective on 16 July 2026",
            "Comments are due on 16 July 2026 in writing",
            "16 July 2026",
            "Views differ",
            "The session of the court was on 16 July 2026",
        ];
        for line in cases {
            assert_ne!(of(TEXT, &format!("{TEXT}\n\n{line}")), Change::Noise, "{line}");
        }
    }

    #[test]
    fn every_word_in_the_tables_is_folded() {
        for word in words_of(NEGATIONS).chain(words_of(VOLATILE)).chain(words_of(FILLERS)) {
            assert_eq!(fold(word), word);
        }
        for word in words_of(VOLATILE) {
            assert!(is_volatile(&format!("{word} 123")), "{word}");
            assert!(!is_volatile(&format!("{word} 123 persons")), "{word}");
        }
        for word in words_of(NEGATIONS) {
            let old = "alpha beta gamma delta";
            let new = format!("alpha {word} beta gamma delta");
            let change = of(old, &new);
            assert!(change.matters().contains(&Matter::Negation), "{word}: {change:?}");
        }
    }

    #[test]
    fn hostile_texts_take_linear_time() {
        let old: String = (0..100_000).map(|n| format!("a{n}\n")).collect();
        let new: String = (0..100_000).map(|n| format!("b{n}\n")).collect();
        assert!(matches!(of(&old, &new), Change::Material(_)));
    }
}
