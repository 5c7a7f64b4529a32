//! Signatures of hubs: `X-Hub-Signature` (W3C WebSub § 7).

use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use sha2::{Sha256, Sha384, Sha512};

/// Whether `header`, such as `sha256=9f86…`, is the signature of `body` with the key `secret`.
/// The comparison takes the same time wherever the two differ.
pub(crate) fn is_valid(header: &str, secret: &str, body: &[u8]) -> bool {
    let Some((method, tag)) = header.split_once('=') else { return false };
    let Some(tag) = bytes_of_hex(tag) else { return false };
    match method {
        "sha1" => verifies::<Hmac<Sha1>>(secret, body, &tag),
        "sha256" => verifies::<Hmac<Sha256>>(secret, body, &tag),
        "sha384" => verifies::<Hmac<Sha384>>(secret, body, &tag),
        "sha512" => verifies::<Hmac<Sha512>>(secret, body, &tag),
        _ => false,
    }
}

fn verifies<M: Mac + KeyInit>(secret: &str, body: &[u8], tag: &[u8]) -> bool {
    <M as KeyInit>::new_from_slice(secret.as_bytes())
        .is_ok_and(|mac| mac.chain_update(body).verify_slice(tag).is_ok())
}

fn bytes_of_hex(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let pairs = text.as_bytes().chunks(2);
    pairs.map(|pair| Some(digit(pair[0])? << 4 | digit(*pair.get(1)?)?)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 2202 and RFC 4231, test case 2.
    #[test]
    fn the_four_methods_of_the_specification_are_known() {
        let body = b"what do ya want for nothing?";
        let sha256 = "sha256=5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
        let sha384 = "sha384=af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e\
                      8e2240ca5e69e2c78b3239ecfab21649";
        let sha512 = "sha512=164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea250554\
                      9758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737";
        for header in ["sha1=effcdf6ae5eb2fa2d27416d5f184df9c259a7c79", sha256, sha384, sha512] {
            assert!(is_valid(header, "Jefe", body), "{header}");
            assert!(!is_valid(header, "jefe", body), "{header} with another key");
            assert!(!is_valid(header, "Jefe", b"else"), "{header} of another body");
            assert!(!is_valid(&header[..header.len() - 2], "Jefe", body), "{header} cut");
        }
        for header in ["", "=", "sha256", "sha256=", "sha256=zz", "sha256=5", "sha256=é", "md5=00"]
        {
            assert!(!is_valid(header, "Jefe", body), "{header:?}");
        }
    }
}
