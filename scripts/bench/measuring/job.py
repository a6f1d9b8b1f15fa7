"""A run of scripts/launch that is disturbed, and the processes of its ranks."""

import contextlib
import os
import pathlib
import signal
import subprocess
import time

from . import lockstep
from .bed import script as bed_script
from .errors import MeasuringError


def state_of(process):
    """The state of a process as one letter; None if it does not exist."""
    try:
        return pathlib.Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return None


def ranks_of(run):
    """The processes of a run's ranks on all hosts, in the order of ranks."""
    found = {}
    for entry in os.listdir("/proc"):
        if not entry.isdigit():
            continue
        try:
            words = pathlib.Path(f"/proc/{entry}/cmdline").read_bytes().split(b"\0")
            if str(run).encode() not in words:
                continue
            environment = pathlib.Path(f"/proc/{entry}/environ").read_bytes().split(b"\0")
        except OSError:
            continue
        for variable in environment:
            name, _, value = variable.partition(b"=")
            # Children of mpirun and ssh have it, too, but run other programs.
            if name == b"OMPI_COMM_WORLD_RANK" and words[0].endswith(b"lockstep"):
                found[int(value)] = int(entry)
    return [found[rank] for rank in sorted(found)]


class Job:
    """A run that trains until it is disturbed."""

    def __init__(self, options, folder, name, bed=None):
        self.run = folder / "runs" / name
        self.log = folder / "logs" / f"{name}.log"
        self.log.parent.mkdir(parents=True, exist_ok=True)
        self.ranks = 2 if bed and bed.slots == 1 else options.ranks
        command = [bed_script, "run", "--"] if bed else []
        command += [lockstep.repository / "scripts/launch", "-n", self.ranks, *(("-H", bed.layout) if bed else ())]
        command += ["--timeout", options.timeout, "train", options.file.resolve(), "--run-dir", self.run]
        for setting in ("log_every_steps=1", "batch=256", "shards=4", *options.settings):
            command += ["--set", setting]
        environment = {**os.environ, **(bed.environment if bed else {}), "LOCKSTEP_BINARY": lockstep.binary()}
        with open(self.log, "wb") as output:
            self.process = subprocess.Popen(
                [str(word) for word in command],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env=environment,
                cwd=lockstep.repository,
                start_new_session=True,
            )

    def steps(self):
        """The number of logged steps."""
        try:
            return (self.run / "metrics.jsonl").read_bytes().count(b"\n")
        except OSError:
            return 0

    def text(self):
        return self.log.read_text(errors="replace")

    def wait(self, what, condition, seconds):
        """Waits until a condition holds; returns the time."""
        begin = time.monotonic()
        while not condition():
            if time.monotonic() - begin > seconds:
                raise MeasuringError(f"{what} took more than {seconds} seconds; see {self.log}.")
            time.sleep(0.005)
        return time.monotonic() - begin

    def end(self):
        """Ends the remaining processes."""
        for number in ranks_of(self.run):
            with contextlib.suppress(OSError):
                os.kill(number, signal.SIGKILL)
        if self.process.poll() is None:
            with contextlib.suppress(OSError):
                os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
