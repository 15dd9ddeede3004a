"""Times the sparsity layer and two whole models in PyTorch, for the table beside `make bench`.

    make bench-python        # makes .venv-python (4.7 GB) first, then runs this

The layer is the authors' own (PyPI `sparling`); the models are the paper's DigitCircle
model and our laptop model, written here with PyTorch's modules and the authors' layer.
Inputs are random: only time is measured. Same machine, same number of threads, nothing
else running, or the numbers mean nothing.
"""

import argparse
import json
import math
import platform
import statistics
import time
from dataclasses import asdict, dataclass
from pathlib import Path

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
    pool_first: bool  # max-pool before the 1×1 embedding (fewer positions to embed)
    d_model: int
    lstm: int  # units a direction of the row LSTM; 0: tanh and a code for rows and columns
    layers: int
    heads: int
    feed_forward: int
    pre_norm: bool
    dropout: float
    batch: int
    learning_rate: float
    clip: float  # bound of the gradient's norm; 0: none
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


class Model(nn.Module):
    """ĝ, the authors' sparsity layer, ĥ."""

    def __init__(self, size):
        super().__init__()
        self.size = size
        kernel = size.stem_kernel
        stem = nn.Conv2d(1, size.width, kernel, stride=min(kernel, 2), padding=kernel // 2 - 1 if kernel > 1 else 0)
        units = [ResidualUnit(size.width, size.second_kernel) for _ in range(size.units)]
        self.motifs = nn.Sequential(stem, *units, nn.Conv2d(size.width, size.channels, 1))
        self.sparse = SparseLayerWithBatchNorm(
            {"type": "EnforceSparsityPerChannel2D"}, 1 - size.density, size.channels, affine=True
        )
        self.embed = nn.Conv2d(size.channels, size.d_model, 1)
        self.rows = nn.LSTM(size.d_model, size.lstm, batch_first=True, bidirectional=True) if size.lstm else None
        layer = {
            "d_model": size.d_model,
            "nhead": size.heads,
            "dim_feedforward": size.feed_forward,
            "dropout": size.dropout,
            "batch_first": True,
            "norm_first": size.pre_norm,
        }
        self.encoder = nn.TransformerEncoder(
            nn.TransformerEncoderLayer(**layer), size.layers, enable_nested_tensor=False
        )
        self.decoder = nn.TransformerDecoder(nn.TransformerDecoderLayer(**layer), size.layers)
        self.tokens = nn.Embedding(VOCABULARY, size.d_model)
        self.output = nn.Linear(size.d_model, VOCABULARY)

    def encode(self, motifs):
        """Motif map to memory, (B, positions, d_model)."""
        s = self.size

        def pool(x):
            return F.max_pool2d(x, s.pool, ceil_mode=True)

        x = self.embed(pool(motifs)) if s.pool_first else pool(self.embed(motifs))
        b, d, h, w = x.shape
        x = x.permute(0, 2, 3, 1)
        if self.rows is not None:
            x = self.rows(x.reshape(b * h, w, d))[0].reshape(b, h, w, d)
            x = x + sinusoids(h, d, x.device)[None, :, None, :]
        else:
            rows = sinusoids(h, d // 2, x.device)[:, None].expand(h, w, d // 2)
            columns = sinusoids(w, d // 2, x.device)[None].expand(h, w, d // 2)
            x = torch.tanh(x) + torch.cat([rows, columns], dim=2)
        return self.encoder(x.reshape(b, h * w, s.d_model))

    def forward(self, x, tokens):
        memory = self.encode(self.sparse(self.motifs(x)))
        length = tokens.shape[1]
        causal = torch.full((length, length), float("-inf"), device=x.device).triu(1)
        target = self.tokens(tokens) + sinusoids(length, self.size.d_model, x.device)
        return self.output(self.decoder(target, memory, tgt_mask=causal, tgt_is_causal=True))


def timed(step, seconds, minimum=5):
    """Seconds of each call of `step` after two to warm up, for about `seconds`."""
    for _ in range(2):
        step()
    times, start = [], time.perf_counter()
    while len(times) < minimum or time.perf_counter() - start < seconds:
        before = time.perf_counter()
        step()
        times.append(time.perf_counter() - before)
    return times


def row(case, unit, values):
    """One result: the median and the quartiles of what was measured."""
    low, middle, high = statistics.quantiles(values, n=4)
    return {"case": case, "unit": unit, "median": middle, "q1": low, "q3": high, "repeats": len(values)}


def bench_layer(density, seconds):
    """Forward and backward of the published layer, in training."""
    layer = SparseLayerWithBatchNorm({"type": "EnforceSparsityPerChannel2D"}, 1 - density, 10, affine=True).train()
    x = torch.randn(16, 10, 100, 100, requires_grad=True)
    upstream = torch.randn_like(x)

    def step():
        x.grad = None
        layer.zero_grad()
        layer(x).backward(upstream)

    times = timed(step, seconds)
    return row(f"layer forward+backward 16×10×100×100, δ = {density:g}", "ms", [1e3 * t for t in times])


def bench_model(size, seconds):
    """Whole training steps: forward, backward, clipping, Adam."""
    model = Model(size).train()
    parameters = [p for p in model.parameters() if p.requires_grad]
    optimiser = torch.optim.Adam(parameters, lr=size.learning_rate)
    x = (torch.rand(size.batch, 1, size.image, size.image) < 0.2).float()
    digits = torch.randint(0, 10, (size.batch, size.digits))
    lengths = torch.randint(3, size.digits + 1, (size.batch,))
    place = torch.arange(size.digits)
    digits[place[None, :] >= lengths[:, None]] = PAD
    begin = torch.full((size.batch, 1), BOS)
    tokens = torch.cat([begin, digits], dim=1)
    labels = torch.cat([digits, torch.full((size.batch, 1), PAD)], dim=1)
    labels[torch.arange(size.batch), lengths] = EOS

    def step():
        optimiser.zero_grad()
        logits = model(x, tokens)
        loss = F.cross_entropy(logits.reshape(-1, VOCABULARY), labels.reshape(-1), ignore_index=PAD)
        loss.backward()
        if size.clip:
            nn.utils.clip_grad_norm_(parameters, size.clip)
        optimiser.step()

    times = timed(step, seconds)
    result = row(f"training, {size.name} (batch {size.batch})", "samples/s", [size.batch / t for t in times])
    result["size"] = asdict(size)
    result["parameters"] = sum(p.numel() for p in parameters)
    return result


def paper_size(arguments):
    """DigitCircle as published."""
    return Size(
        name="paper's DigitCircle model",
        stem_kernel=1,
        width=64,
        units=4,
        channels=10,
        pool=8,
        pool_first=False,
        d_model=512,
        lstm=256,
        layers=6,
        heads=8,
        feed_forward=2048,
        pre_norm=False,
        dropout=0.1,
        batch=10,
        learning_rate=1e-5,
        clip=0.0,
        density=0.5,
        second_kernel=3,
        image=100,
        digits=6,
    )


def laptop_size(arguments):
    """The laptop model, its sizes from the command line."""
    return Size(
        name="laptop DigitCircle model",
        stem_kernel=arguments.stem_kernel,
        width=arguments.width,
        units=arguments.units,
        channels=10,
        pool=arguments.pool,
        pool_first=True,
        d_model=arguments.d_model,
        lstm=arguments.lstm,
        layers=arguments.layers,
        heads=arguments.heads,
        feed_forward=arguments.feed_forward,
        pre_norm=True,
        dropout=0.0,
        batch=arguments.batch,
        learning_rate=1e-3,
        clip=1.0,
        density=0.05,
        second_kernel=arguments.second_kernel,
        image=arguments.image,
        digits=arguments.digits,
    )


def cpu_model():
    """What the machine calls its processor."""
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()


def parse_arguments():
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seconds", type=float, default=20.0, help="for each case")
    parser.add_argument("--output", type=Path, default=Path("target/bench-python.json"))
    parser.add_argument("--skip", choices=["layer", "paper", "laptop"], action="append", default=[])
    laptop = parser.add_argument_group("laptop model")
    laptop.add_argument("--stem-kernel", type=int, default=4, choices=[1, 2, 4])
    laptop.add_argument("--width", type=int, default=16)
    laptop.add_argument("--units", type=int, default=3)
    laptop.add_argument("--second-kernel", type=int, default=1, choices=[1, 3], help="of each unit; the first is 3")
    laptop.add_argument("--image", type=int, default=64, help="side, in pixels")
    laptop.add_argument("--digits", type=int, default=5, help="at most")
    laptop.add_argument("--pool", type=int, default=4)
    laptop.add_argument("--d-model", type=int, default=128)
    laptop.add_argument("--lstm", type=int, default=0, help="units a direction; 0: none")
    laptop.add_argument("--layers", type=int, default=2)
    laptop.add_argument("--heads", type=int, default=4)
    laptop.add_argument("--feed-forward", type=int, default=256)
    laptop.add_argument("--batch", type=int, default=16)
    return parser.parse_args()


def main():
    """Runs every case, writes the JSON, prints a table."""
    arguments = parse_arguments()
    torch.set_num_threads(arguments.threads)
    torch.manual_seed(1)
    cases = []
    if "layer" not in arguments.skip:
        cases += [lambda d=d: bench_layer(d, arguments.seconds) for d in (0.5, 1e-2, 5e-5)]
    if "paper" not in arguments.skip:
        cases.append(lambda: bench_model(paper_size(arguments), arguments.seconds))
    if "laptop" not in arguments.skip:
        cases.append(lambda: bench_model(laptop_size(arguments), arguments.seconds))

    rows = []
    print("| case | PyTorch | quartiles |\n|---|---|---|")
    for case in cases:
        r = case()
        rows.append(r)
        print(f"| {r['case']} | {r['median']:.4g} {r['unit']} | {r['q1']:.4g} to {r['q3']:.4g} |", flush=True)
    machine = {"cpu": cpu_model(), "threads": arguments.threads, "torch": torch.__version__}
    arguments.output.parent.mkdir(parents=True, exist_ok=True)
    arguments.output.write_text(json.dumps({"machine": machine, "rows": rows}, indent=1) + "\n")
    print(f"\nwritten to {arguments.output}; {machine['cpu']}, {machine['threads']} threads, torch {machine['torch']}")


if __name__ == "__main__":
    main()
