#!/usr/bin/env python3
"""Measures how a run file scales; started by scripts/scale, which prepares the environment."""

import argparse
import math
import os
import pathlib
import sys

from measuring import errors, lockstep, machine, stored
from measuring.errors import MeasuringError
from scaling import forecast, link, measurement, report


def counts(option, text, legal=lambda count: True, what="whole numbers from 1 on"):
    words = text.split(",") if text else []
    if not all(word.isdigit() and 1 <= int(word) <= 1 << 20 and legal(int(word)) for word in words):
        raise MeasuringError(f"{option} must be {what}, with commas between them; got '{text}'.", 2)
    return sorted({int(word) for word in words})


def positive(option, value):
    if value is not None and not (value > 0 and math.isfinite(value)):
        raise MeasuringError(f"{option} must be above 0; got {value:g}.", 2)


def options_of(arguments):
    parser = argparse.ArgumentParser(prog="scale", usage="see scripts/scale --help", add_help=False)
    parser.add_argument("file", nargs="?")
    parser.add_argument("--ranks", default="1,2")
    for kind in ("weak", "strong", "both"):
        parser.add_argument(f"--{kind}", dest="kind", action="store_const", const=kind, default="both")
    parser.add_argument("--repetitions", type=int)
    parser.add_argument("--seconds", type=float)
    parser.add_argument("--set", dest="settings", action="append", default=[], metavar="KEY=VALUE")
    parser.add_argument("--output", type=pathlib.Path)
    parser.add_argument("--latency", type=float)
    parser.add_argument("--bandwidth", type=float)
    parser.add_argument("--predict", default="2,4,8,16,32,64")
    parser.add_argument("--no-plot", dest="plot", action="store_false")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--markdown", type=pathlib.Path)
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args(arguments)
    if options.markdown:
        return options
    if not options.file:
        raise MeasuringError("which run file? For example: scripts/scale scripts/bench/families/mlp.yaml", 2)
    options.ranks = counts("--ranks", options.ranks)
    if 1 not in options.ranks:
        options.ranks = [1, *options.ranks]  # every efficiency is a ratio to one rank
    options.predict = counts(
        "--predict", options.predict, lambda count: count <= 16384, "whole numbers from 1 to 16384"
    )
    options.repetitions = options.repetitions if options.repetitions is not None else (3 if options.quick else 20)
    options.seconds = options.seconds if options.seconds is not None else (0.1 if options.quick else 1.0)
    if options.repetitions < 1:
        raise MeasuringError(f"--repetitions must be at least 1; got {options.repetitions}.", 2)
    for name in ("seconds", "latency", "bandwidth"):
        positive(f"--{name}", getattr(options, name))
    # The batch is the run file's unless set here; shards follow the ranks.
    options.batch = lockstep.batch_of(options.file)
    for setting in options.settings:
        key, equals, value = setting.partition("=")
        if not equals:
            raise MeasuringError(f"--set needs key=value; got '{setting}'.", 2)
        if key == "shards":
            raise MeasuringError("--set shards: scaling is measured with as many shards as ranks.", 2)
        if key == "batch":
            if not value.isdigit() or int(value) < 1:
                raise MeasuringError(f"--set batch must be a whole number from 1 on; got '{value}'.", 2)
            options.batch = int(value)
    options.settings = [setting for setting in options.settings if not setting.startswith("batch=")]
    if options.kind != "weak" and options.batch < max(options.ranks):
        raise MeasuringError(
            f"strong scaling cuts the batch of {options.batch} among {max(options.ranks)} ranks; take a larger batch, or --weak.",
            2,
        )
    return options


def connection(options):
    """Latency, bandwidth, and their source."""
    if options.latency and options.bandwidth:
        return options.latency, options.bandwidth, "given"
    latency, bandwidth = link.measure()
    return (
        options.latency or latency,
        options.bandwidth or bandwidth,
        (
            "measured between two processes of this machine over TCP"
            + ("" if not (options.latency or options.bandwidth) else ", one of them given")
        ),
    )


def predicted(options, kinds, rows, lines):
    """The predictions of bench schedule from the measurements, their assumptions, and measured steps beside theirs."""
    file = os.path.abspath(options.file)
    latency, bandwidth, source = connection(options)
    networks = {kind: forecast.Network(latency, bandwidth, forecast.slowest(rows, kind)) for kind in kinds}
    seconds = {
        point.batch: measurement.step_seconds(values)
        for point, values in lines.items()
        if point.ranks == 1 and not point.communicates
    }

    def for_hosts(kind, batch, step, hosts):
        return forecast.schedule(file, options.settings, batch, step, networks[kind], hosts)

    def for_ranks(kind, batch, step, ranks):
        return forecast.schedule(file, options.settings, batch, step, networks[kind], [1], ranks)

    predictions, assumptions = forecast.predict(kinds, options.predict, options.batch, seconds, for_hosts)
    return {
        "link": source,
        "assumptions": assumptions,
        "predictions": predictions,
        "comparison": forecast.compare(rows, for_ranks),
    }


def measured(options, folder):
    """The results of all measurements, and predictions from them."""
    kinds = ["weak", "strong"] if options.kind == "both" else [options.kind]
    single = measurement.single_points(forecast.sizes(kinds, options.predict, options.batch))
    points = [point for kind in kinds for point in measurement.points_of(kind, options.ranks, options.batch)]
    points = list(dict.fromkeys(points + single))
    file = os.path.abspath(options.file)
    before = machine.description()
    lines, ready = measurement.measure(points, file, options.settings, options.repetitions, options.seconds, folder)
    rows = [row for kind in kinds for row in measurement.efficiencies(kind, options.ranks, options.batch, lines)]
    return {
        "file": options.file,
        "name": ready["model"],
        "settings": options.settings,
        "parameters": ready["parameters"],
        "repetitions": options.repetitions,
        "seconds": options.seconds,
        "machine": before,
        "rows": rows,
        **(predicted(options, kinds, rows, lines) if options.predict else {"predictions": [], "comparison": []}),
        "lines": {point.name: values for point, values in lines.items()},
    }


def main(run):
    options = options_of(sys.argv[1:])
    if options.markdown:
        stored.print_again(options.markdown, report.markdown, "a scaling measurement")
        return
    if options.check:
        return
    folder = stored.new_folder(options, "scale")
    cores = len(os.sched_getaffinity(0))
    if max(options.ranks) > cores:
        print(
            f"scale: warning: {max(options.ranks)} ranks share {cores} cores; the ceiling shows what that costs.",
            file=sys.stderr,
        )
    results = measured(options, folder)
    # Store measurements first: plots may fail.
    report.store(results, folder)
    run.stored = folder
    if options.plot:
        from scaling import plot

        plot.draw(results, folder)
    print(report.markdown(results), end="")
    print(
        f"Stored in {folder}: results.json, results.csv, results.md, logs/{', scaling.svg, scaling.png' if options.plot else ''}.",
        file=sys.stderr,
    )


if __name__ == "__main__":
    errors.run("scale", main)
