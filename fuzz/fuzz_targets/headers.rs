//! Composed letters have the fields they were given, whatever the words.
#![no_main]

use guichet_fuzz::properties;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| properties::composed_headers_stay_in_their_lines(bytes));
