"""MLX's side: one process, or several under mpirun with its MPI backend. The multilayer perceptron only."""

import glob
import os
import pathlib
import subprocess

from measuring import lockstep
from measuring.errors import MeasuringError
from measuring.process import MeasuredProcess

worker = pathlib.Path(__file__).resolve().parents[1] / "peers" / "mlx_worker.py"


class MLX:
    """How to start MLX; it has one way to run a step (compiled)."""

    name = "MLX"
    families = ["mlp"]

    def __init__(self, python, logs):
        self.python, self.logs = python, pathlib.Path(logs)
        asked = subprocess.run(
            [python, "-c", "import mlx.core as mx; print(mx.__version__)"], capture_output=True, text=True
        )
        if asked.returncode:
            raise MeasuringError(f"'{python}' has no MLX; see scripts/bench/compare --help.")
        self.version = asked.stdout.strip()

        # The wheel comes with the reference BLAS, which does about 1 GFLOP/s; OpenBLAS takes its place where it is installed.
        self.blas = next(iter(sorted(glob.glob("/usr/lib/*/openblas*/libopenblas.so.0"))), None)

    def has(self, case):
        return case.family in self.families

    def calibration(self, case):
        return {
            "variant": "compile" + ("+OpenBLAS" if self.blas else "+reference BLAS"),
            "milliseconds": {},
            "failures": {},
        }

    def start(self, case, seconds, calibration):
        command = [self.python, worker, "--precision", case.precision, "--seconds", seconds]
        if case.ranks > 1:
            command = [lockstep.repository / "scripts/launch", "-n", case.ranks, "--stdin", *command]
        settings = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
        if self.blas:
            settings["LD_PRELOAD"] = self.blas
        root = {"OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1"} if os.geteuid() == 0 else {}
        return MeasuredProcess(
            f"MLX ({case.name})", command, self.logs / f"{case.slug}-mlx.log", environment={**settings, **root}
        )
