//! Gzip recognised by its first bytes: sitemaps and stored pages come packed whatever their headers
//! say. Unpacked up to a limit, so that a bomb costs no more than the limit.

use std::borrow::Cow;

use flate2::{Decompress, FlushDecompress, Status};

/// Why packed bytes could not be unpacked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GzipError {
    #[error("more than {limit} bytes when unpacked")]
    TooLarge { limit: usize },
    #[error("damaged gzip after {unpacked} unpacked bytes")]
    Damaged { unpacked: usize },
}

/// Flags of the header (RFC 1952 § 2.3.1).
const HEADER_CHECKSUM: u8 = 1 << 1;
const EXTRA_FIELD: u8 = 1 << 2;
const NAME: u8 = 1 << 3;
const COMMENT: u8 = 1 << 4;

/// Bytes unpacked at a time.
const CHUNK: usize = 64 << 10;

/// The bytes themselves, or what they hold if they are gzip (RFC 1952); several members in a row
/// are one text. A stream that ends too early gives what was there; the checksum is not verified.
///
/// # Errors
/// When more than `limit` bytes come out, or nothing sensible does.
pub fn unpack(bytes: &[u8], limit: usize) -> Result<Cow<'_, [u8]>, GzipError> {
    let Some(mut rest) = after_header(bytes) else { return Ok(Cow::Borrowed(bytes)) };
    let mut unpacked = Vec::new();
    loop {
        rest = inflate(rest, limit, &mut unpacked)?;
        // Behind the stream stand a checksum and a length, then perhaps another member.
        match rest.get(8..).and_then(after_header) {
            Some(next) => rest = next,
            None => return Ok(Cow::Owned(unpacked)),
        }
    }
}

/// Inflates one member onto `unpacked`; returns what follows it.
fn inflate<'b>(
    bytes: &'b [u8],
    limit: usize,
    unpacked: &mut Vec<u8>,
) -> Result<&'b [u8], GzipError> {
    let mut inflater = Decompress::new(false);
    let mut rest = bytes;
    loop {
        unpacked.reserve(CHUNK);
        let (read, written) = (inflater.total_in(), unpacked.len());
        let status = inflater
            .decompress_vec(rest, unpacked, FlushDecompress::None)
            .map_err(|_| GzipError::Damaged { unpacked: unpacked.len() })?;
        let read = usize::try_from(inflater.total_in() - read).unwrap_or(rest.len());
        rest = &rest[read..];
        if limit < unpacked.len() {
            return Err(GzipError::TooLarge { limit });
        }
        let stuck = read == 0 && unpacked.len() == written;
        match status {
            Status::StreamEnd => return Ok(rest),
            _ if stuck && unpacked.is_empty() => return Err(GzipError::Damaged { unpacked: 0 }),
            _ if stuck => return Ok(&[]),
            _ => {}
        }
    }
}

/// What follows a gzip header; `None` if there is none.
fn after_header(bytes: &[u8]) -> Option<&[u8]> {
    let rest = bytes.strip_prefix(b"\x1F\x8B\x08")?;
    let flags = *rest.first()?;
    // Flags, time of four bytes, extra flags, system.
    let mut rest = rest.get(7..)?;
    if flags & EXTRA_FIELD != 0 {
        let length = usize::from(u16::from_le_bytes([*rest.first()?, *rest.get(1)?]));
        rest = rest.get(2 + length..)?;
    }
    for field in [NAME, COMMENT] {
        if flags & field != 0 {
            let end = rest.iter().position(|byte| *byte == 0)?;
            rest = &rest[end + 1..];
        }
    }
    if flags & HEADER_CHECKSUM != 0 { rest.get(2..) } else { Some(rest) }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::{Compression, GzBuilder};

    use super::*;

    fn pack(text: &[u8]) -> Vec<u8> {
        let mut packer = GzBuilder::new()
            .filename("sitemap.xml")
            .comment("a comment")
            .extra(*b"extra")
            .write(Vec::new(), Compression::default());
        packer.write_all(text).unwrap();
        packer.finish().unwrap()
    }

    #[test]
    fn packed_bytes_are_unpacked_and_others_left_alone() {
        let text = b"<urlset/>".repeat(50_000);
        let packed = pack(&text);
        assert_eq!(*unpack(&packed, 1 << 20).unwrap(), *text);
        assert_eq!(*unpack(&[pack(b"one "), pack(b"two")].concat(), 100).unwrap(), *b"one two");
        assert_eq!(*unpack(&pack(b""), 100).unwrap(), *b"");
        assert_eq!(*unpack(&text, 1 << 20).unwrap(), *text);
        assert_eq!(*unpack(b"\x1F\x8B", 100).unwrap(), *b"\x1F\x8B");
    }

    #[test]
    fn bombs_and_damage_are_told_apart() {
        let bomb = pack(&vec![0; 10 << 20]);
        assert_eq!(unpack(&bomb, 1 << 20), Err(GzipError::TooLarge { limit: 1 << 20 }));
        let text = b"<urlset/>".repeat(50_000);
        let packed = pack(&text);
        let half = unpack(&packed[..packed.len() / 2], 1 << 20).unwrap();
        assert!(!half.is_empty() && text.starts_with(&half));
        let noise = [b"\x1F\x8B\x08\0\0\0\0\0\0\x03".as_slice(), &[0xFF; 100]].concat();
        assert_eq!(unpack(&noise, 100), Err(GzipError::Damaged { unpacked: 0 }));
    }
}
