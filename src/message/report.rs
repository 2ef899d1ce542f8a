//! Reports about letters: what a machine says in a form made for machines, and which letters it
//! gives back.
//!
//! In: the letter as the MIME library took it apart. Out: the fields of its report part
//! ([`Report`]; RFC 6522 §3, with the parts of RFC 3464, RFC 8098 and RFC 5965), and the Message-IDs
//! of all letters that are enclosed whole (`message/rfc822`) or by their header
//! (`text/rfc822-headers`).
//!
//! What the fields mean is the business of `classify`. Beyond the caps nothing is read: a report
//! names one letter and a few recipients.
//!
//! Not handled: letters that are quoted in the text of a report; their lines are in its text.

use mail_parser::{Message, PartType};

use super::{Field, MessageId, Report, ReportKind, attachment, field, text};

/// Bytes of a report part that are read.
const PART: usize = 64 * 1024;
/// Groups of fields that are kept: one about the report, and one for each recipient.
const GROUPS: usize = 20;
/// Fields of each group that are kept.
const FIELDS: usize = 50;
/// Bytes of a field's value that are kept: a diagnostic may quote a dialogue.
const VALUE: usize = 2_000;
/// Enclosed letters whose Message-ID is kept.
const ENCLOSED: usize = 20;

/// The first report part of a letter.
pub(super) fn report(message: &Message<'_>, raw: &[u8]) -> Option<Report> {
    message.parts.iter().find_map(|part| {
        let kind = match text::media_type(part).as_str() {
            "message/delivery-status" | "message/global-delivery-status" => ReportKind::Delivery,
            "message/disposition-notification" | "message/global-disposition-notification" => {
                ReportKind::Disposition
            }
            "message/feedback-report" => ReportKind::Feedback,
            _ => return None,
        };
        let bytes = attachment::bytes(part, raw);
        Some(Report {
            kind,
            groups: groups(bytes.get(..PART).unwrap_or(&bytes)),
        })
    })
}

/// The Message-IDs of the letters that are enclosed.
pub(super) fn enclosed(message: &Message<'_>, raw: &[u8]) -> Vec<MessageId> {
    message
        .parts
        .iter()
        .filter(|part| match &part.body {
            PartType::Message(_) => true,
            _ => matches!(
                text::media_type(part).as_str(),
                "text/rfc822-headers" | "message/global-headers" | "message/rfc822-headers"
            ),
        })
        .filter_map(|part| {
            let bytes = attachment::bytes(part, raw);
            field::message_id(&field::fields(bytes.get(..PART).unwrap_or(&bytes)))
        })
        .take(ENCLOSED)
        .collect()
}

/// The groups of fields, divided by empty lines (RFC 3464 §2.1). Empty lines at the start and
/// several in a row divide nothing.
fn groups(bytes: &[u8]) -> Vec<Vec<Field>> {
    let mut groups = Vec::new();
    let mut lines: Vec<u8> = Vec::new();
    for line in bytes
        .split_inclusive(|&byte| byte == b'\n')
        .chain([&b""[..]])
    {
        if !line.trim_ascii().is_empty() {
            lines.extend_from_slice(line);
            continue;
        }
        let mut fields = field::fields(&lines);
        lines.clear();
        fields.truncate(FIELDS);
        for field in &mut fields {
            let end = field.value.floor_char_boundary(VALUE);
            field.value.truncate(end);
        }
        if !fields.is_empty() && groups.len() < GROUPS {
            groups.push(fields);
        }
    }
    groups
}

#[cfg(test)]
mod tests {
    use super::super::parse::parse;
    use super::*;

    const REPORT: &str = "From: MAILER-DAEMON@mx.example\nTo: support@univ.example\nSubject: x\n\
        Content-Type: multipart/report; report-type=delivery-status; boundary=b\n\n\
        --b\n\nIt did not arrive.\n--b\nContent-Type: message/delivery-status\n\n\
        Reporting-MTA: dns; mx.example\n\n\nFinal-Recipient: rfc822; a@b.example\nAction: failed\n\
        Diagnostic-Code: smtp; 550 5.1.1\n no such user\n\n\
        --b\nContent-Type: text/rfc822-headers\n\nMessage-ID: <ours@univ.example>\nSubject: y\n\n\
        --b--\n";

    #[test]
    fn fields_are_read_by_group_and_the_enclosed_letter_by_its_id() {
        let message = parse(REPORT.as_bytes()).unwrap();
        let report = message.report.unwrap();
        assert_eq!(report.kind, ReportKind::Delivery);
        let names: Vec<Vec<&str>> = report
            .groups
            .iter()
            .map(|group| group.iter().map(|field| field.name.as_str()).collect())
            .collect();
        assert_eq!(
            names,
            [
                vec!["Reporting-MTA"],
                vec!["Final-Recipient", "Action", "Diagnostic-Code"]
            ]
        );
        assert_eq!(report.groups[1][2].value, "smtp; 550 5.1.1 no such user");
        let ids: Vec<&str> = message.enclosed.iter().map(MessageId::as_str).collect();
        assert_eq!(ids, ["ours@univ.example"]);
    }

    #[test]
    fn a_whole_letter_is_known_by_its_own_id_and_a_plain_one_reports_nothing() {
        let whole = REPORT
            .replace("text/rfc822-headers", "message/rfc822")
            .replace("message/delivery-status", "text/plain");
        let message = parse(whole.as_bytes()).unwrap();
        assert_eq!(message.report, None);
        assert_eq!(message.enclosed.len(), 1);
        let plain = parse(b"From: a@b.example\n\nMessage-ID: <x@y>\n").unwrap();
        assert_eq!((plain.report, plain.enclosed), (None, Vec::new()));
    }

    #[test]
    fn a_flood_of_groups_is_capped() {
        let many = "Action: failed\n\n".repeat(5_000);
        assert_eq!(groups(many.as_bytes()).len(), GROUPS);
    }
}
