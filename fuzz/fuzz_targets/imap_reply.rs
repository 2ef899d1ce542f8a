//! An IMAP response is read or refused.
#![no_main]

use guichet_fuzz::properties;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| properties::imap_response_is_read_or_refused(bytes));
