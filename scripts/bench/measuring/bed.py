"""A test bed of several hosts on this machine, by cluster/testbed."""

import os
import subprocess
import tempfile

from . import lockstep, spread
from .errors import MeasuringError

script = lockstep.repository / "cluster/testbed"


class Bed:
    """Hosts h1, h2, ... with a number of slots each; removed at the end of the with block."""

    def __init__(self, hosts, slots, rate=None):
        self.hosts, self.slots, self.rate = hosts, slots, rate
        self.state = tempfile.mkdtemp(prefix="lockstep-bed-")

    @property
    def environment(self):
        """The environment that identifies this test bed to cluster/testbed."""
        return {"LOCKSTEP_TESTBED": self.state}

    @property
    def layout(self):
        """The hosts in the format of -H of scripts/launch."""
        return ",".join(f"h{number}:{self.slots}" for number in range(1, self.hosts + 1))

    def call(self, *words):
        """Runs cluster/testbed with these words; returns its output."""
        done = subprocess.run(
            [str(script), *map(str, words)],
            capture_output=True,
            text=True,
            env={**os.environ, **self.environment},
            cwd=lockstep.repository,
        )
        if done.returncode != 0:
            raise MeasuringError(
                f"cluster/testbed {words[0]} failed: {(done.stderr.strip().splitlines() or ['no output'])[-1]}"
            )
        return done.stdout

    def __enter__(self):
        self.call("up", "--hosts", self.hosts, "--slots", self.slots, *(("--rate", self.rate) if self.rate else ()))
        return self

    def __exit__(self, *_):
        self.call("down")

    def stream(self):
        """The bytes per second of one raw TCP stream: the median of three."""
        return spread.median([float(self.call("stream").split()[0]) for _ in range(3)])
