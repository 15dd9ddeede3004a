//! Promise: the real TensorBoard, asked over HTTP, shows a run under its own name: curves in percent with descriptions,
//! pictures, settings as hyper-parameters and as text, and the annealing on one page.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use assert_cmd::Command as Program;
use serde_json::{Value, json};

/// A TensorBoard of this folder, ended when dropped.
struct Server {
    child: Child,
    port: u16,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Server {
    /// Starts one, or says why there is none.
    fn start(logs: &Path) -> Result<Self, String> {
        let program = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(".venv/bin/tensorboard");
        let mut child = Command::new(&program)
            .args(["--host", "127.0.0.1", "--port", "0", "--load_fast=false", "--logdir"])
            .arg(logs)
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|error| format!("{}: {error}; `make setup` installs it", program.display()))?;
        let mut told = BufReader::new(child.stderr.take().expect("piped"));
        let mut said = String::new();
        let port = loop {
            let mut line = String::new();
            if told.read_line(&mut line).expect("readable") == 0 {
                let _ = child.wait();
                return Err(format!("TensorBoard ended: {said}"));
            }
            if let Some((_, rest)) = line.split_once("http://127.0.0.1:") {
                let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
                break digits.parse().expect("a port");
            }
            said += &line;
        };
        // It goes on talking; a full pipe would stop it.
        std::thread::spawn(move || std::io::copy(&mut told, &mut std::io::sink()));
        Ok(Self { child, port })
    }

    fn ask(&self, path: &str, body: Option<Value>) -> Value {
        let body = body.map(|body| body.to_string());
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).expect("it listens");
        let head = match &body {
            Some(body) => format!(
                "POST {path} HTTP/1.0\r\nContent-Type: application/json\r\nContent-Length: {}",
                body.len()
            ),
            None => format!("GET {path} HTTP/1.0"),
        };
        write!(stream, "{head}\r\nHost: 127.0.0.1\r\n\r\n{}", body.unwrap_or_default()).expect("sent");
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).expect("an answer");
        let answer = String::from_utf8_lossy(&answer);
        let (head, body) = answer.split_once("\r\n\r\n").expect("a head and a body");
        assert!(head.contains(" 200 "), "{path}: {head}\n{body}");
        serde_json::from_str(body).unwrap_or_else(|error| panic!("{path}: {error}: {body}"))
    }

    fn get(&self, path: &str) -> Value {
        self.ask(path, None)
    }

    /// What is at `path` once TensorBoard has read enough of the files that `ready` holds; it reads them in its own time.
    fn once(&self, path: &str, ready: impl Fn(&Value) -> bool) -> Value {
        for _ in 0..600 {
            let found = self.get(path);
            if ready(&found) {
                return found;
            }
            sleep(Duration::from_millis(200));
        }
        panic!("{path}: {}", self.get(path))
    }
}

const RUN: &str = "digit-circle/sparling/smoke/seed-1";

/// Trains a run of a few steps in `folder`.
fn train(folder: &Path) {
    let experiment = Path::new(env!("CARGO_MANIFEST_DIR")).join("experiments/digit-circle/sparling.toml");
    let mut train = Program::cargo_bin("sparling").expect("the program");
    train
        .current_dir(folder)
        .args(["train", "--quiet", "--threads", "1", "--scale", "smoke"])
        .arg(experiment);
    for setting in [
        "model.g.width=4",
        "model.g.units=1",
        "model.h.width=16",
        "model.h.feed-forward=16",
        "annealing.initial-density=0.01",
        "annealing.interval-samples=32",
        "annealing.validation-samples=8",
        "train.log-samples=16",
        "train.batch=8",
        "train.max-samples=64",
    ] {
        train.args(["--set", setting]);
    }
    train.assert().success();
}

#[test]
fn tensorboard_shows_a_run_as_people_compare_runs() {
    let folder = tempfile::tempdir().expect("a folder");
    train(folder.path());
    let server = match Server::start(&folder.path().join("runs")) {
        Ok(server) => server,
        Err(reason) => return eprintln!("skipped: {reason}"),
    };
    let accuracy = "validation/accuracy_percent";
    let scalars = server.once("/data/plugin/scalars/tags", |tags| !tags[RUN][accuracy].is_null());
    assert_eq!(
        scalars.as_object().map(|runs| runs.keys().cloned().collect::<Vec<_>>()),
        Some(vec![RUN.into()])
    );
    let own = scalars[RUN].as_object().expect("tags");
    for (tag, about) in own {
        assert!(about["description"].as_str().is_some_and(|words| words.len() > 10), "{tag}: {about}");
    }
    for tag in [
        accuracy,
        "validation/e2ee_percent",
        "annealing/threshold_T_percent",
        "annealing/delta",
        "motifs/fpe_percent",
        "motifs/channels_without_motif",
        "motifs/channels_that_fire_together",
        "train/loss",
        "zoom/density_channel_0",
        "zoom/threshold_channel_9",
    ] {
        assert!(own.contains_key(tag), "{tag} is not shown: {own:?}");
    }
    let curve =
        server.get(&format!("/data/plugin/scalars/scalars?run={RUN}&tag=annealing/threshold_T_percent"));
    assert_eq!(curve[0][1], 32, "a point a validation: {curve}");
    let threshold = curve[0][2].as_f64().expect("a number");
    assert!((99.0..=100.0).contains(&threshold), "in percent: {threshold}");

    let images = server.once("/data/plugin/images/tags", |tags| !tags[RUN]["validation/motifs"].is_null());
    assert!(
        images[RUN]["validation/motifs"]["description"]
            .as_str()
            .is_some_and(|words| words.contains("motifs"))
    );
    let pictures =
        server.get(&format!("/data/plugin/images/images?run={RUN}&tag=validation/motifs&sample=0"));
    assert_eq!(pictures.as_array().map(Vec::len), Some(2), "one a validation: {pictures}");

    let text = server.once("/data/plugin/text/tags", |tags| !tags[RUN].is_null());
    assert!(text[RUN].as_array().is_some_and(|tags| tags.contains(&json!("configuration"))), "{text}");
    let shown = server.get(&format!("/data/plugin/text/text?run={RUN}&tag=configuration")).to_string();
    assert!(
        shown.contains("max-samples = 64") && shown.contains("digit-circle/sparling at smoke scale"),
        "{shown}"
    );

    let layout = server.get("/data/plugin/custom_scalars/layout").to_string();
    assert!(
        layout.contains("Accuracy A and threshold T (percent)") && layout.contains("log10 of"),
        "{layout}"
    );
    let charts =
        server.get(&format!("/data/plugin/custom_scalars/scalars?run={RUN}&tag=zoom/density_channel_.*"));
    assert_eq!(charts["tag_to_events"].as_object().map(|tags| tags.len()), Some(10), "{charts}");

    settings(&server);
}

/// The table of settings has the run with what it was given and what came of it.
fn settings(server: &Server) {
    let experiment = server.ask("/data/plugin/hparams/experiment", Some(json!({ "experimentName": "" })));
    let names = |list: &Value, key: &str| -> Vec<String> {
        list.as_array().expect("a list").iter().map(|item| item[key].to_string()).collect()
    };
    let columns = names(&experiment["hparamInfos"], "name").join(" ");
    assert!(
        columns.contains("train.batch") && columns.contains("seed") && columns.contains("variant"),
        "{columns}"
    );
    let shown = names(&experiment["metricInfos"], "displayName").join(" ");
    assert!(shown.contains("accuracy (percent)") && shown.contains("δ"), "{shown}");
    let request = json!({
        "experimentName": "", "allowedStatuses": ["STATUS_SUCCESS", "STATUS_UNKNOWN", "STATUS_RUNNING"],
        "colParams": [{ "metric": { "tag": "validation/accuracy_percent", "group": "" } }, { "hparam": "train.batch" }],
        "startIndex": 0, "sliceSize": 10
    });
    let groups = server.ask("/data/plugin/hparams/session_groups", Some(request));
    let group = &groups["sessionGroups"][0];
    assert_eq!(group["name"], RUN, "{groups}");
    assert_eq!(group["hparams"]["train.batch"], 8.0, "{group}");
    assert_eq!(group["hparams"]["seed"], 1.0, "{group}");
    assert_eq!(group["hparams"]["domain.name"], "digit-circle", "{group}");
    assert_eq!(group["sessions"][0]["status"], "STATUS_SUCCESS", "the run has ended: {group}");
    assert_eq!(group["metricValues"][0]["name"]["tag"], "validation/accuracy_percent", "{group}");
    assert_eq!(group["metricValues"][0]["trainingStep"], 64, "the last: {group}");
}
