//! `software.csv`: what the service approves, tolerates or forbids.
//!
//! A program that is not on the list is *unknown*, not forbidden.

use serde::{Deserialize, Serialize};

use super::name::NameIndex;
use super::sheet::{RegistryError, Sheet, Source};

/// Our column names.
pub const COLUMNS: [&str; 4] = ["name", "aliases", "platform", "status"];

/// What the service thinks of a program; the worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Approval {
    /// Must not be installed.
    Forbidden,
    /// May be installed, without support.
    Tolerated,
    /// Part of the base.
    Approved,
}

impl Approval {
    /// The word used in tables, cards and JSON.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Forbidden => "forbidden",
            Self::Tolerated => "tolerated",
            Self::Approved => "approved",
        }
    }
}

/// One program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Software {
    /// The line of the table.
    pub line: u64,
    /// Its name.
    pub name: String,
    /// What the service thinks of it, if the table says so; nothing sorts before everything.
    pub status: Option<Approval>,
}

/// The table.
#[derive(Debug, Clone, Default)]
pub struct SoftwareList {
    rows: Vec<Software>,
    names: NameIndex,
}

impl SoftwareList {
    pub(super) fn read(source: &Source<'_>) -> Result<Self, RegistryError> {
        let sheet = Sheet::read(source, "name")?;
        let words = [
            ("approved", Approval::Approved),
            ("tolerated", Approval::Tolerated),
            ("forbidden", Approval::Forbidden),
            ("approuve", Approval::Approved),
            ("tolere", Approval::Tolerated),
            ("interdit", Approval::Forbidden),
        ];
        let mut list = Self::default();
        for row in sheet.rows() {
            let name = row.required("name")?.to_owned();
            let expected = "approved, tolerated, forbidden, or nothing";
            let status = row.word("status", &words, expected)?;
            list.names.add(&name, list.rows.len());
            for alias in row.values("aliases") {
                list.names.add(&alias, list.rows.len());
            }
            list.rows.push(Software {
                line: row.line,
                name,
                status,
            });
        }
        Ok(list)
    }

    pub(super) fn named_in(&self, words: &[&str]) -> Vec<&Software> {
        self.names
            .rows_in(words)
            .into_iter()
            .filter_map(|row| self.rows.get(row))
            .collect()
    }
}
