//! What a mail server or a reader says of a mail that was sent.

use crate::model::subscriber::Email;

/// Whom a refusal for good, or a mail that came back, blames.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Fault {
    /// The address: nobody is there, or the mailbox is closed.
    Address,
    /// The mailbox, which may mend: it is full, its server is away or unknown.
    Mailbox,
    /// Us or the message: our server's name, a missing signature, a spam filter, a size.
    Policy,
    /// Nobody: the reader calls it unwanted.
    Complaint,
}

impl Fault {
    /// Every fault, for parsing and for tables.
    pub const ALL: [Fault; 4] = [Fault::Address, Fault::Mailbox, Fault::Policy, Fault::Complaint];

    /// The word in the database.
    pub fn name(self) -> &'static str {
        match self {
            Fault::Address => "address",
            Fault::Mailbox => "mailbox",
            Fault::Policy => "policy",
            Fault::Complaint => "complaint",
        }
    }
}

/// A report on a mail of ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bounce {
    /// The token of the delivery, where the report gives it back.
    pub token: Option<String>,
    /// The `Message-ID` of the mail, with its angle brackets. Another reader may guess it: it counts
    /// only together with `recipient`.
    pub message_id: Option<String>,
    /// For whom the mail was.
    pub recipient: Option<Email>,
    pub fault: Fault,
    /// The words of the server that refused it, without addresses.
    pub said: String,
}

/// What a mail that came in asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Incoming {
    Bounce(Bounce),
    /// The reader of the delivery with this token wants no more mail.
    Leave {
        token: String,
    },
    /// Nothing of ours to do: an answer, a holiday notice, a notice of delay, junk.
    Nothing,
}
