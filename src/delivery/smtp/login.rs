//! Who logs in, where the secret comes from, and what AUTH says (RFC 4954).
//!
//! In: a [`Login`], which names the place of the secret but never holds it. Out: the lines of
//! the AUTH dialogue. The secret is read at each login, so that a changed password or a fresh
//! OAuth token needs no restart, and is forgotten after it.
//!
//! Standards: PLAIN (RFC 4616), LOGIN (an expired draft that Exchange still wants), XOAUTH2 (the
//! token form Google and Microsoft document).
//!
//! Not handled: SCRAM. The dialogue runs within TLS or on this machine only.

use data_encoding::BASE64;

use super::super::DeliveryError;
use crate::connection::{Secret, SecretSource};

/// Who logs in, and how.
#[derive(Debug, Clone)]
pub struct Login {
    /// The name the server knows.
    pub user: String,
    /// Where the password or token is read.
    pub secret: SecretSource,
    /// How it is presented.
    pub mechanism: Mechanism,
}

/// How the secret is presented.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mechanism {
    /// User and password in one line.
    Plain,
    /// User and password in two lines.
    Login,
    /// A bearer token.
    XOAuth2,
}

impl Mechanism {
    /// The name in the server's AUTH list.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Plain => "PLAIN",
            Self::Login => "LOGIN",
            Self::XOAuth2 => "XOAUTH2",
        }
    }
}

impl Login {
    /// Whether user and source can be used at all.
    pub(super) fn check(&self) -> Result<(), DeliveryError> {
        if self.user.is_empty() || self.user.chars().any(char::is_control) {
            return Err(DeliveryError::User);
        }
        if matches!(&self.secret, SecretSource::Command(words) if words.is_empty()) {
            return Err(DeliveryError::SecretCommand);
        }
        Ok(())
    }

    /// The first line, `AUTH …`, and what answers each challenge (334) after it, in order.
    ///
    /// The second challenge of XOAUTH2 is the server's error text; the empty answer to it lets
    /// the server say 535.
    pub(super) fn lines(&self, secret: &Secret) -> (String, Vec<String>) {
        let (user, secret) = (self.user.as_str(), secret.expose());
        let auth = format!("AUTH {}", self.mechanism.name());
        match self.mechanism {
            Mechanism::Plain => {
                let words = BASE64.encode(format!("\0{user}\0{secret}").as_bytes());
                (format!("{auth} {words}"), Vec::new())
            }
            Mechanism::Login => {
                let answers = [user, secret].map(|text| BASE64.encode(text.as_bytes()));
                (auth, answers.into())
            }
            Mechanism::XOAuth2 => {
                let words = format!("user={user}\x01auth=Bearer {secret}\x01\x01");
                let words = BASE64.encode(words.as_bytes());
                (format!("{auth} {words}"), vec![String::new()])
            }
        }
    }
}
