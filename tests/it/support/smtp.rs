//! A mail server on loopback that keeps what it is given and misbehaves by script.

use std::collections::{HashMap, VecDeque};
use std::fmt::Write as _;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use mail_parser::decoders::base64::base64_decode;
use sanctionwatch::mail::settings::{Security, Smtp};
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;

/// A message the server was given whole, whatever it answered.
#[derive(Debug, Clone)]
pub(crate) struct Received {
    pub(crate) from: String,
    pub(crate) to: Vec<String>,
    /// As sent, without the dots SMTP adds.
    pub(crate) data: Vec<u8>,
    /// Whether the sender was told so.
    pub(crate) accepted: bool,
    pub(crate) encrypted: bool,
    /// Who had logged in.
    pub(crate) user: Option<String>,
}

/// Where in the conversation something happens.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Stage {
    Greeting,
    Mail,
    Rcpt,
    Data,
    /// After the whole text has come.
    Text,
}

/// What the server does once instead of behaving.
#[derive(Debug, Clone)]
pub(crate) enum Act {
    /// Answers with this line.
    Say(Stage, &'static str),
    /// Closes the connection without an answer.
    HangUp(Stage),
    /// Says nothing more, but keeps the connection open.
    Stall(Stage),
    /// Takes the message, then closes the connection.
    TakeAndHangUp,
}

impl Act {
    fn stage(&self) -> Stage {
        match self {
            Act::Say(stage, _) | Act::HangUp(stage) | Act::Stall(stage) => *stage,
            Act::TakeAndHangUp => Stage::Text,
        }
    }
}

/// What the server offers.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Offer {
    Plain,
    Starttls,
    /// Encrypted from the first byte.
    Tls,
}

/// The server; it stops when dropped.
pub(crate) struct SmtpServer {
    pub(crate) port: u16,
    shared: Arc<Shared>,
    folder: tempfile::TempDir,
    _tasks: JoinSet<()>,
}

struct Shared {
    offer: Offer,
    tls: Option<TlsAcceptor>,
    /// `user` and `password`; mail is refused without them.
    login: Option<(&'static str, &'static str)>,
    mechanism: &'static str,
    utf8: bool,
    /// Woken at each message.
    news: Notify,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    received: Vec<Received>,
    connections: usize,
    /// For the next attempts, whoever they are for.
    acts: VecDeque<Act>,
    /// For the next attempts to a recipient.
    acts_for: HashMap<String, VecDeque<Act>>,
}

/// A server to be: what it offers and asks for.
pub(crate) struct Plan {
    pub(crate) offer: Offer,
    pub(crate) login: Option<(&'static str, &'static str)>,
    /// How to log in: `PLAIN` or `LOGIN`.
    pub(crate) mechanism: &'static str,
    pub(crate) utf8: bool,
}

impl Plan {
    /// Everything in plain and for everybody.
    pub(crate) const OPEN: Plan =
        Plan { offer: Offer::Plain, login: None, mechanism: "PLAIN", utf8: true };
}

impl SmtpServer {
    /// A server that takes everything in plain, until a script says otherwise.
    pub(crate) async fn start() -> Self {
        Self::with(Plan::OPEN).await
    }

    pub(crate) async fn with(plan: Plan) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let tls = (plan.offer != Offer::Plain).then(|| {
            let certificate = Certificate::new();
            certificate.write_to(folder.path());
            certificate.acceptor()
        });
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let shared = Arc::new(Shared {
            offer: plan.offer,
            tls,
            login: plan.login,
            mechanism: plan.mechanism,
            utf8: plan.utf8,
            news: Notify::new(),
            state: Mutex::default(),
        });
        let mut tasks = JoinSet::new();
        tasks.spawn(serve(listener, Arc::clone(&shared)));
        Self { port, shared, folder, _tasks: tasks }
    }

    /// The authority that signed the server's certificate, as a PEM file.
    pub(crate) fn authority(&self) -> PathBuf {
        self.folder.path().join("ca.pem")
    }

    /// What the next attempts meet, in order, whoever they are for.
    pub(crate) fn script(&self, acts: impl IntoIterator<Item = Act>) {
        self.shared.state.lock().unwrap().acts.extend(acts);
    }

    /// What the next attempts to `recipient` meet, in order.
    pub(crate) fn script_for(&self, recipient: &str, acts: impl IntoIterator<Item = Act>) {
        let mut state = self.shared.state.lock().unwrap();
        state.acts_for.entry(recipient.to_owned()).or_default().extend(acts);
    }

    /// Every message that came whole, in order.
    pub(crate) fn received(&self) -> Vec<Received> {
        self.shared.state.lock().unwrap().received.clone()
    }

    /// Waits until `count` messages came whole.
    pub(crate) async fn received_at_least(&self, count: usize) {
        let enough = async {
            loop {
                let news = self.shared.news.notified();
                if count <= self.received().len() {
                    return;
                }
                news.await;
            }
        };
        timeout(Duration::from_secs(20), enough).await.expect("the messages come");
    }

    /// How to reach this server without encryption, with little patience.
    pub(crate) fn settings(&self) -> Smtp {
        Smtp {
            port: Some(self.port),
            security: Security::None,
            timeout: Duration::from_secs(5),
            answer_timeout: Duration::from_secs(5),
            ..Smtp::new("127.0.0.1")
        }
    }

    /// Connections made so far.
    pub(crate) fn connections(&self) -> usize {
        self.shared.state.lock().unwrap().connections
    }
}

/// A certificate for 127.0.0.1 by an authority of our own.
pub(crate) struct Certificate {
    authority: rcgen::Certificate,
    leaf: rcgen::Certificate,
    key: rcgen::KeyPair,
}

impl Certificate {
    pub(crate) fn new() -> Self {
        let ca_key = rcgen::KeyPair::generate().unwrap();
        let mut ca = rcgen::CertificateParams::new(Vec::new()).unwrap();
        ca.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        let authority = ca.self_signed(&ca_key).unwrap();
        let key = rcgen::KeyPair::generate().unwrap();
        let mut leaf = rcgen::CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap();
        leaf.extended_key_usages = vec![rcgen::ExtendedKeyUsagePurpose::ServerAuth];
        let leaf = leaf.signed_by(&key, &rcgen::Issuer::from_params(&ca, &ca_key)).unwrap();
        Self { authority, leaf, key }
    }

    /// `ca.pem`, `cert.pem` and `key.pem`.
    pub(crate) fn write_to(&self, folder: &Path) {
        std::fs::write(folder.join("ca.pem"), self.authority.pem()).unwrap();
        std::fs::write(folder.join("cert.pem"), self.leaf.pem()).unwrap();
        std::fs::write(folder.join("key.pem"), self.key.serialize_pem()).unwrap();
    }

    fn acceptor(&self) -> TlsAcceptor {
        let key = PrivateKeyDer::try_from(self.key.serialize_der()).unwrap();
        let config = ServerConfig::builder()
            .with_no_client_auth()
            .with_single_cert(vec![self.leaf.der().clone()], key)
            .unwrap();
        TlsAcceptor::from(Arc::new(config))
    }
}

async fn serve(listener: TcpListener, shared: Arc<Shared>) {
    let mut conversations = JoinSet::new();
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        shared.state.lock().unwrap().connections += 1;
        let shared = Arc::clone(&shared);
        conversations.spawn(async move {
            // A client that goes away in the middle is part of the tests.
            drop(Conversation::start(shared, stream).await);
        });
    }
}

trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Stream for T {}

struct Conversation {
    shared: Arc<Shared>,
    stream: BufReader<Box<dyn Stream>>,
    encrypted: bool,
    user: Option<String>,
    from: String,
    to: Vec<String>,
    act: Option<Act>,
}

/// Whether the conversation goes on.
#[derive(PartialEq)]
enum Next {
    Go,
    Close,
}

impl Conversation {
    async fn start(shared: Arc<Shared>, stream: TcpStream) -> io::Result<()> {
        let encrypted = shared.offer == Offer::Tls;
        let stream: Box<dyn Stream> = match (&shared.tls, encrypted) {
            (Some(tls), true) => Box::new(tls.accept(stream).await?),
            _ => Box::new(stream),
        };
        let mut conversation = Self {
            shared,
            stream: BufReader::new(stream),
            encrypted,
            user: None,
            from: String::new(),
            to: Vec::new(),
            act: None,
        };
        conversation.act = conversation.next_act(Stage::Greeting);
        if conversation.answer(Stage::Greeting, "220 test.invalid ESMTP").await? == Next::Close {
            return Ok(());
        }
        loop {
            let Some(line) = conversation.line().await? else { return Ok(()) };
            if conversation.obey(&line).await? == Next::Close {
                return Ok(());
            }
        }
    }

    async fn obey(&mut self, line: &str) -> io::Result<Next> {
        let verb = line.split([' ', ':']).next().unwrap_or_default().to_ascii_uppercase();
        match verb.as_str() {
            "EHLO" => self.hello().await,
            "HELO" => self.say("250 test.invalid").await,
            "STARTTLS" => self.starttls().await,
            "AUTH" => self.auth(line).await,
            "MAIL" if self.shared.login.is_some() && self.user.is_none() => {
                self.say("530 5.7.0 log in first").await
            }
            "MAIL" => {
                self.from = path_of(line);
                self.to.clear();
                self.act = self.next_act(Stage::Mail);
                self.answer(Stage::Mail, "250 2.1.0 sender ok").await
            }
            "RCPT" => {
                let to = path_of(line);
                let own = self
                    .shared
                    .state
                    .lock()
                    .unwrap()
                    .acts_for
                    .get_mut(&to)
                    .map(VecDeque::pop_front);
                self.act = own.flatten().or(self.act.take());
                self.to.push(to);
                self.answer(Stage::Rcpt, "250 2.1.5 recipient ok").await
            }
            "DATA" => {
                if self.act.as_ref().is_some_and(|act| act.stage() == Stage::Data) {
                    return self.answer(Stage::Data, "").await;
                }
                self.say("354 go ahead").await?;
                self.text().await
            }
            "RSET" | "NOOP" => self.say("250 2.0.0 ok").await,
            "QUIT" => {
                self.say("221 2.0.0 bye").await?;
                Ok(Next::Close)
            }
            _ => self.say("500 5.5.2 what?").await,
        }
    }

    async fn hello(&mut self) -> io::Result<Next> {
        let mut answer = String::from("250-test.invalid\r\n250-8BITMIME\r\n");
        if self.shared.utf8 {
            answer.push_str("250-SMTPUTF8\r\n");
        }
        if self.shared.offer == Offer::Starttls && !self.encrypted {
            answer.push_str("250-STARTTLS\r\n");
        }
        if self.shared.login.is_some() {
            write!(answer, "250-AUTH {}\r\n", self.shared.mechanism).unwrap();
        }
        answer.push_str("250 HELP");
        self.say(&answer).await
    }

    async fn starttls(&mut self) -> io::Result<Next> {
        let Some(tls) = self.shared.tls.clone() else {
            return self.say("502 5.5.1 not here").await;
        };
        self.say("220 2.0.0 go ahead").await?;
        let plain: Box<dyn Stream> = Box::new(tokio::io::empty());
        let stream = std::mem::replace(&mut self.stream, BufReader::new(plain)).into_inner();
        self.stream = BufReader::new(Box::new(tls.accept(stream).await?));
        self.encrypted = true;
        Ok(Next::Go)
    }

    async fn auth(&mut self, line: &str) -> io::Result<Next> {
        let (user, password) = match line.split_once(' ').unwrap_or_default().1 {
            "LOGIN" => (self.ask("VXNlcm5hbWU6").await?, self.ask("UGFzc3dvcmQ6").await?),
            plain => {
                let plain = decoded(plain.strip_prefix("PLAIN ").unwrap_or_default());
                let mut parts = plain.split('\0').skip(1).map(str::to_owned);
                (parts.next().unwrap_or_default(), parts.next().unwrap_or_default())
            }
        };
        if self.shared.login != Some((user.as_str(), password.as_str())) {
            return self.say("535 5.7.8 wrong name or password").await;
        }
        self.user = Some(user);
        self.say("235 2.7.0 welcome").await
    }

    async fn ask(&mut self, challenge: &str) -> io::Result<String> {
        self.say(&format!("334 {challenge}")).await?;
        Ok(decoded(&self.line().await?.unwrap_or_default()))
    }

    async fn text(&mut self) -> io::Result<Next> {
        let mut data = Vec::new();
        loop {
            let mut line = Vec::new();
            if self.stream.read_until(b'\n', &mut line).await? == 0 {
                return Ok(Next::Close);
            }
            if line == b".\r\n" {
                break;
            }
            data.extend_from_slice(line.strip_prefix(b".").unwrap_or(&line));
        }
        let accepted = matches!(&self.act, None | Some(Act::TakeAndHangUp));
        self.shared.state.lock().unwrap().received.push(Received {
            from: self.from.clone(),
            to: self.to.clone(),
            data,
            accepted,
            encrypted: self.encrypted,
            user: self.user.clone(),
        });
        self.shared.news.notify_waiters();
        self.answer(Stage::Text, "250 2.0.0 queued as TEST1").await
    }

    /// The proper answer, unless the script has something for this stage.
    async fn answer(&mut self, stage: Stage, proper: &str) -> io::Result<Next> {
        match self.act.take_if(|act| act.stage() == stage) {
            None => self.say(proper).await,
            Some(Act::Say(_, line)) => self.say(line).await,
            Some(Act::HangUp(_)) => Ok(Next::Close),
            Some(Act::Stall(_)) => std::future::pending().await,
            Some(Act::TakeAndHangUp) => {
                self.say(proper).await?;
                Ok(Next::Close)
            }
        }
    }

    /// The act at the head of the script, where the greeting and the rest each wait for their own.
    fn next_act(&self, stage: Stage) -> Option<Act> {
        let mut state = self.shared.state.lock().unwrap();
        let greeting = state.acts.front()?.stage() == Stage::Greeting;
        if greeting == (stage == Stage::Greeting) { state.acts.pop_front() } else { None }
    }

    async fn say(&mut self, line: &str) -> io::Result<Next> {
        let mut out = String::new();
        write!(out, "{line}\r\n").unwrap();
        self.stream.write_all(out.as_bytes()).await?;
        self.stream.flush().await?;
        Ok(Next::Go)
    }

    async fn line(&mut self) -> io::Result<Option<String>> {
        let mut line = String::new();
        if self.stream.read_line(&mut line).await? == 0 {
            return Ok(None);
        }
        Ok(Some(line.trim_end().to_owned()))
    }
}

/// `reader@example.org` of `RCPT TO:<reader@example.org> SMTPUTF8`.
fn path_of(line: &str) -> String {
    let inside = line.split_once('<').map_or("", |(_, rest)| rest);
    inside.split('>').next().unwrap_or_default().to_owned()
}

fn decoded(text: &str) -> String {
    String::from_utf8(base64_decode(text.as_bytes()).unwrap_or_default()).unwrap_or_default()
}
