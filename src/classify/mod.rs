//! Is this article about sanctions, and which words say so. Pure.
