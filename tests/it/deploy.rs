//! What is shipped beside the program: the sample configuration, the unit, users and folders.
//!
//! Also every kind of mistake in a configuration, told by the real program: file, line, key, what
//! would do, and exit code 78.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use guichet::config::Config;
use tempfile::TempDir;

fn shipped(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("deploy")
        .join(name)
}

fn sample() -> String {
    fs::read_to_string(shipped("guichet.toml")).unwrap()
}

fn load(text: &str) -> Result<Config, String> {
    Config::from_text(text, Path::new("/etc/guichet/guichet.toml")).map_err(|e| e.to_string())
}

fn guichet(config: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_guichet"))
        .arg("--config")
        .arg(config)
        .args(arguments)
        .env_remove("CREDENTIALS_DIRECTORY")
        .output()
        .unwrap()
}

/// A line such as `#key = value` or `#[table]`: a key that may be left out. Prose has a blank.
fn commented(line: &str) -> Option<&str> {
    line.strip_prefix('#')
        .filter(|rest| rest.starts_with('[') || rest.starts_with(|c: char| c.is_ascii_lowercase()))
}

fn key_of(line: &str) -> Option<&str> {
    let (key, _) = line.split_once(" = ")?;
    key.chars()
        .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
        .then_some(key)
}

#[test]
fn the_sample_loads_as_it_is() {
    let config = load(&sample()).unwrap();
    assert_eq!(config.mailboxes.len(), 1);
    assert_eq!(config.tables.len(), 6);
    assert_eq!(config.store, Path::new("/var/lib/guichet"));
}

#[test]
fn periods_that_contradict_one_another_are_refused() {
    let with = |periods: &str| {
        let text = sample();
        let start = text.find("#[retention]").unwrap();
        load(&format!(
            "{}[retention]\n{periods}\n{}",
            &text[..start],
            &text[start..]
        ))
    };
    let good = with("attachments_months = 6\ntexts_months = 24\nrecords_years = 10").unwrap();
    assert_eq!(good.retention.unwrap().texts, 24);
    assert!(
        load(&sample()).unwrap().retention.is_none(),
        "only the service can decide"
    );
    for (periods, expected) in [
        (
            "attachments_months = 13",
            "`texts_months` to be no less than `attachments_months`",
        ),
        (
            "texts_months = 61",
            "`records_years` to be no less than `texts_months`",
        ),
        ("texts_months = 0", "a whole number from 1 to 600"),
    ] {
        let said = with(periods).unwrap_err();
        assert!(said.contains(expected), "{said}");
    }
}

#[test]
fn the_sample_passes_config_check_where_it_is_installed() {
    let folder = TempDir::new_in("/tmp").unwrap();
    let file = folder.path().join("guichet.toml");
    fs::copy(shipped("guichet.toml"), &file).unwrap();
    fs::create_dir(folder.path().join("tables")).unwrap();
    for entry in fs::read_dir(shipped("tables")).unwrap() {
        let from = entry.unwrap().path();
        let to = folder.path().join("tables").join(from.file_name().unwrap());
        fs::copy(&from, to).unwrap();
    }
    let output = guichet(&file, &["config", "check"]);
    assert!(output.status.success(), "{output:?}");
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(said.contains("is good"), "{said}");
    assert!(said.contains("7 clauses"), "{said}");
    assert!(said.contains("6 tables"), "{said}");
}

/// The keys the program asks for, from its sources: every text handed to a method of `Section`.
fn asked_for() -> BTreeSet<String> {
    let methods = [
        "text",
        "need_text",
        "texts",
        "moment",
        "need_moment",
        "number",
        "boolean",
        "duration",
        "choice",
        "section",
        "need_section",
        "sections",
    ];
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut keys = BTreeSet::new();
    for file in [
        "config.rs",
        "config/answers.rs",
        "config/endpoint.rs",
        "config/hours.rs",
        "config/observation.rs",
        "config/team.rs",
    ] {
        let text = fs::read_to_string(root.join(file)).unwrap();
        for method in methods {
            for part in text.split(&format!(".{method}(")).skip(1) {
                if let Some((key, _)) = part
                    .trim_start()
                    .strip_prefix('"')
                    .and_then(|p| p.split_once('"'))
                {
                    keys.insert(key.to_owned());
                }
            }
        }
        // Those that take the section as an argument.
        for function in [
            "text_or(&mut section, \"",
            "one_path(root.section(\"policy\")?, \"",
            "one_path(root.section(\"templates\")?, \"",
        ] {
            for part in text.split(function).skip(1) {
                keys.insert(part.split('"').next().unwrap().to_owned());
            }
        }
    }
    keys.extend(
        guichet::registry::Table::ALL
            .iter()
            .map(|table| table.as_str().to_owned()),
    );
    keys
}

#[test]
fn every_key_the_program_asks_for_is_in_the_sample() {
    let asked = asked_for();
    // The scan itself has to see keys of every kind.
    for known in [
        "name",
        "own_domains",
        "mailbox",
        "port",
        "poll",
        "idle",
        "kind",
        "done",
        "card",
        "directory",
        "password_command",
        "people",
        "memory_mb",
        "sunday",
        "label_en",
        "openings",
        "expected_closures",
        "all_per_domain_per_hour",
        "answer_unverified",
        "trusted",
    ] {
        assert!(
            asked.contains(known),
            "the scan does not see `{known}`: {asked:?}"
        );
    }
    let sample = sample();
    let mut explained = BTreeSet::new();
    for line in sample.lines() {
        let line = commented(line).unwrap_or(line);
        if let Some(key) = key_of(line) {
            explained.insert(key.to_owned());
        }
        if line.starts_with('[') {
            explained.extend(line.trim_matches(['[', ']']).split('.').map(str::to_owned));
        }
    }
    let missing: Vec<_> = asked.difference(&explained).collect();
    assert!(missing.is_empty(), "not in the sample: {missing:?}");
}

#[test]
fn every_key_of_the_sample_has_its_explanation() {
    let sample = sample();
    let lines: Vec<&str> = sample.lines().collect();
    let mut told = BTreeSet::new();
    for (at, line) in lines.iter().enumerate() {
        let Some(key) = key_of(commented(line).unwrap_or(line)) else {
            continue;
        };
        // A paragraph above it, or above keys that are named together.
        let mut above = at;
        while above > 0 && key_of(commented(lines[above - 1]).unwrap_or(lines[above - 1])).is_some()
        {
            above -= 1;
        }
        let explained = above > 0 && lines[above - 1].starts_with("# ");
        assert!(
            explained || told.contains(key) || lines[above - 1].starts_with("#["),
            "line {}: {line}",
            at + 1
        );
        told.insert(key.to_owned());
    }
    assert!(told.len() > 40, "{told:?}");
}

/// Keys whose default is nothing, or depends on the machine, as the sample says.
const WITHOUT_DEFAULT: [&str; 16] = [
    "phone",
    "emergency",
    "authserv_id",
    "keys_credential",
    "ca_file",
    "password_file",
    "password_env",
    "password_command",
    "exported_on",
    "card",
    "directory",
    "email",
    "ics",
    "score",
    "listen",
    "command",
];

#[test]
fn what_is_commented_out_is_known_and_shows_the_default() {
    let sample = sample();
    let lines: Vec<&str> = sample.lines().collect();
    let shipped = format!("{:?}", load(&sample).unwrap());
    let mut tried = 0;
    let mut in_block = false;
    for (at, line) in lines.iter().enumerate() {
        let Some(bare) = commented(line) else {
            in_block &= !line.is_empty();
            continue;
        };
        in_block |= bare.starts_with('[');
        if in_block {
            continue;
        }
        let key = key_of(bare).unwrap_or_else(|| panic!("line {}: {line}", at + 1));
        let mut changed = lines.clone();
        changed[at] = bare;
        if key.starts_with("password_") {
            let others = changed
                .iter_mut()
                .find(|line| line.starts_with("password_credential"));
            *others.unwrap() = "";
        }
        let config = load(&changed.join("\n")).unwrap_or_else(|e| panic!("{e}"));
        let same = format!("{config:?}") == shipped;
        assert_eq!(
            same,
            !WITHOUT_DEFAULT.contains(&key),
            "line {}: {line}",
            at + 1
        );
        tried += 1;
    }
    assert!(tried > 30, "{tried}");
}

#[test]
fn the_blocks_that_are_commented_out_load() {
    let sample = sample();
    let mut text = String::new();
    let mut in_block = false;
    for line in sample.lines() {
        let bare = commented(line);
        in_block = (in_block && !line.is_empty()) || bare.is_some_and(|bare| bare.starts_with('['));
        text.push_str(if in_block { bare.unwrap_or(line) } else { line });
        text.push('\n');
    }
    let config = load(&text).unwrap();
    assert_eq!(config.mailboxes.len(), 2);
    assert_eq!(config.tables[0].columns["email"], "Courriel");
}

#[test]
fn the_sample_holds_no_secret() {
    for line in sample().lines() {
        let line = commented(line).unwrap_or(line);
        assert!(
            !line.starts_with("password ") && !line.starts_with("password="),
            "{line}"
        );
    }
    let error =
        load(&sample().replace("password_credential = \"imap", "password = \"imap")).unwrap_err();
    assert!(error.contains("password_credential"), "{error}");
}

const GOOD: &str = r#"[service]
name = "Assistance"
address = "support@univ.example"

[store]
directory = "store"

[[mailbox]]
name = "in"
kind = "imap"
host = "imap.univ.example"
user = "support"
password_file = "secret"

[delivery]
kind = "smtp"
host = "smtp.univ.example"

[hours]
monday = ["08:30-12:00"]
"#;

#[test]
fn every_mistake_is_told_with_file_line_and_key() {
    // What is replaced, by what, and what the program says behind the file's name.
    let cases = [
        (
            "name = \"Assistance\"\n",
            "",
            ":1: `service.name`: expected a text in quotes, but found nothing",
        ),
        (
            "name = \"Assistance\"",
            "name = 7",
            ":2: `service.name`: expected a text in quotes, but found 7",
        ),
        (
            "name = \"Assistance\"",
            "name = \"\"",
            ":2: `service.name`: expected a text in quotes, but found an empty text",
        ),
        (
            "\"support@univ.example\"",
            "\"support\"",
            ":3: `service.address`: expected a mail address such as \"support@institut.example\", but found \"support\"",
        ),
        (
            "\n[store]",
            "tag = \"[x]\"\n[store]",
            ":4: `service.tag`: expected at most 32 bytes without brackets and `#`, but found \"[x]\"",
        ),
        (
            "\n[store]",
            "alignment = \"loose\"\n[store]",
            ":4: `service.alignment`: expected \"relaxed\" or \"strict\", but found \"loose\"",
        ),
        (
            "\n[store]",
            "aliases = [\"a b@c.d\"]\n[store]",
            ":4: `service.aliases`: expected mail addresses, but found \"a b@c.d\"",
        ),
        (
            "\n[store]",
            "aliases = \"a@c.d\"\n[store]",
            ":4: `service.aliases`: expected a list of texts, such as [\"a\", \"b\"], but found \"a@c.d\"",
        ),
        (
            "\n[store]",
            "\n[sotre]",
            ":1: `store`: expected a table, but found nothing",
        ),
        (
            "[[mailbox]]",
            "[mailbox]",
            ":8: `mailbox`: expected a list of tables, each under a double bracket, but found a value of type table",
        ),
        (
            "name = \"in\"",
            "name = \"inject\"",
            ":9: `mailbox.name`: expected a name that no other mailbox has, and not `inject`, but found \"inject\"",
        ),
        (
            "kind = \"imap\"",
            "kind = \"pop3\"",
            ":10: `mailbox.kind`: expected one of \"imap\", \"maildir\", but found \"pop3\"",
        ),
        (
            "kind = \"imap\"\n",
            "",
            ":8: `mailbox.kind`: expected one of \"imap\", \"maildir\", but found nothing",
        ),
        (
            "user = \"support\"",
            "usr = \"support\"",
            ":8: `mailbox.user`: expected a text in quotes, but found nothing",
        ),
        (
            "user = \"support\"",
            "user = \"support\"\nport = 70000",
            ":13: `mailbox.port`: expected a whole number from 1 to 65535, but found 70000",
        ),
        (
            "user = \"support\"",
            "user = \"support\"\npoll = \"0s\"",
            ":13: `mailbox.poll`: expected a length of time from 1s to 1d, such as \"90s\", \"5m\", \"24h\" or \"5d\", but found \"0s\"",
        ),
        (
            "user = \"support\"",
            "user = \"support\"\nidle = 1",
            ":13: `mailbox.idle`: expected true or false, but found 1",
        ),
        (
            "user = \"support\"",
            "user = \"support\"\nsecurity = \"plain\"",
            ":11: `mailbox.host`: expected 127.0.0.1, ::1 or localhost, because `security` is \"plain\", but found \"imap.univ.example\"",
        ),
        (
            "password_file = \"secret\"\n",
            "",
            ":8: `mailbox.password_file`: expected one of password_file, password_env, password_credential, password_command, but found nothing",
        ),
        (
            "password_file = \"secret\"",
            "password_file = \"secret\"\npassword_env = \"X\"",
            ":13: `mailbox.password_file`: expected one of password_file, password_env, password_credential, password_command, but found several of them",
        ),
        (
            "password_file = \"secret\"",
            "password_credential = \"../x\"",
            ":13: `mailbox.password_credential`: expected the name of a credential (`LoadCredential=NAME:FILE` in the unit), but found \"../x\"",
        ),
        (
            "password_file = \"secret\"",
            "password_command = []",
            ":13: `mailbox.password_command`: expected a program and its arguments, but found an empty list",
        ),
        (
            "kind = \"smtp\"\n",
            "",
            ":15: `delivery.kind`: expected one of \"smtp\", \"maildir\", but found nothing",
        ),
        (
            "host = \"smtp.univ.example\"\n",
            "host = \"smtp.univ.example\"\nuser = \"x\"\n",
            ":15: `delivery.password_file`: expected one of password_file, password_env, password_credential, password_command, but found nothing",
        ),
        (
            "host = \"smtp.univ.example\"\n",
            "host = \"smtp.univ.example\"\npassword_env = \"X\"\n",
            ":15: `delivery.user`: expected the name to log in with, but found nothing",
        ),
        (
            "host = \"smtp.univ.example\"\n",
            "host = \"smtp.univ.example\"\nconnections = 0\n",
            ":18: `delivery.connections`: expected a whole number from 1 to 32, but found 0",
        ),
        (
            "host = \"smtp.univ.example\"\n",
            "host = \"smtp.univ.example\"\n[answers]\nper_hour = \"many\"\n",
            ":19: `answers.per_hour`: expected a whole number from 1 to 10000000, but found \"many\"",
        ),
        (
            "host = \"smtp.univ.example\"\n",
            "host = \"smtp.univ.example\"\n[tables.people]\nfile = \"p\"\nexported_on = \"yesterday\"\n",
            ":20: `tables.people.exported_on`: expected a date such as \"2026-11-20\", but found \"yesterday\"",
        ),
        (
            "host = \"smtp.univ.example\"\n",
            "host = \"smtp.univ.example\"\n[tables.poeple]\nfile = \"p\"\n",
            ":18: `tables.poeple`: expected one of the keys people, assets, visitors, software, lifecycle, shared_systems, but found a key that is not known",
        ),
        (
            "host = \"smtp.univ.example\"\n",
            "host = \"smtp.univ.example\"\n[log]\nlevel = \"loud\"\n",
            ":19: `log.level`: expected one of \"error\", \"warn\", \"info\", \"debug\", but found \"loud\"",
        ),
        (
            "directory = \"store\"",
            "directory = \"store\"\ndirectory = \"store\"",
            ":7: ",
        ),
        ("[delivery]", "[delivery", ":15: "),
        (
            "[hours]\nmonday = [\"08:30-12:00\"]\n",
            "",
            ": `hours`: expected a table with the hours at which somebody is there, but found nothing",
        ),
        (
            "monday = [\"08:30-12:00\"]",
            "time_zone = \"Europe/Paris\"",
            ":19: `hours.monday`: expected hours on one weekday at least, but found nothing",
        ),
        (
            "\"08:30-12:00\"",
            "\"08:30-12:00\", \"11:00-17:00\"",
            ":20: `hours.monday`: expected ranges that do not overlap, but found \"08:30-12:00\" and \"11:00-17:00\"",
        ),
        (
            "\"08:30-12:00\"",
            "\"12:00-08:30\"",
            ":20: `hours.monday`: expected a range that ends after it begins (one over midnight is written on both days), but found \"12:00-08:30\"",
        ),
        (
            "\"08:30-12:00\"",
            "\"8h30-12h\"",
            ":20: `hours.monday`: expected a range such as \"08:30-12:00\", but found \"8h30-12h\"",
        ),
        (
            "monday =",
            "time_zone = \"Europe/Marseille\"\nmonday =",
            ":20: `hours.time_zone`: expected a time zone by its IANA name, such as \"Europe/Paris\", but found \"Europe/Marseille\"",
        ),
        (
            "monday =",
            "worked_holidays = [\"pentecost\"]\nmonday =",
            ":20: `hours.worked_holidays`: expected some of new_year, good_friday, easter_monday, labour_day, victory_1945, ascension, whit_monday, bastille_day, assumption, all_saints, armistice, christmas, saint_stephen, but found \"pentecost\"",
        ),
        (
            "monday =",
            "lunch = true\nmonday =",
            ":20: `hours.lunch`: expected one of the keys time_zone, monday, tuesday, wednesday, thursday, friday, saturday, sunday, alsace_moselle, worked_holidays, expected_closures, ics, seasons, closures, openings, but found a key that is not known",
        ),
        (
            "monday = [\"08:30-12:00\"]\n",
            "monday = [\"08:30-12:00\"]\n[[hours.closures]]\nfrom = 2026-12-24\nto = 2026-12-20\nlabel = \"x\"\n",
            ":23: `hours.closures.to`: expected an end after the beginning, but found \"2026-12-24\" to \"2026-12-20\"",
        ),
        (
            "monday = [\"08:30-12:00\"]\n",
            "monday = [\"08:30-12:00\"]\n[[hours.closures]]\nfrom = \"Christmas\"\nlabel = \"x\"\n",
            ":22: `hours.closures.from`: expected a date such as 2026-12-24, or with time \"2026-12-24 12:00\", without a zone, but found \"Christmas\"",
        ),
        (
            "monday = [\"08:30-12:00\"]\n",
            "monday = [\"08:30-12:00\"]\n[[hours.closures]]\nfrom = 2026-12-24T12:00:00Z\nlabel = \"x\"\n",
            ":22: `hours.closures.from`: expected a date such as 2026-12-24, or with time \"2026-12-24 12:00\", without a zone, but found \"2026-12-24T12:00:00Z\"",
        ),
        (
            "monday = [\"08:30-12:00\"]\n",
            "monday = [\"08:30-12:00\"]\n[[hours.closures]]\nfrom = 2026-12-24\n",
            ":21: `hours.closures.label`: expected a text in quotes, but found nothing",
        ),
        (
            "monday = [\"08:30-12:00\"]\n",
            "monday = [\"08:30-12:00\"]\n[[hours.openings]]\nfrom = 2026-12-24\n",
            ":21: `hours.openings.hours`: expected the hours of the opening, such as [\"09:00-12:00\"], but found nothing",
        ),
        (
            "monday = [\"08:30-12:00\"]\n",
            "monday = [\"08:30-12:00\"]\n[[hours.seasons]]\nfrom = \"07-12\"\nto = \"08-27\"\n[[hours.seasons]]\nfrom = 2027-08-27\nto = 2027-09-03\n",
            ":25: `hours.seasons.from`: expected a season that shares no day with another, but found that two have 2027-08-27",
        ),
        (
            "monday = [\"08:30-12:00\"]\n",
            "monday = [\"08:30-12:00\"]\n[[hours.seasons]]\nfrom = \"07-12\"\nto = 2027-08-27\n",
            ":22: `hours.seasons.from`: expected both bounds of the season with a year or both without, but found \"07-12\" and \"2027-08-27\"",
        ),
    ];
    let folder = TempDir::new_in("/tmp").unwrap();
    let file = folder.path().join("g.toml");
    fs::write(&file, GOOD).unwrap();
    let output = guichet(&file, &["config", "check"]);
    assert!(output.status.success(), "{output:?}");
    for (from, to, told) in cases {
        let text = GOOD.replacen(from, to, 1);
        assert_ne!(text, GOOD, "{from}");
        fs::write(&file, text).unwrap();
        let output = guichet(&file, &["config", "check"]);
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(78), "{to}: {said}");
        // Without hours, a table to begin with is shown below.
        let said = said.split("\n\n[hours]").next().unwrap();
        let expected = format!("guichet: {}{told}", file.display());
        if told.ends_with(": ") {
            assert!(said.starts_with(&expected), "{to}: {said}");
        } else {
            assert_eq!(said.trim_end(), expected);
        }
        assert!(output.stdout.is_empty(), "{to}");
    }
}

#[test]
fn mistakes_in_what_the_configuration_points_to_are_told_too() {
    let folder = TempDir::new_in("/tmp").unwrap();
    let file = folder.path().join("g.toml");
    fs::create_dir_all(folder.path().join("words/fr")).unwrap();
    fs::write(folder.path().join("card.toml"), "schema = \n").unwrap();
    fs::write(folder.path().join("p.csv"), "email;email\na;b\n").unwrap();
    fs::write(
        folder.path().join("words/fr/acknowledgement.txt"),
        "subject: {{ nothing }}\n---\nx\n",
    )
    .unwrap();
    let cases = [
        ("[policy]\ncard = \"absent.toml\"\n", "absent.toml"),
        ("[policy]\ncard = \"card.toml\"\n", "card.toml"),
        ("[tables.people]\nfile = \"absent.csv\"\n", "absent.csv"),
        ("[tables.people]\nfile = \"p.csv\"\n", "p.csv"),
        ("[templates]\ndirectory = \"words\"\n", "acknowledgement"),
    ];
    for (more, name) in cases {
        fs::write(&file, format!("{GOOD}{more}")).unwrap();
        for command in [["config", "check"].as_slice(), &["run"], &["once"]] {
            let output = guichet(&file, command);
            let said = String::from_utf8(output.stderr).unwrap();
            assert_eq!(output.status.code(), Some(78), "{more} {command:?}: {said}");
            assert!(said.contains(name), "{more} {command:?}: {said}");
        }
    }
    let output = guichet(&folder.path().join("none.toml"), &["config", "check"]);
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(78), "{said}");
    assert!(
        said.contains("none.toml`: name one with --config"),
        "{said}"
    );
}

fn analyze(arguments: &[&str]) -> Output {
    Command::new("systemd-analyze")
        .args(arguments)
        .output()
        .expect("`systemd-analyze` is needed: apt-get install systemd")
}

#[test]
fn the_unit_is_hardened() {
    let unit = shipped("guichet.service");
    let output = analyze(&[
        "security",
        "--offline=true",
        "--threshold=15",
        "--no-pager",
        unit.to_str().unwrap(),
    ]);
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}");
    // The same question about a unit without any protection has to be answered with no.
    let folder = TempDir::new_in("/tmp").unwrap();
    let open = folder.path().join("open.service");
    fs::write(&open, "[Service]\nExecStart=/bin/true\nUser=guichet\n").unwrap();
    let output = analyze(&[
        "security",
        "--offline=true",
        "--threshold=15",
        "--no-pager",
        open.to_str().unwrap(),
    ]);
    assert!(!output.status.success());
}

#[test]
fn the_backups_units_are_hardened_and_understood() {
    let unit = shipped("guichet-backup.service");
    let output = analyze(&[
        "security",
        "--offline=true",
        "--threshold=12",
        "--no-pager",
        unit.to_str().unwrap(),
    ]);
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}");
    let folder = TempDir::new_in("/tmp").unwrap();
    for name in ["guichet-backup.service", "guichet-backup.timer"] {
        let text = fs::read_to_string(shipped(name)).unwrap();
        let here = text.replace("/usr/bin/guichet", env!("CARGO_BIN_EXE_guichet"));
        fs::write(folder.path().join(name), here).unwrap();
    }
    for name in ["guichet-backup.service", "guichet-backup.timer"] {
        let unit = folder.path().join(name);
        let output = analyze(&["verify", "--man=no", unit.to_str().unwrap()]);
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(!said.contains("guichet-backup"), "{said}");
    }
    // Its folders are made before it starts.
    let folders = fs::read_to_string(shipped("tmpfiles.d/guichet.conf")).unwrap();
    assert!(folders.contains("d /var/backups/guichet "), "{folders}");
}

#[test]
fn systemd_understands_every_line_of_the_unit() {
    let folder = TempDir::new_in("/tmp").unwrap();
    let unit = folder.path().join("guichet.service");
    let text = fs::read_to_string(shipped("guichet.service")).unwrap();
    // The one thing that is not here: the program at its place.
    let here = text.replace("/usr/bin/guichet", env!("CARGO_BIN_EXE_guichet"));
    assert_ne!(text, here);
    fs::write(&unit, &here).unwrap();
    let output = analyze(&["verify", "--man=no", unit.to_str().unwrap()]);
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(!said.contains("guichet.service"), "{said}");
    fs::write(&unit, here.replace("WatchdogSec", "WatchDogSec")).unwrap();
    let output = analyze(&["verify", "--man=no", unit.to_str().unwrap()]);
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("WatchDogSec"), "{said}");
}

#[test]
fn the_units_names_are_those_of_the_sample() {
    let unit = fs::read_to_string(shipped("guichet.service")).unwrap();
    let sample = sample();
    for line in sample.lines() {
        if let Some(name) = line.strip_prefix("password_credential = ") {
            let name = name.trim_matches('"');
            assert!(unit.contains(&format!("LoadCredential={name}:")), "{name}");
        }
    }
    assert!(sample.contains("password_credential = "));
    assert!(
        sample.contains("directory = \"/var/lib/guichet\"")
            && unit.contains("StateDirectory=guichet")
    );
    let folders = fs::read_to_string(shipped("tmpfiles.d/guichet.conf")).unwrap();
    assert!(folders.contains("/var/lib/guichet         0700 guichet guichet"));
    let users = fs::read_to_string(shipped("sysusers.d/guichet.conf")).unwrap();
    assert!(users.contains("u guichet ") && unit.contains("User=guichet\n"));
}

#[test]
fn the_workers_may_lock_themselves_in_under_the_unit() {
    let unit = fs::read_to_string(shipped("guichet.service")).unwrap();
    let last = unit
        .lines()
        .rfind(|line| line.starts_with("SystemCallFilter="))
        .unwrap();
    for call in [
        "landlock_create_ruleset",
        "landlock_add_rule",
        "landlock_restrict_self",
    ] {
        assert!(last.contains(call), "{call}");
    }
}

fn readme() -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).unwrap()
}

/// What stands between backticks in a line.
fn quoted(line: &str) -> impl Iterator<Item = &str> {
    line.split('`').skip(1).step_by(2)
}

#[test]
fn every_promise_names_tests_that_exist() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it");
    let readme = readme();
    let (_, promises) = readme.split_once("## What it promises").unwrap();
    let (promises, _) = promises.split_once("\n## ").unwrap();
    let (mut seen, mut missing) = (0, Vec::new());
    for row in promises
        .lines()
        .filter(|line| line.starts_with("| "))
        .skip(1)
    {
        let (_, proof) = row.trim_end_matches(" |").rsplit_once(" | ").unwrap();
        assert!(proof.contains("::"), "a promise without a test: {row}");
        for name in quoted(proof) {
            let (module, test) = name.rsplit_once("::").unwrap();
            let file = folder.join(module.replace("::", "/")).with_extension("rs");
            let text = fs::read_to_string(&file).unwrap_or_default();
            let mut lines = text.lines();
            let found = lines.any(|line| {
                line.trim_start().starts_with(&format!("fn {test}("))
                    || line.trim_start().starts_with(&format!("async fn {test}("))
            });
            if !found {
                missing.push(name.to_owned());
            }
            seen += 1;
        }
    }
    assert!(seen > 20, "{seen}");
    assert!(missing.is_empty(), "{missing:#?}");
}

#[test]
fn every_path_in_the_readme_is_there() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let readme = readme();
    let mut seen = 0;
    for line in readme.lines() {
        let links = line
            .split("](")
            .skip(1)
            .filter_map(|rest| rest.split(')').next());
        let paths = quoted(line).filter(|word| {
            ["src/", "deploy/", "tests/", "templates/"]
                .iter()
                .any(|start| word.starts_with(start))
                && !word.contains(' ')
        });
        for path in links.filter(|link| !link.contains("://")).chain(paths) {
            assert!(root.join(path).exists(), "{path}");
            seen += 1;
        }
    }
    assert!(seen > 20, "{seen}");
}

/// The steps a newcomer copies: the sample and the card in shadow mode, as the README makes them.
#[test]
fn the_card_of_the_first_weeks_refuses_nobody() {
    let folder = TempDir::new_in("/tmp").unwrap();
    let card = fs::read_to_string(shipped("service/assistance.toml")).unwrap();
    let shadow: Vec<&str> = card
        .lines()
        .map(|line| {
            if line.starts_with("mode = \"auto\"") {
                "mode = \"shadow\""
            } else {
                line
            }
        })
        .collect();
    assert!(readme().contains("sed 's/^mode = \"auto\"/mode = \"shadow\"/'"));
    fs::write(folder.path().join("shadow.toml"), shadow.join("\n")).unwrap();
    let letter = folder.path().join("letter.eml");
    fs::copy(shipped("demo/04_bought_outside.eml"), &letter).unwrap();
    let tables = shipped("tables").display().to_string();
    for (more, outcome) in [
        ("", "reject"),
        ("[policy]\ncard = \"shadow.toml\"\n", "accept"),
    ] {
        let file = folder.path().join("g.toml");
        fs::write(&file, format!("{GOOD}{more}")).unwrap();
        let output = guichet(
            &file,
            &[
                "check",
                "--json",
                "--tables",
                &tables,
                letter.to_str().unwrap(),
            ],
        );
        let said = String::from_utf8(output.stdout).unwrap();
        assert!(
            said.contains(&format!("\"outcome\":\"{outcome}\"")),
            "{said}"
        );
    }
}
