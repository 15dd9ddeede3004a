//! Promise: an experiment on Splicing runs on a FASTA file and labels of one's own, and labels that do not fit their
//! sequences are named before anything is trained.

mod dataset_common;

use std::fmt::Write as _;
use std::path::Path;
use std::sync::atomic::AtomicBool;

use dataset_common::Folder;
use sparling::config::{Config, HeadKind, load};
use sparling::domain::dataset::check;
use sparling::domain::splicing::proteins::KINDS;
use sparling::domain::splicing::{Splicing, SplicingConfig, proteins::LETTERS};
use sparling::domain::{Domain, Split, TargetKind};
use sparling::eval::Score;
use sparling::measure::{Model, validate};
use sparling::train::{Identity, NoBoard, RunDir, train};
use tch::Device;

const DESCRIPTION: &str = "[input]\nkind = \"sequence\"\nalphabet = \"rna\"\nfasta = \"genome.fasta\"\n\
                           [target]\nkind = \"labels\"\nseparator = \"\"\nvocabulary = [\"-\", \"a\", \"d\"]\n";

/// A folder with a genome of `count` transcripts of 40 nucleotides, their labels and their motifs.
fn genome(count: u64) -> Folder {
    let config =
        SplicingConfig { length: 40, min_motifs: 3, max_motifs: 4, reach: 20, ..SplicingConfig::default() };
    let domain = Splicing::new(config).unwrap();
    let folder = Folder::empty(DESCRIPTION);
    let mut fasta = String::new();
    for (split, name) in [(Split::Train, "train"), (Split::Validation, "validation"), (Split::Test, "test")] {
        let mut rows = String::new();
        for i in 0..count {
            let transcript = domain.transcript(split, i).unwrap();
            let letters: String =
                transcript.letters.iter().map(|&l| char::from(LETTERS[l as usize])).collect();
            writeln!(fasta, ">{name}{i} made\n{}\n{}", &letters[..25], &letters[25..]).unwrap();
            let target = domain.sample(split, i).unwrap().target;
            let labels: String = target.iter().map(|&label| ["-", "a", "d"][label as usize]).collect();
            let motif = |m: &sparling::domain::Motif| serde_json::json!({ "kind": KINDS[m.kind].name, "box": [m.left, m.right] });
            let motifs: Vec<_> = transcript.motifs.iter().map(motif).collect();
            let row =
                serde_json::json!({ "input": format!("{name}{i}"), "target": labels, "motifs": motifs });
            writeln!(rows, "{row}").unwrap();
        }
        folder.write(&format!("{name}.jsonl"), &rows);
    }
    folder.write("genome.fasta", &fasta);
    folder
}

fn experiment(folder: &Path, overrides: &[&str]) -> Config {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("experiments/splicing/sparling.toml");
    let mut all = vec!["domain.name=dataset".to_owned(), format!("domain.folder={}", folder.display())];
    all.extend(overrides.iter().map(|text| (*text).to_owned()));
    load(&file, "smoke", &all).unwrap()
}

#[test]
fn the_same_experiment_trains_on_a_genome_of_ones_own() {
    tch::set_num_threads(1);
    let folder = genome(300);
    let facts = check(folder.path()).unwrap();
    assert!(facts.flaws.is_empty(), "{:?}", facts.flaws);
    let fact = "targets: a label at each of 40 positions, 3 kinds (-, a, d); `-` is the common one";
    assert!(facts.facts.iter().any(|line| line.starts_with(fact)), "{:?}", facts.facts);

    let config = experiment(folder.path(), &["train.max-samples=4096", "annealing.initial-threshold=0.2"]);
    assert_eq!((config.domain.name(), config.model.h.kind), ("dataset", HeadKind::Labels));
    let config = config.pinned().unwrap();
    let domain = config.domain.build().unwrap();
    assert_eq!((domain.input_shape(), domain.target_kind()), ([4, 1, 40], TargetKind::Labels));
    assert!(domain.motifs_overlap(), "some of them share letters");
    let identity =
        Identity { domain: "dataset".into(), variant: "sparling".into(), scale: "smoke".into(), seed: 1 };
    let root = tempfile::tempdir().unwrap();
    let dir = RunDir::create(root.path(), identity, &config).unwrap();
    let go = AtomicBool::new(false);
    train(&dir, &config, Device::Cpu, &mut NoBoard, true, &go, &mut |_, _, _, _| Ok(())).unwrap();
    let mut model = Model::reported(&dir, Device::Cpu).unwrap();
    let report = validate(&mut model.session, Split::Test, 0, 300).unwrap();
    let Score::Labels(score) = &report.e2ee else { panic!("{:?}", report.e2ee) };
    let found = score.average_precision(1).unwrap();
    // Of all positions a hundredth are acceptors.
    assert!(found > 0.1, "{found}");
    assert!(report.sharing.is_some());
}

#[test]
fn labels_that_do_not_fit_are_named() {
    let folder = Folder::empty(&DESCRIPTION.replace("fasta = \"genome.fasta\"\n", ""));
    folder.write("train.csv", "input,target\nACGUAC,--a--\nACGUAC,--x---\nACGUAC,--a--d\nACGUAG,------\n");
    folder.write("validation.csv", "input,target\nCCGUAC,------\n");
    folder.write("test.csv", "input,target\nGCGUAC,------\n");
    let flaws: Vec<String> = check(folder.path()).unwrap().flaws.iter().map(ToString::to_string).collect();
    assert!(
        flaws[0].contains("row 2") && flaws[0].contains("found 5 labels, expected 6: one at each position"),
        "{flaws:?}"
    );
    assert!(flaws[1].contains("row 3") && flaws[1].contains("`x`"), "{flaws:?}");
    assert_eq!(flaws.len(), 2, "{flaws:?}");
}

#[test]
fn shorter_sequences_are_filled_up_with_the_common_label() {
    let folder = Folder::empty(
        "[input]\nkind = \"sequence\"\nalphabet = \"rna\"\npad = true\n[target]\nkind = \"labels\"\nseparator = \"\"\n",
    );
    folder.write("train.csv", "input,target\nACGUAC,a--a--\n");
    folder.write("validation.csv", "input,target\nCCGU,--a-\n");
    folder.write("test.csv", "input,target\nGC,--\n");
    let domain = folder.dataset();
    assert_eq!(domain.vocabulary(), ["-", "a"], "the most frequent label is the common one");
    assert_eq!(domain.sample(Split::Validation, 0).unwrap().target, [0, 0, 1, 0, 0, 0]);
    assert_eq!(domain.written(&[1, 0, 0, 1]), "a 1, a 4");
}

#[test]
fn a_head_of_another_sort_is_refused_with_what_to_set() {
    let folder = genome(20);
    let message = |overrides: &[&str]| {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("experiments/splicing/sparling.toml");
        let mut all =
            vec!["domain.name=dataset".to_owned(), format!("domain.folder={}", folder.path().display())];
        all.extend(overrides.iter().map(|text| (*text).to_owned()));
        format!("{:#}", load(&file, "smoke", &all).unwrap_err())
    };
    let text = message(&["model.h.kind=sequence"]);
    assert!(
        text.contains("model.h.kind is sequence") && text.contains("expected model.h.kind = labels"),
        "{text}"
    );
    assert!(message(&["model.g.stem-stride=2"]).contains("model.g.stem-stride is 2"));
    assert!(message(&["model.h.kernel=4"]).contains("model.h.kernel is 4"));
    assert!(message(&["model.h.dilations=[0]"]).contains("model.h.dilations is [0]"));
    // The settings of the domain that the experiment names fall away with it, and no others.
    assert!(message(&["domain.length=40"]).contains("unknown key `domain.length`"));
}
