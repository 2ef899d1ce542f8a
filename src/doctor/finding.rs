//! One thing that was found: what, why it matters, what to do.

use serde::Serialize;

/// How good or bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Grade {
    /// As it should be.
    Good,
    /// Not looked at.
    Skipped,
    /// It works, and somebody should look.
    Warning,
    /// It does not work, or is not safe.
    Fault,
}

/// One thing that was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Which check, such as `mailbox.login`: room and noun.
    pub check: &'static str,
    /// How good or bad.
    pub grade: Grade,
    /// What was found, in one sentence.
    pub says: String,
    /// Why it matters; empty if it is as it should be.
    pub why: String,
    /// What to do; empty if there is nothing to do.
    pub remedy: String,
}

impl Finding {
    /// As it should be.
    pub fn good(check: &'static str, says: impl Into<String>) -> Self {
        Self::of(check, Grade::Good, says, "", "")
    }

    /// Not looked at, and why not.
    pub fn skipped(check: &'static str, says: impl Into<String>) -> Self {
        Self::of(check, Grade::Skipped, says, "", "")
    }

    /// Somebody should look.
    pub fn warning(
        check: &'static str,
        says: impl Into<String>,
        why: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        Self::of(check, Grade::Warning, says, why, remedy)
    }

    /// It does not work, or is not safe.
    pub fn fault(
        check: &'static str,
        says: impl Into<String>,
        why: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        Self::of(check, Grade::Fault, says, why, remedy)
    }

    fn of(
        check: &'static str,
        grade: Grade,
        says: impl Into<String>,
        why: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        Self {
            check,
            grade,
            says: says.into(),
            why: why.into(),
            remedy: remedy.into(),
        }
    }
}
