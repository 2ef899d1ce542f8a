//! What a response says: [`Frame`] in, [`Reply`] out.
//!
//! A small reader for the shapes of RFC 3501 §9 that this client can meet: status lines,
//! continuations, and data as nested lists of atoms and strings. It knows no vocabulary: what a
//! server adds (new FETCH items, new responses) is data that nobody asks for, not an error.
//! Nesting is limited to [`DEPTH`]; there is no recursion.
//!
//! Not handled: response codes are cut at the first `]`, as all codes used here are.

use jiff::Timestamp;

use super::wire::Frame;

/// Nesting of lists in a response; those asked for nest three deep.
const DEPTH: usize = 32;

/// How a command or the connection stands (RFC 3501 §7.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// Done.
    Ok,
    /// Would not.
    No,
    /// Not understood.
    Bad,
    /// The server ends the connection.
    Bye,
    /// Logged in without a login.
    Preauth,
}

/// One response.
#[derive(Debug, PartialEq, Eq)]
pub enum Reply {
    /// `+ …`: go on.
    Continue,
    /// The end of the command with this tag.
    Tagged(Vec<u8>, Status, Code),
    /// `* OK …` and the like.
    Status(Status, Code),
    /// `* …`: everything else.
    Data(Vec<Value>),
}

/// The response code of a status line, without its brackets; empty if there is none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Code(String);

impl Code {
    /// Its first word in upper case, letters, digits and `-` only: fit for a log. `none` if
    /// there is none.
    pub fn name(&self) -> String {
        let name: String = self
            .words()
            .next()
            .unwrap_or_default()
            .chars()
            .filter(|c| c.is_ascii_alphanumeric() || *c == '-')
            .take(40)
            .map(|c| c.to_ascii_uppercase())
            .collect();
        if name.is_empty() {
            "none".to_owned()
        } else {
            name
        }
    }

    /// Its words.
    pub fn words(&self) -> impl Iterator<Item = &str> {
        self.0.split_ascii_whitespace()
    }

    /// The number after `name`, as in `UIDVALIDITY 7`.
    pub fn number(&self, name: &str) -> Option<u64> {
        let mut words = self.words();
        let matches = words.next()?.eq_ignore_ascii_case(name);
        matches.then(|| words.next()?.parse().ok())?
    }
}

/// A piece of data.
#[derive(Debug, PartialEq, Eq)]
pub enum Value {
    /// A bare word, such as `FETCH`, `12`, `NIL` or `BODY[]<0>`.
    Atom(Vec<u8>),
    /// A quoted string or a literal.
    Text(Vec<u8>),
    /// A list in parentheses.
    List(Vec<Value>),
}

impl Value {
    /// Whether this is the bare word `word`, in any case.
    pub fn is(&self, word: &str) -> bool {
        matches!(self, Self::Atom(atom) if atom.eq_ignore_ascii_case(word.as_bytes()))
    }

    /// The number this bare word is.
    pub fn number<N: std::str::FromStr>(&self) -> Option<N> {
        match self {
            Self::Atom(atom) if atom.iter().all(u8::is_ascii_digit) => {
                std::str::from_utf8(atom).ok()?.parse().ok()
            }
            _ => None,
        }
    }

    /// The bytes of a word or string; `NIL` is none.
    pub fn bytes(&self) -> Option<&[u8]> {
        match self {
            Self::Text(bytes) => Some(bytes),
            Self::Atom(atom) if !self.is("NIL") => Some(atom),
            _ => None,
        }
    }

    /// The time this INTERNALDATE is (RFC 3501 §9 `date-time`; a blank may lead the day).
    pub fn time(&self) -> Option<Timestamp> {
        let text = std::str::from_utf8(self.bytes()?).ok()?.trim();
        Timestamp::strptime("%d-%b-%Y %H:%M:%S %z", text).ok()
    }
}

/// The items of a `* n FETCH (…)`, or nothing if `data` is something else.
pub fn fetch_items(data: Vec<Value>) -> Option<Vec<(Value, Value)>> {
    let mut data = data.into_iter();
    data.next()?.number::<u32>()?;
    if !data.next()?.is("FETCH") {
        return None;
    }
    let Value::List(items) = data.next()? else {
        return None;
    };
    let mut items = items.into_iter();
    let mut pairs = Vec::new();
    while let (Some(name), Some(value)) = (items.next(), items.next()) {
        pairs.push((name, value));
    }
    Some(pairs)
}

/// The UID that the beginning of a FETCH line names: for a letter whose literal was refused.
pub fn leading_uid(line: &[u8]) -> Option<u32> {
    let text = std::str::from_utf8(line).ok()?;
    let (_, after) = text.split_once("UID ")?;
    after
        .split(|c: char| !c.is_ascii_digit())
        .next()?
        .parse()
        .ok()
}

/// Reads a response.
///
/// # Errors
/// What is wrong with it, without quoting it.
pub fn read(frame: Frame) -> Result<Reply, &'static str> {
    let (first, _) = frame.0.first().ok_or("an empty response")?;
    if first == b"+" || first.starts_with(b"+ ") {
        return Ok(Reply::Continue);
    }
    let mut words = first.splitn(3, |&byte| byte == b' ');
    let tag = words.next().unwrap_or_default();
    let verb = words.next().ok_or("a line of one word")?;
    let status = [
        (&b"OK"[..], Status::Ok),
        (b"NO", Status::No),
        (b"BAD", Status::Bad),
        (b"BYE", Status::Bye),
        (b"PREAUTH", Status::Preauth),
    ]
    .iter()
    .find(|(name, _)| verb.eq_ignore_ascii_case(name))
    .map(|&(_, status)| status);
    match (tag == b"*", status) {
        (true, Some(status)) => Ok(Reply::Status(
            status,
            code(words.next().unwrap_or_default()),
        )),
        (false, Some(status)) => Ok(Reply::Tagged(
            tag.to_vec(),
            status,
            code(words.next().unwrap_or_default()),
        )),
        (true, None) => data(frame).map(Reply::Data),
        (false, None) => Err("a line that is neither data nor a status"),
    }
}

fn code(text: &[u8]) -> Code {
    let inside = text
        .strip_prefix(b"[")
        .and_then(|rest| rest.split(|&byte| byte == b']').next())
        .unwrap_or_default();
    Code(String::from_utf8_lossy(inside).into_owned())
}

/// Reads `* …` as values.
fn data(frame: Frame) -> Result<Vec<Value>, &'static str> {
    let mut open: Vec<Vec<Value>> = vec![Vec::new()];
    for (at, (line, literal)) in frame.0.into_iter().enumerate() {
        let mut text = line.as_slice();
        if at == 0 {
            text = text.strip_prefix(b"* ").unwrap_or(text);
        }
        if literal.is_some() {
            let brace = text.iter().rposition(|&byte| byte == b'{').unwrap_or(0);
            text = text.get(..brace).unwrap_or_default();
            text = text.strip_suffix(b"~").unwrap_or(text);
        }
        words(text, &mut open)?;
        if let (Some(literal), Some(list)) = (literal, open.last_mut()) {
            list.push(Value::Text(literal));
        }
    }
    match (open.pop(), open.is_empty()) {
        (Some(values), true) => Ok(values),
        _ => Err("a list without its end"),
    }
}

/// Reads one line's words into the innermost open list.
fn words(mut text: &[u8], open: &mut Vec<Vec<Value>>) -> Result<(), &'static str> {
    while let Some((&byte, rest)) = text.split_first() {
        let value = match byte {
            b' ' => {
                text = rest;
                continue;
            }
            b'(' => {
                if open.len() > DEPTH {
                    return Err("lists nested too deep");
                }
                open.push(Vec::new());
                text = rest;
                continue;
            }
            b')' => {
                text = rest;
                match open.pop() {
                    Some(list) if !open.is_empty() => Value::List(list),
                    _ => return Err("a list without its beginning"),
                }
            }
            b'"' => {
                let (string, after) = quoted(rest).ok_or("a string without its end")?;
                text = after;
                Value::Text(string)
            }
            _ => {
                let length = atom_length(text);
                let (atom, after) = text.split_at_checked(length).unwrap_or((text, &[]));
                text = after;
                Value::Atom(atom.to_vec())
            }
        };
        if let Some(list) = open.last_mut() {
            list.push(value);
        }
    }
    Ok(())
}

/// The rest of a quoted string, unescaped, and what follows it.
fn quoted(text: &[u8]) -> Option<(Vec<u8>, &[u8])> {
    let mut string = Vec::new();
    let mut bytes = text.iter().enumerate();
    while let Some((at, &byte)) = bytes.next() {
        match byte {
            b'"' => return Some((string, text.get(at + 1..)?)),
            b'\\' => string.push(*bytes.next()?.1),
            _ => string.push(byte),
        }
    }
    None
}

/// How long the bare word at the start of `text` is, at least 1; what stands in brackets belongs
/// to it (`BODY[HEADER.FIELDS (DATE)]<0>`).
fn atom_length(text: &[u8]) -> usize {
    let mut bracketed = false;
    let end = text.iter().position(|&byte| {
        match byte {
            b'[' => bracketed = true,
            b']' => bracketed = false,
            _ => {}
        }
        !bracketed && matches!(byte, b' ' | b'(' | b')' | b'"')
    });
    end.unwrap_or(text.len()).max(1)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn one(line: &str) -> Result<Reply, &'static str> {
        read(Frame(vec![(line.as_bytes().to_vec(), None)]))
    }

    fn atom(text: &str) -> Value {
        Value::Atom(text.as_bytes().to_vec())
    }

    fn text(text: &str) -> Value {
        Value::Text(text.as_bytes().to_vec())
    }

    #[test]
    fn status_lines_keep_their_code_and_lose_their_text() {
        let Ok(Reply::Tagged(tag, Status::No, code)) =
            one("A7 NO [AUTHENTICATIONFAILED] bob@example.org is unknown")
        else {
            panic!("no tagged NO");
        };
        assert_eq!(tag, b"A7");
        assert_eq!(code.name(), "AUTHENTICATIONFAILED");
        let Ok(Reply::Status(Status::Ok, code)) = one("* ok [UidValidity 77] is") else {
            panic!("no OK");
        };
        assert_eq!(code.number("UIDVALIDITY"), Some(77));
        assert_eq!(
            one("* BYE"),
            Ok(Reply::Status(Status::Bye, Code::default()))
        );
        assert_eq!(one("+ idling"), Ok(Reply::Continue));
        assert_eq!(one("+"), Ok(Reply::Continue));
    }

    #[test]
    fn a_fetch_is_read_with_its_literal_and_what_follows() {
        let frame = Frame(vec![
            (
                b"* 5 FETCH (UID 9 FLAGS (\\Seen $x) INTERNALDATE \" 7-Jul-2026 02:44:25 -0700\" BODY[HEADER.FIELDS (DATE \"X)\")]<0> {5}"
                    .to_vec(),
                Some(b"a\r\n)\"".to_vec()),
            ),
            (b" X-NEW (NIL (\"q\\\"\\\\\"))".to_vec(), None),
        ]);
        // The list is closed by the last parenthesis of the second line.
        let Err(what) = read(frame) else {
            panic!("an open list was taken");
        };
        assert_eq!(what, "a list without its end");
        let frame = Frame(vec![
            (
                b"* 5 FETCH (UID 9 INTERNALDATE \" 7-Jul-2026 02:44:25 -0700\" BODY[X (Y)]<0> {5}"
                    .to_vec(),
                Some(b"a\r\n)\"".to_vec()),
            ),
            (b" X-NEW (NIL (\"q\\\"\\\\\")))".to_vec(), None),
        ]);
        let Ok(Reply::Data(data)) = read(frame) else {
            panic!("no data");
        };
        let items = fetch_items(data).expect("items");
        assert_eq!(items[0], (atom("UID"), atom("9")));
        assert_eq!(
            items[1].1.time(),
            Some("2026-07-07T09:44:25Z".parse().expect("time"))
        );
        assert_eq!(items[2], (atom("BODY[X (Y)]<0>"), text("a\r\n)\"")));
        assert_eq!(
            items[3].1,
            Value::List(vec![atom("NIL"), Value::List(vec![text("q\"\\")])])
        );
    }

    #[test]
    fn err_shapes_that_no_server_should_send() {
        let deep = format!("* X {}", "(".repeat(60_000));
        for line in [
            "",
            "garbage",
            "some garbage here",
            "* X (",
            "* X )",
            "* X \"a",
            "* X \"a\\",
            deep.as_str(),
        ] {
            assert!(one(line).is_err(), "{}", line.get(..20).unwrap_or(line));
        }
    }

    #[test]
    fn a_refused_literal_still_names_its_letter() {
        assert_eq!(
            leading_uid(b"* 12 FETCH (UID 5 INTERNALDATE \"x\" BODY[]"),
            Some(5)
        );
        assert_eq!(leading_uid(b"* 12 FETCH (BODY[]"), None);
    }

    proptest! {
        #[test]
        fn no_bytes_upset_the_reader(
            parts in proptest::collection::vec(
                (r#"[* A-D0-9()\[\]{}"\\~+<>]{0,40}"#, proptest::option::of(any::<Vec<u8>>())),
                0..5,
            )
        ) {
            let frame = parts.into_iter().map(|(line, literal)| {
                (format!("* {line}").into_bytes(), literal)
            });
            let _ = read(Frame(frame.collect())).map(|reply| match reply {
                Reply::Data(data) => { fetch_items(data); }
                Reply::Tagged(_, _, code) | Reply::Status(_, code) => { code.name(); }
                Reply::Continue => {}
            });
        }
    }
}
