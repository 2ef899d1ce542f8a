//! Memory of a process and all its descendants, as the kernel counts it.

use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

/// Sums over the processes, in kB.
#[derive(Debug, Clone, Copy, Default)]
pub struct Memory {
    pss: u64,
    rss: u64,
    processes: usize,
}

impl Memory {
    /// What a process and its descendants use now.
    pub fn of(process: u32) -> Self {
        let mut sum = Self::default();
        let mut left = vec![process];
        while let Some(process) = left.pop() {
            left.extend(children(process));
            // A process may end meanwhile.
            let Ok(text) = fs::read_to_string(format!("/proc/{process}/smaps_rollup")) else {
                continue;
            };
            let kilobytes = |name: &str| -> u64 {
                let line = text
                    .lines()
                    .find_map(|line| line.strip_prefix(name))
                    .unwrap_or("0");
                line.split_whitespace().next().unwrap().parse().unwrap()
            };
            sum.pss += kilobytes("Pss:");
            sum.rss += kilobytes("Rss:");
            sum.processes += 1;
        }
        sum
    }

    pub fn print(self, name: &str) {
        let megabytes = |kilobytes: u64| kilobytes as f64 / 1024.0;
        println!(
            "{name:<32} {:>7.1} {:>8.1} {:>6}",
            megabytes(self.pss),
            megabytes(self.rss),
            self.processes
        );
    }
}

fn children(process: u32) -> Vec<u32> {
    let Ok(tasks) = fs::read_dir(format!("/proc/{process}/task")) else {
        return Vec::new();
    };
    tasks
        .flatten()
        .filter_map(|task| fs::read_to_string(task.path().join("children")).ok())
        .flat_map(|line| {
            line.split_whitespace()
                .map(|id| id.parse().unwrap())
                .collect::<Vec<_>>()
        })
        .collect()
}

/// Looks four times a second and keeps the most.
pub struct Sampler {
    stop: Arc<AtomicBool>,
    thread: JoinHandle<Memory>,
}

impl Sampler {
    pub fn start(process: u32) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let thread = std::thread::spawn(move || {
            let mut peak = Memory::default();
            while !stopped.load(Ordering::Relaxed) {
                let now = Memory::of(process);
                if now.rss > peak.rss {
                    peak = now;
                }
                std::thread::sleep(Duration::from_millis(250));
            }
            peak
        });
        Self { stop, thread }
    }

    pub fn stop(self) -> Memory {
        self.stop.store(true, Ordering::Relaxed);
        self.thread.join().unwrap()
    }
}
