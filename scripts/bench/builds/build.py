"""A build of lockstep, and its runs."""

import json
import os
import pathlib
import subprocess

from measuring.bed import script as testbed
from measuring.errors import MeasuringError

files = ("model.safetensors", "optimizer.safetensors")


class Build:
    """A lockstep command; its runs are started directly by mpirun, since the builds' launchers may differ, too."""

    def __init__(self, path, directory):
        path = pathlib.Path(path).resolve()
        self.command = path / ".build/release/lockstep" if path.is_dir() else path
        self.directory = directory
        if not os.access(self.command, os.X_OK):
            raise MeasuringError(
                f"there is no lockstep at {self.command}; build it: swift build -c release --product lockstep", 2
            )

    def call(self, words, log, ranks=1, bed=None, layout=None):
        """Returns the standard output of the command; its messages go to the log."""
        command = [self.command, *words]
        if bed:
            command = [testbed, "run", "--", "mpirun", "--bind-to", "none", "-n", ranks, "-H", layout, *command]
        elif ranks > 1:
            command = ["mpirun", "--bind-to", "none", "--oversubscribe", "-n", ranks, *command]
        log.parent.mkdir(parents=True, exist_ok=True)
        with open(log, "ab") as errors:
            done = subprocess.run(
                [str(word) for word in command],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=errors,
                cwd=self.directory,
                env={**os.environ, **(bed.environment if bed else {})},
            )
            errors.write(done.stdout)
        if done.returncode:
            raise MeasuringError(f"status {done.returncode}: {' '.join(map(str, command))} (all of it: {log})")
        return done.stdout

    def train(self, file, run, settings, **how):
        """Trains in a new run directory, or resumes one; returns the results."""
        words = ["train", file, "--run-dir", run, *(["--resume"] if run.exists() else [])]
        for setting in settings:
            words += ["--set", setting]
        self.call(words, run.with_suffix(".log"), **how)
        return Results(run)


class Results:
    """The results of a run that must not differ."""

    def __init__(self, run):
        self.newest = max((run / "checkpoints").glob("step-*"), key=lambda path: path.name)
        steps = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
        self.steps = [(step["step"], step["loss"], step["gradient_norm"]) for step in steps if "loss" in step]
        summary = json.loads((run / "summary.json").read_text())
        self.metrics = {name: value for name, value in summary.items() if name.startswith(("test_", "validation_"))}

    def differences(self, other, ignored=()):
        """Returns the differences as short texts."""
        if self.newest.name != other.newest.name:
            return [f"the newest checkpoints are {self.newest.name} and {other.newest.name}"]
        found = [name for name in files if (self.newest / name).read_bytes() != (other.newest / name).read_bytes()]
        pairs = list(zip(self.steps, other.steps))
        if len(self.steps) != len(other.steps) or any(one != two for one, two in pairs):
            step = next((one[0] for one, two in pairs if one != two), "the last")
            found.append(f"loss or gradient norm from step {step} on")
        for name in sorted(set(self.metrics) | set(other.metrics)):
            if not name.endswith(tuple(ignored)) and self.metrics.get(name) != other.metrics.get(name):
                found.append(f"{name} ({self.metrics.get(name)}, {other.metrics.get(name)})")
        return found
