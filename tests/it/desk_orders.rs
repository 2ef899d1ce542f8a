//! Orders given at the command line: the same as by mail, refused in words, beside a running service
//! and without one.

use std::process::{Command, Output};

use jiff::{SignedDuration, Timestamp};

use crate::counter::Counter;
use crate::gateway_process;
use crate::office::{Mail, Office, letter, reply, to};
use crate::snapshot::{assert_snapshot, steady};

const CLAIRE: &str = "Claire Dumas <claire@univ.example>";
const PAUL: &str = "Paul Martin <paul@univ.example>";

/// A service with two tickets of Claire's, and what went out about them.
fn office() -> (Office, Vec<Mail>) {
    let office = Office::new();
    // The command line lives in the present, wherever the service's clock stands.
    let ahead = Timestamp::now().duration_since(office.now());
    office.pass(ahead.max(SignedDuration::ZERO));
    for subject in ["Imprimante du 3e", "Copieur du rez-de-chaussée"] {
        let text = format!("Bonjour,\n{subject} : plus rien ne sort.\nMerci");
        office.post(&letter(CLAIRE, subject, &text));
    }
    let mails = office.deliver();
    (office, mails)
}

/// Runs the program beside the service.
fn guichet(office: &Office, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_guichet"))
        .arg("--config")
        .arg(office.config())
        .args(arguments)
        .env("LOGNAME", "claire")
        .env_remove("SUDO_USER")
        .output()
        .unwrap()
}

/// What became of ticket 1 since: state, history, letters.
fn since(office: &Office, entries: usize) -> (Vec<String>, Vec<String>, Vec<String>) {
    let tickets = office.texts(
        "SELECT number || ' ' || status || ' ' || priority || ' ' || category || ' ' || assignee
           || ' ' || requester || ' ' || outcome || ' ' || clause || ' ' || coalesce(merged_into, '')
         FROM ticket ORDER BY number",
    );
    let history = office.texts(&format!(
        "SELECT ticket || ' ' || kind || ' ' || author || ': ' || text FROM entry
         ORDER BY id LIMIT -1 OFFSET {entries}"
    ));
    let mut letters: Vec<String> = office
        .deliver_all()
        .into_iter()
        // Who sits at the command line reads the outcome there.
        .filter(|mail| mail.kind != "transcript")
        .map(|mail| {
            let body = steady(&mail.body);
            format!("{} to {}: {}\n{body}", mail.kind, mail.to, mail.subject)
        })
        .collect();
    letters.sort();
    (tickets, history, letters)
}

#[test]
fn an_order_at_the_command_line_is_the_same_as_by_mail() {
    let cases: [(&str, &[&str]); 9] = [
        ("#prendre", &["order", "1", "#prendre"]),
        ("#assign zoe", &["assign", "1", "zoe"]),
        (
            "#priority P1\n#category network",
            &["set", "1", "--priority", "p1", "--category", "network"],
        ),
        (
            "#resolve\nLe toner est changé.",
            &["reply", "1", "-m", "Le toner est changé.", "--resolve"],
        ),
        ("#close", &["close", "1"]),
        (
            "Quel modèle est-ce ?",
            &["reply", "1", "-m", "Quel modèle est-ce ?"],
        ),
        (
            "#note\nVu sur place avec Zoé.",
            &["note", "1", "-m", "Vu sur place avec Zoé."],
        ),
        ("#merge 2", &["merge", "1", "2"]),
        (
            "#reject E2\nVoyez avec le vendeur.",
            &["order", "1", "#reject E2", "-m", "Voyez avec le vendeur."],
        ),
    ];
    for (mail, arguments) in cases {
        let (by_mail, mails) = office();
        let entries = by_mail.texts("SELECT text FROM entry").len();
        let notification = mails
            .iter()
            .find(|mail| mail.to == "paul@univ.example" && mail.subject.contains("#1"))
            .unwrap();
        let became = by_mail.post(&reply(PAUL, notification, mail));
        assert_eq!(became.disposition, "command", "{mail}: {became:?}");
        let (by_command_line, _) = office();
        let words: Vec<&str> = ["ticket"].iter().chain(arguments).copied().collect();
        let output = guichet(&by_command_line, &[&words[..], &["--as", "paul"]].concat());
        assert!(output.status.success(), "{arguments:?}: {output:?}");
        let (expected, found) = (since(&by_mail, entries), since(&by_command_line, entries));
        assert_eq!(found.0, expected.0, "{mail}");
        assert_eq!(found.1, expected.1, "{mail}");
        assert_eq!(found.2, expected.2, "{mail}");
        assert!(!found.1.is_empty(), "{mail}");
    }
}

#[test]
fn a_technician_who_is_given_a_ticket_hears_of_it() {
    let (office, _) = office();
    assert!(
        guichet(&office, &["ticket", "assign", "1", "zoé"])
            .status
            .success()
    );
    let (_, history, letters) = since(&office, 2);
    assert!(
        history.iter().any(|page| page.contains("admin:claire")),
        "{history:?}"
    );
    assert_eq!(letters.len(), 1, "{letters:?}");
    assert!(
        letters[0].starts_with("technician_update to zoe@univ.example"),
        "{letters:?}"
    );
}

#[test]
fn an_admin_without_a_technicians_name_speaks_for_the_service() {
    let (office, _) = office();
    let said = guichet(&office, &["ticket", "reply", "1", "-m", "Nous regardons."]);
    assert!(said.status.success(), "{said:?}");
    let mails = office.deliver_all();
    to(&mails, "claire@univ.example").assert_says("Nous regardons.\n\nAssistance informatique");
    // Both technicians hear of it, for the writer is neither.
    to(&mails, "paul@univ.example");
    to(&mails, "zoe@univ.example");
    assert_eq!(
        office.texts("SELECT author FROM entry WHERE kind = 'answer'"),
        ["admin:claire"]
    );
    assert!(office.texts("SELECT technician FROM watcher").is_empty());
}

#[test]
fn what_cannot_be_is_refused_in_words_and_nothing_is_done() {
    let counter = Counter::open();
    let history = "SELECT kind || text FROM entry ORDER BY id";
    let before = (
        counter.texts(history),
        counter.texts("SELECT kind FROM outbox"),
    );
    let mut text = String::new();
    for arguments in [
        &["ticket", "set", "2", "--status", "waiting_requester"][..],
        &["ticket", "set", "1", "--status", "open"],
        &["ticket", "set", "1"],
        &["ticket", "set", "1", "--priority", "P9"],
        &["ticket", "set", "1", "--status", "open", "--until", "3d"],
        &["ticket", "set", "1", "--requester", "nobody"],
        &[
            "ticket",
            "set",
            "1",
            "--status",
            "waiting_requester",
            "--until",
            "yesterday",
        ],
        &["ticket", "assign", "1", "martine"],
        &["ticket", "merge", "1", "1"],
        &["ticket", "merge", "1", "99"],
        &["ticket", "reply", "1"],
        &["ticket", "reply", "1", "-m", "x", "--as", "martine"],
        &["ticket", "reply", "99", "-m", "x"],
        &["ticket", "reply", "1", "--file", "/nonexistent"],
        &["ticket", "order", "1", "#take"],
        &["ticket", "order", "1", "#undo"],
        &["ticket", "order", "1", "#jump", "#priority P2"],
        &["ticket", "order", "1", "priority P2"],
        &["ticket", "order", "1", "#priority P2", "#reject E9"],
        &["ticket", "close", "1", "--dry-run", "--json"],
        &["ticket", "reopen", "1", "--json"],
        &["ticket", "show", "twelve"],
    ] {
        let output = counter.run(arguments, b"");
        text.push_str(&format!(
            "$ guichet {}\n{}{}exit code {}\n\n",
            arguments.join(" "),
            String::from_utf8(output.stdout).unwrap(),
            String::from_utf8(output.stderr).unwrap(),
            output.status.code().unwrap()
        ));
    }
    assert_snapshot("refused_orders", &text);
    let after = (
        counter.texts(history),
        counter.texts("SELECT kind FROM outbox"),
    );
    assert_eq!(after, before, "nothing is done");
}

#[test]
fn a_ticket_that_went_up_in_another_one_is_not_ordered_in_its_place() {
    let counter = Counter::open();
    assert!(
        counter
            .good(&["ticket", "merge", "1", "3"])
            .contains("#merge 3")
    );
    let (code, said) = counter.bad(&["ticket", "note", "1", "-m", "x"]);
    assert_eq!(code, 1);
    assert!(said.contains("ticket 1 went up in ticket 3"), "{said}");
    let shown = counter.good(&["ticket", "show", "3"]);
    assert!(shown.contains("went up in it #1"), "{shown}");
    assert!(
        counter
            .good(&["ticket", "show", "1"])
            .contains("goes on as    #3")
    );
}

#[test]
fn words_come_from_a_file_or_standard_input_and_are_never_orders() {
    let counter = Counter::open();
    std::fs::write(counter.path("words"), "#close\r\nfrom a file\r\n").unwrap();
    let file = counter.path("words").display().to_string();
    counter.good(&["ticket", "reply", "1", "--file", &file, "--as", "paul"]);
    let output = counter.run(&["ticket", "note", "1", "-F", "-"], b"from the input\n");
    assert!(output.status.success(), "{output:?}");
    let output = counter.run(&["ticket", "note", "1"], b"\xff\xfe");
    assert_eq!(output.status.code(), Some(65), "{output:?}");
    assert_eq!(
        counter.texts("SELECT kind || ' ' || text FROM entry WHERE kind IN ('answer', 'note')"),
        ["answer #close\nfrom a file", "note from the input"]
    );
    assert_eq!(
        counter.texts("SELECT status FROM ticket WHERE number = 1"),
        ["open"]
    );
}

#[test]
fn a_running_service_sends_what_was_ordered_within_seconds() {
    let mut site = gateway_process::Site::new();
    let mailbox = site.watch_maildir("in");
    site.send_maildir();
    let letter = crate::post::request(1);
    guichet::mailbox::maildir::deliver(&mailbox, &letter).unwrap();
    let mut gateway = site.start();
    site.wait_quiet(1);
    // The senders sleep now: nothing else will come.
    std::thread::sleep(std::time::Duration::from_secs(1));
    let before = std::time::Instant::now();
    let output = site.command(&["ticket", "reply", "1", "-m", "Nous venons."], b"");
    assert!(output.status.success(), "{output:?}");
    site.wait("the reply to be sent", || {
        site.ask("SELECT count(*) FROM outbox WHERE kind = 'reply' AND state = 'sent'") == Some(1)
    });
    let took = before.elapsed();
    assert!(took < std::time::Duration::from_secs(12), "{took:?}");
    assert!(gateway.terminate().success());
    // And without one: it goes out at the next start.
    let output = site.command(&["ticket", "resolve", "1"], b"");
    assert!(output.status.success(), "{output:?}");
    let waiting = "SELECT count(*) FROM outbox WHERE kind = 'resolved' AND state = 'pending'";
    assert_eq!(site.ask(waiting), Some(1));
    assert!(site.once().status.success());
    assert_eq!(site.ask(waiting), Some(0));
}

#[test]
fn a_ticket_is_exported_whole() {
    let counter = Counter::open();
    counter.good(&[
        "ticket",
        "reply",
        "1",
        "-m",
        "Bonjour,\nFrom now on it works.",
        "--as",
        "paul",
    ]);
    counter.good(&["once"]);
    let output = counter.run(&["ticket", "export", "1", "-o", "ex"], b"");
    assert!(output.status.success(), "{output:?}");
    let mut files: Vec<String> = walk(&counter.path("ex"));
    files.sort();
    assert_eq!(
        files,
        [
            "attachments/1-1",
            "letters/1.eml",
            "sent/1-acknowledgement-sent.eml",
            "sent/2-technician_new-sent.eml",
            "sent/3-technician_new-sent.eml",
            "sent/10-reply-sent.eml",
            "sent/11-technician_update-sent.eml",
            "ticket.json",
            "ticket.txt",
        ]
        .map(str::to_owned)
        .to_vec()
        .into_iter()
        .collect::<std::collections::BTreeSet<_>>()
        .into_iter()
        .collect::<Vec<_>>()
    );
    let read = |name: &str| std::fs::read(counter.path("ex").join(name)).unwrap();
    assert_eq!(read("attachments/1-1"), b"erreur 49");
    let raw = counter.run(&["intake", "raw", "1"], b"").stdout;
    assert_eq!(read("letters/1.eml"), raw);
    let mode = {
        use std::os::unix::fs::PermissionsExt as _;
        std::fs::metadata(counter.path("ex/ticket.json"))
            .unwrap()
            .permissions()
            .mode()
    };
    assert_eq!(mode & 0o077, 0, "for its owner alone");
    let whole = &counter.objects(&["ticket", "export", "1"])[0];
    assert_eq!(whole["ticket"]["number"], 1);
    assert_eq!(whole["letters"].as_array().unwrap().len(), 1);
    assert_eq!(whole["sent"].as_array().unwrap().len(), 5);
    assert_eq!(whole["trace"]["disposition"], "ticket");
    // The letters come out of the mbox byte for byte, whatever they say of From.
    let file = counter.good(&["ticket", "export", "1", "--format", "mbox"]);
    let letters = guichet::mailbox::mbox::Letters::new(file.as_bytes());
    let letters: Vec<Vec<u8>> = letters.map(|letter| letter.unwrap().raw).collect();
    assert_eq!(letters.len(), 6);
    assert!(letters.contains(&raw));
    assert!(letters.contains(&read("sent/10-reply-sent.eml")));
    let (code, said) = counter.bad(&["ticket", "export", "1", "-o", "ex"]);
    assert_eq!(code, 73, "{said}");
    assert_eq!(counter.bad(&["ticket", "export", "99"]).0, 66);
}

/// The files below a folder, by their paths in it.
fn walk(folder: &std::path::Path) -> Vec<String> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in std::fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(folder).unwrap();
                found.push(name.display().to_string());
            }
        }
    }
    found
}
