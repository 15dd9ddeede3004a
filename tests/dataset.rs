//! Promise: a folder of one's own is read as it says, or every flaw is named with file, row and column; nothing is
//! skipped in silence.

mod dataset_common;

use std::fs;
use std::path::Path;

use dataset_common::{Folder, npy};
use sparling::domain::dataset::{Checked, DatasetConfig, check};
use sparling::domain::{Domain as _, DomainConfig, Motif, Split};

/// The flaws of a folder as lines, without its path.
fn flaws(folder: &Folder) -> Vec<String> {
    let Checked { flaws, .. } = check(folder.path()).expect("a folder that can be checked");
    let root = format!("{}/", folder.path().display());
    flaws.iter().map(|flaw| flaw.to_string().replace(&root, "")).collect()
}

/// Asserts that a folder has one flaw, which says each of `expected`; and that it is refused where it is used.
fn one_flaw(folder: &Folder, expected: &[&str]) {
    let found = flaws(folder);
    assert_eq!(found.len(), 1, "{found:#?}");
    for part in expected {
        assert!(found[0].contains(part), "expected `{part}` in: {}", found[0]);
    }
}

fn refused(folder: &Folder) -> String {
    let config = DatasetConfig { folder: folder.path().display().to_string(), ..DatasetConfig::default() };
    format!("{:#}", DomainConfig::Dataset(config).pinned().expect_err("a refusal"))
}

#[test]
fn a_good_folder_is_read_as_it_says() {
    let folder = Folder::pictures(20);
    assert_eq!(flaws(&folder), Vec::<String>::new());
    let dataset = folder.dataset();
    assert_eq!(dataset.input_shape(), [1, 4, 6]);
    assert_eq!(dataset.vocabulary(), ["0", "1", "2", "10"], "numbers are sorted as numbers");
    assert!(!dataset.knows_motifs());
    let sizes = [Split::Validation, Split::Test].map(|split| dataset.available(split).unwrap());
    assert_eq!(sizes, [2, 2]);
    assert_eq!(dataset.available(Split::Train), None, "training never ends");
    // Sixteen training samples, each once an epoch, with the target of its picture.
    let mut seen = Vec::new();
    for index in 0..16 {
        let sample = dataset.sample(Split::Train, index).unwrap();
        assert_eq!(dataset.target(Split::Train, index).unwrap(), sample.target);
        let number = (sample.input[0] * 255.0).round() as usize;
        assert_eq!(dataset.written(&sample.target), dataset_common::target(number), "{number}");
        seen.push(number);
    }
    seen.sort_unstable();
    seen.dedup();
    assert_eq!(seen.len(), 16, "every sample once");
    assert_eq!(dataset.sample(Split::Train, 5).unwrap(), folder.dataset().sample(Split::Train, 5).unwrap());
    let message = format!("{:#}", dataset.sample(Split::Test, 2).unwrap_err());
    assert!(message.contains("no test sample 2; found 2"), "{message}");
}

#[test]
fn every_kind_of_bad_row_is_named_with_file_row_and_column() {
    let with = |row: &str| {
        let folder = Folder::pictures(8);
        folder.append("train.csv", row);
        folder
    };
    // The header is row 1, eight samples follow.
    one_flaw(
        &with("missing.png,1\n"),
        &["train.csv, row 10, column input: ", "there is no file", "missing.png"],
    );
    one_flaw(&with("0.png,\n"), &["train.csv, row 10, column target: found nothing, expected tokens"]);
    one_flaw(&with(",1\n"), &["train.csv, row 10, column input: found nothing"]);
    one_flaw(&with("0.png\n"), &["train.csv, row 10: found 1 columns, expected the 2 of the header"]);
    one_flaw(&with("\"0.png\nx\",1\n"), &["train.csv, row 10, column input: there is no file"]);
    let folder = with("large.png,1\n");
    folder.picture("large.png", 5, 6, 9);
    one_flaw(&folder, &["row 10, column input: found 1 × 5 × 6", "expected 1 × 4 × 6"]);
    let folder = with("text.png,1\n");
    folder.write("text.png", "no picture");
    one_flaw(&folder, &["row 10, column input: cannot read", "text.png", "PNG or JPEG"]);
    let folder = with("clear.png,1\n");
    image::RgbaImage::from_pixel(6, 4, image::Rgba([9, 9, 9, 0]))
        .save(folder.path().join("clear.png"))
        .unwrap();
    one_flaw(&folder, &["row 10, column input: ", "transparent"]);
    let folder = Folder::pictures(8);
    fs::write(
        folder.path().join("train.csv"),
        b"input,target\n0.png,1\n1.png,\xff\xfe\n2.png,1\n3.png,0\n4.png,1\n",
    )
    .unwrap();
    one_flaw(&folder, &["train.csv, row 3: cannot be read", "UTF-8"]);
}

/// A row is the line that an editor shows, however the file's lines end.
#[test]
fn rows_are_counted_alike_whatever_ends_a_line() {
    for end in ["\n", "\r\n"] {
        let folder = Folder::pictures(8);
        let rows: Vec<String> = (0..4).map(|i| format!("{i}.png,{}", dataset_common::target(i))).collect();
        let lines =
            ["input,target", &rows[0], "nope.png,a", &rows[1], &rows[2], "one,two,three", &rows[3], ""];
        folder.write("train.csv", &lines.join(end));
        let found = flaws(&folder);
        for (row, what) in [("row 3", "nope.png"), ("row 6", "3 columns")] {
            assert!(
                found.iter().any(|f| f.contains(row) && f.contains(what)),
                "{end:?}: {row} {what}: {found:?}"
            );
        }
    }
}

#[test]
fn several_flaws_are_all_told_and_nothing_is_trained_on_them() {
    let folder = Folder::pictures(8);
    folder.append("train.csv", "missing.png,1\n0.png,\nother.png,1\n");
    let found = flaws(&folder);
    assert_eq!(found.len(), 3, "{found:#?}");
    let message = refused(&folder);
    assert!(message.contains("row 11, column target"), "{message}");
    let folder = Folder::pictures(8);
    fs::remove_file(folder.path().join("3.png")).unwrap();
    let message = refused(&folder);
    assert!(message.contains("row 5, column input") && message.contains("3.png"), "{message}");
}

#[test]
fn a_token_that_nobody_said_is_named() {
    let folder = Folder::pictures(8);
    folder.write("test.csv", "input,target\n0t.png,0 7\n");
    folder.picture("0t.png", 4, 6, 200);
    one_flaw(
        &folder,
        &["test.csv, row 2, column target: the token `7` is in no sample of the training file"],
    );
    folder.append("dataset.toml", "vocabulary = [\"0\", \"1\", \"2\"]\n");
    let found = flaws(&folder);
    assert!(found.iter().any(|f| f.contains("the token `10` is not in target.vocabulary")), "{found:#?}");
    folder.write("dataset.toml", "[target]\nkind = \"class\"\n");
    folder.write("train.csv", "input,target\n0.png,a\n1.png,\n2.png,b\n3.png,a\n");
    folder.write("test.csv", "input,target\n0t.png,c\n");
    let found = flaws(&folder);
    assert_eq!(found.len(), 2, "{found:#?}");
    assert!(found[0].contains("row 3, column target: found nothing, expected a class"), "{found:#?}");
    assert!(found[1].contains("test.csv, row 2, column target: the token `c`"), "{found:#?}");
}

#[test]
fn the_same_input_on_two_sides_is_named() {
    let folder = Folder::pictures(8);
    folder.write("test.csv", "input,target\n5.png,1\n");
    let found = flaws(&folder);
    assert_eq!(found.len(), 1, "{found:#?}");
    assert!(
        found[0].contains("test.csv, row 2, column input") && found[0].contains("train.csv, row 7"),
        "{found:#?}"
    );
    // The same picture under another name.
    folder.write("test.csv", "input,target\ncopy.png,1\n");
    fs::copy(folder.path().join("5.png"), folder.path().join("copy.png")).unwrap();
    let found = flaws(&folder);
    assert_eq!(found.len(), 1, "{found:#?}");
    assert!(found[0].contains("`copy.png`") && found[0].contains("`5.png`"), "{found:#?}");
    assert!(refused(&folder).contains("copy.png"));
    folder.append("dataset.toml", "[splits]\nshared-inputs = true\n");
    assert_eq!(flaws(&folder), Vec::<String>::new(), "accepted");
}

#[test]
fn motifs_are_read_and_their_flaws_named() {
    let of = |cell: &str| {
        let folder = Folder::pictures(8);
        let rows: String = (0..8).map(|i| format!("{i}.png,{},[]\n", dataset_common::target(i))).collect();
        let last = format!("last.png,1,\"{}\"\n", cell.replace('"', "\"\""));
        folder.write("train.csv", &format!("input,target,motifs\n{rows}{last}"));
        folder.picture("last.png", 4, 6, 99);
        folder
    };
    let good = of(r#"[{"kind": 7, "box": [0, 1, 3, 6]}]"#);
    good.append(
        "dataset.toml",
        "[motifs]\nkinds = [\"5\", \"7\"]\n[splits]\nvalidation-share = 0.2\ntest-share = 0.2\n",
    );
    assert_eq!(flaws(&good), Vec::<String>::new());
    let dataset = good.dataset();
    assert!(dataset.knows_motifs());
    assert_eq!(dataset.motif_kinds(), ["5", "7"]);
    let samples = (0..5).map(|i| dataset.sample(Split::Train, i).unwrap());
    let others = [Split::Validation, Split::Test].map(|s| [0, 1].map(|i| dataset.sample(s, i).unwrap()));
    let motifs: Vec<Motif> = samples.chain(others.into_iter().flatten()).flat_map(|s| s.motifs).collect();
    assert_eq!(motifs, [Motif { kind: 1, top: 0, left: 1, bottom: 3, right: 6 }]);

    for (cell, expected) in [
        ("", "found nothing, expected a JSON list"),
        ("7 at 3", "expected a JSON list of motifs"),
        (r#"{"kind": "7"}"#, "expected a list of motifs"),
        (r#"[{"box": [0, 0, 1, 1]}]"#, "expected {\"kind\""),
        (r#"[{"kind": "7", "box": [0, 1]}]"#, "[top, left, bottom, right]"),
        (r#"[{"kind": "7", "box": [0, 0, 5, 6]}]"#, "inside of 4 × 6"),
        (r#"[{"kind": "7", "box": [2, 0, 2, 6]}]"#, "inside of 4 × 6"),
        (r#"[{"kind": "7", "box": [0.5, 0, 2, 6]}]"#, "whole rows and columns"),
    ] {
        let folder = of(cell);
        folder.append("dataset.toml", "[motifs]\nkinds = [\"7\"]\n");
        one_flaw(&folder, &["train.csv, row 10, column motifs", expected]);
    }
    let folder = of(r#"[{"kind": "8", "box": [0, 0, 1, 1]}]"#);
    folder.append("dataset.toml", "[motifs]\nkinds = [\"7\"]\n");
    one_flaw(&folder, &["row 10, column motifs: the kind `8` is not in motifs.kinds"]);
    // Known in one file and not in another.
    folder.write("test.csv", "input,target\n0.png,0\n");
    let message = format!("{:#}", check(folder.path()).unwrap_err());
    assert!(message.contains("test.csv has no motifs, unlike") && message.contains("train.csv"), "{message}");
}

#[test]
fn json_lines_say_the_same_as_csv() {
    let folder = Folder::pictures(8);
    let csv: Vec<_> = (0..7).map(|i| folder.dataset().sample(Split::Train, i).unwrap()).collect();
    let line =
        |i: usize| format!(r#"{{"input": "{i}.png", "target": "{}", "id": {i}}}"#, dataset_common::target(i));
    fs::remove_file(folder.path().join("train.csv")).unwrap();
    folder.write("train.jsonl", &(0..8).map(|i| line(i) + "\n").collect::<String>());
    let checked = check(folder.path()).unwrap();
    assert!(checked.flaws.is_empty(), "{:?}", checked.flaws);
    assert!(
        checked.facts.iter().any(|fact| fact.contains("the column id is not used")),
        "{:?}",
        checked.facts
    );
    let same: Vec<_> = (0..7).map(|i| folder.dataset().sample(Split::Train, i).unwrap()).collect();
    assert_eq!(same, csv);
    folder.append("train.jsonl", "{\"input\": \"0.png\"}\n[1]\n{\"input\": 3, \"target\": {}}\n");
    let found = flaws(&folder);
    assert_eq!(found.len(), 3, "{found:#?}");
    assert!(found[0].contains("train.jsonl, row 9, column target: found none"), "{found:#?}");
    assert!(found[1].contains("train.jsonl, row 10: expected a JSON object"), "{found:#?}");
    folder.write("train.csv", "input,target\n");
    let message = format!("{:#}", check(folder.path()).unwrap_err());
    assert!(message.contains("say which is meant with splits.train"), "{message}");
}

#[test]
fn arrays_and_sequences_become_inputs() {
    let folder = Folder::empty("[input]\nkind = \"array\"\n[target]\nkind = \"class\"\n");
    for i in 0..6_u8 {
        let values = [0.5, 1.0, -2.0, f32::from(i), 0.0, 9.0];
        fs::write(
            folder.path().join(format!("{i}.npy")),
            npy("<f4", "(2, 3)", &values.map(f32::to_le_bytes).concat()),
        )
        .unwrap();
    }
    folder.write(
        "train.csv",
        &("input,target\n".to_owned() + &(0..6).map(|i| format!("{i}.npy,a\n")).collect::<String>()),
    );
    assert_eq!(flaws(&folder), Vec::<String>::new());
    let dataset = folder.dataset();
    assert_eq!(dataset.input_shape(), [2, 1, 3]);
    assert_eq!(dataset.sample(Split::Test, 0).unwrap().input[..3], [0.5, 1.0, -2.0]);
    fs::write(
        folder.path().join("5.npy"),
        npy("<f4", "(2, 3)", &[f32::NAN; 6].map(f32::to_le_bytes).concat()),
    )
    .unwrap();
    one_flaw(&folder, &["row 7, column input: ", "5.npy has a value that is not finite"]);
    fs::write(folder.path().join("5.npy"), npy("<f4", "(6,)", &[0.0; 6].map(f32::to_le_bytes).concat()))
        .unwrap();
    one_flaw(&folder, &["row 7, column input: ", "has the shape [6], expected [C, L]"]);
    fs::write(folder.path().join("5.npy"), npy("<f4", "(2, 2)", &[0.0; 4].map(f32::to_le_bytes).concat()))
        .unwrap();
    one_flaw(&folder, &["row 7, column input: found 2 columns, expected 3", "input.pad = true"]);

    let folder = Folder::empty("[input]\nkind = \"sequence\"\n[target]\nkind = \"class\"\n");
    folder.write("train.csv", "input,target\nACGT,a\nacgn,b\nTTTT,a\nGGGG,b\n");
    assert_eq!(flaws(&folder), Vec::<String>::new());
    let dataset = folder.dataset();
    assert_eq!(dataset.input_shape(), [4, 1, 4]);
    let inputs = [Split::Validation, Split::Test].map(|split| dataset.sample(split, 0).unwrap().input);
    let trained = [0, 1].map(|i| dataset.sample(Split::Train, i).unwrap().input);
    let unit =
        |at: [usize; 4]| -> Vec<f32> { (0..16).map(|i| f32::from(u8::from(at[i % 4] == i / 4))).collect() };
    let all: Vec<_> = inputs.into_iter().chain(trained).collect();
    for expected in [unit([0, 1, 2, 3]), unit([0, 1, 2, 9]), unit([3; 4]), unit([2; 4])] {
        assert!(all.contains(&expected), "{expected:?} in {all:?}");
    }
    folder.append("train.csv", "ACGQ,a\n");
    one_flaw(&folder, &["row 6, column input: found the letter `Q` at place 4, expected one of ACGT"]);
}

#[test]
fn fasta_records_are_named_by_the_column_and_may_be_shorter_where_that_is_said() {
    let folder = Folder::empty(
        "[input]\nkind = \"sequence\"\nfasta = \"all.fa\"\npad = true\n[target]\nkind = \"class\"\n",
    );
    folder.write("all.fa", ">one first\nAC\nGT\n>two\nAC\n>three\nTTT\n");
    folder.write("train.csv", "input,target\none,a\ntwo,b\nthree,a\n");
    assert_eq!(flaws(&folder), Vec::<String>::new());
    assert_eq!(folder.dataset().input_shape(), [4, 1, 4]);
    folder.append("train.csv", "four,a\n");
    one_flaw(&folder, &["row 5, column input: all.fa has no record `four`"]);
    folder.write("train.csv", "input,target\none,a\ntwo,b\nthree,a\n");
    folder.write(
        "dataset.toml",
        "[input]\nkind = \"sequence\"\nfasta = \"all.fa\"\n[target]\nkind = \"class\"\n",
    );
    let found = flaws(&folder);
    assert_eq!(found.len(), 2, "two are shorter: {found:#?}");
    folder.write("all.fa", "ACGT\n");
    assert!(format!("{:#}", check(folder.path()).unwrap_err()).contains("all.fa, row 1: found letters"));
}

#[test]
fn a_description_is_refused_key_by_key() {
    let of = |text: &str| {
        let folder = Folder::pictures(8);
        folder.write("dataset.toml", text);
        format!("{:#}", check(folder.path()).unwrap_err())
    };
    assert!(of("[input]\nkynd = \"picture\"\n").contains("unknown field `kynd`"));
    assert!(of("[input]\nkind = \"film\"\n").contains("unknown variant `film`"));
    assert!(of("[input]\nkind = \"sequence\"\nalphabet = \"AAB\"\n").contains("the letter `A` twice"));
    assert!(of("[splits]\ntest-share = 1.5\n").contains("splits.validation-share and splits.test-share"));
    assert!(of("[splits]\ntest = \"nothing.csv\"\n").contains("splits.test is"));
    let folder = Folder::pictures(8);
    fs::remove_file(folder.path().join("dataset.toml")).unwrap();
    let message = format!("{:#}", check(folder.path()).unwrap_err());
    assert!(message.contains("sparling data new"), "{message}");
    let folder = Folder::pictures(8);
    folder.write("train.csv", "picture,target\n0.png,1\n");
    let message = format!("{:#}", check(folder.path()).unwrap_err());
    assert!(
        message.contains("train.csv, row 1: found the columns picture, target, expected input"),
        "{message}"
    );
}

#[test]
fn a_run_goes_on_with_no_other_samples() {
    let folder = Folder::pictures(12);
    let config = DatasetConfig { folder: folder.path().display().to_string(), ..DatasetConfig::default() };
    let pinned = DomainConfig::Dataset(config).pinned().unwrap();
    pinned.build().expect("the same samples");
    folder.picture("3.png", 4, 6, 77);
    let message = format!("{:#}", pinned.build().unwrap_err());
    assert!(message.contains("not those that this run began with"), "{message}");
}

/// What a generated domain draws is read back from a picture: ink is dark.
#[test]
fn pictures_are_read_as_inputs_of_generated_domains() {
    let root = tempfile::tempdir().unwrap();
    for (name, dark) in [("digit-circle", 1.0), ("latex-ocr", 0.0)] {
        let domain = DomainConfig::by_name(name).unwrap().build().unwrap();
        let [_, height, width] = domain.input_shape();
        let sample = domain.sample(Split::Test, 3).unwrap();
        let grey = |x: u32, y: u32| {
            let dark = sample.input[y as usize * width + x as usize] == dark;
            image::Luma([if dark { 0_u8 } else { 255 }])
        };
        let path = root.path().join("drawn.png");
        image::GrayImage::from_fn(width as u32, height as u32, grey).save(&path).unwrap();
        let read = domain.read(&path).unwrap();
        assert_eq!(read.len(), 1);
        assert_eq!(*read[0].values.as_ref().unwrap(), sample.input, "{name}");
        dataset_common::picture(&path, 3, 5, 0);
        let message = format!("{:#}", domain.read(&path).unwrap()[0].values.as_ref().unwrap_err());
        assert!(message.contains("found 3 × 5 pixels"), "{message}");
    }
}

#[test]
fn a_skeleton_is_whole_and_never_overwrites() {
    let root = tempfile::tempdir().unwrap();
    let folder = root.path().join("mine");
    let written = sparling::domain::dataset::skeleton::write(&folder).unwrap();
    assert!(written.iter().all(|path| path.is_file()), "{written:?}");
    let message = format!("{:#}", sparling::domain::dataset::skeleton::write(&folder).unwrap_err());
    assert!(message.contains("every file of a skeleton is there already"), "{message}");
    // What somebody wrote stays, and the rest is written beside it.
    let begun = root.path().join("begun");
    fs::create_dir(&begun).unwrap();
    fs::write(begun.join("dataset.toml"), "mine").unwrap();
    let written = sparling::domain::dataset::skeleton::write(&begun).unwrap();
    assert_eq!(written.len(), 4, "{written:?}");
    assert_eq!(fs::read_to_string(begun.join("dataset.toml")).unwrap(), "mine");
    // A folder whose name is that of a file in it, and one that a shell takes apart.
    let folders = [root.path().join("dataset"), root.path().join("my \"data\"")];
    for (folder, experiment) in folders.iter().zip(["experiment.toml", "my \"data\".toml"]) {
        let written = sparling::domain::dataset::skeleton::write(folder).unwrap();
        assert_eq!(written.len(), 5, "{written:?}");
        let text = fs::read_to_string(folder.join(experiment)).unwrap();
        let settings: toml::Table = text.parse().unwrap();
        assert_eq!(settings["domain"]["folder"].as_str(), folder.to_str());
        assert!(fs::read_to_string(folder.join("dataset.toml")).unwrap().contains("[splits]"));
        assert!(text.contains(if experiment.contains('"') { "check '" } else { "check /" }), "{text}");
    }
    // With samples, the skeleton's experiment is one that can be loaded at each of its scales.
    for i in 0..8_u8 {
        dataset_common::picture(&folder.join(format!("{i}.png")), 24, 24, i);
    }
    let rows: String = (0..8).map(|i| format!("{i}.png,{}\n", dataset_common::target(i))).collect();
    fs::write(folder.join("train.csv"), format!("input,target\n{rows}")).unwrap();
    for scale in ["smoke", "laptop", "paper"] {
        let config = sparling::config::load(&folder.join("mine.toml"), scale, &[]).unwrap();
        assert_eq!(config.domain.dimensions().unwrap().input_shape, [1, 24, 24]);
        let message = format!("{:#}", config.minimum_density().unwrap_err());
        assert!(message.contains("annealing.expected-motifs"), "{message}");
        let known = ["annealing.expected-motifs=2".to_owned()];
        let config = sparling::config::load(Path::new(&folder.join("mine.toml")), scale, &known).unwrap();
        let cells = config.map_cells().unwrap();
        assert!((config.minimum_density().unwrap() - 2.0 / cells).abs() < 1e-12);
    }
}

/// What reading takes away is said, and what a cell may have meant.
#[test]
fn what_is_lost_in_reading_is_a_fact() {
    let facts = |folder: &Folder| check(folder.path()).unwrap().facts.join("\n");
    let folder = Folder::pictures(8);
    assert!(!facts(&folder).contains("coloured"), "{}", facts(&folder));
    let red = image::RgbImage::from_pixel(6, 4, image::Rgb([200, 10, 10]));
    red.save(folder.path().join("3.png")).unwrap();
    assert!(facts(&folder).contains("1 pictures are coloured and read in grey"), "{}", facts(&folder));
    folder.write("dataset.toml", "[input]\ncolour = true\n[target]\n");
    assert!(!facts(&folder).contains("coloured"), "{}", facts(&folder));

    let folder = Folder::empty("[target]\n");
    folder.write("train.csv", "input,target\nACGT,a\nnope.png,b\n");
    let found = flaws(&folder);
    let hinted = |text: &&String| text.contains("input.kind = \"sequence\"");
    assert_eq!(found.iter().filter(hinted).count(), 1, "{found:?}");
}

/// A tone of so many samples at 8,000 a second.
fn tone(path: &Path, samples: u32) {
    let spec = hound::WavSpec {
        channels: 1,
        sample_rate: 8000,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let mut writer = hound::WavWriter::create(path, spec).unwrap();
    for i in 0..samples {
        writer.write_sample(((f64::from(i) * 0.4).sin() * 9000.0) as i16).unwrap();
    }
    writer.finalize().unwrap();
}

#[test]
fn sounds_become_spectrograms_and_their_boxes_are_in_seconds() {
    let description = "[input]\nkind = \"sound\"\nmels = 16\n[target]\nkind = \"class\"\n";
    let folder = Folder::empty(description);
    let mut rows = "input,target,motifs\n".to_owned();
    // Two are drawn for validation and test; whichever is the first of the others, some are shorter and some longer.
    for (i, more) in [3, 2, 4, 0, 5, 1].into_iter().enumerate() {
        tone(&folder.path().join(format!("{i}.wav")), 8000 + more);
        rows += &format!("{i}.wav,a,\"[{{\"\"kind\"\": \"\"a\"\", \"\"box\"\": [0.25, 0.75]}}]\"\n");
    }
    folder.write("train.csv", &rows);
    let found = flaws(&folder);
    assert!(found.iter().any(|flaw| flaw.contains("input.pad = true")), "{found:#?}");
    assert!(found.iter().any(|flaw| flaw.contains("input.seconds in dataset.toml")), "{found:#?}");
    folder.write("dataset.toml", &description.replace("mels", "seconds = 1.001\npad = true\nmels"));
    assert_eq!(flaws(&folder), Vec::<String>::new());
    let dataset = folder.dataset();
    // 8008 samples, a frame every 187.
    assert_eq!(dataset.input_shape(), [16, 1, 43]);
    let motif = dataset.sample(Split::Test, 0).unwrap().motifs[0];
    assert_eq!((motif.left, motif.right, motif.top, motif.bottom), (11, 32, 0, 1), "0.25 s and 0.75 s");
    assert!((dataset.seconds_per_column().unwrap() - 187.0 / 8000.0).abs() < 1e-12);
    fs::write(folder.path().join("5.wav"), "no sound").unwrap();
    one_flaw(&folder, &["train.csv, row 7, column input: ", "5.wav", "not a WAV"]);
}
