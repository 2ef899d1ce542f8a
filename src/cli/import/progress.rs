//! A bar on standard error that says how far something is; on a terminal only.

use std::io::{IsTerminal as _, Write as _};
use std::time::{Duration, Instant};

/// Characters of the bar.
const BAR: u64 = 30;
/// How often it is drawn anew.
const PAUSE: Duration = Duration::from_millis(100);

/// How far something is.
#[derive(Debug)]
pub(super) struct Progress {
    what: &'static str,
    total: u64,
    drawn: Option<Instant>,
    terminal: bool,
}

impl Progress {
    /// Of `total` steps, which may be bytes.
    pub(super) fn new(what: &'static str, total: u64) -> Self {
        Self {
            what,
            total: total.max(1),
            drawn: None,
            terminal: std::io::stderr().is_terminal(),
        }
    }

    /// So many steps are done, which were so many letters.
    pub(super) fn at(&mut self, done: u64, letters: usize) {
        let soon = self.drawn.is_some_and(|drawn| drawn.elapsed() < PAUSE);
        if !self.terminal || soon && done < self.total {
            return;
        }
        self.drawn = Some(Instant::now());
        // Nobody is left to tell if the terminal is gone.
        let _ = write!(std::io::stderr(), "\r{}", self.line(done, letters));
    }

    fn line(&self, done: u64, letters: usize) -> String {
        let done = done.min(self.total);
        let filled = done * BAR / self.total;
        let bar: String = (0..BAR)
            .map(|at| if at < filled { '█' } else { '░' })
            .collect();
        let percent = done * 100 / self.total;
        format!("{bar} {percent:>3} %  {letters} letters {}", self.what)
    }

    /// Takes the bar away.
    pub(super) fn end(&self) {
        if self.drawn.is_some() {
            // As above.
            let _ = write!(std::io::stderr(), "\r\x1b[K");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ok_the_bar_fills() {
        let bar = Progress::new("taken in", 200);
        assert!(bar.line(0, 0).starts_with("░░░"));
        let half = bar.line(100, 7);
        assert_eq!(half.matches('█').count(), 15);
        assert!(half.ends_with(" 50 %  7 letters taken in"), "{half}");
        assert!(bar.line(999, 9).contains("100 %"));
        assert!(Progress::new("", 0).line(0, 0).contains("  0 %"));
    }
}
