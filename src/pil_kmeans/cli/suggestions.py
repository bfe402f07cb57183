"""Parsers that say what a mistyped word may have meant, and what to type at all."""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterable
from difflib import get_close_matches
from pathlib import Path
from typing import NoReturn

FIRST_STEPS = """\
Type one of these, with a picture or folder of yours:

  pil-kmeans compress photo.png              a smaller photo-8bit.png beside it
  pil-kmeans compress pictures/              the same for all pictures of a folder
  pil-kmeans compress pictures/ -o smaller/  the same, into another folder
  pil-kmeans compress --in-place *.png       smaller PNGs in the place of these
  pil-kmeans compare photo.png               what 4, 16, 64 and 256 colors look like, and take

Everything else: pil-kmeans --help, and pil-kmeans compress --help
"""


class SuggestingParser(argparse.ArgumentParser):
    """Parser whose errors name what is close to a word that it does not know."""

    def error(self, message: str) -> NoReturn:
        """End with a message, and where to look, in place of a usage that is longer than the screen."""
        self.exit(2, f"{self.prog}: error: {message}{self._suggestion(message)}\nAll options: {self.prog} --help\n")

    def _suggestion(self, message: str) -> str:
        chosen = re.search(r"invalid choice: '?(.*?)'? \(choose from (.*)\)$", message, re.DOTALL)
        if chosen is not None:
            word, choices = chosen[1], re.findall(r"[\w.-]+", chosen[2])
            if self._is_without_command(message) and Path(word).exists():
                return f": to compress it type {self.prog} compress {word}"
            return did_you_mean([word], choices)
        unknown = re.fullmatch(r"unrecognized arguments: (.*)", message, re.DOTALL)
        if unknown is not None:
            flags = [word.partition("=")[0] for word in unknown[1].split() if word.startswith("--")]
            return did_you_mean(flags, [flag for flag in self._option_string_actions if flag.startswith("--")])
        return ""

    def _is_without_command(self, message: str) -> bool:
        return self._subparsers is not None and message.startswith("argument COMMAND")

    def parse_known_args(self, args=None, namespace=None):  # type: ignore[no-untyped-def]
        """Parse, and refuse what is left: of a command it knows its own options, which the parser above does not."""
        options, left = super().parse_known_args(args, namespace)
        if left and self._subparsers is None:
            self.error(f"unrecognized arguments: {' '.join(left)}")
        return options, left


def did_you_mean(words: Iterable[str], known: Iterable[str]) -> str:
    """Name for each word what is closest to it, if anything is.

    Examples
    --------
    >>> from pil_kmeans.cli.suggestions import did_you_mean
    >>> did_you_mean(["--qualty"], ["--quality", "--palette"])
    ': did you mean --quality?'
    """
    close = [match for word in words for match in get_close_matches(word, list(known), n=1)]
    return f": did you mean {' and '.join(dict.fromkeys(close))}?" if close else ""
