//! Whether the author is who the letter says, by the word of our own border server.
//!
//! In: a [`Message`] and which server is believed ([`Settings`]). Out: a [`SenderAuth`], with the
//! evidence it rests on, to be kept with the decision.
//!
//! Believed is the topmost `Authentication-Results` field (RFC 8601) with the configured
//! authserv-id, above the first `Received` that a foreign server wrote: what stands below came
//! with the letter, and anybody can write it. Fields of other ids count for nothing anywhere. Own
//! fields below the topmost can take a pass away, never give one.
//!
//! Of several results the worst counts:
//!
//! 1. `dmarc=fail`, or DMARC about another author: [`SenderAuth::Fail`]. `dmarc=temperror`:
//!    [`SenderAuth::TempError`].
//! 2. `dmarc=pass` for the author's domain, `auth=pass` for the author's address, or an aligned
//!    ([`Alignment`]) DKIM or SPF pass: [`SenderAuth::Pass`].
//! 3. Else an aligned `temperror`, or `spf=fail`, or nothing.
//!
//! A letter with several authors never passes. A signature that does not cover the whole body and
//! `From` gives no pass, nor does a DMARC pass that may rest on one. A field that cannot be read
//! whole, or spells the id in another way than just so, gives no pass. Every step is linear.
//!
//! The border server must remove fields that come in with its own id (RFC 8601 §5): one that came
//! with a letter it wrote nothing on cannot be told from its own.
//!
//! Not handled: ARC (`arc=` and ARC fields are ignored; there is no list of sealers to believe),
//! `smtp.helo`, Exchange Online's fields, which carry no authserv-id, and `id/job` in place of id.

mod field;
mod hop;
pub mod organisation;
mod scanner;
mod signature;

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Kind, Settings};
use crate::message::{Address, Field, Message, ReturnPath};
use field::{Finding, Outcome, Report};
use organisation::ascii;
pub use organisation::{Alignment, same_organisation};
use signature::{Coverage, coverage};

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

impl From<Failure> for SenderAuth {
    fn from(why: Failure) -> Self {
        Self::Fail { why }
    }
}

impl From<Absence> for SenderAuth {
    fn from(why: Absence) -> Self {
        Self::None { why }
    }
}

impl fmt::Display for SenderAuth {
    /// For a person who asks why; names no address and no domain.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Pass { by } => match by.method {
                Method::Dmarc => "the author's domain vouches for it (dmarc)",
                Method::Dkim => "the author's domain signed it (dkim)",
                Method::Spf => "a server of the author's domain sent it (spf)",
                Method::Auth => "the author logged in to send it (auth)",
            },
            Self::Fail { why } => match why {
                Failure::Dmarc => "the author's domain disowns it (dmarc)",
                Failure::Spf => "no server of the author's domain sent it (spf)",
                Failure::OtherAuthor => "the mail server judged another author (dmarc)",
            },
            Self::None { why } => match why {
                Absence::NotConfigured => "no mail server is configured that is believed",
                Absence::NoSingleAuthor => "it does not name exactly one author",
                Absence::NoField => "the mail server wrote no finding on it",
                Absence::Unreadable => "the mail server's finding cannot be read whole",
                Absence::NothingAligned => "nothing vouches for the author's domain",
                Absence::WeakSignature => "its signature does not cover text or author",
            },
            Self::TempError => "the mail server could not find out at that moment",
        })
    }
}

/// What the border server says of the one author of a letter; see the module page.
#[must_use]
pub fn sender_auth(message: &Message, settings: &Settings) -> SenderAuth {
    match evidence(message, settings) {
        Ok(by) => SenderAuth::Pass { by },
        Err(verdict) => verdict,
    }
}

fn evidence(message: &Message, settings: &Settings) -> Result<Evidence, SenderAuth> {
    let id = settings.authserv_id.as_deref().map(str::trim);
    let Some(id) = id.filter(|id| !id.is_empty()) else {
        return Err(Absence::NotConfigured.into());
    };
    let Some(author) = message.author() else {
        return Err(Absence::NoSingleAuthor.into());
    };
    let reports = reports(message, settings, id);
    let Some(top) = reports.first() else {
        return Err(Absence::NoField.into());
    };
    if reports.iter().any(disowned) {
        return Err(Failure::Dmarc.into());
    }
    let judge = Judge {
        top,
        author,
        alignment: settings.alignment,
        coverage: coverage(message, author.domain()),
    };
    judge.evidence()
}

/// The fields that our own servers can have written: those above the first `Received` of a foreign
/// one, topmost first.
pub(super) fn above_the_border<'a>(
    message: &'a Message,
    settings: &'a Settings,
) -> impl Iterator<Item = &'a Field> {
    let id = settings.authserv_id.as_deref().unwrap_or_default().trim();
    message.fields.iter().take_while(move |field| {
        !(field.name.eq_ignore_ascii_case("Received")
            && hop::is_foreign(&field.value, settings, id))
    })
}

/// The fields of the border server that it can have written, topmost first.
fn reports(message: &Message, settings: &Settings, id: &str) -> Vec<Report> {
    let same = |found: &str| match (ascii(found), ascii(id)) {
        (Some(found), Some(id)) => found == id,
        _ => found.eq_ignore_ascii_case(id),
    };
    above_the_border(message, settings)
        .filter(|field| field.name.eq_ignore_ascii_case("Authentication-Results"))
        .filter(|field| field::authserv_id(&field.value).is_some_and(|found| same(&found)))
        .map(|field| {
            let mut report = Report::read(&field.value);
            report.whole &= std::iter::once(id)
                .chain(ascii(id).as_deref())
                .any(|id| field::is_plainly_by(&field.value, id));
            report
        })
        .collect()
}

fn disowned(report: &Report) -> bool {
    report
        .results
        .iter()
        .any(|result| result.method == "dmarc" && result.outcome == Outcome::Fail)
}

/// Weighs the topmost field against the one author.
struct Judge<'a> {
    top: &'a Report,
    author: &'a Address,
    alignment: Alignment,
    coverage: Coverage,
}

impl Judge<'_> {
    fn evidence(&self) -> Result<Evidence, SenderAuth> {
        let dmarc = self.dmarc()?;
        if !self.top.whole {
            return Err(Absence::Unreadable.into());
        }
        let (dkim, spf) = (self.worst(Method::Dkim), self.worst(Method::Spf));
        let passes = |outcome: Option<Outcome>| outcome == Some(Outcome::Pass);
        let signed = match self.coverage {
            Coverage::Whole => true,
            // DMARC rests on SPF then, unless the server saw a signature that we do not see.
            Coverage::Unsigned => !self.any_pass(Method::Dkim),
            Coverage::Partial => false,
        };
        let by = |method| {
            let identity = self
                .of(method)
                .find_map(|result| self.binds(method, result));
            Ok(Evidence {
                method,
                identity: identity.unwrap_or_default(),
            })
        };
        if passes(self.worst(Method::Auth)) {
            by(Method::Auth)
        } else if dmarc && (signed || passes(spf)) {
            by(Method::Dmarc)
        } else if passes(dkim) && self.coverage == Coverage::Whole {
            by(Method::Dkim)
        } else if passes(spf) {
            by(Method::Spf)
        } else if [dkim, spf].contains(&Some(Outcome::TempError)) {
            Err(SenderAuth::TempError)
        } else if dmarc || passes(dkim) {
            Err(Absence::WeakSignature.into())
        } else if spf == Some(Outcome::Fail) {
            Err(Failure::Spf.into())
        } else {
            Err(Absence::NothingAligned.into())
        }
    }

    /// Whether DMARC passed for this author; an error if it speaks against the letter.
    fn dmarc(&self) -> Result<bool, SenderAuth> {
        let mut passed = false;
        let mut worst = Outcome::Pass;
        for result in self.of(Method::Dmarc) {
            let from = result
                .properties
                .get("header.from")
                .and_then(|from| domain(from));
            if let Some(from) = &from
                && !same_organisation(from, self.author.domain())
            {
                return Err(Failure::OtherAuthor.into());
            }
            worst = worst.max(result.outcome);
            passed |= from.is_some_and(|from| self.aligned(&from));
        }
        match worst {
            Outcome::TempError => Err(SenderAuth::TempError),
            worst => Ok(passed && worst == Outcome::Pass),
        }
    }

    fn of(&self, method: Method) -> impl Iterator<Item = &Finding> {
        let name = match method {
            Method::Dmarc => "dmarc",
            Method::Dkim => "dkim",
            Method::Spf => "spf",
            Method::Auth => "auth",
        };
        self.top.results.iter().filter(move |r| r.method == name)
    }

    /// The worst of a method's results that speak of the author's domain, or address.
    fn worst(&self, method: Method) -> Option<Outcome> {
        self.of(method)
            .filter(|result| self.binds(method, result).is_some())
            .map(|result| result.outcome)
            .max()
    }

    fn any_pass(&self, method: Method) -> bool {
        self.of(method)
            .any(|result| result.outcome == Outcome::Pass && self.binds(method, result).is_some())
    }

    /// What a result vouches for, if that binds the author.
    fn binds(&self, method: Method, result: &Finding) -> Option<String> {
        let value = |name: &str| result.properties.get(name);
        let named = match method {
            Method::Dmarc => value("header.from"),
            // `i=` may name a host below `d=`: for a strict comparison only `d=` will do.
            Method::Dkim if self.alignment == Alignment::Strict => value("header.d"),
            Method::Dkim => value("header.d").or_else(|| value("header.i")),
            Method::Spf => value("smtp.mailfrom"),
            Method::Auth => {
                let login = value("smtp.auth")?.to_lowercase();
                return (login == self.author.key()).then_some(login);
            }
        };
        domain(named?).filter(|domain| self.aligned(domain))
    }

    fn aligned(&self, domain: &str) -> bool {
        self.alignment.holds(domain, self.author.domain())
    }
}

/// The domain of `local@domain`, `@domain` or `domain`, also in angle brackets.
fn domain(value: &str) -> Option<String> {
    let bare = value.trim_matches(['<', '>', ' ']);
    ascii(bare.rsplit('@').next().unwrap_or_default())
}

/// L16: answers go to the envelope sender's server (RFC 3834 §4), so it must be the author's.
pub(super) fn foreign_envelope(message: &Message, settings: &Settings) -> Option<Option<Kind>> {
    let ReturnPath::Address(path) = &message.return_path else {
        return None;
    };
    let author = message.author()?;
    let foreign = !same_organisation(path.domain(), author.domain());
    (foreign && !sender_auth(message, settings).is_pass()).then_some(None)
}
