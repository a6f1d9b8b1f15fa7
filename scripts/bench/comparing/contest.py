"""Which of a peer's variants is the fastest."""

import sys
import time

from measuring import spread
from measuring.errors import MeasuringError
from measuring.process import step_milliseconds


class Contest:
    """Variants that take turns, each in long-lived processes of its own: one that fails or does not get ready in time costs no more
    than that, and leaves nothing behind in the others.

    `start` makes the process of a variant. One that is clearly slower than the best is dropped after its first two repetitions, judged by
    the better of the two, since a busy machine only ever makes a repetition longer."""

    hopeless = 1.5

    def __init__(self, start, rounds):
        self.start, self.rounds = start, rounds
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
                self.times[variant] = [step_milliseconds(process.repeat()) for _ in range(2)]
                self.running[variant] = process
            except MeasuringError as error:  # a variant that does not run here is not a candidate
                process.end()
                self.failures[variant] = str(error)
            said = f"{min(self.times[variant]):.3g} ms" if variant in self.times else f"failed: {self.failures[variant]}"
            print(f"    {variant}: {said} (ready after {time.monotonic() - begin:.0f} s)", file=sys.stderr, flush=True)
            self.drop(self.hopeless, min)

    def drop(self, factor, time_of):
        """Ends those that are slower than the best by more than a factor."""
        if self.running:
            limit = factor * min(time_of(self.times[variant]) for variant in self.running)
            for variant in [variant for variant in self.running if time_of(self.times[variant]) > limit]:
                self.running.pop(variant).end()

    def measure(self):
        """Measures all that are left afresh, in the same minutes."""
        for variant in self.running:
            self.times[variant] = []
        for _ in range(self.rounds):
            for variant, process in self.running.items():
                self.times[variant].append(step_milliseconds(process.repeat()))

    def median(self, variant):
        return spread.median(self.times[variant])

    def best(self, variants=None):
        """The fastest of those that are left; of these variants only, where one of them is."""
        left = [variant for variant in self.running if variants is None or variant in variants]
        return min(left or self.running, key=self.median)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for process in self.running.values():
            process.end()
