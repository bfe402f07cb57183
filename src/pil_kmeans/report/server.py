"""A page on this machine alone that compares ways to make a picture smaller; it keeps nothing, and asks nobody.

What guards it: it listens on the loopback address only; a request has to name that as its host, so that no other site's
name can lead here (DNS rebinding); it needs the secret of the address that was printed, which no other site knows, and
files come by requests with that secret in a header that no form can send. Only three fixed paths exist, none of which
is a file's. Sizes are limited before anything is read.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from string import Template
from threading import BoundedSemaphore
from typing import Any
from urllib.parse import parse_qs, urlsplit

from .. import _native
from ..pictures.read import Picture
from ..stages.dithering.diffuse import DITHERS
from ..stages.samples import to_uint8
from .codecs import encoded, known_codecs
from .measured import png_of

LOOPBACK = "127.0.0.1"
TEMPLATE = Path(__file__).with_name("serve.html")
SECRET_HEADER = "X-Secret"
TIMEOUT = 60  # seconds that a request may stand still
AT_ONCE = 2  # pictures that are worked on; further ones wait


class RefusedError(ValueError):
    """The file cannot be compared; the message is for who has sent it."""


@dataclass(frozen=True)
class Given:
    """What a page is served for.

    Attributes
    ----------
    read : callable
        Reads the content of a file and its name, or raises `RefusedError`.
    most_bytes : int
        Of a file.
    numbers : sequence of int
        Of colours, to begin with.
    first : tuple of (str, bytes) or None
        Name and content of a picture to begin with.
    """

    read: Callable[[bytes, str], Picture]
    most_bytes: int
    numbers: tuple[int, ...]
    first: tuple[str, bytes] | None
    secret: str = field(default_factory=lambda: secrets.token_urlsafe(24))


class Server(ThreadingHTTPServer):
    """Serves the page on the loopback address until it is closed."""

    daemon_threads = True

    def __init__(self, given: Given, port: int) -> None:
        self.given = given
        self.working = BoundedSemaphore(AT_ONCE)
        super().__init__((LOOPBACK, port), Handler)

    @property
    def hosts(self) -> tuple[str, str]:
        """By which this machine may be asked."""
        return f"{LOOPBACK}:{self.server_port}", f"localhost:{self.server_port}"

    @property
    def address(self) -> str:
        """What to open in a browser."""
        return f"http://{self.hosts[0]}/?secret={self.given.secret}"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of browsers that go while they are answered."""


class Handler(BaseHTTPRequestHandler):
    """Answers one request."""

    server: Server
    timeout = TIMEOUT
    server_version, sys_version = "pil-kmeans", ""

    def do_GET(self) -> None:
        """Give the page, or the picture to begin with."""
        path, asked = self._asked()
        if not self._is_allowed(asked.get("secret", "")):
            return
        first = self.server.given.first
        if path == "/":
            self._answer(page(self.server.given).encode(), "text/html; charset=utf-8")
        elif path == "/first" and first is not None:
            self._answer(first[1], "application/octet-stream")
        else:
            self._refuse(HTTPStatus.NOT_FOUND, "there is nothing here")

    def do_POST(self) -> None:
        """Take a file, and give what a codec makes of it, or the picture as a PNG."""
        path, asked = self._asked()
        if not self._is_allowed(self.headers.get(SECRET_HEADER, "")):
            return
        if path not in ("/original", "/encoded"):
            self._refuse(HTTPStatus.NOT_FOUND, "there is nothing here")
            return
        length = self.headers.get("Content-Length", "")
        if not length.isdigit() or self.headers.get("Transfer-Encoding"):
            self._refuse(HTTPStatus.LENGTH_REQUIRED, "the length of the file must be told")
            return
        if int(length) > self.server.given.most_bytes:
            self._refuse(
                HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"the file has more than {self.server.given.most_bytes:,} bytes"
            )
            return
        content = self.rfile.read(int(length))
        with self.server.working:
            try:
                picture = self.server.given.read(content, asked.get("name", "picture"))
                if path == "/original":
                    samples = to_uint8(picture.samples)
                    height, width = samples.shape[:2]
                    self._answer(png_of(samples), "image/png", {"width": width, "height": height})
                    return
                made = encoded(picture, asked)
            except (ValueError, MemoryError) as error:
                self._refuse(HTTPStatus.BAD_REQUEST, str(error) or "it does not fit into memory")
                return
        facts = {"bytes": len(made.data), "colors": made.colors, "score": made.score, "seconds": made.seconds}
        self._answer(made.data, made.media_type, facts)

    def log_message(self, format: str, *args: Any) -> None:
        """Keep quiet."""

    def _asked(self) -> tuple[str, dict[str, str]]:
        parts = urlsplit(self.path)
        return parts.path, {name: values[-1] for name, values in parse_qs(parts.query, max_num_fields=20).items()}

    def _is_allowed(self, secret: str) -> bool:
        """Whether who asks is the page, or has its address; others are refused."""
        hosts, origin = self.server.hosts, self.headers.get("Origin")
        if self.headers.get("Host") not in hosts or (
            origin is not None and origin not in [f"http://{h}" for h in hosts]
        ):
            self._refuse(HTTPStatus.FORBIDDEN, "this page is for this machine only")
            return False
        if not secrets.compare_digest(secret.encode(), self.server.given.secret.encode()):
            self._refuse(HTTPStatus.FORBIDDEN, "open the whole address that pil-kmeans has printed")
            return False
        return True

    def _refuse(self, status: HTTPStatus, reason: str) -> None:
        self.close_connection = True
        self._answer(reason.encode(), "text/plain; charset=utf-8", status=status)

    def _answer(
        self,
        body: bytes,
        media_type: str,
        facts: dict[str, float] | None = None,
        status: HTTPStatus = HTTPStatus.OK,
    ) -> None:
        self.send_response(status)
        for name, value in {
            "Content-Type": media_type,
            "Content-Length": str(len(body)),
            "Cache-Control": "no-store",
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "no-referrer",
            "Cross-Origin-Resource-Policy": "same-origin",
            "Content-Security-Policy": "default-src 'none'; img-src blob: data:; connect-src 'self'; style-src "
            "'unsafe-inline'; script-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
        }.items():
            self.send_header(name, value)
        if facts is not None:
            self.send_header("X-Facts", json.dumps(facts))
        self.end_headers()
        self.wfile.write(body)


def page(given: Given) -> str:
    """Fill the template."""
    data = {
        "secret": given.secret,
        "header": SECRET_HEADER,
        "codecs": known_codecs(),
        "dithers": list(DITHERS),
        "numbers": given.numbers,
        "first": None if given.first is None else given.first[0],
        "mostBytes": given.most_bytes,
    }
    filled = Template(TEMPLATE.read_text(encoding="utf-8"))
    return filled.substitute(data=json.dumps(data).replace("<", "\\u003c"), version=_native.version)
