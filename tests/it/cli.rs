//! The command line as an admin meets it, on a real store that `once` makes from a Maildir.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;

use crate::site::ALWAYS_OPEN;

/// Two requests with a Message-ID each, one out-of-office reply, one letter without a header.
const LETTERS: [&str; 4] = [
    "From: Claire Dumas <claire.dumas@univ.example>\r\nTo: support@univ.example\r\n\
     Return-Path: <claire.dumas@univ.example>\r\n\
     Subject: Le copieur du 3e =?utf-8?q?=C3=A9tage?=\r\nMessage-ID: <one@univ.example>\r\n\
     Date: Mon, 23 Nov 2026 09:00:00 +0100\r\n\r\n\
     Bonjour,\r\n\r\nLe copieur du 3e n'imprime plus depuis ce matin.\r\n",
    "From: Mei Tanaka <mei.tanaka@univ.example>\r\nTo: support@univ.example\r\n\
     Return-Path: <mei.tanaka@univ.example>\r\n\
     Subject: No network in room 214 \x1b[31mred\r\nMessage-ID: <two@univ.example>\r\n\
     Date: Mon, 23 Nov 2026 09:01:00 +0100\r\n\r\n\
     Hello,\r\n\r\nThere is no wired network in my office. I cannot work.\r\n",
    "From: Luc Perrin <luc.perrin@univ.example>\r\nTo: support@univ.example\r\n\
     Return-Path: <>\r\nAuto-Submitted: auto-replied\r\nSubject: Absence\r\n\
     Message-ID: <three@univ.example>\r\n\r\nJe suis absent.\r\n",
    "\u{0}\u{1}\u{2}",
];

struct Site {
    folder: TempDir,
}

impl Site {
    fn new() -> Self {
        let site = Self {
            folder: TempDir::new_in("/tmp").unwrap(),
        };
        for folder in ["in/new", "in/cur", "in/tmp"] {
            fs::create_dir_all(site.path(folder)).unwrap();
        }
        let tables = Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy/tables/people.csv");
        fs::copy(tables, site.path("people.csv")).unwrap();
        let text = r#"
[service]
name = "Assistance"
address = "support@univ.example"
[store]
directory = "store"
[[mailbox]]
name = "in"
kind = "maildir"
path = "in"
[delivery]
kind = "maildir"
path = "out"
[tables.people]
file = "people.csv"
"#;
        fs::write(site.path("g.toml"), format!("{ALWAYS_OPEN}{text}")).unwrap();
        site
    }

    /// A site whose letters were worked through.
    fn worked() -> Self {
        let site = Self::new();
        for (at, letter) in LETTERS.iter().enumerate() {
            fs::write(site.path(&format!("in/new/{at}.eml")), letter).unwrap();
        }
        site.good(&["once"]);
        site
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn run(&self, arguments: &[&str], input: &[u8]) -> Output {
        let mut child = Command::new(env!("CARGO_BIN_EXE_guichet"))
            .args(arguments)
            .env("GUICHET_CONFIG", self.path("g.toml"))
            .env_remove("CREDENTIALS_DIRECTORY")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // A program that does not read its input may be gone already.
        let _ = child.stdin.take().unwrap().write_all(input);
        child.wait_with_output().unwrap()
    }

    /// What a command that has to succeed prints.
    fn good(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments, b"");
        assert!(output.status.success(), "{arguments:?}: {output:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// Exit code and words of a command that has to fail.
    fn bad(&self, arguments: &[&str]) -> (i32, String) {
        let output = self.run(arguments, b"");
        let code = output.status.code().unwrap();
        assert_ne!(code, 0, "{arguments:?}: {output:?}");
        assert!(output.stdout.is_empty(), "{arguments:?}: {output:?}");
        (code, String::from_utf8(output.stderr).unwrap())
    }

    fn objects(&self, arguments: &[&str]) -> Vec<Value> {
        let text = self.good(arguments);
        text.lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }
}

#[test]
fn help_says_in_a_line_what_each_command_is_for() {
    let site = Site::new();
    let help = site.good(&["--help"]);
    for (command, words) in [
        ("demo", "See it work"),
        ("run", "Watch the mailboxes"),
        ("once", "for cron"),
        ("check", "without touching store or network"),
        ("hours", "the closures to come"),
        ("inject", "exits 0 or 75"),
        ("ticket", "Look at tickets"),
        ("intake", "what became of each"),
        ("outbox", "hold it, release it"),
        ("why", "Explain a past decision"),
        ("policy", "Work on the service card"),
        ("config", "Check the configuration"),
    ] {
        let line = help
            .lines()
            .find(|line| line.trim_start().starts_with(&format!("{command} ")))
            .unwrap_or_else(|| panic!("{command}: {help}"));
        assert!(line.contains(words), "{line}");
        let own = site.good(&[command, "--help"]);
        assert!(own.contains("Usage: guichet") && own.len() > 100, "{own}");
    }
    assert!(site.good(&["--version"]).starts_with("guichet "));
    assert!(!help.contains("read-worker"), "{help}");
}

#[test]
fn wrong_usage_is_64_and_says_how_it_goes() {
    let site = Site::new();
    for arguments in [
        ["nonsense"].as_slice(),
        &[],
        &["ticket", "show", "twelve"],
        &["outbox", "list", "--state", "lost"],
        &["check"],
    ] {
        let (code, said) = site.bad(arguments);
        assert_eq!(code, 64, "{arguments:?}: {said}");
        assert!(said.contains("Usage") || said.contains("--help"), "{said}");
    }
    let (_, said) = site.bad(&["outbox", "list", "--state", "lost"]);
    assert!(
        said.contains("pending") && said.contains("cancelled"),
        "{said}"
    );
}

#[test]
fn tickets_are_listed_and_shown() {
    let site = Site::worked();
    let list = site.good(&["ticket", "list"]);
    assert!(
        list.contains("#1") && list.contains("claire.dumas@univ.example"),
        "{list}"
    );
    assert!(
        !list.contains('\x1b'),
        "a subject steers the terminal: {list:?}"
    );
    let tickets = site.objects(&["ticket", "list", "--json"]);
    assert_eq!(tickets.len(), 2);
    let network = tickets
        .iter()
        .find(|ticket| ticket["category"] == "network")
        .unwrap();
    assert_eq!(tickets[0], *network, "the most urgent comes first");
    let number = network["number"].to_string();
    let shown = site.good(&["ticket", "show", &number]);
    assert!(shown.contains(&format!("Ticket #{number}")), "{shown}");
    assert!(shown.contains("There is no wired network"), "{shown}");
    assert!(
        shown.contains("acknowledgement to mei.tanaka@univ.example: sent after 1 attempt ("),
        "{shown}"
    );
    let pages = site.objects(&["ticket", "show", &number, "--json"]);
    assert_eq!(pages[0]["history"][0]["kind"], "request", "{pages:?}");
    assert_eq!(
        site.bad(&["ticket", "show", "99"]),
        (66, "guichet: there is no ticket 99\n".to_owned())
    );
}

#[test]
fn every_letter_is_listed_with_what_became_of_it() {
    let site = Site::worked();
    let letters = site.objects(&["intake", "list", "--json"]);
    let mut found: Vec<&str> = letters
        .iter()
        .map(|l| l["disposition"].as_str().unwrap())
        .collect();
    found.sort_unstable();
    assert_eq!(found, ["automatic", "held", "ticket", "ticket"]);
    assert!(
        letters
            .iter()
            .all(|letter| !letter["reason"].as_str().unwrap().is_empty())
    );
    let held = site.objects(&["intake", "list", "--held", "--json"]);
    assert_eq!(held.len(), 1);
    let list = site.good(&["intake", "list"]);
    assert!(
        list.contains("L01") && list.contains("luc.perrin@univ.example"),
        "{list}"
    );
    assert_eq!(
        site.objects(&["intake", "list", "--json", "--limit", "1"])
            .len(),
        1
    );
    let mut raws: Vec<Vec<u8>> = letters
        .iter()
        .map(|letter| {
            site.run(&["intake", "raw", &letter["id"].to_string()], b"")
                .stdout
        })
        .collect();
    let mut sent: Vec<Vec<u8>> = LETTERS
        .iter()
        .map(|letter| letter.as_bytes().to_vec())
        .collect();
    raws.sort_unstable();
    sent.sort_unstable();
    assert_eq!(raws, sent, "raw letters come back byte for byte");
    assert_eq!(
        site.bad(&["intake", "raw", "99"]),
        (66, "guichet: there is no letter 99\n".to_owned())
    );
}

#[test]
fn the_outbox_is_held_and_released() {
    let site = Site::new();
    fs::write(site.path("in/new/1"), LETTERS[0]).unwrap();
    site.good(&["once"]);
    assert_eq!(fs::read_dir(site.path("out/new")).unwrap().count(), 1);
    site.good(&["outbox", "hold", "--why", "the mail server moves"]);
    fs::write(site.path("in/new/2"), LETTERS[1]).unwrap();
    site.good(&["once"]);
    assert_eq!(
        fs::read_dir(site.path("out/new")).unwrap().count(),
        1,
        "nothing is sent"
    );
    let list = site.run(&["outbox", "list"], b"");
    let said = String::from_utf8(list.stderr).unwrap();
    assert!(
        said.starts_with("guichet: HELD: the mail server moves."),
        "{said}"
    );
    assert_eq!(
        site.objects(&["outbox", "list", "--state", "pending", "--json"])
            .len(),
        1
    );
    let failed = site.run(&["outbox", "list", "--state", "failed"], b"");
    assert!(failed.stdout.is_empty(), "{failed:?}");
    let said = String::from_utf8(failed.stderr).unwrap();
    assert!(
        said.ends_with("Nothing in the outbox is failed.\n"),
        "{said}"
    );
    site.good(&["outbox", "release"]);
    site.good(&["once"]);
    assert_eq!(fs::read_dir(site.path("out/new")).unwrap().count(), 2);
    let rows = site.objects(&["outbox", "list", "--json"]);
    assert!(rows.iter().all(|row| row["state"] == "sent"), "{rows:?}");
    let shown = site.good(&["outbox", "raw", &rows[0]["id"].to_string()]);
    assert!(
        shown.contains("Auto-Submitted: auto-replied\r\n"),
        "{shown}"
    );
    assert_eq!(
        site.bad(&["outbox", "show", "99"]),
        (66, "guichet: there is no row 99 in the outbox\n".to_owned())
    );
}

#[test]
fn why_explains_by_number_and_by_message_id() {
    let site = Site::worked();
    let by_id = site.good(&["why", "<two@univ.example>"]);
    assert!(by_id.contains("disposition   ticket"), "{by_id}");
    assert!(by_id.contains("rules of card"), "{by_id}");
    assert!(
        by_id
            .lines()
            .any(|line| line.trim_start().starts_with("E1 ") && line.contains("lacks")),
        "{by_id}"
    );
    assert!(by_id.contains("sender.known"), "{by_id}");
    let number = site
        .objects(&["ticket", "list", "--json"])
        .iter()
        .find(|ticket| ticket["category"] == "network")
        .unwrap()["number"]
        .to_string();
    assert_eq!(site.good(&["why", &number]), by_id);
    assert_eq!(site.good(&["why", &format!("#{number}")]), by_id);
    let stored = site.objects(&["why", &number, "--json"]);
    assert_eq!(stored[0]["verdict"]["category"], "network");
    let automatic = site.good(&["why", "three@univ.example"]);
    assert!(
        automatic.contains("L01") && !automatic.contains("verdict"),
        "{automatic}"
    );
    assert_eq!(site.bad(&["why", "77"]).0, 66);
    assert_eq!(
        site.bad(&["why", "<nobody@nowhere>"]),
        (
            66,
            "guichet: there is no letter with the Message-ID `nobody@nowhere`\n".to_owned()
        )
    );
}

#[test]
fn looking_before_the_first_run_says_what_is_missing() {
    let site = Site::new();
    for arguments in [
        ["ticket", "list"],
        ["intake", "list"],
        ["outbox", "list"],
        ["why", "1"],
    ] {
        let (code, said) = site.bad(&arguments);
        assert_eq!(code, 66, "{said}");
        assert!(said.contains("there is no store yet"), "{said}");
    }
    let output = Command::new(env!("CARGO_BIN_EXE_guichet"))
        .args(["--config", "/nonexistent/g.toml", "ticket", "list"])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(78));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(
        said.contains("name one with --config") && said.contains("guichet demo"),
        "{said}"
    );
}

#[test]
fn a_configuration_with_credentials_serves_commands_outside_the_unit() {
    let site = Site::worked();
    let text = fs::read_to_string(site.path("g.toml")).unwrap();
    let imap = "[[mailbox]]\nname = \"far\"\nkind = \"imap\"\nhost = \"127.0.0.1\"\nport = 1\nuser = \"u\"\npassword_credential = \"imap-password\"\n[delivery]";
    fs::write(site.path("g.toml"), text.replace("[delivery]", imap)).unwrap();
    assert_eq!(site.objects(&["ticket", "list", "--json"]).len(), 2);
    assert_eq!(
        site.run(&["inject"], LETTERS[0].as_bytes()).status.code(),
        Some(0)
    );
    assert!(site.good(&["config", "check"]).contains("2 mailboxes"));
    // Work goes on in the mailbox that is there, and the exit code says that one was not.
    let output = site.run(&["once"], b"");
    assert_eq!(output.status.code(), Some(69), "{output:?}");
    assert_eq!(site.objects(&["intake", "list", "--json"]).len(), 5);
}

#[test]
fn check_explains_letters_with_every_field() {
    let site = Site::new();
    let mut arguments = vec!["check", "--json", "--now", "2026-11-23T09:00:00Z"];
    let files: Vec<String> = LETTERS
        .iter()
        .enumerate()
        .map(|(at, letter)| {
            let file = site.path(&format!("{at}.eml"));
            fs::write(&file, letter).unwrap();
            file.display().to_string()
        })
        .collect();
    arguments.extend(files.iter().map(String::as_str));
    let reports = site.objects(&arguments);
    assert_eq!(reports.len(), LETTERS.len());
    for (report, file) in reports.iter().zip(&files) {
        assert_eq!(report["file"], **file);
        for field in [
            "kind",
            "answerable",
            "loop_rule",
            "language",
            "from",
            "subject",
            "text",
            "quoted",
            "signature",
            "attachments",
            "outcome",
            "reserve",
            "clause",
            "category",
            "criticality",
            "mutualisation",
            "priority",
            "evidence",
            "notices",
            "micros",
        ] {
            assert!(report.get(field).is_some(), "{field}: {report}");
        }
        assert!(report["micros"].as_u64().unwrap() > 0);
    }
    let [copier, network, away, damaged] = reports.as_slice() else {
        panic!("{reports:?}");
    };
    assert_eq!(copier["kind"], "request");
    assert_eq!(copier["language"], "fr");
    assert_eq!(copier["subject"], "Le copieur du 3e étage");
    assert_eq!(copier["from"], "claire.dumas@univ.example");
    assert_eq!(copier["outcome"], "accept");
    assert_eq!(copier["category"], "printing");
    assert_eq!(copier["notices"], serde_json::json!(["acknowledgement"]));
    assert_eq!(network["language"], "en");
    assert_eq!(network["priority"], "P2");
    assert_eq!(away["kind"], "automatic");
    assert_eq!(away["answerable"], false);
    assert_eq!(away["outcome"], Value::Null);
    assert_eq!(away["notices"], serde_json::json!([]));
    assert_eq!(damaged["kind"], "held");
    assert!(!site.path("store").exists(), "check makes no store");
    let same = site.objects(&arguments);
    assert_eq!(same[0]["trace_hash"], copier["trace_hash"]);
    let words = site.good(&["check", &files[0]]);
    assert!(words.contains("queue     P4, printing"), "{words}");
    let (code, said) = site.bad(&["check", "/nonexistent.eml"]);
    assert_eq!(code, 66, "{said}");
}

#[test]
fn check_reads_attachments_and_zones() {
    let site = Site::new();
    let letters = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus");
    let attached = letters.join("attachment/copier_without_text.eml");
    let reply = letters.join("reply/outlook_french_header_block.eml");
    let bounce = letters.join("bounce/postfix_failed.eml");
    let reports = site.objects(&[
        "check",
        "--json",
        attached.to_str().unwrap(),
        reply.to_str().unwrap(),
        bounce.to_str().unwrap(),
    ]);
    let attachment = &reports[0]["attachments"][0];
    assert_eq!(
        attachment["sha256"].as_str().unwrap().len(),
        64,
        "{attachment}"
    );
    assert!(attachment["size"].as_u64().unwrap() > 0 && attachment["media_type"].is_string());
    assert!(
        !reports[1]["quoted"].as_str().unwrap().is_empty(),
        "{}",
        reports[1]
    );
    assert_eq!(reports[2]["kind"], "bounce");
    assert!(reports[2]["loop_rule"].as_str().unwrap().starts_with('L'));
}

#[test]
fn an_injected_letter_is_durable_before_the_exit_and_decided_at_the_next_look() {
    let site = Site::new();
    let output = site.run(&["inject"], LETTERS[0].as_bytes());
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert!(
        output.stdout.is_empty() && output.stderr.is_empty(),
        "{output:?}"
    );
    let waiting: Vec<_> = fs::read_dir(site.path("store/inject/new"))
        .unwrap()
        .collect();
    assert_eq!(waiting.len(), 1);
    assert_eq!(
        fs::read(waiting[0].as_ref().unwrap().path()).unwrap(),
        LETTERS[0].as_bytes()
    );
    site.good(&["once"]);
    let letters = site.objects(&["intake", "list", "--json"]);
    assert_eq!(letters[0]["mailbox"], "inject");
    assert_eq!(letters[0]["disposition"], "ticket");
}

#[test]
fn what_cannot_be_injected_stays_with_the_mail_server() {
    let site = Site::new();
    let refused = |site: &Site, input: &[u8], words: &str| {
        let output = site.run(&["inject"], input);
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(75), "{said}");
        assert!(said.contains(words), "{said}");
    };
    refused(&site, b"", "expected a letter on standard input");
    // A file lies where the folder has to be: nothing can be written, not even by root.
    fs::create_dir(site.path("store")).unwrap();
    fs::write(site.path("store/inject"), "in the way").unwrap();
    refused(&site, LETTERS[0].as_bytes(), "store/inject`: ");
    fs::write(site.path("g.toml"), "[service\n").unwrap();
    refused(&site, LETTERS[0].as_bytes(), "g.toml:1");
    fs::remove_file(site.path("g.toml")).unwrap();
    refused(&site, LETTERS[0].as_bytes(), "there is no configuration");
}

#[test]
fn a_folder_that_may_not_be_written_refuses_for_the_moment() {
    use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
    let site = Site::new();
    fs::create_dir_all(site.path("store/inject")).unwrap();
    if fs::metadata(site.path("store")).unwrap().uid() == 0 {
        // Permissions do not bind root; a file system without room for a folder does: /proc.
        let text = fs::read_to_string(site.path("g.toml")).unwrap();
        let text = text.replace("directory = \"store\"", "directory = \"/proc/guichet\"");
        fs::write(site.path("g.toml"), text).unwrap();
    } else {
        let closed = fs::Permissions::from_mode(0o500);
        fs::set_permissions(site.path("store/inject"), closed).unwrap();
    }
    let output = site.run(&["inject"], LETTERS[0].as_bytes());
    assert_eq!(output.status.code(), Some(75), "{output:?}");
    assert!(!output.stderr.is_empty());
}

#[test]
fn why_tells_what_a_clause_in_shadow_would_have_done() {
    let site = Site::new();
    let deploy = Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy");
    let card = fs::read_to_string(deploy.join("service/assistance.toml")).unwrap();
    let card = card.replace("\nmode = \"auto\"", "\nmode = \"shadow\"");
    fs::write(site.path("card.toml"), card).unwrap();
    let text = fs::read_to_string(site.path("g.toml")).unwrap();
    let assets = deploy.join("tables/assets.csv");
    let more = format!(
        "[tables.assets]\nfile = \"{}\"\n[policy]\ncard = \"card.toml\"\n",
        assets.display()
    );
    fs::write(site.path("g.toml"), text + &more).unwrap();
    fs::copy(
        deploy.join("demo/04_bought_outside.eml"),
        site.path("in/new/1"),
    )
    .unwrap();
    site.good(&["once"]);
    let why = site.good(&["why", "1"]);
    assert!(why.contains("verdict       accept"), "{why}");
    assert!(
        why.contains("E1  in shadow: it would have been reject"),
        "{why}"
    );
}

#[test]
fn only_our_own_border_server_is_believed_about_a_sender() {
    let site = Site::new();
    let deploy = Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy");
    let letter = fs::read(deploy.join("demo/04_bought_outside.eml")).unwrap();
    let field = b"Authentication-Results: mx.univ.example; dmarc=fail header.from=univ.example\r\n";
    let file = site.path("forged.eml");
    fs::write(&file, [field.as_slice(), &letter].concat()).unwrap();
    let tables = deploy.join("tables").display().to_string();
    let arguments = [
        "check",
        "--json",
        "--tables",
        &tables,
        file.to_str().unwrap(),
    ];
    let text = fs::read_to_string(site.path("g.toml")).unwrap();
    let believed = |id: &str| {
        let text = text.replace("[store]", &format!("{id}\n[store]"));
        fs::write(site.path("g.toml"), text).unwrap();
        site.objects(&arguments)[0]["outcome"].clone()
    };
    assert_eq!(believed(""), "reject");
    assert_eq!(believed("authserv_id = \"mx.elsewhere.example\""), "reject");
    assert_ne!(believed("authserv_id = \"mx.univ.example\""), "reject");
}
