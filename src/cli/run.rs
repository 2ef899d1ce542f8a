//! `guichet run` and `guichet once`.

use std::path::Path;
use std::process::ExitCode;

use super::{Failure, read_config, runtime};
use crate::daemon::{Daemon, log};

pub(super) fn run(file: &Path) -> Result<ExitCode, Failure> {
    let config = read_config(file)?;
    log::start(config.log);
    runtime()?.block_on(async {
        let daemon = Daemon::new(config).await?;
        daemon.run().await?;
        Ok(ExitCode::SUCCESS)
    })
}

pub(super) fn once(file: &Path) -> Result<ExitCode, Failure> {
    let config = read_config(file)?;
    log::start(config.log);
    runtime()?.block_on(async {
        let daemon = Daemon::new(config).await?;
        daemon.once().await?;
        Ok(ExitCode::SUCCESS)
    })
}
