"""What can go wrong outside of the scripts, and how they end then."""

import sys


class MeasuringError(Exception):
    """A mistake of the caller's or a failure of a measured program: one message, and the exit status."""

    def __init__(self, message, status=1):
        super().__init__(message)
        self.status = status


def run(name, main):
    """Runs a script's main function; a MeasuringError becomes one line and the exit status."""
    try:
        main()
    except MeasuringError as error:
        print(f"{name}: {error}", file=sys.stderr)
        sys.exit(error.status)
    except KeyboardInterrupt:
        print(f"{name}: interrupted; what was measured before is stored.", file=sys.stderr)
        sys.exit(130)
