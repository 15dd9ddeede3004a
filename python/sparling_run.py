"""Runs of Sparling in PyTorch: the networks of a run folder, or of a committed model, as `torch.nn.Module`s.

    from sparling_run import load, read_maps
    run = load("runs/digit-circle/sparling/laptop/seed-1")
    z, motifs = run(x)              # x: [B, channels, H, W]; a series has H = 1
    run.names(run.answer(motifs))   # answers (tokens, a class, or a label a position), by name

The file needs torch, safetensors and Python 3.11 (tomllib), and nothing of the Rust program. Networks are in evaluation
mode: the thresholds stay as they were trained, and dropout is left out. Parameters can be trained on with PyTorch's
optimisers all the same. docs/runs-in-python.md explains it, docs/run-folder.md the files that are read.

    python python/sparling_run.py RUN MAPS …   # compares with what `sparling export RUN -o MAPS` wrote
"""

import hashlib
import json
import math
import sys
import tomllib
from pathlib import Path

import torch
from safetensors import safe_open
from torch import nn
from torch.nn import functional as F

FORMAT = 1  # of a checkpoint's sidecar; newer ones are refused
POSITIONS = 512  # that ĥ has codes for
FAINT = 1e-4  # keeps the logarithm of a motif's strength finite

# --- ĝ ---------------------------------------------------------------------------------------------------------------


class ResidualUnit(nn.Module):
    """x + conv(ReLU(BN(conv(ReLU(BN(x)))))), padded so that positions are kept. [B, width, H, W] → the same."""

    def __init__(self, width, kernels, series):
        super().__init__()
        sides = [(1, side) if series else (side, side) for side in kernels]
        conv = [nn.Conv2d(width, width, side, padding=(side[0] // 2, side[1] // 2)) for side in sides]
        self.norm1, self.conv1 = nn.BatchNorm2d(width), conv[0]
        self.norm2, self.conv2 = nn.BatchNorm2d(width), conv[1]

    def forward(self, x):
        return x + self.conv2(F.relu(self.norm2(self.conv1(F.relu(self.norm1(x))))))


class Proposer(nn.Module):
    """ĝ: stem → residual units → 1×1 convolution. [B, channels, H, W] → z [B, C, ⌈H/stride⌉, ⌈W/stride⌉]."""

    def __init__(self, settings, channels, series):
        super().__init__()
        width, kernel, stride = settings["width"], settings["stem-kernel"], settings["stem-stride"]
        self.kernel, self.stride = ((1, kernel), (1, stride)) if series else ((kernel,) * 2, (stride,) * 2)
        self.stem = nn.Conv2d(channels, width, self.kernel, stride=self.stride)
        units = [ResidualUnit(width, settings["unit-kernels"], series) for _ in range(settings["units"])]
        self.unit = nn.ModuleList(units)
        self.motifs = nn.Conv2d(width, settings["motifs"], 1)

    def padding(self, axis, length):
        """Zeros before and after the rows (axis 0) or columns (axis 1); an odd one comes after."""
        kernel, stride = self.kernel[axis], self.stride[axis]
        total = max(0, (math.ceil(length / stride) - 1) * stride + kernel - length)
        return total // 2, total - total // 2

    def forward(self, x):
        top_bottom, left_right = self.padding(0, x.shape[2]), self.padding(1, x.shape[3])
        x = self.stem(F.pad(x, (*left_right, *top_bottom)))
        for unit in self.unit:
            x = unit(x)
        return self.motifs(x)


# --- the sparsity layer ----------------------------------------------------------------------------------------------


class Bottleneck(nn.Module):
    """What stands behind the batch norm; `kind` is that of the configuration. [B, C, H, W] → the same."""

    def __init__(self, kind, channels, density):
        super().__init__()
        self.kind, self.density = kind, density
        if kind in ("per-channel", "universal"):
            self.register_buffer("thresholds", torch.zeros(channels if kind == "per-channel" else 1))
        elif kind == "noise":
            self.norm = nn.BatchNorm1d(1, affine=False)
        elif kind not in ("pass-through", "l1", "kl"):
            known = "per-channel, universal, pass-through, l1, kl, noise"
            raise ValueError(f"sparsity.kind is {kind!r}; this file knows {known}")

    def forward(self, z):
        if self.kind in ("per-channel", "universal"):
            return F.relu(z - self.thresholds.view(-1, 1, 1))
        if self.kind == "l1":
            return F.relu(z)
        if self.kind == "kl":
            return F.relu(torch.sigmoid(z) - 0.5)
        if self.kind == "noise":  # another draw each time, as in the program
            share = self.density
            entropy = -(share * math.log(share) + (1 - share) * math.log(1 - share))
            normed = self.norm(z.flatten(1).unsqueeze(1)).view_as(z)
            return normed + torch.randn_like(z) * (math.exp(2 * entropy) - 1) ** -0.5
        return z


class SparsityLayer(nn.Module):
    """z ← BatchNorm(z), then the bottleneck: z → m̂."""

    def __init__(self, settings, channels, density):
        super().__init__()
        self.norm = nn.BatchNorm2d(channels, affine=settings["affine"]) if settings["batch-norm"] else nn.Identity()
        self.bottleneck = Bottleneck(settings["kind"], channels, density)

    def forward(self, z):
        return self.bottleneck(self.norm(z))


# --- ĥ ---------------------------------------------------------------------------------------------------------------


def sinusoidal(positions, width, base):
    """code[p, 2i] = sin(p / base^(2i/width)), code[p, 2i+1] = cos(the same). [positions, width]"""
    i = torch.arange(0, width, 2, dtype=torch.float32)
    angle = torch.arange(positions, dtype=torch.float32)[:, None] * torch.exp(i * (-math.log(base) / width))
    return torch.stack([angle.sin(), angle.cos()], 2).flatten(1)


def rotary_angles(height, width, head_width, base):
    """[H·W, head_width/2]: half of the pairs turns with the row, half with the column; in a series all with the time."""

    def axis(length, pairs):
        i = torch.arange(pairs, dtype=torch.float32)
        return torch.arange(length, dtype=torch.float32)[:, None] * torch.exp(i * (-math.log(base) / pairs))

    pairs = head_width // 2
    if height == 1:
        return axis(width, pairs)
    rows = axis(height, pairs // 2)[:, None].expand(height, width, pairs // 2)
    columns = axis(width, pairs // 2)[None].expand(height, width, pairs // 2)
    return torch.cat([rows, columns], 2).reshape(height * width, pairs)


def rotate(x, angles):
    """Halves (a, b) of the last axis become (a·cos − b·sin, a·sin + b·cos). x [B, heads, K, e], angles [B, K, e/2]."""
    cos, sin = angles.cos().unsqueeze(1), angles.sin().unsqueeze(1)
    a, b = x.chunk(2, -1)
    return torch.cat([a * cos - b * sin, a * sin + b * cos], -1)


class Attention(nn.Module):
    """Multi-head attention. x [B, L, d] over memory [B, S, d]; bias, added to the logits, broadcasts to [B, heads, L, S]."""

    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.query, self.key_value = nn.Linear(width, width), nn.Linear(width, 2 * width)
        self.output = nn.Linear(width, width)

    def forward(self, x, memory, bias=None, angles=None):
        def split(t):  # [B, L, d] → [B, heads, L, d/heads]
            return t.unflatten(-1, (self.heads, -1)).transpose(1, 2)

        query = split(self.query(x))
        key, value = (split(half) for half in self.key_value(memory).chunk(2, -1))
        if angles is not None:
            query, key = rotate(query, angles), rotate(key, angles)
        logits = query @ key.transpose(-1, -2) / math.sqrt(query.shape[-1])
        weights = torch.softmax(logits if bias is None else logits + bias, -1)
        return self.output((weights @ value).transpose(1, 2).flatten(2))


class FeedForward(nn.Module):
    def __init__(self, settings):
        super().__init__()
        self.up = nn.Linear(settings["width"], settings["feed-forward"])
        self.down = nn.Linear(settings["feed-forward"], settings["width"])

    def forward(self, x):
        return self.down(F.relu(self.up(x)))


class Layer(nn.Module):
    """Branches in a row, each x + f(LN(x)) (norm "pre") or LN(x + f(x)) ("post")."""

    def __init__(self, settings):
        super().__init__()
        self.pre = settings["norm"] == "pre"

    def branch(self, norm, x, f):
        return x + f(norm(x)) if self.pre else norm(x + f(x))


class EncoderLayer(Layer):
    def __init__(self, settings):
        super().__init__(settings)
        width = settings["width"]
        self.attention, self.feed_forward = Attention(width, settings["heads"]), FeedForward(settings)
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)

    def forward(self, x, bias, angles):
        x = self.branch(self.norm1, x, lambda x: self.attention(x, x, bias, angles))
        return self.branch(self.norm2, x, self.feed_forward)


class DecoderLayer(Layer):
    def __init__(self, settings):
        super().__init__(settings)
        width, heads = settings["width"], settings["heads"]
        self.self_attention, self.cross_attention = Attention(width, heads), Attention(width, heads)
        self.feed_forward = FeedForward(settings)
        self.norm1, self.norm2, self.norm3 = (nn.LayerNorm(width) for _ in range(3))

    def forward(self, x, memory, bias, causal):
        x = self.branch(self.norm1, x, lambda x: self.self_attention(x, x, causal))
        x = self.branch(self.norm2, x, lambda x: self.cross_attention(x, memory, bias))
        return self.branch(self.norm3, x, self.feed_forward)


class Cells(nn.Module):
    """The part of ĥ that sequences and classes share: from a motif map to encoded cells."""

    def __init__(self, settings, motifs):
        super().__init__()
        self.settings = settings
        width, base = settings["width"], settings["position-base"]
        self.over_motifs = settings["weigh-by-strength"] or settings["max-cells"] > 0
        self.embed = nn.Linear(motifs, width)
        if settings["embedding"] == "row-lstm":
            self.row_lstm = nn.LSTM(width, width // 2, batch_first=True, bidirectional=True)
        elif settings["embedding"] == "layer-norm":
            self.embed_norm = nn.LayerNorm(width)
        if self.over_motifs:
            self.nothing = nn.Parameter(torch.zeros(width))
        self.encoder = nn.ModuleList(EncoderLayer(settings) for _ in range(settings["encoder-layers"]))
        self.encoder_norm = nn.LayerNorm(width) if settings["norm"] == "pre" else nn.Identity()
        self.register_buffer("code", sinusoidal(POSITIONS, width, base), persistent=False)
        self.register_buffer("axis_code", sinusoidal(POSITIONS, width // 2, base), persistent=False)

    def pool(self, x):
        """Max-pooling; a last partial window is kept, and a series is pooled along time alone."""
        side = self.settings["pool"]
        window = (1 if x.shape[2] == 1 else side, side)
        return x if side == 1 else F.max_pool2d(x, window, window, ceil_mode=True)

    def compress(self, motifs):
        knee = self.settings["motif-knee"]
        return motifs.sign() * torch.log1p(motifs.abs() / knee) if knee > 0 else motifs

    def grid_code(self, height, width):
        """[H·W, d]: half tells the row, half the column; in a series all the time, behind a row LSTM all the row."""
        d = self.settings["width"]
        if self.settings["embedding"] == "row-lstm":
            return self.code[:height, None].expand(height, width, d).reshape(-1, d)
        if height == 1:
            return self.code[:width]
        rows = self.axis_code[:height, None].expand(height, width, d // 2)
        columns = self.axis_code[None, :width].expand(height, width, d // 2)
        return torch.cat([rows, columns], 2).reshape(-1, d)

    def bound(self, x, height, width):
        """What bounds the embedding of cells [B, K, d] before their position code is added."""
        kind = self.settings["embedding"]
        if kind == "row-lstm":
            return self.row_lstm(x.reshape(-1, width, x.shape[2]))[0].reshape(x.shape[0], height * width, -1)
        return self.embed_norm(x) if kind == "layer-norm" else x.tanh() if kind == "tanh" else x

    def chosen(self, strength):
        """[B, K]: the strongest cells by strength [B, S], or None where all are computed."""
        most, cells = self.settings["max-cells"], strength.shape[1]
        if most == 0:
            return None
        kept = min(max(int((strength > 0).sum(1).max()), 1), most)
        return strength.topk(kept, 1).indices if kept < cells else None

    def encode(self, motifs):
        """m̂ [B, C, H, W] → memory [B, K, d] and what is added to the logits of attention to it, [B, 1, 1, K] or None."""
        settings, batch = self.settings, motifs.shape[0]
        if settings["pool-first"]:
            values = self.compress(self.pool(motifs))
        else:
            values = self.pool(self.embed(self.compress(motifs).movedim(1, 3)).movedim(3, 1))
        height, width = values.shape[2:]
        x, code, angles, bias = values.flatten(2).transpose(1, 2), self.grid_code(height, width)[None], None, None
        if settings["rotary"]:
            head_width = settings["width"] // settings["heads"]
            angles = rotary_angles(height, width, head_width, settings["position-base"]).to(x.device)[None]
        if self.over_motifs:
            strength = self.pool(motifs).amax(1).flatten(1)
            at = self.chosen(strength)
            if at is not None:
                def rows(table):  # [B or 1, S, n] → [B, K, n]
                    return table.expand(batch, -1, -1).gather(1, at[..., None].expand(-1, -1, table.shape[2]))

                x, code, angles = rows(x), rows(code), None if angles is None else rows(angles)
                strength = strength.gather(1, at)
            weighed = settings["weigh-by-strength"]
            bias = (strength.clamp_min(0) + FAINT).log() if weighed else torch.zeros_like(strength)
            bias = bias.masked_fill(strength <= 0, -math.inf)
        x = self.bound(self.embed(x) if settings["pool-first"] else x, height, width) + code
        if self.over_motifs:  # the token for "nothing": behind the cells, at no place, of strength 1
            x = torch.cat([x, self.nothing.expand(batch, 1, -1)], 1)
            angles = None if angles is None else F.pad(angles, (0, 0, 0, 1))
            bias = F.pad(bias, (0, 1))[:, None, None]
        for layer in self.encoder:
            x = layer(x, bias, angles)
        return self.encoder_norm(x), bias


class Head(Cells):
    """ĥ of a sequence of tokens, of which there are `tokens` kinds; the end marker is one more, then the begin marker."""

    def __init__(self, settings, motifs, tokens, max_len):
        super().__init__(settings, motifs)
        self.end, self.max_len, width = tokens, max_len, settings["width"]
        self.tokens = nn.Embedding(tokens + 2, width)
        self.decoder = nn.ModuleList(DecoderLayer(settings) for _ in range(settings["decoder-layers"]))
        self.decoder_norm = nn.LayerNorm(width) if settings["norm"] == "pre" else nn.Identity()
        self.output = nn.Linear(width, tokens + 1)

    def logits(self, memory, bias, previous):
        """Logits of each next token, previous [B, L] → [B, L, tokens + 1]."""
        length = previous.shape[1]
        hidden = torch.full((length, length), -math.inf, device=previous.device)
        x = self.tokens(previous) + self.code[:length]
        for layer in self.decoder:
            x = layer(x, memory, bias, hidden.triu(1))
        return self.output(self.decoder_norm(x))

    @torch.no_grad()
    def answer(self, motifs):
        """Greedy decoding until the end marker, or `max_len` tokens: a list of token numbers for each sample."""
        memory, bias = self.encode(motifs)
        tokens = torch.full((motifs.shape[0], 1), self.end + 1, device=motifs.device)
        for _ in range(self.max_len):
            following = self.logits(memory, bias, tokens)[:, -1].argmax(1)
            tokens = torch.cat([tokens, following[:, None]], 1)
            if bool((tokens == self.end).any(1).all()):
                break
        rows = [row[1:] for row in tokens.tolist()]
        return [row[: row.index(self.end)] if self.end in row else row for row in rows]


class ClassHead(Cells):
    """ĥ of one class: encoded cells, their mean (over motifs: of those that are seen), a linear layer."""

    def __init__(self, settings, motifs, classes):
        super().__init__(settings, motifs)
        self.output = nn.Linear(settings["width"], classes)

    def logits(self, motifs):
        """m̂ [B, C, H, W] → [B, classes]."""
        x, bias = self.encode(motifs)
        seen = torch.ones_like(x[..., 0]) if bias is None else bias.flatten(1).isfinite().to(x.dtype)
        return self.output((x * seen[..., None]).sum(1) / seen.sum(1, keepdim=True))

    @torch.no_grad()
    def answer(self, motifs):
        """The likeliest class, as a list of one token for each sample."""
        return self.logits(motifs).argmax(1, keepdim=True).tolist()


class DilatedUnit(nn.Module):
    """x + conv(ReLU(BN(conv(ReLU(BN(x)))))) along a series, taps `dilation` positions apart. [B, width, 1, L] → the same."""

    def __init__(self, width, kernel, dilation):
        super().__init__()
        padding = (0, dilation * (kernel // 2))
        conv = [nn.Conv2d(width, width, (1, kernel), padding=padding, dilation=(1, dilation)) for _ in range(2)]
        self.norm1, self.conv1 = nn.BatchNorm2d(width), conv[0]
        self.norm2, self.conv2 = nn.BatchNorm2d(width), conv[1]

    def forward(self, x):
        return x + self.conv2(F.relu(self.norm2(self.conv1(F.relu(self.norm1(x))))))


class LabelsHead(nn.Module):
    """ĥ of a label a position, of `labels` kinds: dilated residual convolutions."""

    def __init__(self, settings, motifs, labels):
        super().__init__()
        width, self.knee = settings["width"], settings["motif-knee"]
        self.embed = nn.Conv2d(motifs, width, 1)
        self.unit = nn.ModuleList(DilatedUnit(width, settings["kernel"], d) for d in settings["dilations"])
        self.output_norm, self.output = nn.BatchNorm2d(width), nn.Conv2d(width, labels, 1)

    def logits(self, motifs):
        """m̂ [B, C, 1, L] → [B, labels, L]."""
        x = self.embed(motifs.sign() * torch.log1p(motifs.abs() / self.knee) if self.knee > 0 else motifs)
        for unit in self.unit:
            x = unit(x)
        return self.output(F.relu(self.output_norm(x))).squeeze(2)

    @torch.no_grad()
    def answer(self, motifs):
        """The likeliest label at each position: a list of token numbers for each sample."""
        return self.logits(motifs).argmax(1).tolist()


def head(settings, motifs, tensors, max_len):
    """The ĥ that the configuration asks for; how many tokens there are, its own weights say."""
    kind, outputs = settings["kind"], len(tensors["h.output.weight"])
    if kind == "sequence":
        return Head(settings, motifs, outputs - 1, max_len)
    if kind == "class":
        return ClassHead(settings, motifs, outputs)
    if kind == "labels":
        return LabelsHead(settings, motifs, outputs)
    raise ValueError(f"model.h.kind is {kind!r}; this file knows sequence, class, labels")


# --- runs ------------------------------------------------------------------------------------------------------------

# What older configurations do not say.
HEAD_DEFAULTS = {"kind": "sequence", "motif-knee": 0.0, "rotary": False, "weigh-by-strength": False, "max-cells": 0}
DIGITS = [str(digit) for digit in range(10)]
LATEX = "FRAC( FRACMID FRAC) SUP( SUP) SUB( SUB) PAREN( PAREN) + 0 1 2 3 4 5 6 7 8 9 x y z a b c".split()


class Run(nn.Module):
    """ĥ ∘ sparsity layer ∘ ĝ of a run, at density `density`; `identity` is its run.toml, `config` its config.toml."""

    def __init__(self, config, identity, tensors, density):
        super().__init__()
        precision = config["train"].get("precision", "fp32")
        if precision != "fp32":
            raise ValueError(
                f"train.precision is {precision!r}; this file computes in fp32 alone, which gives other maps and answers: "
                "take those that `sparling export` writes"
            )
        self.config, self.identity, self.density = config, identity, density
        model, stem = config["model"], tensors["g.stem.weight"]
        self.vocabulary, max_len, series = outputs(config["domain"])
        motifs = model["g"]["motifs"]
        self.g = Proposer(model["g"], stem.shape[1], series)
        self.sparsity = SparsityLayer(config["sparsity"], motifs, density)
        self.h = head({**HEAD_DEFAULTS, **model["h"]}, motifs, tensors, max_len)
        missing, unknown = self.load_state_dict(tensors, strict=False)
        missing = [name for name in missing if not name.endswith("num_batches_tracked")]
        if missing or unknown:
            raise ValueError(f"the checkpoint does not fit the configuration: missing {missing}, unknown {unknown}")
        self.eval()

    def forward(self, x):
        """x [B, channels, H, W] → z and m̂, both [B, C, ⌈H/stride⌉, ⌈W/stride⌉]."""
        z = self.g(x)
        return z, self.sparsity(z)

    def answer(self, motifs):
        """Answers to motif maps [B, C, H, W], as token numbers."""
        return self.h.answer(motifs)

    def names(self, answers):
        """Names of tokens, where the run folder tells them."""
        return [[self.vocabulary[token] for token in answer] for answer in answers]


def outputs(domain):
    """A domain's token names, the most tokens of an answer, and whether inputs are series, from its settings."""
    name = domain["name"]
    if name == "dataset":
        known = json.loads(domain["remembered"])
        return known["vocabulary"], known["max_target_len"], known["shape"][1] == 1
    if name == "own":
        return domain["vocabulary"], domain["max-target-len"], domain["input-shape"][1] == 1
    if name == "latex-ocr":
        return LATEX, domain["max-length"], False
    if name == "splicing":
        return ["none", "acceptor", "donor"], domain["length"], True
    if name in ("digit-circle", "audio-sequence"):
        return DIGITS, domain["max-digits"], name == "audio-sequence"
    raise ValueError(
        f"domain.name is {name!r}; this file knows digit-circle, latex-ocr, audio-sequence, splicing, dataset, own"
    )


def checkpoints(folder):
    """Stems of the models at each density, densest first; of a run that has none yet, that of its newest checkpoint."""

    def found(kind):
        paths = (Path(folder) / "checkpoints").glob(f"{kind}-*.json")
        return sorted(paths, key=lambda path: int(path.stem.rsplit("-", 1)[1]))

    return [path.with_suffix("") for path in found("density") or found("samples")[-1:]]


def load(folder, checkpoint=None, device="cpu"):
    """The run in `folder` at its last density, or at `checkpoint`: a name such as "density-12"."""
    folder = Path(folder)
    stems = checkpoints(folder)
    if checkpoint is None and not stems:
        raise FileNotFoundError(f"{folder} has no trained model (nothing in {folder / 'checkpoints'}); train it first")
    stem = folder / "checkpoints" / checkpoint if checkpoint else stems[-1]
    sidecar = json.loads(stem.with_suffix(".json").read_text())
    if sidecar["format"] > FORMAT:
        raise ValueError(f"{stem}.json has format {sidecar['format']}; this file reads up to {FORMAT}: take a newer one")
    path = stem.with_suffix(".safetensors")
    found = hashlib.sha256(path.read_bytes()).hexdigest()
    if found != sidecar["sha256"]:
        raise ValueError(f"{path} is damaged: its SHA-256 is {found}, {stem.name}.json says {sidecar['sha256']}")
    config = tomllib.loads((folder / "config.toml").read_text())
    identity = tomllib.loads((folder / "run.toml").read_text())
    with safe_open(path, "pt") as file:
        names = [name for name in file.keys() if name.startswith("model.")]
        tensors = {name.removeprefix("model."): file.get_tensor(name) for name in names}
    return Run(config, identity, tensors, sidecar["state"]["annealing"]["density"]).to(device)


def read_maps(path):
    """What `sparling export` wrote: tensors by name, and a dictionary that says what they are of."""
    with safe_open(path, "pt") as file:
        about = json.loads(file.metadata()["sparling"])
        return {name: file.get_tensor(name) for name in file.keys()}, about


def compare(folder, maps):
    """How far z and m̂ are from the program's, as a share of the largest value, and how many answers are the same."""
    tensors, about = read_maps(maps)
    run = load(folder, about["checkpoint"])
    with torch.no_grad():
        z, motifs = run(tensors["input"])
    # Noise is drawn anew in each map.
    answers = run.answer(tensors["motifs"] if run.config["sparsity"]["kind"] == "noise" else motifs)
    theirs = [row[:length] for row, length in zip(tensors["answer"].tolist(), tensors["answer_length"].tolist())]
    same = sum(ours == program for ours, program in zip(answers, theirs))

    def apart(ours, program):
        # A value near zero can be the difference of large ones, whose rounding it keeps.
        return ((ours - program).abs().max() / program.abs().max().clamp_min(1)).item()

    apart_by = {"z": apart(z, tensors["z"]), "motifs": apart(motifs, tensors["motifs"])}
    return {**apart_by, "same_answers": same, "samples": len(theirs), "same_names": run.vocabulary == about["vocabulary"]}


if __name__ == "__main__":
    if len(sys.argv) < 3 or len(sys.argv) % 2 == 0:
        sys.exit(__doc__)
    for pair in zip(sys.argv[1::2], sys.argv[2::2]):
        print(json.dumps(compare(*pair)))
