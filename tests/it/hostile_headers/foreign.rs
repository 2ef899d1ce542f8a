//! The hostile letters over the wire, to Debian's `aiosmtpd` and Postfix's `smtp-sink`.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use guichet::delivery::smtp::{Deadlines, Security, Settings as SmtpSettings};
use guichet::delivery::{Outcome, Outgoing, Settings, Transport};

use super::{Composed, Words, compose, hostile, judge};

/// A foreign server in a process of its own; it ends with this value, or with the test.
struct Foreign {
    child: Child,
    port: u16,
    letters: tempfile::TempDir,
}

impl Drop for Foreign {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        let _ended = self.child.wait();
    }
}

/// Writes each letter as it came (dots undone) to `N.eml` and the envelope to `N.env`.
const AIOSMTPD: &str = r#"
import asyncio, os, sys, threading
from aiosmtpd.smtp import SMTP
folder = sys.argv[1]
class Keep:
    count = 0
    async def handle_DATA(self, server, session, envelope):
        Keep.count += 1
        with open(f"{folder}/{Keep.count:04}.env", "w") as f:
            f.write(f"{envelope.mail_from} {' '.join(envelope.rcpt_tos)}")
        with open(f"{folder}/{Keep.count:04}.eml", "wb") as f:
            f.write(envelope.original_content)
        return "250 kept"
async def main():
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(Keep()), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    threading.Thread(target=lambda: (sys.stdin.read(), os._exit(0)), daemon=True).start()
    await asyncio.Event().wait()
asyncio.run(main())
"#;

fn folder() -> tempfile::TempDir {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir_in("/tmp").unwrap();
    std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o777)).unwrap();
    folder
}

fn aiosmtpd() -> Foreign {
    let letters = folder();
    let python = "/usr/bin/python3";
    assert!(
        Command::new(python)
            .args(["-c", "import aiosmtpd"])
            .status()
            .is_ok_and(|s| s.success()),
        "this test needs the Debian package python3-aiosmtpd"
    );
    let mut child = Command::new(python)
        .args(["-c", AIOSMTPD])
        .arg(letters.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut port = String::new();
    BufReader::new(child.stdout.take().unwrap())
        .read_line(&mut port)
        .unwrap();
    let port = port.trim().parse().unwrap();
    Foreign {
        child,
        port,
        letters,
    }
}

fn smtp_sink() -> Foreign {
    use std::os::unix::fs::MetadataExt;
    let program = Path::new("/usr/sbin/smtp-sink");
    assert!(
        program.exists(),
        "this test needs the Debian package postfix, for smtp-sink"
    );
    let is_root = std::fs::metadata("/proc/self").unwrap().uid() == 0;
    let as_nobody: &[&str] = if is_root { &["-u", "nobody"] } else { &[] };
    for _ in 0..10 {
        let letters = folder();
        let port = {
            let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
            free.local_addr().unwrap().port()
        };
        // The shell ends the sink when its input ends, also when the test was killed.
        let mut child = Command::new("sh")
            .args(["-c", "\"$@\" & read _; kill $!", "sh"])
            .arg(program)
            .args(as_nobody)
            .arg("-d")
            .arg(letters.path().join("letter."))
            .args([&format!("127.0.0.1:{port}"), "10"])
            .stdin(Stdio::piped())
            .spawn()
            .unwrap();
        let until = Instant::now() + Duration::from_secs(5);
        while Instant::now() < until {
            if std::net::TcpStream::connect(("127.0.0.1", port)).is_ok() {
                return Foreign {
                    child,
                    port,
                    letters,
                };
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        drop(child.stdin.take());
        child.wait().unwrap();
    }
    panic!("smtp-sink did not start");
}

/// The files with this ending, in order of their names.
fn kept(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let mut files: Vec<PathBuf> = entries
        .filter(|path| path.to_str().unwrap().ends_with(ending))
        .collect();
    files.sort();
    files
}

async fn send_all(port: u16, letters: &[(Words, Composed)]) {
    let settings = SmtpSettings {
        host: String::from("127.0.0.1"),
        port,
        security: Security::PlainLoopback,
        ca_file: None,
        login: None,
        helo: String::from("gateway.example.org"),
        deadlines: Deadlines {
            dot: Duration::from_secs(30),
            ..Deadlines::default()
        },
    };
    let mut transport = Transport::new(Settings::Smtp(settings)).unwrap();
    for (words, composed) in letters {
        let letter = Outgoing {
            sender: None,
            recipient: "marie@example.org",
            bytes: &composed.bytes,
        };
        let outcome = transport
            .deliver(&letter, async || Ok::<_, std::convert::Infallible>(()))
            .await;
        assert!(
            matches!(outcome, Ok(Outcome::Delivered(_))),
            "{words:?} {outcome:?}"
        );
    }
    transport.quit().await;
}

fn composed_hostile() -> Vec<(Words, Composed)> {
    let compose = |words: Words| (words.clone(), compose(&words));
    hostile().into_iter().map(compose).collect()
}

#[tokio::test]
async fn aiosmtpd_receives_hostile_letters_byte_for_byte() {
    let server = aiosmtpd();
    let letters = composed_hostile();
    send_all(server.port, &letters).await;
    let files = kept(server.letters.path(), ".eml");
    assert_eq!(
        files.len(),
        letters.len(),
        "a letter ended early, or another one was made"
    );
    for (file, (words, composed)) in files.iter().zip(&letters) {
        let bytes = std::fs::read(file).unwrap();
        assert!(bytes == composed.bytes, "{words:?}");
        judge(words, composed, &bytes);
        let envelope = std::fs::read_to_string(file.with_extension("env")).unwrap();
        assert_eq!(envelope, "<> marie@example.org");
    }
}

#[tokio::test]
async fn smtp_sink_receives_hostile_letters_and_no_others() {
    let server = smtp_sink();
    let letters = composed_hostile();
    send_all(server.port, &letters).await;
    // One file a transaction: a letter that ended early would have made two of one.
    let files = kept(server.letters.path(), "");
    assert_eq!(files.len(), letters.len());
    // The sink writes the envelope above the letter and LF line ends, and names files at random.
    let mut got: Vec<Vec<u8>> = files
        .iter()
        .map(|file| std::fs::read(file).unwrap())
        .collect();
    for (words, composed) in &letters {
        let text = String::from_utf8(composed.bytes.clone())
            .unwrap()
            .replace("\r\n", "\n");
        let found = got.iter().position(|dump| {
            let dump = String::from_utf8_lossy(dump);
            dump.split_once("\nDate: ")
                .is_some_and(|(_, rest)| format!("Date: {rest}").trim_end() == text.trim_end())
        });
        let Some(found) = found else {
            panic!("not received as sent: {words:?}")
        };
        let dump = String::from_utf8(got.swap_remove(found)).unwrap();
        assert_eq!(dump.matches("X-Rcpt-Args:").count(), 1);
        assert!(dump.contains("X-Mail-Args: <>"), "{dump}");
    }
}
