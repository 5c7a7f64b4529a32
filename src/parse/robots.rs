//! robots.txt: what a site asks of crawlers, as RFC 9309 reads it.

use core::time::Duration;
use std::borrow::Cow;

use crate::parse::address::{is_web, spell};
use crate::parse::wildcard::{Ends, matches};

/// Bytes of a robots.txt that are read; RFC 9309 § 2.5 asks for at least this many.
pub const LIMIT: usize = 500 << 10;

/// A longer wait than this is no wish but a mistake; keeps the number inside a [`Duration`].
const DELAY_MAX_SECONDS: f64 = 86_400.0 * 365.0;

/// The rules of one host. Empty (and so allowing everything) for a file without any.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Robots {
    groups: Vec<Group>,
}

/// Rules that some crawlers share.
#[derive(Debug, Clone, Default, PartialEq)]
struct Group {
    /// Product tokens in lower case; `*` for everybody.
    agents: Vec<String>,
    rules: Vec<Rule>,
    delay: Option<Duration>,
}

#[derive(Debug, Clone, PartialEq)]
struct Rule {
    verb: Verb,
    /// Spelled as [`spell`] does, without the closing `$`.
    pattern: String,
    /// The pattern ended in `$`.
    at_end: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verb {
    Allow,
    Disallow,
}

/// What a line can mean to us; every other line is skipped (RFC 9309 § 2.2.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Key {
    Agent,
    Rule(Verb),
    Delay,
}

/// The keys and the misspellings that Google's published parser forgives.
const KEYS: &[(&str, Key)] = &[
    ("user-agent", Key::Agent),
    ("useragent", Key::Agent),
    ("user agent", Key::Agent),
    ("allow", Key::Rule(Verb::Allow)),
    ("disallow", Key::Rule(Verb::Disallow)),
    ("dissallow", Key::Rule(Verb::Disallow)),
    ("dissalow", Key::Rule(Verb::Disallow)),
    ("disalow", Key::Rule(Verb::Disallow)),
    ("diasllow", Key::Rule(Verb::Disallow)),
    ("disallaw", Key::Rule(Verb::Disallow)),
    ("crawl-delay", Key::Delay),
    ("crawldelay", Key::Delay),
];

/// The sitemaps a robots.txt names (`Sitemap: https://…`), in order, at most fifty.
pub fn sitemaps(bytes: &[u8]) -> Vec<String> {
    let text = decode(bytes);
    let named = |line: &str| {
        let (key, value) = line.split_once(':')?;
        let value = value.split('#').next()?.trim();
        let is_one = key.trim().eq_ignore_ascii_case("sitemap") && is_web(value);
        is_one.then(|| value.to_owned())
    };
    text.split(['\n', '\r']).filter_map(named).take(50).collect()
}

impl Robots {
    /// Reads a robots.txt. Nothing is an error: what is no rule is skipped, as the RFC asks.
    pub fn parse(bytes: &[u8]) -> Robots {
        let text = decode(bytes);
        let mut groups: Vec<Group> = Vec::new();
        // Agent lines that follow each other name one group, even with foreign lines between.
        let mut naming = false;
        for (key, value) in text.split(['\n', '\r']).filter_map(read_line) {
            match key {
                Key::Agent => {
                    if !naming {
                        groups.push(Group::default());
                    }
                    naming = true;
                    if let Some(group) = groups.last_mut() {
                        group.agents.extend(product_token(value));
                    }
                }
                Key::Rule(verb) => {
                    naming = false;
                    if let Some(group) = groups.last_mut() {
                        group.rules.extend(Rule::read(verb, value));
                    }
                }
                Key::Delay => {
                    if let Some(group) = groups.last_mut() {
                        group.delay = group.delay.max(read_delay(value));
                    }
                }
            }
        }
        Robots { groups }
    }

    /// Whether `agent` (a product token such as `sanctionwatch`, or a whole User-Agent header) may
    /// fetch a path with its query. The most specific rule decides, measured in octets of its
    /// pattern; of two equal ones the one that allows.
    pub fn allows(&self, agent: &str, path_and_query: &str) -> bool {
        if path_and_query == "/robots.txt" {
            return true;
        }
        let path = if path_and_query.is_empty() { "/" } else { path_and_query };
        let path = spell(path);
        let bare = with_bare_query(&path);
        self.groups_for(agent)
            .flat_map(|group| &group.rules)
            .filter(|rule| rule.applies(&path, &bare))
            .max_by_key(|rule| (rule.weight(), rule.verb == Verb::Allow))
            .is_none_or(|rule| rule.verb == Verb::Allow)
    }

    /// The pause the site asks of `agent` between two requests; not in the RFC, but widely meant.
    pub fn delay(&self, agent: &str) -> Option<Duration> {
        self.groups_for(agent).filter_map(|group| group.delay).max()
    }

    /// All groups that name `agent`, taken together; else those for everybody (§ 2.2.1).
    fn groups_for(&self, agent: &str) -> impl Iterator<Item = &Group> {
        let token = product_token(agent).unwrap_or_default();
        let named = !token.is_empty() && self.groups.iter().any(|group| group.names(&token));
        let wanted = if named { token } else { "*".to_owned() };
        self.groups.iter().filter(move |group| group.names(&wanted))
    }
}

impl Group {
    fn names(&self, token: &str) -> bool {
        self.agents.iter().any(|agent| agent == token)
    }
}

impl Rule {
    /// `None` for an empty pattern, which matches nothing.
    fn read(verb: Verb, value: &str) -> Option<Rule> {
        let (pattern, at_end) = match value.strip_suffix('$') {
            Some(pattern) => (pattern, true),
            None => (value, false),
        };
        let pattern = spell(pattern).into_owned();
        (!value.is_empty()).then_some(Rule { verb, pattern, at_end })
    }

    fn applies(&self, path: &str, bare: &str) -> bool {
        let ends = Ends { start: true, end: self.at_end };
        matches(&self.pattern, ends, path)
            || (bare.contains('?') && matches(&with_bare_query(&self.pattern), ends, bare))
    }

    fn weight(&self) -> usize {
        self.pattern.len() + usize::from(self.at_end)
    }
}

fn decode(bytes: &[u8]) -> Cow<'_, str> {
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    let Some(head) = bytes.get(..LIMIT) else { return String::from_utf8_lossy(bytes) };
    // A rule cut in two would forbid more than it says.
    let whole = if bytes.get(LIMIT).is_some_and(|next| !b"\r\n".contains(next)) {
        let end = head.iter().rposition(|byte| b"\r\n".contains(byte)).unwrap_or(0);
        &head[..end]
    } else {
        head
    };
    String::from_utf8_lossy(whole)
}

/// `key: value` without comment and outer white space; the colon may be missing if one blank
/// stands between exactly two words, as Google's parser has it.
fn read_line(line: &str) -> Option<(Key, &str)> {
    let line = line.split('#').next().unwrap_or_default().trim();
    let (key, value) = match line.split_once(':') {
        Some((key, value)) => (key.trim(), value.trim()),
        None => {
            let (key, value) = line.split_once([' ', '\t'])?;
            let value = value.trim();
            (!value.contains([' ', '\t'])).then_some((key, value))?
        }
    };
    let known = KEYS.iter().find(|(name, _)| name.eq_ignore_ascii_case(key))?;
    Some((known.1, value))
}

/// The leading letters, `-` and `_` of an agent line or a User-Agent header, in lower case.
fn product_token(agent: &str) -> Option<String> {
    if agent == "*" || agent.starts_with("* ") {
        return Some("*".to_owned());
    }
    let end = agent
        .find(|c: char| !c.is_ascii_alphabetic() && c != '-' && c != '_')
        .unwrap_or(agent.len());
    (0 < end).then(|| agent[..end].to_ascii_lowercase())
}

fn read_delay(value: &str) -> Option<Duration> {
    let seconds: f64 = value.parse().ok()?;
    (0.0..=DELAY_MAX_SECONDS).contains(&seconds).then(|| Duration::from_secs_f64(seconds))
}

/// The text with `:` and `/` bare in its query. The RFC encodes these reserved octets in a query
/// before comparing and Google's parser does not; so both spellings of an address within an address
/// meet here.
fn with_bare_query(text: &str) -> Cow<'_, str> {
    match text.split_once('?') {
        Some((path, query)) if query.contains('%') => {
            let bare = query.replace("%3A", ":").replace("%2F", "/");
            Cow::Owned(format!("{path}?{bare}"))
        }
        _ => Cow::Borrowed(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// File, agent, path, allowed.
    type Case = (&'static str, &'static str, &'static str, bool);

    fn check(cases: &[Case]) {
        for (file, agent, path, expected) in cases {
            let robots = Robots::parse(file.as_bytes());
            assert_eq!(robots.allows(agent, path), *expected, "{agent} on {path} under\n{file}");
        }
    }

    #[test]
    fn groups_are_found_and_merged() {
        let simple = "User-Agent: *\nDisallow: *.gif$\nDisallow: /example/\nAllow: /publications/\n\n\
                      User-Agent: foobot\nDisallow:/\nAllow:/example/page.html\nAllow:/example/allowed.gif\n\n\
                      User-Agent: barbot\nUser-Agent: bazbot\nDisallow: /example/page.html\n\n\
                      User-Agent: quxbot\n\nEOF";
        let merged = "User-agent: one\nDisallow: /a\n\nUser-agent: two\nDisallow: /b\n\nUser-agent: ONE\nDisallow: /c\n";
        let foreign = "User-agent: one\nSitemap: https://example.org/s.xml\nNonsense: 1\nUser-agent: two\nDisallow: /\n";
        check(&[
            // RFC 9309 § 5.1.
            (simple, "foobot", "/example/page.html", true),
            (simple, "foobot", "/example/allowed.gif", true),
            (simple, "foobot", "/else", false),
            (simple, "barbot", "/example/page.html", false),
            (simple, "bazbot", "/example/page.html", false),
            (simple, "barbot", "/example/other.gif", true),
            (simple, "quxbot", "/example/x.gif", true),
            (simple, "otherbot", "/example/x", false),
            (simple, "otherbot", "/x.gif", false),
            (simple, "otherbot", "/x.gif?y", true),
            (simple, "otherbot", "/publications/x", true),
            // § 2.2.1: several groups for one agent are one; the token ignores case.
            (merged, "one", "/a", false),
            (merged, "One/2.0 (+https://example.org)", "/c", false),
            (merged, "one", "/b", true),
            (merged, "three", "/a", true),
            // Google: other lines do not part agent lines.
            (foreign, "one", "/x", false),
            (foreign, "two", "/x", false),
            // A token must match whole, not in part.
            ("User-agent: news\nDisallow: /", "newsbot", "/", true),
            ("User-agent: newsbot/1.2 beta\nDisallow: /", "newsbot", "/", false),
            ("User-agent: * everybody\nDisallow: /", "newsbot", "/", false),
            // Rules before any agent belong to nobody.
            ("Disallow: /\nUser-agent: other\nDisallow: /x", "newsbot", "/y", true),
            ("", "newsbot", "/", true),
            ("User-agent: *\nDisallow: /", "", "/x", false),
        ]);
    }

    #[test]
    fn the_longest_pattern_decides() {
        let page = "User-agent: *\nAllow: /example/page/\nDisallow: /example/page/disallowed.gif\n";
        let tie = "User-agent: *\nDisallow: /folder\nAllow: /folder\n";
        let root = "User-agent: *\nAllow: /$\nDisallow: /\n";
        check(&[
            // RFC 9309 § 5.2.
            (page, "b", "/example/page/disallowed.gif", false),
            (page, "b", "/example/page/a.gif", true),
            // Google's table of precedence.
            ("User-agent: *\nAllow: /p\nDisallow: /\n", "b", "/page", true),
            (tie, "b", "/folder/page", true),
            ("User-agent: *\nAllow: /page\nDisallow: /*.htm\n", "b", "/page.htm", false),
            ("User-agent: *\nAllow: /page\nDisallow: /*.ph\n", "b", "/page.php5", true),
            (root, "b", "/", true),
            (root, "b", "", true),
            (root, "b", "/page.htm", false),
            // Order in the file does not count.
            ("User-agent: *\nDisallow: /a/b\nAllow: /a\n", "b", "/a/b/c", false),
            ("User-agent: *\nAllow: /a/b\nDisallow: /a\n", "b", "/a/b/c", true),
        ]);
    }

    #[test]
    fn paths_match_as_google_documents() {
        // Pattern, what it matches, what it does not.
        type Row = (&'static str, &'static [&'static str], &'static [&'static str]);
        let rows: &[Row] = &[
            ("/", &["/", "/a"], &[]),
            ("/*", &["/", "/a"], &[]),
            ("/$", &["/"], &["/a"]),
            (
                "/fish",
                &[
                    "/fish",
                    "/fish.html",
                    "/fish/salmon.html",
                    "/fishheads",
                    "/fish.php?id=anything",
                ],
                &["/Fish.asp", "/catfish", "/?id=fish", "/desert/fish"],
            ),
            (
                "/fish*",
                &["/fish", "/fish/salmon.html", "/fish.php?id=anything"],
                &["/Fish.asp", "/catfish"],
            ),
            (
                "/fish/",
                &["/fish/", "/fish/?id=anything", "/fish/salmon.htm"],
                &["/fish", "/fish.html", "/animals/fish/", "/Fish/Salmon.asp"],
            ),
            (
                "/*.php",
                &[
                    "/index.php",
                    "/folder/filename.php",
                    "/folder/filename.php?parameters",
                    "/folder/any.php.file.html",
                    "/filename.php/",
                ],
                &["/", "/windows.PHP"],
            ),
            (
                "/*.php$",
                &["/filename.php", "/folder/filename.php"],
                &["/filename.php?parameters", "/filename.php/", "/filename.php5", "/windows.PHP"],
            ),
            ("/fish*.php", &["/fish.php", "/fishheads/catfish.php?parameters"], &["/Fish.PHP"]),
            // A pattern without a leading slash or star can match no path.
            ("fish", &[], &["/fish"]),
            ("*fish", &["/fish", "/catfish"], &["/"]),
            ("/a$b", &["/a$b"], &["/a"]),
            // RFC 9309 § 2.2.2: both sides percent-encoded alike before comparing.
            ("/foo/bar?baz=quz", &["/foo/bar?baz=quz"], &["/foo/bar?baz=qux"]),
            (
                "/foo/bar?baz=http://foo.bar",
                &["/foo/bar?baz=http%3A%2F%2Ffoo.bar", "/foo/bar?baz=http://foo.bar"],
                &[],
            ),
            ("/foo/bar?baz=http%3A%2F%2Ffoo.bar", &["/foo/bar?baz=http://foo.bar"], &[]),
            ("/foo/bar/U+E38384", &["/foo/bar/U+E38384"], &["/foo/bar/ツ"]),
            ("/foo/bar/ツ", &["/foo/bar/%E3%83%84", "/foo/bar/ツ"], &[]),
            ("/foo/bar/%E3%83%84", &["/foo/bar/%e3%83%84", "/foo/bar/ツ"], &[]),
            ("/foo/bar/%62%61%7A", &["/foo/bar/baz"], &["/foo/bar/%7B"]),
            ("/foo%2Fbar", &["/foo%2fbar"], &["/foo/bar"]),
            (
                "/path/file-with-a-%2A.html",
                &["/path/file-with-a-%2A.html"],
                &["/path/file-with-a-x.html"],
            ),
        ];
        for (pattern, matched, unmatched) in rows {
            let robots = Robots::parse(format!("User-agent: *\nDisallow: {pattern}\n").as_bytes());
            for path in *matched {
                assert!(!robots.allows("b", path), "{pattern} should match {path}");
            }
            for path in *unmatched {
                assert!(robots.allows("b", path), "{pattern} should not match {path}");
            }
        }
    }

    #[test]
    fn lines_are_read_with_forgiveness() {
        check(&[
            ("\u{feff}User-agent: *\nDisallow: /\n", "b", "/x", false),
            ("User-agent: *\r\nDisallow: /a\r\nDisallow: /b\r\n", "b", "/b", false),
            ("User-agent: *\rDisallow: /a\rDisallow: /b", "b", "/b", false),
            ("  USER-AGENT :  *  # all\n\tdisallow\t:\t/a # not this\n", "b", "/a", false),
            ("User-agent: *\nDisallow: /a#b\n", "b", "/a", false),
            ("User-agent: *\nDisallow /a\n", "b", "/a", false),
            ("User-agent: *\nDisallow /a /b\n", "b", "/a", true),
            ("user agent: *\nDisalow: /a\n", "b", "/a", false),
            ("User-agent: *\nDisallow:\n", "b", "/a", true),
            ("User-agent: *\nDisallow: /\nAllow:\n", "b", "/a", false),
            ("User-agent: b\nDisallow:\n\nUser-agent: *\nDisallow: /\n", "b", "/a", true),
            ("User-agent: *\nDisallow: /\n", "b", "/robots.txt", true),
            ("<!doctype html><html><body>Disallow: /</body></html>", "b", "/a", true),
            (":::\n:\n \nUser-agent\nUser-agent:\n", "b", "/a", true),
        ]);
        let broken = Robots::parse(b"User-agent: *\nDisallow: /\xff\xfe\nDisallow: /a\0\n");
        assert!(broken.allows("b", "/b"));
        assert!(!broken.allows("b", "/a\0"));
    }

    #[test]
    fn delays_are_read_where_they_make_sense() {
        let cases = [
            ("User-agent: *\nCrawl-delay: 10\n", Some(10.0)),
            ("User-agent: *\ncrawl-delay: 0.5\nDisallow: /x\n", Some(0.5)),
            ("User-agent: *\nCrawl-delay: 2\n\nUser-agent: *\nCrawl-delay: 5\n", Some(5.0)),
            ("User-agent: other\nCrawl-delay: 10\n", None),
            ("User-agent: b\nDisallow: /x\n\nUser-agent: *\nCrawl-delay: 10\n", None),
            ("User-agent: *\nCrawl-delay: -1\n", None),
            ("User-agent: *\nCrawl-delay: NaN\n", None),
            ("User-agent: *\nCrawl-delay: inf\n", None),
            ("User-agent: *\nCrawl-delay: 1e300\n", None),
            ("User-agent: *\nCrawl-delay: soon\n", None),
        ];
        for (file, expected) in cases {
            let delay = Robots::parse(file.as_bytes()).delay("b");
            assert_eq!(delay, expected.map(Duration::from_secs_f64), "{file}");
        }
    }

    #[test]
    fn only_the_first_500_kib_count_and_no_rule_is_cut_in_two() {
        let head = "User-agent: *\nDisallow: /early\n";
        let filler = format!("#{}\n", "x".repeat(LIMIT - head.len() - 2 - "Disallow: /a".len()));
        let file = format!("{head}{filler}Disallow: /abc\nDisallow: /late\n");
        let robots = Robots::parse(file.as_bytes());
        assert!(!robots.allows("b", "/early"));
        assert!(robots.allows("b", "/late"));
        assert!(robots.allows("b", "/a"));
        let exact = file.replace("/abc", "/a");
        assert!(!Robots::parse(exact.as_bytes()).allows("b", "/a"));
    }

    #[test]
    fn hostile_patterns_are_matched_in_linear_time() {
        let file = format!("User-agent: *\nDisallow: /{}b$\n", "a*".repeat(100_000));
        assert!(Robots::parse(file.as_bytes()).allows("b", &format!("/{}", "a".repeat(200_000))));
    }
}
