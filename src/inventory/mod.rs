//! Profiles that come from elsewhere: what an import makes of the sessions of another program and of the
//! servers of a cloud.
//!
//! [`read`] reads the input; [`plan`] is pure: sessions and the profiles that there are go in, a row for
//! each session comes out.

pub mod address;
pub mod names;
pub mod places;
pub mod plan;
pub mod read;
pub mod servers;
mod update;
