//! Starts the jobs, tells systemd, stops in order.
