"""A model of a step on a cluster of hosts with one rank each; its results are predictions, not measurements.

    T(n) = work(samples per rank) + wait(n) + exchange(n)

work      a + b x samples per rank, fitted to steps of one rank with the whole batch, a half and a quarter of it
wait      s x e(n): ranks' times differ by a deviation s, the slowest of n is e(n) deviations late (expected maximum of n standard
          normal numbers); s is fitted to the wait measured on the largest number of ranks
exchange  recursive halving and doubling of the gradients, and one allgather of a few bytes:
          2 log2(n) latency + 2 (n - 1) / n bytes / bandwidth + log2(n) latency
          Source: Thakur, Rabenseifner, Gropp, Optimization of Collective Communication Operations in MPICH (2005), section 4.

No overlap of exchange and computation is assumed."""

import dataclasses
import math


def expected_maximum(count):
    """Expected largest of `count` independent standard normal numbers: the integral of x d(Phi(x)^count)."""
    if count < 2:
        return 0.0
    lower, upper, steps = -8.0, 8.0, 4000
    width = (upper - lower) / steps
    total = 0.0
    for index in range(steps):
        x = lower + (index + 0.5) * width
        density = math.exp(-0.5 * x * x) / math.sqrt(2 * math.pi)
        total += x * count * (0.5 * math.erfc(-x / math.sqrt(2))) ** (count - 1) * density * width
    return total


def line_through(points):
    """(a, b) of y = a + b x by least squares, a not negative; with one point or one x the line through the origin."""
    count = len(points)
    mean_x, mean_y = sum(x for x, _ in points) / count, sum(y for _, y in points) / count
    spread = sum((x - mean_x) ** 2 for x, _ in points)
    slope = sum((x - mean_x) * (y - mean_y) for x, y in points) / spread if spread else 0.0
    intercept = mean_y - slope * mean_x
    if not spread or slope <= 0 or intercept < 0:
        return 0.0, sum(x * y for x, y in points) / sum(x * x for x, _ in points)
    return intercept, slope


@dataclasses.dataclass
class Model:
    """The fitted numbers; times in seconds, sizes in bytes."""

    fixed: float
    per_sample: float
    deviation: float
    bytes: int
    latency: float
    bandwidth: float

    def work(self, samples):
        return self.fixed + self.per_sample * samples

    def wait(self, ranks):
        return self.deviation * expected_maximum(ranks)

    def exchange(self, ranks):
        if ranks < 2:
            return 0.0
        return 3 * math.log2(ranks) * self.latency + 2 * (ranks - 1) / ranks * self.bytes / self.bandwidth

    def step(self, ranks, samples):
        """Seconds of a step with this many samples per rank."""
        return self.work(samples) + self.wait(ranks) + self.exchange(ranks)

    def efficiency(self, kind, ranks, batch):
        """Weak: T(1) / T(n) with `batch` samples per rank. Strong: T(1) / (n T(n)) with `batch` samples in all."""
        if kind == "weak":
            return self.step(1, batch) / self.step(ranks, batch)
        return self.step(1, batch) / (ranks * self.step(ranks, batch / ranks))


def fit(single, rows, parameters, latency, bandwidth):
    """The model of measured figures.

    `single` has pairs (samples, seconds) of steps of one rank; `rows` are those of measurement.efficiencies."""
    fixed, per_sample = line_through(single)
    largest = max(rows, key=lambda row: row["ranks"])
    deviation = 0.0
    if largest["ranks"] > 1:
        deviation = largest["phases"].get("wait", 0.0) / 1000 / expected_maximum(largest["ranks"])
    return Model(fixed, per_sample, deviation, 4 * parameters, latency, bandwidth)


def predict(model, kinds, ranks, batch):
    """Rows of predictions."""
    return [
        {
            "kind": kind,
            "ranks": count,
            "predicted": True,
            "efficiency": model.efficiency(kind, count, batch),
            "milliseconds": 1000 * model.step(count, batch if kind == "weak" else batch / count),
            "work": 1000 * model.work(batch if kind == "weak" else batch / count),
            "wait": 1000 * model.wait(count),
            "exchange": 1000 * model.exchange(count),
        }
        for kind in kinds
        for count in ranks
    ]
