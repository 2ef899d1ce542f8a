//! A mail server that is not ours: aiosmtpd under Python, which keeps what it takes in a file.
//!
//! Every letter is one line, written before the server answers the final dot, so that a client
//! that is killed between the two has been taken at its word. It ends when its standard input
//! does, so it never outlives the test.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command, Stdio};

use data_encoding::BASE64;
use tempfile::TempDir;

use crate::auditor::SinkCopy;

const SERVER: &str = r#"
import asyncio, base64, json, socket, sys
from aiosmtpd.controller import Controller

class Keep:
    def __init__(self, path):
        self.file = open(path, "a", buffering=1)
    async def handle_DATA(self, server, session, envelope):
        self.file.write(json.dumps({
            "from": envelope.mail_from, "to": envelope.rcpt_tos,
            "bytes": base64.b64encode(envelope.original_content).decode(),
        }) + "\n")
        # The wait in which a client that dies cannot know what became of its letter.
        await asyncio.sleep(0.004)
        return "250 2.0.0 taken"

# The controller connects to itself at the start and so needs the number of a free port.
probe = socket.socket()
probe.bind(("127.0.0.1", 0))
port = probe.getsockname()[1]
probe.close()
controller = Controller(Keep(sys.argv[1]), hostname="127.0.0.1", port=port)
controller.start()
print(controller.port, flush=True)
sys.stdin.read()
controller.stop()
"#;

/// The running server.
pub struct ForeignSmtp {
    dir: TempDir,
    port: u16,
    process: Child,
    stdin: Option<ChildStdin>,
}

impl ForeignSmtp {
    pub fn start() -> Self {
        let dir = tempfile::tempdir_in("/tmp").unwrap();
        let script = dir.path().join("server.py");
        fs::write(&script, SERVER).unwrap();
        let mut process = Command::new("/usr/bin/python3")
            .arg(&script)
            .arg(dir.path().join("taken"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let port = line.trim().parse().expect("python3-aiosmtpd is installed");
        let stdin = process.stdin.take();
        Self {
            dir,
            port,
            process,
            stdin,
        }
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    fn taken(&self) -> PathBuf {
        self.dir.path().join("taken")
    }

    /// Every copy it took.
    pub fn copies(&self) -> Vec<SinkCopy> {
        let text = fs::read_to_string(self.taken()).unwrap_or_default();
        text.lines()
            .map(|line| {
                let copy: serde_json::Value = serde_json::from_str(line).unwrap();
                let recipients = copy["to"].as_array().unwrap().iter();
                SinkCopy {
                    // This server writes the null sender as it stands in the command.
                    sender: copy["from"].as_str().unwrap_or_default().replace("<>", ""),
                    recipients: recipients
                        .map(|to| to.as_str().unwrap().to_owned())
                        .collect(),
                    bytes: BASE64
                        .decode(copy["bytes"].as_str().unwrap().as_bytes())
                        .unwrap(),
                }
            })
            .collect()
    }
}

impl Drop for ForeignSmtp {
    fn drop(&mut self) {
        drop(self.stdin.take());
        let _ = self.process.wait();
    }
}
