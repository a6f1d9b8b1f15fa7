"""Stored results: the folder of a new run, and the tables of an old one."""

import json
import time

from .errors import MeasuringError
from .lockstep import repository


def new_folder(options, name):
    """The folder of this run's results: --output, or runs/<name>-<time>."""
    return options.output or repository / "runs" / time.strftime(f"{name}-%Y%m%d-%H%M%S")


def keep(run, folder, results, markdown):
    """Writes results and their tables into a folder, and prints the tables."""
    (folder / "results.json").write_text(json.dumps(results, indent=1) + "\n")
    (folder / "results.md").write_text(markdown(results))
    run.stored = folder
    print(markdown(results), end="")


def print_again(folder, markdown, what):
    """Prints the tables of the results in a folder."""
    try:
        print(markdown(json.loads((folder / "results.json").read_text())), end="")
    except (OSError, ValueError) as error:
        raise MeasuringError(f"'{folder}' holds no results of {what}: {error}", 2) from None
    except (LookupError, TypeError, AttributeError):
        raise MeasuringError(
            f"'{folder}' holds incomplete results of {what}, or its results.json is of an earlier version; measure again.",
            2,
        ) from None
