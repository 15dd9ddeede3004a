//! Does memory stay flat? Trains a small DigitCircle run for many steps, all that a run does included (loading,
//! validations, checkpoints, the log), and prints the resident memory after 1,000, 2,000, 5,000, 10,000 … of them.
//!
//! ```text
//! cargo bench --bench resident -- --steps 100000
//! ```
//!
//! It takes some minutes, and is no part of `make check`; docs/performance.md has what it printed.
#![allow(clippy::print_stdout, reason = "a benchmark reports what it measured")]

use std::path::Path;
use std::sync::atomic::AtomicBool;

use anyhow::{Context, Result, ensure};
use clap::Parser;
use sparling::allocator::keep_freed_memory;
use sparling::config::load;
use sparling::train::{Identity, NoBoard, RunDir, train};
use tch::Device;

/// Trains many steps and prints the memory that is held.
#[derive(Parser)]
struct Arguments {
    /// How many; without it nothing is done.
    #[arg(long)]
    steps: Option<u64>,
    /// Settings over those of this file, as `sparling train --set` takes them.
    #[arg(long = "set", value_name = "KEY=VALUE")]
    overrides: Vec<String>,
    /// What cargo adds.
    #[arg(long, hide = true)]
    bench: bool,
}

/// Samples a step.
const BATCH: u64 = 4;

/// A step takes about a millisecond, and δ stays where it is, so that the run does not end of itself.
const SMALL: [&str; 14] = [
    "domain.max-digits=1",
    "model.g.width=4",
    "model.g.units=1",
    "model.h.width=16",
    "model.h.feed-forward=16",
    "model.h.heads=2",
    "annealing.enabled=false",
    "annealing.interval-samples=4000",
    "annealing.validation-samples=20",
    "train.batch=4",
    "train.shards=2",
    "train.log-samples=4000",
    "train.checkpoint-samples=20000",
    "train.max-samples-unannealed=0",
];

fn main() -> Result<()> {
    keep_freed_memory();
    let arguments = Arguments::parse();
    let Some(steps) = arguments.steps else {
        println!("resident: nothing asked for, see the head of benches/resident.rs");
        return Ok(());
    };
    tch::set_num_threads(2);
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("experiments/digit-circle/sparling.toml");
    let mut overrides: Vec<String> = SMALL.iter().map(|setting| (*setting).to_owned()).collect();
    overrides.push(format!("train.max-samples={}", steps * BATCH));
    overrides.extend(arguments.overrides);
    let config = load(&file, "smoke", &overrides)?;
    let folder = tempfile::tempdir().context("no temporary folder")?;
    let identity = Identity {
        domain: "digit-circle".into(),
        variant: "sparling".into(),
        scale: "smoke".into(),
        seed: 1,
    };
    let dir = RunDir::create(folder.path(), identity, &config)?;
    let mut next = milestones(steps).peekable();
    println!("steps,resident_kib");
    train(&dir, &config, Device::Cpu, &mut NoBoard, true, &AtomicBool::new(false), &mut |_, _, seen, _| {
        if next.next_if(|milestone| seen / BATCH >= *milestone).is_some() {
            println!("{},{}", seen / BATCH, resident_kib()?);
        }
        Ok(())
    })?;
    Ok(())
}

/// 1, 2 and 5 times 1,000, 10,000 … up to `steps`.
fn milestones(steps: u64) -> impl Iterator<Item = u64> {
    (3..18)
        .flat_map(|power| [1, 2, 5].map(|times| times * 10_u64.pow(power)))
        .take_while(move |&n| n <= steps)
}

/// The resident memory of this process.
fn resident_kib() -> Result<u64> {
    let status = std::fs::read_to_string("/proc/self/status").context("the kernel does not tell")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.and_then(|line| line.split_whitespace().next());
    ensure!(kib.is_some(), "the kernel does not tell the resident memory");
    Ok(kib.unwrap_or_default().parse()?)
}
