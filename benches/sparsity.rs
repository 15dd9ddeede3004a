//! The sparsity layer, forward and backward in training mode, at 16×10×100×100; the exact
//! quantile alone, by both ways of selecting. Threads: `SPARLING_BENCH_THREADS` (default 2).

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use sparling::sparsity::{Bottleneck, PerChannel, SparsityLayer, kth_smallest, rank};
use tch::nn::VarStore;
use tch::{Device, Kind, Tensor};

fn threads() -> i32 {
    std::env::var("SPARLING_BENCH_THREADS").ok().and_then(|n| n.parse().ok()).unwrap_or(2)
}

fn layer(c: &mut Criterion) {
    tch::set_num_threads(threads());
    tch::manual_seed(1);
    let shape = [16, 10, 100, 100];
    let readout = Tensor::randn(shape, (Kind::Float, Device::Cpu));
    let mut group = c.benchmark_group("sparsity_layer");
    group.throughput(Throughput::Elements(16));
    for density in [0.5, 1e-2, 5e-5] {
        let vs = VarStore::new(Device::Cpu);
        let thresholds = PerChannel::new(&(vs.root() / "t"), 10, density);
        let mut layer = SparsityLayer::new(&(vs.root() / "n"), 10, 2, true, Box::new(thresholds));
        let x = Tensor::randn(shape, (Kind::Float, Device::Cpu)).set_requires_grad(true);
        group.bench_function(format!("forward_backward/{density:.0e}"), |b| {
            b.iter(|| {
                let mut leaf = x.shallow_clone();
                leaf.zero_grad();
                (layer.forward_t(&x, true).map * &readout).sum(Kind::Float).backward();
            });
        });
    }
    group.finish();
    let rows = Tensor::randn([10, 160_000], (Kind::Float, Device::Cpu));
    let mut group = c.benchmark_group("quantile_10x160000");
    for density in [0.5, 1e-2, 5e-5] {
        let k = rank(160_000, density);
        group.bench_function(format!("kth_smallest/{density:.0e}"), |b| b.iter(|| kth_smallest(&rows, k)));
        group.bench_function(format!("kthvalue/{density:.0e}"), |b| b.iter(|| rows.kthvalue(k, 1, false).0));
    }
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(20);
    targets = layer
}
criterion_main!(benches);
