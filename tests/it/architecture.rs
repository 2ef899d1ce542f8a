//! The house keeps its order: who may import whom, what the core may not call, how files are named.
//!
//! The sources are read as text. Comments, strings and character literals are blanked first, so
//! that a link in a comment or a word in a message counts for nothing.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// The way of the mail, as the design has it. `lib.rs` holds some of these, in this order.
const ORDER: [&str; 41] = [
    "cause",
    "crash",
    "message",
    "calendar",
    "ticket",
    "privacy",
    "estimate",
    "token",
    "classify",
    "registry",
    "policy",
    "team",
    "oncall",
    "command",
    "alarm",
    "figures",
    "notice",
    "decide",
    "digest",
    "compose",
    "chart",
    "retry",
    "clock",
    "verbosity",
    "store",
    "key_file",
    "connection",
    "mailbox",
    "shelves",
    "reader",
    "purge",
    "delivery",
    "telemetry",
    "gateway",
    "outbox",
    "timer",
    "monitor",
    "config",
    "daemon",
    "doctor",
    "cli",
];

/// The last room of the core.
const LAST_OF_CORE: &str = "retry";

/// What the core never calls: no file, socket, process, database, clock, chance, environment.
const FORBIDDEN: [&str; 19] = [
    "std::fs",
    "std::net",
    "std::process",
    "std::env",
    "std::thread",
    "fs::read",
    "File::open",
    "rusqlite",
    "tokio::",
    "SystemTime::now",
    "Timestamp::now",
    "Zoned::now",
    "Instant::now",
    "getrandom",
    "rand::",
    "env::var",
    "TimeZone::system",
    "TcpStream",
    "Command::new",
];

/// The step markers read the environment, in builds for tests only.
const MAY_READ_THE_ENVIRONMENT: &str = "crash";

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

/// Every file under a folder, sorted.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

fn sources() -> Vec<PathBuf> {
    let mut sources = files(&root());
    sources.retain(|path| path.extension().is_some_and(|end| end == "rs"));
    assert!(sources.len() > 50, "the sources were not found");
    sources
}

/// The room a file belongs to: `src/message/text.rs` → `message`.
fn room(path: &Path) -> String {
    let inner = path.strip_prefix(root()).unwrap();
    let first = inner.components().next().unwrap().as_os_str();
    Path::new(first)
        .file_stem()
        .unwrap()
        .to_str()
        .unwrap()
        .to_owned()
}

/// The code without comments and without the content of strings; line breaks stay.
fn code(text: &str) -> String {
    let text: Vec<char> = text.chars().collect();
    let mut out = String::new();
    let mut at = 0;
    let is = |at: usize, c: char| text.get(at) == Some(&c);
    while at < text.len() {
        let from = at;
        let word = at > 0 && (text[at - 1].is_alphanumeric() || text[at - 1] == '_');
        if is(at, '/') && is(at + 1, '/') {
            while at < text.len() && !is(at, '\n') {
                at += 1;
            }
        } else if is(at, '/') && is(at + 1, '*') {
            while at < text.len() && !(is(at, '*') && is(at + 1, '/')) {
                at += 1;
            }
            at += 2;
        } else if is(at, 'r')
            && !word
            && (is(at + 1, '"') || is(at + 1, '#') && !text[at + 2].is_alphabetic())
        {
            let marks = text[at + 1..].iter().take_while(|c| **c == '#').count();
            at += 2 + marks;
            while at < text.len() && !(is(at, '"') && (1..=marks).all(|n| is(at + n, '#'))) {
                at += 1;
            }
            at += 1 + marks;
        } else if is(at, '"') {
            at += 1;
            while at < text.len() && !is(at, '"') {
                at += if is(at, '\\') { 2 } else { 1 };
            }
            at += 1;
        } else if is(at, '\'') && is(at + 1, '\\') {
            at += 3;
            while at < text.len() && !is(at, '\'') {
                at += 1;
            }
            at += 1;
        } else if is(at, '\'') && is(at + 2, '\'') {
            at += 3;
        } else {
            out.push(text[at]);
            at += 1;
            continue;
        }
        let end = at.min(text.len());
        out.push(' ');
        out.extend(text[from..end].iter().filter(|c| **c == '\n'));
    }
    out
}

/// The rooms named behind `crate::`, alone or in braces.
fn imports(code: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for part in code.split("crate::").skip(1) {
        let Some(list) = part.strip_prefix('{') else {
            found.insert(name(part));
            continue;
        };
        let mut depth = 0_usize;
        let mut item = String::new();
        for c in list.chars() {
            match c {
                '{' => depth += 1,
                '}' | ',' if depth == 0 => {
                    found.insert(name(item.trim_start()));
                    item.clear();
                    if c == '}' {
                        break;
                    }
                    continue;
                }
                '}' => depth -= 1,
                _ => {}
            }
            item.push(c);
        }
    }
    found.remove("");
    found
}

fn name(text: &str) -> String {
    text.chars()
        .take_while(|c| c.is_alphanumeric() || *c == '_')
        .collect()
}

/// The modules of `lib.rs`, in its order.
fn modules() -> Vec<String> {
    let text = fs::read_to_string(root().join("lib.rs")).unwrap();
    let modules: Vec<String> = code(&text)
        .lines()
        .filter_map(|line| line.trim().strip_prefix("pub mod ")?.strip_suffix(';'))
        .map(str::to_owned)
        .collect();
    assert!(modules.len() > 10, "lib.rs was not understood: {modules:?}");
    modules
}

#[test]
fn comments_and_strings_do_not_count() {
    let text = "use crate::message; // crate::cli\n\
        /* crate::cli */ let a = \"crate::cli \\\" crate::cli\"; let b = r#\"crate::cli \" \"#;\n\
        fn f<'a>(c: &'a str) -> char { '\"' }\n\
        use crate::{policy::{self, Card}, store, decide::x};\n";
    let names: Vec<String> = imports(&code(text)).into_iter().collect();
    assert_eq!(names, ["decide", "message", "policy", "store"]);
    assert_eq!(code(text).lines().count(), 4);
}

#[test]
fn modules_stand_in_the_order_the_mail_travels() {
    let modules = modules();
    let places: Vec<usize> = modules
        .iter()
        .map(|module| {
            ORDER
                .iter()
                .position(|known| known == module)
                .unwrap_or_else(|| panic!("`{module}` has no place in the order of the house"))
        })
        .collect();
    assert!(places.is_sorted(), "{modules:?}");
}

#[test]
fn a_module_imports_only_modules_above_it() {
    let modules = modules();
    let place = |name: &str| modules.iter().position(|module| module == name);
    let mut wrong = Vec::new();
    let mut seen = 0;
    for file in sources() {
        let room = room(&file);
        let Some(own) = place(&room) else {
            assert!(["lib", "main"].contains(&room.as_str()), "{room}");
            continue;
        };
        for import in imports(&code(&fs::read_to_string(&file).unwrap())) {
            seen += 1;
            if place(&import).is_none_or(|other| other > own) {
                wrong.push(format!("{} imports {import}", file.display()));
            }
        }
    }
    assert!(seen > 100, "only {seen} imports were seen");
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn the_core_touches_neither_clock_nor_file_nor_network() {
    let modules = modules();
    let last = modules.iter().position(|m| m == LAST_OF_CORE).unwrap();
    let core = &modules[..=last];
    let mut wrong = Vec::new();
    let mut seen = 0;
    for file in sources() {
        let room = room(&file);
        if !core.contains(&room) || room == MAY_READ_THE_ENVIRONMENT {
            continue;
        }
        seen += 1;
        let code = code(&fs::read_to_string(&file).unwrap());
        for word in FORBIDDEN {
            if code.contains(word) {
                wrong.push(format!("{} uses {word}", file.display()));
            }
        }
    }
    assert!(seen > 30, "only {seen} files of the core were seen");
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn sql_lives_in_the_store() {
    let strangers: Vec<_> = sources()
        .into_iter()
        .filter(|file| room(file) != "store")
        .filter(|file| code(&fs::read_to_string(file).unwrap()).contains("rusqlite"))
        .collect();
    assert!(strangers.is_empty(), "{strangers:?}");
}

#[test]
fn files_are_named_by_nouns_of_the_field() {
    let mut wrong = Vec::new();
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it");
    for file in sources().into_iter().chain(files(&tests)) {
        let stem = file.file_stem().unwrap().to_str().unwrap();
        let drawer = ["util", "helper", "common", "misc", "manager"]
            .iter()
            .any(|word| stem.starts_with(word));
        if drawer || stem == "mod" {
            wrong.push(file);
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn every_file_opens_with_its_page() {
    let bare: Vec<_> = sources()
        .into_iter()
        .filter(|file| !fs::read_to_string(file).unwrap().starts_with("//!"))
        .collect();
    assert!(bare.is_empty(), "{bare:#?}");
}
