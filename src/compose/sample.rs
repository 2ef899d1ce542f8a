//! Every notice with every shape of data it can have, to try templates with before they are used.
//!
//! The verdicts come from judging sample letters with the very card in force, so that the text of
//! each clause, its question and its places to turn to are tried too.

use jiff::Timestamp;
use jiff::civil::DateTime;

use super::notice_letter::{Desk, WriteError, text, write};
use crate::calendar::holidays::Holiday;
use crate::calendar::{Closed, Reason};
use crate::message::{MessageId, Text};
use crate::notice::{Kind, Notice, Recipient};
use crate::policy::{Evidence, Language, Letter, Verdict, judge};
use crate::registry::Registry;
use crate::ticket::TicketNumber;

/// Writes every notice about every clause in every language.
///
/// # Errors
/// The first that fails.
pub fn try_all(desk: Desk<'_>) -> Result<(), WriteError> {
    let registry = Registry::load(&[], desk.card.registry_settings()).map_err(Box::new)?;
    let words = Text {
        new: "Bonjour, l'imprimante du couloir ne marche plus.".to_owned(),
        ..Text::default()
    };
    let plain = judge(
        desk.card,
        &registry,
        &Letter::new("Imprimante", &words),
        Timestamp::UNIX_EPOCH,
    );
    for clause in desk.card.clauses() {
        let verdict = Verdict {
            clause: Some(clause.id.clone()),
            question: clause.question.is_some().then(|| clause.id.clone()),
            reserve: true,
            evidence: vec![Evidence::Signal {
                signal: "sample".to_owned(),
                quote: "mon ordinateur".to_owned(),
            }],
            ..plain.clone()
        };
        for kind in Kind::ALL {
            let needs_question = kind == Kind::Question && verdict.question.is_none();
            if !needs_question {
                try_one(desk, kind, &verdict)?;
            }
        }
    }
    try_one(desk, Kind::Acknowledgement, &plain)?;
    try_one(desk, Kind::SecurityNotice, &plain)
}

fn try_one(desk: Desk<'_>, kind: Kind, verdict: &Verdict) -> Result<(), WriteError> {
    for language in [Language::Fr, Language::En, Language::Unsure] {
        for subject in [None, Some("Panne d'imprimante".to_owned())] {
            let notice = Notice {
                kind,
                ticket: TicketNumber(12),
                to: Recipient {
                    name: "Claire Dumas".to_owned(),
                    email: "claire.dumas@institut.example".to_owned(),
                },
                language,
                subject,
                in_reply_to: MessageId::new("sample@institut.example"),
                references: Vec::new(),
                verdict: verdict.clone(),
                ahead: 3,
                closed: None,
            };
            if kind == Kind::AcknowledgementOutOfHours {
                for until in [None, Some(DateTime::ZERO)] {
                    let reasons = vec![Reason::Weekend, Reason::Holiday(Holiday::EasterMonday)];
                    let closed = Some(Closed { until, reasons });
                    let notice = Notice {
                        closed,
                        ..notice.clone()
                    };
                    text(&notice, desk)?;
                }
            }
            text(&notice, desk)?;
            write(&notice, desk, Timestamp::UNIX_EPOCH, [0; 8])?;
        }
    }
    Ok(())
}
