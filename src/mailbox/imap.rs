//! A folder on an IMAP server (RFC 3501; RFC 9051 servers speak it too).
//!
//! From bytes to letters: `wire` cuts responses, `reply` reads them, `session` judges
//! them, `login` opens a session, `folder` finds the names; `letters` lists and fetches,
//! `shelve` puts away, and [`Imap::wait`] is here.
//!
//! Extensions used where offered: IDLE (RFC 2177), MOVE (RFC 6851), UIDPLUS (RFC 4315), NAMESPACE
//! (RFC 2342), ID (RFC 2971), SASL-IR (RFC 4959), response codes of RFC 5530. Nothing else is
//! asked for, so nothing else can go wrong: no BODYSTRUCTURE, no ESEARCH, no sequence numbers, no
//! CONDSTORE, no compression. All commands that name letters are UID commands; a bare EXPUNGE and
//! CLOSE, which delete other people's letters, are never sent.
//!
//! One session has one folder open. A look at a shelf leaves the watched folder, and the next
//! call that needs it opens it again and checks that it is still the same (UIDVALIDITY).

mod folder;
mod letters;
mod login;
pub mod reply;
mod sequence;
mod session;
mod shelve;
mod survey;
mod tls;
pub mod wire;

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use self::folder::{Folder, Namespace};
use self::session::{Command, Seen, Session};
use crate::connection::SecretSource;
pub use crate::connection::Security;

use super::{MailboxError, News, Shelf};

/// IDLE is renewed after this long: RFC 2177 says 29 minutes, but routers forget connections much
/// sooner, and a dead one is only noticed when it is spoken to.
const RENEW: Duration = Duration::from_secs(290);

/// How to reach one folder on an IMAP server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Name or address of the server; with TLS its certificate must bear it.
    pub host: String,
    /// TCP port; 993 for implicit TLS, 143 for STARTTLS.
    pub port: u16,
    /// How the connection is protected.
    pub security: Security,
    /// Which authorities may vouch for the server.
    pub roots: Roots,
    /// User name.
    pub user: String,
    /// How to log in.
    pub auth: Auth,
    /// Password or OAuth access token.
    pub secret: SecretSource,
    /// The watched folder; `/` between levels on every server.
    pub folder: String,
    /// Where letters go that are dealt with; default `Guichet/Done`.
    pub done: String,
    /// Where letters go that a person must see; default `Guichet/Held`.
    pub held: String,
    /// Whether to use IDLE where offered.
    pub idle: bool,
    /// How often to look without IDLE.
    pub poll: Duration,
    /// How long the server may take for one step: connecting, one command's next response.
    pub step: Duration,
}

/// Which certificate authorities are trusted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Roots {
    /// Those of the operating system.
    Native,
    /// Those in this PEM file, and no others.
    File(PathBuf),
}

/// How to log in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Auth {
    /// The LOGIN command.
    Login,
    /// AUTHENTICATE PLAIN.
    Plain,
    /// AUTHENTICATE XOAUTH2; the secret is an access token.
    XOAuth2,
}

/// The folder a session has open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Open {
    Nothing,
    Watched,
    Shelf(Shelf),
}

/// What SELECT says.
#[derive(Debug, Default)]
struct Selected {
    epoch: u64,
    uid_next: u64,
    read_only: bool,
}

/// A logged-in session with its folders.
#[derive(Debug)]
pub struct Imap {
    settings: Settings,
    session: Session,
    watched: Folder,
    done: Folder,
    held: Folder,
    open: Open,
    epoch: u64,
    read_only: bool,
    /// UIDNEXT when the session began: older letters may bear traces of an earlier session.
    uid_next: u64,
    /// Letters that lie on their shelf already and are not yet removed (COPY without MOVE).
    copied: BTreeSet<u32>,
    idle: bool,
    polled: Instant,
}

impl Imap {
    /// Connects, logs in, makes the shelves where missing, opens the watched folder.
    ///
    /// # Errors
    /// [`MailboxError::FolderMissing`] if the watched folder does not exist.
    pub async fn open(settings: Settings) -> Result<Self, MailboxError> {
        let mut session = login::log_in(&settings).await?;
        let namespace = Namespace::ask(&mut session).await?;
        let watched = namespace.folder("folder", &settings.folder)?;
        let done = namespace.folder("done", &settings.done)?;
        let held = namespace.folder("held", &settings.held)?;
        if watched == done || watched == held {
            return Err(MailboxError::Setting("folder", "it is a shelf too"));
        }
        folder::ensure(&mut session, &done).await?;
        folder::ensure(&mut session, &held).await?;
        let idle = settings.idle && session.offers("IDLE");
        let mut imap = Self {
            settings,
            session,
            watched,
            done,
            held,
            open: Open::Nothing,
            epoch: 0,
            read_only: false,
            uid_next: 0,
            copied: BTreeSet::new(),
            idle,
            polled: Instant::now(),
        };
        let watched = imap.watched.clone();
        let selected = imap.select("SELECT", "folder", &watched).await?;
        imap.open = Open::Watched;
        imap.epoch = selected.epoch;
        imap.uid_next = selected.uid_next;
        imap.read_only = selected.read_only;
        tracing::info!(
            epoch = imap.epoch,
            idle = imap.idle,
            moves = imap.session.offers("MOVE"),
            read_only = imap.read_only,
            "the mailbox is open"
        );
        Ok(imap)
    }

    /// UIDVALIDITY; 0 if the server does not tell.
    pub fn epoch(&self) -> u64 {
        self.epoch
    }

    /// SELECT or EXAMINE. `setting` names the folder in an error.
    async fn select(
        &mut self,
        verb: &'static str,
        setting: &'static str,
        folder: &Folder,
    ) -> Result<Selected, MailboxError> {
        self.open = Open::Nothing;
        self.session.forget_size();
        let mut selected = Selected::default();
        let command = Command::line(verb, format!("{verb} {}", folder.as_str()));
        let asked = self
            .session
            .run(command, |seen| {
                if let Seen::Code(code) = seen {
                    if let Some(epoch) = code.number("UIDVALIDITY") {
                        selected.epoch = epoch;
                    }
                    if let Some(next) = code.number("UIDNEXT") {
                        selected.uid_next = next;
                    }
                }
                Ok(())
            })
            .await;
        match asked {
            Ok(code) => {
                selected.read_only = code.name() == "READ-ONLY";
                Ok(selected)
            }
            Err(MailboxError::Declined {
                command,
                status,
                code,
            }) => {
                if folder::exists(&mut self.session, folder).await? {
                    Err(MailboxError::Declined {
                        command,
                        status,
                        code,
                    })
                } else {
                    Err(MailboxError::FolderMissing(setting))
                }
            }
            Err(error) => Err(error),
        }
    }

    /// Opens the watched folder again if a shelf was open.
    async fn home(&mut self) -> Result<(), MailboxError> {
        if self.open == Open::Watched {
            return Ok(());
        }
        let watched = self.watched.clone();
        let selected = self.select("SELECT", "folder", &watched).await?;
        if selected.epoch != self.epoch {
            return Err(MailboxError::EpochChanged);
        }
        self.read_only = selected.read_only;
        self.open = Open::Watched;
        Ok(())
    }

    /// Opens a shelf for reading.
    async fn visit(&mut self, shelf: Shelf) -> Result<(), MailboxError> {
        if self.open == Open::Shelf(shelf) {
            return Ok(());
        }
        let (setting, folder) = self.shelf(shelf);
        self.select("EXAMINE", setting, &folder).await?;
        self.open = Open::Shelf(shelf);
        Ok(())
    }

    /// A shelf's name in the configuration, and its folder.
    fn shelf(&self, shelf: Shelf) -> (&'static str, Folder) {
        match shelf {
            Shelf::Done => ("done", self.done.clone()),
            Shelf::Held => ("held", self.held.clone()),
        }
    }

    /// IDLE, renewed every 5 minutes, or NOOP every [`Settings::poll`]. Cancel-safe.
    pub async fn wait(&mut self, at_most: Duration) -> Result<News, MailboxError> {
        let until = Instant::now() + at_most;
        self.home().await?;
        loop {
            self.session.end_idle().await?;
            if self.session.take_news() {
                return Ok(News::Arrived);
            }
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(News::Quiet);
            }
            if self.idle {
                match self.session.begin_idle().await {
                    Ok(()) => {
                        self.session.idle(left.min(RENEW)).await?;
                    }
                    Err(MailboxError::Declined { code, .. }) => {
                        tracing::warn!(code, "the mail server declined IDLE, polling instead");
                        self.idle = false;
                    }
                    Err(error) => return Err(error),
                }
            } else {
                let next = self.polled + self.settings.poll;
                sleep_until(next.min(until)).await;
                if Instant::now() >= next {
                    self.polled = Instant::now();
                    self.noop().await?;
                }
            }
        }
    }

    async fn noop(&mut self) -> Result<(), MailboxError> {
        let noop = Command::line("NOOP", "NOOP".to_owned());
        self.session.order(noop).await.map(|_| ())
    }

    /// LOGOUT, within two seconds.
    pub async fn close(mut self) {
        self.session.log_out().await;
    }
}
