//! Letters that ask for on-call presence, and letters that only speak of it or of congresses.

use super::TODAY;
use crate::oncall::read;

fn is_request(subject: &str, body: &str) -> bool {
    read(subject, body, "Claire Dumas", TODAY).is_some()
}

/// Letters that ask for on-call presence in advance.
const REQUESTS: &[(&str, &str)] = &[
    (
        "Demande d'astreinte",
        "Bonjour,\nNous organisons un colloque du jeudi 3 au samedi 5 décembre. Nous aurions besoin d'une astreinte informatique de 8h à 20h.\nMerci",
    ),
    (
        "Congrès ASTRO 2026",
        "Bonjour, dans le cadre du congrès ASTRO 2026, du 3 au 5 décembre, serait-il possible de prévoir une astreinte ?",
    ),
    (
        "Astreinte congrès",
        "Bonjour,\nje sollicite une astreinte pour le congrès du 12/12 de 8h à 18h.",
    ),
    (
        "colloque de décembre",
        "Pourriez-vous mettre en place une astreinte pendant le colloque du 3 décembre, de 9h à 18h ?",
    ),
    (
        "expérience week-end",
        "Notre expérience tourne le week-end du 12. Il nous faudrait quelqu'un d'astreinte, par téléphone.",
    ),
    (
        "manip de nuit",
        "Bonjour, je souhaiterais une astreinte pour la manip de nuit du 9 au 10 décembre (22h-6h).",
    ),
    (
        "Besoin astreinte",
        "Campagne de mesures du 4 au 8 janvier : une astreinte à distance serait nécessaire.",
    ),
    (
        "Demande d'astreinte ponctuelle : école d'été",
        "École thématique du 7 au 11 décembre, de 8h à 19h, amphi Ampère.",
    ),
    (
        "soutenance",
        "Est-il possible d'avoir une astreinte lors de la soutenance du 4 décembre à 14h ?",
    ),
    (
        "Demande",
        "Je vous adresse ma demande d'astreinte pour le forum du 10 décembre.",
    ),
    (
        "Congrès",
        "Merci de prévoir une astreinte le 5 décembre de 8h à 20h, salle 105.",
    ),
    (
        "astreinte",
        "Nous souhaitons qu'un technicien soit d'astreinte pendant le congrès du 3 au 5 décembre.",
    ),
    (
        "présence technique",
        "Pourriez-vous assurer une présence technique pendant le colloque du 3 au 5 décembre ?",
    ),
    (
        "permanence informatique",
        "Nous demandons une permanence informatique durant le congrès, du 3 au 5 décembre de 8h à 20h.",
    ),
    (
        "Journées du labo",
        "Nous aurions besoin d'un technicien présent sur place tout au long des journées des 3 et 4 décembre.",
    ),
    (
        "Re-bonjour",
        "Comme l'an dernier, nous demandons une astreinte pour le congrès du 3 décembre.",
    ),
    (
        "Astreinte",
        "Événement : congrès ASTRO\nLieu : amphi Ampère\nDates : du 3 au 5 décembre 2026\nHoraires : 8h-20h\nSystèmes : wifi",
    ),
    (
        "demande",
        "Voici notre demande d'astreinte pour le temps de faisceau du 14 janvier.",
    ),
    (
        "Colloque",
        "N'hésitez pas à m'appeler. Nous avons besoin d'une astreinte pour le colloque du 3 décembre.",
    ),
    (
        "question",
        "Ne serait-il pas possible d'organiser une astreinte pour le congrès du 3 au 5 décembre ?",
    ),
    (
        "On-call request",
        "Hello,\nwe would like to request on-call support during the ASTRO conference, 3-5 December 2026, 8am to 8pm.\nThanks",
    ),
    (
        "conference",
        "Could you please arrange for somebody to be on call during our conference on December 3-5?",
    ),
    (
        "workshop on Saturday",
        "We need an on-call technician for the workshop on 12 December, 9am-6pm.",
    ),
    (
        "beam time",
        "Our beamtime is 14-18 January. Would it be possible to have on-call cover at night?",
    ),
    (
        "On-call cover for experiment",
        "Please provide on-call cover for the experiment from 7 to 11 December, 6pm-10pm.",
    ),
    (
        "request",
        "We are requesting out-of-hours on-call presence for the symposium of 10 December.",
    ),
    (
        "IT support",
        "Could you provide IT support throughout the symposium, 10 and 11 December?",
    ),
    (
        "congress",
        "Standby IT assistance is needed during the congress from 3 to 5 December.",
    ),
    (
        "On-call request: spring school",
        "The school runs 15 to 19 March 2027 in the main auditorium.",
    ),
    (
        "help",
        "I am writing to ask for on-call support for our exam on 8 December 2026 from 8am to noon.",
    ),
    (
        "Demande d'astreinte",
        "Bonjour, je voudrais demander une astreinte. Que vous faut-il ?",
    ),
    (
        "concours",
        "Le concours a lieu le 9 janvier. Une astreinte est demandée de 7h à 19h.",
    ),
];

/// Letters that speak of it, or of congresses, and ask for nothing of the kind.
const NEAR_MISSES: &[(&str, &str)] = &[
    ("astreinte", "Bonjour, qui est d'astreinte ce week-end ?"),
    (
        "serveur",
        "Le technicien d'astreinte m'a dit de vous écrire : le serveur ne répond plus.",
    ),
    (
        "plainte",
        "L'astreinte n'a pas répondu samedi, c'est inadmissible.",
    ),
    (
        "imprimante",
        "L'imprimante est en panne. J'ai appelé l'astreinte hier, sans succès.",
    ),
    ("numéro", "Quel est le numéro d'astreinte pour les fêtes ?"),
    ("question", "Comment faire une demande d'astreinte ?"),
    (
        "procédure",
        "Pouvez-vous me dire comment demander une astreinte pour un congrès en décembre ?",
    ),
    (
        "Ma demande d'astreinte",
        "Où en est ma demande d'astreinte du 12 octobre ?",
    ),
    (
        "planning",
        "Merci de m'envoyer le planning d'astreinte de décembre.",
    ),
    (
        "prime",
        "Je n'ai pas reçu ma prime d'astreinte, pourriez-vous vérifier ?",
    ),
    (
        "congrès",
        "Nous avons le plaisir de vous annoncer le congrès ASTRO du 3 au 5 décembre à Lyon.",
    ),
    (
        "colloque",
        "Le colloque aura lieu du 3 au 5 décembre. Pourriez-vous prêter un vidéoprojecteur ?",
    ),
    (
        "wifi congrès",
        "Nous aurions besoin de comptes wifi pour les participants du congrès du 3 décembre.",
    ),
    (
        "imprimante",
        "Nous n'avons pas besoin d'astreinte, mais l'imprimante de la salle 105 doit être réparée.",
    ),
    (
        "congrès",
        "Sans astreinte, nous ferons au mieux pendant le congrès du 3 décembre. Besoin de 10 badges.",
    ),
    (
        "tour",
        "Je voudrais échanger mon astreinte de samedi avec Paul.",
    ),
    (
        "réunion",
        "La réunion sur les astreintes aura lieu le 3 décembre. Merci de confirmer votre présence.",
    ),
    (
        "remerciements",
        "Merci pour l'astreinte pendant le congrès de la semaine dernière, tout a bien marché.",
    ),
    (
        "PC lent",
        "Mon PC est lent. Je suis d'astreinte ce week-end et j'en ai besoin.",
    ),
    (
        "réseau",
        "Nous avions demandé une astreinte pour le congrès de mars. Le réseau de la salle 105 est encore en panne.",
    ),
    ("support", "J'ai besoin d'un support pour mon écran."),
    (
        "présence",
        "Je confirme ma présence technique à la réunion du 3 décembre.",
    ),
    (
        "assistance",
        "Demande d'assistance : mon ordinateur ne démarre plus avant la conférence de demain.",
    ),
    (
        "permanence",
        "La permanence du secrétariat est fermée le 3 décembre, merci de prévoir.",
    ),
    (
        "Y aura-t-il une astreinte ?",
        "Y aura-t-il une astreinte pendant les fêtes de fin d'année ?",
    ),
    (
        "formulaire",
        "Le formulaire de demande d'astreinte ne s'ouvre pas, pouvez-vous m'aider ?",
    ),
    (
        "transmission",
        "Pourriez-vous demander à l'astreinte de me rappeler ? Le serveur est arrêté.",
    ),
    ("on call", "Who is on call this weekend?"),
    (
        "complaint",
        "Nobody answered the on-call number yesterday. I need my account unlocked.",
    ),
    ("rota", "Could you send me the on-call rota for December?"),
    (
        "engineer",
        "The on-call engineer asked me to open a ticket: the cluster is down.",
    ),
    (
        "follow-up",
        "Following my request for on-call support, is there any news?",
    ),
    (
        "question",
        "How do I request on-call support for a conference?",
    ),
    (
        "announcement",
        "We are pleased to announce the ASTRO conference, 3-5 December 2026. Please register.",
    ),
    (
        "no need",
        "We do not need on-call support for the workshop of 10 December.",
    ),
    (
        "laptop",
        "I am on call this week and my laptop does not start.",
    ),
    ("training", "I need support for my training in May."),
    (
        "call",
        "Please call me back, I was on call with the supplier yesterday.",
    ),
    ("policy", "I would like to know what the on-call policy is."),
    (
        "salaire",
        "Indemnités d'astreinte : je souhaite une attestation pour le mois de novembre.",
    ),
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
