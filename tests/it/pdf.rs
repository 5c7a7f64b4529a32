//! PDF documents in, clean articles out, on files the tests write themselves; and files that are
//! broken, locked, empty or made to do harm.

use std::fmt::Write as _;
use std::io::Write as _;

use chrono::DateTime;
use sanctionwatch::jobs::read::read;
use sanctionwatch::model::article::{Article, BlockKind, SiteMemory};
use sanctionwatch::model::fetched::{Fetched, Validators};
use sanctionwatch::model::source::Recipe;

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
