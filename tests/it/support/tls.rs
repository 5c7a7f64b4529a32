//! TLS servers with certificates of our own.

use std::sync::Arc;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;

/// A certificate that vouches for itself, and a server's side of the handshake with it.
pub(crate) struct SelfSigned {
    pub(crate) acceptor: TlsAcceptor,
    /// In PEM.
    pub(crate) certificate: String,
}

pub(crate) fn self_signed(host: &str) -> SelfSigned {
    let rcgen::CertifiedKey { cert, signing_key } =
        rcgen::generate_simple_self_signed([host.to_owned()]).unwrap();
    let key = PrivateKeyDer::try_from(signing_key.serialize_der()).unwrap();
    let config = ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(vec![cert.der().clone()], key)
        .unwrap();
    SelfSigned { acceptor: TlsAcceptor::from(Arc::new(config)), certificate: cert.pem() }
}

/// Answers one request of a connection with what `find` has for its path, else with 404. A client
/// that turns away in the handshake is no fault of the server.
pub(crate) async fn answer_one(
    acceptor: &TlsAcceptor,
    stream: TcpStream,
    find: impl Fn(&str) -> Option<String>,
) {
    let Ok(mut stream) = acceptor.accept(stream).await else { return };
    let mut head = vec![0; 8 << 10];
    let length = stream.read(&mut head).await.unwrap_or_default();
    let head = String::from_utf8_lossy(&head[..length]).into_owned();
    let found = find(head.split(' ').nth(1).unwrap_or_default());
    let status = if found.is_some() { "200 OK" } else { "404 Not Found" };
    let body = found.unwrap_or_default();
    let answer = format!(
        "HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    );
    if stream.write_all(answer.as_bytes()).await.is_ok() {
        // The client may be gone already, which is fine.
        stream.shutdown().await.unwrap_or_default();
    }
}
