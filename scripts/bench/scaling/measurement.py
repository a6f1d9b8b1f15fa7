"""Measures a run file on several numbers of ranks: all processes exist at once, one of them works while the others sleep.

Weak scaling: every rank has the run file's batch. Strong scaling: the run file's batch is divided among the ranks. Shards = ranks."""

import contextlib
import dataclasses
import sys

from measuring import lockstep, spread


@dataclasses.dataclass(frozen=True)
class Point:
    """A number of ranks with a global batch; without communication every rank trains alone: the machine's ceiling."""

    ranks: int
    batch: int
    communicates: bool

    @property
    def name(self):
        alone = "" if self.communicates else " without communication"
        return f"{self.ranks} rank{'s' if self.ranks > 1 else ''}, batch {self.batch}{alone}"


def single_points(sizes):
    """One rank without communication, with each of these batches."""
    return [Point(1, size, False) for size in sizes]


def points_of(kind, ranks, batch):
    """The points of weak or strong scaling, with and without communication."""
    return [
        Point(count, batch * count if kind == "weak" else batch, communicates)
        for count in ranks
        for communicates in (True, False)
    ]


def start(point, file, settings, seconds, folder):
    """Starts the processes of a point, with as many steps per repetition as take about `seconds`."""
    log = folder / "logs" / f"{point.ranks}-{point.batch}{'' if point.communicates else '-alone'}.log"
    arguments = (f"lockstep ({point.name})", file, point.ranks, point.batch)
    options = {"log": log, "settings": settings, "communication": point.communicates}
    steps = lockstep.steps_for(seconds, *arguments, **options)
    return lockstep.start(*arguments, steps=steps, **options)


def measure(points, file, settings, repetitions, seconds, folder):
    """Lines of all repetitions by point, and the first point's line of readiness.

    The order of the points is reversed in every repetition, so that a drift of the machine's speed affects all alike."""
    lines = {point: [] for point in points}
    with contextlib.ExitStack() as stack:
        processes = {}
        for point in points:
            print(f"{point.name} ...", file=sys.stderr, flush=True)
            processes[point] = stack.enter_context(start(point, file, settings, seconds, folder))
            ready = processes[point].ready()
            processes[point].repeat()  # warm-up
        for number in range(repetitions):
            print(f"repetition {number + 1} of {repetitions}", file=sys.stderr, flush=True)
            for point in points[:: 1 if number % 2 == 0 else -1]:
                lines[point].append(processes[point].repeat())
    return lines, ready


def step_seconds(lines):
    """Median seconds of a step."""
    return spread.median([line["seconds"] / line["steps"] for line in lines])


def throughput(line):
    return line["samples"] / line["seconds"]


def phases_of(lines):
    """Median milliseconds per step by phase, mean over ranks."""
    names = dict.fromkeys(name for line in lines for name in line["milliseconds"])
    return {name: spread.median([line["milliseconds"].get(name, 0.0) for line in lines]) for name in names}


def straggling(lines, alone):
    """Slowest over mean rank: the step without communication plus the mean wait for the slowest rank, over that step.

    bench schedule multiplies a whole step by it, so the whole step is the base, not only its passes."""
    ratios = [
        1 + line["milliseconds"].get("wait", 0.0) * single["steps"] / (1000 * single["seconds"])
        for line, single in zip(lines, alone)
        if line["milliseconds"]
    ]
    return spread.summary(ratios) if ratios else None


def efficiencies(kind, ranks, batch, lines):
    """A row for each number of ranks: efficiency, the machine's ceiling, the efficiency as a share of it, all with their spread.

    Weak: thr(N) / (N thr(1)). Strong: T(1) / (N T(N)), which is the same ratio of throughputs, since the steps are equal.
    Each repetition gives one value; thr(1) is that of one rank with communication in the same repetition."""
    rows = []
    one = lines[Point(1, batch, True)]
    for count in ranks:
        total = batch * count if kind == "weak" else batch
        mine, alone = lines[Point(count, total, True)], lines[Point(count, total, False)]
        base = [count * throughput(line) for line in one]
        rows.append(
            {
                "kind": kind,
                "ranks": count,
                "batch": total,
                "efficiency": spread.summary([throughput(a) / b for a, b in zip(mine, base)]),
                "ceiling": spread.summary([throughput(a) / b for a, b in zip(alone, base)]),
                "share_of_ceiling": spread.summary([throughput(a) / throughput(b) for a, b in zip(mine, alone)]),
                "milliseconds": spread.summary([1000 * line["seconds"] / line["steps"] for line in mine]),
                "milliseconds_alone": spread.summary([1000 * line["seconds"] / line["steps"] for line in alone]),
                "samples_per_second": spread.median([throughput(line) for line in mine]),
                "phases": phases_of(mine),
                "slowest_over_mean": straggling(mine, alone),
                "peak_memory_bytes": max(line["peak_memory_bytes"] for line in mine),
            }
        )
    return rows
