//! Where the shell asks what time it is.
//!
//! The system's clock, but for tests that live through weeks: whoever needs the time of a decision
//! takes it from here and passes it on. The core never asks.

use std::fmt;
use std::sync::Arc;

use jiff::Timestamp;

/// A clock; clones show the same time.
#[derive(Clone)]
pub struct Clock(Arc<dyn Fn() -> Timestamp + Send + Sync>);

impl Clock {
    /// The system's clock.
    #[must_use]
    pub fn system() -> Self {
        Self::of(Timestamp::now)
    }

    /// A clock that shows what `show` says.
    pub fn of(show: impl Fn() -> Timestamp + Send + Sync + 'static) -> Self {
        Self(Arc::new(show))
    }

    /// The time.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        (self.0)()
    }
}

impl Default for Clock {
    fn default() -> Self {
        Self::system()
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Clock")
    }
}
