//! Granted windows as an iCalendar file (RFC 5545), for the calendars people look at.
//!
//! One event a stretch, in UTC, so that no reader has to know the zone; lines end in CRLF and are
//! folded after 75 octets (§3.1); text is escaped (§3.3.11). The same window always has the same
//! UID, so that a file read again changes events and doubles none.

use std::fmt::Write as _;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::{Grant, OnCall};

/// Octets of a line, without its end.
const LINE: usize = 75;

/// Writes the windows that stand. `host` makes the UIDs the site's own; `now` is the stamp.
#[must_use]
pub fn write(requests: &[OnCall], host: &str, zone: &TimeZone, now: Timestamp) -> String {
    let mut out = String::new();
    line(&mut out, "BEGIN:VCALENDAR");
    line(&mut out, "VERSION:2.0");
    line(&mut out, "PRODID:-//guichet//on-call//FR");
    for request in requests {
        if let Some(grant) = &request.grant {
            event(&mut out, request, grant, host, zone, now);
        }
    }
    line(&mut out, "END:VCALENDAR");
    out
}

fn event(
    out: &mut String,
    request: &OnCall,
    grant: &Grant,
    host: &str,
    zone: &TimeZone,
    now: Timestamp,
) {
    let Some(mark) = request.mark else {
        return;
    };
    let asked = &request.asked;
    for (nth, slot) in (1..).zip(grant.period.slots(zone)) {
        let description = [
            format!("Astreinte {mark} (demande {})", request.ticket),
            format!("{}, {}", grant.agent.name, grant.agent.phone),
            asked.systems.clone(),
            asked.contact.line(),
        ]
        .into_iter()
        .filter(|part| !part.is_empty())
        .collect::<Vec<_>>()
        .join("\n");
        line(out, "BEGIN:VEVENT");
        line(out, &format!("UID:oncall-{mark}-{nth}@{host}"));
        line(out, &format!("DTSTAMP:{}", utc(now)));
        line(out, &format!("DTSTART:{}", utc(slot.from)));
        line(out, &format!("DTEND:{}", utc(slot.until)));
        let summary = format!("Astreinte : {} ({})", asked.event, grant.agent.name);
        line(out, &format!("SUMMARY:{}", escaped(&summary)));
        line(out, &format!("LOCATION:{}", escaped(&asked.place)));
        line(out, &format!("DESCRIPTION:{}", escaped(&description)));
        line(out, "END:VEVENT");
    }
}

fn utc(at: Timestamp) -> String {
    at.strftime("%Y%m%dT%H%M%SZ").to_string()
}

/// Text as a value (RFC 5545 §3.3.11), without control characters.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\\' | ';' | ',' => {
                out.push('\\');
                out.push(c);
            }
            '\n' => out.push_str("\\n"),
            c if c.is_control() => {}
            c => out.push(c),
        }
    }
    out
}

/// One content line, folded (RFC 5545 §3.1).
fn line(out: &mut String, text: &str) {
    let mut width = 0;
    for c in text.chars() {
        if width + c.len_utf8() > LINE {
            out.push_str("\r\n ");
            width = 1;
        }
        out.push(c);
        width += c.len_utf8();
    }
    // Writing to a string does not fail.
    let _ = write!(out, "\r\n");
}
