//! When a digest is due, on the subscriber's own clock.

use chrono::{
    DateTime, Datelike, Days, Duration, NaiveDate, NaiveTime, TimeZone, Timelike, Utc, Weekday,
};
use chrono_tz::Tz;

use crate::model::interest::Cadence;

/// The text is no cadence.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} is no cadence; write at-once, hourly, daily 07:30 or weekly Mon 07:30 (hours of the subscriber's zone)"
)]
pub struct NotACadence(pub String);

/// Reads what `Cadence` displays as.
///
/// ```
/// use sanctionwatch::interests::cadence;
///
/// assert_eq!(cadence("weekly Mon 07:30").unwrap().to_string(), "weekly Mon 07:30");
/// assert_eq!(cadence("daily 7:05").unwrap().to_string(), "daily 07:05");
/// assert!(cadence("daily").is_err());
/// ```
///
/// # Errors
/// Where it is none.
pub fn cadence(text: &str) -> Result<Cadence, NotACadence> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let at = |text: &str| NaiveTime::parse_from_str(text, "%H:%M").ok();
    let read = match words.as_slice() {
        ["at-once"] => Some(Cadence::AtOnce),
        ["hourly"] => Some(Cadence::Hourly),
        ["daily", time] => at(time).map(|at| Cadence::Daily { at }),
        ["weekly", day, time] => {
            let on = day.parse::<Weekday>().ok();
            on.zip(at(time)).map(|(on, at)| Cadence::Weekly { on, at })
        }
        _ => None,
    };
    read.ok_or_else(|| NotACadence(text.to_owned()))
}

/// The latest moment up to and including `now` at which a digest was due; none for alerts.
pub fn last_due(cadence: Cadence, zone: Tz, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    if cadence == Cadence::Hourly {
        return Some(full_hour(now, zone));
    }
    let today = now.with_timezone(&zone).date_naive();
    // A time that the clock skips is made up for after the gap: look from tomorrow backwards.
    let days = (0..9).filter_map(|back| (today + Days::new(1)).checked_sub_days(Days::new(back)));
    days.filter_map(|day| due_on(cadence, zone, day)).find(|due| *due <= now)
}

/// The first moment after `now` at which a digest is due; none for alerts.
pub fn next_due(cadence: Cadence, zone: Tz, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    if cadence == Cadence::Hourly {
        return Some(full_hour(now, zone) + Duration::hours(1));
    }
    let today = now.with_timezone(&zone).date_naive();
    let days = (0..9).filter_map(|ahead| today.pred_opt()?.checked_add_days(Days::new(ahead)));
    days.filter_map(|day| due_on(cadence, zone, day)).find(|due| now < *due)
}

/// The full hour of the zone's clock at or before `now`: zones may be half an hour off.
fn full_hour(now: DateTime<Utc>, zone: Tz) -> DateTime<Utc> {
    let local = now.with_timezone(&zone);
    let past = Duration::minutes(i64::from(local.minute()))
        + Duration::seconds(i64::from(local.second()))
        + Duration::nanoseconds(i64::from(local.nanosecond()));
    now - past
}

/// The moment on that day, if the cadence has one.
fn due_on(cadence: Cadence, zone: Tz, day: NaiveDate) -> Option<DateTime<Utc>> {
    let at = match cadence {
        Cadence::AtOnce | Cadence::Hourly => return None,
        Cadence::Daily { at } => at,
        Cadence::Weekly { on, at } => (day.weekday() == on).then_some(at)?,
    };
    moment(zone, day, at)
}

/// That time on that day: the first of two where the clock is set back, the end of the gap where
/// it is set forward.
fn moment(zone: Tz, day: NaiveDate, at: NaiveTime) -> Option<DateTime<Utc>> {
    let local = day.and_time(at);
    // The longest gap that any zone has had within a day is one of 24 hours, when it crossed the date line.
    let steps = (0..=24 * 4).map(|quarter| local + Duration::minutes(15 * quarter));
    let mut candidates = steps.filter_map(|local| zone.from_local_datetime(&local).earliest());
    candidates.next().map(|moment| moment.to_utc())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    #[test]
    fn every_day_has_one_digest_whatever_the_clock_does() {
        let zones = [
            chrono_tz::Europe::Berlin,
            chrono_tz::America::New_York,
            chrono_tz::Australia::Lord_Howe,
            chrono_tz::Asia::Kathmandu,
            chrono_tz::UTC,
        ];
        for zone in zones {
            for time in ["00:00", "01:45", "02:00", "02:30", "03:00", "07:30", "23:59"] {
                let cadence = cadence(&format!("daily {time}")).unwrap();
                let (mut now, mut count) = (at("2026-01-01T00:00:00Z"), 0);
                while now < at("2027-01-01T00:00:00Z") {
                    let next = next_due(cadence, zone, now).unwrap();
                    let gap = next - now;
                    assert!(
                        Duration::zero() < gap && gap <= Duration::hours(26),
                        "{zone} {time} {next}"
                    );
                    assert_eq!(last_due(cadence, zone, next), Some(next), "{zone} {time}");
                    assert!(last_due(cadence, zone, next - Duration::seconds(1)).unwrap() < next);
                    (now, count) = (next, count + 1);
                }
                assert!((365..=366).contains(&count), "{zone} {time}: {count}");
            }
        }
    }

    #[test]
    fn the_skipped_hour_and_the_repeated_one() {
        let daily = cadence("daily 02:30").unwrap();
        let berlin = chrono_tz::Europe::Berlin;
        // 29 March 2026: 02:30 does not exist; 03:00 summer time is 01:00 UTC.
        assert_eq!(
            next_due(daily, berlin, at("2026-03-28T12:00:00Z")),
            Some(at("2026-03-29T01:00:00Z"))
        );
        // 25 October 2026: 02:30 comes twice; the first is 00:30 UTC.
        let first = at("2026-10-25T00:30:00Z");
        assert_eq!(next_due(daily, berlin, at("2026-10-24T12:00:00Z")), Some(first));
        assert_eq!(next_due(daily, berlin, first), Some(at("2026-10-26T01:30:00Z")));
    }

    #[test]
    fn weeks_and_hours() {
        let weekly = cadence("weekly Mon 08:00").unwrap();
        let zone = chrono_tz::Europe::Paris;
        let monday = at("2026-11-23T07:00:00Z");
        assert_eq!(last_due(weekly, zone, at("2026-11-27T12:00:00Z")), Some(monday));
        assert_eq!(next_due(weekly, zone, monday), Some(at("2026-11-30T07:00:00Z")));
        let kathmandu = chrono_tz::Asia::Kathmandu;
        assert_eq!(
            last_due(Cadence::Hourly, kathmandu, at("2026-11-27T12:40:00Z")),
            Some(at("2026-11-27T12:15:00Z"))
        );
        assert_eq!(
            next_due(Cadence::Hourly, kathmandu, at("2026-11-27T12:15:00Z")),
            Some(at("2026-11-27T13:15:00Z"))
        );
        assert_eq!(next_due(Cadence::AtOnce, zone, monday), None);
    }
}
