//! Every letter of the repository, read and in zones.

use std::path::{Path, PathBuf};

use guichet::message::{Text, parse};
use guichet::policy::Letter;
use serde_json::Value;

/// What a verdict needs of a letter.
#[derive(Debug)]
pub struct Post {
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
        posts.extend(files.iter().filter_map(|file| read(file)));
    }
    posts
}

/// What the reader of letters cannot read is held, and never judged.
fn read(file: &Path) -> Option<Post> {
    let message = parse::parse(&std::fs::read(file).unwrap()).ok()?;
    Some(Post {
        from: message.author().map(|author| author.email.clone()),
        subject: message.subject.clone(),
        forwarded: message.forwarded,
        text: message.text,
    })
}

fn labelled() -> Vec<Post> {
    let lines = std::fs::read_to_string(folder("tests/letters/policy.jsonl")).unwrap();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    lines
        .lines()
        .filter(|line| !line.trim().is_empty())
        .map(|line| {
            let value: Value = serde_json::from_str(line).unwrap();
            Post {
                from: Some(text(&value["from"])),
                subject: text(&value["subject"]),
                text: Text {
                    new: text(&value["body"]),
                    ..Text::default()
                },
                forwarded: false,
            }
        })
        .collect()
}

/// Sentences people write, each with its end.
pub fn sentences() -> Vec<String> {
    labelled()
        .iter()
        .flat_map(|post| post.text.new.split_inclusive(['.', '?', '!', '\n']))
        .filter(|sentence| !sentence.trim().is_empty())
        .map(|sentence| format!("{sentence} "))
        .collect()
}
