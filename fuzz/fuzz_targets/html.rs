//! HTML becomes text.
#![no_main]

use guichet_fuzz::properties;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| properties::html_becomes_text(bytes));
