//! What DNS says of the support address's domain: where its mail goes, and who may send in its name.
//!
//! MX (RFC 5321 §5.1, RFC 7505), SPF (RFC 7208), DMARC (RFC 7489), and the public key of a signature
//! that was seen (RFC 6376 §3.6.2). A resolver that does not answer, or a machine without one, is told as
//! not looked at: it says nothing of the domain.
//!
//! Not handled: whether the mail server's own address is covered by the SPF record; the round trip
//! and the border server's findings show what it comes to.

use std::net::SocketAddr;
use std::sync::{Mutex, PoisonError};

use hickory_resolver::config::{ConnectionConfig, NameServerConfig, ResolverConfig};
use hickory_resolver::net::NetError;
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::proto::rr::{RData, RecordType};
use hickory_resolver::{ResolverBuilder, TokioResolver};

use super::Finding;
use crate::config::Config;
use crate::message::Message;

/// Look-ups that one SPF record may cost (RFC 7208 §4.6.4).
const LOOKUPS: usize = 10;

/// Asks for names. Who did not answer once is not asked again: each silence takes seconds.
pub(super) struct Resolver {
    resolver: Result<TokioResolver, String>,
    silent: Mutex<Option<String>>,
}

/// What an answer came to.
type Answer<T> = Result<Vec<T>, String>;

impl Resolver {
    /// The system's resolvers, or the one at this address.
    pub(super) fn new(at: Option<SocketAddr>) -> Self {
        let builder = match at {
            None => TokioResolver::builder_tokio(),
            Some(address) => {
                let connections = [ConnectionConfig::udp(), ConnectionConfig::tcp()];
                let connections = connections.map(|mut one| {
                    one.port = address.port();
                    one
                });
                let server = NameServerConfig::new(address.ip(), true, connections.to_vec());
                let config = ResolverConfig::from_parts(None, Vec::new(), vec![server]);
                let provider = TokioRuntimeProvider::default();
                Ok(TokioResolver::builder_with_config(config, provider))
            }
        };
        Self {
            resolver: builder.and_then(Self::built).map_err(|e| e.to_string()),
            silent: Mutex::new(None),
        }
    }

    fn built(
        mut builder: ResolverBuilder<TokioRuntimeProvider>,
    ) -> Result<TokioResolver, NetError> {
        let options = builder.options_mut();
        options.timeout = std::time::Duration::from_secs(3);
        options.attempts = 1;
        builder.build()
    }

    async fn ask<T>(
        &self,
        name: &str,
        kind: RecordType,
        read: impl Fn(&RData) -> Option<T>,
    ) -> Answer<T> {
        let resolver = self.resolver.as_ref().map_err(Clone::clone)?;
        let silent = || self.silent.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(why) = silent().clone() {
            return Err(why);
        }
        match resolver.lookup(format!("{name}."), kind).await {
            Ok(found) => Ok(found
                .answers()
                .iter()
                .filter_map(|record| read(&record.data))
                .collect()),
            Err(error) if error.is_no_records_found() => Ok(Vec::new()),
            Err(error) => {
                let why = error.to_string();
                *silent() = Some(why.clone());
                Err(why)
            }
        }
    }

    /// The texts of a name, each in one piece.
    async fn texts(&self, name: &str) -> Answer<String> {
        self.ask(name, RecordType::TXT, |data| match data {
            RData::TXT(text) => Some(
                text.txt_data
                    .iter()
                    .map(|part| String::from_utf8_lossy(part).into_owned())
                    .collect(),
            ),
            _ => None,
        })
        .await
    }
}

/// What is said of the support address's domain.
pub(super) async fn check(config: &Config, resolver: &Resolver) -> Vec<Finding> {
    let domain = config.identity.host();
    vec![
        mail_exchanger(domain, resolver).await,
        sender_policy(domain, resolver).await,
        alignment_policy(domain, resolver).await,
    ]
}

fn unasked(check: &'static str, why: &str) -> Finding {
    Finding::skipped(check, format!("DNS could not be asked: {why}"))
}

async fn mail_exchanger(domain: &str, resolver: &Resolver) -> Finding {
    const CHECK: &str = "names.mx";
    let nobody = |says: String| {
        Finding::fault(
            CHECK,
            says,
            "nobody outside can write to the support address",
            format!("publish an MX record for `{domain}`, or correct `[service] address`"),
        )
    };
    let exchangers = resolver.ask(domain, RecordType::MX, |data| match data {
        RData::MX(mx) => Some(mx.exchange.to_utf8()),
        _ => None,
    });
    match exchangers.await {
        Err(why) => unasked(CHECK, &why),
        Ok(found) if found.iter().any(|host| host == ".") => {
            nobody(format!("`{domain}` says that it takes no mail (null MX)"))
        }
        Ok(found) if !found.is_empty() => Finding::good(
            CHECK,
            format!("mail for `{domain}` goes to {}", found.join(", ")),
        ),
        Ok(_) => {
            let address = resolver.ask(domain, RecordType::A, |data| match data {
                RData::A(_) => Some(()),
                _ => None,
            });
            match address.await {
                Err(why) => unasked(CHECK, &why),
                Ok(found) if found.is_empty() => nobody(format!(
                    "`{domain}` has neither an MX record nor an address"
                )),
                Ok(_) => Finding::warning(
                    CHECK,
                    format!("`{domain}` has an address and no MX record"),
                    "mail goes to that address then, which is seldom what is meant",
                    format!("publish an MX record for `{domain}`"),
                ),
            }
        }
    }
}

async fn sender_policy(domain: &str, resolver: &Resolver) -> Finding {
    const CHECK: &str = "names.spf";
    const WHY: &str = "servers that get answers of the service cannot tell them from forged ones, and take them for spam";
    let texts = match resolver.texts(domain).await {
        Ok(texts) => texts,
        Err(why) => return unasked(CHECK, &why),
    };
    let records: Vec<&String> = texts
        .iter()
        .filter(|text| {
            let mut words = text.split_ascii_whitespace();
            words
                .next()
                .is_some_and(|word| word.eq_ignore_ascii_case("v=spf1"))
        })
        .collect();
    match records.as_slice() {
        [] => Finding::warning(
            CHECK,
            format!("`{domain}` has no SPF record"),
            WHY,
            format!("publish a TXT record for `{domain}` such as \"v=spf1 mx -all\""),
        ),
        [record] => judged(domain, record),
        several => Finding::fault(
            CHECK,
            format!("`{domain}` has {} SPF records", several.len()),
            "more than one counts as an error, and none of them as valid (RFC 7208 §4.5)",
            "put them together into one",
        ),
    }
}

fn judged(domain: &str, record: &str) -> Finding {
    const CHECK: &str = "names.spf";
    let terms: Vec<String> = record
        .split_ascii_whitespace()
        .skip(1)
        .map(str::to_ascii_lowercase)
        .collect();
    let costs = |term: &String| {
        let bare = term.trim_start_matches(['+', '-', '~', '?']);
        ["include:", "a", "mx", "ptr", "exists:", "redirect="]
            .iter()
            .any(|name| {
                bare.strip_prefix(name).is_some_and(|rest| {
                    name.ends_with([':', '=']) || rest.is_empty() || rest.starts_with([':', '/'])
                })
            })
    };
    let lookups = terms.iter().filter(|term| costs(term)).count();
    if lookups > LOOKUPS {
        return Finding::fault(
            CHECK,
            format!("the SPF record of `{domain}` costs {lookups} look-ups"),
            "more than ten make it invalid (RFC 7208 §4.6.4)",
            "put addresses in the place of some includes",
        );
    }
    if terms.iter().any(|term| term == "+all" || term == "all") {
        return Finding::fault(
            CHECK,
            format!("the SPF record of `{domain}` allows everybody"),
            "anybody can send in the service's name and is vouched for",
            "end the record with `-all` or `~all`",
        );
    }
    let ends = |ends: &[&str]| {
        terms
            .iter()
            .any(|term| ends.contains(&term.as_str()) || term.starts_with("redirect="))
    };
    if ends(&["-all", "~all"]) {
        Finding::good(CHECK, format!("`{domain}` says who may send in its name"))
    } else {
        Finding::warning(
            CHECK,
            format!("the SPF record of `{domain}` says nothing of everybody else"),
            "a forged letter is treated as one that nothing is known of",
            "end the record with `-all` or `~all`",
        )
    }
}

async fn alignment_policy(domain: &str, resolver: &Resolver) -> Finding {
    const CHECK: &str = "names.dmarc";
    let organisation = psl::domain_str(domain).unwrap_or(domain).to_owned();
    let mut names = vec![domain.to_owned()];
    if organisation != domain {
        names.push(organisation);
    }
    for name in names {
        let texts = match resolver.texts(&format!("_dmarc.{name}")).await {
            Ok(texts) => texts,
            Err(why) => return unasked(CHECK, &why),
        };
        let records: Vec<&String> = texts
            .iter()
            .filter(|text| text.trim_start().starts_with("v=DMARC1"))
            .collect();
        match records.as_slice() {
            [] => {}
            [record] => return policy(&name, record),
            several => {
                return Finding::fault(
                    CHECK,
                    format!("`_dmarc.{name}` has {} DMARC records", several.len()),
                    "of several none counts (RFC 7489 §6.6.3)",
                    "keep one",
                );
            }
        }
    }
    Finding::warning(
        CHECK,
        format!("`{domain}` has no DMARC record"),
        "letters that pretend to come from the service are delivered like real ones",
        format!(
            "publish a TXT record for `_dmarc.{domain}`, to begin with \"v=DMARC1; p=none; rua=mailto:…\""
        ),
    )
}

fn policy(name: &str, record: &str) -> Finding {
    const CHECK: &str = "names.dmarc";
    let policy = record.split(';').find_map(|tag| {
        let (key, value) = tag.split_once('=')?;
        (key.trim() == "p").then(|| value.trim().to_ascii_lowercase())
    });
    match policy.as_deref() {
        Some("reject" | "quarantine") => Finding::good(
            CHECK,
            format!("`{name}` asks that forged letters are refused or put aside"),
        ),
        Some("none") => Finding::good(
            CHECK,
            format!("`{name}` watches for forged letters, and asks for nothing (p=none)"),
        ),
        _ => Finding::fault(
            CHECK,
            format!("the DMARC record of `{name}` has no policy"),
            "without `p=none`, `quarantine` or `reject` it does not count",
            "add one",
        ),
    }
}

/// Whether the keys of the signatures on a letter are published.
pub(super) async fn check_signature(message: &Message, resolver: &Resolver) -> Vec<Finding> {
    const CHECK: &str = "names.dkim";
    let mut found = Vec::new();
    for value in message.field_values("DKIM-Signature").take(3) {
        let tag = |name: &str| {
            value.split(';').find_map(|tag| {
                let (key, value) = tag.split_once('=')?;
                (key.trim() == name).then(|| value.split_whitespace().collect::<String>())
            })
        };
        let (Some(domain), Some(selector)) = (tag("d"), tag("s")) else {
            continue;
        };
        let name = format!("{selector}._domainkey.{domain}");
        found.push(match resolver.texts(&name).await {
            Err(why) => unasked(CHECK, &why),
            Ok(texts) if texts.iter().any(|text| has_key(text)) => {
                Finding::good(CHECK, format!("the key `{name}` is published"))
            }
            Ok(_) => Finding::fault(
                CHECK,
                format!("the letter is signed, and the key `{name}` is not published"),
                "a signature that cannot be checked counts as none, and many servers take the letter for spam",
                "publish the key that your mail server signs with",
            ),
        });
    }
    if found.is_empty() {
        found.push(Finding::skipped(
            CHECK,
            "the letter bears no DKIM signature; many servers sign only what goes outside",
        ));
    }
    found
}

/// Whether a key record has a key; an empty one is revoked (RFC 6376 §3.6.1).
fn has_key(text: &str) -> bool {
    text.split(';').any(|tag| {
        tag.split_once('=')
            .is_some_and(|(name, value)| name.trim() == "p" && !value.trim().is_empty())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::Grade;

    #[test]
    fn an_spf_record_is_judged_by_its_end_and_its_cost() {
        let cases = [
            ("v=spf1 mx -all", Grade::Good),
            ("v=spf1 include:_spf.x.example ~all", Grade::Good),
            ("v=spf1 redirect=x.example", Grade::Good),
            ("v=spf1 mx", Grade::Warning),
            ("v=spf1 mx ?all", Grade::Warning),
            ("v=spf1 +all", Grade::Fault),
            ("v=spf1 ALL", Grade::Fault),
            (
                "v=spf1 a mx include:1 include:2 include:3 include:4 include:5 include:6 \
                 include:7 include:8 include:9 -all",
                Grade::Fault,
            ),
            ("v=spf1 ip4:192.0.2.1 amx -all", Grade::Good),
        ];
        for (record, grade) in cases {
            assert_eq!(judged("x.example", record).grade, grade, "{record}");
        }
    }

    #[test]
    fn a_dmarc_record_needs_a_policy_and_a_key_record_a_key() {
        assert_eq!(policy("x", "v=DMARC1; p=reject").grade, Grade::Good);
        assert_eq!(policy("x", "v=DMARC1; sp=reject").grade, Grade::Fault);
        assert!(has_key("v=DKIM1; k=rsa; p=MIGf"));
        assert!(!has_key("v=DKIM1; p="));
    }
}
