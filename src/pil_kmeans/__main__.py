"""``python -m pil_kmeans`` and ``pil-kmeans``: the command."""

import os
import sys

from .early_signals import have_signals_end_at_once


def run() -> int:
    """Run the command; once it is interrupted, wait for nothing more."""
    have_signals_end_at_once()
    from .cli import main

    status = main()
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
