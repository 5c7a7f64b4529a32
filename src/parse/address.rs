//! Addresses: resolved, recognised, and brought into one form, so that the same page in other
//! clothes is the same page.

use std::borrow::Cow;

use url::{Host, Url};

/// Query parameters that only say how a reader came here, many in a string. A name ending in `*` is a prefix.
/// Compared in lower case. What may choose content on some site (`id`, `p`, `page`, `ref`) stays out.
const TRACKING: &[&str] = &[
    // Campaigns: Google, Matomo and Piwik, AT Internet, Adobe, Webtrends, Mailchimp, Marketo, HubSpot.
    "utm_* mtm_* pk_* piwik_* at_* xtor s_cid s_kwcid wt_mc wt.mc* mc_cid mc_eid mkt_tok \
     hsctatracking _hsenc _hsmi __hs* vero_id vero_conv oly_anon_id oly_enc_id ns_campaign \
     ns_mchannel ns_source ns_linkname ns_fee cmpid icid ncid ocid mbid smid smtyp spm trk \
     trkcampaign _ga _gl sfnsn wickedid guccounter guce_referrer guce_referrer_sig",
    // Click identifiers of advertisers and social networks.
    "fbclid gclid gclsrc dclid gbraid wbraid msclkid yclid ysclid twclid ttclid li_fat_id \
     igshid igsh rb_clickid ref_src ref_url __twitter_impression",
    // The AMP viewer and the switchers between AMP and the plain page.
    "amp noamp nonamp amp_* usqp aoh",
    // Sessions.
    "phpsessid jsessionid aspsessionid* cfid cftoken",
];

/// Parameters that track only with certain values: name, and how the value begins.
const TRACKING_VALUES: &[(&str, &str)] = &[
    ("bc", "bc_"),
    ("cmp", "share_"),
    ("outputtype", "amp"),
    ("output", "amp"),
    ("platform", "amp"),
    ("view", "amp"),
    ("from", "rss"),
    ("source", "rss"),
    ("src", "rss"),
    ("ref", "rss"),
    ("partner", "rss"),
    ("emc", "rss"),
];

/// Hosts that serve copies of other people's AMP pages: the end of the host, the head of the path.
const AMP_CACHES: &[(&str, &str)] = &[
    (".cdn.ampproject.org", "/c/"),
    (".cdn.ampproject.org", "/v/"),
    (".bing-amp.com", "/c/"),
    ("www.google.com", "/amp/"),
];

/// Names a server takes for the directory itself.
const INDEX_FILES: &[&str] =
    &["index.html", "index.htm", "index.php", "index.asp", "default.asp", "default.aspx"];

/// Host labels that name the same site for another device.
const DEVICE_LABELS: &[&str] = &["m", "mobile", "amp"];

/// The one form of an address, under which all its clothes meet; `None` if it is no web address.
///
/// Scheme, `www`, mobile and AMP hosts and paths, default port, user, fragment, tracking and session
/// parameters, the order of parameters, index files, trailing and doubled slashes and the spelling
/// of percent-encoding are gone. It is a key, without a scheme, and not for fetching.
///
/// ```
/// use sanctionwatch::parse::address::key;
/// let amp = key("http://m.example.org/news/1/amp/?utm_source=x&b=2&a=1#top");
/// assert_eq!(amp.as_deref(), Some("example.org/news/1?a=1&b=2"));
/// assert_eq!(key("mailto:desk@example.org"), None);
/// ```
pub fn key(url: &str) -> Option<String> {
    let url = parse_web(url)?;
    let url = amp_origin(&url).unwrap_or(url);
    let mut key = host_key(&url)?;
    if let Some(port) = url.port() {
        key.push_str(&format!(":{port}"));
    }
    key.push_str(&path_key(url.path()));
    let query = query_key(url.query().unwrap_or_default());
    if !query.is_empty() {
        key.push('?');
        key.push_str(&query);
    }
    // Pages of the "hashbang" kind are told apart by their fragment alone.
    if let Some(fragment) = url.fragment().filter(|fragment| fragment.starts_with('!')) {
        key.push('#');
        key.push_str(fragment);
    }
    Some(key)
}

/// The host of an address without `www.`, with its port where it names one: whose pages share their
/// furniture.
///
/// ```
/// use sanctionwatch::parse::address::page_host;
/// assert_eq!(page_host("https://www.news.example.org/a").as_deref(), Some("news.example.org"));
/// assert_eq!(page_host("http://127.0.0.1:8080/a").as_deref(), Some("127.0.0.1:8080"));
/// ```
pub fn page_host(url: &str) -> Option<String> {
    let url = parse_web(url)?;
    let host = url.host_str()?.trim_end_matches('.');
    let host = host.strip_prefix("www.").unwrap_or(host);
    Some(url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}")))
}

/// Whether two addresses are one place to a reader: the same host, `www.` aside, and the same path,
/// whatever scheme and query.
pub fn same_place(one: &str, other: &str) -> bool {
    let place = |url: &str| {
        let path = parse_web(url)?.path().trim_end_matches('/').to_owned();
        Some([page_host(url)?, path])
    };
    place(one) == place(other)
}

/// The site an address belongs to: its registrable domain, in lower case; an IP address or a
/// single-label host keeps its port, since several sites may live there.
///
/// ```
/// use sanctionwatch::parse::address::site;
/// assert_eq!(site("https://ofsi.blog.example.co.uk/feed").as_deref(), Some("example.co.uk"));
/// assert_eq!(site("http://127.0.0.1:8080/feed").as_deref(), Some("127.0.0.1:8080"));
/// ```
pub fn site(url: &str) -> Option<String> {
    let url = parse_web(url)?;
    let host = url.host_str()?.trim_end_matches('.');
    if let Some(Host::Domain(_)) = url.host()
        && host.contains('.')
    {
        return Some(psl::domain_str(host).unwrap_or(host).to_owned());
    }
    Some(match url.port() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    })
}

/// `reference` as an absolute web address, read on a page at `base`; `None` if it leads elsewhere
/// (`mailto:`, `javascript:` …) or nowhere.
///
/// ```
/// use sanctionwatch::parse::address::resolve;
/// let url = resolve("https://example.org/news/", " ../list.html ");
/// assert_eq!(url.as_deref(), Some("https://example.org/list.html"));
/// ```
pub fn resolve(base: &str, reference: &str) -> Option<String> {
    let reference = reference.trim();
    let url = match Url::parse(base) {
        Ok(base) => base.join(reference),
        Err(_) => Url::parse(reference),
    };
    url.ok().filter(has_web_host).map(String::from)
}

/// The host of a web address as a server knows it: in lower case, ASCII, without its port.
///
/// ```
/// use sanctionwatch::parse::address::host;
/// assert_eq!(host("https://Bücher.example:8443/a").as_deref(), Some("xn--bcher-kva.example"));
/// assert_eq!(host("mailto:desk@example.org"), None);
/// ```
pub fn host(url: &str) -> Option<String> {
    parse_web(url)?.host_str().map(str::to_owned)
}

/// Scheme, host and port of a web address, e.g. `https://example.org`: what may share a secret.
pub fn origin(url: &str) -> Option<String> {
    Some(parse_web(url)?.origin().ascii_serialization())
}

/// Whether this is the front door of a site: no path and no query.
pub fn is_home(url: &str) -> bool {
    parse_web(url).is_some_and(|url| url.path() == "/" && url.query().is_none())
}

/// Whether this is an absolute http or https address with a host.
pub fn is_web(url: &str) -> bool {
    parse_web(url).is_some()
}

fn parse_web(url: &str) -> Option<Url> {
    Url::parse(url.trim()).ok().filter(has_web_host)
}

fn has_web_host(url: &Url) -> bool {
    matches!(url.scheme(), "http" | "https") && url.host_str().is_some_and(|host| !host.is_empty())
}

/// The page an AMP cache has copied, as its address tells (`/c/s/example.org/…`).
fn amp_origin(url: &Url) -> Option<Url> {
    let host = url.host_str()?;
    let rest = AMP_CACHES.iter().find_map(|(ending, head)| {
        let inside = host.ends_with(ending) || ending.strip_prefix('.') == Some(host);
        if inside { url.path().strip_prefix(head) } else { None }
    })?;
    let rest = rest.strip_prefix("s/").unwrap_or(rest);
    let origin = rest.split('/').next()?;
    if !origin.contains('.') {
        return None;
    }
    let query = url.query().map(|query| format!("?{query}")).unwrap_or_default();
    parse_web(&format!("https://{rest}{query}"))
}

fn host_key(url: &Url) -> Option<String> {
    let host = url.host_str()?.trim_end_matches('.');
    if !matches!(url.host(), Some(Host::Domain(_))) {
        return Some(host.to_owned());
    }
    let host = match host.strip_prefix("www.") {
        Some(rest) if rest.contains('.') => rest,
        _ => host,
    };
    let Some(domain) = psl::domain_str(host) else { return Some(host.to_owned()) };
    let below = &host[..host.len() - domain.len()];
    let kept = below.split_terminator('.').filter(|label| !DEVICE_LABELS.contains(label));
    Some(kept.chain([domain]).collect::<Vec<_>>().join("."))
}

/// The path from its first slash, without a last one; empty for the root.
fn path_key(path: &str) -> String {
    let path = without_session(path);
    let mut segments: Vec<Cow<str>> =
        path.split('/').filter(|segment| !segment.is_empty()).map(spell).collect();
    if segments.last().is_some_and(|last| INDEX_FILES.contains(&last.to_lowercase().as_str())) {
        segments.pop();
    }
    // The front controller of many content systems answers with and without its own name.
    if segments.len() > 1 && segments[0] == "index.php" {
        segments.remove(0);
    }
    if segments.len() > 1 {
        segments.retain(|segment| segment != "amp");
    }
    if let Some(last) = segments.last_mut() {
        *last = Cow::Owned(without_amp_ending(last));
    }
    segments.iter().fold(String::new(), |path, segment| path + "/" + segment)
}

/// `;jsessionid=…` ends a path in older Java servers.
fn without_session(path: &str) -> &str {
    let at = path.to_ascii_lowercase().find(";jsessionid=");
    at.map_or(path, |at| &path[..at])
}

fn without_amp_ending(segment: &str) -> String {
    if let Some(stem) = segment.strip_suffix(".amp").filter(|stem| !stem.is_empty()) {
        return stem.to_owned();
    }
    match segment.strip_suffix(".amp.html").filter(|stem| !stem.is_empty()) {
        Some(stem) => format!("{stem}.html"),
        None => segment.to_owned(),
    }
}

/// The parameters that choose content, spelled one way and sorted by name; those with the same
/// name keep their order.
fn query_key(query: &str) -> String {
    let mut kept: Vec<Parameter> =
        query.split('&').filter_map(Parameter::read).filter(|p| !p.tracks()).collect();
    kept.sort_by(|a, b| a.name.cmp(&b.name));
    kept.dedup();
    let spelled = kept.iter().map(|p| format!("{}={}", encode(&p.name), encode(&p.value)));
    spelled.collect::<Vec<_>>().join("&")
}

/// One query parameter, decoded.
#[derive(PartialEq)]
struct Parameter {
    name: Vec<u8>,
    value: Vec<u8>,
}

impl Parameter {
    fn read(text: &str) -> Option<Parameter> {
        let (name, value) = text.split_once('=').unwrap_or((text, ""));
        let parameter = Parameter { name: decode_form(name), value: decode_form(value) };
        (!text.is_empty()).then_some(parameter)
    }

    fn tracks(&self) -> bool {
        let name = String::from_utf8_lossy(&self.name).to_lowercase();
        let value = String::from_utf8_lossy(&self.value).to_lowercase();
        let by_name = tracking_names().any(|known| match known.strip_suffix('*') {
            Some(prefix) => name.starts_with(prefix),
            None => name == known,
        });
        by_name
            || TRACKING_VALUES.iter().any(|(known, head)| name == *known && value.starts_with(head))
    }
}

fn tracking_names() -> impl Iterator<Item = &'static str> {
    TRACKING.iter().flat_map(|names| names.split(' '))
}

fn decode_form(text: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, tail)) = rest.split_first() {
        let escaped = if first == b'%' { hex_pair(tail) } else { None };
        match escaped {
            Some(byte) => {
                bytes.push(byte);
                rest = &tail[2..];
            }
            None => {
                bytes.push(if first == b'+' { b' ' } else { first });
                rest = tail;
            }
        }
    }
    bytes
}

fn encode(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for &byte in bytes {
        if is_unreserved(byte) || b"/:,[]@!$'()*;".contains(&byte) {
            text.push(char::from(byte));
        } else {
            text.push_str(&format!("%{byte:02X}"));
        }
    }
    text
}

/// One spelling of percent-encoding: unreserved characters bare, everything else as it stands with
/// upper-case digits (RFC 3986 § 6.2.2).
pub(crate) fn spell(text: &str) -> Cow<'_, str> {
    if text.is_ascii() && !text.contains('%') {
        return Cow::Borrowed(text);
    }
    let mut spelled = String::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, tail)) = rest.split_first() {
        let escaped = if first == b'%' { hex_pair(tail) } else { None };
        rest = if escaped.is_some() { &tail[2..] } else { tail };
        match escaped {
            Some(byte) if is_unreserved(byte) => spelled.push(char::from(byte)),
            Some(byte) => spelled.push_str(&format!("%{byte:02X}")),
            None if first.is_ascii() => spelled.push(char::from(first)),
            None => spelled.push_str(&format!("%{first:02X}")),
        }
    }
    Cow::Owned(spelled)
}

fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~".contains(&byte)
}

fn hex_pair(bytes: &[u8]) -> Option<u8> {
    let digit = |at: usize| char::from(*bytes.get(at)?).to_digit(16);
    u8::try_from(digit(0)? * 16 + digit(1)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The same page in other clothes: every address of a row has the key at its head.
    const SAME: &[(&str, &[&str])] = &[
        (
            "example.org/news/1",
            &[
                "https://example.org/news/1",
                "http://example.org/news/1",
                "https://www.example.org/news/1",
                "https://m.example.org/news/1",
                "https://mobile.example.org/news/1",
                "https://amp.example.org/news/1",
                "https://www.m.example.org/news/1",
                "https://EXAMPLE.org./news/1",
                "https://example.org:443/news/1",
                "http://example.org:80/news/1",
                "https://user:word@example.org/news/1",
                "https://example.org/news/1/",
                "https://example.org//news//1",
                "https://example.org/news/1#comments",
                "https://example.org/news/1?",
                "https://example.org/news/1/?utm_source=feed&UTM_Medium=rss",
                "https://example.org/news/1?fbclid=a&gclid=b&mc_cid=c&at_medium=d&msclkid=e",
                "https://example.org/news/1?BC=bc_6512fd0ad0b3a",
                "https://example.org/news/1?CMP=Share_iOSApp_Other",
                "https://example.org/news/1?ref=rss",
                "https://example.org/news/1/amp",
                "https://example.org/news/1/amp/",
                "https://example.org/amp/news/1",
                "https://example.org/news/amp/1",
                "https://example.org/news/1.amp",
                "https://example.org/news/1?amp",
                "https://example.org/news/1?amp=1",
                "https://example.org/news/1?noamp=mobile",
                "https://example.org/news/1?outputType=amp",
                "https://example-org.cdn.ampproject.org/c/s/example.org/news/1/amp/",
                "https://cdn.ampproject.org/c/example.org/news/1?amp_js_v=0.1",
                "https://example-org.cdn.ampproject.org/v/s/www.example.org/news/1?usqp=mq331",
                "https://www.google.com/amp/s/www.example.org/news/1.amp",
                "https://example.org/index.php/news/1",
                "https://example.org/news/1/index.html",
                "https://example.org/news/1/Default.aspx",
                "https://example.org/news/1;jsessionid=0A1B2C",
                "https://example.org/news/1?PHPSESSID=0a1b",
                "  https://example.org/news/1\n",
            ],
        ),
        (
            "example.org",
            &["https://example.org", "http://www.example.org/", "https://example.org/index.php"],
        ),
        (
            "example.org/a?x=1&y=2",
            &[
                "https://example.org/a?x=1&y=2",
                "https://example.org/a?y=2&x=1",
                "https://example.org/a?y=2&utm_id=7&x=1",
                "https://example.org/a?&x=1&&y=2&x=1",
            ],
        ),
        (
            "example.org/~desk/Caf%C3%A9",
            &[
                "https://example.org/~desk/Café",
                "https://example.org/%7Edesk/Caf%c3%a9",
                "https://example.org/%7edesk/Caf%C3%A9/",
            ],
        ),
        (
            "gov.uk/search/all.atom?organisations[]=ofsi",
            &[
                "https://www.gov.uk/search/all.atom?organisations%5B%5D=ofsi",
                "https://www.gov.uk/search/all.atom?organisations[]=ofsi",
            ],
        ),
        (
            "example.org/s?q=oil%20price",
            &["https://example.org/s?q=oil+price", "https://example.org/s?q=oil%20price"],
        ),
        (
            "en.example.org/wiki/Oil",
            &["https://en.m.example.org/wiki/Oil", "http://en.example.org/wiki/Oil"],
        ),
        ("example.org/a.html", &["https://example.org/a.amp.html", "https://example.org/a.html"]),
        ("example.org#!/news/7", &["https://example.org/#!/news/7"]),
        ("127.0.0.1:8080/a", &["http://127.0.0.1:8080/a/"]),
        ("[::1]:8080/a", &["http://[::1]:8080/a"]),
        ("m.me/desk", &["https://m.me/desk"]),
        ("amp.dev/about", &["https://amp.dev/about"]),
    ];

    /// Different pages that resemble each other.
    const DIFFERENT: &[(&str, &str)] = &[
        ("https://example.org/?id=1", "https://example.org/?id=2"),
        ("https://example.org/?p=12", "https://example.org/"),
        ("https://example.org/?p=12", "https://example.org/?p=13"),
        ("https://example.org/list?page=2", "https://example.org/list"),
        ("https://example.org/a?ref=7", "https://example.org/a"),
        ("https://example.org/a?bc=12", "https://example.org/a"),
        ("https://example.org/a?source=ofac", "https://example.org/a?source=eu"),
        ("https://example.org/News/1", "https://example.org/news/1"),
        ("https://example.org/a%2Fb", "https://example.org/a/b"),
        ("https://example.org/a?q=1%262", "https://example.org/a?q=1&2"),
        ("https://example.org/#!/news/7", "https://example.org/#!/news/8"),
        ("https://example.org:8443/a", "https://example.org/a"),
        ("https://fr.example.org/a", "https://example.org/a"),
        ("https://blog.example.org/a", "https://example.org/a"),
        ("https://example.org/amp", "https://example.org/"),
        ("https://example.org/amplifier", "https://example.org/lifier"),
        ("https://example.org/news/1?lang=fr", "https://example.org/news/1"),
        ("https://example.org/a?x=1&x=2", "https://example.org/a?x=2&x=1"),
        ("https://example.org/t?uri=OJ:L_202400380", "https://example.org/t?uri=OJ:L_202400381"),
    ];

    #[test]
    fn one_page_has_one_key() {
        for (expected, addresses) in SAME {
            for address in *addresses {
                assert_eq!(key(address).as_deref(), Some(*expected), "{address}");
            }
        }
    }

    #[test]
    fn different_pages_keep_different_keys() {
        for (one, other) in DIFFERENT {
            assert_ne!(key(one), key(other), "{one} and {other}");
        }
    }

    #[test]
    fn every_tracking_parameter_goes_alone_and_among_others() {
        for known in tracking_names() {
            let name = known.replace('*', "x");
            for query in [format!("{name}=1"), format!("{}=1&id=7", name.to_uppercase())] {
                let key = key(&format!("https://example.org/a?{query}")).unwrap();
                assert!(
                    ["example.org/a", "example.org/a?id=7"].contains(&key.as_str()),
                    "{query} left {key}"
                );
            }
        }
        for (name, head) in TRACKING_VALUES {
            assert_eq!(
                key(&format!("https://example.org/a?{name}={head}")).unwrap(),
                "example.org/a"
            );
            assert_ne!(key(&format!("https://example.org/a?{name}=7")).unwrap(), "example.org/a");
        }
    }

    #[test]
    fn what_is_no_web_address_has_no_key() {
        for text in [
            "",
            "news/1",
            "mailto:a@example.org",
            "javascript:void(0)",
            "ftp://example.org/",
            "http://",
            "https:///",
        ] {
            assert_eq!(key(text), None, "{text:?}");
            assert_eq!(site(text), None, "{text:?}");
            assert!(!is_web(text), "{text:?}");
        }
    }

    #[test]
    fn a_key_is_stable_under_its_own_rules() {
        for (expected, _) in SAME {
            assert_eq!(key(&format!("https://{expected}")).as_deref(), Some(*expected));
        }
    }

    #[test]
    fn sites_are_registrable_domains() {
        let cases = [
            ("https://www.example.org/a", "example.org"),
            ("https://news.desk.example.co.uk/a", "example.co.uk"),
            ("https://www.gov.uk/a", "www.gov.uk"),
            ("https://EXAMPLE.ORG.:8443/a", "example.org"),
            ("https://bücher.example/a", "xn--bcher-kva.example"),
            ("http://127.0.0.1:8080/a", "127.0.0.1:8080"),
            ("http://[::1]:8080/a", "[::1]:8080"),
            ("http://localhost:8080/a", "localhost:8080"),
            ("http://192.0.2.1/a", "192.0.2.1"),
        ];
        for (url, expected) in cases {
            assert_eq!(site(url).as_deref(), Some(expected), "{url}");
        }
    }

    #[test]
    fn references_resolve_on_their_page() {
        let base = "https://example.org/news/index.html?x=1";
        let cases = [
            ("a.html", Some("https://example.org/news/a.html")),
            ("/a", Some("https://example.org/a")),
            ("//other.example/a", Some("https://other.example/a")),
            ("?page=2", Some("https://example.org/news/index.html?page=2")),
            ("#top", Some("https://example.org/news/index.html?x=1#top")),
            ("http://other.example/a b", Some("http://other.example/a%20b")),
            ("\n /a\n", Some("https://example.org/a")),
            ("mailto:desk@example.org", None),
            ("javascript:void(0)", None),
            ("data:text/plain,a", None),
            ("http://", None),
        ];
        for (reference, expected) in cases {
            assert_eq!(resolve(base, reference).as_deref(), expected, "{reference:?}");
        }
        assert_eq!(resolve("", "https://example.org/a").as_deref(), Some("https://example.org/a"));
        assert_eq!(resolve("", "/a"), None);
    }
}
