#!/usr/bin/env python3
"""Compares two builds of lockstep bit for bit; started by scripts/same-bits, whose help describes the options."""

import argparse
import json
import pathlib
import re
import shutil
import sys
import time

from builds import data
from builds.build import Build
from measuring import errors, lockstep
from measuring.bed import Bed
from measuring.errors import MeasuringError

repository = lockstep.repository
ways = {
    "plain": [],
    "shard_optimizer": ["shard_optimizer=true"],
    "top_k": ["allreduce.compression={top_k: 0.05}"],
    "local_sgd": ["local_sgd={every: 4}"],
}
families = ["mlp", "cnn", "lstm"]  # run files for several hosts: dense, with images, recurrent


def options_of(arguments):
    parser = argparse.ArgumentParser(prog="same-bits", usage="see scripts/same-bits --help", add_help=False)
    parser.add_argument("before", type=pathlib.Path)
    parser.add_argument("--after", type=pathlib.Path, default=repository)
    parser.add_argument("--files", type=words)
    parser.add_argument("--steps", type=int, default=100)
    parser.add_argument("--ranks", type=numbers, default=[1, 2, 3])
    parser.add_argument("--precisions", type=words)
    parser.add_argument("--hosts", type=words, default=list(ways))
    parser.add_argument("--ignore", type=words, default=[])
    parser.add_argument("--set", dest="settings", action="append", default=[], metavar="KEY=VALUE")
    parser.add_argument("--output", type=pathlib.Path)
    options = parser.parse_args(arguments)
    if options.steps < 2 or not options.ranks or min(options.ranks) < 1:
        raise MeasuringError("--steps must be at least 2, and --ranks numbers from 1 on.", 2)
    if options.hosts == ["none"]:
        options.hosts = []
    for way in options.hosts:
        if way not in ways:
            raise MeasuringError(f"--hosts: there is no way '{way}'; there are {', '.join(ways)}.", 2)
    if not options.files:
        options.files = run_files(options.before)
    for file in options.files:
        if not pathlib.Path(file).is_file():
            raise MeasuringError(f"there is no run file '{file}'.", 2)
    if not options.precisions:
        bf16 = "avx512_bf16" in pathlib.Path("/proc/cpuinfo").read_text()
        options.precisions = ["float32", "bf16"] if bf16 else ["float32"]
    return options


def run_files(before):
    """The run files that both checkouts have: the first build may not know the keys of later ones."""
    files = [
        path.relative_to(repository)
        for place in ("Examples", "scripts/bench/families")
        for path in sorted((repository / place).glob("*.yaml"))
    ]
    if before.is_dir():
        files = [file for file in files if (before / file).is_file()]
    return [str(repository / file) for file in files]


def words(text):
    return [word for word in text.split(",") if word]


def numbers(text):
    return [int(word) for word in words(text)]


class Comparison:
    """The comparisons of one call: the equal and the different ones."""

    def __init__(self, options):
        self.options = options
        self.place = data.prepare(options.files)
        self.builds = {"before": Build(options.before, self.place), "after": Build(options.after, self.place)}
        self.folder = (options.output or repository / "runs" / time.strftime("same-bits-%Y%m%d-%H%M%S")).resolve()
        self.equal, self.different = 0, 0

    def report(self, title, differences):
        if differences:
            self.different += 1
        else:
            self.equal += 1
        print(
            f"{'DIFFERENT' if differences else 'equal    '}  {title}{': ' + '; '.join(differences) if differences else ''}",
            flush=True,
        )

    def settings(self, file, precision, more=()):
        """The settings of every run of a file: its length, and shards for the largest number of ranks."""
        text = pathlib.Path(file).read_text()
        steps = self.options.steps
        shards = re.search(r"^shards:\s*([0-9]+)", text, re.MULTILINE)
        enough = not shards or int(shards.group(1)) >= max(self.options.ranks)
        return [
            f"max_steps={steps}",
            f"precision={precision}",
            "log_every_steps=1",
            f"checkpoint={{every_steps: {max(1, steps // 2)}, keep: 2}}",
            "early_stopping=none",
            *([] if enough else [f"shards={max(4, *self.options.ranks)}"]),
            *self.options.settings,
            *more,
        ]

    def compare_file(self, file, precision):
        """On one machine: both builds on each number of ranks, then both on a checkpoint of the first."""
        name = f"{pathlib.Path(file).stem}-{precision}"
        folder = self.folder / name
        settings = self.settings(file, precision)
        file = pathlib.Path(file).resolve()
        before, reference = self.different, None
        for ranks in self.options.ranks:
            for build in self.builds:
                results = self.builds[build].train(file, folder / f"{build}-{ranks}", settings, ranks=ranks)
                reference = reference or results
                self.report(f"{name}, {build} on {ranks}", results.differences(reference, self.options.ignore))
        self.compare_continuations(name, file, folder, settings, reference)
        if self.different == before:
            shutil.rmtree(folder)

    def compare_continuations(self, name, file, folder, settings, results):
        """A run of the first build: resumed to further steps, evaluated, and used for predictions or texts by both."""
        source = folder / f"before-{self.options.ranks[0]}"
        longer = [*settings, f"max_steps={self.options.steps + max(1, self.options.steps // 10)}"]
        resumed, metrics, printed = {}, {}, {}
        is_text = any(word in file.read_text() for word in ("king_james", "shakespeare", "text:"))
        split = (
            []
            if is_text
            else ["--split", "test" if any(name.startswith("test_") for name in results.metrics) else "validation"]
        )
        last = ["generate", source, "--prompt", "In the ", "--seed", "7", "--length", "50"]
        if not is_text:
            last = ["predict", source, "--output", "-", *split]
        for build in self.builds:
            run, log = folder / f"resumed-{build}", folder / f"{build}.log"
            shutil.copytree(source, run, symlinks=True)
            resumed[build] = self.builds[build].train(file, run, longer, ranks=self.options.ranks[-1])
            if results.metrics:
                values = folder / f"{build}.json"
                self.builds[build].call(["evaluate", source, *split, "--json", values], log)
                metrics[build] = self.without_ignored(json.loads(values.read_text()))
            printed[build] = self.builds[build].call(last, log)
        self.report(
            f"{name}, resumed on {self.options.ranks[-1]}",
            resumed["before"].differences(resumed["after"], self.options.ignore),
        )
        if metrics:
            names = [key for key in metrics["before"] if metrics["before"][key] != metrics["after"].get(key)]
            self.report(f"{name}, evaluate", names)
        self.report(
            f"{name}, {last[0]}", [f"the output, see {folder}"] if printed["before"] != printed["after"] else []
        )

    def without_ignored(self, values):
        return {name: value for name, value in values.items() if not name.endswith(tuple(self.options.ignore))}

    def compare_hosts(self, precision):
        """On two hosts of one rank each, and two of two: each way of exchange gives both builds the same bits."""
        with Bed(2, 2) as bed:
            for family in families:
                file = repository / f"scripts/bench/families/{family}.yaml"
                for way in self.options.hosts:
                    for ranks, layout in ((2, "h1:2"), (2, "h1:1,h2:1"), (4, "h1:2,h2:2")):
                        name = f"{family}-{precision}-{way}-{layout.replace(':', 'x').replace(',', '-')}"
                        settings = self.settings(file, precision, [*ways[way], "shards=4"])
                        results = [
                            self.builds[build].train(
                                file, self.folder / name / build, settings, ranks=ranks, bed=bed, layout=layout
                            )
                            for build in self.builds
                        ]
                        differences = results[0].differences(results[1], self.options.ignore)
                        self.report(name, differences)
                        if not differences:
                            shutil.rmtree(self.folder / name)


def main(_):
    options = options_of(sys.argv[1:])
    comparison = Comparison(options)
    for file in options.files:
        for precision in options.precisions:
            comparison.compare_file(file, precision)
    for precision in options.precisions if options.hosts else []:
        comparison.compare_hosts(precision)
    print(
        f"{comparison.equal} equal, {comparison.different} different{f'; see {comparison.folder}' if comparison.different else ''}"
    )
    sys.exit(1 if comparison.different else 0)


if __name__ == "__main__":
    errors.run("same-bits", main)
