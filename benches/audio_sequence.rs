//! How fast AudioMNISTSequence samples are made, on one thread: `cargo bench --bench audio_sequence`.
//!
//! The recordings are noise of the length of a spoken digit, so that no corpus is needed;
//! libtorch's STFT of the same clip is timed for comparison.

use std::hint::black_box;
use std::sync::Arc;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use sparling::domain::audio_sequence::corpus::{Corpus, Recording};
use sparling::domain::audio_sequence::{AudioSequence, AudioSequenceConfig};
use sparling::domain::{Domain as _, Split};
use tch::{Device, Kind, Tensor};

fn corpus() -> Arc<Corpus> {
    const LENGTH: usize = 5000;
    let mut state = 1_u32;
    let mut noise = || {
        state = state.wrapping_mul(1_103_515_245).wrapping_add(12_345);
        (state >> 18) as i16 - 8192
    };
    let recordings = (0..200)
        .map(|i| Recording {
            digit: (i % 10) as u8,
            speaker: (i / 10).to_string(),
            take: "0".into(),
            offset: i * LENGTH,
            length: LENGTH,
        })
        .collect();
    Arc::new(Corpus {
        name: "noise".into(),
        layout: "bench".into(),
        checksum: String::new(),
        samples: (0..200 * LENGTH).map(|_| noise()).collect(),
        recordings,
    })
}

fn samples(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("audio-sequence");
    group.throughput(Throughput::Elements(1));
    let mut index = 0;
    for seconds in [15.0, 5.0] {
        let paper = AudioSequenceConfig { clip_seconds: seconds, ..AudioSequenceConfig::default() };
        let config = if seconds > 10.0 {
            paper
        } else {
            AudioSequenceConfig { min_digits: 2, max_digits: 4, ..paper }
        };
        let domain = AudioSequence::with_corpus(config, corpus()).expect("valid settings");
        group.bench_function(format!("sample of {seconds} s"), |bencher| {
            bencher.iter(|| {
                index += 1;
                black_box(domain.sample(Split::Train, index).expect("the recordings fit"))
            });
        });
        group.bench_function(format!("sound of {seconds} s"), |bencher| {
            bencher.iter(|| {
                index += 1;
                black_box(domain.clip(Split::Train, index).expect("the recordings fit"))
            });
        });
        let (sound, _) = domain.clip(Split::Train, 0).expect("the recordings fit");
        group.bench_function(format!("features of {seconds} s"), |bencher| {
            bencher.iter(|| black_box(domain.features(&sound).expect("a clip")));
        });
        tch::set_num_threads(1);
        let window = Tensor::hann_window(375, (Kind::Float, Device::Cpu));
        group.bench_function(format!("libtorch's STFT alone, {seconds} s"), |bencher| {
            bencher.iter(|| {
                let x = Tensor::from_slice(&sound).unsqueeze(0);
                let x = x.reflection_pad1d([187, 187]);
                let z = x.stft(375, Some(187), Some(375), Some(&window), false, true, true, false);
                black_box(z.abs().square())
            });
        });
    }
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default().without_plots();
    targets = samples
}
criterion_main!(benches);
