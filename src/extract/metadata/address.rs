//! The canonical address a page claims, and what it calls its site.

use url::Url;

use crate::extract::metadata::Claim;
use crate::extract::metadata::head::{Head, squeeze};
use crate::extract::metadata::linked_data::{Object, text};
use serde_json::Value;

/// The claims to be the canonical address: absolute, http or https, and not a mistake.
pub(crate) fn canonical(head: &Head<'_>) -> Vec<Claim> {
    let base = Url::parse(&head.page.url).ok();
    let found = [
        ("link canonical", head.link("canonical"), 0.95),
        ("meta og:url", head.meta("og:url"), 0.8),
    ];
    let claims = found.into_iter().filter_map(|(place, address, confidence)| {
        let address = resolve(base.as_ref(), address?)?;
        is_credible(&address, base.as_ref()).then(|| Claim::new(place, address.into(), confidence))
    });
    claims.collect()
}

/// An absolute http or https address without a fragment.
pub(crate) fn resolve(base: Option<&Url>, address: &str) -> Option<Url> {
    let address = address.trim();
    let mut address = match base {
        Some(base) => base.join(address).ok()?,
        None => Url::parse(address).ok()?,
    };
    address.set_fragment(None);
    (matches!(address.scheme(), "http" | "https") && !address.as_str().is_empty())
        .then_some(address)
}

/// An article is not the home page of a site: systems that name it there name it on every page.
/// A page that is served from the root may of course say so.
fn is_credible(address: &Url, base: Option<&Url>) -> bool {
    let is_home = |address: &Url| {
        let path = address.path().trim_matches('/');
        let bare = path.is_empty() || ["index.html", "index.php", "home", "index"].contains(&path);
        bare && address.query().is_none()
    };
    let Some(base) = base else { return !is_home(address) };
    let local = |url: &Url| {
        url.host_str().is_none_or(|host| host == "localhost" || host.ends_with(".local"))
    };
    (!is_home(address) || is_home(base)) && (!local(address) || local(base))
}

/// What the site is called: the name it gives itself first, then other names it may put in titles.
pub(crate) fn names(head: &Head<'_>) -> Vec<Claim> {
    let publisher = head.article().and_then(|article| article.get("publisher")).and_then(|value| {
        let object = match value {
            Value::Array(items) => items.first()?.as_object()?,
            value => value.as_object()?,
        };
        text(head.linked_data.resolve(object), "name").map(str::to_owned)
    });
    let of_type = |types| {
        head.linked_data
            .of_type(types)
            .find_map(|object: &Object| text(object, "name"))
            .map(str::to_owned)
    };
    let found = [
        ("meta og:site_name", head.meta("og:site_name").map(str::to_owned), 0.95),
        ("json-ld publisher", publisher, 0.8),
        ("json-ld WebSite", of_type(&["WebSite"]), 0.8),
        (
            "json-ld organization",
            of_type(&["NewsMediaOrganization", "GovernmentOrganization", "Organization"]),
            0.6,
        ),
        ("meta application-name", head.meta("application-name").map(str::to_owned), 0.6),
        (
            "meta apple-mobile-web-app-title",
            head.meta("apple-mobile-web-app-title").map(str::to_owned),
            0.5,
        ),
        ("meta publisher", head.meta("publisher").map(str::to_owned), 0.4),
        ("meta dc.publisher", head.meta("dc.publisher").map(str::to_owned), 0.4),
    ];
    let named = found.into_iter().filter_map(|(place, name, confidence)| {
        let name = squeeze(&name?);
        ((2..=80).contains(&name.len()) && !name.starts_with("http"))
            .then(|| Claim::new(place, name, confidence))
    });
    named.collect()
}

/// The word a host is known by, `example` of `www.example.co.uk`, and the host itself.
pub(crate) fn host_names(url: &str) -> Vec<String> {
    let Some(host) = Url::parse(url).ok().and_then(|url| url.host_str().map(str::to_owned)) else {
        return Vec::new();
    };
    let labels: Vec<&str> = host
        .split('.')
        .filter(|label| !["www", "m", "amp", "news", "blog", "en"].contains(label))
        .collect();
    let core = labels.iter().take(labels.len().saturating_sub(1)).max_by_key(|label| label.len());
    let mut names = vec![labels.join(".")];
    names.extend(core.map(|core| (*core).to_owned()));
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_home_page_is_no_canonical_address_of_an_article() {
        let cases = [
            ("https://example.org/", "https://example.org/2024/a", false),
            ("https://example.org", "https://example.org/2024/a", false),
            ("https://example.org/index.html", "https://example.org/a?x=1", false),
            ("https://example.org/?p=7", "https://example.org/2024/a", true),
            ("https://example.org/a", "https://example.org/a?utm_source=x", true),
            ("https://example.org/", "https://example.org/", true),
            ("http://localhost/a", "https://example.org/a", false),
        ];
        for (address, page, expect) in cases {
            let base = Url::parse(page).unwrap();
            assert_eq!(
                is_credible(&Url::parse(address).unwrap(), Some(&base)),
                expect,
                "{address} on {page}"
            );
        }
    }

    #[test]
    fn hosts_are_known_by_their_longest_label() {
        assert_eq!(host_names("https://www.example.co.uk/a"), ["example.co.uk", "example"]);
        assert_eq!(host_names("not an address"), Vec::<String>::new());
    }
}
