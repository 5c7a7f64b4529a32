//! What the subjects share: the far side of each door, scripted.

pub(crate) mod smtp;
pub(crate) mod web;
//! What the subjects share: the far sides of the doors, played by ourselves.

