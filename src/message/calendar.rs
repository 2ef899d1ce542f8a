//! An invitation that is all a letter says (`text/calendar`, RFC 5545), as text.
//!
//! In: the calendar object. Out: one line for each property a person asks about: what, when,
//! where, by whom, and the description below. Times are shown as written, with their zone: the
//! reader has no clock and no zone of its own.
//!
//! Not handled: recurrence, several events (all are shown one below the other), alarms.

/// Properties that are shown; an invitation has ten.
const LINES: usize = 200;

/// The text of a calendar object; empty if it has nothing to say.
pub(super) fn to_text(object: &str) -> String {
    let unfolded = object
        .replace("\r\n", "\n")
        .replace("\n ", "")
        .replace("\n\t", "");
    let mut out = String::new();
    let mut inside = Vec::new();
    let mut shown_lines = 0;
    let mut says_something = false;
    for line in unfolded.lines() {
        let Some((head, value)) = split(line) else {
            continue;
        };
        let (name, parameters) = head.split_once(';').unwrap_or((head, ""));
        let name = name.to_ascii_uppercase();
        match name.as_str() {
            "BEGIN" => inside.push(value.trim().to_ascii_uppercase()),
            "END" => {
                inside.pop();
            }
            _ => {}
        }
        let wanted = matches!(
            inside.last().map(String::as_str),
            Some("VEVENT" | "VTODO" | "VCALENDAR")
        );
        if let Some(shown) = wanted.then(|| property(&name, parameters, value)).flatten() {
            out.push_str(&shown);
            out.push('\n');
            shown_lines += 1;
            says_something |= matches!(name.as_str(), "SUMMARY" | "DESCRIPTION" | "COMMENT");
        }
        if shown_lines >= LINES {
            break;
        }
    }
    if says_something { out } else { String::new() }
}

/// Name with parameters, and value: the first colon outside quotes (RFC 5545 §3.1).
fn split(line: &str) -> Option<(&str, &str)> {
    let mut quoted = false;
    let at = line.find(|c| {
        quoted ^= c == '"';
        c == ':' && !quoted
    })?;
    Some((line.get(..at)?, line.get(at + 1..)?))
}

fn property(name: &str, parameters: &str, value: &str) -> Option<String> {
    let plain = unescaped(value);
    let plain = plain.trim();
    if plain.is_empty() {
        return None;
    }
    Some(match name {
        "METHOD" if plain.eq_ignore_ascii_case("request") => "Invitation".to_owned(),
        "METHOD" if plain.eq_ignore_ascii_case("cancel") => "Annulation / Cancelled".to_owned(),
        "METHOD" if plain.eq_ignore_ascii_case("reply") => "Réponse / Reply".to_owned(),
        "SUMMARY" => plain.to_owned(),
        "DTSTART" => format!("Début / Start : {}", moment(plain, parameters)),
        "DTEND" | "DUE" => format!("Fin / End : {}", moment(plain, parameters)),
        "LOCATION" => format!("Lieu / Where : {plain}"),
        "ORGANIZER" => {
            let address = plain.split_once(':').map_or(plain, |(_, address)| address);
            match parameter(parameters, "CN") {
                Some(name) => format!("Organisateur / Organizer : {name} <{address}>"),
                None => format!("Organisateur / Organizer : {address}"),
            }
        }
        "DESCRIPTION" | "COMMENT" => format!("\n{plain}"),
        _ => return None,
    })
}

/// RFC 5545 §3.3.11.
fn unescaped(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    let mut chars = value.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => match chars.next() {
                Some('n' | 'N') => out.push('\n'),
                Some(other) => out.push(other),
                None => {}
            },
            c => out.push(c),
        }
    }
    out
}

fn parameter<'a>(parameters: &'a str, name: &str) -> Option<&'a str> {
    parameters.split(';').find_map(|parameter| {
        let (key, value) = parameter.split_once('=')?;
        key.eq_ignore_ascii_case(name)
            .then(|| value.trim_matches('"'))
    })
}

/// `20250512T103000Z` as `2025-05-12 10:30 UTC`; what has another shape as it stands.
fn moment(value: &str, parameters: &str) -> String {
    let digits = |from: usize, to: usize| {
        value
            .get(from..to)
            .filter(|part| part.bytes().all(|b| b.is_ascii_digit()))
    };
    let (Some(year), Some(month), Some(day)) = (digits(0, 4), digits(4, 6), digits(6, 8)) else {
        return value.to_owned();
    };
    let mut out = format!("{year}-{month}-{day}");
    if let (Some(hour), Some(minute)) = (digits(9, 11), digits(11, 13)) {
        out.push_str(&format!(" {hour}:{minute}"));
        if value.ends_with('Z') {
            out.push_str(" UTC");
        } else if let Some(zone) = parameter(parameters, "TZID") {
            out.push_str(&format!(" ({zone})"));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::to_text;

    #[test]
    fn an_invitation_reads_as_text() {
        let object = "BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nBEGIN:VTIMEZONE\r\nDTSTART:16010101T000000\r\nEND:VTIMEZONE\r\nBEGIN:VEVENT\r\nSUMMARY:Panne réseau\\, point\r\nDTSTART;TZID=\"Romance: Standard\":20250512T103000\r\nDTEND:20250512T093000Z\r\nLOCATION:B12\r\nORGANIZER;CN=\"Curie, M\":mailto:m@b.fr\r\nDESCRIPTION:Bonjour\\,\\nà\r\n  lundi\r\nBEGIN:VALARM\r\nDESCRIPTION:Reminder\r\nEND:VALARM\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";
        assert_eq!(
            to_text(object),
            "Invitation\nPanne réseau, point\nDébut / Start : 2025-05-12 10:30 (Romance: Standard)\nFin / End : 2025-05-12 09:30 UTC\nLieu / Where : B12\nOrganisateur / Organizer : Curie, M <m@b.fr>\n\nBonjour,\nà lundi\n"
        );
        assert_eq!(to_text("rien"), "");
        assert_eq!(
            to_text("BEGIN:VCALENDAR\nMETHOD:REPLY\nEND:VCALENDAR\n"),
            ""
        );
    }
}
