//! Requests as people write them: French and English, plain and with HTML, 2 to 5 kB.

use std::fmt::Write as _;

/// Subject, then what they write; `#` becomes a number.
const REQUESTS: [(&str, &str); 8] = [
    (
        "Imprimante du couloir en panne",
        "Bonjour,\n\nL'imprimante du 2e étage, bureau #, n'imprime plus depuis ce matin. Le voyant rouge clignote et l'écran affiche « bourrage papier », mais je ne vois aucun papier coincé. Pouvez-vous regarder ?",
    ),
    (
        "Cannot reach the file server",
        "Hello,\n\nSince this morning I cannot open the shared folder of our team from room #. The explorer says that the network path was not found. My colleagues next door still have access.",
    ),
    (
        "Demande d'installation de Zotero",
        "Bonjour,\n\nPourriez-vous installer Zotero sur mon poste pc-bio-# ? J'en ai besoin pour la rédaction de ma thèse, et je n'ai pas les droits d'administration.",
    ),
    (
        "Screen stays black",
        "Hi,\n\nthe screen of my desktop in room # stays black after the update of last night. The lamp at the front is on and I can hear the fan. I have tried another cable.",
    ),
    (
        "Problème de connexion au VPN",
        "Bonjour,\n\nJe suis en mission à l'étranger et le VPN refuse mon mot de passe (erreur #). Le webmail fonctionne pourtant avec le même mot de passe.",
    ),
    (
        "New keyboard",
        "Dear all,\n\ncould I have a new keyboard for the workstation in room #? Several keys do not react any more, among them the space bar.",
    ),
    (
        "Accès au calculateur",
        "Bonjour,\n\nUn doctorant de l'équipe arrive lundi (bureau #). Que faut-il faire pour lui ouvrir un compte sur le calculateur et sur l'espace partagé ?",
    ),
    (
        "Wifi is slow in the seminar room",
        "Hello,\n\nthe wireless network in seminar room # is so slow that video meetings break down. It was fine until last week. About thirty people were in the room.",
    ),
];

/// What people add.
const DETAILS: [&str; 6] = [
    "J'ai déjà redémarré deux fois, sans changement, et j'ai vérifié que le câble était bien branché des deux côtés.",
    "I have restarted it twice and checked the cables; nothing has changed, and the same happens with another account.",
    "Cela nous gêne beaucoup parce que nous devons rendre un rapport à la fin de la semaine prochaine.",
    "It is not terribly urgent, but it would help us a lot to have it working again before the visit of next week.",
    "Je suis au bureau tous les jours de 9 h à 17 h, sauf le mercredi après-midi où j'enseigne à l'université.",
    "You can come by at any time in the morning; in the afternoon I am in the laboratory and can be reached by phone.",
];

/// Different letters of people of the own domain, the same at every call.
pub fn mailbox(count: usize) -> Vec<Vec<u8>> {
    (0..count).map(letter).collect()
}

fn letter(number: usize) -> Vec<u8> {
    let (subject, start) = REQUESTS[number % REQUESTS.len()];
    let person = (number * 7919) % 613;
    let mut text = start.replace('#', &(100 + number % 400).to_string());
    for at in 0..7 + number % 13 {
        let _ = write!(text, "\n\n{}", DETAILS[(number + at * 5) % DETAILS.len()]);
    }
    let _ = write!(
        text,
        "\n\nDossier {number}.\n\n-- \nPrénom Nom{person}\nInstitut de physique, bâtiment B, tél. 01 23 45 {person:03}\n"
    );
    let head = format!(
        "Return-Path: <nom{person}@univ.example>\n\
         Received: from mx1.univ.example (mx1.univ.example [192.0.2.10])\n\
         \tby imap.univ.example (Postfix) with ESMTPS id 4Q{number:08}\n\
         \tfor <support@univ.example>; Mon, 23 Nov 2026 09:12:44 +0100 (CET)\n\
         Received: from [192.0.2.77] (unknown [192.0.2.77])\n\
         \tby mx1.univ.example (Postfix) with ESMTPSA id 4R{number:08}\n\
         \tfor <support@univ.example>; Mon, 23 Nov 2026 09:12:43 +0100 (CET)\n\
         Message-ID: <{number:08x}.{person}@univ.example>\n\
         Date: Mon, 23 Nov 2026 09:12:43 +0100\n\
         From: =?UTF-8?Q?Pr=C3=A9nom_Nom{person}?= <nom{person}@univ.example>\n\
         To: Assistance <support@univ.example>\n\
         Subject: {subject} ({number})\n\
         User-Agent: Mozilla Thunderbird\nContent-Language: fr\nMIME-Version: 1.0\n",
        subject = encoded(subject),
    );
    let body = if number.is_multiple_of(3) {
        let html = text
            .replace('&', "&amp;")
            .replace("\n\n", "</p>\n<p>")
            .replace('\n', "<br>\n");
        format!(
            "Content-Type: multipart/alternative; boundary=\"=_{number:016}\"\n\n\
             --=_{number:016}\nContent-Type: text/plain; charset=utf-8\n\
             Content-Transfer-Encoding: 8bit\n\n{text}\n\
             --=_{number:016}\nContent-Type: text/html; charset=utf-8\n\
             Content-Transfer-Encoding: 8bit\n\n<html><body><p>{html}</p></body></html>\n\
             --=_{number:016}--\n"
        )
    } else {
        format!(
            "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n{text}"
        )
    };
    format!("{head}{body}").replace('\n', "\r\n").into_bytes()
}

/// An encoded word (RFC 2047) where one is needed.
fn encoded(subject: &str) -> String {
    if subject.is_ascii() {
        return subject.to_owned();
    }
    let mut word = "=?UTF-8?Q?".to_owned();
    for byte in subject.bytes() {
        match byte {
            b' ' => word.push('_'),
            b if b.is_ascii_alphanumeric() => word.push(char::from(b)),
            b => {
                let _ = write!(word, "={b:02X}");
            }
        }
    }
    word + "?="
}
