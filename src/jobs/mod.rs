//! Flows: the steps in order, each a named function of its own module.

pub mod read;
