//! What a sweep says while its runs work: their own output goes into their logs.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::plan::Job;
use crate::cli::run_state::progress;

/// Time between two lines.
pub(super) const EVERY: Duration = Duration::from_secs(25);

/// Runs that a line tells of; the others are counted.
const TOLD: usize = 4;

/// A stage of a run that is at work.
#[derive(Debug)]
struct Working {
    name: String,
    stage: &'static str,
    root: PathBuf,
}

#[derive(Debug, Default)]
struct State {
    working: BTreeMap<usize, Working>,
    ended: usize,
}

/// The runs of a sweep that are at work.
#[derive(Debug)]
pub(super) struct Board {
    begun: Instant,
    all: usize,
    state: Mutex<State>,
}

impl Board {
    /// Of a sweep of `all` runs.
    pub(super) fn new(all: usize) -> Self {
        Self { begun: Instant::now(), all, state: Mutex::default() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Run `number` is at `stage` now.
    pub(super) fn begins(&self, number: usize, job: &Job, stage: &'static str) {
        let working = Working { name: job.name(), stage, root: job.root.clone() };
        self.state().working.insert(number, working);
    }

    /// Run `number` is at its end, whatever that was.
    pub(super) fn ends(&self, number: usize) {
        let mut state = self.state();
        state.working.remove(&number);
        state.ended += 1;
    }

    /// How far everything is, in a line; nothing where no run is at work.
    pub(super) fn line(&self) -> Option<String> {
        let state = self.state();
        if state.working.is_empty() {
            return None;
        }
        let seconds = self.begun.elapsed().as_secs();
        let mut text =
            format!("{}:{:02} min, {} of {} runs ended", seconds / 60, seconds % 60, state.ended, self.all);
        for Working { name, stage, root } in state.working.values().take(TOLD) {
            let _ = write!(text, "; {name}: {stage}");
            // How far training is stands in the run's log; of measuring there is nothing yet.
            if *stage == "train"
                && let Some(far) = progress(root).ok().filter(|far| !far.is_empty())
            {
                let _ = write!(text, ", {far}");
            }
        }
        let more = state.working.len().saturating_sub(TOLD);
        if more > 0 {
            let _ = write!(text, "; and {more} more");
        }
        Some(text)
    }
}

/// Calls `tell` every so often until `end` is told or dropped.
pub(super) fn beat(every: Duration, end: &Receiver<()>, mut tell: impl FnMut()) {
    while end.recv_timeout(every) == Err(RecvTimeoutError::Timeout) {
        tell();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;

    use super::*;
    use crate::train::Identity;

    fn job(root: &std::path::Path, seed: u64) -> Job {
        let identity =
            Identity { domain: "digit-circle".into(), variant: "l1-1".into(), scale: "smoke".into(), seed };
        Job { identity, root: root.to_owned(), config_hash: String::new(), stages: Vec::new() }
    }

    #[test]
    fn a_line_tells_how_far_the_runs_are() {
        let folder = tempfile::tempdir().unwrap();
        let metrics =
            "{\"event\":\"train\",\"samples\":512,\"delta\":0.05}\n{\"accuracy\":0.125,\"samples\":1024}\n";
        std::fs::write(folder.path().join("metrics.jsonl"), metrics).unwrap();
        let board = Board::new(9);
        assert_eq!(board.line(), None, "nothing is at work");
        board.begins(1, &job(folder.path(), 1), "train");
        board.begins(2, &job(std::path::Path::new("nowhere"), 2), "train");
        board.begins(3, &job(folder.path(), 3), "train");
        board.begins(3, &job(folder.path(), 3), "evaluate");
        let line = board.line().unwrap();
        let (_, told) = line.split_once(" min, ").unwrap();
        assert_eq!(
            told,
            "0 of 9 runs ended; digit-circle/l1-1 seed 1: train, 1024 samples, δ 5.00e-2, accuracy 12.5 %; \
             digit-circle/l1-1 seed 2: train; digit-circle/l1-1 seed 3: evaluate"
        );
        board.ends(1);
        (4..=7).for_each(|number| board.begins(number, &job(folder.path(), 9), "evaluate"));
        let line = board.line().unwrap();
        assert!(line.contains("1 of 9 runs ended") && line.ends_with("; and 2 more"), "{line}");
    }

    #[test]
    fn beats_come_until_the_end_is_told() {
        let (ended, end) = channel();
        let mut ended = Some(ended);
        let mut told = 0;
        beat(Duration::from_millis(1), &end, || {
            told += 1;
            if told == 3 {
                ended = None;
            }
        });
        assert_eq!(told, 3);
    }
}
