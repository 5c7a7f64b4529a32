//! A small writer of PDF files, for tests: pages of lines in a font every reader has.

use std::fmt::Write;

/// A line of text and where it stands, in points from the lower left corner.
pub(crate) struct Line {
    pub(crate) x: f32,
    pub(crate) y: f32,
    pub(crate) size: f32,
    pub(crate) text: String,
}

/// A PDF under construction: the bodies of its objects, the first being number 1.
#[derive(Default)]
pub(crate) struct Pdf {
    objects: Vec<Vec<u8>>,
    /// The value of `/Title`, a PDF string.
    pub(crate) title: Option<String>,
    /// More entries of the trailer.
    pub(crate) trailer: String,
}

impl Pdf {
    /// Adds an object and returns its number.
    pub(crate) fn add(&mut self, body: impl Into<Vec<u8>>) -> usize {
        self.objects.push(body.into());
        self.objects.len()
    }

    /// Adds a stream and returns its number.
    pub(crate) fn stream(&mut self, entries: &str, content: &[u8]) -> usize {
        let mut body = format!("<< {entries} /Length {} >>\nstream\n", content.len()).into_bytes();
        body.extend(content);
        body.extend(b"\nendstream");
        self.add(body)
    }

    /// The file, with a table of where its objects are. `root` is the number of the catalogue.
    pub(crate) fn write(&self, root: usize) -> Vec<u8> {
        let mut file = b"%PDF-1.7\n%\xE2\xE3\xCF\xD3\n".to_vec();
        let mut places = Vec::new();
        for (number, body) in self.objects.iter().enumerate() {
            places.push(file.len());
            file.extend(format!("{} 0 obj\n", number + 1).into_bytes());
            file.extend(body);
            file.extend(b"\nendobj\n");
        }
        let start = file.len();
        let mut tail = format!("xref\n0 {}\n0000000000 65535 f \n", places.len() + 1);
        for place in &places {
            writeln!(tail, "{place:010} 00000 n ").unwrap();
        }
        let info = self.title.as_ref().map(|title| format!("/Info << /Title ({title}) >>"));
        writeln!(
            tail,
            "trailer\n<< /Size {} /Root {root} 0 R {} {} >>\nstartxref\n{start}\n%%EOF",
            places.len() + 1,
            info.unwrap_or_default(),
            self.trailer,
        )
        .unwrap();
        file.extend(tail.into_bytes());
        file
    }

    /// Adds pages with these contents and resources, and their catalogue; returns its number.
    pub(crate) fn pages(&mut self, contents: &[usize], resources: &str) -> usize {
        let parent = self.objects.len() + contents.len() + 1;
        let mut kids = String::new();
        for content in contents {
            let page = self.add(format!(
                "<< /Type /Page /Parent {parent} 0 R /MediaBox [0 0 595 842] \
                 /Resources << {resources} >> /Contents {content} 0 R >>"
            ));
            write!(kids, "{page} 0 R ").unwrap();
        }
        self.add(format!("<< /Type /Pages /Count {} /Kids [{kids}] >>", contents.len()));
        self.add(format!("<< /Type /Catalog /Pages {parent} 0 R >>"))
    }
}

/// A file with a page for each list of lines, in Helvetica.
pub(crate) fn of_lines(pages: &[Vec<Line>], title: Option<&str>) -> Vec<u8> {
    let mut pdf = Pdf { title: title.map(str::to_owned), ..Pdf::default() };
    let font = pdf
        .add("<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>");
    let contents: Vec<usize> = pages.iter().map(|lines| pdf.stream("", &drawn(lines))).collect();
    let root = pdf.pages(&contents, &format!("/Font << /F1 {font} 0 R >>"));
    pdf.write(root)
}

/// The instructions that draw lines. Characters beyond Latin-1 are not in the font.
pub(crate) fn drawn(lines: &[Line]) -> Vec<u8> {
    let mut content = Vec::new();
    for Line { x, y, size, text } in lines {
        content.extend(format!("BT /F1 {size} Tf {x} {y} Td (").into_bytes());
        for c in text.chars() {
            if matches!(c, '(' | ')' | '\\') {
                content.push(b'\\');
            }
            content.push(u8::try_from(u32::from(c)).unwrap());
        }
        content.extend(b") Tj ET\n");
    }
    content
}

/// Lines one below the other from `y` down, 14 points apart.
pub(crate) fn block(x: f32, y: f32, size: f32, lines: &[&str]) -> Vec<Line> {
    lines
        .iter()
        .enumerate()
        .map(|(row, text)| Line { x, y: y - 14.0 * row as f32, size, text: (*text).to_owned() })
        .collect()
}
