//! The lines of a form: `Lieu : amphithéâtre Ampère`, one a line, in French or English.
//!
//! We send these lines to be filled in, and people write them by themselves too. A label is known
//! by its words, whatever stands in brackets behind it; a value may stand on the line below. What
//! only keeps a place (`…`, `à compléter`) is no value.

use super::vocabulary::words;
use crate::policy::Language;
use crate::registry::name::fold;

/// Lines of a letter that are looked at.
const LINES: usize = 400;
/// Words of a label at most.
const LABEL: usize = 6;

/// What a line is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Field {
    /// The occasion.
    Event,
    /// Where.
    Place,
    /// When it begins.
    Start,
    /// When it ends.
    End,
    /// The days.
    Days,
    /// The hours.
    Hours,
    /// What has to work.
    Systems,
    /// How many people.
    People,
    /// Telephone, remotely, on site.
    Presence,
    /// Who is in charge on the day.
    Contact,
    /// Their number.
    Phone,
    /// Whom to turn to besides.
    Second,
    /// The head of unit's agreement.
    Agreement,
}

impl Field {
    /// The label as we write it.
    #[must_use]
    pub fn label(self, language: Language) -> &'static str {
        match (self, language) {
            (Self::Event, Language::En) => "Event",
            (Self::Event, _) => "Événement",
            (Self::Place, Language::En) => "Place",
            (Self::Place, _) => "Lieu",
            (Self::Start, Language::En) => "Start (day and time)",
            (Self::Start, _) => "Début (jour et heure)",
            (Self::End, Language::En) => "End (day and time)",
            (Self::End, _) => "Fin (jour et heure)",
            (Self::Days, Language::En) => "Dates",
            (Self::Days, _) => "Dates",
            (Self::Hours, Language::En) => "Hours",
            (Self::Hours, _) => "Horaires",
            (Self::Systems, Language::En) => "Systems needed",
            (Self::Systems, _) => "Systèmes nécessaires",
            (Self::People, Language::En) => "Number of people",
            (Self::People, _) => "Nombre de personnes",
            (Self::Presence, Language::En) => "Expected (phone, remote, on site)",
            (Self::Presence, _) => "Attendu (téléphone, à distance, sur place)",
            (Self::Contact, Language::En) => "Person in charge (name, mobile)",
            (Self::Contact, _) => "Responsable le jour même (nom, mobile)",
            (Self::Phone, Language::En) => "Mobile number",
            (Self::Phone, _) => "Numéro de mobile",
            (Self::Second, Language::En) => "Second contact (name, phone)",
            (Self::Second, _) => "Second contact (nom, téléphone)",
            (Self::Agreement, Language::En) => "Agreement (head of unit)",
            (Self::Agreement, _) => "Accord (responsable de l'unité)",
        }
    }
}

/// Every label, folded.
const LABELS: &[(Field, &[&str])] = &[
    (
        Field::Event,
        words![
            "evenement" "event" "congres" "conference" "colloque" "experience" "experiment"
            "manifestation" "occasion" "intitule" "nom de l evenement" "nom du congres" "campagne"
            "manip" "workshop"
        ],
    ),
    (
        Field::Place,
        words![
            "lieu" "place" "location" "venue" "salle" "room" "where" "adresse" "site"
            "lieu de l evenement" "lieux" "ou"
        ],
    ),
    (
        Field::Start,
        words![
            "debut" "start" "beginning" "begin" "date de debut" "start date" "starts" "from"
        ],
    ),
    (
        Field::End,
        words![
            "fin" "end" "date de fin" "end date" "ends" "until" "to"
        ],
    ),
    (
        Field::Days,
        words![
            "date" "dates" "jour" "jours" "day" "days" "periode" "period" "quand" "when"
            "dates et horaires" "dates et heures" "dates and times" "date et heure" "date and time"
        ],
    ),
    (
        Field::Hours,
        words![
            "horaire" "horaires" "heure" "heures" "hours" "times" "time" "plage horaire"
        ],
    ),
    (
        Field::Systems,
        words![
            "systeme" "systemes" "systemes necessaires" "systemes concernes" "materiel"
            "equipement" "equipements" "systems" "systems needed" "equipment" "services"
            "systems required" "moyens informatiques" "besoins informatiques"
        ],
    ),
    (
        Field::People,
        words![
            "nombre de personnes" "personnes" "participants" "nombre de participants" "people"
            "number of people" "attendees" "personnes concernees" "number of participants"
            "number of attendees"
        ],
    ),
    (
        Field::Presence,
        words![
            "attendu" "ce qui est attendu" "presence" "type de presence" "mode" "expected"
            "what is expected" "type d astreinte" "modalite" "modalites" "type of presence"
        ],
    ),
    (
        Field::Contact,
        words![
            "responsable" "responsable sur place" "responsable le jour meme" "contact"
            "person in charge" "personne responsable" "contact person" "contact principal"
            "contact sur place" "main contact" "on site contact" "referent"
        ],
    ),
    (
        Field::Phone,
        words![
            "telephone" "tel" "mobile" "portable" "phone" "numero de mobile" "mobile number"
            "numero de telephone" "phone number"
        ],
    ),
    (
        Field::Second,
        words![
            "second contact" "deuxieme contact" "autre contact" "contact secondaire" "suppleant"
            "backup" "backup contact" "other contact" "contact 2" "2e contact"
        ],
    ),
    (
        Field::Agreement,
        words![
            "accord" "accord du responsable" "accord de l unite" "agreement" "budget"
            "accord du directeur" "accord de la direction" "imputation" "head of unit"
        ],
    ),
];

/// The filled lines of a text, in order.
#[must_use]
pub fn lines(text: &str) -> Vec<(Field, String)> {
    let mut found = Vec::new();
    // A label whose value may stand on the next line.
    let mut open: Option<Field> = None;
    for line in text.lines().take(LINES) {
        let bare = line.trim_start_matches(|c: char| c.is_whitespace() || ">-*•·".contains(c));
        match labelled(bare) {
            Some((field, value)) => {
                open = None;
                match value_of(value) {
                    Some(value) => found.push((field, value)),
                    None if value.trim().is_empty() => open = Some(field),
                    None => {}
                }
            }
            // What stands below an empty line is a paragraph of its own.
            None if bare.trim().is_empty() => open = None,
            None => {
                if let (Some(field), Some(value)) = (open.take(), value_of(bare)) {
                    found.push((field, value));
                }
            }
        }
    }
    found
}

fn labelled(line: &str) -> Option<(Field, &str)> {
    let (label, value) = line.split_once([':', '='])?;
    let bare = label.split('(').next().unwrap_or(label);
    let folded = fold(bare);
    if folded.split(' ').count() > LABEL {
        return None;
    }
    let field = LABELS
        .iter()
        .find(|(_, labels)| labels.contains(&folded.as_str()))
        .map(|(field, _)| *field)?;
    Some((field, value))
}

/// A value on one line, if it is one.
fn value_of(text: &str) -> Option<String> {
    const NOT_YET: &[&str] = &[
        "",
        "non precise",
        "non precisee",
        "not given",
        "a completer",
        "a preciser",
        "a definir",
        "to be completed",
        "tbd",
        "tba",
        "to be defined",
    ];
    let folded = fold(text);
    (!NOT_YET.contains(&folded.as_str())).then(|| one_line(text))
}

/// Characters of a value that are kept.
const VALUE: usize = 200;

/// Text on one line, no longer than a value may be.
pub(super) fn one_line(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    let line: String = words.join(" ").chars().take(VALUE).collect();
    line.trim_end_matches([',', ';']).trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ok_lines_in_both_languages_however_they_are_marked() {
        let text = "Bonjour,\n- Événement : congrès ASTRO\n* Lieu: Lyon\n> Start (day and time): 3 December 8am\n\
                    Nombre de personnes :\n  120\nAccord : à compléter\nSystems needed = wifi\nJe reste disponible : merci";
        let found = lines(text);
        let shown: Vec<(Field, &str)> = found.iter().map(|(f, v)| (*f, v.as_str())).collect();
        assert_eq!(
            shown,
            [
                (Field::Event, "congrès ASTRO"),
                (Field::Place, "Lyon"),
                (Field::Start, "3 December 8am"),
                (Field::People, "120"),
                (Field::Systems, "wifi"),
            ]
        );
    }

    #[test]
    fn ok_our_own_labels_are_known() {
        let all = [
            Field::Event,
            Field::Place,
            Field::Start,
            Field::End,
            Field::Days,
            Field::Hours,
            Field::Systems,
            Field::People,
            Field::Presence,
            Field::Contact,
            Field::Phone,
            Field::Second,
            Field::Agreement,
        ];
        for (field, language) in all
            .iter()
            .flat_map(|f| [(f, Language::Fr), (f, Language::En)])
        {
            let line = format!("{} : valeur", field.label(language));
            assert_eq!(lines(&line), [(*field, "valeur".to_owned())], "{line}");
        }
    }
}
