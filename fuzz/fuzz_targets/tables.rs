//! A table is loaded, or its first mistake is told.
#![no_main]

use guichet_fuzz::properties;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| properties::table_is_loaded_or_its_mistake_told(bytes));
