"""Errors that end the command, or the work on one file, with a message and an exit status."""

from __future__ import annotations

from ..early_signals import INTERRUPTED
from .signals import INTERRUPT


class CommandError(Exception):
    """The command could not do what was asked; the message is for its user."""

    exit_status: int = 1

    def without_traceback(self) -> CommandError:
        """Let go what a traceback holds: the picture, for one."""
        self.__cause__ = self.__context__ = None
        return self.with_traceback(None)


class WouldOverwriteError(CommandError):
    """Something would be lost, and nobody said to overwrite it."""

    exit_status = 15


class LargerError(CommandError):
    """The result is not smaller than the original, and was to be skipped then."""

    exit_status = 98


class BelowQualityError(CommandError):
    """The quality that was asked for cannot be reached."""

    exit_status = 99


class Interrupted(CommandError):  # noqa: N818 - no error: the user wants it
    """The user pressed Ctrl-C, or the system wants the command to end."""

    def __init__(self, number: int = INTERRUPT) -> None:
        super().__init__(INTERRUPTED)
        self.exit_status = 128 + number  # as shells have it


WRONG_USAGE = 2
"""As argparse has it."""

EXIT_STATUSES = {
    0: "done",
    CommandError.exit_status: "failed",
    WRONG_USAGE: "wrong usage",
    WouldOverwriteError.exit_status: "the output exists",
    BelowQualityError.exit_status: "below the asked quality",
    LargerError.exit_status: "not smaller, skipped",
    128 + INTERRUPT: "interrupted",
}
"""Of several files with different ones, the first of these but 0 counts."""
