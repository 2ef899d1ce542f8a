//! Letters of our own that come back, and letters that go in circles.

use std::collections::BTreeSet;

use super::{Kind, Settings, token};
use crate::message::Message;

/// The field every automatic letter of ours carries, with [`Settings::instance`] as its value.
pub const FIELD: &str = "X-Guichet-Loop";

/// What our Message-IDs begin with. Their domain alone is that of everybody who writes here.
pub const ID_PREFIX: &str = "guichet.";

/// `Received` fields a letter may have; Postfix gives up at the same number (`hopcount_limit`).
const HOPS: usize = 50;

/// L08: our own loop field, or somebody's `X-Loop`.
pub(super) fn loop_field(message: &Message, settings: &Settings) -> Option<Option<Kind>> {
    let own = token(&settings.instance);
    let mut foreign = false;
    for value in message.field_values(FIELD).map(token) {
        if value == own && !own.is_empty() {
            return Some(Some(Kind::OwnLoop));
        }
        // Another gateway of this kind: its letter may be about something, but is not answered.
        foreign = true;
    }
    let mut machine = false;
    for value in message.field_values("X-Loop").map(token) {
        if settings.is_own(&value) {
            return Some(Some(Kind::OwnLoop));
        }
        machine |= matches!(value.as_str(), "yes" | "true" | "1");
        foreign = true;
    }
    if machine {
        Some(Some(Kind::Automatic))
    } else {
        foreign.then_some(None)
    }
}

/// L10: one of our own addresses as author.
pub(super) fn own_sender(message: &Message, settings: &Settings) -> Option<Option<Kind>> {
    message
        .from
        .iter()
        .any(|author| settings.is_own(&author.email))
        .then_some(Some(Kind::OwnLoop))
}

/// L12: too many servers, or delivered twice to the same address of ours. From one own address to
/// another goes an alias or a forward. A letter with one of our Message-IDs is ours.
pub(super) fn too_many_hops(message: &Message, settings: &Settings) -> Option<Option<Kind>> {
    let hops = message.field_values("Received").count() > HOPS;
    let mut seen = BTreeSet::new();
    let again = message
        .field_values("Delivered-To")
        .map(|value| value.trim().to_lowercase())
        .filter(|address| settings.is_own(address))
        .any(|address| !seen.insert(address));
    let our_id = settings.message_id_domain.as_ref().is_some_and(|domain| {
        message.message_id.as_ref().is_some_and(|id| {
            id.as_str().rsplit_once('@').is_some_and(|(local, found)| {
                local.starts_with(ID_PREFIX) && found.eq_ignore_ascii_case(domain)
            })
        })
    });
    (hops || again || our_id).then_some(Some(Kind::OwnLoop))
}
