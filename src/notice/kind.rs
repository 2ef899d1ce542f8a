//! The kinds of notices: one template in each language for each.

use serde::{Deserialize, Serialize};

/// What is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// The request is in the queue.
    Acknowledgement,
    /// The same while nobody is there: until when, why, and what to do in an emergency.
    AcknowledgementOutOfHours,
    /// The letter came while an on-call window was open: who is on call, and how to call.
    AcknowledgementOnCall,
    /// The request is outside the service: clause, evidence, how to contest, where else to turn.
    Rejection,
    /// The request is in the queue, and one answer would help.
    Question,
    /// The request is in the queue; the repair may end in a reset, so: are your data saved?
    ResetNotice,
    /// Thank you for reporting; what to do and not to do until somebody calls.
    SecurityNotice,
    /// A technician's words.
    Reply,
    /// The ticket is resolved.
    Resolved,
    /// The ticket is closed.
    Closed,
    /// The ticket is worked on again.
    Reopened,
    /// A refusal was taken back: the request is in the queue.
    Accepted,
    /// A person read the answer to a refusal, and upholds it.
    Upheld,
    /// Thank you: the answer to our question is noted, the request is in the queue.
    Noted,
    /// The remedy that a refusal offered is taken: the request is accepted.
    OfferAccepted,
    /// The recipient takes part in a ticket from now on.
    Added,
    /// The requester has not answered yet.
    Reminder,
    /// The requester has not answered; the ticket is resolved until they do.
    NoAnswer,
    /// A request for on-call presence is complete, and with those who may grant it.
    OncallReceived,
    /// A request for on-call presence lacks something.
    OncallIncomplete,
    /// On-call presence is granted, as asked or with changes.
    OncallApproved,
    /// On-call presence, or a change of it, is not granted.
    OncallDenied,
    /// The requester took a request for on-call presence back.
    OncallWithdrawn,
    /// An on-call window is over: what came in it.
    OncallSummary,
    /// To a technician: a new ticket.
    TechnicianNew,
    /// To a technician: what was said since.
    TechnicianUpdate,
    /// To a technician: a refusal is contested.
    TechnicianContest,
    /// To a technician: their answer did not arrive.
    TechnicianUndelivered,
    /// To a technician: something fell due in a ticket.
    TechnicianDue,
    /// To a technician: no closure is entered for the season to come.
    ClosuresMissing,
    /// To a technician: what waits this morning.
    Digest,
    /// To the head of service: the figures of a week.
    DigestWeekly,
    /// To an admin: something does not work, or works again.
    Alert,
    /// To a technician who may grant it: a request for on-call presence.
    TechnicianOncall,
    /// To a technician who is named as the one on call: do you agree?
    TechnicianOncallAgent,
    /// To the technician who was on call: what came.
    TechnicianOncallSummary,
    /// To a technician: what became of each order.
    Transcript,
    /// To a technician: a letter that waits for a confirmation.
    ConfirmCommand,
    /// To a technician: the manual.
    Help,
}

impl Kind {
    /// Every kind, in the order of the enum.
    pub const ALL: [Self; 39] = [
        Self::Acknowledgement,
        Self::AcknowledgementOutOfHours,
        Self::AcknowledgementOnCall,
        Self::Rejection,
        Self::Question,
        Self::ResetNotice,
        Self::SecurityNotice,
        Self::Reply,
        Self::Resolved,
        Self::Closed,
        Self::Reopened,
        Self::Accepted,
        Self::Upheld,
        Self::Noted,
        Self::OfferAccepted,
        Self::Added,
        Self::Reminder,
        Self::NoAnswer,
        Self::TechnicianNew,
        Self::TechnicianUpdate,
        Self::TechnicianContest,
        Self::TechnicianUndelivered,
        Self::TechnicianDue,
        Self::ClosuresMissing,
        Self::Digest,
        Self::DigestWeekly,
        Self::Alert,
        Self::OncallReceived,
        Self::OncallIncomplete,
        Self::OncallApproved,
        Self::OncallDenied,
        Self::OncallWithdrawn,
        Self::OncallSummary,
        Self::TechnicianOncall,
        Self::TechnicianOncallAgent,
        Self::TechnicianOncallSummary,
        Self::Transcript,
        Self::ConfirmCommand,
        Self::Help,
    ];

    /// The name of its template, and the word in the database.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Acknowledgement => "acknowledgement",
            Self::AcknowledgementOutOfHours => "acknowledgement_out_of_hours",
            Self::AcknowledgementOnCall => "acknowledgement_on_call",
            Self::Rejection => "rejection",
            Self::Question => "question",
            Self::ResetNotice => "reset_notice",
            Self::SecurityNotice => "security_notice",
            Self::Reply => "reply",
            Self::Resolved => "resolved",
            Self::Closed => "closed",
            Self::Reopened => "reopened",
            Self::Accepted => "accepted",
            Self::Upheld => "upheld",
            Self::Noted => "noted",
            Self::OfferAccepted => "offer_accepted",
            Self::Added => "added",
            Self::Reminder => "reminder",
            Self::NoAnswer => "no_answer",
            Self::TechnicianNew => "technician_new",
            Self::TechnicianUpdate => "technician_update",
            Self::TechnicianContest => "technician_contest",
            Self::TechnicianUndelivered => "technician_undelivered",
            Self::TechnicianDue => "technician_due",
            Self::ClosuresMissing => "closures_missing",
            Self::Digest => "digest",
            Self::DigestWeekly => "digest_weekly",
            Self::Alert => "alert",
            Self::OncallReceived => "oncall_received",
            Self::OncallIncomplete => "oncall_incomplete",
            Self::OncallApproved => "oncall_approved",
            Self::OncallDenied => "oncall_denied",
            Self::OncallWithdrawn => "oncall_withdrawn",
            Self::OncallSummary => "oncall_summary",
            Self::TechnicianOncall => "technician_oncall",
            Self::TechnicianOncallAgent => "technician_oncall_agent",
            Self::TechnicianOncallSummary => "technician_oncall_summary",
            Self::Transcript => "transcript",
            Self::ConfirmCommand => "confirm_command",
            Self::Help => "help",
        }
    }

    /// Whether it is for the team; such a notice never has a requester as its recipient.
    #[must_use]
    pub fn is_inside(self) -> bool {
        matches!(
            self,
            Self::TechnicianNew
                | Self::TechnicianUpdate
                | Self::TechnicianContest
                | Self::TechnicianUndelivered
                | Self::TechnicianDue
                | Self::ClosuresMissing
                | Self::Digest
                | Self::DigestWeekly
                | Self::Alert
                | Self::TechnicianOncall
                | Self::TechnicianOncallAgent
                | Self::TechnicianOncallSummary
                | Self::Transcript
                | Self::ConfirmCommand
                | Self::Help
        )
    }
}
