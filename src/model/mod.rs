//! The nouns of the house: plain data with public fields, no behaviour that needs the world.
//!
//! Every later module speaks in these types. Nothing here reads, writes, waits or asks the time.

pub mod act;
pub mod article;
pub mod bounce;
pub mod change;
pub mod designation;
pub mod extracted;
pub mod facts;
pub mod fetched;
pub mod interest;
pub mod judged;
pub mod matched;
pub mod network;
pub mod note;
pub mod rhythm;
pub mod source;
pub mod stamp;
pub mod story;
pub mod subscriber;
pub mod trouble;
pub mod visit;
