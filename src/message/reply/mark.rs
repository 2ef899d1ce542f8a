//! The marks that begin a quotation or a forwarded letter, as mail programs write them.

use super::line::HEAD;

/// Lines over which an attribution may be wrapped, blank ones included.
const WRAPPED: usize = 6;

/// A line, or several, that introduce a quotation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Attribution {
    /// How many lines it takes.
    pub(super) lines: usize,
    /// It names an address or a moment, so that nothing else can be meant.
    pub(super) certain: bool,
}

pub(super) fn is_quote(line: &str) -> bool {
    line.trim_start().starts_with('>')
}

/// A line without its quote marks.
pub(super) fn unquoted(line: &str) -> &str {
    line.trim_start_matches(|c: char| c == '>' || c.is_whitespace())
}

/// "---------- Forwarded message ---------" and its kin.
pub(super) fn is_forward(text: &str) -> bool {
    let bare = text.trim_matches(|c: char| c.is_whitespace() || matches!(c, '-' | '*' | '_' | ':'));
    let ruled = text.trim_start_matches([' ', '*']).starts_with("--");
    let phrase = [
        "forwarded message",
        "forwarded by",
        "message transféré",
        "message transmis",
        "mail transféré",
        "e-mail transféré",
        "message réexpédié",
        "courriel transféré",
        "weitergeleitete nachricht",
        "mensaje reenviado",
        "messaggio inoltrato",
    ]
    .iter()
    .any(|phrase| bare.starts_with(phrase));
    let apple = [
        "begin forwarded message",
        "début du message réexpédié",
        "début du message transféré",
        "anfang der weitergeleiteten nachricht",
    ];
    ruled && phrase || apple.contains(&bare)
}

/// "-----Message d'origine-----" and its kin.
pub(super) fn is_original(text: &str) -> bool {
    let text = text.trim_matches([' ', '*']);
    if !text.starts_with("--") {
        return false;
    }
    let bare = text.trim_matches(|c: char| c.is_whitespace() || matches!(c, '-' | '*' | ':'));
    // qmail and Exim, before the letter they give back.
    let given_back = [
        "below this line is a copy of the message",
        "this is a copy of the message",
        "this is a copy of your message",
    ];
    given_back.iter().any(|phrase| bare.starts_with(phrase))
        || [
            "original message",
            "message d'origine",
            "message original",
            "message initial",
            "mail original",
            "courriel original",
            "e-mail d'origine",
            "original appointment",
            "rendez-vous d'origine",
            "ursprüngliche nachricht",
            "mensaje original",
            "messaggio originale",
            "mensagem original",
            "oorspronkelijk bericht",
        ]
        .contains(&bare)
}

/// Whether a header block begins here, perhaps below a rule: "De : … Envoyé : … Objet : …".
pub(super) fn header_block(lines: &[String]) -> bool {
    let mut lines = lines.iter();
    let Some(first) = lines.next() else {
        return false;
    };
    let first = if is_rule(first) {
        match lines.by_ref().take(3).find(|line| !line.trim().is_empty()) {
            Some(below) => below,
            None => return false,
        }
    } else {
        first
    };
    let Some(name) = label(first) else {
        return false;
    };
    let below = lines.filter(|line| !line.trim().is_empty()).take(6);
    if is_from(name) {
        return below
            .filter_map(|line| label(line))
            .filter(|name| is_header_word(name))
            .count()
            >= 2;
    }
    // Orange and Notes begin with another field; a form that somebody filled in names no address.
    let (mut from, mut others) = (false, 0);
    if is_header_word(name) {
        for line in below {
            let Some(name) = label(line) else {
                break;
            };
            from |= is_from(name) && line.contains('@');
            others += usize::from(is_header_word(name));
        }
    }
    from && others >= 2
}

fn is_from(name: &str) -> bool {
    [
        "from",
        "de",
        "von",
        "da",
        "från",
        "van",
        "expéditeur",
        "fra",
        "mittente",
        "od",
        "feladó",
        "lähettäjä",
        "gönderen",
        "kimden",
        "от",
        "от кого",
        "від",
        "发件人",
        "寄件者",
        "差出人",
        "보낸 사람",
    ]
    .contains(&name)
}

fn is_header_word(name: &str) -> bool {
    [
        "sent",
        "date",
        "to",
        "cc",
        "subject",
        "reply-to",
        "envoyé",
        "envoyé le",
        "message du",
        "à",
        "a",
        "objet",
        "sujet",
        "répondre à",
        "destinataire",
        "gesendet",
        "datum",
        "an",
        "betreff",
        "oggetto",
        "data",
        "inviato",
        "risposta",
        "skickat",
        "till",
        "ämne",
        "enviado",
        "para",
        "asunto",
        "assunto",
        "aan",
        "onderwerp",
        "verzonden",
        "copie à",
        "pour",
        "cci",
        "sendt",
        "til",
        "emne",
        "wysłano",
        "do",
        "temat",
        "odesláno",
        "komu",
        "předmět",
        "lähetetty",
        "vastaanottaja",
        "aihe",
        "címzett",
        "elküldve",
        "tárgy",
        "tarih",
        "konu",
        "отправлено",
        "дата",
        "кому",
        "тема",
        "发送时间",
        "收件人",
        "主题",
        "寄件日期",
        "收件者",
        "主旨",
        "送信日時",
        "宛先",
        "件名",
        "보낸 날짜",
        "받는 사람",
        "제목",
    ]
    .contains(&name)
}

/// The name before the first colon, if it could be the name of a field.
fn label(text: &str) -> Option<&str> {
    let (name, _) = text.split_once(':')?;
    let name = name.trim_matches(|c: char| c.is_whitespace() || c == '*');
    (!name.is_empty() && name.chars().count() <= 14).then_some(name)
}

/// A line drawn with dashes, underscores or the like.
fn is_rule(line: &str) -> bool {
    let line = line.trim();
    line.len() >= 5
        && line.len() <= HEAD
        && line.chars().all(|c| matches!(c, '-' | '_' | '=' | '—'))
}

/// Whether the lines begin with an attribution.
pub(super) fn attribution(lines: &[String]) -> Option<Attribution> {
    let first = lines.first()?;
    if first.trim().is_empty() {
        return None;
    }
    if let Some(certain) = introduces(first) {
        return Some(Attribution { lines: 1, certain });
    }
    let may_wrap = first.contains(|c: char| c.is_ascii_digit()) || first.contains(['<', '@']);
    if !may_wrap {
        return None;
    }
    // HTML made into text elsewhere puts the address below a blank line, between brackets.
    let mut may_gap = opens(first) && has_moment(first);
    let mut joined = first.clone();
    for (at, line) in lines.iter().enumerate().take(WRAPPED).skip(1) {
        let next = line.as_str();
        let bracket = |line: &String| line.trim_start().starts_with('<');
        if next.trim().is_empty() && may_gap && lines.get(at + 1).is_some_and(bracket) {
            may_gap = false;
            continue;
        }
        if next.trim().is_empty()
            || joined.len() > HEAD
            || introduces(next).is_some() && opens(next)
        {
            return None;
        }
        joined.push(' ');
        joined.push_str(next.trim());
        if let Some(certain) = introduces(&joined).filter(|_| opens(&joined)) {
            return Some(Attribution {
                lines: at + 1,
                certain,
            });
        }
    }
    None
}

/// Whether a text begins as an attribution does: with a date, or a name and an address.
fn opens(text: &str) -> bool {
    let text = text.trim_start_matches(|c: char| c.is_whitespace() || matches!(c, '-' | '*' | '>'));
    let words = [
        "on ", "le ", "am ", "el ", "em ", "il ", "op ", "den ", "dnia ", "at ", "w dniu ",
    ];
    let date = words.iter().any(|word| text.starts_with(word))
        || text.starts_with(|c: char| c.is_ascii_digit());
    let name = text
        .split_once('@')
        .is_some_and(|(name, _)| name.len() < 80 && name.contains(['<', '(', '[']));
    date || name
}

/// Whether a text ends as an attribution does. `Some(true)` if it names an address or a moment.
fn introduces(text: &str) -> Option<bool> {
    let bracketed = text.trim_end_matches([':', ' ']).ends_with('>');
    let text = text.trim_matches(|c: char| c.is_whitespace() || matches!(c, '*' | '>'));
    let ruled = text.starts_with("--") && text.ends_with("--");
    let text = text.trim_matches(|c: char| c == '-' || c == ' ');
    let colon = text.ends_with(':');
    let text = text.trim_end_matches([':', ' ']);
    let certain = text.contains('@') || has_moment(text);
    let named = text.contains('@') || text.contains(|c: char| c.is_ascii_digit());
    if (colon || ruled) && named {
        let last = [
            " wrote",
            " writes",
            " a écrit",
            " a ecrit",
            " écrit",
            " schrieb",
            " escribió",
            " escreveu",
            " ha scritto",
            " geschreven",
            " skrev",
            " napisał(a)",
            " napisał",
            " napisała",
            " пише",
            " пишет",
            " писал",
            " писал(а)",
            " писала",
            " píše",
            " napsal",
            " napsal(a)",
            " napsala",
            " írta",
            " yazdı",
            " kirjoitti",
            " написал",
            " написал(а)",
            " написала",
            "写道",
        ];
        let inside = [
            " schrieb am ",
            " schrieb ",
            " schreef ",
            " skrev ",
            " написал ",
        ];
        if last.iter().any(|verb| text.ends_with(verb))
            || certain && inside.iter().any(|verb| text.contains(verb))
        {
            return Some(certain);
        }
    }
    let zone = text.contains(" gmt+") || text.contains(" gmt-");
    let address = bracketed && text.contains('@');
    (starts_with_date(text) && (zone && (colon || !text.contains('<')) || address)).then_some(true)
}

/// A time such as 10:33 or 10h33, or a year of this century.
fn has_moment(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.windows(4).any(|four| match four {
        [a, b':' | b'h', c, d] => [a, c, d].iter().all(|b| b.is_ascii_digit()),
        [b'2', b'0', c, d] => c.is_ascii_digit() && d.is_ascii_digit(),
        _ => false,
    })
}

/// `2024-05-12` or `2024/5/12`.
fn starts_with_date(text: &str) -> bool {
    let mut parts = text.splitn(3, ['-', '/']);
    let mut number = |length: std::ops::RangeInclusive<usize>| {
        parts.next().is_some_and(|part| {
            let digits = part.chars().take_while(char::is_ascii_digit).count();
            length.contains(&digits)
        })
    };
    number(4..=4) && number(1..=2) && number(1..=2)
}
