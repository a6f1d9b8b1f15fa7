"""The line protocol of a measured process: it reports that it is ready, waits for "go" before each repetition without using the
processor, and prints one line of JSON after it. The end of its input ends it."""

import json
import resource
import sys


def say(line):
    """Prints one line of JSON at once."""
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


def asked_to_go():
    """Waits for the next line of standard input; False at its end."""
    return bool(sys.stdin.readline())


def peak_memory_bytes():
    """The largest resident size of this process so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def forget_peak_memory():
    """Resets steady_memory_bytes, so that compiling does not count."""
    try:
        with open("/proc/self/clear_refs", "w") as file:
            file.write("5")
    except OSError:
        pass


def steady_memory_bytes():
    """The largest resident size since forget_peak_memory."""
    with open("/proc/self/status") as file:
        for line in file:
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    return peak_memory_bytes()
