//! What the configuration points to becomes rules: card, tables, templates, calendar files.
//!
//! Everything is read and checked before anything is put in force: a reload with a broken file
//! leaves the old rules as they are and says what is wrong.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::{Config, TableFile};
use crate::calendar::closure::TooManyDays;
use crate::calendar::{Calendar, ics};
use crate::compose::notice_letter::WriteError;
use crate::compose::sample;
use crate::compose::template::{TemplateError, Templates};
use crate::gateway::rules::Rules;
use crate::policy::{Card, CardError};
use crate::registry::{Registry, RegistryError, Source};
use crate::token::{Authority, KEY_BYTES, KeyError, KeyRing};

/// What is wrong with a file the configuration points to.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// It cannot be read.
    #[error("`{}` cannot be read", file.display())]
    Read {
        /// The file.
        file: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The service card has a mistake.
    #[error(transparent)]
    Card(#[from] CardError),
    /// A table has a mistake.
    #[error(transparent)]
    Table(#[from] RegistryError),
    /// A template has a mistake.
    #[error(transparent)]
    Template(#[from] TemplateError),
    /// A calendar file has a mistake.
    #[error("`{}`", file.display())]
    Calendar {
        /// The file.
        file: PathBuf,
        /// What is wrong.
        source: ics::IcsError,
    },
    /// The configuration and the calendar files hold more closures than there can be.
    #[error(transparent)]
    Closures(#[from] TooManyDays),
    /// A template fails with sample data.
    #[error("a template cannot be used")]
    Sample(#[from] WriteError),
    /// The token keys cannot be used.
    #[error("the token keys cannot be used")]
    Keys(#[from] KeyError),
    /// No randomness.
    #[error("the system gave no random bytes: {0}")]
    Randomness(getrandom::Error),
}

/// Reads card, tables, templates and calendar files, and tries every template in both languages.
///
/// They are good for looking at letters. Whoever sends letters puts the kept token keys into them:
/// those here are nobody's, and what answers a letter written with them proves nothing.
///
/// # Errors
/// When any of them cannot be read or has a mistake.
pub fn rules(config: &Config) -> Result<Rules, LoadError> {
    let (text, name) = card_text(config.card.as_deref())?;
    rules_with(config, Card::parse(&text, &name)?)
}

/// The same with another card than the configured one.
///
/// # Errors
/// When a table or template cannot be read or has a mistake.
pub fn rules_with(config: &Config, card: Card) -> Result<Rules, LoadError> {
    let mut secret = [0; KEY_BYTES];
    getrandom::fill(&mut secret).map_err(LoadError::Randomness)?;
    let keys = KeyRing::first(secret, Timestamp::UNIX_EPOCH)?;
    let registry = registry(&config.tables, &card)?;
    let templates = Templates::new(&replacements(config.templates.as_deref())?)?;
    let rules = Rules {
        card,
        registry,
        templates,
        identity: config.identity.clone(),
        authority: Authority::new(keys, &config.identity.instance),
        classify: config.classify.clone(),
        decide: config.decide.clone(),
        digest: config.digest.clone(),
        calendar: calendar(config)?,
    };
    sample::try_all(rules.desk())?;
    Ok(rules)
}

/// The opening hours, with the closures of the calendar files; nothing without a table `[hours]`.
///
/// # Errors
/// When a file cannot be read or has a mistake.
pub fn calendar(config: &Config) -> Result<Option<Calendar>, LoadError> {
    let Some(hours) = &config.hours else {
        return Ok(None);
    };
    let mut settings = hours.settings.clone();
    for file in &hours.files {
        let bytes = std::fs::read(file).map_err(|source| LoadError::Read {
            file: file.clone(),
            source,
        })?;
        let closures =
            ics::closures(&bytes, &settings.zone).map_err(|source| LoadError::Calendar {
                file: file.clone(),
                source,
            })?;
        settings.closures.extend(closures);
    }
    Ok(Some(Calendar::new(settings)?))
}

/// The text of a service card and its name for messages; the shipped one if no file is named.
///
/// # Errors
/// When the file cannot be read.
pub fn card_text(file: Option<&Path>) -> Result<(String, String), LoadError> {
    match file {
        None => Ok((
            Card::shipped_text().to_owned(),
            "the shipped service card".to_owned(),
        )),
        Some(file) => Ok((text(file)?, file.display().to_string())),
    }
}

fn text(file: &Path) -> Result<String, LoadError> {
    std::fs::read_to_string(file).map_err(|source| LoadError::Read {
        file: file.to_owned(),
        source,
    })
}

fn registry(tables: &[TableFile], card: &Card) -> Result<Registry, LoadError> {
    let mut read = Vec::with_capacity(tables.len());
    for table in tables {
        let failed = |source| LoadError::Read {
            file: table.file.clone(),
            source,
        };
        let bytes = std::fs::read(&table.file).map_err(failed)?;
        let exported_on = match table.exported_on {
            Some(date) => Some(date),
            None => std::fs::metadata(&table.file)
                .and_then(|metadata| metadata.modified())
                .map(date)
                .map_err(failed)?,
        };
        read.push((table, bytes, exported_on));
    }
    let names: Vec<String> = tables
        .iter()
        .map(|table| table.file.display().to_string())
        .collect();
    let sources: Vec<Source<'_>> = read
        .iter()
        .zip(&names)
        .map(|((table, bytes, exported_on), name)| Source {
            table: table.table,
            file: name,
            bytes,
            exported_on: *exported_on,
            columns: table.columns.clone(),
            values: table.values.clone(),
        })
        .collect();
    Ok(Registry::load(&sources, card.registry_settings())?)
}

fn date(modified: std::time::SystemTime) -> Option<Date> {
    let instant = Timestamp::try_from(modified).ok()?;
    Some(instant.to_zoned_datetime(TimeZone::UTC).date())
}

/// The files of a directory with `fr/` and `en/` in it, by name.
fn replacements(directory: Option<&Path>) -> Result<BTreeMap<String, String>, LoadError> {
    let mut found = BTreeMap::new();
    let Some(directory) = directory else {
        return Ok(found);
    };
    for language in ["fr", "en"] {
        let folder = directory.join(language);
        let failed = |source| LoadError::Read {
            file: folder.clone(),
            source,
        };
        if !folder.exists() {
            continue;
        }
        for entry in std::fs::read_dir(&folder).map_err(failed)? {
            let file = entry.map_err(failed)?.path();
            let name = Templates::name_of(directory, &file)?;
            found.insert(name, text(&file)?);
        }
    }
    Ok(found)
}
