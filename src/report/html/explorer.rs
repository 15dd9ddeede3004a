//! The explorer: test samples on the way down the densities. Here is its data and its frame; `explorer.js` draws it.

use anyhow::{Context as _, Result};

use super::kept::{Shown, domains, keeping};
use super::markup::{escape, json_in_script};
use crate::domain::digit_circle;
use crate::figures::Context;

/// What stands where there is nothing to explore.
fn nothing(scale: &str) -> String {
    let commands = keeping(digit_circle::NAME, scale, 1);
    format!(
        "<p>No samples are kept for this scale yet. These keep some:</p>\n<pre>{}</pre>\n",
        escape(&commands)
    )
}

/// The section, and the JSON that its script reads.
///
/// # Errors
/// When an example file is damaged.
pub(super) fn section(context: &Context) -> Result<(String, String)> {
    let shown = domains(context)?;
    let data = serde_json::to_string(&shown).context("cannot write the explorer's data")?;
    let body = if shown.is_empty() { nothing(&context.scale) } else { frame(&shown) };
    let section = format!(
        "<section id=\"explorer\" aria-labelledby=\"explorer-head\">\n<h2 id=\"explorer-head\">Explorer</h2>\n{body}\
         </section>\n"
    );
    Ok((section, json_in_script(&data)))
}

fn frame(shown: &[Shown]) -> String {
    let options: String = shown
        .iter()
        .enumerate()
        .map(|(i, domain)| format!("<option value=\"{i}\">{}</option>", escape(&domain.title)))
        .collect();
    FRAME.replace("{domains}", &options)
}

const FRAME: &str = r#"<p>Training lowers the density δ step by step. Choose a test sample and move the slider from left to right: at
first the motif map is full of marks, in the end nearly only the true motifs are left. The arrow keys move the slider,
too.</p>
<noscript><p>The explorer needs JavaScript; everything else on this page does not.</p></noscript>
<form class="controls" id="ex-controls" autocomplete="off">
<p><label for="ex-domain">Domain</label> <select id="ex-domain">{domains}</select></p>
<p><label for="ex-sample">Sample</label> <select id="ex-sample"></select></p>
<p class="density"><label for="ex-density">Density δ</label> <input type="range" id="ex-density" min="0" max="0" value="0"
step="1"> <output id="ex-delta" for="ex-density"></output> <button type="button" id="ex-play">Play</button></p>
<p class="checks"><label><input type="checkbox" id="ex-boxes" checked> true boxes</label>
<label><input type="checkbox" id="ex-names" checked> names</label></p>
</form>
<p class="note" id="ex-note"></p>
<pre id="ex-commands" tabindex="0" role="region" aria-label="Commands"></pre>
<div class="panes">
<figure><svg class="sheet" id="ex-input" role="img" aria-label="The input with its true motifs"></svg>
<figcaption>Input x. Frames: the true motifs m*, which the network never sees.</figcaption></figure>
<figure><svg class="sheet" id="ex-map" role="img" aria-label="The motif map"></svg>
<figcaption><span id="ex-map-caption"></span> A letter names the kind that the channel of a mark stands
for.</figcaption></figure>
</div>
<ul class="legend">
<li class="right">found</li><li class="other">marked as another kind</li><li class="missed">missed</li>
</ul>
<p id="ex-story" role="status"></p>
<dl class="outputs">
<div><dt>True output y</dt><dd id="ex-target"></dd></div>
<div><dt>Network's output ŷ <span id="ex-right"></span></dt><dd id="ex-output"></dd></div>
</dl>
<div class="panes">
<div>
<table class="errors"><caption id="ex-measured"></caption>
<thead><tr><th scope="col">error</th><th scope="col">percent</th><th scope="col"><span class="hidden">as a bar</span></th></tr></thead>
<tbody>
<tr><th scope="row">FPE, marks at no motif</th><td id="ex-fpe"></td><td><span class="bar fpe"></span></td></tr>
<tr><th scope="row">FNE, motifs not marked</th><td id="ex-fne"></td><td><span class="bar fne"></span></td></tr>
<tr><th scope="row">CE, motifs marked as another kind</th><td id="ex-ce"></td><td><span class="bar ce"></span></td></tr>
<tr><th scope="row">E2EE, error of the output</th><td id="ex-e2ee"></td><td><span class="bar e2ee"></span></td></tr>
</tbody></table>
</div>
<figure><svg class="sheet" id="ex-chart" role="img" aria-label="The four errors against density"></svg>
<figcaption>The same errors at every density kept; the line marks the one shown.</figcaption></figure>
</div>
"#;
