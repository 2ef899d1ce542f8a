//! Whether the sender is who the letter says, by the word of our own mail server.
//!
//! In: a [`Message`] and the `authserv_id` our border server signs its findings with. Out:
//! [`Authentication`].
//!
//! Only the topmost `Authentication-Results` field (RFC 8601 §2.2) is read, and only if it carries
//! that id: fields below it came with the letter, and anybody can write them. The border server
//! must remove foreign fields with its own id (RFC 8601 §5); nothing here can check that.
//!
//! Aligned means: the domain that SPF or DKIM vouches for and the author's domain belong to the
//! same organisation (RFC 7489 §3.1, relaxed).
//!
//! Not handled: ARC, the public suffix list (see [`same_organisation`]).

use serde::{Deserialize, Serialize};

use super::{Kind, Settings};
use crate::message::{Message, ReturnPath};

/// What our border server found out about the author of a letter; see the module page.
///
/// There is one kind of pass: what would be too weak to obey is [`SenderAuth::None`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "verdict", rename_all = "snake_case")]
pub enum SenderAuth {
    /// The author's domain vouches for the letter.
    Pass {
        /// What the verdict rests on.
        by: Evidence,
    },
    /// The author's domain disowns the letter, or the server looked at another author.
    Fail {
        /// What speaks against the letter.
        why: Failure,
    },
    /// Nothing that binds the author's domain, for or against.
    None {
        /// What is missing.
        why: Absence,
    },
    /// The server could not find out at that moment; the same letter may pass later.
    TempError,
}

/// A finding of our border server that vouches for the author's domain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    /// What was checked.
    pub method: Method,
    /// What the check vouches for: a domain in lower-case A-labels; for [`Method::Auth`] the
    /// author's address. For the stored trace, never for a log.
    pub identity: String,
}

/// A way to authenticate mail that binds an author (RFC 8601 §2.7).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// RFC 7489: `header.from`.
    Dmarc,
    /// RFC 6376: `header.d`, or the domain of `header.i`.
    Dkim,
    /// RFC 7208: `smtp.mailfrom`.
    Spf,
    /// RFC 4954: our own server saw the author's password; `smtp.auth`.
    Auth,
}

/// What speaks against a letter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Failure {
    /// `dmarc=fail`.
    Dmarc,
    /// `spf=fail` for the author's own domain, and nothing else vouches for it.
    Spf,
    /// The server judged another author than the letter shows.
    OtherAuthor,
}

/// Why there is no verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Absence {
    /// No border server is configured whose word counts.
    NotConfigured,
    /// The letter does not name exactly one author.
    NoSingleAuthor,
    /// No field of the border server stands where it could have written it.
    NoField,
    /// The topmost field of the border server cannot be read whole.
    Unreadable,
    /// The field says nothing that binds the author's domain.
    NothingAligned,
    /// Only a signature vouches, and it does not cover text or author.
    WeakSignature,
}

impl SenderAuth {
    /// Whether the author's domain vouches for the letter.
    #[must_use]
    pub fn is_pass(&self) -> bool {
        matches!(self, Self::Pass { .. })
    }

    /// Whether the letter has to be taken for forged.
    #[must_use]
    pub fn is_fail(&self) -> bool {
        matches!(self, Self::Fail { .. })
    }
}

/// What the border server says of the one author of a letter; see the module page.
#[must_use]
pub fn sender_auth(message: &Message, settings: &Settings) -> SenderAuth {
    match authentication(message, settings.authserv_id.as_deref()) {
        Authentication::Pass => SenderAuth::Pass {
            by: Evidence {
                method: Method::Dmarc,
                identity: message
                    .author()
                    .map_or("", |author| author.domain())
                    .to_owned(),
            },
        },
        Authentication::Fail => SenderAuth::Fail {
            why: Failure::Dmarc,
        },
        Authentication::Unknown => SenderAuth::None {
            why: Absence::NothingAligned,
        },
    }
}

/// What our mail server found out about the author's domain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Authentication {
    /// DMARC passed, or an aligned SPF or DKIM did.
    Pass,
    /// DMARC failed.
    Fail,
    /// Nothing that binds the author's domain: no id is configured, no field carries it, or no
    /// method vouches for the domain.
    Unknown,
}

/// Reads the finding about the one author of a letter; see the module page.
#[must_use]
pub fn authentication(message: &Message, authserv_id: Option<&str>) -> Authentication {
    let (Some(id), Some(author)) = (authserv_id, message.author()) else {
        return Authentication::Unknown;
    };
    let top = message
        .field_values("Authentication-Results")
        .next()
        .map(without_comments);
    let Some((found, results)) = top.as_deref().and_then(|value| value.split_once(';')) else {
        return Authentication::Unknown;
    };
    // An optional version may follow the id (RFC 8601 §2.2).
    let found = found.split_whitespace().next().unwrap_or_default();
    if !found.eq_ignore_ascii_case(id.trim()) {
        return Authentication::Unknown;
    }
    let results: Vec<Finding> = results.split(';').filter_map(Finding::read).collect();
    let of = |method: &str| {
        results
            .iter()
            .filter(move |result| result.method == method)
            .collect::<Vec<_>>()
    };
    let aligned = |result: &&Finding| {
        result.outcome == "pass"
            && result
                .domain
                .as_deref()
                .is_some_and(|domain| same_organisation(domain, author.domain()))
    };
    let dmarc = of("dmarc");
    if dmarc.iter().any(|result| result.outcome == "fail") {
        return Authentication::Fail;
    }
    let dmarc_passes = dmarc.iter().any(|result| {
        result.outcome == "pass"
            && result
                .domain
                .as_deref()
                .is_none_or(|domain| same_organisation(domain, author.domain()))
    });
    if dmarc_passes || of("dkim").iter().any(aligned) || of("spf").iter().any(aligned) {
        Authentication::Pass
    } else {
        Authentication::Unknown
    }
}

/// One method with its outcome.
struct Finding {
    method: String,
    outcome: String,
    /// The domain it speaks of.
    domain: Option<String>,
}

impl Finding {
    fn read(text: &str) -> Option<Self> {
        let text = text.to_lowercase();
        let mut words = text.split_whitespace();
        let (method, outcome) = words.next()?.split_once('=')?;
        let method = method.split('/').next().unwrap_or_default();
        let domain = words
            .filter_map(|word| word.split_once('='))
            .filter(|(name, _)| {
                matches!(
                    (method, *name),
                    ("dkim", "header.d" | "header.i")
                        | ("spf", "smtp.mailfrom")
                        | ("dmarc", "header.from")
                )
            })
            .map(|(_, value)| {
                let value = value.trim_matches('"');
                value.rsplit('@').next().unwrap_or_default().to_owned()
            })
            .next();
        Some(Self {
            method: method.to_owned(),
            outcome: outcome.to_owned(),
            domain,
        })
    }
}

/// A header value without its comments (RFC 5322 §3.2.2), which senders can influence.
fn without_comments(value: &str) -> String {
    let mut depth = 0_u32;
    let mut quoted = false;
    value
        .chars()
        .filter(|c| {
            match c {
                '"' if depth == 0 => quoted = !quoted,
                '(' if !quoted => depth += 1,
                ')' if !quoted && depth > 0 => {
                    depth -= 1;
                    return false;
                }
                _ => {}
            }
            depth == 0
        })
        .collect()
}

/// Whether two domains are the same, or one lies in the other's organisation.
///
/// Without the public suffix list: the last two labels, or three if the last two are a suffix
/// that countries give out (`ac.uk`, `gouv.fr`). Errs towards "different".
#[must_use]
pub fn same_organisation(one: &str, other: &str) -> bool {
    let organisation = |domain: &str| {
        let domain = domain.trim_end_matches('.').to_lowercase();
        let labels: Vec<&str> = domain.rsplit('.').collect();
        let second = [
            "ac", "co", "com", "edu", "gouv", "gov", "govt", "net", "org", "or", "go", "asso",
            "nom", "id", "ne", "sch",
        ];
        let country = labels.first().is_some_and(|last| last.len() == 2);
        let shared = labels.get(1).is_some_and(|label| second.contains(label));
        let keep = if country && shared { 3 } else { 2 };
        let mut kept: Vec<&str> = labels.into_iter().take(keep).collect();
        kept.reverse();
        kept.join(".")
    };
    !one.is_empty() && organisation(one) == organisation(other)
}

/// L16: answers go to the envelope sender's server (RFC 3834 §4), so it must be the author's.
pub(super) fn foreign_envelope(message: &Message, settings: &Settings) -> Option<Option<Kind>> {
    let ReturnPath::Address(path) = &message.return_path else {
        return None;
    };
    let author = message.author()?;
    let foreign = !same_organisation(path.domain(), author.domain());
    let vouched = authentication(message, settings.authserv_id.as_deref()) == Authentication::Pass;
    (foreign && !vouched).then_some(None)
}
