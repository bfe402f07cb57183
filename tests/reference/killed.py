"""What kills the worker that runs it, once: a module that loads nothing, for each worker loads it."""

import os
import signal
import time


def slow(block, folder, block_info=None):
    """Kill the worker that comes to a certain block first."""
    if block_info[0]["chunk-location"] == (2, 1, 0):
        try:
            os.close(os.open(folder / "killed", os.O_CREAT | os.O_EXCL))
        except FileExistsError:
            return block
        time.sleep(0.1)
        os.kill(os.getpid(), signal.SIGKILL)
    return block
