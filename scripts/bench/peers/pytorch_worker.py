#!/usr/bin/env python3
"""PyTorch's side of the comparison: one rank of one family.

    pytorch_worker.py --family mlp --precision float32 --variant eager+plain+fused --seconds 1      speaks the line protocol
    pytorch_worker.py --family mlp --precision float32 --calibrate                                  prints the fastest variant

Alone it is one rank without torch.distributed; under torchrun it is a rank of DistributedDataParallel over Gloo."""

import argparse
import os
import statistics
import sys
import time

import torch
import torch.distributed as distributed

import protocol
import pytorch_variants
from pytorch_step import Step


class Ranks:
    """The processes of one run, and what they tell one another outside of the steps."""

    def __init__(self):
        self.rank, self.count = int(os.environ.get("RANK", 0)), int(os.environ.get("WORLD_SIZE", 1))
        if self.count > 1:
            distributed.init_process_group("gloo")

    def go(self):
        """Waits until rank 0 is asked to go; False at the end. The others sleep in a socket."""
        word = torch.tensor([1 if self.rank == 0 and protocol.asked_to_go() else 0])
        if self.count > 1:
            distributed.broadcast(word, 0)
        return bool(word.item())

    def meet(self):
        if self.count > 1:
            distributed.barrier()

    def largest(self, *values):
        """The largest of each value over all ranks."""
        result = torch.tensor(values, dtype=torch.float64)
        if self.count > 1:
            distributed.all_reduce(result, distributed.ReduceOp.MAX)
        return result.tolist()

    def say(self, line):
        """Prints a line on rank 0."""
        if self.rank == 0:
            protocol.say(line)


def seconds_of(step, count, ranks):
    """Time of some steps on the slowest rank."""
    ranks.meet()
    start = time.perf_counter()
    for _ in range(count):
        step.run()
    return ranks.largest(time.perf_counter() - start)[0]


def warm_up(step, ranks, at_least=3, seconds=0.3):
    """Runs steps until nothing is compiled any more and the clock has settled; the same number on all ranks. Time of one step."""
    seconds_of(step, at_least, ranks)
    one = seconds_of(step, 2, ranks) / 2
    count = max(2, min(200, int(seconds / one)))
    return seconds_of(step, count, ranks) / count


def distance(one, other):
    """In how many words two variants differ."""
    return len(set(one.split("+")) ^ set(other.split("+")))


def calibrate(options, ranks):
    """Tries the variants, interleaved, and prints the fastest with the times of all."""
    steps, times, typical, failures = {}, {}, {}, {}

    def prepare(variants):
        for variant in variants:
            failed = 0.0
            try:
                step = Step(options.family, options.precision, variant, ranks.rank, ranks.count)
                typical[variant] = warm_up(step, ranks)
            except Exception as error:  # a variant that does not run here is not a candidate
                failures[variant] = f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}"
                failed = 1.0
            if ranks.largest(failed)[0] == 0:
                steps[variant], times[variant] = step, []

    def measure(variants):
        for _ in range(options.rounds):
            for variant in variants:
                count = max(2, int(0.3 / typical[variant]))
                times[variant].append(seconds_of(steps[variant], count, ranks) / count)

    def again(variants):
        """Measures all in the same minutes."""
        for variant in variants:
            times[variant] = []
        measure(variants)

    def median(variant):
        return statistics.median(times[variant])

    def best(variants):
        # All ranks must choose alike: the times are already those of the slowest rank.
        return min(variants, key=median)

    prepare(pytorch_variants.candidates(options.family, ranks.count))
    measure(list(steps))
    chosen = best(list(steps))
    # The best one, and the best as written: compiling may win by little and lose by more with other options.
    eager = best([variant for variant in steps if variant.startswith("eager")] or [chosen])
    for variant in dict.fromkeys([chosen, eager]):
        prepare(pytorch_variants.refinements(variant, ranks.count))
    again(list(steps))
    chosen = best(list(steps))
    base = min(pytorch_variants.candidates(options.family, ranks.count), key=lambda word: distance(word, chosen))
    better = [
        variant for variant in pytorch_variants.refinements(base, ranks.count)
        if variant in steps and median(variant) < median(base)]
    combined = pytorch_variants.combination(base, better)
    if combined and combined not in steps:
        prepare([combined])
        again(list(steps))
    chosen = best(list(steps))
    ranks.say({
        "variant": chosen,
        "milliseconds": {variant: 1000 * statistics.median(values) for variant, values in times.items()},
        "failures": failures,
    })


def serve(options, ranks):
    """The line protocol."""
    step = Step(options.family, options.precision, options.variant, ranks.rank, ranks.count)
    one = warm_up(step, ranks)
    steps = options.steps or max(1, round(options.seconds / one))
    protocol.forget_peak_memory()
    seconds_of(step, 2, ranks)
    ranks.say({
        "ready": True, "ranks": ranks.count, "model": options.family, "precision": options.precision,
        "parameters": step.count, "variant": options.variant, "torch": torch.__version__})
    repetition = 0
    while ranks.go():
        seconds = seconds_of(step, steps, ranks)
        peak, steady = ranks.largest(protocol.peak_memory_bytes(), protocol.steady_memory_bytes())
        samples = steps * step.batches.batch * ranks.count
        ranks.say({
            "repetition": repetition, "steps": steps, "samples": samples, "seconds": seconds,
            "samples_per_second": samples / seconds, "milliseconds": {"step": 1000 * seconds / steps},
            "peak_memory_bytes": int(peak), "steady_memory_bytes": int(steady)})
        repetition += 1


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--family", required=True)
    parser.add_argument("--precision", default="float32")
    parser.add_argument("--variant", default="eager+plain+fused")
    parser.add_argument("--steps", type=int, default=0, help="steps of a repetition; 0: as many as take --seconds")
    parser.add_argument("--seconds", type=float, default=1.0)
    parser.add_argument("--calibrate", action="store_true")
    parser.add_argument("--rounds", type=int, default=7)
    options = parser.parse_args()
    torch.set_num_threads(1)
    torch.set_num_interop_threads(1)
    ranks = Ranks()
    (calibrate if options.calibrate else serve)(options, ranks)
    if ranks.count > 1:
        # Gloo's threads and Python's tear-down race; what was to be said has been said.
        ranks.meet()
        sys.stdout.flush()
        os._exit(0)


if __name__ == "__main__":
    sys.exit(main())
