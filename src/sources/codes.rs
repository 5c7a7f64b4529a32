//! The codes a source file may name: countries and languages.

/// ISO 3166-1 alpha-2, and `eu`, `un`, `int` for those that stand above countries.
const COUNTRIES: &str = "\
ad ae af ag ai al am ao aq ar as at au aw ax az ba bb bd be bf bg bh bi bj bl bm bn bo bq br bs bt \
bv bw by bz ca cc cd cf cg ch ci ck cl cm cn co cr cu cv cw cx cy cz de dj dk dm do dz ec ee eg eh \
er es et fi fj fk fm fo fr ga gb gd ge gf gg gh gi gl gm gn gp gq gr gs gt gu gw gy hk hm hn hr ht \
hu id ie il im in io iq ir is it je jm jo jp ke kg kh ki km kn kp kr kw ky kz la lb lc li lk lr ls \
lt lu lv ly ma mc md me mf mg mh mk ml mm mn mo mp mq mr ms mt mu mv mw mx my mz na nc ne nf ng ni \
nl no np nr nu nz om pa pe pf pg ph pk pl pm pn pr ps pt pw py qa re ro rs ru rw sa sb sc sd se sg \
sh si sj sk sl sm sn so sr ss st sv sx sy sz tc td tf tg th tj tk tl tm tn to tr tt tv tw tz ua ug \
um us uy uz va vc ve vg vi vn vu wf ws ye yt za zm zw eu un int";

/// ISO 639-1.
const LANGUAGES: &str = "\
aa ab ae af ak am an ar as av ay az ba be bg bh bi bm bn bo br bs ca ce ch co cr cs cu cv cy da de \
dv dz ee el en eo es et eu fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi ho hr ht hu hy hz ia id \
ie ig ii ik io is it iu ja jv ka kg ki kj kk kl km kn ko kr ks ku kv kw ky la lb lg li ln lo lt lu \
lv mg mh mi mk ml mn mr ms mt my na nb nd ne ng nl nn no nr nv ny oc oj om or os pa pi pl ps pt qu \
rm rn ro ru rw sa sc sd se sg si sk sl sm sn so sq sr ss st su sv sw ta te tg th ti tk tl tn to tr \
ts tt tw ty ug uk ur uz ve vi vo wa wo xh yi yo za zh zu";

/// Codes people write and what they mean.
const MIXED_UP: [(&str, &str); 11] = [
    ("uk", "gb"),
    ("en", "gb"),
    ("el", "gr"),
    ("us", "en"),
    ("gb", "en"),
    ("jp", "ja"),
    ("ua", "uk"),
    ("cn", "zh"),
    ("cz", "cs"),
    ("gr", "el"),
    ("dk", "da"),
];

/// What is wrong with `code` as a country, or none.
pub(crate) fn country_fault(code: &str) -> Option<String> {
    fault(code, COUNTRIES, "an ISO 3166-1 code in lower case such as us, gb, de, or eu, un, int")
}

/// The country a host's ending names: `gb` of `example.co.uk`, `us` of `example.gov`; none where it
/// names none (`.com`).
pub(crate) fn country_of_host(host: &str) -> Option<&'static str> {
    let last = host.trim_end_matches('.').rsplit('.').next().unwrap_or_default().to_lowercase();
    let known = |code: &str| COUNTRIES.split(' ').find(|entry| *entry == code);
    match last.as_str() {
        "gov" | "mil" => known("us"),
        "uk" => known("gb"),
        "int" | "eu" => known(&last),
        // Sold to everybody for what the letters look like.
        "io" | "co" | "me" | "tv" | "ai" | "cc" | "fm" | "am" | "ly" => None,
        code => known(code),
    }
}

/// What is wrong with `code` as a language, or none.
pub(crate) fn language_fault(code: &str) -> Option<String> {
    fault(code, LANGUAGES, "an ISO 639-1 code in lower case such as en, de, uk")
}

fn fault(code: &str, table: &str, remedy: &str) -> Option<String> {
    let is_in_table = |code: &str| table.split(' ').any(|entry| entry == code);
    if is_in_table(code) {
        return None;
    }
    let lower = code.to_lowercase();
    let meant = MIXED_UP.iter().find(|(wrong, right)| *wrong == lower && is_in_table(right));
    Some(match meant {
        _ if is_in_table(&lower) => format!("did you mean {lower:?}?"),
        Some((_, right)) => format!("did you mean {right:?}?"),
        None => format!("write {remedy}"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tables_hold_two_letters_each_once() {
        for (table, count) in [(COUNTRIES, 252), (LANGUAGES, 184)] {
            let codes: std::collections::BTreeSet<&str> = table.split(' ').collect();
            assert_eq!(codes.len(), table.split(' ').count(), "a code stands twice");
            assert_eq!(codes.len(), count);
            assert!(codes.iter().all(|code| code.len() == 2 || *code == "int"));
        }
    }

    #[test]
    fn hosts_tell_their_country_where_their_ending_is_one() {
        let cases = [
            ("www.gov.uk", Some("gb")),
            ("ofac.treasury.gov", Some("us")),
            ("www.consilium.europa.eu", Some("eu")),
            ("example.com", None),
            ("example.io", None),
            ("ministry.gouv.fr", Some("fr")),
            ("localhost", None),
            ("", None),
        ];
        for (host, country) in cases {
            assert_eq!(country_of_host(host), country, "{host}");
        }
    }

    #[test]
    fn a_wrong_code_is_answered_with_the_right_one() {
        let country = |code| country_fault(code).unwrap();
        let language = |code| language_fault(code).unwrap();
        assert_eq!(country_fault("gb"), None);
        assert_eq!(country("uk"), "did you mean \"gb\"?");
        assert_eq!(country("DE"), "did you mean \"de\"?");
        assert!(country("germany").starts_with("write an ISO 3166-1"));
        assert_eq!(language_fault("uk"), None);
        assert_eq!(language("ua"), "did you mean \"uk\"?");
        assert_eq!(language("jp"), "did you mean \"ja\"?");
        for (wrong, right) in MIXED_UP {
            let remedy = format!("did you mean {right:?}?");
            let said = [country_fault(wrong), language_fault(wrong)];
            assert!(said.contains(&Some(remedy)), "{wrong} → {right}: {said:?}");
        }
    }
}
