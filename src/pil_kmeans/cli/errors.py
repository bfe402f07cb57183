"""Errors that end the command, or the work on one file, with a message and an exit status."""

from __future__ import annotations


class CommandError(Exception):
    """The command could not do what was asked; the message is for its user."""

    exit_status = 1


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
    """The user pressed Ctrl-C."""

    exit_status = 130

    def __init__(self) -> None:
        super().__init__("interrupted; no file is half written")


EXIT_STATUSES = {
    0: "done",
    CommandError.exit_status: "failed",
    2: "wrong usage",
    WouldOverwriteError.exit_status: "the output exists",
    BelowQualityError.exit_status: "below the asked quality",
    LargerError.exit_status: "not smaller, skipped",
    Interrupted.exit_status: "interrupted",
}
"""Of several files with different ones, the first of these but 0 counts."""
