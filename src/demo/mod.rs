//! A bundled newsroom on loopback, and the real pipeline run against it.
