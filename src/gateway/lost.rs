//! Technicians are told of their words that did not arrive.

use jiff::Timestamp;
use std::sync::Arc;

use super::occurrence;
use super::rules::Rules;
use crate::decide::lost;
use crate::store::occur::Target;
use crate::store::{Store, StoreError};

/// Tells whoever is to be told; how many letters that are. What is told is told once.
///
/// # Errors
/// When the store cannot be read or written; what is left is told the next time.
pub async fn tell(
    store: &Store,
    rules: &Arc<Rules>,
    now: Timestamp,
    random: impl Fn() -> [u8; 8],
) -> Result<usize, StoreError> {
    let mut told = 0;
    for words in store.lost_words().await? {
        let row = words.row;
        let known = words.told(&rules.decide.team).is_some();
        if let Some(ticket) = words.ticket.filter(|_| known) {
            let (rules, random) = (Arc::clone(rules), random());
            let budget = Arc::new(rules.budget());
            let occurred = store.occur(Target::of(ticket), budget, now, move |scene| {
                let occurrence = lost::tell(&words, scene, &rules.decide.team)?;
                Some(occurrence::effects(occurrence, &rules, now, random))
            });
            told += occurred.await?.map_or(0, |occurred| occurred.queued);
        }
        store.forget_lost(row).await?;
    }
    Ok(told)
}
