//! Which language a text is written in, from the text alone.

use whatlang::Lang;

use crate::text::words::is_spaceless;

/// Bytes that are looked at; more text does not make the guess better.
const SAMPLE: usize = 4096;
/// Bytes at the head of a text that mostly tell as much.
const GLANCE: usize = 512;
/// From this confidence (0 to 1) on, more text does not change the guess.
const CERTAIN: f64 = 0.99;
/// Guesses below this confidence (0 to 1) are mostly single words and numbers.
const SURE: f64 = 0.2;

/// The ISO 639-1 code of the language of `text`; `None` where the text is too short to tell.
///
/// ```
/// use sanctionwatch::text::language;
/// assert_eq!(language::of("The council adopted the measures on Monday evening."), Some("en"));
/// assert_eq!(language::of("Совет принял новые меры против банков"), Some("ru"));
/// assert_eq!(language::of("42"), None);
/// ```
pub fn of(text: &str) -> Option<&'static str> {
    let head = |length: usize| &text[..text.floor_char_boundary(length)];
    // Japanese mixes in so many Latin words that the beginning alone misleads.
    let mixed = head(SAMPLE).contains(is_spaceless);
    let glance = if mixed { None } else { whatlang::detect(head(GLANCE)) };
    let glance = glance.filter(|info| CERTAIN <= info.confidence());
    let info = glance.or_else(|| whatlang::detect(head(SAMPLE)))?;
    (SURE < info.confidence()).then(|| code(info.lang())).flatten()
}

/// The two-letter code of a language that has one.
fn code(lang: Lang) -> Option<&'static str> {
    Some(match lang {
        Lang::Afr => "af",
        Lang::Ara => "ar",
        Lang::Aze => "az",
        Lang::Bel => "be",
        Lang::Ben => "bn",
        Lang::Bul => "bg",
        Lang::Cat => "ca",
        Lang::Ces => "cs",
        Lang::Cmn => "zh",
        Lang::Dan => "da",
        Lang::Deu => "de",
        Lang::Ell => "el",
        Lang::Eng => "en",
        Lang::Epo => "eo",
        Lang::Est => "et",
        Lang::Fin => "fi",
        Lang::Fra => "fr",
        Lang::Guj => "gu",
        Lang::Heb => "he",
        Lang::Hin => "hi",
        Lang::Hrv => "hr",
        Lang::Hun => "hu",
        Lang::Hye => "hy",
        Lang::Ind => "id",
        Lang::Ita => "it",
        Lang::Jpn => "ja",
        Lang::Kat => "ka",
        Lang::Kor => "ko",
        Lang::Lat => "la",
        Lang::Lav => "lv",
        Lang::Lit => "lt",
        Lang::Mar => "mr",
        Lang::Mkd => "mk",
        Lang::Nld => "nl",
        Lang::Nob => "no",
        Lang::Pes => "fa",
        Lang::Pol => "pl",
        Lang::Por => "pt",
        Lang::Ron => "ro",
        Lang::Rus => "ru",
        Lang::Slk => "sk",
        Lang::Slv => "sl",
        Lang::Spa => "es",
        Lang::Srp => "sr",
        Lang::Swe => "sv",
        Lang::Tam => "ta",
        Lang::Tha => "th",
        Lang::Tur => "tr",
        Lang::Ukr => "uk",
        Lang::Urd => "ur",
        Lang::Vie => "vi",
        Lang::Zul => "zu",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_the_fifteen_languages_apart() {
        let cases = [
            ("en", "The government announced new measures against the banks this morning."),
            ("fr", "Le gouvernement a annoncé de nouvelles mesures contre les banques ce matin."),
            ("de", "Die Regierung kündigte heute Morgen neue Maßnahmen gegen die Banken an."),
            ("es", "El gobierno anunció esta mañana nuevas medidas contra los bancos del país."),
            ("it", "Il governo ha annunciato questa mattina nuove misure contro le banche."),
            ("pt", "O governo anunciou nesta manhã novas medidas contra os bancos do país."),
            ("nl", "De regering heeft vanochtend nieuwe maatregelen tegen de banken aangekondigd."),
            ("pl", "Rząd ogłosił dziś rano nowe środki przeciwko bankom i spółkom."),
            ("ru", "Правительство объявило сегодня утром о новых мерах против банков."),
            ("uk", "Уряд оголосив сьогодні вранці про нові заходи проти банків і компаній."),
            ("zh", "政府今天上午宣布针对银行采取新的措施。"),
            ("ja", "政府は今朝、銀行に対する新しい措置を発表した。"),
            ("ar", "أعلنت الحكومة صباح اليوم عن إجراءات جديدة ضد البنوك والشركات"),
            ("fa", "دولت امروز صبح از اقدامات جدید علیه بانک‌ها و شرکت‌ها خبر داد"),
            ("tr", "Hükümet bu sabah bankalara ve şirketlere yönelik yeni önlemleri açıkladı."),
        ];
        for (code, text) in cases {
            assert_eq!(of(text), Some(code), "{text:?}");
        }
    }

    #[test]
    fn says_nothing_about_what_is_no_text() {
        for text in ["", "  ", "12:45", "🙂"] {
            assert_eq!(of(text), None, "{text:?}");
        }
    }
}
