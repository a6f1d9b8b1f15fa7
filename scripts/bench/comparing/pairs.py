"""The interleaved measurement: two long-lived processes, one of which runs while the other sleeps."""

import time

from measuring import lockstep, spread
from measuring.errors import MeasuringError
from measuring.process import step_milliseconds

from comparing import tokens


class Side:
    """One of the two processes, with its answers and the processor time that it used while it should have slept."""

    def __init__(self, process):
        self.process, self.lines, self.asleep, self.awake = process, [], 0.0, 0.0
        self.ready = process.ready()
        process.repeat()  # the first repetition is warm-up

    def repeat(self, other):
        """One repetition of this side; measures the other side's processor time meanwhile."""
        before, start = other.process.processor_seconds(), time.monotonic()
        self.lines.append(self.process.repeat())
        other.awake += other.process.processor_seconds() - before
        other.asleep += time.monotonic() - start

    def summary(self):
        last = self.lines[-1]
        result = {
            "milliseconds": spread.summary([step_milliseconds(line) for line in self.lines]),
            "samples_per_second": spread.median([line["samples"] / line["seconds"] for line in self.lines]),
            "steps_per_repetition": last["steps"],
            "peak_memory_bytes": max(line["peak_memory_bytes"] for line in self.lines),
            # Of one core, while the other side ran.
            "processor_share_while_waiting": self.awake / self.asleep if self.asleep else 0.0,
            "ready": self.ready,
            "repetitions": self.lines,
        }
        if "steady_memory_bytes" in last:
            result["steady_memory_bytes"] = max(line["steady_memory_bytes"] for line in self.lines)
        return result


def our_settings(case):
    """Returns the settings that the case overrides in the run file."""
    return [f"precision={case.precision}"]


def compare(case, peer, pairs, seconds, log):
    """Measures a case in pairs of repetitions, each side first in every other pair; the row of the table.

    The ratio of a pair is our samples per second over the peer's."""
    tokens.prepare(case.family)
    calibration = peer.calibration(case)
    batch = lockstep.batch_of(case.file) * case.ranks
    arguments = (f"lockstep ({case.name})", case.file, case.ranks, batch)
    options = {"log": log, "settings": our_settings(case)}
    steps = lockstep.steps_for(seconds, *arguments, **options)
    with peer.start(case, seconds, calibration) as theirs, lockstep.start(*arguments, steps=steps, **options) as ours:
        ours, theirs = Side(ours), Side(theirs)
        for key, expected in (("ranks", case.ranks), ("precision", case.precision)):
            if ours.ready[key] != expected:
                raise MeasuringError(f"{case.name}: lockstep runs with {key} {ours.ready[key]}.")
        if ours.ready["parameters"] != theirs.ready["parameters"]:
            raise MeasuringError(
                f"{case.name}: the networks differ: {ours.ready['parameters']} parameters against "
                f"{theirs.ready['parameters']} of {peer.name}."
            )
        for number in range(pairs):
            for side, other in ((ours, theirs), (theirs, ours))[:: 1 if number % 2 == 0 else -1]:
                side.repeat(other)
    ratios = [(a["samples"] / a["seconds"]) / (b["samples"] / b["seconds"]) for a, b in zip(ours.lines, theirs.lines)]
    return {
        "family": case.family,
        "precision": case.precision,
        "ranks": case.ranks,
        "peer": peer.name,
        "ratio": spread.summary(ratios),
        "ratios": ratios,
        "lockstep": ours.summary(),
        "theirs": theirs.summary(),
        "calibration": calibration,
    }
