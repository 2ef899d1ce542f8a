//! Whether letters can be read: a worker is started, and reads one.

use super::Finding;
use crate::cause::chain;
use crate::config::Config;
use crate::daemon;
use crate::reader::Reader;

const LETTER: &[u8] = b"From: <a@a.example>\r\nSubject: =?utf-8?q?=C3=A9?=\r\n\r\ntext\r\n";

/// Has a worker read a letter.
pub(super) async fn check(config: &Config) -> Vec<Finding> {
    const CHECK: &str = "reading.worker";
    let reader = Reader::new(daemon::readers(config));
    let read = reader.read(LETTER).await;
    reader.close().await;
    let broken = |says: String| {
        Finding::fault(
            CHECK,
            says,
            "letters are taken in and none is decided",
            "see that /proc is there and that processes may be started; `[reader] memory_mb` has to suffice",
        )
    };
    vec![match read {
        Ok(Ok(message)) if message.subject == "é" => {
            Finding::good(CHECK, "a worker starts and reads")
        }
        Ok(Ok(_)) => broken("a worker read a letter wrongly".to_owned()),
        Ok(Err(error)) => broken(chain(&error)),
        Err(error) => broken(chain(&error)),
    }]
}
