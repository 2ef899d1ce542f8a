//! `visitors.csv`: who passes through, with the days.
//!
//! A *listed visitor* is one whose line covers today. A line without both days says nothing
//! certain: unless another line of the same person covers today, the answer is unknown.

use std::collections::BTreeMap;

use jiff::civil::Date;

use super::Ignorance;
use super::sheet::{RegistryError, Sheet, Source};

/// Our column names.
pub const COLUMNS: [&str; 5] = ["email", "name", "host", "from", "until"];

/// One stay.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Visit {
    /// The line of the table.
    pub line: u64,
    /// The visitor's name as the table writes it.
    pub name: Option<String>,
    /// Who receives them.
    pub host: Option<String>,
    /// First day.
    pub from: Option<Date>,
    /// Last day.
    pub until: Option<Date>,
}

/// The table.
#[derive(Debug, Clone, Default)]
pub struct Visitors {
    by_email: BTreeMap<String, Vec<Visit>>,
}

impl Visitors {
    pub(super) fn read(source: &Source<'_>) -> Result<Self, RegistryError> {
        let sheet = Sheet::read(source, "email")?;
        let mut visitors = Self::default();
        for row in sheet.rows() {
            let visit = Visit {
                line: row.line,
                name: row.text("name"),
                host: row.text("host"),
                from: row.date("from")?,
                until: row.date("until")?,
            };
            if let (Some(from), Some(until)) = (visit.from, visit.until)
                && until < from
            {
                return Err(row.error("until", "a day not before `from`"));
            }
            // A visitor without an address is on the list, but cannot be told by a letter.
            for email in row.values("email") {
                let stays = visitors.by_email.entry(email.to_lowercase()).or_default();
                stays.push(visit.clone());
            }
        }
        Ok(visitors)
    }

    /// The stay that covers today.
    pub(super) fn on(&self, email: &str, today: Date) -> Result<Option<&Visit>, Ignorance> {
        let stays = self.by_email.get(&email.trim().to_lowercase());
        let mut unsure = false;
        for visit in stays.into_iter().flatten() {
            let begun = visit.from.map(|from| from <= today);
            let lasts = visit.until.map(|until| today <= until);
            match (begun, lasts) {
                (Some(true), Some(true)) => return Ok(Some(visit)),
                (Some(false), _) | (_, Some(false)) => {}
                _ => unsure = true,
            }
        }
        if unsure {
            Err(Ignorance::EmptyCell)
        } else {
            Ok(None)
        }
    }
}
