//! What is asked for, and how it is read: from the first letter, and from the answers to our questions.
//!
//! The first letter may say anything in free words. In an answer a line of the form counts always,
//! free words only for what is still lacking, and other times only if they are said to be other
//! times: a day in passing (`je suis absente le 26`) changes no request.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::form::{self, Field, one_line};
use super::lexeme::head;
use super::period::read::{Said, labelled};
use super::{Lack, Settings, When, contact, free, intent, recognise};
use crate::registry::name::fold;

/// Bytes of a text that are read.
const TEXT: usize = super::lexeme::LIMIT;
/// Characters of an answer that is nothing but the one thing asked for.
const SHORT: usize = 160;

/// What is expected of whoever is on call.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Presence {
    /// To be reached by telephone.
    pub phone: bool,
    /// To help remotely.
    pub remote: bool,
    /// To be there, or to come.
    pub on_site: bool,
}

impl Presence {
    /// Whether nothing is known.
    #[must_use]
    pub fn is_unknown(self) -> bool {
        self == Self::default()
    }
}

/// Somebody to turn to.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contact {
    /// The name.
    pub name: String,
    /// The telephone number as written.
    pub phone: String,
}

impl Contact {
    /// `Jean Dupont, 06 12 34 56 78`.
    #[must_use]
    pub fn line(&self) -> String {
        match (self.name.is_empty(), self.phone.is_empty()) {
            (false, false) => format!("{}, {}", self.name, self.phone),
            (true, _) => self.phone.clone(),
            (_, true) => self.name.clone(),
        }
    }
}

/// What is asked for. Empty texts are not known.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asked {
    /// Which occasion.
    pub event: String,
    /// Where.
    pub place: String,
    /// When.
    pub when: When,
    /// What has to work.
    pub systems: String,
    /// How many people are concerned.
    pub people: Option<u32>,
    /// What is expected.
    pub presence: Presence,
    /// Who is in charge on the day.
    pub contact: Contact,
    /// Whom to turn to besides.
    pub second: Contact,
    /// The head of unit's agreement, as named.
    pub agreement: String,
}

impl Asked {
    /// What is lacking, in the order of the form.
    #[must_use]
    pub fn lacks(&self, settings: &Settings) -> Vec<Lack> {
        let mut lacks = Vec::new();
        let mut lack = |missing: bool, lack: Lack| {
            if missing {
                lacks.push(lack);
            }
        };
        lack(self.event.is_empty(), Lack::Event);
        lack(self.place.is_empty(), Lack::Place);
        match self.when {
            When::Unknown => lack(true, Lack::Days),
            When::Days(..) => lack(true, Lack::Hours),
            When::Odd(doubt) => lack(true, Lack::Odd(doubt)),
            When::Period(_) => {}
        }
        lack(self.systems.is_empty(), Lack::Systems);
        lack(self.people.is_none(), Lack::People);
        lack(self.presence.is_unknown(), Lack::Presence);
        lack(self.contact.name.is_empty(), Lack::Contact);
        let phone = self.contact.phone.is_empty() && !self.contact.name.is_empty();
        lack(phone, Lack::Phone);
        lack(self.second == Contact::default(), Lack::Second);
        lack(
            settings.agreement && self.agreement.is_empty(),
            Lack::Agreement,
        );
        lacks
    }

    /// Whether somebody who granted the one has not granted the other.
    #[must_use]
    pub fn needs_another_grant(&self, other: &Self) -> bool {
        self.when != other.when
            || self.place != other.place
            || self.systems != other.systems
            || self.presence != other.presence
    }

    /// Takes in the lines of a form.
    fn fill(&mut self, lines: &[(Field, String)], today: Date) {
        for (field, value) in lines {
            match field {
                Field::Event => self.event.clone_from(value),
                Field::Place => self.place.clone_from(value),
                Field::Systems => self.systems.clone_from(value),
                Field::People => self.people = free::people(value).or(self.people),
                Field::Presence => {
                    let found = free::presence(value);
                    if !found.is_unknown() {
                        self.presence = found;
                    }
                }
                Field::Contact => take(&mut self.contact, contact::read(value)),
                Field::Phone => self.contact.phone = contact::read(value).phone,
                Field::Second => take(&mut self.second, contact::read(value)),
                Field::Agreement => self.agreement.clone_from(value),
                Field::Start | Field::End | Field::Days | Field::Hours => {}
            }
        }
        self.when = self.when.with(form_times(lines, today));
    }

    /// Takes in what is known of another, where nothing is known here.
    fn fill_gaps(&mut self, other: &Self) {
        let text = |mine: &mut String, theirs: &String| {
            if mine.is_empty() {
                mine.clone_from(theirs);
            }
        };
        text(&mut self.event, &other.event);
        text(&mut self.place, &other.place);
        text(&mut self.systems, &other.systems);
        text(&mut self.agreement, &other.agreement);
        text(&mut self.contact.name, &other.contact.name);
        text(&mut self.contact.phone, &other.contact.phone);
        if self.second == Contact::default() {
            self.second = other.second.clone();
        }
        self.people = self.people.or(other.people);
        if self.presence.is_unknown() {
            self.presence = other.presence;
        }
    }
}

/// A contact that is named anew: a name alone keeps the number, if it is the same person's.
fn take(contact: &mut Contact, found: Contact) {
    if found.name.is_empty() {
        contact.phone = found.phone;
    } else if fold(&found.name) != fold(&contact.name) || !found.phone.is_empty() {
        *contact = found;
    }
}

/// What the lines of a form say of the time, put together.
fn form_times(lines: &[(Field, String)], today: Date) -> Said {
    let of = |wanted: Field| -> String {
        let values = lines.iter().filter(|(field, _)| *field == wanted);
        values
            .map(|(_, value)| value.as_str())
            .collect::<Vec<_>>()
            .join(" ")
    };
    let (start, end) = (of(Field::Start), of(Field::End));
    let (days, hours) = (of(Field::Days), of(Field::Hours));
    let mut text = days;
    if !start.is_empty() || !end.is_empty() {
        text = format!("{text} {start} - {end}");
    }
    labelled(format!("{text} {hours}").trim(), today)
}

/// Reads a letter that belongs to no ticket: what is asked for, if it asks for on-call presence in
/// advance. `author` is the writer's name, for a number that is their own.
#[must_use]
pub fn read(subject: &str, new: &str, author: &str, today: Date) -> Option<Asked> {
    let new = head(new, TEXT);
    if !recognise::is_request(subject, new, today) {
        return None;
    }
    let mut asked = Asked::default();
    let lines = form::lines(new);
    asked.fill(&lines, today);
    // A subject is a sentence of its own.
    let text = format!("{}\n\n{new}", head(subject, 500));
    let found = free::all(&text, author, today);
    asked.fill_gaps(&found);
    if asked.when == When::Unknown {
        asked.when = found.when;
    } else if let (When::Days(..), When::Period(period)) = (asked.when, found.when)
        && asked.when.days() == Some(period.days())
    {
        asked.when = found.when;
    }
    Some(asked)
}

/// What an answer of the requester does to a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply {
    /// It is taken back.
    Withdrawn,
    /// It asks for this now.
    Changed(Box<Asked>),
    /// Nothing that could be read.
    Nothing,
}

/// Reads an answer to a letter of ours. `quoted` is what it quotes: lines of our form that were
/// filled in there count for what is lacking.
#[must_use]
pub fn answered(
    asked: &Asked,
    settings: &Settings,
    (new, quoted): (&str, &str),
    author: &str,
    today: Date,
) -> Reply {
    let (new, quoted) = (head(new, TEXT), head(quoted, TEXT));
    if intent::is_withdrawal(new) {
        return Reply::Withdrawn;
    }
    let mut now = asked.clone();
    let lines = form::lines(new);
    now.fill(&lines, today);
    let mut inside = Asked {
        when: now.when,
        ..Asked::default()
    };
    inside.fill(&form::lines(quoted), today);
    now.fill_gaps(&inside);
    if now.when.period().is_none() && inside.when.period().is_some() {
        now.when = inside.when;
    }
    let lacks = now.lacks(settings);
    if lines.is_empty() {
        let found = free::all(new, author, today);
        let said = free::times(new, today);
        now.fill_gaps(&found);
        let lacked = now.when.period().is_none();
        let other = intent::says_other_times(new);
        if lacked || other || matches!(said, Said::Whole(_)) {
            let with = now.when.with(said);
            // What was clear is not made unclear by a word in passing.
            if lacked || with.period().is_some() || other {
                now.when = with;
            }
        }
        the_one_thing(&mut now, &lacks, new);
    } else if let Said::Whole(period) = free::times(new, today)
        && now.when.period().is_none()
    {
        now.when = When::Period(period);
    }
    if now == *asked {
        Reply::Nothing
    } else {
        Reply::Changed(Box::new(now))
    }
}

/// An answer that is nothing but the one text that was asked for.
fn the_one_thing(asked: &mut Asked, lacks: &[Lack], new: &str) {
    let slot = match lacks {
        [Lack::Event] => &mut asked.event,
        [Lack::Place] => &mut asked.place,
        [Lack::Systems] => &mut asked.systems,
        [Lack::Agreement] => &mut asked.agreement,
        [Lack::Contact] => &mut asked.contact.name,
        [Lack::Second] => &mut asked.second.name,
        _ => return,
    };
    let words = substance(new);
    if slot.is_empty() && !words.is_empty() && words.chars().count() <= SHORT {
        *slot = words;
    }
}

/// A short answer without greeting, thanks and closing.
fn substance(text: &str) -> String {
    const COURTESY: &[&str] = &[
        "bonjour",
        "bonsoir",
        "merci",
        "merci d avance",
        "merci beaucoup",
        "cordialement",
        "bien cordialement",
        "bien a vous",
        "hello",
        "hi",
        "dear all",
        "thanks",
        "thank you",
        "best regards",
        "kind regards",
        "regards",
    ];
    let kept: Vec<&str> = text
        .lines()
        .map(str::trim)
        .filter(|line| {
            let folded = fold(line);
            !folded.is_empty() && !COURTESY.contains(&folded.as_str())
        })
        .collect();
    match kept.as_slice() {
        // A question, or several lines, are not a plain answer; the last may be a name.
        [only] | [only, _] if !only.contains('?') => {
            one_line(only).trim_end_matches('.').to_owned()
        }
        _ => String::new(),
    }
}
