//! TLS, login and settings: nothing is said in the clear, and no secret is shown.

use std::path::PathBuf;
use std::time::Duration;

use guichet::connection::tls::TlsError;
use guichet::delivery::smtp::{Login, Mechanism, SecretSource, Security, Settings as SmtpSettings};
use guichet::delivery::{DeliveryError, Settings, Transport};
use tempfile::TempPath;

use super::{SERVER, Sorted, reason, settings, sorted, to_a, transport};
use crate::certificates::Authority;
use crate::smtp_script::{Act, Script, SmtpScript, Tls, Verb};

/// The authority's certificate in a file, which goes with the value.
pub fn ca_file(authority: &Authority) -> TempPath {
    let file = tempfile::Builder::new()
        .suffix(".pem")
        .tempfile_in("/tmp")
        .unwrap();
    std::fs::write(file.path(), &authority.ca_pem).unwrap();
    file.into_temp_path()
}

/// A server with a certificate for `name`, and a transport that trusts its authority and looks
/// for "localhost".
fn protected(
    security: Security,
    name: &str,
    script: Script,
) -> (SmtpScript, SmtpSettings, TempPath) {
    let authority = Authority::new();
    let (certificate, key) = authority.issue(&[name]);
    let tls = match security {
        Security::ImplicitTls => Tls::Implicit(certificate, key),
        _ => Tls::Start(certificate, key),
    };
    let server = SmtpScript::start(Script { tls, ..script });
    let authority_file = ca_file(&authority);
    let settings = SmtpSettings {
        host: String::from("localhost"),
        security,
        ca_file: Some(authority_file.to_path_buf()),
        ..settings(server.port())
    };
    (server, settings, authority_file)
}

fn nothing_was_said(server: &SmtpScript) {
    let told = server.commands();
    let told = told
        .iter()
        .any(|line| line.starts_with("MAIL") || line.starts_with("AUTH"));
    assert!(!told, "a command was sent without TLS");
    assert_eq!(server.count(), 0);
}

#[tokio::test]
async fn letters_arrive_over_tls_of_both_kinds() {
    for security in [Security::ImplicitTls, Security::StartTls] {
        let (server, settings, _file) = protected(security, "localhost", Script::default());
        let mut transport = transport(settings);
        for _ in 0..2 {
            let outcome = to_a(&mut transport).await;
            assert_eq!(
                sorted(&outcome),
                Sorted::Delivered,
                "{security:?} {outcome:?}"
            );
        }
        assert_eq!((server.count(), server.connections()), (2, 1));
        let hellos = server
            .commands()
            .iter()
            .filter(|line| line.starts_with("EHLO"))
            .count();
        assert_eq!(hellos, if security == Security::StartTls { 2 } else { 1 });
        transport.quit().await;
    }
}

#[tokio::test]
async fn without_starttls_nothing_is_sent() {
    let server = SmtpScript::start(Script::default().login("u", "p"));
    let file = ca_file(&Authority::new());
    let ca_file = Some(file.to_path_buf());
    let security = Security::StartTls;
    let login = Some(login(Mechanism::Plain, "p"));
    let stripped = SmtpSettings {
        ca_file,
        security,
        login,
        ..settings(server.port())
    };
    let mut transport = transport(stripped);
    let outcome = to_a(&mut transport).await;
    assert_eq!(sorted(&outcome), SERVER);
    assert!(reason(&outcome).text.contains("STARTTLS"));
    nothing_was_said(&server);
}

#[tokio::test]
async fn starttls_refused_or_with_words_slipped_in_sends_nothing() {
    for words in [
        b"454 4.7.0 not now\r\n".as_slice(),
        b"554 no\r\n",
        b"220 go\r\n250 injected\r\n",
        b"220 go\r\n250-injected\r\n250 AUTH PLAIN\r\n",
        b"220 go\r\n2",
    ] {
        let script = Script::default().once(Verb::StartTls, Act::Say(words.to_vec()));
        let (server, settings, _file) = protected(Security::StartTls, "localhost", script);
        let mut transport = transport(settings);
        let outcome = to_a(&mut transport).await;
        assert_eq!(
            sorted(&outcome),
            SERVER,
            "{:?}",
            String::from_utf8_lossy(words)
        );
        nothing_was_said(&server);
    }
}

#[tokio::test]
async fn a_certificate_of_another_name_or_authority_is_refused() {
    for security in [Security::ImplicitTls, Security::StartTls] {
        let (server, settings, _file) = protected(security, "mx.other.example", Script::default());
        let mut wrong_name = transport(settings);
        let outcome = to_a(&mut wrong_name).await;
        assert_eq!(sorted(&outcome), SERVER);
        assert!(reason(&outcome).text.contains("certificate"), "{outcome:?}");
        nothing_was_said(&server);

        let (server, settings, _file) = protected(security, "localhost", Script::default());
        let file = ca_file(&Authority::new());
        let foreign = Some(file.to_path_buf());
        let mut wrong_authority = transport(SmtpSettings {
            ca_file: foreign,
            ..settings
        });
        assert_eq!(sorted(&to_a(&mut wrong_authority).await), SERVER);
        nothing_was_said(&server);
    }
}

#[tokio::test]
async fn a_plain_server_where_tls_is_expected_is_given_up() {
    let server = SmtpScript::start(Script::default());
    let file = ca_file(&Authority::new());
    let ca_file = Some(file.to_path_buf());
    let security = Security::ImplicitTls;
    let mut transport = transport(SmtpSettings {
        ca_file,
        security,
        ..settings(server.port())
    });
    assert_eq!(sorted(&to_a(&mut transport).await), SERVER);
    nothing_was_said(&server);
}

fn login(mechanism: Mechanism, secret: &str) -> Login {
    let print = ["printf", "%s\\n", secret].map(String::from);
    Login {
        user: String::from("u"),
        secret: SecretSource::Command(print.into()),
        mechanism,
    }
}

const MECHANISMS: [Mechanism; 3] = [Mechanism::Plain, Mechanism::Login, Mechanism::XOAuth2];

#[tokio::test]
async fn each_mechanism_logs_in() {
    for mechanism in MECHANISMS {
        let secret = "gänsefüßchen \"' canary";
        let script = Script::default().login("u", secret);
        let (server, settings, _file) = protected(Security::StartTls, "localhost", script);
        let login = Some(login(mechanism, secret));
        let mut transport = transport(SmtpSettings { login, ..settings });
        let outcome = to_a(&mut transport).await;
        assert_eq!(
            sorted(&outcome),
            Sorted::Delivered,
            "{mechanism:?} {outcome:?}"
        );
        assert_eq!(server.count(), 1);
        let shown = format!("{transport:?}{outcome:?}");
        assert!(!shown.contains("gänse"), "a secret is shown: {shown}");
    }
}

#[tokio::test]
async fn a_refused_login_defers_all_mail_and_shows_no_secret() {
    for mechanism in MECHANISMS {
        let server = SmtpScript::start(Script::default().login("u", "right"));
        let wrong = Some(login(mechanism, "wrong-canary"));
        let settings = SmtpSettings {
            login: wrong,
            ..settings(server.port())
        };
        let mut transport = transport(settings);
        let outcome = to_a(&mut transport).await;
        assert_eq!(sorted(&outcome), SERVER, "{mechanism:?}");
        assert_eq!(reason(&outcome).code, Some(535), "{mechanism:?}");
        assert_eq!(reason(&outcome).enhanced.as_deref(), Some("5.7.8"));
        assert!(!format!("{outcome:?}{transport:?}").contains("canary"));
        assert_eq!(server.count(), 0);
    }
}

#[tokio::test]
async fn a_login_the_server_does_not_offer_or_want_is_deferred() {
    let server = SmtpScript::start(Script::default());
    let login = Some(login(Mechanism::Plain, "canary"));
    let mut unoffered = transport(SmtpSettings {
        login,
        ..settings(server.port())
    });
    let outcome = to_a(&mut unoffered).await;
    assert_eq!(sorted(&outcome), SERVER);
    assert!(reason(&outcome).text.contains("PLAIN"));
    assert!(
        !server
            .commands()
            .iter()
            .any(|line| line.starts_with("AUTH"))
    );

    let server = SmtpScript::start(Script::default().login("u", "p"));
    let mut missing = transport(settings(server.port()));
    let outcome = to_a(&mut missing).await;
    assert_eq!(
        (sorted(&outcome), reason(&outcome).code),
        (SERVER, Some(530))
    );
}

#[tokio::test]
async fn a_secret_that_cannot_be_read_defers_all_mail() {
    let dir = tempfile::tempdir_in("/tmp").unwrap();
    let file = dir.path().join("secret");
    let words = |words: &[&str]| SecretSource::Command(words.iter().map(|w| (*w).into()).collect());
    let sources = [
        SecretSource::File(file.clone()),
        SecretSource::Env(String::from("GUICHET_TEST_NO_SUCH_VARIABLE")),
        words(&["/no/such/program"]),
        words(&["false"]),
        words(&["sleep", "60"]),
        words(&["printf", "two\\nlines"]),
        words(&["true"]),
    ];
    let server = SmtpScript::start(Script::default().login("u", "p"));
    let with = |secret| {
        let login = Some(Login {
            secret,
            ..login(Mechanism::Plain, "")
        });
        let mut settings = settings(server.port());
        settings.deadlines.login = Duration::from_secs(3);
        transport(SmtpSettings { login, ..settings })
    };
    for secret in sources {
        let outcome = to_a(&mut with(secret.clone())).await;
        assert_eq!(sorted(&outcome), SERVER, "{secret:?}");
        assert!(reason(&outcome).text.contains("secret"), "{outcome:?}");
    }
    std::fs::write(&file, "p\n").unwrap();
    let outcome = to_a(&mut with(SecretSource::File(file))).await;
    assert_eq!(sorted(&outcome), Sorted::Delivered, "{outcome:?}");
}

#[test]
fn unsafe_settings_are_refused() {
    let with = |change: &dyn Fn(&mut SmtpSettings)| {
        let mut settings = settings(25);
        change(&mut settings);
        Transport::new(Settings::Smtp(settings)).unwrap_err()
    };
    for host in [
        "mx.example.org",
        "192.0.2.1",
        "128.0.0.1",
        "localhost.example.org",
    ] {
        let error = with(&|s| s.host = host.to_owned());
        assert!(matches!(error, DeliveryError::PlainOffLoopback), "{host}");
    }
    for host in ["", "a b", "127.0.0.1\r\n", "mx\0"] {
        let error = with(&|s| s.host = host.to_owned());
        assert!(matches!(error, DeliveryError::Host), "{host:?}");
    }
    for helo in ["", "a b", "x\r\nMAIL FROM:<>"] {
        let error = with(&|s| s.helo = helo.to_owned());
        assert!(matches!(error, DeliveryError::Helo), "{helo:?}");
    }
    for user in ["", "a\0b", "a\r\nb"] {
        let error = with(&|s| {
            s.login = Some(Login {
                user: user.to_owned(),
                ..login(Mechanism::Plain, "p")
            });
        });
        assert!(matches!(error, DeliveryError::User), "{user:?}");
    }
    let error = with(&|s| {
        s.security = Security::ImplicitTls;
        s.ca_file = Some(PathBuf::from("/no/such/file.pem"));
    });
    assert!(matches!(error, DeliveryError::Tls(TlsError::CaFile { .. })));
    let empty = tempfile::NamedTempFile::new_in("/tmp").unwrap();
    let error = with(&|s| {
        s.security = Security::StartTls;
        s.ca_file = Some(empty.path().to_owned());
    });
    assert!(matches!(error, DeliveryError::Tls(TlsError::NoAuthorities)));
}

#[tokio::test]
async fn the_old_spelling_of_the_auth_offer_is_read() {
    let ehlo = Act::say("250-mx\r\n250 AUTH=LOGIN PLAIN");
    for mechanism in [Mechanism::Plain, Mechanism::Login] {
        let script = Script::default()
            .login("u", "p")
            .on(Verb::Ehlo, ehlo.clone());
        let server = SmtpScript::start(script);
        let login = Some(login(mechanism, "p"));
        let mut transport = transport(SmtpSettings {
            login,
            ..settings(server.port())
        });
        let outcome = to_a(&mut transport).await;
        assert_eq!(
            sorted(&outcome),
            Sorted::Delivered,
            "{mechanism:?} {outcome:?}"
        );
    }
}

#[tokio::test]
async fn a_secret_can_come_from_the_environment() {
    let path = std::env::var("PATH").unwrap();
    let server = SmtpScript::start(Script::default().login("u", &path));
    let secret = SecretSource::Env(String::from("PATH"));
    let login = Some(Login {
        secret,
        ..login(Mechanism::Login, "")
    });
    let mut transport = transport(SmtpSettings {
        login,
        ..settings(server.port())
    });
    assert_eq!(sorted(&to_a(&mut transport).await), Sorted::Delivered);
}
