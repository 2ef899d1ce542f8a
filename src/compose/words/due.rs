//! The words of letters that time has written: why a technician reads them, which season they name.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::date;
use crate::calendar::{BreakSeason, english, french};
use crate::compose::template::Tongue;
use crate::notice::DueReason;

/// A season in which many institutes close.
pub(in crate::compose) fn season(season: BreakSeason, tongue: Tongue) -> &'static str {
    match tongue {
        Tongue::Fr => french::season(season),
        Tongue::En => english::season(season),
    }
}

/// Why a technician is written to about a ticket, as the beginning of the letter.
pub(in crate::compose) fn due(why: DueReason, zone: &TimeZone, tongue: Tongue) -> String {
    let since = |at: Timestamp| date(zone.to_datetime(at).date(), tongue);
    match (why, tongue) {
        (DueReason::Returned(Some(day)), Tongue::Fr) => format!(
            "Cette demande est de nouveau en cours : elle attendait jusqu'au {}.",
            date(day, tongue)
        ),
        (DueReason::Returned(Some(day)), Tongue::En) => format!(
            "This ticket is open again: it waited until {}.",
            date(day, tongue)
        ),
        (DueReason::Returned(None), Tongue::Fr) => {
            "Cette demande est de nouveau en cours : elle attendait un tiers, sans date. \
             Pour attendre encore, répondez #fournisseur et une date."
                .to_owned()
        }
        (DueReason::Returned(None), Tongue::En) => {
            "This ticket is open again: it waited for somebody else, and no day was named. \
             To wait on, answer #supplier and a date."
                .to_owned()
        }
        (DueReason::Undecided(at), Tongue::Fr) => format!(
            "À vous de décider : le demandeur n'a pas répondu à la question posée le {}. \
             La demande reste dans la file, rien n'est refusé.",
            since(at)
        ),
        (DueReason::Undecided(at), Tongue::En) => format!(
            "Please decide: the requester has not answered the question of {}. \
             The ticket stays in the queue, nothing is refused.",
            since(at)
        ),
        (DueReason::Unanswered(at), Tongue::Fr) => format!(
            "Personne n'a encore répondu à cette demande du {} : c'est plus long que d'habitude.",
            since(at)
        ),
        (DueReason::Unanswered(at), Tongue::En) => format!(
            "Nobody has answered this request of {} yet: that is longer than usual.",
            since(at)
        ),
        (DueReason::RefusalEnds(day), Tongue::Fr) => format!(
            "Ce refus repose sur le seul texte du message. Il devient définitif le {}, sans \
             nouveau message au demandeur. Pour prendre la demande, répondez #accepter.",
            date(day, tongue)
        ),
        (DueReason::RefusalEnds(day), Tongue::En) => format!(
            "This refusal rests on the words of the letter alone. It becomes final on {}, \
             without another letter to the requester. To take the request, answer #accept.",
            date(day, tongue)
        ),
        (DueReason::Unreachable(at), Tongue::Fr) => format!(
            "Le demandeur ne répond pas depuis le {}, et aucun rappel automatique ne peut lui \
             être envoyé. À vous de le joindre autrement, ou de clore la demande.",
            since(at)
        ),
        (DueReason::Unreachable(at), Tongue::En) => format!(
            "The requester has been silent since {}, and no automatic reminder can be sent \
             there. Please reach them another way, or close the ticket.",
            since(at)
        ),
    }
}
