//! Character references (HTML Living Standard §13.5): the named ones that mail uses, all numbers.

use encoding_rs::WINDOWS_1252;

/// Bytes a reference may have; what is longer is text.
const LONGEST: usize = 12;

/// Gives every character of `text` to `each`, references replaced. Unknown ones stay as written.
pub(super) fn decode(text: &str, mut each: impl FnMut(char)) {
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('&') {
        before.chars().for_each(&mut each);
        let (c, used) = reference(after).unwrap_or(('&', 0));
        each(c);
        rest = after.get(used..).unwrap_or_default();
    }
    rest.chars().for_each(&mut each);
}

/// The character a reference names, and the bytes it takes after the `&`.
fn reference(text: &str) -> Option<(char, usize)> {
    if let Some(number) = text.strip_prefix('#') {
        let (digits, radix, lead) = match number.strip_prefix(['x', 'X']) {
            Some(hex) => (hex, 16, 2),
            None => (number, 10, 1),
        };
        let length = digits
            .chars()
            .take(LONGEST)
            .take_while(|c| c.is_digit(radix))
            .count();
        let value = u32::from_str_radix(digits.get(..length)?, radix).ok();
        let value = match (length, value) {
            (0, _) => return None,
            (_, value) => value.unwrap_or(0),
        };
        let semicolon = usize::from(digits.get(length..)?.starts_with(';'));
        return Some((character(value), lead + length + semicolon));
    }
    let length = text
        .chars()
        .take(LONGEST)
        .take_while(char::is_ascii_alphanumeric)
        .count();
    let name = text.get(..length)?;
    let closed = text.get(length..)?.starts_with(';');
    let c = named(name)?;
    // Without a semicolon only the oldest names count, all of them Latin-1.
    (closed || u32::from(c) < 256).then_some((c, length + usize::from(closed)))
}

/// A numbered character; 128–159 are Windows-1252, as every browser reads them.
fn character(value: u32) -> char {
    if let Ok(byte @ 0x80..=0x9F) = u8::try_from(value) {
        let bytes = [byte];
        let (text, _) = WINDOWS_1252.decode_without_bom_handling(&bytes);
        return text.chars().next().unwrap_or('\u{FFFD}');
    }
    match char::from_u32(value) {
        Some(c) if !c.is_control() || matches!(c, '\t' | '\n') => c,
        _ => '\u{FFFD}',
    }
}

fn named(name: &str) -> Option<char> {
    const LATIN: [&str; 96] = [
        "nbsp", "iexcl", "cent", "pound", "curren", "yen", "brvbar", "sect", "uml", "copy", "ordf",
        "laquo", "not", "shy", "reg", "macr", "deg", "plusmn", "sup2", "sup3", "acute", "micro",
        "para", "middot", "cedil", "sup1", "ordm", "raquo", "frac14", "frac12", "frac34", "iquest",
        "Agrave", "Aacute", "Acirc", "Atilde", "Auml", "Aring", "AElig", "Ccedil", "Egrave",
        "Eacute", "Ecirc", "Euml", "Igrave", "Iacute", "Icirc", "Iuml", "ETH", "Ntilde", "Ograve",
        "Oacute", "Ocirc", "Otilde", "Ouml", "times", "Oslash", "Ugrave", "Uacute", "Ucirc",
        "Uuml", "Yacute", "THORN", "szlig", "agrave", "aacute", "acirc", "atilde", "auml", "aring",
        "aelig", "ccedil", "egrave", "eacute", "ecirc", "euml", "igrave", "iacute", "icirc",
        "iuml", "eth", "ntilde", "ograve", "oacute", "ocirc", "otilde", "ouml", "divide", "oslash",
        "ugrave", "uacute", "ucirc", "uuml", "yacute", "thorn", "yuml",
    ];
    Some(match name {
        "amp" | "AMP" => '&',
        "lt" | "LT" => '<',
        "gt" | "GT" => '>',
        "quot" | "QUOT" => '"',
        "apos" => '\'',
        "euro" => '€',
        "hellip" => '…',
        "ndash" => '–',
        "mdash" => '—',
        "lsquo" => '‘',
        "rsquo" => '’',
        "sbquo" => '‚',
        "ldquo" => '“',
        "rdquo" => '”',
        "bdquo" => '„',
        "lsaquo" => '‹',
        "rsaquo" => '›',
        "bull" => '•',
        "OElig" => 'Œ',
        "oelig" => 'œ',
        "Scaron" => 'Š',
        "scaron" => 'š',
        "Yuml" => 'Ÿ',
        "fnof" => 'ƒ',
        "circ" => 'ˆ',
        "tilde" => '˜',
        "trade" => '™',
        "dagger" => '†',
        "permil" => '‰',
        "prime" => '′',
        "minus" => '−',
        "asymp" => '≈',
        "ne" => '≠',
        "le" => '≤',
        "ge" => '≥',
        "infin" => '∞',
        "larr" => '←',
        "uarr" => '↑',
        "rarr" => '→',
        "darr" => '↓',
        "harr" => '↔',
        "rArr" => '⇒',
        "alpha" => 'α',
        "beta" => 'β',
        "mu" => 'μ',
        "pi" => 'π',
        "Omega" => 'Ω',
        "ensp" | "emsp" | "thinsp" | "numsp" => '\u{A0}',
        "zwnj" | "zwj" | "lrm" | "rlm" | "NoBreak" => '\u{200B}',
        "check" => '✓',
        "star" => '☆',
        "hearts" => '♥',
        _ => {
            let at = LATIN.iter().position(|latin| *latin == name)?;
            return u32::try_from(at)
                .ok()
                .and_then(|at| char::from_u32(0xA0 + at));
        }
    })
}
