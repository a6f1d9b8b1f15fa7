#!/usr/bin/env python3
"""PyTorch's side of the comparison: one rank of one family.

    pytorch_worker.py --family mlp --precision float32 --variant eager+plain+fused --seconds 1

Alone it is one rank without torch.distributed; under torchrun it is a rank of DistributedDataParallel over Gloo."""

import argparse
import datetime
import os
import sys
import time

import protocol
import torch
import torch.distributed as distributed
from pytorch_step import Step


class Ranks:
    """The processes of one run, and their communication outside of the steps."""

    def __init__(self):
        self.rank, self.count = int(os.environ.get("RANK", 0)), int(os.environ.get("WORLD_SIZE", 1))
        if self.count > 1:
            # Longer than the compilation of other variants while this one waits for its turn.
            distributed.init_process_group("gloo", timeout=datetime.timedelta(hours=6))

    def go(self):
        """Waits until rank 0 receives "go"; False at the end. The others sleep in a socket."""
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


def times_of(step, count, ranks):
    """Time of some steps on the slowest rank, and the largest processor time of a rank."""
    ranks.meet()
    start, processor = time.perf_counter(), time.process_time()
    for _ in range(count):
        step.run()
    return ranks.largest(time.perf_counter() - start, time.process_time() - processor)


def seconds_of(step, count, ranks):
    """Time of some steps on the slowest rank."""
    return times_of(step, count, ranks)[0]


def warm_up(step, ranks, at_least=3, seconds=0.3):
    """Runs steps until compilation is complete and times are stable; the same number on all ranks. Returns the time of one step."""
    seconds_of(step, at_least, ranks)
    one = seconds_of(step, 2, ranks) / 2
    count = max(2, min(200, int(seconds / one)))
    return seconds_of(step, count, ranks) / count


def serve(options, ranks):
    """The line protocol."""
    step = Step(options.family, options.precision, options.variant, ranks.rank, ranks.count)
    one = warm_up(step, ranks)
    steps = options.steps or max(1, round(options.seconds / one))
    protocol.forget_peak_memory()
    seconds_of(step, 2, ranks)
    ranks.say(
        {
            "ready": True,
            "ranks": ranks.count,
            "model": options.family,
            "precision": options.precision,
            "parameters": step.count,
            "variant": options.variant,
            "torch": torch.__version__,
        }
    )
    repetition = 0
    while ranks.go():
        seconds, processor = times_of(step, steps, ranks)
        peak, steady = ranks.largest(protocol.peak_memory_bytes(), protocol.steady_memory_bytes())
        samples = steps * step.batches.batch * ranks.count
        ranks.say(
            {
                "repetition": repetition,
                "steps": steps,
                "samples": samples,
                "seconds": seconds,
                "processor_seconds": processor,
                "samples_per_second": samples / seconds,
                "milliseconds": {"step": 1000 * seconds / steps},
                "peak_memory_bytes": int(peak),
                "steady_memory_bytes": int(steady),
            }
        )
        repetition += 1


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--family", required=True)
    parser.add_argument("--precision", default="float32")
    parser.add_argument("--variant", default="eager+plain+fused")
    parser.add_argument("--steps", type=int, default=0, help="steps of a repetition; 0: as many as take --seconds")
    parser.add_argument("--seconds", type=float, default=1.0)
    options = parser.parse_args()
    torch.set_num_threads(1)
    torch.set_num_interop_threads(1)
    # Not PyTorch's default, but faster: moments of weights without gradients become subnormal, which is slow on some processors.
    torch.set_flush_denormal(True)
    ranks = Ranks()
    serve(options, ranks)
    if ranks.count > 1:
        # Gloo's threads and Python's shutdown race; all output has been written.
        ranks.meet()
        sys.stdout.flush()
        os._exit(0)


if __name__ == "__main__":
    sys.exit(main())
