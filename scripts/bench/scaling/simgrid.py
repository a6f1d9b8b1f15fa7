"""Replays the predicted steps in SimGrid's SMPI: a check of the model's network part by an independent simulator.

Every rank's trace lists its computations and exchanges, without times; SMPI computes the times on a simulated cluster. Two
networks are simulated: one with only the latency and the bandwidth, and SMPI's model of TCP over Ethernet, whose
factors for small and large messages come from measurements of its authors."""

import pathlib
import random
import re
import shutil
import subprocess
import tempfile

from measuring.errors import MeasuringError

speed = 1e9
networks = {
    "plain": ["--cfg=smpi/lat-factor:0:1", "--cfg=smpi/bw-factor:0:1", "--cfg=network/TCP-gamma:0"],
    "TCP": [],
}


def platform(ranks, model):
    """A cluster around a switch. A message passes two links, each with half of the latency."""
    return f"""<?xml version='1.0'?>
<!DOCTYPE platform SYSTEM "https://simgrid.org/simgrid.dtd">
<platform version="4.1">
  <cluster id="cluster" prefix="host" suffix="" radical="0-{ranks - 1}" speed="{speed:.0f}f"
    bw="{model.bandwidth:.0f}Bps" lat="{model.latency / 2:.9f}s" sharing_policy="SPLITDUPLEX"/>
</platform>
"""


def trace(rank, model, samples, steps, draws):
    """A rank's time-independent trace: work, the sum of the gradients (datatype 1 has 4 bytes), a few bytes for norm and flags."""
    lines = [f"{rank} init"]
    for _ in range(steps):
        work = max(0.0, draws.gauss(model.work(samples), model.deviation))
        lines += [
            f"{rank} compute {work * speed:.0f}",
            f"{rank} allreduce {model.bytes // 4} 0 1",
            f"{rank} allgather 16 16 1 1",
        ]
    return "\n".join([*lines, f"{rank} finalize", ""])


def available():
    return shutil.which("smpirun") is not None


def simulate(model, ranks, samples, network, steps=20, seed=1):
    """Seconds of a step on `ranks` simulated hosts."""
    if not available():
        raise MeasuringError(
            "there is no smpirun; install SimGrid (Debian: apt-get install libsimgrid-dev), or leave --simgrid out."
        )
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        draws = random.Random(seed)
        (folder / "platform.xml").write_text(platform(ranks, model))
        (folder / "hosts").write_text("".join(f"host{rank}\n" for rank in range(ranks)))
        for rank in range(ranks):
            (folder / f"trace-{rank}").write_text(trace(rank, model, samples, steps, draws))
        (folder / "traces").write_text("".join(f"{folder}/trace-{rank}\n" for rank in range(ranks)))
        # Rabenseifner's algorithm is recursive halving and doubling; it is for powers of two.
        algorithm = "rab" if ranks & (ranks - 1) == 0 else "ompi"
        command = [
            "smpirun",
            "-np",
            str(ranks),
            "-platform",
            "platform.xml",
            "-hostfile",
            "hosts",
            "-replay",
            "traces",
            f"--cfg=smpi/allreduce:{algorithm}",
            f"--cfg=smpi/host-speed:{speed:.0f}f",
            *networks[network],
        ]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
        found = re.search(r"Simulation time ([0-9.e+-]+)", done.stdout + done.stderr)
        if done.returncode or not found:
            raise MeasuringError(
                f"smpirun ended with status {done.returncode}: {(done.stderr or done.stdout).strip().splitlines()[-1:]}"
            )
        return float(found.group(1)) / steps


def check(model, predictions, batch):
    """Rows: the model's step beside the simulated ones, for every prediction."""
    rows = []
    for row in predictions:
        samples = batch if row["kind"] == "weak" else batch / row["ranks"]
        times = {network: simulate(model, row["ranks"], samples, network) for network in networks}
        rows.append(
            {
                "kind": row["kind"],
                "ranks": row["ranks"],
                "predicted_milliseconds": row["milliseconds"],
                "simulated_milliseconds": {name: 1000 * value for name, value in times.items()},
                "difference": {name: row["milliseconds"] / 1000 / value - 1 for name, value in times.items()},
            }
        )
    return rows
