//! Does one piece of work for some seconds and prints how fast, as one line of JSON; `benches/python/side_by_side.py`
//! calls it in turn with the same work in PyTorch.
//!
//! ```text
//! cargo bench --bench work -- --work train-laptop --threads 2 --seconds 8
//! ```
//!
//! | work | one unit is |
//! |---|---|
//! | `layer-DENSITY` | a sample of 10×100×100 through the sparsity layer in training, forward and back (16 at once) |
//! | `train-SCALE` | a sample of a training step of DigitCircle at that scale: loss, gradients, Adam |
//! | `train-SCALE-bf16` | the same with `train.precision = "bf16"` |
//! | `shards-N` | the same at laptop scale with the batch in N shards |
//! | `adam-laptop` | a sample's share of the optimiser alone |
//! | `validate-1000` | a sample of a validation of 1,000 by the committed model, decoding and matching included |
#![allow(clippy::print_stdout, reason = "a benchmark reports what it measured")]

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use clap::Parser;
use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeVal;
use sparling::allocator::keep_freed_memory;
use sparling::config::load;
use sparling::domain::Split;
use sparling::measure::{Model, validate};
use sparling::sparsity::{Bottleneck as _, PerChannel, SparsityLayer};
use sparling::train::{Adam, Batch, RunDir, Session, Step};
use tch::nn::VarStore;
use tch::{Device, Kind, Tensor};

/// Times one piece of work.
#[derive(Parser)]
struct Arguments {
    /// Which: see the head of benches/work.rs. Without it nothing is done.
    #[arg(long)]
    work: Option<String>,
    /// Threads to work with.
    #[arg(long, default_value_t = 2)]
    threads: i32,
    /// How long to measure.
    #[arg(long, default_value_t = 8.0)]
    seconds: f64,
    /// What cargo adds.
    #[arg(long, hide = true)]
    bench: bool,
}

/// A unit of work, and how many samples it takes.
type Work = (Box<dyn FnMut() -> Result<()>>, f64);

fn main() -> Result<()> {
    keep_freed_memory();
    let arguments = Arguments::parse();
    let Some(name) = arguments.work else {
        println!("work: nothing asked for, see benches/python/side_by_side.py");
        return Ok(());
    };
    tch::set_num_threads(arguments.threads);
    tch::manual_seed(1);
    let (mut unit, samples) = work(&name)?;
    for _ in 0..3 {
        unit()?;
    }
    let (start, limit) = (Instant::now(), Duration::from_secs_f64(arguments.seconds));
    let processor = processor_seconds()?;
    let mut rates = Vec::new();
    while rates.len() < 5 || start.elapsed() < limit {
        let before = Instant::now();
        unit()?;
        rates.push(samples / before.elapsed().as_secs_f64());
    }
    let per_processor_s = samples * rates.len() as f64 / (processor_seconds()? - processor);
    println!(
        "{{\"per_s\": {rates:?}, \"per_processor_s\": {per_processor_s:.2}, \"peak_mib\": {}}}",
        peak_mib()?
    );
    Ok(())
}

fn work(name: &str) -> Result<Work> {
    match name.split_once('-') {
        Some(("layer", density)) => Ok(layer(density.parse().context("a density follows layer-")?)),
        Some(("train", scale)) => match scale.strip_suffix("-bf16") {
            Some(scale) => train(scale, &["train.precision=bf16".to_owned()]),
            None => train(scale, &[]),
        },
        Some(("shards", count)) => train("laptop", &[format!("train.shards={count}")]),
        Some(("adam", scale)) => adam(scale),
        Some(("validate", count)) => validation(count.parse().context("a number follows validate-")?),
        _ => bail!("unknown work {name}"),
    }
}

fn layer(density: f64) -> Work {
    let vs = VarStore::new(Device::Cpu);
    let thresholds = PerChannel::new(&(vs.root() / "t"), 10, density);
    let mut layer = SparsityLayer::new(&(vs.root() / "n"), 10, 2, true, Box::new(thresholds));
    let x = Tensor::randn([16, 10, 100, 100], (Kind::Float, Device::Cpu)).set_requires_grad(true);
    let upstream = x.detach().randn_like().flatten(0, -1);
    let mut inputs: Vec<Tensor> = vs.trainable_variables();
    inputs.push(x.shallow_clone());
    let unit = move || {
        let map = layer.forward_t(&x, true).map;
        // tch starts a backward pass from a single number: one more pass over the map than PyTorch's side has.
        let product = map.flatten(0, -1).dot(&upstream);
        drop(Tensor::run_backward(&[product], &inputs, false, false));
        Ok(())
    };
    (Box::new(unit), 16.0)
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn session(scale: &str, overrides: &[String]) -> Result<(Session, Adam, Batch)> {
    let file = root().join("experiments/digit-circle/sparling.toml");
    let config = load(&file, scale, overrides)?;
    let session = Session::new(&config, 1, Device::Cpu)?;
    let adam = Adam::new(&session.vs, session.threads)?;
    let batch = Batch::of(session.domain.as_ref(), Split::Train, 0, config.train.batch)?;
    Ok((session, adam, batch))
}

fn train(scale: &str, overrides: &[String]) -> Result<Work> {
    let (mut session, mut adam, batch) = session(scale, overrides)?;
    let mut step = Step::new(&session)?;
    let (settings, size) = (session.config.train.clone(), batch.size as f64);
    let unit = move || {
        let (_, gradients) = step.gradients(&mut session, &adam, &batch)?;
        adam.step(&gradients, settings.learning_rate, settings.clip_norm)?;
        Ok(())
    };
    Ok((Box::new(unit), size))
}

fn adam(scale: &str) -> Result<Work> {
    let (mut session, mut adam, batch) = session(scale, &[])?;
    let (_, gradients) = Step::new(&session)?.gradients(&mut session, &adam, &batch)?;
    let (settings, size) = (session.config.train.clone(), batch.size as f64);
    let unit = move || {
        let _held = &session;
        adam.step(&gradients, settings.learning_rate, settings.clip_norm)?;
        Ok(())
    };
    Ok((Box::new(unit), size))
}

fn validation(count: u64) -> Result<Work> {
    let folder = committed()?;
    let dir = RunDir::open(&folder)?;
    let stem = dir.density_stems().pop().context("the committed model has no checkpoint")?;
    let mut model = Model::load(&dir, &stem, Device::Cpu)?;
    let unit = move || validate(&mut model.session, Split::Validation, 0, count).map(drop);
    Ok((Box::new(unit), count as f64))
}

/// The committed model of DigitCircle at laptop scale.
fn committed() -> Result<PathBuf> {
    let models = root().join("results/laptop/models");
    let entries = std::fs::read_dir(&models).with_context(|| format!("no {}", models.display()))?;
    let mut folders: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    folders.retain(|folder| folder.to_string_lossy().contains("digit-circle-sparling"));
    folders.pop().with_context(|| format!("no model of DigitCircle in {}", models.display()))
}

/// Processor time of this process so far, all threads together, in seconds: on a busy machine the fairer measure of one
/// thread.
fn processor_seconds() -> Result<f64> {
    let usage = getrusage(UsageWho::RUSAGE_SELF).context("the kernel does not tell")?;
    let seconds = |time: TimeVal| time.tv_sec() as f64 + 1e-6 * time.tv_usec() as f64;
    Ok(seconds(usage.user_time()) + seconds(usage.system_time()))
}

/// The largest resident memory of this process so far, in MiB.
fn peak_mib() -> Result<u64> {
    let status = std::fs::read_to_string("/proc/self/status").context("the kernel does not tell")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = line.and_then(|line| line.split_whitespace().next());
    ensure!(kib.is_some(), "the kernel does not tell the largest memory");
    Ok(kib.unwrap_or_default().parse::<u64>()? / 1024)
}
