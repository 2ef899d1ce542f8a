//! The subject: what of it was written for this letter.
//!
//! `[list]` tags and ticket tags are not the writer's words. After `Re:` or `TR:` neither is the
//! rest: it is the subject of another letter, good for the category and for nothing else.

/// A subject, read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Subject<'a> {
    /// Without tags and prefixes.
    pub bare: &'a str,
    /// Whether it answers another letter.
    pub reply: bool,
    /// Whether it passes another letter on.
    pub forwarded: bool,
}

const REPLY: [&str; 6] = ["re", "réf", "ref", "aw", "sv", "rép"];
const FORWARD: [&str; 6] = ["tr", "fw", "fwd", "wg", "transf", "i"];

/// Cuts tags and prefixes, however many there are.
#[must_use]
pub fn read(subject: &str) -> Subject<'_> {
    let mut read = Subject {
        bare: subject.trim(),
        reply: false,
        forwarded: false,
    };
    loop {
        if let Some((tag, rest)) = read.bare.strip_prefix('[').and_then(|s| s.split_once(']'))
            && !tag.contains('[')
        {
            read.bare = rest.trim_start();
            continue;
        }
        // `Re:`, `RE :`, `Re[2]:`
        let Some((head, rest)) = read.bare.split_once(':') else {
            return read;
        };
        let word = head
            .split('[')
            .next()
            .unwrap_or_default()
            .trim()
            .to_lowercase();
        if REPLY.contains(&word.as_str()) {
            read.reply = true;
        } else if FORWARD.contains(&word.as_str()) {
            read.forwarded = true;
        } else {
            return read;
        }
        read.bare = rest.trim_start();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prefixes_and_tags_are_cut() {
        assert_eq!(read("[tous-labo] wifi").bare, "wifi");
        assert_eq!(read("Re: [Support #12] RE : Partage").bare, "Partage");
        assert!(read("Re[2]: x").reply);
        assert!(read("TR : mon PC").forwarded);
        assert!(!read("Question : le wifi").reply);
        assert_eq!(read("Question : le wifi").bare, "Question : le wifi");
    }
}
