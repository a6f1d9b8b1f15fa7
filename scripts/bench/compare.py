#!/usr/bin/env python3
"""Compares the speed of Lockstep and of its peers; started by scripts/bench/compare, which prepares the environment."""

import argparse
import pathlib
import sys

from comparing import cases, pairs, report
from comparing.mlx import MLX
from comparing.pytorch import PyTorch
from measuring import errors, machine, stored
from measuring.errors import MeasuringError

peer_kinds = {"pytorch": PyTorch, "mlx": MLX}


def words(legal):
    """Returns a parser for a comma-separated list of legal words."""

    def parse(text):
        chosen = text.split(",")
        for word in chosen:
            if word not in legal:
                raise MeasuringError(f"unknown {parse.what} '{word}'; there are: {', '.join(legal)}.", 2)
        return list(dict.fromkeys(chosen))

    parse.what = "word"
    return parse


def ranks(text):
    chosen = text.split(",")
    if not all(word.isdigit() and 1 <= int(word) <= 1024 for word in chosen):
        raise MeasuringError(f"--ranks must be whole numbers from 1 on, with commas between them; got '{text}'.", 2)
    return [int(word) for word in dict.fromkeys(chosen)]


def options_of(arguments):
    parser = argparse.ArgumentParser(prog="compare", usage="see scripts/bench/compare --help", add_help=False)
    parser.add_argument("--families", default=",".join(cases.families))
    parser.add_argument("--precisions", default=",".join(cases.precisions))
    parser.add_argument("--ranks", default="1,2")
    parser.add_argument("--peers", default="pytorch")
    parser.add_argument("--pairs", type=int)
    parser.add_argument("--seconds", type=float)
    parser.add_argument("--output", type=pathlib.Path)
    parser.add_argument("--variant")
    parser.add_argument("--calibrate", action="store_true")
    parser.add_argument("--recalibrate", action="store_true")
    parser.add_argument("--keep-memory", action="store_true")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--markdown", type=pathlib.Path)
    parser.add_argument("--python", default="")
    parser.add_argument("--cache", type=pathlib.Path)
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args(arguments)
    for name, legal in (
        ("families", [*cases.families, *cases.sizes]),
        ("precisions", cases.precisions),
        ("peers", list(peer_kinds)),
    ):
        parse = words(legal)
        parse.what = {"families": "family", "precisions": "precision", "peers": "peer"}[name]
        setattr(options, name, parse(getattr(options, name)))
    options.ranks = ranks(options.ranks)
    for name in options.peers:
        kind = peer_kinds[name]
        missing = [family for family in options.families if family not in kind.families]
        if len(missing) == len(options.families):
            raise MeasuringError(
                f"{kind.name} has no {' or '.join(missing)} here, only: {', '.join(kind.families)}; change --families or --peers.",
                2,
            )
        if missing and not options.check:
            print(f"{kind.name} has no {' or '.join(missing)} here: not compared with it.", file=sys.stderr)
    options.pairs = options.pairs if options.pairs is not None else (3 if options.quick else 20)
    options.seconds = options.seconds if options.seconds is not None else (0.1 if options.quick else 1.0)
    if options.pairs < 1:
        raise MeasuringError(f"--pairs must be at least 1; got {options.pairs}.", 2)
    if not 0.001 <= options.seconds <= 3600:
        raise MeasuringError(f"--seconds must be from 0.001 to 3600; got {options.seconds:g}.", 2)
    return options


def peers_of(options, folder):
    """Returns the requested peers, ready to start."""
    fixed = options.variant or ("eager+plain+fused" if options.quick else None)
    made = {
        "pytorch": lambda: PyTorch(
            options.python, options.cache, folder / "logs", options.keep_memory, 7, fixed, options.recalibrate
        ),
        "mlx": lambda: MLX(options.python, folder / "logs"),
    }
    return [made[name]() for name in options.peers]


def calibrate(options, peers):
    """Finds the peers' fastest variants where they are unknown, and prints them."""
    for case in cases.all_cases(options.families, options.precisions, options.ranks):
        for peer in peers:
            if peer.has(case):
                print(f"{case.name}, {peer.name} ...", file=sys.stderr, flush=True)
                print(report.calibration(case, peer, peer.calibration(case)), flush=True)


def main(run):
    options = options_of(sys.argv[1:])
    if options.markdown:
        stored.print_again(options.markdown, report.markdown, "a comparison")
        return
    if options.check:
        return
    folder = stored.new_folder(options, "compare")
    peers = peers_of(options, folder)
    if options.calibrate:
        calibrate(options, peers)
        return
    results = {
        "machine": machine.description(),
        "pairs": options.pairs,
        "seconds": options.seconds,
        "quick": options.quick,
        "keep_memory": options.keep_memory,
        "peers": ", ".join(f"{peer.name} {peer.version}" for peer in peers),
        "rows": [],
    }
    for case in cases.all_cases(options.families, options.precisions, options.ranks):
        for peer in peers:
            if not peer.has(case):
                continue
            print(f"{case.name} against {peer.name} ...", file=sys.stderr, flush=True)
            row = pairs.compare(
                case, peer, options.pairs, options.seconds, folder / "logs" / f"{case.slug}-lockstep.log"
            )
            results["rows"].append(row)
            report.store(results, folder)
            run.stored = folder
            print(
                "  {median:.2f} ({lower_quartile:.2f} to {upper_quartile:.2f})".format(**row["ratio"]), file=sys.stderr
            )
            for name, side in (("Lockstep", row["lockstep"]), (peer.name, row["theirs"])):
                if side["processor_share_while_waiting"] > 0.05:
                    print(
                        f"  warning: {name} used {side['processor_share_while_waiting']:.0%} of a core while it waited.",
                        file=sys.stderr,
                    )
    print(report.markdown(results), end="")
    print(f"Stored in {folder}: results.json, results.csv, results.md, logs/.", file=sys.stderr)


if __name__ == "__main__":
    errors.run("compare", main)
