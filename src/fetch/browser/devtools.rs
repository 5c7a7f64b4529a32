//! The DevTools protocol over a pair of pipes: JSON messages, each ended by a zero byte.
//!
//! No port is opened that another program on the machine could talk to. Only the dozen calls that
//! loading a page takes are ever made, so they are written out where they are used
//! (<https://chromedevtools.github.io/devtools-protocol/>).

use std::io;

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::unix::pipe;

/// A message beyond this is no answer to anything we ask.
const MESSAGE_MOST: usize = 128 << 20;

/// Our ends of the two pipes.
#[derive(Debug)]
pub(crate) struct DevTools {
    to: pipe::Sender,
    from: BufReader<pipe::Receiver>,
    /// A message that has come in part.
    partial: Vec<u8>,
    calls: u64,
}

/// What the browser says.
#[derive(Debug)]
pub(crate) enum Incoming {
    /// The answer to the call of this number, or why there is none.
    Answer {
        call: u64,
        result: Result<Value, String>,
    },
    Event {
        method: String,
        params: Value,
    },
}

impl DevTools {
    pub(crate) fn new(to: pipe::Sender, from: pipe::Receiver) -> Self {
        Self { to, from: BufReader::new(from), partial: Vec::new(), calls: 0 }
    }

    /// Calls `method`, of the browser or of one attached session; returns the number its answer
    /// will bear.
    pub(crate) async fn call(
        &mut self,
        session: Option<&str>,
        method: &str,
        params: Value,
    ) -> io::Result<u64> {
        self.calls += 1;
        let mut message = json!({ "id": self.calls, "method": method, "params": params });
        if let Some(session) = session {
            message["sessionId"] = session.into();
        }
        let mut bytes = message.to_string().into_bytes();
        bytes.push(0);
        self.to.write_all(&bytes).await?;
        Ok(self.calls)
    }

    /// The next message. Nothing is lost where the wait is given up.
    pub(crate) async fn hear(&mut self) -> io::Result<Incoming> {
        loop {
            let chunk = self.from.fill_buf().await?;
            if chunk.is_empty() {
                return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the browser ended"));
            }
            let end = chunk.iter().position(|byte| *byte == 0);
            let taken = end.map_or(chunk.len(), |end| end + 1);
            self.partial.extend_from_slice(&chunk[..end.unwrap_or(taken)]);
            self.from.consume(taken);
            if end.is_some() {
                let message = std::mem::take(&mut self.partial);
                return incoming(&message);
            }
            if MESSAGE_MOST < self.partial.len() {
                return Err(io::Error::other("the browser sent a message without an end"));
            }
        }
    }
}

fn incoming(message: &[u8]) -> io::Result<Incoming> {
    let mut message: Value = serde_json::from_slice(message)?;
    if let Some(call) = message["id"].as_u64() {
        let result = match message["error"]["message"].as_str() {
            Some(error) => Err(error.to_owned()),
            None => Ok(message["result"].take()),
        };
        return Ok(Incoming::Answer { call, result });
    }
    let method = message["method"].as_str().unwrap_or_default().to_owned();
    Ok(Incoming::Event { method, params: message["params"].take() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn messages_are_parted_at_zero_bytes_however_they_come() {
        let (mut browser, ours) = pipe::pipe().unwrap();
        let (to, _theirs) = pipe::pipe().unwrap();
        let mut devtools = DevTools::new(to, ours);
        let wire = b"{\"id\":7,\"result\":{\"a\":1}}\0{\"method\":\"Page.loadEventFired\",\
                     \"params\":{}}\0{\"id\":8,\"error\":{\"message\":\"no\"}}\0";
        for piece in wire.chunks(5) {
            browser.write_all(piece).await.unwrap();
        }
        drop(browser);
        let Incoming::Answer { call: 7, result: Ok(result) } = devtools.hear().await.unwrap()
        else {
            panic!("the first message is an answer");
        };
        assert_eq!(result["a"], 1);
        let Incoming::Event { method, .. } = devtools.hear().await.unwrap() else {
            panic!("the second message is an event");
        };
        assert_eq!(method, "Page.loadEventFired");
        let Incoming::Answer { call: 8, result: Err(error) } = devtools.hear().await.unwrap()
        else {
            panic!("the third message is an error");
        };
        assert_eq!(error, "no");
        assert_eq!(devtools.hear().await.unwrap_err().kind(), io::ErrorKind::UnexpectedEof);
    }
}
