//! Only the article stays; what goes is kept with its reason. Pure.
