//! A bulletin becomes a letter for the outbox: to one technician or admin, about no ticket.
//!
//! In: a [`Bulletin`] and what a notice is written with too. Out: an [`OutboundMessage`] without a
//! ticket and without a reply token. Its Message-ID and loop header are those of all our letters, so
//! that one that comes back is recognised.

use jiff::Timestamp;
use minijinja::{Value, context};

use super::header_text::HeaderText;
use super::mime::{self, AutoSubmitted, Draft, Enclosed, Party};
use super::notice_letter::{Desk, OutboundMessage, WriteError};
use super::template::{Rendered, Tongue};
use super::{digest, words};
use crate::alarm::ledger::Word;
use crate::alarm::{Alarm, Level};
use crate::classify::loops::ID_PREFIX;
use crate::message::MessageId;
use crate::notice::{Bulletin, House, Timing};
use crate::policy::Language;

/// Writes a bulletin, the `nth` one of its cause, with what goes with it.
///
/// # Errors
/// When its template fails or the recipient's address cannot stand in a letter.
pub fn write(
    bulletin: &Bulletin,
    desk: Desk<'_>,
    now: Timestamp,
    random: [u8; 8],
    nth: usize,
    enclosed: &[Enclosed],
) -> Result<OutboundMessage, WriteError> {
    let identity = desk.identity;
    let Rendered { subject, body } = text(bulletin, desk, now)?;
    let handle = data_encoding::HEXLOWER.encode(&random);
    let message_id = MessageId::new(&format!("{ID_PREFIX}0.{handle}{nth}@{}", identity.host()))
        .ok_or(WriteError::MessageId)?;
    let bytes = mime::build(&Draft {
        from: Party {
            name: &HeaderText::new(&identity.service),
            address: &identity.address,
        },
        reply_to: None,
        to: Party {
            name: &HeaderText::new(&bulletin.to.name),
            address: &bulletin.to.email,
        },
        subject: &HeaderText::new(&subject),
        body: &body,
        files: &enclosed.iter().collect::<Vec<_>>(),
        message_id: &message_id,
        date: now,
        in_reply_to: None,
        references: &[],
        auto_submitted: AutoSubmitted::Generated,
        loop_id: &identity.instance,
        language: Some(tongue(bulletin).as_str()),
    })?;
    Ok(OutboundMessage {
        first: false,
        kind: bulletin.kind,
        ticket: None,
        sender: String::new(),
        recipient: bulletin.to.email.clone(),
        message_id,
        bytes,
        timing: Timing::Now,
        work: None,
        waiting: Vec::new(),
    })
}

/// The language it is written in: the authoritative one, if nobody knows.
#[must_use]
pub fn tongue(bulletin: &Bulletin) -> Tongue {
    match bulletin.language {
        Language::En => Tongue::En,
        Language::Fr | Language::Unsure => Tongue::Fr,
    }
}

/// Renders a bulletin.
///
/// # Errors
/// When its template fails.
pub fn text(bulletin: &Bulletin, desk: Desk<'_>, now: Timestamp) -> Result<Rendered, WriteError> {
    let tongue = tongue(bulletin);
    let values = values(bulletin, desk, tongue, now);
    Ok(desk.templates.render(bulletin.kind, tongue, &values)?)
}

fn values(bulletin: &Bulletin, desk: Desk<'_>, tongue: Tongue, now: Timestamp) -> Value {
    let common = context! {
        tag => &desk.identity.tag,
        service => &desk.identity.service,
        address => &desk.identity.address,
        name => &bulletin.to.name,
    };
    let own = match &bulletin.about {
        House::Season {
            season,
            from,
            until,
        } => context! {
            season => words::season(*season, tongue),
            from => words::date(*from, tongue),
            until => words::date(*until, tongue),
        },
        House::Digest(digest) => digest::morning(digest, tongue),
        House::Weekly(weekly) => digest::week(weekly, desk, tongue),
        House::Alarm { alarm, word } => alarm_values(alarm, *word, desk, tongue, now),
    };
    context! { ..common, ..own }
}

fn alarm_values(
    alarm: &Alarm,
    word: Word,
    desk: Desk<'_>,
    tongue: Tongue,
    now: Timestamp,
) -> Value {
    let since = alarm.since.to_zoned_datetime(desk.identity.zone.clone());
    let lasted = now.duration_since(alarm.since).as_secs().max(0) / 60;
    context! {
        cause => alarm.cause.name(),
        of => alarm.cause.of(),
        word => word.as_str(),
        critical => alarm.cause.level() == Level::Critical,
        number => alarm.number,
        megabytes => alarm.number / 1_000_000,
        detail => &alarm.detail,
        since_day => words::date(since.date(), tongue),
        since_time => since.strftime("%H:%M").to_string(),
        minutes => lasted,
        hours => lasted / 60,
    }
}
