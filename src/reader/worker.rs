//! The worker's side: lower the limits, then read letters until the input ends.

use std::io::{self, Write};
use std::process::ExitCode;

use super::{MEMORY, confine, frame};
use crate::message::parse::{cut, parse};

/// Tells the worker its address space in bytes.
pub(super) const MEMORY_VARIABLE: &str = "GUICHET_READER_MEMORY";

/// Tells the worker to cut one attachment instead of reading: its index, from 0.
pub(super) const CUT_VARIABLE: &str = "GUICHET_READER_CUT";

/// Exit codes of `sysexits.h`: the input is wrong; the system refuses.
const DATA_ERROR: u8 = 65;
const SYSTEM_ERROR: u8 = 71;

/// The main function of a worker process; call it before anything else is set up.
///
/// Reads frames with a letter from standard input and writes one frame with the answer for each,
/// a JSON `{"Ok": message}` or `{"Err": unreadable}`. Told to cut, it answers with two frames: a
/// JSON `{"Ok": attachment or null}` or `{"Err": unreadable}`, and the attachment's bytes, none if
/// there is nothing to cut. Ends with success when the input ends. A letter that overflows the stack or the memory ends the process with SIGABRT.
#[must_use]
pub fn serve() -> ExitCode {
    let memory = std::env::var(MEMORY_VARIABLE)
        .ok()
        .and_then(|value| value.parse().ok())
        .unwrap_or(MEMORY);
    if confine::limits(memory).is_err() || confine::landlock().is_err() {
        return ExitCode::from(SYSTEM_ERROR);
    }
    let index = std::env::var(CUT_VARIABLE)
        .ok()
        .and_then(|value| value.parse().ok());
    match answer_all(index) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::from(DATA_ERROR),
    }
}

fn answer_all(index: Option<usize>) -> io::Result<()> {
    let mut input = io::stdin().lock();
    let mut output = io::stdout().lock();
    while let Some(raw) = frame::read(&mut input, frame::LETTER)? {
        if let Some(index) = index {
            let (found, bytes) = match cut(&raw, index) {
                Ok(Some((attachment, bytes))) => (Ok(Some(attachment)), bytes),
                Ok(None) => (Ok(None), Vec::new()),
                Err(unreadable) => (Err(unreadable), Vec::new()),
            };
            drop(raw);
            frame::write(&mut output, &serde_json::to_vec(&found)?, frame::ANSWER)?;
            frame::write(&mut output, &bytes, frame::LETTER)?;
        } else {
            let answer = serde_json::to_vec(&parse(&raw))?;
            drop(raw);
            frame::write(&mut output, &answer, frame::ANSWER)?;
        }
    }
    output.flush()
}
