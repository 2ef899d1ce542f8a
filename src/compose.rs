//! What the gateway says, as bytes ready for the wire.
//!
//! A [`Notice`](crate::notice::Notice) becomes text through [`template`] and [`words`], and a
//! letter through [`notice_letter`] and [`mime`], what concerns no ticket through [`bulletin`]. [`header_text`] holds the only type through
//! which foreign words reach a header field; [`wire_address`] holds addresses in the one form
//! that may stand in a field or in an SMTP command. [`sample`] tries every template before any
//! of them is used.
//!
//! In: words, addresses, ids, an instant. Out: bytes with strict CRLF line ends. Pure: no clock,
//! no randomness, no files.

pub mod bulletin;
mod digest;
pub mod header_text;
pub mod headline;
pub mod mime;
pub mod notice_letter;
pub mod number;
mod on_call;
pub mod sample;
pub mod template;
mod values;
pub mod wire_address;
pub(crate) mod words;

pub use header_text::HeaderText;
pub use wire_address::WireAddress;

/// What became of an order, in a few words of English: for the command line. Technicians read the
/// same words in their transcripts.
#[must_use]
pub fn fate_in_english(fate: &crate::notice::Fate) -> String {
    words::fate(fate, template::Tongue::En)
}
