//! JSON as pages really carry it: comments, trailing commas, raw line breaks and unescaped quotes in
//! strings, escaped markup, a missing end.

use serde_json::{Map, Number, Value};

/// Deepest nesting that is followed; what is deeper is null.
const DEPTH: usize = 64;
/// Most values read from one script.
const VALUES: usize = 200_000;

/// Every value of a script, one after another. Anything is read as far as it makes sense; text
/// without sense gives no values.
pub(crate) fn read(text: &str) -> Vec<Value> {
    let text = text.trim_matches(|c: char| c.is_whitespace() || c == '\u{FEFF}');
    if let Ok(value) = serde_json::from_str(text) {
        return vec![value];
    }
    let unescaped = unescape_quotes(text);
    let mut reader = Reader { text: unescaped.as_deref().unwrap_or(text), at: 0, values: 0 };
    let mut values = Vec::new();
    while let Some(opening) = reader.find_opening() {
        reader.at = opening;
        values.extend(reader.value(0));
    }
    values
}

/// The whole script escaped as if it stood in an attribute: `{&quot;@type&quot;: …`.
fn unescape_quotes(text: &str) -> Option<String> {
    (!text.contains('"') && text.contains("&quot;")).then(|| text.replace("&quot;", "\""))
}

struct Reader<'text> {
    text: &'text str,
    at: usize,
    values: usize,
}

impl Reader<'_> {
    fn peek(&self) -> Option<char> {
        self.text[self.at..].chars().next()
    }

    fn bump(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.at += c.len_utf8();
        Some(c)
    }

    /// The next place where an object or a list may begin.
    fn find_opening(&mut self) -> Option<usize> {
        self.skip_blank();
        (self.values < VALUES)
            .then(|| self.text[self.at..].find(['{', '[']))?
            .map(|to| self.at + to)
    }

    fn value(&mut self, depth: usize) -> Option<Value> {
        self.skip_blank();
        self.values += 1;
        if depth > DEPTH || self.values > VALUES {
            self.at = self.text.len();
            return None;
        }
        match self.peek()? {
            '{' => Some(Value::Object(self.object(depth))),
            '[' => Some(Value::Array(self.array(depth))),
            '"' | '\'' => self.string().map(Value::String),
            ',' | ':' | '}' | ']' => None,
            _ => Some(self.bare_word()),
        }
    }

    fn object(&mut self, depth: usize) -> Map<String, Value> {
        let mut object = Map::new();
        self.bump();
        loop {
            self.skip_blank_and(&[',', ';']);
            let key = match self.peek() {
                None => break,
                Some('}') => {
                    self.bump();
                    break;
                }
                Some('"' | '\'') => self.string().unwrap_or_default(),
                Some(c) if c.is_alphanumeric() || "_@$-".contains(c) => self.bare_text(),
                Some(_) => {
                    self.bump();
                    continue;
                }
            };
            self.skip_blank();
            if self.peek() == Some(':') {
                self.bump();
                if let Some(value) = self.value(depth + 1) {
                    object.entry(key).or_insert(value);
                }
            }
        }
        object
    }

    fn array(&mut self, depth: usize) -> Vec<Value> {
        let mut array = Vec::new();
        self.bump();
        loop {
            self.skip_blank_and(&[',']);
            match self.peek() {
                None => break,
                Some(']') => {
                    self.bump();
                    break;
                }
                // A list whose end was forgotten ends with the object around it.
                Some('}') => break,
                Some(_) => match self.value(depth + 1) {
                    Some(value) => array.push(value),
                    None => {
                        self.bump();
                    }
                },
            }
        }
        array
    }

    /// A string; a quote inside it that nothing of JSON's follows belongs to the text.
    fn string(&mut self) -> Option<String> {
        let quote = self.bump()?;
        let mut string = String::new();
        while let Some(c) = self.bump() {
            match c {
                '\\' => self.escape(&mut string),
                c if c == quote && self.ends_string() => break,
                c if c.is_control() => string.push(' '),
                c => string.push(c),
            }
        }
        Some(string)
    }

    fn ends_string(&self) -> bool {
        let rest = self.text[self.at..].trim_start();
        rest.is_empty()
            || rest.starts_with([',', ':', '}', ']', ';'])
            || rest.starts_with("/*")
            || rest.starts_with("//")
            || self.text[self.at..].starts_with('\n')
    }

    fn escape(&mut self, string: &mut String) {
        match self.bump() {
            Some('n' | 'r' | 't') => string.push('\n'),
            Some('b' | 'f') | None => {}
            Some('u') => string.extend(self.code_point()),
            Some(c) => string.push(c),
        }
    }

    /// Four hexadecimal digits, twice where the first are half a pair; nothing where they are not.
    fn code_point(&mut self) -> Option<char> {
        let first = self.code_unit()?;
        if !(0xD800..0xDC00).contains(&first) {
            return char::from_u32(first);
        }
        self.text[self.at..].starts_with("\\u").then(|| self.at += 2)?;
        let second = self.code_unit().filter(|unit| (0xDC00..0xE000).contains(unit))?;
        char::from_u32(0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00))
    }

    fn code_unit(&mut self) -> Option<u32> {
        let digits = self.text.get(self.at..self.at + 4)?;
        let unit = u32::from_str_radix(digits, 16).ok()?;
        self.at += 4;
        Some(unit)
    }

    fn bare_word(&mut self) -> Value {
        let word = self.bare_text();
        match word.as_str() {
            "true" => Value::Bool(true),
            "false" => Value::Bool(false),
            "null" | "undefined" | "NaN" | "" => Value::Null,
            _ => word.parse::<Number>().map_or(Value::String(word), Value::Number),
        }
    }

    fn bare_text(&mut self) -> String {
        let start = self.at;
        let rest = &self.text[start..];
        let end = rest.find([',', ':', '}', ']', '\n', '\r', ' ', '\t']).unwrap_or(rest.len());
        self.at = start + end;
        if end == 0 {
            self.bump();
        }
        self.text[start..self.at].to_owned()
    }

    /// Passes white space, `// …`, `/* … */`, `<!-- … -->` and CDATA brackets.
    fn skip_blank(&mut self) {
        loop {
            let rest = &self.text[self.at..];
            let trimmed = rest.trim_start();
            self.at += rest.len() - trimmed.len();
            let comments =
                [("//", "\n"), ("/*", "*/"), ("<!--", "-->"), ("<![CDATA[", ""), ("]]>", "")];
            let comment = comments.iter().find(|(opening, _)| trimmed.starts_with(opening));
            match comment {
                // A line comment around CDATA hides nothing that follows on its line.
                Some(("//", _)) if trimmed.starts_with("//<![CDATA[") => self.at += 11,
                Some((opening, "")) => self.at += opening.len(),
                Some((opening, closing)) => {
                    let inner = &trimmed[opening.len()..];
                    let end = inner.find(closing).map_or(inner.len(), |end| end + closing.len());
                    self.at += opening.len() + end;
                }
                None => break,
            }
        }
    }

    fn skip_blank_and(&mut self, marks: &[char]) {
        self.skip_blank();
        while self.peek().is_some_and(|c| marks.contains(&c)) {
            self.bump();
            self.skip_blank();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn broken_json_is_read_as_it_was_meant() {
        let cases = [
            (r#"{"a": 1}"#, r#"[{"a":1}]"#),
            (r#"{"a": 1,}"#, r#"[{"a":1}]"#),
            (r#"{"a": [1, 2,], }"#, r#"[{"a":[1,2]}]"#),
            ("// note\n{\"a\": 1 /* two */, \"b\": 2}", r#"[{"a":1,"b":2}]"#),
            ("//<![CDATA[\n{\"a\": 1}\n//]]>", r#"[{"a":1}]"#),
            ("<!-- {\"a\": 1} -->{\"b\": 1}", r#"[{"b":1}]"#),
            ("{\"a\": \"x\ny\tz\"}", r#"[{"a":"x y z"}]"#),
            (r#"{"a": "he said "no" twice", "b": 2}"#, r#"[{"a":"he said \"no\" twice","b":2}]"#),
            (r#"{&quot;a&quot;: &quot;x&quot;}"#, r#"[{"a":"x"}]"#),
            ("{\"a\": \"x\"\n\"b\": \"y\"}", r#"[{"a":"x","b":"y"}]"#),
            (r#"{'a': 'it'}"#, r#"[{"a":"it"}]"#),
            (r#"{a: true, b: null}"#, r#"[{"a":true,"b":null}]"#),
            (r#"{"a": "x\q\u00e9\ud83d\ude00"}"#, r#"[{"a":"xqé😀"}]"#),
            (r#"{"a": {"b": "x""#, r#"[{"a":{"b":"x"}}]"#),
            (r#"{"a": 1}{"b": 2};"#, r#"[{"a":1},{"b":2}]"#),
            (r#"{"a": 1}} {"b": [1}"#, r#"[{"a":1},{"b":[1]}]"#),
            ("", "[]"),
            ("window.x = 1", "[]"),
            ("{", "[{}]"),
            (r#"{"a": "#, r#"[{}]"#),
        ];
        for (text, expect) in cases {
            assert_eq!(serde_json::to_string(&read(text)).unwrap(), expect, "{text}");
        }
    }

    #[test]
    fn hostile_scripts_end() {
        for unit in ["[", "{\"a\":", "\"", "{\"a\": \"b\" ", "/*", "// \n", "<!--", "\\u", "[,"] {
            read(&format!("{{{}", unit.repeat(50_000)));
        }
    }
}
