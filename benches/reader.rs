//! How fast letters are read: parse and classify, without store, network or processes.
//!
//! `cargo bench --bench reader` reads the letters of `tests/corpus` again and again, then letters
//! made large in the ways real ones are, and letters made to hurt; for each row it prints letters
//! and megabytes a second and the slowest single letter. It fails if a letter of the first row is
//! read into nothing. `READER_SECONDS` changes the two seconds a row takes.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    missing_docs,
    reason = "a measurement that cannot go on must stop loudly"
)]

use std::hint::black_box;
use std::path::Path;
use std::time::{Duration, Instant};

use guichet::classify::{Settings, classify};
use guichet::message::parse::parse;

/// A row: its name, and the letters read in turn.
type Row = (&'static str, Vec<Vec<u8>>);

fn main() {
    let seconds = std::env::var("READER_SECONDS")
        .ok()
        .and_then(|value| value.parse().ok())
        .unwrap_or(2);
    let settings = Settings {
        own_addresses: vec!["support@institut.example".to_owned()],
        instance: "bench".to_owned(),
        return_path_always: true,
        ..Settings::default()
    };
    println!(
        "{:<34} {:>10} {:>12} {:>10} {:>12}",
        "letters", "bytes each", "letters/s", "MB/s", "slowest ms"
    );
    for (name, letters) in rows() {
        measure(name, &letters, &settings, Duration::from_secs(seconds));
    }
}

fn measure(name: &str, letters: &[Vec<u8>], settings: &Settings, duration: Duration) {
    let began = Instant::now();
    let (mut count, mut bytes) = (0_u64, 0_u64);
    let mut best = vec![Duration::MAX; letters.len()];
    while began.elapsed() < duration {
        for (letter, best) in letters.iter().zip(&mut best) {
            let start = Instant::now();
            if let Ok(message) = black_box(parse(letter)) {
                black_box(classify(&message, settings));
            }
            // The least of all rounds is the letter's own cost, without the machine's noise.
            *best = start.elapsed().min(*best);
            count += 1;
            bytes += letter.len() as u64;
        }
    }
    let elapsed = began.elapsed().as_secs_f64();
    println!(
        "{name:<34} {:>10} {:>12.0} {:>10.1} {:>12.3}",
        bytes / count,
        count as f64 / elapsed,
        bytes as f64 / elapsed / 1e6,
        best.iter().max().unwrap().as_secs_f64() * 1e3,
    );
}

fn rows() -> Vec<Row> {
    let own = own_letters();
    assert!(own.len() > 40, "tests/corpus is not there");
    let many = |unit: &str, bytes: usize| unit.repeat(bytes / unit.len());
    let plain = |body: &str| {
        format!("From: a@b.fr\nSubject: x\nContent-Type: text/plain; charset=utf-8\n\n{body}")
            .into_bytes()
    };
    let html = |body: &str| {
        format!("From: a@b.fr\nSubject: x\nContent-Type: text/html; charset=utf-8\n\n{body}")
            .into_bytes()
    };
    let paragraph = "Bonjour, l'imprimante du couloir n'imprime plus depuis ce matin, et l'écran\naffiche « bourrage papier ». Pouvez-vous regarder ?\n\n";
    let thread = "Oui.\n\nLe 12/05/2025 à 10:33, Marie Curie <m@b.fr> a écrit :\n> Bonjour,\n> la panne est revenue.\n\n";
    let word = "<p class=MsoNormal style='margin:0cm'><span lang=FR style='font-size:11.0pt'>La panne est revenue&nbsp;: <a href=\"https://x.example/a?b=1&amp;c=2\">ici</a>.<o:p></o:p></span></p>\n";
    vec![
        ("tests/corpus", own),
        ("plain text, 1 MB", vec![plain(&many(paragraph, 1_000_000))]),
        (
            "a thread of quotations, 1 MB",
            vec![plain(&many(thread, 1_000_000))],
        ),
        ("Word HTML, 256 KB", vec![html(&many(word, 256_000))]),
        ("one file, base64, 20 MB", vec![attached(15_000_000)]),
        ("quoted-printable, 5 MB", vec![quoted_printable(5_000_000)]),
        ("nested <div>, 256 KB", vec![html(&many("<div>", 256_000))]),
        ("nothing but '>', 1 MB", vec![plain(&many(">", 1_000_000))]),
        (
            "open attributions, 1 MB",
            vec![plain(&many(
                "a\nLe 12 mai 2025 10:33, x <a@b>\n",
                1_000_000,
            ))],
        ),
        ("encoded words, 200 KB", vec![words(200_000)]),
    ]
}

fn own_letters() -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus");
    let files = |folder: &Path| {
        let entries = std::fs::read_dir(folder).unwrap();
        entries.map(|entry| entry.unwrap().path())
    };
    let mut paths: Vec<_> = files(&folder)
        .filter(|path| path.is_dir())
        .flat_map(|path| files(&path))
        .filter(|path| path.extension().is_some_and(|end| end == "eml"))
        .collect();
    paths.sort();
    paths
        .iter()
        .map(|path| std::fs::read(path).unwrap())
        .collect()
}

fn attached(bytes: usize) -> Vec<u8> {
    let data: Vec<u8> = (0..bytes).map(|at| (at * 31 % 251) as u8).collect();
    let mut raw = b"From: a@b.fr\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\nCi-joint.\n--b\nContent-Type: application/pdf; name=a.pdf\nContent-Transfer-Encoding: base64\n\n".to_vec();
    for line in data_encoding::BASE64.encode(&data).as_bytes().chunks(76) {
        raw.extend_from_slice(line);
        raw.push(b'\n');
    }
    raw.extend_from_slice(b"--b--\n");
    raw
}

fn quoted_printable(bytes: usize) -> Vec<u8> {
    let line = "La panne est r=C3=A9currente, et l'=C3=A9cran reste noir apr=C3=A8s =\n";
    let body = line.repeat(bytes / line.len());
    format!("From: a@b.fr\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: quoted-printable\n\n{body}").into_bytes()
}

fn words(bytes: usize) -> Vec<u8> {
    let word = " =?utf-8?Q?r=C3=A9seau?=\n";
    let value = word.repeat(bytes / word.len());
    format!("From: a@b.fr\nSubject:{value}\nx\n").into_bytes()
}
