//! The service card, and the verdict.
//!
//! In: a [`Card`] (the policy as data), a [`Registry`] (look-up tables), a [`Letter`], `now`.
//! Out: a [`Verdict`]: outcome, clause, evidence, category, levels, priority, language, and the
//! [`Trace`] that explains it. Nothing else goes in: same input, same verdict, same trace.
//!
//! The way: zones and normalisation → one pass of all patterns → facts from the tables → signals
//! with polarity → clauses in three-valued logic → the strongest verdict, softened by safety
//! rules, caps, modes and criticality → category, levels, priority.
//!
//! What never bends: *unknown never refuses*. A refusal needs its conditions known to be true,
//! every exception known to be false, a sender known to the tables, and no safety cue. Only the
//! new text and the subject may refuse; quoted text, signatures, forwarded and pasted text cannot.
//! At most one question is asked, and never while work is stopped.
//!
//! Long letters: the first 64 KB of each section are read, and a longer letter is never refused.
//!
//! Not handled: attachments are counted and never read; the day is that of UTC, so that a date of
//! a table turns an hour or two after midnight in Paris.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use crate::message::{Attachment, Text};
use crate::registry::{Registry, Tri};
use crate::ticket::priority::{Category, Priority};

pub mod answer;
pub mod card;
pub mod category;
pub mod clause;
pub mod evidence;
pub mod fact;
pub mod flip;
mod judge;
mod kept;
pub mod labelled;
pub mod language;
pub mod level;
pub mod measure;
pub mod normalise;
pub mod pattern;
pub mod signal;
pub mod subject;
pub mod trace;

pub use card::{Card, CardError};
pub use clause::{ClauseId, Mode, Outcome, QuestionId};
pub use evidence::Evidence;
pub use kept::KeptLetter;
pub use language::Language;
pub use trace::Trace;

/// What the policy looks at.
#[derive(Debug, Clone, Copy)]
pub struct Letter<'a> {
    /// The subject as decoded.
    pub subject: &'a str,
    /// The body in zones. Only `new` and `forwarded` are read.
    pub text: &'a Text,
    /// The author's address; nothing if the letter names none or several.
    pub from: Option<&'a str>,
    /// What is attached.
    pub attachments: &'a [Attachment],
    /// Whether the letter passes on what somebody else wrote.
    pub forwarded: bool,
    /// Whether the letter belongs to a ticket already.
    pub reply_to_ticket: bool,
    /// False if the sender's authentication failed, true if it passed, else unknown.
    pub trusted_sender: Tri,
    /// Whether the sender is a technician.
    pub technician: bool,
    /// Whether an approved on-call window covers the letter.
    pub oncall_active: bool,
}

impl<'a> Letter<'a> {
    /// A letter of which nothing but subject and text is known.
    #[must_use]
    pub fn new(subject: &'a str, text: &'a Text) -> Self {
        Self {
            subject,
            text,
            from: None,
            attachments: &[],
            forwarded: false,
            reply_to_ticket: false,
            trusted_sender: Tri::Unknown,
            technician: false,
            oncall_active: false,
        }
    }

    /// Whether somebody else's words are passed on, by the structure, the text or the subject; a
    /// letter that is nothing but a quotation says nothing of its own.
    #[must_use]
    pub fn is_forwarded(&self) -> bool {
        self.forwarded
            || self.text.second_hand
            || !self.text.forwarded.trim().is_empty()
            || subject::read(self.subject).forwarded
    }
}

/// What the policy says about a letter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    /// What the service does.
    pub outcome: Outcome,
    /// For a refusal: it rests on the writer's words alone, and stays open for some days.
    pub reserve: bool,
    /// A refusal that waits for a technician's word, because its clause only proposes; the
    /// outcome is then a flag.
    pub proposed: bool,
    /// The clause behind the outcome.
    pub clause: Option<ClauseId>,
    /// The one question to ask, if the outcome is to ask, or to give the notice of a clause that
    /// asks one.
    pub question: Option<QuestionId>,
    /// The safety rule that holds, if one does.
    pub safety: Option<String>,
    /// The kind of request.
    pub category: Category,
    /// How bad, 1 to 4.
    pub criticality: u8,
    /// How many are hit, 1 to 4.
    pub mutualisation: u8,
    /// The place in the queue.
    pub priority: Priority,
    /// The language of the letter.
    pub language: Language,
    /// The sender's name, if a table holds it.
    pub person_name: Option<String>,
    /// The writer's words and the table lines behind the outcome.
    pub evidence: Vec<Evidence>,
    /// The whole decision.
    pub trace: Trace,
}

impl Verdict {
    /// Whether the letter reports an incident of security: the card's two rules for it.
    #[must_use]
    pub fn is_security(&self) -> bool {
        matches!(self.safety.as_deref(), Some("security" | "theft"))
    }
}

/// Judges a letter. Pure: equal arguments give equal verdicts.
#[must_use]
pub fn judge(card: &Card, registry: &Registry, letter: &Letter<'_>, now: Timestamp) -> Verdict {
    judge::judge(card, registry, letter, None, day(now))
}

/// The day of an instant, in UTC.
#[must_use]
pub fn day(now: Timestamp) -> Date {
    TimeZone::UTC.to_datetime(now).date()
}

/// Bytes of each section that are read: thirty pages. Nobody writes more by hand, and a longer
/// letter is never refused.
const READ: usize = 64 * 1024;

/// The beginning of a text, as far as it is read.
fn head(text: &str) -> &str {
    text.get(..text.floor_char_boundary(READ)).unwrap_or(text)
}
