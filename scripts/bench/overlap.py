#!/usr/bin/env python3
"""Measures how much communication between hosts is hidden; started by scripts/bench/overlap, which prepares the environment."""

import argparse
import contextlib
import functools
import pathlib
import sys

from measuring import errors, lockstep, machine, spread, stored
from measuring.bed import Bed
from measuring.bed import script as bed_script
from measuring.errors import MeasuringError
from measuring.process import MeasuredProcess


def options_of(arguments):
    parser = argparse.ArgumentParser(prog="overlap", usage="see scripts/bench/overlap --help", add_help=False)
    parser.add_argument("--hosts", type=int, default=2)
    parser.add_argument("--rate", default="1gbit")
    parser.add_argument("--batch", type=int)
    parser.add_argument("--repetitions", type=int)
    parser.add_argument("--steps", type=int, default=10)
    parser.add_argument("--file", type=pathlib.Path, default=lockstep.repository / "scripts/bench/overlap.yaml")
    parser.add_argument("--set", dest="settings", action="append", default=[], metavar="KEY=VALUE")
    parser.add_argument("--output", type=pathlib.Path)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--markdown", type=pathlib.Path)
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args(arguments)
    if options.markdown:
        return options
    options.repetitions = options.repetitions if options.repetitions is not None else (2 if options.quick else 20)
    if options.quick:
        options.steps = min(options.steps, 3)
    for name, least in (("hosts", 2), ("repetitions", 1), ("steps", 1), ("batch", 1)):
        value = getattr(options, name)
        if value is not None and value < least:
            raise MeasuringError(f"--{name} must be at least {least}; got {value}.", 2)
    lockstep.batch_of(options.file)
    for setting in options.settings:
        key, equals, _ = setting.partition("=")
        if not equals:
            raise MeasuringError(f"--set needs key=value; got '{setting}'.", 2)
        if key in ("batch", "shards", "allreduce.compression"):
            raise MeasuringError(f"--set {key}: the measurement sets it itself.", 2)
    return options


def start(bed, options, folder, name, batch, steps, settings=(), communication=True):
    """Starts the benchmark of the run file with one rank on each host; the batch is that of a rank."""
    command = [
        bed_script,
        "run",
        "--",
        lockstep.repository / "scripts/launch",
        "-n",
        bed.hosts,
        "-H",
        bed.layout,
        "--stdin",
    ]
    command += ["bench", "step", options.file.resolve(), "--steps", steps, "--warmup", 5]
    command += ["--repetitions", lockstep.forever, "--wait"]
    for setting in (f"batch={batch * bed.hosts}", f"shards={bed.hosts}", *options.settings, *settings):
        command += ["--set", setting]
    if not communication:
        command.append("--no-communication")
    log = folder / "logs" / f"{name.replace(' ', '-')}-{batch}.log"
    return MeasuredProcess(
        f"lockstep ({name})", command, log, environment=bed.environment, directory=lockstep.repository
    )


def seconds(line):
    return line["seconds"] / line["steps"]


def batch_for(begin, batch, target):
    """A batch of a rank whose step takes about this number of seconds without communication."""
    for _ in range(3):
        with begin("calibration", batch, 5, communication=False) as process:
            process.ready()
            process.repeat()
            took = spread.median([seconds(process.repeat()) for _ in range(3)])
        if abs(took / target - 1) < 0.05:
            break
        batch = max(8, round(batch * target / took / 8) * 8)
    return batch


def measure(options, folder):
    before = machine.description()
    with Bed(options.hosts, 1, options.rate) as bed:
        rate = bed.stream()
        begin = functools.partial(start, bed, options, folder)
        with begin("parameters", 8, 1) as process:
            ready = process.ready()
        # 2 (n - 1) / n of the gradients leave each host, 4 bytes each.
        wire = 2 * (options.hosts - 1) / options.hosts * 4 * ready["parameters"] / rate
        batch = options.batch or batch_for(begin, lockstep.batch_of(options.file), wire)
        cases = {
            "alone": begin("alone", batch, options.steps, communication=False),
            "float32": begin("float32", batch, options.steps),
            "bf16": begin("bf16", batch, options.steps, ["allreduce.compression=bf16"]),
        }
        lines = {name: [] for name in cases}
        with contextlib.ExitStack() as stack:
            for process in cases.values():
                stack.enter_context(process)
            for process in cases.values():
                process.ready()
                process.repeat()
            for number in range(options.repetitions):
                print(f"repetition {number + 1} of {options.repetitions}", file=sys.stderr, flush=True)
                for name in list(cases)[:: 1 if number % 2 == 0 else -1]:
                    lines[name].append(cases[name].repeat())
            rate_after = bed.stream()
    rate = (rate + rate_after) / 2
    rows = []
    for name, share in (("float32", 1.0), ("bf16", 0.5)):
        wire = share * 2 * (options.hosts - 1) / options.hosts * 4 * ready["parameters"] / rate
        floors = [max(seconds(line), wire) for line in lines["alone"]]
        rows.append(
            {
                "wire": name,
                "wire_milliseconds": 1000 * wire,
                "alone_milliseconds": spread.summary([1000 * seconds(line) for line in lines["alone"]]),
                "step_milliseconds": spread.summary([1000 * seconds(line) for line in lines[name]]),
                "ratio": spread.summary([seconds(line) / floor for line, floor in zip(lines[name], floors)]),
                "phases": {
                    phase: spread.median([line["milliseconds"].get(phase, 0.0) for line in lines[name]])
                    for phase in lines[name][0]["milliseconds"]
                },
            }
        )
    return {
        "name": ready["model"],
        "parameters": ready["parameters"],
        "hosts": options.hosts,
        "rate": options.rate,
        "stream_bytes_per_second": rate,
        "batch_per_rank": batch,
        "repetitions": options.repetitions,
        "steps": options.steps,
        "settings": options.settings,
        "machine": before,
        "rows": rows,
        "lines": lines,
    }


def markdown(results):
    def text(values, digits):
        return f"{values['median']:.{digits}f} ({values['lower_quartile']:.{digits}f} to {values['upper_quartile']:.{digits}f})"

    table = [
        f"{results['hosts']} hosts of one rank, links of {results['rate']}; {results['parameters']:,} parameters, "
        f"{results['batch_per_rank']} samples per rank; one raw TCP stream carries {results['stream_bytes_per_second'] / 1e6:.1f} MB/s. "
        f"Medians and quartiles of {results['repetitions']} interleaved repetitions of {results['steps']} steps, milliseconds.",
        "",
        "| on the wire | computation alone | bytes / link rate | step with exchange | step / max(both) "
        "| of that forward, backward, wait, update |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for row in results["rows"]:
        phases = ", ".join(f"{row['phases'].get(name, 0):.0f}" for name in ("forward", "backward", "wait", "update"))
        table.append(
            f"| {row['wire']} | {text(row['alone_milliseconds'], 1)} | {row['wire_milliseconds']:.1f} | "
            f"{text(row['step_milliseconds'], 1)} | {text(row['ratio'], 3)} | {phases} |"
        )
    return "\n".join([*table, "", machine.sentence(results["machine"]), ""])


def main(run):
    options = options_of(sys.argv[1:])
    if options.markdown:
        stored.print_again(options.markdown, markdown, "a measurement of overlap")
        return
    if options.check:
        return
    folder = stored.new_folder(options, "overlap")
    folder.mkdir(parents=True, exist_ok=True)
    stored.keep(run, folder, measure(options, folder), markdown)


if __name__ == "__main__":
    errors.run("overlap", main)
