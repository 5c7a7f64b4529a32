//! Secrets that sources' servers ask for: read from files, shown to the source's own servers alone.

use std::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use reqwest::header::{AUTHORIZATION, HeaderName, HeaderValue};
use url::Url;

use crate::fetch::fault::Fault;
use crate::model::source::{CredentialForm, Credentials, Source};
use crate::model::visit::Outcome;
use crate::parse::address;

/// A token or password is shorter.
const LONGEST_SECRET: u64 = 16 << 10;

/// A secret and the servers that may see it.
pub(crate) struct Credential {
    /// Scheme, host and port of each of the source's listings.
    origins: Vec<String>,
    pub(crate) header: HeaderName,
    pub(crate) value: HeaderValue,
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credential").field("origins", &self.origins).finish_non_exhaustive()
    }
}

impl Credential {
    /// The secret of a source, read from its file in `folder`; none where the source needs none.
    ///
    /// # Errors
    /// When there is no folder, the file cannot be read, everybody may read it, or what it holds
    /// cannot stand in a header. The secret is in no message.
    pub(crate) fn of(source: &Source, folder: Option<&Path>) -> Result<Option<Credential>, Fault> {
        let Some(credentials) = &source.credentials else { return Ok(None) };
        let fault = |why: String| Fault::new(Outcome::Blocked, format!("{}: {why}", source.id));
        let Some(folder) = folder else {
            return Err(fault(
                "its credentials lie in a folder that is not known; set fetch.credentials, or \
                 LoadCredential= in the systemd unit"
                    .to_owned(),
            ));
        };
        let path = folder.join(&credentials.file);
        let secret = read_secret(&path)
            .map_err(|why| fault(format!("its credentials in {} {why}", path.display())))?;
        let (header, value) = shown(credentials, &secret).ok_or_else(|| {
            fault(format!(
                "what stands in {} cannot be shown in a header; write one line of plain characters",
                path.display()
            ))
        })?;
        let origins =
            source.listings.iter().filter_map(|listing| address::origin(&listing.url)).collect();
        Ok(Some(Credential { origins, header, value }))
    }

    /// Whether the server at `url` is one of the source's own.
    pub(crate) fn is_for(&self, url: &Url) -> bool {
        self.origins.contains(&url.origin().ascii_serialization())
    }
}

fn read_secret(path: &Path) -> Result<String, String> {
    let cannot = |error: io::Error| format!("cannot be read ({error}); check name and permissions");
    let file = File::open(path).map_err(cannot)?;
    let mode = file.metadata().map_err(cannot)?.permissions().mode();
    if mode & 0o007 != 0 {
        return Err(format!(
            "can be read or changed by everybody (mode {:o}); chmod it to 600",
            mode & 0o777
        ));
    }
    let mut text = String::new();
    file.take(LONGEST_SECRET).read_to_string(&mut text).map_err(cannot)?;
    match text.lines().next().map(str::trim) {
        Some(line) if !line.is_empty() => Ok(line.to_owned()),
        _ => Err("are empty; write the secret on the first line".to_owned()),
    }
}

fn shown(credentials: &Credentials, secret: &str) -> Option<(HeaderName, HeaderValue)> {
    let (header, value) = match &credentials.form {
        CredentialForm::Header(name) => (name.parse().ok()?, secret.to_owned()),
        CredentialForm::Basic { user } => {
            (AUTHORIZATION, format!("Basic {}", base64(format!("{user}:{secret}").as_bytes())))
        }
    };
    let mut value = HeaderValue::from_str(&value).ok()?;
    value.set_sensitive(true);
    Some((header, value))
}

/// Base64 with padding (RFC 4648 § 4).
fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for group in bytes.chunks(3) {
        let bits = (0..3).fold(0_u32, |bits, at| {
            bits << 8 | u32::from(group.get(at).copied().unwrap_or_default())
        });
        for place in 0..4 {
            let letter = LETTERS[(bits >> (18 - 6 * place) & 63) as usize];
            text.push(if place <= group.len() { char::from(letter) } else { '=' });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_that_of_the_rfc() {
        let cases = [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg=="),
            ("fooba", "Zm9vYmE="),
            ("foobar", "Zm9vYmFy"),
            ("Aladdin:open sesame", "QWxhZGRpbjpvcGVuIHNlc2FtZQ=="),
        ];
        for (text, expected) in cases {
            assert_eq!(base64(text.as_bytes()), expected, "{text}");
        }
    }
}
