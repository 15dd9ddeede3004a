//! Result rows and examples survive being written, read, replaced and damaged.

mod rows_common;

use std::fs;
use std::path::Path;

use rows_common::keep;
use sparling::results::{
    Example, Examples, Marked, Row, Store, TrueMotif, confusion_metric, examples_path, read, rows_path,
};

const HEADER: &str = "domain,variant,seed,delta,metric,value,samples,corpus,revision,libtorch,\
                      device,config_hash,wall_seconds,error";

fn row(seed: u64, delta: f64, metric: &str, value: f64) -> Row {
    Row { wall_seconds: 12.5, ..rows_common::row("digit-circle", "sparling", seed, delta, metric, value) }
}

#[test]
fn rows_come_back_as_they_went() {
    let folder = tempfile::tempdir().unwrap();
    let path = rows_path(folder.path(), "laptop");
    assert_eq!(read(&path).unwrap(), [], "no file is no rows");
    let delta = 0.5 * 0.75_f64.powi(32);
    let mut failed = row(1, delta, "ce", 0.0);
    failed.value = None;
    failed.error = "no motif met a prediction, \"so\" there is no CE\nnor mapping".into();
    let mut dense = row(1, delta, "density/3", 1.0 / 3.0);
    dense.delta = None;
    let given = [row(1, delta, "fpe", 0.1 + 0.2), failed.clone(), dense.clone()];
    keep(folder.path(), "laptop", &given);
    let back = read(&path).unwrap();
    assert_eq!(back, [dense, failed.clone(), row(1, delta, "fpe", 0.1 + 0.2)]);
    assert_eq!(failed.measured(), None);
    assert_eq!(back[2].measured(), Some(0.1 + 0.2));
    let text = fs::read_to_string(&path).unwrap();
    assert_eq!(text.lines().next().unwrap(), HEADER);
}

#[test]
fn rows_are_sorted_with_falling_density_and_of_equals_the_last_counts() {
    let folder = tempfile::tempdir().unwrap();
    let path = rows_path(folder.path(), "smoke");
    let first = [
        row(2, 0.5, "fpe", 0.9),
        row(1, 0.25, "fpe", 0.5),
        row(1, 0.5, "fne", 0.6),
        row(1, 0.5, "fpe", 0.1),
        row(1, 0.5, "fpe", 0.2),
        row(10, 0.5, "fpe", 0.8),
    ];
    keep(folder.path(), "smoke", &first);
    let brief: Vec<_> = read(&path)
        .unwrap()
        .into_iter()
        .map(|r| (r.seed, r.delta.unwrap(), r.metric, r.value.unwrap()))
        .collect();
    let expected = [
        (1, 0.5, "fne", 0.6),
        (1, 0.5, "fpe", 0.2),
        (1, 0.25, "fpe", 0.5),
        (2, 0.5, "fpe", 0.9),
        (10, 0.5, "fpe", 0.8),
    ];
    assert_eq!(brief, expected.map(|(s, d, m, v)| (s, d, m.to_owned(), v)));
    let hidden = |folder: &Path| {
        let names = fs::read_dir(folder).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap());
        names.filter(|name| name.starts_with('.') || name.ends_with(".tmp")).collect::<Vec<_>>()
    };
    assert!(hidden(&folder.path().join("smoke")).is_empty(), "no temporary file is left behind");
    assert!(hidden(&folder.path().join("smoke/rows/digit-circle-sparling-seed1")).is_empty());
}

fn complaint(text: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let path = rows_path(folder.path(), "laptop");
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(&path, text).unwrap();
    let error = read(&path).expect_err("the file is damaged");
    let store = Store::open(folder.path(), "laptop", true).unwrap();
    let unchanged = store.keep(&[row(1, 0.5, "fpe", 0.1)], None);
    assert!(unchanged.is_err(), "a damaged file is not written over");
    assert_eq!(fs::read_to_string(&path).unwrap(), text);
    format!("{error:#}")
}

#[test]
fn damage_is_named_by_file_line_and_field() {
    let good = "digit-circle,sparling,1,0.5,fpe,0.1,100,,r,2.11.0,cpu,h,1.0,";
    let says = |line: &str, words: &[&str]| {
        let text = format!("{HEADER}\n{good}\n{line}\n");
        let message = complaint(&text);
        for word in ["rows.csv line 3", "sparling evaluate"].iter().chain(words) {
            assert!(message.contains(word), "`{word}` is not in: {message}");
        }
    };
    says(&good.replace("0.1", "zero"), &["value", "`zero`"]);
    // As an editor of another system leaves it.
    let message = complaint(&format!("{HEADER}\r\n{good}\r\n{}\r\n", good.replace("0.1", "zero")));
    assert!(message.contains("rows.csv line 3"), "{message}");
    says(&good.replace("0.1", "NaN"), &["value", "[0, 1]"]);
    says(&good.replace("0.1", "1.5"), &["value", "1.5", "[0, 1]"]);
    says(&good.replace("0.1", ""), &["value", "found nothing"]);
    says(&good.replace("sparling,1", "sparling,-1"), &["seed", "`-1`"]);
    says(&good.replace("0.5", "0"), &["delta", "(0, 1]"]);
    says("digit-circle,sparling,1,0.5,fpe", &["found 5 fields", "expected 14"]);
    let message = complaint("domain,variant\n");
    assert!(message.contains("line 1") && message.contains(HEADER), "{message}");
}

/// Whatever lies where rows are: the file is named, and what to do about it.
#[test]
fn what_is_no_file_of_rows_is_named_with_a_remedy() {
    let folder = tempfile::tempdir().unwrap();
    let path = rows_path(folder.path(), "laptop");
    let refused = |words: &[&str]| {
        let error = format!("{:#}", read(&path).expect_err("no rows"));
        for word in ["rows.csv", "move it away", "sparling evaluate"].iter().chain(words) {
            assert!(error.contains(word), "`{word}` is not in: {error}");
        }
    };
    fs::create_dir_all(&path).unwrap();
    refused(&["cannot read", "directory"]);
    fs::remove_dir(&path).unwrap();
    fs::write(&path, [HEADER.as_bytes(), b"\ndigit-\xff\xfe,circle\n"].concat()).unwrap();
    refused(&["line 2", "found bytes that are no text"]);
    fs::remove_file(&path).unwrap();

    // A file of one run in another's place.
    keep(folder.path(), "laptop", &[row(1, 0.5, "fpe", 0.25)]);
    let rows = folder.path().join("laptop/rows");
    let other = rows.join("digit-circle-sparling-seed2");
    fs::create_dir_all(&other).unwrap();
    let name = "errors-5e-1.csv";
    fs::rename(rows.join("digit-circle-sparling-seed1").join(name), other.join(name)).unwrap();
    let error = format!("{:#}", read(&path).expect_err("another run's"));
    let hint = format!(
        "sparling evaluate runs/digit-circle/sparling/laptop/seed-1 --results {}",
        folder.path().display()
    );
    assert!(error.contains("seed2/errors") && error.contains(&hint), "{error}");
}

/// A measurement is whole or refused: each cut of its file, at a line's end too, and each changed value.
#[test]
fn a_measurement_that_lost_lines_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = rows_path(folder.path(), "laptop");
    let failed = Row { value: None, error: "so\n\"it\" is".into(), ..row(1, 0.5, "ce", 0.0) };
    let whole = [row(1, 0.5, "fne", 0.25), row(1, 0.5, "fpe", 0.5), row(1, 0.5, "density", 0.75), failed];
    keep(folder.path(), "laptop", &whole);
    let file = folder.path().join("laptop/rows/digit-circle-sparling-seed1/errors-5e-1.csv");
    let text = fs::read_to_string(&file).unwrap();
    assert!(text.starts_with(&format!("{HEADER},unit\n")), "{text}");
    let refused = |text: &str, words: &[&str]| {
        fs::write(&file, text).unwrap();
        let error = format!("{:#}", read(&path).expect_err(text));
        let hint = "sparling evaluate runs/digit-circle/sparling/laptop/seed-1 --results";
        for word in [file.to_str().unwrap(), hint].iter().chain(words) {
            assert!(error.contains(word), "`{word}` is not in: {error}");
        }
    };
    for end in 0..text.len() - 1 {
        refused(&text[..end], &[]);
    }
    let ends: Vec<usize> = text.match_indices('\n').map(|(at, _)| at + 1).collect();
    refused(&text[..ends[0]], &["found no rows"]);
    refused(&text[..ends[3]], &["found 2 rows, expected 4"]);
    refused(&text.replace("0.25", "0.26"), &["4 rows whose sum is", "a value was changed"]);
    refused(&(text.clone() + &text[ends[0]..ends[3]].replace(",4-", ",3-")), &["lines of several"]);
    // Whole, and as it was kept before there was the column.
    let unit = format!(",{}", text.trim_end().rsplit(',').next().unwrap());
    let plain = text.replace(&unit, "").replace(",unit", "");
    for good in [&text, &plain] {
        fs::write(&file, good).unwrap();
        assert_eq!(read(&path).unwrap().len(), 4, "{good}");
    }
    assert_eq!(fs::read_to_string(&path).unwrap().lines().next(), Some(HEADER), "gathered as ever");
}

#[test]
fn an_unsound_row_is_refused_before_anything_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path(), "laptop", false).unwrap();
    let refused = |rows: &[Row], part: &str| {
        let error = format!("{:#}", store.keep(rows, None).unwrap_err());
        assert!(error.contains(part), "`{part}` is not in: {error}");
        assert_eq!(read(&store.path()).unwrap(), [], "nothing was written");
    };
    refused(&[row(1, 0.5, "fpe", f64::NAN)], "value");
    refused(&[Row { samples: 0, ..row(1, 0.5, "fpe", 0.0) }], "samples: found 0");
    refused(&[Row { variant: "../x".into(), ..row(1, 0.5, "fpe", 0.0) }], "variant: found `../x`");
    let (fpe, fne) = (row(1, 0.5, "fpe", 0.1), row(1, 0.5, "fne", 0.1));
    refused(&[fpe.clone(), Row { samples: 77, ..fne.clone() }], "{77, 10000} samples");
    refused(&[fpe, Row { config_hash: "beef".into(), ..fne }], "configurations cafe and beef");
}

#[test]
fn confusion_metrics_are_named_by_channel_and_kind() {
    assert_eq!(confusion_metric(Some(3), Some("7")), "confusion/3/7");
    assert_eq!(confusion_metric(None, Some("7")), "confusion/none/7");
    assert_eq!(confusion_metric(Some(3), None), "confusion/3/none");
}

fn examples() -> Examples {
    let values: Vec<f32> = (0..12).map(|i| f32::from(i % 3 == 0)).collect();
    Examples {
        domain: "digit-circle".into(),
        variant: "sparling".into(),
        seed: 4,
        delta: 5.0226e-5,
        config_hash: "cafe".into(),
        mapping: vec![Some(1), None],
        kinds: vec!["0".into(), "1".into()],
        items: vec![Example {
            index: 7,
            split: "test".into(),
            height: 3,
            width: 4,
            channels: 1,
            input_png: Example::encode_input(&values, [1, 3, 4]).unwrap(),
            true_motifs: vec![TrueMotif { kind: 1, top: 0, left: 1, bottom: 2, right: 3 }],
            predicted: vec![Marked { channel: 0, y: 0.5, x: 1.5, value: 0.25, crowded: true }],
            target: vec!["1".into()],
            output: vec![],
        }],
    }
}

#[test]
fn examples_come_back_as_they_went_pixel_by_pixel() {
    let folder = tempfile::tempdir().unwrap();
    let path = examples_path(folder.path(), "laptop", "digit-circle", "sparling", 4);
    assert_eq!(path, Path::new(folder.path()).join("laptop/examples/digit-circle-sparling-seed4.json"));
    let given = examples();
    given.write(&path).unwrap();
    let back = Examples::read(&path).unwrap();
    assert_eq!(back, given);
    let expected: Vec<u8> = (0..12).map(|i| if i % 3 == 0 { 255 } else { 0 }).collect();
    assert_eq!(back.items[0].grey().unwrap(), expected);
    assert_eq!(back.label(&back.items[0].predicted[0]), "1");
}

#[test]
fn grey_inputs_span_the_whole_range() {
    let mut example = examples().items.remove(0);
    example.input_png = Example::encode_input(&[-2.0, 0.0, 2.0, 1.0], [2, 1, 2]).unwrap();
    (example.channels, example.height, example.width) = (2, 1, 2);
    assert_eq!(example.grey().unwrap(), [0, 128, 255, 191]);
    assert!(Example::encode_input(&[1.0], [1, 1, 2]).is_err());
    assert!(Example::encode_input(&[f32::NAN], [1, 1, 1]).is_err());
}

#[test]
fn contradictory_examples_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("examples.json");
    let refused = |change: fn(&mut Examples), word: &str| {
        let mut examples = examples();
        change(&mut examples);
        let error = format!("{:#}", examples.write(&path).unwrap_err());
        assert!(error.contains(word), "`{word}` is not in: {error}");
        fs::write(&path, serde_json::to_string(&examples).unwrap()).unwrap();
        let error = format!("{:#}", Examples::read(&path).unwrap_err());
        for word in [word, "examples.json", "sparling evaluate"] {
            assert!(error.contains(word), "`{word}` is not in: {error}");
        }
        fs::remove_file(&path).unwrap();
    };
    refused(|e| e.mapping[1] = Some(2), "mapping");
    refused(|e| e.items[0].true_motifs[0].kind = 2, "true_motifs");
    refused(|e| e.items[0].predicted[0].channel = 2, "channel 2");
    refused(|e| e.items[0].width = 5, "4×3");
    refused(|e| e.items[0].input_png = "?".into(), "base64");
}

#[test]
fn a_withdrawn_measurement_goes_and_the_others_stay() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path(), "laptop", false).unwrap();
    let rows = [row(1, 0.5, "ce", 0.1), row(1, 0.5, "perturbation", 0.2), row(2, 0.5, "ce", 0.3)];
    store.withdraw(&rows[0].measurement()).unwrap();
    assert!(!store.path().exists(), "nothing to withdraw writes nothing");
    store.keep(&rows, None).unwrap();
    store.withdraw(&rows[0].measurement()).unwrap();
    for _ in 0..2 {
        assert_eq!(read(&store.path()).unwrap(), [rows[1].clone(), rows[2].clone()]);
        sparling::results::gather(&store.path()).unwrap();
    }
}
