//! The flows: the steps of the pure middle and the doors, in order.

pub mod read;
pub mod send_mail;
