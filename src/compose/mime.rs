//! One plain-text letter as MIME bytes.
//!
//! In: a [`Draft`], whose words are [`HeaderText`] and whose addresses are checked here. Out:
//! bytes with strict CRLF, no NUL, no byte above 127, no line over 998 octets (RFC 5322 §2.1.1),
//! ready for `DATA`.
//!
//! The body goes through the MIME library and is always quoted-printable or base64, also where
//! plain ASCII would do: no line of it can then be taken for the end of the letter, and no relay
//! has a reason to rewrite it. The header fields are written here, for the library writes a long
//! word as one line and lets `=?…?=` in a subject through as if it were encoded.
//!
//! Fields, in this order: Date, From, Reply-To, To, Subject, Message-ID, In-Reply-To, References,
//! Auto-Submitted (RFC 3834 §5), X-Auto-Response-Suppress, Precedence, X-Guichet-Loop,
//! Content-Language, MIME-Version, Content-Type, Content-Transfer-Encoding. What does not apply
//! is left out; nothing else is ever added.
//!
//! Files that go with it stand behind the text, each under the name and the type its sender gave;
//! a type that is none is plain bytes (RFC 2046 §4.5.1), a letter or a multipart stays closed.
//!
//! Not handled: HTML and several recipients. The gateway writes plain text to one person at a
//! time.

use std::sync::Arc;

use jiff::Timestamp;
use lettre::message::{
    Attachment, Body, MultiPart, SinglePart,
    header::{ContentTransferEncoding, ContentType},
};
use sha2::{Digest as _, Sha256};

use crate::compose::header_text::HeaderText;
use crate::compose::wire_address::{AddressError, WireAddress};
use crate::message::MessageId;

mod field;

/// Bytes the `References` field may have in all; many servers cut or refuse more.
pub const REFERENCES_BYTES: usize = 4_000;

/// Bytes of a foreign Message-ID that is still repeated; real ones stay under 200.
const FOREIGN_ID_BYTES: usize = 500;

/// Everything one letter says; see the module page.
#[derive(Debug, Clone)]
pub struct Draft<'a> {
    /// Who writes: the support address with its name.
    pub from: Party<'a>,
    /// Where an answer goes, if not to `from`: the address with the reply token.
    pub reply_to: Option<&'a str>,
    /// The one recipient.
    pub to: Party<'a>,
    /// The subject.
    pub subject: &'a HeaderText,
    /// The text. Any line ends; controls but tab and line ends are taken out.
    pub body: &'a str,
    /// What goes with the text.
    pub files: &'a [&'a Enclosed],
    /// The identity of this letter, the same through all attempts.
    pub message_id: &'a MessageId,
    /// When it was written, between 1970 and 9999. Shown in UTC.
    pub date: Timestamp,
    /// The letter that is answered. A foreign id that cannot be repeated safely is left out.
    pub in_reply_to: Option<&'a MessageId>,
    /// The thread, oldest first; the first and the newest are kept within [`REFERENCES_BYTES`].
    pub references: &'a [MessageId],
    /// Whether a person wrote it.
    pub auto_submitted: AutoSubmitted,
    /// The id of this installation, for `X-Guichet-Loop`.
    pub loop_id: &'a str,
    /// A language tag or several (`fr`, `fr, en`) for `Content-Language` (RFC 3282).
    pub language: Option<&'a str>,
}

/// A file that a letter passes on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Enclosed {
    /// Its place in the list of the letter it came with.
    pub index: usize,
    /// Its name for display, may be empty.
    pub name: String,
    /// The type its sender claims.
    pub media_type: String,
    /// Its bytes.
    pub bytes: Arc<[u8]>,
}

/// A name and an address.
#[derive(Debug, Clone, Copy)]
pub struct Party<'a> {
    /// The display name; may be empty.
    pub name: &'a HeaderText,
    /// `local@domain`.
    pub address: &'a str,
}

/// Who caused the letter to be written (RFC 3834 §5).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AutoSubmitted {
    /// A person: no field is written.
    No,
    /// A machine, in answer to a letter.
    Replied,
    /// A machine, on its own account.
    Generated,
}

/// Why a letter cannot be written. No text names an address.
#[derive(Debug, thiserror::Error)]
pub enum ComposeError {
    /// An address that cannot stand in a header.
    #[error("the {field} address cannot stand in a letter")]
    Address {
        /// `From`, `To` or `Reply-To`.
        field: &'static str,
        /// What is wrong with it.
        source: AddressError,
    },
    /// The letter's own Message-ID is not `left@right` in printable ASCII, or is too long.
    #[error("the Message-ID of the letter is not printable ASCII with one @, under 250 bytes")]
    MessageId,
    /// The instant has no date in the form of RFC 5322 §3.3.
    #[error("the date of the letter is not between the years 1970 and 9999")]
    Date,
    /// The loop id is empty, long, or not made of letters, digits, `.`, `-` and `_`.
    #[error("the loop id is not made of 1 to 100 letters, digits, dots, dashes and underscores")]
    LoopId,
    /// Not a list of language tags.
    #[error("the language is not a list of language tags")]
    Language,
}

/// Writes the letter; see the module page for what holds of the bytes.
///
/// # Errors
/// [`ComposeError`] if an address, the Message-ID, the date, the loop id or the language cannot
/// stand in a header. Subject, names and body are never a reason.
pub fn build(draft: &Draft<'_>) -> Result<Vec<u8>, ComposeError> {
    let mut head = field::Head::default();
    head.token_list("Date", &[date(draft.date)?]);
    head.mailbox(
        "From",
        draft.from.name,
        &address("From", draft.from.address)?,
    );
    if let Some(reply_to) = draft.reply_to {
        let reply_to = address("Reply-To", reply_to)?;
        head.mailbox("Reply-To", &HeaderText::default(), &reply_to);
    }
    head.mailbox("To", draft.to.name, &address("To", draft.to.address)?);
    head.text("Subject", draft.subject);
    thread_fields(&mut head, draft)?;
    automatic_fields(&mut head, draft)?;
    if let Some(language) = draft.language {
        head.token_list("Content-Language", &language_tags(language)?);
    }
    head.token_list("MIME-Version", &["1.0"]);
    let text = SinglePart::builder()
        .header(ContentType::TEXT_PLAIN)
        .body(encoded_body(draft.body));
    let mut bytes = head.into_bytes();
    if draft.files.is_empty() {
        bytes.extend_from_slice(&text.formatted());
    } else {
        bytes.extend_from_slice(&with_files(text, draft).formatted());
    }
    Ok(bytes)
}

fn with_files(text: SinglePart, draft: &Draft<'_>) -> MultiPart {
    // Unlike the text's own lines, and the same at every writing of this letter.
    let digest = data_encoding::HEXLOWER.encode(&Sha256::digest(draft.message_id.as_str()));
    let whole = MultiPart::mixed()
        .boundary(format!("={digest}"))
        .singlepart(text);
    draft.files.iter().fold(whole, |whole, file| {
        let name = HeaderText::new(&file.name);
        let name = match name.as_str() {
            "" => format!("piece-{}", file.index + 1),
            name => name.replace(['"', '\\', '/'], "_"),
        };
        let body = Body::new_with_encoding(file.bytes.to_vec(), ContentTransferEncoding::Base64)
            .unwrap_or_else(Body::new);
        whole.singlepart(Attachment::new(name).body(body, file_type(&file.media_type)))
    })
}

/// The claimed type, without parameters; plain bytes for what is none, or would be opened.
fn file_type(claimed: &str) -> ContentType {
    let simple = |b: u8| b.is_ascii_alphanumeric() || b"/.+-".contains(&b);
    let closed = claimed.starts_with("multipart/") || claimed.starts_with("message/");
    let fits = claimed.len() <= 100 && claimed.bytes().all(simple) && !closed;
    fits.then(|| ContentType::parse(claimed).ok())
        .flatten()
        .unwrap_or(
            ContentType::parse("application/octet-stream").unwrap_or(ContentType::TEXT_PLAIN),
        )
}

fn date(instant: Timestamp) -> Result<String, ComposeError> {
    // 9999-12-31T00:00:00Z: a year has four digits in RFC 5322 §3.3.
    const END: i64 = 253_402_214_400;
    if !(0..END).contains(&instant.as_second()) {
        return Err(ComposeError::Date);
    }
    Ok(instant.strftime("%a, %d %b %Y %H:%M:%S +0000").to_string())
}

fn address(field: &'static str, address: &str) -> Result<WireAddress, ComposeError> {
    WireAddress::new(address).map_err(|source| ComposeError::Address { field, source })
}

fn thread_fields(head: &mut field::Head, draft: &Draft<'_>) -> Result<(), ComposeError> {
    let own = draft.message_id.as_str();
    let whole = own
        .split_once('@')
        .is_some_and(|(left, right)| !left.is_empty() && !right.is_empty() && !right.contains('@'));
    if own.len() >= 250 || !whole || !is_repeatable(own) {
        return Err(ComposeError::MessageId);
    }
    head.token_list("Message-ID", &[format!("<{own}>")]);
    let answered = draft.in_reply_to.map(MessageId::as_str);
    if let Some(id) = answered.filter(|id| is_repeatable(id)) {
        head.token_list("In-Reply-To", &[format!("<{id}>")]);
    }
    let references = capped(draft.references);
    if !references.is_empty() {
        head.token_list("References", &references);
    }
    Ok(())
}

/// Whether an id may stand in our header: printable ASCII, nothing that ends it or that a reader
/// would decode. The `@` may be missing: some programs make such ids, and find their thread by them.
fn is_repeatable(id: &str) -> bool {
    let plain = |b: u8| b.is_ascii_graphic() && !b"<>\\\"(),;".contains(&b);
    (1..=FOREIGN_ID_BYTES).contains(&id.len()) && id.bytes().all(plain) && !id.contains("=?")
}

/// The first and the newest ids, in order, that fit into [`REFERENCES_BYTES`].
fn capped(references: &[MessageId]) -> Vec<String> {
    const NAME_AND_END: usize = "References: \r\n".len();
    let mut usable = references
        .iter()
        .map(MessageId::as_str)
        .filter(|id| is_repeatable(id))
        .map(|id| format!("<{id}>"));
    let Some(first) = usable.next() else {
        return Vec::new();
    };
    // Each id costs itself and the fold before it, CRLF and a blank.
    let mut left = REFERENCES_BYTES - NAME_AND_END - first.len();
    let mut newest: Vec<String> = usable
        .collect::<Vec<_>>()
        .into_iter()
        .rev()
        .map_while(|id| {
            left = left.checked_sub(id.len() + 3)?;
            Some(id)
        })
        .collect();
    newest.push(first);
    newest.reverse();
    newest
}

fn automatic_fields(head: &mut field::Head, draft: &Draft<'_>) -> Result<(), ComposeError> {
    let word = match draft.auto_submitted {
        AutoSubmitted::No => None,
        AutoSubmitted::Replied => Some("auto-replied"),
        AutoSubmitted::Generated => Some("auto-generated"),
    };
    if let Some(word) = word {
        head.token_list("Auto-Submitted", &[word]);
        head.token_list("X-Auto-Response-Suppress", &["All"]);
        head.token_list("Precedence", &["bulk"]);
    }
    let id = draft.loop_id;
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"._-".contains(&b);
    if !(1..=100).contains(&id.len()) || !id.bytes().all(plain) {
        return Err(ComposeError::LoopId);
    }
    head.token_list("X-Guichet-Loop", &[id]);
    Ok(())
}

fn language_tags(list: &str) -> Result<Vec<String>, ComposeError> {
    let mut tags: Vec<String> = Vec::new();
    for tag in list.split(',').map(str::trim) {
        let plain = |b: u8| b.is_ascii_alphanumeric() || b == b'-';
        if !(2..=35).contains(&tag.len()) || !tag.bytes().all(plain) || tags.len() > 8 {
            return Err(ComposeError::Language);
        }
        if let Some(before) = tags.last_mut() {
            before.push(',');
        }
        tags.push(tag.to_owned());
    }
    Ok(tags)
}

/// The text in the shorter of the two safe encodings.
fn encoded_body(text: &str) -> Body {
    let text = with_crlf(text);
    let plain = text
        .bytes()
        .filter(|b| matches!(b, b' '..=b'~') && *b != b'=')
        .count();
    // Quoted-printable spends three bytes on what is not plain, base64 four on three of all.
    let quoted = plain + 3 * (text.len() - plain);
    let encoding = if quoted <= text.len() * 4 / 3 + 64 {
        ContentTransferEncoding::QuotedPrintable
    } else {
        ContentTransferEncoding::Base64
    };
    // Neither encoding refuses any text; the library's own choice is only the way out of the type.
    Body::new_with_encoding(text, encoding).unwrap_or_else(Body::new)
}

/// All line ends as CRLF, no control but tab, no line end at the end (the part adds its own).
fn with_crlf(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / 32);
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '\r' => {
                rest.next_if_eq(&'\n');
                out.push_str("\r\n");
            }
            '\n' => out.push_str("\r\n"),
            '\t' => out.push(c),
            c if c.is_control() => {}
            c => out.push(c),
        }
    }
    out.truncate(out.trim_end_matches("\r\n").len());
    out
}
