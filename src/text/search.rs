//! The forms in which texts and questions meet in the full-text index.

use crate::text::words::is_spaceless;

/// A text as it is indexed: every character of a script written without spaces stands alone,
/// so that a word of Chinese or Japanese is found as a phrase of its characters.
///
/// ```
/// use sanctionwatch::text::search::index_form;
/// assert_eq!(index_form("对俄制裁 and more"), "对 俄 制 裁 and more");
/// ```
pub fn index_form(text: &str) -> String {
    let mut form = String::with_capacity(text.len() + text.len() / 8);
    let mut after_unspaced = false;
    for c in text.chars() {
        let unspaced = is_spaceless(c);
        if (unspaced || after_unspaced) && !c.is_whitespace() && !form.ends_with([' ', '\n']) {
            form.push(' ');
        }
        form.push(c);
        after_unspaced = unspaced;
    }
    form.trim_start().to_owned()
}

/// A reader's question in the index's query language: words are joined by AND, quoted text is a
/// phrase, a trailing `*` asks for words that begin so; nothing else is an operator.
///
/// ```
/// use sanctionwatch::text::search::query_form;
/// assert_eq!(query_form("oil \"price cap\" sanction*"), "\"oil\" \"price cap\" \"sanction\"*");
/// assert_eq!(query_form("制裁"), "\"制 裁\"");
/// assert_eq!(query_form("NEAR(a AND"), "\"NEAR(a\" \"AND\"");
/// assert_eq!(query_form("  "), "");
/// ```
pub fn query_form(question: &str) -> String {
    let mut terms: Vec<String> = Vec::new();
    for (index, part) in question.split('"').enumerate() {
        // Between an odd and an even quotation mark stands a phrase.
        if index % 2 == 1 {
            terms.extend(term(part));
        } else {
            terms.extend(part.split_whitespace().filter_map(term));
        }
    }
    terms.join(" ")
}

fn term(words: &str) -> Option<String> {
    let (stem, star) = match words.strip_suffix('*') {
        Some(stem) => (stem, "*"),
        None => (words, ""),
    };
    // A term without a letter or digit would match nothing, and with it the whole question.
    stem.contains(char::is_alphanumeric).then(|| format!("\"{}\"{star}", index_form(stem)))
}
