//! The letter a question was asked about, kept so that its answer can be judged with it.
//!
//! An answer says "it is mine", and what "it" is stands in the first letter. When the answer comes
//! the first letter is bytes in the journal, and reading those takes a worker process; the decision
//! is made inside a transaction, where there is none. So what the policy looked at is kept with the
//! decision that asked: the words that may count and the circumstances, as values. Quoted text,
//! signature and files are not kept, because the policy reads none of them.

use serde::{Deserialize, Serialize};

use super::Letter;
use crate::message::Text;
use crate::registry::Tri;

/// What the policy looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptLetter {
    subject: String,
    text: Text,
    from: Option<String>,
    forwarded: bool,
    trusted_sender: Tri,
    technician: bool,
    oncall_active: bool,
}

impl KeptLetter {
    /// Keeps a letter.
    #[must_use]
    pub fn of(letter: &Letter<'_>) -> Self {
        Self {
            subject: letter.subject.to_owned(),
            text: Text {
                quoted: String::new(),
                signature: String::new(),
                in_context: String::new(),
                ..letter.text.clone()
            },
            from: letter.from.map(str::to_owned),
            forwarded: letter.forwarded,
            trusted_sender: letter.trusted_sender,
            technician: letter.technician,
            oncall_active: letter.oncall_active,
        }
    }

    /// The letter, to be judged once more in its own circumstances.
    #[must_use]
    pub fn letter(&self) -> Letter<'_> {
        Letter {
            from: self.from.as_deref(),
            forwarded: self.forwarded,
            trusted_sender: self.trusted_sender,
            technician: self.technician,
            oncall_active: self.oncall_active,
            ..Letter::new(&self.subject, &self.text)
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::policy::{Card, judge};
    use crate::registry::Registry;

    #[test]
    fn ok_a_kept_letter_is_judged_as_it_was() {
        let card = Card::shipped().unwrap();
        let registry = Registry::load(&[], card.registry_settings()).unwrap();
        let text = Text {
            new: "Teams plante sur mon PC personnel".to_owned(),
            quoted: "> mon PC perso".to_owned(),
            signature: "-- \nService du personnel".to_owned(),
            ..Text::default()
        };
        let letter = Letter {
            from: Some("claire@univ.example"),
            trusted_sender: Tri::True,
            ..Letter::new("Teams", &text)
        };
        let json = serde_json::to_string(&KeptLetter::of(&letter)).unwrap();
        let kept: KeptLetter = serde_json::from_str(&json).unwrap();
        let now = Timestamp::UNIX_EPOCH;
        assert_eq!(
            judge(card, &registry, &kept.letter(), now),
            judge(card, &registry, &letter, now)
        );
        assert!(!json.contains("PC perso\""), "no quoted text is kept");
    }
}
