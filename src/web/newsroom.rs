//! A server of finished pages on loopback: several sites, each in editions that follow one
//! another, honest about `ETag` and `Last-Modified`.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io;
use std::net::Ipv4Addr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::header::{
    ALLOW, CONTENT_TYPE, ETAG, IF_MODIFIED_SINCE, IF_NONE_MATCH, LAST_MODIFIED, LOCATION,
};
use axum::http::{HeaderMap, Method, Response, StatusCode, Uri};
use chrono::{DateTime, SubsecRound, Utc};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

/// How many requests the newsroom remembers; a demonstration makes about a hundred.
const MEMORY: usize = 10_000;

/// A port taken for a site before its pages are written, since they name their own address.
#[derive(Debug)]
pub struct Stand {
    listener: TcpListener,
    origin: String,
}

impl Stand {
    /// Takes a free port on 127.0.0.1.
    ///
    /// # Errors
    /// When the system has no port to give.
    pub async fn take() -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let origin = format!("http://{}", listener.local_addr()?);
        Ok(Self { listener, origin })
    }

    /// Scheme, host and port without a slash at the end, e.g. `http://127.0.0.1:41234`.
    pub fn origin(&self) -> &str {
        &self.origin
    }
}

/// Everything a site serves at one time: path, with its query where that matters, to resource.
pub type Edition = BTreeMap<String, Resource>;

/// What stands at one address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Resource {
    Document(Document),
    /// A permanent redirect to an absolute address.
    Moved {
        to: String,
    },
}

/// A page, feed or picture with what HTTP says of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    pub content_type: &'static str,
    pub body: String,
    pub modified: DateTime<Utc>,
}

impl Document {
    /// A strong validator: equal bodies, equal tags.
    fn etag(&self) -> String {
        let mut hasher = DefaultHasher::new();
        self.body.hash(&mut hasher);
        format!("\"{:016x}\"", hasher.finish())
    }
}

/// One request as the newsroom answered it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// The site's origin.
    pub origin: String,
    /// Path and query.
    pub target: String,
    /// The status of the answer.
    pub status: u16,
}

/// The open sites. They close when this is dropped.
#[derive(Debug)]
pub struct Newsroom {
    desk: Arc<Desk>,
    _servers: JoinSet<io::Result<()>>,
}

/// What all sites share.
#[derive(Debug, Default)]
struct Desk {
    edition: AtomicUsize,
    asked: Mutex<Vec<Asked>>,
}

impl Newsroom {
    /// Serves every site at its stand, beginning with its first edition.
    pub fn open(sites: Vec<Site>) -> Self {
        let desk = Arc::new(Desk::default());
        let mut servers = JoinSet::new();
        for Site { stand, editions } in sites {
            let shelf = Shelf { origin: stand.origin, editions, desk: Arc::clone(&desk) };
            let router = Router::new().fallback(answer).with_state(Arc::new(shelf));
            servers.spawn(axum::serve(stand.listener, router).into_future());
        }
        Self { desk, _servers: servers }
    }

    /// Puts out the next edition of every site; a site without one keeps its last.
    pub fn advance(&self) {
        self.desk.edition.fetch_add(1, Ordering::SeqCst);
    }

    /// Every request so far, in the order of the answers.
    pub fn asked(&self) -> Vec<Asked> {
        self.desk.asked.lock().expect("no answer panics while it writes down").clone()
    }
}

/// A stand and what is sold there, edition after edition.
#[derive(Debug)]
pub struct Site {
    pub stand: Stand,
    /// At least one.
    pub editions: Vec<Edition>,
}

/// One site as its server sees it.
#[derive(Debug)]
struct Shelf {
    origin: String,
    editions: Vec<Edition>,
    desk: Arc<Desk>,
}

impl Shelf {
    /// The resource at a target: as written, else whatever its query (a tracking parameter
    /// changes nothing).
    fn find(&self, uri: &Uri) -> Option<&Resource> {
        let number = self.desk.edition.load(Ordering::SeqCst);
        let edition = self.editions.get(number).or(self.editions.last())?;
        let target = uri.path_and_query().map_or(uri.path(), |target| target.as_str());
        edition.get(target).or_else(|| edition.get(uri.path()))
    }

    fn write_down(&self, uri: &Uri, status: StatusCode) {
        let mut asked = self.desk.asked.lock().expect("no answer panics while it writes down");
        if asked.len() < MEMORY {
            asked.push(Asked {
                origin: self.origin.clone(),
                target: uri.path_and_query().map_or(uri.path(), |target| target.as_str()).into(),
                status: status.as_u16(),
            });
        }
    }
}

async fn answer(
    State(shelf): State<Arc<Shelf>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
) -> Response<Body> {
    let response = respond(&shelf, &method, &uri, &headers);
    shelf.write_down(&uri, response.status());
    response
}

fn respond(shelf: &Shelf, method: &Method, uri: &Uri, headers: &HeaderMap) -> Response<Body> {
    let builder = Response::builder();
    let built = if method != Method::GET && method != Method::HEAD {
        builder
            .status(StatusCode::METHOD_NOT_ALLOWED)
            .header(ALLOW, "GET, HEAD")
            .body(Body::empty())
    } else {
        match shelf.find(uri) {
            None => builder
                .status(StatusCode::NOT_FOUND)
                .header(CONTENT_TYPE, "text/plain; charset=utf-8")
                .body(Body::from("This page is not part of the demonstration.\n")),
            Some(Resource::Moved { to }) => builder
                .status(StatusCode::MOVED_PERMANENTLY)
                .header(LOCATION, to)
                .body(Body::empty()),
            Some(Resource::Document(document)) => {
                let fresh = is_fresh(document, headers);
                builder
                    .status(if fresh { StatusCode::NOT_MODIFIED } else { StatusCode::OK })
                    .header(ETAG, document.etag())
                    .header(LAST_MODIFIED, http_date(document.modified))
                    .header(CONTENT_TYPE, document.content_type)
                    .body(if fresh { Body::empty() } else { Body::from(document.body.clone()) })
            }
        }
    };
    built.expect("every header is made of visible ASCII")
}

/// Whether the reader's copy still holds: `If-None-Match` decides alone where it is present
/// (RFC 9110 § 13.2.2).
fn is_fresh(document: &Document, headers: &HeaderMap) -> bool {
    let header = |name| headers.get(name).and_then(|value| value.to_str().ok());
    if let Some(tags) = header(IF_NONE_MATCH) {
        let etag = document.etag();
        return tags
            .split(',')
            .map(str::trim)
            .any(|tag| tag == "*" || tag.strip_prefix("W/").unwrap_or(tag) == etag);
    }
    header(IF_MODIFIED_SINCE)
        .and_then(|since| DateTime::parse_from_rfc2822(since).ok())
        .is_some_and(|since| document.modified.trunc_subsecs(0) <= since)
}

/// The date format of HTTP (RFC 9110 § 5.6.7), e.g. `Sun, 06 Nov 1994 08:49:37 GMT`.
fn http_date(moment: DateTime<Utc>) -> String {
    moment.format("%a, %d %b %Y %H:%M:%S GMT").to_string()
}
