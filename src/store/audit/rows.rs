//! What one question to the database shows: rows that must not be there.
//!
//! Each question answers with what the breach is about and what was found. Rows whose time is over
//! (`kept = 'nothing'`) say less, and are asked less.

use rusqlite::Connection;

use super::{Breach, Listener, Progress, Terms};
use crate::decide::Disposition;
use crate::store::StoreError;

/// One question.
struct Check {
    rule: &'static str,
    /// Answers with two texts a row. `{late}`, `{dispositions}` … are filled in.
    sql: &'static str,
    expected: &'static str,
    todo: &'static str,
}

const WHY: &str = "see `guichet intake list` and the log of that hour";
const RESTART: &str = "look whether `guichet run` works and can reach its servers, and restart it";
const TELL: &str = "keep a backup and write to whoever maintains guichet";
const LOOK: &str = "see `guichet ticket show` and the log of that hour";

const CHECKS: &[Check] = &[
    Check {
        rule: "I1",
        sql: "SELECT 'letter ' || id, 'it has no disposition yet' FROM letter
              WHERE state = 'received'
                AND coalesce((SELECT at FROM review WHERE review.id = letter.review), journaled_at) <= {late}",
        expected: "a decision within the hour",
        todo: RESTART,
    },
    Check {
        rule: "I1",
        sql: "SELECT 'letter ' || id, 'its disposition is `' || disposition || '`' FROM letter
              WHERE state = 'decided' AND disposition NOT IN ({dispositions})",
        expected: "one of the known dispositions",
        todo: TELL,
    },
    Check {
        rule: "I2",
        sql: "SELECT 'letter ' || id, 'it has no reason' FROM letter
              WHERE state = 'decided' AND trim(reason) = ''",
        expected: "a reason for every decision",
        todo: TELL,
    },
    Check {
        rule: "I2",
        sql: "SELECT 'letter ' || id, 'its decision has no trace' FROM letter
              WHERE state = 'decided' AND kept <> 'nothing'
                AND NOT EXISTS (SELECT 1 FROM trace WHERE trace.letter = letter.id)",
        expected: "the trace of every decision",
        todo: TELL,
    },
    Check {
        rule: "I4",
        sql: "SELECT 'letter ' || id, 'words of it are still there' FROM letter
              WHERE kept = 'nothing' AND (sender <> '' OR subject <> '' OR message_id <> ''
                OR EXISTS (SELECT 1 FROM trace WHERE trace.letter = letter.id)
                OR EXISTS (SELECT 1 FROM attachment WHERE attachment.letter = letter.id)
                OR EXISTS (SELECT 1 FROM conduct WHERE conduct.letter = letter.id)
                OR EXISTS (SELECT 1 FROM review WHERE review.letter = letter.id AND trace <> ''))
              UNION ALL
              SELECT 'ticket ' || number, 'words of it are still there' FROM ticket
              WHERE kept = 'nothing' AND (subject <> '' OR requester <> '' OR requester_name <> ''
                OR EXISTS (SELECT 1 FROM participant WHERE participant.ticket = number)
                OR EXISTS (SELECT 1 FROM watcher WHERE watcher.ticket = number)
                OR EXISTS (SELECT 1 FROM entry LEFT JOIN letter ON letter.id = entry.letter
                  WHERE entry.ticket = number AND entry.text <> '' AND entry.kind <> 'status'
                    AND CASE WHEN letter.id IS NULL
                      THEN entry.at < (SELECT max(before) FROM purge WHERE rule = 'texts')
                      ELSE letter.kept = 'nothing' END))
              UNION ALL
              SELECT 'row ' || id, 'words of it are still there' FROM outbox
              WHERE kept = 'nothing' AND (recipient <> '' OR length(bytes) > 0)",
        expected: "nothing of what was said, once its time is over",
        todo: "run `guichet purge`, and if it stays, write to whoever maintains guichet",
    },
    Check {
        rule: "I5",
        sql: "SELECT 'ticket ' || number, 'no letter opened it' FROM ticket
              WHERE NOT EXISTS (SELECT 1 FROM letter WHERE letter.id = ticket.letter
                AND letter.disposition = 'ticket' AND letter.ticket = number)
              UNION ALL
              SELECT 'ticket ' || number, 'its history does not begin with its request' FROM ticket
              WHERE coalesce((SELECT entry.kind <> 'request' OR entry.letter IS NOT ticket.letter
                FROM entry WHERE entry.ticket = number ORDER BY entry.id LIMIT 1), 1)",
        expected: "the letter that opened it, at the beginning of its history",
        todo: TELL,
    },
    Check {
        rule: "I5",
        sql: "SELECT 'letter ' || id, 'the ticket it opened is not there' FROM letter
              WHERE disposition = 'ticket' AND NOT (kept = 'nothing' AND letter.ticket IS NULL)
                AND NOT EXISTS (SELECT 1 FROM ticket WHERE number = letter.ticket AND ticket.letter = letter.id)
              UNION ALL
              SELECT 'letter ' || id, 'the ticket it belongs to is not there' FROM letter
              WHERE disposition <> 'ticket' AND letter.ticket IS NOT NULL
                AND NOT EXISTS (SELECT 1 FROM ticket WHERE number = letter.ticket)
              UNION ALL
              SELECT 'letter ' || max(id), 'the same letter opened a ticket before' FROM letter
              WHERE disposition = 'ticket' AND content_key <> ''
              GROUP BY content_key HAVING count(*) > 1",
        expected: "one ticket for each request",
        todo: TELL,
    },
    Check {
        rule: "I6",
        sql: "SELECT 'ticket ' || number, 'its first answer was not sent, without a reason' FROM ticket
              WHERE answer <> 'sent' AND answer_reason = '' AND kept = 'all'",
        expected: "a reason for every answer that is withheld",
        todo: LOOK,
    },
    Check {
        rule: "I7",
        sql: "SELECT 'ticket ' || number,
                'its first answer is ' || answer || ', and the outbox has ' || named || ' of ' || written || ' to its people'
              FROM (SELECT number, answer,
                  (SELECT count(*) FROM outbox WHERE dedupe_key = 'ack:' || number
                     AND outbox.ticket = number
                     AND (recipient = requester OR EXISTS (SELECT 1 FROM participant
                       WHERE participant.ticket = number AND address = lower(recipient)))) AS named,
                  (SELECT count(*) FROM outbox WHERE outbox.letter = ticket.letter
                     AND outbox.ticket = number AND inside = 0 AND recipient = requester
                     AND requester <> '') AS written
                FROM ticket WHERE kept = 'all' AND NOT EXISTS (SELECT 1 FROM outbox AS gone
                  WHERE gone.ticket = number AND gone.kept = 'nothing'))
              WHERE named <> (answer <> 'suppressed') OR written > (answer <> 'suppressed')",
        expected: "one first answer to the requester, if it was not withheld",
        todo: LOOK,
    },
    Check {
        rule: "I8",
        sql: "SELECT 'row ' || id,
                'it is ' || state || ' after ' || delivered || ' deliveries in ' || made || ' of ' || attempts || ' attempts'
              FROM (SELECT id, state, attempts,
                  (SELECT count(*) FROM attempt WHERE outbox = id AND outcome = 'delivered') AS delivered,
                  (SELECT count(*) FROM attempt WHERE outbox = id) AS made
                FROM outbox)
              WHERE made <> attempts OR CASE state WHEN 'bounced' THEN delivered > 1
                ELSE delivered <> (state = 'sent') END",
        expected: "an end that its attempts account for",
        todo: "see `guichet outbox list` and ask the mail server's log for the letter",
    },
    Check {
        rule: "I9",
        sql: "SELECT 'row ' || outbox.id, 'it was caused by a letter that is ' || disposition
              FROM outbox JOIN letter ON letter.id = outbox.letter
              WHERE inside = 0
                AND disposition IN ('automatic', 'bounce', 'ignored', 'duplicate', 'held', 'discarded')",
        expected: "no answer to a machine, a duplicate or a held letter",
        todo: TELL,
    },
    Check {
        rule: "I9",
        sql: "SELECT 'row ' || id, 'it was written because of nothing' FROM outbox
              WHERE letter IS NULL AND occurrence IS NULL
              UNION ALL
              SELECT 'row ' || id, 'it has two causes' FROM outbox
              WHERE occurrence IS NOT NULL AND letter IS NOT NULL
              UNION ALL
              SELECT 'row ' || outbox.id, 'its cause is that of another ticket' FROM outbox
                LEFT JOIN occurrence ON occurrence.id = outbox.occurrence
              WHERE outbox.occurrence IS NOT NULL AND outbox.ticket IS NOT occurrence.ticket
              UNION ALL
              SELECT 'page ' || id || ' of ticket ' || ticket, 'it is there because of nothing' FROM entry
              WHERE letter IS NULL AND occurrence IS NULL AND kind <> 'delivery'
              UNION ALL
              SELECT 'page ' || id || ' of ticket ' || ticket, 'it has two causes' FROM entry
              WHERE occurrence IS NOT NULL AND letter IS NOT NULL
              UNION ALL
              SELECT 'occurrence ' || id, 'it does not say why' FROM occurrence
              WHERE trim(cause) = '' OR trim(reason) = '' OR at <= 0
              UNION ALL
              SELECT 'occurrence ' || id, 'it left nothing behind' FROM occurrence
              WHERE NOT EXISTS (SELECT 1 FROM entry WHERE entry.occurrence = occurrence.id)
                AND NOT EXISTS (SELECT 1 FROM outbox WHERE outbox.occurrence = occurrence.id)",
        expected: "one cause for each page and each letter of ours",
        todo: TELL,
    },
    Check {
        rule: "I12",
        sql: "SELECT 'row ' || max(id), n || ' letters to one address within an hour' FROM (
                SELECT id, recipient, count(*) OVER (PARTITION BY recipient ORDER BY created_at
                  RANGE BETWEEN 3599 PRECEDING AND CURRENT ROW) AS n
                FROM outbox WHERE inside = 0 AND recipient <> '' AND state <> 'held'
                  AND created_at > {since})
              WHERE n > {per_address} GROUP BY recipient
              UNION ALL
              SELECT 'row ' || max(id), max(n) || ' letters to everybody outside within an hour' FROM (
                SELECT id, count(*) OVER (ORDER BY created_at
                  RANGE BETWEEN 3599 PRECEDING AND CURRENT ROW) AS n
                FROM outbox WHERE inside = 0 AND state <> 'held' AND created_at > {since})
              WHERE n > {per_hour} GROUP BY 0 = 1",
        expected: "no more than the budgets in [answers] allow",
        todo: "see `guichet outbox list`; a budget that was lowered since is no breach",
    },
    Check {
        rule: "I13",
        sql: "SELECT 'row ' || outbox.id, 'it is being sent since too long' FROM outbox
              WHERE state = 'sending' AND coalesce((SELECT max(began_at) FROM attempt
                WHERE outbox = outbox.id), 0) <= {late}
              UNION ALL
              SELECT 'row ' || id, 'it is due, and nobody sends it' FROM outbox
              WHERE state = 'pending' AND due_at <= {late}
                AND NOT EXISTS (SELECT 1 FROM setting WHERE name = 'outbox_hold')
              UNION ALL
              SELECT 'row ' || outbox, 'one of its attempts has no end' FROM attempt
              WHERE outcome = '' AND began_at <= {late}",
        expected: "every row sent, held, given up, or due later",
        todo: RESTART,
    },
    Check {
        rule: "I15",
        sql: "SELECT 'ticket ' || entry.ticket, 'letter ' || entry.letter || ' changed it, and nothing says on what it was believed'
              FROM entry JOIN ticket ON ticket.number = entry.ticket
                JOIN letter ON letter.id = entry.letter
              WHERE entry.kind IN ('answer', 'note', 'status', 'detail', 'merged')
                AND entry.author NOT IN ('', 'guichet') AND instr(entry.author, '@') = 0
                AND ticket.kept = 'all' AND letter.kept <> 'nothing'
                AND NOT EXISTS (SELECT 1 FROM conduct WHERE conduct.letter = entry.letter AND obeyed = 1)
              GROUP BY entry.ticket, entry.letter",
        expected: "the evidence for every order that was obeyed",
        todo: "ask the technician whether the letter is theirs, and see `guichet keys`",
    },
    Check {
        rule: "I17",
        sql: "SELECT 'row ' || id, 'it is held without a reason' FROM outbox
              WHERE state = 'held' AND (hold = '' OR answer = '')
              UNION ALL
              SELECT 'row ' || id, 'it is ' || state || ', and says it is held for ' || hold FROM outbox
              WHERE state <> 'held' AND hold <> ''
              UNION ALL
              SELECT 'row ' || id, 'it goes to an address that letters come back from' FROM outbox
                JOIN failing ON address = recipient AND suspended_at > 0
              WHERE state = 'pending'
              UNION ALL
              SELECT 'row ' || id, 'it waits for an address that is not suspended' FROM outbox
              WHERE hold = 'suspended' AND NOT EXISTS (SELECT 1 FROM failing
                WHERE address = recipient AND suspended_at > 0)",
        expected: "a reason for everything that is held, and nothing else held",
        todo: "see `guichet outbox list` and `guichet outbox suspended`",
    },
    Check {
        rule: "I17",
        sql: "SELECT 'letter ' || letter.id, 'it was ended by nobody' FROM letter
                LEFT JOIN review ON review.id = letter.review AND act = 'discard'
              WHERE letter.disposition = 'discarded' AND review.id IS NULL
              UNION ALL
              SELECT 'letter ' || id, 'it lies with the held ones, and is ' || disposition FROM letter
              WHERE shelf = 'held' AND disposition <> 'held' AND decided_at <= {late}",
        expected: "a review for what an admin ended, and each letter on its shelf",
        todo: WHY,
    },
];

pub(super) fn look(
    sql: &Connection,
    terms: &Terms,
    listener: &mut dyn Listener,
) -> Result<(), StoreError> {
    let late = terms.now.saturating_sub(terms.grace);
    let dispositions: Vec<String> = Disposition::ALL
        .iter()
        .map(|one| format!("'{}'", one.as_str()))
        .collect();
    let fills = [
        ("{late}", late.to_string()),
        ("{dispositions}", dispositions.join(", ")),
        ("{since}", budgets_since(sql, terms.now)?.to_string()),
        ("{per_address}", terms.limits.per_address.to_string()),
        ("{per_hour}", terms.limits.per_hour.to_string()),
    ];
    for (done, check) in (0..).zip(CHECKS) {
        listener.progress(Progress {
            what: "rules",
            done,
            all: CHECKS.len() as u64,
        });
        let question = fills
            .iter()
            .fold(check.sql.to_owned(), |text, (name, value)| {
                text.replace(name, value)
            });
        let mut asked = sql.prepare(&question)?;
        let mut rows = asked.query([])?;
        while let Some(row) = rows.next()? {
            listener.breach(Breach {
                rule: check.rule,
                about: row.get(0)?,
                found: row.get(1)?,
                expected: check.expected,
                todo: check.todo,
            });
        }
    }
    Ok(())
}

/// Since when the budgets are looked at: a week, or an admin's last release, who let out more.
fn budgets_since(sql: &Connection, now: i64) -> Result<i64, StoreError> {
    let week = now.saturating_sub(7 * 86_400);
    let released: Option<i64> = sql.query_row(
        "SELECT max(CAST(value AS INTEGER)) FROM setting WHERE name = ?1",
        [crate::store::budget::SINCE],
        |row| row.get(0),
    )?;
    Ok(released.unwrap_or(i64::MIN).max(week))
}
