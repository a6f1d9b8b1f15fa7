"""Finds the fastest of a peer's variants."""

import sys
import time

from measuring.errors import MeasuringError
from measuring.process import step_milliseconds


class Contest:
    """Variants that take turns, each in its own long-lived processes, so that a variant that fails or does not start in time
    does not affect the others.

    `start` starts the process of a variant, and `time_of` returns the milliseconds per step from the line of a repetition. A
    variant is judged by its fastest repetition, since other work on the machine only makes repetitions longer. A variant that is
    clearly slower than the best one so far is dropped after its first two repetitions. The best one runs between these two, since
    times from different minutes are not comparable on a busy machine."""

    hopeless = 1.5

    def __init__(self, start, rounds, time_of=step_milliseconds):
        self.start, self.rounds, self.time_of = start, rounds, time_of
        self.running, self.times, self.failures = {}, {}, {}

    def enter(self, variants):
        """Starts those of the variants that were not in yet."""
        for variant in variants:
            if variant in self.times or variant in self.failures:
                continue
            begin = time.monotonic()
            try:
                process = self.start(variant)
            except MeasuringError as error:
                self.failures[variant] = str(error)
                continue
            try:
                process.ready()
                self.try_out(variant, process)
            except MeasuringError as error:  # a variant that does not run here is not a candidate
                process.end()
                self.failures[variant] = str(error)
            said = (
                f"{self.milliseconds(variant):.3g} ms" if variant in self.times else f"failed: {self.failures[variant]}"
            )
            print(f"    {variant}: {said} (ready after {time.monotonic() - begin:.0f} s)", file=sys.stderr, flush=True)

    def try_out(self, variant, process):
        """Two repetitions of a new variant and of the best one by turns; keeps the new one unless it is clearly slower."""
        best = self.best() if self.running else None
        times, theirs = [], []
        for _ in range(2):
            times.append(self.time_of(process.repeat()))
            if best:
                theirs.append(self.time_of(self.running[best].repeat()))
        self.times[variant] = times
        if best and min(times) > self.hopeless * min(theirs):
            process.end()
        else:
            self.running[variant] = process

    def drop(self):
        """Ends those that are clearly slower than the best, when all have been measured."""
        limit = self.hopeless * min(map(self.milliseconds, self.running))
        for variant in [variant for variant in self.running if self.milliseconds(variant) > limit]:
            self.running.pop(variant).end()

    def measure(self):
        """Measures all that are left afresh, in the same minutes."""
        for variant in self.running:
            self.times[variant] = []
        for _ in range(self.rounds):
            for variant, process in self.running.items():
                self.times[variant].append(self.time_of(process.repeat()))
        self.drop()

    def milliseconds(self, variant):
        """Per step, of the fastest repetition."""
        return min(self.times[variant])

    def best(self, variants=None):
        """The fastest of those that are left; of these variants only, where one of them is."""
        left = [variant for variant in self.running if variants is None or variant in variants]
        return min(left or self.running, key=self.milliseconds)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for process in self.running.values():
            process.end()
