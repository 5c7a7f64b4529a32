//! What a pure function wants said: it returns notes, and the shell logs and stores them.

/// One remark from a stage, for operators and for `--explain` views.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// The stage that speaks: `parse`, `extract`, `clean`, …
    pub stage: &'static str,
    /// A sentence in lower case without a full stop, naming the thing and the value.
    pub text: String,
}

impl Note {
    /// A note by `stage`.
    pub fn new(stage: &'static str, text: impl Into<String>) -> Self {
        Self { stage, text: text.into() }
    }
}
