//! How letters end: delimiters, closing words, footers of phones, legal notices, postscripts.

use super::mark::{self, folded};

/// Lines a signature without a proper delimiter may have.
const LINES: usize = 15;
/// Characters a line of a signature may have.
const WIDTH: usize = 110;

/// `-- ` (RFC 3676 §4.3). A `--` that lost its blank counts if little follows.
pub(super) fn is_delimiter(line: &str, ahead: &[&str]) -> bool {
    let line = line.strip_prefix("\u{200B}").unwrap_or(line);
    if line == "-- " {
        return true;
    }
    matches!(line.trim_end(), "--" | "—" | "- --") && is_short(ahead.get(1..).unwrap_or_default())
}

/// Whether what follows, up to the next quotation, looks like a signature: few and short lines.
fn is_short(lines: &[&str]) -> bool {
    let mut own = lines
        .iter()
        .enumerate()
        .take_while(|(at, line)| !begins_other(line, lines.get(*at..).unwrap_or_default()))
        .map(|(_, line)| line.trim())
        .filter(|line| !line.is_empty());
    for line in own.by_ref().take(LINES) {
        if is_notice(line) || is_postscript(line) {
            return true;
        }
        if line.chars().take(WIDTH + 1).count() > WIDTH {
            return false;
        }
    }
    own.next().is_none()
}

fn begins_other(line: &str, ahead: &[&str]) -> bool {
    mark::is_quote(line)
        || mark::is_forward(line)
        || mark::is_original(line)
        || mark::header_block(ahead)
        || mark::attribution(ahead).is_some()
}

/// "Cordialement," alone on its line, with at most a signature below it.
pub(super) fn is_closing(ahead: &[&str]) -> bool {
    let Some(line) = ahead.first() else {
        return false;
    };
    if line.len() > 90 {
        return false;
    }
    let text = folded(line);
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
    let closes = formulas.contains(&text)
        || text
            .split_once([',', '.', '!', '/'])
            .is_some_and(|(first, rest)| {
                formulas.contains(&first.trim())
                    && rest.split_whitespace().count() <= 4
                    && !rest.contains(['?', ':'])
            })
        || (text.starts_with("je vous prie d'agréer") || text.starts_with("veuillez agréer"));
    closes && is_short(ahead.get(1..).unwrap_or_default())
}

/// What phones and programs add below a letter, in one line.
pub(super) fn is_footer(line: &str) -> bool {
    if line.len() > 160 {
        return false;
    }
    let text = folded(line);
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
pub(super) fn is_notice(line: &str) -> bool {
    let text = folded(line);
    let text = text.trim_matches(|c: char| !c.is_alphanumeric());
    [
        "ce message et toutes les pièces jointes",
        "ce message et ses pièces jointes",
        "ce message et les éventuelles pièces jointes",
        "ce courriel et ses pièces jointes",
        "ce message est confidentiel",
        "ce courriel est confidentiel",
        "ce message électronique et tous les fichiers",
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

/// "PS : …" below a signature.
pub(super) fn is_postscript(line: &str) -> bool {
    let text = folded(line);
    let text = text.trim_start();
    ["p.s.", "p.s", "ps", "p-s", "post-scriptum", "nb", "n.b."]
        .iter()
        .filter_map(|word| text.strip_prefix(word))
        .any(|rest| {
            let rest = rest.trim_start_matches(' ');
            rest.starts_with([':', '-', '–', ',']) && rest.len() > 2
        })
}
