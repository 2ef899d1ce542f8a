//! The watched mailboxes: connection, certificate, login, what the server can, folders, room.

use jiff::{SignedDuration, Timestamp};

use super::Finding;
use crate::cause::chain;
use crate::config::Config;
use crate::connection::certificate::first_end;
use crate::mailbox::{self, MailboxError, Settings, Survey};

/// A certificate that ends within this time should be renewed by now.
const SOON: SignedDuration = SignedDuration::from_hours(21 * 24);

/// Opens each mailbox and looks around.
pub(super) async fn check(config: &Config, now: Timestamp) -> Vec<Finding> {
    let mut found = Vec::new();
    for (name, settings) in &config.mailboxes {
        match mailbox::open(settings).await {
            Err(error) => found.push(closed(name, &error)),
            Ok(mut mailbox) => {
                let survey = mailbox.survey().await;
                mailbox.close().await;
                match survey {
                    Ok(survey) => found.extend(open(name, settings, &survey, now)),
                    Err(error) => found.push(closed(name, &error)),
                }
            }
        }
    }
    found
}

/// Why a mailbox could not be opened, by what has to be mended.
fn closed(name: &str, error: &MailboxError) -> Finding {
    let says = format!("mailbox `{name}`: {}", chain(error));
    let (check, remedy) = match error {
        MailboxError::Tls(_) | MailboxError::Insecure(_) => (
            "mailbox.tls",
            "the certificate has to be valid, to bear the name in `host`, and to come from an authority that this machine or `ca_file` knows",
        ),
        MailboxError::Secret(_) => (
            "mailbox.secret",
            "see that the secret can be read by the user guichet runs as",
        ),
        MailboxError::Refused { .. } => (
            "mailbox.login",
            "try user and password with another mail program; servers with two factors want an application password or `login = \"xoauth2\"`",
        ),
        MailboxError::FolderMissing(_) => (
            "mailbox.folder",
            "make the folder on the server, or correct `folder`, `done` or `held`",
        ),
        MailboxError::Unsupported(_) => (
            "mailbox.login",
            "choose another `login` that the server offers",
        ),
        MailboxError::Maildir { .. } | MailboxError::Letter { .. } => (
            "mailbox.folder",
            "see that the Maildir and its folders belong to the user guichet runs as",
        ),
        _ => (
            "mailbox.connection",
            "see that `host`, `port` and `security` are right and that no firewall is between",
        ),
    };
    Finding::fault(
        check,
        says,
        "no letter is taken in from this mailbox",
        remedy,
    )
}

fn open(name: &str, settings: &Settings, survey: &Survey, now: Timestamp) -> Vec<Finding> {
    let mut found = vec![Finding::good(
        "mailbox.login",
        format!("mailbox `{name}` is open"),
    )];
    if let Settings::Imap(_) = settings {
        found.extend(certificate(
            "mailbox.certificate",
            name,
            &survey.certificates,
            now,
        ));
        found.extend(capabilities(name, survey));
    }
    found.extend(folders(name, survey));
    found.extend(room(name, survey));
    found
}

/// When the server's certificates end.
pub(super) fn certificate(
    check: &'static str,
    whose: &str,
    chain: &[Vec<u8>],
    now: Timestamp,
) -> Option<Finding> {
    let end = first_end(chain.iter().map(Vec::as_slice))?;
    let left = end.duration_since(now);
    let day = end.strftime("%Y-%m-%d");
    Some(if left > SOON {
        Finding::good(
            check,
            format!("the certificate of `{whose}` is good until {day}"),
        )
    } else {
        Finding::warning(
            check,
            format!(
                "the certificate of `{whose}` ends on {day}, in {} days",
                left.as_hours() / 24
            ),
            "from that day on guichet does not speak to the server any more",
            "ask whoever runs the mail server whether its renewal works",
        )
    })
}

fn capabilities(name: &str, survey: &Survey) -> Vec<Finding> {
    const CHECK: &str = "mailbox.capabilities";
    let mut found = Vec::new();
    if !survey.moves && !survey.uidplus {
        found.push(Finding::warning(
            CHECK,
            format!("the server of `{name}` offers neither MOVE nor UIDPLUS"),
            "letters that are decided stay in the watched folder: guichet remembers them, and people cannot see what is done",
            "nothing has to be done; move old letters away by hand now and then",
        ));
    } else if !survey.moves {
        found.push(Finding::warning(
            CHECK,
            format!("the server of `{name}` does not offer MOVE"),
            "letters are copied and then removed, which is slower and counts twice against the quota for a moment",
            "nothing has to be done",
        ));
    }
    if !survey.idle {
        found.push(Finding::warning(
            CHECK,
            format!("the server of `{name}` does not offer IDLE"),
            "new letters are seen at the next look, after `poll`, and not at once",
            "choose `poll` to your liking",
        ));
    }
    if !survey.lasting_names {
        found.push(Finding::warning(
            CHECK,
            format!("the server of `{name}` gives no UIDVALIDITY"),
            "letters are told apart by their arrival and size as well; a folder that is made anew may be read twice",
            "ask for a server that follows RFC 3501",
        ));
    }
    if found.is_empty() {
        found.push(Finding::good(CHECK, "IDLE, MOVE and UIDVALIDITY are there"));
    }
    found
}

fn folders(name: &str, survey: &Survey) -> Vec<Finding> {
    const CHECK: &str = "mailbox.folders";
    let mut found = Vec::new();
    if survey.read_only {
        found.push(Finding::fault(
            CHECK,
            format!("the watched folder of `{name}` may only be read"),
            "letters that are decided cannot be moved away",
            "give the user the rights l, r, s, t and e on it",
        ));
    }
    for setting in &survey.missing {
        found.push(Finding::fault(
            CHECK,
            format!("the folder `{setting}` of `{name}` is not there and could not be made"),
            "letters that are decided stay in the watched folder",
            "make it on the server, or give the user the right to",
        ));
    }
    for (setting, rights) in &survey.lacking {
        found.push(Finding::fault(
            CHECK,
            format!("the rights `{rights}` on the folder `{setting}` of `{name}` are missing"),
            "letters cannot be moved from the watched folder to the others",
            "give the user l, r, s, t and e on the watched folder, and l, r and i on the others",
        ));
    }
    if found.is_empty() {
        found.push(Finding::good(
            CHECK,
            "the folders are there and can be used",
        ));
    }
    found
}

fn room(name: &str, survey: &Survey) -> Option<Finding> {
    const CHECK: &str = "mailbox.quota";
    let (used, most) = survey.quota?;
    let percent = used.saturating_mul(100) / most.max(1);
    Some(if percent < 90 {
        Finding::good(CHECK, format!("{percent} % of the quota are used"))
    } else {
        Finding::warning(
            CHECK,
            format!("{percent} % of the quota of `{name}` are used"),
            "a full mailbox takes no letter, and its senders get them back",
            "empty the folder of the letters that are done: guichet keeps its own copies",
        )
    })
}
