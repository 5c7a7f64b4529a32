//! Signed links: what a mail lets its reader do without a password. Pure.
//!
//! A token says who may do what until when, and carries a signature (HMAC-SHA-256, cut to 128 bits)
//! that only the holder of the key can make. Nothing is stored for it; raising a subscriber's serial
//! makes all earlier tokens void.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta, Utc};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::model::interest::Mute;

/// Bytes of the signature that travel.
const TAG: usize = 16;
/// Longest token that is looked at.
const TOKEN_MAX: usize = 1024;

/// How long links hold. Those that end a subscription must work from any mail somebody still has.
const CONFIRM_FOR: TimeDelta = TimeDelta::days(3);
const SETTINGS_FOR: TimeDelta = TimeDelta::days(30);
const LEAVE_FOR: TimeDelta = TimeDelta::days(3 * 365);
const ARCHIVE_FOR: TimeDelta = TimeDelta::days(365);

/// The key that signs; prints nothing of itself.
#[derive(Clone)]
pub struct Key([u8; 32]);

impl Key {
    /// The key of these random bytes.
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }
}

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Key(…)")
    }
}

/// What a token lets its bearer do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Right {
    /// Confirm the subscription.
    Confirm,
    /// See and change everything about it, erase included.
    Settings,
    /// End it.
    Leave,
    /// Hear no more of one thing.
    Mute(Mute),
    /// Hear no more of the story that a mail is about, by the mail's `Message-ID`: which story that is
    /// may not be known when the mail is made, and may be another once stories are merged.
    MuteStoryOf(String),
    /// Read all of a digest whose mail was cut: the one that was due at a moment (Unix seconds) for an
    /// interest (its row).
    Digest { due: i64, interest: i64 },
    /// Read our copy of an article, by its row.
    Copy(i64),
}

/// What a token says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    pub right: Right,
    /// The subscriber's row.
    pub subscriber: i64,
    /// The subscriber's serial when it was signed.
    pub serial: i64,
    /// Void from then on; whole seconds.
    pub expires: DateTime<Utc>,
}

impl Right {
    /// The first part of the address of the page it opens.
    pub fn page(&self) -> &'static str {
        match self {
            Right::Confirm => "confirm",
            Right::Settings => "settings",
            Right::Leave => "leave",
            Right::Mute(_) | Right::MuteStoryOf(_) => "mute",
            Right::Digest { .. } => "digest",
            Right::Copy(_) => "copy",
        }
    }

    /// How long a link with it holds.
    fn holds(&self) -> TimeDelta {
        match self {
            Right::Confirm => CONFIRM_FOR,
            Right::Settings => SETTINGS_FOR,
            Right::Digest { .. } | Right::Copy(_) => ARCHIVE_FOR,
            Right::Leave | Right::Mute(_) | Right::MuteStoryOf(_) => LEAVE_FOR,
        }
    }
}

impl Claim {
    /// When the link was made, in whole seconds.
    pub fn made(&self) -> DateTime<Utc> {
        self.expires - self.right.holds()
    }
}

/// Why a token is not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadToken {
    #[error("the link is not whole; copy all of it from the mail")]
    Broken,
    #[error("the link has expired; ask for a new one")]
    Expired,
}

impl Key {
    /// The token for a claim: letters, digits, `-`, `_` and one dot.
    pub fn sign(&self, claim: &Claim) -> String {
        let (right, detail) = match &claim.right {
            Right::Confirm => ("confirm", String::new()),
            Right::Settings => ("settings", String::new()),
            Right::Leave => ("leave", String::new()),
            Right::Mute(mute) => (mute.kind(), mute.value()),
            Right::MuteStoryOf(message_id) => ("story-of", message_id.clone()),
            Right::Digest { due, interest } => ("digest", format!("{due} {interest}")),
            Right::Copy(article) => ("copy", article.to_string()),
        };
        let Claim { subscriber, serial, expires, .. } = claim;
        let said = format!("{right}\n{subscriber}\n{serial}\n{}\n{detail}", expires.timestamp());
        let tag = self.tag(said.as_bytes());
        format!("{}.{}", URL_SAFE_NO_PAD.encode(said), URL_SAFE_NO_PAD.encode(tag))
    }

    /// What a token says, if we signed it and it still holds. The comparison takes the same time
    /// wherever the signatures differ.
    ///
    /// # Errors
    /// Where it is not ours or not whole, and where it has expired.
    pub fn read(&self, token: &str, now: DateTime<Utc>) -> Result<Claim, BadToken> {
        let (said, tag) = token.split_once('.').ok_or(BadToken::Broken)?;
        if TOKEN_MAX < token.len() {
            return Err(BadToken::Broken);
        }
        let decode = |text| URL_SAFE_NO_PAD.decode(text).map_err(|_| BadToken::Broken);
        let (said, tag) = (decode(said)?, decode(tag)?);
        let mac = self.mac(&said);
        if tag.len() != TAG || mac.verify_truncated_left(&tag).is_err() {
            return Err(BadToken::Broken);
        }
        let claim = String::from_utf8(said).ok().and_then(|said| claim(&said));
        // We signed it, so it has our form; a later version may have changed the form.
        let claim = claim.ok_or(BadToken::Broken)?;
        if claim.expires <= now { Err(BadToken::Expired) } else { Ok(claim) }
    }

    fn tag(&self, said: &[u8]) -> Vec<u8> {
        self.mac(said).finalize().into_bytes()[..TAG].to_vec()
    }

    fn mac(&self, said: &[u8]) -> Hmac<Sha256> {
        let mac = <Hmac<Sha256> as KeyInit>::new_from_slice(&self.0);
        mac.expect("a key of any length will do").chain_update(said)
    }
}

fn claim(said: &str) -> Option<Claim> {
    let mut lines = said.splitn(5, '\n');
    let right = lines.next()?;
    let mut number = || lines.next()?.parse::<i64>().ok();
    let (subscriber, serial, expires) = (number()?, number()?, number()?);
    let detail = lines.next()?;
    let right = match right {
        "confirm" => Right::Confirm,
        "settings" => Right::Settings,
        "leave" => Right::Leave,
        "story-of" => Right::MuteStoryOf(detail.to_owned()),
        "digest" => {
            let (due, interest) = detail.split_once(' ')?;
            Right::Digest { due: due.parse().ok()?, interest: interest.parse().ok()? }
        }
        "copy" => Right::Copy(detail.parse().ok()?),
        kind => Right::Mute(Mute::of(kind, detail)?),
    };
    Some(Claim { right, subscriber, serial, expires: DateTime::from_timestamp(expires, 0)? })
}

/// Makes the addresses that mails carry.
#[derive(Debug, Clone)]
pub struct Links {
    /// Where the world reaches us, without a slash at the end.
    public_url: String,
    key: Key,
}

impl Links {
    /// Links below `public_url`, signed with `key`.
    pub fn new(public_url: &str, key: Key) -> Self {
        Self { public_url: public_url.trim_end_matches('/').to_owned(), key }
    }

    /// Where the service begins.
    pub fn home(&self) -> &str {
        &self.public_url
    }

    /// What the token of one of our pages says: see [`Key::read`].
    ///
    /// # Errors
    /// Where it is not ours or not whole, and where it has expired.
    pub fn read(&self, token: &str, now: DateTime<Utc>) -> Result<Claim, BadToken> {
        self.key.read(token, now)
    }

    /// The page that `right` opens for a subscriber: `/confirm/…`, `/settings/…`, `/leave/…` and so on.
    pub fn page(&self, right: Right, subscriber: i64, serial: i64, now: DateTime<Utc>) -> String {
        let (path, expires) = (right.page(), now + right.holds());
        let token = self.key.sign(&Claim { right, subscriber, serial, expires });
        format!("{}/{path}/{token}", self.public_url)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> DateTime<Utc> {
        "2026-11-27T12:00:00Z".parse().unwrap()
    }

    fn claims() -> Vec<Claim> {
        let name = "O'Neil & Sons\nLtd 制裁".to_owned();
        let rights = [
            Right::Confirm,
            Right::Settings,
            Right::Leave,
            Right::Mute(Mute::Story(42)),
            Right::Mute(Mute::Source("us/bis".to_owned())),
            Right::Mute(Mute::Name(name)),
            Right::MuteStoryOf("<alert.00ff.7@example.net>".to_owned()),
            Right::Digest { due: 1_796_000_400, interest: 3 },
            Right::Copy(42),
        ];
        let claim =
            |right| Claim { right, subscriber: 7, serial: 2, expires: now() + TimeDelta::days(1) };
        rights.into_iter().map(claim).collect()
    }

    #[test]
    fn what_was_signed_is_read_until_it_expires() {
        let key = Key::new([7; 32]);
        for claim in claims() {
            let token = key.sign(&claim);
            assert!(
                token.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b)),
                "{token}"
            );
            assert_eq!(key.read(&token, now()), Ok(claim.clone()));
            assert_eq!(key.read(&token, claim.expires), Err(BadToken::Expired));
        }
    }

    #[test]
    fn nothing_else_is_accepted() {
        let key = Key::new([7; 32]);
        for claim in claims() {
            let token = key.sign(&claim);
            assert_eq!(Key::new([8; 32]).read(&token, now()), Err(BadToken::Broken));
            for at in 0..token.len() {
                let mut other = token.clone().into_bytes();
                other[at] = if other[at] == b'A' { b'B' } else { b'A' };
                let other = String::from_utf8(other).unwrap();
                assert_eq!(key.read(&other, now()), Err(BadToken::Broken), "{other} at {at}");
                assert!(key.read(&token[..at], now()).is_err());
            }
        }
        for token in ["", ".", "a.b", "..", &"a".repeat(5000)] {
            assert_eq!(key.read(token, now()), Err(BadToken::Broken), "{token}");
        }
    }

    #[test]
    fn keys_are_not_printed() {
        assert_eq!(format!("{:?}", Key::new([7; 32])), "Key(…)");
    }
}
