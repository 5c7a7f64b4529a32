//! XML of official lists, strictly: records one after the other, each as a small tree. A file that
//! is not well formed to its last tag is refused, since half a list would delist the other half.

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use crate::lists::draft::squeeze;

/// Elements nested deeper than this belong to no list.
const DEPTH_MAX: usize = 64;
/// Bytes of text and attributes in one record.
const RECORD_BYTES_MAX: usize = 64 << 20;
/// Elements in one record.
const RECORD_ELEMENTS_MAX: usize = 1 << 20;

/// One element with all that is in it. Names carry no prefix and are in lower case.
#[derive(Debug, Default)]
pub(crate) struct Node {
    pub(crate) name: String,
    attributes: Vec<Attribute>,
    text: String,
    pub(crate) children: Vec<Node>,
}

#[derive(Debug)]
struct Attribute {
    name: String,
    value: String,
}

impl Node {
    /// An attribute's value, trimmed; empty where there is none.
    pub(crate) fn attribute(&self, name: &str) -> &str {
        let found = self.attributes.iter().find(|attribute| attribute.name == name);
        found.map_or("", |attribute| attribute.value.trim())
    }

    /// The element's own text.
    pub(crate) fn text(&self) -> &str {
        self.text.trim()
    }

    /// The first child of that name.
    pub(crate) fn child(&self, name: &str) -> Option<&Node> {
        self.children.iter().find(|child| child.name == name)
    }

    /// The children of that name.
    pub(crate) fn all<'n>(&'n self, name: &'n str) -> impl Iterator<Item = &'n Node> {
        self.children.iter().filter(move |child| child.name == name)
    }

    /// The text of the first child of that name; empty where there is none.
    pub(crate) fn text_of(&self, name: &str) -> &str {
        self.child(name).map_or("", Node::text)
    }

    /// Every element of that name at any depth below, in the order of the file.
    pub(crate) fn anywhere<'n>(&'n self, name: &str) -> Vec<&'n Node> {
        let mut found = Vec::new();
        self.gather(name, &mut found);
        found
    }

    // At most `DEPTH_MAX` deep.
    fn gather<'n>(&'n self, name: &str, found: &mut Vec<&'n Node>) {
        for child in &self.children {
            if child.name == name {
                found.push(child);
            }
            child.gather(name, found);
        }
    }

    /// All texts below, with blanks between.
    pub(crate) fn whole_text(&self) -> String {
        let mut text = self.text.clone();
        for child in &self.children {
            text.push(' ');
            text.push_str(&child.whole_text());
        }
        squeeze(&text)
    }
}

/// Hands each outermost element whose name is in `names` to `take`, in the order of the file.
///
/// # Errors
/// What is wrong with the document: not well formed, cut off, or a record beyond all bounds.
pub(crate) fn records(
    text: &str,
    names: &[&str],
    mut take: impl FnMut(Node),
) -> Result<(), String> {
    let mut reader = Reader::from_str(text);
    reader.config_mut().check_end_names = true;
    let mut builder = Builder::default();
    let mut depth = 0_usize;
    let mut rooted = false;
    loop {
        let at = reader.buffer_position();
        let event = reader.read_event().map_err(|error| format!("{error} at byte {at}"))?;
        match event {
            Event::Start(start) => {
                depth += 1;
                rooted = true;
                if DEPTH_MAX < depth {
                    return Err(format!(
                        "elements are nested deeper than {DEPTH_MAX} at byte {at}"
                    ));
                }
                builder.open(&start, names)?;
            }
            Event::Empty(start) => {
                rooted = true;
                builder.open(&start, names)?;
                builder.close().into_iter().for_each(&mut take);
            }
            Event::End(_) => {
                depth = depth.saturating_sub(1);
                builder.close().into_iter().for_each(&mut take);
            }
            Event::Text(part) => builder.text(&part.into_inner())?,
            Event::CData(part) => builder.text(&part.into_inner())?,
            Event::GeneralRef(name) => builder.reference(&name)?,
            Event::Eof if 0 < depth => {
                return Err(format!("the document ends with {depth} elements open"));
            }
            Event::Eof if !rooted => return Err("the document holds no element".to_owned()),
            Event::Eof => return Ok(()),
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::DocType(_) => {}
        }
    }
}

/// Builds the record that is open.
#[derive(Debug, Default)]
struct Builder {
    /// The open elements of the record; empty between records.
    open: Vec<Node>,
    bytes: usize,
    elements: usize,
}

impl Builder {
    fn open(&mut self, start: &BytesStart, names: &[&str]) -> Result<(), String> {
        let name = start.local_name().as_ref().to_ascii_lowercase();
        if self.open.is_empty() {
            if !names.contains(&name.as_str()) {
                return Ok(());
            }
            (self.bytes, self.elements) = (0, 0);
        }
        self.elements += 1;
        if RECORD_ELEMENTS_MAX < self.elements {
            return Err(format!(
                "a <{name}> record holds more than {RECORD_ELEMENTS_MAX} elements"
            ));
        }
        let attributes = read_attributes(start)?;
        let bytes = attributes.iter().map(|it| it.name.len() + it.value.len()).sum();
        self.grow(bytes)?;
        self.open.push(Node { name, attributes, ..Node::default() });
        Ok(())
    }

    /// Ends the innermost element; the record where that was its last.
    fn close(&mut self) -> Option<Node> {
        let node = self.open.pop()?;
        match self.open.last_mut() {
            Some(parent) => {
                parent.children.push(node);
                None
            }
            None => Some(node),
        }
    }

    fn text(&mut self, text: &str) -> Result<(), String> {
        self.grow(text.len())?;
        if let Some(node) = self.open.last_mut() {
            node.text.push_str(text);
        }
        Ok(())
    }

    fn reference(&mut self, name: &str) -> Result<(), String> {
        let character = character(name).ok_or_else(|| format!("nobody defines &{name};"))?;
        self.text(character.encode_utf8(&mut [0; 4]))
    }

    fn grow(&mut self, bytes: usize) -> Result<(), String> {
        if self.open.is_empty() {
            return Ok(());
        }
        self.bytes += bytes;
        if RECORD_BYTES_MAX < self.bytes {
            return Err(format!("a record is longer than {RECORD_BYTES_MAX} bytes"));
        }
        Ok(())
    }
}

fn read_attributes(start: &BytesStart) -> Result<Vec<Attribute>, String> {
    let mut attributes = start.attributes();
    attributes.with_checks(false);
    attributes
        .map(|attribute| {
            let attribute = attribute.map_err(|error| error.to_string())?;
            Ok(Attribute {
                name: attribute.key.local_name().as_ref().to_ascii_lowercase(),
                value: unescape(&attribute.value)?,
            })
        })
        .collect()
}

fn unescape(value: &str) -> Result<String, String> {
    let mut parts = value.split('&');
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let known = part.split_once(';').and_then(|(name, rest)| Some((character(name)?, rest)));
        let (character, rest) = known.ok_or_else(|| format!("nobody defines &{part:.20}"))?;
        text.push(character);
        text.push_str(rest);
    }
    Ok(text)
}

/// The five names of XML itself, and numbers. A list declares no entities of its own.
fn character(name: &str) -> Option<char> {
    match name {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        "nbsp" => Some('\u{a0}'),
        _ => {
            let number = name.strip_prefix('#')?;
            let code = match number.strip_prefix(['x', 'X']) {
                Some(hex) => u32::from_str_radix(hex, 16).ok()?,
                None => number.parse().ok()?,
            };
            char::from_u32(code)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Vec<Node>, String> {
        let mut nodes = Vec::new();
        records(text, &["party"], |node| nodes.push(node))?;
        Ok(nodes)
    }

    #[test]
    fn records_are_trees() {
        let text = "<?xml version='1.0'?><l xmlns:x='u'><x:Party Id='a&amp;b'><Name>R&#252;ck \
                    &lt;1&gt;</Name><Names><Name><![CDATA[<2>]]></Name></Names></x:Party><party/></l>";
        let nodes = read(text).unwrap();
        assert_eq!(nodes.len(), 2);
        assert_eq!(nodes[0].attribute("id"), "a&b");
        assert_eq!(nodes[0].text_of("name"), "Rück <1>");
        let names: Vec<&str> = nodes[0].anywhere("name").iter().map(|node| node.text()).collect();
        assert_eq!(names, ["Rück <1>", "<2>"]);
        assert_eq!(nodes[0].whole_text(), "Rück <1> <2>");
    }

    #[test]
    fn what_is_not_whole_is_refused() {
        let whole = "<l><party a='1'><name>Rota</name></party><party/></l>";
        assert!(read(whole).is_ok());
        for end in 1..whole.len() {
            assert!(read(&whole[..end]).is_err(), "{}", &whole[..end]);
        }
        for broken in ["<l><party></l>", "<l><party>&x;</party></l>", "<l></l></l>", "just text"] {
            assert!(read(broken).is_err(), "{broken}");
        }
    }

    #[test]
    fn hostile_documents_end_in_an_error() {
        for piece in ["<party>", "<!", "<![CDATA[", "<a '", "&", "<party a='", "<!--"] {
            assert!(read(&piece.repeat(200_000)).is_err(), "{piece}");
        }
    }
}
