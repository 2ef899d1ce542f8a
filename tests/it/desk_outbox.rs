//! What an admin does to letters in and out, and what a running service makes of it.

use crate::counter::Counter;
use crate::gateway_process;
use crate::snapshot::assert_snapshot;

#[test]
fn a_row_is_retried_cancelled_and_refused_by_its_state() {
    let counter = Counter::open();
    counter.good(&["outbox", "hold", "--why", "a test"]);
    for words in ["un", "deux", "trois"] {
        counter.good(&["ticket", "reply", "1", "-m", words, "--as", "paul"]);
    }
    let row = |nth: usize| {
        let sql = "SELECT CAST(id AS TEXT) FROM outbox WHERE kind = 'reply' ORDER BY id";
        counter.texts(sql)[nth].clone()
    };
    let (first, second, third) = (row(0), row(1), row(2));
    counter.meddle(&format!(
        "UPDATE outbox SET state = 'failed', attempts = 4, first_at = 1, answer = '550 no'
           WHERE id = {first};
         UPDATE outbox SET due_at = due_at + 86400 WHERE id = {second};
         UPDATE outbox SET state = 'sending' WHERE id = {third};"
    ));
    let mut text = String::new();
    for arguments in [
        &["outbox", "list", "--state", "failed"][..],
        &["outbox", "retry", &first],
        &["outbox", "retry", &second],
        &["outbox", "retry", &third],
        &["outbox", "cancel", &third, "--why", "zu spät"],
        &["outbox", "cancel", &second, "--why", " not\n wanted "],
        &["outbox", "cancel", &second, "--why", "again"],
        &["outbox", "cancel", &first],
        &["outbox", "cancel", &first, "--why", " "],
        &["outbox", "release", &first],
        &["outbox", "release", "99"],
        &["outbox", "hold", "--why", "another reason"],
        &["outbox", "list", "--ticket", "1"],
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
    assert_snapshot("outbox_steered", &text);
    let history = counter
        .texts("SELECT author || ': ' || text FROM entry WHERE ticket = 1 AND kind = 'delivery'");
    assert_eq!(
        history,
        [
            "admin:claire: the reply to claire.dumas@univ.example is sent once more",
            "admin:claire: the reply to claire.dumas@univ.example was cancelled: not wanted",
        ]
    );
    counter.meddle(&format!(
        "UPDATE outbox SET state = 'pending' WHERE id = {third}"
    ));
    counter.good(&["outbox", "release"]);
    counter.good(&["once"]);
    let states = counter.texts("SELECT state FROM outbox WHERE kind = 'reply' ORDER BY id");
    assert_eq!(states, ["sent", "cancelled", "sent"]);
}

#[test]
fn a_refusal_that_is_cancelled_is_none() {
    let counter = Counter::empty();
    counter.good(&["once"]);
    counter.good(&["outbox", "hold"]);
    counter.drop_letter(
        b"From: remi.castel@univ.example\r\nTo: support@univ.example\r\nSubject: Portable\r\n\
          Message-ID: <r@univ.example>\r\n\r\nLe portable 2026-00233 ne s'allume plus.\r\n",
    );
    counter.good(&["once"]);
    let ticket = "SELECT status || ' ' || outcome FROM ticket";
    assert_eq!(counter.texts(ticket), ["refused reject"]);
    counter.good(&[
        "outbox",
        "cancel",
        "1",
        "--why",
        "exception de la direction",
    ]);
    assert_eq!(counter.texts(ticket), ["new flag"]);
    let shown = counter.good(&["ticket", "show", "1"]);
    assert!(shown.contains("so the ticket is in the queue"), "{shown}");
}

#[test]
fn nothing_is_retried_to_an_address_that_is_suspended() {
    let counter = Counter::open();
    counter.meddle(
        "UPDATE outbox SET state = 'failed', answer = '550 no such user' WHERE id = 1;
         INSERT INTO failing (address, failures, last_at, suspended_at, reason)
           VALUES ('claire.dumas@univ.example', 3, 1, 1, '550 no such user');",
    );
    let (code, said) = counter.bad(&["outbox", "retry", "1"]);
    assert_eq!(code, 1);
    assert!(said.contains("guichet outbox resume"), "{said}");
    assert_eq!(
        counter.texts("SELECT state FROM outbox WHERE id = 1"),
        ["failed"]
    );
    counter.good(&["outbox", "resume", "claire.dumas@univ.example"]);
    counter.good(&["outbox", "retry", "1"]);
    counter.good(&["once"]);
    assert_eq!(
        counter.texts("SELECT state FROM outbox WHERE id = 1"),
        ["sent"]
    );
}

#[test]
fn each_attempt_keeps_the_servers_words() {
    let counter = Counter::open();
    let row = &counter.objects(&["outbox", "show", "1", "--json"])[0];
    let tries = row["tries"].as_array().unwrap();
    assert_eq!(tries.len(), 1, "{row}");
    assert_eq!(tries[0]["code"], 250);
    assert_eq!(tries[0]["outcome"], "delivered");
    assert!(
        tries[0]["answer"].as_str().unwrap().contains("dropped as"),
        "{row}"
    );
}

#[test]
fn a_letter_is_tried_again_once_its_trouble_is_mended() {
    let counter = Counter::open();
    // A letter that ended its reader three times, and behaves since.
    counter.meddle(
        "DELETE FROM entry WHERE letter = 4; DELETE FROM outbox WHERE letter = 4;
         DELETE FROM participant WHERE ticket = 3; DELETE FROM reply_token WHERE ticket = 3;
         DELETE FROM ticket WHERE letter = 4;
         UPDATE letter SET disposition = 'held', rule = 'L21', reason = 'poison: x', ticket = NULL,
           attempts = 3 WHERE id = 4;",
    );
    counter.good(&["intake", "retry", "4"]);
    counter.good(&["once"]);
    assert_eq!(
        counter.texts("SELECT disposition || ' ' || attempts FROM letter WHERE id = 4"),
        ["ticket 1"]
    );
    let shown = counter.good(&["intake", "show", "4"]);
    assert!(
        shown.contains("admin:claire: retry; it was held: poison: x"),
        "{shown}"
    );
    let (code, said) = counter.bad(&["intake", "retry", "4"]);
    assert_eq!(code, 1, "{said}");
    assert!(said.contains("expected one that is held"), "{said}");
    assert_eq!(counter.bad(&["intake", "retry", "99"]).0, 66);
}

#[test]
fn a_running_service_takes_up_what_is_retried() {
    let mut site = gateway_process::Site::new();
    let mailbox = site.watch_maildir("in");
    site.send_maildir();
    guichet::mailbox::maildir::deliver(&mailbox, &crate::post::request(1)).unwrap();
    assert!(site.once().status.success());
    let database = rusqlite::Connection::open(site.store().join("guichet.sqlite")).unwrap();
    // A start that was counted and never ended, as after two power cuts.
    database
        .execute_batch(
            "PRAGMA foreign_keys = off; DELETE FROM entry; DELETE FROM outbox; DELETE FROM attempt; DELETE FROM participant;
             DELETE FROM ticket;
             UPDATE letter SET state = 'received', attempts = 2, disposition = '', ticket = NULL;
             UPDATE outbox SET state = 'failed';",
        )
        .unwrap();
    let output = site.command(&["intake", "retry", "1"], b"");
    assert!(output.status.success(), "{output:?}");
    let mut gateway = site.start();
    site.wait_quiet(1);
    assert_eq!(site.texts("SELECT disposition FROM letter"), ["ticket"]);
    let row = "SELECT id FROM outbox WHERE state = 'sent'";
    let row = site.ask(row).unwrap().to_string();
    database
        .execute("UPDATE outbox SET state = 'failed' WHERE id = ?1", [&row])
        .unwrap();
    let output = site.command(&["outbox", "retry", &row], b"");
    assert!(output.status.success(), "{output:?}");
    site.wait("the row to be sent again", || {
        site.ask("SELECT attempts FROM outbox WHERE state = 'sent'") == Some(2)
    });
    assert!(gateway.terminate().success());
}
