//! HTML to readable text, in one pass over the bytes.
//!
//! In: HTML of any quality, at most [`super::limits::HTML`] bytes. Out: text as a person would type it:
//! paragraphs, `- ` lists, table rows as lines with ` | ` between cells, `text <url>` where the
//! address says more than the text, `> ` before what stands in a blockquote, `-- ` before what a
//! mail program marks as a signature.
//!
//! Strategy: a tokenizer without a tree. The open elements are a stack of at most
//! [`super::limits::HTML_DEPTH`]; deeper ones still break lines but are not followed. Every step moves
//! forward, so the time is linear in the bytes for any input; the libraries made for this are
//! quadratic in nesting.
//!
//! Gone: scripts, styles, head, comments with Outlook's conditional ones, elements that are hidden
//! by attribute or style. Nothing is ever fetched, and no target but http, https, mailto, ftp and
//! tel is shown.
//!
//! Not handled: style sheets (`class` hides nothing), colours (white on white stays readable),
//! columns side by side, scripts of any kind.

mod entity;
mod page;
mod tag;

use self::page::Page;
use self::tag::{Tag, is_void, margin};
use super::limits;

/// Converts HTML to text with LF between lines; see the module page.
pub(crate) fn to_text(html: &str) -> String {
    let mut converter = Converter {
        rest: html,
        page: Page::default(),
        open: Vec::new(),
        beyond: 0,
        link: None,
    };
    converter.run();
    converter.page.finish()
}

/// An element that is open.
struct Open<'a> {
    name: &'a str,
    hidden: bool,
    quote: bool,
    pre: bool,
    list: Option<List>,
}

/// Where a list stands: `None` for bullets, or the next number.
struct List {
    next: Option<u32>,
}

struct Converter<'a> {
    rest: &'a str,
    page: Page,
    open: Vec<Open<'a>>,
    /// Elements opened past the depth limit and not yet closed.
    beyond: usize,
    /// Target of the open link, and where its text begins on the page.
    link: Option<(String, usize)>,
}

impl<'a> Converter<'a> {
    fn run(&mut self) {
        while !self.rest.is_empty() {
            let text = match self.rest.find('<') {
                Some(0) => {
                    self.markup();
                    continue;
                }
                Some(at) => self.take(at),
                None => self.take(self.rest.len()),
            };
            self.text(text);
        }
        self.end_link();
    }

    /// Moves on by `count` bytes and gives them.
    fn take(&mut self, count: usize) -> &'a str {
        let (taken, rest) = self.rest.split_at_checked(count).unwrap_or((self.rest, ""));
        self.rest = rest;
        taken
    }

    /// Moves past the next `end`, or to the end of the text.
    fn skip_past(&mut self, end: &str) {
        let count = self
            .rest
            .find(end)
            .map_or(self.rest.len(), |at| at + end.len());
        self.take(count);
    }

    fn markup(&mut self) {
        if self.rest.starts_with("<!--") {
            self.take(4);
            self.skip_past("-->");
        } else if self.rest.starts_with("<!") || self.rest.starts_with("<?") {
            self.skip_past(">");
        } else if let Some((tag, rest)) = Tag::read(self.rest) {
            self.rest = rest;
            if tag.closing {
                self.close(tag.name);
            } else {
                self.enter(&tag);
            }
        } else {
            let bracket = self.take(1);
            self.text(bracket);
        }
    }

    fn hidden(&self) -> bool {
        self.open.last().is_some_and(|open| open.hidden)
    }

    fn text(&mut self, text: &str) {
        if self.hidden() {
            return;
        }
        let pre = self.open.last().is_some_and(|open| open.pre);
        let page = &mut self.page;
        entity::decode(text, |c| page.char(c, pre));
    }

    fn enter(&mut self, tag: &Tag<'a>) {
        let name = tag.name;
        if [
            "script", "style", "title", "textarea", "noembed", "noframes", "xmp",
        ]
        .iter()
        .any(|raw| name.eq_ignore_ascii_case(raw))
        {
            self.skip_raw_text(name);
            return;
        }
        if name.eq_ignore_ascii_case("body") {
            // A head that nobody closed ends here.
            self.close("head");
        }
        let hidden = self.hidden() || tag.is_hidden();
        if !hidden {
            self.show(tag);
        }
        if is_void(name) || tag.self_closing && name.contains(':') {
            return;
        }
        if self.open.len() >= limits::HTML_DEPTH {
            self.beyond += 1;
            return;
        }
        let quote = !hidden && tag.is_quote();
        if quote {
            self.page.quote(1);
        }
        let pre = self.open.last().is_some_and(|open| open.pre) || name.eq_ignore_ascii_case("pre");
        let list = tag.list().map(|next| List { next });
        self.open.push(Open {
            name,
            hidden,
            quote,
            pre,
            list,
        });
    }

    /// What an element shows where it opens.
    fn show(&mut self, tag: &Tag<'a>) {
        let name = tag.name.to_ascii_lowercase();
        match name.as_str() {
            "br" => self.page.line_break(),
            "hr" => self.page.rule(),
            "img" => {
                if let Some(alt) = tag.alt.filter(|alt| !alt.trim().is_empty()) {
                    self.text(" [");
                    self.text(alt);
                    self.text("] ");
                }
            }
            "a" => {
                self.end_link();
                if let Some(target) = tag.href.and_then(tag::target) {
                    self.link = Some((target, self.page.len()));
                }
            }
            "li" => {
                self.page.block(1);
                self.bullet();
            }
            "tr" => self.page.row(),
            "td" | "th" => self.page.cell(),
            _ => {
                if let Some(lines) = margin(&name, tag) {
                    self.page.block(lines);
                }
                if tag.is_signature() {
                    self.page.signature();
                }
            }
        }
    }

    fn bullet(&mut self) {
        let depth = self.open.iter().filter(|open| open.list.is_some()).count();
        let list = self
            .open
            .iter_mut()
            .rev()
            .find_map(|open| open.list.as_mut());
        let mark = match list.and_then(|list| list.next.as_mut()) {
            Some(number) => {
                let mark = format!("{number}. ");
                *number = number.saturating_add(1);
                mark
            }
            None => "- ".to_owned(),
        };
        self.page.mark(depth.saturating_sub(1).min(10), mark);
    }

    /// Passes over `</name>`; without one, over the rest.
    fn skip_raw_text(&mut self, name: &str) {
        loop {
            self.skip_past("</");
            let ends = self
                .rest
                .get(..name.len())
                .is_some_and(|found| found.eq_ignore_ascii_case(name));
            if ends || self.rest.is_empty() {
                self.skip_past(">");
                return;
            }
        }
    }

    fn close(&mut self, name: &str) {
        if name.eq_ignore_ascii_case("a") {
            self.end_link();
        } else if name.eq_ignore_ascii_case("p") || name.eq_ignore_ascii_case("br") {
            // `</p>` alone is a paragraph to browsers, `</br>` a line break.
            if !self.hidden() {
                self.page.block(1);
            }
        }
        let Some(at) = self
            .open
            .iter()
            .rposition(|open| open.name.eq_ignore_ascii_case(name))
        else {
            self.beyond = self.beyond.saturating_sub(1);
            return;
        };
        if self.beyond > 0 {
            self.beyond -= 1;
            return;
        }
        let visible = !self.hidden();
        for open in self.open.drain(at..) {
            if open.quote {
                self.page.quote(-1);
            }
        }
        if visible {
            let name = name.to_ascii_lowercase();
            if name == "table" {
                self.page.end_table();
            } else if let Some(lines) = tag::margin_after(&name) {
                self.page.block(lines);
            }
        }
    }

    fn end_link(&mut self) {
        if let Some((target, start)) = self.link.take() {
            self.page.link(&target, start);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::to_text;

    #[test]
    fn paragraphs_lists_and_breaks() {
        assert_eq!(
            to_text(
                "<p>Bonjour,</p><p>Deux&nbsp;points&nbsp;:<ul><li>un<li><p>deux</p><ol start=3><li>x</ol></ul>fin<br>.<br><br>!"
            ),
            "Bonjour,\n\nDeux points :\n- un\n- deux\n  3. x\nfin\n.\n\n!"
        );
    }

    #[test]
    fn tables_keep_cells_apart_and_rows_in_lines() {
        assert_eq!(
            to_text(
                "<table><tr><th>Poste</th><th>Salle</th></tr>\n<tr><td><p class=MsoNormal>PC-1</p></td> <td><p class=MsoNormal>B 12</p></td></tr><tr><td>PC-2<td><td>lent</table>après"
            ),
            "Poste | Salle\nPC-1 | B 12\nPC-2 | | lent\naprès"
        );
    }

    #[test]
    fn quotes_are_marked_also_nested() {
        assert_eq!(
            to_text(
                "oui<blockquote type=cite><div>a</div><div><br></div><blockquote>b</blockquote></blockquote>non"
            ),
            "oui\n> a\n>\n> > b\nnon"
        );
        // Word's line beside a quotation, and the indented paragraph of Gmail, which is none.
        assert_eq!(
            to_text(
                "a<blockquote style='border:none;border-left:solid #CCC 1pt'>b</blockquote><blockquote style=\"margin:0 0 0 40px;border:none;padding:0px\"><div>c</div></blockquote>"
            ),
            "a\n> b\nc"
        );
    }

    #[test]
    fn links_show_their_target_where_it_differs() {
        assert_eq!(
            to_text(
                "<a href='https://x.fr/'>x.fr</a> <a href=\"https://y.fr/?a=1&amp;b=2\">ici</a> <a href='mailto:a@b.fr'>a@b.fr</a> <a href='javascript:alert(1)'>clic</a> <a href='#top'>haut</a>"
            ),
            "x.fr ici <https://y.fr/?a=1&b=2> a@b.fr clic haut"
        );
    }

    #[test]
    fn what_is_not_shown_goes() {
        assert_eq!(
            to_text(
                "<html><head><title>t</title><style>p{}</style></head><body><!--[if mso]>x<![endif]--><![if !mso]>a<![endif]><script>if(1<2)</script><div style='color:red; DISPLAY : none'>h<b>i</div><span hidden>j</span><i style=\"display:none\">k</i> <i style='opacity:0'>l</i><div style='position:absolute;left:-9999px'>m</div>b</body>"
            ),
            "a b"
        );
        assert_eq!(to_text("<head><meta x><body>texte"), "texte");
    }

    #[test]
    fn entities_and_stray_brackets() {
        assert_eq!(
            to_text("1 < 2 &amp;&lt;b&gt; &eacute;&#233;&#xE9;&#x80; &inconnu; &eacute &#0; a&b"),
            "1 < 2 &<b> ééé€ &inconnu; é \u{fffd} a&b"
        );
    }

    #[test]
    fn outlook_paragraphs_stand_close() {
        assert_eq!(
            to_text(
                "<p class=MsoNormal>a<o:p></o:p></p><p class=\"MsoNormal\"><o:p>&nbsp;</o:p></p><p class=MsoNormal>b</p><hr><p class=MsoNormal><b>De&nbsp;:</b> x</p>"
            ),
            "a\n\nb\n________________________________\nDe : x"
        );
    }

    #[test]
    fn signatures_are_marked_once() {
        assert_eq!(
            to_text("a<div class=\"gmail_signature\">Jean</div>"),
            "a\n--\nJean"
        );
        assert_eq!(
            to_text("a<br><span>-- </span><br><div class=\"gmail_signature\">Jean</div>"),
            "a\n--\nJean"
        );
    }

    #[test]
    fn nesting_past_the_limit_keeps_the_text() {
        let deep = format!("{}x{}", "<div>".repeat(50_000), "</div>".repeat(50_000));
        assert_eq!(to_text(&deep), "x");
        assert_eq!(to_text(&"<a href='".repeat(1_000)), "");
    }
}
