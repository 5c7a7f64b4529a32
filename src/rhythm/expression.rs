//! Cron expressions on a wall clock.
//!
//! The `cron` crate reads the fields and walks the calendar; it does so on plain wall-clock time
//! here, because with a time zone it skips days in spring, repeats them in autumn and can answer
//! with a time in the past. It also counts weekdays from 1 = Sunday and asks for a day that
//! satisfies both day fields, where every crontab since 1979 counts from 0 and takes either.

use std::str::FromStr;

use chrono::{DateTime, NaiveDateTime, Offset, TimeDelta, TimeZone, Utc};
use chrono_tz::Tz;

/// Expressions with a name of their own.
const NICKNAMES: [(&str, &str); 6] = [
    ("@yearly", "0 0 1 1 *"),
    ("@monthly", "0 0 1 * *"),
    ("@weekly", "0 0 * * 0"),
    ("@daily", "0 0 * * *"),
    ("@midnight", "0 0 * * *"),
    ("@hourly", "0 * * * *"),
];

/// The six fields: name, what may stand there.
const FIELDS: [(&str, &str); 6] = [
    ("second", "0-59"),
    ("minute", "0-59"),
    ("hour", "0-23"),
    ("day-of-month", "1-31"),
    ("month", "1-12 or jan-dec"),
    ("weekday", "0-7 (0 and 7 are sunday) or sun-sat"),
];

const WEEKDAYS: [&str; 7] = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

/// Shorter than the time between two changes of any zone's clocks (Morocco's Ramadan: a month).
const STRIDE: TimeDelta = TimeDelta::days(7);

/// A cron expression that cannot be followed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("cron {cron:?}: {fault}")]
pub struct BadSchedule {
    /// The expression as written.
    pub cron: String,
    /// What is wrong with it, and what would be right.
    pub fault: String,
}

/// A cron expression, understood.
#[derive(Debug)]
pub(crate) struct Expression {
    cron: String,
    /// Times that satisfy one of these match. Two where both day fields are restricted: a day then
    /// needs to satisfy only one of them.
    calendars: Vec<cron::Schedule>,
    hours: Hours,
}

/// How the hour field is written, which decides what happens when the clocks change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Hours {
    /// `*` or `*/n`: whenever the wall clock shows it.
    Running,
    /// Named hours: once each.
    Fixed,
}

impl Expression {
    /// Reads five fields (minute to weekday), six (a second first), or a nickname such as `@daily`.
    pub(crate) fn parse(cron: &str) -> Result<Self, BadSchedule> {
        let bad = |fault: String| BadSchedule { cron: cron.to_owned(), fault };
        let written = match NICKNAMES.iter().find(|(name, _)| *name == cron.trim()) {
            Some((_, fields)) => fields,
            None => cron,
        };
        let mut fields: Vec<&str> = written.split_whitespace().collect();
        if fields.len() == 5 {
            fields.insert(0, "0");
        }
        let fields: [&str; 6] = fields.try_into().map_err(|fields: Vec<&str>| {
            bad(format!(
                "number of fields: {}; write five (minute hour day month weekday), \
                 such as \"*/15 * * * *\", or six with the second first",
                fields.len()
            ))
        })?;
        let weekday = weekdays(fields[5]).ok_or_else(|| bad(field_fault(5, fields[5])))?;
        for (index, field) in fields[..5].iter().enumerate() {
            let mut alone = ["*"; 6];
            alone[index] = field;
            calendar(&alone).map_err(|_| bad(field_fault(index, field)))?;
        }
        let [second, minute, hour, day, month, _] = fields;
        let both = [second, minute, hour, day, month, &weekday];
        let calendars = if is_open(day) || is_open(fields[5]) {
            vec![calendar(&both)]
        } else {
            vec![
                calendar(&[second, minute, hour, day, month, "*"]),
                calendar(&[second, minute, hour, "*", month, &weekday]),
            ]
        };
        let calendars: Result<Vec<_>, _> = calendars.into_iter().collect();
        let calendars = calendars.map_err(|error| bad(error.to_string()))?;
        let hours = if is_open(hour) { Hours::Running } else { Hours::Fixed };
        Ok(Self { cron: cron.to_owned(), calendars, hours })
    }

    /// The first matching moment after `after` in `zone`: see [`crate::rhythm::next_look`].
    pub(crate) fn next(
        &self,
        zone: Tz,
        after: DateTime<Utc>,
    ) -> Result<DateTime<Utc>, BadSchedule> {
        let next = match self.hours {
            Hours::Running => self.next_running(zone, after),
            Hours::Fixed => self.next_fixed(zone, after),
        };
        next.ok_or_else(|| BadSchedule {
            cron: self.cron.clone(),
            fault: "no such day ever comes; name a day that the month has".to_owned(),
        })
    }

    /// Walks the calendar on the offset in force; where the clocks change before the time it
    /// found, on from there on the new offset.
    fn next_running(&self, zone: Tz, after: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let mut from = next_second(after)?;
        loop {
            let offset = offset_at(zone, from);
            let local = from.naive_utc().checked_add_signed(offset)?;
            let found = self.on_calendar_from(local)?.checked_sub_signed(offset)?.and_utc();
            match first_change(zone, from, found) {
                None => return Some(found),
                Some(change) => from = change,
            }
        }
    }

    /// Walks the calendar and asks of each time when it really is. After the first half of a
    /// repeated hour that lies in the past for a while, hence the loop.
    fn next_fixed(&self, zone: Tz, after: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let mut local =
            next_second(after)?.naive_utc().checked_add_signed(offset_at(zone, after))?;
        loop {
            local = self.on_calendar_from(local)?;
            let found = moment(zone, local)?;
            if after < found {
                return Some(found);
            }
            local = local.checked_add_signed(TimeDelta::seconds(1))?;
        }
    }

    /// The first time on the calendar at or after `from`, without regard to any zone.
    fn on_calendar_from(&self, from: NaiveDateTime) -> Option<NaiveDateTime> {
        let before = from.checked_sub_signed(TimeDelta::seconds(1))?.and_utc();
        let next = |calendar: &cron::Schedule| calendar.after(&before).next();
        self.calendars.iter().filter_map(next).min().map(|found| found.naive_utc())
    }
}

/// The six fields as the `cron` crate takes them.
fn calendar(fields: &[&str; 6]) -> Result<cron::Schedule, cron::error::Error> {
    cron::Schedule::from_str(&fields.join(" "))
}

/// Whether a field leaves its unit open, as `*`, `*/2` and `?` do.
fn is_open(field: &str) -> bool {
    field.starts_with(['*', '?'])
}

fn field_fault(index: usize, value: &str) -> String {
    let (name, range) = FIELDS[index];
    format!("{value:?} is no {name}; write {range}, a list 1,2, a range 1-3 or a step */2")
}

/// A weekday field in the numbers of the `cron` crate (1 = Sunday), or none if it is not one.
///
/// Numbers and names are read as in any crontab, and a range may run over the week's end.
fn weekdays(field: &str) -> Option<String> {
    if field == "*" || field == "?" {
        return Some("*".to_owned());
    }
    let mut days = Vec::new();
    for part in field.split(',') {
        let (range, step) = match part.split_once('/') {
            Some((range, step)) => {
                (range, step.parse().ok().filter(|step| (1..=7).contains(step))?)
            }
            None => (part, 1),
        };
        let (first, last) = match range.split_once('-') {
            Some((first, last)) => (weekday(first)?, weekday(last)?),
            None if range == "*" => (0, 6),
            None if part.contains('/') => (weekday(range)?, 6),
            None => (weekday(range)?, weekday(range)?),
        };
        let last = if last < first { last + 7 } else { last };
        days.extend((first..=last).step_by(step).map(|day| (day % 7 + 1).to_string()));
    }
    Some(days.join(","))
}

/// 0 to 7 for a number, 0 (Sunday) to 6 for a name.
fn weekday(text: &str) -> Option<u32> {
    let name = text.to_lowercase();
    let by_name = WEEKDAYS.iter().position(|day| *day == name);
    by_name.map_or_else(|| text.parse().ok().filter(|day| *day <= 7), |day| u32::try_from(day).ok())
}

fn next_second(after: DateTime<Utc>) -> Option<DateTime<Utc>> {
    DateTime::from_timestamp(after.timestamp().checked_add(1)?, 0)
}

fn offset_at(zone: Tz, moment: DateTime<Utc>) -> TimeDelta {
    let offset = zone.offset_from_utc_datetime(&moment.naive_utc()).fix();
    TimeDelta::seconds(offset.local_minus_utc().into())
}

/// When the wall clock of `zone` shows `local`: the first time if it does so twice, the first
/// moment after the gap if it never does.
fn moment(zone: Tz, local: NaiveDateTime) -> Option<DateTime<Utc>> {
    if let Some(moment) = zone.from_local_datetime(&local).earliest() {
        return Some(moment.to_utc());
    }
    // No zone is a day or more away from UTC, so the gap lies between these two.
    let before = local.and_utc().checked_sub_signed(TimeDelta::days(1))?;
    let after = local.and_utc().checked_add_signed(TimeDelta::days(1))?;
    let is_past = |moment: DateTime<Utc>| moment.naive_utc() + offset_at(zone, moment) > local;
    Some(first_where(before, after, is_past))
}

/// The first second in `from..=until` whose offset differs from the one at `from`.
fn first_change(zone: Tz, from: DateTime<Utc>, until: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let offset = offset_at(zone, from);
    let changed = |moment| offset_at(zone, moment) != offset;
    let mut start = from;
    while start < until {
        let end = start.checked_add_signed(STRIDE).map_or(until, |end| end.min(until));
        if changed(end) {
            return Some(first_where(start, end, changed));
        }
        start = end;
    }
    None
}

/// The first second in `from..=until` that `holds`, given that it stays so and `until` does.
fn first_where(
    from: DateTime<Utc>,
    until: DateTime<Utc>,
    holds: impl Fn(DateTime<Utc>) -> bool,
) -> DateTime<Utc> {
    let (mut from, mut until) = (from, until);
    while from < until {
        let middle = from + TimeDelta::seconds((until - from).num_seconds() / 2);
        if holds(middle) {
            until = middle;
        } else {
            from = middle + TimeDelta::seconds(1);
        }
    }
    until
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The next `count` looks after `after`, as wall-clock times with their offset.
    fn looks(cron: &str, zone: Tz, after: &str, count: usize) -> Vec<String> {
        let expression = Expression::parse(cron).unwrap();
        let mut at: DateTime<Utc> = after.parse().unwrap();
        let mut looks = Vec::new();
        for _ in 0..count {
            let next = expression.next(zone, at).unwrap();
            assert!(at < next, "{cron}: {next} does not follow {at}");
            looks.push(next.with_timezone(&zone).format("%a %d %H:%M%:z").to_string());
            at = next;
        }
        looks
    }

    #[test]
    fn what_happens_when_the_clocks_change() {
        let berlin = chrono_tz::Europe::Berlin;
        let lord_howe = chrono_tz::Australia::Lord_Howe;
        let (spring, autumn) = ("2025-03-30T00:20:00Z", "2025-10-25T23:20:00Z");
        let cases: &[(&str, &str, Tz, &str, &[&str])] = &[
            (
                "a skipped time is made up for right after the gap",
                "30 2 * * *",
                berlin,
                spring,
                &["Sun 30 03:00+02:00", "Mon 31 02:30+02:00"],
            ),
            (
                "several skipped times together",
                "*/20 2 * * *",
                berlin,
                spring,
                &["Sun 30 03:00+02:00", "Mon 31 02:00+02:00"],
            ),
            (
                "a skipped hour and the next are one look",
                "0 2,3 * * *",
                berlin,
                spring,
                &["Sun 30 03:00+02:00", "Mon 31 02:00+02:00"],
            ),
            (
                "a running schedule keeps its pace in spring",
                "*/30 * * * *",
                berlin,
                spring,
                &["Sun 30 01:30+01:00", "Sun 30 03:00+02:00", "Sun 30 03:30+02:00"],
            ),
            (
                "a repeated time counts once",
                "30 2 * * *",
                berlin,
                autumn,
                &["Sun 26 02:30+02:00", "Mon 27 02:30+01:00"],
            ),
            (
                "a fixed hour with running minutes too",
                "*/30 2 * * *",
                berlin,
                autumn,
                &["Sun 26 02:00+02:00", "Sun 26 02:30+02:00", "Mon 27 02:00+01:00"],
            ),
            (
                "seen from within the repeat",
                "30 2 * * *",
                berlin,
                "2025-10-26T01:10:00Z",
                &["Mon 27 02:30+01:00"],
            ),
            (
                "a running schedule keeps its pace in autumn",
                "*/30 * * * *",
                berlin,
                autumn,
                &[
                    "Sun 26 01:30+02:00",
                    "Sun 26 02:00+02:00",
                    "Sun 26 02:30+02:00",
                    "Sun 26 02:00+01:00",
                    "Sun 26 02:30+01:00",
                    "Sun 26 03:00+01:00",
                ],
            ),
            (
                "clocks that move by half an hour",
                "15 * * * *",
                lord_howe,
                "2025-04-05T14:00:00Z",
                &["Sun 06 01:15+11:00", "Sun 06 02:15+10:30", "Sun 06 03:15+10:30"],
            ),
            (
                "half an hour skipped",
                "10 2 * * *",
                lord_howe,
                "2025-10-04T14:00:00Z",
                &["Sun 05 02:30+11:00", "Mon 06 02:10+11:00"],
            ),
        ];
        for (name, cron, zone, after, expected) in cases {
            assert_eq!(looks(cron, *zone, after, expected.len()), *expected, "{name}: {cron}");
        }
    }

    #[test]
    fn days_are_counted_as_in_a_crontab() {
        let friday = "2025-01-03T12:00:00Z";
        let cases: &[(&str, &[&str])] = &[
            ("0 9 * * 0", &["Sun 05", "Sun 12"]),
            ("0 9 * * 7", &["Sun 05", "Sun 12"]),
            ("0 9 * * 1-5", &["Mon 06", "Tue 07", "Wed 08", "Thu 09", "Fri 10", "Mon 13"]),
            ("0 9 * * MON-FRI", &["Mon 06", "Tue 07", "Wed 08", "Thu 09", "Fri 10", "Mon 13"]),
            ("0 9 * * 5-7", &["Sat 04", "Sun 05", "Fri 10"]),
            ("0 9 * * sat-mon", &["Sat 04", "Sun 05", "Mon 06", "Sat 11"]),
            ("0 9 * * */2", &["Sat 04", "Sun 05", "Tue 07", "Thu 09"]),
            ("0 9 * * 1,wed", &["Mon 06", "Wed 08", "Mon 13"]),
            // Both day fields restricted: either will do.
            ("0 9 8 * 1", &["Mon 06", "Wed 08", "Mon 13"]),
            ("0 9 */8 * 1", &["Mon 17", "Mon 17"]),
            ("30 0 9 * * ?", &["Sat 04", "Sun 05"]),
            ("@weekly", &["Sun 05", "Sun 12"]),
            ("0 9 29 feb *", &["Tue 29", "Sun 29"]),
        ];
        for (cron, expected) in cases {
            let found = looks(cron, chrono_tz::UTC, friday, expected.len());
            let days: Vec<&str> = found.iter().map(|look| &look[..6]).collect();
            assert_eq!(days, *expected, "{cron}");
        }
    }

    #[test]
    fn a_bad_expression_names_the_field_and_the_remedy() {
        let cases = [
            ("", "number of fields: 0"),
            ("* * * *", "fields: 4; write five"),
            ("0 0 0 1 1 * 2025", "fields: 7"),
            ("60 * * * *", "\"60\" is no minute; write 0-59"),
            ("* 24 * * *", "\"24\" is no hour; write 0-23"),
            ("* * 0 * *", "\"0\" is no day-of-month; write 1-31"),
            ("* * L * *", "\"L\" is no day-of-month"),
            ("* * * 13 *", "\"13\" is no month"),
            ("* * * * 8", "\"8\" is no weekday; write 0-7"),
            ("* * * * 5#2", "\"5#2\" is no weekday"),
            ("*/0 * * * *", "\"*/0\" is no minute"),
            ("99999999999 * * * *", "is no minute"),
            ("61 * * * * *", "\"61\" is no second"),
            ("@fortnightly", "fields: 1"),
            ("every day", "fields: 2"),
            ("0 0 30 2 *", "no such day ever comes"),
        ];
        for (cron, expected) in cases {
            let fault = crate::rhythm::check(cron).unwrap_err().to_string();
            assert!(fault.contains(expected), "{cron:?}: {fault:?} should say {expected:?}");
            assert!(fault.contains(&format!("{cron:?}")), "{fault:?} should name {cron:?}");
        }
    }

    #[test]
    fn the_ends_of_time_are_an_answer_not_a_panic() {
        for cron in ["* * * * *", "0 3 * * *"] {
            let expression = Expression::parse(cron).unwrap();
            for zone in [chrono_tz::UTC, chrono_tz::Europe::Berlin] {
                assert!(expression.next(zone, DateTime::<Utc>::MAX_UTC).is_err());
                assert!(expression.next(zone, DateTime::<Utc>::MIN_UTC).is_err());
            }
        }
    }

    /// An independent implementation agrees over a year that holds every change of the clocks.
    #[test]
    fn croner_agrees_over_a_year() {
        let zones = [
            chrono_tz::Europe::Berlin,
            chrono_tz::America::New_York,
            chrono_tz::Australia::Lord_Howe,
            chrono_tz::Asia::Kolkata,
        ];
        let crons = [
            "*/15 * * * *",
            "7 * * * *",
            "0 */2 * * *",
            "5 */6 * * 1-5",
            "30 2 * * *",
            "0 2 * * *",
            "15 1 * * *",
            "10 2 * * 0",
            "0 0 * * *",
            "45 23 28-31 * *",
            "0 9 1,15 * 1",
            "20 4 1 jan *",
            "30 30 2 * * *",
            "0 12 31 * *",
        ];
        let start: DateTime<Utc> = "2025-01-01T00:00:00Z".parse().unwrap();
        let end: DateTime<Utc> = "2026-01-01T00:00:00Z".parse().unwrap();
        let mut compared = 0;
        for zone in zones {
            for cron in crons {
                let ours = Expression::parse(cron).unwrap();
                let oracle = croner::parser::CronParser::builder()
                    .seconds(croner::parser::Seconds::Optional)
                    .build()
                    .parse(cron)
                    .unwrap();
                let mut at = start;
                while at < end {
                    let found = ours.next(zone, at).unwrap();
                    let expected =
                        oracle.find_next_occurrence(&at.with_timezone(&zone), false).unwrap();
                    assert_eq!(found, expected, "{cron} in {zone} after {at}");
                    at = found;
                    compared += 1;
                }
            }
        }
        assert!(150_000 < compared, "only {compared} looks compared");
    }
}
