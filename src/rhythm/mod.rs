//! When to look at a source again: cron on a wall clock, intervals, back-off. Pure.
