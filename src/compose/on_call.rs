//! The values and words of letters about on-call presence.

use jiff::civil::{Date, Weekday};
use minijinja::{Value, context};

use super::notice_letter::Desk;
use super::template::Tongue;
use super::values::{moment, request, said, sheet};
use crate::calendar::{english, french};
use crate::notice::{Covered, Obstacle, Occasion, OnCallNews};
use crate::oncall::form::Field;
use crate::oncall::{Asked, Doubt, Grant, Lack, OnCall, Period, State, When};
use crate::policy::Language;

/// A request for on-call presence.
pub(super) fn news(news: &OnCallNews, desk: Desk<'_>, tongue: Tongue) -> Value {
    let call = &news.request;
    let own = context! {
        first => news.first,
        asked => asked(&call.asked, tongue),
        state => state(call.state, tongue),
        incomplete => call.state == State::Incomplete,
        changing => call.grant.is_some() && matches!(call.state, State::Changing | State::Proposed),
        withdrawn => call.state == State::Withdrawn,
        stands => call.grant.is_some() && call.state == State::Approved,
        granted => call.grant.as_ref().map(|one| grant(one, call, tongue)),
        proposed => call.proposal.as_ref().map(|one| grant(one, call, tongue)),
        lacks => news.lacks.iter().map(|one| lack(*one, &call.asked, tongue)).collect::<Vec<_>>(),
        form => form(&news.lacks, tongue),
        short => news.short.map(|(given, wanted)| context! { given => given, wanted => wanted }),
        reminder => news.occasion == Occasion::Reminder,
        alert => news.occasion == Occasion::Alert,
        reason => &news.reason,
        ask_by => news.ask_by.map(|day| date(day, tongue)),
        words => news.words.as_ref().map(said),
        interventions => interventions(call, desk),
    };
    match &news.sheet {
        None => own,
        Some(of) => context! { ..own, ..sheet(of, desk, tongue) },
    }
}

/// A letter that an open window covers.
pub(super) fn covered(covered: &Covered, desk: Desk<'_>, tongue: Tongue) -> Value {
    let until = desk.identity.zone.to_datetime(covered.until);
    context! {
        mark => covered.mark.to_string(),
        name => &covered.name,
        phone => covered.phone.clone().unwrap_or_default(),
        until => match tongue {
            Tongue::Fr => french::moment(until),
            Tongue::En => english::moment(until),
        },
        ..request(&covered.verdict, desk, tongue)
    }
}

fn asked(asked: &Asked, tongue: Tongue) -> Value {
    let when = match asked.when {
        When::Period(of) => period(of, tongue),
        When::Days(first, last) => days(first, last, tongue),
        When::Unknown | When::Odd(_) => String::new(),
    };
    context! {
        event => &asked.event,
        place => &asked.place,
        when => when,
        systems => &asked.systems,
        people => asked.people.map(|people| people.to_string()).unwrap_or_default(),
        presence => presence(asked, tongue),
        contact => asked.contact.line(),
        second => asked.second.line(),
        agreement => &asked.agreement,
    }
}

fn grant(grant: &Grant, call: &OnCall, tongue: Tongue) -> Value {
    context! {
        when => period(grant.period, tongue),
        name => &grant.agent.name,
        phone => &grant.agent.phone,
        mark => call.mark.map(|mark| mark.to_string()).unwrap_or_default(),
        changed => grant.changed,
        outside => grant.agent.handle.is_none(),
        place => &call.asked.place,
        systems => &call.asked.systems,
    }
}

fn interventions(call: &OnCall, desk: Desk<'_>) -> Vec<Value> {
    call.interventions
        .iter()
        .map(|one| {
            context! {
                number => one.ticket.0,
                at => moment(one.at, desk),
                answered => one.answered.map(|at| moment(at, desk)).unwrap_or_default(),
                resolved => one.resolved.map(|at| moment(at, desk)).unwrap_or_default(),
            }
        })
        .collect()
}

/// A period, with weekdays.
pub(super) fn period(period: Period, tongue: Tongue) -> String {
    period.said(tongue.language())
}

fn date(day: Date, tongue: Tongue) -> String {
    match tongue {
        Tongue::Fr => french::date(day),
        Tongue::En => english::date(day),
    }
}

fn weekday(day: Weekday, tongue: Tongue) -> &'static str {
    match tongue {
        Tongue::Fr => french::weekday(day),
        Tongue::En => english::weekday(day),
    }
}

fn days(first: Date, last: Date, tongue: Tongue) -> String {
    match (first == last, tongue) {
        (true, Tongue::Fr) => format!("le {}", date(first, tongue)),
        (true, Tongue::En) => format!("on {}", date(first, tongue)),
        (false, Tongue::Fr) => format!("du {} au {}", date(first, tongue), date(last, tongue)),
        (false, Tongue::En) => format!("from {} to {}", date(first, tongue), date(last, tongue)),
    }
}

fn presence(asked: &Asked, tongue: Tongue) -> String {
    let of = asked.presence;
    [
        (of.phone, "par téléphone", "by phone"),
        (of.remote, "à distance", "remotely"),
        (of.on_site, "sur place", "on site"),
    ]
    .iter()
    .filter(|(wanted, ..)| *wanted)
    .map(|(_, fr, en)| if tongue == Tongue::Fr { *fr } else { *en })
    .collect::<Vec<_>>()
    .join(", ")
}

/// The lines to fill in, each once.
fn form(lacks: &[Lack], tongue: Tongue) -> Vec<&'static str> {
    let language = match tongue {
        Tongue::Fr => Language::Fr,
        Tongue::En => Language::En,
    };
    let mut fields: Vec<Field> = Vec::new();
    for lack in lacks {
        let of: &[Field] = match lack {
            Lack::Event => &[Field::Event],
            Lack::Place => &[Field::Place],
            Lack::Days | Lack::Odd(_) => &[Field::Start, Field::End],
            Lack::Hours => &[Field::Hours],
            Lack::Systems => &[Field::Systems],
            Lack::People => &[Field::People],
            Lack::Presence => &[Field::Presence],
            Lack::Contact | Lack::Phone => &[Field::Contact],
            Lack::Second => &[Field::Second],
            Lack::Agreement => &[Field::Agreement],
        };
        fields.extend(of);
    }
    fields.sort_unstable();
    fields.dedup();
    fields
        .into_iter()
        .map(|field| field.label(language))
        .collect()
}

fn lack(lack: Lack, asked: &Asked, tongue: Tongue) -> String {
    let fixed = |fr: &str, en: &str| match tongue {
        Tongue::Fr => fr.to_owned(),
        Tongue::En => en.to_owned(),
    };
    match lack {
        Lack::Event => fixed(
            "l'événement (congrès, expérience…)",
            "the event (conference, experiment…)",
        ),
        Lack::Place => fixed("le lieu", "the place"),
        Lack::Days => fixed(
            "le jour et l'heure du début et de la fin",
            "the day and time of the start and of the end",
        ),
        Lack::Hours => {
            let known = asked.when.days();
            let known = known
                .map(|(first, last)| days(first, last, tongue))
                .unwrap_or_default();
            match tongue {
                Tongue::Fr => format!("les heures ; les jours sont compris : {known}"),
                Tongue::En => format!("the hours; the days are understood: {known}"),
            }
        }
        Lack::Odd(doubt) => match tongue {
            Tongue::Fr => format!("les dates : {}", self::doubt(doubt, tongue)),
            Tongue::En => format!("the dates: {}", self::doubt(doubt, tongue)),
        },
        Lack::Systems => fixed(
            "ce qui doit fonctionner (réseau, visioconférence, serveur…)",
            "what has to work (network, video conference, server…)",
        ),
        Lack::People => fixed(
            "le nombre de personnes concernées",
            "the number of people concerned",
        ),
        Lack::Presence => fixed(
            "ce que vous attendez : réponse par téléphone, à distance ou sur place",
            "what you expect: answers by phone, remotely or on site",
        ),
        Lack::Contact => fixed(
            "la personne responsable le jour même, avec son mobile",
            "the person in charge on the day, with a mobile number",
        ),
        Lack::Phone => fixed(
            "le numéro de mobile de la personne responsable",
            "the mobile number of the person in charge",
        ),
        Lack::Second => fixed(
            "un second contact (ou « aucun »)",
            "a second contact (or “none”)",
        ),
        Lack::Agreement => fixed(
            "l'accord du responsable de l'unité : son nom et la date",
            "the agreement of the head of unit: name and date",
        ),
    }
}

fn doubt(doubt: Doubt, tongue: Tongue) -> String {
    let fixed = |fr: &str, en: &str| match tongue {
        Tongue::Fr => fr.to_owned(),
        Tongue::En => en.to_owned(),
    };
    match doubt {
        Doubt::Weekday { date: day, said } => match tongue {
            Tongue::Fr => format!(
                "vous écrivez « {} », et cette date est le {}",
                weekday(said, tongue),
                date(day, tongue)
            ),
            Tongue::En => format!(
                "you write “{}”, and that date is {}",
                weekday(said, tongue),
                date(day, tongue)
            ),
        },
        Doubt::Weekend { date: day, .. } => match tongue {
            Tongue::Fr => format!("le {} n'est pas un jour de week-end", date(day, tongue)),
            Tongue::En => format!("{} is not in a weekend", date(day, tongue)),
        },
        Doubt::NoSuchDay => fixed("ce jour n'existe pas", "there is no such day"),
        Doubt::Backwards => fixed("la fin est avant le début", "the end is before the start"),
        Doubt::Over => fixed("elles sont passées", "they are over"),
        Doubt::Several => fixed(
            "plusieurs périodes sont possibles ; indiquez-en une, et faites une autre demande pour chaque autre période",
            "several periods are possible; name one, and ask again for each other period",
        ),
        Doubt::TooLong => fixed(
            "la période dépasse deux mois",
            "the period is longer than two months",
        ),
    }
}

fn state(state: State, tongue: Tongue) -> &'static str {
    match (state, tongue) {
        (State::Received, Tongue::Fr) => "reçue",
        (State::Received, Tongue::En) => "received",
        (State::Incomplete, Tongue::Fr) => "incomplète ; le demandeur est interrogé",
        (State::Incomplete, Tongue::En) => "incomplete; the requester was asked",
        (State::Pending, Tongue::Fr) => "à décider",
        (State::Pending, Tongue::En) => "to be decided",
        (State::Proposed, Tongue::Fr) => "proposée à la personne d'astreinte",
        (State::Proposed, Tongue::En) => "proposed to whoever would be on call",
        (State::Approved, Tongue::Fr) => "accordée",
        (State::Approved, Tongue::En) => "granted",
        (State::ApprovedChanged, Tongue::Fr) => "accordée avec d'autres horaires",
        (State::ApprovedChanged, Tongue::En) => "granted at other times",
        (State::Changing, Tongue::Fr) => "accordée ; une modification est à décider",
        (State::Changing, Tongue::En) => "granted; a change is to be decided",
        (State::Active, Tongue::Fr) => "en cours",
        (State::Active, Tongue::En) => "going on",
        (State::Ended, Tongue::Fr) => "terminée",
        (State::Ended, Tongue::En) => "over",
        (State::Denied, Tongue::Fr) => "refusée",
        (State::Denied, Tongue::En) => "denied",
        (State::Withdrawn, Tongue::Fr) => "retirée par le demandeur",
        (State::Withdrawn, Tongue::En) => "taken back by the requester",
    }
}

/// Why an order about a request cannot be obeyed.
pub(super) fn obstacle(obstacle: &Obstacle, tongue: Tongue) -> String {
    let fixed = |fr: &str, en: &str| match tongue {
        Tongue::Fr => fr.to_owned(),
        Tongue::En => en.to_owned(),
    };
    match obstacle {
        Obstacle::NotApprover => fixed(
            "vous n'êtes pas désigné pour accorder des astreintes",
            "you are not named as somebody who grants on-call presence",
        ),
        Obstacle::OwnRequest => fixed(
            "c'est votre propre demande : une autre personne décide",
            "it is your own request: somebody else decides",
        ),
        Obstacle::State(now) => match tongue {
            Tongue::Fr => format!(
                "impossible : la demande d'astreinte est {}",
                state(*now, tongue)
            ),
            Tongue::En => format!(
                "not possible: the on-call request is {}",
                state(*now, tongue)
            ),
        },
        Obstacle::NoPeriod => fixed(
            "le début ou la fin manque ; indiquez-les : debut=3/12/2026 8h fin=5/12/2026 20h",
            "the start or the end is lacking; name them: from=3/12/2026 8:00 until=5/12/2026 20:00",
        ),
        Obstacle::Unreadable => fixed(
            "un jour ou une heure est attendu, par exemple debut=3/12 8h",
            "a day or a time is expected, such as from=3/12 8:00",
        ),
        Obstacle::Doubtful(odd) => doubt(*odd, tongue),
        Obstacle::NoPhone => fixed(
            "le téléphone de la personne d'astreinte est attendu : tel=…",
            "the telephone of whoever is on call is expected: phone=…",
        ),
    }
}
