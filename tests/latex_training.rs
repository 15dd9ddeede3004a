//! LaTeX-OCR at smoke scale: training on formulas and nothing else finds the glyphs.

use std::path::Path;
use std::sync::atomic::AtomicBool;

use sparling::config::load;
use sparling::domain::Split;
use sparling::eval::Relabelling;
use sparling::train::{Checkpoint, Identity, NoBoard, RunDir, Session, train, validate};
use tch::Device;

/// The only test of this file: libtorch's generator belongs to the process.
#[test]
fn smoke_scale_learns_the_glyphs() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("experiments/latex-ocr/sparling.toml");
    let config = load(&file, "smoke", &[]).expect("the smoke experiment");
    let identity =
        Identity { domain: "latex-ocr".into(), variant: "sparling".into(), scale: "smoke".into(), seed: 1 };
    let dir = RunDir::create(folder.path(), identity, &config).expect("a run folder");
    tch::set_num_threads(1);
    let never = AtomicBool::new(false);
    let outcome = train(&dir, &config, Device::Cpu, &mut NoBoard, true, &never, &mut |_, _, _, _| Ok(()))
        .expect("training");
    let stem = dir.density_stems().pop().expect("a model");
    let checkpoint = Checkpoint::load(&stem).expect("the model");
    let mut session = Session::new(&config, 1, Device::Cpu).expect("a network");
    session.restore(&checkpoint, None).expect("the network fits");
    let report = validate(&mut session, Split::Test, 0, 1000).expect("a measurement");
    let errors = report.confusion.errors(Relabelling::of_domain("latex-ocr"));
    let exact = report.e2ee.exact_match().expect("samples");
    let delta = checkpoint.state.annealing.density;
    let message = format!(
        "after {} samples at δ = {delta:.2e}: exact {exact:.3}, {errors:?}, density {:.2e}",
        outcome.samples,
        report.density()
    );
    eprintln!("{message}");
    // Chance: with 16 symbols a guess is right in under 4 % of samples, and an untrained map has FPE
    // and CE near 90 %. Seeds 1 to 3 ended on validation data with exact match 0.85 to 0.92,
    // FPE 0.00 to 0.09, FNE 0.05 to 0.12 and CE 0.20 to 0.23; another processor rounds
    // differently, which is as good as another seed.
    assert!(exact > 0.6, "{message}");
    assert!(errors.fpe < 0.3 && errors.fne < 0.3 && errors.ce.expect("matches") < 0.4, "{message}");
    let minimum = config.minimum_density().expect("a minimum");
    assert!(delta < 4.0 * minimum, "{message}");
    assert!(report.density() < 2.0 * delta, "{message}");
}
