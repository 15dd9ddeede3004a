//! A headless Chromium, driven through its DevTools protocol over a pipe: messages are JSON that end with a zero byte.

#![allow(clippy::print_stdout, reason = "a test that is skipped says why")]

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

/// Longer than any test here needs, shorter than anyone waits for a browser that hangs.
const PATIENCE: Duration = Duration::from_secs(60);

/// The program of this name in PATH.
fn in_path(name: &str) -> Option<PathBuf> {
    std::env::split_paths(&std::env::var_os("PATH")?)
        .map(|folder| folder.join(name))
        .find(|path| path.is_file())
}

pub(crate) struct Browser {
    child: Child,
    to: ChildStdin,
    from: BufReader<ChildStdout>,
    session: Option<String>,
    asked: u64,
    /// Events that came while answers were waited for.
    events: Vec<Value>,
    done: Arc<AtomicBool>,
    _profile: tempfile::TempDir,
}

impl Browser {
    /// Starts a browser and opens the file; `None`, with a printed reason, where there is no Chromium.
    pub(crate) fn open(page: &Path) -> Option<Self> {
        let Some(program) = ["chromium", "chromium-browser", "google-chrome"].into_iter().find_map(in_path)
        else {
            println!("skipped: found no chromium in PATH; scripts/setup.sh --browser installs it");
            return None;
        };
        let profile = tempfile::tempdir().expect("a folder for the browser's profile");
        // Chromium reads from descriptor 3 and writes to 4.
        let mut child = Command::new("sh")
            .args(["-c", "exec \"$@\" 3<&0 4>&1 </dev/null >/dev/null 2>&1", "sh"])
            .arg(program)
            .args([
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--no-first-run",
                "--disable-dev-shm-usage",
            ])
            .args(["--disable-background-networking", "--remote-debugging-pipe"])
            .arg(format!("--user-data-dir={}", profile.path().display()))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("a shell");
        let (to, from) = (child.stdin.take().expect("a pipe"), child.stdout.take().expect("a pipe"));
        let done = watch(child.id());
        let (session, from) = (None, BufReader::new(from));
        let mut browser =
            Self { child, to, from, session, asked: 0, events: Vec::new(), done, _profile: profile };
        let target = browser.call("Target.createTarget", &json!({ "url": "about:blank" }));
        let attached = json!({ "targetId": target["targetId"], "flatten": true });
        let session = browser.call("Target.attachToTarget", &attached);
        browser.session = session["sessionId"].as_str().map(str::to_owned);
        for domain in ["Page", "Runtime", "Log", "Network"] {
            browser.call(&format!("{domain}.enable"), &json!({}));
        }
        browser.call("Page.navigate", &json!({ "url": format!("file://{}", page.display()) }));
        browser.wait_for("Page.loadEventFired");
        Some(browser)
    }

    /// The answer to a command of the protocol.
    pub(crate) fn call(&mut self, method: &str, parameters: &Value) -> Value {
        self.asked += 1;
        let mut message = json!({ "id": self.asked, "method": method, "params": parameters });
        if let Some(session) = &self.session {
            message["sessionId"] = json!(session);
        }
        let mut bytes = message.to_string().into_bytes();
        bytes.push(0);
        self.to.write_all(&bytes).expect("the browser listens");
        self.to.flush().expect("the browser listens");
        loop {
            let mut message = self.receive();
            if message["id"] == json!(self.asked) {
                assert!(message.get("error").is_none(), "{method}: {}", message["error"]);
                return message["result"].take();
            }
            self.events.push(message);
        }
    }

    fn receive(&mut self) -> Value {
        let mut bytes = Vec::new();
        self.from.read_until(0, &mut bytes).expect("the browser answers");
        assert_eq!(bytes.pop(), Some(0), "the browser ended, or did not answer within {PATIENCE:?}");
        serde_json::from_slice(&bytes).expect("JSON")
    }

    fn wait_for(&mut self, event: &str) {
        while !self.events.iter().any(|seen| seen["method"] == event) {
            let message = self.receive();
            self.events.push(message);
        }
    }

    /// The value of an expression in the page; promises are waited for.
    pub(crate) fn eval(&mut self, expression: &str) -> Value {
        let parameters = json!({ "expression": expression, "returnByValue": true, "awaitPromise": true });
        let mut answer = self.call("Runtime.evaluate", &parameters);
        assert!(answer.get("exceptionDetails").is_none(), "{expression}: {}", answer["exceptionDetails"]);
        answer["result"]["value"].take()
    }

    /// Presses a key as a person would: `Tab`, `Enter`, `Home`, `ArrowLeft` …
    pub(crate) fn press(&mut self, key: &str) {
        let (code, text) = match key {
            "Tab" => (9, ""),
            "Enter" => (13, "\r"),
            "End" => (35, ""),
            "Home" => (36, ""),
            "ArrowLeft" => (37, ""),
            "ArrowRight" => (39, ""),
            other => panic!("no key {other}"),
        };
        let mut parameters =
            json!({ "type": "keyDown", "key": key, "code": key, "windowsVirtualKeyCode": code });
        if !text.is_empty() {
            parameters["text"] = json!(text);
        }
        self.call("Input.dispatchKeyEvent", &parameters);
        parameters["type"] = json!("keyUp");
        self.call("Input.dispatchKeyEvent", &parameters);
    }

    /// Gives the page a window of this width, and a scheme: `light` or `dark`.
    pub(crate) fn look(&mut self, width: u32, scheme: &str) {
        let metrics = json!({ "width": width, "height": 800, "deviceScaleFactor": 1, "mobile": width < 600 });
        self.call("Emulation.setDeviceMetricsOverride", &metrics);
        let features = json!([{ "name": "prefers-color-scheme", "value": scheme }]);
        self.call("Emulation.setEmulatedMedia", &json!({ "media": "", "features": features }));
    }

    /// Errors and warnings on the console, exceptions, and requests that went anywhere but to the page itself.
    pub(crate) fn complaints(&mut self) -> Vec<String> {
        let own = |url: &Value| {
            url.as_str().is_some_and(|url| url.starts_with("file:") || url.starts_with("data:"))
        };
        let complaint = |event: &Value| match event["method"].as_str()? {
            "Runtime.exceptionThrown" => Some(event["params"]["exceptionDetails"].to_string()),
            "Runtime.consoleAPICalled" => Some(event["params"]["args"].to_string()),
            "Log.entryAdded" => Some(event["params"]["entry"].to_string()),
            "Network.requestWillBeSent" if !own(&event["params"]["request"]["url"]) => {
                Some(event["params"]["request"]["url"].to_string())
            }
            _ => None,
        };
        self.events.iter().filter_map(complaint).collect()
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        self.done.store(true, Ordering::Relaxed);
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Ends a browser that hangs, so that the test fails in place of waiting for ever.
fn watch(id: u32) -> Arc<AtomicBool> {
    let done = Arc::new(AtomicBool::new(false));
    let (seen, until) = (Arc::clone(&done), Instant::now() + PATIENCE);
    thread::spawn(move || {
        while !seen.load(Ordering::Relaxed) {
            if Instant::now() > until {
                let _ = Command::new("kill").args(["-KILL", &id.to_string()]).status();
                return;
            }
            thread::sleep(Duration::from_millis(50));
        }
    });
    done
}

/// axe-core as `scripts/setup.sh --browser` puts it; `None`, with a printed reason, where it is not.
pub(crate) fn axe() -> Option<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(".browser/axe_playwright_python/axe.min.js");
    let found = std::fs::read_to_string(&path).ok();
    if found.is_none() {
        println!("skipped: found no {}; scripts/setup.sh --browser installs it", path.display());
    }
    found
}
