//! Recognises what stands in front of a page: a check for robots, whatever status it comes with,
//! and the consent or login page a site redirects to.
//!
//! By structure, not by its words: the header a product sets, or the script, form or variable its
//! interstitial cannot do without. Some products also put such scripts into ordinary pages, so a
//! page that comes as a success must show next to no text as well.

use std::sync::LazyLock;

use aho_corasick::AhoCorasick;
use reqwest::header::HeaderMap;
use url::Url;

use crate::fetch::wire::Reply;

/// A header that only an interstitial carries.
struct HeaderSign {
    name: &'static str,
    value: &'static str,
    whose: &'static str,
}

/// Bytes that an interstitial's body cannot do without.
struct BodySign {
    bytes: &'static str,
    whose: &'static str,
}

const HEADER_SIGNS: &[HeaderSign] = &[
    // https://developers.cloudflare.com/cloudflare-challenges/challenge-types/challenge-pages/detect-response/
    HeaderSign { name: "cf-mitigated", value: "challenge", whose: "Cloudflare" },
    // https://docs.aws.amazon.com/waf/latest/developerguide/waf-captcha-and-challenge-how-it-works.html
    HeaderSign { name: "x-amzn-waf-action", value: "challenge", whose: "AWS WAF" },
    HeaderSign { name: "x-amzn-waf-action", value: "captcha", whose: "AWS WAF" },
    HeaderSign { name: "x-vercel-mitigated", value: "challenge", whose: "Vercel" },
];

const BODY_SIGNS: &[BodySign] = &[
    BodySign { bytes: "_cf_chl_opt", whose: "Cloudflare" },
    BodySign { bytes: "/cdn-cgi/challenge-platform/h/", whose: "Cloudflare" },
    BodySign { bytes: "cf-browser-verification", whose: "Cloudflare" },
    BodySign { bytes: "cf_captcha_kind", whose: "Cloudflare" },
    BodySign { bytes: "/_sec/cp_challenge/", whose: "Akamai" },
    BodySign { bytes: "sec-if-cpt-container", whose: "Akamai" },
    BodySign { bytes: "bm-verify=", whose: "Akamai" },
    BodySign { bytes: "errors.edgesuite.net", whose: "Akamai" },
    BodySign { bytes: "/.well-known/ddos-guard/", whose: "DDoS-Guard" },
    BodySign { bytes: "check.ddos-guard.net", whose: "DDoS-Guard" },
    BodySign { bytes: "_Incapsula_Resource", whose: "Imperva" },
    BodySign { bytes: "captcha-delivery.com", whose: "DataDome" },
    BodySign { bytes: "px-captcha", whose: "HUMAN" },
    BodySign { bytes: "token.awswaf.com", whose: "AWS WAF" },
    BodySign { bytes: "AwsWafIntegration", whose: "AWS WAF" },
    BodySign { bytes: "sucuri_cloudproxy_js", whose: "Sucuri" },
    BodySign { bytes: "anubis_challenge", whose: "Anubis" },
    BodySign { bytes: "/.well-known/vercel/security/", whose: "Vercel" },
    BodySign { bytes: "/149e9513-01fa-4fb0-aad4-566afd725d1b/", whose: "Kasada" },
    BodySign { bytes: "/__qrator/", whose: "Qrator" },
];

/// A word that is a host's first label or a whole step of the path (its ending apart) on a page
/// that stands before the page.
struct Detour {
    word: &'static str,
    asks: &'static str,
}

const DETOURS: &[Detour] = &[
    Detour { word: "consent", asks: "consent" },
    Detour { word: "cookiewall", asks: "consent" },
    Detour { word: "cookie-consent", asks: "consent" },
    Detour { word: "login", asks: "a login" },
    Detour { word: "wp-login", asks: "a login" },
    Detour { word: "signin", asks: "a login" },
    Detour { word: "sign-in", asks: "a login" },
    Detour { word: "sso", asks: "a login" },
    Detour { word: "captcha", asks: "a proof of being human" },
];

/// An interstitial, scripts included, is smaller than this; most articles need not be searched.
const BODY_MOST: usize = 64 << 10;
/// And shows fewer characters than this, white space apart.
const SHOWN_MOST: usize = 1000;

static BODY_MATCHER: LazyLock<AhoCorasick> = LazyLock::new(|| {
    AhoCorasick::builder()
        .ascii_case_insensitive(true)
        .build(BODY_SIGNS.iter().map(|sign| sign.bytes))
        .expect("the table of signs makes an automaton")
});

/// Whose check for robots `reply` is; `None` for any other page.
pub(crate) fn whose(reply: &Reply) -> Option<&'static str> {
    recognise(reply.status, &reply.headers, &reply.body.bytes)
}

/// What the page at `came` asks for before it shows the one at `asked`, which redirected there;
/// `None` where it is a page like any other.
pub(crate) fn detour(asked: &Url, came: &Url) -> Option<&'static str> {
    let detour = DETOURS.iter().find(|detour| leads_by(came, detour.word))?;
    (!leads_by(asked, detour.word)).then_some(detour.asks)
}

fn leads_by(url: &Url, word: &str) -> bool {
    let mut steps = url.path().split('/').chain(url.host_str());
    steps.any(|step| step.split('.').next().is_some_and(|stem| stem.eq_ignore_ascii_case(word)))
}

fn recognise(status: u16, headers: &HeaderMap, body: &[u8]) -> Option<&'static str> {
    if let Some(sign) = HEADER_SIGNS.iter().find(|sign| has(headers, sign)) {
        return Some(sign.whose);
    }
    if BODY_MOST < body.len() {
        return None;
    }
    let found = BODY_MATCHER.find(body)?;
    let is_success = (200..300).contains(&status);
    (!is_success || shown(body) < SHOWN_MOST).then(|| BODY_SIGNS[found.pattern().as_usize()].whose)
}

fn has(headers: &HeaderMap, sign: &HeaderSign) -> bool {
    headers.get(sign.name).is_some_and(|value| {
        value.as_bytes().trim_ascii().eq_ignore_ascii_case(sign.value.as_bytes())
    })
}

/// Characters a reader would see, roughly: what is outside tags, scripts and styles.
fn shown(html: &[u8]) -> usize {
    let mut rest = html;
    let mut count = 0;
    while let Some(open) = rest.iter().position(|byte| *byte == b'<') {
        count += characters(&rest[..open]);
        rest = &rest[open..];
        let skipped = if begins_with(rest, b"<script") {
            find(rest, b"</script")
        } else if begins_with(rest, b"<style") {
            find(rest, b"</style")
        } else if begins_with(rest, b"<!--") {
            find(rest, b"-->").map(|at| at + 3)
        } else {
            find(rest, b">").map(|at| at + 1)
        };
        match skipped {
            Some(skipped) => rest = &rest[skipped..],
            None => return count,
        }
    }
    count + characters(rest)
}

fn begins_with(bytes: &[u8], head: &[u8]) -> bool {
    bytes.get(..head.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(head))
}

fn find(bytes: &[u8], needle: &[u8]) -> Option<usize> {
    bytes.windows(needle.len()).position(|window| window.eq_ignore_ascii_case(needle))
}

/// Characters that are not white space, in UTF-8 or a single-byte charset.
fn characters(text: &[u8]) -> usize {
    text.iter().filter(|byte| !byte.is_ascii_whitespace() && **byte & 0xc0 != 0x80).count()
}

#[cfg(test)]
mod tests {
    use reqwest::header::HeaderName;

    use super::*;

    fn page(sign: &str, text: &str) -> Vec<u8> {
        format!(
            "<!doctype html><title>Just a moment</title><style>p {{ margin: 0 }}</style>\
             <script>window.x = '{sign}'; {}</script><p>{text}</p>",
            "f(); ".repeat(2000)
        )
        .into_bytes()
    }

    #[test]
    fn every_sign_in_a_body_is_known_with_every_status() {
        for sign in BODY_SIGNS {
            for status in [200, 202, 403, 405, 429, 503] {
                let body = page(&sign.bytes.to_uppercase(), "One moment, please.");
                let whose = recognise(status, &HeaderMap::new(), &body);
                assert_eq!(whose, Some(sign.whose), "{} with {status}", sign.bytes);
            }
        }
    }

    #[test]
    fn every_sign_in_a_header_is_known() {
        for sign in HEADER_SIGNS {
            let mut headers = HeaderMap::new();
            headers.insert(HeaderName::from_static(sign.name), sign.value.parse().unwrap());
            assert_eq!(recognise(200, &headers, b""), Some(sign.whose), "{}", sign.name);
            headers.insert(HeaderName::from_static(sign.name), "something else".parse().unwrap());
            assert_eq!(recognise(200, &headers, b""), None, "{}", sign.name);
        }
    }

    #[test]
    fn a_page_with_text_is_a_page_whatever_scripts_it_carries() {
        let text = "The council extended the measures by six months. ".repeat(40);
        for sign in BODY_SIGNS {
            let body = page(sign.bytes, &text);
            assert_eq!(recognise(200, &HeaderMap::new(), &body), None, "{}", sign.bytes);
        }
        let bare = b"<p>Nothing to see here.</p>";
        assert_eq!(recognise(403, &HeaderMap::new(), bare), None);
    }

    #[test]
    fn every_detour_is_told_from_a_page_of_that_name() {
        let check = |asked: &str, came: &str, asks: Option<&str>| {
            let detour = detour(&asked.parse().unwrap(), &came.parse().unwrap());
            assert_eq!(detour, asks, "{asked} to {came}");
        };
        let article = "https://example.org/news/consent-decree-signed";
        for Detour { word, asks } in DETOURS {
            check(article, &format!("https://example.org/user/{word}.php?back=%2F"), Some(*asks));
            check(article, &format!("https://{word}.example.org/v2/"), Some(*asks));
            check(article, &format!("https://example.org/{word}-in-court"), None);
            let own = format!("https://example.org/{word}/");
            check(&own, &format!("https://www.example.org/{word}/"), None);
        }
        check("https://example.org/a", article, None);
    }

    #[test]
    fn only_what_is_shown_is_counted() {
        let cases = [
            ("plain", 5),
            ("<p>one <b>two</b></p>", 6),
            ("<SCRIPT>var x = '<p>';</SCRIPT>ok", 2),
            ("<style>p{}</style>", 0),
            ("<!-- no > no --><p>ja</p>", 2),
            ("<script>never closed", 0),
            ("при <вет", 3),
            ("", 0),
        ];
        for (html, count) in cases {
            assert_eq!(shown(html.as_bytes()), count, "{html}");
        }
    }
}
