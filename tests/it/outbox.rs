//! What the outbox holds after each kind of trouble: the state, the phase, and when it is due.
//! The real program over a Maildir, and a scripted SMTP server.

use jiff::Timestamp;

use crate::site::Site;
use crate::smtp_script::{Act, Script, SmtpScript, Verb};

/// One row, as the database has it.
#[derive(Debug, PartialEq)]
struct Row {
    state: String,
    phase: String,
    attempts: i64,
    /// Seconds from now, rounded to the half minute.
    due_in: i64,
    code: i64,
}

fn rows(site: &Site) -> Vec<Row> {
    let now = Timestamp::now().as_second();
    let database = site.database();
    let mut statement = database
        .prepare("SELECT state, phase, attempts, due_at, code FROM outbox ORDER BY id")
        .unwrap();
    statement
        .query_map([], |row| {
            let due: i64 = row.get(3)?;
            Ok(Row {
                state: row.get(0)?,
                phase: row.get(1)?,
                attempts: row.get(2)?,
                due_in: (due - now + 15).div_euclid(30) * 30,
                code: row.get(4)?,
            })
        })
        .unwrap()
        .collect::<Result<_, _>>()
        .unwrap()
}

fn row(state: &str, phase: &str, attempts: i64, due_in: i64, code: i64) -> Row {
    Row {
        state: state.to_owned(),
        phase: phase.to_owned(),
        attempts,
        due_in,
        code,
    }
}

fn after(script: Script) -> (Site, SmtpScript) {
    let server = SmtpScript::start(script);
    let site = Site::to_server(server.port());
    site.letter(1);
    site.once();
    (site, server)
}

#[test]
fn each_answer_leaves_its_row_in_one_state_and_due_time() {
    let later = |code| row("pending", "pre", 1, 60, code);
    let at_dot = |code| row("pending", "dot", 1, 60, code);
    let table = [
        (Verb::Connect, Act::say_close("421 4.3.2 later"), later(421)),
        (Verb::Mail, Act::say("451 4.3.0 later"), later(451)),
        (Verb::Rcpt, Act::say("450 4.7.1 greylisted"), later(450)),
        (Verb::Rcpt, Act::say("552 5.2.2 too many"), later(552)),
        (
            Verb::Rcpt,
            Act::say("550 5.1.1 nobody"),
            row("failed", "pre", 1, 0, 550),
        ),
        (
            Verb::Data,
            Act::say("554 5.7.1 no"),
            row("failed", "pre", 1, 0, 554),
        ),
        (Verb::Rcpt, Act::Close, later(0)),
        (Verb::Dot, Act::say("451 4.3.0 disk full"), at_dot(451)),
        (
            Verb::Dot,
            Act::say("554 5.6.0 no"),
            row("failed", "dot", 1, 0, 554),
        ),
    ];
    for (verb, act, expected) in table {
        let said = format!("{verb:?} {act:?}");
        let (site, server) = after(Script::default().on(verb, act));
        assert_eq!(rows(&site), [expected], "{said}");
        assert_eq!(server.count(), 0, "{said}");
    }
}

#[test]
fn an_unknown_end_waits_and_repeats_the_same_letter() {
    let (site, server) = after(Script::default().once(Verb::Dot, Act::Close));
    assert_eq!(rows(&site), [row("pending", "dot", 1, 300, 0)]);
    site.once();
    assert_eq!(rows(&site)[0].attempts, 1, "not before its time");
    site.database()
        .execute("UPDATE outbox SET due_at = 0", [])
        .unwrap();
    site.once();
    assert_eq!(rows(&site)[0].state, "sent");
    let accepted = server.accepted();
    assert_eq!(accepted.len(), 1);
    let kept: Vec<u8> = site
        .database()
        .query_row("SELECT bytes FROM outbox", [], |row| row.get(0))
        .unwrap();
    assert_eq!(accepted[0].bytes, kept, "the bytes never change");
}

#[test]
fn a_failed_answer_is_told_in_the_history_of_its_ticket() {
    let (site, _server) = after(Script::default().on(Verb::Rcpt, Act::say("550 5.1.1 nobody")));
    let pages = site.view().ticket(1).unwrap();
    let last = pages.history.last().unwrap();
    assert_eq!(last.kind, "delivery");
    assert!(last.text.contains("nobody"), "{last:?}");
}

#[test]
fn a_server_in_trouble_costs_one_attempt_a_round_and_the_rest_go_untried() {
    // `once` makes two rounds: while letters come in, and to empty the outbox.
    let later = || Act::say("421 4.3.2 later");
    let script = Script::default()
        .once(Verb::Ehlo, later())
        .once(Verb::Ehlo, later());
    let server = SmtpScript::start(script);
    let site = Site::to_server(server.port());
    for n in 0..5 {
        site.letter(n);
    }
    site.once();
    let tried: i64 = rows(&site).iter().map(|row| row.attempts).sum();
    assert_eq!((tried, server.count()), (2, 0), "{:?}", rows(&site));
    site.once();
    assert_eq!(server.count(), 3, "what was given back goes out at once");
}

#[test]
fn one_dead_recipient_does_not_hold_up_the_others() {
    let server = SmtpScript::start(
        Script::default().on_recipient("claire1@univ.example", Act::say("550 5.1.1 nobody")),
    );
    let site = Site::to_server(server.port());
    for n in 0..3 {
        site.letter(n);
    }
    site.once();
    let states: Vec<String> = rows(&site).into_iter().map(|row| row.state).collect();
    assert_eq!(states, ["sent", "failed", "sent"]);
}

#[test]
fn a_second_unknown_end_is_held_for_an_admin() {
    let script = Script::default().on(Verb::Dot, Act::Close);
    let (site, _server) = after(script);
    assert_eq!(rows(&site)[0].state, "pending");
    site.database()
        .execute("UPDATE outbox SET due_at = 0", [])
        .unwrap();
    site.once();
    assert_eq!(rows(&site)[0].state, "held");
}

#[test]
fn a_refusal_that_cannot_be_delivered_is_none() {
    let (site, _server) = after(Script::default().on(Verb::Rcpt, Act::say("451 4.3.0 later")));
    site.database()
        .execute_batch(
            "UPDATE ticket SET status = 'refused', outcome = 'reject';
             UPDATE outbox SET kind = 'rejection', due_at = 0, first_at = 1;",
        )
        .unwrap();
    site.once();
    let pages = site.view().ticket(1).unwrap();
    assert_eq!(
        (pages.line.status.as_str(), pages.line.outcome.as_str()),
        ("new", "flag")
    );
    assert!(
        pages
            .history
            .last()
            .unwrap()
            .text
            .contains("did not reach its reader")
    );
}

#[test]
fn a_letter_is_given_up_after_five_days_of_trying() {
    let (site, _server) = after(Script::default().on(Verb::Rcpt, Act::say("450 4.7.1 later")));
    let six_days = Timestamp::now().as_second() - 6 * 86_400;
    site.database()
        .execute("UPDATE outbox SET due_at = 0, first_at = ?1", [six_days])
        .unwrap();
    site.once();
    assert_eq!(rows(&site)[0].state, "failed");
}

#[test]
fn what_is_held_goes_out_on_release_and_not_before() {
    let server = SmtpScript::start(Script::default());
    let site = Site::to_server(server.port());
    site.once();
    assert!(site.guichet(&["outbox", "hold"]).status.success());
    site.letter(1);
    site.once();
    assert_eq!(server.count(), 0);
    let said = String::from_utf8(site.guichet(&["outbox", "list"]).stderr).unwrap();
    assert!(said.contains("HELD: held by an admin"), "{said}");
    assert!(site.guichet(&["outbox", "release"]).status.success());
    site.once();
    assert_eq!(server.count(), 1);
}

#[test]
fn a_letter_that_may_have_arrived_is_released_by_its_number_only() {
    let server = SmtpScript::start(Script::default());
    let site = Site::to_server(server.port());
    site.once();
    for n in 1..=2 {
        site.letter(n);
    }
    assert!(site.guichet(&["outbox", "hold"]).status.success());
    site.once();
    site.database()
        .execute_batch(
            "UPDATE outbox SET state = 'held', hold = 'unknown' WHERE id = 1;
             UPDATE outbox SET state = 'held', hold = 'budget' WHERE id = 2;
             UPDATE ticket SET answer = 'held';",
        )
        .unwrap();
    assert!(site.guichet(&["outbox", "release"]).status.success());
    site.once();
    assert_eq!(server.count(), 1, "one may lie in its mailbox already");
    let answer = |ticket| site.view().ticket(ticket).unwrap().line.answer;
    assert_eq!(
        (answer(1), answer(2)),
        ("held".to_owned(), "sent".to_owned())
    );
    assert!(site.guichet(&["outbox", "release", "1"]).status.success());
    site.once();
    assert_eq!(server.count(), 2);
    assert_eq!(answer(1), "sent");
    let again = site.guichet(&["outbox", "release", "1"]);
    assert_eq!(again.status.code(), Some(1), "{again:?}");
}
