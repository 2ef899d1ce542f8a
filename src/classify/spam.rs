//! L15: what a spam filter wrote on the letter, if we trust that filter.
//!
//! In: a [`Message`] and which fields are believed ([`Settings`]). Out: whether the letter is to
//! be held for a person. It is never thrown away and never answered by a machine: filters err.
//!
//! | field | spam if |
//! |---|---|
//! | `X-Spam-Flag`, `X-Spam` (SpamAssassin, rspamd) | `yes` or `true` |
//! | `X-Spam-Status` | begins with `yes`, or its `score=` reaches the site's limit |
//! | `X-Spam-Level` | as many `*` as the limit, rounded up |
//! | `X-UCE-Status` (Renater) | begins with `yes`, `spam` or `uce` |
//! | `X-Spamd-Result`, `X-Spamd-Bar` (rspamd) | `default: True`; score, or `+` signs, of the limit |
//! | `X-Rspamd-Action` | `reject`, `add header`, `rewrite subject`, `quarantine` |
//!
//! Without a limit only a filter's own word counts.
//!
//! Only fields above the first `Received` that a foreign server wrote count: what stands below
//! came with the letter, and a spammer would write `X-Spam-Flag: NO`. Of several fields the worst
//! counts. Filters that say `no` say nothing: nobody is answered because of them.
//!
//! Not handled: filters that mark only the subject, and Exchange's SCL.

use super::{Kind, Settings as Ours, sender_auth, token};
use crate::message::Message;

/// The fields that can be trusted, as the configuration spells them.
pub const FIELDS: [&str; 8] = [
    "X-Spam-Flag",
    "X-Spam",
    "X-Spam-Status",
    "X-Spam-Level",
    "X-UCE-Status",
    "X-Spamd-Result",
    "X-Spamd-Bar",
    "X-Rspamd-Action",
];

/// Which filters are believed; none by default.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Settings {
    /// Names out of [`FIELDS`], in any case.
    pub trusted: Vec<String>,
    /// From this score on a letter is spam, for fields that give one. Without it only the filter's
    /// own word counts: each has a limit of its own, and scores of two filters cannot be compared.
    pub score: Option<f64>,
}

/// Whether a trusted filter took the letter for spam.
pub(super) fn flagged(message: &Message, settings: &Ours) -> Option<Option<Kind>> {
    let trusted = &settings.spam.trusted;
    if trusted.is_empty() {
        return None;
    }
    let score = settings.spam.score;
    sender_auth::above_the_border(message, settings)
        .filter(|field| {
            trusted
                .iter()
                .any(|name| name.eq_ignore_ascii_case(&field.name))
        })
        .any(|field| says_spam(&field.name, &field.value, score))
        .then_some(Some(Kind::Spam))
}

fn says_spam(name: &str, value: &str, limit: Option<f64>) -> bool {
    let bare = token(value);
    let word = |words: &[&str]| {
        let first: String = bare.chars().take_while(|c| c.is_alphanumeric()).collect();
        words.contains(&first.as_str())
    };
    let reached = |score: Option<f64>| {
        score
            .zip(limit)
            .is_some_and(|(score, limit)| score >= limit)
    };
    match name.to_ascii_lowercase().as_str() {
        "x-spam-flag" | "x-spam" => word(&["yes", "true"]),
        "x-spam-status" => word(&["yes"]) || reached(after(value, "score=").and_then(number)),
        "x-spam-level" => reached(Some(run(value, '*'))),
        "x-uce-status" => word(&["yes", "spam", "uce"]),
        // default: False [6.20 / 15.00]; SYMBOL(1.0)[…]
        "x-spamd-result" => {
            let verdict = bare
                .rsplit_once("default:")
                .map_or("", |(_, rest)| rest.trim_start());
            verdict.starts_with("true") || reached(after(value, "[").and_then(number))
        }
        "x-spamd-bar" => reached(Some(run(value, '+'))),
        "x-rspamd-action" => [
            "reject",
            "add header",
            "add_header",
            "rewrite subject",
            "rewrite_subject",
            "quarantine",
        ]
        .contains(&bare.as_str()),
        _ => false,
    }
}

fn after<'a>(value: &'a str, mark: &str) -> Option<&'a str> {
    value.split_once(mark).map(|(_, rest)| rest.trim_start())
}

/// The number a text begins with.
fn number(text: &str) -> Option<f64> {
    let digits: String = text
        .chars()
        .take_while(|c| c.is_ascii_digit() || ['-', '+', '.'].contains(c))
        .collect();
    digits
        .parse()
        .ok()
        .filter(|number: &f64| number.is_finite())
}

/// How often `mark` stands at the beginning.
fn run(value: &str, mark: char) -> f64 {
    let count = value.trim().chars().take_while(|c| *c == mark).count();
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::classify::{Rule, classify};
    use crate::message::parse::parse;

    fn settings() -> Ours {
        Ours {
            own_addresses: vec!["support@univ.example".to_owned()],
            authserv_id: Some("mx.univ.example".to_owned()),
            spam: Settings {
                trusted: FIELDS.iter().map(|name| (*name).to_owned()).collect(),
                score: Some(5.0),
            },
            ..Ours::default()
        }
    }

    fn kind(header: &str, settings: &Ours) -> (Kind, Option<Rule>) {
        let raw =
            format!("{header}From: a@b.example\nTo: support@univ.example\nSubject: x\n\nBonjour\n");
        let class = classify(&parse(raw.as_bytes()).unwrap(), settings);
        (class.kind, class.rule)
    }

    #[test]
    fn each_filter_is_read_in_its_own_way() {
        let spam = [
            "X-Spam-Flag: YES",
            "X-Spam: Yes",
            "X-Spam-Status: Yes, score=1.0",
            "X-Spam-Status: No, score=5.2 required=9",
            "X-Spam-Level: *****",
            "X-UCE-Status: Yes (spam, 2)",
            "X-Spamd-Result: default: False [6.20 / 15.00]; FORGED(1.0)[x]",
            "X-Spamd-Bar: ++++++",
            "X-Rspamd-Action: add header",
        ];
        for field in spam {
            let found = kind(&format!("{field}\n"), &settings());
            assert_eq!(found, (Kind::Spam, Some(Rule::L15)), "{field}");
        }
        let clean = [
            "X-Spam-Flag: NO",
            "X-Spam-Status: No, score=-2.1",
            "X-Spam-Status: Yesterday",
            "X-Spam-Level: ****",
            "X-UCE-Status: No",
            "X-Spamd-Result: default: False [-1.20 / 15.00]",
            "X-Spamd-Result: nan",
            "X-Spamd-Bar: ---",
            "X-Rspamd-Action: no action",
        ];
        for field in clean {
            let found = kind(&format!("{field}\n"), &settings());
            assert_eq!(found, (Kind::Request, None), "{field}");
        }
    }

    #[test]
    fn without_a_score_only_the_filters_own_word_counts() {
        let mut settings = settings();
        settings.spam.score = None;
        for field in [
            "X-Spam-Status: No, score=7.2 required=9",
            "X-Spam-Level: *********",
            "X-Spamd-Result: default: False [6.20 / 15.00]; FORGED(1.0)[x]",
            "X-Spamd-Bar: ++++++",
        ] {
            let found = kind(&format!("{field}\n"), &settings);
            assert_eq!(found, (Kind::Request, None), "{field}");
        }
        for field in [
            "X-Spam-Status: Yes, score=7.2",
            "X-Spam: yes",
            "X-Rspamd-Action: add header",
            "X-Spamd-Result: default: True [16.20 / 15.00]; FORGED(1.0)[x]",
        ] {
            let found = kind(&format!("{field}\n"), &settings);
            assert_eq!(found.0, Kind::Spam, "{field}");
        }
    }

    #[test]
    fn nothing_is_believed_that_came_with_the_letter_or_is_not_trusted() {
        let border = "Received: from elsewhere.example by mx.univ.example; x\n";
        let foreign = "Received: from a by mx.elsewhere.example; x\n";
        let flag = "X-Spam-Flag: YES\n";
        let below = format!("{border}{foreign}{flag}");
        assert_eq!(kind(&below, &settings()).0, Kind::Request);
        let above = format!("{border}{flag}{foreign}");
        assert_eq!(kind(&above, &settings()).0, Kind::Spam);
        let mut trusting_none = settings();
        trusting_none.spam.trusted = vec!["X-UCE-Status".to_owned()];
        assert_eq!(kind(&above, &trusting_none).0, Kind::Request);
    }

    #[test]
    fn a_bounce_or_a_machine_stays_one_whatever_the_filter_says() {
        let header = "X-Spam-Flag: YES\nAuto-Submitted: auto-generated\n";
        assert_eq!(
            kind(header, &settings()),
            (Kind::Automatic, Some(Rule::L02))
        );
    }
}
