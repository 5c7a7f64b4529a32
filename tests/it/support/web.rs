//! A small web on loopback that does what it is told, misbehaviour included, and remembers who
//! asked what and when.
//!
//! ```ignore
//! let web = Web::start().await;
//! web.page("/a", "text/html", "<p>hello</p>")
//!     .feed("/feed", "<rss>…</rss>")
//!     .answer("/gone", Response::status(410))
//!     .answers("/flaky", [Response::status(503), Response::html("<p>back</p>")]);
//! // … fetch web.url("/a") …
//! assert_eq!(web.asked("/a"), 1);
//! ```
//!
//! What is not scripted answers 404, robots.txt included. A response with an `ETag` or
//! `Last-Modified` header answers 304 to a request that shows it again.

use std::collections::{HashMap, VecDeque};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinSet;

/// The server; it stops when this is dropped.
pub(crate) struct Web {
    address: SocketAddr,
    shared: Arc<Shared>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// What was asked, and when.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    /// Path and query.
    pub(crate) path: String,
    /// The `Host` header.
    pub(crate) host: String,
    /// Names in lower case.
    pub(crate) headers: HashMap<String, String>,
    /// As long as `Content-Length` says; empty without one.
    pub(crate) body: Vec<u8>,
    /// When the head of the request was complete.
    pub(crate) received: Instant,
    /// When the answer was written out, or the connection ended; `None` while under way.
    pub(crate) ended: Option<Instant>,
    /// Requests under way at that moment, this one included.
    pub(crate) in_flight: usize,
}

/// A scripted answer.
#[derive(Debug, Clone)]
pub(crate) struct Response {
    status: u16,
    headers: Vec<(String, String)>,
    body: Body,
    delay: Duration,
}

/// What follows the headers, or takes the place of everything.
#[derive(Debug, Clone)]
enum Body {
    Whole(Vec<u8>),
    /// The same bytes, chunk after chunk, for as long as somebody listens.
    Endless(Vec<u8>),
    /// One byte at a time.
    Drip {
        bytes: Vec<u8>,
        every: Duration,
    },
    /// Says that `bytes` are the beginning of something longer, and resets the connection.
    Reset(Vec<u8>),
    /// Written as they stand, status line and all; then the connection closes.
    Raw(Vec<u8>),
    /// An endless header line.
    EndlessHeader,
    /// Takes the request and never answers.
    Silence,
}

impl Response {
    /// An answer of this status with an empty body.
    pub(crate) fn status(status: u16) -> Self {
        let body = Body::Whole(Vec::new());
        Self { status, headers: Vec::new(), body, delay: Duration::ZERO }
    }

    /// 200 with a body of this type.
    pub(crate) fn page(content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        Self::status(200).header("content-type", content_type).body(body)
    }

    /// 200 with an HTML page in UTF-8.
    pub(crate) fn html(body: impl Into<Vec<u8>>) -> Self {
        Self::page("text/html; charset=utf-8", body)
    }

    /// A redirect to `location`, absolute or relative.
    pub(crate) fn redirect(status: u16, location: &str) -> Self {
        Self::status(status).header("location", location)
    }

    /// Takes the request and never answers.
    pub(crate) fn silence() -> Self {
        Self { body: Body::Silence, ..Self::status(200) }
    }

    /// `bytes` instead of an HTTP answer.
    pub(crate) fn raw(bytes: impl Into<Vec<u8>>) -> Self {
        Self { body: Body::Raw(bytes.into()), ..Self::status(200) }
    }

    /// A header line that never ends.
    pub(crate) fn endless_header() -> Self {
        Self { body: Body::EndlessHeader, ..Self::status(200) }
    }

    pub(crate) fn body(self, bytes: impl Into<Vec<u8>>) -> Self {
        Self { body: Body::Whole(bytes.into()), ..self }
    }

    /// A body of the same bytes over and over, for as long as somebody listens.
    pub(crate) fn endless(self, bytes: impl Into<Vec<u8>>) -> Self {
        Self { body: Body::Endless(bytes.into()), ..self }
    }

    /// The body comes byte by byte.
    pub(crate) fn drip(self, bytes: impl Into<Vec<u8>>, every: Duration) -> Self {
        Self { body: Body::Drip { bytes: bytes.into(), every }, ..self }
    }

    /// The connection is reset after `bytes`, which were announced as the half of it.
    pub(crate) fn reset_after(self, bytes: impl Into<Vec<u8>>) -> Self {
        Self { body: Body::Reset(bytes.into()), ..self }
    }

    pub(crate) fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    /// Waits before it answers.
    pub(crate) fn delay(self, delay: Duration) -> Self {
        Self { delay, ..self }
    }

    fn has(&self, name: &str, value: Option<&String>) -> bool {
        let is_it = |header: &(String, String)| {
            header.0.eq_ignore_ascii_case(name) && Some(&header.1) == value
        };
        self.headers.iter().any(is_it)
    }

    fn head(&self, framing: &str) -> Vec<u8> {
        let mut head = format!("HTTP/1.1 {} Scripted\r\n", self.status);
        for (name, value) in &self.headers {
            head += &format!("{name}: {value}\r\n");
        }
        head += framing;
        head += "\r\n";
        head.into_bytes()
    }
}

impl Web {
    /// Starts on a free port of 127.0.0.1.
    pub(crate) async fn start() -> Self {
        Self::start_on("127.0.0.1:0").await
    }

    /// Starts on an address of one's own, such as `127.0.0.2:0`.
    ///
    /// The server has a thread and a runtime of its own, so that it keeps time however busy the
    /// test is.
    pub(crate) async fn start_on(address: &str) -> Self {
        let listener = std::net::TcpListener::bind(address).unwrap();
        listener.set_nonblocking(true).unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared::default());
        let (stop, stopped) = oneshot::channel();
        let served = shared.clone();
        let thread = std::thread::spawn(move || {
            let runtime =
                tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(serve(listener, served, stopped));
        });
        Self { address, shared, stop: Some(stop), thread: Some(thread) }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// The absolute address of a path.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Answers `path` with 200 and this body from now on.
    pub(crate) fn page(&self, path: &str, content_type: &str, body: impl Into<Vec<u8>>) -> &Self {
        self.answer(path, Response::page(content_type, body))
    }

    /// Answers `path` with this RSS or Atom document from now on.
    pub(crate) fn feed(&self, path: &str, body: impl Into<Vec<u8>>) -> &Self {
        self.answer(path, Response::page("application/rss+xml", body))
    }

    /// Answers `path` (with its query) in this way from now on.
    pub(crate) fn answer(&self, path: &str, response: Response) -> &Self {
        self.answers(path, [response])
    }

    /// Answers `path` in these ways, one after another; the last one stays.
    pub(crate) fn answers(
        &self,
        path: &str,
        responses: impl IntoIterator<Item = Response>,
    ) -> &Self {
        let responses: VecDeque<Response> = responses.into_iter().collect();
        assert!(!responses.is_empty(), "{path} needs a response");
        self.shared.script.lock().unwrap().insert(path.to_owned(), responses);
        self
    }

    /// Every request so far, in order of arrival.
    pub(crate) fn requests(&self) -> Vec<Request> {
        self.shared.requests.lock().unwrap().clone()
    }

    /// How often `path` was asked for.
    pub(crate) fn asked(&self, path: &str) -> usize {
        self.requests().iter().filter(|request| request.path == path).count()
    }

    /// Connections accepted so far, whether or not a request came over them.
    pub(crate) fn connections(&self) -> usize {
        self.shared.connections.load(Ordering::SeqCst)
    }
}

impl Drop for Web {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            stop.send(()).unwrap_or_default();
        }
        if let Some(thread) = self.thread.take() {
            let ended = thread.join();
            assert!(ended.is_ok() || std::thread::panicking(), "the local web panicked");
        }
    }
}

#[derive(Default)]
struct Shared {
    script: Mutex<HashMap<String, VecDeque<Response>>>,
    requests: Mutex<Vec<Request>>,
    in_flight: AtomicUsize,
    connections: AtomicUsize,
}

impl Shared {
    fn response(&self, request: &Request) -> Response {
        let mut script = self.script.lock().unwrap();
        let Some(responses) = script.get_mut(&request.path) else { return Response::status(404) };
        let response = match responses.len() {
            1 => responses.front().cloned(),
            _ => responses.pop_front(),
        };
        let response = response.unwrap();
        let headers = &request.headers;
        let unchanged = response.has("etag", headers.get("if-none-match"))
            || response.has("last-modified", headers.get("if-modified-since"));
        if unchanged { Response { status: 304, ..response.body("") } } else { response }
    }
}

/// A request under way: counted from its head to the end of its answer, however that comes.
struct UnderWay {
    shared: Arc<Shared>,
    index: usize,
}

impl UnderWay {
    fn begin(shared: Arc<Shared>, mut request: Request) -> Self {
        request.in_flight = shared.in_flight.fetch_add(1, Ordering::SeqCst) + 1;
        let mut requests = shared.requests.lock().unwrap();
        requests.push(request);
        let index = requests.len() - 1;
        drop(requests);
        Self { shared, index }
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.shared.requests.lock().unwrap()[self.index].ended = Some(Instant::now());
        self.shared.in_flight.fetch_sub(1, Ordering::SeqCst);
    }
}

async fn serve(
    listener: std::net::TcpListener,
    shared: Arc<Shared>,
    mut stopped: oneshot::Receiver<()>,
) {
    let listener = TcpListener::from_std(listener).unwrap();
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            _ = &mut stopped => return,
            accepted = listener.accept() => {
                let (stream, _) = accepted.unwrap();
                shared.connections.fetch_add(1, Ordering::SeqCst);
                connections.spawn(converse(stream, shared.clone()));
            }
            // Clients hang up as they please; that is the end of the connection and no more.
            Some(_) = connections.join_next() => {}
        }
    }
}

/// Answers the requests of one connection until one side closes it.
async fn converse(stream: TcpStream, shared: Arc<Shared>) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let mut stream = BufReader::new(stream);
    while let Some(request) = read_request(&mut stream).await? {
        let response = shared.response(&request);
        // Over when the last byte is handed on, so before the client can have read it.
        let under_way = UnderWay::begin(shared.clone(), request);
        tokio::time::sleep(response.delay).await;
        if !write(&mut stream, &response, under_way).await? {
            break;
        }
    }
    Ok(())
}

async fn read_request(stream: &mut BufReader<TcpStream>) -> std::io::Result<Option<Request>> {
    let mut line = String::new();
    if stream.read_line(&mut line).await? == 0 {
        return Ok(None);
    }
    let path = line.split(' ').nth(1).unwrap_or_default().to_owned();
    let mut headers = HashMap::new();
    loop {
        line.clear();
        stream.read_line(&mut line).await?;
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        headers.insert(name.to_lowercase(), value.trim().to_owned());
    }
    let host = headers.get("host").cloned().unwrap_or_default();
    let length = headers.get("content-length").map_or(0, |length| length.parse().unwrap());
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await?;
    let received = Instant::now();
    Ok(Some(Request { path, host, headers, body, received, ended: None, in_flight: 0 }))
}

/// Writes the answer; whether the connection may carry another one.
async fn write(
    stream: &mut BufReader<TcpStream>,
    response: &Response,
    under_way: UnderWay,
) -> std::io::Result<bool> {
    let length = |bytes: usize| format!("content-length: {bytes}\r\n");
    match &response.body {
        Body::Whole(bytes) => {
            let mut answer = match response.status {
                204 | 304 => response.head(""),
                _ => response.head(&length(bytes.len())),
            };
            answer.extend_from_slice(bytes);
            let last = answer.pop();
            stream.write_all(&answer).await?;
            drop(under_way);
            stream.write_all(last.as_slice()).await?;
            return Ok(true);
        }
        Body::Endless(bytes) => {
            stream.write_all(&response.head("")).await?;
            loop {
                stream.write_all(bytes).await?;
            }
        }
        Body::Drip { bytes, every } => {
            stream.write_all(&response.head(&length(bytes.len()))).await?;
            for byte in bytes {
                stream.write_all(&[*byte]).await?;
                tokio::time::sleep(*every).await;
            }
        }
        Body::Reset(bytes) => {
            stream.write_all(&response.head(&length(bytes.len() * 2))).await?;
            stream.write_all(bytes).await?;
            stream.flush().await?;
            stream.get_ref().set_zero_linger()?;
        }
        Body::Raw(bytes) => stream.write_all(bytes).await?,
        Body::EndlessHeader => {
            stream.write_all(b"HTTP/1.1 200 OK\r\nx-long: ").await?;
            loop {
                stream.write_all(&[b'a'; 16 << 10]).await?;
            }
        }
        // Until the client hangs up.
        Body::Silence => drop(stream.fill_buf().await?),
    }
    Ok(false)
}
