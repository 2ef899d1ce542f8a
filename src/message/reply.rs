//! The zones of a body: what is new, what is quoted, what is signature, what is forwarded.
//!
//! In: text with LF line ends. Out: [`Zones`]; every line that is not blank is in exactly one zone.
//!
//! Strategy: every line is judged by itself once ([`line`]), then one walk goes down the lines.
//! Lines that begin with `>` are quoted wherever they stand, and what stands between them is new. A line that introduces a quotation ("Le … a écrit :",
//! RFC 5322 has no word for it) goes with it; if what follows is not marked with `>`, everything
//! to the end is quoted, as Outlook and phones write it. A header block ("De : … Envoyé : …") or
//! a rule with "Message d'origine" likewise; "Message transféré" begins a forwarded letter.
//! `-- ` (RFC 3676 §4.3), "Cordialement" with a name below, a phone's footer, legal notices, the
//! footer of a mailing list and a gateway's warning on top are signature; a postscript below a
//! signature is new again.
//!
//! If nothing would be new, everything is: a person must see the letter in any case.
//!
//! Beside the zones there is one view for people, [`Text::in_context`]: answers that stand between
//! quoted lines are hard to read without them.
//!
//! Not handled: answers written into an unmarked quotation, told apart by colour only.

mod line;
mod mark;
mod signature;

use self::line::{Line, Sign};
use self::mark::Attribution;
use super::Text;

/// A body in zones.
pub(super) struct Zones {
    /// The zones; the source is not set here.
    pub(super) text: Text,
    /// Whether some part is marked as a forwarded letter.
    pub(super) forwarded: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Zone {
    New,
    /// Quoted line by line, with marks.
    Marked,
    /// What introduces a quotation, and what is quoted without marks.
    Quoted,
    /// "Cordialement", and the name below it.
    Closing,
    Signature,
    Forwarded,
}

/// Cuts a body into zones. `forward`: the subject says that the letter is forwarded, so that an
/// unmarked header block begins a forwarded letter rather than a quotation.
pub(super) fn split(body: &str, forward: bool) -> Zones {
    let lines = line::judge(body);
    let mut walk = Walk {
        lines: &lines,
        forward,
        zones: Vec::with_capacity(lines.len()),
        mode: Zone::New,
        to_the_end: false,
        above: false,
        forwarded: false,
    };
    while walk.zones.len() < lines.len() {
        walk.step();
    }
    let Walk {
        mut zones,
        forwarded,
        ..
    } = walk;
    drop_decoration(&lines, &mut zones);
    let is_new = |(line, zone): (&Line<'_>, &Zone)| *zone == Zone::New && !line.is_blank();
    if !lines.iter().zip(&zones).any(is_new) {
        zones.fill(Zone::New);
    }
    let gather = |wanted: &[Zone]| gather(&lines, &zones, wanted);
    let new = gather(&[Zone::New]);
    let shown = gather_shown(&lines, &zones);
    Zones {
        text: Text {
            quoted: gather(&[Zone::Marked, Zone::Quoted]),
            signature: gather(&[Zone::Closing, Zone::Signature]),
            forwarded: gather(&[Zone::Forwarded]),
            in_context: if shown == new { String::new() } else { shown },
            new,
            ..Text::default()
        },
        forwarded,
    }
}

/// A drawn line or the like at the very end, below a blank line, is no word of anybody.
fn drop_decoration(lines: &[Line<'_>], zones: &mut [Zone]) {
    let own = lines
        .iter()
        .zip(zones.iter())
        .rposition(|(line, zone)| *zone == Zone::New && !line.is_blank() && !line.is_drawn());
    let Some(own) = own else {
        return;
    };
    if lines.get(own + 1).is_some_and(Line::is_blank) {
        for zone in zones.iter_mut().skip(own + 1) {
            if *zone == Zone::New {
                *zone = Zone::Signature;
            }
        }
    }
}

/// The new text with the marked quotations that it answers, and the closing words.
///
/// A single quotation on top that came with its attribution is the whole earlier letter, with the
/// answer below; it stays out, as do quotations that nothing answers.
fn gather_shown(lines: &[Line<'_>], zones: &[Zone]) -> String {
    let spoken = || {
        let pairs = lines.iter().zip(zones).enumerate();
        pairs.filter(|(_, (line, _))| !line.is_blank())
    };
    let is_new = |zone: &Zone| *zone == Zone::New;
    let mut new = spoken().filter(|(_, (_, zone))| is_new(zone));
    let first = new.next().map_or(0, |(at, _)| at);
    let last = new.next_back().map_or(first, |(at, _)| at);
    let attributed = spoken()
        .next()
        .is_some_and(|(_, (_, zone))| *zone == Zone::Quoted);
    let again =
        spoken().any(|(at, (_, zone))| *zone == Zone::Marked && (first..last).contains(&at));
    let from = if attributed && !again { first } else { 0 };
    let zones: Vec<Zone> = zones
        .iter()
        .enumerate()
        .map(|(at, zone)| match zone {
            Zone::Marked if !(from..last).contains(&at) => Zone::Quoted,
            other => *other,
        })
        .collect();
    gather(lines, &zones, &[Zone::New, Zone::Marked, Zone::Closing])
}

/// The lines of some zones, without blanks at their ends and blank lines at both ends.
fn gather(lines: &[Line<'_>], zones: &[Zone], wanted: &[Zone]) -> String {
    let mut text = String::new();
    let mut blank = false;
    for (line, zone) in lines.iter().zip(zones) {
        if !wanted.contains(zone) {
            // A gap in a zone is a blank line in its text.
            blank = !text.is_empty();
            continue;
        }
        let line = line.text.trim_end();
        if line.is_empty() && (text.is_empty() || blank) {
            continue;
        }
        if std::mem::take(&mut blank) {
            text.truncate(text.trim_end().len());
            text.push_str("\n\n");
        } else if !text.is_empty() {
            text.push('\n');
        }
        text.push_str(line);
    }
    text.truncate(text.trim_end().len());
    text
}

struct Walk<'a> {
    lines: &'a [Line<'a>],
    forward: bool,
    /// The zone of every line passed so far.
    zones: Vec<Zone>,
    /// The zone of an ordinary line.
    mode: Zone,
    /// Nothing ends the zone any more.
    to_the_end: bool,
    /// New text stands above.
    above: bool,
    forwarded: bool,
}

impl<'a> Walk<'a> {
    /// The lines not passed yet, the current one first.
    fn ahead(&self) -> &'a [Line<'a>] {
        self.lines.get(self.zones.len()..).unwrap_or_default()
    }

    fn push(&mut self, zone: Zone, count: usize) {
        let end = (self.zones.len() + count).min(self.lines.len());
        self.zones.resize(end, zone);
    }

    /// The rest of the letter, or of this part of it, is in `zone`.
    fn rest(&mut self, zone: Zone) {
        self.mode = zone;
        self.to_the_end = true;
        self.push(zone, 1);
    }

    fn step(&mut self) {
        let ahead = self.ahead();
        let Some(line) = ahead.first() else {
            return;
        };
        if self.to_the_end || line.is_blank() {
            self.push(self.mode, 1);
            return;
        }
        match line.sign {
            Sign::Quote => self.quotation(),
            Sign::Forward => self.forward_mark(ahead),
            Sign::Original => self.header_block(),
            Sign::Attribution(found) => self.attribution(found),
            Sign::None => self.own_words(line, ahead),
        }
    }

    /// A run of quoted lines; blank lines inside belong to it.
    fn quotation(&mut self) {
        let ahead = self.ahead();
        let run = quoted_run(ahead);
        let forwarded = ahead
            .iter()
            .take(run)
            .map(|line| mark::unquoted(line.text))
            .find(|text| !text.is_empty())
            .is_some_and(|text| mark::is_forward(&line::folded(text)));
        self.forwarded |= forwarded;
        self.push(
            if forwarded {
                Zone::Forwarded
            } else {
                Zone::Marked
            },
            run,
        );
        // A signature above a quotation ends there: what follows is an answer again.
        self.mode = Zone::New;
    }

    fn forward_mark(&mut self, ahead: &[Line<'_>]) {
        self.forwarded = true;
        let next = ahead.iter().skip(1).position(|line| !line.is_blank());
        let below = next
            .and_then(|skipped| ahead.get(skipped + 1..))
            .unwrap_or_default();
        if below.first().is_some_and(|line| line.sign == Sign::Quote) {
            // Apple Mail quotes what it forwards; below it the sender may write on.
            self.push(
                Zone::Forwarded,
                ahead.len() - below.len() + quoted_run(below),
            );
            self.mode = Zone::New;
        } else {
            self.rest(Zone::Forwarded);
        }
    }

    fn header_block(&mut self) {
        // Without a word above it, somebody passes a letter on.
        let forwarded = self.forward || !self.above;
        self.forwarded |= forwarded;
        self.rest(if forwarded {
            Zone::Forwarded
        } else {
            Zone::Quoted
        });
    }

    fn attribution(&mut self, found: Attribution) {
        let mut below = self.ahead().iter().skip(found.lines);
        let marked = below
            .find(|line| !line.is_blank())
            .is_some_and(|line| line.sign == Sign::Quote);
        if marked || (found.certain && !self.above) {
            // With nothing above it, the words below an unmarked one are all the letter says.
            self.push(Zone::Quoted, found.lines);
        } else if found.certain {
            self.rest(Zone::Quoted);
        } else {
            self.push(self.mode, found.lines);
            self.above |= self.mode == Zone::New;
        }
    }

    fn own_words(&mut self, line: &Line<'_>, ahead: &[Line<'_>]) {
        if line.postscript && self.mode == Zone::Signature {
            let run = ahead.iter().take_while(|line| !line.is_blank()).count();
            self.push(Zone::New, run);
            self.above = true;
            return;
        }
        if self.above && line.footer {
            self.push(Zone::Signature, 1);
            return;
        }
        if !self.above && line.banner {
            let run = ahead.iter().take_while(|line| !line.is_blank()).count();
            self.push(Zone::Signature, run);
            return;
        }
        if self.mode == Zone::New {
            if self.above && signature::is_list_footer(ahead) {
                self.rest(Zone::Signature);
                return;
            }
            let closes = self.above && signature::is_closing(ahead);
            if closes && !line.notice {
                self.push(Zone::Closing, signature::closing_lines(ahead));
            }
            if closes || signature::is_delimiter(ahead) || self.above && line.notice {
                self.mode = Zone::Signature;
            }
            if closes && !line.notice {
                return;
            }
        }
        self.above |= self.mode == Zone::New;
        self.push(self.mode, 1);
    }
}

/// How many lines at the start are quoted, blank ones between them included.
fn quoted_run(lines: &[Line<'_>]) -> usize {
    lines
        .iter()
        .take_while(|line| line.sign == Sign::Quote || line.is_blank())
        .count()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Zones in the order new | quoted | signature | forwarded, lines joined with `/`.
    fn zones(body: &str) -> String {
        let Text {
            new,
            quoted,
            signature,
            forwarded,
            ..
        } = split(body, false).text;
        [new, quoted, signature, forwarded]
            .map(|zone| zone.replace('\n', "/"))
            .join("|")
    }

    #[test]
    fn attributions_of_many_programs_go_with_the_quotation() {
        for line in [
            "Le 12/05/2024 à 10:33, Marie Curie a écrit :",
            "Le lun. 12 mai 2024 à 10:33, Marie Curie <m@b.fr> a écrit :",
            "Le 12 mai 2024 à 10:33, Marie <m@b.fr> a écrit\u{a0}:",
            "Le lundi 12 mai 2024 à 10:33:22 UTC+2, Marie <m@b.fr> a écrit :",
            "Le 2024-05-12 10:33, Marie a écrit :",
            "On Mon, May 12, 2024 at 10:33 AM Marie Curie <m@b.fr> wrote:",
            "On 5/12/24 10:33, Marie wrote:",
            "On Monday, May 12th, 2024 at 10:33, Marie <m@b.fr> wrote:",
            "Marie Curie <m@b.fr> a écrit :",
            "Am 12.05.2024 um 10:33 schrieb Marie:",
        ] {
            assert_eq!(
                zones(&format!("Merci\n\n{line}\n\n> bonjour\n> fin\n")),
                format!("Merci|{line}//> bonjour/> fin||"),
            );
            assert_eq!(
                zones(&format!("Merci\n\n{line}\n\nbonjour\n")),
                format!("Merci|{line}//bonjour||"),
            );
        }
    }

    #[test]
    fn a_wrapped_attribution_is_found_and_the_line_above_stays() {
        assert_eq!(
            zones("Oui\nLe 12 mai 2024 à 10:33, Marie Curie <\nm@b.fr> a écrit :\n> q\n"),
            "Oui|Le 12 mai 2024 à 10:33, Marie Curie </m@b.fr> a écrit :/> q||"
        );
        assert_eq!(
            zones("Rendez-vous à 10:30 ?\nJean <j@b.fr> a écrit :\n> q\n"),
            "Rendez-vous à 10:30 ?|Jean <j@b.fr> a écrit :/> q||"
        );
    }

    #[test]
    fn header_blocks_quote_the_rest() {
        for block in [
            "De : Marie <m@b.fr>\nEnvoyé : lundi 12 mai 2024 10:33\nÀ : support\nObjet : RE: PC",
            "________________________________\nFrom: M\nSent: Monday\nTo: support\nSubject: PC",
            "-----Message d'origine-----\nDe : M",
            "----- Mail original -----\nDe: \"M\" <m@b.fr>\nÀ: s@b.fr",
            "-------- Original Message --------\nx",
            "=====\n   Message du : 12/05/2025 09:12\n   De : \"S \" <s@b.fr>\n   A : m@b.fr\n   Sujet : PC\n=====",
            "--- Below this line is a copy of the message.\n\nReturn-Path: <s@b.fr>",
            "------ This is a copy of the message, including all the headers. ------\nx",
            "*De :* M\n*Date :* hier\n*À :* s\n*Objet :* PC",
        ] {
            let flat = block.replace('\n', "/");
            assert_eq!(
                zones(&format!("Merci\n\n{block}\n\ntexte\n")),
                format!("Merci|{flat}//texte||")
            );
        }
    }

    #[test]
    fn forwarded_letters_are_another_voice() {
        for mark in [
            "---------- Forwarded message ---------",
            "---------- Message transféré ---------",
            "-------- Message transféré --------",
            "----- Mail transféré -----",
            "Début du message réexpédié :",
            "Begin forwarded message:",
        ] {
            assert_eq!(
                zones(&format!("Voir dessous\n\n{mark}\nDe : M\n\ntexte\n")),
                format!("Voir dessous|||{mark}/De : M//texte")
            );
        }
        assert_eq!(
            zones("a\n\nDébut du message transféré :\n\n> De : x\n> texte\n\nb\n"),
            "a//b|||Début du message transféré ://> De : x/> texte"
        );
    }

    #[test]
    fn answers_between_quotes_are_new() {
        assert_eq!(
            zones("> un ?\noui\n\n> deux ?\n\nnon\n"),
            "oui//non|> un ?//> deux ?||"
        );
    }

    #[test]
    fn signatures_and_what_follows_them() {
        assert_eq!(zones("a\n-- \nJean\nCNRS\n"), "a||--/Jean/CNRS|");
        assert_eq!(
            zones("a\n---\nJean\n\nLe 12/05/2024 10:33, M a écrit :\n> q\n"),
            "a|Le 12/05/2024 10:33, M a écrit :/> q|---/Jean|"
        );
        assert_eq!(
            zones("a\n\nCordialement,\nJean Dupont\nTél. 01 02 03 04 05\n"),
            "a||Cordialement,/Jean Dupont/Tél. 01 02 03 04 05|"
        );
        assert_eq!(
            zones("a\n-- \nJean\n\nPS : le câble aussi\nmerci\n\nCNRS\n"),
            "a//PS : le câble aussi/merci||--/Jean//CNRS|"
        );
        assert_eq!(
            zones("a\n\nEnvoyé de mon iPhone\n\nb"),
            "a//b||Envoyé de mon iPhone|"
        );
        assert_eq!(
            zones("a\nCordialement\nJ.\n\nLe 12/05/2024 10:33, M a écrit :\n> q\n\n> r\n"),
            "a|Le 12/05/2024 10:33, M a écrit :/> q//> r|Cordialement/J.|"
        );
    }

    #[test]
    fn a_closing_word_in_the_middle_is_text() {
        let body = "Bonjour,\nCordialement vôtre me dit-on souvent, mais le PC\nne marche pas.";
        assert_eq!(split(body, false).text.new, body);
        let long = format!("a\nMerci\nCordialement\n{}\n", "x ".repeat(200));
        assert_eq!(split(&long, false).text.signature, "");
    }

    fn shown(body: &str) -> String {
        split(body, false).text.shown().replace('\n', "/")
    }

    #[test]
    fn quotations_that_are_answered_are_shown_with_the_answers() {
        let at = "Le 12/05/2025 10:33, M <m@b.fr> a écrit :";
        for (body, expected) in [
            (
                "> un ?\noui\n\n> deux ?\n\nnon\n> trois",
                "> un ?/oui//> deux ?//non",
            ),
            ("> panne\n\nmoi aussi", "> panne//moi aussi"),
            (&format!("{at}\n> panne\n\nmoi aussi"), "moi aussi"),
            (
                &format!("{at}\n> un ?\noui\n> deux ?\nnon"),
                "> un ?/oui/> deux ?/non",
            ),
            (
                "Le PC.\n\nCordialement,\n\nJean Dupont\nTél. 01 02",
                "Le PC.//Cordialement,//Jean Dupont",
            ),
            (
                "Le PC.\nCordialement\n06 12 34 56 78",
                "Le PC./Cordialement",
            ),
            ("Le PC.", "Le PC."),
        ] {
            assert_eq!(shown(body), expected, "{body:?}");
        }
    }

    #[test]
    fn a_list_and_a_gateway_speak_not_for_the_sender() {
        assert_eq!(
            zones(
                "Le PC.\n_______________________________________________\nInfo mailing list\nInfo@lists.x.fr\nhttps://lists.x.fr/listinfo/info\n"
            ),
            "Le PC.||_______________________________________________/Info mailing list/Info@lists.x.fr/https://lists.x.fr/listinfo/info|"
        );
        assert_eq!(
            zones(
                "CAUTION: This email originated from outside of the organization.\nDo not click.\n\nLe PC.\n"
            ),
            "Le PC.||CAUTION: This email originated from outside of the organization./Do not click.|"
        );
        assert_eq!(
            zones("ATTENTION : courriel externe, soyez vigilant\n\nMon PC.\n\n----\n"),
            "Mon PC.||ATTENTION : courriel externe, soyez vigilant//----|"
        );
    }

    #[test]
    fn header_blocks_of_programs_that_begin_with_another_field() {
        assert_eq!(
            zones(
                "Merci\n\nenvoyé : 12 mai 2025 à 10:33\nde : M <m@b.fr>\nà : s@b.fr\nobjet : PC\n\ntexte\n"
            ),
            "Merci|envoyé : 12 mai 2025 à 10:33/de : M <m@b.fr>/à : s@b.fr/objet : PC//texte||"
        );
        let form = "Demande :\nDate : demain\nDe : Jean\nObjet : PC\nSalle : B12";
        assert_eq!(split(form, false).text.new, form);
    }

    #[test]
    fn something_is_always_new() {
        for body in [
            "> q",
            "--\nJean",
            "---------- Forwarded message ---------\nx",
        ] {
            let text = split(body, false).text;
            assert_eq!(text.new, body);
            assert_eq!(text.quoted + &text.signature + &text.forwarded, "");
        }
        assert_eq!(split("", false).text, Text::default());
    }

    #[test]
    fn an_attribution_on_top_leaves_the_words_below_new() {
        assert_eq!(
            zones("On 8 May 2017 17:34, \"A\" <a@b.uk> wrote:\n\nno, it works\n"),
            "no, it works|On 8 May 2017 17:34, \"A\" <a@b.uk> wrote:||"
        );
    }
}
