//! What the subjects share: the far sides of the doors, played by ourselves.

pub(crate) mod smtp;
