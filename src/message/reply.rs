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
    let nothing_new = !lines.iter().zip(&zones).any(is_new);
    let second_hand = nothing_new && lines.iter().any(|line| !line.is_blank());
    if nothing_new {
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
            second_hand,
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
mod tests;
