//! The way out: the mail server that takes our letters, its certificate, login, and limits.

use jiff::Timestamp;

use super::Finding;
use super::mailboxes::certificate;
use crate::cause::chain;
use crate::config::Config;
use crate::delivery::smtp::{Offered, Smtp};
use crate::delivery::{Reason, Settings, Transport};

/// Bytes of the largest letter we write: text and what is passed on, in base64.
fn largest(config: &Config) -> u64 {
    config.decide.work.attachments / 3 * 4 + 256 * 1024
}

/// Connects, logs in, and says goodbye.
pub(super) async fn check(config: &Config, now: Timestamp) -> Vec<Finding> {
    let settings = match &config.delivery {
        Settings::Smtp(settings) => settings,
        Settings::Maildir(_) => return vec![folder(config)],
    };
    let smtp = match Smtp::new(settings.clone()) {
        Ok(smtp) => smtp,
        Err(error) => {
            return vec![broken(
                "way_out.settings",
                chain(&error),
                "correct the section `[delivery]`",
            )];
        }
    };
    match smtp.survey().await {
        Ok(offered) => open(config, &settings.host, &offered, now),
        Err(reason) => vec![closed(&reason)],
    }
}

fn folder(config: &Config) -> Finding {
    match Transport::new(config.delivery.clone()) {
        Ok(_) => Finding::good("way_out.folder", "letters are put into a folder"),
        Err(error) => broken(
            "way_out.folder",
            chain(&error),
            "see that the folder belongs to the user guichet runs as",
        ),
    }
}

fn broken(check: &'static str, says: String, remedy: &str) -> Finding {
    Finding::fault(check, says, "no answer leaves", remedy)
}

fn closed(reason: &Reason) -> Finding {
    let said = format!("the mail server of the way out: {}", reason.text);
    match reason.code {
        Some(530..540) => broken(
            "way_out.login",
            said,
            "try user and password with another mail program; see whether this machine may send here",
        ),
        _ if reason.text.contains("TLS") => broken(
            "way_out.tls",
            said,
            "the certificate has to be valid, to bear the name in `host`, and to come from an authority that this machine or `ca_file` knows",
        ),
        _ if reason.text.contains("secret") => broken(
            "way_out.secret",
            said,
            "see that the secret can be read by the user guichet runs as",
        ),
        _ => broken(
            "way_out.connection",
            said,
            "see that `host`, `port` and `security` are right and that no firewall is between",
        ),
    }
}

fn open(config: &Config, host: &str, offered: &Offered, now: Timestamp) -> Vec<Finding> {
    let mut found = vec![Finding::good(
        "way_out.login",
        format!("`{host}` takes letters of ours"),
    )];
    found.extend(certificate(
        "way_out.certificate",
        host,
        &offered.certificates,
        now,
    ));
    let needed = largest(config);
    found.push(match offered.size {
        Some(limit) if limit < needed => Finding::warning(
            "way_out.size",
            format!(
                "`{host}` takes letters of {} kB, and ours may have {} kB",
                limit / 1_000,
                needed / 1_000
            ),
            "answers with attachments are refused",
            "ask for a larger limit, or lower `[work] attachments_mb`",
        ),
        Some(limit) => Finding::good(
            "way_out.size",
            format!("letters may have {} MB", limit / 1_000_000),
        ),
        None => Finding::good("way_out.size", "the server names no limit of size"),
    });
    found
}
