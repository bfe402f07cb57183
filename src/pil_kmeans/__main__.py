"""``python -m pil_kmeans`` and ``pil-kmeans``: the command."""

import os
import sys

INTERRUPTED = 130


def run() -> int:
    """Run the command; once it is interrupted, wait for nothing more."""
    try:
        from .cli import main

        status = main()
    except KeyboardInterrupt:  # of the import; all else is the command's own
        print("pil-kmeans: interrupted; no file is half written", file=sys.stderr)
        status = INTERRUPTED
    if status > 128:  # work in other threads goes on, and nobody wants it
        for stream in (sys.stdout, sys.stderr):
            try:
                stream.flush()
            except (OSError, ValueError, AttributeError):
                continue
        os._exit(status)
    return status


if __name__ == "__main__":
    sys.exit(run())
