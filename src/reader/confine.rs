//! What a worker gives up before it sees the first letter.
//!
//! Resource limits hold on every Linux. Landlock (no file, no TCP port, no signal or abstract
//! socket outside the process) holds as far as the running kernel knows it, and is left out
//! without a word where it does not.

use std::io;

use landlock::{
    ABI, Access, AccessFs, AccessNet, RestrictionStatus, Ruleset, RulesetAttr, RulesetError, Scope,
};
use rlimit::Resource;

/// Open files a worker may have: its three pipes and a few for the runtime.
const FILES: u64 = 16;

/// Lowers the limits of this process for good. `memory` is the address space in bytes.
///
/// # Errors
/// The kernel refuses; then the process must not read letters.
pub(super) fn limits(memory: u64) -> io::Result<()> {
    for (resource, wanted) in [
        (Resource::CORE, 0),
        (Resource::FSIZE, 0),
        (Resource::NOFILE, FILES),
        (Resource::AS, memory),
    ] {
        let (_, hard) = resource.get()?;
        let limit = wanted.min(hard);
        resource.set(limit, limit)?;
    }
    Ok(())
}

/// Forbids this thread, and every one it starts, everything that Landlock can forbid here.
///
/// # Errors
/// The kernel knows Landlock and refuses all the same.
pub(super) fn landlock() -> Result<RestrictionStatus, RulesetError> {
    let newest = ABI::V6;
    Ruleset::default()
        .handle_access(AccessFs::from_all(newest))?
        .handle_access(AccessNet::from_all(newest))?
        .scope(Scope::from_all(newest))?
        .create()?
        .restrict_self()
}

#[cfg(test)]
mod tests {
    use landlock::RulesetStatus;

    #[test]
    fn a_confined_thread_opens_neither_file_nor_port() {
        let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        std::thread::spawn(move || {
            let status = super::landlock().unwrap();
            assert!(status.no_new_privs);
            let opened = std::fs::File::open("/etc/passwd").is_ok();
            match status.ruleset {
                RulesetStatus::NotEnforced => assert!(opened),
                RulesetStatus::PartiallyEnforced => assert!(!opened),
                RulesetStatus::FullyEnforced => {
                    assert!(!opened);
                    assert!(std::net::TcpStream::connect(("127.0.0.1", port)).is_err());
                }
            }
        })
        .join()
        .unwrap();
    }
}
