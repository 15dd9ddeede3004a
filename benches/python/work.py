"""Does one piece of work in PyTorch for some seconds and prints how fast, as one line of JSON.

    .venv-python/bin/python benches/python/work.py --work train-laptop --threads 2 --seconds 8

The layer is the authors' own (PyPI `sparling`); the models are the paper's DigitCircle
model and our laptop model, written here with PyTorch's modules and the authors' layer.
Inputs are random: only time is measured. `side_by_side.py` calls this in turn with the
same work of the Rust program.
"""

import argparse
import json
import math
import resource
import time
from dataclasses import dataclass

import torch
from sparling import SparseLayerWithBatchNorm
from torch import nn
from torch.nn import functional as F

BOS, EOS, PAD = 10, 11, 12
VOCABULARY = 13


@dataclass
class Size:
    """The sizes of one model and of its training step."""

    name: str
    stem_kernel: int  # side of a stride-2 stem (2 or 4); 1: a 1×1 convolution at full resolution
    width: int
    units: int
    channels: int
    pool: int
    d_model: int
    layers: int
    heads: int
    feed_forward: int
    pre_norm: bool
    dropout: float
    batch: int
    learning_rate: float
    clip: float  # bound of the gradient's norm; 0: none
    over_motifs: int  # ĥ over so many strongest cells, rotary codes, weights by strength; 0: the paper's ĥ
    density: float
    second_kernel: int  # side of each unit's second kernel; the first is 3×3
    image: int  # side
    digits: int  # at most


class ResidualUnit(nn.Module):
    """x + conv(ReLU(BN(conv(ReLU(BN(x)))))), padded."""

    def __init__(self, width, second_kernel):
        super().__init__()
        self.bn1, self.bn2 = nn.BatchNorm2d(width), nn.BatchNorm2d(width)
        self.conv1 = nn.Conv2d(width, width, 3, padding=1)
        self.conv2 = nn.Conv2d(width, width, second_kernel, padding=second_kernel // 2)

    def forward(self, x):
        h = self.conv1(F.relu(self.bn1(x)))
        return x + self.conv2(F.relu(self.bn2(h)))


def sinusoids(length, width, device):
    """The sinusoidal position code, (length, width)."""
    position = torch.arange(length, device=device, dtype=torch.float32)[:, None]
    frequency = torch.exp(torch.arange(0, width, 2, device=device) * (-math.log(10_000.0) / width))
    code = torch.zeros(length, width, device=device)
    code[:, 0::2], code[:, 1::2] = torch.sin(position * frequency), torch.cos(position * frequency)
    return code


def grid_angles(height, width, pairs, base):
    """Rotary angles of the cells of a grid, (height·width, pairs): half turn with the row, half with the column."""
    frequency = torch.exp(torch.arange(pairs // 2, dtype=torch.float32) * (-math.log(base) / (pairs // 2)))
    rows = (torch.arange(height)[:, None] * frequency)[:, None, :].expand(height, width, -1)
    columns = (torch.arange(width)[:, None] * frequency)[None].expand(height, width, -1)
    return torch.cat([rows, columns], dim=2).reshape(height * width, pairs)


class RotaryEncoderLayer(nn.Module):
    """Pre-norm self-attention by relative place, weighted by strength; then a feed-forward layer."""

    def __init__(self, size):
        super().__init__()
        d = size.d_model
        self.heads = size.heads
        self.norm1, self.norm2 = nn.LayerNorm(d), nn.LayerNorm(d)
        self.qkv, self.out = nn.Linear(d, 3 * d), nn.Linear(d, d)
        self.up, self.down = nn.Linear(d, size.feed_forward), nn.Linear(size.feed_forward, d)

    def forward(self, x, cosine, sine, bias):
        b, n, d = x.shape
        q, k, v = self.qkv(self.norm1(x)).view(b, n, 3, self.heads, d // self.heads).permute(2, 0, 3, 1, 4)

        def turn(y):
            first, second = y.chunk(2, dim=3)
            return torch.cat([first * cosine - second * sine, first * sine + second * cosine], dim=3)

        attended = F.scaled_dot_product_attention(turn(q), turn(k), v, attn_mask=bias)
        x = x + self.out(attended.transpose(1, 2).reshape(b, n, d))
        return x + self.down(F.relu(self.up(self.norm2(x))))


class OverMotifs(nn.Module):
    """The strongest cells of the pooled map and a token for "nothing": what our laptop ĥ encodes."""

    def __init__(self, size):
        super().__init__()
        self.size = size
        self.embed = nn.Linear(size.channels, size.d_model)
        self.nothing = nn.Parameter(torch.randn(size.d_model))
        self.layers = nn.ModuleList(RotaryEncoderLayer(size) for _ in range(size.layers))
        self.norm = nn.LayerNorm(size.d_model)
        self.tables = None

    def code(self, height, width, device):
        """Sinusoids and rotary angles of a grid, made once."""
        if self.tables is None:
            d = self.size.d_model
            rows = sinusoids(height, d // 2, device)[:, None].expand(height, width, -1)
            columns = sinusoids(width, d // 2, device)[None].expand(height, width, -1)
            code = torch.cat([rows, columns], dim=2).reshape(height * width, d)
            self.tables = code, grid_angles(height, width, d // self.size.heads // 2, 20.0)
        return self.tables

    def forward(self, motifs):
        """Motif map to memory (B, K, d_model) and what is added to the logits of attention to it."""
        pooled = F.max_pool2d(motifs, self.size.pool, ceil_mode=True)
        b, _, h, w = pooled.shape
        strength = pooled.amax(1).flatten(1)
        chosen = strength.detach().topk(min(self.size.over_motifs, h * w), dim=1).indices
        cells = pooled.flatten(2).transpose(1, 2)
        cells = cells.gather(1, chosen[..., None].expand(-1, -1, cells.shape[2]))
        code, angles = self.code(h, w, motifs.device)
        x = torch.tanh(self.embed(cells)) + code[chosen]
        x = torch.cat([x, self.nothing.expand(b, 1, -1)], dim=1)
        angles = F.pad(angles[chosen], (0, 0, 0, 1))[:, None]
        weights = strength.gather(1, chosen)
        bias = torch.log(weights.clamp_min(0) + 1e-4).masked_fill(weights.detach() <= 0, float("-inf"))
        bias = F.pad(bias, (0, 1))[:, None, None, :]
        for layer in self.layers:
            x = layer(x, angles.cos(), angles.sin(), bias)
        return self.norm(x), bias


class Published(nn.Module):
    """The paper's ĥ up to its memory: embedding, pooling, a bidirectional LSTM over rows, a transformer."""

    def __init__(self, size):
        super().__init__()
        self.size = size
        self.embed = nn.Conv2d(size.channels, size.d_model, 1)
        self.rows = nn.LSTM(size.d_model, size.d_model // 2, batch_first=True, bidirectional=True)
        layer = nn.TransformerEncoderLayer(**transformer(size))
        self.encoder = nn.TransformerEncoder(layer, size.layers, enable_nested_tensor=False)

    def forward(self, motifs):
        """Motif map to memory (B, positions, d_model); all of it is seen alike."""
        x = F.max_pool2d(self.embed(motifs), self.size.pool, ceil_mode=True)
        b, d, h, w = x.shape
        x = x.permute(0, 2, 3, 1)
        x = self.rows(x.reshape(b * h, w, d))[0].reshape(b, h, w, d)
        x = x + sinusoids(h, d, x.device)[None, :, None, :]
        return self.encoder(x.reshape(b, h * w, d)), None


def transformer(size):
    """The arguments of PyTorch's transformer layers."""
    return {
        "d_model": size.d_model,
        "nhead": size.heads,
        "dim_feedforward": size.feed_forward,
        "dropout": size.dropout,
        "batch_first": True,
        "norm_first": size.pre_norm,
    }


class Model(nn.Module):
    """ĝ, the authors' sparsity layer, ĥ."""

    def __init__(self, size):
        super().__init__()
        self.size = size
        kernel = size.stem_kernel
        padding = kernel // 2 - 1 if kernel > 1 else 0
        stem = nn.Conv2d(1, size.width, kernel, stride=min(kernel, 2), padding=padding)
        units = [ResidualUnit(size.width, size.second_kernel) for _ in range(size.units)]
        self.motifs = nn.Sequential(stem, *units, nn.Conv2d(size.width, size.channels, 1))
        self.sparse = SparseLayerWithBatchNorm(
            {"type": "EnforceSparsityPerChannel2D"},
            starting_sparsity=1 - size.density,
            channels=size.channels,
            affine=True,
        )
        self.encode = OverMotifs(size) if size.over_motifs else Published(size)
        self.decoder = nn.TransformerDecoder(nn.TransformerDecoderLayer(**transformer(size)), size.layers)
        self.tokens = nn.Embedding(VOCABULARY, size.d_model)
        self.output = nn.Linear(size.d_model, VOCABULARY)

    def forward(self, x, tokens):
        memory, bias = self.encode(self.sparse(self.motifs(x)))
        b, length = tokens.shape
        causal = torch.full((length, length), float("-inf"), device=x.device).triu(1)
        target = self.tokens(tokens) + sinusoids(length, self.size.d_model, x.device)
        if bias is not None:
            bias = bias.expand(b, self.size.heads, length, -1).flatten(0, 1)
        decoded = self.decoder(target, memory, tgt_mask=causal, memory_mask=bias, tgt_is_causal=True)
        return self.output(decoded)


def layer_step(density):
    """Forward and backward of the published layer, in training."""
    layer = SparseLayerWithBatchNorm(
        {"type": "EnforceSparsityPerChannel2D"}, starting_sparsity=1 - density, channels=10, affine=True
    ).train()
    x = torch.randn(16, 10, 100, 100, requires_grad=True)
    upstream = torch.randn_like(x)

    def step():
        x.grad = None
        layer.zero_grad()
        layer(x).backward(upstream)

    return step, 16


def random_batch(size):
    """Pictures, tokens before and tokens after, of the shapes of DigitCircle."""
    x = (torch.rand(size.batch, 1, size.image, size.image) < 0.2).float()
    digits = torch.randint(0, 10, (size.batch, size.digits))
    lengths = torch.randint(3, size.digits + 1, (size.batch,))
    place = torch.arange(size.digits)
    digits[place[None, :] >= lengths[:, None]] = PAD
    tokens = torch.cat([torch.full((size.batch, 1), BOS), digits], dim=1)
    labels = torch.cat([digits, torch.full((size.batch, 1), PAD)], dim=1)
    labels[torch.arange(size.batch), lengths] = EOS
    return x, tokens, labels


def training_step(size, compiled):
    """Whole training steps: forward, backward, clipping, Adam."""
    model = Model(size).train()
    parameters = [p for p in model.parameters() if p.requires_grad]
    optimiser = torch.optim.Adam(parameters, lr=size.learning_rate)
    x, tokens, labels = random_batch(size)
    forward = torch.compile(model) if compiled else model

    def step():
        optimiser.zero_grad()
        logits = forward(x, tokens)
        loss = F.cross_entropy(logits.reshape(-1, VOCABULARY), labels.reshape(-1), ignore_index=PAD)
        loss.backward()
        if size.clip:
            nn.utils.clip_grad_norm_(parameters, size.clip)
        optimiser.step()
        loss.item()

    return step, size.batch


PAPER = Size(
    name="paper", stem_kernel=1, width=64, units=4, channels=10, pool=8, d_model=512, layers=6, heads=8,
    feed_forward=2048, pre_norm=False, dropout=0.1, batch=10, learning_rate=1e-5, clip=0.0, over_motifs=0,
    density=0.5, second_kernel=3, image=100, digits=6,
)  # fmt: skip
LAPTOP = Size(
    name="laptop", stem_kernel=4, width=16, units=3, channels=10, pool=5, d_model=128, layers=2, heads=4,
    feed_forward=256, pre_norm=True, dropout=0.0, batch=16, learning_rate=1e-3, clip=1.0, over_motifs=48,
    density=0.05, second_kernel=1, image=100, digits=6,
)  # fmt: skip

WORK = {
    "layer-0.5": lambda compiled: layer_step(0.5),
    "layer-1e-2": lambda compiled: layer_step(1e-2),
    "layer-5e-5": lambda compiled: layer_step(5e-5),
    "train-laptop": lambda compiled: training_step(LAPTOP, compiled),
    "train-paper": lambda compiled: training_step(PAPER, compiled),
}


def main():
    """Does the work, prints samples a second of every step."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--work", choices=WORK, required=True)
    parser.add_argument("--threads", type=int, required=True)
    parser.add_argument("--seconds", type=float, default=8.0)
    parser.add_argument("--compile", action="store_true", help="torch.compile the model")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    torch.manual_seed(1)
    step, samples = WORK[arguments.work](arguments.compile)
    for _ in range(3):
        step()
    rates, start = [], time.perf_counter()
    while len(rates) < 5 or time.perf_counter() - start < arguments.seconds:
        before = time.perf_counter()
        step()
        rates.append(samples / (time.perf_counter() - before))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(json.dumps({"per_s": rates, "peak_mib": peak, "torch": torch.__version__}))


if __name__ == "__main__":
    main()
