//! Closures out of an iCalendar file (RFC 5545), as Outlook, Google, Zimbra, Nextcloud export it.
//!
//! In: the bytes of a file and the service's time zone. Out: one [`Closure`] for each occurrence
//! of each VEVENT, labelled with its SUMMARY. Whole days and times, `DTEND` (which does not count)
//! or `DURATION`, UTC, named zones and floating times, folded lines, repetitions and `EXDATE` are
//! read. Cancelled events are left out. What is free or busy (`TRANSP`) does not matter: calendars
//! mark whole days as free, closures too.
//!
//! Strategy: lines are unfolded, then one walk with a stack of components. An event that cannot
//! be understood refuses the file with its line: a closure that was silently left out would tell
//! people that somebody is there. Other components (VTODO, VALARM, VTIMEZONE) are passed over.
//!
//! Why not a crate: those there are bring a second library of dates, and keep neither line numbers
//! nor an account of what they did not understand. What a closure needs of the format is little.
//!
//! Not handled: `VTIMEZONE` definitions (zones are known by name, also by the names that Windows
//! uses for Western Europe); `RDATE`; moved occurrences (`RECURRENCE-ID`), which are refused.

mod event;

use jiff::tz::TimeZone;

use super::closure::Closure;
use event::Event;

/// Largest file: years of a busy calendar.
pub const MOST_BYTES: usize = 4 * 1024 * 1024;
/// Deepest nesting of components; the standard has three levels.
const DEPTH: usize = 10;
/// Most closures of one file, each occurrence counted.
const MOST_CLOSURES: usize = 20_000;

/// What is wrong with a file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: expected {expected}, but found {found}")]
pub struct IcsError {
    /// From 1; where the folded line begins.
    pub line: usize,
    /// What would do.
    pub expected: String,
    /// What is there.
    pub found: String,
}

impl IcsError {
    fn new(line: usize, expected: &str, found: impl Into<String>) -> Self {
        Self {
            line,
            expected: expected.to_owned(),
            found: found.into(),
        }
    }
}

/// The closures of a file, in no order.
///
/// # Errors
/// When it is too large, no iCalendar text, or an event cannot be understood.
pub fn closures(bytes: &[u8], zone: &TimeZone) -> Result<Vec<Closure>, IcsError> {
    if bytes.len() > MOST_BYTES {
        return Err(IcsError::new(1, "a file of at most 4 MiB", "more"));
    }
    let text =
        std::str::from_utf8(bytes).map_err(|_| IcsError::new(1, "text in UTF-8", "other bytes"))?;
    let mut reading = Reading::new(zone);
    for line in unfolded(text.trim_start_matches('\u{feff}')) {
        reading.line(line)?;
    }
    reading.end()
}

/// The walk through a file: the components that are open, the event that is being read.
struct Reading<'a> {
    zone: &'a TimeZone,
    open: Vec<String>,
    event: Option<Event>,
    closures: Vec<Closure>,
    /// Of all events, those that are left out counted too.
    occurrences: usize,
    last: usize,
}

impl<'a> Reading<'a> {
    fn new(zone: &'a TimeZone) -> Self {
        Self {
            zone,
            open: Vec::new(),
            event: None,
            closures: Vec::new(),
            occurrences: 0,
            last: 1,
        }
    }

    fn line(&mut self, line: Line) -> Result<(), IcsError> {
        self.last = line.number;
        if line.text.trim().is_empty() {
            return Ok(());
        }
        let property = Property::parse(&line)?;
        match property.name.as_str() {
            "BEGIN" => self.begin(&property),
            "END" => self.finish(&property),
            _ if self.open.is_empty() => Err(IcsError::new(
                line.number,
                "a calendar that begins with BEGIN:VCALENDAR",
                format!("\"{}\"", property.name),
            )),
            _ => match (&mut self.event, self.open.last()) {
                (Some(event), Some(component)) if component == "VEVENT" => {
                    event.property(&property, self.zone)
                }
                _ => Ok(()),
            },
        }
    }

    fn begin(&mut self, property: &Property) -> Result<(), IcsError> {
        let name = property.value.trim().to_ascii_uppercase();
        let refuse = |expected: &str| {
            Err(IcsError::new(
                property.line,
                expected,
                format!("BEGIN:{name}"),
            ))
        };
        if self.open.is_empty() && name != "VCALENDAR" {
            return refuse("a calendar that begins with BEGIN:VCALENDAR");
        }
        if self.open.len() >= DEPTH {
            return refuse("components nested at most ten deep");
        }
        if name == "VEVENT" {
            if self.event.is_some() {
                return refuse("END:VEVENT before the next event");
            }
            self.event = Some(Event::new(property.line));
        }
        self.open.push(name);
        Ok(())
    }

    fn finish(&mut self, property: &Property) -> Result<(), IcsError> {
        let name = property.value.trim().to_ascii_uppercase();
        match self.open.pop() {
            Some(open) if open == name => {}
            Some(open) => {
                let (expected, found) = (format!("END:{open}"), format!("END:{name}"));
                return Err(IcsError::new(property.line, &expected, found));
            }
            None => {
                let found = format!("END:{name}");
                return Err(IcsError::new(property.line, "BEGIN before END", found));
            }
        }
        if name == "VEVENT"
            && let Some(event) = self.event.take()
        {
            let line = event.line();
            let (closures, occurrences) = event.closures(self.zone)?;
            self.closures.extend(closures);
            self.occurrences += occurrences;
            if self.occurrences > MOST_CLOSURES {
                return Err(IcsError::new(
                    line,
                    "at most 20000 closures in a file, repetitions counted",
                    "more",
                ));
            }
        }
        Ok(())
    }

    fn end(self) -> Result<Vec<Closure>, IcsError> {
        match self.open.last() {
            Some(open) => Err(IcsError::new(
                self.last,
                &format!("END:{open}"),
                "the end of the file",
            )),
            None => Ok(self.closures),
        }
    }
}

/// A line as it was before it was folded (§3.1), with the number of its first part.
struct Line {
    number: usize,
    text: String,
}

/// Joins lines that begin with a blank or a tab to the line before. Bare line feeds do as well as
/// CRLF.
fn unfolded(text: &str) -> impl Iterator<Item = Line> {
    let mut lines = text.lines().enumerate().peekable();
    std::iter::from_fn(move || {
        let (at, first) = lines.next()?;
        let mut whole = first.to_owned();
        while let Some((_, next)) = lines.next_if(|(_, next)| next.starts_with([' ', '\t'])) {
            whole.extend(next.chars().skip(1));
        }
        Some(Line {
            number: at + 1,
            text: whole,
        })
    })
}

/// One content line: `NAME;PARAMETER=value;…:value` (§3.1).
struct Property {
    line: usize,
    name: String,
    parameters: Vec<(String, String)>,
    value: String,
}

impl Property {
    fn parse(line: &Line) -> Result<Self, IcsError> {
        let shape = || {
            IcsError::new(
                line.number,
                "a line of an iCalendar file, such as \"SUMMARY:text\"",
                "something else",
            )
        };
        let (head, value) = split_unquoted(&line.text, ':').ok_or_else(shape)?;
        let mut rest = Some(head);
        let mut parts = std::iter::from_fn(|| {
            let text = rest?;
            let (part, more) = match split_unquoted(text, ';') {
                Some((part, more)) => (part, Some(more)),
                None => (text, None),
            };
            rest = more;
            Some(part)
        });
        let name = parts.next().unwrap_or_default().to_ascii_uppercase();
        let good = |c: char| c.is_ascii_alphanumeric() || c == '-';
        if name.is_empty() || !name.chars().all(good) {
            return Err(shape());
        }
        let parameters = parts
            .filter_map(|part| part.split_once('='))
            .map(|(name, value)| {
                let value = value.trim_matches('"').to_owned();
                (name.to_ascii_uppercase(), value)
            })
            .collect();
        Ok(Self {
            line: line.number,
            name,
            parameters,
            value: value.to_owned(),
        })
    }

    fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }

    fn expected(&self, expected: &str) -> IcsError {
        let shown: String = self.value.chars().take(80).collect();
        IcsError::new(self.line, expected, format!("{}:{shown}", self.name))
    }
}

/// Splits at the first mark that is not within quotes.
fn split_unquoted(text: &str, mark: char) -> Option<(&str, &str)> {
    let mut quoted = false;
    let (at, _) = text.char_indices().find(|(_, c)| {
        quoted ^= *c == '"';
        *c == mark && !quoted
    })?;
    let (before, rest) = text.split_at_checked(at)?;
    Some((before, rest.strip_prefix(mark)?))
}
