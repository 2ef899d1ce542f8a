//! Every fact with every value it may have, in words.

use super::say;
use crate::compose::template::Tongue;
use crate::policy::card::Card;
use crate::registry::Reading;

/// What stands before the value of a fact that is no sentence: name, French, English.
const BEFORE: [(&str, &str, &str); 6] = [
    (
        "sender.status",
        "annuaire : l'expéditeur est",
        "directory: the sender is",
    ),
    ("asset.scope", "inventaire : machine", "inventory: machine"),
    (
        "owned.scope",
        "seule machine de l'expéditeur :",
        "the sender's only machine:",
    ),
    ("asset.support", "inventaire : système", "inventory: system"),
    (
        "owned.support",
        "seule machine de l'expéditeur : système",
        "the sender's only machine: system",
    ),
    (
        "software.status",
        "liste des logiciels : le logiciel nommé est",
        "list of software: the one named is",
    ),
];

/// A fact that has one of these values, as a sentence without a full stop.
pub(super) fn fact(card: &Card, name: &str, values: &[String], tongue: Tongue) -> String {
    let settings = card.registry_settings();
    if name == "asset.fresh" && values.first().is_some_and(|value| value == "true") {
        let days = settings.max_age_days;
        return match tongue {
            Tongue::Fr => format!("inventaire : machine vue depuis moins de {days} jours"),
            Tongue::En => format!("inventory: machine seen within {days} days"),
        };
    }
    let strictly = settings.reading == Reading::Strict;
    let words = values.iter().map(|value| {
        let sentence = yes_no(name, value, tongue);
        let sentence = sentence.or_else(|| scope(name, value, strictly, tongue));
        sentence.unwrap_or_else(|| value_of(name, value, tongue))
    });
    let words = listed(&words.collect::<Vec<_>>(), tongue);
    match BEFORE.iter().find(|row| row.0 == name) {
        Some((_, fr, en)) => format!("{} {words}", say(tongue, fr, en)),
        None => words,
    }
}

/// "a, b or c".
fn listed(words: &[&str], tongue: Tongue) -> String {
    match words.split_last() {
        Some((last, rest)) if !rest.is_empty() => {
            format!("{}{}{last}", rest.join(", "), say(tongue, " ou ", " or "))
        }
        _ => words.concat(),
    }
}

/// Where a machine was bought, as the card reads "et/ou".
fn scope(name: &str, value: &str, strictly: bool, tongue: Tongue) -> Option<&'static str> {
    if !matches!(name, "asset.scope" | "owned.scope") {
        return None;
    }
    let (fr, en) = match (value, strictly) {
        ("in", false) => (
            "achetée par le service et/ou sous marché",
            "bought by the service and/or under the contract",
        ),
        ("in", true) => (
            "achetée par le service et sous marché",
            "bought by the service and under the contract",
        ),
        ("out", false) => (
            "achetée hors du service et hors marché",
            "bought outside the service and the contract",
        ),
        ("out", true) => (
            "achetée hors du service, ou hors marché",
            "bought outside the service, or outside the contract",
        ),
        ("exempt", _) => ("exemptée", "exempt"),
        _ => (
            "dont l'achat est douteux (une partie des indications manque)",
            "of doubtful purchase (part of the record is missing)",
        ),
    };
    Some(say(tongue, fr, en))
}

/// Facts that hold or do not, as whole sentences: name, value, French, English.
const SENTENCES: [(&str, &str, &str, &str); 19] = [
    (
        "sender.known",
        "true",
        "l'expéditeur figure dans l'annuaire ou la liste des visiteurs",
        "the sender is in the directory or the list of visitors",
    ),
    (
        "sender.known",
        "false",
        "l'expéditeur ne figure ni dans l'annuaire ni dans la liste des visiteurs",
        "the sender is in neither the directory nor the list of visitors",
    ),
    (
        "sender.trusted",
        "true",
        "l'adresse de l'expéditeur est authentifiée",
        "the sender's address is authentic",
    ),
    (
        "sender.trusted",
        "false",
        "l'authentification de l'adresse de l'expéditeur a échoué",
        "the authentication of the sender's address failed",
    ),
    (
        "sender.technician",
        "true",
        "l'expéditeur est un technicien du service",
        "the sender is a technician of the service",
    ),
    (
        "sender.technician",
        "false",
        "l'expéditeur n'est pas un technicien du service",
        "the sender is no technician of the service",
    ),
    (
        "visitor.listed",
        "true",
        "liste des visiteurs : l'expéditeur est en séjour ce jour-là",
        "list of visitors: the sender's stay covers that day",
    ),
    (
        "visitor.listed",
        "false",
        "liste des visiteurs : l'expéditeur n'y est pas ce jour-là",
        "list of visitors: the sender is not on it that day",
    ),
    (
        "asset.named",
        "true",
        "le message contient ce qui peut être un numéro de machine",
        "the letter holds what may be the number of a machine",
    ),
    (
        "asset.named",
        "false",
        "le message ne contient rien qui ressemble à un numéro de machine",
        "the letter holds nothing like the number of a machine",
    ),
    (
        "asset.strong",
        "true",
        "inventaire : le message désigne une machine, et une seule, par son numéro",
        "inventory: the letter names one machine, and only one, by its number",
    ),
    (
        "asset.strong",
        "false",
        "le message ne désigne aucune machine de l'inventaire par son numéro",
        "the letter names no machine of the inventory by its number",
    ),
    (
        "asset.fresh",
        "false",
        "inventaire : machine qui n'a pas été vue récemment",
        "inventory: machine that was not seen of late",
    ),
    (
        "mail.forwarded",
        "true",
        "le message est transféré : une autre personne parle",
        "the letter is forwarded: another person speaks",
    ),
    (
        "mail.forwarded",
        "false",
        "le message n'est pas transféré",
        "the letter is not forwarded",
    ),
    (
        "mail.reply",
        "true",
        "le message répond à un ticket",
        "the letter answers a ticket",
    ),
    (
        "mail.reply",
        "false",
        "le message ne répond à aucun ticket",
        "the letter answers no ticket",
    ),
    (
        "oncall.active",
        "true",
        "une astreinte accordée est en cours",
        "an approved on-call window is open",
    ),
    (
        "oncall.active",
        "false",
        "aucune astreinte en cours",
        "no on-call window is open",
    ),
];

/// The other values, as what follows "is"; an empty name stands for every fact.
const VALUES: [(&str, &str, &str, &str); 18] = [
    ("sender.status", "permanent", "permanent", "permanent staff"),
    (
        "sender.status",
        "fixed_term",
        "contractuel",
        "on a fixed term",
    ),
    ("sender.status", "phd", "doctorant", "a doctoral student"),
    ("sender.status", "hosted", "hébergé", "hosted"),
    ("sender.status", "emeritus", "émérite", "emeritus"),
    ("sender.status", "intern", "stagiaire", "an intern"),
    ("sender.status", "visitor", "visiteur", "a visitor"),
    ("sender.status", "external", "extérieur", "from outside"),
    ("sender.status", "none", "absent de l'annuaire", "not in it"),
    (
        "",
        "supported",
        "maintenu par son éditeur",
        "supported by its maker",
    ),
    (
        "",
        "extended",
        "sous maintenance prolongée",
        "under extended support",
    ),
    (
        "",
        "grace",
        "obsolète depuis peu (délai de grâce)",
        "obsolete of late (days of grace)",
    ),
    (
        "",
        "ended",
        "obsolète, délai de grâce passé",
        "obsolete, days of grace over",
    ),
    ("", "exempt", "exempté", "exempt"),
    ("", "approved", "approuvé", "approved"),
    ("", "tolerated", "toléré", "tolerated"),
    ("", "forbidden", "interdit", "forbidden"),
    ("", "unlisted", "absent de la liste", "not on it"),
];

fn yes_no(name: &str, value: &str, tongue: Tongue) -> Option<&'static str> {
    let row = SENTENCES.iter().find(|row| (row.0, row.1) == (name, value));
    row.map(|(_, _, fr, en)| say(tongue, fr, en))
}

fn value_of<'a>(name: &str, value: &'a str, tongue: Tongue) -> &'a str {
    let mut rows = VALUES.iter();
    let row = rows.find(|row| row.1 == value && (row.0 == name || row.0.is_empty()));
    row.map_or(value, |(_, _, fr, en)| say(tongue, fr, en))
}
