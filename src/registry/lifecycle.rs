//! `lifecycle.csv`: until when a release is supported.
//!
//! Dates only, never a flag computed on the day of the export. A release may have one line for
//! every edition (empty `edition`) and lines for single editions. A machine has *ended* only if
//! every line that may speak of it says so; what is past its end by less than the grace days is
//! *grace*; what may be enrolled in extended support is unknown.
//!
//! Windows has editions with calendars of their own: a line without an edition speaks of none of
//! those, and not of a machine whose edition nobody recorded. A line of the edition `all` does.
//!
//! A line whose release is `newest 3` says that the three newest listed releases of its product
//! are supported whatever their dates, and that no older one outlives a newer one: makers that
//! publish no dates (macOS) are read by the order of their releases.
//!
//! Inventories write `Microsoft Windows 10 Professionnel`: the maker's name is left out, and the
//! edition is taken from there if it has no cell. An alias that ends in `*` (`macos 13.*`) names
//! every release that goes on so.
//!
//! An empty `extended_until` is unknown; `none` says that there is no extended support. A machine
//! known not to be enrolled needs neither.
//!
//! Not handled: support that differs by vendor under one number (Java, distribution builds of
//! Python); such products should have no line.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;

mod system;

use self::system::{System, fold_edition};
use super::assets::{Asset, Exemption};
use super::name::fold;
use super::sheet::{RegistryError, Row, Sheet, Source};
use super::{Ignorance, Settings, days_between};

/// Our column names.
pub const COLUMNS: [&str; 6] = [
    "product",
    "release",
    "edition",
    "end_of_support",
    "extended_until",
    "aliases",
];

/// Where a release stands; the mildest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum State {
    /// The machine is exempt, whatever its release.
    Exempt,
    /// Supported by its maker.
    Supported,
    /// Ended, but the machine is enrolled in extended support.
    Extended,
    /// Ended since fewer than the grace days.
    Grace,
    /// Ended.
    Ended,
}

impl State {
    /// The word used in cards and JSON.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Exempt => "exempt",
            Self::Supported => "supported",
            Self::Extended => "extended",
            Self::Grace => "grace",
            Self::Ended => "ended",
        }
    }
}

/// The answer for one machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Support {
    /// Where it stands.
    pub state: State,
    /// The line that says so.
    pub line: u64,
    /// The release as the life cycle names it.
    pub release: String,
    /// The last day of support; nothing for a release that is supported by its order.
    pub end: Option<Date>,
}

#[derive(Debug, Clone, Copy)]
enum Extension {
    Unknown,
    Never,
    Until(Date),
}

#[derive(Debug, Clone)]
struct Release {
    line: u64,
    label: String,
    /// Folded.
    product: String,
    /// The numbers of the release, for its place among the releases of the product.
    number: Vec<u32>,
    /// Product and release, and every alias, folded.
    names: Vec<String>,
    /// Aliases that end in `*`, folded, without it.
    heads: Vec<String>,
    /// Folded; empty means every edition.
    editions: Vec<String>,
    end: Option<Date>,
    extension: Extension,
}

/// The table.
#[derive(Debug, Clone, Default)]
pub struct Lifecycle {
    rows: Vec<Release>,
    /// Product → how many of its newest releases are supported.
    newest: BTreeMap<String, usize>,
}

/// The product whose editions have calendars of their own.
const WITH_EDITIONS: &str = "windows";
/// The edition of a line that speaks of every edition.
const EVERY: &str = "all";

/// When the support of a release ends.
#[derive(Debug, Clone, Copy)]
enum End {
    /// It is among the newest of its product.
    Open,
    On(Date),
}

impl Lifecycle {
    pub(super) fn read(source: &Source<'_>) -> Result<Self, RegistryError> {
        let sheet = Sheet::read(source, "product")?;
        let mut table = Self::default();
        for row in sheet.rows() {
            match row.cell("release").map(fold).as_deref() {
                Some(release) if release.split(' ').next() == Some("newest") => {
                    let count = release.strip_prefix("newest ").and_then(|n| n.parse().ok());
                    let count = count.ok_or_else(|| {
                        row.error("release", "a release, or `newest` and a number")
                    })?;
                    let product = fold(row.required("product")?);
                    table.newest.insert(product, count);
                }
                _ => table.rows.push(Release::read(&row)?),
            }
        }
        Ok(table)
    }

    fn called(&self, names: &[String]) -> Vec<&Release> {
        let called = |row: &&Release| names.iter().any(|name| row.is_called(name));
        self.rows.iter().filter(called).collect()
    }

    /// When a release ends: by its own date, or by the order of the releases of its product.
    fn end(&self, row: &Release) -> Result<End, Ignorance> {
        let Some(newest) = self.newest.get(&row.product) else {
            return row.end.map(End::On).ok_or(Ignorance::EmptyCell);
        };
        if row.number.is_empty() {
            return Err(Ignorance::EmptyCell);
        }
        let newer = self
            .rows
            .iter()
            .filter(|other| other.product == row.product && other.number > row.number);
        let count = newer.clone().map(|o| &o.number).collect::<BTreeSet<_>>();
        if count.len() < *newest {
            return Ok(End::Open);
        }
        let earliest = newer.filter_map(|other| other.end).chain(row.end).min();
        earliest.map(End::On).ok_or(Ignorance::EmptyCell)
    }

    pub(super) fn support(
        &self,
        asset: &Asset,
        today: Date,
        settings: &Settings,
    ) -> Result<Support, Ignorance> {
        let os = asset.os.as_deref().ok_or(Ignorance::EmptyCell)?;
        let full = fold(&format!(
            "{os} {}",
            asset.os_release.as_deref().unwrap_or_default()
        ));
        let mut edition = asset.os_edition.as_deref().map(fold_edition);
        let mut rows = self.called(std::slice::from_ref(&full));
        if rows.is_empty() {
            let system = System::new(&full);
            rows = self.called(&system.names);
            edition = edition.or(system.edition);
        }
        let chosen: Vec<&Release> = match &edition {
            None => rows,
            Some(edition) => rows
                .into_iter()
                .filter(|row| row.covers(edition, settings))
                .collect(),
        };
        let general = chosen.iter().any(|row| row.is_general());
        let mut answers = Vec::new();
        for row in chosen {
            answers.push(row.support(self.end(row)?, asset, today, settings)?);
        }
        answers.sort_by_key(|support| support.state);
        let (Some(mildest), Some(worst)) = (answers.first(), answers.last()) else {
            return Err(Ignorance::EmptyCell);
        };
        // The edition is not known: only a line for every edition speaks of it for certain.
        let certain = mildest.state == worst.state && (mildest.state < State::Ended || general);
        if edition.is_none() && !certain {
            return Err(Ignorance::Ambiguous);
        }
        let mut answer = mildest.clone();
        if matches!(asset.exemption, Exemption::Recorded(_)) && answer.state >= State::Grace {
            answer.state = State::Exempt;
        }
        if asset.exemption == Exemption::Unknown && answer.state == State::Ended {
            return Err(Ignorance::EmptyCell);
        }
        Ok(answer)
    }
}

impl Release {
    fn read(row: &Row<'_>) -> Result<Self, RegistryError> {
        let product = row.required("product")?;
        let release = row.cell("release").unwrap_or_default();
        let label = format!("{product} {release}").trim().to_owned();
        let (heads, aliases): (Vec<String>, Vec<String>) = row
            .values("aliases")
            .into_iter()
            .partition(|alias| alias.ends_with('*'));
        let names: Vec<String> = std::iter::once(&label)
            .chain(&aliases)
            .map(|n| fold(n))
            .collect();
        let unlimited = ["none", "no", "aucun", "non", "-"];
        let extension = match row.cell("extended_until") {
            None => Extension::Unknown,
            Some(word) if unlimited.contains(&word.to_lowercase().as_str()) => Extension::Never,
            Some(_) => row
                .date("extended_until")
                .map_err(|_| row.error("extended_until", "a date, none, or nothing"))?
                .map_or(Extension::Unknown, Extension::Until),
        };
        Ok(Self {
            line: row.line,
            label,
            product: fold(product),
            number: numbers(release),
            names: names.into_iter().filter(|name| !name.is_empty()).collect(),
            heads: heads
                .iter()
                .map(|h| fold(h))
                .filter(|h| !h.is_empty())
                .collect(),
            editions: row
                .values("edition")
                .iter()
                .map(|e| fold_edition(e))
                .collect(),
            end: row.date("end_of_support")?,
            extension,
        })
    }

    /// Whether this line speaks of a system of this folded name.
    fn is_called(&self, name: &str) -> bool {
        let goes_on = |head: &String| {
            name.strip_prefix(head.as_str())
                .is_some_and(|rest| rest.starts_with(['.', ' ']))
        };
        self.names.iter().any(|own| own == name) || self.heads.iter().any(goes_on)
    }

    fn covers(&self, edition: &str, settings: &Settings) -> bool {
        let apart = |word: &String| edition.split(' ').any(|part| part == fold(word));
        self.is_general()
            || self.editions.iter().any(|own| own == edition)
            || (self.editions.is_empty() && !settings.editions_apart.iter().any(apart))
    }

    /// Whether it speaks of a machine whatever its edition.
    fn is_general(&self) -> bool {
        self.editions.iter().any(|own| own == EVERY)
            || (self.editions.is_empty()
                && self.product.split(' ').all(|word| word != WITH_EDITIONS))
    }

    fn support(
        &self,
        end: End,
        asset: &Asset,
        today: Date,
        settings: &Settings,
    ) -> Result<Support, Ignorance> {
        let End::On(end) = end else {
            return Ok(self.answer(State::Supported, None));
        };
        let grace = i64::from(settings.grace_days);
        let past = |day: Date| days_between(day, today);
        let state = if past(end) <= 0 {
            State::Supported
        } else {
            let plain = if past(end) <= grace {
                State::Grace
            } else {
                State::Ended
            };
            match (asset.extended_support, self.extension) {
                (Some(true), Extension::Until(day)) if past(day) <= 0 => State::Extended,
                (_, Extension::Until(day)) if past(day) > grace => plain,
                (Some(true), Extension::Until(_)) => State::Grace,
                (Some(false), _) | (None, Extension::Never) => plain,
                (None, Extension::Until(day)) if past(day) > 0 => State::Grace,
                _ if plain == State::Grace => plain,
                _ => return Err(Ignorance::EmptyCell),
            }
        };
        Ok(self.answer(state, Some(end)))
    }

    fn answer(&self, state: State, end: Option<Date>) -> Support {
        Support {
            state,
            line: self.line,
            release: self.label.clone(),
            end,
        }
    }
}

/// The numbers in a release: 13.6 is 13 and 6.
fn numbers(release: &str) -> Vec<u32> {
    let digits = |c: char| !c.is_ascii_digit();
    release
        .split(digits)
        .filter_map(|n| n.parse().ok())
        .collect()
}
