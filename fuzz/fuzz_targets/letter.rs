//! Any bytes get one disposition with a reason, within the limits.
#![no_main]

use guichet_fuzz::properties;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    properties::any_bytes_get_a_disposition(properties::rules(), bytes);
});
