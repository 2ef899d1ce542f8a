//! The values a template is given: for every kind of notice the same names, so that a template can
//! be moved from one to the other.
//!
//! What a value is called in a language ([`words`]) is decided here; how it is set, in the template.

use jiff::Timestamp;
use minijinja::{Value, context};

use super::notice_letter::{Desk, without_tag};
use super::template::Tongue;
use super::words;
use crate::estimate::{Expectation, Figure};
use crate::notice::{
    About, Backup, Consequence, Notice, REPLY_ABOVE, Sheet, Transcript, Waiting, Words, WordsFate,
};
use crate::policy::card::Bilingual;
use crate::policy::{ClauseId, Verdict, evidence};

/// Everything a notice's template may ask for.
pub(super) fn of(notice: &Notice, desk: Desk<'_>, tongue: Tongue) -> Value {
    let common = context! {
        ticket => notice.ticket.0,
        tag => &desk.identity.tag,
        service => &desk.identity.service,
        address => &desk.identity.address,
        subject => notice.subject.as_deref().map(without_tag).unwrap_or_default(),
        above => REPLY_ABOVE,
    };
    let own = match &notice.about {
        About::Request {
            verdict,
            ahead,
            expected,
            closed,
            words,
            ..
        } => context! {
            ahead => ahead,
            expected => words::manner(expected.as_ref()),
            half => told(expected.as_ref()).map(|figure| words::half(figure, tongue)),
            most => told(expected.as_ref())
                .map(|figure| words::most(figure, &desk.identity.zone, tongue)),
            closed_until => closed.as_ref().and_then(|closed| words::opening(closed, tongue)),
            closed_why => closed.as_ref().map(|closed| words::closed(closed, tongue)),
            emergency => &desk.identity.emergency,
            words => words.as_ref().map(said),
            ..request(verdict, desk, tongue),
        },
        About::Answer {
            words,
            reopen_days,
            first,
            closing,
        } => context! {
            words => words.as_ref().map(said),
            reopen_days => reopen_days,
            first => first.map(|ticket| ticket.0),
            closing => closing.map(|day| words::date(day, tongue)),
        },
        About::Waiting(waiting) => self::waiting(waiting, desk, tongue),
        About::Work(sheet) => self::sheet(sheet, desk, tongue),
        About::Due(sheet, why) => context! {
            due => words::due(*why, &desk.identity.zone, tongue),
            ..self::sheet(sheet, desk, tongue)
        },
        About::Transcript(transcript) => self::transcript(transcript, desk, tongue),
        About::OnCall(news) => super::on_call::news(news, desk, tongue),
        About::Covered(covered) => super::on_call::covered(covered, desk, tongue),
        About::Help => context! {},
    };
    context! { ..common, ..own }
}

fn waiting(waiting: &Waiting, desk: Desk<'_>, tongue: Tongue) -> Value {
    let day = |at: Timestamp| words::date(desk.identity.zone.to_datetime(at).date(), tongue);
    let (then, then_on) = match waiting.then {
        Consequence::Reminder(date) => ("reminder", date),
        Consequence::Resolved(date) => ("resolved", date),
        Consequence::Technician(date) => ("technician", date),
        Consequence::Closed(date) => ("closed", date),
    };
    context! {
        since => day(waiting.since),
        asked => quoted(&waiting.asked),
        question => waiting
            .question
            .as_ref()
            .and_then(|id| desk.card.clause(id))
            .and_then(|clause| clause.question.as_ref())
            .map(|text| match tongue {
                Tongue::Fr => text.fr.clone(),
                Tongue::En => text.en.clone(),
            })
            .unwrap_or_default(),
        reminded => waiting.reminded.iter().map(|at| day(*at)).collect::<Vec<_>>(),
        then => then,
        then_on => words::date(then_on, tongue),
    }
}

/// Lines as they are quoted in an answer.
fn quoted(text: &str) -> String {
    let lines: Vec<String> = text
        .lines()
        .map(|line| format!("> {line}").trim_end().to_owned())
        .collect();
    lines.join("\n")
}

/// The figure of the expected first answer, if it is told.
fn told(expected: Option<&Expectation>) -> Option<&Figure> {
    match expected {
        Some(Expectation::Told(figure)) => Some(figure),
        _ => None,
    }
}

pub(super) fn said(words: &Words) -> Value {
    context! {
        author => &words.author,
        text => &words.text,
        signature => &words.signature,
        attachments => words.attachments.len(),
    }
}

pub(super) fn request(verdict: &Verdict, desk: Desk<'_>, tongue: Tongue) -> Value {
    let pick = |text: &Bilingual| match tongue {
        Tongue::Fr => text.fr.clone(),
        Tongue::En => text.en.clone(),
    };
    let clause = verdict.clause.as_ref().and_then(|id| desk.card.clause(id));
    let question = verdict
        .question
        .as_ref()
        .and_then(|id| desk.card.clause(id));
    let elsewhere = clause.map(|clause| clause.elsewhere.iter().map(pick).collect::<Vec<_>>());
    context! {
        category => words::category(verdict.category, tongue),
        priority => verdict.priority.as_str(),
        criticality => words::criticality(verdict.criticality, tongue),
        mutualisation => words::mutualisation(verdict.mutualisation, tongue),
        reserve => verdict.reserve,
        clause => verdict.clause.as_ref().and_then(|id| self::clause(id, desk)),
        evidence => evidence::sentences(&verdict.evidence, tongue.language()),
        elsewhere => elsewhere.unwrap_or_default(),
        question => question
            .and_then(|clause| clause.question.as_ref())
            .map(pick)
            .unwrap_or_default(),
    }
}

fn clause(id: &ClauseId, desk: Desk<'_>) -> Option<Value> {
    let clause = desk.card.clause(id)?;
    Some(context! {
        id => clause.id.to_string(),
        text => &clause.text_fr,
        gloss => &clause.gloss_en,
    })
}

pub(super) fn sheet(sheet: &Sheet, desk: Desk<'_>, tongue: Tongue) -> Value {
    let person = |name: &str, email: &str| match (name.is_empty(), email.is_empty()) {
        (_, true) => String::new(),
        (true, false) => email.to_owned(),
        (false, false) => format!("{name} <{email}>"),
    };
    let said: Vec<Value> = sheet
        .said
        .iter()
        .map(|one| {
            context! {
                author => &one.author,
                at => moment(one.at, desk),
                text => one.text.trim(),
                unverified => one.unverified,
            }
        })
        .collect();
    let attachments: Vec<Value> = sheet
        .attachments
        .iter()
        .map(|one| {
            context! {
                name => &one.name,
                size => words::size(one.size, tongue),
                passed_on => one.passed_on.is_some(),
            }
        })
        .collect();
    let similar: Vec<Value> = sheet
        .similar
        .iter()
        .map(|one| {
            context! {
                number => one.number.0,
                subject => &one.subject,
                requester => &one.requester,
            }
        })
        .collect();
    context! {
        phone => &sheet.contact.phone,
        room => &sheet.contact.room,
        backup => sheet.backup.map(Backup::as_str).unwrap_or_default(),
        undelivered => sheet.undelivered.as_ref().map(|one| {
            context! {
                recipient => &one.recipient,
                why => &one.why,
            }
        }),
        status => words::status(sheet.status, tongue),
        category => words::category(sheet.category, tongue),
        priority => sheet.priority.as_str(),
        criticality => words::criticality(sheet.criticality, tongue),
        mutualisation => words::mutualisation(sheet.mutualisation, tongue),
        requester => person(&sheet.requester.name, &sheet.requester.email),
        assignee => sheet.assignee.clone().unwrap_or_default(),
        outcome => words::outcome(sheet.outcome, tongue),
        clause => sheet.clause.as_ref().and_then(|id| clause(id, desk)),
        why => &sheet.why,
        proposed => sheet.proposed,
        said => said,
        attachments => attachments,
        similar => similar,
        warnings => sheet
            .warnings
            .iter()
            .map(|warning| words::warning(*warning, tongue))
            .collect::<Vec<_>>(),
    }
}

fn transcript(transcript: &Transcript, desk: Desk<'_>, tongue: Tongue) -> Value {
    let lines: Vec<Value> = transcript
        .lines
        .iter()
        .map(|(text, fate)| {
            context! {
                text => text,
                fate => words::fate(fate, tongue),
            }
        })
        .collect();
    let own = context! {
        obeyed => transcript.obeyed,
        refused => transcript
            .refused
            .map(|doubt| words::doubt(doubt, tongue))
            .unwrap_or_default(),
        lines => lines,
        words => match transcript.words {
            WordsFate::None => "none",
            WordsFate::Sent => "sent",
            WordsFate::Noted => "noted",
            WordsFate::Waiting => "waiting",
        },
        undo_until => transcript
            .undo_until
            .map(|until| moment(until, desk))
            .unwrap_or_default(),
        has_sheet => transcript.sheet.is_some(),
    };
    match &transcript.sheet {
        None => own,
        Some(now) => context! { ..own, ..sheet(now, desk, tongue) },
    }
}

/// An instant as people read it, in the service's own time.
pub(super) fn moment(at: Timestamp, desk: Desk<'_>) -> String {
    desk.identity
        .zone
        .to_datetime(at)
        .strftime("%d/%m/%Y %H:%M")
        .to_string()
}
