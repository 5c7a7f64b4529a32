//! The words of dates: months, weekdays, halves of the day, zones, and what stands around them.
//!
//! Cells hold spellings separated by `|`; they are compared after [`fold`], so accents, case and
//! the Arabic and Persian forms of one letter need no entries of their own.

use std::collections::HashMap;
use std::sync::LazyLock;

use chrono_tz::Tz;

use crate::parse::date::Role;
use crate::parse::date::token::fold;

/// A month as a word names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Month {
    /// 1 to 12.
    pub(crate) number: u32,
    pub(crate) calendar: Calendar,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Calendar {
    Gregorian,
    SolarHijri,
}

/// The twelve months of a language, with inflections and abbreviations.
pub(crate) struct Months {
    #[cfg_attr(not(test), expect(dead_code, reason = "labels the row; the tests read by it"))]
    pub(crate) language: &'static str,
    pub(crate) calendar: Calendar,
    pub(crate) names: [&'static str; 12],
}

const fn gregorian(language: &'static str, names: [&'static str; 12]) -> Months {
    Months { language, calendar: Calendar::Gregorian, names }
}

#[rustfmt::skip]
pub(crate) const MONTHS: [Months; 27] = [
    gregorian("en", ["january|jan", "february|feb|febr", "march|mar", "april|apr", "may", "june|jun", "july|jul", "august|aug", "september|sep|sept", "october|oct", "november|nov", "december|dec"]),
    gregorian("fr", ["janvier|janv|jan", "février|févr|fév", "mars|mar", "avril|avr", "mai", "juin", "juillet|juil|jul", "août", "septembre|sept|sep", "octobre|oct", "novembre|nov", "décembre|déc"]),
    gregorian("de", ["januar|jänner|jan|jän", "februar|feber|feb", "märz|maerz|mär|mrz", "april|apr", "mai", "juni|jun", "juli|jul", "august|aug", "september|sept|sep", "oktober|okt", "november|nov", "dezember|dez"]),
    gregorian("es", ["enero|ene", "febrero|feb", "marzo|mar", "abril|abr", "mayo|may", "junio|jun", "julio|jul", "agosto|ago", "septiembre|setiembre|sep|sept|set", "octubre|oct", "noviembre|nov", "diciembre|dic"]),
    gregorian("it", ["gennaio|gen|genn", "febbraio|feb|febb", "marzo|mar", "aprile|apr", "maggio|mag|magg", "giugno|giu", "luglio|lug", "agosto|ago", "settembre|set|sett", "ottobre|ott", "novembre|nov", "dicembre|dic"]),
    gregorian("pt", ["janeiro|jan", "fevereiro|fev", "março|mar", "abril|abr", "maio|mai", "junho|jun", "julho|jul", "agosto|ago", "setembro|set", "outubro|out", "novembro|nov", "dezembro|dez"]),
    gregorian("nl", ["januari|jan", "februari|feb", "maart|mrt", "april|apr", "mei", "juni|jun", "juli|jul", "augustus|aug", "september|sept|sep", "oktober|okt", "november|nov", "december|dec"]),
    gregorian("pl", ["styczeń|stycznia|styczniu|sty", "luty|lutego|lut", "marzec|marca|mar", "kwiecień|kwietnia|kwi|kwie", "maj|maja", "czerwiec|czerwca|cze|czer", "lipiec|lipca|lip", "sierpień|sierpnia|sie|sier", "wrzesień|września|wrz", "październik|października|paź|paźdz", "listopad|listopada|lis|list", "grudzień|grudnia|gru|grudz"]),
    gregorian("ru", ["январь|января|янв", "февраль|февраля|фев|февр", "март|марта|мар", "апрель|апреля|апр", "май|мая", "июнь|июня|июн", "июль|июля|июл", "август|августа|авг", "сентябрь|сентября|сен|сент", "октябрь|октября|окт", "ноябрь|ноября|ноя|нояб", "декабрь|декабря|дек"]),
    gregorian("uk", ["січень|січня|січ", "лютий|лютого|лют", "березень|березня|бер|берез", "квітень|квітня|кві|квіт", "травень|травня|тра|трав", "червень|червня|чер|черв", "липень|липня|лип", "серпень|серпня|сер|серп", "вересень|вересня|вер|верес", "жовтень|жовтня|жов|жовт", "листопад|листопада|лис|листоп", "грудень|грудня|гру|груд"]),
    gregorian("ar", ["يناير|كانون الثاني|جانفي", "فبراير|شباط|فيفري", "مارس|آذار", "أبريل|إبريل|نيسان|أفريل", "مايو|أيار|ماي", "يونيو|يونيه|حزيران|جوان", "يوليو|يوليه|تموز|جويلية", "أغسطس|آب|أوت|غشت", "سبتمبر|أيلول|شتنبر", "أكتوبر|تشرين الأول", "نوفمبر|تشرين الثاني|نونبر", "ديسمبر|كانون الأول|دجنبر"]),
    gregorian("fa", ["ژانویه", "فوریه", "مارس|مارچ", "آوریل|آپریل|اپریل", "مه|می", "ژوئن|جون", "ژوئیه|جولای", "اوت|آگوست|اگست", "سپتامبر|سپتمبر", "اکتبر", "نوامبر|نومبر", "دسامبر|دسمبر"]),
    Months { language: "fa", calendar: Calendar::SolarHijri, names: ["فروردین|حمل", "اردیبهشت|ثور", "خرداد|جوزا", "تیر|سرطان", "مرداد|امرداد|اسد", "شهریور|سنبله", "مهر|میزان", "آبان|عقرب", "آذر|قوس", "دی|جدی", "بهمن|دلو", "اسفند|حوت"] },
    gregorian("tr", ["ocak|oca", "şubat|şub", "mart|mar", "nisan|nis", "mayıs|may", "haziran|haz", "temmuz|tem", "ağustos|ağu", "eylül|eyl", "ekim|eki", "kasım|kas", "aralık|ara"]),
    gregorian("sv", ["januari|jan", "februari|feb", "mars|mar", "april|apr", "maj", "juni|jun", "juli|jul", "augusti|aug", "september|sep|sept", "oktober|okt", "november|nov", "december|dec"]),
    gregorian("no", ["januar|jan", "februar|feb", "mars|mar", "april|apr", "mai", "juni|jun", "juli|jul", "august|aug", "september|sep|sept", "oktober|okt", "november|nov", "desember|des"]),
    gregorian("da", ["januar|jan", "februar|feb", "marts|mar", "april|apr", "maj", "juni|jun", "juli|jul", "august|aug", "september|sep|sept", "oktober|okt", "november|nov", "december|dec"]),
    gregorian("fi", ["tammikuu|tammikuuta|tammikuun", "helmikuu|helmikuuta|helmikuun", "maaliskuu|maaliskuuta|maaliskuun", "huhtikuu|huhtikuuta|huhtikuun", "toukokuu|toukokuuta|toukokuun", "kesäkuu|kesäkuuta|kesäkuun", "heinäkuu|heinäkuuta|heinäkuun", "elokuu|elokuuta|elokuun", "syyskuu|syyskuuta|syyskuun", "lokakuu|lokakuuta|lokakuun", "marraskuu|marraskuuta|marraskuun", "joulukuu|joulukuuta|joulukuun"]),
    gregorian("cs", ["leden|ledna|led", "únor|února|úno", "březen|března|bře", "duben|dubna|dub", "květen|května|kvě", "červen|června|čvn", "červenec|července|čvc", "srpen|srpna|srp", "září|zář", "říjen|října|říj", "listopad|listopadu|lis", "prosinec|prosince|pro"]),
    gregorian("sk", ["január|januára", "február|februára", "marec|marca", "apríl|apríla", "máj|mája", "jún|júna", "júl|júla", "august|augusta", "september|septembra", "október|októbra", "november|novembra", "december|decembra"]),
    gregorian("hu", ["január|jan", "február|febr|feb", "március|márc", "április|ápr", "május|máj", "június|jún", "július|júl", "augusztus|aug", "szeptember|szept", "október|okt", "november|nov", "december|dec"]),
    gregorian("ro", ["ianuarie|ian", "februarie|feb", "martie|mar", "aprilie|apr", "mai", "iunie|iun", "iulie|iul", "august|aug", "septembrie|sept|sep", "octombrie|oct", "noiembrie|noi|nov", "decembrie|dec"]),
    gregorian("el", ["ιανουάριος|ιανουαρίου|ιαν", "φεβρουάριος|φεβρουαρίου|φεβ", "μάρτιος|μαρτίου|μαρ", "απρίλιος|απριλίου|απρ", "μάιος|μαΐου|μαι", "ιούνιος|ιουνίου|ιουν", "ιούλιος|ιουλίου|ιουλ", "αύγουστος|αυγούστου|αυγ", "σεπτέμβριος|σεπτεμβρίου|σεπ", "οκτώβριος|οκτωβρίου|οκτ", "νοέμβριος|νοεμβρίου|νοε", "δεκέμβριος|δεκεμβρίου|δεκ"]),
    gregorian("bg", ["януари|ян", "февруари", "март", "април", "май", "юни", "юли", "август", "септември", "октомври", "ноември", "декември"]),
    gregorian("id", ["januari", "februari", "maret", "april", "mei", "juni", "juli", "agustus|agu|ags", "september", "oktober", "november|nop", "desember"]),
    gregorian("lv", ["janvāris|janvārī", "februāris|februārī", "marts|martā", "aprīlis|aprīlī", "maijs|maijā", "jūnijs|jūnijā", "jūlijs|jūlijā", "augusts|augustā", "septembris|septembrī", "oktobris|oktobrī", "novembris|novembrī", "decembris|decembrī"]),
    gregorian("et", ["jaanuar", "veebruar", "märts", "aprill", "mai", "juuni", "juuli", "august", "september", "oktoober", "november", "detsember"]),
];

/// Names of the days, which are passed over: the date itself says which day it is.
#[rustfmt::skip]
pub(crate) const WEEKDAYS: [(&str, &str); 20] = [
    ("en", "monday|tuesday|wednesday|thursday|friday|saturday|sunday|mon|tue|tues|wed|thu|thur|thurs|fri|sat|sun"),
    ("fr", "lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche|lun|mar|mer|jeu|ven|sam|dim"),
    ("de", "montag|dienstag|mittwoch|donnerstag|freitag|samstag|sonnabend|sonntag|mo|di|mi|do|fr|sa|so"),
    ("es", "lunes|martes|miércoles|jueves|viernes|sábado|domingo|lun|mar|mié|jue|vie|sáb|dom"),
    ("it", "lunedì|martedì|mercoledì|giovedì|venerdì|sabato|domenica|gio|ven|sab"),
    ("pt", "segunda|terça|quarta|quinta|sexta|sábado|domingo|feira|seg|ter|qua|qui|sex|sáb"),
    ("nl", "maandag|dinsdag|woensdag|donderdag|vrijdag|zaterdag|zondag|ma|di|wo|do|vr|za|zo"),
    ("pl", "poniedziałek|wtorek|środa|czwartek|piątek|sobota|niedziela|pon|wt|śr|czw|pt|sob|nd"),
    ("ru", "понедельник|вторник|среда|четверг|пятница|суббота|воскресенье|пн|вт|ср|чт|пт|сб|вс"),
    ("uk", "понеділок|вівторок|середа|четвер|пʼятниця|пятниця|субота|неділя|нд"),
    ("ar", "الاثنين|الإثنين|الثلاثاء|الأربعاء|الخميس|الجمعة|السبت|الأحد"),
    ("fa", "دوشنبه|سه‌شنبه|چهارشنبه|پنجشنبه|پنج‌شنبه|جمعه|شنبه|یکشنبه|یک‌شنبه|سه|پنج"),
    ("tr", "pazartesi|salı|çarşamba|perşembe|cuma|cumartesi|pazar|pzt|sal|çar|per|cum|cmt|paz"),
    ("sv", "måndag|tisdag|onsdag|torsdag|fredag|lördag|söndag"),
    ("da", "mandag|tirsdag|onsdag|torsdag|fredag|lørdag|søndag"),
    ("fi", "maanantai|tiistai|keskiviikko|torstai|perjantai|lauantai|sunnuntai"),
    ("cs", "pondělí|úterý|středa|čtvrtek|pátek|sobota|neděle"),
    ("hu", "hétfő|kedd|szerda|csütörtök|péntek|szombat|vasárnap"),
    ("ro", "luni|marți|miercuri|joi|vineri|sâmbătă|duminică"),
    ("el", "δευτέρα|τρίτη|τετάρτη|πέμπτη|παρασκευή|σάββατο|κυριακή"),
];

/// Words between the parts of a date: 16 de julio de 2024, 16th day of July.
const WITHIN: &str = "de|del|of|day|der|den|the|dne|di|d";
/// Ordinal endings of a day: 16th, 1er, 16ης, 16-го.
const ORDINAL: &str = "st|nd|rd|th|er|ste|de|e|eme|го|ого|η|ης|a|ra|o";
/// Words after a year: 2024 г., 2024 року, 2024 r.
const AFTER_YEAR: &str = "г|года|год|р|року|рік|r|roku|m";
/// Words between a date and its time of day.
#[rustfmt::skip]
const BEFORE_TIME: &str = "at|um|à|a|as|às|alle|ore|las|les|los|om|o|godz|godzina|klo|kl|klokken|в|во|о|об|у|saat|ساعت|الساعة|في|على|und|and|y|et|e|u|v|ve|h|il|le|el|on|published|updated|ora|ч|час";
/// Words between a label and its date: "updated on the", "mis à jour le".
#[rustfmt::skip]
const BEFORE_DATE: &str = "on|the|at|am|den|der|vom|le|la|el|il|em|de|op|dnia|w|в|от|від|في|بتاريخ|در|tarihi|date|datum|data|fecha|дата|tarih|تاریخ|תאריך|time|is|was|last|first|of|by|edt|est|story|article|page";

/// Words that say a date is when the text appeared.
#[rustfmt::skip]
pub(crate) const PUBLISHED: [(&str, &str); 15] = [
    ("en", "published|posted|issued|released|release|dated|publication|created|submitted|date"),
    ("fr", "publié|publiée|posté|diffusé|paru|parution|publication|écrit"),
    ("de", "veröffentlicht|erschienen|erstellt|publiziert|veröffentlichung|veröffentlichungsdatum|datum|vom"),
    ("es", "publicado|publicada|publicación|creado|emitido"),
    ("it", "pubblicato|pubblicata|pubblicazione|creato"),
    ("pt", "publicado|publicada|publicação|postado|criado"),
    ("nl", "gepubliceerd|geplaatst|publicatiedatum|verschenen"),
    ("pl", "opublikowano|opublikowany|publikacja|publikacji|dodano|utworzono|data"),
    ("ru", "опубликовано|опубликована|опубликован|публикации|размещено|добавлено|создано"),
    ("uk", "опубліковано|опублікована|публікації|розміщено|додано|створено"),
    ("zh", "发布|發布|发表|發表|发布时间|刊登|發佈|时间|日期"),
    ("ja", "公開|掲載|投稿|配信|発表|初出"),
    ("ar", "نشر|نشرت|النشر|منشور|نشرها"),
    ("fa", "انتشار|منتشر|ارسال|درج"),
    ("tr", "yayınlanma|yayınlandı|yayımlanma|giriş|oluşturulma|eklenme|yayın"),
];

/// Words that say a date is when the text last changed.
#[rustfmt::skip]
pub(crate) const MODIFIED: [(&str, &str); 15] = [
    ("en", "updated|update|modified|revised|amended|changed|reviewed|edited|corrected"),
    ("fr", "jour|modifié|modifiée|modification|actualisé|actualisation|révisé|maj"),
    ("de", "aktualisiert|aktualisierung|geändert|änderung|stand|update|überarbeitet"),
    ("es", "actualizado|actualizada|actualización|modificado|modificación|revisado"),
    ("it", "aggiornato|aggiornata|aggiornamento|modificato|modifica"),
    ("pt", "atualizado|atualizada|atualização|modificado|modificação|alterado"),
    ("nl", "bijgewerkt|gewijzigd|aangepast|laatst|wijziging|update"),
    ("pl", "aktualizacja|aktualizacji|zaktualizowano|zmodyfikowano|modyfikacja|modyfikacji|edytowano"),
    ("ru", "обновлено|обновлена|обновлен|изменено|изменения|обновления|отредактировано"),
    ("uk", "оновлено|оновлена|змінено|оновлення|відредаговано"),
    ("zh", "更新|修改|最后更新|最後更新|修订"),
    ("ja", "更新|最終更新|改訂|修正"),
    ("ar", "تحديث|التحديث|حدث|تعديل|محدث"),
    ("fa", "بروزرسانی|روزرسانی|به‌روزرسانی|ویرایش|اصلاح"),
    ("tr", "güncelleme|güncellendi|güncellenme|düzenleme|değiştirilme"),
];

/// Which half of the day a clock of twelve is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Half {
    Morning,
    Afternoon,
}

/// Halves of the day as words, points left out: a.m. is `am`.
#[rustfmt::skip]
pub(crate) const HALVES: [(&str, Half); 14] = [
    ("am", Half::Morning), ("pm", Half::Afternoon),
    ("ص", Half::Morning), ("م", Half::Afternoon),
    ("صباحا", Half::Morning), ("مساء", Half::Afternoon),
    ("قظ", Half::Morning), ("بظ", Half::Afternoon),
    ("öö", Half::Morning), ("ös", Half::Afternoon),
    ("πμ", Half::Morning), ("μμ", Half::Afternoon),
    ("fm", Half::Morning), ("em", Half::Afternoon),
];

/// The same in scripts without spaces, before the hour.
pub(crate) const UNSPACED_HALVES: [(&str, Half); 12] = [
    ("上午", Half::Morning),
    ("下午", Half::Afternoon),
    ("午前", Half::Morning),
    ("午後", Half::Afternoon),
    ("早上", Half::Morning),
    ("凌晨", Half::Morning),
    ("清晨", Half::Morning),
    ("中午", Half::Afternoon),
    ("晚上", Half::Afternoon),
    ("傍晚", Half::Afternoon),
    ("오전", Half::Morning),
    ("오후", Half::Afternoon),
];

/// Zone names as datelines and feeds write them, with their offset in minutes. They count in
/// capitals only, since "est" and "met" are words elsewhere. RFC 822 decides for CST and the
/// other American ones; IST is India's.
#[rustfmt::skip]
pub(crate) const ZONES: [(&str, i32); 54] = [
    ("Z", 0), ("UT", 0), ("UTC", 0), ("GMT", 0), ("WET", 0), ("WEST", 60),
    ("BST", 60), ("CET", 60), ("CEST", 120), ("MEZ", 60), ("MESZ", 120), ("MET", 60), ("MEST", 120),
    ("HNEC", 60), ("HAEC", 120), ("EET", 120), ("EEST", 180), ("MSK", 180), ("MSD", 240),
    ("МСК", 180), ("TRT", 180), ("TSİ", 180), ("SAST", 120), ("CAT", 120), ("EAT", 180), ("WAT", 60),
    ("AST", -240), ("GST", 240), ("IRST", 210), ("IRDT", 270), ("PKT", 300), ("IST", 330), ("ICT", 420),
    ("WIB", 420), ("SGT", 480), ("HKT", 480), ("PHT", 480), ("AWST", 480), ("JST", 540), ("KST", 540),
    ("AEST", 600), ("AEDT", 660), ("NZST", 720), ("NZDT", 780), ("BRT", -180), ("ART", -180),
    ("EST", -300), ("EDT", -240), ("CST", -360), ("CDT", -300), ("MST", -420), ("MDT", -360),
    ("PST", -480), ("PDT", -420),
];

/// Zones whose offset depends on the season.
#[rustfmt::skip]
pub(crate) const SEASONAL: [(&str, Tz); 4] = [
    ("ET", Tz::America__New_York), ("CT", Tz::America__Chicago), ("MT", Tz::America__Denver),
    ("PT", Tz::America__Los_Angeles),
];

static MONTH_WORDS: LazyLock<HashMap<String, Month>> = LazyLock::new(|| {
    let mut words = HashMap::new();
    for months in &MONTHS {
        for (index, cell) in (1..).zip(months.names) {
            for name in cell.split('|') {
                let month = Month { number: index, calendar: months.calendar };
                words.entry(fold(name)).or_insert(month);
            }
        }
    }
    words
});

static WEEKDAY_WORDS: LazyLock<Vec<String>> =
    LazyLock::new(|| sorted(WEEKDAYS.iter().flat_map(|(_, cell)| cell.split('|'))));
static BEFORE_TIME_WORDS: LazyLock<Vec<String>> = LazyLock::new(|| sorted(BEFORE_TIME.split('|')));
static BEFORE_DATE_WORDS: LazyLock<Vec<String>> = LazyLock::new(|| sorted(BEFORE_DATE.split('|')));
static WITHIN_WORDS: LazyLock<Vec<String>> = LazyLock::new(|| sorted(WITHIN.split('|')));
static ORDINAL_WORDS: LazyLock<Vec<String>> = LazyLock::new(|| sorted(ORDINAL.split('|')));
static AFTER_YEAR_WORDS: LazyLock<Vec<String>> = LazyLock::new(|| sorted(AFTER_YEAR.split('|')));
static HALF_WORDS: LazyLock<HashMap<String, Half>> =
    LazyLock::new(|| HALVES.iter().map(|(word, half)| (fold(word), *half)).collect());
static ROLE_WORDS: LazyLock<HashMap<String, Role>> = LazyLock::new(|| {
    let of = |table: &'static [(&str, &str)], role| {
        table.iter().flat_map(|(_, cell)| cell.split('|')).map(move |word| (fold(word), role))
    };
    of(&PUBLISHED, Role::Published).chain(of(&MODIFIED, Role::Modified)).collect()
});

/// The month a folded word, or two of them with a space between, names.
pub(crate) fn month(word: &str) -> Option<Month> {
    MONTH_WORDS.get(word).copied()
}

pub(crate) fn is_weekday(word: &str) -> bool {
    has(&WEEKDAY_WORDS, word)
}

pub(crate) fn half(word: &str) -> Option<Half> {
    HALF_WORDS.get(word).copied()
}

pub(crate) fn stands_before_time(word: &str) -> bool {
    has(&BEFORE_TIME_WORDS, word)
}

pub(crate) fn stands_before_date(word: &str) -> bool {
    has(&BEFORE_DATE_WORDS, word)
}

pub(crate) fn stands_within(word: &str) -> bool {
    has(&WITHIN_WORDS, word)
}

pub(crate) fn is_ordinal(word: &str) -> bool {
    has(&ORDINAL_WORDS, word)
}

pub(crate) fn stands_after_year(word: &str) -> bool {
    has(&AFTER_YEAR_WORDS, word)
}

/// What a folded word says of the date after it.
pub(crate) fn role(word: &str) -> Option<Role> {
    ROLE_WORDS.get(word).copied()
}

/// What the end of a text in a script without spaces says of the date after it.
pub(crate) fn unspaced_role(text: &str) -> Option<Role> {
    let latest = |table: &[(&str, &str)]| {
        let cells = table.iter().filter(|(language, _)| ["zh", "ja"].contains(language));
        cells.flat_map(|(_, cell)| cell.split('|')).filter_map(|word| text.rfind(word)).max()
    };
    let (published, modified) = (latest(&PUBLISHED), latest(&MODIFIED));
    // "更新时间" ends in a word that alone would mean publication.
    let role = if modified.is_some() { Role::Modified } else { Role::Published };
    published.or(modified).map(|_| role)
}

fn sorted<'a>(words: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut words: Vec<String> = words.map(fold).collect();
    words.sort_unstable();
    words
}

fn has(words: &[String], word: &str) -> bool {
    words.binary_search_by(|known| known.as_str().cmp(word)).is_ok()
}
