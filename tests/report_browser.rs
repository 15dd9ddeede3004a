//! Promise: the HTML report works in a browser: the slider moves the motifs, by keyboard too; tables sort; nothing
//! complains; it fits 360 pixels, is readable in the dark and prints; and those who don't see it can read it.
//!
//! Needs Chromium, and axe-core for one part (`scripts/setup.sh --browser`); what is missing is skipped with a reason.

mod browser_common;
mod page_common;
mod rows_common;

use std::path::PathBuf;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use browser_common::{Browser, axe};
use page_common::{FALSE_MARKS, page, stage};
use serde_json::{Value, json};

/// The page in a browser; the folder goes with it.
fn open() -> Option<(tempfile::TempDir, Browser)> {
    let folder = tempfile::tempdir().unwrap();
    stage(folder.path());
    let path: PathBuf = page(folder.path()).unwrap();
    Some((folder, Browser::open(&path)?))
}

/// What the explorer shows.
fn shown(browser: &mut Browser) -> Value {
    browser.eval(
        "({ marks: document.querySelectorAll('#ex-map .mark').length,
            right: document.querySelectorAll('#ex-map .box.right').length,
            missed: document.querySelectorAll('#ex-map .box.missed').length,
            map: document.getElementById('ex-map-pixels')?.getAttribute('href'),
            delta: document.getElementById('ex-delta').textContent,
            said: document.getElementById('ex-density').getAttribute('aria-valuetext'),
            story: document.getElementById('ex-story').textContent,
            wrong: document.querySelectorAll('#ex-output mark').length,
            fpe: document.getElementById('ex-fpe').textContent,
            now: document.getElementById('ex-now')?.getAttribute('x1') })",
    )
}

#[test]
fn the_slider_moves_the_motifs() {
    let Some((_folder, mut browser)) = open() else { return };
    let last = shown(&mut browser);
    assert_eq!((&last["marks"], &last["right"], &last["delta"]), (&json!(2), &json!(2), &json!("5.00e-5")));
    browser.eval("document.getElementById('ex-density').focus()");
    let mut before = last;
    for step in (0..4).rev() {
        browser.press("ArrowLeft");
        let now = shown(&mut browser);
        let motifs = if step >= 2 { 2 } else { 1 };
        assert_eq!(now["marks"], json!(FALSE_MARKS[step] + motifs), "{now}");
        assert_eq!((&now["right"], &now["missed"]), (&json!(motifs), &json!(2 - motifs)), "{now}");
        assert_eq!(now["wrong"], json!(2 - motifs), "the wrong token is marked: {now}");
        for key in ["map", "delta", "said", "story", "fpe", "now"] {
            assert!(now[key].is_string() && now[key] != before[key], "{key}: {now}");
        }
        before = now;
    }
    assert_eq!(before["fpe"], "80.0");
    let story = before["story"].as_str().unwrap();
    assert!(story.contains("41 values of the map are non-zero. Of 2 true motifs 1 found"), "{story}");
    browser.press("End");
    assert_eq!(shown(&mut browser)["marks"], json!(2));

    // Another domain: a series without maps, at one density.
    browser.eval(
        "{ const domain = document.getElementById('ex-domain'); domain.value = 1;
           domain.dispatchEvent(new Event('change', { bubbles: true })); }",
    );
    let spoken = shown(&mut browser);
    assert_eq!(
        (&spoken["marks"], &spoken["delta"], &spoken["map"]),
        (&json!(1), &json!("1.00e-3"), &Value::Null)
    );
    assert_eq!(browser.eval("document.getElementById('ex-density').disabled"), true);
    let caption = browser.eval("document.getElementById('ex-map-caption').textContent");
    assert!(caption.as_str().unwrap().contains("a row and a colour for each channel"), "{caption}");
    assert_eq!(browser.complaints(), [] as [String; 0]);
}

#[test]
fn the_keyboard_reaches_everything_in_reading_order() {
    let Some((_folder, mut browser)) = open() else { return };
    let mut reached = Vec::new();
    for _ in 0..40 {
        browser.press("Tab");
        reached.push(browser.eval(
            "(() => { const here = document.activeElement;
               return [here.id || here.textContent.trim().slice(0, 20), here.getBoundingClientRect().top + scrollY,
                       getComputedStyle(here).outlineStyle]; })()",
        ));
    }
    assert_eq!(reached[0][0], "Skip to the verdicts");
    let order: Vec<&str> = reached.iter().filter_map(|stop| stop[0].as_str()).collect();
    let place = |id: &str| {
        order.iter().position(|stop| *stop == id).unwrap_or_else(|| panic!("{id} is not reached: {order:?}"))
    };
    let controls =
        ["target", "ex-domain", "ex-sample", "ex-density", "ex-play", "ex-boxes", "ex-names"].map(place);
    assert!(controls.is_sorted(), "{order:?}");
    for stop in &reached {
        assert_ne!(stop[2], "none", "what has the focus shows it: {stop}");
    }

    // A heading sorts its table, and the other way when it is pressed again.
    let column = "Array.from(document.querySelectorAll('#verdicts tbody th'), (cell) => cell.textContent)";
    browser.eval("document.querySelector('#verdicts thead button').focus()");
    browser.press("Enter");
    let sorted: Vec<Value> = browser.eval(column).as_array().unwrap().clone();
    assert_eq!(sorted[..3], [json!("fig1"), json!("fig1b"), json!("fig2")]);
    let at = |name: &str| sorted.iter().position(|found| found == name);
    assert!(at("fig9").is_some() && at("fig9") < at("fig10"), "numbers in names count: {sorted:?}");
    browser.press("Enter");
    assert_eq!(browser.eval(column)[0], "table2");
    let state = "document.querySelector('#verdicts thead th').getAttribute('aria-sort')";
    assert_eq!(browser.eval(state), "descending");
    // Numbers sort by size, and what is not measured stays last.
    browser.eval("document.querySelectorAll('#fig3 thead button')[3].click()");
    let fpe = browser
        .eval("Array.from(document.querySelectorAll('#fig3 tbody tr'), (row) => row.cells[3].textContent)");
    assert!(fpe[0].as_str().unwrap().starts_with("0.75"), "{fpe}");
    assert!(fpe[2].as_str().unwrap().starts_with('–'), "{fpe}");
    assert_eq!(browser.complaints(), [] as [String; 0]);
}

#[test]
fn it_fits_a_narrow_window_and_paper() {
    let Some((_folder, mut browser)) = open() else { return };
    browser.look(360, "light");
    assert_eq!(browser.eval("document.documentElement.scrollWidth"), 360, "nothing sticks out");
    let narrow = "Array.from(document.querySelectorAll('#explorer svg.sheet, #ex-density'),
                             (part) => part.getBoundingClientRect()).filter((box) => box.width > 0 &&
                             (box.left < 0 || box.right > 360 || box.width < 90)).length";
    assert_eq!(browser.eval(narrow), 0, "the explorer is whole");
    let top = "(document.getElementById('ex-map').scrollIntoView({ block: 'end', behavior: 'instant' }),
                document.getElementById('ex-density').getBoundingClientRect().top)";
    let top = browser.eval(top).as_f64().unwrap();
    assert!((0.0..60.0).contains(&top), "the slider stays in view above the map that it changes: {top}");

    browser.look(1200, "dark");
    browser.call("Emulation.setEmulatedMedia", &json!({ "media": "print" }));
    let style = |part: &str, key: &str| format!("getComputedStyle(document.querySelector('{part}')).{key}");
    assert_eq!(browser.eval(&style("nav", "display")), "none");
    assert_eq!(
        browser.eval(&style("body", "backgroundColor")),
        "rgb(255, 255, 255)",
        "paper is white in the dark, too"
    );
    assert_eq!(browser.eval(&style("body", "color")), "rgb(0, 0, 0)");
    let pdf = browser.call("Page.printToPDF", &json!({ "printBackground": true }));
    assert!(STANDARD.decode(pdf["data"].as_str().unwrap()).unwrap().starts_with(b"%PDF"));
    assert_eq!(browser.complaints(), [] as [String; 0]);
}

/// Rules that need no tool, each with the elements that break it.
const RULES: &str = "(() => {
  const all = (what) => Array.from(document.querySelectorAll(what));
  const name = (part) => part.outerHTML.slice(0, 80);
  const headings = all('h1, h2, h3').map((head) => Number(head.tagName[1]));
  const ids = all('[id]').map((part) => part.id);
  return {
    'a control has a label': all('select, input').filter((part) => part.labels.length === 0).map(name),
    'a button says what it does': all('button').filter((part) => part.textContent.trim() === '').map(name),
    'a drawing has a name': all('svg, img').filter((part) => !(part.ariaLabel || part.alt)).map(name),
    'the order of focus is that of the page': all('[tabindex]').filter((part) => part.tabIndex > 0).map(name),
    'an id is there once': ids.filter((id, i) => ids.indexOf(id) !== i),
    'no level of heading is left out': headings.filter((level, i) => i > 0 && level > headings[i - 1] + 1),
    'the language is stated': document.documentElement.lang === 'en' ? [] : ['html'],
  };
})()";

#[test]
fn those_who_do_not_see_it_can_read_it() {
    let Some((_folder, mut browser)) = open() else { return };
    for (rule, broken) in browser.eval(RULES).as_object().unwrap() {
        assert_eq!(broken, &json!([]), "{rule}");
    }
    let Some(axe) = axe() else { return };
    browser.eval(&format!("{axe}; 0"));
    for (width, scheme) in [(1200, "light"), (1200, "dark"), (360, "light"), (360, "dark")] {
        browser.look(width, scheme);
        let found = browser.eval(
            "axe.run(document, { resultTypes: ['violations'] }).then((result) => result.violations.map((broken) =>
               [broken.id, broken.help, broken.nodes.slice(0, 3).map((node) => node.html.slice(0, 160))]))",
        );
        assert_eq!(found, json!([]), "at {width} pixels, {scheme}");
    }
}
