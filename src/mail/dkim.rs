//! Signs mails (DKIM, RFC 6376) with an RSA key or an Ed25519 key (RFC 8463), headers and body in
//! the relaxed form.
//!
//! lettre can sign too, but its crate for RSA leaks the key through timing (RUSTSEC-2023-0071), and
//! `mail-auth` brings a resolver and a cache of DNS that a sender has no use for. The cryptography
//! here is that of the TLS connections.

use std::fmt::Write;
use std::{fs, str};

use anyhow::{Context, bail};
use aws_lc_rs::encoding::{AsDer, PublicKeyX509Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa;
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _, RSA_PKCS1_SHA256, RsaKeyPair};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Utc};
use rustls_pki_types::PrivateKeyDer;
use rustls_pki_types::pem::PemObject;
use sha2::{Digest, Sha256};

use crate::mail::settings::Dkim;

/// Every header a reader or a mailbox acts upon. Each is named once more than it occurs, so that
/// nobody can add a second one above ours and keep the signature whole (RFC 6376 § 8.15).
/// RFC 8058 § 4 asks for the two of unsubscribing.
const SIGNED: [&str; 18] = [
    "from",
    "reply-to",
    "to",
    "cc",
    "subject",
    "date",
    "message-id",
    "in-reply-to",
    "references",
    "mime-version",
    "content-type",
    "content-transfer-encoding",
    "list-id",
    "list-unsubscribe",
    "list-unsubscribe-post",
    "auto-submitted",
    "precedence",
    "feedback-id",
];

/// A key, and where verifiers find its public half.
#[derive(Debug)]
pub(crate) struct Signer {
    domain: String,
    selector: String,
    key: Key,
}

#[derive(Debug)]
enum Key {
    Rsa(Box<RsaKeyPair>),
    Ed25519(Box<Ed25519KeyPair>),
}

impl Signer {
    /// Reads the key `settings` name.
    pub(crate) fn new(settings: &Dkim) -> anyhow::Result<Self> {
        let shown = settings.key_file.display();
        let pem = fs::read(&settings.key_file)
            .with_context(|| format!("cannot read the DKIM key {shown}; correct dkim.key_file"))?;
        let key = key(&pem).with_context(|| format!("the DKIM key {shown} cannot be used"))?;
        Ok(Self { domain: settings.domain.clone(), selector: settings.selector.clone(), key })
    }

    /// The name and the text of the TXT record that verifiers look for.
    pub(crate) fn record(&self) -> (String, String) {
        let (kind, public) = match &self.key {
            Key::Rsa(pair) => ("rsa", rsa_public(pair.public_key())),
            Key::Ed25519(pair) => ("ed25519", pair.public_key().as_ref().to_vec()),
        };
        let name = format!("{}._domainkey.{}", self.selector, self.domain);
        (name, format!("v=DKIM1; k={kind}; p={}", STANDARD.encode(public)))
    }

    /// `mail`, which has CRLF line ends, with its signature of `now` on top.
    pub(crate) fn sign(&self, mail: &[u8], now: DateTime<Utc>) -> anyhow::Result<Vec<u8>> {
        let (head, body) = parted(mail).context("the mail has no body")?;
        let fields = fields(head);
        let (names, mut signed) = header_hash_input(&fields);
        let own = self.header(&names, &Sha256::digest(relaxed_body(body)), now);
        relaxed_field(&own, &mut signed);
        // § 3.7: the signature's own field comes last and without its line end.
        signed.truncate(signed.len() - "\r\n".len());
        let signature = STANDARD.encode(self.key.sign(&signed)?);
        let mut whole = own.into_bytes();
        for line in signature.as_bytes().chunks(70) {
            whole.extend_from_slice(b"\r\n\t");
            whole.extend_from_slice(line);
        }
        whole.extend_from_slice(b"\r\n");
        whole.extend_from_slice(mail);
        Ok(whole)
    }

    /// The header up to `b=`, folded.
    fn header(&self, names: &[&str], body_hash: &[u8], now: DateTime<Utc>) -> String {
        let algorithm = match self.key {
            Key::Rsa(_) => "rsa-sha256",
            Key::Ed25519(_) => "ed25519-sha256",
        };
        let (domain, selector, at) = (&self.domain, &self.selector, now.timestamp());
        let mut header = format!(
            "DKIM-Signature: v=1; a={algorithm}; c=relaxed/relaxed; t={at};\r\n\t\
             d={domain}; s={selector};\r\n\th="
        );
        let mut width = 3;
        for (index, name) in names.iter().enumerate() {
            if index > 0 {
                header.push(':');
            }
            if 66 < width + name.len() {
                header.push_str("\r\n\t");
                width = 1;
            }
            header.push_str(name);
            width += name.len() + 1;
        }
        write!(header, ";\r\n\tbh={};\r\n\tb=", STANDARD.encode(body_hash))
            .expect("writing to a string does not fail");
        header
    }
}

impl Key {
    fn sign(&self, text: &[u8]) -> anyhow::Result<Vec<u8>> {
        match self {
            Key::Rsa(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), text, &mut signature)
                    .context("the RSA key does not sign")?;
                Ok(signature)
            }
            // RFC 8463 § 3: what is signed is the SHA-256 of the text.
            Key::Ed25519(pair) => {
                let signature = pair
                    .try_sign(&Sha256::digest(text))
                    .context("the Ed25519 key does not sign")?;
                Ok(signature.as_ref().to_vec())
            }
        }
    }
}

fn key(pem: &[u8]) -> anyhow::Result<Key> {
    let remedy = "make one with `openssl genpkey -algorithm rsa -pkeyopt rsa_keygen_bits:2048`";
    let der = PrivateKeyDer::from_pem_slice(pem).map_err(|error| {
        anyhow::anyhow!("it holds no private key in PEM form: {error}; {remedy}")
    })?;
    let rsa = match &der {
        PrivateKeyDer::Pkcs1(key) => RsaKeyPair::from_der(key.secret_pkcs1_der()),
        PrivateKeyDer::Pkcs8(key) => {
            let key = key.secret_pkcs8_der();
            if let Ok(pair) = Ed25519KeyPair::from_pkcs8(key) {
                return Ok(Key::Ed25519(Box::new(pair)));
            }
            RsaKeyPair::from_pkcs8(key)
        }
        _ => bail!("it is neither an RSA nor an Ed25519 key; {remedy}"),
    };
    // Shorter keys than 2048 bits are refused here, as RFC 8301 § 3.2 asks signers to do.
    let pair = rsa.map_err(|error| {
        anyhow::anyhow!(
            "it is neither an RSA key of 2048 to 8192 bits nor an Ed25519 key ({error}); {remedy}"
        )
    })?;
    Ok(Key::Rsa(Box::new(pair)))
}

/// As the record wants it: a SubjectPublicKeyInfo.
fn rsa_public(key: &rsa::PublicKey) -> Vec<u8> {
    let der: PublicKeyX509Der<'_> = key.as_der().expect("a key that was read has a public half");
    der.as_ref().to_vec()
}

/// Head, with the line end of its last field, and body.
fn parted(mail: &[u8]) -> Option<(&str, &[u8])> {
    let at = mail.windows(4).position(|window| window == b"\r\n\r\n")?;
    Some((str::from_utf8(&mail[..at + 2]).ok()?, &mail[at + 4..]))
}

/// The fields of a head, folded as they are.
fn fields(head: &str) -> Vec<&str> {
    let mut fields = Vec::new();
    let mut start = 0;
    for (at, _) in head.match_indices("\r\n") {
        if !head[at + 2..].starts_with([' ', '\t']) {
            fields.push(&head[start..at]);
            start = at + 2;
        }
    }
    fields
}

/// The names for `h=`, and the fields they stand for, each in its relaxed form. Of a field that
/// occurs several times the last is signed first (RFC 6376 § 5.4.2).
fn header_hash_input<'s>(fields: &[&str]) -> (Vec<&'s str>, Vec<u8>) {
    let (mut names, mut input) = (Vec::new(), Vec::new());
    for name in SIGNED {
        let is_it = |field: &&&str| {
            field
                .split_once(':')
                .is_some_and(|(head, _)| head.trim_end().eq_ignore_ascii_case(name))
        };
        for field in fields.iter().filter(is_it).rev() {
            names.push(name);
            relaxed_field(field, &mut input);
        }
        names.push(name);
    }
    (names, input)
}

/// § 3.4.2: the name in lower case, one space where there was any white space, none at the ends.
fn relaxed_field(field: &str, out: &mut Vec<u8>) {
    let (name, value) = field.split_once(':').unwrap_or((field, ""));
    out.extend_from_slice(name.trim_end().to_ascii_lowercase().as_bytes());
    out.push(b':');
    let words = value.split([' ', '\t', '\r', '\n']).filter(|word| !word.is_empty());
    for (index, word) in words.enumerate() {
        if index > 0 {
            out.push(b' ');
        }
        out.extend_from_slice(word.as_bytes());
    }
    out.extend_from_slice(b"\r\n");
}

/// § 3.4.4: one space for any run of blanks, none at the end of a line, no empty lines at the end.
fn relaxed_body(body: &[u8]) -> Vec<u8> {
    let mut relaxed = Vec::with_capacity(body.len() + 2);
    let mut end = 0;
    let mut rest = body;
    while !rest.is_empty() {
        let (line, next) = match rest.windows(2).position(|window| window == b"\r\n") {
            Some(at) => (&rest[..at], &rest[at + 2..]),
            None => (rest, &rest[rest.len()..]),
        };
        let mut blank = false;
        let mut is_empty = true;
        for &byte in line {
            if matches!(byte, b' ' | b'\t') {
                blank = true;
                continue;
            }
            if blank {
                relaxed.push(b' ');
                blank = false;
            }
            relaxed.push(byte);
            is_empty = false;
        }
        relaxed.extend_from_slice(b"\r\n");
        if !is_empty {
            end = relaxed.len();
        }
        rest = next;
    }
    relaxed.truncate(end);
    relaxed
}

#[cfg(test)]
mod tests {
    use super::{fields, header_hash_input, relaxed_body, relaxed_field};

    /// The examples of RFC 6376 § 3.4.5, and what its § 3.4.4 says of ends.
    #[test]
    fn relaxed_is_what_the_rfc_says() {
        for (body, expected) in [
            (" C \r\nD \t E\r\n\r\n\r\n", " C\r\nD E\r\n"),
            ("", ""),
            ("\r\n\r\n", ""),
            (" \t \r\n", ""),
            ("no end", "no end\r\n"),
            ("a\r\n\r\nb\r\n", "a\r\n\r\nb\r\n"),
            ("a\nb\r\n", "a\nb\r\n"),
        ] {
            assert_eq!(relaxed_body(body.as_bytes()), expected.as_bytes(), "{body:?}");
        }
        for (field, expected) in
            [("A: X", "a:X\r\n"), ("B : Y\t\r\n\tZ  ", "b:Y Z\r\n"), ("Subject:", "subject:\r\n")]
        {
            let mut relaxed = Vec::new();
            relaxed_field(field, &mut relaxed);
            assert_eq!(relaxed, expected.as_bytes(), "{field:?}");
        }
    }

    #[test]
    fn every_header_is_named_once_more_than_it_occurs() {
        let fields = fields("From: a\r\nX: y\r\nTo: b,\r\n c\r\nto: d\r\n");
        assert_eq!(fields, ["From: a", "X: y", "To: b,\r\n c", "to: d"]);
        let (names, input) = header_hash_input(&fields);
        let count = |name| names.iter().filter(|it| **it == name).count();
        assert_eq!((count("from"), count("to"), count("subject"), count("x")), (2, 3, 1, 0));
        assert_eq!(input, b"from:a\r\nto:d\r\nto:b, c\r\n");
    }
}
