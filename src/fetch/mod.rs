//! The door to the web: politeness, limits, robots.txt.
