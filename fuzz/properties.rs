//! The properties that the tests check too.

#[path = "../tests/it/properties.rs"]
pub mod properties;
