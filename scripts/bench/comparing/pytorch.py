"""PyTorch's side: one process, or torchrun with DistributedDataParallel over Gloo."""

import dataclasses
import json
import os
import pathlib
import subprocess
import sys
import time

from measuring import machine
from measuring.errors import MeasuringError
from measuring.process import MeasuredProcess, processor_milliseconds, step_milliseconds

from comparing import cases
from comparing import pytorch_variants as variants
from comparing.contest import Contest

worker = pathlib.Path(__file__).resolve().parents[1] / "peers" / "pytorch_worker.py"


class PyTorch:
    """Starts PyTorch, and finds the fastest variant of a case."""

    name = "PyTorch"
    families = [*cases.families, *cases.sizes]
    # Of a repetition when variants are compared, and until one is compiled and ready.
    calibration_seconds, patience = 0.2, 600
    # The largest slowdown on one rank with which a variant is still tried on several.
    worth_trying = 1.25

    def __init__(self, python, cache, logs, keep_memory, rounds, fixed=None, again=False):
        self.python, self.logs, self.rounds, self.fixed, self.again = python, pathlib.Path(logs), rounds, fixed, again
        self.keep_memory = keep_memory
        self.cache = pathlib.Path(cache) / "pytorch-variants.json"
        self.version = self.ask_version()

    def ask_version(self):
        asked = subprocess.run(
            [self.python, "-c", "import torch; print(torch.__version__)"], capture_output=True, text=True
        )
        if asked.returncode:
            raise MeasuringError(f"'{self.python}' has no PyTorch; see scripts/bench/compare --help.")
        return asked.stdout.strip()

    def has(self, case):
        return case.family in self.families

    def environment(self, compilers):
        """One thread, and several to compile; on request glibc keeps freed memory instead of returning it to the system between tensors."""
        result = {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "TORCHINDUCTOR_COMPILE_THREADS": str(compilers)}
        if self.keep_memory:
            result |= {"MALLOC_MMAP_THRESHOLD_": str(1 << 30), "MALLOC_TRIM_THRESHOLD_": str(1 << 34)}
        return result

    def command(self, case, *arguments):
        launcher = []
        if case.ranks > 1:
            launcher = ["-m", "torch.distributed.run", "--standalone", f"--nproc-per-node={case.ranks}"]
        return [self.python, *launcher, worker, "--family", case.family, "--precision", case.precision, *arguments]

    def process(self, case, label, *arguments, patience=900, compilers=1):
        return MeasuredProcess(
            f"PyTorch ({case.name})",
            self.command(case, *arguments),
            self.logs / f"{case.slug}-pytorch{label}.log",
            environment=self.environment(compilers),
            patience=patience,
        )

    def calibration(self, case):
        """The fastest variant, with the times of all that were tried; cached per machine."""
        if self.fixed:
            return {"variant": self.fixed, "milliseconds": {}, "failures": {}}
        key = self.key(case)
        known = self.known()
        if key not in known or self.again:
            print(f"  looking for {self.name}'s fastest variant:", file=sys.stderr, flush=True)
            found = self.fastest(case)
            # Another run may have added to the file meanwhile.
            known = self.known() | {key: found}
            self.cache.parent.mkdir(parents=True, exist_ok=True)
            self.cache.write_text(json.dumps(known, indent=1) + "\n")
        return known[key]

    def key(self, case):
        """The key of a case's calibration in the cache."""
        return f"{case.slug}/{self.version}/{machine.processor()}" + ("/keep-memory" if self.keep_memory else "")

    def known(self):
        """The results of calibrations on this machine."""
        try:
            return json.loads(self.cache.read_text())
        except (OSError, ValueError):
            return {}

    def candidates(self, case):
        """The variants to try first. On several ranks, variants that were clearly slower on one are left out."""
        first = variants.candidates(case.family, case.ranks)
        alone = self.known().get(self.key(dataclasses.replace(case, ranks=1)), {}).get("milliseconds", {})
        ways = {variant: alone.get(variant.removesuffix("+bucket_view")) for variant in first}
        if case.ranks == 1 or None in ways.values():
            return first
        limit = self.worth_trying * min(ways.values())
        return [variant for variant in first if ways[variant] <= limit]

    def fastest(self, case):
        """Tries the variants: first how the network runs; then the other options, for the best variant and for the best one
        without changes to the network; then everything that helped together."""
        begin = time.monotonic()

        def start(variant):
            # Code compiled here is in PyTorch's cache when the case is measured.
            return self.process(
                case,
                "-calibration",
                "--variant",
                variant,
                "--seconds",
                self.calibration_seconds,
                patience=self.patience,
                compilers=max(1, len(os.sched_getaffinity(0)) // case.ranks),
            )

        # One rank never waits: its processor time is the time of a step on an idle machine, and can be measured on a busy one.
        time_of = processor_milliseconds if case.ranks == 1 else step_milliseconds
        with Contest(start, self.rounds, time_of) as contest:
            first = self.candidates(case)
            contest.enter(first)
            if not contest.running:
                raise MeasuringError(
                    f"{case.name}: no variant of {self.name} runs: {next(iter(contest.failures.values()))}"
                )
            contest.measure()
            # Compiling may gain little, and lose more with other options.
            eager = contest.best([variant for variant in first if variant.startswith("eager")])
            for variant in dict.fromkeys([contest.best(), eager]):
                contest.enter(variants.refinements(variant, case.ranks))
            contest.measure()
            chosen = contest.best()
            base = min(first, key=lambda variant: variants.distance(variant, chosen))
            if base in contest.running:
                better = [
                    variant
                    for variant in variants.refinements(base, case.ranks)
                    if variant in contest.running and contest.milliseconds(variant) < contest.milliseconds(base)
                ]
                combined = variants.combination(base, better)
                if combined and combined not in contest.times:
                    contest.enter([combined])
                    contest.measure()
            return {
                "variant": contest.best(),
                "milliseconds": {variant: contest.milliseconds(variant) for variant in contest.times},
                "failures": contest.failures,
                "seconds": time.monotonic() - begin,
            }

    def start(self, case, seconds, calibration):
        return self.process(case, "", "--variant", calibration["variant"], "--seconds", seconds)
