//! Search expressions: the words an article must hold.
//!
//! `oil "price cap"` asks for the word and the phrase; `OR` between two offers a choice and binds
//! closer than the spaces around; `-word` forbids; `sanction*` asks for words that begin so;
//! parentheses group. Case and accents do not count. A word of a script without spaces is found
//! wherever its characters stand together.

use crate::text::fold::fold;
use crate::text::search::index_form;

/// Terms of an expression, and parentheses within each other, at most.
const TERMS_MAX: usize = 64;
const DEPTH_MAX: usize = 16;

/// An expression that can be asked of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expression(Node);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Node {
    All(Vec<Node>),
    Any(Vec<Node>),
    Not(Box<Node>),
    /// Folded words with a space on each side that counts: ` price cap `, ` sanction` for a beginning.
    Term(String),
}

/// The text is no expression.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the words {text:?} cannot be searched for: {fault}")]
pub struct BadExpression {
    pub text: String,
    pub fault: &'static str,
}

impl Expression {
    /// Reads an expression.
    ///
    /// ```
    /// use sanctionwatch::interests::Expression;
    ///
    /// assert!(Expression::parse("oil OR gas -\"price cap\"").is_ok());
    /// assert!(Expression::parse("(oil").is_err());
    /// assert!(Expression::parse("-oil").is_err(), "would find nearly everything");
    /// ```
    ///
    /// # Errors
    /// What is wrong, in words for whoever wrote it.
    pub fn parse(text: &str) -> Result<Self, BadExpression> {
        let fault = |fault| BadExpression { text: text.to_owned(), fault };
        let tokens = tokens(text).map_err(fault)?;
        if TERMS_MAX < tokens.len() {
            return Err(fault("it has more than 64 words; split it into two interests"));
        }
        let mut reader = Reader { tokens: &tokens, depth: 0 };
        let node = reader.all().map_err(fault)?;
        if !reader.tokens.is_empty() {
            return Err(fault("a closing parenthesis has no opening one"));
        }
        if !asks(&node) {
            return Err(fault("it only says what must not be there; add a word that must"));
        }
        Ok(Self(node))
    }

    /// Whether a text made by [`haystack`] holds what is asked.
    pub(crate) fn holds(&self, haystack: &str) -> bool {
        holds(&self.0, haystack)
    }

    /// Whether title or text hold what is asked.
    pub fn is_in(&self, title: &str, text: &str) -> bool {
        self.holds(&haystack(title, text))
    }
}

/// Title and text in the form that terms are looked for in. A phrase does not reach from one into
/// the other.
pub(crate) fn haystack(title: &str, text: &str) -> String {
    format!(" {} \n {} ", fold(&index_form(title)), fold(&index_form(text)))
}

fn holds(node: &Node, haystack: &str) -> bool {
    match node {
        Node::All(nodes) => nodes.iter().all(|node| holds(node, haystack)),
        Node::Any(nodes) => nodes.iter().any(|node| holds(node, haystack)),
        Node::Not(node) => !holds(node, haystack),
        Node::Term(term) => haystack.contains(term.as_str()),
    }
}

/// Whether something must be there for it to hold.
fn asks(node: &Node) -> bool {
    match node {
        Node::All(nodes) => nodes.iter().any(asks),
        Node::Any(nodes) => nodes.iter().all(asks),
        Node::Not(_) => false,
        Node::Term(_) => true,
    }
}

#[derive(Debug, PartialEq)]
enum Token {
    Open,
    Close,
    Or,
    Not,
    Term(String),
}

fn tokens(text: &str) -> Result<Vec<Token>, &'static str> {
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let single = match first {
            '(' => Some(Token::Open),
            ')' => Some(Token::Close),
            '-' | '−' => Some(Token::Not),
            _ => None,
        };
        if let Some(token) = single {
            tokens.push(token);
            rest = rest[first.len_utf8()..].trim_start();
        } else if is_quote(first) {
            let (phrase, after) = rest[first.len_utf8()..]
                .split_once(is_quote)
                .ok_or("a quotation mark is not closed")?;
            tokens.extend(term(phrase, false));
            rest = after.trim_start();
        } else {
            let stops = |c: char| c.is_whitespace() || "()".contains(c) || is_quote(c);
            let end = rest.find(stops).unwrap_or(rest.len());
            let (word, after) = rest.split_at(end);
            match word {
                "OR" => tokens.push(Token::Or),
                "AND" => {}
                "NOT" => tokens.push(Token::Not),
                _ => {
                    let stem = word.strip_suffix('*');
                    tokens.extend(term(stem.unwrap_or(word), stem.is_some()));
                }
            }
            rest = after.trim_start();
        }
    }
    Ok(tokens)
}

fn is_quote(c: char) -> bool {
    matches!(c, '"' | '“' | '”' | '„' | '«' | '»')
}

/// A term; none where nothing of the words is a letter or digit.
fn term(words: &str, begins: bool) -> Option<Token> {
    let folded = fold(&index_form(words));
    let end = if begins { "" } else { " " };
    (!folded.is_empty()).then(|| Token::Term(format!(" {folded}{end}")))
}

/// Reads tokens from the front.
struct Reader<'t> {
    tokens: &'t [Token],
    depth: usize,
}

impl Reader<'_> {
    fn next(&mut self) -> Option<&Token> {
        let (first, rest) = self.tokens.split_first()?;
        self.tokens = rest;
        Some(first)
    }

    /// One choice after another, all of which must hold, up to a closing parenthesis or the end.
    fn all(&mut self) -> Result<Node, &'static str> {
        let mut nodes = Vec::new();
        while !matches!(self.tokens.first(), None | Some(Token::Close)) {
            nodes.push(self.any()?);
        }
        if nodes.is_empty() {
            return Err("it holds no word");
        }
        Ok(Node::All(nodes))
    }

    fn any(&mut self) -> Result<Node, &'static str> {
        let mut nodes = vec![self.one()?];
        while self.tokens.first() == Some(&Token::Or) {
            self.next();
            nodes.push(self.one()?);
        }
        Ok(Node::Any(nodes))
    }

    fn one(&mut self) -> Result<Node, &'static str> {
        match self.next() {
            Some(Token::Term(term)) => Ok(Node::Term(term.clone())),
            Some(Token::Not) => {
                self.deeper()?;
                let node = self.one()?;
                self.depth -= 1;
                Ok(Node::Not(Box::new(node)))
            }
            Some(Token::Open) => {
                self.deeper()?;
                let node = self.all()?;
                self.depth -= 1;
                match self.next() {
                    Some(Token::Close) => Ok(node),
                    _ => Err("a parenthesis is not closed"),
                }
            }
            Some(Token::Or) => Err("OR stands between two words"),
            Some(Token::Close) | None => Err("a word is missing at its end"),
        }
    }

    fn deeper(&mut self) -> Result<(), &'static str> {
        self.depth += 1;
        if self.depth <= DEPTH_MAX { Ok(()) } else { Err("its parentheses are too deep") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TITLE: &str = "EU lowers the Price-Cap on oil";
    const TEXT: &str = "Énergie: tankers of Calvenna Shipping. 对俄制裁生效。";

    #[test]
    fn words_phrases_choices_and_exceptions() {
        let cases = [
            ("oil", true),
            ("OIL tankers", true),
            ("oil gas", false),
            ("oil OR gas", true),
            ("gas OR oil tankers", true),
            ("gas OR coal tankers", false),
            ("\"price cap\"", true),
            ("price-cap", true),
            ("\"cap price\"", false),
            ("“price cap”", true),
            ("tank*", true),
            ("tank", false),
            ("energie", true),
            ("oil -tankers", false),
            ("oil NOT gas", true),
            ("oil -(gas OR coal)", true),
            ("oil (gas OR \"calvenna shipping\")", true),
            ("oil AND tankers", true),
            ("制裁", true),
            ("裁制", false),
            ("\"oil energie\"", false),
        ];
        for (words, expected) in cases {
            let expression = Expression::parse(words).unwrap();
            assert_eq!(expression.is_in(TITLE, TEXT), expected, "{words}");
        }
    }

    #[test]
    fn mistakes_are_named() {
        let deep = "(".repeat(40) + "a" + &")".repeat(40);
        let long = "a ".repeat(100);
        for words in [
            "",
            "  ",
            "()",
            "(oil",
            "oil)",
            "\"oil",
            "OR",
            "oil OR",
            "-oil",
            "oil OR -gas",
            "- - -",
            "!!!",
            "-",
            &deep,
            &long,
        ] {
            assert!(Expression::parse(words).is_err(), "{words:?}");
        }
    }
}
