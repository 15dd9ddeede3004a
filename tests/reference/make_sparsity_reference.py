"""Writes the constants that the Rust sparsity layer and annealing are checked against.

They come from the PyPI package `sparling` 0.3, the authors' own layer, run in PyTorch.
README.md beside this file has the versions, the command and the layout of the JSON.

    python tests/reference/make_sparsity_reference.py [--output tests/reference]
"""

import argparse
import contextlib
import importlib.metadata
import io
import json
import platform
from pathlib import Path

import numpy as np
import torch
from sparling import (
    LinearThresholdAdaptiveSUO,
    NoiseRatherThanSparsity,
    SparseLayerWithBatchNorm,
    sparsity_types,
)

# --- inputs without a random generator ---------------------------------------

MULTIPLIER = 2654435761  # odd and near 2^32 / golden ratio: no value comes twice, and neighbours lie far apart
STEP_INCREMENT = 1013904223
SALT_INPUT, SALT_WEIGHT, SALT_AFFINE = 12345, 987654321, 555555555


def unit(count, step, salt):
    """`count` values in [-1, 1): 2u - 1 with u the top 24 bits of a hash, exact in f64 (and f32)."""
    i = np.arange(1, count + 1, dtype=np.uint64)
    h = (i * np.uint64(MULTIPLIER) + np.uint64(step * STEP_INCREMENT + salt)) % np.uint64(2**32)
    return 2.0 * ((h >> np.uint64(8)).astype(np.float64) / 2.0**24) - 1.0


def layer_input(shape, channel_axis, step):
    """(v + 3 v v v)(1 + c/2) + c/4 in f64, rounded once to f32: heavier tails, another scale a channel."""
    v = unit(int(np.prod(shape)), step, SALT_INPUT).reshape(shape)
    c = np.arange(shape[channel_axis], dtype=np.float64)
    c = c.reshape([-1 if axis == channel_axis else 1 for axis in range(len(shape))])
    return torch.from_numpy(((v + 3.0 * v * v * v) * (1.0 + c / 2.0) + c / 4.0).astype(np.float32))


def readout(shape):
    """The fixed w of the scalar sum(out * w) whose gradients are stored."""
    return torch.from_numpy(unit(int(np.prod(shape)), 0, SALT_WEIGHT).reshape(shape).astype(np.float32))


# --- numbers -----------------------------------------------------------------


def short(tensor):
    """The shortest decimals that read back as the same float32."""
    values = tensor.detach().contiguous().reshape(-1).numpy()
    texts = [float(str(value)) for value in values]
    assert all(np.float32(text) == value for text, value in zip(texts, values))
    return [0 if text == 0 else text for text in texts]


# --- the layer ---------------------------------------------------------------

PER_CHANNEL = {"type": "EnforceSparsityPerChannel2D"}
ACCUMULATED = {
    "type": "EnforceSparsityPerChannelAccumulated",
    "accumulation_stop_strategy": {"type": "StopAtFixedNumberMotifs", "num_motifs": 10},
}
# (first step, density): the density is set before that step's forward.
FALLING = [(1, 0.5), (21, 0.1), (36, 0.02)]
# 168 positions a batch: 10 motifs need 1, 2, 3 and 12 batches.
RARE = [(1, 0.5), (8, 0.05), (20, 0.02), (31, 0.005)]
# 500 elements need 3 batches of 168 positions.
ELEMENTS = {
    "type": "EnforceSparsityPerChannelAccumulated",
    "accumulation_stop_strategy": {"type": "StopAtFixedNumber", "num_elements": 500},
}


def normed(spec):
    """A layer with a batch norm of its own, which takes B, L, C."""
    return {"type": "SparseLayerWithBatchNorm", "underlying_sparsity_spec": spec, "affine": False, "input_dimensions": 1}


# Two channels with thresholds, one with its own accumulation, one let through, each behind its own batch norm.
SIDE_BY_SIDE = {
    "type": "ParallelSparsityLayers",
    "channels_each": [2, 1, 1],
    "sparse_model_specs": [
        normed({"type": "EnforceSparsityPerChannel1D"}),
        normed({"type": "EnforceSparsityPerChannel1D", "enforce_sparsity_per_channel_spec": ACCUMULATED}),
        normed({"type": "NoSparsity"}),
    ],
}


def batch_norm_of(layer):
    """The batch norm of a wrapped layer; None for a bare enforcer."""
    return getattr(layer, "batch_norm", None)


def build(spec, shape, channel_axis, density, batch_norm, affine):
    """The package's layer, with batch-norm parameters that are not 1 and 0."""
    channels, dimensions = shape[channel_axis], len(shape) - 2
    if not batch_norm:
        options = {key: value for key, value in spec.items() if key != "type"}
        return sparsity_types()[spec["type"]](starting_sparsity=1 - density, channels=channels, **options)
    layer = SparseLayerWithBatchNorm(
        spec, starting_sparsity=1 - density, channels=channels, affine=affine, input_dimensions=dimensions
    )
    if affine:
        v = unit(2 * channels, 0, SALT_AFFINE)
        layer.batch_norm.weight.data = torch.from_numpy((1 + 0.25 * v[:channels]).astype(np.float32))
        layer.batch_norm.bias.data = torch.from_numpy((0.5 * v[channels:]).astype(np.float32))
    return layer


def thresholds_of(layer):
    """The threshold of every channel (one value where it is shared); None where there is none."""
    if hasattr(layer, "sparse_layers"):
        return torch.cat([t for t in map(thresholds_of, layer.sparse_layers) if t is not None])
    enforcer = layer.underlying_enforcer if batch_norm_of(layer) is not None else layer
    core = getattr(enforcer, "underlying_enforcer", enforcer)
    return getattr(core, "thresholds", None)


def forward_and_gradients(layer, x, w):
    """Output, and the gradients of sum(out * w) with respect to input, batch-norm weight and bias."""
    layer.zero_grad()
    x = x.clone().requires_grad_()
    out = layer(x)
    stored = {}
    if isinstance(out, dict):  # L1 whose weight changes: what the penalty is the mean of comes along
        motifs, out = out["motifs_for_loss"], out["result"]
        stored["penalty"] = motifs.abs().mean().item()
        stored["grad_penalty"] = short(torch.autograd.grad(motifs.abs().mean(), x, retain_graph=True)[0])
    (out * w).sum().backward()
    stored.update(output=short(out), grad_input=short(x.grad))
    norm = batch_norm_of(layer)
    if norm is not None and norm.affine:
        stored["grad_weight"] = short(norm.weight.grad)
        stored["grad_bias"] = short(norm.bias.grad)
    return stored, out.detach()


def layer_case(name, spec, shape, channel_axis=1, schedule=FALLING, steps=50, batch_norm=True, affine=True):
    """Runs one layer through its training steps and then once in evaluation."""
    layer = build(spec, shape, channel_axis, schedule[0][1], batch_norm, affine).train()
    norm, w = batch_norm_of(layer), readout(shape)
    case = {
        "name": name,
        "package_spec": spec,
        "shape": list(shape),
        "channel_axis": channel_axis,
        "batch_norm": batch_norm,
        "affine": affine,
        "groups": spec.get("channels_each", [shape[channel_axis]]),
        "schedule": [{"from_step": step, "density": density} for step, density in schedule],
        "steps": steps,
        "input_head": short(layer_input(shape, channel_axis, 1).reshape(-1)[:8]),
    }
    if norm is not None and affine:
        case["bn_weight"], case["bn_bias"] = short(norm.weight), short(norm.bias)
    thresholds, margin = [], np.inf
    for step in range(1, steps + 1):
        for from_step, density in schedule:
            if step == from_step:
                layer.sparsity = 1 - density
        x = layer_input(shape, channel_axis, step)
        if step in (1, steps):
            stored, out = forward_and_gradients(layer, x, w)
            case[f"step_{step}"] = stored
            if (out > 0).any():
                margin = min(margin, out[out > 0].min().item())
        else:
            with torch.no_grad():
                layer(x)
        if thresholds_of(layer) is not None:
            thresholds.append(short(thresholds_of(layer)))
    if thresholds:
        case["thresholds"] = thresholds
    if norm is not None:
        case["bn_running_mean"], case["bn_running_var"] = short(norm.running_mean), short(norm.running_var)
    layer.eval()
    with torch.no_grad():
        out = layer(layer_input(shape, channel_axis, steps + 1))
    out = out["result"] if isinstance(out, dict) else out
    case["eval"] = {"input_step": steps + 1, "output": short(out), "density": (out != 0).double().mean().item()}
    print(f"{name:34} smallest positive output {margin:.2e}, density in evaluation {case['eval']['density']:.4f}")
    return case


def layer_cases():
    """Every variant, in small shapes (B, C, H, W), and B, L, C for one dimension."""
    image, line = (4, 3, 6, 7), (4, 30, 3)
    accumulated = {**PER_CHANNEL, "enforce_sparsity_per_channel_spec": ACCUMULATED}
    return [
        layer_case("per_channel", PER_CHANNEL, image),
        layer_case("per_channel_no_affine", PER_CHANNEL, (2, 3, 5, 4), affine=False),
        layer_case("per_channel_no_batch_norm", PER_CHANNEL, (2, 3, 5, 4), batch_norm=False, affine=False),
        layer_case("single_threshold", {"type": "EnforceSparsityUniversally"}, image),
        layer_case("per_channel_accumulated", accumulated, image, schedule=RARE, affine=False),
        layer_case("per_channel_1d", {"type": "EnforceSparsityPerChannel1D"}, line, channel_axis=2),
        layer_case("no_sparsity", {"type": "NoSparsity"}, (2, 3, 5, 4), steps=2),
        layer_case("l1", {"type": "SparsityForL1"}, (2, 3, 5, 4), steps=2),
        layer_case("kl", {"type": "SparsityForKL"}, (2, 3, 5, 4), steps=2),
        layer_case(
            "per_channel_elements",
            {**PER_CHANNEL, "enforce_sparsity_per_channel_spec": ELEMENTS},
            image,
            affine=False,
        ),
        # Without an outer batch norm: it takes a dictionary for a map.
        layer_case(
            "changing_l1",
            {"type": "ChangingSparsityForL1"},
            (2, 3, 5, 4),
            schedule=[(1, 0.5), (2, 0.25), (3, 0.02)],
            steps=3,
            batch_norm=False,
            affine=False,
        ),
        layer_case(
            "side_by_side", SIDE_BY_SIDE, (4, 42, 4), channel_axis=2, schedule=RARE, batch_norm=False, affine=False
        ),
    ]


def noise_sigmas():
    """The noise that carries as much (in nats) as a channel of the density does."""
    densities = [0.5, 0.25, 0.1, 0.02, 1e-3, 5.0226e-5]
    return [{"density": d, "sigma": float(NoiseRatherThanSparsity(1 - d).sigma)} for d in densities]


# --- the annealing -----------------------------------------------------------


class Model:
    """All that the package's schedule asks of a model."""

    def __init__(self, density):
        self.sparsity_value = 1 - density


def annealing_sequence(rng, index):
    """One random history of validation checks, and the state after each."""
    calls, validation_samples = 200, 10_000
    parameters = {
        "initial_density": 0.5,
        "initial_threshold": 1.0,
        "minimal_threshold": 0.6 if index in (8, 18) else 0.0,
        "maximal_threshold": {2: 0.5, 7: 0.4, 18: 0.75}.get(index, 1.0),
        "threshold_decrease_per_sample": [1e-7, 3e-7, 1e-6, 5e-6][index // 5],
        "minimal_update_frequency": 20_000,
        "density_factor": {2: 0.9, 3: 0.5, 4: 0.9, 7: 0.95, 14: 0.9, 18: 0.95}.get(index, 0.75),
    }
    gaps = rng.choice([20_000, 20_000, 20_010, 25_000, 60_000, 19_999, 5_000, 0], calls)
    samples = np.cumsum(gaps).tolist()
    # Accuracy as in training: it creeps up to a ceiling, drops when the density falls, and each check is noisy.
    level, ceiling, pace = rng.uniform(0.1, 0.5), rng.uniform(0.7, 1.0), rng.uniform(0.03, 0.12)

    model = Model(parameters["initial_density"])
    schedule = LinearThresholdAdaptiveSUO(
        None,
        initial_threshold=parameters["initial_threshold"],
        minimal_threshold=parameters["minimal_threshold"],
        maximal_threshold=parameters["maximal_threshold"],
        threshold_decrease_per_iter=parameters["threshold_decrease_per_sample"],
        minimal_update_frequency=parameters["minimal_update_frequency"],
        information_multiplier=parameters["density_factor"],
    )
    correct, thresholds, reductions, densities = [], [], [], [1 - model.sparsity_value]
    for step in samples:
        level += pace * (ceiling - level) + rng.normal(0, 0.01)
        right = int(np.clip(round(level * validation_samples), 0, validation_samples))
        before = model.sparsity_value
        with contextlib.redirect_stdout(io.StringIO()):  # the package prints at every check
            schedule.update_sparsity(model, step, {"acc": right / validation_samples})
        if model.sparsity_value != before:
            densities.append(1 - model.sparsity_value)
            level -= rng.uniform(0.1, 0.5)
        correct.append(right)
        thresholds.append(schedule._threshold)
        reductions.append(len(densities) - 1)
    # The package keeps 1 - density, which loses its digits when the density is tiny.
    assert densities[-1] > 1e-9, densities[-1]
    return {
        "parameters": parameters,
        "validation_samples": validation_samples,
        "samples_seen": samples,
        "correct": correct,
        "threshold": thresholds,
        "reductions": reductions,
        "density_after_reductions": densities,
    }


# --- files -------------------------------------------------------------------


def write(path, content):
    """One JSON file, a line a key of the outermost lists so that changes can be read."""
    versions = {name: importlib.metadata.version(name) for name in ("torch", "sparling", "numpy")}
    content = {"made_with": {"python": platform.python_version(), **versions}, **content}
    parts = []
    for key, value in content.items():
        if isinstance(value, list):
            rows = ",\n  ".join(json.dumps(row, separators=(",", ":")) for row in value)
            parts.append(f"{json.dumps(key)}: [\n  {rows}\n]")
        else:
            parts.append(f"{json.dumps(key)}: {json.dumps(value)}")
    path.write_text("{\n" + ",\n".join(parts) + "\n}\n")
    print(f"{path} {path.stat().st_size / 1024:.0f} KB")


def main():
    """Writes sparsity_layer.json and annealing.json."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--output", type=Path, default=Path(__file__).parent, help="folder to write to")
    folder = parser.parse_args().output
    torch.set_num_threads(1)
    w = readout((8,))
    write(
        folder / "sparsity_layer.json",
        {"readout_head": short(w), "noise_sigma": noise_sigmas(), "cases": layer_cases()},
    )
    # A generator a history: another bound in one leaves the rest as they are.
    sequences = [annealing_sequence(np.random.default_rng([20261, i]), i) for i in range(20)]
    write(folder / "annealing.json", {"sequences": sequences})


if __name__ == "__main__":
    main()
