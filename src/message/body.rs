//! Which parts of a letter are its text, and which are files.
//!
//! In: a letter as the MIME library took it apart. Out: [`Body`], one text without control
//! characters, and every other leaf of the structure as a file. No leaf is lost: it is text, or
//! file, or an alternative to a text that was taken.
//!
//! Strategy: a walk over the tree. Of alternatives (RFC 2046 §5.1.4) the plain one is taken if it
//! says something, else the richest that does; of related parts (RFC 2387) the root is text and
//! the others are files; everywhere else all texts without a file name count, in order, as Apple
//! Mail writes around pictures and list servers add below. Parts of a multipart that was cut off
//! hang in no tree; they are taken as they come.
//!
//! A letter without any text says what it encloses: a text marked as attachment, the body in a
//! `winmail.dat`, an invitation, a letter passed on. The enclosure stays a file.
//!
//! Not handled: text inside documents, pictures of text.

use std::collections::{BTreeMap, BTreeSet};

use mail_parser::{Message, MessageParser, MessagePart, MimeHeaders, PartType};

use super::{Defect, TextSource, attachment, calendar, limits, text, tnef, uuencode};

/// Multiparts inside multiparts that are followed; deeper leaves are taken as they come.
const DEPTH: usize = 2 * limits::DEPTH;

/// The decoded text of a letter, before it is cut into zones.
#[derive(Default)]
pub(super) struct Body {
    pub(super) text: String,
    pub(super) source: TextSource,
    /// The parts that are files, in the order of the letter.
    pub(super) files: BTreeSet<u32>,
    /// Files that stood in the text itself.
    pub(super) uuencoded: Vec<uuencode::File>,
}

/// Finds and decodes the text. `raw` are the bytes the letter was parsed from.
pub(super) fn body(message: &Message<'_>, raw: &[u8], defects: &mut BTreeSet<Defect>) -> Body {
    body_of(message, raw, defects, true)
}

fn body_of(
    message: &Message<'_>,
    raw: &[u8],
    defects: &mut BTreeSet<Defect>,
    may_open: bool,
) -> Body {
    let mut walk = Walk {
        message,
        raw,
        seen: BTreeSet::new(),
        files: BTreeSet::new(),
        read: BTreeMap::new(),
        has_text: false,
    };
    let mut ids = walk.node(0, Place::Root, 0);
    for id in 0..u32::try_from(message.parts.len()).unwrap_or(u32::MAX) {
        if !walk.seen.contains(&id) {
            ids.extend(walk.node(id, Place::Mixed, DEPTH));
        }
    }
    if !walk.says_something(&ids) {
        let unmarked = walk.unmarked();
        if walk.says_something(&unmarked) {
            ids = unmarked;
        }
    }
    let mut body = walk.gather(&ids, defects);
    if body.text.trim().is_empty() && body.uuencoded.is_empty() && may_open {
        let enclosed = walk.enclosed(&body.files, defects);
        if !enclosed.is_empty() {
            body.text = enclosed;
            body.source = TextSource::Enclosed;
        }
    }
    if body.text.len() > limits::TEXT {
        defects.insert(Defect::Capped);
        body.text
            .truncate(body.text.floor_char_boundary(limits::TEXT));
    }
    body
}

/// What a part stands in.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    /// It is the whole letter.
    Root,
    Mixed,
    /// Beside the root of related parts.
    Related,
    Alternative,
}

/// A text part, decoded.
struct Read {
    text: String,
    html: bool,
    files: Vec<uuencode::File>,
    defects: BTreeSet<Defect>,
}

struct Walk<'a> {
    message: &'a Message<'a>,
    raw: &'a [u8],
    /// Parts that were visited.
    seen: BTreeSet<u32>,
    files: BTreeSet<u32>,
    /// What was decoded already.
    read: BTreeMap<u32, Read>,
    has_text: bool,
}

impl<'a> Walk<'a> {
    fn part(&self, id: u32) -> Option<&'a MessagePart<'a>> {
        self.message.parts.get(id as usize)
    }

    /// The text parts below a part, in order; everything else below it becomes a file.
    fn node(&mut self, id: u32, place: Place, depth: usize) -> Vec<u32> {
        let Some(part) = self.part(id) else {
            return Vec::new();
        };
        if !self.seen.insert(id) {
            return Vec::new();
        }
        let PartType::Multipart(children) = &part.body else {
            return self.leaf(id, part, place);
        };
        if depth >= DEPTH {
            return Vec::new();
        }
        match text::media_type(part).as_str() {
            "multipart/alternative" => self.alternative(children, depth),
            "multipart/related" => self.related(part, children, depth),
            _ => children
                .iter()
                .flat_map(|id| self.node(*id, Place::Mixed, depth + 1))
                .collect(),
        }
    }

    /// Takes the plain alternative if it says something, else the last that does.
    fn alternative(&mut self, children: &[u32], depth: usize) -> Vec<u32> {
        let had_text = self.has_text;
        let choices: Vec<Vec<u32>> = children
            .iter()
            .map(|id| {
                self.has_text = had_text;
                self.node(*id, Place::Alternative, depth + 1)
            })
            .collect();
        let plain = choices
            .iter()
            .find(|ids| self.is_plain(ids) && self.says_something(ids))
            .cloned();
        let chosen = plain.or_else(|| {
            let mut rich = choices.iter().rev();
            rich.find(|ids| self.says_something(ids)).cloned()
        });
        self.has_text |= chosen.is_some();
        chosen.unwrap_or_else(|| choices.into_iter().next().unwrap_or_default())
    }

    fn related(&mut self, part: &MessagePart<'_>, children: &[u32], depth: usize) -> Vec<u32> {
        // RFC 2387 §3.2: `start` names the Content-ID of the root; without it the first is.
        let start = part
            .content_type()
            .and_then(|kind| kind.attribute("start"))
            .map(|id| id.trim_matches(['<', '>', ' ']));
        let root = start
            .and_then(|start| {
                children.iter().find(|id| {
                    let found = self.part(**id).and_then(|part| part.content_id());
                    found.is_some_and(|id| id.trim_matches(['<', '>', ' ']) == start)
                })
            })
            .or_else(|| children.first())
            .copied();
        children
            .iter()
            .flat_map(|id| {
                let place = if Some(*id) == root {
                    Place::Mixed
                } else {
                    Place::Related
                };
                self.node(*id, place, depth + 1)
            })
            .collect()
    }

    fn leaf(&mut self, id: u32, part: &MessagePart<'_>, place: Place) -> Vec<u32> {
        if self.is_text(part, place) {
            self.has_text = true;
            vec![id]
        } else {
            self.files.insert(id);
            Vec::new()
        }
    }

    /// Whether a leaf is text of the letter. A name makes it a file, but for the first: some
    /// programs name the very text of a letter (`Content-Type: text/plain; name="msg.txt"`).
    fn is_text(&self, part: &MessagePart<'_>, place: Place) -> bool {
        let disposition = part.content_disposition();
        let attached = disposition.is_some_and(|d| d.is_attachment());
        let filed = disposition.is_some_and(|d| d.attribute("filename").is_some());
        let named = part.attachment_name().is_some();
        let beside = place == Place::Related && (part.content_id().is_some() || named);
        is_readable(part)
            && !attached
            && !beside
            && (!named || !filed && !self.has_text || place == Place::Root && !self.has_text)
    }

    fn is_plain(&mut self, ids: &[u32]) -> bool {
        ids.iter()
            .any(|id| self.read(*id).is_some_and(|read| !read.html))
    }

    /// Whether some part has more to say than that the text is elsewhere.
    fn says_something(&mut self, ids: &[u32]) -> bool {
        ids.iter().any(|id| {
            self.read(*id)
                .is_some_and(|read| !read.files.is_empty() || !text::is_stand_in(&read.text))
        })
    }

    fn read(&mut self, id: u32) -> Option<&Read> {
        let part = self.part(id)?;
        let raw = self.raw;
        Some(self.read.entry(id).or_insert_with(|| {
            let mut defects = BTreeSet::new();
            let html = text::media_type(part) == "text/html";
            let (text, files) = text::part(part, raw, &mut defects);
            Read {
                text,
                html,
                files,
                defects,
            }
        }))
    }

    /// Texts that were filed because they are marked as attached, or are of a kind of their own.
    fn unmarked(&self) -> Vec<u32> {
        let text = |id: &u32| {
            self.part(*id).is_some_and(|part| {
                let kind = text::media_type(part);
                let multipart = kind.starts_with("multipart/");
                let known = kind.starts_with("text/") || multipart;
                let shape = multipart || matches!(part.body, PartType::Text(_) | PartType::Html(_));
                let strange = [
                    "text/calendar",
                    "text/rtf",
                    "text/rfc822-headers",
                    "text/vcard",
                ];
                shape
                    && known
                    && !strange.contains(&kind.as_str())
                    && part.attachment_name().is_none()
            })
        };
        self.files.iter().copied().find(text).into_iter().collect()
    }

    /// Joins the parts, up to [`limits::TEXT`].
    fn gather(&mut self, ids: &[u32], defects: &mut BTreeSet<Defect>) -> Body {
        let mut body = Body::default();
        for id in ids {
            self.read(*id);
            let Some(read) = self.read.remove(id) else {
                continue;
            };
            self.files.remove(id);
            defects.extend(read.defects);
            body.uuencoded.extend(read.files);
            if read.text.trim().is_empty() {
                continue;
            }
            if body.source == TextSource::None {
                body.source = if read.html {
                    TextSource::Html
                } else {
                    TextSource::Plain
                };
            }
            if !body.text.is_empty() {
                body.text.push('\n');
            }
            body.text.push_str(&read.text);
            if body.text.len() > limits::TEXT {
                break;
            }
        }
        self.files
            .extend(ids.iter().filter(|id| self.read.contains_key(id)));
        body.files = std::mem::take(&mut self.files);
        body
    }

    /// What the first enclosure with something to say says.
    fn enclosed(&self, files: &BTreeSet<u32>, defects: &mut BTreeSet<Defect>) -> String {
        let parts = || files.iter().filter_map(|id| self.part(*id));
        let bytes = |part| attachment::bytes(part, self.raw);
        let of_winmail = parts()
            .filter(|part| attachment::is_tnef(part))
            .filter_map(|part| tnef::read(&bytes(part))?.body)
            .map(|text| text::lines(&text).0);
        let of_invitations = parts()
            .filter(|part| text::media_type(part) == "text/calendar")
            .map(|part| calendar::to_text(&text::lines(&text::part_text(part, self.raw).0).0));
        let of_letters = parts()
            .filter(|part| matches!(part.body, PartType::Message(_)))
            .map(|part| passed_on(&bytes(part)));
        let mut found = of_winmail.chain(of_invitations).chain(of_letters);
        let text = found
            .find(|text| !text.trim().is_empty())
            .unwrap_or_default();
        if text.contains('\u{FFFD}') {
            defects.insert(Defect::Encoding);
        }
        text
    }
}

/// Whether a leaf is of a type that is read as text; one without a type is (RFC 2045 §5.2).
fn is_readable(part: &MessagePart<'_>) -> bool {
    let shape = matches!(part.body, PartType::Text(_) | PartType::Html(_));
    let kind = text::media_type(part);
    shape
        && matches!(
            kind.as_str(),
            "text/plain" | "text/html" | "text" | "text/enriched" | "text/richtext"
        )
}

/// A letter that another one encloses, as mail programs write it when they forward in line.
fn passed_on(raw: &[u8]) -> String {
    let Some(inner) = MessageParser::default().parse(raw) else {
        return String::new();
    };
    let body = body_of(&inner, raw, &mut BTreeSet::new(), false);
    if body.text.trim().is_empty() {
        return String::new();
    }
    let from = inner
        .from()
        .and_then(|from| from.first())
        .map(|from| match (from.name(), from.address()) {
            (Some(name), Some(address)) => format!("{name} <{address}>"),
            (name, address) => name.or(address).unwrap_or_default().to_owned(),
        })
        .unwrap_or_default();
    let subject = inner.subject().unwrap_or_default();
    format!(
        "---------- Forwarded message ---------\nFrom: {}\nSubject: {}\n\n{}",
        text::one_line(&from, 500),
        text::one_line(subject, 500),
        body.text
    )
}
