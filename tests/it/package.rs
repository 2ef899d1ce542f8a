//! What is installed beside the program: manual pages, completions, guides, licences.
//!
//! The package itself is made, installed, upgraded and purged in a bare system by `tests/package`.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use guichet::command::parse;
use jiff::civil::date;
use serde_json::Value;
use tempfile::TempDir;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn text(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap()
}

fn guichet(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_guichet"))
        .args(arguments)
        .output()
        .unwrap()
}

/// The subcommands that `guichet … --help` lists.
fn subcommands(of: &[&str]) -> Vec<String> {
    let mut arguments = of.to_vec();
    arguments.push("--help");
    let help = String::from_utf8(guichet(&arguments).stdout).unwrap();
    let Some((_, commands)) = help.split_once("Commands:\n") else {
        return Vec::new();
    };
    commands
        .lines()
        .take_while(|line| line.starts_with("  "))
        .filter(|line| !line.starts_with("   "))
        .filter_map(|line| line.split_whitespace().next())
        .filter(|name| *name != "help")
        .map(str::to_owned)
        .collect()
}

/// Every command and subcommand, with the words that lead to it.
fn commands() -> Vec<Vec<String>> {
    let mut found = Vec::new();
    let mut open: Vec<Vec<String>> = vec![Vec::new()];
    while let Some(words) = open.pop() {
        let of: Vec<&str> = words.iter().map(String::as_str).collect();
        for name in subcommands(&of) {
            let mut longer = words.clone();
            longer.push(name);
            open.push(longer.clone());
            found.push(longer);
        }
    }
    found
}

#[test]
fn every_command_has_a_manual_page_and_the_configuration_has_one() {
    let folder = TempDir::new_in("/tmp").unwrap();
    let output = guichet(&["man", folder.path().to_str().unwrap()]);
    assert!(output.status.success(), "{output:?}");
    let commands = commands();
    assert!(commands.len() > 30, "{}", commands.len());
    for words in commands {
        let name = format!("guichet-{}.1", words.join("-"));
        let page = fs::read_to_string(folder.path().join("man1").join(&name))
            .unwrap_or_else(|error| panic!("{name}: {error}"));
        for part in [".TH ", ".SH NAME", ".SH SYNOPSIS", ".SH DESCRIPTION"] {
            assert!(page.contains(part), "{name} lacks {part}");
        }
    }
    let page = fs::read_to_string(folder.path().join("man5/guichet.toml.5")).unwrap();
    let sample = text("deploy/guichet.toml");
    assert_eq!(
        page.lines().skip_while(|line| *line != ".nf").count(),
        sample.lines().count() + 4,
        "every line of the sample, and four of the page's own"
    );
}

#[test]
fn completions_know_every_command_and_the_shell_can_read_them() {
    let script = guichet(&["completions", "bash"]);
    assert!(script.status.success());
    let script = String::from_utf8(script.stdout).unwrap();
    for words in commands() {
        // The name of a function in the script; a hyphen cannot be part of one.
        let name = format!("guichet__subcmd__{}", words.join("__subcmd__"));
        let name = name.replace('-', "__subcmd__");
        assert!(script.contains(&name), "{name}");
    }
    let folder = TempDir::new_in("/tmp").unwrap();
    let file = folder.path().join("guichet");
    fs::write(&file, &script).unwrap();
    let read = Command::new("bash").arg("-n").arg(&file).output().unwrap();
    assert!(read.status.success(), "{read:?}");
    for shell in ["zsh", "fish"] {
        let script = guichet(&["completions", shell]).stdout;
        assert!(script.len() > 10_000, "{shell}: {} bytes", script.len());
    }
}

/// What `[package.metadata.deb]` names is there, or is made by `deploy/package`.
#[test]
fn every_file_of_the_package_is_there_or_is_made() {
    let manifest: toml::Table = text("Cargo.toml").parse().unwrap();
    let deb = &manifest["package"]["metadata"]["deb"];
    let script = text("deploy/package");
    let mut targets = BTreeSet::new();
    for asset in deb["assets"].as_array().unwrap() {
        let from = asset[0].as_str().unwrap();
        targets.insert(asset[1].as_str().unwrap().to_owned());
        if let Some(made) = from.strip_prefix("target/package/") {
            let folder = made.split('/').next().unwrap();
            assert!(script.contains(folder), "{from} is made by nothing");
        } else if let Some(pattern) = from.strip_suffix(".csv").or(from.strip_suffix(".html")) {
            let folder = root().join(pattern).parent().map(PathBuf::from).unwrap();
            assert!(fs::read_dir(folder).unwrap().count() > 3, "{from}");
        } else if !from.starts_with("target/") {
            assert!(root().join(from).exists(), "{from}");
        }
    }
    for file in deb["conf-files"].as_array().unwrap() {
        let file = Path::new(file.as_str().unwrap());
        let folder = file.parent().unwrap().strip_prefix("/").unwrap();
        let folder = format!("{}/", folder.display());
        assert!(targets.contains(&folder), "{folder} is no folder of it");
    }
    let unit = deb["systemd-units"]["unit-scripts"].as_str().unwrap();
    assert!(root().join(unit).join("guichet.service").exists());
}

#[test]
fn every_order_of_the_guides_is_an_order() {
    let mut seen = 0;
    for language in ["fr", "en"] {
        let guide = text(&format!("docs/guides/technicians.{language}.html"));
        let orders = guide
            .split("<code>")
            .skip(1)
            .filter_map(|rest| rest.split("</code>").next())
            .filter(|code| code.starts_with('#'));
        for order in orders {
            let order = order
                .replace("ADRESSE", "anne@univ.example")
                .replace("ADDRESS", "anne@univ.example");
            // A refusal of an on-call window wants its reason, which follows in the guide's words.
            let order = match order.as_str() {
                "#refus" | "#deny" => format!("{order} personne de disponible"),
                _ => order,
            };
            let read = parse(&format!("{order}\nBonjour"), date(2026, 11, 24));
            assert!(read.is_ok(), "{language}: {order}: {read:?}");
            seen += 1;
        }
    }
    assert!(seen > 40, "{seen}");
}

/// `guichet …` in the pages for admins is a command that is there.
#[test]
fn every_command_of_the_pages_exists() {
    let known: BTreeSet<String> = commands().iter().map(|words| words.join(" ")).collect();
    let mut seen = 0;
    let mut pages = vec![root().join("README.md")];
    pages.extend(
        fs::read_dir(root().join("docs"))
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.extension().is_some_and(|end| end == "md")),
    );
    for page in pages {
        let text = fs::read_to_string(&page).unwrap();
        for line in text.lines() {
            let quoted = line.split('`').skip(1).step_by(2);
            for code in quoted.chain(line.starts_with("    ").then_some(line)) {
                let Some(words) = command_words(code) else {
                    continue;
                };
                let first = words.first().cloned().unwrap_or_default();
                let two = words.join(" ");
                let has_parts = known
                    .iter()
                    .any(|name| name.starts_with(&format!("{first} ")));
                let is_known = known.contains(&two) || known.contains(&first) && !has_parts;
                assert!(is_known, "{}: {line}", page.display());
                seen += 1;
            }
        }
    }
    assert!(seen > 30, "{seen}");
}

/// The first two words after `guichet`, without options; nothing if no command is run there.
fn command_words(code: &str) -> Option<Vec<String>> {
    let (before, after) = code.trim().split_once("guichet ")?;
    if !(before.is_empty() || before.ends_with("-u guichet ") || before.ends_with("sudo ")) {
        return None;
    }
    let mut words = Vec::new();
    let mut rest = after.trim_start_matches("guichet ").split_whitespace();
    while let Some(word) = rest.next() {
        match word {
            "--config" | "--file" => drop(rest.next()),
            // `list|show` stands for either.
            _ if word.starts_with(|c: char| c.is_ascii_lowercase()) => {
                words.push(word.split('|').next().unwrap_or_default().to_owned());
            }
            _ => break,
        }
    }
    words.truncate(2);
    // `guichet unix - n n …` is a line of Postfix's own.
    (!words.is_empty() && words != ["unix"]).then_some(words)
}

/// One permissive licence at least for everything that goes into the program.
#[test]
fn every_library_has_a_licence_we_may_pass_on() {
    let allowed: toml::Table = text("deny.toml").parse().unwrap();
    let allowed: BTreeSet<&str> = allowed["licenses"]["allow"]
        .as_array()
        .unwrap()
        .iter()
        .map(|name| name.as_str().unwrap())
        .collect();
    let metadata = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--offline", "--locked"])
        .current_dir(root())
        .output()
        .unwrap();
    assert!(metadata.status.success(), "{metadata:?}");
    let metadata: Value = serde_json::from_slice(&metadata.stdout).unwrap();
    let inside = linked(&metadata);
    assert!(inside.len() > 100);
    let packages = metadata["packages"].as_array().unwrap();
    for package in packages {
        if !inside.contains(package["id"].as_str().unwrap()) {
            continue;
        }
        let licence = package["license"].as_str().unwrap_or_default();
        // `AND` binds closer than `OR`; of what is in brackets each part is an `OR`.
        let may = licence.replace('/', " OR ").split(" AND ").all(|part| {
            part.trim_matches(['(', ')'])
                .split(" OR ")
                .any(|name| allowed.contains(name.trim_matches(['(', ')'])))
        });
        assert!(may, "{}: {licence}", package["name"]);
    }
}

/// What goes into the program or into making it: all but what only tests use.
fn linked(metadata: &Value) -> BTreeSet<String> {
    let nodes = metadata["resolve"]["nodes"].as_array().unwrap();
    let mut open = vec![metadata["resolve"]["root"].as_str().unwrap()];
    let mut found = BTreeSet::new();
    while let Some(id) = open.pop() {
        if !found.insert(id.to_owned()) {
            continue;
        }
        let node = nodes.iter().find(|node| node["id"] == id).unwrap();
        for dependency in node["deps"].as_array().unwrap() {
            let kinds = dependency["dep_kinds"].as_array().unwrap();
            if kinds.iter().any(|kind| kind["kind"] != "dev") {
                open.push(dependency["pkg"].as_str().unwrap());
            }
        }
    }
    found
}
