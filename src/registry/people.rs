//! `people.csv`: who belongs to the institute.
//!
//! An address proves neither staff nor visitor; this table does. A line whose `until` has passed
//! still names the person, but its status is no longer known.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::sheet::{RegistryError, Sheet, Source};
use super::{Line, name};

/// Our column names.
pub const COLUMNS: [&str; 7] = [
    "email", "aliases", "name", "status", "team", "language", "until",
];

/// What somebody is to the institute.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Civil servant or permanent contract.
    Permanent,
    /// Fixed-term contract.
    FixedTerm,
    /// Doctoral student.
    Phd,
    /// Staff of another body, hosted here.
    Hosted,
    /// Emeritus.
    Emeritus,
    /// Intern under agreement.
    Intern,
    /// Passing through; an indication only, see `visitors.csv`.
    Visitor,
    /// Somebody from outside.
    External,
}

impl Status {
    /// The word used in tables, cards and JSON.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Permanent => "permanent",
            Self::FixedTerm => "fixed_term",
            Self::Phd => "phd",
            Self::Hosted => "hosted",
            Self::Emeritus => "emeritus",
            Self::Intern => "intern",
            Self::Visitor => "visitor",
            Self::External => "external",
        }
    }
}

/// The words of the column, our own first, then those of French personnel files.
const STATUS: [(&str, Status); 18] = [
    ("permanent", Status::Permanent),
    ("fixed_term", Status::FixedTerm),
    ("phd", Status::Phd),
    ("hosted", Status::Hosted),
    ("emeritus", Status::Emeritus),
    ("intern", Status::Intern),
    ("visitor", Status::Visitor),
    ("external", Status::External),
    ("titulaire", Status::Permanent),
    ("contractuel", Status::FixedTerm),
    ("doctorant", Status::Phd),
    ("heberge", Status::Hosted),
    ("emerite", Status::Emeritus),
    ("stagiaire", Status::Intern),
    ("visiteur", Status::Visitor),
    ("passage", Status::Visitor),
    ("invite", Status::Visitor),
    ("exterieur", Status::External),
];

/// One person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// The line of the table.
    pub line: u64,
    /// Main address first, then aliases; lower case.
    pub emails: Vec<String>,
    /// The name as the table writes it.
    pub name: Option<String>,
    /// What they are here, if the table says so.
    pub status: Option<Status>,
    /// Their team.
    pub team: Option<String>,
    /// The language they wish, `fr` or `en`.
    pub language: Option<String>,
    /// The last day of the status, if it ends.
    pub until: Option<Date>,
}

impl Person {
    /// The status on this day: unknown once `until` has passed.
    #[must_use]
    pub fn status_on(&self, today: Date) -> Option<Status> {
        self.status
            .filter(|_| self.until.is_none_or(|until| today <= until))
    }
}

impl Line for Person {
    fn line(&self) -> u64 {
        self.line
    }
}

/// The table.
#[derive(Debug, Clone, Default)]
pub struct People {
    rows: Vec<Person>,
    by_email: BTreeMap<String, Vec<usize>>,
    /// How many lines bear a name, as names of people are compared.
    bearers: BTreeMap<String, usize>,
}

impl People {
    pub(super) fn read(source: &Source<'_>) -> Result<Self, RegistryError> {
        let sheet = Sheet::read(source, "email")?;
        let mut people = Self::default();
        for row in sheet.rows() {
            let email = row.required("email")?;
            if !email.contains('@') {
                return Err(row.error("email", "an address"));
            }
            let mut emails = vec![email.to_lowercase()];
            emails.extend(
                row.values("aliases")
                    .iter()
                    .map(|alias| alias.to_lowercase()),
            );
            emails.dedup();
            let expected = "permanent, fixed_term, phd, hosted, emeritus, intern, visitor, \
                            external, or nothing";
            let person = Person {
                line: row.line,
                name: row.text("name"),
                status: row.word("status", &STATUS, expected)?,
                team: row.text("team"),
                language: row.text("language").map(|word| word.to_lowercase()),
                until: row.date("until")?,
                emails,
            };
            for email in &person.emails {
                let lines = people.by_email.entry(email.clone()).or_default();
                if !lines.contains(&people.rows.len()) {
                    lines.push(people.rows.len());
                }
            }
            if let Some(name) = &person.name {
                *people.bearers.entry(name::person(name)).or_default() += 1;
            }
            people.rows.push(person);
        }
        Ok(people)
    }

    /// Whether several lines bear this name.
    pub(super) fn is_shared(&self, name: &str) -> bool {
        self.bearers
            .get(&name::person(name))
            .is_some_and(|count| *count > 1)
    }

    pub(super) fn with_email(&self, email: &str) -> Vec<&Person> {
        self.by_email
            .get(&email.trim().to_lowercase())
            .into_iter()
            .flatten()
            .filter_map(|row| self.rows.get(*row))
            .collect()
    }
}
