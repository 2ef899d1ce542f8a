//! Every notice with every shape of data it can have, to try templates with before they are used.
//!
//! The verdicts come from judging sample letters with the very card in force, so that the text of
//! each clause, its question and its places to turn to are tried too.

mod digests;
mod on_call;

use jiff::civil::{Date, DateTime};
use jiff::{SignedDuration, Timestamp};

use digests::digests;

use super::bulletin;
use super::notice_letter::{Desk, WriteError, text, write};
use crate::alarm::ledger::Word;
use crate::alarm::{Alarm, Cause};
use crate::calendar::holidays::Holiday;
use crate::calendar::{BreakSeason, Closed, Reason};
use crate::command::Wanted;
use crate::estimate::rounding::Length;
use crate::estimate::{Expectation, Figure, Group};
use crate::message::{Contact, MessageId, Text};
use crate::notice::{
    About, Backup, Bulletin, Consequence, Deed, Doubt, DueReason, Fate, House, Kind, Listed,
    Notice, Recipient, Right, Said, Sheet, Similar, Source, Timing, Transcript, Undelivered,
    Waiting, Warning, Words, WordsFate,
};
use crate::policy::answer::Reading;
use crate::policy::{Evidence, Language, Letter, Outcome, Verdict, judge};
use crate::registry::Registry;
use crate::ticket::{Status, TicketNumber};

/// Writes every notice about every clause in every language.
///
/// # Errors
/// The first that fails.
pub fn try_all(desk: Desk<'_>) -> Result<(), WriteError> {
    for (kind, about) in all(desk)? {
        try_one(desk, kind, &about)?;
    }
    for bulletin in bulletins() {
        bulletin::write(&bulletin, desk, Timestamp::UNIX_EPOCH, [0; 8], 0, &[])?;
    }
    Ok(())
}

/// Every kind of notice with every shape of its data.
///
/// # Errors
/// When the card's own settings cannot be used.
pub fn all(desk: Desk<'_>) -> Result<Vec<(Kind, About)>, WriteError> {
    let plain = plain(desk)?;
    let mut found = Vec::new();
    for verdict in verdicts(desk, &plain) {
        for kind in [
            Kind::Acknowledgement,
            Kind::AcknowledgementOutOfHours,
            Kind::Rejection,
            Kind::Question,
            Kind::ResetNotice,
            Kind::SecurityNotice,
            Kind::Noted,
        ] {
            let fits = match kind {
                Kind::Question => verdict.question.is_some(),
                Kind::Rejection | Kind::ResetNotice => verdict.clause.is_some(),
                _ => true,
            };
            for words in [None, Some(words())].into_iter().filter(|_| fits) {
                for (closed, expected) in circumstances(kind) {
                    found.push((
                        kind,
                        About::Request {
                            verdict: Box::new(verdict.clone()),
                            ahead: 3,
                            expected,
                            closed,
                            first: words.is_none(),
                            words: words.clone(),
                        },
                    ));
                }
            }
        }
        for kind in [
            Kind::TechnicianNew,
            Kind::TechnicianUpdate,
            Kind::TechnicianContest,
            Kind::TechnicianUndelivered,
        ] {
            found.push((kind, About::Work(Box::new(sheet(&verdict)))));
        }
        for waiting in waits(&verdict) {
            found.push((Kind::Reminder, About::Waiting(Box::new(waiting.clone()))));
            found.push((Kind::NoAnswer, About::Waiting(Box::new(waiting))));
        }
        for why in due_reasons() {
            let sheet = Box::new(sheet(&verdict));
            found.push((Kind::TechnicianDue, About::Due(sheet, why)));
        }
        for transcript in transcripts(&verdict) {
            found.push((
                Kind::Transcript,
                About::Transcript(Box::new(transcript.clone())),
            ));
            found.push((
                Kind::ConfirmCommand,
                About::Transcript(Box::new(transcript)),
            ));
        }
    }
    for kind in [
        Kind::Reply,
        Kind::Resolved,
        Kind::Closed,
        Kind::Reopened,
        Kind::Accepted,
        Kind::Upheld,
        Kind::OfferAccepted,
        Kind::Added,
    ] {
        for (words, first) in [
            (None, None),
            (Some(words()), None),
            (None, Some(TicketNumber(7))),
        ] {
            found.push((
                kind,
                About::Answer {
                    words,
                    reopen_days: 14,
                    first,
                    closing: first.is_none().then_some(Date::ZERO),
                },
            ));
        }
    }
    found.extend(on_call::all(&plain));
    found.push((Kind::Help, About::Help));
    Ok(found)
}

/// Every bulletin in both languages.
#[must_use]
pub fn bulletins() -> Vec<Bulletin> {
    [Language::Fr, Language::En]
        .into_iter()
        .flat_map(|language| {
            let alarms = Cause::samples().into_iter().flat_map(move |cause| {
                Word::ALL.map(|word| Bulletin {
                    kind: Kind::Alert,
                    to: recipient(),
                    language,
                    about: House::Alarm {
                        alarm: Alarm {
                            cause: cause.clone(),
                            since: Timestamp::UNIX_EPOCH,
                            number: 3,
                            detail: "why".to_owned(),
                        },
                        word,
                    },
                })
            });
            let seasons = BreakSeason::ALL.map(|season| Bulletin {
                kind: Kind::ClosuresMissing,
                to: recipient(),
                language,
                about: House::Season {
                    season,
                    from: Date::ZERO,
                    until: Date::ZERO,
                },
            });
            seasons.into_iter().chain(alarms).chain(digests(language))
        })
        .collect()
}

/// When the request comes: until when it is closed, and how soon an answer is expected.
fn circumstances(kind: Kind) -> Vec<(Option<Closed>, Option<Expectation>)> {
    let figure = Figure {
        snapshot: Timestamp::UNIX_EPOCH,
        group: Group::All,
        cases: 40,
        queue: Some(3_600),
        half: Length::HalfHours(6),
        due: Timestamp::UNIX_EPOCH,
    };
    let expected = match kind {
        Kind::Rejection => vec![None],
        _ => vec![
            None,
            Some(Expectation::Told(figure)),
            Some(Expectation::TooFew),
            Some(Expectation::Open),
        ],
    };
    closures(kind)
        .into_iter()
        .flat_map(|closed| {
            expected
                .iter()
                .map(move |expected| (closed.clone(), expected.clone()))
        })
        .collect()
}

/// Until when it is closed: nobody knows, or a day; open for every other notice.
fn closures(kind: Kind) -> Vec<Option<Closed>> {
    if kind != Kind::AcknowledgementOutOfHours {
        return vec![None];
    }
    [None, Some(DateTime::ZERO)]
        .into_iter()
        .map(|until| {
            let reasons = vec![Reason::Weekend, Reason::Holiday(Holiday::EasterMonday)];
            Some(Closed { until, reasons })
        })
        .collect()
}

fn plain(desk: Desk<'_>) -> Result<Verdict, WriteError> {
    let registry = Registry::load(&[], desk.card.registry_settings()).map_err(Box::new)?;
    let words = Text {
        new: "Bonjour, l'imprimante du couloir ne marche plus.".to_owned(),
        ..Text::default()
    };
    Ok(judge(
        desk.card,
        &registry,
        &Letter::new("Imprimante", &words),
        Timestamp::UNIX_EPOCH,
    ))
}

fn verdicts(desk: Desk<'_>, plain: &Verdict) -> Vec<Verdict> {
    let of_clauses = desk.card.clauses().iter().map(|clause| Verdict {
        outcome: Outcome::Reject,
        clause: Some(clause.id.clone()),
        question: clause.question.is_some().then(|| clause.id.clone()),
        reserve: true,
        evidence: vec![Evidence::Signal {
            signal: "sample".to_owned(),
            quote: "mon ordinateur".to_owned(),
        }],
        ..plain.clone()
    });
    of_clauses.chain([plain.clone()]).collect()
}

fn words() -> Words {
    Words {
        author: "Paul Martin".to_owned(),
        text: "Bonjour,\nle toner est changé.".to_owned(),
        signature: "Paul Martin\nService informatique".to_owned(),
        attachments: vec![0],
    }
}

fn sheet(verdict: &Verdict) -> Sheet {
    Sheet {
        status: Status::New,
        category: verdict.category,
        priority: verdict.priority,
        criticality: verdict.criticality,
        mutualisation: verdict.mutualisation,
        requester: recipient(),
        contact: Contact {
            phone: "04 91 00 00 00".to_owned(),
            room: "214".to_owned(),
        },
        assignee: verdict.clause.is_some().then(|| "Paul Martin".to_owned()),
        outcome: verdict.outcome,
        clause: verdict.clause.clone(),
        why: vec!["vous écrivez : « mon ordinateur »".to_owned()],
        proposed: verdict.reserve,
        backup: verdict.clause.is_some().then_some(Backup::Unknown),
        undelivered: Some(Undelivered {
            recipient: "claire.dumas@institut.example".to_owned(),
            why: "permanent failure: 550 5.1.1".to_owned(),
        }),
        said: vec![Said {
            author: "Claire Dumas <claire.dumas@institut.example>".to_owned(),
            at: Timestamp::UNIX_EPOCH,
            text: "Bonjour,\nl'imprimante ne marche plus.".to_owned(),
            unverified: true,
        }],
        attachments: vec![
            Listed {
                name: "capture.png".to_owned(),
                size: 48_000,
                passed_on: Some(Source::Letter(0)),
            },
            Listed {
                name: "film.mp4".to_owned(),
                size: 18_000_000,
                passed_on: None,
            },
        ],
        similar: vec![Similar {
            number: TicketNumber(11),
            subject: "Imprimante du 3e".to_owned(),
            requester: "Rémi Vidal".to_owned(),
        }],
        warnings: warnings(),
    }
}

/// Every warning there is.
fn warnings() -> Vec<Warning> {
    let readings = [
        Reading::Admits,
        Reading::Denies,
        Reading::AcceptsOffer,
        Reading::Unclear,
    ];
    let answered = readings.into_iter().flat_map(|reading| {
        [Outcome::Accept, Outcome::Flag, Outcome::Reject]
            .map(|outcome| Warning::Answered { reading, outcome })
    });
    let plain = [
        Warning::Claims(TicketNumber(7)),
        Warning::Follows(TicketNumber(7)),
        Warning::IdReused,
        Warning::TakesOffer,
        Warning::Disowned,
    ];
    plain.into_iter().chain(answered).collect()
}

/// Every consequence of silence, after the question of a card, a person's words, or neither.
fn waits(verdict: &Verdict) -> Vec<Waiting> {
    let one = |then, asked: &str, reminded| Waiting {
        since: Timestamp::UNIX_EPOCH,
        asked: asked.to_owned(),
        question: verdict.question.clone(),
        reminded,
        then,
    };
    let once = vec![Timestamp::UNIX_EPOCH];
    vec![
        one(Consequence::Technician(Date::ZERO), "", Vec::new()),
        one(
            Consequence::Reminder(Date::ZERO),
            "Quel toner ?",
            Vec::new(),
        ),
        one(Consequence::Resolved(Date::ZERO), "", once.clone()),
        one(
            Consequence::Closed(Date::ZERO),
            "Quel toner ?",
            once.repeat(2),
        ),
    ]
}

fn due_reasons() -> [DueReason; 6] {
    [
        DueReason::Returned(None),
        DueReason::Returned(Some(Date::ZERO)),
        DueReason::Undecided(Timestamp::UNIX_EPOCH),
        DueReason::Unanswered(Timestamp::UNIX_EPOCH),
        DueReason::RefusalEnds(Date::ZERO),
        DueReason::Unreachable(Timestamp::UNIX_EPOCH),
    ]
}

fn transcripts(verdict: &Verdict) -> Vec<Transcript> {
    let done = Transcript {
        obeyed: true,
        refused: None,
        lines: vec![
            ("#prendre".to_owned(), Fate::Done(Deed::Taken)),
            (
                "#résoudre".to_owned(),
                Fate::Done(Deed::Now(Status::Resolved)),
            ),
        ],
        words: WordsFate::Sent,
        sheet: Some(sheet(verdict)),
        undo_until: Some(Timestamp::UNIX_EPOCH),
    };
    let mistaken = Transcript {
        obeyed: false,
        lines: vec![("#prendra".to_owned(), Fate::Mistake(Wanted::Order))],
        words: WordsFate::None,
        undo_until: None,
        ..done.clone()
    };
    let refused = Transcript {
        refused: Some(Doubt::Spent),
        lines: Vec::new(),
        words: WordsFate::Waiting,
        sheet: None,
        ..mistaken.clone()
    };
    vec![done, mistaken, refused]
}

fn recipient() -> Recipient {
    Recipient {
        name: "Claire Dumas".to_owned(),
        email: "claire.dumas@institut.example".to_owned(),
    }
}

fn try_one(desk: Desk<'_>, kind: Kind, about: &About) -> Result<(), WriteError> {
    for language in [Language::Fr, Language::En, Language::Unsure] {
        for subject in [None, Some("Panne d'imprimante".to_owned())] {
            let notice = Notice {
                kind,
                ticket: TicketNumber(12),
                to: recipient(),
                language,
                subject,
                in_reply_to: MessageId::new("sample@institut.example"),
                references: Vec::new(),
                right: if kind.is_inside() {
                    Right::Work {
                        technician: "paul".to_owned(),
                        generation: 1,
                        extra: None,
                    }
                } else {
                    Right::Add
                },
                timing: Timing::Merged {
                    pause: SignedDuration::ZERO,
                    replaces: None,
                },
                about: about.clone(),
            };
            text(&notice, desk)?;
            write(&notice, desk, Timestamp::UNIX_EPOCH, [0; 8], 0, &[])?;
        }
    }
    Ok(())
}
