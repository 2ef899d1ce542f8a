//! What a sceptic asks of the engine, each with the letter that would show it wrong.

use std::collections::BTreeMap;

use guichet::message::Text;
use guichet::policy::{Card, Evidence, Language, Letter, Outcome, Verdict, judge};
use guichet::registry::{Registry, Source, Table};
use jiff::civil::Date;

const TODAY: Date = Date::constant(2026, 11, 23);

const PEOPLE: &str = "email,aliases,name,status,team,language,until\n\
    luc@univ.example,l.perrin@univ.example;lperrin,Luc Perrin,permanent,,,\n\
    anne@univ.example,,Anne Roy,permanent,,en,\n\
    paul@univ.example,,Paul Blanc,permanent,,,\n\
    paul2@univ.example,,Paul Blanc,phd,,,\n\
    past@univ.example,,Old Hand,permanent,,,2026-01-31\n";
const ASSETS: &str = "tag,serial,hostname,owner,purchase,market,os,os_release,os_edition,extended_support,exemption,last_seen\n\
    2026-00233,PF4M7K21,pc-inst-33,,unit,none,windows,11 25H2,Pro,no,,2026-11-20\n\
    2013-00088,5CG3000AAA,pc-old-88,,it,matinfo,windows,7,Pro,no,,2026-11-20\n\
    2024-00417,,pc-bio-17,PERRIN Luc,it,matinfo,windows,7,Pro,no,,2026-11-20\n\
    2024-00500,,,Paul Blanc,it,matinfo,windows,7,Pro,no,,2026-11-20\n";
const LIFECYCLE: &str = "product,release,edition,end_of_support,extended_until,aliases\n\
    windows,7,,2020-01-14,2023-01-10,win7\n\
    windows,11 25H2,Home;Pro,2027-10-12,none,\n";
const VISITORS: &str = "email,name,host,from,until\n\
    guest@visitor.example,A Guest,luc@univ.example,2026-10-01,2026-12-18\n\
    past@visitor.example,Gone,luc@univ.example,2026-01-01,2026-02-01\n\
    past@univ.example,Old Hand,luc@univ.example,2026-10-01,2026-12-18\n";
const SOFTWARE: &str = "name,aliases,platform,status\nZotero,,,approved\nCCleaner,,,forbidden\n";
const SHARED: &str = "name,aliases,kind,people\ncopieur-3e,copieur du 3e étage,printer,25\nB214,salle B214,room,60\n";

fn tables() -> Registry {
    let sources = [
        (Table::People, PEOPLE),
        (Table::Assets, ASSETS),
        (Table::Lifecycle, LIFECYCLE),
        (Table::Visitors, VISITORS),
        (Table::Software, SOFTWARE),
        (Table::SharedSystems, SHARED),
    ]
    .map(|(table, text)| Source {
        table,
        file: table.as_str(),
        bytes: text.as_bytes(),
        exported_on: Some(TODAY),
        columns: BTreeMap::new(),
        values: BTreeMap::new(),
    });
    Registry::load(&sources, Card::shipped().unwrap().registry_settings()).unwrap()
}

fn of(from: &str, subject: &str, body: &str) -> Verdict {
    let text = Text {
        new: body.to_owned(),
        ..Text::default()
    };
    let letter = Letter {
        from: Some(from),
        ..Letter::new(subject, &text)
    };
    let now = format!("{TODAY}T09:00:00Z").parse().unwrap();
    judge(Card::shipped().unwrap(), &tables(), &letter, now)
}

fn luc(subject: &str, body: &str) -> Verdict {
    of("luc@univ.example", subject, body)
}

fn fact(verdict: &Verdict, name: &str) -> Option<String> {
    verdict.trace.facts.get(name)?.value.clone()
}

#[test]
fn what_a_machine_wrote_protects_and_never_accuses() {
    let private = "Mon PC perso rame, c'est pour un usage familial.";
    assert_eq!(luc("", private).outcome, Outcome::Reject);
    let with = |line: &str| luc("", &format!("{private}\n{line}\n"));
    // A word of work in a pasted line stops the refusal as it would in a written one.
    assert_ne!(
        with("error code: 12 sur le poste du labo").outcome,
        Outcome::Reject
    );
    // What only a program says is nobody's statement.
    let pasted = luc(
        "",
        "Bonjour,\nError code: 0x80070005 mon PC perso pour un usage familial\nMerci",
    );
    assert!(pasted.outcome < Outcome::Ask, "{:?}", pasted.outcome);
    // It takes nothing back either.
    assert_eq!(with("errno 5 mon PC perso").outcome, Outcome::Reject);
    let pasted = luc(
        "",
        "Ça plante :\nThis program requires Windows 7 or later (error code: 12)",
    );
    assert!(pasted.clause.is_none(), "{:?}", pasted.clause);
}

#[test]
fn a_key_that_is_not_written_now_names_no_machine() {
    assert_eq!(
        luc("", "Le PC 2026-00233 ne démarre plus").outcome,
        Outcome::Reject
    );
    for (subject, body) in [
        ("Re: 2026-00233", "Mon poste ne démarre plus"),
        (
            "",
            "Mon poste ne démarre plus :\nerrno 5: host 2026-00233 refused",
        ),
        ("Re: 2024-00417", "Le PC 2026-00233 ne démarre plus"),
        (
            "",
            "Le PC 2026-00233 ne démarre plus\nerrno 5: host pc-bio-17 refused",
        ),
    ] {
        let verdict = luc(subject, body);
        assert_ne!(verdict.outcome, Outcome::Reject, "{subject} / {body}");
        assert_eq!(fact(&verdict, "asset.strong"), None, "{subject} / {body}");
    }
    let again = luc("Re: 2026-00233", "Le PC 2026-00233 ne démarre plus");
    assert_eq!(fact(&again, "asset.strong").as_deref(), Some("true"));
}

#[test]
fn keys_are_found_in_free_text_however_they_are_written() {
    for body in [
        "le pc PC-BIO-17 ne marche plus",
        "pc_bio_17 ne marche plus",
        "le poste pc-bio-17.univ.example ne marche plus",
        "le poste 2024/00417 ne marche plus",
        "(inventaire n° 202400417) ne marche plus",
        "« 2024–00417 » ne marche plus",
        "N° INVENTAIRE: 2024-00417, ne marche plus",
    ] {
        let verdict = luc("", body);
        assert_eq!(
            fact(&verdict, "asset.strong").as_deref(),
            Some("true"),
            "{body}"
        );
    }
    let serial = luc("", "s/n 5cg3000aaa en panne");
    assert_eq!(fact(&serial, "asset.strong").as_deref(), Some("true"));
    for body in [
        "inventaire 0000",
        "étiquette : XXXX",
        "inventaire N/A",
        "n° d'inventaire : 2026-xxxxx",
    ] {
        let verdict = luc("", body);
        assert_eq!(
            fact(&verdict, "asset.named").as_deref(),
            Some("false"),
            "{body}"
        );
    }
}

#[test]
fn printers_and_rooms_set_how_many_are_hit() {
    for (body, level) in [
        ("Le copieur du 3e étage ne répond plus", 3),
        ("COPIEUR-3E en panne", 3),
        ("Le vidéoprojecteur de la salle B214 est en panne", 4),
        ("Le projecteur en b214 est en panne", 4),
    ] {
        assert_eq!(luc("", body).mutualisation, level, "{body}");
    }
}

#[test]
fn only_having_a_private_machine_is_no_private_request() {
    for body in [
        "Je n'ai que mon PC perso pour un usage familial et je ne peux plus ouvrir ma session.",
        "Je n'ai qu'un PC perso, pour un usage personnel, il ne démarre plus.",
        "Je n'ai plus qu'un ordinateur personnel, c'est pour un usage perso, il rame.",
        "Je ne dispose que de mon PC perso, à usage personnel, il est en panne.",
        "Nous n'avons plus que notre PC perso à usage familial, il plante.",
        "I only have my personal laptop, for personal use, it crashes.",
    ] {
        let verdict = luc("", body);
        assert_ne!(verdict.outcome, Outcome::Reject, "{body}");
    }
}

#[test]
fn a_comparison_or_a_stopgap_is_not_what_fails() {
    for body in [
        "Ça marche sur mon Mac perso mais pas sur le poste du labo.",
        "J'écris depuis mon téléphone perso car ma messagerie est en panne.",
        "It works on my own laptop but not on the lab PC.",
        "Avec mon PC perso tout fonctionne, l'imprimante du couloir refuse mon poste.",
    ] {
        let verdict = luc("", body);
        assert!(
            verdict.outcome <= Outcome::Flag,
            "{body}: {:?}",
            verdict.outcome
        );
    }
}

#[test]
fn a_negation_of_something_else_asks_and_never_refuses() {
    for body in [
        "Je n'arrive pas à ouvrir Word sur mon PC perso, c'est pour un usage familial.",
        "Ce n'est pas urgent, mon PC perso rame : est-ce que l'usage familial est pris en charge ?",
        "Sans mon PC perso je ne peux rien faire, même pour un usage familial.",
        "Si c'était mon ordinateur personnel à usage familial, je comprendrais.",
        "Est-ce que l'institut dépanne mon ordinateur personnel pour un usage familial ?",
        "Mon collègue dit : « mon PC perso rame, pour un usage familial ».",
        "I am not sure whether you fix my own laptop for private use.",
    ] {
        let verdict = luc("", body);
        assert_ne!(verdict.outcome, Outcome::Reject, "{body}");
    }
}

#[test]
fn stopped_work_keeps_the_notice_that_a_question_would_hide() {
    let body = "Teams plante sur mon PC personnel. J'ai modifié le registre.";
    let calm = luc("", body);
    assert_eq!(calm.outcome, Outcome::Ask);
    let stopped = luc("", &format!("{body} La soutenance commence dans 1 heure."));
    assert_eq!(stopped.criticality, 4);
    assert_eq!(stopped.outcome, Outcome::Notice);
    assert_eq!(stopped.clause.unwrap().as_str(), "E7");
}

#[test]
fn a_name_two_people_bear_is_nobodys() {
    let own = luc("", "Mon poste est très lent");
    assert_eq!(fact(&own, "owned.support").as_deref(), Some("ended"));
    let shared = of("paul@univ.example", "", "Mon poste est très lent");
    assert_eq!(fact(&shared, "owned.support"), None);
    assert_eq!(shared.outcome, Outcome::Accept);
    // A weak key is shown to a technician and refuses nothing.
    assert!(own.outcome <= Outcome::Flag);
}

#[test]
fn an_alias_is_the_person_and_past_days_leave_the_status_open() {
    let alias = of("L.Perrin@univ.example", "", "Mon poste est lent");
    assert_eq!(fact(&alias, "sender.known").as_deref(), Some("true"));
    assert_eq!(alias.person_name.as_deref(), Some("Luc Perrin"));
    let past = of("past@univ.example", "", "My laptop shows a blue screen");
    assert_eq!(fact(&past, "sender.known").as_deref(), Some("true"));
    assert_eq!(fact(&past, "sender.status"), None);
    assert_eq!(fact(&past, "visitor.listed").as_deref(), Some("true"));
    let gone = of("past@visitor.example", "", "My laptop shows a blue screen");
    assert_eq!(fact(&gone, "visitor.listed").as_deref(), Some("false"));
    assert_ne!(gone.outcome, Outcome::Reject);
}

#[test]
fn approved_software_is_no_reason_to_ask() {
    let approved = luc("", "Depuis que j'ai installé Zotero, Word plante.");
    assert!(approved.outcome < Outcome::Ask, "{:?}", approved.outcome);
    for name in ["CCleaner", "Inconnu", "Zotero et CCleaner"] {
        let body = format!("Depuis que j'ai installé {name}, Word plante.");
        assert_eq!(luc("", &body).outcome, Outcome::Ask, "{name}");
    }
}

#[test]
fn a_letter_whose_language_is_not_sure_is_answered_in_both() {
    let language = |body: &str| luc("", body).language;
    for body in [
        "Merci",
        "Printer down",
        "Bonjour",
        "Bonjour, the printer is not working, merci",
        "",
        "???",
    ] {
        assert_eq!(language(body), Language::Unsure, "{body}");
    }
    assert_eq!(language("Je n'arrive pas à imprimer"), Language::Fr);
    assert_eq!(language("I cannot print"), Language::En);
    assert_eq!(
        of("anne@univ.example", "", "Printer down").language,
        Language::En
    );
}

#[test]
fn evidence_is_shown_in_the_writers_own_spelling() {
    let verdict = luc(
        "",
        "Ｍon  ORDINATEUR\nPéŕso rame, c’est pour un usage FAMILIAL.",
    );
    let quotes: Vec<&str> = verdict
        .evidence
        .iter()
        .filter_map(|evidence| match evidence {
            Evidence::Signal { quote, .. } => Some(quote.as_str()),
            Evidence::Fact { .. } => None,
        })
        .collect();
    assert_eq!(verdict.outcome, Outcome::Reject);
    assert_eq!(quotes, ["Ｍon ORDINATEUR Péŕso", "pour un usage FAMILIAL"]);
}

#[test]
fn whoever_clicked_gets_the_security_way_and_no_question_about_the_purchase() {
    let clicked = "J'ai cliqué sur le lien, l'ordinateur a été commandé sur Amazon.";
    for subject in [
        "Phishing",
        "Phising ?",
        "tentative de fishing",
        "hammeçonnage",
        "Mail bizarre",
        "Arnaque Amazon",
        "Weird email",
        "Scam email",
    ] {
        let verdict = luc(subject, clicked);
        assert!(verdict.is_security(), "{subject}: {:?}", verdict.safety);
        assert_eq!(verdict.outcome, Outcome::Flag, "{subject}");
        assert_eq!(verdict.criticality, 4, "{subject}");
    }
    // Spoken of in doubt: nobody is asked who bought the machine.
    let doubt = luc("Pas sûr : phishing ?", clicked);
    assert_eq!(doubt.outcome, Outcome::Flag);
    // Near misses are requests like any other.
    for (subject, body) in [
        (
            "Fishing gear database",
            "J'ai cliqué sur le lien de la base, elle ne marche pas.",
        ),
        ("Affichage", "J'ai un mail bizarre : caractères illisibles."),
        (
            "Adresse mail bizarre",
            "Mon adresse mail bizarre ne marche plus.",
        ),
        (
            "Activation",
            "J'ai cliqué sur le lien d'activation, il ne marche pas.",
        ),
        (
            "Bruit",
            "My printer makes a strange noise, I clicked print.",
        ),
        (
            "Lien mort",
            "J'ai cliqué sur le lien de la page : lien mort.",
        ),
        (
            "Formation phishing",
            "J'ai cliqué sur le lien d'inscription, il ne marche pas.",
        ),
    ] {
        let verdict = luc(subject, body);
        assert!(
            !verdict.is_security(),
            "{subject}: {:?}",
            verdict.trace.safety
        );
    }
    assert_eq!(luc("Commande", clicked).outcome, Outcome::Ask);
}
