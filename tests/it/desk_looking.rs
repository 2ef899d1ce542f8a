//! What the command line shows, read as an admin reads it: every listing and every page.

use crate::counter::Counter;
use crate::snapshot::assert_snapshot;

/// What several commands print, each under its line.
fn session(counter: &Counter, commands: &[&[&str]]) -> String {
    let mut text = String::new();
    for arguments in commands {
        let output = counter.run(arguments, b"");
        text.push_str(&format!("$ guichet {}\n", arguments.join(" ")));
        text.push_str(&String::from_utf8(output.stdout).unwrap());
        for line in String::from_utf8(output.stderr).unwrap().lines() {
            text.push_str(&format!("! {line}\n"));
        }
        if let Some(code) = output.status.code().filter(|code| *code != 0) {
            text.push_str(&format!("exit code {code}\n"));
        }
        text.push('\n');
    }
    text
}

#[test]
fn tickets_are_listed_and_shown() {
    let counter = Counter::open();
    let commands: &[&[&str]] = &[
        &["ticket", "list"],
        &["ticket", "list", "--all", "--sort", "newest"],
        &[
            "ticket",
            "list",
            "--assignee",
            "nobody",
            "--category",
            "printing",
        ],
        &["ticket", "list", "--subject", "ETAGE"],
        &[
            "ticket",
            "list",
            "--requester",
            "tanaka",
            "--priority",
            "p2",
        ],
        &["ticket", "list", "--all", "--requester", "Rémi"],
        &["ticket", "list", "--status", "contested"],
        &[
            "ticket",
            "list",
            "--since",
            "2000-01-01",
            "--limit",
            "1",
            "--json",
        ],
        &["ticket", "show", "1"],
        &["ticket", "show", "#2"],
        &["ticket", "show", "1", "--json"],
        &["ticket", "show", "99"],
    ];
    assert_snapshot("ticket", &session(&counter, commands));
}

#[test]
fn letters_are_listed_and_shown() {
    let counter = Counter::open();
    let commands: &[&[&str]] = &[
        &["intake", "list"],
        &["intake", "list", "--held"],
        &[
            "intake",
            "list",
            "--disposition",
            "automatic",
            "--rule",
            "l02",
        ],
        &["intake", "list", "--from", "CASTEL", "--json"],
        &["intake", "list", "--ticket", "3"],
        &["intake", "show", "1"],
        &["intake", "show", "2"],
        &["intake", "show", "3"],
        &["intake", "show", "5"],
        &["intake", "show", "1", "--json"],
        &["intake", "attachment", "1"],
        &["intake", "attachment", "1", "1"],
        &["intake", "show", "99"],
    ];
    assert_snapshot("intake", &session(&counter, commands));
}

#[test]
fn what_was_sent_is_listed_and_shown() {
    let counter = Counter::open();
    let commands: &[&[&str]] = &[
        &["outbox", "list"],
        &["outbox", "list", "--notice", "rejection"],
        &["outbox", "list", "--to", "PAUL", "--ticket", "1", "--json"],
        &["outbox", "list", "--state", "failed"],
        &["outbox", "show", "4"],
        &["outbox", "show", "4", "--json"],
        &["outbox", "suspended"],
        &["outbox", "show", "99"],
    ];
    assert_snapshot("outbox", &session(&counter, commands));
}

#[test]
fn the_configuration_in_force_is_shown_with_its_origins() {
    let counter = Counter::empty();
    let shown = session(&counter, &[&["config", "show"], &["config", "check"]]);
    // Sections that tell the kinds of values apart; there are many, and there will be more.
    let told = [
        "# ",
        "$ ",
        "[delivery]",
        "[[mailbox]]",
        "[service]",
        "[[technician]]",
    ];
    let sections = shown.split("\n\n").filter(|section| {
        told.iter().any(|word| section.starts_with(word)) || section.starts_with("guichet.toml")
    });
    let mut text = sections.collect::<Vec<_>>().join("\n\n");
    for entry in counter.objects(&["config", "show", "--json"]) {
        if entry["table"] == "service" {
            text.push_str(&format!("{entry}\n"));
        }
    }
    assert_snapshot("config", &text);
}

#[test]
fn help_teaches_with_examples() {
    let counter = Counter::empty();
    let mut text = String::new();
    for command in [
        "ticket",
        "ticket list",
        "ticket show",
        "ticket reply",
        "ticket set",
        "ticket assign",
        "ticket merge",
        "ticket order",
        "ticket export",
        "intake",
        "intake list",
        "intake retry",
        "outbox",
        "outbox list",
        "outbox retry",
        "outbox cancel",
        "import mbox",
        "config show",
    ] {
        let mut arguments: Vec<&str> = command.split(' ').collect();
        arguments.push("--help");
        let help = counter.good(&arguments);
        let too_long = help.lines().find(|line| line.chars().count() > 100);
        assert_eq!(too_long, None, "{command}");
        text.push_str(&format!("$ guichet {command} --help\n{help}\n"));
    }
    assert_snapshot("help", &text);
}

#[test]
fn a_terminal_gets_tables_and_colours_and_a_pipe_gets_neither() {
    let counter = Counter::open();
    // As wide in every run.
    counter.meddle("UPDATE outbox SET answer = '250 2.0.0 taken and kept'");
    let mut text = String::new();
    for (columns, variables, arguments) in [
        (140, "NO_COLOR=1", "ticket list"),
        (80, "NO_COLOR=1", "ticket list"),
        (140, "NO_COLOR=1", "intake list"),
        (80, "NO_COLOR=1", "intake list"),
        (140, "NO_COLOR=1", "outbox list"),
        (80, "NO_COLOR=1", "outbox list"),
        (80, "NO_COLOR=1", "ticket list --status contested"),
        (140, "", "ticket list"),
        (140, "TERM=dumb", "ticket list --limit 1"),
    ] {
        let shown = counter.on_terminal(columns, variables, arguments);
        let widest = shown.lines().map(|line| line.chars().count()).max();
        let coloured = variables.is_empty();
        assert_eq!(shown.contains('\x1b'), coloured, "{arguments}: {shown}");
        assert!(coloured || widest <= Some(columns.into()), "{shown}");
        text.push_str(&format!(
            "$ {variables} guichet {arguments}  # {columns} columns\n{}\n",
            shown.replace('\x1b', "ESC")
        ));
    }
    assert_snapshot("terminal", &text);
    let piped = counter.run(&["ticket", "list"], b"").stdout;
    assert!(!piped.contains(&0x1b) && !piped.contains(&0xe2));
    let mut forced = counter.command(&["ticket", "list"]);
    let forced = forced.env("CLICOLOR_FORCE", "1").output().unwrap().stdout;
    assert!(forced.contains(&0x1b));
}
