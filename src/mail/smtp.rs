//! Mail handed to a server over SMTP, with no doubt about what the server said.
//!
//! lettre speaks the protocol; its pool is not used. A send given up in the middle would leave a
//! connection in that pool whose late answer is then taken for the answer to the next message.
//! Here a connection goes back only after a complete exchange, and a broken one is closed.

use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard};
use std::time::{Duration, Instant};
use std::{error, fmt, fs};

use anyhow::{Context, bail};
use lettre::transport::smtp::authentication::{Credentials, DEFAULT_MECHANISMS};
use lettre::transport::smtp::client::{AsyncSmtpConnection, Certificate, TlsParameters};
use lettre::transport::smtp::commands::{Data, Ehlo, Mail, Rcpt, Rset};
use lettre::transport::smtp::extension::{
    ClientId, Extension, MailBodyParameter, MailParameter, RcptParameter,
};
use lettre::transport::smtp::response::{Response, Severity};
use tokio::time::timeout;

use crate::mail::Failure;
use crate::mail::mime::Letter;
use crate::mail::refusal::{Met, blamed};
use crate::mail::reply::masked;
use crate::mail::settings::{Login, Security, Smtp};
use crate::model::bounce::Fault;

/// How long a connection is kept open between messages: less than servers commonly wait.
const IDLE_LONGEST: Duration = Duration::from_secs(30);

/// The server that takes our mail, and connections to it that wait for the next message.
pub(crate) struct Server {
    host: String,
    port: u16,
    security: Security,
    tls: Option<TlsParameters>,
    credentials: Option<Credentials>,
    hello: ClientId,
    timeout: Duration,
    answer_timeout: Duration,
    /// At most `idle_most`.
    idle: Mutex<Vec<Idle>>,
    idle_most: usize,
}

struct Idle {
    line: Line,
    since: Instant,
}

/// A connection, and what the server at its end can do.
struct Line {
    connection: AsyncSmtpConnection,
    /// It reports failures by our token (RFC 3461).
    dsn: bool,
    /// A message has gone over it before: the server may have closed it meanwhile.
    used: bool,
    /// A refusal may have left something behind that RSET clears.
    clean: bool,
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Server({}:{}, {})", self.host, self.port, self.security.name())
    }
}

impl Server {
    /// Reads what `settings` point to. Keeps `idle_most` connections open between messages.
    pub(crate) fn new(settings: &Smtp, idle_most: usize) -> anyhow::Result<Self> {
        if settings.login.is_some() && settings.security == Security::None {
            refuse_open_password(&settings.host)?;
        }
        let tls = match settings.security {
            Security::None => None,
            Security::Starttls | Security::Tls => Some(tls(settings)?),
        };
        Ok(Self {
            host: settings.host.clone(),
            port: settings.port.unwrap_or_else(|| settings.security.port()),
            security: settings.security,
            tls,
            credentials: settings.login.as_ref().map(credentials).transpose()?,
            hello: settings.hello.clone().map_or_else(ClientId::default, ClientId::Domain),
            timeout: settings.timeout,
            answer_timeout: settings.answer_timeout,
            idle: Mutex::new(Vec::new()),
            idle_most,
        })
    }

    /// Hands `letter` over; gives the server's words.
    pub(crate) async fn send(&self, letter: &Letter) -> Result<String, Failure> {
        loop {
            let mut line = match timeout(self.timeout, self.line()).await {
                Ok(line) => line?,
                Err(_) => return Err(Failure::Down(self.silent("connecting", self.timeout))),
            };
            match self.converse(&mut line, letter).await {
                Ok(response) => {
                    self.park(Line { used: true, clean: true, ..line });
                    return Ok(words(&response));
                }
                // The server closed the connection while it was parked; nothing was offered yet.
                Err(Broken { step: Step::Sender, spoke: false, .. }) if line.used => {}
                Err(Broken { failure, intact, .. }) => {
                    if intact {
                        self.park(Line { used: true, clean: false, ..line });
                    }
                    return Err(failure);
                }
            }
        }
    }

    /// Connects, encrypts and logs in as for a message, and hangs up.
    pub(crate) async fn probe(&self) -> Result<(), Failure> {
        match timeout(self.timeout, self.connect()).await {
            Ok(line) => {
                // It took our login; how it says goodbye is its own affair.
                line?.connection.quit().await.ok();
                Ok(())
            }
            Err(_) => Err(Failure::Down(self.silent("connecting", self.timeout))),
        }
    }

    /// The longest [`Server::send`] can take, if every parked connection turns out to be dead.
    pub(crate) fn patience(&self) -> Duration {
        let tries = u32::try_from(self.idle_most + 1).unwrap_or(u32::MAX);
        (2 * self.timeout).saturating_mul(tries).saturating_add(self.answer_timeout)
    }

    /// A parked connection, else a new one.
    async fn line(&self) -> Result<Line, Failure> {
        loop {
            let parked = self.parked().pop();
            let Some(Idle { mut line, since }) = parked else { return self.connect().await };
            if since.elapsed() < IDLE_LONGEST
                && (line.clean || line.connection.command(Rset).await.is_ok())
            {
                return Ok(line);
            }
        }
    }

    async fn connect(&self) -> Result<Line, Failure> {
        let down = |error: lettre::transport::smtp::Error| {
            let why = format!("{}:{}: {}", self.host, self.port, told(&error));
            Failure::Down(masked(&why))
        };
        let at_once = self.tls.clone().filter(|_| self.security == Security::Tls);
        let address = (self.host.as_str(), self.port);
        let patience = Some(self.timeout);
        let mut connection =
            AsyncSmtpConnection::connect_tokio1(address, patience, &self.hello, at_once, None)
                .await
                .map_err(down)?;
        if let (Security::Starttls, Some(tls)) = (self.security, &self.tls) {
            if !connection.can_starttls() {
                let (host, port) = (&self.host, self.port);
                return Err(Failure::Down(format!(
                    "{host}:{port} does not offer STARTTLS; use another port, or security \"tls\""
                )));
            }
            connection.starttls(tls.clone(), &self.hello).await.map_err(down)?;
        }
        if let Some(credentials) = &self.credentials {
            connection.auth(DEFAULT_MECHANISMS, credentials).await.map_err(down)?;
        }
        // Asked once more, because lettre keeps only what it knows of the answer.
        let offers = connection.command(Ehlo::new(self.hello.clone())).await.map_err(down)?;
        let dsn = offers.message().any(|offer| offer.trim().eq_ignore_ascii_case("DSN"));
        Ok(Line { connection, dsn, used: false, clean: true })
    }

    async fn converse(&self, line: &mut Line, letter: &Letter) -> Result<Response, Broken> {
        let lost = |why| {
            let failure = Failure::Later(why);
            Broken { failure, intact: false, step: Step::Message, spoke: false }
        };
        match timeout(self.timeout, offer(line, letter)).await {
            Ok(offered) => offered?,
            Err(_) => return Err(lost(self.silent("taking the message", self.timeout))),
        }
        match timeout(self.answer_timeout, line.connection.command(Text(&letter.bytes))).await {
            Ok(answer) => answer.map_err(|error| Broken::after_text(&error)),
            Err(_) => {
                let silent = self.silent("answering to the message", self.answer_timeout);
                Err(lost(format!("{silent}; it may have arrived")))
            }
        }
    }

    fn silent(&self, doing: &str, patience: Duration) -> String {
        let (host, port, patience) = (&self.host, self.port, patience.as_secs_f32());
        format!("{host}:{port} said nothing for {patience} s while {doing}")
    }

    fn park(&self, line: Line) {
        let mut parked = self.parked();
        if parked.len() < self.idle_most {
            parked.push(Idle { line, since: Instant::now() });
        }
    }

    fn parked(&self) -> MutexGuard<'_, Vec<Idle>> {
        self.idle.lock().expect("nobody panics while holding the connections")
    }
}

/// The text of a message as `DATA` wants it (RFC 5321 § 4.5.2): dots at line starts doubled, one
/// alone at the end.
///
/// Sent as one command, in one write. lettre's own way writes the last dot apart, and the system
/// then holds it back until the server has acknowledged the rest: 40 ms for nothing, every time.
struct Text<'a>(&'a [u8]);

impl fmt::Display for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = String::from_utf8_lossy(self.0);
        for line in text.lines() {
            let dot = if line.starts_with('.') { "." } else { "" };
            write!(f, "{dot}{line}\r\n")?;
        }
        f.write_str(".\r\n")
    }
}

/// Why a message did not go, and whether its connection may carry another.
struct Broken {
    failure: Failure,
    intact: bool,
    step: Step,
    /// The server said something.
    spoke: bool,
}

/// The steps of an offer, which decide what a refusal means.
#[derive(Clone, Copy, PartialEq)]
enum Step {
    /// `MAIL FROM`: about us.
    Sender,
    /// `RCPT TO` and `DATA`: about this message.
    Message,
    /// The text has gone: it may have arrived.
    Text,
}

/// From `MAIL FROM` to the server's "go ahead".
async fn offer(line: &mut Line, letter: &Letter) -> Result<(), Broken> {
    let Line { connection, dsn, .. } = line;
    let mut options = Vec::new();
    if !letter.bytes.is_ascii() {
        // Only an address can be other than ASCII: lettre encodes all else (RFC 6531).
        if !connection.server_info().supports_feature(Extension::SmtpUtfEight) {
            let why = format!(
                "the mail server takes no address with letters like those before the @ of {} \
                 (it lacks SMTPUTF8)",
                letter.email
            );
            let failure = Failure::Never(Fault::Mailbox, why);
            return Err(Broken { failure, intact: true, step: Step::Message, spoke: true });
        }
        options.push(MailParameter::SmtpUtfEight);
        options.push(MailParameter::Body(MailBodyParameter::EightBitMime));
    }
    let mut wishes = Vec::new();
    if *dsn && !letter.token.is_empty() {
        // RFC 3461: a report gives the token back, the head of our mail, and comes only if it failed.
        options.push(parameter("RET", "HDRS"));
        options.push(parameter("ENVID", &letter.token));
        let (keyword, value) = ("NOTIFY".to_owned(), Some("FAILURE".to_owned()));
        wishes.push(RcptParameter::Other { keyword, value });
    }
    let from = Mail::new(letter.envelope.from().cloned(), options);
    connection.command(from).await.map_err(|error| Broken::in_offer(&error, Step::Sender))?;
    for to in letter.envelope.to() {
        let to = Rcpt::new(to.clone(), wishes.clone());
        connection.command(to).await.map_err(|error| Broken::in_offer(&error, Step::Message))?;
    }
    connection.command(Data).await.map_err(|error| Broken::in_offer(&error, Step::Message))?;
    Ok(())
}

fn parameter(keyword: &str, value: &str) -> MailParameter {
    MailParameter::Other { keyword: keyword.to_owned(), value: Some(value.to_owned()) }
}

impl Broken {
    fn in_offer(error: &lettre::transport::smtp::Error, step: Step) -> Self {
        let told = masked(&told(error));
        let (failure, intact) = match severity(error) {
            None => (Failure::Later(told), false),
            Some(Answer::Closing) => (Failure::Down(told), false),
            Some(Answer::Later) => (Failure::Later(told), true),
            // Our own address refused is for the operator to mend, and no fault of the message.
            Some(Answer::Never) if step == Step::Sender => (Failure::Down(told), true),
            Some(Answer::Never) => (Failure::Never(blamed(&told, Met::Recipient), told), true),
        };
        Self { failure, intact, step, spoke: severity(error).is_some() }
    }

    fn after_text(error: &lettre::transport::smtp::Error) -> Self {
        let told = masked(&told(error));
        let (failure, intact) = match severity(error) {
            None => (Failure::Later(format!("{told}; it may have arrived")), false),
            Some(Answer::Closing) => (Failure::Later(told), false),
            Some(Answer::Later) => (Failure::Later(told), true),
            Some(Answer::Never) => (Failure::Never(blamed(&told, Met::Text), told), true),
        };
        Self { failure, intact, step: Step::Text, spoke: severity(error).is_some() }
    }
}

/// What a refusal means (RFC 5321 § 4.2.1).
enum Answer {
    /// 421: the server hangs up.
    Closing,
    /// Any other 4xx.
    Later,
    /// 5xx.
    Never,
}

/// None where the server did not answer at all, or not in SMTP.
fn severity(error: &lettre::transport::smtp::Error) -> Option<Answer> {
    let code = error.status()?;
    Some(match code.severity {
        Severity::PermanentNegativeCompletion => Answer::Never,
        _ if u16::from(code) == 421 => Answer::Closing,
        _ => Answer::Later,
    })
}

/// `550 5.1.1 no such user` where the server spoke, else what happened to the connection.
fn told(error: &lettre::transport::smtp::Error) -> String {
    match (error.status(), error::Error::source(error)) {
        (Some(code), Some(text)) => format!("{code} {text}"),
        _ => error.to_string(),
    }
}

fn words(response: &Response) -> String {
    let lines: Vec<&str> = response.message().collect();
    masked(&format!("{} {}", response.code(), lines.join(" ")))
}

const PEM: &[u8] = b"-----BEGIN CERTIFICATE-----";

fn tls(settings: &Smtp) -> anyhow::Result<TlsParameters> {
    let mut builder = TlsParameters::builder(settings.host.clone());
    if let Some(path) = &settings.trusted_ca {
        let shown = path.display();
        let pem = fs::read(path).with_context(|| {
            format!("cannot read the certificates in {shown}; correct trusted_ca")
        })?;
        // An empty file is no error to the parser.
        if !pem.windows(PEM.len()).any(|bytes| bytes == PEM) {
            bail!("{shown} holds no certificate in PEM form");
        }
        let certificates = Certificate::from_pem(&pem)
            .with_context(|| format!("{shown} holds a broken certificate"))?;
        builder = builder.add_root_certificate(certificates);
    }
    builder.build().context("cannot prepare TLS; is the package ca-certificates installed?")
}

fn credentials(login: &Login) -> anyhow::Result<Credentials> {
    let path = login.password_file.display();
    let password = fs::read_to_string(&login.password_file)
        .with_context(|| format!("cannot read the mail password from {path}"))?;
    let password = password.lines().next().unwrap_or_default();
    if password.is_empty() {
        bail!("{path} holds no password; write the mail account's password into its first line");
    }
    Ok(Credentials::new(login.user.clone(), password.to_owned()))
}

fn refuse_open_password(host: &str) -> anyhow::Result<()> {
    let here = host == "localhost" || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback());
    if !here {
        bail!(
            "security \"none\" would send the mail password to {host} for all to read; \
             use \"starttls\" or \"tls\""
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::Text;

    #[test]
    fn a_lone_dot_ends_nothing() {
        for (bytes, expected) in [
            ("a\r\nb", "a\r\nb\r\n.\r\n"),
            ("a\r\n", "a\r\n.\r\n"),
            (".\r\n..\r\n.a\r\n", "..\r\n...\r\n..a\r\n.\r\n"),
            ("a\r\n\r\n", "a\r\n\r\n.\r\n"),
            ("a\n.\nb", "a\r\n..\r\nb\r\n.\r\n"),
            ("", ".\r\n"),
        ] {
            assert_eq!(Text(bytes.as_bytes()).to_string(), expected, "{bytes:?}");
        }
    }
}
