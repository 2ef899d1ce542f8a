//! What a bounce, a read receipt or a complaint says became of a letter of ours.
//!
//! In: a [`Message`] that `classify` took for one of these. Out: [`Returned`]: which letters it may
//! be about, what became of them, and the reason in one line.
//!
//! Strategy: the fields made for machines first (RFC 3464 §2.3 `Action`, `Status`,
//! `Diagnostic-Code`; RFC 8098 §3.2.6; RFC 5965 §3.1). Without them, as in the reports of qmail, old
//! Exim and several French providers, the text: an enhanced status code (RFC 3463), an SMTP reply
//! code, or the words that servers use. Of several recipients the worst end counts: our letters have
//! one.
//!
//! A letter of ours is named by its Message-ID: that of an enclosed letter or header, of the
//! report's own thread fields, or any in the text. Whether it really is ours is the store's to say,
//! and nothing follows from a report whose letter we never wrote.
//!
//! Not handled: reports without any Message-ID (`decide` finds their ticket by the reply token of
//! the address they came to, if any), texts in other languages
//! than French, English and German.

use super::bounce::plain;
use crate::message::{Field, Message, MessageId, ReportKind};

/// Message-IDs that are tried.
const ABOUT: usize = 50;
/// Bytes of text that are searched for codes and ids: a report says so at its beginning, and a
/// quoted letter of ours is not longer.
const TEXT: usize = 64 * 1024;
/// Characters of the reason that are kept.
const LINE: usize = 300;

/// What became of a letter, from the best to the worst.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fate {
    /// It arrived, or was passed on to a server that sends no reports.
    Arrived,
    /// It waits somewhere and will be tried again.
    Delayed,
    /// It did not arrive although the address may be good: given up after trying (4.x.x).
    Expired,
    /// It did not arrive and never will (5.x.x).
    Refused,
}

/// What a report says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Returned {
    /// Message-IDs of letters it may be about, best first.
    pub about: Vec<MessageId>,
    /// What became of the letter.
    pub fate: Fate,
    /// Why, in one line; it may name addresses.
    pub line: String,
}

/// The letters a report, or an automatic reply, may be about: best first, at most fifty.
#[must_use]
pub fn about(message: &Message) -> Vec<MessageId> {
    let original = message
        .report
        .iter()
        .flat_map(|report| report.groups.iter().flatten())
        .filter(|field| field.name.eq_ignore_ascii_case("Original-Message-ID"))
        .filter_map(|field| MessageId::new(&field.value));
    let text = text(message);
    let quoted = text
        .split('<')
        .skip(1)
        .filter_map(|piece| piece.split_once('>').map(|(id, _)| id))
        .filter(|id| id.contains('@'))
        .filter_map(MessageId::new);
    let mut found: Vec<MessageId> = Vec::new();
    for id in original
        .chain(message.enclosed.iter().cloned())
        .chain(message.ancestors().cloned())
        .chain(quoted)
    {
        if found.len() == ABOUT {
            break;
        }
        if !found.contains(&id) {
            found.push(id);
        }
    }
    found
}

/// Reads a report about delivery.
#[must_use]
pub fn read(message: &Message) -> Returned {
    let (fate, line) = by_fields(message).unwrap_or_else(|| by_text(message));
    Returned {
        about: about(message),
        fate,
        line: one_line(&line),
    }
}

/// What a read receipt or a complaint says, in one line.
#[must_use]
pub fn remark(message: &Message) -> String {
    let fields = || {
        message
            .report
            .iter()
            .flat_map(|report| report.groups.iter().flatten())
    };
    let said = |name| value(fields(), name).map(one_line);
    let kind = message.report.as_ref().map(|report| report.kind);
    match kind {
        Some(ReportKind::Feedback) => said("Feedback-Type"),
        // manual-action/MDN-sent-manually; displayed
        Some(ReportKind::Disposition) => said("Disposition").map(|disposition| {
            let last = disposition.rsplit(';').next().unwrap_or_default().trim();
            last.to_owned()
        }),
        Some(ReportKind::Delivery) | None => None,
    }
    .filter(|said| !said.is_empty())
    .unwrap_or_else(|| "no details".to_owned())
}

fn by_fields(message: &Message) -> Option<(Fate, String)> {
    let report = message
        .report
        .as_ref()
        .filter(|report| report.kind == ReportKind::Delivery)?;
    report
        .groups
        .iter()
        .filter_map(|group| recipient(group))
        .max_by_key(|(fate, _)| *fate)
}

/// One recipient's group of fields.
fn recipient(group: &[Field]) -> Option<(Fate, String)> {
    let status = value(group, "Status").map(|status| {
        let bare = status.split(['(', ' ']).next().unwrap_or_default();
        bare.to_owned()
    });
    let class = status.as_ref().and_then(|status| status.chars().next());
    let action = value(group, "Action").map(|action| action.trim().to_lowercase());
    let fate = match (action.as_deref(), class) {
        (Some("delivered" | "relayed" | "expanded"), _) | (None, Some('2')) => Fate::Arrived,
        (Some("delayed"), _) | (None, Some('4')) => Fate::Delayed,
        (Some("failed"), Some('4')) => Fate::Expired,
        (Some("failed"), _) | (None, Some('5')) => Fate::Refused,
        _ => return None,
    };
    let diagnostic = value(group, "Diagnostic-Code").map(|text| {
        let bare = text.split_once(';').map_or(text, |(_, rest)| rest);
        bare.trim().to_owned()
    });
    let line = match (status, diagnostic.filter(|text| !text.is_empty())) {
        (Some(status), Some(text)) if text.contains(&status) => text,
        (Some(status), Some(text)) => format!("{status}: {text}"),
        (Some(status), None) => status,
        (None, Some(text)) => text,
        (None, None) => action.unwrap_or_default(),
    };
    Some((fate, line))
}

fn value<'a>(fields: impl IntoIterator<Item = &'a Field>, name: &str) -> Option<&'a str> {
    fields
        .into_iter()
        .find(|field| field.name.eq_ignore_ascii_case(name))
        .map(|field| field.value.as_str())
}

/// Words over a letter that is still being tried.
const DELAYED: [&str; 15] = [
    "delivery delayed",
    "has been delayed",
    "has not yet been delivered",
    "delayed mail",
    "(delay)",
    "this is a warning message only",
    "do not need to resend",
    "will be retried",
    "will keep trying",
    "continue to try",
    "still being retried",
    "remise differee",
    "remise retardee",
    "nouvelle tentative",
    "tentatives de remise",
];

fn by_text(message: &Message) -> (Fate, String) {
    // What the server wrote itself; the letter it gives back may hold any words and numbers.
    let own = &message.text.new;
    let text = match own.get(..own.floor_char_boundary(TEXT)).unwrap_or(own) {
        own if own.trim().is_empty() => text(message),
        own => own.to_owned(),
    };
    let subject = plain(&message.subject);
    let said = plain(&text);
    let warned = subject.starts_with("warning")
        || DELAYED
            .iter()
            .any(|words| subject.contains(words) || said.contains(words));
    let coded = text
        .lines()
        .filter_map(|line| Some((code(line)?, line)))
        .max_by_key(|(class, _)| *class);
    match coded {
        _ if warned => {
            let line = coded.map_or_else(|| first_line(&text), |(_, line)| line.to_owned());
            (Fate::Delayed, line)
        }
        Some((b'5', line)) => (Fate::Refused, line.to_owned()),
        Some((b'4', line)) => (Fate::Expired, line.to_owned()),
        _ => (Fate::Refused, reason(&text)),
    }
}

/// The class of the enhanced status (RFC 3463) or SMTP reply code in a line: `4` or `5`.
fn code(line: &str) -> Option<u8> {
    let digits = |text: &str, most: usize| {
        (1..=most).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit())
    };
    line.split(|c: char| !(c.is_ascii_alphanumeric() || c == '.'))
        .map(|word| word.trim_end_matches('.'))
        .filter(|word| {
            let mut parts = word.split('.');
            let (class, subject, detail) = (parts.next(), parts.next(), parts.next());
            let enhanced = subject.is_some_and(|s| digits(s, 3))
                && detail.is_some_and(|d| digits(d, 3))
                && class.is_some_and(|c| c.len() == 1)
                && parts.next().is_none();
            // RFC 5321 §4.2.1: the second digit goes from 0 to 5.
            let reply = word.len() == 3
                && digits(word, 3)
                && word.as_bytes().get(1).is_some_and(|b| *b <= b'5');
            enhanced || reply
        })
        .filter_map(|word| word.bytes().next())
        .filter(|class| matches!(class, b'4' | b'5'))
        .max()
}

/// The line with the words that explain a failure, or the first.
fn reason(text: &str) -> String {
    let words = [
        "user unknown",
        "unknown user",
        "no such user",
        "does not exist",
        "n'existe pas",
        "inconnu",
        "unrouteable",
        "unknown address",
        "adresse invalide",
        "quota",
        "mailbox full",
        "mailbox is full",
        "boite pleine",
        "pleine",
        "disabled",
        "desactive",
        "rejected",
        "refuse",
        "rejete",
        "couldn't be found",
        "n'a pas ete trouve",
        "introuvable",
    ];
    text.lines()
        .find(|line| {
            let line = plain(line);
            words.iter().any(|word| line.contains(word))
        })
        .map_or_else(|| first_line(text), str::to_owned)
}

fn first_line(text: &str) -> String {
    text.lines()
        .find(|line| !line.trim().is_empty())
        .map_or_else(|| "no reason is given".to_owned(), str::to_owned)
}

/// The beginning of all that is written in the letter.
fn text(message: &Message) -> String {
    let zones = &message.text;
    let mut text = String::new();
    for zone in [
        &zones.new,
        &zones.quoted,
        &zones.forwarded,
        &zones.signature,
    ] {
        let left = TEXT.saturating_sub(text.len());
        text.push_str(zone.get(..zone.floor_char_boundary(left)).unwrap_or(zone));
        text.push('\n');
    }
    text
}

fn one_line(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    line.chars().take(LINE).collect()
}
