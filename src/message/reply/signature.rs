//! How letters end: delimiters, closing words, footers of phones, legal notices, postscripts.

use super::line::{Line, Sign};

/// Lines a signature without a proper delimiter may have.
const LINES: usize = 15;
/// Characters a line of a signature may have.
pub(super) const WIDTH: usize = 110;

/// `-- ` (RFC 3676 §4.3). A `--` that lost its blank counts if little follows.
pub(super) fn is_delimiter(ahead: &[Line<'_>]) -> bool {
    let Some((line, below)) = ahead.split_first() else {
        return false;
    };
    let line = line.text.strip_prefix("\u{200B}").unwrap_or(line.text);
    line == "-- " || matches!(line.trim_end(), "--" | "---" | "—" | "- --") && is_short(below)
}

/// "Cordialement," alone on its line, with at most a signature below it.
pub(super) fn is_closing(ahead: &[Line<'_>]) -> bool {
    ahead
        .split_first()
        .is_some_and(|(line, below)| line.closing && is_short(below))
}

/// The closing line, and the name below it if there is one: few words, no number, no address.
pub(super) fn closing_lines(ahead: &[Line<'_>]) -> usize {
    let below = ahead
        .iter()
        .enumerate()
        .skip(1)
        .take(4)
        .find(|(_, line)| !line.is_blank());
    match below {
        Some((at, line)) if line.sign == Sign::None && is_name(line) => at + 1,
        _ => 1,
    }
}

fn is_name(line: &Line<'_>) -> bool {
    let words = line.text.split_whitespace().count();
    let strange = |c: char| c.is_ascii_digit() || matches!(c, '@' | ':' | '|');
    words <= 4
        && line.text.len() <= 60
        && !line.text.contains(strange)
        && !(line.footer || line.notice || line.postscript || line.is_drawn())
}

/// A drawn line, and below it the name of a mailing list and how to leave it, as Mailman, Sympa
/// and Google Groups write them.
pub(super) fn is_list_footer(ahead: &[Line<'_>]) -> bool {
    let Some((line, below)) = ahead.split_first() else {
        return false;
    };
    line.is_drawn()
        && line.text.trim().len() >= 4
        && below.iter().take(4).any(|line| line.list)
        && is_short(below)
}

/// Whether what follows, up to the next quotation, looks like a signature: few and short lines.
fn is_short(lines: &[Line<'_>]) -> bool {
    let mut own = lines
        .iter()
        .take_while(|line| line.sign == Sign::None)
        .filter(|line| !line.is_blank());
    for line in own.by_ref().take(LINES) {
        if line.notice || line.postscript {
            return true;
        }
        if line.wide {
            return false;
        }
    }
    own.next().is_none()
}

/// Whether a line is a closing formula and nothing else.
pub(super) fn has_closing_words(text: &str) -> bool {
    if text.len() > 90 {
        return false;
    }
    let text = text.trim_matches(|c: char| !c.is_alphanumeric());
    let formulas = [
        "cordialement",
        "bien cordialement",
        "très cordialement",
        "cordialement vôtre",
        "bien à vous",
        "bien à toi",
        "sincèrement",
        "respectueusement",
        "salutations",
        "salutations distinguées",
        "sincères salutations",
        "cordiales salutations",
        "meilleures salutations",
        "amicalement",
        "bonne journée",
        "bonne soirée",
        "bonne réception",
        "bien amicalement",
        "cdlt",
        "cdt",
        "crdt",
        "best regards",
        "kind regards",
        "warm regards",
        "regards",
        "with best regards",
        "with kind regards",
        "best wishes",
        "kindest regards",
        "yours sincerely",
        "yours faithfully",
        "sincerely",
        "sincerely yours",
        "yours truly",
        "best",
        "cheers",
        "mit freundlichen grüßen",
        "viele grüße",
    ];
    formulas.contains(&text)
        || text
            .split_once([',', '.', '!', '/'])
            .is_some_and(|(first, rest)| {
                formulas.contains(&first.trim())
                    && rest.split_whitespace().count() <= 4
                    && !rest.contains(['?', ':'])
            })
        || text.starts_with("je vous prie d'agréer")
        || text.starts_with("veuillez agréer")
}

/// What phones and programs add below a letter, in one line.
pub(super) fn has_footer_words(text: &str) -> bool {
    if text.len() > 160 {
        return false;
    }
    let text = text.trim_matches(|c: char| !c.is_alphanumeric());
    [
        "envoyé de mon ",
        "envoyé depuis mon ",
        "envoyé depuis ma ",
        "envoyé depuis l'application ",
        "envoyé depuis outlook",
        "envoyé depuis yahoo",
        "envoyé depuis proton",
        "envoyé à partir d",
        "envoyé avec ",
        "envoyé via ",
        "envoyé par mon ",
        "obtenir outlook pour",
        "téléchargez outlook pour",
        "télécharger outlook pour",
        "obtenez outlook pour",
        "provenance : courrier pour windows",
        "provenance: courrier pour windows",
        "sent from my ",
        "sent from mail",
        "sent from outlook",
        "sent from yahoo",
        "sent from windows",
        "sent from a ",
        "sent from mobile",
        "sent from proton",
        "sent from [mail]",
        "sent from",
        "sent via ",
        "sent with ",
        "sent by galaxy",
        "get outlook for",
        "get [outlook for",
        "from my iphone",
        "someone from mobile",
        "von meinem ",
        "diese nachricht wurde von",
        "verzonden met ",
        "verzonden vanaf ",
        "sendt fra min ",
        "inviato da ",
        "enviado desde mi ",
        "從我的",
    ]
    .iter()
    .any(|footer| text.starts_with(footer))
}

/// The first words of a legal or environmental notice.
pub(super) fn has_notice_words(text: &str) -> bool {
    let text = text.trim_matches(|c: char| !c.is_alphanumeric());
    [
        "ce message et toutes les pièces jointes",
        "ce message et ses pièces jointes",
        "ce message et les éventuelles pièces jointes",
        "ce courriel et ses pièces jointes",
        "ce message est confidentiel",
        "ce courriel est confidentiel",
        "ce message électronique et tous les fichiers",
        "ce message (et ",
        "ce courriel et les documents",
        "ce message électronique et ses",
        "ce message contient des informations confidentielles",
        "ce courriel contient des informations confidentielles",
        "les informations contenues dans ce message",
        "les informations contenues dans ce courriel",
        "l'information contenue dans ce",
        "si vous n'êtes pas le destinataire",
        "si vous avez reçu ce message par erreur",
        "cet e-mail a été vérifié par",
        "cet e-mail est confidentiel",
        "cet e-mail et toutes les pièces",
        "cet e-mail et ses pièces",
        "ce courrier électronique ne contient aucun virus",
        "n'imprimez ce message que",
        "n'imprimez ce mail que",
        "merci de n'imprimer ce",
        "avis de confidentialité",
        "avertissement de confidentialité",
        "avant d'imprimer",
        "pensez à l'environnement",
        "merci de penser à l'environnement",
        "afin de respecter l'environnement",
        "this message and any attachments",
        "this e-mail and any attachments",
        "this email and any attachments",
        "this email and any files",
        "this e-mail and any files",
        "this email message and any attachments",
        "this message is confidential",
        "this e-mail is confidential",
        "this email is confidential",
        "the information contained in this",
        "the information in this e",
        "this communication is confidential",
        "this communication and any attachments",
        "this transmission is intended",
        "if you are not the intended recipient",
        "if you have received this message in error",
        "if you have received this email in error",
        "this email has been checked for viruses",
        "confidentiality notice",
        "disclaimer",
        "please consider the environment",
        "garanti sans virus",
        "l'absence de virus dans ce courrier",
        "virus-free",
    ]
    .iter()
    .any(|notice| text.starts_with(notice))
}

/// What mail gateways set above a letter from outside.
pub(super) fn has_banner_words(text: &str) -> bool {
    let text = text.trim_matches(|c: char| !c.is_alphanumeric());
    let opens = [
        "caution",
        "warning",
        "attention",
        "external",
        "externe",
        "expéditeur externe",
        "courriel externe",
        "message externe",
        "mail externe",
        "this email originated",
        "this message originated",
        "ce message provient",
        "ce courriel provient",
        "ce mail provient",
        "cet e-mail provient",
    ];
    let tells = [
        "originated from outside",
        "outside of the organi",
        "outside your organi",
        "external sender",
        "external email",
        "expéditeur externe",
        "extérieur de l",
        "externe à l",
        "provient de l'extérieur",
        "courriel externe",
        "message externe",
        "mail externe",
    ];
    opens.iter().any(|word| text.starts_with(word)) && tells.iter().any(|word| text.contains(word))
}

/// The line of a list's footer that says what it is.
pub(super) fn has_list_words(text: &str) -> bool {
    [
        "mailing list",
        "liste de diffusion",
        "/listinfo/",
        "/sympa/",
        "/info/",
        "unsubscribe",
        "se désabonner",
        "désinscri",
        "désabonne",
        "@googlegroups.com",
        "list archives",
    ]
    .iter()
    .any(|word| text.contains(word))
}

/// "PS : …" below a signature.
pub(super) fn has_postscript_words(text: &str) -> bool {
    let text = text.trim_start();
    ["p.s.", "p.s", "ps", "p-s", "post-scriptum", "nb", "n.b."]
        .iter()
        .filter_map(|word| text.strip_prefix(word))
        .any(|rest| {
            let rest = rest.trim_start_matches(' ');
            rest.starts_with([':', '-', '–', ',']) && rest.len() > 2
        })
}
