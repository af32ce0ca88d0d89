//! PURE: the prelude and the scripts of `shell/` and `completions/`.
