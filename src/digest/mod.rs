//! Judged articles and subscribers become messages. Pure.
