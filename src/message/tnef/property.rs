//! MAPI properties as TNEF writes them (MS-OXTNEF §2.1.3.4), singly valued ones.

use encoding_rs::{Encoding, UTF_16LE};

use super::Input;

/// Properties that are read of one list; Exchange writes under 200.
const PROPERTIES: usize = 2_000;

/// The value of a property.
#[derive(Clone, Copy)]
pub(super) enum Value<'a> {
    /// One byte a character, in the code page of the letter.
    Narrow(&'a [u8]),
    /// UTF-16.
    Wide(&'a [u8]),
    /// Anything else.
    Bytes(&'a [u8]),
}

impl<'a> Value<'a> {
    /// The text, if it is one, up to its NUL.
    pub(super) fn text(self, codepage: &'static Encoding) -> Option<String> {
        let text = match self {
            Self::Narrow(bytes) => codepage.decode_without_bom_handling(bytes).0,
            Self::Wide(bytes) => UTF_16LE.decode_without_bom_handling(bytes).0,
            Self::Bytes(_) => return None,
        };
        Some(text.split('\0').next().unwrap_or_default().to_owned())
    }

    pub(super) fn bytes(self) -> &'a [u8] {
        let (Self::Narrow(bytes) | Self::Wide(bytes) | Self::Bytes(bytes)) = self;
        bytes
    }
}

/// The properties of a list with their ids, as far as it adds up.
pub(super) fn properties(data: &[u8]) -> Vec<(u16, Value<'_>)> {
    let mut input = Input(data);
    let count = input.u32().unwrap_or(0);
    let count = usize::try_from(count).unwrap_or(0).min(PROPERTIES);
    let mut found = Vec::new();
    for _ in 0..count {
        let Some((id, value)) = property(&mut input) else {
            break;
        };
        found.extend(value.map(|value| (id, value)));
    }
    found
}

/// One property; its value is `None` if it is multi-valued. `None` if the list ends or is damaged.
fn property<'a>(input: &mut Input<'a>) -> Option<(u16, Option<Value<'a>>)> {
    let kind = input.u16()?;
    let id = input.u16()?;
    if id >= 0x8000 {
        name(input)?;
    }
    let several = kind & 0x1000 != 0;
    let kind = kind & 0x0FFF;
    if let Some(size) = fixed(kind) {
        let count = if several { size_of(input)? } else { 1 };
        let bytes = input.take(size.checked_mul(count)?)?;
        return Some((id, (!several).then_some(Value::Bytes(bytes))));
    }
    let count = size_of(input)?;
    let mut last = None;
    // Every value takes at least its length, so that the input bounds the count.
    for _ in 0..count {
        let length = size_of(input)?;
        let bytes = input.take(length)?;
        input.take(length.next_multiple_of(4) - length)?;
        last = Some(match kind {
            0x1E => Value::Narrow(bytes),
            0x1F => Value::Wide(bytes),
            // An object begins with the id of its interface.
            0x0D => Value::Bytes(bytes.get(16..)?),
            0x102 => Value::Bytes(bytes),
            _ => return None,
        });
    }
    Some((id, last.filter(|_| !several)))
}

/// Passes over the name of a named property: its set, and a number or a text.
fn name(input: &mut Input<'_>) -> Option<()> {
    input.take(16)?;
    if input.u32()? == 0 {
        input.u32()?;
    } else {
        let length = size_of(input)?;
        input.take(length.checked_next_multiple_of(4)?)?;
    }
    Some(())
}

fn size_of(input: &mut Input<'_>) -> Option<usize> {
    usize::try_from(input.u32()?).ok()
}

/// Bytes of a type of fixed size, padded to four.
fn fixed(kind: u16) -> Option<usize> {
    match kind {
        0x02 | 0x03 | 0x04 | 0x0A | 0x0B => Some(4),
        0x05 | 0x06 | 0x07 | 0x14 | 0x40 => Some(8),
        0x48 => Some(16),
        _ => None,
    }
}
