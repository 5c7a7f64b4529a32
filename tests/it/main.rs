//! The one integration binary: a file per subject, `support` for what they share.

mod architecture;
mod listings;
