//! Legal identifiers in a text: orders, licences, regulations, list entries, ships, wallets.
//!
//! Each kind is one row of `KINDS`: a pattern, what must stand near it, and the function that
//! brings it to its one form or refuses it (a check digit that fails, a year where none can be).

use std::ops::Range;
use std::sync::LazyLock;

use regex::{Captures, Regex};

use crate::model::judged::Instrument;

/// What a captured identifier comes to.
struct Form {
    id: String,
    link: Option<String>,
    of_sanctions: bool,
}

/// One kind of identifier.
struct Row {
    kind: &'static str,
    /// One of these must occur in the text at all; saves most texts the pattern.
    hints: &'static [&'static str],
    pattern: &'static str,
    /// One of these must stand within [`NEAR`] bytes, in lower case; empty asks for nothing.
    near: &'static [&'static str],
    form: fn(&Captures) -> Option<Form>,
}

/// How far, in bytes, the words that vouch for an ambiguous identifier may stand.
const NEAR: usize = 200;

/// Words that vouch for a short form such as "GL 8".
const SANCTIONS_NEAR: &[&str] = &[
    "ofac",
    "treasury",
    "sanction",
    "licen",
    "authoriz",
    "e.o.",
    "executive order",
    "cfr",
    "sdn",
    "блокир",
    "санкц",
    "минфин",
    "制裁",
    "sankti",
    "sancion",
    "sanzion",
    "sancti",
    "sankcj",
];

/// Words that vouch for an export classification.
const EXPORT_NEAR: &[&str] = &[
    "eccn",
    "export",
    "commerce control",
    "bis",
    "control list",
    "dual-use",
    "dual use",
    "licen",
    "semiconductor",
    "出口管制",
    "輸出",
];

/// Words that vouch for a number of the Federal Register.
const REGISTER_NEAR: &[&str] = &["federal register", "federalregister", "fr doc", "doc. no"];

/// Words that vouch for an entry of the British list.
const BRITISH_NEAR: &[&str] =
    &["sanction", "ofsi", "uk list", "designat", "unique id", "fcdo", "asset freeze", "group id"];

const KINDS: &[Row] = &[
    Row {
        kind: "directive",
        hints: &["irective"],
        pattern: r"(?i)\bDirective\s+(\d[A-Z]?)\s+(?:\([^)]{0,40}\)\s+)?(?:under|to|of|pursuant to)\s+(?:E\.?\s?O\.?|Executive\s+Order)\s*(?:No\.?\s*)?(1\d{4})\b",
        near: &[],
        form: |found| {
            plain(format!("Directive {} under E.O. {}", found[1].to_uppercase(), &found[2]))
        },
    },
    Row {
        kind: "executive-order",
        hints: &["EO", "E.O", "E. O", "xecutive", "XECUTIVE"],
        pattern: r"\b(?:E\.?\s?O\.?|(?i:Executive\s+Orders?))\s*(?:(?i:No\.?|Number)\s*|#\s*)?(1[0-9]{4})\b",
        near: &[],
        form: |found| {
            let number = &found[1];
            Some(Form {
                id: format!("E.O. {number}"),
                link: Some(format!("https://www.federalregister.gov/executive-order/{number}")),
                of_sanctions: SANCTIONS_ORDERS.split_whitespace().any(|order| order == number),
            })
        },
    },
    Row {
        kind: "general-licence",
        hints: &["eneral", "ENERAL", "énérale", "llgemeine", "енеральн"],
        pattern: r"(?i)\b(?:general\s+licen[cs]e|licen[cs]ia\s+general|licence\s+générale|licença\s+geral|licenza\s+generale|allgemeine\s+(?:lizenz|genehmigung)|генеральн\w+\s+лицензи\w+|генеральн\w+\s+ліцензі\w+)s?\s*(?:(?:No\.?|Number|Nr\.?|№|n[°º])\s*)?(\d{1,3}[A-Z]{0,2})\b",
        near: SANCTIONS_NEAR,
        form: general_licence,
    },
    Row {
        kind: "general-licence",
        hints: &["GL"],
        pattern: r"\bGLs?\s*-?(?:No\.?\s*)?(\d{1,3}[A-Z]{0,2})\b",
        near: SANCTIONS_NEAR,
        form: general_licence,
    },
    Row {
        kind: "faq",
        hints: &["FAQ", "requently asked"],
        pattern: r"\b(?:FAQs?|(?i:frequently\s+asked\s+questions?))\s*(?:No\.?\s*|#\s*|Number\s*)?(\d{1,4})\b",
        near: &["ofac", "treasury", "sanction", "sdn"],
        form: |found| {
            linked(
                format!("OFAC FAQ {}", &found[1]),
                format!("https://ofac.treasury.gov/faqs/{}", &found[1]),
            )
        },
    },
    Row {
        kind: "recent-action",
        hints: &["recent-actions/"],
        pattern: r"\bofac\.treasury\.gov/recent-actions/(\d{8})((?:_\d+)?)",
        near: &[],
        form: |found| {
            let action = format!("{}{}", &found[1], &found[2]);
            linked(
                format!("OFAC {action}"),
                format!("https://ofac.treasury.gov/recent-actions/{action}"),
            )
        },
    },
    Row {
        kind: "press-release",
        hints: &["press-releases/"],
        pattern: r"\btreasury\.gov/news/press-releases/([a-z]{2}\d{3,4})\b",
        near: &[],
        form: |found| {
            unsure(
                format!("Treasury {}", &found[1]),
                Some(format!("https://home.treasury.gov/news/press-releases/{}", &found[1])),
            )
        },
    },
    Row {
        kind: "programme",
        hints: &["["],
        pattern: r"\[([A-Z]{2,}[A-Z0-9]*(?:[- ]+[A-Z0-9]+)*)\]",
        near: &[],
        form: |found| {
            let tag = found[1].replace(" - ", "-");
            let stem = tag.split("-EO").next().unwrap_or(&tag);
            let known = PROGRAMMES.split_whitespace().any(|programme| programme == stem);
            if known { plain(tag) } else { None }
        },
    },
    Row {
        kind: "cfr",
        hints: &["CFR", "C.F.R", "C. F. R"],
        pattern: r"\b(\d{1,2})\s*C\.?\s?F\.?\s?R\.?\s*(?:(?i:parts?|sections?)\s*|§+\s*)?(\d{1,4})(?:\.(\d{1,4}))?\b",
        near: &[],
        form: code_of_federal_regulations,
    },
    Row {
        kind: "usc",
        hints: &["USC", "U.S.C", "U. S. C"],
        pattern: r"\b(\d{1,2})\s*U\.?\s?S\.?\s?C\.?\s*(?:(?i:sections?)\s*|§+\s*)?(\d{1,5}[a-z]?)\b",
        near: &[],
        form: |found| {
            let (title, section) = (&found[1], &found[2]);
            let powers = title == "50" && section.starts_with("170");
            Some(Form {
                id: format!("{title} U.S.C. {section}"),
                link: Some(format!(
                    "https://uscode.house.gov/view.xhtml?req=granuleid:USC-prelim-title{title}-section{section}"
                )),
                of_sanctions: powers,
            })
        },
    },
    Row {
        kind: "federal-register",
        hints: &["FR", "F.R", "F. R", "Fed"],
        pattern: r"\b(\d{2,3})\s*(?:FR|F\.\s?R\.|Fed\.?\s?Reg\.?)\s*(?:NOTICE\s*)?(\d{3,6})\b",
        near: &[],
        form: |found| {
            unsure(
                format!("{} FR {}", &found[1], &found[2]),
                Some(format!(
                    "https://www.federalregister.gov/citation/{}-FR-{}",
                    &found[1], &found[2]
                )),
            )
        },
    },
    Row {
        kind: "federal-register-document",
        hints: &["egister", "FR Doc", "FR DOC"],
        pattern: r"(?:\b|^)((?:CVE-)?)((?:19|20)\d{2}-\d{5})\b",
        near: REGISTER_NEAR,
        form: |found| {
            let link = format!("https://www.federalregister.gov/d/{}", &found[2]);
            if found[1].is_empty() {
                unsure(format!("FR Doc. {}", &found[2]), Some(link))
            } else {
                None
            }
        },
    },
    Row {
        kind: "rin",
        hints: &["RIN"],
        pattern: r"\bRIN:?\s*(\d{4}-[A-Z]{2}\d{2})\b",
        near: &[],
        form: |found| unsure(format!("RIN {}", &found[1]), None),
    },
    Row {
        kind: "eccn",
        hints: &[
            "A0", "A1", "A2", "A3", "A4", "A5", "A6", "A7", "A9", "B0", "B1", "B2", "B3", "B6",
            "B9", "C0", "C1", "C2", "C3", "C9", "D0", "D1", "D2", "D3", "D4", "D5", "D9", "E0",
            "E1", "E2", "E3", "E4", "E5", "E9",
        ],
        pattern: r"\b([0-9][A-E][0-9]{3})((?:\.[a-z](?:\.\d{1,2})?)?)(?:\b|$)",
        near: EXPORT_NEAR,
        form: |found| plain(format!("ECCN {}{}", &found[1], &found[2])),
    },
    Row {
        kind: "eu-regulation",
        hints: &["egul", "egol", "eglam", "ègl", "EGUL", "erordn", "erorden", "ozporz", "егламент"],
        pattern: r"(?i)\b(?:(EU|EC|EG)[- ])?(?:Regulations?|Verordnung(?:en)?|règlements?|reglamentos?|regolament[oi]|regulamentos?|verordening(?:en)?|rozporządzeni\w+|регламент\w*)\s*(?:d['’]exécution\s*)?(?:\((EU|EC|EEC|UE|CE|CEE|EG|WE|EU, Euratom|ЄС|ЕС)\)\s*)?(?:(?:No\.?|Nr\.?|n[o°ºr]\.?|№)\s*)?(\d{1,4})/(\d{1,4})\b",
        near: &[],
        form: european_regulation,
    },
    Row {
        kind: "eu-decision",
        hints: &["CFSP", "PESC", "GASP", "GBVB", "WPZiB", "СЗБП", "ОВППБ", "ODGP"],
        pattern: r"\((?:CFSP|PESC|GASP|GBVB|WPZiB|СЗБП|ОВППБ|ODGP)\)\s*(?:(?:No\.?|Nr\.?|n[o°º])\s*)?(\d{4}/\d{1,4})\b",
        near: &[],
        form: |found| european_decision(&found[1]),
    },
    Row {
        kind: "eu-decision",
        hints: &["/CFSP", "/PESC", "/GASP", "/GBVB", "/WPZiB"],
        pattern: r"\b(\d{4}/\d{1,4})/(?:CFSP|PESC|GASP|GBVB|WPZiB)\b",
        near: &[],
        form: |found| european_decision(&found[1]),
    },
    Row {
        kind: "celex",
        hints: &["R0", "R1", "R2", "D0", "D1", "D2", "L0", "L1", "L2"],
        pattern: r"\b(3(?:19|20)\d{2}[RLD]\d{4}(?:\(\d{2}\))?)(?:\b|$|[^\w])",
        near: &[],
        form: |found| {
            unsure(
                found[1].to_owned(),
                Some(format!(
                    "https://eur-lex.europa.eu/legal-content/EN/TXT/?uri=CELEX:{}",
                    &found[1]
                )),
            )
        },
    },
    Row {
        kind: "official-journal",
        hints: &["OJ", "ABl", "JO L"],
        pattern: r"\b(?:OJ|ABl\.?|JO)(?::\s*|\s+)L(?:_(\d{4})(\d{5})\b|,?\s*((?:19|20)\d{2}/\d{1,5})\b|\s*(\d{1,3})\b)",
        near: &[],
        form: official_journal,
    },
    Row {
        kind: "eu-list",
        hints: &["EU."],
        pattern: r"\b(EU\.\d{1,5}\.\d{1,3})\b",
        near: &[],
        form: |found| plain(found[1].to_owned()),
    },
    Row {
        kind: "uk-list",
        hints: &[
            "RUS", "BEL", "AFG", "AQD", "CYB", "GHR", "GAC", "INU", "IHR", "DPR", "SYR", "LIB",
            "MYA", "CHW", "ISL", "CTI", "ZIM", "YEM", "SUD", "HAI", "VEN", "NIC", "DRC", "CAF",
            "GIM", "IRN", "SOM", "SSU", "IRQ", "BIH",
        ],
        pattern: r"\b((?:RUS|BEL|AFG|AQD|CYB|GHR|GAC|INU|IHR|DPR|SYR|LIB|MYA|CHW|ISL|CTI|ZIM|YEM|SUD|HAI|VEN|NIC|DRC|CAF|GIM|IRN|SOM|SSU|IRQ|BIH)\d{4})\b",
        near: BRITISH_NEAR,
        form: |found| plain(found[1].to_owned()),
    },
    Row {
        kind: "uk-instrument",
        hints: &["SI ", "S.I"],
        pattern: r"\bS\.?I\.?\s+(?:No\.?\s*)?((?:19|20)\d{2}/\d{1,4})\b",
        near: &[],
        form: |found| {
            unsure(
                format!("SI {}", &found[1]),
                Some(format!("https://www.legislation.gov.uk/uksi/{}", &found[1])),
            )
        },
    },
    Row {
        kind: "uk-regulations",
        hints: &["(Sanctions)"],
        pattern: r"\b((?:[A-Z][A-Za-z0-9'’.-]+\s+){0,4}[A-Z][A-Za-z0-9'’.-]+\s+\(Sanctions\)(?:\s+\([A-Z][A-Za-z0-9 .'’-]{0,40}\)){0,3}\s+Regulations\s+(?:19|20)\d{2})\b",
        near: &[],
        form: |found| {
            plain(
                found[1]
                    .trim_start_matches("The ")
                    .split_whitespace()
                    .collect::<Vec<_>>()
                    .join(" "),
            )
        },
    },
    Row {
        kind: "uk-licence",
        hints: &["INT/"],
        pattern: r"\bINT/(20\d{2})/(\d{6,8})\b",
        near: &[],
        form: |found| plain(format!("INT/{}/{}", &found[1], &found[2])),
    },
    Row {
        kind: "un-resolution",
        hints: &[
            "esolu",
            "ésolu",
            "isolu",
            "ESOLU",
            "ezoluc",
            "езолюц",
            "UNSCR",
            "决议",
            "決議",
            "القرار",
            "قرار",
        ],
        pattern: r"(?i)(?:\b(UNSCRs?|(?:UN(?:SC)?|Security\s+Council)\s+Resolutions?)|\bresolutions?|\brésolutions?|\bresoluci[oó]n|\bresolução|\brisoluzione|\brezolucj\w+|\bрезолюц\w+|决议|決議|القرار|قرار)\s*(?:(?:No\.?|№|n[°º]|第)\s*)?(\d{3,4})(?:\s*[(（]((?:19|20)\d{2})[)）]|号|號|\b)",
        near: &[],
        form: united_nations_resolution,
    },
    Row {
        kind: "un-resolution",
        hints: &["esolu", "ésolu", "isolu", "ezoluc", "езолюц"],
        // The body stands between the word and the number.
        pattern: r"(?i)\b(?:resolutions?|résolution|resolución|resolução|risoluzione|rezolucj\w+|резолюц\w+)\s+(?:of\s+the\s+(?:UN\s+)?Security\s+Council|du\s+Conseil\s+de\s+sécurité(?:\s+de\s+l['’]ONU)?|del\s+Consejo\s+de\s+Seguridad(?:\s+de\s+la\s+ONU)?|do\s+Conselho\s+de\s+Segurança(?:\s+da\s+ONU)?|del\s+Consiglio\s+di\s+sicurezza(?:\s+dell['’]Onu)?|Rady\s+Bezpieczeństwa(?:\s+ONZ)?|Совета\s+Безопасности(?:\s+ООН)?|СБ\s+ООН|Совбеза(?:\s+ООН)?|Рад[иі]\s+Безпеки(?:\s+ООН)?|РБ\s+ООН)\s*(?:(?:No\.?|№|n[°º]|nr)\s*)?(\d{3,4})(?:\s*\(((?:19|20)\d{2})\)|\b)",
        near: &[],
        form: |found| {
            let number: u32 = found[1].parse().ok()?;
            let year = found.get(2).map(|year| year.as_str());
            (100..4000).contains(&number).then(|| resolution(number, year))?
        },
    },
    Row {
        kind: "un-list",
        hints: &["i.", "e."],
        pattern: r"\b((?:QD|CD|KP|IQ|LY|TA|SO|SD|YE|HT|CF|ML|SS|GB)[ie]\.\d{3})\b",
        near: &[],
        form: |found| plain(found[1].to_owned()),
    },
    Row {
        kind: "ua-decree",
        hints: &["каз", "КАЗ"],
        pattern: r"(?i)\b(?:указ\w*)\s+(?:президента\s+)?(?:украины\s+|україни\s+)?(?:(?:від|от)\s+[^№\n]{1,40}\s+)?№\s*(\d{1,4}/(?:19|20)\d{2})\b",
        near: &[],
        form: |found| unsure(format!("Decree {} (Ukraine)", &found[1]), None),
    },
    Row {
        kind: "pl-journal",
        hints: &["Dz."],
        pattern: r"\bDz\.\s?U\.\s*(?:z\s*)?(\d{4})\s*(?:r\.)?,?\s*poz\.\s*(\d{1,5})\b",
        near: &[],
        form: |found| {
            unsure(
                format!("Dz.U. {} poz. {}", &found[1], &found[2]),
                Some(format!("https://dziennikustaw.gov.pl/DU/{}/{}", &found[1], &found[2])),
            )
        },
    },
    Row {
        kind: "cn-notice",
        hints: &["公告"],
        pattern: r"公告\s*[〔\[(（]?\s*(\d{4})\s*[〕\])）]?\s*年?\s*第\s*(\d{1,4})\s*[号號]",
        near: &[],
        form: |found| unsure(format!("公告{}年第{}号", &found[1], &found[2]), None),
    },
    Row {
        kind: "imo",
        hints: &["IMO", "ИМО", "ІМО"],
        pattern: r"\b(?:IMO|ИМО|ІМО)\s*(?:(?i:No\.?|number|numbers)\s*)?[:#]?\s*(\d{7})\b",
        near: &[],
        form: |found| {
            if ship_number(&found[1]) { unsure(format!("IMO {}", &found[1]), None) } else { None }
        },
    },
    Row {
        kind: "wallet",
        hints: &["igital Currency Address"],
        pattern: r"(?i)\bDigital\s+Currency\s+Address\s*[-–]\s*([A-Z]{3,5})\s+([A-Za-z0-9]{25,95})\b",
        near: &[],
        form: |found| plain(format!("{} {}", found[1].to_uppercase(), &found[2])),
    },
    Row {
        kind: "wallet",
        hints: &["0x"],
        pattern: r"\b(0x[0-9a-fA-F]{40})\b",
        near: &[],
        form: |found| unsure(format!("ETH {}", &found[1]), None),
    },
    Row {
        kind: "inn",
        hints: &["INN", "ИНН"],
        pattern: r"\b(?:INN|ИНН)\s*[:№]?\s*(\d{12}|\d{10})\b",
        near: &[],
        form: |found| {
            if tax_number(&found[1]) { unsure(format!("INN {}", &found[1]), None) } else { None }
        },
    },
    Row {
        kind: "ogrn",
        hints: &["OGRN", "ОГРН"],
        pattern: r"\b(?:OGRN(?:IP)?|ОГРН(?:ИП)?)\s*[:№]?\s*(\d{15}|\d{13})\b",
        near: &[],
        form: |found| {
            if registration_number(&found[1]) {
                unsure(format!("OGRN {}", &found[1]), None)
            } else {
                None
            }
        },
    },
    Row {
        kind: "lei",
        hints: &["LEI", "egal Entity"],
        pattern: r"\b(?:LEI|(?i:Legal\s+Entity\s+Identifier))(?:\s+code)?\s*:?\s*([A-Z0-9]{18}\d{2})\b",
        near: &[],
        form: |found| {
            if entity_identifier(&found[1]) {
                unsure(format!("LEI {}", &found[1]), None)
            } else {
                None
            }
        },
    },
];

/// Executive orders that impose, widen or end sanctions or control exports and investment abroad.
const SANCTIONS_ORDERS: &str = "\
    12170 12722 12724 12735 12775 12779 12808 12846 12865 12938 12947 12957 12959 12978 13047 13059 \
    13067 13094 13099 13121 13129 13159 13194 13213 13219 13222 13224 13288 13290 13304 13310 13315 \
    13338 13348 13372 13382 13391 13396 13399 13400 13405 13412 13413 13438 13441 13448 13460 13464 \
    13466 13469 13536 13551 13553 13566 13570 13572 13573 13574 13581 13582 13590 13599 13606 13608 \
    13611 13618 13619 13620 13622 13628 13645 13651 13660 13661 13662 13664 13667 13671 13675 13685 \
    13687 13692 13694 13710 13712 13722 13726 13756 13757 13761 13804 13808 13810 13818 13827 13835 \
    13846 13848 13849 13850 13851 13857 13863 13871 13876 13882 13884 13886 13894 13902 13928 13936 \
    13949 13959 13974 14014 14024 14032 14033 14038 14039 14046 14059 14064 14065 14066 14068 14071 \
    14078 14088 14098 14105 14114 14115 14118 14142 14144 14157 14203 14245 14312";

/// Stems of the programme tags of OFAC's lists.
const PROGRAMMES: &str = "\
    SDGT SDNT SDNTK SDT FTO NPWMD IRAN IRAN-HR IRAN-TRA IFSR IFCA IRGC ISA CUBA DPRK DPRK2 DPRK3 \
    DPRK4 SYRIA SYRIA-CAESAR PAARSSR LEBANON LIBYA2 LIBYA3 IRAQ2 IRAQ3 YEMEN SOMALIA SUDAN DARFUR \
    DRCONGO CAR BURUNDI SOUTH-SUDAN ZIMBABWE MALI ETHIOPIA BURMA NICARAGUA NICARAGUA-NHRAA VENEZUELA \
    BELARUS UKRAINE RUSSIA CAATSA-RUSSIA PEESA MAGNIT GLOMAG CYBER CYBER2 CYBER3 CYBER4 ELECTION \
    ILLICIT-DRUGS TCO HK HKAA CMIC CCMC HOSTAGES HRIT-IR HRIT-SY BALKANS WEST-BANK ICC HIFPAA \
    NS-PLC AFGHANISTAN BPI-PA";

/// European base acts on sanctions and export control, as number/year or year/number.
const SANCTIONS_ACTS: &str = "\
    765/2006 833/2014 269/2014 692/2014 208/2014 2022/263 267/2012 359/2011 36/2012 401/2013 \
    2017/2063 2017/1509 881/2002 2580/2001 2016/1686 2016/44 753/2011 747/2014 356/2010 2015/735 \
    1183/2005 2020/1998 2018/1542 2019/796 2024/2642 2022/2309 2017/1770 2019/1716 2023/1529 \
    2024/386 2021/821 428/2009 314/2004 101/2011 2271/96 1210/2003 2014/145 2014/512 2023/2147";

/// Every identifier in a text, in order; where two overlap, the one that begins first stays.
pub fn find(text: &str) -> Vec<Instrument> {
    let mut found = Vec::new();
    for (row, pattern) in KINDS.iter().zip(PATTERNS.iter()) {
        if !row.hints.iter().any(|hint| text.contains(hint)) {
            continue;
        }
        for captures in pattern.captures_iter(text) {
            let whole = captures.get_match();
            if vouched(text, whole.range(), row.near)
                && let Some(form) = (row.form)(&captures)
            {
                found.push(instrument(row.kind, text, span(text, &captures), form));
            }
        }
    }
    found.sort_by_key(|found| (found.start, usize::MAX - found.end));
    let mut end = 0;
    found.retain(|found| {
        let clear = end <= found.start;
        end = if clear { found.end } else { end };
        clear
    });
    found
}

/// The rows' patterns, compiled once, in their order.
static PATTERNS: LazyLock<Vec<Regex>> = LazyLock::new(|| {
    // Digits of other scripts would only make the automata, which stay in memory, several times larger.
    let compiled = |row: &Row| Regex::new(&row.pattern.replace(r"\d", "[0-9]"));
    KINDS.iter().map(|row| compiled(row).expect("a test compiles every row")).collect()
});

fn instrument(kind: &'static str, text: &str, span: Range<usize>, form: Form) -> Instrument {
    let Form { id, link, of_sanctions } = form;
    let Range { start, end } = span;
    Instrument { kind, id, text: text[start..end].to_owned(), start, end, link, of_sanctions }
}

/// The match without the white space and closing marks a pattern may end with.
fn span(text: &str, captures: &Captures) -> Range<usize> {
    let whole = captures.get_match();
    let last = captures.iter().skip(1).flatten().map(|group| group.end()).max();
    // A closing bracket belongs to "2231 (2015)" and "[SDGT]".
    let close = |end: usize| match text[end..whole.end()].chars().next() {
        Some(c @ (')' | '）' | ']' | '号' | '號')) => end + c.len_utf8(),
        _ => end,
    };
    whole.start()..last.map_or(whole.end(), close)
}

/// Whether one of the words stands near the match.
fn vouched(text: &str, span: Range<usize>, words: &[&str]) -> bool {
    if words.is_empty() {
        return true;
    }
    let from = text.floor_char_boundary(span.start.saturating_sub(NEAR));
    let to = text.ceil_char_boundary((span.end + NEAR).min(text.len()));
    // The identifier does not vouch for itself.
    let before = text[from..span.start].to_lowercase();
    let after = text[span.end..to].to_lowercase();
    words.iter().any(|word| before.contains(word) || after.contains(word))
}

/// An identifier that says sanctions by itself.
fn plain(id: String) -> Option<Form> {
    Some(Form { id, link: None, of_sanctions: true })
}

fn linked(id: String, link: String) -> Option<Form> {
    Some(Form { id, link: Some(link), of_sanctions: true })
}

/// An identifier that other matters have too.
fn unsure(id: String, link: Option<String>) -> Option<Form> {
    Some(Form { id, link, of_sanctions: false })
}

fn general_licence(found: &Captures) -> Option<Form> {
    plain(format!("GL {}", found[1].to_uppercase()))
}

fn code_of_federal_regulations(found: &Captures) -> Option<Form> {
    let title: u32 = found[1].parse().ok()?;
    let part: u32 = found[2].parse().ok()?;
    let section = found.get(3).map(|section| section.as_str());
    let (id, place) = match section {
        Some(section) => {
            (format!("{title} CFR {part}.{section}"), format!("section-{part}.{section}"))
        }
        None => (format!("{title} CFR {part}"), format!("part-{part}")),
    };
    let of_sanctions = matches!((title, part), (31, 500..=599) | (15, 730..=774) | (22, 120..=130));
    let link = Some(format!("https://www.ecfr.gov/current/title-{title}/{place}"));
    (1..=50).contains(&title).then_some(Form { id, link, of_sanctions })
}

/// Old acts are number/year ("833/2014"), acts since 2015 year/number ("2024/2642").
fn european_regulation(found: &Captures) -> Option<Form> {
    let community = found.get(1).or(found.get(2)).map(|named| named.as_str().to_uppercase());
    let (left, right): (u32, u32) = (found[3].parse().ok()?, found[4].parse().ok()?);
    let year = |number: u32| (1958..=2100).contains(&number);
    let short = (58..=99).contains(&right) && found[4].len() == 2;
    let (number, year, id) = if year(left) && (2015 <= left || !year(right)) {
        (right, left, format!("{left}/{right}"))
    } else if year(right) {
        (left, right, format!("{left}/{right}"))
    } else if short {
        (left, 1900 + right, format!("{left}/{right}"))
    } else {
        return None;
    };
    let old = matches!(community.as_deref(), Some("EC" | "CE" | "EG" | "WE" | "EEC" | "CEE"))
        || (community.is_none() && year < 2010);
    let known = SANCTIONS_ACTS.split_whitespace().any(|act| act == id);
    // "Regulation 5/2019" without its community may be any state's.
    (community.is_some() || known).then(|| Form {
        id: format!("({}) {id}", if old { "EC" } else { "EU" }),
        link: Some(eur_lex(year, 'R', number)),
        of_sanctions: known,
    })
}

fn european_decision(id: &str) -> Option<Form> {
    let (year, number) = id.split_once('/')?;
    let link = eur_lex(year.parse().ok()?, 'D', number.parse().ok()?);
    linked(format!("(CFSP) {id}"), link)
}

fn eur_lex(year: u32, kind: char, number: u32) -> String {
    format!("https://eur-lex.europa.eu/legal-content/EN/TXT/?uri=CELEX:3{year}{kind}{number:04}")
}

fn official_journal(found: &Captures) -> Option<Form> {
    let group = |index: usize| found.get(index).map(|group| group.as_str());
    if let (Some(year), Some(number)) = (group(1), group(2)) {
        let link = format!("https://eur-lex.europa.eu/eli/OJ:L_{year}{number}");
        return unsure(format!("OJ L, {year}/{}", number.trim_start_matches('0')), Some(link));
    }
    if let Some(id) = group(3) {
        return unsure(format!("OJ L, {id}"), None);
    }
    unsure(format!("OJ L {}", group(4)?), None)
}

/// The year tells a resolution of the Council from one of a town hall; without it the text must
/// name the Council.
fn united_nations_resolution(found: &Captures) -> Option<Form> {
    let number: u32 = found[2].parse().ok()?;
    let year = found.get(3).map(|year| year.as_str());
    if !(100..4000).contains(&number) || (year.is_none() && found.get(1).is_none()) {
        return None;
    }
    resolution(number, year)
}

fn resolution(number: u32, year: Option<&str>) -> Option<Form> {
    let id = match year {
        Some(year) => format!("UNSCR {number} ({year})"),
        None => format!("UNSCR {number}"),
    };
    let link = year.map(|year| format!("https://undocs.org/S/RES/{number}({year})"));
    unsure(id, link)
}

/// The check digit of an IMO ship number: weights 7 to 2 over the first six digits.
fn ship_number(digits: &str) -> bool {
    let digits = numbers(digits);
    let sum: u32 = digits.iter().zip((2..=7).rev()).map(|(digit, weight)| digit * weight).sum();
    digits.last() == Some(&(sum % 10)) && digits.iter().any(|digit| *digit != 0)
}

/// The check digits of a Russian tax number (Federal Tax Service order MM-7-6/435).
fn tax_number(digits: &str) -> bool {
    let digits = numbers(digits);
    let check = |weights: &[u32]| {
        weights.iter().zip(&digits).map(|(weight, digit)| weight * digit).sum::<u32>() % 11 % 10
    };
    match digits.len() {
        10 => check(&[2, 4, 10, 3, 5, 9, 4, 6, 8]) == digits[9],
        12 => {
            check(&[7, 2, 4, 10, 3, 5, 9, 4, 6, 8]) == digits[10]
                && check(&[3, 7, 2, 4, 10, 3, 5, 9, 4, 6, 8]) == digits[11]
        }
        _ => false,
    }
}

/// The check digit of a Russian registration number: the rest of the others by 11 (by 13 for the
/// fifteen digits of an entrepreneur).
fn registration_number(digits: &str) -> bool {
    let (body, check) = digits.split_at(digits.len() - 1);
    let divisor = if digits.len() == 15 { 13 } else { 11 };
    body.parse::<u64>().is_ok_and(|body| (body % divisor % 10).to_string() == check)
}

/// ISO 17442: letters count from 10, the whole number leaves 1 over 97.
fn entity_identifier(text: &str) -> bool {
    let rest = text.chars().filter_map(|c| c.to_digit(36)).fold(0u64, |rest, value| {
        let shift = if value < 10 { 10 } else { 100 };
        (rest * shift + u64::from(value)) % 97
    });
    rest == 1
}

fn numbers(digits: &str) -> Vec<u32> {
    digits.chars().filter_map(|c| c.to_digit(10)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_compiles_and_is_asked_for_by_its_hints() {
        assert_eq!(PATTERNS.len(), KINDS.len());
        assert!(KINDS.iter().all(|row| !row.hints.is_empty()));
    }

    #[test]
    fn identifiers_come_to_one_form() {
        for line in include_str!("instruments/found.txt").lines().filter(|l| !l.is_empty()) {
            let (expected, text) = line.split_once(" <- ").expect("a line is id <- text");
            let found = find(text);
            let ids: Vec<String> =
                found.iter().map(|found| format!("{}={}", found.kind, found.id)).collect();
            assert_eq!(ids.join("; "), expected, "{text:?}");
            for found in found {
                assert_eq!(text[found.start..found.end], found.text);
            }
        }
    }

    #[test]
    fn what_only_looks_like_one_is_left() {
        for text in include_str!("instruments/traps.txt").lines() {
            assert_eq!(find(text), [], "{text:?}");
        }
    }
}
