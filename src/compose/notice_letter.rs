//! A notice becomes a letter for the outbox.
//!
//! In: a [`Notice`], the site's [`Identity`], templates, card and token keys, the instant, eight
//! random bytes. Out: an [`OutboundMessage`], whose bytes and Message-ID never change again.
//!
//! Content rules (RFC 3834 §3): one recipient; what a machine says has the null reverse-path and
//! `Auto-Submitted`, what a person says neither; nothing of a requester's body but the words that
//! are evidence, the subject only where the notice allows it. A recipient of unsure language gets
//! both, French first. Every letter carries a reply token, in its Message-ID and, where the server
//! delivers address details, in `Reply-To`.

use std::sync::Arc;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::header_text::HeaderText;
use super::mime::{self, AutoSubmitted, Draft, Enclosed, Party};
use super::template::{Rendered, TemplateError, Templates, Tongue};
use super::values;
use crate::classify::loops::ID_PREFIX;
use crate::message::MessageId;
use crate::notice::{About, Extra, Kind, Notice, Right, Sheet, Source, Timing};
use crate::policy::{Card, Language};
use crate::registry::RegistryError;
use crate::ticket::TicketNumber;
use crate::token::{Authority, Claims, PersonNumber, PlaceError, Purpose};

/// Who speaks.
#[derive(Debug, Clone)]
pub struct Identity {
    /// The service's name: beside the address, and under each letter.
    pub service: String,
    /// The support address: `From` of everything.
    pub address: String,
    /// The word in `[Support #12]`.
    pub tag: String,
    /// What marks our own letters, in the loop header.
    pub instance: String,
    /// Whom to turn to in an emergency of security while the service is closed.
    pub emergency: Option<String>,
    /// Whether the mail server delivers `support+detail@…` to the support address.
    pub detail: bool,
    /// Where the times in letters are those of.
    pub zone: TimeZone,
}

impl Identity {
    /// The domain of our Message-IDs.
    #[must_use]
    pub fn host(&self) -> &str {
        self.address
            .rsplit_once('@')
            .map_or("localhost", |(_, domain)| domain)
    }
}

/// Everything a notice is written with.
#[derive(Debug, Clone, Copy)]
pub struct Desk<'a> {
    /// Who speaks.
    pub identity: &'a Identity,
    /// What it reads like.
    pub templates: &'a Templates,
    /// What is quoted.
    pub card: &'a Card,
    /// What proves that a reply answers a letter of ours.
    pub authority: &'a Authority,
}

/// One letter for the outbox.
#[derive(Debug, Clone)]
pub struct OutboundMessage {
    /// Whether it is the first answer to its ticket, of which there is one.
    pub first: bool,
    /// What is said.
    pub kind: Kind,
    /// The ticket; none for a letter about the house.
    pub ticket: Option<TicketNumber>,
    /// Envelope sender; empty is the null reverse-path.
    pub sender: String,
    /// The recipient.
    pub recipient: String,
    /// Its Message-ID.
    pub message_id: MessageId,
    /// The letter, strict CRLF.
    pub bytes: Vec<u8>,
    /// When it may go out.
    pub timing: Timing,
    /// What an answer to it may do, if it is for a technician.
    pub work: Option<Issued>,
    /// Files of the letter at hand that it passes on, if it waits for more to join it.
    pub waiting: Vec<Enclosed>,
}

/// The right that a letter to a technician carries.
#[derive(Debug, Clone)]
pub struct Issued {
    /// The technician's handle.
    pub technician: String,
    /// The number of the token.
    pub generation: u64,
    /// When it ends.
    pub expires: Timestamp,
    /// What this one letter allows besides.
    pub extra: Option<Extra>,
}

/// Writes a notice, the `nth` one of its letter, with those of the letter's files it names.
///
/// # Errors
/// When a template fails or the recipient's address cannot stand in a letter.
pub fn write(
    notice: &Notice,
    desk: Desk<'_>,
    now: Timestamp,
    random: [u8; 8],
    nth: usize,
    enclosed: &[Enclosed],
) -> Result<OutboundMessage, WriteError> {
    let identity = desk.identity;
    let (claims, work) = claims(notice, now);
    let token = desk.authority.issue(&claims);
    let handle = data_encoding::HEXLOWER.encode(&random);
    let handle = format!("{ID_PREFIX}{}.{handle}{nth}", notice.ticket.0);
    let message_id = token.message_id(&handle, identity.host())?;
    // A token that does not fit beside a long address stands in the Message-ID alone.
    let reply_to = identity
        .detail
        .then(|| token.address(&identity.address).ok())
        .flatten();
    let Rendered { subject, body } = text(notice, desk)?;
    let files = files(notice, enclosed);
    let by_person = notice.about.words().is_some();
    let bytes = mime::build(&Draft {
        from: Party {
            name: &HeaderText::new(&identity.service),
            address: &identity.address,
        },
        reply_to: reply_to.as_deref(),
        to: Party {
            name: &HeaderText::new(&notice.to.name),
            address: &notice.to.email,
        },
        subject: &HeaderText::new(&subject),
        body: &body,
        files: &files.iter().collect::<Vec<_>>(),
        message_id: &message_id,
        date: now,
        in_reply_to: notice.in_reply_to.as_ref(),
        references: &notice.references,
        auto_submitted: match (by_person, is_generated(notice)) {
            (true, _) => AutoSubmitted::No,
            (false, true) => AutoSubmitted::Generated,
            (false, false) => AutoSubmitted::Replied,
        },
        loop_id: &identity.instance,
        language: Some(match notice.language {
            Language::Fr => "fr",
            Language::En => "en",
            Language::Unsure => "fr, en",
        }),
    })?;
    Ok(OutboundMessage {
        first: notice.about.is_first(),
        kind: notice.kind,
        ticket: Some(notice.ticket),
        // What a person says may bounce, and the person has to know.
        sender: if by_person {
            identity.address.clone()
        } else {
            String::new()
        },
        recipient: notice.to.email.clone(),
        message_id,
        bytes,
        timing: notice.timing,
        work,
        waiting: match notice.timing {
            Timing::Now => Vec::new(),
            Timing::Merged { .. } => own_files(notice, enclosed),
        },
    })
}

/// Whether no letter is answered by it (RFC 3834 §5): it is for the team, or time has it written.
fn is_generated(notice: &Notice) -> bool {
    notice.kind.is_inside() || matches!(notice.about, About::Waiting(_))
}

/// The files that go with it.
fn files(notice: &Notice, enclosed: &[Enclosed]) -> Vec<Enclosed> {
    let mut files = kept_files(notice);
    files.extend(own_files(notice, enclosed));
    files
}

/// Files of earlier letters.
fn kept_files(notice: &Notice) -> Vec<Enclosed> {
    let Some(sheet) = sheet_of(notice) else {
        return Vec::new();
    };
    let kept = sheet
        .attachments
        .iter()
        .filter_map(|one| match &one.passed_on {
            Some(Source::Kept(file)) => Some(file),
            _ => None,
        });
    kept.map(|file| Enclosed {
        index: usize::MAX,
        name: file.name.clone(),
        media_type: file.media_type.clone(),
        bytes: Arc::clone(&file.bytes),
    })
    .collect()
}

/// The ticket that a letter to the team shows, with the list of its files.
fn sheet_of(notice: &Notice) -> Option<&Sheet> {
    match &notice.about {
        About::Work(sheet) | About::Due(sheet, _) => Some(sheet),
        About::OnCall(news) => news.sheet.as_ref(),
        _ => None,
    }
}

/// Files of the letter at hand.
fn own_files(notice: &Notice, enclosed: &[Enclosed]) -> Vec<Enclosed> {
    let wanted: Vec<usize> = match sheet_of(notice) {
        Some(sheet) => sheet
            .attachments
            .iter()
            .filter_map(|one| match one.passed_on {
                Some(Source::Letter(place)) => Some(place),
                _ => None,
            })
            .collect(),
        None => notice
            .about
            .words()
            .map(|words| words.attachments.clone())
            .unwrap_or_default(),
    };
    let own = enclosed.iter().filter(|file| wanted.contains(&file.index));
    own.cloned().collect()
}

/// What the letter's token says, and the row it gets if orders may rest on it.
fn claims(notice: &Notice, now: Timestamp) -> (Claims, Option<Issued>) {
    let claims = |purpose: Purpose, person: &str, generation: u64| Claims {
        purpose,
        ticket: notice.ticket,
        person: PersonNumber::of(person),
        generation: u32::try_from(generation).unwrap_or(u32::MAX),
        expires: now.saturating_add(purpose.life()).unwrap_or(now),
    };
    match &notice.right {
        Right::Add => (
            claims(Purpose::Thread, &notice.to.email.to_lowercase(), 0),
            None,
        ),
        Right::Work {
            technician,
            generation,
            extra,
        } => {
            let claims = claims(Purpose::Command, technician, *generation);
            let issued = Issued {
                technician: technician.clone(),
                generation: *generation,
                expires: claims.expires,
                extra: extra.clone(),
            };
            (claims, Some(issued))
        }
    }
}

/// Renders a notice in its language, or in both.
///
/// # Errors
/// When a template fails.
pub fn text(notice: &Notice, desk: Desk<'_>) -> Result<Rendered, WriteError> {
    let render = |tongue| -> Result<Rendered, WriteError> {
        Ok(desk
            .templates
            .render(notice.kind, tongue, &values::of(notice, desk, tongue))?)
    };
    match notice.language {
        Language::Fr => render(Tongue::Fr),
        Language::En => render(Tongue::En),
        // A person's words are said once, in whatever language they are.
        Language::Unsure if notice.kind == Kind::Reply => render(Tongue::Fr),
        Language::Unsure => {
            let (french, english) = (render(Tongue::Fr)?, render(Tongue::En)?);
            Ok(Rendered {
                subject: french.subject,
                body: both(&french.body, &english.body),
            })
        }
    }
}

/// Both versions of a letter, and below them one footer: what the English one says more than the
/// French one stands under it.
fn both(french: &str, english: &str) -> String {
    let ((french, footer), (english, its_footer)) = (footed(french), footed(english));
    let mut text = format!(
        "(English version below)\n\n{}\n\n----------------------------------------\n\n{}\n",
        french.trim_end(),
        english.trim_end()
    );
    for line in footer.lines() {
        text.push('\n');
        text.push_str(line);
    }
    let more = |line: &&str| !line.is_empty() && footer.lines().all(|known| known != *line);
    for line in its_footer.lines().filter(more) {
        text.push('\n');
        text.push_str(line);
    }
    text.push('\n');
    text
}

/// A text and its footer, which begins with the mark of a signature (RFC 3676 §4.3).
fn footed(body: &str) -> (&str, &str) {
    match body
        .rfind("\n-- \n")
        .and_then(|at| body.split_at_checked(at + 1))
    {
        Some(parts) => parts,
        None => (body, ""),
    }
}

/// A requester's subject without the tags and `Re:` that earlier letters left in it.
pub(super) fn without_tag(subject: &str) -> String {
    let mut rest = subject.trim();
    loop {
        let before = rest;
        if let Some((tag, after)) = rest.strip_prefix('[').and_then(|text| text.split_once(']'))
            && tag.contains('#')
        {
            rest = after.trim_start();
        }
        for prefix in ["re:", "re :", "aw:", "rép:", "rép :"] {
            if let Some((start, after)) = rest.split_at_checked(prefix.len())
                && start.to_lowercase() == prefix
            {
                rest = after.trim_start();
            }
        }
        if rest == before {
            return rest.to_owned();
        }
    }
}

/// Why a notice could not be written.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// A template failed.
    #[error(transparent)]
    Template(#[from] TemplateError),
    /// The letter could not be built.
    #[error(transparent)]
    Compose(#[from] mime::ComposeError),
    /// The card's own patterns for inventory numbers cannot be used.
    #[error(transparent)]
    Registry(#[from] Box<RegistryError>),
    /// The domain of the support address cannot stand in a Message-ID.
    #[error("the letter cannot have a Message-ID at the domain of the support address")]
    MessageId,
    /// The reply token has no place in the letter.
    #[error("the letter cannot carry a reply token")]
    Token(#[from] PlaceError),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ok_old_tags_do_not_pile_up() {
        assert_eq!(
            without_tag("Re: [Support #3] RE: Re : imprimante"),
            "imprimante"
        );
        assert_eq!(without_tag("[urgent] imprimante"), "[urgent] imprimante");
        assert_eq!(without_tag("réseau"), "réseau");
    }
}
