//! Is this article new, a revision, or a copy. Pure.
