//! The door to the mail: SMTP or a directory of .eml files.
