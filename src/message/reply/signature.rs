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
    line == "-- " || matches!(line.trim_end(), "--" | "—" | "- --") && is_short(below)
}

/// "Cordialement," alone on its line, with at most a signature below it.
pub(super) fn is_closing(ahead: &[Line<'_>]) -> bool {
    ahead
        .split_first()
        .is_some_and(|(line, below)| line.closing && is_short(below))
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
