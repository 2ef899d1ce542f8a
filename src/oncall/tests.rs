use jiff::civil::{Date, date};
use jiff::tz::TimeZone;
use proptest::prelude::*;

use super::form::Field;
use super::*;
use crate::policy::Language;

/// A Monday.
const TODAY: Date = date(2026, 11, 23);

fn is_request(subject: &str, body: &str) -> bool {
    read(subject, body, "Claire Dumas", TODAY).is_some()
}

/// Letters that ask for on-call presence in advance.
const REQUESTS: &[(&str, &str)] = &[
    ("Demande d'astreinte", "Bonjour,\nNous organisons un colloque du jeudi 3 au samedi 5 décembre. Nous aurions besoin d'une astreinte informatique de 8h à 20h.\nMerci"),
    ("Congrès ASTRO 2026", "Bonjour, dans le cadre du congrès ASTRO 2026, du 3 au 5 décembre, serait-il possible de prévoir une astreinte ?"),
    ("Astreinte congrès", "Bonjour,\nje sollicite une astreinte pour le congrès du 12/12 de 8h à 18h."),
    ("colloque de décembre", "Pourriez-vous mettre en place une astreinte pendant le colloque du 3 décembre, de 9h à 18h ?"),
    ("expérience week-end", "Notre expérience tourne le week-end du 12. Il nous faudrait quelqu'un d'astreinte, par téléphone."),
    ("manip de nuit", "Bonjour, je souhaiterais une astreinte pour la manip de nuit du 9 au 10 décembre (22h-6h)."),
    ("Besoin astreinte", "Campagne de mesures du 4 au 8 janvier : une astreinte à distance serait nécessaire."),
    ("Demande d'astreinte ponctuelle : école d'été", "École thématique du 7 au 11 décembre, de 8h à 19h, amphi Ampère."),
    ("soutenance", "Est-il possible d'avoir une astreinte lors de la soutenance du 4 décembre à 14h ?"),
    ("Demande", "Je vous adresse ma demande d'astreinte pour le forum du 10 décembre."),
    ("Congrès", "Merci de prévoir une astreinte le 5 décembre de 8h à 20h, salle 105."),
    ("astreinte", "Nous souhaitons qu'un technicien soit d'astreinte pendant le congrès du 3 au 5 décembre."),
    ("présence technique", "Pourriez-vous assurer une présence technique pendant le colloque du 3 au 5 décembre ?"),
    ("permanence informatique", "Nous demandons une permanence informatique durant le congrès, du 3 au 5 décembre de 8h à 20h."),
    ("Journées du labo", "Nous aurions besoin d'un technicien présent sur place tout au long des journées des 3 et 4 décembre."),
    ("Re-bonjour", "Comme l'an dernier, nous demandons une astreinte pour le congrès du 3 décembre."),
    ("Astreinte", "Événement : congrès ASTRO\nLieu : amphi Ampère\nDates : du 3 au 5 décembre 2026\nHoraires : 8h-20h\nSystèmes : wifi"),
    ("demande", "Voici notre demande d'astreinte pour le temps de faisceau du 14 janvier."),
    ("Colloque", "N'hésitez pas à m'appeler. Nous avons besoin d'une astreinte pour le colloque du 3 décembre."),
    ("question", "Ne serait-il pas possible d'organiser une astreinte pour le congrès du 3 au 5 décembre ?"),
    ("On-call request", "Hello,\nwe would like to request on-call support during the ASTRO conference, 3-5 December 2026, 8am to 8pm.\nThanks"),
    ("conference", "Could you please arrange for somebody to be on call during our conference on December 3-5?"),
    ("workshop on Saturday", "We need an on-call technician for the workshop on 12 December, 9am-6pm."),
    ("beam time", "Our beamtime is 14-18 January. Would it be possible to have on-call cover at night?"),
    ("On-call cover for experiment", "Please provide on-call cover for the experiment from 7 to 11 December, 6pm-10pm."),
    ("request", "We are requesting out-of-hours on-call presence for the symposium of 10 December."),
    ("IT support", "Could you provide IT support throughout the symposium, 10 and 11 December?"),
    ("congress", "Standby IT assistance is needed during the congress from 3 to 5 December."),
    ("On-call request: spring school", "The school runs 15 to 19 March 2027 in the main auditorium."),
    ("help", "I am writing to ask for on-call support for our exam on 8 December 2026 from 8am to noon."),
    ("Demande d'astreinte", "Bonjour, je voudrais demander une astreinte. Que vous faut-il ?"),
    ("concours", "Le concours a lieu le 9 janvier. Une astreinte est demandée de 7h à 19h."),
];

/// Letters that speak of it, or of congresses, and ask for nothing of the kind.
const NEAR_MISSES: &[(&str, &str)] = &[
    ("astreinte", "Bonjour, qui est d'astreinte ce week-end ?"),
    ("serveur", "Le technicien d'astreinte m'a dit de vous écrire : le serveur ne répond plus."),
    ("plainte", "L'astreinte n'a pas répondu samedi, c'est inadmissible."),
    ("imprimante", "L'imprimante est en panne. J'ai appelé l'astreinte hier, sans succès."),
    ("numéro", "Quel est le numéro d'astreinte pour les fêtes ?"),
    ("question", "Comment faire une demande d'astreinte ?"),
    ("procédure", "Pouvez-vous me dire comment demander une astreinte pour un congrès en décembre ?"),
    ("Ma demande d'astreinte", "Où en est ma demande d'astreinte du 12 octobre ?"),
    ("planning", "Merci de m'envoyer le planning d'astreinte de décembre."),
    ("prime", "Je n'ai pas reçu ma prime d'astreinte, pourriez-vous vérifier ?"),
    ("congrès", "Nous avons le plaisir de vous annoncer le congrès ASTRO du 3 au 5 décembre à Lyon."),
    ("colloque", "Le colloque aura lieu du 3 au 5 décembre. Pourriez-vous prêter un vidéoprojecteur ?"),
    ("wifi congrès", "Nous aurions besoin de comptes wifi pour les participants du congrès du 3 décembre."),
    ("imprimante", "Nous n'avons pas besoin d'astreinte, mais l'imprimante de la salle 105 doit être réparée."),
    ("congrès", "Sans astreinte, nous ferons au mieux pendant le congrès du 3 décembre. Besoin de 10 badges."),
    ("tour", "Je voudrais échanger mon astreinte de samedi avec Paul."),
    ("réunion", "La réunion sur les astreintes aura lieu le 3 décembre. Merci de confirmer votre présence."),
    ("remerciements", "Merci pour l'astreinte pendant le congrès de la semaine dernière, tout a bien marché."),
    ("PC lent", "Mon PC est lent. Je suis d'astreinte ce week-end et j'en ai besoin."),
    ("réseau", "Nous avions demandé une astreinte pour le congrès de mars. Le réseau de la salle 105 est encore en panne."),
    ("support", "J'ai besoin d'un support pour mon écran."),
    ("présence", "Je confirme ma présence technique à la réunion du 3 décembre."),
    ("assistance", "Demande d'assistance : mon ordinateur ne démarre plus avant la conférence de demain."),
    ("permanence", "La permanence du secrétariat est fermée le 3 décembre, merci de prévoir."),
    ("Y aura-t-il une astreinte ?", "Y aura-t-il une astreinte pendant les fêtes de fin d'année ?"),
    ("formulaire", "Le formulaire de demande d'astreinte ne s'ouvre pas, pouvez-vous m'aider ?"),
    ("transmission", "Pourriez-vous demander à l'astreinte de me rappeler ? Le serveur est arrêté."),
    ("on call", "Who is on call this weekend?"),
    ("complaint", "Nobody answered the on-call number yesterday. I need my account unlocked."),
    ("rota", "Could you send me the on-call rota for December?"),
    ("engineer", "The on-call engineer asked me to open a ticket: the cluster is down."),
    ("follow-up", "Following my request for on-call support, is there any news?"),
    ("question", "How do I request on-call support for a conference?"),
    ("announcement", "We are pleased to announce the ASTRO conference, 3-5 December 2026. Please register."),
    ("no need", "We do not need on-call support for the workshop of 10 December."),
    ("laptop", "I am on call this week and my laptop does not start."),
    ("training", "I need support for my training in May."),
    ("call", "Please call me back, I was on call with the supplier yesterday."),
    ("policy", "I would like to know what the on-call policy is."),
    ("salaire", "Indemnités d'astreinte : je souhaite une attestation pour le mois de novembre."),
];

#[test]
fn ok_requests_are_recognised() {
    let missed: Vec<_> = REQUESTS
        .iter()
        .filter(|(subject, body)| !is_request(subject, body))
        .collect();
    assert!(missed.is_empty(), "{missed:#?}");
}

#[test]
fn err_letters_that_only_speak_of_it_are_not() {
    let taken: Vec<_> = NEAR_MISSES
        .iter()
        .filter(|(subject, body)| is_request(subject, body))
        .collect();
    assert!(taken.is_empty(), "{taken:#?}");
}

#[test]
fn ok_the_tables_are_large_enough_to_say_anything() {
    assert!(REQUESTS.len() + NEAR_MISSES.len() >= 60);
    assert!(NEAR_MISSES.len() >= 30);
}

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
    let asked = read("astreinte", "Nous aurions besoin d'une astreinte pour un congrès du 3 au 5 décembre.", "", TODAY).unwrap();
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
    let odd = read("astreinte", "Besoin d'une astreinte vendredi 3 décembre de 8h à 20h.", "", TODAY).unwrap();
    assert!(
        matches!(odd.when, When::Odd(Doubt::Weekday { .. })),
        "{:?}",
        odd.when
    );
}

fn reply(asked: &Asked, text: &str, quoted: &str) -> Reply {
    answered(asked, &Settings::default(), (text, quoted), "Claire Dumas", TODAY)
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
    let asked = read("astreinte", "Besoin d'une astreinte pour le congrès ASTRO du 3 au 5 décembre.", "", TODAY).unwrap();
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
    let now = changed(&asked, "Bonjour,\nau 4e, chez les théoriciens.\nMerci\n", "");
    assert_eq!(now.place, "au 4e, chez les théoriciens");
    assert_eq!(reply(&asked, "Je vous dis cela demain ?", ""), Reply::Nothing);
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
        ("Le congrès est décalé du 10 au 12 décembre.", "du jeudi 10 décembre 2026 au samedi 12 décembre 2026, chaque jour de 8 h à 20 h"),
        ("Finalement de 9h à 18h.", "du jeudi 3 décembre 2026 au samedi 5 décembre 2026, chaque jour de 9 h à 18 h"),
        ("Dates : du 4 au 5 décembre", "du vendredi 4 décembre 2026 au samedi 5 décembre 2026, chaque jour de 8 h à 20 h"),
    ] {
        let now = changed(&asked, text, "");
        assert_eq!(now.when.period().unwrap().french().replace('\u{a0}', " "), expected, "{text}");
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
        mark: Some(Mark {
            year: 2026,
            serial: 3,
        }),
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
    assert_eq!(due::due(&asleep, late, &zone, None), None, "one letter, not ten");
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
    let text = ics::write(&[request], "univ.example", &zone, "2026-11-23T08:00:00Z".parse().unwrap());
    assert_eq!(text.matches("BEGIN:VEVENT").count(), 3);
    assert!(text.lines().all(|line| line.len() <= 75), "{text}");
    assert!(text.split("\r\n").all(|line| !line.contains('\n')), "{text}");
    assert!(text.contains("UID:oncall-2026-003-2@univ.example"), "{text}");
    assert!(text.contains("DTSTART:20261204T070000Z"), "{text}");
    assert!(text.contains("Paul Martin\\; l'agent\\, \\\\ du soir"), "{text}");
    let read = crate::calendar::ics::closures(text.as_bytes(), &zone).unwrap();
    assert_eq!(read.len(), 3, "our own reader reads it");
}

fn fields() -> impl Strategy<Value = Asked> {
    let word = "[A-Z][a-zé]{3,9}( [A-Z][a-z]{2,8}){0,2}";
    let phone = "0[67]( [0-9]{2}){4}";
    (
        (word, word, "(wifi|réseau|serveur de calcul|visio)(, (wifi|sono))?"),
        1_u32..5_000,
        (any::<bool>(), any::<bool>(), any::<bool>()),
        (word, phone),
        (word, phone),
        (0_i32..300, 0_i32..10, 0_i8..24, 0_i8..24),
    )
        .prop_filter_map("a request", |(texts, people, (phone, remote, on_site), one, two, when)| {
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
                contact: Contact { name: one.0, phone: one.1 },
                second: Contact { name: two.0, phone: two.1 },
                agreement: String::new(),
            })
        })
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
