//! `lifecycle.csv`: until when a release is supported.
//!
//! Dates only, never a flag computed on the day of the export. A release may have one line for
//! every edition (empty `edition`) and lines for single editions. A machine has *ended* only if
//! every line that may speak of it says so; what is past its end by less than the grace days is
//! *grace*; what may be enrolled in extended support is unknown.
//!
//! An empty `extended_until` is unknown; `none` says that there is no extended support. A machine
//! known not to be enrolled needs neither.
//!
//! Not handled: support that differs by vendor under one number (Java, distribution builds of
//! Python); such products should have no line.

use jiff::civil::Date;

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
    /// The last day of support.
    pub end: Date,
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
    /// Product and release, and every alias, folded.
    names: Vec<String>,
    /// Folded; empty means every edition.
    editions: Vec<String>,
    end: Option<Date>,
    extension: Extension,
}

/// The table.
#[derive(Debug, Clone, Default)]
pub struct Lifecycle {
    rows: Vec<Release>,
}

impl Lifecycle {
    pub(super) fn read(source: &Source<'_>) -> Result<Self, RegistryError> {
        let sheet = Sheet::read(source, "product")?;
        let rows = sheet
            .rows()
            .map(|row| Release::read(&row))
            .collect::<Result<_, _>>()?;
        Ok(Self { rows })
    }

    pub(super) fn support(
        &self,
        asset: &Asset,
        today: Date,
        settings: &Settings,
    ) -> Result<Support, Ignorance> {
        let os = asset.os.as_deref().ok_or(Ignorance::EmptyCell)?;
        let names = asset_names(os, asset.os_release.as_deref().unwrap_or_default());
        let rows: Vec<&Release> = self
            .rows
            .iter()
            .filter(|row| row.names.iter().any(|name| names.contains(name)))
            .collect();
        let edition = asset.os_edition.as_deref().map(fold_edition);
        let chosen: Vec<&Release> = match &edition {
            None => rows,
            Some(edition) => rows
                .into_iter()
                .filter(|row| row.covers(edition, settings))
                .collect(),
        };
        let general = chosen.iter().any(|row| row.editions.is_empty());
        let mut answers = Vec::new();
        for row in chosen {
            answers.push(row.support(asset, today, settings)?);
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
        let mut names = vec![fold(&label)];
        names.extend(row.values("aliases").iter().map(|alias| fold(alias)));
        names.retain(|name| !name.is_empty());
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
            names,
            editions: row
                .values("edition")
                .iter()
                .map(|e| fold_edition(e))
                .collect(),
            end: row.date("end_of_support")?,
            extension,
        })
    }

    fn covers(&self, edition: &str, settings: &Settings) -> bool {
        if self.editions.is_empty() {
            let apart = |word: &String| edition.split(' ').any(|part| part == fold(word));
            return !settings.editions_apart.iter().any(apart);
        }
        self.editions.iter().any(|own| own == edition)
    }

    fn support(
        &self,
        asset: &Asset,
        today: Date,
        settings: &Settings,
    ) -> Result<Support, Ignorance> {
        let end = self.end.ok_or(Ignorance::EmptyCell)?;
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
        Ok(Support {
            state,
            line: self.line,
            release: self.label.clone(),
            end,
        })
    }
}

/// The names under which a life cycle may list a machine's system. A service pack is no release
/// of its own: `windows 7 sp1` is also looked up as `windows 7`.
fn asset_names(os: &str, release: &str) -> Vec<String> {
    let full = fold(&format!("{os} {release}"));
    let mut names = vec![full.clone()];
    if let Some((rest, last)) = full.rsplit_once(' ')
        && last
            .strip_prefix("sp")
            .is_some_and(|n| n.parse::<u8>().is_ok())
    {
        names.push(rest.to_owned());
    }
    names
}

/// `Professionnel`, `Professional` and `Pro` are one edition, `Entreprise` and `Enterprise` too.
fn fold_edition(edition: &str) -> String {
    fold(edition)
        .split(' ')
        .map(|word| match word {
            "professionnel" | "professional" => "pro",
            "entreprise" => "enterprise",
            "famille" => "home",
            other => other,
        })
        .collect::<Vec<_>>()
        .join(" ")
}
