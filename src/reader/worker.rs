//! The worker's side: lower the limits, then read letters until the input ends.

use std::io::{self, Write};
use std::process::ExitCode;

use super::{MEMORY, confine, frame};
use crate::message::parse::{cut, parse};
use crate::message::strip::strip;

/// Tells the worker its address space in bytes.
pub(super) const MEMORY_VARIABLE: &str = "GUICHET_READER_MEMORY";

/// Tells the worker what to do instead of reading: [`STRIP`], or the index, from 0, of the
/// attachment it is to cut out.
pub(super) const TASK_VARIABLE: &str = "GUICHET_READER_TASK";

/// The task of taking all attachments out.
pub(super) const STRIP: &str = "strip";

/// Exit codes of `sysexits.h`: the input is wrong; the system refuses.
const DATA_ERROR: u8 = 65;
const SYSTEM_ERROR: u8 = 71;

/// The main function of a worker process; call it before anything else is set up.
///
/// Reads frames with a letter from standard input and writes one frame with the answer for each,
/// a JSON `{"Ok": message}` or `{"Err": unreadable}`. Told to cut, it answers with two frames: a
/// JSON `{"Ok": attachment or null}` or `{"Err": unreadable}`, and the attachment's bytes, none if
/// there is nothing to cut. Told to strip, with a JSON `{"Ok": whether it could}` or
/// `{"Err": unreadable}`, and the rest of the letter. Ends with success when the input ends. A letter that overflows the stack or the memory ends the process with SIGABRT.
#[must_use]
pub fn serve() -> ExitCode {
    let memory = std::env::var(MEMORY_VARIABLE)
        .ok()
        .and_then(|value| value.parse().ok())
        .unwrap_or(MEMORY);
    if confine::limits(memory).is_err() || confine::landlock().is_err() {
        return ExitCode::from(SYSTEM_ERROR);
    }
    let task = std::env::var(TASK_VARIABLE).ok();
    match answer_all(task.as_deref()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::from(DATA_ERROR),
    }
}

fn answer_all(task: Option<&str>) -> io::Result<()> {
    let mut input = io::stdin().lock();
    let mut output = io::stdout().lock();
    while let Some(raw) = frame::read(&mut input, frame::LETTER)? {
        let (answer, bytes) = match task {
            None => (serde_json::to_vec(&parse(&raw))?, None),
            Some(STRIP) => {
                let stripped = strip(&raw);
                let found = stripped.as_ref().map(Option::is_some);
                let answer = serde_json::to_vec(&found)?;
                (answer, Some(stripped.ok().flatten().unwrap_or_default()))
            }
            Some(index) => {
                let cut = match index.parse() {
                    Ok(index) => cut(&raw, index),
                    Err(_) => Ok(None),
                };
                let found = cut
                    .as_ref()
                    .map(|found| found.as_ref().map(|(file, _)| file));
                let answer = serde_json::to_vec(&found)?;
                let bytes = cut.ok().flatten().map(|(_, bytes)| bytes);
                (answer, Some(bytes.unwrap_or_default()))
            }
        };
        drop(raw);
        frame::write(&mut output, &answer, frame::ANSWER)?;
        if let Some(bytes) = bytes {
            frame::write(&mut output, &bytes, frame::LETTER)?;
        }
    }
    output.flush()
}
