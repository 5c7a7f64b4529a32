//! The flows: the steps of the pure middle and the doors, in order.

pub mod send_mail;
