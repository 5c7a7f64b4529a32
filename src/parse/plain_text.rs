//! Titles and summaries as plain text: character references decoded, markup gone, white space one.

use std::borrow::Cow;

use quick_xml::escape::resolve_html5_entity;

use crate::parse::dom::is_inline;

/// The elements of HTML, many in a string, so that what only looks like a tag (`<blink>` in a title about tags,
/// `x < y`) stays text.
const ELEMENTS: &[&str] =
    &["a abbr acronym address applet area article aside audio b base basefont bdi bdo big \
     blockquote body br button canvas caption center cite code col colgroup data datalist dd \
     del details dfn dialog dir div dl dt em embed fieldset figcaption figure font footer \
     form frame frameset h1 h2 h3 h4 h5 h6 head header hgroup hr html i iframe img input ins \
     kbd label legend li link main map mark math menu meta meter nav nobr noframes noscript \
     object ol optgroup option output p param picture pre progress q rp rt ruby s samp script \
     section select slot small source span strike strong style sub summary sup svg table \
     tbody td template textarea tfoot th thead time title tr track tt u ul var video wbr"];

/// Elements whose content is not for readers.
pub(crate) const UNREAD: &[&str] = &["script", "style"];

/// The longest name of a character reference, `CounterClockwiseContourIntegral`, without `&` and `;`.
const REFERENCE_MAX: usize = 31;

/// The longest name of an element that is looked at.
const NAME_MAX: usize = 20;

/// How often a text may have been escaped; more is nobody's mistake but somebody's joke.
const ROUNDS: usize = 2;

/// The plain text of what may be HTML or not, as titles in RSS are: markup and references are taken
/// as such where they are known to HTML. Titles escaped twice come out right too.
pub(crate) fn from_either(text: &str) -> String {
    let mut text = Cow::Borrowed(text);
    for _ in 0..ROUNDS {
        if !looks_like_html(&text) {
            break;
        }
        text = Cow::Owned(strip(&text));
    }
    one_line(&text)
}

/// The plain text of what is HTML by declaration.
pub(crate) fn from_html(html: &str) -> String {
    from_either(&strip(html))
}

/// The text on one line: every run of white space is one blank, none at the ends.
pub(crate) fn one_line(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    line
}

/// What a character reference stands for, given what is between `&` and `;`.
pub(crate) fn resolve_reference(name: &str) -> Option<Cow<'static, str>> {
    let Some(number) = name.strip_prefix('#') else {
        return resolve_html5_entity(name).map(Cow::Borrowed);
    };
    let code = match number.strip_prefix(['x', 'X']) {
        Some(hex) => u32::from_str_radix(hex, 16),
        None => number.parse(),
    };
    let character = match code.ok()? {
        // Numbers of windows-1252 in a Unicode document: browsers read them so, and so was it meant.
        code @ 0x80..=0x9F => {
            let byte = u8::try_from(code).ok()?;
            encoding_rs::WINDOWS_1252.decode_without_bom_handling(&[byte]).0.chars().next()
        }
        code => char::from_u32(code),
    };
    character.filter(|c| *c != '\0').map(|c| Cow::Owned(c.to_string()))
}

/// Whether a text of unknown kind is HTML: it holds a tag of HTML, an end tag of any name, or a
/// character reference (after feedparser's `looks_like_html`).
fn looks_like_html(text: &str) -> bool {
    let is_tag =
        |at: usize| read_tag(&text[at..]).is_some_and(|tag| tag.closing || is_known(&tag.name));
    text.match_indices('<').any(|(at, _)| is_tag(at))
        || text.match_indices('&').any(|(at, _)| read_reference(&text[at..]).is_some())
}

fn is_known(element: &str) -> bool {
    ELEMENTS.iter().flat_map(|names| names.split(' ')).any(|name| name == element)
}

/// A tag at the head of a text.
struct Tag {
    name: String,
    closing: bool,
}

/// The tag a text begins with; only its head is read, whether or not it ends.
fn read_tag(text: &str) -> Option<Tag> {
    let rest = text.strip_prefix('<')?;
    let (closing, rest) = match rest.strip_prefix('/') {
        Some(rest) => (true, rest),
        None => (false, rest),
    };
    let end = rest.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(rest.len());
    let is_name = rest.starts_with(|c: char| c.is_ascii_alphabetic()) && end <= NAME_MAX;
    let ends_well = rest[end..].starts_with(|c: char| c.is_whitespace() || c == '>' || c == '/');
    (is_name && ends_well).then(|| Tag { name: rest[..end].to_ascii_lowercase(), closing })
}

/// A character reference at the head of a text.
struct Reference {
    text: Cow<'static, str>,
    length: usize,
}

fn read_reference(text: &str) -> Option<Reference> {
    let rest = text.strip_prefix('&')?;
    let window = &rest.as_bytes()[..rest.len().min(REFERENCE_MAX + 1)];
    let end = window.iter().position(|byte| *byte == b';')?;
    let text = resolve_reference(&rest[..end])?;
    Some(Reference { text, length: end + 2 })
}

/// Takes tags, comments and unread elements away and decodes references, once, in linear time.
fn strip(html: &str) -> String {
    let mut plain = String::with_capacity(html.len());
    let mut rest = html;
    while let Some(at) = rest.find(['<', '&']) {
        plain.push_str(&rest[..at]);
        rest = &rest[at..];
        if let Some(reference) = read_reference(rest) {
            plain.push_str(&reference.text);
            rest = &rest[reference.length..];
        } else if rest.starts_with("<!--") {
            rest = rest.find("-->").map_or("", |end| &rest[end + 3..]);
        } else if is_declaration(rest) {
            rest = rest.find('>').map_or("", |end| &rest[end + 1..]);
        } else if let Some(tag) = read_tag(rest) {
            if !is_inline(&tag.name) {
                plain.push(' ');
            }
            rest = rest.find('>').map_or("", |end| &rest[end + 1..]);
            if UNREAD.contains(&tag.name.as_str()) && !tag.closing {
                rest = after_closing(&tag.name, rest);
            }
        } else {
            // Neither: the character stands for itself. Both are one byte long.
            plain.push_str(&rest[..1]);
            rest = &rest[1..];
        }
    }
    plain.push_str(rest);
    plain
}

/// `<!DOCTYPE …` and its like.
fn is_declaration(text: &str) -> bool {
    text.strip_prefix("<!").is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_alphabetic()))
}

/// What follows `</name`; the closing tag itself is left for the caller's next round.
fn after_closing<'h>(name: &str, html: &'h str) -> &'h str {
    let closes =
        |at: &usize| read_tag(&html[*at..]).is_some_and(|tag| tag.closing && tag.name == name);
    html.match_indices("</").map(|(at, _)| at).find(closes).map_or("", |at| &html[at..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles_become_plain_text() {
        let cases = [
            ("Plain", "Plain"),
            ("  two \n lines\t", "two lines"),
            ("AT&T", "AT&T"),
            ("AT&amp;T", "AT&T"),
            ("AT&amp;amp;T", "AT&T"),
            ("R&D; and Q&A", "R&D; and Q&A"),
            ("Q&amp;A", "Q&A"),
            ("It&#8217;s", "It’s"),
            ("It&amp;#8217;s", "It’s"),
            ("It&#146;s", "It’s"),
            ("It&#x2019;s", "It’s"),
            ("caf&eacute;", "café"),
            ("a &nbsp; b", "a b"),
            ("x < y and y > z", "x < y and y > z"),
            ("5 <6", "5 <6"),
            ("<blink>new</blink> round", "new round"),
            ("<!DOCTYPE html><p>new", "new"),
            ("the <blink> tag", "the <blink> tag"),
            ("the &lt;blink&gt; tag", "the <blink> tag"),
            ("New <b>round</b> of <i>sanc</i>tions", "New round of sanctions"),
            ("&lt;b&gt;New&lt;/b&gt; round", "New round"),
            ("&amp;lt;b&amp;gt;New", "<b>New"),
            ("one<br>two<br/>three", "one two three"),
            ("<p>one</p><p>two</p>", "one two"),
            ("<script>var x = '<b>';</script>said", "said"),
            ("<script>never closed", ""),
            ("<a href=\"x\">said</a><!-- note -->!", "said!"),
            ("<img src=x", ""),
            ("&#0;&#xD800;&#99999999999;&bogus;", "&#0;&#xD800;&#99999999999;&bogus;"),
            ("&", "&"),
            ("<", "<"),
            ("санкції &laquo;проти&raquo;", "санкції «проти»"),
        ];
        for (text, expected) in cases {
            assert_eq!(from_either(text), expected, "{text:?}");
        }
    }

    #[test]
    fn declared_html_loses_markup_once_and_escapes_once() {
        assert_eq!(
            from_html("<p>History of the &lt;blink&gt; tag</p>"),
            "History of the <blink> tag"
        );
        assert_eq!(from_html("a &amp; b"), "a & b");
        assert_eq!(from_html("AT&amp;amp;T"), "AT&T");
    }

    #[test]
    fn the_table_of_elements_is_sorted_and_each_goes() {
        let names: Vec<&str> = ELEMENTS.iter().flat_map(|names| names.split(' ')).collect();
        assert!(names.is_sorted());
        assert!(UNREAD.iter().all(|name| is_known(name)));
        for name in names {
            assert_eq!(from_either(&format!("x<{name}></{name}>")), "x", "{name}");
        }
    }

    #[test]
    fn hostile_text_takes_linear_time() {
        for text in ["<", "&", "</script", "<script>", "<a ", "&#", "<!--", "&amp;"] {
            assert!(from_either(&text.repeat(200_000)).len() <= text.len() * 200_000);
        }
    }
}
