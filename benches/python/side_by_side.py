"""Times the Rust program and PyTorch in turn on the same work, and keeps what came out.

    make bench            # this program alone, or beside PyTorch where .venv-python is there
    make bench-python     # makes .venv-python first (4.7 GB), then the same

Every measurement is a process of its own; the two sides take turns, `--rounds` times. A row of
results/bench.csv is one work, number of threads and load; a rate is the median over all steps
of all rounds, in samples a second. The ratio is PyTorch's time over ours. Load "busy" has one
other process beside it that computes without end.

The table is printed, and `--splice FILE` writes it between the lines
`<!-- bench -->` and `<!-- /bench -->` of a document.
"""

import argparse
import contextlib
import csv
import json
import os
import re
import statistics
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
COLUMNS = [
    "work", "threads", "load", "ours_per_s", "pytorch_per_s", "ratio", "revision", "machine",
    "ours_peak_mib", "pytorch_peak_mib", "rounds",
]  # fmt: skip
BF16 = ["train-laptop-bf16", "train-paper-bf16"]  # where the processor has instructions for it
OURS_ALONE = ["shards-1", "shards-4", "shards-8", "shards-16", "adam-laptop", "validate-1000"]
BOTH = ["layer-0.5", "layer-1e-2", "layer-5e-5", "train-laptop", "train-paper"]
BUSY = ["train-laptop"]
BF16_FLAGS = ("avx512_bf16", "amx_bf16")
BUSY_LOOP = "while True: pass"


def machine():
    """Processor, cores and the vector instructions that matter here."""
    text = Path("/proc/cpuinfo").read_text()
    name = re.search(r"^model name\s*: (.*)$", text, re.MULTILINE)
    flags = [flag for flag in ("avx2", "avx512f", *BF16_FLAGS) if re.search(rf"\b{flag}\b", text)]
    return f"{name.group(1) if name else 'unknown processor'}; {os.cpu_count()} cores; {' '.join(flags)}"


def revision():
    """The commit, with a mark where the tree has changes."""
    git = ["git", "-C", str(ROOT)]
    head = subprocess.run([*git, "rev-parse", "--short=12", "HEAD"], capture_output=True, text=True, check=False)
    status = [*git, "status", "--porcelain", "--untracked-files=no", "--", "src", "benches", "Cargo.lock"]
    changed = subprocess.run(status, capture_output=True, text=True, check=False)
    return (head.stdout.strip() or "unknown") + ("-dirty" if changed.stdout.strip() else "")


@contextlib.contextmanager
def load(kind):
    """A busy process beside the measurement, or none."""
    other = subprocess.Popen([sys.executable, "-c", BUSY_LOOP]) if kind == "busy" else None
    try:
        yield
    finally:
        if other:
            other.kill()
            other.wait()


def run(command, work, threads, seconds):
    """One measurement, or the reason why there is none."""
    asked = ["--work", work, "--threads", str(threads), "--seconds", str(seconds)]
    done = subprocess.run([*command, *asked], capture_output=True, text=True, cwd=ROOT, check=False)
    if done.returncode != 0:
        sys.exit(f"{' '.join([*command, *asked])} failed:\n{done.stderr.strip()[-2000:]}")
    return json.loads(done.stdout.strip().splitlines()[-1])


def built():
    """The program of benches/work.rs, built."""
    cargo = ["cargo", "bench", "--locked", "--bench", "work", "--no-run", "--message-format=json"]
    done = subprocess.run(cargo, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode != 0:
        sys.exit("the benchmark could not be built, see above")
    for line in done.stdout.splitlines():
        message = json.loads(line)
        if message.get("target", {}).get("name") == "work" and message.get("executable"):
            return [message["executable"]]
    sys.exit("cargo named no program of the benchmark")


def plan(arguments, torch):
    """Work, threads, load and the PyTorch command (or none) of every row."""
    counts = [n for n in (1, 2, 4, 8, 16) if n <= (os.cpu_count() or 1)]
    for work in BOTH:
        for threads in counts:
            yield work, threads, "alone", torch
    for work in BUSY:
        for threads in counts:
            yield work, threads, "busy", torch
    if torch and arguments.compile:
        for threads in counts:
            yield "train-laptop compiled", threads, "alone", [*torch, "--compile"]
    has_bf16 = any(flag in machine() for flag in BF16_FLAGS)
    for work in OURS_ALONE + (BF16 if has_bf16 else []):
        yield work, 1, "alone", None
        if work == "validate-1000" and counts[-1] > 1:
            yield work, counts[-1], "alone", None


def measured(arguments, work, threads, kind, ours, torch):
    """One row."""
    sides = {"ours": (ours, []), **({"pytorch": (torch, [])} if torch else {})}
    peaks = dict.fromkeys(sides, 0)
    with load(kind):
        for _ in range(arguments.rounds):
            for side, (command, rates) in sides.items():
                out = run(command, work.split()[0], threads, arguments.seconds)
                rates += out["per_s"]
                peaks[side] = max(peaks[side], out["peak_mib"])
    rate = {side: statistics.median(rates) for side, (_, rates) in sides.items()}
    ratio = f"{rate['ours'] / rate['pytorch']:.2f}" if torch else ""
    return {
        "work": work, "threads": threads, "load": kind,
        "ours_per_s": f"{rate['ours']:.4g}",
        "pytorch_per_s": f"{rate['pytorch']:.4g}" if torch else "",
        "ratio": ratio, "revision": revision(), "machine": machine(),
        "ours_peak_mib": peaks["ours"], "pytorch_peak_mib": peaks.get("pytorch", ""), "rounds": arguments.rounds,
    }  # fmt: skip


def seconds(rows, work, threads):
    """Time of a sample, alone; None where that was not measured."""
    asked = (work, threads, "alone")
    found = [r for r in rows if (r["work"], int(r["threads"]), r["load"]) == asked]
    return 1 / float(found[0]["ours_per_s"]) if found else None


def extrapolated(rows):
    """What more cores would give, a shard each: by Amdahl's law from one thread against two, and from the time of
    one thread over as many shards."""
    one, two = seconds(rows, "train-laptop", 1), seconds(rows, "train-laptop", 2)
    if not (one and two):
        return []
    alone = max(2 * two - one, 0.0)
    said = []
    for cores in (4, 8, 16):
        whole = seconds(rows, f"shards-{cores}", 1)
        if whole and cores > (os.cpu_count() or 1):
            rate = 1 / (alone + max(whole - alone, 0.0) / cores)
            said.append(f"{cores} cores with {cores} shards {rate:,.0f} samples/s")
    share = alone / one
    return said and [
        "",
        f"Extrapolated, not measured: {', '.join(said)} of `train-laptop`, where one thread's time over so many shards "
        f"is divided among the cores except for the share that two threads do not halve ({share:.0%}).",
    ]


def table(rows):
    """The rows as a Markdown table, with the machine below."""
    lines = [
        "| work | threads | load | samples/s | PyTorch | times PyTorch | MiB at most, ours / PyTorch |",
        "|---|---|---|---|---|---|---|",
    ]
    for r in rows:
        memory = f"{r['ours_peak_mib']} / {r['pytorch_peak_mib'] or '–'}"
        shown = [r["work"], r["threads"], r["load"], r["ours_per_s"], r["pytorch_per_s"] or "–", r["ratio"] or "–"]
        lines.append("| " + " | ".join(str(cell) for cell in [*shown, memory]) + " |")
    lines += extrapolated(rows)
    revisions = sorted({r["revision"] for r in rows})
    machines = sorted({r["machine"] for r in rows})
    lines += ["", f"{'; '.join(machines)}. Revision {', '.join(revisions)}; medians of {rows[0]['rounds']} rounds."]
    return "\n".join(lines)


def splice(document, text):
    """Writes the table between the marks of a document."""
    before = document.read_text()
    pattern = re.compile(r"(<!-- bench -->\n).*?(<!-- /bench -->)", re.DOTALL)
    if not pattern.search(before):
        sys.exit(f"{document} has no lines <!-- bench --> and <!-- /bench -->: add them where the table belongs")
    document.write_text(pattern.sub(lambda found: found.group(1) + text + "\n" + found.group(2), before))


def write(path, rows):
    """results/bench.csv anew."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def parse_arguments():
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=4.0, help="of each side in a round")
    parser.add_argument("--only", help="works whose name contains this; results are printed, not kept")
    parser.add_argument("--compile", action="store_true", help="torch.compile beside PyTorch eager, too")
    parser.add_argument("--output", type=Path, default=ROOT / "results/bench.csv")
    parser.add_argument("--splice", type=Path, help="a document to write the table into")
    parser.add_argument("--from-csv", action="store_true", help="measure nothing: the table of what is kept")
    return parser.parse_args()


def main():
    """Measures, keeps, prints."""
    arguments = parse_arguments()
    if arguments.from_csv:
        rows = list(csv.DictReader(arguments.output.open()))
    else:
        python = ROOT / ".venv-python/bin/python"
        torch = [str(python), str(Path(__file__).with_name("work.py"))] if python.exists() else None
        if not torch:
            print("PyTorch is left out: `make bench-python` sets it up (4.7 GB)", flush=True)
        ours, rows = built(), []
        for work, threads, kind, beside in plan(arguments, torch):
            if arguments.only and arguments.only not in work:
                continue
            rows.append(measured(arguments, work, threads, kind, ours, beside))
            shown = {key: rows[-1][key] for key in COLUMNS[:6]}
            print(" ".join(f"{key}={value}" for key, value in shown.items()), flush=True)
        if not rows:
            sys.exit(f"no work's name contains {arguments.only}")
        if not arguments.only:
            write(arguments.output, rows)
    text = table(rows)
    print(f"\n{text}")
    if arguments.splice:
        splice(arguments.splice, text)


if __name__ == "__main__":
    main()
