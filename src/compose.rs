//! What the gateway says, as bytes ready for the wire.
//!
//! [`mime`] turns a finished text and its envelope data into one MIME letter; [`header_text`]
//! holds the only type through which foreign words reach a header field; [`wire_address`] holds
//! addresses in the one form that may stand in a field or in an SMTP command.
//!
//! In: words, addresses, ids, an instant. Out: bytes with strict CRLF line ends. Pure: no clock,
//! no randomness, no files.

pub mod header_text;
pub mod mime;
pub mod wire_address;

pub use header_text::HeaderText;
pub use wire_address::WireAddress;
