"""A long-lived process that is measured, one repetition at a time, by the line protocol of `lockstep bench step --wait`."""

import json
import os
import pathlib
import queue
import signal
import subprocess
import threading
import time

from .errors import MeasuringError

ticks = os.sysconf("SC_CLK_TCK")


def step_milliseconds(line):
    """Milliseconds per step of a repetition's line."""
    return 1000 * line["seconds"] / line["steps"]


def processor_milliseconds(line):
    """Milliseconds of processor time per step of a repetition's line."""
    return 1000 * line["processor_seconds"] / line["steps"]


class MeasuredProcess:
    """A program and the processes that it starts, in one separate session.

    It prints a line of JSON with "ready", waits for "go" before each repetition, and prints a line with "repetition" after it."""

    def __init__(self, name, command, log, environment=None, directory=None, patience=900):
        self.name, self.patience = name, patience
        self.log = pathlib.Path(log)
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with open(self.log, "ab") as errors:
            errors.write(("$ " + " ".join(map(str, command)) + "\n").encode())
            errors.flush()
            try:
                self.process = subprocess.Popen(
                    [str(word) for word in command],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=errors,
                    start_new_session=True,
                    cwd=directory,
                    env={**os.environ, **(environment or {})},
                )
            except OSError as error:
                raise MeasuringError(f"{name} cannot be started: {error.strerror}: {command[0]}") from None
        self.lines = queue.Queue()
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        """Forwards lines of JSON; other output goes to the log."""
        with open(self.log, "ab") as log:
            for line in self.process.stdout:
                if line.startswith(b"{"):
                    try:
                        self.lines.put(json.loads(line))
                        continue
                    except ValueError:
                        pass
                log.write(line)
                log.flush()
        self.lines.put(None)

    def answer(self, key):
        """The next line of JSON that has this key."""
        deadline = time.monotonic() + self.patience
        while True:
            try:
                line = self.lines.get(timeout=max(0.01, deadline - time.monotonic()))
            except queue.Empty:
                self.end()
                raise MeasuringError(
                    f"{self.name} did not answer within {self.patience} seconds; see {self.log}."
                ) from None
            if line is None:
                status = self.process.wait()
                raise MeasuringError(
                    f"{self.name} ended with status {status}: {self.complaint()} (all of it: {self.log})"
                )
            if key in line:
                return line

    def complaint(self):
        """The last message of the program, if it describes an error."""
        try:
            lines = [line.strip() for line in self.log.read_text(errors="replace").splitlines()]
        except OSError:
            return "no output"
        start = max((number for number, line in enumerate(lines) if line.startswith("$ ")), default=-1)
        lines = [line for line in lines[start + 1 :] if line and not line.startswith(("launch:", "---", "==="))]
        telling = [line for line in lines if "rror" in line]
        return (telling or lines or ["no output"])[-1 if not telling else 0]

    def ready(self):
        """Waits until the program has warmed up; returns its first line."""
        return self.answer("ready")

    def repeat(self):
        """Runs one repetition; returns its line."""
        try:
            self.process.stdin.write(b"go\n")
            self.process.stdin.flush()
        except OSError:
            pass  # it has ended: its status is more informative than a broken pipe
        return self.answer("repetition")

    def members(self):
        """The process numbers of the session."""
        for entry in os.listdir("/proc"):
            if entry.isdigit():
                try:
                    fields = pathlib.Path("/proc", entry, "stat").read_text().rpartition(")")[2].split()
                except OSError:
                    continue
                if int(fields[3]) == self.process.pid:
                    yield int(entry), fields

    def processor_seconds(self):
        """The processor time of the program and its children so far."""
        return sum(int(fields[11]) + int(fields[12]) for _, fields in self.members()) / ticks

    def end(self):
        """Closes the program's input, which ends it; kills the rest of its session after a while."""
        try:
            self.process.stdin.close()
        except OSError:
            pass
        try:
            self.process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            pass
        for last in (signal.SIGTERM, signal.SIGKILL):
            left = [number for number, _ in self.members()]
            for number in left:
                try:
                    os.kill(number, last)
                except OSError:
                    pass
            if not left:
                break
            time.sleep(1)
        self.process.wait()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.end()
