"""The machine and the commit of the measurements."""

import os
import platform
import subprocess
import time

from .lockstep import repository


def processor():
    """The processor's name, with family and model if the name is generic."""
    fields = {}
    try:
        with open("/proc/cpuinfo") as file:
            for line in file.read().split("\n\n")[0].splitlines():
                key, _, value = line.partition(":")
                fields[key.strip()] = value.strip()
    except OSError:
        pass
    name = fields.get("model name", platform.processor() or platform.machine())
    if "cpu family" in fields:
        name += f" (family {fields['cpu family']}, model {fields.get('model', '?')})"
    return name


def revision():
    """The measured commit, with a plus sign if files differ from it."""
    asked = subprocess.run(
        ["git", "-C", str(repository), "describe", "--always", "--dirty=+", "--abbrev=12"],
        capture_output=True,
        text=True,
    )
    return asked.stdout.strip() or "unknown"


def description():
    """Date, machine and commit, for the head of a table."""
    return {
        "date": time.strftime("%Y-%m-%d %H:%M %z"),
        "processor": processor(),
        "cores": len(os.sched_getaffinity(0)),
        "memory_bytes": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
        "system": f"{platform.system()} {platform.release()}",
        "revision": revision(),
        "load_before": os.getloadavg()[0],
    }


def sentence(machine):
    """The description as a line under a table."""
    return (
        f"{machine['date']}; {machine['processor']}, {machine['cores']} cores, "
        f"{machine['memory_bytes'] / 2**30:.0f} GiB; {machine['system']}; revision {machine['revision']}; "
        f"load before: {machine['load_before']:.2f}."
    )
