//! What commands print, compared with files that people read: `tests/it/snapshots/NAME.txt`.
//!
//! What differs from run to run (moments, hashes, tokens, names of files and folders) is replaced by
//! a word first. Renew them with `GUICHET_BLESS=1` and read the difference.

use std::fs;
use std::path::Path;

use regex::Regex;

/// Compares with the file of that name.
#[track_caller]
pub fn assert_snapshot(name: &str, text: &str) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/snapshots");
    let file = folder.join(name).with_extension("txt");
    let found = steady(text);
    if std::env::var_os("GUICHET_BLESS").is_some() {
        fs::create_dir_all(&folder).unwrap();
        fs::write(&file, &found).unwrap();
        return;
    }
    let expected = fs::read_to_string(&file)
        .unwrap_or_else(|error| panic!("{}: {error}; GUICHET_BLESS=1 makes it", file.display()));
    if expected != found {
        let line = expected
            .lines()
            .zip(found.lines())
            .position(|(old, new)| old != new)
            .unwrap_or_else(|| expected.lines().count().min(found.lines().count()));
        panic!(
            "{} differs from line {} on; GUICHET_BLESS=1 renews it\n--- expected\n{expected}\n--- found\n{found}",
            file.display(),
            line + 1
        );
    }
}

/// The text without what differs from run to run.
pub fn steady(text: &str) -> String {
    const REPLACED: [(&str, &str); 12] = [
        (r"\d{4}-\d\d-\d\d \d\d:\d\d", "YYYY-MM-DD hh:mm"),
        (r#"("\w+_at"):[1-9]\d{8,}"#, "$1:1"),
        (r#"("at"):[1-9]\d{8,}"#, "$1:1"),
        (r"dropped as [\w.]+", "dropped as NAME"),
        (r"\b[0-9a-f]{64}\b", "SHA256"),
        (r"guichet\.(\d+)\.[0-9a-z.]+@", "guichet.$1.TOKEN@"),
        (
            r"\d{9,}\.M\d+P\d+Q\d+R[0-9a-f]+\.[\w.-]+( \d+ \d+)?",
            "NAME",
        ),
        (r"/tmp/[\w./]+/", "/FOLDER/"),
        (r"\b\d\d/\d\d/\d{4}\b( \d\d:\d\d)?", "DD/MM/YYYY"),
        (r"(\w+di|dimanche) \d+(er)?\x{a0}\w+ \d{4}", "JOUR"),
        (r"(table (?:of|du)) \d{4}-\d\d-\d\d", "$1 DAY"),
        (r" in \d+ seconds?", ""),
    ];
    let mut text = text.to_owned();
    for (pattern, word) in REPLACED {
        let pattern = Regex::new(pattern).unwrap();
        text = pattern.replace_all(&text, word).into_owned();
    }
    text
}

#[test]
fn what_differs_from_run_to_run_becomes_a_word() {
    let text =
        "2026-11-23 10:00 \"created_at\":1795494868 dropped as 1.M2P3Q4.guichet guichet.4.ab.cd@x";
    assert_eq!(
        steady(text),
        "YYYY-MM-DD hh:mm \"created_at\":1 dropped as NAME guichet.4.TOKEN@x"
    );
    assert_eq!(steady("\"settled_at\":0 P3 #12"), "\"settled_at\":0 P3 #12");
}
