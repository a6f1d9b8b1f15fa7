"""PyTorch's side: one process, or torchrun with DistributedDataParallel over Gloo."""

import json
import pathlib
import subprocess

from comparing import cases
from measuring import machine
from measuring.errors import MeasuringError
from measuring.process import MeasuredProcess

worker = pathlib.Path(__file__).resolve().parents[1] / "peers" / "pytorch_worker.py"


class PyTorch:
    """How to start PyTorch, and which variant of a case is its fastest."""

    name = "PyTorch"
    families = cases.families

    def __init__(self, python, cache, logs, keep_memory, rounds, fixed=None, again=False):
        self.python, self.logs, self.rounds, self.fixed, self.again = python, pathlib.Path(logs), rounds, fixed, again
        self.keep_memory = keep_memory
        self.cache = pathlib.Path(cache) / "pytorch-variants.json"
        self.version = self.ask_version()

    def ask_version(self):
        asked = subprocess.run([self.python, "-c", "import torch; print(torch.__version__)"], capture_output=True, text=True)
        if asked.returncode:
            raise MeasuringError(f"'{self.python}' has no PyTorch; see scripts/bench/compare --help.")
        return asked.stdout.strip()

    def has(self, case):
        return case.family in self.families

    def environment(self):
        """One thread; on request glibc keeps freed memory instead of giving it back to the system between tensors."""
        result = {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "TORCHINDUCTOR_COMPILE_THREADS": "1"}
        if self.keep_memory:
            result |= {"MALLOC_MMAP_THRESHOLD_": str(1 << 30), "MALLOC_TRIM_THRESHOLD_": str(1 << 34)}
        return result

    def command(self, case, *arguments):
        launcher = []
        if case.ranks > 1:
            launcher = ["-m", "torch.distributed.run", "--standalone", f"--nproc-per-node={case.ranks}"]
        return [self.python, *launcher, worker, "--family", case.family, "--precision", case.precision, *arguments]

    def process(self, case, label, *arguments, patience=900):
        return MeasuredProcess(
            f"PyTorch ({case.name})", self.command(case, *arguments), self.logs / f"{case.slug}-pytorch{label}.log",
            environment=self.environment(), patience=patience)

    def calibration(self, case):
        """The fastest variant, with the times of all that were tried; from the cache where this machine has been asked before."""
        if self.fixed:
            return {"variant": self.fixed, "milliseconds": {}, "failures": {}}
        key = f"{case.slug}/{self.version}/{machine.processor()}" + ("/keep-memory" if self.keep_memory else "")
        try:
            known = json.loads(self.cache.read_text())
        except (OSError, ValueError):
            known = {}
        if key not in known or self.again:
            with self.process(case, "-calibration", "--calibrate", "--rounds", self.rounds, patience=3600) as process:
                known[key] = process.answer("variant")
            self.cache.parent.mkdir(parents=True, exist_ok=True)
            self.cache.write_text(json.dumps(known, indent=1))
        return known[key]

    def start(self, case, seconds, calibration):
        return self.process(case, "", "--variant", calibration["variant"], "--seconds", seconds)
