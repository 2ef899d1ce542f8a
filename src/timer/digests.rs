//! The third source of causes: digests that are due, see [`crate::digest::edition`].
//!
//! Their rows are read beside the store's own thread, so that letters do not wait for figures; what
//! was read may be a moment old, and nothing rests on that. That each goes out once is the store's
//! promise, by its cause; what this process remembers only spares the reading, and that a morning on
//! which nothing waited is over.

use std::sync::Arc;

use jiff::Timestamp;

use super::Timer;
use crate::calendar::Calendar;
use crate::decide::Occurrence;
use crate::digest::{self, Edition, Ground, edition};
use crate::gateway::occurrence::effects;
use crate::gateway::random;
use crate::gateway::rules::Rules;
use crate::store::occur::Occurred;
use crate::store::{StoreError, View};

impl Timer {
    /// Sends the digests that are due.
    pub(super) async fn digests(
        &mut self,
        rules: &Arc<Rules>,
        now: Timestamp,
    ) -> Result<Vec<Occurred>, StoreError> {
        let Some(calendar) = &rules.calendar else {
            return Ok(Vec::new());
        };
        let mut due = edition::due(calendar, now, &self.issued);
        due.retain(|edition| is_wanted(*edition, rules));
        let mut happened = Vec::new();
        for edition in due {
            let (directory, read) = (self.store.directory().to_owned(), Arc::clone(rules));
            let reading = tokio::task::spawn_blocking(move || -> Result<_, StoreError> {
                let view = View::open(&directory)?;
                read.calendar
                    .as_ref()
                    .map(|calendar| issue(&view, edition, &read, calendar, now))
                    .transpose()
            });
            let Some(occurrence) = reading.await.map_err(|_| unreadable())?? else {
                continue;
            };
            self.issued.retain(|known| known.word() != edition.word());
            self.issued.push(edition);
            if occurrence.bulletins.is_empty() {
                continue;
            }
            let effects = effects(occurrence, rules, now, random());
            let budget = Arc::new(rules.budget());
            match self.store.occur_apart(budget, now, effects).await {
                Ok(occurred) => happened.extend(occurred),
                Err(error) => {
                    // It is tried again at the next pass.
                    self.issued.retain(|known| *known != edition);
                    return Err(error);
                }
            }
        }
        Ok(happened)
    }
}

/// Reading ended by itself, which it never should; the other sources go on.
fn unreadable() -> StoreError {
    StoreError::Unexpected {
        what: "rows of which no digest can be made".to_owned(),
    }
}

fn is_wanted(edition: Edition, rules: &Rules) -> bool {
    match edition {
        Edition::Morning(_) => rules.digest.daily,
        Edition::Week(_) => !rules.digest.weekly_to.is_empty(),
    }
}

/// Reads what an issue rests on, and writes it down.
fn issue(
    view: &View,
    edition: Edition,
    rules: &Rules,
    calendar: &Calendar,
    now: Timestamp,
) -> Result<Occurrence, StoreError> {
    let ground = Ground {
        site: &rules.decide,
        settings: &rules.digest,
        calendar,
        now,
    };
    Ok(match edition {
        Edition::Morning(_) => digest::mornings(&view.agenda()?, ground),
        Edition::Week(span) => {
            let ledger = view.ledger(digest::week_needs(span, calendar))?;
            digest::weeklies(&ledger, span, ground)
        }
    })
}
