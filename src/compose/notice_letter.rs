//! A notice becomes a letter for the outbox.
//!
//! In: a [`Notice`], the site's [`Identity`], templates and card, the instant, eight random
//! bytes. Out: an [`OutboundMessage`], whose bytes and Message-ID never change again.
//!
//! Content rules (RFC 3834 §3): one recipient, null reverse-path, `Auto-Submitted: auto-replied`,
//! nothing of the letter's body but the words that are evidence, the subject only where the
//! notice allows it. A recipient of unsure language gets both, French first.

use jiff::Timestamp;
use minijinja::{Value, context};

use super::header_text::HeaderText;
use super::mime::{self, AutoSubmitted, Draft, Party};
use super::template::{Rendered, TemplateError, Templates, Tongue};
use super::words;
use crate::message::MessageId;
use crate::notice::{Kind, Notice};
use crate::policy::card::Bilingual;
use crate::policy::{Card, Language, evidence};
use crate::registry::RegistryError;
use crate::ticket::TicketNumber;

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
}

/// One letter for the outbox.
#[derive(Debug, Clone)]
pub struct OutboundMessage {
    /// One row a key: `ack:12` is the first answer to ticket 12.
    pub dedupe_key: String,
    /// What is said.
    pub kind: Kind,
    /// The ticket.
    pub ticket: TicketNumber,
    /// Envelope sender; empty is the null reverse-path.
    pub sender: String,
    /// The recipient.
    pub recipient: String,
    /// Its Message-ID.
    pub message_id: MessageId,
    /// The letter, strict CRLF.
    pub bytes: Vec<u8>,
}

/// Writes a notice.
///
/// # Errors
/// When a template fails or the recipient's address cannot stand in a letter.
pub fn write(
    notice: &Notice,
    desk: Desk<'_>,
    now: Timestamp,
    random: [u8; 8],
) -> Result<OutboundMessage, WriteError> {
    let identity = desk.identity;
    let message_id = message_id(notice.ticket, identity, random)?;
    let Rendered { subject, body } = text(notice, desk)?;
    let bytes = mime::build(&Draft {
        from: Party {
            name: &HeaderText::new(&identity.service),
            address: &identity.address,
        },
        reply_to: None,
        to: Party {
            name: &HeaderText::new(&notice.to.name),
            address: &notice.to.email,
        },
        subject: &HeaderText::new(&subject),
        body: &body,
        message_id: &message_id,
        date: now,
        in_reply_to: notice.in_reply_to.as_ref(),
        references: &notice.references,
        auto_submitted: AutoSubmitted::Replied,
        loop_id: &identity.instance,
        language: Some(match notice.language {
            Language::Fr => "fr",
            Language::En => "en",
            Language::Unsure => "fr, en",
        }),
    })?;
    Ok(OutboundMessage {
        dedupe_key: format!("ack:{}", notice.ticket.0),
        kind: notice.kind,
        ticket: notice.ticket,
        sender: String::new(),
        recipient: notice.to.email.clone(),
        message_id,
        bytes,
    })
}

/// Renders a notice in its language, or in both.
///
/// # Errors
/// When a template fails.
pub fn text(notice: &Notice, desk: Desk<'_>) -> Result<Rendered, WriteError> {
    let render = |tongue| -> Result<Rendered, WriteError> {
        Ok(desk
            .templates
            .render(notice.kind, tongue, &values(notice, desk, tongue))?)
    };
    match notice.language {
        Language::Fr => render(Tongue::Fr),
        Language::En => render(Tongue::En),
        Language::Unsure => {
            let (french, english) = (render(Tongue::Fr)?, render(Tongue::En)?);
            Ok(Rendered {
                subject: french.subject,
                body: format!(
                    "(English version below)\n\n{}\n----------------------------------------\n\n{}",
                    french.body, english.body
                ),
            })
        }
    }
}

fn values(notice: &Notice, desk: Desk<'_>, tongue: Tongue) -> Value {
    let verdict = &notice.verdict;
    let clause = verdict.clause.as_ref().and_then(|id| desk.card.clause(id));
    let question = verdict
        .question
        .as_ref()
        .and_then(|id| desk.card.clause(id));
    let pick = |text: &Bilingual| match tongue {
        Tongue::Fr => text.fr.clone(),
        Tongue::En => text.en.clone(),
    };
    let elsewhere = clause.map(|clause| clause.elsewhere.iter().map(pick).collect::<Vec<_>>());
    context! {
        ticket => notice.ticket.0,
        tag => &desk.identity.tag,
        service => &desk.identity.service,
        address => &desk.identity.address,
        subject => notice.subject.as_deref().map(without_tag).unwrap_or_default(),
        category => words::category(verdict.category, tongue),
        priority => verdict.priority.as_str(),
        criticality => words::criticality(verdict.criticality, tongue),
        mutualisation => words::mutualisation(verdict.mutualisation, tongue),
        ahead => notice.ahead,
        closed_until => notice.closed.as_ref().and_then(|closed| words::opening(closed, tongue)),
        closed_why => notice.closed.as_ref().map(|closed| words::closed(closed, tongue)),
        emergency => &desk.identity.emergency,
        reserve => verdict.reserve,
        clause => clause.map(|clause| context! {
            id => clause.id.to_string(),
            text => &clause.text_fr,
            gloss => &clause.gloss_en,
        }),
        evidence => evidence::sentences(&verdict.evidence, tongue.language()),
        elsewhere => elsewhere.unwrap_or_default(),
        question => question
            .and_then(|clause| clause.question.as_ref())
            .map(pick)
            .unwrap_or_default(),
    }
}

/// A requester's subject without the tags and `Re:` that earlier letters left in it.
fn without_tag(subject: &str) -> String {
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

fn message_id(
    ticket: TicketNumber,
    identity: &Identity,
    random: [u8; 8],
) -> Result<MessageId, WriteError> {
    let domain = identity
        .address
        .rsplit_once('@')
        .map_or("localhost", |(_, domain)| domain);
    let handle = data_encoding::HEXLOWER.encode(&random);
    MessageId::new(&format!("guichet.{}.{handle}@{domain}", ticket.0)).ok_or(WriteError::MessageId)
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
    /// The support address has no domain that can stand in a Message-ID.
    #[error("the support address cannot be part of a Message-ID")]
    MessageId,
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
