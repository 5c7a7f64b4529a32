//! PDF documents in, clean articles out, on files the tests write themselves; and files that are
//! broken, locked, empty or made to do harm.

use std::fmt::Write as _;
use std::io::Write as _;

use chrono::DateTime;
use encoding_rs::Encoding;
use sanctionwatch::jobs::read::read;
use sanctionwatch::model::article::{Article, BlockKind, SiteMemory};
use sanctionwatch::model::fetched::{Fetched, Validators};
use sanctionwatch::model::source::Recipe;
use unicode_bidi::{BidiInfo, Level};

use crate::support::pdf::{Line, Pdf, block, drawn, of_lines};

struct Outcome {
    article: Option<Article>,
    notes: String,
}

fn outcome(body: &[u8]) -> Outcome {
    let fetched = Fetched {
        requested: "https://example.org/notice.pdf".to_owned(),
        url: "https://example.org/notice.pdf".to_owned(),
        redirects: Vec::new(),
        status: 200,
        content_type: Some("application/pdf".to_owned()),
        validators: Validators::default(),
        body: body.to_vec(),
        at: DateTime::UNIX_EPOCH,
        served: None,
    };
    let (article, notes) = read(&fetched, &Recipe::default(), &SiteMemory::default());
    let notes: Vec<String> = notes.into_iter().map(|note| note.text).collect();
    Outcome { article, notes: notes.join("\n") }
}

fn paragraphs(article: &Article) -> Vec<&str> {
    article.blocks.iter().map(|block| block.text.as_str()).collect()
}

fn line(x: f32, y: f32, size: f32, text: &str) -> Line {
    Line { x, y, size, text: text.to_owned() }
}

/// A page of a notice with a running header and a footer with the page's number.
fn notice_page(number: usize, lines: Vec<Line>) -> Vec<Line> {
    let mut page = vec![line(60.0, 800.0, 9.0, "Ministry of Trade, Notices 2024")];
    page.extend(lines);
    page.push(line(270.0, 30.0, 9.0, &format!("Page {number} of 3")));
    page
}

fn notice() -> Vec<Vec<Line>> {
    let mut first = vec![line(60.0, 750.0, 18.0, "Notice of Additions to the List")];
    first.extend(block(
        60.0,
        715.0,
        11.0,
        &[
            "The Minister has today added four ships and two companies to the list of desig-",
            "nated persons under the Regulations of 2019. Their assets in the country are frozen,",
            "and nobody may make funds available to them without a licence.",
        ],
    ));
    first.extend(block(
        60.0,
        658.0,
        11.0,
        &[
            "The ships carried crude oil above the price cap between March and July, using false",
            "flags and switched-off transponders. Their owners were warned twice in writing and",
            "did not answer the letters of the office, which then asked the port authorities to",
        ],
    ));
    let second = block(
        60.0,
        760.0,
        11.0,
        &[
            "hold the ships at berth until their papers had been examined by an inspector.",
            "An appeal may be lodged with the High Court within twenty-eight days of this notice.",
        ],
    );
    let third = block(
        60.0,
        760.0,
        11.0,
        &[
            "Questions about this notice are answered by the Sanctions Office on working days.",
            "Licences that were granted before today stay valid until they end.",
        ],
    );
    vec![notice_page(1, first), notice_page(2, second), notice_page(3, third)]
}

#[test]
fn a_notice_becomes_an_article() {
    let Outcome { article, notes } = outcome(&of_lines(&notice(), None));
    let article = article.unwrap();
    assert_eq!(article.title, "Notice of Additions to the List");
    assert_eq!(
        paragraphs(&article),
        [
            "The Minister has today added four ships and two companies to the list of designated \
             persons under the Regulations of 2019. Their assets in the country are frozen, and \
             nobody may make funds available to them without a licence.",
            "The ships carried crude oil above the price cap between March and July, using false \
             flags and switched-off transponders. Their owners were warned twice in writing and \
             did not answer the letters of the office, which then asked the port authorities to \
             hold the ships at berth until their papers had been examined by an inspector. An \
             appeal may be lodged with the High Court within twenty-eight days of this notice.",
            "Questions about this notice are answered by the Sanctions Office on working days. \
             Licences that were granted before today stay valid until they end.",
        ]
    );
    assert_eq!(article.language.as_deref(), Some("en"));
    assert!(notes.contains("2 headers and footers were set aside"), "{notes}");
    let removed: Vec<&str> = article.removed.iter().map(|removed| removed.text.as_str()).collect();
    assert!(removed.contains(&"Ministry of Trade, Notices 2024"), "{removed:?}");
    assert!(removed.contains(&"Page 1 of 3"), "{removed:?}");
}

#[test]
fn the_described_title_wins_unless_a_program_wrote_it() {
    for (described, expected) in [
        ("Four ships added to the list", "Four ships added to the list"),
        ("Microsoft Word - notice final.docx", "Notice of Additions to the List"),
        ("", "Notice of Additions to the List"),
    ] {
        let article = outcome(&of_lines(&notice(), Some(described))).article.unwrap();
        assert_eq!(article.title, expected, "{described:?}");
    }
}

#[test]
fn columns_are_read_one_after_the_other() {
    let mut page = vec![line(60.0, 780.0, 16.0, "Council Regulation on Restrictive Measures")];
    let left = [
        "Whereas the situation in the region",
        "has grown worse since the autumn, the",
        "Council has decided that the measures",
        "shall be prolonged by twelve months,",
        "until the end of the coming summer.",
    ];
    let right = [
        "The persons named in the Annex shall",
        "not enter the territory of any member",
        "state, and all their funds are frozen",
        "from the day on which this Regulation",
        "appears in the Official Journal here.",
    ];
    page.extend(block(60.0, 740.0, 10.0, &left));
    page.extend(block(310.0, 740.0, 10.0, &right));
    // The order in which lines are drawn says nothing.
    page.reverse();
    let article = outcome(&of_lines(&[page], None)).article.unwrap();
    assert_eq!(article.title, "Council Regulation on Restrictive Measures");
    assert_eq!(paragraphs(&article), [left.join(" "), right.join(" ")]);
}

/// Fonts of office programs number their glyphs and say elsewhere what these mean.
#[test]
fn composite_fonts_are_read_by_their_map() {
    let text = "Заморожено активи чотирьох компаній, які возили нафту понад встановлену ціну. \
                Рішення набирає чинності в день оприлюднення, а банки мають десять днів, щоб \
                повідомити, якими коштами цих компаній вони володіють і де ті зберігаються.";
    let mut codes = String::new();
    let mut map = String::from("begincmap\n");
    for (code, c) in text.chars().enumerate() {
        write!(codes, "{:04X}", code + 3).unwrap();
        writeln!(map, "1 beginbfchar <{:04X}> <{:04X}> endbfchar", code + 3, u32::from(c)).unwrap();
    }
    let mut packed = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
    packed.write_all(map.as_bytes()).unwrap();
    let mut pdf = Pdf::default();
    let map = pdf.stream("/Filter /FlateDecode", &packed.finish().unwrap());
    let below = pdf.add("<< /Type /Font /Subtype /CIDFontType2 /BaseFont /X /DW 520 >>");
    let font = pdf.add(format!(
        "<< /Type /Font /Subtype /Type0 /BaseFont /X /Encoding /Identity-H \
         /DescendantFonts [{below} 0 R] /ToUnicode {map} 0 R >>"
    ));
    let content = pdf.stream("", format!("BT /F1 9 Tf 40 700 Td <{codes}> Tj ET").as_bytes());
    let root = pdf.pages(&[content], &format!("/Font << /F1 {font} 0 R >>"));
    let article = outcome(&pdf.write(root)).article.unwrap();
    assert_eq!(paragraphs(&article), [text]);
    assert_eq!(article.language.as_deref(), Some("uk"));
}

#[test]
fn a_pdf_is_known_by_its_bytes_and_a_page_about_one_is_not() {
    let body = of_lines(&notice(), None);
    let mut fetched = Fetched {
        requested: "https://example.org/download?id=7".to_owned(),
        url: "https://example.org/download?id=7".to_owned(),
        redirects: Vec::new(),
        status: 200,
        content_type: Some("application/octet-stream".to_owned()),
        validators: Validators::default(),
        body,
        at: DateTime::UNIX_EPOCH,
        served: None,
    };
    let article =
        |fetched: &Fetched| read(fetched, &Recipe::default(), &SiteMemory::default()).0.unwrap();
    assert_eq!(article(&fetched).title, "Notice of Additions to the List");
    fetched.body =
        b"<h1>What is in a PDF</h1><p>Each file begins with the bytes %PDF-1.7 and ends \
        with the place where its table begins, so that a reader can jump to it.</p>"
            .to_vec();
    assert_eq!(article(&fetched).title, "What is in a PDF");
}

#[test]
fn documents_without_text_say_so() {
    let mut scanned = Pdf::default();
    let picture = scanned.stream(
        "/Type /XObject /Subtype /Image /Width 1 /Height 1 /ColorSpace /DeviceGray \
         /BitsPerComponent 8",
        b"\x80",
    );
    let content = scanned.stream("", b"q 500 0 0 700 0 0 cm /Im1 Do Q");
    let root = scanned.pages(&[content, content], &format!("/XObject << /Im1 {picture} 0 R >>"));
    let locked = {
        let mut pdf = Pdf::default();
        let key = pdf.add(
            "<< /Filter /Standard /V 2 /R 3 /Length 128 /P -44 \
             /O <3030303030303030303030303030303030303030303030303030303030303030> \
             /U <3030303030303030303030303030303030303030303030303030303030303030> >>",
        );
        let content = pdf.stream("", &drawn(&[line(60.0, 700.0, 11.0, "unreadable")]));
        let root = pdf.pages(&[content], "");
        let id = "<30303030303030303030303030303030>";
        pdf.trailer = format!("/Encrypt {key} 0 R /ID [{id} {id}]");
        pdf.write(root)
    };
    let nameless = {
        let mut pdf = Pdf::default();
        let font = pdf.add("<< /Type /Font /Subtype /Type0 /BaseFont /X /Encoding /Identity-H >>");
        let content = pdf.stream("", b"BT /F1 9 Tf 40 700 Td <000100020003> Tj ET");
        let root = pdf.pages(&[content], &format!("/Font << /F1 {font} 0 R >>"));
        pdf.write(root)
    };
    for (body, expected) in [
        (scanned.write(root), "no text in this PDF: its 2 pages are pictures"),
        (locked, "the PDF is locked with a password"),
        (nameless, "the text of this PDF cannot be read: its fonts"),
        (b"%PDF-1.7\n".to_vec(), "the PDF is damaged"),
    ] {
        let Outcome { article, notes } = outcome(&body);
        assert!(article.is_none(), "{expected}");
        assert!(notes.contains(expected), "expected {expected:?}, found {notes:?}");
    }
}

#[test]
fn a_torn_download_gives_what_it_has_or_a_note() {
    let whole = of_lines(&notice(), None);
    for cut in (0..whole.len()).step_by(97) {
        let Outcome { article, notes } = outcome(&whole[..cut]);
        assert!(article.is_some() || !notes.is_empty(), "cut at {cut}");
    }
}

#[test]
fn hostile_documents_end_soon() {
    let cases = [
        ("pages that contain themselves", circle_of_pages()),
        ("forms that draw each other without end", laughing_forms()),
        ("a stream that unfolds to a gigabyte", bomb()),
        ("arrays in arrays", nested()),
        ("hundreds of thousands of objects", many_objects()),
        ("numbers that are none", wild_numbers()),
    ];
    for (name, body) in cases {
        let began = std::time::Instant::now();
        let Outcome { article, notes } = outcome(&body);
        assert!(article.is_some() || !notes.is_empty(), "{name}");
        // Far more than any takes on a busy machine: whether they end is asked, not how fast.
        assert!(began.elapsed().as_secs() < 180, "{name} took {:?}", began.elapsed());
    }
}

fn circle_of_pages() -> Vec<u8> {
    let mut pdf = Pdf::default();
    pdf.add("<< /Type /Pages /Count 2 /Kids [1 0 R 2 0 R] /Parent 1 0 R >>");
    pdf.add("<< /Type /Page /Parent 2 0 R /Contents 2 0 R /Resources 4 0 R >>");
    let root = pdf.add("<< /Type /Catalog /Pages 1 0 R >>");
    pdf.add("4 0 R");
    pdf.write(root)
}

/// Each form draws the next ten times: 10^12 drawings in a file of 3 kB.
fn laughing_forms() -> Vec<u8> {
    let mut pdf = Pdf::default();
    for next in 2..=13 {
        let entries = format!(
            "/Type /XObject /Subtype /Form /BBox [0 0 1 1] \
             /Resources << /XObject << /X {next} 0 R /Me {} 0 R >> >>",
            next - 1
        );
        pdf.stream(&entries, &b"/X Do /Me Do ".repeat(10));
    }
    pdf.stream("/Type /XObject /Subtype /Form /BBox [0 0 1 1]", b"");
    let content = pdf.stream("", b"/X Do");
    let root = pdf.pages(&[content], "/XObject << /X 1 0 R >>");
    pdf.write(root)
}

fn bomb() -> Vec<u8> {
    let mut packed = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
    let zeros = vec![b' '; 1 << 20];
    for _ in 0..1024 {
        packed.write_all(&zeros).unwrap();
    }
    let packed = packed.finish().unwrap();
    let mut pdf = Pdf::default();
    let font = pdf.stream("/Filter /FlateDecode", &packed);
    let content = pdf.stream("/Filter /FlateDecode", &packed);
    let resources =
        format!("/Font << /F1 << /Type /Font /Subtype /Type1 /ToUnicode {font} 0 R >> >>");
    let draws = pdf.stream("", b"BT /F1 9 Tf (text) Tj ET");
    let root = pdf.pages(&[content, draws], &resources);
    pdf.write(root)
}

fn nested() -> Vec<u8> {
    let mut pdf = Pdf::default();
    pdf.add("[".repeat(200_000));
    let content = pdf.stream("", "[".repeat(200_000).as_bytes());
    let more = pdf.stream("", "<< /A ".repeat(100_000).as_bytes());
    let last = pdf.stream("", "(".repeat(200_000).as_bytes());
    let root = pdf.pages(&[content, more, last], "");
    pdf.write(root)
}

fn many_objects() -> Vec<u8> {
    let mut pdf = Pdf::default();
    for _ in 0..400_000 {
        pdf.add("1");
    }
    let root = pdf.pages(&[], "");
    pdf.write(root)
}

fn wild_numbers() -> Vec<u8> {
    let mut pdf = Pdf::default();
    let font = pdf.add(
        "<< /Type /Font /Subtype /TrueType /FirstChar -9223372036854775808 /Widths [1e39 -1e39] >>",
    );
    let content = pdf.stream(
        "",
        b"1e38 1e38 1e38 1e38 1e38 1e38 cm BT /F1 1e38 Tf 1e38 Tz 1e38 1e38 Td [(a) -1e38 (b)] TJ \
          0 0 0 0 0 0 Tm (c) Tj 0 0 0 0 0 0 cm (d) Tj ET",
    );
    let root = pdf.pages(&[content], &format!("/Font << /F1 {font} 0 R >>"));
    pdf.write(root)
}

/// Short lines that a web page would lose as bylines, dates, calls or copyright are a document's own.
#[test]
fn short_lines_of_a_document_stay() {
    let lines = [
        "Executive Order 14999 of May 28, 2026",
        "28 May 2026",
        "By order of the Minister",
        "Contact the Sanctions Office for more information",
        "All rights of appeal are reserved to the persons named above.",
        "Signed",
    ];
    let mut page = vec![line(60.0, 780.0, 20.0, "Order on Four Ships")];
    for (row, text) in (0_u8..).zip(lines) {
        page.push(line(60.0, 740.0 - 40.0 * f32::from(row), 11.0, text));
    }
    let article = outcome(&of_lines(&[page], None)).article.unwrap();
    assert_eq!(article.title, "Order on Four Ships");
    assert_eq!(paragraphs(&article), lines);
}

#[test]
fn headings_stay_headings() {
    let mut page = vec![line(60.0, 780.0, 20.0, "Guidance for Importers of Steel")];
    page.extend(block(
        60.0,
        740.0,
        11.0,
        &["Importers have to show where each shipment of steel was made, with a certificate."],
    ));
    page.push(line(60.0, 700.0, 14.0, "What counts as evidence"));
    page.extend(block(
        60.0,
        675.0,
        11.0,
        &["A mill certificate that names the heat number is enough, as is a signed statement."],
    ));
    let article = outcome(&of_lines(&[page], None)).article.unwrap();
    let headings: Vec<&str> = article
        .blocks
        .iter()
        .filter(|block| matches!(block.kind, BlockKind::Heading { .. }))
        .map(|block| block.text.as_str())
        .collect();
    assert_eq!(headings, ["What counts as evidence"]);
    assert_eq!(article.title, "Guidance for Importers of Steel");
}

/// A composite font that numbers these characters from 1 on and says what they mean.
struct Named {
    chars: Vec<char>,
}

impl Named {
    fn of(texts: &[&str]) -> Named {
        let mut chars: Vec<char> = texts.iter().flat_map(|text| text.chars()).collect();
        chars.sort_unstable();
        chars.dedup();
        Named { chars }
    }

    fn add_to(&self, pdf: &mut Pdf) -> usize {
        let mut map = String::from("begincmap\n");
        for (code, c) in (1..).zip(&self.chars) {
            writeln!(map, "1 beginbfchar <{code:04X}> <{:04X}> endbfchar", u32::from(*c)).unwrap();
        }
        let map = pdf.stream("", map.as_bytes());
        let below = pdf.add("<< /Type /Font /Subtype /CIDFontType2 /BaseFont /X /DW 500 >>");
        pdf.add(format!(
            "<< /Type /Font /Subtype /Type0 /BaseFont /X /Encoding /Identity-H \
             /DescendantFonts [{below} 0 R] /ToUnicode {map} 0 R >>"
        ))
    }

    fn code(&self, c: char) -> String {
        format!("{:04X}", self.chars.binary_search(&c).unwrap() + 1)
    }
}

/// How programs draw a line that is read from right to left.
#[derive(Debug, Clone, Copy)]
enum Hand {
    /// In one string, as it is seen.
    AsSeen,
    /// Each character at its place, as it is read.
    AsRead,
}

/// Instructions for a line from right to left whose right end is at `right`. Marks take no room.
fn leftwards(text: &str, font: &Named, right: f32, y: f32, size: f32, hand: Hand) -> String {
    let info = BidiInfo::new(text, Some(Level::rtl()));
    let paragraph = &info.paragraphs[0];
    let levels = info.reordered_levels_per_char(paragraph, paragraph.range.clone());
    let chars: Vec<char> = text.chars().collect();
    let shape = |at: usize| match chars[at] {
        '(' if levels[at].is_rtl() => ')',
        ')' if levels[at].is_rtl() => '(',
        c => c,
    };
    let order = BidiInfo::reorder_visual(&levels);
    let left = right - 0.5 * size * chars.len() as f32;
    if let Hand::AsSeen = hand {
        let codes: String = order.iter().map(|at| font.code(shape(*at))).collect();
        return format!("BT /F1 {size} Tf {left} {y} Td <{codes}> Tj ET\n");
    }
    let mut placed: Vec<(usize, f32)> = order
        .iter()
        .enumerate()
        .map(|(column, at)| (*at, left + 0.5 * size * column as f32))
        .collect();
    placed.sort_unstable_by_key(|(at, _)| *at);
    let mut drawn = format!("BT /F1 {size} Tf ");
    for (at, x) in placed {
        write!(drawn, "1 0 0 1 {x} {y} Tm <{}> Tj ", font.code(shape(at))).unwrap();
    }
    drawn + "ET\n"
}

#[test]
fn text_from_right_to_left_is_read_as_it_was_written() {
    let title = "إضافة أربع سفن إلى القائمة";
    let first = [
        "أضاف الوزير اليوم أربع سفن وشركتين إلى قائمة الأشخاص المدرجين بموجب",
        "لوائح عام 2019 (المادة 7)، وجمدت أصول شركة Example Shipping (IMO 9187629)",
        "في البلاد منذ 12/05/2024.",
    ];
    let second = [
        "ولا يجوز لأحد أن يتيح أموالا لهم من دون ترخيص، وبلغت قيمة الأصول المجمدة",
        "نحو ١٢٫٥ مليون، أي 40 في المئة منها.",
    ];
    let font = Named::of(&[&[title], &first[..], &second[..]].concat());
    for hand in [Hand::AsSeen, Hand::AsRead] {
        let mut drawn = leftwards(title, &font, 540.0, 780.0, 18.0, hand);
        for (paragraph, top) in [(&first[..], 740.0), (&second[..], 680.0)] {
            for (row, text) in (0_u8..).zip(paragraph) {
                let y = top - 14.0 * f32::from(row);
                drawn += &leftwards(text, &font, 540.0, y, 11.0, hand);
            }
        }
        let mut pdf = Pdf::default();
        let number = font.add_to(&mut pdf);
        let content = pdf.stream("", drawn.as_bytes());
        let root = pdf.pages(&[content], &format!("/Font << /F1 {number} 0 R >>"));
        let article = outcome(&pdf.write(root)).article.unwrap();
        assert_eq!(article.title, title, "{hand:?}");
        assert_eq!(paragraphs(&article), [first.join(" "), second.join(" ")], "{hand:?}");
        assert_eq!(article.language.as_deref(), Some("ar"));
    }
}

/// The first column of a document from right to left is the right one.
#[test]
fn columns_from_right_to_left_begin_at_the_right() {
    let right = [
        "לאחר שהמצב באזור החמיר מאז הסתיו,",
        "החליטה המועצה להאריך את האמצעים",
        "בשנים עשר חודשים נוספים, עד לסופו",
        "של הקיץ הבא, כמפורט בתוספת לצו זה.",
    ];
    let left = [
        "האנשים הנקובים בתוספת לא ייכנסו",
        "לשטחה של שום מדינה חברה, וכל נכסיהם",
        "מוקפאים מן היום שבו יתפרסם צו זה",
        "ברשומות, אלא אם ניתן להם היתר.",
    ];
    let title = "צו בדבר אמצעים מגבילים";
    let font = Named::of(&[&[title], &right[..], &left[..]].concat());
    let mut drawn = leftwards(title, &font, 540.0, 780.0, 18.0, Hand::AsSeen);
    for (column, edge) in [(&left[..], 290.0), (&right[..], 540.0)] {
        for (row, text) in (0_u8..).zip(column) {
            let y = 740.0 - 14.0 * f32::from(row);
            drawn += &leftwards(text, &font, edge, y, 12.0, Hand::AsSeen);
        }
    }
    let mut pdf = Pdf::default();
    let number = font.add_to(&mut pdf);
    let content = pdf.stream("", drawn.as_bytes());
    let root = pdf.pages(&[content], &format!("/Font << /F1 {number} 0 R >>"));
    let article = outcome(&pdf.write(root)).article.unwrap();
    assert_eq!(article.title, title);
    assert_eq!(paragraphs(&article), [right.join(" "), left.join(" ")]);
    assert_eq!(article.language.as_deref(), Some("he"));
}

/// Vowels take no room; as one sees they are drawn before their letter, as one reads after it.
#[test]
fn marks_follow_their_letters() {
    let text = "وفقاً للقرار، يُحظر التعامل مع السفن المُدرجة في القائمة حتى إشعارٍ آخر من الوزارة";
    let font = Named::of(&[text]);
    let is_mark = |c: char| ('\u{64b}'..='\u{65f}').contains(&c);
    let mut x = 540.0;
    let mut placed = Vec::new();
    for c in text.chars() {
        x -= if is_mark(c) { 0.0 } else { 5.0 };
        // The mark hangs over the left edge of its letter.
        placed.push((c, if is_mark(c) { x - 1.0 } else { x }));
    }
    for hand in [Hand::AsRead, Hand::AsSeen] {
        let mut drawn = String::from("BT /F1 10 Tf ");
        for (c, x) in placed.iter().filter(|(c, _)| *c != ' ') {
            write!(drawn, "1 0 0 1 {x} 700 Tm <{}> Tj ", font.code(*c)).unwrap();
        }
        let mut pdf = Pdf::default();
        let number = font.add_to(&mut pdf);
        let content = pdf.stream("", (drawn + "ET").as_bytes());
        let root = pdf.pages(&[content], &format!("/Font << /F1 {number} 0 R >>"));
        let article = outcome(&pdf.write(root)).article.unwrap();
        assert_eq!(paragraphs(&article), [text], "{hand:?}");
        placed.reverse();
    }
}

/// Fonts of East Asia that readers have need not be in the file, and say by name alone how their
/// codes are meant.
#[test]
fn east_asian_fonts_are_read_by_the_name_of_their_encoding() {
    let chinese = "商务部今天把四艘船舶和两家公司列入制裁名单，它们在境内的资产被冻结 (2024)。";
    let taiwanese = "經濟部今天把四艘船舶和兩家公司列入制裁名單，它們在境內的資產被凍結 (2024)。";
    let japanese = "外務省は本日、四隻の船舶と二社を制裁対象に加え、国内の資産を凍結した (2024)。";
    let korean =
        "외교부는 오늘 선박 네 척과 회사 두 곳을 제재 명단에 올리고 자산을 동결했다 (2024).";
    let utf16 = |text: &str| text.encode_utf16().flat_map(u16::to_be_bytes).collect::<Vec<u8>>();
    let in_charset = |text: &str, charset: &'static Encoding| charset.encode(text).0.into_owned();
    for (encoding, text, language, codes) in [
        ("UniGB-UCS2-H", chinese, "zh", utf16(chinese)),
        ("UniGB-UTF16-H", chinese, "zh", utf16(chinese)),
        ("GBK-EUC-H", chinese, "zh", in_charset(chinese, encoding_rs::GBK)),
        ("GBKp-EUC-H", chinese, "zh", in_charset(chinese, encoding_rs::GBK)),
        ("UniCNS-UTF16-H", taiwanese, "zh", utf16(taiwanese)),
        ("ETen-B5-H", taiwanese, "zh", in_charset(taiwanese, encoding_rs::BIG5)),
        ("UniJIS-UCS2-H", japanese, "ja", utf16(japanese)),
        ("UniJIS-UTF16-H", japanese, "ja", utf16(japanese)),
        ("90ms-RKSJ-H", japanese, "ja", in_charset(japanese, encoding_rs::SHIFT_JIS)),
        ("90msp-RKSJ-H", japanese, "ja", in_charset(japanese, encoding_rs::SHIFT_JIS)),
        ("EUC-H", japanese, "ja", in_charset(japanese, encoding_rs::EUC_JP)),
        ("UniKS-UTF16-H", korean, "ko", utf16(korean)),
        ("KSCms-UHC-H", korean, "ko", in_charset(korean, encoding_rs::EUC_KR)),
    ] {
        let article = outcome(&of_codes(encoding, "Identity", &codes));
        let article = article.article.unwrap_or_else(|| panic!("{encoding}"));
        assert_eq!(paragraphs(&article), [text], "{encoding}");
        assert_eq!(article.language.as_deref(), Some(language), "{encoding}");
    }
}

/// Codes that are the numbers of a collection are read by the name of the collection; numbers of an
/// unknown one are no text.
#[test]
fn numbers_of_a_known_collection_are_read() {
    // あ is number 843 of Adobe-Japan1, い 845, A number 34.
    let codes: Vec<u8> =
        [843_u16, 845, 34, 843].repeat(12).into_iter().flat_map(u16::to_be_bytes).collect();
    let known = outcome(&of_codes("Identity-H", "Japan1", &codes));
    assert_eq!(paragraphs(&known.article.unwrap()), ["あいAあ".repeat(12)]);
    let unknown = outcome(&of_codes("Identity-H", "Nowhere1", &codes));
    assert!(unknown.article.is_none());
    assert!(unknown.notes.contains("its fonts do not say which characters they show"));
}

/// Columns from top to bottom are read from the right one on.
#[test]
fn vertical_text_is_read_column_by_column() {
    let columns = [
        "外務省は本日、四隻の船舶と二社を",
        "制裁対象に加え、国内の資産を凍結",
        "した。対象となった企業は許可なく",
        "国内で取引することができない。",
    ];
    let mut drawn = String::from("BT /F1 12 Tf ");
    for (number, column) in (0_u8..).zip(columns) {
        let codes: String = column.encode_utf16().map(|unit| format!("{unit:04X}")).collect();
        let x = 500.0 - 20.0 * f32::from(number);
        write!(drawn, "1 0 0 1 {x} 780 Tm <{codes}> Tj ").unwrap();
    }
    let mut pdf = Pdf::default();
    let font = east_asian(&mut pdf, "UniJIS-UTF16-V", "Japan1");
    let content = pdf.stream("", (drawn + "ET").as_bytes());
    let root = pdf.pages(&[content], &format!("/Font << /F1 {font} 0 R >>"));
    let article = outcome(&pdf.write(root)).article.unwrap();
    assert_eq!(paragraphs(&article), [columns.concat()]);
}

/// A composite font that is not in the file and has no map.
fn east_asian(pdf: &mut Pdf, encoding: &str, collection: &str) -> usize {
    let below = pdf.add(format!(
        "<< /Type /Font /Subtype /CIDFontType0 /BaseFont /X /W [1 95 500 231 632 500] \
         /CIDSystemInfo << /Registry (Adobe) /Ordering ({collection}) /Supplement 2 >> >>"
    ));
    pdf.add(format!(
        "<< /Type /Font /Subtype /Type0 /BaseFont /X /Encoding /{encoding} \
         /DescendantFonts [{below} 0 R] >>"
    ))
}

/// A page with one line of codes in such a font.
fn of_codes(encoding: &str, collection: &str, codes: &[u8]) -> Vec<u8> {
    let codes: String = codes.iter().map(|byte| format!("{byte:02X}")).collect();
    let mut pdf = Pdf::default();
    let font = east_asian(&mut pdf, encoding, collection);
    let content = pdf.stream("", format!("BT /F1 9 Tf 20 700 Td <{codes}> Tj ET").as_bytes());
    let root = pdf.pages(&[content], &format!("/Font << /F1 {font} 0 R >>"));
    pdf.write(root)
}
