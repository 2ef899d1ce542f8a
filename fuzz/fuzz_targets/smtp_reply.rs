//! An SMTP reply is read, awaited or refused.
#![no_main]

use guichet_fuzz::properties;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| properties::smtp_reply_is_read_or_refused(bytes));
