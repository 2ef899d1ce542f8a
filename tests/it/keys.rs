//! The key file and `guichet keys`: made once, for its owner alone, replaced whole or not at all.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use guichet::key_file::{KeyFile, KeyFileError, NAME};
use guichet::token::{KeyError, KeyRing};
use jiff::{SignedDuration, Timestamp};

use crate::site::{Site, TO_FOLDER};

fn folder() -> tempfile::TempDir {
    tempfile::tempdir_in("/tmp").unwrap()
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o7777
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

fn now() -> Timestamp {
    "2026-12-01T10:00:00Z".parse().unwrap()
}

#[test]
fn the_first_key_is_made_once_and_for_its_owner_alone() {
    let folder = folder();
    let file = KeyFile::in_store(folder.path());
    assert!(matches!(file.load(), Err(KeyFileError::Missing { .. })));
    let made = file.load_or_create(now()).unwrap();
    assert_eq!(file.path(), folder.path().join(NAME));
    assert_eq!(mode(file.path()), 0o600);
    assert_eq!(file.load().unwrap(), made);
    assert_eq!(file.load_or_create(now()).unwrap(), made);
    // Another installation has other keys.
    let other = self::folder();
    let other = KeyFile::in_store(other.path()).load_or_create(now());
    assert_ne!(other.unwrap(), made);
    assert_eq!(
        fs::read_dir(folder.path()).unwrap().count(),
        1,
        "nothing else"
    );
}

#[test]
fn processes_that_start_together_get_the_same_key() {
    let folder = folder();
    let file = KeyFile::in_store(folder.path());
    let made: Vec<KeyRing> = std::thread::scope(|scope| {
        let starts: Vec<_> = (0..8)
            .map(|_| scope.spawn(|| file.load_or_create(now()).unwrap()))
            .collect();
        starts
            .into_iter()
            .map(|start| start.join().unwrap())
            .collect()
    });
    assert!(made.iter().all(|keys| *keys == made[0]));
}

#[test]
fn a_file_that_others_may_read_is_refused() {
    let folder = folder();
    let file = KeyFile::in_store(folder.path());
    let made = file.load_or_create(now()).unwrap();
    for open in [0o640, 0o604, 0o660, 0o620, 0o601, 0o644] {
        set_mode(file.path(), open);
        match file.load() {
            Err(KeyFileError::Exposed { mode, .. }) => assert_eq!(mode, open),
            other => panic!("{open:o}: {other:?}"),
        }
        let rotated = file.change(|_, secret| KeyRing::first(secret, now()));
        assert!(matches!(rotated, Err(KeyFileError::Exposed { .. })));
        assert!(matches!(
            file.load_or_create(now()),
            Err(KeyFileError::Exposed { .. })
        ));
    }
    for closed in [0o600, 0o400] {
        set_mode(file.path(), closed);
        assert_eq!(file.load().unwrap(), made);
    }
    // systemd gives its user a credential by a list that shows as the group's bits.
    let credential = KeyFile::Credential(file.path().to_owned());
    set_mode(file.path(), 0o440);
    assert_eq!(credential.load().unwrap(), made);
    assert!(matches!(
        credential.change(|_, secret| KeyRing::first(secret, now())),
        Err(KeyFileError::ReadOnly)
    ));
    set_mode(file.path(), 0o444);
    assert!(matches!(
        credential.load(),
        Err(KeyFileError::Exposed { .. })
    ));
    let missing = KeyFile::Credential(folder.path().join("none"));
    assert!(matches!(
        missing.load_or_create(now()),
        Err(KeyFileError::Missing { .. })
    ));
}

#[test]
fn a_change_that_fails_leaves_the_file_as_it_was() {
    let folder = folder();
    let file = KeyFile::in_store(folder.path());
    file.load_or_create(now()).unwrap();
    let before = fs::read(file.path()).unwrap();
    let refused = file.change(|_, _| Err(KeyError::Unknown { id: 9 }));
    assert!(matches!(refused, Err(KeyFileError::Key(_))));
    assert_eq!(fs::read(file.path()).unwrap(), before);
    // What an interrupted change left is no obstacle, whatever its mode.
    let left = folder.path().join("token-keys.new");
    fs::write(&left, "half").unwrap();
    let keep = SignedDuration::from_hours(1);
    let rotated = file.change(|old, secret| old.unwrap().rotate(secret, now(), keep));
    assert_eq!(file.load().unwrap(), rotated.unwrap());
    assert_eq!(mode(file.path()), 0o600);
    assert!(!left.exists());
    // A folder in the way of the new file: an error, and the old keys.
    let before = fs::read(file.path()).unwrap();
    fs::create_dir(&left).unwrap();
    let refused = file.change(|old, _| old.unwrap().revoke(1, now()));
    assert!(
        matches!(refused, Err(KeyFileError::Write { .. })),
        "{refused:?}"
    );
    assert_eq!(fs::read(file.path()).unwrap(), before);
}

#[test]
fn what_is_no_key_file_is_told_without_its_content() {
    let folder = folder();
    let file = KeyFile::in_store(folder.path());
    let made = file.load_or_create(now()).unwrap();
    let told = |text: &str| {
        fs::write(file.path(), text).unwrap();
        let error = file.load().unwrap_err();
        let cause = std::error::Error::source(&error).map(ToString::to_string);
        format!("{error}: {}", cause.unwrap_or_default())
    };
    let secret = made
        .expose_text()
        .split(' ')
        .next_back()
        .unwrap()
        .trim()
        .to_owned();
    let damaged = made.expose_text().replace("signs", "sings");
    let text = told(&damaged);
    assert!(
        text.contains("is damaged: line 3: expected `ID CREATED signs"),
        "{text}"
    );
    assert!(!text.contains(&secret[..8]), "{text}");
    assert!(told("").contains("expected the line `guichet-token-keys 1`"));
    fs::write(file.path(), [0xFF, 0xFE]).unwrap();
    assert!(matches!(file.load(), Err(KeyFileError::Read { .. })));
    let large = fs::File::options().write(true).open(file.path()).unwrap();
    large.set_len(1024 * 1024 + 1).unwrap();
    assert!(matches!(file.load(), Err(KeyFileError::Shape { .. })));
    fs::remove_file(file.path()).unwrap();
    fs::create_dir(file.path()).unwrap();
    assert!(matches!(file.load(), Err(KeyFileError::Shape { .. })));
}

#[test]
fn an_admin_looks_at_keys_and_replaces_them_without_seeing_one() {
    let site = Site::new(TO_FOLDER);
    let missing = site.guichet(&["keys", "show"]);
    assert_eq!(missing.status.code(), Some(66), "{missing:?}");
    fs::create_dir(site.path("store")).unwrap();
    let mut shown = String::new();
    let mut run = |arguments: &[&str], code: i32| {
        let output = site.guichet(arguments);
        assert_eq!(output.status.code(), Some(code), "{arguments:?} {output:?}");
        let text =
            String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap();
        shown.push_str(&text);
        text
    };
    let first = run(&["keys", "rotate"], 0);
    assert!(
        first.contains("signs") && !first.contains("accepted"),
        "{first}"
    );
    let file = site.path("store/token-keys");
    assert_eq!(mode(&file), 0o600);
    let second = run(&["keys", "rotate", "--keep", "30"], 0);
    assert!(second.contains("accepted until"), "{second}");
    let held = fs::read_to_string(&file).unwrap();
    let third = run(&["keys", "rotate"], 64);
    assert!(third.contains("key 1 is still accepted until"), "{third}");
    assert!(run(&["keys", "revoke", "2"], 64).contains("rotate first"));
    assert!(run(&["keys", "revoke", "7"], 64).contains("there is no key 7"));
    assert!(run(&["keys", "revoke", "1"], 0).contains("ended"));
    assert!(run(&["keys", "revoke", "1"], 64).contains("ended already"));
    let lines = run(&["keys", "show", "--json"], 0);
    let keys: Vec<serde_json::Value> = lines
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(keys.len(), 2);
    assert_eq!(
        (&keys[0]["id"], &keys[0]["state"]),
        (&1.into(), &"ended".into())
    );
    assert_eq!(
        (&keys[1]["id"], &keys[1]["state"]),
        (&2.into(), &"signs".into())
    );
    // A credential is changed at its source.
    let text = fs::read_to_string(site.path("guichet.toml")).unwrap();
    let credential = text.clone() + "[tokens]\nkeys_credential = \"token-keys\"\n";
    fs::write(site.path("guichet.toml"), credential).unwrap();
    assert!(run(&["keys", "rotate"], 64).contains("--file FILE"));
    let source = file.to_str().unwrap();
    assert!(run(&["keys", "--file", source, "rotate"], 0).contains("accepted until"));
    let held = held + &fs::read_to_string(&file).unwrap();
    let secrets: Vec<&str> = held
        .split_whitespace()
        .filter(|word| word.len() == 64)
        .collect();
    assert!(secrets.len() >= 4, "{}", secrets.len());
    for secret in secrets {
        assert!(!shown.contains(&secret[..8]));
    }
}
