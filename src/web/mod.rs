//! HTTP servers.

pub mod newsroom;
