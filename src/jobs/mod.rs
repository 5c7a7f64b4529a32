//! The flows: the steps of the pure middle and the doors, in order.

pub mod back_test;
pub mod compose_digests;
pub mod bounces;
pub mod back_up;
pub mod crawl;
mod health;
pub mod heart;
pub mod judge;
pub mod keep_house;
pub mod links;
mod list_readers;
pub mod listings;
pub mod names;
pub mod looks;
mod network;
mod pages;
pub mod read;
pub mod rescreen;
pub mod send_mail;
pub mod settle_stories;
mod stories;
pub mod sync_lists;
pub mod survey;
mod turns;
pub mod tell_operator;
pub mod websub;
pub mod why;
