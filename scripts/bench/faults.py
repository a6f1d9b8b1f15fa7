#!/usr/bin/env python3
"""Measures how soon all ranks of a job have ended after a fault; started by scripts/bench/faults, which prepares the environment."""

import argparse
import contextlib
import os
import pathlib
import random
import re
import shutil
import signal
import sys
import time

from measuring import errors, lockstep, machine, spread, stored
from measuring.bed import Bed
from measuring.errors import MeasuringError
from measuring.job import Job, ranks_of, state_of

signals = {"kill": signal.SIGKILL, "crash": signal.SIGSEGV, "stop": signal.SIGSTOP}
kinds = [*signals, "cut"]
places = {"one": "one host", "two": "two hosts", "lone": "two hosts of one rank"}
# The beginning of a report, whichever process prints it: a rank, or the connection for which all ranks wait.
report = re.compile(
    r"\brank \d+\b.* ended (?:without an error message|by a signal)\.$"
    r"|\brank \d+\b.* made no progress for .*: the job is ended"
    r"|\bNo rank made progress for .*: the network between .* is probably cut"
    r"|\bcannot reach other ranks; (?:rank \d+\b|none of them is known to be gone)",
    re.MULTILINE,
)


def options_of(arguments):
    parser = argparse.ArgumentParser(prog="faults", usage="see scripts/bench/faults --help", add_help=False)
    parser.add_argument("--faults", default=",".join(kinds))
    parser.add_argument("--places", default="one,two")
    parser.add_argument("--times", type=int, default=12)
    parser.add_argument("--ranks", type=int, default=4)
    parser.add_argument("--timeout", type=float, default=5)
    parser.add_argument("--rate", default="1gbit")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--file", type=pathlib.Path, default=lockstep.repository / "scripts/bench/overlap.yaml")
    parser.add_argument("--set", dest="settings", action="append", default=[], metavar="KEY=VALUE")
    parser.add_argument("--output", type=pathlib.Path)
    parser.add_argument("--markdown", type=pathlib.Path)
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args(arguments)
    if options.markdown:
        return options
    for name, known in (("faults", kinds), ("places", places)):
        chosen = getattr(options, name).split(",")
        for word in chosen:
            if word not in known:
                raise MeasuringError(f"--{name}: there is no '{word}'; there are {', '.join(known)}.", 2)
        setattr(options, name, chosen)
    if options.times < 1:
        raise MeasuringError(f"--times must be at least 1; got {options.times}.", 2)
    if options.ranks < 2 or options.ranks % 2:
        raise MeasuringError(f"--ranks must be even, and at least 2; got {options.ranks}.", 2)
    if options.timeout <= 0:
        raise MeasuringError(f"--timeout must be more than 0; got {options.timeout:g}.", 2)
    lockstep.batch_of(options.file)
    return options


def trial(options, folder, name, kind, bed, draws):
    """One run with one fault: the seconds until its ranks had ended, until the report, and until the launcher had ended."""
    job = Job(options, folder, name, bed)
    try:
        job.wait("the first steps", lambda: job.steps() > 10 or job.process.poll() is not None, 120)
        time.sleep(draws.uniform(0, 1))
        ranks = ranks_of(job.run)
        if len(ranks) != job.ranks:
            raise MeasuringError(f"the run has {len(ranks)} ranks, not {job.ranks}; see {job.log}.")
        victim = draws.randrange(job.ranks)
        begin = time.monotonic()
        if kind == "cut":
            bed.call("cut", "h2")
        else:
            os.kill(ranks[victim], signals[kind])
        seconds = {"victim": victim}
        while len(seconds) < 4:
            now = time.monotonic() - begin
            if "gone" not in seconds and all(state_of(rank) in (None, "Z", "X") for rank in ranks):
                seconds["gone"] = now
            if "over" not in seconds and job.process.poll() is not None:
                seconds["over"] = now
            if "told" not in seconds and "last heartbeat" in job.text():
                seconds["told"] = now
            if now > 60 + options.timeout:
                raise MeasuringError(f"{name}: no end within {now:.0f} seconds; see {job.log}.")
            if "over" in seconds and "gone" in seconds and "told" not in seconds:
                seconds["told"] = None
            time.sleep(0.005)
        shutil.rmtree(job.run)
        return {**seconds, "reports": len(report.findall(job.text())), "status": job.process.returncode}
    finally:
        job.end()
        if bed:
            bed.call("mend", "h2")
            for number in range(1, bed.hosts + 1):
                bed.call("kill", f"h{number}")


def measure(options, folder):
    before = machine.description()
    draws = random.Random(options.seed)
    rows = []
    with contextlib.ExitStack() as stack:
        beds = {
            place: stack.enter_context(Bed(2, 1 if place == "lone" else options.ranks // 2, options.rate))
            for place in options.places
            if place != "one"
        }
        for number in range(options.times):
            for place in options.places:
                for kind in options.faults:
                    if kind == "cut" and place == "one":
                        continue
                    found = trial(options, folder, f"{place}-{kind}-{number + 1}", kind, beds.get(place), draws)
                    print(
                        f"{places[place]}, {kind} {number + 1} of {options.times}: {found}", file=sys.stderr, flush=True
                    )
                    rows.append({"place": place, "kind": kind, **found})
    return {
        "ranks": options.ranks,
        "timeout": options.timeout,
        "rate": options.rate,
        "seed": options.seed,
        "times": options.times,
        "settings": options.settings,
        "machine": before,
        "rows": rows,
    }


def markdown(results):
    def text(rows, name):
        values = [row[name] for row in rows if row[name] is not None]
        return f"{spread.median(values):.2f} ({min(values):.2f} to {max(values):.2f})" if values else "-"

    table = [
        f"{results['ranks']} ranks, time-out {results['timeout']:g} s, links of {results['rate']}, seed {results['seed']}. "
        "Seconds after the fault: median, and from the least to the most.",
        "",
        "| where | fault | times | last rank gone | reported | launcher ended | jobs with one report |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for place, name in places.items():
        for kind in kinds:
            rows = [row for row in results["rows"] if (row["place"], row["kind"]) == (place, kind)]
            if rows:
                table.append(
                    f"| {name} | {kind} | {len(rows)} | {text(rows, 'gone')} | {text(rows, 'told')} | {text(rows, 'over')} | "
                    f"{sum(row['reports'] == 1 for row in rows)} |"
                )
    return "\n".join([*table, "", machine.sentence(results["machine"]), ""])


def main(run):
    options = options_of(sys.argv[1:])
    if options.markdown:
        stored.print_again(options.markdown, markdown, "a measurement of faults")
        return
    if options.check:
        return
    folder = stored.new_folder(options, "faults").absolute()
    folder.mkdir(parents=True, exist_ok=True)
    stored.keep(run, folder, measure(options, folder), markdown)


if __name__ == "__main__":
    errors.run("faults", main)
