//! The door to selectors/: source files become sources, mistakes become errors with their place.
