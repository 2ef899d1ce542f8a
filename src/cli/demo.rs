//! `guichet demo`
use super::Failure;
use clap::Args;
use std::process::ExitCode;
#[derive(Debug, Args)]
pub(super) struct Arguments {}
pub(super) fn demo(_arguments: &Arguments) -> Result<ExitCode, Failure> {
    Ok(ExitCode::SUCCESS)
}
