//! The keys there are, with their defaults: read out of the shipped sample, which explains them all.
//!
//! A line `#key = value` of the sample shows the key's default, unless its explanation says that
//! there is none or names it in words; `key = value` is one that a site sets itself. Blocks that are
//! commented out as a whole (`#[[technician]]`) are examples and have no defaults. That the sample
//! knows every key and tells the truth is held by the tests of what is shipped.

/// The shipped sample.
pub const SAMPLE: &str = include_str!("../../deploy/guichet.toml");

/// One key of the sample.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    /// Its table as it is written: `[service]`, `[[mailbox]]`.
    pub table: String,
    /// The key.
    pub key: String,
    /// What the sample shows as its default, as TOML; nothing for one that a site sets.
    pub default: Option<String>,
    /// Its default in words, where it is none or depends on something.
    pub in_words: Option<String>,
}

/// Every key of the sample outside examples, in its order.
#[must_use]
pub fn known() -> Vec<Known> {
    let mut found = Vec::new();
    let (mut table, mut example) = (String::new(), false);
    let mut explanation: Vec<&str> = Vec::new();
    for line in SAMPLE.lines() {
        if line.is_empty() {
            example = false;
            explanation.clear();
            continue;
        }
        if line.starts_with('[') {
            line.clone_into(&mut table);
            explanation.clear();
            continue;
        }
        let (text, commented) = match line.strip_prefix('#') {
            None => (line, false),
            Some(rest) if rest.starts_with('[') => {
                example = true;
                continue;
            }
            Some(rest) => (rest, true),
        };
        let key = text.split_once(" = ").filter(|(key, _)| is_key(key));
        let Some((key, value)) = key else {
            explanation.push(text.trim());
            continue;
        };
        if !example {
            found.push(Known {
                table: table.clone(),
                key: key.to_owned(),
                default: commented.then(|| value.to_owned()),
                in_words: in_words(&explanation.join(" ")),
            });
        }
        explanation.clear();
    }
    found
}

fn is_key(text: &str) -> bool {
    text.chars()
        .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || "_.".contains(c))
}

/// What an explanation says of the default: `Default: …`, or that there is none.
fn in_words(explanation: &str) -> Option<String> {
    let sentence = |rest: &str| {
        let end = rest.find(". ").unwrap_or(rest.len());
        let sentence = rest.get(..end).unwrap_or(rest).trim();
        sentence.trim_end_matches('.').to_owned()
    };
    if let Some((_, rest)) = explanation.split_once("Default: ") {
        return Some(sentence(rest));
    }
    let (_, rest) = explanation.split_once("No default")?;
    Some(match rest.strip_prefix(':') {
        Some(consequence) => format!("not set: {}", sentence(consequence)),
        None => "not set".to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(table: &str, key: &str) -> Known {
        let mut all = known().into_iter();
        all.find(|one| one.table == table && one.key == key)
            .unwrap()
    }

    #[test]
    fn ok_defaults_are_read_as_the_sample_shows_them() {
        let tag = one("[service]", "tag");
        assert_eq!(tag.default.as_deref(), Some("\"Support\""));
        assert_eq!(tag.in_words, None);
        let port = one("[[mailbox]]", "port");
        assert_eq!(port.in_words.as_deref(), Some("993 with \"tls\", else 143"));
        let id = one("[service]", "authserv_id");
        assert_eq!(
            id.in_words.as_deref(),
            Some("not set: nobody's findings are believed")
        );
        assert_eq!(one("[service]", "name").default, None);
        assert!(!known().iter().any(|one| one.key == "handle"), "an example");
        assert!(known().len() > 50);
    }
}
