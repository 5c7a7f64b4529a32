//! Tables of dates as machines and people write them, each with its stamp.

use chrono::NaiveDate;
use chrono_tz::Tz;

use crate::parse::date::token::fold;
use crate::parse::date::words::{
    Calendar, HALVES, MODIFIED, MONTHS, PUBLISHED, SEASONAL, WEEKDAYS, ZONES,
};
use crate::parse::date::{Found, Role, all_written, calendar, parse, read, words, written};

#[test]
fn machine_formats_are_read() {
    let cases = [
        ("2024-07-16T09:30:00Z", "2024-07-16T09:30:00Z"),
        ("2024-07-16T09:30:00.123+02:00", "2024-07-16T09:30:00+02:00"),
        ("2024-07-16T09:30:00.000+0200", "2024-07-16T09:30:00+02:00"),
        ("2024-07-16T09:30:00+02", "2024-07-16T09:30:00+02:00"),
        ("2024-07-16T09:30-04:00", "2024-07-16T09:30:00-04:00"),
        ("2024-07-16T09:30:00", "2024-07-16T09:30:00Z"),
        ("2024-07-16T9:30", "2024-07-16T09:30:00Z"),
        ("2024-07-16 09:30:00.0", "2024-07-16T09:30:00Z"),
        ("2024-07-16 09:30:00 +0000 UTC", "2024-07-16T09:30:00Z"),
        ("2024-07-16 09:30:00 CEST", "2024-07-16T09:30:00+02:00"),
        ("2024-07-16T09:30:00+02:00[Europe/Berlin]", "2024-07-16T09:30:00+02:00"),
        ("2024-07-16", "2024-07-16"),
        ("2024-7-6", "2024-07-06"),
        ("2024/07/16", "2024-07-16"),
        ("2024.07.16", "2024-07-16"),
        ("20240716", "2024-07-16"),
        ("20240716T093000Z", "2024-07-16T09:30:00Z"),
        ("20240716T0930+0200", "2024-07-16T09:30:00+02:00"),
        ("20240716093000", "2024-07-16T09:30:00Z"),
        ("2024-198", "2024-07-16"),
        ("2024-W29-2", "2024-07-16"),
        ("1721122200", "2024-07-16T09:30:00Z"),
        ("1721122200123", "2024-07-16T09:30:00Z"),
        ("Tue, 16 Jul 2024 09:30:00 GMT", "2024-07-16T09:30:00Z"),
        ("Tue, 16 Jul 2024 09:30:00 +0200", "2024-07-16T09:30:00+02:00"),
        ("Mon, 16 Jul 2024 09:30:00 +0200", "2024-07-16T09:30:00+02:00"),
        ("Tue,16 Jul 2024 09:30:00 EDT", "2024-07-16T09:30:00-04:00"),
        ("Tue, 16 Jul 24 09:30 PST", "2024-07-16T09:30:00-08:00"),
        ("Tue, 16-Jul-2024 09:30:00 GMT", "2024-07-16T09:30:00Z"),
        ("Tuesday, 16 July 2024 09:30:00 ET", "2024-07-16T09:30:00-04:00"),
        ("Tuesday, 16 January 2024 09:30:00 ET", "2024-01-16T09:30:00-05:00"),
        ("16 Jul 2024", "2024-07-16"),
        ("Tue Jul 16 09:30:00 2024", "2024-07-16T09:30:00Z"),
        ("Tue Jul 16 09:30:00 EDT 2024", "2024-07-16T09:30:00-04:00"),
        (
            "Tue Jul 16 2024 09:30:00 GMT+0200 (Central European Summer Time)",
            "2024-07-16T09:30:00+02:00",
        ),
        ("Fri, 2006/09/15 08:19:53 EDT", "2006-09-15T08:19:53-04:00"),
        ("7/16/2024 9:30:00 PM", "2024-07-16T21:30:00Z"),
        ("07/06/2024 9:30 AM", "2024-07-06T09:30:00Z"),
        ("16/07/2024 - 09:30", "2024-07-16T09:30:00Z"),
        ("16.07.2024, 09:30 Uhr", "2024-07-16T09:30:00Z"),
        ("mar., 16 juil. 2024 09:30:00 +0200", "2024-07-16T09:30:00+02:00"),
        ("Вт, 16 июл 2024 09:30:00 +0300", "2024-07-16T09:30:00+03:00"),
        ("2024년 7월 16일 09:30", "2024-07-16T09:30:00Z"),
        ("Thu, 31 Jun 2004 19:48:21 GMT", ""),
        ("0001-01-01T00:00:00", ""),
        ("0000-00-00 00:00:00", ""),
        ("2024-13-16", ""),
        ("12345678", ""),
        ("16 July", ""),
        ("12:30", ""),
        ("yesterday", ""),
        ("2 hours ago", ""),
        ("", ""),
        ("The meeting of 16 July 2024 was put off until the autumn", ""),
    ];
    for (text, expect) in cases {
        let found = parse(text).map(|stamp| stamp.to_string()).unwrap_or_default();
        assert_eq!(found, expect, "{text:?}");
    }
}

#[test]
fn a_time_without_a_zone_stays_open() {
    let reading = read("2024-07-16 09:30").unwrap();
    assert_eq!((reading.time.is_some(), reading.offset), (true, None));
    assert_eq!(reading.stamp().to_string(), "2024-07-16");
    assert_eq!(reading.stamp_in(Tz::Europe__Berlin).to_string(), "2024-07-16T09:30:00+02:00");
    let skipped = read("2024-03-31 02:30").unwrap();
    assert_eq!(skipped.stamp_in(Tz::Europe__Berlin).to_string(), "2024-03-31");
    let twice = read("2024-10-27 02:30").unwrap();
    assert_eq!(twice.stamp_in(Tz::Europe__Berlin).to_string(), "2024-10-27T02:30:00+02:00");
}

#[test]
fn written_dates_are_found() {
    let cases = [
        (
            "en",
            "Posted on Tuesday, July 16, 2024 at 9:30 a.m. EDT by staff",
            "2024-07-16T09:30:00-04:00",
        ),
        ("en", "16th day of July, 2024", "2024-07-16"),
        ("en", "First published 9:30 pm BST, 16 July 2024", "2024-07-16T21:30:00+01:00"),
        ("en", "Jul. 16, 2024 12:05 AM ET", "2024-07-16T00:05:00-04:00"),
        ("en", "Sept. 3rd, 2024", "2024-09-03"),
        ("en", "16 Jul '24", "2024-07-16"),
        ("en", "07/06/2024", "2024-07-06"),
        ("en-GB", "07/06/2024", "2024-06-07"),
        ("en-US", "07/16/2024", "2024-07-16"),
        ("en", "Washington, July 16, 2024 – The Treasury said", "2024-07-16"),
        ("fr", "Publié le 1er juillet 2024 à 14h30", "2024-07-01"),
        ("fr", "Mis à jour le mardi 16 juillet 2024 à 14 h 30", "2024-07-16"),
        ("fr", "16/07/2024", "2024-07-16"),
        ("fr", "07/06/2024", "2024-06-07"),
        ("fr", "le 3 févr. 2024", "2024-02-03"),
        ("de", "Stand: 16. Juli 2024, 14:30 Uhr MESZ", "2024-07-16T14:30:00+02:00"),
        ("de", "16.07.24", "2024-07-16"),
        ("de", "Dienstag, 16. März 2021 um 9.30 Uhr", "2021-03-16"),
        ("de", "3.4.2024", "2024-04-03"),
        ("es", "Publicado el 16 de julio del 2024 a las 14:30 h", "2024-07-16"),
        ("es", "martes 1º de setiembre de 2020", "2020-09-01"),
        ("it", "Pubblicato il 16 luglio 2024 alle ore 14.30", "2024-07-16"),
        ("it", "1° gennaio 2024", "2024-01-01"),
        ("pt", "16 de março de 2024 às 14h30", "2024-03-16"),
        ("nl", "Bijgewerkt op 16 mrt. 2024 om 14.30 uur", "2024-03-16"),
        ("pl", "Opublikowano: 16 października 2024 r., godz. 14:30", "2024-10-16"),
        ("pl", "1 lutego 2024", "2024-02-01"),
        ("ru", "16 мая 2024 г., 14:30 МСК", "2024-05-16T14:30:00+03:00"),
        ("ru", "14:30, 16 июля 2024", "2024-07-16"),
        ("ru", "16-го августа 2024 года", "2024-08-16"),
        ("uk", "16 червня 2024 року о 14:30", "2024-06-16"),
        ("uk", "Оновлено 1 листопада 2024", "2024-11-01"),
        ("zh", "发布时间：2024年7月16日 14:30", "2024-07-16"),
        ("zh", "2024年07月16日下午2时30分05秒", "2024-07-16"),
        ("zh", "中華民國113年7月16日", "2024-07-16"),
        ("ja", "2024年7月16日（火）午後2時30分 JST", "2024-07-16T14:30:00+09:00"),
        ("ja", "令和6年7月16日", "2024-07-16"),
        ("ja", "平成31年4月30日", "2019-04-30"),
        ("ja", "２０２４年７月１６日", "2024-07-16"),
        ("ar", "نشر في ١٦ يوليو ٢٠٢٤", "2024-07-16"),
        ("ar", "16 تموز/ يوليو 2024", "2024-07-16"),
        ("ar", "3 كانون الثاني 2024", "2024-01-03"),
        ("ar", "الثلاثاء 16 أكتوبر 2024 - 02:30 م بتوقيت غرينتش", "2024-10-16"),
        ("fa", "۲۶ تیر ۱۴۰۳ - ۱۴:۳۰", "2024-07-16"),
        ("fa", "سه‌شنبه ۱ فروردین ۱۴۰۳", "2024-03-20"),
        ("fa", "۱۴۰۳/۰۴/۲۶", "2024-07-16"),
        ("fa", "1403/04/26", "2024-07-16"),
        ("fa", "۱۶ ژوئیه ۲۰۲۴", "2024-07-16"),
        ("tr", "Güncelleme: 16 Ağustos 2024 Cuma saat 14:30", "2024-08-16"),
        ("tr", "16 ŞUBAT 2024", "2024-02-16"),
        ("tr", "1 Kasım 2024'te", "2024-11-01"),
        ("cs", "16. července 2024", "2024-07-16"),
        ("hu", "2024. július 16. 14:30", "2024-07-16"),
        ("hu", "2024. 07. 16.", "2024-07-16"),
        ("el", "16 Ιουλίου 2024", "2024-07-16"),
        ("fi", "16. heinäkuuta 2024", "2024-07-16"),
        ("sv", "16 augusti 2024", "2024-08-16"),
        ("ko", "2024년 7월 16일 오후 2:30", "2024-07-16"),
        ("en", "between 16 and 18 July 2024", "2024-07-18"),
        ("en", "version 1.2.3.2024", ""),
        ("en", "call 555-01-02-2024-11", ""),
        ("en", "July 2024", ""),
        ("en", "16 July at 14:30", ""),
        ("en", "In May 2024 12 people", ""),
        ("en", "31 June 2024", ""),
        ("en", "Regulation (EU) 2024/1745 of 24", ""),
        ("fr", "le 30 février 2024", ""),
        ("zh", "7月16日", ""),
    ];
    for (language, text, expect) in cases {
        let found = written(text, Some(language));
        let stamp = found.map(|found| found.reading.stamp().to_string()).unwrap_or_default();
        assert_eq!(stamp, expect, "{language}: {text:?}");
    }
}

#[test]
fn times_of_day_are_read() {
    let cases = [
        ("16 July 2024 14:30", "14:30:00"),
        ("16 July 2024 | 2:30 pm", "14:30:00"),
        ("16 July 2024, 12:30 a.m.", "00:30:00"),
        ("16 July 2024 at 9 pm", "21:00:00"),
        ("16 juillet 2024 à 14h30", "14:30:00"),
        ("16 juillet 2024 à 9 h", "09:00:00"),
        ("16. Juli 2024 um 14 Uhr", "14:00:00"),
        ("16 luglio 2024 alle ore 14.30", "14:30:00"),
        ("2024年7月16日下午2时30分05秒", "14:30:05"),
        ("2024年7月16日 午前9時", "09:00:00"),
        ("١٦ يوليو ٢٠٢٤ ٠٢:٣٠ م", "14:30:00"),
        ("16 Temmuz 2024 saat 14.30", "14:30:00"),
        ("14:30:05 16.07.2024", "14:30:05"),
        ("16 July 2024 25:30", ""),
        ("16 July 2024. 11 people", ""),
    ];
    for (text, expect) in cases {
        let found = written(text, None).unwrap_or_else(|| panic!("no date in {text:?}"));
        let time = found.reading.time.map(|time| time.to_string()).unwrap_or_default();
        assert_eq!(time, expect, "{text:?}");
    }
}

#[test]
fn labels_tell_publication_from_change() {
    let cases = [
        ("Published 16 July 2024", Role::Published),
        ("Last updated on Tuesday, 16 July 2024", Role::Modified),
        ("Mis à jour le 16 juillet 2024", Role::Modified),
        ("Veröffentlicht am 16.07.2024", Role::Published),
        ("最終更新：2024年7月16日", Role::Modified),
        ("发布时间：2024-07-16", Role::Published),
        ("آخر تحديث: 16 يوليو 2024", Role::Modified),
        ("Son güncelleme: 16 Temmuz 2024", Role::Modified),
        ("16 July 2024", Role::Unsaid),
        ("Updated! 16 July 2024", Role::Unsaid),
        ("Published by the office that keeps them 16 July 2024", Role::Unsaid),
    ];
    for (text, expect) in cases {
        assert_eq!(written(text, None).unwrap().role, expect, "{text:?}");
    }
}

#[test]
fn spans_cover_the_date_and_its_time() {
    let text = "Von Anna Beispiel, 16. Juli 2024, 14:30 Uhr, Berlin";
    let found = written(text, Some("de")).unwrap();
    assert_eq!(&text[found.start..found.end], "16. Juli 2024, 14:30 Uhr");
    let text = "Published 16 July 2024 | Updated 18 July 2024";
    let found: Vec<Found> = all_written(text, Some("en")).collect();
    let days: Vec<String> = found.iter().map(|found| found.reading.day.to_string()).collect();
    assert_eq!(days, ["2024-07-16", "2024-07-18"]);
    assert_eq!(found[1].role, Role::Modified);
}

#[test]
fn only_custom_tells_some_days_from_months() {
    for (text, expect) in
        [("3/4/2024", true), ("3.4.2024", false), ("13/4/2024", false), ("4/4/2024", false)]
    {
        assert_eq!(written(text, None).unwrap().reading.ambiguous, expect, "{text}");
    }
}

#[test]
fn every_spelling_of_every_month_is_read() {
    for months in &MONTHS {
        let year = if months.calendar == Calendar::Gregorian { "2024" } else { "1403" };
        for (index, cell) in (1..).zip(months.names) {
            for name in cell.split('|') {
                let text = format!("5 {name} {year}");
                let found = written(&text, Some(months.language));
                let day =
                    found.unwrap_or_else(|| panic!("{}: {text}", months.language)).reading.day;
                let expect = match months.calendar {
                    Calendar::Gregorian => NaiveDate::from_ymd_opt(2024, index, 5),
                    Calendar::SolarHijri => calendar::solar_hijri(1403, index, 5),
                };
                assert_eq!(Some(day), expect, "{}: {text}", months.language);
                let upper = text.to_uppercase();
                assert_eq!(
                    written(&upper, Some(months.language)).unwrap().reading.day,
                    day,
                    "{upper}"
                );
            }
        }
    }
}

#[test]
fn every_label_is_read_and_none_is_in_both_tables() {
    for (table, role) in [(&PUBLISHED, Role::Published), (&MODIFIED, Role::Modified)] {
        for (language, cell) in table.iter() {
            for word in cell.split('|') {
                let text = format!("{word}: 2024-07-16");
                assert_eq!(
                    written(&text, Some(language)).unwrap().role,
                    role,
                    "{language}: {word}"
                );
            }
        }
    }
}

#[test]
fn every_weekday_half_and_zone_is_known() {
    for (language, cell) in &WEEKDAYS {
        for name in cell.split('|') {
            let text = format!("16.07.2024 {name}, 14:30");
            let time = written(&text, Some(language)).unwrap().reading.time;
            assert!(time.is_some(), "{language}: {text}");
        }
    }
    for (name, half) in HALVES {
        let text = format!("16.07.2024 02:30 {name}");
        let time = written(&text, None).unwrap().reading.time.unwrap().to_string();
        let expect = if half == words::Half::Morning { "02:30:00" } else { "14:30:00" };
        assert_eq!(time, expect, "{text}");
    }
    for name in ZONES.iter().map(|(name, _)| name).chain(SEASONAL.iter().map(|(name, _)| name)) {
        let text = format!("16 July 2024 14:30 {name}");
        assert!(written(&text, None).unwrap().reading.offset.is_some(), "{text}");
    }
}

#[test]
fn folding_joins_the_forms_of_a_word() {
    for (text, expect) in
        [("ŞUBAT", "subat"), ("Mayıs", "mayis"), ("أكتوبر", "اکتوبر"), ("اکتوبر", "اکتوبر")]
    {
        assert_eq!(fold(text), expect);
    }
}

#[test]
fn hostile_texts_are_read_in_bounded_time() {
    let long = "1.".repeat(100_000) + &"9".repeat(100_000) + &"\u{300}".repeat(100_000);
    assert_eq!(parse(&long), None);
    assert_eq!(all_written(&long, Some("en")).count(), 0);
    for text in [
        "\u{0}",
        "٣٣٣٣٣٣٣٣٣٣٣٣٣٣٣٣٣٣٣٣٣٣٣٣٣٣٣",
        "年年年年",
        "令和",
        "2024-",
        "2024-07-16T",
        "16 July 2024 +",
    ] {
        written(text, Some("zh"));
        parse(text);
    }
}
