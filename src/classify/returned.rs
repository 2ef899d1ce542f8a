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
//! and nothing follows from a report whose letter we never wrote. Thread fields and texts are
//! anybody's to write, so that only what a report in proper form encloses is [`proven`].
//!
//! An address is to blame only for what the servers say of addresses ([`blames_address`]), here as
//! in the dialogue with our own server.
//!
//! Not handled: reports without any Message-ID (`decide` finds their ticket by the reply token of
//! the address they came to, if any), texts in other languages
//! than French, English and German.

use super::bounce::{is_multipart_report, plain};
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
    /// Whether the server says that the address is to blame, now and later.
    pub blames_address: bool,
    /// The recipient as the report has it, under all its names, in lower case; none if it names
    /// none.
    pub recipients: Vec<String>,
    /// Why, in one line; it may name addresses.
    pub line: String,
}

/// The letters a report, or an automatic reply, may be about: best first, at most fifty.
#[must_use]
pub fn about(message: &Message) -> Vec<MessageId> {
    let text = text(message);
    let quoted = text
        .split('<')
        .skip(1)
        .filter_map(|piece| piece.split_once('>').map(|(id, _)| id))
        .filter(|id| id.contains('@'))
        .filter_map(MessageId::new);
    let mut found: Vec<MessageId> = Vec::new();
    for id in enclosed(message)
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

/// The letters that a report in the proper form (RFC 6522) gives back or names in its fields: who
/// wrote it, or the server before it, had them.
#[must_use]
pub fn proven(message: &Message) -> Vec<MessageId> {
    if is_multipart_report(message) {
        enclosed(message).collect()
    } else {
        Vec::new()
    }
}

fn enclosed(message: &Message) -> impl Iterator<Item = MessageId> {
    message
        .report
        .iter()
        .flat_map(|report| report.groups.iter().flatten())
        .filter(|field| field.name.eq_ignore_ascii_case("Original-Message-ID"))
        .filter_map(|field| MessageId::new(&field.value))
        .chain(message.enclosed.iter().cloned())
}

/// Whether a server says that there is no such address, or that it takes nothing: RFC 3463 §3.2
/// and §3.3, or, without an enhanced status, the replies of RFC 5321 §4.2.2 that mean it. What it
/// has against a letter or its sender is not the address's fault.
#[must_use]
pub fn blames_address(code: Option<u16>, enhanced: Option<&str>) -> bool {
    match enhanced {
        Some(status) => status.starts_with("5.1.") || status.starts_with("5.2."),
        None => matches!(code, Some(550 | 551 | 553)),
    }
}

/// Reads a report about delivery.
#[must_use]
pub fn read(message: &Message) -> Returned {
    let found = by_fields(message).unwrap_or_else(|| by_text(message));
    Returned {
        about: about(message),
        line: one_line(&found.line),
        ..found
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

fn by_fields(message: &Message) -> Option<Returned> {
    let report = message
        .report
        .as_ref()
        .filter(|report| report.kind == ReportKind::Delivery)?;
    report
        .groups
        .iter()
        .filter_map(|group| recipient(group))
        .max_by_key(|found| found.fate)
}

/// One recipient's group of fields.
fn recipient(group: &[Field]) -> Option<Returned> {
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
    let said = diagnostic.as_deref().and_then(codes);
    let enhanced = status
        .clone()
        // Undefined (RFC 3463 §3.1): the server before may have said more.
        .filter(|status| {
            status
                .split_once('.')
                .is_some_and(|(_, rest)| rest != "0.0")
        })
        .or_else(|| said.as_ref().and_then(|said| said.enhanced.clone()));
    let code = said.and_then(|said| said.code);
    let blames_address = fate == Fate::Refused && blames_address(code, enhanced.as_deref());
    let recipients = ["Final-Recipient", "Original-Recipient"]
        .into_iter()
        .filter_map(|name| value(group, name))
        .map(|text| text.split_once(';').map_or(text, |(_, address)| address))
        .map(|address| address.trim().trim_matches(['<', '>']).to_lowercase())
        .filter(|address| address.contains('@'))
        .collect();
    let line = match (status, diagnostic.filter(|text| !text.is_empty())) {
        (Some(status), Some(text)) if text.contains(&status) => text,
        (Some(status), Some(text)) => format!("{status}: {text}"),
        (Some(status), None) => status,
        (None, Some(text)) => text,
        (None, None) => action.unwrap_or_default(),
    };
    Some(Returned {
        about: Vec::new(),
        fate,
        blames_address,
        recipients,
        line,
    })
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

fn by_text(message: &Message) -> Returned {
    // What the server wrote itself; the letter it gives back may hold any words and numbers.
    let own = &message.text.new;
    let text = match own.get(..own.floor_char_boundary(TEXT)).unwrap_or(own) {
        own if own.trim().is_empty() => text(message),
        own => own.to_owned(),
    };
    let subject = plain(&message.subject);
    let said = plain(&text).replace("aucune nouvelle tentative", "");
    let warned = subject.starts_with("warning")
        || DELAYED
            .iter()
            .any(|words| subject.contains(words) || said.contains(words));
    let coded = text
        .lines()
        .filter_map(|line| Some((codes(line)?, line)))
        .max_by_key(|(codes, _)| codes.class);
    let unknown = || text.lines().find(|line| has_any(line, &UNKNOWN));
    let (fate, blames_address, line) = match &coded {
        _ if warned => {
            let line = coded
                .as_ref()
                .map_or_else(|| first_line(&text), |(_, line)| (*line).to_owned());
            (Fate::Delayed, false, line)
        }
        Some((codes, line)) if codes.class == b'5' => {
            let blamed = blames_address(codes.code, codes.enhanced.as_deref());
            (Fate::Refused, blamed, (*line).to_owned())
        }
        Some((_, line)) => (Fate::Expired, false, (*line).to_owned()),
        None => match unknown() {
            Some(line) => (Fate::Refused, true, line.to_owned()),
            None => (Fate::Expired, false, reason(&text)),
        },
    };
    Returned {
        about: Vec::new(),
        fate,
        blames_address,
        recipients: Vec::new(),
        line,
    }
}

/// What a server said in numbers.
#[derive(Debug, PartialEq, Eq)]
struct Codes {
    /// `4` or `5`.
    class: u8,
    /// The SMTP reply code.
    code: Option<u16>,
    /// The enhanced status (RFC 3463).
    enhanced: Option<String>,
}

/// The enhanced status and the SMTP reply code in a line, if there is either. Three digits are a
/// code only where a reply begins: anywhere else they are a room, a quantity or a street.
fn codes(line: &str) -> Option<Codes> {
    let digits = |text: &str, most: usize| {
        (1..=most).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit())
    };
    let failed = |text: &str| text.starts_with(['4', '5']);
    let (mut code, mut enhanced) = (None, None);
    let mut before = "";
    let mut rest = line;
    while let Some(start) = rest.find(|c: char| c.is_ascii_alphanumeric()) {
        let (gap, from) = rest.split_at(start);
        let end = from
            .find(|c: char| !(c.is_ascii_alphanumeric() || c == '.'))
            .unwrap_or(from.len());
        let (word, after) = from.split_at(end);
        let word = word.trim_end_matches('.');
        let mut parts = word.split('.');
        let (class, subject, detail) = (parts.next(), parts.next(), parts.next());
        let status = subject.is_some_and(|s| digits(s, 3))
            && detail.is_some_and(|d| digits(d, 3))
            && class.is_some_and(|c| c.len() == 1)
            && parts.next().is_none();
        // RFC 5321 §4.2.1: the second digit goes from 0 to 5.
        let reply = word.len() == 3
            && digits(word, 3)
            && word.as_bytes().get(1).is_some_and(|b| *b <= b'5');
        let begins = before.is_empty()
            || gap.contains(':')
            || before.eq_ignore_ascii_case("smtp")
            || before.eq_ignore_ascii_case("error");
        if status && failed(word) {
            enhanced = enhanced.or_else(|| Some(word.to_owned()));
        } else if reply && begins && failed(word) {
            code = code.or_else(|| word.parse().ok());
        }
        (before, rest) = (word, after);
    }
    let shown: Option<String> = enhanced
        .clone()
        .or_else(|| code.map(|code: u16| code.to_string()));
    let class = shown?.bytes().next()?;
    Some(Codes {
        class,
        code,
        enhanced,
    })
}

/// Words for an address that is not there.
const UNKNOWN: [&str; 14] = [
    "user unknown",
    "unknown user",
    "no such user",
    "no mailbox here by that name",
    "does not exist",
    "doesn't exist",
    "n'existe pas",
    "inconnu",
    "unrouteable",
    "unknown address",
    "adresse invalide",
    "couldn't be found",
    "n'a pas ete trouve",
    "introuvable",
];

/// Words that explain another failure.
const WHY: [&str; 10] = [
    "quota",
    "mailbox full",
    "mailbox is full",
    "pleine",
    "disabled",
    "desactive",
    "rejected",
    "refuse",
    "rejete",
    "expired",
];

fn has_any(line: &str, words: &[&str]) -> bool {
    let line = plain(line);
    words.iter().any(|word| line.contains(word))
}

/// The line with the words that explain a failure, or the first.
fn reason(text: &str) -> String {
    text.lines()
        .find(|line| has_any(line, &WHY))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_a_code_only_where_a_reply_begins() {
        let found = |line| codes(line).map(|found| (found.code, found.enhanced));
        let both = |code, enhanced: &str| Some((code, Some(enhanced.to_owned())));
        assert_eq!(found("550 no such user"), Some((Some(550), None)));
        assert_eq!(
            found("host mx said: 550 5.1.1 no"),
            both(Some(550), "5.1.1")
        );
        assert_eq!(found("<<< 550-5.7.1 policy"), both(Some(550), "5.7.1"));
        assert_eq!(found("SMTP error 451 later"), Some((Some(451), None)));
        assert_eq!(found("Sorry. (#5.1.1)"), both(None, "5.1.1"));
        assert_eq!(found("salle 550, poste 512"), None);
        assert_eq!(found("plus de 500 destinataires"), None);
    }

    #[test]
    fn only_what_is_said_of_the_address_blames_it() {
        for (code, enhanced, blamed) in [
            (Some(550), Some("5.1.1"), true),
            (Some(552), Some("5.2.2"), true),
            (Some(550), Some("5.7.1"), false),
            (None, Some("5.4.1"), false),
            (Some(550), None, true),
            (Some(554), None, false),
            (None, None, false),
        ] {
            assert_eq!(
                blames_address(code, enhanced),
                blamed,
                "{code:?} {enhanced:?}"
            );
        }
    }
}
