//! Tab in the real shells.
