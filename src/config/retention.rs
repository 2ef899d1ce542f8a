//! `[retention]`: how long what is kept. Without the section nothing is ever removed, because only
//! the service can decide the periods.

use super::section::{ConfigError, Section};
use crate::privacy::Retention;

/// The periods, each no shorter than the one before.
pub(super) fn retention(section: Option<Section<'_>>) -> Result<Option<Retention>, ConfigError> {
    let Some(mut section) = section else {
        return Ok(None);
    };
    let mut retention = Retention::default();
    let small = |value: u64| u32::try_from(value).unwrap_or(u32::MAX);
    let attachments = section.number("attachments_months", 1..=600)?;
    let texts = section.number("texts_months", 1..=600)?;
    let records = section.number("records_years", 1..=100)?;
    if let Some(found) = &attachments {
        retention.attachments = small(found.value);
    }
    if let Some(found) = &texts {
        retention.texts = small(found.value);
    }
    if let Some(found) = &records {
        retention.records = small(found.value);
    }
    let months = retention.records.saturating_mul(12);
    let orders = [
        (
            retention.attachments > retention.texts,
            texts.as_ref().or(attachments.as_ref()),
            "`texts_months` to be no less than `attachments_months`",
        ),
        (
            retention.texts > months,
            records.as_ref().or(texts.as_ref()),
            "`records_years` to be no less than `texts_months`",
        ),
    ];
    for (wrong, found, expected) in orders {
        if let Some(found) = found.filter(|_| wrong) {
            return Err(found.expected(expected, &found.value.to_string()));
        }
    }
    section.finish()?;
    Ok(Some(retention))
}
