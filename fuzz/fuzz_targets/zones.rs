//! Every line of a body is in exactly one zone.
#![no_main]

use guichet_fuzz::properties;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| properties::zones_partition(&properties::body_from(bytes)));
