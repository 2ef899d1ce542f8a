//! Look-up tables in memory: who writes, which machine, what is still supported.
//!
//! In: the text of up to six CSV tables, read by the shell. Out: answers that are true, false or
//! *unknown* ([`Lookup`]), each true one with its table, line and date ([`Place`]).
//!
//! The law of this room: what is not known is never made up. No table, a table older than
//! `max_age_days`, a table of unknown age, an empty cell, two lines that differ: all of these are
//! [`Lookup::Unknown`], and unknown never refuses anything. Taking away a table, a line or a cell
//! therefore turns answers into unknown and never into their opposite.
//!
//! Two exceptions, because the tables say so: an empty `exemption` means that none is recorded
//! (a missing *column* is unknown), and what contradicts or overrides another line (twins of a key,
//! one edition's own calendar, `newest 3`, a machine enrolled in extended support the calendar says
//! there is none of) protects only while it is there.
//!
//! Not handled: tables in UTF-16, quoting other than `"`, several sheets.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

pub mod assets;
pub mod keys;
pub mod lifecycle;
pub mod name;
pub mod people;
pub mod shared_systems;
pub mod sheet;
pub mod software;
pub mod visitors;

use assets::{Asset, Assets};
use keys::KeyRules;
use lifecycle::Lifecycle;
use people::{People, Person};
use shared_systems::{SharedSystem, SharedSystems};
use software::{Software, SoftwareList};
use visitors::{Visit, Visitors};

pub use sheet::{RegistryError, Source};

/// True, false, or not known (Kleene's three values).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tri {
    /// Known to be so.
    True,
    /// Known not to be so.
    False,
    /// Not known. Never grounds for a refusal.
    #[default]
    Unknown,
}

impl Tri {
    /// Kleene's AND.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::False, _) | (_, Self::False) => Self::False,
            (Self::True, Self::True) => Self::True,
            _ => Self::Unknown,
        }
    }

    /// Kleene's OR.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        match (self, other) {
            (Self::True, _) | (_, Self::True) => Self::True,
            (Self::False, Self::False) => Self::False,
            _ => Self::Unknown,
        }
    }

    /// `true`, `false` or `unknown`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::True => "true",
            Self::False => "false",
            Self::Unknown => "unknown",
        }
    }
}

impl From<bool> for Tri {
    fn from(value: bool) -> Self {
        if value { Self::True } else { Self::False }
    }
}

/// The six tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Table {
    /// Who belongs to the institute.
    People,
    /// The inventory.
    Assets,
    /// Who passes through, and when.
    Visitors,
    /// The approved software.
    Software,
    /// Ends of support.
    Lifecycle,
    /// Printers, rooms and servers used by several people.
    SharedSystems,
}

impl Table {
    /// All tables, in the order of the documentation.
    pub const ALL: [Self; 6] = [
        Self::People,
        Self::Assets,
        Self::Visitors,
        Self::Software,
        Self::Lifecycle,
        Self::SharedSystems,
    ];

    /// The table's name, as in `people.csv`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::People => "people",
            Self::Assets => "assets",
            Self::Visitors => "visitors",
            Self::Software => "software",
            Self::Lifecycle => "lifecycle",
            Self::SharedSystems => "shared_systems",
        }
    }

    /// Our names of its columns.
    #[must_use]
    pub fn columns(self) -> &'static [&'static str] {
        match self {
            Self::People => &people::COLUMNS,
            Self::Assets => &assets::COLUMNS,
            Self::Visitors => &visitors::COLUMNS,
            Self::Software => &software::COLUMNS,
            Self::Lifecycle => &lifecycle::COLUMNS,
            Self::SharedSystems => &shared_systems::COLUMNS,
        }
    }
}

/// Where an answer stands: what a refusal shows and anybody can check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// The table.
    pub table: Table,
    /// The line in the file, the header being line 1.
    pub line: u64,
    /// The day the table was exported.
    pub date: Date,
}

/// Why there is no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ignorance {
    /// The table was not given.
    NoTable,
    /// The table is older than `max_age_days`, from the future, or of unknown age.
    Stale,
    /// Two lines answer, and differ.
    Ambiguous,
    /// A line was found, but the cell is empty or the column missing.
    EmptyCell,
}

/// The answer of one table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Lookup<T> {
    /// The table says so, there.
    Found(T, Place),
    /// The table is fresh and holds no such line.
    Absent,
    /// No answer.
    Unknown(Ignorance),
}

impl<T> Lookup<T> {
    /// Found is true, absent is false.
    #[must_use]
    pub fn tri(&self) -> Tri {
        match self {
            Self::Found(..) => Tri::True,
            Self::Absent => Tri::False,
            Self::Unknown(_) => Tri::Unknown,
        }
    }

    /// What was found.
    #[must_use]
    pub fn found(&self) -> Option<(&T, Place)> {
        match self {
            Self::Found(value, place) => Some((value, *place)),
            Self::Absent | Self::Unknown(_) => None,
        }
    }
}

/// What the tables are read and asked with. The service card holds these values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Days after its export at which a table, and after its last contact an asset line, answers
    /// unknown.
    pub max_age_days: u32,
    /// Days after an end of support in which a machine is only flagged.
    pub grace_days: u32,
    /// Regular expressions of the site's inventory numbers; a group named `key`, if there is one,
    /// is the number.
    pub inventory: Vec<String>,
    /// What people write in the place of a number they do not have.
    pub placeholders: Vec<String>,
    /// First letters of words that look like machine names and are none (`windows11`, `covid-19`).
    pub not_keys: Vec<String>,
    /// Editions of Windows with a calendar of their own: a line without an edition says nothing
    /// about them.
    pub editions_apart: Vec<String>,
    /// How "bought by the IT service and/or under the contract" is read.
    pub reading: Reading,
}

/// The two readings of clause E1's "et/ou".
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reading {
    /// In scope if bought by the IT service *or* under the contract.
    #[default]
    Lenient,
    /// In scope only if both.
    Strict,
}

impl Default for Settings {
    fn default() -> Self {
        let words = |list: &[&str]| list.iter().map(|word| (*word).to_owned()).collect();
        Self {
            max_age_days: 30,
            grace_days: 90,
            inventory: words(keys::DEFAULT_INVENTORY),
            placeholders: words(keys::DEFAULT_PLACEHOLDERS),
            not_keys: words(keys::DEFAULT_NOT_KEYS),
            editions_apart: words(&["ltsc", "ltsb", "iot", "education"]),
            reading: Reading::Lenient,
        }
    }
}

/// One table and the day it was exported.
#[derive(Debug, Clone)]
struct Dated<T> {
    rows: T,
    exported_on: Option<Date>,
}

/// All tables; see the module page.
#[derive(Debug, Clone)]
pub struct Registry {
    settings: Settings,
    /// See [`Registry::look_back_to`].
    as_of: Option<Date>,
    keys: KeyRules,
    people: Option<Dated<People>>,
    assets: Option<Dated<Assets>>,
    visitors: Option<Dated<Visitors>>,
    software: Option<Dated<SoftwareList>>,
    lifecycle: Option<Dated<Lifecycle>>,
    shared_systems: Option<Dated<SharedSystems>>,
}

impl Registry {
    /// Reads the tables. Each may be absent; a later source of the same table replaces an earlier.
    ///
    /// # Errors
    /// The first thing in a table, or in the settings, that cannot be read: with file, line,
    /// column and what was expected. Nothing is loaded then.
    pub fn load(sources: &[Source<'_>], settings: &Settings) -> Result<Self, RegistryError> {
        let mut registry = Self {
            keys: KeyRules::new(settings)?,
            settings: settings.clone(),
            as_of: None,
            people: None,
            assets: None,
            visitors: None,
            software: None,
            lifecycle: None,
            shared_systems: None,
        };
        for source in sources {
            registry.add(source)?;
        }
        Ok(registry)
    }

    fn add(&mut self, source: &Source<'_>) -> Result<(), RegistryError> {
        let exported_on = source.exported_on;
        match source.table {
            Table::People => {
                let rows = People::read(source)?;
                self.people = Some(Dated { rows, exported_on });
            }
            Table::Assets => {
                let rows = Assets::read(source)?;
                self.assets = Some(Dated { rows, exported_on });
            }
            Table::Visitors => {
                let rows = Visitors::read(source)?;
                self.visitors = Some(Dated { rows, exported_on });
            }
            Table::Software => {
                let rows = SoftwareList::read(source)?;
                self.software = Some(Dated { rows, exported_on });
            }
            Table::Lifecycle => {
                let rows = Lifecycle::read(source)?;
                self.lifecycle = Some(Dated { rows, exported_on });
            }
            Table::SharedSystems => {
                let rows = SharedSystems::read(source)?;
                self.shared_systems = Some(Dated { rows, exported_on });
            }
        }
        Ok(())
    }

    /// What the tables are asked with.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Answers about an earlier day with these tables: a table, or the last contact of a machine,
    /// of a later day is taken for one of that day. Otherwise today's tables would know nothing of
    /// a letter of last month.
    pub fn look_back_to(&mut self, day: Date) {
        self.as_of = Some(day);
    }

    /// A date of a table, as far as the day that is looked back to knows it.
    fn known_by_then(&self, date: Date) -> Date {
        self.as_of.map_or(date, |day| date.min(day))
    }

    /// How machine keys are found in a text.
    #[must_use]
    pub fn keys(&self) -> &KeyRules {
        &self.keys
    }

    /// The tables that were given, with their dates.
    #[must_use]
    pub fn dates(&self) -> BTreeMap<Table, Option<Date>> {
        let dates = [
            (Table::People, self.people.as_ref().map(|t| t.exported_on)),
            (Table::Assets, self.assets.as_ref().map(|t| t.exported_on)),
            (
                Table::Visitors,
                self.visitors.as_ref().map(|t| t.exported_on),
            ),
            (
                Table::Software,
                self.software.as_ref().map(|t| t.exported_on),
            ),
            (
                Table::Lifecycle,
                self.lifecycle.as_ref().map(|t| t.exported_on),
            ),
            (
                Table::SharedSystems,
                self.shared_systems.as_ref().map(|t| t.exported_on),
            ),
        ];
        dates
            .into_iter()
            .filter_map(|(table, date)| date.map(|date| (table, date)))
            .collect()
    }

    /// The person with this address, among main addresses and aliases.
    #[must_use]
    pub fn person(&self, email: &str, today: Date) -> Lookup<&Person> {
        let (people, date) = match self.fresh(self.people.as_ref(), today) {
            Ok(table) => table,
            Err(why) => return Lookup::Unknown(why),
        };
        one(people.with_email(email), Table::People, date)
    }

    /// The person with this address, however old the table is: a line that is too old to decide on
    /// still says who bears which addresses. Nobody if two lines have it.
    #[must_use]
    pub fn bearer(&self, email: &str) -> Option<&Person> {
        let found = self.people.as_ref()?.rows.with_email(email);
        match found.as_slice() {
            [one] => Some(one),
            _ => None,
        }
    }

    /// The machine with this inventory number, serial number or host name, however it is
    /// punctuated. Two lines with the same key are ambiguous.
    #[must_use]
    pub fn asset_by_key(&self, key: &str, today: Date) -> Lookup<&Asset> {
        let (assets, date) = match self.fresh(self.assets.as_ref(), today) {
            Ok(table) => table,
            Err(why) => return Lookup::Unknown(why),
        };
        one(assets.with_key(key), Table::Assets, date)
    }

    /// The only machine of this person: a weak key, because it need not be the one meant.
    /// Absent if the table gives the person none, ambiguous if several, or if the machine is
    /// listed under a name that two people bear.
    #[must_use]
    pub fn only_asset_of(&self, person: &Person, today: Date) -> Lookup<&Asset> {
        let (assets, date) = match self.fresh(self.assets.as_ref(), today) {
            Ok(table) => table,
            Err(why) => return Lookup::Unknown(why),
        };
        let mut owned = assets.owned_by_address(&person.emails);
        if let Some(name) = &person.name {
            let named = assets.owned_by_name(name);
            let people = self.people.as_ref();
            if !named.is_empty() && people.is_some_and(|people| people.rows.is_shared(name)) {
                return Lookup::Unknown(Ignorance::Ambiguous);
            }
            owned.extend(named);
        }
        owned.sort_by_key(|asset| asset.line);
        owned.dedup_by_key(|asset| asset.line);
        one(owned, Table::Assets, date)
    }

    /// Whether the person with this address is passing through today.
    #[must_use]
    pub fn visitor(&self, email: &str, today: Date) -> Lookup<&Visit> {
        let (visitors, date) = match self.fresh(self.visitors.as_ref(), today) {
            Ok(table) => table,
            Err(why) => return Lookup::Unknown(why),
        };
        match visitors.on(email, today) {
            Ok(Some(visit)) => Lookup::Found(visit, place(Table::Visitors, visit.line, date)),
            Ok(None) => Lookup::Absent,
            Err(why) => Lookup::Unknown(why),
        }
    }

    /// The software named in these folded words (see [`name::fold`]), worst status first; absent
    /// if none of the list is named.
    #[must_use]
    pub fn software(&self, words: &[&str], today: Date) -> Vec<(&Software, Place)> {
        let Ok((list, date)) = self.fresh(self.software.as_ref(), today) else {
            return Vec::new();
        };
        let mut found: Vec<_> = list
            .named_in(words)
            .into_iter()
            .map(|software| (software, place(Table::Software, software.line, date)))
            .collect();
        found.sort_by_key(|(software, place)| (software.status, place.line));
        found
    }

    /// The shared system named in these folded words; of several, the one most people use.
    #[must_use]
    pub fn shared_system(&self, words: &[&str], today: Date) -> Lookup<&SharedSystem> {
        let (systems, date) = match self.fresh(self.shared_systems.as_ref(), today) {
            Ok(table) => table,
            Err(why) => return Lookup::Unknown(why),
        };
        match systems.named_in(words) {
            Some(system) => Lookup::Found(system, place(Table::SharedSystems, system.line, date)),
            None => Lookup::Absent,
        }
    }

    /// How the system of this machine is supported today, with the line of the life cycle.
    #[must_use]
    pub fn lifecycle(&self, asset: &Asset, today: Date) -> Lookup<lifecycle::Support> {
        let (table, date) = match self.fresh(self.lifecycle.as_ref(), today) {
            Ok(table) => table,
            Err(why) => return Lookup::Unknown(why),
        };
        match table.support(asset, today, &self.settings) {
            Ok(support) => {
                let line = support.line;
                Lookup::Found(support, place(Table::Lifecycle, line, date))
            }
            Err(why) => Lookup::Unknown(why),
        }
    }

    /// Whether a day is recent enough to be believed.
    #[must_use]
    pub fn is_recent(&self, day: Date, today: Date) -> bool {
        // One day ahead is a clock or a time zone, more is an error somewhere.
        let age = days_between(self.known_by_then(day), today);
        (-1..=i64::from(self.settings.max_age_days)).contains(&age)
    }

    fn fresh<'a, T>(
        &self,
        table: Option<&'a Dated<T>>,
        today: Date,
    ) -> Result<(&'a T, Date), Ignorance> {
        let table = table.ok_or(Ignorance::NoTable)?;
        table
            .exported_on
            .map(|date| self.known_by_then(date))
            .filter(|date| self.is_recent(*date, today))
            .map(|date| (&table.rows, date))
            .ok_or(Ignorance::Stale)
    }
}

/// Days from `from` to `to`, negative if `to` is earlier.
pub(crate) fn days_between(from: Date, to: Date) -> i64 {
    from.until(to).map_or(0, |span| i64::from(span.get_days()))
}

fn place(table: Table, line: u64, date: Date) -> Place {
    Place { table, line, date }
}

/// A line of a table.
trait Line {
    fn line(&self) -> u64;
}

fn one<T: Line>(mut rows: Vec<&T>, table: Table, date: Date) -> Lookup<&T> {
    match (rows.pop(), rows.is_empty()) {
        (None, _) => Lookup::Absent,
        (Some(row), true) => Lookup::Found(row, place(table, row.line(), date)),
        (Some(_), false) => Lookup::Unknown(Ignorance::Ambiguous),
    }
}
