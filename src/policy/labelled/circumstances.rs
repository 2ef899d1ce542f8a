//! What the tables and the circumstances say about a labelled letter, written beside it.
//!
//! The words are those of the tables; [`super::tables`] turns them into lines. Whatever is not
//! written is known to be absent: no line, no reply, no on-call window.

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;

use crate::policy::Letter;
use crate::registry::Tri;

/// All of it.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Circumstances {
    /// The moment it is judged at; `now` of the letter comes first.
    pub now: Option<Timestamp>,
    /// Who writes.
    pub sender: Sender,
    /// Whether the sender is on the list of visitors.
    pub visitor: Visitor,
    /// The machine the letter names.
    pub asset: Asset,
    /// The shared system the letter is about.
    pub shared_system: SharedSystem,
    /// The software the letter names.
    pub software: Software,
    /// How the letter came.
    pub mail: Mail,
    /// Whether an on-call window is open.
    pub oncall: Oncall,
    /// A request for an on-call window; not the card's business.
    oncall_request: Value,
}

/// Who writes.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Sender {
    /// Whether the people table has a line.
    pub known: bool,
    /// Its status, such as `phd`.
    pub status: Option<String>,
    /// `technician` (or `technicien`) for the service's own people.
    pub role: Option<String>,
    /// False if the sender's authentication failed.
    pub trusted: Option<bool>,
}

/// A line of the list of visitors.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Visitor {
    /// Whether there is one.
    pub listed: bool,
    /// First day.
    pub from: Option<String>,
    /// Last day.
    pub end: Option<String>,
}

/// A line of the inventory.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Asset {
    /// `inventory` if there is one.
    #[serde(rename = "match")]
    pub found_by: Option<String>,
    /// The inventory number.
    pub id: Option<String>,
    /// `it`, `unit`, `private`.
    pub purchase: Option<String>,
    /// `matinfo`, `none`, or another contract.
    pub market: Option<String>,
    /// `supported`, `extended`, `ended_grace`, `ended`, `exempt`.
    pub os_support: Option<String>,
    /// Whether the inventory agent saw it of late.
    pub fresh: bool,
    /// The exemption that is recorded, such as `instrument`.
    pub tag: Option<String>,
    /// The system, for people who read the file.
    os: Option<String>,
}

/// A line of the shared systems. The letter names it by its subject.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SharedSystem {
    /// Its name.
    pub id: Option<String>,
    /// How many use it, as a level of mutualisation from 1 to 4.
    pub mutualisation: Option<u8>,
}

/// A line of the software list.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Software {
    /// Its name, as in the letter.
    pub name: Option<String>,
    /// `approved`, `tolerated`, `forbidden`.
    pub status: Option<String>,
}

/// How the letter came.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Mail {
    /// Somebody else's letter, passed on.
    pub forwarded: bool,
    /// The ticket it answers.
    pub reply_to_ticket: Value,
    /// Through a list; not the card's business.
    list: bool,
    /// Written by a machine; not the card's business.
    auto: bool,
}

/// Whether an on-call window is open.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Oncall {
    /// Whether an approved window covers the letter.
    pub active: bool,
}

impl Circumstances {
    /// The letter under these circumstances.
    #[must_use]
    pub fn around<'a>(&self, letter: Letter<'a>) -> Letter<'a> {
        let role = self.sender.role.as_deref();
        Letter {
            forwarded: letter.forwarded || self.mail.forwarded,
            reply_to_ticket: !matches!(self.mail.reply_to_ticket, Value::Null | Value::Bool(false)),
            technician: matches!(role, Some("technician" | "technicien")),
            oncall_active: self.oncall.active,
            trusted_sender: self.sender.trusted.map_or(letter.trusted_sender, Tri::from),
            ..letter
        }
    }
}
