//! `guichet run` and `guichet once`.

use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use super::{Failure, read_config, runtime};
use crate::daemon::{Daemon, DaemonError, log};

/// How long threads that wait for a dead resolver or disk may hold up the exit.
const LINGER: Duration = Duration::from_millis(500);

pub(super) fn run(file: &Path) -> Result<ExitCode, Failure> {
    with_daemon(file, async |daemon| daemon.run().await)
}

pub(super) fn once(file: &Path) -> Result<ExitCode, Failure> {
    with_daemon(file, async |daemon| daemon.once().await)
}

fn with_daemon(
    file: &Path,
    work: impl AsyncFnOnce(Daemon) -> Result<(), DaemonError>,
) -> Result<ExitCode, Failure> {
    let config = read_config(file)?;
    log::start(config.log);
    let runtime = runtime()?;
    let ended = runtime.block_on(async { work(Daemon::new(config).await?).await });
    runtime.shutdown_timeout(LINGER);
    ended?;
    Ok(ExitCode::SUCCESS)
}
