//! Reports of mail servers about letters, and letters that want no answer by their envelope.

use super::{Kind, Settings, automatic};
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
/// People pass reports on to ask what they mean: an attached one makes no report of a letter that
/// shows no other sign of a machine.
pub(super) fn report(message: &Message, settings: &Settings) -> Option<Option<Kind>> {
    let attached = |kind| has_report_type(message, kind);
    let passed_on = !is_whole_report(message) && !is_machine(message, settings);
    if passed_on && message.field_values("X-Failed-Recipients").next().is_none() {
        let forbids = is_report(message)
            || attached("feedback-report")
            || attached("disposition-notification");
        return forbids.then_some(None);
    }
    if is_report(message) || message.field_values("X-Failed-Recipients").next().is_some() {
        return Some(Some(Kind::Bounce));
    }
    if attached("feedback-report") {
        return Some(Some(Kind::Complaint));
    }
    attached("disposition-notification").then_some(Some(Kind::Receipt))
}

/// Whether something besides an attachment says that a machine wrote it.
fn is_machine(message: &Message, settings: &Settings) -> bool {
    message.return_path == ReturnPath::Null
        || automatic::auto_submitted(message, settings).is_some()
        || matches!(automatic::robot_sender(message, settings), Some(Some(_)))
        || message
            .from
            .iter()
            .any(|author| author.key().starts_with("postmaster@"))
}

/// Whether the letter is a delivery status notification (RFC 3464).
pub(super) fn is_report(message: &Message) -> bool {
    has_report_type(message, "delivery-status")
        || has_report_type(message, "global-delivery-status")
}

/// Whether the letter is a report of this type, or holds its part.
fn has_report_type(message: &Message, kind: &str) -> bool {
    let part = format!("message/{kind}");
    message.attachments.iter().any(|a| a.media_type == part) || is_of_type(message, kind)
}

/// Whether the letter as a whole is a report of some kind, and not a letter with one attached.
fn is_whole_report(message: &Message) -> bool {
    is_multipart_report(message)
        || [
            "delivery-status",
            "global-delivery-status",
            "disposition-notification",
            "feedback-report",
        ]
        .into_iter()
        .any(|kind| is_of_type(message, kind))
}

/// Whether the letter as a whole is such a report.
fn is_of_type(message: &Message, kind: &str) -> bool {
    let part = format!("message/{kind}");
    message.field_values("Content-Type").any(|value| {
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

/// Whether the letter as a whole is a report (RFC 6522 §3), of whatever kind.
pub(super) fn is_multipart_report(message: &Message) -> bool {
    message
        .field_values("Content-Type")
        .any(|value| value.to_lowercase().starts_with("multipart/report"))
}

/// Subjects that mail servers write over undeliverable letters, in French, English and German.
pub(super) fn is_failure_subject(subject: &str) -> bool {
    let subject = plain(subject);
    let bare = ["re: ", "delivery status: ", "auto: "]
        .iter()
        .fold(subject.as_str(), |rest, start| {
            rest.strip_prefix(start).unwrap_or(rest)
        });
    [
        "undelivered mail",
        "undeliverable",
        "undelivered",
        "delivery status notification",
        "delivery failure",
        "delivery has failed",
        "delivery delayed",
        "delayed mail",
        "mail delivery failed",
        "mail delivery failure",
        "mail delivery system",
        "mail delivery delayed",
        "mail system error",
        "message delivery has been delayed",
        "message status - undeliverable",
        "message undeliverable",
        "returned mail",
        "failure notice",
        "nondeliverable mail",
        "warning: message",
        "warning: could not send message",
        "non remis",
        "non distribuable",
        "courrier non distribue",
        "courrier non delivre",
        "echec de la remise",
        "echec de remise",
        "echec de la distribution",
        "echec de distribution",
        "echec d'envoi",
        "echec de l'envoi",
        "mail non remis",
        "mail non distribue",
        "message non distribue",
        "message non delivre",
        "message non remis",
        "notification d'etat de remise",
        "notification d'echec",
        "remise differee",
        "remise retardee",
        "retour de courrier",
        "unzustellbar",
    ]
    .iter()
    .any(|start| bare.starts_with(start))
}

/// Lower case, without accents, with plain apostrophes and single blanks: words are written in
/// all ways.
pub(super) fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for c in text.chars().flat_map(char::to_lowercase) {
        plain.push(match c {
            'à' | 'â' | 'ä' => 'a',
            'ç' => 'c',
            'é' | 'è' | 'ê' | 'ë' => 'e',
            'î' | 'ï' => 'i',
            'ô' | 'ö' => 'o',
            'ù' | 'û' | 'ü' => 'u',
            '’' | '‘' => '\'',
            // Accents that stand by themselves.
            '\u{300}'..='\u{36F}' => continue,
            c => c,
        });
    }
    plain.split_whitespace().collect::<Vec<_>>().join(" ")
}
