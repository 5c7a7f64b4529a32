//! Rows of CSV and tab-separated lists: fields by position or by heading, the end checked.

use std::collections::HashMap;

use csv::{ByteRecord, ReaderBuilder};

use crate::text::fold::fold;

/// What ends an OFAC file: the end-of-file mark of CP/M and DOS.
pub(crate) const END_MARK: char = '\u{1a}';

/// A file as rows of text.
#[derive(Debug)]
pub(crate) struct Rows {
    pub(crate) rows: Vec<Vec<String>>,
    /// The file ends with [`END_MARK`].
    pub(crate) marked: bool,
}

/// Rows of `text`, every one with at least `fields` fields; blank lines are passed over.
///
/// # Errors
/// Where a row is short or the last one ends within quotes: the file is cut off or is something
/// else.
pub(crate) fn rows(text: &str, separator: u8, fields: usize) -> Result<Rows, String> {
    let body = text.trim_end_matches(|c: char| c == END_MARK || c.is_whitespace());
    let marked = text[body.len()..].contains(END_MARK);
    let mut reader = ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(separator)
        .from_reader(body.as_bytes());
    let mut rows = Vec::new();
    let mut record = ByteRecord::new();
    let mut last_start = 0;
    while reader.read_byte_record(&mut record).map_err(|error| error.to_string())? {
        let at = record.position().map_or(0, |position| position.byte());
        last_start = usize::try_from(at).unwrap_or(usize::MAX);
        if record.len() < fields {
            return Err(format!(
                "row {} has {} fields instead of {fields}",
                rows.len() + 1,
                record.len()
            ));
        }
        rows.push(record.iter().map(|field| String::from_utf8_lossy(field).into_owned()).collect());
    }
    let last = body.get(last_start..).unwrap_or_default();
    if ends_within_quotes(last.trim_start(), char::from(separator)) {
        return Err(format!("row {} ends within quotes", rows.len()));
    }
    Ok(Rows { rows, marked })
}

/// Whether the row's last field opened a quote that nothing closes.
fn ends_within_quotes(row: &str, separator: char) -> bool {
    let (mut quoted, mut at_start) = (false, true);
    for c in row.chars() {
        match c {
            '"' if quoted => quoted = false,
            // At the start of a field, or doubled within one.
            '"' if at_start => quoted = true,
            _ => {}
        }
        // A quote that closed may be the first of a doubled pair: the next one opens again.
        at_start = (c == separator || c == '"') && !quoted;
    }
    quoted
}

/// Rows under their headings.
#[derive(Debug)]
pub(crate) struct Sheet {
    columns: HashMap<String, usize>,
    rows: Vec<Vec<String>>,
}

/// One row of a [`Sheet`].
#[derive(Debug, Clone, Copy)]
pub(crate) struct Row<'s> {
    sheet: &'s Sheet,
    fields: &'s [String],
}

impl Sheet {
    /// A sheet of `text`, whose headings stand in the first row that holds all of `needed`.
    /// Headings are compared without case, accents and punctuation.
    ///
    /// # Errors
    /// As [`rows`]; and where no row among the first three holds the headings.
    pub(crate) fn read(text: &str, separator: u8, needed: &[&str]) -> Result<Sheet, String> {
        let mut rows = rows(text, separator, 1)?.rows;
        let heading = rows
            .iter()
            .take(3)
            .position(|row| holds(row, needed))
            .ok_or_else(|| format!("the first rows hold no headings {}", needed.join(", ")))?;
        let columns = rows[heading].iter().enumerate().map(|(i, name)| (fold(name), i)).collect();
        let width = rows[heading].len();
        rows.drain(..=heading);
        if let Some(short) = rows.iter().position(|row| row.len() < width) {
            return Err(format!(
                "row {} has {} fields instead of {width}",
                short + heading + 2,
                rows[short].len()
            ));
        }
        Ok(Sheet { columns, rows })
    }

    pub(crate) fn rows(&self) -> impl Iterator<Item = Row<'_>> {
        self.rows.iter().map(move |fields| Row { sheet: self, fields })
    }
}

fn holds(row: &[String], needed: &[&str]) -> bool {
    let row: Vec<String> = row.iter().map(|name| fold(name)).collect();
    needed.iter().all(|name| row.contains(&fold(name)))
}

impl<'s> Row<'s> {
    /// The field under a heading, written folded (`alt names`); empty where there is none.
    pub(crate) fn get(self, heading: &str) -> &'s str {
        let column = self.sheet.columns.get(heading);
        column.and_then(|at| self.fields.get(*at)).map_or("", |field| field.trim())
    }

    /// The values of a field that holds several with `; ` between.
    pub(crate) fn several(self, heading: &str) -> impl Iterator<Item = &'s str> {
        self.get(heading).split(';').map(str::trim).filter(|value| !value.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cut_row_is_refused() {
        let whole = "1,\"A \"\"B\"\"\",\"x, y\"\r\n2,\"C\",\"z\"\r\n\u{1a}\r\n";
        let read = rows(whole, b',', 3).unwrap();
        assert_eq!(read.rows, [["1", "A \"B\"", "x, y"], ["2", "C", "z"]]);
        assert!(read.marked);
        for cut in
            ["1,\"A\",\"x\"\n2,\"C", "1,\"A\",\"x\"\n2,\"C\",\"z", "1,A,\"x\n", "1,A,\"x \"\""]
        {
            assert!(rows(cut, b',', 3).is_err(), "{cut:?}");
        }
        for fine in ["1,A,\"\"", "1,A,\"x\"\"\"", "1,A,x\"", "\n\n1,A,x\n\n", ""] {
            assert!(rows(fine, b',', 3).is_ok(), "{fine:?}");
        }
    }

    #[test]
    fn fields_are_found_by_heading() {
        let text = "Report Date: 1 May 2026,,\nUnique ID,Name (6),D.O.B\nX1,Rota,1 ; 2\n";
        let sheet = Sheet::read(text, b',', &["unique id", "name 6"]).unwrap();
        let row = sheet.rows().next().unwrap();
        assert_eq!((row.get("unique id"), row.get("name 6"), row.get("other")), ("X1", "Rota", ""));
        assert_eq!(row.several("d o b").collect::<Vec<_>>(), ["1", "2"]);
        assert!(Sheet::read("a,b\n1,2\n", b',', &["unique id"]).is_err());
        assert!(Sheet::read("a,b\n1\n", b',', &["a"]).is_err());
    }
}
