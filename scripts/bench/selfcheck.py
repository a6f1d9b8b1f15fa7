#!/usr/bin/env python3
"""Checks the statistics and the models of the measuring scripts against values computed by hand; needs only Python.

Prints one line for each check and ends with status 1 if one fails."""

import contextlib
import io
import json
import pathlib
import sys
import tempfile

import faults
from comparing import cases, contest
from comparing.pytorch import PyTorch
from measuring import errors, spread, stored
from measuring.errors import MeasuringError
from measuring.process import MeasuredProcess
from scaling import forecast, measurement, report

failures = 0


def check(what, got, expected, tolerance=1e-12):
    global failures
    pairs = zip(got, expected) if isinstance(expected, (list, tuple)) else [(got, expected)]
    good = all(abs(a - b) <= tolerance * (abs(b) or 1) for a, b in pairs)
    failures += not good
    print(f"{'ok' if good else 'FAILED'}: {what}" + ("" if good else f": {got}, expected {expected}"))


check("median of an odd number", spread.median([5, 1, 3]), 3)
check("median of an even number", spread.median([4, 1, 3, 2]), 2.5)
check("quartiles are interpolated", [spread.quantile([1, 2, 3, 4], share) for share in (0.25, 0.75)], [1.75, 3.25])
check("quantiles at the ends", [spread.quantile([7, 9, 8], share) for share in (0, 1)], [7, 9])
# Tables of the sign test: of 20 values the 6th and the 15th enclose the median with 95.86%; of 10 the 2nd and the 9th with 97.85%.
check("interval of 20 values", spread.median_interval(range(1, 21)), [6, 15, 0.9586105347], 1e-9)
check("interval of 10 values", spread.median_interval(range(1, 11)), [2, 9, 0.978515625], 1e-9)
check("interval of 5 values", spread.median_interval([3, 1, 2, 5, 4]), [1, 5, 0.9375])
check("4 values do not reach 0.9", spread.median_interval([1, 2, 3, 4]), [1, 4, 0.875])
check("interval of one value", spread.median_interval([2]), [2, 2, 0])
check("order does not matter", spread.median_interval([20 - n for n in range(20)])[:2], [6, 15])


def foretold(hosts, seconds):
    """A prediction as bench schedule writes it."""
    parts = {f"{part}_seconds": seconds / len(forecast.PARTS) for part in forecast.PARTS}
    return {"hosts": hosts, "step_seconds": seconds, **parts}


# Options of bench schedule: microseconds, Gbit/s, and the slowest rank, never faster than the mean one.
network = forecast.Network(2e-5, 1.25e9, (2, 1.1))
check("options of a network", network.words() == "--latency 20 --bandwidth 10 --slowest 2:1.1".split(), True)
check("one rank has no slowest", len(forecast.Network(1e-6, 1e9, (1, 1.0)).words()), 4)
check("the slowest is no less than the mean", forecast.Network(1e-6, 1e9, (2, 0.9)).words()[-1] == "2:1", True)
check("the largest share of a batch", [forecast.share(64, count) for count in (1, 3, 64)], [64, 22, 1])
check("batches of strong scaling", forecast.sizes(["weak", "strong"], [1, 2, 3, 128], 64), [64, 32, 22])
check("batches of weak scaling", forecast.sizes(["weak"], [2, 4], 64), [64])

# A step of 64 samples takes 1 s, of 32 0.5 s; hosts that exchange add 0.25 s.
asked = []


def ask(kind, batch, seconds, hosts):
    asked.append((kind, batch, seconds, hosts))
    predictions = [foretold(count, seconds + (0.25 if count > 1 else 0)) for count in hosts]
    return {"assumptions": {"deviation": 0.1}, "predictions": predictions}


rows, assumptions = forecast.predict(["weak", "strong"], [1, 2, 128], 64, {64: 1.0, 32: 0.5}, ask)
check(
    "one question for weak scaling, one per host for strong",
    [kind for kind, *_ in asked] == ["weak", "strong", "strong"] and list(assumptions) == ["weak", "strong"],
    True,
)
check("strong scaling needs a sample for every host", [row["ranks"] for row in rows], [1, 2, 128, 1, 2])
check("predicted efficiencies", [row["efficiency"] for row in rows], [1, 0.8, 0.8, 1, 1 / 1.5])
check("predicted times", [rows[4]["milliseconds"], rows[4]["sums"]], [750, 125])
compared = forecast.compare(
    [
        {
            "kind": "weak",
            "ranks": count,
            "batch": 64 * count,
            "milliseconds": {"median": 1600.0},
            "milliseconds_alone": {"median": 1000.0},
        }
        for count in (1, 2)
    ],
    lambda kind, batch, seconds, ranks: {"predictions": [foretold(1, seconds * ranks * batch / 64)]},
)
check("a measured step beside a predicted one", [len(compared), compared[0]["difference"]], [1, 0.25])


def line(samples, seconds, **milliseconds):
    return {"samples": samples, "seconds": seconds, "steps": 10, "milliseconds": milliseconds, "peak_memory_bytes": 5}


# One rank: 1000 samples a second. Two: weak 1800 with and 1900 without communication; strong takes 0.6 of the time.
phases = {"load": 1.0, "forward": 3.0, "backward": 4.0, "wait": 2.0}
measured = {
    measurement.Point(1, 64, True): [line(640, 0.64)] * 3,
    measurement.Point(1, 64, False): [line(640, 0.64)] * 3,
    measurement.Point(2, 128, True): [line(1280, 1280 / 1800, **phases)] * 3,
    measurement.Point(2, 128, False): [line(1280, 1280 / 1900)] * 3,
    measurement.Point(2, 64, True): [line(640, 0.384)] * 3,
    measurement.Point(2, 64, False): [line(640, 0.32)] * 3,
}
weak, strong = (measurement.efficiencies(kind, [1, 2], 64, measured)[1] for kind in ("weak", "strong"))
check(
    "measured weak efficiency, ceiling, share",
    [weak[name]["median"] for name in ("efficiency", "ceiling", "share_of_ceiling")],
    [0.9, 0.95, 0.9 / 0.95],
)
check("measured strong efficiency", strong["efficiency"]["median"], 0.64 / (2 * 0.384))
# The wait is 2 ms. A step alone takes 1280 / 19 ms, of which the passes are only 8 ms.
check("slowest over mean rank", weak["slowest_over_mean"]["median"], 1 + 2 * 19 / 1280)
check("without times of phases it is unknown", strong["slowest_over_mean"] is None, True)
check("one rank of weak scaling does not count", forecast.slowest([weak, strong], "weak"), [2, 1 + 2 * 19 / 1280])
check("each kind has its own", forecast.slowest([weak, strong], "strong") is None, True)
check(
    "predictions need steps without communication",
    [point.communicates for point in measurement.single_points([64, 32])],
    [False, False],
)


def refused(action, words):
    """Whether an action ends with a MeasuringError of these words."""
    try:
        action()
    except MeasuringError as error:
        return words in str(error)
    return False


complete = {"assumptions": {"deviation": 0.1}, "predictions": [foretold(1, 1.0)]}
check("a complete report", forecast.checked(json.dumps(complete)) == complete, True)
for broken in ("", "[]", "{}", '{"assumptions": {"deviation": 0}, "predictions": [{"hosts": 1}]}'):
    check(f"the report '{broken}'", refused(lambda: forecast.checked(broken), "earlier version; build it again"), True)
with tempfile.TemporaryDirectory() as folder:
    old = pathlib.Path(folder)
    for text in ("[]", "{}", '{"rows": null}'):
        (old / "results.json").write_text(text)
        again = refused(lambda: stored.print_again(old, report.markdown, "x"), "earlier version; measure again")
        check(f"the stored results '{text}'", again, True)

program = """
import sys
print('{"ready": true}', flush=True)
for number, _ in enumerate(sys.stdin):
    print('noise')
    print('{"repetition": %d}' % number, flush=True)
"""
with tempfile.TemporaryDirectory() as folder:
    with MeasuredProcess("a program", [sys.executable, "-c", program], folder + "/log") as process:
        process.ready()
        check("the line protocol", [process.repeat()["repetition"] for _ in range(3)], [0, 1, 2])
        check("a waiting process uses no processor", process.processor_seconds(), process.processor_seconds(), 0.05)
    check("the end of the input ends the program", process.process.returncode, 0)
    failing = MeasuredProcess("a program", [sys.executable, "-c", "raise ValueError('what happened')"], folder + "/log")
    try:
        failing.ready()
        check("a program that fails", 0, 1)
    except MeasuringError as error:
        check("a program that fails", "ended with status 1" in str(error) and "what happened" in str(error), True)
    failing.end()


# Variants of a peer as programs that report 1, 1.2 and 9 seconds per step (without taking them), and one that fails.
variant = """
import sys
print('{"ready": true}', flush=True)
for _ in sys.stdin:
    print('{"repetition": 0, "steps": 2, "seconds": %s}', flush=True)
"""
with tempfile.TemporaryDirectory() as folder:
    programs = {name: variant % (2 * seconds) for name, seconds in (("slow", 9), ("good", 1.2), ("best", 1))} | {
        "broken": "import nothing"
    }
    started = {}

    def start(name):
        started[name] = MeasuredProcess(name, [sys.executable, "-c", programs[name]], f"{folder}/{name}")
        return started[name]

    with contextlib.redirect_stderr(io.StringIO()), contest.Contest(start, 3) as rivals:
        rivals.enter(["good", "broken", "best", "slow"])
        rivals.enter(["best", "slow"])
        rivals.measure()
        check(
            "the fastest variant",
            (rivals.best(), rivals.best(["good"]), rivals.best(["slow"])) == ("best", "good", "best"),
            True,
        )
        check("a variant that is clearly slower is dropped", sorted(rivals.running) == ["best", "good"], True)
        check(
            "its times are kept", [rivals.milliseconds(name) for name in ("slow", "good", "best")], [9000, 1200, 1000]
        )
        check(
            "a variant that fails", list(rivals.failures) == ["broken"] and "nothing" in rivals.failures["broken"], True
        )
    check("all variants have ended", all(process.process.poll() is not None for process in started.values()), True)

# The known times on one rank determine the candidates on several: up to 1.25 times the best.
with tempfile.TemporaryDirectory() as folder:
    peer = PyTorch.__new__(PyTorch)
    peer.version, peer.keep_memory, peer.cache = "1", False, pathlib.Path(folder, "variants.json")
    gpt = cases.Case("gpt", "bf16", 1)
    several = cases.Case("gpt", "bf16", 2)
    check("nothing is known of one rank", len(peer.candidates(several)), 3)
    times = {"eager+plain+fused": 130, "compile+plain+fused": 100, "autotune+plain+fused": 125}
    peer.cache.write_text(json.dumps({peer.key(gpt): {"milliseconds": times}}))
    check(
        "what was slower on one rank is left out",
        peer.candidates(several) == ["compile+plain+fused+bucket_view", "autotune+plain+fused+bucket_view"],
        True,
    )
    check("one rank tries all", len(peer.candidates(gpt)), 3)


def end(main):
    """The status and the message with which a script's main function ends."""
    said = io.StringIO()
    with contextlib.redirect_stderr(said):
        try:
            errors.run("script", main)
        except SystemExit as error:
            return error.code, said.getvalue()
    return 0, said.getvalue()


def interrupted(stored):
    def main(run):
        run.stored = stored
        raise KeyboardInterrupt

    return main


check(
    "an interruption before anything is stored",
    end(interrupted(None)) == (130, "script: interrupted; nothing had been stored yet.\n"),
    True,
)
check(
    "an interruption after something is stored",
    end(interrupted("runs/x")) == (130, "script: interrupted; what was measured before is in runs/x.\n"),
    True,
)
check(
    "a file that cannot be written",
    end(lambda run: open("/nowhere/file", "w"))
    == (1, "script: '/nowhere/file': No such file or directory; nothing had been stored yet.\n"),
    True,
)

reports = [
    "lockstep: rank 3 on h2 ended by a signal.",
    "rank 0 on h1, rank 1 on h1 (and all other ranks) ended without an error message.",
    "lockstep: rank 2 on h2 made no progress for 5.1 s (time-out 5.0 s): the job is ended. Continue from the newest checkpoint.",
    "lockstep: Rank 0 cannot reach other ranks; rank 3 on h2 may be gone. The connection is lost.",
    "No rank made progress for 5.1 s (time-out 5.0 s), and all wait for others: the network between h1 and h2 is probably "
    "cut. The job is ended.",
    "Rank 0 cannot reach other ranks; none of them is known to be gone: the network between h1 and h2 is probably cut. MPI_Test failed.",
]
check("reports of faults name a rank or a connection", [len(faults.report.findall(text)) for text in reports], [1] * 6)
check("each report counts", len(faults.report.findall("\n".join(reports))), 6)
others = [
    "lockstep:  ended without an error message.",
    "lockstep:  made no progress for 5.0 s (time-out 5.0 s): the job is ended. Continue from the newest checkpoint.",
    "lockstep: Rank 0 cannot reach other ranks;  may be gone. The connection is lost.",
    "  rank 3 on h2, process 7: step 8, phase wait, bucket none, last heartbeat 2.0 s ago; ended without an error message: killed",
]
check(
    "what names no rank, or one of several lines of a report, is none",
    [len(faults.report.findall(text)) for text in others],
    [0, 0, 0, 0],
)

sys.exit(1 if failures else 0)
