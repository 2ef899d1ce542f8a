//! The words of a letter that depend on a value: areas, levels, states, what became of an order.
//!
//! They are code and not template text because they are a closed list with a word for each value;
//! the compiler sees that none is missing in either language.

mod due;
mod expected;

use jiff::civil::Date;

use super::on_call;
use super::template::Tongue;
use crate::calendar::{Closed, english, french};
use crate::command::Wanted;
use crate::notice::{Decision, Deed, Doubt, Fate, Warning};
use crate::policy::Outcome;
use crate::policy::answer::Reading;
use crate::ticket::Status;
use crate::ticket::priority::Category;
use crate::ticket::status::IllegalStep;

pub(super) use due::{due, season};
pub(super) use expected::{half, manner, most};

/// What a category is called.
pub(crate) fn category(category: Category, tongue: Tongue) -> &'static str {
    match (category, tongue) {
        (Category::Printing, Tongue::Fr) => "impression",
        (Category::Printing, Tongue::En) => "printing",
        (Category::Network, Tongue::Fr) => "réseau",
        (Category::Network, Tongue::En) => "network",
        (Category::Workstation, Tongue::Fr) => "poste de travail",
        (Category::Workstation, Tongue::En) => "workstation",
        (Category::Software, Tongue::Fr) => "logiciel",
        (Category::Software, Tongue::En) => "software",
        (Category::Other, Tongue::Fr) => "autre",
        (Category::Other, Tongue::En) => "other",
    }
}

/// When it opens again, with the weekday; nothing if nobody knows.
pub(super) fn opening(closed: &Closed, tongue: Tongue) -> Option<String> {
    closed.until.map(|until| match tongue {
        Tongue::Fr => french::moment(until),
        Tongue::En => english::moment(until),
    })
}

/// Why it is closed.
pub(super) fn closed(closed: &Closed, tongue: Tongue) -> String {
    match tongue {
        Tongue::Fr => french::reasons(&closed.reasons),
        Tongue::En => english::reasons(&closed.reasons),
    }
}

/// How bad it is, for the person it happens to.
pub(super) fn criticality(level: u8, tongue: Tongue) -> &'static str {
    match (level, tongue) {
        (4, Tongue::Fr) => "activité arrêtée ou échéance immédiate",
        (4, Tongue::En) => "work stopped, or a deadline at once",
        (3, Tongue::Fr) => "blocage sans autre solution",
        (3, Tongue::En) => "blocked, no way around",
        (2, Tongue::Fr) => "gêne, le travail reste possible",
        (2, Tongue::En) => "hindered, work goes on",
        (_, Tongue::Fr) => "question ou demande sans urgence",
        (_, Tongue::En) => "a question, or no hurry",
    }
}

/// How many people share what does not work.
pub(super) fn mutualisation(level: u8, tongue: Tongue) -> &'static str {
    match (level, tongue) {
        (4, Tongue::Fr) => "tout l'institut",
        (4, Tongue::En) => "the whole institute",
        (3, Tongue::Fr) => "une salle, un étage ou plusieurs équipes",
        (3, Tongue::En) => "a room, a floor or several teams",
        (2, Tongue::Fr) => "une équipe",
        (2, Tongue::En) => "a team",
        (_, Tongue::Fr) => "une personne",
        (_, Tongue::En) => "one person",
    }
}

/// Where a ticket stands.
pub(crate) fn status(status: Status, tongue: Tongue) -> &'static str {
    match (status, tongue) {
        (Status::New, Tongue::Fr) => "nouvelle",
        (Status::New, Tongue::En) => "new",
        (Status::Open, Tongue::Fr) => "en cours",
        (Status::Open, Tongue::En) => "open",
        (Status::WaitingRequester, Tongue::Fr) => "en attente du demandeur",
        (Status::WaitingRequester, Tongue::En) => "waiting for the requester",
        (Status::WaitingThirdParty, Tongue::Fr) => "en attente d'un tiers",
        (Status::WaitingThirdParty, Tongue::En) => "waiting for somebody else",
        (Status::Resolved, Tongue::Fr) => "résolue",
        (Status::Resolved, Tongue::En) => "resolved",
        (Status::Closed, Tongue::Fr) => "close",
        (Status::Closed, Tongue::En) => "closed",
        (Status::RefusedProvisional, Tongue::Fr) => "refusée, à vérifier",
        (Status::RefusedProvisional, Tongue::En) => "refused, to be checked",
        (Status::Refused, Tongue::Fr) => "refusée",
        (Status::Refused, Tongue::En) => "refused",
        (Status::Contested, Tongue::Fr) => "refus contesté",
        (Status::Contested, Tongue::En) => "refusal contested",
    }
}

/// What was decided of a request.
pub(super) fn outcome(outcome: Outcome, tongue: Tongue) -> &'static str {
    match (outcome, tongue) {
        (Outcome::Accept, Tongue::Fr) => "acceptée",
        (Outcome::Accept, Tongue::En) => "accepted",
        (Outcome::Flag, Tongue::Fr) => "acceptée, à regarder de plus près",
        (Outcome::Flag, Tongue::En) => "accepted, to be looked at",
        (Outcome::Notice, Tongue::Fr) => "acceptée, avec un avis de réinitialisation possible",
        (Outcome::Notice, Tongue::En) => "accepted, with a notice of a possible reset",
        (Outcome::Ask, Tongue::Fr) => "acceptée, une question est posée",
        (Outcome::Ask, Tongue::En) => "accepted, a question was asked",
        (Outcome::Reject, Tongue::Fr) => "refusée",
        (Outcome::Reject, Tongue::En) => "refused",
    }
}

/// Bytes, as people read them.
pub(super) fn size(bytes: u64, tongue: Tongue) -> String {
    let unit = match tongue {
        Tongue::Fr => ["octets", "Ko", "Mo"],
        Tongue::En => ["bytes", "KB", "MB"],
    };
    let [plain, kilo, mega] = unit;
    match bytes {
        0..1_000 => format!("{bytes} {plain}"),
        1_000..1_000_000 => format!("{} {kilo}", bytes.div_ceil(1_000)),
        _ => {
            let tenths = bytes.div_ceil(100_000);
            let comma = if tongue == Tongue::Fr { ',' } else { '.' };
            format!("{}{comma}{} {mega}", tenths / 10, tenths % 10)
        }
    }
}

/// A day, with its weekday.
pub(super) fn date(day: Date, tongue: Tongue) -> String {
    match tongue {
        Tongue::Fr => french::date(day),
        Tongue::En => english::date(day),
    }
}

/// What is to be decided.
pub(super) fn decision(decision: Decision, tongue: Tongue) -> &'static str {
    match (decision, tongue) {
        (Decision::Contest, Tongue::Fr) => "refus contesté",
        (Decision::Contest, Tongue::En) => "contested refusal",
        (Decision::Proposal, Tongue::Fr) => "refus préparé",
        (Decision::Proposal, Tongue::En) => "prepared refusal",
        (Decision::Provisional, Tongue::Fr) => "refus à vérifier",
        (Decision::Provisional, Tongue::En) => "refusal to check",
        (Decision::Question, Tongue::Fr) => "question sans réponse",
        (Decision::Question, Tongue::En) => "unanswered question",
    }
}

/// What a technician should know of a letter first.
pub(super) fn warning(warning: Warning, tongue: Tongue) -> String {
    match (warning, tongue) {
        (Warning::Claims(ticket), Tongue::Fr) => {
            format!("Ce message cite la demande {ticket}, dont son auteur ne fait pas partie.")
        }
        (Warning::Claims(ticket), Tongue::En) => {
            format!("It names ticket {ticket}, in which its author does not take part.")
        }
        (Warning::Follows(ticket), Tongue::Fr) => {
            format!("Ce message fait suite à la demande {ticket}, déjà close.")
        }
        (Warning::Follows(ticket), Tongue::En) => {
            format!("It follows ticket {ticket}, which is closed.")
        }
        (Warning::NoApprover, Tongue::Fr) => {
            "Demande d'astreinte : personne n'est désigné pour l'accorder (approver = true)."
                .to_owned()
        }
        (Warning::NoApprover, Tongue::En) => {
            "It asks for on-call presence: nobody is named who could grant it (approver = true)."
                .to_owned()
        }
        (Warning::OnCall(mark), Tongue::Fr) => {
            format!("Astreinte {mark} en cours : à traiter tout de suite.")
        }
        (Warning::OnCall(mark), Tongue::En) => {
            format!("On-call window {mark} is open: to be dealt with at once.")
        }
        (Warning::IdReused, Tongue::Fr) => {
            "Son identifiant (Message-ID) est celui d'un autre message.".to_owned()
        }
        (Warning::IdReused, Tongue::En) => "Its Message-ID is another letter's.".to_owned(),
        (Warning::Answered { reading, outcome }, tongue) => answered(reading, outcome, tongue),
        (Warning::TakesOffer, Tongue::Fr) => {
            "Le demandeur accepte la solution proposée dans notre refus : la demande est acceptée."
                .to_owned()
        }
        (Warning::TakesOffer, Tongue::En) => {
            "The requester takes the remedy that our refusal offers: the request is accepted."
                .to_owned()
        }
        (Warning::Disowned, Tongue::Fr) => {
            "ATTENTION : le serveur de messagerie n'a pas reconnu son expéditeur. \
             Ce message peut être un faux."
                .to_owned()
        }
        (Warning::Disowned, Tongue::En) => {
            "BEWARE: the mail server found its sender not authentic. It may be forged.".to_owned()
        }
    }
}

/// What the answer to our question came to.
fn answered(reading: Reading, outcome: Outcome, tongue: Tongue) -> String {
    let (french, english) = match (reading, outcome) {
        (_, Outcome::Reject) => (
            "La réponse à notre question fait entrer la demande dans cette clause : le refus est \
             envoyé. #accepter l'annule.",
            "By the answer to our question the clause covers the request: the refusal was sent. \
             #accept takes it back.",
        ),
        (Reading::Unclear, Outcome::Flag) => (
            "La réponse à notre question ne tranche pas : à vous de décider.",
            "The answer to our question does not settle it: it is yours to decide.",
        ),
        (Reading::Admits, Outcome::Flag) => (
            "La réponse à notre question va dans le sens du refus, mais un autre élément s'y \
             oppose : à vous de décider.",
            "The answer to our question speaks for a refusal, something else against it: it is \
             yours to decide.",
        ),
        _ => (
            "La réponse à notre question est lue : la demande reste dans la file d'attente.",
            "The answer to our question was read: the request stays in the queue.",
        ),
    };
    match tongue {
        Tongue::Fr => french.to_owned(),
        Tongue::En => english.to_owned(),
    }
}

/// Why a letter in a technician's name is not obeyed, or not yet.
pub(super) fn doubt(doubt: Doubt, tongue: Tongue) -> &'static str {
    match (doubt, tongue) {
        (Doubt::NoToken, Tongue::Fr) => {
            "il ne répond pas à une notification qui vous a été envoyée"
        }
        (Doubt::NoToken, Tongue::En) => "it does not answer a notification sent to you",
        (Doubt::OtherToken, Tongue::Fr) => {
            "il répond à une notification envoyée à une autre personne ou sur une autre demande"
        }
        (Doubt::OtherToken, Tongue::En) => {
            "it answers a notification sent to somebody else, or about another ticket"
        }
        (Doubt::Expired, Tongue::Fr) => "il répond à une notification trop ancienne",
        (Doubt::Expired, Tongue::En) => "it answers a notification that is too old",
        (Doubt::Revoked, Tongue::Fr) => "il répond à une notification révoquée",
        (Doubt::Revoked, Tongue::En) => "it answers a notification that was revoked",
        (Doubt::NotAuthentic, Tongue::Fr) => {
            "le serveur de messagerie n'a pas confirmé qu'il vient de vous"
        }
        (Doubt::NotAuthentic, Tongue::En) => "the mail server did not find that it comes from you",
        (Doubt::Forwarded, Tongue::Fr) => "c'est un message transféré",
        (Doubt::Forwarded, Tongue::En) => "it is a forwarded letter",
        (Doubt::HtmlOnly, Tongue::Fr) => {
            "il n'a pas de partie en texte brut, et les commandes en HTML ne sont pas suivies"
        }
        (Doubt::HtmlOnly, Tongue::En) => {
            "it has no plain text part, and orders in HTML are not obeyed"
        }
        (Doubt::Locked, Tongue::Fr) => {
            "trop de messages non reconnus sont arrivés à votre nom depuis une heure"
        }
        (Doubt::Locked, Tongue::En) => {
            "too many letters that proved nothing came in your name within the hour"
        }
        (Doubt::Busy, Tongue::Fr) => "le nombre de messages suivis par heure est atteint",
        (Doubt::Busy, Tongue::En) => "the number of letters obeyed within an hour is reached",
        (Doubt::Spent, Tongue::Fr) => "il répond à une notification déjà utilisée",
        (Doubt::Spent, Tongue::En) => "it answers a notification that was answered before",
        (Doubt::Late, Tongue::Fr) => "sa date est éloignée de son arrivée",
        (Doubt::Late, Tongue::En) => "its date is days away from its arrival",
    }
}

/// What became of one order.
pub(super) fn fate(fate: &Fate, tongue: Tongue) -> String {
    let fixed = |fr: &str, en: &str| match tongue {
        Tongue::Fr => fr.to_owned(),
        Tongue::En => en.to_owned(),
    };
    match fate {
        Fate::Done(deed) => self::deed(deed, tongue),
        Fate::NotTried => fixed("non fait", "not done"),
        Fate::Mistake(wanted) => self::wanted(*wanted, tongue).to_owned(),
        Fate::Illegal(illegal) => self::illegal(illegal, tongue),
        Fate::NotOne(not_one) => match tongue {
            Tongue::Fr => format!(
                "{} ; les techniciens sont {}",
                if not_one.several {
                    "plusieurs techniciens portent ce nom"
                } else {
                    "personne ne porte ce nom"
                },
                not_one.handles
            ),
            Tongue::En => not_one.to_string(),
        },
        Fate::NoTicket(ticket) => match tongue {
            Tongue::Fr => {
                format!("la demande {ticket} n'existe pas, n'est pas ouverte, ou c'est celle-ci")
            }
            Tongue::En => format!("there is no open ticket {ticket}, or it is this one"),
        },
        Fate::NoClause(clause) => match tongue {
            Tongue::Fr => format!("la clause {clause} n'existe pas, ou ne pose pas de question"),
            Tongue::En => format!("there is no clause {clause}, or it asks nothing"),
        },
        Fate::NothingToUndo => fixed(
            "rien à annuler : le délai est passé, ou la demande a changé depuis",
            "nothing to undo: the time is over, or the ticket has changed since",
        ),
        Fate::NothingToConfirm => fixed(
            "rien n'attend de confirmation : le délai est passé, ou c'est déjà fait",
            "nothing waits for a confirmation: the time is over, or it was done",
        ),
        Fate::OnCall(obstacle) => on_call::obstacle(obstacle, tongue),
        Fate::NotOnCall => fixed(
            "cette demande ne porte pas sur une astreinte",
            "this ticket is about no on-call window",
        ),
    }
}

fn deed(deed: &Deed, tongue: Tongue) -> String {
    let french = tongue == Tongue::Fr;
    match deed {
        Deed::Granted(period, name) if french => {
            format!(
                "astreinte accordée : {} ; {name}",
                on_call::period(*period, tongue)
            )
        }
        Deed::Granted(period, name) => {
            format!(
                "on-call presence granted: {}; {name}",
                on_call::period(*period, tongue)
            )
        }
        Deed::Proposed(name) if french => {
            format!("proposé à {name} ; l'astreinte sera accordée dès son accord")
        }
        Deed::Proposed(name) => format!("proposed to {name}; it is granted once they agree"),
        Deed::Denied if french => "astreinte refusée ; le demandeur est prévenu".to_owned(),
        Deed::Denied => "on-call presence denied; the requester is told".to_owned(),
        Deed::Declined if french => "les approbateurs sont prévenus que vous déclinez".to_owned(),
        Deed::Declined => "the approvers are told that you decline".to_owned(),
        Deed::Taken if french => "la demande est à vous".to_owned(),
        Deed::Taken => "the ticket is yours".to_owned(),
        Deed::Assigned(name) if french => format!("demande affectée à {name}"),
        Deed::Assigned(name) => format!("assigned to {name}"),
        Deed::Priority(priority) if french => format!("priorité {priority}"),
        Deed::Priority(priority) => format!("priority {priority}"),
        Deed::Category(kind) if french => format!("domaine : {}", category(*kind, tongue)),
        Deed::Category(kind) => format!("category: {}", category(*kind, tongue)),
        Deed::Waits(None) if french => "en attente".to_owned(),
        Deed::Waits(None) => "waiting".to_owned(),
        Deed::Waits(Some(day)) if french => {
            format!("en attente jusqu'au {}", day.strftime("%d/%m/%Y"))
        }
        Deed::Waits(Some(day)) => format!("waiting until {}", day.strftime("%d/%m/%Y")),
        Deed::Now(now) if french => format!("la demande est {}", status(*now, tongue)),
        Deed::Now(now) => format!("the ticket is {}", status(*now, tongue)),
        Deed::Noted if french => "note interne".to_owned(),
        Deed::Noted => "internal note".to_owned(),
        Deed::Merged(other) if french => format!("fusionnée dans la demande {other}"),
        Deed::Merged(other) => format!("merged into ticket {other}"),
        Deed::Refused(clause) if french => format!("refus envoyé, clause {clause}"),
        Deed::Refused(clause) => format!("refusal sent, clause {clause}"),
        Deed::Asked if french => "question envoyée".to_owned(),
        Deed::Asked => "question sent".to_owned(),
        Deed::Requester(address) if french => format!("demandeur : {address}"),
        Deed::Requester(address) => format!("requester: {address}"),
        Deed::Joined(address) if french => format!("{address} suit la demande"),
        Deed::Joined(address) => format!("{address} takes part"),
        Deed::Undone if french => "annulé".to_owned(),
        Deed::Undone => "undone".to_owned(),
        Deed::Confirmed if french => "confirmé".to_owned(),
        Deed::Confirmed => "confirmed".to_owned(),
        Deed::Shown if french => "l'état est ci-dessous".to_owned(),
        Deed::Shown => "the state is below".to_owned(),
        Deed::HelpSent if french => "répondez #aide seul pour recevoir le mode d'emploi".to_owned(),
        Deed::HelpSent => "answer #help alone to get the manual".to_owned(),
    }
}

fn illegal(illegal: &IllegalStep, tongue: Tongue) -> String {
    let now = status(illegal.from, tongue);
    let starts: Vec<&str> = illegal.starts().map(|from| status(from, tongue)).collect();
    match tongue {
        Tongue::En => format!(
            "not possible: the ticket is {now}, it would have to be {}",
            starts.join(", or ")
        ),
        Tongue::Fr => format!(
            "impossible : la demande est {now}, il faudrait qu'elle soit {}",
            starts.join(", ou ")
        ),
    }
}

fn wanted(wanted: Wanted, tongue: Tongue) -> &'static str {
    match (wanted, tongue) {
        (Wanted::Order, Tongue::Fr) => "commande inconnue ; #aide les donne toutes",
        (Wanted::Order, Tongue::En) => "unknown order; #help lists them all",
        (Wanted::Nothing, Tongue::Fr) => "rien n'est attendu après cette commande",
        (Wanted::Nothing, Tongue::En) => "nothing is expected after this order",
        (Wanted::Technician, Tongue::Fr) => "le nom ou l'adresse d'un technicien est attendu",
        (Wanted::Technician, Tongue::En) => "the name or address of a technician is expected",
        (Wanted::Priority, Tongue::Fr) => "une priorité de P0 à P5 est attendue",
        (Wanted::Priority, Tongue::En) => "a priority from P0 to P5 is expected",
        (Wanted::Category, Tongue::Fr) => {
            "impression, réseau, poste, logiciel ou autre est attendu"
        }
        (Wanted::Category, Tongue::En) => {
            "printing, network, workstation, software or other is expected"
        }
        (Wanted::Day, Tongue::Fr) => {
            "un jour à venir est attendu : 3j, 2 semaines, lundi, 15/01/2027"
        }
        (Wanted::Day, Tongue::En) => "a day to come is expected: 3d, 2w, monday, 15/01/2027",
        (Wanted::Ticket, Tongue::Fr) => "le numéro d'une demande est attendu",
        (Wanted::Ticket, Tongue::En) => "the number of a ticket is expected",
        (Wanted::Clause, Tongue::Fr) => "une clause de la définition du service est attendue : E1",
        (Wanted::Clause, Tongue::En) => "a clause of the service definition is expected: E1",
        (Wanted::Reason, Tongue::Fr) => "le motif est attendu",
        (Wanted::Reason, Tongue::En) => "the reason is expected",
        (Wanted::Address, Tongue::Fr) => "une adresse électronique est attendue",
        (Wanted::Address, Tongue::En) => "one mail address is expected",
        (Wanted::Setting, Tongue::Fr) => "attendu : nom=… tel=… du=… au=…",
        (Wanted::Setting, Tongue::En) => "expected: name=… phone=… from=… until=…",
        (Wanted::Words, Tongue::Fr) => "un texte est attendu sous cette commande",
        (Wanted::Words, Tongue::En) => "words are expected below this order",
        (Wanted::Once, Tongue::Fr) => "deux commandes portent sur la même chose",
        (Wanted::Once, Tongue::En) => "two orders are about the same thing",
        (Wanted::Fewer, Tongue::Fr) => "20 commandes au plus par message",
        (Wanted::Fewer, Tongue::En) => "at most 20 orders in one letter",
    }
}
