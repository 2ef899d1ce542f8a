//! From a host name to a session that is logged in.
//!
//! Name → TCP → (TLS) → greeting → (STARTTLS) → login → ID. Nothing secret is ever sent in clear:
//! a server without TLS is spoken to only on this machine itself, a server that hides STARTTLS
//! (or greets with PREAUTH, which rules it out, RFC 3501 §6.2.1) is left, and so is one that
//! has spoken before encryption began (bytes after `OK Begin TLS` in the same packet would be
//! taken for encrypted ones: the class of CVE-2011-0411 and CVE-2021-33515).
//!
//! Login by LOGIN (RFC 3501 §6.2.3), PLAIN (RFC 4616) or XOAUTH2 (Google's and Microsoft's), with
//! an initial response where offered (RFC 4959). The secret is read anew each time.

use std::time::Duration;

use data_encoding::BASE64;
use tokio::net::{TcpStream, lookup_host};
use tokio::time::timeout;

use super::session::{Command, NAMES, Session};
use super::wire::Stream;
use super::{Auth, Security, Settings, tls};
use crate::mailbox::MailboxError;

/// Addresses of one name that are tried, in the resolver's order.
const ADDRESSES: usize = 8;

/// Time one address gets to accept a connection.
const CONNECT: Duration = Duration::from_secs(15);

/// A command line every server takes (RFC 7162 §4); longer initial responses go separately.
const LINE: usize = 8_000;

/// Time a secret may take to be read; a token helper makes one HTTPS request.
const SECRET: Duration = Duration::from_secs(20);

/// RFC 5530 codes of a failed login that say nothing about user and secret.
const PASSING: [&str; 5] = ["UNAVAILABLE", "INUSE", "LIMIT", "SERVERBUG", "CONTACTADMIN"];

/// Connects and logs in.
///
/// # Errors
/// [`MailboxError::Refused`] if user or secret are not taken; else where the way ended.
pub async fn log_in(settings: &Settings) -> Result<Session, MailboxError> {
    let tcp = connect(settings).await?;
    let mut session = match settings.security {
        Security::ImplicitTls => {
            let mut session = encrypted(tcp, settings).await?;
            session.greeting().await?;
            session
        }
        Security::StartTls => start_tls(tcp, settings).await?,
        Security::PlainLoopback => {
            let mut session = Session::new(Stream::Plain(tcp), settings.step);
            session.greeting().await?;
            session
        }
    };
    session.ask_capabilities().await?;
    authenticate(&mut session, settings).await?;
    introduce(&mut session).await?;
    Ok(session)
}

async fn connect(settings: &Settings) -> Result<TcpStream, MailboxError> {
    let host = (settings.host.as_str(), settings.port);
    let addresses = timeout(settings.step, lookup_host(host))
        .await
        .map_err(|_| silent("the name lookup", settings.step))?
        .map_err(MailboxError::Unreachable)?;
    let mut last = MailboxError::Unreachable(std::io::Error::other("the name has no address"));
    for address in addresses.take(ADDRESSES) {
        if settings.security == Security::PlainLoopback && !address.ip().is_loopback() {
            return Err(MailboxError::Insecure(
                "without TLS only a server on this machine itself is spoken to",
            ));
        }
        let limit = settings.step.min(CONNECT);
        match timeout(limit, TcpStream::connect(address)).await {
            Err(_) => last = silent("the connection", limit),
            Ok(Err(error)) => last = MailboxError::Unreachable(error),
            Ok(Ok(tcp)) => {
                // Commands are small and wait for answers: Nagle would add 40 ms to each.
                tcp.set_nodelay(true).map_err(MailboxError::Unreachable)?;
                return Ok(tcp);
            }
        }
    }
    Err(last)
}

async fn encrypted(tcp: TcpStream, settings: &Settings) -> Result<Session, MailboxError> {
    let handshake = tls::encrypt(tcp, &settings.host, &settings.roots);
    let tls = timeout(settings.step, handshake)
        .await
        .map_err(|_| silent("the TLS handshake", settings.step))??;
    Ok(Session::new(Stream::Tls(Box::new(tls)), settings.step))
}

async fn start_tls(tcp: TcpStream, settings: &Settings) -> Result<Session, MailboxError> {
    let mut session = Session::new(Stream::Plain(tcp), settings.step);
    session.greeting().await?;
    session.ask_capabilities().await?;
    if !session.offers("STARTTLS") {
        return Err(MailboxError::Insecure("the server does not offer STARTTLS"));
    }
    match session
        .order(Command::line("STARTTLS", "STARTTLS".to_owned()))
        .await
    {
        Ok(_) => {}
        Err(MailboxError::Declined { .. }) => {
            return Err(MailboxError::Insecure("the server refused STARTTLS"));
        }
        Err(error) => return Err(error),
    }
    match session.into_stream() {
        Some(Stream::Plain(tcp)) => encrypted(tcp, settings).await,
        _ => Err(MailboxError::Insecure(
            "the server spoke on before encryption began",
        )),
    }
}

async fn authenticate(session: &mut Session, settings: &Settings) -> Result<(), MailboxError> {
    if settings.user.is_empty() || settings.user.contains(['\r', '\n', '\0']) {
        return Err(MailboxError::Setting("user", "it is empty or has controls"));
    }
    let offered = match settings.auth {
        Auth::Login if session.offers("LOGINDISABLED") => Err("LOGIN"),
        Auth::Plain if !session.offers("AUTH=PLAIN") => Err("AUTH=PLAIN"),
        Auth::XOAuth2 if !session.offers("AUTH=XOAUTH2") => Err("AUTH=XOAUTH2"),
        _ => Ok(()),
    };
    offered.map_err(MailboxError::Unsupported)?;
    let secret = settings.secret.read(SECRET).await?;
    let secret = secret.expose();
    let user = settings.user.as_str();
    let command = match settings.auth {
        Auth::Login => login(user, secret),
        Auth::Plain => {
            let response = format!("\0{user}\0{secret}");
            sasl("PLAIN", &response, session.offers("SASL-IR"))
        }
        Auth::XOAuth2 => {
            let response = format!("user={user}\x01auth=Bearer {secret}\x01\x01");
            let mut command = sasl("XOAUTH2", &response, session.offers("SASL-IR"));
            // A refused token is explained in a challenge that wants an empty answer before the NO.
            command.parts.push(Vec::new());
            command
        }
    };
    match session.order(command).await {
        Ok(code) => {
            if !session.renew_capabilities(&code) {
                session.ask_capabilities().await?;
            }
            Ok(())
        }
        Err(MailboxError::Declined {
            status: "NO", code, ..
        }) if !PASSING.contains(&code.as_str()) => Err(MailboxError::Refused { code }),
        Err(error) => Err(error),
    }
}

/// `LOGIN` with quoted strings; text that they cannot hold (RFC 3501 §4.3: not 7-bit) goes as
/// literals, each sent when the server asks for it.
fn login(user: &str, secret: &str) -> Command {
    let mut parts = Vec::new();
    let mut line = b"LOGIN".to_vec();
    for text in [user, secret] {
        line.push(b' ');
        if text.is_ascii() {
            line.extend(quoted(text).into_bytes());
        } else {
            line.extend(format!("{{{}}}", text.len()).into_bytes());
            parts.push(std::mem::take(&mut line));
            line.extend_from_slice(text.as_bytes());
        }
    }
    parts.push(line);
    Command {
        name: "LOGIN",
        parts,
        literals: NAMES,
    }
}

fn sasl(mechanism: &str, response: &str, initial: bool) -> Command {
    let response = BASE64.encode(response.as_bytes());
    let line = format!("AUTHENTICATE {mechanism}");
    let parts = if initial && line.len() + response.len() < LINE {
        vec![format!("{line} {response}").into_bytes()]
    } else {
        vec![line.into_bytes(), response.into_bytes()]
    };
    Command {
        name: "AUTHENTICATE",
        parts,
        literals: NAMES,
    }
}

/// A quoted string (RFC 3501 §4.3). The text must be 7-bit without CR, LF and NUL.
pub fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

/// ID (RFC 2971): some providers refuse SELECT to programs that do not say their name. A server
/// that offers ID and then declines it is none the worse for it.
async fn introduce(session: &mut Session) -> Result<(), MailboxError> {
    if !session.offers("ID") {
        return Ok(());
    }
    let line = concat!(
        "ID (\"name\" \"guichet\" \"version\" \"",
        env!("CARGO_PKG_VERSION"),
        "\")"
    );
    match session.order(Command::line("ID", line.to_owned())).await {
        Ok(_) | Err(MailboxError::Declined { .. }) => Ok(()),
        Err(error) => Err(error),
    }
}

fn silent(command: &'static str, step: Duration) -> MailboxError {
    MailboxError::Silent {
        command,
        seconds: step.as_secs(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(command: Command) -> Vec<String> {
        command
            .parts
            .into_iter()
            .map(|part| String::from_utf8(part).expect("UTF-8"))
            .collect()
    }

    #[test]
    fn login_quotes_what_it_can_and_sends_the_rest_as_literals() {
        assert_eq!(sent(login("a b", r#"x"\y"#)), [r#"LOGIN "a b" "x\"\\y""#]);
        assert_eq!(sent(login("a", "clé")), [r#"LOGIN "a" {4}"#, "clé"]);
        assert_eq!(sent(login("é", "clé")), ["LOGIN {2}", "é {4}", "clé"]);
        assert_eq!(sent(login("é", "k")), ["LOGIN {2}", r#"é "k""#]);
    }

    #[test]
    fn an_initial_response_goes_along_where_offered_and_short() {
        assert_eq!(
            sent(sasl("PLAIN", "\0u\0p", true)),
            ["AUTHENTICATE PLAIN AHUAcA=="]
        );
        assert_eq!(
            sent(sasl("PLAIN", "\0u\0p", false)),
            ["AUTHENTICATE PLAIN", "AHUAcA=="]
        );
        assert_eq!(sent(sasl("XOAUTH2", &"x".repeat(7_000), true)).len(), 2);
    }
}
