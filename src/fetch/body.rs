//! Reads a body chunk by chunk, unpacking it on the way, and stops at the limits: a bomb is cut
//! off when it passes them, not after it went off.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use async_compression::tokio::bufread::{
    BrotliDecoder, DeflateDecoder, GzipDecoder, ZlibDecoder, ZstdDecoder,
};
use async_compression::zstd::DParameter;
use futures_util::{Stream, StreamExt};
use reqwest::header::{CONTENT_ENCODING, HeaderMap};
use tokio::io::{AsyncBufRead, AsyncBufReadExt, AsyncRead, AsyncReadExt, BufReader};
use tokio_util::io::StreamReader;

use crate::fetch::limits::Limits;

/// What we can unpack, for the `Accept-Encoding` header.
pub(crate) const ACCEPT_ENCODING: &str = "gzip, br, zstd, deflate";

/// No honest server packs a body more often than this.
const LAYERS_MOST: usize = 3;
/// 8 MB, the window every decoder must support and browsers allow (RFC 9659).
const ZSTD_WINDOW_LOG_MOST: u32 = 23;
const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];

/// How much of a body is taken.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Allowance {
    /// Unpacked bytes.
    pub(crate) bytes: usize,
    /// Unpacked per packed byte, beyond [`Limits::RATIO_FLOOR`].
    pub(crate) ratio: u64,
    pub(crate) overlong: Overlong,
}

/// What becomes of a body whose declared length is beyond the allowance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Overlong {
    /// Its beginning is of use.
    Cut,
    /// Nothing of it is taken, which spares both sides the traffic.
    Refuse,
}

/// An unpacked body, or as much of it as was allowed.
#[derive(Debug)]
pub(crate) struct Body {
    pub(crate) bytes: Vec<u8>,
    /// False where the allowance ended before the body.
    pub(crate) complete: bool,
}

/// Why a body could not be read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BodyFault {
    #[error("{packed} bytes unfold to more than {unpacked}")]
    Bomb { packed: u64, unpacked: usize },
    #[error("its content coding {0:?} is unknown")]
    UnknownCoding(String),
    #[error("it is packed {0} times over")]
    TooDeep(usize),
    #[error("its {coding} packing is broken: {error}")]
    Unpackable { coding: &'static str, error: io::Error },
    #[error(transparent)]
    Wire(reqwest::Error),
}

/// The body of `response`, without its content codings; a file that is itself gzip (a
/// `sitemap.xml.gz`) is unpacked too, under the same limits.
pub(crate) async fn read(
    response: reqwest::Response,
    allowance: Allowance,
) -> Result<Body, BodyFault> {
    let codings = codings(response.headers())?;
    let overlong = response.content_length().is_some_and(|length| length > allowance.bytes as u64);
    if overlong && allowance.overlong == Overlong::Refuse {
        return Ok(Body { bytes: Vec::new(), complete: false });
    }
    unpack(response.bytes_stream(), &codings, allowance).await
}

/// The content codings a server names (RFC 9110 § 8.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Coding {
    Gzip,
    Deflate,
    Brotli,
    Zstd,
}

impl Coding {
    fn name(self) -> &'static str {
        match self {
            Coding::Gzip => "gzip",
            Coding::Deflate => "deflate",
            Coding::Brotli => "brotli",
            Coding::Zstd => "zstd",
        }
    }
}

/// The codings in the order they were applied.
fn codings(headers: &HeaderMap) -> Result<Vec<Coding>, BodyFault> {
    let mut codings = Vec::new();
    for value in headers.get_all(CONTENT_ENCODING) {
        let value = String::from_utf8_lossy(value.as_bytes()).to_lowercase();
        for name in value.split(',').map(str::trim) {
            match name {
                "gzip" | "x-gzip" => codings.push(Coding::Gzip),
                "deflate" => codings.push(Coding::Deflate),
                "br" => codings.push(Coding::Brotli),
                "zstd" => codings.push(Coding::Zstd),
                // Charsets stand here on some servers; they pack nothing.
                "" | "identity" | "none" | "utf-8" | "utf8" => {}
                _ => return Err(BodyFault::UnknownCoding(name.to_owned())),
            }
        }
    }
    if LAYERS_MOST < codings.len() {
        return Err(BodyFault::TooDeep(codings.len()));
    }
    Ok(codings)
}

type Unpacked = Box<dyn AsyncBufRead + Send + Unpin>;

async fn unpack<Chunk: AsRef<[u8]> + Send + 'static>(
    chunks: impl Stream<Item = reqwest::Result<Chunk>> + Send + 'static,
    codings: &[Coding],
    allowance: Allowance,
) -> Result<Body, BodyFault> {
    let packed = Arc::new(AtomicU64::new(0));
    let counter = packed.clone();
    let counted = chunks.map(move |chunk| {
        let chunk = chunk.map_err(io::Error::other)?;
        counter.fetch_add(chunk.as_ref().len() as u64, Ordering::Relaxed);
        io::Result::Ok(io::Cursor::new(chunk))
    });
    let mut stream: Unpacked = Box::new(StreamReader::new(Box::pin(counted)));
    // The innermost coding is the one to name; without any, only a gzip file can break.
    let packing = codings.first().map_or("gzip", |coding| coding.name());
    for coding in codings.iter().rev() {
        stream = peel(stream, *coding).await.map_err(|error| fault(coding.name(), error))?;
    }
    stream = peel_if_gzip(stream).await.map_err(|error| fault(packing, error))?;
    measure(stream, &packed, allowance).await.map_err(|error| match error {
        Stop::Io(error) => fault(packing, error),
        Stop::Bomb(fault) => fault,
    })
}

fn fault(coding: &'static str, error: io::Error) -> BodyFault {
    match error.downcast::<reqwest::Error>() {
        Ok(error) => BodyFault::Wire(error),
        Err(error) => BodyFault::Unpackable { coding, error },
    }
}

/// Takes one coding off. A body that is empty, or is not what its header says, stays as it is
/// where that can be told.
async fn peel(stream: Unpacked, coding: Coding) -> io::Result<Unpacked> {
    let Peeked { head, stream } = peek(stream).await?;
    if head.is_empty() {
        return Ok(stream);
    }
    Ok(match coding {
        Coding::Gzip if head == GZIP_MAGIC => gunzip(stream),
        Coding::Gzip => stream,
        Coding::Deflate if is_zlib(&head) => buffered(ZlibDecoder::new(stream)),
        // Some servers send the bare format under this name; browsers take it too.
        Coding::Deflate => buffered(DeflateDecoder::new(stream)),
        Coding::Brotli => buffered(BrotliDecoder::new(stream)),
        Coding::Zstd => {
            let window = DParameter::window_log_max(ZSTD_WINDOW_LOG_MOST);
            let mut decoder = ZstdDecoder::with_params(stream, &[window]);
            decoder.multiple_members(true);
            buffered(decoder)
        }
    })
}

async fn peel_if_gzip(stream: Unpacked) -> io::Result<Unpacked> {
    let Peeked { head, stream } = peek(stream).await?;
    Ok(if head == GZIP_MAGIC { gunzip(stream) } else { stream })
}

fn gunzip(stream: Unpacked) -> Unpacked {
    let mut decoder = GzipDecoder::new(stream);
    decoder.multiple_members(true);
    buffered(decoder)
}

fn buffered(decoder: impl AsyncRead + Send + Unpin + 'static) -> Unpacked {
    Box::new(BufReader::with_capacity(32 << 10, decoder))
}

/// RFC 1950 § 2.2: method 8, and a check that makes the two bytes a multiple of 31.
fn is_zlib(head: &[u8]) -> bool {
    matches!(head, [first, second]
        if first & 0x0f == 8 && (u16::from(*first) << 8 | u16::from(*second)) % 31 == 0)
}

/// The first two bytes (fewer where there are no more), and the stream as if they were unread.
struct Peeked {
    head: Vec<u8>,
    stream: Unpacked,
}

async fn peek(mut stream: Unpacked) -> io::Result<Peeked> {
    let mut head = Vec::with_capacity(2);
    (&mut stream).take(2).read_to_end(&mut head).await?;
    Ok(Peeked { stream: Box::new(io::Cursor::new(head.clone()).chain(stream)), head })
}

enum Stop {
    Io(io::Error),
    Bomb(BodyFault),
}

async fn measure(
    mut stream: Unpacked,
    packed: &AtomicU64,
    allowance: Allowance,
) -> Result<Body, Stop> {
    let mut bytes = Vec::new();
    loop {
        let chunk = stream.fill_buf().await.map_err(Stop::Io)?;
        if chunk.is_empty() {
            return Ok(Body { bytes, complete: true });
        }
        let room = allowance.bytes - bytes.len();
        if room < chunk.len() {
            bytes.extend_from_slice(&chunk[..room]);
            return Ok(Body { bytes, complete: false });
        }
        bytes.extend_from_slice(chunk);
        let taken = chunk.len();
        stream.consume(taken);
        let packed = packed.load(Ordering::Relaxed);
        let fair = packed.saturating_mul(allowance.ratio).max(Limits::RATIO_FLOOR);
        if fair < bytes.len() as u64 {
            return Err(Stop::Bomb(BodyFault::Bomb { packed, unpacked: bytes.len() }));
        }
    }
}

#[cfg(test)]
mod tests {
    use async_compression::tokio::bufread::{
        BrotliEncoder, DeflateEncoder, GzipEncoder, ZlibEncoder, ZstdEncoder,
    };
    use futures_util::stream;

    use super::*;

    const WIDE: Allowance = Allowance { bytes: 64 << 20, ratio: 300, overlong: Overlong::Cut };

    async fn all(mut reader: impl AsyncRead + Unpin) -> Vec<u8> {
        let mut bytes = Vec::new();
        reader.read_to_end(&mut bytes).await.unwrap();
        bytes
    }

    async fn unpack_in(
        piece: usize,
        packed: &[u8],
        codings: &[Coding],
        allowance: Allowance,
    ) -> Result<Body, BodyFault> {
        let pieces: Vec<_> = packed.chunks(piece).map(|part| Ok(part.to_vec())).collect();
        unpack(stream::iter(pieces), codings, allowance).await
    }

    /// Text that compresses about as well as a page does.
    fn text() -> Vec<u8> {
        (0..4_000)
            .flat_map(|n| format!("line {n} of the page, {}\n", n * 7919 % 1000).into_bytes())
            .collect()
    }

    #[tokio::test]
    async fn every_coding_is_taken_off_however_the_bytes_arrive() {
        let text = text();
        let plain = text.as_slice();
        let gzip = all(GzipEncoder::new(plain)).await;
        let twice = all(GzipEncoder::new(gzip.as_slice())).await;
        let brotli_in_gzip =
            all(GzipEncoder::new(all(BrotliEncoder::new(plain)).await.as_slice())).await;
        let cases: Vec<(&str, Vec<u8>, &[Coding])> = vec![
            ("plain", text.clone(), &[]),
            ("gzip", gzip.clone(), &[Coding::Gzip]),
            ("zlib", all(ZlibEncoder::new(plain)).await, &[Coding::Deflate]),
            ("bare deflate", all(DeflateEncoder::new(plain)).await, &[Coding::Deflate]),
            ("brotli", all(BrotliEncoder::new(plain)).await, &[Coding::Brotli]),
            ("zstd", all(ZstdEncoder::new(plain)).await, &[Coding::Zstd]),
            ("two codings", brotli_in_gzip, &[Coding::Brotli, Coding::Gzip]),
            ("a gzip file", gzip.clone(), &[]),
            ("a gzip file, packed again", twice, &[Coding::Gzip]),
            ("said gzip, is plain", text.clone(), &[Coding::Gzip]),
        ];
        for (name, packed, codings) in cases {
            for piece in [1, 1000, packed.len()] {
                let body = unpack_in(piece, &packed, codings, WIDE).await.unwrap();
                assert!(body.complete && body.bytes == text, "{name} in pieces of {piece}");
            }
        }
    }

    #[tokio::test]
    async fn an_empty_body_is_empty_whatever_its_header_says() {
        for coding in [Coding::Gzip, Coding::Deflate, Coding::Brotli, Coding::Zstd] {
            let body = unpack_in(1, b"", &[coding], WIDE).await.unwrap();
            assert!(body.bytes.is_empty() && body.complete, "{}", coding.name());
        }
    }

    #[tokio::test]
    async fn a_body_is_cut_at_its_allowance() {
        for (limit, complete) in [(99, false), (100, true), (101, true), (0, false)] {
            let allowance = Allowance { bytes: limit, ..WIDE };
            let body = unpack_in(7, &[b'x'; 100], &[], allowance).await.unwrap();
            assert_eq!((body.bytes.len(), body.complete), (limit.min(100), complete));
        }
    }

    #[tokio::test]
    async fn bombs_stop_soon_after_the_floor() {
        let zeros = vec![0; 50 << 20];
        let plain = zeros.as_slice();
        let gzip = all(GzipEncoder::new(plain)).await;
        let nested = all(GzipEncoder::new(gzip.as_slice())).await;
        let bombs: Vec<(&str, Vec<u8>, &[Coding])> = vec![
            ("gzip", gzip, &[Coding::Gzip]),
            ("nested gzip", nested, &[Coding::Gzip, Coding::Gzip]),
            ("brotli", all(BrotliEncoder::new(plain)).await, &[Coding::Brotli]),
            ("zstd", all(ZstdEncoder::new(plain)).await, &[Coding::Zstd]),
            ("deflate", all(ZlibEncoder::new(plain)).await, &[Coding::Deflate]),
        ];
        for (name, packed, codings) in bombs {
            // Small pieces, as from a network: what has arrived is what the ratio is taken of.
            match unpack_in(4096, &packed, codings, WIDE).await {
                Err(BodyFault::Bomb { unpacked, .. }) => {
                    assert!(unpacked < 4 << 20, "{name} grew to {unpacked}");
                }
                other => panic!("{name} gave {:?}", other.map(|body| body.bytes.len())),
            }
        }
    }

    #[tokio::test]
    async fn broken_packing_is_said() {
        let gzip = all(GzipEncoder::new(text().as_slice())).await;
        let mut flipped = gzip.clone();
        flipped[gzip.len() / 2] ^= 0xff;
        let cases: [(&[u8], Coding); 4] = [
            (&gzip[..gzip.len() / 2], Coding::Gzip),
            (&flipped, Coding::Gzip),
            (b"not brotli at all, not a bit", Coding::Brotli),
            (b"not zstd at all, not a bit", Coding::Zstd),
        ];
        for (packed, coding) in cases {
            match unpack_in(1000, packed, &[coding], WIDE).await {
                Err(BodyFault::Unpackable { coding: said, .. }) => assert_eq!(said, coding.name()),
                other => panic!("{coding:?} gave {:?}", other.map(|body| body.bytes.len())),
            }
        }
    }

    #[test]
    fn codings_are_read_in_order_and_unknown_ones_named() {
        let read = |value: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(CONTENT_ENCODING, value.parse().unwrap());
            codings(&headers)
        };
        assert_eq!(read("BR, gzip").unwrap(), [Coding::Brotli, Coding::Gzip]);
        assert_eq!(read("identity").unwrap(), []);
        assert_eq!(read("UTF-8").unwrap(), []);
        let error = read("compress").unwrap_err().to_string();
        assert!(error.contains("\"compress\""), "{error}");
        assert!(matches!(read("gzip,gzip,gzip,gzip"), Err(BodyFault::TooDeep(4))));
    }
}
