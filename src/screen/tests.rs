//! Names in texts, as a table: what is found, by which class, and what is left.

use crate::model::designation::{
    Designation, Identifier, Issuer, ListedName, NameQuality, PartyKind,
};
use crate::model::matched::{Class, Match, Suppression};
use crate::screen::{Index, Listed};

/// `kind | name | alias …`; an alias that begins with `?` is weak.
const LIST: &str = "\
person | Igor Ivanovich SECHIN | Игорь Иванович Сечин
person | Vladimir Vladimirovich PUTIN
person | Bashar AL-ASSAD
person | Jong Un KIM | 김정은 | ?Young General
person | Usama Muhammad Awad BIN LADIN | Usama BIN LADEN
person | Mark TAYLOR
person | Qasem SOLEIMANI
person | Quan YOU
person | GROZNY
person | Dr. IBRAHIM
person | Wei CHENG
organisation | PUBLIC JOINT STOCK COMPANY ROSNEFT OIL COMPANY | OAO ROSNEFT
organisation | JSC ARGUMENT | JSCKRONSHTADT
organisation | SIS DOO
organisation | 11420 CORP. | CORP
organisation | EJERCITO DE LIBERACION NACIONAL | ELN
organisation | GREEN LIGHT | ?HAD
organisation | PETROFAC KHUZESTAN
organisation | THE AMERICAN | 中国石油贸易
vessel | SUCCESS
vessel | ADRIAN DARYA 1
vessel | TINIB
person | Ziyad ABD AL-RAHMAN AL-QARQAWI
person | Hatim NASR ALLAH
person | Wathiq SALAHUDDIN
person | Muqrin BIN FAHD AL-SHAMRANI";

fn designations() -> Vec<Designation> {
    let party = |(at, line): (usize, &str)| {
        let mut fields = line.split(" | ");
        let kind = match fields.next() {
            Some("person") => PartyKind::Person,
            Some("vessel") => PartyKind::Vessel,
            _ => PartyKind::Organisation,
        };
        let names = fields.enumerate().map(|(place, name)| ListedName {
            text: name.trim_start_matches('?').to_owned(),
            quality: match (place, name.starts_with('?')) {
                (_, true) => NameQuality::Weak,
                (0, _) => NameQuality::Primary,
                _ => NameQuality::Alias,
            },
        });
        let names = names.collect();
        designation(&at.to_string(), kind, names)
    };
    LIST.lines().enumerate().map(party).collect()
}

fn designation(id: &str, kind: PartyKind, names: Vec<ListedName>) -> Designation {
    Designation {
        id: id.to_owned(),
        issuer: Issuer::Ofac,
        kind,
        names,
        programmes: vec!["RUSSIA-EO14024".to_owned()],
        countries: Vec::new(),
        births: Vec::new(),
        identifiers: Vec::new(),
        positions: Vec::new(),
        listed_on: None,
        remarks: Vec::new(),
    }
}

fn primary(text: &str) -> Vec<ListedName> {
    vec![ListedName { text: text.to_owned(), quality: NameQuality::Primary }]
}

fn index(designations: Vec<Designation>) -> Index {
    Index::build(designations.into_iter().map(Listed::from).collect(), &[])
}

/// What is found, as `class text`, joined by `; `.
fn found(index: &Index, text: &str, about_sanctions: bool) -> String {
    let matches = index.matches("", text, || about_sanctions);
    let write = |one: &Match| {
        assert_eq!(one.mention.text, text[one.mention.start..one.mention.end]);
        format!("{} {}", one.class.name(), one.mention.text)
    };
    matches.iter().map(write).collect::<Vec<_>>().join("; ")
}

#[test]
fn names_are_found_as_writers_write_them() {
    let index = index(designations());
    let cases = [
        ("They met Igor Ivanovich Sechin.", "strong Igor Ivanovich Sechin"),
        ("They met Igor Sechin’s aide.", "strong Igor Sechin"),
        ("SECHIN, Igor Ivanovich; born 1960", "strong SECHIN, Igor Ivanovich"),
        ("They met Igor I. Sechin.", "strong Igor I. Sechin"),
        ("Ils ont vu Igor Setchine.", "strong Igor Setchine"),
        ("Встреча с Игорем Сечиным прошла.", "strong Игорем Сечиным"),
        ("Lunch with Bashar Assad.", "strong Bashar Assad"),
        ("Lunch with Bashar al-Asad.", "strong Bashar al-Asad"),
        ("Kim Jong-un spoke.", "strong Kim Jong-un"),
        ("Osama bin Laden was named.", "strong Osama bin Laden"),
        ("Ziad Abdulrahman al-Qarqawi left.", "strong Ziad Abdulrahman al-Qarqawi"),
        ("Ziyad Abdel Rahman el-Qarqawi left.", "strong Ziyad Abdel Rahman el-Qarqawi"),
        ("Ziyad Abd al-Rahman Alqarqawi left.", "strong Ziyad Abd al-Rahman Alqarqawi"),
        ("They saw Hatim Nasrullah.", "strong Hatim Nasrullah"),
        ("They saw Wathiq Salah al-Din.", "strong Wathiq Salah al-Din"),
        ("They saw Wathiq Salaheddine.", "strong Wathiq Salaheddine"),
        ("Muqrin ibn Fahd ash-Shamrani came.", "strong Muqrin ibn Fahd ash-Shamrani"),
        ("Muqrin Fahd Al Shamrani came.", "strong Muqrin Fahd Al Shamrani"),
        ("He went as Shamrani did to Fahd.", ""),
        ("General Ghasem Soleimani came.", "strong Ghasem Soleimani"),
        ("General Q. Soleimani came.", "possible Q. Soleimani"),
        ("General Qasem Soleimany came.", "strong Qasem Soleimany"),
        ("General Qasim Solemani came.", "possible Qasim Solemani"),
        ("Shares of Rosneft OAO fell.", "strong Rosneft"),
        ("Buyers of JSCARGUMENT left.", "strong JSCARGUMENT"),
        ("Buyers of JSC Kronshtadt left.", "strong JSC Kronshtadt"),
        ("A claim against SIS d.o.o. was paid.", "weak SIS d.o.o"),
        ("The firm Petrofac Khuzestan sold it.", "strong Petrofac Khuzestan"),
        ("中国石油贸易公司", "strong 中国石油贸易"),
        ("Mr Mark Taylor scored.", "weak Mark Taylor"),
    ];
    for (text, expected) in cases {
        assert_eq!(found(&index, text, false), expected, "{text}");
    }
}

#[test]
fn what_only_looks_like_a_name_is_left() {
    let index = index(designations());
    for text in [
        "They had success with a green light, so the corp said.",
        "Petrofac-OFAC and t-OFAC-itinib", // The letters of TINIB stand inside a word.
        "The Corp. of engineers",
        "The American public had said so.",
        "Lunch with Igor. Sechin came later.",
        "He called Igor\n\nSechin called back",
        "HAD WE KNOWN, WE WOULD HAVE GONE",
        "Success came late.",
        "Zaheer Ibrahim said so.",
        "eln",
    ] {
        assert_eq!(found(&index, text, true), "", "{text}");
    }
}

#[test]
fn some_names_mean_something_among_sanctions_only() {
    let index = index(designations());
    let cases = [
        ("Talks with the ELN failed.", "medium ELN"),
        ("Mark Taylor was named.", "medium Mark Taylor"),
        ("The tanker Success left port.", "medium Success"),
    ];
    for (text, expected) in cases {
        assert_eq!(found(&index, text, true), expected, "{text}");
    }
    assert_eq!(found(&index, "Talks with the ELN failed.", false), "");
    // A name inside a longer one is another person's.
    assert_eq!(found(&index, "said Cheng You Quan on Tuesday", false), "weak You Quan");
}

#[test]
fn a_longer_name_hides_those_inside_it_and_lists_agree_on_one_party() {
    let mut designations = designations();
    let mut again = designation("EU.1", PartyKind::Person, primary("Vladimir Vladimirovich Putin"));
    again.issuer = Issuer::EuropeanUnion;
    designations.push(again);
    designations.push(designation(
        "9",
        PartyKind::Organisation,
        primary("Vladimir Putin Fund of Grozny"),
    ));
    let index = index(designations);
    let matches =
        index.matches("Vladimir Putin", "The Vladimir Putin Fund of Grozny paid.", || false);
    let texts: Vec<&str> = matches.iter().map(|one| one.mention.text.as_str()).collect();
    assert_eq!(texts, ["Vladimir Putin", "Vladimir Putin Fund of Grozny"]);
    assert!(
        matches[0].explanation.iter().any(|line| line == "also listed: eu EU.1"),
        "{matches:#?}"
    );
}

#[test]
fn identifiers_prove_themselves() {
    let mut ship = designation("1", PartyKind::Vessel, primary("HORSE"));
    ship.identifiers = vec![Identifier { kind: "imo".to_owned(), value: "9187629".to_owned() }];
    let mut firm = designation("2", PartyKind::Organisation, primary("A B"));
    let identifier =
        |kind: &str, value: &str| Identifier { kind: kind.to_owned(), value: value.to_owned() };
    firm.identifiers = vec![
        identifier("inn", "7706107510"),
        identifier("wallet:XBT", "12QtD5BFwRsdNsAZY76UVE1xyCGNTojH9h"),
        identifier("passport", "1234567"),
    ];
    let index = index(vec![ship, firm]);
    let cases = [
        ("The tanker Horse (IMO 9187629) left.", "medium Horse; strong 9187629"),
        ("Call 9187629 now.", ""),
        ("ИНН 7706107510", "strong 7706107510"),
        (
            "to 12QtD5BFwRsdNsAZY76UVE1xyCGNTojH9h at once",
            "strong 12QtD5BFwRsdNsAZY76UVE1xyCGNTojH9h",
        ),
        ("passport 1234567", ""),
    ];
    for (text, expected) in cases {
        assert_eq!(found(&index, text, true), expected, "{text}");
    }
}

#[test]
fn explanations_say_what_agrees() {
    let mut party = designation("7", PartyKind::Person, primary("Igor Ivanovich SECHIN"));
    party.countries = vec!["Russia".to_owned()];
    party.births = vec!["07 Sep 1960".to_owned()];
    party.listed_on = chrono::NaiveDate::from_ymd_opt(2014, 4, 28);
    let index = index(vec![party]);
    let explain = |text: &str| index.matches("", text, || false).remove(0);
    let bare = explain("Igor Sechin came.");
    assert!(!bare.explanation.is_empty() && bare.agrees.is_empty() && bare.class == Class::Strong);
    assert!(bare.explanation.iter().any(|line| line.contains("not confirmed")), "{bare:#?}");
    assert!(
        bare.explanation.iter().any(|line| line.contains("listed since 2014-04-28")),
        "{bare:#?}"
    );
    let full = explain("The Russian manager Igor Sechin, born in 1960, came.");
    assert_eq!(
        full.agrees,
        [
            "the country Russia",
            "the year of birth 1960",
            "the place of the programme RUSSIA-EO14024"
        ]
    );
}

#[test]
fn suppressed_names_are_silent_and_watched_ones_speak() {
    let suppressions =
        [Suppression { name: "igor SECHIN".to_owned(), reason: "a namesake".to_owned() }];
    let mut all: Vec<Listed> = designations().into_iter().map(Listed::from).collect();
    all.push(Listed::watched("reader 1", "Gunvor"));
    let index = Index::build(all, &suppressions);
    assert_eq!(
        found(&index, "Igor Sechin met Bashar Assad of Gunvor.", false),
        "strong Bashar Assad; medium Gunvor"
    );
}

#[test]
fn hostile_texts_take_linear_time_and_end() {
    let index = index(designations());
    for text in [
        "Igor ".repeat(40_000),
        "Vladimir Vladimirovich ".repeat(20_000),
        "Igor Sechin ".repeat(20_000),
        "a.".repeat(100_000),
        "'".repeat(100_000),
        "Jong-".repeat(50_000),
        "\u{301}".repeat(50_000),
        "中".repeat(50_000),
    ] {
        index.matches(&text, &text, || true);
    }
    for odd in ["", "\u{0}", "ﬁ", "İ", "\u{feff}Igor\u{200b} Sechin", "Igor\u{a0}Sechin"] {
        index.matches(odd, odd, || true);
    }
}

#[test]
fn an_index_of_nobody_finds_nobody() {
    assert_eq!(found(&index(Vec::new()), "Igor Sechin", true), "");
    let nameless = designation("1", PartyKind::Person, Vec::new());
    assert_eq!(found(&index(vec![nameless]), "Igor Sechin", true), "");
}
