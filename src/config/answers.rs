//! `[answers]` and `[spam]`: who is answered, how much is sent, which filters are believed.
//!
//! Every budget has a default that suits a desk of a few people; the numbers and their reasons are in
//! `deploy/guichet.toml`. Whether strangers are answered depends on whether anybody can vouch for
//! them: without a border server that is believed nobody could be told from a forger.

use std::collections::BTreeSet;

use jiff::SignedDuration;

use super::section::{ConfigError, Found, Section};
use super::{DAY, MINUTE, plausible};
use crate::classify;
use crate::classify::spam;
use crate::decide::answer::Limits;

/// `[answers]`: who is answered, and how much is sent.
pub(super) fn answers(
    section: Option<Section<'_>>,
    classify: &classify::Settings,
) -> Result<Limits, ConfigError> {
    let mut limits = Limits {
        // Who is proven can only be said by a server that is believed.
        unverified: classify.authserv_id.is_none(),
        ..Limits::default()
    };
    let Some(mut section) = section else {
        return Ok(limits);
    };
    if let Some(age) = section.duration("max_age", MINUTE..=30 * DAY)? {
        limits.max_age = SignedDuration::try_from(age).unwrap_or(limits.max_age);
    }
    budgets(&mut section, &mut limits)?;
    if let Some(found) = section.number("suspend_after", 1..=100)? {
        limits.failures = u32::try_from(found.value).unwrap_or(limits.failures);
    }
    if let Some(found) = section.number("old_letters_guard", 1..=10_000_000)? {
        limits.heap = usize::try_from(found.value).unwrap_or(limits.heap);
    }
    if let Some(unverified) = section.boolean("answer_unverified")? {
        limits.unverified = unverified;
    }
    if let Some(never) = section.texts("never_to")? {
        limits.never = nobody(&never)?;
    }
    section.finish()?;
    Ok(limits)
}

fn budgets(section: &mut Section<'_>, limits: &mut Limits) -> Result<(), ConfigError> {
    let counted = |found: Option<Found<u64>>, limit: &mut u64| {
        if let Some(found) = found {
            *limit = found.value;
        }
    };
    let few = || 1..=100_000;
    counted(
        section.number("per_recipient_per_hour", few())?,
        &mut limits.per_recipient,
    );
    counted(
        section.number("per_recipient_per_day", few())?,
        &mut limits.per_recipient_day,
    );
    counted(
        section.number("per_stranger_per_day", few())?,
        &mut limits.per_stranger,
    );
    counted(
        section.number("per_subject_per_day", few())?,
        &mut limits.per_subject,
    );
    counted(
        section.number("all_per_address_per_hour", few())?,
        &mut limits.per_address,
    );
    counted(
        section.number("all_per_ticket_per_day", few())?,
        &mut limits.per_ticket,
    );
    counted(
        section.number("all_per_domain_per_hour", few())?,
        &mut limits.per_domain,
    );
    counted(
        section.number("per_hour", 1..=10_000_000)?,
        &mut limits.per_hour,
    );
    counted(
        section.number("per_hour_team", 1..=10_000_000)?,
        &mut limits.per_hour_team,
    );
    Ok(())
}

/// Addresses, and domains as `@domain`.
fn nobody(found: &Found<Vec<String>>) -> Result<BTreeSet<String>, ConfigError> {
    found
        .value
        .iter()
        .map(|one| {
            let address = match one.strip_prefix('@') {
                Some(_) => format!("x{one}"),
                None => one.clone(),
            };
            if plausible(&address) {
                Ok(one.to_lowercase())
            } else {
                let expected = "mail addresses, and domains such as \"@monitoring.example\"";
                Err(found.expected(expected, &format!("\"{one}\"")))
            }
        })
        .collect()
}

/// `[spam]`: which filters are believed.
pub(super) fn spam(section: Option<Section<'_>>) -> Result<spam::Settings, ConfigError> {
    let mut settings = spam::Settings::default();
    if let Some(mut section) = section {
        if let Some(trusted) = section.texts("trusted")? {
            for name in &trusted.value {
                if !spam::FIELDS
                    .iter()
                    .any(|one| one.eq_ignore_ascii_case(name))
                {
                    let expected = format!("names out of {}", spam::FIELDS.join(", "));
                    return Err(trusted.expected(&expected, &format!("\"{name}\"")));
                }
            }
            settings.trusted = trusted.value;
        }
        if let Some(found) = section.number("score", 1..=100)? {
            settings.score = u32::try_from(found.value).ok().map(f64::from);
        }
        section.finish()?;
    }
    Ok(settings)
}
