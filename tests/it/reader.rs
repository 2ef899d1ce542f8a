//! Letters that kill, hang or blow up a process cost a worker and nothing else.

use std::io::{Read, Write};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use guichet::message::Unreadable;
use guichet::reader::{ReadFailure, Reader, Settings};

const MEMORY: u64 = 512 * 1024 * 1024;
const PATIENCE: Duration = Duration::from_secs(60);

fn settings() -> Settings {
    Settings {
        program: env!("CARGO_BIN_EXE_guichet").into(),
        args: vec!["read-worker".into()],
        workers: 2,
        memory: MEMORY,
        deadline: PATIENCE,
    }
}

/// A program of the shell in the place of the worker.
fn double(script: &str, deadline: Duration) -> Settings {
    Settings {
        program: "/bin/sh".into(),
        args: vec!["-c".into(), script.into()],
        deadline,
        ..settings()
    }
}

fn letter(n: usize) -> Vec<u8> {
    format!("From: a@b.fr\r\nMessage-ID: <{n}@b.fr>\r\nSubject: n {n}\r\n\r\nBonjour {n}\r\n")
        .into_bytes()
}

async fn assert_reads(reader: &Reader, n: usize) {
    let message = reader.read(&letter(n)).await.unwrap().unwrap();
    assert_eq!(message.text.new, format!("Bonjour {n}"));
}

/// Nested letters that the scan does not see, because a blank in the field name hides the type.
fn hidden_nesting(levels: usize) -> Vec<u8> {
    let mut raw = b"From: a@b.fr\nContent-Type: message/rfc822\n\n".to_vec();
    raw.extend(b"Con tent-Type: message/rfc822\n\n".repeat(levels));
    raw
}

fn visible_nesting(levels: usize) -> Vec<u8> {
    let mut raw = b"From: a@b.fr\n".to_vec();
    raw.extend(b"Content-Type: message/rfc822\n\n".repeat(levels));
    raw
}

#[tokio::test(flavor = "multi_thread")]
async fn a_letter_that_overflows_the_stack_costs_a_worker_while_others_flow() {
    let reader = Arc::new(Reader::new(settings()));
    let killer = tokio::spawn({
        let reader = Arc::clone(&reader);
        async move {
            let mut deaths = 0;
            for _ in 0..3 {
                match reader.read(&hidden_nesting(200_000)).await {
                    Err(ReadFailure::Died {
                        signal: Some(_), ..
                    }) => deaths += 1,
                    Err(other) => panic!("{other:?}"),
                    Ok(read) => panic!("read, {:?}", read.err()),
                }
            }
            deaths
        }
    });
    for n in 0..200 {
        assert_reads(&reader, n).await;
    }
    assert_eq!(killer.await.unwrap(), 3);
    assert_reads(&reader, 201).await;
}

#[tokio::test]
async fn nesting_that_aborts_a_plain_process_is_refused() {
    let reader = Reader::new(settings());
    let inner = visible_nesting(3_000);
    let encoded = data_encoding::BASE64.encode(&inner);
    let hidden = format!(
        "From: a@b.fr\nContent-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\n{encoded}\n"
    );
    for raw in [
        visible_nesting(25_000),
        hidden.into_bytes(),
        hidden_nesting(3_000),
    ] {
        let refused = reader.read(&raw).await.unwrap().unwrap_err();
        assert!(
            matches!(&refused, Unreadable::TooMany { what, .. } if what == "MIME levels" || what == "MIME parts"),
            "{refused:?}"
        );
    }
}

#[tokio::test]
async fn a_memory_blow_up_is_contained() {
    let reader = Reader::new(settings());
    let size = 25 * 1024 * 1024 - 200;
    for (line, header) in [
        (
            &b"--b\n\n"[..],
            "From: a@b.fr\nContent-Type: multipart/mixed; boundary=b\n\n",
        ),
        (&b"a:\n"[..], "From: a@b.fr\n"),
        (
            &b"a:\n"[..],
            "From: a@b.fr\nContent-Type: multipart/mixed; boundary=b\n\n--b\n",
        ),
        // What the scan cannot see: the library finds boundaries in the middle of a line.
        (
            &b"x--b\n\n"[..],
            "From: a@b.fr\nContent-Type: multipart/mixed; boundary=b\n\nx",
        ),
    ] {
        let mut raw = header.as_bytes().to_vec();
        raw.extend(line.repeat((size - raw.len()) / line.len()));
        match reader.read(&raw).await {
            Ok(Err(Unreadable::TooMany { .. })) => {}
            Err(ReadFailure::OutOfMemory { limit }) => assert_eq!(limit, MEMORY),
            Err(other) => panic!("{header:?}: {other:?}"),
            Ok(read) => panic!("{header:?}: read, {:?}", read.err()),
        }
        assert_reads(&reader, 1).await;
    }
}

#[tokio::test]
async fn the_largest_honest_letters_are_read() {
    let reader = Reader::new(settings());
    let room = 25 * 1024 * 1024 - 1_000;
    let scan = vec![0xA5; room / 78 * 57];
    let mut encoded = String::new();
    for line in scan.chunks(57) {
        encoded.push_str(&data_encoding::BASE64.encode(line));
        encoded.push_str("\r\n");
    }
    let head = "From: a@b.fr\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nVoici\r\n--b\r\n\
        Content-Type: application/pdf\r\nContent-Transfer-Encoding: base64\r\n\r\n";
    let raw = format!("{head}{encoded}--b--\r\n");
    let message = reader.read(raw.as_bytes()).await.unwrap().unwrap();
    assert_eq!(message.text.new, "Voici");
    assert_eq!(message.attachments[0].size, scan.len() as u64);

    let mut raw = letter(1);
    raw.extend(
        "Une ligne de texte, encore une.\r\n"
            .repeat(room / 40)
            .into_bytes(),
    );
    let message = reader.read(&raw).await.unwrap().unwrap();
    assert!(message.text.new.len() > 1_000_000);
    assert!(message.defects.contains(&guichet::message::Defect::Capped));
}

#[tokio::test]
async fn a_worker_without_memory_is_told_from_one_that_died() {
    let reader = Reader::new(Settings {
        memory: 48 * 1024 * 1024,
        ..settings()
    });
    let mut raw = letter(1);
    raw.extend(b"x".repeat(20 * 1024 * 1024));
    let failure = reader.read(&raw).await.unwrap_err();
    assert!(
        matches!(failure, ReadFailure::OutOfMemory { .. }),
        "{failure:?}"
    );
    assert_reads(&reader, 2).await;
}

#[tokio::test]
async fn too_large_a_letter_reaches_no_worker() {
    let reader = Reader::new(double("exit 1", PATIENCE));
    let raw = vec![b'x'; 25 * 1024 * 1024 + 1];
    let refused = reader.read(&raw).await.unwrap().unwrap_err();
    assert!(matches!(refused, Unreadable::TooLarge { .. }));
}

#[tokio::test]
async fn a_hanging_worker_is_killed_and_replaced() {
    let dir = tempfile::tempdir_in("/tmp").unwrap();
    let seen = dir.path().join("seen");
    // The first start hangs, the second is the real worker.
    let script = format!(
        "if test -e {seen}; then exec {worker} read-worker; fi; echo $$ >{seen}; exec sleep 1000",
        seen = seen.display(),
        worker = env!("CARGO_BIN_EXE_guichet"),
    );
    let reader = Reader::new(double(&script, Duration::from_secs(3)));
    // Larger than a pipe holds, so that writing hangs too.
    let mut raw = letter(1);
    raw.extend(b"x".repeat(1024 * 1024));
    let failure = reader.read(&raw).await.unwrap_err();
    assert!(
        matches!(failure, ReadFailure::TimedOut { .. }),
        "{failure:?}"
    );
    let pid = std::fs::read_to_string(&seen).unwrap();
    assert!(!std::path::Path::new("/proc").join(pid.trim()).exists());
    assert_reads(&reader, 2).await;
}

#[tokio::test]
async fn a_worker_that_talks_nonsense_is_not_believed() {
    for (script, what) in [
        (
            r"head -c 40 >/dev/null; printf '\000\000\000\003{}x'; exec sleep 1000",
            "no JSON",
        ),
        (
            r"printf '\377\377\377\377'; exec sleep 1000",
            "a frame of 4 GB",
        ),
        (r"exec sleep 1000 >&-", "closed its output and lives on"),
    ] {
        let reader = Reader::new(double(script, PATIENCE));
        let failure = reader.read(&letter(1)).await.unwrap_err();
        assert!(
            matches!(failure, ReadFailure::BadAnswer),
            "{what}: {failure:?}"
        );
    }
    let reader = Reader::new(double("exit 7", PATIENCE));
    let failure = reader.read(&letter(1)).await.unwrap_err();
    assert!(
        matches!(failure, ReadFailure::Died { exit: Some(7), .. }),
        "{failure:?}"
    );
    let reader = Reader::new(Settings {
        program: "/nonexistent/guichet".into(),
        ..settings()
    });
    let failure = reader.read(&letter(1)).await.unwrap_err();
    assert!(
        matches!(failure, ReadFailure::CannotStart(_)),
        "{failure:?}"
    );
}

#[tokio::test]
async fn a_worker_killed_while_idle_is_replaced_without_a_failure() {
    let dir = tempfile::tempdir_in("/tmp").unwrap();
    let pids = dir.path().join("pids");
    let script = format!(
        "echo $$ >>{}; exec {} read-worker",
        pids.display(),
        env!("CARGO_BIN_EXE_guichet")
    );
    let reader = Reader::new(double(&script, PATIENCE));
    for n in 0..5 {
        assert_reads(&reader, n).await;
    }
    let first = std::fs::read_to_string(&pids).unwrap();
    assert_eq!(
        first.lines().count(),
        1,
        "one warm worker reads letter after letter"
    );
    let killed = Command::new("kill")
        .args(["-9", first.trim()])
        .status()
        .unwrap();
    assert!(killed.success());
    while std::path::Path::new("/proc")
        .join(first.trim())
        .join("fd/0")
        .exists()
    {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert_reads(&reader, 6).await;
    assert_eq!(std::fs::read_to_string(&pids).unwrap().lines().count(), 2);
}

#[tokio::test]
async fn after_close_no_worker_is_left_and_no_letter_is_taken() {
    let dir = tempfile::tempdir_in("/tmp").unwrap();
    let pids = dir.path().join("pids");
    let script = format!(
        "echo $$ >>{}; exec {} read-worker",
        pids.display(),
        env!("CARGO_BIN_EXE_guichet")
    );
    let reader = Reader::new(double(&script, PATIENCE));
    assert_reads(&reader, 1).await;
    reader.close().await;
    let pid = std::fs::read_to_string(&pids).unwrap();
    assert!(!std::path::Path::new("/proc").join(pid.trim()).exists());
    assert!(matches!(
        reader.read(&letter(1)).await,
        Err(ReadFailure::Closed)
    ));
}

#[tokio::test]
async fn a_dropped_read_kills_its_worker() {
    let dir = tempfile::tempdir_in("/tmp").unwrap();
    let seen = dir.path().join("seen");
    let reader = Reader::new(double(
        &format!("echo $$ >{}; exec sleep 1000", seen.display()),
        PATIENCE,
    ));
    let mut pid = String::new();
    let raw = letter(1);
    tokio::select! {
        _ = reader.read(&raw) => panic!("sleep does not answer"),
        () = async {
            while !pid.ends_with('\n') {
                tokio::time::sleep(Duration::from_millis(5)).await;
                pid = std::fs::read_to_string(&seen).unwrap_or_default();
            }
        } => {}
    }
    let give_up = Instant::now() + PATIENCE;
    while std::path::Path::new("/proc").join(pid.trim()).exists() {
        assert!(Instant::now() < give_up, "the worker outlives the read");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[test]
fn a_worker_has_its_limits_and_ends_with_its_input() {
    let mut worker = Command::new(env!("CARGO_BIN_EXE_guichet"))
        .arg("read-worker")
        .env_clear()
        .env("GUICHET_READER_MEMORY", MEMORY.to_string())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = worker.stdin.take().unwrap();
    let mut output = worker.stdout.take().unwrap();
    let raw = letter(1);
    input
        .write_all(&u32::try_from(raw.len()).unwrap().to_be_bytes())
        .unwrap();
    input.write_all(&raw).unwrap();
    let mut length = [0; 4];
    output.read_exact(&mut length).unwrap();
    let mut answer = vec![0; u32::from_be_bytes(length) as usize];
    output.read_exact(&mut answer).unwrap();
    assert!(answer.starts_with(b"{\"Ok\":"));

    let proc = format!("/proc/{}", worker.id());
    let limits = std::fs::read_to_string(format!("{proc}/limits")).unwrap();
    let hard = |name: &str| {
        let line = limits.lines().find(|line| line.starts_with(name)).unwrap();
        let columns: Vec<&str> = line[name.len()..].split_whitespace().collect();
        assert_eq!(columns[0], columns[1], "soft and hard of {name}");
        columns[1].parse::<u64>().unwrap()
    };
    assert_eq!(hard("Max address space"), MEMORY);
    assert_eq!(hard("Max core file size"), 0);
    assert_eq!(hard("Max file size"), 0);
    assert!(hard("Max open files") <= 16);
    let status = std::fs::read_to_string(format!("{proc}/status")).unwrap();
    let value = |name: &str| {
        status
            .lines()
            .find_map(|line| line.strip_prefix(name))
            .unwrap()
            .trim()
    };
    assert_eq!(value("NoNewPrivs:"), "1");
    assert_eq!(value("Threads:"), "1");
    let own = value("RssAnon:")
        .split(' ')
        .next()
        .unwrap()
        .parse::<u64>()
        .unwrap();
    println!("a warm worker holds {own} kB of its own");
    assert!(own < 6_000, "a warm worker holds {own} kB of its own");

    drop(input);
    assert!(worker.wait().unwrap().success());
}

#[test]
fn a_letter_cut_short_ends_the_worker_with_an_error() {
    let mut worker = Command::new(env!("CARGO_BIN_EXE_guichet"))
        .arg("read-worker")
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    worker
        .stdin
        .take()
        .unwrap()
        .write_all(&[0, 0, 1, 0, b'F'])
        .unwrap();
    assert_eq!(worker.wait().unwrap().code(), Some(65));
}
