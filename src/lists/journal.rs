//! Whether an article is an act in the Official Journal, where the EU lists parties first.

/// Longest time between the Official Journal and the EU list, in days; more is another story.
const LAG: i64 = 60;

/// Whether an article at `host` is the Official Journal's own text of an EU act, `days` before its
/// list named a party. `instruments` are the kinds of the instruments it names.
///
/// Only the Journal's own pages count: a report on it is news like any other.
pub fn in_official_journal<'k>(
    host: &str,
    mut instruments: impl Iterator<Item = &'k str>,
    days: i64,
) -> bool {
    host == "eur-lex.europa.eu"
        && (1..=LAG).contains(&days)
        && instruments.any(|kind| matches!(kind, "eu-regulation" | "eu-decision" | "celex"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_recent_act_on_the_journals_own_page_counts() {
        let cases = [
            ("eur-lex.europa.eu", "eu-regulation", 3, true),
            ("eur-lex.europa.eu", "celex", 60, true),
            ("eur-lex.europa.eu", "celex", 61, false),
            ("eur-lex.europa.eu", "celex", 0, false),
            ("eur-lex.europa.eu", "executive-order", 3, false),
            ("news.example", "eu-regulation", 3, false),
            ("eur-lex.europa.eu.example", "eu-regulation", 3, false),
        ];
        for (host, kind, days, expected) in cases {
            let found = in_official_journal(host, [kind].into_iter(), days);
            assert_eq!(found, expected, "{host} {kind} {days}");
        }
    }
}
