//! Layers with PyTorch's initialisation.
//!
//! tch draws weights of convolutions and linear layers √6 wider than PyTorch, starts their
//! convolution biases at 0 and batch-norm scales uniformly in [0, 1]. A reproduction is
//! lost there without a sign, so every layer of this crate is made here.
//!
//! ```
//! use tch::{Device, nn};
//!
//! let vs = nn::VarStore::new(Device::Cpu);
//! let layer = sparling::model::init::linear(&vs.root(), 100, 50);
//! // U(±1/√fan_in): tch's own would reach √6 times as far.
//! assert!(layer.ws.abs().max().double_value(&[]) <= 0.1);
//! ```

use tch::nn::{self, Init, Path};

fn uniform(bound: f64) -> Init {
    Init::Uniform { lo: -bound, up: bound }
}

/// U(±1/√fan_in) for weight and bias, as `torch.nn.Linear`.
pub fn linear(path: &Path, inputs: i64, outputs: i64) -> nn::Linear {
    let init = uniform(1.0 / (inputs as f64).sqrt());
    let config = nn::LinearConfig { ws_init: init, bs_init: Some(init), bias: true };
    nn::linear(path, inputs, outputs, config)
}

/// Xavier-uniform weight and zero bias, as the packed projections of
/// `torch.nn.MultiheadAttention`; `fan_out` is that of the packed matrix.
pub fn projection(path: &Path, inputs: i64, outputs: i64, fan_out: i64) -> nn::Linear {
    let bound = (6.0 / (inputs + fan_out) as f64).sqrt();
    let config = nn::LinearConfig { ws_init: uniform(bound), bs_init: Some(Init::Const(0.0)), bias: true };
    nn::linear(path, inputs, outputs, config)
}

/// U(±1/√fan_in) weight with zero bias, as the output projection of
/// `torch.nn.MultiheadAttention`.
pub fn output_projection(path: &Path, width: i64) -> nn::Linear {
    let config = nn::LinearConfig {
        ws_init: uniform(1.0 / (width as f64).sqrt()),
        bs_init: Some(Init::Const(0.0)),
        bias: true,
    };
    nn::linear(path, width, width, config)
}

/// U(±1/√fan_in) for weight and bias, fan_in = inputs·kernel area, as `torch.nn.Conv2d`.
/// Sides are rows, then columns.
pub fn conv2d(
    path: &Path,
    inputs: i64,
    outputs: i64,
    kernel: [i64; 2],
    stride: [i64; 2],
    padding: [i64; 2],
) -> nn::Conv2D {
    let init = uniform(1.0 / ((inputs * kernel[0] * kernel[1]) as f64).sqrt());
    let config = nn::ConvConfigND {
        stride,
        padding,
        dilation: [1, 1],
        groups: 1,
        bias: true,
        ws_init: init,
        bs_init: init,
        padding_mode: nn::PaddingMode::Zeros,
    };
    nn::conv(path, inputs, outputs, kernel, config)
}

/// As [`conv2d`], along a series alone (height 1) with an odd `kernel` whose taps are `dilation` positions apart, padded
/// so that positions are kept.
pub fn dilated(path: &Path, inputs: i64, outputs: i64, kernel: i64, dilation: i64) -> nn::Conv2D {
    let init = uniform(1.0 / ((inputs * kernel) as f64).sqrt());
    let config = nn::ConvConfigND {
        stride: [1, 1],
        padding: [0, dilation * (kernel / 2)],
        dilation: [1, dilation],
        groups: 1,
        bias: true,
        ws_init: init,
        bs_init: init,
        padding_mode: nn::PaddingMode::Zeros,
    };
    nn::conv(path, inputs, outputs, [1, kernel], config)
}

/// Scale 1 and shift 0, momentum 0.1, ε 1e-5, as `torch.nn.BatchNorm2d`.
pub fn batch_norm2d(path: &Path, channels: i64) -> nn::BatchNorm {
    let config =
        nn::BatchNormConfig { ws_init: Init::Const(1.0), bs_init: Init::Const(0.0), ..Default::default() };
    nn::batch_norm2d(path, channels, config)
}

/// Scale 1 and shift 0, ε 1e-5, as `torch.nn.LayerNorm`.
pub fn layer_norm(path: &Path, width: i64) -> nn::LayerNorm {
    nn::layer_norm(path, vec![width], nn::LayerNormConfig::default())
}

/// Standard normal rows, as `torch.nn.Embedding`.
pub fn embedding(path: &Path, tokens: i64, width: i64) -> nn::Embedding {
    nn::embedding(path, tokens, width, nn::EmbeddingConfig::default())
}

/// A bidirectional one-layer LSTM with U(±1/√hidden) everywhere, as `torch.nn.LSTM`.
pub fn bidirectional_lstm(path: &Path, inputs: i64, hidden: i64) -> nn::LSTM {
    let init = uniform(1.0 / (hidden as f64).sqrt());
    let config = nn::RNNConfig {
        bidirectional: true,
        batch_first: true,
        // The mode is frozen at construction; it matters for dropout alone, which is 0.
        train: true,
        w_ih_init: init,
        w_hh_init: init,
        b_ih_init: Some(init),
        b_hh_init: Some(init),
        ..Default::default()
    };
    nn::lstm(path, inputs, hidden, config)
}
