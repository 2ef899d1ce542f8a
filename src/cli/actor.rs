//! Who sits at the command line: the name that histories keep.
//!
//! An admin is `admin:login`, with the login of the person who became root or the service's user,
//! as far as `sudo` or `doas` tell. It is a name for people to ask, no proof: whoever may write the
//! database may write anything into it.

use std::fs;
use std::os::unix::fs::MetadataExt as _;

/// Where the login is told, the person before the user they became.
const TOLD: [&str; 4] = ["SUDO_USER", "DOAS_USER", "LOGNAME", "USER"];
/// Characters of a login that are kept.
const LONGEST: usize = 32;

/// The login of whoever runs this.
pub(super) fn login() -> String {
    let told = TOLD.iter().filter_map(|name| std::env::var(name).ok());
    let mut logins = told.map(|login| plain(&login));
    logins
        .find(|login| !login.is_empty())
        .unwrap_or_else(|| match fs::metadata("/proc/self") {
            Ok(process) => format!("uid-{}", process.uid()),
            Err(_) => "unknown".to_owned(),
        })
}

/// The name in histories.
pub(super) fn admin() -> String {
    format!("admin:{}", login())
}

fn plain(login: &str) -> String {
    let kept = |c: &char| c.is_ascii_alphanumeric() || "-_.@".contains(*c);
    login.chars().filter(kept).take(LONGEST).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ok_a_login_is_a_plain_word() {
        assert_eq!(plain("zoé\n\x1b[1mroot"), "zo1mroot");
        assert_eq!(plain(&"a".repeat(99)).len(), LONGEST);
        assert!(admin().starts_with("admin:") && admin().len() > 6);
    }
}
