//! Every letter of the repository, read as the daemon reads it.
//!
//! The letters of `tests/letters` and of the demonstration, and the labelled ones, made into
//! letters; a folder named by `GUICHET_POLICY_EXAMPLES` may hold more (`examples.jsonl`).

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use guichet::message::{Text, parse};
use guichet::policy::Letter;
use serde_json::Value;

/// What a verdict needs of a letter.
#[derive(Debug, Clone)]
pub struct Post {
    /// Where it comes from, for messages.
    pub name: String,
    pub from: Option<String>,
    pub subject: String,
    pub text: Text,
    pub forwarded: bool,
}

impl Post {
    pub fn letter(&self) -> Letter<'_> {
        Letter {
            from: self.from.as_deref(),
            forwarded: self.forwarded,
            ..Letter::new(&self.subject, &self.text)
        }
    }
}

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

pub fn all() -> Vec<Post> {
    let mut posts = labelled();
    for name in ["tests/letters", "deploy/demo"] {
        let mut files: Vec<PathBuf> = std::fs::read_dir(folder(name))
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.extension().is_some_and(|end| end == "eml"))
            .collect();
        files.sort();
        posts.extend(files.iter().filter_map(|file| {
            let name = file.file_name().unwrap().to_string_lossy();
            read(&name, &std::fs::read(file).unwrap())
        }));
    }
    posts
}

/// What the reader of letters cannot read is held, and never judged.
fn read(name: &str, raw: &[u8]) -> Option<Post> {
    let message = parse::parse(raw).ok()?;
    Some(Post {
        name: name.to_owned(),
        from: message.author().map(|author| author.email.clone()),
        subject: message.subject.clone(),
        forwarded: message.forwarded,
        text: message.text,
    })
}

fn labelled() -> Vec<Post> {
    let mut lines = std::fs::read_to_string(folder("tests/letters/policy.jsonl")).unwrap();
    if let Some(folder) = std::env::var_os("GUICHET_POLICY_EXAMPLES") {
        let file = PathBuf::from(folder).join("examples.jsonl");
        lines.push_str(&std::fs::read_to_string(file).unwrap());
    }
    lines
        .lines()
        .filter(|line| !line.trim().is_empty())
        .map(|line| {
            let value: Value = serde_json::from_str(line).unwrap();
            let field = |name: &str| value[name].as_str().unwrap_or_default();
            let mut raw = String::new();
            write!(
                raw,
                "From: <{}>\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{}",
                field("from"),
                field("body").replace('\n', "\r\n"),
            )
            .unwrap();
            Post {
                subject: field("subject").to_owned(),
                ..read(field("id"), raw.as_bytes()).unwrap()
            }
        })
        .collect()
}

/// Sentences people write, each with its end.
#[allow(dead_code, reason = "each user needs another part of it")]
pub fn sentences() -> Vec<String> {
    labelled()
        .iter()
        .flat_map(|post| post.text.new.split_inclusive(['.', '?', '!', '\n']))
        .filter(|sentence| !sentence.trim().is_empty())
        .map(|sentence| format!("{sentence} "))
        .collect()
}
