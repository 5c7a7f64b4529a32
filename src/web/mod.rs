//! HTTP servers.

pub mod hooks;
pub mod newsroom;
mod signature;
