"""``compare --serve``: a page on this machine that compares whatever is dropped on it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ..pictures.read import Picture, read_picture
from ..report.server import AT_ONCE, Given, RefusedError, Server
from .errors import CommandError
from .inputs import Input, open_picture
from .limits import FILE_SHARE, MemoryBudget, Share, usual_memory
from .one_line import one_line

MOST_FILE_BYTES = 1 << 28


def serve(given: Input | None, numbers: Sequence[int], port: int) -> int:
    """Serve until the user ends it, with a picture to begin with if there is one."""
    first = None
    if given is not None:
        assert given.path is not None
        first = (given.path.name, given.path.read_bytes())
        read(first[1], first[0])
    most_bytes = min(MOST_FILE_BYTES, usual_memory() // AT_ONCE // FILE_SHARE)
    try:
        server = Server(Given(read, most_bytes, tuple(numbers), first), port)
    except OSError as error:
        raise CommandError(f"cannot serve at port {port}: {error.strerror}: name another by --port") from error
    with server:
        print(f"Open this in a browser: {server.address}", flush=True)
        print("Nothing leaves this machine, and nothing is kept. Ctrl-C ends it.", flush=True)
        server.serve_forever()
    return 0


def read(content: bytes, name: str) -> Picture:
    """Read the content of a file as the command reads files, within the share of memory that one request has."""
    given = Input(None, Path(name), content=content)
    try:
        with Share(MemoryBudget(usual_memory() // AT_ONCE)) as share:
            opened = open_picture(given, to_score=True, share=share)
            return read_picture(opened.image)
    except CommandError as error:
        raise RefusedError(str(error)) from error
    except (ValueError, MemoryError) as error:
        raise RefusedError(f"cannot read {given}: {one_line(error) or 'it does not fit into memory'}") from error
