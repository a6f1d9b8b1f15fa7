"""Errors outside of the scripts, and how the scripts end on them."""

import sys


class MeasuringError(Exception):
    """A mistake of the caller or a failure of a measured program, with one message and the exit status."""

    def __init__(self, message, status=1):
        super().__init__(message)
        self.status = status


class Run:
    """One run of a script, with its stored results, for the message at an early end."""

    def __init__(self):
        self.stored = None

    def rest(self):
        """Describes the results after an early end."""
        return f"what was measured before is in {self.stored}" if self.stored else "nothing had been stored yet"


def run(name, main):
    """Runs a script's main function on a Run; converts outside errors to one line and the exit status."""
    state = Run()

    def end(message, status):
        print(f"{name}: {message}", file=sys.stderr)
        sys.exit(status)

    try:
        main(state)
    except MeasuringError as error:
        end(str(error) + (f" ({state.rest()})" if state.stored else ""), error.status)
    except OSError as error:
        place = f"'{error.filename}': " if error.filename else ""
        end(f"{place}{error.strerror or error}; {state.rest()}.", 1)
    except KeyboardInterrupt:
        end(f"interrupted; {state.rest()}.", 130)
