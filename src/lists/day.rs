//! Days as official lists write them.

use chrono::NaiveDate;

/// A day in one of the forms of the lists: `2012-12-31` (also before a time), `31/12/2012`
/// (day first, as outside America).
pub(crate) fn day(text: &str) -> Option<NaiveDate> {
    let text = text.trim();
    let date = text.get(..10).unwrap_or(text);
    NaiveDate::parse_from_str(date, "%Y-%m-%d")
        .or_else(|_| NaiveDate::parse_from_str(date, "%d/%m/%Y"))
        .ok()
}

/// A day as America writes it, `12/31/2012`, or as in [`day`] with the year first.
pub(crate) fn american_day(text: &str) -> Option<NaiveDate> {
    let text = text.trim();
    NaiveDate::parse_from_str(text, "%m/%d/%Y")
        .or_else(|_| NaiveDate::parse_from_str(text.get(..10).unwrap_or(text), "%Y-%m-%d"))
        .ok()
}

/// A day from the texts of its three numbers.
pub(crate) fn from_parts(year: &str, month: &str, day: &str) -> Option<NaiveDate> {
    let month = month.trim().parse().ok()?;
    NaiveDate::from_ymd_opt(year.trim().parse().ok()?, month, day.trim().parse().ok()?)
}

/// What is known of a date of birth: `1960-05-01`, `1960-05` or `1960`; empty without a year.
pub(crate) fn birth(year: &str, month: &str, day: &str) -> String {
    let known = |part: &str| part.trim().parse::<u32>().ok().filter(|number| 0 < *number);
    match (known(year), known(month), known(day)) {
        (Some(year), Some(month), Some(day)) => format!("{year:04}-{month:02}-{day:02}"),
        (Some(year), Some(month), None) => format!("{year:04}-{month:02}"),
        (Some(year), _, _) => format!("{year:04}"),
        (None, _, _) => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_read_as_their_list_writes_them() {
        let expected = NaiveDate::from_ymd_opt(2012, 3, 4);
        for text in ["2012-03-04", " 2012-03-04T09:00:00Z ", "04/03/2012"] {
            assert_eq!(day(text), expected, "{text}");
        }
        assert_eq!(american_day("03/04/2012"), expected);
        assert_eq!(american_day("2012-03-04"), expected);
        assert_eq!(from_parts("2012", "3", "4"), expected);
        for text in ["", "2012", "31/31/2012", "ééééééééé"] {
            assert_eq!(day(text), None, "{text}");
        }
        assert_eq!(birth("1960", "", "0"), "1960");
        assert_eq!(birth("1960", "5", "1"), "1960-05-01");
    }
}
