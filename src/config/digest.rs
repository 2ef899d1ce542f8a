//! The table `[digest]`: the morning's letter to technicians, the week's to the head of service.

use super::plausible;
use super::section::{ConfigError, Section};
use crate::digest::Settings;
use crate::policy::Language;

/// All of the table; the defaults where it is not there.
pub(super) fn digest(section: Option<Section<'_>>) -> Result<Settings, ConfigError> {
    let mut digest = Settings::default();
    let Some(mut section) = section else {
        return Ok(digest);
    };
    if let Some(daily) = section.boolean("daily")? {
        digest.daily = daily;
    }
    if let Some(empty) = section.boolean("empty")? {
        digest.empty = empty;
    }
    if let Some(found) = section.texts("weekly_to")? {
        if let Some(wrong) = found.value.iter().find(|address| !plausible(address)) {
            return Err(found.expected("mail addresses", &format!("\"{wrong}\"")));
        }
        digest.weekly_to = found.value;
    }
    let languages = [("fr", Language::Fr), ("en", Language::En)];
    if let Some(language) = section.choice("weekly_language", &languages)? {
        digest.weekly_language = language;
    }
    section.finish()?;
    Ok(digest)
}
