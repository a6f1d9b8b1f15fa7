"""Lockstep's side: `lockstep bench step` on a run file, through scripts/launch for several ranks."""

import os
import pathlib
import re

from .errors import MeasuringError
from .process import MeasuredProcess

repository = pathlib.Path(__file__).resolve().parents[3]
forever = 1_000_000


def binary():
    """The command: LOCKSTEP_BINARY, or the release build."""
    return os.environ.get("LOCKSTEP_BINARY", str(repository / ".build/release/lockstep"))


def batch_of(file):
    """The batch of a run file."""
    try:
        text = pathlib.Path(file).read_text()
    except OSError as error:
        raise MeasuringError(f"the run file '{file}' cannot be read: {error.strerror}.", 2) from None
    found = re.search(r"^batch:\s*([0-9]+)", text, re.MULTILINE)
    if not found:
        raise MeasuringError(f"the run file '{file}' has no line 'batch: <samples per step>'.", 2)
    return int(found.group(1))


def start(name, file, ranks, batch, steps, log, settings=(), warm_up=10, communication=True):
    """Starts the benchmark of a run file on a number of ranks, one shard each."""
    command = [binary()] if ranks == 1 else [repository / "scripts/launch", "-n", ranks, "--stdin"]
    command += ["bench", "step", file, "--steps", steps, "--warmup", warm_up, "--repetitions", forever, "--wait"]
    for setting in (f"batch={batch}", f"shards={ranks}", *settings):
        command += ["--set", setting]
    if not communication:
        command.append("--no-communication")
    root = {"OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1"} if os.geteuid() == 0 else {}
    return MeasuredProcess(name, command, log, environment=root, directory=repository)


def steps_for(seconds, *arguments, **options):
    """The number of steps that take about this time, from a first, short run."""
    with start(*arguments, steps=3, warm_up=5, **options) as process:
        process.ready()
        process.repeat()
        line = process.repeat()
    return max(1, round(seconds * line["steps"] / line["seconds"]))
