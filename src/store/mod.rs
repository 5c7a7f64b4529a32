//! The door to SQLite: the only module that speaks SQL.
