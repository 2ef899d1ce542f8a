//! The words that requests for on-call presence are told by, folded, in French and English.
//!
//! Lists and nothing else, so that a word can be added without reading code. What each list is for
//! stands above it; where it is used is one look away.

/// A list of words on as few lines as they need.
macro_rules! words {
    ($($word:literal)+) => { &[$($word),+] };
}
pub(super) use words;

/// What an occasion is called, folded.
pub(super) const EVENTS: &[&str] = words![
    "congres" "colloque" "colloques" "conference" "conferences" "seminaire" "seminar" "symposium"
    "workshop" "atelier" "experience" "experiences" "experiment" "experiments" "manip" "manips"
    "manipulation" "campagne" "campaign" "soutenance" "defence" "defense" "concours" "forum"
    "salon" "hackathon" "beamtime" "faisceau" "beam" "congress" "ecole" "school" "journee"
    "journees" "rencontres" "evenement" "event" "examen" "examens" "exam" "exams" "exposition"
    "festival" "inauguration" "acquisition" "mesures" "measurements" "convention" "assemblee"
    "olympiades" "fete" "telescope"
];

/// Words that end a name.
pub(super) const ENDS: &[&str] = words![
    "a" "au" "aux" "dans" "le" "les" "from" "aura" "auront" "se" "qui" "que" "which" "that" "will"
    "takes" "is" "are" "est" "sera" "seront" "pendant" "durant" "during" "between" "in" "at"
    "entre" "et" "and" "nous" "we" "ou" "pour" "for" "avec" "with" "organise" "organisee"
    "organised" "organized" "prevu" "prevue" "lieu" "avant" "jusqu" "by" "needs"
];

/// Words before a name that are not part of it.
pub(super) const BEFORE_NAMES: &[&str] = words![
    "le" "la" "l" "les" "un" "une" "d" "de" "du" "des" "notre" "nos" "the" "a" "an" "our" "your"
    "this" "of" "for" "during" "at"
];

/// Nouns before the name of a place.
pub(super) const PLACES: &[&str] = words![
    "salle" "salles" "amphi" "amphitheatre" "amphis" "batiment" "bat" "palais" "centre" "campus"
    "auditorium" "hotel" "theatre" "plateforme" "ligne" "room" "rooms" "building" "bureau"
    "observatoire"
];

/// English puts the name before the noun.
pub(super) const PLACES_AFTER: &[&str] = words![
    "hall" "auditorium" "theatre" "building" "center" "centre" "campus" "beamline"
];

/// What may have to work.
pub(super) const SYSTEMS: &[&str] = words![
    "wifi" "reseau" "network" "videoprojecteur" "videoprojecteurs" "projecteur" "projector"
    "projectors" "visio" "visioconference" "videoconference" "videoconferencing" "streaming"
    "retransmission" "captation" "serveur" "serveurs" "server" "servers" "cluster" "calculateur"
    "acquisition" "stockage" "storage" "sauvegarde" "backup" "imprimante" "imprimantes" "printer"
    "printers" "postes" "pc" "ordinateurs" "laptops" "computers" "sonorisation" "sono" "messagerie"
    "vpn" "internet" "eduroam" "zoom" "teams" "inscription" "badges" "instrument" "instruments"
];

/// Words.
pub(super) const PEOPLE: &[&str] = words![
    "personnes" "personne" "participants" "participantes" "utilisateurs" "people" "attendees"
    "users" "chercheurs" "scientists" "researchers" "inscrits" "invites" "guests" "students"
    "etudiants" "visitors" "delegates" "congressistes" "candidats" "speakers" "intervenants"
];

/// Whoever may be on call.
pub(super) const PERSONS: &[&str] = words![
    "agent" "agents" "personne" "personnes" "technicien" "technicienne" "techniciens" "collegue"
    "informaticien" "informaticienne" "equipe" "ingenieur" "un" "engineer" "technician"
    "technicians" "person" "staff" "member" "somebody" "someone" "colleague"
];

/// What is `d'astreinte` without being on-call presence.
pub(super) const PAPERS: &[&str] = words![
    "planning" "plannings" "tour" "tours" "prime" "primes" "indemnite" "indemnites" "numero"
    "numeros" "telephone" "tel" "regle" "regles" "reglement" "regime" "systeme" "calendrier"
    "tableau" "rapport" "bilan" "rendu" "semaine" "semaines" "frais" "heures" "nuits" "charte"
    "procedure" "cahier" "paiement" "remuneration" "repos" "note" "formulaire" "modele" "service"
    "place" "placee" "mis" "mise" "jours"
];

/// The same behind `on-call`.
pub(super) const ENGLISH_PAPERS: &[&str] = words![
    "rota" "rotas" "roster" "rosters" "schedule" "schedules" "number" "numbers" "pay" "allowance"
    "allowances" "list" "policy" "policies" "rules" "calendar" "procedure" "form" "planning"
    "bonus"
];

/// What asks for something.
pub(super) const CUES: &[&str] = words![
    "besoin" "demande" "demandons" "demander" "demandent" "sollicite" "sollicitons" "solliciter"
    "souhaite" "souhaitons" "souhaiterais" "souhaiterions" "souhaiterait" "souhaitee" "souhaitees"
    "souhaitable" "souhaitent" "voudrais" "voudrions" "voudrait" "aimerais" "aimerions" "aimerait"
    "faudrait" "faut" "faudra" "possible" "possibilite" "prevoir" "prevoyez" "organiser" "assurer"
    "mettre" "mise" "reserver" "planifier" "necessaire" "necessite" "necessitera" "demandee"
    "demandees" "requise" "pourriez" "pouvez" "accorder" "obtenir" "disposer" "beneficier"
    "request" "requesting" "need" "needs" "would" "could" "please" "arrange" "provide" "book"
    "required" "requested" "needed" "grant" "asking" "ask" "like" "wish"
];

/// What denies.
pub(super) const NO: &[&str] = words![
    "sans" "aucune" "aucun" "without" "no" "pas" "plus" "not" "jamais" "never" "inutile" "don"
    "doesn" "dont" "doesnt" "nul" "ni" "nor"
];

/// What is over.
pub(super) const PAST: &[&str] = words![
    "avais" "avions" "avait" "avaient" "etait" "etaient" "ete" "dernier" "derniere" "dernieres"
    "hier" "passe" "passee" "was" "were" "had" "last" "yesterday" "previous" "precedente"
    "precedent" "avez" "refusee" "refused"
];

/// What asks how, who or which.
pub(super) const HOW: &[&str] = words![
    "comment" "how" "quel" "quelle" "quels" "quelles" "which" "what" "combien" "who" "qui" "savoir"
    "know" "wonder"
];

/// What sends an earlier request along.
pub(super) const SENT_NOW: &[&str] = words![
    "voici" "dessous" "joint" "jointe" "below" "here" "attached" "trouverez" "adresse" "adressons"
    "envoie" "envoyons" "transmets" "transmettons" "soumets" "soumettons" "submit" "submitting"
    "send" "sending" "depose" "deposons" "formule" "formulons" "enclosed"
];

/// What makes a request one that was made before.
pub(super) const OWN: &[&str] = words![
    "ma" "mon" "notre" "votre" "cette" "sa" "son" "leur" "my" "our" "this" "that" "la" "the"
];
