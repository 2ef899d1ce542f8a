//! The technicians, how they work by mail, and on-call presence: `[[technician]]`, `[work]`, `[oncall]`.

use std::time::Duration;

use jiff::SignedDuration;

use super::section::{ConfigError, Section};
use super::{DAY, MINUTE, plausible};
use crate::decide::trust;
use crate::oncall;
use crate::policy::Language;
use crate::team::{Team, Technician};
use crate::ticket::priority::Category;

/// All `[[technician]]` tables.
pub(super) fn team(sections: Vec<Section<'_>>) -> Result<Team, ConfigError> {
    let mut technicians = Vec::with_capacity(sections.len());
    let mut team = Team::default();
    for section in sections {
        let (technician, handle) = technician(section)?;
        technicians.push(technician);
        // Checked one by one, so that the error names the table that is wrong.
        team = Team::new(technicians.clone())
            .map_err(|error| handle.expected("a technician of their own", &error.to_string()))?;
    }
    Ok(team)
}

fn technician(
    mut section: Section<'_>,
) -> Result<(Technician, super::section::Found<String>), ConfigError> {
    let handle = section.need_text("handle")?;
    let name = section.need_text("name")?.value;
    let addresses = section
        .texts("addresses")?
        .ok_or_else(|| section.missing("addresses", "a list of mail addresses"))?;
    if addresses.value.is_empty() || !addresses.value.iter().all(|one| plausible(one)) {
        return Err(addresses.expected(
            "mail addresses, the first one for our letters",
            &format!("{:?}", addresses.value),
        ));
    }
    let languages = [("fr", Language::Fr), ("en", Language::En)];
    let language = section
        .choice("language", &languages)?
        .unwrap_or(Language::Fr);
    let mut categories = std::collections::BTreeSet::new();
    if let Some(found) = section.texts("categories")? {
        for word in &found.value {
            let category: Category = word.parse().map_err(|_| {
                found.expected(
                    "categories out of printing, network, workstation, software, other",
                    &format!("\"{word}\""),
                )
            })?;
            categories.insert(category);
        }
    }
    let approver = section.boolean("approver")?.unwrap_or(false);
    section.finish()?;
    let technician = Technician {
        handle: handle.value.clone(),
        name,
        addresses: addresses
            .value
            .iter()
            .map(|address| address.to_lowercase())
            .collect(),
        language,
        categories,
        approver,
    };
    Ok((technician, handle))
}

/// The table `[oncall]`.
pub(super) fn on_call(section: Option<Section<'_>>) -> Result<oncall::Settings, ConfigError> {
    let mut settings = oncall::Settings::default();
    let Some(mut section) = section else {
        return Ok(settings);
    };
    if let Some(length) = section.duration("notice", Duration::ZERO..=365 * DAY)? {
        settings.notice = i64::try_from(length.as_secs() / DAY.as_secs()).unwrap_or(365);
    }
    if let Some(agreement) = section.boolean("agreement")? {
        settings.agreement = agreement;
    }
    if let Some(phone) = section.text("phone")? {
        settings.phone = phone.value;
    }
    section.finish()?;
    Ok(settings)
}

/// The table `[work]`.
pub(super) fn work(
    section: Option<Section<'_>>,
    border: bool,
) -> Result<trust::Settings, ConfigError> {
    let mut settings = trust::Settings {
        border,
        ..trust::Settings::default()
    };
    let Some(mut section) = section else {
        return Ok(settings);
    };
    let signed = |length: Duration| SignedDuration::try_from(length).unwrap_or_default();
    if let Some(number) = section.number("letters_per_hour", 1..=1_000)? {
        settings.letters_an_hour = number.value;
    }
    if let Some(number) = section.number("lock_after", 1..=100)? {
        settings.failures = number.value;
    }
    if let Some(length) = section.duration("update_pause", Duration::ZERO..=DAY)? {
        settings.pause = signed(length);
    }
    if let Some(length) = section.duration("undo", MINUTE..=DAY)? {
        settings.undo = signed(length);
    }
    if let Some(length) = section.duration("confirm", MINUTE..=7 * DAY)? {
        settings.confirm = signed(length);
    }
    if let Some(days) = section.number("reopen_days", 0..=365)? {
        settings.reopen_days = days.value;
    }
    if let Some(size) = section.number("attachments_mb", 0..=20)? {
        settings.attachments = size.value * 1024 * 1024;
    }
    section.finish()?;
    Ok(settings)
}
