//! A considered letter and what the store knows become a decision, its letters and its trace.
//!
//! Runs inside the transaction, and is pure but for the log: no clock, no network, no file.

use std::sync::Arc;

use jiff::Timestamp;
use serde_json::json;

use super::Considered;
use super::rules::Rules;
use crate::classify::Class;
use crate::classify::sender_auth::SenderAuth;
use crate::compose::mime::Enclosed;
use crate::compose::notice_letter::{self, OutboundMessage};
use crate::decide::import;
use crate::decide::review::{self, Review};
use crate::decide::{self, Change, Context, Decision, Facts, Held};
use crate::estimate::{Expectation, Snapshot};
use crate::message::{Message, Unreadable};
use crate::notice::Notice;
use crate::policy::{KeptLetter, Outcome, Verdict};
use crate::store::settle::{Effects, Ready};

/// What a decision looks things up in.
#[derive(Debug)]
pub(super) struct Tables {
    /// Card, tables, hours.
    pub(super) rules: Arc<Rules>,
    /// How soon persons answered.
    pub(super) estimate: Option<Arc<Snapshot>>,
}

/// All effects of one letter.
pub(super) fn effects(
    letter: &Ready<Considered>,
    context: Option<&Context>,
    tables: &Tables,
    now: Timestamp,
) -> Effects {
    let rules = tables.rules.as_ref();
    let rest = &letter.rest;
    let reviewed = rest.review.as_ref();
    if let Some(Review::Discard { why }) = reviewed {
        return explained(review::discard(why), Vec::new(), None, reviewed);
    }
    let (Some(message), Some(context), Ok((class, verdict, reading))) =
        (letter.message.as_deref(), context, &rest.considered)
    else {
        let why = rest.considered.as_ref().err();
        let decision = why.map_or_else(
            || decide::hold(&Held::Unreadable(Unreadable::Shapeless)),
            decide::hold,
        );
        return explained(decision, Vec::new(), None, reviewed);
    };
    let facts = Facts {
        now,
        received_at: rest.received_at,
        // Neither is answered, and no order of then is obeyed now.
        rescan: rest.rescan || rest.imported.is_some(),
        message,
        class,
        verdict,
        context,
        settings: &rules.decide,
        reading,
        card: &rules.card,
        registry: &rules.registry,
        calendar: rules.calendar.as_ref(),
        estimate: tables.estimate.as_deref(),
    };
    // Only here is it known which on-call windows are open.
    let raised = decide::on_call::raised(&facts);
    let verdict = raised.as_ref().unwrap_or(verdict.as_ref());
    let decision = decide::decide(&Facts { verdict, ..facts });
    let decision = match rest.imported {
        Some(how) => import::quiet(decision, how),
        None => decision,
    };
    let (decision, outbound) = write(decision, rules, now, rest);
    let kept =
        (verdict.outcome == Outcome::Ask).then(|| KeptLetter::of(&rules.policy_letter(message)));
    let found = Some(Found {
        message,
        class,
        auth: &reading.auth,
        verdict,
        kept,
    });
    explained(decision, outbound, found, reviewed)
}

/// Writes what the decision says. What cannot be written is told in the ticket, never lost, and
/// keeps nothing else from being written.
fn write(
    mut decision: Decision,
    rules: &Rules,
    now: Timestamp,
    rest: &Considered,
) -> (Decision, Vec<OutboundMessage>) {
    let (random, files) = (rest.random, &rest.enclosed);
    let (written, failed) = write_all(&decision.notices, rules, now, random, files);
    for (nth, why) in failed.into_iter().rev() {
        decision = decide::untold(decision, nth, &why);
    }
    (decision, written)
}

/// Writes notices; those that cannot be written are named by their place, with the reason.
pub(super) fn write_all(
    notices: &[Notice],
    rules: &Rules,
    now: Timestamp,
    random: [u8; 8],
    files: &[Enclosed],
) -> (Vec<OutboundMessage>, Vec<(usize, String)>) {
    let mut written = Vec::with_capacity(notices.len());
    let mut failed = Vec::new();
    for (nth, notice) in notices.iter().enumerate() {
        match notice_letter::write(notice, rules.desk(), now, random, nth, files) {
            Ok(letter) => written.push(letter),
            Err(error) => {
                tracing::warn!(ticket = notice.ticket.0, %error, "a letter could not be written");
                failed.push((nth, error.to_string()));
            }
        }
    }
    (written, failed)
}

/// What was found of a letter that could be read.
struct Found<'a> {
    message: &'a Message,
    class: &'a Class,
    auth: &'a SenderAuth,
    verdict: &'a Verdict,
    /// What the card looked at, if it asks something.
    kept: Option<KeptLetter>,
}

fn explained(
    decision: Decision,
    outbound: Vec<OutboundMessage>,
    found: Option<Found<'_>>,
    review: Option<&Review>,
) -> Effects {
    // The verdict that counts: with an answer, that on the letter which was asked about.
    let again = decision.changes.iter().find_map(|change| match change {
        Change::JudgedAgain { verdict, .. } => Some(verdict.as_ref()),
        _ => None,
    });
    let found = found.as_ref();
    let trace = json!({
        "disposition": decision.disposition,
        "reason": decision.reason,
        "rule": decision.rule,
        "ticket": decision.ticket,
        "answer": decision.answer.as_str(),
        "answer_reason": decision.answer.reason(),
        "notices": decision.notices.iter().map(|notice| notice.kind).collect::<Vec<_>>(),
        "kind": found.map(|found| found.class.kind),
        "sender_auth": found.map(|found| found.auth),
        "defects": found.map(|found| &found.message.defects),
        "expected": expected(&decision),
        "review": review,
        "judged_again": again.is_some(),
        "verdict": again.or(found.map(|found| found.verdict)),
        "kept": found.and_then(|found| found.kept.as_ref()),
    });
    Effects {
        decision,
        outbound,
        trace: trace.to_string(),
    }
}

/// How soon the author of a new ticket is told that a person answers, and what that rests on.
fn expected(decision: &Decision) -> Option<&Expectation> {
    decision.changes.iter().find_map(|change| match change {
        Change::Open(ticket) => ticket.expected.as_ref(),
        _ => None,
    })
}
