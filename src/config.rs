//! The door to the settings: what the operator wrote, then what it means.
