#!/usr/bin/env python3
"""Measures what trackers cost; started by scripts/bench/trackers, which prepares the environment."""

import argparse
import json
import pathlib
import subprocess
import tempfile

from measuring import errors, lockstep, spread
from measuring.errors import MeasuringError

run_file = """
model: {mlp: {hidden: [1]}}
data: {synthetic: {samples: 64, test_samples: 1, shape: [1], classes: 2}}
batch: 2
shards: 1
log_every_steps: 1
optimizer: {sgd: {learning_rate: 0.1}}
"""
unlogged = 1_000_000_000
trackers = {
    "csv": "csv",
    "tensorboard": "tensorboard",
    "mlflow": "{mlflow: {directory: FOLDER/mlruns}}",
    "all three": "csv, tensorboard, {mlflow: {directory: FOLDER/mlruns}}",
}


def seconds(folder, name, file, settings):
    """The seconds of a step of a run, without its start, evaluations and checkpoints."""
    run = folder / "runs" / name
    command = [lockstep.binary(), "train", file, "--quiet", "--run-dir", run]
    for setting in settings:
        command += ["--set", setting.replace("FOLDER", str(folder))]
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True)
    if done.returncode != 0:
        raise MeasuringError(f"lockstep ended with status {done.returncode}: {done.stderr.strip()[-500:]}")
    summary = json.loads((run / "summary.json").read_text())
    return lockstep.batch_of(run / "config.yaml") / summary["samples_per_second"]


def main(_):
    parser = argparse.ArgumentParser(prog="trackers", usage="see scripts/bench/trackers --help", add_help=False)
    parser.add_argument("--pairs", type=int, default=20)
    parser.add_argument("--steps", type=int, default=20000)
    parser.add_argument("--file", type=pathlib.Path, default=lockstep.repository / "Examples/fashion-mlp.yaml")
    options = parser.parse_args()
    if options.pairs < 1 or options.steps < 100:
        raise MeasuringError("--pairs must be at least 1, and --steps at least 100.", 2)
    with tempfile.TemporaryDirectory(prefix="lockstep-trackers-") as name:
        folder = pathlib.Path(name)
        file = folder / "run.yaml"
        file.write_text(run_file + f"max_steps: {options.steps}\ncheckpoint: {{every_steps: {options.steps}}}\n")
        short = ["epochs=none", "max_steps=300", "early_stopping=none", "evaluate={every_steps: 300}"]
        step = spread.median([seconds(folder, f"step-{n}", options.file, short) for n in range(3)])
        cases = {name: (f"trackers=[{value}]", 1) for name, value in trackers.items()}
        cases["all three, not logged"] = (f"trackers=[{trackers['all three']}]", unlogged)
        print(f"a step of {options.file.name}: {1e3 * step:.3f} ms")
        print("tracker                  us of a record (median, quartiles)   of a step, logging every 10th")
        for number, (name, (setting, every)) in enumerate(cases.items()):
            costs = []
            for pair in range(options.pairs):
                sides = [[f"log_every_steps={every}"], [f"log_every_steps={every}", setting]]
                order = [0, 1] if pair % 2 == 0 else [1, 0]
                took = {side: seconds(folder, f"{number}-{pair}-{side}", file, sides[side]) for side in order}
                costs.append(took[1] - took[0])
            found = spread.summary(costs)
            share = found["median"] / (10 if every == 1 else 1) / step
            print(
                f"{name:24} {1e6 * found['median']:8.3f} "
                f"({1e6 * found['lower_quartile']:.3f} to {1e6 * found['upper_quartile']:.3f})"
                f"{100 * share:20.4f} %",
                flush=True,
            )


if __name__ == "__main__":
    errors.run("trackers", main)
