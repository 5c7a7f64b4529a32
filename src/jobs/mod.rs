//! The flows: the steps of the pure middle and the doors, in order.

pub mod crawl;
pub mod judge;
pub mod listings;
pub mod read;
pub mod send_mail;
