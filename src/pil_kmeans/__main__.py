"""``python -m pil_kmeans`` and ``pil-kmeans``: the command."""

import os
import signal
import sys

INTERRUPTED = 130


def run() -> int:
    """Run the command; once it is interrupted, wait for nothing more."""
    interrupts = []

    def interrupt(*what: object) -> None:
        interrupts.append(what)
        raise KeyboardInterrupt

    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, interrupt)
    try:
        from .cli import main

        status = main()
    except (KeyboardInterrupt, ImportError) as error:  # of the import, which may make the one of the other
        if isinstance(error, ImportError) and not interrupts:
            raise
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
