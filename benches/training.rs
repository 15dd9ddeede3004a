//! Whole training steps (loss, gradients, Adam) of the paper's DigitCircle model and of the
//! laptop's, in samples a second. Threads: `SPARLING_BENCH_THREADS` (default 2).

use std::path::Path;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use sparling::config::load;
use sparling::domain::Split;
use sparling::train::{Adam, Batch, Session, tensors};
use tch::Device;

fn steps(c: &mut Criterion) {
    let threads = std::env::var("SPARLING_BENCH_THREADS").ok().and_then(|n| n.parse().ok());
    tch::set_num_threads(threads.unwrap_or(2));
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("experiments/digit-circle/sparling.toml");
    let mut group = c.benchmark_group("training_step");
    for scale in ["laptop", "paper"] {
        let config = load(&file, scale, &[]).expect("the experiment");
        let mut session = Session::new(&config, 1, Device::Cpu).expect("a network");
        let mut adam = Adam::new(&session.vs, session.threads).expect("threads");
        let size = config.train.batch;
        let batch = Batch::of(session.domain.as_ref(), Split::Train, 0, size).expect("samples");
        group.throughput(Throughput::Elements(size));
        group.bench_function(scale, |b| {
            b.iter(|| {
                let (x, previous, next) = tensors(&batch, session.domain.input_shape(), Device::Cpu);
                let (loss, _) = session.network.loss(&x, &previous, &next);
                let gradients = adam.gradients(&loss).expect("a gradient");
                adam.step(&gradients, config.train.learning_rate, config.train.clip_norm).expect("a step")
            });
        });
    }
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(10);
    targets = steps
}
criterion_main!(benches);
