//! Promise: a Rust program trains, measures and opens again a run on a type of its own, and other programs say that
//! they do not have it.

#[path = "../examples/own_domain.rs"]
mod own_domain;

use std::sync::Arc;

use own_domain::{Waves, config, measure, train};
use sparling::config::{Config, load};
use sparling::domain::DomainConfig;
use sparling::measure::errors;
use sparling::train::{RunDir, Session, Stop};
use tch::Device;

/// libtorch's generator and its threads belong to the process: one test here trains.
#[test]
fn a_domain_of_another_type_is_learned_and_opened_again() {
    let root = tempfile::tempdir().unwrap();
    tch::set_num_threads(1);
    let (dir, outcome) = train(root.path()).unwrap();
    assert_eq!(outcome.stop, Stop::Minimum, "{outcome:?}");
    let (model, report) = measure(&dir).unwrap();
    let errors = errors(&model.session, &report).expect("true motifs are known");
    let right = report.e2ee.exact_match().expect("samples");
    eprintln!("right {right:.3}, {errors:?}, density {:.4}, {} samples", model.delta, outcome.samples);
    assert!(right > 0.9, "right {right}");
    // A channel that marks a hill twice has false positives, whose bar is lower.
    assert!(errors.fne < 0.1 && errors.ce.is_some_and(|ce| ce < 0.1) && errors.fpe < 0.3, "{errors:?}");

    // What is written down reads back as the same settings, and the finished run is not trained anew.
    let written = dir.config().unwrap();
    assert_eq!(written.hash(), config(&Waves::new()).hash());
    assert_eq!(train(root.path()).unwrap().1.stop, Stop::AlreadyFinished);

    // A program without the type knows the run and says what is missing.
    let opened = RunDir::open(root.path()).unwrap().config().unwrap();
    let error = Session::new(&opened, 1, Device::Cpu).expect_err("no such type").to_string();
    assert!(error.contains("`waves`") && error.contains("Session::with_domain"), "{error}");
}

#[test]
fn a_configuration_of_another_domain_is_refused() {
    let domain = || Arc::new(Waves::new());
    let refused = |config: &Config| {
        Session::with_domain(config, domain(), 1, Device::Cpu).expect_err("another domain").to_string()
    };
    let file =
        std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("experiments/digit-circle/sparling.toml");
    let error = refused(&load(&file, "smoke", &[]).unwrap());
    assert!(error.contains("`digit-circle`") && error.contains("Config::on"), "{error}");

    let mut longer = config(&Waves::new());
    let DomainConfig::Own(own) = &mut longer.domain else { unreachable!("Config::on makes it") };
    own.input_shape = [1, 1, 65];
    let error = refused(&longer);
    assert!(error.contains("65") && error.contains("64"), "{error}");

    let mut wide = config(&Waves::new());
    wide.model.h.width = 33;
    let error = refused(&wide);
    assert!(error.contains("model.h.width"), "{error}");
}
