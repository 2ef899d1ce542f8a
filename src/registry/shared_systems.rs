//! `shared_systems.csv`: printers, rooms and servers, and how many people use them.
//!
//! Makes mutualisation a fact instead of a guess: a letter that names one of them concerns as
//! many people as the table says.

use super::name::NameIndex;
use super::sheet::{RegistryError, Sheet, Source};

/// Our column names.
pub const COLUMNS: [&str; 4] = ["name", "aliases", "kind", "people"];

/// One shared system.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SharedSystem {
    /// The line of the table.
    pub line: u64,
    /// Its name.
    pub name: String,
    /// What it is: printer, room, server …
    pub kind: Option<String>,
    /// How many people use it, if the table says so.
    pub people: Option<u32>,
}

/// The table.
#[derive(Debug, Clone, Default)]
pub struct SharedSystems {
    rows: Vec<SharedSystem>,
    names: NameIndex,
}

impl SharedSystems {
    pub(super) fn read(source: &Source<'_>) -> Result<Self, RegistryError> {
        let sheet = Sheet::read(source, "name")?;
        let mut systems = Self::default();
        for row in sheet.rows() {
            let name = row.required("name")?.to_owned();
            let people = match row.cell("people").map(str::parse) {
                None => None,
                Some(Ok(people)) => Some(people),
                Some(Err(_)) => return Err(row.error("people", "a number of people")),
            };
            systems.names.add(&name, systems.rows.len());
            for alias in row.values("aliases") {
                systems.names.add(&alias, systems.rows.len());
            }
            systems.rows.push(SharedSystem {
                line: row.line,
                name,
                kind: row.text("kind"),
                people,
            });
        }
        Ok(systems)
    }

    pub(super) fn named_in(&self, words: &[&str]) -> Option<&SharedSystem> {
        let rows = self.names.rows_in(words).into_iter();
        // Of several with the same number of people the first line: the order is the table's.
        rows.filter_map(|row| self.rows.get(row))
            .max_by_key(|system| (system.people, std::cmp::Reverse(system.line)))
    }
}
