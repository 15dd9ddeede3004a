//! Threads that run a network each, without a team of OpenMP threads in any of them.
//!
//! libtorch's own threads meet after every operation; small networks spend most of their time waiting there, and far
//! more where another process is busy. Lanes meet once or twice a step. What a lane computes does not depend on how
//! many there are.
//!
//! ```
//! use sparling::train::lanes::Alone;
//!
//! tch::set_num_threads(2);
//! {
//!     let _alone = Alone::new();
//!     assert_eq!(tch::get_num_threads(), 1);
//! }
//! assert_eq!(tch::get_num_threads(), 2);
//! ```

use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::{Context, Result};
use rayon::prelude::*;
use rayon::{ThreadPool, ThreadPoolBuilder};

use super::Session;
use crate::interrupt;
use crate::model::Sparling;

/// A pool of `threads` threads, in each of which libtorch computes alone.
///
/// # Errors
/// When the threads cannot be started.
pub fn pool(threads: usize) -> Result<ThreadPool> {
    ThreadPoolBuilder::new()
        .num_threads(threads.max(1))
        .thread_name(|i| format!("lane-{i}"))
        // The number of OpenMP's threads is a property of each thread.
        .start_handler(|_| tch::set_num_threads(1))
        .build()
        .context("cannot start threads for training and measuring")
}

/// While it lives, libtorch computes with one thread in the thread that made it.
#[derive(Debug)]
pub struct Alone {
    before: i32,
}

impl Alone {
    /// Remembers how many threads there were.
    #[must_use]
    pub fn new() -> Self {
        let before = tch::get_num_threads();
        tch::set_num_threads(1);
        Self { before }
    }
}

impl Default for Alone {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for Alone {
    fn drop(&mut self) {
        tch::set_num_threads(self.before);
    }
}

/// Does all `jobs` with networks over the variables of `session`, as many at once as the session has threads. The
/// outcomes come in the order of the jobs, and do not depend on the number of threads.
///
/// # Errors
/// That of the first job which fails, [`Interrupted`](crate::interrupt::Interrupted) when someone asks to stop
/// between two jobs, or when threads cannot be started.
pub fn in_lanes<J: Sync, T: Send>(
    session: &mut Session,
    jobs: &[J],
    work: impl Fn(&mut Sparling, &J) -> Result<T> + Sync,
) -> Result<Vec<T>> {
    let _alone = Alone::new();
    // Several threads on one accelerator would only wait for each other.
    let lanes = if session.vs.device().is_cuda() { 1 } else { session.threads.min(jobs.len()) };
    if lanes <= 1 {
        let one = |job| {
            interrupt::check()?;
            work(&mut session.network, job)
        };
        return jobs.iter().map(one).collect();
    }
    let mut replicas = (0..lanes).map(|_| session.replica(|_| false)).collect::<Result<Vec<_>>>()?;
    let next = AtomicUsize::new(0);
    let done: Vec<Vec<(usize, Result<T>)>> = pool(lanes)?.install(|| {
        let lane = |(_, network): &mut (_, Sparling)| {
            let mut done = Vec::new();
            while let Some((i, job)) =
                Some(next.fetch_add(1, Ordering::Relaxed)).and_then(|i| Some((i, jobs.get(i)?)))
            {
                done.push((i, interrupt::check().map_err(Into::into).and_then(|()| work(network, job))));
            }
            done
        };
        replicas.par_iter_mut().map(lane).collect()
    });
    let mut done: Vec<_> = done.into_iter().flatten().collect();
    done.sort_by_key(|(i, _)| *i);
    done.into_iter().map(|(_, outcome)| outcome).collect()
}
