#!/usr/bin/env python3
"""Compares steps with large embedding tables; started by scripts/bench/embedding, which prepares the environment."""

import argparse
import os
import pathlib
import sys
import tempfile

from measuring import errors, lockstep, spread
from measuring.errors import MeasuringError
from measuring.process import MeasuredProcess, step_milliseconds

run_file = lockstep.repository / "Examples/Recommender/recommender.yaml"
worker = pathlib.Path(__file__).resolve().parent / "peers/pytorch_embedding.py"


def start_lockstep(options, ranks, dense, log):
    settings = [
        f"data.ratings.users={options.users}",
        f"data.ratings.items={options.items}",
        f"task.recommendation.embedding={options.width}",
        f"task.recommendation.sparse={'false' if dense else 'true'}",
    ]
    return lockstep.start("Lockstep", run_file, ranks, options.batch, 20, log, settings)


def start_pytorch(options, ranks, dense, log):
    launcher = [] if ranks == 1 else ["-m", "torch.distributed.run", "--standalone", f"--nproc-per-node={ranks}"]
    command = [sys.executable, *launcher, worker]
    for name in ["users", "items", "width", "batch"]:
        command += [f"--{name}", getattr(options, name)]
    threads = {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
    return MeasuredProcess("PyTorch", command + (["--dense"] if dense else []), log, threads)


def compare(options, ranks, dense, log):
    """The milliseconds of a step on both sides, in pairs, and the largest memory of a rank in bytes."""
    with start_lockstep(options, ranks, dense, log) as ours, start_pytorch(options, ranks, dense, log) as theirs:
        sides = [ours, theirs]
        for side in sides:
            side.ready()
            side.repeat()
        times, memory = [[], []], [0, 0]
        for pair in range(options.pairs):
            for number in [0, 1] if pair % 2 == 0 else [1, 0]:
                line = sides[number].repeat()
                times[number].append(step_milliseconds(line))
                memory[number] = max(memory[number], line["peak_memory_bytes"])
    return times, memory


def main(_):
    parser = argparse.ArgumentParser(prog="embedding", usage="see scripts/bench/embedding --help", add_help=False)
    for name, value in {"users": 2_000_000, "items": 100_000, "width": 64, "batch": 4096, "pairs": 20}.items():
        parser.add_argument(f"--{name}", type=int, default=value)
    parser.add_argument("--ranks", default="1,2")
    parser.add_argument("--dense", action="store_true")
    options = parser.parse_args()
    try:
        ranks = [int(count) for count in options.ranks.split(",")]
    except ValueError:
        raise MeasuringError(f"--ranks is a list of numbers, not '{options.ranks}'.", 2) from None
    if options.pairs < 1 or min(ranks) < 1:
        raise MeasuringError("--pairs and --ranks must be at least 1.", 2)
    print("ranks  tables  Lockstep, ms (MiB)  PyTorch, ms (MiB)  ratio, median (90% interval)")
    with tempfile.TemporaryDirectory(prefix="lockstep-embedding-") as folder:
        log = os.path.join(folder, "log")
        for count in ranks:
            for dense in [False, True] if options.dense else [False]:
                times, memory = compare(options, count, dense, log)
                ratios = [theirs / ours for ours, theirs in zip(*times)]
                low, high, _ = spread.median_interval(ratios)
                ours, theirs = (f"{spread.median(side):8.2f} ({peak / 2**20:.0f})" for side, peak in zip(times, memory))
                print(
                    f"{count:5}  {'dense' if dense else 'sparse'}  {ours:>18}  {theirs:>17}  "
                    f"{spread.median(ratios):.2f} ({low:.2f} to {high:.2f})",
                    flush=True,
                )


if __name__ == "__main__":
    errors.run("embedding", main)
