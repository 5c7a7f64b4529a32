//! Takes mail in over LMTP (RFC 2033) or SMTP: bounces, complaints and wishes to leave.
//!
//! Meant for the mail server on the same machine. It takes one mail at a time per connection, of
//! bounded size, answers only when the mail has been dealt with, and relays nothing.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, mpsc, oneshot};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

/// Most bytes of one mail: reports may quote a whole mail of ours, which is much smaller.
const MAIL_LIMIT: usize = 4 << 20;
/// Most bytes of a line outside the text; RFC 5321 § 4.5.3.1 asks for 512.
const LINE_LIMIT: u64 = 2048;
const RECIPIENTS: usize = 100;
const CONNECTIONS: usize = 16;
/// Longest silence of the other side, and longest time a mail may wait to be dealt with.
const PATIENCE: Duration = Duration::from_secs(60);
/// Commands that lead to nothing after which the connection is closed.
const ERRORS: usize = 20;

/// A mail that came in.
#[derive(Debug)]
pub struct Arrived {
    /// The addresses of the envelope.
    pub recipients: Vec<String>,
    pub bytes: Vec<u8>,
    /// To be told whether the mail is safe with us; dropped, the sender will try again.
    pub done: oneshot::Sender<()>,
}

/// Hands every mail that comes in at `listener` to `mails`, until `stop` is cancelled.
///
/// # Errors
/// A listener that is broken for good.
pub async fn listen(
    listener: TcpListener,
    mails: mpsc::Sender<Arrived>,
    stop: CancellationToken,
) -> io::Result<()> {
    let places = Arc::new(Semaphore::new(CONNECTIONS));
    let mut conversations = JoinSet::new();
    loop {
        let place = Arc::clone(&places).acquire_owned().await.expect("nobody closes the places");
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = stop.cancelled() => return Ok(()),
        };
        match accepted {
            Ok((stream, _)) => {
                let mails = mails.clone();
                conversations.spawn(async move {
                    if let Err(error) = converse(stream, mails).await {
                        tracing::debug!(%error, "a conversation with a mail server broke off");
                    }
                    drop(place);
                });
            }
            // A connection that was gone before it was taken, or no file left for it.
            Err(error) => {
                tracing::warn!(%error, "cannot take a connection from the mail server");
                sleep(Duration::from_secs(1)).await;
            }
        }
        while conversations.try_join_next().is_some() {}
    }
}

/// Whether the conversation goes on.
#[derive(PartialEq)]
enum Next {
    Go,
    Close,
}

struct Conversation {
    stream: BufReader<TcpStream>,
    mails: mpsc::Sender<Arrived>,
    /// Greeted with LHLO: an answer for each recipient.
    lmtp: bool,
    has_sender: bool,
    recipients: Vec<String>,
    errors: usize,
}

async fn converse(stream: TcpStream, mails: mpsc::Sender<Arrived>) -> io::Result<()> {
    let stream = BufReader::new(stream);
    let mut conversation = Conversation {
        stream,
        mails,
        lmtp: false,
        has_sender: false,
        recipients: Vec::new(),
        errors: 0,
    };
    conversation.say("220 sanctionwatch takes bounces").await?;
    while let Some(line) = conversation.line().await? {
        if conversation.obey(&line).await? == Next::Close {
            break;
        }
    }
    Ok(())
}

impl Conversation {
    async fn obey(&mut self, line: &str) -> io::Result<Next> {
        let (verb, rest) = line.split_once([' ', ':']).unwrap_or((line, ""));
        match verb.to_ascii_uppercase().as_str() {
            "LHLO" | "EHLO" => {
                self.lmtp = verb.eq_ignore_ascii_case("LHLO");
                self.reset();
                let offers = ["sanctionwatch", "8BITMIME", "SMTPUTF8", "ENHANCEDSTATUSCODES"];
                for offer in offers {
                    self.write(&format!("250-{offer}\r\n")).await?;
                }
                self.say(&format!("250 SIZE {MAIL_LIMIT}")).await
            }
            "HELO" => {
                self.reset();
                self.say("250 sanctionwatch").await
            }
            "MAIL" => {
                self.reset();
                self.has_sender = true;
                self.say("250 2.1.0 ok").await
            }
            "RCPT" if !self.has_sender => self.refuse("503 5.5.1 MAIL first").await,
            "RCPT" if RECIPIENTS <= self.recipients.len() => {
                self.refuse("452 4.5.3 too many recipients").await
            }
            "RCPT" => {
                let inside = rest.split_once('<').map_or(rest, |(_, inside)| inside);
                let address = inside.split('>').next().unwrap_or_default();
                self.recipients.push(address.to_owned());
                self.say("250 2.1.5 ok").await
            }
            "DATA" if self.recipients.is_empty() => self.refuse("503 5.5.1 RCPT first").await,
            "DATA" => {
                self.say("354 go ahead").await?;
                self.text().await
            }
            "RSET" => {
                self.reset();
                self.say("250 2.0.0 ok").await
            }
            "NOOP" => self.say("250 2.0.0 ok").await,
            "QUIT" => {
                self.say("221 2.0.0 bye").await?;
                Ok(Next::Close)
            }
            _ => self.refuse("502 5.5.1 not here").await,
        }
    }

    fn reset(&mut self) {
        self.has_sender = false;
        self.recipients.clear();
    }

    /// The text up to the lone dot; the answer comes when the mail has been dealt with.
    async fn text(&mut self) -> io::Result<Next> {
        let mut bytes = Vec::new();
        let mut too_large = false;
        loop {
            let mut line = Vec::new();
            let mut room = (&mut self.stream).take(MAIL_LIMIT as u64);
            let read = timeout(PATIENCE, room.read_until(b'\n', &mut line));
            let read = read.await.map_err(|_| io::ErrorKind::TimedOut)??;
            if read == 0 {
                return Ok(Next::Close);
            }
            if matches!(line.as_slice(), b".\r\n" | b".\n") {
                break;
            }
            // What is too long is read to its end, or the rest would be taken for commands.
            too_large |= MAIL_LIMIT < bytes.len() + line.len();
            if !too_large {
                bytes.extend_from_slice(line.strip_prefix(b".").unwrap_or(&line));
            }
        }
        let answer = if too_large {
            "552 5.3.4 the mail is too large"
        } else if self.hand_over(bytes).await {
            "250 2.0.0 ok"
        } else {
            "451 4.3.0 not now"
        };
        let answers = if self.lmtp { self.recipients.len() } else { 1 };
        self.reset();
        for _ in 0..answers {
            self.say(answer).await?;
        }
        Ok(Next::Go)
    }

    /// Whether the mail is safe with us.
    async fn hand_over(&self, bytes: Vec<u8>) -> bool {
        let (done, is_done) = oneshot::channel();
        let arrived = Arrived { recipients: self.recipients.clone(), bytes, done };
        let handled = async { self.mails.send(arrived).await.is_ok() && is_done.await.is_ok() };
        timeout(PATIENCE, handled).await.unwrap_or(false)
    }

    async fn refuse(&mut self, answer: &str) -> io::Result<Next> {
        self.errors += 1;
        if ERRORS <= self.errors {
            self.say("421 4.7.0 too many errors").await?;
            return Ok(Next::Close);
        }
        self.say(answer).await
    }

    async fn say(&mut self, line: &str) -> io::Result<Next> {
        self.write(&format!("{line}\r\n")).await?;
        Ok(Next::Go)
    }

    async fn write(&mut self, text: &str) -> io::Result<()> {
        let written = timeout(PATIENCE, self.stream.get_mut().write_all(text.as_bytes()));
        written.await.map_err(|_| io::ErrorKind::TimedOut)?
    }

    /// One command; none at the end of the conversation.
    async fn line(&mut self) -> io::Result<Option<String>> {
        let mut line = Vec::new();
        let mut room = (&mut self.stream).take(LINE_LIMIT);
        let read = timeout(PATIENCE, room.read_until(b'\n', &mut line));
        read.await.map_err(|_| io::ErrorKind::TimedOut)??;
        if !line.ends_with(b"\n") {
            return Ok(None);
        }
        Ok(Some(String::from_utf8_lossy(&line).trim_end().to_owned()))
    }
}
