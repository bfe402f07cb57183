"""Errors that end the command with a message."""

from __future__ import annotations


class CommandError(Exception):
    """The command could not do what was asked; the message is for its user."""

    exit_status = 1


class WouldOverwriteError(CommandError):
    """The output exists, and nobody said to overwrite it."""

    exit_status = 15
