//! A private Dovecot: a real IMAP server for one test, as root or as an ordinary user, 2.3 or 2.4.
//!
//! ```ignore
//! let server = Dovecot::start();                    // or Dovecot::start_with(Options { … })
//! server.append("INBOX", &letters);                 // thousands in well under a second
//! let port = server.imaps_port();                   // implicit TLS; imap_port(): STARTTLS, clear
//! // … connect as server.user() / server.password(), trusting server.ca_file() …
//! assert_eq!(server.count("INBOX"), 0);
//! ```
//!
//! `restart()` and `stop()` end all sessions at once, as a crash does; `restart()` keeps ports and
//! letters. [`Dovecot::client`] is another person's mail program: raw commands in clear.
//! [`Dovecot::heard`] is what all clients have sent, from the server's own record.
//!
//! Needs `mod certificates` beside it at the root of the crate that includes it.
//!
//! The server lives in a directory under /tmp and dies with the value, and with the test process
//! even if that is killed: its shell waits for the end of a pipe, then kills its process group. (Of a killed test the directory stays.)
//!
//! Written for 2.3 and 2.4; run on 2.3.19 only.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use data_encoding::{BASE64, BASE64URL_NOPAD};
use sha2::{Digest as _, Sha256};
use tempfile::TempDir;

use crate::certificates::Certificates;

/// What a server without overrides offers, but for what tests take away.
const CAPABILITIES: [&str; 9] = [
    "IMAP4rev1",
    "SASL-IR",
    "LITERAL+",
    "ID",
    "IDLE",
    "NAMESPACE",
    "UIDPLUS",
    "MULTIAPPEND",
    "MOVE",
];

/// The key that tokens are signed with.
const TOKEN_KEY: &[u8] = b"a key for test tokens, known to all";

/// How the server differs from a plain one.
pub struct Options {
    /// Capabilities the server no longer offers, such as `MOVE`.
    pub without: &'static [&'static str],
    /// Separator between folder levels.
    pub separator: char,
    /// Prefix of all folders but INBOX.
    pub prefix: &'static str,
    /// Names and addresses in the server's certificate.
    pub names: &'static [&'static str],
    /// The password at the start.
    pub password: &'static str,
    /// Users besides the one, with the same password.
    pub others: &'static [&'static str],
    /// Keeps what clients say, for [`Dovecot::heard`]; a measurement does without.
    pub record: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            without: &[],
            separator: '/',
            prefix: "",
            names: &["localhost", "127.0.0.1"],
            password: "correct horse",
            others: &[],
            record: true,
        }
    }
}

/// A running server.
pub struct Dovecot {
    dir: TempDir,
    certificates: Certificates,
    options: Options,
    imap: u16,
    imaps: u16,
    password: String,
    process: Option<Child>,
}

impl Dovecot {
    /// A plain server with an empty INBOX.
    pub fn start() -> Self {
        Self::start_with(Options::default())
    }

    /// A server with peculiarities.
    pub fn start_with(options: Options) -> Self {
        // Short: unix socket paths end at 108 bytes.
        let dir = tempfile::Builder::new()
            .prefix("gdc")
            .tempdir_in("/tmp")
            .unwrap();
        fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o755)).unwrap();
        let certificates = Certificates::make(dir.path(), options.names);
        let password = options.password.to_owned();
        let mut server = Self {
            dir,
            certificates,
            options,
            imap: 0,
            imaps: 0,
            password,
            process: None,
        };
        server.furnish();
        for _ in 0..5 {
            // The ports are free now; if somebody else is quicker, take others.
            (server.imap, server.imaps) = (free_port(), free_port());
            server.write_configuration();
            if server.spawn() {
                return server;
            }
        }
        panic!("dovecot does not start: {}", server.log());
    }

    /// Port for STARTTLS and for speaking in clear.
    pub fn imap_port(&self) -> u16 {
        self.imap
    }

    /// Port for implicit TLS.
    pub fn imaps_port(&self) -> u16 {
        self.imaps
    }

    /// The authority that vouches for the server.
    pub fn ca_file(&self) -> PathBuf {
        self.certificates.ca.clone()
    }

    /// The server's directory: a place for secret files of the test too.
    pub fn dir(&self) -> &Path {
        self.dir.path()
    }

    /// The one user.
    pub fn user(&self) -> &'static str {
        "support"
    }

    /// The user's password now.
    pub fn password(&self) -> &str {
        &self.password
    }

    /// Gives the user another password, from the next login on.
    pub fn set_password(&mut self, password: &str) {
        password.clone_into(&mut self.password);
        self.write_passwords();
    }

    /// An XOAUTH2 token that expires in `seconds` (negative: has expired).
    pub fn token(&self, seconds: i64) -> String {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        let now = i64::try_from(now.as_secs()).unwrap();
        let header = r#"{"alg":"HS256","typ":"JWT","kid":"default"}"#;
        let claims = format!(
            r#"{{"iss":"test","sub":"{user}","email":"{user}","iat":{},"exp":{}}}"#,
            now - 7200,
            now + seconds,
            user = self.user(),
        );
        let signed = format!(
            "{}.{}",
            BASE64URL_NOPAD.encode(header.as_bytes()),
            BASE64URL_NOPAD.encode(claims.as_bytes())
        );
        let signature = hmac_sha256(TOKEN_KEY, signed.as_bytes());
        format!("{signed}.{}", BASE64URL_NOPAD.encode(&signature))
    }

    /// Ends the server and all its sessions at once. Letters and ports stay.
    pub fn stop(&mut self) {
        let Some(mut process) = self.process.take() else {
            return;
        };
        drop(process.stdin.take());
        let _ = process.wait();
        let _ = fs::remove_file(self.dir.path().join("run/master.pid"));
    }

    /// Starts again after [`Dovecot::stop`], or stops first.
    pub fn restart(&mut self) {
        self.stop();
        assert!(self.spawn(), "dovecot does not restart: {}", self.log());
    }

    /// Puts letters into a folder, all in one command, so quick for thousands.
    pub fn append(&self, folder: &str, letters: &[Vec<u8>]) {
        if letters.is_empty() {
            return;
        }
        let mut client = self.client();
        let mut command = format!("APPEND \"{folder}\"").into_bytes();
        for letter in letters {
            command.extend(format!(" {{{}+}}\r\n", letter.len()).into_bytes());
            command.extend_from_slice(letter);
        }
        client.raw(&command);
    }

    /// How many letters a folder holds; 0 if there is no such folder.
    pub fn count(&self, folder: &str) -> usize {
        self.messages(folder).len()
    }

    /// The letters of a folder, in order; none if there is no such folder.
    pub fn messages(&self, folder: &str) -> Vec<Vec<u8>> {
        let mut client = self.client();
        if !client.ask(&format!("EXAMINE \"{folder}\"")).1 {
            return Vec::new();
        }
        client.ask("UID FETCH 1:* BODY.PEEK[]").0
    }

    /// Replaces INBOX's UIDVALIDITY.
    pub fn set_uidvalidity(&self, value: u32) {
        let done = Command::new("doveadm")
            .arg("-c")
            .arg(self.configuration())
            .args(["mailbox", "update", "-u", self.user(), "--uid-validity"])
            .args([&value.to_string(), "INBOX"])
            .output()
            .unwrap();
        assert!(done.status.success(), "{done:?}");
    }

    /// Another mail program of the same user, logged in, in clear.
    pub fn client(&self) -> Client {
        Client::log_in(self.imap, self.user(), &self.password)
    }

    /// The mail program of another user, logged in, in clear.
    pub fn client_of(&self, user: &str) -> Client {
        Client::log_in(self.imap, user, &self.password)
    }

    /// Every line that logged-in clients have sent so far, sessions one after another.
    pub fn heard(&self) -> Vec<String> {
        let mut heard = Vec::new();
        let mut files: Vec<PathBuf> = fs::read_dir(self.dir.path().join("heard"))
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.extension().is_some_and(|end| end == "in"))
            .collect();
        files.sort();
        for file in files {
            let text = fs::read(file).unwrap();
            heard.extend(String::from_utf8_lossy(&text).lines().map(|line| {
                // Dovecot puts a time stamp before each line.
                line.split_once(' ')
                    .map_or(line, |(_, rest)| rest)
                    .to_owned()
            }));
        }
        heard
    }

    fn log(&self) -> String {
        fs::read_to_string(self.dir.path().join("dovecot.log")).unwrap_or_default()
    }

    fn configuration(&self) -> PathBuf {
        self.dir.path().join("dovecot.conf")
    }

    fn as_root(&self) -> bool {
        fs::metadata(self.dir.path()).unwrap().uid() == 0
    }

    /// Makes the directories and files beside the configuration.
    fn furnish(&self) {
        let dir = self.dir.path();
        for name in ["mail", "heard", "keys/default/HS256"] {
            fs::create_dir_all(dir.join(name)).unwrap();
        }
        for name in ["mail", "heard"] {
            fs::set_permissions(dir.join(name), fs::Permissions::from_mode(0o777)).unwrap();
        }
        let key = dir.join("keys/default/HS256/default");
        fs::write(key, BASE64.encode(TOKEN_KEY)).unwrap();
        self.write_passwords();
        fs::write(
            dir.join("oauth2.ext"),
            format!(
                "introspection_mode = local\nusername_attribute = email\n\
                 local_validation_key_dict = fs:posix:prefix={}/keys/\n",
                dir.display()
            ),
        )
        .unwrap();
    }

    fn write_passwords(&self) {
        let users = [self.user()].into_iter();
        let lines: String = users
            .chain(self.options.others.iter().copied())
            .map(|user| format!("{user}:{{PLAIN}}{}\n", self.password))
            .collect();
        fs::write(self.dir.path().join("passwd"), lines).unwrap();
    }

    /// Starts the process and waits until it listens; false if it ends instead.
    fn spawn(&mut self) -> bool {
        let mut process = Command::new("sh")
            .args(["-c", "dovecot -F -c \"$0\" & read _; kill -9 0"])
            .arg(self.configuration())
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()
            .unwrap();
        let until = Instant::now() + Duration::from_secs(10);
        while Instant::now() < until && process.try_wait().unwrap().is_none() {
            if greets(self.imap) {
                self.process = Some(process);
                return true;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        self.process = Some(process);
        self.stop();
        false
    }

    fn write_configuration(&self) {
        let version = Command::new("dovecot").arg("--version").output().unwrap();
        let text = if String::from_utf8_lossy(&version.stdout).starts_with("2.3") {
            self.configuration_23()
        } else {
            self.configuration_24()
        };
        fs::write(self.configuration(), text).unwrap();
    }

    /// Users of the processes, and of the letters.
    fn users(&self) -> (String, String) {
        if self.as_root() {
            let processes = "default_internal_user = dovecot\ndefault_internal_group = dovecot\n\
                             default_login_user = dovenull\n";
            return (processes.to_owned(), "uid=nobody gid=nogroup".to_owned());
        }
        let name = |flag| {
            let output = Command::new("id").arg(flag).output().unwrap().stdout;
            String::from_utf8(output).unwrap().trim().to_owned()
        };
        let (user, group) = (name("-un"), name("-gn"));
        let processes = format!(
            "default_internal_user = {user}\ndefault_internal_group = {group}\n\
             default_login_user = {user}\n"
        );
        (processes, format!("uid={user} gid={group}"))
    }

    /// Parts that both versions understand alike.
    fn configuration_common(&self) -> String {
        let (users, _) = self.users();
        let record = if self.options.record {
            format!(
                "protocol imap {{\n  rawlog_dir = {}/heard\n}}\n",
                self.dir.path().display()
            )
        } else {
            String::new()
        };
        format!(
            "base_dir = {p}/run\nstate_dir = {p}/state\nlog_path = {p}/dovecot.log\n{users}\
             listen = 127.0.0.1\nssl = yes\nauth_failure_delay = 0\nmail_fsync = never\n\
             mail_max_userip_connections = 1000\nfirst_valid_uid = 0\n\
             {record}\
             namespace inbox {{\n  inbox = yes\n  separator = {separator}\n  prefix = {prefix}\n}}\n\
             service imap-login {{\n  chroot =\n  inet_listener imap {{\n    port = {imap}\n  }}\n  \
             inet_listener imaps {{\n    port = {imaps}\n    ssl = yes\n  }}\n}}\n\
             service anvil {{\n  chroot =\n  unix_listener anvil-auth-penalty {{\n    mode = 0\n  }}\n}}\nservice stats {{\n  chroot =\n}}\n",
            p = self.dir.path().display(),
            separator = self.options.separator,
            prefix = self.options.prefix,
            imap = self.imap,
            imaps = self.imaps,
        )
    }

    fn configuration_23(&self) -> String {
        let (_, owner) = self.users();
        let offered: Vec<&str> = CAPABILITIES
            .into_iter()
            .filter(|one| !self.options.without.contains(one))
            .collect();
        let offered = if self.options.without.is_empty() {
            String::new()
        } else {
            format!("imap_capability = {}\n", offered.join(" "))
        };
        format!(
            "{common}protocols = imap\n{offered}ssl_cert = <{p}/server.pem\n\
             ssl_key = <{p}/server.key\ndisable_plaintext_auth = no\n\
             auth_mechanisms = plain login xoauth2 oauthbearer\nmail_location = mdbox:{p}/mail/%u\n\
             passdb {{\n  driver = passwd-file\n  mechanisms = plain login\n  \
             args = scheme=PLAIN username_format=%u {p}/passwd\n}}\n\
             passdb {{\n  driver = oauth2\n  mechanisms = xoauth2 oauthbearer\n  \
             args = {p}/oauth2.ext\n}}\n\
             userdb {{\n  driver = static\n  args = {owner} home={p}/mail/%u allow_all_users=yes\n}}\n",
            common = self.configuration_common(),
            p = self.dir.path().display(),
        )
    }

    fn configuration_24(&self) -> String {
        let (_, owner) = self.users();
        let without: String = self
            .options
            .without
            .iter()
            .map(|one| format!("  {one} = no\n"))
            .collect();
        let owner = owner.replace(' ', "\n    ").replace('=', " = ");
        format!(
            "dovecot_config_version = 2.4.0\ndovecot_storage_version = 2.4.0\n{common}\
             protocols {{\n  imap = yes\n}}\nimap_capability {{\n{without}}}\n\
             ssl_server_cert_file = {p}/server.pem\nssl_server_key_file = {p}/server.key\n\
             auth_allow_cleartext = yes\nauth_mechanisms = plain login xoauth2 oauthbearer\n\
             mail_driver = mdbox\nmail_path = {p}/mail/%{{user}}\n\
             passdb passwd-file {{\n  mechanisms_filter = plain login\n  \
             default_password_scheme = PLAIN\n  passwd_file_path = {p}/passwd\n}}\n\
             oauth2 {{\n  introspection_mode = local\n  username_attribute = email\n}}\n\
             oauth2_local_validation {{\n  dict fs {{\n    fs posix {{\n      \
             prefix = {p}/keys/\n    }}\n  }}\n}}\n\
             passdb oauth2 {{\n  mechanisms_filter = xoauth2 oauthbearer\n}}\n\
             userdb static {{\n  userdb_static_allow_all_users = yes\n  fields {{\n    {owner}\n    home = {p}/mail/%{{user}}\n  }}\n}}\n",
            common = self.configuration_common(),
            p = self.dir.path().display(),
        )
    }
}

impl Drop for Dovecot {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Another mail program: sends what the test says, in clear, and waits for the answer.
pub struct Client {
    stream: BufReader<TcpStream>,
    tag: u32,
}

impl Client {
    fn log_in(port: u16, user: &str, password: &str) -> Self {
        let stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
        stream.set_nodelay(true).unwrap();
        stream
            .set_read_timeout(Some(Duration::from_secs(30)))
            .unwrap();
        let mut client = Self {
            stream: BufReader::new(stream),
            tag: 0,
        };
        let mut greeting = String::new();
        client.stream.read_line(&mut greeting).unwrap();
        let password = password.replace('\\', "\\\\").replace('"', "\\\"");
        client.run(&format!("LOGIN {user} \"{password}\""));
        client
    }

    /// Runs a command that must succeed; returns the literals in its answer.
    pub fn run(&mut self, command: &str) -> Vec<Vec<u8>> {
        self.raw(command.as_bytes())
    }

    fn raw(&mut self, command: &[u8]) -> Vec<Vec<u8>> {
        let (literals, success, lines) = self.exchange(command);
        let shown = String::from_utf8_lossy(command.get(..60).unwrap_or(command)).into_owned();
        assert!(success, "{shown}: {lines:?}");
        literals
    }

    /// Puts a letter into the inbox.
    pub fn deliver(&mut self, letter: &[u8]) {
        let mut command = format!("APPEND INBOX {{{}+}}\r\n", letter.len()).into_bytes();
        command.extend_from_slice(letter);
        self.raw(&command);
    }

    /// The letters in the inbox, in order.
    pub fn inbox(&mut self) -> Vec<Vec<u8>> {
        self.run("EXAMINE INBOX");
        let found = self.ask("UID FETCH 1:* BODY.PEEK[]").0;
        self.run("UNSELECT");
        found
    }

    /// Runs a command; returns the literals in its answer, and whether it was OK.
    pub fn ask(&mut self, command: &str) -> (Vec<Vec<u8>>, bool) {
        let (literals, success, _) = self.exchange(command.as_bytes());
        (literals, success)
    }

    /// Runs a command; returns the lines of its answer.
    pub fn lines(&mut self, command: &str) -> Vec<String> {
        self.exchange(command.as_bytes()).2
    }

    fn exchange(&mut self, command: &[u8]) -> (Vec<Vec<u8>>, bool, Vec<String>) {
        self.tag += 1;
        let tag = format!("T{}", self.tag);
        let mut sent = format!("{tag} ").into_bytes();
        sent.extend_from_slice(command);
        sent.extend_from_slice(b"\r\n");
        self.stream.get_mut().write_all(&sent).unwrap();
        let (mut literals, mut lines) = (Vec::new(), Vec::new());
        loop {
            let mut line = Vec::new();
            assert_ne!(self.stream.read_until(b'\n', &mut line).unwrap(), 0, "end");
            let line = String::from_utf8_lossy(&line).trim_end().to_owned();
            if let Some(status) = line.strip_prefix(&format!("{tag} ")) {
                let success = status.starts_with("OK");
                lines.push(line);
                return (literals, success, lines);
            }
            if let Some((_, size)) = line
                .strip_suffix('}')
                .and_then(|rest| rest.rsplit_once('{'))
                && let Ok(size) = size.parse()
            {
                let mut literal = vec![0; size];
                self.stream.read_exact(&mut literal).unwrap();
                literals.push(literal);
            }
            lines.push(line);
        }
    }
}

fn free_port() -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    listener.local_addr().unwrap().port()
}

fn greets(port: u16) -> bool {
    let Ok(stream) = TcpStream::connect(("127.0.0.1", port)) else {
        return false;
    };
    let _ = stream.set_read_timeout(Some(Duration::from_secs(5)));
    let mut greeting = String::new();
    let read = BufReader::new(stream).read_line(&mut greeting);
    read.is_ok() && greeting.starts_with("* OK")
}

/// HMAC-SHA-256 (RFC 2104) with a key of at most 64 bytes.
fn hmac_sha256(key: &[u8], text: &[u8]) -> Vec<u8> {
    let pad = |with: u8| {
        let mut block = [with; 64];
        for (byte, key) in block.iter_mut().zip(key) {
            *byte ^= key;
        }
        block
    };
    let inner = Sha256::new().chain_update(pad(0x36)).chain_update(text);
    let outer = Sha256::new()
        .chain_update(pad(0x5c))
        .chain_update(inner.finalize());
    outer.finalize().to_vec()
}
