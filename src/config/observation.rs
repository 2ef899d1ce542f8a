//! `[metrics]` and `[alert]`: who may look into the gateway, and who is told what is wrong.
//!
//! Metrics hold no personal data, but they say when people write and how a service fares: they are told
//! on this machine alone. Whoever wants them elsewhere puts a proxy with authentication before them.

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use jiff::SignedDuration;

use super::section::{ConfigError, Found, Section};
use super::{DAY, MINUTE, plausible};
use crate::classify;
use crate::monitor::{Listen, Settings, control_socket};
use crate::policy::Language;

/// What monitoring looks at and whom it tells.
pub(super) fn monitor(
    metrics: Option<Section<'_>>,
    alert: Option<Section<'_>>,
    store: &Path,
    classify: &classify::Settings,
) -> Result<Settings, ConfigError> {
    let mut settings = Settings {
        listen: None,
        control: control_socket(store),
        limits: crate::alarm::Limits::default(),
        budget: crate::alarm::ledger::Budget::default(),
        to: Vec::new(),
        language: Language::Fr,
        command: Vec::new(),
    };
    if let Some(mut section) = metrics {
        let base = section.base();
        settings.listen = section
            .text("listen")?
            .map(|found| listen(&found, base))
            .transpose()?;
        section.finish()?;
    }
    if let Some(section) = alert {
        told(section, &mut settings, classify)?;
    }
    Ok(settings)
}

fn listen(found: &Found<String>, base: &Path) -> Result<Listen, ConfigError> {
    let refused = |why: &str| {
        let expected = "a loopback address with a port such as \"127.0.0.1:9797\", or a socket such as \"unix:/run/guichet/metrics.sock\"";
        found.expected(expected, &format!("\"{}\"{why}", found.value))
    };
    if let Some(path) = found.value.strip_prefix("unix:") {
        return if path.is_empty() {
            Err(refused(""))
        } else {
            Ok(Listen::Unix(base.join(path)))
        };
    }
    let address: SocketAddr = found.value.parse().map_err(|_| refused(""))?;
    if address.ip().is_loopback() {
        Ok(Listen::Tcp(address))
    } else {
        Err(refused(", which other machines reach"))
    }
}

fn told(
    mut section: Section<'_>,
    settings: &mut Settings,
    classify: &classify::Settings,
) -> Result<(), ConfigError> {
    let signed = |length: Duration| SignedDuration::try_from(length).unwrap_or_default();
    let second = Duration::from_secs(1);
    if let Some(to) = section.texts("to")? {
        if let Some(bad) = to.value.iter().find(|one| !plausible(one)) {
            return Err(to.expected("mail addresses", &format!("\"{bad}\"")));
        }
        if let Some(own) = to.value.iter().find(|one| classify.is_own(one)) {
            return Err(to.expected(
                "addresses of people, for what comes to a support address is a letter to it",
                &format!("\"{own}\""),
            ));
        }
        settings.to = to.value.iter().map(|one| one.to_lowercase()).collect();
    }
    let languages = [("fr", Language::Fr), ("en", Language::En)];
    if let Some(language) = section.choice("language", &languages)? {
        settings.language = language;
    }
    if let Some(command) = section.texts("command")? {
        if command.value.is_empty() {
            return Err(command.expected("a program and its arguments", "an empty list"));
        }
        settings.command = command.value;
    }
    let limits = &mut settings.limits;
    if let Some(length) = section.duration("mailbox_silent", second..=30 * DAY)? {
        limits.mailbox_silent = signed(length);
    }
    if let Some(length) = section.duration("stuck", second..=30 * DAY)? {
        limits.stuck = signed(length);
    }
    if let Some(size) = section.number("disk_free_mb", 1..=100_000_000)? {
        limits.disk_free = size.value.saturating_mul(1024 * 1024);
    }
    if let Some(letters) = section.number("failed_letters", 1..=1_000_000)? {
        limits.failed_letters = letters.value;
    }
    let budget = &mut settings.budget;
    if let Some(length) = section.duration("pause", MINUTE..=30 * DAY)? {
        budget.pause = signed(length);
    }
    if let Some(length) = section.duration("again", MINUTE..=365 * DAY)? {
        budget.again = signed(length);
    }
    if let Some(letters) = section.number("per_day", 2..=1_000)? {
        budget.per_day = usize::try_from(letters.value).unwrap_or(budget.per_day);
    }
    section.finish()
}
