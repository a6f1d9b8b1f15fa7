#!/usr/bin/env python3
"""Compares the accuracy of bf16, or of other settings, with that of float32.

scripts/bench/precision prepares the environment and starts it."""

import argparse
import json
import pathlib
import shlex
import statistics
import subprocess
import sys

from measuring import errors, lockstep, machine, stored
from measuring.errors import MeasuringError

default_variants = ["precision=float32", "precision=bf16"]
default_metrics = ["bits_per_byte", "accuracy", "loss"]


def options_of(arguments):
    parser = argparse.ArgumentParser(prog="precision", usage="see scripts/bench/precision --help", add_help=False)
    parser.add_argument("file", nargs="?", type=pathlib.Path)
    parser.add_argument("--seeds")
    parser.add_argument("--ranks", type=int, default=1)
    parser.add_argument("--set", dest="settings", action="append", default=[], metavar="KEY=VALUE")
    parser.add_argument("--launch", default="")
    parser.add_argument("--variant", dest="variants", action="append", metavar="KEY=VALUE")
    parser.add_argument("--metric")
    parser.add_argument("--output", type=pathlib.Path)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--markdown", type=pathlib.Path)
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args(arguments)
    if options.markdown:
        return options
    if not options.file:
        raise MeasuringError("which run file? For example: scripts/bench/precision Examples/fashion-mlp.yaml", 2)
    if not options.file.is_file():
        raise MeasuringError(f"there is no run file '{options.file}'.", 2)
    words = (options.seeds or ("1,2" if options.quick else "1,2,3")).split(",")
    if not all(word.isdigit() for word in words) or len(set(words)) < max(2, len(words)):
        raise MeasuringError(
            f"--seeds must be two different whole numbers or more, with commas between them; got '{options.seeds}'.", 2
        )
    options.seeds = [int(word) for word in words]
    if not 1 <= options.ranks <= 1024:
        raise MeasuringError(f"--ranks must be from 1 to 1024; got {options.ranks}.", 2)
    if options.launch and options.ranks == 1:
        raise MeasuringError("--launch goes with --ranks of 2 or more: one rank is not started by scripts/launch.", 2)
    options.variants = options.variants or default_variants
    if len(set(options.variants)) < max(2, len(options.variants)):
        raise MeasuringError("--variant: give two different settings or more.", 2)
    for name, settings in (("--set", options.settings), ("--variant", options.variants)):
        for setting in settings:
            if "=" not in setting:
                raise MeasuringError(f"{name} needs key=value; got '{setting}'.", 2)
    varied = {key_of(setting) for setting in options.variants}
    for key in map(key_of, options.settings):
        if key == "seed" or key in varied:
            raise MeasuringError(
                f"--set {key}: the comparison sets it itself{'; see --seeds' if key == 'seed' else ''}.", 2
            )
    if "seed" in varied:
        raise MeasuringError("--variant seed: the comparison sets it itself; see --seeds.", 2)
    if options.quick:
        options.settings = [*options.settings, "max_steps=20"]
    return options


def key_of(setting):
    return setting.partition("=")[0]


def title(setting, variants):
    """The title of a variant: its value, if all vary the same key."""
    return setting.partition("=")[2] if len(set(map(key_of, variants))) == 1 else setting


def train(options, setting, seed, folder):
    """Trains once; returns the metrics of the validation split by name."""
    variant = title(setting, options.variants)
    name = f"{''.join(letter if letter.isalnum() or letter in '.-' else '_' for letter in variant)}-seed-{seed}"
    directory = folder / "runs" / name
    log = folder / "logs" / f"{name}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    command = [lockstep.binary()]
    if options.ranks > 1:
        command = [lockstep.repository / "scripts/launch", "-n", options.ranks, *shlex.split(options.launch)]
    command += ["train", options.file.resolve(), "--run-dir", directory.resolve()]
    for change in (*options.settings, setting, f"seed={seed}"):
        command += ["--set", change]
    with open(log, "wb") as output:
        done = subprocess.run(
            [str(word) for word in command],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    if done.returncode:
        said = [line for line in log.read_text(errors="replace").splitlines() if line.strip()]
        telling = [line for line in said if line.startswith("lockstep: ")]
        raise MeasuringError(
            f"{variant}, seed {seed}: status {done.returncode}: {(telling or said or ['no output'])[-1]} (all of it: {log})"
        )
    summary = json.loads((directory / "summary.json").read_text())
    metrics = {
        name.removeprefix("validation_"): value for name, value in summary.items() if name.startswith("validation_")
    }
    if not metrics:
        raise MeasuringError(
            f"'{options.file}' has no validation split, by which the runs could be compared; give its data a validation.",
            2,
        )
    return {
        "variant": variant,
        "seed": seed,
        "steps": summary["steps"],
        "seconds": summary["seconds"],
        "metrics": metrics,
    }


def spread(values):
    """Mean, deviation between seeds (n - 1), and range."""
    return {
        "mean": statistics.fmean(values),
        "deviation": statistics.stdev(values),
        "lowest": min(values),
        "highest": max(values),
    }


def summary(runs, variants, seeds):
    """By metric: the spread of each variant, and that of its differences from the first variant with equal seeds."""
    reference = variants[0]
    result = {}
    for name in runs[0]["metrics"]:
        values = {(run["variant"], run["seed"]): run["metrics"].get(name) for run in runs}
        if any(value is None for value in values.values()):
            continue  # JSON's null: not a number
        result[name] = {variant: spread([values[variant, seed] for seed in seeds]) for variant in variants}
        for variant in variants[1:]:
            result[name][f"{variant} - {reference}"] = spread(
                [values[variant, seed] - values[reference, seed] for seed in seeds]
            )
    return result


def markdown(results):
    name = results["metric"]
    lines = [
        f"| validation {name.replace('_', ' ')} | "
        + " | ".join(f"seed {seed}" for seed in results["seeds"])
        + " | mean | deviation | range |",
        "| --- |" + " --- |" * (len(results["seeds"]) + 3),
    ]
    values = {(run["variant"], run["seed"]): run["metrics"][name] for run in results["runs"]}
    reference, *others = results["variants"]
    rows = {variant: [values[variant, seed] for seed in results["seeds"]] for variant in results["variants"]}
    for variant in others:
        rows[f"{variant} - {reference}"] = [
            values[variant, seed] - values[reference, seed] for seed in results["seeds"]
        ]
    for variant, row in rows.items():
        value = results["summary"][name][variant]
        lines.append(
            f"| {variant} | "
            + " | ".join(f"{number:.4f}" for number in row)
            + f" | {value['mean']:.4f} | {value['deviation']:.4f} | {value['lowest']:.4f} to {value['highest']:.4f} |"
        )
    note = (
        f"{results['file']}{''.join(', ' + setting for setting in results['settings'])}; "
        f"{results['ranks']} rank{'s' if results['ranks'] > 1 else ''}"
        f"{' (' + results['launch'] + ')' if results['launch'] else ''}, "
        f"{results['runs'][0]['steps']} steps. The deviation is that between seeds."
        + (" A quick run: nothing to quote." if results["quick"] else "")
    )
    return "\n".join([*lines, "", note, "Measured " + machine.sentence(results["machine"]), ""])


def main(run):
    options = options_of(sys.argv[1:])
    if options.markdown:
        stored.print_again(options.markdown, markdown, "a comparison of precisions")
        return
    if options.check:
        return
    folder = stored.new_folder(options, "precision")
    results = {
        "file": str(options.file),
        "settings": options.settings,
        "ranks": options.ranks,
        "launch": options.launch,
        "seeds": options.seeds,
        "variants": [title(setting, options.variants) for setting in options.variants],
        "quick": options.quick,
        "machine": machine.description(),
        "runs": [],
    }
    for seed in options.seeds:
        for setting in options.variants:
            print(f"{title(setting, options.variants)}, seed {seed} ...", file=sys.stderr, flush=True)
            one = train(options, setting, seed, folder)
            results["runs"].append(one)
            (folder / "results.json").write_text(json.dumps(results, indent=1) + "\n")
            run.stored = folder
            known = one["metrics"]
            if options.metric and options.metric not in known:
                raise MeasuringError(f"--metric: the run has no '{options.metric}'; there are: {', '.join(known)}.", 2)
    results["summary"] = summary(results["runs"], results["variants"], options.seeds)
    results["metric"] = options.metric or next(
        (name for name in default_metrics if name in results["summary"]), next(iter(results["summary"]), None)
    )
    if results["metric"] not in results["summary"]:
        raise MeasuringError(f"a run's {results['metric'] or 'metrics'} came to no number; see {folder}/results.json.")
    (folder / "results.json").write_text(json.dumps(results, indent=1) + "\n")
    (folder / "results.md").write_text(markdown(results))
    print(markdown(results), end="")
    print(f"Stored in {folder}: results.json, results.md, runs/, logs/.", file=sys.stderr)


if __name__ == "__main__":
    errors.run("precision", main)
