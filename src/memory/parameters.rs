//! How many values a network has, by its settings alone.

use super::need::Sizes;
use crate::config::{
    Config, EmbeddingKind, HeadConfig, HeadKind, NormPlacement, ProposerConfig, SparsityKind,
};

/// Values of a network. As floating point, so that no size overflows; whole below 2⁵³.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Parameters {
    /// Those that are trained: weights, biases, scales and shifts.
    pub trained: f64,
    /// All that a checkpoint holds: also running statistics, thresholds, and what is frozen.
    pub all: f64,
    /// Tables that are computed, in no checkpoint.
    pub tables: f64,
}

/// The values of the networks of `config` on samples of these sizes.
#[must_use]
pub fn parameters(config: &Config, sizes: Sizes) -> Parameters {
    let (g, h) = (&config.model.g, &config.model.h);
    let proposer = proposer(g, sizes);
    let motifs = g.motifs as f64;
    let sparsity = &config.sparsity;
    let scale = if sparsity.batch_norm && sparsity.affine { 2.0 * motifs } else { 0.0 };
    let running = if sparsity.batch_norm { 2.0 * motifs } else { 0.0 };
    let state = match sparsity.kind {
        SparsityKind::PerChannel => motifs,
        SparsityKind::Universal => 1.0,
        SparsityKind::Noise => 2.0,
        SparsityKind::PassThrough | SparsityKind::L1 | SparsityKind::Kl => 0.0,
    };
    let head = head(h, motifs, sizes.tokens as f64);
    let labels = h.kind == HeadKind::Labels;
    let running_of_head =
        if labels { 2.0 * h.width as f64 * (2.0 * h.dilations.len() as f64 + 1.0) } else { 0.0 };
    let statistics = 4.0 * g.width as f64 * g.units as f64 + running + state + running_of_head;
    Parameters {
        trained: if config.retrain.is_on() { head } else { proposer + scale + head },
        all: proposer + scale + head + statistics,
        tables: if labels { 0.0 } else { 1.5 * crate::config::MAX_POSITIONS as f64 * h.width as f64 },
    }
}

/// Weights and biases from `inputs` to `outputs`.
fn linear(inputs: f64, outputs: f64) -> f64 {
    inputs * outputs + outputs
}

/// What is trained of ĝ.
pub(super) fn proposer(g: &ProposerConfig, sizes: Sizes) -> f64 {
    let [channels, height, _] = sizes.input.map(|n| n as f64);
    let area = |side: i64| (side as f64) * if height == 1.0 { 1.0 } else { side as f64 };
    let width = g.width as f64;
    let [first, second] = g.unit_kernels;
    let convolutions: f64 = [first, second].map(|side| linear(width * area(side), width)).iter().sum();
    let unit = convolutions + 2.0 * 2.0 * width;
    linear(channels * area(g.stem_kernel), width) + g.units as f64 * unit + linear(width, g.motifs as f64)
}

/// What is trained of ĥ.
fn head(h: &HeadConfig, motifs: f64, tokens: f64) -> f64 {
    match h.kind {
        HeadKind::Sequence | HeadKind::Class => transformer(h, motifs, tokens),
        HeadKind::Labels => {
            let (d, kernel) = (h.width as f64, h.kernel as f64);
            let unit = 2.0 * (linear(kernel * d, d) + 2.0 * d);
            linear(motifs, d) + h.dilations.len() as f64 * unit + 2.0 * d + linear(d, tokens)
        }
    }
}

/// What is trained of a transformer, with a decoder for a sequence.
fn transformer(h: &HeadConfig, motifs: f64, tokens: f64) -> f64 {
    let (d, wide) = (h.width as f64, h.feed_forward as f64);
    let norm = 2.0 * d;
    let bounding = match h.embedding {
        // Two directions of d/2 values with four gates each.
        EmbeddingKind::RowLstm => 2.0 * (4.0 * d / 2.0) * (d + d / 2.0 + 2.0),
        EmbeddingKind::LayerNorm => norm,
        EmbeddingKind::Plain | EmbeddingKind::Tanh => 0.0,
    };
    let nothing = if h.is_over_motifs() { d } else { 0.0 };
    let attention = linear(d, d) + linear(d, 2.0 * d) + linear(d, d);
    let feed_forward = linear(d, wide) + linear(wide, d);
    let sequence = h.kind == HeadKind::Sequence;
    let closing = match h.norm {
        NormPlacement::Pre => {
            if sequence {
                2.0 * norm
            } else {
                norm
            }
        }
        NormPlacement::Post => 0.0,
    };
    let encoder = h.encoder_layers as f64 * (attention + feed_forward + 2.0 * norm);
    let decoder = h.decoder_layers as f64 * (2.0 * attention + feed_forward + 3.0 * norm);
    let writing = (tokens + 2.0) * d + linear(d, tokens + 1.0) + decoder;
    let output = if sequence { writing } else { linear(d, tokens) };
    linear(motifs, d) + bounding + nothing + encoder + closing + output
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use tch::Device;
    use tch::nn::VarStore;

    use super::*;
    use crate::config::{DomainConfig, load};
    use crate::model::Sparling;

    /// Settings of every experiment that needs no corpus, each way of building a network among them.
    fn experiments() -> Vec<(String, Config)> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("experiments");
        let mut all = Vec::new();
        for domain in ["digit-circle", "latex-ocr", "audio-sequence", "splicing"] {
            for entry in std::fs::read_dir(root.join(domain)).unwrap().flatten() {
                let path = entry.path();
                for scale in ["smoke", "laptop", "paper"] {
                    if path.extension().is_some_and(|ending| ending == "toml") {
                        let config = load(&path, scale, &[]).unwrap();
                        all.push((format!("{} {scale}", path.display()), config));
                    }
                }
            }
        }
        for more in [
            ["model.h.max-cells=8", "model.h.embedding=tanh", "model.h.norm=pre"],
            ["model.h.weigh-by-strength=true", "model.h.embedding=layer-norm", "sparsity.kind=noise"],
            ["model.g.unit-kernels=[5,1]", "model.g.stem-kernel=4", "model.g.stem-stride=2"],
        ] {
            let more = more.map(str::to_owned);
            let config = load(&root.join("digit-circle/sparling.toml"), "smoke", &more).unwrap();
            all.push((more.join(" "), config));
        }
        // No domain that makes its own samples has classes: the network is asked for alone.
        for norm in [NormPlacement::Pre, NormPlacement::Post] {
            let mut config = load(&root.join("digit-circle/sparling.toml"), "smoke", &[]).unwrap();
            (config.model.h.kind, config.model.h.norm) = (HeadKind::Class, norm);
            all.push((format!("a class, {norm:?}"), config));
        }
        all
    }

    /// Sizes of the samples; without the corpus, which networks know nothing of.
    fn sizes(config: &Config) -> Sizes {
        match &config.domain {
            DomainConfig::AudioSequence(_) => {
                let input = config.domain.dimensions().unwrap().input_shape;
                Sizes { input, tokens: 10, available: [None; 3] }
            }
            _ => Sizes::of(config.domain.build().unwrap().as_ref()),
        }
    }

    #[test]
    fn values_are_those_of_the_network_that_is_built() {
        let mut tried = std::collections::BTreeSet::new();
        for (name, config) in experiments() {
            let sizes = sizes(&config);
            let said = parameters(&config, sizes);
            // Networks of one shape need not be built twice.
            if !tried.insert(format!("{:?} {:?}", config.model, config.sparsity.kind) + &format!("{said:?}"))
            {
                continue;
            }
            let vs = VarStore::new(Device::Cpu);
            let target = config.domain.dimensions().unwrap().max_target_len;
            let _network = Sparling::new(&vs.root(), &config, sizes.input, sizes.tokens as i64, target);
            let values = |trained: bool| -> f64 {
                let variables = vs.variables();
                variables.values().filter(|v| !trained || v.requires_grad()).map(|v| v.numel() as f64).sum()
            };
            assert_eq!(said.all, values(false), "{name}");
            if !config.retrain.is_on() {
                assert_eq!(said.trained, values(true), "{name}");
            }
        }
        assert!(tried.len() > 15, "{} networks were built", tried.len());
    }
}
