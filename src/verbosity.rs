//! How much is logged, and changing that while the process runs.
//!
//! The level is the process's, as the log itself is: whoever starts the log hands in the switch, and
//! [`change`] turns it, for good or for a while. After that while the configured level is back, also
//! if it was changed several times in between.
//!
//! Levels below `warn` are only ever open for this crate: libraries may log what they are given, and
//! that is letters and secrets.

use std::str::FromStr;
use std::sync::{Mutex, OnceLock, PoisonError};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// How much is logged.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// Only what needs an admin.
    Error,
    /// And what may need one.
    Warn,
    /// And one line per letter and per delivery.
    #[default]
    Info,
    /// And the steps between.
    Debug,
}

impl Level {
    /// Every level, the quietest first.
    pub const ALL: [Self; 4] = [Self::Error, Self::Warn, Self::Info, Self::Debug];

    /// As in the configuration.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warn => "warn",
            Self::Info => "info",
            Self::Debug => "debug",
        }
    }

    /// The filter of the log: this level for this crate, warnings of everybody else.
    #[must_use]
    pub fn filter(self) -> String {
        format!("warn,guichet={}", self.as_str())
    }
}

/// A word that names no level.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected one of error, warn, info, debug, but found `{0}`")]
pub struct NoLevel(String);

impl FromStr for Level {
    type Err = NoLevel;

    fn from_str(text: &str) -> Result<Self, NoLevel> {
        let found = Self::ALL.into_iter().find(|level| level.as_str() == text);
        found.ok_or_else(|| NoLevel(text.chars().take(40).collect()))
    }
}

/// Turns the log to a level; false if it could not.
pub type Switch = Box<dyn Fn(Level) -> bool + Send + Sync>;

struct State {
    switch: Switch,
    configured: Level,
    now: Mutex<Setting>,
}

/// The level in force.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Setting {
    /// How much is logged.
    pub level: Level,
    /// When the configured level is back; nothing if it stays.
    pub until: Option<Timestamp>,
}

static STATE: OnceLock<State> = OnceLock::new();

/// Hands in the switch of the log that was started with this level. A second one changes nothing.
pub fn started(configured: Level, switch: Switch) {
    let now = Mutex::new(Setting {
        level: configured,
        until: None,
    });
    // The first log of the process is the only one.
    let _ = STATE.set(State {
        switch,
        configured,
        now,
    });
}

/// The level in force; nothing while no log was started.
#[must_use]
pub fn current() -> Option<Setting> {
    let state = STATE.get()?;
    Some(*state.now.lock().unwrap_or_else(PoisonError::into_inner))
}

/// Turns the log to `level`, for `time` if one is given; nothing while no log was started.
#[must_use]
pub fn change(level: Level, time: Option<SignedDuration>, now: Timestamp) -> Option<Setting> {
    let state = STATE.get()?;
    let setting = Setting {
        level,
        until: time.and_then(|time| now.checked_add(time).ok()),
    };
    apply(state, setting).then_some(setting)
}

/// Puts the configured level back in force if the time of another one is over.
pub fn expire(now: Timestamp) {
    let Some(state) = STATE.get() else { return };
    let over = current()
        .and_then(|setting| setting.until)
        .is_some_and(|until| until <= now);
    if over {
        let level = state.configured;
        if apply(state, Setting { level, until: None }) {
            tracing::info!(level = level.as_str(), "the configured log level is back");
        }
    }
}

fn apply(state: &State, setting: Setting) -> bool {
    let done = (state.switch)(setting.level);
    if done {
        *state.now.lock().unwrap_or_else(PoisonError::into_inner) = setting;
    }
    done
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ok_each_level_is_read_back_and_keeps_libraries_at_warnings() {
        for level in Level::ALL {
            assert_eq!(level.as_str().parse(), Ok(level));
            assert!(level.filter().starts_with("warn,guichet="));
        }
    }

    #[test]
    fn err_another_word_names_the_levels() {
        let error = "loud".parse::<Level>().unwrap_err();
        assert_eq!(
            error.to_string(),
            "expected one of error, warn, info, debug, but found `loud`"
        );
    }
}
