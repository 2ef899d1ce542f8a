//! What time brings to requests for on-call presence, done: windows begin and end, approvers are
//! reminded.
//!
//! A source of causes for the loop that watches the time. Each thing is decided inside its own
//! transaction, on the request as it stands there; a request in which nothing is due costs a look
//! and no row. Requests that are not over are few: each ends with its day.

use std::sync::Arc;

use jiff::Timestamp;

use super::occurrence::effects;
use super::random;
use super::rules::Rules;
use crate::decide::on_call::due::{House, occurs};
use crate::store::occur::{Occurred, Target};
use crate::store::{Store, StoreError};

/// Things that may be due in one request at once: its beginning and its end.
const AT_ONCE: usize = 2;

/// Does what is due now, and says what was.
///
/// # Errors
/// When the store cannot be read or written; what was done before stays done.
pub async fn fall_due(
    store: &Store,
    rules: &Arc<Rules>,
    now: Timestamp,
) -> Result<Vec<Occurred>, StoreError> {
    let budget = Arc::new(rules.budget());
    let mut done = Vec::new();
    for ticket in store.on_calls_waiting().await? {
        for _ in 0..AT_ONCE {
            let (rules, random) = (Arc::clone(rules), random());
            let occurred = store
                .occur(Target::of(ticket), Arc::clone(&budget), now, move |scene| {
                    let house = House {
                        settings: &rules.decide,
                        registry: &rules.registry,
                        calendar: rules.calendar.as_ref(),
                    };
                    let occurrence = occurs(scene, &house, now)?;
                    Some(effects(occurrence, &rules, now, random))
                })
                .await?;
            match occurred {
                Some(occurred) => done.push(occurred),
                None => break,
            }
        }
    }
    Ok(done)
}
