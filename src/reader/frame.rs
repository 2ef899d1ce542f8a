//! The frames between daemon and worker: four bytes of length, big-endian, and as many bytes.

use std::io::{self, Read, Write};

use crate::message::limits;

/// Bytes of a letter in a frame.
pub(super) const LETTER: usize = limits::LETTER as usize;
/// Bytes of an answer: the text twice (as JSON), the fields, the lists of addresses.
pub(super) const ANSWER: usize = 16 * 1024 * 1024;

/// Reads one frame; `None` at the end of the input between two frames.
///
/// # Errors
/// The input ends inside a frame, cannot be read, or announces more than `limit` bytes.
pub(super) fn read(from: &mut impl Read, limit: usize) -> io::Result<Option<Vec<u8>>> {
    let mut length = [0; 4];
    let mut have = 0;
    while let Some(missing) = length.get_mut(have..).filter(|left| !left.is_empty()) {
        match from.read(missing) {
            Ok(0) if have == 0 => return Ok(None),
            Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(count) => have += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    let length = usize::try_from(u32::from_be_bytes(length)).unwrap_or(usize::MAX);
    if length > limit {
        return Err(io::ErrorKind::InvalidData.into());
    }
    let mut bytes = vec![0; length];
    from.read_exact(&mut bytes)?;
    Ok(Some(bytes))
}

/// The length before a frame.
///
/// # Errors
/// More bytes than `limit`.
pub(super) fn length(bytes: &[u8], limit: usize) -> io::Result<[u8; 4]> {
    u32::try_from(bytes.len())
        .ok()
        .filter(|_| bytes.len() <= limit)
        .map(u32::to_be_bytes)
        .ok_or_else(|| io::ErrorKind::InvalidData.into())
}

/// Writes one frame and flushes it.
///
/// # Errors
/// More bytes than `limit`, or the output cannot be written.
pub(super) fn write(to: &mut impl Write, bytes: &[u8], limit: usize) -> io::Result<()> {
    to.write_all(&length(bytes, limit)?)?;
    to.write_all(bytes)?;
    to.flush()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_comes_back_and_the_end_is_told_from_a_cut() {
        let mut wire = Vec::new();
        write(&mut wire, b"abc", 3).unwrap();
        write(&mut wire, b"", 3).unwrap();
        assert!(write(&mut wire, b"abcd", 3).is_err());
        let mut from = wire.as_slice();
        assert_eq!(read(&mut from, 3).unwrap().unwrap(), b"abc");
        assert_eq!(read(&mut from, 3).unwrap().unwrap(), b"");
        assert_eq!(read(&mut from, 3).unwrap(), None);
        for cut in 1..7 {
            assert!(read(&mut &wire[..cut], 3).is_err(), "cut at {cut}");
        }
        assert!(read(&mut wire.as_slice(), 2).is_err());
    }
}
