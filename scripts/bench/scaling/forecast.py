"""Predictions for clusters by `lockstep bench schedule`, from measured figures; its results are not measurements.

The command computes the messages of a step. It receives the measured time of a rank's step without
communication, how late the slowest rank is, and the latency and bandwidth between hosts."""

import dataclasses
import json
import pathlib
import subprocess
import tempfile

from measuring import lockstep
from measuring.errors import MeasuringError

PARTS = ("compute", "arrival", "rows", "sums", "records", "squares")


@dataclasses.dataclass(frozen=True)
class Network:
    """A network between hosts with one rank each: seconds of a message, bytes per second, and (ranks, slowest over
    mean rank) or None."""

    latency: float
    bandwidth: float
    slowest: tuple | None

    def words(self):
        """Options of bench schedule."""
        words = ["--latency", f"{self.latency * 1e6:.9g}", "--bandwidth", f"{self.bandwidth * 8e-9:.9g}"]
        if self.slowest and self.slowest[0] > 1:
            words += ["--slowest", f"{self.slowest[0]}:{max(1.0, self.slowest[1]):.9g}"]
        return words


def share(batch, ranks):
    """The largest share of a rank in a batch."""
    return -(-batch // ranks)


def sizes(kinds, hosts, batch):
    """The samples per rank for which predictions need the time of a step."""
    strong = [share(batch, count) for count in hosts if count <= batch] if "strong" in kinds else []
    return list(dict.fromkeys([batch, *strong])) if hosts else []


def schedule(file, settings, batch, seconds, network, hosts, ranks=1):
    """The JSON of bench schedule for this many samples per rank, whose step takes so many seconds."""
    with tempfile.TemporaryDirectory() as name:
        output = pathlib.Path(name) / "schedule.json"
        command = [lockstep.binary(), "bench", "schedule", file, "--json", output, "--ranks", ranks]
        command += ["--hosts", ",".join(map(str, hosts)), "--step-ms", f"{seconds * 1e3:.9g}", *network.words()]
        for setting in (f"batch={batch}", *settings):
            command += ["--set", setting]
        done = subprocess.run([str(word) for word in command], capture_output=True, text=True)
        if done.returncode != 0:
            raise MeasuringError(
                f"bench schedule ended with status {done.returncode}: {(done.stderr or done.stdout).strip()}"
            )
        return checked(output.read_text())


def checked(text):
    """The report of bench schedule, complete."""
    try:
        report = json.loads(text)
        complete = "deviation" in report["assumptions"] and len(report["predictions"]) > 0
        for prediction in report["predictions"]:
            complete = (
                complete and {"hosts", "step_seconds", *(f"{part}_seconds" for part in PARTS)} <= prediction.keys()
            )
    except (ValueError, KeyError, TypeError, AttributeError):
        complete = False
    if not complete:
        raise MeasuringError(
            "the report of lockstep bench schedule is incomplete: the command is of an earlier version; build it again."
        )
    return report


def slowest(rows, kind):
    """Of the measured rows of a kind, (ranks, slowest over mean rank) of the one with the most ranks; None if unknown."""
    largest = max((row for row in rows if row["kind"] == kind), key=lambda row: row["ranks"])
    ratio = largest["slowest_over_mean"]
    return (largest["ranks"], ratio["median"]) if ratio else None


def row(kind, prediction, alone):
    """A row of the report from a prediction; `alone` is the time of a step of one rank with the batch of one host."""
    hosts, step = prediction["hosts"], prediction["step_seconds"]
    return {
        "kind": kind,
        "ranks": hosts,
        "predicted": True,
        "efficiency": alone / step if kind == "weak" else alone / (hosts * step),
        "milliseconds": 1000 * step,
        **{part: 1000 * prediction[f"{part}_seconds"] for part in PARTS},
    }


def predict(kinds, hosts, batch, seconds, ask):
    """Rows of predictions, and the assumptions of each kind; `seconds` has the time of a step by samples per rank,
    and ask(kind, batch, seconds, hosts) is `schedule` without its other arguments.

    Strong scaling needs a sample for every host: larger numbers of hosts are left out."""
    rows, assumptions = [], {}
    for kind in kinds:
        if kind == "weak":
            reports = [ask(kind, batch, seconds[batch], hosts)] if hosts else []
        else:
            each = [(share(batch, count), count) for count in hosts if count <= batch]
            reports = [ask(kind, size, seconds[size], [count]) for size, count in each]
        for report in reports:
            assumptions.setdefault(kind, report["assumptions"])
            rows += [row(kind, prediction, seconds[batch]) for prediction in report["predictions"]]
    return rows, assumptions


def compare(rows, ask):
    """The measured steps of several ranks beside those predicted for one host with as many ranks, which compute as
    long as without communication; ask(kind, batch, seconds, ranks) is `schedule` for one host.

    For the largest number of ranks both the time of computation and the delay of the slowest rank come from the same
    rows: there only the cost of the exchange is predicted."""
    result = []
    for measured in rows:
        ranks = measured["ranks"]
        if ranks < 2:
            continue
        seconds = measured["milliseconds_alone"]["median"] / 1000
        report = ask(measured["kind"], share(measured["batch"], ranks), seconds, ranks)
        predicted = 1000 * report["predictions"][0]["step_seconds"]
        result.append(
            {
                "kind": measured["kind"],
                "ranks": ranks,
                "measured": measured["milliseconds"]["median"],
                "predicted": predicted,
                "difference": predicted / measured["milliseconds"]["median"] - 1,
            }
        )
    return result
