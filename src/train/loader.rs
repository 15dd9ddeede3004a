//! Prefetching: workers make batches ahead of the training thread.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;

use anyhow::{Context as _, Result, anyhow};
use crossbeam_channel::{Receiver, bounded};

use super::Batch;
use crate::domain::{Domain, Split};

/// Batches of the training split in order, made by worker threads.
///
/// Worker w makes every W-th batch into a queue of its own and the queues are read in turn,
/// so the order does not depend on timing; the position is the number of samples alone.
#[derive(Debug)]
pub struct Loader {
    queues: Vec<Receiver<Result<Batch>>>,
    workers: Vec<JoinHandle<()>>,
    stop: Arc<AtomicBool>,
    turn: usize,
}

/// Batches that each worker keeps ready.
const AHEAD: usize = 4;

impl Loader {
    /// Starts `workers` threads at sample `start` (a multiple of `batch`).
    ///
    /// # Errors
    /// When a thread cannot be started.
    pub fn new(domain: &Arc<dyn Domain>, start: u64, batch: u64, workers: usize) -> Result<Self> {
        let workers_n = workers.max(1) as u64;
        let stop = Arc::new(AtomicBool::new(false));
        let (mut queues, mut workers) = (Vec::new(), Vec::new());
        for w in 0..workers_n {
            let (send, receive) = bounded(AHEAD);
            let (domain, stop) = (Arc::clone(domain), Arc::clone(&stop));
            queues.push(receive);
            let work = move || {
                let mut next = start.saturating_add(w.saturating_mul(batch));
                while !stop.load(Ordering::Relaxed) {
                    let made = Batch::of(domain.as_ref(), Split::Train, next, batch);
                    let failed = made.is_err();
                    if send.send(made).is_err() || failed {
                        break;
                    }
                    next = next.saturating_add(workers_n.saturating_mul(batch));
                }
            };
            let worker = std::thread::Builder::new().name(format!("loader-{w}")).spawn(work);
            workers.push(worker.context("cannot start a thread that makes samples")?);
        }
        Ok(Self { queues, workers, stop, turn: 0 })
    }

    /// The next batch.
    ///
    /// # Errors
    /// When the domain could not make a sample, or a worker died.
    pub fn next_batch(&mut self) -> Result<Batch> {
        let queue = &self.queues[self.turn];
        self.turn = (self.turn + 1) % self.queues.len();
        queue.recv().map_err(|_| anyhow!("a loader thread has stopped"))?
    }
}

impl Drop for Loader {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        // Closing the queues wakes workers that wait for room.
        self.queues.clear();
        for worker in self.workers.drain(..) {
            let _ = worker.join();
        }
    }
}
