//! One tag: its name and the few attributes that matter to a reader of text.

use super::entity;

/// Bytes of a link target that are shown.
const TARGET: usize = 2_000;

/// A tag as written.
#[derive(Default)]
pub(super) struct Tag<'a> {
    pub(super) name: &'a str,
    pub(super) closing: bool,
    pub(super) self_closing: bool,
    pub(super) href: Option<&'a str>,
    pub(super) alt: Option<&'a str>,
    class: &'a str,
    id: &'a str,
    style: &'a str,
    start: Option<u32>,
    hidden: bool,
}

impl<'a> Tag<'a> {
    /// Reads a tag at the start of `text`, and gives what follows it. `None` if it is no tag.
    ///
    /// A tag or a quoted value that never ends takes the rest of the text, as in browsers.
    pub(super) fn read(text: &'a str) -> Option<(Self, &'a str)> {
        let rest = text.strip_prefix('<')?;
        let (closing, rest) = match rest.strip_prefix('/') {
            Some(rest) => (true, rest),
            None => (false, rest),
        };
        if !rest.starts_with(|c: char| c.is_ascii_alphabetic()) {
            return None;
        }
        let (name, mut rest) = cut(rest, |c| c.is_ascii_whitespace() || c == '>' || c == '/');
        let mut tag = Tag {
            name,
            closing,
            ..Tag::default()
        };
        loop {
            rest = rest.trim_ascii_start();
            if let Some(after) = rest.strip_prefix('>') {
                return Some((tag, after));
            }
            if rest.is_empty() {
                return Some((tag, ""));
            }
            if let Some(after) = rest.strip_prefix('/') {
                tag.self_closing = after.starts_with('>');
                rest = after;
                continue;
            }
            rest = tag.attribute(rest);
        }
    }

    /// Reads one attribute and gives what follows it; always at least one character shorter.
    fn attribute(&mut self, text: &'a str) -> &'a str {
        let ends = |c: char| c.is_ascii_whitespace() || matches!(c, '>' | '/' | '=');
        let (name, rest) = match text.strip_prefix('=') {
            Some(rest) => ("", rest),
            None => cut(text, ends),
        };
        let Some(value) = rest.trim_ascii_start().strip_prefix('=') else {
            self.keep(name, "");
            return rest;
        };
        let value = value.trim_ascii_start();
        for quote in ['"', '\''] {
            if let Some(quoted) = value.strip_prefix(quote) {
                let (value, rest) = quoted.split_once(quote).unwrap_or((quoted, ""));
                self.keep(name, value);
                return rest;
            }
        }
        let (value, rest) = cut(value, |c| c.is_ascii_whitespace() || c == '>');
        self.keep(name, value);
        rest
    }

    /// The first attribute of a name counts, as in browsers.
    fn keep(&mut self, name: &str, value: &'a str) {
        let is = |known: &str| name.eq_ignore_ascii_case(known);
        if is("href") && self.href.is_none() {
            self.href = Some(value);
        } else if is("alt") && self.alt.is_none() {
            self.alt = Some(value);
        } else if is("class") && self.class.is_empty() {
            self.class = value;
        } else if is("id") && self.id.is_empty() {
            self.id = value;
        } else if is("style") && self.style.is_empty() {
            self.style = value;
        } else if is("start") {
            self.start = self.start.or_else(|| value.trim().parse().ok());
        } else if is("hidden") {
            self.hidden = true;
        }
    }

    /// Whether the element and all in it is not shown.
    pub(super) fn is_hidden(&self) -> bool {
        let never = [
            "head", "template", "noscript", "svg", "math", "xml", "object", "iframe", "select",
            "canvas", "audio", "video", "datalist",
        ];
        self.hidden
            || never
                .iter()
                .any(|name| self.name.eq_ignore_ascii_case(name))
            || self.style.split(';').any(hides)
    }

    /// Whether a `<blockquote>` quotes. Gmail and Outlook write one without a line beside it for an
    /// indented paragraph, which is the author's own (`margin:0 0 0 40px;border:none`).
    pub(super) fn is_quote(&self) -> bool {
        if !self.name.eq_ignore_ascii_case("blockquote") {
            return false;
        }
        let mut plain = false;
        let mut beside = false;
        for rule in self.style.split(';') {
            let (name, value) = rule.split_once(':').unwrap_or((rule, ""));
            match name.trim().to_ascii_lowercase().as_str() {
                "border" => plain = value.trim_start().starts_with("none"),
                "border-left" => beside = !value.trim_start().starts_with("none"),
                _ => {}
            }
        }
        beside || !plain || self.class.to_ascii_lowercase().contains("quote")
    }

    /// For a list: `Some(None)` for bullets, `Some(Some(first number))`.
    pub(super) fn list(&self) -> Option<Option<u32>> {
        if self.name.eq_ignore_ascii_case("ol") {
            Some(Some(self.start.unwrap_or(1)))
        } else {
            let bullets = ["ul", "menu", "dir"];
            bullets
                .iter()
                .any(|name| self.name.eq_ignore_ascii_case(name))
                .then_some(None)
        }
    }

    /// Whether the mail program marks the element as the signature: Gmail, Thunderbird, Outlook on
    /// the web (which prefixes `x_` when it quotes), Outlook for phones.
    pub(super) fn is_signature(&self) -> bool {
        self.class.split_ascii_whitespace().any(|class| {
            matches!(
                class,
                "gmail_signature" | "moz-signature" | "protonmail_signature_block"
            )
        }) || matches!(self.id, "Signature" | "ms-outlook-mobile-signature")
    }

    /// Whether Word wrote the paragraph, whose paragraphs have no space between them.
    fn is_close_paragraph(&self) -> bool {
        self.class.starts_with("Mso")
            || self.class.starts_with("x_Mso")
            || self.style.split(';').any(|rule| {
                rule.split_once(':').is_some_and(|(name, value)| {
                    matches!(name.trim(), "margin" | "margin-bottom" | "margin-top")
                        && value.trim_start().starts_with('0')
                })
            })
    }
}

/// Splits before the first character that ends a token.
fn cut(text: &str, ends: impl Fn(char) -> bool) -> (&str, &str) {
    let at = text.find(ends).unwrap_or(text.len());
    text.split_at_checked(at).unwrap_or((text, ""))
}

/// Whether one style rule takes an element out of sight.
fn hides(rule: &str) -> bool {
    let Some((name, value)) = rule.split_once(':') else {
        return false;
    };
    let value = value.trim().to_ascii_lowercase();
    let value = value.split('!').next().unwrap_or_default().trim();
    match name.trim().to_ascii_lowercase().as_str() {
        "display" => value == "none",
        "visibility" => value == "hidden",
        "mso-hide" => value == "all",
        "font-size" | "max-height" => matches!(value, "0" | "0px" | "0pt"),
        "opacity" => matches!(value, "0" | "0.0" | ".0"),
        // Pushed out of the page.
        "text-indent" | "left" | "top" | "margin-left" => value
            .strip_prefix('-')
            .is_some_and(|number| number.bytes().take_while(u8::is_ascii_digit).count() >= 4),
        _ => false,
    }
}

/// Elements that have no end tag.
pub(super) fn is_void(name: &str) -> bool {
    [
        "br", "hr", "img", "input", "meta", "link", "wbr", "col", "area", "base", "embed",
        "source", "track", "param", "basefont", "bgsound", "frame", "keygen",
    ]
    .iter()
    .any(|void| name.eq_ignore_ascii_case(void))
}

/// How many line ends stand before a block: one, or two for an empty line. `None` in a line.
pub(super) fn margin(name: &str, tag: &Tag<'_>) -> Option<u8> {
    match name {
        "p" if tag.is_close_paragraph() => Some(1),
        "p" | "h1" | "h2" | "h3" | "h4" | "h5" | "h6" => Some(2),
        _ => margin_after(name),
    }
}

/// How many line ends stand after a block.
pub(super) fn margin_after(name: &str) -> Option<u8> {
    let heading = matches!(name, "h1" | "h2" | "h3" | "h4" | "h5" | "h6");
    let block = matches!(
        name,
        "address"
            | "article"
            | "aside"
            | "blockquote"
            | "body"
            | "center"
            | "dd"
            | "details"
            | "div"
            | "dl"
            | "dt"
            | "fieldset"
            | "figcaption"
            | "figure"
            | "footer"
            | "form"
            | "header"
            | "html"
            | "legend"
            | "li"
            | "main"
            | "menu"
            | "nav"
            | "ol"
            | "p"
            | "pre"
            | "section"
            | "summary"
            | "table"
            | "tbody"
            | "tfoot"
            | "thead"
            | "tr"
            | "ul"
            | "caption"
    );
    if heading { Some(2) } else { block.then_some(1) }
}

/// A link target that may be shown, in one line; `None` for places inside the letter and for
/// everything that is not a plain address.
pub(super) fn target(href: &str) -> Option<String> {
    let mut target = String::new();
    entity::decode(href, |c| {
        if !c.is_control() && !c.is_whitespace() && target.len() < TARGET {
            target.push(c);
        }
    });
    let (scheme, _) = target.split_once(':')?;
    ["http", "https", "mailto", "ftp", "tel"]
        .iter()
        .any(|known| scheme.eq_ignore_ascii_case(known))
        .then_some(target)
}
