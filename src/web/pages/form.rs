//! What a form says, as it was typed, and what is wrong with it.

use std::fmt;

use url::form_urlencoded;

/// The fields of a form in their order.
#[derive(Debug, Clone, Default)]
pub(crate) struct Form(Vec<(String, String)>);

impl Form {
    /// Reads a body of the type `application/x-www-form-urlencoded`; any body is one.
    pub(crate) fn of(body: &[u8]) -> Self {
        Self(form_urlencoded::parse(body).into_owned().collect())
    }

    /// The first value of a field, or nothing.
    pub(crate) fn get(&self, key: &str) -> &str {
        self.0.iter().find(|(field, _)| field == key).map_or("", |(_, value)| value)
    }

    /// Every value of a field.
    pub(crate) fn all(&self, key: &str) -> Vec<String> {
        let values = self.0.iter().filter(|(field, _)| field == key);
        values.map(|(_, value)| value.clone()).collect()
    }

    /// The first value of a field on one line: a form of a browser sends no line break there, others may.
    pub(crate) fn line(&self, key: &str) -> String {
        let words = self.get(key).split(|c: char| c.is_control() || c.is_whitespace());
        words.filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
    }
}

/// What is wrong, field by field, in the order of the form.
#[derive(Debug, Clone, Default)]
pub(crate) struct Errors(Vec<Wrong>);

/// What is wrong with one field.
#[derive(Debug, Clone)]
pub(crate) struct Wrong {
    /// The id of the field.
    pub(crate) field: &'static str,
    /// A sentence that says what would be right.
    pub(crate) said: String,
}

impl Errors {
    pub(crate) fn add(&mut self, field: &'static str, said: impl fmt::Display) {
        let said = said.to_string();
        let mut letters = said.chars();
        let first = letters.next().map(|first| first.to_uppercase().to_string());
        let said = format!("{}{}.", first.unwrap_or_default(), letters.as_str());
        self.0.push(Wrong { field, said });
    }

    /// The value, or a note of what is wrong with it.
    pub(crate) fn take<T, E: fmt::Display>(
        &mut self,
        field: &'static str,
        read: Result<T, E>,
    ) -> Option<T> {
        read.map_err(|error| self.add(field, error)).ok()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Wrong> {
        self.0.iter()
    }

    /// What is wrong with a field, if anything is.
    pub(crate) fn at(&self, field: &str) -> Option<&str> {
        self.0.iter().find(|wrong| wrong.field == field).map(|wrong| wrong.said.as_str())
    }

    pub(crate) fn append(&mut self, other: Errors) {
        self.0.extend(other.0);
    }
}
