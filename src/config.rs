//! `guichet.toml`: one file, every key in `deploy/guichet.toml` explained.
//!
//! In: the file. Out: a [`Config`] that holds the small settings of each room, checked; no room
//! below ever sees this one. Relative paths start from the file's directory. Secrets are never in
//! the file, only the places they are read from.
//!
//! Also the reading of what the configuration points to: the card, the tables and the templates
//! become [`Rules`], at start and at every reload.

mod answers;
mod digest;
mod due;
pub mod endpoint;
pub mod hours;
pub mod load;
mod observation;
pub mod reference;
mod retention;
pub mod section;
mod team;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::SignedDuration;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use sha2::{Digest, Sha256};

use crate::classify::sender_auth::Alignment;
use crate::compose::notice_letter::Identity;
use crate::key_file::KeyFile;
use crate::privacy::Retention;
use crate::registry::Table;
use crate::{classify, decide, delivery, mailbox, monitor, verbosity};

use answers::{answers, spam};
use endpoint::{imap_settings, maildir_settings, token_keys, transport};
pub use endpoint::{inject_folder, inject_mailbox};
pub use hours::Hours;
pub use load::{LoadError, calendar, card_text, rules, rules_with};
pub use section::ConfigError;
use section::{Found, Section, Source, parse};

const MINUTE: Duration = Duration::from_secs(60);
const DAY: Duration = Duration::from_secs(86_400);

/// The whole configuration, checked.
#[derive(Debug, Clone)]
pub struct Config {
    /// The file it came from.
    pub file: PathBuf,
    /// Who speaks.
    pub identity: Identity,
    /// Which letters are ours.
    pub classify: classify::Settings,
    /// Tag, own domains, budgets.
    pub decide: decide::Settings,
    /// Which digests are sent.
    pub digest: crate::digest::Settings,
    /// Where the store lives.
    pub store: PathBuf,
    /// Where the keys are that replies are recognised by.
    pub token_keys: KeyFile,
    /// The watched mailboxes by name.
    pub mailboxes: Vec<(String, mailbox::Settings)>,
    /// When somebody is there; without it the gateway does not start, and everything else works.
    pub hours: Option<Hours>,
    /// Where answers go.
    pub delivery: delivery::Settings,
    /// Connections to that server.
    pub connections: usize,
    /// Before an attempt of unknown outcome is repeated.
    pub ambiguous_pause: SignedDuration,
    /// The service card, if not the shipped one.
    pub card: Option<PathBuf>,
    /// The look-up tables.
    pub tables: Vec<TableFile>,
    /// Replaced templates.
    pub templates: Option<PathBuf>,
    /// Reading letters.
    pub reader: ReaderSettings,
    /// How long what is kept; without it for ever.
    pub retention: Option<Retention>,
    /// What is logged, and how.
    pub log: Log,
    /// Metrics, health, alarms.
    pub monitor: monitor::Settings,
}

/// One look-up table.
#[derive(Debug, Clone)]
pub struct TableFile {
    /// Which.
    pub table: Table,
    /// The file.
    pub file: PathBuf,
    /// The date of the export, if it is not the file's own.
    pub exported_on: Option<Date>,
    /// Our column names for the site's.
    pub columns: BTreeMap<String, String>,
    /// For our columns, the site's words in ours.
    pub values: BTreeMap<String, BTreeMap<String, String>>,
}

/// Reading letters.
#[derive(Debug, Clone, Copy)]
pub struct ReaderSettings {
    /// Worker processes; two at least, so that one bad letter does not stop all.
    pub workers: usize,
    /// Address space of each, in bytes.
    pub memory: u64,
}

/// What is logged, and how.
#[derive(Debug, Clone, Copy, Default)]
pub struct Log {
    /// The least important level that is logged.
    pub level: verbosity::Level,
    /// In which form.
    pub format: LogFormat,
}

/// In which form it is logged.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum LogFormat {
    /// To the journal under systemd, as text otherwise.
    #[default]
    Auto,
    /// One line of text each.
    Text,
    /// One JSON object each.
    Json,
    /// To the journal.
    Journald,
}

impl Config {
    /// Reads and checks a file.
    ///
    /// # Errors
    /// When it cannot be read or holds a mistake, named by file, line and key.
    pub fn read(file: &Path) -> Result<Self, ConfigError> {
        let text = std::fs::read_to_string(file).map_err(|source| ConfigError::Read {
            file: file.to_owned(),
            source,
        })?;
        Self::of(&Source {
            file: file.to_owned(),
            text,
        })
    }

    /// Checks a text as if it were the content of `file`.
    ///
    /// # Errors
    /// When it holds a mistake.
    pub fn from_text(text: &str, file: &Path) -> Result<Self, ConfigError> {
        Self::of(&Source {
            file: file.to_owned(),
            text: text.to_owned(),
        })
    }

    fn of(source: &Source) -> Result<Self, ConfigError> {
        let mut root = parse(source)?;
        let (mut identity, mut classify, own_domains) = service(root.need_section("service")?)?;
        let store = store(root.need_section("store")?)?;
        let token_keys = token_keys(root.section("tokens")?, &store)?;
        let mailboxes = mailboxes(&mut root)?;
        let (delivery, connections, ambiguous_pause) =
            transport(root.need_section("delivery")?, &identity)?;
        let limits = answers(root.section("answers")?, &classify)?;
        classify.spam = spam(root.section("spam")?)?;
        let team = team::team(root.sections("technician")?)?;
        let work = team::work(root.section("work")?, classify.authserv_id.is_some())?;
        let due = due::due(root.section("due")?)?;
        let digest = digest::digest(root.section("digest")?)?;
        let on_call = team::on_call(root.section("oncall")?)?;
        let hours = root.section("hours")?.map(hours::read).transpose()?;
        identity.zone = match &hours {
            Some(hours) => hours.settings.zone.clone(),
            None => hours::default_zone(),
        };
        let card = one_path(root.section("policy")?, "card")?;
        let tables = tables(root.section("tables")?)?;
        let templates = one_path(root.section("templates")?, "directory")?;
        let reader = reader(root.section("reader")?)?;
        let retention = retention::retention(root.section("retention")?)?;
        let log = log(root.section("log")?)?;
        let monitor = observation::monitor(
            root.section("metrics")?,
            root.section("alert")?,
            &store,
            &classify,
        )?;
        root.finish()?;
        Ok(Self {
            file: source.file.clone(),
            decide: decide::Settings {
                tag: identity.tag.clone(),
                own_addresses: classify.own_addresses.iter().cloned().collect(),
                own_domains,
                limits,
                team,
                work,
                due,
                on_call,
                zone: identity.zone.clone(),
            },
            identity,
            classify,
            digest,
            store,
            token_keys,
            mailboxes,
            hours,
            delivery,
            connections,
            ambiguous_pause,
            card,
            tables,
            templates,
            reader,
            retention,
            log,
            monitor,
        })
    }
}

type ServiceParts = (Identity, classify::Settings, BTreeSet<String>);

fn service(mut section: Section<'_>) -> Result<ServiceParts, ConfigError> {
    let name = section.need_text("name")?.value;
    let address = address(&section.need_text("address")?)?;
    let mut own_addresses = vec![address.clone()];
    if let Some(aliases) = section.texts("aliases")? {
        for alias in &aliases.value {
            if !plausible(alias) {
                return Err(aliases.expected("mail addresses", &format!("\"{alias}\"")));
            }
            own_addresses.push(alias.to_lowercase());
        }
    }
    let tag = match section.text("tag")? {
        None => "Support".to_owned(),
        Some(tag) if tag.value.len() <= 32 && !tag.value.contains(['[', ']', '#', '\r', '\n']) => {
            tag.value
        }
        Some(tag) => {
            return Err(tag.expected(
                "at most 32 bytes without brackets and `#`",
                &format!("\"{}\"", tag.value),
            ));
        }
    };
    let mut own_domains: BTreeSet<String> = section
        .texts("own_domains")?
        .map(|found| found.value)
        .unwrap_or_default()
        .into_iter()
        .map(|domain| domain.to_lowercase())
        .collect();
    own_domains.extend(
        address
            .rsplit_once('@')
            .map(|(_, domain)| domain.to_lowercase()),
    );
    let authserv_id = section.text("authserv_id")?.map(|found| found.value);
    let border_hosts = section
        .texts("border_hosts")?
        .map(|found| found.value)
        .unwrap_or_default();
    let alignment = alignment(section.text("alignment")?)?;
    let detail = section.boolean("address_detail")?.unwrap_or(false);
    let return_path_always = section.boolean("return_path_always")?.unwrap_or(false);
    let emergency = section.text("emergency")?.map(|found| found.value);
    section.finish()?;
    let instance = instance(&address);
    let message_id_domain = address.rsplit_once('@').map(|(_, host)| host.to_owned());
    Ok((
        Identity {
            service: name,
            address,
            tag,
            instance: instance.clone(),
            detail,
            zone: TimeZone::UTC,
            emergency,
        },
        classify::Settings {
            own_addresses,
            instance,
            authserv_id,
            border_hosts,
            alignment,
            message_id_domain,
            return_path_always,
            ..classify::Settings::default()
        },
        own_domains,
    ))
}

fn alignment(found: Option<Found<String>>) -> Result<Alignment, ConfigError> {
    match found {
        None => Ok(Alignment::Relaxed),
        Some(found) => match found.value.as_str() {
            "relaxed" => Ok(Alignment::Relaxed),
            "strict" => Ok(Alignment::Strict),
            other => Err(found.expected("\"relaxed\" or \"strict\"", &format!("\"{other}\""))),
        },
    }
}

/// What marks our own letters: the same for every start of this gateway, another for every other
/// support address.
fn instance(address: &str) -> String {
    let digest = data_encoding::HEXLOWER.encode(&Sha256::digest(address.as_bytes()));
    digest.chars().take(16).collect()
}

fn plausible(address: &str) -> bool {
    address.split_once('@').is_some_and(|(local, domain)| {
        !local.is_empty()
            && domain.contains('.')
            && !address
                .contains(|c: char| c.is_whitespace() || c.is_control() || "<>,;".contains(c))
            && !domain.contains('@')
    })
}

fn address(found: &Found<String>) -> Result<String, ConfigError> {
    if plausible(&found.value) {
        Ok(found.value.to_lowercase())
    } else {
        Err(found.expected(
            "a mail address such as \"support@institut.example\"",
            &format!("\"{}\"", found.value),
        ))
    }
}

fn store(mut section: Section<'_>) -> Result<PathBuf, ConfigError> {
    let directory = section.base().join(section.need_text("directory")?.value);
    section.finish()?;
    Ok(directory)
}

fn mailboxes(root: &mut Section<'_>) -> Result<Vec<(String, mailbox::Settings)>, ConfigError> {
    let sections = root.sections("mailbox")?;
    if sections.is_empty() {
        return Err(root.missing("mailbox", "at least one table `[[mailbox]]`"));
    }
    let mut mailboxes: Vec<(String, mailbox::Settings)> = Vec::new();
    for mut section in sections {
        let name = section.need_text("name")?;
        if mailboxes.iter().any(|(known, _)| *known == name.value) || name.value == INJECTED {
            return Err(name.expected(
                "a name that no other mailbox has, and not `inject`",
                &format!("\"{}\"", name.value),
            ));
        }
        let kinds = [("imap", true), ("maildir", false)];
        let imap = section.choice("kind", &kinds)?;
        let settings = match imap {
            Some(true) => imap_settings(section)?,
            Some(false) => maildir_settings(section)?,
            None => return Err(section.missing("kind", "one of \"imap\", \"maildir\"")),
        };
        mailboxes.push((name.value, settings));
    }
    Ok(mailboxes)
}

/// The name under which the journal knows letters that came through `guichet inject`.
pub const INJECTED: &str = "inject";

fn one_path(
    section: Option<Section<'_>>,
    key: &'static str,
) -> Result<Option<PathBuf>, ConfigError> {
    let Some(mut section) = section else {
        return Ok(None);
    };
    let base = section.base();
    let path = section.text(key)?.map(|found| base.join(found.value));
    section.finish()?;
    Ok(path)
}

fn tables(section: Option<Section<'_>>) -> Result<Vec<TableFile>, ConfigError> {
    let Some(mut section) = section else {
        return Ok(Vec::new());
    };
    let mut tables = Vec::new();
    for table in Table::ALL {
        if let Some(mut one) = section.section(table.as_str())? {
            let file = one.base().join(one.need_text("file")?.value);
            let exported_on = match one.text("exported_on")? {
                None => None,
                Some(found) => Some(found.value.parse().map_err(|_| {
                    found.expected(
                        "a date such as \"2026-11-20\"",
                        &format!("\"{}\"", found.value),
                    )
                })?),
            };
            let columns = match one.section("columns")? {
                None => BTreeMap::new(),
                Some(columns) => columns.all_texts()?,
            };
            let values = match one.section("values")? {
                None => BTreeMap::new(),
                Some(values) => words(values, table)?,
            };
            one.finish()?;
            tables.push(TableFile {
                table,
                file,
                exported_on,
                columns,
                values,
            });
        }
    }
    section.finish()?;
    Ok(tables)
}

/// The site's words in ours, for each column of the table that has such a section.
fn words(
    mut section: Section<'_>,
    table: Table,
) -> Result<BTreeMap<String, BTreeMap<String, String>>, ConfigError> {
    let mut values = BTreeMap::new();
    for column in table.columns() {
        if let Some(words) = section.section(column)? {
            values.insert((*column).to_owned(), words.all_texts()?);
        }
    }
    section.finish()?;
    Ok(values)
}

/// The tables that lie in a folder under their usual names, such as `people.csv`.
#[must_use]
pub fn tables_in(folder: &Path) -> Vec<TableFile> {
    Table::ALL
        .into_iter()
        .map(|table| TableFile {
            table,
            file: folder.join(format!("{}.csv", table.as_str())),
            exported_on: None,
            columns: BTreeMap::new(),
            values: BTreeMap::new(),
        })
        .filter(|table| table.file.exists())
        .collect()
}

fn reader(section: Option<Section<'_>>) -> Result<ReaderSettings, ConfigError> {
    let cores = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
    let mut settings = ReaderSettings {
        workers: cores.clamp(2, 8),
        memory: 512 * 1024 * 1024,
    };
    if let Some(mut section) = section {
        if let Some(found) = section.number("workers", 2..=64)? {
            settings.workers = usize::try_from(found.value).unwrap_or(2);
        }
        if let Some(found) = section.number("memory_mb", 128..=65_536)? {
            settings.memory = found.value * 1024 * 1024;
        }
        section.finish()?;
    }
    Ok(settings)
}

fn log(section: Option<Section<'_>>) -> Result<Log, ConfigError> {
    let mut log = Log::default();
    if let Some(mut section) = section {
        let levels = verbosity::Level::ALL.map(|level| (level.as_str(), level));
        log.level = section.choice("level", &levels)?.unwrap_or_default();
        let formats = [
            ("auto", LogFormat::Auto),
            ("text", LogFormat::Text),
            ("json", LogFormat::Json),
            ("journald", LogFormat::Journald),
        ];
        log.format = section.choice("format", &formats)?.unwrap_or_default();
        section.finish()?;
    }
    Ok(log)
}
