//! Bytes to [`Message`]: the order in which a letter is read.
//!
//! In: the raw letter. Out: a [`Message`], or why it cannot be read within the limits.
//!
//! 1. [`super::repair`] undoes damage that would hide the header.
//! 2. [`super::scan`] counts what could hurt before anything is taken apart.
//! 3. The MIME library takes it apart; what it made is counted once more, because it sees
//!    structure the scan does not.
//! 4. Header fields are read from the bytes ([`super::field`]), the text is chosen
//!    ([`super::body`]), decoded ([`super::text`]) and cut into zones ([`super::reply`]),
//!    attachments are described ([`super::attachment`]).
//!
//! [`cut`] goes the same way for the bytes of one attachment.
//!
//! Pure and total: no input makes it fail in another way than [`Unreadable`], but one that makes
//! the MIME library overflow the stack, which is why letters are read in worker processes.
//! Every step is linear in the bytes.

use std::borrow::Cow;
use std::collections::BTreeSet;

use data_encoding::HEXLOWER;
use mail_parser::{DateTime, HeaderName, HeaderValue, MessageParser, MimeHeaders, PartType};
use sha2::{Digest, Sha256};

use super::{
    Address, Attachment, ContentKey, Defect, Field, Message, MessageId, Text, Unreadable, address,
    attachment, body, field, limits, repair, reply, report, scan, text, word,
};

/// Bytes of a subject that are kept.
const SUBJECT: usize = 4_000;
/// The first second after what 32 bits hold: no letter is from then.
const YEAR_2106: i64 = 1 << 32;

/// Reads one letter.
///
/// # Errors
/// [`Unreadable`], if a limit of [`limits`] is passed, or the letter is empty, or names no sender.
pub fn parse(raw: &[u8]) -> Result<Message, Unreadable> {
    let raw = within_limits(raw)?;
    read(&taken_apart(&raw)?, &raw)
}

/// Cuts one attachment out of a letter: its description and its decoded bytes, never more than
/// the letter has. `index` counts from 0, in the order of [`Message::attachments`]; `None` if
/// there is none of that number.
///
/// # Errors
/// As [`parse`], for the limits of the structure.
pub fn cut(raw: &[u8], index: usize) -> Result<Option<(Attachment, Vec<u8>)>, Unreadable> {
    let raw = within_limits(raw)?;
    let parsed = taken_apart(&raw)?;
    let body = body::body(&parsed, &raw, &mut BTreeSet::new());
    Ok(attachment::cut(&parsed, &raw, &body, index))
}

/// The repaired bytes, if nothing in them passes a limit.
pub(super) fn within_limits(raw: &[u8]) -> Result<Cow<'_, [u8]>, Unreadable> {
    if raw.len() as u64 > limits::LETTER {
        return Err(Unreadable::TooLarge {
            size: raw.len() as u64,
            limit: limits::LETTER,
        });
    }
    let raw = repair::repair(raw);
    scan::scan(&raw)?;
    Ok(raw)
}

pub(super) fn taken_apart(raw: &[u8]) -> Result<mail_parser::Message<'_>, Unreadable> {
    let parsed = MessageParser::default()
        .parse(raw)
        .ok_or(Unreadable::Shapeless)?;
    check_structure(&parsed)?;
    Ok(parsed)
}

fn read(parsed: &mail_parser::Message<'_>, raw: &[u8]) -> Result<Message, Unreadable> {
    let mut defects = BTreeSet::new();
    let fields = field::fields(raw);
    let people = people(parsed, &fields, &mut defects);
    // A quoted local part names nobody here, but the letter is in order.
    let quoted = field::values(&fields, "from").any(address::has_quoted_local);
    if people.from.is_empty() && !quoted {
        return Err(Unreadable::NoSender);
    }
    let subject = subject(&fields, &mut defects);
    let date = date(parsed, &mut defects);
    let (message_id, in_reply_to, references) = ids(&fields, &mut defects);
    let body = body::body(parsed, raw, &mut defects);
    let attachments = attachment::attachments(parsed, raw, &body)?;
    note_ambiguity(parsed, &fields, &mut defects);
    let passed_on = is_forward_subject(&subject);
    let zones = reply::split(&body.text, passed_on);
    let mut message = Message {
        message_id,
        in_reply_to,
        references,
        from: people.from,
        from_fields: people.from_fields,
        sender: people.sender,
        reply_to: people.reply_to,
        to: people.to,
        cc: people.cc,
        recipients: people.recipients,
        return_path: field::return_path(&fields),
        subject,
        date,
        forwarded: passed_on || zones.forwarded || holds_letter(&attachments),
        text: Text {
            source: body.source,
            ..zones.text
        },
        attachments,
        report: report::report(parsed, raw),
        enclosed: report::enclosed(parsed, raw),
        fields,
        content_key: ContentKey(String::new()),
        defects,
    };
    message.content_key = content_key(&message, &body.text);
    Ok(message)
}

/// Counts parts and levels of what the MIME library made, also inside nested letters.
fn check_structure(parsed: &mail_parser::Message<'_>) -> Result<(), Unreadable> {
    let mut open = vec![(parsed, 0_usize)];
    let mut parts = 0;
    while let Some((letter, depth)) = open.pop() {
        if depth > limits::DEPTH {
            return Err(scan::too_many("MIME levels", depth, limits::DEPTH));
        }
        parts += letter.parts.len();
        if parts > limits::PARTS {
            return Err(scan::too_many("MIME parts", parts, limits::PARTS));
        }
        open.extend(letter.parts.iter().filter_map(|part| match &part.body {
            PartType::Message(nested) => Some((nested, depth + 1)),
            _ => None,
        }));
    }
    Ok(())
}

/// Everybody the header names.
struct People {
    from: Vec<Address>,
    from_fields: u32,
    sender: Option<Address>,
    reply_to: Vec<Address>,
    to: Vec<Address>,
    cc: Vec<Address>,
    recipients: u32,
}

fn people(
    parsed: &mail_parser::Message<'_>,
    fields: &[Field],
    defects: &mut BTreeSet<Defect>,
) -> People {
    let mut list = |name| addresses(parsed, fields, name, defects);
    let from = list(HeaderName::From);
    let sender = list(HeaderName::Sender);
    let reply_to = list(HeaderName::ReplyTo);
    let to = list(HeaderName::To);
    let cc = list(HeaderName::Cc);
    let from_fields = parsed.header_values(HeaderName::From).count();
    if from_fields > 1 || from.claimed > 1 {
        defects.insert(Defect::SeveralAuthors);
    }
    People {
        // An author beside one that cannot be an address is one of several.
        from_fields: small(if from.claimed > from.kept.len() && from.claimed > 1 {
            from_fields.max(2)
        } else {
            from_fields
        }),
        from: from.kept,
        sender: sender.kept.into_iter().next(),
        reply_to: reply_to.kept,
        recipients: small(to.claimed + cc.claimed),
        to: to.kept,
        cc: cc.kept,
    }
}

struct Found {
    kept: Vec<Address>,
    /// How many there are, plausible or not.
    claimed: usize,
}

/// The addresses of all fields of one name, at most [`limits::ADDRESSES`].
fn addresses(
    parsed: &mail_parser::Message<'_>,
    fields: &[Field],
    name: HeaderName<'static>,
    defects: &mut BTreeSet<Defect>,
) -> Found {
    let mut found = Found {
        kept: Vec::new(),
        claimed: 0,
    };
    let mut add = |value: &HeaderValue<'_>| {
        if let Some(list) = value.as_address() {
            found.claimed += address::count(list);
            found.kept.extend(address::addresses(list));
        }
    };
    if let Some(plain) = decoded_lists(fields, &name, defects) {
        if let Some(header) = MessageParser::default().parse_headers(plain.as_bytes()) {
            header.header_values(name).for_each(&mut add);
        }
    } else {
        parsed.header_values(name).for_each(&mut add);
    }
    if found.kept.len() > limits::ADDRESSES {
        found.kept.truncate(limits::ADDRESSES);
        defects.insert(Defect::Capped);
    }
    found
}

/// The fields of one name with their encoded words decoded, as a header of its own; `None` if
/// they hold none, or are longer than what is kept of a field.
fn decoded_lists(
    fields: &[Field],
    name: &HeaderName<'_>,
    defects: &mut BTreeSet<Defect>,
) -> Option<String> {
    let values = || field::values(fields, name.as_str());
    let encoded = values().any(|value| value.contains("=?"));
    let whole = values().all(|value| value.len() + 4 < limits::FIELD_VALUE);
    (encoded && whole).then(|| {
        let mut wrong = false;
        let mut header = String::new();
        for value in values() {
            header.push_str(name.as_str());
            header.push_str(": ");
            header.push_str(&word::quoted(value, &mut wrong));
            header.push('\n');
        }
        if wrong {
            defects.insert(Defect::Encoding);
        }
        header + "\n"
    })
}

fn small(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

/// The first `Subject`, decoded.
fn subject(fields: &[Field], defects: &mut BTreeSet<Defect>) -> String {
    let value = field::values(fields, "subject").next().unwrap_or_default();
    let (value, wrong) = word::decode(value);
    if wrong {
        defects.insert(Defect::Encoding);
    }
    if value.contains(|c: char| c.is_control() && c != '\t') {
        defects.insert(Defect::Controls);
    }
    if value.len() > SUBJECT {
        defects.insert(Defect::Capped);
    }
    text::one_line(&value, SUBJECT)
}

/// The first `Date`, if it is a day that exists.
fn date(parsed: &mail_parser::Message<'_>, defects: &mut BTreeSet<Defect>) -> Option<i64> {
    let date = parsed
        .header_values(HeaderName::Date)
        .next()
        .and_then(HeaderValue::as_datetime)
        .filter(|date| date.is_valid() && u16::from(date.day) <= month_length(date))
        .map(DateTime::to_timestamp)
        .filter(|seconds| (0..YEAR_2106).contains(seconds));
    if date.is_none() {
        defects.insert(Defect::Date);
    }
    date
}

fn month_length(date: &DateTime) -> u16 {
    let leap = date.year.is_multiple_of(4)
        && (!date.year.is_multiple_of(100) || date.year.is_multiple_of(400));
    match date.month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

type Ids = (Option<MessageId>, Vec<MessageId>, Vec<MessageId>);

/// Message-ID, In-Reply-To and References; of the latter two the newest [`limits::REFERENCES`].
fn ids(fields: &[Field], defects: &mut BTreeSet<Defect>) -> Ids {
    let own = field::message_id(fields);
    if own.is_none() {
        defects.insert(Defect::MessageId);
    }
    let mut list = |name| {
        let mut ids: Vec<MessageId> = field::values(fields, name)
            .flat_map(field::message_ids)
            .collect();
        if let Some(surplus) = ids.len().checked_sub(limits::REFERENCES).filter(|n| *n > 0) {
            ids.drain(..surplus);
            defects.insert(Defect::Capped);
        }
        ids
    };
    let in_reply_to = list("in-reply-to");
    let references = list("references");
    (own, in_reply_to, references)
}

/// Marks a letter that different readers take apart differently.
fn note_ambiguity(
    parsed: &mail_parser::Message<'_>,
    fields: &[Field],
    defects: &mut BTreeSet<Defect>,
) {
    let once = [
        "content-type",
        "content-transfer-encoding",
        "content-disposition",
        "mime-version",
        "subject",
        "date",
        "message-id",
        "sender",
    ];
    let twice = |name: &str| field::values(fields, name).nth(1).is_some();
    // A boundary that is never seen, or never seen again.
    let open_end = parsed
        .parts
        .iter()
        .any(|part| part.is_encoding_problem && part.content_transfer_encoding().is_none());
    let in_part = parsed.parts.iter().skip(1).any(|part| {
        let count = |name: HeaderName<'_>| part.headers.iter().filter(|h| h.name == name).count();
        count(HeaderName::ContentType) > 1 || count(HeaderName::ContentTransferEncoding) > 1
    });
    let boundaries = parsed.parts.iter().any(|part| {
        part.headers
            .iter()
            .filter_map(|header| header.value.as_content_type())
            .filter_map(|kind| kind.attributes())
            .any(|list| {
                list.iter()
                    .filter(|a| a.name == "boundary")
                    .nth(1)
                    .is_some()
            })
    });
    if open_end || in_part || boundaries || once.into_iter().any(twice) {
        defects.insert(Defect::Ambiguous);
    }
}

/// "Fwd:", "TR :" and their kin, also behind a "Re:".
fn is_forward_subject(subject: &str) -> bool {
    let mut rest = subject;
    while let Some((prefix, after)) = rest.split_once(':') {
        match prefix.trim().to_lowercase().as_str() {
            "fwd" | "fw" | "tr" | "wg" | "transféré" | "transfert" => return true,
            "re" | "ré" | "réf" | "aw" => rest = after,
            _ => return false,
        }
    }
    false
}

/// Whether a whole letter is attached, other than the one a report gives back.
fn holds_letter(attachments: &[Attachment]) -> bool {
    let has = |prefix: &str| attachments.iter().any(|a| a.media_type.starts_with(prefix));
    has("message/rfc822") && !has("message/delivery-status")
}

/// See [`ContentKey`]: every piece is hashed with its length before it.
fn content_key(message: &Message, body: &str) -> ContentKey {
    let mut hash = Sha256::new();
    let mut add = |piece: &str| {
        hash.update((piece.len() as u64).to_be_bytes());
        hash.update(piece.as_bytes());
    };
    add(message.message_id.as_ref().map_or("", MessageId::as_str));
    for author in &message.from {
        add(&author.name);
        add(&author.email);
    }
    add(&message
        .date
        .map_or_else(String::new, |date| date.to_string()));
    add(&message.subject);
    add(body);
    for attachment in &message.attachments {
        add(&attachment.sha256);
    }
    ContentKey(HEXLOWER.encode(&hash.finalize()))
}
