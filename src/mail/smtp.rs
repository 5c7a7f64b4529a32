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
use lettre::transport::smtp::commands::{Data, Mail, Rcpt, Rset};
use lettre::transport::smtp::extension::{ClientId, Extension, MailBodyParameter, MailParameter};
use lettre::transport::smtp::response::{Response, Severity};
use tokio::time::timeout;

use crate::mail::Failure;
use crate::mail::mime::Letter;
use crate::mail::reply::masked;
use crate::mail::settings::{Login, Security, Smtp};

/// Connections kept open between messages, and for how long: less than servers commonly wait.
const IDLE_MOST: usize = 4;
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
    idle: Mutex<Vec<Idle>>,
}

struct Idle {
    connection: AsyncSmtpConnection,
    since: Instant,
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Server({}:{}, {})", self.host, self.port, self.security.name())
    }
}

impl Server {
    /// Reads what `settings` point to.
    pub(crate) fn new(settings: &Smtp) -> anyhow::Result<Self> {
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
        })
    }

    /// Hands `letter` over; gives the server's words.
    pub(crate) async fn send(&self, letter: &Letter) -> Result<String, Failure> {
        let mut connection = match timeout(self.timeout, self.connection()).await {
            Ok(connection) => connection?,
            Err(_) => return Err(Failure::Down(self.silent("connecting", self.timeout))),
        };
        let sent = self.converse(&mut connection, letter).await;
        match sent {
            Ok(response) => {
                self.park(connection);
                Ok(words(&response))
            }
            Err(Fault { failure, intact }) => {
                if intact {
                    self.park(connection);
                }
                Err(failure)
            }
        }
    }

    /// Connects, encrypts and logs in as for a message, and hangs up.
    pub(crate) async fn probe(&self) -> Result<(), Failure> {
        match timeout(self.timeout, self.connect()).await {
            Ok(connection) => {
                // It took our login; how it says goodbye is its own affair.
                connection?.quit().await.ok();
                Ok(())
            }
            Err(_) => Err(Failure::Down(self.silent("connecting", self.timeout))),
        }
    }

    /// The longest [`Server::send`] can take.
    pub(crate) fn patience(&self) -> Duration {
        2 * self.timeout + self.answer_timeout
    }

    /// A connection that has just answered: a parked one, else a new one.
    async fn connection(&self) -> Result<AsyncSmtpConnection, Failure> {
        loop {
            let parked = self.parked().pop();
            let Some(idle) = parked else { return self.connect().await };
            let mut connection = idle.connection;
            // The server may have closed it meanwhile; RSET also clears what a refusal left behind.
            if idle.since.elapsed() < IDLE_LONGEST && connection.command(Rset).await.is_ok() {
                return Ok(connection);
            }
        }
    }

    async fn connect(&self) -> Result<AsyncSmtpConnection, Failure> {
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
        Ok(connection)
    }

    async fn converse(
        &self,
        connection: &mut AsyncSmtpConnection,
        letter: &Letter,
    ) -> Result<Response, Fault> {
        let lost = |failure| Fault { failure, intact: false };
        match timeout(self.timeout, offer(connection, letter)).await {
            Ok(offered) => offered?,
            Err(_) => {
                return Err(lost(Failure::Later(self.silent("taking the message", self.timeout))));
            }
        }
        match timeout(self.answer_timeout, connection.command(Text(&letter.bytes))).await {
            Ok(answer) => answer.map_err(|error| Fault::after_text(&error)),
            Err(_) => {
                let silent = self.silent("answering to the message", self.answer_timeout);
                Err(lost(Failure::Later(format!("{silent}; it may have arrived"))))
            }
        }
    }

    fn silent(&self, doing: &str, patience: Duration) -> String {
        let (host, port, patience) = (&self.host, self.port, patience.as_secs_f32());
        format!("{host}:{port} said nothing for {patience} s while {doing}")
    }

    fn park(&self, connection: AsyncSmtpConnection) {
        let mut parked = self.parked();
        if parked.len() < IDLE_MOST {
            parked.push(Idle { connection, since: Instant::now() });
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
struct Fault {
    failure: Failure,
    intact: bool,
}

/// The steps of an offer, which decide what a refusal means.
#[derive(Clone, Copy, PartialEq)]
enum Step {
    /// `MAIL FROM`: about us.
    Sender,
    /// `RCPT TO` and `DATA`: about this message.
    Message,
}

/// From `MAIL FROM` to the server's "go ahead".
async fn offer(connection: &mut AsyncSmtpConnection, letter: &Letter) -> Result<(), Fault> {
    let mut options = Vec::new();
    if !letter.bytes.is_ascii() {
        // Only an address can be other than ASCII: lettre encodes all else (RFC 6531).
        if !connection.server_info().supports_feature(Extension::SmtpUtfEight) {
            let failure = Failure::Never(format!(
                "the mail server takes no address with letters like those before the @ of {} \
                 (it lacks SMTPUTF8)",
                letter.email
            ));
            return Err(Fault { failure, intact: true });
        }
        options.push(MailParameter::SmtpUtfEight);
        options.push(MailParameter::Body(MailBodyParameter::EightBitMime));
    }
    let from = Mail::new(letter.envelope.from().cloned(), options);
    connection.command(from).await.map_err(|error| Fault::in_offer(&error, Step::Sender))?;
    for to in letter.envelope.to() {
        let to = Rcpt::new(to.clone(), Vec::new());
        connection.command(to).await.map_err(|error| Fault::in_offer(&error, Step::Message))?;
    }
    connection.command(Data).await.map_err(|error| Fault::in_offer(&error, Step::Message))?;
    Ok(())
}

impl Fault {
    fn in_offer(error: &lettre::transport::smtp::Error, step: Step) -> Self {
        let told = masked(&told(error));
        let failure = match severity(error) {
            None => return Self { failure: Failure::Later(told), intact: false },
            Some(Answer::Closing) => return Self { failure: Failure::Down(told), intact: false },
            Some(Answer::Later) => Failure::Later(told),
            // Our own address refused is for the operator to mend, and no fault of the message.
            Some(Answer::Never) if step == Step::Sender => Failure::Down(told),
            Some(Answer::Never) => Failure::Never(told),
        };
        Self { failure, intact: true }
    }

    fn after_text(error: &lettre::transport::smtp::Error) -> Self {
        let told = masked(&told(error));
        match severity(error) {
            None => {
                let told = format!("{told}; it may have arrived");
                Self { failure: Failure::Later(told), intact: false }
            }
            Some(Answer::Closing) => Self { failure: Failure::Later(told), intact: false },
            Some(Answer::Later) => Self { failure: Failure::Later(told), intact: true },
            Some(Answer::Never) => Self { failure: Failure::Never(told), intact: true },
        }
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
