//! A letter, read: bytes in, [`Message`] out.
//!
//! The only room that names the MIME library. Damage is data ([`Defect`]), never an error: a
//! letter that people can read is read. Only what passes a limit of [`limits`], or has no reader
//! to answer to, is [`Unreadable`], and the gateway then keeps it for a person.
//!
//! Text is cut into zones ([`Text`]): the words the sender wrote now, what they quote, their
//! signature, what they forward. Nothing is thrown away, every zone stays viewable.
//!
//! All text here is valid UTF-8 without NUL; single-line values hold no control characters.

mod address;
mod attachment;
mod body;
mod calendar;
mod contact;
mod decode;
mod field;
mod html;
mod parameter;
pub mod parse;
mod repair;
mod reply;
mod report;
mod scan;
pub mod strip;
mod text;
mod tnef;
mod uuencode;
mod word;

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

pub use contact::Contact;

/// What one letter says, after decoding; see the module page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// `Message-ID` (RFC 5322 §3.6.4), if the letter has a usable one.
    pub message_id: Option<MessageId>,
    /// `In-Reply-To`, in order.
    pub in_reply_to: Vec<MessageId>,
    /// `References`, in order, at most [`limits::REFERENCES`] (the newest are kept).
    pub references: Vec<MessageId>,
    /// Every address of every `From` field. Exactly one is an author; more name nobody, and so
    /// does none, where the only one has a quoted local part.
    pub from: Vec<Address>,
    /// How many `From` fields there are; RFC 5322 §3.6 allows one.
    pub from_fields: u32,
    /// `Sender`, if any. Never an identity, only a hint for loop rules.
    pub sender: Option<Address>,
    /// `Reply-To`, at most [`limits::ADDRESSES`]. Never used to address an automatic answer.
    pub reply_to: Vec<Address>,
    /// `To`, at most [`limits::ADDRESSES`].
    pub to: Vec<Address>,
    /// `Cc`, at most [`limits::ADDRESSES`].
    pub cc: Vec<Address>,
    /// Addresses counted in `To` and `Cc` before the cap.
    pub recipients: u32,
    /// The first `Return-Path` field: the envelope sender as the last server wrote it.
    pub return_path: ReturnPath,
    /// `Subject`, decoded, in one line.
    pub subject: String,
    /// `Date` in Unix seconds, if it is a real date between 1970 and 2106.
    pub date: Option<i64>,
    /// The body, cut into zones.
    pub text: Text,
    /// What is attached, at most [`limits::ATTACHMENTS`].
    pub attachments: Vec<Attachment>,
    /// Whether the letter passes on what somebody else wrote.
    pub forwarded: bool,
    /// What a machine reports about a letter, in the form made for machines.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub report: Option<Report>,
    /// The Message-IDs of letters that are enclosed, whole or by their header.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub enclosed: Vec<MessageId>,
    /// All header fields in order, top first: what the loop rules read.
    pub fields: Vec<Field>,
    /// Equal for two deliveries of the same letter; see [`ContentKey`].
    pub content_key: ContentKey,
    /// What is wrong with the letter, for a person who looks at it.
    pub defects: BTreeSet<Defect>,
}

impl Message {
    /// The author, if the letter names exactly one (one `From` field with one address).
    ///
    /// Two authors are nobody: neither is answered, neither gives orders.
    #[must_use]
    pub fn author(&self) -> Option<&Address> {
        match self.from.as_slice() {
            [only] if self.from_fields == 1 => Some(only),
            _ => None,
        }
    }

    /// The values of the fields named `name` (any case), top first.
    pub fn field_values<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.fields
            .iter()
            .filter(move |field| field.name.eq_ignore_ascii_case(name))
            .map(|field| field.value.as_str())
    }

    /// Every Message-ID this letter refers to: `In-Reply-To` first, then `References` from the
    /// newest to the oldest.
    pub fn ancestors(&self) -> impl Iterator<Item = &MessageId> {
        self.in_reply_to.iter().chain(self.references.iter().rev())
    }
}

/// One address with the name beside it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Address {
    /// The display name, decoded, in one line; empty if there is none. Never an identity.
    pub name: String,
    /// `local@domain`, domain in lower case, in one line.
    pub email: String,
}

impl Address {
    /// The part after the last `@`, or nothing.
    #[must_use]
    pub fn domain(&self) -> &str {
        self.email.rsplit_once('@').map_or("", |(_, domain)| domain)
    }

    /// The address in the form two addresses are compared in: all lower case.
    ///
    /// RFC 5321 §2.4 lets the local part be case-sensitive; no mail system in use makes two
    /// people of `Marie@` and `marie@`, and every one of them writes both.
    #[must_use]
    pub fn key(&self) -> String {
        self.email.to_lowercase()
    }
}

/// A Message-ID without its angle brackets, in one line, at most 998 bytes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct MessageId(String);

impl MessageId {
    /// Takes an id as found in a header: brackets and white space around it go.
    ///
    /// `None` if nothing is left, or it is longer than a line of RFC 5322 §2.1.1 may be, or holds
    /// a control character or a blank.
    #[must_use]
    pub fn new(text: &str) -> Option<Self> {
        let id = text.trim().trim_start_matches('<').trim_end_matches('>');
        let fits = !id.is_empty() && id.len() <= 998;
        (fits && !id.chars().any(|c| c.is_control() || c.is_whitespace()))
            .then(|| Self(id.to_owned()))
    }

    /// The id without brackets.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The first `Return-Path` field (RFC 5321 §4.4).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum ReturnPath {
    /// The server wrote none.
    Absent,
    /// `<>`: nobody wants an answer (RFC 5321 §4.5.5).
    Null,
    /// An address.
    Address(Address),
}

/// The body, cut into zones. Every character of the decoded body is in exactly one of them, but
/// for the lines that only introduce a zone ("Le … a écrit :"), which go with what they introduce.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Text {
    /// What the sender wrote now. If nothing else is left, this is the whole body.
    pub new: String,
    /// What the sender quotes from earlier letters.
    pub quoted: String,
    /// The sender's signature and legal footers.
    pub signature: String,
    /// A forwarded letter: another person speaks.
    pub forwarded: String,
    /// What [`Text::shown`] shows, if it is more than `new`; otherwise empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub in_context: String,
    /// Nobody wrote anything for this letter: what counts as new is a quotation or a signature. It
    /// is read as a request, and never held against its sender.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub second_hand: bool,
    /// Which part of the letter the text was taken from.
    pub source: TextSource,
}

impl Text {
    /// A body that is plain text already, cut into zones as [`parse`] does it. `forward`: the
    /// subject says that the letter is passed on.
    #[must_use]
    pub fn of_plain(body: &str, forward: bool) -> Self {
        Self {
            source: TextSource::Plain,
            ..reply::split(&body.replace("\r\n", "\n"), forward).text
        }
    }

    /// What a person reads first: the new text, with the quoted passages that it answers standing
    /// between, and the closing words. For display only, other people's words are in it.
    #[must_use]
    pub fn shown(&self) -> &str {
        if self.in_context.is_empty() {
            &self.new
        } else {
            &self.in_context
        }
    }
}

/// Where a [`Text`] came from.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum TextSource {
    /// The letter has no text at all.
    #[default]
    None,
    /// One or more `text/plain` parts.
    Plain,
    /// One or more `text/html` parts, converted. Never a source of commands.
    Html,
    /// An enclosure, because the letter itself says nothing: an invitation, a letter passed on,
    /// the body in a `winmail.dat`. Never a source of commands.
    Enclosed,
}

/// Something attached. Only described: nothing is ever run, no archive unpacked; of a
/// `winmail.dat` the files in it are listed. [`parse::cut`] gives the bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attachment {
    /// The file name for display, without path, controls or direction marks; empty if none.
    pub name: String,
    /// The type the sender claims, lower case, such as `image/png`.
    pub media_type: String,
    /// Bytes after decoding.
    pub size: u64,
    /// SHA-256 of the decoded bytes, in hexadecimal.
    pub sha256: String,
    /// Whether the letter shows it inside its text.
    pub inline: bool,
    /// `Content-ID` without brackets.
    pub content_id: Option<String>,
}

/// The machine-readable part of a report (RFC 6522 §3).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// What it is about.
    pub kind: ReportKind,
    /// Its groups of fields, in order: in a [`ReportKind::Delivery`] the first is about the whole
    /// report and each other about one recipient (RFC 3464 §2.1).
    pub groups: Vec<Vec<Field>>,
}

/// What a [`Report`] is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReportKind {
    /// Delivery (RFC 3464, RFC 6533).
    Delivery,
    /// What a reader's program did with a letter (RFC 8098).
    Disposition,
    /// A reader's complaint (RFC 5965).
    Feedback,
}

/// One header field, unfolded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Field {
    /// The name as written.
    pub name: String,
    /// The value, unfolded, not decoded, without controls, at most [`limits::FIELD_VALUE`] bytes.
    pub value: String,
}

/// SHA-256 over what makes a letter this letter: Message-ID, From, Date, Subject, decoded body
/// and attachment hashes.
///
/// Delivery fields (`Received`, `Delivered-To`, `Return-Path`, `Authentication-Results`, ARC) are
/// left out, so that one letter delivered twice has one key; a Message-ID alone is no identity,
/// because anybody can write one first.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ContentKey(
    /// 64 hexadecimal digits.
    pub String,
);

/// What is wrong with a letter that can be read all the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Defect {
    /// A transfer encoding or a charset was broken; unreadable characters became U+FFFD.
    Encoding,
    /// Several `From` fields, or several addresses in it.
    SeveralAuthors,
    /// `Date` is missing or impossible.
    Date,
    /// The Message-ID is missing or unusable.
    MessageId,
    /// NUL or other control characters were taken out.
    Controls,
    /// More addresses, references or text than is used; the raw letter holds all.
    Capped,
    /// A structure that readers understand in different ways (two `Content-Type` fields …).
    Ambiguous,
}

/// Why a letter cannot be read within the limits. It is kept, whole, for a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum Unreadable {
    /// Nothing but white space.
    #[error("the letter is empty")]
    Empty,
    /// No `From` address to speak of.
    #[error("the letter names no sender")]
    NoSender,
    /// More bytes than [`limits::LETTER`].
    #[error("the letter has {size} bytes, more than {limit}")]
    TooLarge {
        /// Bytes of the letter.
        size: u64,
        /// The limit passed.
        limit: u64,
    },
    /// Some count passed its limit.
    #[error("the letter has {found} {what}, more than {limit}")]
    TooMany {
        /// What was counted, such as `MIME parts`.
        what: String,
        /// How many, or the first number over the limit.
        found: u64,
        /// The limit passed.
        limit: u64,
    },
    /// The MIME library made nothing of it.
    #[error("the letter has no structure that can be read")]
    Shapeless,
}

/// How much of a letter is read; beyond it the letter is held whole. Every number is far above
/// what people send and far below what hurts.
pub mod limits {
    /// Bytes of one letter: mail servers of universities take 10 to 25 MB.
    pub const LETTER: u64 = 25 * 1024 * 1024;
    /// Bytes of the header block; real ones stay under 40 KB even through four gateways.
    pub const HEADER_BLOCK: usize = 256 * 1024;
    /// Header fields; real letters have under 150.
    pub const HEADER_FIELDS: usize = 1_000;
    /// Bytes kept of one header value.
    pub const FIELD_VALUE: usize = 64 * 1024;
    /// References kept; a thread of a hundred letters finds its ticket by any of them.
    pub const REFERENCES: usize = 100;
    /// Addresses used of each list.
    pub const ADDRESSES: usize = 200;
    /// MIME nesting; forwarded forwards reach 6.
    pub const DEPTH: usize = 20;
    /// MIME parts.
    pub const PARTS: usize = 500;
    /// Attachments.
    pub const ATTACHMENTS: usize = 50;
    /// Bytes of decoded text that are used.
    pub const TEXT: usize = 1024 * 1024;
    /// Bytes of HTML that are converted.
    pub const HTML: usize = 256 * 1024;
    /// HTML nesting that is followed.
    pub const HTML_DEPTH: usize = 200;
    /// Seconds one letter may take to read.
    pub const SECONDS: u64 = 10;
    /// Starts a letter gets before it is held as poison.
    pub const STARTS: u32 = 3;
}
