//! How fast DigitCircle samples are made, on one thread: `cargo bench --bench digit_circle`.

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use sparling::domain::digit_circle::{DigitCircle, DigitCircleConfig};
use sparling::domain::{Domain as _, Split};

fn samples(criterion: &mut Criterion) {
    let domain = DigitCircle::new(DigitCircleConfig::default()).expect("the defaults are valid");
    let mut group = criterion.benchmark_group("digit-circle");
    group.throughput(Throughput::Elements(1));
    let mut index = 0;
    group.bench_function("sample", |bencher| {
        bencher.iter(|| {
            index += 1;
            black_box(domain.sample(Split::Train, index).expect("nothing is read"))
        });
    });
    let [_, height, width] = domain.input_shape();
    let mut input = vec![0.0; height * width];
    group.bench_function("write_input", |bencher| {
        bencher.iter(|| {
            index += 1;
            let layout = domain.write_input(Split::Train, index, &mut input);
            black_box(layout.expect("the buffer fits"));
        });
    });
    group.bench_function("layout", |bencher| {
        bencher.iter(|| {
            index += 1;
            black_box(domain.layout(Split::Train, index))
        });
    });
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default().without_plots();
    targets = samples
}
criterion_main!(benches);
