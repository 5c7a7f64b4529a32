//! Years and days of other calendars: the Solar Hijri calendar, Japanese eras, the Republic of China.

use chrono::{Days, NaiveDate};

/// The Solar Hijri years that [`solar_hijri`] converts.
const SOLAR_YEARS: std::ops::RangeInclusive<i32> = 1278..=1478;

/// The Gregorian day of a Solar Hijri date (Iran, Afghanistan), years 1278 to 1478 (1899–2100).
pub(crate) fn solar_hijri(year: i32, month: u32, day: u32) -> Option<NaiveDate> {
    let length = match month {
        1..=6 => 31,
        7..=11 => 30,
        12 => 29 + u32::from(is_leap(year)),
        _ => return None,
    };
    if !SOLAR_YEARS.contains(&year) || !(1..=length).contains(&day) {
        return None;
    }
    let before = if month <= 7 { 31 * (month - 1) } else { 186 + 30 * (month - 7) };
    new_year(year)?.checked_add_days(Days::new(u64::from(before + day - 1)))
}

/// The Gregorian day of 1 Farvardin, after K. M. Borkowski, "The Persian calendar for 3000 years"
/// (Earth, Moon, and Planets 74, 1996): between the years 1210 and 1635 eight leap days fall in
/// every 33 years, as the astronomical calendar has it.
fn new_year(year: i32) -> Option<NaiveDate> {
    let gregorian = year + 621;
    let into_period = year - 1210;
    let leaps = 294 + into_period / 33 * 8 + (into_period % 33 + 3) / 4;
    let gregorian_leaps = gregorian / 4 - (gregorian / 100 + 1) * 3 / 4 - 150;
    NaiveDate::from_ymd_opt(gregorian, 3, u32::try_from(20 + leaps - gregorian_leaps).ok()?)
}

fn is_leap(year: i32) -> bool {
    match (new_year(year), new_year(year + 1)) {
        (Some(start), Some(next)) => (next - start).num_days() == 366,
        _ => false,
    }
}

/// The Gregorian year of a year counted from an era of East Asia: Reiwa 6 is 2024.
pub(crate) fn era_year(era: &str, year: u64) -> Option<u64> {
    let (_, before) = ERAS.iter().find(|(name, _)| *name == era)?;
    (1..=200).contains(&year).then_some(before + year)
}

/// Eras with the Gregorian year before their first.
pub(crate) const ERAS: [(&str, u64); 6] = [
    ("令和", 2018),
    ("平成", 1988),
    ("昭和", 1925),
    ("民國", 1911),
    ("民国", 1911),
    ("中華民國", 1911),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn solar_years_begin_when_the_almanac_says() {
        let cases = [
            (1278, "1899-03-21"),
            (1300, "1921-03-21"),
            (1357, "1978-03-21"),
            (1375, "1996-03-20"),
            (1399, "2020-03-20"),
            (1400, "2021-03-21"),
            (1403, "2024-03-20"),
            (1404, "2025-03-21"),
            (1408, "2029-03-20"),
            (1478, "2099-03-20"),
        ];
        for (year, expect) in cases {
            assert_eq!(solar_hijri(year, 1, 1).unwrap().to_string(), expect, "1 Farvardin {year}");
        }
    }

    #[test]
    fn every_solar_day_follows_the_one_before() {
        let mut last = solar_hijri(1278, 1, 1).unwrap();
        for year in 1278..=1478 {
            for month in 1..=12 {
                for day in (1..=31).filter(|day| (year, month, *day) != (1278, 1, 1)) {
                    if let Some(found) = solar_hijri(year, month, day) {
                        assert_eq!((found - last).num_days(), 1, "{year}/{month}/{day}");
                        last = found;
                    }
                }
            }
        }
        assert_eq!(last.to_string(), "2100-03-20");
    }

    #[test]
    fn impossible_days_are_refused() {
        let cases =
            [(1403, 0, 1), (1403, 13, 1), (1403, 7, 31), (1402, 12, 30), (900, 1, 1), (1403, 1, 0)];
        for (year, month, day) in cases {
            assert_eq!(solar_hijri(year, month, day), None, "{year}/{month}/{day}");
        }
        assert_eq!(solar_hijri(1403, 12, 30).unwrap().to_string(), "2025-03-20");
    }

    #[test]
    fn eras_count_from_their_first_year() {
        assert_eq!(era_year("令和", 6), Some(2024));
        assert_eq!(era_year("平成", 31), Some(2019));
        assert_eq!(era_year("民國", 113), Some(2024));
        assert_eq!(era_year("明治", 1), None);
    }
}
