//! Sums of money with their role: what was paid, what the dealings were worth, what was seized.

use std::sync::LazyLock;

use regex::{Captures, Regex};

use crate::classify::facts::actions::{Setting, is_plain};
use crate::classify::facts::marks::{Guard, Mark, Marked};
use crate::classify::matches::Match;
use crate::model::facts::{Action, Money, MoneyRole, Shown};
use crate::text::tokens::is_unspaced;

/// Signs and words of a currency; the longest that fits is read.
const CURRENCIES: &[(&str, &str)] = &[
    ("us$", "USD"),
    ("c$", "CAD"),
    ("a$", "AUD"),
    ("$", "USD"),
    ("€", "EUR"),
    ("£", "GBP"),
    ("¥", "JPY"),
    ("₽", "RUB"),
    ("usd", "USD"),
    ("eur", "EUR"),
    ("gbp", "GBP"),
    ("chf", "CHF"),
    ("u.s. dollars", "USD"),
    ("us dollars", "USD"),
    ("us-dollar", "USD"),
    ("dollars", "USD"),
    ("dollar", "USD"),
    ("dólares", "USD"),
    ("dollari", "USD"),
    ("dolarów", "USD"),
    ("dolarów amerykańskich", "USD"),
    ("dolar", "USD"),
    ("долларов", "USD"),
    ("долл", "USD"),
    ("доларів", "USD"),
    ("美元", "USD"),
    ("米ドル", "USD"),
    ("ドル", "USD"),
    ("دولار", "USD"),
    ("دلار", "USD"),
    ("euros", "EUR"),
    ("euro", "EUR"),
    ("avro", "EUR"),
    ("евро", "EUR"),
    ("євро", "EUR"),
    ("欧元", "EUR"),
    ("ユーロ", "EUR"),
    ("یورو", "EUR"),
    ("يورو", "EUR"),
    ("pounds", "GBP"),
    ("pfund", "GBP"),
    ("livres sterling", "GBP"),
    ("libras", "GBP"),
    ("franken", "CHF"),
    ("рублей", "RUB"),
    ("гривень", "UAH"),
    ("人民币", "CNY"),
    ("亿元", "CNY"),
];

/// Words that multiply a number.
const SCALES: &[(&str, f64)] = &[
    ("thousand", 1e3),
    ("million", 1e6),
    ("millions", 1e6),
    ("millionen", 1e6),
    ("mio.", 1e6),
    ("mln", 1e6),
    ("mn", 1e6),
    ("m", 1e6),
    ("millones", 1e6),
    ("milioni", 1e6),
    ("milhões", 1e6),
    ("miljoen", 1e6),
    ("milionów", 1e6),
    ("miliony", 1e6),
    ("milyon", 1e6),
    ("миллионов", 1e6),
    ("миллиона", 1e6),
    ("млн", 1e6),
    ("мільйонів", 1e6),
    ("مليون", 1e6),
    ("میلیون", 1e6),
    ("billion", 1e9),
    ("billions", 1e9),
    ("bn", 1e9),
    ("milliarden", 1e9),
    ("mrd.", 1e9),
    ("milliards", 1e9),
    ("milliard", 1e9),
    ("miliardi", 1e9),
    ("miljard", 1e9),
    ("miliardów", 1e9),
    ("milyar", 1e9),
    ("миллиардов", 1e9),
    ("миллиарда", 1e9),
    ("млрд", 1e9),
    ("мільярдів", 1e9),
    ("bilhões", 1e9),
    ("mil millones", 1e9),
    ("مليار", 1e9),
    ("میلیارد", 1e9),
    ("万", 1e4),
    ("億", 1e8),
    ("亿", 1e8),
];

/// A sum: a sign before or a word behind, a scale between.
static SUM: LazyLock<Regex> = LazyLock::new(|| {
    // Words of spaced scripts end where they end: the "m" of "5 men" is no million.
    let word = |word: &str| match word.ends_with(|c: char| c.is_alphabetic() && !is_unspaced(c)) {
        true => format!(r"{}\b", regex::escape(word)),
        false => regex::escape(word),
    };
    let any = |mut words: Vec<&str>| {
        words.sort_by_key(|word| usize::MAX - word.len());
        words.into_iter().map(word).collect::<Vec<_>>().join("|")
    };
    let currencies = any(CURRENCIES.iter().map(|(word, _)| *word).collect());
    let scales = any(SCALES.iter().map(|(word, _)| *word).collect());
    let pattern = format!(
        r"(?i)(?:({currencies})\s?)?(\d{{1,3}}(?:[.,'’\x{{a0}}\x{{202f}} ]\d{{3}})+(?:[.,]\d{{1,2}})?|\d{{1,12}}(?:[.,]\d{{1,3}})?)(?:[\s\x{{a0}}-]?({scales}))?(?:\.?[\s\x{{a0}}]?(?:de\s|d['’]|di\s)?({currencies}))?"
    );
    Regex::new(&pattern).expect("a test reads sums by it")
});

/// A sum with the bytes that write it.
#[derive(Debug, PartialEq)]
struct Sum {
    currency: &'static str,
    hundredths: u64,
    start: usize,
    end: usize,
}

/// Sums of money whose role the sentence shows, for the actions the article asserts.
pub(crate) fn find(marked: &Marked, setting: Setting, actions: &[Action]) -> Vec<Shown<Money>> {
    let roles = marked.marks.iter().any(|mark| matches!(mark.kind, Mark::Role(_)));
    if actions.is_empty() || !roles {
        return Vec::new();
    }
    let mut found = Vec::new();
    for sum in sums(marked.original) {
        let Some(tokens) = marked.folded.tokens_within(sum.start..sum.end) else { continue };
        let (first, last) = tokens.into_inner();
        let marks = marked.marks_of(marked.sentence(first));
        if let Some(role) = role(marks, first, last)
            && belongs(role, actions)
            && is_plain(marks, setting, first, last, &[Guard::Maybe, Guard::Not])
        {
            let Sum { currency, hundredths, start, end } = sum;
            let place = marked.place(start, end, first);
            found.push(Shown { value: Money { role, currency, hundredths }, place });
        }
    }
    found
}

/// The role whose words stand nearest in the sentence.
fn role(marks: &[Match<Mark>], first: usize, last: usize) -> Option<MoneyRole> {
    let roles = marks.iter().filter_map(|mark| match mark.kind {
        Mark::Role(role) => Some((role, mark)),
        _ => None,
    });
    let distance =
        |mark: &Match<Mark>| first.saturating_sub(mark.last).max(mark.first.saturating_sub(last));
    roles.min_by_key(|(_, mark)| (distance(mark), usize::MAX - mark.first)).map(|(role, _)| role)
}

/// Whether a sum of this role can belong to what the article is about.
fn belongs(role: MoneyRole, actions: &[Action]) -> bool {
    let any = |fitting: &[Action]| actions.iter().any(|action| fitting.contains(action));
    match role {
        MoneyRole::Penalty => any(&[Action::Penalty, Action::CourtRuling]),
        MoneyRole::Transactions => any(&[Action::Penalty, Action::Indictment, Action::Evasion]),
        MoneyRole::Seized => any(&[Action::Seizure]),
        MoneyRole::Frozen => true,
    }
}

fn sums(text: &str) -> impl Iterator<Item = Sum> {
    SUM.captures_iter(text).filter_map(sum)
}

fn sum(captures: Captures) -> Option<Sum> {
    let lower = |group: usize| captures.get(group).map(|found| found.as_str().to_lowercase());
    let named = lower(1).or(lower(4))?;
    let currency = CURRENCIES.iter().find(|(word, _)| *word == named)?.1;
    let scale = match lower(3) {
        Some(word) => SCALES.iter().find(|(known, _)| *known == word)?.1,
        None if named == "亿元" => 1e8,
        None => 1.0,
    };
    let amount = amount(captures.get(2)?.as_str())? * scale * 100.0;
    let whole = captures.get(0)?;
    let start = captures.get(1).or(captures.get(2))?.start();
    let end =
        [4, 3, 2].iter().find_map(|group| captures.get(*group)).map_or(whole.end(), |g| g.end());
    (1.0..1e18).contains(&amount).then_some(Sum {
        currency,
        hundredths: amount.round() as u64,
        start,
        end,
    })
}

/// "75,375", "1.200.000", "5,98", "11.8": three digits after a lone mark make a group, fewer a
/// fraction; of two kinds of mark the last begins the fraction.
fn amount(written: &str) -> Option<f64> {
    let marks: Vec<(usize, char)> =
        written.char_indices().filter(|(_, c)| matches!(c, '.' | ',')).collect();
    let fraction = marks.last().and_then(|(at, mark)| {
        let digits = written.len() - at - 1;
        let repeated = 1 < marks.iter().filter(|(_, other)| other == mark).count();
        (digits != 3 && !repeated).then_some(*at)
    });
    let (whole, rest) = fraction.map_or((written, ""), |at| (&written[..at], &written[at + 1..]));
    let digits: String = whole.chars().filter(char::is_ascii_digit).collect();
    format!("{digits}.{rest}0").parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_are_read_in_the_notations_of_many_countries() {
        let cases = [
            ("to pay $11.8 million in May", "USD", 1_180_000_000),
            ("a fine of $75,375", "USD", 7_537_500),
            ("US$1.2bn and", "USD", 120_000_000_000),
            ("£20m", "GBP", 2_000_000_000),
            ("258 Millionen Dollar", "USD", 25_800_000_000),
            ("5,98 millions de dollars", "USD", 598_000_000),
            ("1.200.000 euros", "EUR", 120_000_000),
            ("300 млн евро", "EUR", 30_000_000_000),
            ("支付800万美元", "USD", 800_000_000),
            ("$75,375.50 in", "USD", 7_537_550),
        ];
        for (text, currency, hundredths) in cases {
            let found: Vec<Sum> = sums(text).collect();
            let found: Vec<_> = found.iter().map(|sum| (sum.currency, sum.hundredths)).collect();
            assert_eq!(found, [(currency, hundredths)], "{text:?}");
        }
    }

    #[test]
    fn numbers_without_a_currency_are_no_sums() {
        for text in ["35 persons", "in 2024", "44 entities, 12 vessels", "E.O. 14024"] {
            assert_eq!(sums(text).count(), 0, "{text:?}");
        }
    }
}
