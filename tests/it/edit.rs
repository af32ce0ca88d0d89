//! add, edit, rm, mv and copy on real files.
