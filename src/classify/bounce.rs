//! Reports of mail servers about letters, and letters that want no answer by their envelope.

use super::{Kind, Settings};
use crate::message::{Message, ReturnPath};

/// L01: nobody to answer to (RFC 5321 §4.5.5, RFC 3834 §2).
pub(super) fn null_path(message: &Message, settings: &Settings) -> Option<Option<Kind>> {
    match message.return_path {
        ReturnPath::Null => {
            let bounce = is_report(message) || is_failure_subject(&message.subject);
            Some(Some(if bounce {
                Kind::Bounce
            } else {
                Kind::Automatic
            }))
        }
        ReturnPath::Absent if settings.return_path_always => Some(None),
        ReturnPath::Absent | ReturnPath::Address(_) => None,
    }
}

/// L03: a report by its structure (RFC 6522), or by the field that Exim and Gmail add to theirs.
pub(super) fn report(message: &Message, _: &Settings) -> Option<Option<Kind>> {
    if is_report(message) || message.field_values("X-Failed-Recipients").next().is_some() {
        return Some(Some(Kind::Bounce));
    }
    let receipt = ["disposition-notification", "feedback-report"]
        .iter()
        .any(|kind| has_report_type(message, kind));
    receipt.then_some(Some(Kind::Automatic))
}

/// Whether the letter is a delivery status notification (RFC 3464).
pub(super) fn is_report(message: &Message) -> bool {
    has_report_type(message, "delivery-status")
        || has_report_type(message, "global-delivery-status")
}

fn has_report_type(message: &Message, kind: &str) -> bool {
    let part = format!("message/{kind}");
    message.attachments.iter().any(|a| a.media_type == part)
        || message.field_values("Content-Type").any(|value| {
            let value = value.to_lowercase();
            value.starts_with(&part)
                || value.starts_with("multipart/report")
                    && value
                        .split(';')
                        .filter_map(|parameter| parameter.split_once('='))
                        .any(|(name, value)| {
                            name.trim() == "report-type" && value.trim().trim_matches('"') == kind
                        })
        })
}

/// Subjects that mail servers write over undeliverable letters.
pub(super) fn is_failure_subject(subject: &str) -> bool {
    let subject = subject.to_lowercase();
    [
        "undelivered mail",
        "undeliverable",
        "delivery status notification",
        "delivery failure",
        "delivery has failed",
        "mail delivery failed",
        "mail delivery failure",
        "mail delivery system",
        "mail system error",
        "returned mail",
        "failure notice",
        "message undeliverable",
        "warning: message",
        "non remis",
        "non distribuable",
        "échec de la remise",
        "échec de remise",
        "échec de la distribution",
        "message non distribué",
        "message non distribue",
        "delivery status: echec",
        "notification d'état de remise",
        "notification d’état de remise",
    ]
    .iter()
    .any(|start| subject.starts_with(start))
}
