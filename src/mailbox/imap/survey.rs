//! What the server offers and what may be done in the folders: for an admin who sets the gateway up.
//!
//! Asks beyond what the gateway needs for its work: MYRIGHTS (RFC 4314) and GETQUOTAROOT (RFC 9208),
//! where offered. A server that declines either has said nothing about it, and nothing is concluded.

use super::reply::Value;
use super::session::{Command, Seen};
use super::{Imap, folder};
use crate::mailbox::{MailboxError, Survey};

/// Rights in the watched folder: look, read, keep flags, insert nothing, remove and expunge.
const WATCHED: &str = "lrste";
/// Rights on a shelf: look, read, insert.
const SHELF: &str = "lri";

impl Imap {
    /// See [`crate::mailbox::Mailbox::survey`].
    pub async fn survey(&mut self) -> Result<Survey, MailboxError> {
        self.home().await?;
        let folders = [
            ("folder", self.watched.clone(), WATCHED),
            ("done", self.done.clone(), SHELF),
            ("held", self.held.clone(), SHELF),
        ];
        let mut survey = Survey {
            idle: self.session.offers("IDLE"),
            moves: self.session.offers("MOVE"),
            uidplus: self.session.offers("UIDPLUS"),
            lasting_names: self.epoch != 0,
            read_only: self.read_only,
            missing: Vec::new(),
            lacking: Vec::new(),
            quota: None,
            certificates: self.session.certificates(),
        };
        for (setting, folder, wanted) in folders {
            if !folder::exists(&mut self.session, &folder).await? {
                survey.missing.push(setting);
                continue;
            }
            if !self.session.offers("ACL") {
                continue;
            }
            if let Some(rights) = self.rights(&folder).await? {
                let lacking: String = wanted
                    .chars()
                    .filter(|right| !holds(&rights, *right))
                    .collect();
                if !lacking.is_empty() {
                    survey.lacking.push((setting, lacking));
                }
            }
        }
        if self.session.offers("QUOTA") {
            survey.quota = self.quota().await?;
        }
        Ok(survey)
    }

    async fn rights(&mut self, folder: &folder::Folder) -> Result<Option<String>, MailboxError> {
        let command = Command::line("MYRIGHTS", format!("MYRIGHTS {}", folder.as_str()));
        let mut found = None;
        let asked = self
            .session
            .run(command, |seen| {
                if let Seen::Data(data) = seen
                    && let [verb, _, rights, ..] = data.as_slice()
                    && verb.is("MYRIGHTS")
                {
                    let rights = rights.bytes().unwrap_or_default();
                    found = Some(String::from_utf8_lossy(rights).into_owned());
                }
                Ok(())
            })
            .await;
        declined_is_nothing(asked.map(|_| found))
    }

    async fn quota(&mut self) -> Result<Option<(u64, u64)>, MailboxError> {
        let line = format!("GETQUOTAROOT {}", self.watched.as_str());
        let mut found: Option<(u64, u64)> = None;
        let asked = self
            .session
            .run(Command::line("GETQUOTAROOT", line), |seen| {
                if let Seen::Data(data) = seen
                    && let [verb, _, Value::List(resources), ..] = data.as_slice()
                    && verb.is("QUOTA")
                {
                    // Of several roots the fullest counts.
                    let fuller = storage(resources).into_iter().chain(found);
                    found = fuller.max_by_key(|(used, most)| used * 1_000 / most.max(&1));
                }
                Ok(())
            })
            .await;
        declined_is_nothing(asked.map(|_| found))
    }
}

/// Used and most of the resource STORAGE, in units of 1,024 bytes (RFC 9208 §5.1).
fn storage(resources: &[Value]) -> Option<(u64, u64)> {
    resources.chunks(3).find_map(|three| match three {
        [name, used, most] if name.is("STORAGE") => Some((used.number()?, most.number()?)),
        _ => None,
    })
}

/// Rights of RFC 2086 servers: `c` and `d` stand for several of the newer ones (RFC 4314 §2.1.1).
fn holds(rights: &str, right: char) -> bool {
    rights.contains(right) || ("te".contains(right) && rights.contains('d'))
}

fn declined_is_nothing<T>(
    asked: Result<Option<T>, MailboxError>,
) -> Result<Option<T>, MailboxError> {
    match asked {
        Err(MailboxError::Declined { .. }) => Ok(None),
        other => other,
    }
}
