//! Sequence sets (RFC 3501 §9): `3,5:9,12` for the UIDs 3, 5 to 9 and 12.
//!
//! Ranges are made of UIDs that follow one another without a gap, so a set names exactly what was
//! asked for, also when other letters arrive. Cut into commands of at most [`LENGTH`] bytes.

use std::collections::BTreeSet;
use std::fmt::Write as _;

/// Bytes of one set: with the rest of the command it stays under the 8,192 that every server
/// takes (RFC 7162 §4).
const LENGTH: usize = 7_000;

/// The sets that name exactly `uids`, in ascending order; none for none.
pub fn sets(uids: &BTreeSet<u32>) -> Vec<String> {
    let mut sets: Vec<String> = Vec::new();
    let mut add = |first: u32, last: u32| {
        let mut range = first.to_string();
        if last > first {
            let _ = write!(range, ":{last}");
        }
        match sets.last_mut() {
            Some(set) if set.len() + 1 + range.len() <= LENGTH => {
                set.push(',');
                set.push_str(&range);
            }
            _ => sets.push(range),
        }
    };
    let mut open: Option<(u32, u32)> = None;
    for &uid in uids {
        open = Some(match open {
            Some((first, last)) if last.checked_add(1) == Some(uid) => (first, uid),
            Some((first, last)) => {
                add(first, last);
                (uid, uid)
            }
            None => (uid, uid),
        });
    }
    if let Some((first, last)) = open {
        add(first, last);
    }
    sets
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn neighbours_become_ranges() {
        let set = |uids: &[u32]| sets(&uids.iter().copied().collect()).join(" ");
        assert_eq!(set(&[]), "");
        assert_eq!(set(&[7]), "7");
        assert_eq!(set(&[9, 8, 3, 5, 6, 12, 7]), "3,5:9,12");
        assert_eq!(set(&[u32::MAX - 1, u32::MAX]), "4294967294:4294967295");
    }

    proptest! {
        #[test]
        fn sets_name_exactly_what_was_asked_for(uids in proptest::collection::btree_set(1_u32..9_000, 0..4_000)) {
            let sets = sets(&uids);
            prop_assert!(sets.iter().all(|set| set.len() <= LENGTH));
            let mut named = BTreeSet::new();
            for range in sets.iter().flat_map(|set| set.split(',')) {
                let (first, last) = range.split_once(':').unwrap_or((range, range));
                let (first, last): (u32, u32) = (first.parse()?, last.parse()?);
                named.extend(first..=last);
            }
            prop_assert_eq!(named, uids);
        }
    }
}
