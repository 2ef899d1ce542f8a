//! Requests as people write them, and what time brings to them.

mod letters;

use jiff::civil::{Date, date};
use jiff::tz::TimeZone;
use proptest::prelude::*;

use super::form::Field;
use super::*;
use crate::policy::Language;

/// A Monday.
const TODAY: Date = date(2026, 11, 23);

/// A request in free words, with everything.
const FREE: &str = "Bonjour,\n\nNous organisons le congrès ASTRO 2026 du jeudi 3 au samedi 5 décembre dans \
l'amphithéâtre Ampère.\nNous aurions besoin d'une astreinte de 8h à 20h, par téléphone et à distance, pour le \
wifi et la visioconférence (120 participants).\nResponsable sur place : Jean Dupont, 06 12 34 56 78. En son \
absence, Mme Marie Curie au 06 98 76 54 32.\n\nCordialement,\nClaire Dumas";

#[test]
fn ok_free_words_are_read() {
    let asked = read("Demande d'astreinte", FREE, "Claire Dumas", TODAY).unwrap();
    assert_eq!(asked.event, "congrès ASTRO 2026");
    assert_eq!(asked.place, "amphithéâtre Ampère");
    assert_eq!(
        asked.when.period().unwrap().french().replace('\u{a0}', " "),
        "du jeudi 3 décembre 2026 au samedi 5 décembre 2026, chaque jour de 8 h à 20 h"
    );
    assert_eq!(asked.systems, "wifi, visioconférence");
    assert_eq!(asked.people, Some(120));
    assert_eq!(
        asked.presence,
        Presence {
            phone: true,
            remote: true,
            on_site: false
        }
    );
    assert_eq!(asked.contact.line(), "Jean Dupont, 06 12 34 56 78");
    assert_eq!(asked.second.line(), "Mme Marie Curie, 06 98 76 54 32");
    assert_eq!(asked.lacks(&Settings::default()), []);
    let strict = Settings {
        agreement: true,
        ..Settings::default()
    };
    assert_eq!(asked.lacks(&strict), [Lack::Agreement]);
}

#[test]
fn ok_free_words_are_read_in_english() {
    let text = "Hello,\n\nwe are organising the Quantum Matter workshop on 10-11 December 2026 in the main auditorium. \
We would like to request on-call support from 8am to 7pm, remotely or on site, for the network and the projector. \
We expect 80 people. You can reach me at +33 6 12 34 56 78. Our second contact is John Smith, +33 7 11 22 33 44.\n\nJane Doe";
    let asked = read("On-call request", text, "Jane Doe", TODAY).unwrap();
    assert!(asked.event.contains("workshop"), "{}", asked.event);
    assert_eq!(asked.place, "main auditorium");
    assert_eq!(
        asked.when.period().unwrap().english(),
        "from Thursday 10 December 2026 to Friday 11 December 2026, each day from 08:00 to 19:00"
    );
    assert_eq!(asked.systems, "network, projector");
    assert_eq!(asked.people, Some(80));
    assert!(asked.presence.remote && asked.presence.on_site);
    assert_eq!(asked.contact.line(), "Jane Doe, +33 6 12 34 56 78");
    assert_eq!(asked.second.line(), "John Smith, +33 7 11 22 33 44");
    assert_eq!(asked.lacks(&Settings::default()), []);
}

#[test]
fn ok_what_is_lacking_is_all_of_it_at_once() {
    let asked = read(
        "astreinte",
        "Nous aurions besoin d'une astreinte pour un congrès du 3 au 5 décembre.",
        "",
        TODAY,
    )
    .unwrap();
    assert_eq!(
        asked.lacks(&Settings::default()),
        [
            Lack::Place,
            Lack::Hours,
            Lack::Systems,
            Lack::People,
            Lack::Presence,
            Lack::Contact,
            Lack::Second
        ]
    );
    let odd = read(
        "astreinte",
        "Besoin d'une astreinte vendredi 3 décembre de 8h à 20h.",
        "",
        TODAY,
    )
    .unwrap();
    assert!(
        matches!(odd.when, When::Odd(Doubt::Weekday { .. })),
        "{:?}",
        odd.when
    );
}

fn reply(asked: &Asked, text: &str, quoted: &str) -> Reply {
    answered(
        asked,
        &Settings::default(),
        (text, quoted),
        "Claire Dumas",
        TODAY,
    )
}

fn changed(asked: &Asked, text: &str, quoted: &str) -> Asked {
    match reply(asked, text, quoted) {
        Reply::Changed(now) => *now,
        other => panic!("{text}: {other:?}"),
    }
}

fn whole() -> Asked {
    read("Demande d'astreinte", FREE, "Claire Dumas", TODAY).unwrap()
}

#[test]
fn ok_an_answer_completes_in_lines_in_words_or_inside_the_quotation() {
    let asked = read(
        "astreinte",
        "Besoin d'une astreinte pour le congrès ASTRO du 3 au 5 décembre.",
        "",
        TODAY,
    )
    .unwrap();
    let form = "Lieu : amphi Ampère\nHoraires : 8h-20h\nSystèmes nécessaires : wifi\nNombre de personnes : 50\n\
                Attendu (téléphone, à distance, sur place) : téléphone\nResponsable le jour même (nom, mobile) : Jean Dupont 06 12 34 56 78\n\
                Second contact (nom, téléphone) : aucun";
    let by_form = changed(&asked, form, "");
    assert_eq!(by_form.lacks(&Settings::default()), []);
    assert_eq!(by_form.contact.line(), "Jean Dupont, 06 12 34 56 78");
    assert_eq!(changed(&asked, "Voilà, c'est rempli.", form), by_form);
    let words = "De 8h à 20h, dans l'amphi Ampère, pour le wifi, par téléphone. 50 participants. \
                 Jean Dupont est joignable au 06 12 34 56 78, pas de second contact.";
    assert_eq!(changed(&asked, words, "").lacks(&Settings::default()), []);
}

#[test]
fn ok_the_one_thing_that_was_asked_for_is_taken_as_it_is() {
    let asked = Asked {
        place: String::new(),
        ..whole()
    };
    let now = changed(
        &asked,
        "Bonjour,\nau 4e, chez les théoriciens.\nMerci\n",
        "",
    );
    assert_eq!(now.place, "au 4e, chez les théoriciens");
    assert_eq!(
        reply(&asked, "Je vous dis cela demain ?", ""),
        Reply::Nothing
    );
}

#[test]
fn ok_a_day_in_passing_changes_nothing_and_other_times_do() {
    let asked = whole();
    for text in [
        "Merci ! Je suis absente le 26 novembre.",
        "Bien reçu, à jeudi.",
        "Notre réunion est le 30 novembre à 14h.",
        "Merci, c'est parfait.",
    ] {
        assert_eq!(reply(&asked, text, ""), Reply::Nothing, "{text}");
    }
    for (text, expected) in [
        (
            "Le congrès est décalé du 10 au 12 décembre.",
            "du jeudi 10 décembre 2026 au samedi 12 décembre 2026, chaque jour de 8 h à 20 h",
        ),
        (
            "Finalement de 9h à 18h.",
            "du jeudi 3 décembre 2026 au samedi 5 décembre 2026, chaque jour de 9 h à 18 h",
        ),
        (
            "Dates : du 4 au 5 décembre",
            "du vendredi 4 décembre 2026 au samedi 5 décembre 2026, chaque jour de 8 h à 20 h",
        ),
    ] {
        let now = changed(&asked, text, "");
        assert_eq!(
            now.when.period().unwrap().french().replace('\u{a0}', " "),
            expected,
            "{text}"
        );
        assert!(now.needs_another_grant(&asked), "{text}");
    }
    let contact = changed(&asked, "Responsable : Luc Petit, 07 00 11 22 33", "");
    assert_eq!(contact.contact.name, "Luc Petit");
    assert!(!contact.needs_another_grant(&asked));
}

#[test]
fn ok_a_request_is_taken_back_and_not_by_a_word_in_passing() {
    let asked = whole();
    for text in [
        "Bonjour, nous annulons notre demande d'astreinte. Merci",
        "Le congrès est annulé.",
        "Je retire ma demande.",
        "Nous n'avons plus besoin d'astreinte.",
        "Please cancel our on-call request.",
        "The conference has been cancelled.",
        "We no longer need it.",
    ] {
        assert_eq!(reply(&asked, text, ""), Reply::Withdrawn, "{text}");
    }
    for text in [
        "La session du samedi est annulée, mais le reste du congrès est maintenu.",
        "Que se passe-t-il si le congrès est annulé ?",
        "Mon train est annulé, j'arriverai plus tard.",
        "Merci de ne pas annuler la demande.",
        "Is the request cancelled?",
        "Please do not cancel the request.",
    ] {
        assert_ne!(reply(&asked, text, ""), Reply::Withdrawn, "{text}");
    }
}

fn on_call(state: State) -> OnCall {
    let mut found = OnCall::new(
        TicketNumber(7),
        whole(),
        &Settings::default(),
        "2026-11-23T08:00:00Z".parse().unwrap(),
    );
    assert_eq!(found.state, State::Pending);
    found.state = state;
    found
}

fn grant() -> Grant {
    Grant {
        period: whole().when.period().unwrap(),
        agent: Agent {
            handle: Some("paul".to_owned()),
            name: "Paul Martin; l'agent, \\ du soir".to_owned(),
            phone: "06 00 00 00 00".to_owned(),
        },
        approver: "zoe".to_owned(),
        changed: false,
    }
}

#[test]
fn ok_what_falls_due_falls_due_once() {
    let zone = TimeZone::get("Europe/Paris").unwrap();
    let at = |text: &str| -> Timestamp { text.parse().unwrap() };
    let mut request = on_call(State::Pending);
    let mut seen = Vec::new();
    let mut now = at("2026-11-23T08:00:00Z");
    // Hour by hour, and a fortnight in which nobody looks.
    while now < at("2026-12-10T00:00:00Z") {
        while let Some(due) = due::due(&request, now, &zone, None) {
            request.done(due, now);
            seen.push(format!("{due:?} {now}"));
        }
        now = now.checked_add(SignedDuration::from_hours(1)).unwrap();
    }
    assert_eq!(
        seen,
        [
            "Remind 2026-11-25T08:00:00Z",
            "Remind 2026-11-27T08:00:00Z",
            "Alert 2026-11-28T08:00:00Z",
            "Remind 2026-11-30T08:00:00Z",
            "Remind 2026-12-02T08:00:00Z",
        ]
    );
    let mut asleep = on_call(State::Pending);
    let late = at("2026-12-02T10:00:00Z");
    assert_eq!(due::due(&asleep, late, &zone, None), Some(due::Due::Alert));
    asleep.done(due::Due::Alert, late);
    assert_eq!(
        due::due(&asleep, late, &zone, None),
        None,
        "one letter, not ten"
    );
}

#[test]
fn ok_a_window_begins_and_ends_on_the_clock() {
    let zone = TimeZone::get("Europe/Paris").unwrap();
    let mut request = on_call(State::Approved);
    request.grant = Some(grant());
    let mut due = |now: &str| {
        let now = now.parse().unwrap();
        let found = due::due(&request, now, &zone, None);
        if let Some(found) = found {
            request.done(found, now);
        }
        found
    };
    assert_eq!(due("2026-12-03T06:59:59Z"), None);
    assert_eq!(due("2026-12-03T07:00:00Z"), Some(due::Due::Begin));
    assert_eq!(due("2026-12-05T18:59:59Z"), None);
    assert_eq!(due("2026-12-05T19:00:00Z"), Some(due::Due::End));
    assert_eq!(due("2026-12-06T19:00:00Z"), None);
    // Asleep from before its beginning till after its end: a summary all the same.
    let mut missed = on_call(State::Approved);
    missed.grant = Some(grant());
    let late = "2026-12-20T00:00:00Z".parse().unwrap();
    assert_eq!(due::due(&missed, late, &zone, None), Some(due::Due::End));
}

#[test]
fn ok_notice_is_counted_in_days_of_the_calendar() {
    let settings = Settings::default();
    assert_eq!(short_notice(TODAY, date(2026, 12, 3), &settings), Some(10));
    assert_eq!(short_notice(TODAY, date(2026, 12, 8), &settings), None);
    assert_eq!(short_notice(TODAY, TODAY, &settings), Some(0));
}

#[test]
fn ok_windows_are_written_for_other_calendars() {
    let zone = TimeZone::get("Europe/Paris").unwrap();
    let mut request = on_call(State::Approved);
    request.grant = Some(grant());
    request.mark = Some(Mark {
        year: 2026,
        serial: 3,
    });
    let text = ics::write(
        &[request],
        "univ.example",
        &zone,
        "2026-11-23T08:00:00Z".parse().unwrap(),
    );
    assert_eq!(text.matches("BEGIN:VEVENT").count(), 3);
    assert!(text.lines().all(|line| line.len() <= 75), "{text}");
    assert!(
        text.split("\r\n").all(|line| !line.contains('\n')),
        "{text}"
    );
    assert!(
        text.contains("UID:oncall-2026-003-2@univ.example"),
        "{text}"
    );
    assert!(text.contains("DTSTART:20261204T070000Z"), "{text}");
    assert!(
        text.contains("Paul Martin\\; l'agent\\, \\\\ du soir"),
        "{text}"
    );
    let read = crate::calendar::ics::closures(text.as_bytes(), &zone).unwrap();
    assert_eq!(read.len(), 3, "our own reader reads it");
}

fn fields() -> impl Strategy<Value = Asked> {
    let word = "[A-Z][a-zé]{3,9}( [A-Z][a-z]{2,8}){0,2}";
    let phone = "0[67]( [0-9]{2}){4}";
    (
        (
            word,
            word,
            "(wifi|réseau|serveur de calcul|visio)(, (wifi|sono))?",
        ),
        1_u32..5_000,
        (any::<bool>(), any::<bool>(), any::<bool>()),
        (word, phone),
        (word, phone),
        (0_i32..300, 0_i32..10, 0_i8..24, 0_i8..24),
    )
        .prop_filter_map(
            "a request",
            |(texts, people, (phone, remote, on_site), one, two, when)| {
                let (event, place, systems) = texts;
                let first = TODAY.checked_add(jiff::Span::new().days(when.0)).ok()?;
                let last = first.checked_add(jiff::Span::new().days(when.1)).ok()?;
                let at = |hour| hour::Hour::At(jiff::civil::Time::constant(hour, 0, 0, 0));
                let period = Period::daily(first, last, at(when.2), at(when.3)).ok()?;
                Some(Asked {
                    event,
                    place,
                    when: When::Period(period),
                    systems,
                    people: Some(people),
                    presence: Presence {
                        phone: phone || !(remote || on_site),
                        remote,
                        on_site,
                    },
                    contact: Contact {
                        name: one.0,
                        phone: one.1,
                    },
                    second: Contact {
                        name: two.0,
                        phone: two.1,
                    },
                    agreement: String::new(),
                })
            },
        )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_form_filled_with_what_is_asked_reads_back_as_it(asked in fields()) {
        for language in [Language::Fr, Language::En] {
            let presence = [(asked.presence.phone, "téléphone", "phone"), (asked.presence.remote, "à distance", "remote"), (asked.presence.on_site, "sur place", "on site")]
                .iter()
                .filter(|(is, ..)| *is)
                .map(|(_, fr, en)| if language == Language::En { *en } else { *fr })
                .collect::<Vec<_>>()
                .join(", ");
            let lines = [
                (Field::Event, asked.event.clone()),
                (Field::Place, asked.place.clone()),
                (Field::Days, asked.when.period().unwrap().said(language)),
                (Field::Systems, asked.systems.clone()),
                (Field::People, asked.people.unwrap().to_string()),
                (Field::Presence, presence),
                (Field::Contact, asked.contact.line()),
                (Field::Second, asked.second.line()),
            ];
            let text: String = lines.iter().map(|(field, value)| format!("{} : {value}\n", field.label(language))).collect();
            prop_assert_eq!(changed(&Asked::default(), &text, ""), asked.clone(), "{}", text);
        }
    }

    #[test]
    fn no_letter_is_too_odd(subject in "\\PC{0,60}", text in "\\PC{0,400}") {
        let _ = read(&subject, &text, "", TODAY);
        let _ = reply(&whole(), &text, &subject);
    }

    #[test]
    fn what_is_asked_is_kept_as_it_was(asked in fields()) {
        let kept = serde_json::to_string(&asked).unwrap();
        prop_assert_eq!(serde_json::from_str::<Asked>(&kept).unwrap(), asked);
    }
}
