//! Letters that reach us through a list, or otherwise without being addressed to us. They may hold
//! a request; only the automatic answer is withheld.

use super::{Kind, Settings, token};
use crate::message::Message;

/// L04: the fields of RFC 2369 and RFC 2919, and their forerunners.
pub(super) fn list_fields(message: &Message, _: &Settings) -> Option<Option<Kind>> {
    let list = message.fields.iter().any(|field| {
        let name = field.name.to_ascii_lowercase();
        let listed =
            name.starts_with("list-") || name == "mailing-list" || name == "x-mailing-list";
        listed && !field.value.trim().is_empty()
    });
    let precedence = message
        .field_values("Precedence")
        .any(|value| token(value) == "list");
    (list || precedence).then_some(None)
}

/// L11: none of our addresses in To or Cc: a blind copy, or a list that leaves no trace.
///
/// Does not hold if no address of ours is known, or the list of recipients was cut.
pub(super) fn not_addressed(message: &Message, settings: &Settings) -> Option<Option<Kind>> {
    let named = message.to.iter().chain(&message.cc);
    let addressed = named.clone().any(|address| settings.is_own(&address.email));
    let cut = usize::try_from(message.recipients).is_ok_and(|all| all > named.count());
    let unknown = settings.own_addresses.is_empty() || cut && message.recipients > 200;
    (!addressed && !unknown).then_some(None)
}
